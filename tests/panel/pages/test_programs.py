"""The pages of programs: health in the order of attention, and the probe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from awardspider.operations.background_commands import BackgroundCommands, CommandRun
from awardspider.outcomes import Outcome, Reason
from awardspider.storage.accounts import Role
from awardspider.storage.programs import record_block, record_success
from tests.support.memory_scrapyd import MemoryScrapyd
from tests.support.panel import NOW, Panel
from tests.support.panel_operations import store_reports, store_run, use_scrapyds
from tests.support.storage_examples import make_report, make_search
from tests.support.waiting import wait_until


@pytest.fixture
def programs(panel: Panel) -> Panel:
    """Return the panel with a paused, a failing and a working program."""
    use_scrapyds(panel, MemoryScrapyd())
    outcomes = {"delta": (Outcome.FAILED, Reason.BLOCKED), "alaska": (Outcome.FAILED, Reason.UNREACHABLE)}
    reports = [
        make_report(key, search=make_search(program=key), outcome=outcome, reason=reason, requested_at=NOW)
        for key, (outcome, reason) in (outcomes | {"sas": (Outcome.FOUND, None)}).items()
    ]
    store_reports(panel.store, reports)
    record_success(panel.store, "sas", now=NOW - timedelta(minutes=5))
    record_block(panel.store, "delta", reason=Reason.BLOCKED, until_at_least=None, now=NOW)
    return panel


def test_programs_that_need_attention_come_first(programs: Panel) -> None:
    page = programs.anonymous().get("/programs").text
    places = [page.index(f'href="/programs/{key}"') for key in ("delta", "alaska", "sas")]
    assert places == sorted(places)
    assert "2 programs need attention" in page
    assert "1 found, 0 empty, 0 failed in 7 days" in page


def test_a_program_without_access_says_what_is_missing(programs: Panel) -> None:
    page = programs.anonymous().get("/programs").text
    assert "its key is missing (AWARD_SMILES_KEY)" in page
    assert "AWARD_ACCEPT_TERMS does not contain southwest" in page


def test_a_paused_program_says_until_when_and_what_to_do(programs: Panel) -> None:
    page = programs.anonymous().get("/programs/delta").text
    assert "Paused after a block" in page
    assert "12:15 UTC" in page
    assert "Wait until the pause ends" in page


def test_a_program_lists_its_last_runs_and_failures(programs: Panel) -> None:
    store_run(programs.store, "alaska", NOW, reason="unreachable", failed=1)
    page = programs.anonymous().get("/programs/alaska").text
    assert "Unreachable" in page
    assert "check the network of this machine" in page


def test_an_unknown_program_is_not_found(programs: Panel) -> None:
    assert programs.anonymous().get("/programs/untied").status_code == 404


def test_viewers_have_no_probe(programs: Panel) -> None:
    client = programs.signed_in(Role.VIEWER)
    assert 'id="probe"' not in client.get("/programs/delta").text
    assert client.post("/programs/delta/probe").status_code == 403


class _Commands(BackgroundCommands):
    """Commands that end at once with a given output."""

    result = ""

    def _execute(self, run: CommandRun, arguments: object) -> CommandRun:
        return CommandRun(
            group=run.group, subject=run.subject, started_at=run.started_at, exit_code=1, output=self.result
        )


def test_a_probe_reports_each_search_with_what_to_do(programs: Panel) -> None:
    commands = programs.app.state.commands = _Commands({}, lambda: NOW)
    commands.result = (
        '[{"kind":"calendar","origin":"JFK","destination":"LAX","outcome":"found","reason":null,"note":"","offers":9,'
        '"missing_paths":[],"is_expected":true},'
        '{"kind":"itinerary","origin":"JFK","destination":"LAX","outcome":"failed","reason":"blocked",'
        '"note":"HTTP 403","offers":0,"missing_paths":[],"is_expected":false}]'
    )
    client = programs.signed_in(Role.OPERATOR)
    assert client.post("/programs/delta/probe").headers["location"] == "/programs/delta#probe"
    page = _when_ended(programs, client.get, "/programs/delta/probe")
    assert "As expected: 9 offers" in page
    assert "Blocked by the site (HTTP 403)" in page
    assert "Wait until the pause ends" in page


def test_a_probe_without_a_result_says_why(programs: Panel) -> None:
    programs.app.state.commands = _Commands({}, lambda: NOW)
    client = programs.signed_in(Role.OPERATOR)
    client.post("/programs/delta/probe")
    assert "The probe gave no result" in _when_ended(programs, client.get, "/programs/delta/probe")


def _when_ended(panel: Panel, get: Callable[[str], Any], address: str) -> str:
    wait_until(lambda: panel.app.state.commands.running("probe") is None, every=0.01)
    return str(get(address).text)
