"""Conversion of money, and the snapshot of rates that ships."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.items import Money
from awardspider.search.exchange_rates import BASE, ExchangeRates, convert, shipped_rates
from awardspider.values import minor_unit

RATES = ExchangeRates(
    day=date(2026, 10, 30),
    rates={"USD": Decimal("1.25"), "JPY": Decimal("160"), "GBP": Decimal("0.8")},
    source="a test",
)
SHIPPED = shipped_rates()
CURRENCIES = st.sampled_from(SHIPPED.currencies)
AMOUNTS = st.decimals(0, 100_000, places=2, allow_nan=False, allow_infinity=False)


def money(amount: str, currency: str) -> Money:
    return Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("given", "currency", "expected"),
    [
        (money("100", "EUR"), "USD", money("125.00", "USD")),
        (money("100", "USD"), "EUR", money("80.00", "EUR")),
        (money("5.60", "USD"), "JPY", money("717", "JPY")),  # 716.8
        (money("5.60", "USD"), "GBP", money("3.58", "GBP")),  # 3.584
        (money("0.01", "GBP"), "USD", money("0.02", "USD")),  # 0.015625
        (money("0.004", "EUR"), "USD", money("0.01", "USD")),  # half a cent
        (money("0", "USD"), "JPY", money("0", "JPY")),
        (money("-10", "USD"), "EUR", money("-8.00", "EUR")),
    ],
)
def test_amounts_are_converted_through_the_euro(given: Money, currency: str, expected: Money) -> None:
    converted = RATES.convert(given, currency)
    assert converted == expected
    assert str(converted) == str(expected)


def test_an_amount_in_the_same_currency_is_unchanged() -> None:
    for same in (money("5.605", "USD"), money("12.3", "AED"), money("NaN", "AED")):
        assert RATES.convert(same, same.currency) is same


@pytest.mark.parametrize(
    ("given", "currency"),
    [
        (money("1", "AED"), "USD"),  # the European Central Bank has no rate
        (money("1", "USD"), "AED"),
        (money("1", "USD"), "usd"),
        (money("1", "USD"), ""),
        (money("NaN", "USD"), "EUR"),
        (money("Infinity", "USD"), "EUR"),
        (money("1e400", "USD"), "JPY"),
    ],
)
def test_what_cannot_be_converted_is_unknown(given: Money, currency: str) -> None:
    assert RATES.convert(given, currency) is None


@given(AMOUNTS, CURRENCIES, CURRENCIES)
def test_there_and_back_is_the_same_amount(amount: Decimal, currency: str, other: str) -> None:
    """Within the value of half a unit of each currency, by which both conversions round."""
    start = Money(amount.quantize(minor_unit(currency)), currency)
    there = SHIPPED.convert(start, other)
    assert there is not None
    back = SHIPPED.convert(there, currency)
    assert back is not None
    half_unit_there = minor_unit(other) / 2 * rate(currency) / rate(other)
    assert abs(back.amount - start.amount) <= half_unit_there + minor_unit(currency) / 2


@given(AMOUNTS, CURRENCIES)
def test_dollars_come_back_within_a_cent(amount: Decimal, other: str) -> None:
    there = SHIPPED.convert(Money(amount, "USD"), other)
    assert there is not None
    back = SHIPPED.convert(there, "USD")
    assert back is not None
    assert abs(back.amount - amount) <= Decimal("0.01")


@given(AMOUNTS, CURRENCIES, CURRENCIES)
def test_a_conversion_is_exact_before_it_is_rounded(amount: Decimal, currency: str, other: str) -> None:
    converted = SHIPPED.convert(Money(amount, currency), other)
    assert converted is not None
    if currency != other:
        exact = Fraction(amount) * Fraction(rate(other)) / Fraction(rate(currency))
        assert abs(Fraction(converted.amount) - exact) <= Fraction(minor_unit(other)) / 2


@given(AMOUNTS, AMOUNTS, CURRENCIES, CURRENCIES)
def test_more_is_never_converted_to_less(one: Decimal, two: Decimal, currency: str, other: str) -> None:
    less, more = (SHIPPED.convert(Money(amount, currency), other) for amount in sorted((one, two)))
    assert less is not None
    assert more is not None
    assert less.amount <= more.amount


def rate(currency: str) -> Decimal:
    return Decimal(1) if currency == BASE else SHIPPED.rates[currency]


def test_the_snapshot_is_dated_and_says_what_it_is() -> None:
    assert SHIPPED.is_snapshot
    assert SHIPPED.day == date(2026, 10, 30)
    assert SHIPPED.day.weekday() < 5
    assert SHIPPED.source == "European Central Bank"
    assert len(SHIPPED.currencies) == 30
    assert {"EUR", "USD", "BRL", "CAD", "GBP", "JPY", "MXN", "AUD"} <= set(SHIPPED.currencies)
    assert all(rate.is_finite() and rate > 0 for rate in SHIPPED.rates.values())
    assert SHIPPED.rates["IDR"] == Decimal("20275.17")  # read as a decimal, not as a float


def test_the_age_is_visible() -> None:
    assert SHIPPED.age_days(date(2026, 11, 29)) == 30
    assert SHIPPED.describe(date(2026, 11, 29)) == (
        "rates of the European Central Bank of 2026-10-30 (30 days old, shipped with awardspider)"
    )
    assert RATES.describe(date(2026, 10, 31)) == "rates of the a test of 2026-10-30 (1 day old)"
    assert RATES.describe(date(2026, 10, 30)) == "rates of the a test of 2026-10-30 (today)"
    assert RATES.age_days(date(2026, 10, 1)) == 0


def test_without_rates_only_the_same_currency_is_comparable() -> None:
    taxes = Money(Decimal("12.345"), "USD")
    assert convert(taxes, "USD", None) is taxes
    assert convert(taxes, "EUR", None) is None
    assert convert(taxes, "EUR", RATES) == RATES.convert(taxes, "EUR")
