"""An index of watches, so that an offer is compared with few of a million watches.

Watches are sorted by route and cabin, and then by their limit on miles. The other criteria are decided once for all
watches that share them: days for each pair of a departure day and a current day; program, party, seats, stops and marks
for each combination of these that offers have. Only the remaining criteria of the few watches that are left are checked
one by one. All decisions are made by the functions that `matching.match` uses.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable, Iterator
from datetime import date, datetime
from operator import attrgetter
from typing import Generic, NamedTuple, TypeVar

from awardspider.items import AwardOfferItem, Cabin
from awardspider.search.criteria import Check, Circumstances, Rates, local_today
from awardspider.search.dates import Dates
from awardspider.search.matching import (
    DETAILED_CHECKS,
    SHARED_CHECKS,
    SHARED_FIELDS,
    SHARED_WATCH_FIELDS,
    MatchResult,
    result_of,
)
from awardspider.search.places import Places, labels_of
from awardspider.search.watches import Leg, Watch

# States of a decision that is made when it is first needed. UNDECIDED must be 0, the value of new bytes.
_UNDECIDED, _NO, _POSSIBLE, _YES = range(4)
_STATES = {MatchResult.NO_MATCH: _NO, MatchResult.POSSIBLE: _POSSIBLE, MatchResult.MATCH: _YES}

# An entry is one number, so that entries are compact and sort by limit: the limit on miles, then the number of a row.
_ROW_BITS = 32
_ROW_MASK = (1 << _ROW_BITS) - 1
_NO_LIMIT = (1 << 31) - 1

# The key of entries is one number: the labels of origin and destination, and the cabin.
_LABEL_BITS = 24
_CABIN_BITS = 3
_EVERY_CABIN = len(Cabin)

_ANYWHERE = "anywhere"
#: A watch with more pairs of labels is found by one end of its route only.
_MOST_LABEL_PAIRS = 256
_MOST_CACHED_ROUTES = 50_000
#: The memory for decisions of one kind. The oldest are dropped first.
_MOST_DECISION_BYTES = 32_000_000

_shared_fields = attrgetter(*SHARED_FIELDS)
_shared_watch_fields = attrgetter(*SHARED_WATCH_FIELDS)

_Key = TypeVar("_Key", bound=Hashable)


class Matches(NamedTuple):
    """The keys of the watches that an offer matches, and of those that it possibly matches, in the order added."""

    certain: list[str]
    possible: list[str]


class WatchIndex:
    """Active watches, sorted so that those that match an offer are found without comparing it with each of them.

    A round trip has a row for each leg, and any other watch has one row.
    """

    def __init__(self, watches: Iterable[Watch] = ()) -> None:
        self._routes = _Routes()
        self._entries: dict[int, array[int]] = {}
        # One element for each row:
        self._watch_of_row = array("I")
        self._dates_of_row = array("I")
        self._shared_of_row = array("I")
        self._legs: list[Leg | None] = []  # None if the labels are exactly the route
        # One element for each watch:
        self._keys: list[str] = []
        self._first_rows = array("I")
        self._detailed: dict[int, tuple[Watch, tuple[Check, ...]]] = {}
        self._numbers: dict[str, int] | None = None  # watch numbers by key, once a watch is removed
        # What rows share. The first element of each is for the rows of removed watches, which nothing matches.
        self._dates: list[Dates | None] = [None]
        self._date_numbers: dict[Dates, int] = {}
        self._day_states = _Decisions[tuple[date, date]]()
        self._shared: list[Watch | None] = [None]
        self._shared_numbers: dict[tuple[object, ...], int] = {}
        self._shared_states = _Decisions[tuple[object, ...]]()
        for watch in watches:
            for key, entry in self._new_entries(watch):
                self._entries.setdefault(key, array("Q")).append(entry)
        for key, entries in self._entries.items():
            if len(entries) > 1:
                self._entries[key] = array("Q", sorted(entries))

    def add(self, watch: Watch) -> None:
        """Add a watch; an inactive one is ignored. To replace a watch, remove it first."""
        for key, entry in self._new_entries(watch):
            insort(self._entries.setdefault(key, array("Q")), entry)
        if self._numbers is not None and watch.active:
            self._numbers[watch.key] = len(self._keys) - 1

    def remove(self, key: str) -> None:
        """Remove the watch with this key; an unknown one is ignored. Its memory is freed when the index is rebuilt."""
        if self._numbers is None:
            self._numbers = {known: number for number, known in enumerate(self._keys)}
        number = self._numbers.pop(key, None)
        if number is None:
            return
        is_last = number + 1 == len(self._first_rows)
        for row in range(self._first_rows[number], len(self._legs) if is_last else self._first_rows[number + 1]):
            self._shared_of_row[row] = 0
        self._detailed.pop(number, None)

    def matching(self, offer: AwardOfferItem, *, now: datetime | None = None, rates: Rates | None = None) -> Matches:
        """Return the watches that an offer matches; see `matching.match` for `now` and `rates`."""
        found: dict[int, int] = {}
        circumstances: Circumstances | None = None
        shared = self._shared_states.of(_shared_fields(offer), len(self._shared))
        for entry in self._candidates(offer, shared):
            row = entry & _ROW_MASK
            number = self._watch_of_row[row]
            leg = self._legs[row]
            if leg and not (offer.origin in leg.origin and offer.destination in leg.destination):
                continue
            state = shared[self._shared_of_row[row]]
            if offer.miles is None and entry >> _ROW_BITS != _NO_LIMIT:
                state = _POSSIBLE
            if number in self._detailed:
                circumstances = circumstances or Circumstances(now or offer.seen_at, rates)
                watch, checks = self._detailed[number]
                state = min(state, _state(checks, watch, offer, circumstances))
            if state > found.get(number, _NO):
                found[number] = state
        certain: list[str] = []
        possible: list[str] = []
        for number in sorted(found):
            (certain if found[number] == _YES else possible).append(self._keys[number])
        return Matches(certain, possible)

    def _candidates(self, offer: AwardOfferItem, shared: bytearray) -> list[int]:
        """Return the entries of rows whose cabin, limit on miles, days and shared criteria an offer meets.

        This loop is most of the time that an offer takes.
        """
        today = local_today(offer.origin, offer.seen_at)
        day_states = self._day_states.of((offer.departure_date, today), len(self._dates))
        dates_of_row, shared_of_row = self._dates_of_row, self._shared_of_row
        found = []
        lowest = min(offer.miles or 0, _NO_LIMIT) << _ROW_BITS
        for route in self._routes.find(offer.origin, offer.destination):
            for cabin in (offer.cabin.rank, _EVERY_CABIN):
                entries = self._entries.get(route | cabin)
                if not entries:
                    continue
                for entry in entries[bisect_left(entries, lowest) :]:
                    row = entry & _ROW_MASK
                    dates = dates_of_row[row]
                    state = day_states[dates] or self._decide_day(day_states, dates, offer.departure_date, today)
                    if state == _NO:
                        continue
                    terms = shared_of_row[row]
                    state = shared[terms] or self._decide_shared(shared, terms, offer)
                    if state != _NO:
                        found.append(entry)
        return found

    def _decide_day(self, states: bytearray, number: int, day: date, today: date) -> int:
        dates = self._dates[number]
        states[number] = _YES if dates is not None and dates.covers(day, today) else _NO
        return states[number]

    def _decide_shared(self, states: bytearray, number: int, offer: AwardOfferItem) -> int:
        watch = self._shared[number]
        states[number] = _state(SHARED_CHECKS, watch, offer, Circumstances(offer.seen_at)) if watch else _NO
        return states[number]

    def _new_entries(self, watch: Watch) -> Iterator[tuple[int, int]]:
        """Add a watch's rows; yield the key and the entry of each place in which they are found."""
        if not watch.active:
            return
        number = len(self._keys)
        self._keys.append(watch.key)
        self._first_rows.append(len(self._legs))
        checks = tuple(check for field, check in DETAILED_CHECKS.items() if getattr(watch, field) not in (None, ()))
        if checks:
            self._detailed[number] = watch, checks
        terms = _number_of(_shared_watch_fields(watch), self._shared_numbers, self._shared, watch)
        limits = [limit for limit in (watch.max_miles, watch.max_trip_miles) if limit is not None]
        limit = min(limits, default=_NO_LIMIT)
        cabins = [cabin.rank for cabin in watch.cabins] or [_EVERY_CABIN]
        for leg in watch.legs:
            row = len(self._legs)
            routes, is_exact = self._routes.add(leg)
            self._legs.append(None if is_exact else leg)
            self._watch_of_row.append(number)
            self._dates_of_row.append(_number_of(leg.dates, self._date_numbers, self._dates, leg.dates))
            self._shared_of_row.append(terms)
            for route in routes:
                for cabin in cabins:
                    yield route | cabin, limit << _ROW_BITS | row


