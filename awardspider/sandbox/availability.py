"""Award space: how many seats each flight has in each class, day by day, and how it comes and goes with the clock.

Space is drawn for 128 days of a flight at a time, as bytes: a byte of chance per day and class, turned into seats by
a table. Each day of a flight changes once a week, at its own step; between the changes it stands still.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import shake_128
from operator import add
from typing import NamedTuple

from awardspider.sandbox.clock import day_of, step_day, step_start
from awardspider.sandbox.places import draw
from awardspider.sandbox.schedule import DAILY, Flight

BLOCK = 128
TURN = 28  # steps of six hours: a week
HIGHEST_DEMAND = 40
ECONOMY, SAVER, PREMIUM, BUSINESS, BUSINESS_SAVER, FIRST, DEMAND = range(7)
LOW_PRICED = (SAVER, BUSINESS_SAVER, FIRST)


class Seats(NamedTuple):
    """Bytes, one per day: seats from 0 to 9 (9 means nine or more) and the demand from 0 to 40.

    `economy` and `business` are what the airline sells at its moving price; the `saver` ones at its low price, to
    partners too. `premium` and `first` have one class each.
    """

    economy: bytes
    saver: bytes
    premium: bytes
    business: bytes
    business_saver: bytes
    first: bytes
    demand: bytes


def _table(empty: int, seats: str) -> bytes:
    """A table of 256 bytes: the first `empty` of them 0, the rest spread over the digits of `seats`."""
    rest = 256 - empty
    return bytes(empty) + bytes(int(seats[index * len(seats) // rest]) for index in range(rest))


# Letter of the cabin that must be on board, and the seats that chance gives in each class.
TABLES = (
    ("E", _table(6, "1234567899999999")),
    ("E", _table(212, "112234569")),
    ("P", _table(70, "12344569")),
    ("B", _table(36, "1122334567899")),
    ("B", _table(232, "1122249")),
    ("F", _table(220, "1122")),
)
# Most days are middling, few are very quiet or very full.
DEMAND_TABLE = bytes(round(HIGHEST_DEMAND * (0.5 + 0.5 * ((i - 127.5) / 127.5) ** 3)) for i in range(256))
# When everybody travels, most flights keep no seats at the low price.
PEAK_DATES = frozenset(
    [(12, day) for day in range(20, 32)] + [(1, day) for day in range(1, 4)] + [(7, day) for day in range(1, 7)]
)


_SOLD_OUT: ContextVar[bool] = ContextVar("sold_out", default=False)


@contextmanager
def sold_out() -> Iterator[None]:
    """Within it every flight of every world is as scheduled, and has no seat left."""
    token = _SOLD_OUT.set(True)
    try:
        yield
    finally:
        _SOLD_OUT.reset(token)


def is_sold_out() -> bool:
    """Whether `sold_out` holds; who keeps what it made of seats must ask."""
    return _SOLD_OUT.get()


class Availability:
    """The seats of every flight for one seed. What was drawn is kept until the next step."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._step: int | None = None
        self._blocks: dict[tuple[Flight, int], Seats] = {}

    def seats(self, flight: Flight, first: int, days: int, step: int) -> Seats:
        """The seats of a flight on `days` local departure dates from the ordinal `first`, as of a step."""
        if is_sold_out():
            return Seats(*[bytes(days)] * len(Seats._fields))
        if step != self._step:
            self._step, self._blocks = step, {}
        number, start = divmod(first, BLOCK)
        seats = self._block(flight, number, step)
        end = start + days
        while end > len(seats.economy):
            number += 1
            seats = Seats(*map(add, seats, self._block(flight, number, step)))
        seats = Seats(*[values[start:end] for values in seats])
        if first <= step_day(step) + 1:
            seats = _without_the_departed(seats, flight, first, step)
        return seats

    def _block(self, flight: Flight, number: int, step: int) -> Seats:
        key = (flight, number)
        if key not in self._blocks:
            self._blocks[key] = self._drawn(flight, number, step)
        return self._blocks[key]

    def _drawn(self, flight: Flight, number: int, step: int) -> Seats:
        name = f"{self._seed}|{flight.name}|{flight.origin}|{number}"
        still = shake_128(name.encode()).digest(BLOCK)
        turn, within = divmod(step + _habits(self._seed, flight)[0], TURN)
        changed = int.from_bytes(still.translate(_changed_by(within)) * len(Seats._fields))
        new = int.from_bytes(shake_128(f"{name}|{turn}".encode()).digest(BLOCK * len(Seats._fields)))
        old = int.from_bytes(shake_128(f"{name}|{turn - 1}".encode()).digest(BLOCK * len(Seats._fields)))
        chances = (old ^ ((old ^ new) & changed)).to_bytes(BLOCK * len(Seats._fields))
        values = [
            chances[index * BLOCK : (index + 1) * BLOCK].translate(table)
            for index, table in enumerate(_tables(flight.cabins))
        ]
        # Who sells a seat cheaply sells it at the moving price too.
        for dear, cheap in ((ECONOMY, SAVER), (BUSINESS, BUSINESS_SAVER)):
            pairs = zip(values[dear], values[cheap], strict=True)
            values[dear] = bytes([a if a > b else b for a, b in pairs])
        if _habits(self._seed, flight)[1]:
            for index in LOW_PRICED:
                values[index] = _masked(values[index], _off_peak(number))
        if flight.weekdays != DAILY:
            values[:DEMAND] = [_masked(one, _flown(flight.weekdays, number)) for one in values[:DEMAND]]
        return Seats(*values)


@functools.cache
def _habits(seed: int, flight: Flight) -> tuple[int, bool]:
    """The step of the week at which a flight's days begin to change, and whether it shuts its low prices at peaks."""
    chance = draw(seed, "habits", flight.name, flight.origin)
    return chance % TURN, chance // TURN % 4 != 0


@functools.cache
def _tables(cabins: str) -> tuple[bytes, ...]:
    return (*(table if letter in cabins else bytes(256) for letter, table in TABLES), DEMAND_TABLE)


@functools.cache
def _changed_by(within: int) -> bytes:
    """A table from a day's fixed chance to 255 where it has changed by this step of the turn, else 0."""
    return bytes(255 * (chance * TURN // 256 <= within) for chance in range(256))


@functools.cache
def _off_peak(number: int) -> bytes:
    days = [day_of(number * BLOCK + index) for index in range(BLOCK)]
    return bytes(255 * ((day.month, day.day) not in PEAK_DATES) for day in days)


@functools.cache
def _flown(weekdays: int, number: int) -> bytes:
    """255 on the days a flight operates, else 0."""
    return bytes(255 * (weekdays >> day_of(number * BLOCK + index).weekday() & 1) for index in range(BLOCK))


def _masked(values: bytes, mask: bytes) -> bytes:
    return (int.from_bytes(values) & int.from_bytes(mask)).to_bytes(len(values))


def _without_the_departed(seats: Seats, flight: Flight, first: int, step: int) -> Seats:
    """A flight that has left by the start of the step has no seats any more."""
    now, days = step_start(step), len(seats.economy)
    last = min(days, step_day(step) + 2 - first)
    gone = next((index for index in range(last) if flight.leaves(day_of(first + index)) > now), last)
    return Seats(*(bytes(gone) + values[gone:] for values in seats))
