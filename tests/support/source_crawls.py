"""Crawls of sources of promotions in one process, in rounds: `python -m tests.support.source_crawls JOB`.

The job is a list in JSON: the sources to read (all others are removed; null for all), and the rounds with the fields of
`Round`. The result of each round is a line of JSON on stdout.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import requests
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings
from sqlalchemy import select, update

from awardspider.items import SourceReportItem
from awardspider.promotion_sources import built_in_sources
from awardspider.storage import schema
from awardspider.storage.promotion_sources import add_source, remove_source
from awardspider.storage.store import open_store
from tests.support.paths import ROOT

TIMEOUT_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Round:
    """Crawls at the same time with these spiders.

    `controls` are options of `POST /_control`, such as faults. `time` is the simulated time, by default the real one.
    With `is_due`, every source is read again whenever it was requested; with `is_new`, its requests are not conditional
    either.
    """

    spiders: tuple[str, ...]
    controls: list[dict[str, Any]] = field(default_factory=list)
    time: str = ""
    is_due: bool = False
    is_new: bool = False
    download_timeout: float = 30


@dataclass(frozen=True, kw_only=True)
class RoundResult:
    """The result of a round.

    `reports` maps URLs to (outcome, reason, note, entries). `finish_reasons` has the reason of each spider, or the
    error that ended its crawl. `requests` counts what the sandbox received, and `log` has the messages.
    `stored` has the keys of what is stored after the round, by table.
    """

    reports: dict[str, tuple[str, str | None, str, int]]
    finish_reasons: dict[str, str]
    requests: int
    log: str
    stored: dict[str, list[str]]


def crawl_in_rounds(
    sandbox: str,
    folder: Path,
    rounds: Sequence[Round],
    urls: list[str] | None = None,
) -> list[RoundResult]:
    """Crawl the sources, by default all, in one process with one database."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWARD_", "SCRAPY_"))}
    settings = {"AWARD_DATA_DIR": str(folder), "AWARD_SANDBOX_URL": sandbox, "AWARD_PROGRESS": "off"}
    jobs = [asdict(each) for each in rounds]
    process = subprocess.run(
        [sys.executable, "-m", "tests.support.source_crawls", json.dumps([urls, jobs])],
        cwd=ROOT,
        env=outer | settings | {"AWARD_DELIVERY_SECONDS": "0"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-4000:]
    results = [json.loads(line) for line in process.stdout.splitlines()]
    return [
        RoundResult(**result | {"reports": {url: tuple(report) for url, report in result["reports"].items()}})
        for result in results
    ]


class Runner:
    """A process that crawls in rounds."""

    def __init__(self, urls: list[str] | None) -> None:
        settings = get_project_settings()
        settings.setdict({"LOG_LEVEL": "CRITICAL", "RETRY_TIMES": 0}, priority="cmdline")
        self._settings = settings
        self._sandbox: str = settings["AWARD_SANDBOX_URL"]
        self._store = open_store("", Path(settings["AWARD_DATA_DIR"]))
        for source in built_in_sources().values():
            if urls is not None and source.url not in urls:
                remove_source(self._store, source, now=datetime.now(UTC))
            elif urls is not None and source.is_offered:
                add_source(self._store, source, selector=source.selector, now=datetime.now(UTC))
        self._process = AsyncCrawlerProcess(settings)
        self._client = requests.Session()
        self._client.trust_env = False
        self._log = _Log(logging.INFO)
        logging.getLogger().addHandler(self._log)

    def run(self, rounds: Sequence[Round]) -> None:
        running = asyncio.get_event_loop().create_task(self._run_all(rounds))
        self._process.start(stop_after_crawl=False)
        running.result()

    async def _run_all(self, rounds: Sequence[Round]) -> None:
        from twisted.internet import reactor  # installed by the process only now

        try:
            for each in rounds:
                sys.stdout.write(json.dumps(asdict(await self._run_one(each))) + "\n")
                sys.stdout.flush()
        finally:
            self._store.close()
            asyncio.get_running_loop().call_soon(cast("Any", reactor).stop)

    async def _run_one(self, each: Round) -> RoundResult:
        self._client.delete(f"{self._sandbox}/_control").raise_for_status()
        for control in each.controls:
            response = self._client.post(f"{self._sandbox}/_control", json=control)
            assert response.status_code == 200, response.text
        self._forget(["requested_at", "paused_until"] * (each.is_due or each.is_new))
        self._forget(["etag", "last_modified", "text"] * each.is_new)
        options = {"AWARD_SIMULATED_TIME": each.time, "DOWNLOAD_TIMEOUT": each.download_timeout}
        self._settings.setdict(options, priority="cmdline")
        self._log.messages.clear()
        reports: dict[str, tuple[str, str | None, str, int]] = {}

        def collect(item: Any) -> None:
            if isinstance(item, SourceReportItem):
                assert item.url not in reports
                reports[item.url] = (item.outcome, item.reason, item.note, item.entries)

        async def crawl(spider: str) -> str:
            crawler = self._process.create_crawler(spider)
            crawler.signals.connect(collect, signals.item_dropped)
            crawler.signals.connect(collect, signals.item_scraped)
            try:
                await self._process.crawl(crawler)
            except Exception as error:
                return f"{type(error).__name__}: {error}"
            return str(crawler.stats.get_value("finish_reason")) if crawler.stats else ""

        reasons = await asyncio.gather(*map(crawl, each.spiders))
        hosts = self._client.get(f"{self._sandbox}/_control").json()["requests"].values()
        return RoundResult(
            reports=reports,
            finish_reasons=dict(zip(each.spiders, reasons, strict=True)),
            requests=sum(host["total"] for host in hosts),
            log="\n".join(self._log.messages),
            stored=self._stored(),
        )

    def _forget(self, columns: list[str]) -> None:
        if columns:
            with self._store.writing() as connection:
                connection.execute(update(schema.promotion_sources).values(dict.fromkeys(columns)))

    def _stored(self) -> dict[str, list[str]]:
        queries = {
            "announcements": select(schema.announcements.c.source, schema.announcements.c.entry_id),
            "promotions": select(schema.promotions.c.id),
            "ended": select(schema.promotions.c.id).where(schema.promotions.c.ended_at.is_not(None)),
            "outbox": select(schema.outbox.c.event_type, schema.outbox.c.subject),
        }
        with self._store.reading() as connection:
            return {
                name: sorted(" ".join(map(str, row)) for row in connection.execute(query))
                for name, query in queries.items()
            }


class _Log(logging.Handler):
    """Keeps the messages of a round."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(self.format(record))


if __name__ == "__main__":
    URLS, ROUNDS = json.loads(sys.argv[1])
    Runner(URLS).run([Round(**each) for each in ROUNDS])
