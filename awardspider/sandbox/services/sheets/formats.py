"""Number formats: the displayed text of numbers, dates and times, for common patterns."""

from __future__ import annotations

import functools
import re
from datetime import datetime, timedelta

from awardspider.sandbox.services.sheets.grid import Extras, Formula, Value

# A date is the number of days since this one.
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no time zone
DAY_SECONDS = 86_400
MAX_PLAIN_NUMBER = 1e15  # larger numbers are displayed with an exponent
DEFAULTS = {
    "NUMBER": "#,##0.00",
    "CURRENCY": "$#,##0.00",
    "PERCENT": "0.00%",
    "SCIENTIFIC": "0.00E+00",
    "TEXT": "@",
    "DATE": "m/d/yyyy",
    "TIME": "h:mm:ss am/pm",
    "DATE_TIME": "m/d/yyyy h:mm:ss",
}
DATE_TYPES = frozenset({"DATE", "TIME", "DATE_TIME"})
# In these languages the decimal separator is a comma and dates start with the day.
COMMA_LANGUAGES = frozenset({"pt", "es", "de", "fr", "it", "nl", "pl", "ru", "tr"})
DATE_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|(\[h+\]|\[m+\]|\[s+\]|y+|m+|d+|h+|s+(?:\.0+)?|am/pm|a/p)|(\[[^\]]*\])|(.)',
    re.IGNORECASE | re.DOTALL,
)
NUMBER_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<money>[^\]-]*)[^\]]*\]|(?P<bracketed>\[[^\]]*\])|(?P<space>_.)|(?P<fill>\*.)'
    r"|(?P<core>[#0?][#0?,]*(?:\.[#0?]*)?(?:E[+-]0+)?|\.[#0?]+)|(?P<other>.)",
    re.DOTALL,
)


def number_format(extras: Extras) -> tuple[str, str]:
    """Return the type and pattern of a cell's number format; both are empty if the format is automatic."""
    cell_format = ((extras or {}).get("userEnteredFormat") or {}).get("numberFormat") or {}
    kind = cell_format.get("type", "")
    return kind, cell_format.get("pattern") or DEFAULTS.get(kind, "")


def is_date(extras: Extras) -> bool:
    """Return whether a cell is formatted as a date or time."""
    return number_format(extras)[0] in DATE_TYPES


def uses_comma(locale: str) -> bool:
    """Return whether the decimal separator of a locale is a comma."""
    return locale.partition("_")[0] in COMMA_LANGUAGES


def swap_separators(text: str) -> str:
    """Swap commas and periods."""
    return text.translate({ord(","): ".", ord("."): ","})


def displayed_text(value: Value, extras: Extras, locale: str = "en_US") -> str:
    """Return the text that a cell displays."""
    if isinstance(value, Formula):
        value = value.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    kind, pattern = number_format(extras)
    if kind in DATE_TYPES:
        return date_text(value, pattern)
    if not pattern or pattern == "@":
        text = plain_number(value)
        return text.replace(".", ",") if uses_comma(locale) else text
    return _number_text(value, pattern, uses_comma(locale))


def plain_number(value: float) -> str:
    """Format a number that has no number format: no grouping, and up to ten decimal places."""
    if abs(value) >= MAX_PLAIN_NUMBER:
        return f"{value:.5E}"
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    if abs(value) < 1e-9:
        return f"{value:.5E}"
    return f"{value:.10f}".rstrip("0").rstrip(".")


# ---- dates ----


@functools.lru_cache(maxsize=256)
def _date_tokens(pattern: str) -> tuple[tuple[str, str], ...]:
    """Split a date pattern into literal text and tokens. Minutes get the token `n`, because `m` also means months."""
    parts: list[tuple[str, str]] = []
    for quoted, escaped, token, bracketed, other in DATE_TOKEN.findall(pattern.split(";")[0]):
        if token:
            parts.append(("token", token.lower()))
        elif not bracketed:
            parts.append(("text", quoted or escaped or other))
    positions = [index for index, (kind, _) in enumerate(parts) if kind == "token"]
    for number, index in enumerate(positions):
        token = parts[index][1]
        before = parts[positions[number - 1]][1] if number else ""
        after = parts[positions[number + 1]][1] if number + 1 < len(positions) else ""
        if token in ("m", "mm") and (before.strip("[]").startswith("h") or after.strip("[]").startswith("s")):
            parts[index] = ("token", "n" * len(token))
    return tuple(parts)


