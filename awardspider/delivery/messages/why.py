"""The reason why an offer is worth a person's time, in one sentence without the price itself."""

from __future__ import annotations

from awardspider.delivery.messages.language import Language
from awardspider.items import AwardOfferItem
from awardspider.programs import program_currency
from awardspider.search.judgments import BaselineScope, DealClass, Judgment

_SCOPES = {
    BaselineScope.REVERSE_ROUTE: "why.reverse_route",
    BaselineScope.REGION_PAIR: "why.region_pair",
    BaselineScope.DISTANCE_BAND: "why.distance_band",
}


def why_text(offer: AwardOfferItem, judgment: Judgment | None, language: Language) -> str:
    """Return text such as `50% below the 90-day median of 25,000 miles over 61 searches`.

    The program's own sale comes last. Without a baseline or a sale, the text is empty.
    """
    currency = program_currency(offer.program)
    parts = []
    if judgment is not None and (baseline := judgment.baseline) is not None:
        values = {
            "days": str(baseline.window_days),
            "median": language.amount(baseline.median, currency),
            "searches": language.count("why.searches", baseline.searches),
        }
        discount = judgment.discount_percent or 0
        if discount > 0:
            parts.append(language.phrase("why.below_median", percent=language.percent(discount), **values))
        else:
            parts.append(language.phrase("why.median", **values))
        if baseline.scope in _SCOPES:
            parts.append(language.phrase(_SCOPES[baseline.scope]))
        if judgment.deal_class is DealClass.RECORD_LOW and judgment.lowest_since is None:
            parts.append(language.phrase("why.lowest_ever", date=language.day(baseline.first_day)))
        elif discount > 0 and judgment.lowest_since is not None:
            parts.append(language.phrase("why.lowest_since", date=language.day(judgment.lowest_since)))
    if offer.on_sale:
        sale = language.phrase("offer.on_sale")
        if offer.regular_miles is not None:
            regular = language.phrase("offer.regular_price", miles=language.amount(offer.regular_miles, currency))
            sale = f"{sale}, {regular}"
        parts.append(sale)
    return "; ".join(parts)
