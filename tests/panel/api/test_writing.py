"""Changes by programs that use the API: watches, channels, subscriptions, deliveries, each only with the right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from awardspider.storage.accounts import Role, Scope
from awardspider.storage.channels import channel_rows
from awardspider.storage.outbox import FAILED, DeliveryStatus
from tests.support.api_examples import fill, with_secret_key
from tests.support.panel import Panel
from tests.support.panel_messages import add_message

WATCH = {
    "name": "Tokyo",
    "origin": "LAX",
    "destination": "HND",
    "dates": "2027-03",
    "cabins": "business",
    "max_miles": 80000,
    "notify": {"channels": ["phone"]},
}
PUBLIC_ADDRESS = "https://93.184.216.34/secret-path"


@pytest.fixture
def filled(panel: Panel) -> Panel:
    fill(with_secret_key(panel))
    return panel


@pytest.fixture
def operator(filled: Panel) -> TestClient:
    return filled.with_token(Role.OPERATOR, [Scope.READ, Scope.WRITE])


@pytest.fixture
def member(filled: Panel) -> TestClient:
    filled.owner("Ana")
    return filled.with_token(Role.MEMBER, [Scope.READ, Scope.WRITE], owner_id="ana")


def test_a_token_for_reading_changes_nothing(filled: Panel) -> None:
    client = filled.with_token(Role.OPERATOR, [Scope.READ])
    for method, address in (("POST", "watches"), ("POST", "channels"), ("POST", "hooks"), ("DELETE", "channels/phone")):
        response = client.request(method, f"/api/v1/{address}", json={})
        assert response.status_code == 403
        assert response.json()["error"] == "The token may only read. Create one with the scope write to make changes."


def test_a_watch_is_added_changed_paused_and_removed(operator: TestClient) -> None:
    created = operator.post("/api/v1/watches", json=WATCH)
    assert created.status_code == 201, created.text
    address = f"/api/v1/watches/{created.json()['id']}"
    changed = operator.put(address, json=WATCH | {"max_miles": 70000})
    assert changed.json()["definition"]["max_miles"] == 70000
    assert operator.post(f"{address}/pause").json()["active"] is False
    assert operator.post(f"{address}/resume").json()["active"] is True
    assert operator.get(f"{address}/matches").json()["matches"] == []
    assert operator.delete(address).status_code == 204
    assert operator.get(address).status_code == 404
    assert operator.delete(address).status_code == 404


def test_a_preview_stores_nothing(operator: TestClient) -> None:
    before = operator.get("/api/v1/watches").json()
    body = WATCH | {"name": "Austin again", "destination": "AUS", "cabins": "economy", "max_miles": 15000}
    preview = operator.post("/api/v1/watches/preview", json=body)
    assert preview.status_code == 200, preview.text
    assert preview.json()["match_count"] == 1
    assert all(miss["reasons"] for miss in preview.json()["misses"])
    assert operator.get("/api/v1/watches").json() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"origin": "XQX"}, "origin"),
        ({"cabins": "busines"}, "busines"),
        ({"max_miles": "many"}, "max_miles"),
        ({"max_miles": 10**400}, "max_miles"),
        ({"max_taxes": "9" * 400 + " USD"}, "max_taxes"),
        ({"dates": "99999-01"}, "dates"),
        ({"notify": {"channels": ["nobody"]}}, "nobody"),
        ({"unknown_field": 1}, "unknown_field"),
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
    ],
)
def test_an_invalid_watch_is_refused_with_the_field(
    operator: TestClient, change: dict[str, object], words: str
) -> None:
    response = operator.post("/api/v1/watches", json=WATCH | change)
    assert response.status_code in (400, 422), response.text
    assert words in response.json()["error"]


def test_a_watch_in_words_is_added_with_what_they_mean(operator: TestClient) -> None:
    body = {"words": "business to Tokyo in March under 80k from LAX, 2 people", "max_miles": "70k"}
    created = operator.post("/api/v1/watches", json=body)
    assert created.status_code == 201, created.text
    definition = created.json()["definition"]
    assert (definition["max_miles"], definition["travelers"]) == (70000, 2)
    for unclear, error in (
        ({"words": "hello"}, "words: names no trip"),
        ({"words": "30% transfer bonus from Amex"}, "words: names no trip"),
        ({"words": body["words"], "kind": "promotion"}, "words: names no trip"),
        ({"words": "a trip"}, "words: "),
    ):
        response = operator.post("/api/v1/watches", json=unclear)
        assert response.status_code == 400
        assert response.json()["error"].startswith(error)


def test_two_watches_of_an_owner_cannot_have_one_name(operator: TestClient) -> None:
    operator.post("/api/v1/watches", json=WATCH)
    assert operator.post("/api/v1/watches", json=WATCH).status_code == 400


def test_a_member_sees_and_changes_only_its_own_watches(operator: TestClient, member: TestClient) -> None:
    (foreign,) = operator.get("/api/v1/watches").json()["items"]
    assert member.get("/api/v1/watches").json()["items"] == []
    own = member.post("/api/v1/watches", json=WATCH).json()
    assert own["owner"] == "ana"
    assert [each["id"] for each in member.get("/api/v1/watches").json()["items"]] == [own["id"]]
    address = f"/api/v1/watches/{foreign['id']}"
    assert [member.get(address).status_code, member.get(f"{address}/matches").status_code] == [404, 404]
    assert [member.put(address, json=WATCH).status_code, member.delete(address).status_code] == [404, 404]
    assert member.post(f"{address}/pause").status_code == 404
    assert operator.get(address).json() == foreign


def test_a_member_sees_only_its_own_deliveries(operator: TestClient, member: TestClient) -> None:
    rows = operator.get("/api/v1/deliveries").json()["items"]
    assert len(rows) == 2
    assert member.get("/api/v1/deliveries").json()["items"] == []
    for row in rows:
        assert member.get(f"/api/v1/deliveries/{row['id']}").status_code == 404
        assert member.post(f"/api/v1/deliveries/{row['id']}/retry").status_code == 404
    assert member.get("/api/v1/channels").status_code == 403


def test_a_rejected_delivery_is_sent_again(operator: TestClient) -> None:
    (row,) = operator.get("/api/v1/deliveries", params={"status": "rejected"}).json()["items"]
    detail = operator.get(f"/api/v1/deliveries/{row['id']}").json()
    assert [attempt["result"] for attempt in detail["attempts"]] == ["rejected"]
    again = operator.post(f"/api/v1/deliveries/{row['id']}/retry").json()
    assert (again["status"], again["ended_at"]) == ("pending", None)


@pytest.mark.parametrize("status", [status for status in DeliveryStatus if status not in FAILED])
def test_only_a_rejected_or_unknown_delivery_is_sent_again(
    operator: TestClient, filled: Panel, status: DeliveryStatus
) -> None:
    held_until = filled.now + timedelta(hours=8)
    row_id = add_message(filled.store, filled.now, key="held", status=status, next_attempt_at=held_until)
    before = operator.get(f"/api/v1/deliveries/{row_id}").json()
    response = operator.post(f"/api/v1/deliveries/{row_id}/retry")
    assert response.status_code == 409
    assert f"it is {status}" in response.json()["error"]
    assert operator.get(f"/api/v1/deliveries/{row_id}").json() == before


def test_a_channel_is_added_paused_and_removed_without_showing_its_secrets(operator: TestClient, filled: Panel) -> None:
    body = {"name": "make", "kind": "webhook", "address": PUBLIC_ADDRESS, "events": ["offer.matched"]}
    created = operator.post("/api/v1/channels", json=body)
    assert created.status_code == 201, created.text
    assert "secret-path" not in created.text + operator.get("/api/v1/channels").text
    (row,) = [row for row in channel_rows(filled.store) if row.name == "make"]
    assert "secret-path" not in row.address
    assert operator.post("/api/v1/channels/make/pause").json()["state"] == "paused"
    assert operator.post("/api/v1/channels/make/resume").json()["state"] == "active"
    assert operator.post("/api/v1/channels", json=body).status_code == 400
    assert operator.delete("/api/v1/channels/make").json() == {"name": "make", "canceled": 0, "watches": []}
    assert operator.get("/api/v1/channels/make").status_code == 404


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080/x", "https://10.0.0.1/x", "https://[::1]/x", "file:///etc"])
def test_addresses_of_private_networks_are_refused(operator: TestClient, address: str) -> None:
    body = {"name": "make", "kind": "webhook", "address": address}
    assert operator.post("/api/v1/channels", json=body).status_code in (400, 422)
    hook = {"target_url": address, "event": "offer.matched"}
    assert operator.post("/api/v1/hooks", json=hook).status_code in (400, 422)


@pytest.mark.parametrize("has_key", [True, False])
@pytest.mark.parametrize("kind", ["tgram://123456789:secret-token/42", "123456789:secret-token", "secret-token"])
def test_an_address_in_place_of_the_kind_of_a_channel_is_not_quoted(panel: Panel, kind: str, has_key: bool) -> None:
    operator = (with_secret_key(panel) if has_key else panel).with_token(Role.OPERATOR, [Scope.WRITE])
    response = operator.post("/api/v1/channels", json={"name": "family", "kind": kind, "address": "x"})
    assert (response.status_code, "secret-token" in response.text) == (400, False)
    assert "unknown kind of channel; use one of apprise, webhook" in response.text


def test_a_subscription_is_a_channel_until_it_ends(operator: TestClient, filled: Panel) -> None:
    created = operator.post("/api/v1/hooks", json={"target_url": PUBLIC_ADDRESS, "event": "offer.matched"})
    assert created.status_code == 201, created.text
    hook_id = created.json()["id"]
    assert hook_id in {row.name for row in channel_rows(filled.store)}
    assert operator.delete(f"/api/v1/hooks/{hook_id}").status_code == 204
    assert operator.delete(f"/api/v1/hooks/{hook_id}").status_code == 404
    assert operator.delete("/api/v1/hooks/phone").status_code == 404


def test_events_can_be_polled_and_have_samples(operator: TestClient) -> None:
    for event in ("offer.matched", "offer.dropped", "promotion"):
        assert isinstance(operator.get(f"/api/v1/events/{event}").json(), list)
    assert [each["type"] for each in operator.get("/api/v1/events/offer.gone/samples").json()] == ["offer.gone"]
    assert operator.get("/api/v1/events/offer.gone").status_code == 400


def test_the_connection_test_names_the_account(operator: TestClient, filled: Panel) -> None:
    account = operator.get("/api/v1/me").json()
    assert (account["account"], account["role"]) == ("operator", "operator")
    assert filled.anonymous(headers={"authorization": "Bearer asp_wrong"}).get("/api/v1/me").status_code == 401
