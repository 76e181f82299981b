"""Feeds of deals and promotions at secret addresses, for programs that read feeds and cannot send a token."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider.delivery.feeds import Feed, deals_feed, json_feed, promotions_feed, rss
from awardspider.panel.access import Public
from awardspider.panel.api.description import WITHOUT_TOKEN
from awardspider.panel.api.v1.schemas import NOT_FOUND
from awardspider.panel.auth.after_response import after_response
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.feed_addresses import FeedAddress, find_feed_address, record_feed_use
from awardspider.storage.owners import find_owner
from awardspider.storage.promotion_watches import get_promotion_watch
from awardspider.storage.watches import WatchEntry, WatchKind, find_entries

router = APIRouter(tags=["feeds"], responses=NOT_FOUND)

_ENTRIES = 100
_MAX_SECRET = 128


class FeedName(StrEnum):
    """Feeds of an address."""

    DEALS = "deals"
    PROMOTIONS = "promotions"


class FeedFormat(StrEnum):
    """Formats of a feed."""

    JSON = "json"
    RSS = "rss"


_MEDIA_TYPES = {FeedFormat.JSON: "application/feed+json", FeedFormat.RSS: "application/rss+xml"}
_FEED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The feed",
        "content": {name: {"schema": {"type": "string"}} for name in _MEDIA_TYPES.values()},
    }
}


@router.get(
    "/feeds/{secret}/{name}.{feed_format}", response_class=Response, responses=_FEED, openapi_extra=WITHOUT_TOKEN
)
def get_feed(request: Request, visitor: Public, secret: str, name: FeedName, feed_format: FeedFormat) -> Response:
    """Return the deals or promotions of a watch, or of all watches of an owner, as JSON Feed 1.1 or RSS 2.0."""
    config = config_of(request)
    address = find_feed_address(config.store, secret) if len(secret) <= _MAX_SECRET else None
    feed = _feed(config, address, name) if address else None
    if address is None or feed is None:
        raise HTTPException(404, "there is no feed at this address; it may have been revoked")
    now = config.now()
    after_response(request.scope, lambda: record_feed_use(config.store, address, now))
    base = config.public_url or str(request.base_url).rstrip("/")
    site, home = f"{base}/feeds/{secret}/", f"{base}/"
    modified = max((entry.modified for entry in feed.entries), default=address.created_at)
    body = json_feed(feed, site, home=home) if feed_format is FeedFormat.JSON else rss(feed, site, modified, home=home)
    return _reply(request, body, _MEDIA_TYPES[feed_format], modified)


def _feed(config: PanelConfig, address: FeedAddress, name: FeedName) -> Feed | None:
    """Return a feed of an address; None if the watch of the address is of the other kind."""
    store, now = config.store, config.now()
    entries = find_entries(store, owner_id=address.owner_id, watch_id=address.watch_id)
    owner = find_owner(store, address.owner_id)
    locale = str(owner.locale or config.settings.get("AWARD_LOCALE") or "en")
    if name is FeedName.DEALS:
        awards = [entry.id for entry in entries if entry.kind is WatchKind.AWARD]
        if address.watch_id and not awards:
            return None
        rates = current_rates(store, config.settings)
        return deals_feed(
            store, now=now, max_age=config.max_age, rates=rates, locale=locale, limit=_ENTRIES, watch_ids=awards
        )
    watch = None
    if address.watch_id:
        promotion_entry: WatchEntry | None = next((each for each in entries if each.kind is WatchKind.PROMOTION), None)
        if promotion_entry is None:
            return None
        watch = get_promotion_watch(store, promotion_entry.id, now=now).watch
    return promotions_feed(store, now=now, locale=locale, limit=_ENTRIES, watch=watch)


def _reply(request: Request, body: bytes, media_type: str, modified: datetime) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(modified.replace(microsecond=0), usegmt=True),
        "Cache-Control": "private, max-age=300",
    }
    known = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
