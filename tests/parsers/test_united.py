"""United's flights in many small variants. Whole answers stand in fixtures/, calendars beside this file."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from awardspider.items import Cabin, Money
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers.united import PARSERS, detect
from tests.support.paths import ROOT
from tests.support.united_responses import (
    DAY,
    EMPTY_WARNING,
    SEEN_AT,
    calendar_day,
    flights_response,
    united_search,
    calendar,
    with_duplicates,
    parse_flights,
    identities,
    parse_month,
    warnings,
    offers,
    single_offer,
    prices,
    product,
    segment,
    solution,
    itinerary,
    trips,
)


@pytest.mark.parametrize(
    ("code", "own", "segments", "seats"),
    [
        ("XN", None, "J5|Y9|YN9|XN4", 4),
        ("XN", "J5|Y9|YN9|XN2", "J5|Y9|YN9|XN4", 2),
        ("XN", "J5|Y9", "J5|XN4", None),
        ("X", None, "XN4|X7", 7),
        ("X", None, "XN4", None),
        ("Y", None, "YN3|Y9", 9),
        ("XN", None, "XN0|YN9", 0),
        ("XN", None, "", None),
        ("XN", None, None, None),
        ("XN", None, "XN", None),
        ("XN", None, "||XN5|", 5),
    ],
)
def test_seats_are_the_number_behind_the_booking_code(
    code: str, own: str | None, segments: str | None, seats: int | None
) -> None:
    sold = product(BookingCode=code) | ({} if own is None else {"BookingClassAvailability": own})
    items = parse_flights(flights_response(segment("LAX", "AUS", sold, BookingClassAvailability=segments)))
    assert [offer.seats for offer in offers(items)] == [seats]


@pytest.mark.parametrize(
    ("column", "cabins", "crosses", "cabin", "mixed"),
    [
        (3, ["Coach"], False, Cabin.ECONOMY, False),
        (3, ["Coach", "Coach"], False, Cabin.ECONOMY, False),
        (103, ["PREMIUMPLUS"], False, Cabin.PREMIUM_ECONOMY, False),
        (103, ["PREMIUMPLUS", "Coach"], False, Cabin.PREMIUM_ECONOMY, True),
        (105, ["First"], False, Cabin.BUSINESS, False),
        (105, ["Business", "First"], False, Cabin.BUSINESS, False),
        (105, ["Coach", "First"], False, Cabin.BUSINESS, True),
        (105, ["Business", "PREMIUMPLUS"], False, Cabin.BUSINESS, True),
        (105, ["Business", "Business"], True, Cabin.BUSINESS, True),
        (106, ["Business", "First"], False, Cabin.BUSINESS, False),
        (107, ["First", "Business"], False, Cabin.FIRST, True),
        (107, ["First", "First"], False, Cabin.FIRST, False),
        (108, ["First", "First"], False, Cabin.FIRST, False),
    ],
)
def test_cabin_and_mixed_cabin(column: int, cabins: list[str], crosses: bool, cabin: Cabin, mixed: bool) -> None:
    messaging = {"CrossCabinMessaging": "COACH"} if crosses else {}
    products = [product(column, CabinType=kind, **messaging) for kind in cabins]
    offer = single_offer(itinerary(*["LAX", "SFO", "AUS"] if len(cabins) == 2 else ["LAX", "AUS"], products=products))
    assert (offer.cabin, offer.mixed_cabin) == (cabin, mixed)


@pytest.mark.parametrize(
    ("context", "on_sale", "before"),
    [
        (None, None, None),
        ({"ItaMiles": "15000", "NgrpMiles": "15000", "PercentageSavings": "0"}, False, None),
        ({"ItaMiles": "12500", "NgrpMiles": "15000", "PercentageSavings": "0"}, False, None),
        ({"ItaMiles": "20000", "NgrpMiles": "15000", "PercentageSavings": "25"}, True, 20000),
        ({"ItaMiles": 20000.0, "NgrpMiles": 15000.0, "PercentageSavings": 25}, True, 20000),
        (
            {
                "ItaMiles": "20000",
                "NgrpMiles": "15000",
                "PercentageSavings": "0",
                "StrikeThroughPricing": {"Type": "NCH", "ItaMiles": "20000", "MemberPricing": 15000.0},
            },
            True,
            20000,
        ),
    ],
)
def test_sale(context: dict[str, Any] | None, on_sale: bool | None, before: int | None) -> None:
    offer = single_offer(segment("LAX", "AUS", product() if context is None else product(Context=context)))
    assert (offer.miles, offer.on_sale, offer.regular_miles) == (15000, on_sale, before)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(product(105, CabinType="Sleeper"), id="an unknown cabin"),
        pytest.param(product(3), id="nothing in that column"),
    ],
)
def test_a_segment_that_does_not_say_its_cabin_is_not_called_unmixed(second: dict[str, Any]) -> None:
    journey = itinerary("LAX", "SFO", "AUS", products=[product(105, CabinType="Business"), second])
    [offer] = offers(parse_flights(flights_response(journey)))
    assert offer.cabin is Cabin.BUSINESS
    assert offer.segments[1].cabin is None
    assert offer.mixed_cabin is None


@pytest.mark.parametrize(
    "charges",
    [
        pytest.param([*prices(), {"Currency": "USD", "Amount": 25.0, "PricingType": "PhoneFee"}], id="another charge"),
        pytest.param([*prices(), {"Currency": "USD", "Amount": "some", "PricingType": "CloseInFee"}], id="no number"),
        pytest.param([*prices(), {"Currency": "CAD", "Amount": 30.0, "PricingType": "Tax"}], id="another currency"),
        pytest.param(prices(tax="some"), id="a tax that is no number"),
    ],
)
def test_a_charge_counts_or_is_told(charges: list[dict[str, Any]]) -> None:
    """Taxes that are too low are worse than none: what stands beside the miles is never left out in silence."""
    for items in (
        parse_flights(flights_response(segment("LAX", "AUS", product(Prices=charges)))),
        parse_month(calendar(calendar_day(DAY, solution(Prices=charges)))),
    ):
        assert warnings(items) or [offer.taxes for offer in offers(items)] == [Money(Decimal("30.60"), "USD")]


def test_the_fare_is_named_by_the_first_segment_in_its_cabin() -> None:
    sold = [product(105), product(105, CabinType="Business", Description="United Business")]
    assert single_offer(itinerary("LAX", "SFO", "AUS", products=sold)).fare_name == "United Business"
    assert single_offer(segment("LAX", "AUS", product(105, CabinType="", Description="Business"))).fare_name == "Business"


def test_the_list_of_columns_goes_before_the_product_type() -> None:
    sold = product(103, ProductType="MIN-BUSINESS-SURP-OR-DISP", CabinType="PREMIUMPLUS")
    assert single_offer(segment("LAX", "AUS", sold)).cabin is Cabin.PREMIUM_ECONOMY


@pytest.mark.parametrize("columns", [(105, 106), (106, 105)])
def test_the_same_seats_at_two_prices_are_the_cheaper_offer(columns: tuple[int, int]) -> None:
    miles = {105: 80000.0, 106: 100000.0}
    sold = [product(column, CabinType="First", Prices=prices(miles[column])) for column in columns]
    assert single_offer(segment("LAX", "AUS", *sold)).miles == 80000


def test_booking_codes_are_joined_where_they_differ() -> None:
    codes = [product(BookingCode=code) for code in ("XN", "XN", "YN")]
    assert single_offer(itinerary("LAX", "SFO", "DEN", "AUS", products=codes)).booking_code == "XN/XN/YN"
    assert single_offer(itinerary("LAX", "SFO", "DEN", "AUS", products=codes[:1] * 3)).booking_code == "XN"


def test_connections_in_a_row_and_one_below_the_other_are_the_same() -> None:
    row = itinerary("LAX", "SFO", "DEN", "AUS", products=[product()] * 3)
    nested = copy.deepcopy(row)
    second, third = nested["Connections"]
    nested["Connections"] = [second | {"Connections": [third]}]
    assert [segment.origin for segment in single_offer(nested).segments] == ["LAX", "SFO", "DEN"]
    assert single_offer(nested).segments == single_offer(row).segments


def test_stops_are_connections_and_landings_of_every_segment() -> None:
    journey = itinerary("LAX", "SFO", "AUS", products=[product()] * 2)
    journey["Connections"][0]["StopInfos"] = [{"Origin": "ELP"}, {"Origin": "SAT"}]
    offer = single_offer(journey)
    assert offer.stops == 3
    assert [segment.stops for segment in offer.segments] == [0, 2]


# ---- times -------------------------------------------------------------------------------------------------------


def test_times_carry_the_zone_of_the_airport() -> None:
    [leg] = single_offer(segment(OriginTimezoneOffset=-7, DestinationTimezoneOffset=-5)).segments
    assert leg.departs_at.tzinfo == ZoneInfo("America/Los_Angeles")
    assert leg.arrives_at.tzinfo == ZoneInfo("America/Chicago")


def test_the_hour_that_comes_twice() -> None:
    """01:30 on the night the clocks go back: only the answer's offset tells which."""
    search = united_search("itinerary", date(2027, 11, 6), date(2027, 11, 6))
    for offset, utc in ((-5, 6), (-6, 7)):
        times = {"DepartDateTime": "2027-11-06 22:00", "DestinationDateTime": "2027-11-07 01:30"}
        flight = segment(OriginTimezoneOffset=-7, DestinationTimezoneOffset=offset, **times)
        items = parse_flights(flights_response() | trips(flight, "2027-11-06"), search)
        assert warnings(items) == []
        [offer] = offers(items)
        assert offer.segments[0].arrives_at.astimezone(UTC) == datetime(2027, 11, 7, utc, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "offsets", [{"OriginTimezoneOffset": 5.5}, {"OriginTimezoneOffset": 5, "OrgTimezoneOffset": 5.5}]
)
def test_half_hours_are_no_disagreement(offsets: dict[str, float]) -> None:
    """Recorded answers hold each offset twice, as a whole number and as a fraction."""
    flight = segment("DEL", "AUS", **offsets)
    items = parse_flights(flights_response() | trips(flight, "2027-10-06", "DEL"), united_search("itinerary", origin="DEL"))
    assert warnings(items) == []
    assert offers(items)[0].segments[0].departs_at.utcoffset() == timedelta(hours=5, minutes=30)


