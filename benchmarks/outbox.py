"""Measure the speed of the outbox.

By default, measure how many messages a second one dispatcher delivers from a long backlog to a recipient that does
nothing, without a rate limit: to one that recognizes repeated keys, and to one that does not. `per_second` is the
lower of the two rates.

With `--failing`, measure recipients that fail for a share of the messages. Two webhook channels with equal backlogs are
served at the same time by one dispatcher: one recipient is healthy, and the other one fails. Then the failing channel
is served alone. Ratios are to the healthy recipient: the best possible is the share of messages that does not fail.
`claim_ms` is the time of a claim from the complete backlog.

With `--compose`, measure how long the composition of so many due rows about matches takes, and the memory that it
needs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from resource import RUSAGE_SELF, getrusage
from threading import Event, Timer
from typing import Any, ClassVar

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from awardspider.delivery.channels.base import (
    Channel,
    ChannelConfig,
    ChannelContext,
    DeliveryReport,
    Message,
    retry,
    sent,
)
from awardspider.delivery.outbox.dispatcher import Dispatcher
from awardspider.delivery.outbox.selection import Selection
from awardspider.storage.channels import ChannelRow, RateLimit, save_channel
from awardspider.storage.claims import ClaimRequest, claim_rows, release_claims, worker_name
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.schema import outbox
from awardspider.storage.store import Store, open_store
from tests.support.delivery import SETTINGS, make_match_row, make_outbox_row, write_rows
from tests.support.storage_examples import DAY, make_itinerary, make_segment

LATENCY = 0.005  # seconds for each message


class RecipientChannel(Channel):
    """A channel with the rate limit of webhooks to a recipient in this process."""

    kind = "webhook"
    idempotent: ClassVar[bool] = True
    rate_limit: ClassVar[RateLimit] = RateLimit(calls=30, seconds=1.0)
    failing: ClassVar[dict[str, float]] = {}
    received: ClassVar[Counter[str]] = Counter()

    def __init__(self, config: ChannelConfig, context: ChannelContext) -> None:
        super().__init__(config, context)
        self._random = Random()

    @classmethod
    def check(cls, config: ChannelConfig, context: ChannelContext) -> None:
        """Accept any configuration."""

    def deliver(self, messages: Sequence[Message]) -> list[DeliveryReport]:
        """Receive the messages, and fail for a share of them."""
        time.sleep(LATENCY)
        self.received[self.config.name] += len(messages)
        failing = self.failing.get(self.config.name, 0.0)
        return [retry("500") if self._random.random() < failing else sent() for _ in messages]


class PlainChannel(RecipientChannel):
    """A channel without a rate limit, to a recipient that does nothing and does not recognize repeated keys."""

    idempotent: ClassVar[bool] = False
    rate_limit: ClassVar[RateLimit] = RateLimit(calls=100_000_000, seconds=1.0)

    def deliver(self, messages: Sequence[Message]) -> list[DeliveryReport]:
        """Do nothing, and report the messages as sent."""
        return [sent() for _ in messages]


class KeyedChannel(PlainChannel):
    """The same to a recipient that recognizes repeated keys."""

    idempotent: ClassVar[bool] = True


#: The channels that do nothing, by name.
NOOP_CHANNELS: dict[str, type[Channel]] = {"keyed": KeyedChannel, "plain": PlainChannel}


def main(arguments: list[str]) -> None:
    """Measure what the arguments select, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks outbox")
    parser.add_argument("--messages", type=int, default=100_000, help="pending messages of each channel")
    parser.add_argument("--seconds", type=float, default=5.0, help="duration of each delivery")
    parser.add_argument("--readings", type=int, default=3, help="deliveries to each recipient that does nothing")
    parser.add_argument("--failing", type=float, help="measure recipients that fail for this share of the messages")
    parser.add_argument("--url", default="", help="database, such as postgresql://…; default: SQLite in a new folder")
    parser.add_argument("--compose", type=int, metavar="ROWS", help="measure the composition of so many rows instead")
    parser.add_argument("--watches", type=int, default=100, help="watches of the rows to compose")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args(arguments)
    if options.compose:
        measure_composition(options)
    elif options.failing is not None:
        measure_failures(options)
    else:
        measure_rates(options)


