"""What storage keeps of a source of many programs: lists of routes, looks in bulk, and offers told of by others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler
from sqlalchemy import select

from awardspider.crawling.offer_context import OfferContext
from awardspider.items import AwardOfferItem, Change, MonitoredRoute, MonitoredRoutes, Search
from awardspider.outcomes import Outcome
from awardspider.pipelines.dedupe import DedupePipeline, Duplicate, Recorded
from awardspider.spiders.seatsaero import SeatsaeroSpider
from awardspider.storage import schema
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.monitored_routes import monitored_routes
from awardspider.storage.offers import OfferFilter, find_offers
from awardspider.storage.recorder import Recorder, set_recorder
from awardspider.storage.searches import SearchFilter, find_searches, last_bulk_search_times
from awardspider.storage.store import Store
from tests.support.storage_examples import NOW, a_report, a_search, an_offer, batch_of

HOUR = timedelta(hours=1)
MARCH = (date(2027, 3, 1), date(2027, 3, 31))
BULK = a_search(
    program="seatsaero", kind="bulk", origin="North America", destination="Europe", target_program="united", id="bulk"
)


def a_list(program: str = "united", *routes: MonitoredRoute, **known: Any) -> MonitoredRoutes:
    values: dict[str, Any] = {"program": program, "source": "seatsaero", "routes": routes, "seen_at": NOW}
    return MonitoredRoutes(**values | known)


def told(**known: Any) -> AwardOfferItem:
    """An offer of United that seats.aero told of in bulk."""
    values: dict[str, Any] = {"source": "seatsaero", "origin": "SFO", "destination": "FRA"}
    return an_offer(**values | known)


# ---- lists of routes -----------------------------------------------------------------------------------------------


def test_a_list_comes_back_and_a_later_one_takes_its_place(store: Store) -> None:
    far, near = MonitoredRoute("SFO", "FRA"), MonitoredRoute("EWR", "LHR", 60)
    write_batch(store, Batch(routes=[a_list("united", far, near), a_list("delta")]))
    assert list(monitored_routes(store, "seatsaero")) == [a_list("delta"), a_list("united", far, near)]
    assert list(monitored_routes(store, "another")) == []

    later = a_list("united", near, seen_at=NOW + HOUR)
    write_batch(store, Batch(routes=[later]))
    write_batch(store, Batch(routes=[a_list("united", far)]))
    assert list(monitored_routes(store, "seatsaero")) == [a_list("delta"), later]


def test_lists_of_the_sandbox_are_not_those_of_the_site(store: Store) -> None:
    recorder = Recorder(store, "run", None, "seatsaero@sandbox")
    recorder.add_routes(a_list())
    recorder.flush()
    assert list(monitored_routes(store, "seatsaero")) == []
    assert list(monitored_routes(store, "seatsaero@sandbox")) == [a_list(source="seatsaero@sandbox")]


# ---- looks -----------------------------------------------------------------------------------------------------------


def test_when_each_program_was_last_asked_in_bulk(store: Store) -> None:
    delta = replace(BULK, target_program="delta")
    looks = [
        a_report("1", search=BULK),
        a_report("2", search=BULK, requested_at=NOW + HOUR, outcome=Outcome.FAILED),
        a_report("3", search=delta, requested_at=NOW - HOUR),
        a_report("4", search=delta, http_status=None, seconds=None),  # nothing was sent
        a_report("5", search=a_search(program="seatsaero")),
    ]
    write_batch(store, Batch(reports=looks))
    where = ("North America", "Europe", MARCH[0])
    assert last_bulk_search_times(store, "seatsaero") == {
        ("united", *where): NOW + HOUR,
        ("delta", *where): NOW - HOUR,
    }


def test_a_look_says_which_program_it_was_about(store: Store) -> None:
    write_batch(store, Batch(reports=[a_report("1", search=BULK), a_report("2", requested_at=NOW - HOUR)]))
    assert [row.target_program for row in find_searches(store, SearchFilter())] == ["united", None]


def test_a_source_stands_for_all_that_it_told_of(store: Store) -> None:
    own, other = an_offer(), an_offer(program="delta", source="delta")
    write_batch(store, batch_of(own, other, told(), told(program="delta")))

    def found(*programs: str) -> list[tuple[str, str]]:
        rows = find_offers(store, OfferFilter(programs=programs))
        return sorted((row.program, row.source) for row in rows)

    assert found("seatsaero") == [("delta", "seatsaero"), ("united", "seatsaero")]
    assert found("united") == [("united", "seatsaero"), ("united", "united")]
    assert found("seatsaero", "delta") == [("delta", "delta"), ("delta", "seatsaero"), ("united", "seatsaero")]


# ---- bulk in the pipelines -------------------------------------------------------------------------------------------


@pytest.fixture
def pipeline(store: Store) -> tuple[DedupePipeline, Recorder]:
    crawler, recorder = get_crawler(), Recorder(store, "run", None)
    crawler.spider = SeatsaeroSpider()
    set_recorder(crawler, recorder)
    return DedupePipeline(crawler), recorder


def passed(dedupe: DedupePipeline, item: object, search: Search = BULK) -> type[DropItem] | Change | None:
    """Return why an item was dropped, or else how an offer has changed."""
    if not isinstance(item, AwardOfferItem):
        with pytest.raises(DropItem) as dropping:
            dedupe.process_item(item)
        return dropping.type
    context = OfferContext(search=search, responded_at=item.seen_at)
    dedupe._contexts.add(item, context)
    try:
        dedupe.process_item(item)
    except DropItem as dropped:
        return type(dropped)
    return context.change


def gone(store: Store) -> list[str]:
    with store.reading() as connection:
        return list(connection.scalars(select(schema.offers.c.id).where(schema.offers.c.gone_at.is_not(None))))


def test_bulk_tells_new_from_known_on_each_route(pipeline: tuple[DedupePipeline, Recorder], store: Store) -> None:
    dedupe, _ = pipeline
    known, dearer = told(), told(origin="EWR", miles=20_000)
    write_batch(store, batch_of(known, told(origin="EWR")))
    assert passed(dedupe, told(seen_at=NOW + HOUR)) is Change.SAME
    assert passed(dedupe, dearer) is Change.CHANGED
    assert passed(dedupe, told(origin="IAD")) is Change.NEW
    assert passed(dedupe, told(origin="IAD")) is Duplicate


def test_bulk_for_a_party_knows_what_was_told_for_one(pipeline: tuple[DedupePipeline, Recorder], store: Store) -> None:
    dedupe, _ = pipeline
    two = replace(BULK, travelers=2)
    write_batch(store, batch_of(told(), told(travelers=2, seats=4)))
    assert passed(dedupe, told(), two) is Change.SAME
    assert passed(dedupe, told(travelers=2, seats=4), two) is Change.SAME


@pytest.mark.parametrize("offers", [0, 1])
@pytest.mark.parametrize("outcome", [Outcome.FOUND, Outcome.EMPTY])
def test_bulk_marks_nothing_gone(
    pipeline: tuple[DedupePipeline, Recorder], store: Store, outcome: Outcome, offers: int
) -> None:
    dedupe, recorder = pipeline
    write_batch(store, batch_of(told(), told(origin="EWR"), told(departure_date=date(2027, 3, 11))))
    for _ in range(offers):
        assert passed(dedupe, told()) is Change.SAME
    assert passed(dedupe, a_report("bulk", search=BULK, outcome=outcome, offers=offers)) is Recorded
    recorder.flush()
    assert gone(store) == []
    assert [row.id for row in find_searches(store, SearchFilter())] == ["bulk"]


def test_a_calendar_of_the_source_still_does(pipeline: tuple[DedupePipeline, Recorder], store: Store) -> None:
    dedupe, recorder = pipeline
    write_batch(store, batch_of(told(), told(origin="EWR")))
    search = replace(BULK, kind="calendar", origin="SFO", destination="FRA", target_program="", id="calendar")
    passed(dedupe, a_report("calendar", search=search, outcome=Outcome.EMPTY, offers=0))
    recorder.flush()
    assert gone(store) == [told().offer_id]


def test_lists_of_routes_are_recorded_and_go_no_further(
    pipeline: tuple[DedupePipeline, Recorder], store: Store
) -> None:
    dedupe, recorder = pipeline
    search = Search(
        program="seatsaero", kind="routes", origin="any", destination="any", first=MARCH[0], last=MARCH[0], id="routes"
    )
    listed = a_list("united", MonitoredRoute("SFO", "FRA", 330))
    assert passed(dedupe, listed) is Recorded
    assert passed(dedupe, a_report("routes", search=search, offers=0)) is Recorded
    recorder.flush()
    assert list(monitored_routes(store, "seatsaero")) == [listed]
