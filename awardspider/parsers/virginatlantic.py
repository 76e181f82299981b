"""Virgin Atlantic Flying Club: the reward seat checker, the lowest points of each cabin and day of a month.

Facts and their sources: docs/sources/virginatlantic.md. The wire classes name only what is read; `rename="camel"` maps
`points_days` to `pointsDays`. Values that may come in more than one type are `Any` and read through `readers.values`.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Detail, ParseWarning, Search, SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._validation import validated
from awardspider.parsers._values import float_or_none, positive_int

PROGRAM = "virginatlantic"

REQUIRED_PATHS = {
    SearchKind.CALENDAR: (
        "[].date",
        "[].totalAwardsSeatsForMonth",
        "[].pointsDays[].date",
        "[].pointsDays[].minAwardPointsTotal",
        "[].pointsDays[].seats{}.cabinPointsValue",
        "[].pointsDays[].seats{}.cabinClassSeatCount",
    )
}

CABINS = {
    "awardEconomy": Cabin.ECONOMY,
    "awardComfortPlusPremiumEconomy": Cabin.PREMIUM_ECONOMY,
    "awardBusiness": Cabin.BUSINESS,
    "awardFirst": Cabin.FIRST,
}

# What stands where an object should.
Other = str | int | float | bool | list[Any] | None


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Cabin(_Wire):
    cabin_points_value: Any = None
    is_saver_award: Any = None
    cabin_class_seat_count: Any = None
    cabin_class_seat_count_string: Any = None


class _Day(_Wire):
    """A day; `seats` is empty where there are none. Its `minPrice` is of no cabin in particular and is not read."""

    date: Any = None
    min_award_points_total: Any = msgspec.UNSET
    seats: dict[str, _Cabin | Other] | Other = None


class _Month(_Wire):
    points_days: list[_Day | Other] | None
    date: Any = None
    total_awards_seats_for_month: Any = None


_MONTHS = msgspec.json.Decoder(list[_Month])


def parse_calendar(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The lowest points of each cabin for each day, for one traveler, with the seats of that cabin.

    Raises Changed for an unknown shape, another month, or a month that counts seats and lists none.
    """
    odd: list[ParseWarning] = []
    days = _days(_months(body), odd)
    if not days:
        raise UnexpectedResponse("[].pointsDays holds no day")
    first, last = max(min(days), search.first), min(max(days), search.last)
    if first > last:
        raise UnexpectedResponse(f"asked {search.first}..{search.last}, answered {min(days)}..{max(days)}")
    yield CoveredDates(first, last)
    missing = (last - first).days + 1 - sum(first <= when <= last for when in days)
    if missing:
        odd.append(
            ParseWarning("pointsDays", f"{missing} days are missing between {first} and {last}", drops_offer=True)
        )
    read = 0
    for when, day in days.items():
        if day is not None and first <= when <= last:
            offers = _read_day(day, when, search, seen_at, odd)
            read += len(offers)
            yield from offers
    yield from odd
    if odd and not read:
        raise UnexpectedResponse(f"nothing of {len(days)} days could be read: {odd[0].path} is {odd[0].value}")


def _read_day(
    day: _Day, when: date, search: Search, seen_at: datetime, odd: list[ParseWarning]
) -> list[AwardOfferItem]:
    """The offers of one day; what cost one is added to `odd`."""
    offers: list[AwardOfferItem] = []
    seats_by_cabin = day.seats
    lowest = day.min_award_points_total
    if seats_by_cabin is None and (lowest is None or float_or_none(lowest) == 0):
        return offers
    if not isinstance(seats_by_cabin, dict):
        odd.append(ParseWarning("seats", f"{when}: {str(seats_by_cabin)[:80]}", drops_offer=True))
        return offers
    if not seats_by_cabin and (float_or_none(lowest) or 0) > 0:
        odd.append(ParseWarning("minAwardPointsTotal", f"{when}: {lowest} without seats", drops_offer=True))
    for code, told in seats_by_cabin.items():
        cabin = CABINS.get(code)
        if cabin is not None and told is None:  # as if it were not there
            continue
        if cabin is None or not isinstance(told, _Cabin):
            odd.append(ParseWarning("seats", f"{code} {str(told)[:80]}", drops_offer=True))
            continue
        miles, seats = told.cabin_points_value, told.cabin_class_seat_count
        if type(miles) is not int or miles <= 0:
            miles = positive_int(miles)
        if type(seats) is not int or seats <= 0:
            if float_or_none(seats) == 0:
                continue  # sold out
            seats = positive_int(seats) or _written_seats(told.cabin_class_seat_count_string)
        if miles is None:
            odd.append(
                ParseWarning(
                    "cabinPointsValue", f"{when} {code}: {str(told.cabin_points_value)[:80]}", drops_offer=True
                )
            )
            continue
        saver = told.is_saver_award
        offers.append(
            AwardOfferItem(
                program=PROGRAM,
                source=PROGRAM,
                detail=Detail.DAY,
                origin=search.origin,
                destination=search.destination,
                departure_date=when,
                cabin=cabin,
                miles=miles,
                seats=seats,
                saver=saver if type(saver) is bool else None,
                travelers=search.travelers,
                seen_at=seen_at,
                search=search,
            )
        )
    return offers


def _months(body: bytes) -> list[_Month]:
    try:
        months = _MONTHS.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    if not months:
        raise UnexpectedResponse("the list of months is empty")
    return months


def _days(months: list[_Month], odd: list[ParseWarning]) -> dict[date, _Day | None]:
    """The days by date; None where only the month says that it has no seats. What cannot be read is added to `odd`."""
    days: dict[date, _Day | None] = {}
    for month in months:
        total = float_or_none(month.total_awards_seats_for_month)
        if not month.points_days and total == 0:
            days |= dict.fromkeys(_days_of(month))
        if total and not any(isinstance(day, _Day) and day.seats for day in month.points_days or ()):
            raise UnexpectedResponse(f"totalAwardsSeatsForMonth is {total:g} in {month.date}, and no day has a seat")
        for day in month.points_days or ():
            when = _written_day(day.date) if isinstance(day, _Day) and isinstance(day.date, str) else None
            if when is None or not isinstance(day, _Day):
                odd.append(ParseWarning("pointsDays", str(day)[:120], drops_offer=True))
            else:
                days[when] = day
    return days


def _days_of(month: _Month) -> list[date]:
    """The days of a month that lists none; no day where it does not say which month it is."""
    first = _written_day(month.date) if isinstance(month.date, str) else None
    if first is None:
        return []
    return [first.replace(day=1) + timedelta(n) for n in range(calendar.monthrange(first.year, first.month)[1])]


@lru_cache(maxsize=4096)
def _written_day(written: str) -> date | None:
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None


def _written_seats(written: object) -> int | None:
    """`9+` as 9, which means 9 or more."""
    return positive_int(written.rstrip("+")) if isinstance(written, str) else None


def decode(body: bytes) -> object:
    """The answer as plain lists, objects and values. Raises Changed."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself: never its route. None where it is not the seat checker's."""
    try:
        days = _days(_months(body), [])
    except UnexpectedResponse:
        return None
    return Detected(kind=SearchKind.CALENDAR, first=min(days), last=max(days)) if days else None


PARSERS = {SearchKind.CALENDAR: validated(parse_calendar)}