class _Routes:
    """The pairs of labels under which watches are found, each as a number with space for a cabin in its last bits."""

    def __init__(self) -> None:
        self._labels: dict[str, int] = {}
        self._pairs: set[int] = set()
        self._by_route: dict[tuple[str, str], tuple[int, ...]] = {}
        self._by_places: dict[tuple[str, frozenset[str]], tuple[str, ...]] = {}

    def add(self, leg: Leg) -> tuple[list[int], bool]:
        """Return the pairs for a leg, and whether they contain no other route."""
        origins, destinations = self._labels_for(leg.origin), self._labels_for(leg.destination)
        if len(origins) * len(destinations) > _MOST_LABEL_PAIRS:
            if len(origins) > len(destinations):
                origins = (_ANYWHERE,)
            else:
                destinations = (_ANYWHERE,)
        if len(origins) * len(destinations) > _MOST_LABEL_PAIRS:
            origins = (_ANYWHERE,)
        pairs = [self._pair(origin, destination) for origin in origins for destination in destinations]
        if not self._pairs.issuperset(pairs):
            self._pairs.update(pairs)
            self._by_route.clear()
        return pairs, all(label.startswith("airport:") for label in (*origins, *destinations))

    def find(self, origin: str, destination: str) -> tuple[int, ...]:
        """Return the pairs that contain a route and that a watch has."""
        found = self._by_route.get((origin, destination))
        if found is None:
            pairs = (self._pair(one, other) for one in _all_labels(origin) for other in _all_labels(destination))
            found = tuple(pair for pair in dict.fromkeys(pairs) if pair in self._pairs)
            if len(self._by_route) >= _MOST_CACHED_ROUTES:
                self._by_route.clear()
            self._by_route[origin, destination] = found
        return found

    def _pair(self, origin: str, destination: str) -> int:
        first = self._labels.setdefault(origin, len(self._labels))
        second = self._labels.setdefault(destination, len(self._labels))
        return (first << _LABEL_BITS | second) << _CABIN_BITS

    def _labels_for(self, places: Places) -> tuple[str, ...]:
        """Return labels by which each airport of these places is found; places without such a label have airports."""
        key = places.text, places.airports
        if key not in self._by_places:
            labels = set(places.labels)
            missing = [f"airport:{code}" for code in places.airports if labels.isdisjoint(_all_labels(code))]
            found = labels.intersection(label for code in places.airports for label in _all_labels(code))
            self._by_places[key] = tuple(sorted({*found, *missing}))
        return self._by_places[key]


