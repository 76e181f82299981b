"""An upgrade on a real Scrapyd: a newer egg migrates the database, and an older one says that it is too old."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scrapy.settings import Settings
from sqlalchemy import text

from awardspider.operations.deployment import build_egg
from awardspider.operations.job_submission import SchedulerContext
from awardspider.operations.scheduler import Scheduler
from awardspider.operations.scrapyd import JobState
from awardspider.storage.schedule import ScheduleEntry, save_schedule_entries
from awardspider.storage.scheduled_jobs import JobStatus, ScheduledJob, recent_jobs
from awardspider.storage.store import Store, open_store
from tests.support.paths import ROOT
from tests.support.sandbox_server import sandbox
from tests.support.scrapyd_server import ScrapydServer, scrapyd_server
from tests.support.waiting import wait_until

ROUTE = {"origin": "LAX", "destination": "AUS", "dates": "+30..+60", "detail": "day"}
HOUR = timedelta(hours=1)
NEW_MIGRATION = '''"""Add a table, as a later version would."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("of_a_later_version", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table("of_a_later_version")
'''


@pytest.fixture(scope="module")
def scrapyd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScrapydServer]:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"  # the job's clock is the real one
    folder = tmp_path_factory.mktemp("scrapyd")
    with sandbox(seed=7, clock=now) as simulated, scrapyd_server(folder, AWARD_SANDBOX_URL=simulated.url) as running:
        yield running


@pytest.fixture(scope="module")
def later_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with one more migration."""
    copy = tmp_path_factory.mktemp("later")
    shutil.copytree(ROOT / "awardspider", copy / "awardspider", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "scrapy.cfg", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    (copy / "awardspider/storage/migrations/versions/0002_later.py").write_text(NEW_MIGRATION)
    return copy


def version(store: Store) -> str:
    with store.reading() as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


class RunningScheduler:
    """A scheduler that was started before the upgrade, with one entry that is due every hour."""

    def __init__(self, store: Store, scrapyd: ScrapydServer) -> None:
        self.store = store
        self.now = datetime.now(UTC)
        entry = ScheduleEntry(name="united", spider="united", every_seconds=3600, arguments=ROUTE, max_seconds=600)
        save_schedule_entries(store, [entry], now=self.now)
        settings = Settings({"AWARD_SANDBOX_URL": scrapyd.environment["AWARD_SANDBOX_URL"], "AWARD_KEYS": {}})
        settings.setmodule("awardspider.settings")
        settings.set("AWARD_SANDBOX_URL", scrapyd.environment["AWARD_SANDBOX_URL"])
        self.scheduler = Scheduler(
            SchedulerContext(store=store, server=scrapyd.client, settings=settings, now=lambda: self.now)
        )

    def next_job(self) -> ScheduledJob:
        """Start the job that is due an hour later, and return it when it has ended."""
        self.now += HOUR
        before = len(recent_jobs(self.store, limit=99))

        def has_ended() -> bool:
            self.scheduler.tick()
            found = recent_jobs(self.store, limit=99)
            return len(found) > before and found[0].ended_at is not None

        wait_until(has_ended, 180)
        return recent_jobs(self.store, limit=1)[0]


def test_eggs_of_two_versions_with_one_database(scrapyd: ScrapydServer, later_project: Path) -> None:
    store = open_store("", scrapyd.data)  # of this version, as a scheduler has it that was not stopped
    try:
        later = build_egg(later_project)
        scrapyd.client.add_version("1-old", build_egg(ROOT))
        scheduler = RunningScheduler(store, scrapyd)

        scrapyd.client.add_version("2-later", later)
        scrapyd.client.schedule("united", ROUTE, job="migrates")
        scrapyd.wait_for("migrates", JobState.FINISHED)
        log = scrapyd.job_log("united", "migrates")
        assert "to version 0002" in log
        assert "Spider closed (finished)" in log
        assert version(store) == "0002"

        scrapyd.client.delete_version("2-later")
        job = scheduler.next_job()
        assert job.status is JobStatus.NOT_STARTED
        assert job.run_id is None
        assert job.note is not None
        assert (
            "has schema version 0002, from a newer awardspider; this installation supports 0001: update it" in job.note
        )
        assert "Traceback" not in scrapyd.job_log("united", str(job.job))

        scrapyd.client.add_version("2-later", later)
        job = scheduler.next_job()
        assert (job.status, job.run_id is None) == (JobStatus.SUCCEEDED, False), job.note
    finally:
        store.close()
