"""Parse Virgin Atlantic's reward seat checker: a month of the lowest points and the seats in each cabin on each day.

Facts and sources: docs/sources/virginatlantic.md.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector
from awardspider.parsers._detection import detected_calendar, none_if_unreadable
from awardspider.parsers._validation import validated
from awardspider.parsers._values import bool_or_none, date_or_none, float_or_none, positive_int
from awardspider.parsers._wire import NotObject, Required, Wire, decode, decode_as, required_paths

__all__ = ["PARSERS", "REQUIRED_PATHS", "decode", "detect"]

PROGRAM = "virginatlantic"

CABINS = {
    "awardEconomy": Cabin.ECONOMY,
    "awardComfortPlusPremiumEconomy": Cabin.PREMIUM_ECONOMY,
    "awardBusiness": Cabin.BUSINESS,
    "awardFirst": Cabin.FIRST,
}


class _Seats(Wire):
    cabin_points_value: Required[Any] = None
    cabin_class_seat_count: Required[Any] = None
    cabin_class_seat_count_string: Any = None
    is_saver_award: Any = None


class _Day(Wire):
    """A day with its cabins. `minPrice` is ignored, because it does not belong to one cabin."""

    date: Required[Any] = None
    min_award_points_total: Required[Any] = None
    seats: Required[dict[str, _Seats | NotObject] | NotObject] = None


class _Month(Wire):
    points_days: list[_Day | NotObject] | None
    date: Required[Any] = None
    total_awards_seats_for_month: Required[Any] = None


_MONTHS = msgspec.json.Decoder(list[_Month])
REQUIRED_PATHS = {SearchKind.CALENDAR: required_paths(list[_Month], SearchKind.CALENDAR)}


@validated
def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse the lowest points in each cabin on each day, per traveler."""
    offers = Collector(PROGRAM, search, seen_at)
    days, unreadable = _days(decode_as(_MONTHS, body))
    for entry in unreadable:
        offers.warn("pointsDays", f"expected a day, got {entry}", drops_offer=True)
    searched = {when: day for when, day in days.items() if offers.is_searched(when)}
    offers.cover("pointsDays", searched)
    for when, day in searched.items():
        if day is not None:
            _add_day(day, when, offers)
    return offers.finish()


def _days(months: list[_Month]) -> tuple[dict[date, _Day | None], list[object]]:
    """Return the days, keyed by date, and the unreadable entries. Days are None if their month has no seats or entries.

    Raise UnexpectedResponse if a month reports a number of seats but lists none.
    """
    days: dict[date, _Day | None] = {}
    unreadable: list[object] = []
    for month in months:
        total = float_or_none(month.total_awards_seats_for_month)
        entries = month.points_days or []
        if not entries and total == 0:
            days |= dict.fromkeys(_calendar_days(month))
        if total and not any(isinstance(entry, _Day) and entry.seats for entry in entries):
            raise UnexpectedResponse(f"totalAwardsSeatsForMonth is {total:g} in {month.date}, but no day has a seat")
        for entry in entries:
            when = date_or_none(entry.date) if isinstance(entry, _Day) else None
            if isinstance(entry, _Day) and when is not None:
                days[when] = entry
            else:
                unreadable.append(entry)
    return days, unreadable


def _calendar_days(month: _Month) -> list[date]:
    """Return all days of a month, or none if the date of the month is missing."""
    first = date_or_none(month.date)
    if first is None:
        return []
    return [first.replace(day=1) + timedelta(n) for n in range(calendar.monthrange(first.year, first.month)[1])]


def _add_day(day: _Day, when: date, offers: Collector) -> None:
    lowest = day.min_award_points_total
    if day.seats is None and (lowest is None or float_or_none(lowest) == 0):
        return
    if not isinstance(day.seats, dict):
        offers.warn("seats", f"{when}: expected cabins, got {day.seats}", drops_offer=True)
        return
    if not day.seats and (float_or_none(lowest) or 0) > 0:
        offers.warn("minAwardPointsTotal", f"{when}: {lowest} without seats", drops_offer=True)
    for code, seats in day.seats.items():
        cabin = CABINS.get(code)
        if cabin is None or not isinstance(seats, _Seats):
            if cabin is None or seats is not None:  # null is the same as a missing cabin
                offers.warn("seats", f"{when}: expected a known cabin, got {code}: {seats}", drops_offer=True)
            continue
        count = positive_int(seats.cabin_class_seat_count)
        if count is None and float_or_none(seats.cabin_class_seat_count) == 0:  # sold out
            continue
        miles = positive_int(seats.cabin_points_value)
        if miles is None:
            text = f"{when} {code}: expected points, got {seats.cabin_points_value}"
            offers.warn("cabinPointsValue", text, drops_offer=True)
            continue
        offers.add_day(
            when,
            cabin,
            miles,
            seats=count or _count(seats.cabin_class_seat_count_string),
            saver=bool_or_none(seats.is_saver_award),
        )


def _count(text: object) -> int | None:
    """Return the number in a string such as `9+` (nine or more)."""
    return positive_int(text.rstrip("+")) if isinstance(text, str) else None


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the days of a response, or None if the response is not from the seat checker. The route is missing."""
    days, _ = _days(decode_as(_MONTHS, body))
    return detected_calendar(days)


PARSERS = {SearchKind.CALENDAR: parse_calendar}
