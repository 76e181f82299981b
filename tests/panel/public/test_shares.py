"""The public pages of messages: what anybody with the link sees, and nothing else."""

from __future__ import annotations

import struct
from datetime import timedelta

import pytest
from msgspec import structs

from awardspider.delivery.messages.events import event_body, offer_event, parse_event
from awardspider.delivery.messages.payloads import public_event
from awardspider.items import AwardOfferItem, EventType
from awardspider.storage.batches import write_batch
from awardspider.storage.shares import SHARE_DURATION, NewShare, create_shares, revoke_shares
from tests.support.panel import Panel, PanelClient
from tests.support.panel_messages import PUBLIC_URL, add_message, change_offer, panel
from tests.support.render_examples import EVENTS
from tests.support.storage_examples import NOW, make_batch, make_itinerary

__all__ = ["panel"]


def share(panel: Panel, offer: AwardOfferItem | None = None, *, locale: str = "en", key: str = "phone:1") -> str:
    """Create the page of an offer and return its path."""
    event = offer_event(EventType.OFFER_MATCHED, key, offer or make_itinerary(), NOW, watches=["Secret plan"])
    body = event_body(public_event(event))
    return f"/s/{create_shares(panel.store, [NewShare(key=key, body=body, locale=locale)], NOW)[key]}"


def test_a_page_has_the_offer_and_tags_for_previews(panel: Panel, panel_client: PanelClient) -> None:
    path = share(panel)
    response = panel_client(None).get(path)
    page = response.text
    assert response.status_code == 200
    for name, content in (
        ("og:url", f"{PUBLIC_URL}{path}"),
        ("og:image", f"{PUBLIC_URL}{path}/card.png?size=link"),
        ("og:image:width", "1200"),
        ("og:image:height", "630"),
    ):
        assert f'<meta property="{name}" content="{content}">' in page
    assert 'property="og:title" content="LAX → AUS' in page
    assert 'name="twitter:card" content="summary_large_image"' in page
    assert "https://www.united.com/en/us/fsr/choose-flights" in page


def test_a_page_has_nothing_else(panel: Panel, panel_client: PanelClient) -> None:
    response = panel_client(None).get(share(panel))
    assert "Secret plan" not in response.text
    assert 'href="/watches"' not in response.text
    assert "<script" not in response.text
    assert "<form" not in response.text
    assert "set-cookie" not in response.headers
    assert response.headers["x-robots-tag"] == "noindex"
    assert response.headers["cache-control"] == "public, max-age=300"


def test_crawlers_can_request_only_the_headers(panel: Panel, panel_client: PanelClient) -> None:
    path = share(panel)
    for address in (path, f"{path}/card.png"):
        response = panel_client(None).head(address)
        assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(("size", "pixels"), [("link", (1200, 630)), ("feed", (1080, 1080)), ("story", (1080, 1920))])
def test_the_card_has_the_requested_size(
    panel: Panel, panel_client: PanelClient, size: str, pixels: tuple[int, int]
) -> None:
    response = panel_client(None).get(f"{share(panel)}/card.png?size={size}")
    assert response.headers["content-type"] == "image/png"
    assert struct.unpack(">II", response.content[16:24]) == pixels
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


def test_the_page_says_what_is_true_now(panel: Panel, panel_client: PanelClient) -> None:
    offer = make_itinerary()
    path, client = share(panel, offer), panel_client(None)
    assert "Current availability unknown" in client.get(path).text
    write_batch(panel.store, make_batch(offer))
    assert "Available: last seen" in client.get(path).text
    change_offer(panel.store, offer.offer_id, miles=99_000, changed_at=NOW)
    assert "Costs 99,000 miles now" in client.get(path).text
    change_offer(panel.store, offer.offer_id, gone_at=NOW)
    page = client.get(path).text
    assert "Gone since Sun, Nov 22, 2026, 10:00 UTC" in page
    assert "Check again" in page


def test_a_page_is_in_the_language_of_its_channel(panel: Panel, panel_client: PanelClient) -> None:
    page = panel_client(None).get(share(panel, locale="pt_BR")).text
    assert '<html lang="pt-BR"' in page
    assert "Reservar" in page


@pytest.mark.parametrize("name", [name for name in EVENTS if name.startswith(("digest", "promo"))])
def test_digests_and_promotions_have_pages(panel: Panel, panel_client: PanelClient, name: str) -> None:
    body = event_body(public_event(EVENTS[name]))
    (share_id,) = create_shares(panel.store, [NewShare(key="k", body=body, locale="en")], NOW).values()
    assert panel_client(None).get(f"/s/{share_id}").status_code == 200


def test_a_digest_lists_the_offers_that_it_only_counts(panel: Panel, panel_client: PanelClient) -> None:
    digest = EVENTS["digest"]
    body = event_body(public_event(structs.replace(digest, more=1)))
    digest_id = add_message(panel.store, NOW, key="k", body=body, event_type="digest", status="sent")
    more = make_itinerary(origin="SFO", miles=44_400)
    add_message(panel.store, NOW, key="part", offer=more, status="in_digest", digest_id=digest_id)
    (share_id,) = create_shares(panel.store, [NewShare(key="k", body=body, locale="en")], NOW).values()
    page = panel_client(None).get(f"/s/{share_id}").text
    assert "1 more" in page
    assert "44,400" in page
    assert parse_event(body)


def test_closed_pages_say_why(panel: Panel, panel_client: PanelClient) -> None:
    path, client = share(panel), panel_client(None)
    for address in ("/s/unknown", "/s/unknown/card.png", f"/s/{'x' * 500}"):
        response = client.get(address)
        assert response.status_code == 404
        assert "There is no page at this address" in response.text
    panel.now = NOW + SHARE_DURATION
    response = client.get(path)
    assert (response.status_code, response.headers["cache-control"]) == (410, "no-store")
    assert "has expired" in response.text
    panel.now = NOW + timedelta(days=1)
    revoke_shares(panel.store, [path.removeprefix("/s/")], NOW)
    response = client.get(path)
    assert response.status_code == 410
    assert "has closed it" in response.text
    assert client.get(f"{path}/card.png").status_code == 410


def test_text_of_an_airline_is_escaped(panel: Panel, panel_client: PanelClient) -> None:
    offer = make_itinerary(fare_name="<script>alert(1)</script>", booking_link="javascript:alert(1)")
    page = panel_client(None).get(share(panel, offer)).text
    assert "<script>" not in page
    assert "javascript:" not in page


def test_without_a_public_address_there_are_no_pages(panel: Panel, panel_client: PanelClient) -> None:
    path = share(panel)
    settings = panel.config.settings
    assert isinstance(settings, dict)
    settings["AWARD_PUBLIC_URL"] = ""
    assert panel_client(None).get(path).status_code == 404
