"""The posts that a person makes by hand, for outlets without an interface for programs."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from awardspider.delivery.messages.cards.sizes import CardSize
from awardspider.panel.access import Member, Viewer, Visitor
from awardspider.panel.card_images import card_response
from awardspider.panel.configuration import config_of
from awardspider.panel.message_views import card_event
from awardspider.panel.own_messages import own_message
from awardspider.panel.post_views import Post, find_post, waiting_posts
from awardspider.panel.rendering import render
from awardspider.storage.accounts import Role
from awardspider.storage.handoffs import mark_posted, skip_post, undo_post
from awardspider.storage.outbox import OPERATOR_NAME

router = APIRouter()

_SHOWN = 50


@router.get("/posts")
def posts_page(request: Request, visitor: Viewer) -> Response:
    """Show the posts that wait, the best first, with the images and texts to post."""
    config = config_of(request)
    found = waiting_posts(config, owner_id=visitor.owner_id, limit=_SHOWN)
    done = request.query_params.get("done", "")
    return render(
        request,
        visitor,
        "posts.html",
        posts=found.posts,
        total=found.total,
        unreadable=found.unreadable,
        may_post=visitor.may(Role.MEMBER),
        done=int(done) if done.isascii() and done.isdecimal() and len(done) < 10 else None,
        public_url=config.public_url,
    )


@router.get("/posts/{row_id}/card.png")
def post_card(request: Request, visitor: Viewer, row_id: int, size: CardSize = CardSize.STORY) -> Response:
    """Return the card of a post that waits."""
    config = config_of(request)
    post = _find(request, visitor, row_id)
    response = card_response(
        card_event(post.event), size, locale=post.locale, now=config.now(), link=post.link if post.is_public else ""
    )
    if "download" in request.query_params:
        response.headers["Content-Disposition"] = f'attachment; filename="award-{row_id}-{size}.png"'
    return response


def _find(request: Request, visitor: Visitor, row_id: int) -> Post:
    found = find_post(config_of(request), row_id, owner_id=visitor.owner_id)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return found


@router.post("/posts/{row_id}/posted")
def post_is_posted(request: Request, visitor: Member, row_id: int) -> Response:
    """Record that the visitor posted it."""
    config = config_of(request)
    own_message(config.store, visitor, row_id)
    is_done = mark_posted(config.store, row_id, _name(visitor), config.now(), owner_id=visitor.owner_id)
    return _back("post_posted" if is_done else "post_unchanged", row_id if is_done else None)


@router.post("/posts/{row_id}/skip")
def post_is_skipped(request: Request, visitor: Member, row_id: int) -> Response:
    """Cancel a post."""
    config = config_of(request)
    own_message(config.store, visitor, row_id)
    is_done = skip_post(config.store, row_id, _name(visitor), config.now(), owner_id=visitor.owner_id)
    return _back("post_skipped" if is_done else "post_unchanged", row_id if is_done else None)


@router.post("/posts/{row_id}/undo")
def post_waits_again(request: Request, visitor: Member, row_id: int) -> Response:
    """Put a post back that was posted or skipped a short time ago."""
    config = config_of(request)
    own_message(config.store, visitor, row_id)
    is_done = undo_post(config.store, row_id, config.now(), owner_id=visitor.owner_id)
    return _back("post_undone" if is_done else "post_undo_failed", None)


def _name(visitor: Visitor) -> str:
    return visitor.name or OPERATOR_NAME


def _back(notice: str, done: int | None) -> Response:
    undo = f"&done={done}" if done else ""
    return RedirectResponse(f"/posts?notice={notice}{undo}", status_code=303)
