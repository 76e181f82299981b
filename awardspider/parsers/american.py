"""American AAdvantage: the month calendar, the 13 days around a day (weekly) and the day's flights (itinerary).

Facts and their sources: docs/sources/american.md. The results page holds the last two in its `ng-state` script; they
are read from there as well. The wire classes name only what is read; values that may come in more than one type are
`Any` and read through `readers.values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
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
from awardspider.outcomes import AmbiguousResponse, Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import Detected
from awardspider.parsers._carriers import operator_told
from awardspider.parsers._flights import as_sold, flights_of, route_and_day, were_asked
from awardspider.parsers._times import iso_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, float_or_none, money, positive_int, str_or_none

PROGRAM = "american"

# productType of a price and cabinType of a seat. Sources disagree on the name of premium economy.
CABINS = {
    "COACH": Cabin.ECONOMY,
    "PREMIUM_ECONOMY": Cabin.PREMIUM_ECONOMY,
    "PREMIUM_COACH": Cabin.PREMIUM_ECONOMY,
    "BUSINESS": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
}

# The first letter of a fare code: the old saver classes, and those whose price follows the money fare.
SAVER = dict.fromkeys("TUXZ", True) | dict.fromkeys("FJWY", False)

# "No flights", and also what a caller gets whom American does not trust.
NONE_OR_GO_AWAY = "309"
PAST_DATE = "1100"

GROUPED = re.compile(r"[1-9]\d{0,2}(,\d{3})+")
STATE = re.compile(rb"<script\b[^>]*\bid\s*=\s*[\"']?ng-state\b[^>]*>(.*?)</script", re.DOTALL)
FLIGHTS_PART, WEEK_PART = "itineraryResult", "weeklyResult"

SPECIAL, NOT_SPECIAL = "-WEB-SPECIAL", "-NON-WEB-SPECIAL"  # how productBenefits ends; no such ending says nothing


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Day(_Wire):
    """A day of the month calendar (`solution`) or of the 13 days (points of its own)."""

    date: Any = None
    valid_day: Any = None
    solution: Any = UNSET
    solution_id: Any = UNSET
    per_passenger_award_points_total: Any = UNSET
    award_points_total: Any = UNSET
    per_passenger_display_total: Any = None


# What stands where a day should; null is none of the 13 days.
_Other = str | int | float | bool | list[Any] | None


class _Week(_Wire):
    days: list[_Day | _Other]


class _Month(_Wire):
    weeks: list[_Week] | None


class _Place(_Wire):
    code: Any = None


class _Metadata(_Wire):
    search_type: Any = None
    round_trip: Any = None
    origin: _Place | None = None
    destination: _Place | None = None
    departure_date: Any = None


class _Answer(_Wire):
    error: Any = None
    error_number: Any = None
    message: Any = None
    response_metadata: _Metadata | None = None
    slices: list[msgspec.Raw] | None = None
    calendar_months: list[_Month] | None = None
    days: list[_Day | _Other] | None = None


class _Amount(_Wire):
    amount: Any = None
    currency: Any = None


class _Seat(_Wire):
    """What a price of one product buys on one leg."""

    product_type: Any = None
    cabin_type: Any = None
    booking_code: Any = None
    web_special: Any = None


class _Aircraft(_Wire):
    name: Any = None
    short_name: Any = None
    code: Any = None


class _Leg(_Wire):
    origin: _Place
    destination: _Place
    departure_date_time: str
    arrival_date_time: str
    aircraft: _Aircraft | None = None
    aircraft_code: Any = None
    operational_disclosure: Any = None
    product_details: list[_Seat] | None = None


class _Flight(_Wire):
    carrier_code: str
    flight_number: str | int


class _Segment(_Wire):
    flight: _Flight
    legs: list[_Leg]


class _Price(_Wire):
    product_type: Any = None
    product_available: Any = None
    per_passenger_award_points: Any = None
    per_passenger_taxes_and_fees: _Amount | None = None
    all_passenger_taxes_and_fees: _Amount | None = None
    per_passenger_display_total: _Amount | None = None
    seats_remaining: Any = None
    extended_fare_code: Any = None
    web_special: Any = None
    product_benefits: Any = None


class _RegularPrice(_Wire):
    product_type: Any = None
    per_passenger_award_points: Any = None


class _Pricing(_Wire):
    regular_price: _RegularPrice | None = None
    web_special_price: Any = None


class _Slice(_Wire):
    """One way to fly: American's word for an itinerary."""

    segments: list[_Segment]
    pricing_detail: list[_Price] | None
    product_pricing: list[_Pricing] | None = None
    duration_in_minutes: Any = None


