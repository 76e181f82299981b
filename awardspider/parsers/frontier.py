"""Frontier Miles: a day's flights, from the page of results that holds them as FlightData.

Facts and their sources: docs/sources/frontier.md. In miles mode the names do not mean what they say: `standardFare` is
the miles and `milesFare` the money beside them. The wire classes below name only what is read; `rename="camel"` maps
`standard_fare` to `standardFare`. Values that may come in more than one type are `Any`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

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
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._flights import flights_of, keep_lower, mostly, route_and_day, were_asked
from awardspider.parsers._times import Clock, iso_time, time_with_utc
from awardspider.parsers._validation import validated
from awardspider.parsers._values import float_or_none, money, positive_int, str_or_none

PROGRAM = "frontier"

MARK = re.compile(rb"FlightData\s*=\s*(['\"])")
MILES = "miles"  # fareTypeBy, in any case
UNIT = "USD"  # no price names its currency; the page shows dollars

# A fare that is not sold is written as a very large number, the largest of a .NET decimal (7.9e28); no award costs so
# much, and what is beyond it is no number of the program.
NOT_SOLD_FROM, NOT_SOLD_TO = 500_000, 1e29

STANDARD = "Standard"
BUNDLES = ("Economy Bundle", "Premium Bundle", "Business Bundle")
BUNDLE_KEYS = ("milesBundleFareEcob", "milesBundleFarePrem", "milesBundleFareBusi")
DATE_FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%b %d, %Y", "%B %d, %Y", "%a, %b %d, %Y", "%A, %B %d, %Y")
SEATS = re.compile(r"\d+")

# What a script writes with a backslash. `\u00e9` and its like mean the same in JSON, and stay.
ESCAPE = re.compile(rb"\\(u00[0-7][0-9a-fA-F]|x[0-7][0-9a-fA-F]|[^u])", re.DOTALL)
BLANKS = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Leg(_Wire):
    departure_station: str
    arrival_station: str
    departure_date: str
    arrival_date: str
    flight_number: str | int
    carrier_code: str
    departure_date_utc: Any = None
    arrival_date_utc: Any = None


class _Flight(_Wire):
    """One way to get there: the standard fare, and what the bundles cost on top of it."""

    legs: list[_Leg]
    stop_count: Any = None
    is_monetary: Any = None
    standard_fare: Any = None
    miles_fare: Any = None
    miles_fare_fare_seats_remaining: Any = None
    standard_fare_seats_remaining: Any = None
    miles_bundle_fare: Any = msgspec.UNSET
    miles_bundle_fare_ecob: Any = None
    miles_bundle_fare_prem: Any = None
    miles_bundle_fare_busi: Any = None
    miles_bundle_fare_class: Any = None


class _Journey(_Wire):
    flights: list[msgspec.Raw] | None = None
    is_miles_booking: Any = None
    is_return_trip: Any = None


class _FlightData(_Wire):
    journeys: list[_Journey] | None = None
    fare_type_by: Any = None
    origin_one: Any = None
    destination_one: Any = None
    departure_date_one: Any = None
    pax_count: Any = None


class _Saved(_Wire):
    """FlightData as people save it, with when they saw it."""

    flight_data: msgspec.Raw = msgspec.Raw()
    observed_at: Any = None


_ANYTHING = msgspec.json.Decoder()
_DATA = msgspec.json.Decoder(_FlightData)
_SAVED = msgspec.json.Decoder(_Saved)
_FLIGHT = msgspec.json.Decoder(_Flight)

_ROW = "journeys[].flights[]"
REQUIRED_PATHS = {
    SearchKind.ITINERARY: (
        f"{_ROW}.stopCount",
        f"{_ROW}.isMonetary",
        f"{_ROW}.standardFare",
        f"{_ROW}.milesFare",
        f"{_ROW}.milesBundleFareEcob",
        f"{_ROW}.milesBundleFarePrem",
        f"{_ROW}.milesBundleFareBusi",
        f"{_ROW}.milesBundleFareClass",
        f"{_ROW}.legs[].departureStation",
        f"{_ROW}.legs[].arrivalStation",
        f"{_ROW}.legs[].departureDate",
        f"{_ROW}.legs[].arrivalDate",
        f"{_ROW}.legs[].departureDateUtc",
        f"{_ROW}.legs[].arrivalDateUtc",
        f"{_ROW}.legs[].flightNumber",
        f"{_ROW}.legs[].carrierCode",
    )
}


def parse_itinerary(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The flights of one day: the standard fare, and each bundle paid for in miles, per traveler.

    Raises Changed for an unknown shape, another route or day, prices in money, or an empty list that does not say what
    was asked.
    """
    data = _decoded(_DATA, body)
    journeys = [journey for journey in data.journeys or () if journey.is_return_trip is not True]
    if not any(journey.flights for journey in journeys):
        _check_says_none(data, journeys, search)
        return
    sold: dict[tuple[tuple[str, ...], str], AwardOfferItem] = {}
    rows = asked = unread = 0
    nearby: set[str] = set()
    for journey in journeys:
        in_miles = _in_miles(data, journey)
        for raw in journey.flights or ():
            rows += 1
            try:
                flight = _FLIGHT.decode(raw)
                segments, odd = _segments(flight)
            except (ValueError, RecursionError) as error:
                unread += 1
                yield ParseWarning("flights", str(error), drops_offer=True)
                continue
            if flight.is_monetary is True or (flight.is_monetary is not False and not in_miles):
                unread += 1
                yield ParseWarning(
                    "isMonetary", f"{segments[0].flight}: {str(flight.is_monetary)[:80]}", drops_offer=True
                )
                continue
            if not were_asked(segments, search):
                nearby.add(route_and_day(segments))
                yield ParseWarning("nearby", route_and_day(segments))
                continue
            asked += 1
            yield from odd
            key = flights_of(segments)
            for item in _read_fares(flight, segments, search, seen_at):
                if isinstance(item, ParseWarning):
                    unread += item.drops_offer
                    yield item
                    continue
                keep_lower(sold, (key, item.fare_name or ""), item)
    yield from sold.values()
    if unread and not sold:
        raise UnexpectedResponse(f"nothing of {rows} flights could be read as a price in miles")
    if nearby and not asked:
        raise UnexpectedResponse(f"asked {search}, answered {', '.join(sorted(nearby))}"[:300])


