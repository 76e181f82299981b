"""Single values as answers write them: numbers that may be text, money, local times."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from awardspider.airports import airport_zone
from awardspider.items import Money, ParseWarning


def float_or_none(value: object) -> float | None:
    """Return a finite number, which may be text; None for anything else."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if type(value) is float or type(value) is int:
        return value if -1e12 < value < 1e12 else None
    return None


def positive_int(value: object) -> int | None:
    """A number above zero without a fraction; None for anything else."""
    if type(value) is int:
        return value if 0 < value < 1e12 else None
    number = float_or_none(value)
    return int(number) if number is not None and number > 0 and number.is_integer() else None


def count_or_none(value: object) -> int | None:
    """Return a number from 0 to 500 without a fraction; None for anything else."""
    if type(value) is int:
        return value if 0 <= value <= 500 else None
    number = float_or_none(value)
    return int(number) if number is not None and 0 <= number <= 500 and number == int(number) else None


def str_or_none(value: object) -> str | None:
    """Text that is not empty; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def first_str(*values: object) -> str | None:
    """Return the first text that is not empty; None without any."""
    return next((value for value in values if isinstance(value, str) and value.strip()), None)


def bool_or_none(value: object) -> bool | None:
    """Return true or false; None for anything else."""
    return value if isinstance(value, bool) else None


def currency(value: object) -> str | None:
    """An ISO 4217 code; None for anything else."""
    return value if isinstance(value, str) and len(value) == 3 and value.isalpha() and value.isupper() else None


@lru_cache(maxsize=4096)
def money(amount: float, currency: str) -> Money:
    """An amount to the cent."""
    return Money(Decimal(f"{amount:.2f}"), currency)


def _hours_of(aware: datetime) -> float:
    offset = aware.utcoffset()
    return offset.total_seconds() / 3600 if offset is not None else 0.0


def local_time(written: str, airport: str, offset: object, odd: list[ParseWarning]) -> datetime:
    """A local time with its zone: the airport's, or the answer's own offset (hours) where the two disagree.

    What disagrees is added to `odd`. Raises ValueError where neither is known or the time cannot be read.
    """
    if len(written) < len("2026-10-06 08:15"):  # a day alone would be read as midnight
        raise ValueError(f"{written!r} is no time")
    naive = datetime.fromisoformat(written).replace(tzinfo=None)
    zone = airport_zone(airport)
    hours = float_or_none(offset)
    own = timezone(timedelta(hours=hours)) if hours is not None and abs(hours) <= 14 else None
    if zone is None:
        odd.append(ParseWarning("airport", airport))
        if own is None:
            raise ValueError(f"no time zone for {airport}")
        return naive.replace(tzinfo=own)
    aware = naive.replace(tzinfo=zone)
    if hours is None or own is None:
        return aware
    for reading in (aware, aware.replace(fold=1)):  # an hour comes twice when the clock is set back
        if abs(_hours_of(reading) - hours) < 1:  # half hours come cut off
            return reading
    odd.append(ParseWarning("zone", f"{airport} {written} {offset}"))
    return naive.replace(tzinfo=own)


def money_or_none(amount: object, unit: object, travelers: int = 1) -> Money | None:
    """Return the share of one traveler of an amount; None for a negative or unknown amount or an unknown currency."""
    is_known = type(unit) is str and type(amount) in (float, int, str)
    return _money_or_none(amount, unit, travelers) if is_known else None


@lru_cache(maxsize=4096)
def _money_or_none(amount: object, unit: object, travelers: int) -> Money | None:
    value, code = float_or_none(amount), currency(unit)
    return money(value / travelers, code) if value is not None and value >= 0 and code is not None else None


def date_or_none(value: object) -> date | None:
    """Return a date `2027-03-01`, which may be followed by a time; None for anything else."""
    return _date(value) if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
