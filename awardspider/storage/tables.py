"""The tables, the same for SQLite and PostgreSQL. What each is for stands in docs/storage.md."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

# Fixed names for what the engines would name each in its own way, so that a migration can drop them.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_CENT = Decimal("0.01")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes: in UTC on the way out, refused without a zone on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Amount(TypeDecorator[Decimal]):
    """Amounts of money: the exact decimal comes back, with two decimals or as many more as it has.

    SQLite has no decimals. It keeps the nearest double, which sorts, sums and reads well, and whose shortest text
    is the decimal that went in, up to 15 digits.
    """

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Float() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return float(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        amount = (Decimal(repr(value)) if isinstance(value, float) else Decimal(value)).normalize()
        exponent = amount.as_tuple().exponent
        return amount if isinstance(exponent, int) and exponent < -2 else amount.quantize(_CENT)


# What is true now: one row an offer, for ever; `gone_at` tells since when it is no longer there. Its `number` is for
# the history alone: ids are random, and each random key costs a page to write.
offers = Table(
    "offers",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("program", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("departure_date", Date, nullable=False),
    Column("cabin", Text, nullable=False),
    Column("miles", Integer),
    Column("taxes_amount", Amount),
    Column("taxes_currency", Text),
    Column("seats", Integer),
    Column("stops", Integer),
    Column("duration_minutes", Integer),
    Column("flights", Text, nullable=False),
    Column("segments", Text),
    Column("fare_name", Text),
    Column("booking_code", Text),
    Column("mixed_cabin", Boolean),
    Column("saver", Boolean),
    Column("on_sale", Boolean),
    Column("regular_miles", Integer),
    Column("chart_miles", Integer),
    Column("cash_amount", Amount),
    Column("cash_currency", Text),
    Column("booking_link", Text),
    Column("travelers", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("gone_at", UtcDateTime),
    Index(None, "origin", "destination", "departure_date"),
)

# Every change of an offer, by the offer's number. Clustered by its key on SQLite, so that there is one tree to write.
price_points = Table(
    "price_points",
    metadata,
    Column("offer", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("seen_at", UtcDateTime, primary_key=True),
    Column("miles", Integer),
    Column("taxes_amount", Amount),
    Column("taxes_currency", Text),
    Column("seats", Integer),
    Column("saver", Boolean),
    Column("on_sale", Boolean),
    Column("gone", Boolean, nullable=False, server_default=false()),
    sqlite_with_rowid=False,
)

# Every look, with what became of it.
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
    Column("answer", Text),
    Index(None, "program", "requested_at"),
)

# One row a crawl.
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
    Column("shape", JSON(none_as_null=True)),
    Column("drift", Text),
    Index(None, "program", "started_at"),
)

# One row a program: who crawls it now (the lease), and whether it wants to be left alone.
programs = Table(
    "programs",
    metadata,
    Column("program", Text, primary_key=True),
    Column("run_id", Text),
    Column("host", Text),
    Column("pid_space", Text),
    Column("pid", Integer),
    Column("since", UtcDateTime),
    Column("heartbeat_at", UtcDateTime),
    Column("blocked_until", UtcDateTime),
    Column("blocks_in_a_row", Integer, nullable=False, server_default="0"),
    Column("last_block_reason", Text),
    Column("last_block_at", UtcDateTime),
    Column("last_found_at", UtcDateTime),
    Column("calls_left", Integer),
    Column("calls_left_until", UtcDateTime),
)

# What a source of many programs scans for one of them, the whole list as it was last told.
monitored_routes = Table(
    "monitored_routes",
    metadata,
    Column("source", Text, primary_key=True),
    Column("program", Text, primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("routes", JSON, nullable=False),
)

promotions = Table(
    "promotions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("programs", JSON, nullable=False),
    Column("banks", JSON, nullable=False),
    Column("percent", Integer),
    Column("up_to", Boolean),
    Column("cents_per_mile", Amount),
    Column("routes", JSON, nullable=False),
    Column("book_by", Date),
    Column("travel_from", Date),
    Column("travel_until", Date),
    Column("targeted", Boolean),
    Column("published", UtcDateTime),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
)

watches = Table(
    "watches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("active", Boolean, nullable=False),
    Column("definition", JSON, nullable=False),
)

# An offer that met a watch, at that price, and which event was decided.
alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("watch", Text),
    Column("offer_id", Text, nullable=False, index=True),
    Column("miles", Integer),
    Column("run_id", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("event", Text),
    Index(None, "watch", "created_at"),
)

# What is to be told, and where. `status` is waiting, sending, sent, never, unknown, canceled or digested; `due_at` is
# not before when. `terms` are those of the watch (quiet hours, how many a day), `part_of` is the digest that told it.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("level", Text, nullable=False, server_default="normal"),
    Column("watch", Text),
    Column("terms", JSON(none_as_null=True)),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("leased_by", Text),
    Column("leased_until", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("far_id", Text),
    Column("note", Text),
    Column("part_of", Integer),
    Index(None, "channel", "status", "level", "due_at", "id"),  # a claim reads the first few of these
    Index(None, "channel", "subject"),
)

# Every try to deliver an outbox row. `result` is sent, later, never or unknown.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("outbox_id", Integer, ForeignKey("outbox.id"), nullable=False, index=True),
    Column("tried_at", UtcDateTime, nullable=False),
    Column("result", Text, nullable=False),
    Column("later_at", UtcDateTime),
    Column("note", Text, nullable=False),
    Column("seconds", Float),
)

# A channel that somebody added; texts may be references to secrets, never secrets.
channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("options", JSON, nullable=False),
    Column("secrets", JSON, nullable=False),
    Column("events", JSON, nullable=False),
    Column("level", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# How a channel stands, also one of the settings: whether it is paused, until when it rests, and how many calls its pace
# leaves room for (`room` at `room_at`).
channel_states = Table(
    "channel_states",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("paused_at", UtcDateTime),
    Column("paused_reason", Text),
    Column("paused_by", Text),
    Column("rests_until", UtcDateTime),
    Column("room", Float),
    Column("room_at", UtcDateTime),
)

# Who receives what a channel sends to persons, and when they last wrote (some channels answer only for a while).
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("name", Text),
    Column("added_at", UtcDateTime, nullable=False),
    Column("last_heard_at", UtcDateTime),
    Column("stopped_at", UtcDateTime),
    UniqueConstraint("channel", "address"),
)

# What an offer of this kind usually costs.
baselines = Table(
    "baselines",
    metadata,
    Column("program", Text, primary_key=True),
    Column("detail", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("cabin", Text, primary_key=True),
    Column("computed_at", UtcDateTime, nullable=False),
    Column("points", Integer, nullable=False),
    Column("lowest_miles", Integer, nullable=False),
    Column("quarter_miles", Integer, nullable=False),
    Column("median_miles", Integer, nullable=False),
)