def _in_miles(data: _FlightData, journey: _Journey) -> bool:
    """Whether the page says that it is about miles; False where it does not say. Raises Changed where it is money."""
    said = str_or_none(data.fare_type_by)
    if said is not None and said.lower() != MILES:
        raise UnexpectedResponse(f"fareTypeBy is {said[:80]}, not miles")
    if journey.is_miles_booking is False:
        raise UnexpectedResponse("isMilesBooking is false: the prices are money")
    return said is not None or journey.is_miles_booking is True


def _check_says_none(data: _FlightData, journeys: list[_Journey], search: Search) -> None:
    """Raise Changed unless an empty list comes with the route and the day that were asked, in miles."""
    if data.journeys is None or any(journey.flights is None for journey in journeys):
        raise UnexpectedResponse("journeys[].flights is missing")
    in_miles = [_in_miles(data, journey) for journey in journeys or (_Journey(),)]
    if not all(in_miles):
        raise UnexpectedResponse("no flights, and nothing says that miles were asked for")
    asked = (data.origin_one, data.destination_one, _date(data.departure_date_one))
    if asked != (search.origin, search.destination, search.first):
        raise UnexpectedResponse(f"asked {search}, answered {asked[0]}-{asked[1]} {data.departure_date_one}"[:200])


def _segments(flight: _Flight) -> tuple[list[Segment], list[ParseWarning]]:
    """The flights, and where their clock disagrees with the airport's zone."""
    odd: list[ParseWarning] = []
    segments = []
    for leg in flight.legs:
        departs_at, odd_departure = _clock(leg.departure_date, leg.departure_date_utc, leg.departure_station)
        arrives_at, odd_arrival = _clock(leg.arrival_date, leg.arrival_date_utc, leg.arrival_station)
        odd += (*odd_departure, *odd_arrival)
        segments.append(
            Segment(
                marketing_carrier=leg.carrier_code,
                operating_carrier=None,
                flight_number=str(leg.flight_number),
                origin=leg.departure_station,
                destination=leg.arrival_station,
                departs_at=departs_at,
                arrives_at=arrives_at,
                cabin=Cabin.ECONOMY,
            )
        )
    if not segments:
        raise ValueError("a flight without legs")
    return segments, odd


