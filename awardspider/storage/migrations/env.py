"""What Alembic runs for each command: on the connection it was given, else on the database of the environment."""

import os
from pathlib import Path
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from awardspider.storage.engines import open_engine, writing
from awardspider.storage.tables import Amount, UtcDateTime, metadata


def rendered(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Our own types as what they are in the database, so that a version does not change when they do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Amount):
        return 'sa.Numeric().with_variant(sa.Float(), "sqlite")'
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        render_as_batch=True,  # SQLite alters a table by making it anew
        render_item=rendered,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = open_engine(os.environ.get("AWARD_DATABASE_URL", ""), Path(os.environ.get("AWARD_DATA_DIR", "data")))
    with writing(engine) as opened:
        run(opened)
    engine.dispose()
