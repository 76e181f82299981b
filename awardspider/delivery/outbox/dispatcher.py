"""The dispatcher: gives each channel its turn, side by side, once or until it is told to stop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from threading import Event as Flag
from typing import Any

from awardspider.delivery.channels import open_channel
from awardspider.delivery.channels.base import Channel, Surroundings
from awardspider.delivery.channels.configuration import KEEPS_ROWS, SCRIPT, configured, wants, with_events
from awardspider.delivery.messages import events
from awardspider.delivery.outbox.channel_run import Sender, Turn
from awardspider.storage.channels import ChannelRow, channel_states_of
from awardspider.storage.outbox import next_due
from awardspider.storage.store import OutboxRow, Store

logger = logging.getLogger(__name__)

SIDE_BY_SIDE = 8
POLL_SECONDS = 5.0


def surroundings_of(store: Store, settings: Mapping[str, Any]) -> Surroundings:
    """What channels may use, from Scrapy's settings."""
    return Surroundings(
        store=store,
        now=lambda: datetime.now(UTC),
        settings=settings,
        data_dir=Path(settings["AWARD_DATA_DIR"]),
        sandbox_url=settings["AWARD_SANDBOX_URL"],
        user_agent=settings["USER_AGENT"],
    )


class Dispatcher:
    """Delivers what is due. Several may run at once, on one machine or many: no row is given out twice.

    `only` are the names of the channels to serve (empty: all), `extra` channels that are configured nowhere.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        *,
        only: frozenset[str] = frozenset(),
        extra: tuple[ChannelRow, ...] = (),
        stop: Flag | None = None,
        wait: Callable[[float], object] | None = None,
        random: Random | None = None,
        opener: Callable[..., Channel] = open_channel,
    ) -> None:
        self._around = surroundings
        self._only = only
        self._extra = extra
        self._stop = stop or Flag()
        self._wait: Callable[[float], object] = wait or self._stop.wait
        self._random = random or Random()
        self._opener = opener

    def run(self) -> list[Turn]:
        """Send everything that is due; what each channel's turn did, by the channel's name.

        Raises StorageError where the database cannot be used, BadSetting where a setting names an impossible channel.
        """
        turns: dict[str, Turn] = {}
        while True:
            again = self._round(self._channels(), turns)
            if not again or self._stop.is_set():
                return [turns[name] for name in sorted(turns)]

    def watch(self, told: Callable[[list[Turn]], None]) -> None:
        """Go on sending what becomes due until `stop` is set; `told` gets the turns of each round that did anything."""
        while not self._stop.is_set():
            turns = [turn for turn in self.run() if turn.counts.total() or turn.paused]
            if turns:
                told(turns)
            due = next_due(self._around.store, list(self._channels()))
            soon = (due - self._around.now()).total_seconds() if due else POLL_SECONDS
            if soon <= 0 and not turns:  # due, and yet not sent: the channel rests, or an older message comes first
                soon = POLL_SECONDS
            self._wait(min(max(soon, 0.2), POLL_SECONDS))

    def _channels(self) -> dict[str, ChannelRow]:
        """The channels to serve that are not paused."""
        return {name: row for name, row in self._all_channels().items() if not self._only or name in self._only}

    def _all_channels(self) -> dict[str, ChannelRow]:
        """All channels that somebody may serve and that are not paused."""
        stored = configured(self._around.store, self._around.settings)
        known = {row.name: row for row in (*(each.row for each in stored.values()), *self._extra)}
        known = {name: with_events(row) for name, row in known.items()}
        states = channel_states_of(self._around.store)
        return {
            name: row
            for name, row in known.items()
            if not (name in states and states[name].paused_at) and not (row.kind == "command" and row.address == SCRIPT)
        }

    def _round(self, rows: Mapping[str, ChannelRow], turns: dict[str, Turn]) -> bool:
        """A turn for each channel; whether there is more to send: of a turn that was over, or that one is paused."""
        if not rows:
            return False
        senders = [
            Sender(
                row,
                self._around,
                stop=self._stop,
                wait=self._wait,
                random=Random(self._random.random()),
                open_channel=self._opener,
                notice=partial(self._notice, row),
            )
            for row in rows.values()
        ]
        with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(senders)), thread_name_prefix="deliver") as pool:
            done = [pool.submit(sender.run) for sender in senders]
        again = False
        for turn in (each.result() for each in done):
            kept = turns.setdefault(turn.channel, turn)
            if kept is not turn:
                kept.counts.update(turn.counts)
                kept.paused = kept.paused or turn.paused
            again = again or turn.more or bool(turn.paused)
        return again

    def _notice(self, paused: ChannelRow, reason: str) -> OutboxRow | None:
        """The message to the operator, through another channel, that one is paused; None where none can carry it."""
        store, now = self._around.store, self._around.now()
        others = [row for name, row in self._all_channels().items() if name != paused.name and row.kind != KEEPS_ROWS]
        others = [row for row in others if wants(row, "channel.paused")]
        if not others:
            logger.error("No other channel can tell that %s is paused", paused.name)
            return None
        other = others[0]
        state = channel_states_of(store).get(paused.name)
        waiting = state.waiting if state else 0
        key = f"{other.name}:paused:{paused.name}:{now:%Y%m%dT%H%M%S}"
        event = events.ChannelPaused(
            id=key, created_at=now, channel=paused.name, kind=paused.kind, reason=reason, waiting=waiting
        )
        return OutboxRow(
            key=key,
            channel=other.name,
            kind="channel.paused",
            subject=f"channel {paused.name}",
            body=events.body_of(event),
            created_at=now,
            level="urgent",
        )
