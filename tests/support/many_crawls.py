"""Many crawls of one program in one process, each under faults of its own: `python -m tests.support.many_crawls ORDER`.

A process a crawl would cost two seconds for each of some hundred cases. The order is JSON: `program`, `cases` (each
with `faults`, `arguments` and `settings`); the answer is a list of what became of each, as JSON on stdout.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import requests
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings
from sqlalchemy import select, update

from awardspider.items import SearchReportItem
from awardspider.storage.store import open_store
from awardspider.storage.tables import offers, programs
from tests.support.paths import ROOT

TIMEOUT_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Case:
    """One crawl: orders for `POST /_control`, arguments of the spider, settings."""

    faults: tuple[dict[str, Any], ...] = ()
    arguments: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of it: [kind, outcome, reason, note, offers] of each look, live offers, how it ended.

    `struck` is how many requests ran into the faults, `drift` what the run says of the shape of its answers.
    """

    looks: list[tuple[str, str, str | None, str, int]]
    struck: int
    offers: dict[str, str]
    finish_reason: str | None
    drift: str | None
    error: str | None


def crawl_all(sandbox: str, folder: Path, program: str, cases: list[Case]) -> list[Result]:
    """Run the cases one after another on one database, in a process of their own."""
    order = {"program": program, "cases": [vars(case) for case in cases]}
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}
    ours = {
        "AWARD_DATA_DIR": str(folder),
        "AWARD_SANDBOX_URL": sandbox,
        "AWARD_PROGRESS": "off",
        "AWARD_SMILES_KEY": "key",
        "AWARD_SEATSAERO_KEY": "pro_key",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.many_crawls", json.dumps(order)],
        cwd=ROOT,
        env=outer | ours,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return [Result(**result | {"looks": [tuple(look) for look in result["looks"]]}) for result in told]


class Runner:
    """Crawls case after case."""

    def __init__(self, program: str) -> None:
        settings = get_project_settings()
        settings.setdict({"LOG_LEVEL": "CRITICAL", "CONCURRENT_REQUESTS_PER_DOMAIN": 1}, priority="cmdline")
        self._settings = settings
        self._sandbox: str = settings["AWARD_SANDBOX_URL"]
        self._spider = SpiderLoader(settings).load(program)
        self._process = AsyncCrawlerProcess(settings)
        self._client = requests.Session()
        self._client.trust_env = False

    def run(self, cases: list[dict[str, Any]]) -> None:
        running = asyncio.get_event_loop().create_task(self._all(cases))
        self._process.start(stop_after_crawl=False)
        running.result()

    async def _all(self, cases: list[dict[str, Any]]) -> None:
        from twisted.internet import reactor  # which one it is, is known only now

        try:
            for case in cases:
                sys.stdout.write(json.dumps(await self._one(case)) + "\n")
                sys.stdout.flush()
        finally:
            asyncio.get_running_loop().call_soon(cast("Any", reactor).stop)

    async def _one(self, case: dict[str, Any]) -> dict[str, Any]:
        self._client.delete(f"{self._sandbox}/_control").raise_for_status()
        self._forget_calls()
        for fault in case["faults"]:
            answer = self._client.post(f"{self._sandbox}/_control", json=fault)
            assert answer.status_code == 200, answer.text
        reports: list[SearchReportItem] = []

        class Told(self._spider):  # type: ignore[misc,valid-type]
            custom_settings = case["settings"]

            def reported(self, report: SearchReportItem) -> None:
                reports.append(report)

        crawler, error = self._process.create_crawler(Told), None
        try:
            await self._process.crawl(crawler, **case["arguments"])
        except Exception as refused:
            error = f"{type(refused).__name__}: {refused}"
        state = self._client.get(f"{self._sandbox}/_control").json()
        return {
            "looks": [(r.search.kind, r.outcome, r.reason, r.note, r.offers) for r in reports],
            "struck": sum(fault["seen"] for board in state["faults"].values() for fault in board),
            "offers": self._offers(),
            "finish_reason": crawler.stats.get_value("finish_reason") if crawler.stats else None,
            "drift": crawler.stats.get_value("award/drift") if crawler.stats else None,
            "error": error,
        }

    def _forget_calls(self) -> None:
        """What a site under a fault said of the calls left was part of the fault."""
        store = open_store("", Path(self._settings["AWARD_DATA_DIR"]))
        try:
            with store.writing() as connection:
                connection.execute(update(programs).values(calls_left=None, calls_left_until=None))
        finally:
            store.close()

    def _offers(self) -> dict[str, str]:
        """The state of each offer that is not gone."""
        store = open_store("", Path(self._settings["AWARD_DATA_DIR"]))
        try:
            with store.reading() as connection:
                live = select(offers.c.id, offers.c.state).where(offers.c.gone_at.is_(None))
                return dict(connection.execute(live).all())  # type: ignore[arg-type]
        finally:
            store.close()


if __name__ == "__main__":
    ORDER = json.loads(sys.argv[1])
    Runner(ORDER["program"]).run(ORDER["cases"])