def test_an_airport_that_nobody_knows_keeps_the_answers_offset() -> None:
    """Railway stations are sold as flights: QKL is the one in Cologne."""
    journey = itinerary("LAX", "QKL", "AUS", products=[product()] * 2)
    journey |= {"DestinationTimezoneOffset": 2}
    journey["Connections"][0] |= {"OriginTimezoneOffset": 2}
    [offer] = offers(parse_flights(flights_response(journey)))
    assert offer.segments[0].arrives_at.isoformat() == "2027-10-06T08:00:00+02:00"
    assert offer.segments[1].departs_at.isoformat() == "2027-10-06T09:00:00+02:00"


def test_a_time_without_a_zone_costs_the_flight_only() -> None:
    journey = itinerary("LAX", "QKL", "AUS", products=[product()] * 2)
    items = parse_flights(flights_response(journey, segment()))
    assert [offer.flights for offer in offers(items)] == ["UA1625"]
    assert warnings(items)


# ---- none, and what is no evidence -------------------------------------------------------------------------------


def _no_evidence() -> Iterator[Any]:
    yield pytest.param(flights_response(), id="no flights and no word")
    yield pytest.param(flights_response(Warnings=[{"MajorCode": "1", "MinorCode": "2"}]), id="no flights and another warning")
    trip = {"Origin": "LAX", "Destination": "AUS", "DepartDate": "2027-10-06"}
    yield pytest.param(flights_response(Trips=[trip], Warnings=[EMPTY_WARNING]), id="no list of flights")
    yield pytest.param(flights_response(Trips=[], Warnings=[EMPTY_WARNING]), id="no trip")
    yield pytest.param(flights_response(Status=0, Warnings=[EMPTY_WARNING]), id="another status")
    yield pytest.param(flights_response(segment(), Errors=[{"MinorCode": "10038"}]), id="an error beside flights")
    yield pytest.param(flights_response(segment("LAX", "AUS", product(199))), id="only an unknown column")
    yield pytest.param(flights_response(segment("LAX", "AUS", product(Prices=prices("odd")))), id="no price readable")
    yield pytest.param(flights_response(segment("LAX", "AUS", product(Prices=[]))), id="a product without a price")
    yield pytest.param(flights_response(segment(DepartDateTime="soon")), id="no time readable")
    yield pytest.param(flights_response(segment(DepartDateTime="2027-10-06")), id="a day without a time")
    yield pytest.param(flights_response(segment(Products=None)), id="no products")
    yield pytest.param(flights_response(segment("SNA"), segment("LAX", "SAT")), id="only flights of other airports")
    yield pytest.param(flights_response() | trips(segment(), "2027-10-07"), id="another day")
    yield pytest.param(flights_response() | trips(segment(), "2027-10-06", destination="SAT"), id="another destination")
    yield pytest.param(flights_response() | trips(segment(), "2027-10-06", origin="SNA"), id="another origin")
    yield pytest.param(calendar(calendar_day(DAY, solution())), id="a calendar")


