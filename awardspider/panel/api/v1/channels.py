"""Channels: list, add, test, pause, resume and remove."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider.delivery.channels.channel_check import send_test_message
from awardspider.delivery.channels.configuration import ConfiguredChannel, configured_channels, with_default_events
from awardspider.delivery.channels.management import (
    NewChannel,
    delete_channel,
    find_channel,
    shown_address,
)
from awardspider.items import EventType, Priority
from awardspider.outcomes import InvalidArgument
from awardspider.panel.access import Operator
from awardspider.panel.api.v1.replies import json_reply, page_reply
from awardspider.panel.api.v1.schemas import ERRORS, NOT_FOUND, Page, Reply
from awardspider.panel.channel_context import channel_context
from awardspider.panel.configuration import config_of
from awardspider.panel.new_channels import add_new_channel
from awardspider.storage.channels import ChannelState, PausedBy, channel_states, pause_channel, resume_channel

router = APIRouter(prefix="/api/v1", tags=["channels"], responses=ERRORS)


class ChannelBody(BaseModel):
    """A new channel. Secrets are stored encrypted; references such as `env:NAME` are not possible here."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    kind: str = Field(description="`webhook`, `apprise`, `sheets` or `handoff`")
    address: str = Field(min_length=1, max_length=4000)
    options: dict[str, str] = {}
    secrets: list[str] = []
    events: list[EventType] = []
    priority: Priority | None = None


@router.get("/channels", response_model=Page)
def list_channels(request: Request, visitor: Operator) -> Response:
    """List the channels with their state. Secret addresses are masked."""
    config = config_of(request)
    found = configured_channels(config.store, config.settings).values()
    return page_reply(request, [_record(request, channel) for channel in found], count=len(found))


@router.post("/channels", response_model=Reply, status_code=HTTPStatus.CREATED)
def create_channel(request: Request, visitor: Operator, body: ChannelBody) -> Response:
    """Add a channel. Addresses of private networks and references to variables and files are refused."""
    config = config_of(request)
    new = NewChannel(
        name=body.name,
        kind=body.kind,
        address=body.address,
        options=body.options,
        secrets=tuple(body.secrets),
        events=tuple(body.events),
        priority=body.priority,
    )
    add_new_channel(config, new)
    return json_reply(request, _record(request, _found(request, body.name)), HTTPStatus.CREATED)


@router.get("/channels/{name}", response_model=Reply, responses=NOT_FOUND)
def get_channel(request: Request, visitor: Operator, name: str) -> Response:
    """Return a channel with its state."""
    return json_reply(request, _record(request, _found(request, name)))


@router.post("/channels/{name}/test", response_model=Reply, responses=NOT_FOUND)
def run_channel_test(request: Request, visitor: Operator, name: str) -> Response:
    """Send a test message and return the result in words."""
    check = send_test_message(channel_context(config_of(request)), _found(request, name).row)
    return json_reply(request, {"channel": name, "result": check.text})


@router.post("/channels/{name}/pause", response_model=Reply, responses=NOT_FOUND)
def pause(request: Request, visitor: Operator, name: str) -> Response:
    """Pause a channel: its messages wait."""
    config = config_of(request)
    _found(request, name)
    pause_channel(config.store, name, reason="paused by the API", by=PausedBy.OPERATOR, now=config.now())
    return json_reply(request, _record(request, _found(request, name)))


@router.post("/channels/{name}/resume", response_model=Reply, responses=NOT_FOUND)
def resume(request: Request, visitor: Operator, name: str) -> Response:
    """Resume a channel that was paused."""
    config = config_of(request)
    _found(request, name)
    resume_channel(config.store, name, now=config.now())
    return json_reply(request, _record(request, _found(request, name)))


@router.delete("/channels/{name}", response_model=Reply, responses=NOT_FOUND)
def remove(request: Request, visitor: Operator, name: str) -> Response:
    """Remove a channel; its messages that were not sent are canceled."""
    _found(request, name)
    removal = delete_channel(channel_context(config_of(request)), name)
    return json_reply(request, {"name": name, "canceled": removal.canceled, "watches": list(removal.watches)})


def _found(request: Request, name: str) -> ConfiguredChannel:
    try:
        return find_channel(channel_context(config_of(request)), name)
    except InvalidArgument as error:
        raise HTTPException(404, str(error)) from None


def _record(request: Request, channel: ConfiguredChannel) -> dict[str, Any]:
    config = config_of(request)
    row = with_default_events(channel.row)
    state = channel_states(config.store).get(row.name, ChannelState(name=row.name))
    backing_off = state.backoff_until is not None and state.backoff_until > config.now()
    return {
        "name": row.name,
        "kind": row.kind,
        "origin": channel.origin,
        "address": shown_address(row, str(config.settings.get("AWARD_SECRET_KEY") or "")),
        "events": list(row.events),
        "state": "paused" if state.paused_at else "backing off" if backing_off else "active",
        "paused_reason": state.paused_reason,
        "pending": state.pending,
    }
