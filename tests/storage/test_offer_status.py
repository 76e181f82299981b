"""The status of stored offers, and the marks that calendars and searches set, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from awardspider.items import Cabin, EventType, SearchKind
from awardspider.search.freshness import departs_by, max_age
from awardspider.storage import schema
from awardspider.storage.alerts import Alert, recent_alerts
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.expired_offers import departed_fares, expired_fares
from awardspider.storage.offer_scope import live_offers, stored_itineraries, unconfirmed_itineraries
from awardspider.storage.offer_status import OfferStatus, is_current, unavailable_reason
from awardspider.storage.offers import OfferFilter, OfferRow, count_outdated, find_offers
from awardspider.storage.outbox import FollowUp, OutboxRow
from awardspider.storage.store import Store
from tests.support.storage_examples import (
    DAY,
    NOW,
    make_batch,
    make_itinerary,
    make_offer,
    make_search,
    make_segment,
)

HOUR = timedelta(hours=1)
AGE = timedelta(hours=48)
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
DEPARTURE = make_itinerary().segments[0].departs_at
MIDNIGHT = datetime(2027, 3, 11, tzinfo=LOS_ANGELES)  # the end of DAY at the origin

ITINERARY = make_itinerary(seen_at=DEPARTURE - 100 * HOUR)
ID = ITINERARY.offer_id


def rows(store: Store) -> dict[str, OfferRow]:
    return {row.id: row for row in find_offers(store, OfferFilter(gone=True))}


def mark(store: Store, **parts: Any) -> None:
    write_batch(store, Batch(**parts))


# ---- departure -----------------------------------------------------------------------------------------------------


def test_a_flight_departs_at_its_departure_in_utc_and_a_day_at_its_local_end() -> None:
    assert departs_by(make_itinerary()) == DEPARTURE
    assert departs_by(make_offer()) == MIDNIGHT
    # Clocks go back on this day, so it has 25 hours.
    autumn = make_offer(departure_date=date(2027, 11, 7))
    assert departs_by(autumn) - departs_by(make_offer(departure_date=date(2027, 11, 6))) == 25 * HOUR
    kiritimati = make_offer(origin="CXI", departure_date=DAY)  # 14 hours ahead of UTC
    assert departs_by(kiritimati) == MIDNIGHT - 22 * HOUR


@pytest.mark.parametrize("offer", [make_itinerary(), make_offer()], ids=["itinerary", "day"])
def test_a_departed_flight_is_neither_listed_nor_reported_as_gone(store: Store, offer: Any) -> None:
    at = departs_by(offer)
    alert = Alert(watch_id="Austin", offer_id=offer.offer_id, miles=offer.miles, created_at=NOW)
    write_batch(store, make_batch(offer, alerts=[alert]))
    for now, is_listed in ((at - HOUR / 60, True), (at, False)):
        assert bool(list(find_offers(store, OfferFilter(current_at=now)))) == is_listed
        assert bool(list(find_offers(store, OfferFilter(current_at=now, best=True)))) == is_listed
        assert bool(recent_alerts(store, EventType.OFFER_MATCHED, now=now, max_age=None, limit=9)) == is_listed
        assert bool(departed_fares(store, [offer.fare_id], now)) != is_listed
    sent = OutboxRow(
        key="1", channel="phone", event_type=EventType.OFFER_MATCHED, subject=offer.offer_id, body={}, created_at=NOW
    )
    mark(store, outbox=[sent])
    follow_up = FollowUp(channel="phone", syncs_rows=True)
    mark(store, gone={at: [offer.offer_id]}, follow_ups=[follow_up])
    assert rows(store)[offer.offer_id].gone_at is None
    with store.reading() as connection:
        assert connection.scalars(select(schema.outbox.c.event_type)).all() == [EventType.OFFER_MATCHED]
    mark(store, gone={at - HOUR: [offer.offer_id]}, follow_ups=[follow_up])
    assert rows(store)[offer.offer_id].gone_at == at - HOUR
    with store.reading() as connection:
        assert EventType.OFFER_GONE in connection.scalars(select(schema.outbox.c.event_type)).all()


# ---- status --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "now", "status"),
    [
        ({}, NOW + HOUR, OfferStatus.AVAILABLE),
        ({"unconfirmed": {NOW + HOUR: [ID]}}, ITINERARY.seen_at + HOUR, OfferStatus.AVAILABLE),
        ({"unconfirmed": {ITINERARY.seen_at + HOUR: [ID]}}, ITINERARY.seen_at + AGE, OfferStatus.UNCONFIRMED),
        ({"unconfirmed": {ITINERARY.seen_at + HOUR: [ID]}}, ITINERARY.seen_at + AGE + HOUR, OfferStatus.OUTDATED),
        ({}, ITINERARY.seen_at + AGE + HOUR, OfferStatus.OUTDATED),
        ({}, DEPARTURE, OfferStatus.DEPARTED),
        ({"gone": {ITINERARY.seen_at + HOUR: [ID]}}, DEPARTURE, OfferStatus.GONE),
        (
            {"unconfirmed": {ITINERARY.seen_at + HOUR: [ID]}, "gone": {ITINERARY.seen_at + 2 * HOUR: [ID]}},
            ITINERARY.seen_at + 3 * HOUR,
            OfferStatus.GONE,
        ),
    ],
)
def test_python_and_sql_agree_on_the_status(
    store: Store, parts: dict[str, Any], now: datetime, status: OfferStatus
) -> None:
    write_batch(store, make_batch(ITINERARY))
    mark(store, **parts)
    assert rows(store)[ID].status(now, AGE) is status
    is_shown = status in (OfferStatus.AVAILABLE, OfferStatus.UNCONFIRMED)
    with store.reading() as connection:
        assert bool(connection.scalars(select(schema.offers.c.id).where(is_current(now, AGE))).all()) == is_shown
        row = connection.execute(select(schema.offers)).mappings().one()
    assert (unavailable_reason(row, now, AGE) is None) == (status is OfferStatus.AVAILABLE)
    is_expired = status in (OfferStatus.DEPARTED, OfferStatus.OUTDATED)
    assert bool(expired_fares(store, [ITINERARY.fare_id], now, AGE)) == is_expired


def test_outdated_offers_are_counted_and_listed_on_request(store: Store) -> None:
    write_batch(store, make_batch(make_offer(), make_offer(origin="SFO", seen_at=NOW + AGE)))
    now = NOW + AGE + HOUR
    query = OfferFilter(current_at=now, max_age=AGE)
    assert [row.origin for row in find_offers(store, query)] == ["SFO"]
    assert count_outdated(store, query) == 1
    assert count_outdated(store, replace(query, origins=["SFO"])) == 0
    assert count_outdated(store, replace(query, max_age=None)) == 0
    assert len(list(find_offers(store, OfferFilter()))) == 2


@pytest.mark.parametrize(("text", "hours"), [("", 48), ("1", 1), ("240", 240), ("0", None), (0, None)])
def test_the_maximum_age_is_in_hours(text: str | int, hours: int | None) -> None:
    assert max_age({"AWARD_MAX_AGE_HOURS": text}) == (None if hours is None else hours * HOUR)


# ---- unconfirmed ---------------------------------------------------------------------------------------------------


def test_a_calendar_marks_only_itineraries_that_were_not_seen_later(store: Store) -> None:
    write_batch(store, make_batch(make_itinerary()))
    mark(store, unconfirmed={NOW - HOUR: [make_itinerary().offer_id]})
    assert rows(store)[ID].unconfirmed_since is None
    mark(store, unconfirmed={NOW + HOUR: [ID], NOW + 2 * HOUR: [ID]})
    assert rows(store)[ID].unconfirmed_since == NOW + HOUR


@pytest.mark.parametrize(
    "confirmation",
    [
        lambda at: {"seen": {at: [ID]}},
        lambda at: {"offers": {ID: replace(make_itinerary(), miles=9_000, seen_at=at)}},
        lambda at: {"confirmed": {at: [ID]}},  # the source saw it earlier, as a source with a cache does
    ],
    ids=["unchanged", "changed", "seen earlier"],
)
def test_a_later_search_confirms_an_itinerary_and_an_older_response_does_not(
    store: Store, confirmation: Callable[[datetime], dict[str, Any]]
) -> None:
    write_batch(store, make_batch(make_itinerary()))
    mark(store, unconfirmed={NOW + 2 * HOUR: [ID]})
    mark(store, **confirmation(NOW + HOUR))
    assert rows(store)[ID].unconfirmed_since == NOW + 2 * HOUR
    mark(store, **confirmation(NOW + 3 * HOUR))
    assert rows(store)[ID].unconfirmed_since is None


def test_a_change_of_the_mark_updates_synced_channels_only(store: Store) -> None:
    channels = [FollowUp(channel="sheet", syncs_rows=True), FollowUp(channel="phone")]
    sent = [
        OutboxRow(key=f"{each.channel}", channel=each.channel, event_type=EventType.OFFER_MATCHED, subject=ID, body={},
                  created_at=NOW)
        for each in channels
    ]  # fmt: skip
    write_batch(store, make_batch(make_itinerary(), outbox=sent))
    mark(store, unconfirmed={NOW + HOUR: [ID]}, follow_ups=channels)
    mark(store, confirmed={NOW + 2 * HOUR: [ID]}, follow_ups=channels)
    mark(store, confirmed={NOW + 3 * HOUR: [ID]}, follow_ups=channels)  # nothing to confirm
    outbox = schema.outbox.c
    with store.reading() as connection:
        query = select(outbox.channel, outbox.event_type).where(outbox.key.not_in(["sheet", "phone"]))
        assert connection.execute(query).all() == [("sheet", EventType.OFFER_CHANGED)] * 2


def test_the_scope_of_a_calendar_has_the_itineraries_of_its_program_from_every_source(store: Store) -> None:
    other = make_itinerary(source="seatsaero")
    outside = [
        make_itinerary(program="delta"),
        make_itinerary(travelers=2),
        make_itinerary(destination="SEA"),
        make_itinerary(departure_date=date(2027, 4, 1)),
        make_offer(),
    ]
    departed = make_itinerary(segments=(replace(make_segment("9"), departs_at=NOW - HOUR),))
    gone = make_itinerary(fare_name="gone")
    write_batch(store, make_batch(make_itinerary(), other, departed, gone, *outside))
    mark(store, gone={NOW + HOUR: [gone.offer_id]})

    def found(covers_others: bool = False, **fields: Any) -> set[str]:
        search = make_search(**fields)
        return {each.offer_id for each in stored_itineraries(store, search, NOW, covers_others=covers_others)}

    assert found() == {ID, other.offer_id}
    assert found(cabins=(Cabin.BUSINESS,)) == set()
    assert found(program="seatsaero", covers_others=True) == {other.offer_id}
    assert found(program="seatsaero", covers_others=True, target_program="delta") == set()
    mark(store, unconfirmed={NOW + HOUR: [ID, other.offer_id]})
    assert [each.offer_id for each in unconfirmed_itineraries(store, "united", NOW)] == [ID]
    day = make_search(kind=SearchKind.ITINERARY, first=DAY, last=DAY)
    assert live_offers(store, day, "united")[ID].is_unconfirmed
