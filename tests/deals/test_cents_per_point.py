"""Cents per point: the value of a mile in US cents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.deals.cents_per_point import cents_per_point, cents_per_point_of
from awardspider.items import Money
from awardspider.search.cash_fares import own_fare
from awardspider.search.exchange_rates import ExchangeRates
from tests.support.item_examples import make_offer

RATES = ExchangeRates(day=date(2026, 11, 20), rates={"USD": Decimal("1.25"), "JPY": Decimal(150)}, source="bank")


def money(text: str) -> Money:
    amount, currency = text.split()
    return Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("fare", "taxes", "miles", "cents"),
    [
        ("673.40 USD", "5.60 USD", 42_500, "1.57"),  # Alaska, SEA-SFO in first class, 2026-09-05
        ("1000 EUR", "100 EUR", 90_000, "1.25"),
        ("1000 EUR", "125 USD", 90_000, "1.25"),
        ("1130.6 USD", "672 JPY", 90_000, "1.25"),
        ("150000 JPY", "0 JPY", 100_000, "1.25"),
        ("105.60 USD", "5.60 USD", 8_000, "1.25"),
        ("5.60 USD", "5.60 USD", 10_000, "0.00"),
    ],
)
def test_the_cash_fare_less_the_taxes_is_divided_by_the_miles(fare: str, taxes: str, miles: int, cents: str) -> None:
    assert str(cents_per_point(money(fare), money(taxes), miles, RATES)) == cents


def test_a_fare_below_the_taxes_makes_the_miles_worth_nothing() -> None:
    assert cents_per_point(money("300 USD"), money("450 USD"), 10_000, RATES) == 0
    assert cents_per_point(money("300 EUR"), money("450 EUR"), 50_000, RATES) == 0


@pytest.mark.parametrize(
    ("fare", "taxes", "miles"),
    [
        ("100 USD", None, 10_000),
        ("100 USD", "5 USD", None),
        ("100 USD", "5 USD", 0),
        ("100 XXX", "5 USD", 10_000),
        ("100 USD", "5 XXX", 10_000),
        ("100 XXX", "5 XXX", 10_000),
    ],
)
def test_an_unknown_value_or_rate_gives_no_result(fare: str, taxes: str | None, miles: int | None) -> None:
    assert cents_per_point(money(fare), money(taxes) if taxes else None, miles, RATES) is None


def test_without_rates_only_dollars_give_a_result() -> None:
    assert cents_per_point(money("105 USD"), money("5 USD"), 10_000, None) == 1
    assert cents_per_point(money("105 EUR"), money("5 EUR"), 10_000, None) is None


@given(fare=st.decimals(0, 100_000, places=2), taxes=st.decimals(0, 100_000, places=2), miles=st.integers(1, 2_000_000))
def test_the_value_is_never_negative_and_within_half_a_hundredth(fare: Decimal, taxes: Decimal, miles: int) -> None:
    cents = cents_per_point(Money(fare, "USD"), Money(taxes, "USD"), miles, None)
    assert cents is not None
    assert cents >= 0
    assert abs(cents - max(fare - taxes, Decimal(0)) * 100 / miles) <= Decimal("0.005")


def test_the_value_of_an_offer_uses_its_miles_and_taxes() -> None:
    offer = make_offer(miles=15_000, taxes=money("5.60 USD"), cash_price=money("185.60 USD"))
    own = own_fare(offer)
    assert own
    assert cents_per_point_of(offer, own.fare, RATES) == Decimal("1.20")
    assert cents_per_point_of(offer, None, RATES) is None
