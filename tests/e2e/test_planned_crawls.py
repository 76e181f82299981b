"""Crawls of stored watches within a budget: one continues where the last stopped, and none misses or repeats a day."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awardspider.storage.schema import alerts, incidents
from tests.support.crawls import Workspace, wait_for_requests
from tests.support.paths import ROOT
from tests.support.sandbox_server import Sandbox

HOST = "www.united.com"
FIRST = (datetime.now(UTC) + timedelta(days=100)).date().replace(day=1)
DAYS = [FIRST + timedelta(days=number) for number in range(20)]
IN_FLIGHT = 6  # two requests, their responses, and those that are being processed


def import_watch(workspace: Workspace, **fields: Any) -> None:
    values = {"name": "Tokyo", "origin": "SFO", "destination": "NRT", "dates": f"{DAYS[0]}..{DAYS[-1]}"} | fields
    text = ", ".join(f"{name}: {value}" for name, value in values.items())
    path = workspace.folder.parent / "watches.yaml"
    path.write_text(f"watches:\n  - {{{text}}}\n")
    workspace.scrapy("watches", "import", str(path), check=True)


def crawl(workspace: Workspace, budget: int = 0) -> list[dict[str, Any]]:
    """Crawl with a budget a day, and return the new searches."""
    before = {search["id"] for search in workspace.searches}
    workspace.settings["AWARD_BUDGET"] = f"united={budget}/day" if budget else ""
    workspace.scrapy("crawl", "united", check=True)
    return [search for search in workspace.searches if search["id"] not in before]


def matched(workspace: Workspace) -> set[tuple[str, str, int]]:
    """Return the flights, days and prices of the stored offers that matched the watch."""
    ids = {row["offer_id"] for row in workspace.rows(alerts)}
    offers = [offer for offer in workspace.offers if offer["id"] in ids]
    assert {offer["detail"] for offer in offers} <= {"itinerary"}, "only flights match"
    return {(offer["flights"], str(offer["departure_date"]), offer["miles"]) for offer in offers}


def matching_flights(server: Sandbox, limit: int) -> set[tuple[str, str, int]]:
    """Return the same of the sandbox's ground truth."""
    query = {"program": "united", "origin": "SFO", "destination": "NRT", "detail": "itinerary", "cabin": "business"}
    return {
        (offer["flights"], str(day), offer["miles"])
        for day in DAYS
        for offer in server.truth(**query, date=str(day))
        if offer["miles"] <= limit
    }


@pytest.mark.slow
def test_crawls_within_a_budget_find_all_matches_and_no_phantom(workspace: Workspace, server: Sandbox) -> None:
    month = server.truth(program="united", origin="SFO", destination="NRT", month=f"{FIRST:%Y-%m}", detail="day")
    shown = [offer for offer in month if offer["cabin"] == "business" and offer["departure_date"] in map(str, DAYS)]
    limit = sorted(offer["miles"] for offer in shown)[8]
    days = {offer["departure_date"] for offer in shown if offer["miles"] <= limit}
    import_watch(workspace, cabins="business", max_miles=limit)
    expected = matching_flights(server, limit)
    searched: Counter[str] = Counter()
    budget = 4
    while len(searched) < len(days):
        new = crawl(workspace, budget)
        sent = [search for search in new if search["reason"] is None]
        assert 0 < len(sent) <= 4, "no search beyond the budget"
        flights = [str(search["first_day"]) for search in sent if search["kind"] == "itinerary"]
        assert flights, "a crawl continues with the days that the last one left"
        searched.update(flights)
        assert len(searched) == len(days) or set(searched.values()) == {1}, "a day is repeated while others wait"
        assert matched(workspace) == {flight for flight in expected if flight[1] in searched}
        budget += 4
    assert set(searched) == days
    assert matched(workspace) == expected


def test_a_killed_crawl_loses_only_the_searches_in_flight(workspace: Workspace, server: Sandbox) -> None:
    import_watch(workspace)
    server.fault(HOST, "slow", seconds=0.3)
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "united"],
        cwd=ROOT,
        env=workspace.environment,
        stderr=subprocess.DEVNULL,
    )
    wait_for_requests(server, 20)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    sent, stored = len(server.requests("/api/flight/")), workspace.searches
    assert sent - len(stored) <= IN_FLIGHT
    server.reset()
    left = [
        day for day in DAYS if day not in {search["first_day"] for search in stored if search["kind"] == "itinerary"}
    ]
    new = crawl(workspace)
    assert {search["first_day"] for search in new if search["kind"] == "itinerary"} >= set(left)


@pytest.mark.slow
def test_a_second_crawl_repeats_nothing_that_is_recent(workspace: Workspace, server: Sandbox) -> None:
    import_watch(workspace, dates=f"{DAYS[0]}..{DAYS[4]}")
    workspace.settings["AWARD_MIN_SEARCH_AGE_MINUTES"] = "30"
    first = crawl(workspace)
    flights = {search["first_day"] for search in first if search["kind"] == "itinerary"}
    assert flights, "days match"
    assert crawl(workspace) == []
    log = workspace.scrapy("crawl", "united", check=True).stderr
    assert "All searches of United MileagePlus are recent; the next one is due at " in log
    assert "No searches" not in log
    assert {run["finish_reason"] for run in workspace.runs} == {"finished"}
    import_watch(workspace, dates=f"{DAYS[0]}..{DAYS[4]}", cabins="economy")
    assert crawl(workspace), "nothing was compared with the changed watch"
    workspace.crawl(origin="SFO", destination="NRT", dates=str(DAYS[0]))
    assert len([search for search in workspace.searches if search["kind"] == "calendar"]) == 3


@pytest.mark.slow
def test_an_interrupted_crawl_is_continued_with_what_is_missing(workspace: Workspace, server: Sandbox) -> None:
    import_watch(workspace)
    workspace.settings["AWARD_MIN_SEARCH_AGE_MINUTES"] = "30"
    scopes = []
    for budget in (5, 10, 15):
        sent = [search for search in crawl(workspace, budget) if search["reason"] is None]
        assert len(sent) == 5
        scopes += [(search["kind"], search["first_day"]) for search in sent]
    assert len(set(scopes)) == len(scopes), "nothing is repeated"
    assert {search["reason"] for search in crawl(workspace, 15)} == {"out_of_budget"}
    assert workspace.rows(incidents) == [], "a crawl without a budget is not unusual"


@pytest.mark.slow
def test_a_failed_search_is_repeated_at_once(workspace: Workspace, server: Sandbox) -> None:
    import_watch(workspace, dates=str(DAYS[0]))
    workspace.settings["AWARD_MIN_SEARCH_AGE_MINUTES"] = "30"
    server.fault(HOST, "bad_json")
    assert {search["outcome"] for search in crawl(workspace)} == {"failed"}
    server.reset()
    assert "found" in {search["outcome"] for search in crawl(workspace)}
