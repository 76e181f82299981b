"""Events as webhooks, commands and Zapier receive them: JSON values with ready texts in the language of the channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from typing import Any

from msgspec import structs

from awardspider.delivery.messages.events import AnyEvent, Digest, DigestKind, OfferEvent, Promotion, event_body
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.points import points_text
from awardspider.delivery.messages.render import ready_texts

#: Names of the ready texts. The entries of a digest have no `long`, because the digest's own `long` describes them.
TEXTS = ("title", "short", "long")
ENTRY_TEXTS = ("title", "short")


def event_payload(
    event: AnyEvent | OfferEvent, *, locale: str = "en", zone: tzinfo | None = None, share_link: str = ""
) -> dict[str, Any]:
    """Return an event as JSON values, without the segments of offers and with the texts in `TEXTS` and `in_points`.

    The texts contain neither the names of watches nor costs in the owner's points, which are fields of their own, so
    that they can be published as they are. With `share_link`, the address of the message's public page, the event has
    this field.
    """
    body, language = event_body(event), get_language(locale)
    offers = event.offers if isinstance(event, Digest) else [event] if isinstance(event, OfferEvent) else []
    for values, offer in zip(body.get("offers", [body]), offers, strict=False):
        del values["segments"]
        enough = [cost for cost in offer.in_points if cost.enough]
        values["in_points"] = [points_text(cost, offer.offer.program, language) for cost in enough]
    if isinstance(event, Digest):
        entries = (*event.offers, *event.promotions)
        for values, entry in zip((*body["offers"], *body["promotions"]), entries, strict=True):
            values |= {name: _texts(entry, locale, zone)[name] for name in ENTRY_TEXTS}
    return body | _texts(event, locale, zone, share_link) | ({"share_link": share_link} if share_link else {})


def _texts(event: AnyEvent | OfferEvent, locale: str, zone: tzinfo | None, share_link: str = "") -> dict[str, str]:
    texts = ready_texts(public_event(event), locale=locale, zone=zone, share_link=share_link)
    return dict(zip(TEXTS, texts, strict=True))


def public_event(event: AnyEvent | OfferEvent) -> AnyEvent | OfferEvent:
    """Return the event without what concerns only the owner: watches, their limits and costs in points."""
    if isinstance(event, Digest):
        kind = DigestKind.CRAWL if event.kind is DigestKind.FIRST else event.kind
        return structs.replace(
            event,
            kind=kind,
            watches=[],
            watch_ids=[],
            offers=[public_event(offer) for offer in event.offers],
            promotions=[public_event(promotion) for promotion in event.promotions],
        )
    if isinstance(event, OfferEvent):
        promotion = event.promotion and replace(event.promotion, points=None, previous_points=None)
        return structs.replace(event, watches=[], watch_ids=[], in_points=[], watch_max_miles=None, promotion=promotion)
    if isinstance(event, Promotion):
        return structs.replace(event, watches=[], watch_ids=[])
    return event
