"""Single values as answers write them: numbers that may be text, money, local times."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from awardspider.items import Money, ParseWarning, airport_zone


def float_or_none(value: object) -> float | None:
    """A finite number, also when it comes as text; None for anything else."""
    if type(value) is float or type(value) is int:
        return value if -1e12 < value < 1e12 else None
    if isinstance(value, str):
        try:
            return float_or_none(float(value))
        except ValueError:
            return None
    return None


def positive_int(value: object) -> int | None:
    """A number above zero without a fraction; None for anything else."""
    if type(value) is float and 0 < value < 1e12 and value.is_integer():
        return int(value)
    found = float_or_none(value)
    return int(found) if found is not None and found > 0 and found == int(found) else None


def str_or_none(value: object) -> str | None:
    """Text that is not empty; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


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
