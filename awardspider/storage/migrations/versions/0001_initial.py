"""Create all tables."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The sort orders of lists of offers, which contain only those that are not gone.
_LIST_INDEXES = {
    "ix_offers_rank": [
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
    ],
    "ix_offers_miles": ["cabin", "miles", "deal_rank"],
    "ix_offers_date": ["departure_date", "deal_rank"],
    "ix_offers_taxes": ["program", "source", "taxes_currency", "taxes", "deal_rank"],
    "ix_offers_duration": ["duration_minutes", "deal_rank"],
    "ix_offers_cents_per_point": ["cents_per_point"],
    "ix_offers_program": ["program", "deal_rank"],
}


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("watch_id", sa.Text(), nullable=True),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("miles", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_offer_id"), "alerts", ["offer_id"], unique=False)
    op.create_index(op.f("ix_alerts_watch_id_created_at"), "alerts", ["watch_id", "created_at"], unique=False)
    op.create_table(
        "change_statistics",
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("lead_time", sa.Integer(), nullable=False),
        sa.Column("interval_group", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("changed_days", sa.Float(), nullable=False),
        sa.Column("unchanged_days", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint(
            "program",
            "kind",
            "origin",
            "destination",
            "lead_time",
            "interval_group",
            "quarter",
            name=op.f("pk_change_statistics"),
        ),
    )
    op.create_table(
        "channel_states",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("paused_by", sa.Text(), nullable=True),
        sa.Column("backoff_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tokens", sa.Float(), nullable=True),
        sa.Column("tokens_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_states")),
    )
    op.create_table(
        "channels",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.JSON(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channels")),
    )
    op.create_table(
        "exchange_rates",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric().with_variant(sa.Float(), "sqlite"), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "day", "currency", name=op.f("pk_exchange_rates")),
    )
    op.create_table(
        "last_searches",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("target_program", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("travelers", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cabins", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("search_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("invalid", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "origin",
            "destination",
            "program",
            "target_program",
            "kind",
            "travelers",
            "cabins",
            "first_day",
            "last_day",
            name=op.f("pk_last_searches"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "matches",
        sa.Column("watch_key", sa.Text(), nullable=False),
        sa.Column("flight_key", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("departure_date", sa.Date(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("miles", sa.Integer(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("watch_key", "flight_key", name=op.f("pk_matches")),
    )
    op.create_index(op.f("ix_matches_flight_key"), "matches", ["flight_key"], unique=False)
    op.create_index(
        op.f("ix_matches_origin_destination_departure_date"),
        "matches",
        ["origin", "destination", "departure_date"],
        unique=False,
    )
    op.create_table(
        "month_prices",
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("cabin", sa.Text(), nullable=False),
        sa.Column("mixed_cabin", sa.Boolean(), nullable=False),
        sa.Column("departure_month", sa.Date(), nullable=False),
        sa.Column("search_day", sa.Date(), nullable=False),
        sa.Column("lowest", sa.Integer(), nullable=False),
        sa.Column("departure_date", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "program",
            "origin",
            "destination",
            "cabin",
            "mixed_cabin",
            "departure_month",
            "search_day",
            name=op.f("pk_month_prices"),
        ),
    )
    op.create_index(op.f("ix_month_prices_search_day"), "month_prices", ["search_day"], unique=False)
    op.create_table(
        "monitored_routes",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("routes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("source", "program", name=op.f("pk_monitored_routes")),
    )
    op.create_table(
        "offers",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("departure_date", sa.Date(), nullable=False),
        sa.Column("cabin", sa.Text(), nullable=False),
        sa.Column("miles", sa.Integer(), nullable=True),
        sa.Column("taxes", sa.Numeric().with_variant(sa.Float(), "sqlite"), nullable=True),
        sa.Column("taxes_currency", sa.Text(), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("stops", sa.Integer(), nullable=True),
        sa.Column("flights", sa.Text(), nullable=True),
        sa.Column("duration_minutes", sa.Integer(), nullable=True),
        sa.Column("fare_name", sa.Text(), nullable=True),
        sa.Column("booking_code", sa.Text(), nullable=True),
        sa.Column("mixed_cabin", sa.Boolean(), nullable=True),
        sa.Column("saver", sa.Boolean(), nullable=True),
        sa.Column("on_sale", sa.Boolean(), nullable=True),
        sa.Column("regular_miles", sa.Integer(), nullable=True),
        sa.Column("chart_miles", sa.Integer(), nullable=True),
        sa.Column("cash_price", sa.Numeric().with_variant(sa.Float(), "sqlite"), nullable=True),
        sa.Column("cash_currency", sa.Text(), nullable=True),
        sa.Column("booking_link", sa.Text(), nullable=True),
        sa.Column("travelers", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unconfirmed_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("departs_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("flight_key", sa.Text(), nullable=False),
        sa.Column("deal_class", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("cents_per_point", sa.Numeric().with_variant(sa.Float(), "sqlite"), nullable=True),
        sa.Column("judgment", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("discount_percent", sa.Integer(), nullable=True),
        sa.Column("deal_rank", sa.BigInteger(), server_default="2305843009213693951", nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_offers")),
        sa.UniqueConstraint("id", name=op.f("uq_offers_id")),
    )
    op.create_index(op.f("ix_offers_flight_key"), "offers", ["flight_key"], unique=False)
    op.create_index(
        "ix_offers_route",
        "offers",
        ["origin", "destination", "departure_date", "cabin", "miles", "gone_at"],
        unique=False,
    )
    is_live = sa.text("gone_at IS NULL")
    for name, columns in _LIST_INDEXES.items():
        op.create_index(name, "offers", columns, unique=False, sqlite_where=is_live, postgresql_where=is_live)
    owners = op.create_table(
        "owners",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("home_airport", sa.Text(), nullable=True),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("targeted", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owners")),
    )
    op.bulk_insert(
        owners,
        [
            {
                "id": "default",
                "name": "default",
                "locale": "en",
                "timezone": "UTC",
                "points": {},
                "targeted": [],
                "created_at": datetime.now(UTC),
            }
        ],
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("priority", sa.Text(), server_default="normal", nullable=False),
        sa.Column("watch_key", sa.Text(), nullable=True),
        sa.Column("flight_key", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("miles", sa.Integer(), nullable=True),
        sa.Column("notify_prefs", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("message_key", sa.Text(), nullable=True),
        sa.Column("attempt_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("digest_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index(op.f("ix_outbox_digest_id"), "outbox", ["digest_id"], unique=False)
    op.create_index(op.f("ix_outbox_run_id"), "outbox", ["run_id"], unique=False)
    op.create_index("ix_outbox_status", "outbox", ["status", "id"], unique=False)
    op.create_index("ix_outbox_time", "outbox", ["created_at"], unique=False)
    is_notice = sa.text("event_type NOT IN ('offer.matched', 'offer.dropped', 'offer.gone', 'offer.changed')")
    op.create_index(
        "ix_outbox_event_type",
        "outbox",
        ["event_type", "id"],
        unique=False,
        sqlite_where=is_notice,
        postgresql_where=is_notice,
    )
    op.create_index(
        op.f("ix_outbox_flight_key_watch_key_channel"), "outbox", ["flight_key", "watch_key", "channel"], unique=False
    )
    op.create_index(
        op.f("ix_outbox_channel_status_priority_next_attempt_at_id"),
        "outbox",
        ["channel", "status", "priority", "next_attempt_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_outbox_leased_by"),
        "outbox",
        ["leased_by"],
        unique=False,
        sqlite_where=sa.text("leased_by IS NOT NULL"),
        postgresql_where=sa.text("leased_by IS NOT NULL"),
    )
    op.create_index(op.f("ix_outbox_subject_channel"), "outbox", ["subject", "channel"], unique=False)
    op.create_index(
        op.f("ix_outbox_watch_key_channel_status_priority_next_attempt_at"),
        "outbox",
        ["watch_key", "channel", "status", "priority", "next_attempt_at"],
        unique=False,
    )
    op.create_table(
        "price_points",
        sa.Column(
            "offer_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("miles", sa.Integer(), nullable=True),
        sa.Column("taxes", sa.Numeric().with_variant(sa.Float(), "sqlite"), nullable=True),
        sa.Column("taxes_currency", sa.Text(), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("saver", sa.Boolean(), nullable=True),
        sa.Column("on_sale", sa.Boolean(), nullable=True),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("offer_number", "seen_at", name=op.f("pk_price_points")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "price_records",
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("cabin", sa.Text(), nullable=False),
        sa.Column("mixed_cabin", sa.Boolean(), nullable=False),
        sa.Column("lowest", sa.Integer(), nullable=False),
        sa.Column("lowest_day", sa.Date(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("searches", sa.Integer(), nullable=False),
        sa.Column("earlier_lowest", sa.Integer(), nullable=True),
        sa.Column("earlier_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint(
            "program", "scope", "origin", "destination", "cabin", "mixed_cabin", name=op.f("pk_price_records")
        ),
    )
    op.create_table(
        "price_samples",
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("cabin", sa.Text(), nullable=False),
        sa.Column("mixed_cabin", sa.Boolean(), nullable=False),
        sa.Column("search_day", sa.Date(), nullable=False),
        sa.Column("prices", sa.JSON(), nullable=False),
        sa.Column("searches", sa.Integer(), nullable=False),
        sa.Column("lowest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "program",
            "scope",
            "origin",
            "destination",
            "cabin",
            "mixed_cabin",
            "search_day",
            name=op.f("pk_price_samples"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_price_samples_search_day"), "price_samples", ["search_day"], unique=False)
    op.create_table(
        "open_prices",
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("cabin", sa.Text(), nullable=False),
        sa.Column("mixed_cabin", sa.Boolean(), nullable=False),
        sa.Column("search_day", sa.Date(), nullable=False),
        sa.Column("prices", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint(
            "program", "origin", "destination", "cabin", "mixed_cabin", "search_day", name=op.f("pk_open_prices")
        ),
    )
    op.create_index(op.f("ix_open_prices_search_day"), "open_prices", ["search_day"], unique=False)
    op.create_table(
        "programs",
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("pid_namespace", sa.Text(), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("leased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consecutive_blocks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_block_reason", sa.Text(), nullable=True),
        sa.Column("last_block_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quota_remaining", sa.Integer(), nullable=True),
        sa.Column("quota_resets_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("program", name=op.f("pk_programs")),
    )
    op.create_table(
        "promotions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("programs", sa.JSON(), nullable=False),
        sa.Column("banks", sa.JSON(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("up_to", sa.Boolean(), nullable=True),
        sa.Column("bonus_or_discount", sa.Text(), nullable=True),
        sa.Column("cents_per_mile", sa.Numeric().with_variant(sa.Float(), "sqlite"), nullable=True),
        sa.Column("miles_price", sa.Integer(), nullable=True),
        sa.Column("routes", sa.JSON(), nullable=False),
        sa.Column("book_from", sa.Date(), nullable=True),
        sa.Column("book_by", sa.Date(), nullable=True),
        sa.Column("travel_from", sa.Date(), nullable=True),
        sa.Column("travel_until", sa.Date(), nullable=True),
        sa.Column("targeted", sa.Boolean(), nullable=True),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
    )
    op.create_index(op.f("ix_promotions_kind_last_seen_at"), "promotions", ["kind", "last_seen_at"], unique=False)
    op.create_index(op.f("ix_promotions_announced_at_id"), "promotions", ["announced_at", "id"], unique=False)
    op.create_index(op.f("ix_promotions_book_by"), "promotions", ["book_by"], unique=False)
    op.create_index(op.f("ix_promotions_ended_at"), "promotions", ["ended_at"], unique=False)
    op.create_table(
        "announcements",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("promotion_id", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("book_by", sa.Date(), nullable=True),
        sa.Column("expired", sa.Boolean(), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "entry_id", name=op.f("pk_announcements")),
    )
    op.create_index(op.f("ix_announcements_promotion_id"), "announcements", ["promotion_id"], unique=False)
    op.create_index(op.f("ix_announcements_last_seen_at"), "announcements", ["last_seen_at"], unique=False)
    op.create_table(
        "promotion_sources",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("selector", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entries", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_promotion_sources")),
    )
    op.create_table(
        "route_histories",
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("searches", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("empty_streak", sa.Integer(), nullable=False),
        sa.Column("empty_days", sa.Integer(), nullable=False),
        sa.Column("last_found_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program", "origin", "destination", name=op.f("pk_route_histories")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("spider", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=True),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finish_reason", sa.Text(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=True),
        sa.Column("empty", sa.Integer(), nullable=True),
        sa.Column("failed", sa.Integer(), nullable=True),
        sa.Column("offers", sa.Integer(), nullable=True),
        sa.Column("stats", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("field_coverage", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("coverage_drop", sa.Text(), nullable=True),
        sa.Column("monitors", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_job"), "runs", ["job"], unique=False)
    op.create_index(op.f("ix_runs_program_started_at"), "runs", ["program", "started_at"], unique=False)
    op.create_index(op.f("ix_runs_started_at"), "runs", ["started_at"], unique=False)
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index(
        op.f("ix_incidents_key"),
        "incidents",
        ["key"],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index(op.f("ix_incidents_resolved_at"), "incidents", ["resolved_at"], unique=False)

    op.create_table(
        "schedule_entries",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("spider", sa.Text(), nullable=True),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("cron", sa.Text(), nullable=True),
        sa.Column("every_seconds", sa.Integer(), nullable=True),
        sa.Column("jitter_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("timezone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("max_seconds", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule_entries")),
    )
    op.create_table(
        "scheduled_jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("spider", sa.Text(), nullable=True),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("job", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_jobs")),
    )
    op.create_index(op.f("ix_scheduled_jobs_entry_due_at"), "scheduled_jobs", ["entry", "due_at"], unique=False)
    op.create_index(op.f("ix_scheduled_jobs_job"), "scheduled_jobs", ["job"], unique=False)
    op.create_index(op.f("ix_scheduled_jobs_status"), "scheduled_jobs", ["status"], unique=False)

    op.create_table(
        "services",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("pid_namespace", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", "host", name=op.f("pk_services")),
    )
    op.create_table(
        "search_totals",
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("searches", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("program", "day", "outcome", "reason", name=op.f("pk_search_totals")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_visits",
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("travelers", sa.Integer(), nullable=False),
        sa.Column("cabins", sa.Text(), nullable=False),
        sa.Column("target_program", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("searched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "program",
            "kind",
            "origin",
            "destination",
            "travelers",
            "cabins",
            "target_program",
            "first_day",
            name=op.f("pk_search_visits"),
        ),
    )
    op.create_table(
        "searches",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("cabins", sa.Text(), nullable=False),
        sa.Column("travelers", sa.Integer(), nullable=False),
        sa.Column("target_program", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("invalid", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("response_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_searches")),
    )
    op.create_index("ix_searches_time", "searches", ["requested_at"], unique=False)
    op.create_index("ix_searches_program", "searches", ["program", "requested_at"], unique=False)
    op.create_index("ix_searches_outcome", "searches", ["program", "outcome", "reason", "requested_at"], unique=False)
    op.create_index(
        "ix_searches_route",
        "searches",
        ["origin", "destination", "requested_at", "program", "outcome", "invalid", "cabins", "target_program"],
        unique=False,
    )
    for name, columns, condition in (
        ("ix_searches_reason", ["reason", "requested_at"], sa.text("reason IS NOT NULL")),
        ("ix_searches_kind", ["kind", "requested_at"], sa.text("kind IN ('bulk', 'routes')")),
    ):
        op.create_index(name, "searches", columns, unique=False, sqlite_where=condition, postgresql_where=condition)
    op.create_index(op.f("ix_searches_run_id"), "searches", ["run_id"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_attempts_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_outbox_id"), "attempts", ["outbox_id"], unique=False)
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_subscribers_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("channel", "address", name=op.f("uq_subscribers_channel_address")),
    )
    op.create_index(op.f("ix_subscribers_owner_id"), "subscribers", ["owner_id"], unique=False)
    op.create_table(
        "watches",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="award", nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_watches_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watches")),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_watches_owner_id_name")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("theme", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_accounts_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )
    op.create_index(op.f("ix_accounts_owner_id"), "accounts", ["owner_id"], unique=False)
    op.create_table(
        "account_sessions",
        sa.Column("id_hash", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_account_sessions_account_id")),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_account_sessions")),
    )
    op.create_index(op.f("ix_account_sessions_account_id"), "account_sessions", ["account_id"], unique=False)
    op.create_index(op.f("ix_account_sessions_expires_at"), "account_sessions", ["expires_at"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_api_tokens_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_tokens_hash")),
    )
    op.create_index(op.f("ix_api_tokens_account_id"), "api_tokens", ["account_id"], unique=False)
    op.create_index(op.f("ix_api_tokens_expires_at"), "api_tokens", ["expires_at"], unique=False)
    op.create_table(
        "feed_addresses",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("watch_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["owners.id"], name=op.f("fk_feed_addresses_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_addresses")),
        sa.UniqueConstraint("hash", name=op.f("uq_feed_addresses_hash")),
    )
    op.create_index(op.f("ix_feed_addresses_owner_id"), "feed_addresses", ["owner_id"], unique=False)
    op.create_index(op.f("ix_feed_addresses_watch_id"), "feed_addresses", ["watch_id"], unique=False)
    op.create_table(
        "login_failures",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_login_failures")),
    )
    op.create_index(op.f("ix_login_failures_last_at"), "login_failures", ["last_at"], unique=False)
    op.create_table(
        "shares",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shares")),
        sa.UniqueConstraint("key", name=op.f("uq_shares_key")),
    )
    op.create_index(op.f("ix_shares_expires_at"), "shares", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_shares_expires_at"), table_name="shares")
    op.drop_table("shares")
    op.drop_index(op.f("ix_login_failures_last_at"), table_name="login_failures")
    op.drop_table("login_failures")
    op.drop_index(op.f("ix_feed_addresses_watch_id"), table_name="feed_addresses")
    op.drop_index(op.f("ix_feed_addresses_owner_id"), table_name="feed_addresses")
    op.drop_table("feed_addresses")
    op.drop_index(op.f("ix_api_tokens_expires_at"), table_name="api_tokens")
    op.drop_index(op.f("ix_api_tokens_account_id"), table_name="api_tokens")
    op.drop_table("api_tokens")
    op.drop_index(op.f("ix_account_sessions_expires_at"), table_name="account_sessions")
    op.drop_index(op.f("ix_account_sessions_account_id"), table_name="account_sessions")
    op.drop_table("account_sessions")
    op.drop_index(op.f("ix_accounts_owner_id"), table_name="accounts")
    op.drop_table("accounts")
    op.drop_table("watches")
    op.drop_index(op.f("ix_subscribers_owner_id"), table_name="subscribers")
    op.drop_table("subscribers")
    op.drop_index(op.f("ix_attempts_outbox_id"), table_name="attempts")
    op.drop_table("attempts")
    op.drop_index(op.f("ix_searches_run_id"), table_name="searches")
    for name in ("kind", "reason", "route", "outcome", "program", "time"):
        op.drop_index(f"ix_searches_{name}", table_name="searches")
    op.drop_table("searches")
    op.drop_table("search_visits")
    op.drop_table("search_totals")
    op.drop_table("services")
    op.drop_index(op.f("ix_scheduled_jobs_status"), table_name="scheduled_jobs")
    op.drop_index(op.f("ix_scheduled_jobs_job"), table_name="scheduled_jobs")
    op.drop_index(op.f("ix_scheduled_jobs_entry_due_at"), table_name="scheduled_jobs")

    op.drop_table("scheduled_jobs")
    op.drop_table("schedule_entries")
    op.drop_index(op.f("ix_incidents_resolved_at"), table_name="incidents")
    op.drop_index(
        op.f("ix_incidents_key"),
        table_name="incidents",
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )

    op.drop_table("incidents")
    op.drop_index(op.f("ix_runs_started_at"), table_name="runs")
    op.drop_index(op.f("ix_runs_job"), table_name="runs")
    op.drop_index(op.f("ix_runs_program_started_at"), table_name="runs")
    op.drop_table("runs")
    op.drop_table("route_histories")
    op.drop_table("promotion_sources")
    op.drop_index(op.f("ix_announcements_last_seen_at"), table_name="announcements")
    op.drop_index(op.f("ix_announcements_promotion_id"), table_name="announcements")
    op.drop_table("announcements")
    op.drop_index(op.f("ix_promotions_ended_at"), table_name="promotions")
    op.drop_index(op.f("ix_promotions_book_by"), table_name="promotions")
    op.drop_index(op.f("ix_promotions_announced_at_id"), table_name="promotions")
    op.drop_index(op.f("ix_promotions_kind_last_seen_at"), table_name="promotions")
    op.drop_table("promotions")
    op.drop_table("programs")
    op.drop_index(op.f("ix_open_prices_search_day"), table_name="open_prices")
    op.drop_table("open_prices")
    op.drop_index(op.f("ix_price_samples_search_day"), table_name="price_samples")
    op.drop_table("price_samples")
    op.drop_table("price_records")
    op.drop_table("price_points")
    op.drop_index(op.f("ix_outbox_watch_key_channel_status_priority_next_attempt_at"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_subject_channel"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_flight_key_watch_key_channel"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_digest_id"), table_name="outbox")
    op.drop_index("ix_outbox_event_type", table_name="outbox")
    op.drop_index("ix_outbox_status", table_name="outbox")
    op.drop_index("ix_outbox_time", table_name="outbox")
    op.drop_index(op.f("ix_outbox_leased_by"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_channel_status_priority_next_attempt_at_id"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("owners")
    for name in _LIST_INDEXES:
        op.drop_index(name, table_name="offers")
    op.drop_index("ix_offers_route", table_name="offers")
    op.drop_index(op.f("ix_offers_flight_key"), table_name="offers")
    op.drop_table("offers")
    op.drop_table("monitored_routes")
    op.drop_index(op.f("ix_month_prices_search_day"), table_name="month_prices")
    op.drop_table("month_prices")
    op.drop_index(op.f("ix_matches_origin_destination_departure_date"), table_name="matches")
    op.drop_table("matches")
    op.drop_table("last_searches")
    op.drop_table("exchange_rates")
    op.drop_table("channels")
    op.drop_table("channel_states")
    op.drop_table("change_statistics")
    op.drop_index(op.f("ix_alerts_watch_id_created_at"), table_name="alerts")
    op.drop_index(op.f("ix_alerts_offer_id"), table_name="alerts")
    op.drop_table("alerts")