def measure_rates(options: argparse.Namespace) -> None:
    """Deliver to recipients that do nothing, and print the best rate of several readings for each."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(options.url, Path(folder))
        for name in NOOP_CHANNELS:
            add_channel(store, name, options.messages)
        readings = {
            name: [deliver_noop(store, Path(folder), name, options.seconds) for _ in range(options.readings)]
            for name in NOOP_CHANNELS
        }
        store.close()
    rates = {name: max(found) for name, found in readings.items()}
    per_second = min(rates.values())
    for name, found in readings.items():
        print(f"{name}: {', '.join(f'{rate:,.0f}' for rate in found)} messages a second")
    if options.json:
        figures = {f"{name}_per_second": round(rate) for name, rate in rates.items()}
        print(json.dumps({"per_second": round(per_second), **figures, "messages": options.messages}))


def deliver_noop(store: Store, folder: Path, name: str, seconds: float) -> float:
    """Return how many messages a second a dispatcher sends to a recipient that does nothing."""
    started = time.perf_counter()
    count = deliver(store, folder, seconds, frozenset({name}), NOOP_CHANNELS[name])[name]
    return count / (time.perf_counter() - started)


def add_channel(store: Store, name: str, messages: int) -> None:
    """Add a channel with so many due messages."""
    now = datetime.now(UTC)
    fields: dict[str, Any] = {"kind": "webhook", "address": "https://hooks.example.com", "events": ()}
    save_channel(store, ChannelRow(name=name, created_at=now, **fields))
    write_rows(store, (make_outbox_row(f"{name} {number}", name, created_at=now) for number in range(messages)))


def measure_failures(options: argparse.Namespace) -> None:
    """Deliver to a healthy and to a failing recipient, and print the messages sent, the rates and the ratios."""
    RecipientChannel.failing = {"failing": options.failing}
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(options.url, Path(folder))
        for name in ("healthy", "failing"):
            add_channel(store, name, options.messages)
        claim_ms = measure_claim(store)
        together = deliver(store, Path(folder), options.seconds, frozenset())
        alone = deliver(store, Path(folder), options.seconds, frozenset({"failing"}))
        store.close()
    rates = {
        "healthy": together["healthy"] / options.seconds,
        "failing": together["failing"] / options.seconds,
        "failing, alone": alone["failing"] / options.seconds,
    }
    table = Table(
        "recipient", "sent", "per second", "ratio to healthy", title=f"Outbox, {options.failing:.0%} failures"
    )
    for name, rate in rates.items():
        table.add_row(name, f"{rate * options.seconds:,.0f}", f"{rate:.1f}", f"{rate / rates['healthy']:.2f}")
    Console().print(table)
    print(f"A claim from the complete backlog takes {claim_ms:.1f} ms.")
    if options.json:
        ratios = {
            "ratio": rates["failing"] / rates["healthy"],
            "ratio_alone": rates["failing, alone"] / rates["healthy"],
        }
        figures = {name: round(ratio, 3) for name, ratio in ratios.items()}
        figures |= {"healthy_per_second": round(rates["healthy"], 2), "claim_ms": round(claim_ms, 1)}
        print(json.dumps(figures | {"failing": options.failing, "messages": options.messages}))


def measure_composition(options: argparse.Namespace) -> None:
    """Compose rows of several watches, of which neighboring ones share a tenth of their flights; print the figures."""
    random = Random(1)
    per_watch = max(options.compose // options.watches, 1)
    step = max(per_watch * 9 // 10, 1)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(options.url, Path(folder))
        offers = [
            make_itinerary(
                segments=(make_segment(str(number % 9_000)),),
                departure_date=DAY + timedelta(days=number % 300),
                miles=random.randrange(20_000, 90_000, 500),
                duration_minutes=random.randrange(180, 900, 5),
            )
            for number in range(step * options.watches + per_watch)
        ]
        write_rows(
            store,
            (
                make_match_row(offer, "phone", f"watch {watch}")
                for watch in range(options.watches)
                for offer in offers[watch * step : watch * step + per_watch]
            ),
        )
        context = ChannelContext(store=store, now=lambda: datetime.now(UTC), settings=SETTINGS, data_dir=Path(folder))
        counts: Counter[str] = Counter()
        selection = Selection("phone", worker_name(), context, counts, set())
        before = getrusage(RUSAGE_SELF).ru_maxrss
        started, cpu_started = time.perf_counter(), time.process_time()
        while selection.compose_matches():
            pass
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
        megabytes = (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1024
        query = select(func.count()).where(outbox.c.status == DeliveryStatus.PENDING)
        with store.reading() as connection:
            messages = connection.scalar(query)
        store.close()
    rows = per_watch * options.watches
    became = f"{rows:,} rows of {options.watches} watches became {messages} messages"
    print(f"{became} in {seconds:.1f} s ({cpu_seconds:.1f} s of processor time), {megabytes:.0f} MB.")
    if options.json:
        figures = {"seconds": round(seconds, 2), "cpu_seconds": round(cpu_seconds, 2), "megabytes": round(megabytes)}
        print(json.dumps(figures | {"rows": rows, "watches": options.watches, "messages": messages}))


def measure_claim(store: Store) -> float:
    """Return the milliseconds that a claim takes, without sending."""
    worker = worker_name()
    started = time.perf_counter()
    for _ in range(10):
        request = ClaimRequest(channel="healthy", worker=worker, now=datetime.now(UTC))
        assert claim_rows(store, request).rows
        release_claims(store, worker)
    return (time.perf_counter() - started) * 100


def deliver(
    store: Store, folder: Path, seconds: float, only: frozenset[str], opener: type[Channel] = RecipientChannel
) -> Counter[str]:
    """Run a dispatcher for some seconds and return the number of messages sent by each channel."""
    context = ChannelContext(store=store, now=lambda: datetime.now(UTC), settings=SETTINGS, data_dir=folder)
    stop = Event()
    before = count_sent(store)
    timer = Timer(seconds, stop.set)
    timer.start()
    Dispatcher(context, only=only, stop=stop, opener=opener).watch(lambda results: None)
    timer.cancel()
    return count_sent(store) - before


def count_sent(store: Store) -> Counter[str]:
    """Return the number of sent messages of each channel."""
    query = select(outbox.c.channel, func.count()).where(outbox.c.status == DeliveryStatus.SENT)
    with store.reading() as connection:
        return Counter(dict(connection.execute(query.group_by(outbox.c.channel)).all()))
