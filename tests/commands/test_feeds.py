"""`scrapy feeds`: feeds that are published, and feeds that are read."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands import feeds
from awardspider.commands._sources import ListedSource
from awardspider.items import SourceKind, SourceReportItem
from awardspider.outcomes import Outcome, Reason
from awardspider.promotion_sources import sources_of
from awardspider.storage.promotion_sources import record_source
from awardspider.storage.sandbox_states import SANDBOX
from awardspider.storage.store import open_store
from tests.support.source_commands import run_source_command

NOW = datetime(2026, 11, 29, 18, tzinfo=UTC)


def run(folder: Path, *words: str, **settings: str) -> int:
    """Run the command and return its exit code."""
    return run_source_command(feeds, folder, *words, now=NOW, **settings)


@pytest.fixture
def folder(migrated_sqlite: Path, tmp_path: Path) -> Path:
    (tmp_path / "awardspider.db").write_bytes(migrated_sqlite.read_bytes())
    return tmp_path


def test_it_writes_four_files_and_prints_their_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "feeds"
    assert run(folder, "publish", "--out", str(out), "--link", "https://example.org/feeds", AWARD_LOCALE="pt_BR") == 0
    printed = capsys.readouterr().out.splitlines()
    assert sorted(printed) == sorted(str(path) for path in out.iterdir())
    document = json.loads((out / "deals.json").read_text())
    assert document["language"] == "pt-BR"
    assert document["feed_url"] == "https://example.org/feeds/deals.json"


def test_the_option_takes_precedence_over_the_setting(folder: Path) -> None:
    assert run(folder, "publish", "--out", str(folder), "--locale", "es", AWARD_LOCALE="pt_BR") == 0
    assert json.loads((folder / "promotions.json").read_text())["language"] == "es"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "--out is missing"),
        (["--out", "here", "--locale", "klingon"], "unknown locale 'klingon' (choose from en, pt_BR, es)"),
        (["--out", "here", "--limit", "many"], "--limit: expected an integer"),
        (["--out", "here", "--link", "example.org"], "--link: expected the URL of a folder"),
        (["--out", "here", "--link", "https://example.org/?a=b"], "--link: expected the URL of a folder"),
        (["deals"], "unexpected argument 'deals'"),
    ],
)
def test_invalid_arguments_are_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    assert run(folder, "publish", *args) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


# ---- feeds that are read -------------------------------------------------------------------------------------------

BLOG = "https://blog.example/feed/"
BUILT_IN = "https://frequentmiler.com/feed/"


def listed(folder: Path, capsys: pytest.CaptureFixture[str], **settings: str) -> dict[str, dict[str, Any]]:
    """Return the records of all feeds by URL."""
    capsys.readouterr()
    assert run(folder, "list", "--json", **settings) == 0
    return {record["url"]: record for record in json.loads(capsys.readouterr().out)}


def refused(folder: Path, capsys: pytest.CaptureFixture[str], *words: str, **settings: str) -> str:
    """Return the sentence with which the command refuses its arguments."""
    capsys.readouterr()
    assert run(folder, *words, **settings) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err.removeprefix("error: ").rstrip()


def report(folder: Path, feed: ListedSource, suffix: str = "", **fields: Any) -> None:
    """Store the result of a request."""
    values = {"url": feed.url, "outcome": Outcome.FOUND, "entries": 10, "http_status": 200, "requested_at": NOW}
    store = open_store("", folder)
    with store.writing() as connection:
        record_source(connection, feed, SourceReportItem(**values | fields), suffix=suffix)
    store.close()


def test_the_built_in_feeds_are_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    feeds = listed(folder, capsys)
    assert list(feeds) == [source.url for source in sources_of("dealfeeds")]
    assert feeds[BUILT_IN] == {
        "name": "Frequent Miler",
        "url": BUILT_IN,
        "language": "en",
        "state": "never read",
        "active": True,
        "built_in": True,
        "last_success": None,
        "last_request": None,
        "entries": None,
        "reason": None,
        "note": None,
        "paused_until": None,
    }


def test_a_feed_is_added_and_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "add", BLOG, "--name", "  The   Blog ", "--language", "PT") == 0
    assert capsys.readouterr().out == f"Added: The Blog ({BLOG}). Read it: scrapy crawl dealfeeds\n"
    added = listed(folder, capsys)[BLOG]
    assert (added["name"], added["language"], added["active"], added["built_in"]) == ("The Blog", "pt", True, False)
    assert run(folder, "remove", "the blog") == 0
    assert capsys.readouterr().out == f"The Blog is removed. Read it again: scrapy feeds add {BLOG}\n"
    assert (listed(folder, capsys)[BLOG]["state"], listed(folder, capsys)[BLOG]["active"]) == ("removed", False)
    assert run(folder, "remove", BLOG) == 0
    assert "The Blog is already removed." in capsys.readouterr().out
    assert run(folder, "add", BLOG) == 0
    assert capsys.readouterr().out.startswith("Added again: The Blog (")
    assert listed(folder, capsys)[BLOG]["language"] == "pt"


def test_names_and_languages_by_default(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "add", "https://www.blog.example/feed/") == 0
    added = listed(folder, capsys)["https://www.blog.example/feed/"]
    assert (added["name"], added["language"]) == ("blog.example", "en")


def test_a_language_without_words_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "add", BLOG, "--language", "fr") == 0
    assert "No words of the language 'fr' are known, so its texts are read as English." in capsys.readouterr().out


def test_a_built_in_feed_is_removed_and_read_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "remove", "frequent miler") == 0
    assert listed(folder, capsys)[BUILT_IN]["active"] is False
    assert run(folder, "add", BUILT_IN) == 0
    record = listed(folder, capsys)[BUILT_IN]
    assert (record["active"], record["built_in"], record["name"]) == (True, True, "Frequent Miler")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", BUILT_IN], f"{BUILT_IN} is already read, as Frequent Miler"),
        (["add", "http://www.frequentmiler.com/feed"], f"{BUILT_IN} is already read, as Frequent Miler"),
        (
            ["add", BLOG, "--name", "frequent  miler"],
            f"{BUILT_IN} has the name Frequent Miler; choose another one with --name",
        ),
        (["add", "blog.example"], "'blog.example' is not a URL such as https://blog.example/feed/"),
        (["add", "https://192.168.1.1/feed"], "192.168.1.1 is not a public host"),
        (["add", "https://me:x@blog.example/"], "the URL at blog.example must not contain a user name or password"),
        (
            ["add", BLOG, "--language", "english"],
            "--language: expected a code of two letters, such as en, got 'english'",
        ),
        (["add", BLOG, "--language", ""], "--language: expected a code of two letters, such as en, got ''"),
        (["add", BLOG, "--name", " "], "--name: expected 1 to 60 characters"),
        (["add", BLOG, "--name", "x" * 61], "--name: expected 1 to 60 characters"),
        (["add", BLOG, "--name", "a\x07b"], "--name: expected 1 to 60 characters"),
        (["remove", "Frequent Milr"], "unknown feed 'Frequent Milr' (did you mean Frequent Miler?)"),
        (
            ["remove", "https://nowhere.example/"],
            "unknown feed 'https://nowhere.example/' (scrapy feeds list shows all)",
        ),
    ],
)
def test_other_arguments_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert refused(folder, capsys, *words) == sentence
    assert len(listed(folder, capsys)) == len(sources_of("dealfeeds"))


def test_a_private_host_is_accepted_for_the_sandbox(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "http://localhost:8000/feed/"
    assert run(folder, "add", url, AWARD_SANDBOX_URL="http://127.0.0.1:1") == 0
    assert url in listed(folder, capsys)


def test_the_state_of_each_feed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "add", BLOG)
    blog = ListedSource(
        kind=SourceKind.FEED, url=BLOG, name="blog.example", language="en", is_active=True, is_built_in=False
    )
    report(folder, blog)
    record = listed(folder, capsys)[BLOG]
    assert (record["state"], record["entries"], record["last_success"]) == ("found", 10, NOW.isoformat())
    later = NOW + timedelta(hours=1)
    pause = later + timedelta(hours=6)
    failed = {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED, "note": "HTTP 403", "entries": 0}
    report(folder, blog, requested_at=later, paused_until=pause, **failed)
    record = listed(folder, capsys)[BLOG]
    assert (record["state"], record["reason"], record["note"]) == ("failed: blocked", "blocked", "HTTP 403")
    assert (record["last_success"], record["last_request"]) == (NOW.isoformat(), later.isoformat())
    assert (record["entries"], record["paused_until"]) == (10, pause.isoformat())
    # A crawl of the sandbox has a state of its own.
    assert listed(folder, capsys, AWARD_SANDBOX_URL="http://127.0.0.1:1")[BLOG]["state"] == "never read"
    report(folder, blog, suffix=SANDBOX)
    assert listed(folder, capsys, AWARD_SANDBOX_URL="http://127.0.0.1:1")[BLOG]["state"] == "found"


def test_a_built_in_feed_that_was_read_keeps_its_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(
        folder,
        ListedSource(
            kind=SourceKind.FEED, url=BUILT_IN, name="Old name", language="en", is_active=True, is_built_in=True
        ),
    )
    record = listed(folder, capsys)[BUILT_IN]
    assert (record["name"], record["state"], record["active"]) == ("Frequent Miler", "found", True)


def test_the_table_fits_a_narrow_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {"outcome": Outcome.FAILED, "reason": Reason.UNEXPECTED_RESPONSE, "note": "the feed has no entries"}
    for source in sources_of("dealfeeds"):
        report(
            folder,
            ListedSource(
                kind=SourceKind.FEED, url=source.url, name=source.name, language="en", is_active=True, is_built_in=True
            ),
        )
    first = sources_of("dealfeeds")[0]
    feed = ListedSource(
        kind=SourceKind.FEED, url=first.url, name=first.name, language="en", is_active=True, is_built_in=True
    )
    report(folder, feed, **failed, requested_at=NOW)
    for columns in (80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        capsys.readouterr()
        assert run(folder, "list") == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= columns
        assert lines[0].split()[:5] == ["name", "lang", "last", "success", "age"]
        assert re.search(r"^Frequent Miler .*\sfailed:\s+unexpected_response$", chr(10).join(lines), re.MULTILINE)
        assert f"{len(sources_of('dealfeeds'))} of {len(sources_of('dealfeeds'))} feeds are read" in "\n".join(lines)
