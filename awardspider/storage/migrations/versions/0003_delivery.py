"""What delivery needs: leases and ends of outbox rows, channels and how they stand, the event of an alert."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _new_columns() -> tuple[sa.Column, ...]:  # type: ignore[type-arg]  # of several types
    return (
        sa.Column("level", sa.Text(), nullable=False, server_default="normal"),
        sa.Column("watch", sa.Text(), nullable=True),
        sa.Column("terms", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("far_id", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("part_of", sa.Integer(), nullable=True),
    )


def upgrade() -> None:
    for column in _new_columns():
        op.add_column("outbox", column)
    op.drop_index("ix_outbox_status_due_at", table_name="outbox")
    due = ["channel", "status", "level", "due_at", "id"]
    op.create_index(op.f("ix_outbox_channel_status_level_due_at_id"), "outbox", due)
    op.create_index(op.f("ix_outbox_channel_subject"), "outbox", ["channel", "subject"])
    # Until now there was no dispatcher: what waits is of another form, and of days that are over.
    op.execute("UPDATE outbox SET status = 'canceled', note = 'written before there was delivery'")
    op.add_column("alerts", sa.Column("event", sa.Text(), nullable=True))
    op.create_table(
        "channels",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.JSON(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channels")),
    )
    op.create_table(
        "channel_states",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("paused_by", sa.Text(), nullable=True),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("room", sa.Float(), nullable=True),
        sa.Column("room_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_states")),
    )


def downgrade() -> None:
    op.drop_table("channel_states")
    op.drop_table("channels")
    op.drop_column("alerts", "event")
    op.drop_index("ix_outbox_channel_subject", table_name="outbox")
    op.drop_index("ix_outbox_channel_status_level_due_at_id", table_name="outbox")
    op.create_index(op.f("ix_outbox_status_due_at"), "outbox", ["status", "due_at"])
    for column in reversed(_new_columns()):
        op.drop_column("outbox", column.name)
