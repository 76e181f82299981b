"""The tabs Health and Promotions, which are rewritten as a whole: the database has all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from awardspider.delivery.channels.sheets.columns import Kind, Value, as_json, cell, day, moment, program_name
from awardspider.storage.sheet_rows import ProgramHealth, PromotionNow

MOST_PROMOTIONS = 500
MOST_NOTES = 20
EVERY = timedelta(minutes=5)  # Health is not older than this after a flush


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportColumn:
    """A column of a tab that is rewritten as a whole; `width` is in pixels."""

    title: str
    kind: Kind = Kind.TEXT
    width: int = 110
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told(ReportColumn):
    of: Callable[[PromotionNow], Value]


PROMOTION_COLUMNS = (
    _Told(title="promotion", of=lambda p: p.title, width=320),
    _Told(title="kind", of=lambda p: p.kind),
    _Told(title="programs", of=lambda p: "; ".join(map(program_name, p.programs)), width=180),
    _Told(title="banks", of=lambda p: "; ".join(p.banks), width=140),
    _Told(title="percent", of=lambda p: p.percent, kind=Kind.WHOLE, width=70),
    _Told(title="up to", of=lambda p: p.up_to, width=65),
    _Told(title="cents per mile", of=lambda p: None if p.cents_per_mile is None else float(p.cents_per_mile)),
    _Told(title="routes", of=lambda p: "; ".join(p.routes), width=140),
    _Told(title="book by", of=lambda p: day(p.book_by), kind=Kind.DAY),
    _Told(title="travel from", of=lambda p: day(p.travel_from), kind=Kind.DAY),
    _Told(title="travel until", of=lambda p: day(p.travel_until), kind=Kind.DAY),
    _Told(title="targeted", of=lambda p: p.targeted, width=75),
    _Told(title="published (UTC)", of=lambda p: moment(p.published), kind=Kind.MOMENT, width=130),
    _Told(title="seen (UTC)", of=lambda p: moment(p.last_seen_at), kind=Kind.MOMENT, width=130),
    _Told(title="source", of=lambda p: p.source),
    _Told(title="link", of=lambda p: p.link, kind=Kind.LINK, width=220),
)
HEALTH_COLUMNS = (
    ReportColumn(title="program", width=190),
    ReportColumn(title="last success (UTC)", kind=Kind.MOMENT, width=140),
    ReportColumn(title="last look (UTC)", kind=Kind.MOMENT, width=140),
    ReportColumn(title="outcome", width=120),
    ReportColumn(title="reason", width=150),
    ReportColumn(title="offers", kind=Kind.WHOLE, width=80),
    ReportColumn(title="blocked until (UTC)", kind=Kind.MOMENT, width=140),
    ReportColumn(title="blocked for", width=120),
    ReportColumn(title="", width=30),
    ReportColumn(title="when (UTC)", kind=Kind.MOMENT, width=140),
    ReportColumn(title="note", width=520),
)
NOTES_RANGE = "'Health'!J2:K"
_AS_OF, _CELLS = "this tab is as of then", "cells are used in all tabs, of 10,000,000 that Google allows"


class Notes:
    """The notes at the right of Health, read back from the sheet because every process adds its own."""

    def __init__(self, columns: Sequence[Sequence[Any]]) -> None:
        whens, texts = [*columns, [], []][:2]
        known = [(when, str(text)) for when, text in zip(whens, texts, strict=False) if isinstance(when, (int, float))]
        self.as_of: float = next((float(when) for when, text in known if text == _AS_OF), 0.0)
        self._notes = [(float(when), text) for when, text in known if text != _AS_OF]
        self.added = False

    def add(self, now: datetime, text: str) -> None:
        """A new note, on top."""
        self._notes.insert(0, (moment(now) or 0.0, text))
        self.added = True

    def due(self, now: datetime) -> bool:
        """Whether Health must be written: something was added, or it is some minutes old."""
        return self.added or (moment(now) or 0.0) - self.as_of >= EVERY / timedelta(days=1)

    def rows(self, now: datetime, cells: int) -> list[list[Value]]:
        """The notes as rows: how old all this is, how full the spreadsheet is, then the newest first."""
        about: list[list[Value]] = [[moment(now), _AS_OF], [None, f"{cells:,} {_CELLS}"]]
        return about + [[when, text] for when, text in self._notes[:MOST_NOTES]]


def health_request(
    gid: int, rows: int, programs: Sequence[ProgramHealth], notes: list[list[Value]], now: datetime
) -> list[bytes]:
    """What writes Health below its header; `rows` is how many its grid has. A block that is over is not shown."""
    table: list[list[Value]] = [
        [
            program_name(each.program),
            moment(each.last_success),
            moment(each.looked_at),
            _words(each.outcome),
            _words(each.reason),
            each.offers,
            moment(each.blocked_until) if _lasts(each, now) else None,
            _words(each.blocked_for) if _lasts(each, now) else None,
            None,
        ]
        for each in programs
    ]
    height = max(len(table), len(notes))
    empty: list[Value] = [None] * 9
    lines = [
        (table[row] if row < len(table) else empty) + (notes[row] if row < len(notes) else [None, None])
        for row in range(height)
    ]
    return _rewrite(gid, rows, HEALTH_COLUMNS, lines)


def promotions_request(gid: int, rows: int, promotions: Sequence[PromotionNow]) -> list[bytes]:
    """What writes Promotions below its header; `rows` is how many its grid has."""
    lines = [[column.of(each) for column in PROMOTION_COLUMNS] for each in promotions]
    return _rewrite(gid, rows, PROMOTION_COLUMNS, lines)


def _rewrite(gid: int, rows: int, columns: Sequence[ReportColumn], lines: list[list[Value]]) -> list[bytes]:
    requests: list[bytes] = []
    if len(lines) + 2 > rows:
        more = {"sheetId": gid, "dimension": "ROWS", "length": len(lines) + 2 - rows}
        requests.append(as_json({"appendDimension": more}))
        rows = len(lines) + 2
    # A range instead of a beginning: cells inside it that no row fills are emptied.
    area = {
        "sheetId": gid,
        "startRowIndex": 1,
        "endRowIndex": rows,
        "startColumnIndex": 0,
        "endColumnIndex": len(columns),
    }
    cells = [
        {"values": [cell(value, column.kind is Kind.LINK) for value, column in zip(line, columns, strict=True)]}
        for line in lines
    ]
    fields = "userEnteredValue,userEnteredFormat.textFormat.link"
    return [*requests, as_json({"updateCells": {"range": area, "rows": cells, "fields": fields}})]


def _lasts(each: ProgramHealth, now: datetime) -> bool:
    return each.blocked_until is not None and each.blocked_until > now


def _words(name: str | None) -> str | None:
    return name.replace("_", " ") if name else None
