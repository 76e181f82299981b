"""The posts that wait for a person, with everything that the person needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awardspider.delivery.channels.configuration import ConfiguredChannel, configured_channels
from awardspider.delivery.channels.handoff.captions import caption
from awardspider.delivery.channels.handoff.outlets import Outlet
from awardspider.delivery.current_states import CurrentState, states_of_events
from awardspider.delivery.messages.cards.sizes import CardSize
from awardspider.delivery.messages.events import AnyEvent, Digest, OfferEvent, parse_event
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.links import main_link
from awardspider.delivery.messages.payloads import public_event
from awardspider.delivery.messages.render import message_content
from awardspider.delivery.outbox.combining import combined_body
from awardspider.delivery.public_pages import share_address
from awardspider.items import EventType
from awardspider.panel.configuration import PanelConfig
from awardspider.panel.message_views import channel_locale
from awardspider.search.judgments import DEAL_CLASSES, DealClass
from awardspider.storage.handoffs import HandedOff, waiting_message, waiting_messages
from awardspider.storage.shares import find_shares

_PER_DAY = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message for a person: the outlet, the text to post, and what is true now.

    `link` is the public page or, without an open one, another link of the message. `states` are those of its entries,
    keyed by id.
    """

    id: int
    channel: str
    outlet: Outlet
    locale: str
    event: AnyEvent | OfferEvent
    title: str
    caption: str
    link: str
    is_public: bool
    since: datetime
    states: Mapping[str, CurrentState]

    @property
    def size(self) -> CardSize:
        """The size of the card for the outlet."""
        return CardSize(self.outlet.card_size)

    @property
    def dialog(self) -> str | None:
        """The outlet's own dialog that shares the public page, if there is one for it."""
        return self.outlet.share_dialog(self.link) if self.is_public else None

    @property
    def over(self) -> list[CurrentState]:
        """The states of the entries that are not true any more."""
        return [state for state in self.states.values() if state.is_over]

    @property
    def is_over(self) -> bool:
        """Return whether nothing in the message is still true."""
        return _all_over(self.states)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A message that waits for a person, with its event and what is true now."""

    message: HandedOff
    event: AnyEvent | OfferEvent
    states: Mapping[str, CurrentState]

    @property
    def rank(self) -> tuple[bool, int, int, float]:
        """The order of posts: those that are true, then the newest day, then the best class, then the newest."""
        since = self.message.since.timestamp()
        return _all_over(self.states), -int(since // _PER_DAY), _class_rank(self.event), -since


def waiting_posts(config: PanelConfig, *, owner_id: str | None, limit: int) -> tuple[list[Post], int]:
    """Return the first posts that wait, in the order in which to post them, and the number of all.

    With an owner, only those of the owner.
    """
    waiting = _waiting(config, waiting_messages(config.store, owner_id=owner_id))
    first = sorted(waiting, key=lambda each: each.rank)[:limit]
    return _posts(config, first), len(waiting)


def find_post(config: PanelConfig, row_id: int, *, owner_id: str | None) -> Post | None:
    """Return the post that begins with a row, or None if it does not wait any more, or belongs to another owner."""
    message = waiting_message(config.store, row_id, owner_id=owner_id)
    return _posts(config, _waiting(config, [message]))[0] if message else None


def _waiting(config: PanelConfig, messages: Sequence[HandedOff]) -> list[_Waiting]:
    events = [public_event(event_of_rows(message)) for message in messages]
    states = states_of_events(config.store, events, config.now(), config.max_age)
    return [
        _Waiting(message=message, event=event, states=state)
        for message, event, state in zip(messages, events, states, strict=True)
    ]


def _posts(config: PanelConfig, waiting: Sequence[_Waiting]) -> list[Post]:
    channels = configured_channels(config.store, config.settings)
    shares = find_shares(config.store, [each.message.key for each in waiting])
    share_ids = {key: share.id for key, share in shares.items() if share.is_open(config.now())}
    return [_post(config, each, channels, share_ids) for each in waiting]


def event_of_rows(message: HandedOff) -> AnyEvent:
    """Return the event of a message, which can be for several watches."""
    rows: Sequence[Any] = message.rows
    combines = len(rows) > 1 and rows[0].event_type is not EventType.DIGEST
    return parse_event(combined_body(rows, message.key) if combines else rows[0].body)


def _post(
    config: PanelConfig, waiting: _Waiting, channels: Mapping[str, ConfiguredChannel], share_ids: Mapping[str, str]
) -> Post:
    message, event = waiting.message, waiting.event
    row = message.rows[0]
    channel = channels.get(row.channel)
    locale = channel_locale(channel, config.settings)
    is_public = bool(config.public_url) and message.key in share_ids
    link = share_address(config.public_url, share_ids[message.key]) if is_public else main_link(event) or ""
    outlet = _outlet(channel)
    return Post(
        id=row.id,
        channel=row.channel,
        outlet=outlet,
        locale=locale,
        event=event,
        title=message_content(event, get_language(locale), None, None).title,
        caption=caption(event, outlet, locale=locale, share_link=link if is_public else ""),
        link=link,
        is_public=is_public,
        since=message.since,
        states=waiting.states,
    )


def _outlet(channel: ConfiguredChannel | None) -> Outlet:
    """Return the outlet of a channel; it can have been replaced by one of another kind."""
    address = channel.row.address if channel else ""
    return Outlet(address) if address in list(Outlet) else Outlet.OTHER


def _all_over(states: Mapping[str, CurrentState]) -> bool:
    return bool(states) and all(state.is_over for state in states.values())


def _class_rank(event: AnyEvent | OfferEvent) -> int:
    """Return the place of the best deal class in a message, 0 for the best; a promotion comes after good deals."""
    offers = event.offers if isinstance(event, Digest) else [event] if isinstance(event, OfferEvent) else []
    classes = [offer.judgment.deal_class for offer in offers if offer.judgment]
    order: list[DealClass] = list(DEAL_CLASSES)
    return min((order.index(each) for each in classes if each in order), default=len(order))
