"""Requests about a tab's filter, its conditional formats and its protected ranges, and when a rule holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from awardspider.sandbox.services.sheets.batch_cells import area_of
from awardspider.sandbox.services.sheets.cell_input import typed
from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.grid import Book, Formula, Row, Tab, Value
from awardspider.sandbox.services.sheets.ranges import column_number

# A custom formula of the simple kind: one column of the same row compared with a constant.
CUSTOM = re.compile(
    r'=\$?([A-Z]{1,3})\$?(\d+)\s*(<>|<=|>=|=|<|>)\s*("(?:[^"]|"")*"|-?[\d.]+|TRUE|FALSE)', re.IGNORECASE
)


def _set_filter(book: Book, request: Json) -> Json:
    given = request.get("filter") or {}
    tab, area = area_of(book, given.get("range") or {"sheetId": 0})
    del area
    tab.filter = {**given, "range": {"sheetId": tab.id, **(given.get("range") or {})}}
    return {}


def _clear_filter(book: Book, request: Json) -> Json:
    book.tab(request.get("sheetId")).filter = None
    return {}


def _ruled_tab(book: Book, rule: Json) -> Tab:
    """The tab that a rule's ranges lie in. Raises ApiError for a rule that cannot be."""
    ranges = rule.get("ranges") or []
    if not ranges:
        raise invalid("At least one range is required.")
    tabs = {area_of(book, grid)[0].id for grid in ranges}
    if len(tabs) > 1:
        raise invalid("All ranges of a rule must be on the same sheet.")
    if ("booleanRule" in rule) == ("gradientRule" in rule):
        raise invalid("A rule is either a booleanRule or a gradientRule.")
    if "booleanRule" in rule and not ((rule["booleanRule"].get("condition") or {}).get("type")):
        raise invalid("booleanRule.condition.type is required.")
    return book.tab(tabs.pop())


def _add_rule(book: Book, request: Json) -> Json:
    rule = request.get("rule") or {}
    tab = _ruled_tab(book, rule)
    index = request.get("index", 0)
    if not 0 <= index <= len(tab.rules):
        raise invalid(f"index[{index}] is after the last rule.")
    tab.rules.insert(index, {**rule, "ranges": [{"sheetId": tab.id, **grid} for grid in rule["ranges"]]})
    return {}


def _rule_at(book: Book, request: Json) -> tuple[Tab, int]:
    tab = book.tab(request.get("sheetId"))
    index = request.get("index", 0)
    if not 0 <= index < len(tab.rules):
        raise invalid(f"No conditional format on sheet: {tab.id} at index: {index}")
    return tab, index


def _delete_rule(book: Book, request: Json) -> Json:
    tab, index = _rule_at(book, request)
    return {"rule": tab.rules.pop(index)}


def _update_rule(book: Book, request: Json) -> Json:
    tab, index = _rule_at(book, request)
    old = tab.rules.pop(index)
    new = request.get("rule") or old
    _ruled_tab(book, new)
    target = request.get("newIndex", index)
    tab.rules.insert(target, new)
    return {"newRule": new, "newIndex": target, "oldRule": old, "oldIndex": index}


def _add_protected(book: Book, request: Json) -> Json:
    given = request.get("protectedRange") or {}
    tab, _ = area_of(book, given.get("range"))
    number = given.get("protectedRangeId") or book.fresh_id()
    if any(one["protectedRangeId"] == number for each in book.tabs for one in each.protected):
        raise invalid(f"A protected range with id {number} already exists.")
    protected = {**given, "protectedRangeId": number, "requestingUserCanEdit": True}
    tab.protected.append(protected)
    return {"protectedRange": protected}


def _delete_protected(book: Book, request: Json) -> Json:
    number = request.get("protectedRangeId")
    for tab in book.tabs:
        for one in tab.protected:
            if one["protectedRangeId"] == number:
                tab.protected.remove(one)
                return {}
    raise invalid(f"No protected range with id: {number}")


# ---- when a rule holds ----


