"""Convert single response values, which may have any type."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import lru_cache

from awardspider.items import Money
from awardspider.values import minor_unit


def float_or_none(value: object) -> float | None:
    """Return a finite number, given as a number or a string; None for anything else."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if type(value) is float or type(value) is int:
        return value if -1e12 < value < 1e12 else None
    return None


def positive_int(value: object) -> int | None:
    """Return a positive integer; None for anything else."""
    if type(value) is int:
        return value if 0 < value < 1e12 else None
    number = float_or_none(value)
    return int(number) if number is not None and number > 0 and number.is_integer() else None


def count_or_none(value: object) -> int | None:
    """Return an integer from 0 to 500; None for anything else."""
    if type(value) is int:
        return value if 0 <= value <= 500 else None
    number = float_or_none(value)
    return int(number) if number is not None and 0 <= number <= 500 and number == int(number) else None


def str_or_none(value: object) -> str | None:
    """Return a string that is not blank; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def first_str(*values: object) -> str | None:
    """Return the first string that is not blank; None if there is none."""
    return next((value for value in values if isinstance(value, str) and value.strip()), None)


def bool_or_none(value: object) -> bool | None:
    """Return true or false; None for anything else."""
    return value if isinstance(value, bool) else None


def currency(value: object) -> str | None:
    """Return an ISO 4217 code; None for anything else."""
    return value if isinstance(value, str) and len(value) == 3 and value.isalpha() and value.isupper() else None


def share(total: Decimal, travelers: int, unit: Decimal = Decimal(1)) -> Decimal:
    """Return one traveler's share of a total, as a multiple of `unit`; a share that is not is rounded up."""
    return (total.quantize(unit, ROUND_HALF_UP) / travelers).quantize(unit, ROUND_CEILING)


@lru_cache(maxsize=4096)
def money(amount: float, currency: str, travelers: int = 1) -> Money:
    """Return one traveler's share of an amount, rounded up to the currency's minor unit."""
    return Money(share(Decimal(str(amount)), travelers, minor_unit(currency)), currency)


def from_minor_units(amount: object, unit: object, decimals: int | None = None) -> float | None:
    """Return an amount given in the currency's minor unit, or with this number of decimals; None if it is unknown."""
    value, code = float_or_none(amount), currency(unit)
    if value is None or code is None:
        return None
    return float(Decimal(str(value)) * (minor_unit(code) if decimals is None else Decimal(1).scaleb(-decimals)))


def money_or_none(amount: object, unit: object, travelers: int = 1) -> Money | None:
    """Return one traveler's share as in `money`; None for a negative or unknown amount or an unknown currency."""
    is_known = type(unit) is str and type(amount) in (float, int, str)
    return _money_or_none(amount, unit, travelers) if is_known else None


@lru_cache(maxsize=4096)
def _money_or_none(amount: object, unit: object, travelers: int) -> Money | None:
    value, code = float_or_none(amount), currency(unit)
    return money(value, code, travelers) if value is not None and value >= 0 and code is not None else None


def date_or_none(value: object) -> date | None:
    """Parse a date such as 2027-03-01, which a time may follow; return None for anything else."""
    return _date(value) if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
