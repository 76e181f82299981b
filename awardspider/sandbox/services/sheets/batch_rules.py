"""`batchUpdate` requests for filters, conditional formats and protected ranges; evaluation of those formats."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from awardspider.sandbox.services.sheets.batch_cells import grid_area
from awardspider.sandbox.services.sheets.cell_input import entered_value
from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.grid import Book, Formula, Row, Tab, Value
from awardspider.sandbox.services.sheets.ranges import column_number

# A simple custom formula, which compares one cell of the row with a constant.
CUSTOM_FORMULA = re.compile(
    r'=\$?([A-Z]{1,3})\$?(\d+)\s*(<>|<=|>=|=|<|>)\s*("(?:[^"]|"")*"|-?[\d.]+|TRUE|FALSE)', re.IGNORECASE
)


def _set_filter(book: Book, request: Json) -> Json:
    basic_filter = request.get("filter") or {}
    tab, _ = grid_area(book, basic_filter.get("range") or {"sheetId": 0})
    tab.filter = {**basic_filter, "range": {"sheetId": tab.id, **(basic_filter.get("range") or {})}}
    return {}


def _clear_filter(book: Book, request: Json) -> Json:
    book.tab(request.get("sheetId")).filter = None
    return {}


def _check_rule(book: Book, rule: Json) -> Tab:
    """Return the tab of a rule's ranges. Raise ApiError if the rule is invalid."""
    ranges = rule.get("ranges") or []
    if not ranges:
        raise invalid("At least one range is required.")
    tabs = {grid_area(book, grid)[0].id for grid in ranges}
    if len(tabs) > 1:
        raise invalid("All ranges of a rule must be on the same sheet.")
    if ("booleanRule" in rule) == ("gradientRule" in rule):
        raise invalid("A rule is either a booleanRule or a gradientRule.")
    if "booleanRule" in rule and not ((rule["booleanRule"].get("condition") or {}).get("type")):
        raise invalid("booleanRule.condition.type is required.")
    return book.tab(tabs.pop())


def _add_rule(book: Book, request: Json) -> Json:
    rule = request.get("rule") or {}
    tab = _check_rule(book, rule)
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
    _check_rule(book, new)
    target = request.get("newIndex", index)
    tab.rules.insert(target, new)
    return {"newRule": new, "newIndex": target, "oldRule": old, "oldIndex": index}


def _add_protected(book: Book, request: Json) -> Json:
    requested = request.get("protectedRange") or {}
    tab, _ = grid_area(book, requested.get("range"))
    range_id = requested.get("protectedRangeId") or book.new_id()
    if any(protected["protectedRangeId"] == range_id for other in book.tabs for protected in other.protected):
        raise invalid(f"A protected range with id {range_id} already exists.")
    protected = {**requested, "protectedRangeId": range_id, "requestingUserCanEdit": True}
    tab.protected.append(protected)
    return {"protectedRange": protected}


def _delete_protected(book: Book, request: Json) -> Json:
    range_id = request.get("protectedRangeId")
    for tab in book.tabs:
        for protected in tab.protected:
            if protected["protectedRangeId"] == range_id:
                tab.protected.remove(protected)
                return {}
    raise invalid(f"No protected range with id: {range_id}")


# ---- evaluation of conditional formats ----


def conditional_format(tab: Tab, index: int, column: int, value: Value, locale: str) -> Json:
    """Return the format that the tab's rules give a cell. For each property, the first matching rule applies."""
    cell_format: Json = {}
    for rule in tab.rules:
        if "booleanRule" not in rule:
            continue
        if any(_covers(grid, index, column) for grid in rule["ranges"]) and _applies(tab, rule, index, value, locale):
            cell_format = {**(rule["booleanRule"].get("format") or {}), **cell_format}
    return cell_format


def _covers(grid: Json, row: int, column: int) -> bool:
    rows = grid.get("startRowIndex", 0) <= row < grid.get("endRowIndex", row + 1)
    return bool(rows and grid.get("startColumnIndex", 0) <= column < grid.get("endColumnIndex", column + 1))


def _applies(tab: Tab, rule: Json, index: int, value: Value, locale: str) -> bool:
    condition = rule["booleanRule"]["condition"]
    operands = [str(operand.get("userEnteredValue", "")) for operand in condition.get("values") or []]
    value = value.value if isinstance(value, Formula) else value
    if condition["type"] == "CUSTOM_FORMULA":
        return _formula_applies(operands[0] if operands else "", tab.row(index), rule["ranges"][0])
    if condition["type"] in ("BLANK", "NOT_BLANK"):
        return (value is None) is bool(condition["type"] == "BLANK")
    return _compare(condition["type"], value, operands, locale)


def _compare(kind: str, value: Value, operands: list[str], locale: str) -> bool:
    """Evaluate a condition on text or numbers, ignoring case in text, as Google Sheets does."""
    text, texts = str(value or "").casefold(), [operand.casefold() for operand in operands]
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
    values = [entered_value(operand, "", locale)[0] for operand in operands]
    numbers = [number for number in values if isinstance(number, int | float)]
    if len(numbers) != len(operands) or not numbers:
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


def _formula_applies(text: str, row: Row, grid: Json) -> bool:
    """Evaluate a formula such as `=$C2="great"`, where 2 is the first row of the range; other formulas never apply."""
    found = CUSTOM_FORMULA.fullmatch(text.strip())
    if found is None or int(found[2]) - 1 != grid.get("startRowIndex", 0):
        return False
    cell = row.value(column_number(found[1]) - 1)
    cell = cell.value if isinstance(cell, Formula) else cell
    right: Any = (
        found[4][1:-1].replace('""', '"').casefold() if found[4].startswith('"') else entered_value(found[4], "", "")[0]
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
