"""Create the tabs of the spreadsheet, and repair them without changing data.

Repair only adds what is missing, so colors, formats, widths and hidden columns that people set are kept.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from awardspider.delivery.channels.sheets.best import BEST_COLUMNS
from awardspider.delivery.channels.sheets.cells import SheetColumn, encode
from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.columns import (
    CHECK,
    CLASS,
    COLUMNS,
    DEAL,
    DROPPED,
    GONE,
    ID,
    INDEX,
    ON_SALE,
    SAVER,
    STATUS,
    WHY_COLUMN,
    Header,
)
from awardspider.delivery.channels.sheets.reports import HEALTH_COLUMNS, PROMOTION_COLUMNS, STATE
from awardspider.offer_fields import ColumnType
from awardspider.outcomes import InvalidArgument
from awardspider.storage.offer_status import OfferStatus

BEST, OFFERS, PROMOTIONS, HEALTH = "Best", "Offers", "Promotions", "Health"
_COLUMNS: dict[str, Sequence[SheetColumn]] = {
    BEST: BEST_COLUMNS,
    OFFERS: COLUMNS,
    PROMOTIONS: PROMOTION_COLUMNS,
    HEALTH: HEALTH_COLUMNS,
}
TABS = tuple(_COLUMNS)
# The column that shows that a tab of this name is ours.
_IDENTIFYING = {BEST: WHY_COLUMN.title, OFFERS: ID, PROMOTIONS: "promotion", HEALTH: "program"}

_NEW_ROWS = {BEST: 100}
_DEFAULT_ROWS, _DEFAULT_COLUMNS = 1_000, 26  # the size of a new tab
# The name of the only tab of a new spreadsheet in any language: Sheet1, Hoja 1, Página1.
_FIRST_TAB = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)? ?1")
_USER_COLUMNS = 6  # empty columns for people's notes, inside the filter, so that sorting moves them too

_DATE_TIME = {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm"}
_NUMBER_FORMATS = {
    ColumnType.INTEGER: {"type": "NUMBER", "pattern": "#,##0"},
    ColumnType.AMOUNT: {"type": "NUMBER", "pattern": "#,##0.00"},
    ColumnType.DATE: {"type": "DATE", "pattern": "yyyy-mm-dd"},
    ColumnType.TIME: _DATE_TIME,
    ColumnType.LOCAL_TIME: _DATE_TIME,
}
_GREY = {"red": 0.85, "green": 0.85, "blue": 0.85}
# The color of a cell with this text, and the columns that contain it.
_COLORS = {
    "record low": ((CLASS,), {"red": 0.98, "green": 0.75, "blue": 0.34}),
    "exceptional": ((CLASS,), {"red": 0.55, "green": 0.80, "blue": 0.62}),
    "good": ((CLASS,), {"red": 0.81, "green": 0.92, "blue": 0.84}),
    ON_SALE: ((CLASS, DEAL), {"red": 0.79, "green": 0.86, "blue": 0.97}),
    DROPPED: ((DEAL,), {"red": 0.79, "green": 0.86, "blue": 0.97}),
    SAVER: ((DEAL,), {"red": 1.0, "green": 0.95, "blue": 0.80}),
    GONE: ((CLASS, DEAL), _GREY),
    str(OfferStatus.UNCONFIRMED): ((CLASS, STATUS), {"red": 0.99, "green": 0.90, "blue": 0.80}),
    str(OfferStatus.OUTDATED): ((CLASS, STATUS), _GREY),
    str(OfferStatus.DEPARTED): ((CLASS, STATUS), _GREY),
}
# The texts with a color in the column `state` of the tab Promotions, and the color.
_STATE_COLORS = {
    "ending soon": {"red": 1.0, "green": 0.95, "blue": 0.80},
    "announced": {"red": 0.79, "green": 0.86, "blue": 0.97},
    "ended": _GREY,
}
# The texts with a color on the tab Best, which has only available offers.
_BEST_COLORS = ("record low", "exceptional", "good", ON_SALE)
_HEADER_COLOR = {"red": 0.93, "green": 0.93, "blue": 0.93}
_PROTECTION = "awardspider finds its rows by this column"

_GRID_FIELDS = "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount,frozenRowCount)),basicFilter"
_FIELDS = f"properties.title,{_GRID_FIELDS})"
_ALL_FIELDS = f"properties.title,{_GRID_FIELDS},conditionalFormats,protectedRanges,charts.chartId)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A snapshot of a tab. `rows` and `columns` are the size of its grid."""

    gid: int
    title: str
    rows: int
    columns: int
    frozen_rows: int
    filter: dict[str, Any] | None
    rules: list[dict[str, Any]]
    protected: list[dict[str, Any]]
    charts: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A snapshot of a spreadsheet's tabs, keyed by title. `cells` counts the cells of all tabs, not just ours."""

    title: str
    tabs: dict[str, Tab]
    cells: int


