"""The fonts of cards: subsets of Inter that cover the Latin alphabets, punctuation, currencies and arrows."""

from __future__ import annotations

import functools
import io
import unicodedata
from enum import StrEnum
from importlib.resources import files

import regex
from PIL import ImageFont, features


class Weight(StrEnum):
    """The font files, by weight. DISPLAY is bold and made for large text."""

    REGULAR = "Inter-Regular.woff2"
    SEMIBOLD = "Inter-SemiBold.woff2"
    BOLD = "Inter-Bold.woff2"
    DISPLAY = "InterDisplay-Bold.woff2"


# The code points that all fonts have; docs/cards.md says how the files were made.
_CODE_POINTS = (
    (0x0020, 0x007E), (0x00A0, 0x00AC), (0x00AE, 0x0148), (0x014A, 0x017F), (0x0192, 0x0192), (0x0218, 0x021B),
    (0x02BB, 0x02BC), (0x02C6, 0x02C7), (0x02D8, 0x02DD), (0x1E80, 0x1E85), (0x1EA0, 0x1EF9), (0x2010, 0x2015),
    (0x2018, 0x201E), (0x2020, 0x2022), (0x2026, 0x2026), (0x2030, 0x2030), (0x2032, 0x2033), (0x2039, 0x203A),
    (0x2044, 0x2044), (0x20A0, 0x20AF), (0x20B1, 0x20B5), (0x20B8, 0x20BA), (0x20BC, 0x20C0), (0x2116, 0x2116),
    (0x2122, 0x2122), (0x2190, 0x2195), (0x2197, 0x2197), (0x2212, 0x2212), (0x2248, 0x2248), (0x2260, 0x2260),
    (0x2264, 0x2265), (0x25CF, 0x25CF), (0x2713, 0x2713),
)  # fmt: skip
#: The characters that all fonts have.
CHARACTERS = frozenset(chr(code) for first, last in _CODE_POINTS for code in range(first, last + 1))

# Without Raqm, Pillow does not kern, but draws the same letters.
_LAYOUT = ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC
_UNITS = 1000
# Thin spaces, as the ordinary space that does not break.
_SPACES = {"\u202f": "\u00a0", "\u2009": "\u00a0"}


def font_data(weight: Weight) -> bytes:
    """Return a font in the format WOFF2, which FreeType and browsers can use."""
    return files("awardspider.delivery.messages.cards").joinpath("fonts", weight.value).read_bytes()


@functools.lru_cache(maxsize=256)
def font(weight: Weight, size: int) -> ImageFont.FreeTypeFont:
    """Return a font with letters of `size` pixels to the em."""
    return ImageFont.truetype(io.BytesIO(_cached_data(weight)), size, layout_engine=_LAYOUT)


def text_width(text: str, weight: Weight, size: int) -> float:
    """Return the width of a line of text in pixels.

    It is computed from the widths of the words, because those are the same in all lines and grow with the size.
    """
    words = text.split(" ")
    units = sum(_word_width(word, weight) for word in words) + (len(words) - 1) * _word_width(" ", weight)
    return units * size / _UNITS


@functools.lru_cache(maxsize=16384)
def _word_width(word: str, weight: Weight) -> float:
    """Return the width of a word in a font of `_UNITS` pixels."""
    return font(weight, _UNITS).getlength(word) if word else 0.0


@functools.lru_cache(maxsize=2048)
def drawable(text: str) -> str:
    """Return the text with only the characters that the fonts have.

    A letter with an unknown mark keeps its base letter. Anything else that is unknown, such as an emoji or another
    script, is left out with the spaces around it, so that no box stands in its place.
    """
    composed = unicodedata.normalize("NFC", "".join(_SPACES.get(char, char) for char in text))
    kept = "".join(_drawable_grapheme(grapheme) for grapheme in regex.findall(r"\X", composed))
    return " ".join(part for part in kept.split(" ") if part)


def _drawable_grapheme(grapheme: str) -> str:
    if all(char in CHARACTERS for char in grapheme):
        return grapheme
    parts = unicodedata.normalize("NFKD", grapheme)
    base = "".join(char for char in parts if not unicodedata.combining(char) and unicodedata.category(char) != "Cf")
    return base if base and all(char in CHARACTERS for char in base) else " "


@functools.cache
def _cached_data(weight: Weight) -> bytes:
    return font_data(weight)
