"""Which channels are configured, and the message that an offer becomes for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from awardspider.items import AwardOfferItem, record
from awardspider.outcomes import BadSetting
from awardspider.storage.store import OutboxRow

if TYPE_CHECKING:
    from collections.abc import Mapping


def sheet_channels(settings: Mapping[str, Any]) -> list[str]:
    """One channel, named `sheets`, where AWARD_SHEET names a spreadsheet."""
    return ["sheets"] if settings["AWARD_SHEET"] else []


def webhook_channels(settings: Mapping[str, Any]) -> list[str]:
    """The names in AWARD_WEBHOOKS (`make=https://… zapier=https://…`); raises BadSetting for anything else."""
    names = []
    for part in settings["AWARD_WEBHOOKS"].split():
        name, _, address = part.partition("=")
        if not name.isidentifier() or urlsplit(address).scheme not in ("http", "https"):
            raise BadSetting("AWARD_WEBHOOKS: write name=https://… for each, with spaces between")
        if name in names:
            raise BadSetting(f"AWARD_WEBHOOKS names {name} twice")
        names.append(name)
    return names


def message(channel: str, offer: AwardOfferItem) -> OutboxRow:
    """The outbox row of an offer; its key is of this change, so that an offer which comes back is told again."""
    return OutboxRow(
        key=f"{channel}:{offer.offer_id}:{offer.state}:{offer.seen_at:%Y%m%dT%H%M%S}",
        channel=channel,
        kind="offer",
        subject=offer.offer_id,
        body=record(offer),
        created_at=offer.seen_at,
    )
