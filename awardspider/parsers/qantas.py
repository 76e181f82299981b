"""Qantas Frequent Flyer: the Classic Flight Reward finder, a page of a day's flights as Qantas last saw them.

Facts and their sources: docs/sources/qantas.md. The wire classes name only what is read; `rename="camel"` maps
`last_seen_at` to `lastSeenAt`. Values that may come in more than one type are `Any` and read through `readers.values`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
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
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, float_or_none, local_time, money, positive_int, str_or_none

PROGRAM = "qantas"

REQUIRED_PATHS = {
    SearchKind.ITINERARY: (
        "flights[].cabins{}.points",
        "flights[].cabins{}.seats",
        "flights[].cabins{}.tax",
        "flights[].cabins{}.currency",
        "flights[].legs[].flightNumber",
        "flights[].legs[].departsAt",
        "flights[].legs[].origin.code",
        "flights[].lastSeenAt",
        "pagination.page",
        "routeDecision.blocked",
    )
}

CABINS = {
    "Economy": Cabin.ECONOMY,
    "PremiumEconomy": Cabin.PREMIUM_ECONOMY,
    "Business": Cabin.BUSINESS,
    "First": Cabin.FIRST,
}

# The finder's own program; it can tell of others, whose points are not Qantas's.
OWN_PROGRAM = "QF"

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

# `operatedBy` is a name. Only those that are surely one airline's; of any other the code stays unknown.
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


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Leg(_Wire):
    departs_at: str
    arrives_at: str
    flight_number: str
    origin: dict[str, Any]
    destination: dict[str, Any]
    airline_code: Any = None
    operated_by: Any = None
    equipment: Any = None


class _Flight(_Wire):
    """An itinerary, with a price for each cabin it is offered in; null where it is not."""

    legs: list[_Leg]
    cabins: dict[str, Any]
    duration: Any = None
    program: Any = None
    is_self_transfer: Any = None
    last_seen_at: Any = None


class _Answer(_Wire):
    flights: list[msgspec.Raw] | None
    pagination: Any = None
    route_decision: Any = None


_ANSWER = msgspec.json.Decoder(_Answer)
_FLIGHT = msgspec.json.Decoder(_Flight)


def parse_itinerary(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The flights of one page, an offer for each cabin they are offered in, per traveler.

    The age of an offer is Qantas's own: when it last saw the flight. Raises Changed for an unknown shape or another
    route or day, and CouldNotLook (bad_request) for a route that the finder does not cover.
    """
    answer = _answer(body)
    if not answer.flights:
        _require_none(answer)
    flights = answer.flights or []
    unread = nearby = others = 0
    sold: dict[tuple[object, ...], AwardOfferItem] = {}
    for raw in flights:
        try:
            flight = _FLIGHT.decode(raw)
            segments, odd = _segments(flight)
        except (ValueError, RecursionError) as error:
            unread += 1
            yield ParseWarning("flights", str(error)[:200], drops_offer=True)
            continue
        day = segments[0].departs_at.date()
        route = (segments[0].origin, segments[-1].destination)
        if route != (search.origin, search.destination) or not search.first <= day <= search.last:
            nearby += 1
            yield ParseWarning("nearby", f"{route[0]}-{route[1]} {day}")
            continue
        if stranger := _not_one_award(flight):
            others += stranger.path == "program"
            unread += stranger.drops_offer
            yield stranger
            continue
        known_at = _known_at(flight.last_seen_at)
        if known_at is None:
            odd.append(ParseWarning("lastSeenAt", str(flight.last_seen_at)[:80]))
        for item in _read_cabins(flight, segments, search, min(seen_at, known_at or seen_at), odd):
            key = (item.cabin, *((segment.flight, segment.departs_at) for segment in segments))
            if key not in sold or sold[key].seen_at < item.seen_at:  # what was seen last is true
                sold[key] = item
        unread += sum(own.drops_offer for own in odd)
        yield from odd
    yield from sold.values()
    if unread and not sold:
        raise UnexpectedResponse(f"nothing of {len(flights)} flights could be read")
    if flights and nearby + others == len(flights):
        raise UnexpectedResponse("only flights of other airports, days or programs")


