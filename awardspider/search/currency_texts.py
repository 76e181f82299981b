"""Amounts of miles and points in English, with the name that each program gives its currency."""

from __future__ import annotations

from awardspider.programs import ProgramCurrency, Unit, program_currency

_ONE = {Unit.MILES: "mile", Unit.POINTS: "point", Unit.AVIOS: "Avios"}
_OTHERS = {Unit.MILES: "miles", Unit.POINTS: "points", Unit.AVIOS: "Avios"}


def unit_text(currency: ProgramCurrency, number: int = 2) -> str:
    """Return the unit in the form that fits a number: `mile`, `points` or `Avios`."""
    return _ONE[currency.unit] if number == 1 else _OTHERS[currency.unit]


def amount_text(number: int, currency: ProgramCurrency) -> str:
    """Return an amount with its unit, such as `75,000 points`."""
    return f"{number:,} {unit_text(currency, number)}"


def miles_text(number: int, program: str) -> str:
    """Return an amount in the unit of a program's prices, such as `75,000 points` for the key `aeroplan`."""
    return amount_text(number, program_currency(program))


def currency_text(currency: ProgramCurrency) -> str:
    """Return the name of a currency, such as `Aeroplan points` or `Asia Miles`."""
    return price_text(2, currency).removeprefix("2 ")


def price_text(number: int, currency: ProgramCurrency) -> str:
    """Return an amount with the name of its currency, such as `75,000 Aeroplan points`."""
    return f"{number:,} {currency.name or f'{currency.brand} {unit_text(currency, number)}'.strip()}"
