"""Many crawls of sources of promotions in one process, each under a fault: `python -m tests.support.source_crawls JOB`.

The job is JSON: `spider`, `urls` (the sources to read; all others are removed) and `faults`, one list for each crawl
with the options of `POST /_control`. Requests are not conditional, except those of a crawl whose list is null, which is
without faults. The result of each crawl is a line of JSON on stdout.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import requests
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings
from sqlalchemy import func, select, update

from awardspider.items import SourceReportItem
from awardspider.promotion_sources import built_in_sources
from awardspider.storage import schema
from awardspider.storage.promotion_sources import add_source, remove_source
from awardspider.storage.store import open_store
from tests.support.paths import ROOT

TIMEOUT_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class SourceCrawl:
    """The result of a crawl.

    `reports` maps URLs to (outcome, reason, note, entries). `stored` counts the announcements and promotions that are
    stored after the crawl.
    """

    reports: dict[str, tuple[str, str | None, str, int]]
    stored: tuple[int, int]
    finish_reason: str | None
    error: str | None


def crawl_under_faults(
    sandbox: str, folder: Path, spider: str, urls: list[str], faults: Sequence[list[dict[str, Any]] | None]
) -> list[SourceCrawl]:
    """Crawl the sources once under each list of faults, in one process with one database."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}
    settings = {"AWARD_DATA_DIR": str(folder), "AWARD_SANDBOX_URL": sandbox, "AWARD_PROGRESS": "off"}
    process = subprocess.run(
        [sys.executable, "-m", "tests.support.source_crawls", json.dumps([spider, urls, faults])],
        cwd=ROOT,
        env=outer | settings,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-4000:]
    results = [json.loads(line) for line in process.stdout.splitlines()]
    return [
        SourceCrawl(
            reports={url: tuple(report) for url, report in result["reports"].items()},
            stored=tuple(result["stored"]),
            finish_reason=result["finish_reason"],
            error=result["error"],
        )
        for result in results
    ]


class Runner:
    """A process that crawls once under each list of faults."""

    def __init__(self, spider: str, urls: list[str]) -> None:
        settings = get_project_settings()
        settings.setdict({"LOG_LEVEL": "CRITICAL", "DOWNLOAD_TIMEOUT": 2, "RETRY_TIMES": 0}, priority="cmdline")
        self._spider = spider
        self._sandbox: str = settings["AWARD_SANDBOX_URL"]
        self._store = open_store("", Path(settings["AWARD_DATA_DIR"]))
        for source in built_in_sources().values():
            if source.url not in urls:
                remove_source(self._store, source, now=datetime.now(UTC))
            elif source.is_offered:
                add_source(self._store, source, selector=source.selector, now=datetime.now(UTC))
        self._process = AsyncCrawlerProcess(settings)
        self._client = requests.Session()
        self._client.trust_env = False

    def run(self, faults: Sequence[list[dict[str, Any]] | None]) -> None:
        running = asyncio.get_event_loop().create_task(self._run_all(faults))
        self._process.start(stop_after_crawl=False)
        running.result()

    async def _run_all(self, faults: Sequence[list[dict[str, Any]] | None]) -> None:
        from twisted.internet import reactor  # installed by the process only now

        try:
            for each in faults:
                sys.stdout.write(json.dumps(await self._run_one(each)) + "\n")
                sys.stdout.flush()
        finally:
            self._store.close()
            asyncio.get_running_loop().call_soon(cast("Any", reactor).stop)

    async def _run_one(self, faults: list[dict[str, Any]] | None) -> dict[str, Any]:
        self._client.delete(f"{self._sandbox}/_control").raise_for_status()
        for fault in faults or []:
            response = self._client.post(f"{self._sandbox}/_control", json=fault)
            assert response.status_code == 200, response.text
        self._make_due(keeps_state=faults is None)
        reports: dict[str, Any] = {}

        def collect(item: Any) -> None:
            if isinstance(item, SourceReportItem):
                assert item.url not in reports
                reports[item.url] = (item.outcome, item.reason, item.note, item.entries)

        crawler, error = self._process.create_crawler(self._spider), None
        crawler.signals.connect(collect, signals.item_dropped)
        crawler.signals.connect(collect, signals.item_scraped)
        try:
            await self._process.crawl(crawler)
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
        return {
            "reports": reports,
            "stored": self._stored(),
            "finish_reason": crawler.stats.get_value("finish_reason") if crawler.stats else None,
            "error": error,
        }

    def _make_due(self, *, keeps_state: bool) -> None:
        """Forget when the sources were requested, and unless `keeps_state`, what they sent."""
        columns = ["requested_at", "paused_until"] + ["etag", "last_modified", "text"] * (not keeps_state)
        with self._store.writing() as connection:
            connection.execute(update(schema.promotion_sources).values(dict.fromkeys(columns)))

    def _stored(self) -> list[int]:
        with self._store.reading() as connection:
            return [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (schema.announcements, schema.promotions)
            ]


if __name__ == "__main__":
    SPIDER, URLS, FAULTS = json.loads(sys.argv[1])
    Runner(SPIDER, URLS).run(FAULTS)
