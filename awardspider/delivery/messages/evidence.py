"""The evidence for the class of a price, in one sentence."""

from __future__ import annotations

from datetime import timedelta

from awardspider.delivery.messages.language import Language
from awardspider.items import AwardOfferItem
from awardspider.programs import ProgramCurrency, program_currency
from awardspider.search.judgments import DEAL_CLASSES, Baseline, BaselineScope, DealClass, Judgment
from awardspider.search.price_history import price_region

# A price that was as low a few days ago is not remarkable.
_MIN_LOW_AGE = timedelta(days=7)


def deal_label(judgment: Judgment | None, language: Language) -> str:
    """Return text such as `Record low`, or an empty string if the price is not a deal."""
    if judgment is None or judgment.deal_class not in DEAL_CLASSES:
        return ""
    return language.phrase(f"deal.{judgment.deal_class}")


def evidence_text(offer: AwardOfferItem, judgment: Judgment | None, language: Language) -> str:
    """Return the class of the price and the evidence for it, or an empty string without a judgment.

    For example `Good price: 22% below the 90-day median of 42,500 miles (61 searches); lowest since Sep 14, 2026`.
    """
    if judgment is None:
        return ""
    baseline, percent = judgment.baseline, judgment.discount_percent
    if baseline is None or percent is None or judgment.deal_class is DealClass.UNKNOWN:
        return language.phrase("evidence.unknown") if offer.miles is not None else ""
    comparison = _comparison(offer, baseline, percent, language)
    match judgment.deal_class:
        case DealClass.RECORD_LOW:
            return f"{_record(baseline, program_currency(offer.program), language)}; {comparison}"
        case DealClass.USUAL:
            return language.phrase("evidence.usual", comparison=comparison)
    since = _lowest_since(judgment, language)
    return f"{deal_label(judgment, language)}: " + "; ".join(filter(None, (comparison, since)))


def short_evidence_text(offer: AwardOfferItem, judgment: Judgment | None, language: Language) -> str:
    """Return text such as `Good price: 22% below the median of 42,500 miles`; empty if the price is not a deal."""
    label = deal_label(judgment, language)
    if judgment is None or not label:
        return ""
    if judgment.baseline and judgment.deal_class is DealClass.RECORD_LOW:
        return _record(judgment.baseline, program_currency(offer.program), language)
    return ": ".join(filter(None, (label, short_comparison_text(offer, judgment, language))))


def limit_text(offer: AwardOfferItem, max_miles: int | None, language: Language) -> str:
    """Return text such as `17% below your limit of 50,000 miles`, or an empty string if the price is not below it."""
    if offer.miles is None or not max_miles:
        return ""
    percent = (max_miles - offer.miles) * 100 // max_miles
    if percent < 1:
        return ""
    miles = language.amount(max_miles, program_currency(offer.program))
    return language.phrase("evidence.limit", percent=language.percent(percent), miles=miles)


def _record(baseline: Baseline, currency: ProgramCurrency, language: Language) -> str:
    day, miles = language.plain_date(baseline.first_day), language.amount(baseline.lowest, currency)
    return language.phrase("evidence.record", date=day, miles=miles)


def _comparison(offer: AwardOfferItem, baseline: Baseline, percent: int, language: Language) -> str:
    """Return text such as `58% below the 90-day median of 42,500 miles (61 searches)`, and a wider scope."""
    name = "below" if percent > 0 else "above" if percent < 0 else "equal"
    text = language.phrase(
        f"evidence.{name}",
        percent=language.percent(abs(percent)),
        days=str(baseline.window_days),
        miles=language.amount(baseline.median, program_currency(offer.program)),
    )
    text = f"{text} ({language.count('searches', baseline.searches)})"
    return ", ".join(filter(None, (text, _scope(offer, baseline.scope, language))))


def short_comparison_text(offer: AwardOfferItem, judgment: Judgment | None, language: Language) -> str:
    """Return text such as `22% below the median of 42,500 miles`; empty if the price is not a deal."""
    if judgment is None or judgment.deal_class not in DEAL_CLASSES:
        return ""
    baseline, percent, phrase = judgment.baseline, judgment.discount_percent, language.phrase
    if baseline is None or percent is None:
        return ""
    text, currency = language.percent(percent), program_currency(offer.program)
    match baseline.scope:
        case BaselineScope.ROUTE:
            return phrase("evidence.short_route", percent=text, miles=language.amount(baseline.median, currency))
        case BaselineScope.REVERSE_ROUTE:
            return phrase("evidence.short_reverse", percent=text)
        case _:
            return phrase("evidence.short_similar", percent=text)


def _scope(offer: AwardOfferItem, scope: BaselineScope, language: Language) -> str:
    """Return the prices that the offer was compared with, unless they are those of its route."""
    if scope is BaselineScope.ROUTE:
        return ""
    if scope is not BaselineScope.REGION_PAIR:
        return language.phrase(f"scope.{scope}")
    origin, destination = price_region(offer.origin), price_region(offer.destination)
    if origin is None or destination is None or origin == destination:
        return language.phrase("scope.same_region")
    names = {"origin": language.phrase(f"region.{origin}"), "destination": language.phrase(f"region.{destination}")}
    return language.phrase("scope.region_pair", **names)


def _lowest_since(judgment: Judgment, language: Language) -> str:
    """Return since when there was no price as low, or an empty string if that is not long ago or not known."""
    baseline, since = judgment.baseline, judgment.lowest_since
    is_of_route = baseline is not None and baseline.scope is BaselineScope.ROUTE
    if since is None and baseline and is_of_route and judgment.miles is not None and judgment.miles < baseline.lowest:
        since = baseline.first_day  # of another scope, it would be the first search of another route
    if since is None or judgment.judged_at.date() - since < _MIN_LOW_AGE:
        return ""
    return language.phrase("evidence.lowest_since", date=language.plain_date(since))