class _SoundAnswer(_Answer):
    """An answer with nothing odd in its slices: read in one go."""

    slices: list[_Slice] | None = None  # type: ignore[assignment]


_SOUND = msgspec.json.Decoder(_SoundAnswer)
_ANSWER = msgspec.json.Decoder(_Answer)  # the slices one by one
_SLICE = msgspec.json.Decoder(_Slice)

# ---- the month calendar, and the 13 days --------------------------------------------------------------------------


def parse_calendar(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The lowest price of each day for the cabins asked, per traveler.

    The answer does not repeat route or cabin: an offer gets the lowest of the cabins asked, economy where all were.
    Raises Changed for an unknown shape or other days, Ambiguous for error 309.
    """
    answer = _answer(body, WEEK_PART)
    if answer.calendar_months:
        entries = _of_months(answer.calendar_months)
    elif answer.days:
        entries = _of_13_days(answer.days)
    else:
        raise UnexpectedResponse("neither calendarMonths nor days holds anything")
    cabin = min(search.cabins, key=lambda asked: asked.rank, default=Cabin.ECONOMY)
    answered: set[date] = set()
    lowest: dict[date, AwardOfferItem] = {}
    odd: list[ParseWarning] = []
    for written, points, charged in entries:
        when = _date(written)
        if when is None:
            odd.append(ParseWarning("date", str(written)[:80], drops_offer=True))
            continue
        answered.add(when)
        if points is None or not search.first <= when <= search.last:
            continue
        miles, taxes = _points(points), _charged(charged)
        if miles is None:
            odd.append(ParseWarning("perPassengerAwardPoints", f"{points} on {when}"[:80], drops_offer=True))
            continue
        if taxes is None:
            odd.append(ParseWarning("perPassengerSaleTotal", str(charged)[:80]))
        if when not in lowest or miles < (lowest[when].miles or 0):
            lowest[when] = AwardOfferItem(
                program=PROGRAM,
                source=PROGRAM,
                detail=Detail.DAY,
                origin=search.origin,
                destination=search.destination,
                departure_date=when,
                cabin=cabin,
                miles=miles,
                taxes=taxes,
                travelers=search.travelers,
                seen_at=seen_at,
                search=search,
            )
    yield _covered(sorted(answered), search, odd)
    yield from lowest.values()
    yield from odd
    if not lowest and any(one.drops_offer for one in odd):
        raise UnexpectedResponse(f"none of the days could be read: {odd[0].path} {odd[0].value}")


# Of one day: its date, its points (None: no award; UNSET: they are missing), and what is charged with them.
_Entry = tuple[object, object, object]


def _of_months(months: list[_Month]) -> Iterator[_Entry]:
    """The days of the month calendar without its padding; `solution` null is a day without award."""
    for day in (day for month in months for week in month.weeks or () for day in week.days if day is not None):
        if not isinstance(day, _Day):
            yield day, UNSET, None
            continue
        solution = day.solution
        if solution is None:
            if day.date is not None and day.valid_day is not False:  # else before the 1st, past, or not for sale yet
                yield day.date, None, None
        elif isinstance(solution, dict):
            points = solution.get("perPassengerAwardPoints")
            yield day.date, UNSET if points is None else points, solution.get("perPassengerSaleTotal")
        elif solution is not UNSET or day.valid_day is not False:
            yield day.date, UNSET, None


def _of_13_days(days: list[_Day | _Other]) -> Iterator[_Entry]:
    """The 13 days: no points, and no solution that they belong to, is a day without award."""
    for day in days:
        if not isinstance(day, _Day):
            yield day, UNSET, None
            continue
        points = day.per_passenger_award_points_total
        if points is UNSET:
            points = day.award_points_total
        keys_missing = points is UNSET and day.solution_id is UNSET
        if points in (None, UNSET, "") or float_or_none(points) == 0:
            points = UNSET if keys_missing or day.solution_id not in (None, UNSET, "") else None
        yield day.date, points, day.per_passenger_display_total


def _charged(told: object) -> Money | None:
    amount, unit = (
        (float_or_none(told.get("amount")), currency(told.get("currency"))) if isinstance(told, dict) else (None, None)
    )
    return None if amount is None or unit is None or amount < 0 else money(amount, unit)


def _covered(days: list[date], search: Search, odd: list[ParseWarning]) -> CoveredDates:
    if not days:
        raise UnexpectedResponse("the calendar holds no day that can be read")
    first, last = max(days[0], search.first), min(days[-1], search.last)
    if first > last:
        raise UnexpectedResponse(f"asked {search.first}..{search.last}, answered {days[0]}..{days[-1]}")
    if days[-1] - days[0] != timedelta(days=len(days) - 1):
        odd.append(ParseWarning("days", f"some are missing between {days[0]} and {days[-1]}", drops_offer=True))
    return CoveredDates(first, last)


# ---- the day's flights ---------------------------------------------------------------------------------------------


def parse_itinerary(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The flights of one day, an offer for each cabin they are sold in, per traveler.

    Raises Changed for an unknown shape, another route, or a list without flights, Ambiguous for error 309.
    """
    answer = _answer(body, FLIGHTS_PART)
    _check_question(answer.response_metadata, search)
    if not answer.slices:
        raise UnexpectedResponse("slices is missing or empty, and no error says that there are none")
    seen: set[tuple[str, ...]] = set()
    read = lost = nearby = 0
    for raw in answer.slices:
        try:
            told = _slice(raw)
            segments, odd = _segments(told.segments)
        except (ValueError, RecursionError) as error:
            lost += 1
            yield ParseWarning("slices", str(error)[:200], drops_offer=True)
            continue
        if not were_asked(segments, search):
            nearby += 1
            yield ParseWarning("nearby", route_and_day(segments))
            continue
        key = flights_of(segments)
        if key in seen:
            continue
        seen.add(key)
        yield from odd
        for item in _read_prices(told, segments, search, seen_at):
            if isinstance(item, AwardOfferItem):
                read += 1
            else:
                lost += item.drops_offer
            yield item
    if lost and not read:
        raise UnexpectedResponse(f"nothing of {len(answer.slices)} slices could be read")
    if nearby == len(answer.slices):
        raise UnexpectedResponse("only flights of other airports or days")


def _check_question(said: _Metadata | None, search: Search) -> None:
    """Raise Changed where the answer says that it is one to another question."""
    if said is None:
        return
    if said.search_type not in (None, "Award"):
        raise UnexpectedResponse(f"responseMetadata.searchType is {said.search_type}, not Award")
    if said.round_trip is True:
        raise UnexpectedResponse("responseMetadata.roundTrip: prices of a round trip")
    for asked, answered in zip((search.origin, search.destination, search.first.isoformat()), _said(said), strict=True):
        if answered not in (None, asked):
            raise UnexpectedResponse(f"asked {asked}, answered {answered}")


def _said(said: _Metadata) -> tuple[str | None, str | None, str | None]:
    """Route and day that the answer names, None where it does not."""
    origin, destination = (str_or_none(place.code) if place else None for place in (said.origin, said.destination))
    return origin, destination, said.departure_date[:10] if isinstance(said.departure_date, str) else None


def _segments(told: list[_Segment]) -> tuple[list[Segment], list[ParseWarning]]:
    """The flights without cabins, and what of them is odd. Raises ValueError where one has no place or time."""
    odd: list[ParseWarning] = []
    segments = []
    for segment in told:
        if not segment.legs:
            raise ValueError("a segment without legs")
        first, last = segment.legs[0], segment.legs[-1]
        origin, destination = _code(first.origin), _code(last.destination)
        departs_at, departure_odd = iso_time(first.departure_date_time, origin)
        arrives_at, arrival_odd = iso_time(last.arrival_date_time, destination)
        odd += (*departure_odd, *arrival_odd)
        plane = first.aircraft or _Aircraft()
        segments.append(
            Segment(
                marketing_carrier=segment.flight.carrier_code,
                operating_carrier=operator_told(first.operational_disclosure, segment.flight.carrier_code, odd),
                flight_number=str(segment.flight.flight_number),
                origin=origin,
                destination=destination,
                departs_at=departs_at,
                arrives_at=arrives_at,
                aircraft=str_or_none(plane.name)
                or str_or_none(plane.short_name)
                or str_or_none(plane.code)
                or str_or_none(first.aircraft_code),
                stops=len(segment.legs) - 1,
            )
        )
    if not segments:
        raise ValueError("a slice without segments")
    return segments, odd


def _read_prices(
    told: _Slice, segments: list[Segment], search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | ParseWarning]:
    """One offer for each cabin, at its lowest price: a web special stands beside the regular price."""
    if not told.pricing_detail:
        yield ParseWarning("pricingDetail", f"none for {segments[0].flight}", drops_offer=True)
    lowest: dict[Cabin, tuple[int, _Price]] = {}
    regular = _regular_prices(told)
    for price in told.pricing_detail or ():
        if price.product_available is False or _is_absent(price):
            continue
        product = price.product_type
        cabin = CABINS.get(product) if type(product) is str else None
        miles = _points(price.per_passenger_award_points)
        if cabin is None:
            yield ParseWarning("productType", str(product)[:80], drops_offer=True)
        elif miles is None:
            yield ParseWarning(
                "perPassengerAwardPoints", f"{price.per_passenger_award_points} for {product}", drops_offer=True
            )
        else:
            if _is_special(price, told) is False:
                regular.setdefault(cabin, miles)
            if cabin not in lowest or miles < lowest[cabin][0]:
                lowest[cabin] = miles, price
    legs = [leg for segment in told.segments for leg in segment.legs]
    for cabin, (miles, price) in lowest.items():
        seats = [_seat(leg.product_details, price) for leg in legs]
        booked = list(_booked(told.segments, segments, seats))
        taxes = _taxes(price, search.travelers)
        if taxes is None:
            yield ParseWarning("perPassengerTaxesAndFees", f"none for {price.product_type}")
        before = regular.get(cabin, 0)
        on_sale = _is_special(price, told)
        codes = dict.fromkeys(filter(None, (str_or_none(seat.booking_code) for seat in seats)))
        fare_code = str_or_none(price.extended_fare_code)
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
            seats=positive_int(price.seats_remaining),  # 0 is "not said", not "sold out"
            stops=len(legs) - 1,
            duration_minutes=positive_int(told.duration_in_minutes),
            segments=tuple(booked),
            fare_name=str_or_none(price.product_type),
            booking_code="/".join(codes) or None,
            mixed_cabin=_is_mixed(cabin, seats),
            saver=SAVER.get(fare_code[0]) if fare_code else None,
            on_sale=on_sale,
            regular_miles=before if on_sale and before > miles else None,
            travelers=search.travelers,
            seen_at=seen_at,
            search=search,
        )


