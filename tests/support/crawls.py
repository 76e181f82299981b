"""Commands run in processes of their own, against a running sandbox and with a database of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from awardspider.storage.schema import offers, runs, searches
from awardspider.storage.store import Store, open_store
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox

TIMEOUT_SECONDS = 120

# Prints the peak memory of a command in KB. A small process starts the command, because the peak of a process includes
# the memory that it shared with its parent when it was forked.
_MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(os.wait4(process.pid, 0)[2].ru_maxrss)
"""


@dataclass
class Workspace:
    """A data folder, a database and settings for commands."""

    folder: Path
    sandbox_url: str = ""
    database_url: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of the commands, without AWARD_ and SCRAPY_ variables of the outer one."""
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}
        return outer | {
            "AWARD_DATA_DIR": str(self.folder),
            "AWARD_DATABASE_URL": self.database_url,
            "AWARD_SANDBOX_URL": self.sandbox_url,
            "AWARD_MIN_SEARCH_AGE_MINUTES": "0",  # crawls follow each other at once
            **self.settings,
        }

    def scrapy(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a Scrapy command and wait for its end."""
        result = subprocess.run(
            [sys.executable, "-m", "scrapy", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert not check or result.returncode == 0, result.stdout + result.stderr
        return result

    def peak_megabytes(self, *arguments: str) -> float:
        """Run a Scrapy command and return the largest amount of memory that it used."""
        command = [sys.executable, "-c", _MEASURE, sys.executable, "-m", "scrapy", *arguments]
        measured = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True)
        return int(measured.stdout) / 1024

    def crawl(self, *arguments: str, **spider_arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `scrapy crawl united` with spider arguments, and check that its exit code is 0."""
        pairs = [part for name, value in spider_arguments.items() for part in ("-a", f"{name}={value}")]
        return self.scrapy("crawl", "united", *pairs, *arguments, check=True)

    def store(self) -> Store:
        """Open the database."""
        return open_store(self.database_url, self.folder)

    def rows(self, table: Any) -> list[dict[str, Any]]:
        """Return all rows of a table."""
        store = self.store()
        try:
            with store.reading() as connection:
                return [dict(row) for row in connection.execute(select(table)).mappings()]
        finally:
            store.close()

    @property
    def offers(self) -> list[dict[str, Any]]:
        """Return all offers."""
        return self.rows(offers)

    @property
    def searches(self) -> list[dict[str, Any]]:
        """Return all searches."""
        return self.rows(searches)

    @property
    def runs(self) -> list[dict[str, Any]]:
        """Return all runs."""
        return self.rows(runs)


def wait_for_requests(server: Sandbox, count: int) -> None:
    """Wait until the sandbox has received that many requests for award data."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while len(server.requests("/api/flight/")) < count:
        assert time.monotonic() < deadline, f"the sandbox has not received {count} requests"
        time.sleep(0.02)
