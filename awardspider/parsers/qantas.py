"""Parse Qantas Frequent Flyer's Classic Flight Reward finder: one page of a day's flights.

Facts and sources: docs/sources/qantas.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec

from awardspider.items import Cabin, Money, Search, SearchKind, Segment
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import Detected, ParsedItem
from awardspider.parsers._collector import Collector, Itinerary
from awardspider.parsers._detection import detected_flights, none_if_unreadable
from awardspider.parsers._flights import is_mixed, joined_codes
from awardspider.parsers._times import parse_local_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import float_or_none, money_or_none, positive_int, str_or_none
from awardspider.parsers._wire import Contains, NotObject, Required, Wire, decode, decode_as, required_paths

__all__ = ["PARSERS", "REQUIRED_PATHS", "decode", "detect"]

PROGRAM = "qantas"
PROGRAM_CODE = "QF"  # the finder can include flights from other programs, priced in those programs' points

CABINS = {
    "Economy": Cabin.ECONOMY,
    "PremiumEconomy": Cabin.PREMIUM_ECONOMY,
    "Business": Cabin.BUSINESS,
    "First": Cabin.FIRST,
}

CURRENCIES = {
    "AU$": "AUD",
    "A$": "AUD",
    "US$": "USD",
    "NZ$": "NZD",
    "CA$": "CAD",
    "S$": "SGD",
    "SG$": "SGD",
    "HK$": "HKD",
    "JP¥": "JPY",
    "£": "GBP",
    "€": "EUR",
}

# Names in `operatedBy` that belong to exactly one airline. For any other name, the code is unknown.
OPERATORS = {
    "Air France": "AF",
    "Alaska Airlines": "AS",
    "American Airlines": "AA",
    "British Airways": "BA",
    "Cathay Pacific": "CX",
    "China Airlines": "CI",
    "Emirates": "EK",
    "Fiji Airways": "FJ",
    "Finnair": "AY",
    "Iberia": "IB",
    "Japan Airlines": "JL",
    "KLM": "KL",
    "Malaysia Airlines": "MH",
    "Qantas": "QF",
    "Qatar Airways": "QR",
    "SriLankan Airlines": "UL",
}

FLIGHT_NUMBER = re.compile(r"([A-Z][A-Z0-9]|[0-9][A-Z])\s*(\d{1,4}[A-Z]?)")
MINUTES = {"d": 1440, "h": 60, "m": 1}


class _Airport(Wire):
    code: str


class _Leg(Wire):
    departs_at: str
    arrives_at: str
    flight_number: str
    origin: _Airport
    destination: _Airport
    operated_by: Any = None
    equipment: Any = None


class _Award(Wire):
    points: Required[Any] = None
    seats: Required[Any] = None
    tax: Required[Any] = None
    currency: Required[Any] = None
    is_dynamic_pricing: Any = None
    dynamic_points: Any = None
    rbd: Any = None
    mixed_cabin_classes: Any = None


class _Flight(Wire):
    """An itinerary with an award for each cabin, which is null if the cabin is not available."""

    legs: list[_Leg]
    cabins: dict[str, _Award | NotObject]
    last_seen_at: Required[Any] = None
    duration: Any = None
    program: Any = None
    is_self_transfer: Any = None


class _Pagination(Wire):
    page: Required[Any] = None
    max_known_page: Any = msgspec.UNSET


class _RouteDecision(Wire):
    blocked: Required[Any] = None
    code: Any = None


class _Response(Wire):
    flights: list[Annotated[msgspec.Raw, Contains(_Flight)]] | None
    pagination: Required[_Pagination | NotObject] = None
    route_decision: Required[_RouteDecision | NotObject] = None


_RESPONSE = msgspec.json.Decoder(_Response)
_FLIGHT = msgspec.json.Decoder(_Flight)
REQUIRED_PATHS = {SearchKind.ITINERARY: required_paths(_Response, SearchKind.ITINERARY)}


@validated
def parse_itinerary(body: bytes, search: Search, seen_at: datetime) -> Iterator[ParsedItem]:
    """Parse one page of flights; each cabin is an offer, priced per traveler and last seen when Qantas last checked.

    Raise SearchFailed (bad_request) if the finder does not cover the route.
    """
    response = decode_as(_RESPONSE, body)
    if not response.flights:
        _check_empty(response)
    offers = Collector(PROGRAM, search, seen_at)
    rows: list[tuple[datetime, _Flight, Itinerary]] = []
    other_programs = 0
    for flight, itinerary in offers.itineraries("flights", response.flights or (), _flight):
        if flight.program not in (None, PROGRAM_CODE):
            other_programs += 1
            offers.warn("program", flight.program, drops_offer=not isinstance(flight.program, str))
        elif flight.is_self_transfer is True:  # separate tickets that the traveler would have to combine
            offers.warn("isSelfTransfer", "true")
        else:
            last_seen_at = _last_seen_at(flight.last_seen_at)
            if last_seen_at is None:
                offers.warn("lastSeenAt", f"expected a time, got {flight.last_seen_at}")
            rows.append((min(seen_at, last_seen_at or seen_at), flight, itinerary))
    if other_programs and other_programs == offers.matches:
        raise UnexpectedResponse("only flights of other airports, days or programs")
    # Of duplicate flights, only the most recently checked is added, even if it costs more.
    added: set[tuple[Cabin, tuple[str, ...]]] = set()
    for last_seen, flight, itinerary in sorted(rows, key=lambda row: row[0], reverse=True):
        _add_cabins(flight, itinerary, last_seen, added, offers)
    return offers.finish()


def _check_empty(response: _Response) -> None:
    """Raise SearchFailed unless a response without flights shows that the finder covers the route."""
    decision = response.route_decision
    if not isinstance(decision, _RouteDecision) or not isinstance(decision.blocked, bool):
        raise UnexpectedResponse("flights is empty, and routeDecision.blocked is missing")
    if decision.blocked:
        raise SearchFailed(Reason.BAD_REQUEST, f"the finder does not cover this route: {str(decision.code)[:80]}")
    if response.flights is None:
        raise UnexpectedResponse("flights is null, although the route is not blocked")


def _flight(raw: msgspec.Raw) -> tuple[_Flight, list[Segment]]:
    flight = _FLIGHT.decode(raw)
    return flight, [_segment(leg) for leg in flight.legs]


def _segment(leg: _Leg) -> Segment:
    carrier, flight_number = _flight_number(leg.flight_number)
    return Segment(
        marketing_carrier=carrier,
        operating_carrier=OPERATORS.get(leg.operated_by) if isinstance(leg.operated_by, str) else None,
        flight_number=flight_number,
        origin=leg.origin.code,
        destination=leg.destination.code,
        departs_at=parse_local_time(leg.departs_at, leg.origin.code),
        arrives_at=parse_local_time(leg.arrives_at, leg.destination.code),
        aircraft=str_or_none(leg.equipment),
    )


@lru_cache(maxsize=4096)
def _flight_number(text: str) -> tuple[str, str]:
    """Split a flight number such as `BA180` into carrier and number."""
    match = FLIGHT_NUMBER.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"flightNumber is {text[:40]!r}")
    return match[1], match[2]


def _add_cabins(
    flight: _Flight,
    itinerary: Itinerary,
    last_seen: datetime,
    added: set[tuple[Cabin, tuple[str, ...]]],
    offers: Collector,
) -> None:
    """Add the cabins of an itinerary, except those already in `added`."""
    segments = itinerary.segments
    flights = tuple([f"{segment.flight} {segment.departs_at}" for segment in segments])
    if not flight.cabins:
        offers.warn("cabins", f"no cabin for {segments[0].flight}", drops_offer=True)
    for name, award in flight.cabins.items():
        cabin = CABINS.get(name)
        if award is None and cabin is not None:
            continue
        if cabin is None or not isinstance(award, _Award):
            offers.warn("cabins", f"expected a known cabin, got {name}: {award}", drops_offer=True)
            continue
        if float_or_none(award.seats) == 0:
            continue
        is_dynamic = award.is_dynamic_pricing is True
        miles = positive_int(award.dynamic_points if is_dynamic else None) or positive_int(award.points)
        if miles is None:
            offers.warn("points", f"{name}: expected points, got {award.points}", drops_offer=True)
            continue
        cabins = _segment_cabins(cabin, award.mixed_cabin_classes, len(segments), offers)
        codes = _booking_codes(award.rbd)
        taxes = _taxes(award, offers)
        if (cabin, flights) in added:
            continue
        added.add((cabin, flights))
        itinerary.add(
            cabin,
            miles,
            cabins=cabins,
            booking_codes=codes * len(segments) if len(codes) == 1 else codes if len(codes) == len(segments) else (),
            taxes=taxes,
            seats=positive_int(award.seats),
            duration_minutes=_minutes(flight.duration) if isinstance(flight.duration, str) else None,
            booking_code=joined_codes(codes),
            mixed_cabin=cabin is not Cabin.ECONOMY and is_mixed(cabin, cabins),
            saver=False if is_dynamic else None,
            seen_at=last_seen,
        )


def _segment_cabins(cabin: Cabin, names: object, count: int, offers: Collector) -> list[Cabin | None]:
    """Return each leg's cabin, by default the offer's; if the names are invalid, warn and return None for each."""
    if names is None:
        return [cabin] * count
    if isinstance(names, list) and len(names) == count:
        cabins = [CABINS.get(name.replace(" ", "")) if isinstance(name, str) else None for name in names]
        if None not in cabins:
            return cabins
    offers.warn("mixedCabinClasses", f"expected {count} known cabins, got {names}")
    return [None] * count


def _taxes(award: _Award, offers: Collector) -> Money | None:
    symbol = award.currency.strip() if isinstance(award.currency, str) else award.currency
    taxes = money_or_none(award.tax, CURRENCIES.get(symbol, symbol) if isinstance(symbol, str) else None)
    if taxes is None:
        offers.warn("tax", f"expected an amount in a known currency, got {award.tax} {award.currency}")
    return taxes


def _booking_codes(text: object) -> tuple[str, ...]:
    """Split the legs' booking codes, such as `X,I`."""
    return tuple(filter(None, map(str.strip, text.split(",")))) if isinstance(text, str) else ()


