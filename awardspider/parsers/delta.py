"""Parse Delta SkyMiles: the grid of 7 days and a day's flights, both from the GraphQL operation gqlSearchOffers.

Facts and sources: docs/sources/delta.md. The structs name only keys that the spider's queries request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from awardspider.items import Cabin, Money, Search, SearchKind, Segment
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._delta_brands import KNOWN_BRANDS, brand_name, day_cabin, is_mixed, lowest, offer_cabin
from awardspider.parsers._delta_errors import check_empty, joined_texts
from awardspider.parsers._delta_legs import LegFare, carriers_of, leg_cabins, legs_of_segments
from awardspider.parsers._delta_sales import discount_miles, is_on_sale
from awardspider.parsers._detection import detected_calendar, detected_flights, none_if_unreadable, readable
from awardspider.parsers._times import minutes_between, parse_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import (
    currency,
    date_or_none,
    first_str,
    float_or_none,
    money,
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

PROGRAM = "delta"

SITE_CURRENCY = "USD"  # the US site's currency, for responses that do not name one


class _Carrier(Wire):
    carrier_code: Any = None
    carrier_num: Required[Any] = None


class _Aircraft(Wire):
    fleet_type_code: Any = None
    sub_fleet_type_code: Any = None


class _Leg(Wire):
    """A leg. Only the number of legs is used."""


class _Flight(Wire):
    origin_airport_code: str
    destination_airport_code: str
    scheduled_departure_local_ts: str
    scheduled_arrival_local_ts: str
    marketing_carrier: _Carrier
    flight_segment_num: Any = None
    operating_carrier: _Carrier | None = None
    aircraft: _Aircraft | None = None
    aircraft_type_code: Any = None
    flight_leg: list[_Leg] | None = None


class _Duration(Wire):
    hour_cnt: Any = None
    minute_cnt: Any = None


class _Trip(Wire):
    flight_segment: list[_Flight]
    total_trip_time: _Duration | None = None


class _Miles(Wire):
    mile_cnt: Required[Any] = None


class _Cash(Wire):
    formatted_currency_amt: Any = None
    currency_amt: Any = None


class _Price(Wire):
    currency_equivalent_price: _Cash | None = None
    miles_equivalent_price: Required[_Miles | None] = None


class _FarePrice(Wire):
    total_fare_price: Required[_Price | None] = None
    original_total_price: _Price | None = None
    promotional_prices: Any = UNSET
    discounts_applied: Any = UNSET


class _Fare(Wire):
    brand_by_flight_legs: Required[list[LegFare] | None] = None
    available_seat_cnt: Any = None
    fare_price: Required[list[_FarePrice] | UnsetType | None] = UNSET  # null if the offer is not sold


class _RetailItemData(Wire):
    fare_information: Required[list[_Fare] | None] = None


class _RetailItem(Wire):
    retail_item_meta_data: Required[_RetailItemData | None] = None


class _OfferItem(Wire):
    retail_items: Required[list[_RetailItem] | None] = None


class _State(Wire):
    """`additionalOfferProperties`."""

    offered: Any = UNSET
    sold_out: CalendarRequired[Any] = None
    unavailable_for_sale: Any = None
    dominant_segment_brand_id: ItineraryRequired[Any] = None
    discount_available: Any = UNSET
    total_trip_stop_cnt: Any = None


class _DayPrice(Wire):
    total_amt: Required[_Price | None] = None


class _Offer(Wire):
    additional_offer_properties: _State | None
    sold_out: Any = None
    offer_items: ItineraryRequired[list[_OfferItem] | None] = None
    offer_pricing: CalendarRequired[list[_DayPrice] | None] = None


class _Sale(Wire):
    """`additionalOfferSetProperties`."""

    discount_info: Any = UNSET
    promotions_info: Any = UNSET


class _Set(Wire):
    """The offers of an itinerary or of a day in the grid."""

    offers: list[Annotated[msgspec.Raw, Contains(_Offer)]] | None
    trips: ItineraryRequired[list[_Trip] | None] = None
    itinerary_departure_date: CalendarRequired[Any] = None
    additional_offer_set_properties: _Sale | None = None


class _SearchOffers(Wire):
    gql_offers_sets: Required[list[Annotated[msgspec.Raw, Contains(_Set)]] | None] = None
    offer_data_list: Any = None


class _Data(Wire):
    gql_search_offers: Required[_SearchOffers | None] = None


class _Response(Wire):
    data: Required[_Data | None] = None
    errors: Any = None


_RESPONSE = msgspec.json.Decoder(_Response)
_SET = msgspec.json.Decoder(_Set)
_OFFER = msgspec.json.Decoder(_Offer)

REQUIRED_PATHS = {kind: required_paths(_Response, kind) for kind in (SearchKind.CALENDAR, SearchKind.ITINERARY)}

# ---- the grid of days ----------------------------------------------------------------------------------------------


@validated
def parse_calendar(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse the lowest price for each day of the grid, per traveler.

    The grid names no cabin; offers without a brand are in the main cabin, for which the spider searches.
    """
    offers = Collector(PROGRAM, search, seen_at)
    response = _search_offers(body, offers)
    if response is None:
        return iter(())
    unit = _currency(response, offers)
    days = set()
    for row in offers.each("gqlOffersSets", response.gql_offers_sets or (), _SET.decode):
        day = date_or_none(row.itinerary_departure_date)
        if day is None:
            offers.warn("itineraryDepartureDate", f"invalid date {row.itinerary_departure_date}", drops_offer=True)
            continue
        days.add(day)
        if not offers.is_searched(day):
            continue
        if row.offers is None:
            offers.warn("offers", f"{day}: null, a day without award")
        for offer, state in _sold(row, offers):
            _add_day(offer, state, row, day, unit, offers)
    offers.cover("itineraryDepartureDate", days)
    return offers.finish()


