"""GOL Smiles: a day's flights (airlines/search), and the exact fees of one of them (boardingtax).

Facts and their sources: docs/sources/smiles.md. The wire classes below name only what is read; `rename="camel"` maps
`fare_list` to `fareList`. Values that may come in more than one type are `Any` and read through `readers.values`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from awardspider.items import AwardOfferItem, Cabin, Detail, Money, ParseWarning, Search, SearchKind, Segment
from awardspider.outcomes import AmbiguousResponse, UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._times import iso_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import float_or_none, money, positive_int, str_or_none

PROGRAM = "smiles"

CABINS = {
    "ECONOMIC": Cabin.ECONOMY,
    "ECONOMY": Cabin.ECONOMY,
    "PREMIUM_ECONOMIC": Cabin.PREMIUM_ECONOMY,
    "PREMIUM_ECONOMY": Cabin.PREMIUM_ECONOMY,
    "BUSINESS": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
}

# The price in miles alone that anyone gets, and the one in money alone.
IN_MILES, IN_MONEY = "SMILES", "MONEY"
# Prices for members of a club or a tier, and prices partly in money: no award price for everyone.
NOT_FOR_ALL = frozenset({"SMILES_CLUB", "SMILES_TIER", "SMILES_MONEY", "SMILES_MONEY_CLUB", "SMILES_MONEY_TIER"})

# The Brazilian site is asked for prices in its own money, and does not repeat it.
UNIT = "BRL"

_FLIGHT_PATHS = (
    "cabin",
    "availableSeats",
    "duration",
    *(f"legList[].{key}" for key in ("flightNumber", "marketingAirline.code", "operationAirline.code", "cabin")),
    *(f"legList[].{end}.{key}" for end in ("departure", "arrival") for key in ("date", "airport.code")),
    *(f"fareList[].{key}" for key in ("type", "miles", "money")),
)
REQUIRED_PATHS = {
    SearchKind.ITINERARY: (
        "passenger.adults",
        "requestedFlightSegmentList[].type",
        *(f"requestedFlightSegmentList[].flightList[].{path}" for path in _FLIGHT_PATHS),
    )
}

UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeError)


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


# What stands where an object should.
Other = str | int | float | bool | list[Any] | None


class _Code(_Wire):
    code: str


class _Airline(_Wire):
    code: Any = None


class _End(_Wire):
    date: str
    airport: _Code


class _Duration(_Wire):
    hours: Any = None
    minutes: Any = None


class _Leg(_Wire):
    flight_number: str | int
    departure: _End
    arrival: _End
    marketing_airline: _Airline | Other = None
    operation_airline: _Airline | Other = None
    equipment: Any = None
    cabin: Any = None
    class_of_service: Any = None
    stops: Any = None


class _Gol(_Wire):
    cost_tax: Any = None
    product_class: Any = None


class _Fare(_Wire):
    type: Any = None
    miles: Any = None
    base_miles: Any = None
    offer: Any = None
    money: Any = None
    airline_tax: Any = None
    g3: _Gol | Other = None


class _Flight(_Wire):
    leg_list: list[_Leg]
    fare_list: list[_Fare] | None
    cabin: Any = None
    stops: Any = None
    available_seats: Any = None
    duration: _Duration | Other = None
    airline: _Airline | Other = None


class _Requested(_Wire):
    flight_list: msgspec.Raw = msgspec.Raw(b"")
    type: Any = None


class _Fees(_Wire):
    money: Any = None


class _Totals(_Wire):
    passenger: Any = None
    total_boarding_tax: _Fees | None = None


class _Answer(_Wire):
    requested_flight_segment_list: list[_Requested] | None = None
    passenger: Any = None
    flight_list: list[msgspec.Raw] | None = None
    totals: _Totals | None = None
    message: Any = None
    error: Any = None


_ANSWER = msgspec.json.Decoder(_Answer)
_FLIGHTS = msgspec.json.Decoder(list[msgspec.Raw] | None)
_FLIGHT = msgspec.json.Decoder(_Flight)


@dataclass(slots=True)
class _Way:
    """The flights of one itinerary, read once for all its fares."""

    segments: tuple[Segment, ...]
    cabin: Cabin
    seats: int | None
    stops: int
    minutes: int | None


def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[AwardOfferItem | ParseWarning]:
    """The flights of one day, an offer for each fare in miles alone, per traveler.

    Raises Changed for an unknown shape, or where no flight of the route and day could be read, and Ambiguous for a
    message in place of flights.
    """
    flights, fees = _flights(body)
    if fees is not None:
        yield ParseWarning("boardingtax", "the fees of one flight say nothing of the others", drops_offer=True)
    cheapest: dict[tuple[str | None, ...], AwardOfferItem] = {}
    unread = nearby = 0
    for raw in flights:
        odd: list[ParseWarning] = []
        try:
            flight = _FLIGHT.decode(raw)
            if not flight.leg_list:
                raise ValueError("a flight without legs")
            first, last = flight.leg_list[0].departure, flight.leg_list[-1].arrival
            if not _was_asked(first, last, search):
                nearby += 1
                yield ParseWarning("nearby", f"{first.airport.code}-{last.airport.code} {first.date}")
                continue
            way = _way(flight, odd)
        except (*UNREADABLE, ValueError) as error:
            unread += 1
            yield ParseWarning("flightList", str(error)[:200], drops_offer=True)
            continue
        if flight.fare_list is None:  # shown, and not for sale
            odd.append(ParseWarning("fareList", f"null for {way.segments[0].flight}"))
            yield from odd
            continue
        for offer in _offers(way, flight.fare_list, fees, search, seen_at, odd):
            key = (offer.cabin, offer.flights, offer.fare_name)
            twin = cheapest.get(key)
            if twin is None or (offer.miles or 0) < (twin.miles or 0):
                cheapest[key] = offer
        unread += sum(one.drops_offer for one in odd)
        yield from odd
    yield from cheapest.values()
    if unread and not cheapest:
        raise UnexpectedResponse(f"nothing of {len(flights)} flights could be read")
    if nearby and nearby == len(flights):
        raise UnexpectedResponse(f"only flights of other airports or days: {nearby}")


def _flights(body: bytes) -> tuple[list[msgspec.Raw], Money | None]:
    """The outbound flights, and in an answer about the fees of one flight these, per traveler. Raises Changed, and
    Ambiguous for a message: it comes for "no flights" and for what was asked wrongly.
    """
    try:
        answer = _ANSWER.decode(body)
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error
    if answer.totals is not None and answer.flight_list:
        fees = float_or_none(answer.totals.total_boarding_tax.money) if answer.totals.total_boarding_tax else None
        party = positive_int(answer.totals.passenger)
        if fees is None or party is None:
            raise UnexpectedResponse("totals.totalBoardingTax.money or totals.passenger is missing")
        return answer.flight_list, money(fees / party, UNIT)
    ways = answer.requested_flight_segment_list
    if ways is None and (said := answer.message or answer.error):
        raise AmbiguousResponse(f"in place of flights: {str(said)[:120]}")
    if not ways:
        raise UnexpectedResponse("requestedFlightSegmentList is missing or empty")
    outbound = [way.flight_list for way in ways if way.type == "SEGMENT_1"]
    if len(outbound) != 1:
        raise UnexpectedResponse(f"requestedFlightSegmentList holds {[way.type for way in ways]}")
    try:
        return _FLIGHTS.decode(outbound[0]) or [], None
    except UNREADABLE as error:
        raise UnexpectedResponse(f"flightList: {error}") from error


def _was_asked(first: _End, last: _End, search: Search) -> bool:
    return (
        first.airport.code == search.origin
        and last.airport.code == search.destination
        and search.first.isoformat() <= first.date[:10] <= search.last.isoformat()
    )


def _way(flight: _Flight, odd: list[ParseWarning]) -> _Way:
    """What all fares of a flight share. Raises ValueError where it cannot be read."""
    cabin = CABINS.get(flight.cabin.upper()) if type(flight.cabin) is str else None
    if cabin is None:
        raise ValueError(f"cabin is {flight.cabin!r}")
    segments = tuple(_segment(leg, _code(flight.airline), odd) for leg in flight.leg_list)
    landings = len(segments) - 1 + sum(segment.stops for segment in segments)
    seats = float_or_none(flight.available_seats)
    if flight.available_seats is not None and (seats is None or not 0 <= seats <= 500 or seats != int(seats)):
        odd.append(ParseWarning("availableSeats", str(flight.available_seats)[:80]))
        seats = None
    return _Way(
        segments=segments,
        cabin=cabin,
        seats=int(seats) if seats else None,
        stops=max(landings, _landings(flight.stops)),
        minutes=_minutes(flight.duration),
    )


def _code(airline: _Airline | Other) -> str | None:
    return str_or_none(airline.code) if isinstance(airline, _Airline) else None


def _segment(leg: _Leg, airline: str | None, odd: list[ParseWarning]) -> Segment:
    """A flight; `airline` sells it where it does not say so itself. Raises ValueError where neither is told."""
    carrier = _code(leg.marketing_airline) or airline
    if carrier is None:
        raise ValueError(f"marketingAirline of {leg.flight_number} is missing")
    departs_at, odd_departure = iso_time(leg.departure.date, leg.departure.airport.code)
    arrives_at, odd_arrival = iso_time(leg.arrival.date, leg.arrival.airport.code)
    odd.extend(odd_departure + odd_arrival)
    return Segment(
        marketing_carrier=carrier,
        operating_carrier=_code(leg.operation_airline),
        flight_number=str(leg.flight_number).removeprefix(carrier).lstrip("0 "),
        origin=leg.departure.airport.code,
        destination=leg.arrival.airport.code,
        departs_at=departs_at,
        arrives_at=arrives_at,
        aircraft=str_or_none(leg.equipment),
        cabin=CABINS.get(leg.cabin.upper()) if type(leg.cabin) is str else None,
        booking_code=str_or_none(leg.class_of_service),
        stops=_landings(leg.stops),
    )


def _landings(value: object) -> int:
    count = float_or_none(value)
    return int(count) if count is not None and 0 <= count < 20 else 0


def _minutes(duration: _Duration | Other) -> int | None:
    hours = float_or_none(duration.hours) if isinstance(duration, _Duration) else None
    minutes = float_or_none(duration.minutes) if isinstance(duration, _Duration) else None
    return positive_int((hours or 0) * 60 + (minutes or 0)) if hours is not None and minutes is not None else None


def _offers(
    way: _Way, fares: list[_Fare], fees: Money | None, search: Search, seen_at: datetime, odd: list[ParseWarning]
) -> list[AwardOfferItem]:
    """The cheapest offer of each fare name in miles that everyone gets; what cost one is added to `odd`."""
    cheapest: dict[str | None, tuple[int, _Fare]] = {}
    cash = None
    for fare in fares:
        if fare.type == IN_MILES:
            miles = positive_int(fare.miles)
            name = str_or_none(fare.g3.product_class) if isinstance(fare.g3, _Gol) else None
            if miles is None:
                odd.append(ParseWarning("miles", str(fare.miles)[:80], drops_offer=True))
            elif name not in cheapest or miles < cheapest[name][0]:
                cheapest[name] = (miles, fare)
        elif fare.type == IN_MONEY:
            cash = _cash(fare.money) or cash
        elif type(fare.type) is not str or fare.type not in NOT_FOR_ALL:
            # A new kind of Smiles is one for some members only, so far; anything else may be the price for all.
            known = type(fare.type) is str and fare.type.startswith(f"{IN_MILES}_")
            odd.append(ParseWarning("fare type", str(fare.type)[:80], drops_offer=not known))
    if not fares:
        odd.append(ParseWarning("fareList", f"none for {way.segments[0].flight}", drops_offer=True))
    codes = [segment.booking_code for segment in way.segments if segment.booking_code]
    return [
        AwardOfferItem(
            program=PROGRAM,
            source=PROGRAM,
            detail=Detail.ITINERARY,
            origin=search.origin,
            destination=search.destination,
            departure_date=way.segments[0].departs_at.date(),
            cabin=way.cabin,
            miles=miles,
            taxes=fees or _taxes(fare, odd),
            seats=way.seats,
            stops=way.stops,
            duration_minutes=way.minutes,
            segments=way.segments,
            fare_name=name,
            booking_code=codes[0] if len(set(codes)) == 1 else "/".join(codes) or None,
            mixed_cabin=_is_mixed(way),
            on_sale=_before(fare, miles) is not None if fare.base_miles is not None else None,
            regular_miles=_before(fare, miles),
            cash_price=cash,
            travelers=search.travelers,
            seen_at=seen_at,
            search=search,
        )
        for name, (miles, fare) in cheapest.items()
    ]


def _is_mixed(way: _Way) -> bool | None:
    """Whether a segment is below the offer's cabin; None where a segment does not say its own."""
    cabins = [segment.cabin for segment in way.segments]
    if any(known is not None and known.rank < way.cabin.rank for known in cabins):
        return True
    return None if None in cabins and way.cabin is not Cabin.ECONOMY else False


