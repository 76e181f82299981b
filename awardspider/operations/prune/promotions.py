"""Old promotions and announcements."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement

from awardspider.operations.prune.deletion import Pruning
from awardspider.storage import schema
from awardspider.storage.promotions import RETENTION, ended_before

_announcements = schema.announcements.c


def is_over(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a promotion ended so long ago that it is removed."""
    return ended_before(now - RETENTION)


def prune_promotions(pruning: Pruning) -> None:
    """Remove promotions that ended long ago: until then, another announcement of one is recognized."""
    pruning.delete_where(schema.promotions, is_over(pruning.now))


def prune_announcements(pruning: Pruning) -> None:
    """Remove announcements that were last seen long ago: until then, a source that still has one is recognized."""
    pruning.delete_where(schema.announcements, _announcements.last_seen_at < pruning.now - RETENTION)
