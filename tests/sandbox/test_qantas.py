"""Qantas's face of the sandbox, over real HTTP: the pages of its reward finder, and their truth."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from tests.support.sandbox_server import ROOT, Sandbox, sandbox
from tests.support.united_wire import collect_types

HOST, FINDER = "www.qantas.com", "flightrewardfinder.qantas.com"
RECORDED = ROOT.parent / "shared/recorded/qantas"
NOW = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
ROUTES = ["SYD-DXB", "SYD-LHR", "LAX-SYD", "JFK-LHR", "MEL-NRT"]
DAYS = ["2027-01-19", "2027-03-10", "2027-06-04"]
CABINS = {"Economy": "economy", "PremiumEconomy": "premium_economy", "Business": "business", "First": "first"}


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with sandbox(clock="2026-11-22T12:00Z") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(server: Sandbox) -> None:
    server.reset()


def ask(server: Sandbox, route: str, day: str, page: int = 1, travelers: int = 1, **changes: Any) -> requests.Response:
    origin, destination = route.split("-")
    query: dict[str, Any] = {
        "o": origin,
        "d": destination,
        "dr": f"{day}I{day}",
        "p": travelers,
        "pr": "QF",
        "pg": page,
        "ic": 0,
    }
    return server.client.get(f"{server.url}/{FINDER}/api/search", params=query | changes)


def pages(server: Sandbox, route: str, day: str, travelers: int = 1, **changes: Any) -> list[dict[str, Any]]:
    """Every page: the last one is known only when one has come near it."""
    found: list[dict[str, Any]] = []
    last = 1
    while len(found) < last:
        answer = ask(server, route, day, len(found) + 1, travelers, **changes).json()
        assert answer["pagination"]["page"] == len(found) + 1
        assert answer["pagination"]["pageSize"] >= len(answer["flights"])
        last = answer["pagination"]["maxKnownPage"]
        found.append(answer)
    return found


def rows(server: Sandbox, route: str, day: str, travelers: int = 1) -> list[dict[str, Any]]:
    return [row for page in pages(server, route, day, travelers) for row in page["flights"]]


# ---- the wire ------------------------------------------------------------------------------------------------------


def test_keys_and_types_are_those_of_the_capture(server: Sandbox) -> None:
    file = RECORDED / "flightrewardfinder-SYD-DXB-2026-10-05.json"
    if not file.exists():
        pytest.skip("the recorded answers are not part of a plain clone")
    recorded: dict[str, set[str]] = defaultdict(set)
    ours: dict[str, set[str]] = defaultdict(set)
    collect_types(json.loads(file.read_text()), "", recorded)
    for route in ROUTES:
        for day in DAYS:
            for page in pages(server, route, day):
                collect_types(page, "", ours)
    # The capture has no business seat and no connection; its token was taken out.
    extra = {path for path in ours if path not in recorded and ".Business" not in path}
    assert extra <= {".verificationToken", *(path for path in extra if path.endswith("mixedCabinClasses[]"))}
    assert recorded.keys() <= ours.keys()
    wrong = {path for path, kinds in ours.items() if path in recorded and not kinds - {"NoneType"} <= recorded[path]}
    assert all(re.fullmatch(r"\.flights\[\]\.cabins\.\w+(\.mixedCabinClasses)?", path) for path in wrong), wrong


def test_pages_grow_while_they_are_turned(server: Sandbox) -> None:
    found = pages(server, "SYD-LHR", "2027-03-10", dr="2027-03-10I2027-03-14")
    assert len(found) > 3
    assert [page["pagination"]["maxKnownPage"] for page in found] == [*range(2, len(found) + 1), len(found)]
    identities = [row["id"] for page in found for row in page["flights"]]
    assert len(identities) == len(set(identities))
    beyond = ask(server, "SYD-LHR", "2027-03-10", len(found) + 1).json()
    assert beyond["flights"] == []


def test_what_a_row_says(server: Sandbox) -> None:
    every = [row for route in ROUTES for day in DAYS for row in rows(server, route, day)]
    for row in every:
        legs = row["legs"]
        assert (row["departsAt"], row["arrivesAt"]) == (legs[0]["departsAt"], legs[-1]["arrivesAt"])
        assert row["stopovers"] == len(legs) - 1
        days = datetime.fromisoformat(row["arrivesAt"]).date() - datetime.fromisoformat(row["departsAt"]).date()
        assert row["arrivalDayOffset"] == days.days
        seen = datetime.fromisoformat(row["lastSeenAt"])
        assert timedelta(0) < NOW - seen < timedelta(hours=31)
        assert all(leg["flightNumber"].startswith(leg["airlineCode"]) for leg in legs)
    told = [cabin for row in every for cabin in row["cabins"].values() if cabin]
    assert any(cabin["seats"] == 6 for cabin in told), "which the page shows as 5+"
    assert max(cabin["seats"] for cabin in told) == 6
    assert {type(cabin["tax"]) for cabin in told} == {int}
    mixed = [cabin for cabin in told if cabin["mixedCabinClasses"]]
    assert mixed
    assert all(len(set(cabin["mixedCabinClasses"])) > 1 for cabin in mixed)
    assert any("," in cabin["rbd"] for cabin in told)


# ---- the truth in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("travelers", [1, 2])
@pytest.mark.parametrize("route", ROUTES)
def test_the_pages_say_the_truth(server: Sandbox, route: str, travelers: int) -> None:
    origin, destination = route.split("-")
    total = 0
    for day in DAYS:
        told = {
            (
                row["departsAt"],
                " ".join(leg["flightNumber"] for leg in row["legs"]),
                CABINS[name],
                cabin["points"],
                f"{cabin['tax']}.00",
                cabin["seats"],
                cabin["mixedCabinClasses"] is not None,
            )
            for row in rows(server, route, day, travelers)
            for name, cabin in row["cabins"].items()
            if cabin
        }
        true = server.truth(
            program="qantas", origin=origin, destination=destination, date=day, detail="itinerary", travelers=travelers
        )
        fields = ("flights", "cabin", "miles", "taxes", "seats", "mixed_cabin")
        assert told == {(one["departs_at"][:19], *(one[name] for name in fields)) for one in true}
        assert {(one["currency"], one["saver"], one["cash_price"]) for one in true} <= {("AUD", True, None)}
        total += len(true)
    assert total


# ---- none, and no --------------------------------------------------------------------------------------------------


def test_none_and_not_covered(server: Sandbox) -> None:
    none = {"flights": [], "pagination": {"page": 1, "pageSize": 10, "maxKnownPage": 1}}
    for route, day in (("SYD-GUM", "2027-03-10"), ("SYD-DXB", "2027-11-20"), ("SYD-DXB", "2026-11-01")):
        answer = ask(server, route, day).json()
        assert answer.items() >= (none | {"routeDecision": {"blocked": False}}).items()
    answer = ask(server, "SYD-MEL", "2027-03-10").json()
    assert answer.items() >= (none | {"routeDecision": {"blocked": True, "code": "DOMESTIC_AU_ONLY"}}).items()
    server.fault(FINDER, "empty")
    assert ask(server, "SYD-DXB", "2027-03-10").json()["flights"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"o": "QQQ"},
        {"d": "SYD"},
        {"dr": "2027-03-10"},
        {"dr": "2027-03-10I2027-03-09"},
        {"dr": "2027-03-10I2027-06-09"},
        {"p": 0},
        {"pg": 0},
        {"pg": "x"},
        {"pr": "XX"},
    ],
)
def test_bad_input(server: Sandbox, changes: dict[str, Any]) -> None:
    assert ask(server, "SYD-DXB", "2027-03-10", **changes).status_code == 400


def test_refusals_sign_in_robots_and_the_page(server: Sandbox) -> None:
    assert "reward finder" in server.client.get(f"{server.url}/{FINDER}/").text
    server.fault(FINDER, "refused", variant="denied")
    assert ask(server, "SYD-DXB", "2027-03-10").status_code == 403
    server.fault(HOST, "sign_in")
    assert ask(server, "SYD-DXB", "2027-03-10").status_code == 401
    assert "Disallow: /login" in server.client.get(f"{server.url}/{FINDER}/robots.txt").text
    server.fault(HOST, "robots")
    assert "Disallow: /api/" in server.client.get(f"{server.url}/{FINDER}/robots.txt").text
