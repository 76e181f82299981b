"""JSON Schemas (2020-12) and examples of the events that webhooks send, derived from the event classes.

`python -m scripts.event_schemas` writes them to docs/schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from awardspider.delivery.messages.event_examples import example_events
from awardspider.delivery.messages.events import (
    COMPUTED_FIELDS,
    EVENTS,
    PROMOTION_FIELDS,
    TRIP_FIELDS,
    Event,
    Trip,
)
from awardspider.delivery.messages.judgment_fields import JUDGMENT_FIELDS
from awardspider.delivery.messages.links import SHARED_EVENTS
from awardspider.delivery.messages.payloads import ENTRY_TEXTS, TEXTS, event_payload
from awardspider.items import (
    AwardOfferItem,
    EventType,
)
from awardspider.offer_fields import OFFER_COLUMNS
from awardspider.search.offer_promotions import OfferPromotion

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: Descriptions of the fields that are not columns of an offer. A test checks that none is missing.
DESCRIPTIONS = {
    "type": "Type of the event.",
    "id": "The same for every attempt to deliver this event.",
    "created_at": "Time of the decision.",
    "schema_version": "Increases when a field changes its meaning or is removed; fields may be added at any time.",
    "shortened": "Names of the fields that were cut because the event exceeded 20 kB; usually missing.",
    "share_link": "Address of the public page of the message; missing without AWARD_PUBLIC_URL.",
    "offer_id": "Identifies the offer; does not change with its price or seats.",
    "program": "Crawled program or site, as a short key.",
    "program_name": "Name of the program.",
    "origin_city": "City of the origin.",
    "destination_city": "City of the destination.",
    "carriers": "Codes of the marketing carriers; empty if the flights are unknown.",
    "arrives_days_later": "Days from the local date of departure to the local date of arrival; can be -1.",
    "seen_at": "Time when it was last seen.",
    "watches": "Names of the matching watches.",
    "watch_ids": "Ids of the matching watches, which stay the same when a watch is renamed.",
    "previous_miles": "Miles in the previous message about the offer; null without one.",
    "previous_at": "Time of the previous message about the offer; null without one or if it is not known.",
    "flight_key": "The same for every fare, source and party of these flights in this cabin.",
    "party_miles": "Miles for all travelers of the search.",
    "is_confirmed": "False if the flights were not seen, as for the lowest price of a day.",
    "watch_max_miles": "The watch's max_miles; null without it, or if several watches have different ones.",
    "dates": "Days of departure with the same flights at the same price; empty if there is only departure_date.",
    "in_points": "Ways to pay for the party with the owner's points, as texts in the channel's language, best first.",
    "deal_class": "Class of the price: record_low, exceptional, good, usual or unknown; null if it was not judged.",
    "deal_judged_at": "Time of the judgment.",
    "deal_discount_percent": "Percentage by which the price is below the median; negative if it is above.",
    "deal_median_miles": "Median of the compared prices.",
    "deal_quarter_miles": "25th percentile of the compared prices.",
    "deal_tenth_miles": "10th percentile of the compared prices.",
    "deal_lowest_miles": "Lowest price before this one.",
    "deal_lowest_day": "Day (UTC) of the last search that found the lowest price before this one.",
    "deal_lowest_since": "Day (UTC) of the last search that found a price as low as this one; null if none did.",
    "deal_first_day": "Day (UTC) of the first search of the compared prices.",
    "deal_window_days": "Days whose prices are compared; the lowest price is from all days since deal_first_day.",
    "deal_days": "Number of days with searches behind the compared prices.",
    "deal_searches": "Number of searches behind the compared prices.",
    "deal_scope": "Prices that are compared: of the route, the reverse route, the region pair or the distance band.",
    "cents_per_point": "Value of a mile in US cents, from cash_fare less the taxes, as decimal text.",
    "cash_fare": "Cash fare of the same flights in the same cabin for one traveler, as decimal text.",
    "cash_fare_currency": "ISO 4217 currency of cash_fare.",
    "cash_fare_source": "Key of the program whose response contained cash_fare.",
    "cash_fare_seen_at": "Time of the response that contained cash_fare.",
    "trip_is_return": "True if the offer is the return of a round trip; null if it is not part of one.",
    "trip_nights": "Nights between the departures of both directions.",
    "trip_miles": "Miles of both directions for one traveler; null if unknown or of different programs.",
    "trip_taxes": "Taxes of both directions for one traveler, as decimal text, at the exchange rates of the day.",
    "trip_taxes_currency": "ISO 4217 currency of trip_taxes.",
    "trip_other_offer_id": "Identifies the offer of the other direction.",
    "trip_other_program": "Key of the program of the other direction.",
    "trip_other_origin": "IATA code of the airport where the other direction begins.",
    "trip_other_destination": "IATA code of the airport where the other direction ends.",
    "trip_other_date": "Day of departure of the other direction, local to its origin.",
    "trip_other_cabin": "Cabin of the other direction.",
    "trip_other_flights": "Flight numbers of the other direction, separated by spaces.",
    "trip_other_miles": "Miles of the other direction for one traveler.",
    "trip_other_taxes": "Taxes of the other direction for one traveler, as decimal text.",
    "trip_other_taxes_currency": "ISO 4217 currency of trip_other_taxes.",
    "trip_other_link": "The program's page for the other direction.",
    "promotion_id": "The same for the same promotion; null if a message about an offer names none.",
    "promotion_kind": "transfer_bonus if a new bonus made the match true; award_sale or promo_award_list for a sale.",
    "promotion_title": "Title of the promotion, as announced.",
    "promotion_link": "Address of the announcement.",
    "promotion_program": "Key of the program of the promotion.",
    "promotion_until": "Last day of the promotion; null if unknown.",
    "promotion_bank": "Key of the bank of a transfer bonus.",
    "promotion_percent": "Percentage of a transfer bonus.",
    "promotion_points": "Points of the bank that pay for the party with the bonus.",
    "promotion_previous_points": "Points of the bank that would pay for the party without the bonus.",
    "kind": "Kind of the promotion, channel, digest or problem.",
    "incident": "Identifies the problem, such as service:dispatcher or run:united.",
    "subject": "Name of what has the problem: a program, a service or a part of the host.",
    "sentence": "What happened and what to do, in English; the texts are in the language of the channel.",
    "opened_at": "Time when the problem was first seen.",
    "resolved_at": "Time when the problem was no longer present.",
    "headline": "Title of the announcement, as published.",
    "source": "Source of the announcement.",
    "source_names": "All sources that announced the promotion.",
    "link": "Address of the announcement; empty if it was too long.",
    "programs": "Keys of the programs; empty if none is named.",
    "program_names": "Names of the programs.",
    "banks": "Keys of the banks and other programs whose points are transferred.",
    "bank_names": "Names of the banks and other programs whose points are transferred.",
    "percent": "Percentage of the bonus or discount.",
    "up_to": 'True if the announcement says "up to" the percentage.',
    "bonus_or_discount": "Meaning of the percentage: a bonus of 100% is worth a discount of 50%.",
    "cents_per_mile": "Price of a bought mile in US cents, as decimal text.",
    "miles_price": "Miles of the cheapest award.",
    "routes": "Routes of the promotion: pairs of IATA codes such as FRA-CUN.",
    "book_from": "First day to book, buy or transfer.",
    "book_by": "Last day to book, buy or transfer.",
    "travel_from": "First day of travel.",
    "travel_until": "Last day of travel.",
    "targeted": "True if only invited members are eligible.",
    "published": "Time of the announcement.",
    "excerpt": "Short text from the announcement, or the changed lines of a page, which begin with + and -.",
    "confidence": "verified if two independent sources agree, likely if there is one; null if it is not known.",
    "run_id": "Id of the crawl.",
    "reason": "Reason why the searches of a crawl failed; a sentence for a channel.",
    "note": "Details for people.",
    "started_at": "Start of the crawl.",
    "ended_at": "End of the crawl.",
    "found": "Number of searches that found offers.",
    "empty": "Number of searches without availability, as the program itself reported.",
    "failed": "Number of searches that failed.",
    "channel": "Name of the channel.",
    "pending": "Number of pending messages of the channel.",
    "offers": "The best offers, the best first; each is an event without `long`.",
    "more": "Number of further offers.",
    "promotions": "The best promotions, the best first; each is an event without `long`.",
    "more_promotions": "Number of further promotions.",
    "title": "Ready text: a title of at most 120 characters, in the language of the channel.",
    "short": "Ready text: a sentence of at most 280 characters without a link, in the language of the channel.",
    "long": "Ready text: the message as plain text with the link, in the language of the channel.",
}

_TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_DIGEST_ENTRIES = (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED, EventType.PROMOTION)
_JSON_TYPES: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Decimal: {"type": "string", "format": "decimal"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}


def event_schema(event_type: EventType) -> dict[str, Any]:
    """Return an event's JSON Schema, with an example. Raise KeyError for an unknown type."""
    schema = {"$schema": DIALECT} | _definition(event_type) | {"examples": [event_example(event_type)]}
    if event_type == EventType.DIGEST:
        schema["$defs"] = _digest_entries()
    return schema


