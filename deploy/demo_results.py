"""The results that `make demo` shows at its end: messages as they were sent, and one line for each watch."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from awardspider.commands._listing import print_table
from awardspider.commands._table import Column, FittedTable
from awardspider.delivery.messages.events import AnyEvent, Digest, OfferEvent, Promotion, parse_event
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.render import Form, render
from awardspider.items import Detail, EventType
from awardspider.search.judgments import DealClass
from awardspider.search.matching import match, may_alert
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.watch_file import load_watches
from awardspider.search.watches import Watch
from awardspider.storage.offers import OfferFilter, OfferRow, find_offers
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.owner_points import find_owner_points
from awardspider.storage.schema import outbox
from awardspider.storage.store import Store
from awardspider.storage.watches import find_watches

CHANNEL = "make"
WIDTH = 98
SHOWN_FLIGHTS = 3  # of a message about several
#: Statuses of messages that were not sent, in words.
WAITING = {
    DeliveryStatus.PENDING: "waits",
    DeliveryStatus.SENDING: "waits",
    DeliveryStatus.CANCELED: "canceled",
    DeliveryStatus.REJECTED: "rejected",
    DeliveryStatus.UNKNOWN: "may have been sent",
}


@dataclass(frozen=True, slots=True)
class WatchResult:
    """The number of flights (or days with seats) found for a watch, the best of them, and what was sent about them."""

    name: str
    found: int
    best: OfferRow | None
    alert: str


def price(offer: OfferRow) -> str:
    """Return the price for one traveler, in the miles or points of the program."""
    miles = "seats only" if offer.miles is None else f"{offer.miles:,}"
    return f"{miles} + {get_language('en').money(*offer.taxes)}" if offer.taxes else miles


def trip(offer: OfferRow) -> str:
    """Return route and date."""
    return f"{offer.origin}-{offer.destination} {offer.departure_date:%b %d}"


COLUMNS: list[Column[WatchResult]] = [
    Column(title="watch", rank=0, text=lambda row: row.name, min_width=18),
    Column(title="found", rank=1, text=lambda row: str(row.found), right=True),
    Column(title="best price", rank=2, text=lambda row: price(row.best) if row.best else "", right=True),
    Column(title="of", rank=4, text=lambda row: trip(row.best) if row.best else ""),
    Column(title="alert", rank=3, text=lambda row: row.alert, min_width=16),
]


def show_watches(store: Store, file: Path, now: datetime) -> None:
    """Print one line for each watch of a file."""
    print_table(FittedTable(watch_results(store, file, now), COLUMNS))


def watch_results(store: Store, file: Path, now: datetime) -> list[WatchResult]:
    """Return the results of the watches in the order of the file."""
    stored = {each.watch.name: each.watch for each in find_watches(store, now=now)}
    rows, points = channel_rows(store), find_owner_points(store, now)
    return [watch_result(store, stored[watch.name], rows, points, now) for watch in load_watches(file)]


def watch_result(
    store: Store, watch: Watch, rows: Mapping[int, Mapping[str, Any]], points: OwnerPoints, now: datetime
) -> WatchResult:
    """Return the result of a watch; `rows` are the rows of the outbox by id."""
    criteria = OfferFilter(
        origins=watch.origins,
        destinations=watch.destinations,
        cabins=watch.cabins,
        details=[Detail.ITINERARY, Detail.SEATS],
        max_miles=watch.max_miles,
        first=now.date(),
    )
    offers = find_offers(store, criteria)
    found = [offer for offer in offers if may_alert(match(watch, offer, now=now, points=points), offer)]
    flights = {offer.flight_key for offer in found}
    return WatchResult(watch.name, len(flights), found[0] if found else None, alert_text(watch, rows, bool(found)))


def alert_text(watch: Watch, rows: Mapping[int, Mapping[str, Any]], is_found: bool) -> str:
    """Return what was sent about a watch's flights, or why nothing was."""
    about = [row for row in rows.values() if row["watch_key"] == watch.key and row["event_type"] != EventType.DIGEST]
    statuses: Counter[str] = Counter()
    messages: set[int] = set()
    for row in about:
        message = row
        while message["status"] == DeliveryStatus.IN_DIGEST and message["digest_id"] in rows:
            message = rows[message["digest_id"]]
        if message["status"] == DeliveryStatus.SENT:
            messages.add(message["id"])
        else:
            statuses[WAITING.get(message["status"], message["status"])] += 1
    if messages:
        return f"{len(messages)} message{'s' if len(messages) > 1 else ''}"
    if statuses:
        status, count = statuses.most_common(1)[0]
        note = next((row["note"] for row in about if row["note"]), "")
        return f"{count} {status}" + (f": {note}" if note else "")
    if is_found:
        return "none: not confirmed"
    return "none: no price is a deal" if watch.deal else "none: no flight matches"


