"""Delivery of hundreds of alerts, or thousands with --full, to recipients that fail at random."""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import func, select

from awardspider.delivery.channels.base import (
    Channel,
    ChannelConfig,
    ChannelContext,
    DeliveryReport,
    Message,
    retry,
    sent,
    unknown,
)
from awardspider.delivery.channels.webhook.channel import WebhookChannel
from awardspider.delivery.messages.events import event_body, offer_event
from awardspider.items import EventType
from awardspider.storage.channels import ChannelRow, RateLimit, save_channel
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.schema import attempts, channel_states, outbox
from awardspider.storage.store import Store, open_store
from tests.support.delivery import DeliveryHarness, make_outbox_row, write_rows
from tests.support.sandbox_server import Sandbox
from tests.support.storage_examples import NOW, make_itinerary

# Alerts per channel, at the size for CI and with --full.
ALERTS, FULL_ALERTS = 400, 2_000
ALERTS_PER_OFFER = 4
DISPATCH_DELAY = timedelta(minutes=5)  # between a due time and the next run
IDEMPOTENT = ("make", "zapier", "mine")
NOT_IDEMPOTENT = ("phone", "team")
# Three in ten responses fail. Faults that take a second are the rarest.
RATES = {
    "429": 0.11,
    "429_retry_after": 0.02,
    "500": 0.09,
    "503": 0.02,
    "reset_before": 0.025,
    "reset_after": 0.025,
    "timeout_before": 0.003,
    "timeout_after": 0.004,
    "slow_bytes": 0.003,
}


class Webhook(WebhookChannel):
    """The real channel, with a rate limit for a clock that stops while it sends."""

    rate_limit = RateLimit(calls=10_000, seconds=1.0)


class FastChannel(Channel):
    """Plain HTTP over a persistent connection, ten times as fast as WebhookChannel."""

    kind = "webhook"
    rate_limit = RateLimit(calls=10_000, seconds=1.0)
    max_call_seconds: ClassVar[float] = 5.0

    def __init__(self, config: ChannelConfig, context: ChannelContext) -> None:
        super().__init__(config, context)
        self._connection = HTTPConnection(context.sandbox_url.removeprefix("http://"), timeout=0.5)
        self._path = config.address.removeprefix("https:/")

    @classmethod
    def check(cls, config: ChannelConfig, context: ChannelContext) -> None:
        """Accept any configuration."""

    def deliver(self, messages: Sequence[Message]) -> list[DeliveryReport]:
        return [self._deliver(message) for message in messages]

    def _deliver(self, message: Message) -> DeliveryReport:
        try:
            self._connection.request("POST", self._path, json.dumps(message.body), {"webhook-id": message.key})
            response = self._connection.getresponse()
            response.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            return unknown(f"{type(error).__name__} after it was sent")
        if response.status < 300:
            return sent()
        wait = response.headers.get("Retry-After")
        return retry(f"{response.status} {response.reason}", float(wait) if wait else None)

    def close(self) -> None:
        self._connection.close()


class FastIdempotentChannel(FastChannel):
    """The same for an idempotent recipient."""

    idempotent: ClassVar[bool] = True


class SandboxHarness(DeliveryHarness):
    """Channels over real HTTP to the sandbox."""

    def __init__(self, store: Store, folder: Path, url: str) -> None:
        super().__init__(store, folder)
        self.context = replace(self.context, sandbox_url=url)

    def open(self, config: ChannelConfig, context: ChannelContext) -> Channel:
        if config.name == "make":
            return Webhook(config, context)
        return (FastIdempotentChannel if config.name in IDEMPOTENT else FastChannel)(config, context)

    def next_run(self) -> datetime | None:
        """Return the time of the next run, or None if nothing is pending."""
        now, columns, states = self.clock(), outbox.c, channel_states.c
        due = select(func.min(columns.next_attempt_at)).where(
            columns.status == "pending", columns.next_attempt_at > now
        )
        backoff = select(func.min(states.backoff_until)).where(states.backoff_until > now)
        unfinished = select(func.count()).where(columns.status.in_(("pending", "sending")))
        with self.store.reading() as connection:
            if not connection.scalar(unfinished):
                return None
            # Another channel may have moved the clock past the end of a back-off; its messages are due now.
            moments = filter(None, (connection.scalar(due), connection.scalar(backoff)))
            return min(moments, default=now) + DISPATCH_DELAY


def test_alerts_reach_five_failing_recipients(
    server: Sandbox, migrated_sqlite: Path, tmp_path: Path, full: bool
) -> None:
    """SQLite only: the recipients behave the same on both engines, and the outbox tests run on each."""
    shutil.copy(migrated_sqlite, tmp_path / "awardspider.db")
    with closing(open_store("", tmp_path)) as store:
        _send_all(server, store, tmp_path, FULL_ALERTS if full else ALERTS)


