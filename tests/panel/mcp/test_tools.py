"""The tools for assistants, called with the official client at a real server."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from mcp import ClientSession
from starlette.testclient import TestClient

from awardspider.items import Cabin
from awardspider.storage.accounts import Role, Scope
from awardspider.storage.batches import write_batch
from awardspider.storage.watches import find_entries
from tests.panel.mcp.conftest import NewAssistant
from tests.support.assistants import Assistant, connected, values
from tests.support.panel import Panel
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary

ROUTE = {"origin": "LAX", "destination": "AUS"}
DAYS = ROUTE | {"first_date": DAY.isoformat(), "days": 5, "cabin": "economy"}
WISH = "two economy seats from Los Angeles to Austin on March 10 2027"
READING = {
    "search_offers", "get_calendar", "get_price_history", "explain_deal", "list_promotions", "list_programs",
    "list_watches", "preview_watch",
}  # fmt: skip


def test_the_tools_say_what_they_change(assistants: NewAssistant) -> None:
    tools = {tool.name: tool for tool in assistants().run(lambda session: session.list_tools()).tools}
    hints = {name: tool.annotations for name, tool in tools.items() if tool.annotations}
    assert {name for name, each in hints.items() if each.read_only_hint} == READING
    assert {name for name, each in hints.items() if each.destructive_hint} == {"delete_watch"}
    assert tools.keys() - READING == {"create_watch", "set_watch_active", "delete_watch"}
    for tool in tools.values():
        assert tool.description
        for name, field in tool.input_schema.get("properties", {}).items():
            assert "description" in field, f"{tool.name}: {name}"


def test_an_offer_has_its_age_and_source(assistants: NewAssistant) -> None:
    result = assistants().call("search_offers", **ROUTE, first_date=f"{DAY}", last_date=f"{DAY}")
    (offer,) = result["offers"]
    assert result["as_of"] == "2026-11-22T10:00:00Z"
    assert (offer["miles"], offer["source"], offer["program"]) == (43_000, "united", "united")
    assert (offer["seen_age"], offer["is_confirmed"]) == ("2 hours ago", True)
    assert result["total"] == 1
    assert "explain_deal" in result["next_step"]


def test_nothing_found_leads_to_the_calendar(assistants: NewAssistant) -> None:
    result = assistants().call("search_offers", origin="JFK", destination="LHR")
    assert (result["offers"], result["total"]) == ([], 0)
    assert "get_calendar" in result["next_step"]


def test_a_calendar_separates_empty_failed_and_not_searched_days(assistants: NewAssistant) -> None:
    result = assistants().call("get_calendar", **DAYS)
    (price,) = result["prices"]
    assert (price["day"], price["miles"], price["source"]) == ("2027-03-10", 43_000, "united")
    assert price["seen_age"] == "2 hours ago"
    assert result["empty"] == [{"days": ["2027-03-11"], "searched_age": "2 hours ago"}]
    assert result["failed"] == [
        {"days": ["2027-03-12"], "program": "united", "reason": "blocked", "requested_age": "2 hours ago"}
    ]
    assert result["not_searched"] == ["2027-03-13..2027-03-14"]


def test_a_calendar_from_anywhere_knows_what_was_searched(assistants: NewAssistant) -> None:
    result = assistants().call("get_calendar", **DAYS | {"origin": "anywhere"})
    assert [price["day"] for price in result["prices"]] == ["2027-03-10"]
    assert result["not_searched"] == ["2027-03-13..2027-03-14"]


def test_a_calendar_of_a_year_is_short(assistants: NewAssistant, panel: Panel) -> None:
    offers = [
        make_itinerary(departure_date=NOW.date() + timedelta(number), miles=20_000 + number * 50, origin=origin)
        for number in range(1, 366)
        for origin in ("LAX", "SFO", "JFK")
    ]
    write_batch(panel.store, make_batch(*offers))
    result = assistants().call(
        "get_calendar", origin="US", destination="US", first_date="2026-11-22", days=366, cabin="economy"
    )
    assert len(json.dumps(result)) < 60_000
    assert len(result["prices"]) == 90
    assert result["prices"][0]["miles"] == 20_050, "the lowest prices are kept"
    assert result["higher_prices_left_out"]
    assert "fewer days" in result["next_step"]


def test_an_offer_is_explained_with_its_history(assistants: NewAssistant) -> None:
    assistant = assistants()
    offer_id = assistant.call("search_offers", **ROUTE)["offers"][0]["offer_id"]
    explained = assistant.call("explain_deal", offer_id=offer_id)
    assert explained["why"]
    assert explained["segments"][0]["origin"] == "LAX"
    history = assistant.call("get_price_history", offer_id=offer_id)
    assert [(change["miles"], change["seen_age"]) for change in history["changes"]] == [(43_000, "2 hours ago")]


def test_promotions_and_programs_are_listed(assistants: NewAssistant) -> None:
    assistant = assistants()
    assert assistant.call("list_promotions")["total"] == 0
    programs = {each["program"]: each for each in assistant.call("list_programs")["programs"]}
    assert programs["united"]["name"] == "United MileagePlus" or programs["united"]["name"]


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("search_offers", {"origin": "Atlantis", "destination": "AUS"}, "unknown place"),
        ("search_offers", ROUTE | {"first_date": "2027-13-45"}, "is not a date"),
        ("search_offers", ROUTE | {"first_date": "+99999999999999999999"}, "first"),
        ("search_offers", ROUTE | {"max_miles": 10**400}, "max_miles"),
        ("search_offers", ROUTE | {"max_miles": -5}, "max_miles"),
        ("search_offers", ROUTE | {"max_taxes_usd": 1e300}, "max_taxes"),
        ("search_offers", ROUTE | {"min_seats": 10**30}, "min_seats"),
        ("search_offers", ROUTE | {"programs": ["mars"]}, 'unknown program "mars"'),
        ("search_offers", ROUTE | {"limit": 1000}, "limit: input should be less than or equal to 25"),
        ("search_offers", {"origin": "LAX"}, "destination: field required"),
        ("search_offers", ROUTE | {"cabins": ["sofa"]}, "cabins.0: input should be"),
        ("search_offers", ROUTE | {"origin": "x" * 100_000}, "longer than"),
        ("get_calendar", DAYS | {"first_date": "9999-12-30"}, "9999-12-30 is too late"),
        ("get_calendar", DAYS | {"days": 10**20}, "days: input should be less than or equal to 366"),
        ("get_calendar", DAYS | {"programs": ["mars"]}, 'unknown program "mars"'),
        ("get_calendar", DAYS | {"destination": ""}, ""),
        ("get_price_history", {"offer_id": "0000000000"}, "offer"),
        ("explain_deal", {"offer_id": "'; DROP TABLE offers"}, "offer"),
        ("explain_deal", {"offer_id": ""}, "offer_id: string should have at least 4 characters"),
        ("list_promotions", {"program": "mars"}, 'unknown program "mars"'),
        ("preview_watch", {}, "give either wish or fields"),
        ("preview_watch", {"fields": {"origin": "LAX", "dates": "yesterday"}}, ":"),
        ("preview_watch", {"fields": {"origin": [[[]]], "color": {"a": 1e308}}}, ":"),
        ("preview_watch", {"wish": "hello there"}, "wish: names no trip"),
        ("preview_watch", {"wish": "30% transfer bonus from Amex"}, "wish: names no trip"),
        ("no_such_tool", {}, "no_such_tool"),
    ],
)
def test_an_error_is_a_sentence(
    assistants: NewAssistant, tool: str, arguments: dict[str, Any], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    error = assistants().error(tool, **arguments)
    assert sentence.lower() in error.lower()
    assert error.count("\n") == 0
    assert len(error) < 400
    for code in ("Traceback", "validation error", "pydantic", "Error executing", ".py", "sqlite"):
        assert code not in error
    assert "The tool" not in error, caplog.text


# ---- watches ---------------------------------------------------------------------------------------------------------


def test_a_wish_becomes_a_watch(assistants: NewAssistant, panel: Panel) -> None:
    ana = assistants("ana", Role.MEMBER, Scope.READ, Scope.WRITE)
    preview = ana.call("preview_watch", wish=WISH)
    assert preview["understood"]
    (miss,) = preview["misses"]
    assert (miss["reasons"], miss["seen_age"], miss["source"]) == (["found for one traveler"], "2 hours ago", "united")
    assert find_entries(panel.store) == []
    created = ana.call("create_watch", name="Austin", wish=WISH)
    assert created["saved"] is True
    assert [each["name"] for each in ana.call("list_watches")["watches"]] == ["Austin"]
    assert ana.call("set_watch_active", watch_id=created["id"], active=False)["active"] is False
    assert "another watch has the name" in ana.error("create_watch", name="Austin", wish=WISH)
    assert ana.call("delete_watch", watch_id=created["id"])["removed"] is True
    assert find_entries(panel.store) == []


def test_an_unclear_wish_causes_a_question_and_is_not_saved(assistants: NewAssistant, panel: Panel) -> None:
    ana = assistants("ana", Role.MEMBER, Scope.READ, Scope.WRITE)
    for result in (
        ana.call("preview_watch", wish="business class to Tokyo"),
        ana.call("create_watch", name="Tokyo", wish="business class to Tokyo"),
    ):
        assert result["question"].endswith("?")
        assert "Ask the person" in result["next_step"]
        assert result.get("saved", False) is False
    assert find_entries(panel.store) == []


@pytest.mark.parametrize(
    ("role", "scopes"),
    [(Role.MEMBER, [Scope.READ]), (Role.VIEWER, [Scope.READ, Scope.WRITE]), (Role.OPERATOR, [Scope.READ])],
)
def test_without_the_right_nothing_is_changed(
    assistants: NewAssistant, panel: Panel, role: Role, scopes: list[Scope]
) -> None:
    watch_id = assistants("ana", Role.MEMBER, Scope.WRITE).call("create_watch", name="Austin", wish=WISH)["id"]
    other = assistants("bob", role, *scopes)
    for tool, arguments in (
        ("create_watch", {"name": "x", "wish": WISH}),
        ("set_watch_active", {"watch_id": watch_id, "active": False}),
        ("delete_watch", {"watch_id": watch_id}),
    ):
        assert "a change needs a token with the scope write" in other.error(tool, **arguments)
    (entry,) = find_entries(panel.store)
    assert entry.active


def test_a_member_has_only_their_own_watches(assistants: NewAssistant) -> None:
    ana, bob = (assistants(name, Role.MEMBER, Scope.WRITE) for name in ("ana", "bob"))
    watch_id = ana.call("create_watch", name="Austin", wish=WISH)["id"]
    assert bob.call("list_watches")["watches"] == []
    assert "there is no watch" in bob.error("delete_watch", watch_id=watch_id)
    assert "there is no watch" in bob.error("set_watch_active", watch_id=watch_id, active=False)
    assert bob.call("create_watch", name="Austin", wish=WISH)["saved"] is True, "names are unique for each owner only"
    everything = assistants("olga", Role.OPERATOR).call("list_watches")
    assert everything["total"] == 2


# ---- visitors --------------------------------------------------------------------------------------------------------


def test_calls_of_different_visitors_at_once_never_mix(assistants: NewAssistant) -> None:
    everybody = [assistants(name, Role.MEMBER, Scope.WRITE) for name in ("ana", "bob", "carla")]

    async def work(number: int, assistant: Assistant) -> None:
        async with connected(assistant.address, assistant.token) as session:
            name = f"of {number}"
            await call(session, "create_watch", name=name, wish=WISH)
            for listed in await asyncio.gather(*(call(session, "list_watches") for _ in range(8))):
                assert [each["name"] for each in listed["watches"]] == [name]

    async def call(session: ClientSession, tool: str, **arguments: Any) -> dict[str, Any]:
        return values(await session.call_tool(tool, arguments))

    async def main() -> None:
        await asyncio.gather(*(work(number, assistant) for number, assistant in enumerate(everybody)))

    asyncio.run(main())


def initialize(client: TestClient, **headers: str) -> int:
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
    }
    accept = {"accept": "application/json, text/event-stream"}
    return client.post("/mcp/", json=body, headers=accept | headers).status_code


def test_only_tokens_and_the_person_at_the_machine_get_in(panel: Panel) -> None:
    assert initialize(panel.anonymous()) == 200
    assert initialize(panel.anonymous(), origin="http://127.0.0.1:8787") == 401, "a page in a browser is no assistant"
    assert initialize(panel.anonymous(), origin="https://attacker.example") == 403
    assert initialize(panel.with_token(Role.VIEWER, [Scope.READ])) == 200
    panel.account("ana", Role.OPERATOR, password="correct horse battery")
    assert initialize(panel.anonymous()) == 401
    assert initialize(panel.signed_in(Role.OPERATOR)) == 401
    assert initialize(panel.anonymous(), authorization="Bearer wrong") == 401


def test_a_cabin_is_business_by_default(assistants: NewAssistant, panel: Panel) -> None:
    write_batch(panel.store, make_batch(make_itinerary(cabin=Cabin.BUSINESS, miles=61_000, seen_at=NOW)))
    result = assistants().call("get_calendar", **ROUTE, first_date=f"{DAY}", days=1)
    assert (result["cabin"], result["prices"][0]["miles"]) == ("business", 61_000)
