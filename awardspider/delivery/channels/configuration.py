"""The configured channels: those in the database and those in AWARD_GOOGLE_SHEET and AWARD_WEBHOOKS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from awardspider.delivery.channels.base import ChannelConfig
from awardspider.delivery.channels.secrets import resolve
from awardspider.items import EventType
from awardspider.outcomes import InvalidSetting
from awardspider.storage.channels import ChannelRow, channel_rows
from awardspider.storage.store import Store

#: The events sent to a channel whose configuration lists none.
DEFAULT_EVENTS = (
    EventType.OFFER_MATCHED,
    EventType.OFFER_DROPPED,
    EventType.PROMOTION,
    EventType.CHANNEL_PAUSED,
)
#: The events for the person who runs awardspider.
OPERATOR_EVENTS = (
    EventType.RUN_FAILED,
    EventType.INCIDENT_OPENED,
    EventType.INCIDENT_RESOLVED,
    EventType.CHANNEL_PAUSED,
)
#: The kind of channel whose messages a person posts, and its events: nobody posts notices for the operator.
HANDOFF_KIND = "handoff"
HANDOFF_EVENTS = (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED, EventType.PROMOTION)
#: The value of `--events` for all OPERATOR_EVENTS.
OPERATOR = "operator"
#: The address of a channel of kind command that runs the program given to `scrapy deliver --exec`.
EXEC_ADDRESS = "exec"
#: The kind of channel that keeps rows in sync instead of sending messages.
SYNCED_KIND = "sheets"
#: The events that change rows of a synced channel.
_SYNCED_EVENTS = frozenset(
    {
        EventType.OFFER_MATCHED,
        EventType.OFFER_DROPPED,
        EventType.OFFER_GONE,
        EventType.OFFER_CHANGED,
        EventType.PROMOTION,
    }
)


class Origin(StrEnum):
    """The places where a channel can be configured."""

    DATABASE = "database"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredChannel:
    """A channel and the place where it is configured."""

    row: ChannelRow
    origin: Origin


def configured_channels(store: Store, settings: Mapping[str, Any]) -> dict[str, ConfiguredChannel]:
    """Return all channels, keyed by name. A channel in the settings overrides a stored one with the same name.

    Raise InvalidSetting for an invalid setting.
    """
    stored = {row.name: ConfiguredChannel(row=row, origin=Origin.DATABASE) for row in channel_rows(store)}
    from_settings = {
        row.name: ConfiguredChannel(row=row, origin=Origin.ENVIRONMENT) for row in channels_from_settings(settings)
    }
    return dict(sorted((stored | from_settings).items()))


class ChannelNames(NamedTuple):
    """The names of the channels that a watch can notify, and of the spreadsheets, which have the offers of all."""

    messages: list[str]
    spreadsheets: list[str]


def channel_names(store: Store, settings: Mapping[str, Any]) -> ChannelNames:
    """Return the names of all channels. Raise InvalidSetting for an invalid setting."""
    configured = configured_channels(store, settings)
    spreadsheets = [name for name, channel in configured.items() if channel.row.kind == SYNCED_KIND]
    return ChannelNames([name for name in configured if name not in spreadsheets], spreadsheets)


def channels_from_settings(settings: Mapping[str, Any]) -> list[ChannelRow]:
    """Return the channels configured in the settings. Raise InvalidSetting for an invalid setting."""
    rows = []
    if spreadsheet := settings.get("AWARD_GOOGLE_SHEET"):
        rows.append(ChannelRow(name="sheets", kind=SYNCED_KIND, address=spreadsheet))
    secrets = tuple(str(settings.get("AWARD_WEBHOOK_SECRET") or "").split())
    for part in str(settings.get("AWARD_WEBHOOKS") or "").split():
        name, _, address = part.partition("=")
        if not name.isidentifier() or urlsplit(address).scheme not in ("http", "https"):
            raise InvalidSetting("AWARD_WEBHOOKS is invalid; write name=https://…, separated by spaces")
        if any(name == row.name for row in rows):
            raise InvalidSetting(f"AWARD_WEBHOOKS: the name {name} is already in use; choose another name")
        rows.append(ChannelRow(name=name, kind="webhook", address=address, secrets=secrets, events=DEFAULT_EVENTS))
    return rows


def resolve_config(row: ChannelRow, settings: Mapping[str, Any]) -> ChannelConfig:
    """Return a channel's configuration with its secrets resolved. Raise InvalidSetting if a secret is unavailable."""
    key = str(settings.get("AWARD_SECRET_KEY") or "")
    try:
        return ChannelConfig(
            name=row.name,
            kind=row.kind,
            address=resolve(row.address, key),
            options={name: resolve(value, key) for name, value in row.options.items()},
            secrets=tuple(resolve(secret, key) for secret in row.secrets),
        )
    except InvalidSetting as error:
        raise InvalidSetting(f"channel {row.name}: {error}") from None


def accepts(row: ChannelRow, event: EventType) -> bool:
    """Return True if a channel accepts events of this type. A sheet accepts those about offers and promotions."""
    if row.kind == SYNCED_KIND:
        return event in _SYNCED_EVENTS
    return event in row.events


def with_default_events(row: ChannelRow) -> ChannelRow:
    """Return the channel, with the default events of its kind if it lists none; a synced channel is unchanged."""
    return row if row.events or row.kind == SYNCED_KIND else replace(row, events=default_events(row.kind))


def default_events(kind: str) -> tuple[EventType, ...]:
    """Return the events of a channel that lists none."""
    return HANDOFF_EVENTS if kind == HANDOFF_KIND else DEFAULT_EVENTS
