"""What can be told, as flat objects: the body of every outbox row, what templates render and what webhooks carry.

One class an event. Each is one object without lists of objects, but for `segments` (of an offer, kept for rendering
and left out of what goes to a webhook) and the `offers` of a digest. Dates and times are ISO 8601; money is decimal
text beside its ISO currency; miles are per traveler, one way. None means that nobody said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from awardspider.items import AwardOfferItem, Cabin, Detail, PromotionItem, Segment, airports, record
from awardspider.programs import all_programs
from awardspider.storage.queries import OfferRow

SCHEMA_VERSION = 1

# Which events go where nobody has chosen: what a watch found, promotions, and what the operator must know.
OFFER_EVENTS = ("offer.matched", "offer.dropped", "offer.gone")
OPERATOR_EVENTS = ("run.failed", "channel.paused")


class Event(msgspec.Struct, kw_only=True, tag_field="type"):
    """What all have: `id` is the same for each try to deliver it, `created_at` is when it was decided."""

    id: str
    created_at: datetime
    schema_version: int = SCHEMA_VERSION


class OfferEvent(Event, kw_only=True):
    """An offer as it was when this was decided.

    `miles_told` is what it cost when it was last told, `miles_before` what the airline itself struck through. Seats of
    9 are 9 or more. `departs_at` and `arrives_at` are local, with their offset; `arrives_days_later` counts midnights
    between them. `watches` and `carriers` are names with "; " between.
    """

    offer_id: str
    program: str
    program_name: str
    source: str
    detail: Detail
    origin: str
    origin_city: str | None
    destination: str
    destination_city: str | None
    departure_date: date
    cabin: Cabin
    miles: int | None
    taxes: Decimal | None
    taxes_currency: str | None
    seats: int | None
    stops: int | None
    flights: str | None
    carriers: str | None
    departs_at: datetime | None
    arrives_at: datetime | None
    arrives_days_later: int | None
    duration_minutes: int | None
    fare_name: str | None
    booking_code: str | None
    mixed_cabin: bool | None
    saver: bool | None
    on_sale: bool | None
    regular_miles: int | None
    chart_miles: int | None
    cash_price: Decimal | None
    cash_currency: str | None
    booking_link: str | None
    travelers: int
    seen_at: datetime
    watches: str
    previous_miles: int | None = None
    segments: list[Segment] = []


class OfferMatched(OfferEvent, kw_only=True, tag="offer.matched"):
    """An offer that is new to a watch, or back."""


class OfferDropped(OfferEvent, kw_only=True, tag="offer.dropped"):
    """An offer that costs fewer miles than when it was last told."""


class OfferGone(OfferEvent, kw_only=True, tag="offer.gone"):
    """An offer that was told and that an answer for its route and day no longer holds."""


class Promotion(Event, kw_only=True, tag="promotion"):
    """A promotion with miles. `programs`, `banks` and `routes` are names with "; " between."""

    promotion_id: str
    kind: str
    title: str
    source: str
    link: str
    programs: str
    banks: str
    percent: int | None
    up_to: bool | None
    cents_per_mile: Decimal | None
    routes: str
    book_by: date | None
    travel_from: date | None
    travel_until: date | None
    targeted: bool | None
    published: datetime | None
    seen_at: datetime


class RunFailed(Event, kw_only=True, tag="run.failed"):
    """A crawl that did not end well: `reason` is of the closed list, or Scrapy's own word; the counts are of looks."""

    run_id: str
    program: str
    program_name: str
    reason: str
    note: str
    started_at: datetime
    ended_at: datetime
    found: int
    empty: int
    failed: int


class ChannelPaused(Event, kw_only=True, tag="channel.paused"):
    """A channel that is not used until somebody resumes it; `waiting` counts the messages that wait for it."""

    channel: str
    kind: str
    reason: str
    waiting: int


class Digest(Event, kw_only=True, tag="digest"):
    """Several offers at once: the best of them, the best first, and how many `more` there are."""

    watches: str
    offers: list[OfferMatched | OfferDropped]
    more: int


class Test(Event, kw_only=True, tag="test"):
    """Nothing happened: somebody tries a channel."""

    __test__ = False  # pytest would take it for tests

    channel: str
    note: str = "This is a test message from awardspider. Nothing was found; the channel works."


