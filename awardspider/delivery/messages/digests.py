"""Message content for digests: several offers or promotions in one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import NamedTuple

from awardspider.delivery.messages.content import MessageContent, Part, Tone
from awardspider.delivery.messages.events import Digest, DigestKind
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.offers import offer_content, watch_names
from awardspider.delivery.messages.promotions import promotion_content
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
    """Return the content for a digest: its offers, then its promotions, the best first, and the number of others."""
    offers = tuple(offer_content(offer, language, now, zone) for offer in digest.offers)
    promotions = tuple(promotion_content(promotion, language, now, zone) for promotion in digest.promotions)
    entries = (*offers, *(replace(entry, headline=entry.title) for entry in promotions))
    if len(digest.watches) < 2:  # the headline names the only watch
        entries = tuple(replace(entry, watch="") for entry in entries)
    watches = watch_names(digest.watches)
    found = _found(digest, language)
    is_partial = digest.more or digest.more_promotions
    lead = language.phrase("digest.shown", found=found) if is_partial else found
    best = [
        Part(text=", ".join(part.text for part in entry.parts if not part.rank), rank=rank, separator="; ")
        for rank, entry in enumerate(entries, 1)
    ]
    kind = "promotions" if promotions and not offers and digest.kind is not DigestKind.DAILY else digest.kind
    return MessageContent(
        tone=Tone.FOUND if offers else Tone.PROMOTION,
        title=_title(digest, watches, offers, promotions, language),
        kicker=language.phrase(f"digest.{kind}"),
        headline=watches or _best(digest, offers, promotions, language, _VERSIONS[0]),
        lead=lead if watches else "",
        parts=(Part(text=found), *best),
        remark=language.phrase("offer.prices_per_traveler") if offers else "",
        entries=entries,
        more=_more(digest, language),
    )


def with_fewer_entries(content: MessageContent, digest: Digest, language: Language, count: int) -> MessageContent:
    """Return the content of a digest with its first `count` entries, and the number of the others."""
    return replace(content, entries=content.entries[:count], more=_more(digest.first(count), language))


def _found(digest: Digest, language: Language) -> str:
    """Return text such as `12 awards and 3 promotions`."""
    counts = (("awards", digest.award_count), ("promotions", digest.promotion_count))
    return language.join([language.count(name, count) for name, count in counts if count])


def _more(digest: Digest, language: Language) -> str:
    """Return text such as `and 7 more`, which names what it counts if the digest has both offers and promotions."""
    if digest.award_count and digest.promotion_count:
        counts = (("more_awards", digest.more), ("more_promotions", digest.more_promotions))
        return "; ".join(language.count(name, count) for name, count in counts if count)
    others = digest.more + digest.more_promotions
    return language.count("more", others) if others else ""


def _title(
    digest: Digest,
    watches: str,
    offers: Sequence[MessageContent],
    promotions: Sequence[MessageContent],
    language: Language,
) -> str:
    """Return a title such as `Tokyo: 12 awards, best deal 75,000 miles (record low), lowest 62,500 miles`.

    If it is too long, the class, then the taxes, then the lowest price are left out. A single entry has the title of
    its offer or promotion.
    """
    entries = (*offers, *promotions)
    if len(entries) == 1 and not digest.more and not digest.more_promotions:
        return entries[0].title
    for version in _VERSIONS:
        found = _best(digest, offers, promotions, language, version)
        title = language.phrase("digest.title", watches=watches, found=found) if watches else found
        if len(title) <= MAX_TITLE_LENGTH:
            break
    return title


def _best(
    digest: Digest,
    offers: Sequence[MessageContent],
    promotions: Sequence[MessageContent],
    language: Language,
    version: _Version,
) -> str:
    """Return the number of awards, the price of the best one and the lowest price, if it is another one.

    A summary always shows its lowest price; a digest of all watches may not, so it does not name one. Without awards,
    this is the number of promotions and the title of the best one.
    """
    found, phrase = _found(digest, language), language.phrase
    if promotions and not offers:
        return phrase("digest.best_promotion", found=found, title=promotions[0].headline)
    priced = [
        (event.offer.miles, event.offer.program, entry)
        for event, entry in zip(digest.offers, offers, strict=True)
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
