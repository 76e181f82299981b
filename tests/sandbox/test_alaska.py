"""Alaska's face of the sandbox, over real HTTP: its calendar, its stream, its page, and their truth."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.sandbox_server import ROOT, Sandbox, sandbox
from tests.support.united_wire import collect_types

HOST = "www.alaskaair.com"
CALENDAR, DATA, RESULTS = "/search/api/shoulderDates", "/search/results/__data.json", "/search/results"
RECORDED = ROOT.parent / "shared/recorded/alaska/pointsnap-2026-09-SEA-SFO-2026-10-05.results.excerpt.json"
ROUTES = ["SEA-SFO", "PDX-OGG", "SEA-FAI", "LAX-HNL", "SEA-NRT", "SAN-JFK"]
DAYS = ["2027-01-19", "2027-03-10", "2027-06-04"]


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-22T12:00Z") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()


def decoded(items: list[Any], index: int = 0) -> Any:
    """A flattened value put together again; undefined is left out of objects."""
    value = items[index]
    if isinstance(value, dict):
        return {name: decoded(items, place) for name, place in value.items() if place != -1}
    if isinstance(value, list) and value[:1] == ["Promise"]:
        return {"promise": items[value[1]]}
    return [decoded(items, place) for place in value] if isinstance(value, list) else value


def query(route: str, day: str, travelers: int = 1, **changes: str) -> dict[str, str]:
    origin, destination = route.split("-")
    asked = {"O": origin, "D": destination, "OD": day, "A": str(travelers), "RT": "false"}
    return asked | {"ShoppingMethod": "onlineaward", "awardType": "MilesOnly", "locale": "en-us"} | changes


def get(server: Sandbox, path: str, asked: dict[str, str], **headers: str) -> requests.Response:
    return server.client.get(f"{server.url}/{HOST}{path}", params=asked, headers=headers, allow_redirects=False)


def stream(server: Sandbox, route: str, day: str, travelers: int = 1, **changes: str) -> dict[str, Any]:
    """The slice with the rows, found through the page's own promise."""
    head, *chunks = map(json.loads, get(server, DATA, query(route, day, travelers, **changes)).text.splitlines())
    assert head["type"] == "data"
    number = decoded(head["nodes"][1]["data"])["results"]["promise"]
    (found,) = [decoded(chunk["data"]) for chunk in chunks if chunk["id"] == number]
    (only,) = found
    assert isinstance(only, dict)
    return only


def month(server: Sandbox, route: str, day: str, travelers: int = 1, **changes: Any) -> requests.Response:
    origin, destination = route.split("-")
    body = {"origins": [origin], "destinations": [destination], "dates": [day], "numADTs": travelers, "numCHDs": 0}
    return server.client.post(
        f"{server.url}/{HOST}{CALENDAR}",
        data=json.dumps(body | {"fareView": "as_awards"} | changes),
        headers={"Content-Type": "text/plain;charset=UTF-8"},
        allow_redirects=False,
    )


# ---- the wire ------------------------------------------------------------------------------------------------------


def test_keys_and_types_are_those_of_the_excerpt_of_2026(server: Sandbox) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    recorded: dict[str, set[str]] = defaultdict(set)
    ours: dict[str, set[str]] = defaultdict(set)
    collect_types(json.loads(RECORDED.read_text()), "", recorded)
    for route in ("SEA-SFO", "SAN-JFK"):
        for day in DAYS:
            collect_types([stream(server, route, day)], "", ours)
    assert recorded.keys() <= ours.keys()
    assert not {path: kinds for path, kinds in ours.items() if path in recorded and not kinds <= recorded[path]}


def test_the_stream_is_flattened_and_its_chunks_move(server: Sandbox) -> None:
    numbers = set()
    for day in (f"2027-03-{number:02}" for number in range(1, 9)):
        answer = get(server, DATA, query("SEA-SFO", day))
        assert answer.headers["Content-Type"] == "text/sveltekit-data"
        head, *chunks = map(json.loads, answer.text.splitlines())
        assert [chunk["type"] for chunk in chunks] == ["chunk", "chunk"]
        rows = [
            chunk["id"] for chunk in chunks if any(isinstance(one, dict) and "rows" in one for one in chunk["data"])
        ]
        assert decoded(head["nodes"][1]["data"])["results"] == {"promise": rows[0]}
        numbers.add((rows[0], chunks.index(next(chunk for chunk in chunks if chunk["id"] == rows[0]))))
    assert numbers == {(1, 1), (2, 1)}
    assert json.loads(
        get(server, DATA, query("SEA-SFO", "2027-03-10") | {"x-sveltekit-invalidated": "01"}).text.splitlines()[0]
    )["nodes"][0] == {"type": "skip"}


