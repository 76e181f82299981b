"""Deliveries: messages with their status and attempts."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider.items import EventType
from awardspider.panel.access import Member, Viewer
from awardspider.panel.api.v1.replies import Cursor, Size, json_reply, page_reply
from awardspider.panel.api.v1.schemas import CONFLICT, ERRORS, NOT_FOUND, Page, Reply
from awardspider.panel.configuration import config_of
from awardspider.panel.own_messages import own_message, own_watches
from awardspider.storage.outbox import FAILED, DeliveryStatus, retry_rows
from awardspider.storage.outbox_pages import DeliveryQuery, delivery_page

router = APIRouter(prefix="/api/v1", tags=["deliveries"], responses=ERRORS)

_FIELDS = (
    "id", "channel", "status", "event_type", "watch", "watch_key", "created_at", "next_attempt_at", "attempt_count",
    "ended_at", "note", "digest_id",
)  # fmt: skip


@router.get("/deliveries", response_model=Page)
def list_deliveries(
    request: Request,
    visitor: Viewer,
    channel: Annotated[list[str] | None, Query(description="Names of channels")] = None,
    status: Annotated[list[DeliveryStatus] | None, Query(description="Statuses")] = None,
    event: Annotated[list[EventType] | None, Query(description="Types of events")] = None,
    watch: Annotated[str | None, Query(description="Id of a watch")] = None,
    after: Cursor = None,
    size: Size = 50,
) -> Response:
    """List messages, latest first; those for the watches of the account's owner."""
    config = config_of(request)
    keys = None if visitor.is_operator else [each.id for each in own_watches(config.store, visitor)]
    if watch is not None:
        keys = [watch] if keys is None or watch in keys else []
    query = DeliveryQuery(
        channels=tuple(channel or ()), statuses=tuple(status or ()), event_types=tuple(event or ()), watch_keys=keys
    )
    page = delivery_page(config.store, query, cursor=after, size=size)
    items = [_record(row) for row in page.rows]
    return page_reply(request, items, page.next_cursor, page.count, is_capped=page.count_is_capped)


@router.get("/deliveries/{row_id}", response_model=Reply, responses=NOT_FOUND)
def get_delivery(request: Request, visitor: Viewer, row_id: int) -> Response:
    """Return a message with its event and its attempts."""
    row, attempts = own_message(config_of(request).store, visitor, row_id)
    fields = ("attempted_at", "result", "retry_at", "note", "seconds")
    listed = [{name: attempt[name] for name in fields} for attempt in attempts]
    return json_reply(request, _record(row) | {"event": row["body"], "attempts": listed})


@router.post("/deliveries/{row_id}/retry", response_model=Reply, responses=NOT_FOUND | CONFLICT)
def retry_delivery(request: Request, visitor: Member, row_id: int) -> Response:
    """Send a message again that was rejected, or whose result is unknown: it can arrive twice then."""
    config = config_of(request)
    own_message(config.store, visitor, row_id)
    is_retried = retry_rows(config.store, [row_id], config.now(), statuses=FAILED)
    row, _ = own_message(config.store, visitor, row_id)
    if not is_retried:
        raise HTTPException(
            HTTPStatus.CONFLICT,
            f"message {row_id} is not sent again, because it is {row['status']}, neither rejected nor unknown",
        )
    return json_reply(request, _record(row))


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _FIELDS}
