"""What stands in which column of the tab Offers, and a row of it as plain values.

An offer's id fixes what never changes of it (program, route, date, cabin, flights, fare), so a row that is there gets
only its changing columns, which stand side by side. The hidden `check` tells whose state a row holds and which: a row
that has the right one need not be written again, and one whose check is of another offer was sorted away under us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import blake2b
from itertools import groupby
from typing import Any, TypeAlias

import orjson

from awardspider.programs import all_programs
from awardspider.storage.sheet_rows import OfferNow

Value: TypeAlias = str | int | float | bool | None

# The day that is 1 in a spreadsheet's calendar, less one (sinks.md, 4.4).
_DAY_ZERO = date(1899, 12, 30)
_MOST_LETTERS = 1_000  # of the 50,000 that a cell can hold

ON_SALE, SAVER, DROPPED, GONE = "on sale", "saver", "dropped", "gone"


class Kind(StrEnum):
    """What a column holds, and with it how it is shown."""

    TEXT = "text"
    WHOLE = "whole"
    AMOUNT = "amount"
    YES_NO = "yes or no"
    DAY = "day"
    MOMENT = "moment"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: `title` is its header and how it is found again, `width` is in pixels."""

    title: str
    of: Callable[[OfferNow], Value]
    kind: Kind = Kind.TEXT
    changes: bool = False
    hidden: bool = False
    width: int = 80


def day(value: date | None) -> int | None:
    """A day as a spreadsheet counts it."""
    return None if value is None else (value - _DAY_ZERO).days


def moment(value: datetime | None) -> float | None:
    """A moment as a spreadsheet counts it, in UTC."""
    return None if value is None else wall_clock(value.astimezone(UTC))


def wall_clock(value: datetime | None) -> float | None:
    """What a clock on the wall shows, as a spreadsheet counts it, whatever the zone."""
    if value is None:
        return None
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return (value.date() - _DAY_ZERO).days + round(seconds / 86_400, 6)


def deal(offer: OfferNow) -> str:
    """What is special about an offer, in a word; empty where nothing is."""
    if offer.gone_at:
        return GONE
    if offer.on_sale:
        return ON_SALE
    if offer.dropped:
        return DROPPED
    return SAVER if offer.saver else ""


def program_name(key: str) -> str:
    """A program's name; its key where we do not know it."""
    program = all_programs().get(key)
    return program.name if program else key


ID, CHECK, DEAL = "offer id", "check", "deal"
COLUMNS = (
    Column(title=ID, of=lambda o: o.id, hidden=True),
    Column(title="program", of=lambda o: program_name(o.program), width=150),
    Column(title="from", of=lambda o: o.origin, width=55),
    Column(title="to", of=lambda o: o.destination, width=55),
    Column(title="date", of=lambda o: day(o.departure_date), kind=Kind.DAY, width=95),
    Column(title="cabin", of=lambda o: o.cabin.replace("_", " "), width=120),
    Column(title=DEAL, of=deal, changes=True),
    Column(title="miles", of=lambda o: o.miles, kind=Kind.WHOLE, changes=True),
    Column(title="taxes", of=lambda o: _amount(o.taxes_amount), kind=Kind.AMOUNT, changes=True),
    Column(title="currency", of=lambda o: o.taxes_currency, changes=True),
    Column(title="seats", of=lambda o: o.seats, kind=Kind.WHOLE, changes=True, width=55),
    Column(title="stops", of=lambda o: o.stops, kind=Kind.WHOLE, changes=True, width=55),
    Column(title="departs (local)", of=lambda o: wall_clock(o.departs_at), kind=Kind.MOMENT, changes=True, width=130),
    Column(title="arrives (local)", of=lambda o: wall_clock(o.arrives_at), kind=Kind.MOMENT, changes=True, width=130),
    Column(title="minutes", of=lambda o: o.duration_minutes, kind=Kind.WHOLE, changes=True, width=70),
    Column(title="booking code", of=lambda o: o.booking_code, changes=True, width=100),
    Column(title="saver", of=lambda o: o.saver, kind=Kind.YES_NO, changes=True, width=65),
    Column(title="on sale", of=lambda o: o.on_sale, kind=Kind.YES_NO, changes=True, width=65),
    Column(title="miles before", of=lambda o: o.regular_miles, kind=Kind.WHOLE, changes=True, width=95),
    Column(title="cash price", of=lambda o: _amount(o.cash_amount), kind=Kind.AMOUNT, changes=True),
    Column(title="cash currency", of=lambda o: o.cash_currency, changes=True, width=105),
    Column(title="watches", of=lambda o: "; ".join(o.watches), changes=True, width=160),
    Column(title="seen (UTC)", of=lambda o: moment(o.last_seen_at), kind=Kind.MOMENT, changes=True, width=130),
    Column(title="gone since (UTC)", of=lambda o: moment(o.gone_at), kind=Kind.MOMENT, changes=True, width=130),
    Column(title=CHECK, of=lambda o: None, changes=True, hidden=True),
    Column(title="flights", of=lambda o: o.flights, width=140),
    Column(title="fare", of=lambda o: o.fare_name, width=150),
    Column(title="mixed cabin", of=lambda o: o.mixed_cabin, kind=Kind.YES_NO, width=95),
    Column(title="party", of=lambda o: o.travelers, kind=Kind.WHOLE, width=55),
    Column(title="detail", of=lambda o: o.detail),
    Column(title="source", of=lambda o: o.source, width=100),
    Column(title="first seen (UTC)", of=lambda o: moment(o.first_seen_at), kind=Kind.MOMENT, width=130),
    Column(title="link", of=lambda o: o.booking_link, kind=Kind.LINK, width=200),
)
PLACES = {column.title: place for place, column in enumerate(COLUMNS)}
_CHECK = PLACES[CHECK]
_CHANGING = tuple(place for place, column in enumerate(COLUMNS) if column.changes)