def channel_rows(store: Store) -> dict[int, Mapping[str, Any]]:
    """Return the rows of the demo's webhook in the outbox, by id."""
    query = select(outbox).where(outbox.c.channel == CHANNEL).order_by(outbox.c.id)
    with store.reading() as connection:
        return {row["id"]: row for row in connection.execute(query).mappings()}


def sent_digest(rows: Iterable[Mapping[str, Any]]) -> Digest | None:
    """Return the sent message about a single watch with the most deals, as it is in the outbox."""
    digests = [
        event
        for row in rows
        if row["event_type"] == EventType.DIGEST and row["status"] == DeliveryStatus.SENT
        if isinstance(event := parse_event(row["body"]), Digest) and len(event.watches) == 1
    ]
    return max(digests, key=lambda event: (count_deals(event), len(event.offers), event.more), default=None)


def count_deals(event: Digest) -> int:
    """Return the number of offers in a digest that are cheaper than usual."""
    judgments = [offer.judgment for offer in event.offers]
    return sum(judgment is not None and judgment.deal_class.rank <= DealClass.GOOD.rank for judgment in judgments)


def show_message(store: Store, now: datetime) -> None:
    """Print a digest as its recipient sees it."""
    event = sent_digest(channel_rows(store).values())
    if event is None:
        print("  No message about several flights was sent.")
        return
    print_message(event.first(SHOWN_FLIGHTS), now)


def show_repriced(store: Store, now: datetime) -> None:
    """Print the message about the offer that a transfer bonus made cheaper by most points."""
    offers = [each for event in sent_events(store) for each in offers_of(event) if saved_points(each)]
    best = max(offers, key=saved_points, default=None)
    if best is None:
        print("  No transfer bonus brought a stored flight below a limit.")
        return
    print_message(best, now)


def offers_of(event: AnyEvent) -> Sequence[OfferEvent]:
    """Return the offers in a message."""
    if isinstance(event, Digest):
        return event.offers
    return [event] if isinstance(event, OfferEvent) else []


def saved_points(offer: OfferEvent) -> int:
    """Return the points that a transfer bonus saves, or 0 if no bonus made the offer cheaper."""
    bonus = offer.promotion
    return bonus.previous_points - bonus.points if bonus and bonus.points and bonus.previous_points else 0


def show_promotion(store: Store, now: datetime) -> None:
    """Print the message about the promotion that most sources announced."""
    sent = [
        promotion
        for event in sent_events(store)
        for promotion in (event.promotions if isinstance(event, Digest) else [event])
        if isinstance(promotion, Promotion)
    ]
    best = max(sent, key=lambda promotion: len(promotion.source_names), default=None)
    if best is None:
        print("  No message about a promotion was sent.")
        return
    print_message(best, now)


def sent_events(store: Store) -> list[AnyEvent]:
    """Return the messages that were sent, oldest first."""
    rows = channel_rows(store).values()
    return [parse_event(row["body"]) for row in rows if row["status"] == DeliveryStatus.SENT]


def print_message(event: AnyEvent, now: datetime) -> None:
    """Print a message as its recipient sees it."""
    rendered = render(event, form=Form.LONG, locale="en", now=now)
    for line in f"{rendered.title}\n\n{rendered.body}".splitlines():
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        indents = {"initial_indent": indent, "subsequent_indent": f"{indent}  "}
        print(textwrap.fill(line.strip(), WIDTH, break_long_words=False, break_on_hyphens=False, **indents))