@pytest.mark.parametrize("data", list(_no_evidence()))
def test_flights_that_are_no_evidence(data: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse):
        parse_flights(data)


def test_flights_are_no_calendar() -> None:
    with pytest.raises(UnexpectedResponse):
        parse_month(flights_response(segment()))


def test_flights_that_none_sells_for_miles_are_none() -> None:
    """Placeholders in every column: the flights are there, award space is not."""
    empty = product(BookingCode="", ProductSubtype="NonExistingProductPlaceHolder", Prices=[])
    assert parse_flights(flights_response(segment("LAX", "AUS", empty))) == []


@pytest.mark.parametrize(
    "message",
    [
        "You must be signed-in to see flight results with miles.",
        "Please sign in to continue.",
        "AuthenticationSkipped",
    ],
)
def test_the_answer_says_that_sign_in_is_needed(message: str) -> None:
    with pytest.raises(SearchFailed) as raised:
        parse_flights({"Status": 0, "Errors": [{"MajorCode": "1", "MinorCode": "2", "Message": message}]})
    assert raised.value.reason is Reason.SIGN_IN_NEEDED


def test_flights_without_a_column_list_are_known_by_product_type() -> None:
    data = flights_response(segment("LAX", "AUS", product(ProductType="ECO-PREMIUM-DISP", CabinType="PREMIUMPLUS")))
    del data["Trips"][0]["ColumnInformation"]
    [offer] = offers(parse_flights(data))
    assert offer.cabin is Cabin.PREMIUM_ECONOMY


