"""The tabs of the spreadsheet: how each is made, and how one that somebody changed is mended without touching data.

What a person has set (colors, formats, widths, what is hidden) stays as it is: only what is missing is added.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.columns import (
    CHECK,
    COLUMNS,
    DEAL,
    DROPPED,
    GONE,
    ID,
    ON_SALE,
    PLACES,
    SAVER,
    Column,
    Header,
    Kind,
    as_json,
)
from awardspider.delivery.channels.sheets.reports import HEALTH_COLUMNS, PROMOTION_COLUMNS, ReportColumn
from awardspider.outcomes import InvalidArgument

OFFERS, PROMOTIONS, HEALTH = "Offers", "Promotions", "Health"
TABS = (OFFERS, PROMOTIONS, HEALTH)

FIRST_ROWS = 1_000
COLUMNS_FOR_PEOPLE = 6  # empty ones to the right, inside the filter, so that sorting takes them along

_NUMBER_FORMATS = {
    Kind.WHOLE: {"type": "NUMBER", "pattern": "#,##0"},
    Kind.AMOUNT: {"type": "NUMBER", "pattern": "#,##0.00"},
    Kind.DAY: {"type": "DATE", "pattern": "yyyy-mm-dd"},
    Kind.MOMENT: {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm"},
}
_COLORS = {
    ON_SALE: {"red": 0.72, "green": 0.88, "blue": 0.80},
    DROPPED: {"red": 0.79, "green": 0.86, "blue": 0.97},
    SAVER: {"red": 1.0, "green": 0.95, "blue": 0.80},
    GONE: {"red": 0.85, "green": 0.85, "blue": 0.85},
}
_HEADER_COLOR = {"red": 0.93, "green": 0.93, "blue": 0.93}
_OURS = "awardspider finds its rows by this column"

_GRID = "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount,frozenRowCount)),basicFilter"
_SHORT = f"properties.title,{_GRID})"
_LONG = f"properties.title,{_GRID},conditionalFormats,protectedRanges)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A tab as it is: `rows` and `columns` of its grid, whatever they hold."""

    gid: int
    title: str
    rows: int
    columns: int
    frozen_rows: int
    filter: dict[str, Any] | None
    rules: list[dict[str, Any]]
    protected: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A spreadsheet as it is; `cells` counts those of all tabs, the people's own too."""

    title: str
    tabs: dict[str, Tab]
    cells: int


def read_layout(client: SheetsClient, *, all_of_it: bool = False) -> Layout:
    """What tabs there are; with `all_of_it` also their rules and protected ranges. Raises Trouble."""
    about = client.about(_LONG if all_of_it else _SHORT)
    tabs, cells = {}, 0
    for sheet in about.get("sheets", []):
        known = sheet["properties"]
        grid = known.get("gridProperties", {})  # a tab that is a chart has none
        tab = Tab(
            gid=known.get("sheetId", 0),
            title=known["title"],
            rows=grid.get("rowCount", 0),
            columns=grid.get("columnCount", 0),
            frozen_rows=grid.get("frozenRowCount", 0),
            filter=sheet.get("basicFilter"),
            rules=sheet.get("conditionalFormats", []),
            protected=sheet.get("protectedRanges", []),
        )
        tabs[tab.title] = tab
        cells += tab.rows * tab.columns
    return Layout(title=about["properties"]["title"], tabs=tabs, cells=cells)


def mend(client: SheetsClient) -> list[str]:
    """Make the tabs that are missing and add what is missing in the others; what was done, in words (none: nothing).

    All in one call that writes, or none. Raises Trouble, and BadArgument where a tab of ours holds something else.
    """
    layout = read_layout(client, all_of_it=True)
    there = [name for name in TABS if name in layout.tabs]
    # No more rows than there are: Google refuses a range that is larger than its tab.
    heads = client.read_columns([f"'{name}'!1:{min(3, layout.tabs[name].rows)}" for name in there]) if there else []
    requests: list[dict[str, Any]] = []
    done: list[str] = []
    for name in TABS:
        tab = layout.tabs.get(name)
        cells = heads[there.index(name)] if tab else []
        titles = [column[0] if column else "" for column in cells]
        ours = ID if name == OFFERS else _columns_of(name)[0].title
        if tab and cells and ours not in [str(title).strip().lower() for title in titles]:
            raise InvalidArgument(
                f"the tab {name} holds something that is not from awardspider; give that tab another name, "
                "and run scrapy sheets setup again"
            )
        if tab is None or not cells:
            requests += _new_tab(name, tab, {each.gid for each in layout.tabs.values()})
            done.append(f"made the tab {name}" if tab is None else f"filled the empty tab {name}")
        elif name == OFFERS:
            found = list(_mend_offers(tab, titles))
            requests += [request for _, request in found]
            done += dict.fromkeys(words for words, _ in found if words)
    if requests:
        client.change([as_json(request) for request in requests], repeatable=False)
    return done