AnyEvent: TypeAlias = OfferMatched | OfferDropped | OfferGone | Promotion | RunFailed | ChannelPaused | Digest | Test
EVENTS: dict[str, type[Event]] = {
    str(each.__struct_config__.tag): each
    for each in (OfferMatched, OfferDropped, OfferGone, Promotion, RunFailed, ChannelPaused, Digest, Test)
}
_OFFER_TYPES: dict[str, type[OfferEvent]] = {
    "offer.matched": OfferMatched,
    "offer.dropped": OfferDropped,
    "offer.gone": OfferGone,
}


def body_of(event: Event) -> dict[str, Any]:
    """The event as plain values, as it is stored."""
    body: dict[str, Any] = msgspec.to_builtins(event, str_keys=True)
    return body


def read_event(body: dict[str, Any]) -> AnyEvent:
    """The event that `body_of` made plain."""
    event: AnyEvent = msgspec.convert(body, AnyEvent)
    return event


def flat(event: Event) -> dict[str, Any]:
    """The event as a webhook carries it: without the segments of its offers."""
    body = body_of(event)
    body.pop("segments", None)
    for offer in body.get("offers", ()):
        offer.pop("segments", None)
    return body


def offer_event(
    kind: str, key: str, offer: AwardOfferItem, created_at: datetime, previous_miles: int | None = None
) -> OfferEvent:
    """The event of an offer that was just seen; `kind` is one of OFFER_EVENTS."""
    told = record(offer)
    return _offer_event(
        kind, told | {"id": key, "created_at": created_at, "previous_miles": previous_miles}, offer.segments
    )


def stored_offer_event(kind: str, key: str, row: OfferRow, watches: str, created_at: datetime) -> OfferEvent:
    """The event of an offer as it is stored; `watches` are names with "; " between."""
    told = {name: getattr(row, name) for name in row.__dataclass_fields__}
    taxes, cash = row.taxes or (None, None), row.cash_price or (None, None)
    segments = msgspec.convert(row.segments, list[Segment])
    told |= {
        "id": key,
        "created_at": created_at,
        "offer_id": row.id,
        "taxes": taxes[0],
        "taxes_currency": taxes[1],
        "cash_price": cash[0],
        "cash_currency": cash[1],
        "departs_at": segments[0].departs_at if segments else None,
        "arrives_at": segments[-1].arrives_at if segments else None,
        "seen_at": row.last_seen_at,
        "watches": watches,
    }
    return _offer_event(kind, told, segments)


def _offer_event(kind: str, told: dict[str, Any], segments: Sequence[Segment]) -> OfferEvent:
    program = all_programs().get(told["program"])
    nights = (segments[-1].arrives_at.date() - segments[0].departs_at.date()).days if segments else None
    values = told | {
        "program_name": program.name if program else told["program"],
        "origin_city": city(told["origin"]),
        "destination_city": city(told["destination"]),
        "carriers": "; ".join(dict.fromkeys(each.marketing_carrier for each in segments)) or None,
        "arrives_days_later": nights,
        "segments": list(segments),
    }
    return msgspec.convert(values, _OFFER_TYPES[kind], from_attributes=True)


def promotion_event(key: str, item: PromotionItem, promotion_id: str) -> Promotion:
    """The event of a promotion."""
    return Promotion(
        id=key,
        created_at=item.seen_at,
        promotion_id=promotion_id,
        kind=item.kind,
        title=item.title,
        source=item.source,
        link=item.link,
        programs="; ".join(item.programs),
        banks="; ".join(item.banks),
        percent=item.percent,
        up_to=item.up_to,
        cents_per_mile=item.cents_per_mile,
        routes="; ".join(item.routes),
        book_by=item.book_by,
        travel_from=item.travel_from,
        travel_until=item.travel_until,
        targeted=item.targeted,
        published=item.published,
        seen_at=item.seen_at,
    )


def city(iata: str) -> str | None:
    """The city of an airport, where we know it."""
    airport = airports().get(iata)
    return (airport["city"] or airport["name"] or None) if airport else None
