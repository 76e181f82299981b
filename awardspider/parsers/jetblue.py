"""JetBlue TrueBlue: a month of lowest fares (bestFares) and a day's flights (NGB), partners' too.

Facts and their sources: docs/sources/jetblue.md. The wire classes below name only what is read; `rename="camel"` maps
`outbound_fares` to `outboundFares`. Values that may come in more than one type are `Any` and read through
`readers.values`.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
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
from awardspider.parsers._flights import as_sold, codes_of, flights_of, keep_lower, mostly, route_and_day, were_asked
from awardspider.parsers._times import iso_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, float_or_none, money, positive_int, str_or_none

PROGRAM = "jetblue"

# What brandId calls a product. A code that is not here is shown as it is.
BRANDS = {
    "DN": "Main Base",
    "AN": "Main",
    "GR": "Main Flex",
    "DE": "EvenMore Base",
    "EN": "EvenMore",
    "ER": "EvenMore Flex",
    "MN": "Mint",
    "MR": "Mint Flex",
    "CN": "Blue Plus",
    "GN": "Blue Extra",
    "A2": "Partner Economy",
    "W2": "Partner Premium",
    "J2": "Partner Business",
    "Z2": "Partner First",
}
BRANDS_WITHOUT_NAME = frozenset({"AR", "CR"})  # seen, and nobody knows what they are called

CABINS = {
    "economy": Cabin.ECONOMY,
    "premium": Cabin.PREMIUM_ECONOMY,
    "business": Cabin.BUSINESS,
    "first": Cabin.FIRST,
}  # compared without regard to case

POINTS = "FFCURRENCY"
SUCCESS = "success"
BLOCK = b"Invalid Request"  # the whole body of a refusal
UPSTREAM = b"JB_UPSTREAM_ERROR"  # a service behind the one asked failed
ERROR_SIZE = 2000  # in bytes, generously: no answer with fares says it so early
REFERENCE = "$ref"  # in place of an object that stands elsewhere in the answer

# The month does not say whether it is in points. No flight costs so few of them, and most cost fewer dollars.
FEWEST_POINTS = 500


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Fare(_Wire):
    date: Any = None
    amount: Any = msgspec.UNSET
    tax: Any = None
    seats: Any = None


class _Month(_Wire):
    outbound_fares: list[_Fare]
    currency_code: Any = None


class _MonthInParts(_Wire):
    outbound_fares: list[msgspec.Raw]
    currency_code: Any = None


class _Status(_Wire):
    transaction_status: Any = None


class _Asked(_Wire):
    origin: Any = msgspec.field(name="from", default=None)
    destination: Any = msgspec.field(name="to", default=None)
    date: Any = None


class _Result(_Wire):
    search_component: _Asked | None = None
    product_offers: list[msgspec.Raw] | None = None


class _Data(_Wire):
    search_results: list[_Result] | None = None


class _Answer(_Wire):
    status: _Status | None = None
    data: _Data | None = None


class _Point(_Wire):
    date: str
    airport: str


class _Info(_Wire):
    marketing_airline_code: str
    marketing_flight_number: str | int
    operating_airline_code: Any = None


class _Leg(_Wire):
    departure: _Point
    arrival: _Point
    flight_info: _Info
    aircraft: Any = None
    stop_airport: Any = None


class _Way(_Wire):
    flight_segments: list[_Leg]
    stops: Any = None
    total_duration: Any = None


class _Brand(_Wire):
    brand_id: Any = None


class _Seats(_Wire):
    count: Any = None


class _Price(_Wire):
    amount: Any = None
    currency: Any = None


class _Pointer(_Wire):
    ref: Any = msgspec.field(name="$ref", default=None)


class _Pointers(_Wire):
    flight_segment: _Pointer | None = None


class _Part(_Wire):
    """What an offer says of one segment."""

    cabin_class: Any = None
    booking_class: Any = None
    ref: _Pointers | None = None


class _Offer(_Wire):
    brand: _Brand | None = None
    cabin_class: Any = None
    sold_out: Any = None
    seats_remaining: _Seats | None = None
    price: list[_Price] | None = None
    offer_segment_info: list[_Part] | None = None


class _Product(_Wire):
    """One way to get there and what it is sold for."""

    origin_and_destination: list[_Way]
    offers: list[msgspec.Raw]


_MONTH = msgspec.json.Decoder(_Month)
_MONTH_IN_PARTS = msgspec.json.Decoder(_MonthInParts)
_FARE = msgspec.json.Decoder(_Fare)
_ANSWER = msgspec.json.Decoder(_Answer)
_PRODUCT = msgspec.json.Decoder(_Product)
_OFFER = msgspec.json.Decoder(_Offer)

_WAY_PATH = "data.searchResults[].productOffers[].originAndDestination[]"
_LEG_PATH = f"{_WAY_PATH}.flightSegments[]"
_OFFER_PATH = "data.searchResults[].productOffers[].offers[]"
REQUIRED_PATHS = {
    SearchKind.CALENDAR: (
        "currencyCode",
        "outboundFares[].date",
        "outboundFares[].amount",
        "outboundFares[].tax",
        "outboundFares[].seats",
    ),
    SearchKind.ITINERARY: (
        "status.transactionStatus",
        f"{_WAY_PATH}.stops",
        f"{_WAY_PATH}.totalDuration",
        f"{_LEG_PATH}.departure.date",
        f"{_LEG_PATH}.departure.airport",
        f"{_LEG_PATH}.arrival.date",
        f"{_LEG_PATH}.arrival.airport",
        f"{_LEG_PATH}.flightInfo.marketingAirlineCode",
        f"{_LEG_PATH}.flightInfo.marketingFlightNumber",
        f"{_LEG_PATH}.flightInfo.operatingAirlineCode",
        f"{_LEG_PATH}.aircraft",
        f"{_OFFER_PATH}.brand.brandId",
        f"{_OFFER_PATH}.cabinClass",
        f"{_OFFER_PATH}.soldOut",
        f"{_OFFER_PATH}.price[].amount",
        f"{_OFFER_PATH}.price[].currency",
        f"{_OFFER_PATH}.offerSegmentInfo[].cabinClass",
        f"{_OFFER_PATH}.offerSegmentInfo[].bookingClass",
        f"{_OFFER_PATH}.offerSegmentInfo[].ref.flightSegment.$ref",
    ),
}

# ---- the month -----------------------------------------------------------------------------------------------------


def parse_calendar(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The lowest economy fare of each day of a month, per traveler; a day that is left out, or that has neither
    points nor seats, has none.

    Raises Changed for an unknown shape, another month, or amounts that are money.
    """
    fares, unit, odd = _month(body)
    days: dict[date, AwardOfferItem] = {}
    without_fare = 0
    for fare in fares:
        when = _date(fare.date) if type(fare.date) is str else None
        if when is None:
            odd.append(ParseWarning("date", str(fare.date)[:80], drops_offer=True))
            continue
        if not search.first <= when <= search.last:
            if when.replace(day=1) > search.last or _end_of_month(when) < search.first:
                odd.append(ParseWarning("nearby", when.isoformat()))
            continue
        if _is_nothing(fare.amount) and _is_nothing(fare.seats):
            without_fare += 1
            continue
        miles = positive_int(fare.amount)
        if miles is None or miles < FEWEST_POINTS:
            odd.append(ParseWarning("amount", f"{when}: {str(fare.amount)[:80]}", drops_offer=True))
            continue
        twin = days.get(when)
        if twin is not None and (twin.miles or 0) <= miles:
            continue
        days[when] = AwardOfferItem(
            program=PROGRAM,
            source=PROGRAM,
            detail=Detail.DAY,
            origin=search.origin,
            destination=search.destination,
            departure_date=when,
            cabin=Cabin.ECONOMY,
            miles=miles,
            taxes=_taxes(float_or_none(fare.tax), unit),
            seats=positive_int(fare.seats),
            travelers=search.travelers,
            seen_at=seen_at,
            search=search,
        )
    yield from odd
    if without_fare:
        yield ParseWarning("amount", f"nothing on {without_fare} days")
    lost = sum(item.drops_offer for item in odd)
    if lost > len(days) + without_fare or (lost and not days):
        raise UnexpectedResponse(f"{lost} of {len(fares)} fares could not be read as points of a day")
    if len(odd) - lost and not days and not without_fare:
        raise UnexpectedResponse(f"asked {search}, answered only other months")
    yield from days.values()


