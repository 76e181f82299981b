"""Message content for digests: several offers in one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import NamedTuple

from awardspider.delivery.messages.content import MessageContent, Part, Tone
from awardspider.delivery.messages.events import Digest, DigestKind
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.offers import offer_content, watch_names
from awardspider.delivery.messages.text_limits import MAX_TITLE_LENGTH
from awardspider.programs import program_currency


class _Version(NamedTuple):
    """The parts of a title beside the price of the best offer."""

    has_label: bool = True
    has_taxes: bool = True
    has_lowest: bool = True


_VERSIONS = (
    _Version(),
    _Version(has_label=False),
    _Version(has_label=False, has_taxes=False),
    _Version(has_label=False, has_lowest=False),
)


def digest_content(digest: Digest, language: Language, now: datetime | None, zone: tzinfo | None) -> MessageContent:
    """Return the content for a digest: its offers, the best first, and the number of further offers."""
    entries = tuple(offer_content(offer, language, now, zone) for offer in digest.offers)
    if len(digest.watches) < 2:  # the headline names the only watch
        entries = tuple(replace(entry, watch="") for entry in entries)
    watches = watch_names(digest.watches)
    found = language.count("awards", digest.award_count)
    lead = language.phrase("digest.shown", found=found) if digest.more else found
    best = [
        Part(text=", ".join(part.text for part in entry.parts if not part.rank), rank=rank, separator="; ")
        for rank, entry in enumerate(entries, 1)
    ]
    return MessageContent(
        tone=Tone.FOUND,
        title=_title(digest, watches, entries, language),
        kicker=language.phrase(f"digest.{digest.kind}"),
        headline=watches or _best(digest, entries, language, _VERSIONS[0]),
        lead=lead if watches else "",
        parts=(Part(text=found), *best),
        remark=language.phrase("offer.prices_per_traveler"),
        entries=entries,
        more=language.count("more", digest.more) if digest.more else "",
    )


def with_fewer_entries(content: MessageContent, digest: Digest, language: Language, count: int) -> MessageContent:
    """Return the content of a digest with its first `count` offers, and the number of the others."""
    others = digest.first(count).more
    more = language.count("more", others) if others else ""
    return replace(content, entries=content.entries[:count], more=more)


def _title(digest: Digest, watches: str, entries: Sequence[MessageContent], language: Language) -> str:
    """Return a title such as `Tokyo: 12 awards, best deal 75,000 miles (record low), lowest 62,500 miles`.

    If it is too long, the class, then the taxes, then the lowest price are left out. A single entry has the title of
    its offer.
    """
    if len(entries) == 1 and not digest.more:
        return entries[0].title
    for version in _VERSIONS:
        found = _best(digest, entries, language, version)
        title = language.phrase("digest.title", watches=watches, found=found) if watches else found
        if len(title) <= MAX_TITLE_LENGTH:
            break
    return title


def _best(digest: Digest, entries: Sequence[MessageContent], language: Language, version: _Version) -> str:
    """Return the number of awards, the price of the best one and the lowest price, if it is another one.

    A summary always shows its lowest price; a digest of all watches may not, so it does not name one.
    """
    found, phrase = language.count("awards", digest.award_count), language.phrase
    priced = [
        (event.offer.miles, event.offer.program, entry)
        for event, entry in zip(digest.offers, entries, strict=True)
        if event.offer.miles is not None
    ]
    if not priced:
        return found
    best_miles, program, best = priced[0]
    price = best.price if version.has_taxes else language.price(best_miles, program_currency(program))
    if best.label and version.has_label:
        price = f"{price} ({best.label.lower()})"
    found = phrase("digest.best_deal" if best.label else "digest.best", found=found, price=price)
    lowest, lowest_program, _ = min(priced, key=lambda each: each[0])
    if not version.has_lowest or lowest == best_miles or digest.kind is DigestKind.DAILY:
        return found
    is_same = lowest_program == program
    text = (language.amount if is_same else language.price)(lowest, program_currency(lowest_program))
    return phrase("digest.lowest", found=found, price=text)
