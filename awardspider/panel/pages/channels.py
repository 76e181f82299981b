"""The channels: their state, and adding, testing, pausing, resuming and removing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from awardspider.delivery.channels.channel_check import send_test_message
from awardspider.delivery.channels.configuration import (
    ConfiguredChannel,
    Origin,
    configured_channels,
    default_events,
    with_default_events,
)
from awardspider.delivery.channels.management import (
    EVENT_CHOICES,
    delete_channel,
    find_channel,
    shown_address,
)
from awardspider.items import Priority
from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.panel.access import Operator, Visitor
from awardspider.panel.channel_context import channel_context
from awardspider.panel.channel_forms import ChannelForm, is_operator_event, read_form, shown_form
from awardspider.panel.configuration import config_of
from awardspider.panel.new_channels import KINDS, add_new_channel
from awardspider.panel.rendering import render
from awardspider.storage.channel_attempts import ChannelAttempt, last_attempts
from awardspider.storage.channels import ChannelState, PausedBy, channel_states, pause_channel, resume_channel
from awardspider.storage.handoffs import waiting_by_channel

router = APIRouter()

_MAX_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A channel in the list."""

    channel: ConfiguredChannel
    address: str
    state: ChannelState
    attempts: list[ChannelAttempt]
    posts: int

    def is_backing_off(self, now: datetime) -> bool:
        """Return whether it waits after failures."""
        return self.state.backoff_until is not None and self.state.backoff_until > now

    @property
    def is_removable(self) -> bool:
        """Return whether it can be removed here: a channel of the settings cannot."""
        return self.channel.origin is Origin.DATABASE


@router.get("/channels")
def channels_page(request: Request, visitor: Operator) -> Response:
    """Show the channels with their state and last attempts."""
    return _list(request, visitor)


def _list(request: Request, visitor: Visitor, *, status: int = 200, **context: Any) -> Response:
    config = config_of(request)
    states, attempts = channel_states(config.store), last_attempts(config.store)
    posts = waiting_by_channel(config.store)
    key = str(config.settings.get("AWARD_SECRET_KEY") or "")
    shown = [
        _Shown(
            channel=ConfiguredChannel(row=with_default_events(channel.row), origin=channel.origin),
            address=shown_address(channel.row, key),
            state=states.get(name, ChannelState(name=name)),
            attempts=attempts.get(name, []),
            posts=posts.get(name, 0),
        )
        for name, channel in configured_channels(config.store, config.settings).items()
    ]
    values = {"tested": "", "check": None, "problem": "", "removed": "", "removal": None} | context
    return render(request, visitor, "channels.html", status=status, channels=shown, **values)


# ---- adding ----------------------------------------------------------------------------------------------------------


@router.get("/channels/new")
def new_channel_page(request: Request, visitor: Operator, kind: str = "") -> Response:
    """Show the form for a channel of a kind, or the kinds."""
    if kind not in KINDS:
        return render(request, visitor, "channel_kinds.html", kinds=KINDS)
    return _form(request, visitor, ChannelForm(kind=kind, events=default_events(kind)))


@router.post("/channels/new")
async def add_one(request: Request, visitor: Operator) -> Response:
    """Check the channel in the form and store it, or show the form again with what is wrong."""
    data = await request.form()
    return await run_in_threadpool(_add, request, visitor, data)


def _add(request: Request, visitor: Visitor, data: FormData) -> Response:
    kind = str(data.get("kind") or "")
    if kind not in KINDS:
        raise InvalidArgument("choose the kind of the channel")
    try:
        _, new = read_form(kind, data)
        add_new_channel(config_of(request), new)
    except (InvalidArgument, InvalidSetting) as error:
        return _form(request, visitor, shown_form(kind, data), str(error))
    return RedirectResponse(f"/channels?notice=channel_added#{new.name}", status_code=303)


def _form(request: Request, visitor: Visitor, form: ChannelForm, error: str = "") -> Response:
    config = config_of(request)
    return render(
        request,
        visitor,
        "channel_form.html",
        status=400 if error else 200,
        form=form,
        error=error,
        event_choices=EVENT_CHOICES,
        is_operator_event=is_operator_event,
        priorities=list(Priority),
        has_key=bool(config.settings.get("AWARD_SECRET_KEY")),
    )


# ---- changes ---------------------------------------------------------------------------------------------------------


@router.post("/channels/{name}/test")
def run_channel_test(request: Request, visitor: Operator, name: str) -> Response:
    """Send a test message and show the result in words."""
    context = channel_context(config_of(request))
    row = find_channel(context, name).row
    try:
        check = send_test_message(context, row)
    except (InvalidArgument, InvalidSetting) as error:
        return _list(request, visitor, tested=name, problem=str(error))
    return _list(request, visitor, tested=name, check=check)


@router.post("/channels/{name}/pause")
def pause_one(request: Request, visitor: Operator, name: str, reason: Annotated[str, Form()] = "") -> Response:
    """Keep the messages of a channel until it is resumed."""
    config = config_of(request)
    find_channel(channel_context(config), name)
    reason = reason.strip()[:_MAX_REASON] or "by hand"
    pause_channel(config.store, name, reason=reason, by=PausedBy.OPERATOR, now=config.now())
    return RedirectResponse("/channels?notice=channel_paused", status_code=303)


@router.post("/channels/{name}/resume")
def resume_one(request: Request, visitor: Operator, name: str) -> Response:
    """Send the messages of a paused channel again."""
    config = config_of(request)
    find_channel(channel_context(config), name)
    resume_channel(config.store, name, now=config.now())
    return RedirectResponse("/channels?notice=channel_resumed", status_code=303)


@router.post("/channels/{name}/remove")
def remove_one(request: Request, visitor: Operator, name: str) -> Response:
    """Remove a channel, cancel its messages, and show how many these were."""
    removal = delete_channel(channel_context(config_of(request)), name)
    return _list(request, visitor, removed=name, removal=removal)
