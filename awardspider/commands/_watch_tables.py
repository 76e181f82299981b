"""Records and tables of watches, of the requests that they cause, and of the offers that match them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from awardspider.commands._table import Column, FittedTable, label_table
from awardspider.items import Money
from awardspider.operations.watch_searches import Requests, by_program
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.notify_table import NOTIFY_FIELDS
from awardspider.search.promotion_watch_table import PROMOTION_WATCH_FIELDS
from awardspider.search.watch_fields import Duration, Hours, Nights
from awardspider.search.watch_table import WATCH_FIELDS
from awardspider.search.watch_text import Line, notify_text
from awardspider.search.watches import Watch
from awardspider.storage.watches import StoredWatch, WatchEntry, WatchKind

_NOT_LISTED = ("name", "active", "notify")
_ONLY_PROMOTIONS = [name for name in PROMOTION_WATCH_FIELDS if name not in WATCH_FIELDS]
#: Fields of a listed watch: those of a watch file in its order, with those of its `notify` block. Both kinds have all.
FIELDS = (
    "id",
    "kind",
    "name",
    "state",
    *(name for name in (*WATCH_FIELDS, *_ONLY_PROMOTIONS) if name not in _NOT_LISTED),
    *NOTIFY_FIELDS,
)
STATE_STYLES = {"active": "green", "paused": "yellow", "expired": "yellow"}

INVALID = "invalid"  # the state of a watch whose stored definition is unreadable


# ---- watches ---------------------------------------------------------------------------------------------------------


def watch_record(stored: StoredWatch, today: date) -> dict[str, Any]:
    """Return a watch as flat values keyed by FIELDS, with lists joined by commas."""
    watch = stored.watch
    own = {name: flat(getattr(watch, name)) for name in WATCH_FIELDS if name not in _NOT_LISTED}
    names = {"id": watch.id, "kind": WatchKind.AWARD.value, "name": watch.name, "state": watch_state(stored, today)}
    return dict.fromkeys(FIELDS) | names | own | notify_record(watch.notify, watch.owner_timezone)


def notify_record(notify: NotifyPrefs | None, owner_timezone: str) -> dict[str, Any]:
    """Return the preferences for messages as flat values, keyed by field."""
    prefs = notify or NotifyPrefs()
    return {
        "channels": ", ".join(f"{name}: {priority}" for name, priority in prefs.channels),
        "quiet_hours": "-".join(f"{time:%H:%M}" for time in prefs.quiet_hours or ()),
        "timezone": prefs.timezone or owner_timezone,
        "max_per_day": prefs.max_per_day,
        "digest_at": f"{prefs.digest_at:%H:%M}",
        "digest_size": prefs.digest_size,
        "min_drop": prefs.min_drop,
        "unconfirmed": prefs.unconfirmed.value,
        "max_age": str(prefs.max_age or "") or None,
        "gone_note": prefs.gone_note,
    }


def watch_state(stored: StoredWatch, today: date) -> str:
    """Return `active`, `paused` or `expired`."""
    expired = stored.is_expired or stored.watch.dates.is_over(today)
    return "paused" if not stored.watch.active else "expired" if expired else "active"


def unreadable_record(entry: WatchEntry) -> dict[str, Any]:
    """Return the record of a watch whose stored definition is unreadable."""
    return dict.fromkeys(FIELDS) | {"id": entry.id, "kind": entry.kind.value, "name": entry.name, "state": INVALID}


def flat(value: object) -> object:
    """Return the value of a field as a number, a flag or text, with the parts of a list joined by commas."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, tuple) and not isinstance(value, Nights | Hours | Duration | Money):
        return ", ".join(str(each) for each in value)
    return str(value)


def watches_table(
    readable: Iterable[StoredWatch], unreadable: Iterable[WatchEntry], today: date
) -> FittedTable[StoredWatch | WatchEntry]:
    """Return a table of watches. Preferences for messages are shown if a watch has any of its own."""
    rows: list[StoredWatch | WatchEntry] = [*readable, *unreadable]
    columns = [
        _column("from", 1, lambda watch: str(watch.origin), min_width=7),
        _column("to", 1, lambda watch: str(watch.destination), min_width=7),
        _column("dates", 2, lambda watch: str(watch.dates), min_width=14),
        _column("nights", 5, lambda watch: str(watch.nights or ""), optional=True),
        _column("miles", 3, _miles, right=True),
        _column("cabins", 6, lambda watch: ", ".join(watch.cabins) or "any", min_width=10),
        _column("notifies", 7, _notifies, min_width=20, optional=True),
        _column("party", 8, lambda watch: str(watch.travelers), right=True),
        _column("stops", 9, _stops, right=True, optional=True),
        _column("programs", 10, lambda watch: ", ".join(watch.programs), optional=True),
    ]
    name = Column[StoredWatch | WatchEntry](title="name", rank=0, text=_name, min_width=20)
    state = Column[StoredWatch | WatchEntry](title="state", rank=2, text=lambda row: _state(row, today))
    notes = [
        f"'{row.name}' is invalid and not searched: {row.error}" for row in rows if isinstance(row, WatchEntry)
    ] or ([] if rows else ["no watches; try scrapy watches import deploy/watches.example.yaml"])
    return FittedTable(rows, [name, state, *columns], notes)


def _column(title: str, rank: int, text: Any, **settings: Any) -> Column[StoredWatch | WatchEntry]:
    """Return a column with the text of a watch, which is blank if its definition is unreadable."""
    return Column(
        title=title,
        rank=rank,
        text=lambda row: text(row.watch) if isinstance(row, StoredWatch) else "",
        **settings,
    )


def _name(row: StoredWatch | WatchEntry) -> str:
    return row.watch.name if isinstance(row, StoredWatch) else row.name


def _state(row: StoredWatch | WatchEntry, today: date) -> str:
    return watch_state(row, today) if isinstance(row, StoredWatch) else INVALID


def _notifies(watch: Watch) -> str:
    return notify_text(watch.notify, watch.owner_timezone) if watch.notify else ""


def _miles(watch: Watch) -> str:
    if watch.max_miles:
        return f"≤ {watch.max_miles:,}"
    return f"≤ {watch.max_trip_miles:,} trip" if watch.max_trip_miles else "any"


def _stops(watch: Watch) -> str:
    return "" if watch.max_stops is None else f"≤ {watch.max_stops}"


def description(stored: StoredWatch, lines: Iterable[Line], today: date) -> RenderableType:
    """Return a watch in words: its name and state, a line for each label, and its id."""
    state = watch_state(stored, today)
    title = Text.assemble((stored.watch.name, "bold"), "  ", (state, STATE_STYLES[state]))
    return Group(title, Text(), label_table([*lines, Line("id", stored.watch.id)]))


# ---- requests --------------------------------------------------------------------------------------------------------


def requests_table(rows: Iterable[Requests], notes: Sequence[str]) -> FittedTable[Requests]:
    """Return a table of watches with the requests that they cause."""
    columns = [
        Column[Requests](title="watch", rank=0, text=lambda row: row.name, min_width=20),
        Column[Requests](title="requests", rank=1, text=lambda row: f"{sum(row.by_program.values()):,}", right=True),
        Column[Requests](
            title="programs", rank=2, text=lambda row: by_program(row.by_program), min_width=20, wraps=True
        ),
    ]
    return FittedTable(rows, columns, notes)
