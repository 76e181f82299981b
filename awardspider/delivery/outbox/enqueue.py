"""Outbox rows for alerts, promotions, failed crawls and incidents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

import msgspec

from awardspider.deals.rules import due_event, gone_note_is_due, is_due_at_once
from awardspider.delivery.channels.configuration import (
    SYNCED_KIND,
    accepts,
    channels_from_settings,
    configured_channels,
    with_default_events,
)
from awardspider.delivery.channels.sheet_options import sheet_options
from awardspider.delivery.messages import events
from awardspider.delivery.outbox import timing
from awardspider.delivery.outbox.points import WatchPoints
from awardspider.delivery.outbox.watch_protocols import AlertedWatch, AwardWatch, NotifiedWatch
from awardspider.items import AlertEvent, AwardOfferItem, Detail, EventType, Priority, PromotionItem
from awardspider.search.alert_wait import alert_wait
from awardspider.search.judgments import Judgment
from awardspider.search.match_states import MatchState, Message, Variant, messages_since
from awardspider.search.notify_prefs import MIN_DROP, NotifyPrefs
from awardspider.search.offer_promotions import OfferPromotion
from awardspider.search.trip_partners import TripPartner
from awardspider.storage.channels import ChannelRow
from awardspider.storage.compositions import notified_watch_keys
from awardspider.storage.outbox import FollowUp, OutboxRow
from awardspider.storage.store import Store

_DEFAULT_PREFS = NotifyPrefs().to_record()


def create_enqueuer(
    store: Store,
    settings: Mapping[str, Any],
    watches: Iterable[AwardWatch] = (),
    promotion_watches: Iterable[NotifiedWatch] = (),
) -> Enqueuer:
    """Return an enqueuer for the configured channels and the watches' notification preferences."""
    watches = list(watches)
    limits = {watch.key: watch.max_miles for watch in watches}
    notified: list[NotifiedWatch] = [*watches, *promotion_watches]
    prefs = {watch.key: watch.notify_record() for watch in notified}
    names = {watch.key: watch.name for watch in notified}
    return Enqueuer(store, settings, prefs, names, limits)


def check_channel_settings(settings: Mapping[str, Any]) -> None:
    """Raise InvalidSetting if a setting configures an invalid channel."""
    channels_from_settings(settings)
    sheet_options(settings)


