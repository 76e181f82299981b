"""Functions that make external text and links safe, and that fit text into the limits of a service."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, urlsplit

import regex

# An SMS holds 160 characters of this alphabet (3GPP TS 23.038; extension characters count twice), or 70 UTF-16 units
# if the text contains any other character.
SMS_CAPACITY = 160
_UNICODE_SMS_CAPACITY = 70
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("^{}\\[~]|€")
_REPLACEMENTS = {
    "→": "-", "·": ",", "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...",
}  # fmt: skip

# Invisible characters that are kept, because they join letters in some scripts and the parts of an emoji.
_JOINERS = frozenset("\u200c\u200d")

MAX_TITLE_LENGTH = 120  # a title is also the subject of an email
MAX_NAME_LENGTH = 60  # for the name of a fare, an aircraft, a bank or a watch

_ELLIPSIS = "…"
_MAX_LINK_LENGTH = 2000


def plain_text(text: str, limit: int = 200) -> str:
    """Return the text on one line, truncated to `limit`, without control or text-direction characters."""
    if text.isprintable():  # spaces are the only separators in it
        return truncate(" ".join(text.split()), limit)
    kept = "".join(
        char
        if char in _JOINERS
        else " "
        if unicodedata.category(char) in ("Cc", "Zl", "Zp")
        else ""
        if unicodedata.category(char) in ("Cf", "Cs", "Cn")
        else char
        for char in text
    )
    return truncate(" ".join(kept.split()), limit)


def truncate(text: str, limit: int) -> str:
    """Truncate text to `limit` characters, including an ellipsis if anything is cut.

    Grapheme clusters are never split. The text is cut at a word boundary if the last third contains one.
    """
    if len(text) <= limit:
        return text
    kept = ""
    for grapheme in regex.findall(r"\X", text):
        if len(kept) + len(grapheme) > limit - len(_ELLIPSIS):
            break
        kept += grapheme
    words, space, _ = kept.rpartition(" ")
    if space and len(words) > limit * 2 // 3 and not text[len(kept) :].startswith(" "):
        kept = words
    return kept.rstrip(" ,;:-·") + _ELLIPSIS if limit > 0 else ""


def safe_link(link: str | None) -> str | None:
    """Return an http or https link, quoted for use in HTML and Markdown, or None if the link is unsafe."""
    if not link or len(link) > _MAX_LINK_LENGTH:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        return None
    return quote(link, safe="%/:?#@!$&*+,;=~._-")


def to_gsm(text: str) -> str:
    """Convert text to the SMS alphabet: replace punctuation and remove accents; other characters stay."""
    return "".join(char if char in _GSM else _gsm_equivalent(char) for char in text)


def sms_length(text: str) -> int:
    """Return the number of SMS characters that the text takes up."""
    if _is_gsm(text):
        return sum(2 if char in _GSM_EXTENSION else 1 for char in text)
    return len(text.encode("utf-16-le")) // 2


def sms_capacity(text: str, limit: int) -> int:
    """Return the number of characters that fit if `limit` do in the SMS alphabet: fewer if the text needs Unicode."""
    return limit if _is_gsm(text) else limit * _UNICODE_SMS_CAPACITY // SMS_CAPACITY


def _is_gsm(text: str) -> bool:
    return all(char in _GSM or char in _GSM_EXTENSION for char in text)


def _gsm_equivalent(char: str) -> str:
    if char in _REPLACEMENTS:
        return _REPLACEMENTS[char]
    if char.isspace():
        return " "
    base = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return base if base and set(base) <= _GSM else char
