"""Check of the backups in the data folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from awardspider.operations.backup.backups import FOLDER, find_backups
from awardspider.operations.doctor.findings import DoctorContext, Result, ok, warning
from awardspider.operations.texts import age_text

#: The default schedule makes a backup every day.
BACKUP_AGE = timedelta(days=3)


def check_backups(context: DoctorContext) -> Iterator[Result]:
    """Check that there is a recent backup in the data folder, unless nothing is stored yet."""
    newest = max((path.stat().st_mtime for path in find_backups(context.data_dir)), default=None)
    is_postgresql = context.open_store().engine.dialect.name == "postgresql"
    if is_postgresql and not shutil.which("pg_dump"):
        yield warning("pg_dump is missing, so scrapy backup cannot work", "Run: apt-get install postgresql-client")
    if newest is None:
        yield warning(
            f"There is no backup in {context.data_dir / FOLDER}",
            "Run: scrapy backup (the default schedule does so every night)",
        )
        return
    made_at = datetime.fromtimestamp(newest, UTC)
    if context.now - made_at > BACKUP_AGE:
        yield warning(
            f"The newest backup is {age_text(context.now - made_at)} old",
            "Run: scrapy backup, and check that the schedule has the task backup",
        )
    else:
        yield ok(f"The newest backup is of {made_at:%Y-%m-%d %H:%M} UTC")
