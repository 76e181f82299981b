"""`scrapy crawlall`, `scrapy programs` and `scrapy probe` against the sandbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awardspider.storage.runs import start_run
from awardspider.storage.schema import outbox, runs
from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox

WATCHES = """
watches:
  - {name: transatlantic, programs: "virginatlantic, united", origin: SFO, destination: LHR, dates: +60..+61}
  - {name: any seat, programs: cathay, origin: HKG, destination: LHR, dates: +60..+70, cabins: business}
"""


@pytest.fixture
def watching(workspace: Workspace, tmp_path: Path) -> Workspace:
    (tmp_path / "watches.yaml").write_text(WATCHES)
    workspace.scrapy("watches", "import", str(tmp_path / "watches.yaml"), check=True)
    return workspace


def test_crawlall_crawls_every_watched_program(watching: Workspace) -> None:
    result = watching.scrapy("crawlall", check=True)
    first, *lines = result.stderr.splitlines()
    assert first == "Crawling 3 programs, up to 4 at the same time: cathay, united, virginatlantic"
    assert {"cathay: started", "united: started", "virginatlantic: started"} <= set(lines)
    assert lines[-2:] == ["Sending the messages that are due, for at most 60 seconds", "No messages are due."]
    rows = {line.split()[0]: line.split()[1:5] for line in result.stdout.splitlines() if line.split()[1:2]}
    assert {"cathay", "united", "virginatlantic"} <= set(rows)
    assert "delta" not in rows
    assert {run["program"]: run["finish_reason"] for run in watching.rows(runs)} == dict.fromkeys(
        ("cathay", "united", "virginatlantic"), "finished"
    )
    for program in ("cathay", "united", "virginatlantic"):
        stored = [offer for offer in watching.offers if offer["program"] == program]
        assert stored
        found, empty, failed, offers = rows[program]
        assert int(offers.replace(",", "")) >= len(stored)
        assert (int(found) + int(empty) > 0, failed) == (True, "0")


def test_a_locked_program_does_not_stop_the_others(watching: Workspace) -> None:
    store = watching.store()
    try:  # this process locks cathay
        start_run(store, program="cathay", spider="cathay", job=None, arguments={}, now=datetime.now(UTC))
        result = watching.scrapy("crawlall")
    finally:
        store.close()
    assert result.returncode == 1
    assert "cathay is being crawled" in result.stdout
    assert {offer["program"] for offer in watching.offers} == {"united", "virginatlantic"}


def test_a_blocked_program_does_not_stop_the_others(watching: Workspace, server: Sandbox) -> None:
    server.fault("www.united.com", "blocked")
    result = watching.scrapy("crawlall", check=True)
    assert "Access Denied" in result.stdout
    assert {offer["program"] for offer in watching.offers} == {"cathay", "virginatlantic"}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "no active watch needs any of these programs"),
        (("--program", "untied"), "did you mean united?"),
        (("--sites", "0"), "--sites"),
    ],
)
def test_invalid_arguments_are_one_line(workspace: Workspace, arguments: tuple[str, ...], text: str) -> None:
    result = workspace.scrapy("crawlall", *arguments)
    assert result.returncode == 2
    assert text in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_programs_lists_the_state_of_each_program(watching: Workspace, server: Sandbox) -> None:
    server.fault("www.cathaypacific.com", "blocked")
    watching.scrapy("crawlall", check=True)
    rows = {
        row["program"]: row for row in json.loads(watching.scrapy("programs", "--format", "json", check=True).stdout)
    }
    assert len(rows) >= 16
    assert rows["united"]["last_success"]
    assert rows["delta"]["last_success"] is None
    assert rows["cathay"]["blocked_for"] == "blocked"
    assert rows["cathay"]["blocked_until"] > datetime.now(UTC).isoformat()
    assert "united" in rows["seatsaero"]["covers"]
    table = watching.scrapy("programs", check=True).stdout
    assert "Cathay" in table
    assert "blocked until" in table


@pytest.mark.parametrize(
    ("fault", "text", "code"),
    [
        ("ok", "as expected: ", 0),
        ("blocked", "blocked: ", 1),
        ("sign_in", "sign-in needed: ", 1),
        ("renamed_keys", "unexpected response: ", 1),
        ("empty", "unexpected response: ", 1),
        ("500", "unreachable: ", 1),
    ],
)
def test_a_probe_reports_each_kind_of_search_in_one_line(
    workspace: Workspace, server: Sandbox, fault: str, text: str, code: int
) -> None:
    server.fault("www.united.com", fault)
    probed = workspace.scrapy("probe", "united", "-s", "RETRY_ENABLED=False")
    lines = probed.stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"United MileagePlus: {text}") for line in lines)
    assert probed.returncode == code


def test_a_probe_names_missing_paths(workspace: Workspace, server: Sandbox) -> None:
    server.fault("www.united.com", "renamed_keys", keys=["AwardType"])
    probed = workspace.scrapy("probe", "united")
    assert probed.returncode == 1
    assert "lacks these paths: data.Calendar.Months[].Weeks[].Days[].Solutions[].AwardType" in probed.stdout


def test_crawlall_delivers_once_after_the_last_crawl(watching: Workspace, server: Sandbox) -> None:
    server.reset_hooks()
    watching.settings["AWARD_WEBHOOKS"] = "make=https://hook.eu1.make.com/demo"
    result = watching.scrapy("crawlall", check=True)
    lines = result.stderr.splitlines()
    assert [line for line in lines if line.startswith("make: ")] == lines[-1:]
    assert lines[-1].startswith("make: 2 sent, ")
    names = [json.loads(message["body"])["watches"] for message in server.hook_messages()]
    assert sorted(names) == [["any seat"], ["transatlantic"]], "what three crawls find is one message for each watch"
    assert {row["status"] for row in watching.rows(outbox)} == {"sent", "in_digest"}
