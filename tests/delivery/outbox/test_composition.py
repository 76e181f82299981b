"""The composition of messages, as properties of any due rows and quotas."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from awardspider.deals.ranking import best_first, body_facts
from awardspider.delivery.messages.events import DigestKind
from awardspider.delivery.outbox.combining import watch_summary
from awardspider.delivery.outbox.composition import (
    MAX_OWN_MESSAGES,
    ComposedMessage,
    WatchQuota,
    compose_messages,
)
from awardspider.delivery.outbox.findings import findings_of_watches
from awardspider.items import EventType, Priority
from awardspider.search.exchange_rates import shipped_rates
from awardspider.search.judgments import TOP_CLASSES, DealClass
from awardspider.storage.claims import ClaimedRow
from tests.support.storage_examples import DAY, NOW

RATES = shipped_rates()
WATCHES = ("a", "b", "c", "d")


def make_row(row_id: int, watch: str, flight: int, miles: int, **fields: Any) -> ClaimedRow:
    day: date = fields.pop("day", DAY)
    body = {
        "type": "offer.matched",
        "id": str(row_id),
        "program": "united",
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": day.isoformat(),
        "cabin": "economy",
        "flights": f"UA{flight}",
        "miles": miles,
        "taxes": "5.60",
        "taxes_currency": "USD",
        "seen_at": NOW.isoformat(),
        "watches": [watch],
        "watch_ids": [watch],
    }
    return ClaimedRow(
        id=row_id,
        key=f"key {row_id}",
        channel="phone",
        event_type=EventType.OFFER_MATCHED,
        subject=f"1{flight}-{day}-{miles}",
        body=body | fields,
        created_at=NOW,
        priority=Priority.NORMAL,
        watch_key=watch,
        flight_key=f"{flight}-{day}",
        miles=miles,
        notify_prefs={"digest_size": 3},
        message_key=None,
        attempt_count=0,
    )


@st.composite
def due_rows(draw: st.DrawFn) -> list[ClaimedRow]:
    """Return rows of several watches; flights at one price have one deal class."""
    classes = draw(st.lists(st.sampled_from((*DealClass, None)), min_size=6, max_size=6))
    values = st.tuples(
        st.sampled_from(WATCHES), st.integers(1, 6), st.sampled_from((10_000, 20_000)), st.integers(0, 2)
    )
    rows = []
    for number, (watch, flight, miles, days) in enumerate(draw(st.lists(values, min_size=1, max_size=25))):
        deal_class = classes[(flight + miles // 10_000) % 6]
        fields = {"deal_class": deal_class.value} if deal_class else {}
        rows.append(make_row(number, watch, flight, miles, day=DAY + timedelta(days=days), **fields))
    return rows


QUOTAS = st.permutations(WATCHES).flatmap(
    lambda order: st.fixed_dictionaries(
        {watch: st.builds(WatchQuota, left=st.integers(1, 5), is_first=st.booleans()) for watch in order}
    )
)


def named(message: ComposedMessage) -> set[str]:
    return {row.watch_key or "" for row in message.rows}


def is_top(message: ComposedMessage) -> bool:
    """Return True if all flights of a message are top deals."""
    bodies = [flight.shown.body for flight in findings_of_watches(message.rows)]
    return all(body_facts(body).deal_class in TOP_CLASSES for body in bodies)


@given(due_rows(), QUOTAS)
def test_each_row_is_in_one_message_and_no_watch_exceeds_its_cap(
    rows: list[ClaimedRow], quotas: dict[str, WatchQuota]
) -> None:
    messages = compose_messages(rows, quotas, RATES)
    assert sorted(row.id for message in messages for row in message.rows) == [row.id for row in rows]
    counts = Counter(watch for message in messages for watch in named(message))
    assert all(counts[watch] <= quotas[watch].left for watch in quotas)
    assert all(message.watch_key in named(message) for message in messages)


@given(due_rows(), QUOTAS)
def test_a_watch_has_one_summary_and_few_messages_of_top_deals(
    rows: list[ClaimedRow], quotas: dict[str, WatchQuota]
) -> None:
    messages = compose_messages(rows, quotas, RATES)
    for watch, quota in quotas.items():
        own = [message for message in messages if message.watch_key == watch]
        plain = [message for message in own if not is_top(message)]
        assert len(own) <= MAX_OWN_MESSAGES + 1
        assert len(plain) <= 1
        kinds = {message.kind for message in own} - {None}
        assert kinds <= {DigestKind.CRAWL, DigestKind.FIRST}
        if kinds == {DigestKind.FIRST}:
            assert quota.is_first
            assert len(own) == 1


@given(due_rows(), QUOTAS)
def test_a_single_message_is_about_one_flight(rows: list[ClaimedRow], quotas: dict[str, WatchQuota]) -> None:
    for message in compose_messages(rows, quotas, RATES):
        flights = findings_of_watches(message.rows)
        assert (len(flights) == 1) == (not message.kind)


@given(due_rows(), QUOTAS)
def test_a_flight_is_shown_again_only_to_keep_a_cap(rows: list[ClaimedRow], quotas: dict[str, WatchQuota]) -> None:
    generous = {watch: WatchQuota(left=100, is_first=quota.is_first) for watch, quota in quotas.items()}
    messages = compose_messages(rows, generous, RATES)
    keys = [flight.key for message in messages for flight in findings_of_watches(message.rows)]
    assert sorted(map(repr, keys)) == sorted({repr(key) for key in keys})


@given(due_rows(), QUOTAS)
def test_a_summary_shows_the_best_and_counts_the_others(rows: list[ClaimedRow], quotas: dict[str, WatchQuota]) -> None:
    for message in compose_messages(rows, quotas, RATES):
        body = watch_summary("phone", message.watch_key, message.rows, NOW, RATES, kind=DigestKind.CRAWL).body
        flights = findings_of_watches(message.rows)
        dates = sum(len(offer.get("dates") or [""]) for offer in body["offers"])
        assert dates + body["more"] == len(flights)
        assert len(body["offers"]) <= 3
        assert body["watches"][0] == message.watch_key
        bodies = [flight.shown.body for flight in flights]
        best = body_facts(best_first(bodies, body_facts, RATES)[0])
        first = body_facts(body["offers"][0])
        assert (first.deal_class, first.miles) == (best.deal_class, best.miles)
