"""The simulated Alaska site over HTTP: its calendar, its stream and its page, with their ground truth."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox

HOST = "www.alaskaair.com"
CALENDAR, DATA, RESULTS = "/search/api/shoulderDates", "/search/results/__data.json", "/search/results"
ROUTES = ["SEA-SFO", "PDX-OGG", "SEA-FAI", "LAX-HNL", "SEA-NRT", "SAN-JFK"]
DAYS = ["2027-01-19", "2027-03-10", "2027-06-04"]


def decoded(items: list[Any], index: int = 0) -> Any:
    """Decode a flattened value. Undefined fields of objects are left out."""
    value = items[index]
    if isinstance(value, dict):
        return {name: decoded(items, place) for name, place in value.items() if place != -1}
    if isinstance(value, list) and value[:1] == ["Promise"]:
        return {"promise": items[value[1]]}
    return [decoded(items, place) for place in value] if isinstance(value, list) else value


def query(route: str, day: str, travelers: int = 1, **changes: str) -> dict[str, str]:
    origin, destination = route.split("-")
    parameters = {"O": origin, "D": destination, "OD": day, "A": str(travelers), "RT": "false"}
    return parameters | {"ShoppingMethod": "onlineaward", "awardType": "MilesOnly", "locale": "en-us"} | changes


def get(server: Sandbox, path: str, parameters: dict[str, str], **headers: str) -> requests.Response:
    return server.client.get(f"{server.url}/{HOST}{path}", params=parameters, headers=headers, allow_redirects=False)


def stream(server: Sandbox, route: str, day: str, travelers: int = 1, **changes: str) -> dict[str, Any]:
    """Return the slice with the rows, which the page's promise refers to."""
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


# ---- format ----------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(server: Sandbox) -> None:
    recorded = json_types(*load_recorded("alaska/pointsnap-2026-09-SEA-SFO-2026-10-05.results.excerpt.json"))
    ours = json_types(*([stream(server, route, day)] for route in ("SEA-SFO", "SAN-JFK") for day in DAYS))
    assert recorded.keys() <= ours.keys()
    assert not differing_types(ours, recorded)


def test_stream_is_flattened_and_chunk_order_varies(server: Sandbox) -> None:
    numbers = set()
    for day in (f"2027-03-{number:02}" for number in range(1, 9)):
        response = get(server, DATA, query("SEA-SFO", day))
        assert response.headers["Content-Type"] == "text/sveltekit-data"
        head, *chunks = map(json.loads, response.text.splitlines())
        assert [chunk["type"] for chunk in chunks] == ["chunk", "chunk"]
        rows = [
            chunk["id"] for chunk in chunks if any(isinstance(item, dict) and "rows" in item for item in chunk["data"])
        ]
        assert decoded(head["nodes"][1]["data"])["results"] == {"promise": rows[0]}
        numbers.add((rows[0], chunks.index(next(chunk for chunk in chunks if chunk["id"] == rows[0]))))
    assert numbers == {(1, 1), (2, 1)}
    assert json.loads(
        get(server, DATA, query("SEA-SFO", "2027-03-10") | {"x-sveltekit-invalidated": "01"}).text.splitlines()[0]
    )["nodes"][0] == {"type": "skip"}


def test_page_script_has_the_data_of_the_stream(server: Sandbox) -> None:
    shown = stream(server, "SEA-SFO", "2027-03-10")
    page = get(server, RESULTS, query("SEA-SFO", "2027-03-10")).text
    (script,) = re.findall(r"__sveltekit_\w+\.resolve\(\d, \(\) => (\[\{departureStation.*?\}\])\)</script>", page)
    quoted = re.sub(r"([{,])([A-Za-z_]\w*):", r'\1"\2":', script)
    assert json.loads(quoted) == [shown]


