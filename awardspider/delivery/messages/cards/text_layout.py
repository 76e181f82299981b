"""Text that is broken into lines and made to fit a width."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import regex

from awardspider.delivery.messages.cards.fonts import Weight, drawable, text_width

# Spaces at which a line must not end: after a plus, an arrow or the symbol of a currency, before one, before a day, and
# before a dot between two parts.
_TOGETHER = re.compile(r"(?<=[+→$€£]) (?=\S)|(?<=\d) (?=US\$|R\$|[€£%])|(?<=\b[A-Z][a-z]{2}) (?=\d{1,2}\b)| (?=·)")
_UNBROKEN = "\u00a0"


@dataclass(frozen=True, slots=True)
class Style:
    """A font size in pixels to the em, and the distance of lines as a multiple of it."""

    weight: Weight
    size: int
    leading: float = 1.25

    @property
    def line_height(self) -> int:
        """The distance of lines in pixels."""
        return round(self.size * self.leading)


@dataclass(frozen=True, slots=True)
class Lines:
    """Text in lines that fit the width for which they were made."""

    texts: tuple[str, ...]
    style: Style

    @property
    def height(self) -> int:
        """The height in pixels."""
        return len(self.texts) * self.style.line_height

    @property
    def width(self) -> float:
        """The width of the widest line in pixels."""
        return max((text_width(text, self.style.weight, self.style.size) for text in self.texts), default=0.0)


def unbroken(*parts: str, separator: str = " ") -> str:
    """Join the parts that are not empty, so that lines end between them, or within a part that is wider than a line."""
    return separator.join(part.replace(" ", _UNBROKEN) for part in parts if part)


@functools.lru_cache(maxsize=2048)
def wrap(text: str, style: Style, width: int) -> Lines:
    """Break the text into the fewest lines, with as equal widths as possible.

    Lines end at a space. Only a word that is wider than a line is broken within.
    """
    clean = _TOGETHER.sub(_UNBROKEN, drawable(text))
    texts = _greedy(clean, style, width)
    if len(texts) < 2:
        return Lines(texts, style)
    narrow, wide = width // 2, width
    while wide - narrow > 4:
        middle = (narrow + wide) // 2
        narrower = _greedy(clean, style, middle)
        if len(narrower) == len(texts) and " ".join(narrower) == " ".join(texts):
            wide = middle
        else:  # more lines, or a line that ends within a word
            narrow = middle
    return Lines(_greedy(clean, style, wide), style)


def fit(text: str, style: Style, width: int, *, smallest: int, most_lines: int = 1) -> Lines:
    """Return the text in the largest size up to that of the style at which it fits into `most_lines` lines.

    In the smallest size, it has as many lines as it needs.
    """
    for size in range(style.size, smallest, -2):
        lines = wrap(text, Style(style.weight, size, style.leading), width)
        if len(lines.texts) <= most_lines and not _breaks_words(lines, text):
            return lines
    return wrap(text, Style(style.weight, smallest, style.leading), width)


def _breaks_words(lines: Lines, text: str) -> bool:
    return " ".join(lines.texts).replace(_UNBROKEN, " ") != drawable(text).replace(_UNBROKEN, " ")


def _greedy(text: str, style: Style, width: int) -> tuple[str, ...]:
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if _fits(longer, style, width):
            line = longer
            continue
        if line:
            lines.append(line)
        *complete, line = _pieces(word, style, width)
        lines += complete
    return (*lines, line) if line else tuple(lines)


def _pieces(word: str, style: Style, width: int) -> list[str]:
    """Return the word in pieces that fit a line; one piece unless it is wider than the line.

    A word with unbroken spaces is broken there first.
    """
    if _fits(word, style, width):
        return [word]
    if _UNBROKEN in word:
        return list(_greedy(word.replace(_UNBROKEN, " "), style, width))
    pieces = [""]
    for grapheme in regex.findall(r"\X", word):
        if pieces[-1] and not _fits(pieces[-1] + grapheme, style, width):
            pieces.append("")
        pieces[-1] += grapheme
    return pieces


def _fits(text: str, style: Style, width: int) -> bool:
    return text_width(text, style.weight, style.size) <= width
