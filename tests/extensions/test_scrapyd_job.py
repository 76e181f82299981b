"""Signals of a crawl that is a job of Scrapyd; tests/e2e/test_scrapyd.py kills a real Scrapyd."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
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


@pytest.fixture(autouse=True)
def scrapyd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as a process that Scrapyd has started."""
    monkeypatch.setenv("SCRAPY_PROJECT", "awardspider")


@pytest.fixture
def ended_with(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the commands of the parents with which this process ends."""
    commands: list[str] = []
    monkeypatch.setattr(scrapyd_job, "end_with_parent", lambda *, command: commands.append(command))
    return commands


def crawler(job: str | None) -> Any:
    engine = SimpleNamespace(running=False)
    each = SimpleNamespace(spider=SimpleNamespace(job=job), engine=engine, crawling=True)
    each.signals = SignalManager(each)
    return each


async def run(*numbers: signal.Signals, early: Sequence[signal.Signals] = ()) -> ScrapydJob:
    """Start a crawl as a job of Scrapyd; send signals before and after its engine runs."""
    job = crawler("1")
    extension = ScrapydJob.from_crawler(job)
    for number in early:
        signal.raise_signal(number)
    job.signals.send_catch_log(signals.engine_started)
    await asyncio.sleep(0)
    job.engine.running = True
    await asyncio.wait_for(extension._waiting, 10)
    for number in numbers:
        signal.raise_signal(number)
    return extension


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


@pytest.mark.usefixtures("scrapy")
def test_a_job_ends_with_scrapyd(ended_with: list[str]) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    ScrapydJob(crawler("1"))
    assert ended_with == ["scrapyd"]
    assert signal.getsignal(signal.SIGTERM) not in (handler, signal.SIG_DFL)


@pytest.mark.usefixtures("ended_with")
@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_repeated_signals_do_not_interrupt_the_end(
    monkeypatch: pytest.MonkeyPatch, scrapy: Scrapy, first: signal.Signals
) -> None:
    now = 100.0
    monkeypatch.setattr(scrapyd_job, "time", SimpleNamespace(monotonic=lambda: now))
    extension = asyncio.run(run(first, signal.SIGTERM, signal.SIGINT))
    assert scrapy.done == ["stop"]
    now += REPEATED_SECONDS
    signal.raise_signal(signal.SIGTERM)
    assert scrapy.done == ["stop", "kill"]
    assert extension


@pytest.mark.usefixtures("ended_with")
def test_a_signal_before_the_engine_runs_waits_for_it(scrapy: Scrapy) -> None:
    """Scrapy would end at once, and the run would have no end."""
    asyncio.run(run(early=(signal.SIGTERM, signal.SIGTERM)))
    assert scrapy.done == ["stop"]


@pytest.mark.usefixtures("ended_with")
def test_a_crawl_without_signals_goes_on(scrapy: Scrapy) -> None:
    asyncio.run(run())
    assert scrapy.done == []