def test_types_and_fare_keys(server: Sandbox) -> None:
    rows = [row for route in ROUTES for day in DAYS for row in stream(server, route, day)["rows"]]
    segments = [segment for row in rows for segment in row["segments"]]
    solutions = [solution for row in rows for solution in row["solutions"].values()]
    assert {type(segment["publishingCarrier"]["flightNumber"]) for segment in segments} == {int}
    assert {type(solution["atmosPoints"]) for solution in solutions} == {int}
    assert all(len(item["cabins"]) == len(row["segments"]) for row in rows for item in row["solutions"].values())
    assert {segment["publishingCarrier"]["carrierCode"] for segment in segments} >= {"AS", "HA", "AA"}
    assert any(segment["operationalDisclosure"].startswith("Operated by ") for segment in segments)
    assert any(segment["nextDayArrival"] for segment in segments)
    keys = {key for row in rows for key in row["solutions"]}
    assert keys >= {"SAVER", "MAIN", "REFUNDABLE_MAIN", "REFUNDABLE_FIRST", "REFUNDABLE_PARTNER_MAIN"}
    mixed = [item for item in solutions if item["mixedCabin"]]
    assert mixed
    assert all(len(set(item["cabins"])) > 1 for item in mixed)
    assert {item["isDiscounted"] for item in solutions} == {True, False}


# ---- ground truth ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_flights_match_the_ground_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    names = {"economy": "MAIN", "premium_economy": "PREMIUM", "business": "FIRST", "first": "FIRST"}
    total = 0
    for day in DAYS:
        parameters = {"program": "alaska", "origin": origin, "destination": destination, "date": day}
        expected = [
            (item["flights"], names[item["cabin"]], item["miles"], float(item["taxes"]), item["seats"], item["on_sale"])
            for item in server.truth(**parameters, detail="itinerary", travelers=travelers)
        ]
        found = set()
        for row in stream(server, route, day, travelers)["rows"]:
            carriers = [segment["publishingCarrier"] for segment in row["segments"]]
            flights = dict.fromkeys(f"{item['carrierCode']}{item['flightNumber']}" for item in carriers)
            lowest: dict[str, dict[str, Any]] = {}
            for key, solution in row["solutions"].items():
                assert solution["allPaxPoints"] == solution["atmosPoints"] * travelers
                name = key.rpartition("_")[2].replace("SAVER", "MAIN").replace("BUSINESS", "FIRST")
                if name not in lowest or solution["atmosPoints"] < lowest[name]["atmosPoints"]:
                    lowest[name] = solution
            for name, item in lowest.items():
                shown = (item["atmosPoints"], item["grandTotal"], item["seatsRemaining"], item["isDiscounted"])
                found.add((" ".join(flights), name, *shown))
        assert sorted(found) == sorted(expected)
        total += len(expected)
    assert total


@pytest.mark.parametrize("route", ["SEA-SFO", "PDX-OGG", "SAN-JFK"])
def test_calendar_matches_the_ground_truth(server: Sandbox, route: str) -> None:
    origin, destination = route.split("-")
    shown = month(server, route, "2027-03-16").json()
    days = {day["date"]: day for day in shown["calendarDates"]}
    assert list(days) == [f"2027-03-{number:02}" for number in range(1, 32)]
    expected = server.truth(program="alaska", origin=origin, destination=destination, month="2027-03")
    assert {day: item["awardPoints"] for day, item in days.items() if item["awardPoints"] is not None} == {
        offer["departure_date"]: offer["miles"] for offer in expected
    }
    assert {day["date"] for day in shown["shoulderDates"]} == {f"2027-03-{number}" for number in range(13, 20)}
    for day in shown["shoulderDates"]:
        assert days[day["date"]].items() <= day.items()


def test_sales_of_calendar_and_flights_agree(server: Sandbox) -> None:
    days = month(server, "SEA-SFO", "2027-03-16").json()["calendarDates"]
    assert any(day["isDiscounted"] for day in days)
    for day in days[::10]:
        rows = stream(server, "SEA-SFO", day["date"])["rows"]
        lowest = [
            item
            for row in rows
            for item in row["solutions"].values()
            if item["atmosPoints"] == day["awardPoints"] and "COACH" in item["cabins"]
        ]
        assert day["isDiscounted"] in {item["isDiscounted"] for item in lowest}