def _send_all(server: Sandbox, store: Store, tmp_path: Path, alerts: int) -> None:
    server.client.delete(f"{server.url}/_hooks").raise_for_status()
    for number, name in enumerate((*IDEMPOTENT, *NOT_IDEMPOTENT)):
        behavior = {"path": f"/{name}", "rates": RATES, "seed": number, "seconds": 1.2, "retry_after": 20}
        behavior["idempotent"] = name in IDEMPOTENT
        if name in IDEMPOTENT:  # without keys, a message that was accepted with status 500 would be sent twice
            behavior["rates"] = RATES | {"500": 0.06, "500_after": 0.03}
        server.client.post(f"{server.url}/_hooks", json=behavior).raise_for_status()
    harness = SandboxHarness(store, tmp_path, server.url)
    for name in (*IDEMPOTENT, *NOT_IDEMPOTENT):
        address = f"https://hooks.example.com/{name}"
        row = ChannelRow(name=name, kind="webhook", address=address, options={"timeout": "1"}, created_at=NOW)
        save_channel(store, replace(row, events=(EventType.OFFER_MATCHED,)))
    write_rows(
        store, (_alert(name, number, alerts) for number in range(alerts) for name in (*IDEMPOTENT, *NOT_IDEMPOTENT))
    )

    for _ in range(2_000):
        harness.dispatcher().run()
        if (moment := harness.next_run()) is None:
            break
        harness.clock.advance_to(moment)

    rows = harness.rows()
    assert len(rows) == 5 * alerts
    statuses = {
        name: Counter(row["status"] for row in rows.values() if row["channel"] == name) for name in NOT_IDEMPOTENT
    }
    for name in IDEMPOTENT:
        keys = {key for key, row in rows.items() if row["channel"] == name}
        assert {rows[key]["status"] for key in keys} == {"sent"}
        received = _received(server, name)
        assert Counter(message["key"] for message in received) == Counter(keys)
        _check_order(received)
        assert max(_counts(server, name).values()) > 1  # at least one response was lost, and its key was repeated
    for name in NOT_IDEMPOTENT:
        assert set(statuses[name]) == {"sent", "unknown"}
        counts = _counts(server, name)
        assert set(counts.values()) == {1}
        sent, unsure = (_keys(rows, name, status) for status in ("sent", "unknown"))
        assert sent <= counts.keys() <= sent | unsure
        assert len(unsure) < alerts / 10
        assert unsure & counts.keys()
        assert unsure - counts.keys()
        _check_order(_received(server, name))
    _check_attempts(store, rows, alerts)


def _keys(rows: dict[str, dict[str, Any]], channel: str, status: str) -> set[str]:
    return {key for key, row in rows.items() if (row["channel"], row["status"]) == (channel, status)}


def _alert(channel: str, number: int, alerts: int) -> OutboxRow:
    """Return one of so many alerts; consecutive numbers belong to different offers."""
    subject = f"offer-{number % (alerts // ALERTS_PER_OFFER)}"
    key = f"{channel}:{subject}:{number}"
    event = offer_event("offer.matched", key, make_itinerary(), NOW, watches=("Austin",))
    body = event_body(event)
    return make_outbox_row(key, channel, event_type="offer.matched", subject=subject, body=body)


def _received(server: Sandbox, name: str) -> list[dict[str, Any]]:
    """Return the messages that the recipient kept, in order."""
    query = {"host": "hooks.example.com", "path": f"/{name}"}
    messages: list[dict[str, Any]] = server.client.get(f"{server.url}/_hooks", params=query).json()["messages"]
    return messages


def _counts(server: Sandbox, name: str) -> dict[str, int]:
    """Return how often each key was accepted."""
    query = {"host": "hooks.example.com", "path": f"/{name}", "keys": 1}
    counts: dict[str, int] = server.client.get(f"{server.url}/_hooks", params=query).json()
    return counts


def _check_order(received: list[dict[str, Any]]) -> None:
    """Check that the alerts of each offer arrived in order."""
    by_subject = defaultdict(list)
    for message in received:
        _, subject, number = message["key"].split(":")
        by_subject[subject].append(int(number))
    assert all(numbers == sorted(numbers) for numbers in by_subject.values())


def _check_attempts(store: Store, rows: dict[str, dict[str, Any]], alerts: int) -> None:
    """Check that all attempts are recorded: those before the last with a reason and the time of the next."""
    by_row = defaultdict(list)
    with store.reading() as connection:
        for attempt in connection.execute(select(attempts).order_by(attempts.c.id)).mappings():
            by_row[attempt["outbox_id"]].append(attempt)
    reasons = Counter()
    for row in rows.values():
        recorded = by_row[row["id"]]
        assert len(recorded) == row["attempt_count"]
        *failed, last = recorded
        assert last["result"] == row["status"]
        assert last["retry_at"] is None
        for attempt, following in pairwise(recorded):
            assert attempt["result"] in ("retry", "unknown")
            assert attempt["note"]
            assert attempt["attempted_at"] < attempt["retry_at"] <= following["attempted_at"]
        reasons.update(attempt["note"].split()[0] for attempt in failed)
    assert {"429", "500", "503"} <= reasons.keys()
    assert reasons["429"] > alerts / 4
