"""Flying Blue: lowest prices of many days (lowestFareOffers) and a day's flights (availableOffers), both from GraphQL.

Facts and their sources: docs/sources/flyingblue.md. Prices are those of the whole party. The wire classes below name
only what is read; `rename="camel"` maps `flight_date` to `flightDate`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET

from awardspider.items import (
    AwardOfferItem,
    Cabin,
    CoveredDates,
    Detail,
    Money,
    ParseWarning,
    Search,
    SearchKind,
    Segment,
)
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._times import iso_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, float_or_none, money, positive_int, str_or_none

PROGRAM = "flyingblue"
MILES = "MILES"

CABINS = {
    "ECONOMY": Cabin.ECONOMY,
    "PREMIUM": Cabin.PREMIUM_ECONOMY,
    "BUSINESS": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
}

# What a warning or an error says where there is no award, and what it says otherwise.
NO_AWARD = re.compile(
    r"no fare found|no (availability|outbound scheduled flight combination) found for|no flights found for O&D"
    r"|no itineraries have been returned",
    re.IGNORECASE,
)
ERROR_TEXTS = (
    (re.compile(r"not permitted|forbidden$|INVALID_CITY|must be different", re.IGNORECASE), Reason.BAD_REQUEST),
    (re.compile(r"date out of range|must not be in the past|not supported for O&D", re.IGNORECASE), Reason.BAD_REQUEST),
    (re.compile(r"unauthori[sz]ed|not logged in|log ?in required|authenticat", re.IGNORECASE), Reason.SIGN_IN_NEEDED),
)

_DAY = "data.lowestFareOffers.lowestOffers[]"
_ITINERARY = "data.availableOffers.offerItineraries[]"
_SEGMENT = f"{_ITINERARY}.activeConnection.segments[]"
_PRODUCT = f"{_ITINERARY}.upsellCabinProducts[].connections[]"
REQUIRED_PATHS = {
    SearchKind.CALENDAR: tuple(f"{_DAY}.{key}" for key in ("flightDate", "displayPrice", "totalPrice")),
    SearchKind.ITINERARY: (
        f"{_ITINERARY}.activeConnection.duration",
        *(f"{_SEGMENT}.{key}" for key in ("departureDateTime", "arrivalDateTime", "equipmentName", "origin.code")),
        *(
            f"{_SEGMENT}.{key}"
            for key in ("destination.code", "marketingFlight.carrier.code", "marketingFlight.number")
        ),
        *(f"{_PRODUCT}.{key}" for key in ("cabinClass", "price.amount", "price.currencyCode", "tax.amount")),
        *(f"{_PRODUCT}.{key}" for key in ("numberOfSeatsAvailable", "isPromo", "passengerCount")),
    ),
}

UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeError)


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Money(_Wire):
    amount: Any = None
    currency_code: Any = None


class _DayConnection(_Wire):
    price: _Money | None = None
    tax: _Money | None = None


class _TaxDetails(_Wire):
    total_price: Any = None
    currency: Any = None


class _LowestOffer(_Wire):
    """A day; a price that is null is a day without award, one that is not there is unknown."""

    flight_date: Any = None
    display_price: Any = UNSET
    total_price: Any = UNSET
    currency: Any = None
    no_flight: Any = None
    is_promo_fare: Any = None
    connections: list[_DayConnection] | None = None
    total_tax_details: _TaxDetails | None = None


class _Warning(_Wire):
    code: Any = None
    message: Any = None
    description: Any = None


# A warning or an error can be no more than its text.
_Said = _Warning | str | int | float | bool | list[Any] | None


class _LowestFareOffers(_Wire):
    lowest_offers: list[msgspec.Raw] | None = None
    warning: _Said = None
    warnings: list[_Said] | str | None = None
    code: Any = None
    message: Any = None
    description: Any = None


class _Carrier(_Wire):
    code: Any = None


class _OperatingFlight(_Wire):
    carrier: _Carrier | None = None


class _MarketingFlight(_Wire):
    number: str | int
    carrier: _Carrier
    operating_flight: _OperatingFlight | None = None


class _Station(_Wire):
    code: str


class _Segment(_Wire):
    departure_date_time: str
    arrival_date_time: str
    origin: _Station
    destination: _Station
    marketing_flight: _MarketingFlight
    equipment_name: Any = None
    stops_at: list[Any] | None = None


class _Connection(_Wire):
    segments: list[_Segment]
    duration: Any = None


class _FareFamily(_Wire):
    code: Any = None


class _Product(_Wire):
    cabin_class: Any = None
    number_of_seats_available: Any = None
    is_promo: Any = None
    passenger_count: Any = None
    price: _Money | None = None
    tax: _Money | None = None
    fare_family: _FareFamily | None = None


class _Products(_Wire):
    connections: list[_Product]


class _Itinerary(_Wire):
    active_connection: _Connection
    upsell_cabin_products: list[_Products]


class _AvailableOffers(_Wire):
    offer_itineraries: list[msgspec.Raw] | None = None
    warnings: list[_Said] | str | None = None
    code: Any = None
    message: Any = None
    description: Any = None


class _Data(_Wire):
    lowest_fare_offers: _LowestFareOffers | None = None
    available_offers: _AvailableOffers | None = None


class _Answer(_Wire):
    data: _Data | None = None
    errors: list[_Said] | str | None = None


_ANSWER = msgspec.json.Decoder(_Answer)
_LOWEST_OFFER = msgspec.json.Decoder(_LowestOffer)
_ITINERARIES = msgspec.json.Decoder(_Itinerary)

# ---- lowest prices of many days ------------------------------------------------------------------------------------


def parse_calendar(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The lowest price of each day in the one cabin that was asked, per traveler.

    Raises Changed for an unknown shape, other days only, prices that are not in miles, or a search that does not name
    its cabin, because the answer does not either.
    """
    if len(search.cabins) != 1:
        raise UnexpectedResponse(f"the answer does not say its cabin, and the search names {len(search.cabins)}")
    data, beside = _data(body)
    yield from beside
    found = data.lowest_fare_offers
    offers = found.lowest_offers if found else None
    if found is None or offers is None:
        raise UnexpectedResponse("data.lowestFareOffers.lowestOffers is missing")
    if not offers:
        _must_say_none((*_each(found.warnings), found.warning))
        return
    listed: set[date] = set()
    days: dict[date, AwardOfferItem | None] = {}
    lost = nearby = 0
    for raw in offers:
        odd: list[ParseWarning] = []
        try:
            told = _LOWEST_OFFER.decode(raw)
            day = date.fromisoformat(told.flight_date[:10])
            offer = _read_day(day, told, search, seen_at, odd)
        except (*UNREADABLE, TypeError, ValueError) as error:
            lost += 1
            yield ParseWarning("lowestOffers", str(error)[:200], drops_offer=True)
            continue
        yield from odd
        listed.add(day)
        if not search.first <= day <= search.last:
            nearby += 1
            yield ParseWarning("nearby", str(day))
            continue
        before = days.get(day)
        if before is None or (offer is not None and (offer.miles or 0) < (before.miles or 0)):
            days[day] = offer
    if lost and not any(days.values()):
        raise UnexpectedResponse(f"none of {lost} days could be read")
    if not days:
        raise UnexpectedResponse(f"asked {search.first}..{search.last}, and {nearby} other days were answered")
    if len(listed) > 1 and len({(day.year, day.month) for day in listed}) == len(listed):
        yield ParseWarning(
            "lowestOffers", f"one day in each of {len(listed)} months says nothing of the others", drops_offer=True
        )
    # A day that is not there between others is not sold. A list of monthly lows covers the one day that it names.
    yield CoveredDates(min(days), max(days))
    yield from filter(None, days.values())