def _regular_prices(told: _Slice) -> dict[Cabin, int]:
    """What each cabin costs without a web special, as far as the slice says."""
    regular: dict[Cabin, int] = {}
    for pricing in told.product_pricing or ():
        price = pricing.regular_price
        cabin = CABINS.get(price.product_type) if price and type(price.product_type) is str else None
        if price and cabin and (miles := _points(price.per_passenger_award_points)):
            regular[cabin] = miles
    return regular


def _is_absent(price: _Price) -> bool:
    """Whether the slice is not sold in this cabin, where no `productAvailable` says so."""
    if price.product_available is not None or price.extended_fare_code != "":
        return False
    return float_or_none(price.per_passenger_award_points) == 0


def _is_special(price: _Price, told: _Slice) -> bool | None:
    """Whether the price is a web special, by any of the signs; None where none of them says either."""
    benefits = price.product_benefits if isinstance(price.product_benefits, str) else ""
    if price.web_special is True or (benefits.endswith(SPECIAL) and not benefits.endswith(NOT_SPECIAL)):
        return True
    for special in (pricing.web_special_price for pricing in told.product_pricing or ()):
        if isinstance(special, dict) and special.get("productType") == price.product_type:
            points = _points(special.get("perPassengerAwardPoints"))
            if points is not None and points == _points(price.per_passenger_award_points):
                return True
    return False if price.web_special is False or benefits.endswith(NOT_SPECIAL) else None


