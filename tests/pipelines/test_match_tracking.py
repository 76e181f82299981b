"""Matches and messages of whole crawls on a real database, after any searches, failures and deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from awardspider.items import AlertEvent, AwardOfferItem, EventType, Money
from awardspider.outcomes import InvalidSetting, Outcome, Reason
from awardspider.search.alert_wait import alert_wait
from awardspider.search.judgments import DealClass, Judgment
from awardspider.search.notify_prefs import parse_notify_prefs
from awardspider.search.watches import Watch
from awardspider.storage.batches import write_batch
from awardspider.storage.claims import CLAIMED_COLUMNS, claimed_row
from awardspider.storage.digests import find_stale
from awardspider.storage.outbox import release_rows
from awardspider.storage.schema import alerts, matches, offers, outbox
from awardspider.storage.store import Store, open_store
from tests.support.delivery import SETTINGS
from tests.support.pipeline_crawl import Crawl, add_channel
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_offer, make_report, make_search
from tests.support.watch_examples import make_watch

HOUR = timedelta(hours=1)
LIMIT = 40_000


def a_watch(name: str = "Austin", **values: Any) -> Watch:
    notify = parse_notify_prefs(values.pop("notify")) if "notify" in values else None
    fields = {"origin": "LAX", "destination": "AUS", "dates": "2027-03", "max_miles": LIMIT, "notify": notify}
    return make_watch(**{"name": name} | fields | values)


def fare(miles: int = 30_000, **fields: Any) -> AwardOfferItem:
    return make_itinerary(miles=miles, **fields)


def set_status(store: Store, status: str) -> None:
    """Set the status of the messages that wait."""
    with store.writing() as connection:
        connection.execute(update(outbox).where(outbox.c.status == "pending").values(status=status))


def state(store: Store) -> list[tuple[Any, ...]]:
    with store.reading() as connection:
        columns = matches.c
        query = select(columns.since, columns.ended_at, columns.end_reason, columns.miles).order_by(columns.flight_key)
        return [tuple(row) for row in connection.execute(query)]


def sent(crawl: Crawl) -> list[tuple[str, int]]:
    return [(event.removeprefix("offer."), miles) for event, miles in crawl.rows("event_type", "miles")]


# ---- flights ---------------------------------------------------------------------------------------------------------


def test_all_fares_of_the_same_flights_are_one_alert(store: Store) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch())
    crawl.search(fare(30_000), fare(36_000, fare_name="Standard"), fare(39_000, booking_code="J", fare_name="Flex"))
    set_status(store, "sent")
    crawl.search(fare(36_000, fare_name="Standard"), fare(39_000, fare_name="Flex"), hours=1)
    assert sent(crawl) == [("matched", 30_000)]
    assert [row[1] for row in state(store)] == [None]
    with store.reading() as connection:
        assert len(connection.execute(select(alerts)).all()) == 1


def test_a_direct_source_replaces_a_copy_that_waits(store: Store) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch(), covers=("united",))
    crawl.search(fare(source="seatsaero"), program="seatsaero")
    crawl.search(fare())
    assert crawl.rows("body")[1][0]["source"] == "united"
    assert stale_notes(store) == {1: "a later message reports the same price"}


@pytest.mark.parametrize("first", ["united", "seatsaero"])
def test_of_two_messages_of_crawls_at_the_same_time_the_best_is_sent(store: Store, first: str) -> None:
    add_channel(store)
    crawls = {source: Crawl(store, a_watch()) for source in ("united", "seatsaero")}
    for crawl in crawls.values():
        crawl.keep_unwritten = True
    other = "seatsaero" if first == "united" else "united"
    for source in (first, other):
        crawls[source].search(fare(source=source), program=source)
    for source in (first, other):
        crawls[source].recorder.flush()
    sources = {row_id: body["source"] for row_id, body in crawls[first].rows("id", "body")}
    canceled = stale_notes(store)
    assert [source for row_id, source in sources.items() if row_id not in canceled] == ["united"]


def stale_notes(store: Store) -> dict[int, str]:
    with store.reading() as connection:
        rows = [claimed_row(row) for row in connection.execute(select(*CLAIMED_COLUMNS)).mappings()]
        return find_stale(connection, rows, NOW + HOUR, max_age=None)


# ---- begin and end ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("between", "again"),
    [
        ([], True),
        ([fare(LIMIT + 2_001)], True),
        ([fare(LIMIT + 2_000)], False),
        ([fare(seats=0)], True),
        ([fare(39_000)], False),
        ([fare(39_000, fare_name="Standard")], False),
        ([fare(39_000, source="alaska")], True),  # not in the scope of the search
    ],
)
def test_a_match_is_alerted_again_only_if_it_was_false(
    store: Store, between: list[AwardOfferItem], again: bool
) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch())
    crawl.search(fare())
    set_status(store, "sent")
    if between and between[0].source != "united":
        between = []
    crawl.search(*between, hours=1)
    crawl.search(fare(), hours=2)
    assert sent(crawl) == [("matched", 30_000)] * (1 + again)


def test_flights_that_another_source_still_has_are_not_gone(store: Store) -> None:
    add_channel(store)
    write_batch(store, make_batch(fare(35_000, source="alaska")))
    crawl = Crawl(store, a_watch())
    crawl.search(fare())
    set_status(store, "sent")
    crawl.search(hours=1)
    assert state(store) == [(NOW, None, None, 30_000)]
    crawl.search(fare(), hours=2)
    assert sent(crawl) == [("matched", 30_000)]


def test_failed_and_incomplete_searches_end_nothing(store: Store) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch())
    crawl.search(fare())
    set_status(store, "sent")
    for hours, values in ((1, {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED}), (2, {"invalid": 1})):
        search = make_search(kind="itinerary")
        crawl.add(fare(90_000), search, hours)
        crawl.process(make_report(search.id, search=search, requested_at=NOW + hours * HOUR, **values))
        crawl.recorder.flush()
        assert [row[1] for row in state(store)] == [None]
    crawl.search(fare(), hours=3)
    assert sent(crawl) == [("matched", 30_000)]


def test_an_edited_watch_ends_its_matches_silently_and_begins_others(store: Store) -> None:
    add_channel(store, events=tuple(EventType))
    notify = {"gone_note": "yes"}
    Crawl(store, a_watch(notify=notify)).search(fare())
    set_status(store, "sent")
    Crawl(store, a_watch(notify=notify, max_miles=20_000)).search(fare(), hours=1)
    assert state(store) == [(NOW, NOW + HOUR, "price", 30_000)]
    crawl = Crawl(store, a_watch(notify=notify))
    crawl.search(fare(), hours=2)
    assert sent(crawl) == [("matched", 30_000)] * 2


def test_a_paused_watch_stays_silent_about_what_is_still_true(store: Store) -> None:
    add_channel(store)
    Crawl(store, a_watch()).search(fare())
    set_status(store, "sent")
    Crawl(store, a_watch("Other")).search(fare(), hours=1)
    crawl = Crawl(store, a_watch())
    crawl.search(fare(), hours=2)
    assert crawl.rows("watch_key") == [("Austin",), ("Other",)]


def test_a_match_whose_offers_ended_while_its_watch_was_paused_begins_again(store: Store) -> None:
    add_channel(store)
    Crawl(store, a_watch()).search(fare())
    set_status(store, "sent")
    Crawl(store, a_watch("Other", max_miles=1)).search(hours=1)
    crawl = Crawl(store, a_watch())
    crawl.search(hours=2)
    assert state(store) == [(NOW, NOW + 2 * HOUR, "gone", 30_000)]
    crawl.search(fare(), hours=3)
    assert sent(crawl) == [("matched", 30_000)] * 2


# ---- unconfirmed prices ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unconfirmed", "rows"),
    [("hold", []), ("label", [("offer.matched", False)])],
)
def test_a_watch_decides_about_the_price_of_a_day(store: Store, unconfirmed: str, rows: list[Any]) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch(notify={"unconfirmed": unconfirmed}))
    crawl.search(make_offer(miles=30_000), kind="calendar")
    assert [(kind, body["is_confirmed"]) for kind, body in crawl.rows("event_type", "body")] == rows


@pytest.mark.parametrize(
    ("status", "miles", "expected"),
    [
        ("sent", 30_000, [30_000]),
        ("sent", 33_000, [30_000]),
        ("sent", 28_000, [30_000, 28_000]),
        ("pending", 30_000, [30_000, 30_000]),
        ("canceled", 30_000, [30_000, 30_000]),
    ],
)
def test_flights_confirm_the_price_of_their_day(store: Store, status: str, miles: int, expected: list[int]) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch(notify={"unconfirmed": "label"}))
    crawl.search(make_offer(miles=30_000), kind="calendar")
    set_status(store, status)
    crawl.search(fare(miles), hours=1)
    assert [found for (found,) in crawl.rows("miles")] == expected
    if status == "pending":
        assert stale_notes(store) == {1: "a later message is about the flights of this day"}
    set_status(store, "sent")
    crawl.search(make_offer(miles=30_000), kind="calendar", hours=2)
    assert len(crawl.rows("id")) == len(expected)


# ---- waiting for the end of the crawl --------------------------------------------------------------------------------


def test_messages_wait_for_the_end_of_their_crawl_and_are_due_by_themselves(store: Store) -> None:
    add_channel(store)
    add_channel(store, "letter", priority="digest")
    crawl = Crawl(store, a_watch(), settings=SETTINGS | {"AWARD_ALERT_WAIT_MINUTES": "30"})
    crawl.search(fare())
    other = Crawl(store, a_watch("Other"), settings=SETTINGS | {"AWARD_ALERT_WAIT_MINUTES": "30"})
    other.recorder.run_id = "other"
    other.search(fare())
    columns = ("watch_key", "channel", "next_attempt_at")
    digest_at = NOW.replace(day=23, hour=8)
    due = [
        (watch, channel, NOW + HOUR / 2 if channel == "phone" else digest_at)
        for watch in ("Austin", "Other")
        for channel in ("letter", "phone")
    ]
    assert sorted(crawl.rows(*columns)) == due
    assert release_rows(store, "run", NOW + HOUR / 4) == 1
    due[1] = "Austin", "phone", NOW + HOUR / 4
    assert sorted(crawl.rows(*columns)) == due


@pytest.mark.parametrize("deal", list(DealClass))
def test_the_best_deals_do_not_wait(store: Store, deal: DealClass) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch(), settings=SETTINGS | {"AWARD_ALERT_WAIT_MINUTES": "30"})
    [row] = crawl._steps[-1]._enqueuer.offer_rows(
        fare(),
        [_alert()],
        NOW,
        judgment=Judgment(deal_class=deal, miles=30_000, judged_at=NOW),
    )
    is_best = deal in (DealClass.RECORD_LOW, DealClass.EXCEPTIONAL)
    assert row.next_attempt_at == NOW + (timedelta(0) if is_best else HOUR / 2)
    assert row.body["deal_class"] == deal


def _alert() -> AlertEvent:
    return AlertEvent(EventType.OFFER_MATCHED, "Austin", channel="phone")


@pytest.mark.parametrize("text", ["61", "-1", "soon", "1.5"])
def test_an_invalid_wait_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match=r"AWARD_ALERT_WAIT_MINUTES is '.*', but must be a number of minutes from"):
        alert_wait({"AWARD_ALERT_WAIT_MINUTES": text})
    assert alert_wait({}) == HOUR / 2
    assert alert_wait({"AWARD_ALERT_WAIT_MINUTES": 0}) == timedelta(0)


# ---- any sequence ----------------------------------------------------------------------------------------------------

FARES = st.tuples(
    st.sampled_from([20_000, 28_000, 30_000, 39_500, 41_000, 60_000]),
    st.sampled_from(["Saver", "Standard"]),
    st.sampled_from([None, 0, 4]),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("found"), st.lists(FARES, min_size=1, max_size=2, unique_by=lambda each: each[1])),
        st.tuples(st.sampled_from(["empty", "failed", "incomplete", "sent", "rejected", "canceled"]), st.just([])),
    ),
    max_size=10,
)


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_any_sequence_of_searches_and_deliveries(sqlite_store: Store, steps: list[Any]) -> None:
    with sqlite_store.writing() as connection:
        for table in (outbox, matches, alerts, offers):
            connection.execute(delete(table))
    add_channel(sqlite_store)
    _check_sequence(sqlite_store, steps)


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    store = open_store("", tmp_path)
    yield store
    store.close()


def _check_sequence(store: Store, steps: list[Any]) -> None:
    """Compare the rows with a model: the match, the last delivered price and the price that waits."""
    active, delivered, waiting = False, None, None
    for hours, (kind, fares) in enumerate(steps, 1):
        if kind in ("sent", "rejected", "canceled"):
            set_status(store, kind)
            delivered, waiting = (waiting or delivered) if kind == "sent" else delivered, None
            continue
        crawl = Crawl(store, a_watch())
        before = len(crawl.rows("id"))
        if kind in ("failed", "incomplete"):
            search = make_search(kind="itinerary")
            values = {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED} if kind == "failed" else {"invalid": 1}
            crawl.process(make_report(search.id, search=search, requested_at=NOW + hours * HOUR, **values))
            crawl.recorder.flush()
            assert len(crawl.rows("id")) == before
            assert active is any(row[1] is None for row in state(store))
            continue
        crawl.search(
            *(
                fare(miles, fare_name=name, seats=seats, taxes=Money(Decimal("5.60"), "USD"))
                for miles, name, seats in fares
            ),
            hours=hours,
        )
        matching = [miles for miles, _, seats in fares if miles <= LIMIT and seats != 0]
        near = [miles for miles, _, seats in fares if LIMIT < miles <= LIMIT * 1.05 and seats != 0]
        if matching:
            if not active:
                delivered = waiting = None
            active = True
        elif not near:
            active = False
        rows = sent(crawl)[before:]
        assert active is any(row[1] is None for row in state(store))
        if not matching:
            assert rows == []
            continue
        best = min(matching)
        if delivered is None and waiting is None:
            assert rows, "a missed first alert"
        if waiting is not None and rows and best >= waiting:
            # the message that waits will be canceled, because its fare costs more now or is gone
            assert waiting not in matching
        if delivered is not None and rows:
            assert all(event == "dropped" and price * 100 <= delivered * 95 for event, price in rows)
        if rows:
            assert rows[-1][1] == best
            waiting = best
