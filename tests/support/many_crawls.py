"""Many crawls of one program in one process, each under its own faults: `python -m tests.support.many_crawls JOB`.

A process for each crawl would cost two seconds for each of several hundred cases. The job is JSON: `program`, and
`cases` with `faults`, `arguments` and `settings` each. The result of each case is a line of JSON on stdout.
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
from unittest.mock import patch

import requests
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings
from sqlalchemy import ColumnElement, select, update

from awardspider.items import SearchReportItem
from awardspider.storage.schema import offers, programs
from awardspider.storage.store import open_store
from tests.support.paths import ROOT

TIMEOUT_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Case:
    """One crawl: faults for `POST /_control`, spider arguments, settings, and constants of the spider's module.

    With `lowers_prices`, the stored itineraries first get a price of one mile, so that they seem to have become dearer.
    """

    faults: tuple[dict[str, Any], ...] = ()
    arguments: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    lowers_prices: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of a case.

    `searches` are (kind, outcome, reason, note, offers), `fault_hits` is the number of requests that hit a fault,
    `offers` maps the ids of live offers to their state; `unconfirmed` has the ids of those that are unconfirmed.
    """

    searches: list[tuple[str, str, str | None, str, int]]
    fault_hits: int
    offers: dict[str, str]
    unconfirmed: list[str]
    finish_reason: str | None
    coverage_drop: str | None
    error: str | None


def crawl_all(sandbox: str, folder: Path, program: str, cases: list[Case]) -> list[Result]:
    """Run the cases one after another in one process of their own, with one database."""
    job = {"program": program, "cases": [vars(case) for case in cases]}
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}
    settings = {
        "AWARD_DATA_DIR": str(folder),
        "AWARD_SANDBOX_URL": sandbox,
        "AWARD_PROGRESS": "off",
        "AWARD_SMILES_KEY": "key",
        "AWARD_SEATSAERO_KEY": "pro_key",
    }
    process = subprocess.run(
        [sys.executable, "-m", "tests.support.many_crawls", json.dumps(job)],
        cwd=ROOT,
        env=outer | settings,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-4000:]
    results = [json.loads(line) for line in process.stdout.splitlines()]
    return [Result(**result | {"searches": [tuple(search) for search in result["searches"]]}) for result in results]


class Runner:
    """A process that crawls one case after another."""

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
        running = asyncio.get_event_loop().create_task(self._run_all(cases))
        self._process.start(stop_after_crawl=False)
        running.result()

    async def _run_all(self, cases: list[dict[str, Any]]) -> None:
        from twisted.internet import reactor  # installed by the process only now

        try:
            for case in cases:
                sys.stdout.write(json.dumps(await self._run_case(case)) + "\n")
                sys.stdout.flush()
        finally:
            asyncio.get_running_loop().call_soon(cast("Any", reactor).stop)

    async def _run_case(self, case: dict[str, Any]) -> dict[str, Any]:
        self._client.delete(f"{self._sandbox}/_control").raise_for_status()
        self._reset_quota()
        if case["lowers_prices"]:
            self._lower_prices()
        for fault in case["faults"]:
            response = self._client.post(f"{self._sandbox}/_control", json=fault)
            assert response.status_code == 200, response.text
        reports: list[SearchReportItem] = []

        class ReportingSpider(self._spider):  # type: ignore[misc,valid-type]
            custom_settings = case["settings"]

            def on_report(self, report: SearchReportItem) -> None:
                reports.append(report)

        crawler, error = self._process.create_crawler(ReportingSpider), None
        try:
            with patch.dict(vars(sys.modules[self._spider.__module__]), case["constants"]):
                await self._process.crawl(crawler, **case["arguments"])
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
        state = self._client.get(f"{self._sandbox}/_control").json()
        return {
            "searches": [(r.search.kind, r.outcome, r.reason, r.note, r.offers) for r in reports],
            "fault_hits": sum(fault["seen"] for faults in state["faults"].values() for fault in faults),
            "offers": self._live_offers(offers.c.gone_at.is_(None)),
            "unconfirmed": list(self._live_offers(offers.c.unconfirmed_since.is_not(None), offers.c.gone_at.is_(None))),
            "finish_reason": crawler.stats.get_value("finish_reason") if crawler.stats else None,
            "coverage_drop": crawler.stats.get_value("award/coverage_drop") if crawler.stats else None,
            "error": error,
        }

    def _reset_quota(self) -> None:
        """Forget the quota that a site reported under the fault of an earlier case."""
        store = open_store("", Path(self._settings["AWARD_DATA_DIR"]))
        try:
            with store.writing() as connection:
                connection.execute(update(programs).values(quota_remaining=None, quota_resets_at=None))
        finally:
            store.close()

    def _lower_prices(self) -> None:
        store = open_store("", Path(self._settings["AWARD_DATA_DIR"]))
        try:
            with store.writing() as connection:
                itineraries = update(offers).where(offers.c.detail == "itinerary")
                connection.execute(itineraries.values(miles=1, state="lowered"))
        finally:
            store.close()

    def _live_offers(self, *conditions: ColumnElement[bool]) -> dict[str, str]:
        """Return the state of each offer that satisfies the conditions."""
        store = open_store("", Path(self._settings["AWARD_DATA_DIR"]))
        try:
            with store.reading() as connection:
                live = select(offers.c.id, offers.c.state).where(*conditions)
                return dict(connection.execute(live).all())  # type: ignore[arg-type]
        finally:
            store.close()


if __name__ == "__main__":
    JOB = json.loads(sys.argv[1])
    Runner(JOB["program"]).run(JOB["cases"])
