"""The cards of messages through Apprise: which services can have them, in which size, and with or after the text."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from awardspider.delivery.messages.cards.card import CardEvent, render_card
from awardspider.delivery.messages.cards.sizes import CardSize
from awardspider.outcomes import InvalidArgument

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from apprise import AppriseAttachment
    from apprise.attachment.memory import AttachMemory

if TYPE_CHECKING:
    from apprise import NotifyBase

#: The option that selects the size of the card, and its value for no card.
CARD_OPTION = "card"
NO_CARD = "no"


class CardPlace(StrEnum):
    """The place of a card: in the same request as the text, or in a message of its own that follows it."""

    WITH_TEXT = "with the text"
    AFTER_TEXT = "after the text"


class _Service(NamedTuple):
    place: CardPlace
    default: CardSize | None


# The services for which it is known that a card that is not accepted cannot make a text arrive twice. Telegram, Discord
# and ntfy need a request of its own for an image, so the text is sent before, by itself.
_SERVICES = {
    "Telegram": _Service(CardPlace.AFTER_TEXT, CardSize.FEED),
    "Discord": _Service(CardPlace.AFTER_TEXT, CardSize.FEED),
    "ntfy": _Service(CardPlace.AFTER_TEXT, CardSize.FEED),
    "Signal": _Service(CardPlace.WITH_TEXT, CardSize.FEED),
    "Pushover": _Service(CardPlace.WITH_TEXT, CardSize.FEED),
    "Mattermost": _Service(CardPlace.WITH_TEXT, CardSize.FEED),
    "E-Mail": _Service(CardPlace.WITH_TEXT, CardSize.LINK),
    "JSON": _Service(CardPlace.WITH_TEXT, None),
    "Form": _Service(CardPlace.WITH_TEXT, None),
    "XML": _Service(CardPlace.WITH_TEXT, None),
}


def check_card(service: NotifyBase, options: Mapping[str, str]) -> None:
    """Raise InvalidArgument for an unknown size, or a card for a service that cannot have one."""
    value = options.get(CARD_OPTION)
    if value is None or value == NO_CARD:
        return
    if value not in list(CardSize):
        raise InvalidArgument(f"unknown card {value!r}; use {', '.join(CardSize)} or {NO_CARD}")
    if _service(service) is None:
        name = str(service.service_name)
        raise InvalidArgument(f"this address of {name} cannot have cards; leave out the option card")


def card_size(service: NotifyBase, options: Mapping[str, str]) -> CardSize | None:
    """Return the size of the cards that a service gets, or None if it gets none."""
    known, value = _service(service), options.get(CARD_OPTION)
    if known is None or value == NO_CARD:
        return None
    return CardSize(value) if value in list(CardSize) else known.default


def card_follows(service: NotifyBase) -> bool:
    """Return True if the card is a message of its own after the text."""
    known = _service(service)
    return known is not None and known.place is CardPlace.AFTER_TEXT


def attach_card(
    event: CardEvent, size: CardSize, *, locale: str, link: str | None, now: datetime, zone: tzinfo | None
) -> AppriseAttachment:
    """Return the card of an event as an attachment."""
    data = render_card(event, size=size, locale=locale, link=link, now=now, zone=zone)
    attachment = AppriseAttachment()
    image = AttachMemory(content=data, name=f"{event.event_type}.png", mimetype="image/png")  # type: ignore[no-untyped-call]
    attachment.add(image)
    return attachment


def _service(service: NotifyBase) -> _Service | None:
    """Return what is known about the cards of a service; None if it does not accept images at this address."""
    return _SERVICES.get(str(service.service_name)) if service.attachment_support else None
