"""What a Zapier app of one's own asks of us, for the panel to serve: REST hooks, polling lists, the test of a sign-in.

A subscription is a channel of kind webhook with a name of its own. The rules are Zapier's, from sinks.md section 3.4.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from awardspider.delivery.channels.base import ChannelConfig, Surroundings
from awardspider.delivery.channels.secrets import seal
from awardspider.delivery.channels.webhook.channel import WebhookChannel
from awardspider.delivery.messages.events import SCHEMA_VERSION, flat, promotion_event, stored_offer_event
from awardspider.delivery.messages.schemas import example
from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import ChannelRow, channel_rows, remove_channel, save_channel
from awardspider.storage.hooks import decided_offers, newest_promotions
from awardspider.storage.store import Store

# What can be subscribed to. The rest is for the operator.
HOOK_EVENTS = ("offer.matched", "offer.dropped", "offer.gone", "promotion")
# What can be polled: nothing is kept of the moment when an offer went.
LIST_EVENTS = ("offer.matched", "offer.dropped", "promotion")
MOST_LISTED = 100  # new items that Zapier takes from one poll

_PREFIX = "hook_"


def subscribe(asked: Mapping[str, Any], surroundings: Surroundings) -> dict[str, Any]:
    """Add a channel for a subscription, `{"target_url": ..., "event": ...}`; the body of the answer 201.

    The address is stored encrypted. Raises BadArgument for what cannot be subscribed, BadSetting where there is no
    AWARD_SECRET_KEY.
    """
    address, event = asked.get("target_url"), asked.get("event")
    if not isinstance(address, str) or not address:
        raise InvalidArgument("target_url is missing: the address that gets the events")
    if event not in HOOK_EVENTS:
        raise InvalidArgument(f"event is none of {', '.join(HOOK_EVENTS)}")
    name = _PREFIX + secrets.token_hex(8)
    config = ChannelConfig(name=name, kind=WebhookChannel.kind, address=address, events=frozenset({event}))
    WebhookChannel.check(config, surroundings)
    sealed = seal(address, str(surroundings.settings.get("AWARD_SECRET_KEY", "")))
    row = ChannelRow(
        name=name, kind=WebhookChannel.kind, address=sealed, events=(event,), created_at=surroundings.now()
    )
    save_channel(surroundings.store, row)
    return {"id": name, "event": event}


def unsubscribe(hook_id: str, surroundings: Surroundings) -> bool:
    """Remove the channel of a subscription; False where there is none, so that no other channel can go this way."""
    if not hook_id.startswith(_PREFIX) or all(row.name != hook_id for row in channel_rows(surroundings.store)):
        return False
    remove_channel(surroundings.store, hook_id, surroundings.now())
    return True


def listed(event: str, store: Store) -> list[dict[str, Any]]:
    """The newest events of a kind, as a webhook would get them: newest first, unique `id`, at most MOST_LISTED.

    Offers are shown as they are now. Raises BadArgument for what cannot be listed.
    """
    if event not in LIST_EVENTS:
        raise InvalidArgument(f"event is none of {', '.join(LIST_EVENTS)}")
    if event == "promotion":
        return [
            flat(promotion_event(promotion_id, item, promotion_id))
            for promotion_id, item in newest_promotions(store, most=MOST_LISTED)
        ]
    return [
        flat(
            stored_offer_event(
                event, _id(each.offer.id, each.decided_at), each.offer, "; ".join(each.watches), each.decided_at
            )
        )
        for each in decided_offers(store, event, most=MOST_LISTED)
    ]


def samples(event: str, store: Store) -> list[dict[str, Any]]:
    """What Zapier shows to somebody who sets a trigger up: up to three real events, or our example."""
    found = listed(event, store)[:3] if event in LIST_EVENTS else []
    return found or [example(event)]


def signed_in(version: str) -> dict[str, Any]:
    """The answer to Zapier's test of a sign-in: who answers."""
    return {"id": "awardspider", "name": f"awardspider {version}", "schema_version": SCHEMA_VERSION}


def _id(offer_id: str, decided_at: datetime) -> str:
    # Zapier knows an event by its id alone, and an offer can be told more than once.
    return f"{offer_id}:{decided_at:%Y%m%dT%H%M%S%f}"
