"""Health check of the outbox: messages that are not sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from awardspider.delivery.channels.configuration import EXEC_ADDRESS, configured_channels
from awardspider.operations.thresholds import MonitorThresholds
from awardspider.outcomes import InvalidSetting
from awardspider.storage.channels import channel_states
from awardspider.storage.incidents import IncidentKind, Problem
from awardspider.storage.outbox_delays import delayed_messages
from awardspider.storage.store import Store


def outbox_problems(
    store: Store, settings: Mapping[str, Any], thresholds: MonitorThresholds, now: datetime
) -> list[Problem]:
    """Return a problem for each channel whose messages wait too long, unless it is paused."""
    minutes = thresholds.outbox_minutes
    if not minutes:
        return []
    delayed = delayed_messages(store, now - timedelta(minutes=minutes))
    served = _served_channels(store, settings) if delayed else frozenset()
    return [
        Problem(
            key=f"outbox:{channel}",
            kind=IncidentKind.OUTBOX_DELAYED,
            subject=channel,
            sentence=f"messages that wait for more than {minutes:,} minutes: {count:,}; "
            f"run scrapy outbox list --channel {channel}",
        )
        for channel, count in delayed
        if channel in served
    ]


def _served_channels(store: Store, settings: Mapping[str, Any]) -> frozenset[str]:
    """Return the channels that the dispatcher serves: not those of `scrapy deliver --exec`, and not the paused ones."""
    try:
        channels = configured_channels(store, settings)
    except InvalidSetting:
        return frozenset()
    paused = {name for name, state in channel_states(store).items() if state.paused_at}
    return frozenset(
        name
        for name, channel in channels.items()
        if name not in paused and not (channel.row.kind == "command" and channel.row.address == EXEC_ADDRESS)
    )
