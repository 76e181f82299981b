"""The calendar of the lowest prices: its query, months, colors, and a sentence for each day."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache, cached_property

from babel import Locale
from babel.core import get_global

from awardspider.delivery.messages.language import Language
from awardspider.items import Cabin
from awardspider.panel.formats import Formats
from awardspider.panel.texts import Texts
from awardspider.programs import short_name
from awardspider.storage.calendar_days import Calendar, CalendarCell, DayPrice, DayStatus
from awardspider.storage.offer_status import OfferStatus
from awardspider.storage.route_queries import next_month

MONTHS = 12
#: Steps of the colors; step 1 has the lowest prices.
STEPS = 5
_CHEAPEST_DAYS = 5
_MOST_YEARS = 5


class CellState(StrEnum):
    """The kinds of cells. The name is that of its class in the style sheet and of its text."""

    PAST = "past"
    FOUND = "found"
    STALE = "stale"  # a price that is outdated, or that a calendar contradicts
    EMPTY = "empty"
    FAILED = "failed"
    NOT_SEARCHED = "not_searched"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """A day of the calendar. `step` is 0 without an available price; `words` says everything in a sentence."""

    day: date
    state: CellState
    price: DayPrice | None
    step: int
    has_failure: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthView:
    """A month with its weeks; days of other months are None."""

    first: date
    weeks: list[list[CellView | None]]
    lowest: int | None

    @property
    def is_searched(self) -> bool:
        """Return whether anything is known about a day of the month."""
        cells = (cell for week in self.weeks for cell in week if cell)
        return any(cell.state not in (CellState.PAST, CellState.NOT_SEARCHED) for cell in cells)


@dataclass(frozen=True, kw_only=True)
class CalendarView:
    """The calendar of one cabin. `today` is the first day that is not over; searches before `oldest` are too old.

    `lowest` are the lowest available prices of all cabins in the same days, from `today`. If only one day is shown,
    `calendar` and `lowest` are empty, and `months()` and `known_and_later_months()` raise ValueError.
    """

    calendar: Calendar
    cabin: Cabin
    lowest: Mapping[Cabin, int]
    today: date
    oldest: datetime | None
    with_route: bool
    fmt: Formats
    texts: Texts

    @cached_property
    def limits(self) -> list[int]:
        """Return the highest price of each step, from the lowest; there are fewer steps for few prices."""
        prices = sorted(
            cell.price.miles
            for day, cells in self.calendar.items()
            if (cell := cells[self.cabin]).price and day >= self.today
        )
        limits = (prices[max(0, -(-len(prices) * step // STEPS) - 1)] for step in range(1, STEPS + 1)) if prices else ()
        return list(dict.fromkeys(limits))

    def step_of(self, miles: int) -> int:
        """Return the step of a price; 1 has the lowest prices."""
        return next((step for step, limit in enumerate(self.limits, 1) if miles <= limit), len(self.limits))

    @cached_property
    def cells(self) -> dict[date, CellView]:
        """Return the views of all days, by day."""
        return {day: self._colored(day, cells[self.cabin]) for day, cells in self.calendar.items()}

    def _colored(self, day: date, cell: CalendarCell) -> CellView:
        step = self.step_of(cell.price.miles) if cell.price and day >= self.today else 0
        return cell_view(self, day, cell, step=step)

    def cheapest_days(self) -> list[CellView]:
        """Return the days with the lowest prices, the earliest first of equal ones."""
        priced = [cell for cell in self.cells.values() if cell.price and cell.state is CellState.FOUND]
        return sorted(priced, key=lambda cell: (cell.price.miles if cell.price else 0, cell.day))[:_CHEAPEST_DAYS]

    def counts(self) -> dict[CellState, int]:
        """Return the number of days by what they show."""
        states = [cell.state for cell in self.cells.values()]
        return {state: states.count(state) for state in CellState}

    def has_failures(self) -> bool:
        """Return whether a price is older than a search that failed."""
        return any(cell.has_failure for cell in self.cells.values())

    def known_and_later_months(self) -> tuple[list[MonthView], list[MonthView]]:
        """Return the months until the last one that was searched, and those after it.

        If no month was searched, all of them are in the first list. Raises ValueError without days.
        """
        months = list(self.months())
        known = max((number for number, month in enumerate(months, 1) if month.is_searched), default=len(months))
        return months[:known], months[known:]

    def months(self) -> Iterator[MonthView]:
        """Yield the months. Raises ValueError without days."""
        rows = calendar.Calendar(first_week_day(self.fmt.language))
        first = min(self.calendar).replace(day=1)
        while first <= max(self.calendar):
            weeks = [
                [self.cells.get(day) if day.month == first.month else None for day in week]
                for week in rows.monthdatescalendar(first.year, first.month)
            ]
            prices = [cell.price.miles for week in weeks for cell in week if cell and cell.step and cell.price]
            yield MonthView(first=first, weeks=weeks, lowest=min(prices, default=None))
            first = next_month(first)


def cell_view(view: CalendarView, day: date, cell: CalendarCell, *, step: int = 0) -> CellView:
    """Return the view of a day; `step` is that of its price in the view's cabin."""
    state = _state(day, cell, view.today)
    price = None if state is CellState.PAST else cell.price or cell.stale
    return CellView(
        day=day,
        state=state,
        price=price,
        step=step,
        has_failure=cell.failure is not None and state in (CellState.FOUND, CellState.STALE),
        words=f"{view.fmt.language.day_of_year(day)}: {cell_words(view, cell, state)}",
    )