def test_the_page_holds_the_same_as_a_script(server: Sandbox) -> None:
    told = stream(server, "SEA-SFO", "2027-03-10")
    page = get(server, RESULTS, query("SEA-SFO", "2027-03-10")).text
    (script,) = re.findall(r"__sveltekit_\w+\.resolve\(\d, \(\) => (\[\{departureStation.*?\}\])\)</script>", page)
    quoted = re.sub(r"([{,])([A-Za-z_]\w*):", r'\1"\2":', script)
    assert json.loads(quoted) == [told]


def test_types_that_trip_readers(server: Sandbox) -> None:
    rows = [row for route in ROUTES for day in DAYS for row in stream(server, route, day)["rows"]]
    segments = [segment for row in rows for segment in row["segments"]]
    solutions = [solution for row in rows for solution in row["solutions"].values()]
    assert {type(segment["publishingCarrier"]["flightNumber"]) for segment in segments} == {int}
    assert {type(solution["atmosPoints"]) for solution in solutions} == {int}
    assert all(len(one["cabins"]) == len(row["segments"]) for row in rows for one in row["solutions"].values())
    assert {segment["publishingCarrier"]["carrierCode"] for segment in segments} >= {"AS", "HA", "AA"}
    assert any(segment["operationalDisclosure"].startswith("Operated by ") for segment in segments)
    assert any(segment["nextDayArrival"] for segment in segments)
    keys = {key for row in rows for key in row["solutions"]}
    assert keys >= {"SAVER", "MAIN", "REFUNDABLE_MAIN", "REFUNDABLE_FIRST", "REFUNDABLE_PARTNER_MAIN"}
    mixed = [one for one in solutions if one["mixedCabin"]]
    assert mixed
    assert all(len(set(one["cabins"])) > 1 for one in mixed)
    assert {one["isDiscounted"] for one in solutions} == {True, False}


# ---- the truth in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_the_flights_say_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    names = {"economy": "MAIN", "premium_economy": "PREMIUM", "business": "FIRST", "first": "FIRST"}
    total = 0
    for day in DAYS:
        asked = {"program": "alaska", "origin": origin, "destination": destination, "date": day}
        offers = server.truth(**asked, detail="itinerary", travelers=travelers)
        whole = {(one["flights"], one["cabin"]) for one in offers if not one["mixed_cabin"]}
        true = {
            (one["flights"], names[one["cabin"]], one["miles"], float(one["taxes"]), one["seats"], one["on_sale"])
            for one in offers
            if not one["mixed_cabin"] or (one["flights"], one["cabin"]) not in whole
        }
        found = set()
        for row in stream(server, route, day, travelers)["rows"]:
            carriers = [segment["publishingCarrier"] for segment in row["segments"]]
            flights = dict.fromkeys(f"{one['carrierCode']}{one['flightNumber']}" for one in carriers)
            lowest: dict[str, dict[str, Any]] = {}
            for key, solution in row["solutions"].items():
                assert solution["allPaxPoints"] == solution["atmosPoints"] * travelers
                name = key.rpartition("_")[2].replace("SAVER", "MAIN").replace("BUSINESS", "FIRST")
                if name not in lowest or solution["atmosPoints"] < lowest[name]["atmosPoints"]:
                    lowest[name] = solution
            for name, one in lowest.items():
                told = (one["atmosPoints"], one["grandTotal"], one["seatsRemaining"], one["isDiscounted"])
                found.add((" ".join(flights), name, *told))
        assert found == true
        total += len(true)
    assert total


@pytest.mark.parametrize("route", ["SEA-SFO", "PDX-OGG", "SAN-JFK"])
def test_the_calendar_says_the_truth(server: Sandbox, route: str) -> None:
    origin, destination = route.split("-")
    told = month(server, route, "2027-03-16").json()
    days = {day["date"]: day for day in told["calendarDates"]}
    assert list(days) == [f"2027-03-{number:02}" for number in range(1, 32)]
    true = server.truth(program="alaska", origin=origin, destination=destination, month="2027-03", cabin="economy")
    assert {day: one["awardPoints"] for day, one in days.items() if one["awardPoints"] is not None} == {
        offer["departure_date"]: offer["miles"] for offer in true
    }
    assert {day["date"] for day in told["shoulderDates"]} == {f"2027-03-{number}" for number in range(13, 20)}
    for day in told["shoulderDates"]:
        assert days[day["date"]].items() <= day.items()


