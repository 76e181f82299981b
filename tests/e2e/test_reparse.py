"""`scrapy reparse`: kept and supplied answers go through reader and pipelines again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awardspider.storage.programs import program_state
from awardspider.storage.schema import outbox
from tests.support.crawls import ROOT, Workspace
from tests.support.sandbox_server import Sandbox

FIXTURES = ROOT / "tests" / "fixtures" / "united"
DAY = (datetime.now(UTC) + timedelta(days=70)).date()
SEEN_AT = "2026-11-20T15:06Z"


@pytest.fixture
def workspace(server: Sandbox, tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "data", server.url)


def test_a_kept_answer_read_again_changes_nothing(workspace: Workspace) -> None:
    workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    workspace.settings = {"AWARD_WEBHOOKS": "make=https://hook.example/x"}
    before = {offer["id"]: offer for offer in workspace.offers}
    looks = workspace.searches
    (kept,) = (workspace.folder / "responses").rglob("*.zst")
    workspace.scrapy("reparse", "united", str(kept), check=True)
    after = {offer["id"]: offer for offer in workspace.offers}
    assert {i: o["state"] for i, o in after.items()} == {i: o["state"] for i, o in before.items()}
    assert workspace.searches == looks
    assert not workspace.rows(outbox)


def test_kept_answers_are_read_in_the_order_of_time(workspace: Workspace, server: Sandbox) -> None:
    workspace.settings = {"AWARD_WEBHOOKS": "make=https://hook.example/x"}
    for fault in ("ok", "empty"):
        server.fault("www.united.com", fault)
        workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    server.reset()
    kept = sorted((workspace.folder / "responses").rglob("*.zst"), key=lambda file: file.stat().st_mtime)
    again = Workspace(workspace.folder.parent / "again", workspace.sandbox_url, settings=workspace.settings)
    again.scrapy("reparse", "united", *map(str, reversed(kept)), check=True)
    assert again.offers
    assert all(offer["gone_at"] for offer in again.offers)
    assert [search["outcome"] for search in again.searches] == ["found", "empty"]
    assert not again.rows(outbox)


def test_a_kept_refusal_stays_one(workspace: Workspace, server: Sandbox) -> None:
    server.fault("www.united.com", "blocked")
    workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")
    server.reset()
    (kept,) = (workspace.folder / "responses").rglob("*.zst")
    looks = workspace.searches
    result = workspace.scrapy("reparse", "united", str(kept))
    assert result.returncode == 1
    assert workspace.searches == looks
    store = workspace.store()
    assert program_state(store, "united@sandbox").consecutive_blocks == 1
    store.close()


def test_a_supplied_answer_is_stored(workspace: Workspace) -> None:
    answer = FIXTURES / "flights-nonstop" / "answer.json"
    result = workspace.scrapy("reparse", "united", str(answer), "--seen-at", SEEN_AT, check=True)
    assert "offers" in result.stderr
    assert workspace.offers
    assert {offer["first_seen_at"].isoformat() for offer in workspace.offers} == {"2026-11-20T15:06:00+00:00"}


def test_a_dry_run_prints_and_stores_nothing(workspace: Workspace) -> None:
    answer = FIXTURES / "flights-nonstop" / "answer.json"
    arguments = ("--dry-run", "--format", "json", "--seen-at", SEEN_AT)
    result = workspace.scrapy("reparse", "united", str(answer), *arguments, check=True)
    offers = [json.loads(line) for line in result.stdout.splitlines()]
    expected = json.loads((answer.parent / "expected.json").read_text())["offers"]
    assert [offer["miles"] for offer in offers] == [offer["miles"] for offer in expected]
    assert not workspace.folder.exists()


def test_a_dry_run_says_what_is_odd(workspace: Workspace) -> None:
    answer = FIXTURES / "flights-unknown-codes" / "answer.json"
    result = workspace.scrapy("reparse", "united", str(answer), "--dry-run", "--seen-at", SEEN_AT, check=True)
    assert "odd: column: " in result.stderr
    assert "(an offer is lost)" in result.stderr
    assert len(result.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (b"not an answer", (), "does not look like an answer of united"),
        (None, (), "cannot be read"),
        (b"{}", ("--kind", "calendar"), "does not say its route"),
        (b"{}", ("--kind", "calendar", "--origin", "LAX", "--destination", "AUS"), "does not say its dates"),
        (b"{}", ("--kind", "calendar", "--origin", "NYC", "--destination", "AUS"), "write the one that was asked"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    workspace: Workspace, tmp_path: Path, content: bytes | None, options: tuple[str, ...], sentence: str
) -> None:
    file = tmp_path / "answer.json"
    if content is not None:
        file.write_bytes(content)
    result = workspace.scrapy("reparse", "united", str(file), *options)
    assert result.returncode == 2
    assert result.stderr.startswith("error: ")
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_time_is_one_sentence(workspace: Workspace) -> None:
    answer = FIXTURES / "flights-nonstop" / "answer.json"
    result = workspace.scrapy("reparse", "united", str(answer), "--seen-at", "yesterday")
    assert result.returncode == 2
    assert "--seen-at" in result.stderr
