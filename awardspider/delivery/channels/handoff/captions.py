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
from awardspider.delivery.messages.render import message_content, ready_texts
from awardspider.delivery.messages.text_limits import truncate

_LINES = frozenset({Outlet.FACEBOOK_GROUP, Outlet.OTHER})  # outlets where several lines are easy to read


def caption(
    event: AnyEvent | OfferEvent, outlet: Outlet, *, locale: str, zone: tzinfo | None = None, share_link: str = ""
) -> str:
    """Return the text for an outlet, which ends with the public page of the message or, without one, another link.

    It has times instead of ages, because nobody knows when it will be posted.
    """
    shown = public_event(event)
    link = share_link or main_link(shown) or ""
    limit = outlet.max_length - (len(link) + 2 if link else 0)
    if outlet in _LINES:
        text, separator = _fitting_lines(message_content(shown, get_language(locale), None, zone), limit), "\n\n"
    else:
        _, text, _ = ready_texts(shown, locale=locale, zone=zone)
        text, separator = truncate(text, limit), "\n"
    return f"{text}{separator}{link}" if link else text


def _fitting_lines(content: MessageContent, limit: int) -> str:
    """Return the first lines of a message, as many as fit."""
    text = ""
    for line in _lines(content):
        longer = f"{text}\n{line}" if text else truncate(line, limit)
        if len(longer) > limit:
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
