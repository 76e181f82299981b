"""Delta SkyMiles: the grid of 7 days and the day's flights, both answers of one GraphQL operation, gqlSearchOffers.

Facts and their sources: docs/sources/delta.md. The wire classes name only what is read (and the spider's query asks for
nothing else); values that may come in more than one type are `Any` and read through `readers.values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

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
from awardspider.parsers._delta_brands import BRANDS, LEVELS, PARTNERS, cabin_of_offer, cabin_on_leg
from awardspider.parsers._flights import as_sold, route_and_day, were_asked
from awardspider.parsers._times import iso_time
from awardspider.parsers._validation import validated
from awardspider.parsers._values import currency, float_or_none, money, positive_int, str_or_none

PROGRAM = "delta"


# Delta's site for the United States prices in dollars, should an answer leave its currency out.
SITE_CURRENCY = "USD"

# What the texts of `errors` mean. Only a plain "no flights" is none; the codes are those of Delta's older service.
NONE_CODE = "ITA404Error3Award"
SAYS_NONE = re.compile(
    r"\bno ((scheduled|available|matching|award|eligible|delta(/partner)?) )*"
    r"(flights?|itinerar(y|ies)|offers|results)\b",
    re.IGNORECASE,
)
SAYS_FAILED = re.compile(
    r"try again|unable|unavailable|time[d -]?out|internal|exception|fail|system|service|denied|upstream|unauthori"
    r"|forbidden|\berror (\d{3}|occurred)",
    re.IGNORECASE,
)
SAYS_BAD_REQUEST = re.compile(r"inputErrors|invalid|validation|bad[ _]?(request|user)", re.IGNORECASE)


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The base of the wire classes: unknown keys are ignored."""


class _Found(_Wire):
    gql_offers_sets: list[msgspec.Raw] | None = None
    offer_data_list: Any = None  # what the answer says of itself


class _Data(_Wire):
    gql_search_offers: _Found | None = None


class _Answer(msgspec.Struct):
    data: _Data | None = None
    errors: Any = None


class _Carrier(_Wire):
    carrier_code: Any = None
    carrier_num: Any = None


class _Aircraft(_Wire):
    fleet_type_code: Any = None
    sub_fleet_type_code: Any = None


class _Leg(_Wire):
    leg_id: Any = None


class _Flight(_Wire):
    origin_airport_code: str
    destination_airport_code: str
    scheduled_departure_local_ts: str
    scheduled_arrival_local_ts: str
    marketing_carrier: _Carrier
    flight_segment_num: Any = None
    operating_carrier: _Carrier | None = None
    aircraft: _Aircraft | None = None
    aircraft_type_code: Any = None
    flight_leg: list[_Leg] | None = None


class _Duration(_Wire):
    hour_cnt: Any = None
    minute_cnt: Any = None


class _Trip(_Wire):
    flight_segment: list[_Flight]
    total_trip_time: _Duration | None = None


class _Miles(_Wire):
    mile_cnt: Any = None


class _Cash(_Wire):
    formatted_currency_amt: Any = None
    currency_amt: Any = None


class _Price(_Wire):
    currency_equivalent_price: _Cash | None = None
    miles_equivalent_price: _Miles | None = None


class _FarePrice(_Wire):
    total_fare_price: _Price | None = None
    original_total_price: _Price | None = None
    promotional_prices: Any = UNSET
    discounts_applied: Any = UNSET


class _OnLeg(_Wire):
    """What an offer is on one leg."""

    brand_id: Any = None
    cos_code: Any = None
    flight_segment_num: Any = None


class _Fare(_Wire):
    brand_by_flight_legs: list[_OnLeg] | None = None
    available_seat_cnt: Any = None
    fare_price: list[_FarePrice] | UnsetType | None = UNSET  # null where the offer is not sold


class _Item(_Wire):
    fare_information: list[_Fare] | None = None


class _RetailItem(_Wire):
    retail_item_meta_data: _Item | None = None


class _OfferItem(_Wire):
    retail_items: list[_RetailItem] | None = None


class _State(_Wire):
    """`additionalOfferProperties`."""

    offered: Any = UNSET
    sold_out: Any = None
    unavailable_for_sale: Any = None
    dominant_segment_brand_id: Any = None
    discount_available: Any = UNSET
    total_trip_stop_cnt: Any = None


class _DayPrice(_Wire):
    total_amt: _Price | None = None


