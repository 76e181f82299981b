"""Events: the content of outbox rows, which templates render and webhooks send.

An event is stored and sent as one JSON object. It is flat except for lists of texts, a digest's `offers` and
`promotions`, and an offer's `segments` and `in_points`; webhooks do not receive `segments`, and texts in place of the
objects of `in_points`. The other direction of a round trip is in the fields `trip_*`, a promotion that made an offer
cheaper in `promotion_*`, and the judgment of an offer in those of `judgment_fields`. Dates and times are in ISO 8601,
money is decimal text with an ISO currency code, and miles are per traveler, one way. None means unknown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias, get_args

import msgspec

from awardspider.delivery.messages.judgment_fields import judgment_values, parse_judgment
from awardspider.items import (
    AwardOfferItem,
    BonusOrDiscount,
    Cabin,
    Confidence,
    EventType,
    PromotionItem,
    PromotionKind,
)
from awardspider.offer_fields import OFFER_COLUMNS, build_offer
from awardspider.programs import all_programs, points_programs
from awardspider.search.city_names import city_name
from awardspider.search.judgments import Judgment
from awardspider.search.offer_promotions import OfferPromotion
from awardspider.search.points_cost import PointsCost
from awardspider.search.trip_partners import TripPartner
from awardspider.storage.incidents import IncidentKind

SCHEMA_VERSION = 1


class Event(msgspec.Struct, kw_only=True, tag_field="type"):
    """The fields of every event. `id` is the same for every attempt; `created_at` is when the event was decided on."""

    id: str
    created_at: datetime
    schema_version: int = SCHEMA_VERSION

    @property
    def event_type(self) -> EventType:
        """The type of the event."""
        return EventType(str(self.__struct_config__.tag))


class Trip(msgspec.Struct, kw_only=True, frozen=True):
    """The round trip of an offer: the fields `other_*` are its other direction, at the time of the event.

    `is_return` is True if the offer itself is the return. `miles` are for both directions; None if they are unknown or
    of different programs. `taxes` are for both directions too, if necessary converted to `taxes_currency`.
    """

    is_return: bool
    nights: int
    miles: int | None
    taxes: Decimal | None
    taxes_currency: str | None
    other_offer_id: str
    other_program: str
    other_origin: str
    other_destination: str
    other_date: date
    other_cabin: Cabin
    other_flights: str | None
    other_miles: int | None
    other_taxes: Decimal | None
    other_taxes_currency: str | None
    other_link: str | None


#: Names of the fields of a Trip in an event.
TRIP_FIELDS = {f"trip_{name}": name for name in Trip.__struct_fields__}

#: Names of the fields of an OfferPromotion in an event.
PROMOTION_FIELDS = {f"promotion_{each.name}": each.name for each in dataclasses.fields(OfferPromotion)}

#: Names and types of the fields of an offer's event that follow from others.
COMPUTED_FIELDS: dict[str, Any] = {"flight_key": str, "party_miles": int | None}


class OfferEvent(Event, kw_only=True):
    """An offer at the time of the event, flattened into the columns of `offer_fields` when it is stored or sent.

    `watches` are names, which can change; `watch_ids` are the ids of the stored watches among them.
    `previous_miles` is the price in the previous message, and `previous_at` its time. `arrives_days_later` is the
    number of days from the local departure date to the local arrival date. `trip` is set if the offer is part of a
    round trip; it is flattened too, as are `judgment`, that of the price, and `promotion`: a new transfer bonus that
    made the match true, or a sale of the program in which the price was found. `in_points` are costs in the owner's
    points, the best first. `is_confirmed` is False if the flights were not seen. `dates` are the days of departure with
    the same flights and price, if there are several. `watch_max_miles` is the limit of the watch; None without one, or
    if several watches have different ones.
    """

    offer_id: str
    offer: AwardOfferItem
    program_name: str
    origin_city: str | None
    destination_city: str | None
    carriers: list[str]
    arrives_days_later: int | None
    watches: list[str]
    watch_ids: list[str]
    previous_miles: int | None = None
    previous_at: datetime | None = None
    trip: Trip | None = None
    judgment: Judgment | None = None
    in_points: list[PointsCost] = []
    is_confirmed: bool = True
    dates: list[date] = []
    watch_max_miles: int | None = None
    promotion: OfferPromotion | None = None

    @property
    def flight_key(self) -> str:
        """The key of the flights, which is the same for every fare, source and party."""
        return self.offer.flight_key

    @property
    def award_count(self) -> int:
        """The number of awards in the event: one for each day."""
        return len(self.dates) or 1

    @property
    def party_miles(self) -> int | None:
        """The miles for all travelers of the search."""
        return None if self.offer.miles is None else self.offer.miles * self.offer.travelers


class OfferMatched(OfferEvent, kw_only=True, tag=EventType.OFFER_MATCHED.value):
    """An offer that matches a watch for the first time, or is available again."""


class OfferDropped(OfferEvent, kw_only=True, tag=EventType.OFFER_DROPPED.value):
    """An offer that costs fewer miles than in the previous message."""


class OfferGone(OfferEvent, kw_only=True, tag=EventType.OFFER_GONE.value):
    """An offer that was sent before and is missing from a response for its route and day."""


class Promotion(Event, kw_only=True, tag=EventType.PROMOTION.value):
    """A promotion with miles, for watches of promotions. `programs` and `banks` contain keys.

    `source` published the announcement with this `link`; `source_names` are all that announced the promotion.
    `watches` are names, which can change; `watch_ids` are the ids of the stored watches among them.
    """

    promotion_id: str
    kind: PromotionKind
    headline: str
    source: str
    link: str
    programs: list[str]
    program_names: list[str]
    banks: list[str]
    bank_names: list[str]
    percent: int | None
    up_to: bool | None
    bonus_or_discount: BonusOrDiscount | None
    cents_per_mile: Decimal | None
    miles_price: int | None
    routes: list[str]
    book_from: date | None
    book_by: date | None
    travel_from: date | None
    travel_until: date | None
    targeted: bool | None
    published: datetime | None
    excerpt: str
    confidence: Confidence | None
    source_names: list[str]
    watches: list[str]
    watch_ids: list[str]
    seen_at: datetime


class RunFailed(Event, kw_only=True, tag=EventType.RUN_FAILED.value):
    """A failed crawl. `reason` is the Reason why searches failed; `found`, `empty` and `failed` count searches."""

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


class IncidentOpened(Event, kw_only=True, tag=EventType.INCIDENT_OPENED.value):
    """A problem of a program, a service or the host, of which the operator was not notified before.

    `incident` identifies the problem, `subject` names what has it, and `sentence` says in English what happened.
    """

    incident: str
    kind: IncidentKind
    subject: str
    sentence: str
    opened_at: datetime


class IncidentResolved(Event, kw_only=True, tag=EventType.INCIDENT_RESOLVED.value):
    """A problem that no longer exists. The fields are those of IncidentOpened, or describe a failed crawl."""

    incident: str
    kind: IncidentKind
    subject: str
    sentence: str
    opened_at: datetime
    resolved_at: datetime


class ChannelPaused(Event, kw_only=True, tag=EventType.CHANNEL_PAUSED.value):
    """A channel that was paused and stays so until someone resumes it. `pending` counts its pending messages."""

    channel: str
    kind: str
    reason: str
    pending: int


class DigestKind(StrEnum):
    """The reasons why offers are in one message."""

    CRAWL = "crawl"  # found for one watch in one crawl
    FIRST = "first"  # the first results of a new watch
    DAILY = "daily"  # waited for the end of quiet hours, the next day or the time of the digest


class Digest(Event, kw_only=True, tag=EventType.DIGEST.value):
    """Several offers or promotions in one message. `offers` contains the best ones, best first.

    `more` counts the other awards; an entry with several days counts as that many. `promotions` and `more_promotions`
    are the same for promotions.
    """

    kind: DigestKind = DigestKind.DAILY
    watches: list[str]
    watch_ids: list[str]
    offers: list[OfferMatched | OfferDropped]
    more: int
    promotions: list[Promotion] = []
    more_promotions: int = 0

    @property
    def award_count(self) -> int:
        """The number of all awards, shown or not."""
        return self.more + sum(offer.award_count for offer in self.offers)

    @property
    def promotion_count(self) -> int:
        """The number of all promotions, shown or not."""
        return self.more_promotions + len(self.promotions)

    @property
    def entry_count(self) -> int:
        """The number of offers and promotions that are shown; an offer with several days is one entry."""
        return len(self.offers) + len(self.promotions)

    def first(self, count: int) -> Digest:
        """Return the digest with its first entries only, offers before promotions; it counts the others."""
        others = sum(offer.award_count for offer in self.offers[count:])
        left = max(count - len(self.offers), 0)
        return msgspec.structs.replace(
            self,
            offers=self.offers[:count],
            more=self.more + others,
            promotions=self.promotions[:left],
            more_promotions=self.more_promotions + len(self.promotions[left:]),
        )


class ChannelTest(Event, kw_only=True, tag=EventType.TEST.value):
    """A test message that the operator sends to a channel."""

    channel: str
    note: str = "This is a test message from awardspider. No award was found; the channel works."


AnyEvent: TypeAlias = (
    OfferMatched
    | OfferDropped
    | OfferGone
    | Promotion
    | RunFailed
    | IncidentOpened
    | IncidentResolved
    | ChannelPaused
    | Digest
    | ChannelTest
)
EVENTS: dict[EventType, type[Event]] = {
    EventType(str(event.__struct_config__.tag)): event for event in get_args(AnyEvent)
}
_OFFER_EVENTS: dict[EventType, type[OfferEvent]] = {
    EventType.OFFER_MATCHED: OfferMatched,
    EventType.OFFER_DROPPED: OfferDropped,
    EventType.OFFER_GONE: OfferGone,
}


def event_body(event: Event) -> dict[str, Any]:
    """Return the event as JSON values, in the form that outbox rows store."""
    values = {name: getattr(event, name) for name in event.__struct_fields__}
    if isinstance(event, OfferEvent):
        offer: AwardOfferItem = values.pop("offer")
        trip: Trip | None = values.pop("trip")
        values |= judgment_values(values.pop("judgment"))
        values |= {column.name: column.value(offer) for column in OFFER_COLUMNS}
        values |= {"seen_at": offer.seen_at, "segments": offer.segments}
        values |= {name: getattr(event, name) for name in COMPUTED_FIELDS}
        values |= {field: getattr(trip, name, None) for field, name in TRIP_FIELDS.items()}
        promotion: OfferPromotion | None = values.pop("promotion")
        values |= {field: getattr(promotion, name, None) for field, name in PROMOTION_FIELDS.items()}
    elif isinstance(event, Digest):
        values["offers"] = [event_body(offer) for offer in event.offers]
        values["promotions"] = [event_body(promotion) for promotion in event.promotions]
    body: dict[str, Any] = msgspec.to_builtins({"type": event.event_type, **values})
    return body


def parse_event(body: Mapping[str, Any]) -> AnyEvent:
    """Parse a body from `event_body`. Raise msgspec.ValidationError for an invalid body."""
    try:
        if "offers" in body:
            body = {**body, "offers": [parse_event(offer) for offer in body["offers"]]}
        elif body.get("type") in _OFFER_EVENTS:
            body = {
                **body,
                "offer": build_offer(AwardOfferItem, body),
                "trip": _trip_values(body),
                "judgment": parse_judgment(body),
                "promotion": _promotion_values(body),
            }
    except KeyError as error:
        raise msgspec.ValidationError(f"the field {error} is missing") from None
    except (AttributeError, TypeError, ValueError):
        raise msgspec.ValidationError("the event has another structure") from None
    event: AnyEvent = msgspec.convert(body, AnyEvent)
    return event


def _trip_values(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the fields of the round trip of an offer; None without one, as in events of earlier versions."""
    if body.get("trip_other_offer_id") is None:
        return None
    return {name: body[field] for field, name in TRIP_FIELDS.items()}


