"""The tables, the same for SQLite and PostgreSQL; docs/storage.md describes them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    literal_column,
)
from sqlalchemy import Integer as SqliteInteger
from sqlalchemy.types import TypeEngine

from awardspider.offer_fields import OFFER_COLUMNS, ColumnType, OfferColumn
from awardspider.search.deal_ranks import WORST_RANK
from awardspider.search.judgments import DealClass
from awardspider.storage.column_types import Amount, Float, Integer, Text, UtcDateTime

# Name constraints explicitly: each engine would generate a different name, and a migration could not drop it.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_TYPES: dict[ColumnType, type[TypeEngine[Any]]] = {
    ColumnType.TEXT: Text,
    ColumnType.INTEGER: Integer,
    ColumnType.AMOUNT: Amount,
    ColumnType.FLAG: Boolean,
    ColumnType.DATE: Date,
    ColumnType.TIME: UtcDateTime,
}

STORED_COLUMNS = tuple(column for column in OFFER_COLUMNS if column.stored)
HISTORY_COLUMNS = tuple(column for column in OFFER_COLUMNS if column.in_history)


def _column(column: OfferColumn, *, nullable: bool) -> Column[Any]:
    return Column(column.name, _TYPES[column.type], nullable=nullable)


# One row per offer, updated in place. `gone_at` is set when a search no longer finds the offer, and `unconfirmed_since`
# when a calendar contradicts it. `departs_by` is the latest time at which its flight departs. Price points refer to
# `number`, because with random keys each row would cost a page write. `flight_key` is the same for all fares, sources
# and parties of the same flights. `judgment` is a Judgment; `deal_class`, `cents_per_point` and
# `discount_percent` are parts of it. `deal_rank` orders all offers, the best first (search.deal_ranks).
offers = Table(
    "offers",
    metadata,
    Column("number", BigInteger().with_variant(SqliteInteger, "sqlite"), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    *(_column(column, nullable=not column.required) for column in STORED_COLUMNS),
    Column("segments", Text),
    Column("state", Text, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("gone_at", UtcDateTime),
    Column("unconfirmed_since", UtcDateTime),
    Column("departs_by", UtcDateTime, nullable=False),
    Column("flight_key", Text, nullable=False, index=True),
    Column("deal_class", Text, nullable=False, server_default=DealClass.UNKNOWN.value),
    Column("cents_per_point", Amount),
    Column("judgment", JSON(none_as_null=True)),
    Column("discount_percent", Integer),
    Column("deal_rank", BigInteger, nullable=False, server_default=str(WORST_RANK)),
    Index("ix_offers_route", "origin", "destination", "departure_date", "cabin", "miles", "gone_at"),
)
_IS_LIVE = offers.c.gone_at.is_(None)
# The sort orders of lists of offers (storage.offer_scans). The columns after the first ones of ix_offers_rank are those
# of common filters, so that offers that do not match are skipped without reading them.
for _name, _columns in {
    "ix_offers_rank": (
        "cabin",
        "deal_rank",
        "departs_by",
        "program",
        "source",
        "origin",
        "destination",
        "departure_date",
        "miles",
        "stops",
        "seats",
        "cents_per_point",
        "taxes_currency",
        "taxes",
    ),
    "ix_offers_miles": ("cabin", "miles", "deal_rank"),
    "ix_offers_date": ("departure_date", "deal_rank"),
    "ix_offers_taxes": ("program", "source", "taxes_currency", "taxes", "deal_rank"),
    "ix_offers_duration": ("duration_minutes", "deal_rank"),
    "ix_offers_cents_per_point": ("cents_per_point",),
    "ix_offers_program": ("program", "deal_rank"),
}.items():
    Index(
        _name, *(offers.c[_column_name] for _column_name in _columns), sqlite_where=_IS_LIVE, postgresql_where=_IS_LIVE
    )

# One row per change of an offer. On SQLite the table is clustered by its key, so that each row takes only one write.
price_points = Table(
    "price_points",
    metadata,
    Column("offer_number", BigInteger().with_variant(SqliteInteger, "sqlite"), primary_key=True, autoincrement=False),
    Column("seen_at", UtcDateTime, primary_key=True),
    *(_column(column, nullable=True) for column in HISTORY_COLUMNS),
    Column("gone", Boolean, nullable=False, server_default=false()),
    sqlite_with_rowid=False,
)

# One row per search, with its outcome.
searches = Table(
    "searches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("run_id", Text, index=True),
    Column("program", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("cabins", Text, nullable=False),
    Column("travelers", Integer, nullable=False),
    Column("target_program", Text),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("note", Text, nullable=False),
    Column("http_status", Integer),
    Column("offers", Integer, nullable=False),
    Column("invalid", Integer, nullable=False),
    Column("seconds", Float),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("response_id", Text),
    Index("ix_searches_time", "requested_at"),
    Index("ix_searches_program", "program", "requested_at"),
    Index("ix_searches_outcome", "program", "outcome", "reason", "requested_at"),
    # The columns after the first three answer the history of a route without reading the searches.
    Index(
        "ix_searches_route",
        "origin",
        "destination",
        "requested_at",
        "program",
        "outcome",
        "invalid",
        "cabins",
        "target_program",
    ),
)
_HAS_FAILED = searches.c.reason.is_not(None)
#: The condition of an index; a query that uses the index has the same one, with the values in its text.
IS_RARE_KIND = searches.c.kind.in_([literal_column("'bulk'"), literal_column("'routes'")])
for _name, _columns, _condition in (
    ("ix_searches_reason", ("reason", "requested_at"), _HAS_FAILED),
    ("ix_searches_kind", ("kind", "requested_at"), IS_RARE_KIND),
):
    Index(_name, *(searches.c[each] for each in _columns), sqlite_where=_condition, postgresql_where=_condition)

# The last search of each scope: the same program, route, days, party and cabins. Searches for the same days have the
# same scope, because their blocks do not move, so the table grows with the routes and not with the searches. On SQLite
# the table is clustered by its key, so that the rows of a route are read together. `target_program` is empty for all.
last_searches = Table(
    "last_searches",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("program", Text, primary_key=True),
    Column("target_program", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("travelers", Integer, primary_key=True, autoincrement=False),
    Column("cabins", Text, primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("last_day", Date, primary_key=True),
    Column("search_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("invalid", Integer, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# The number of searches of each program, day (UTC), outcome and reason, so that nobody has to count millions of
# searches. `reason` is empty for searches that did not fail.
search_totals = Table(
    "search_totals",
    metadata,
    Column("program", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("searches", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# One row per crawl.
runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("program", Text, nullable=False),
    Column("spider", Text, nullable=False),
    Column("job", Text),
    Column("arguments", JSON, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("finish_reason", Text),
    Column("found", Integer),
    Column("empty", Integer),
    Column("failed", Integer),
    Column("offers", Integer),
    Column("stats", JSON(none_as_null=True)),
    Column("field_coverage", JSON(none_as_null=True)),
    Column("coverage_drop", Text),
    Column("monitors", JSON(none_as_null=True)),
    Index(None, "program", "started_at"),
    Index(None, "started_at"),
    Index(None, "job"),
)

# The schedule. An entry has `cron` or `every_seconds`, and starts `spider` or the task `task` (such as prune).
# `handled_until` is the latest due time that was handled.
schedule_entries = Table(
    "schedule_entries",
    metadata,
    Column("name", Text, primary_key=True),
    Column("spider", Text),
    Column("task", Text),
    Column("cron", Text),
    Column("every_seconds", Integer),
    Column("jitter_seconds", Integer, nullable=False, server_default="0"),
    Column("timezone", Text, nullable=False, server_default="UTC"),
    Column("arguments", JSON, nullable=False),
    Column("max_seconds", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("handled_until", UtcDateTime),
)

# One row per start by the schedule or by `scrapy schedule run`. `status` is a JobStatus; `host` is the address of the
# Scrapyd that got the job, and `job` its id there. `run_id` is set as soon as the job has recorded a run.
scheduled_jobs = Table(
    "scheduled_jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entry", Text, nullable=False),
    Column("spider", Text),
    Column("task", Text),
    Column("host", Text),
    Column("job", Text),
    Column("status", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime),
    Column("deadline_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("run_id", Text),
    Column("note", Text),
    Index(None, "status"),
    Index(None, "entry", "due_at"),
    Index(None, "job"),
)

# The long-running processes of each host: supervisor, Scrapyd, scheduler, dispatcher. `stopped_at` is set by an orderly
# stop; a service that died has an old heartbeat instead.
services = Table(
    "services",
    metadata,
    Column("name", Text, primary_key=True),
    Column("host", Text, primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("pid_namespace", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat_at", UtcDateTime, nullable=False),
    Column("stopped_at", UtcDateTime),
)

# Problems that the operator was notified of. `key` identifies the problem, such as `service:dispatcher`; at most one
# incident with a key is unresolved.
incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Index(None, "resolved_at"),
)
_IS_UNRESOLVED = incidents.c.resolved_at.is_(None)
Index(None, incidents.c.key, unique=True, sqlite_where=_IS_UNRESOLVED, postgresql_where=_IS_UNRESOLVED)

# One row per program: its current run's lease, its back-off and its remaining quota.
programs = Table(
    "programs",
    metadata,
    Column("program", Text, primary_key=True),
    Column("run_id", Text),
    Column("host", Text),
    Column("pid_namespace", Text),
    Column("pid", Integer),
    Column("leased_at", UtcDateTime),
    Column("heartbeat_at", UtcDateTime),
    Column("blocked_until", UtcDateTime),
    Column("consecutive_blocks", Integer, nullable=False, server_default="0"),
    Column("last_block_reason", Text),
    Column("last_block_at", UtcDateTime),
    Column("last_success_at", UtcDateTime),
    Column("quota_remaining", Integer),
    Column("quota_resets_at", UtcDateTime),
)

# The routes that a source of several programs monitors: the latest complete list for each program.
monitored_routes = Table(
    "monitored_routes",
    metadata,
    Column("source", Text, primary_key=True),
    Column("program", Text, primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("routes", JSON, nullable=False),
)

# The reference rates of the last days: units of a currency for one euro. Those of the sandbox have their own source.
exchange_rates = Table(
    "exchange_rates",
    metadata,
    Column("source", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("rate", Amount, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
)

# One row per range of departure days that was last searched at the same time, with the same searches otherwise. The
# ranges of one kind of search do not overlap.
search_visits = Table(
    "search_visits",
    metadata,
    Column("program", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("travelers", Integer, primary_key=True, autoincrement=False),
    Column("cabins", Text, primary_key=True),
    Column("target_program", Text, primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("last_day", Date, nullable=False),
    Column("searched_at", UtcDateTime, nullable=False),
)

# Departure days that were searched again, for each route, lead time, group of intervals and calendar quarter (year * 4
# + 0 to 3): how many had changed, and the sums of the intervals in days.
change_statistics = Table(
    "change_statistics",
    metadata,
    Column("program", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("lead_time", Integer, primary_key=True, autoincrement=False),
    Column("interval_group", Integer, primary_key=True, autoincrement=False),
    Column("quarter", Integer, primary_key=True, autoincrement=False),
    Column("changed", Integer, nullable=False),
    Column("changed_days", Float, nullable=False),
    Column("unchanged_days", Float, nullable=False),
)

# The outcomes of a route's searches that did not fail. `empty_streak` is the number of empty searches since the last
# one that found offers, and `empty_days` the number of departure days that they covered.
route_histories = Table(
    "route_histories",
    metadata,
    Column("program", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("searches", Integer, nullable=False),
    Column("found", Integer, nullable=False),
    Column("empty_streak", Integer, nullable=False),
    Column("empty_days", Integer, nullable=False),
    Column("last_found_at", UtcDateTime),
    Column("last_at", UtcDateTime, nullable=False),
)

# What one or several announcements say. `source`, `entry_id`, `title` and `link` are those of the announcement that
# created the row. `announced_at` is when it was last announced, and `ended_at` when an announcement said that it has
# ended.
promotions = Table(
    "promotions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("entry_id", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("programs", JSON, nullable=False),
    Column("banks", JSON, nullable=False),
    Column("percent", Integer),
    Column("up_to", Boolean),
    Column("bonus_or_discount", Text),
    Column("cents_per_mile", Amount),
    Column("miles_price", Integer),
    Column("routes", JSON, nullable=False),
    Column("book_from", Date),
    Column("book_by", Date),
    Column("travel_from", Date),
    Column("travel_until", Date),
    Column("targeted", Boolean),
    Column("published", UtcDateTime),
    Column("excerpt", Text, nullable=False),
    Column("confidence", Text),
    Column("announced_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Index(None, "kind", "last_seen_at"),
    Index(None, "announced_at", "id"),
    Index(None, "book_by"),
    Index(None, "ended_at"),
)

# The announcements that were read: entries of feeds, rows of tables and texts of pages. `promotion_id` is null for one
# that is no promotion. `source` is the publisher and `source_url` the feed, table or page.
announcements = Table(
    "announcements",
    metadata,
    Column("source", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("promotion_id", Text, index=True),
    Column("source_url", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("book_by", Date),
    Column("expired", Boolean, nullable=False),
    Column("published", UtcDateTime),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False, index=True),
)

# The state of each feed and page from which promotions are read. `active` is null for a source that nobody added or
# removed. `text` is the last text of a page, to compare with the next one. A source without `succeeded_at` was never
# read, so the first success notifies nobody. `reason` and `note` say why the last request failed.
promotion_sources = Table(
    "promotion_sources",
    metadata,
    Column("url", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("selector", Text),
    Column("active", Boolean),
    Column("added_at", UtcDateTime, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("requested_at", UtcDateTime),
    Column("paused_until", UtcDateTime),
    Column("succeeded_at", UtcDateTime),
    Column("changed_at", UtcDateTime),
    Column("entries", Integer),
    Column("reason", Text),
    Column("note", Text),
    Column("text", Text),
)

# The people whom watches belong to. The row DEFAULT_OWNER always exists. `points` maps banks and programs to numbers,
# and `targeted` lists the banks whose targeted offers the owner has.
owners = Table(
    "owners",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("home_airport", Text),
    Column("points", JSON, nullable=False),
    Column("targeted", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

#: The id of the owner of everything for which nobody chose an owner.
DEFAULT_OWNER = "default"

# The people who sign in to the panel. `role` is a Role. An account without `password_hash` is used only through its
# tokens. `language`, `theme` and `timezone` are what its person chose for the panel; null is the browser's or the
# owner's choice.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("owner_id", Text, ForeignKey("owners.id"), nullable=False, index=True),
    Column("password_hash", Text),
    Column("language", Text),
    Column("theme", Text),
    Column("timezone", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("signed_in_at", UtcDateTime),
)

# The browsers that are signed in to the panel. The cookie has a random id; `id_hash` is its SHA-256.
account_sessions = Table(
    "account_sessions",
    metadata,
    Column("id_hash", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("address", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
)

# Tokens for programs, which may do what `scopes` (of Scope) and the role of the account allow. `hash` is the SHA-256 of
# a token, and `prefix` its first characters, by which people recognize it.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("expires_at", UtcDateTime, index=True),
)

# The secret addresses of feeds, of a watch or (without `watch_id`) of all watches of an owner. `hash` is the SHA-256 of
# the secret.
feed_addresses = Table(
    "feed_addresses",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("owner_id", Text, ForeignKey("owners.id"), nullable=False, index=True),
    Column("watch_id", Text, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

# Failed sign-ins since the last pause of them: of an account (`account:` and a digest of its name, known or not) and
# from an address (`address:` and the address). No password is checked before `blocked_until`.
login_failures = Table(
    "login_failures",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False, index=True),
    Column("blocked_until", UtcDateTime),
)

# `definition` has the fields of a watch file, except the name and `active`. `changed_at` is when any of them changed.
# `kind` is award for a watch of awards, promotion for one of promotions.
watches = Table(
    "watches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False, server_default="award"),
    Column("owner_id", Text, ForeignKey("owners.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("definition", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner_id", "name"),
)

# One row per watch and flights that match it now or matched it before. `since` is when the current or last match began,
# and `ended_at` when it became false; it is null while the match is true. `offer_id` is the offer that represents all
# fares, sources and parties of the flights, and `miles` the price that was last recorded in `alerts`.
matches = Table(
    "matches",
    metadata,
    Column("watch_key", Text, primary_key=True),
    Column("flight_key", Text, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("departure_date", Date, nullable=False),
    Column("offer_id", Text, nullable=False),
    Column("miles", Integer),
    Column("since", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("end_reason", Text),
    Index(None, "origin", "destination", "departure_date"),
    Index(None, "flight_key"),
)

# One row per match of an offer and a watch, with the price at that time; whether it was sent is in the outbox.
alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("watch_id", Text),
    Column("offer_id", Text, nullable=False, index=True),
    Column("miles", Integer),
    Column("run_id", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("event_type", Text, nullable=False),
    Index(None, "watch_id", "created_at"),
)

# One row per message and watch: due rows about one fare are sent as one message, which names all their watches, but
# each is held, canceled or sent separately. `status` is a DeliveryStatus. `watch_key` is the id of the watch, or the
# name of one that is not stored; `flight_key` is that of the offer. `notify_prefs` are the preferences of the watch
# (quiet hours, daily maximum, seats). `message_key` is set when a message is composed, or at its first attempt: it is
# the key of the message that contains the row. `digest_id` is the row of the digest that contains the message.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", Text, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("priority", Text, nullable=False, server_default="normal"),
    Column("watch_key", Text),
    Column("flight_key", Text),
    Column("run_id", Text),
    Column("miles", Integer),
    Column("notify_prefs", JSON(none_as_null=True)),
    Column("message_key", Text),
    Column("attempt_count", Integer, nullable=False, server_default="0"),
    Column("leased_by", Text),
    Column("leased_until", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("provider_id", Text),
    Column("note", Text),
    Column("digest_id", Integer),
    Index(None, "channel", "status", "priority", "next_attempt_at", "id"),  # the order in which claims read rows
    Index(None, "subject", "channel"),
    Index(None, "flight_key", "watch_key", "channel"),
    Index(None, "digest_id"),
    Index(None, "run_id"),
    Index("ix_outbox_status", "status", "id"),
    Index("ix_outbox_time", "created_at"),
    Index(None, "watch_key", "channel", "status", "priority", "next_attempt_at"),  # for daily caps
    # Room in each page for new versions of its rows, which PostgreSQL then writes without changing the indexes.
    postgresql_with={"fillfactor": 50},
)
#: The condition of an index, as IS_RARE_KIND: the events that are not about offers, which are few.
IS_NOTICE = outbox.c.event_type.not_in(
    [literal_column(f"'offer.{name}'") for name in ("matched", "dropped", "gone", "changed")]
)
Index("ix_outbox_event_type", outbox.c.event_type, outbox.c.id, sqlite_where=IS_NOTICE, postgresql_where=IS_NOTICE)
_IS_LEASED = outbox.c.leased_by.is_not(None)
Index(None, outbox.c.leased_by, sqlite_where=_IS_LEASED, postgresql_where=_IS_LEASED)  # the rows of a worker

# One row per delivery attempt. `result` is a DeliveryResult.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("outbox_id", Integer, ForeignKey("outbox.id"), nullable=False, index=True),
    Column("attempted_at", UtcDateTime, nullable=False),
    Column("result", Text, nullable=False),
    Column("retry_at", UtcDateTime),
    Column("note", Text, nullable=False),
    Column("seconds", Float),
)

# The public pages under /s/. `body` is an event without what concerns only its owner; `key` is that of the message.
shares = Table(
    "shares",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("body", JSON, nullable=False),
    Column("locale", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("revoked_at", UtcDateTime),
)

# The channels added by command. Secrets are stored only as references or encrypted, never in plain text.
channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("options", JSON, nullable=False),
    Column("secrets", JSON, nullable=False),
    Column("events", JSON, nullable=False),
    Column("priority", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# The state of each channel, including channels from settings: pause, back-off, and remaining rate-limit tokens.
channel_states = Table(
    "channel_states",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("paused_at", UtcDateTime),
    Column("paused_reason", Text),
    Column("paused_by", Text),
    Column("backoff_until", UtcDateTime),
    Column("failures", Integer, nullable=False, server_default="0"),  # consecutive
    Column("tokens", Float),
    Column("tokens_at", UtcDateTime),
)

# The people that a channel writes to. Some services accept messages only for a limited time after a person's last one.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("name", Text),
    Column("owner_id", Text, ForeignKey("owners.id"), index=True),
    Column("added_at", UtcDateTime, nullable=False),
    Column("last_message_at", UtcDateTime),
    Column("stopped_at", UtcDateTime),
    UniqueConstraint("channel", "address"),
)

# The prices of one search day (UTC) for a key (search.price_history.PriceKey). `prices` has the number of departure
# days by lowest price in miles, by lead time. On SQLite the table is clustered by its key, so that the rows of a route
# are read together.
price_samples = Table(
    "price_samples",
    metadata,
    Column("program", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("cabin", Text, primary_key=True),
    Column("mixed_cabin", Boolean, primary_key=True),
    Column("search_day", Date, primary_key=True, index=True),
    Column("prices", JSON, nullable=False),
    Column("searches", Integer, nullable=False),
    Column("lowest", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# The price of each departure day of a route, for today and yesterday: another search of the same day can replace it.
# `prices` has the miles by departure day, with a minus sign if only a calendar shows them.
open_prices = Table(
    "open_prices",
    metadata,
    Column("program", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("cabin", Text, primary_key=True),
    Column("mixed_cabin", Boolean, primary_key=True),
    Column("search_day", Date, primary_key=True, index=True),
    Column("prices", JSON, nullable=False),
)

# The lowest price ever seen for a program, scope and cabin, and how much history is behind it.
price_records = Table(
    "price_records",
    metadata,
    Column("program", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("cabin", Text, primary_key=True),
    Column("mixed_cabin", Boolean, primary_key=True),
    Column("lowest", Integer, nullable=False),
    Column("lowest_day", Date, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("days", Integer, nullable=False),
    Column("searches", Integer, nullable=False),
    Column("earlier_lowest", Integer),
    Column("earlier_day", Date),
)

# The lowest price of each departure month on one search day (UTC), for charts.
month_prices = Table(
    "month_prices",
    metadata,
    Column("program", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("cabin", Text, primary_key=True),
    Column("mixed_cabin", Boolean, primary_key=True),
    Column("departure_month", Date, primary_key=True),
    Column("search_day", Date, primary_key=True, index=True),
    Column("lowest", Integer, nullable=False),
    Column("departure_date", Date, nullable=False),
    Column("days", Integer, nullable=False),
)