def _seat(details: list[_Seat] | None, price: _Price) -> _Seat:
    """What the price buys on a leg; an empty one where the leg does not say."""
    of_product = [seat for seat in details or () if seat.product_type == price.product_type]
    same = [seat for seat in of_product if seat.web_special == price.web_special]
    return next(iter(same or of_product), _NO_SEAT)


_NO_SEAT = _Seat()


def _cabin(seat: _Seat) -> Cabin | None:
    return CABINS.get(seat.cabin_type) if type(seat.cabin_type) is str else None


def _booked(told: list[_Segment], segments: list[Segment], seats: list[_Seat]) -> Iterator[Segment]:
    """The flights with what is booked on them; where legs of one flight differ, the lowest cabin."""
    leg = 0
    for segment, plain in zip(told, segments, strict=True):
        own = seats[leg : leg + len(segment.legs)]
        leg += len(segment.legs)
        cabin = min(filter(None, map(_cabin, own)), key=lambda cabin: cabin.rank, default=None)
        yield as_sold(plain, cabin, str_or_none(own[0].booking_code))


def _is_mixed(cabin: Cabin, seats: list[_Seat]) -> bool | None:
    """Whether a leg flies below the offer's cabin; None where a leg does not say its own."""
    cabins = [_cabin(seat) for seat in seats]
    if any(known is not None and known.rank < cabin.rank for known in cabins):
        return True
    return None if None in cabins else False


