"""What webhooks carry, as JSON Schema (2020-12): one schema and one example an event, made from the classes themselves.

`python -m scripts.event_schemas` writes them to docs/schemas; the panel serves them.
"""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec

from awardspider.delivery.messages.events import (
    EVENTS,
    ChannelPaused,
    Digest,
    Event,
    OfferDropped,
    OfferEvent,
    OfferGone,
    OfferMatched,
    Promotion,
    RunFailed,
    Test,
    flat,
)
from awardspider.items import Cabin, Detail

# What each field says to somebody who receives it; a test keeps this complete.
DESCRIPTIONS = {
    "type": "Which event this is.",
    "id": "The same for each try to deliver this event.",
    "created_at": "When this was decided.",
    "schema_version": "Goes up when a field changes its meaning or goes away; new fields may come at any time.",
    "shortened": 'The fields that were cut because the whole was over 20 kB, with "; " between; else it is not there.',
    "offer_id": "Stays the same while a traveler would call it the same offer.",
    "program": "The loyalty program, or in an event of a run the site that was asked, as a short key.",
    "program_name": "The name of the program.",
    "source": "Whose answer or announcement this was seen in.",
    "detail": "How much is known: seats (a day's seats, no price), day (a day's lowest price), itinerary (flights).",
    "origin": "IATA code of the airport where the trip begins.",
    "origin_city": "City of the origin.",
    "destination": "IATA code of the airport where the trip ends.",
    "destination_city": "City of the destination.",
    "departure_date": "Day of departure, local to the origin.",
    "cabin": "The cabin that is sold.",
    "miles": "Miles for one traveler, one way; null where no price is known.",
    "taxes": "Taxes and fees for one traveler, as a decimal in text.",
    "taxes_currency": "ISO 4217 currency of the taxes.",
    "seats": "Seats left; 9 means 9 or more.",
    "stops": "Changes of plane and landings in between.",
    "flights": "Flight numbers in order, with blanks between.",
    "carriers": 'Codes of the marketing carriers, with "; " between.',
    "departs_at": "Departure, local to the origin, with its offset.",
    "arrives_at": "Arrival, local to the destination, with its offset.",
    "arrives_days_later": "How many days after the departure's date the arrival's local date is; can be -1.",
    "duration_minutes": "From door closed to door open, connections included.",
    "fare_name": "The fare, as the program writes it.",
    "booking_code": "The booking code, as the program writes it.",
    "mixed_cabin": "Whether part of the way is in another cabin.",
    "saver": "The program's own mark of its cheapest awards.",
    "on_sale": "The airline's own sale flag.",
    "regular_miles": "The price in miles that the airline itself strikes through.",
    "chart_miles": "What the program's published chart asks for; no price that was seen.",
    "cash_price": "What the same flights cost in money, as a decimal in text.",
    "cash_currency": "ISO 4217 currency of the cash price.",
    "booking_link": "The program's page for this search.",
    "travelers": "The size of the party that was asked for.",
    "seen_at": "When it was seen.",
    "watches": 'The watches that want it, by name, with "; " between.',
    "previous_miles": "What it cost when it was last told; null where it was not told before.",
    "promotion_id": "Stays the same for the same promotion.",
    "kind": "The kind of the promotion, or of the channel.",
    "title": "The title of the announcement.",
    "link": "The announcement itself; empty where it had to be left out.",
    "programs": 'Programs by key, with "; " between; empty where none is named.',
    "banks": 'Banks that the promotion is of, with "; " between.',
    "percent": "Percent of bonus or discount.",
    "up_to": 'Whether the announcement says "up to" that percentage.',
    "cents_per_mile": "Cents for a mile, as a decimal in text.",
    "routes": 'Routes that it is for, with "; " between.',
    "book_by": "The last day to book or buy.",
    "travel_from": "The first day of travel.",
    "travel_until": "The last day of travel.",
    "targeted": "Whether it is only for members who were invited.",
    "published": "When it was announced.",
    "run_id": "The crawl that failed.",
    "reason": "Why: for a crawl a word of the closed list of outcomes, or Scrapy's; for a channel a sentence.",
    "note": "More about it, for a person.",
    "started_at": "When the crawl began.",
    "ended_at": "When the crawl ended.",
    "found": "How many looks found offers.",
    "empty": "How many looks were told that there are none.",
    "failed": "How many looks ended without evidence.",
    "channel": "The channel's name.",
    "waiting": "How many messages wait for the channel.",
    "offers": "The best offers, the best first; each an event of its own, without its segments.",
    "more": "How many offers there are beyond these.",
}

_SHORTENED = "shortened"
_NOT_SENT = "segments"


def schema(event_type: str) -> dict[str, Any]:
    """The JSON Schema of what a webhook gets for an event, with an example inside. KeyError for an unknown type."""
    made = copy.deepcopy(_schema(event_type))
    return made | {"examples": [example(event_type)]}


@cache
def _schema(event_type: str) -> dict[str, Any]:
    _, definitions = msgspec.json.schema_components([EVENTS[event_type]], ref_template="#/$defs/{name}")
    classes = {each.__name__: each for each in EVENTS.values() if each.__name__ in definitions}
    for name, event in classes.items():
        _complete(definitions[name], event, definitions)
    own: dict[str, Any] = definitions.pop(EVENTS[event_type].__name__) | {"title": event_type}
    parts = {name: definitions[name] for name in classes if name in definitions}  # the offers of a digest
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | own | ({"$defs": parts} if parts else {})


