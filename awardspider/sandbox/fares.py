"""Award prices: a program's price levels and sales, and the effect of demand on a price.

A price is a number of miles for one traveler, one way. To compare many prices fast, each is packed into one
integer: from the highest bits, the miles, then 0 for saver or 1 for dynamic, then the taxes in US cents.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.clock import step_day
from awardspider.sandbox.places import distance, draw

NO_PRICE = 1 << 60
CENTS_BITS = 20
MILES_SHIFT = CENTS_BITS + 1
DEMAND_LEVELS = 128


class Level(NamedTuple):
    """Saver prices for distances up to `up_to` statute miles; dynamic prices are computed from them."""

    up_to: int
    economy: int
    premium: int
    business: int
    first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The pricing of one program: its own carriers, the partners whose saver seats it sells, and its levels.

    `close_in_fee` (US cents) applies to partner awards that depart within `close_in_days`. `columns` are the indexes
    in quotes.COLUMNS that the program sells; with `nonstop` it sells no connections. Taxes are in `currency`, at
    `per_dollar` units per US dollar, rounded to a multiple of `rounded_to` hundredths. Offers show up to `max_seats`.
    """

    program: str
    own: tuple[str, ...]
    partners: tuple[str, ...]
    levels: tuple[Level, ...]
    window_days: int
    partner_percent: int = 110
    close_in_days: int = 6
    close_in_fee: int = 7500
    columns: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    nonstop: bool = False
    currency: str = "USD"
    per_dollar: float = 1.0
    rounded_to: int = 1
    max_seats: int = 9

    def charge(self, cents: int) -> int:
        """Convert US cents to hundredths of the program's currency."""
        return round(cents * self.per_dollar / self.rounded_to) * self.rounded_to

    def saver_prices(self, origin: str, destination: str, partner: bool) -> tuple[int, ...]:
        """Return the saver price of each cabin, which depends on the distance and on whether a partner flies."""
        miles = distance(origin, destination)
        prices = next((level for level in self.levels if miles <= level.up_to), self.levels[-1])[1:]
        return (
            tuple((price * self.partner_percent // 100 + 499) // 500 * 500 for price in prices) if partner else prices
        )


class Price(NamedTuple):
    """The parts of a packed price; taxes are in US cents."""

    miles: int
    saver: bool
    taxes: int


def pack(miles: int, saver: bool, taxes: int) -> int:
    """Pack a price into an integer; a lower price gives a lower number."""
    return (miles << 1 | (not saver)) << CENTS_BITS | taxes


def unpack(packed: int) -> Price:
    """Return the parts of a packed price."""
    rest, taxes = packed >> CENTS_BITS, packed & ((1 << CENTS_BITS) - 1)
    return Price(rest >> 1, not rest & 1, taxes)


def _round_to_hundreds(miles: float) -> int:
    return int(miles / 100 + 0.5) * 100


@functools.lru_cache(maxsize=1 << 12)
def dynamic_prices(saver: int, taxes: int) -> tuple[int, ...]:
    """Return the packed price for each level of demand: at least 1.2 times the saver price."""
    return tuple(
        pack(_round_to_hundreds(saver * (1.2 + 0.02 * demand)), False, taxes) for demand in range(DEMAND_LEVELS)
    )


@functools.lru_cache(maxsize=1 << 12)
def date_demand(first: int, days: int, step: int) -> bytes:
    """Return the demand that each date adds to every flight, for its weekday, season and days until departure."""
    return bytes(_date_demand(date.fromordinal(first + day), first + day - step_day(step)) for day in range(days))


def _date_demand(day: date, days_ahead: int) -> int:
    weekday = (4, 0, 0, 3, 8, 2, 8)[day.weekday()]
    close_in = 34 if days_ahead < 7 else 22 if days_ahead < 14 else 12 if days_ahead < 21 else 0
    thanksgiving = day.month == 11 and 22 <= day.day - day.weekday() + 3 <= 28
    return weekday + close_in + _season((day.month, day.day), thanksgiving)


def _season(day: tuple[int, int], thanksgiving: bool) -> int:
    if thanksgiving or day >= (12, 18) or day <= (1, 3):
        return 28
    if (6, 15) <= day <= (8, 20):
        return 18
    return 10 if (3, 8) <= day <= (4, 6) else 0


@dataclass(frozen=True, slots=True)
class Sale:
    """A program's award sale. It covers `share` percent of the routes, on departure dates from `first` to `last`."""

    name: str
    percent: int
    cabins: tuple[Cabin, ...]
    share: int
    first: int
    last: int

    def covers(self, origin: str, destination: str, cabin: Cabin) -> bool:
        """Return whether a route and cabin are on sale."""
        return cabin in self.cabins and _route_percentile(self.name, origin, destination) < self.share


@functools.lru_cache(maxsize=1 << 12)
def _route_percentile(name: str, origin: str, destination: str) -> int:
    return draw(name, origin, destination) % 100


SALE_CYCLE = 84  # steps: three weeks
SALE_CABINS = (
    (Cabin.ECONOMY,),
    (Cabin.BUSINESS,),
    (Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY),
    (Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS),
)


@functools.lru_cache(maxsize=256)
def sales(seed: int, program: str, step: int) -> tuple[Sale, ...]:
    """Return a program's sales at a step. Each kind of sale runs once in a three-week cycle, for 4 to 12 days."""
    running = []
    for kind, cabins in enumerate(SALE_CABINS):
        cycle, step_of_cycle = divmod(step + kind * SALE_CYCLE // len(SALE_CABINS), SALE_CYCLE)
        name = f"{seed}|{program}|sale|{kind}|{cycle}"
        random = draw(name)
        start, length = random % 28, 16 + random // 28 % 33
        if start <= step_of_cycle < start + length:
            first = step_day(step - step_of_cycle + start) + 20 + random // 1000 % 25
            percent = (15, 20, 25, 30, 40)[random // 100000 % 5]
            running.append(Sale(name, percent, cabins, 30, first, first + 60 + random // 7 % 60))
    return tuple(running)


def sale_percents(
    running: Sequence[Sale], route: tuple[str, str], cabin: Cabin, first: int, days: int
) -> list[int] | None:
    """Return the percentage discount for each day, or None if no sale covers the route and cabin."""
    covering = [sale for sale in running if sale.covers(*route, cabin)]
    if not covering:
        return None
    percents = [0] * days
    for sale in sorted(covering, key=lambda sale: sale.percent):
        for day in range(max(sale.first - first, 0), min(sale.last + 1 - first, days)):
            percents[day] = sale.percent
    return percents


def apply_discount(packed: int, percent: int) -> int:
    """Apply a discount to a packed price and round it to hundreds of miles."""
    if not percent or packed == NO_PRICE:
        return packed
    price = unpack(packed)
    return pack(_round_to_hundreds(price.miles * (100 - percent) / 100), price.saver, price.taxes)


def cash_fare(miles: int, cabin: Cabin, demand: int) -> int:
    """Return the cash fare in US dollars, without cents; `miles` is the distance."""
    multiple = (1.0, 1.9, 3.6, 6.0)[cabin.rank]
    return round((55 + 0.09 * miles) * multiple * (0.7 + demand / 60))
