"""What more programs need: chart prices, what runs looked like, calls still allowed, what a source scans."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("offers", sa.Column("chart_miles", sa.Integer(), nullable=True))
    op.add_column("runs", sa.Column("shape", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("runs", sa.Column("drift", sa.Text(), nullable=True))
    op.add_column("programs", sa.Column("calls_left", sa.Integer(), nullable=True))
    op.add_column("programs", sa.Column("calls_left_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("searches", sa.Column("subject", sa.Text(), nullable=True))
    op.create_table(
        "monitored_routes",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("routes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("source", "program", name=op.f("pk_monitored_routes")),
    )
    op.drop_index("ix_offers_program_origin_destination_departure_date", table_name="offers")
    op.create_index(
        op.f("ix_offers_origin_destination_departure_date"), "offers", ["origin", "destination", "departure_date"]
    )


def downgrade() -> None:
    op.drop_index("ix_offers_origin_destination_departure_date", table_name="offers")
    op.create_index(
        op.f("ix_offers_program_origin_destination_departure_date"),
        "offers",
        ["program", "origin", "destination", "departure_date"],
    )
    op.drop_table("monitored_routes")
    for table, column in (
        ("searches", "subject"),
        ("programs", "calls_left_until"),
        ("programs", "calls_left"),
        ("runs", "drift"),
        ("runs", "shape"),
        ("offers", "chart_miles"),
    ):
        op.drop_column(table, column)
