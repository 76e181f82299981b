"""The alert rules: when a match of a watch and flights begins and ends, and what a channel is notified of.

All functions are pure. docs/alerts.md draws the states and has a table of every case; a test runs each of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from awardspider.items import AwardOfferItem, EventType
from awardspider.search.judgments import TOP_CLASSES, DealClass, Judgment
from awardspider.search.match_states import ChannelMessages, EndReason, MatchState, Message, Variant
from awardspider.search.matching import Match, may_alert
from awardspider.search.misses import Criterion, Miss

#: A match ends only if a price is above a limit by more than this share. So a price that moves around the limit causes
#: one alert.
MARGIN = 0.05
#: A note that an offer is gone is sent only if its message is not older.
GONE_NOTE_WITHIN = timedelta(hours=24)

_NEXT = timedelta(microseconds=1)  # the resolution of stored times
_PRICE_LIMITS = frozenset(
    {
        Criterion.MAX_MILES,
        Criterion.MAX_TRIP_MILES,
        Criterion.MAX_POINTS,
        Criterion.MAX_TAXES,
        Criterion.MAX_TRIP_TAXES,
    }
)
_END_REASONS = {
    **dict.fromkeys(_PRICE_LIMITS, EndReason.PRICE),
    Criterion.MIN_SEATS: EndReason.SEATS,
    Criterion.DEAL: EndReason.DEAL,
    Criterion.MIN_CPP: EndReason.DEAL,
}


class Evidence(StrEnum):
    """Kinds of evidence about a match, the best first: the best one of all fares of the flights counts."""

    MATCHED = "matched"  # an offer meets every criterion
    NEAR = "near"  # an offer misses by less than the margin, or does not say enough
    OPEN = "open"  # a calendar contradicts the only offers: their search decides
    MISSED = "missed"  # every offer misses by more
    GONE = "gone"  # no offer of the flights is left


class Observation(NamedTuple):
    """The evidence of one search or offer, with the offer that gives it."""

    evidence: Evidence
    offer_id: str = ""
    variant: Variant | None = None
    reason: EndReason | None = None


# ---- begin and end of a match ----------------------------------------------------------------------------------------


def observation_of(found: Match, offer: AwardOfferItem, variant: Variant, state: MatchState | None) -> Observation:
    """Return what a live offer says about a match, by its comparison with the watch."""
    offer_id = offer.offer_id
    if may_alert(found, offer):
        return Observation(Evidence.MATCHED, offer_id, variant)
    misses = [miss for miss in found.reasons if not miss.is_unknown]
    if all(_is_near(miss, variant, state) for miss in misses):
        return Observation(Evidence.NEAR, offer_id, variant)
    return Observation(Evidence.MISSED, offer_id, variant, end_reason(misses))


def _is_near(miss: Miss, variant: Variant, state: MatchState | None) -> bool:
    """Return whether a miss is too small to end a match."""
    if miss.criterion in _PRICE_LIMITS or miss.criterion is Criterion.MIN_CPP:
        return miss.distance <= MARGIN
    if miss.criterion is Criterion.DEAL and state is not None:
        price, last = variant.price, state.miles
        return price is not None and last is not None and price <= last * (1 + MARGIN)
    return False


def end_reason(misses: Iterable[Miss]) -> EndReason:
    """Return the reason why a match ends: OTHER if any criterion besides price, seats and deal is missed."""
    reasons = {_END_REASONS.get(miss.criterion, EndReason.OTHER) for miss in misses}
    order = (EndReason.OTHER, EndReason.SEATS, EndReason.PRICE, EndReason.DEAL)
    return next((reason for reason in order if reason in reasons), EndReason.OTHER)


def best_observation(observations: Iterable[Observation]) -> Observation:
    """Return the observation that decides about flights: that of the best evidence. Without offers, they are gone."""
    order = list(Evidence)
    best: Observation | None = None
    for each in observations:
        if best is None or _observation_order(each, order) < _observation_order(best, order):
            best = each
    return best or Observation(Evidence.GONE, reason=EndReason.GONE)


def _observation_order(each: Observation, order: list[Evidence]) -> tuple[int, Variant, str]:
    return order.index(each.evidence), each.variant or Variant(True, 0, True, 0), each.offer_id


def begin_time(at: datetime, messages: Iterable[Message]) -> datetime:
    """Return when a match begins that is true at `at`: after all messages about earlier matches of the same flights.

    Messages belong to a match by their times, and a clock can go back.
    """
    return max([at, *(message.created_at + _NEXT for message in messages)])


class Transition(NamedTuple):
    """The next state of a match, and the event to record, if any."""

    state: MatchState | None
    event_type: EventType | None = None
    previous_miles: int | None = None


def next_state(
    state: MatchState | None, observation: Observation, at: datetime, *, min_drop: int, is_record_low: bool = False
) -> Transition:
    """Return the state after a complete search (found or empty) at the aware time `at`.

    A failed or incomplete search has no observations, so it changes nothing. `min_drop` is in percent.
    """
    active = state if state is not None and state.is_active else None
    if observation.evidence is Evidence.MATCHED and observation.variant is not None:
        price = observation.variant.price
        if active is None:
            new = MatchState(since=at, offer_id=observation.offer_id, miles=price)
            return Transition(new, EventType.OFFER_MATCHED)
        if is_drop(price, active.miles, min_drop=min_drop, is_record_low=is_record_low):
            new = MatchState(since=active.since, offer_id=observation.offer_id, miles=price)
            return Transition(new, EventType.OFFER_DROPPED, active.miles)
        return Transition(active)
    if active is None or observation.evidence in (Evidence.MATCHED, Evidence.NEAR, Evidence.OPEN):
        return Transition(state)
    reason = observation.reason or EndReason.OTHER
    return Transition(
        MatchState(since=active.since, offer_id=active.offer_id, miles=active.miles, ended_at=at, end_reason=reason)
    )


def is_drop(price: int | None, last: int | None, *, min_drop: int, is_record_low: bool) -> bool:
    """Return whether a price is enough lower than the last one: by a share in percent, or as a new record low."""
    if price is None or last is None or price >= last:
        return False
    return is_record_low or (last - price) * 100 >= last * min_drop


# ---- messages of a channel -------------------------------------------------------------------------------------------


class Due(NamedTuple):
    """A message that a channel is due, with the last delivered price if it is a drop."""

    event_type: EventType
    previous_miles: int | None = None


def due_event(messages: ChannelMessages, variant: Variant, *, min_drop: int, is_record_low: bool = False) -> Due | None:
    """Return what a channel is due about flights whose match is true, or None.

    `messages` are those of this match. A message that waits is replaced by a better variant, and blocks all others.
    """
    delivered, waiting = messages
    if waiting is not None and not variant < waiting.variant:
        return None
    if delivered is None:
        return Due(EventType.OFFER_MATCHED)
    last = delivered.variant.price
    if is_drop(variant.price, last, min_drop=min_drop, is_record_low=is_record_low):
        return Due(EventType.OFFER_DROPPED, last)
    return None


def is_new_record_low(judgment: Judgment | None, miles: int | None) -> bool:
    """Return whether a price is lower than every price seen before; the judgment of another price says nothing."""
    return judgment is not None and judgment.miles == miles and judgment.deal_class is DealClass.RECORD_LOW


def is_due_at_once(judgment: Judgment | None, miles: int | None) -> bool:
    """Return whether a price is so good that its message does not wait for the end of the crawl."""
    return judgment is not None and judgment.miles == miles and judgment.deal_class in TOP_CLASSES


def gone_note_is_due(messages: ChannelMessages, ended: MatchState, *, is_enabled: bool) -> bool:
    """Return whether a channel is due a note that flights are gone: their message was delivered within a day."""
    if not is_enabled or ended.end_reason is not EndReason.GONE or messages.delivered is None:
        return False
    return ended.ended_at is not None and ended.ended_at - messages.delivered.created_at <= GONE_NOTE_WITHIN
