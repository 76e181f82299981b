"""The activity of watches: current matches, messages by status, and the searches of routes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from awardspider.items import AwardOfferItem, EventType
from awardspider.outcomes import Outcome, Reason
from awardspider.search.match_states import EndReason, MatchState
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import write_batch
from awardspider.storage.matches import StoredMatch, new_match
from awardspider.storage.outbox import DeliveryStatus, OutboxRow, insert_rows
from awardspider.storage.store import Store
from awardspider.storage.watch_activity import (
    MOST_MATCHES,
    MOST_MESSAGES,
    current_matches,
    route_searches,
    watch_activity,
)
from tests.support.storage_examples import DAY, NOW, make_batch, make_offer, make_report, make_search

DAY_LATER = NOW + timedelta(days=1)
MAX_AGE = timedelta(hours=48)


def matched(watch_id: str, offer: AwardOfferItem, **changes: object) -> StoredMatch:
    values: dict[str, object] = {"since": NOW, "offer_id": offer.offer_id, "miles": offer.miles}
    return new_match(watch_id, offer, MatchState(**(values | changes)))  # type: ignore[arg-type]


def test_matches_are_counted_while_their_offers_are_current(store: Store) -> None:
    offers = [make_offer(departure_date=DAY + timedelta(number), miles=9_000 + number) for number in range(3)]
    matches = [matched("one", offer) for offer in offers[:2]]
    matches.append(matched("one", offers[2], ended_at=NOW, end_reason=EndReason.PRICE))
    write_batch(store, make_batch(*offers, matches={match.key: match for match in matches}))
    activity = watch_activity(store, ["one", "two"], now=DAY_LATER, max_age=MAX_AGE)
    assert (activity["one"].matches, activity["two"].matches) == (2, 0)
    assert activity["one"].best is not None
    assert activity["one"].best.miles == 9_000
    assert [each.miles for each in current_matches(store, "one", now=DAY_LATER, max_age=MAX_AGE, limit=5)] == [
        9_000,
        9_001,
    ]
    assert len(current_matches(store, "one", now=DAY_LATER, max_age=MAX_AGE, limit=1)) == 1
    assert watch_activity(store, ["one"], now=DAY_LATER + MAX_AGE, max_age=MAX_AGE)["one"].matches == 0


def test_an_offer_without_a_price_is_never_the_best(store: Store) -> None:
    offers = make_offer(miles=None), make_offer(departure_date=DAY + timedelta(1), miles=80_000)
    matches = [matched("one", offer) for offer in offers]
    write_batch(store, make_batch(*offers, matches={match.key: match for match in matches}))
    best = watch_activity(store, ["one"], now=DAY_LATER, max_age=MAX_AGE)["one"].best
    assert best is not None
    assert best.miles == 80_000


def test_messages_are_counted_by_status(store: Store) -> None:
    offer = make_offer()
    alert = Alert(
        watch_id="one", offer_id=offer.offer_id, miles=9_000, created_at=NOW, event_type=EventType.OFFER_MATCHED
    )
    rows = [
        OutboxRow(
            key=str(number), channel="phone", event_type=EventType.OFFER_MATCHED, subject=offer.offer_id, body={},
            created_at=NOW, watch_key=watch_id,
        )
        for number, watch_id in enumerate(("one", "one", "two", None))
    ]  # fmt: skip
    write_batch(store, make_batch(offer, alerts=[alert]))
    with store.writing() as connection:
        insert_rows(connection, rows)
    activity = watch_activity(store, ["one"], now=DAY_LATER, max_age=MAX_AGE)["one"]
    assert activity.messages == {DeliveryStatus.PENDING: 2}
    assert activity.alerted_at == NOW
    assert not activity.has_more_messages


def test_long_lists_are_not_counted_to_their_end(store: Store) -> None:
    offers = [make_offer(departure_date=DAY + timedelta(number)) for number in range(MOST_MATCHES + 1)]
    matches = [matched("one", offer) for offer in offers]
    write_batch(store, make_batch(*offers, matches={match.key: match for match in matches}))
    row = OutboxRow(
        key="0", channel="phone", event_type=EventType.OFFER_MATCHED, subject="x", body={}, created_at=NOW,
        watch_key="one",
    )  # fmt: skip
    with store.writing() as connection:
        insert_rows(connection, [replace(row, key=str(number)) for number in range(MOST_MESSAGES + 1)])
    activity = watch_activity(store, ["one"], now=DAY_LATER, max_age=MAX_AGE)["one"]
    assert (activity.matches, activity.has_more_matches, activity.best) == (MOST_MATCHES, True, None)
    assert activity.has_more_messages


@pytest.mark.parametrize(
    ("current", "shown", "best"),
    [
        (0, (0, False), None),
        (3, (3, False), 9_000),
        (MOST_MATCHES, (MOST_MATCHES, False), 9_000),
        (MOST_MATCHES + 10, (MOST_MATCHES, True), None),
    ],
)
def test_outdated_matches_are_not_counted_however_many_there_are(
    store: Store, current: int, shown: tuple[int, bool], best: int | None
) -> None:
    offers = [
        make_offer(
            departure_date=DAY + timedelta(number),
            miles=9_000 + number if number < current else 5_000,
            seen_at=NOW if number < current else NOW - timedelta(days=9),
        )
        for number in range(current + 4 * MOST_MATCHES)
    ]
    matches = [matched("one", offer) for offer in offers]
    write_batch(store, make_batch(*offers, matches={match.key: match for match in matches}))
    activity = watch_activity(store, ["one"], now=NOW, max_age=MAX_AGE)["one"]
    assert (activity.matches, activity.has_more_matches) == shown
    assert (activity.best.miles if activity.best else None) == best
    assert bool(activity.matches) == bool(current_matches(store, "one", now=NOW, max_age=MAX_AGE, limit=1))


def test_watches_of_several_statements_are_counted_separately(store: Store) -> None:
    offers = [make_offer(departure_date=DAY + timedelta(number), miles=9_000 + number) for number in range(45)]
    matches = [matched(f"watch {number}", offer) for number, offer in enumerate(offers)]
    write_batch(store, make_batch(*offers, matches={match.key: match for match in matches}))
    activity = watch_activity(store, [f"watch {number}" for number in range(46)], now=DAY_LATER, max_age=None)
    assert [each.matches for each in activity.values()] == [1] * 45 + [0]
    assert [each.best.miles for each in activity.values() if each.best] == list(range(9_000, 9_045))


def test_searches_of_routes_are_counted_by_outcome(store: Store) -> None:
    reports = [
        make_report("found", outcome=Outcome.FOUND, requested_at=NOW),
        make_report("failed", outcome=Outcome.FAILED, reason=Reason.BLOCKED, requested_at=NOW - timedelta(hours=1)),
        make_report("old", outcome=Outcome.EMPTY, requested_at=NOW - timedelta(days=9)),
        make_report("elsewhere", search=make_search(origin="SFO"), outcome=Outcome.EMPTY, requested_at=NOW),
    ]
    write_batch(store, make_batch(reports=reports))
    programs = {"united": ["united"], "delta": ["delta"]}
    found = route_searches(store, programs, ["LAX"], ["AUS"], since=NOW - timedelta(days=7))
    assert found.outcomes == {Outcome.FOUND: 1, Outcome.FAILED: 1}
    assert found.last_at == NOW
    nothing = route_searches(store, {"delta": ["delta"]}, ["LAX"], ["AUS"], since=NOW - timedelta(days=7))
    assert (nothing.outcomes, nothing.last_at) == ({}, None)


def test_a_search_with_an_offer_that_could_not_be_read_counts_as_failed(store: Store) -> None:
    reports = [
        make_report("incomplete", outcome=Outcome.EMPTY, invalid=3, requested_at=NOW),
        make_report("failed", outcome=Outcome.FAILED, reason=Reason.BLOCKED, requested_at=NOW - timedelta(hours=1)),
        make_report("empty", outcome=Outcome.EMPTY, requested_at=NOW - timedelta(hours=2)),
    ]
    write_batch(store, make_batch(reports=reports))
    found = route_searches(store, {"united": ["united"]}, ["LAX"], ["AUS"], since=NOW - timedelta(days=7))
    assert found.outcomes == {Outcome.FAILED: 2, Outcome.EMPTY: 1}
    assert found.last_at == NOW


def test_searches_for_another_program_of_a_source_are_not_counted(store: Store) -> None:
    hour = timedelta(hours=1)
    searches = {"delta": NOW, "united": NOW - hour, "": NOW - 2 * hour}
    reports = [
        make_report(
            f"search {target}",
            search=make_search(program="seatsaero", target_program=target),
            outcome=Outcome.EMPTY,
            requested_at=requested_at,
        )
        for target, requested_at in searches.items()
    ]
    write_batch(store, make_batch(reports=reports))

    def found(programs: dict[str, list[str]]) -> tuple[int, datetime | None]:
        some = route_searches(store, programs, ["LAX"], ["AUS"], since=NOW - timedelta(days=7))
        return some.outcomes[Outcome.EMPTY], some.last_at

    assert found({"seatsaero": ["united", "delta"]}) == (3, NOW)
    assert found({"seatsaero": ["united"], "delta": ["delta"]}) == (2, NOW - hour)
    assert found({"seatsaero": []}) == (1, NOW - 2 * hour)
    assert found({}) == (0, None)
