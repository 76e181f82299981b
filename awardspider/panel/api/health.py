"""The health of the panel, for load balancers, containers and monitors."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from awardspider.outcomes import StorageError
from awardspider.panel.access import Public
from awardspider.panel.api.description import WITHOUT_TOKEN
from awardspider.panel.configuration import config_of
from awardspider.panel.server_errors import visible_sentence
from awardspider.storage.engines import HEAD, read_schema_version

router = APIRouter(tags=["health"])

_NOT_READY: dict[int | str, dict[str, Any]] = {503: {"description": "The database cannot be used"}}


@router.get("/healthz", response_class=PlainTextResponse, openapi_extra=WITHOUT_TOKEN)
def health(visitor: Public) -> Response:
    """Respond with 200 as long as the process responds."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", response_class=PlainTextResponse, responses=_NOT_READY, openapi_extra=WITHOUT_TOKEN)
def readiness(request: Request, visitor: Public) -> Response:
    """Respond with 200 if the database can be read and has the version of this code, else with 503."""
    try:
        version = read_schema_version(config_of(request).store.engine)
    except StorageError as error:
        return PlainTextResponse(f"{visible_sentence(error, visitor)}\n", 503)
    if version != HEAD:
        return PlainTextResponse(f"the database has version {version}, this code {HEAD}\n", 503)
    return PlainTextResponse("ready\n")
