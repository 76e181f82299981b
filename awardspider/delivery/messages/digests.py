"""Message content for digests: several offers in one message."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo

from awardspider.delivery.messages.content import MessageContent, Part, Tone
from awardspider.delivery.messages.events import Digest
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.offers import offer_content, watch_names
from awardspider.delivery.messages.text_limits import MAX_TITLE_LENGTH


def digest_content(digest: Digest, language: Language, now: datetime | None, zone: tzinfo | None) -> MessageContent:
    """Return the content for a digest: its offers, the best first, and the number of further offers."""
    entries = tuple(offer_content(offer, language, now, zone) for offer in digest.offers)
    if len(digest.watches) < 2:  # the headline names the only watch
        entries = tuple(replace(entry, watch="") for entry in entries)
    watches = watch_names(digest.watches)
    lead = _lead(digest, entries, language, with_label=True)
    title = _title(watches, lead, language)
    if len(title) > MAX_TITLE_LENGTH:
        title = _title(watches, _lead(digest, entries, language, with_label=False), language)
    best = [
        Part(text=", ".join(part.text for part in entry.parts if not part.rank), rank=rank, separator="; ")
        for rank, entry in enumerate(entries, 1)
    ]
    return MessageContent(
        tone=Tone.FOUND,
        title=title,
        kicker=language.phrase(f"digest.{digest.kind}"),
        headline=watches or lead,
        lead=lead if watches else "",
        parts=(Part(text=language.count("awards", digest.award_count)), *best),
        remark=language.phrase("offer.prices_per_traveler"),
        entries=entries,
        more=language.count("more", digest.more) if digest.more else "",
    )


def with_fewer_entries(content: MessageContent, digest: Digest, language: Language, count: int) -> MessageContent:
    """Return the content of a digest with its first `count` offers, and the number of the others."""
    others = digest.first(count).more
    more = language.count("more", others) if others else ""
    return replace(content, entries=content.entries[:count], more=more)


def _title(watches: str, lead: str, language: Language) -> str:
    return language.phrase("digest.title", watches=watches, found=lead) if watches else lead


def _lead(digest: Digest, entries: tuple[MessageContent, ...], language: Language, *, with_label: bool) -> str:
    """Return text such as `12 awards, best 75,000 MileagePlus miles + $5.60 (record low)`."""
    found = language.count("awards", digest.award_count)
    priced = zip(digest.offers, entries, strict=True)
    best = next((entry for event, entry in priced if event.offer.miles is not None), None)
    if best is None:
        return found
    price = f"{best.price} ({best.label.lower()})" if best.label and with_label else best.price
    return language.phrase("digest.best", found=found, price=price)
