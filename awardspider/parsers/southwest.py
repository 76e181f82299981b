"""Southwest Rapid Rewards: a day's flights (shopping) and the month (low-fare-calendar).

Facts and their sources: docs/sources/southwest.md. The wire classes below name only what is read; `rename="camel"`
maps `fare_products` to `fareProducts`. Values that may come in more than one type are `Any` and read through
`readers.values`.
"""

from __future__ import annotations

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
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._flights import as_sold, codes_of, flights_of, keep_lower, mostly, route_and_day, were_asked
from awardspider.parsers._times import iso_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, float_or_none, money, positive_int, str_or_none

PROGRAM = "southwest"

# Fare families sold for points, by the names they have since 2025.
FAMILIES = {"WGARED": "Basic", "PLURED": "Choice", "ANYRED": "Choice Preferred", "BUSRED": "Choice Extra"}
FOR_POINTS = "RED"  # how each family that is sold for points ends; for money it is WGA, PLU, ANY, BUS

AVAILABLE, GONE = "AVAILABLE", ("UNAVAILABLE", "SOLD_OUT")
POINTS = "POINTS"
NO_DISCOUNT = "NONDISCOUNT"
ONE_CABIN = "ECO"

# Codes of notifications: two ways to say none, and what is no evidence. "No fare found" goes away on a second try.
NONE_CODES = frozenset({"ERROR__NO_FLIGHTS_AVAILABLE", "ERROR__NO_ROUTES_EXIST"})
ERROR_CODES = {"ERROR__NO_FARE_FOUND": Reason.UNREACHABLE, "ERROR__AIRPORT__INVALID": Reason.BAD_REQUEST}


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Amount(_Wire):
    value: Any = None
    currency_code: Any = None


class _Fare(_Wire):
    total_fare: _Amount | None = None
    total_taxes_and_fees: _Amount | None = None
    fare_type: Any = None
    seats_left: Any = None


class _Product(_Wire):
    availability_status: Any = None
    product_id: Any = None
    original_fare: Any = msgspec.UNSET
    cabin_info: Any = None
    fare: _Fare | None = None


class _Products(_Wire):
    adult: dict[str, msgspec.Raw] | None = msgspec.field(name="ADULT", default=None)


class _Segment(_Wire):
    flight_number: str | int
    marketing_carrier_code: str
    origination_airport_code: str
    destination_airport_code: str
    departure_date_time: str
    arrival_date_time: str
    operating_carrier_code: Any = None
    aircraft_equipment_type: Any = None
    number_of_stops: Any = None


class _Flight(_Wire):
    """One way to get there: `segments` are flight numbers, each of which may land on its way."""

    segments: list[_Segment]
    total_duration: Any = None
    fare_products: _Products | None = None


class _AirProduct(_Wire):
    details: list[msgspec.Raw] | None = None
    origination_airport_code: Any = None
    destination_airport_code: Any = None
    promo_token: Any = msgspec.UNSET


class _Results(_Wire):
    air_products: list[_AirProduct] | None = None
    promo_token: Any = msgspec.UNSET


class _ShoppingData(_Wire):
    search_results: _Results | None = None


class _Shopping(_Wire):
    data: _ShoppingData | None = None
    success: Any = None
    notifications: Any = None