def _month(body: bytes) -> tuple[Sequence[_Fare], str | None, list[ParseWarning]]:
    """The fares, the currency of their taxes, and what is no fare."""
    _check_refused(body)
    try:
        month = _MONTH.decode(body)
    except msgspec.ValidationError:
        return _month_one_by_one(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    return month.outbound_fares, currency(month.currency_code), []


def _month_one_by_one(body: bytes) -> tuple[Sequence[_Fare], str | None, list[ParseWarning]]:
    try:
        month = _MONTH_IN_PARTS.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    fares, odd = [], []
    for raw in month.outbound_fares:
        try:
            fares.append(_FARE.decode(raw))
        except (ValueError, RecursionError) as error:
            odd.append(ParseWarning("outboundFares", str(error), drops_offer=True))
    return fares, currency(month.currency_code), odd


def _is_nothing(told: object) -> bool:
    """Whether a number is null or 0."""
    return told is None or float_or_none(told) == 0


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


# ---- the day's flights ---------------------------------------------------------------------------------------------


def parse_itinerary(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The flights of one day, an offer for each brand they are sold as, per traveler.

    Raises Changed for an unknown shape, another route or day, or an empty list that does not say what was asked.
    """
    answer = _answer(body)
    results = answer.data.search_results if answer.data else None
    if not results:
        raise UnexpectedResponse("data.searchResults is missing or empty")
    sold: dict[tuple[tuple[str, ...], Cabin, str], AwardOfferItem] = {}
    rows = asked = unread = 0
    nearby: set[str] = set()
    whole_answer = cache(lambda: decode(body))
    for result in results:
        if not result.product_offers:
            _check_says_none(result, search)
            continue
        for raw in result.product_offers:
            rows += 1
            try:
                product = _product(raw, whole_answer)
                legs = [leg for way in product.origin_and_destination for leg in way.flight_segments]
                segments, odd = _segments(legs)
            except (ValueError, RecursionError) as error:
                unread += 1
                yield ParseWarning("productOffers", str(error), drops_offer=True)
                continue
            if not were_asked(segments, search):
                nearby.add(route_and_day(segments))
                yield ParseWarning("nearby", route_and_day(segments))
                continue
            asked += 1
            yield from odd
            key = flights_of(segments)
            for item in _read_offers(product, segments, search, seen_at):
                if isinstance(item, ParseWarning):
                    unread += item.drops_offer
                    yield item
                    continue
                keep_lower(sold, (key, item.cabin, item.fare_name or ""), item)
    yield from sold.values()
    if unread and not sold:
        raise UnexpectedResponse(f"nothing of {rows} flights could be read as a price in points")
    if nearby and not asked:
        raise UnexpectedResponse(f"asked {search}, answered {', '.join(sorted(nearby))}"[:300])


def _answer(body: bytes) -> _Answer:
    _check_refused(body)
    try:
        answer = _ANSWER.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    said = answer.status.transaction_status if answer.status else None
    if str(said).lower() != SUCCESS:
        raise UnexpectedResponse(f"status.transactionStatus is {str(said)[:80]}")
    return answer


def _check_says_none(result: _Result, search: Search) -> None:
    """Raise Changed unless an empty list comes with the route and day that were asked."""
    asked = result.search_component
    if result.product_offers is None or asked is None:
        raise UnexpectedResponse("data.searchResults[] has no productOffers, or does not say what was asked")
    said = (asked.origin, asked.destination, _date(asked.date) if type(asked.date) is str else None)
    if said != (search.origin, search.destination, search.first):
        raise UnexpectedResponse(f"asked {search}, answered {asked.origin}-{asked.destination} {asked.date}"[:200])


def _product(raw: msgspec.Raw, whole_answer: Callable[[], object]) -> _Product:
    """One way to get there, flights in it that are only references to elsewhere in the answer put in their places.

    Raises ValueError where it cannot be read so either.
    """
    try:
        return _PRODUCT.decode(raw)
    except msgspec.ValidationError:
        product = msgspec.json.decode(raw)
        if not _put_in_place(product, whole_answer):
            raise
        try:
            return _PRODUCT.decode(msgspec.json.encode(product))
        except OverflowError as error:  # a number that JSON may hold, but not ours
            raise ValueError(str(error)) from error


def _put_in_place(product: Any, whole_answer: Callable[[], object]) -> bool:
    """Replace ways and flights that are references by what they refer to; tell whether there were any.

    What offers say of a flight by the same reference, they then say of its place in this product.
    """
    places: dict[str, str] = {}
    told = product.get("originAndDestination") if isinstance(product, dict) else None
    ways = told if isinstance(told, list) else []
    for number_of_way, way in enumerate(ways):
        pointer = _reference(way)
        if pointer is not None:
            way = ways[number_of_way] = _referred(whole_answer(), pointer)
        legs = way.get("flightSegments") if isinstance(way, dict) else None
        legs = list(legs) if isinstance(legs, list) else []
        for number_of_leg, leg in enumerate(legs):
            here = f"#/originAndDestination/{number_of_way}/flightSegments/{number_of_leg}"
            if pointer is not None:
                places[f"{pointer}/flightSegments/{number_of_leg}"] = here
            if (at := _reference(leg)) is not None:
                places[at] = here
                legs[number_of_leg] = _referred(whole_answer(), at)
        if legs:
            ways[number_of_way] = {**way, "flightSegments": legs}
    if not places:
        return False
    for pointers in _pointers(product):
        pointers[REFERENCE] = places.get(str(pointers.get(REFERENCE)), pointers.get(REFERENCE))
    return True


def _reference(value: object) -> str | None:
    at = value.get(REFERENCE) if isinstance(value, dict) else None
    return at if isinstance(at, str) else None


def _referred(tree: Any, pointer: str) -> object:
    """What stands at `#/data/searchResults/0/…`; None where nothing does."""
    for step in pointer.removeprefix("#/").split("/"):
        if isinstance(tree, list) and step.isdecimal() and int(step) < len(tree):
            tree = tree[int(step)]
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _pointers(product: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects by which offers say which flight each of their parts is about."""
    offers = product.get("offers")
    for offer in offers if isinstance(offers, list) else ():
        parts = offer.get("offerSegmentInfo") if isinstance(offer, dict) else None
        for part in parts if isinstance(parts, list) else ():
            ref = part.get("ref") if isinstance(part, dict) else None
            segment = ref.get("flightSegment") if isinstance(ref, dict) else None
            if isinstance(segment, dict):
                yield segment


def _segments(legs: list[_Leg]) -> tuple[list[Segment], list[ParseWarning]]:
    """The flights without cabins, and where their clock disagrees with the airport's zone."""
    odd: list[ParseWarning] = []
    segments = []
    for leg in legs:
        departs_at, odd_departure = iso_time(leg.departure.date, leg.departure.airport)
        arrives_at, odd_arrival = iso_time(leg.arrival.date, leg.arrival.airport)
        odd += (*odd_departure, *odd_arrival)
        segments.append(
            Segment(
                marketing_carrier=leg.flight_info.marketing_airline_code,
                operating_carrier=str_or_none(leg.flight_info.operating_airline_code),
                flight_number=str(leg.flight_info.marketing_flight_number),
                origin=leg.departure.airport,
                destination=leg.arrival.airport,
                departs_at=departs_at,
                arrives_at=arrives_at,
                aircraft=str_or_none(leg.aircraft),
                stops=len(leg.stop_airport) if isinstance(leg.stop_airport, list) else 0,
            )
        )
    if not segments:
        raise ValueError("an offer without flights")
    return segments, odd


def _read_offers(
    product: _Product, segments: list[Segment], search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | ParseWarning]:
    """The offers of one way to get there; what is sold out is none."""
    if not product.offers:
        yield ParseWarning("offers", f"none for {segments[0].flight}", drops_offer=True)
    ways = [len(way.flight_segments) for way in product.origin_and_destination]
    for raw in product.offers:
        try:
            offer = _OFFER.decode(raw)
        except (ValueError, RecursionError) as error:
            yield ParseWarning("offers", str(error)[:200], drops_offer=True)
            continue
        if offer.sold_out is True or offer.sold_out == "true":
            continue
        brand = offer.brand.brand_id if offer.brand else None
        cabin = _cabin(offer.cabin_class)
        if cabin is None:
            yield ParseWarning("cabinClass", f"{brand} {offer.cabin_class}"[:80], drops_offer=True)
            continue
        miles, taxes, unread = _miles_and_taxes(offer.price)
        if unread:
            yield unread
        if miles is None:
            prices = [(price.amount, price.currency) for price in offer.price or ()]
            yield ParseWarning("price", f"no points for {brand} in {prices}"[:200], drops_offer=True)
            continue
        if type(brand) is not str or (brand not in BRANDS and brand not in BRANDS_WITHOUT_NAME):
            yield ParseWarning(
                "brandId", str(brand)[:80], drops_offer=type(brand) is not str
            )  # brands tell offers of a cabin apart
        parts = _parts(offer.offer_segment_info or [], ways)
        cabins = [_cabin(part.cabin_class) if part else None for part in parts]
        yield from (
            ParseWarning("segment cabin", str(part.cabin_class)[:80])
            for part, known in zip(parts, cabins, strict=True)
            if part and known is None
        )
        codes = [str_or_none(part.booking_class) if part else None for part in parts]
        way = tuple(map(as_sold, segments, cabins, codes))
        yield AwardOfferItem(
            program=PROGRAM,
            source=PROGRAM,
            detail=Detail.ITINERARY,
            origin=search.origin,
            destination=search.destination,
            departure_date=segments[0].departs_at.date(),
            cabin=cabin,
            miles=miles,
            taxes=taxes,
            seats=positive_int(offer.seats_remaining.count) if offer.seats_remaining else None,
            stops=_stops(product.origin_and_destination, segments),
            duration_minutes=positive_int(product.origin_and_destination[0].total_duration) if len(ways) == 1 else None,
            segments=way,
            fare_name=BRANDS.get(brand, brand) if type(brand) is str else None,
            booking_code=codes_of(way),
            mixed_cabin=_is_mixed(cabin, cabins),
            travelers=search.travelers,
            seen_at=seen_at,
            search=search,
        )


def _cabin(told: object) -> Cabin | None:
    return CABINS.get(told.lower()) if type(told) is str else None


def _parts(told: list[_Part], ways: list[int]) -> list[_Part | None]:
    """What an offer says of each segment, in the order of the segments: its reference says which one it means."""
    parts: list[_Part | None] = [None] * sum(ways)
    for place, part in enumerate(told):
        pointer = part.ref.flight_segment.ref if part.ref and part.ref.flight_segment else None
        at = _place(pointer, tuple(ways)) if type(pointer) is str else place
        if at is not None and at < len(parts):
            parts[at] = part
    return parts


@lru_cache(maxsize=1024)
def _place(pointer: str, ways: tuple[int, ...]) -> int | None:
    """`#/…/originAndDestination/0/flightSegments/1` as the number of a segment among all; None where it is none."""
    steps = pointer.split("/")
    if len(steps) < 4 or steps[-4] != "originAndDestination" or steps[-2] != "flightSegments":
        return None
    if not steps[-1].isdecimal() or not steps[-3].isdecimal():
        return None
    return sum(ways[: int(steps[-3])]) + int(steps[-1])


def _is_mixed(cabin: Cabin, cabins: list[Cabin | None]) -> bool | None:
    """Whether a segment flies in another cabin than the offer's; None where one does not say its own."""
    if any(known is not None and known is not cabin for known in cabins):
        return True
    return None if None in cabins else False


def _stops(ways: list[_Way], segments: list[Segment]) -> int:
    """Changes and landings between: the answer's own count, or what the segments add up to."""
    told = float_or_none(ways[0].stops) if len(ways) == 1 else None
    if told is not None and told >= 0 and told == int(told):
        return int(told)
    return len(segments) - 1 + sum(segment.stops for segment in segments)


def _miles_and_taxes(prices: list[_Price] | None) -> tuple[int | None, Money | None, ParseWarning | None]:
    """Points, the money beside them, and an amount that could not be counted."""
    miles: int | None = None
    unread: ParseWarning | None = None
    cash: float = 0
    unit: str | None = None
    for price in prices or ():
        if price.currency == POINTS:
            miles = positive_int(price.amount)
            continue
        amount, own = float_or_none(price.amount), currency(price.currency)
        if amount is None or amount < 0 or own is None or unit not in (None, own):
            unread = ParseWarning("price", f"{price.amount} {price.currency}"[:80])
            continue
        unit = own
        cash += amount
    return miles, money(cash, unit) if unit else None, unread


# ---- both ----------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """The answer is JSON as it comes. Raises Changed."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is neither of JetBlue's two."""
    try:
        return _recognize_month(body) if b'"outboundFares"' in body else _recognize_flights(body)
    except SearchFailed:
        return None


def _recognize_month(body: bytes) -> Detected | None:
    fares, _, _ = _month(body)
    days = sorted(filter(None, (_date(fare.date) for fare in fares if type(fare.date) is str)))
    if fares and not days:
        return None
    first, last = (days[0].replace(day=1), _end_of_month(days[-1])) if days else (None, None)
    return Detected(kind=SearchKind.CALENDAR, first=first, last=last)


def _recognize_flights(body: bytes) -> Detected | None:
    answer = _answer(body)
    results = answer.data.search_results if answer.data else None
    if not results or results[0].product_offers is None:
        return None
    asked = results[0].search_component
    if asked is not None and str_or_none(asked.origin) and str_or_none(asked.destination) and type(asked.date) is str:
        day = _date(asked.date)
        return Detected(
            kind=SearchKind.ITINERARY, origin=asked.origin, destination=asked.destination, first=day, last=day
        )
    ways = list(_readable(results[0].product_offers))
    if not ways:
        return None
    origin, destination, day = mostly(ways)
    return Detected(kind=SearchKind.ITINERARY, origin=origin, destination=destination, first=day, last=day)


def _readable(offers: list[msgspec.Raw]) -> Iterator[list[Segment]]:
    for raw in offers:
        try:
            ways = _PRODUCT.decode(raw).origin_and_destination
            yield _segments([leg for way in ways for leg in way.flight_segments])[0]
        except (ValueError, RecursionError):
            continue


def _check_refused(body: bytes) -> None:
    """Raise where the body is the short text that JetBlue gives to those it does not serve, or tells of a failure."""
    if body.strip()[: len(BLOCK)] == BLOCK:
        raise SearchFailed(Reason.BLOCKED, BLOCK.decode())
    if UPSTREAM in body[:ERROR_SIZE]:
        raise SearchFailed(Reason.UNREACHABLE, UPSTREAM.decode())


def _taxes(cash: float | None, unit: str | None) -> Money | None:
    return money(cash, unit) if cash is not None and cash >= 0 and unit else None


@lru_cache(maxsize=1024)
def _date(written: str) -> date | None:
    """A date written `2027-03-01`, also with a time behind it."""
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None


PARSERS = {SearchKind.CALENDAR: validated(parse_calendar), SearchKind.ITINERARY: validated(parse_itinerary)}
