"""Ranges in A1 and R1C1 notation, with open ends and quoted tab names.

In this package, rows and columns count from 0 and ends are exclusive; an end of None is open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

CORNER = re.compile(r"\$?([A-Za-z]{1,3})?\$?([1-9][0-9]{0,8})?")
R1C1 = re.compile(r"R([1-9][0-9]*)C([1-9][0-9]*)(?::R([1-9][0-9]*)C([1-9][0-9]*))?", re.IGNORECASE)
PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of cells, possibly with open ends."""

    top: int = 0
    left: int = 0
    bottom: int | None = None
    right: int | None = None

    @property
    def is_cell(self) -> bool:
        """True for a single cell."""
        return self.bottom == self.top + 1 and self.right == self.left + 1


class Area(NamedTuple):
    """A rectangle of cells within a grid, without open ends."""

    top: int
    left: int
    bottom: int
    right: int


def parse_box(text: str) -> Box | None:
    """Parse `A1`, `B2:C`, `2:2` or `R1C1:R2C3`; return None if the text is invalid."""
    if found := R1C1.fullmatch(text):
        top, left, bottom, right = (int(group) if group else None for group in found.groups())
        assert top is not None
        assert left is not None
        return _ordered((top, left), (bottom or top, right or left))
    first, colon, second = text.partition(":")
    start, end = _corner(first), _corner(second) if colon else None
    if start is None or (colon and end is None):
        return None
    if end is None:
        # A lone column or row is valid only with a colon.
        return _ordered(start, start) if None not in start else None
    return _ordered(start, end)


def _corner(text: str) -> tuple[int | None, int | None] | None:
    """Return the row and column of a corner, counted from 1; either may be None."""
    found = CORNER.fullmatch(text)
    if not text or found is None:
        return None
    letters, digits = found.groups()
    column = column_number(letters) if letters else None
    return int(digits) if digits else None, column


def _ordered(start: tuple[int | None, int | None], end: tuple[int | None, int | None]) -> Box:
    """Return the box between two corners, in either order; open if a corner lacks a row or column: `B2:D`, `2:2`."""
    top, bottom = _span(start[0], end[0])
    left, right = _span(start[1], end[1])
    return Box(top, left, bottom, right)


def _span(start: int | None, end: int | None) -> tuple[int, int | None]:
    if start is None or end is None:
        return (start or end or 1) - 1, None
    return min(start, end) - 1, max(start, end)


def column_number(letters: str) -> int:
    """Convert column letters to a number: `A` is 1, `AA` is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Convert a column number to letters: 1 is `A`, 27 is `AA`."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def split_title(text: str) -> tuple[str | None, str]:
    """Split a range into the tab's title (or None) and the rest: `'It''s'!A1` is `It's` and `A1`."""
    if text.startswith("'"):
        found = re.fullmatch(r"'((?:[^']|'')*)'(?:!(.*))?", text, re.DOTALL)
        return (found[1].replace("''", "'"), found[2] or "") if found else (None, text)
    title, mark, rest = text.rpartition("!")
    return (title, rest) if mark else (None, text)


def quoted(title: str) -> str:
    """Return a tab's title as responses show it: in quotes unless it is one plain word."""
    plain = PLAIN_TITLE.fullmatch(title) and parse_box(title) is None
    return title if plain else "'" + title.replace("'", "''") + "'"


def a1(top: int, left: int, bottom: int | None, right: int | None) -> str:
    """Format a box in A1 notation, such as `A1:C3` or `A1`. An open end has no number or no letter."""
    start = f"{column_letters(left + 1)}{top + 1}"
    end = f"{column_letters(right) if right else ''}{bottom or ''}"
    return start if start == end or not end else f"{start}:{end}"
