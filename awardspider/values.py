"""Rules for single values: minor units of currencies, time between local times, texts that can be stored, hosts."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

# Currencies whose smallest unit is not a hundredth (ISO 4217 as of 2026-09). CLDR shows fewer decimals for some others.
_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_MINOR_UNITS = {code: Decimal(1).scaleb(-n) for n, currencies in _DECIMALS.items() for code in currencies.split()}


def minor_unit(currency: str) -> Decimal:
    """Return the smallest amount of a currency, such as 0.01 for USD and 1 for JPY."""
    return _MINOR_UNITS.get(currency, Decimal("0.01"))


def elapsed(start: datetime, end: datetime) -> timedelta:
    """Return the time that passes between two aware datetimes; negative if `end` is first.

    Python subtracts two times with the same zone by their clock times, as if its offset never changed.
    """
    difference = end - start  # without a conversion to UTC, which the years 1 and 9999 do not have
    if end.tzinfo is start.tzinfo:
        difference -= (end.utcoffset() or timedelta()) - (start.utcoffset() or timedelta())
    return difference


def is_storable(text: str) -> bool:
    """Return False for a text with a NUL or a lone surrogate, which no database stores."""
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def storable(text: str) -> str:
    """Return a text without NULs and lone surrogates."""
    if is_storable(text):
        return text
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


def capitalized(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def publisher(url: str) -> str:
    """Return the host of a URL without www., which identifies who publishes there; empty for an invalid URL."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # an invalid IPv6 address
        host = ""
    return host.removeprefix("www.")
