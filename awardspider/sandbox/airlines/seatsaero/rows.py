"""seats.aero's rows: program, route and day, with the lowest cost and the most seats in each cabin.

The best values are computed for a block of days at a time and cached until the world's next step.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines.seatsaero.ids import opaque_id, row_id
from awardspider.sandbox.airlines.seatsaero.sources import BY_KEY, LETTERS, ScannedSources, Source, regions
from awardspider.sandbox.availability import Seats, is_sold_out
from awardspider.sandbox.clock import step_start
from awardspider.sandbox.fares import CENTS_BITS, MILES_SHIFT, NO_PRICE, pack, unpack
from awardspider.sandbox.inventory import Inventory
from awardspider.sandbox.places import country, distance, draw
from awardspider.sandbox.quotes import BUSINESS, ECONOMY, FIRST, PREMIUM

BLOCK_DAYS = 16
MAX_BLOCKS = 6000
# Inventory columns for offers in the cabin on every flight, as `min_cabin_pct` 100 requires.
COLUMNS = {Cabin.ECONOMY: ECONOMY, Cabin.PREMIUM_ECONOMY: PREMIUM, Cabin.BUSINESS: BUSINESS, Cabin.FIRST: FIRST}
MAX_LOW_SEATS = 4  # the highest count that a program with `seats` "low" shows
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
class BestValues:
    """The lowest packed price (or NO_PRICE), the most seats, and the carriers as bits, for each day."""

    days: int
    price: list[int] = field(init=False)
    seats: list[int] = field(init=False)
    carriers: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.price, self.seats, self.carriers = [NO_PRICE] * self.days, [0] * self.days, [0] * self.days

    def add(self, day: int, price: int, seats: int, carriers: int) -> None:
        """Update a day's best values with one offer."""
        if price < self.price[day]:
            self.price[day] = price
        if seats > self.seats[day]:
            self.seats[day] = seats
        self.carriers[day] |= carriers


# Indexes into a cabin's best values: all or only nonstop flights, before (RAW) or after (SHOWN) the price filter.
RAW, RAW_DIRECT, SHOWN, SHOWN_DIRECT = range(4)
Block = dict[Cabin, tuple[BestValues, BestValues, BestValues, BestValues]]


@dataclass(frozen=True, slots=True)
class RowKey:
    """The program, route and day of a row."""

    source: str
    origin: str
    destination: str
    ordinal: int

    @property
    def id(self) -> str:
        """The id of the row."""
        return row_id(_NUMBERS[self.source], self.origin, self.destination, self.ordinal)

    @property
    def route_id(self) -> str:
        """The id of the row's route."""
        return _route_id(self.source, self.origin, self.destination)


@functools.lru_cache(maxsize=1 << 14)
def _route_id(source: str, origin: str, destination: str) -> str:
    return opaque_id("route", source, origin, destination)