def painted(tab: Tab, index: int, column: int, value: Value, locale: str) -> Json:
    """The format that the tab's rules give a cell; the first rule that holds wins each property."""
    form: Json = {}
    for rule in tab.rules:
        if "booleanRule" not in rule:
            continue
        covering = next((grid for grid in rule["ranges"] if _covers(grid, index, column)), None)
        if covering is not None and _holds(tab, rule, index, value, locale):
            form = {**(rule["booleanRule"].get("format") or {}), **form}
    return form


def _covers(grid: Json, row: int, column: int) -> bool:
    rows = grid.get("startRowIndex", 0) <= row < grid.get("endRowIndex", row + 1)
    return bool(rows and grid.get("startColumnIndex", 0) <= column < grid.get("endColumnIndex", column + 1))


def _holds(tab: Tab, rule: Json, index: int, value: Value, locale: str) -> bool:
    condition = rule["booleanRule"]["condition"]
    given = [str(one.get("userEnteredValue", "")) for one in condition.get("values") or []]
    value = value.value if isinstance(value, Formula) else value
    if condition["type"] == "CUSTOM_FORMULA":
        return _formula_holds(given[0] if given else "", tab.row(index), index, rule["ranges"][0])
    if condition["type"] in ("BLANK", "NOT_BLANK"):
        return (value is None) is bool(condition["type"] == "BLANK")
    wanted = [typed(text, "", locale)[0] for text in given]
    return _compared(condition["type"], value, wanted, given)


def _compared(kind: str, value: Value, wanted: list[Value], given: list[str]) -> bool:
    """The conditions on text and numbers; text is compared without regard to case, as Sheets does."""
    text, texts = str(value or "").casefold(), [one.casefold() for one in given]
    match kind:
        case "TEXT_EQ":
            return text == texts[0]
        case "TEXT_CONTAINS":
            return texts[0] in text
        case "TEXT_NOT_CONTAINS":
            return texts[0] not in text
        case "TEXT_STARTS_WITH":
            return text.startswith(texts[0])
        case "TEXT_ENDS_WITH":
            return text.endswith(texts[0])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    numbers = [one for one in wanted if isinstance(one, int | float)]
    if len(numbers) != len(given) or not numbers:
        return False
    number, last = numbers[0], numbers[-1]
    return {
        "NUMBER_GREATER": value > number,
        "NUMBER_GREATER_THAN_EQ": value >= number,
        "NUMBER_LESS": value < number,
        "NUMBER_LESS_THAN_EQ": value <= number,
        "NUMBER_EQ": value == number,
        "NUMBER_NOT_EQ": value != number,
        "NUMBER_BETWEEN": number <= value <= last,
        "NUMBER_NOT_BETWEEN": not number <= value <= last,
    }.get(kind, False)


def _formula_holds(text: str, row: Row, index: int, grid: Json) -> bool:
    """`=$C2="great"`, where 2 is the first row of the rule's range; other formulas never hold here."""
    found = CUSTOM.fullmatch(text.strip())
    if found is None or int(found[2]) - 1 != grid.get("startRowIndex", 0):
        return False
    cell = row.value(column_number(found[1]) - 1)
    cell = cell.value if isinstance(cell, Formula) else cell
    right: Any = (
        found[4][1:-1].replace('""', '"').casefold() if found[4].startswith('"') else typed(found[4], "", "")[0]
    )
    left: Any = cell.casefold() if isinstance(cell, str) else cell
    if found[3] in ("=", "<>"):
        return bool(left == right) == (found[3] == "=")
    if isinstance(left, str) or isinstance(right, str) or left is None:
        return False
    return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[found[3]])


RULE_REQUESTS: dict[str, Callable[[Book, Json], Json]] = {
    "setBasicFilter": _set_filter,
    "clearBasicFilter": _clear_filter,
    "addConditionalFormatRule": _add_rule,
    "updateConditionalFormatRule": _update_rule,
    "deleteConditionalFormatRule": _delete_rule,
    "addProtectedRange": _add_protected,
    "deleteProtectedRange": _delete_protected,
}
