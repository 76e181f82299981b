"""Alerts for round-trip watches: only if both directions exist, and once for each pair, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select

from awardspider.delivery.messages.events import OfferEvent, parse_event
from awardspider.items import AwardOfferItem
from awardspider.search.watches import Watch, build
from awardspider.storage.batches import write_batch
from awardspider.storage.offers import OfferFilter, find_offers
from awardspider.storage.schema import alerts, outbox
from awardspider.storage.store import Store
from tests.support.pipeline_crawl import Crawl, add_channel
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_offer, make_search, make_segment

HOUR = timedelta(hours=1)
OUT_DAY, BACK_DAY = date(2027, 3, 10), date(2027, 3, 15)
OUT = {"origin": "LAX", "destination": "AUS"}
BACK = {"origin": "AUS", "destination": "LAX"}
ZONES = {"LAX": "America/Los_Angeles", "AUS": "America/Chicago"}


def a_watch(name: str = "Austin", **fields: Any) -> Watch:
    values = {"origin": "LAX", "destination": "AUS", "dates": "2027-03", "nights": "5"} | fields
    return build({"name": name} | values)


def flight(number: str, day: date, route: dict[str, str], **fields: Any) -> AwardOfferItem:
    departs_at = datetime(day.year, day.month, day.day, 8, 5, tzinfo=ZoneInfo(ZONES[route["origin"]]))
    arrives_at = (departs_at.astimezone(UTC) + 3 * HOUR).astimezone(ZoneInfo(ZONES[route["destination"]]))
    segment = make_segment(number, departs_at=departs_at, arrives_at=arrives_at, **route)
    return make_itinerary(**{"departure_date": day, "segments": (segment,)} | route | fields)


def out(number: str = "1297", day: date = OUT_DAY, **fields: Any) -> AwardOfferItem:
    return flight(number, day, OUT, **fields)


def back(number: str = "1298", day: date = BACK_DAY, **fields: Any) -> AwardOfferItem:
    return flight(number, day, BACK, **fields)


def crawl_of(store: Store, *watches: Watch) -> Crawl:
    return Crawl(store, *(watches or (a_watch(),)))


def search_out(crawl: Crawl, *offers: AwardOfferItem, hours: int = 0, **scope: Any) -> None:
    crawl.search(*offers, hours=hours, **scope)


def search_back(crawl: Crawl, *offers: AwardOfferItem, hours: int = 0, **scope: Any) -> None:
    crawl.search(*offers, hours=hours, **BACK | scope)


def messages(crawl: Crawl) -> list[tuple[str, str | None]]:
    """Return the flights and those of the other direction in each message, and mark the messages as sent."""
    found = [(body["flights"], body["trip_other_flights"]) for (body,) in crawl.rows("body")]
    with crawl.store.writing() as connection:
        connection.execute(outbox.update().values(status="sent"))
    return found


def recorded(store: Store) -> list[tuple[str, str]]:
    """Return the recorded matches: origin and watch, in order."""
    offers = {offer.id: offer.origin for offer in find_offers(store, OfferFilter(), sort="date")}
    with store.reading() as connection:
        rows = connection.execute(select(alerts.c.offer_id, alerts.c.watch_id).order_by(alerts.c.id)).all()
    return [(offers[offer_id], watch) for offer_id, watch in rows]


def test_one_direction_alone_is_no_alert(store: Store) -> None:
    add_channel(store)
    crawl = crawl_of(store)
    search_out(crawl, out())
    search_back(crawl, back(day=BACK_DAY + timedelta(days=1)), back(day=BACK_DAY - timedelta(days=1)))
    assert messages(crawl) == []
    assert recorded(store) == []


@pytest.mark.parametrize("first", ["out", "back"])
def test_the_direction_that_is_seen_second_alerts(store: Store, first: str) -> None:
    add_channel(store)
    crawl = crawl_of(store)
    if first == "out":
        search_out(crawl, out())
    search_back(crawl, back())
    if first == "back":
        search_out(crawl, out())
    flights = ("UA1298", "UA1297") if first == "out" else ("UA1297", "UA1298")
    assert messages(crawl) == [flights]


def test_the_other_direction_can_be_from_an_earlier_crawl_of_another_program(store: Store) -> None:
    add_channel(store)
    partner = back(program="alaska", source="alaska", miles=10_000)
    write_batch(store, make_batch(partner))
    crawl = crawl_of(store)
    search_out(crawl, out())
    ((body,),) = crawl.rows("body")
    assert (body["trip_other_program"], body["trip_other_miles"], body["trip_miles"]) == ("alaska", 10_000, None)
    found = parse_event(body)
    assert isinstance(found, OfferEvent)
    assert found.trip
    assert (found.trip.nights, found.trip.is_return, found.trip.other_date) == (5, False, BACK_DAY)


def test_a_pair_is_sent_once_and_both_directions_are_recorded(store: Store) -> None:
    add_channel(store)
    for hours in range(3):
        crawl = crawl_of(store)
        search_out(crawl, out(), hours=hours)
        search_back(crawl, back(), hours=hours)
    assert messages(crawl) == [("UA1298", "UA1297")]
    assert recorded(store) == [("AUS", "Austin"), ("LAX", "Austin")]


def test_another_offer_that_makes_a_pair_is_sent_too(store: Store) -> None:
    add_channel(store)
    crawl = crawl_of(store)
    search_out(crawl, out())
    search_back(crawl, back(), back("1300", miles=15_000), hours=1)
    assert messages(crawl) == [("UA1298", "UA1297"), ("UA1300", "UA1297")]


def test_the_message_is_about_the_best_partner(store: Store) -> None:
    add_channel(store)
    crawl = crawl_of(store, a_watch(nights="4-6"))
    search_out(crawl, out("1", OUT_DAY, miles=13_000), out("2", OUT_DAY + timedelta(days=1)), out("3", miles=12_600))
    search_back(crawl, back())
    assert messages(crawl) == [("UA1298", "UA2")]


def test_a_lower_price_of_either_direction_is_sent(store: Store) -> None:
    add_channel(store)
    crawl = crawl_of(store)
    search_out(crawl, out())
    search_back(crawl, back())
    assert messages(crawl) == [("UA1298", "UA1297")]
    search_out(crawl, out(miles=11_000), hours=1)
    assert messages(crawl) == [("UA1298", "UA1297"), ("UA1297", "UA1298")]
    search_back(crawl, back(miles=11_000), hours=2)
    assert messages(crawl)[2:] == [("UA1298", "UA1297")]
    assert [row[0] for row in crawl.rows("event_type")] == ["offer.matched", "offer.matched", "offer.dropped"]
    search_out(crawl, out(miles=11_000), hours=3)
    search_back(crawl, back(miles=11_500), hours=3)
    assert len(messages(crawl)) == 3


def test_a_lower_price_can_make_the_first_pair(store: Store) -> None:
    add_channel(store)
    crawl = crawl_of(store, a_watch(max_trip_miles=24_000))
    search_out(crawl, out())
    search_back(crawl, back())
    assert messages(crawl) == []
    search_back(crawl, back(miles=11_500), hours=1)
    assert messages(crawl) == [("UA1298", "UA1297")]


def test_taxes_are_added_up_in_the_currency_of_the_limit(store: Store) -> None:
    add_channel(store)
    crawl = crawl_of(store, a_watch("low", max_trip_taxes="10 USD"), a_watch("high", max_trip_taxes="12 USD"))
    search_out(crawl, out())
    search_back(crawl, back())  # 5.60 USD in each direction
    ((body,),) = crawl.rows("body")
    assert (body["watches"], body["trip_taxes"], body["trip_taxes_currency"]) == (["high"], "11.20", "USD")


@pytest.mark.parametrize("how", ["gone", "departed", "outdated", "unconfirmed", "day price", "other party"])
def test_an_unavailable_offer_is_no_partner(store: Store, how: str) -> None:
    add_channel(store)
    crawl = crawl_of(store)
    partner = out()
    if how == "day price":
        partner = make_offer(source="alaska", program="alaska")
    elif how == "other party":
        partner = out(travelers=2)
    elif how == "outdated":
        partner.seen_at = NOW - 49 * HOUR
    write_batch(store, make_batch(partner))
    ids = {NOW + HOUR: [partner.offer_id]}
    if how in ("gone", "unconfirmed"):
        write_batch(store, make_batch(**{how: ids}))
    hours = 24 * 110 if how == "departed" else 2
    if how == "departed":
        crawl.settings = crawl.settings | {"AWARD_MAX_AGE_HOURS": "0"}
        crawl = Crawl(store, a_watch(), settings=crawl.settings)
    search_back(crawl, back(), hours=hours)
    assert messages(crawl) == []


def test_an_offer_that_this_crawl_no_longer_finds_is_no_partner(store: Store) -> None:
    add_channel(store)
    write_batch(store, make_batch(out()))
    crawl = crawl_of(store)
    crawl.keep_unwritten = True
    search_out(crawl, hours=1)
    search_back(crawl, back(), hours=1)
    assert messages(crawl) == []
    search_out(crawl, out(), hours=2)
    crawl.recorder.flush()
    assert messages(crawl) == [("UA1297", "UA1298")]


def test_offers_that_are_not_written_yet_are_partners(store: Store) -> None:
    add_channel(store)
    outdated = out()
    outdated.seen_at = NOW - 100 * HOUR
    write_batch(store, make_batch(outdated))
    crawl = crawl_of(store)
    crawl.keep_unwritten = True
    search_out(crawl, out(), out("1299", miles=12_000))
    search_back(crawl, back())
    crawl.recorder.flush()
    assert messages(crawl) == [("UA1298", "UA1299")]


def test_partners_are_found_while_the_responses_of_two_searches_are_processed_at_once(store: Store) -> None:
    add_channel(store)
    crawl = crawl_of(store)
    searches = make_search(kind="itinerary", id="a"), make_search(kind="itinerary", id="b", **BACK)
    offers = (
        out("1", date(2027, 3, 10)),
        back("2", date(2027, 3, 16)),
        out("3", date(2027, 3, 12)),
        back("4", date(2027, 3, 17)),
        out("5", date(2027, 3, 11)),
    )
    for number, offer in enumerate(offers):
        crawl.add(offer, searches[number % 2])
    crawl.recorder.flush()
    assert messages(crawl) == [("UA4", "UA3"), ("UA5", "UA2")]


def test_a_pair_that_is_available_again_is_sent_again(store: Store) -> None:
    add_channel(store)
    crawl = crawl_of(store)
    search_out(crawl, out())
    search_back(crawl, back())
    assert len(messages(crawl)) == 1
    search_out(crawl, hours=1)
    search_back(crawl, back(), hours=1)
    assert len(messages(crawl)) == 1
    search_out(crawl, out(), hours=2)
    assert messages(crawl)[1:] == [("UA1297", "UA1298")]


def test_one_fare_can_match_one_way_and_as_part_of_a_round_trip(store: Store) -> None:
    add_channel(store)
    crawl = crawl_of(store, a_watch(), a_watch("one way", nights=None))
    search_back(crawl, back())
    search_out(crawl, out())
    rows = [(name, body["trip_other_flights"]) for name, body in crawl.rows("watch_key", "body")]
    assert rows == [("Austin", "UA1298"), ("one way", None)]


@contextmanager
def partner_queries(store: Store) -> Iterator[list[dict[str, Any]]]:
    """Collect the parameters of the queries for partners."""
    found: list[Any] = []

    def collect(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "offers.destination IN" in statement:
            found.append(parameters)

    event.listen(store.engine, "before_cursor_execute", collect)
    try:
        yield found
    finally:
        event.remove(store.engine, "before_cursor_execute", collect)


def test_the_offers_of_a_search_need_one_query_for_their_partners(store: Store) -> None:
    crawl = crawl_of(store, a_watch(cabins=["economy"]), a_watch("other", cabins=["economy"], max_miles=20_000))
    with partner_queries(store) as queries:
        search_out(crawl, *(out(str(number), OUT_DAY + timedelta(days=number)) for number in range(20)))
        assert len(queries) == 1
        search_out(crawl, out("1"), hours=1)
        assert len(queries) == 2


def test_runs_without_round_trips_search_no_partners(store: Store) -> None:
    add_channel(store)
    crawl = crawl_of(store, a_watch(nights=None))
    with partner_queries(store) as queries:
        search_out(crawl, out())
    assert queries == []
    assert messages(crawl) == [("UA1297", None)]
