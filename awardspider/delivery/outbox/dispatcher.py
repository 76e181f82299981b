"""The dispatcher, which runs the channels in parallel: once, or until it is stopped."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from threading import Event as StopEvent
from threading import Timer
from typing import Any

from awardspider import clock
from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import Channel, ChannelContext
from awardspider.delivery.channels.configuration import (
    EXEC_ADDRESS,
    SYNCED_KIND,
    accepts,
    configured_channels,
    with_default_events,
)
from awardspider.delivery.messages import events
from awardspider.delivery.outbox.channel_run import ChannelRun, ChannelRunResult
from awardspider.delivery.outbox.enqueue import message_row
from awardspider.delivery.public_pages import parse_public_url
from awardspider.environment import data_dir
from awardspider.items import EventType, Priority
from awardspider.outcomes import StorageError
from awardspider.storage.channels import ChannelRow, channel_states
from awardspider.storage.outbox import OutboxRow, next_due_at
from awardspider.storage.store import Store

logger = logging.getLogger(__name__)

MAX_PARALLEL_CHANNELS = 8
POLL_SECONDS = 5.0

#: Results in display order.
RESULTS = ("sent", "awaiting_human", "in_digest", "held", "canceled", "retry", "unknown", "rejected")


def build_channel_context(store: Store, settings: Mapping[str, Any]) -> ChannelContext:
    """Build the context for channels from Scrapy's settings. Raise InvalidSetting for an invalid AWARD_PUBLIC_URL."""
    return ChannelContext(
        store=store,
        now=clock.now,
        settings=settings,
        data_dir=data_dir(settings),
        sandbox_url=settings["AWARD_SANDBOX_URL"],
        public_url=parse_public_url(settings),
        user_agent=settings["USER_AGENT"],
    )


def deliver_due(store: Store, settings: Mapping[str, Any], seconds: float) -> list[ChannelRunResult]:
    """Send due messages, starting none after `seconds`; the others stay pending. Return the results by channel."""
    if not configured_channels(store, settings):
        return []
    stop = StopEvent()
    timer = Timer(seconds, stop.set)
    timer.start()
    try:
        return Dispatcher(build_channel_context(store, settings), stop=stop).run()
    finally:
        timer.cancel()


def describe_results(results: Iterable[ChannelRunResult]) -> list[str]:
    """Return a line for each channel that sent or changed messages, or is paused, such as `make: 5 sent, 1 retry`."""
    lines = []
    for result in results:
        counts = ", ".join(f"{result.counts[word]:,} {word}" for word in RESULTS if result.counts[word])
        paused = f"paused: {result.paused}" if result.paused else ""
        if counts or paused:
            lines.append(f"{result.channel}: {'; '.join(filter(None, (counts, paused)))}")
    return lines


