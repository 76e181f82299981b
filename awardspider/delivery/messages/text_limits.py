"""Text from outside made plain, links made safe, and text cut to what a service takes."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, urlsplit

import regex

# An SMS holds 160 characters of this alphabet (3GPP TS 23.038), those of the second string counting twice, or 70
# UTF-16 units of anything else.
SMS_ROOM = 160
_SMS_ROOM_OF_OTHERS = 70
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€")
_LIKE = {"→": "-", "·": ",", "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "..."}

# Invisible, but part of what is seen: they join letters of some scripts, and the parts of an emoji.
_JOINERS = frozenset("\u200c\u200d")

_ELLIPSIS = "…"
_LONGEST_LINK = 2000


def plain(text: str, most: int = 200) -> str:
    """A text from outside on one line, at most so long, without control characters and what turns its direction."""
    kept = "".join(
        letter
        if letter in _JOINERS
        else " "
        if unicodedata.category(letter) in ("Cc", "Zl", "Zp")
        else ""
        if unicodedata.category(letter) in ("Cf", "Cs", "Cn")
        else letter
        for letter in text
    )
    return cut(" ".join(kept.split()), most)


def cut(text: str, most: int) -> str:
    """At most so many characters, with an ellipsis where some are left out; never inside what is seen as one letter.

    The cut falls between two words where one ends in the last third.
    """
    if len(text) <= most:
        return text
    kept = ""
    for letter in regex.findall(r"\X", text):
        if len(kept) + len(letter) > most - len(_ELLIPSIS):
            break
        kept += letter
    words, blank, _ = kept.rpartition(" ")
    if blank and len(words) > most * 2 // 3 and not text[len(kept) :].startswith(" "):
        kept = words
    return kept.rstrip(" ,;:-·") + _ELLIPSIS if most > 0 else ""


def web_link(link: str | None) -> str | None:
    """A link that can stand in HTML and Markdown: http or https, without what could end it; None for any other."""
    if not link or len(link) > _LONGEST_LINK:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        return None
    return quote(link, safe="%/:?#@!$&*+,;=~._-")


def in_gsm(text: str) -> str:
    """The text in the alphabet of SMS: a letter that it has not loses its accent; where that cannot be, it stays."""
    return "".join(letter if letter in _GSM else _like(letter) for letter in text)


def sms_length(text: str) -> int:
    """How many characters of an SMS it takes."""
    if all(letter in _GSM or letter in _GSM_TWICE for letter in text):
        return sum(2 if letter in _GSM_TWICE else 1 for letter in text)
    return len(text.encode("utf-16-le")) // 2


def sms_room(text: str, most: int) -> int:
    """How much of `most` characters of an SMS there is for this text: fewer where its letters need two bytes."""
    if all(letter in _GSM or letter in _GSM_TWICE for letter in text):
        return most
    return most * _SMS_ROOM_OF_OTHERS // SMS_ROOM


def _like(letter: str) -> str:
    if letter in _LIKE:
        return _LIKE[letter]
    if letter.isspace():
        return " "
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return bare if bare and set(bare) <= _GSM else letter
