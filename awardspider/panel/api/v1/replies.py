"""JSON responses of the API: single objects and pages of lists, each with an entity tag."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import Query, Request
from starlette.responses import Response

MAX_SIZE = 500

#: Parameters of every list.
Cursor = Annotated[str | None, Query(description="`next` of the page before; empty for the first page")]
Size = Annotated[int, Query(ge=1, le=MAX_SIZE, description="Number of entries of a page")]


def json_reply(request: Request, payload: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return an object with an entity tag, or status 304 without a body if the client has this version already."""
    body = orjson.dumps(payload, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = {part.strip() for part in request.headers.get("if-none-match", "").split(",")}
    if status == HTTPStatus.OK and known & {tag, tag.removeprefix("W/"), "*"}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, status, headers, media_type="application/json")


def page_reply(
    request: Request,
    items: Sequence[Mapping[str, Any]],
    next_cursor: str | None = None,
    count: int | None = None,
    *,
    is_capped: bool = False,
) -> Response:
    """Return a page of a list. `count` is the number of entries of all pages, at least that if it is capped."""
    payload: dict[str, Any] = {"items": items, "next": next_cursor}
    if count is not None:
        payload |= {"count": count, "count_is_capped": is_capped}
    return json_reply(request, payload)