class _Offer(_Wire):
    additional_offer_properties: _State | None
    sold_out: Any = None
    offer_items: list[_OfferItem] | None = None
    offer_pricing: list[_DayPrice] | None = None


class _Sale(_Wire):
    """`additionalOfferSetProperties`."""

    discount_info: Any = UNSET
    promotions_info: Any = UNSET


class _Set(_Wire):
    """One itinerary with its offers, or one day of the grid with its offers."""

    offers: list[msgspec.Raw] | None
    trips: list[_Trip] | None = None
    itinerary_departure_date: Any = None
    additional_offer_set_properties: _Sale | None = None


class _SoundSet(_Set):
    offers: list[_Offer] | None  # type: ignore[assignment]


class _SoundFound(_Found):
    gql_offers_sets: list[_SoundSet] | None = None  # type: ignore[assignment]


class _SoundData(_Data):
    gql_search_offers: _SoundFound | None = None


class _SoundAnswer(_Answer):
    """An answer with nothing odd in its sets: read in one go."""

    data: _SoundData | None = None


_SOUND = msgspec.json.Decoder(_SoundAnswer)
_ANSWER = msgspec.json.Decoder(_Answer)  # the sets and offers one by one
_SET = msgspec.json.Decoder(_Set)
_OFFER = msgspec.json.Decoder(_Offer)

# ---- the grid of days ----------------------------------------------------------------------------------------------