def values_of(offer: OfferNow) -> list[Value]:
    """The row of an offer, in the order of COLUMNS."""
    row = [_tidy(column.of(offer)) for column in COLUMNS]
    state = orjson.dumps([row[place] for place in _CHANGING])
    row[_CHECK] = f"{whose(offer.id)}-{blake2b(state, digest_size=4).hexdigest()}"
    return row


def whose(offer_id: str) -> str:
    """The part of a check that tells whose it is."""
    return offer_id[:8]


# ---- as JSON -----------------------------------------------------------------------------------------------------


def cell(value: Value, link: bool = False) -> dict[str, Any]:
    """A value as CellData: nothing in it is ever parsed, so that no text can become a formula."""
    if value is None or value == "":
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, (int, float)):
        return {"userEnteredValue": {"numberValue": value}}
    data: dict[str, Any] = {"userEnteredValue": {"stringValue": value}}
    if link and value.startswith(("https://", "http://")) and " " not in value:
        data["userEnteredFormat"] = {"textFormat": {"link": {"uri": value}}}
    return data


def as_json(value: object) -> bytes:
    """A request, or a part of one."""
    # A copy, because orjson's own bytes keep the whole buffer that they were made in, eight kilobytes each.
    return bytes(memoryview(orjson.dumps(value)))


def column_letters(place: int) -> str:
    """The letters of a column: 0 is A, 26 is AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


class Header:
    """Where our columns stand in a sheet: found by their titles, so that people may move them about.

    Raises KeyError where the column of ids is not among the titles.
    """

    def __init__(self, titles: Sequence[Any]) -> None:
        found: dict[str, int] = {}
        for place, title in enumerate(titles):
            found.setdefault(_plain(title), place)
        # Of each of our columns, where it stands; one that somebody removed or renamed is theirs, and left out.
        self.stands = {place: found[_plain(c.title)] for place, c in enumerate(COLUMNS) if _plain(c.title) in found}
        self.id = found[ID]
        self.check = found.get(CHECK)
        self.width = 1 + max(self.stands.values())
        self.missing = [column for column in COLUMNS if _plain(column.title) not in found]
        changing = sorted((self.stands[place], place) for place in _CHANGING if place in self.stands)
        # Runs of changing columns side by side: where each begins, and what stands in it.
        self.runs: list[tuple[int, tuple[int, ...]]] = []
        for _, group in groupby(enumerate(changing), lambda each: each[1][0] - each[0]):
            run = [each for _, each in group]
            self.runs.append((run[0][0], tuple(place for _, place in run)))

    def new_row(self, row: Sequence[Value]) -> dict[str, Any]:
        """A whole row as RowData."""
        cells: list[dict[str, Any]] = [{}] * self.width
        for place, stands in self.stands.items():
            cells[stands] = cell(row[place], COLUMNS[place].kind is Kind.LINK)
        return {"values": cells}

    def update_cells(self, gid: int, rows: Sequence[tuple[int, bytes]], most_rows: int) -> Iterator[bytes]:
        """Requests of spreadsheets.batchUpdate that write the changing columns of rows (from 0; values as JSON)."""
        for first, block in _blocks(rows, most_rows):
            for start, places in self.runs:
                cells = [{"values": [cell(row[place]) for place in places]} for row in block]
                at = {"sheetId": gid, "rowIndex": first, "columnIndex": start}
                yield as_json({"updateCells": {"start": at, "rows": cells, "fields": "userEnteredValue"}})

    def value_ranges(self, tab: str, rows: Sequence[tuple[int, bytes]], most_rows: int) -> Iterator[bytes]:
        """The same for values:batchUpdate, in a third of the bytes."""
        for first, block in _blocks(rows, most_rows):
            for start, places in self.runs:
                last = column_letters(start + len(places) - 1)
                where = f"'{tab}'!{column_letters(start)}{first + 1}:{last}{first + len(block)}"
                values = [["" if row[place] is None else row[place] for place in places] for row in block]
                yield as_json({"range": where, "values": values})


def _blocks(rows: Sequence[tuple[int, bytes]], most_rows: int) -> Iterator[tuple[int, list[list[Value]]]]:
    """Rows that stand one below the other: the first one's number, and their values."""
    block: list[list[Value]] = []
    first = 0
    for number, values in rows:
        if block and (number != first + len(block) or len(block) == most_rows):
            yield first, block
            block = []
        if not block:
            first = number
        block.append(orjson.loads(values))
    if block:
        yield first, block


def runs_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending numbers as ranges: first and one behind the last."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    return runs


def _plain(title: Any) -> str:
    """A header as it is compared: how people space or capitalize it does not matter."""
    return " ".join(str(title).split()).casefold()


def _amount(value: Any) -> float | None:
    return None if value is None else float(value)


def _tidy(value: Value) -> Value:
    """None for what says nothing; text without what no cell can show, and not too long."""
    if not isinstance(value, str):
        return value
    text = "".join(letter for letter in value if letter.isprintable() or letter in "\n\t")
    return text[:_MOST_LETTERS] or None
