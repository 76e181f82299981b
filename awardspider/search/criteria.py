"""Criteria of a watch that every offer can meet or miss: program, route, days, cabin, price, party, seats and marks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from awardspider.items import AwardOfferItem, Cabin, Money
from awardspider.programs import all_programs, program_name, programs
from awardspider.search.currency_texts import miles_text, price_text
from awardspider.search.dates import Dates, today_at
from awardspider.search.exchange_rates import ExchangeRates, convert
from awardspider.search.judgments import DealClass, Judgment
from awardspider.search.misses import (
    FARTHEST_DAYS,
    PLAIN_DISTANCE,
    Criterion,
    Miss,
    count_text,
    money_text,
    not_said,
    share_over,
)
from awardspider.search.owner_points import OwnerPoints, points_per_traveler
from awardspider.search.promotion_states import promotion_day
from awardspider.search.time_zones import zone_or_utc
from awardspider.search.transfer_partners import holding_currency
from awardspider.search.watch_fields import UnknownSeats
from awardspider.search.watches import Leg, Watch

#: The distance of another route, program or month.
FAR = 1.0

_CENT = Decimal("0.01")
#: The share by which a usual transfer bonus at most increases miles: most are 20 to 40 percent (docs/promotions.md).
_USUAL_BONUS = 0.4
# A limit for both directions together, which one of them exceeds: the other one adds to it.
_ALONE = " for one direction alone"


class Circumstances(NamedTuple):
    """The circumstances in which an offer is compared with a watch.

    They are an aware time, the exchange rates of that day, if known, the judgment of the offer's price, if any, and the
    points of the owners of watches, if known.
    """

    now: datetime
    rates: ExchangeRates | None = None
    judgment: Judgment | None = None
    points: OwnerPoints | None = None


Check = Callable[[Watch, AwardOfferItem, Circumstances], Miss | None]

# Cached, because many offers of a response have the same time and origin.
local_today = functools.lru_cache(maxsize=4096)(today_at)


@functools.cache
def fields_not_offered(source: str) -> frozenset[str]:
    """Return the offer fields that a source never gives; none for an unknown source."""
    program = all_programs().get(source)
    return frozenset(program.fields_not_offered if program else ())


@functools.cache
def prices_depend_on_party(source: str) -> bool:
    """Return whether a source quotes the price for the number of travelers that was searched for.

    A source of several programs lists prices whatever the party.
    """
    program = programs().get(source)
    return program is None or not program.covers


# ---- route and days --------------------------------------------------------------------------------------------------


def leg_misses(leg: Leg, offer: AwardOfferItem) -> tuple[Miss, ...]:
    """Return the misses of one direction's route and days.

    Relative dates count from the day on which the offer was seen, local to its origin.
    """
    misses = []
    if offer.origin not in leg.origin:
        misses.append(Miss(Criterion.ORIGIN, f"from {offer.origin}", FAR))
    if offer.destination not in leg.destination:
        misses.append(Miss(Criterion.DESTINATION, f"to {offer.destination}", FAR))
    today = local_today(offer.origin, offer.seen_at)
    if not leg.dates.covers(offer.departure_date, today):
        days = _days_outside(leg.dates, offer.departure_date, today)
        text = f"{days} day{'s' if days > 1 else ''} outside the dates" if days else "outside the dates"
        misses.append(Miss(Criterion.DATES, text, days / FARTHEST_DAYS if days else FAR))
    return tuple(misses)


def _days_outside(dates: Dates, day: date, today: date) -> int | None:
    """Return the number of days to the nearest day of `dates`, or None if it is far."""
    number = day.toordinal()
    for distance in range(1, FARTHEST_DAYS):
        for other in (number - distance, number + distance):
            if date.min.toordinal() <= other <= date.max.toordinal() and dates.covers(date.fromordinal(other), today):
                return distance
    return None


# ---- program, cabin and price ----------------------------------------------------------------------------------------


def check_program(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the program and the source that was searched."""
    if watch.includes(offer.program, offer.source):
        if watch.reachable_only and watch.reachable is None:
            return Miss(Criterion.REACHABLE_ONLY, "it is unknown which programs the points reach", 0.0, "reachable")
        return None
    if watch.max_points is not None and watch.reachable is not None and offer.program not in watch.reachable:
        return Miss(Criterion.MAX_POINTS, f"your points do not reach {program_name(offer.program)}", FAR)
    through = f" through {program_name(offer.source)}" if offer.source != offer.program else ""
    return Miss(Criterion.PROGRAMS, f"{program_name(offer.program)}{through} is not included", FAR)


