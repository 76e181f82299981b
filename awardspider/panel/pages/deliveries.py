"""The outbox: messages with their status, one message with its attempts, and what people do about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from awardspider.delivery.channels.configuration import HANDOFF_KIND, configured_channels
from awardspider.delivery.messages.cards.sizes import CardSize
from awardspider.delivery.messages.events import AnyEvent, OfferEvent
from awardspider.delivery.messages.links import SHARED_EVENTS
from awardspider.delivery.messages.payloads import public_event
from awardspider.delivery.public_pages import share_address
from awardspider.items import EventType
from awardspider.panel.access import Member, Viewer, Visitor
from awardspider.panel.card_images import card_response
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.panel.message_views import card_event, channel_locale, event_of, message_titles, preview
from awardspider.panel.own_messages import own_message, own_watches
from awardspider.panel.preferences import preferences_of
from awardspider.panel.rendering import render
from awardspider.storage.accounts import Role
from awardspider.storage.handoffs import count_waiting
from awardspider.storage.outbox import (
    ARRIVED,
    FAILED,
    OPERATOR_NAME,
    DeliveryStatus,
    drop_rows,
    owners_of_message,
    retry_rows,
)
from awardspider.storage.outbox_pages import DeliveryQuery, delivery_page
from awardspider.storage.shares import Share, find_shares, revoke_shares

router = APIRouter()


class Tab(StrEnum):
    """Tabs of the list."""

    ALL = "all"
    DUE = "due"
    HELD = "held"
    WAITING = "waiting"  # for a person
    SENT = "sent"
    FAILED = "failed"


_STATUSES = {
    Tab.DUE: (DeliveryStatus.PENDING, DeliveryStatus.SENDING),
    Tab.HELD: (DeliveryStatus.PENDING,),
    Tab.WAITING: (DeliveryStatus.AWAITING_HUMAN,),
    Tab.SENT: (DeliveryStatus.SENT,),
    Tab.FAILED: FAILED,
}

_CANCELED = (DeliveryStatus.PENDING, DeliveryStatus.AWAITING_HUMAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """The view that the query parameters select."""

    tab: Tab
    channel: str
    event: str
    watch: str
    status: str

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the view's address."""
        tab = "" if self.tab is Tab.ALL else self.tab.value
        return {
            "tab": tab,
            "channel": self.channel,
            "event": self.event,
            "watch": self.watch,
            "status": self.status,
        }

    @property
    def is_filtered(self) -> bool:
        """Return whether a filter other than the tab is set."""
        return bool(self.channel or self.event or self.watch or self.status)

    def query(self, watch_keys: list[str] | None, now: datetime) -> DeliveryQuery:
        """Return the query, of all messages or of those for some watches."""
        if self.watch:
            watch_keys = [self.watch] if watch_keys is None or self.watch in watch_keys else []
        statuses = _STATUSES.get(self.tab, ())
        if self.tab is Tab.ALL and self.status:
            statuses = (DeliveryStatus(self.status),)
        return DeliveryQuery(
            channels=(self.channel,) if self.channel else (),
            statuses=statuses,
            event_types=(EventType(self.event),) if self.event else (),
            watch_keys=watch_keys,
            held_at=now if self.tab is Tab.HELD else None,
            due_at=now if self.tab is Tab.DUE else None,
        )


@router.get("/deliveries")
def deliveries_page(request: Request, visitor: Viewer) -> Response:
    """Show a page of messages, the latest first."""
    config = config_of(request)
    view = _parse_view(request)
    watches = own_watches(config.store, visitor)
    keys = None if visitor.is_operator else [watch.id for watch in watches]
    cursor = request.query_params.get("after") or None
    page = delivery_page(config.store, view.query(keys, config.now()), cursor=cursor)
    language = preferences_of(request, config.settings).language
    return render(
        request,
        visitor,
        "deliveries.html",
        view=view,
        tabs=list(Tab),
        page=page,
        titles=message_titles(config.store, page.rows, language),
        is_first=cursor is None,
        watches=watches,
        channels=list(configured_channels(config.store, config.settings)),
        events=list(EventType),
        statuses=list(DeliveryStatus),
        waiting=count_waiting(config.store, owner_id=visitor.owner_id),
    )


def _parse_view(request: Request) -> _View:
    """Return the view of the query parameters; unknown values are ignored."""
    given = {name: request.query_params.get(name, "") for name in ("tab", "channel", "event", "watch", "status")}
    return _View(
        tab=Tab(given["tab"]) if given["tab"] in list(Tab) else Tab.ALL,
        channel=given["channel"],
        event=given["event"] if given["event"] in list(EventType) else "",
        watch=given["watch"],
        status=given["status"] if given["status"] in list(DeliveryStatus) else "",
    )


