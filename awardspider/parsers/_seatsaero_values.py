"""Parsers for values in both rows and trips of seats.aero: programs, cabins, times, seats and taxes.

Facts and sources: docs/sources/seatsaero.md.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from awardspider.items import Cabin, Money, Search
from awardspider.parsers._collector import Collector
from awardspider.parsers._values import count_or_none, currency, float_or_none, from_minor_units, money_or_none
from awardspider.parsers._wire import Wire

SOURCE = "seatsaero"

# Our keys, by seats.aero's keys, for programs whose keys differ.
PROGRAMS = {"eurobonus": "sas"}

# The programs for which seats.aero reports taxes. For any other program, 0 means that the taxes are unknown.
PROGRAMS_WITH_TAXES = frozenset(
    {
        "aeromexico",
        "aeroplan",
        "alaska",
        "american",
        "azul",
        "connectmiles",
        "delta",
        "emirates",
        "ethiopian",
        "etihad",
        "eurobonus",
        "finnair",
        "flyingblue",
        "frontier",
        "jetblue",
        "lufthansa",
        "qantas",
        "saudia",
        "smiles",
        "spirit",
        "united",
        "velocity",
        "virginatlantic",
    }
)

CABINS = {
    "economy": Cabin.ECONOMY,
    "premium": Cabin.PREMIUM_ECONOMY,
    "premium_economy": Cabin.PREMIUM_ECONOMY,
    "business": Cabin.BUSINESS,
    "first": Cabin.FIRST,
}

DEFAULT_CURRENCY = "USD"


class PascalWire(Wire, rename="pascal", gc=False):
    """The base class of the structs: `mileage_cost` reads the key `MileageCost`."""


@lru_cache(maxsize=1024)
def program_key(source: str) -> str:
    """Return our key for a seats.aero program."""
    key = source.strip().lower()
    return PROGRAMS.get(key, key)


def parse_cabin(name: object) -> Cabin | None:
    """Return the cabin of a trip or segment, or None if it is unknown."""
    return CABINS.get(name.lower()) if isinstance(name, str) else None


def parse_utc_time(value: object) -> datetime:
    """Parse an RFC 3339 time. Raise ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError(f"expected a time, got {value!r}")
    return _utc_time(value)


@lru_cache(maxsize=4096)
def _utc_time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def parse_seats(value: object, offers: Collector) -> int | None:
    """Return the number of seats. For an available cabin, 0 means unknown."""
    count = count_or_none(value)
    if count is None and value is not None:
        offers.warn("RemainingSeats", f"expected a number of seats, got {value}")
    return count or None


def priced_travelers(seats: int | None, search: Search) -> int:
    """Return the number of travelers that a price covers: the searched number if there are enough seats, else 1."""
    return search.travelers if seats is not None and seats >= search.travelers else 1


def parse_taxes(value: object, unit: object, source: object, offers: Collector) -> Money | None:
    """Convert taxes given in the currency's smallest unit; return None if they are unknown."""
    amount = float_or_none(value)
    taxes = None
    if amount is not None and amount >= 0 and (unit is None or type(unit) is str):
        taxes = _taxes(amount, unit or "", str(source))
    if taxes is None and value:
        offers.warn("TotalTaxes", f"expected an amount, got {value} {unit}")
    return taxes


@lru_cache(maxsize=8192)
def _taxes(amount: float, unit: str, source: str) -> Money | None:
    unit = unit.strip().upper() or DEFAULT_CURRENCY
    if currency(unit) is None or (not amount and source.strip().lower() not in PROGRAMS_WITH_TAXES):
        return None
    return money_or_none(from_minor_units(amount, unit), unit)