class Rows:
    """The rows of a simulated world."""

    def __init__(self, sources: ScannedSources) -> None:
        self._sources = sources
        self._as_of: tuple[int, bool] | None = None
        self._blocks: dict[tuple[str, str, str, int], Block] = {}

    def cells(self, key: RowKey, step: int, percent: int = 100) -> dict[Cabin, tuple[int, list[BestValues]]]:
        """Return, for each cabin that has an offer, the day's index in the best values, and the best values."""
        number, index = divmod(key.ordinal, BLOCK_DAYS)
        if percent < 100:
            block, index = self._build_mixed_day(key, step, percent), 0
        else:
            block = self._block(key, number, step)
        return {cabin: (index, list(best)) for cabin, best in block.items() if best[RAW].price[index] != NO_PRICE}

    def lowest_nonstop(self, key: RowKey, step: int) -> dict[Cabin, int]:
        """Return each cabin's lowest miles on nonstop flights, over the block of days that contains the row's day."""
        block = self._block(key, key.ordinal // BLOCK_DAYS, step)
        prices = {cabin: min(best[RAW_DIRECT].price) for cabin, best in block.items()}
        return {cabin: unpack(price).miles for cabin, price in prices.items() if price != NO_PRICE}

    def _block(self, key: RowKey, number: int, step: int) -> Block:
        as_of = (step, is_sold_out())
        if as_of != self._as_of or len(self._blocks) >= MAX_BLOCKS:
            self._as_of, self._blocks = as_of, {}
        place = (key.source, key.origin, key.destination, number)
        if place not in self._blocks:
            self._blocks[place] = self._build_block(key, number * BLOCK_DAYS, step)
        return self._blocks[place]

    def _build_block(self, key: RowKey, first: int, step: int) -> Block:
        source, inventory = BY_KEY[key.source], self._sources.inventory(key.source)
        block = _empty_block(source, BLOCK_DAYS)
        if inventory is None:
            return {}
        bits = _bits(inventory)
        for period, itinerary, legs, columns in inventory.priced_itineraries(
            key.origin, key.destination, first, BLOCK_DAYS, 1, step
        ):
            carriers = functools.reduce(int.__or__, (bits[flight.carrier] for flight in itinerary.flights))
            for cabin in source.columns:
                if (prices := columns[COLUMNS[cabin]]) is None:
                    continue
                max_miles = source.max_miles(cabin, itinerary.minutes)
                best_values = _best_values(block, cabin, nonstop=len(itinerary.flights) == 1)
                unfiltered = best_values[: len(best_values) // 2]
                low, moving = _seats(cabin, legs)
                for day, price in enumerate(prices):
                    if price == NO_PRICE:
                        continue
                    seats = (moving if price >> CENTS_BITS & 1 else low)[day]
                    if seats:  # otherwise, one of the flights has no seat in this cabin
                        seats = min(seats, inventory.tariff.max_seats)
                        for best in unfiltered if price >> MILES_SHIFT > max_miles else best_values:
                            best.add(period.first + day, price, seats, carriers)
        return block

    def _build_mixed_day(self, key: RowKey, step: int, percent: int) -> Block:
        """Build a block for one day, including trips that are partly in a lower cabin."""
        source, inventory = BY_KEY[key.source], self._sources.inventory(key.source)
        block = _empty_block(source, 1)
        if inventory is None:
            return {}
        bits = _bits(inventory)
        for offer in inventory.offers(key.origin, key.destination, key.ordinal, 1, step):
            if offer.cabin not in block or cabin_percent(offer.itinerary.airports, offer.cabins, offer.cabin) < percent:
                continue
            flights = offer.itinerary.flights
            carriers = functools.reduce(int.__or__, (bits[flight.carrier] for flight in flights))
            best_values = _best_values(block, offer.cabin, nonstop=len(flights) == 1)
            hidden = offer.miles > source.max_miles(offer.cabin, offer.itinerary.minutes)
            packed = pack(offer.miles, offer.saver, offer.taxes)
            for best in best_values[: len(best_values) // 2] if hidden else best_values:
                best.add(0, packed, offer.seats, carriers)
        return block

    def json(self, key: RowKey, step: int, cells: dict[Cabin, tuple[int, list[BestValues]]], *, filtered: bool) -> Json:
        """Build a row. If `filtered` is true, include values that the price filter would hide."""
        source, inventory = BY_KEY[key.source], self._sources.inventory(key.source)
        assert inventory is not None
        currency, rate = tax_currency(source, key.origin)
        carriers = inventory.tariff.own + inventory.tariff.partners
        columns: list[tuple[object, ...]] = []
        for cabin in LETTERS.values():
            if cabin not in cells:
                columns.append(_NO_COLUMN)
                continue
            index, best = cells[cabin]
            shown = (RAW, RAW_DIRECT) if filtered else (SHOWN, SHOWN_DIRECT)
            columns.append(
                _column(
                    *(_cabin_values(source, carriers, rate, best[kind], index) for kind in (*shown, RAW, RAW_DIRECT))
                )
            )
        created, updated = seen_times(key, step, inventory.tariff.window_days)
        day, route_id = str(date.fromordinal(key.ordinal)), key.route_id
        first_fields = {"ID": key.id, "RouteID": route_id, "Route": route_json(key, inventory)}
        last_fields: Json = {
            "Source": key.source,
            "CreatedAt": format_time(created),
            "UpdatedAt": format_time(updated),
            "AvailabilityTrips": None,
        }
        if key.source == "delta" and draw("optional", key.ordinal, route_id) % 40 == 0:
            last_fields["OptionalPricing"] = {"CardholderDiscountPercent": 15}
        # Each field's values for all cabins are adjacent; the currency comes before the taxes.
        values = [value for field_of_cabins in zip(*columns, strict=True) for value in field_of_cabins]
        values.insert(_ORDER.index("TaxesCurrency"), currency)
        cabins = dict(zip(_ORDER, values, strict=True))
        return first_fields | {"Date": day, "ParsedDate": f"{day}T00:00:00Z"} | cabins | last_fields


def _empty_block(source: Source, days: int) -> Block:
    return {cabin: (BestValues(days), BestValues(days), BestValues(days), BestValues(days)) for cabin in source.columns}


def _best_values(block: Block, cabin: Cabin, *, nonstop: bool) -> tuple[BestValues, ...]:
    """Return the best values to update with an itinerary; the first half are those before the price filter."""
    return block[cabin] if nonstop else block[cabin][::2]


# Each cabin's fields in order; each field has a counterpart with the suffix `Raw`, from before the price filter.
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


class CabinValues(NamedTuple):
    """The values of one cabin in a row."""

    available: bool = False
    miles: int = 0
    taxes: int = 0
    seats: int = 0
    carriers: str = ""


def _cabin_values(source: Source, carriers: tuple[str, ...], rate: float, best: BestValues, index: int) -> CabinValues:
    price = best.price[index]
    if price == NO_PRICE:
        return CabinValues()
    miles, _, cents = unpack(price)
    taxes = round(cents * rate) if source.taxes else 0
    seats = shown_seats(source, best.seats[index])
    return CabinValues(True, miles, taxes, seats, _carrier_names(carriers, best.carriers[index]))


def _column(shown: CabinValues, direct: CabinValues, raw: CabinValues, raw_direct: CabinValues) -> tuple[object, ...]:
    """Return one cabin's values in the order of _NAMES. MileageCost is the only number stored as text."""
    return (
        *(shown.available, raw.available),
        *(str(shown.miles), raw.miles, direct.miles, raw_direct.miles),
        *(shown.taxes, raw.taxes, direct.taxes, raw_direct.taxes),
        *(shown.seats, raw.seats, direct.seats, raw_direct.seats),
        *(shown.carriers, raw.carriers, direct.carriers, raw_direct.carriers),
        *(direct.available, raw_direct.available),
    )


_NO_COLUMN = _column(CabinValues(), CabinValues(), CabinValues(), CabinValues())


def route_json(key: RowKey, inventory: Inventory) -> Json:
    """Build the JSON for a row's route."""
    origin_region, destination_region = regions((key.origin, key.destination))
    return {
        "ID": key.route_id,
        "OriginAirport": key.origin,
        "OriginRegion": origin_region,
        "DestinationAirport": key.destination,
        "DestinationRegion": destination_region,
        "Distance": distance(key.origin, key.destination),
        "Source": key.source,
    }


def shown_seats(source: Source, seats: int) -> int:
    """Return the number of seats that a program shows; 0 also stands for an unknown number."""
    if source.seats == "none" or (source.seats == "low" and seats > MAX_LOW_SEATS):
        return 0
    return seats


def tax_currency(source: Source, origin: str) -> tuple[str, float]:
    """Return the currency of a program's taxes on flights from an origin, and the exchange rate per US dollar."""
    if source.currency == "local":
        return LOCAL.get(country(origin), ("USD", 1.0))
    return source.currency, RATES.get(source.currency, 1.0)


def seen_times(key: RowKey, step: int, window_days: int) -> tuple[datetime, datetime]:
    """Return when a row was first and last seen. Half of the rows are at most 6.5 hours old; a tenth are days old."""
    chance = draw("seen", key.source, key.origin, key.destination)
    share, rest = chance % 1000, chance // 1000 % 60
    hours = share / 500 * 5.5 if share < 500 else 5.5 + (share - 500) / 400 * 18 if share < 900 else share - 876
    updated = step_start(step) - timedelta(hours=hours, minutes=rest, microseconds=chance // 60000 % 10**6)
    created = datetime.combine(date.fromordinal(key.ordinal - window_days - 1), datetime.min.time(), tzinfo=UTC)
    return min(created + timedelta(microseconds=chance % 86_400_000_000), updated), updated


def format_time(moment: datetime) -> str:
    """Format a time as the API does."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def cabin_percent(stops: tuple[str, ...], cabins: tuple[Cabin, ...], lowest: Cabin) -> int:
    """Return the percentage of the distance flown in a cabin or a better one."""
    lengths = [distance(*pair) for pair in pairwise(stops)]
    miles = sum(length for length, cabin in zip(lengths, cabins, strict=True) if cabin.rank >= lowest.rank)
    return round(100 * miles / max(1, sum(lengths)))


def _seats(cabin: Cabin, legs: list[Seats]) -> tuple[bytes, bytes]:
    """Return an itinerary's seats in one cabin for each day, at the saver price and at the standard price."""
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
    return _minimum(low), _minimum(moving)


def _minimum(rows: tuple[bytes, ...]) -> bytes:
    return rows[0] if len(rows) == 1 else bytes(map(min, *rows))


def _bits(inventory: Inventory) -> dict[str, int]:
    return {carrier: 1 << index for index, carrier in enumerate(inventory.tariff.own + inventory.tariff.partners)}


@functools.lru_cache(maxsize=1 << 12)
def _carrier_names(carriers: tuple[str, ...], bits: int) -> str:
    return ", ".join(sorted(carrier for index, carrier in enumerate(carriers) if bits >> index & 1))
