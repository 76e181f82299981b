"""The Health and Promotions tabs. Each update rewrites their rows from the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from awardspider.delivery.channels.sheets.cells import (
    SheetColumn,
    Value,
    date_serial,
    rewrite_rows,
    utc_serial,
)
from awardspider.delivery.messages.events import points_name
from awardspider.offer_fields import ColumnType
from awardspider.programs import program_name
from awardspider.search.promotion_states import PromotionState
from awardspider.storage.programs import ProgramHealth
from awardspider.storage.promotions import PromotionRow

MAX_PROMOTIONS = 500
_MAX_NOTES = 20
_MAX_AGE = timedelta(minutes=5)  # a flush rewrites Health if it is at least this old


@dataclass(frozen=True, slots=True, kw_only=True)
class _PromotionColumn(SheetColumn):
    value: Callable[[PromotionRow, datetime], Value]


STATE = "state"
_DAY = ColumnType.DATE
_UTC: Any = {"type": ColumnType.TIME, "width": 130}
PROMOTION_COLUMNS = (
    _PromotionColumn(title=STATE, value=lambda row, now: _words(row.state(now)), width=100),
    _PromotionColumn(title="kind", value=lambda row, _: _words(row.item.kind), width=120),
    _PromotionColumn(title="promotion", value=lambda row, _: row.item.title, width=320),
    _PromotionColumn(title="programs", value=lambda row, _: _names(row.item.programs), width=180),
    _PromotionColumn(title="banks", value=lambda row, _: _names(row.item.banks), width=180),
    _PromotionColumn(title="percent", value=lambda row, _: row.item.percent, type=ColumnType.INTEGER, width=70),
    _PromotionColumn(title="up to", value=lambda row, _: row.item.up_to, width=65),
    _PromotionColumn(title="bonus or discount", value=lambda row, _: row.item.bonus_or_discount, width=130),
    _PromotionColumn(title="cents per mile", value=lambda row, _: _float(row.item.cents_per_mile)),
    _PromotionColumn(title="miles", value=lambda row, _: row.item.miles_price, type=ColumnType.INTEGER, width=80),
    _PromotionColumn(title="routes", value=lambda row, _: "; ".join(row.item.routes), width=140),
    _PromotionColumn(title="first day", value=lambda row, _: date_serial(row.item.book_from), type=_DAY),
    _PromotionColumn(title="last day", value=lambda row, _: date_serial(row.item.book_by), type=_DAY),
    _PromotionColumn(title="travel from", value=lambda row, _: date_serial(row.item.travel_from), type=_DAY),
    _PromotionColumn(title="travel until", value=lambda row, _: date_serial(row.item.travel_until), type=_DAY),
    _PromotionColumn(title="targeted", value=lambda row, _: row.item.targeted, width=75),
    _PromotionColumn(title="confidence", value=lambda row, _: row.item.confidence, width=90),
    _PromotionColumn(title="sources", value=lambda row, _: "; ".join(row.sources) or row.item.source, width=200),
    _PromotionColumn(title="link", value=lambda row, _: row.item.link, link=True, width=220),
    _PromotionColumn(title="published (UTC)", value=lambda row, _: utc_serial(row.item.published), **_UTC),
    _PromotionColumn(title="first seen (UTC)", value=lambda row, _: utc_serial(row.first_seen_at), **_UTC),
    _PromotionColumn(title="last seen (UTC)", value=lambda row, _: utc_serial(row.last_seen_at), **_UTC),
)
HEALTH_COLUMNS = (
    SheetColumn(title="program", width=190),
    SheetColumn(title="last success (UTC)", type=ColumnType.TIME, width=140),
    SheetColumn(title="last search (UTC)", type=ColumnType.TIME, width=140),
    SheetColumn(title="outcome", width=120),
    SheetColumn(title="reason", width=150),
    SheetColumn(title="offers", type=ColumnType.INTEGER, width=80),
    SheetColumn(title="blocked until (UTC)", type=ColumnType.TIME, width=140),
    SheetColumn(title="block reason", width=120),
    SheetColumn(title="", width=30),
    SheetColumn(title="time (UTC)", type=ColumnType.TIME, width=140),
    SheetColumn(title="note", width=520),
)
NOTES_RANGE = "'Health'!J2:K"
_UPDATED = "last update of this tab"


class Notes:
    """The notes on the right side of Health. They are read from the sheet, because other processes add notes too."""

    def __init__(self, columns: Sequence[Sequence[Any]]) -> None:
        times, texts = [*columns, [], []][:2]
        notes = [(float(time), str(text)) for time, text in zip(times, texts, strict=False) if _is_number(time)]
        #: When the tab was last updated, as a serial number; 0 if it never was.
        self.updated_at = next((time for time, text in notes if text == _UPDATED), 0.0)
        self._notes = [(time, text) for time, text in notes if text != _UPDATED]
        self._added = False

    def add(self, now: datetime, text: str) -> None:
        """Add a note at the top."""
        self._notes.insert(0, (utc_serial(now) or 0.0, text))
        self._added = True

    def must_write(self, now: datetime) -> bool:
        """Return True if a note was added or Health is at least five minutes old."""
        return self._added or (utc_serial(now) or 0.0) - self.updated_at >= _MAX_AGE / timedelta(days=1)

    def rows(self, now: datetime, cells: int) -> list[list[Value]]:
        """Return the note rows: the time of the update, the size of the spreadsheet, then the newest notes."""
        size = f"{cells:,} cells in all tabs; Google allows 10,000,000"
        rows: list[list[Value]] = [[utc_serial(now), _UPDATED], [None, size]]
        return rows + [[time, text] for time, text in self._notes[:_MAX_NOTES]]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def health_requests(
    gid: int, rows: int, programs: Sequence[ProgramHealth], notes: list[list[Value]], now: datetime
) -> list[bytes]:
    """Return the requests that rewrite Health below its header. `rows` is the number of rows in its grid.

    Blocks that have ended are not shown.
    """
    table: list[list[Value]] = [
        [
            program_name(health.program),
            utc_serial(health.last_success_at),
            utc_serial(health.last_search_at),
            _words(health.outcome),
            _words(health.reason),
            health.offers,
            utc_serial(health.blocked_until) if _is_blocked(health, now) else None,
            _words(health.block_reason) if _is_blocked(health, now) else None,
            None,
        ]
        for health in programs
    ]
    height = max(len(table), len(notes))
    table += [[None] * 9] * (height - len(table))
    notes += [[None, None]] * (height - len(notes))
    return rewrite_rows(gid, rows, HEALTH_COLUMNS, [left + right for left, right in zip(table, notes, strict=True)])


def promotion_requests(gid: int, rows: int, promotions: Sequence[PromotionRow], now: datetime) -> list[bytes]:
    """Return the requests that rewrite Promotions below its header. `rows` is the number of rows in its grid.

    Promotions that have ended come last.
    """
    states = list(PromotionState)
    ordered = sorted(promotions, key=lambda row: states.index(row.state(now)))
    lines = [[column.value(row, now) for column in PROMOTION_COLUMNS] for row in ordered]
    return rewrite_rows(gid, rows, PROMOTION_COLUMNS, lines)


def _is_blocked(health: ProgramHealth, now: datetime) -> bool:
    return health.blocked_until is not None and health.blocked_until > now


def _names(keys: Sequence[str]) -> str:
    return "; ".join(map(points_name, keys))


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _words(name: str | None) -> str | None:
    return name.replace("_", " ") if name else None
