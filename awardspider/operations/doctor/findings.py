"""Findings of the doctor, the checks that yield them, and what the checks may use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from awardspider.operations.thresholds import MonitorThresholds, monitor_thresholds
from awardspider.outcomes import InvalidSetting
from awardspider.storage.store import Store

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


class Level(StrEnum):
    """Levels of findings. A warning needs attention at some time, an error now."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Group(StrEnum):
    """Groups of checks, in the order in which they run."""

    INSTALLATION = "installation"
    CONFIGURATION = "configuration"
    STORAGE = "storage"
    SERVICES = "services"
    CRAWLS = "crawls"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A sentence about a condition and, unless it is OK, what to do."""

    level: Level
    sentence: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Result):
    """A result with the check that yielded it."""

    group: Group
    check: str


class CrawlEngine(Protocol):
    """The parts of the crawl engine that checks need; this package must not import it."""

    def invalid_settings(self) -> Iterable[str]:
        """Return a sentence for each invalid setting."""

    def find_chromium(self) -> str:
        """Return the path of the Chromium that crawls use, empty if there is none. Raise InvalidSetting."""

    def find_sandbox_problem(self, url: str) -> str | None:
        """Return a sentence if no sandbox runs at a URL."""

    def browser_programs(self) -> Iterable[str]:
        """Return the programs that are searched in a browser."""


@dataclass(slots=True, kw_only=True)
class DoctorContext:
    """The objects that the checks use. `store` is None until the check of the database has found it usable.

    `folder` is the working directory, with `.env`, and `project` the folder that contains the package. Unless
    `uses_network`, no check sends a request to another machine.
    """

    settings: BaseSettings
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    project: Path
    data_dir: Path
    now: datetime
    engine: CrawlEngine
    uses_network: bool = True
    store: Store | None = None

    @property
    def is_sandbox(self) -> bool:
        """Return True if the sandbox is used in place of live sites."""
        return bool(self.settings.get("AWARD_SANDBOX_URL"))

    @property
    def thresholds(self) -> MonitorThresholds:
        """Return the thresholds of the monitors; the defaults if a setting is invalid, which has a check of its own."""
        try:
            return monitor_thresholds(self.settings)
        except InvalidSetting:
            return MonitorThresholds()

    def open_store(self) -> Store:
        """Return the store; only for checks that need it."""
        assert self.store is not None
        return self.store


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check. `run` may raise any exception, which becomes a finding; without a usable database, it may not run."""

    name: str
    group: Group
    run: Callable[[DoctorContext], Iterable[Result]]
    needs_store: bool = False


def ok(sentence: str) -> Result:
    """Return a result that needs no action."""
    return Result(level=Level.OK, sentence=sentence)


def warning(sentence: str, advice: str) -> Result:
    """Return a warning."""
    return Result(level=Level.WARNING, sentence=sentence, advice=advice)


def error(sentence: str, advice: str) -> Result:
    """Return an error."""
    return Result(level=Level.ERROR, sentence=sentence, advice=advice)
