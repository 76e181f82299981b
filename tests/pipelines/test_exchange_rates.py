"""The pipeline of exchange rates: new, unchanged and unusable days."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from scrapy.exceptions import NotConfigured
from scrapy.utils.test import get_crawler
from sqlalchemy import text

from awardspider.items import ExchangeRatesItem
from awardspider.outcomes import Reason, StorageError
from awardspider.pipelines.dedupe import Recorded
from awardspider.pipelines.exchange_rates import OLDEST_DAYS, ExchangeRatesPipeline
from awardspider.spiders.ecb import EcbSpider
from awardspider.storage.exchange_rates import SANDBOX, latest_rates
from awardspider.storage.store import Store, open_store

DAY = date(2026, 11, 27)  # a Friday
RATES = {"USD": Decimal("1.1172"), "JPY": Decimal("175.68")}


class Harness:
    """The pipeline with its spider and a store; `process` returns the log and the failure."""

    def __init__(self, folder: Path, caplog: pytest.LogCaptureFixture, sandbox_url: str = "") -> None:
        settings = {"AWARD_DATA_DIR": str(folder), "AWARD_DATABASE_URL": "", "AWARD_SANDBOX_URL": sandbox_url}
        self.crawler = get_crawler(EcbSpider, settings)
        self.spider = EcbSpider()
        self.crawler.spider = self.spider
        self.spider._set_crawler(self.crawler)
        self.pipeline = ExchangeRatesPipeline.from_crawler(self.crawler)
        self.store: Store = open_store("", folder)
        self._caplog = caplog
        caplog.set_level(logging.INFO)

    def process(self, day: date = DAY, on: date = DAY, rates: dict[str, Decimal] = RATES) -> list[str]:
        """Process the rates of a day that were received on another day, and return the new log messages."""
        self._caplog.clear()
        seen_at = datetime(on.year, on.month, on.day, 16, tzinfo=UTC)
        item = ExchangeRatesItem(source="ecb", day=day, rates=dict(rates), seen_at=seen_at)
        with pytest.raises(Recorded):
            self.pipeline.process_item(item)
        return [record.getMessage() for record in self._caplog.records if record.name != "awardspider.storage.engines"]

    @property
    def reason(self) -> Reason | None:
        return self.spider.failure.reason if self.spider.failure else None


@pytest.fixture
def harness(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Harness]:
    opened = Harness(tmp_path, caplog)
    yield opened
    opened.pipeline.close_spider()
    opened.store.close()


def test_new_rates_are_stored(harness: Harness) -> None:
    assert harness.process() == ["ECB reference rates of 2026-11-27: 2 currencies"]
    assert (latest_rates(harness.store).day, latest_rates(harness.store).rates) == (DAY, RATES)
    assert harness.reason is None


def test_the_same_rates_are_unchanged(harness: Harness) -> None:
    harness.process()
    assert harness.process(on=DAY + timedelta(days=2)) == ["ECB reference rates of 2026-11-27: 2 currencies, unchanged"]
    assert harness.reason is None


@pytest.mark.parametrize("days", [-1, 0, 1, OLDEST_DAYS])
def test_the_newest_rates_are_a_few_days_old(harness: Harness, days: int) -> None:
    harness.process(on=DAY + timedelta(days=days))
    assert latest_rates(harness.store).day == DAY
    assert harness.reason is None


@pytest.mark.parametrize(
    ("days", "note"),
    [
        (OLDEST_DAYS + 1, "the newest rates are 8 days old"),
        (400, "the newest rates are 400 days old"),
        (-2, "the newest rates are of 2026-11-27, in the future"),
    ],
)
def test_rates_of_an_impossible_day_fail_and_are_not_stored(harness: Harness, days: int, note: str) -> None:
    assert harness.process(on=DAY + timedelta(days=days)) == [
        f"ECB reference rates: failed (unexpected_response): {note}"
    ]
    assert latest_rates(harness.store).is_snapshot
    assert harness.reason is Reason.UNEXPECTED_RESPONSE
    assert harness.crawler.stats is not None
    assert harness.crawler.stats.get_value("award/failed_run") == "unexpected_response"


def test_rates_older_than_the_stored_ones_fail(harness: Harness) -> None:
    harness.process()
    assert harness.process(day=DAY - timedelta(days=1), rates={"USD": Decimal(9)}) == [
        "ECB reference rates: failed (unexpected_response): the rates of 2026-11-26 are older than the stored ones"
    ]
    assert latest_rates(harness.store).rates == RATES
    assert harness.reason is Reason.UNEXPECTED_RESPONSE


def test_rates_of_the_sandbox_are_stored_separately(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    harness = Harness(tmp_path, caplog, sandbox_url="http://127.0.0.1:1")
    harness.process()
    assert latest_rates(harness.store).is_snapshot
    assert latest_rates(harness.store, SANDBOX).rates == RATES
    harness.pipeline.close_spider()
    harness.store.close()


def test_a_database_that_fails_is_reported(harness: Harness) -> None:
    with harness.store.writing() as connection:
        connection.execute(text("DROP TABLE exchange_rates"))
    [message] = harness.process()
    assert message.startswith("ECB reference rates of 2026-11-27 were not stored: ")
    assert "\n" not in message
    assert harness.crawler.stats is not None
    assert harness.crawler.stats.get_value("award/not_stored") == 1


def test_an_unusable_database_ends_the_crawl_before_the_first_request(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("")
    crawler = get_crawler(EcbSpider, {"AWARD_DATA_DIR": str(folder), "AWARD_DATABASE_URL": ""})
    crawler.spider = EcbSpider()
    with pytest.raises(StorageError):
        ExchangeRatesPipeline.from_crawler(crawler)


def test_other_spiders_run_without_the_pipeline() -> None:
    crawler = get_crawler()
    with pytest.raises(NotConfigured):
        ExchangeRatesPipeline.from_crawler(crawler)
