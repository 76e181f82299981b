"""Exchange rates to compare amounts in different currencies: the European Central Bank's reference rates of one day."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from awardspider.items import Money
from awardspider.values import minor_unit

#: The currency to which all rates refer.
BASE = "EUR"

# Digits of intermediate results, so that rounding to a minor unit is the only rounding that shows.
_DIGITS = 40
# Amounts from here on are no taxes; `quantize` would have to drop their last digits.
_MAX_AMOUNT = Decimal(10) ** 15


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRates:
    """The reference rates of one day.

    `rates` are the units of each currency for one euro. `source` names who published them. `is_snapshot` is True for
    the rates that this version of awardspider contains, which become older with every day.
    """

    day: date
    rates: Mapping[str, Decimal]
    source: str
    is_snapshot: bool = False

    @property
    def currencies(self) -> tuple[str, ...]:
        """Return the ISO codes of all currencies that can be converted, sorted."""
        return tuple(sorted({BASE, *self.rates}))

    def convert(self, money: Money, currency: str) -> Money | None:
        """Convert an amount, rounded to the currency's smallest unit (half up); None if a rate is unknown.

        An amount in the same currency is returned as it is.
        """
        if money.currency == currency:
            return money
        rate, target = self._rate(money.currency), self._rate(currency)
        if rate is None or target is None or not money.amount.is_finite() or abs(money.amount) >= _MAX_AMOUNT:
            return None
        with localcontext() as context:
            context.prec = _DIGITS
            amount = money.amount * target / rate
            return Money(amount.quantize(minor_unit(currency), ROUND_HALF_UP), currency)

    def age_days(self, today: date) -> int:
        """Return the age of the rates in days; 0 for rates of today or later."""
        return max(0, (today - self.day).days)

    def describe(self, today: date) -> str:
        """Return source, day and age, such as `rates of the European Central Bank of 2026-10-30 (30 days old)`."""
        days = self.age_days(today)
        age = "today" if not days else f"{days} day{'s' if days > 1 else ''} old"
        origin = ", shipped with awardspider" if self.is_snapshot else ""
        return f"rates of the {self.source} of {self.day} ({age}{origin})"

    def _rate(self, currency: str) -> Decimal | None:
        return Decimal(1) if currency == BASE else self.rates.get(currency)


def convert(money: Money, currency: str, rates: ExchangeRates | None) -> Money | None:
    """Convert an amount as `ExchangeRates.convert` does; without rates, None unless it is in this currency already."""
    if money.currency == currency:
        return money
    return rates.convert(money, currency) if rates else None


@functools.cache
def shipped_rates() -> ExchangeRates:
    """Return the dated snapshot of rates that this version contains."""
    text = files("awardspider.search").joinpath("data", "exchange_rates.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
    rates = MappingProxyType({currency: Decimal(rate) for currency, rate in data["rates"].items()})
    return ExchangeRates(day=data["day"], rates=rates, source=data["source"], is_snapshot=True)
