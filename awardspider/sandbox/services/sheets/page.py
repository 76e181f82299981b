"""The pages under `/sheets`, which display spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from urllib.parse import urlencode

from awardspider.sandbox.services.sheets.batch_rules import conditional_format
from awardspider.sandbox.services.sheets.describe import find_link
from awardspider.sandbox.services.sheets.errors import Json
from awardspider.sandbox.services.sheets.formats import displayed_text
from awardspider.sandbox.services.sheets.grid import MAX_CELLS, Book, Extras, Formula, Tab, Value
from awardspider.sandbox.services.sheets.ranges import column_letters
from awardspider.sandbox.services.sheets.spreadsheets import Spreadsheets
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, html_response, page

MAX_ROWS = 500
SPARE_ROWS = 3
SPARE_COLUMNS = 2
ALIGNMENTS = {"LEFT": "left", "CENTER": "center", "RIGHT": "right"}


def list_page(spreadsheets: Spreadsheets) -> SandboxResponse:
    """Return the page with links to all spreadsheets."""
    lines = [
        f'<li><a href="/sheets/{escape(book.id)}">{escape(book.title)}</a> <span class="soft">'
        f"{_count(len(book.tabs), 'tab')}{'' if book.shared else ', not shared'}</span></li>"
        for book in spreadsheets.books.values()
    ]
    return html_response(page("services", "sheets.html", style=page("sandbox.css"), books="".join(lines)))


def sheet_page(spreadsheets: Spreadsheets, request: SandboxRequest) -> SandboxResponse:
    """Return the page of a spreadsheet: the parameter `tab` selects a tab by id; `hidden=1` shows hidden cells."""
    book = spreadsheets.books.get(request.path.rpartition("/")[2])
    if book is None:
        return html_response("<!DOCTYPE html><title>Not found</title><p>Unknown spreadsheet.", 404)
    requested = request.query.get("tab", "")
    visible = [tab for tab in book.tabs if not tab.hidden] or book.tabs
    default = next((tab for tab in visible if tab.last_row()), visible[0])
    tab = next((tab for tab in book.tabs if str(tab.id) == requested), default)
    show_hidden = request.query.get("hidden") == "1"
    text = page(
        "services",
        "sheet.html",
        style=page("sandbox.css"),
        title=escape(book.title),
        tabs="".join(_tab_link(other, other is tab) for other in book.tabs),
        about=_about(book, tab),
        switch=_switch(tab, show_hidden),
        table="".join(_table(book, tab, show_hidden)),
    )
    return html_response(text)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _tab_link(tab: Tab, current: bool) -> str:
    color = f' style="border-bottom-color:{_color(tab.color)}"' if tab.color else ""
    mark = ' aria-current="page"' if current else ""
    note = ' <span class="soft">(hidden)</span>' if tab.hidden else ""
    return f'<a href="?{urlencode({"tab": tab.id})}"{mark}{color}>{escape(tab.title)}{note}</a>'


def _about(book: Book, tab: Tab) -> str:
    last = tab.last_row()
    rows = f"the first {MAX_ROWS} of {last:,} rows with data" if last > MAX_ROWS else f"{_count(last, 'row')} with data"
    grid = f"grid of {tab.row_count:,} × {tab.column_count:,}"
    cells = f"{book.cells:,} of {MAX_CELLS:,} cells used"
    return " · ".join((rows, grid, cells, "shared" if book.shared else "not shared"))


def _switch(tab: Tab, show_hidden: bool) -> str:
    """Return the link that shows or hides the hidden columns and rows, if there are any."""
    columns = sum(column.hidden for column in tab.columns[: tab.column_count])
    rows = sum(row.hidden for row in tab.rows)
    parts = [_count(number, word) for number, word in ((columns, "hidden column"), (rows, "hidden row")) if number]
    query = {"tab": tab.id} if show_hidden else {"tab": tab.id, "hidden": 1}
    label = f"{'Hide' if show_hidden else 'Show'} {' and '.join(parts)}"
    return f'<a class="switch" href="?{urlencode(query)}">{label}</a>' if parts else ""


def _table(book: Book, tab: Tab, show_hidden: bool) -> Iterator[str]:
    width = max((len(row.values) for row in tab.rows[:MAX_ROWS]), default=0)
    width = min(max(width + SPARE_COLUMNS, 6), tab.column_count)
    columns = [index for index in range(width) if show_hidden or not tab.column(index).hidden]
    height = min(max(tab.last_row() + SPARE_ROWS, 8), tab.row_count, MAX_ROWS)
    yield '<table><thead><tr><th class="corner"></th>'
    for index in columns:
        size = tab.column(index).size
        style = f' style="min-width:{size}px;max-width:{max(size, 60)}px"' if size else ""
        faint = ' class="faint"' if tab.column(index).hidden else ""
        yield f"<th{faint}{style}>{column_letters(index + 1)}</th>"
    yield "</tr>"
    for index in range(height):
        if index == tab.frozen_rows:
            yield "</thead><tbody>"
        if show_hidden or not tab.row(index).hidden:
            yield _table_row(book, tab, index, columns)
    yield "</tbody></table>" if tab.frozen_rows < height else "</thead></table>"


def _table_row(book: Book, tab: Tab, index: int, columns: list[int]) -> str:
    row = tab.row(index)
    frozen = ' class="frozen"' if index < tab.frozen_rows else ""
    cells = []
    for column in columns:
        value, extras = row.value(column), row.extra(column)
        own = (extras or {}).get("userEnteredFormat") or {}
        rule = conditional_format(tab, index, column, value, book.locale)
        merged = {**own, **rule, "textFormat": {**own.get("textFormat", {}), **rule.get("textFormat", {})}}
        css_class = "frozen" if column < tab.frozen_columns else ""
        mark = ' <span class="filter" title="Filter">▾</span>' if _has_filter_mark(tab, index, column) else ""
        cells.append(f'<td class="{css_class}" style="{_style(merged, value)}">{_text(book, value, extras)}{mark}</td>')
    return f"<tr{frozen}><th>{index + 1}</th>{''.join(cells)}</tr>"


def _has_filter_mark(tab: Tab, index: int, column: int) -> bool:
    if tab.filter is None:
        return False
    grid = tab.filter["range"]
    within = grid.get("startColumnIndex", 0) <= column < grid.get("endColumnIndex", tab.column_count)
    return bool(index == grid.get("startRowIndex", 0) and within)


def _text(book: Book, value: Value, extras: Extras) -> str:
    text = escape(displayed_text(value, extras, book.locale))
    link = find_link(value, extras)
    if link.startswith(("https://", "http://", "mailto:")):
        label = text.removeprefix("https://").removeprefix("http://").removeprefix("www.")
        text = f'<a href="{escape(link)}" rel="noreferrer">{label}</a>'
    if isinstance(value, Formula):
        return f'<span class="formula" title="{escape(value.text)}">{text}</span>'
    return text


def _style(cell_format: Json, value: Value) -> str:
    """Return the CSS of a cell. Without an explicit alignment, numbers are right-aligned, as in Google Sheets."""
    value = value.value if isinstance(value, Formula) else value
    text_format = cell_format.get("textFormat") or {}
    default = "center" if isinstance(value, bool) else "right" if isinstance(value, int | float) else "left"
    styles = [f"text-align:{ALIGNMENTS.get(cell_format.get('horizontalAlignment', '')) or default}"]
    if background := _rgb_color(cell_format, "backgroundColor"):
        styles += [f"background:{_color(background)}", "color:#1f1f1f"]
    if foreground := _rgb_color(text_format, "foregroundColor"):
        styles.append(f"color:{_color(foreground)}")
    if text_format.get("bold"):
        styles.append("font-weight:600")
    if text_format.get("italic"):
        styles.append("font-style:italic")
    if text_format.get("strikethrough"):
        styles.append("text-decoration:line-through")
    if cell_format.get("wrapStrategy") == "WRAP":
        styles.append("white-space:normal")
    return ";".join(styles)


def _rgb_color(container: Json, name: str) -> Json | None:
    """Return a color from either of the two fields that can contain it."""
    return container.get(name) or (container.get(f"{name}Style") or {}).get("rgbColor")


def _color(color: Json) -> str:
    """Convert an API color, with components from 0 to 1, to CSS."""
    parts = [round(255 * float(color.get(name, 0) or 0)) for name in ("red", "green", "blue")]
    return "#" + "".join(f"{min(max(part, 0), 255):02x}" for part in parts)
