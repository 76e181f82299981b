"""Plain text of an announcement: without tags, in one form of dashes, quotes and spaces, and folded for matching."""

from __future__ import annotations

import html
import re
import unicodedata

#: Characters that are read of a title and of a summary; the rest is ignored.
MAX_TITLE = 400
MAX_SUMMARY = 1500

_MAX_RAW = 20_000
_BLOCK = re.compile(r"<(script|style)\b[^<]{0,2000}</\1>", re.IGNORECASE)
# A tag has a letter after its bracket: "Status < Gold" has none.
_TAG = re.compile(r"<!--.{0,500}?-->|</?[a-z][^<>]{0,2000}>", re.IGNORECASE | re.DOTALL)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,31}\d?);", re.IGNORECASE)
_FEED_FOOTER = re.compile(
    r"(?:The post|O post|La entrada) .{1,300} (?:appeared first on|apareceu primeiro|se publicó) .*$"
)
_CHARACTERS = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹣－", "-")
    | dict.fromkeys("‘’‚‛`´ʼ′", "'")
    | dict.fromkeys("“”„‟«»″", '"')
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff®™©", "")
    | {"→": "-", "➔": "-", "✈": "-", "↔": "-", "⇄": "-", "➡": "-", "…": "...", "¢": "¢"}
)
_SPACES = re.compile(r"\s+")


def plain_text(text: str, limit: int) -> str:
    """Return at most `limit` characters of a text as a person reads it: without tags, entities and emojis."""
    text = text[:_MAX_RAW]
    if "&" in text:
        text = _unescaped(_unescaped(text))  # feeds escape twice: &amp;#8211;
    if "<" in text:
        text = _TAG.sub(" ", _BLOCK.sub(" ", text))
    text = normalized(text)
    text = "".join(char if unicodedata.category(char) not in ("So", "Cc", "Cs", "Co") else " " for char in text)
    return _FEED_FOOTER.sub("", _SPACES.sub(" ", text).strip()[:limit]).strip()


def normalized(text: str) -> str:
    """Return a text with one form of dashes, quotes and other characters, and without invisible ones."""
    # Before NFKC, which would turn ™ into TM.
    return unicodedata.normalize("NFKC", text.translate(_CHARACTERS)).translate(_CHARACTERS)


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)


def fold_text(text: str) -> str:
    """Return a text of the same length in lower case and without accents."""
    if text.isascii():
        return text.lower()
    return "".join(map(_folded, text))


def _folded(char: str) -> str:
    if char.isascii():
        return char.lower()
    base = unicodedata.normalize("NFD", char)[0].lower()
    return base if len(base) == 1 else char