def combined_schema() -> dict[str, Any]:
    """Return one JSON Schema for all events, with a definition for each type."""
    definitions = {str(name): _definition(name) | {"examples": [event_example(name)]} for name in EVENTS}
    return {
        "$schema": DIALECT,
        "title": "Events of awardspider",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in definitions],
        "$defs": definitions | _digest_entries(),
    }


def event_example(event_type: EventType) -> dict[str, Any]:
    """Return an example of an event as webhooks receive it. Raise KeyError for an unknown type."""
    return event_payload(example_events()[event_type])


def _digest_entries() -> dict[str, Any]:
    """Return the definitions of the offers and promotions in a digest, by name."""
    return {f"digest.{name}": _definition(name, ENTRY_TEXTS) for name in _DIGEST_ENTRIES}


def _definition(event_type: EventType, texts: Sequence[str] = TEXTS) -> dict[str, Any]:
    event = EVENTS[event_type]
    properties = {"type": {"description": DESCRIPTIONS["type"], "const": str(event_type)}}
    for name, annotation, description in _fields(event):
        properties[name] = {"description": description} | _json_type(annotation)
    for name in texts:
        properties[name] = {"description": DESCRIPTIONS[name], "type": "string"}
    required = list(properties)
    properties["shortened"] = {"description": DESCRIPTIONS["shortened"]} | _TEXTS
    if texts is TEXTS and event_type in SHARED_EVENTS:
        properties["share_link"] = {"description": DESCRIPTIONS["share_link"], "type": "string", "format": "uri"}
    return {
        "title": str(event_type),
        "description": event.__doc__,
        "type": "object",
        "properties": properties,
        "required": required,
    }


