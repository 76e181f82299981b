"""Every outcome and reason of a search, caused by faults of the sandbox, with both transports."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from awardspider.storage.programs import program_state, record_block
from tests.support.crawls import Workspace
from tests.support.many_crawls import Case, Result, crawl_all
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox, sandbox

HOST = "www.united.com"
DAY = (datetime.now(UTC) + timedelta(days=70)).date()
TIMEOUT = "2"  # seconds that a crawl waits under a fault

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
    ("renamed_keys", {}, "failed", "unexpected_response"),
    ("bad_json", {}, "failed", "unexpected_response"),
    ("huge", {}, "failed", "unexpected_response"),
    ("deep", {}, "failed", "unexpected_response"),
    ("endless_headers", {}, "failed", "unexpected_response"),
    ("wrong_encoding", {}, "failed", "unexpected_response"),
    ("slow", {"seconds": 30}, "failed", "unreachable"),
    ("reset", {}, "failed", "unreachable"),
    ("500", {}, "failed", "unreachable"),
    ("robots", {}, "failed", "refused_by_robots"),
    ("robots_html", {}, "failed", "refused_by_robots"),
    ("robots_500", {}, "failed", "refused_by_robots"),
    ("robots_blocked", {}, "failed", "refused_by_robots"),
    ("robots_huge", {}, "failed", "refused_by_robots"),
    ("robots_endless_headers", {}, "failed", "refused_by_robots"),
    ("empty", {}, "empty", None),
]


SEARCH = {"origin": "LAX", "destination": "AUS", "dates": str(DAY), "detail": "itinerary"}
SEVERAL = SEARCH | {"destination": "AUS,SEA,DEN,JFK,SFO"}
BROWSER_FAULTS = [
    row
    for row in FAULTS
    if row[0] in ("ok", "empty", "sign_in", "bad_json", "renamed_keys", "html", "500", "robots")
    or row[1] in ({"variant": "akamai_403"}, {"variant": "challenge_200"})
]


def crawl(workspace: Workspace, *options: str, destination: str = "AUS", **arguments: str) -> None:
    given = SEARCH | {"destination": destination, "detail": ""} | arguments
    workspace.crawl("-s", f"DOWNLOAD_TIMEOUT={TIMEOUT}", *options, **given)


@dataclass
class Crawls:
    """Crawls with one database, one for each fault: their results, runs and searches in the order of the faults."""

    results: list[Result]
    runs: list[dict[str, Any]]
    searches: list[list[dict[str, Any]]]
    offers: list[dict[str, Any]]


def crawl_under_faults(
    folder: Path,
    faults: list[Row],
    arguments: dict[str, str],
    settings: dict[str, Any],
) -> Crawls:
    """Crawl once under each fault. The fault after which offers are gone is the last one."""
    cases = []
    for fault, options, _, _ in faults:
        control = {"host": HOST, "fault": fault, **options}
        cases.append(Case(faults=(control,), arguments=arguments, settings=settings))
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as server:
        results = crawl_all(server.url, folder, "united", cases)
    workspace = Workspace(folder)
    runs = sorted(workspace.runs, key=lambda run: run["started_at"])
    searches = [[search for search in workspace.searches if search["run_id"] == run["id"]] for run in runs]
    return Crawls(results, runs, searches, workspace.offers)


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Crawls:
    return crawl_under_faults(
        tmp_path_factory.mktemp("http"), FAULTS, SEVERAL, {"DOWNLOAD_TIMEOUT": 2, "RETRY_TIMES": 0}
    )


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Crawls:
    arguments = SEARCH | {"transport": "browser"}
    return crawl_under_faults(tmp_path_factory.mktemp("browser"), BROWSER_FAULTS, arguments, {"DOWNLOAD_TIMEOUT": 5})


def for_each(rows: list[Row]) -> pytest.MarkDecorator:
    """Parametrize a test with the indexes of rows."""
    ids = [" ".join(map(str, (fault, *options.values()))) for fault, options, *_ in rows]
    return pytest.mark.parametrize("number", range(len(rows)), ids=ids)


@for_each(FAULTS)
def test_http_transport(http: Crawls, number: int) -> None:
    fault, _, outcome, reason = FAULTS[number]
    result, run = http.results[number], http.runs[number]
    assert result.error is None
    assert len(http.searches[number]) == 5
    assert {(search["outcome"], search["reason"]) for search in http.searches[number]} == {(outcome, reason)}
    assert run[outcome] == 5
    assert http.results[0].offers
    assert result.offers == ({} if outcome == "empty" else http.results[0].offers)
    stops = reason in ("blocked", "rate_limited", "sign_in_needed", "refused_by_robots")
    assert run["finish_reason"] == result.finish_reason == (reason or "finished")
    if stops:  # one request may be in flight when the first one is refused
        assert (
            1 <= result.fault_hits <= (5 if fault == "expired" else 2)
        )  # an expired token is renewed once for each search


def test_failed_searches_leave_offers_unchanged(http: Crawls) -> None:
    assert http.offers
    assert {offer["last_seen_at"] <= http.runs[0]["ended_at"] for offer in http.offers} == {True}
    assert {offer["gone_at"] >= http.runs[-1]["started_at"] for offer in http.offers} == {True}


@pytest.mark.browser
@for_each(BROWSER_FAULTS)
def test_browser_transport(browser: Crawls, number: int) -> None:
    _, _, outcome, reason = BROWSER_FAULTS[number]
    (search,) = browser.searches[number]
    assert (search["outcome"], search["reason"]) == (outcome, reason), search["note"]
    assert browser.results[0].offers
    assert browser.results[number].offers == ({} if outcome == "empty" else browser.results[0].offers)


@pytest.mark.browser
def test_browser_transport_times_out(workspace: Workspace, server: Sandbox) -> None:
    server.fault(HOST, "slow", seconds=30)
    crawl(workspace, "-s", "DOWNLOAD_TIMEOUT=3", "-s", "RETRY_TIMES=0", detail="itinerary", transport="browser")
    (search,) = workspace.searches
    assert (search["outcome"], search["reason"]) == ("failed", "unreachable"), search["note"]


@pytest.mark.browser
def test_browser_transport_with_several_searches(workspace: Workspace, server: Sandbox) -> None:
    arguments = {"detail": "itinerary", "transport": "browser", "destination": "AUS,SEA,DEN,SFO"}
    crawl(workspace, "-s", "DOWNLOAD_TIMEOUT=20", **arguments)
    assert [search["outcome"] for search in workspace.searches] == ["found"] * 4
    assert server.counts(HOST)["/robots.txt"] == 1


def test_a_refused_token_request_is_a_block(workspace: Workspace, server: Sandbox) -> None:
    server.fault(HOST, "blocked", path="/api/svc/token/anonymous")
    crawl(workspace, detail="itinerary", destination="AUS,SEA")
    assert [search["reason"] for search in workspace.searches] == ["blocked", "blocked"]
    assert server.requests("/api/flight/") == []
    store = workspace.store()
    assert program_state(store, "united@sandbox").consecutive_blocks == 1
    store.close()


@pytest.mark.browser
def test_both_transports_find_the_same(workspace: Workspace, tmp_path: Path, server: Sandbox) -> None:
    browser = Workspace(tmp_path / "browser", server.url)
    crawl(workspace)
    browser.crawl(origin="LAX", destination="AUS", dates=str(DAY), transport="browser")

    def found(workspace: Workspace) -> set[tuple[Any, ...]]:
        return {(o["id"], o["miles"], o["seats"], o["taxes"]) for o in workspace.offers}

    assert found(browser) == found(workspace)
    assert any("browser" in run["arguments"].values() for run in browser.runs)


def test_a_short_retry_after_is_waited_for(workspace: Workspace, server: Sandbox) -> None:
    server.fault(HOST, "rate_limited", after=0, retry_after=1, **{"for": 1})
    crawl(workspace, detail="itinerary")
    (search,) = workspace.searches
    assert search["outcome"] == "found"
    assert search["seconds"] >= 1


def test_responses_of_failed_searches_are_archived(workspace: Workspace, server: Sandbox) -> None:
    server.fault(HOST, "renamed_keys")
    crawl(workspace, detail="itinerary")
    (search,) = workspace.searches
    assert search["response_id"]
    kept = list((workspace.folder / "responses").rglob("*.zst"))
    assert len(kept) == 1
    result = workspace.scrapy("reparse", "united", str(kept[0]))
    assert result.returncode == 1
    assert "unexpected_response" in result.stderr


def test_the_pause_grows_with_each_block_in_a_row(workspace: Workspace, server: Sandbox) -> None:
    server.fault(HOST, "blocked")
    pauses = []
    for _ in range(2):
        started = datetime.now(UTC)
        crawl(workspace, detail="itinerary")
        store = workspace.store()
        until = program_state(store, "united@sandbox").blocked_until
        store.close()
        assert until is not None
        pauses.append(round((until - started).total_seconds() / 60))
    assert pauses == [15, 60]
    server.reset()
    crawl(workspace, detail="itinerary")
    store = workspace.store()
    assert program_state(store, "united@sandbox").blocked_until is None
    store.close()


def test_the_live_site_needs_a_session_and_accepted_terms(tmp_path: Path) -> None:
    """Crawl without a sandbox. None of these crawls sends a request, so the test needs no network."""
    workspace = Workspace(tmp_path / "data")
    reasons = []
    for settings in ({}, {"AWARD_ACCEPT_TERMS": "united"}):
        workspace.settings = settings
        workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY))
        reasons.append(workspace.searches[-1]["reason"])
    session = tmp_path / "data" / "sessions" / "united.json"
    session.parent.mkdir(mode=0o700)
    session.write_text('{"cookies": [], "origins": []}')
    workspace.settings = {}
    workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY))
    reasons.append(workspace.searches[-1]["reason"])
    store = workspace.store()
    record_block(store, "united", reason="blocked", until_at_least=None, now=datetime.now(UTC))
    store.close()
    workspace.settings = {"AWARD_ACCEPT_TERMS": "united"}
    workspace.crawl(origin="LAX", destination="AUS", dates=str(DAY))
    reasons.append(workspace.searches[-1]["reason"])
    assert reasons == ["sign_in_needed", "sign_in_needed", "terms_not_accepted", "blocked"]
    assert all(search["http_status"] is None and search["seconds"] is None for search in workspace.searches)
    assert "scrapy login united" in workspace.searches[0]["note"]


def test_a_signal_while_searches_that_must_not_be_sent_are_reported_ends_the_crawl(tmp_path: Path) -> None:
    """Thousands of searches end before their requests, because the site needs a session; no request is sent."""
    workspace = Workspace(tmp_path / "data")
    arguments = ("origin=LAX,SFO,SEA", "destination=NYC,MIA,BOS", "dates=+20..+250", "detail=itinerary")
    pairs = [part for argument in arguments for part in ("-a", argument)]
    with subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "united", *pairs],
        cwd=ROOT,
        env=workspace.environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        next(line for line in process.stderr if "Stopped searching" in line)
        process.terminate()
        try:
            _, log = process.communicate(timeout=60)
        finally:
            process.kill()
    assert "Spider closed (shutdown)" in log
    assert workspace.runs[0]["finish_reason"] == "shutdown"
    assert 0 < len(workspace.searches) == workspace.runs[0]["failed"]
