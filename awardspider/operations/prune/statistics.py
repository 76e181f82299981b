"""Old statistics: change rates, histories of routes, matches and the price history."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Table, and_, func, select

from awardspider.operations.prune.deletion import Pruning
from awardspider.operations.retention import earliest
from awardspider.storage import schema
from awardspider.storage.change_rates import expired_histories, expired_statistics, expired_visits
from awardspider.storage.exchange_rates import RETENTION
from awardspider.storage.last_searches import expired_last_searches
from awardspider.storage.matches import expired_matches
from awardspider.storage.price_samples import OPEN_DAYS
from awardspider.storage.search_totals import expired_totals


def prune_visits(pruning: Pruning) -> None:
    """Remove the times of searches of departure days that are over."""
    pruning.delete_where(schema.search_visits, expired_visits(pruning.now))


def prune_last_searches(pruning: Pruning) -> None:
    """Remove the last searches of departure days that are over."""
    pruning.delete_where(schema.last_searches, expired_last_searches(pruning.now))


def prune_search_totals(pruning: Pruning) -> None:
    """Remove the numbers of searches of days beyond AWARD_RETENTION_RUN_DAYS."""
    pruning.delete_where(schema.search_totals, expired_totals(earliest(pruning.now, pruning.periods.runs).date()))


def prune_change_statistics(pruning: Pruning) -> None:
    """Remove statistics of more than two years ago."""
    pruning.delete_where(schema.change_statistics, expired_statistics(pruning.now))


def prune_route_histories(pruning: Pruning) -> None:
    """Remove routes that were last searched more than two years ago."""
    pruning.delete_where(schema.route_histories, expired_histories(pruning.now))


def prune_matches(pruning: Pruning) -> None:
    """Remove the matches of flights that departed before yesterday."""
    pruning.delete_where(schema.matches, expired_matches(pruning.now.date()))


def prune_price_samples(pruning: Pruning) -> None:
    """Remove the prices of search days beyond AWARD_PRICE_HISTORY_DAYS."""
    _prune_search_days(pruning, schema.price_samples, pruning.periods.price_history_days)


def prune_month_prices(pruning: Pruning) -> None:
    """Remove the lowest prices of search days beyond AWARD_PRICE_HISTORY_DAYS."""
    _prune_search_days(pruning, schema.month_prices, pruning.periods.price_history_days)


def prune_open_prices(pruning: Pruning) -> None:
    """Remove the prices of search days that no crawl can change any more."""
    _prune_search_days(pruning, schema.open_prices, OPEN_DAYS)


def _prune_search_days(pruning: Pruning, table: Table, days: int) -> None:
    first = pruning.now.date() - timedelta(days=days)
    pruning.delete_where(table, table.c.search_day < first)


def prune_exchange_rates(pruning: Pruning) -> None:
    """Remove the rates of days beyond their retention; the newest ones stay."""
    rates = schema.exchange_rates
    with pruning.store.reading() as connection:
        newest = connection.execute(select(rates.c.source, func.max(rates.c.day)).group_by(rates.c.source)).all()
    for source, day in newest:
        pruning.delete_where(rates, and_(rates.c.source == source, rates.c.day < day - RETENTION))
