"""Matches and messages of whole crawls on a real database, after any searches, failures and deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from awardspider.items import AlertEvent, AwardOfferItem, EventType, Money
from awardspider.outcomes import InvalidSetting, Outcome, Reason
from awardspider.search.alert_wait import alert_wait
from awardspider.search.judgments import DealClass, Judgment
from awardspider.search.notify_prefs import parse_notify_prefs
from awardspider.search.watches import Watch
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.claims import CLAIMED_COLUMNS, claimed_row
from awardspider.storage.digests import cancel_stale, find_stale
from awardspider.storage.outbox import OutboxRow, release_rows
from awardspider.storage.runs import end_run, start_run
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


@pytest.mark.parametrize(
    ("end", "note"),
    [
        ({"max_miles": 20_000}, "the flights cost more than its watch accepts"),
        ({"min_seats": 5}, "the flights have too few seats for its watch"),
        ({"destination": "ORD"}, "the flights no longer match its watch"),
        ({"max_miles": None, "sale_only": True}, None),
    ],
)
def test_a_message_that_waits_is_canceled_when_its_match_ends(
    store: Store, end: dict[str, Any], note: str | None
) -> None:
    add_channel(store)
    Crawl(store, a_watch()).search(fare())
    Crawl(store, a_watch(**end)).search(fare(), hours=1)
    assert stale_notes(store) == ({1: note} if note else {})


@pytest.mark.parametrize("hours", [1, -3])
def test_flights_that_were_gone_are_alerted_again_even_if_the_clock_goes_back(store: Store, hours: int) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch())
    crawl.search(fare())
    set_status(store, "sent")
    crawl.search(hours=hours)
    for later in range(1, 4):
        crawl.search(fare(), hours=hours + later)
    assert sent(crawl) == [("matched", 30_000)] * 2


# ---- messages that wait ----------------------------------------------------------------------------------------------

STANDARD = "Standard"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([fare(31_000)], [30_000, 31_000]),
        ([fare(31_000), fare(32_000, fare_name=STANDARD)], [30_000, 31_000]),
        ([fare(33_000, fare_name=STANDARD), fare(34_000)], [30_000, 33_000]),
        ([fare(33_000, fare_name=STANDARD)], [30_000, 33_000]),
        ([fare(seats=1), fare(33_000, fare_name=STANDARD)], [30_000, 33_000]),
        ([fare(40_500)], [30_000]),
        ([fare(), fare(33_000, fare_name=STANDARD)], [30_000]),
    ],
)
@pytest.mark.parametrize("writes", ["at once", "at the end"])
def test_the_search_that_makes_a_waiting_message_untrue_writes_the_next_one(
    store: Store, found: list[AwardOfferItem], expected: list[int], writes: str
) -> None:
    add_channel(store)
    watch = a_watch(min_seats=2)
    Crawl(store, watch).search(fare(), fare(35_000, fare_name=STANDARD))
    crawl = Crawl(store, watch)
    search = make_search(kind="itinerary")
    for offer in found:
        crawl.add(offer, search, hours=1)
        if writes == "at once":
            crawl.recorder.flush()
    crawl.process(make_report(search.id, search=search, requested_at=NOW + HOUR))
    crawl.recorder.flush()
    valid = [row_id for (row_id,) in crawl.rows("id") if row_id not in stale_notes(store)]
    assert [miles for row_id, miles in crawl.rows("id", "miles") if row_id in (1, *valid)] == expected


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


def test_flights_stay_silent_after_the_price_of_their_day_was_sent_and_has_ended(store: Store) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch(notify={"unconfirmed": "label"}))
    crawl.search(make_offer(miles=30_000), kind="calendar")
    set_status(store, "sent")
    crawl.search(fare(), hours=1)
    crawl.search(make_offer(miles=60_000), kind="calendar", hours=2)
    crawl.search(fare(), hours=3)
    assert sent(crawl) == [("matched", 30_000)]
    crawl.search(hours=4)
    crawl.search(fare(), hours=5)
    assert sent(crawl) == [("matched", 30_000)] * 2


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


def test_the_end_of_a_crawl_releases_the_messages_of_killed_ones_of_its_program(store: Store) -> None:
    add_channel(store)
    runs = {}
    for name, program, watch in (
        ("killed", "united", "Austin"),
        ("delta", "delta", "Other"),
        ("now", "united", "Last"),
    ):
        runs[name] = start_run(store, program=program, spider=program, job=None, arguments={}, now=NOW)
        crawl = Crawl(store, a_watch(watch), settings=SETTINGS | {"AWARD_ALERT_WAIT_MINUTES": "30"})
        crawl.recorder.run_id = runs[name]
        crawl.search(fare())
        if name == "killed":
            end_run(store, runs[name], finish_reason="killed", stats={}, now=NOW)
    assert release_rows(store, runs["now"], NOW + HOUR / 4) == 2
    due = {watch: at - NOW for watch, at in crawl.rows("watch_key", "next_attempt_at")}
    assert due == {"Austin": HOUR / 4, "Last": HOUR / 4, "Other": HOUR / 2}


@pytest.mark.parametrize("deal", list(DealClass))
def test_the_best_deals_do_not_wait_after_the_first_message_about_a_watch(store: Store, deal: DealClass) -> None:
    add_channel(store)
    crawl = Crawl(store, a_watch(), settings=SETTINGS | {"AWARD_ALERT_WAIT_MINUTES": "30"})

    def row() -> OutboxRow:
        judgment = Judgment(deal_class=deal, miles=30_000, judged_at=NOW)
        [found] = crawl._steps[-1]._enqueuer.offer_rows(fare(), [_alert()], NOW, judgment=judgment)
        return found

    assert row().next_attempt_at == NOW + HOUR / 2
    write_batch(store, Batch(outbox=[row()]))
    set_status(store, "sent")
    is_best = deal in (DealClass.RECORD_LOW, DealClass.EXCEPTIONAL)
    assert row().next_attempt_at == NOW + (timedelta(0) if is_best else HOUR / 2)
    assert row().body["deal_class"] == deal


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
@example(
    [("found", [(20_000, "Saver", 4)]), ("found", [(28_000, "Saver", 4), (20_000, "Standard", 4)])]
    + [("found", [(28_000, "Saver", 4)])] * 2
)
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
    """Compare the match and the messages with a model of the rules; afterwards, nothing may be missing."""
    model = _Model()
    last: list[Any] = [(30_000, "Saver", 4)]
    for hours, (kind, fares) in enumerate(steps, 1):
        if kind in ("rejected", "canceled"):
            set_status(store, kind)
            model.waiting.clear()
        elif kind == "sent":
            assert _deliver(store, hours) == model.deliver()
        elif kind in ("failed", "incomplete"):
            search = make_search(kind="itinerary")
            values = {"outcome": Outcome.FAILED, "reason": Reason.BLOCKED} if kind == "failed" else {"invalid": 1}
            crawl = Crawl(store, a_watch())
            before = len(crawl.rows("id"))
            crawl.process(make_report(search.id, search=search, requested_at=NOW + hours * HOUR, **values))
            crawl.recorder.flush()
            assert len(crawl.rows("id")) == before
            assert model.active is any(row[1] is None for row in state(store))
        else:
            _check_crawl(store, model, fares, hours)
            last = fares or last
    for hours in range(len(steps) + 1, len(steps) + 3):
        _check_crawl(store, model, last, hours)
        assert _deliver(store, hours) == model.deliver()
    assert _check_crawl(store, model, last, len(steps) + 3) == []
    if best := min((miles for miles, _, seats in last if miles <= LIMIT and seats != 0), default=None):
        assert model.delivered is not None, "a missed first alert"
        assert best * 100 > model.delivered * 95, "a missed drop"


def _check_crawl(store: Store, model: _Model, fares: list[Any], hours: int) -> list[tuple[str, int]]:
    """Compare the rows that a crawl writes with those of the model, and return them."""
    crawl = Crawl(store, a_watch())
    before = len(crawl.rows("id"))
    taxes = Money(Decimal("5.60"), "USD")
    crawl.search(*(fare(miles, fare_name=name, seats=seats, taxes=taxes) for miles, name, seats in fares), hours=hours)
    rows = sent(crawl)[before:]
    assert rows == model.crawl(fares)
    assert model.active is any(row[1] is None for row in state(store))
    return rows


def _deliver(store: Store, hours: int) -> list[int]:
    """Cancel the messages that wait and are no longer true, send the others, and return their prices."""
    now = NOW + hours * HOUR
    pending = select(*CLAIMED_COLUMNS).where(outbox.c.status == "pending").order_by(outbox.c.id)
    with store.writing() as connection:
        rows = [claimed_row(row) for row in connection.execute(pending).mappings()]
        true = cancel_stale(connection, rows, now, None)
    set_status(store, "sent")
    return [row.miles or 0 for row in true]


class _Model:
    """The fares of the last complete search, the match, the last delivered price and the messages that wait."""

    def __init__(self) -> None:
        self.stored: dict[str, tuple[int, int | None]] = {}  # price and seats by fare
        self.active = False
        self.delivered: int | None = None
        self.waiting: list[tuple[str, int]] = []  # fare and price

    def crawl(self, fares: list[Any]) -> list[tuple[str, int]]:
        """Return the events of a complete search, with their prices."""
        blocking = [(name, miles) for name, miles in self.waiting if self._price(name) <= miles]
        rows = []
        for miles, name, seats in fares:
            if miles > LIMIT or seats == 0:
                continue
            if not self.active:
                self.active, self.delivered, self.waiting, blocking = True, None, [], []
            if blocking and miles >= blocking[-1][1]:
                continue
            if self.delivered is not None and miles * 100 > self.delivered * 95:
                continue
            rows.append(("matched" if self.delivered is None else "dropped", miles))
            blocking.append((name, miles))
            self.waiting.append((name, miles))
        self.stored = {name: (miles, seats) for miles, name, seats in fares}
        if not any(miles <= LIMIT * 1.05 and seats != 0 for miles, seats in self.stored.values()):
            self.active = False
        return [*rows, *self._replaced()]

    def _replaced(self) -> list[tuple[str, int]]:
        """Return the event about the best fare that matches, if a message that waits is not true any more."""
        matching = [(miles, name) for name, (miles, seats) in self.stored.items() if miles <= LIMIT and seats != 0]
        true = [(name, miles) for name, miles in self.waiting if self._is_true(name, miles)]
        if not matching or len(true) == len(self.waiting):
            return []
        miles, name = min(matching)
        if (true and miles >= true[-1][1]) or (self.delivered is not None and miles * 100 > self.delivered * 95):
            return []
        self.waiting.append((name, miles))
        return [("matched" if self.delivered is None else "dropped", miles)]

    def deliver(self) -> list[int]:
        """Return the prices of the messages that are sent: at most one, the best that is still true."""
        true = [miles for name, miles in self.waiting if self.active and self._is_true(name, miles)]
        self.waiting.clear()
        self.delivered = min(true, default=self.delivered)
        return [min(true)] if true else []

    def _is_true(self, name: str, miles: int) -> bool:
        return self._price(name) <= miles and self.stored[name][1] != 0

    def _price(self, name: str) -> float:
        """Return the stored price of a fare; one that is gone is above every price."""
        return self.stored[name][0] if name in self.stored else float("inf")
