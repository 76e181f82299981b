"""Records, tables and descriptions of watches for promotions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from awardspider.commands._table import Column, FittedTable, label_table
from awardspider.commands._watch_tables import FIELDS, INVALID, STATE_STYLES, flat, notify_record
from awardspider.search.promotion_fields import kind_text
from awardspider.search.promotion_watch_table import PROMOTION_NOTIFY_FIELDS, PROMOTION_WATCH_FIELDS
from awardspider.search.promotion_watch_text import describe_promotion_watch
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.search.watch_text import Line, notify_text
from awardspider.storage.promotion_watches import StoredPromotionWatch
from awardspider.storage.watches import WatchEntry, WatchKind

Row = StoredPromotionWatch | WatchEntry


def promotion_watch_record(stored: StoredPromotionWatch) -> dict[str, Any]:
    """Return a watch as flat values keyed by FIELDS; those that only watches for awards have are None."""
    watch = stored.watch
    notify = notify_record(watch.notify, watch.owner_timezone)
    own = {name: flat(getattr(watch, name)) for name in PROMOTION_WATCH_FIELDS if name not in ("active", "notify")}
    return (
        dict.fromkeys(FIELDS)
        | own
        | {name: notify[name] for name in PROMOTION_NOTIFY_FIELDS}
        | {"id": watch.id, "kind": WatchKind.PROMOTION.value, "state": _state(stored)}
    )


def promotion_watches_table(rows: Iterable[Row]) -> FittedTable[Row]:
    """Return a table of watches. Preferences for messages are shown if a watch has any of its own."""
    rows = list(rows)
    columns = [
        Column[Row](title="name", rank=0, text=_name, min_width=20),
        Column[Row](title="state", rank=2, text=_state),
        _column("kinds", 1, lambda watch: ", ".join(map(kind_text, watch.kinds)) or "any", min_width=14, wraps=True),
        _column("programs", 4, lambda watch: ", ".join(watch.programs) or "any", min_width=10, wraps=True),
        _column("banks", 3, lambda watch: ", ".join(watch.banks), optional=True, min_width=8, wraps=True),
        _column("percent", 5, lambda watch: f"≥ {watch.min_percent}%" if watch.min_percent else "", optional=True),
        _column("cents", 6, lambda watch: f"≤ {watch.max_cents:f}" if watch.max_cents else "", optional=True),
        _column("from", 7, lambda watch: str(watch.origin or ""), optional=True, min_width=7),
        _column("to", 8, lambda watch: str(watch.destination or ""), optional=True, min_width=7),
        _column("notifies", 9, _notifies, optional=True, min_width=20),
    ]
    notes = [f"'{row.name}' is invalid and matches nothing: {row.error}" for row in rows if isinstance(row, WatchEntry)]
    return FittedTable(rows, columns, notes)


def _column(title: str, rank: int, text: Any, **settings: Any) -> Column[Row]:
    """Return a column with the text of a watch, which is blank if its definition is unreadable."""
    return Column(
        title=title,
        rank=rank,
        text=lambda row: text(row.watch) if isinstance(row, StoredPromotionWatch) else "",
        **settings,
    )


def _name(row: Row) -> str:
    return row.watch.name if isinstance(row, StoredPromotionWatch) else row.name


def _state(row: Row) -> str:
    """Return `active`, `paused`, `expired` or `invalid`."""
    if isinstance(row, WatchEntry):
        return INVALID
    return "paused" if not row.watch.active else "expired" if row.is_expired else "active"


def _notifies(watch: PromotionWatch) -> str:
    return notify_text(watch.notify, watch.owner_timezone) if watch.notify else ""


def promotion_watch_description(stored: StoredPromotionWatch, today: date) -> RenderableType:
    """Return a watch in words: its name and state, a line for each label, and its id."""
    state = _state(stored)
    title = Text.assemble((stored.watch.name, "bold"), "  ", (state, STATE_STYLES[state]))
    lines = describe_promotion_watch(stored.watch, today)
    return Group(title, Text(), label_table([*lines, Line("id", stored.watch.id)]))