def prove_writing(client: SheetsClient, layout: Layout) -> None:
    """Write what changes nothing, to see whether we may. Raises Trouble."""
    tab = next(iter(layout.tabs.values()))
    properties = {"sheetId": tab.gid, "title": tab.title}
    client.change([as_json({"updateSheetProperties": {"properties": properties, "fields": "title"}})], repeatable=True)


def new_rows_formats(gid: int, header: Header, first: int, last: int) -> Iterator[dict[str, Any]]:
    """The number formats of rows that are added below, from 0, the last not included."""
    for place, stands in header.stands.items():
        yield from _number_format(gid, stands, COLUMNS[place].kind, first, last)


def wider_filter(tab: Tab, rows: int) -> Iterator[dict[str, Any]]:
    """The same filter over every row and column, where the one that is there leaves some out.

    Sorting moves only what is inside: a column of notes outside would stay where it is, beside the wrong rows.
    """
    if tab.filter is None:
        return
    area = tab.filter.get("range", {})
    whole = area.get("endColumnIndex", tab.columns) >= tab.columns and area.get("endRowIndex", rows) >= rows
    if area.get("startRowIndex", 0) or area.get("startColumnIndex", 0) or whole:
        return
    kept: dict[str, Any] = {key: tab.filter[key] for key in ("sortSpecs", "filterSpecs") if key in tab.filter}
    if "filterSpecs" not in kept and "criteria" in tab.filter:
        kept["criteria"] = tab.filter["criteria"]
    yield {"setBasicFilter": {"filter": {"range": _whole(tab.gid)} | kept}}


def _columns_of(name: str) -> Sequence[Column | ReportColumn]:
    columns: dict[str, Sequence[Column | ReportColumn]]
    columns = {OFFERS: COLUMNS, PROMOTIONS: PROMOTION_COLUMNS, HEALTH: HEALTH_COLUMNS}
    return columns[name]


def _new_tab(name: str, empty: Tab | None, taken: set[int]) -> Iterator[dict[str, Any]]:
    columns = _columns_of(name)
    width = len(columns) + (COLUMNS_FOR_PEOPLE if name == OFFERS else 0)
    if empty is None:
        gid = next(number for number in iter(lambda: secrets.randbelow(2**31 - 1), None) if number not in taken)
        grid = {"rowCount": FIRST_ROWS, "columnCount": width, "frozenRowCount": 1}
        yield {"addSheet": {"properties": {"sheetId": gid, "title": name, "gridProperties": grid}}}
    else:
        gid = empty.gid
        yield from _more_columns(gid, width - empty.columns)
        yield _freeze(gid)
    yield from _columns(gid, list(enumerate(columns)))
    if name == OFFERS:
        yield _filter(gid)
        for title in (ID, CHECK):
            yield _protect(gid, PLACES[title])
        for text in _COLORS:
            yield _rule(gid, PLACES[DEAL], text)