def date_text(serial: float, pattern: str) -> str:
    """Format a number of days as date and time."""
    try:
        moment = EPOCH + timedelta(seconds=round(serial * DAY_SECONDS, 3))
    except OverflowError:
        return plain_number(serial)
    parts = _date_tokens(pattern)
    if not any(token.startswith("s") and "." in token for _, token in parts):
        moment = EPOCH + timedelta(seconds=round(serial * DAY_SECONDS))
    twelve_hours = any(kind == "token" and token in ("am/pm", "a/p") for kind, token in parts)
    return "".join(
        _date_part(token, moment, serial, twelve_hours) if kind == "token" else token for kind, token in parts
    )


def _date_part(token: str, moment: datetime, serial: float, twelve_hours: bool) -> str:
    hour = (moment.hour % 12 or 12) if twelve_hours else moment.hour
    match token:
        case "am/pm":
            return "AM" if moment.hour < 12 else "PM"
        case "a/p":
            return "A" if moment.hour < 12 else "P"
        case "mmm" | "mmmm":
            return f"{moment:%b}" if token == "mmm" else f"{moment:%B}"
        case "mmmmm":
            return f"{moment:%b}"[0]
        case "ddd" | "dddd":
            return f"{moment:%a}" if token == "ddd" else f"{moment:%A}"
    if token[0] == "[":
        elapsed = int(serial * DAY_SECONDS) // {"h": 3600, "m": 60, "s": 1}[token[1]]
        return f"{elapsed:0{len(token) - 2}d}"
    if token[0] == "y":
        return f"{moment.year:04d}" if len(token) > 2 else f"{moment.year % 100:02d}"
    if "." in token:
        digits = len(token.partition(".")[2])
        return f"{moment.second:02d}.{moment.microsecond:06d}"[: 3 + digits]
    number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}[token[0]]
    return f"{number:02d}" if len(token) > 1 else str(number)


# ---- numbers ----


def _sections(pattern: str) -> list[str]:
    """Split a pattern into its parts for positive numbers, negative numbers and zero."""
    return re.findall(r'((?:"[^"]*"|\\.|[^;"\\])*)(?:;|$)', pattern)[:3]


def _number_text(value: float, pattern: str, comma: bool) -> str:
    sections = [part for part in _sections(pattern) if part] or [pattern]
    if value < 0 and len(sections) > 1:
        return _section_text(-value, sections[1], comma)
    if value == 0 and len(sections) > 2:
        return _section_text(value, sections[2], comma)
    text = _section_text(abs(value), sections[0], comma)
    return f"-{text}" if value < 0 else text


def _section_text(value: float, section: str, comma: bool) -> str:
    parts = list(NUMBER_TOKEN.finditer(section))
    value = value * 100 ** sum(part["other"] == "%" for part in parts)
    texts, has_number = [], False
    for part in parts:
        if part["core"] and not has_number:
            texts.append(_digits(value, part["core"], comma))
            has_number = True
        elif part["space"]:
            texts.append(" ")
        elif not part["bracketed"] and not part["fill"]:
            texts.append(part["quoted"] or part["escaped"] or part["money"] or part["other"] or "")
    return "".join(texts)


def _digits(value: float, core: str, comma: bool) -> str:
    """Format a number with a pattern of digits such as `#,##0.00` or `0.00E+00`."""
    mantissa, power, exponent_digits = core.partition("E")
    integer_digits, _, decimal_digits = mantissa.partition(".")
    if power:
        text, _, exponent = f"{value:.{len(decimal_digits)}E}".partition("E")
        return f"{text}E{exponent[0]}{int(exponent[1:]):0{len(exponent_digits) - 1}d}"
    # Round half away from zero. The small addition makes 1.005 round up although its float is slightly less.
    text = f"{value + 1e-12 * max(1.0, value):.{len(decimal_digits)}f}" if decimal_digits else str(int(value + 0.5))
    integer, _, decimals = text.partition(".")
    min_decimals = len(decimal_digits.rstrip("#?"))
    while len(decimals) > min_decimals and decimals.endswith("0"):
        decimals = decimals[:-1]
    integer = integer.zfill(integer_digits.count("0"))
    if integer == "0" and "0" not in integer_digits:
        integer = ""
    if "," in integer_digits.rstrip(","):
        integer = f"{int(integer):,}" if integer else ""
    text = f"{integer}.{decimals}" if decimals else integer
    return swap_separators(text) if comma else text
