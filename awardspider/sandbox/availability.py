"""Award availability: the daily seats of each flight in each class, and how they change as the clock advances.

Seats are drawn for 128 days of a flight at once: one random byte per day and class, which a table maps to a seat count.
Each departure date of a flight is redrawn once a week, at a step drawn for that date, and is constant in between.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from hashlib import shake_128
from operator import add
from typing import NamedTuple

from awardspider.sandbox.clock import step_day, step_start
from awardspider.sandbox.places import draw
from awardspider.sandbox.schedule import DAILY, Flight

BLOCK_DAYS = 128
WEEK = 28  # in steps of six hours
MAX_DEMAND = 40
ECONOMY, SAVER, PREMIUM, BUSINESS, BUSINESS_SAVER, FIRST, DEMAND = range(7)
CLOSED_AT_PEAKS = (SAVER, BUSINESS_SAVER, FIRST)


class Seats(NamedTuple):
    """One byte per day in each field: 0 to 9 seats (9 means nine or more), or a demand from 0 to 40.

    `economy` and `business` are sold at the airline's dynamic price. The saver classes are sold at the saver price, by
    partners too. Premium economy and first have one class each.
    """

    economy: bytes
    saver: bytes
    premium: bytes
    business: bytes
    business_saver: bytes
    first: bytes
    demand: bytes


def _seat_table(empty: int, seats: str) -> bytes:
    """Return a table of 256 bytes: the first `empty` are 0, and the rest spread the digits of `seats` evenly."""
    rest = 256 - empty
    return bytes(empty) + bytes(int(seats[index * len(seats) // rest]) for index in range(rest))


# For each class: the cabin letter that the aircraft must have, and the seat count for each random byte.
SEAT_TABLES = (
    ("E", _seat_table(6, "1234567899999999")),
    ("E", _seat_table(212, "112234569")),
    ("P", _seat_table(70, "12344569")),
    ("B", _seat_table(36, "1122334567899")),
    ("B", _seat_table(232, "1122249")),
    ("F", _seat_table(220, "1122")),
)
# Demand is medium on most days, and very low or very high on a few.
DEMAND_TABLE = bytes(round(MAX_DEMAND * (0.5 + 0.5 * ((i - 127.5) / 127.5) ** 3)) for i in range(256))
# Dates (month, day) on which most flights have no saver or first-class seats.
PEAK_DATES = frozenset(
    [(12, day) for day in range(20, 32)] + [(1, day) for day in range(1, 4)] + [(7, day) for day in range(1, 7)]
)


_SOLD_OUT: ContextVar[bool] = ContextVar("sold_out", default=False)


@contextmanager
def sold_out() -> Iterator[None]:
    """Remove all seats from every world within the context; schedules are unchanged."""
    token = _SOLD_OUT.set(True)
    try:
        yield
    finally:
        _SOLD_OUT.reset(token)


def is_sold_out() -> bool:
    """Return whether `sold_out` is active. Check it before caching values that depend on seats."""
    return _SOLD_OUT.get()


class Availability:
    """The seats of every flight for one seed. Drawn seats are cached until the next step."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._step: int | None = None
        self._blocks: dict[tuple[Flight, int], Seats] = {}

    def seats(self, flight: Flight, first: int, days: int, step: int) -> Seats:
        """Return the seats of a flight at a step, for `days` local departure dates from the ordinal `first`."""
        if is_sold_out():
            return Seats(*[bytes(days)] * len(Seats._fields))
        if step != self._step:
            self._step, self._blocks = step, {}
        number, start = divmod(first, BLOCK_DAYS)
        seats = self._block(flight, number, step)
        end = start + days
        while end > len(seats.economy):
            number += 1
            seats = Seats(*map(add, seats, self._block(flight, number, step)))
        seats = Seats(*[values[start:end] for values in seats])
        if first <= step_day(step) + 1:
            seats = _without_departed(seats, flight, first, step)
        return seats

    def _block(self, flight: Flight, number: int, step: int) -> Seats:
        key = (flight, number)
        if key not in self._blocks:
            self._blocks[key] = self._draw_block(flight, number, step)
        return self._blocks[key]

    def _draw_block(self, flight: Flight, number: int, step: int) -> Seats:
        name = f"{self._seed}|{flight.name}|{flight.origin}|{number}"
        size = BLOCK_DAYS * len(Seats._fields)
        first_change, closes_at_peaks = _change_pattern(self._seed, flight)
        week, step_of_week = divmod(step + first_change, WEEK)
        change_steps = shake_128(name.encode()).digest(BLOCK_DAYS)
        changed = int.from_bytes(change_steps.translate(_changed_table(step_of_week)) * len(Seats._fields))
        new = int.from_bytes(shake_128(f"{name}|{week}".encode()).digest(size))
        old = int.from_bytes(shake_128(f"{name}|{week - 1}".encode()).digest(size))
        drawn = (old ^ ((old ^ new) & changed)).to_bytes(size)
        values = [
            drawn[index * BLOCK_DAYS : (index + 1) * BLOCK_DAYS].translate(table)
            for index, table in enumerate(_tables(flight.cabins))
        ]
        # Seats sold at the saver price are also sold at the dynamic price.
        for dynamic, saver in ((ECONOMY, SAVER), (BUSINESS, BUSINESS_SAVER)):
            pairs = zip(values[dynamic], values[saver], strict=True)
            values[dynamic] = bytes([a if a > b else b for a, b in pairs])
        if closes_at_peaks:
            for index in CLOSED_AT_PEAKS:
                values[index] = _apply_mask(values[index], _off_peak_mask(number))
        if flight.weekdays != DAILY:
            mask = _weekday_mask(flight.weekdays, number)
            values[:DEMAND] = [_apply_mask(seats, mask) for seats in values[:DEMAND]]
        return Seats(*values)


