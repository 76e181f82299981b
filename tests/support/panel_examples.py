"""Examples that `make demo` lacks: messages that were rejected or wait for a person, public pages, and accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from awardspider.delivery.channels.base import Message
from awardspider.delivery.public_pages import create_share_links
from awardspider.items import EventType
from awardspider.panel.auth.passwords import hash_password
from awardspider.search.owners import build_owner
from awardspider.storage import schema
from awardspider.storage.accounts import Role, add_account
from awardspider.storage.outbox import DeliveryResult, DeliveryStatus
from awardspider.storage.owners import save_owner
from awardspider.storage.store import Store
from tests.support.panel_messages import add_channel_row

PASSWORD = "correct horse battery"

#: An address of this machine: with another one, everybody would have to sign in.
PUBLIC_URL = "http://localhost:8787"

_outbox = schema.outbox.c


def add_rejected_message(store: Store, now: datetime) -> int:
    """Add a message that a channel has rejected."""
    add_channel_row(store, "phone", "apprise", "env:PHONE_ADDRESS", now)
    columns = {"status": DeliveryStatus.REJECTED, "ended_at": now, "note": "400 Bad Request: chat not found"}
    return copy_message(store, now, channel="phone", result=DeliveryResult.REJECTED, **columns)


def add_post(store: Store, now: datetime, *, key: str = "") -> int:
    """Add a message that waits for a person, who posts it to Snapchat."""
    add_channel_row(store, "snap", "handoff", "snapchat", now)
    columns = {"status": DeliveryStatus.AWAITING_HUMAN, "ended_at": now}
    return copy_message(store, now, channel="snap", key=key, result=DeliveryResult.HANDED_OFF, **columns)


def copy_message(
    store: Store,
    now: datetime,
    *,
    channel: str,
    key: str = "",
    event: EventType = EventType.OFFER_MATCHED,
    result: DeliveryResult | None = None,
    **columns: Any,
) -> int:
    """Copy the latest stored message about an event to another channel, as one that is due, and return its id.

    Without a key, it gets the one that the stored message would have for the channel. With a result, it has had an
    attempt.
    """
    latest = _latest(store, event)
    key = key or f"{channel}:{latest['key'].partition(':')[2]}"
    values = latest | {
        "key": key,
        "message_key": key,
        "channel": channel,
        "status": DeliveryStatus.PENDING,
        "created_at": now,
        "next_attempt_at": now,
        "ended_at": None,
        "note": None,
        "digest_id": None,
        "attempt_count": 1 if result else 0,
    }
    with store.writing() as connection:
        (row_id,) = connection.execute(insert(schema.outbox).values(values | columns)).inserted_primary_key or (0,)
        if result:
            note = columns.get("note") or ""
            attempt = {"outbox_id": row_id, "attempted_at": now, "result": result, "note": note}
            connection.execute(insert(schema.attempts).values(attempt))
    return int(row_id)


def add_public_pages(store: Store, now: datetime) -> dict[str, str]:
    """Add a public page of an offer, a digest and a promotion; return their paths, keyed by name."""
    events = {"offer": EventType.OFFER_MATCHED, "digest": EventType.DIGEST, "promotion": EventType.PROMOTION}
    messages = [
        Message(id=0, key=name, type=event, subject="", body=_latest(store, event)["body"], created_at=now)
        for name, event in events.items()
    ]
    links = create_share_links(store, PUBLIC_URL, messages, locale="en", now=now)
    return {f"share-{name}": link.removeprefix(PUBLIC_URL) for name, link in links.items()}


def add_accounts(store: Store, now: datetime) -> None:
    """Add an operator, a viewer, and the member Ana, who owns a watch if there is one; all have PASSWORD."""
    password_hash = hash_password(PASSWORD)
    ana = save_owner(store, build_owner(name="Ana"), now=now, new_id="ana")
    for name, role, owner_id in (("ana", Role.MEMBER, ana.id), ("eva", Role.VIEWER, ana.id)):
        add_account(store, name=name, role=role, owner_id=owner_id or "", password_hash=password_hash, now=now)
    add_account(store, name="operator", role=Role.OPERATOR, owner_id="default", password_hash=password_hash, now=now)
    watch = select(schema.watches.c.id).where(schema.watches.c.kind == "award").order_by(schema.watches.c.name).limit(1)
    with store.writing() as connection:
        watch_id = connection.scalar(watch)
        connection.execute(update(schema.watches).where(schema.watches.c.id == watch_id).values(owner_id="ana"))


def _latest(store: Store, event: EventType) -> dict[str, Any]:
    # Messages for spreadsheets have no event.
    query = select(schema.outbox).where(_outbox.event_type == event, _outbox.channel != "sheets")
    query = query.order_by(_outbox.id.desc()).limit(1)
    with store.reading() as connection:
        row = connection.execute(query).mappings().one()
    return {name: value for name, value in row.items() if name != "id"}
