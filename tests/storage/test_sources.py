"""What storage keeps of a source of many programs: lists of routes, looks in bulk, and offers told of by others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler
from sqlalchemy import select

from awardspider.items import AwardOfferItem, Change, MonitoredRoute, MonitoredRoutes, Search
from awardspider.outcomes import Outcome
from awardspider.pipelines.dedupe import DedupePipeline, Recorded, Repeated
from awardspider.spiders.seatsaero import SeatsaeroSpider
from awardspider.storage import queries, sources, tables
from awardspider.storage.recording import Recorder, begin
from awardspider.storage.store import Batch, Store
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
    values: dict[str, Any] = {"source": "seatsaero", "origin": "SFO", "destination": "FRA", "search": BULK}
    return an_offer(**values | known)


# ---- lists of routes -----------------------------------------------------------------------------------------------


def test_a_list_comes_back_and_a_later_one_takes_its_place(store: Store) -> None:
    far, near = MonitoredRoute("SFO", "FRA"), MonitoredRoute("EWR", "LHR", 60)
    store.write(Batch(routes=[a_list("united", far, near), a_list("delta")]), None)
    assert list(sources.monitored(store, "seatsaero")) == [a_list("delta"), a_list("united", far, near)]
    assert list(sources.monitored(store, "another")) == []

    later = a_list("united", near, seen_at=NOW + HOUR)
    store.write(Batch(routes=[later]), None)
    store.write(Batch(routes=[a_list("united", far)]), None)
    assert list(sources.monitored(store, "seatsaero")) == [a_list("delta"), later]


def test_lists_of_the_sandbox_are_not_those_of_the_site(store: Store) -> None:
    recorder = Recorder(store, "run", None, "seatsaero@sandbox")
    recorder.routes(a_list())
    recorder.flush()
    assert list(sources.monitored(store, "seatsaero")) == []
    assert list(sources.monitored(store, "seatsaero@sandbox")) == [a_list(source="seatsaero@sandbox")]


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
    store.write(Batch(reports=looks), None)
    where = ("North America", "Europe", MARCH[0])
    assert sources.last_bulk_searches(store, "seatsaero") == {
        ("united", *where): NOW + HOUR,
        ("delta", *where): NOW - HOUR,
    }


def test_a_look_says_which_program_it_was_about(store: Store) -> None:
    store.write(Batch(reports=[a_report("1", search=BULK), a_report("2", requested_at=NOW - HOUR)]), None)
    assert [row.target_program for row in queries.searches(store, queries.SearchFilter())] == ["united", None]


def test_a_source_stands_for_all_that_it_told_of(store: Store) -> None:
    own, other = an_offer(), an_offer(program="delta", source="delta")
    store.write(batch_of(own, other, told(), told(program="delta")), None)

    def found(*programs: str) -> list[tuple[str, str]]:
        rows = queries.offers(store, queries.OfferFilter(programs=programs))
        return sorted((row.program, row.source) for row in rows)

    assert found("seatsaero") == [("delta", "seatsaero"), ("united", "seatsaero")]
    assert found("united") == [("united", "seatsaero"), ("united", "united")]
    assert found("seatsaero", "delta") == [("delta", "delta"), ("delta", "seatsaero"), ("united", "seatsaero")]


# ---- bulk in the pipelines -------------------------------------------------------------------------------------------


@pytest.fixture
def pipeline(store: Store) -> tuple[DedupePipeline, Recorder]:
    crawler, recorder = get_crawler(), Recorder(store, "run", None)
    crawler.spider = SeatsaeroSpider()
    begin(crawler, recorder)
    return DedupePipeline(crawler), recorder


def passed(process: Callable[[Any], Any], item: object) -> type[DropItem] | Change | None:
    """Why an item went no further; where it did, how it has changed."""
    try:
        return getattr(process(item), "change", None)
    except DropItem as dropped:
        return type(dropped)


def gone(store: Store) -> list[str]:
    with store.reading() as connection:
        return list(connection.scalars(select(tables.offers.c.id).where(tables.offers.c.gone_at.is_not(None))))


def test_bulk_tells_new_from_known_on_each_route(pipeline: tuple[DedupePipeline, Recorder], store: Store) -> None:
    dedupe, _ = pipeline
    known, dearer = told(), told(origin="EWR", miles=20_000)
    store.write(batch_of(known, told(origin="EWR")), None)
    process = dedupe.process_item
    assert passed(process, told(seen_at=NOW + HOUR)) is Change.SAME
    assert passed(process, dearer) is Change.CHANGED
    assert passed(process, told(origin="IAD")) is Change.NEW
    assert passed(process, told(origin="IAD")) is Repeated


def test_bulk_for_a_party_knows_what_was_told_for_one(pipeline: tuple[DedupePipeline, Recorder], store: Store) -> None:
    dedupe, _ = pipeline
    two = replace(BULK, travelers=2)
    store.write(batch_of(told(), told(travelers=2, seats=4)), None)
    assert passed(dedupe.process_item, told(search=two)) is Change.SAME
    assert passed(dedupe.process_item, told(search=two, travelers=2, seats=4)) is Change.SAME


@pytest.mark.parametrize("offers", [0, 1])
@pytest.mark.parametrize("outcome", [Outcome.FOUND, Outcome.EMPTY])
def test_bulk_marks_nothing_gone(
    pipeline: tuple[DedupePipeline, Recorder], store: Store, outcome: Outcome, offers: int
) -> None:
    dedupe, recorder = pipeline
    store.write(batch_of(told(), told(origin="EWR"), told(departure_date=date(2027, 3, 11))), None)
    for _ in range(offers):
        assert passed(dedupe.process_item, told()) is Change.SAME
    assert passed(dedupe.process_item, a_report("bulk", search=BULK, outcome=outcome, offers=offers)) is Recorded
    recorder.flush()
    assert gone(store) == []
    assert [row.id for row in queries.searches(store, queries.SearchFilter())] == ["bulk"]


def test_a_calendar_of_the_source_still_does(pipeline: tuple[DedupePipeline, Recorder], store: Store) -> None:
    dedupe, recorder = pipeline
    store.write(batch_of(told(), told(origin="EWR")), None)
    search = replace(BULK, kind="calendar", origin="SFO", destination="FRA", target_program="", id="calendar")
    passed(dedupe.process_item, a_report("calendar", search=search, outcome=Outcome.EMPTY, offers=0))
    recorder.flush()
    assert gone(store) == [told().offer_id]


def test_lists_of_routes_are_recorded_and_go_no_further(
    pipeline: tuple[DedupePipeline, Recorder], store: Store
) -> None:
    dedupe, recorder = pipeline
    search = Search(
        program="seatsaero", kind="routes", origin="any", destination="any", first=MARCH[0], last=MARCH[0], id="routes"
    )
    listed = a_list("united", MonitoredRoute("SFO", "FRA", 330), search=search)
    assert passed(dedupe.process_item, listed) is Recorded
    assert passed(dedupe.process_item, a_report("routes", search=search, offers=0)) is Recorded
    recorder.flush()
    assert list(sources.monitored(store, "seatsaero")) == [listed]
