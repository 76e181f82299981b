"""Checks of watches, programs, sessions and the data that prices are compared with."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from awardspider.items import ExchangeRatesItem
from awardspider.operations.doctor import crawls, sessions
from awardspider.operations.doctor.findings import Level
from awardspider.outcomes import Outcome, Reason
from awardspider.search.exchange_rates import shipped_rates
from awardspider.storage import schema
from awardspider.storage.exchange_rates import save_rates
from awardspider.storage.programs import record_block, record_success
from awardspider.storage.runs import end_run, start_run
from awardspider.storage.searches import search_values
from awardspider.storage.store import Store
from awardspider.storage.watches import save_watches
from tests.support.doctor import NOW, doctor_context, only_result, problems
from tests.support.storage_examples import make_report
from tests.support.watch_examples import make_watch

HOUR = timedelta(hours=1)


def store_search(store: Store, outcome: Outcome, at: datetime, reason: Reason | None = None) -> None:
    report = make_report(f"{at}", outcome=outcome, reason=reason, requested_at=at)
    with store.writing() as connection:
        connection.execute(insert(schema.searches).values(**search_values(report, None)))


# ---- watches -----------------------------------------------------------------------------------------------------


def test_without_an_active_watch_there_is_a_warning(sqlite_store: Store, tmp_path: Path) -> None:
    context = doctor_context(tmp_path, sqlite_store)
    warning = (
        Level.WARNING,
        "There is no active watch, so no program is searched and nobody is notified",
        "Add one: scrapy watches add, or scrapy wishes",
    )
    assert problems(crawls.check_watches, context) == [warning]
    save_watches(sqlite_store, [make_watch(active=False)], now=NOW)
    assert problems(crawls.check_watches, context) == [warning]
    save_watches(sqlite_store, [make_watch()], now=NOW)
    result = only_result(crawls.check_watches, context)
    assert (result.level, result.sentence) == (Level.OK, "1 active watch for awards, 0 for promotions")


def test_a_watch_that_cannot_be_read_is_an_error(sqlite_store: Store, tmp_path: Path) -> None:
    save_watches(sqlite_store, [make_watch()], now=NOW)
    with sqlite_store.writing() as connection:
        connection.execute(update(schema.watches).values(definition={"origin": "LAX", "later": 1}))
    found = problems(crawls.check_watches, doctor_context(tmp_path, sqlite_store))
    assert found[0][0] is Level.ERROR
    assert found[0][1].startswith('Watch "one" is not searched: ')
    assert found[0][2].startswith("Correct it: scrapy watches edit ")


@pytest.mark.parametrize(
    ("program", "sentence", "advice"),
    [
        ("seatsaero", "its key is missing (AWARD_SEATSAERO_KEY)", "Set AWARD_SEATSAERO_KEY"),
        ("flyingblue", "it needs a session (scrapy login flyingblue)", "Run: scrapy login flyingblue"),
        ("southwest", "its terms forbid automated access", "add southwest to AWARD_ACCEPT_TERMS"),
    ],
)
def test_a_program_of_a_watch_that_cannot_be_searched_is_a_warning(
    sqlite_store: Store, tmp_path: Path, program: str, sentence: str, advice: str
) -> None:
    save_watches(sqlite_store, [make_watch(programs=(program,))], now=NOW)
    (found,) = problems(crawls.check_access, doctor_context(tmp_path, sqlite_store, AWARD_ACCEPT_TERMS=""))
    assert found[0] is Level.WARNING
    assert 'which the watch "one" names, is not searched: ' in found[1]
    assert sentence in found[1]
    assert advice in found[2]
    save_session(tmp_path, None, name=program)
    allowed = {"AWARD_KEYS": {program: "k"}, "AWARD_ACCEPT_TERMS": program}
    assert problems(crawls.check_access, doctor_context(tmp_path, sqlite_store, **allowed)) == []
    sandbox = doctor_context(tmp_path, sqlite_store, AWARD_SANDBOX_URL="http://127.0.0.1:1", AWARD_KEYS={program: "k"})
    assert problems(crawls.check_access, sandbox) == []


# ---- programs and runs -------------------------------------------------------------------------------------------


def test_a_blocked_program_is_a_warning(sqlite_store: Store, tmp_path: Path) -> None:
    store_search(sqlite_store, Outcome.FAILED, NOW - HOUR, Reason.BLOCKED)
    record_success(sqlite_store, "united", now=NOW - 5 * HOUR)
    record_block(sqlite_store, "united", reason=Reason.BLOCKED, until_at_least=NOW + HOUR, now=NOW - HOUR)
    (found,) = problems(crawls.check_programs, doctor_context(tmp_path, sqlite_store))
    assert found == (
        Level.WARNING,
        "United MileagePlus is paused until 2026-11-30 13:00 UTC after a block (blocked)",
        "Wait; if blocks repeat, lower AWARD_BUDGET for united: docs/outcomes.md",
    )


def test_a_program_that_has_failed_for_days_is_an_error(sqlite_store: Store, tmp_path: Path) -> None:
    context = doctor_context(tmp_path, sqlite_store)
    store_search(sqlite_store, Outcome.FAILED, NOW - HOUR, Reason.UNEXPECTED_RESPONSE)
    (found,) = problems(crawls.check_programs, context)
    assert found[:2] == (
        Level.ERROR,
        "United MileagePlus: every search so far failed; the last one with unexpected_response",
    )
    assert found[2].startswith("See scrapy searches --program united, and docs/outcomes.md")
    record_success(sqlite_store, "united", now=NOW - timedelta(days=5))
    assert "every search for 5 days failed" in problems(crawls.check_programs, context)[0][1]
    record_success(sqlite_store, "united", now=NOW - 3 * HOUR)
    assert problems(crawls.check_programs, context) == []


def test_a_program_that_is_no_longer_searched_is_fine(sqlite_store: Store, tmp_path: Path) -> None:
    store_search(sqlite_store, Outcome.FAILED, NOW - timedelta(days=20), Reason.BLOCKED)
    result = only_result(crawls.check_programs, doctor_context(tmp_path, sqlite_store))
    assert (result.level, result.sentence) == (Level.OK, "No program was searched in the last 14 days")


def test_runs_without_an_end_are_a_warning(sqlite_store: Store, tmp_path: Path) -> None:
    context = doctor_context(tmp_path, sqlite_store)
    killed = start_run(sqlite_store, program="united", spider="united", job=None, arguments={}, now=NOW - HOUR)
    ended = start_run(sqlite_store, program="delta", spider="delta", job=None, arguments={}, now=NOW - HOUR)
    end_run(sqlite_store, ended, finish_reason="finished", stats={}, now=NOW)
    start_run(sqlite_store, program="alaska", spider="alaska", job=None, arguments={}, now=NOW)  # it is running
    (found,) = problems(crawls.check_killed_runs, context)
    assert found[0] is Level.WARNING
    assert found[1].startswith("1 run of the last 7 days ended without a record")
    assert found[1].endswith(f": united {killed}")
    assert "journalctl -k" in found[2]


# ---- sessions ----------------------------------------------------------------------------------------------------


def save_session(folder: Path, *expiries: datetime | None, domain: str = ".united.com", name: str = "united") -> Path:
    file = folder / "sessions" / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    cookies = [
        {"name": "id", "value": "S3CRET", "domain": domain, "path": "/", "expires": each.timestamp() if each else -1}
        for each in expiries
    ]
    file.write_text(json.dumps({"cookies": cookies, "origins": []}))
    saved = (NOW - timedelta(days=30)).timestamp()
    os.utime(file, (saved, saved))
    return file


def test_a_session_whose_cookies_last_is_fine(tmp_path: Path) -> None:
    save_session(tmp_path, NOW - HOUR, NOW + timedelta(days=20), None)
    result = only_result(sessions.check_sessions, doctor_context(tmp_path))
    assert (result.level, result.sentence) == (
        Level.OK,
        "The session of United MileagePlus has cookies until 2026-12-20",
    )
    save_session(tmp_path, None)
    result = only_result(sessions.check_sessions, doctor_context(tmp_path))
    assert result.sentence.endswith("was saved on 2026-10-31; its cookies have no end")


def test_an_expired_session_is_an_error(tmp_path: Path) -> None:
    save_session(tmp_path, NOW - timedelta(days=9), NOW - timedelta(days=4), None)
    assert problems(sessions.check_sessions, doctor_context(tmp_path)) == [
        (
            Level.ERROR,
            "The session of United MileagePlus expired 4 days ago",
            "Sign in again: scrapy login united",
        )
    ]


def test_a_session_that_expires_soon_is_a_warning(tmp_path: Path) -> None:
    save_session(tmp_path, NOW + timedelta(days=2))
    (found,) = problems(sessions.check_sessions, doctor_context(tmp_path))
    assert found[:2] == (Level.WARNING, "The session of United MileagePlus expires in 2 days")


def test_a_damaged_session_is_an_error_without_its_contents(tmp_path: Path) -> None:
    file = save_session(tmp_path, NOW)
    file.write_text('{"cookies": [{"name": "S3CRET"')
    (found,) = problems(sessions.check_sessions, doctor_context(tmp_path))
    assert found == (
        Level.ERROR,
        f"The session of United MileagePlus is damaged: {file}",
        "Sign in again: scrapy login united",
    )


def test_a_session_that_the_program_no_longer_accepts_is_an_error(sqlite_store: Store, tmp_path: Path) -> None:
    save_session(tmp_path, NOW + timedelta(days=20))
    context = doctor_context(tmp_path, sqlite_store)
    store_search(sqlite_store, Outcome.FAILED, NOW - 2 * HOUR, Reason.SIGN_IN_NEEDED)
    (found,) = problems(sessions.check_sessions, context)
    assert found[:2] == (
        Level.ERROR,
        "United MileagePlus no longer accepts the session saved on 2026-10-31: sign_in_needed",
    )
    store_search(sqlite_store, Outcome.FOUND, NOW - HOUR)
    assert problems(sessions.check_sessions, context) == []


@pytest.mark.parametrize(("sandbox", "names"), [("", ["delta"]), ("http://127.0.0.1:1", ["alaska"])])
def test_the_sandbox_has_sessions_of_its_own(tmp_path: Path, sandbox: str, names: list[str]) -> None:
    save_session(tmp_path, NOW - timedelta(days=1), domain="delta.com", name="delta")
    save_session(tmp_path, NOW - timedelta(days=1), domain="127.0.0.1", name="alaska.sandbox")
    found = problems(sessions.check_sessions, doctor_context(tmp_path, AWARD_SANDBOX_URL=sandbox))
    assert [advice for _, _, advice in found] == [f"Sign in again: scrapy login {name}" for name in names]


# ---- valuations and rates ----------------------------------------------------------------------------------------


def test_old_valuations_are_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "valuations.toml"
    file.write_text("as_of = 2026-10-01\n[values]\nunited = { low = 1.1, high = 1.5 }\n")
    (found,) = problems(crawls.check_valuations, doctor_context(tmp_path, AWARD_VALUATIONS=str(file)))
    assert found == (
        Level.WARNING,
        f"{file}: values of 2026-10-01 are 60 days old (more than 45)",
        "Set AWARD_VALUATIONS to a newer file",
    )
    file.write_text(file.read_text().replace("2026-10-01", "2026-11-29"))
    assert problems(crawls.check_valuations, doctor_context(tmp_path, AWARD_VALUATIONS=str(file))) == []


def test_old_exchange_rates_are_a_warning(sqlite_store: Store, tmp_path: Path) -> None:
    context = doctor_context(tmp_path, sqlite_store)
    (found,) = problems(crawls.check_rates, context)
    days = (NOW.date() - shipped_rates().day).days
    assert found[0] is Level.WARNING
    assert found[1].startswith(f"The exchange rates that ship with awardspider are {days} days old")
    assert found[2].startswith("Run: scrapy crawl ecb")
    values: dict[str, Any] = {"source": "ecb", "rates": dict(shipped_rates().rates), "seen_at": NOW}
    save_rates(sqlite_store, ExchangeRatesItem(day=NOW.date() - timedelta(days=9), **values))
    assert problems(crawls.check_rates, context)[0][1].startswith("The exchange rates are 9 days old")
    save_rates(sqlite_store, ExchangeRatesItem(day=NOW.date() - timedelta(days=3), **values))
    assert problems(crawls.check_rates, context) == []
