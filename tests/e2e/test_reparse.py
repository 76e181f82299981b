"""`scrapy reparse`: archived and supplied responses go through parser and pipelines again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard

from awardspider.storage.programs import program_state
from awardspider.storage.schema import outbox
from tests.support.crawls import Workspace
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox

FIXTURES = ROOT / "tests" / "fixtures" / "united"
DAY = (datetime.now(UTC) + timedelta(days=70)).date()
SEEN_AT = "2026-11-20T15:06Z"
WEBHOOK = {"AWARD_WEBHOOKS": "make=https://hook.example/x"}


def crawl_day(workspace: Workspace) -> None:
    workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY), detail="itinerary")


def archived_files(workspace: Workspace) -> list[Path]:
    """Return the archived responses, the oldest first."""
    files = (workspace.folder / "responses").rglob("*.zst")
    return sorted(files, key=lambda file: file.stat().st_mtime)


def test_reparsing_an_archived_response_changes_nothing(workspace: Workspace) -> None:
    crawl_day(workspace)
    workspace.settings = WEBHOOK
    before = {offer["id"]: offer["state"] for offer in workspace.offers}
    searches = workspace.searches
    (archived,) = archived_files(workspace)
    workspace.scrapy("reparse", "united", str(archived), check=True)
    assert {offer["id"]: offer["state"] for offer in workspace.offers} == before
    assert workspace.searches == searches
    assert not workspace.rows(outbox)


def test_responses_are_parsed_in_order_of_time(workspace: Workspace, server: Sandbox) -> None:
    for fault in ("ok", "empty"):
        server.fault("www.united.com", fault)
        crawl_day(workspace)
    server.reset()
    files = reversed(archived_files(workspace))
    other = Workspace(workspace.folder.parent / "other", workspace.sandbox_url, settings=WEBHOOK)
    other.scrapy("reparse", "united", *map(str, files), check=True)
    assert other.offers
    assert all(offer["gone_at"] for offer in other.offers)
    assert [search["outcome"] for search in other.searches] == ["found", "empty"]
    assert not other.rows(outbox)


def test_an_archived_block_page_is_still_a_block(workspace: Workspace, server: Sandbox) -> None:
    server.fault("www.united.com", "blocked")
    crawl_day(workspace)
    server.reset()
    (archived,) = archived_files(workspace)
    searches = workspace.searches
    result = workspace.scrapy("reparse", "united", str(archived))
    assert result.returncode == 1
    assert workspace.searches == searches
    store = workspace.store()
    assert program_state(store, "united@sandbox").consecutive_blocks == 1
    store.close()


def test_offers_of_a_supplied_response_are_stored(workspace: Workspace) -> None:
    file = FIXTURES / "flights-nonstop" / "response.json"
    result = workspace.scrapy("reparse", "united", str(file), "--seen-at", SEEN_AT, check=True)
    assert "offers" in result.stderr
    assert workspace.offers
    assert {offer["first_seen_at"].isoformat() for offer in workspace.offers} == {"2026-11-20T15:06:00+00:00"}


def test_a_dry_run_prints_offers_and_stores_nothing(workspace: Workspace) -> None:
    file = FIXTURES / "flights-nonstop" / "response.json"
    arguments = ("--dry-run", "--format", "json", "--seen-at", SEEN_AT)
    result = workspace.scrapy("reparse", "united", str(file), *arguments, check=True)
    offers = [json.loads(line) for line in result.stdout.splitlines()]
    expected = json.loads((file.parent / "expected.json").read_text())["offers"]
    assert [offer["miles"] for offer in offers] == [offer["miles"] for offer in expected]
    assert not workspace.folder.exists()


def test_a_dry_run_prints_warnings(workspace: Workspace) -> None:
    file = FIXTURES / "flights-unknown-codes" / "response.json"
    result = workspace.scrapy("reparse", "united", str(file), "--dry-run", "--seen-at", SEEN_AT, check=True)
    assert "warning: column: " in result.stderr
    assert "(drops an offer)" in result.stderr
    assert len(result.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"some text", (), "is not recognized as a response of united"),
        (None, (), "cannot be read"),
        (b"{}", ("--kind", "calendar"), "does not contain its route"),
        (b"{}", ("--kind", "calendar", "--origin", "LAX", "--destination", "AUS"), "add --dates"),
        (b"{}", ("--kind", "calendar", "--origin", "NYC", "--destination", "AUS"), "--origin: NYC means"),
    ],
)
def test_an_unreadable_file_is_an_error(
    workspace: Workspace, tmp_path: Path, content: bytes | None, options: tuple[str, ...], message: str
) -> None:
    file = tmp_path / "response.json"
    if content is not None:
        file.write_bytes(content)
    result = workspace.scrapy("reparse", "united", str(file), *options)
    assert result.returncode == 2
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_damaged_and_foreign_files_do_not_stop_the_others(workspace: Workspace) -> None:
    crawl_day(workspace)
    (archived,) = archived_files(workspace)
    before = {offer["id"]: offer["state"] for offer in workspace.offers}
    content = archived.read_bytes()
    unpacked = zstandard.ZstdDecompressor().decompress(content)
    damaged = {
        "truncated": content[:-9],
        "empty": b"",
        "text": b"text",
        "cabin": zstandard.compress(unpacked.replace(b'"cabins":[]', b'"cabins":["busines"]', 1)),
        "date": zstandard.compress(unpacked.replace(f'"{DAY}"'.encode(), b'"0000-00-00"', 1)),
        "program": zstandard.compress(unpacked.replace(b'"united"', b'"delta"', 1)),
        "place": zstandard.compress(unpacked.replace(b'"LAX"', b'"LAX; DROP TABLE"', 1)),
    }
    for name, bad in damaged.items():
        assert bad != content
        (archived.parent / f"{name}.zst").write_bytes(bad)
    (archived.parent / "folder.zst").mkdir()
    for options in ((), ("--dry-run",)):
        result = workspace.scrapy("reparse", "united", *options)
        assert result.returncode == 1
        errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == len(damaged)
        assert all(sum(f"{name}.zst" in line for line in errors) == 1 for name in damaged)
        assert f"{archived}: united itinerary LAX-AUS" in result.stderr
        assert "Traceback" not in result.stdout + result.stderr
    assert {offer["id"]: offer["state"] for offer in workspace.offers} == before
    archived.unlink()
    result = workspace.scrapy("reparse", "united")
    assert result.returncode in (1, 2)
    assert result.stderr.count("error: ") == len(damaged)


def test_a_program_without_archived_responses_is_an_error(workspace: Workspace) -> None:
    result = workspace.scrapy("reparse", "delta")
    assert result.returncode == 2
    assert result.stderr == "error: no archived responses of delta; name a file\n"


def test_an_invalid_time_is_an_error(workspace: Workspace) -> None:
    file = FIXTURES / "flights-nonstop" / "response.json"
    result = workspace.scrapy("reparse", "united", str(file), "--seen-at", "yesterday")
    assert result.returncode == 2
    assert "--seen-at" in result.stderr


def test_a_response_with_as_many_slices_as_american_sends_marks_nothing_as_gone(workspace: Workspace) -> None:
    """Reparse responses for the city of Los Angeles: two flights, then the first of them among 40 and 39 slices."""
    fixture = json.loads((FIXTURES.parent / "american" / "flights-web-special" / "response.json").read_bytes())
    searched = fixture["slices"][0]
    ends = [searched["segments"][0]["legs"][0]["origin"]["code"], searched["segments"][-1]["legs"][-1]["destination"]]
    fixture["responseMetadata"]["origin"]["code"] = "QLA"

    def slices(*numbers: int) -> list[dict[str, Any]]:
        copies = [json.loads(json.dumps(searched)) for _ in numbers]
        for copy, number in zip(copies, numbers, strict=True):
            copy["segments"][0]["flight"]["flightNumber"] = str(number)
        return copies

    def reparse(minute: int, *numbers: int) -> set[str]:
        file = workspace.folder.parent / f"{minute}.json"
        file.write_text(json.dumps(fixture | {"slices": slices(*numbers)}))
        scope = ("--origin", ends[0], "--destination", ends[1]["code"], "--seen-at", f"2026-11-20T15:{minute}Z")
        workspace.scrapy("reparse", "american", str(file), *scope, check=True)
        return {offer["flights"] for offer in workspace.offers if offer["gone_at"] is None}

    assert reparse(10, 1, 2) == {"AA1", "AA2"}
    assert "AA2" in reparse(20, 1, *range(100, 139))
    assert "AA2" not in reparse(30, 1, *range(100, 138))