def _add_day(offer: _Offer, state: _State, row: _Set, day: date, unit: str, offers: Collector) -> None:
    price = (offer.offer_pricing or [_DayPrice()])[0].total_amt
    miles = _miles(price)
    if miles is None:
        offers.warn("offerPricing", f"{day}: no miles", drops_offer=True)
        return
    brand_id = str_or_none(state.dominant_segment_brand_id)
    cabin = day_cabin(brand_id) if brand_id else Cabin.ECONOMY
    if cabin is None:
        offers.warn("brandId", f"{day}: unknown brand {brand_id}, unknown cabin", drops_offer=True)
        return
    stops = state.total_trip_stop_cnt
    offers.add_day(
        day,
        cabin,
        miles,
        taxes=_taxes(price, unit, offers),
        stops=0 if float_or_none(stops) == 0 else positive_int(stops),
        on_sale=_is_on_sale(row, state, _FarePrice()),
    )


# ---- a day's flights -----------------------------------------------------------------------------------------------


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse one page of a day's flights; each brand in which a flight is sold is an offer, priced per traveler."""
    offers = Collector(PROGRAM, search, seen_at)
    response = _search_offers(body, offers)
    if response is None:
        return iter(())
    unit = _currency(response, offers)
    rows = offers.each("gqlOffersSets", response.gql_offers_sets or (), _SET.decode)
    for row, itinerary in offers.itineraries("trips", rows, _with_segments):
        _add_offers(row, itinerary, unit, offers)
    return offers.finish()


def _with_segments(row: _Set) -> tuple[_Set, list[Segment]]:
    return row, [_segment(flight) for flight in (row.trips[0].flight_segment if row.trips else ())]


