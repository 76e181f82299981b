"""Every outcome and reason of feeds, tables and pages about promotions, caused by the sandbox's faults."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from tests.support.sandbox_server import sandbox
from tests.support.source_crawls import Round, RoundResult, crawl_in_rounds

#: A fault, its options, and the reasons of the feed and of the table on the same host.
Row: TypeAlias = tuple[str, dict[str, Any], str | None, str | None]

#: A crawl with conditional requests, to which the sites respond that nothing has changed.
UNCHANGED = "unchanged"

FAULTS: list[tuple[str, dict[str, Any], str | None]] = [
    ("ok", {}, None),
    (UNCHANGED, {}, None),
    ("blocked", {"variant": "akamai_403"}, "blocked"),
    ("blocked", {"variant": "akamai_428"}, "blocked"),
    ("blocked", {"variant": "cloudflare_403"}, "blocked"),
    ("blocked", {"variant": "challenge_200"}, "blocked"),
    ("rate_limited", {"retry_after": 3600}, "rate_limited"),
    ("rate_limited", {"retry_after": 1}, "rate_limited"),
    ("sign_in", {}, "sign_in_needed"),
    ("expired", {}, "sign_in_needed"),
    ("redirect_sign_in", {}, "sign_in_needed"),
    ("redirect_sign_in", {"variant": "absolute"}, "sign_in_needed"),
    ("html", {}, "unexpected_response"),
    ("html", {"variant": "sign_in"}, "sign_in_needed"),
    ("empty", {}, "unexpected_response"),
    ("renamed_keys", {}, "unexpected_response"),
    ("bad_json", {}, "unexpected_response"),
    ("huge", {}, "unexpected_response"),
    ("deep", {}, "unexpected_response"),
    ("endless_headers", {}, "unexpected_response"),
    ("wrong_encoding", {}, "unexpected_response"),
    ("slow", {"seconds": 30}, "unreachable"),
    ("reset", {}, "unreachable"),
    ("500", {}, "unreachable"),
    ("robots", {}, "refused_by_robots"),
    ("robots_html", {}, "refused_by_robots"),
    ("robots_500", {}, "refused_by_robots"),
    ("robots_blocked", {}, "refused_by_robots"),
    ("robots_huge", {}, "refused_by_robots"),
    ("robots_endless_headers", {}, "refused_by_robots"),
    ("refused", {"variant": "challenge_403"}, "blocked"),
    ("refused", {"variant": "challenge_200"}, "blocked"),
]
ROWS: list[Row] = [
    *((fault, options, reason, reason) for fault, options, reason in FAULTS),
    ("refused", {"variant": "empty_channel"}, "unexpected_response", "unexpected_response"),
    ("refused", {"variant": "html_for_xml"}, "unexpected_response", "unexpected_response"),
    ("refused", {"variant": "malformed_entity"}, None, "unexpected_response"),  # the feed is read as far as possible
    ("refused", {"variant": "table_missing"}, None, "unexpected_response"),
    ("refused", {"variant": "zero_rows"}, None, "unexpected_response"),
]
#: Faults that damage a response, and a few others: sources in other formats are read under them, too.
IN_OTHER_FORMATS = {
    number
    for number, (fault, options, *_) in enumerate(ROWS)
    if fault in ("ok", UNCHANGED, "empty", "renamed_keys", "bad_json", "deep", "wrong_encoding", "html", "expired")
    or fault == "robots"
    or options in ({"variant": "cloudflare_403"}, {"variant": "absolute"}, {"retry_after": 3600})
}
#: Faults that do not change what a person sees on a page, or leave it with other text.
HARMLESS = ("ok", UNCHANGED, "renamed_keys")
#: Responses that do not end in time.
ENDLESS = ("slow", "endless_headers", "robots_endless_headers")
#: Faults of every host.
EVERYWHERE = [("blocked", {"variant": "cloudflare_403"}, "blocked"), ("500", {}, "unreachable")]

FEED = "https://frequentmiler.com/feed/"
TABLE = "https://frequentmiler.com/current-point-transfer-bonuses/"
OTHER_FEED = "https://pontospravoar.com/feed"
OTHER_FORMATS = [
    "https://www.reddit.com/r/awardtravel/.rss",
    "https://www.doctorofcredit.com/wp-json/wp/v2/posts?per_page=10&orderby=date&order=desc&categories=12",
]
DEALS = "https://www.delta.com/us/en/flight-deals/all-flight-deals"
OTHER_DEALS = "https://www.aa.com/booking/flights/deals"
PAGE = "https://www.jetblue.com/trueblue/promotions"
OTHER_PAGE = "https://www.alaskaair.com/deals"
CROSS_CHECKS = [
    "https://awardwallet.com/news/credit-card-transfer-bonuses/",
    "https://upgradedpoints.com/news/current-credit-card-transfer-bonuses/",
]
SOURCES = [FEED, TABLE, OTHER_FEED, *OTHER_FORMATS, *CROSS_CHECKS, DEALS, OTHER_DEALS, PAGE, OTHER_PAGE]
SPIDERS = ("dealfeeds", "transferbonuses", "deltadeals", "americandeals", "pagewatch")


def make_round(fault: str, options: dict[str, Any], urls: list[str]) -> Round:
    """Return a round with a fault of the hosts of these sources."""
    if fault == UNCHANGED:
        return Round(spiders=SPIDERS, is_due=True)
    hosts = sorted({url.split("/")[2] for url in urls})
    return Round(
        spiders=SPIDERS,
        controls=[{"host": host, "fault": fault, **options} for host in hosts],
        is_new=True,
        download_timeout=2 if fault in ENDLESS else 30,
    )


def expected_reasons(number: int) -> dict[str, str | None]:
    """Return the reasons of the sources on hosts with the fault of a row."""
    fault, _, of_feed, of_table = ROWS[number]
    expected = {FEED: of_feed, TABLE: of_table}
    of_page = None if fault in HARMLESS else of_feed
    if fault != "refused":  # airlines have no such fault
        expected |= {DEALS: of_page, PAGE: None if fault == "empty" else of_page}
    if number in IN_OTHER_FORMATS:
        expected |= {**dict.fromkeys(OTHER_FORMATS, of_feed), OTHER_DEALS: of_page}
    return expected


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[RoundResult]:
    """Return the results of a crawl under the fault of each row, then under those of every host."""
    rounds = [
        make_round(fault, options, list(expected_reasons(number))) for number, (fault, options, *_) in enumerate(ROWS)
    ]
    rounds += [make_round(fault, options, SOURCES) for fault, options, _ in EVERYWHERE]
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as server:
        return crawl_in_rounds(server.url, tmp_path_factory.mktemp("sources"), rounds, SOURCES)


@pytest.mark.parametrize(
    "number", range(len(ROWS)), ids=[" ".join(map(str, (fault, *options.values()))) for fault, options, *_ in ROWS]
)
def test_sources_under_each_fault(results: list[RoundResult], number: int) -> None:
    found, expected, is_unchanged = results[number], expected_reasons(number), ROWS[number][0] == UNCHANGED
    assert set(found.reports) == set(SOURCES)
    for url in SOURCES:  # those of other hosts are read
        reason = expected.get(url)
        outcome, given, note, entries = found.reports[url]
        assert (outcome, given) == (("failed", reason) if reason else ("found", None)), f"{url}: {note}"
        assert bool(note) == bool(reason)
        if url in (FEED, TABLE, DEALS):
            assert (entries > 0) == (reason is None and not is_unchanged)
    assert found.reports[FEED][3] in (0, 10)
    assert found.reports[PAGE][3] == found.reports[OTHER_PAGE][3] == 0
    # Nothing that is stored changes.
    assert found.stored == results[0].stored
    assert found.stored["announcements"]
    assert found.stored["promotions"]
    assert not any(key.startswith(("jetblue.", "alaskaair.")) for key in found.stored["announcements"])
    reasons = dict.fromkeys(SPIDERS, "finished")
    reasons["deltadeals"] = expected.get(DEALS) or "finished"
    reasons["americandeals"] = expected.get(OTHER_DEALS) or "finished"
    assert found.finish_reasons == reasons


@pytest.mark.parametrize("number", range(len(EVERYWHERE)), ids=[fault for fault, *_ in EVERYWHERE])
def test_a_crawl_without_a_source_that_is_found_has_failed(results: list[RoundResult], number: int) -> None:
    reason, found = EVERYWHERE[number][2], results[len(ROWS) + number]
    assert {report[:2] for report in found.reports.values()} == {("failed", reason)}
    assert set(found.finish_reasons.values()) == {reason}
    assert found.stored == results[0].stored
