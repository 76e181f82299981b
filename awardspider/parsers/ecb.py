"""Parser of the European Central Bank's file of daily reference rates. Structure and sources: docs/exchange-rates.md.

The file is read with the standard library: it has forty short elements, and a body with a document type, the only way
to make such a parser expand or fetch anything, is refused before any entity is declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from awardspider.items import ExchangeRatesItem, ParseWarning
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import DocumentItem

SOURCE = "ecb"

#: The real file has 2 KB.
MOST_BYTES = 100_000

#: The file has about thirty currencies. With far fewer, it is cut off, or its structure has changed.
FEWEST_RATES = 15

_CUBE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"
_CURRENCY = re.compile(r"[A-Z]{3}")
_RATE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


class _Builder(TreeBuilder):
    """A builder of elements that refuses a document type, which can define entities."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Raise UnexpectedResponse."""
        raise UnexpectedResponse("the file has a document type")


def parse(body: bytes, seen_at: datetime) -> Iterator[DocumentItem]:
    """Yield the rates of the newest day in the file, and a warning for each rate that is unusable.

    Raise UnexpectedResponse for a file without a day or with fewer than FEWEST_RATES rates: there is a file with rates
    on every day, so none of these means that there are no rates.
    """
    days = [(_day(cube), cube) for cube in _root(body).iter(_CUBE) if cube.get("time") is not None]
    if not days:
        raise UnexpectedResponse("the file has no day")
    day, newest = max(days, key=lambda found: found[0])
    rates: dict[str, Decimal] = {}
    for cube in newest.iterfind(_CUBE):
        currency, text = cube.get("currency", ""), cube.get("rate", "")
        rate = _rate(text)
        if rate is None or not _CURRENCY.fullmatch(currency) or currency in rates:
            yield ParseWarning("Cube.rate", f"{currency} {text}".strip())
        else:
            rates[currency] = rate
    if len(rates) < FEWEST_RATES:
        raise UnexpectedResponse(f"the file has only {len(rates)} rates")
    yield ExchangeRatesItem(source=SOURCE, day=day, rates=rates, seen_at=seen_at)


def _root(body: bytes) -> Element:
    if len(body) > MOST_BYTES:
        raise UnexpectedResponse("the response is too large")
    parser = XMLParser(target=_Builder())
    try:
        parser.feed(body)
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError) as error:  # the last two: an unknown encoding
        raise UnexpectedResponse(f"not XML: {error}") from error
    return root


def _day(cube: Element) -> date:
    text = cube.get("time", "")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnexpectedResponse(f"invalid day {text[:20]!r}") from None


def _rate(text: str) -> Decimal | None:
    return (Decimal(text) or None) if _RATE.fullmatch(text) else None