@pytest.mark.parametrize("rows", ["Flights", "Products", "Columns"])
def test_flight_rows_that_come_twice(rows: str) -> None:
    data = flights_response(segment(), itinerary("LAX", "SFO", "AUS", products=[product(), product()]))
    assert identities(parse_flights(with_duplicates(data, rows))) == identities(parse_flights(data))


def test_an_answer_tells_when_it_was_given() -> None:
    """The server's clock is UTC: see docs/sources/united.md."""
    said = detect(json.dumps({"data": flights_response(segment(), LastCallDateTime="2026-11-20 03:05 PM")}).encode())
    assert said is not None
    assert said.responded_at == datetime(2026, 11, 20, 15, 5, tzinfo=UTC)


def test_the_examples_of_the_manual_are_read() -> None:
    page = (ROOT / "docs" / "sources" / "united.md").read_text("utf-8")
    _, month, day = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    search = united_search("calendar", date(2027, 3, 1), date(2027, 3, 31), "SFO", "LGA")
    [offer] = offers(list(PARSERS["calendar"](json.dumps(month).encode(), search, SEEN_AT)))
    assert (offer.departure_date, offer.cabin, offer.miles) == (date(2027, 3, 1), Cabin.ECONOMY, 15000)
    [offer] = offers(parse_flights(day["data"]))
    assert (offer.flights, offer.cabin, offer.mixed_cabin) == ("UA1416 UA2483", Cabin.BUSINESS, True)
    assert (offer.miles, offer.booking_code, offer.on_sale) == (30000, "XN/IN", False)