def test_calendar_omits_days_not_on_sale(server: Sandbox) -> None:
    days = [day["date"] for day in month(server, "SEA-SFO", "2026-11-25").json()["calendarDates"]]
    assert (days[0], days[-1]) == ("2026-11-22", "2026-12-10")


# ---- no results and errors -------------------------------------------------------------------------------------------


def test_no_flights_has_two_forms(server: Sandbox) -> None:
    server.fault(HOST, "empty")
    assert stream(server, "SEA-SFO", "2027-03-10") == {"departureStation": "SEA", "arrivalStation": "SFO", "rows": []}
    assert {day["awardPoints"] for day in month(server, "SEA-SFO", "2027-03-10").json()["calendarDates"]} == {None}
    server.reset()
    blank = {"departureStation": "", "arrivalStation": "", "rows": []}
    assert stream(server, "SEA-QQQ", "2027-03-10") == blank
    assert stream(server, "SEA-SFO", "2026-11-20") == blank
    assert stream(server, "SEA-SFO", "2027-02-30") == blank


def test_cash_search_has_no_points(server: Sandbox) -> None:
    rows = stream(server, "SEA-SFO", "2027-03-10", ShoppingMethod="online")["rows"]
    assert {item["atmosPoints"] for row in rows for item in row["solutions"].values()} == {-1}
    days = month(server, "SEA-SFO", "2027-03-10", fareView="None").json()["calendarDates"]
    assert {(day["awardPoints"], day["price"] > 20) for day in days} == {(None, True)}


@pytest.mark.parametrize(
    "changes", [{"dates": ["2027-02-30"]}, {"origins": []}, {"destinations": ["QQQ"]}, {"numADTs": 9}]
)
def test_invalid_input(server: Sandbox, changes: dict[str, Any]) -> None:
    assert month(server, "SEA-SFO", "2027-03-10", **changes).status_code == 400


def test_referer_returns_406(server: Sandbox) -> None:
    parameters = query("SEA-SFO", "2027-03-10")
    assert get(server, DATA, parameters, Referer="https://www.alaskaair.com/").status_code == 406
    assert get(server, RESULTS, parameters, Referer="https://www.alaskaair.com/").status_code == 200


@pytest.mark.parametrize(
    ("variant", "status", "text"),
    [("too_fast_406", 406, "Not Acceptable"), ("client_challenge", 200, "<title>Client Challenge</title>")],
)
def test_site_specific_refusals(server: Sandbox, variant: str, status: int, text: str) -> None:
    server.fault(HOST, "refused", variant=variant)
    response = get(server, DATA, query("SEA-SFO", "2027-03-10"))
    assert (response.status_code, text in response.text) == (status, True)


def test_sign_in_robots_and_renamed_keys(server: Sandbox) -> None:
    server.fault(HOST, "sign_in")
    for response in (get(server, DATA, query("SEA-SFO", "2027-03-10")), month(server, "SEA-SFO", "2027-03-10")):
        assert (response.status_code, response.headers["Location"]) == (302, "/account/signin")
    assert "password" in server.client.get(f"{server.url}/{HOST}/account/signin").text
    server.fault(HOST, "renamed_keys")
    assert '"rowsNew":' in get(server, DATA, query("SEA-SFO", "2027-03-10")).text
    assert "rowsNew:" in get(server, RESULTS, query("SEA-SFO", "2027-03-10")).text
    assert "calendarDatesNew" in month(server, "SEA-SFO", "2027-03-10").json()
    assert "Disallow: /search/" not in server.client.get(f"{server.url}/{HOST}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /search/" in server.client.get(f"{server.url}/{HOST}/robots.txt").text
