"""The public page of a message, and its card. Crawlers of social networks read both."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from http import HTTPStatus

import orjson
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from awardspider.delivery.messages.cards.card import render_card
from awardspider.delivery.messages.cards.sizes import CardSize, frame_of
from awardspider.delivery.messages.events import Digest, OfferEvent, Promotion, parse_event
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.public_pages import share_address
from awardspider.environment import default_locale
from awardspider.panel.access import Public
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.panel.formats import Formats
from awardspider.panel.public.share_content import SharedEvent, share_page, shared_event
from awardspider.panel.rendering import template_environment
from awardspider.panel.texts import Texts
from awardspider.storage.shares import Share, find_share

router = APIRouter()

_MAX_ID = 64
_CACHED_CARDS = 64
_CARD_SECONDS = 3_600
_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@router.api_route("/s/{share_id}", methods=["GET", "HEAD"], include_in_schema=False)
def shared_page(request: Request, visitor: Public, share_id: str) -> Response:
    """Show the offer, digest or promotion of a message."""
    config = config_of(request)
    share, event = _find(config, share_id)
    if share is None or event is None:
        return _closed(config, share)
    page = share_page(config, share, event)
    return _page(config, "share.html", share.locale, HTTPStatus.OK, page=page, card=frame_of(CardSize.LINK))


@router.api_route("/s/{share_id}/card.png", methods=["GET", "HEAD"], include_in_schema=False)
def shared_card(request: Request, visitor: Public, share_id: str, size: CardSize = CardSize.LINK) -> Response:
    """Return the card of a public page."""
    config = config_of(request)
    share, event = _find(config, share_id)
    if share is None or event is None:
        return _closed(config, share)
    headers = _HEADERS | {"Cache-Control": f"public, max-age={_CARD_SECONDS}"}
    return Response(_card(config, share, size), media_type="image/png", headers=headers)


def _find(config: PanelConfig, share_id: str) -> tuple[Share | None, SharedEvent | None]:
    """Return a page and its event; no event if the page is closed, and no page if there is none."""
    if not config.public_url or len(share_id) > _MAX_ID:
        return None, None
    share = find_share(config.store, share_id)
    return share, shared_event(share) if share and share.is_open(config.now()) else None


def _closed(config: PanelConfig, share: Share | None) -> Response:
    """Return a page that says that there is nothing (404), or that it was closed or has expired (410)."""
    reason = "unknown" if share is None else "revoked" if share.revoked_at else "expired"
    status = HTTPStatus.NOT_FOUND if share is None else HTTPStatus.GONE
    locale = share.locale if share else default_locale(config.settings)
    response = _page(config, "share_closed.html", locale, status, reason=reason)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(config: PanelConfig, template: str, locale: str, status: HTTPStatus, **context: object) -> Response:
    language = get_language(locale)
    values = {"t": Texts(language), "fmt": Formats(language, config.now()), "language": language}
    html = template_environment().get_template(template).render(values | context)
    return HTMLResponse(html, status_code=status, headers=_HEADERS)


def _card(config: PanelConfig, share: Share, size: CardSize) -> bytes:
    """Return the card of a page. It is drawn again after an hour, because it says how old the price is."""
    hour = config.now().replace(minute=0, second=0, microsecond=0)
    link = share_address(config.public_url, share.id)
    return _drawn(orjson.dumps(share.body), share.locale, size, max(hour, share.created_at), link)


@lru_cache(maxsize=_CACHED_CARDS)
def _drawn(body: bytes, locale: str, size: CardSize, now: datetime, link: str) -> bytes:
    event = parse_event(orjson.loads(body))
    assert isinstance(event, OfferEvent | Digest | Promotion)
    return render_card(event, size=size, locale=locale, link=link, now=now)
