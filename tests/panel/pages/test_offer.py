"""Tests of the page of an offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml.html import HtmlElement, fromstring
from starlette.testclient import TestClient

from awardspider.items import AwardOfferItem, Cabin, Money, PromotionItem, PromotionKind
from awardspider.search.judgments import DealClass
from awardspider.search.owners import build_owner
from awardspider.storage.accounts import Role
from awardspider.storage.batches import write_batch
from awardspider.storage.owners import find_owner, save_owner
from awardspider.storage.schema import DEFAULT_OWNER
from awardspider.storage.shares import SHARE_DURATION
from awardspider.storage.store import Store
from tests.support.deal_examples import store_judged, store_matches
from tests.support.delivery import make_match_row
from tests.support.panel import Panel
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_offer, make_report, make_segment
from tests.support.stored_promotions import store_announcements
from tests.support.stored_watches import store_watches

HOUR = timedelta(hours=1)
OFFER = make_itinerary()


@pytest.fixture
def client(panel: Panel) -> TestClient:
    panel.now = NOW + HOUR
    return panel.anonymous()


def page(client: TestClient, offer: AwardOfferItem = OFFER, **options: Any) -> HtmlElement:
    response = client.get(f"/offers/{offer.offer_id}", **options)
    assert response.status_code == 200, response.text
    found: HtmlElement = fromstring(response.text)
    return found


def words(element: HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def section(tree: HtmlElement, name: str) -> str:
    return words(tree.cssselect(f"[aria-labelledby={name}-heading]")[0])


def status(tree: HtmlElement) -> str:
    return words(tree.cssselect(".notice[role=status]")[0])


def test_the_head_has_route_price_and_links(client: TestClient, sqlite_store: Store) -> None:
    store_judged(sqlite_store, DealClass.GOOD, OFFER)
    head = words(page(client).cssselect(".offer-head")[0])
    for text in ("Los Angeles", "Austin", "Wed, Mar 10, 2027", "Economy", "12,500 miles", "+ $5.60", "Good", "4 seats"):
        assert text in head
    hrefs = [link.get("href", "") for link in page(client).cssselect(".offer-actions a")]
    assert hrefs[0].startswith("https://www.united.com/")
    assert hrefs[1].startswith("/watches/new?from=LAX&to=AUS&date=2027-03-10")


def test_flights_have_local_times_zones_and_connections(client: TestClient, sqlite_store: Store) -> None:
    first = make_segment(
        destination="DEN", arrives_at=datetime(2027, 3, 10, 11, 20, tzinfo=ZoneInfo("America/Denver")), aircraft=None
    )
    second = make_segment(
        "374",
        origin="DEN",
        operating_carrier="OO",
        departs_at=datetime(2027, 3, 10, 22, 30, tzinfo=ZoneInfo("America/Denver")),
        arrives_at=datetime(2027, 3, 11, 1, 50, tzinfo=ZoneInfo("America/Chicago")),
        cabin=Cabin.FIRST,
    )
    offer = make_itinerary(segments=(first, second), stops=1, mixed_cabin=True)
    store_judged(sqlite_store, DealClass.GOOD, offer)
    text = section(page(client, offer), "flights")
    for part in (
        "08:05 UTC-8 Los Angeles LAX", "UA1297 · 2 h 15 min", "aircraft unknown", "11 h 10 min in Denver (DEN)",
        "operated by OO", "First", "booking code X", "01:50 +1 UTC-6 Austin AUS", "Times are local to each airport.",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("parts", "hours", "expected"),
    [
        ({}, 1, "Available when it was last seen 1 hour ago."),
        ({}, 49, "Outdated: last seen 2 days ago."),
        ({"gone": {NOW: [OFFER.offer_id]}}, 1, "Gone since Sun, Nov 22, 2026, 10:00 UTC: the latest search"),
        ({"unconfirmed": {NOW: [OFFER.offer_id]}}, 1, "Not confirmed: a calendar has contradicted this price since"),
        ({}, 24 * 200, "The flight has departed."),
    ],
)
def test_the_status_is_stated(
    client: TestClient, panel: Panel, sqlite_store: Store, parts: dict[str, Any], hours: int, expected: str
) -> None:
    write_batch(sqlite_store, make_batch(OFFER))
    if parts:
        write_batch(sqlite_store, replace(make_batch(), **parts))
    panel.now = NOW + hours * HOUR
    assert status(page(client)).startswith(expected)


def test_the_price_of_a_day_says_that_flights_are_unknown(client: TestClient, sqlite_store: Store) -> None:
    day = make_offer()
    write_batch(sqlite_store, make_batch(day, OFFER))
    tree = page(client, day)
    assert "The flights are unknown: this is the lowest price of the day" in status(tree)
    assert "Flights of that day in this cabin" in section(tree, "others")
    assert "UA1297" in section(tree, "others")


def test_one_price_is_no_chart_and_two_are(client: TestClient, sqlite_store: Store) -> None:
    write_batch(sqlite_store, make_batch(OFFER))
    tree = page(client)
    assert "Only one price has been seen, since Sun, Nov 22, 2026, 10:00 UTC." in section(tree, "history")
    assert "echarts" not in client.get(f"/offers/{OFFER.offer_id}").text
    write_batch(sqlite_store, make_batch(make_itinerary(miles=11_000, seen_at=NOW + HOUR)))
    text = section(page(client), "history")
    assert "12,500" in text
    assert "11,000" in text
    assert "echarts" in client.get(f"/offers/{OFFER.offer_id}").text


def test_the_same_flights_are_side_by_side(client: TestClient, sqlite_store: Store) -> None:
    other = make_itinerary(program="aeroplan", source="aeroplan", miles=10_000)
    write_batch(sqlite_store, make_batch(OFFER, other))
    text = section(page(client), "others")
    assert "United MileagePlus (this offer)" in text
    assert "Air Canada Aeroplan" in text
    assert "10,000" in text


def test_the_cost_in_own_points_with_the_bonus_of_the_day(client: TestClient, sqlite_store: Store) -> None:
    owner = replace(find_owner(sqlite_store, DEFAULT_OWNER), points={"chase": 20_000})
    save_owner(sqlite_store, owner, now=NOW)
    store_judged(sqlite_store, DealClass.GOOD, make_itinerary(travelers=2))
    tree = page(client, make_itinerary(travelers=2))
    text = section(tree, "points")
    assert "For 2 travelers, 25,000 miles in all." in text
    assert "25,000 Ultimate Rewards points" in text
    assert "20,000 5,000 missing" in text


def test_promotions_that_make_it_cheaper_are_named(client: TestClient, sqlite_store: Store) -> None:
    write_batch(sqlite_store, make_batch(OFFER))
    announced: dict[str, Any] = {
        "programs": ("united",),
        "source": "feed.example",
        "link": "https://feed.example/1",
        "published": NOW,
        "seen_at": NOW,
        "book_by": NOW.date() + timedelta(days=9),
    }
    bonus = PromotionItem(
        kind=PromotionKind.TRANSFER_BONUS, title="30% more", banks=("chase",), percent=30, entry_id="1", **announced
    )
    sale = PromotionItem(kind=PromotionKind.AWARD_SALE, title="Fall <sale>", entry_id="2", **announced)
    store_announcements(sqlite_store, bonus, sale)
    text = section(page(client), "promotions")
    assert "30% bonus from Chase Ultimate Rewards, until Dec 1" in text
    assert "10,000 Ultimate Rewards points instead of 13,000" in text
    assert "Fall <sale> , until Dec 1" in text


def test_without_points_the_page_says_how_to_add_them(client: TestClient, sqlite_store: Store) -> None:
    write_batch(sqlite_store, make_batch(OFFER))
    assert "scrapy profile set --points" in section(page(client), "points")


def test_the_cash_fare_has_its_age(client: TestClient, sqlite_store: Store) -> None:
    store_judged(sqlite_store, DealClass.GOOD, OFFER)
    text = section(page(client), "cash")
    assert "$189.30 for the same flights in this cabin, seen 1 hour ago at United MileagePlus" in text
    assert "1.47 US cents per mile or point" in text


def test_searches_watches_and_messages_are_linked(client: TestClient, sqlite_store: Store) -> None:
    store_watches(sqlite_store, "Austin")
    store_matches(sqlite_store, "Austin", OFFER)
    row = make_match_row(OFFER, "phone", "Austin")
    write_batch(sqlite_store, make_batch(OFFER, reports=[make_report("s1")], outbox=[row]))
    tree = page(client)
    assert "Found United MileagePlus · Calendar · Mar 1 – 31, 2027 1 offer · 1 hour ago" in section(tree, "searches")
    assert "Austin matches since Sun, Nov 22, 2026, 10:00 UTC" in section(tree, "watches")
    assert "phone · Austin Pending" in section(tree, "watches")


def test_a_member_sees_only_own_watches(panel: Panel, sqlite_store: Store) -> None:
    panel.now = NOW + HOUR
    for name in ("ana", "ben"):
        save_owner(sqlite_store, build_owner(name=name), now=NOW, new_id=name)
        store_watches(sqlite_store, f"watch of {name}", owner_id=name)
        store_matches(sqlite_store, f"watch of {name}", OFFER)
    write_batch(sqlite_store, make_batch(OFFER))
    text = section(page(panel.signed_in(Role.VIEWER, owner_id="ana")), "watches")
    assert "watch of ana" in text
    assert "watch of ben" not in text


def test_text_of_airlines_is_escaped(client: TestClient, sqlite_store: Store) -> None:
    offer = make_itinerary(
        fare_name="<script>alert(1)</script>",
        booking_link="javascript:alert(1)",
        segments=(make_segment(aircraft="<img src=x>", booking_code="<i>"),),
    )
    write_batch(sqlite_store, make_batch(offer))
    tree = page(client, offer)
    assert not tree.cssselect("main img, main i")
    assert not [link for link in tree.cssselect("main a") if link.get("href", "").startswith("javascript")]
    assert "<script>alert(1)</script>" in section(tree, "details")


def test_the_beginning_of_an_id_leads_to_the_page(client: TestClient, sqlite_store: Store) -> None:
    write_batch(sqlite_store, make_batch(OFFER))
    response = client.get(f"/offers/{OFFER.offer_id[:8]}")
    assert (response.status_code, response.headers["location"]) == (303, f"/offers/{OFFER.offer_id}")


@pytest.mark.parametrize("offer_id", ["0123456789", "nothing", "%27"])
def test_an_unknown_id_is_not_found(client: TestClient, offer_id: str) -> None:
    assert client.get(f"/offers/{offer_id}").status_code == 404


def test_every_language_has_the_page(client: TestClient, sqlite_store: Store) -> None:
    store_judged(sqlite_store, DealClass.GOOD, make_itinerary(taxes=Money(Decimal(30), "BRL")))
    for language, text in (("pt-BR", "Comparação do preço"), ("es", "Comparación del precio")):
        assert text in section(page(client, headers={"accept-language": language}), "why")


# ---- public page -----------------------------------------------------------------------------------------------------


@pytest.fixture
def published(sqlite_store: Store, tmp_path: Path) -> Iterator[Panel]:
    """Yield a panel that others can reach, with an offer."""
    store_judged(sqlite_store, DealClass.GOOD, OFFER)
    with Panel(sqlite_store, tmp_path, now=NOW + HOUR, AWARD_PUBLIC_URL="https://awards.example") as panel:
        yield panel


def copied_address(tree: HtmlElement) -> str:
    return str(tree.cssselect("#offer-address")[0].get("value"))


def test_a_public_page_of_an_offer_can_be_opened_by_everybody(published: Panel) -> None:
    member = published.signed_in(Role.MEMBER)
    assert "/s/" not in copied_address(page(member))
    response = member.post(f"/offers/{OFFER.offer_id}/share")
    assert (response.status_code, response.headers["location"]) == (
        303,
        f"/offers/{OFFER.offer_id}?notice=offer_published",
    )
    address = copied_address(page(member))
    assert address.startswith("https://awards.example/s/")
    shown = published.anonymous(base_url="https://awards.example").get(address)
    assert shown.status_code == 200
    assert "og:title" in shown.text


def test_an_offer_has_one_public_page_for_each_price(published: Panel) -> None:
    member = published.signed_in(Role.MEMBER)
    addresses = []
    for _ in range(2):
        member.post(f"/offers/{OFFER.offer_id}/share")
        addresses.append(copied_address(page(member)))
    assert addresses[0] == addresses[1]


def test_a_public_page_needs_the_address_of_the_panel(client: TestClient, sqlite_store: Store) -> None:
    store_judged(sqlite_store, DealClass.GOOD, OFFER)
    assert "/share" not in client.get(f"/offers/{OFFER.offer_id}").text


def test_a_viewer_cannot_make_a_public_page(published: Panel) -> None:
    assert published.signed_in(Role.VIEWER).post(f"/offers/{OFFER.offer_id}/share").status_code == 403


def close(client: TestClient) -> str:
    response = client.post(f"/offers/{OFFER.offer_id}/revoke")
    assert response.status_code == 303
    return str(response.headers["location"].partition("notice=")[2])


def close_button(client: TestClient) -> str:
    return " ".join(words(form) for form in page(client).cssselect(f"form[action='/offers/{OFFER.offer_id}/revoke']"))


@pytest.mark.parametrize("closed_by", ["the member", "its end"])
def test_a_closed_public_page_can_be_made_again_at_another_address(published: Panel, closed_by: str) -> None:
    member, anybody = published.signed_in(Role.MEMBER), published.anonymous(base_url="https://awards.example")
    member.post(f"/offers/{OFFER.offer_id}/share")
    first = copied_address(page(member))
    if closed_by == "the member":
        assert close_button(member) == "Close the public page"
        assert close(member) == "share_revoked"
        assert close(member) == "share_unchanged"
    else:
        published.now += SHARE_DURATION
        member = published.signed_in(Role.MEMBER)
    assert close_button(member) == ""
    assert "/s/" not in copied_address(page(member))
    assert anybody.get(first).status_code == 410
    member.post(f"/offers/{OFFER.offer_id}/share")
    second = copied_address(page(member))
    assert second != first
    assert anybody.get(second).status_code == 200
    assert anybody.get(first).status_code == 410


def test_public_pages_at_earlier_prices_are_closed_too(published: Panel, sqlite_store: Store) -> None:
    member, anybody = published.signed_in(Role.MEMBER), published.anonymous(base_url="https://awards.example")
    addresses = []
    for miles in (12_500, 11_000):
        write_batch(sqlite_store, make_batch(make_itinerary(miles=miles, seen_at=NOW + HOUR)))
        member.post(f"/offers/{OFFER.offer_id}/share")
        addresses.append(copied_address(page(member)))
    assert close_button(member) == "Close 2 public pages"
    assert close(member) == "share_revoked"
    assert [anybody.get(address).status_code for address in addresses] == [410, 410]


def test_a_member_closes_only_own_public_pages(published: Panel) -> None:
    for name in ("Ana", "Ben"):
        published.owner(name)
    ana, ben = (published.signed_in(Role.MEMBER, name=name, owner_id=name) for name in ("ana", "ben"))
    anybody = published.anonymous(base_url="https://awards.example")
    ana.post(f"/offers/{OFFER.offer_id}/share")
    address = copied_address(page(ana))
    assert close_button(ben) == ""
    assert close(ben) == "share_unchanged"
    assert anybody.get(address).status_code == 200
    viewer = published.signed_in(Role.VIEWER, name="vera", owner_id="ana")
    assert close_button(viewer) == ""
    assert viewer.post(f"/offers/{OFFER.offer_id}/revoke").status_code == 403
    operator = published.signed_in(Role.OPERATOR)
    assert close_button(operator) == "Close the public page"
    assert close(operator) == "share_revoked"
    assert anybody.get(address).status_code == 410
