"""Parse Flying Blue: the lowest prices of many days (lowestFareOffers), and a day's flights (availableOffers).

Facts and sources: docs/sources/flyingblue.md. Prices are for all travelers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import UNSET

from awardspider.items import Cabin, CoveredDates, Money, ParseWarning, Search, SearchKind, Segment
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import detected_calendar, detected_flights, none_if_unreadable, readable
from awardspider.parsers._flyingblue_messages import (
    AnyMessage,
    Message,
    Messages,
    check_empty,
    message_list,
    message_text,
)
from awardspider.parsers._times import parse_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import (
    bool_or_none,
    count_or_none,
    float_or_none,
    positive_int,
    str_or_none,
)
from awardspider.parsers._wire import (
    CalendarRequired,
    Contains,
    ItineraryRequired,
    Required,
    Wire,
    decode,
    decode_as,
    required_paths,
)

__all__ = ["PARSERS", "REQUIRED_PATHS", "decode", "detect"]

PROGRAM = "flyingblue"
MILES = "MILES"

CABINS = {
    "ECONOMY": Cabin.ECONOMY,
    "PREMIUM": Cabin.PREMIUM_ECONOMY,
    "BUSINESS": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
}


class _Amount(Wire):
    amount: Required[Any] = None
    currency_code: Required[Any] = None


class _DayConnection(Wire):
    price: _Amount | None = None
    tax: _Amount | None = None


class _TaxDetails(Wire):
    total_price: Any = None
    currency: Any = None


class _LowestOffer(Wire):
    """A day. A null price means no award; if the price is missing, availability is unknown."""

    flight_date: Required[str]
    display_price: Required[Any] = UNSET
    total_price: Required[Any] = UNSET
    currency: Any = None
    no_flight: Any = None
    is_promo_fare: Any = None
    connections: list[_DayConnection] | None = None
    total_tax_details: _TaxDetails | None = None


class _Carrier(Wire):
    code: Required[Any] = None


class _OperatingFlight(Wire):
    carrier: _Carrier | None = None


class _MarketingFlight(Wire):
    number: str | int
    carrier: _Carrier
    operating_flight: _OperatingFlight | None = None


class _Station(Wire):
    code: str


class _Segment(Wire):
    departure_date_time: str
    arrival_date_time: str
    origin: _Station
    destination: _Station
    marketing_flight: _MarketingFlight
    equipment_name: Required[Any] = None
    stops_at: list[Any] | None = None


class _Connection(Wire):
    segments: list[_Segment]
    duration: Required[Any] = None


class _FareFamily(Wire):
    code: Any = None


class _Product(Wire):
    cabin_class: Required[Any] = None
    number_of_seats_available: Required[Any] = None
    is_promo: Required[Any] = None
    passenger_count: Required[Any] = None
    price: Required[_Amount | None] = None
    tax: Required[_Amount | None] = None
    fare_family: _FareFamily | None = None


class _CabinProduct(Wire):
    """A cabin. The first connection is outbound; others belong to a return trip."""

    connections: list[_Product]


class _Itinerary(Wire):
    active_connection: _Connection
    upsell_cabin_products: list[_CabinProduct]


class _LowestFareOffers(Message):
    lowest_offers: Required[list[Annotated[msgspec.Raw, Contains(_LowestOffer)]] | None] = None
    warning: AnyMessage = None
    warnings: Messages = None


class _AvailableOffers(Message):
    offer_itineraries: Required[list[Annotated[msgspec.Raw, Contains(_Itinerary)]] | None] = None
    warnings: Messages = None


class _Data(Wire):
    lowest_fare_offers: CalendarRequired[_LowestFareOffers | None] = None
    available_offers: ItineraryRequired[_AvailableOffers | None] = None


class _Response(Wire):
    data: Required[_Data | None] = None
    errors: Messages = None


_RESPONSE = msgspec.json.Decoder(_Response)
_LOWEST_OFFER = msgspec.json.Decoder(_LowestOffer)
_ITINERARY = msgspec.json.Decoder(_Itinerary)
REQUIRED_PATHS = {
    SearchKind.CALENDAR: required_paths(_Response, SearchKind.CALENDAR),
    SearchKind.ITINERARY: required_paths(_Response, SearchKind.ITINERARY),
}

# ---- the calendar --------------------------------------------------------------------------------------------------


@validated
def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse each day's lowest price. The response does not name a cabin, so offers get the search's only cabin."""
    if len(search.cabins) != 1:
        raise UnexpectedResponse(f"the search has {len(search.cabins)} cabins, but the response is for one cabin")
    data, errors = _data(body)
    if data is None:
        return
    yield from errors
    calendar = data.lowest_fare_offers
    if calendar is None or calendar.lowest_offers is None:
        raise UnexpectedResponse("data.lowestFareOffers.lowestOffers is missing")
    if not calendar.lowest_offers:
        check_empty([*message_list(calendar.warnings), calendar.warning])
        return
    offers = Collector(PROGRAM, search, seen_at)
    listed: set[date] = set()
    days: list[date] = []
    for entry, day, total in offers.each("lowestOffers", calendar.lowest_offers, partial(_day, search.travelers)):
        listed.add(day)
        if not offers.is_searched(day):
            offers.warn_nearby(str(day))
            continue
        days.append(day)
        if total is not None:
            miles = offers.share_of_miles("totalPrice", total, search.travelers)
            taxes, is_promo = _day_taxes(entry, offers), bool_or_none(entry.is_promo_fare)
            offers.add_day(day, search.cabins[0], miles, taxes=taxes, on_sale=is_promo)
    if days:  # days missing between others are not sold
        offers.matches = len(days)
        yield CoveredDates(min(days), max(days))
    yield from offers.finish()
    if len(listed) > 1 and len({(day.year, day.month) for day in listed}) == len(listed):
        text = f"one day in each of {len(listed)} months: the other days are unknown"
        yield ParseWarning("lowestOffers", text, drops_offer=True)


