"""The tables of transfer bonuses in a page: rows as texts and dates. Structure: docs/sources/transferbonuses.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from awardspider.items import ParseWarning
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers._html_page import Element, element_text, parse_page
from awardspider.parsers._plain_text import clean_link

HEADER = ("transfer from", "transfer bonus details", "start date", "end date")

#: Day 0 of the serial numbers of days that spreadsheets use.
_SERIAL_ZERO = date(1899, 12, 30)
_DATE = re.compile(r"(\d\d)/(\d\d)/(\d\d)")
_SHORT_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(?:20)?(\d\d)")
_NO_DATE = re.compile(r"(?:-|–|—|\?|n/?a|tbd|unknown|ongoing|none)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRow:
    """A row of a table: the name of the bank, the text about the bonus, its link, and the first and the last day."""

    bank: str
    details: str
    link: str
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferTables:
    """The rows of both tables of a page: current and upcoming bonuses, and past ones."""

    current: tuple[TransferRow, ...]
    archive: tuple[TransferRow, ...]
    warnings: tuple[ParseWarning, ...]


def read_tables(body: bytes, url: str) -> TransferTables:
    """Return the rows of a page with the tables.

    Of several tables with the header, the largest one is the archive. Raise UnexpectedResponse if there is no table, or
    no row of current bonuses.
    """
    warnings: list[ParseWarning] = []
    tables = [
        rows[1:]
        for table in parse_page(body).iter("table")
        if (rows := _rows(table)) and tuple(element_text(cell).casefold() for cell in rows[0]) == HEADER
    ]
    if not tables:
        raise UnexpectedResponse("the page has no table of transfer bonuses")
    archive = max(tables, key=len) if len(tables) > 1 else []
    read = [
        tuple(row for cells in table if (row := _row(cells, url, warnings)))
        for table in ([cells for table in tables if table is not archive for cells in table], archive)
    ]
    if not read[0]:
        raise UnexpectedResponse("the table of transfer bonuses has no rows")
    return TransferTables(current=read[0], archive=read[1], warnings=tuple(warnings))


def _rows(table: Element) -> list[list[Element]]:
    """Return the cells of a table's rows, without those of tables inside it."""
    rows = table.xpath("./tr | ./thead/tr | ./tbody/tr | ./tfoot/tr")
    return [cells for row in rows if (cells := row.xpath("./td | ./th"))]


def _row(cells: list[Element], url: str, warnings: list[ParseWarning]) -> TransferRow | None:
    if len(cells) < len(HEADER):
        warnings.append(ParseWarning("row", f"a row has {len(cells)} cells", drops_offer=True))
        return None
    bank, details = element_text(cells[0]), element_text(cells[1])
    if not details:
        warnings.append(ParseWarning("row", "a row has no details", drops_offer=True))
        return None
    days: list[date | None] = []
    for name, cell in zip(("start", "end"), cells[2:4], strict=True):
        day, problems = _day(element_text(cell))
        warnings += [ParseWarning(f"row.{name}", f"{problem} in the row {details[:80]!r}") for problem in problems]
        days.append(day)
    links = (clean_link(href, url) for href in cells[1].xpath(".//a/@href"))
    return TransferRow(bank=bank, details=details, link=next(filter(None, links), ""), first=days[0], last=days[1])


def _day(text: str) -> tuple[date | None, list[str]]:
    """Return the date at the end of a cell, and problems. Before it, there may be its number as a spreadsheet's day."""
    found, serial = _DATE.fullmatch(text[-8:]), text[:-8].strip()
    if not found:
        found, serial = _SHORT_DATE.fullmatch(text), ""
    if not found:
        return None, [] if _NO_DATE.fullmatch(text) else [f"{text[:30]!r} is not a date"]
    month, day, year = map(int, found.groups())
    try:
        shown = date(2000 + year, month, day)
    except ValueError:
        return None, [f"{text[:30]!r} is not a date"]
    return shown, list(_serial_problems(serial, shown))


def _serial_problems(serial: str, shown: date) -> Iterator[str]:
    if not serial:
        return
    if not re.fullmatch(r"\d{4,6}", serial):
        yield f"{serial[:30]!r} is before the date {shown}"
    elif (hidden := _SERIAL_ZERO + timedelta(days=int(serial))) != shown:
        yield f"the hidden date is {hidden}, the visible one {shown}"
