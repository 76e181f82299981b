"""The alert rules: every row of the tables of docs/alerts.md, and any sequence of searches and deliveries."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awardspider.deals.rules import (
    Evidence,
    Observation,
    begin_time,
    best_observation,
    due_event,
    gone_note_is_due,
    is_drop,
    is_due_at_once,
    next_state,
    observation_of,
)
from awardspider.items import AwardOfferItem, EventType
from awardspider.search.judgments import DealClass
from awardspider.search.match_states import (
    ChannelMessages,
    EndReason,
    MatchState,
    Message,
    Variant,
    messages_since,
    variant_of,
)
from awardspider.search.matching import match
from awardspider.search.watches import Watch
from tests.support.matching_examples import NOW, judgment, offer
from tests.support.paths import ROOT
from tests.support.watch_examples import make_watch

PAGE = ROOT / "docs" / "alerts.md"
HOUR = timedelta(hours=1)
LIMIT = 40_000
WATCH = make_watch(max_miles=LIMIT, min_seats=2)
DEAL_WATCH = make_watch(deal=DealClass.GOOD)
ACTIVE = MatchState(since=NOW, offer_id=offer().offer_id, miles=LIMIT)
ENDED = MatchState(since=NOW, offer_id="0", miles=LIMIT, ended_at=NOW + HOUR, end_reason=EndReason.PRICE)


def table(name: str) -> list[list[str]]:
    """Return the cells of a table of the page, without its head."""
    text = PAGE.read_text(encoding="utf-8")
    rows = text.partition(f"<!-- {name} -->")[2].partition(f"<!-- end of {name} -->")[0].strip().splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def seen(
    watch: Watch, *offers: AwardOfferItem, deal: DealClass | None = None, contradicted: bool = False
) -> Observation:
    """Return what a complete search shows, by comparing its offers with a watch."""
    if contradicted:
        return Observation(Evidence.OPEN, offers[0].offer_id)
    observations = []
    for each in offers:
        judged = None if deal is None else judgment(deal, miles=each.miles)
        found = match(watch, each, now=NOW, judgment=judged)
        observations.append(observation_of(found, each, variant_of(each, each.miles), ACTIVE))
    return best_observation(observations)


ELSEWHERE = make_watch(destination="ORD", max_miles=LIMIT)
#: What a complete search shows, by the words of the table.
SHOWN: dict[str, Observation] = {
    "an offer matches": seen(WATCH, offer()),
    "nothing that matches": seen(WATCH, offer(miles=50_000)),
    "an offer matches at the same price": seen(WATCH, offer()),
    "an offer matches at a higher price": seen(make_watch(), offer(miles=60_000)),
    "a price below the last recorded one by less than `min_drop`": seen(WATCH, offer(miles=38_001)),
    "a price below the last recorded one by `min_drop` or more": seen(WATCH, offer(miles=38_000)),
    "a lower price that is a new record low": seen(WATCH, offer(miles=39_999)),
    "a price above the limit by at most 5 percent": seen(WATCH, offer(miles=42_000)),
    "a price above the limit by more than 5 percent": seen(WATCH, offer(miles=42_001)),
    "too few seats": seen(WATCH, offer(seats=1)),
    "a class that is not good enough, at most 5 percent above the last recorded price": seen(
        DEAL_WATCH, offer(miles=42_000), deal=DealClass.USUAL
    ),
    "a class that is not good enough, at a higher price than that": seen(
        DEAL_WATCH, offer(miles=42_001), deal=DealClass.USUAL
    ),
    "a class or value of a point that is unknown now": seen(DEAL_WATCH, offer(miles=90_000), deal=DealClass.UNKNOWN),
    "a calendar contradicts the flights": seen(WATCH, offer(), contradicted=True),
    "dates or places that the watch no longer has": seen(ELSEWHERE, offer()),
    "no offer of the flights": seen(WATCH),
    "one fare is gone, another one matches": seen(WATCH, offer(miles=90_000), offer(fare_name="other")),
}


@pytest.mark.parametrize(("state", "shown", "new", "recorded"), table("states"))
def test_each_row_of_the_table_of_states(state: str, shown: str, new: str, recorded: str) -> None:
    before = {"none": None, "active": ACTIVE, "ended": ENDED}[state]
    at = NOW + 2 * HOUR
    found = next_state(before, SHOWN[shown], at, min_drop=5, is_record_low="record low" in shown)
    assert (found.event_type or "") == recorded.strip("`")
    kind, _, reason = new.partition(": ")
    if kind == "none":
        assert found.state is None
    else:
        assert found.state is not None
        assert found.state.is_active is (kind == "active")
        assert found.state.since == (at if recorded == "`offer.matched`" else NOW)
        if kind == "ended":
            assert found.state.end_reason == (reason or EndReason.PRICE)


def test_the_tables_have_every_case() -> None:
    assert {row[1] for row in table("states")} == SHOWN.keys()
    assert len(table("messages")) >= 17


def message(text: str, *, waiting: bool) -> Message | None:
    if text == "none":
        return None
    found = variant(text)
    return Message(found, "id", found.price, NOW, waiting)


def variant(text: str) -> Variant:
    number = re.match(r"[0-9,]+", text)
    miles = 30_000 if text == "any price" else int(number[0].replace(",", "")) if number else None
    return Variant(miles is None, miles or 0, "a copy" in text, 2 if "for two" in text else 1)


@pytest.mark.parametrize(("delivered", "waiting", "shown", "expected"), table("messages"))
def test_each_row_of_the_table_of_messages(delivered: str, waiting: str, shown: str, expected: str) -> None:
    last = message(delivered, waiting=False)
    if shown.endswith(", direct") and last is not None:
        last = last._replace(variant=last.variant._replace(is_copy=True))
    messages = ChannelMessages(last, message(waiting, waiting=True))
    found = due_event(messages, variant(shown), min_drop=5, is_record_low="record low" in shown)
    assert (found.event_type if found else "none") == expected.strip("`")
    if found and found.event_type is EventType.OFFER_DROPPED:
        assert found.previous_miles == 30_000


@pytest.mark.parametrize(
    ("miles", "last", "min_drop", "expected"),
    [
        (28_500, 30_000, 5, True),
        (28_501, 30_000, 5, False),
        (29_999, 30_000, 0, True),
        (30_000, 30_000, 0, False),
        (3_001, 30_000, 90, False),
        (3_000, 30_000, 90, True),
        (None, 30_000, 5, False),
        (28_000, None, 5, False),
    ],
)
def test_a_drop_is_a_share_of_the_last_price(
    miles: int | None, last: int | None, min_drop: int, expected: bool
) -> None:
    assert is_drop(miles, last, min_drop=min_drop, is_record_low=False) is expected


def test_only_messages_since_the_match_began_count_and_not_those_that_will_be_canceled() -> None:
    best = Variant(False, 30_000, False, 1)
    old = Message(best, "1", 30_000, NOW - HOUR, False)
    outdated = Message(best, "2", 30_000, NOW, True, is_outdated=True)
    delivered = Message(best, "3", 30_000, NOW, False)
    waiting = Message(best, "4", 30_000, NOW + HOUR, True)
    assert messages_since([old, outdated], NOW) == ChannelMessages()
    assert messages_since([old, outdated, delivered, waiting], NOW) == ChannelMessages(delivered, waiting)


@pytest.mark.parametrize(
    ("deal", "expected"),
    [
        (DealClass.RECORD_LOW, True),
        (DealClass.EXCEPTIONAL, True),
        (DealClass.GOOD, False),
        (DealClass.UNKNOWN, False),
    ],
)
def test_only_the_best_deals_do_not_wait_for_the_end_of_the_crawl(deal: DealClass, expected: bool) -> None:
    assert is_due_at_once(judgment(deal, miles=30_000), 30_000) is expected
    assert not is_due_at_once(judgment(deal, miles=30_000), 31_000)
    assert not is_due_at_once(None, 30_000)


@pytest.mark.parametrize(
    ("reason", "hours", "delivered", "enabled", "expected"),
    [
        (EndReason.GONE, 24, True, True, True),
        (EndReason.GONE, 25, True, True, False),
        (EndReason.GONE, 1, False, True, False),
        (EndReason.GONE, 1, True, False, False),
        (EndReason.PRICE, 1, True, True, False),
        (EndReason.OTHER, 1, True, True, False),
    ],
)
def test_notes_about_gone_flights(
    reason: EndReason, hours: int, delivered: bool, enabled: bool, expected: bool
) -> None:
    sent = Message(Variant(False, 30_000, False, 1), "1", 30_000, NOW, False)
    ended = MatchState(since=NOW, offer_id="1", miles=30_000, ended_at=NOW + hours * HOUR, end_reason=reason)
    messages = ChannelMessages(sent if delivered else None)
    assert gone_note_is_due(messages, ended, is_enabled=enabled) is expected


# ---- any sequence ----------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("found"), st.integers(30, 46).map(lambda number: number * 1000)),
        st.tuples(st.sampled_from(["empty", "failed", "sent", "rejected", "canceled"]), st.just(0)),
        st.tuples(st.just("clock"), st.integers(-48, 48)),
    ),
    max_size=25,
)


@given(STEPS)
def test_any_sequence_alerts_once_for_each_reason_and_misses_none(steps: list[tuple[str, int]]) -> None:
    """A reason is the begin of a match, or a drop of 5 percent below the last delivered price."""
    state: MatchState | None = None
    log: list[Message] = []  # what was delivered or waits
    at = NOW
    for kind, value in steps:
        at += HOUR
        if kind == "clock":
            at = max(at + value * HOUR, NOW)
        elif kind in ("sent", "rejected", "canceled"):
            log = [
                each._replace(is_waiting=False) if each.is_waiting else each
                for each in log
                if kind == "sent" or not each.is_waiting
            ]
        elif kind in ("found", "empty"):  # a failed search has no observations
            found = seen(WATCH, *([offer(miles=value)] if kind == "found" else []))
            was_active = state is not None and state.is_active
            began = at if was_active else begin_time(at, log)
            before, state = state, next_state(state, found, began, min_drop=5).state
            if found.evidence is not Evidence.MATCHED:
                is_near = kind == "found" and value <= LIMIT * 1.05
                if is_near or before is None or not before.is_active:
                    assert state == before
                else:
                    assert state == replace(
                        before,
                        ended_at=began,
                        end_reason=EndReason.PRICE if kind == "found" else EndReason.GONE,
                    )
                continue
            assert state is not None
            assert state.is_active
            assert found.variant is not None
            if not was_active:  # whatever the clock does, the first message of a match is due
                assert messages_since(log, state.since) == ChannelMessages()
            messages = messages_since(log, state.since)
            due = due_event(messages, found.variant, min_drop=5)
            if due is None:
                assert messages != ChannelMessages()  # never a missed first one
            else:
                last = messages.delivered
                if due.event_type is EventType.OFFER_MATCHED:
                    assert last is None
                    assert messages.waiting is None or value < (messages.waiting.miles or 0)
                else:
                    assert last is not None
                    assert value * 100 <= (last.miles or 0) * 95
                log = [each for each in log if not each.is_waiting]
                log.append(Message(found.variant, "id", value, max(at, state.since), True))