def _read_day(
    day: date, told: _LowestOffer, search: Search, seen_at: datetime, odd: list[ParseWarning]
) -> AwardOfferItem | None:
    """The offer of a day, or None where there is none. Raises ValueError where it cannot be read."""
    if told.no_flight is True:
        return None
    connection = told.connections[0] if told.connections else _DayConnection()
    price = connection.price or _Money()
    amount = _day_amount(told, price, search.travelers)
    if amount is None:
        return None
    unit = told.currency if told.currency is not None else price.currency_code
    if unit is not None and unit != MILES:
        raise ValueError(f"{day}: the price is in {unit!r}")
    miles = positive_int(amount / search.travelers)
    if miles is None:
        raise ValueError(f"{day}: {amount} miles for {search.travelers}")
    return AwardOfferItem(
        program=PROGRAM,
        source=PROGRAM,
        detail=Detail.DAY,
        origin=search.origin,
        destination=search.destination,
        departure_date=day,
        cabin=search.cabins[0],
        miles=miles,
        taxes=_day_taxes(connection.tax, told.total_tax_details, search.travelers, odd),
        on_sale=told.is_promo_fare if type(told.is_promo_fare) is bool else None,
        travelers=search.travelers,
        seen_at=seen_at,
    )


def _day_amount(told: _LowestOffer, price: _Money, party: int) -> float | None:
    """The price for the whole party, or None where the day has none; `displayPrice` may be that of one traveler."""
    said = [told.total_price, told.display_price if party == 1 else UNSET, price.amount or UNSET]
    there = [value for value in said if value is not UNSET]
    if not there:
        raise ValueError(f"{told.flight_date}: totalPrice is missing")
    priced = [value for value in there if value is not None]
    amount = float_or_none(priced[0]) if priced else 0
    if amount is None or amount < 0:
        raise ValueError(f"{told.flight_date}: the price is {priced[0]!r}")
    return amount or None


