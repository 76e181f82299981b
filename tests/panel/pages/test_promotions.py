"""Tests of the pages of promotions."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from awardspider.delivery.messages.events import event_body, offer_event
from awardspider.items import EventType, PromotionItem, PromotionKind, SourceKind, SourceReportItem
from awardspider.outcomes import Outcome, Reason
from awardspider.programs import points_programs
from awardspider.search.offer_promotions import OfferPromotion
from awardspider.search.promotion_fields import programs_matching
from awardspider.storage.batches import write_batch
from awardspider.storage.promotion_pages import open_promotions
from awardspider.storage.promotion_sources import record_source
from tests.support.panel import Panel
from tests.support.panel_messages import add_message
from tests.support.promotion_crawl import make_bonus, make_feed
from tests.support.storage_examples import NOW, make_batch, make_itinerary
from tests.support.stored_promotions import store_announcements
from tests.support.stored_watches import store_watches

TODAY = date(2026, 11, 22)


@pytest.fixture
def client(panel: Panel) -> TestClient:
    panel.now = NOW
    return panel.client()


def bonus(**fields: Any) -> PromotionItem:
    return make_bonus(**{"source": "a.example", "book_by": TODAY + timedelta(days=10), "published": NOW} | fields)


def read_source(panel: Panel, name: str, reason: Reason | None = None, note: str = "") -> None:
    outcome = Outcome.FAILED if reason else Outcome.FOUND
    feed = make_feed(name)
    report = SourceReportItem(url=feed.url, outcome=outcome, reason=reason, note=note, requested_at=NOW, entries=1)
    with panel.store.writing() as connection:
        record_source(connection, feed, report)


def page_of(panel: Panel, client: TestClient) -> str:
    [row] = open_promotions(panel.store, NOW)
    return client.get(f"/promotions/{row.id}").text


def test_without_sources_the_page_says_what_to_start(client: TestClient) -> None:
    page = client.get("/promotions").text
    assert "No source of promotions has been read yet" in page
    assert "scrapy crawl transferbonuses" in page


def test_a_failed_source_is_not_an_absence_of_promotions(client: TestClient, panel: Panel) -> None:
    read_source(panel, "good")
    read_source(panel, "bad", Reason.UNEXPECTED_RESPONSE, "an HTML page instead of a feed")
    page = client.get("/promotions").text
    assert "1 of 2 sources could not be read, so promotions may be missing" in page
    assert "The bad" in page
    assert "Unexpected response" in page
    assert "an HTML page instead of a feed" in page
    assert "Never read." in page


def test_promotions_are_listed_by_state(client: TestClient, panel: Panel) -> None:
    store_announcements(
        panel.store,
        bonus(title="Lasts", entry_id="1"),
        bonus(title="Ends soon", entry_id="2", book_by=TODAY + timedelta(days=2), programs=("aeroplan",)),
        bonus(title="Begins later", entry_id="3", book_from=TODAY + timedelta(days=4), programs=("delta",)),
    )
    listed = {tab: client.get(f"/promotions?tab={tab}").text for tab in ("active", "ending_soon", "announced", "ended")}
    assert [title for title in ("Lasts", "Ends soon", "Begins later") if title in listed["active"]] == [
        "Lasts",
        "Ends soon",
    ]
    assert "2 days left" in listed["ending_soon"]
    assert "Lasts" not in listed["ending_soon"]
    assert "Begins later" in listed["announced"]
    assert "Active (2)" in listed["active"]
    panel.now = NOW + timedelta(days=30)
    assert "Lasts" in panel.client().get("/promotions?tab=ended").text


def test_the_list_is_filtered_by_kind_program_and_bank(client: TestClient, panel: Panel) -> None:
    store_announcements(
        panel.store,
        bonus(title="The bonus"),
        bonus(title="The fare", entry_id="2", kind=PromotionKind.CASH_FARE_DEAL, programs=(), banks=(), percent=None),
    )
    page = client.get("/promotions").text
    assert "The bonus" in page
    assert "The fare" not in page
    assert "Show 1 cash fare deal" in page
    assert "The fare" in client.get("/promotions?kind=cash_fare_deal").text
    assert "The fare" in client.get("/promotions?kind=all").text
    assert "The bonus" in client.get("/promotions?program=flyingblue&bank=amex").text
    assert "No promotion matches" in client.get("/promotions?bank=chase").text
    assert "unknown kind" in client.get("/promotions?kind=nonsense").text


def test_the_list_of_ended_promotions_is_filtered_before_it_is_divided_into_pages(
    client: TestClient, panel: Panel
) -> None:
    avios = programs_matching(frozenset({"avios"}))
    others = [key for key in points_programs() if key not in avios][:60]
    store_announcements(
        panel.store,
        *(bonus(title=f"Other {key}", entry_id=key, programs=(key,), banks=("citi",)) for key in others),
        bonus(title="The one", entry_id="x", programs=("avios",), banks=("chase",), published=NOW - timedelta(days=1)),
    )
    panel.now = NOW + timedelta(days=30)
    client = panel.client()
    assert "The one" not in client.get("/promotions?tab=ended").text
    for query in ("program=avios", "program=iberia", "bank=chase", "program=avios&bank=chase"):
        page = client.get(f"/promotions?tab=ended&{query}").text
        assert "The one" in page, query
        assert "Ended (1)" in page
        assert "Other" not in page
    assert "Ended (0)" in client.get("/promotions?tab=ended&program=avios&bank=amex").text


def test_a_promotion_shows_the_flights_that_it_makes_cheaper(client: TestClient, panel: Panel) -> None:
    write_batch(panel.store, make_batch(make_itinerary(program="flyingblue", source="flyingblue", miles=60_500)))
    store_announcements(panel.store, bonus())
    page = page_of(panel, client)
    assert "61,000" in page
    assert "49,000" in page
    assert "1,000 Membership Rewards points become 1,250 Flying Blue miles" in page
    assert "49,000" in client.get("/promotions").text


def test_a_match_whose_message_is_invalid_does_not_break_the_page(client: TestClient, panel: Panel) -> None:
    store_announcements(panel.store, bonus())
    [row] = open_promotions(panel.store, NOW)
    store_watches(panel.store, "Paris")
    offer = make_itinerary()
    event = offer_event(EventType.OFFER_MATCHED, "valid", offer, NOW)
    bodies = {"valid": event_body(event), "invalid": {"type": "offer.matched", "offer": 5}, "other": {"type": "digest"}}
    promotion = OfferPromotion(
        id=row.id,
        kind=PromotionKind.TRANSFER_BONUS,
        title="25% more",
        link="https://a.example/1",
        program="flyingblue",
        points=16_000,
        previous_points=20_000,
    )
    added = {f"promotion_{name}": value for name, value in asdict(promotion).items()}
    for key, body in bodies.items():
        add_message(
            panel.store, NOW, offer=offer, body=body | added, key=key, watch_key="Paris", subject=f"offer-{key}"
        )
    page = page_of(panel, client)
    assert "3 new matches" in page
    assert page.count("An offer whose message cannot be read") == 2
    assert "/offers/offer-valid" in page


def test_a_promotion_without_stored_flights_says_so(client: TestClient, panel: Panel) -> None:
    store_announcements(panel.store, bonus())
    assert "No stored offer gets cheaper" in page_of(panel, client)


def test_a_promotion_lists_its_announcements_and_leads_to_a_watch(client: TestClient, panel: Panel) -> None:
    store_announcements(panel.store, bonus(), bonus(source="b.example", entry_id="2", link="https://b.example/2"))
    page = page_of(panel, client)
    assert "2 announcements" in page
    assert "https://b.example/2" in page
    assert "/watches/new?type=promotion&amp;kinds=transfer_bonus&amp;programs=flyingblue&amp;banks=amex" in page


def test_texts_of_others_are_escaped_and_links_are_only_http(client: TestClient, panel: Panel) -> None:
    store_announcements(
        panel.store, bonus(title="<b>Bonus</b>", link="javascript:alert(1)", excerpt="<script>alert(1)</script>")
    )
    for page in (client.get("/promotions").text, page_of(panel, client)):
        assert "<b>Bonus" not in page
        assert "javascript:" not in page
        assert "<script>alert" not in page


def test_an_unknown_promotion_is_not_found(client: TestClient) -> None:
    response = client.get("/promotions/unknown")
    assert response.status_code == 404
    assert "No promotion with this id is stored" in response.text


def test_kinds_of_sources_do_not_matter(client: TestClient, panel: Panel) -> None:
    feed = make_feed("table", SourceKind.TABLE)
    report = SourceReportItem(url=feed.url, outcome=Outcome.FOUND, requested_at=NOW, entries=0)
    with panel.store.writing() as connection:
        record_source(connection, feed, report)
    page = client.get("/promotions").text
    assert "No promotion is active" in page
    assert "1 source is read; 0 failed." in page