def _promotion_values(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the fields of the promotion of an offer; None without one, as in events of earlier versions."""
    if body.get("promotion_id") is None:
        return None
    return {name: body.get(field) for field, name in PROMOTION_FIELDS.items()}


def offer_event(
    event_type: EventType,
    event_id: str,
    offer: AwardOfferItem,
    created_at: datetime,
    previous_miles: int | None = None,
    watches: Sequence[str] = (),
    watch_ids: Sequence[str] = (),
    partner: TripPartner | None = None,
    judgment: Judgment | None = None,
    in_points: Sequence[PointsCost] = (),
    is_confirmed: bool = True,
    previous_at: datetime | None = None,
    watch_max_miles: int | None = None,
    promotion: OfferPromotion | None = None,
) -> OfferEvent:
    """Return the event of this type for an offer; `watches` are names, and stored watches also have ids.

    `partner` is the other direction of a round trip. A `judgment` of another price than the offer's is left out.
    `in_points` are the costs in the owner's points, the best first.
    """
    program = all_programs().get(offer.program)
    segments = offer.segments
    nights = (segments[-1].arrives_at.date() - segments[0].departs_at.date()).days if segments else None
    return _OFFER_EVENTS[event_type](
        id=event_id,
        created_at=created_at,
        offer_id=offer.offer_id,
        offer=offer,
        program_name=program.name if program else offer.program,
        origin_city=city_name(offer.origin),
        destination_city=city_name(offer.destination),
        carriers=list(dict.fromkeys(segment.marketing_carrier for segment in segments)),
        arrives_days_later=nights,
        watches=list(watches),
        watch_ids=list(watch_ids),
        previous_miles=previous_miles,
        previous_at=previous_at,
        trip=_trip(offer, partner) if partner else None,
        judgment=judgment if judgment and judgment.miles == offer.miles else None,
        in_points=list(in_points),
        is_confirmed=is_confirmed,
        watch_max_miles=watch_max_miles,
        promotion=promotion,
    )


def _trip(offer: AwardOfferItem, partner: TripPartner) -> Trip:
    other = partner.offer
    taxes, other_taxes = partner.taxes, other.taxes
    return Trip(
        is_return=not partner.is_return,
        nights=partner.nights,
        miles=partner.miles if other.program == offer.program else None,
        taxes=taxes.amount if taxes else None,
        taxes_currency=taxes.currency if taxes else None,
        other_offer_id=other.offer_id,
        other_program=other.program,
        other_origin=other.origin,
        other_destination=other.destination,
        other_date=other.departure_date,
        other_cabin=other.cabin,
        other_flights=other.flights or None,
        other_miles=other.miles,
        other_taxes=other_taxes.amount if other_taxes else None,
        other_taxes_currency=other_taxes.currency if other_taxes else None,
        other_link=other.booking_link,
    )


def promotion_event(
    event_id: str,
    item: PromotionItem,
    promotion_id: str,
    *,
    source_names: Sequence[str] = (),
    watches: Sequence[str] = (),
    watch_ids: Sequence[str] = (),
) -> Promotion:
    """Return the event for a promotion; `watches` are names, and stored watches also have ids.

    Without `source_names`, the source of the announcement is the only one.
    """
    values = {name: getattr(item, name) for name in Promotion.__struct_fields__ if hasattr(item, name)}
    lists = {name: list(value) for name, value in values.items() if isinstance(value, tuple)}
    return Promotion(
        id=event_id,
        created_at=item.seen_at,
        promotion_id=promotion_id,
        headline=item.title,
        program_names=[points_name(key) for key in item.programs],
        bank_names=[points_name(key) for key in item.banks],
        source_names=list(source_names) or [item.source],
        watches=list(watches),
        watch_ids=list(watch_ids),
        **values | lists,
    )


def points_name(key: str) -> str:
    """Return the name of a program or of a bank's points, or the key if it is unknown."""
    program = points_programs().get(key)
    return program.name if program else key