def _fields(event: type[Event]) -> Iterator[tuple[str, Any, str]]:
    """Yield the name, type and description of each field of an event, including the columns of its offer."""
    for field in msgspec.structs.fields(event):
        if field.name == "trip":
            hints = get_type_hints(Trip)
            yield from ((key, hints[name] | None, DESCRIPTIONS[key]) for key, name in TRIP_FIELDS.items())
        elif field.name == "judgment":
            yield from ((name, annotation, DESCRIPTIONS[name]) for name, annotation in JUDGMENT_FIELDS.items())
        elif field.name == "promotion":
            hints = get_type_hints(OfferPromotion)
            yield from ((key, hints[name] | None, DESCRIPTIONS[key]) for key, name in PROMOTION_FIELDS.items())
        elif field.name == "in_points":
            yield field.name, list[str], DESCRIPTIONS[field.name]
        elif field.type is AwardOfferItem:
            yield from ((column.name, column.annotation, column.description) for column in OFFER_COLUMNS)
            yield from ((name, annotation, DESCRIPTIONS[name]) for name, annotation in COMPUTED_FIELDS.items())
            yield "seen_at", datetime, DESCRIPTIONS["seen_at"]
        else:
            yield field.name, field.type, DESCRIPTIONS[field.name]


def _json_type(annotation: Any) -> dict[str, Any]:
    if annotation == list[str]:
        return _TEXTS
    if annotation == list[date]:
        return {"type": "array", "items": _JSON_TYPES[date]}
    if get_origin(annotation) is list:
        (entry,) = get_args(annotation)
        tags = [event.__struct_config__.tag for event in get_args(entry) or (entry,)]
        return {"type": "array", "items": {"oneOf": [{"$ref": f"#/$defs/digest.{tag}"} for tag in tags]}}
    kind, *others = get_args(annotation) or (annotation,)
    is_nullable = NoneType in others
    if issubclass(kind, StrEnum):
        schema = {"type": "string", "enum": [*kind, None] if is_nullable else [*kind]}
    else:
        schema = _JSON_TYPES[kind]
    return schema | {"type": [schema["type"], "null"]} if is_nullable else schema
