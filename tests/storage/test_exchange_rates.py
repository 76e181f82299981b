"""Stored reference rates, on both engines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from awardspider.items import ExchangeRatesItem, Money
from awardspider.search.exchange_rates import shipped_rates
from awardspider.storage.exchange_rates import RETENTION, SANDBOX, SaveResult, latest_rates, save_rates
from awardspider.storage.schema import exchange_rates
from awardspider.storage.store import Store

DAY = shipped_rates().day + timedelta(days=20)
SEEN_AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
RATES = {"USD": Decimal("1.1172"), "GBP": Decimal("0.83380"), "IDR": Decimal("20275.17"), "ISK": Decimal("136.00")}


def make_item(day: date = DAY, rates: dict[str, Decimal] | None = None, **fields: Any) -> ExchangeRatesItem:
    values: dict[str, Any] = {"source": "ecb", "day": day, "rates": rates or RATES, "seen_at": SEEN_AT}
    return ExchangeRatesItem(**values | fields)


def days(store: Store) -> list[date]:
    with store.reading() as connection:
        return list(connection.scalars(select(exchange_rates.c.day).distinct().order_by(exchange_rates.c.day)))


def test_the_snapshot_is_used_if_nothing_is_stored(store: Store) -> None:
    assert latest_rates(store) is shipped_rates()
    assert latest_rates(store).is_snapshot


def test_stored_rates_are_exact(store: Store) -> None:
    assert save_rates(store, make_item()) is SaveResult.SAVED
    found = latest_rates(store)
    assert (found.day, found.rates, found.is_snapshot) == (DAY, RATES, False)
    assert found.describe(DAY) == f"rates of the European Central Bank of {DAY} (today)"
    assert found.convert(Money(Decimal(100), "EUR"), "USD") == Money(Decimal("111.72"), "USD")


def test_a_newer_day_replaces_an_older_one(store: Store) -> None:
    save_rates(store, make_item())
    newer = make_item(DAY + timedelta(days=1), {"USD": Decimal("1.2")})
    assert save_rates(store, newer) is SaveResult.SAVED
    assert latest_rates(store).rates == {"USD": Decimal("1.2")}
    assert days(store) == [DAY, DAY + timedelta(days=1)]


def test_a_rate_that_does_not_fit_is_left_out(store: Store) -> None:
    rates = {"USD": Decimal("1.2"), "ZWL": Decimal("1e15"), "XXX": Decimal("NaN")}
    assert save_rates(store, make_item(rates=rates)) is SaveResult.SAVED
    assert latest_rates(store).rates == {"USD": Decimal("1.2")}


def test_the_same_rates_change_nothing(store: Store) -> None:
    save_rates(store, make_item())
    again = make_item(rates={**RATES, "GBP": Decimal("0.8338")}, seen_at=SEEN_AT + timedelta(hours=1))
    assert save_rates(store, again) is SaveResult.UNCHANGED
    with store.reading() as connection:
        assert connection.scalars(select(exchange_rates.c.fetched_at).distinct()).all() == [SEEN_AT]


def test_corrected_rates_of_a_day_replace_it(store: Store) -> None:
    save_rates(store, make_item())
    corrected = RATES | {"USD": Decimal("1.1173"), "SEK": Decimal("10.978")}
    assert save_rates(store, make_item(rates=corrected)) is SaveResult.SAVED
    assert latest_rates(store).rates == corrected


def test_an_older_day_changes_nothing(store: Store) -> None:
    save_rates(store, make_item())
    assert save_rates(store, make_item(DAY - timedelta(days=1), {"USD": Decimal(9)})) is SaveResult.OLDER
    assert latest_rates(store).rates == RATES
    assert days(store) == [DAY]


def test_the_snapshot_is_used_if_it_is_newer(store: Store) -> None:
    save_rates(store, make_item(shipped_rates().day - timedelta(days=1)))
    assert latest_rates(store) is shipped_rates()
    save_rates(store, make_item(shipped_rates().day))
    assert not latest_rates(store).is_snapshot


def test_rates_of_the_sandbox_are_stored_separately(store: Store) -> None:
    save_rates(store, make_item(DAY + timedelta(days=9), {"USD": Decimal(2)}, source=SANDBOX))
    assert latest_rates(store) is shipped_rates()
    save_rates(store, make_item())
    assert latest_rates(store).rates == RATES
    assert latest_rates(store, SANDBOX).rates == {"USD": Decimal(2)}
    assert latest_rates(store, SANDBOX).source == "European Central Bank in the sandbox"


def test_old_rates_are_deleted(store: Store) -> None:
    first = date(2026, 1, 5)
    for day in (first, first + timedelta(days=1), first + timedelta(days=1) + RETENTION):
        save_rates(store, make_item(day))
    assert days(store) == [first + timedelta(days=1), first + timedelta(days=1) + RETENTION]
    save_rates(store, make_item(first, source=SANDBOX))
    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(exchange_rates)) == 3 * len(RATES)
