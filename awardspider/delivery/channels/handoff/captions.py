"""The texts that a person posts: short, in the language of the channel, and without what concerns only the owner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from awardspider.delivery.channels.handoff.outlets import Outlet
from awardspider.delivery.messages.events import AnyEvent, OfferEvent
from awardspider.delivery.messages.links import main_link
from awardspider.delivery.messages.payloads import public_event
from awardspider.delivery.messages.render import Card, Form, ready_texts, render
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
        card = render(shown, form=Form.CARD, locale=locale, zone=zone).card
        assert card is not None
        text, separator = _lines(card, limit), "\n\n"
    else:
        _, text, _ = ready_texts(shown, locale=locale, zone=zone)
        text, separator = truncate(text, limit), "\n"
    return f"{text}{separator}{link}" if link else text


def _lines(card: Card, limit: int) -> str:
    """Return the lines of a card that fit."""
    text = ""
    for line in _card_lines(card):
        longer = f"{text}\n{line}" if text else truncate(line, limit)
        if len(longer) > limit:
            break
        text = longer
    return text


def _card_lines(card: Card) -> Iterator[str]:
    yield ": ".join(filter(None, (card.kicker, card.headline)))
    lines = (
        card.lead,
        " · ".join(filter(None, (card.date, card.cabin, card.seats))),
        ", ".join(filter(None, (card.price, card.price_note))),
        card.trip,
        card.short_evidence,
        card.caution,
        *(f"• {entry}" for entry in card.entries),
        card.more,
        " · ".join(filter(None, (card.program, card.seen))),
    )
    yield from filter(None, lines)