def _taxes(price: _Price, travelers: int) -> Money | None:
    """Taxes of one traveler: as said, or the party's divided, or what is shown beside the points."""
    for told, parts in (
        (price.per_passenger_taxes_and_fees, 1),
        (price.all_passenger_taxes_and_fees, travelers),
        (price.per_passenger_display_total, 1),
    ):
        amount, unit = (float_or_none(told.amount), currency(told.currency)) if told else (None, None)
        if amount is not None and unit is not None and amount >= 0:
            return money(amount / parts, unit)
    return None


def _code(place: _Place) -> str:
    if not isinstance(place.code, str) or len(place.code) != 3:
        raise ValueError(f"{place.code!r} is no airport")
    return place.code


def _points(told: object) -> int | None:
    """Points above zero, also as text with groups of three (`8,000`)."""
    if isinstance(told, str) and GROUPED.fullmatch(told):
        told = told.replace(",", "")
    return positive_int(told)


@lru_cache(maxsize=1024)
def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None


def _date(written: object) -> date | None:
    return _day(written) if isinstance(written, str) else None


# ---- both ----------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """The answer; of a results page its flights with the 13 `days` beside them. Raises Changed."""
    if not _is_whole_page(body):
        try:
            return msgspec.json.decode(body)
        except (ValueError, RecursionError) as error:
            raise UnexpectedResponse(str(error)) from error
    found = _parts(body)
    flights, week = found.get(FLIGHTS_PART), found.get(WEEK_PART)
    whole_page = dict(flights) if isinstance(flights, dict) else {}
    if isinstance(week, dict) and "days" in week:
        whole_page["days"] = week["days"]
    return whole_page


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is none of American's."""
    try:
        answer = _decoded(body, FLIGHTS_PART)
        if answer.slices is None and _is_whole_page(body):
            answer = _decoded(body, WEEK_PART)
        slices = [_slice(raw) for raw in answer.slices or ()]
        segments = [segment for told in slices[:1] for segment in _segments(told.segments)[0]]
    except (ValueError, RecursionError, UnexpectedResponse):
        return None
    said = _said(answer.response_metadata or _Metadata())
    if segments or (answer.slices == [] and all(said)):
        day = _date(said[2]) or (segments[0].departs_at.date() if segments else None)
        return Detected(
            kind=SearchKind.ITINERARY,
            origin=said[0] or (segments[0].origin if segments else None),
            destination=said[1] or (segments[-1].destination if segments else None),
            first=day,
            last=day,
            travelers=_party(slices),
        )
    if answer.calendar_months:
        entries = [entry for entry in _of_months(answer.calendar_months) if entry[1] is not UNSET]
    else:
        entries = [entry for entry in _of_13_days(answer.days or []) if entry[1] is not UNSET]
    days = sorted(filter(None, (_date(entry[0]) for entry in entries)))
    return Detected(kind=SearchKind.CALENDAR, first=days[0], last=days[-1]) if days else None