def read_layout(client: SheetsClient, *, with_rules: bool = False) -> Layout:
    """Read the tabs, with color rules and protected ranges if `with_rules`. Raise SheetsError if the call fails."""
    spreadsheet = client.get_spreadsheet(_ALL_FIELDS if with_rules else _FIELDS)
    tabs, cells = {}, 0
    for sheet in spreadsheet.get("sheets", []):
        properties = sheet["properties"]
        grid = properties.get("gridProperties", {})  # missing if the tab is a chart
        tab = Tab(
            gid=properties.get("sheetId", 0),
            title=properties["title"],
            rows=grid.get("rowCount", 0),
            columns=grid.get("columnCount", 0),
            frozen_rows=grid.get("frozenRowCount", 0),
            filter=sheet.get("basicFilter"),
            rules=sheet.get("conditionalFormats", []),
            protected=sheet.get("protectedRanges", []),
            charts=sheet.get("charts", []),
        )
        tabs[tab.title] = tab
        cells += tab.rows * tab.columns
    return Layout(title=spreadsheet["properties"]["title"], tabs=tabs, cells=cells)


def repair(client: SheetsClient) -> list[str]:
    """Create missing tabs, add what the others lack, and return descriptions of the changes.

    All changes are made in one call. Raise SheetsError if a call fails, and InvalidArgument if one of our tabs has
    someone else's content.
    """
    layout = read_layout(client, with_rules=True)
    existing = [name for name in TABS if name in layout.tabs]
    # Google rejects a range that extends beyond the tab.
    ranges = [f"'{name}'!1:{min(3, layout.tabs[name].rows)}" for name in existing]
    first_tab = _first_tab(layout)
    if first_tab:
        existing.append(first_tab.title)
        ranges.append(f"'{first_tab.title}'")
    contents = dict(zip(existing, client.read_columns(ranges) if ranges else [], strict=True))
    requests: list[dict[str, Any]] = []
    changes: list[str] = []
    for name in TABS:
        tab = layout.tabs.get(name)
        cells = contents.get(name, [])
        titles = [column[0] if column else "" for column in cells]
        if tab is None or not cells:
            requests += _new_tab(name, tab, {existing_tab.gid for existing_tab in layout.tabs.values()})
            changes.append(f"created the tab {name}" if tab is None else f"filled the empty tab {name}")
        elif _IDENTIFYING[name] not in [str(title).strip().lower() for title in titles]:
            raise InvalidArgument(
                f"the tab {name} has content that is not from awardspider; rename that tab, "
                "then run scrapy sheets setup again"
            )
        elif name == OFFERS:
            repairs = list(_repair_offers(tab, titles))
            requests += [request for _, request in repairs]
            changes += dict.fromkeys(description for description, _ in repairs if description)
    if first_tab and not contents[first_tab.title]:
        requests.append({"deleteSheet": {"sheetId": first_tab.gid}})
        changes.append(f"deleted the empty tab {first_tab.title}")
    if requests:
        client.send_batch_update([encode(request) for request in requests], repeatable=False)
    return changes


def _first_tab(layout: Layout) -> Tab | None:
    """Return the tab that a new spreadsheet has, if it is the only other tab and nobody has changed its properties."""
    others = [tab for tab in layout.tabs.values() if tab.title not in TABS]
    if len(others) != 1 or others[0].gid != 0 or not _FIRST_TAB.fullmatch(others[0].title):
        return None
    [tab] = others
    is_changed = tab.filter or tab.rules or tab.protected or tab.charts or tab.frozen_rows
    return None if is_changed or (tab.rows, tab.columns) != (_DEFAULT_ROWS, _DEFAULT_COLUMNS) else tab


