"""The account of a token, and subscriptions to events for Zapier and other automations."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider import __version__
from awardspider.delivery.channels.webhook import zapier
from awardspider.delivery.messages.schemas import combined_schema
from awardspider.items import EventType
from awardspider.panel.access import Operator, Public, Viewer
from awardspider.panel.api.description import WITHOUT_TOKEN
from awardspider.panel.api.v1.replies import json_reply
from awardspider.panel.api.v1.schemas import ERRORS, NOT_FOUND, Reply
from awardspider.panel.channel_context import channel_context
from awardspider.panel.configuration import config_of
from awardspider.search.owners import Locale

router = APIRouter(prefix="/api/v1", tags=["hooks"], responses=ERRORS)

_Locale = Annotated[Locale, Query(description="Language of the texts in the events")]


class HookBody(BaseModel):
    """A subscription: events of one type are sent to an address."""

    model_config = ConfigDict(extra="forbid")

    target_url: str = Field(max_length=4000, description="https address that gets each event as JSON")
    event: EventType = Field(description="`offer.matched`, `offer.dropped`, `offer.gone` or `promotion`")
    locale: Locale | None = Field(None, description="Language of the texts in the events")
    timezone: str | None = Field(None, description="IANA name of the time zone in texts")


@router.get("/me", response_model=Reply)
def get_account(request: Request, visitor: Viewer) -> Response:
    """Return the account of the token, which tests a connection."""
    account = {"account": visitor.name, "role": visitor.role}
    return json_reply(request, zapier.sign_in_response(__version__) | account)


@router.post("/hooks", response_model=Reply, status_code=HTTPStatus.CREATED)
def subscribe(request: Request, visitor: Operator, body: HookBody) -> Response:
    """Send the events of a type to an address until the subscription is deleted."""
    context = channel_context(config_of(request))
    return json_reply(request, zapier.subscribe(body.model_dump(exclude_none=True), context), HTTPStatus.CREATED)


@router.delete("/hooks/{hook_id}", status_code=HTTPStatus.NO_CONTENT, responses=NOT_FOUND)
def unsubscribe(request: Request, visitor: Operator, hook_id: str) -> Response:
    """End a subscription."""
    if not zapier.unsubscribe(hook_id, channel_context(config_of(request))):
        raise HTTPException(404, f"there is no subscription {hook_id}")
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/events/{event}", response_model=list[dict[str, Any]])
def list_events(request: Request, visitor: Operator, event: str, locale: _Locale = Locale.EN) -> Response:
    """Return the last events of a type as an array, newest first, each with its own id, for polling."""
    config = config_of(request)
    events = zapier.list_events(event, config.store, locale, now=config.now(), max_age=config.max_age)
    return Response(orjson.dumps(events), media_type="application/json")


@router.get("/events/{event}/samples", response_model=list[dict[str, Any]])
def sample_events(request: Request, visitor: Operator, event: str, locale: _Locale = Locale.EN) -> Response:
    """Return up to three events of a type, or an example, to set up an automation."""
    config = config_of(request)
    events = zapier.sample_events(event, config.store, locale, now=config.now())
    return Response(orjson.dumps(events), media_type="application/json")


@router.get("/schemas/events.json", response_model=Reply, openapi_extra=WITHOUT_TOKEN)
def get_event_schema(request: Request, visitor: Public) -> Response:
    """Return the JSON Schema of all events."""
    return json_reply(request, combined_schema())
