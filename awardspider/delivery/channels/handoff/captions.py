"""The texts that a person posts: short, in the language of the channel, and without what concerns only the owner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from awardspider.delivery.channels.handoff.outlets import Outlet
from awardspider.delivery.messages.content import MessageContent
from awardspider.delivery.messages.events import AnyEvent, OfferEvent
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.links import main_link
from awardspider.delivery.messages.payloads import public_event
from awardspider.delivery.messages.render import MAX_READY_SHORT, message_content, text_of_parts
from awardspider.delivery.messages.text_limits import truncate

_LINES = frozenset({Outlet.FACEBOOK_GROUP, Outlet.OTHER})  # outlets where several lines are easy to read


def caption(
    event: AnyEvent | OfferEvent, outlet: Outlet, *, locale: str, zone: tzinfo | None = None, share_link: str = ""
) -> str:
    """Return the text for an outlet, which ends with the public page of the message or, without one, another link.

    It has times instead of ages, because nobody knows when it will be posted. Parts that do not fit are left out
    completely. A link that leaves too little space for the price is left out too: the card has it as a QR code.
    """
    shown = public_event(event)
    content = message_content(shown, get_language(locale), None, zone)
    link = share_link or main_link(shown) or ""
    ending = f"{_separator(outlet)}{link}" if link else ""
    text = _fitting_text(content, outlet, outlet.max_length - len(ending))
    if len(text) + len(ending) <= outlet.max_length:
        return text + ending
    return truncate(_fitting_text(content, outlet, outlet.max_length), outlet.max_length)


def _separator(outlet: Outlet) -> str:
    return "\n\n" if outlet in _LINES else "\n"


def _fitting_text(content: MessageContent, outlet: Outlet, limit: int) -> str:
    """Return the lines or parts of a message that fit; what always stays may be longer."""
    if outlet not in _LINES:
        return text_of_parts(content.parts, min(limit, MAX_READY_SHORT))
    first, *others = _lines(content)
    text = first
    for line in others:
        if len(longer := f"{text}\n{line}") > limit:
            break
        text = longer
    return text


def _lines(content: MessageContent) -> Iterator[str]:
    yield ": ".join(filter(None, (content.kicker, content.headline)))
    lines = (
        content.lead,
        content.date_cabin_and_seats,
        ", ".join(filter(None, (content.price, content.price_note))),
        content.trip,
        content.short_evidence,
        content.caution,
        *(f"• {_entry_line(entry)}" for entry in content.entries),
        content.more,
        " · ".join(filter(None, (content.program, content.seen))),
    )
    yield from filter(None, lines)


def _entry_line(entry: MessageContent) -> str:
    return " · ".join(filter(None, (entry.route, entry.date_and_cabin, entry.price, entry.label)))
