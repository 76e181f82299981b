"""A spreadsheet as a page, for a person to look at."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from urllib.parse import urlencode

from awardspider.sandbox.services.sheets.batch_rules import painted
from awardspider.sandbox.services.sheets.describe import link_of
from awardspider.sandbox.services.sheets.errors import Json
from awardspider.sandbox.services.sheets.formats import shown
from awardspider.sandbox.services.sheets.grid import Book, Extras, Formula, Tab, Value
from awardspider.sandbox.services.sheets.ranges import column_letters
from awardspider.sandbox.services.sheets.spreadsheets import Spreadsheets
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, html_response, page

SHOWN_ROWS = 500
SPARE_ROWS = 3
SPARE_COLUMNS = 2
ALIGNED = {"LEFT": "left", "CENTER": "center", "RIGHT": "right"}


def list_page(spreadsheets: Spreadsheets) -> SandboxResponse:
    """All spreadsheets, with links."""
    lines = [
        f'<li><a href="/sheets/{escape(book.id)}">{escape(book.title)}</a> <span class="soft">'
        f"{_count(len(book.tabs), 'tab')}{'' if book.shared else ', not shared'}</span></li>"
        for book in spreadsheets.books.values()
    ]
    return html_response(page("services", "sheets.html").replace("{books}", "".join(lines)))


def sheet_page(spreadsheets: Spreadsheets, request: SandboxRequest) -> SandboxResponse:
    """One tab of a spreadsheet: `tab` is its id, `hidden=1` shows hidden columns and rows too."""
    book = spreadsheets.books.get(request.path.rpartition("/")[2])
    if book is None:
        return html_response("<!DOCTYPE html><title>Not found</title><p>There is no such spreadsheet.", 404)
    wanted = request.query.get("tab", "")
    tabs = [tab for tab in book.tabs if not tab.hidden] or book.tabs
    first = next((tab for tab in tabs if tab.last_row()), tabs[0])  # whoever comes to look wants to see something
    tab = next((tab for tab in book.tabs if str(tab.id) == wanted), first)
    show_hidden = request.query.get("hidden") == "1"
    values = {
        "{title}": escape(book.title),
        "{tabs}": "".join(_tab_link(one, one is tab) for one in book.tabs),
        "{about}": _about(book, tab),
        "{switch}": _switch(tab, show_hidden),
        "{table}": "".join(_table(book, tab, show_hidden)),
    }
    text = page("services", "sheet.html")
    for name, value in values.items():
        text = text.replace(name, value)
    return html_response(text)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _tab_link(tab: Tab, here: bool) -> str:
    color = f' style="border-bottom-color:{_color(tab.color)}"' if tab.color else ""
    mark = ' aria-current="page"' if here else ""
    note = ' <span class="soft">(hidden)</span>' if tab.hidden else ""
    return f'<a href="?{urlencode({"tab": tab.id})}"{mark}{color}>{escape(tab.title)}{note}</a>'


def _about(book: Book, tab: Tab) -> str:
    last = tab.last_row()
    told = (
        f"the first {SHOWN_ROWS} of {last:,} rows with data"
        if last > SHOWN_ROWS
        else _count(last, "row") + " with data"
    )
    grid = f"grid of {tab.row_count:,} × {tab.column_count:,}"
    cells = f"{book.cells:,} of 10,000,000 cells used"
    return " · ".join((told, grid, cells, "shared" if book.shared else "not shared"))


def _hidden_things(tab: Tab) -> str:
    columns = sum(column.hidden for column in tab.columns[: tab.column_count])
    rows = sum(row.hidden for row in tab.rows)
    parts = [_count(number, word) for number, word in ((columns, "hidden column"), (rows, "hidden row")) if number]
    return " and ".join(parts)


def _switch(tab: Tab, shows: bool) -> str:
    things = _hidden_things(tab)
    if not things:
        return ""
    query = {"tab": tab.id} if shows else {"tab": tab.id, "hidden": 1}
    return f'<a class="switch" href="?{urlencode(query)}">{"Hide" if shows else "Show"} {things}</a>'


def _table(book: Book, tab: Tab, show_hidden: bool) -> Iterator[str]:
    width = max((len(row.values) for row in tab.rows[:SHOWN_ROWS]), default=0)
    width = min(max(width + SPARE_COLUMNS, 6), tab.column_count)
    columns = [at for at in range(width) if show_hidden or not tab.column(at).hidden]
    height = min(max(tab.last_row() + SPARE_ROWS, 8), tab.row_count, SHOWN_ROWS)
    yield '<table><thead><tr><th class="corner"></th>'
    for at in columns:
        size = tab.column(at).size
        wide = f' style="min-width:{size}px;max-width:{max(size, 60)}px"' if size else ""
        faint = ' class="faint"' if tab.column(at).hidden else ""
        yield f"<th{faint}{wide}>{column_letters(at + 1)}</th>"
    yield "</tr>"
    for index in range(height):
        if index == tab.frozen_rows:
            yield "</thead><tbody>"
        if show_hidden or not tab.row(index).hidden:
            yield _line(book, tab, index, columns)
    yield "</tbody></table>" if tab.frozen_rows < height else "</thead></table>"


def _line(book: Book, tab: Tab, index: int, columns: list[int]) -> str:
    row = tab.row(index)
    frozen = ' class="frozen"' if index < tab.frozen_rows else ""
    cells = []
    for at in columns:
        value, extras = row.value(at), row.extra(at)
        form = {**((extras or {}).get("userEnteredFormat") or {})}
        rule = painted(tab, index, at, value, book.locale)
        form = {**form, **rule, "textFormat": {**form.get("textFormat", {}), **rule.get("textFormat", {})}}
        kind = "frozen" if at < tab.frozen_columns else ""
        mark = ' <span class="filter" title="Filter">▾</span>' if _heads_filter(tab, index, at) else ""
        cells.append(f'<td class="{kind}" style="{_style(form, value)}">{_text(book, value, extras)}{mark}</td>')
    return f"<tr{frozen}><th>{index + 1}</th>{''.join(cells)}</tr>"


def _heads_filter(tab: Tab, index: int, column: int) -> bool:
    if tab.filter is None:
        return False
    grid = tab.filter["range"]
    within = grid.get("startColumnIndex", 0) <= column < grid.get("endColumnIndex", tab.column_count)
    return bool(index == grid.get("startRowIndex", 0) and within)


def _text(book: Book, value: Value, extras: Extras) -> str:
    text = escape(shown(value, extras, book.locale))
    link = link_of(value, extras)
    if link.startswith(("https://", "http://", "mailto:")):
        label = text.removeprefix("https://").removeprefix("http://").removeprefix("www.")
        text = f'<a href="{escape(link)}" rel="noreferrer">{label}</a>'
    if isinstance(value, Formula):
        return f'<span class="formula" title="{escape(value.text)}">{text}</span>'
    return text


def _style(form: Json, value: Value) -> str:
    """CSS for a cell's format; without an alignment of its own numbers stand right, as in Sheets."""
    value = value.value if isinstance(value, Formula) else value
    letters = form.get("textFormat") or {}
    number = isinstance(value, int | float) and not isinstance(value, bool)
    align = ALIGNED.get(form.get("horizontalAlignment", "")) or (
        "center" if isinstance(value, bool) else "right" if number else "left"
    )
    styles = [f"text-align:{align}"]
    if background := form.get("backgroundColor") or (form.get("backgroundColorStyle") or {}).get("rgbColor"):
        styles.append(f"background:{_color(background)}")
        styles.append("color:#1f1f1f")
    if ink := letters.get("foregroundColor") or (letters.get("foregroundColorStyle") or {}).get("rgbColor"):
        styles.append(f"color:{_color(ink)}")
    if letters.get("bold"):
        styles.append("font-weight:600")
    if letters.get("italic"):
        styles.append("font-style:italic")
    if letters.get("strikethrough"):
        styles.append("text-decoration:line-through")
    if form.get("wrapStrategy") == "WRAP":
        styles.append("white-space:normal")
    return ";".join(styles)


def _color(color: Json) -> str:
    """A color of the API, parts from 0 to 1, as CSS."""
    parts = [round(255 * float(color.get(name, 0) or 0)) for name in ("red", "green", "blue")]
    return "#" + "".join(f"{min(max(part, 0), 255):02x}" for part in parts)
