"""The monitors of a run: a suite of Spidermon that checks a run's totals against the thresholds when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from spidermon import Monitor, MonitorSuite
from spidermon.runners import MonitorRunner

from awardspider.operations.thresholds import MonitorThresholds

#: Fewer failed searches are no problem if others succeeded.
MIN_FAILED = 2
#: With fewer usual offers, their number is not compared.
MIN_USUAL_OFFERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """The totals of a run.

    `planned` counts the searches that were planned, `made` those that were sent, and `failed` those of them that
    failed; in a crawl of promotions, they count sources. `usual_offers` is the usual number of offers of the searches
    that were compared, and `compared_offers` the number that they found; both are None without enough earlier runs.
    `memory_mb` is the peak, in megabytes.
    """

    planned: int
    made: int
    failed: int
    offers: int = 0
    compared_offers: int | None = None
    usual_offers: float | None = None
    invalid: int = 0
    coverage_drop: str | None = None
    duration: timedelta
    memory_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorResult:
    """The result of a monitor, with an English sentence."""

    name: str
    passed: bool
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """Return the result as it is stored in the run."""
        return {"name": self.name, "passed": self.passed, "sentence": self.sentence}


class _RunMonitor(Monitor):  # type: ignore[misc]  # Spidermon is untyped
    """A monitor of one number of a run. Its test returns normally if the number is within its threshold."""

    key: ClassVar[str]

    @property
    def totals(self) -> RunTotals:
        """The totals of the run."""
        totals: RunTotals = self.data.totals
        return totals

    @property
    def thresholds(self) -> MonitorThresholds:
        """The thresholds of the settings."""
        thresholds: MonitorThresholds = self.data.thresholds
        return thresholds

    def check(self, is_usual: bool, sentence: str) -> None:
        """Fail with a sentence unless the number is as usual."""
        if not is_usual:
            raise self.failureException(sentence)


class SearchesMonitor(_RunMonitor):
    """Monitor of the searches that a run made of those that it planned."""

    key = "searches"

    def test_searches(self) -> None:
        """Fail if no planned search was made."""
        made, planned = self.totals.made, self.totals.planned
        self.check(bool(made or not planned), f"none of {planned:,} planned searches was made")


class OutcomesMonitor(_RunMonitor):
    """Monitor of the share of searches that failed."""

    key = "outcomes"

    def test_outcomes(self) -> None:
        """Fail if too many searches failed."""
        made, failed, limit = self.totals.made, self.totals.failed, self.thresholds.failed_percent
        is_high = bool(limit) and failed >= MIN_FAILED and failed * 100 > made * limit
        self.check(not is_high, f"{failed:,} of {made:,} searches failed")


class OffersMonitor(_RunMonitor):
    """Monitor of the number of offers."""

    key = "offers"

    def test_offers(self) -> None:
        """Fail if the searches found far fewer offers than the same ones usually do."""
        usual, found, limit = self.totals.usual_offers, self.totals.compared_offers, self.thresholds.offers_percent
        if usual is None or found is None or usual < MIN_USUAL_OFFERS:
            return
        self.check(found * 100 >= usual * limit, f"found {found:,} offers, usually about {usual:,.0f}")


class FieldCoverageMonitor(_RunMonitor):
    """Monitor of the fields that responses and offers usually have."""

    key = "field_coverage"

    def test_field_coverage(self) -> None:
        """Fail if the share of a field dropped."""
        self.check(self.totals.coverage_drop is None, str(self.totals.coverage_drop))


class ValidationMonitor(_RunMonitor):
    """Monitor of the offers that were dropped because they were invalid."""

    key = "validation"

    def test_validation(self) -> None:
        """Fail if too many offers were invalid."""
        invalid, limit = self.totals.invalid, self.thresholds.invalid_percent
        total = self.totals.offers + invalid
        self.check(not limit or invalid * 100 <= total * limit, f"{invalid:,} of {total:,} offers were invalid")


class DurationMonitor(_RunMonitor):
    """Monitor of the time that a run took."""

    key = "duration"

    def test_duration(self) -> None:
        """Fail if the run took too long."""
        minutes, limit = self.totals.duration / timedelta(minutes=1), self.thresholds.max_run_time
        self.check(
            not limit or self.totals.duration <= limit,
            f"it took {minutes:,.0f} minutes, more than {self.thresholds.run_hours} hours",
        )


class MemoryMonitor(_RunMonitor):
    """Monitor of the memory that a run used."""

    key = "memory"

    def test_memory(self) -> None:
        """Fail if the run used too much memory."""
        used, limit = self.totals.memory_mb, self.thresholds.memory_mb
        self.check(not limit or used <= limit, f"it used {used:,} MB of memory, more than {limit:,} MB")


class RunSuite(MonitorSuite):  # type: ignore[misc]  # Spidermon is untyped
    """All monitors of a run."""

    monitors: ClassVar[list[type[_RunMonitor]]] = [
        SearchesMonitor,
        OutcomesMonitor,
        OffersMonitor,
        FieldCoverageMonitor,
        ValidationMonitor,
        DurationMonitor,
        MemoryMonitor,
    ]


def run_monitors(totals: RunTotals, thresholds: MonitorThresholds) -> list[MonitorResult]:
    """Return the result of every monitor, in a fixed order."""
    results = MonitorRunner().run(RunSuite(), totals=totals, thresholds=thresholds)
    return [_result(each, totals) for each in results.monitor_results]


def _result(each: Any, totals: RunTotals) -> MonitorResult:
    """Return the result of a monitor from Spidermon's; an exception in a monitor is a failure too."""
    name = each.item.key
    sentence = each.reason or (f"the monitor {name} crashed" if each.error else _describe(name, totals))
    return MonitorResult(name=name, passed=not each.error, sentence=sentence)


def _describe(name: str, totals: RunTotals) -> str:
    """Return a sentence about a monitor that passed."""
    match name:
        case "searches":
            return f"{totals.made:,} of {totals.planned:,} planned searches were made"
        case "outcomes":
            return f"{totals.failed:,} of {totals.made:,} searches failed"
        case "offers" if totals.usual_offers is None:
            return f"found {totals.offers:,} offers; there is nothing to compare"
        case "offers":
            return f"found {totals.compared_offers:,} offers, usually about {totals.usual_offers:,.0f}"
        case "field_coverage":
            return "no field is missing more often than usual"
        case "validation":
            return f"{totals.invalid:,} of {totals.offers + totals.invalid:,} offers were invalid"
        case "duration":
            return f"it took {totals.duration / timedelta(minutes=1):,.1f} minutes"
    return f"it used {totals.memory_mb:,} MB of memory"