@lru_cache(maxsize=4096)
def _minutes(text: str) -> int | None:
    """Return the minutes of a duration such as `7 hours 10 mins`."""
    return sum(int(count) * MINUTES[unit] for count, unit in re.findall(r"(\d+)\s*([dhm])", text)) or None


def _last_seen_at(text: object) -> datetime | None:
    return _utc_time(text) if isinstance(text, str) else None


@lru_cache(maxsize=4096)
def _utc_time(text: str) -> datetime | None:
    """Parse a time such as `2026-09-05 17:17:36.052423+00`. Without an offset, assume UTC, as in all times so far."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


@none_if_unreadable
def detect(body: bytes) -> Detected | None:
    """Return the search that a response belongs to, or None if the response is not from the finder."""
    response = decode_as(_RESPONSE, body)
    page = response.pagination
    if not isinstance(page, _Pagination) or page.max_known_page is msgspec.UNSET:
        return None
    if not isinstance(response.route_decision, _RouteDecision):
        return None
    rows = [_flight(raw) for raw in response.flights or ()]
    detected = detected_flights(segments for _, segments in rows)
    if detected is None:
        return None if rows else Detected(kind=SearchKind.ITINERARY)
    times = [time for flight, _ in rows if (time := _last_seen_at(flight.last_seen_at))]
    return replace(detected, responded_at=max(times, default=None))


PARSERS = {SearchKind.ITINERARY: parse_itinerary}
