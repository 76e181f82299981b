"""The content of a public page: the message, what is true now, and the offers that a digest only counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from awardspider.delivery.current_states import CurrentState, current_states, states_of_events
from awardspider.delivery.messages.content import MessageContent
from awardspider.delivery.messages.events import Digest, OfferEvent, Promotion, parse_event
from awardspider.delivery.messages.language import Language, get_language
from awardspider.delivery.messages.payloads import public_event
from awardspider.delivery.messages.render import message_content, ready_texts
from awardspider.delivery.public_pages import share_address
from awardspider.panel.configuration import PanelConfig
from awardspider.storage.digest_parts import digest_bodies
from awardspider.storage.shares import Share

#: The most further offers of a digest that its page lists.
MAX_FURTHER = 200

SharedEvent = OfferEvent | Digest | Promotion


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedEntry:
    """An offer or promotion on a page, with its state now; None if the state is not known."""

    content: MessageContent
    state: CurrentState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharePage:
    """Everything that a public page shows. Times have no ages, except in the state, so that a copy stays true."""

    share: Share
    event: SharedEvent
    language: Language
    content: MessageContent
    description: str
    address: str
    entries: Sequence[SharedEntry]
    further: Sequence[SharedEntry]
    unlisted: int

    @property
    def is_digest(self) -> bool:
        """Return whether the page lists several offers or promotions."""
        return isinstance(self.event, Digest)

    @property
    def state(self) -> CurrentState | None:
        """The state of the only entry."""
        return None if self.is_digest else self.entries[0].state

    @property
    def is_over(self) -> bool:
        """Return whether nothing on the page is still true."""
        states = [entry.state for entry in (*self.entries, *self.further) if entry.state]
        return bool(states) and all(state.is_over for state in states)

    @property
    def program(self) -> str:
        """The key of the program of an offer; empty for other pages."""
        return self.event.offer.program if isinstance(self.event, OfferEvent) else ""


def shared_event(share: Share) -> SharedEvent | None:
    """Return the event of a page, or None if it is invalid."""
    try:
        event = public_event(parse_event(share.body))
    except msgspec.ValidationError:
        return None
    return event if isinstance(event, OfferEvent | Digest | Promotion) else None


def share_page(config: PanelConfig, share: Share, event: SharedEvent) -> SharePage:
    """Return what the page of an event shows now."""
    language = get_language(share.locale)
    content = message_content(event, language, None, None)
    _, description, _ = ready_texts(event, locale=share.locale)
    further, unlisted = _further(config, share, event) if isinstance(event, Digest) else ([], 0)
    return SharePage(
        share=share,
        event=event,
        language=language,
        content=content,
        description=description,
        address=share_address(config.public_url, share.id),
        entries=_entries(config, event, content),
        further=_further_entries(config, further, language),
        unlisted=unlisted,
    )


def _entries(config: PanelConfig, event: SharedEvent, content: MessageContent) -> list[SharedEntry]:
    states = current_states(config.store, event, config.now(), config.max_age)
    if not isinstance(event, Digest):
        return [SharedEntry(content=content, state=states.get(_id(event)))]
    parts = (*event.offers, *event.promotions)
    return [
        SharedEntry(content=entry, state=states.get(_id(part)))
        for entry, part in zip(content.entries, parts, strict=True)
    ]


def _id(event: OfferEvent | Promotion) -> str:
    return event.offer_id if isinstance(event, OfferEvent) else event.promotion_id


def _further(config: PanelConfig, share: Share, digest: Digest) -> tuple[list[OfferEvent], int]:
    """Return the offers that a digest counts without showing them, cheapest first, and how many are not listed.

    Offers at several dates of one entry, and those for several watches, are listed once.
    """
    shown = {offer.flight_key for offer in digest.offers}
    shown_days = {(_flights(offer), day) for offer in digest.offers for day in offer.dates}
    found: dict[str, OfferEvent] = {}
    for body in digest_bodies(config.store, share.key, limit=MAX_FURTHER * 5):
        event = _part(body)
        if event and event.flight_key not in shown and (_flights(event), event.offer.departure_date) not in shown_days:
            found.setdefault(event.flight_key, event)
    ordered = sorted(found.values(), key=lambda event: (event.offer.miles or 0, event.offer.departure_date))
    listed = ordered[: min(MAX_FURTHER, digest.more)]
    return listed, max(digest.more - len(listed), 0)


def _flights(event: OfferEvent) -> tuple[str, ...]:
    """Return what the flights of an entry have in common on all its days."""
    offer = event.offer
    return offer.program, offer.origin, offer.destination, offer.cabin, offer.flights


def _part(body: Mapping[str, object]) -> OfferEvent | None:
    try:
        event = public_event(parse_event(body))
    except msgspec.ValidationError:
        return None
    return event if isinstance(event, OfferEvent) else None


def _further_entries(config: PanelConfig, events: Sequence[OfferEvent], language: Language) -> list[SharedEntry]:
    states = states_of_events(config.store, events, config.now(), config.max_age)
    return [
        SharedEntry(content=message_content(event, language, None, None), state=state.get(event.offer_id))
        for event, state in zip(events, states, strict=True)
    ]
