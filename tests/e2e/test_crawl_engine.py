"""The crawl engine: control searches, tokens, steps and pages of a search, and field coverage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.crawls import Workspace
from tests.support.many_crawls import Case, Result, crawl_all
from tests.support.sandbox_server import Sandbox

DAY = (datetime.now(UTC) + timedelta(days=45)).date()
AMERICAN, DELTA, JETBLUE = "www.aa.com", "www.delta.com", "www.jetblue.com"


def days(origin: str, destination: str, count: int = 1, **arguments: str) -> dict[str, str]:
    last = DAY + timedelta(days=count - 1)
    return {"origin": origin, "destination": destination, "dates": f"{DAY}..{last}", **arguments}


def crawl(server: Sandbox, folder: Path, program: str, arguments: dict[str, str], *faults: dict[str, Any]) -> Result:
    return crawl_all(server.url, folder, program, [Case(faults=faults, arguments=arguments)])[0]


def crawl_in_pages(server: Sandbox, folder: Path, *faults: dict[str, Any]) -> Result:
    """Crawl a day's flights of Delta in pages of eight; no route of the sandbox has enough for the usual pages."""
    arguments, small = days("JFK", "LAX", 1, detail="itinerary"), {"ITINERARIES_PER_PAGE": 8}
    return crawl_all(server.url, folder, "delta", [Case(faults=faults, arguments=arguments, constants=small)])[0]


# ---- ambiguous empty responses -------------------------------------------------------------------------------------


def test_an_ambiguous_response_is_empty_if_the_control_route_has_offers(server: Sandbox, tmp_path: Path) -> None:
    nowhere = days("GUM", "NRT", 3, detail="itinerary")
    result = crawl(server, tmp_path, "american", nowhere)
    outcomes = [search[1] for search in result.searches]
    assert outcomes.count("empty") == 3
    assert outcomes.count("found") == 1, "the control search"
    assert result.finish_reason == "finished"


def test_an_ambiguous_response_is_a_block_if_the_control_route_has_none_either(server: Sandbox, tmp_path: Path) -> None:
    refused = {"host": AMERICAN, "fault": "refused", "variant": "309"}
    result = crawl(server, tmp_path, "american", days("JFK", "LAX", 3, detail="itinerary"), refused)
    assert {search[2] for search in result.searches} == {"blocked"}
    assert result.fault_hits == 2
    assert result.offers == {}


def test_one_ambiguous_response_among_others_is_empty(server: Sandbox, tmp_path: Path) -> None:
    once = {"host": AMERICAN, "fault": "refused", "variant": "309", "after": 1, "for": 1}
    result = crawl(server, tmp_path, "american", days("JFK", "LAX", 3, detail="itinerary"), once)
    outcomes = [search[1] for search in result.searches]
    assert outcomes.count("empty") == 1
    assert set(outcomes) == {"found", "empty"}


def test_ambiguous_responses_after_a_block_in_mid_run_are_not_trusted(server: Sandbox, tmp_path: Path) -> None:
    arguments = days("JFK", "LAX", 9, detail="itinerary")
    later = {"host": AMERICAN, "fault": "refused", "variant": "309", "after": 4}
    cases = [Case(arguments=arguments), Case(faults=(later,), arguments=arguments, settings={"DOWNLOAD_DELAY": 0.3})]
    before, after = crawl_all(server.url, tmp_path, "american", cases)
    assert {search[2] for search in after.searches} == {None, "blocked"}
    assert "empty" not in {search[1] for search in after.searches}
    assert after.offers.keys() == before.offers.keys()


def test_without_budget_for_the_control_search_it_is_not_a_block(server: Sandbox, tmp_path: Path) -> None:
    arguments = days("GUM", "NRT", 1, detail="itinerary")
    budget = {"AWARD_BUDGET": "american=1/day"}
    result = crawl_all(server.url, tmp_path, "american", [Case(arguments=arguments, settings=budget)])[0]
    assert {search[2] for search in result.searches} == {"out_of_budget"}
    assert result.finish_reason == "finished"


# ---- tokens --------------------------------------------------------------------------------------------------------


def test_an_expired_key_is_requested_again(server: Sandbox, tmp_path: Path) -> None:
    once = {"host": JETBLUE, "fault": "expired", "after": 1, "for": 1}
    result = crawl(server, tmp_path, "jetblue", days("JFK", "LAX", 3, detail="itinerary"), once)
    assert {search[1] for search in result.searches} == {"found"}
    assert result.fault_hits == 4, "three days, one of them twice"


