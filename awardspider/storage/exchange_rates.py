"""Reference rates: the newest ones that were stored, or else the snapshot that ships."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, select

from awardspider.items import ExchangeRatesItem
from awardspider.search.exchange_rates import ExchangeRates, shipped_rates
from awardspider.storage import schema
from awardspider.storage.engines import dialect_insert
from awardspider.storage.fitting import fitting_rows
from awardspider.storage.store import Store

#: Rates of earlier days are deleted, so that the table does not grow.
RETENTION = timedelta(days=400)

#: The source whose rates are used unless another one is given, and that of the sandbox.
ECB = "ecb"
SANDBOX = "ecb@sandbox"
_NAMES = {ECB: "European Central Bank", SANDBOX: "European Central Bank in the sandbox"}

_rates = schema.exchange_rates.c


class SaveResult(StrEnum):
    """Results of storing rates."""

    SAVED = "saved"  # a new day, or other rates of the newest day
    UNCHANGED = "unchanged"
    OLDER = "older"  # rates of a later day are stored, so nothing was changed


def save_rates(store: Store, item: ExchangeRatesItem) -> SaveResult:
    """Store the rates of a day, unless rates of a later day are stored, and delete those beyond the retention."""
    with store.writing() as connection:
        day, rates = _newest(connection, item.source)
        if day is not None and item.day < day:
            return SaveResult.OLDER
        if day == item.day and rates == item.rates:
            return SaveResult.UNCHANGED
        statement = dialect_insert(connection.dialect, schema.exchange_rates)
        upsert = statement.on_conflict_do_update(
            index_elements=[_rates.source, _rates.day, _rates.currency],
            set_={"rate": statement.excluded.rate, "fetched_at": statement.excluded.fetched_at},
        )
        common = {"source": item.source, "day": item.day, "fetched_at": item.seen_at}
        # In one order, so that two crawls at once do not wait for each other's rows.
        rows = [common | {"currency": currency, "rate": rate} for currency, rate in sorted(item.rates.items())]
        if fitting := fitting_rows(schema.exchange_rates, rows):
            connection.execute(upsert, fitting)
        is_expired = _rates.day < item.day - RETENTION
        connection.execute(delete(schema.exchange_rates).where(_rates.source == item.source, is_expired))
    return SaveResult.SAVED


def latest_rates(store: Store, source: str = ECB) -> ExchangeRates:
    """Return the rates of the newest stored day, or those that ship if they are newer or none are stored.

    The rates of the sandbox have a source of their own, so that they are never used for live offers.
    """
    shipped = shipped_rates()
    with store.reading() as connection:
        day, rates = _newest(connection, source)
    if day is None or day < shipped.day:
        return shipped
    return ExchangeRates(day=day, rates=rates, source=_NAMES.get(source, source))


def current_rates(store: Store, settings: Mapping[str, Any]) -> ExchangeRates:
    """Return the latest rates for the sites that the settings select: the live ones or those of the sandbox."""
    return latest_rates(store, SANDBOX if settings.get("AWARD_SANDBOX_URL") else ECB)


def _newest(connection: Connection, source: str) -> tuple[date | None, dict[str, Decimal]]:
    """Return the newest stored day of a source, or None, and its rates."""
    newest = select(func.max(_rates.day)).where(_rates.source == source).scalar_subquery()
    query = select(_rates.day, _rates.currency, _rates.rate).where(_rates.source == source, _rates.day == newest)
    rows = connection.execute(query).all()
    return (rows[0].day if rows else None), {row.currency: row.rate for row in rows}
