"""What a channel is: what it is told about itself, what it gets to send, and what can become of that.

A channel never decides what is worth sending, and never raises for what the far side does: it answers with one of
four results.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from awardspider.storage.store import Store


class Verdict(StrEnum):
    """What became of one try."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one try, in words for a person (`note`, without secrets).

    `far_id` is the far side's own id of what it took, `wait_seconds` how long it asked us to wait. `pauses` says that
    nothing else will get through either until somebody does something (a dead token, an endpoint that is gone): the
    channel is paused, and what waits for it waits.
    """

    verdict: Verdict
    note: str = ""
    far_id: str | None = None
    wait_seconds: float | None = None
    pauses: bool = False


def sent(note: str = "", far_id: str | None = None) -> Result:
    """The far side has it."""
    return Result(verdict=Verdict.SENT, note=note, far_id=far_id)


def later(note: str, wait_seconds: float | None = None, *, pauses: bool = False) -> Result:
    """The far side does not have it, and another try may work."""
    return Result(verdict=Verdict.LATER, note=note, wait_seconds=wait_seconds, pauses=pauses)


def never(note: str) -> Result:
    """The far side does not have it and will not take it: a mistake in the message itself."""
    return Result(verdict=Verdict.NEVER, note=note)


def unknown(note: str) -> Result:
    """The far side may have it. Tried again only where the channel `keeps_keys`."""
    return Result(verdict=Verdict.UNKNOWN, note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """At most `most` calls of `deliver` in any `seconds`, kept across processes."""

    most: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One outbox row on its way. `key` is the same for each try, `tries` counts those before this one.

    `body` is an event of delivery.events as plain values; empty for a row of a sheet, which is written as it is now.
    """

    number: int
    key: str
    type: str
    subject: str
    body: dict[str, Any]
    created_at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """A channel as configured, with its secrets resolved. Never log or show one: `str` gives name and kind only.

    `events` are the types it wants, `level` is how it is told of watches that do not say (urgent, normal or digest).
    `secrets` are the newest first.
    """

    name: str
    kind: str
    address: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    events: frozenset[str] = frozenset()
    level: str = "normal"

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"

    def clean(self, text: str) -> str:
        """A text without the address, the secrets and the values of options, for notes and logs."""
        for secret in sorted({self.address, *self.secrets, *self.options.values()}, key=len, reverse=True):
            if len(secret) > 5:
                text = text.replace(secret, "***")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a channel may use: the store, where the sandbox is (empty: the real world), settings, the clock."""

    store: Store
    now: Callable[[], datetime]
    settings: Mapping[str, Any]
    data_dir: Path
    sandbox_url: str = ""
    user_agent: str = "awardspider"


class Channel(ABC):
    """One far side. A class a kind, an object a configured channel and dispatcher; used by one thread at a time.

    Declared: `kind`; `keeps_keys` whether the far side tells a repeated key from a new one, so that a second try is
    safe; `pace`; `at_most` how many messages one call of `deliver` takes; `alone` whether only one dispatcher may use
    it at a time; `lasts_seconds` the longest that one call can take, after which its lease is over; `options` the
    names of its options with what each is for; `takes` the types of event it can carry (empty: all).
    """

    kind: ClassVar[str]
    keeps_keys: ClassVar[bool] = False
    pace: ClassVar[Pace] = Pace(most=30, seconds=1.0)
    at_most: ClassVar[int] = 1
    alone: ClassVar[bool] = False
    lasts_seconds: ClassVar[float] = 60.0
    options: ClassVar[Mapping[str, str]] = {}
    address_is_secret: ClassVar[bool] = True
    writes_rows: ClassVar[bool] = False  # whether it keeps rows true (a sheet) instead of sending messages

    def __init__(self, config: ChannelConfig, surroundings: Surroundings) -> None:
        self.config = config
        self.surroundings = surroundings

    @classmethod
    @abstractmethod
    def check(cls, config: ChannelConfig, surroundings: Surroundings) -> None:
        """Raise BadArgument with a sentence where this cannot be a channel. Asks nothing of the far side."""

    @abstractmethod
    def deliver(self, messages: Sequence[Message]) -> Sequence[Result]:
        """Give at most `at_most` messages to the far side; one result for each, in their order."""

    def close(self) -> None:  # noqa: B027  # most hold nothing
        """Give back what the channel holds."""