def _party(slices: list[_Slice]) -> int:
    """How many travel: what all pay in taxes, by what one pays."""
    for price in (price for told in slices for price in told.pricing_detail or ()):
        each, everyone = price.per_passenger_taxes_and_fees, price.all_passenger_taxes_and_fees
        one = float_or_none(each.amount) if each else None
        together = float_or_none(everyone.amount) if everyone else None
        if one and together and 1 <= round(together / one) <= 9:
            return round(together / one)
    return 1


def _answer(body: bytes, part: str) -> _Answer:
    """The answer, once it is certain that it is not an error. `part` is where the results page holds it."""
    try:
        answer = _decoded(body, part)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    code = answer.error or answer.error_number
    if not code:
        return answer
    said = f"error {code}: {answer.message}" if answer.message else f"error {code}"
    if str(code) == NONE_OR_GO_AWAY:
        raise AmbiguousResponse(f"{said}: no flights, or a caller whom American does not trust")
    if str(code) == PAST_DATE:
        raise SearchFailed(Reason.BAD_REQUEST, f"{said}: a date in the past")
    raise UnexpectedResponse(said[:200])


def _decoded(body: bytes, part: str) -> _Answer:
    if _is_whole_page(body):
        body = msgspec.json.encode(_parts(body).get(part))
    try:
        return _SOUND.decode(body)
    except ValueError:
        return _ANSWER.decode(body)


def _slice(told: _Slice | msgspec.Raw) -> _Slice:
    return told if isinstance(told, _Slice) else _SLICE.decode(told)


def _is_whole_page(body: bytes) -> bool:
    """Whether these are the results with more around them: the HTML, or the JSON that is inside it."""
    return _is_html(body) or f'"{FLIGHTS_PART}"'.encode() in body or f'"{WEEK_PART}"'.encode() in body


def _is_html(body: bytes) -> bool:
    return body[:100].lstrip()[:1] == b"<"


def _parts(page: bytes) -> dict[str, Any]:
    """The results inside the page's state, by the names of their parts: of each the first that is an object.

    Raises Changed where there is none.
    """
    state = page
    if _is_html(page):
        script = STATE.search(page)
        if script is None:
            raise UnexpectedResponse("a page without ng-state")
        state = script.group(1)
    try:
        waiting = [msgspec.json.decode(state)]
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(f"ng-state: {error}") from error
    found: dict[str, Any] = {}
    for value in waiting:
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            for name, inside in value.items():
                if name not in (FLIGHTS_PART, WEEK_PART):
                    waiting.append(inside)
                elif not isinstance(found.get(name), dict):
                    found[name] = inside
            if len(found) == 2 and all(isinstance(part, dict) for part in found.values()):
                break
    if not found:
        raise UnexpectedResponse(f"ng-state holds neither {FLIGHTS_PART} nor {WEEK_PART}")
    return found


PARSERS = {SearchKind.CALENDAR: validated(parse_calendar), SearchKind.ITINERARY: validated(parse_itinerary)}

REQUIRED_PATHS = {
    # What the spider asks for; the 13 days have a shape of their own.
    SearchKind.CALENDAR: (
        "calendarMonths[].weeks[].days[].date",
        "calendarMonths[].weeks[].days[].solution.perPassengerAwardPoints",
    ),
    SearchKind.ITINERARY: (
        "slices[].segments[].flight.carrierCode",
        "slices[].segments[].flight.flightNumber",
        "slices[].segments[].legs[].departureDateTime",
        "slices[].segments[].legs[].arrivalDateTime",
        "slices[].segments[].legs[].origin.code",
        "slices[].segments[].legs[].destination.code",
        "slices[].pricingDetail[].productType",
        "slices[].pricingDetail[].perPassengerAwardPoints",
    ),
}