def _day_taxes(tax: _Money | None, details: _TaxDetails | None, party: int, odd: list[ParseWarning]) -> Money | None:
    if tax is not None and tax.amount is not None and tax.currency_code is not None:
        return _taxes(tax.amount, tax.currency_code, party, odd)
    if details is not None and details.total_price is not None:
        return _taxes(details.total_price, details.currency, party, odd)
    if tax is not None and tax.amount is not None:
        odd.append(ParseWarning("tax", f"{tax.amount} without a currency"[:80]))
    return None


# ---- the day's flights ---------------------------------------------------------------------------------------------


def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[AwardOfferItem | ParseWarning]:
    """The flights of one day, an offer for each cabin they are sold in, per traveler.

    Raises Changed for an unknown shape, other routes or days only, or an empty list with an unknown reason.
    """
    data, beside = _data(body)
    yield from beside
    found = data.available_offers
    if found is None or found.offer_itineraries is None:
        raise UnexpectedResponse("data.availableOffers.offerItineraries is missing")
    if not found.offer_itineraries:
        _must_say_none(_each(found.warnings))
        return
    cheapest: dict[tuple[str | None, ...], AwardOfferItem] = {}
    lost = nearby = 0
    for raw in found.offer_itineraries:
        odd: list[ParseWarning] = []
        try:
            itinerary = _ITINERARIES.decode(raw)
            flights = itinerary.active_connection.segments
            if not flights:
                raise ValueError("activeConnection without segments")
            if not _was_asked(flights, search):
                nearby += 1
                first, last = flights[0], flights[-1]
                yield ParseWarning(
                    "nearby", f"{first.origin.code}-{last.destination.code} {first.departure_date_time}"[:80]
                )
                continue
            segments = tuple(_segment(flight, odd) for flight in flights)
        except (*UNREADABLE, TypeError, ValueError) as error:
            lost += 1
            yield ParseWarning("offerItineraries", str(error)[:200], drops_offer=True)
            continue
        for offer in _products(itinerary, segments, search, seen_at, odd):
            key = (offer.cabin, offer.flights, offer.fare_name)
            twin = cheapest.get(key)
            if twin is None or (offer.miles or 0) < (twin.miles or 0):
                cheapest[key] = offer
        lost += sum(one.drops_offer for one in odd)
        yield from odd
    yield from cheapest.values()
    if lost and not cheapest:
        raise UnexpectedResponse(f"nothing of {len(found.offer_itineraries)} itineraries could be read")
    if nearby == len(found.offer_itineraries):
        raise UnexpectedResponse(f"only flights of other airports or days: {nearby}")


def _was_asked(flights: list[_Segment], search: Search) -> bool:
    return (
        flights[0].origin.code == search.origin
        and flights[-1].destination.code == search.destination
        and search.first.isoformat() <= flights[0].departure_date_time[:10] <= search.last.isoformat()
    )


