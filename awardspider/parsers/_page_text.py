"""Text of the part of a page that a CSS selector selects: lines that change only if the visible text does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml.cssselect import CSSSelector, SelectorError  # type: ignore[import-untyped]

from awardspider.outcomes import InvalidArgument, UnexpectedResponse
from awardspider.parsers._html_page import Element, parse_page
from awardspider.parsers._plain_text import BLOCKS, INVISIBLE, one_line
from awardspider.parsers._promotion_text import normalized

#: A longer selector, and a longer text, are refused: they are no part of a page that a person selects.
MOST_SELECTOR = 500
MOST_TEXT = 100_000
MOST_LINES = 5_000

#: The cells of a row are on one line.
_CELLS = frozenset({"td", "th"})
_LINE_BLOCKS = BLOCKS - _CELLS

_FEED = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF)[\s>]", re.DOTALL)
_TAG = re.compile(rb"<(?:!doctype|html|head|body|div|main|section|article|table|ul|p|h[1-6])\b", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_PAGE_TYPES = ("", "text/html", "application/xhtml+xml", "application/xml", "text/xml")
_JSON_STARTS = (b"{", b"[")


def check_selector(selector: str) -> str:
    """Return a CSS selector without surrounding spaces. Raise InvalidArgument unless it is one of elements."""
    text = " ".join(selector.split())
    if not 1 <= len(text) <= MOST_SELECTOR or not text.isprintable():
        raise InvalidArgument(f"a CSS selector has 1 to {MOST_SELECTOR} characters, such as main or #offers")
    try:
        CSSSelector(text)
    except (SelectorError, RecursionError, ValueError) as error:
        raise InvalidArgument(
            f"{text!r} is not a CSS selector of elements, such as main or #offers: {error}"
        ) from error
    return text


def page_lines(body: bytes, content_type: str, selector: str) -> list[str]:
    """Return the visible text of the selected elements as normalized lines, one for each block.

    Raise UnexpectedResponse if the response is not an HTML page, or if the selector finds no text.
    """
    _check_is_page(body, content_type)
    root = parse_page(body, content_type)
    try:
        found = CSSSelector(selector)(root)
    except (SelectorError, RecursionError, ValueError) as error:
        raise UnexpectedResponse(f"{selector!r} is not a CSS selector") from error
    if not found:
        raise UnexpectedResponse(f"the selector {selector} finds nothing")
    lines = [line for element in outermost(found) for line in element_lines(element)]
    if not lines:
        raise UnexpectedResponse(f"the selector {selector} finds only elements without text")
    if len(lines) > MOST_LINES or sum(map(len, lines)) > MOST_TEXT:
        most = f"{MOST_TEXT:,} characters or {MOST_LINES:,} lines"
        raise UnexpectedResponse(f"the selected part has more than {most}: select a smaller one")
    return lines


def _check_is_page(body: bytes, content_type: str) -> None:
    """Raise UnexpectedResponse with what the response is, if it is not an HTML page."""
    media_type = content_type.partition(";")[0].strip().lower()
    start = body[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if media_type == "application/pdf" or start.startswith(b"%PDF"):
        raise UnexpectedResponse("a PDF document instead of an HTML page")
    if media_type.endswith("json") or start.startswith(_JSON_STARTS):
        raise UnexpectedResponse("JSON instead of an HTML page")
    if _FEED.match(start):
        raise UnexpectedResponse("a feed instead of an HTML page: add it with scrapy feeds add")
    if media_type not in _PAGE_TYPES:
        raise UnexpectedResponse(f"{one_line(media_type)[:60]} instead of an HTML page")
    if not _TAG.search(body):
        raise UnexpectedResponse("not an HTML page")


def outermost(elements: Iterable[Element]) -> Iterator[Element]:
    """Yield the elements that are in no other one of them."""
    found = list(elements)
    chosen = set(found)
    for element in found:
        if not any(ancestor in chosen for ancestor in element.iterancestors()):
            yield element


def element_lines(element: Element) -> list[str]:
    """Return the visible text of an element as normalized lines, one for each block in it."""
    pieces: list[str] = []
    _collect(element, pieces)
    return [line for text in "".join(pieces).split("\n") if (line := one_line(normalized(text)))]


def _collect(element: Element, pieces: list[str]) -> None:
    """Add the text of an element, with a line break around each block. Iterative, because pages can be deep."""
    stack: list[tuple[Element | None, str]] = [(element, "")]
    while stack:
        current, text = stack.pop()
        if current is None:
            pieces.append(text)
            continue
        if not isinstance(current.tag, str) or _is_hidden(current):  # a comment or processing instruction
            continue
        ends = "\n" if current.tag in _LINE_BLOCKS else " " if current.tag in _CELLS else ""
        pieces.append(ends + _spaced(current.text))
        stack.append((None, ends))
        for child in reversed(current):
            stack.append((None, _spaced(child.tail)))
            stack.append((child, ""))


def _is_hidden(element: Element) -> bool:
    is_invisible = element.tag in INVISIBLE or element.get("hidden") is not None
    return is_invisible or bool(_HIDDEN.search(element.get("style") or ""))


def _spaced(text: str | None) -> str:
    """Return text in which line breaks of the source are spaces."""
    return re.sub(r"\s+", " ", text or "")
