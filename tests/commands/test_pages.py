"""`scrapy pages`: pages of which every change is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands import pages
from awardspider.commands._sources import ListedSource
from awardspider.extensions.promotion_run import active_promotion_sources
from awardspider.items import SourceKind, SourceReportItem
from awardspider.outcomes import Outcome
from awardspider.promotion_sources import built_in_sources
from awardspider.storage.promotion_sources import add_source, record_source
from awardspider.storage.sandbox_states import SANDBOX
from awardspider.storage.store import open_store
from tests.support.source_commands import run_source_command

NOW = datetime(2026, 11, 29, 18, tzinfo=UTC)
PAGE = "https://airline.example/offers"
OFFERED = [source for source in built_in_sources().values() if source.is_offered]


def run(folder: Path, *words: str, **settings: str) -> int:
    """Run the command and return its exit code."""
    return run_source_command(pages, folder, *words, now=NOW, **settings)


@pytest.fixture
def folder(migrated_sqlite: Path, tmp_path: Path) -> Path:
    (tmp_path / "awardspider.db").write_bytes(migrated_sqlite.read_bytes())
    return tmp_path


def listed(folder: Path, capsys: pytest.CaptureFixture[str], **settings: str) -> dict[str, dict[str, Any]]:
    """Return the records of all pages by URL."""
    capsys.readouterr()
    assert run(folder, "list", "--json", **settings) == 0
    return {record["url"]: record for record in json.loads(capsys.readouterr().out)}


def refused(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the sentence with which the command refuses its arguments."""
    before = listed(folder, capsys)
    assert run(folder, *words) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert listed(folder, capsys) == before
    return output.err.removeprefix("error: ").rstrip()


def read_sources(folder: Path, suffix: str = "") -> dict[str, tuple[str | None, str | None, bool]]:
    """Return selector, previous text and whether it is the first read, of each page that pagewatch reads."""
    store = open_store("", folder)
    found = active_promotion_sources(store, "pagewatch", suffix)
    store.close()
    return {source.url: (source.selector, source.previous_text, source.is_first) for source in found}


def report(folder: Path, page: ListedSource, suffix: str = "", **fields: Any) -> None:
    """Store the result of a request."""
    values = {"url": page.url, "outcome": Outcome.FOUND, "http_status": 200, "requested_at": NOW, "text": "Text"}
    store = open_store("", folder)
    with store.writing() as connection:
        item = SourceReportItem(**values | fields)
        record_source(connection, page, item, suffix=suffix, selector=page.selector)
    store.close()


def test_known_pages_are_offered_and_not_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(folder, capsys)
    assert list(found) == [source.url for source in OFFERED]
    assert {(record["state"], record["active"], record["built_in"]) for record in found.values()} == {
        ("available", False, True)
    }
    assert read_sources(folder) == {}