class Enqueuer:
    """A builder of outbox rows. It reads the configured channels only once, when it is created.

    `notify_prefs` maps the key of each watch to its notification preferences: `channels` (name -> priority) and those
    described in `delivery.outbox.timing`. A watch whose preferences name no channels notifies all, each at the
    channel's priority. `names` maps the key of each watch to its name, and `limits` to its limit in miles.
    """

    def __init__(
        self,
        store: Store,
        settings: Mapping[str, Any],
        notify_prefs: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        names: Mapping[str, str] = MappingProxyType({}),
        limits: Mapping[str, int | None] = MappingProxyType({}),
    ) -> None:
        """Raise InvalidSetting if the settings configure an invalid channel."""
        configured = configured_channels(store, settings)
        self._channels = {name: with_default_events(channel.row) for name, channel in configured.items()}
        self._notify_prefs = notify_prefs
        self._names = names
        self._limits = limits
        self._wait = alert_wait(settings)
        self._store = store
        self._notified: set[tuple[str, str]] = set()  # pairs of watch key and channel
        self._points = WatchPoints(store, settings)

    def unknown_channels(self) -> list[tuple[str, str]]:
        """Return a (watch, channel) pair for each unknown channel that a watch names."""
        return [
            (self._names.get(key, key), name)
            for key, prefs in self._notify_prefs.items()
            for name in prefs["channels"]
            if name not in self._channels
        ]

    # ---- synced rows of spreadsheets ----

    def sheets(self) -> list[FollowUp]:
        """Return the spreadsheets, which must be notified of every change in their offers."""
        return [
            FollowUp(channel=row.name, syncs_rows=True) for row in self._channels.values() if row.kind == SYNCED_KIND
        ]

    def sheet_rows(self, offer: AwardOfferItem, responded_at: datetime) -> Iterator[OutboxRow]:
        """Yield an outbox row about an offer for each spreadsheet."""
        for sheet in self.sheets():
            key = _change_key(offer, responded_at)
            yield sheet_row(sheet.channel, key, EventType.OFFER_CHANGED, offer.offer_id, responded_at)

    def promotion_sheet_rows(self, promotion_id: str, at: datetime) -> Iterator[OutboxRow]:
        """Yield an outbox row about a new or changed promotion for each spreadsheet."""
        for sheet in self.sheets():
            key = f"{promotion_id}:{at:%Y%m%dT%H%M%S}"
            yield sheet_row(sheet.channel, key, EventType.PROMOTION, promotion_id, at)

    # ---- messages ----

    @property
    def has_message_channels(self) -> bool:
        """Return whether a channel can be due a message about an offer."""
        return any(True for _ in self._message_channels())

    def due_alerts(
        self,
        watch: AlertedWatch,
        offer: AwardOfferItem,
        variant: Variant,
        messages: Mapping[tuple[str, str], Sequence[Message]],
        *,
        since: datetime,
        before: MatchState | None,
        of_day: tuple[Mapping[tuple[str, str], Sequence[Message]], datetime] | None = None,
        is_record_low: bool = False,
    ) -> Iterator[AlertEvent]:
        """Yield an event for each channel that is due a message about an offer whose match began at `since`.

        `messages` are those about its flights, keyed by watch key and channel. `before` is the state of the match if it
        was true before: a channel that accepts price drops only has no first message, so for it the price recorded
        there counts. `of_day` has the messages about the price of the day without its flights, and when that match
        began: the flights at this price are no news, and replace a message about the day that waits.
        """
        min_drop = self._notify_prefs.get(watch.key, _DEFAULT_PREFS).get("min_drop", MIN_DROP)
        for row in self._message_channels():
            if self._priority(watch.key, row) is None:
                continue
            key = watch.key, row.name
            found = messages_since(messages.get(key, ()), since)
            if found.delivered is None and of_day is not None:
                found = found._replace(delivered=messages_since(of_day[0].get(key, ()), of_day[1]).delivered)
            if found.delivered is None and before is not None and not accepts(row, EventType.OFFER_MATCHED):
                recorded = variant._replace(is_unpriced=before.miles is None, miles=before.miles or 0)
                found = found._replace(delivered=Message(recorded, offer.offer_id, before.miles, since, False))
            due = due_event(found, variant, min_drop=min_drop, is_record_low=is_record_low)
            if due is not None and accepts(row, due.event_type):
                last = found.delivered if due.event_type is EventType.OFFER_DROPPED else None
                yield AlertEvent(
                    due.event_type,
                    watch.name,
                    _lower_than(offer.miles, last.miles) if last else None,
                    watch.min_seats,
                    channel=row.name,
                    watch_id=watch.id,
                    since=since,
                )

    def offer_rows(
        self,
        offer: AwardOfferItem,
        alerts: Iterable[AlertEvent],
        responded_at: datetime,
        trips: Mapping[str, TripPartner] = MappingProxyType({}),
        judgment: Judgment | None = None,
        promotions: Mapping[str, OfferPromotion] = MappingProxyType({}),
    ) -> Iterator[OutboxRow]:
        """Yield a row for each alert: each channel and watch has its own.

        `trips` has the other direction for each round-trip watch, and `promotions` the promotion that made the offer
        cheaper, both keyed by the watch's key. The rows wait for the end of the crawl, at most as long as the setting
        says, except those about the best deals. The first message about a watch on a channel is a summary, so it waits
        in any case.
        """
        is_top = is_due_at_once(judgment, offer.miles)
        for alert in alerts:
            priority = self._priority(alert.watch_key, self._channels[alert.channel]) or Priority.NORMAL
            partner = trips.get(alert.watch_key)
            event = events.offer_event(
                alert.event_type,
                f"{alert.channel}:{_change_key(offer, responded_at)}:{_short(alert.watch_key)}",
                offer,
                max(responded_at, alert.since or responded_at),
                alert.previous_miles,
                watches=[alert.watch],
                watch_ids=[alert.watch_id] if alert.watch_id else [],
                partner=partner,
                judgment=judgment,
                in_points=self._points.costs(alert.watch_id, offer, responded_at),
                is_confirmed=offer.detail is Detail.ITINERARY,
                watch_max_miles=self._limits.get(alert.watch_key),
                promotion=promotions.get(alert.watch_key),
            )
            notify_prefs = self._message_prefs(alert)
            due_at = timing.first_attempt_at(priority, notify_prefs, responded_at)
            at_once = not self._wait or (is_top and self._was_notified(alert, responded_at))
            yield message_row(
                alert.channel,
                event,
                offer.offer_id,
                next_attempt_at=due_at if at_once else max(due_at, responded_at + self._wait),
                priority=priority,
                watch_key=alert.watch_key,
                flight_key=offer.flight_key,
                miles=offer.miles,
                notify_prefs=notify_prefs,
                partner_key=partner.offer.flight_key if partner else None,
            )

    def _was_notified(self, alert: AlertEvent, now: datetime) -> bool:
        """Return True if the alert's channel has had a message about its watch before."""
        key = alert.watch_key, alert.channel
        if key not in self._notified:
            with self._store.reading() as connection:
                if not notified_watch_keys(connection, alert.channel, [alert.watch_key], now):
                    return False
            self._notified.add(key)
        return True

    def gone_rows(
        self, watch: AlertedWatch, ended: MatchState, messages: Mapping[tuple[str, str], Sequence[Message]]
    ) -> Iterator[OutboxRow]:
        """Yield a row for each channel that is due a note that the flights of a match are gone.

        The body is empty, because it is rendered from the stored offer when it is due.
        """
        prefs = self._notify_prefs.get(watch.key, _DEFAULT_PREFS)
        for row in self._accepting(EventType.OFFER_GONE):
            found = messages_since(messages.get((watch.key, row.name), ()), ended.since)
            delivered = found.delivered
            if delivered is None or ended.ended_at is None:
                continue
            if gone_note_is_due(found, ended, is_enabled=bool(prefs.get("gone_note"))):
                key = f"{row.name}:{delivered.offer_id}:{EventType.OFFER_GONE}:{ended.ended_at:%Y%m%dT%H%M%S}"
                is_urgent = self._priority(watch.key, row) is Priority.URGENT
                priority = Priority.URGENT if is_urgent else Priority.NORMAL
                notify_prefs = {name: value for name, value in prefs.items() if name != "channels"}
                yield OutboxRow(
                    key=f"{key}:{_short(watch.key)}",
                    channel=row.name,
                    event_type=EventType.OFFER_GONE,
                    subject=delivered.offer_id,
                    body={},
                    created_at=ended.ended_at,
                    next_attempt_at=timing.first_attempt_at(priority, notify_prefs, ended.ended_at),
                    priority=priority,
                    watch_key=watch.key,
                    notify_prefs=notify_prefs,
                )

    def promotion_rows(
        self,
        item: PromotionItem,
        promotion_id: str,
        watches: Iterable[NotifiedWatch],
        source_names: Sequence[str] = (),
    ) -> Iterator[OutboxRow]:
        """Yield a row for each watch that a promotion matches and each of its channels that accepts promotions.

        A watch and channel never have a second row about the promotion, because its key exists. The rows wait for the
        end of the crawl, at most as long as the setting says.
        """
        accepting = [*self._accepting(EventType.PROMOTION)]
        for watch in watches:
            prefs = watch.notify_record()
            notify_prefs = {name: value for name, value in prefs.items() if name != "channels"}
            for row in accepting:
                priority = _priority(prefs, row)
                if priority is None:
                    continue
                event = events.promotion_event(
                    f"{row.name}:{promotion_id}:{_short(watch.key)}",
                    item,
                    promotion_id,
                    source_names=source_names,
                    watches=[watch.name],
                    watch_ids=[watch.id] if watch.id else [],
                )
                due_at = timing.first_attempt_at(priority, notify_prefs, item.seen_at)
                yield message_row(
                    row.name,
                    event,
                    promotion_id,
                    next_attempt_at=max(due_at, item.seen_at + self._wait),
                    priority=priority,
                    watch_key=watch.key,
                    notify_prefs=notify_prefs,
                )

    def operator_rows(self, event: events.Event, *, key: str, subject: str) -> Iterator[OutboxRow]:
        """Yield one message about a failed crawl or an incident for each channel that accepts it.

        `key` identifies the message on every channel: one whose key exists is not sent again.
        """
        for row in self._accepting(event.event_type):
            of_channel = msgspec.structs.replace(event, id=f"{row.name}:{key}")
            yield message_row(row.name, of_channel, subject, priority=Priority.URGENT)

    def _message_channels(self) -> Iterator[ChannelRow]:
        return (row for row in self._channels.values() if row.kind != SYNCED_KIND)

    def _accepting(self, event_type: EventType) -> Iterator[ChannelRow]:
        return (row for row in self._message_channels() if accepts(row, event_type))

    def _priority(self, watch_key: str, row: ChannelRow) -> Priority | None:
        """Return a watch's priority on a channel, or None if the watch does not notify that channel."""
        return _priority(self._notify_prefs.get(watch_key, _DEFAULT_PREFS), row)

    def _message_prefs(self, alert: AlertEvent) -> dict[str, Any]:
        """Return the preferences that are checked again when the row is delivered."""
        prefs = self._notify_prefs.get(alert.watch_key, _DEFAULT_PREFS)
        return {name: value for name, value in prefs.items() if name != "channels"} | {"min_seats": alert.min_seats}


