"""Aeromexico Rewards: the flights of one day with every fare in points (search/flight/points).

Facts and their sources: docs/sources/aeromexico.md. The wire classes name only what is read; `rename="camel"` maps
`leg_collection` to `legCollection`. Values that may come in more than one type are `Any` and read through
`readers.values`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import msgspec

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Detail, ParseWarning, Search, SearchKind, Segment
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._flights import flights_of, keep_lower
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, float_or_none, local_time, money, positive_int, str_or_none

PROGRAM = "aeromexico"

REQUIRED_PATHS = {
    SearchKind.ITINERARY: (
        "currencyCode",
        "conversionInfo[].legCode",
        "outbound[].legCollection[].segments[].marketingFlightCode",
        "outbound[].legCollection[].segments[].departureDateTime",
        "outbound[].fares[].fareFamily",
        "outbound[].fares[].cabinClass",
        "outbound[].fares[].seatsRemaining",
        "outbound[].fares[].currency.points",
        "outbound[].fares[].currency.totalCash",
    )
}

# AM Plus is economy with more room for the legs, not a cabin of its own.
CABINS = {"MAIN": Cabin.ECONOMY, "AM_PLUS": Cabin.ECONOMY, "BUSINESS": Cabin.BUSINESS}

# A CLASSIC ticket is the saver award; DYNAMIC ones follow the money fare.
SAVER = {"CLASSIC": True, "DYNAMIC": False}

# What stands where an object should.
Other = str | int | float | bool | list[Any] | None


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Segment(_Wire):
    departure_airport: str
    arrival_airport: str
    departure_date_time: str
    arrival_date_time: str
    marketing_carrier: str
    marketing_flight_code: str | int
    operating_carrier: Any = None
    aircraft_type: Any = None
    duration: Any = None
    layover_duration: Any = None
    stop_airports: Any = None


class _Leg(_Wire):
    segments: list[_Segment]
    total_flight_duration: Any = None


class _Price(_Wire):
    """All of it for one traveler; `total` is the fare in money, `total_cash` what is paid beside the points."""

    points: Any = msgspec.UNSET
    points_before_promo: Any = None
    total_cash: Any = None
    total: Any = None


class _Fare(_Wire):
    currency: _Price | Other = None
    fare_family: Any = None
    ticket_type: Any = None
    booking_class: Any = None
    cabin_class: Any = None
    seats_remaining: Any = None
    unavailable: Any = None
    is_cabin_hidden: Any = None
    is_promo_active: Any = None
    is_air_promotions_active: Any = None


class _Itinerary(_Wire):
    leg_collection: list[_Leg]
    fares: list[_Fare | Other]


class _Answer(_Wire):
    outbound: list[msgspec.Raw]
    currency_code: Any = None
    warnings: Any = None
    conversion_info: Any = None


_ANSWER = msgspec.json.Decoder(_Answer)
_ITINERARY = msgspec.json.Decoder(_Itinerary)


def parse_itinerary(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The flights of one day, an offer for each fare family they are sold as, per traveler.

    Raises Changed for an unknown shape, another route or day, and for an answer without flights that warns: such an
    answer is incomplete.
    """
    answer = _answer(body)
    codes = _leg_codes(answer)
    asked = f"{search.origin}_{search.destination}_{search.first}"
    if codes and not any(asked in code for code in codes):
        raise UnexpectedResponse(f"asked {asked}, answered {codes[0][:80]}")
    if not answer.outbound and (answer.warnings or not codes):
        raise UnexpectedResponse(
            f"outbound is empty, warnings say {str(answer.warnings)[:200]}, conversionInfo {codes[:1]}"
        )
    if answer.warnings:
        yield ParseWarning("warnings", str(answer.warnings)[:200], drops_offer=True)
    if not codes:
        yield ParseWarning("conversionInfo", str(answer.conversion_info)[:80])
    unit = currency(answer.currency_code)
    if unit is None:
        yield ParseWarning("currencyCode", str(answer.currency_code)[:80])
    unread = nearby = unpriced = 0
    sold: dict[tuple[object, ...], AwardOfferItem] = {}
    for raw in answer.outbound:
        try:
            itinerary = _ITINERARY.decode(raw)
            segments, odd = _segments(itinerary)
        except (ValueError, RecursionError) as error:
            unread += 1
            yield ParseWarning("outbound", str(error)[:200], drops_offer=True)
            continue
        day = segments[0].departs_at.date()
        route = (segments[0].origin, segments[-1].destination)
        if route != (search.origin, search.destination) or not search.first <= day <= search.last:
            nearby += 1
            yield ParseWarning("nearby", f"{route[0]}-{route[1]} {day}")
            continue
        yield from odd
        minutes = _minutes(itinerary)
        flights = flights_of(segments)
        for fare in itinerary.fares:
            item = _read_fare(fare, segments, unit, minutes, search, seen_at)
            if item is None:
                unpriced += isinstance(fare, _Fare) and _lacks_points(fare)
            elif isinstance(item, ParseWarning):
                unread += item.drops_offer
                yield item
            else:
                if item.fare_name is None:  # it cannot be told from others of its cabin
                    yield ParseWarning("fareFamily", f"none for {item.flights} {item.cabin}", drops_offer=True)
                keep_lower(sold, (flights, item.cabin, item.fare_name), item)
    yield from sold.values()
    if not sold and (unread or unpriced):
        raise UnexpectedResponse(
            f"nothing of {len(answer.outbound)} flights could be read, {unpriced} fares have no points"
        )
    if answer.outbound and nearby == len(answer.outbound):
        raise UnexpectedResponse("only flights of other airports or days")


