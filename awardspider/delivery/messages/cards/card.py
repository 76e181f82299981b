"""The image of an event."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TypeAlias

from awardspider.delivery.messages.cards.canvas import Canvas, ImageFormat
from awardspider.delivery.messages.cards.digest_card import draw_digest_card
from awardspider.delivery.messages.cards.offer_card import draw_offer_card
from awardspider.delivery.messages.cards.palettes import Palette, colors_of
from awardspider.delivery.messages.cards.promotion_card import draw_promotion_card
from awardspider.delivery.messages.cards.sizes import CardSize, frame_of
from awardspider.delivery.messages.events import Digest, OfferEvent, Promotion
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.render import message_content
from awardspider.delivery.messages.text_limits import safe_link

#: The events that have a card.
CardEvent: TypeAlias = OfferEvent | Digest | Promotion


def render_card(
    event: CardEvent,
    *,
    size: CardSize,
    palette: Palette = Palette.LIGHT,
    locale: str = "en",
    link: str | None = None,
    now: datetime,
    zone: tzinfo | None = None,
    image_format: ImageFormat = ImageFormat.PNG,
) -> bytes:
    """Return the card of an event as a file.

    Ages are relative to `now`, and times are in `zone` (default UTC). `link` is shown as text and QR code; without one,
    it is the link of the event itself, as far as it is short enough.
    """
    canvas = Canvas(frame_of(size), colors_of(palette))
    draw_card(canvas, event, size=size, locale=locale, link=link, now=now, zone=zone)
    return canvas.encode(image_format)


def draw_card(
    canvas: Canvas,
    event: CardEvent,
    *,
    size: CardSize,
    locale: str,
    link: str | None,
    now: datetime,
    zone: tzinfo | None,
) -> None:
    """Draw the card of an event; the arguments are those of `render_card`."""
    language = get_language(locale)
    content = message_content(event, language, now, zone)
    shown = safe_link(link) or (content.link.url if content.link else None)
    match event:
        case Digest():
            draw_digest_card(canvas, size, event, content, language, shown, now, zone)
        case Promotion():
            draw_promotion_card(canvas, size, event, content, language, shown)
        case _:
            draw_offer_card(canvas, size, event, content, language, shown)