def _segment(flight: _Flight) -> Segment:
    carrier, flight_number = str_or_none(flight.marketing_carrier.carrier_code), flight.marketing_carrier.carrier_num
    if carrier is None or not isinstance(flight_number, str | int) or isinstance(flight_number, bool):
        raise ValueError(f"expected a carrier and a flight number, got {flight.marketing_carrier}")
    aircraft = flight.aircraft or _Aircraft()
    return Segment(
        marketing_carrier=carrier,
        operating_carrier=str_or_none((flight.operating_carrier or _Carrier()).carrier_code),
        flight_number=str(flight_number),
        origin=flight.origin_airport_code,
        destination=flight.destination_airport_code,
        departs_at=parse_time(flight.scheduled_departure_local_ts, flight.origin_airport_code),
        arrives_at=parse_time(flight.scheduled_arrival_local_ts, flight.destination_airport_code),
        aircraft=first_str(aircraft.sub_fleet_type_code, aircraft.fleet_type_code, flight.aircraft_type_code),
        stops=max(len(flight.flight_leg or ()) - 1, 0),
    )


def _add_offers(row: _Set, itinerary: Itinerary, unit: str, offers: Collector) -> None:
    if not row.offers or not row.trips:
        offers.warn("offers", f"no offers for {itinerary.segments[0].flight}", drops_offer=True)
        return
    duration = _duration(row.trips[0].total_trip_time or _Duration(), itinerary.segments)
    flights = row.trips[0].flight_segment
    numbers = [str(flight.flight_segment_num or index) for index, flight in enumerate(flights, 1)]
    for offer, state in _sold(row, offers):
        fare = _fare(offer)
        if fare and fare.fare_price is not UNSET and not fare.fare_price:
            continue  # no price: not sold
        price = fare.fare_price[0] if fare and fare.fare_price else _FarePrice()
        miles = _miles(price.total_fare_price)
        brand_id = str_or_none(state.dominant_segment_brand_id)
        if fare is None or miles is None:
            offers.warn("farePrice", f"{brand_id} on {itinerary.segments[0].flight}: no miles", drops_offer=True)
            continue
        legs = fare.brand_by_flight_legs or []
        indexes_of_segments = legs_of_segments(legs, numbers, itinerary.segments)
        cabins = leg_cabins(legs, indexes_of_segments, itinerary.segments)
        codes = [code for leg in legs if (code := str_or_none(leg.cos_code))]
        cabin = offer_cabin(brand_id, cabins, codes, carriers_of(itinerary.segments))
        if cabin is None:
            offers.warn("brandId", f"{brand_id} with the classes {codes}: unknown cabin", drops_offer=True)
            continue
        if brand_id not in KNOWN_BRANDS:
            # Only the brand distinguishes offers of one cabin.
            offers.warn("brandId", f"unknown brand {brand_id}", drops_offer=brand_id is None)
        regular_miles = _miles(price.original_total_price) or miles + discount_miles(price.discounts_applied)
        itinerary.add(
            cabin,
            miles,
            key=brand_name(brand_id) or "",
            cabins=[lowest(cabins[leg] for leg in indexes) for indexes in indexes_of_segments],
            booking_codes=[
                str_or_none(legs[indexes[0]].cos_code) if indexes else None for indexes in indexes_of_segments
            ],
            booking_code="/".join(dict.fromkeys(codes)),
            taxes=_taxes(price.total_fare_price, unit, offers),
            seats=positive_int(fare.available_seat_cnt),
            duration_minutes=duration,
            fare_name=brand_name(brand_id),
            mixed_cabin=is_mixed(cabin, cabins, itinerary.stops + 1),
            on_sale=True if regular_miles > miles else _is_on_sale(row, state, price),
            regular_miles=regular_miles if regular_miles > miles else None,
        )


def _fare(offer: _Offer) -> _Fare | None:
    """Return the first fare with a price, else the first fare."""
    fares = [
        fare
        for item in offer.offer_items or ()
        for retail in item.retail_items or ()
        for fare in (retail.retail_item_meta_data or _RetailItemData()).fare_information or ()
    ]
    return next((fare for fare in fares if fare.fare_price), fares[0] if fares else None)


def _duration(duration: _Duration, segments: Sequence[Segment]) -> int | None:
    """Return the trip's minutes, from the local times if the stated hours seem to leave out days (`dayCnt`)."""
    hours, minutes = float_or_none(duration.hour_cnt), float_or_none(duration.minute_cnt)
    if hours is None or minutes is None:
        return None
    stated = int(hours * 60 + minutes)
    elapsed = minutes_between(segments)
    return elapsed if (elapsed - stated) in (1440, 2880) else stated if stated > 0 else None