class _Day(_Wire):
    date: str
    fares: dict[str, msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET


class _Month(_Wire):
    low_fare_calendar_days: list[msgspec.Raw]


class _CalendarData(_Wire):
    search_results: list[_Month] | None = None


class _Calendar(_Wire):
    data: _CalendarData | None = None
    success: Any = None
    notifications: Any = None


_SHOPPING = msgspec.json.Decoder(_Shopping)
_CALENDAR = msgspec.json.Decoder(_Calendar)
_FLIGHT = msgspec.json.Decoder(_Flight)
_PRODUCT: msgspec.json.Decoder[_Product | None] = msgspec.json.Decoder(_Product | None)
_DAY = msgspec.json.Decoder(_Day)
_FARE: msgspec.json.Decoder[_Fare | None] = msgspec.json.Decoder(_Fare | None)

REQUIRED_PATHS = {
    SearchKind.CALENDAR: (
        "data.searchResults[].lowFareCalendarDays[].date",
        "data.searchResults[].lowFareCalendarDays[].fares{}.totalFare.value",
    ),
    SearchKind.ITINERARY: (
        "success",
        "data.searchResults.airProducts[].details[].totalDuration",
        "data.searchResults.airProducts[].details[].segments[].flightNumber",
        "data.searchResults.airProducts[].details[].segments[].marketingCarrierCode",
        "data.searchResults.airProducts[].details[].segments[].originationAirportCode",
        "data.searchResults.airProducts[].details[].segments[].destinationAirportCode",
        "data.searchResults.airProducts[].details[].segments[].departureDateTime",
        "data.searchResults.airProducts[].details[].segments[].arrivalDateTime",
        "data.searchResults.airProducts[].details[].segments[].numberOfStops",
        "data.searchResults.airProducts[].details[].segments[].aircraftEquipmentType",
        "data.searchResults.airProducts[].details[].fareProducts.ADULT{}.availabilityStatus",
        "data.searchResults.airProducts[].details[].fareProducts.ADULT{}.productId",
        "data.searchResults.airProducts[].details[].fareProducts.ADULT{}.fare.totalFare.value",
        "data.searchResults.airProducts[].details[].fareProducts.ADULT{}.fare.totalFare.currencyCode",
        "data.searchResults.airProducts[].details[].fareProducts.ADULT{}.fare.totalTaxesAndFees.value",
    ),
}

# ---- the day's flights ---------------------------------------------------------------------------------------------


def parse_itinerary(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The flights of one day, an offer for each fare family, per traveler.

    Raises Changed for an unknown shape, another route or day, prices that are not in points, or an empty list without
    Southwest's own code for none.
    """
    answer = _decoded(_SHOPPING, body)
    results = answer.data.search_results if answer.data else None
    products = (results.air_products if results else None) or []
    if not any(product.details for product in products):
        _check_says_none(answer)
        return
    if answer.success is False:
        raise UnexpectedResponse(f"success is false beside flights {_codes(answer.notifications)}")
    tokens = [holder.promo_token for holder in (results, *products) if holder is not None]
    promoted = any(tokens) or (False if None in tokens else None)
    sold: dict[tuple[tuple[str, ...], str], AwardOfferItem] = {}
    rows = asked = unread = 0
    nearby: set[str] = set()
    for raw in (raw for product in products for raw in product.details or ()):
        rows += 1
        try:
            flight = _FLIGHT.decode(raw)
            segments, odd = _segments(flight)
        except (ValueError, RecursionError) as error:
            unread += 1
            yield ParseWarning("details", str(error), drops_offer=True)
            continue
        if not were_asked(segments, search):
            nearby.add(route_and_day(segments))
            yield ParseWarning("nearby", route_and_day(segments))
            continue
        asked += 1
        yield from odd
        key = flights_of(segments)
        for item in _read_fares(flight, segments, promoted, search, seen_at):
            if isinstance(item, ParseWarning):
                unread += item.drops_offer
                yield item
                continue
            keep_lower(sold, (key, item.fare_name or ""), item)
    yield from sold.values()
    if unread and not sold:
        raise UnexpectedResponse(f"nothing of {rows} flights could be read as a price in points")
    if nearby and not asked:
        raise UnexpectedResponse(f"asked {search}, answered {', '.join(sorted(nearby))}"[:300])


def _segments(flight: _Flight) -> tuple[list[Segment], list[ParseWarning]]:
    """The flights without booking codes, and where their clock disagrees with the airport's zone."""
    odd: list[ParseWarning] = []
    segments = []
    for leg in flight.segments:
        departs_at, odd_departure = iso_time(leg.departure_date_time, leg.origination_airport_code)
        arrives_at, odd_arrival = iso_time(leg.arrival_date_time, leg.destination_airport_code)
        odd += (*odd_departure, *odd_arrival)
        segments.append(
            Segment(
                marketing_carrier=leg.marketing_carrier_code,
                operating_carrier=str_or_none(leg.operating_carrier_code),
                flight_number=str(leg.flight_number),
                origin=leg.origination_airport_code,
                destination=leg.destination_airport_code,
                departs_at=departs_at,
                arrives_at=arrives_at,
                aircraft=str_or_none(leg.aircraft_equipment_type),
                cabin=Cabin.ECONOMY,
                stops=positive_int(leg.number_of_stops) or 0,
            )
        )
    if not segments:
        raise ValueError("a flight without segments")
    return segments, odd


def _read_fares(
    flight: _Flight, segments: list[Segment], promoted: bool | None, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | ParseWarning]:
    """The offers of one way to get there; what is sold out is none, and so is what has left already."""
    fares = flight.fare_products.adult if flight.fare_products else None
    if not fares:
        if segments[0].departs_at > seen_at:
            yield ParseWarning("fareProducts", f"none for {segments[0].flight}", drops_offer=True)
        return
    for family, raw in fares.items():
        try:
            product = _PRODUCT.decode(raw)
        except (ValueError, RecursionError) as error:
            yield ParseWarning("fareProducts", f"{family}: {error}"[:200], drops_offer=True)
            continue
        if product is not None and product.availability_status in GONE:
            continue
        if product is None or product.fare is None or product.availability_status != AVAILABLE:
            status = None if product is None else product.availability_status
            yield ParseWarning("availabilityStatus", f"{family} {status}", drops_offer=True)
            continue
        miles = _points(product.fare.total_fare)
        if miles is None:
            yield ParseWarning(
                "totalFare", f"no points for {family} in {_shown(product.fare.total_fare)}", drops_offer=True
            )
            continue
        yield from _odd_values(family, product)
        on_sale, regular_miles = _sale(product, promoted, miles)
        codes = _booking_codes(product.product_id, len(segments))
        way = tuple(as_sold(segment, segment.cabin, code) for segment, code in zip(segments, codes, strict=True))
        yield AwardOfferItem(
            program=PROGRAM,
            source=PROGRAM,
            detail=Detail.ITINERARY,
            origin=search.origin,
            destination=search.destination,
            departure_date=segments[0].departs_at.date(),
            cabin=Cabin.ECONOMY,
            miles=miles,
            taxes=_taxes(product.fare.total_taxes_and_fees),
            seats=positive_int(product.fare.seats_left),
            stops=len(segments) - 1 + sum(segment.stops for segment in segments),
            duration_minutes=positive_int(flight.total_duration),
            segments=way,
            fare_name=FAMILIES.get(family, family),
            booking_code=codes_of(way),
            on_sale=on_sale,
            regular_miles=regular_miles,
            travelers=search.travelers,
            seen_at=seen_at,
            search=search,
        )


def _odd_values(family: str, product: _Product) -> Iterator[ParseWarning]:
    """What stands in place of a value that we know, and costs no offer."""
    if family not in FAMILIES:
        yield ParseWarning("fareProducts", f"unknown family {family}")
    info = product.cabin_info
    for entry in info if isinstance(info, list) else ():
        if isinstance(entry, dict) and entry.get("cabin") not in (None, ONE_CABIN):
            yield ParseWarning("cabinInfo", str(entry["cabin"])[:80])


def _booking_codes(product_id: object, segments: int) -> list[str | None]:
    """The class of each segment, second in its part of `WGARED|OYAFF2H,O,DEN,LAS,…|OYAFF2H,O,LAS,…`."""
    parts = product_id.split("|")[1:] if isinstance(product_id, str) else []
    if len(parts) != segments:
        return [None] * segments
    return [_class_of(part) for part in parts]


def _class_of(part: str) -> str | None:
    fields = part.split(",", 2)
    return str_or_none(fields[1]) if len(fields) > 1 else None


def _sale(product: _Product, promoted: bool | None, miles: int) -> tuple[bool | None, int | None]:
    """Whether the fare is on sale, and the points before. A promotion of the whole answer makes every fare one on
    sale. None where nothing is said: no original fare says nothing by itself, only with no token beside it.
    """
    kind = str_or_none(product.fare.fare_type) if product.fare else None
    before = _original_points(product.original_fare)
    if product.original_fare or promoted or kind not in (None, NO_DISCOUNT):
        return True, before if before is not None and before > miles else None
    not_reduced = product.original_fare is None and promoted is False
    return False if kind is not None or not_reduced else None, None


def _original_points(original: object) -> int | None:
    """The points of an original fare: an amount, or a whole fare around one. Its shape was never seen."""
    if not isinstance(original, dict):
        return None
    amount = original.get("totalFare", original)
    return (
        positive_int(amount.get("value")) if isinstance(amount, dict) and amount.get("currencyCode") == POINTS else None
    )


# ---- the month -----------------------------------------------------------------------------------------------------


def parse_calendar(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The lowest price of each day of a month, per traveler: the shape is hearsay, so another one is Changed."""
    answer = _decoded(_CALENDAR, body)
    months = (answer.data.search_results if answer.data else None) or []
    rows = [raw for month in months for raw in month.low_fare_calendar_days]
    if not rows:
        _check_says_none(answer)
        return
    if answer.success is False:
        raise UnexpectedResponse(f"success is false beside days {_codes(answer.notifications)}")
    days: dict[date, AwardOfferItem | None] = {}
    odd: list[ParseWarning] = []
    tells_fares = False
    for raw in rows:
        try:
            day = _DAY.decode(raw)
            when = _date(day.date)
        except (ValueError, RecursionError) as error:
            odd.append(ParseWarning("lowFareCalendarDays", str(error), drops_offer=True))
            continue
        tells_fares |= day.fares is not msgspec.UNSET
        if search.first <= when <= search.last:
            days[when] = _lowest(day, when, search, seen_at, odd)
    yield from odd
    lost = any(item.drops_offer for item in odd)
    if not tells_fares:  # a day may lack them, and has none then; if all do, they have another name
        raise UnexpectedResponse(f"none of {len(rows)} days has fares")
    if not days:
        raise UnexpectedResponse(f"asked {search}, answered no day of it that could be read")
    first, last = min(days), max(days)
    if last - first != timedelta(days=len(days) - 1):
        lost = True
        yield ParseWarning("lowFareCalendarDays", f"misses days between {first} and {last}", drops_offer=True)
    offers = [offer for offer in days.values() if offer is not None]
    if lost and not offers:
        raise UnexpectedResponse(f"nothing of {len(rows)} days could be read as a price in points")
    yield CoveredDates(first, last)
    yield from offers


def _lowest(day: _Day, when: date, search: Search, seen_at: datetime, odd: list[ParseWarning]) -> AwardOfferItem | None:
    """The lowest offer of a day over its families; what cost one is added to `odd`."""
    best: AwardOfferItem | None = None
    for family, raw in day.fares.items() if day.fares else ():
        try:
            fare = _FARE.decode(raw)
        except (ValueError, RecursionError) as error:
            odd.append(ParseWarning("fares", f"{family}: {error}"[:200], drops_offer=True))
            continue
        if not family.endswith(FOR_POINTS):
            odd.append(ParseWarning("fares", f"{family} is no family sold for points", drops_offer=True))
            continue
        if fare is None:
            continue
        miles = _points(fare.total_fare, POINTS)
        if miles is None:
            odd.append(
                ParseWarning("totalFare", f"no points for {family} in {_shown(fare.total_fare)}", drops_offer=True)
            )
        elif best is None or miles < (best.miles or 0):
            best = AwardOfferItem(
                program=PROGRAM,
                source=PROGRAM,
                detail=Detail.DAY,
                origin=search.origin,
                destination=search.destination,
                departure_date=when,
                cabin=Cabin.ECONOMY,
                miles=miles,
                taxes=_taxes(fare.total_taxes_and_fees, "USD"),
                travelers=search.travelers,
                seen_at=seen_at,
                search=search,
            )
    return best


# ---- both ----------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """The answer is JSON as it comes. Raises Changed."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is neither of Southwest's two."""
    try:
        answer = _SHOPPING.decode(body)
    except (ValueError, RecursionError):
        return _recognize_calendar(body)
    results = answer.data.search_results if answer.data else None
    products = (results.air_products if results else None) or []
    ways = [segments for product in products for segments in _readable(product)]
    if not ways:  # a refusal tells neither the route nor which of the two was asked
        return None
    origin, destination, day = mostly(ways)
    return Detected(
        kind=SearchKind.ITINERARY,
        origin=str_or_none(products[0].origination_airport_code) or origin,
        destination=str_or_none(products[0].destination_airport_code) or destination,
        first=day,
        last=day,
    )


def _readable(product: _AirProduct) -> Iterator[list[Segment]]:
    for raw in product.details or ():
        try:
            yield _segments(_FLIGHT.decode(raw))[0]
        except (ValueError, RecursionError):
            continue


def _recognize_calendar(body: bytes) -> Detected | None:
    try:
        data = _CALENDAR.decode(body).data
        months = (data.search_results if data else None) or []
        days = sorted(_date(_DAY.decode(raw).date) for month in months for raw in month.low_fare_calendar_days)
    except (ValueError, RecursionError):
        return None
    return Detected(kind=SearchKind.CALENDAR, first=days[0], last=days[-1]) if days else None


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error


def _check_says_none(answer: _Shopping | _Calendar) -> None:
    """Return where an answer without flights says that there are none; raise for everything else."""
    codes = _codes(answer.notifications)
    for code in codes:
        if code in ERROR_CODES:
            raise SearchFailed(ERROR_CODES[code], code)
    unknown = [code for code in codes if code not in NONE_CODES]
    if unknown:
        raise UnexpectedResponse(f"notifications say {', '.join(unknown)}")
    if not codes:
        raise UnexpectedResponse("no flights, and notifications do not say that there are none")


def _codes(notifications: object) -> list[str]:
    """The codes of formErrors and fieldErrors."""
    if not isinstance(notifications, dict):
        return []
    lists = [notifications.get(name) for name in ("formErrors", "fieldErrors")]
    entries = [entry for found in lists if isinstance(found, list) for entry in found]
    return [str(entry.get("code"))[:80] for entry in entries if isinstance(entry, dict)]


def _points(amount: _Amount | None, unit: object = None) -> int | None:
    """Whole points; `unit` is what an amount without a currency is in."""
    if amount is None or (amount.currency_code or unit) != POINTS:
        return None
    return positive_int(amount.value)


def _taxes(amount: _Amount | None, unit: str | None = None) -> Money | None:
    if amount is None:
        return None
    cash, own = float_or_none(amount.value), currency(amount.currency_code) or unit
    return money(cash, own) if cash is not None and own is not None else None


def _shown(amount: _Amount | None) -> str:
    return "nothing" if amount is None else f"{amount.value} {amount.currency_code}"[:80]


@lru_cache(maxsize=1024)
def _date(written: str) -> date:
    """A date written `2027-03-01`, also with a time behind it."""
    return date.fromisoformat(written[:10])


PARSERS = {SearchKind.CALENDAR: validated(parse_calendar), SearchKind.ITINERARY: validated(parse_itinerary)}
