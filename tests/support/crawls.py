"""Real crawls in processes of their own, against a real sandbox, with a database of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from awardspider.storage.store import Store, open_store
from awardspider.storage.tables import offers, runs, searches
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox

TIMEOUT_SECONDS = 120


@dataclass
class Desk:
    """A folder, a database and an environment to run commands with."""

    folder: Path
    sandbox_url: str = ""
    database_url: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the commands: nothing of the outer one that is ours gets in."""
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}
        return outer | {
            "AWARD_DATA_DIR": str(self.folder),
            "AWARD_DATABASE_URL": self.database_url,
            "AWARD_SANDBOX_URL": self.sandbox_url,
            **self.settings,
        }

    def scrapy(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """Run `scrapy ...` and wait for it."""
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

    def crawl(self, *arguments: str, **spider_arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `scrapy crawl united` with spider arguments; it must end with exit code 0."""
        pairs = [part for name, value in spider_arguments.items() for part in ("-a", f"{name}={value}")]
        return self.scrapy("crawl", "united", *pairs, *arguments, check=True)

    def store(self) -> Store:
        """The database."""
        return open_store(self.database_url, self.folder)

    def rows(self, table: Any) -> list[dict[str, Any]]:
        """Everything in a table."""
        store = self.store()
        try:
            with store.reading() as connection:
                return [dict(row) for row in connection.execute(select(table)).mappings()]
        finally:
            store.close()

    @property
    def offers(self) -> list[dict[str, Any]]:
        """All offers."""
        return self.rows(offers)

    @property
    def searches(self) -> list[dict[str, Any]]:
        """All looks."""
        return self.rows(searches)

    @property
    def runs(self) -> list[dict[str, Any]]:
        """All runs."""
        return self.rows(runs)


def wait_for_requests(server: Sandbox, count: int) -> None:
    """Wait until the sandbox has seen that many requests for award data."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while len(server.requests("/api/flight/")) < count:
        assert time.monotonic() < deadline, f"the sandbox has not seen {count} requests"
        time.sleep(0.02)
