"""The interface of a channel: its configuration, the messages that it receives and the reports that it returns.

A channel does not decide what is worth sending. If the recipient fails, it returns a report instead of raising.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from awardspider.environment import default_locale
from awardspider.items import EventType
from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import RateLimit
from awardspider.storage.outbox import DeliveryResult
from awardspider.storage.store import Store

#: The option that selects what becomes one message, and its values.
GROUP_OPTION = "group"
GROUP_BY_WATCH, GROUP_BY_OFFER = "watch", "offer"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """The result of one attempt, with a `note` for people that contains no secrets."""

    result: DeliveryResult
    note: str = ""
    #: The id that the recipient assigned to the message.
    provider_id: str | None = None
    #: The delay that the recipient requested.
    wait_seconds: float | None = None
    #: True if no message can get through until someone acts (after a token is revoked or an endpoint removed, for
    #: example). The channel is paused, and its messages wait.
    pauses: bool = False


def sent(note: str = "", provider_id: str | None = None) -> DeliveryReport:
    """Report that the recipient accepted the message."""
    return DeliveryReport(result=DeliveryResult.SENT, note=note, provider_id=provider_id)


def retry(note: str, wait_seconds: float | None = None, *, pauses: bool = False) -> DeliveryReport:
    """Report that the recipient did not get the message, but another attempt may succeed."""
    return DeliveryReport(result=DeliveryResult.RETRY, note=note, wait_seconds=wait_seconds, pauses=pauses)


def rejected(note: str) -> DeliveryReport:
    """Report that the message itself is invalid, so another attempt would fail too."""
    return DeliveryReport(result=DeliveryResult.REJECTED, note=note)


def unknown(note: str) -> DeliveryReport:
    """Report that the recipient may have received the message. Only an `idempotent` channel tries again."""
    return DeliveryReport(result=DeliveryResult.UNKNOWN, note=note)


def handed_off(note: str) -> DeliveryReport:
    """Report that a person has to post the message by hand, and says so on the page for that."""
    return DeliveryReport(result=DeliveryResult.HANDED_OFF, note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An outbox row that is due."""

    id: int
    #: The idempotency key, the same for every attempt.
    key: str
    type: EventType
    subject: str
    #: An event of `delivery.messages.events` as plain values. Empty for sheets, which read their rows from storage.
    body: dict[str, Any]
    created_at: datetime
    #: The number of earlier attempts.
    attempts: int = 0
    #: The time zone of the watch that the message is about; empty without one.
    timezone: str = ""
    #: The address of the public page of the message; empty without one.
    share_link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """A configured channel with its secrets resolved. Never log its fields; `str` returns only its name and kind."""

    name: str
    kind: str
    address: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Newest first.
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"

    def redact(self, text: str) -> str:
        """Make a text safe for notes and logs: one printable line.

        The address, secrets and option values are masked, except those of up to five characters.
        """
        for secret in sorted({self.address, *self.secrets, *self.options.values()}, key=len, reverse=True):
            if len(secret) > 5:
                text = text.replace(secret, "***")
        printable = "".join(letter if letter.isprintable() else " " for letter in text)
        return " ".join(printable.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelContext:
    """The services that a channel may use."""

    store: Store
    now: Callable[[], datetime]
    settings: Mapping[str, Any]
    data_dir: Path
    #: Empty outside the sandbox.
    sandbox_url: str = ""
    #: Where others reach the public pages of messages; empty if there are none.
    public_url: str = ""
    user_agent: str = "awardspider"


class Channel(ABC):
    """A connection to one recipient, used by only one thread at a time. Each kind of channel is a subclass."""

    #: The name of the kind, as in `scrapy channels add NAME KIND`.
    kind: ClassVar[str]
    #: True if the recipient recognizes a repeated key, so a second attempt is safe.
    idempotent: ClassVar[bool] = False
    #: The rate limit for each channel of this kind.
    rate_limit: RateLimit = RateLimit(calls=30, seconds=1.0)
    #: The largest number of messages in one call of `deliver`.
    batch_size: ClassVar[int] = 1
    #: True if only one dispatcher may use a channel at a time.
    exclusive: ClassVar[bool] = False
    #: The longest that one call of `deliver` may take. The lease on its messages lasts 30 seconds longer.
    max_call_seconds: ClassVar[float] = 60.0
    #: Option name -> description.
    options: ClassVar[Mapping[str, str]] = {}
    #: True if the address is a secret and must not be shown.
    address_is_secret: ClassVar[bool] = True
    #: True if the channel keeps rows in sync (a sheet) instead of sending messages.
    syncs_rows: ClassVar[bool] = False

    def __init__(self, config: ChannelConfig, context: ChannelContext) -> None:
        self.config = config
        self.context = context

    @classmethod
    @abstractmethod
    def check(cls, config: ChannelConfig, context: ChannelContext) -> None:
        """Raise InvalidArgument for an invalid configuration, without contacting the recipient."""

    @classmethod
    def check_options(cls, config: ChannelConfig) -> None:
        """Raise InvalidArgument for an option that is not in `options`."""
        if unknown_options := sorted(config.options.keys() - cls.options.keys()):
            hint = f"use {', '.join(cls.options)}" if cls.options else "it has no options"
            raise InvalidArgument(f"unknown option {unknown_options[0]!r} of kind {cls.kind}; {hint}")

    @abstractmethod
    def deliver(self, messages: Sequence[Message]) -> Sequence[DeliveryReport]:
        """Send up to `batch_size` messages and return one report for each, in the same order."""

    @property
    def composes(self) -> bool:
        """True if what is found for a watch at one time is one message; False if each offer is a message by itself."""
        return not self.syncs_rows and self.config.options.get(GROUP_OPTION) != GROUP_BY_OFFER

    @property
    def locale(self) -> str:
        """The language of the texts."""
        return self.config.options.get("locale") or default_locale(self.context.settings)

    def preview(self, message: Message) -> str:
        """Return what `deliver` would send for a message, as text; empty if it sends rows."""
        return ""

    def close(self) -> None:  # noqa: B027  # most channels keep nothing open
        """Close the connections that the channel keeps open."""
