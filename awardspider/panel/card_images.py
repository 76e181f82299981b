"""Responses with the card of a message as an image."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider.delivery.messages.cards.card import CardEvent, render_card
from awardspider.delivery.messages.cards.sizes import CardSize


def card_response(
    event: CardEvent | None,
    size: CardSize,
    *,
    locale: str,
    now: datetime,
    link: str = "",
) -> Response:
    """Return a PNG. Raise HTTPException (404) for a message without a card."""
    if event is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    image = render_card(event, size=size, locale=locale, link=link or None, now=now)
    return Response(image, media_type="image/png", headers={"Cache-Control": "private, max-age=300"})