def test_a_sale_of_the_calendar_is_one_of_the_flights(server: Sandbox) -> None:
    days = month(server, "SEA-SFO", "2027-03-16").json()["calendarDates"]
    assert any(day["isDiscounted"] for day in days)
    for day in days[::10]:
        rows = stream(server, "SEA-SFO", day["date"])["rows"]
        lowest = [
            one
            for row in rows
            for one in row["solutions"].values()
            if one["atmosPoints"] == day["awardPoints"] and "COACH" in one["cabins"]
        ]
        assert day["isDiscounted"] in {one["isDiscounted"] for one in lowest}


def test_days_that_cannot_be_booked_are_left_out(server: Sandbox) -> None:
    days = [day["date"] for day in month(server, "SEA-SFO", "2026-11-25").json()["calendarDates"]]
    assert (days[0], days[-1]) == ("2026-11-22", "2026-12-10")


# ---- none, and no --------------------------------------------------------------------------------------------------


def test_none_has_two_forms(server: Sandbox) -> None:
    server.fault(HOST, "empty")
    assert stream(server, "SEA-SFO", "2027-03-10") == {"departureStation": "SEA", "arrivalStation": "SFO", "rows": []}
    assert {day["awardPoints"] for day in month(server, "SEA-SFO", "2027-03-10").json()["calendarDates"]} == {None}
    server.reset()
    blank = {"departureStation": "", "arrivalStation": "", "rows": []}
    assert stream(server, "SEA-QQQ", "2027-03-10") == blank
    assert stream(server, "SEA-SFO", "2026-11-20") == blank
    assert stream(server, "SEA-SFO", "2027-02-30") == blank


def test_money_shows_no_points(server: Sandbox) -> None:
    rows = stream(server, "SEA-SFO", "2027-03-10", ShoppingMethod="online")["rows"]
    assert {one["atmosPoints"] for row in rows for one in row["solutions"].values()} == {-1}
    days = month(server, "SEA-SFO", "2027-03-10", fareView="None").json()["calendarDates"]
    assert {(day["awardPoints"], day["price"] > 20) for day in days} == {(None, True)}


@pytest.mark.parametrize(
    "changes", [{"dates": ["2027-02-30"]}, {"origins": []}, {"destinations": ["QQQ"]}, {"numADTs": 9}]
)
def test_bad_input(server: Sandbox, changes: dict[str, Any]) -> None:
    assert month(server, "SEA-SFO", "2027-03-10", **changes).status_code == 400


def test_a_referer_alone_can_bring_406(server: Sandbox) -> None:
    asked = query("SEA-SFO", "2027-03-10")
    assert get(server, DATA, asked, Referer="https://www.alaskaair.com/").status_code == 406
    assert get(server, RESULTS, asked, Referer="https://www.alaskaair.com/").status_code == 200


@pytest.mark.parametrize(
    ("variant", "status", "text"),
    [("too_fast_406", 406, "Not Acceptable"), ("client_challenge", 200, "<title>Client Challenge</title>")],
)
def test_its_own_refusals(server: Sandbox, variant: str, status: int, text: str) -> None:
    server.fault(HOST, "refused", variant=variant)
    answer = get(server, DATA, query("SEA-SFO", "2027-03-10"))
    assert (answer.status_code, text in answer.text) == (status, True)


def test_sign_in_robots_and_another_shape(server: Sandbox) -> None:
    server.fault(HOST, "sign_in")
    for answer in (get(server, DATA, query("SEA-SFO", "2027-03-10")), month(server, "SEA-SFO", "2027-03-10")):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/account/signin")
    assert "password" in server.client.get(f"{server.url}/{HOST}/account/signin").text
    server.fault(HOST, "changed_shape")
    assert '"rowsNew":' in get(server, DATA, query("SEA-SFO", "2027-03-10")).text
    assert "rowsNew:" in get(server, RESULTS, query("SEA-SFO", "2027-03-10")).text
    assert "calendarDatesNew" in month(server, "SEA-SFO", "2027-03-10").json()
    assert "Disallow: /search/" not in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /search/" in server.client.get(f"{server.url}/{HOST}/robots.txt").text
