"""The Alembic environment. Migrations run on the given connection, or on the database in AWARD_DATABASE_URL."""

import os
from pathlib import Path
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from awardspider.storage.column_types import Amount, Float, Integer, Text, UtcDateTime
from awardspider.storage.engines import open_engine, writing
from awardspider.storage.schema import metadata


def render_type(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Render our column types as plain SQLAlchemy types, so that migrations do not depend on our code."""
    if kind == "type" and isinstance(item, Float | Integer | Text):
        return f"sa.{type(item).__name__}()"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Amount):
        return 'sa.Numeric().with_variant(sa.Float(), "sqlite")'
    return False


def run_migrations(connection: Connection) -> None:
    """Run the migrations on a connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        render_as_batch=True,  # SQLite alters a table by copying it
        render_item=render_type,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run_migrations(given)
else:
    engine = open_engine(os.environ.get("AWARD_DATABASE_URL", ""), Path(os.environ.get("AWARD_DATA_DIR", "data")))
    with writing(engine) as opened:
        run_migrations(opened)
    engine.dispose()
