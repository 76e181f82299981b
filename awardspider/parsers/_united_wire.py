"""Structs for United's responses, with only the keys that the parser reads.

Facts and sources: docs/sources/united.md.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from awardspider.parsers._wire import (
    CalendarRequired,
    Contains,
    ItineraryRequired,
    NotList,
    NotObject,
    Required,
    Wire,
)


class _Wire(Wire, rename="pascal", gc=False):
    """The base class of the structs: `date_value` reads the key `DateValue`."""


class Price(_Wire):
    """An amount in miles or in money."""

    currency: CalendarRequired[Any] = None
    amount: Required[Any] = None
    pricing_type: CalendarRequired[Any] = None


class Solution(_Wire):
    """A day's price in one cabin."""

    cabin_type: Required[Any] = None
    award_type: Required[Any] = None
    prices: Required[list[Price | NotObject] | NotList] = None


class Day(_Wire):
    """A day of the calendar."""

    date_value: str
    day_not_in_this_month: bool
    solutions: Required[list[Solution | NotObject] | NotList] = None


class Week(_Wire):
    """A week of the calendar."""

    days: list[Day]


class Month(_Wire):
    """A month of the calendar."""

    weeks: list[Week]


class Calendar(_Wire):
    """The calendar."""

    months: Required[list[Month] | None] = None


class Message(_Wire):
    """An error or a warning."""

    major_code: Any = None
    minor_code: Any = None
    message: Any = None


class Equipment(_Wire):
    """An aircraft."""

    equipment_type: Required[Any] = None
    equipment_description: Any = None


class StrikeThrough(_Wire):
    """A price that is struck through."""

    ita_miles: Any = None


class ReferenceFare(_Wire):
    """The cash price of the same flights."""

    amount: Any = None


class Context(_Wire):
    """Additional details of a price: a sale and the cash fare."""

    ita_miles: Any = None
    percentage_savings: Any = None
    strike_through_pricing: StrikeThrough | None = None
    reference_fare: ReferenceFare | None = None


class Product(_Wire):
    """A flight's fare in one column of the page."""

    column_id: Required[Any] = None
    product_id: Any = None
    product_type: Any = None
    product_subtype: Any = None
    award_type: Required[Any] = None
    cabin_type: Required[Any] = None
    cross_cabin_messaging: Any = None
    booking_code: Required[Any] = None
    booking_class_availability: Any = None
    description: Any = None
    prices: Required[list[Price] | None] = None
    context: Context | None = None


class Flight(_Wire):
    """One flight. An itinerary's first flight contains the others in `connections`, which may be nested."""

    flight_number: str | int
    marketing_carrier: str
    origin: str
    destination: str
    depart_date_time: str
    destination_date_time: str
    products: list[Product]
    operating_carrier: Required[Any] = None
    origin_timezone_offset: Any = None
    destination_timezone_offset: Any = None
    travel_minutes: Any = None
    travel_minutes_total: Required[Any] = None
    equipment_disclosures: Required[Equipment | None] = None
    booking_class_availability: Required[Any] = None
    stop_infos: list[Any] | None = None
    connections: list[Flight] | None = None


class Column(_Wire):
    """A column of the page."""

    type: Required[Any] = None
    value: Required[Any] = None


class Columns(_Wire):
    """The columns of the page."""

    columns: Required[list[Column | NotObject] | NotList] = None


class Trip(_Wire):
    """The flights of a day."""

    origin: str | None = None
    destination: str | None = None
    requested_origin: str | None = None
    requested_destination: str | None = None
    depart_date: str | None = None
    column_information: Required[Columns | NotObject] = None
    flights: Required[list[Annotated[msgspec.Raw, Contains(Flight)]] | None] = None


class Data(_Wire):
    """The content of a response."""

    status: Any = None
    errors: list[Message] | None = None
    warnings: list[Message] | None = None
    calendar: CalendarRequired[Calendar | None] = None
    trips: ItineraryRequired[list[Trip] | None] = None
    traveller_count: Any = None
    page_count: Any = None
    last_call_date_time: Any = None


class Response(msgspec.Struct):
    """A response."""

    data: Data
