"""Outbox rows for alerts, promotions and failed crawls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Protocol

from awardspider.deals.alerts import AlertedWatch, alert_event
from awardspider.delivery.channels.configuration import (
    SYNCED_KIND,
    accepts,
    channels_from_settings,
    configured_channels,
    with_default_events,
)
from awardspider.delivery.channels.sheet_options import selected_offers, sheet_options
from awardspider.delivery.messages import events
from awardspider.delivery.outbox import timing
from awardspider.items import AlertEvent, AwardOfferItem, EventType, Notified, Priority, PromotionItem
from awardspider.outcomes import InvalidArgument
from awardspider.search.freshness import max_age
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.trip_partners import TripPartner
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.channels import ChannelRow
from awardspider.storage.expired_offers import find_expired_subject
from awardspider.storage.offers import OfferFilter, find_offers
from awardspider.storage.outbox import FollowUp, OutboxRow, has_row
from awardspider.storage.promotions import PromotionOrder, find_promotions, promotion_id
from awardspider.storage.store import Store

_DEFAULT_PREFS = NotifyPrefs().to_record()


class _Watch(Protocol):
    """The attributes of `search.watches.Watch` that this module uses."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    def notify_record(self) -> dict[str, Any]: ...


def create_enqueuer(store: Store, settings: Mapping[str, Any], watches: Iterable[_Watch] = ()) -> Enqueuer:
    """Return an enqueuer for the configured channels and the watches' notification preferences."""
    watches = list(watches)
    prefs = {watch.key: watch.notify_record() for watch in watches}
    return Enqueuer(store, settings, prefs, {watch.key: watch.name for watch in watches})


def check_channel_settings(settings: Mapping[str, Any]) -> None:
    """Raise InvalidSetting if a setting configures an invalid channel."""
    channels_from_settings(settings)
    sheet_options(settings)


def fill_sheets(store: Store, settings: Mapping[str, Any], now: datetime) -> int:
    """Queue a row for every offer and promotion that belongs on each spreadsheet; return the number of rows.

    Raise InvalidArgument if no spreadsheet is configured.
    """
    sheets = Enqueuer(store, settings).sheets()
    if not sheets:
        raise InvalidArgument(
            "no spreadsheet is configured; set AWARD_GOOGLE_SHEET, or run: scrapy channels add NAME sheets ID"
        )
    oldest = max_age(settings)
    selected: Iterable[str] | None = selected_offers(store, sheet_options(settings), now=now, max_age=oldest)
    if selected is None:
        selected = [offer.id for offer in find_offers(store, OfferFilter(current_at=now, max_age=oldest))]
    subjects = dict.fromkeys(selected, EventType.OFFER_CHANGED)
    subjects |= {
        promotion.id: EventType.PROMOTION
        for promotion in find_promotions(store, PromotionOrder.PUBLISHED, bookable_on=now.date())
    }
    rows = [
        _sheet_row(sheet.channel, f"{subject}:fill:{now:%Y%m%dT%H%M%S}", event_type, subject, now)
        for sheet in sheets
        for subject, event_type in subjects.items()
    ]
    write_batch(store, Batch(outbox=rows))
    return len(rows)


def refresh_sheets(store: Store, settings: Mapping[str, Any], now: datetime) -> None:
    """Queue an update of each spreadsheet, at most once a day, in which an offer has departed or become outdated.

    The update of one row marks all rows whose status has changed with time.
    """
    rows = []
    for sheet in Enqueuer(store, settings).sheets():
        key = f"expired:{now:%Y%m%d}"
        if has_row(store, f"{sheet.channel}:{key}"):
            continue
        if subject := find_expired_subject(store, sheet.channel, now, max_age(settings)):
            rows.append(_sheet_row(sheet.channel, key, EventType.OFFER_CHANGED, subject, now))
    write_batch(store, Batch(outbox=rows))


