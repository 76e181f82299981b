"""`scrapy crawlall`, `scrapy programs` and `scrapy probe` against the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from awardspider.storage.runs import start_run
from awardspider.storage.schema import runs
from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox

WATCHES = """
watches:
  - {name: over the sea, programs: "virginatlantic, united", origin: SFO, destination: LHR, dates: +60..+61}
  - {name: any seat, programs: cathay, origin: HKG, destination: LHR, dates: +60..+70, cabins: business}
"""


@pytest.fixture
def workspace(server: Sandbox, tmp_path: Path) -> Iterator[Workspace]:
    server.reset()
    yield Workspace(tmp_path / "data", server.url)
    server.reset()


@pytest.fixture
def watching(workspace: Workspace, tmp_path: Path) -> Workspace:
    (tmp_path / "watches.yaml").write_text(WATCHES)
    workspace.scrapy("watches", "import", str(tmp_path / "watches.yaml"), check=True)
    return workspace


def test_a_sweep_crawls_every_program_that_a_watch_wants(watching: Workspace) -> None:
    swept = watching.scrapy("crawlall", check=True)
    rows = {line.split()[0]: line.split()[1:5] for line in swept.stdout.splitlines() if line.split()[1:2]}
    assert {"cathay", "united", "virginatlantic"} <= set(rows)
    assert "delta" not in rows
    assert {run["program"]: run["finish_reason"] for run in watching.rows(runs)} == dict.fromkeys(
        ("cathay", "united", "virginatlantic"), "finished"
    )
    for program in ("cathay", "united", "virginatlantic"):
        mine = [offer for offer in watching.offers if offer["program"] == program]
        assert mine
        found, none, failed, offers = rows[program]
        assert int(offers.replace(",", "")) >= len(mine)
        assert (int(found) + int(none) > 0, failed) == (True, "0")


def test_one_program_that_cannot_start_leaves_the_others_alone(watching: Workspace) -> None:
    store = watching.store()
    try:  # this process holds cathay
        start_run(store, program="cathay", spider="cathay", job=None, arguments={}, now=datetime.now(UTC))
        swept = watching.scrapy("crawlall")
    finally:
        store.close()
    assert swept.returncode == 1
    assert "another crawl of cathay runs" in swept.stdout
    assert {offer["program"] for offer in watching.offers} == {"united", "virginatlantic"}


def test_a_blocked_program_leaves_the_others_alone(watching: Workspace, server: Sandbox) -> None:
    server.fault("www.united.com", "blocked")
    swept = watching.scrapy("crawlall", check=True)
    assert "Access Denied" in swept.stdout
    assert {offer["program"] for offer in watching.offers} == {"cathay", "virginatlantic"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no active watch wants any of these programs"),
        (("--program", "untied"), "did you mean united?"),
        (("--sites", "0"), "--sites"),
    ],
)
def test_what_cannot_be_swept_is_one_sentence(workspace: Workspace, arguments: tuple[str, ...], said: str) -> None:
    refused = workspace.scrapy("crawlall", *arguments)
    assert refused.returncode == 2
    assert said in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_the_programs_and_their_state(watching: Workspace, server: Sandbox) -> None:
    server.fault("www.cathaypacific.com", "blocked")
    watching.scrapy("crawlall", check=True)
    told = {
        row["program"]: row for row in json.loads(watching.scrapy("programs", "--format", "json", check=True).stdout)
    }
    assert len(told) >= 16
    assert told["united"]["last_success"]
    assert told["delta"]["last_success"] is None
    assert told["cathay"]["blocked_for"] == "blocked"
    assert told["cathay"]["blocked_until"] > datetime.now(UTC).isoformat()
    assert "united" in told["seatsaero"]["covers"]
    table = watching.scrapy("programs", check=True).stdout
    assert "Cathay" in table
    assert "blocked until" in table


@pytest.mark.parametrize(
    ("fault", "said", "code"),
    [
        ("ok", "answers as expected: the calendar of ", 0),
        ("blocked", "blocked: ", 1),
        ("sign_in", "sign-in needed: ", 1),
        ("changed_shape", "changed: ", 1),
        ("empty", "changed: ", 1),
        ("500", "unreachable: ", 1),
    ],
)
def test_a_probe_says_in_a_sentence_what_came_of_it(
    workspace: Workspace, server: Sandbox, fault: str, said: str, code: int
) -> None:
    server.fault("www.united.com", fault)
    probed = workspace.scrapy("probe", "united", "-s", "RETRY_ENABLED=False")
    lines = probed.stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"United MileagePlus: {said.removesuffix('the calendar of ')}") for line in lines)
    assert probed.returncode == code


def test_a_probe_names_what_is_missing(workspace: Workspace, server: Sandbox) -> None:
    server.fault("www.united.com", "changed_shape", keys=["AwardType"])
    probed = workspace.scrapy("probe", "united")
    assert probed.returncode == 1
    assert "these paths are missing: data.Calendar.Months[].Weeks[].Days[].Solutions[].AwardType" in probed.stdout
