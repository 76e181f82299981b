"""Read the days of American's two calendars: one of a month, and one of the 13 days around a date.

The calendars use different keys and mark days without awards differently.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import UNSET, UnsetType

from awardspider.parsers._values import float_or_none
from awardspider.parsers._wire import NotObject, Required, Wire


class Amount(Wire):
    amount: Any = None
    currency: Any = None


class _Solution(Wire):
    per_passenger_award_points: Required[Any] = None
    per_passenger_sale_total: Amount | NotObject = None


class Day(Wire):
    """A day of the month calendar (with a `solution`) or of the 13 days (with points directly in the day)."""

    date: Required[Any] = None
    valid_day: Any = None
    solution: Required[_Solution | NotObject | UnsetType] = UNSET
    solution_id: Any = UNSET
    per_passenger_award_points_total: Any = UNSET
    award_points_total: Any = UNSET
    per_passenger_display_total: Amount | NotObject = None


class _Week(Wire):
    days: list[Day | NotObject]


class Month(Wire):
    weeks: list[_Week] | None


class DayPrice(NamedTuple):
    """A day with its points (None: no award; UNSET: points missing) and the money charged in addition."""

    date: object
    points: object
    charge: Amount | NotObject = None


def days_of_month(months: list[Month]) -> Iterator[DayPrice]:
    """Yield the days of the month calendar, except padding. A null `solution` means no award."""
    for day in (day for month in months for week in month.weeks or () for day in week.days if day is not None):
        if not isinstance(day, Day):
            yield DayPrice(day, UNSET)
            continue
        solution = day.solution
        if solution is None:
            if day.date is not None and day.valid_day is not False:  # otherwise padding, in the past or not on sale yet
                yield DayPrice(day.date, None)
        elif isinstance(solution, _Solution):
            points = solution.per_passenger_award_points
            yield DayPrice(day.date, UNSET if points is None else points, solution.per_passenger_sale_total)
        elif solution is not UNSET or day.valid_day is not False:
            yield DayPrice(day.date, UNSET)


def days_of_week(days: list[Day | NotObject]) -> Iterator[DayPrice]:
    """Yield the 13 days. A day without points and `solutionId` has no award."""
    for day in days:
        if not isinstance(day, Day):
            yield DayPrice(day, UNSET)
            continue
        points = day.per_passenger_award_points_total
        if points is UNSET:
            points = day.award_points_total
        if points in (None, UNSET, "") or float_or_none(points) == 0:
            keys_missing = points is UNSET and day.solution_id is UNSET
            points = UNSET if keys_missing or day.solution_id not in (None, UNSET, "") else None
        yield DayPrice(day.date, points, day.per_passenger_display_total)