def _day(travelers: int, raw: msgspec.Raw) -> tuple[_LowestOffer, date, int | None]:
    """Return a day, its date and the miles for all travelers (None if there is no award)."""
    entry = _LOWEST_OFFER.decode(raw)
    day = date.fromisoformat(entry.flight_date[:10])
    if entry.no_flight is True:
        return entry, day, None
    price = (entry.connections[0].price if entry.connections else None) or _Amount()
    amount = _day_amount(entry, price, travelers)
    if not amount:
        return entry, day, None
    unit = entry.currency if entry.currency is not None else price.currency_code
    if unit is not None and unit != MILES:
        raise ValueError(f"{day}: the price is in {unit!r}")
    miles = positive_int(amount)
    if miles is None:
        raise ValueError(f"{day}: {amount} miles for {travelers} travelers")
    return entry, day, miles


def _day_amount(entry: _LowestOffer, price: _Amount, travelers: int) -> float:
    """Return the price for all travelers, or 0 if there is no award. `displayPrice` may be for one traveler."""
    value: Any = UNSET
    for candidate in (entry.total_price, entry.display_price if travelers == 1 else UNSET, price.amount or UNSET):
        if candidate is not UNSET:
            value = candidate
            if value is not None:
                break
    if value is UNSET:
        raise ValueError(f"{entry.flight_date}: totalPrice is missing")
    amount = 0 if value is None else float_or_none(value)
    if amount is None or amount < 0:
        raise ValueError(f"{entry.flight_date}: the price is {value!r}")
    return amount


def _day_taxes(entry: _LowestOffer, offers: Collector) -> Money | None:
    tax = (entry.connections[0].tax if entry.connections else None) or _Amount()
    details = entry.total_tax_details
    if tax.amount is not None and tax.currency_code is not None:
        return _taxes(tax.amount, tax.currency_code, offers)
    if details is not None and details.total_price is not None:
        return _taxes(details.total_price, details.currency, offers)
    return None if tax.amount is None else _taxes(tax.amount, None, offers)


def _taxes(amount: object, unit: object, offers: Collector) -> Money | None:
    """Return the taxes for one traveler, as a share of the total."""
    taxes = offers.share_of_money("tax", amount, unit, offers.search.travelers)
    if taxes is None:
        offers.warn("tax", f"expected an amount with a currency, got {amount} {unit}")
    return taxes


# ---- the day's flights ---------------------------------------------------------------------------------------------


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse a day's flights; each cabin is an offer, priced per traveler."""
    data, errors = _data(body)
    if data is None:
        return
    yield from errors
    flights = data.available_offers
    if flights is None or flights.offer_itineraries is None:
        raise UnexpectedResponse("data.availableOffers.offerItineraries is missing")
    if not flights.offer_itineraries:
        check_empty(message_list(flights.warnings))
        return
    offers = Collector(PROGRAM, search, seen_at)
    for row, itinerary in offers.itineraries("offerItineraries", flights.offer_itineraries, _itinerary):
        number = itinerary.segments[0].flight
        if not row.upsell_cabin_products:
            offers.warn("upsellCabinProducts", f"no cabin for {number}", drops_offer=True)
        for product in row.upsell_cabin_products:
            if not product.connections:
                offers.warn("connections", f"no price for {number}", drops_offer=True)
            elif not _is_not_sold(product.connections[0]):
                _add_product(product.connections[0], row.active_connection.duration, itinerary, offers)
    yield from offers.finish()


