"""How a value looks in its cell: number formats for numbers, dates and times, in the patterns in common use."""

from __future__ import annotations

import functools
import re
from datetime import datetime, timedelta

from awardspider.sandbox.services.sheets.grid import Extras, Formula, Value

# A date is a count of days since this one.
FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no zone
SECONDS = 86_400
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
# Where a comma parts whole from fraction and the day comes before the month.
COMMA_LANGUAGES = frozenset({"pt", "es", "de", "fr", "it", "nl", "pl", "ru", "tr"})
DATE_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|(\[h+\]|\[m+\]|\[s+\]|y+|m+|d+|h+|s+(?:\.0+)?|am/pm|a/p)|(\[[^\]]*\])|(.)',
    re.IGNORECASE | re.DOTALL,
)
NUMBER_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<money>[^\]-]*)[^\]]*\]|(?P<mark>\[[^\]]*\])|(?P<space>_.)|(?P<fill>\*.)'
    r"|(?P<core>[#0?][#0?,]*(?:\.[#0?]*)?(?:E[+-]0+)?|\.[#0?]+)|(?P<other>.)",
    re.DOTALL,
)


def number_format(extras: Extras) -> tuple[str, str]:
    """Type and pattern of a cell's number format; empty where it is automatic."""
    given = ((extras or {}).get("userEnteredFormat") or {}).get("numberFormat") or {}
    kind = given.get("type", "")
    return kind, given.get("pattern") or DEFAULTS.get(kind, "")


def is_date(extras: Extras) -> bool:
    return number_format(extras)[0] in DATE_TYPES


def comma_decimals(locale: str) -> bool:
    return locale.partition("_")[0] in COMMA_LANGUAGES


def shown(value: Value, extras: Extras, locale: str = "en_US") -> str:
    """A cell's text as a person sees it."""
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
        return text.replace(".", ",") if comma_decimals(locale) else text
    return _number_text(value, pattern, comma_decimals(locale))


def plain_number(value: float) -> str:
    """A number without a format: no grouping, what fits in ten digits after the point."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value)) if abs(value) < 1e15 else f"{value:.5E}"
    if abs(value) >= 1e15 or abs(value) < 1e-9:
        return f"{value:.5E}"
    return f"{value:.10f}".rstrip("0").rstrip(".")


# ---- dates ----


@functools.lru_cache(maxsize=256)
def _date_tokens(pattern: str) -> tuple[tuple[str, str], ...]:
    """The parts of a date pattern, each a literal or a token; minutes are `n` apart from months."""
    parts: list[tuple[str, str]] = []
    for quoted, escaped, token, mark, other in DATE_TOKEN.findall(pattern.split(";")[0]):
        if token:
            parts.append(("token", token.lower()))
        elif not mark:
            parts.append(("text", quoted or escaped or other))
    places = [index for index, (kind, _) in enumerate(parts) if kind == "token"]
    for number, index in enumerate(places):
        token = parts[index][1]
        before = parts[places[number - 1]][1] if number else ""
        after = parts[places[number + 1]][1] if number + 1 < len(places) else ""
        if token in ("m", "mm") and (before.strip("[]").startswith("h") or after.strip("[]").startswith("s")):
            parts[index] = ("token", "n" * len(token))
    return tuple(parts)


def date_text(serial: float, pattern: str) -> str:
    """A count of days as a date and time."""
    try:
        moment = FIRST_DAY + timedelta(seconds=round(serial * SECONDS, 3))
    except OverflowError:
        return plain_number(serial)
    parts = _date_tokens(pattern)
    if not any(token.startswith("s") and "." in token for _, token in parts):
        moment = FIRST_DAY + timedelta(seconds=round(serial * SECONDS))
    half = any(kind == "token" and token in ("am/pm", "a/p") for kind, token in parts)
    return "".join(_date_part(token, moment, serial, half) if kind == "token" else token for kind, token in parts)


def _date_part(token: str, moment: datetime, serial: float, half: bool) -> str:
    hour = (moment.hour % 12 or 12) if half else moment.hour
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
        whole = int(serial * SECONDS) // {"h": 3600, "m": 60, "s": 1}[token[1]]
        return f"{whole:0{len(token) - 2}d}"
    if token[0] == "y":
        return f"{moment.year:04d}" if len(token) > 2 else f"{moment.year % 100:02d}"
    if "." in token:
        digits = len(token.partition(".")[2])
        return f"{moment.second:02d}.{moment.microsecond:06d}"[: 3 + digits]
    number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}[token[0]]
    return f"{number:02d}" if len(token) > 1 else str(number)


# ---- numbers ----


def _sections(pattern: str) -> list[str]:
    """Positive, negative, zero."""
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
    texts, told = [], False
    for part in parts:
        if part["core"] and not told:
            texts.append(_digits(value, part["core"], comma))
            told = True
        elif part["space"]:
            texts.append(" ")
        elif not part["mark"] and not part["fill"]:
            texts.append(part["quoted"] or part["escaped"] or part["money"] or part["other"] or "")
    return "".join(texts)


def _digits(value: float, core: str, comma: bool) -> str:
    """A number by a pattern of digits, like `#,##0.00` or `0.00E+00`."""
    mantissa, power, digits = core.partition("E")
    whole, _, fraction = mantissa.partition(".")
    if power:
        text, _, exponent = f"{value:.{len(fraction)}E}".partition("E")
        return f"{text}E{exponent[0]}{int(exponent[1:]):0{len(digits) - 1}d}"
    # Half away from zero, as a person rounds; a tiny push beats 1.005 being a little less than itself.
    text = f"{value + 1e-12 * max(1.0, value):.{len(fraction)}f}" if fraction else str(int(value + 0.5))
    own, _, rest = text.partition(".")
    least = len(fraction.rstrip("#?"))
    while len(rest) > least and rest.endswith("0"):
        rest = rest[:-1]
    own = own.zfill(whole.count("0"))
    if own == "0" and "0" not in whole:
        own = ""
    if "," in whole.rstrip(","):
        own = f"{int(own):,}" if own else ""
    text = f"{own}.{rest}" if rest else own
    return text.translate({44: ".", 46: ","}) if comma else text
