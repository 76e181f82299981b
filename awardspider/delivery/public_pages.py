"""The public pages of messages: their addresses at AWARD_PUBLIC_URL, and what they show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import msgspec

from awardspider.delivery.channels.base import Message
from awardspider.delivery.messages.events import event_body, offer_event, parse_event
from awardspider.delivery.messages.links import SHARED_EVENTS
from awardspider.delivery.messages.payloads import public_event
from awardspider.environment import is_loopback
from awardspider.items import EventType
from awardspider.outcomes import InvalidSetting
from awardspider.storage.offers import OfferRow
from awardspider.storage.shares import NewShare, Share, create_shares, find_shares
from awardspider.storage.store import Store


def parse_public_url(settings: Mapping[str, Any]) -> str:
    """Return AWARD_PUBLIC_URL without a slash at the end; empty if it is not set.

    Raise InvalidSetting for an address that others cannot open safely.
    """
    text = str(settings.get("AWARD_PUBLIC_URL") or "").strip().rstrip("/")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidSetting("AWARD_PUBLIC_URL is invalid; write https://HOST") from None
    if parts.scheme not in ("http", "https") or not host or not text.isascii() or not text.isprintable() or " " in text:
        raise InvalidSetting("AWARD_PUBLIC_URL is invalid; write https://HOST")
    if "@" in parts.netloc:
        raise InvalidSetting("AWARD_PUBLIC_URL contains a user name or password, which every message would show")
    if parts.path or parts.query or parts.fragment:
        raise InvalidSetting("AWARD_PUBLIC_URL has a path, query or fragment; write https://HOST")
    if parts.scheme == "http" and not (is_loopback(host) or settings.get("AWARD_SANDBOX_URL")):
        raise InvalidSetting("AWARD_PUBLIC_URL must begin with https://, except on this machine")
    return text


def share_address(public_url: str, share_id: str) -> str:
    """Return the address of a public page."""
    return f"{public_url}/s/{share_id}"


def create_share_links(
    store: Store, public_url: str, messages: Iterable[Message], *, locale: str, now: datetime
) -> dict[str, str]:
    """Return the links to the public pages of messages, keyed by message key; pages that are missing are created.

    Messages that are not about offers or promotions have none, nor have those whose page a person has closed.
    """
    shares = [share for message in messages if (share := _new_share(message, locale))]
    ids = create_shares(store, shares, now) if shares else {}
    return {key: share_address(public_url, share_id) for key, share_id in ids.items()}


def _new_share(message: Message, locale: str) -> NewShare | None:
    if message.type not in SHARED_EVENTS or not message.body:
        return None
    try:
        event = parse_event(message.body)
    except msgspec.ValidationError:  # the channel rejects the message
        return None
    return NewShare(key=message.key, body=event_body(public_event(event)), locale=locale)


def share_offer(store: Store, offer: OfferRow, *, owner_id: str, locale: str, now: datetime) -> str:
    """Create an owner's public page of an offer at its current price, unless one can be opened; return its id."""
    key = offer_share_key(offer.id, offer.miles, owner_id)
    event = offer_event(EventType.OFFER_MATCHED, key, offer, now, judgment=offer.judgment)
    share = NewShare(key=key, body=event_body(public_event(event)), locale=locale)
    return create_shares(store, [share], now, replaces_revoked=True)[key]


def offer_share_key(offer_id: str, miles: int | None, owner_id: str) -> str:
    """Return the key of the public page that an owner makes of an offer at a price."""
    return f"offer:{offer_id}:{owner_id}:{miles or 'seats'}"


def open_offer_shares(
    store: Store, offer_id: str, prices: Iterable[int | None], owner_ids: Iterable[str], now: datetime
) -> list[Share]:
    """Return the public pages of an offer that can be opened: those that owners made of it at these prices."""
    keys = {offer_share_key(offer_id, *each) for each in product({*prices}, {*owner_ids})}
    return [share for share in find_shares(store, sorted(keys)).values() if share.is_open(now)]
