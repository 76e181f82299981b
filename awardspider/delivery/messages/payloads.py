"""Events as webhooks, commands and Zapier receive them: JSON values with ready texts in the language of the channel."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from msgspec import structs

from awardspider.delivery.messages.events import AnyEvent, Digest, OfferEvent, event_body
from awardspider.delivery.messages.render import ready_texts

#: Names of the ready texts. The offers of a digest have no `long`, because the digest's own `long` describes them.
TEXTS = ("title", "short", "long")
OFFER_TEXTS = ("title", "short")


def event_payload(event: AnyEvent | OfferEvent, *, locale: str = "en", zone: tzinfo | None = None) -> dict[str, Any]:
    """Return an event as JSON values, without the segments of offers and with the texts in `TEXTS`.

    The texts do not name the watches, which are a field of their own, so that they can be published as they are.
    """
    body = event_body(event)
    for offer in (body, *body.get("offers", ())):
        offer.pop("segments", None)
    if isinstance(event, Digest):
        for values, offer_event in zip(body["offers"], event.offers, strict=True):
            values |= {name: _texts(offer_event, locale, zone)[name] for name in OFFER_TEXTS}
    return body | _texts(event, locale, zone)


def _texts(event: AnyEvent | OfferEvent, locale: str, zone: tzinfo | None) -> dict[str, str]:
    unnamed = structs.replace(event, watches=[]) if isinstance(event, OfferEvent | Digest) else event
    return dict(zip(TEXTS, ready_texts(unnamed, locale=locale, zone=zone), strict=True))
