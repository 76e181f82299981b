"""What award seats cost: the price levels of a program, its sales, and the offers that follow from space and demand.

A price is a whole number of miles for one traveler, one way. To find the lowest of many quickly, a price is packed
into one number: miles, then whether it is the dearer award type, then the taxes in cents.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.clock import day_of, step_day
from awardspider.sandbox.places import distance, draw

NO_PRICE = 1 << 60
CENTS_BITS = 20
MILES_SHIFT = CENTS_BITS + 1
STEPS_OF_DEMAND = 128


class Level(NamedTuple):
    """Saver prices up to a distance in miles; the moving prices follow from them."""

    up_to: int
    economy: int
    premium: int
    business: int
    first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """How one program prices: its own carriers, the partners it sells (saver space only), its levels.

    `close_in_fee` (US cents) is added on partner flights within `close_in_days`. `columns` are those of quotes.COLUMNS
    that it sells; with `nonstop` it sells no connections. It charges in `currency`, of which a US dollar buys
    `per_dollar`, rounded to so many hundredths, and never tells more than `most_seats` seats.
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
    most_seats: int = 9

    def charge(self, cents: int) -> int:
        """US cents as hundredths of the program's own currency."""
        return round(cents * self.per_dollar / self.rounded_to) * self.rounded_to

    def savers(self, origin: str, destination: str, partner: bool) -> tuple[int, ...]:
        """The low price of each cabin: by distance, dearer on partners."""
        miles = distance(origin, destination)
        prices = next((level for level in self.levels if miles <= level.up_to), self.levels[-1])[1:]
        return (
            tuple((price * self.partner_percent // 100 + 499) // 500 * 500 for price in prices) if partner else prices
        )


class Price(NamedTuple):
    """A packed price, taken apart; taxes in US cents."""

    miles: int
    saver: bool
    taxes: int


def pack(miles: int, saver: bool, taxes: int) -> int:
    return (miles << 1 | (not saver)) << CENTS_BITS | taxes


def unpack(packed: int) -> Price:
    rest, taxes = packed >> CENTS_BITS, packed & ((1 << CENTS_BITS) - 1)
    return Price(rest >> 1, not rest & 1, taxes)


def _hundreds(miles: float) -> int:
    return int(miles / 100 + 0.5) * 100


@functools.lru_cache(maxsize=1 << 12)
def moving_prices(saver: int, taxes: int) -> tuple[int, ...]:
    """Packed prices by demand: from a fifth above the saver price to three and a half times of it."""
    return tuple(pack(_hundreds(saver * (1.2 + 0.02 * demand)), False, taxes) for demand in range(STEPS_OF_DEMAND))


@functools.lru_cache(maxsize=1 << 12)
def pressure(first: int, days: int, step: int) -> bytes:
    """What the date adds to the demand of every flight: weekday, holidays and how close it is."""
    return bytes(_pressure(ordinal, ordinal - step_day(step)) for ordinal in range(first, first + days))


def _pressure(ordinal: int, ahead: int) -> int:
    day = day_of(ordinal)
    weekday = (4, 0, 0, 3, 8, 2, 8)[day.weekday()]
    close = 34 if ahead < 7 else 22 if ahead < 14 else 12 if ahead < 21 else 0
    return weekday + close + _season((day.month, day.day), day.month == 11 and 22 <= day.day - day.weekday() + 3 <= 28)


def _season(day: tuple[int, int], thanksgiving: bool) -> int:
    if thanksgiving or day >= (12, 18) or day <= (1, 3):
        return 28
    if (6, 15) <= day <= (8, 20):
        return 18
    return 10 if (3, 8) <= day <= (4, 6) else 0


@dataclass(frozen=True, slots=True)
class Sale:
    """An award sale: some routes of a program, some cabins, some travel dates, for some days of the world."""

    name: str
    percent: int
    cabins: tuple[Cabin, ...]
    share: int
    first: int
    last: int

    def covers(self, origin: str, destination: str, cabin: Cabin) -> bool:
        return cabin in self.cabins and _chosen(self.name, origin, destination) < self.share


@functools.lru_cache(maxsize=1 << 12)
def _chosen(name: str, origin: str, destination: str) -> int:
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
    """The sales of a program that are on at a step: each kind comes about every three weeks and lasts 4 to 12 days."""
    running = []
    for lane, cabins in enumerate(SALE_CABINS):
        cycle, within = divmod(step + lane * SALE_CYCLE // len(SALE_CABINS), SALE_CYCLE)
        name = f"{seed}|{program}|sale|{lane}|{cycle}"
        chance = draw(name)
        begins, lasts = chance % 28, 16 + chance // 28 % 33
        if begins <= within < begins + lasts:
            opened = step_day(step - within + begins)
            first = opened + 20 + chance // 1000 % 25
            percent = (15, 20, 25, 30, 40)[chance // 100000 % 5]
            running.append(Sale(name, percent, cabins, 30, first, first + 60 + chance // 7 % 60))
    return tuple(running)


def sale_percents(on: Sequence[Sale], route: tuple[str, str], cabin: Cabin, first: int, days: int) -> list[int] | None:
    """Percent off for each day, or None where no sale covers the route and cabin."""
    covering = [sale for sale in on if sale.covers(*route, cabin)]
    if not covering:
        return None
    percents = [0] * days
    for sale in sorted(covering, key=lambda sale: sale.percent):
        for day in range(max(sale.first - first, 0), min(sale.last + 1 - first, days)):
            percents[day] = sale.percent
    return percents


def on_sale(packed: int, percent: int) -> int:
    """A price with the sale's percent taken off, to the next hundred miles."""
    if not percent or packed == NO_PRICE:
        return packed
    price = unpack(packed)
    return pack(_hundreds(price.miles * (100 - percent) / 100), price.saver, price.taxes)


def cash_fare(miles: int, cabin: Cabin, demand: int) -> int:
    """A fare in whole US dollars for the same flights."""
    times = (1.0, 1.9, 3.6, 6.0)[cabin.rank]
    return round((55 + 0.09 * miles) * times * (0.7 + demand / 60))
