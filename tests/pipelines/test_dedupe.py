"""The pipeline `dedupe` with a source of several programs, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler
from sqlalchemy import select

from awardspider.crawling.offer_context import OfferContext
from awardspider.items import AwardOfferItem, Change, Money, MonitoredRoute, MonitoredRoutes, Search, SearchKind
from awardspider.outcomes import Outcome
from awardspider.pipelines.dedupe import DedupePipeline, Duplicate, Recorded
from awardspider.spiders.seatsaero import SeatsaeroSpider
from awardspider.storage import schema
from awardspider.storage.batches import write_batch
from awardspider.storage.monitored_routes import monitored_routes
from awardspider.storage.recorder import Recorder, set_recorder
from awardspider.storage.searches import SearchFilter, find_searches
from awardspider.storage.store import Store
from tests.support.storage_examples import (
    DAY,
    NOW,
    make_batch,
    make_itinerary,
    make_offer,
    make_report,
    make_search,
    make_segment,
)

HOUR = timedelta(hours=1)
BULK = make_search(
    program="seatsaero",
    kind=SearchKind.BULK,
    origin="North America",
    destination="Europe",
    target_program="united",
    id="bulk",
)


def make_bulk_offer(**fields: Any) -> AwardOfferItem:
    """Return an offer of United in a bulk response of seats.aero."""
    values: dict[str, Any] = {"source": "seatsaero", "origin": "SFO", "destination": "FRA"}
    return make_offer(**values | fields)


def make_bulk_itinerary(number: str) -> AwardOfferItem:
    """Return flights of United that were found through seats.aero."""
    return make_itinerary(source="seatsaero", origin="SFO", destination="FRA", segments=(make_segment(number),))


class Harness:
    """The pipeline, its recorder and a store."""

    def __init__(self, store: Store) -> None:
        crawler = get_crawler()
        crawler.spider = SeatsaeroSpider()
        self.store = store
        self.recorder = Recorder(store, "run", None)
        set_recorder(crawler, self.recorder)
        self._pipeline = DedupePipeline(crawler)

    def process(
        self, offer: AwardOfferItem, search: Search = BULK, context: OfferContext | None = None
    ) -> type[DropItem] | Change:
        """Return how an offer has changed, or why it was dropped."""
        context = context or OfferContext(search=search, responded_at=offer.seen_at)
        self._pipeline._contexts.add(offer, context)
        try:
            self._pipeline.process_item(offer)
        except DropItem as dropped:
            return type(dropped)
        return context.change

    def drop(self, item: object) -> type[DropItem]:
        """Return why an item was dropped."""
        with pytest.raises(DropItem) as caught:
            self._pipeline.process_item(item)
        return caught.type

    def gone(self) -> list[str]:
        """Write the batch and return the ids of gone offers."""
        return self._ids_with(schema.offers.c.gone_at)

    def unconfirmed(self) -> list[str]:
        """Write the batch and return the ids of unconfirmed offers."""
        return self._ids_with(schema.offers.c.unconfirmed_since)

    def _ids_with(self, column: Any) -> list[str]:
        self.recorder.flush()
        with self.store.reading() as connection:
            return list(connection.scalars(select(schema.offers.c.id).where(column.is_not(None))))


@pytest.fixture
def harness(store: Store) -> Harness:
    return Harness(store)


def test_offers_of_a_bulk_response_are_compared_by_route(harness: Harness) -> None:
    write_batch(harness.store, make_batch(make_bulk_offer(), make_bulk_offer(origin="EWR")))
    assert harness.process(make_bulk_offer(seen_at=NOW + HOUR)) is Change.SAME
    assert harness.process(make_bulk_offer(origin="EWR", miles=20_000)) is Change.CHANGED
    assert harness.process(make_bulk_offer(origin="IAD")) is Change.NEW
    assert harness.process(make_bulk_offer(origin="IAD")) is Duplicate


@pytest.mark.parametrize("name", ["taxes", "cash_price"])
@pytest.mark.parametrize(
    ("stored", "seen", "currency", "is_same"),
    [
        ("5.60", "5.6", "USD", True),
        ("5.60", "5.601", "USD", True),
        ("5.60", "5.61", "USD", True),  # a party's total of 11.21
        ("5.60", "5.59", "USD", True),
        ("5.60", "5.62", "USD", False),
        ("5.60", "5.58", "USD", False),
        ("560", "561.4", "JPY", True),
        ("560", "562", "JPY", False),
        ("5.600", "5.601", "KWD", True),
        ("5.600", "5.602", "KWD", False),
        ("0.00", "0.01", "USD", True),
    ],
)
def test_rounding_of_an_amount_is_no_change(
    sqlite_store: Store, name: str, stored: str, seen: str, currency: str, is_same: bool
) -> None:
    harness = Harness(sqlite_store)
    write_batch(sqlite_store, make_batch(make_bulk_offer(**{name: Money(Decimal(stored), currency)})))
    changes = {name: Money(Decimal(seen), currency)}
    assert harness.process(make_bulk_offer(**changes)) is (Change.SAME if is_same else Change.CHANGED)
    other = replace(BULK, id="other")
    assert harness.process(make_bulk_offer(**changes, seats=1), other) is Change.CHANGED


def test_taxes_that_move_by_rounding_add_no_price_point(harness: Harness) -> None:
    """They are compared with the stored taxes, so that many small steps are a change."""
    write_batch(harness.store, make_batch(make_bulk_offer(taxes=Money(Decimal("5.60"), "USD"))))
    changes = [
        harness.process(
            make_bulk_offer(taxes=Money(Decimal(amount), "USD"), seen_at=NOW + number * HOUR),
            replace(BULK, id=str(number)),
        )
        for number, amount in enumerate(["5.61", "5.6", "5.605", "5.59", "5.62"], 1)
    ]
    assert changes == [*[Change.SAME] * 4, Change.CHANGED]
    harness.recorder.flush()
    points = schema.price_points.c
    with harness.store.reading() as connection:
        amounts = connection.scalars(select(points.taxes).order_by(points.seen_at)).all()
    assert amounts == [Decimal("5.60"), Decimal("5.62")]


def test_a_bulk_search_for_two_travelers_also_compares_offers_for_one(harness: Harness) -> None:
    for_two = replace(BULK, travelers=2)
    write_batch(harness.store, make_batch(make_bulk_offer(), make_bulk_offer(travelers=2, seats=4)))
    assert harness.process(make_bulk_offer(), for_two) is Change.SAME
    assert harness.process(make_bulk_offer(travelers=2, seats=4), for_two) is Change.SAME


@pytest.mark.parametrize("offers", [0, 1])
@pytest.mark.parametrize("outcome", [Outcome.FOUND, Outcome.EMPTY])
def test_a_bulk_search_marks_no_offer_as_gone(harness: Harness, outcome: Outcome, offers: int) -> None:
    others = make_bulk_offer(origin="EWR"), make_bulk_offer(departure_date=date(2027, 3, 11))
    write_batch(harness.store, make_batch(make_bulk_offer(), *others))
    for _ in range(offers):
        assert harness.process(make_bulk_offer()) is Change.SAME
    assert harness.drop(make_report("bulk", search=BULK, outcome=outcome, offers=offers)) is Recorded
    assert harness.gone() == []
    assert [row.id for row in find_searches(harness.store, SearchFilter())] == ["bulk"]


def test_a_calendar_search_of_the_source_marks_offers_as_gone(harness: Harness) -> None:
    write_batch(harness.store, make_batch(make_bulk_offer(), make_bulk_offer(origin="EWR")))
    route = {"kind": SearchKind.CALENDAR, "origin": "SFO", "destination": "FRA", "target_program": ""}
    search = replace(BULK, id="calendar", **route)  # type: ignore[arg-type]
    harness.drop(make_report("calendar", search=search, outcome=Outcome.EMPTY, offers=0))
    assert harness.gone() == [make_bulk_offer().offer_id]


@pytest.mark.parametrize("is_complete", [True, False])
def test_a_calendar_marks_itineraries_and_a_later_search_confirms_them(harness: Harness, is_complete: bool) -> None:
    """The source saw the flights before the calendar contradicted them, as a source with a cache does."""
    itinerary, ended = make_bulk_itinerary("1"), make_bulk_itinerary("2")
    write_batch(harness.store, make_batch(itinerary, ended))
    calendar = replace(BULK, kind=SearchKind.CALENDAR, origin="SFO", destination="FRA", id="calendar")
    report = make_report("calendar", search=calendar, offers=0, invalid=not is_complete, requested_at=NOW + HOUR)
    report.contradicted, report.ended = (itinerary.offer_id,), (ended.offer_id,)
    harness.drop(report)
    if not is_complete:
        assert (harness.gone(), harness.unconfirmed()) == ([], [])
        return
    day = replace(calendar, kind=SearchKind.ITINERARY, first=DAY, last=DAY, id="day")
    context = OfferContext(search=day, responded_at=NOW + 2 * HOUR)
    assert harness.process(itinerary, day, context) is Change.SAME
    assert (harness.gone(), harness.unconfirmed()) == ([ended.offer_id], [])


def test_a_contradicted_itinerary_stays_unconfirmed_without_a_search(harness: Harness) -> None:
    itinerary = make_bulk_itinerary("1")
    write_batch(harness.store, make_batch(itinerary))
    report = make_report("bulk", search=BULK, requested_at=NOW + HOUR)
    report.contradicted = (itinerary.offer_id,)
    harness.drop(report)
    assert (harness.gone(), harness.unconfirmed()) == ([], [itinerary.offer_id])


def test_lists_of_routes_are_recorded_and_dropped(harness: Harness) -> None:
    search = replace(BULK, kind=SearchKind.ROUTES, origin="any", destination="any", id="routes")
    routes = (MonitoredRoute("SFO", "FRA", 330),)
    listed = MonitoredRoutes(program="united", source="seatsaero", routes=routes, seen_at=NOW)
    assert harness.drop(listed) is Recorded
    assert harness.drop(make_report("routes", search=search, offers=0)) is Recorded
    harness.recorder.flush()
    assert list(monitored_routes(harness.store, "seatsaero")) == [listed]