def _clock(written: str, utc: object, airport: str) -> Clock:
    """The local time, its offset told by its twin in UTC where there is one."""
    return time_with_utc(written, utc, airport) if isinstance(utc, str) and utc else iso_time(written, airport)


def _read_fares(
    flight: _Flight, segments: list[Segment], search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | ParseWarning]:
    """The standard fare and the bundles; what is not sold is none."""
    if _is_not_sold(flight.standard_fare) or float_or_none(flight.standard_fare) == 0:
        return
    standard = positive_int(flight.standard_fare)
    if standard is None:
        yield ParseWarning("standardFare", f"{segments[0].flight}: {str(flight.standard_fare)[:80]}", drops_offer=True)
        return
    cash = None if _is_not_sold(flight.miles_fare) else float_or_none(flight.miles_fare)
    if cash is None or cash < 0:
        yield ParseWarning("milesFare", f"{segments[0].flight}: {str(flight.miles_fare)[:80]}")
    names = [(STANDARD, standard)]
    for name, field, told in _bundles(flight):
        extra = positive_int(told)
        if extra is not None and not _is_not_sold(told):
            names.append((name, standard + extra))
        elif (
            extra is None and float_or_none(told) != 0 and not _is_not_sold(told)
        ):  # as other fares of 0.0: not offered
            yield ParseWarning(field, f"{segments[0].flight}: {str(told)[:80]}", drops_offer=True)
    seats = _seats(flight.miles_fare_fare_seats_remaining) or _seats(flight.standard_fare_seats_remaining)
    minutes = round((segments[-1].arrives_at - segments[0].departs_at) / timedelta(minutes=1))
    for name, miles in names:
        yield AwardOfferItem(
            program=PROGRAM,
            source=PROGRAM,
            detail=Detail.ITINERARY,
            origin=search.origin,
            destination=search.destination,
            departure_date=segments[0].departs_at.date(),
            cabin=Cabin.ECONOMY,
            miles=miles,
            taxes=_taxes(cash),
            seats=seats,
            stops=_stops(flight.stop_count, len(segments)),
            duration_minutes=minutes if minutes > 0 else None,
            segments=tuple(segments),
            fare_name=name,
            booking_code=str_or_none(flight.miles_bundle_fare_class),
            travelers=search.travelers,
            seen_at=seen_at,
            search=search,
        )


def _bundles(flight: _Flight) -> list[tuple[str, str, object]]:
    """Name, key and extra miles of each bundle: by the three keys, or where all are null by `2000|4000|8000`."""
    told: list[object] = [
        flight.miles_bundle_fare_ecob,
        flight.miles_bundle_fare_prem,
        flight.miles_bundle_fare_busi,
    ]
    if told == [None] * len(told):
        together = flight.miles_bundle_fare
        if together is None or (isinstance(together, str) and not together.strip("| ")):
            return []
        parts = together.split("|") if isinstance(together, str) else []
        if len(parts) != len(told):
            return [("", "milesBundleFare", f"not three: {together}")]
        told = [part if part.strip() else 0 for part in parts]
    return list(zip(BUNDLES, BUNDLE_KEYS, told, strict=True))


def _is_not_sold(fare: object) -> bool:
    """Whether a fare is the very large number that stands for none; `number` knows none beyond a million million."""
    if type(fare) not in (float, int, str):
        return False
    try:
        return NOT_SOLD_FROM <= float(fare) < NOT_SOLD_TO  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return False


