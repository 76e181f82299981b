"""The rows of seats.aero: one program, one route, one day, with the lowest cost and the most seats of each cabin.

The best values of many days are found at once and kept for as long as the world stands still.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from awardspider.items import Cabin
from awardspider.sandbox.airlines.seatsaero.names import opaque, row_id
from awardspider.sandbox.airlines.seatsaero.sources import BY_KEY, LETTERS, Looked, Source, region
from awardspider.sandbox.clock import day_of, step_start
from awardspider.sandbox.fares import CENTS_BITS, MILES_SHIFT, NO_PRICE, pack, unpack
from awardspider.sandbox.market import Market
from awardspider.sandbox.places import country, distance, draw
from awardspider.sandbox.quotes import BUSINESS, ECONOMY, FIRST, PREMIUM
from awardspider.sandbox.space import Seats, is_sold_out

Json = dict[str, Any]

DAYS = 16  # how many days are worked out at once
KEPT_BLOCKS = 6000
# A seat in these columns is in the cabin on every flight, as `min_cabin_pct` 100 wants it.
COLUMNS = {Cabin.ECONOMY: ECONOMY, Cabin.PREMIUM_ECONOMY: PREMIUM, Cabin.BUSINESS: BUSINESS, Cabin.FIRST: FIRST}
FEW_SEATS = 4  # a program whose seats are known only when low tells no more than these
EURO = ("AT", "BE", "DE", "ES", "FI", "FR", "GR", "IE", "IT", "NL", "PT")
LOCAL = dict.fromkeys(EURO, ("EUR", 0.92)) | {
    "CA": ("CAD", 1.36),
    "GB": ("GBP", 0.78),
    "DK": ("DKK", 6.9),
    "NO": ("NOK", 10.8),
    "SE": ("SEK", 10.4),
}
RATES = {"CAD": 1.36}
_NUMBERS = {source: number for number, source in enumerate(BY_KEY)}


@dataclass(slots=True)
class Best:
    """For each day the lowest packed price, the most seats, and the carriers as bits; NO_PRICE where there is none."""

    days: int
    price: list[int] = field(init=False)
    seats: list[int] = field(init=False)
    carriers: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.price, self.seats, self.carriers = [NO_PRICE] * self.days, [0] * self.days, [0] * self.days

    def add(self, day: int, price: int, seats: int, carriers: int) -> None:
        if price < self.price[day]:
            self.price[day] = price
        if seats > self.seats[day]:
            self.seats[day] = seats
        self.carriers[day] |= carriers


# What a row tells of a cabin: all flights and the nonstops of them, before the price filter and after it.
RAW, RAW_DIRECT, SHOWN, SHOWN_DIRECT = range(4)
Block = dict[Cabin, tuple[Best, Best, Best, Best]]


@dataclass(frozen=True, slots=True)
class Key:
    """What a row is about."""

    source: str
    origin: str
    destination: str
    ordinal: int

    @property
    def id(self) -> str:
        return row_id(_NUMBERS[self.source], self.origin, self.destination, self.ordinal)

    @property
    def route_id(self) -> str:
        return _route_id(self.source, self.origin, self.destination)


@functools.lru_cache(maxsize=1 << 14)
def _route_id(source: str, origin: str, destination: str) -> str:
    return opaque("route", source, origin, destination)


class Rows:
    """Finds rows in one world."""

    def __init__(self, looked: Looked) -> None:
        self._looked = looked
        self._as_of: tuple[int, bool] | None = None
        self._blocks: dict[tuple[str, str, str, int], Block] = {}

    def cells(self, key: Key, step: int, percent: int = 100) -> dict[Cabin, tuple[int, list[Best]]]:
        """For each cabin with an offer: where its day stands in the four lists of best values, and these."""
        number, index = divmod(key.ordinal, DAYS)
        if percent < 100:
            block, index = self._of_day(key, step, percent), 0
        else:
            block = self._block(key, number, step)
        return {cabin: (index, list(best)) for cabin, best in block.items() if best[RAW].price[index] != NO_PRICE}

    def lowest_nonstop(self, key: Key, step: int) -> dict[Cabin, int]:
        """The lowest miles of each cabin on nonstop flights, over the days that are worked out with the key's."""
        block = self._block(key, key.ordinal // DAYS, step)
        prices = {cabin: min(best[RAW_DIRECT].price) for cabin, best in block.items()}
        return {cabin: unpack(price).miles for cabin, price in prices.items() if price != NO_PRICE}

    def _block(self, key: Key, number: int, step: int) -> Block:
        as_of = (step, is_sold_out())
        if as_of != self._as_of or len(self._blocks) >= KEPT_BLOCKS:
            self._as_of, self._blocks = as_of, {}
        place = (key.source, key.origin, key.destination, number)
        if place not in self._blocks:
            self._blocks[place] = self._found(key, number * DAYS, step)
        return self._blocks[place]

    def _found(self, key: Key, first: int, step: int) -> Block:
        source, market = BY_KEY[key.source], self._looked.market(key.source)
        block: Block = {cabin: (Best(DAYS), Best(DAYS), Best(DAYS), Best(DAYS)) for cabin in source.columns}
        if market is None:
            return {}
        bits = _bits(market)
        for run, itinerary, legs, columns in market.quoted(key.origin, key.destination, first, DAYS, 1, step):
            carriers = functools.reduce(int.__or__, (bits[flight.carrier] for flight in itinerary.flights))
            for cabin in source.columns:
                if (prices := columns[COLUMNS[cabin]]) is None:
                    continue
                most = source.most(cabin, itinerary.minutes)
                every = block[cabin] if len(itinerary.flights) == 1 else block[cabin][::2]
                hidden = every[: len(every) // 2]
                low, moving = _seats(cabin, legs)
                for day, price in enumerate(prices):
                    if price == NO_PRICE:
                        continue
                    seats = (moving if price >> CENTS_BITS & 1 else low)[day]
                    if seats:  # else a flight of the way has no seat in this cabin
                        seats = min(seats, market.tariff.most_seats)
                        for best in hidden if price >> MILES_SHIFT > most else every:
                            best.add(run.first + day, price, seats, carriers)
        return block

    def _of_day(self, key: Key, step: int, percent: int) -> Block:
        """The same for one day, with trips that are partly in a lower cabin."""
        source, market = BY_KEY[key.source], self._looked.market(key.source)
        block: Block = {cabin: (Best(1), Best(1), Best(1), Best(1)) for cabin in source.columns}
        if market is None:
            return {}
        bits = _bits(market)
        for offer in market.offers(key.origin, key.destination, key.ordinal, 1, step):
            if offer.cabin not in block or cabin_percent(offer.itinerary.stops, offer.cabins, offer.cabin) < percent:
                continue
            flights = offer.itinerary.flights
            carriers = functools.reduce(int.__or__, (bits[flight.carrier] for flight in flights))
            every = block[offer.cabin] if len(flights) == 1 else block[offer.cabin][::2]
            hidden = offer.miles > source.most(offer.cabin, offer.itinerary.minutes)
            packed = pack(offer.miles, offer.saver, offer.taxes)
            for best in every[: len(every) // 2] if hidden else every:
                best.add(0, packed, offer.seats, carriers)
        return block

    def json(self, key: Key, step: int, cells: dict[Cabin, tuple[int, list[Best]]], *, filtered: bool) -> Json:
        """The row; with `filtered` the price filter hides nothing."""
        source, market = BY_KEY[key.source], self._looked.market(key.source)
        assert market is not None
        currency, rate = taxes_in(source, key.origin)
        carriers = market.tariff.own + market.tariff.partners
        columns: list[tuple[object, ...]] = []
        for cabin in LETTERS.values():
            if cabin not in cells:
                columns.append(_NOTHING)
                continue
            index, best = cells[cabin]
            shown = (RAW, RAW_DIRECT) if filtered else (SHOWN, SHOWN_DIRECT)
            told = [_told(source, carriers, rate, best[place], index) for place in (*shown, RAW, RAW_DIRECT)]
            columns.append(_column(*told))
        created, updated = moments(key, step, market.tariff.window_days)
        day, route_id = str(day_of(key.ordinal)), key.route_id
        head = {"ID": key.id, "RouteID": route_id, "Route": route_json(key, market)}
        ends: Json = {
            "Source": key.source,
            "CreatedAt": written(created),
            "UpdatedAt": written(updated),
            "AvailabilityTrips": None,
        }
        if key.source == "delta" and draw("optional", key.ordinal, route_id) % 40 == 0:
            ends["OptionalPricing"] = {"CardholderDiscountPercent": 15}
        # Field by field, and within a field cabin by cabin; the currency stands before the taxes.
        values = [value for field_of_cabins in zip(*columns, strict=True) for value in field_of_cabins]
        values.insert(_ORDER.index("TaxesCurrency"), currency)
        cabins = dict(zip(_ORDER, values, strict=True))
        return head | {"Date": day, "ParsedDate": f"{day}T00:00:00Z"} | cabins | ends


# What a row tells of each cabin, in its order; each comes a second time, from before the price filter.
_NAMES = (
    "Available",
    "MileageCost",
    "DirectMileageCost",
    "TotalTaxes",
    "DirectTotalTaxes",
    "RemainingSeats",
    "DirectRemainingSeats",
    "Airlines",
    "DirectAirlines",
    "Direct",
)
_ORDER = [f"{letter}{name}{suffix}" for name in _NAMES for suffix in ("", "Raw") for letter in LETTERS]
_ORDER.insert(_ORDER.index("YTotalTaxes"), "TaxesCurrency")
Told = tuple[bool, int, int, int, str]
_NONE: Told = (False, 0, 0, 0, "")


def _told(source: Source, carriers: tuple[str, ...], rate: float, best: Best, index: int) -> Told:
    """Whether there is an offer, its miles, taxes and seats, and who flies."""
    price = best.price[index]
    if price == NO_PRICE:
        return _NONE
    miles, _, cents = unpack(price)
    taxes = round(cents * rate) if source.taxes else 0
    return True, miles, taxes, seats_told(source, best.seats[index]), _names(carriers, best.carriers[index])


def _column(shown: Told, direct: Told, raw: Told, raw_direct: Told) -> tuple[object, ...]:
    """One cabin's values in the order of _NAMES. Only one cost is text."""
    return (
        shown[0], raw[0],
        str(shown[1]), raw[1], direct[1], raw_direct[1],
        shown[2], raw[2], direct[2], raw_direct[2],
        shown[3], raw[3], direct[3], raw_direct[3],
        shown[4], raw[4], direct[4], raw_direct[4],
        direct[0], raw_direct[0],
    )  # fmt: skip


_NOTHING = _column(_NONE, _NONE, _NONE, _NONE)


def route_json(key: Key, market: Market) -> Json:
    """The route inside a row."""
    return {
        "ID": key.route_id,
        "OriginAirport": key.origin,
        "OriginRegion": region(key.origin),
        "DestinationAirport": key.destination,
        "DestinationRegion": region(key.destination),
        "Distance": distance(key.origin, key.destination),
        "Source": key.source,
    }


def seats_told(source: Source, seats: int) -> int:
    """Seats as far as the program tells them; 0 also means that nobody knows."""
    if source.seats == "none" or (source.seats == "low" and seats > FEW_SEATS):
        return 0
    return seats


def taxes_in(source: Source, origin: str) -> tuple[str, float]:
    """The currency that a program's taxes come in at an airport, and how much of it a dollar is."""
    if source.currency == "local":
        return LOCAL.get(country(origin), ("USD", 1.0))
    return source.currency, RATES.get(source.currency, 1.0)


def moments(key: Key, step: int, window_days: int) -> tuple[datetime, datetime]:
    """When a row was first and last seen. Half of the rows are up to 6 hours old, a tenth of them for days."""
    chance = draw("seen", key.source, key.origin, key.destination)
    share, rest = chance % 1000, chance // 1000 % 60
    hours = share / 500 * 5.5 if share < 500 else 5.5 + (share - 500) / 400 * 18 if share < 900 else share - 876
    updated = step_start(step) - timedelta(hours=hours, minutes=rest, microseconds=chance // 60000 % 10**6)
    created = datetime.combine(day_of(key.ordinal - window_days - 1), datetime.min.time(), tzinfo=UTC)
    return min(created + timedelta(microseconds=chance % 86_400_000_000), updated), updated


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def cabin_percent(stops: tuple[str, ...], cabins: tuple[Cabin, ...], wanted: Cabin) -> int:
    """The share of the distance that is flown in a cabin or a better one."""
    lengths = [distance(one, two) for one, two in pairwise(stops)]
    there = sum(length for length, cabin in zip(lengths, cabins, strict=True) if cabin.rank >= wanted.rank)
    return round(100 * there / max(1, sum(lengths)))


def _seats(cabin: Cabin, legs: list[Seats]) -> tuple[bytes, bytes]:
    """Seats of a way in one cabin at the low and at the moving price, day by day: those of its fullest flight."""
    match cabin:
        case Cabin.ECONOMY:
            pairs = [(leg.saver, leg.economy) for leg in legs]
        case Cabin.PREMIUM_ECONOMY:
            pairs = [(leg.premium, leg.premium) for leg in legs]
        case Cabin.BUSINESS:
            pairs = [(leg.business_saver, leg.business) for leg in legs]
        case _:
            pairs = [(leg.first, leg.first) for leg in legs]
    low, moving = zip(*pairs, strict=True)
    return _fewest(low), _fewest(moving)


def _fewest(rows: tuple[bytes, ...]) -> bytes:
    return rows[0] if len(rows) == 1 else bytes(map(min, *rows))


def _bits(market: Market) -> dict[str, int]:
    return {carrier: 1 << index for index, carrier in enumerate(market.tariff.own + market.tariff.partners)}


@functools.lru_cache(maxsize=1 << 12)
def _names(carriers: tuple[str, ...], bits: int) -> str:
    return ", ".join(sorted(carrier for index, carrier in enumerate(carriers) if bits >> index & 1))
