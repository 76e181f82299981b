"""What more programs need: chart prices, what runs looked like, the calls a program still allows."""

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
    for table, column in (
        ("programs", "calls_left_until"),
        ("programs", "calls_left"),
        ("runs", "drift"),
        ("runs", "shape"),
        ("offers", "chart_miles"),
    ):
        op.drop_column(table, column)