def _stops(told: object, legs: int) -> int:
    """Changes and landings between: the answer's own count, or the legs less one."""
    count = float_or_none(told)
    return int(count) if count is not None and count >= 0 and count == int(count) else legs - 1


@lru_cache(maxsize=256)
def _seats_in(written: str) -> int | None:
    found = SEATS.search(written)
    return positive_int(found[0]) if found else None


def _seats(told: object) -> int | None:
    """`1 Seat Left!` as 1; None where nothing is told."""
    return _seats_in(told) if isinstance(told, str) else positive_int(told)


def _taxes(cash: float | None) -> Money | None:
    return money(cash, UNIT) if cash is not None and cash >= 0 else None


# ---- the page ------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """FlightData as plain JSON: out of the page, out of a file with notes around it, or as it is. Raises Changed."""
    return _decoded(_ANYTHING, body)


def _json_of(body: bytes) -> bytes:
    """The JSON of FlightData, whatever it is wrapped in."""
    if body.lstrip()[:1] == b"<":
        return _embedded(body)
    try:
        return bytes(_SAVED.decode(body).flight_data or body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error


def _embedded(page: bytes) -> bytes:
    """The text that the page's script gives to FlightData, its HTML escapes undone."""
    for mark in MARK.finditer(page):
        end = page.find(mark[1] + b";", mark.end())
        if end < 0:
            raise UnexpectedResponse("FlightData does not end")
        # Quotes are nearly all there is to undo, and a hundred times quicker so.
        written = page[mark.end() : end].replace(b"&quot;", b'"')
        if written.strip():  # a script may set it to nothing first
            return html.unescape(written.decode("utf-8", "replace")).encode() if b"&" in written else written
    raise UnexpectedResponse("the page has no FlightData")


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """FlightData; where it is no JSON as it stands, with the escapes of the script around it undone."""
    written = _json_of(body)
    try:
        return decoder.decode(written)
    except (ValueError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError) or b"\\" not in written:
            raise UnexpectedResponse(str(error)) from error
    try:
        return decoder.decode(ESCAPE.sub(_unescaped, written))
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error


def _unescaped(escape: re.Match[bytes]) -> bytes:
    told = escape[1]
    return bytes([int(told[1:], 16)]) if len(told) > 1 else BLANKS.get(told, told)


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is none of Frontier's."""
    try:
        data = _decoded(_DATA, body)
    except UnexpectedResponse:
        return None
    origin, destination, day = (
        str_or_none(data.origin_one),
        str_or_none(data.destination_one),
        _date(data.departure_date_one),
    )
    ways = [segments for journey in data.journeys or () for segments in _readable(journey)]
    if ways:
        most = mostly(ways)
        origin, destination, day = origin or most[0], destination or most[1], day or most[2]
    if data.journeys is None or not origin or not destination:
        return None
    return Detected(
        kind=SearchKind.ITINERARY,
        origin=origin,
        destination=destination,
        first=day,
        last=day,
        travelers=positive_int(data.pax_count) or 1,
        answered_at=_answered_at(body),
    )


def _readable(journey: _Journey) -> Iterator[list[Segment]]:
    for raw in journey.flights or ():
        try:
            yield _segments(_FLIGHT.decode(raw))[0]
        except (ValueError, RecursionError):
            continue


def _answered_at(body: bytes) -> datetime | None:
    """When a saved FlightData was seen, where that is noted with it."""
    try:
        seen = datetime.fromisoformat(str(_SAVED.decode(body).observed_at))
    except (ValueError, RecursionError):
        return None
    return seen if seen.tzinfo else None


def _date(written: object) -> date | None:
    """The day asked for, in any of the ways that the page and its address write days."""
    if not isinstance(written, str):
        return None
    whole_text = written.strip()
    days = (whole_text, whole_text.partition("T")[0], whole_text.partition(" ")[0])  # alone, and with a time behind
    for form in DATE_FORMS:
        for day in days:
            try:
                return datetime.strptime(day, form).date()  # noqa: DTZ007 a day has no zone
            except ValueError:
                continue
    return None


PARSERS = {SearchKind.ITINERARY: validated(parse_itinerary)}