@functools.cache
def _change_pattern(seed: int, flight: Flight) -> tuple[int, bool]:
    """Return a flight's offset in the weekly cycle, in steps, and whether it closes seats on peak dates."""
    random = draw(seed, "habits", flight.name, flight.origin)
    return random % WEEK, random // WEEK % 4 != 0


@functools.cache
def _tables(cabins: str) -> tuple[bytes, ...]:
    return (*(table if letter in cabins else bytes(256) for letter, table in SEAT_TABLES), DEMAND_TABLE)


@functools.cache
def _changed_table(step_of_week: int) -> bytes:
    """Return a table that maps a day's random byte to 255 if the day has changed by this step of the week, else 0."""
    return bytes(255 * (byte * WEEK // 256 <= step_of_week) for byte in range(256))


@functools.cache
def _off_peak_mask(number: int) -> bytes:
    """Return one byte per day of a block: 0 on peak dates, otherwise 255."""
    days = [date.fromordinal(number * BLOCK_DAYS + index) for index in range(BLOCK_DAYS)]
    return bytes(255 * ((day.month, day.day) not in PEAK_DATES) for day in days)


@functools.cache
def _weekday_mask(weekdays: int, number: int) -> bytes:
    """Return one byte per day of a block: 255 if the flight operates, otherwise 0."""
    days = (date.fromordinal(number * BLOCK_DAYS + index) for index in range(BLOCK_DAYS))
    return bytes(255 * (weekdays >> day.weekday() & 1) for day in days)


def _apply_mask(values: bytes, mask: bytes) -> bytes:
    return (int.from_bytes(values) & int.from_bytes(mask)).to_bytes(len(values))


def _without_departed(seats: Seats, flight: Flight, first: int, step: int) -> Seats:
    """Remove the seats on days whose flight has departed by the start of the step."""
    now, days = step_start(step), len(seats.economy)
    last = min(days, step_day(step) + 2 - first)
    departures = (flight.departure(date.fromordinal(first + index)) for index in range(last))
    departed = next((index for index, departure in enumerate(departures) if departure > now), last)
    return Seats(*(bytes(departed) + values[departed:] for values in seats))