def _before(fare: _Fare, miles: int) -> int | None:
    """The miles that the fare cost ahead of its offer; None where it has none."""
    base = positive_int(fare.base_miles)
    return base if base is not None and base > miles and fare.offer else None


def _taxes(fare: _Fare, odd: list[ParseWarning]) -> Money | None:
    """GOL's fees, or those of a partner; partners write 0 where only the next page tells them."""
    gol = fare.g3.cost_tax if isinstance(fare.g3, _Gol) else None
    said = fare.airline_tax if gol is None else gol
    amount = float_or_none(said)
    if amount is None or amount < 0:
        if said is not None:
            odd.append(ParseWarning("taxes", str(said)[:80]))
        return None
    return money(amount, UNIT) if amount or gol is not None else None


def _cash(value: object) -> Money | None:
    amount = float_or_none(value)
    return money(amount, UNIT) if amount is not None and amount > 0 else None


# ---- both ----------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """The answer as plain lists, objects and values. Raises Changed."""
    try:
        return msgspec.json.decode(body)
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is not one of Smiles.

    The route is that of most flights: nearby airports mix with the one that was asked.
    """
    try:
        answer = _ANSWER.decode(body)
        flights, fees = _flights(body)
    except (*UNREADABLE, UnexpectedResponse, AmbiguousResponse):
        return None
    ends: Counter[tuple[str, str, date]] = Counter()
    for raw in flights:
        try:
            legs = _FLIGHT.decode(raw).leg_list
            day = date.fromisoformat(legs[0].departure.date[:10])
            ends[legs[0].departure.airport.code, legs[-1].arrival.airport.code, day] += 1
        except (*UNREADABLE, ValueError, IndexError):
            continue
    if flights and not ends:
        return None
    party = positive_int(answer.totals.passenger) if fees is not None and answer.totals else _party(answer.passenger)
    origin, destination, day_asked = ends.most_common(1)[0][0] if ends else (None, None, None)
    return Detected(
        kind=SearchKind.ITINERARY,
        origin=origin,
        destination=destination,
        first=day_asked,
        last=day_asked,
        travelers=party or 1,
    )


def _party(passenger: object) -> int:
    """Those with a seat of their own."""
    said = passenger if isinstance(passenger, dict) else {}
    return sum(positive_int(said.get(key)) or 0 for key in ("adults", "children"))


PARSERS = {SearchKind.ITINERARY: validated(parse_itinerary)}
