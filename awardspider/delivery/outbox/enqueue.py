"""What is to be told, and to whom: outbox rows for what pipelines decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from threading import Event, Timer
from typing import Any, Protocol

from awardspider.delivery.channels.configuration import KEEPS_ROWS, configured, from_settings, wants, with_events
from awardspider.delivery.messages import events
from awardspider.delivery.outbox import timing
from awardspider.items import AlertEvent, AwardOfferItem, PromotionItem
from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import LEVELS, ChannelRow
from awardspider.storage.following import Followed
from awardspider.storage.store import Batch, OutboxRow, Store
from awardspider.storage.telling import known_promotions, wanted_offers
from awardspider.storage.writing import promotion_id

__all__ = ["Outbox", "deliver_due", "fill_sheets", "from_settings", "outbox_of"]


class _Watch(Protocol):
    """What is needed of a watch, as `search.watches.Watch` has it."""

    @property
    def name(self) -> str: ...
    @property
    def tell(self) -> Any: ...


def outbox_of(store: Store, settings: Mapping[str, Any], watches: Iterable[_Watch] = ()) -> Outbox:
    """The channels as they are now, and how the watches want to be told."""
    return Outbox(store, settings, {watch.name: watch.tell.terms() for watch in watches if watch.tell})


def fill_sheets(store: Store, settings: Mapping[str, Any], now: datetime) -> int:
    """Write rows for everything that belongs on a spreadsheet now, as for one that is new; how many those are.

    Raises BadArgument where no spreadsheet is configured.
    """
    sheets = Outbox(store, settings).sheets()
    if not sheets:
        raise InvalidArgument(
            "there is no spreadsheet; set AWARD_GOOGLE_SHEET, or add one: scrapy channels add NAME sheets ID"
        )
    kinds = {each.offer.id: "offer.changed" for each in wanted_offers(store, today=now.date())}
    kinds |= {each.id: "promotion" for each in known_promotions(store, today=now.date())}
    rows = [
        OutboxRow(
            key=f"{followed.channel}:{subject}:fill:{now:%Y%m%dT%H%M%S}",
            channel=followed.channel,
            kind=kind,
            subject=subject,
            body={},
            created_at=now,
        )
        for followed in sheets
        for subject, kind in kinds.items()
    ]
    store.write(Batch(outbox=rows), None)
    return len(rows)


def deliver_due(store: Store, settings: Mapping[str, Any], seconds: float) -> None:
    """Send what is due, for at most so many seconds; what is left waits for the next time."""
    from awardspider.delivery.outbox.dispatcher import Dispatcher, surroundings_of  # with all it needs, half a second

    if configured(store, settings):
        stop = Event()
        timer = Timer(seconds, stop.set)
        timer.start()
        try:
            Dispatcher(surroundings_of(store, settings), stop=stop).run()
        finally:
            timer.cancel()


class Outbox:
    """The channels as they are when a crawl begins, and the rows that each gets.

    `tells` are the terms of watches that have any, by the watch's name: `channels` (name -> level) and what
    delivery.timing reads. A watch without is told to every channel, at the channel's own level.
    """

    def __init__(
        self, store: Store, settings: Mapping[str, Any], tells: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Raises BadSetting where the settings name a channel that cannot be."""
        self._channels = {name: with_events(each.row) for name, each in configured(store, settings).items()}
        self._tells = tells or {}

    def unknown_channels(self) -> list[tuple[str, str]]:
        """Watch and channel, for each channel that a watch names and that is not there."""
        return [
            (watch, name) for watch, terms in self._tells.items() for name in terms["channels"] if not self._has(name)
        ]

    def _has(self, name: str) -> bool:
        return name in self._channels

    # ---- what is kept true: sheets ----

    def sheets(self) -> list[Followed]:
        """The channels whose rows are kept true."""
        return [
            Followed(channel=row.name, keeps_rows=True) for row in self._channels.values() if row.kind == KEEPS_ROWS
        ]

    def sheet_rows(self, item: AwardOfferItem | PromotionItem) -> Iterable[OutboxRow]:
        """For each sheet a row that says: this is wanted, write it as it is."""
        is_offer = isinstance(item, AwardOfferItem)
        subject = item.offer_id if isinstance(item, AwardOfferItem) else promotion_id(item)
        for followed in self.sheets():
            name = followed.channel
            yield OutboxRow(
                key=_key(name, item) if isinstance(item, AwardOfferItem) else f"{name}:{subject}",
                channel=name,
                kind="offer.changed" if is_offer else "promotion",
                subject=subject,
                body={},
                created_at=item.shown_at if isinstance(item, AwardOfferItem) else item.seen_at,
            )

    # ---- what is told ----

    def told_when_gone(self) -> list[Followed]:
        """The channels that want to hear that an offer they were told of is gone."""
        return [Followed(channel=row.name) for row in self._messaged() if wants(row, "offer.gone")]

    def message_rows(self, item: AwardOfferItem | PromotionItem) -> Iterable[OutboxRow]:
        """The messages about what was just seen."""
        return self._offer_rows(item) if isinstance(item, AwardOfferItem) else self._promotion_rows(item)

    def _offer_rows(self, offer: AwardOfferItem) -> Iterable[OutboxRow]:
        """One message for each channel that is to be told of the offer's news, whichever watches have it."""
        for row in self._messaged():
            told = [(news, *self._terms(news, row)) for news in offer.news if wants(row, news.event)]
            told = [each for each in told if each[1] is not None]
            if not told:
                continue
            # Several watches, one message: as urgent as the most urgent of them says.
            news, level, terms = min(told, key=lambda each: LEVELS.index(each[1] or "digest"))
            assert level is not None
            key = _key(row.name, offer)
            last = [each[0].previous_miles for each in told if each[0].previous_miles is not None]
            event = events.offer_event(news.event, key, offer, offer.shown_at, max(last, default=None))
            event.watches = "; ".join(each[0].watch for each in told if each[0].watch)
            yield OutboxRow(
                key=key,
                channel=row.name,
                kind=news.event,
                subject=offer.offer_id,
                body=events.body_of(event),
                created_at=offer.shown_at,
                due_at=timing.due_at(level, terms, offer.shown_at),
                level=level,
                watch=news.watch,
                terms=terms,
            )

    def _promotion_rows(self, item: PromotionItem) -> Iterable[OutboxRow]:
        """One message for each channel that wants promotions."""
        number = promotion_id(item)
        for row in self._messaged():
            if wants(row, "promotion"):
                key = f"{row.name}:{number}"
                body = events.body_of(events.promotion_event(key, item, number))
                yield OutboxRow(
                    key=key, channel=row.name, kind="promotion", subject=number, body=body, created_at=item.seen_at
                )

    def run_failed_rows(self, failed: Mapping[str, Any], *, since: str, now: datetime) -> Iterable[OutboxRow]:
        """One message for each channel that wants to hear of crawls that failed.

        `failed` are the fields of events.RunFailed. `since` names what went well last: a program that fails again for
        the same reason is not told again before it went well once.
        """
        subject = f"run {failed['program']}"
        for row in self._messaged():
            if wants(row, "run.failed"):
                key = f"{row.name}:run.failed:{failed['program']}:{failed['reason']}:{since}"
                body = events.body_of(events.RunFailed(id=key, created_at=now, **failed))
                yield OutboxRow(
                    key=key, channel=row.name, kind="run.failed", subject=subject, body=body, created_at=now
                )

    def _messaged(self) -> Iterable[ChannelRow]:
        return (row for row in self._channels.values() if row.kind != KEEPS_ROWS)

    def _terms(self, news: AlertEvent, row: ChannelRow) -> tuple[str | None, dict[str, Any] | None]:
        """At which level a channel is told of a watch (None: not at all), and the watch's terms."""
        terms = self._tells.get(news.watch)
        if terms is None:
            return row.level, {"min_seats": news.min_seats}
        if terms["channels"] and row.name not in terms["channels"]:
            return None, None
        level = terms["channels"].get(row.name, row.level)
        return level, {name: value for name, value in terms.items() if name != "channels"} | {
            "min_seats": news.min_seats
        }


def _key(channel: str, offer: AwardOfferItem) -> str:
    """The key is of this change, so that an offer which comes back is told again."""
    return f"{channel}:{offer.offer_id}:{offer.state}:{offer.shown_at:%Y%m%dT%H%M%S}"
