"""The links of a message: the page of the program or announcement, and the public page of the message."""

from __future__ import annotations

from dataclasses import replace

from awardspider.delivery.messages.content import LINK_RANK, Link, MessageContent, Part
from awardspider.delivery.messages.events import AnyEvent, OfferEvent, Promotion
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.text_limits import safe_link
from awardspider.items import EventType

#: The events whose messages have a public page.
SHARED_EVENTS = frozenset(
    {EventType.OFFER_MATCHED, EventType.OFFER_DROPPED, EventType.OFFER_GONE, EventType.DIGEST, EventType.PROMOTION}
)


def main_link(event: AnyEvent | OfferEvent) -> str | None:
    """Return the safe link of an event: where to book, or the announcement. A digest has none."""
    if isinstance(event, OfferEvent):
        return safe_link(event.offer.booking_link)
    return safe_link(event.link) if isinstance(event, Promotion) else None


def with_share_link(content: MessageContent, url: str, language: Language) -> MessageContent:
    """Return the content with the public page of the message as its main link; the previous link follows it.

    A short text has room for one link, which is that of the page.
    """
    label = language.phrase("link.see_all" if content.entries else "link.details")
    parts = tuple(part for part in content.parts if part.rank != LINK_RANK)
    return replace(
        content,
        link=Link(url=url, label=label),
        second_link=content.link,
        parts=(*parts, Part(text=url, rank=LINK_RANK, separator=" ")),
    )
