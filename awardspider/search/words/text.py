"""The text of a wish, normalized for the grammar; recognizers claim the parts that they understand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

#: Takes the place of claimed characters, so that no later pattern matches them or reaches across them.
CLAIMED = "¦"

_REPLACED = {
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("→➔➝⇒➜➡►▶", ">"),
    **dict.fromkeys("’‘´`ʼ", "'"),
    **dict.fromkeys('“”„«»"', " "),
    **dict.fromkeys("↔⇄", ">"),
    "ß": "ss",
    "æ": "ae",
    "ø": "o",
    "ı": "i",
    "✕": "x",
}
#: Symbols that can stand for `to`.
_PLANES = frozenset("✈🛫🛬🛩")
#: Invisible characters that emoji consist of.
_JOINERS = frozenset("\ufe0e\ufe0f\u200d")
_SPELLINGS = (
    (re.compile(r"[ ]*(?:-+>+|=+>+|>{2,})[ ]*"), " > "),
    (re.compile(r"\+[ ]?/[ ]?-|\+-|-\+"), "±"),
    (re.compile(r"\.{2,}"), " .. "),
    (re.compile(r"(?<=[a-z0-9])\s?[✈🛫🛬🛩]+\s?(?=[a-z])"), " > "),
    (re.compile(r"[✈🛫🛬🛩]"), " "),
    (re.compile(r"(?<=[a-z]):(?=\s|[a-z])|(?<=[a-z])=(?=[a-z\d])"), " "),
    (
        re.compile(
            r"(?<![a-z])(origin|origem|origen|destination|dest|destino|from|to|route|rota|ruta|month|mes|dates?|datas?|"
            r"fechas?|when|quando|cuando|cabin|class|classe|clase|cabine|cabina|pax) - "
        ),
        r"\1 ",
    ),
    (re.compile(r"[!?;:]+(?=\s|$)"), " , "),
    (re.compile(r"[(\[]"), " ( "),
    (re.compile(r"[)\]]"), " ) "),
    (re.compile(r"[{}*_#\"|\\^¦]"), " , "),
    (re.compile(r"\s+"), " "),
)


class WishText:
    """A wish in lower case without accents.

    `free` is the part that no recognizer has claimed, with CLAIMED in place of the claimed characters. `capitals` are
    the words of two and three letters that were written in capitals, if the rest of the text was not.
    """

    def __init__(self, text: str) -> None:
        composed = unicodedata.normalize("NFKC", text)
        words = re.findall(r"[^\W\d_]+", composed)
        shouted = sum(word.isupper() for word in words if len(word) > 1)
        mixed = shouted * 2 <= len(words) or any(word.islower() and len(word) > 2 for word in words)
        self.capitals = frozenset(_plain(word) for word in words if mixed and word.isupper() and len(word) in (2, 3))
        self.plain = normalized(composed)
        self.free = self.plain

    def expand(self, abbreviations: Mapping[str, str], pattern: re.Pattern[str]) -> None:
        """Replace abbreviations, which a pattern finds, by their words."""
        self.plain = " ".join(pattern.sub(lambda match: abbreviations[match[0]], self.plain).split())
        self.free = self.plain

    def correct(self, spellings: dict[str, str]) -> None:
        """Replace misspelled words."""
        if spellings:
            pattern = re.compile(rf"(?<![a-z])(?:{'|'.join(map(re.escape, spellings))})(?![a-z])")
            self.plain = pattern.sub(lambda match: spellings[match[0]], self.plain)
            self.free = self.plain

    def drop(self, pattern: re.Pattern[str], instead: str = "") -> None:
        """Remove words that add nothing, or replace them; only before anything is claimed."""
        self.plain = self.free = pattern.sub(instead, self.plain)

    def cut(self, start: int, end: int) -> None:
        """Remove a part of the text; only before anything is claimed."""
        self.plain = self.free = " ".join((self.plain[:start] + self.plain[end:]).split())

    def claim(self, match: re.Match[str], group: int | str = 0) -> None:
        """Mark a match of `free` as understood."""
        self.claim_span(*match.span(group))

    def claim_span(self, start: int, end: int) -> None:
        """Mark a part of the text as understood."""
        self.free = self.free[:start] + CLAIMED * (end - start) + self.free[end:]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Find a pattern in the free text and claim the match."""
        match = pattern.search(self.free)
        if match:
            self.claim(match)
        return match

    def take_all(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Claim each match of a pattern in the free text."""
        for match in list(pattern.finditer(self.free)):
            self.claim(match)
            yield match


def normalized(text: str) -> str:
    """Return a text in lower case, without accents and with single spaces; dashes and arrows get one form."""
    plain = _plain(text)
    for pattern, form in _SPELLINGS:
        plain = pattern.sub(form, plain)
    return plain.strip()


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(_REPLACED.get(each, each) for each in decomposed if not unicodedata.combining(each))
    return "".join(
        each if each.isprintable() and not _is_symbol(each) else " " for each in kept if each not in _JOINERS
    )


def _is_symbol(each: str) -> bool:
    """Return whether a character is an emoji or similar."""
    return ord(each) > 0x2190 and each not in _PLANES and unicodedata.category(each) in ("So", "Sk", "Cn", "Co")