def _mend_offers(tab: Tab, titles: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is missing in the tab Offers, each with words for it."""
    header = Header(titles)
    added = list(enumerate(header.missing, start=len(titles)))
    for request in _more_columns(tab.gid, len(titles) + len(added) - tab.columns):
        yield "", request
    for stands, column in added:
        for request in _columns(tab.gid, [(stands, column)]):
            yield f"added the column {column.title} at the right end", request
    if not tab.frozen_rows:
        yield "froze the first row", _freeze(tab.gid)
    if tab.filter is None:
        yield "set the filter", _filter(tab.gid)
    else:
        for request in wider_filter(tab, tab.rows):
            yield "widened the filter to all columns", request
    places = {column.title: stands for stands, column in added}
    places |= {COLUMNS[place].title: stands for place, stands in header.stands.items()}
    guarded = {each.get("range", {}).get("startColumnIndex", 0) for each in tab.protected if _is_ours(each)}
    for title in (ID, CHECK):
        if places[title] not in guarded:
            yield "put a warning on the hidden columns", _protect(tab.gid, places[title])
    ruled = {str(value.get("userEnteredValue")) for rule in tab.rules for value in _rule_values(rule)}
    for text in _COLORS:
        if text not in ruled:
            yield "set the colors of deals", _rule(tab.gid, places[DEAL], text)


def _is_ours(protected: dict[str, Any]) -> bool:
    return protected.get("description") == _OURS


def _rule_values(rule: dict[str, Any]) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = rule.get("booleanRule", {}).get("condition", {}).get("values", [])
    return values


def _columns(gid: int, columns: Sequence[tuple[int, Column | ReportColumn]]) -> Iterator[dict[str, Any]]:
    """Headers side by side, then widths, formats and what is hidden."""
    bold = {"textFormat": {"bold": True}, "backgroundColor": _HEADER_COLOR}
    cells = [{"userEnteredValue": {"stringValue": c.title}, "userEnteredFormat": bold} for _, c in columns]
    fields = "userEnteredValue,userEnteredFormat.textFormat.bold,userEnteredFormat.backgroundColor"
    start = {"sheetId": gid, "rowIndex": 0, "columnIndex": columns[0][0]}
    yield {"updateCells": {"start": start, "rows": [{"values": cells}], "fields": fields}}
    for place, column in columns:
        about: dict[str, Any] = {"pixelSize": column.width}
        if column.hidden:
            about["hiddenByUser"] = True
        area = {"sheetId": gid, "dimension": "COLUMNS", "startIndex": place, "endIndex": place + 1}
        yield {"updateDimensionProperties": {"range": area, "properties": about, "fields": ",".join(about)}}
        yield from _number_format(gid, place, column.kind, 1, None)


def _number_format(gid: int, place: int, kind: Kind, first: int, last: int | None) -> Iterator[dict[str, Any]]:
    if kind not in _NUMBER_FORMATS:
        return
    area = {"sheetId": gid, "startRowIndex": first, "startColumnIndex": place, "endColumnIndex": place + 1}
    if last is not None:
        area["endRowIndex"] = last
    shown = {"userEnteredFormat": {"numberFormat": _NUMBER_FORMATS[kind]}}
    yield {"repeatCell": {"range": area, "cell": shown, "fields": "userEnteredFormat.numberFormat"}}


def _more_columns(gid: int, count: int) -> Iterator[dict[str, Any]]:
    if count > 0:
        yield {"appendDimension": {"sheetId": gid, "dimension": "COLUMNS", "length": count}}


def _freeze(gid: int) -> dict[str, Any]:
    properties = {"sheetId": gid, "gridProperties": {"frozenRowCount": 1}}
    return {"updateSheetProperties": {"properties": properties, "fields": "gridProperties.frozenRowCount"}}


def _whole(gid: int) -> dict[str, int]:
    return {"sheetId": gid, "startRowIndex": 0, "startColumnIndex": 0}


def _filter(gid: int) -> dict[str, Any]:
    return {"setBasicFilter": {"filter": {"range": _whole(gid)}}}


def _protect(gid: int, place: int) -> dict[str, Any]:
    area = {"sheetId": gid, "startColumnIndex": place, "endColumnIndex": place + 1}
    return {"addProtectedRange": {"protectedRange": {"range": area, "description": _OURS, "warningOnly": True}}}


def _rule(gid: int, place: int, text: str) -> dict[str, Any]:
    area = {"sheetId": gid, "startRowIndex": 1, "startColumnIndex": place, "endColumnIndex": place + 1}
    condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": text}]}
    rule = {"condition": condition, "format": {"backgroundColor": _COLORS[text]}}
    return {"addConditionalFormatRule": {"rule": {"ranges": [area], "booleanRule": rule}, "index": 0}}