def test_a_key_that_never_works_stops_the_run(server: Sandbox, tmp_path: Path) -> None:
    always = {"host": JETBLUE, "fault": "expired"}
    result = crawl(server, tmp_path, "jetblue", days("JFK", "LAX", 3, detail="itinerary"), always)
    assert {search[2] for search in result.searches} == {"sign_in_needed"}
    assert result.fault_hits == 2


# ---- steps and pages -----------------------------------------------------------------------------------------------


def test_all_pages_of_a_day_are_one_search(server: Sandbox, tmp_path: Path) -> None:
    result = crawl_in_pages(server, tmp_path)
    assert [search[1] for search in result.searches] == ["found"]
    truth = server.truth(program="delta", origin="JFK", destination="LAX", date=str(DAY), detail="itinerary")
    flights = {offer["flights"] for offer in truth}
    assert len(result.offers) >= len(flights) > 8, "more than one page"
    pages = list(tmp_path.glob("responses/delta/*/*.zst"))
    assert len(pages) > 1, "each page is archived"


def test_a_block_on_the_second_page_keeps_the_offers_of_the_first(server: Sandbox, tmp_path: Path) -> None:
    second = {"host": DELTA, "fault": "blocked", "after": 1}
    result = crawl_in_pages(server, tmp_path, second)
    ((_, outcome, reason, _, offers),) = result.searches
    assert (outcome, reason) == ("failed", "blocked")
    assert offers == len(result.offers) > 0


def test_a_search_that_has_started_is_completed_beyond_the_budget(server: Sandbox, tmp_path: Path) -> None:
    arguments = {"origin": "LHR", "destination": "JFK", "dates": "+30..+200"}
    budget = {"AWARD_BUDGET": "virginatlantic=2/hour"}
    result = crawl_all(server.url, tmp_path, "virginatlantic", [Case(arguments=arguments, settings=budget)])[0]
    assert [search[1] for search in result.searches].count("found") == 2
    assert {search[2] for search in result.searches} == {None, "out_of_budget"}


def test_reparsing_all_pages_of_a_day_keeps_every_offer(server: Sandbox, tmp_path: Path) -> None:
    crawl_in_pages(server, tmp_path)
    workspace = Workspace(tmp_path, server.url)
    pages = sorted(map(str, tmp_path.glob("responses/delta/*/*.zst")))
    assert len(pages) > 1
    before = {offer["id"] for offer in workspace.offers if offer["gone_at"] is None}
    workspace.scrapy("reparse", "delta", *pages, check=True)
    assert {offer["id"] for offer in workspace.offers if offer["gone_at"] is None} == before


def test_an_absurd_retry_after_ends_the_run(server: Sandbox, tmp_path: Path) -> None:
    forever = {"host": AMERICAN, "fault": "rate_limited", "retry_after": "999999999999"}
    result = crawl(server, tmp_path, "american", days("JFK", "LAX", 1, detail="itinerary"), forever)
    assert {search[2] for search in result.searches} == {"rate_limited"}
    (run,) = Workspace(tmp_path, server.url).runs
    assert (run["finish_reason"], run["ended_at"] is not None) == ("rate_limited", True)


def test_a_day_is_searched_once_and_without_a_calendar_if_that_lacks_a_cabin(server: Sandbox, tmp_path: Path) -> None:
    result = crawl(server, tmp_path, "jetblue", days("JFK", "LAX", 2, cabins="economy,business"))
    assert [search[0] for search in result.searches] == ["itinerary", "itinerary"]


# ---- field coverage ------------------------------------------------------------------------------------------------


def test_a_missing_field_is_reported_although_offers_are_found(server: Sandbox, tmp_path: Path) -> None:
    arguments = days("JFK", "LAX", 1, detail="itinerary")
    renamed = {"host": DELTA, "fault": "renamed_keys", "keys": ["availableSeatCnt"]}
    cases = [Case(arguments=arguments)] * 2 + [Case(faults=(renamed,), arguments=arguments)]
    first, second, third = crawl_all(server.url, tmp_path, "delta", cases)
    assert first.coverage_drop is second.coverage_drop is None
    assert {search[1] for search in third.searches} == {"found"}
    assert third.coverage_drop is not None
    assert "itinerary offers with seats" in third.coverage_drop