def _state(day: date, cell: CalendarCell, today: date) -> CellState:
    if day < today:
        return CellState.PAST
    if cell.stale:
        return CellState.STALE
    return CellState(cell.status.value)


def cell_words(view: CalendarView, cell: CalendarCell, state: CellState) -> str:
    """Return what is known about a day and cabin, such as `43,000 miles, Flying Blue, seen 2 hours ago`."""
    fmt, texts = view.fmt, view.texts
    parts: list[str] = []
    price = cell.price or cell.stale
    if state is CellState.PAST:
        return texts("calendar.words_past")
    if price:
        parts.append(fmt.amount(price.miles, price.program))
        if view.with_route:
            parts.append(f"{price.origin}–{price.destination}")
        parts += [short_name(price.program), texts("calendar.words_seen", age=fmt.age(price.seen_at))]
        if price.status is not OfferStatus.AVAILABLE:
            parts.append(texts(f"calendar.words_{price.status}"))
        elif not price.is_confirmed:
            parts.append(texts("calendar.words_day_price"))
    elif cell.status is DayStatus.EMPTY:
        parts.append(texts("calendar.words_empty", age=fmt.age(cell.searched_at)))
    elif cell.status is DayStatus.NOT_SEARCHED:
        parts.append(_not_searched_words(view, cell))
    if cell.failure:
        parts.append(
            texts(
                "calendar.words_failed",
                program=short_name(cell.failure.program),
                age=fmt.age(cell.failure.requested_at),
                reason=texts(f"reasons.{cell.failure.reason}") if cell.failure.reason else texts("base.unknown"),
            )
        )
    return ", ".join(parts)


def _not_searched_words(view: CalendarView, cell: CalendarCell) -> str:
    if cell.searched_at is None:
        return view.texts("calendar.words_not_searched")
    is_old = view.oldest is not None and cell.searched_at < view.oldest
    key = "calendar.words_searched_long_ago" if is_old else "calendar.words_searched_in_part"
    return view.texts(key, age=view.fmt.age(cell.searched_at))


@cache
def first_week_day(language: Language) -> int:
    """Return the first day of the week where a language is mostly spoken; 0 is Monday."""
    locale = language.locale
    if locale.territory is None:
        likely = get_global("likely_subtags").get(locale.language)
        locale = Locale.parse(likely) if likely else locale
    return int(locale.first_week_day)


def weekdays(language: Language) -> list[tuple[str, str]]:
    """Return the weekdays in the order of the week, each with its short and its full name."""
    names = language.locale.days["stand-alone"]
    first = first_week_day(language)
    order = [(first + number) % 7 for number in range(7)]
    return [(names["abbreviated"][day].rstrip("."), names["wide"][day]) for day in order]


def month_range(month: date) -> tuple[date, date]:
    """Return the first and the last day of a calendar that begins with a month."""
    end = month
    for _ in range(MONTHS):
        end = next_month(end)
    return month, end - timedelta(days=1)


def shifted(month: date, months: int) -> date:
    """Return the month so many months later or earlier."""
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def parse_month(text: str, now: datetime) -> date:
    """Return the first day of a month such as 2027-03; the current month for anything else, or if it is years away."""
    this_month = now.date().replace(day=1)
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return this_month
    return month if abs(month.year - this_month.year) <= _MOST_YEARS else this_month
