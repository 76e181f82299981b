"""An index of watches, so that an offer is compared with few of a million watches.

Watches are sorted by route and cabin, and then by their limit on miles. Bitmaps narrow them down by month and by the
terms that many watches share. Only the remaining criteria of the few watches that are left are checked one by one. All
decisions are made by the functions that `matching.match` uses.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from awardspider.items import AwardOfferItem, Cabin
from awardspider.search.criteria import Check, local_today
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.index_decisions import (
    NO,
    ONE,
    POSSIBLE,
    UNDECIDED,
    YES,
    ZERO,
    DayDecisions,
    TermDecisions,
    check_all,
)
from awardspider.search.judgments import Judgment
from awardspider.search.label_pairs import LabelPairs
from awardspider.search.matching import DETAILED_CHECKS, circumstances_of
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.watches import Leg, Watch

# An entry is one number, so that entries are compact and sort by limit: the limit on miles, then the number of a row.
_ROW_BITS = 32
_ROW_MASK = (1 << _ROW_BITS) - 1
_NO_LIMIT = (1 << 31) - 1

_EVERY_CABIN = len(Cabin)
#: The buckets of this many routes are kept.
_MOST_ROUTES = 50_000
#: All bitmaps are dropped when there are more; most take about 150 bytes.
_MOST_BITMAPS = 500_000

# Digits of a bitmap by the state of a decision.
_IS_YES = bytes(ONE if state == YES else ZERO for state in range(256))
_IS_POSSIBLE = bytes(ONE if state == POSSIBLE else ZERO for state in range(256))


class Matches(NamedTuple):
    """The keys of the watches that an offer matches, and of those that it possibly matches, in the order added."""

    certain: list[str]
    possible: list[str]


_NONE = array("I")


class _Bucket:
    """The entries of one pair of labels and one cabin.

    The other attributes are derived from the entries when they are needed. `watches`, `dates` and `terms` have a number
    for each entry. In a bitmap, the last bit is for the first entry: `simple` are those that need no further checks;
    `months` is keyed by month; `matching` is keyed by an offer's shared fields and has the simple entries that an offer
    matches if their dates do, the simple ones that it then may match, and the other entries that it may match.
    """

    __slots__ = ("dates", "entries", "matching", "months", "simple", "terms", "watches")

    def __init__(self) -> None:
        self.entries = array("Q")
        self.reset()

    def reset(self) -> None:
        """Forget what was derived from the entries."""
        self.watches = self.dates = self.terms = _NONE
        self.simple = 0
        self.months: dict[int, int] = {}
        self.matching: dict[int, tuple[int, int, int]] = {}


class WatchIndex:
    """Active watches, sorted so that those that match an offer are found without comparing it with each of them.

    A round trip has a row for each leg, and any other watch has one row.
    """

    def __init__(self, watches: Iterable[Watch] = ()) -> None:
        self._pairs = LabelPairs()
        self._buckets: dict[int, _Bucket] = {}
        self._by_route: dict[tuple[str, str], tuple[tuple[_Bucket, ...], ...]] = {}
        self._bitmaps = 0
        self._days = DayDecisions()
        self._terms = TermDecisions()
        # One element for each row:
        self._watch_of_row = array("I")
        self._dates_of_row = array("I")
        self._terms_of_row = array("I")
        self._special_rows: set[int] = set()  # rows that need further checks
        self._legs: dict[int, Leg] = {}  # of rows whose labels contain other routes
        # One element for each watch:
        self._keys: list[str] = []
        self._first_rows = array("I")
        self._detailed: dict[int, tuple[Watch, tuple[Check, ...]]] = {}
        self._numbers: dict[str, int] | None = None  # by key, once a watch is removed
        for watch in watches:
            for key, entry in self._new_entries(watch):
                self._bucket(key).entries.append(entry)
        for bucket in self._buckets.values():
            bucket.entries = array("Q", sorted(bucket.entries))

    def __len__(self) -> int:
        """Return the number of watches that were added and are active, also of those removed since."""
        return len(self._keys)

    def add(self, watch: Watch) -> None:
        """Add a watch; an inactive one is ignored. To replace a watch, remove it first."""
        for key, entry in self._new_entries(watch):
            bucket = self._bucket(key)
            insort(bucket.entries, entry)
            bucket.reset()
        if self._numbers is not None and watch.active:
            self._numbers[watch.key] = len(self._keys) - 1

    def remove(self, key: str) -> None:
        """Remove the watch with this key; an unknown one is ignored. Its rows stay until a new index is built."""
        if self._numbers is None:
            self._numbers = {known: number for number, known in enumerate(self._keys)}
        number = self._numbers.pop(key, None)
        if number is None:
            return
        ends = (*self._first_rows[number + 1 : number + 2], len(self._watch_of_row))
        for row in range(self._first_rows[number], ends[0]):
            self._terms_of_row[row] = TermDecisions.NOTHING
        self._drop_bitmaps()

    def matching(
        self,
        offer: AwardOfferItem,
        *,
        now: datetime | None = None,
        rates: ExchangeRates | None = None,
        judgment: Judgment | None = None,
        points: OwnerPoints | None = None,
    ) -> Matches:
        """Return the watches that an offer matches; see `matching.match` for the circumstances."""
        key, terms = self._terms.states(offer)
        certain, possible, special = self._narrow(offer, key, terms)
        circumstances = circumstances_of(offer, now, rates, judgment, points)
        for entry in special:
            row = entry & _ROW_MASK
            leg = self._legs.get(row)
            if leg and not (offer.origin in leg.origin and offer.destination in leg.destination):
                continue
            state = terms[self._terms_of_row[row]]
            if offer.miles is None and entry >> _ROW_BITS != _NO_LIMIT:
                state = POSSIBLE
            number = self._watch_of_row[row]
            if number in self._detailed:
                watch, checks = self._detailed[number]
                state = min(state, check_all(checks, watch, offer, circumstances))
            if state != NO:
                (certain if state == YES else possible).add(number)
        keys = self._keys
        return Matches(
            [keys[number] for number in sorted(certain)],
            [keys[number] for number in sorted(possible - certain)] if possible else [],
        )

    def _narrow(self, offer: AwardOfferItem, key: int, terms: bytearray) -> tuple[set[int], set[int], list[int]]:
        """Return the numbers of watches that an offer matches and may match, and the entries that need further checks.

        Most of the time of an offer is spent here.
        """
        day, today = offer.departure_date, local_today(offer.origin, offer.seen_at)
        days, decide = self._days.states(day, today), self._days.decide
        month = self._days.month_key(day, today)
        lowest = min(offer.miles or 0, _NO_LIMIT) << _ROW_BITS
        certain: set[int] = set()
        possible: set[int] = set()
        special: list[int] = []
        for bucket in self._buckets_of(offer):
            in_month = bucket.months.get(month)
            if in_month is None:
                in_month = self._find_month(bucket, month, today)
            known, unsure, others = bucket.matching.get(key) or self._find_matching(bucket, key, terms, offer)
            start = bisect_left(bucket.entries, lowest)
            if offer.miles is None:
                limited = known & ((1 << bisect_left(bucket.entries, _NO_LIMIT << _ROW_BITS)) - 1)
                known, unsure = known ^ limited, unsure | limited
            dates = bucket.dates
            for bitmap, numbers, add in (
                (known, bucket.watches, certain.add),
                (unsure, bucket.watches, possible.add),
                (others, bucket.entries, special.append),
            ):
                bits = in_month & bitmap
                while (place := bits.bit_length() - 1) >= start:
                    bits ^= 1 << place
                    number = dates[place]
                    if (days[number] or decide(days, number, day, today)) == YES:
                        add(numbers[place])
        return certain, possible, special

    def _buckets_of(self, offer: AwardOfferItem) -> tuple[_Bucket, ...]:
        """Return the buckets with an offer's route and cabin."""
        route = offer.origin, offer.destination
        by_cabin = self._by_route.get(route)
        if by_cabin is None:
            pairs = self._pairs.find(*route)
            by_cabin = tuple(
                tuple(
                    filter(None, (self._buckets.get(pair | each) for pair in pairs for each in (cabin, _EVERY_CABIN)))
                )
                for cabin in range(len(Cabin))
            )
            if len(self._by_route) >= _MOST_ROUTES:
                self._by_route.clear()
            self._by_route[route] = by_cabin
        return by_cabin[offer.cabin.rank]

    # ---- bitmaps ----

    def _find_month(self, bucket: _Bucket, month: int, today: date) -> int:
        """Return the entries of a bucket whose dates may cover a day of a month."""
        self._derive(bucket)
        flags = self._days.month_flags(month, today)
        bucket.months[month] = bitmap = int(bytes(map(flags.__getitem__, reversed(bucket.dates))), 2)
        return bitmap

    def _find_matching(
        self, bucket: _Bucket, key: int, states: bytearray, offer: AwardOfferItem
    ) -> tuple[int, int, int]:
        """Set and return the bitmaps of an offer's shared fields."""
        self._derive(bucket)
        found = bytes(map(states.__getitem__, reversed(bucket.terms)))
        if UNDECIDED in found:
            self._terms.decide(states, set(bucket.terms), offer)
            found = bytes(map(states.__getitem__, reversed(bucket.terms)))
        known, unsure = int(found.translate(_IS_YES), 2), int(found.translate(_IS_POSSIBLE), 2)
        simple = bucket.simple
        bitmaps = known & simple, unsure & simple, (known | unsure) & ~simple
        bucket.matching[key] = bitmaps
        return bitmaps

    def _derive(self, bucket: _Bucket) -> None:
        self._count_bitmap()
        if not bucket.dates:
            rows = [entry & _ROW_MASK for entry in bucket.entries]
            bucket.watches = array("I", map(self._watch_of_row.__getitem__, rows))
            bucket.dates = array("I", map(self._dates_of_row.__getitem__, rows))
            bucket.terms = array("I", map(self._terms_of_row.__getitem__, rows))
            flags = [ZERO if row in self._special_rows else ONE for row in reversed(rows)]
            bucket.simple = int(bytes(flags), 2)

    def _count_bitmap(self) -> None:
        self._bitmaps += 1
        if self._bitmaps > _MOST_BITMAPS:
            self._drop_bitmaps()

    def _drop_bitmaps(self) -> None:
        self._bitmaps = 0
        for bucket in self._buckets.values():
            bucket.reset()

    # ---- rows ----

    def _bucket(self, key: int) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket()
            self._by_route.clear()
        return bucket

    def _new_entries(self, watch: Watch) -> Iterator[tuple[int, int]]:
        """Add a watch's rows; yield the key and the entry of each bucket in which they are found."""
        if not watch.active:
            return
        number = len(self._keys)
        self._keys.append(watch.key)
        self._first_rows.append(len(self._watch_of_row))
        checks = tuple(check for field, check in DETAILED_CHECKS.items() if getattr(watch, field) not in (None, ()))
        if checks:
            self._detailed[number] = watch, checks
        terms = self._terms.number(watch)
        limit = min(limit for limit in (watch.max_miles, watch.max_trip_miles, _NO_LIMIT) if limit is not None)
        cabins = [cabin.rank for cabin in watch.cabins] or [_EVERY_CABIN]
        for leg in watch.legs:
            row = len(self._watch_of_row)
            routes, is_exact = self._pairs.add(leg)
            if not is_exact:
                self._legs[row] = leg
            if checks or not is_exact:
                self._special_rows.add(row)
            self._watch_of_row.append(number)
            self._dates_of_row.append(self._days.number(leg.dates))
            self._terms_of_row.append(terms)
            for route in routes:
                for cabin in cabins:
                    yield route | cabin, limit << _ROW_BITS | row
