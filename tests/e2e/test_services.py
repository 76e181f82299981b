"""All services under the supervisor, as real processes: with the sandbox, killed, and stopped.

The tests are steps in one life of an installation, in this order.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import RowMapping, select

from awardspider import clock
from awardspider.operations.scrapyd import ScrapydClient
from awardspider.operations.supervisor_state import read_state, supervisor_pid
from awardspider.storage import schema
from awardspider.storage.schedule import ScheduledTask, ScheduleEntry, save_schedule_entries
from awardspider.storage.services import service_rows
from awardspider.storage.store import Store, open_store
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.waiting import wait_until

SERVICES = ["sandbox", "dispatcher", "scrapyd", "scheduler"]

#: Seconds for what takes a few seconds on an idle machine.
PATIENCE = 180


@dataclass(frozen=True)
class Installation:
    """A sandbox's data folder and two ports, for commands in processes of their own."""

    folder: Path
    scrapyd_url: str
    sandbox_port: str

    @property
    def environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AWARD_", "SCRAPY"))}
        return inherited | {"AWARD_SCRAPYD_URL": self.scrapyd_url}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "scrapy", *arguments],
            cwd=ROOT,
            env=self.environment
            | {"AWARD_DATA_DIR": str(self.folder.parent if "--sandbox" in arguments else self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command and return its exit code, stdout and stderr."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=2 * PATIENCE)
        return process.returncode, out, err

    def up(self, *arguments: str) -> tuple[str, ...]:
        return ("up", "--sandbox", "--sandbox-port", self.sandbox_port, *arguments)

    def services(self) -> dict[str, dict[str, Any]]:
        """Return the services in the supervisor's state file by name."""
        state = json.loads((self.folder / "supervisor.json").read_text())
        return {service["name"]: service for service in state["services"]}

    def is_running(self, restarts: int) -> bool:
        """Return whether each service of the present supervisor runs after so many restarts or more."""
        found = self.services()
        return (
            read_state(self.folder) is not None
            and [found[name]["state"] for name in SERVICES] == ["running"] * 4
            and all(service["restarts"] >= restarts for service in found.values())
        )

    def processes(self) -> list[psutil.Process]:
        """Return the processes that belong to this installation: services, jobs and their browsers."""
        folders = (str(self.folder), str(self.folder.parent))
        return [process for process in psutil.process_iter() if _data_folder(process) in folders]

    @contextmanager
    def store(self) -> Iterator[Store]:
        with closing(open_store("", self.folder)) as store:
            yield store


def _data_folder(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.environ().get("AWARD_DATA_DIR", "")
    return ""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Start everything in the background, and kill what is left at the end."""
    folder = tmp_path_factory.mktemp("data") / "sandbox"
    found = Installation(folder, f"http://127.0.0.1:{free_port()}", str(free_port()))
    # With an empty schedule, the default one would fill Scrapyd's slots.
    entry = ScheduleEntry(name="backup", task=ScheduledTask.BACKUP, cron="0 0 1 1 *", max_seconds=600)
    with found.store() as store:
        save_schedule_entries(store, [entry], now=clock.now())
    try:
        code, out, err = found.run(*found.up("--background"))
        assert (code, err) == (0, ""), out + err
        yield found
    finally:
        for process in found.processes():
            with suppress(psutil.Error):
                process.kill()


def test_up_returns_when_everything_runs_and_the_code_is_deployed(installation: Installation) -> None:
    code, out, err = installation.run("status", "--json")
    status = json.loads(out)
    assert (code, err) == (0, ""), status
    assert [service["name"] for service in status["services"]] == ["supervisor", *SERVICES]
    assert {service["state"] for service in status["services"]} == {"running"}
    assert ScrapydClient(installation.scrapyd_url).versions() == [status["deployed_version"]]
    assert all(service["memory"] > 10_000_000 for service in status["services"])
    # The empty scrapy.cfg keeps the checkout from being a project, too.
    assert not (installation.folder / "scrapyd" / "dbs" / "default.db").exists()


def test_a_second_supervisor_is_refused(installation: Installation) -> None:
    pid = supervisor_pid(installation.folder)
    code, _, err = installation.run(*installation.up())
    assert code == 2
    assert err.startswith(f"error: a supervisor is running already for {installation.folder} (process {pid} on ")
    assert err.count("\n") == 1


def test_every_service_that_is_killed_comes_back(installation: Installation) -> None:
    for service in installation.services().values():
        os.kill(service["pid"], signal.SIGKILL)
    wait_until(lambda: installation.is_running(restarts=1), PATIENCE)
    code, out, _ = installation.run("status")
    assert code == 0, out
    # The dispatcher may have ended once more, because the sandbox was not running yet.
    assert out.count(" ended last with ") == 4
    assert out.count("ended last with signal SIGKILL") >= 3


def test_a_killed_supervisor_leaves_no_process_and_the_crawl_ends_in_order(installation: Installation) -> None:
    client = ScrapydClient(installation.scrapyd_url)
    arguments = {"origin": "LAX,SFO,SEA", "destination": "NYC,MIA,BOS", "dates": "+20..+250", "detail": "itinerary"}
    job = client.schedule("united", arguments)
    with installation.store() as store:
        wait_until(lambda: has_searched(store, job), PATIENCE)  # before, it does not handle signals yet
        pid = supervisor_pid(installation.folder)
        assert pid
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not installation.processes(), PATIENCE)
        run = stored_run(store, job)
    assert run
    assert run["finish_reason"] == "shutdown"
    code, out, _ = installation.run("status")
    assert code == 1
    assert f"No supervisor runs for {installation.folder}" in out
    code, out, _ = installation.run("down")
    assert (code, out) == (0, f"Nothing runs for {installation.folder}.\n")


def test_it_starts_again_after_the_crash_and_down_stops_it(installation: Installation) -> None:
    with installation.start(*installation.up("--no-deploy")) as supervisor:
        wait_until(lambda: supervisor_pid(installation.folder) == supervisor.pid, PATIENCE)
        wait_until(lambda: installation.is_running(restarts=0), PATIENCE)
        code, out, err = installation.run("down")
        assert (code, err) == (0, "")
        assert out.endswith("All services have stopped.\n")
        out, err = supervisor.communicate(timeout=PATIENCE)
    assert (supervisor.returncode, err) == (0, "")
    assert "dispatcher | Sending messages as they become due" in out
    assert "supervisor | INFO: All services have stopped\n" in out
    assert not installation.processes()
    with installation.store() as store:
        rows = service_rows(store)
        assert sorted(row.name.value for row in rows) == sorted(["supervisor", *SERVICES])
        assert all(row.stopped_at for row in rows)


def has_searched(store: Store, job: str) -> bool:
    """Return whether a search of a job's run is stored."""
    run, searches = stored_run(store, job), schema.searches
    with store.reading() as connection:
        query = select(searches.c.id).where(searches.c.run_id == (run["id"] if run else "")).limit(1)
        return connection.scalar(query) is not None


def stored_run(store: Store, job: str) -> RowMapping | None:
    """Return the run of a job."""
    with store.reading() as connection:
        return connection.execute(select(schema.runs).where(schema.runs.c.job == job)).mappings().first()
