"""Lists of the API: pages, filters, entity tags, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from awardspider.storage.accounts import Role, Scope
from tests.support.api_examples import OFFERS, PROMOTIONS, SEARCHES, fill
from tests.support.panel import Panel


@pytest.fixture
def client(panel: Panel) -> TestClient:
    fill(panel)
    return panel.with_token(Role.OPERATOR, [Scope.READ])


def items(client: TestClient, address: str, size: int) -> list[dict[str, Any]]:
    """Return the entries of all pages of a list."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = client.get(address, params={"size": size, "after": after}).json()
        assert len(page["items"]) <= size
        found += page["items"]
        if page["next"] is None:
            return found
        after = page["next"]


@pytest.mark.parametrize(
    ("address", "key", "number"),
    [
        ("offers", "offer_id", OFFERS),
        ("searches", "search_id", SEARCHES),
        ("deliveries", "id", 2),
        ("runs", "run_id", 1),
        ("promotions", "id", PROMOTIONS),
    ],
)
def test_the_pages_of_a_list_have_every_entry_once(client: TestClient, address: str, key: str, number: int) -> None:
    for size in (1, 2, 3, 50):
        keys = [item[key] for item in items(client, f"/api/v1/{address}", size)]
        assert len(keys) == number
        assert len(set(keys)) == number


def test_open_promotions_are_counted_and_filtered(client: TestClient) -> None:
    page = client.get("/api/v1/promotions", params={"size": 1}).json()
    assert (len(page["items"]), page["count"]) == (1, PROMOTIONS)
    assert client.get("/api/v1/promotions", params={"kind": "buy_miles"}).json()["items"] == []


def test_a_cursor_of_another_list_is_refused(client: TestClient) -> None:
    cursor = client.get("/api/v1/offers", params={"size": 1}).json()["next"]
    for address in ("searches?", "deliveries?", "runs?", "promotions?", "promotions?ended=true&"):
        response = client.get(f"/api/v1/{address}after={cursor}")
        assert response.status_code == 400
        assert response.json()["error"].startswith("the position in the list is not valid")


def test_filters_narrow_the_offers(client: TestClient) -> None:
    def number(**parameters: Any) -> int:
        return len(client.get("/api/v1/offers", params=parameters).json()["items"])

    assert number(cabin="business") == 1
    assert number(max_miles="20k") == 1
    assert number(confirmed=1) == 1
    assert number(**{"from": "SFO"}) == 0
    assert number(first="2027-03-11", last="2027-03-12") == 2
    assert number(**{"class": "record_low"}) == 0


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("cabin=busines", 422, "cabin"),
        ("program=nowhere", 400, 'unknown program "nowhere"'),
        ("first=2027-13-40", 400, "first"),
        ("last=999999999999-01-01", 400, "last"),
        ("max_miles=many", 400, "max_miles"),
        ("max_miles=" + "9" * 40, 400, "max_miles"),
        ("size=0", 422, "size"),
        ("size=501", 422, "size"),
        ("after=x", 400, ""),
        ("after=%00", 400, ""),
    ],
)
def test_an_invalid_parameter_is_named_in_one_sentence(client: TestClient, query: str, status: int, words: str) -> None:
    response = client.get(f"/api/v1/offers?{query}")
    assert response.status_code == status
    assert words in response.json()["error"]
    assert "Traceback" not in response.text


def test_there_is_nothing_at_an_id_that_does_not_exist(client: TestClient) -> None:
    for kind in ("offers", "promotions", "programs", "runs", "watches", "deliveries", "channels"):
        for value in ("%00", "%FF", "a%00b", "%F0%9F%8E%AB", "9" * 400, "-1", " "):
            response = client.get(f"/api/v1/{kind}/{value}")
            assert response.status_code in (400, 404, 422), f"{kind}/{value}"
            assert set(response.json()) == {"error"}


def test_an_unchanged_list_is_not_sent_again(client: TestClient, panel: Panel) -> None:
    first = client.get("/api/v1/watches")
    tag = {"If-None-Match": first.headers["etag"]}
    again = client.get("/api/v1/watches", headers=tag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    writer = panel.with_token(Role.OPERATOR, [Scope.WRITE])
    watch_id = first.json()["items"][0]["id"]
    writer.post(f"/api/v1/watches/{watch_id}/pause")
    assert client.get("/api/v1/watches", headers=tag).status_code == 200


def test_an_offer_has_flights_history_and_evidence(client: TestClient) -> None:
    listed = client.get("/api/v1/offers", params={"confirmed": 1}).json()["items"][0]
    offer = client.get(f"/api/v1/offers/{listed['offer_id']}").json()
    assert [segment["flight_number"] for segment in offer["segments"]] == ["1297"]
    assert offer["evidence"]
    history = client.get(f"/api/v1/offers/{listed['offer_id']}/history").json()["items"]
    assert [point["miles"] for point in history] == [offer["miles"]]


def test_the_calendar_separates_days_without_a_search(client: TestClient) -> None:
    parameters = {"from": "LAX", "to": "AUS", "first": "2027-03-10", "days": 40, "cabin": "economy"}
    cells = client.get("/api/v1/calendar", params=parameters).json()["items"]
    statuses = {cell["day"]: cell["status"] for cell in cells}
    assert len(cells) == 40
    assert statuses["2027-03-10"] == "found"
    assert statuses["2027-04-18"] == "not_searched"