def check_write_access(client: SheetsClient, layout: Layout) -> None:
    """Raise SheetsError if the account may not write. The check sets a tab's title to its current value."""
    tab = next(iter(layout.tabs.values()))
    properties = {"sheetId": tab.gid, "title": tab.title}
    request = {"updateSheetProperties": {"properties": properties, "fields": "title"}}
    client.send_batch_update([encode(request)], repeatable=True)


def new_row_formats(gid: int, header: Header, first: int, end: int) -> Iterator[dict[str, Any]]:
    """Yield the requests that set number formats in new rows, from row `first` to `end` (exclusive)."""
    for index, position in header.positions.items():
        yield from _number_format(gid, position, COLUMNS[index], first, end)


def widen_filter(tab: Tab, rows: int) -> Iterator[dict[str, Any]]:
    """Yield the request that extends the filter to every row and column, unless it already covers them.

    Sorting moves only cells inside the filter, so notes in a column outside it would end up next to the wrong rows.
    """
    if tab.filter is None:
        return
    area = tab.filter.get("range", {})
    is_complete = area.get("endColumnIndex", tab.columns) >= tab.columns and area.get("endRowIndex", rows) >= rows
    if area.get("startRowIndex", 0) or area.get("startColumnIndex", 0) or is_complete:
        return
    kept: dict[str, Any] = {key: tab.filter[key] for key in ("sortSpecs", "filterSpecs") if key in tab.filter}
    if "filterSpecs" not in kept and "criteria" in tab.filter:
        kept["criteria"] = tab.filter["criteria"]
    yield {"setBasicFilter": {"filter": {"range": _all_cells(tab.gid)} | kept}}


def _new_tab(name: str, empty: Tab | None, used_gids: set[int]) -> Iterator[dict[str, Any]]:
    columns = _COLUMNS[name]
    width = len(columns) + (_USER_COLUMNS if name == OFFERS else 0)
    if empty is None:
        gid = next(number for number in iter(lambda: secrets.randbelow(2**31 - 1), None) if number not in used_gids)
        grid = {"rowCount": _NEW_ROWS.get(name, _DEFAULT_ROWS), "columnCount": width, "frozenRowCount": 1}
        properties = {"sheetId": gid, "title": name, "gridProperties": grid}
        yield {"addSheet": {"properties": properties | ({"index": 0} if name == BEST else {})}}
    else:
        gid = empty.gid
        yield from _append_columns(gid, width - empty.columns)
        yield _freeze(gid)
    yield from _format_columns(gid, list(enumerate(columns)))
    if name == OFFERS:
        yield _set_filter(gid)
        for title in (ID, CHECK):
            yield _protect(gid, INDEX[title])
        for text, (titles, _) in _COLORS.items():
            yield _add_color_rule(gid, [INDEX[title] for title in titles], text)
    elif name == BEST:
        for text in _BEST_COLORS:
            yield _add_color_rule(gid, [0], text)
    elif name == PROMOTIONS:
        state = [column.title for column in columns].index(STATE)
        for text, color in _STATE_COLORS.items():
            yield _add_color_rule(gid, [state], text, color)