def _segment(flight: _Segment, odd: list[ParseWarning]) -> Segment:
    departs_at, odd_departure = iso_time(flight.departure_date_time, flight.origin.code)
    arrives_at, odd_arrival = iso_time(flight.arrival_date_time, flight.destination.code)
    odd.extend(odd_departure + odd_arrival)
    marketing = flight.marketing_flight
    carrier = str_or_none(marketing.carrier.code)
    flight_number = str(marketing.number).strip().lstrip("0")
    if carrier is None or not flight_number:
        raise ValueError(f"marketingFlight is {marketing.carrier.code!r} {marketing.number!r}")
    operating = marketing.operating_flight.carrier if marketing.operating_flight else None
    return Segment(
        marketing_carrier=carrier,
        operating_carrier=str_or_none(operating.code) if operating else None,
        flight_number=flight_number,
        origin=flight.origin.code,
        destination=flight.destination.code,
        departs_at=departs_at,
        arrives_at=arrives_at,
        aircraft=str_or_none(flight.equipment_name),
        stops=len(flight.stops_at or ()),
    )


def _products(
    itinerary: _Itinerary, segments: tuple[Segment, ...], search: Search, seen_at: datetime, odd: list[ParseWarning]
) -> Iterator[AwardOfferItem]:
    """An offer for each cabin that has a price; what cost one is added to `odd`."""
    if not itinerary.upsell_cabin_products:
        odd.append(ParseWarning("upsellCabinProducts", f"none for {segments[0].flight}", drops_offer=True))
    for products in itinerary.upsell_cabin_products:
        if not products.connections:
            odd.append(ParseWarning("connections", f"none for {segments[0].flight}", drops_offer=True))
            continue
        product = products.connections[0]  # the others are the ways back of a return trip
        price = product.price or _Money()
        if _is_not_sold(product, price):
            continue
        cabin = CABINS.get(product.cabin_class) if type(product.cabin_class) is str else None
        party = positive_int(product.passenger_count) or search.travelers
        amount = float_or_none(price.amount)
        miles = positive_int(amount / party) if amount is not None else None
        if cabin is None or party != search.travelers or miles is None or price.currency_code != MILES:
            said = f"{product.cabin_class}, {price.amount} {price.currency_code} for {product.passenger_count}"
            odd.append(ParseWarning("price", said[:80], drops_offer=True))
            continue
        seats = float_or_none(product.number_of_seats_available)
        if seats is None or not 0 <= seats <= 500 or seats != int(seats):
            if product.number_of_seats_available is not None:
                odd.append(ParseWarning("numberOfSeatsAvailable", str(product.number_of_seats_available)[:80]))
            seats = None
        yield AwardOfferItem(
            program=PROGRAM,
            source=PROGRAM,
            detail=Detail.ITINERARY,
            origin=search.origin,
            destination=search.destination,
            departure_date=segments[0].departs_at.date(),
            cabin=cabin,
            miles=miles,
            taxes=_taxes(product.tax.amount, product.tax.currency_code, party, odd) if product.tax else None,
            seats=int(seats) if seats else None,
            stops=len(segments) - 1 + sum(segment.stops for segment in segments),
            duration_minutes=positive_int(itinerary.active_connection.duration),
            segments=segments,
            fare_name=str_or_none(product.fare_family.code) if product.fare_family else None,
            on_sale=product.is_promo if type(product.is_promo) is bool else None,
            travelers=search.travelers,
            seen_at=seen_at,
        )


def _is_not_sold(product: _Product, price: _Money) -> bool:
    """Whether the cabin stands there without anything that belongs to a price."""
    of_a_price = (price.amount, price.currency_code, product.tax, product.fare_family)
    return type(product.cabin_class) is str and of_a_price == (None, None, None, None)


