"""The page of deliveries and that of one message, with what each role may do there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from awardspider.storage import schema
from awardspider.storage.accounts import Role
from awardspider.storage.shares import NewShare, create_shares, find_share
from tests.support.panel import Panel, PanelClient
from tests.support.panel_messages import add_channel_row, add_message, add_post, panel
from tests.support.storage_examples import NOW
from tests.support.stored_watches import store_watches

__all__ = ["panel"]


def status_of(panel: Panel, row_id: int) -> str:
    with panel.store.reading() as connection:
        return str(connection.scalar(select(schema.outbox.c.status).where(schema.outbox.c.id == row_id)))


def test_an_empty_outbox_says_what_to_do(panel_client: PanelClient) -> None:
    page = panel_client().get("/deliveries").text
    assert "No messages yet" in page
    assert 'href="/watches"' in page


def test_the_list_shows_title_status_and_note(panel: Panel, panel_client: PanelClient) -> None:
    add_message(panel.store, NOW, status="rejected", note="400 Bad Request", attempt_count=1)
    page = panel_client().get("/deliveries").text
    assert "LAX → AUS" in page
    assert "rejected" in page
    assert "400 Bad Request" in page


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("all", {"due", "held", "retried", "sent", "rejected", "waiting"}),
        ("due", {"due", "retried"}),
        ("held", {"held"}),
        ("sent", {"sent"}),
        ("failed", {"rejected"}),
        ("waiting", {"waiting"}),
    ],
)
def test_each_tab_shows_its_messages(panel: Panel, panel_client: PanelClient, tab: str, shown: set[str]) -> None:
    later = NOW + timedelta(hours=3)
    messages = {
        "due": {},
        "held": {"next_attempt_at": later},
        "retried": {"next_attempt_at": later, "attempt_count": 2},
        "sent": {"status": "sent"},
        "rejected": {"status": "rejected"},
        "waiting": {"status": "awaiting_human"},
    }
    ids = {name: add_message(panel.store, NOW, key=name, **columns) for name, columns in messages.items()}
    page = panel_client().get(f"/deliveries?tab={tab}").text
    assert {name for name, row_id in ids.items() if f'href="/deliveries/{row_id}"' in page} == shown


def test_filters_combine_and_unknown_values_are_ignored(panel: Panel, panel_client: PanelClient) -> None:
    first = add_message(panel.store, NOW, key="one")
    second = add_message(panel.store, NOW, key="two", channel="mail")
    page = panel_client().get("/deliveries?channel=mail&status=nonsense&event=nonsense").text
    assert f"/deliveries/{second}" in page
    assert f"/deliveries/{first}" not in page


def test_a_member_sees_only_messages_of_the_own_watches(panel: Panel, panel_client: PanelClient) -> None:
    panel.owner("Ana")
    store_watches(panel.store, "Tokyo", owner_id="ana")
    (own,) = _watch_ids(panel)
    mine = add_message(panel.store, NOW, key="mine", watch_key=own)
    other = add_message(panel.store, NOW, key="other", watch_key="somebody")
    ana = panel_client(Role.MEMBER, owner_id="ana")
    page = ana.get("/deliveries").text
    assert f"/deliveries/{mine}" in page
    assert f"/deliveries/{other}" not in page
    assert f"/deliveries/{other}" not in ana.get("/deliveries?watch=somebody").text
    assert ana.get(f"/deliveries/{mine}").status_code == 200
    for path in (f"/deliveries/{other}", f"/deliveries/{other}/card.png"):
        assert ana.get(path).status_code == 404
    for action in ("retry", "cancel", "revoke"):
        assert ana.post(f"/deliveries/{other}/{action}").status_code == 404
    assert status_of(panel, other) == "pending"


def _watch_ids(panel: Panel) -> list[str]:
    with panel.store.reading() as connection:
        return list(connection.scalars(select(schema.watches.c.id)))


def test_a_message_shows_its_text_and_attempts(panel: Panel, panel_client: PanelClient) -> None:
    add_channel_row(panel.store, "phone", "apprise", "env:PHONE", NOW, locale="pt_BR")
    row_id = add_message(panel.store, NOW, status="sent", result="sent", attempt_count=1)
    page = panel_client().get(f"/deliveries/{row_id}").text
    assert "Reservar: " in page, "in the language of the channel"
    assert 'rel="noopener noreferrer"' in page
    assert "because" in page
    assert f"/deliveries/{row_id}/card.png" in page


def test_a_webhook_shows_the_json_that_it_receives(panel: Panel, panel_client: PanelClient) -> None:
    add_channel_row(panel.store, "phone", "webhook", "env:HOOK", NOW)
    row_id = add_message(panel.store, NOW)
    assert "offer.matched&#34;" in panel_client().get(f"/deliveries/{row_id}").text


def test_text_of_others_is_escaped(panel: Panel, panel_client: PanelClient) -> None:
    row_id = add_message(panel.store, NOW, note="<script>alert(1)</script>", status="rejected", result="rejected")
    for path in ("/deliveries", f"/deliveries/{row_id}"):
        assert "<script>alert" not in panel_client().get(path).text


@pytest.mark.parametrize("number", ["0", "99", "99999999999"])
def test_an_unknown_message_is_not_found(panel_client: PanelClient, number: str) -> None:
    assert panel_client().get(f"/deliveries/{number}").status_code == 404


@pytest.mark.parametrize("status", ["rejected", "unknown"])
def test_a_failed_message_is_sent_again(panel: Panel, panel_client: PanelClient, status: str) -> None:
    row_id = add_message(panel.store, NOW, status=status, attempt_count=3)
    client = panel_client()
    assert ("get it twice" in client.get(f"/deliveries/{row_id}").text) == (status == "unknown")
    response = client.post(f"/deliveries/{row_id}/retry")
    assert (response.status_code, response.headers["location"]) == (
        303,
        f"/deliveries/{row_id}?notice=delivery_retried",
    )
    assert status_of(panel, row_id) == "pending"


def test_a_sent_message_is_not_sent_again(panel: Panel, panel_client: PanelClient) -> None:
    row_id = add_message(panel.store, NOW, status="sent")
    response = panel_client().post(f"/deliveries/{row_id}/retry")
    assert response.headers["location"].endswith("notice=delivery_unchanged")
    assert status_of(panel, row_id) == "sent"


def test_a_message_that_waits_is_canceled(panel: Panel, panel_client: PanelClient) -> None:
    pending, waiting = add_message(panel.store, NOW, key="one"), add_post(panel.store, NOW, key="two")
    for row_id in (pending, waiting):
        assert panel_client().post(f"/deliveries/{row_id}/cancel").status_code == 303
        assert status_of(panel, row_id) == "canceled"


def test_a_canceled_message_names_who_canceled_it(panel: Panel, panel_client: PanelClient) -> None:
    store_watches(panel.store, "Tokyo")
    for name, client in (
        ("ana", panel_client(Role.MEMBER, name="ana")),
        ("boss", panel_client(Role.OPERATOR, name="boss")),
    ):
        row_id = add_message(panel.store, NOW, key=name, watch_key="Tokyo")
        client.post(f"/deliveries/{row_id}/cancel")
        assert f"canceled by {name}" in client.get(f"/deliveries/{row_id}").text


def test_the_page_of_a_message_for_several_owners_is_closed_by_the_operator(
    panel: Panel, panel_client: PanelClient
) -> None:
    add_channel_row(panel.store, "snap", "handoff", "snapchat", NOW)
    row_ids = {}
    for name in ("Ana", "Ben"):
        panel.owner(name)
        store_watches(panel.store, f"of {name}", owner_id=name.lower())
        row_ids[name] = add_post(panel.store, NOW, key=name, message_key="both", watch_key=f"of {name}")
    own_id = add_post(panel.store, NOW, key="own", watch_key="of Ana")
    body = {"type": "offer.matched"}
    shares = create_shares(panel.store, [NewShare(key=key, body=body, locale="en") for key in ("both", "own")], NOW)
    ana = panel_client(Role.MEMBER, name="ana", owner_id="ana")
    assert f"/deliveries/{row_ids['Ana']}/revoke" not in ana.get(f"/deliveries/{row_ids['Ana']}").text
    assert ana.post(f"/deliveries/{row_ids['Ana']}/revoke").status_code == 403
    assert is_open(panel, shares["both"])
    assert f"/deliveries/{own_id}/revoke" in ana.get(f"/deliveries/{own_id}").text
    assert ana.post(f"/deliveries/{own_id}/revoke").headers["location"].endswith("notice=share_revoked")
    assert ana.post(f"/deliveries/{own_id}/revoke").headers["location"].endswith("notice=share_unchanged")
    assert not is_open(panel, shares["own"])
    operator = panel_client(Role.OPERATOR, name="boss")
    assert operator.post(f"/deliveries/{row_ids['Ben']}/revoke").headers["location"].endswith("notice=share_revoked")
    assert not is_open(panel, shares["both"])


def is_open(panel: Panel, share_id: str) -> bool:
    share = find_share(panel.store, share_id)
    return share is not None and share.is_open(NOW)


def test_a_message_that_was_not_sent_links_to_no_closed_page(panel: Panel, panel_client: PanelClient) -> None:
    add_channel_row(panel.store, "snap", "handoff", "snapchat", NOW)
    row_id = add_post(panel.store, NOW, key="snap:1")
    body = {"type": "offer.matched"}
    share_id = create_shares(panel.store, [NewShare(key="snap:1", body=body, locale="en")], NOW)["snap:1"]
    client = panel_client()
    assert f"/s/{share_id}" in client.get("/posts").text
    client.post(f"/deliveries/{row_id}/revoke")
    for path in ("/posts", f"/deliveries/{row_id}"):
        assert f"/s/{share_id}" not in client.get(path).text


def test_a_viewer_changes_nothing(panel: Panel, panel_client: PanelClient) -> None:
    row_id = add_message(panel.store, NOW, status="rejected")
    for action in ("retry", "cancel", "revoke"):
        assert panel_client(Role.VIEWER).post(f"/deliveries/{row_id}/{action}").status_code == 403
    assert status_of(panel, row_id) == "rejected"
