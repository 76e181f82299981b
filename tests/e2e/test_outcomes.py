"""Every way a look can end, produced by a fault of the sandbox and read back from the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.support.crawls import Desk
from tests.support.many_crawls import Case, Result, crawl_all
from tests.support.sandbox_server import Sandbox, sandbox

HOST = "www.united.com"
DAY = (datetime.now(UTC) + timedelta(days=70)).date()
TIME_OUT = "2"  # seconds: the sandbox is near, and a fault lets a crawl wait that long

Row: TypeAlias = tuple[str, dict[str, Any], str, str | None]

FAULTS: list[Row] = [
    ("ok", {}, "found", None),
    ("blocked", {"variant": "akamai_403"}, "failed", "blocked"),
    ("blocked", {"variant": "akamai_428"}, "failed", "blocked"),
    ("blocked", {"variant": "cloudflare_403"}, "failed", "blocked"),
    ("blocked", {"variant": "challenge_200"}, "failed", "blocked"),
    ("rate_limited", {"retry_after": 3600}, "failed", "rate_limited"),
    ("sign_in", {}, "failed", "sign_in_needed"),
    ("expired", {}, "failed", "sign_in_needed"),
    ("redirect_sign_in", {}, "failed", "sign_in_needed"),
    ("html", {}, "failed", "unexpected_response"),
    ("changed_shape", {}, "failed", "unexpected_response"),
    ("bad_json", {}, "failed", "unexpected_response"),
    ("huge", {}, "failed", "unexpected_response"),
    ("deep", {}, "failed", "unexpected_response"),
    ("wrong_encoding", {}, "failed", "unexpected_response"),
    ("slow", {"seconds": 30}, "failed", "unreachable"),
    ("reset", {}, "failed", "unreachable"),
    ("500", {}, "failed", "unreachable"),
    ("robots", {}, "failed", "refused_by_robots"),
    ("robots_html", {}, "failed", "refused_by_robots"),
    ("robots_500", {}, "failed", "refused_by_robots"),
    ("robots_blocked", {}, "failed", "refused_by_robots"),
    ("empty", {}, "empty", None),
]


LOOK = {"origin": "LAX", "destination": "AUS", "dates": str(DAY), "detail": "itinerary"}
SEVERAL = LOOK | {"destination": "AUS,SEA,DEN,JFK,SFO"}
IN_A_BROWSER = [
    row
    for row in FAULTS
    if row[0] in ("ok", "empty", "sign_in", "bad_json", "changed_shape", "html", "500", "robots")
    or row[1] in ({"variant": "akamai_403"}, {"variant": "challenge_200"})
]


@pytest.fixture
def desk(server: Sandbox, tmp_path: Path) -> Iterator[Desk]:
    server.reset()
    yield Desk(tmp_path / "data", server.url)
    server.reset()


def look(desk: Desk, *options: str, destination: str = "AUS", **more: str) -> None:
    looks = LOOK | {"destination": destination, "detail": ""} | more
    desk.crawl("-s", f"DOWNLOAD_TIMEOUT={TIME_OUT}", *options, **looks)


@dataclass
class Crawled:
    """What crawls on one database became, by the number of the fault: as told, and as stored."""

    told: list[Result]
    runs: list[dict[str, Any]]
    searches: list[list[dict[str, Any]]]
    offers: list[dict[str, Any]]


def crawled(
    folder: Path,
    faults: list[Row],
    looks: dict[str, str],
    settings: dict[str, Any],
) -> Crawled:
    """A crawl under each fault; the one after which offers are gone comes last, and each other finds them there."""
    cases = []
    for fault, options, _, _ in faults:
        order = {"host": HOST, "fault": fault, **options}
        cases.append(Case(faults=(order,), arguments=looks, settings=settings))
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as server:
        told = crawl_all(server.url, folder, "united", cases)
    desk = Desk(folder)
    runs = sorted(desk.runs, key=lambda run: run["started_at"])
    searches = [[search for search in desk.searches if search["run_id"] == run["id"]] for run in runs]
    return Crawled(told, runs, searches, desk.offers)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawled(tmp_path_factory.mktemp("plain"), FAULTS, SEVERAL, {"DOWNLOAD_TIMEOUT": 2, "RETRY_TIMES": 0})


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    looks = LOOK | {"transport": "browser"}
    return crawled(tmp_path_factory.mktemp("browser"), IN_A_BROWSER, looks, {"DOWNLOAD_TIMEOUT": 5})


def over(rows: list[Row]) -> pytest.MarkDecorator:
    """Run a test over the numbers of some rows."""
    ids = [" ".join(map(str, (fault, *options.values()))) for fault, options, *_ in rows]
    return pytest.mark.parametrize("number", range(len(rows)), ids=ids)


@over(FAULTS)
def test_the_plain_way(plain: Crawled, number: int) -> None:
    fault, _, outcome, reason = FAULTS[number]
    told, run = plain.told[number], plain.runs[number]
    assert told.error is None
    assert len(plain.searches[number]) == 5
    assert {(search["outcome"], search["reason"]) for search in plain.searches[number]} == {(outcome, reason)}
    assert run[outcome] == 5
    assert plain.told[0].offers
    assert told.offers == ({} if outcome == "empty" else plain.told[0].offers)
    stops = reason in ("blocked", "rate_limited", "sign_in_needed", "refused_by_robots")
    assert run["finish_reason"] == told.finish_reason == (reason if stops else "finished")
    if stops:  # one request may be on its way when the first is refused
        assert 1 <= told.struck <= (5 if fault == "expired" else 2)  # an expired token is renewed once for each


def test_what_was_not_seen_again_keeps_its_age(plain: Crawled) -> None:
    assert plain.offers
    assert {offer["last_seen_at"] <= plain.runs[0]["ended_at"] for offer in plain.offers} == {True}
    assert {offer["gone_at"] >= plain.runs[-1]["started_at"] for offer in plain.offers} == {True}


@over(IN_A_BROWSER)
def test_the_browser_way(browser: Crawled, number: int) -> None:
    _, _, outcome, reason = IN_A_BROWSER[number]
    (search,) = browser.searches[number]
    assert (search["outcome"], search["reason"]) == (outcome, reason), search["note"]
    assert browser.told[0].offers
    assert browser.told[number].offers == ({} if outcome == "empty" else browser.told[0].offers)


def test_the_browser_way_waits_in_vain(desk: Desk, server: Sandbox) -> None:
    server.fault(HOST, "slow", seconds=30)
    look(desk, "-s", "DOWNLOAD_TIMEOUT=3", "-s", "RETRY_TIMES=0", detail="itinerary", transport="browser")
    (search,) = desk.searches
    assert (search["outcome"], search["reason"]) == ("failed", "unreachable"), search["note"]


def test_the_browser_way_with_several_looks(desk: Desk, server: Sandbox) -> None:
    more = {"detail": "itinerary", "transport": "browser", "destination": "AUS,SEA,DEN,SFO"}
    look(desk, "-s", "DOWNLOAD_TIMEOUT=20", **more)
    assert [search["outcome"] for search in desk.searches] == ["found"] * 4
    assert server.counts(HOST)["/robots.txt"] == 1


def test_a_token_that_is_refused_is_a_block_too(desk: Desk, server: Sandbox) -> None:
    server.fault(HOST, "blocked", path="/api/svc/token/anonymous")
    look(desk, detail="itinerary", destination="AUS,SEA")
    assert [search["reason"] for search in desk.searches] == ["blocked", "blocked"]
    assert server.requests("/api/flight/") == []
    store = desk.store()
    assert store.program_state("united@sandbox").blocks_in_a_row == 1
    store.close()


def test_both_ways_bring_the_same(desk: Desk, tmp_path: Path, server: Sandbox) -> None:
    browser = Desk(tmp_path / "browser", server.url)
    look(desk)
    browser.crawl(origin="LAX", destination="AUS", dates=str(DAY), transport="browser")

    def found(at: Desk) -> set[tuple[Any, ...]]:
        return {(o["id"], o["miles"], o["seats"], o["taxes_amount"]) for o in at.offers}

    assert found(browser) == found(desk)
    assert any("browser" in run["arguments"].values() for run in browser.runs)


def test_a_wait_that_is_short_is_waited(desk: Desk, server: Sandbox) -> None:
    server.fault(HOST, "rate_limited", after=0, retry_after=1, **{"for": 1})
    look(desk, detail="itinerary")
    (search,) = desk.searches
    assert search["outcome"] == "found"
    assert search["seconds"] >= 1


def test_raw_answers_of_failed_looks_are_kept(desk: Desk, server: Sandbox) -> None:
    server.fault(HOST, "changed_shape")
    look(desk, detail="itinerary")
    (search,) = desk.searches
    assert search["answer"]
    kept = list((desk.folder / "answers").rglob("*.zst"))
    assert len(kept) == 1
    result = desk.scrapy("reparse", "united", str(kept[0]))
    assert result.returncode == 1
    assert "unexpected_response" in result.stderr


def test_blocks_in_a_row_grow_the_pause(desk: Desk, server: Sandbox) -> None:
    server.fault(HOST, "blocked")
    pauses = []
    for _ in range(2):
        started = datetime.now(UTC)
        look(desk, detail="itinerary")
        store = desk.store()
        until = store.program_state("united@sandbox").blocked_until
        store.close()
        assert until is not None
        pauses.append(round((until - started).total_seconds() / 60))
    assert pauses == [15, 60]
    server.reset()
    look(desk, detail="itinerary")
    store = desk.store()
    assert store.program_state("united@sandbox").blocked_until is None
    store.close()


def test_live_is_asked_only_with_a_session_and_terms_accepted(tmp_path: Path) -> None:
    """No sandbox, and none of these gets as far as a request: there is no network here, and none is needed."""
    desk = Desk(tmp_path / "data")
    reasons = []
    for settings in ({}, {"AWARD_ACCEPT_TERMS": "united"}):
        desk.settings = settings
        desk.crawl(origin="LAX", destination="AUS", dates=str(DAY))
        reasons.append(desk.searches[-1]["reason"])
    session = tmp_path / "data" / "sessions" / "united.json"
    session.parent.mkdir(mode=0o700)
    session.write_text('{"cookies": [], "origins": []}')
    desk.settings = {}
    desk.crawl(origin="LAX", destination="AUS", dates=str(DAY))
    reasons.append(desk.searches[-1]["reason"])
    store = desk.store()
    store.note_block("united", reason="blocked", until_at_least=None, now=datetime.now(UTC))
    store.close()
    desk.settings = {"AWARD_ACCEPT_TERMS": "united"}
    desk.crawl(origin="LAX", destination="AUS", dates=str(DAY))
    reasons.append(desk.searches[-1]["reason"])
    assert reasons == ["sign_in_needed", "sign_in_needed", "terms_not_accepted", "blocked"]
    assert all(search["http_status"] is None and search["seconds"] is None for search in desk.searches)
    assert "scrapy login united" in desk.searches[0]["note"]
