"""Watches: the list, the page of one, and its changes. The editor is in `watch_editor`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from awardspider.operations.next_searches import next_search
from awardspider.panel.access import Member, Viewer, Visitor
from awardspider.panel.configuration import config_of
from awardspider.panel.htmx import is_htmx_request
from awardspider.panel.message_views import message_titles
from awardspider.panel.preferences import preferences_of
from awardspider.panel.rendering import formats_and_texts, render
from awardspider.panel.watches.misses import MissWords
from awardspider.panel.watches.overview import watch_rows
from awardspider.panel.watches.preview import (
    MOST_MATCHES,
    MOST_MISSES,
    MOST_TRIPS,
    AwardPreview,
    Preview,
    plan_watch,
    preview_watch,
)
from awardspider.panel.watches.saving import visible_entry
from awardspider.panel.watches.searching import WatchCosts, crawl_settings
from awardspider.panel.watches.summary import WatchWords
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.search.watches import Watch
from awardspider.storage.accounts import Role
from awardspider.storage.outbox_pages import DeliveryQuery, delivery_page
from awardspider.storage.owners import find_owners
from awardspider.storage.watch_activity import current_matches
from awardspider.storage.watch_check import TooManyOffers
from awardspider.storage.watch_pages import WatchQuery, watch_page
from awardspider.storage.watches import WatchEntry, WatchKind, remove_watch, set_active

router = APIRouter()

_SHOWN_MESSAGES = 10
_PAGE_SIZE = 20
_STATES = {"active": True, "paused": False}


@router.get("/watches")
def watches_page(
    request: Request,
    visitor: Viewer,
    q: Annotated[str, Query(max_length=100)] = "",
    kind: str = "",
    state: str = "",
    after: str | None = None,
) -> Response:
    """Show the list of watches."""
    config, now = config_of(request), config_of(request).now()
    query = WatchQuery(
        owner_id=visitor.owner_id,
        kind=WatchKind(kind) if kind in tuple(WatchKind) else None,
        active=_STATES.get(state),
        text=q,
    )
    page = watch_page(config.store, query, cursor=after, size=_PAGE_SIZE)
    rows = watch_rows(config, page.entries, now)
    is_filtered = bool(q.strip() or query.kind or query.active is not None)
    is_all = after is None and page.next_cursor is None and not is_filtered
    awards = [row.watch for row in rows if isinstance(row.watch, Watch)]
    return render(
        request,
        visitor,
        "watches.html",
        page=page,
        rows=rows,
        words=page_words(request),
        total=WatchCosts(config, now).total(awards) if is_all and awards else None,
        may_edit=visitor.may(Role.MEMBER),
        query={"q": q, "kind": kind, "state": state},
        is_filtered=is_filtered,
        is_first=after is None,
        shows_owners=visitor.is_operator and len(find_owners(config.store)) > 1,
    )


@router.get("/watches/{watch_id}")
def watch_page_of_one(request: Request, visitor: Viewer, watch_id: str, check: bool = False) -> Response:
    """Show a watch: its definition, what it finds, what it costs and what it sent.

    With `check`, it is compared with all stored offers of its routes, to show near misses and round trips too.
    """
    config, now = config_of(request), config_of(request).now()
    entry = entry_or_404(request, visitor, watch_id)
    rows = watch_rows(config, [entry], now)
    if not rows:
        raise HTTPException(404)
    row, words = rows[0], page_words(request)
    watch = row.watch
    preview: Preview | None = None
    problem = ""
    if watch and (check or isinstance(watch, PromotionWatch)):
        try:
            preview = preview_watch(config, watch, now)
        except TooManyOffers as error:
            problem = str(error)
    context = preview_context(request, preview) | {"problem": problem}
    if (preview or problem) and check and is_htmx_request(request):
        return render(request, visitor, "watch_check.html", **context)
    is_award = isinstance(watch, Watch)
    messages = delivery_page(config.store, DeliveryQuery(watch_keys=[watch_id]), size=_SHOWN_MESSAGES)
    return render(
        request,
        visitor,
        "watch.html",
        row=row,
        may_edit=visitor.may(Role.MEMBER),
        lines=words.lines(watch) if watch else [],
        words=words,
        offers=current_matches(config.store, watch_id, now=now, max_age=config.max_age, limit=MOST_MATCHES),
        plan=plan_watch(config, watch, now) if isinstance(watch, Watch) else None,
        next_search=next_search(config.store, crawl_settings(config), [watch], now)
        if isinstance(watch, Watch) and row.state == "active"
        else None,
        messages=messages,
        titles=message_titles(config.store, messages.rows, preferences_of(request, config.settings).language),
        is_award=is_award,
        shows_owners=visitor.is_operator and len(find_owners(config.store)) > 1,
        **context,
    )


@router.post("/watches/{watch_id}/pause")
def pause_watch(request: Request, visitor: Member, watch_id: str) -> Response:
    """Pause a watch."""
    return _set_active(request, visitor, watch_id, active=False)


@router.post("/watches/{watch_id}/resume")
def resume_watch(request: Request, visitor: Member, watch_id: str) -> Response:
    """Resume a watch."""
    return _set_active(request, visitor, watch_id, active=True)


def _set_active(request: Request, visitor: Visitor, watch_id: str, *, active: bool) -> Response:
    config = config_of(request)
    entry = entry_or_404(request, visitor, watch_id)
    set_active(config.store, entry.id, active, now=config.now())
    notice = "watch_resumed" if active else "watch_paused"
    is_own_page = request.headers.get("referer", "").partition("?")[0].endswith(f"/watches/{watch_id}")
    address = f"/watches/{watch_id}" if is_own_page else "/watches"
    return RedirectResponse(f"{address}?notice={notice}", status_code=303)


@router.get("/watches/{watch_id}/remove")
def confirm_removal(request: Request, visitor: Member, watch_id: str) -> Response:
    """Ask for confirmation before a watch is removed."""
    config = config_of(request)
    entry = entry_or_404(request, visitor, watch_id)
    rows = watch_rows(config, [entry], config.now())
    return render(request, visitor, "watch_remove.html", entry=entry, rows=rows, words=page_words(request))


@router.post("/watches/{watch_id}/remove")
def remove_watch_and_matches(request: Request, visitor: Member, watch_id: str) -> Response:
    """Remove a watch."""
    config = config_of(request)
    entry = entry_or_404(request, visitor, watch_id)
    remove_watch(config.store, entry.id, config.now())
    return RedirectResponse("/watches?notice=watch_removed", status_code=303)


# ---- shared with the editor ------------------------------------------------------------------------------------------


def entry_or_404(request: Request, visitor: Visitor, watch_id: str) -> WatchEntry:
    """Return the identity of a watch. Raise HTTPException 404 if there is none that the visitor sees."""
    entry = visible_entry(config_of(request).store, watch_id, visitor)
    if entry is None:
        raise HTTPException(404)
    return entry


def page_words(request: Request) -> WatchWords:
    """Return the descriptions of watches in the language of a request."""
    fmt, texts = formats_and_texts(request)
    return WatchWords(texts, fmt)


def preview_context(request: Request, preview: Preview | None) -> dict[str, Any]:
    """Return the values that the template of a preview needs."""
    context: dict[str, Any] = {"preview": preview, "misses": None, "groups": []}
    if isinstance(preview, AwardPreview):
        fmt, texts = formats_and_texts(request)
        misses = MissWords(preview.watch, texts, fmt)
        groups = list(misses.groups(preview.found.misses))
        context |= {"misses": misses, "groups": groups}
    return context | {"most": {"matches": MOST_MATCHES, "misses": MOST_MISSES, "trips": MOST_TRIPS}}