def check_cabin(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the cabin of the award."""
    if not watch.cabins or offer.cabin in watch.cabins:
        return None
    steps = min(abs(offer.cabin.rank - cabin.rank) for cabin in watch.cabins)
    return Miss(Criterion.CABINS, f"in {cabin_text(offer.cabin)}", steps / (len(Cabin) - 1))


def check_miles(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the miles of one direction."""
    return _miles_miss(Criterion.MAX_MILES, watch.max_miles, offer)


def check_trip_miles(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check that one direction alone does not cost more miles than both may."""
    return _miles_miss(Criterion.MAX_TRIP_MILES, watch.max_trip_miles, offer, _ALONE)


def _miles_miss(criterion: Criterion, limit: int | None, offer: AwardOfferItem, scope: str = "") -> Miss | None:
    if limit is None:
        return None
    if offer.miles is None:
        return not_said(criterion, "miles", "its price")
    over = offer.miles - limit
    if over <= 0:
        return None
    text = f"{miles_text(over, offer.program)} over{scope}"
    return Miss(criterion, text, share_over(offer.miles, limit))


def check_points(watch: Watch, offer: AwardOfferItem, circumstances: Circumstances) -> Miss | None:
    """Check the points of one currency for each traveler, with the bonuses of the day; they must suffice for all."""
    if watch.max_points is None:
        return None
    if circumstances.points is None:
        return Miss(Criterion.MAX_POINTS, "it is unknown how many points you have", 0.0, "points")
    if offer.miles is None:
        return not_said(Criterion.MAX_POINTS, "miles", "its price")
    day, miles = promotion_day(circumstances.now), offer.miles * watch.travelers
    cost = next(iter(circumstances.points.costs(watch.key, offer.program, miles, day)), None)
    if cost is None:
        return Miss(Criterion.MAX_POINTS, f"your points do not reach {program_name(offer.program)}", FAR)
    points = points_per_traveler(cost, watch.travelers)
    over = points - watch.max_points
    if cost.enough and over <= 0:
        return None
    currency = holding_currency(cost.key)
    texts = [f"costs {price_text(points, currency)}"]
    if over > 0:
        texts.append(f"{over:,} above max_points")
    if not cost.enough:
        texts.append(f"but you have {cost.held:,}{f' for {watch.travelers} travelers' if watch.travelers > 1 else ''}")
    distance = max(share_over(points, watch.max_points), 0.0) + max(share_over(cost.points, cost.held), 0.0)
    return Miss(Criterion.MAX_POINTS, ", ".join(texts), distance)


def check_day_points(watch: Watch, offer: AwardOfferItem, circumstances: Circumstances) -> Miss | None:
    """Check the points for a day's lowest price, unless a usual transfer bonus would make them few enough.

    A new bonus then finds flights that are known already.
    """
    miss = check_points(watch, offer, circumstances)
    return None if miss is None or miss.distance <= _USUAL_BONUS else miss


def check_taxes(watch: Watch, offer: AwardOfferItem, circumstances: Circumstances) -> Miss | None:
    """Check the taxes of one direction, in the currency of the limit."""
    return _taxes_miss(Criterion.MAX_TAXES, watch.max_taxes, offer, circumstances.rates)


def check_trip_taxes(watch: Watch, offer: AwardOfferItem, circumstances: Circumstances) -> Miss | None:
    """Check that one direction alone does not cost more taxes than both may."""
    return _taxes_miss(Criterion.MAX_TRIP_TAXES, watch.max_trip_taxes, offer, circumstances.rates, _ALONE)


def _taxes_miss(
    criterion: Criterion, limit: Money | None, offer: AwardOfferItem, rates: ExchangeRates | None, scope: str = ""
) -> Miss | None:
    if limit is None:
        return None
    if offer.taxes is None:
        return not_said(criterion, "taxes", "its taxes")
    taxes = convert(offer.taxes, limit.currency, rates)
    if taxes is None:
        missing = limit.currency if rates and offer.taxes.currency in rates.currencies else offer.taxes.currency
        text = f"has taxes of {money_text(offer.taxes)}, but there is no exchange rate for {missing}"
        return Miss(criterion, text, 0.0, "exchange_rate")
    if taxes.amount <= limit.amount:
        return None
    over = Money(taxes.amount - limit.amount, limit.currency)
    return Miss(criterion, f"{money_text(over)} over in taxes{scope}", share_over(taxes.amount, limit.amount))


def check_sale(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the program's mark of a sale."""
    return _mark_miss(Criterion.SALE_ONLY, "on_sale", offer, "not on sale", "sales") if watch.sale_only else None


def check_saver(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the program's mark of its cheapest awards."""
    return _mark_miss(Criterion.SAVER_ONLY, "saver", offer, "not a saver", "savers") if watch.saver_only else None


def _mark_miss(criterion: Criterion, field: str, offer: AwardOfferItem, text: str, marked: str) -> Miss | None:
    """Return the miss of an offer without a mark. A source that never gives the mark misses, because it has none."""
    mark = getattr(offer, field)
    if mark is not None:
        return None if mark else Miss(criterion, text, PLAIN_DISTANCE)
    if field in fields_not_offered(offer.source):
        return Miss(criterion, f"{program_name(offer.source)} does not mark {marked}", FAR)
    return not_said(criterion, field, f"if it is {text.removeprefix('not ')}")


# ---- judgment of the price -------------------------------------------------------------------------------------------

_CLASS_TEXTS = {
    DealClass.RECORD_LOW: "a record low",
    DealClass.EXCEPTIONAL: "an exceptional price",
    DealClass.GOOD: "a good price",
    DealClass.USUAL: "a usual price",
}
_REQUIRED_TEXTS = {
    DealClass.RECORD_LOW: "a record low",
    DealClass.EXCEPTIONAL: "an exceptional one",
    DealClass.GOOD: "a good one",
}


def check_deal(watch: Watch, offer: AwardOfferItem, circumstances: Circumstances) -> Miss | None:
    """Check the deal class of the price; too little evidence leaves it open."""
    if watch.deal is None:
        return None
    judgment = _judgment_of(offer, circumstances)
    if judgment is None or judgment.deal_class is DealClass.UNKNOWN:
        return Miss(Criterion.DEAL, "has too little price history to compare with", 0.0, "deal_class")
    steps = judgment.deal_class.rank - watch.deal.rank
    if steps <= 0:
        return None
    text = f"{_CLASS_TEXTS[judgment.deal_class]}, not {_REQUIRED_TEXTS[watch.deal]}"
    return Miss(Criterion.DEAL, text, steps / DealClass.USUAL.rank)


def check_day_deal(watch: Watch, offer: AwardOfferItem, circumstances: Circumstances) -> Miss | None:
    """Check the deal class of a day's lowest price.

    The other flights of the day cost as much or more, but those without a mixed cabin are not compared with the prices
    of those with one.
    """
    return None if offer.mixed_cabin else check_deal(watch, offer, circumstances)


def check_cents_per_point(watch: Watch, offer: AwardOfferItem, circumstances: Circumstances) -> Miss | None:
    """Check the value of a point; it is unknown without a cash fare of the flights."""
    if watch.min_cpp is None:
        return None
    judgment = _judgment_of(offer, circumstances)
    if judgment is None or judgment.cents_per_point is None:
        return Miss(Criterion.MIN_CPP, "has no known cash fare", 0.0, "cents_per_point")
    cents = judgment.cents_per_point
    if cents >= watch.min_cpp:
        return None
    text = f"{cents.quantize(_CENT, ROUND_DOWN):f} cents per point, not {watch.min_cpp:f}"
    return Miss(Criterion.MIN_CPP, text, float(1 - cents / watch.min_cpp))


def _judgment_of(offer: AwardOfferItem, circumstances: Circumstances) -> Judgment | None:
    """Return the judgment of the current price: that of an earlier price says nothing about this one."""
    judgment = circumstances.judgment
    return judgment if judgment is not None and judgment.miles == offer.miles else None


# ---- party and seats -------------------------------------------------------------------------------------------------


def check_party(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the number of travelers that was searched for.

    It must be the watch's, unless the source's prices do not depend on it. Then an offer for fewer travelers must say
    how many seats it has.
    """
    if offer.travelers == watch.travelers:
        return None
    if not prices_depend_on_party(offer.source) and (offer.seats is not None or offer.travelers > watch.travelers):
        return None
    text = f"found for {count_text(offer.travelers, 'traveler')}"
    return Miss(Criterion.TRAVELERS, text, abs(offer.travelers - watch.travelers) / max(watch.travelers, 1))


def check_seats(watch: Watch, offer: AwardOfferItem, _: Circumstances) -> Miss | None:
    """Check the number of seats; `unknown_seats` decides about an unknown number."""
    if offer.seats is None:
        if watch.unknown_seats is UnknownSeats.ACCEPT:
            return None
        return Miss(Criterion.MIN_SEATS, "does not say its seats, which the watch requires", PLAIN_DISTANCE)
    if offer.seats >= watch.min_seats:
        return None
    short = watch.min_seats - offer.seats
    return Miss(Criterion.MIN_SEATS, f"{count_text(short, 'seat')} short", short / watch.min_seats)


# ---- time limit of the watch -----------------------------------------------------------------------------------------


def check_expiry(watch: Watch, _: AwardOfferItem, circumstances: Circumstances) -> Miss | None:
    """Check that the watch's last day is not over in the owner's time zone."""
    if watch.expires is None or not is_expired(watch, circumstances.now):
        return None
    return Miss(Criterion.EXPIRES, f"the watch expired on {watch.expires}", FAR)


def is_expired(watch: Watch, now: datetime) -> bool:
    """Return whether a watch's last day is over in the owner's time zone at the aware time `now`."""
    return watch.expires is not None and now.astimezone(zone_or_utc(watch.owner_timezone)).date() > watch.expires


def cabin_text(cabin: Cabin) -> str:
    """Return the name of a cabin in words."""
    return cabin.replace("_", " ")
