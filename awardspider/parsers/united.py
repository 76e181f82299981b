"""United MileagePlus: the month calendar (FetchAwardCalendar) and the day's flights (FetchFlights).

Facts and their sources: docs/sources/united.md. The wire classes below name only what is read; `rename="pascal"` maps
`date_value` to `DateValue`. Values that may come in more than one type are `Any` and read through `readers.values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
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

PROGRAM = "united"

# Codes of CabinType (calendar) and of a column's Type (flights): the cabin, and whether every segment is in it.
# None: the code says nothing of mixing.
NOT_MIXED = "-NOT-MIXED"
CABIN_CODES: dict[str, tuple[Cabin, bool | None]] = {
    "MIN-ECONOMY-SURP-OR-DISP": (Cabin.ECONOMY, None),
    "ECO-PREMIUM-DISP": (Cabin.PREMIUM_ECONOMY, None),
    "MIN-BUSINESS-SURP-OR-DISP": (Cabin.BUSINESS, False),
    "MIN-BUSINESS-SURP-OR-DISP" + NOT_MIXED: (Cabin.BUSINESS, True),
    "MIN-FIRST-SURP-OR-DISP": (Cabin.FIRST, False),
    "MIN-FIRST-SURP-OR-DISP" + NOT_MIXED: (Cabin.FIRST, True),
}

# What a segment's CabinType says of the seat.
SEGMENT_CABINS = {
    "coach": Cabin.ECONOMY,
    "economy": Cabin.ECONOMY,
    "premiumplus": Cabin.PREMIUM_ECONOMY,
    "business": Cabin.BUSINESS,
    "first": Cabin.FIRST,
}

SAVER = {"Saver": True, "Standard": False}

# "We could not find answers to your query": none, but only where no flights came with it.
NO_RESULT = ("20003.26", "10051")

# Texts inside an error that say which kind it is.
ERROR_TEXTS = (
    (re.compile(r"signed[- ]in|sign[- ]in|AuthenticationSkipped", re.IGNORECASE), Reason.SIGN_IN_NEEDED),
    (re.compile(r"entered is not valid|airport is not served", re.IGNORECASE), Reason.BAD_REQUEST),
)

# The answer's own clock names no zone: read as UTC it can be some hours early, which makes an offer look older.
ANSWER_ZONE = UTC


# What stands where an object should, and where a list should.
_Other = str | int | float | bool | list[Any] | None
_NoList = str | int | float | bool | dict[str, Any] | None


class _Wire(msgspec.Struct, rename="pascal", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Price(_Wire):
    currency: Any = None
    amount: Any = None
    pricing_type: Any = None


class _Solution(_Wire):
    cabin_type: Any = None
    award_type: Any = None
    prices: list[_Price | _Other] | _NoList = None


class _Day(_Wire):
    date_value: str
    day_not_in_this_month: bool
    solutions: list[_Solution | _Other] | _NoList = None


class _Week(_Wire):
    days: list[_Day]


class _Month(_Wire):
    weeks: list[_Week]


class _Calendar(_Wire):
    months: list[_Month] | None = None


class _Message(_Wire):
    major_code: Any = None
    minor_code: Any = None
    message: Any = None


class _Trip(_Wire):
    origin: str | None = None
    destination: str | None = None
    requested_origin: str | None = None
    requested_destination: str | None = None
    depart_date: str | None = None
    column_information: Any = None
    flights: list[msgspec.Raw] | None = None


class _Data(_Wire):
    status: Any = None
    errors: list[_Message] | None = None
    warnings: list[_Message] | None = None
    calendar: _Calendar | None = None
    trips: list[_Trip] | None = None
    traveller_count: Any = None
    page_count: Any = None
    last_call_date_time: Any = None


class _Answer(msgspec.Struct):
    data: _Data


class _Equipment(_Wire):
    equipment_type: Any = None
    equipment_description: Any = None


class _StrikeThrough(_Wire):
    ita_miles: Any = None


class _ReferenceFare(_Wire):
    amount: Any = None


class _Context(_Wire):
    ngrp_miles: Any = None
    ita_miles: Any = None
    percentage_savings: Any = None
    strike_through_pricing: _StrikeThrough | None = None
    reference_fare: _ReferenceFare | None = None


class _Product(_Wire):
    column_id: Any = None
    product_id: Any = None
    product_type: Any = None
    product_subtype: Any = None
    award_type: Any = None
    cabin_type: Any = None
    cross_cabin_messaging: Any = None
    booking_code: Any = None
    booking_class_availability: Any = None
    description: Any = None
    prices: list[_Price] | None = None
    context: _Context | None = None


class _Flight(_Wire):
    """One flight number; the first of an itinerary holds the others in `connections`, which may nest."""

    flight_number: str | int
    marketing_carrier: str
    origin: str
    destination: str
    depart_date_time: str
    destination_date_time: str
    products: list[_Product]
    operating_carrier: Any = None
    origin_timezone_offset: Any = None
    destination_timezone_offset: Any = None
    travel_minutes: Any = None
    travel_minutes_total: Any = None
    equipment_disclosures: _Equipment | None = None
    booking_class_availability: Any = None
    stop_infos: list[Any] | None = None
    connections: list[_Flight] | None = None


_ANSWER = msgspec.json.Decoder(_Answer)
_FLIGHT = msgspec.json.Decoder(_Flight)

# ---- the month calendar --------------------------------------------------------------------------------------------


def parse_calendar(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The lowest price of each cabin for each day of a month, per traveler.

    Raises Changed for an unknown shape, another route or month, or prices that are not in miles.
    """
    data = _data(body, search)
    months = data.calendar.months if data.calendar else None
    if not months:
        if _says_no_result(data):
            return
        raise UnexpectedResponse("data.Calendar.Months is missing or empty")
    days = {_calendar_date(day.date_value): day.solutions for day in _own_days(months)}
    covered = _covered(sorted(days), search)
    yield covered
    read = 0
    odd: list[ParseWarning] = []
    for day, solutions in days.items():
        if covered.first <= day <= covered.last:
            offers = _read_day(day, solutions, search, seen_at, odd)
            read += len(offers)
            yield from offers
    yield from odd
    if odd and not read:
        raise UnexpectedResponse(f"none of the {len(odd)} prices could be read as miles")


