"""Records and table of deals, and the sentence that explains why there are none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from babel.numbers import format_currency
from rich.text import Text

from awardspider.commands._listing import age, deal_text
from awardspider.commands._table import Column, FittedTable
from awardspider.deals.classes import Thresholds
from awardspider.deals.deal_list import Deal
from awardspider.delivery.messages.evidence import evidence_text
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.offer_records import DESCRIBED_FIELDS, described_offer
from awardspider.programs import program_currency, program_name
from awardspider.search.city_names import city_name
from awardspider.search.judgments import DealClass
from awardspider.storage.current_deals import has_flights
from awardspider.storage.missing_deals import NoDeals
from awardspider.storage.offers import OfferRow

#: Fields of a deal. Deals of the same flights at the same price on consecutive dates have the same rank.
DEAL_FIELDS = ("rank", "deal_class", *(name for name in DESCRIBED_FIELDS if name != "deal_class"))

OfferDeal = Deal[OfferRow]


# ---- records and table -----------------------------------------------------------------------------------------------


def deal_records(deals: Iterable[OfferDeal], now: datetime, max_age: timedelta | None) -> list[dict[str, Any]]:
    """Return a record for each offer, keyed by DEAL_FIELDS."""
    language = get_language("en")
    return [
        {name: values[name] for name in DEAL_FIELDS}
        for deal in deals
        for offer in deal.offers
        for values in [described_offer(offer, now, max_age, language) | {"rank": deal.rank}]
    ]


def deals_table(
    deals: Sequence[OfferDeal], now: datetime, notes: Sequence[str], *, links: bool
) -> FittedTable[OfferDeal]:
    """Return a table of deals, with the cities, the age, the evidence and, if `links`, the booking link below each."""
    if any(_cents(deal) for deal in deals):
        notes = [*notes, "cents: US cents per mile or point, from the cash fare of the same flights"]
    if any(deal.first.mixed_cabin for deal in deals):
        notes = [*notes, "* part of the itinerary is in a lower cabin"]
    columns: list[Column[OfferDeal]] = [
        Column(title="deal", rank=0, text=lambda deal: deal_text(deal.first)),
        Column(title="route", rank=0, text=lambda deal: _bold(f"{deal.first.origin}-{deal.first.destination}")),
        Column(title="date", rank=1, text=_dates),
        Column(title="cabin", rank=3, text=_cabin),
        Column(title="price", rank=2, text=lambda deal: _bold(_price(deal.first)), right=True),
        Column(title="taxes", rank=4, text=_taxes, right=True, below=_taxes_text),
        Column(title="cents", rank=6, text=_cents, right=True, optional=True, below=_cents_text),
        Column(title="seats", rank=5, text=_seats, right=True, below=_seats_text),
        Column(title="program", rank=7, text=lambda deal: deal.first.program, below=lambda deal: _program(deal.first)),
        Column(title="flights", rank=8, text=_flights, min_width=13, optional=True, below=_flights),
        Column(title="id", rank=9, text=lambda deal: Text(deal.first.id[:8], style="dim")),
    ]
    return FittedTable(deals, columns, notes, below=lambda deal, hidden: _below(deal, hidden, now, links))


def _below(deal: OfferDeal, hidden: Sequence[str], now: datetime, links: bool) -> list[Text]:
    offer = deal.first
    passed = age(min(offer.last_seen_at for offer in deal.offers), now)
    parts = [f"{_city(offer.origin)} to {_city(offer.destination)}", *hidden]
    if offer.travelers > 1:
        parts.append(f"for {offer.travelers} travelers")
    parts.append("seen just now" if passed == "now" else f"seen {passed} ago")
    text = Text.assemble((", ".join(parts), "dim"))
    if not has_flights(offer):
        text.append(". ").append("Unconfirmed: lowest price of the day, flights unknown", style="yellow")
    if offer.on_sale and offer.regular_miles:
        text.append(f". On sale, regular price {offer.regular_miles:,}")
    elif offer.on_sale:
        text.append(". On sale")
    if evidence := _evidence(offer):
        text.append(". ").append(evidence)
    lines = [text]
    if links and offer.booking_link:
        lines.append(Text(offer.booking_link, style="dim", overflow="fold"))
    return lines


def _bold(text: str) -> Text:
    return Text(text, style="bold")


def _dates(deal: OfferDeal) -> str:
    first, last = deal.first.departure_date, deal.offers[-1].departure_date
    text = f"{first:%a %Y-%m-%d}"
    if first == last:
        return text
    return f"{text}..{last:%d}" if (first.year, first.month) == (last.year, last.month) else f"{text}..{last:%m-%d}"


def _cabin(deal: OfferDeal) -> str:
    return deal.first.cabin.removesuffix("_economy") + ("*" if deal.first.mixed_cabin else "")


def _price(offer: OfferRow, *, with_brand: bool = False) -> str:
    if offer.miles is None:
        return ""
    language, currency = get_language("en"), program_currency(offer.program)
    return language.price(offer.miles, currency) if with_brand else language.amount(offer.miles, currency)


def _taxes(deal: OfferDeal) -> str | Text:
    taxes = deal.first.taxes
    return format_currency(taxes.amount, taxes.currency, locale="en_US") if taxes else Text("-", style="dim")


def _taxes_text(deal: OfferDeal) -> str:
    return f"{_taxes(deal)} taxes" if deal.first.taxes else ""


def _cents(deal: OfferDeal) -> str:
    judgment = deal.first.judgment
    return f"{judgment.cents_per_point:.2f}" if judgment and judgment.cents_per_point is not None else ""


def _cents_text(deal: OfferDeal) -> str:
    cents = _cents(deal)
    return f"{cents} cents each" if cents else ""


def _seats(deal: OfferDeal) -> str | Text:
    """Return the fewest seats of all dates; programs report at most nine, so 9 means nine or more."""
    known = [offer.seats for offer in deal.offers if offer.seats is not None]
    if len(known) < len(deal.offers):
        return Text("-", style="dim")
    return "9+" if min(known) == 9 else f"{min(known)}"


def _seats_text(deal: OfferDeal) -> str:
    seats = str(_seats(deal))
    return "" if seats == "-" else f"{seats} seat{'' if seats == '1' else 's'}"


def _flights(deal: OfferDeal) -> str:
    return deal.first.flights


def _program(offer: OfferRow) -> str:
    return program_name(offer.program)


def _evidence(offer: OfferRow) -> str:
    return evidence_text(offer, offer.judgment, get_language("en"))


def _city(airport: str) -> str:
    return city_name(airport) or airport


# ---- no deals --------------------------------------------------------------------------------------------------------


def reason_text(found: NoDeals, thresholds: Thresholds, max_age: timedelta | None) -> str:
    """Return why there is no deal, in one sentence."""
    total, unknown, good = found.total, found.unknown, found.of_class
    if not total:
        text = f"No deals: no current offer{' that matches the options' if found.has_filters else ''} is stored; "
        if found.outdated and max_age is not None:
            were = "offer was" if found.outdated == 1 else "offers were"
            return f"{text}{found.outdated:,} {were} last seen more than {max_age // timedelta(hours=1)} hours ago."
        return f"{text}the next crawl may find some."
    if good and (found.watch or found.min_cpp):
        limit = f"matches the watch '{found.watch}'" if found.watch else ""
        worth = f"is known to be worth {found.min_cpp} cents a point" if found.min_cpp else ""
        have = "has" if good == 1 else "have"
        return f"No deals: {_offers(good)} {have} such a price, but none {' and '.join(filter(None, (limit, worth)))}."
    if unknown == total:
        needed = f"{thresholds.min_prices} prices of {_days(thresholds.min_days)}"
        return (
            f"No deals: there is too little price history to compare {_offers(total)} with: prices of "
            f"{_days(found.days)} so far, but a route or similar routes need {needed}."
        )
    names = {DealClass.RECORD_LOW: "a record low"}.get(found.classes[-1], found.classes[-1].value)
    or_better = "" if found.classes[-1] is DealClass.RECORD_LOW else " or better"
    subject = "the price of the only current offer is not" if total == 1 else f"no price of the {_offers(total)} is"
    text = f"No deals: {subject} {names}{or_better}"
    others = [
        f"{number:,} {each.replace('_', ' ')}"
        for each in DealClass
        if each not in found.classes and each is not DealClass.UNKNOWN and (number := found.counts.get(each, 0))
    ]
    if unknown:
        others.append(f"{unknown:,} with too little price history")
    return f"{text} ({', '.join(others)})."


def _offers(number: int) -> str:
    return f"{number:,} current offer{'' if number == 1 else 's'}"


def _days(number: int) -> str:
    return f"{number:,} search day{'' if number == 1 else 's'}"
