"""Entries of feeds: RSS and Atom, read with feedparser, and the posts of a WordPress site as JSON.

Structure and sources: docs/sources/dealfeeds.md.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from xml.sax import SAXParseException

import feedparser  # type: ignore[import-untyped]
import msgspec

from awardspider.items import ParseWarning
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import MAX_SOURCE_BYTES, has_too_many_values

#: WordPress feeds have 10 entries, others up to 100.
MOST_ENTRIES = 1_000
#: More tags, with those of HTML in the texts, would take many seconds to read. A feed with full texts has 20,000.
MOST_TAGS = 50_000

_ROOTS = ("rss", "feed", "RDF")
_ROOT = re.compile(rb"<\s*([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)")
_PROLOG = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^<>\[]*>", re.DOTALL | re.IGNORECASE)
_ENTRY = re.compile(rb"<(?:[\w.\-]+:)?(?:item|entry)[\s/>]")
_END = re.compile(rb"</(?:[\w.\-]+:)?(?:rss|feed|RDF)\s*>", re.IGNORECASE)
_ENCODING = re.compile(r"(\s*<\?xml[^>]*?)\s+encoding=[\"']([\w.\-]{1,40})[\"']")
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """An entry as the feed contains it: texts may be HTML, and every text may be empty.

    `date_text` is the date as the feed writes it; `published` is None if it is missing or unreadable. `publisher_url`
    and `publisher_name` are those of an aggregator's entry.
    """

    title: str
    summary: str
    link: str
    entry_id: str
    date_text: str = ""
    published: datetime | None = None
    categories: tuple[str, ...] = ()
    publisher_url: str = ""
    publisher_name: str = ""


class _Rendered(msgspec.Struct):
    rendered: str = ""


class _Post(msgspec.Struct):
    link: str
    title: _Rendered
    id: int | str = ""
    date_gmt: str | None = None
    guid: _Rendered = msgspec.field(default_factory=_Rendered)
    excerpt: _Rendered = msgspec.field(default_factory=_Rendered)


def read_entries(body: bytes) -> Iterator[FeedEntry | ParseWarning]:
    """Yield the entries of a feed, newest first as a rule, and a warning if the feed is malformed.

    Raise UnexpectedResponse for anything except a feed, and for a feed that is cut off or has no entries: a feed
    always has its newest entries, so none of these means that there are no announcements.
    """
    if len(body) > MAX_SOURCE_BYTES:
        raise UnexpectedResponse("the response is too large")
    if body[:200].lstrip().startswith((b"[", b"{")):
        yield from _posts(body)
    else:
        yield from _xml_entries(body)


def _posts(body: bytes) -> Iterator[FeedEntry]:
    if has_too_many_values(body):
        raise UnexpectedResponse("the response has too many values")
    try:
        posts = msgspec.json.decode(body, type=list[_Post])
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(f"not a list of posts: {error}") from error
    if not posts:
        raise UnexpectedResponse("the list of posts is empty")
    for post in posts[:MOST_ENTRIES]:
        yield FeedEntry(
            title=post.title.rendered,
            summary=post.excerpt.rendered,
            link=post.link,
            entry_id=post.guid.rendered,
            date_text=post.date_gmt or "",
            published=parse_time(post.date_gmt or ""),
        )


def _xml_entries(body: bytes) -> Iterator[FeedEntry | ParseWarning]:
    body = _in_utf_8(body)
    _check_root(body)
    if not _END.search(body[-4_000:]):
        raise UnexpectedResponse("the feed is cut off")
    if len(_ENTRY.findall(body)) > MOST_ENTRIES:
        raise UnexpectedResponse(f"the feed has more than {MOST_ENTRIES:,} entries")
    if body.count(b"<") > MOST_TAGS:
        raise UnexpectedResponse(f"the feed has more than {MOST_TAGS:,} tags")
    # As a file: feedparser takes bytes that are a path for the name of a file.
    feed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    if isinstance(error := feed.get("bozo_exception"), SAXParseException):
        yield ParseWarning("feed", f"malformed XML in line {error.getLineNumber()}: {error.getMessage()}")
    if not feed.entries:
        raise UnexpectedResponse("the feed has no entries")
    yield from map(_entry, feed.entries)


def _in_utf_8(body: bytes) -> bytes:
    """Return XML with a byte order mark in UTF-8, so that its beginning and end can be checked.

    Raise UnexpectedResponse if it declares another encoding than that of its byte order mark.
    """
    mark = next((mark for mark in _BYTE_ORDER_MARKS if body.startswith(mark)), None)
    if mark is None:
        return body
    encoding = _BYTE_ORDER_MARKS[mark]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnexpectedResponse(f"not text: {error}") from error
    declared = _ENCODING.match(text)
    if declared and not encoding.startswith(declared[2].lower().partition("le")[0].partition("be")[0]):
        raise UnexpectedResponse(f"not text: in {encoding}, but declared as {declared[2]}")
    return _ENCODING.sub(r"\1", text, count=1).encode()


def _check_root(body: bytes) -> None:
    """Raise UnexpectedResponse unless the root element is that of a feed; a feed declares no entities."""
    position = 0
    while found := _PROLOG.match(body, position):
        position = found.end()
    start = body[position : position + 2_000]
    if start[:9].upper().startswith(b"<!DOCTYPE"):
        raise UnexpectedResponse("the feed declares entities")
    root = _ROOT.match(start)
    name = root[2].decode("ascii") if root else ""
    if name in _ROOTS:
        return
    if name.lower() in ("html", "head", "body"):
        raise UnexpectedResponse("an HTML page instead of a feed")
    raise UnexpectedResponse(f"not a feed: the root element is {name[:40]}" if name else "not a feed: not XML")


def _entry(entry: Any) -> FeedEntry:
    source = entry.get("source") or {}
    date_text, published = _published(entry)
    return FeedEntry(
        title=_text(entry.get("title")),
        summary=_text(entry.get("summary")) or _content(entry),
        link=_text(entry.get("link")),
        entry_id=_text(entry.get("id")),
        date_text=date_text,
        published=published,
        categories=tuple(filter(None, (_text(tag.get("term")) for tag in entry.get("tags") or ()))),
        publisher_url=_text(source.get("href")),
        publisher_name=_text(source.get("title")),
    )


def _content(entry: Any) -> str:
    contents = entry.get("content") or [{}]
    return _text(contents[0].get("value"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _published(entry: Any) -> tuple[str, datetime | None]:
    """Return the date of an entry as text, and parsed; None if it is missing or unreadable."""
    # Without a test, feedparser would take `updated` from `published`, with a warning.
    name = "published" if "published" in entry else "updated" if "updated" in entry else ""
    text = _text(entry.get(name)) if name else ""
    parsed = entry.get(f"{name}_parsed") if name else None
    return text, parse_time(text) or (_utc(parsed) if parsed else None)


def _utc(parsed: time.struct_time) -> datetime:
    return datetime(*parsed[:5], min(parsed.tm_sec, 59), tzinfo=UTC)


def parse_time(text: str) -> datetime | None:
    """Return the time in an RFC 822 or ISO 8601 date, in its own zone, or in UTC if it has none; None if unreadable."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = parse(text.strip())
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