def _repair_offers(tab: Tab, titles: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the requests that add what is missing from the Offers tab, each with a description."""
    header = Header(titles)
    added = list(enumerate(header.missing, start=len(titles)))
    for request in _append_columns(tab.gid, len(titles) + len(added) - tab.columns):
        yield "", request
    for position, column in added:
        for request in _format_columns(tab.gid, [(position, column)]):
            yield f"added the column {column.title} at the right end", request
    if not tab.frozen_rows:
        yield "froze the first row", _freeze(tab.gid)
    if tab.filter is None:
        yield "set the filter", _set_filter(tab.gid)
    else:
        for request in widen_filter(tab, tab.rows):
            yield "extended the filter to all columns", request
    positions = {column.title: position for position, column in added}
    positions |= {COLUMNS[index].title: position for index, position in header.positions.items()}
    ours = [area for area in tab.protected if area.get("description") == _PROTECTION]
    protected = {area.get("range", {}).get("startColumnIndex", 0) for area in ours}
    for title in (ID, CHECK):
        if positions[title] not in protected:
            yield "protected the hidden columns with a warning", _protect(tab.gid, positions[title])
    colored = {str(value.get("userEnteredValue")) for rule in tab.rules for value in _rule_values(rule)}
    for text, (titles_of_color, _) in _COLORS.items():
        if text not in colored:
            columns = [positions[title] for title in titles_of_color]
            yield "set the colors of deals and statuses", _add_color_rule(tab.gid, columns, text)


def _rule_values(rule: dict[str, Any]) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = rule.get("booleanRule", {}).get("condition", {}).get("values", [])
    return values


def _format_columns(gid: int, columns: Sequence[tuple[int, SheetColumn]]) -> Iterator[dict[str, Any]]:
    """Yield the requests that write adjacent headers, set widths and number formats, and hide columns."""
    bold = {"textFormat": {"bold": True}, "backgroundColor": _HEADER_COLOR}
    cells = [{"userEnteredValue": {"stringValue": column.title}, "userEnteredFormat": bold} for _, column in columns]
    fields = "userEnteredValue,userEnteredFormat.textFormat.bold,userEnteredFormat.backgroundColor"
    start = {"sheetId": gid, "rowIndex": 0, "columnIndex": columns[0][0]}
    yield {"updateCells": {"start": start, "rows": [{"values": cells}], "fields": fields}}
    for position, column in columns:
        properties: dict[str, Any] = {"pixelSize": column.width}
        if column.hidden:
            properties["hiddenByUser"] = True
        area = {"sheetId": gid, "dimension": "COLUMNS", "startIndex": position, "endIndex": position + 1}
        yield {"updateDimensionProperties": {"range": area, "properties": properties, "fields": ",".join(properties)}}
        yield from _number_format(gid, position, column, 1, None)


def _number_format(
    gid: int, position: int, column: SheetColumn, first: int, end: int | None
) -> Iterator[dict[str, Any]]:
    if column.type not in _NUMBER_FORMATS:
        return
    number_format = _NUMBER_FORMATS[column.type] | ({"pattern": column.pattern} if column.pattern else {})
    area = {"sheetId": gid, "startRowIndex": first, "startColumnIndex": position, "endColumnIndex": position + 1}
    if end is not None:
        area["endRowIndex"] = end
    cell = {"userEnteredFormat": {"numberFormat": number_format}}
    yield {"repeatCell": {"range": area, "cell": cell, "fields": "userEnteredFormat.numberFormat"}}


def _append_columns(gid: int, count: int) -> Iterator[dict[str, Any]]:
    if count > 0:
        yield {"appendDimension": {"sheetId": gid, "dimension": "COLUMNS", "length": count}}


def _freeze(gid: int) -> dict[str, Any]:
    properties = {"sheetId": gid, "gridProperties": {"frozenRowCount": 1}}
    return {"updateSheetProperties": {"properties": properties, "fields": "gridProperties.frozenRowCount"}}


def _all_cells(gid: int) -> dict[str, int]:
    return {"sheetId": gid, "startRowIndex": 0, "startColumnIndex": 0}


def _set_filter(gid: int) -> dict[str, Any]:
    return {"setBasicFilter": {"filter": {"range": _all_cells(gid)}}}


def _protect(gid: int, position: int) -> dict[str, Any]:
    area = {"sheetId": gid, "startColumnIndex": position, "endColumnIndex": position + 1}
    return {"addProtectedRange": {"protectedRange": {"range": area, "description": _PROTECTION, "warningOnly": True}}}


def _add_color_rule(
    gid: int, positions: Sequence[int], text: str, color: dict[str, float] | None = None
) -> dict[str, Any]:
    areas = [
        {"sheetId": gid, "startRowIndex": 1, "startColumnIndex": position, "endColumnIndex": position + 1}
        for position in positions
    ]
    condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": text}]}
    rule = {"condition": condition, "format": {"backgroundColor": color or _COLORS[text][1]}}
    return {"addConditionalFormatRule": {"rule": {"ranges": areas, "booleanRule": rule}, "index": 0}}
