"""Signals of a crawl that is a job of Scrapyd; tests/e2e/test_scrapyd.py kills a real Scrapyd."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.signalmanager import SignalManager
from scrapy.utils.ossignal import install_shutdown_handlers

from awardspider.extensions import scrapyd_job
from awardspider.extensions.scrapyd_job import REPEATED_SECONDS, ScrapydJob


class Scrapy:
    """The signal handlers of a crawl, as Scrapy installs them, and what they did."""

    def __init__(self) -> None:
        self.done: list[str] = []
        install_shutdown_handlers(self._stop)

    def _stop(self, number: int, frame: Any) -> None:
        self.done.append("stop")
        install_shutdown_handlers(self._kill)

    def _kill(self, number: int, frame: Any) -> None:
        self.done.append("kill")


@pytest.fixture
def scrapy() -> Iterator[Scrapy]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield Scrapy()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def ended_with(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the commands of the parents with which this process ends."""
    commands: list[str] = []
    monkeypatch.setattr(scrapyd_job, "end_with_parent", lambda *, command: commands.append(command))
    return commands


def crawler(job: str | None) -> Any:
    each = SimpleNamespace(spider=SimpleNamespace(job=job))
    each.signals = SignalManager(each)
    return each


def start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start a crawl as a job of Scrapyd."""
    monkeypatch.setenv("SCRAPY_PROJECT", "awardspider")
    job = crawler("1")
    job.extension = ScrapydJob.from_crawler(job)  # the crawler keeps its extensions
    job.signals.send_catch_log(signals.spider_opened, spider=job.spider)


@pytest.mark.parametrize(("job", "project"), [(None, "awardspider"), ("1", None)])
def test_other_crawls_do_not_end_with_their_parent(
    monkeypatch: pytest.MonkeyPatch, ended_with: list[str], job: str | None, project: str | None
) -> None:
    monkeypatch.delenv("SCRAPY_PROJECT", raising=False)
    if project:
        monkeypatch.setenv("SCRAPY_PROJECT", project)
    with pytest.raises(NotConfigured):
        ScrapydJob(crawler(job))
    assert ended_with == []


def test_a_job_ends_with_scrapyd(monkeypatch: pytest.MonkeyPatch, scrapy: Scrapy, ended_with: list[str]) -> None:
    start(monkeypatch)
    assert ended_with == ["scrapyd"]


@pytest.mark.usefixtures("ended_with")
@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_repeated_signals_do_not_interrupt_the_end(
    monkeypatch: pytest.MonkeyPatch, scrapy: Scrapy, first: signal.Signals
) -> None:
    now = 100.0
    monkeypatch.setattr(scrapyd_job.time, "monotonic", lambda: now)
    start(monkeypatch)
    for number in (first, signal.SIGTERM, signal.SIGINT):
        signal.raise_signal(number)
    assert scrapy.done == ["stop"]
    now += REPEATED_SECONDS
    signal.raise_signal(signal.SIGTERM)
    assert scrapy.done == ["stop", "kill"]