def _own_days(months: list[_Month]) -> Iterator[_Day]:
    """The days of the months themselves, without those of their neighbors that fill the first and last week."""
    return (day for month in months for week in month.weeks for day in week.days if not day.day_not_in_this_month)


def _covered(days: list[date], search: Search) -> CoveredDates:
    if not days:
        raise UnexpectedResponse("data.Calendar holds no day of its month")
    if days[-1] - days[0] != timedelta(days=len(days) - 1):
        raise UnexpectedResponse(f"data.Calendar misses days between {days[0]} and {days[-1]}")
    first, last = max(days[0], search.first), min(days[-1], search.last)
    if first > last:
        raise UnexpectedResponse(f"asked {search.first}..{search.last}, answered {days[0]}..{days[-1]}")
    return CoveredDates(first, last)


def _read_day(
    day: date, solutions: list[_Solution | _Other] | _NoList, search: Search, seen_at: datetime, odd: list[ParseWarning]
) -> list[AwardOfferItem]:
    """The offers of one day; what cost one is added to `odd`."""
    lowest: dict[str, tuple[int, Money | None, object]] = {}
    for solution in solutions if isinstance(solutions, list) else (solutions,):
        if not isinstance(solution, _Solution):
            odd.append(ParseWarning("Solutions", f"{day}: {str(solution)[:80]}", drops_offer=True))
            continue
        code = solution.cabin_type
        if type(code) is not str or code not in CABIN_CODES:
            odd.append(ParseWarning("CabinType", str(code), drops_offer=True))
            continue
        miles, taxes, unread = _miles_and_taxes(solution.prices)
        if unread:
            odd.append(unread)
        if miles is None:
            odd.append(_no_miles(code, solution.prices))
        elif code not in lowest or miles < lowest[code][0]:
            lowest[code] = (miles, taxes, solution.award_type)
    offers = []
    for code, (miles, taxes, award_type) in lowest.items():
        # The lowest price with mixed cabins allowed is an offer of its own only where it beats the unmixed one.
        twin = lowest.get(code + NOT_MIXED)
        if twin is not None and miles >= twin[0]:
            continue
        cabin, unmixed = CABIN_CODES[code]
        saver = SAVER.get(award_type) if type(award_type) is str else None
        offers.append(
            AwardOfferItem(
                program=PROGRAM,
                source=PROGRAM,
                detail=Detail.DAY,
                origin=search.origin,
                destination=search.destination,
                departure_date=day,
                cabin=cabin,
                miles=miles,
                taxes=taxes,
                mixed_cabin=None if unmixed is None else not unmixed,
                saver=saver,
                travelers=search.travelers,
                seen_at=seen_at,
                search=search,
            )
        )
        if saver is None and award_type:
            odd.append(ParseWarning("AwardType", str(award_type)))
    return offers


