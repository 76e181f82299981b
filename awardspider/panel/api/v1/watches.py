"""Watches: list, read, try, add, change, pause and remove."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import Member, Viewer, Visitor, changes_nothing
from awardspider.panel.api.v1.replies import json_reply, page_reply
from awardspider.panel.api.v1.schemas import ERRORS, NOT_FOUND, Page, Reply
from awardspider.panel.configuration import config_of
from awardspider.panel.own_messages import own_watches
from awardspider.panel.preferences import preferences_of
from awardspider.panel.records import preview_record, watch_record, watch_records
from awardspider.panel.watches.described import Description, described_watch
from awardspider.panel.watches.draft import Draft, draft_of
from awardspider.panel.watches.fields import AnyWatch
from awardspider.panel.watches.saving import StoredEither, readable_or_error, save_watch, visible_entry
from awardspider.storage.owners import find_owner
from awardspider.storage.watches import WatchEntry, WatchKind, remove_watch, set_active

router = APIRouter(prefix="/api/v1", tags=["watches"], responses=ERRORS)


class WatchBody(BaseModel):
    """A watch: its kind, and the fields of a watch in a file (docs/watches.md), or a wish in words (docs/wishes.md)."""

    model_config = ConfigDict(extra="allow")

    kind: WatchKind = Field(WatchKind.AWARD, description="`award` or `promotion`")
    name: str | None = Field(
        None, min_length=1, max_length=100, description="Unique among the owner's watches; default: from the words"
    )
    words: str | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="A wish, such as `business to Tokyo in March under 80k from LAX`",
    )

    @property
    def description(self) -> Description:
        """Return the description of the watch."""
        fields = ({"name": self.name} if self.name else {}) | (self.model_extra or {})
        return Description(kind=self.kind, words=self.words or "", fields=fields)


Watch = Annotated[WatchBody, Body(description="The watch, with the fields of a watch file")]


@router.get("/watches", response_model=Page)
def list_watches(request: Request, visitor: Viewer) -> Response:
    """List the watches of the account's owner, or of all owners for an operator."""
    config, now = config_of(request), config_of(request).now()
    return page_reply(request, watch_records(config.store, own_watches(config.store, visitor), now))


@router.post("/watches", response_model=Reply, status_code=HTTPStatus.CREATED)
def add_watch(request: Request, visitor: Member, body: Watch) -> Response:
    """Add a watch. It belongs to the account's owner."""
    config, now = config_of(request), config_of(request).now()
    watch = _checked(request, visitor.adds_for, body, now)
    watch_id = save_watch(config.store, watch, find_owner(config.store, visitor.adds_for), now, stored=None)
    return _reply(request, visitor, watch_id, HTTPStatus.CREATED)


@router.post("/watches/preview", response_model=Reply)
@changes_nothing
def preview(request: Request, visitor: Viewer, body: Watch) -> Response:
    """Return what a watch would find now, without storing it: matches, and near misses with their reasons."""
    now = config_of(request).now()
    return json_reply(request, _preview(request, _checked(request, visitor.adds_for, body, now), now))


@router.get("/watches/{watch_id}", response_model=Reply, responses=NOT_FOUND)
def get_watch(request: Request, visitor: Viewer, watch_id: str) -> Response:
    """Return a watch."""
    return _reply(request, visitor, watch_id)


@router.get("/watches/{watch_id}/matches", response_model=Reply, responses=NOT_FOUND)
def get_matches(request: Request, visitor: Viewer, watch_id: str) -> Response:
    """Return what a watch finds now: matches, and near misses with their reasons."""
    _, stored = _stored(request, visitor, watch_id)
    return json_reply(request, _preview(request, stored.watch, config_of(request).now()))


@router.put("/watches/{watch_id}", response_model=Reply, responses=NOT_FOUND)
def change_watch(request: Request, visitor: Member, watch_id: str, body: Watch) -> Response:
    """Replace the fields of a watch."""
    config, now = config_of(request), config_of(request).now()
    entry, stored = _stored(request, visitor, watch_id)
    watch = _checked(request, entry.owner_id, body, now, before=draft_of(stored.watch))
    save_watch(config.store, watch, stored.owner, now, stored=stored)
    return _reply(request, visitor, watch_id)


@router.post("/watches/{watch_id}/pause", response_model=Reply, responses=NOT_FOUND)
def pause_watch(request: Request, visitor: Member, watch_id: str) -> Response:
    """Pause a watch: nothing is searched or sent for it."""
    return _set_active(request, visitor, watch_id, active=False)


@router.post("/watches/{watch_id}/resume", response_model=Reply, responses=NOT_FOUND)
def resume_watch(request: Request, visitor: Member, watch_id: str) -> Response:
    """Resume a watch that was paused."""
    return _set_active(request, visitor, watch_id, active=True)


@router.delete("/watches/{watch_id}", status_code=HTTPStatus.NO_CONTENT, responses=NOT_FOUND)
def delete_watch(request: Request, visitor: Member, watch_id: str) -> Response:
    """Remove a watch, and cancel its messages that were not sent."""
    config = config_of(request)
    remove_watch(config.store, _entry(request, visitor, watch_id).id, config.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _set_active(request: Request, visitor: Visitor, watch_id: str, *, active: bool) -> Response:
    config = config_of(request)
    set_active(config.store, _entry(request, visitor, watch_id).id, active, now=config.now())
    return _reply(request, visitor, watch_id)


def _entry(request: Request, visitor: Visitor, watch_id: str) -> WatchEntry:
    entry = visible_entry(config_of(request).store, watch_id, visitor)
    if entry is None:
        raise HTTPException(404, f"there is no watch {watch_id}")
    return entry


def _stored(request: Request, visitor: Visitor, watch_id: str) -> tuple[WatchEntry, StoredEither]:
    """Return a watch that can be read."""
    config, entry = config_of(request), _entry(request, visitor, watch_id)
    stored = readable_or_error(config.store, entry, config.now())
    if isinstance(stored, str):
        raise InvalidArgument(stored)
    return entry, stored


def _checked(
    request: Request, owner_id: str, body: WatchBody, now: datetime, *, before: Draft | None = None
) -> AnyWatch:
    config = config_of(request)
    described = described_watch(config, body.description, find_owner(config.store, owner_id), now, before=before)
    if described.watch is None:
        raise InvalidArgument(f"words: {described.question}")
    return described.watch


def _reply(request: Request, visitor: Visitor, watch_id: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    config, entry = config_of(request), _entry(request, visitor, watch_id)
    return json_reply(request, watch_record(entry, readable_or_error(config.store, entry, config.now())), status)


def _preview(request: Request, watch: AnyWatch, now: datetime) -> dict[str, Any]:
    config = config_of(request)
    return preview_record(config, watch, now, preferences_of(request, config.settings).language)