@router.get("/deliveries/{row_id}")
def delivery_detail(request: Request, visitor: Viewer, row_id: int) -> Response:
    """Show a message with its attempts, as the recipient gets it."""
    config = config_of(request)
    row, attempts = own_message(config.store, visitor, row_id)
    event = event_of(row)
    channel = configured_channels(config.store, config.settings).get(row["channel"])
    preferences = preferences_of(request, config.settings)
    share = _share(config, row)
    share_link = share_address(config.public_url, share.id) if share and config.public_url else ""
    share_is_open = share is not None and share.is_open(config.now())
    return render(
        request,
        visitor,
        "delivery.html",
        row=row,
        attempts=attempts,
        title=message_titles(config.store, [row], preferences.language)[row_id],
        preview=preview(
            event,
            channel,
            now=row["ended_at"] or config.now(),
            locale=channel_locale(channel, config.settings),
            # A message that was not sent does not link to a closed page.
            share_link=share_link if share_is_open or row["status"] in ARRIVED else "",
        ),
        channel=channel,
        has_card=card_event(event) is not None,
        share_link=share_link,
        share_is_open=share_is_open,
        can_revoke=share_is_open and visitor.may(Role.MEMBER) and _is_only_of(config, visitor, row_id),
        can_retry=visitor.may(Role.MEMBER) and row["status"] in FAILED,
        can_cancel=visitor.may(Role.MEMBER) and row["status"] in _CANCELED,
        is_unknown=row["status"] is DeliveryStatus.UNKNOWN,
    )


@router.get("/deliveries/{row_id}/card.png")
def delivery_card(request: Request, visitor: Viewer, row_id: int, size: CardSize = CardSize.LINK) -> Response:
    """Return the card of a message."""
    config = config_of(request)
    row, _ = own_message(config.store, visitor, row_id)
    channel = configured_channels(config.store, config.settings).get(row["channel"])
    event: AnyEvent | OfferEvent | None = event_of(row)
    if event and channel and channel.row.kind == HANDOFF_KIND:
        event = public_event(event)
    return card_response(card_event(event), size, locale=channel_locale(channel, config.settings), now=config.now())


def _share(config: PanelConfig, row: Any) -> Share | None:
    """Return the public page of a message, open or closed, or None."""
    key = row["message_key"] or row["key"]
    return find_shares(config.store, [key]).get(key) if row["event_type"] in SHARED_EVENTS else None


def _is_only_of(config: PanelConfig, visitor: Visitor, row_id: int) -> bool:
    """Return whether a message is for no watches of other owners; True for an operator."""
    return visitor.owner_id is None or owners_of_message(config.store, row_id) <= {visitor.owner_id}


@router.post("/deliveries/{row_id}/retry")
def retry_delivery(request: Request, visitor: Member, row_id: int) -> Response:
    """Make a rejected or unknown message due again."""
    config = config_of(request)
    own_message(config.store, visitor, row_id)
    is_done = retry_rows(config.store, [row_id], config.now(), statuses=FAILED)
    return _back(row_id, "delivery_retried" if is_done else "delivery_unchanged")


@router.post("/deliveries/{row_id}/cancel")
def cancel_delivery(request: Request, visitor: Member, row_id: int) -> Response:
    """Cancel a message that was not sent yet."""
    config = config_of(request)
    own_message(config.store, visitor, row_id)
    is_done = drop_rows(config.store, [row_id], config.now(), name=visitor.name or OPERATOR_NAME)
    return _back(row_id, "delivery_canceled" if is_done else "delivery_unchanged")


@router.post("/deliveries/{row_id}/revoke")
def revoke_page(request: Request, visitor: Member, row_id: int) -> Response:
    """Close the public page of a message for good."""
    config = config_of(request)
    row, _ = own_message(config.store, visitor, row_id)
    if not _is_only_of(config, visitor, row_id):
        raise HTTPException(
            HTTPStatus.FORBIDDEN, "The page is also that of another person's message; ask the operator."
        )
    share = _share(config, row)
    is_done = share is not None and revoke_shares(config.store, [share.id], config.now())
    return _back(row_id, "share_revoked" if is_done else "share_unchanged")


def _back(row_id: int, notice: str) -> Response:
    return RedirectResponse(f"/deliveries/{row_id}?notice={notice}", status_code=303)