class Dispatcher:
    """A sender of due messages. Several can run at once, on one or more machines, because a row is never claimed twice.

    `only` contains the names of the channels to serve (empty: all). `extra` contains channels to serve in addition to
    the configured ones; a channel with the same name as a configured one replaces it.
    """

    def __init__(
        self,
        context: ChannelContext,
        *,
        only: frozenset[str] = frozenset(),
        extra: tuple[ChannelRow, ...] = (),
        stop: StopEvent | None = None,
        wait: Callable[[float], object] | None = None,
        random: Random | None = None,
        opener: Callable[..., Channel] = open_channel,
    ) -> None:
        self._context = context
        self._only = only
        self._extra = extra
        self._stop = stop or StopEvent()
        self._wait: Callable[[float], object] = wait or self._stop.wait
        self._random = random or Random()
        self._opener = opener
        self._reported: set[str] = set()  # channels whose invalid holds were logged

    def run(self) -> list[ChannelRunResult]:
        """Send all due messages and return the results by channel name.

        Raise StorageError if the database cannot be used, and InvalidSetting if a setting configures an invalid
        channel.
        """
        results: dict[str, ChannelRunResult] = {}
        while True:
            more = self._run_channels(self._channels(), results)
            if not more or self._stop.is_set():
                return [results[name] for name in sorted(results)]

    def watch(self, on_results: Callable[[list[ChannelRunResult]], None]) -> None:
        """Send messages as they become due, until `stop` is set. Nonempty results are passed to `on_results`.

        If the database cannot be used, log that once and wait until it can.
        """
        problem = ""
        while not self._stop.is_set():
            try:
                seconds = self._send_due(on_results)
            except StorageError as error:
                if not problem:
                    logger.warning("No messages are sent: %s", error)
                problem, seconds = str(error), POLL_SECONDS
            else:
                if problem:
                    logger.info("Messages are sent again")
                problem = ""
            self._wait(seconds)

    def _send_due(self, on_results: Callable[[list[ChannelRunResult]], None]) -> float:
        """Send the messages that are due; return the seconds until the next ones may be."""
        results = [result for result in self.run() if result.counts.total() or result.paused]
        if results:
            on_results(results)
        due = next_due_at(self._context.store, list(self._channels()))
        seconds = (due - self._context.now()).total_seconds() if due else POLL_SECONDS
        if seconds <= 0 and not results:  # due but not sent: the channel backs off, or an older message goes first
            seconds = POLL_SECONDS
        return min(max(seconds, 0.2), POLL_SECONDS)

    def _channels(self) -> dict[str, ChannelRow]:
        """Return the channels to serve, without those that are paused."""
        return {name: row for name, row in self._all_channels().items() if not self._only or name in self._only}

    def _all_channels(self) -> dict[str, ChannelRow]:
        """Return all channels that can be served and are not paused."""
        configured = configured_channels(self._context.store, self._context.settings)
        rows = (*(channel.row for channel in configured.values()), *self._extra)
        channels = {row.name: with_default_events(row) for row in rows}
        states = channel_states(self._context.store)
        return {
            name: row
            for name, row in channels.items()
            if not (name in states and states[name].paused_at)
            and not (row.kind == "command" and row.address == EXEC_ADDRESS)
        }

    def _run_channels(self, rows: Mapping[str, ChannelRow], results: dict[str, ChannelRunResult]) -> bool:
        """Run each channel once. Return True if more may be due: remaining messages, or a pause notice."""
        if not rows:
            return False
        runs = [
            ChannelRun(
                row,
                self._context,
                stop=self._stop,
                wait=self._wait,
                random=Random(self._random.random()),
                opener=self._opener,
                pause_notice=partial(self._pause_notice, row),
                reported=self._reported,
            )
            for row in rows.values()
        ]
        with ThreadPoolExecutor(min(MAX_PARALLEL_CHANNELS, len(runs)), thread_name_prefix="deliver") as pool:
            futures = [pool.submit(run.run) for run in runs]
        more = False
        for result in (future.result() for future in futures):
            total = results.setdefault(result.channel, result)
            if total is not result:
                total.counts.update(result.counts)
                total.paused = total.paused or result.paused
            more = more or result.more or bool(result.paused)
        return more

    def _pause_notice(self, paused: ChannelRow, reason: str) -> OutboxRow | None:
        """Return a message that reports the pause on another channel, or None if no other channel accepts it."""
        store, now = self._context.store, self._context.now()
        other = next(
            (
                row
                for name, row in self._all_channels().items()
                if name != paused.name and row.kind != SYNCED_KIND and accepts(row, EventType.CHANNEL_PAUSED)
            ),
            None,
        )
        if other is None:
            logger.error("No other channel accepts the notice that channel %s is paused", paused.name)
            return None
        state = channel_states(store).get(paused.name)
        pending = state.pending if state else 0
        key = f"{other.name}:paused:{paused.name}:{now:%Y%m%dT%H%M%S}"
        event = events.ChannelPaused(
            id=key, created_at=now, channel=paused.name, kind=paused.kind, reason=reason, pending=pending
        )
        return message_row(other.name, event, f"channel {paused.name}", priority=Priority.URGENT)
