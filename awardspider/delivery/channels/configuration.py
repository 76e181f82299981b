"""Which channels there are: those in the database, and those that AWARD_GOOGLE_SHEET and AWARD_WEBHOOKS name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from awardspider.delivery.channels.base import ChannelConfig
from awardspider.delivery.channels.secrets import resolve
from awardspider.outcomes import InvalidSetting
from awardspider.storage.channels import ChannelRow, channel_rows
from awardspider.storage.store import Store

# What a channel is told where nobody chose: one that speaks to people hears of what is found and of paused channels.
DEFAULT_EVENTS = ("offer.matched", "offer.dropped", "promotion", "channel.paused")
SCRIPT = "exec"  # the address of a channel of kind command that `scrapy deliver --exec` serves
KEEPS_ROWS = "sheets"  # the kind that is kept true instead of being told


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """A channel and where it comes from: "database" or "environment"."""

    row: ChannelRow
    origin: str


def configured(store: Store, settings: Mapping[str, Any]) -> dict[str, Configured]:
    """Every channel by its name; one of the environment stands before a stored one of that name. Raises BadSetting."""
    stored = {row.name: Configured(row=row, origin="database") for row in channel_rows(store)}
    named = {row.name: Configured(row=row, origin="environment") for row in from_settings(settings)}
    return dict(sorted((stored | named).items()))


def from_settings(settings: Mapping[str, Any]) -> list[ChannelRow]:
    """The channels that settings name. Raises BadSetting for what cannot be read."""
    found = (
        [ChannelRow(name="sheets", kind=KEEPS_ROWS, address=settings["AWARD_GOOGLE_SHEET"])]
        if settings["AWARD_GOOGLE_SHEET"]
        else []
    )
    secret = settings["AWARD_WEBHOOK_SECRET"]
    for part in settings["AWARD_WEBHOOKS"].split():
        name, _, address = part.partition("=")
        if not name.isidentifier() or urlsplit(address).scheme not in ("http", "https"):
            raise InvalidSetting("AWARD_WEBHOOKS: write name=https://… for each, with spaces between")
        if any(name == row.name for row in found):
            raise InvalidSetting(f"AWARD_WEBHOOKS names {name} twice, or after the spreadsheet")
        secrets = tuple(secret.split())
        found.append(ChannelRow(name=name, kind="webhook", address=address, secrets=secrets, events=DEFAULT_EVENTS))
    return found


def config_of(row: ChannelRow, settings: Mapping[str, Any]) -> ChannelConfig:
    """The channel with its secrets. Raises BadSetting where one cannot be had."""
    key = settings["AWARD_SECRET_KEY"]
    try:
        return ChannelConfig(
            name=row.name,
            kind=row.kind,
            address=resolve(row.address, key),
            options={name: resolve(value, key) for name, value in row.options.items()},
            secrets=tuple(resolve(secret, key) for secret in row.secrets),
            events=frozenset(row.events),
            level=row.level,
        )
    except InvalidSetting as error:
        raise InvalidSetting(f"channel {row.name}: {error}") from None


def wants(row: ChannelRow, event: str) -> bool:
    """Whether a channel is told of events of this type; a sheet has rows of offers and promotions."""
    if row.kind == KEEPS_ROWS:
        return event.startswith("offer.") or event == "promotion"
    return event in row.events


def with_events(row: ChannelRow) -> ChannelRow:
    """The channel with the events that are usual where none were chosen."""
    return row if row.events or row.kind == KEEPS_ROWS else replace(row, events=DEFAULT_EVENTS)
