"""The schedule with a real Scrapyd: jobs against the sandbox, and processes that are killed while they run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awardspider import clock
from awardspider.operations.deployment import deploy
from awardspider.storage.job_runs import runs_of_jobs
from awardspider.storage.schedule import ScheduledTask, ScheduleEntry, save_schedule_entries
from awardspider.storage.scheduled_jobs import OPEN, JobStatus, ScheduledJob, recent_jobs, update_job
from awardspider.storage.services import ServiceName, service_rows
from awardspider.storage.store import Store, open_store
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox, sandbox
from tests.support.scrapyd_server import NAME, PASSWORD, ScrapydServer, scrapyd_server
from tests.support.waiting import wait_until

HOSTS = ("www.united.com", "www.delta.com")
ROUTE = {"origin": "LAX", "destination": "AUS", "dates": "+30..+60", "detail": "day"}
YEAR = 365 * 86400


@dataclass
class World:
    """Scrapyd with the deployed project, the sandbox and the database; `scheduler` runs `scrapy scheduler`."""

    scrapyd: ScrapydServer
    sandbox: Sandbox
    store: Store
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWARD_")},
            "AWARD_SCRAPYD_URL": self.scrapyd.url,
            "AWARD_DATA_DIR": str(self.scrapyd.data),
            "AWARD_SANDBOX_URL": self.sandbox.url,
            "SCRAPYD_USERNAME": NAME,
            "SCRAPYD_PASSWORD": PASSWORD,
        }

    def scrapy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scrapy", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )

    @contextmanager
    def scheduler(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the scheduler until the block ends."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "scrapy", "scheduler"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.process = process
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def add(self, name: str, **fields: object) -> None:
        """Add an entry that is due at once and then not for a year."""
        values: dict[str, object] = {"every_seconds": YEAR, "max_seconds": 600, "arguments": {}, **fields}
        save_schedule_entries(self.store, [ScheduleEntry(name=name, **values)], now=clock.now())  # type: ignore[arg-type]

    def jobs(self, entry: str) -> list[ScheduledJob]:
        """Return the jobs of an entry, oldest first."""
        return recent_jobs(self.store, limit=99, entry=entry)[::-1]

    def wait_for(self, entry: str, *statuses: JobStatus, seconds: float = 150) -> list[ScheduledJob]:
        """Wait until the jobs of an entry have these statuses, and return them."""

        def is_so() -> bool:
            assert self.process
            assert self.process.poll() is None
            found = [job.status for job in self.jobs(entry)]
            assert set(found) <= {*OPEN, *statuses}
            return found == list(statuses)

        try:
            wait_until(is_so, seconds)
        except AssertionError:
            pytest.fail(f"{self.jobs(entry)}\n{self.log.read_text()}\n{self.scrapyd.log[-3000:]}")
        return self.jobs(entry)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("scrapyd")
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"  # the jobs' clock is the real one
    with (
        sandbox(seed=7, clock=now) as simulated,
        scrapyd_server(folder, AWARD_SANDBOX_URL=simulated.url, AWARD_DELIVERY_SECONDS="0") as server,
    ):
        deploy(server.client, ROOT)
        store = open_store("", server.data)
        # Only the entries of a test are due: with an entry, the default schedule is not stored.
        world = World(server, simulated, store, folder / "scheduler.log")
        world.add("later", spider="sas", active=False)
        yield world
        store.close()


def test_jobs_and_tasks_run_and_their_ends_are_recorded(world: World) -> None:
    world.add("united", spider="united", arguments=ROUTE)
    world.add("invalid", spider="delta", arguments={**ROUTE, "detail": "nonsense"})
    world.add("unknown", spider="nothing")
    world.add("ecb", spider="ecb")
    world.add("prune", task=ScheduledTask.PRUNE)
    world.add("unneeded", spider="alaska")
    with world.scheduler() as process:
        (united,) = world.wait_for("united", JobStatus.SUCCEEDED)
        (invalid,) = world.wait_for("invalid", JobStatus.NOT_STARTED)
        (unknown,) = world.wait_for("unknown", JobStatus.NOT_STARTED)
        (ecb,) = world.wait_for("ecb", JobStatus.SUCCEEDED)
        (prune,) = world.wait_for("prune", JobStatus.SUCCEEDED)
        (unneeded,) = world.wait_for("unneeded", JobStatus.SKIPPED)
        watch = ("--origin", "SEA", "--destination", "LAX", "--dates", "+30..+40", "--programs", "alaska")
        added = world.scrapy("watches", "add", "Sun", *watch, "--max-miles", "1000")
        _, needed = world.wait_for("unneeded", JobStatus.SKIPPED, JobStatus.SUCCEEDED)
    assert process.returncode == 0
    run = runs_of_jobs(world.store, [str(united.job)])[str(united.job)]
    assert (run.run_id, run.finish_reason) == (united.run_id, "finished")
    assert united.note
    assert united.note.endswith(f"{run.offers:,} offers")
    assert invalid.note
    assert "nonsense" in invalid.note
    assert unknown.note
    assert "spider 'nothing' not found; run scrapy deploy, or scrapy schedule remove unknown" in unknown.note
    assert (ecb.run_id, prune.run_id) == (None, None)
    assert unneeded.note == "no active watch needs it"
    assert added.stdout.endswith("The schedule starts its first searches within a minute.\n")
    assert needed.submitted_at
    assert needed.submitted_at - needed.due_at < timedelta(minutes=1)
    (scheduler,) = [row for row in service_rows(world.store) if row.name is ServiceName.SCHEDULER]
    assert scheduler.stopped_at
    shown = world.scrapy("schedule", "list").stdout
    assert "not started" in shown
    assert "no scheduler is running" in shown
    assert world.scrapy("schedule", "remove", "unknown").returncode == 0
    assert "Traceback" not in world.log.read_text()


def test_a_killed_scheduler_and_a_killed_scrapyd_neither_double_nor_forget_a_job(world: World) -> None:
    with slow(world):
        world.add("killed", spider="united", arguments=ROUTE)
        with world.scheduler() as process:
            world.wait_for("killed", JobStatus.RUNNING)
            process.send_signal(signal.SIGKILL)
            process.wait()
        (running,) = world.jobs("killed")
        with world.scheduler():
            world.wait_for("killed", JobStatus.RUNNING)
            world.scrapyd.signal(signal.SIGKILL, group=True)
            world.sandbox.reset()
            wait_until(lambda: "No jobs are started: Scrapyd" in world.log.read_text(), 60)
            world.scrapyd.start()
            first, second = world.wait_for("killed", JobStatus.KILLED, JobStatus.SUCCEEDED)
    assert first.job == running.job
    assert first.due_at == second.due_at
    assert [each.id for each in world.scrapyd.client.jobs() if each.id in (first.job, second.job)] == [second.job]


def test_jobs_are_canceled_if_they_are_overdue_or_by_a_person(world: World) -> None:
    world.add("by-hand", spider="united", arguments=ROUTE, active=False)
    with slow(world), world.scheduler():
        world.add("overdue", spider="delta", arguments=ROUTE)
        started = world.scrapy("schedule", "run", "by-hand")
        assert started.returncode == 0, started.stderr
        # Before its first request, a crawl does not end in order.
        wait_until(lambda: all(site in str(world.sandbox.requests()) for site in ("united.com", "delta.com")), 150)
        (job,) = world.wait_for("overdue", JobStatus.RUNNING)
        update_job(world.store, job, deadline_at=clock.now())
        world.scrapyd.client.cancel(str(world.jobs("by-hand")[0].job))
        (by_hand,) = world.wait_for("by-hand", JobStatus.CANCELED)
        (overdue,) = world.wait_for("overdue", JobStatus.CANCELED)
    assert by_hand.note == "canceled at Scrapyd"
    assert overdue.note == "ran for more than 10 min"
    runs = runs_of_jobs(world.store, [str(by_hand.job), str(overdue.job)])
    assert [run.finish_reason for run in runs.values()] == ["shutdown", "shutdown"]


@contextmanager
def slow(world: World) -> Iterator[None]:
    """Let the responses of United and Delta take long."""
    for host in HOSTS:
        world.sandbox.fault(host, "slow", seconds=40)
    try:
        yield
    finally:
        world.sandbox.reset()