# ---- responses -----------------------------------------------------------------------------------------------------


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not a response of Delta with offers."""
    data = _RESPONSE.decode(body).data
    response = data.gql_search_offers if data else None
    rows = list(readable((response.gql_offers_sets if response else None) or (), _SET.decode))
    return detected_calendar(date_or_none(row.itinerary_departure_date) for row in rows) or detected_flights(
        segments for _, segments in readable(rows, _with_segments)
    )


def _search_offers(body: bytes, offers: Collector) -> _SearchOffers | None:
    """Return the response's offers, or None if the errors plainly mean that there are no flights."""
    response = decode_as(_RESPONSE, body)
    data = response.data.gql_search_offers if response.data else None
    if data and data.gql_offers_sets:
        if response.errors:
            offers.warn("errors", joined_texts(response.errors), drops_offer=True)
        return data
    if not response.errors:
        raise UnexpectedResponse("gqlOffersSets is missing or empty, without an error for no flights")
    check_empty(response.errors)
    return None


def _sold(row: _Set, offers: Collector) -> Iterator[tuple[_Offer, _State]]:
    """Yield the offers that can be booked, with their state."""
    for offer in offers.each("offers", row.offers or (), _OFFER.decode):
        state = offer.additional_offer_properties
        if offer.sold_out is True or (state and True in (state.sold_out, state.unavailable_for_sale)):
            continue
        if state and state.offered is True:
            yield offer, state
        elif state is None:
            offers.warn("additionalOfferProperties", "null", drops_offer=_has_price(offer))
        elif state.offered is not False:
            drops_offer = state.offered is not None or _has_price(offer)
            offers.warn("offered", f"expected true or false, got {state.offered}", drops_offer=drops_offer)


def _has_price(offer: _Offer) -> bool:
    fare = _fare(offer)
    return bool(offer.offer_pricing or (fare and fare.fare_price))


def _is_on_sale(row: _Set, state: _State, price: _FarePrice) -> bool | None:
    sale = row.additional_offer_set_properties or _Sale()
    return is_on_sale(
        price.discounts_applied,
        price.promotional_prices,
        sale.discount_info,
        sale.promotions_info,
        state.discount_available,
    )


def _miles(price: _Price | None) -> int | None:
    return positive_int(price.miles_equivalent_price.mile_cnt) if price and price.miles_equivalent_price else None


def _taxes(price: _Price | None, unit: str, offers: Collector) -> Money | None:
    """Return the exact amount from a string such as `5.60` or `$1,205.60`; the numeric field has no cents."""
    cash = (price.currency_equivalent_price if price else None) or _Cash()
    text = cash.formatted_currency_amt
    amount = float_or_none(text.replace(",", "").lstrip("$ ") if isinstance(text, str) else text)
    if amount is None:
        amount = float_or_none(cash.currency_amt)
    if amount is None or not unit or amount < 0:
        offers.warn("currencyEquivalentPrice", f"expected an amount, got {cash} {unit}")
        return None
    return money(amount, unit)


def _currency(response: _SearchOffers, offers: Collector) -> str:
    """Return the response's currency: the site's currency if none is named, or an empty string if it is unknown."""
    data = response.offer_data_list if response.offer_data_list is not None else {}
    options = data.get("pricingOptions") if isinstance(data, dict) else data
    if not options:
        offers.warn("currencyCode", f"missing; {SITE_CURRENCY} assumed")
        return SITE_CURRENCY
    option = options[0] if isinstance(options, list) else options
    detail = option.get("pricingOptionDetail") if isinstance(option, dict) else None
    unit = currency(detail.get("currencyCode")) if isinstance(detail, dict) else None
    if unit is None:
        offers.warn("currencyCode", f"expected a currency, got {option}")
    return unit or ""


PARSERS = {SearchKind.CALENDAR: parse_calendar, SearchKind.ITINERARY: parse_itinerary}
