"""Every outcome and reason of a source of promotions, caused by the faults that airline sites have in the sandbox."""

from __future__ import annotations

import pytest

from tests.support.source_crawls import SourceCrawl
from tests.support.source_faults import FAULTS, OTHER_FAULTS, UNCHANGED, Row, crawl, for_each

FEED_FAULTS: list[Row] = [
    *FAULTS,
    ("refused", {"variant": "empty_channel"}, "unexpected_response"),
    ("refused", {"variant": "html_for_xml"}, "unexpected_response"),
    ("refused", {"variant": "malformed_entity"}, None),  # read as far as possible
]
TABLE_FAULTS: list[Row] = [
    *FAULTS,
    ("refused", {"variant": "table_missing"}, "unexpected_response"),
    ("refused", {"variant": "zero_rows"}, "unexpected_response"),
]

FEED = "https://frequentmiler.com/feed/"
OTHER_FEED = "https://pontospravoar.com/feed"
ATOM = "https://www.reddit.com/r/awardtravel/.rss"
POSTS = "https://www.doctorofcredit.com/wp-json/wp/v2/posts?per_page=10&orderby=date&order=desc&categories=12"
TABLE = "https://frequentmiler.com/current-point-transfer-bonuses/"
PAGE = "https://awardwallet.com/news/credit-card-transfer-bonuses/"
SECOND_PAGE = "https://upgradedpoints.com/news/current-credit-card-transfer-bonuses/"


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> list[SourceCrawl]:
    return crawl(tmp_path_factory.mktemp("feeds"), "dealfeeds", [FEED, OTHER_FEED], ["frequentmiler.com"], FEED_FAULTS)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> list[SourceCrawl]:
    urls = [TABLE, PAGE, SECOND_PAGE]
    return crawl(tmp_path_factory.mktemp("table"), "transferbonuses", urls, ["frequentmiler.com"], TABLE_FAULTS)


@for_each(FEED_FAULTS)
def test_a_feed_under_each_fault(feeds: list[SourceCrawl], number: int) -> None:
    reason, found, first = FEED_FAULTS[number][2], feeds[number], feeds[0]
    assert found.error is None
    assert set(found.reports) == {FEED, OTHER_FEED}
    outcome, given, note, entries = found.reports[FEED]
    assert (outcome, given) == (("failed", reason) if reason else ("found", None)), note
    assert bool(note) == bool(reason)
    assert entries == (0 if reason or FEED_FAULTS[number][0] == UNCHANGED else 10)
    # The other feed is read, and nothing that is stored changes.
    assert found.reports[OTHER_FEED][0] == "found"
    assert found.stored == first.stored
    assert min(first.stored) > 0
    assert found.finish_reason == "finished"


@for_each(TABLE_FAULTS)
def test_the_table_under_each_fault(table: list[SourceCrawl], number: int) -> None:
    reason, found = TABLE_FAULTS[number][2], table[number]
    assert found.error is None
    assert set(found.reports) == {TABLE, PAGE, SECOND_PAGE}
    outcome, given, note, entries = found.reports[TABLE]
    assert (outcome, given) == (("failed", reason) if reason else ("found", None)), note
    assert (entries > 5) == (reason is None and TABLE_FAULTS[number][0] != UNCHANGED)
    assert {found.reports[url][0] for url in (PAGE, SECOND_PAGE)} == {"found"}
    assert found.stored == table[0].stored


@for_each(OTHER_FAULTS)
def test_other_formats_under_a_fault(others: list[SourceCrawl], number: int) -> None:
    reason = OTHER_FAULTS[number][2]
    for url, (outcome, given, note, _) in others[number].reports.items():
        assert (outcome, given) == (("failed", reason) if reason else ("found", None)), f"{url}: {note}"
    assert others[number].finish_reason == (reason or "finished")


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> list[SourceCrawl]:
    hosts = ["www.reddit.com", "www.doctorofcredit.com"]
    return crawl(tmp_path_factory.mktemp("others"), "dealfeeds", [ATOM, POSTS], hosts, OTHER_FAULTS)