def parse_calendar(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """The lowest price of each day of the grid, per traveler.

    The grid does not name a cabin: where its offer names no brand either, it is of the main cabin that was asked for.
    Raises Changed for an unknown shape or other days.
    """
    found, odd = _found(body)
    if found is None:
        return
    unit = _unit(found, odd)
    days: set[date] = set()
    lowest: dict[tuple[date, Cabin], AwardOfferItem] = {}
    for one in _sets(found, odd):
        day = _day(one.itinerary_departure_date)
        if day is None:
            odd.append(ParseWarning("itineraryDepartureDate", str(one.itinerary_departure_date)[:80], drops_offer=True))
            continue
        days.add(day)
        if not search.first <= day <= search.last:
            continue
        if one.offers is None:
            odd.append(ParseWarning("offers", f"null on {day}"))  # a day without award
        for offer, state in _sold(one, odd):
            item = _day_offer(offer, state, one, day, unit, search, seen_at, odd)
            if item and _is_lower(item, lowest.get((day, item.cabin))):
                lowest[day, item.cabin] = item
    yield _covered(sorted(days), search, odd)
    yield from lowest.values()
    yield from odd
    if not lowest and any(one.drops_offer for one in odd):
        raise UnexpectedResponse(f"nothing of {len(days)} days could be read")


def _day_offer(
    offer: _Offer,
    state: _State,
    one: _Set,
    day: date,
    unit: str,
    search: Search,
    seen_at: datetime,
    odd: list[ParseWarning],
) -> AwardOfferItem | None:
    pricing = (offer.offer_pricing or [_DayPrice()])[0]
    miles = _miles(pricing.total_amt)
    if miles is None:
        odd.append(ParseWarning("offerPricing", f"no miles on {day}", drops_offer=True))
        return None
    brand = BRANDS.get(state.dominant_segment_brand_id) if type(state.dominant_segment_brand_id) is str else None
    return AwardOfferItem(
        program=PROGRAM,
        source=PROGRAM,
        detail=Detail.DAY,
        origin=search.origin,
        destination=search.destination,
        departure_date=day,
        cabin=brand.cabin if brand else Cabin.ECONOMY,
        miles=miles,
        taxes=_taxes(pricing.total_amt, unit, odd),
        stops=0 if float_or_none(state.total_trip_stop_cnt) == 0 else positive_int(state.total_trip_stop_cnt),
        on_sale=_is_on_sale(one, state, _FarePrice()),
        travelers=search.travelers,
        seen_at=seen_at,
        search=search,
    )


def _is_lower(item: AwardOfferItem, other: AwardOfferItem | None) -> bool:
    return other is None or (item.miles or 0) < (other.miles or 0)


def _covered(days: list[date], search: Search, odd: list[ParseWarning]) -> CoveredDates:
    if not days:
        raise UnexpectedResponse("gqlOffersSets holds no day (itineraryDepartureDate)")
    first, last = max(days[0], search.first), min(days[-1], search.last)
    if first > last:
        raise UnexpectedResponse(f"asked {search.first}..{search.last}, answered {days[0]}..{days[-1]}")
    if days[-1] - days[0] != timedelta(days=len(days) - 1):
        odd.append(ParseWarning("itineraryDepartureDate", f"some are missing {days[0]}..{days[-1]}", drops_offer=True))
    return CoveredDates(first, last)


# ---- the day's flights ---------------------------------------------------------------------------------------------


def parse_itinerary(
    body: bytes, search: Search, seen_at: datetime
) -> Iterator[AwardOfferItem | CoveredDates | ParseWarning]:
    """One page of the flights of a day, an offer for each brand they are sold in, per traveler.

    Raises Changed for an unknown shape, another route or day, or a list without flights.
    """
    odd: list[ParseWarning] = []
    found, odd = _found(body)
    if found is None:
        return
    unit = _unit(found, odd)
    read = answered = nearby = 0
    seen: set[tuple[str, str | None]] = set()
    for one in _sets(found, odd):
        answered += 1
        try:
            trip, segments = _flights(one, odd)
        except ValueError as error:
            odd.append(ParseWarning("trips", str(error)[:200], drops_offer=True))
            continue
        if not were_asked(segments, search):
            nearby += 1
            odd.append(ParseWarning("nearby", route_and_day(segments)))
            continue
        way = " ".join(f"{segment.flight} {segment.departs_at}" for segment in segments)
        for item in _read_offers(one, trip, segments, unit, search, seen_at, odd):
            if (way, item.fare_name) not in seen:  # pages may overlap
                seen.add((way, item.fare_name))
                read += 1
                yield item
    yield from odd
    if not read and any(one.drops_offer for one in odd):
        raise UnexpectedResponse(f"nothing of {answered} itineraries could be read")
    if nearby == answered:
        raise UnexpectedResponse("only flights of other airports or days")


def _flights(one: _Set, odd: list[ParseWarning]) -> tuple[_Trip, list[Segment]]:
    """The flights without cabins. Raises ValueError where one has no place, number or time."""
    if not one.trips or not one.trips[0].flight_segment:
        raise ValueError("an itinerary without flights")
    segments = []
    for flight in one.trips[0].flight_segment:
        carrier, flight_number = (
            str_or_none(flight.marketing_carrier.carrier_code),
            flight.marketing_carrier.carrier_num,
        )
        if carrier is None or not isinstance(flight_number, str | int) or isinstance(flight_number, bool):
            raise ValueError(f"{flight.marketing_carrier} is no flight")
        departs_at, departure_odd = iso_time(flight.scheduled_departure_local_ts, flight.origin_airport_code)
        arrives_at, arrival_odd = iso_time(flight.scheduled_arrival_local_ts, flight.destination_airport_code)
        odd += (*departure_odd, *arrival_odd)
        plane = flight.aircraft or _Aircraft()
        segments.append(
            Segment(
                marketing_carrier=carrier,
                operating_carrier=str_or_none(flight.operating_carrier.carrier_code)
                if flight.operating_carrier
                else None,
                flight_number=str(flight_number),
                origin=flight.origin_airport_code,
                destination=flight.destination_airport_code,
                departs_at=departs_at,
                arrives_at=arrives_at,
                aircraft=str_or_none(plane.sub_fleet_type_code)
                or str_or_none(plane.fleet_type_code)
                or str_or_none(flight.aircraft_type_code),
                stops=max(len(flight.flight_leg or ()) - 1, 0),
            )
        )
    return one.trips[0], segments


def _read_offers(
    one: _Set,
    trip: _Trip,
    segments: list[Segment],
    unit: str,
    search: Search,
    seen_at: datetime,
    odd: list[ParseWarning],
) -> Iterator[AwardOfferItem]:
    if not one.offers:
        odd.append(ParseWarning("offers", f"none for {segments[0].flight}", drops_offer=True))
    stops = len(segments) - 1 + sum(segment.stops for segment in segments)
    duration = _duration(trip.total_trip_time, segments)
    numbers = [str(flight.flight_segment_num or index) for index, flight in enumerate(trip.flight_segment, 1)]
    for offer, state in _sold(one, odd):
        fare = _fare(offer)
        if fare and fare.fare_price is not UNSET and not fare.fare_price:
            continue  # no price: not sold
        price = fare.fare_price[0] if fare and fare.fare_price else _FarePrice()
        miles = _miles(price.total_fare_price)
        brand_id = str_or_none(state.dominant_segment_brand_id)
        if fare is None or miles is None:
            odd.append(ParseWarning("farePrice", f"no miles for {brand_id} on {segments[0].flight}", drops_offer=True))
            continue
        legs = fare.brand_by_flight_legs or []
        brand = BRANDS.get(brand_id or "")
        cabins = [cabin_on_leg(leg.brand_id, leg.cos_code) for leg in legs]
        codes = list(filter(None, (str_or_none(leg.cos_code) for leg in legs)))
        cabin = brand.cabin if brand else cabin_of_offer(brand_id, cabins, codes)
        if cabin is None:
            odd.append(ParseWarning("brandId", f"{brand_id} {[leg.cos_code for leg in legs]}"[:80], drops_offer=True))
            continue
        if brand is None and brand_id not in PARTNERS:
            odd.append(
                ParseWarning("brandId", str(brand_id), drops_offer=brand_id is None)
            )  # brands tell offers of a cabin apart
        before = _miles(price.original_total_price) or miles + _discount(price)
        yield AwardOfferItem(
            program=PROGRAM,
            source=PROGRAM,
            detail=Detail.ITINERARY,
            origin=search.origin,
            destination=search.destination,
            departure_date=segments[0].departs_at.date(),
            cabin=cabin,
            miles=miles,
            taxes=_taxes(price.total_fare_price, unit, odd),
            seats=positive_int(fare.available_seat_cnt),
            stops=stops,
            duration_minutes=duration,
            segments=tuple(_booked(segments, numbers, legs, cabins)),
            fare_name=brand.name if brand else brand_id,
            booking_code="/".join(dict.fromkeys(codes)) or None,
            mixed_cabin=_is_mixed(cabin, cabins, stops + 1),
            on_sale=True if before > miles else _is_on_sale(one, state, price),
            regular_miles=before if before > miles else None,
            travelers=search.travelers,
            seen_at=seen_at,
            search=search,
        )


def _fare(offer: _Offer) -> _Fare | None:
    """The fare that has a price; the first one where none has."""
    fares = [
        fare
        for item in offer.offer_items or ()
        for retail in item.retail_items or ()
        for fare in (retail.retail_item_meta_data.fare_information if retail.retail_item_meta_data else None) or ()
    ]
    return next((fare for fare in fares if fare.fare_price), fares[0] if fares else None)


def _booked(
    segments: list[Segment], numbers: list[str], legs: list[_OnLeg], cabins: list[Cabin | None]
) -> Iterator[Segment]:
    """The flights with what is booked on them; where legs of one flight differ, the lowest cabin."""
    said = [str(leg.flight_segment_num) for leg in legs]
    if any(leg.flight_segment_num is None for leg in legs):
        in_order = [flight for flight, segment in zip(numbers, segments, strict=True) for _ in range(segment.stops + 1)]
        said = next((by_place for by_place in (in_order, numbers) if len(by_place) == len(legs)), said)
    for segment, flight in zip(segments, numbers, strict=True):
        own = [index for index, number in enumerate(said) if number == flight]
        cabin = min(filter(None, (cabins[index] for index in own)), key=LEVELS.__getitem__, default=None)
        yield as_sold(segment, cabin, str_or_none(legs[own[0]].cos_code) if own else None)


def _is_mixed(cabin: Cabin, legs: list[Cabin | None], count: int) -> bool | None:
    """Whether a leg flies below the offer's cabin; None where a leg does not say its own."""
    if any(known is not None and LEVELS[known] < LEVELS[cabin] for known in legs):
        return True
    return False if len(legs) >= count and None not in legs else None


def _duration(told: _Duration | None, segments: list[Segment]) -> int | None:
    """Minutes of the whole way. `dayCnt` is how many days later it arrives; whether the hours count those is not known,
    so the clocks decide."""
    hours, minutes = (float_or_none(told.hour_cnt), float_or_none(told.minute_cnt)) if told else (None, None)
    if hours is None or minutes is None:
        return None
    said = int(hours * 60 + minutes)
    flown = int((segments[-1].arrives_at - segments[0].departs_at).total_seconds() // 60)
    return flown if (flown - said) in (1440, 2880) else said if said > 0 else None


# ---- both ----------------------------------------------------------------------------------------------------------


def decode(body: bytes) -> object:
    """The answer as it is. Raises Changed where it is not JSON."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error


def detect(body: bytes) -> Detected | None:
    """What the answer says of itself, or None where it is not one of Delta's."""
    try:
        data = _decoded(body).data
        found = data.gql_search_offers if data else None
        sets = list(_sets(found, [])) if found else []
        days = sorted(filter(None, (_day(one.itinerary_departure_date) for one in sets)))
        if days:
            return Detected(kind=SearchKind.CALENDAR, first=days[0], last=days[-1])
        segments = _flights(next(one for one in sets if one.trips), [])[1]
    except (ValueError, RecursionError, StopIteration):
        return None
    day = segments[0].departs_at.date()
    return Detected(
        kind=SearchKind.ITINERARY, origin=segments[0].origin, destination=segments[-1].destination, first=day, last=day
    )


def _found(body: bytes) -> tuple[_Found | None, list[ParseWarning]]:
    """What was found, and what is odd; None where the answer plainly says that there are no flights."""
    try:
        answer = _decoded(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(str(error)) from error
    found = answer.data.gql_search_offers if answer.data else None
    said = "; ".join(_texts(answer.errors))[:300]
    if found and found.gql_offers_sets:
        return found, [ParseWarning("errors", said, drops_offer=True)] if answer.errors else []
    if not answer.errors:
        raise UnexpectedResponse(
            "data.gqlSearchOffers.gqlOffersSets is missing or empty, and no error says that there are none"
        )
    if _says_none(answer.errors):
        return None, []
    if SAYS_BAD_REQUEST.search(said):
        raise SearchFailed(Reason.BAD_REQUEST, said)
    if SAYS_FAILED.search(said):
        raise SearchFailed(Reason.UNREACHABLE, said)
    raise UnexpectedResponse(f"errors: {said}")


def _says_none(errors: object) -> bool:
    """Whether every error says plainly that there are no flights, and none of its texts speaks of a failure."""
    for error in errors if isinstance(errors, list) else [errors]:
        texts = list(_texts(error))
        message = error.get("message") if isinstance(error, dict) else error
        none = any(NONE_CODE in told for told in texts) or (isinstance(message, str) and SAYS_NONE.search(message))
        if not none or any(SAYS_FAILED.search(told) or SAYS_BAD_REQUEST.search(told) for told in texts):
            return False
    return True


def _decoded(body: bytes) -> _Answer:
    try:
        return _SOUND.decode(body)
    except ValueError:
        return _ANSWER.decode(body)


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    """Every text in what stands under `errors`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict) and depth < 8:
        for inside in value.values() if isinstance(value, dict) else value:
            yield from _texts(inside, depth + 1)


def _sets(found: _Found, odd: list[ParseWarning]) -> Iterator[_Set]:
    for raw in found.gql_offers_sets or ():
        try:
            yield _set(raw)
        except (ValueError, RecursionError) as error:
            odd.append(ParseWarning("gqlOffersSets", str(error)[:200], drops_offer=True))


def _sold(one: _Set, odd: list[ParseWarning]) -> Iterator[tuple[_Offer, _State]]:
    """The offers that can be booked: only what is said to be offered."""
    for raw in one.offers or ():
        try:
            offer = _offer(raw)
        except (ValueError, RecursionError) as error:
            odd.append(ParseWarning("offers", str(error)[:200], drops_offer=True))
            continue
        state = offer.additional_offer_properties
        if offer.sold_out is True or (state and True in (state.sold_out, state.unavailable_for_sale)):
            continue
        if state and state.offered is True:
            yield offer, state
        elif state is None:
            odd.append(ParseWarning("additionalOfferProperties", "null", drops_offer=_has_price(offer)))
        elif state.offered is not False:
            lost = state.offered is not None or _has_price(offer)
            odd.append(ParseWarning("offered", str(state.offered)[:80], drops_offer=lost))


def _has_price(offer: _Offer) -> bool:
    fare = _fare(offer)
    return bool(offer.offer_pricing or (fare and fare.fare_price))


def _set(told: _Set | msgspec.Raw) -> _Set:
    return told if isinstance(told, _Set) else _SET.decode(told)


def _offer(told: _Offer | msgspec.Raw) -> _Offer:
    return told if isinstance(told, _Offer) else _OFFER.decode(told)


def _is_on_sale(one: _Set, state: _State, price: _FarePrice) -> bool | None:
    """Whether Delta says that a discount or a promotion applies to the offer or its set; None where it says nothing."""
    sale = one.additional_offer_set_properties or _Sale()
    told = (
        price.discounts_applied,
        _promotions(price.promotional_prices),
        _percent(sale.discount_info, "discountPct"),
        _percent(sale.promotions_info, "promotionalPct"),
        state.discount_available,
    )
    if any(value is True or (isinstance(value, list) and value) for value in told):
        return True
    return None if all(value is UNSET for value in told) else False


def _promotions(told: object) -> object:
    """Those of the prices that are in miles; what is no list stays what it is."""
    return (
        [one for one in told if _within(one, "price", "milesEquivalentPrice", "mileCnt")]
        if isinstance(told, list)
        else told
    )


def _discount(price: _FarePrice) -> int:
    """The miles that discounts took off; 0 where none says how many."""
    told = price.discounts_applied if isinstance(price.discounts_applied, list) else ()
    return sum(_within(one, "amount", "milesEquivalentPrice", "discountMileCnt") for one in told)


def _within(told: object, *names: str) -> int:
    """The miles that stand under these keys; 0 where there are none."""
    for name in names:
        told = told.get(name) if isinstance(told, dict) else None
    return positive_int(told) or 0


def _percent(told: object, key: str) -> object:
    """Whether there is a percentage; UNSET stays what it is."""
    return (float_or_none(told.get(key)) or 0) > 0 if isinstance(told, dict) else told


def _miles(price: _Price | None) -> int | None:
    return positive_int(price.miles_equivalent_price.mile_cnt) if price and price.miles_equivalent_price else None


def _taxes(price: _Price | None, unit: str, odd: list[ParseWarning]) -> Money | None:
    """The exact amount: the rounded one beside it has lost its cents."""
    cash = price.currency_equivalent_price if price else None
    amount = _amount(cash.formatted_currency_amt) if cash else None
    if amount is None and cash:
        amount = float_or_none(cash.currency_amt)
    if amount is None or not unit or amount < 0:
        odd.append(ParseWarning("currencyEquivalentPrice", f"no taxes in {cash} {unit}"[:120]))
        return None
    return money(amount, unit)


def _amount(written: object) -> float | None:
    """A number formatted for people: `5.60`, `$1,205.60`."""
    return float_or_none(written.replace(",", "").lstrip("$ ") if isinstance(written, str) else written)


def _unit(found: _Found, odd: list[ParseWarning]) -> str:
    """The currency of the answer; empty where what stands there is none."""
    about = found.offer_data_list if found.offer_data_list is not None else {}
    options = about.get("pricingOptions") if isinstance(about, dict) else about
    if not options:
        odd.append(ParseWarning("currencyCode", "not told"))
        return SITE_CURRENCY
    first = options[0] if isinstance(options, list) else options
    detail = first.get("pricingOptionDetail") if isinstance(first, dict) else None
    told = detail.get("currencyCode") if isinstance(detail, dict) else None
    unit = currency(told)
    if unit is None:
        odd.append(ParseWarning("currencyCode", str(first if told is None else told)[:80]))
    return unit or ""


@lru_cache(maxsize=1024)
def _date(written: str) -> date | None:
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None


def _day(written: object) -> date | None:
    return _date(written) if isinstance(written, str) else None


PARSERS = {SearchKind.CALENDAR: validated(parse_calendar), SearchKind.ITINERARY: validated(parse_itinerary)}

_OFFERS = "data.gqlSearchOffers.gqlOffersSets[].offers[]"
_FARE = f"{_OFFERS}.offerItems[].retailItems[].retailItemMetaData.fareInformation[]"

REQUIRED_PATHS = {
    SearchKind.CALENDAR: (
        "data.gqlSearchOffers.gqlOffersSets[].itineraryDepartureDate",
        f"{_OFFERS}.additionalOfferProperties.soldOut",
        f"{_OFFERS}.offerPricing[].totalAmt.milesEquivalentPrice.mileCnt",
    ),
    SearchKind.ITINERARY: (
        "data.gqlSearchOffers.gqlOffersSets[].trips[].flightSegment[].marketingCarrier.carrierNum",
        "data.gqlSearchOffers.gqlOffersSets[].trips[].flightSegment[].scheduledDepartureLocalTs",
        "data.gqlSearchOffers.gqlOffersSets[].trips[].flightSegment[].scheduledArrivalLocalTs",
        f"{_OFFERS}.additionalOfferProperties.dominantSegmentBrandId",
        f"{_FARE}.farePrice[].totalFarePrice.milesEquivalentPrice.mileCnt",
        f"{_FARE}.brandByFlightLegs[].brandId",
    ),
}