def _read_fare(
    fare: _Fare | Other,
    segments: tuple[Segment, ...],
    unit: str | None,
    minutes: int | None,
    search: Search,
    seen_at: datetime,
) -> AwardOfferItem | ParseWarning | None:
    """The offer of one fare; None where it is not for sale in points to this party."""
    if not isinstance(fare, _Fare):
        return ParseWarning("fares", str(fare)[:80], drops_offer=True)
    if fare.unavailable is True or fare.is_cabin_hidden is True:
        return None
    if _has_no_points(fare):
        return None
    family = str_or_none(fare.fare_family)
    price = fare.currency
    if not isinstance(price, _Price):
        return ParseWarning("currency", f"{family}: {str(price)[:80]}", drops_offer=True)
    miles = positive_int(price.points)
    if miles is None:
        return ParseWarning("points", f"{family}: {str(price.points)[:80]}", drops_offer=True)
    cabin = CABINS.get(fare.cabin_class) if isinstance(fare.cabin_class, str) else None
    if cabin is None:
        return ParseWarning("cabinClass", f"{family}: {str(fare.cabin_class)[:80]}", drops_offer=True)
    seats = positive_int(fare.seats_remaining)
    if seats is not None and seats < search.travelers:
        return None
    before = positive_int(price.points_before_promo)
    cash, fare_in_money = float_or_none(price.total_cash), float_or_none(price.total)
    return AwardOfferItem(
        program=PROGRAM,
        source=PROGRAM,
        detail=Detail.ITINERARY,
        origin=search.origin,
        destination=search.destination,
        departure_date=segments[0].departs_at.date(),
        cabin=cabin,
        miles=miles,
        taxes=money(cash, unit) if unit and cash is not None and cash >= 0 else None,
        seats=seats,
        stops=len(segments) - 1 + sum(segment.stops for segment in segments),
        duration_minutes=minutes,
        segments=segments,
        fare_name=family,
        booking_code=str_or_none(fare.booking_class),
        saver=SAVER.get(fare.ticket_type) if isinstance(fare.ticket_type, str) else None,
        on_sale=_is_on_sale(fare, before, miles),
        regular_miles=before if before is not None and before > miles else None,
        cash_price=money(fare_in_money, unit) if unit and fare_in_money is not None and fare_in_money > 0 else None,
        travelers=search.travelers,
        seen_at=seen_at,
        search=search,
    )


