"""Delivery shown to hold: far sides that answer wrongly, two dispatchers at once."""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import func, select

from awardspider.delivery.channels.base import (
    Channel,
    ChannelConfig,
    Message,
    Pace,
    Result,
    Surroundings,
    later,
    sent,
    unknown,
)
from awardspider.delivery.channels.webhook.channel import WebhookChannel
from awardspider.delivery.messages.events import body_of, offer_event
from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.store import OutboxRow, Store, open_store
from awardspider.storage.tables import attempts, channel_states, outbox
from tests.support.delivery import Post, a_row, write_rows
from tests.support.sandbox_server import Sandbox
from tests.support.storage_examples import NOW, an_itinerary

ALERTS = 2_000
A_SUBJECT = 4  # alerts of the same offer
LATE = timedelta(minutes=5)  # how long after that the dispatcher runs
WITH_KEYS = ("make", "zapier", "mine")
WITHOUT_KEYS = ("phone", "team")
# Three in ten answers are wrong. The ways that cost a whole second are the rarest.
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
    """The real one, at a pace for a clock that stands while it sends."""

    pace = Pace(most=10_000, seconds=1.0)


class LeanChannel(Channel):
    """Plain HTTP over a connection that is kept, a tenth of the work: the far side keeps no keys."""

    kind = "webhook"
    pace = Pace(most=10_000, seconds=1.0)
    lasts_seconds: ClassVar[float] = 5.0

    def __init__(self, config: ChannelConfig, surroundings: Surroundings) -> None:
        super().__init__(config, surroundings)
        self._line = HTTPConnection(surroundings.sandbox_url.removeprefix("http://"), timeout=0.5)
        self._path = config.address.removeprefix("https:/")

    @classmethod
    def check(cls, config: ChannelConfig, surroundings: Surroundings) -> None:
        """Anything can be one."""

    def deliver(self, messages: Sequence[Message]) -> list[Result]:
        return [self._one(message) for message in messages]

    def _one(self, message: Message) -> Result:
        try:
            self._line.request("POST", self._path, json.dumps(message.body), {"webhook-id": message.key})
            answer = self._line.getresponse()
            answer.read()
        except (OSError, HTTPException) as error:
            self._line.close()
            return unknown(f"{type(error).__name__} after it was sent")
        if answer.status < 300:
            return sent()
        wait = answer.headers.get("Retry-After")
        return later(f"{answer.status} {answer.reason}", float(wait) if wait else None)

    def close(self) -> None:
        self._line.close()


class LeanKeyedChannel(LeanChannel):
    """The same to a far side that keeps keys."""

    keeps_keys: ClassVar[bool] = True


class Wires(Post):
    """Channels over real HTTP, by way of the sandbox."""

    def __init__(self, store: Store, folder: Path, url: str) -> None:
        super().__init__(store, folder)
        self.around = replace(self.around, sandbox_url=url)

    def open(self, config: ChannelConfig, surroundings: Surroundings) -> Channel:
        if config.name == "make":
            return Webhook(config, surroundings)
        return (LeanKeyedChannel if config.name in WITH_KEYS else LeanChannel)(config, surroundings)

    def on(self) -> datetime | None:
        """Soon after the next moment at which something is due or a channel has rested; None where nothing waits."""
        now = self.clock()
        due = select(func.min(outbox.c.due_at)).where(outbox.c.status == "waiting", outbox.c.due_at > now)
        rests = select(func.min(channel_states.c.rests_until)).where(channel_states.c.rests_until > now)
        waiting = select(func.count()).where(outbox.c.status.in_(("waiting", "sending")))
        with self.store.reading() as connection:
            if not connection.scalar(waiting):
                return None
            return min(filter(None, (connection.scalar(due), connection.scalar(rests)))) + LATE


def test_two_thousand_alerts_to_five_channels_whose_far_sides_answer_wrongly(
    server: Sandbox, migrated_sqlite: Path, tmp_path: Path
) -> None:
    """One engine is enough here: what the far sides do is the same on both, and test_outbox.py runs on each."""
    shutil.copy(migrated_sqlite, tmp_path / "awardspider.db")
    with closing(open_store("", tmp_path)) as store:
        _send_all(server, store, tmp_path)


