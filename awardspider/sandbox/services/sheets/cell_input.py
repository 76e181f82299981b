"""Conversion of JSON values to cell values. RAW keeps them; USER_ENTERED parses them as if a person had typed them."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.formats import DAY_SECONDS, EPOCH, swap_separators, uses_comma
from awardspider.sandbox.services.sheets.grid import MAX_CHARACTERS, Extras, Formula, Value

MAX_EXACT_INTEGER = 2**53
NUMBER = re.compile(
    r"([+-]?)([$€£]|R\$)?\s?((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(e[+-]?\d+)?\s?(%)?", re.IGNORECASE
)
ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
LOCAL_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?")
CLOCK_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
HYPERLINK = re.compile(
    r'HYPERLINK\(\s*"((?:[^"]|"")*)"\s*(?:[,;]\s*(?:"((?:[^"]|"")*)"|([0-9.]+))\s*)?\)', re.IGNORECASE
)
OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def raw_value(value: Any, path: str) -> Value:
    """Convert a value for RAW; an empty string clears the cell. `path` is for error messages. Raise ApiError."""
    if isinstance(value, str):
        if len(value) > MAX_CHARACTERS:
            raise invalid(f"Your input contains more than the maximum of {MAX_CHARACTERS} characters in a single cell.")
        return value or None
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value) if abs(value) > MAX_EXACT_INTEGER else value
    kind = "list_value" if isinstance(value, list) else "struct_value"
    raise invalid(f"Invalid {path}: {kind} {{\n}}\n")


def raw_line(line: list[Any], path: str) -> list[Value]:
    """Convert a list of values for RAW, with a fast path for short strings and numbers. Raise ApiError."""
    values: list[Value] = []
    for column, value in enumerate(line):
        kind = type(value)
        if (
            (kind is str and 0 < len(value) <= MAX_CHARACTERS)
            or (kind is int and -MAX_EXACT_INTEGER <= value <= MAX_EXACT_INTEGER)
            or kind is float
        ):
            values.append(value)
        else:
            values.append(raw_value(value, f"{path}[{column}]"))
    return values


def entered_value(value: Any, path: str, locale: str) -> tuple[Value, Json | None]:
    """Convert a value for USER_ENTERED; also return the number format that it implies. Raise ApiError."""
    value = raw_value(value, path)
    if not isinstance(value, str):
        return value, None
    if value.startswith("'"):
        return value[1:] or None, None
    if value.startswith("=") and len(value) > 1:
        return evaluate_formula(value), None
    text = value.strip()
    if text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE", None
    comma = uses_comma(locale)
    return _date(text, day_first=comma) or _number(text, comma) or (value, None)


def _number(text: str, comma: bool) -> tuple[Value, Json | None] | None:
    """Parse a number. With `comma`, 45.000 is forty-five thousand and 1,5 is one and a half."""
    found = NUMBER.fullmatch(swap_separators(text) if comma else text)
    if found is None:
        return None
    sign, money, digits, power, percent = found.groups()
    number = float(f"{sign}{digits.replace(',', '')}{power or ''}")
    if not math.isfinite(number):
        return None
    if percent:
        return number / 100, {"type": "PERCENT", "pattern": "0.00%" if "." in digits else "0%"}
    value: float = int(number) if number.is_integer() and abs(number) <= MAX_EXACT_INTEGER else number
    decimals = ".00" if "." in digits else ""
    if money:
        return value, {"type": "CURRENCY", "pattern": f'"{money}"#,##0{decimals}'}
    if power:
        return value, {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    return value, {"type": "NUMBER", "pattern": f"#,##0{decimals}"} if "," in digits else None


def _date(text: str, day_first: bool) -> tuple[Value, Json | None] | None:
    if found := ISO_DATE.fullmatch(text):
        year, month, day, *clock = (int(group or 0) for group in found.groups())
        pattern = "yyyy-mm-dd"
    elif found := LOCAL_DATE.fullmatch(text):
        first, second, year, *clock = (int(group or 0) for group in found.groups())
        day, month = (first, second) if day_first else (second, first)
        year += 2000 if year < 30 else 1900 if year < 100 else 0
        pattern = "dd/mm/yyyy" if day_first else "m/d/yyyy"
    elif found := CLOCK_TIME.fullmatch(text):
        hours, minutes, seconds = (int(group or 0) for group in found.groups())
        if minutes > 59 or seconds > 59:
            return None
        return (hours * 3600 + minutes * 60 + seconds) / DAY_SECONDS, {"type": "TIME", "pattern": "h:mm:ss"}
    else:
        return None
    try:
        hour, minute, second = clock
        elapsed = datetime(year, month, day, hour, minute, second) - EPOCH  # noqa: DTZ001 - a cell has no time zone
    except ValueError:
        return None
    if ":" in text:
        return elapsed.total_seconds() / DAY_SECONDS, {"type": "DATE_TIME", "pattern": f"{pattern} h:mm:ss"}
    return elapsed.days, {"type": "DATE", "pattern": pattern}


def with_number_format(extras: Extras, number_format: Json | None) -> Extras:
    """Add the number format of an entered value to a cell's properties, unless the cell has one."""
    cell_format = dict((extras or {}).get("userEnteredFormat") or {})
    if number_format is None or cell_format.get("numberFormat"):
        return extras
    return {**(extras or {}), "userEnteredFormat": {**cell_format, "numberFormat": number_format}}


# ---- formulas ----


def evaluate_formula(text: str) -> Formula:
    """Evaluate a HYPERLINK, text or arithmetic formula; any other formula yields an error value."""
    body = text[1:].strip()
    if found := HYPERLINK.fullmatch(body):
        link = found[1].replace('""', '"')
        label = found[2].replace('""', '"') if found[2] is not None else found[3] or link
        return Formula(text, label, link)
    if found := re.fullmatch(r'"((?:[^"]|"")*)"', body):
        return Formula(text, found[1].replace('""', '"'))
    if body.upper() in ("TRUE", "FALSE", "TRUE()", "FALSE()"):
        return Formula(text, body.upper().startswith("TRUE"))
    try:
        number = _calculate(ast.parse(body, mode="eval").body)
    except ZeroDivisionError:
        return Formula(text, "#DIV/0!")
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return Formula(text, "#NAME?" if re.match(r"[A-Za-z_.]+\(", body) else "#ERROR!")
    return Formula(text, number)


def _calculate(node: ast.AST) -> float:
    """Evaluate an arithmetic expression. Raise ValueError for any other expression."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_calculate(left), _calculate(right))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_calculate(operand))
    raise ValueError("not arithmetic")
