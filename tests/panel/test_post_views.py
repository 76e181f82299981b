"""The queries that posts and public pages need do not grow with the number of their offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import event

from awardspider.delivery.messages.events import Promotion, event_body
from awardspider.delivery.messages.payloads import public_event
from awardspider.panel.post_views import waiting_posts
from awardspider.storage.batches import write_batch
from awardspider.storage.handoffs import waiting_message, waiting_messages
from awardspider.storage.shares import NewShare, create_shares
from awardspider.storage.store import Store
from tests.support.panel import Panel, PanelClient
from tests.support.panel_messages import add_message, add_post, change_offer, panel
from tests.support.render_examples import EVENTS
from tests.support.storage_examples import NOW, make_batch, make_itinerary
from tests.support.stored_watches import store_watches

__all__ = ["panel"]

ORIGINS = ("SFO", "JFK", "ORD", "SEA", "BOS", "MIA")


@contextmanager
def counted_queries(store: Store) -> Iterator[list[str]]:
    """Yield the list of the queries that are sent in the block."""
    sent: list[str] = []

    def record(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(store.engine, "before_cursor_execute", record)
    try:
        yield sent
    finally:
        event.remove(store.engine, "before_cursor_execute", record)


def queries(panel: Panel, request: Callable[[], Any]) -> int:
    """Return the number of queries of a request."""
    request()  # what is read once
    with counted_queries(panel.store) as sent:
        request()
    return len(sent)


def test_the_page_of_a_digest_needs_as_many_queries_for_many_offers_as_for_one(
    panel: Panel, panel_client: PanelClient
) -> None:
    client = panel_client(None)
    counts = []
    for number, origins in enumerate((ORIGINS[:1], ORIGINS)):
        key = f"k{number}"
        body = event_body(public_event(structs.replace(EVENTS["digest"], more=len(origins))))
        digest_id = add_message(panel.store, NOW, key=key, body=body, event_type="digest", status="sent")
        for origin in origins:
            offer = make_itinerary(origin=origin)
            write_batch(panel.store, make_batch(offer))
            part = {"status": "in_digest", "digest_id": digest_id}
            add_message(panel.store, NOW, key=f"{key}:{origin}", offer=offer, **part)
        (share_id,) = create_shares(panel.store, [NewShare(key=key, body=body, locale="en")], NOW).values()
        page = client.get(f"/s/{share_id}").text
        assert [origin for origin in origins if origin not in page] == []
        counts.append(queries(panel, lambda share_id=share_id: client.get(f"/s/{share_id}")))  # type: ignore[misc]
    assert counts[0] == counts[1]


def test_the_page_of_posts_needs_as_many_queries_for_many_as_for_one(panel: Panel, panel_client: PanelClient) -> None:
    client = panel_client()
    row_id = add_post(panel.store, NOW, key="first")
    page, card = (
        queries(panel, lambda path=path: client.get(path)) for path in ("/posts", f"/posts/{row_id}/card.png")
    )  # type: ignore[misc]
    promotion = EVENTS["promotion"]
    assert isinstance(promotion, Promotion)
    for origin in ORIGINS:
        add_post(panel.store, NOW, key=origin, offer=make_itinerary(origin=origin))
        other = event_body(structs.replace(promotion, promotion_id=origin))
        add_post(panel.store, NOW, key=f"promotion {origin}", body=other, event_type="promotion")
    assert queries(panel, lambda: client.get("/posts")) <= page + 2  # the promotions, and their sources
    assert queries(panel, lambda: client.get(f"/posts/{row_id}/card.png")) == card


def test_the_same_offer_at_two_prices_has_two_states(panel: Panel) -> None:
    offer = make_itinerary()
    write_batch(panel.store, make_batch(offer))
    change_offer(panel.store, offer.offer_id, miles=50_000)
    cheap, dear = (make_itinerary(miles=miles) for miles in (40_000, 50_000))
    over = add_post(panel.store, NOW, key="cheap", offer=cheap)
    valid = add_post(panel.store, NOW, key="dear", offer=dear)
    found = waiting_posts(panel.config, owner_id=None, limit=10)
    assert ([(post.id, post.is_over) for post in found.posts], found.total) == ([(valid, False), (over, True)], 2)
    first = waiting_posts(panel.config, owner_id=None, limit=1)
    assert (first.posts, first.total) == (found.posts[:1], 2)


@pytest.mark.parametrize("owner_id", [None, "ana"])
def test_a_message_is_found_by_its_first_row(panel: Panel, owner_id: str | None) -> None:
    panel.owner("Ana")
    store_watches(panel.store, "Tokyo", "Asia", owner_id="ana")
    of_other = add_post(panel.store, NOW, key="shared:0", message_key="shared", watch_key="somebody")
    rows = [
        add_post(panel.store, NOW, key=f"shared:{name}", message_key="shared", watch_key=name)
        for name in ("Tokyo", "Asia")
    ]
    add_post(panel.store, NOW, key="another", watch_key="Tokyo")
    for message in waiting_messages(panel.store, owner_id=owner_id):
        assert waiting_message(panel.store, message.rows[0].id, owner_id=owner_id) == message
    first = of_other if owner_id is None else rows[0]
    found = waiting_message(panel.store, first, owner_id=owner_id)
    assert found
    assert [row.id for row in found.rows] == ([of_other, *rows] if owner_id is None else rows)
    assert waiting_message(panel.store, rows[1], owner_id=owner_id) is None
    assert waiting_message(panel.store, 999, owner_id=owner_id) is None
