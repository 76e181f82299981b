"""What becomes of a value on its way into a cell: RAW keeps it, USER_ENTERED reads it as if a person had typed it."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from awardspider.sandbox.services.sheets.errors import Json, invalid
from awardspider.sandbox.services.sheets.formats import FIRST_DAY, SECONDS, comma_decimals
from awardspider.sandbox.services.sheets.grid import MOST_CHARACTERS, Extras, Formula, Value

MOST_EXACT = 2**53
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


def raw(value: Any, place: str) -> Value:
    """A JSON value as RAW keeps it; an empty text empties the cell. `place` is named in refusals. Raises ApiError."""
    if isinstance(value, str):
        if len(value) > MOST_CHARACTERS:
            raise invalid(
                f"Your input contains more than the maximum of {MOST_CHARACTERS} characters in a single cell."
            )
        return value or None
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value) if abs(value) > MOST_EXACT else value
    kind = "list_value" if isinstance(value, list) else "struct_value"
    raise invalid(f"Invalid {place}: {kind} {{\n}}\n")


def raw_line(line: list[Any], place: str) -> list[Value]:
    """A line of JSON values, fast: short texts and numbers are most of what comes. Raises ApiError."""
    values: list[Value] = []
    for at, value in enumerate(line):
        kind = type(value)
        if (
            (kind is str and 0 < len(value) <= MOST_CHARACTERS)
            or (kind is int and -MOST_EXACT <= value <= MOST_EXACT)
            or kind is float
        ):
            values.append(value)
        else:
            values.append(raw(value, f"{place}[{at}]"))
    return values


def typed(value: Any, place: str, locale: str) -> tuple[Value, Json | None]:
    """A value as typed by a person, and the number format it brings along. Raises ApiError."""
    value = raw(value, place)
    if not isinstance(value, str):
        return value, None
    if value.startswith("'"):
        return value[1:] or None, None
    if value.startswith("=") and len(value) > 1:
        return formula(value), None
    text = value.strip()
    if text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE", None
    found = _date(text, comma_decimals(locale)) or _number(text, comma_decimals(locale))
    return found or (value, None)


def _number(text: str, comma: bool) -> tuple[Value, Json | None] | None:
    """With `comma` 45.000 is forty-five thousand and 1,5 one and a half."""
    plain = text.translate({44: ".", 46: ","}) if comma else text
    found = NUMBER.fullmatch(plain)
    if found is None:
        return None
    sign, money, digits, power, percent = found.groups()
    number = float(f"{sign}{digits.replace(',', '')}{power or ''}")
    if not math.isfinite(number):
        return None
    if percent:
        return number / 100, {"type": "PERCENT", "pattern": "0.00%" if "." in digits else "0%"}
    whole: float = int(number) if number.is_integer() and abs(number) <= MOST_EXACT else number
    places = ".00" if "." in digits else ""
    if money:
        return whole, {"type": "CURRENCY", "pattern": f'"{money}"#,##0{places}'}
    if power:
        return whole, {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    return whole, {"type": "NUMBER", "pattern": f"#,##0{places}"} if "," in digits else None


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
        return (hours * 3600 + minutes * 60 + seconds) / SECONDS, {"type": "TIME", "pattern": "h:mm:ss"}
    else:
        return None
    try:
        hour, minute, second = clock
        passed = datetime(year, month, day, hour, minute, second) - FIRST_DAY  # noqa: DTZ001 - a cell has no zone
    except ValueError:
        return None
    if ":" in text:
        return passed.total_seconds() / SECONDS, {"type": "DATE_TIME", "pattern": f"{pattern} h:mm:ss"}
    return passed.days, {"type": "DATE", "pattern": pattern}


def with_number_format(extras: Extras, number_format: Json | None) -> Extras:
    """A cell's extras with the format that a typed value brings, unless it has one of its own."""
    own = dict((extras or {}).get("userEnteredFormat") or {})
    if number_format is None or own.get("numberFormat"):
        return extras
    return {**(extras or {}), "userEnteredFormat": {**own, "numberFormat": number_format}}


# ---- formulas ----


def formula(text: str) -> Formula:
    """A formula with its value: HYPERLINK, text and arithmetic are computed, anything else is an error value."""
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
        number = _calculated(ast.parse(body, mode="eval").body)
    except ZeroDivisionError:
        return Formula(text, "#DIV/0!")
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return Formula(text, "#NAME?" if re.match(r"[A-Za-z_.]+\(", body) else "#ERROR!")
    return Formula(text, number)


def _calculated(node: ast.AST) -> float:
    """Raises ValueError for anything but arithmetic on numbers."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_calculated(left), _calculated(right))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_calculated(operand))
    raise ValueError("not arithmetic")