class _Decisions(Generic[_Key]):
    """Decisions about all dates, or about all shared criteria, by what they depend on: one byte each, 0 if open."""

    def __init__(self) -> None:
        self._states: dict[_Key, bytearray] = {}

    def of(self, key: _Key, size: int) -> bytearray:
        """Return the decisions for a key, at least `size`."""
        states = self._states.get(key)
        if states is None:
            while len(self._states) * size > _MOST_DECISION_BYTES:
                del self._states[next(iter(self._states))]
            states = self._states[key] = bytearray(size)
        elif len(states) < size:
            states.extend(bytes(size - len(states)))
        return states


def _all_labels(iata: str) -> tuple[str, ...]:
    return (*labels_of(iata), f"airport:{iata}", _ANYWHERE)


def _state(checks: Iterable[Check], watch: Watch, offer: AwardOfferItem, circumstances: Circumstances) -> int:
    misses = (check(watch, offer, circumstances) for check in checks)
    return _STATES[result_of(miss for miss in misses if miss)]


_Value = TypeVar("_Value")


def _number_of(key: _Key, numbers: dict[_Key, int], values: list[_Value], value: _Value) -> int:
    """Return the number of a value; one with a new key is appended."""
    if key not in numbers:
        numbers[key] = len(values)
        values.append(value)
    return numbers[key]
