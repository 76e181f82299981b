"""An installation: all services under `scrapy up --sandbox`, with a data folder and ports of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import requests
from cryptography.fernet import Fernet
from sqlalchemy import RowMapping, select, update

from awardspider import clock
from awardspider.commands._services import SANDBOX_FOLDER
from awardspider.operations.scrapyd import ScrapydClient
from awardspider.operations.supervisor_state import read_state, supervisor_pid
from awardspider.storage import schema
from awardspider.storage.schedule import ScheduleEntry, save_schedule_entries
from awardspider.storage.scheduled_jobs import OPEN, JobStatus, ScheduledJob, recent_jobs
from awardspider.storage.store import Store, open_store
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.sandbox_server import Sandbox
from tests.support.waiting import wait_until

SERVICES = ["sandbox", "dispatcher", "scrapyd", "scheduler", "panel"]

#: Seconds for what takes a few seconds on an idle machine.
PATIENCE = 180

_YEAR = 365 * 86400


@dataclass(frozen=True)
class Installation:
    """A sandbox's data folder and three ports, for commands in processes of their own, and its database."""

    folder: Path
    store: Store
    client: ScrapydClient
    sandbox: Sandbox
    environment: dict[str, str]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command."""
        folder = self.folder.parent if "--sandbox" in arguments else self.folder
        return subprocess.Popen(
            [sys.executable, "-m", "scrapy", *arguments],
            cwd=ROOT,
            env=self.environment | {"AWARD_DATA_DIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command and return its exit code, stdout and stderr."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=2 * PATIENCE)
        return process.returncode, out, err

    def succeed(self, *arguments: str) -> str:
        """Run a command without errors, and return its stdout."""
        code, out, err = self.run(*arguments)
        assert (code, err) == (0, ""), out + err
        return out

    def succeed_at_once(self, *commands: tuple[str, ...]) -> None:
        """Run commands at the same time, without errors."""
        for process in [self.start(*command) for command in commands]:
            with process:
                out, err = process.communicate(timeout=PATIENCE)
            assert (process.returncode, err) == (0, ""), out + err

    def up(self, *arguments: str) -> tuple[str, ...]:
        """Return the arguments that start all services."""
        return ("up", "--sandbox", "--sandbox-port", self.sandbox.url.rpartition(":")[2], *arguments)

    # ---- processes -------------------------------------------------------------------------------------------------

    @property
    def supervisor(self) -> int:
        """The process id of the supervisor."""
        pid = supervisor_pid(self.folder)
        assert pid
        return pid

    def services(self) -> dict[str, dict[str, Any]]:
        """Return the services in the supervisor's state file by name."""
        state = json.loads((self.folder / "supervisor.json").read_text())
        return {service["name"]: service for service in state["services"]}

    def is_running(self, restarts: int) -> bool:
        """Return whether each service of the present supervisor runs after so many restarts or more."""
        found = self.services()
        return (
            read_state(self.folder) is not None
            and [found[name]["state"] for name in SERVICES] == ["running"] * len(SERVICES)
            and all(service["restarts"] >= restarts for service in found.values())
        )

    def processes(self) -> list[psutil.Process]:
        """Return the processes that belong to this installation: services, jobs and their browsers."""
        folders = (str(self.folder), str(self.folder.parent))
        return [process for process in psutil.process_iter() if _data_folder(process) in folders]

    # ---- schedule --------------------------------------------------------------------------------------------------

    def add(self, name: str, **fields: object) -> None:
        """Add an entry that is due at once and then not for a year."""
        values: dict[str, object] = {"every_seconds": _YEAR, "max_seconds": 600, "arguments": {}, **fields}
        save_schedule_entries(self.store, [ScheduleEntry(name=name, **values)], now=clock.now())  # type: ignore[arg-type]

    def make_due(self, name: str) -> None:
        """Let an entry be due now, as if its interval had passed."""
        entries = schema.schedule_entries
        values = {"handled_until": clock.now() - timedelta(seconds=_YEAR)}
        with self.store.writing() as connection:
            connection.execute(update(entries).where(entries.c.name == name).values(**values))

    def jobs(self, entry: str) -> list[ScheduledJob]:
        """Return the jobs of an entry, oldest first."""
        return recent_jobs(self.store, limit=99, entry=entry)[::-1]

    def wait_for(self, entry: str, *statuses: JobStatus) -> list[ScheduledJob]:
        """Wait until the jobs of an entry have these statuses, and return them."""

        def is_so() -> bool:
            found = [job.status for job in self.jobs(entry)]
            assert set(found) <= {*OPEN, *statuses}, f"{self.jobs(entry)}\n{self.log('scheduler')}"
            return found == list(statuses)

        wait_until(is_so, PATIENCE)
        return self.jobs(entry)

    def stored_run(self, job: str | None) -> RowMapping | None:
        """Return the run of a job."""
        with self.store.reading() as connection:
            return connection.execute(select(schema.runs).where(schema.runs.c.job == job)).mappings().first()

    def log(self, service: str) -> str:
        """Return the log of a service."""
        return (self.folder / "logs" / f"{service}.log").read_text(encoding="utf-8")

    # ---- messages --------------------------------------------------------------------------------------------------

    def outbox(self, channel: str) -> list[RowMapping]:
        """Return the messages to a channel, oldest first."""
        rows = schema.outbox
        with self.store.reading() as connection:
            query = select(rows).where(rows.c.channel == channel).order_by(rows.c.id)
            return list(connection.execute(query).mappings())

    def received(self, channel: str) -> list[dict[str, Any]]:
        """Return the messages that the sandbox has received for a channel since its start, oldest first."""
        return self.sandbox.hook_messages(host="hook.eu1.make.com", path=f"/{channel}")


@contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """Prepare an installation that is not started yet, and kill its processes at the end."""
    scrapyd_url, sandbox_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    settings = {
        "AWARD_SCRAPYD_URL": scrapyd_url,
        "AWARD_PANEL_PORT": str(free_port()),
        "AWARD_SECRET_KEY": Fernet.generate_key().decode(),
        "AWARD_MIN_SEARCH_AGE_MINUTES": "0",  # runs follow each other at once
    }
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AWARD_", "SCRAPY"))}
    store = open_store("", folder / SANDBOX_FOLDER)
    with requests.Session() as session:
        session.trust_env = False  # no proxy for requests to this machine
        found = Installation(
            folder / SANDBOX_FOLDER,
            store,
            ScrapydClient(scrapyd_url),
            Sandbox(sandbox_url, session),
            inherited | settings,
        )
        try:
            yield found
        finally:
            for process in found.processes():
                with suppress(psutil.Error):
                    process.kill()
            store.close()


def _data_folder(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.environ().get("AWARD_DATA_DIR", "")
    return ""
