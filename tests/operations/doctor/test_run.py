"""The order of the checks, exceptions, and what is not checked without a database."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from awardspider.operations.doctor.findings import Check, DoctorContext, Finding, Group, Level, Result, ok, warning
from awardspider.operations.doctor.run import CHECKS, run_checks, worst_level
from awardspider.outcomes import InvalidSetting
from awardspider.storage.store import Store
from tests.support.doctor import doctor_context
from tests.support.manual import page_sections


def check_that(*results: Result | Exception, name: str = "one", needs_store: bool = False) -> Check:
    def run(context: DoctorContext) -> Iterable[Result]:
        for each in results:
            if isinstance(each, Exception):
                raise each
            yield each

    return Check(name=name, group=Group.CRAWLS, run=run, needs_store=needs_store)


def test_an_exception_becomes_a_finding_without_its_text(tmp_path: Path) -> None:
    checks = [check_that(ok("fine"), KeyError("hunter2")), check_that(ok("also fine"), name="two")]
    first, second, third = run_checks(doctor_context(tmp_path), checks)
    assert (first.sentence, third.sentence) == ("fine", "also fine")
    assert second.level is Level.ERROR
    assert second.sentence.startswith("The check of one ended with an internal error: KeyError in test_run.py:")
    assert second.advice == "Report it with the output of scrapy doctor --json"
    assert "hunter2" not in str(second)


def test_our_own_errors_are_shown_as_they_are(tmp_path: Path) -> None:
    (found,) = run_checks(doctor_context(tmp_path), [check_that(InvalidSetting("the value is invalid"))])
    assert (found.level, found.sentence) == (Level.ERROR, "The value is invalid")


def test_one_error_that_ends_several_checks_is_shown_once(tmp_path: Path) -> None:
    invalid = InvalidSetting("AWARD_BUDGET is invalid")
    found = run_checks(doctor_context(tmp_path), [check_that(invalid), check_that(invalid, name="two")])
    assert [(each.check, each.sentence) for each in found] == [("one", "AWARD_BUDGET is invalid")]


def test_without_a_database_the_checks_that_need_it_are_named(sqlite_store: Store, tmp_path: Path) -> None:
    checks = [check_that(ok("stored"), name="outbox", needs_store=True)]
    (found,) = run_checks(doctor_context(tmp_path), checks)
    assert found == Finding(
        group=Group.STORAGE,
        check="not checked",
        level=Level.WARNING,
        sentence="Without a usable database, these were not checked: outbox",
        advice="Correct the database first",
    )
    (found,) = run_checks(doctor_context(tmp_path, sqlite_store), checks)
    assert found.sentence == "stored"


def test_the_worst_level_counts(tmp_path: Path) -> None:
    findings = run_checks(doctor_context(tmp_path), [check_that(ok("fine"), warning("hm", "act"))])
    assert worst_level(findings) is Level.WARNING
    assert worst_level(findings[:1]) is Level.OK
    assert worst_level([]) is Level.OK


def test_the_manual_lists_every_check() -> None:
    assert [check.name for check in CHECKS if f"`{check.name}`" not in page_sections("docs/doctor.md")["Checks"]] == []
    assert len({check.name for check in CHECKS}) == len(CHECKS)
