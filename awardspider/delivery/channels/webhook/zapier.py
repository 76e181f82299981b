"""Endpoints for a private Zapier app, served by the panel: REST hooks, polling lists and the sign-in test.

Each subscription is a channel of kind webhook. Zapier's rules are in sinks.md, section 3.4.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from awardspider.delivery.channels.base import ChannelConfig, ChannelContext
from awardspider.delivery.channels.event_channel import EventChannel
from awardspider.delivery.channels.secrets import encrypt
from awardspider.delivery.channels.webhook.channel import WebhookChannel
from awardspider.delivery.messages.events import SCHEMA_VERSION, Promotion, offer_event, promotion_event
from awardspider.delivery.messages.payloads import event_payload
from awardspider.delivery.messages.schemas import event_example
from awardspider.items import EventType
from awardspider.outcomes import InvalidArgument
from awardspider.search.promotion_states import PromotionState
from awardspider.search.promotion_watches import match_promotion
from awardspider.storage.alerts import recent_alerts
from awardspider.storage.channels import ChannelRow, channel_rows, remove_channel, save_channel
from awardspider.storage.promotion_watches import find_promotion_watches
from awardspider.storage.promotions import PromotionOrder, find_promotions
from awardspider.storage.store import Store

#: The events that a Zapier app can subscribe to; the others are for the operator.
HOOK_EVENTS = (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED, EventType.OFFER_GONE, EventType.PROMOTION)
#: The events that can be polled. OFFER_GONE is missing: alerts do not record when an offer became unavailable.
LIST_EVENTS = (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED, EventType.PROMOTION)
#: The most new events that Zapier accepts from one poll.
MAX_EVENTS = 100

_PREFIX = "hook_"


def subscribe(request: Mapping[str, Any], context: ChannelContext) -> dict[str, Any]:
    """Add a channel for a request `{"target_url": ..., "event": ...}` and return the response body (for status 201).

    `locale` and `timezone`, which may be missing, become options of the channel. The address is stored encrypted. Raise
    InvalidArgument for an invalid request, and InvalidSetting if AWARD_SECRET_KEY is missing or invalid.
    """
    address = request.get("target_url")
    if not isinstance(address, str) or not address:
        raise InvalidArgument("target_url is missing; send the address that receives the events")
    event = _parse_event_type(request.get("event"), HOOK_EVENTS)
    name = _PREFIX + secrets.token_hex(8)
    options = {option: str(request[option]) for option in EventChannel.options if request.get(option)}
    config = ChannelConfig(name=name, kind=WebhookChannel.kind, address=address, options=options)
    WebhookChannel.check(config, context)
    encrypted = encrypt(address, str(context.settings.get("AWARD_SECRET_KEY", "")))
    row = ChannelRow(
        name=name,
        kind=WebhookChannel.kind,
        address=encrypted,
        options=options,
        events=(event,),
        created_at=context.now(),
    )
    save_channel(context.store, row)
    return {"id": name, "event": event.value}


def unsubscribe(hook_id: str, context: ChannelContext) -> bool:
    """Remove a subscription's channel. Return False, and remove nothing, if the id is not that of a subscription."""
    if not hook_id.startswith(_PREFIX) or all(row.name != hook_id for row in channel_rows(context.store)):
        return False
    remove_channel(context.store, hook_id, context.now())
    return True


def list_events(
    event: str, store: Store, locale: str = "en", *, now: datetime, max_age: timedelta | None = None
) -> list[dict[str, Any]]:
    """Return the last MAX_EVENTS events of a type as webhook payloads, newest first, each with a unique `id`.

    Offers have their current values, not those at the time of the event. Those that are gone, have departed or were
    last seen more than `max_age` before `now` are left out, as are promotions that have ended or that no watch matches.
    Raise InvalidArgument for a type without polling.
    """
    event_type = _parse_event_type(event, LIST_EVENTS)
    if event_type is EventType.PROMOTION:
        return [event_payload(event, locale=locale) for event in islice(_promotions(store, now), MAX_EVENTS)]
    return [
        event_payload(
            offer_event(
                event_type,
                _id(alerted.offer.id, alerted.alerted_at),
                alerted.offer,
                alerted.alerted_at,
                watches=alerted.watches,
                watch_ids=alerted.watch_ids,
                judgment=alerted.offer.judgment,
            ),
            locale=locale,
        )
        for alerted in recent_alerts(store, event_type, now=now, max_age=max_age, limit=MAX_EVENTS)
    ]


def _promotions(store: Store, now: datetime) -> Iterator[Promotion]:
    """Yield an event for each promotion that matches a watch and has not ended, newest first."""
    watches = find_promotion_watches(store, now)
    for promotion in find_promotions(store, PromotionOrder.FIRST_SEEN):
        matching = [watch for watch in watches if not match_promotion(watch, promotion.item)]
        if matching and promotion.state(now) is not PromotionState.ENDED:
            yield promotion_event(
                promotion.id,
                promotion.item,
                promotion.id,
                source_names=promotion.sources,
                watches=[watch.name for watch in matching],
                watch_ids=[watch.id for watch in matching if watch.id],
            )


def sample_events(event: str, store: Store, locale: str = "en", *, now: datetime) -> list[dict[str, Any]]:
    """Return up to three stored events, or one example if there are none, for Zapier to show during trigger setup."""
    event_type = _parse_event_type(event, HOOK_EVENTS)
    found = list_events(event_type, store, locale, now=now)[:3] if event_type in LIST_EVENTS else []
    return found or [event_example(event_type)]


def sign_in_response(version: str) -> dict[str, Any]:
    """Return the response to Zapier's sign-in test."""
    return {"id": "awardspider", "name": f"awardspider {version}", "schema_version": SCHEMA_VERSION}


def _parse_event_type(value: object, allowed: Sequence[EventType]) -> EventType:
    event_type = next((name for name in allowed if name == value), None)
    if event_type is None:
        raise InvalidArgument(f"unknown event; use one of {', '.join(allowed)}")
    return event_type


def _id(offer_id: str, alerted_at: datetime) -> str:
    # Zapier deduplicates events by id, and one offer can have several events.
    return f"{offer_id}:{alerted_at:%Y%m%dT%H%M%S%f}"
