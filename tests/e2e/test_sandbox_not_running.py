"""Commands without a running sandbox: one sentence, and searches end as unreachable."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.crawls import Workspace

NOWHERE = "http://127.0.0.1:9"
SENTENCE = f"no sandbox at {NOWHERE}; start it with: scrapy sandbox --port 9"
SHEET = "1dEm0AwArdDeaLsXq7Zk2vTn9RbYc4UhJw8LsPf3GxQM"
ROUTE = {"origin": "LAX", "destination": "AUS", "dates": "+60"}


@pytest.fixture
def offline(tmp_path: Path, migrated_sqlite: Path) -> Workspace:
    (tmp_path / "data").mkdir()
    shutil.copy(migrated_sqlite, tmp_path / "data")  # a service logs a migration
    settings = {"AWARD_WEBHOOKS": "make=https://hook.eu1.make.com/demo", "AWARD_GOOGLE_SHEET": SHEET}
    return Workspace(tmp_path / "data", NOWHERE, settings=settings)


@pytest.mark.parametrize(
    "command",
    [
        "probe united",
        "login united",
        "deliver",
        "deliver --watch",
        "sheets setup",
        "sheets check",
        "channels test make",
    ],
)
def test_a_command_ends_with_one_sentence(offline: Workspace, command: str) -> None:
    result = offline.scrapy(*command.split())
    assert (result.returncode, result.stdout, result.stderr) == (2, "", f"error: {SENTENCE}\n")


def test_a_crawl_ends_its_searches_as_unreachable(offline: Workspace) -> None:
    result = offline.crawl("-s", "LOG_LEVEL=WARNING", **ROUTE)
    assert result.stderr.count(SENTENCE) == 1
    assert "Traceback" not in result.stderr
    assert offline.searches
    assert {(row["outcome"], row["reason"], row["note"]) for row in offline.searches} == {
        ("failed", "unreachable", SENTENCE)
    }
    assert [run["finish_reason"] for run in offline.runs] == ["unreachable"]


def test_crawlall_ends_its_searches_as_unreachable(offline: Workspace, tmp_path: Path) -> None:
    watches = tmp_path / "watches.yaml"
    watches.write_text(
        "watches: [{name: a, programs: [united, delta], origin: LAX, destination: AUS, dates: +60}]", encoding="utf-8"
    )
    offline.scrapy("watches", "import", str(watches), check=True)
    result = offline.scrapy("crawlall")
    assert "Traceback" not in result.stderr
    assert "delivery failed" not in result.stderr
    assert result.stdout.count(SENTENCE) == 2
    assert {row["reason"] for row in offline.searches} == {"unreachable"}


def test_a_crawl_of_the_live_site_says_so_first(tmp_path: Path) -> None:
    live = Workspace(tmp_path / "data")
    result = live.crawl("-s", "LOG_LEVEL=WARNING", **ROUTE)  # without a session, no request is sent
    assert result.stderr.startswith("Searching the live site www.united.com, as far as robots.txt allows.")
    assert {row["reason"] for row in live.searches} == {"sign_in_needed"}
