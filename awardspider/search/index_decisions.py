"""Decisions that many watches of an index share, made when they are first needed and then kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from operator import attrgetter

from awardspider.items import AwardOfferItem
from awardspider.search.criteria import Check, Circumstances
from awardspider.search.dates import Dates
from awardspider.search.matching import SHARED_CHECKS, SHARED_FIELDS, SHARED_WATCH_FIELDS
from awardspider.search.watches import Watch

# States of a decision. The first must be 0, the value of new bytes.
UNDECIDED, NO, POSSIBLE, YES = range(4)
#: Digits of a bitmap.
ZERO, ONE = b"01"

#: Months that are distinguished, beginning with the current one; all programs sell fewer.
_MONTHS = 24
_OTHER_MONTH = 255
_MONTH_MASK = 255
#: Decisions of one kind that are kept, one byte each.
_MOST_DECISIONS = 32_000_000

_shared_fields = attrgetter(*SHARED_FIELDS)
_shared_watch_fields = attrgetter(*SHARED_WATCH_FIELDS)


def check_all(checks: Iterable[Check], watch: Watch, offer: AwardOfferItem, circumstances: Circumstances) -> int:
    """Return the state that follows from several checks."""
    state = YES
    for check in checks:  # without generators, because this runs for several watches of most offers
        miss = check(watch, offer, circumstances)
        if miss is not None:
            if not miss.unknown:
                return NO
            state = POSSIBLE
    return state


class DayDecisions:
    """Decisions for each pair of a departure day and the current day at the origin: which dates cover the day."""

    def __init__(self) -> None:
        self._dates: list[Dates] = []
        self._numbers: dict[Dates, int] = {}
        self._states: dict[tuple[date, date], bytearray] = {}
        self._months: dict[date, list[int]] = {}  # a bit for each month
        self._flags: dict[int, bytearray] = {}

    def number(self, dates: Dates) -> int:
        """Return the number of dates."""
        if dates not in self._numbers:
            self._numbers[dates] = len(self._dates)
            self._dates.append(dates)
        return self._numbers[dates]

    def states(self, day: date, today: date) -> bytearray:
        """Return the state of each number; those that are UNDECIDED must be set by `decide`."""
        states = self._states.get((day, today))
        if states is None or len(states) < len(self._dates):
            while self._states and len(self._states) * len(self._dates) > _MOST_DECISIONS:
                del self._states[next(iter(self._states))]
            states = self._states[day, today] = bytearray(len(self._dates))
        return states

    def decide(self, states: bytearray, number: int, day: date, today: date) -> int:
        """Set and return the state of a number."""
        states[number] = YES if self._dates[number].covers(day, today) else NO
        return states[number]

    def month_key(self, day: date, today: date) -> int:
        """Return a number for the month of a day, as seen on the current day."""
        month = (day.year - today.year) * 12 + day.month - today.month
        return today.toordinal() * (_MONTH_MASK + 1) + (month if day >= today and month < _MONTHS else _OTHER_MONTH)

    def month_flags(self, month_key: int, today: date) -> bytearray:
        """Return for each number the digit 1 if the dates may cover a day of a month, and else the digit 0."""
        flags = self._flags.get(month_key)
        if flags is None or len(flags) < len(self._dates):
            if len(self._flags) * len(self._dates) > _MOST_DECISIONS:
                self._flags.clear()
                self._months.clear()
            month = month_key & _MONTH_MASK
            months = self._months.setdefault(today, [])
            months += [_month_bits(dates, today) for dates in self._dates[len(months) :]]
            flags = self._flags[month_key] = bytearray(
                ONE if month == _OTHER_MONTH or bits >> month & 1 else ZERO for bits in months
            )
        return flags


def _month_bits(dates: Dates, today: date) -> int:
    """Return a bit for each month, beginning with the current one, in which dates cover a day."""
    bits = 0
    current = today.year * 12 + today.month
    for first, last in dates.ranges(today, _MONTHS * 31):
        for month in range(first.year * 12 + first.month, last.year * 12 + last.month + 1):
            bits |= 1 << month - current
    return bits


class TermDecisions:
    """Decisions for each combination of the fields that SHARED_CHECKS need: which terms of watches it meets.

    Terms are what SHARED_CHECKS need of a watch.
    """

    #: The number of the terms that no offer meets.
    NOTHING = 0

    def __init__(self) -> None:
        self._watches: list[Watch | None] = [None]  # one with these terms
        self._numbers: dict[tuple[object, ...], int] = {}
        self._states: dict[tuple[object, ...], tuple[int, bytearray]] = {}
        self._keys = 0

    def number(self, watch: Watch) -> int:
        """Return the number of a watch's terms."""
        terms = _shared_watch_fields(watch)
        if terms not in self._numbers:
            self._numbers[terms] = len(self._watches)
            self._watches.append(watch)
        return self._numbers[terms]

    def states(self, offer: AwardOfferItem) -> tuple[int, bytearray]:
        """Return a number for an offer's fields, which is never used again, and the state of each number of terms.

        Those that are UNDECIDED must be set by `decide`.
        """
        fields = _shared_fields(offer)
        found = self._states.get(fields)
        if found is None or len(found[1]) < len(self._watches):
            while self._states and len(self._states) * len(self._watches) > _MOST_DECISIONS:
                del self._states[next(iter(self._states))]
            self._keys += 1
            found = self._states[fields] = self._keys, bytearray(len(self._watches))
        return found

    def decide(self, states: bytearray, numbers: Iterable[int], offer: AwardOfferItem) -> None:
        """Set the states of these numbers of terms."""
        circumstances = Circumstances(offer.seen_at)
        for number in numbers:
            if states[number] == UNDECIDED:
                watch = self._watches[number]
                states[number] = check_all(SHARED_CHECKS, watch, offer, circumstances) if watch else NO
