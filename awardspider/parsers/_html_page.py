"""HTML pages as trees of elements, read with lxml, which accepts any HTML."""

from __future__ import annotations

import codecs
import re
from typing import Any, TypeAlias

import lxml.html  # type: ignore[import-untyped]
from lxml.etree import LxmlError  # type: ignore[import-untyped]

from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import MAX_SOURCE_BYTES
from awardspider.parsers._plain_text import plain_text

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_START = re.compile(rb"<html[\s>]", re.IGNORECASE)
_END = re.compile(rb"</html\s*>", re.IGNORECASE)

#: An element of a page; lxml has no types.
Element: TypeAlias = Any


def parse_page(body: bytes, content_type: str = "") -> Element:
    """Return the root element of a page. Raise UnexpectedResponse if the body is not a page, or is cut off.

    The encoding is UTF-8 if the bytes are valid in it, or else the one of the header `content_type`, or of the page.
    """
    if len(body) > MAX_SOURCE_BYTES:
        raise UnexpectedResponse("the response is too large")
    if b"\0" in body:
        raise UnexpectedResponse("not HTML: it contains a NUL")
    if _START.search(body) and not _END.search(body):
        raise UnexpectedResponse("the page is cut off")
    try:
        body.decode()
        encoding: str | None = "utf-8"
    except UnicodeDecodeError:
        encoding = _declared_encoding(content_type)
    try:
        root = lxml.html.document_fromstring(body, parser=lxml.html.HTMLParser(encoding=encoding))
    except (LxmlError, ValueError, LookupError, RecursionError) as error:
        raise UnexpectedResponse(f"not HTML: {error}") from error
    return root


def _declared_encoding(content_type: str) -> str | None:
    """Return the encoding in a Content-Type header; None if it is unknown, so that the page's declaration counts."""
    found = _CHARSET.search(content_type)
    try:
        return codecs.lookup(found[1]).name if found else None
    except LookupError:
        return None


def element_text(element: Element) -> str:
    """Return the visible text of an element on one line."""
    return plain_text(lxml.html.tostring(element, encoding="unicode", with_tail=False))