def message_row(channel: str, event: events.Event, subject: str, **values: Any) -> OutboxRow:
    """Return an event's outbox row, with the event's id as the key. `values` sets other fields of OutboxRow."""
    return OutboxRow(
        key=event.id,
        channel=channel,
        event_type=event.event_type,
        subject=subject,
        body=events.event_body(event),
        created_at=event.created_at,
        **values,
    )


def _priority(notify_prefs: Mapping[str, Any], row: ChannelRow) -> Priority | None:
    """Return the priority that preferences give a channel, or None if they leave it out."""
    channels = notify_prefs["channels"]
    if not channels:
        return row.priority
    return Priority(channels[row.name]) if row.name in channels else None


def _lower_than(miles: int | None, previous: int | None) -> int | None:
    """Return a previous price if it was higher; that of a round trip can drop by the other direction alone."""
    return previous if miles is not None and previous is not None and previous > miles else None


def _short(watch_key: str) -> str:
    return blake2b(watch_key.encode(), digest_size=4).hexdigest()


def sheet_row(channel: str, key: str, event_type: EventType, subject: str, at: datetime) -> OutboxRow:
    """Return a row with an empty body, because the sheet writes the state at the time of delivery."""
    return OutboxRow(
        key=f"{channel}:{key}", channel=channel, event_type=event_type, subject=subject, body={}, created_at=at
    )


def _change_key(offer: AwardOfferItem, responded_at: datetime) -> str:
    """Build a key from the offer's id, its state and the time, so that an offer that reappears is sent again."""
    return f"{offer.offer_id}:{offer.state}:{responded_at:%Y%m%dT%H%M%S}"
