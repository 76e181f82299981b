"""What Alembic runs for each command: on the connection it was given, else on the database of the environment."""

import os
from pathlib import Path

from alembic import context
from sqlalchemy import Connection

from awardspider.storage.engines import open_engine, writing
from awardspider.storage.tables import metadata


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_type=True, render_as_batch=True)
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