# ---- both ----------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """The answer as plain lists, objects and values. Raises Changed."""
    try:
        return msgspec.json.decode(body)
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is neither of the two. A calendar does not say its route."""
    try:
        data = _ANSWER.decode(body).data or _Data()
    except UNREADABLE:
        return None
    if data.available_offers is not None and data.available_offers.offer_itineraries is not None:
        return _recognized_flights(data.available_offers.offer_itineraries)
    if data.lowest_fare_offers is None or data.lowest_fare_offers.lowest_offers is None:
        return None
    days: list[date] = []
    for raw in data.lowest_fare_offers.lowest_offers:
        try:
            days.append(date.fromisoformat(_LOWEST_OFFER.decode(raw).flight_date[:10]))
        except (*UNREADABLE, TypeError, ValueError):
            continue
    if not days and data.lowest_fare_offers.lowest_offers:
        return None
    return Detected(kind=SearchKind.CALENDAR, first=min(days, default=None), last=max(days, default=None))


def _recognized_flights(raws: list[msgspec.Raw]) -> Detected | None:
    """The route and day of most flights: a city has several airports."""
    ends: Counter[tuple[str, str, date, int]] = Counter()
    for raw in raws:
        try:
            itinerary = _ITINERARIES.decode(raw)
            flights = itinerary.active_connection.segments
            party = max((positive_int(p.passenger_count) or 1 for p in _firsts(itinerary)), default=1)
            day = date.fromisoformat(flights[0].departure_date_time[:10])
            ends[flights[0].origin.code, flights[-1].destination.code, day, party] += 1
        except (*UNREADABLE, ValueError, IndexError):
            continue
    if not ends:
        return None if raws else Detected(kind=SearchKind.ITINERARY)
    origin, destination, day, party = ends.most_common(1)[0][0]
    return Detected(
        kind=SearchKind.ITINERARY, origin=origin, destination=destination, first=day, last=day, travelers=party
    )  # fmt: skip


def _firsts(itinerary: _Itinerary) -> Iterator[_Product]:
    return (products.connections[0] for products in itinerary.upsell_cabin_products if products.connections)


def _data(body: bytes) -> tuple[_Data, list[ParseWarning]]:
    """The answer's data, and the errors beside offers: those are not all. Raises CouldNotLook for errors alone."""
    try:
        answer = _ANSWER.decode(body)
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error
    data = answer.data or _Data()
    inside = data.available_offers or data.lowest_fare_offers
    refusals = _each(answer.errors)
    if inside is not None and inside.code is not None:
        refusals.append(_Warning(inside.code, inside.message, inside.description))
    if (data.available_offers and data.available_offers.offer_itineraries) or (
        data.lowest_fare_offers and data.lowest_fare_offers.lowest_offers
    ):
        return data, [ParseWarning("errors", _said(refusal), drops_offer=True) for refusal in refusals]
    for refusal in refusals:
        if not NO_AWARD.search(_said(refusal)):
            raise _refused(refusal)
    if refusals:  # nothing but that there is no award
        return _Data(_LowestFareOffers([], warnings=refusals), _AvailableOffers([], warnings=refusals)), []
    return data, []


def _each(told: list[_Said] | str | None) -> list[_Said]:
    """Warnings or errors one by one: a lone one can come without a list around it."""
    return list(told) if isinstance(told, list) else [told] if told else []


def _must_say_none(warnings: Iterable[_Said]) -> None:
    """Raise CouldNotLook unless a warning beside an empty list says that there is no award, and none anything else."""
    said = [warning for warning in warnings if warning is not None]
    for warning in said:
        if not NO_AWARD.search(_said(warning)):
            raise _refused(warning)
    if not said:
        raise UnexpectedResponse("an empty list, and no warning says that there is no award")


def _refused(refusal: _Said) -> SearchFailed:
    said = _said(refusal)
    for pattern, reason in ERROR_TEXTS:
        if pattern.search(said):
            return SearchFailed(reason, said)
    return UnexpectedResponse(f"error {said}")


def _said(refusal: _Said) -> str:
    if not isinstance(refusal, _Warning):
        return str(refusal)[:200]
    told = (refusal.code, refusal.message, refusal.description)
    return ": ".join(str(part) for part in told if part is not None)[:200]


def _taxes(value: object, unit: object, party: int, odd: list[ParseWarning]) -> Money | None:
    """The party's taxes, for one traveler."""
    amount, of = float_or_none(value), currency(unit)
    if amount is None or amount < 0 or of is None:
        odd.append(ParseWarning("tax", f"{value} {unit}"[:80]))
        return None
    return _share(amount, of, party)


@lru_cache(maxsize=4096)
def _share(amount: float, unit: str, party: int) -> Money:
    return money(amount / party, unit)


PARSERS = {SearchKind.CALENDAR: validated(parse_calendar), SearchKind.ITINERARY: validated(parse_itinerary)}