def _itinerary(raw: msgspec.Raw) -> tuple[_Itinerary, tuple[Segment, ...]]:
    row = _ITINERARY.decode(raw)
    return row, tuple([_segment(segment) for segment in row.active_connection.segments])


def _segment(segment: _Segment) -> Segment:
    marketing = segment.marketing_flight
    carrier = str_or_none(marketing.carrier.code)
    flight_number = str(marketing.number).strip().lstrip("0")
    if carrier is None or not flight_number:
        raise ValueError(f"marketingFlight is {marketing.carrier.code!r} {marketing.number!r}")
    operating = marketing.operating_flight.carrier if marketing.operating_flight else None
    return Segment(
        marketing_carrier=carrier,
        operating_carrier=str_or_none(operating.code) if operating else None,
        flight_number=flight_number,
        origin=segment.origin.code,
        destination=segment.destination.code,
        departs_at=parse_time(segment.departure_date_time, segment.origin.code),
        arrives_at=parse_time(segment.arrival_date_time, segment.destination.code),
        aircraft=str_or_none(segment.equipment_name),
        stops=len(segment.stops_at or ()),
    )


def _is_not_sold(product: _Product) -> bool:
    """Return True for a cabin without any part of a price."""
    price = product.price or _Amount()
    parts = (price.amount, price.currency_code, product.tax, product.fare_family)
    return isinstance(product.cabin_class, str) and parts == (None, None, None, None)


def _add_product(product: _Product, duration: object, itinerary: Itinerary, offers: Collector) -> None:
    price, tax = product.price or _Amount(), product.tax
    cabin = CABINS.get(product.cabin_class) if isinstance(product.cabin_class, str) else None
    travelers = positive_int(product.passenger_count) or offers.search.travelers
    miles = offers.share_of_miles("price", price.amount, travelers)
    if cabin is None or travelers != offers.search.travelers or miles is None or price.currency_code != MILES:
        text = f"{product.cabin_class}, {price.amount} {price.currency_code} for {product.passenger_count}"
        offers.warn("price", text, drops_offer=True)
        return
    seats = count_or_none(product.number_of_seats_available)
    if seats is None and product.number_of_seats_available is not None:
        offers.warn("numberOfSeatsAvailable", f"expected a number, got {product.number_of_seats_available}")
    fare_name = str_or_none(product.fare_family.code) if product.fare_family else None
    itinerary.add(
        cabin,
        miles,
        taxes=_taxes(tax.amount, tax.currency_code, offers) if tax else None,
        seats=seats or None,
        duration_minutes=positive_int(duration),
        fare_name=fare_name,
        on_sale=bool_or_none(product.is_promo),
    )


# ---- errors --------------------------------------------------------------------------------------------------------


def _data(body: bytes) -> tuple[_Data | None, list[ParseWarning]]:
    """Return the data of a response, with a warning for each error that comes with offers.

    Without offers, return None as the data if all errors mean that there is no award; raise SearchFailed for others.
    """
    response = decode_as(_RESPONSE, body)
    data = response.data or _Data()
    calendar, flights = data.lowest_fare_offers, data.available_offers
    errors = message_list(response.errors)
    part = flights or calendar
    if part is not None and part.code is not None:
        errors.append(part)
    if (flights and flights.offer_itineraries) or (calendar and calendar.lowest_offers):
        return data, [ParseWarning("errors", message_text(error), drops_offer=True) for error in errors]
    if errors:
        check_empty(errors)
        return None, []
    return data, []


# ---- detection -----------------------------------------------------------------------------------------------------


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if not from Flying Blue. A calendar has no route."""
    data = decode_as(_RESPONSE, body).data or _Data()
    if data.available_offers is not None and data.available_offers.offer_itineraries is not None:
        return _detect_flights(data.available_offers.offer_itineraries)
    if data.lowest_fare_offers is None or data.lowest_fare_offers.lowest_offers is None:
        return None
    entries = data.lowest_fare_offers.lowest_offers
    detected = detected_calendar(
        readable(entries, lambda raw: date.fromisoformat(_LOWEST_OFFER.decode(raw).flight_date[:10]))
    )
    return detected or (None if entries else Detected(kind=SearchKind.CALENDAR))


def _detect_flights(itineraries: list[msgspec.Raw]) -> Detected | None:
    rows = list(readable(itineraries, _itinerary))
    detected = detected_flights(segments for _, segments in rows)
    if detected is None:
        return None if itineraries else Detected(kind=SearchKind.ITINERARY)
    products = [cabin.connections[0] for row, _ in rows for cabin in row.upsell_cabin_products if cabin.connections]
    return replace(
        detected, travelers=max((positive_int(product.passenger_count) or 1 for product in products), default=1)
    )


PARSERS = {SearchKind.CALENDAR: parse_calendar, SearchKind.ITINERARY: parse_itinerary}
