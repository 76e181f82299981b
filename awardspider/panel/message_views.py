"""Messages of the outbox as pages show them: titles, texts, and the event that they are about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import orjson

from awardspider.delivery.channels.configuration import ConfiguredChannel
from awardspider.delivery.channels.handoff.captions import caption
from awardspider.delivery.channels.handoff.outlets import Outlet
from awardspider.delivery.channels.webhook.channel import payload
from awardspider.delivery.messages.events import AnyEvent, Digest, OfferEvent, Promotion, offer_event, parse_event
from awardspider.delivery.messages.language import Language, get_language
from awardspider.delivery.messages.render import Form, message_content, render
from awardspider.environment import default_locale
from awardspider.items import EventType
from awardspider.storage.offers import OfferRow, offers_by_id
from awardspider.storage.promotions import promotion_titles
from awardspider.storage.store import Store

_MATCHED = EventType.OFFER_MATCHED

# The titles of messages by language and the hash of their body: the title of a digest takes milliseconds.
_MAX_TITLES = 10_000
_titles: dict[tuple[str, bytes], str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePreview:
    """A message as its recipient gets it: a title and a text, or the JSON of a program. `rows` is True for sheets."""

    title: str = ""
    text: str = ""
    json: str = ""
    rows: bool = False


def channel_locale(channel: ConfiguredChannel | None, settings: Mapping[str, Any]) -> str:
    """Return the language of a channel's messages, that of AWARD_LOCALE without one."""
    own = channel.row.options.get("locale") if channel else None
    return own or default_locale(settings)


def event_of(row: Mapping[str, Any]) -> AnyEvent | None:
    """Return the event of a message; None if it is built only when it is sent, or is invalid."""
    return event_of_body(row["body"])


def event_of_body(body: Mapping[str, Any]) -> AnyEvent | None:
    """Return the event that is stored as a body; None for an empty or invalid one, such as that of another version."""
    if not body:
        return None
    try:
        return parse_event(body)
    except msgspec.ValidationError:
        return None


def card_event(event: AnyEvent | OfferEvent | None) -> OfferEvent | Digest | Promotion | None:
    """Return an event that has a card, or None."""
    return event if isinstance(event, OfferEvent | Digest | Promotion) else None


def message_titles(store: Store, rows: Sequence[Mapping[str, Any]], language: Language) -> dict[int, str]:
    """Return the titles of messages, keyed by row id; that of a row without a text is its offer or promotion."""
    without = [row["subject"] for row in rows if not row["body"]]
    offers = offers_by_id(store, without) if without else {}
    promotions = promotion_titles(store, [subject for subject in without if subject not in offers])
    return {row["id"]: _title(row, offers, promotions, language) for row in rows}


def _title(
    row: Mapping[str, Any], offers: Mapping[str, OfferRow], promotions: Mapping[str, str], language: Language
) -> str:
    if row["body"]:
        key = language.tag, hashlib.sha256(orjson.dumps(row["body"])).digest()
        title = _titles.get(key)
        if title is None:
            event = event_of(row)
            title = message_content(event, language, None, None).title if event else str(row["subject"])
            if len(_titles) >= _MAX_TITLES:
                _titles.clear()
            _titles[key] = title
        return title
    if offer := offers.get(row["subject"]):
        found = offer_event(_MATCHED, row["key"], offer, row["created_at"])
        return message_content(found, language, None, None).title
    return promotions.get(row["subject"]) or str(row["subject"])


def preview(
    event: AnyEvent | None, channel: ConfiguredChannel | None, *, now: datetime, locale: str, share_link: str = ""
) -> MessagePreview:
    """Return what the recipient of a message gets, in the language of its channel."""
    if event is None:
        return MessagePreview(rows=True)
    kind = channel.row.kind if channel else ""
    title = message_content(event, get_language(locale), now, None).title
    if kind in ("webhook", "command"):
        json = msgspec.json.format(payload(event, locale, share_link=share_link)).decode()
        return MessagePreview(title=title, json=json)
    if channel and kind == "handoff":
        text = caption(event, Outlet(channel.row.address), locale=locale, share_link=share_link)
        return MessagePreview(title=title, text=text)
    text = render(event, form=Form.LONG, locale=locale, now=now, share_link=share_link).body
    return MessagePreview(title=title, text=text)