def _require_none(answer: _Answer) -> None:
    """Raise unless an answer without flights says that the route is covered: only then it has none."""
    decision = answer.route_decision
    if not isinstance(decision, dict) or type(decision.get("blocked")) is not bool:
        raise UnexpectedResponse("flights is empty and routeDecision.blocked does not say why")
    if decision["blocked"]:
        raise SearchFailed(
            Reason.BAD_REQUEST, f"the finder does not cover this route: {str(decision.get('code'))[:80]}"
        )
    if answer.flights is None:
        raise UnexpectedResponse("flights is null, and the route is not blocked")


def _not_one_award(flight: _Flight) -> ParseWarning | None:
    """Why this is no award of the program: another program's, or two tickets that the traveler would have to join."""
    if flight.program not in (None, OWN_PROGRAM):
        return ParseWarning("program", str(flight.program)[:80], drops_offer=not isinstance(flight.program, str))
    return ParseWarning("isSelfTransfer", "true") if flight.is_self_transfer is True else None


def _segments(flight: _Flight) -> tuple[list[Segment], list[ParseWarning]]:
    """The flights without cabins, and where a time zone is not known. Raises ValueError."""
    odd: list[ParseWarning] = []
    segments = []
    for leg in flight.legs:
        origin, destination = _code(leg.origin), _code(leg.destination)
        carrier, flight_number = _flight_number(leg.flight_number)
        segments.append(
            Segment(
                marketing_carrier=carrier,
                operating_carrier=OPERATORS.get(leg.operated_by) if isinstance(leg.operated_by, str) else None,
                flight_number=flight_number,
                origin=origin,
                destination=destination,
                departs_at=local_time(leg.departs_at, origin, None, odd),
                arrives_at=local_time(leg.arrives_at, destination, None, odd),
                aircraft=str_or_none(leg.equipment),
            )
        )
    if not segments:
        raise ValueError("legs is empty")
    return segments, odd


def _code(place: dict[str, Any]) -> str:
    code = str_or_none(place.get("code"))
    if code is None:
        raise ValueError(f"no code in {str(place)[:80]}")
    return code


@lru_cache(maxsize=4096)
def _flight_number(written: str) -> tuple[str, str]:
    """`BA180` as carrier and number. Raises ValueError."""
    found = re.fullmatch(r"([A-Z][A-Z0-9]|[0-9][A-Z])\s*(\d{1,4}[A-Z]?)", written.strip())
    if found is None:
        raise ValueError(f"flightNumber is {written[:40]!r}")
    return found[1], found[2]


def _read_cabins(
    flight: _Flight, segments: list[Segment], search: Search, seen_at: datetime, odd: list[ParseWarning]
) -> Iterator[AwardOfferItem]:
    """The offers of one itinerary; what cost one is added to `odd`."""
    if not flight.cabins:
        odd.append(ParseWarning("cabins", f"none for {segments[0].flight}", drops_offer=True))
    for name, told in flight.cabins.items():
        cabin = CABINS.get(name)
        if told is None and cabin is not None:
            continue
        if cabin is None or not isinstance(told, dict):
            odd.append(ParseWarning("cabins", f"{name}: {str(told)[:80]}", drops_offer=True))
            continue
        seats = told.get("seats")
        if float_or_none(seats) == 0:
            continue
        dynamic = told.get("isDynamicPricing") is True
        miles = positive_int(told.get("dynamicPoints") if dynamic else None) or positive_int(told.get("points"))
        if miles is None:
            odd.append(ParseWarning("points", f"{name}: {str(told.get('points'))[:80]}", drops_offer=True))
            continue
        codes = _parted(told.get("rbd"))
        cabins = _segment_cabins(cabin, told.get("mixedCabinClasses"), len(segments), odd)
        own_codes = codes if len(codes) == len(segments) else codes * len(segments) if len(codes) == 1 else ()
        yield AwardOfferItem(
            program=PROGRAM,
            source=PROGRAM,
            detail=Detail.ITINERARY,
            origin=search.origin,
            destination=search.destination,
            departure_date=segments[0].departs_at.date(),
            cabin=cabin,
            miles=miles,
            taxes=_taxes(told, odd),
            seats=positive_int(seats),
            stops=len(segments) - 1,
            duration_minutes=_minutes(flight.duration) if isinstance(flight.duration, str) else None,
            segments=tuple(
                replace(segment, cabin=known, booking_code=own_codes[at] if own_codes else None)
                for at, (segment, known) in enumerate(zip(segments, cabins, strict=True))
            ),
            booking_code="/".join(codes if len(set(codes)) > 1 else codes[:1]) or None,
            mixed_cabin=_is_mixed(cabin, cabins),
            saver=False if dynamic else None,
            travelers=search.travelers,
            seen_at=seen_at,
            search=search,
        )