def _has_no_points(fare: _Fare) -> bool:
    """Whether the fare is sold for money only: its points are 0 or null, or not there beside a price in money."""
    if not isinstance(fare.currency, _Price):
        return False
    points = fare.currency.points
    return _lacks_points(fare) or points is None or float_or_none(points) == 0


def _lacks_points(fare: _Fare) -> bool:
    """Whether a price in money stands without any word of points: where all are so, points are called otherwise."""
    price = fare.currency
    return isinstance(price, _Price) and price.points is msgspec.UNSET and float_or_none(price.total) is not None


def _is_on_sale(fare: _Fare, before: int | None, miles: int) -> bool | None:
    """Aeromexico's own flags, or a price before that is higher; None where it says neither."""
    flags = (fare.is_promo_active, fare.is_air_promotions_active)
    if True in flags or (before is not None and before > miles):
        return True
    return False if False in flags or before is not None else None


def _segments(itinerary: _Itinerary) -> tuple[tuple[Segment, ...], list[ParseWarning]]:
    """The flights of an itinerary, and where a time zone is not known. Raises ValueError.

    Neither cabin nor booking code is a segment's own: its `bookingClass` is that of a fare shown for reference.
    """
    odd: list[ParseWarning] = []
    segments = tuple(
        Segment(
            marketing_carrier=segment.marketing_carrier,
            operating_carrier=str_or_none(segment.operating_carrier),
            flight_number=str(segment.marketing_flight_code),
            origin=segment.departure_airport,
            destination=segment.arrival_airport,
            departs_at=local_time(segment.departure_date_time, segment.departure_airport, None, odd),
            arrives_at=local_time(segment.arrival_date_time, segment.arrival_airport, None, odd),
            aircraft=str_or_none(segment.aircraft_type),
            stops=len(segment.stop_airports) if isinstance(segment.stop_airports, list) else 0,
        )
        for leg in itinerary.leg_collection
        for segment in leg.segments
    )
    if not segments:
        raise ValueError("legCollection holds no segment")
    return segments, odd


def _minutes(itinerary: _Itinerary) -> int | None:
    """The whole way: its flights and the waits between; None where one of them is not told."""
    flown = [float_or_none(segment.duration) for leg in itinerary.leg_collection for segment in leg.segments]
    waited = [
        float_or_none(segment.layover_duration) or 0 for leg in itinerary.leg_collection for segment in leg.segments
    ]
    known = [minutes for minutes in flown if minutes is not None and minutes > 0]
    if len(known) == len(flown):
        return int(sum(known) + sum(waited))
    legs = itinerary.leg_collection
    return positive_int(legs[0].total_flight_duration) if len(legs) == 1 else None


def _leg_codes(answer: _Answer) -> list[str]:
    """What the answer says it is about, as `MEX_CUN_2026-10-05`."""
    told = answer.conversion_info if isinstance(answer.conversion_info, list) else [answer.conversion_info]
    return [item["legCode"] for item in told if isinstance(item, dict) and str_or_none(item.get("legCode"))]


def _answer(body: bytes) -> _Answer:
    try:
        return _ANSWER.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error


def decode(body: bytes) -> object:
    """The answer as plain lists, objects and values. Raises Changed."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is not the points search."""
    try:
        answer = _answer(body)
        codes = _leg_codes(answer)
        if codes:
            origin, destination, day = codes[0].split("_")[:3]
            when = date.fromisoformat(day[:10])
        elif answer.outbound:
            segments, _ = _segments(_ITINERARY.decode(answer.outbound[0]))
            origin, destination = segments[0].origin, segments[-1].destination
            when = segments[0].departs_at.date()
        else:
            return None
    except (ValueError, RecursionError, UnexpectedResponse):
        return None
    return Detected(kind=SearchKind.ITINERARY, origin=origin, destination=destination, first=when, last=when)


PARSERS = {SearchKind.ITINERARY: validated(parse_itinerary)}
