"""The state, now, of the offers and promotions of a message that was composed earlier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from awardspider.delivery.messages.events import AnyEvent, Digest, OfferEvent, Promotion
from awardspider.search.promotion_states import PromotionState
from awardspider.storage.offer_status import OfferStatus
from awardspider.storage.offers import OfferRow, offers_by_id
from awardspider.storage.promotions import PromotionRow, promotions_by_id
from awardspider.storage.store import Store


class EntryState(StrEnum):
    """The states of an offer or promotion in a message."""

    AVAILABLE = "available"
    CHEAPER = "cheaper"  # available for fewer miles than the message says
    UNCONFIRMED = "unconfirmed"  # a calendar contradicts it
    OUTDATED = "outdated"  # not seen for a long time
    COSTS_MORE = "costs_more"
    GONE = "gone"
    DEPARTED = "departed"
    ENDED = "ended"  # a promotion
    UNKNOWN = "unknown"  # not stored any more


#: States in which a message must not be posted.
OVER = frozenset({EntryState.COSTS_MORE, EntryState.GONE, EntryState.DEPARTED, EntryState.ENDED})

_STATES = {
    OfferStatus.AVAILABLE: EntryState.AVAILABLE,
    OfferStatus.UNCONFIRMED: EntryState.UNCONFIRMED,
    OfferStatus.OUTDATED: EntryState.OUTDATED,
    OfferStatus.DEPARTED: EntryState.DEPARTED,
    OfferStatus.GONE: EntryState.GONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentState:
    """The state of one entry: since when, if that is known, the price now, and when it was last seen."""

    state: EntryState
    since: datetime | None = None
    miles: int | None = None
    program: str = ""
    seen_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Return whether the message says what is not true any more."""
        return self.state in OVER


def current_states(
    store: Store, event: AnyEvent | OfferEvent, now: datetime, max_age: timedelta | None
) -> dict[str, CurrentState]:
    """Return the state of each offer and promotion of a message, keyed by its id; other events have none."""
    return states_of_events(store, [event], now, max_age)[0]


def states_of_events(
    store: Store, events: Sequence[AnyEvent | OfferEvent], now: datetime, max_age: timedelta | None
) -> list[dict[str, CurrentState]]:
    """Return what `current_states` returns for each message, with the queries of one."""
    parts = [_parts(event) for event in events]
    offer_ids = {offer.offer_id for offers, _ in parts for offer in offers}
    promotion_ids = {promotion.promotion_id for _, promotions in parts for promotion in promotions}
    stored = offers_by_id(store, sorted(offer_ids)) if offer_ids else {}
    announced = promotions_by_id(store, sorted(promotion_ids)) if promotion_ids else {}
    return [
        {offer.offer_id: _offer_state(offer, stored, now, max_age) for offer in offers}
        | {promotion.promotion_id: _promotion_state(promotion, announced, now) for promotion in promotions}
        for offers, promotions in parts
    ]


def _parts(event: AnyEvent | OfferEvent) -> tuple[Sequence[OfferEvent], Sequence[Promotion]]:
    """Return the offers and promotions of a message."""
    match event:
        case Digest():
            return event.offers, event.promotions
        case OfferEvent():
            return [event], []
        case Promotion():
            return [], [event]
    return [], []


def _offer_state(
    event: OfferEvent, stored: Mapping[str, OfferRow], now: datetime, max_age: timedelta | None
) -> CurrentState:
    row = stored.get(event.offer_id)
    if row is None:
        return CurrentState(state=EntryState.UNKNOWN, seen_at=event.offer.seen_at)
    state = _STATES[row.status(now, max_age)]
    since = {
        EntryState.GONE: row.gone_at,
        EntryState.DEPARTED: row.departs_by,
        EntryState.UNCONFIRMED: row.unconfirmed_since,
    }.get(state)
    then = event.offer.miles
    if state in (EntryState.AVAILABLE, EntryState.UNCONFIRMED) and then is not None and row.miles is not None:
        if row.miles > then:
            state, since = EntryState.COSTS_MORE, row.changed_at
        elif row.miles < then and state is EntryState.AVAILABLE:
            state, since = EntryState.CHEAPER, row.changed_at
    return CurrentState(state=state, since=since, miles=row.miles, program=row.program, seen_at=row.last_seen_at)


def _promotion_state(event: Promotion, stored: Mapping[str, PromotionRow], now: datetime) -> CurrentState:
    row = stored.get(event.promotion_id)
    if row is None:
        return CurrentState(state=EntryState.UNKNOWN, seen_at=event.seen_at)
    is_over = row.state(now) is PromotionState.ENDED
    return CurrentState(
        state=EntryState.ENDED if is_over else EntryState.AVAILABLE,
        since=row.ended_at if is_over else None,
        seen_at=row.last_seen_at,
    )