def _segment_cabins(cabin: Cabin, written: object, count: int, odd: list[ParseWarning]) -> list[Cabin | None]:
    """The cabin of each leg: the offer's own where the answer names none as different."""
    if written is None:
        return [cabin] * count
    if isinstance(written, list) and len(written) == count:
        known = [CABINS.get(name.replace(" ", "")) if isinstance(name, str) else None for name in written]
        if None not in known:
            return list(known)
    odd.append(ParseWarning("mixedCabinClasses", str(written)[:80]))
    return [None] * count


def _is_mixed(cabin: Cabin, cabins: list[Cabin | None]) -> bool | None:
    """Whether a leg flies below the offer's cabin; None where the answer does not say."""
    if any(known is not None and known.rank < cabin.rank for known in cabins):
        return True
    return None if None in cabins and cabin is not Cabin.ECONOMY else False


def _taxes(told: dict[str, Any], odd: list[ParseWarning]) -> Money | None:
    amount, written = float_or_none(told.get("tax")), told.get("currency")
    unit = CURRENCIES.get(written.strip()) or currency(written) if isinstance(written, str) else None
    if amount is not None and amount >= 0 and unit:
        return money(amount, unit)
    odd.append(ParseWarning("tax", f"{told.get('tax')} {written}"[:80]))
    return None


def _parted(codes: object) -> tuple[str, ...]:
    """Booking classes `X,I`, one a leg."""
    return _parted_text(codes) if isinstance(codes, str) else ()


@lru_cache(maxsize=1024)
def _parted_text(codes: str) -> tuple[str, ...]:
    return tuple(filter(None, (code.strip() for code in codes.split(","))))


@lru_cache(maxsize=4096)
def _minutes(written: str) -> int | None:
    """`7 hours 10 mins` as minutes."""
    units = {"d": 1440, "h": 60, "m": 1}
    return sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+)\s*([dhm])", written)) or None


def _known_at(written: object) -> datetime | None:
    return _written_moment(written) if isinstance(written, str) else None


@lru_cache(maxsize=4096)
def _written_moment(written: str) -> datetime | None:
    """`2026-09-05 17:17:36.052423+00`; one without an offset is UTC, as all that were seen."""
    try:
        moment = datetime.fromisoformat(written)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


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
    """What the answer says of itself, or None where it is not the finder's."""
    try:
        answer = _answer(body)
        page = answer.pagination
        if not isinstance(page, dict) or "maxKnownPage" not in page or not isinstance(answer.route_decision, dict):
            return None
        flights = [_FLIGHT.decode(raw) for raw in answer.flights or ()]
        itineraries = [_segments(flight)[0] for flight in flights]
    except (ValueError, RecursionError, UnexpectedResponse):
        return None
    if not flights:
        return Detected(kind=SearchKind.ITINERARY)
    told = Counter((way[0].origin, way[-1].destination, way[0].departs_at.date()) for way in itineraries)
    origin, destination, day = told.most_common(1)[0][0]  # flights of other airports and days can be among them
    return Detected(
        kind=SearchKind.ITINERARY,
        origin=origin,
        destination=destination,
        first=day,
        last=day,
        answered_at=max(filter(None, (_known_at(flight.last_seen_at) for flight in flights)), default=None),
    )


PARSERS = {SearchKind.ITINERARY: validated(parse_itinerary)}