def test_an_offered_page_is_added_with_its_selector(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = OFFERED[0]
    assert run(folder, "add", source.url) == 0
    assert capsys.readouterr().out == f"Added: {source.name} ({source.url}). Read it: scrapy crawl pagewatch\n"
    assert read_sources(folder) == {source.url: (source.selector, None, True)}
    assert run(folder, "remove", source.name) == 0
    assert listed(folder, capsys)[source.url]["state"] == "removed"
    assert read_sources(folder) == {}


def test_a_page_is_added_and_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("add", PAGE, "--select", "  #offers  >  .card ", "--name", "Offers", "--language", "ES")
    assert run(folder, *words) == 0
    assert capsys.readouterr().out == f"Added: Offers ({PAGE}). Read it: scrapy crawl pagewatch\n"
    record = listed(folder, capsys)[PAGE]
    assert (record["selector"], record["language"], record["state"]) == ("#offers > .card", "es", "never read")
    assert read_sources(folder) == {PAGE: ("#offers > .card", None, True)}
    assert run(folder, "remove", "offers") == 0
    again = f"scrapy pages add {PAGE} --select '#offers > .card'"
    assert capsys.readouterr().out == f"Offers is removed. Read it again: {again}\n"
    assert read_sources(folder) == {}
    assert run(folder, "add", PAGE) == 0
    assert capsys.readouterr().out.startswith("Added again: Offers (")
    assert read_sources(folder) == {PAGE: ("#offers > .card", None, True)}


@pytest.mark.parametrize("suffix", ["", SANDBOX])
def test_with_another_selector_the_next_text_is_the_first_one(
    folder: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    page = ListedSource(url=PAGE, kind=SourceKind.PAGE, name="Offers", selector="main")
    assert run(folder, "add", PAGE, "--select", "main", "--name", "Offers") == 0
    report(folder, page, suffix, etag='"1"')
    assert read_sources(folder, suffix) == {PAGE: ("main", "Text", False)}
    capsys.readouterr()
    assert run(folder, "add", PAGE, "--select", "#offers") == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"Changed: Offers ({PAGE}).")
    assert "it is stored, and nobody is notified" in printed
    assert read_sources(folder, suffix) == {PAGE: ("#offers", None, True)}


def test_a_page_of_a_site_whose_terms_forbid_access(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "add", "https://www.united.com/offers", "--select", "main") == 0
    assert (
        "The terms of united.com forbid automated access: add united to AWARD_ACCEPT_TERMS" in capsys.readouterr().out
    )
    store = open_store("", folder)
    [source] = active_promotion_sources(store, "pagewatch")
    store.close()
    assert source.terms_forbid


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([PAGE], "--select is missing; give a CSS selector of the part to compare, such as main or #offers"),
        ([PAGE, "--select", ""], "--select: a CSS selector has 1 to 500 characters, such as main or #offers"),
        ([PAGE, "--select", "main["], "--select: 'main[' is not a CSS selector of elements, such as main or #offers: "),
        ([PAGE, "--select", "a::text"], "--select: 'a::text' is not a CSS selector of elements, "),
        (["airline.example", "--select", "main"], "'airline.example' is not a URL such as"),
        (["https://10.0.0.1/", "--select", "main"], "10.0.0.1 is not a public host"),
        ([PAGE, "--select", "main", "--name", OFFERED[0].name], f"{OFFERED[0].url} has the name {OFFERED[0].name};"),
        ([PAGE, "--select", "main", "--language", "spanish"], "--language: expected a code of two letters"),
        (
            ["https://www.delta.com/us/en/flight-deals/flash-sale/", "--select", "main"],
            "https://www.delta.com/us/en/flight-deals/flash-sale is already read by scrapy crawl deltadeals",
        ),
        (
            ["https://frequentmiler.com/feed/", "--select", "main"],
            "https://frequentmiler.com/feed/ is already read by scrapy crawl dealfeeds",
        ),
    ],
)  # fmt: skip
def test_other_arguments_are_refused_before_anything_is_stored(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert refused(folder, capsys, "add", *words).startswith(sentence)


def test_a_page_that_is_read_is_not_added_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "add", PAGE, "--select", "main") == 0
    sentence = f"{PAGE} is already read, as airline.example"
    assert refused(folder, capsys, "add", PAGE, "--select", "main") == sentence
    assert refused(folder, capsys, "add", "http://www.airline.example/offers/") == sentence
    assert refused(folder, capsys, "remove", "airlin.example") == (
        "unknown page 'airlin.example' (did you mean airline.example?)"
    )


def test_a_feed_is_not_added_as_a_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = open_store("", folder)
    add_source(store, ListedSource(url=PAGE, kind=SourceKind.FEED, name="The Feed"), now=NOW)
    store.close()
    sentence = f"{PAGE} is already read as a feed, with the name The Feed"
    assert refused(folder, capsys, "add", PAGE, "--select", "main") == sentence


def test_the_table_fits_a_narrow_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder, "add", PAGE, "--select", "#offers > .card", "--name", "Offers of an airline with a long name")
    page = ListedSource(url=PAGE, kind=SourceKind.PAGE, name="Offers of an airline with a long name", selector="main")
    report(folder, page, requested_at=NOW - timedelta(hours=2))
    for columns in (80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        capsys.readouterr()
        assert run(folder, "list") == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= columns
        assert lines[0].split()[:4] == ["name", "lang", "last", "success"]
        note = f"1 of {len(OFFERED) + 1} pages is read by scrapy crawl pagewatch; times are UTC"
        assert note in " ".join(" ".join(lines[-3:]).split())
