"""What a look may need beside its own request: a control look, a new token, steps and pages, and the drift watch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.crawls import Workspace
from tests.support.many_crawls import Case, Result, crawl_all
from tests.support.sandbox_server import Sandbox

DAY = (datetime.now(UTC) + timedelta(days=45)).date()
AMERICAN, DELTA, JETBLUE = "www.aa.com", "www.delta.com", "www.jetblue.com"


def days(origin: str, destination: str, count: int = 1, **more: str) -> dict[str, str]:
    last = DAY + timedelta(days=count - 1)
    return {"origin": origin, "destination": destination, "dates": f"{DAY}..{last}", **more}


def crawl(server: Sandbox, folder: Path, program: str, arguments: dict[str, str], *faults: dict[str, Any]) -> Result:
    return crawl_all(server.url, folder, program, [Case(faults=faults, arguments=arguments)])[0]


# ---- an answer that may mean none ----------------------------------------------------------------------------------


def test_where_the_control_route_answers_it_means_none(server: Sandbox, tmp_path: Path) -> None:
    nowhere = days("GUM", "NRT", 3, detail="itinerary")
    found = crawl(server, tmp_path, "american", nowhere)
    outcomes = [look[1] for look in found.searches]
    assert outcomes.count("empty") == 3
    assert outcomes.count("found") == 1, "the control look"
    assert found.finish_reason == "finished"


def test_where_nothing_else_answers_either_the_program_does_not_serve_us(server: Sandbox, tmp_path: Path) -> None:
    refused = {"host": AMERICAN, "fault": "refused", "variant": "309"}
    found = crawl(server, tmp_path, "american", days("JFK", "LAX", 3, detail="itinerary"), refused)
    assert {look[2] for look in found.searches} == {"blocked"}
    assert found.fault_hits == 2
    assert found.offers == {}


def test_offers_of_another_day_are_as_good_as_a_control_look(server: Sandbox, tmp_path: Path) -> None:
    once = {"host": AMERICAN, "fault": "refused", "variant": "309", "after": 1, "for": 1}
    found = crawl(server, tmp_path, "american", days("JFK", "LAX", 3, detail="itinerary"), once)
    outcomes = [look[1] for look in found.searches]
    assert outcomes.count("empty") == 1
    assert set(outcomes) == {"found", "empty"}


def test_a_site_that_closes_its_door_in_mid_run_is_not_believed(server: Sandbox, tmp_path: Path) -> None:
    arguments = days("JFK", "LAX", 9, detail="itinerary")
    later = {"host": AMERICAN, "fault": "refused", "variant": "309", "after": 4}
    cases = [Case(arguments=arguments), Case(faults=(later,), arguments=arguments, settings={"DOWNLOAD_DELAY": 0.3})]
    before, after = crawl_all(server.url, tmp_path, "american", cases)
    assert {look[2] for look in after.searches} == {None, "blocked"}
    assert "empty" not in {look[1] for look in after.searches}
    assert after.offers.keys() == before.offers.keys()


def test_where_the_control_route_cannot_be_asked_it_is_no_block(server: Sandbox, tmp_path: Path) -> None:
    arguments = days("GUM", "NRT", 1, detail="itinerary")
    budget = {"AWARD_BUDGET": "american=1/day"}
    found = crawl_all(server.url, tmp_path, "american", [Case(arguments=arguments, settings=budget)])[0]
    assert {look[2] for look in found.searches} == {"out_of_budget"}
    assert found.finish_reason == "finished"


# ---- tokens --------------------------------------------------------------------------------------------------------


def test_a_key_that_has_run_out_is_read_again(server: Sandbox, tmp_path: Path) -> None:
    once = {"host": JETBLUE, "fault": "expired", "after": 1, "for": 1}
    found = crawl(server, tmp_path, "jetblue", days("JFK", "LAX", 3, detail="itinerary"), once)
    assert {look[1] for look in found.searches} == {"found"}
    assert found.fault_hits == 4, "three days, one of them twice"


def test_a_key_that_is_never_good_stops_the_program(server: Sandbox, tmp_path: Path) -> None:
    always = {"host": JETBLUE, "fault": "expired"}
    found = crawl(server, tmp_path, "jetblue", days("JFK", "LAX", 3, detail="itinerary"), always)
    assert {look[2] for look in found.searches} == {"sign_in_needed"}
    assert found.fault_hits == 2


# ---- steps and pages -----------------------------------------------------------------------------------------------


def test_all_pages_of_a_day_are_one_look(server: Sandbox, tmp_path: Path) -> None:
    found = crawl(server, tmp_path, "delta", days("JFK", "LAX", 1, detail="itinerary"))
    assert [look[1] for look in found.searches] == ["found"]
    truth = server.truth(program="delta", origin="JFK", destination="LAX", date=str(DAY), detail="itinerary")
    flights = {offer["flights"] for offer in truth} if "flights" in truth[0] else set()
    assert len(found.offers) >= len(flights) > 8, "more than one page holds"
    pages = list(tmp_path.glob("responses/delta/*/*.zst"))
    assert len(pages) > 1, "each page is kept"


def test_a_block_on_the_second_page_keeps_what_the_first_said(server: Sandbox, tmp_path: Path) -> None:
    second = {"host": DELTA, "fault": "blocked", "after": 1}
    found = crawl(server, tmp_path, "delta", days("JFK", "LAX", 1, detail="itinerary"), second)
    ((_, outcome, reason, _, offers),) = found.searches
    assert (outcome, reason) == ("failed", "blocked")
    assert offers == len(found.offers) > 0


def test_a_look_that_was_begun_is_finished_within_the_budget(server: Sandbox, tmp_path: Path) -> None:
    arguments = {"origin": "LHR", "destination": "JFK", "dates": "+30..+200"}
    budget = {"AWARD_BUDGET": "virginatlantic=2/hour"}
    found = crawl_all(server.url, tmp_path, "virginatlantic", [Case(arguments=arguments, settings=budget)])[0]
    assert [look[1] for look in found.searches].count("found") == 2
    assert {look[2] for look in found.searches} == {None, "out_of_budget"}


def test_rereading_all_pages_of_a_day_leaves_every_offer(server: Sandbox, tmp_path: Path) -> None:
    arguments = days("JFK", "LAX", 1, detail="itinerary")
    crawl(server, tmp_path, "delta", arguments)
    workspace = Workspace(tmp_path, server.url)
    pages = sorted(map(str, tmp_path.glob("responses/delta/*/*.zst")))
    assert len(pages) > 1
    before = {offer["id"] for offer in workspace.offers if offer["gone_at"] is None}
    workspace.scrapy("reparse", "delta", *pages, check=True)
    assert {offer["id"] for offer in workspace.offers if offer["gone_at"] is None} == before


def test_a_wait_beyond_all_sense_still_ends_the_run(server: Sandbox, tmp_path: Path) -> None:
    for_ever = {"host": AMERICAN, "fault": "rate_limited", "retry_after": "999999999999"}
    found = crawl(server, tmp_path, "american", days("JFK", "LAX", 1, detail="itinerary"), for_ever)
    assert {look[2] for look in found.searches} == {"rate_limited"}
    (run,) = Workspace(tmp_path, server.url).runs
    assert (run["finish_reason"], run["ended_at"] is not None) == ("rate_limited", True)


def test_a_day_that_is_planned_is_not_asked_again(server: Sandbox, tmp_path: Path) -> None:
    found = crawl(server, tmp_path, "jetblue", days("JFK", "LAX", 2, cabins="economy,business"))
    assert sorted(look[0] for look in found.searches) == ["calendar", "itinerary", "itinerary"]


# ---- drift ---------------------------------------------------------------------------------------------------------


def test_a_field_that_is_gone_is_told_though_offers_were_read(server: Sandbox, tmp_path: Path) -> None:
    arguments = days("JFK", "LAX", 1, detail="itinerary")
    renamed = {"host": DELTA, "fault": "changed_shape", "keys": ["availableSeatCnt"]}
    cases = [Case(arguments=arguments)] * 2 + [Case(faults=(renamed,), arguments=arguments)]
    first, second, third = crawl_all(server.url, tmp_path, "delta", cases)
    assert first.coverage_drop is second.coverage_drop is None
    assert {look[1] for look in third.searches} == {"found"}
    assert third.coverage_drop is not None
    assert "itinerary offers with seats" in third.coverage_drop
