"""The rows of the simulated seats.aero API over HTTP: format, ground truth, filters and pages."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import pairwise

import pytest

from tests.support.recorded import differing_types, json_types, load_recorded
from tests.support.sandbox_server import Sandbox
from tests.support.seatsaero_requests import HOST, LETTERS, MARCH, Json, call_api, rows, search

# ---- rows ------------------------------------------------------------------------------------------------------------


def test_keys_and_types_match_recorded_responses(server: Sandbox) -> None:
    recorded_pages = load_recorded("seatsaero/search-live-*.json")
    response = search(server, "JFK,CDG", "LHR,SFO", **MARCH)
    assert {tuple(page["data"][0]) for page in recorded_pages} == {tuple(response["data"][0])}
    ours, recorded = json_types(response), json_types(*recorded_pages)
    assert not {key for key in recorded if key not in ours}
    assert {key for key in ours if key not in recorded} <= {".moreURL"} | {
        key for key in ours if "OptionalPricing" in key
    }
    assert differing_types(ours, recorded).keys() <= {".cursor"}


@pytest.mark.parametrize(
    ("source", "program", "route"),
    [
        ("united", "united", "SFO-FRA"),
        ("aeroplan", "aeroplan", "YYZ-LHR"),
        ("jetblue", "jetblue", "JFK-LAX"),
        ("smiles", "smiles", "GRU-GIG"),
        ("alaska", "alaska", "SEA-JFK"),
    ],
)
def test_rows_match_the_ground_truth(server: Sandbox, source: str, program: str, route: str) -> None:
    """Check the unfiltered values: lowest cost and most seats of the offers with the cabin on every flight.

    The ground truth of these programs contains whether cabins are mixed, which not every site shows.
    """
    origin, destination = route.split("-")
    seen = 0
    for row in rows(server, origin, destination, sources=source, start_date="2027-03-10", end_date="2027-03-16"):
        if row["Date"] not in ("2027-03-10", "2027-03-13"):
            continue
        query = {"origin": origin, "destination": destination, "date": row["Date"], "detail": "itinerary"}
        offers = [offer for offer in server.truth(program=program, **query) if not offer["mixed_cabin"]]
        for letter, cabin in LETTERS.items():
            for kind, found in (
                ("", [offer for offer in offers if offer["cabin"] == cabin]),
                ("Direct", [offer for offer in offers if offer["cabin"] == cabin and len(offer["segments"]) == 1]),
            ):
                cost, seats = row[f"{letter}{kind}MileageCostRaw"], row[f"{letter}{kind}RemainingSeatsRaw"]
                assert cost == min((offer["miles"] for offer in found), default=0)
                assert seats == max((offer["seats"] for offer in found), default=0)
                carriers = {segment["marketing_carrier"] for offer in found for segment in offer["segments"]}
                assert row[f"{letter}{kind}AirlinesRaw"] == ", ".join(sorted(carriers))
                seen += len(found)
    assert seen


def test_row_fields(server: Sandbox) -> None:
    found = rows(server, "JFK,CPH,YYZ", "LHR,SFO,CDG,EWR", **MARCH)
    assert {"aeroplan", "american", "delta", "eurobonus", "united", "virginatlantic"} <= {
        row["Source"] for row in found
    }
    currencies = {(row["Source"], row["Route"]["OriginAirport"]): row["TaxesCurrency"] for row in found}
    assert currencies["eurobonus", "CPH"] == "DKK"
    assert {name for (source, _), name in currencies.items() if source == "aeroplan"} == {"CAD"}
    assert currencies["american", "JFK"] == ""
    for row in found:
        assert row["ParsedDate"] == f"{row['Date']}T00:00:00Z"
        assert datetime.fromisoformat(row["CreatedAt"]) <= datetime.fromisoformat(row["UpdatedAt"])
        assert row["UpdatedAt"] <= "2026-11-22T12:00:00.000000Z"
        assert any(row[f"{letter}AvailableRaw"] for letter in LETTERS)
        for letter in LETTERS:
            shown, raw = (row[f"{letter}MileageCost{suffix}"] for suffix in ("", "Raw"))
            assert isinstance(shown, str)
            assert bool(int(shown)) == row[f"{letter}Available"]
            assert bool(raw) == row[f"{letter}AvailableRaw"]
            assert int(shown) in (0, raw) or int(shown) > raw
    assert not any(row["YTotalTaxesRaw"] for row in found if row["Source"] in ("singapore", "turkish", "qatar"))
    assert max(row["YRemainingSeatsRaw"] for row in found if row["Source"] == "american") <= 4
    assert {row["YRemainingSeatsRaw"] for row in found if row["Source"] == "qantas"} <= {0}
    ages = sorted(row["UpdatedAt"] for row in found)
    assert ages[0] < "2026-11-21"
    assert ages[len(ages) // 2] > "2026-11-21T20"


def test_price_filter(server: Sandbox) -> None:
    """Check that filtered values are in the Raw fields and in responses with include_filtered."""
    query = {"sources": "united,flyingblue", "start_date": "2026-12-15", "end_date": "2027-01-10"}
    shown = {row["ID"]: row for row in rows(server, "JFK,SFO,CDG", "LHR,SFO,JFK", **query)}
    every = {row["ID"]: row for row in rows(server, "JFK,SFO,CDG", "LHR,SFO,JFK", include_filtered="true", **query)}
    hidden = [
        row for row in shown.values() if any(row[f"{c}AvailableRaw"] and not row[f"{c}Available"] for c in LETTERS)
    ]
    assert hidden
    assert shown.keys() == every.keys()
    for row in every.values():
        assert all(row[f"{letter}Available"] == row[f"{letter}AvailableRaw"] for letter in LETTERS)
        assert all(int(row[f"{letter}MileageCost"]) == row[f"{letter}MileageCostRaw"] for letter in LETTERS)


def test_filters(server: Sandbox) -> None:
    query = {"start_date": "2027-03-01", "end_date": "2027-03-20"}
    front = rows(server, "JFK", "LHR", cabins="business,first", **query)
    assert all(row["JAvailable"] or row["FAvailable"] for row in front)
    assert [row["ID"] for row in rows(server, "JFK", "LHR", cabin="business", cabins="", **query)]
    assert {row["Source"] for row in rows(server, "JFK", "LHR", sources="delta,nobody", **query)} == {"delta"}
    direct = rows(server, "JFK", "SFO", only_direct_flights="true", **query)
    assert all(any(row[f"{letter}Direct"] for letter in LETTERS) for row in direct)
    by_carrier = rows(server, "JFK", "LHR", carriers="VS", **query)
    assert all(any("VS" in row[f"{letter}Airlines"] for letter in LETTERS) for row in by_carrier)
    for found in (front, direct, by_carrier):
        assert 0 < len(found) < len(rows(server, "JFK", "LHR,SFO", **query))
    mixed = rows(server, "SFO,DEN,BOS", "FRA,MUC,ZRH", sources="united", min_cabin_pct=30, **query)
    not_mixed = rows(server, "SFO,DEN,BOS", "FRA,MUC,ZRH", sources="united", **query)
    assert sum(row["JAvailableRaw"] for row in mixed) > sum(row["JAvailableRaw"] for row in not_mixed)


def test_order(server: Sandbox) -> None:
    days = [row["Date"] for row in rows(server, "JFK", "LHR", start_date="2027-03-01", end_date="2027-03-10")]
    assert days == sorted(days)
    cheap = search(server, "JFK", "LHR", order_by="lowest_mileage", cabins="economy", take=100, **MARCH)["data"]
    costs = [int(row["YMileageCost"]) for row in cheap]
    first = costs[: len(costs) - 5]  # repeated rows are a few rows late
    assert sum(cost > following for cost, following in pairwise(first)) <= 5
    assert costs[0] == min(costs)


# ---- pages -----------------------------------------------------------------------------------------------------------


def test_pages_without_gaps(server: Sandbox) -> None:
    query: Json = {"take": 60, **MARCH}
    not_mixed = {row["ID"] for row in rows(server, "JFK", "LHR,SFO,CDG", **MARCH)}
    page = search(server, "JFK", "LHR,SFO,CDG", **query)
    cursor, received = page["cursor"], list(page["data"])
    assert str(cursor) in page["moreURL"]
    while page["hasMore"]:
        assert page["count"] == len(page["data"]) == 60
        page = search(server, "JFK", "LHR,SFO,CDG", cursor=cursor, skip=len(received), **query)
        received += page["data"]
    assert page["cursor"] is None
    names = Counter(row["ID"] for row in received)
    assert set(names) == not_mixed
    assert 0 < len(received) - len(names) < len(names) / 10, "some rows are repeated"


def test_take_is_limited_to_its_range(server: Sandbox) -> None:
    assert search(server, "JFK", "LHR", take=1, **MARCH)["count"] == 10
    assert search(server, "JFK,SFO,LAX,CDG,LHR", "JFK,SFO,LAX,CDG,LHR", take=5000, **MARCH)["count"] == 1000


def test_no_flights(server: Sandbox) -> None:
    empty = {"data": [], "count": 0, "hasMore": False, "cursor": None}
    assert search(server, "JFK", "QQQ") == empty
    assert search(server, "JFK", "LHR", start_date="2030-01-01") == empty
    assert call_api(server, "/search", origin_airport="JFK").json() == empty
    server.fault(HOST, "empty")
    assert search(server, "JFK", "LHR") == empty


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/search", {"destination_airport": "LHR"}),
        ("/search", {"origin_airport": "JFK", "destination_airport": "LHR", "start_date": "soon"}),
        ("/search", {"origin_airport": "JFK", "destination_airport": "LHR", "cabins": "sofa"}),
        ("/search", {"origin_airport": "JFK", "destination_airport": "LHR", "take": "many"}),
        ("/availability", {}),
        ("/availability", {"source": "united", "origin_region": "Mars"}),
        ("/routes", {"source": "united,delta"}),
        ("/destinations", {}),
        ("/destinations", {"origin_airport": "JFK", "destination_airport": "LHR"}),
    ],
)
def test_invalid_input(server: Sandbox, path: str, query: Json) -> None:
    response = call_api(server, path, **query)
    assert (response.status_code, response.json()) == (400, {})