# ---- the day's flights ---------------------------------------------------------------------------------------------


def parse_itinerary(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The flights of one day, an offer for each cabin they are sold in, per traveler.

    Raises Changed for an unknown shape, another route, or an empty list without United's own "no result".
    """
    data = _data(body, search)
    if not data.trips or data.trips[0].flights is None:
        raise UnexpectedResponse("data.Trips[0].Flights is missing")
    trip = data.trips[0]
    if not trip.flights:
        if _says_no_result(data):
            return
        raise UnexpectedResponse("data.Trips[0].Flights is empty and no warning says there are none")
    if trip.depart_date and not search.first <= _trip_date(trip.depart_date) <= search.last:
        raise UnexpectedResponse(f"asked {search.first}, answered {trip.depart_date}")
    columns = _columns(trip.column_information)
    seen: set[tuple[str, ...]] = set()
    unread = read = nearby = 0
    for raw in trip.flights:
        try:
            flights = list(_in_travel_order(_FLIGHT.decode(raw)))
            segments, odd = _segments(flights)
        except (ValueError, RecursionError) as error:
            unread += 1
            yield ParseWarning("Flights", str(error), drops_offer=True)
            continue
        if not _was_asked(flights, search):
            nearby += 1
            said = f"{flights[0].origin}-{flights[-1].destination} {flights[0].depart_date_time}"
            yield ParseWarning("nearby", said, drops_offer=_goes_on(flights))
            continue
        key = tuple(f"{s.flight} {s.departs_at}" for s in segments)
        if key in seen:  # batches overlap
            continue
        seen.add(key)
        yield from odd
        for item in _read_products(flights, segments, columns, search, seen_at):
            if isinstance(item, ParseWarning):
                unread += 1
            else:
                read += 1
            yield item
    if unread and not read:
        raise UnexpectedResponse(f"nothing of {len(trip.flights)} flights could be read")
    if nearby == len(trip.flights) and not _says_no_result(data):
        raise UnexpectedResponse("only flights of other airports or days, and no warning says there are none")
    if (positive_int(data.page_count) or 1) > 1:
        yield ParseWarning("PageCount", str(data.page_count), drops_offer=True)


def _in_travel_order(flight: _Flight) -> Iterator[_Flight]:
    yield flight
    for connection in flight.connections or ():
        yield from _in_travel_order(connection)


def _was_asked(flights: list[_Flight], search: Search) -> bool:
    return (
        flights[0].origin == search.origin
        and flights[-1].destination == search.destination
        and search.first.isoformat() <= flights[0].depart_date_time[:10] <= search.last.isoformat()
    )


def _goes_on(flights: list[_Flight]) -> bool:
    """Whether the way is longer than its one flight: then the connections are missing, and it may be what was asked."""
    whole_way, minutes = float_or_none(flights[0].travel_minutes_total), float_or_none(flights[0].travel_minutes)
    return len(flights) == 1 and whole_way is not None and minutes is not None and whole_way > minutes


def _segments(flights: list[_Flight]) -> tuple[list[Segment], list[ParseWarning]]:
    """The flights without cabins, and where their clock disagrees with the airport's zone."""
    odd: list[ParseWarning] = []
    segments = []
    for flight in flights:
        equipment = flight.equipment_disclosures
        segments.append(
            Segment(
                marketing_carrier=flight.marketing_carrier,
                operating_carrier=str_or_none(flight.operating_carrier),
                flight_number=str(flight.flight_number),
                origin=flight.origin,
                destination=flight.destination,
                departs_at=local_time(flight.depart_date_time, flight.origin, flight.origin_timezone_offset, odd),
                arrives_at=local_time(
                    flight.destination_date_time, flight.destination, flight.destination_timezone_offset, odd
                ),
                aircraft=(str_or_none(equipment.equipment_description) or str_or_none(equipment.equipment_type))
                if equipment
                else None,
                stops=len(flight.stop_infos or ()),
            )
        )
    return segments, odd


def _read_products(
    flights: list[_Flight],
    segments: list[Segment],
    columns: dict[str, str],
    search: Search,
    seen_at: datetime,
) -> Iterator[AwardOfferItem | ParseWarning]:
    sold: dict[tuple[Cabin, bool | None], AwardOfferItem] = {}
    if not flights[0].products:
        yield ParseWarning("Products", f"none for {segments[0].flight}", drops_offer=True)
    for product in flights[0].products:
        if _is_placeholder(product):
            continue
        if str_or_none(product.booking_code) is None:
            yield ParseWarning("BookingCode", str(product.booking_code), drops_offer=True)
            continue
        column = columns.get(str(product.column_id)) or str_or_none(product.product_type) or ""
        if column not in CABIN_CODES:
            yield ParseWarning("column", f"{product.column_id} {column}", drops_offer=True)
            continue
        cabin, unmixed = CABIN_CODES[column]
        miles, taxes, unread = _miles_and_taxes(product.prices)
        if unread:
            yield unread
        if miles is None:
            yield _no_miles(column, product.prices)
            continue
        parts = [product, *(_part(product, flight) for flight in flights[1:])]
        cabins = [SEGMENT_CABINS.get(part.cabin_type.lower()) if _has_cabin(part) else None for part in parts]
        yield from (
            ParseWarning("segment cabin", part.cabin_type)
            for part, known in zip(parts, cabins, strict=True)
            if known is None and _has_cabin(part)
        )
        mixed = False if unmixed else _is_mixed(cabin, parts, cabins)
        twin = sold.get((cabin, mixed))
        if twin is not None and (twin.miles or 0) <= miles:
            continue  # the same seats again: the column that allows mixed cabins, and the one that does not
        award_type = str_or_none(product.award_type)
        if award_type and award_type not in SAVER:
            yield ParseWarning("AwardType", award_type)
        yield from _odd_availability(parts, flights)
        on_sale, regular_miles = _sale(product.context, miles)
        sold[cabin, mixed] = AwardOfferItem(
            program=PROGRAM,
            source=PROGRAM,
            detail=Detail.ITINERARY,
            origin=search.origin,
            destination=search.destination,
            departure_date=segments[0].departs_at.date(),
            cabin=cabin,
            miles=miles,
            taxes=taxes,
            seats=_seats(parts, flights),
            stops=len(segments) - 1 + sum(segment.stops for segment in segments),
            duration_minutes=_duration(flights),
            segments=tuple(
                replace(segment, cabin=known, booking_code=str_or_none(part.booking_code))
                for segment, known, part in zip(segments, cabins, parts, strict=True)
            ),
            fare_name=_fare_name(cabin, parts, cabins),
            booking_code=_booking_code(parts),
            mixed_cabin=mixed,
            saver=SAVER.get(award_type or ""),
            on_sale=on_sale,
            regular_miles=regular_miles,
            cash_price=_reference_fare(product.context),
            travelers=search.travelers,
            seen_at=seen_at,
            search=search,
        )
    yield from sold.values()


def _is_placeholder(product: _Product) -> bool:
    if product.product_subtype == "NonExistingProductPlaceHolder":
        return True
    return product.booking_code == "" and not any(price.currency == "MILES" for price in product.prices or ())


def _part(product: _Product, flight: _Flight) -> _Product:
    """The same product on a connecting flight; an empty one where that flight does not say."""
    of_column = [p for p in flight.products if p.column_id == product.column_id and not _is_placeholder(p)]
    same = [p for p in of_column if p.product_id is not None and p.product_id == product.product_id]
    return next(iter(same or of_column), _Product())


def _has_cabin(part: _Product) -> bool:
    return isinstance(part.cabin_type, str) and bool(part.cabin_type)


def _is_mixed(cabin: Cabin, parts: list[_Product], cabins: list[Cabin | None]) -> bool | None:
    """Whether a segment flies below the offer's cabin; None where a segment does not say its own."""
    if any(part.cross_cabin_messaging for part in parts):
        return True
    if any(known is not None and known.rank < cabin.rank for known in cabins):
        return True
    return None if None in cabins and cabin is not Cabin.ECONOMY else False


def _fare_name(cabin: Cabin, parts: list[_Product], cabins: list[Cabin | None]) -> str | None:
    """The name on the first segment that flies in the offer's cabin: a mixed one may start in a lower cabin."""
    in_cabin = (part for part, known in zip(parts, cabins, strict=True) if known and known.rank >= cabin.rank)
    return str_or_none(next(in_cabin, parts[0]).description)


def _booking_code(parts: list[_Product]) -> str | None:
    codes = list(filter(None, (str_or_none(part.booking_code) for part in parts)))
    return codes[0] if len(set(codes)) == 1 else "/".join(codes) or None


def _seats(parts: list[_Product], flights: list[_Flight]) -> int | None:
    """Seats left for the whole way: the fewest of its segments; None where one of them does not say."""
    least: int | None = None
    for part, flight in zip(parts, flights, strict=True):
        availability = (
            str_or_none(part.booking_class_availability) or str_or_none(flight.booking_class_availability) or ""
        )
        seats = _availability(availability).get(str_or_none(part.booking_code) or "")
        if seats is None:
            return None
        least = seats if least is None else min(least, seats)
    return least


def _odd_availability(parts: list[_Product], flights: list[_Flight]) -> Iterator[ParseWarning]:
    """What stands where the seats should, and is not the list of classes that we know."""
    said = [part.booking_class_availability for part in parts]
    said += [flight.booking_class_availability for flight in flights]
    for written in said:
        if written and not (isinstance(written, str) and _availability(written)):
            yield ParseWarning("BookingClassAvailability", str(written)[:80])


@lru_cache(maxsize=4096)
def _availability(classes: str) -> dict[str, int]:
    """`J5|JN5|XN0` as seats by class; 9 means 9 or more."""
    return {code: int(count) for code, count in re.findall(r"([A-Z]+)(\d+)", classes)}


def _sale(context: _Context | None, miles: int) -> tuple[bool | None, int | None]:
    """Whether United shows the price struck through, and the price before."""
    if context is None:
        return None, None
    struck = context.strike_through_pricing
    listed = positive_int(struck.ita_miles if struck else None) or positive_int(context.ita_miles) or 0
    before = listed if listed > miles else None
    on_sale = (float_or_none(context.percentage_savings) or 0) > 0 or (struck is not None and before is not None)
    return on_sale, before if on_sale else None


def _reference_fare(context: _Context | None) -> Money | None:
    amount = float_or_none(context.reference_fare.amount) if context and context.reference_fare else None
    return money(amount, "USD") if amount is not None and amount > 0 else None


def _duration(flights: list[_Flight]) -> int | None:
    whole_way = positive_int(flights[0].travel_minutes_total)
    return whole_way or (positive_int(flights[0].travel_minutes) if len(flights) == 1 else None)


# ---- both ----------------------------------------------------------------------------------------------------------


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is neither of United's two."""
    try:
        data = _ANSWER.decode(body).data
        trip = data.trips[0] if data.trips else _Trip()
        months = data.calendar.months if data.calendar else None
        answered_at = _answered_at(data.last_call_date_time)
        days = sorted(_calendar_date(day.date_value) for day in _own_days(months or []))
        if months is None and trip.flights is None:
            return None
        departs = [_trip_date(trip.depart_date)] if trip.depart_date and not days else days
    except (ValueError, RecursionError, UnexpectedResponse):
        return None
    return Detected(
        kind=SearchKind.CALENDAR if days else SearchKind.ITINERARY,
        origin=trip.requested_origin or trip.origin,
        destination=trip.requested_destination or trip.destination,
        first=departs[0] if departs else None,
        last=departs[-1] if departs else None,
        travelers=positive_int(data.traveller_count) or 1,
        answered_at=answered_at,
    )


def _data(body: bytes, search: Search) -> _Data:
    """The answer's data, once it is certain that it is an answer to this search."""
    try:
        data = _ANSWER.decode(body).data
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    for refusal in data.errors or ():
        said = f"{refusal.major_code}/{refusal.minor_code}: {refusal.message}"
        for pattern, reason in ERROR_TEXTS:
            if pattern.search(said):
                raise SearchFailed(reason, said)
        raise UnexpectedResponse(f"error {said}")
    if data.status not in (None, 1):
        raise UnexpectedResponse(f"data.Status is {data.status}")
    for trip in data.trips or ():
        asked = f"{search.origin}-{search.destination}"
        answered = f"{trip.requested_origin or trip.origin or search.origin}-"
        answered += trip.requested_destination or trip.destination or search.destination
        if answered != asked:
            raise UnexpectedResponse(f"asked {asked}, answered {answered}")
    return data


def _says_no_result(data: _Data) -> bool:
    return any((str(w.major_code), str(w.minor_code)) == NO_RESULT for w in data.warnings or ())


def _columns(information: object) -> dict[str, str]:
    """Column id to what the column means; the ids move, so each answer brings its own."""
    columns = information.get("Columns") if isinstance(information, dict) else None
    told = [column for column in columns if isinstance(column, dict)] if isinstance(columns, list) else []
    return {str(c.get("Value")).rpartition("-")[2]: c["Type"] for c in told if isinstance(c.get("Type"), str)}


def _miles_and_taxes(
    prices: Sequence[_Price | _Other] | _NoList,
) -> tuple[int | None, Money | None, ParseWarning | None]:
    """Miles, taxes with every fee, and a charge that could not be counted.

    A close-in fee comes without a currency and counts in that of the taxes.
    """
    miles: int | None = None
    unread: ParseWarning | None = None
    cash: float = 0
    unit = None
    for price in prices if isinstance(prices, list) else ():
        if not isinstance(price, _Price):
            unread = ParseWarning("Prices", str(price)[:80])
            continue
        if price.currency == "MILES":
            miles = positive_int(price.amount)
            continue
        amount, own = float_or_none(price.amount), price.currency
        if own != unit:
            own = currency(own)
            unit = unit or own
        if amount is None or (own is not None and own != unit):
            unread = ParseWarning("Prices", f"{price.pricing_type} {price.amount} {price.currency}")
        else:
            cash += amount
    return miles, money(cash, unit) if unit else None, unread


def _no_miles(code: str, prices: object) -> ParseWarning:
    told = (
        [(p.amount, p.currency) if isinstance(p, _Price) else p for p in prices] if isinstance(prices, list) else prices
    )
    return ParseWarning("Prices", f"no miles for {code} in {told}"[:200], drops_offer=True)


@lru_cache(maxsize=1024)
def _calendar_date(written: str) -> date:
    """A date written MM/DD/YYYY."""
    try:
        return date(int(written[6:10]), int(written[:2]), int(written[3:5]))
    except ValueError as error:
        raise UnexpectedResponse(f"DateValue is {written!r}") from error


def _trip_date(written: str) -> date:
    """A date written either way: 2026-04-02 or 04/02/2026."""
    if "/" in written:
        return _calendar_date(written)
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise UnexpectedResponse(f"DepartDate is {written!r}") from error


def _answered_at(written: object) -> datetime | None:
    """`2026-04-01 09:18 AM`, the server's own clock."""
    try:
        return datetime.strptime(str(written), "%Y-%m-%d %I:%M %p").replace(tzinfo=ANSWER_ZONE)
    except ValueError:
        return None


def decode(body: bytes) -> object:
    """The answer as JSON. Raises Changed."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(f"not JSON: {error}") from error


PARSERS = {SearchKind.CALENDAR: validated(parse_calendar), SearchKind.ITINERARY: validated(parse_itinerary)}

_DAYS = "data.Calendar.Months[].Weeks[].Days[]"
_FLIGHTS = "data.Trips[].Flights[]"
REQUIRED_PATHS = {
    SearchKind.CALENDAR: (
        f"{_DAYS}.DateValue",
        f"{_DAYS}.DayNotInThisMonth",
        f"{_DAYS}.Solutions[].CabinType",
        f"{_DAYS}.Solutions[].AwardType",
        f"{_DAYS}.Solutions[].Prices[].Currency",
        f"{_DAYS}.Solutions[].Prices[].Amount",
        f"{_DAYS}.Solutions[].Prices[].PricingType",
    ),
    SearchKind.ITINERARY: (
        "data.Trips[].ColumnInformation.Columns[].Type",
        "data.Trips[].ColumnInformation.Columns[].Value",
        f"{_FLIGHTS}.FlightNumber",
        f"{_FLIGHTS}.MarketingCarrier",
        f"{_FLIGHTS}.OperatingCarrier",
        f"{_FLIGHTS}.DepartDateTime",
        f"{_FLIGHTS}.DestinationDateTime",
        f"{_FLIGHTS}.TravelMinutesTotal",
        f"{_FLIGHTS}.EquipmentDisclosures.EquipmentType",
        f"{_FLIGHTS}.BookingClassAvailability",
        f"{_FLIGHTS}.Products[].ColumnId",
        f"{_FLIGHTS}.Products[].CabinType",
        f"{_FLIGHTS}.Products[].AwardType",
        f"{_FLIGHTS}.Products[].BookingCode",
        f"{_FLIGHTS}.Products[].Prices[].Amount",
    ),
}