def _complete(told: dict[str, Any], event: type[Event], definitions: dict[str, Any]) -> None:
    """Make what msgspec says of a class what webhooks get: descriptions, formats of times, every field always there."""
    properties = told["properties"]
    properties.pop(_NOT_SENT, None)
    hints = get_type_hints(event)
    for name, each in properties.items():
        each.pop("default", None)
        if "$ref" in each:  # one of our enumerations
            each = {"type": "string", "enum": definitions[each["$ref"].rpartition("/")[2]]["enum"]}
        _complete_times(each, hints.get(name))
        properties[name] = {"description": DESCRIPTIONS[name]} | each
    told["required"] = list(properties)
    properties[_SHORTENED] = {"description": DESCRIPTIONS[_SHORTENED], "type": "string"}


def _complete_times(told: dict[str, Any], hint: Any) -> None:
    """msgspec names no format for a datetime that may have any zone; ours always have one."""
    if datetime in (hint, *get_args(hint)):
        for each in told.get("anyOf", [told]):
            if each["type"] == "string":
                each["format"] = "date-time"


def example(event_type: str) -> dict[str, Any]:
    """An event as a webhook gets it, the same at any time. KeyError for an unknown type."""
    return flat(_examples()[event_type])


@cache
def _examples() -> dict[str, Event]:
    at = datetime(2026, 11, 22, 10, 4, 31, tzinfo=UTC)
    events: list[Event] = [
        _an_offer(OfferMatched, id="8c1f0d6a2b", previous_miles=None),
        _an_offer(OfferDropped, id="51b7e09c44", miles=35_000, previous_miles=44_000),
        _an_offer(OfferGone, id="0a93fe71d2", previous_miles=44_000),
        Promotion(
            id="d04b61c8f3",
            created_at=at,
            promotion_id="b7a0c2e1f9",
            kind="transfer_bonus",
            title="30% more miles when you transfer points",
            source="example",
            link="https://www.example.com/bonus",
            programs="flyingblue",
            banks="Example Bank",
            percent=30,
            up_to=False,
            cents_per_mile=None,
            routes="",
            book_by=date(2026, 12, 15),
            travel_from=None,
            travel_until=None,
            targeted=False,
            published=datetime(2026, 11, 21, 8, 0, tzinfo=UTC),
            seen_at=at,
        ),
        RunFailed(
            id="e6605a17bd",
            created_at=at,
            run_id="20261122-100000-1f2e3d4c",
            program="united",
            program_name="United MileagePlus",
            reason="blocked",
            note="HTTP 403 and a page with a captcha",
            started_at=datetime(2026, 11, 22, 10, 0, tzinfo=UTC),
            ended_at=at,
            found=12,
            empty=3,
            failed=1,
        ),
        ChannelPaused(
            id="77ab03c95e",
            created_at=at,
            channel="make",
            kind="webhook",
            reason="the endpoint is gone for good; give the channel a new address: 410 Gone",
            waiting=4,
        ),
        Digest(
            id="2f90b4d7a6",
            created_at=at,
            watches="Tokyo in spring; Weekend in Austin",
            offers=[
                _an_offer(OfferMatched, id="8c1f0d6a2b", previous_miles=None),
                _an_offer(OfferDropped, id="51b7e09c44", miles=35_000, previous_miles=44_000),
            ],
            more=7,
        ),
        Test(id="90cd15ef28", created_at=at, channel="make"),
    ]
    return {str(each.__struct_config__.tag): each for each in events}


def _an_offer(kind: type[OfferEvent], **known: Any) -> Any:
    values: dict[str, Any] = {
        "created_at": datetime(2026, 11, 22, 10, 4, 31, tzinfo=UTC),
        "offer_id": "3f9a4c0be27d1856af02",
        "program": "united",
        "program_name": "United MileagePlus",
        "source": "united",
        "detail": Detail.ITINERARY,
        "origin": "SFO",
        "origin_city": "San Francisco",
        "destination": "NRT",
        "destination_city": "Tokyo",
        "departure_date": date(2027, 3, 10),
        "cabin": Cabin.ECONOMY,
        "miles": 44_000,
        "taxes": Decimal("5.60"),
        "taxes_currency": "USD",
        "seats": 4,
        "stops": 0,
        "flights": "UA837",
        "carriers": "UA",
        "departs_at": datetime.fromisoformat("2027-03-10T11:05:00-08:00"),
        "arrives_at": datetime.fromisoformat("2027-03-11T15:20:00+09:00"),
        "arrives_days_later": 1,
        "duration_minutes": 675,
        "fare_name": "Economy Saver Award",
        "booking_code": "X",
        "mixed_cabin": False,
        "saver": True,
        "on_sale": False,
        "regular_miles": None,
        "chart_miles": None,
        "cash_price": Decimal("689.30"),
        "cash_currency": "USD",
        "booking_link": "https://www.united.com/en/us/fsr/choose-flights?f=SFO&t=NRT&d=2027-03-10",
        "travelers": 1,
        "seen_at": datetime(2026, 11, 22, 10, 2, tzinfo=UTC),
        "watches": "Tokyo in spring",
    }
    return kind(**values | known)
