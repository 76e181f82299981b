"""The rule of each table: the function that removes its old rows, or the reason why it does not grow.

docs/upkeep.md shows them, with the reasons for each period.
"""

from __future__ import annotations

from collections.abc import Callable

from awardspider.operations.prune import accounts, messages, offers, promotions, runs, searches, statistics
from awardspider.operations.prune.deletion import Pruning

#: The functions, in the order in which they run: messages refer to promotions and offers, so they come first.
RULES: dict[str, Callable[[Pruning], None]] = {
    "searches": searches.prune_searches,
    "last_searches": statistics.prune_last_searches,
    "search_totals": statistics.prune_search_totals,
    "matches": statistics.prune_matches,
    "outbox": messages.prune_messages,
    "shares": messages.prune_shares,
    "alerts": messages.prune_alerts,
    "promotions": promotions.prune_promotions,
    "announcements": promotions.prune_announcements,
    "offers": offers.prune_offers,
    "price_points": offers.prune_price_points,
    "price_samples": statistics.prune_price_samples,
    "month_prices": statistics.prune_month_prices,
    "open_prices": statistics.prune_open_prices,
    "search_visits": statistics.prune_visits,
    "change_statistics": statistics.prune_change_statistics,
    "route_histories": statistics.prune_route_histories,
    "exchange_rates": statistics.prune_exchange_rates,
    "runs": runs.prune_runs,
    "scheduled_jobs": runs.prune_jobs,
    "incidents": runs.prune_incidents,
    "services": runs.prune_services,
    "account_sessions": accounts.prune_sessions,
    "api_tokens": accounts.prune_tokens,
    "login_failures": accounts.prune_login_failures,
}

#: Tables whose rows are removed together with those of another table.
WITH_OTHERS = {"attempts": "outbox"}

#: Tables that do not grow with time.
BOUNDED = {
    "programs": "one row for each program",
    "monitored_routes": "one row for each source and program",
    "promotion_sources": "one row for each source",
    "owners": "configured by people",
    "accounts": "configured by people",
    "feed_addresses": "configured by people",
    "watches": "configured by people",
    "channels": "configured by people",
    "channel_states": "one row for each channel",
    "subscribers": "one row for each person who writes to a channel",
    "schedule_entries": "configured by people",
    "price_records": "one row for each route and cabin: the lowest price ever found",
}
