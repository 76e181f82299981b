"""The page of feeds: create secret addresses for programs that read feeds, and revoke them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from awardspider.panel.access import Member, Visitor
from awardspider.panel.configuration import config_of
from awardspider.panel.rendering import render
from awardspider.storage.feed_addresses import add_feed_address, find_feed_addresses, revoke_feed_address
from awardspider.storage.watches import WatchKind, find_entries

router = APIRouter()


@router.get("/feeds")
def feeds_page(request: Request, visitor: Member, watch: str = "") -> Response:
    """List the addresses, with a form for another one."""
    return _page(request, visitor, chosen=watch)


@router.post("/feeds")
def create_feed(request: Request, visitor: Member, watch: Annotated[str, Form()] = "") -> Response:
    """Create an address, of a watch or of all watches, and show it once."""
    config = config_of(request)
    entry = next((each for each in find_entries(config.store, owner_id=visitor.adds_for) if each.id == watch), None)
    if watch and entry is None:
        raise HTTPException(404)
    secret = add_feed_address(config.store, visitor.adds_for, watch or None, config.now())
    base = config.public_url or str(request.base_url).rstrip("/")
    names = ["deals", "promotions"] if entry is None else ["deals" if entry.kind is WatchKind.AWARD else "promotions"]
    addresses = [f"{base}/feeds/{secret}/{name}.{suffix}" for name in names for suffix in ("rss", "json")]
    return _page(request, visitor, chosen=watch, addresses=addresses)


@router.post("/feeds/{address_id}/revoke")
def revoke_feed(request: Request, visitor: Member, address_id: str) -> Response:
    """Revoke an address."""
    if not revoke_feed_address(config_of(request).store, visitor.adds_for, address_id):
        raise HTTPException(404)
    return RedirectResponse("/feeds?notice=feed_revoked", HTTPStatus.SEE_OTHER)


def _page(request: Request, visitor: Visitor, *, chosen: str, addresses: list[str] | None = None) -> Response:
    store = config_of(request).store
    entries = find_entries(store, owner_id=visitor.adds_for)
    names = {entry.id: entry.name for entry in entries}
    return render(
        request,
        visitor,
        "feeds.html",
        entries=entries,
        names=names,
        chosen=chosen,
        feeds=[
            each for each in find_feed_addresses(store, visitor.adds_for) if not each.watch_id or each.watch_id in names
        ],
        addresses=addresses or [],
    )