class Enqueuer:
    """A builder of outbox rows. It reads the configured channels only once, when it is created.

    `notify_prefs` maps the key of each watch to its notification preferences: `channels` (name -> priority) and those
    described in `delivery.outbox.timing`. A watch whose preferences name no channels notifies all, each at the
    channel's priority. `names` maps the key of each watch to its name.
    """

    def __init__(
        self,
        store: Store,
        settings: Mapping[str, Any],
        notify_prefs: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Raise InvalidSetting if the settings configure an invalid channel."""
        configured = configured_channels(store, settings)
        self._channels = {name: with_default_events(channel.row) for name, channel in configured.items()}
        self._notify_prefs = notify_prefs
        self._names = names

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

    def sheet_rows(self, item: AwardOfferItem | PromotionItem, responded_at: datetime) -> Iterator[OutboxRow]:
        """Yield an outbox row for each spreadsheet."""
        for sheet in self.sheets():
            if isinstance(item, AwardOfferItem):
                key, subject = _change_key(item, responded_at), item.offer_id
                yield _sheet_row(sheet.channel, key, EventType.OFFER_CHANGED, subject, responded_at)
            else:
                subject = promotion_id(item)
                yield _sheet_row(sheet.channel, subject, EventType.PROMOTION, subject, responded_at)

    # ---- messages ----

    def gone_follow_ups(self) -> list[FollowUp]:
        """Return the channels to notify when an offer previously sent to them is gone."""
        return [FollowUp(channel=row.name) for row in self._accepting(EventType.OFFER_GONE)]

    def alert_events(
        self,
        offer: AwardOfferItem,
        watches: Iterable[AlertedWatch],
        notified: Mapping[tuple[str, str], Notified],
        recorded_miles: Mapping[str, int | None],
        *,
        is_new: bool,
    ) -> Iterator[AlertEvent]:
        """Yield an event for each channel and matching watch that the channel must be notified of.

        `notified` has the last messages, keyed by watch key and channel. A channel that accepts price drops only has no
        first message; for it, the price recorded for the watch (`recorded_miles`) counts.
        """
        for watch in watches:
            for row in self._message_channels():
                if self._priority(watch.key, row) is None:
                    continue
                last = notified.get((watch.key, row.name))
                if last is None and watch.key in recorded_miles and not accepts(row, EventType.OFFER_MATCHED):
                    last = Notified(offer_id=offer.offer_id, miles=recorded_miles[watch.key], waiting=False)
                event = alert_event(offer, watch, last, is_new=is_new)
                if event and accepts(row, event.event_type):
                    yield event._replace(channel=row.name)

    def offer_rows(
        self,
        offer: AwardOfferItem,
        alerts: Iterable[AlertEvent],
        responded_at: datetime,
        trips: Mapping[str, TripPartner] = MappingProxyType({}),
    ) -> Iterator[OutboxRow]:
        """Yield a row for each alert: each channel and watch has its own.

        `trips` has the other direction for each round-trip watch, keyed by the watch's key.
        """
        for alert in alerts:
            priority = self._priority(alert.watch_key, self._channels[alert.channel]) or Priority.NORMAL
            watch = blake2b(alert.watch_key.encode(), digest_size=4).hexdigest()
            key = f"{alert.channel}:{_change_key(offer, responded_at)}:{watch}"
            event = events.offer_event(
                alert.event_type,
                key,
                offer,
                responded_at,
                alert.previous_miles,
                watches=[alert.watch],
                watch_ids=[alert.watch_id] if alert.watch_id else [],
                partner=trips.get(alert.watch_key),
            )
            notify_prefs = self._message_prefs(alert)
            yield message_row(
                alert.channel,
                event,
                offer.offer_id,
                next_attempt_at=timing.first_attempt_at(priority, notify_prefs, responded_at),
                priority=priority,
                watch_key=alert.watch_key,
                miles=offer.miles,
                notify_prefs=notify_prefs,
            )

    def promotion_rows(self, item: PromotionItem) -> Iterator[OutboxRow]:
        """Yield one message for each channel that accepts promotions."""
        subject = promotion_id(item)
        for row in self._accepting(EventType.PROMOTION):
            event = events.promotion_event(f"{row.name}:{subject}", item, subject)
            yield message_row(row.name, event, subject)

    def run_failed_rows(self, failed: Mapping[str, Any], *, since: str, now: datetime) -> Iterator[OutboxRow]:
        """Yield one message for each channel that accepts failed crawls.

        `failed` contains the fields of events.RunFailed. `since` identifies the last successful crawl: if a program
        fails again, for this or another reason, it is not reported again until a crawl has succeeded.
        """
        for row in self._accepting(EventType.RUN_FAILED):
            key = f"{row.name}:run.failed:{failed['program']}:{since}"
            event = events.RunFailed(id=key, created_at=now, **failed)
            yield message_row(row.name, event, f"run {failed['program']}")

    def _message_channels(self) -> Iterator[ChannelRow]:
        return (row for row in self._channels.values() if row.kind != SYNCED_KIND)

    def _accepting(self, event_type: EventType) -> Iterator[ChannelRow]:
        return (row for row in self._message_channels() if accepts(row, event_type))

    def _priority(self, watch_key: str, row: ChannelRow) -> Priority | None:
        """Return a watch's priority on a channel, or None if the watch does not notify that channel."""
        channels = self._notify_prefs.get(watch_key, _DEFAULT_PREFS)["channels"]
        if not channels:
            return row.priority
        return Priority(channels[row.name]) if row.name in channels else None

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


def _sheet_row(channel: str, key: str, event_type: EventType, subject: str, at: datetime) -> OutboxRow:
    """Return a row with an empty body, because the sheet writes the state at the time of delivery."""
    return OutboxRow(
        key=f"{channel}:{key}", channel=channel, event_type=event_type, subject=subject, body={}, created_at=at
    )


def _change_key(offer: AwardOfferItem, responded_at: datetime) -> str:
    """Build a key from the offer's id, its state and the time, so that an offer that reappears is sent again."""
    return f"{offer.offer_id}:{offer.state}:{responded_at:%Y%m%dT%H%M%S}"
