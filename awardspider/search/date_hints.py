"""Suggestions for dates that are written in another form: `mar 2027`, `2027-Q1` or `2027/3/5`."""

from __future__ import annotations

import calendar
import re
from datetime import date

from awardspider.search.city_names import fold

_MONTHS = (
    "jan january janeiro ene enero",
    "feb february fev fevereiro febrero",
    "mar march marco marzo",
    "apr april abr abril",
    "may mai maio mayo",
    "jun june junho junio",
    "jul july julho julio",
    "aug august ago agosto",
    "sep sept september set setembro septiembre",
    "oct october out outubro octubre",
    "nov november novembro noviembre",
    "dec december dez dezembro dic diciembre",
)
_NUMBERS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_QUARTER = re.compile(r"(?:(?P<year>[0-9]{4})[ -]?q(?P<quarter>[1-4])|q([1-4])[ -/]?([0-9]{4}))", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:\.\.|[–—]|\s(?:to|through|until|até|ate|hasta|a|-)\s)\s*", re.IGNORECASE)
_ISO = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
_WORDS = re.compile(r"[^\W_]+")
_NUMERIC = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?")


def suggest_dates(text: str) -> str:
    """Return how to write a month, a quarter or a day that is in another form, or a range of these.

    Return an empty string for any other text.
    """
    if len(parts := _RANGE.split(text)) == 2:
        first, last = (part if _ISO.fullmatch(part) else suggest_dates(part) for part in parts)
        return f"{first}..{last}" if first and last and parts != [first, last] else ""
    if found := _QUARTER.fullmatch(text):
        year, quarter = found["year"] or found[4], int(found["quarter"] or found[3])
        return f"{year}-{3 * quarter - 2:02}..{year}-{3 * quarter:02}"
    if found := _NUMERIC.fullmatch(text):
        return _written(int(found[1]), int(found[2]), int(found[3] or 0))
    words = [fold(word) for word in _WORDS.findall(text)]
    months = [word for word in words if word in _NUMBERS]
    numbers = sorted((word for word in words if word.isdecimal() and word.isascii()), key=len)
    others = [word for word in words if word not in (*months, *numbers, "de", "del", "of", "the")]
    if len(months) != 1 or others or not numbers or len(numbers) > 2 or len(numbers[-1]) != 4 or len(numbers[0]) == 3:
        return ""
    return _written(int(numbers[-1]), _NUMBERS[months[0]], int(numbers[0]) if len(numbers) > 1 else 0)


def month_hint(word: str) -> str:
    """Return how to write a month that is written without a year; an empty string for any other word."""
    number = _NUMBERS.get(fold(word))
    return f"its number after the year, such as 2027-{number:02}" if number else ""


def _written(year: int, month: int, day: int) -> str:
    """Return a month, or one of its days; an empty string if there is none."""
    if not date.min.year <= year <= date.max.year or not 1 <= month <= 12:
        return ""
    if not day:
        return f"{year:04}-{month:02}"
    return f"{year:04}-{month:02}-{day:02}" if day <= calendar.monthrange(year, month)[1] else ""
