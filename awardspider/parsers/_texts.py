"""Texts that no database stores: those with a NUL or a lone surrogate, which JSON allows but UTF-8 does not.

Such a text costs only the field or offer that contains it. Lone surrogates are replaced by NULs before decoding,
because msgspec rejects an entire response for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from awardspider.items import OFFER_FIELDS, AwardOfferItem, FieldRole, ParseWarning, Search, Segment
from awardspider.parsers import ParsedItem, ParseFunction
from awardspider.values import is_storable

# A pair of surrogates, a lone one, or any other escape, so that `\\ud83d` is read as a backslash and letters.
_ESCAPE = re.compile(rb"(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|(\\u[dD][89a-fA-F]..)|\\.", re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_RAW_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_NUL = re.compile(rb"\\(?:u0000|u\{0+\}|x00|0)")

_OPTIONAL_TEXTS = ("fare_name", "booking_code", "booking_link", "source_id")
_SEGMENT_TEXTS = tuple(field.name for field in fields(Segment) if field.type in ("str", "str | None"))
_OPTIONAL_SEGMENT_TEXTS = tuple(field.name for field in fields(Segment) if field.type == "str | None")


def replace_lone_surrogates(body: bytes) -> bytes:
    """Return a body in which each lone surrogate, and each NUL that is not escaped, is an escaped NUL."""
    if _SURROGATE.search(body):
        body = _ESCAPE.sub(lambda escape: b"\\u0000" if escape[2] else escape[0], body)
    if b"\xed" in body:
        body = _RAW_SURROGATE.sub(rb"\\u0000", body)
    if b"\0" in body and b"\0" not in body[:4]:  # otherwise UTF-16 or UTF-32
        body = body.replace(b"\0", b"\\u0000")
    return body


def with_storable_texts(parse: ParseFunction, body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Yield what a parse function yields, without optional texts that no database stores; each causes a warning."""
    readable = replace_lone_surrogates(body)
    if readable != body:
        yield ParseWarning("text", "lone surrogate or NUL")
    items = parse(readable, search, seen_at)
    if not _NUL.search(readable):
        yield from items
        return
    for item in items:
        if isinstance(item, AwardOfferItem):
            yield from _remove_unstorable_texts(item)
        yield item


def _remove_unstorable_texts(offer: AwardOfferItem) -> Iterator[ParseWarning]:
    """Remove optional texts with a NUL from an offer, and yield a warning for each.

    A text that distinguishes offers drops an offer, because the stored offer with that text may still exist.
    """
    for name in _OPTIONAL_TEXTS:
        text = getattr(offer, name)
        if text is not None and not is_storable(text):
            setattr(offer, name, None)
            is_identity = name in OFFER_FIELDS and OFFER_FIELDS[name].role is FieldRole.IDENTITY
            yield ParseWarning(name, ascii(text)[:200], drops_offer=is_identity)
    for index, segment in enumerate(offer.segments):
        for name in _OPTIONAL_SEGMENT_TEXTS:
            text = getattr(segment, name)
            if text is not None and not is_storable(text):
                without: dict[str, Any] = {name: None}
                changed = replace(offer.segments[index], **without)
                offer.segments = (*offer.segments[:index], changed, *offer.segments[index + 1 :])
                yield ParseWarning(name, ascii(text)[:200])


def unstorable_text(segments: Sequence[Segment]) -> str | None:
    """Return a text of these flights that no database stores, or None if there is none."""
    texts = (getattr(segment, name) or "" for segment in segments for name in _SEGMENT_TEXTS)
    return next((text for text in texts if not is_storable(text)), None)
