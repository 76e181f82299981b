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
from awardspider.delivery.messages.events import AnyEvent, Digest, OfferEvent
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.links import main_link
from awardspider.delivery.messages.payloads import public_event
from awardspider.delivery.messages.render import message_content
from awardspider.delivery.outbox.combining import combined_body
from awardspider.delivery.public_pages import share_address
from awardspider.items import EventType
from awardspider.panel.configuration import PanelConfig
from awardspider.panel.message_views import channel_locale, event_of_body
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
class UnreadablePost:
    """A message for a person whose stored body is invalid, such as that of another version."""

    id: int
    channel: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PostList:
    """The first posts, in the order in which to post them, the number of all, and those that cannot be shown."""

    posts: Sequence[Post]
    total: int
    unreadable: Sequence[UnreadablePost]


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


def waiting_posts(config: PanelConfig, *, owner_id: str | None, limit: int) -> PostList:
    """Return the posts that wait; with an owner, only those of the owner."""
    messages = waiting_messages(config.store, owner_id=owner_id)
    waiting = _waiting(config, messages)
    first = sorted(waiting, key=lambda each: each.rank)[:limit]
    readable = {each.message.rows[0].id for each in waiting}
    unreadable = [
        UnreadablePost(id=message.rows[0].id, channel=message.rows[0].channel, since=message.since)
        for message in messages
        if message.rows[0].id not in readable
    ]
    return PostList(posts=_posts(config, first), total=len(waiting), unreadable=unreadable)


def find_post(config: PanelConfig, row_id: int, *, owner_id: str | None) -> Post | None:
    """Return the post that begins with a row.

    Return None if it does not wait any more, belongs to another owner, or cannot be shown.
    """
    message = waiting_message(config.store, row_id, owner_id=owner_id)
    found = _posts(config, _waiting(config, [message])) if message else []
    return found[0] if found else None


def _waiting(config: PanelConfig, messages: Sequence[HandedOff]) -> list[_Waiting]:
    """Return those of the messages that can be shown."""
    read = [(message, public_event(event)) for message in messages if (event := _event_of_rows(message))]
    states = states_of_events(config.store, [event for _, event in read], config.now(), config.max_age)
    return [
        _Waiting(message=message, event=event, states=state)
        for (message, event), state in zip(read, states, strict=True)
    ]


def _posts(config: PanelConfig, waiting: Sequence[_Waiting]) -> list[Post]:
    channels = configured_channels(config.store, config.settings)
    shares = find_shares(config.store, [each.message.key for each in waiting])
    share_ids = {key: share.id for key, share in shares.items() if share.is_open(config.now())}
    return [_post(config, each, channels, share_ids) for each in waiting]


def _event_of_rows(message: HandedOff) -> AnyEvent | None:
    """Return the event of a message, which can be for several watches; None if none of its rows has a valid body."""
    events = {row.id: event for row in message.rows if (event := event_of_body(row.body))}
    rows: Sequence[Any] = [row for row in message.rows if row.id in events]
    if len(rows) > 1 and rows[0].event_type is not EventType.DIGEST:
        return event_of_body(combined_body(rows, message.key))
    return events[rows[0].id] if rows else None


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