def _send_all(server: Sandbox, store: Store, tmp_path: Path) -> None:
    server.client.delete(f"{server.url}/_hooks").raise_for_status()
    for number, name in enumerate((*WITH_KEYS, *WITHOUT_KEYS)):
        order = {"path": f"/{name}", "rates": RATES, "seed": number, "seconds": 1.2, "retry_after": 20}
        order["keeps_keys"] = name in WITH_KEYS
        if name in WITH_KEYS:  # who keeps no keys cannot be helped when it takes a message and denies it
            order["rates"] = RATES | {"500": 0.06, "500_after": 0.03}
        server.client.post(f"{server.url}/_hooks", json=order).raise_for_status()
    wires = Wires(store, tmp_path, server.url)
    for name in (*WITH_KEYS, *WITHOUT_KEYS):
        address = f"https://hooks.example.com/{name}"
        row = ChannelRow(name=name, kind="webhook", address=address, options={"timeout": "1"}, created_at=NOW)
        save_channel(store, replace(row, events=("offer.matched",)))
    write_rows(store, (_alert(name, number) for number in range(ALERTS) for name in (*WITH_KEYS, *WITHOUT_KEYS)))

    for _ in range(2_000):
        wires.dispatcher().run()
        if (moment := wires.on()) is None:
            break
        wires.clock.go_to(moment)

    rows = wires.rows()
    assert len(rows) == 5 * ALERTS
    statuses = {
        name: Counter(row["status"] for row in rows.values() if row["channel"] == name) for name in WITHOUT_KEYS
    }
    for name in WITH_KEYS:
        mine = {key for key, row in rows.items() if row["channel"] == name}
        assert {rows[key]["status"] for key in mine} == {"sent"}
        arrived = _arrived(server, name)
        assert Counter(message["key"] for message in arrived) == Counter(mine)
        _in_order(arrived)
        assert max(_counts(server, name).values()) > 1  # that an answer was lost did happen, and the key came again
    for name in WITHOUT_KEYS:
        assert set(statuses[name]) == {"sent", "unknown"}
        counts = _counts(server, name)
        assert set(counts.values()) == {1}
        here = {status: {key for key, row in rows.items() if (row["channel"], row["status"]) == (name, status)}
                for status in ("sent", "unknown")}  # fmt: skip
        assert here["sent"] <= counts.keys() <= here["sent"] | here["unknown"]
        assert len(here["unknown"]) < ALERTS / 10
        assert here["unknown"] & counts.keys()
        assert here["unknown"] - counts.keys()
        _in_order(_arrived(server, name))
    _tells_the_story(store, rows)


def _alert(channel: str, number: int) -> OutboxRow:
    """Alert by alert, the offers take turns."""
    subject = f"offer-{number % (ALERTS // A_SUBJECT)}"
    key = f"{channel}:{subject}:{number}"
    event = offer_event("offer.matched", key, an_itinerary(watches=("Austin",)), NOW)
    body = body_of(event)
    return a_row(key, channel, kind="offer.matched", subject=subject, body=body)


def _arrived(server: Sandbox, name: str) -> list[dict[str, Any]]:
    """What the far side keeps, in the order in which it came."""
    query = {"host": "hooks.example.com", "path": f"/{name}"}
    messages: list[dict[str, Any]] = server.client.get(f"{server.url}/_hooks", params=query).json()["messages"]
    return messages


def _counts(server: Sandbox, name: str) -> dict[str, int]:
    """How often each key was taken."""
    query = {"host": "hooks.example.com", "path": f"/{name}", "keys": 1}
    counts: dict[str, int] = server.client.get(f"{server.url}/_hooks", params=query).json()
    return counts


def _in_order(arrived: list[dict[str, Any]]) -> None:
    """The alerts of one offer came in the order in which they were written."""
    by_subject = defaultdict(list)
    for message in arrived:
        _, subject, number = message["key"].split(":")
        by_subject[subject].append(int(number))
    assert all(numbers == sorted(numbers) for numbers in by_subject.values())


def _tells_the_story(store: Store, rows: dict[str, dict[str, Any]]) -> None:
    """Each try is written down: those ahead of the last went wrong, with a reason and the next try."""
    with store.reading() as connection:
        tried = defaultdict(list)
        for each in connection.execute(select(attempts).order_by(attempts.c.id)).mappings():
            tried[each["outbox_id"]].append(each)
    words = Counter()
    for row in rows.values():
        story = tried[row["id"]]
        assert len(story) == row["tries"]
        *before, last = story
        assert last["result"] == row["status"]
        assert last["later_at"] is None
        for each in before:
            assert each["result"] in ("later", "unknown")
            assert each["note"]
            assert each["later_at"] > each["tried_at"]
            words[each["note"].split()[0]] += 1
        times = [each["tried_at"] for each in story]
        nexts = [each["later_at"] for each in before]
        assert all(again >= due for again, due in zip(times[1:], nexts, strict=True))
    assert {"429", "500", "503"} <= words.keys()
    assert words["429"] > ALERTS / 4
