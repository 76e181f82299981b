"""The page of posts that a person makes by hand."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from awardspider.storage import schema
from awardspider.storage.accounts import Role
from awardspider.storage.batches import write_batch
from awardspider.storage.handoffs import UNDO_PERIOD
from awardspider.storage.shares import NewShare, create_shares
from tests.support.panel import Panel, PanelClient
from tests.support.panel_messages import PUBLIC_URL, add_channel_row, add_post, change_offer, panel
from tests.support.storage_examples import NOW, make_batch, make_itinerary
from tests.support.stored_watches import store_watches

__all__ = ["panel"]


def row(panel: Panel, row_id: int) -> dict[str, object]:
    with panel.store.reading() as connection:
        query = select(schema.outbox).where(schema.outbox.c.id == row_id)
        return dict(connection.execute(query).mappings().one())


def test_without_posts_the_page_says_where_they_come_from(panel_client: PanelClient) -> None:
    page = panel_client().get("/posts").text
    assert "Nothing to post" in page
    assert "/channels/new?kind=handoff" in page


def test_a_post_has_everything_that_a_person_needs(panel: Panel, panel_client: PanelClient) -> None:
    add_channel_row(panel.store, "snap", "handoff", "snapchat", NOW, locale="es")
    row_id = add_post(panel.store, NOW, key="snap:1")
    share_id = create_shares(panel.store, [NewShare(key="snap:1", body={}, locale="es")], NOW)["snap:1"]
    page = panel_client().get("/posts").text
    link = f"{PUBLIC_URL}/s/{share_id}"
    assert link in page
    assert f'href="https://www.snapchat.com/share?link=https%3A%2F%2Fdeals.example.org%2Fs%2F{share_id}"' in page
    assert f"/posts/{row_id}/card.png?size=story" in page
    assert "económica" in page, "in the language of the channel"
    assert "Secret plan" not in page, "the name of the watch is nobody's business"


def test_the_card_is_an_image_and_can_be_saved(panel: Panel, panel_client: PanelClient) -> None:
    row_id = add_post(panel.store, NOW)
    response = panel_client().get(f"/posts/{row_id}/card.png?size=feed&download")
    assert response.headers["content-type"] == "image/png"
    assert response.content.startswith(b"\x89PNG")
    assert "attachment" in response.headers["content-disposition"]
    assert panel_client().get("/posts/999/card.png").status_code == 404


def test_posting_is_recorded_with_the_name_and_can_be_undone(panel: Panel, panel_client: PanelClient) -> None:
    row_id = add_post(panel.store, NOW)
    client = panel_client(Role.OPERATOR, name="ana")
    response = client.post(f"/posts/{row_id}/posted")
    assert response.headers["location"] == f"/posts?notice=post_posted&done={row_id}"
    assert (row(panel, row_id)["status"], row(panel, row_id)["note"]) == ("sent", "posted by ana")
    assert f"/posts/{row_id}/undo" in client.get(response.headers["location"]).text
    client.post(f"/posts/{row_id}/undo")
    assert row(panel, row_id)["status"] == "awaiting_human"
    client.post(f"/posts/{row_id}/skip")
    assert (row(panel, row_id)["status"], row(panel, row_id)["note"]) == ("canceled", "skipped by ana")
    panel.now = NOW + UNDO_PERIOD + timedelta(minutes=1)
    assert client.post(f"/posts/{row_id}/undo").headers["location"] == "/posts?notice=post_undo_failed"


def test_what_is_gone_or_costs_more_must_not_be_posted(panel: Panel, panel_client: PanelClient) -> None:
    offer = make_itinerary()
    write_batch(panel.store, make_batch(offer))
    add_post(panel.store, NOW, offer=offer)
    assert "Still available" in panel_client().get("/posts").text
    change_offer(panel.store, offer.offer_id, miles=99_000, changed_at=NOW)
    assert "Costs 99,000 miles now." in panel_client().get("/posts").text
    change_offer(panel.store, offer.offer_id, gone_at=NOW)
    page = panel_client().get("/posts").text
    assert "Do not post this" in page
    assert "Gone since Sun, Nov 22, 2026, 10:00 UTC." in page


def test_a_message_that_cannot_be_read_does_not_hide_the_others(panel: Panel, panel_client: PanelClient) -> None:
    readable = add_post(panel.store, NOW, key="readable")
    broken = add_post(panel.store, NOW, key="broken", body={"type": "offer.matched", "offer": 5})
    shared = [
        add_post(panel.store, NOW, key="first", message_key="first"),
        add_post(panel.store, NOW, key="second", message_key="first", body={"type": "from the future"}),
    ]
    client = panel_client()
    page = client.get("/posts").text
    assert "2 posts waiting for you" in page
    assert "1 post cannot be shown" in page
    for row_id in (readable, shared[0]):
        assert f"/posts/{row_id}/posted" in page
        assert client.get(f"/posts/{row_id}/card.png").status_code == 200
    assert f"/posts/{broken}/posted" not in page
    assert client.get(f"/posts/{broken}/card.png").status_code == 404
    assert client.post(f"/posts/{broken}/skip").headers["location"].startswith("/posts?notice=post_skipped")
    assert "cannot be shown" not in client.get("/posts").text


def test_a_member_posts_only_for_the_own_watches(panel: Panel, panel_client: PanelClient) -> None:
    panel.owner("Ana")
    store_watches(panel.store, "Tokyo", owner_id="ana")
    mine = add_post(panel.store, NOW, key="mine", watch_key="Tokyo")
    other = add_post(panel.store, NOW, key="other", watch_key="somebody")
    ana = panel_client(Role.MEMBER, owner_id="ana")
    page = ana.get("/posts").text
    assert f"/posts/{mine}/posted" in page
    assert f"/posts/{other}/" not in page
    assert ana.get(f"/posts/{other}/card.png").status_code == 404
    for action in ("posted", "skip", "undo"):
        assert ana.post(f"/posts/{other}/{action}").status_code == 404
    assert row(panel, other)["status"] == "awaiting_human"


def test_a_viewer_sees_posts_without_buttons(panel: Panel, panel_client: PanelClient) -> None:
    store_watches(panel.store, "Tokyo")
    row_id = add_post(panel.store, NOW, watch_key="Tokyo")
    viewer = panel_client(Role.VIEWER)
    page = viewer.get("/posts").text
    assert f"/posts/{row_id}/card.png" in page
    assert f"/posts/{row_id}/posted" not in page
    assert viewer.post(f"/posts/{row_id}/posted").status_code == 403
