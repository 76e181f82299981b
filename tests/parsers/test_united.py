"""United's flights in many small variants. Complete responses are in fixtures/, calendars in test_united_calendar."""

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

from awardspider.items import Cabin, Money, SearchKind
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers.united import PARSERS, detect
from tests.support.paths import ROOT
from tests.support.united_responses import (
    DAY,
    EMPTY_WARNING,
    SEEN_AT,
    calendar,
    calendar_day,
    identities,
    itinerary,
    make_search,
    offers,
    parse_flights,
    parse_month,
    prices,
    product,
    response,
    segment,
    single_offer,
    solution,
    trips,
    warnings,
    with_duplicates,
)


@pytest.mark.parametrize(
    ("code", "of_product", "of_segment", "seats"),
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
def test_seats_are_those_of_the_booking_code(
    code: str, of_product: str | None, of_segment: str | None, seats: int | None
) -> None:
    offered = product(BookingCode=code) | ({} if of_product is None else {"BookingClassAvailability": of_product})
    items = parse_flights(response(segment("LAX", "AUS", offered, BookingClassAvailability=of_segment)))
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
    ("context", "on_sale", "regular_miles"),
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
def test_sale(context: dict[str, Any] | None, on_sale: bool | None, regular_miles: int | None) -> None:
    offer = single_offer(segment("LAX", "AUS", product() if context is None else product(Context=context)))
    assert (offer.miles, offer.on_sale, offer.regular_miles) == (15000, on_sale, regular_miles)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(product(105, CabinType="Sleeper"), id="an unknown cabin"),
        pytest.param(product(3), id="no product in that column"),
    ],
)
def test_unknown_cabin_of_a_segment_makes_mixed_cabin_unknown(second: dict[str, Any]) -> None:
    flights = itinerary("LAX", "SFO", "AUS", products=[product(105, CabinType="Business"), second])
    [offer] = offers(parse_flights(response(flights)))
    assert offer.cabin is Cabin.BUSINESS
    assert offer.segments[1].cabin is None
    assert offer.mixed_cabin is None


@pytest.mark.parametrize(
    "charges",
    [
        pytest.param([*prices(), {"Currency": "USD", "Amount": 25.0, "PricingType": "PhoneFee"}], id="another charge"),
        pytest.param(
            [*prices(), {"Currency": "USD", "Amount": "unknown", "PricingType": "CloseInFee"}], id="not a number"
        ),
        pytest.param([*prices(), {"Currency": "CAD", "Amount": 30.0, "PricingType": "Tax"}], id="another currency"),
        pytest.param(prices(tax="unknown"), id="a tax that is not a number"),
    ],
)
def test_a_charge_is_added_or_causes_a_warning(charges: list[dict[str, Any]]) -> None:
    """Taxes that are too low are worse than unknown taxes, so no charge is ignored without a warning."""
    for items in (
        parse_flights(response(segment("LAX", "AUS", product(Prices=charges)))),
        parse_month(calendar(calendar_day(DAY, solution(Prices=charges)))),
    ):
        assert warnings(items) or [offer.taxes for offer in offers(items)] == [Money(Decimal("30.60"), "USD")]


PREMIUM_COLUMNS = [
    {"Value": "0-103", "Type": "ECO-PREMIUM-DISP"},
    {"Value": "0-104", "Type": "ECO-PREMIUM-DISP-NOT-MIXED"},
    {"Value": "0-109", "Type": "MIN-BUSINESS-SURP-OR-DISP"},
    {"Value": "0-111", "Type": "MIN-BUSINESS-SURP-OR-DISP-NOT-MIXED"},
]


def parse_columns(*legs: list[dict[str, Any]]) -> list[Any]:
    """Parse an itinerary with several products for each flight, in the columns of 2026-09."""
    flight = itinerary(*["LAX", "SFO", "AUS"][: len(legs) + 1], products=[products[0] for products in legs])
    if len(legs) == 1:
        flight["Destination"] = "AUS"
    for part, products in zip([flight, *flight["Connections"]], legs, strict=True):
        part["Products"] = products
    data = response(flight)
    data["Trips"][0]["ColumnInformation"]["Columns"] = PREMIUM_COLUMNS
    return parse_flights(data)


@pytest.mark.parametrize("code", ["XN", "YN"])
def test_an_economy_class_beside_another_class_is_an_economy_segment(code: str) -> None:
    low = product(103, CabinType="PREMIUMPLUS", BookingCode=code)
    high = product(103, CabinType="PREMIUMPLUS", BookingCode="ON", Description="United Premium Plus", Prices=[])
    [offer] = offers(parse_columns([low], [high]))
    assert (offer.cabin, offer.mixed_cabin, offer.fare_name) == ("premium_economy", True, "United Premium Plus")
    assert [segment.cabin for segment in offer.segments] == ["economy", "premium_economy"]


@pytest.mark.parametrize(("column", "kind"), [(103, "PREMIUMPLUS"), (109, "Business")])
@pytest.mark.parametrize("known", [True, False])
def test_a_connection_not_sold_without_mixed_cabins_is_mixed(column: int, kind: str, known: bool) -> None:
    not_mixed = {103: 104, 109: 111}[column]
    cabin = kind if known else None
    sold = product(column, CabinType=cabin, BookingCode="ON", Description=kind)
    empty = product(not_mixed, CabinType=None, BookingCode="", Prices=[])
    legs = [[sold, empty], [sold | {"Prices": []}, empty]]
    assert [offer.mixed_cabin for offer in offers(parse_columns(*legs))] == [True]
    sold_too = product(not_mixed, CabinType=cabin, BookingCode="ON", Description=kind)
    both = [[sold, sold_too], [sold | {"Prices": []}, sold_too | {"Prices": []}]]
    assert False in [offer.mixed_cabin for offer in offers(parse_columns(*both))]


def test_an_unknown_column_costs_only_its_own_offers() -> None:
    known = product(103, CabinType="PREMIUMPLUS", BookingCode="ON")
    unknown = product(150, CabinType="PREMIUMPLUS", BookingCode="ON", ProductType="ECO-PREMIUM-SUITE")
    items = parse_columns([known, unknown])
    assert [offer.miles for offer in offers(items)] == [15000]
    assert [(warning.path, warning.drops_offer) for warning in warnings(items)] == [("column", True)]
    unsold = unknown | {"BookingCode": "", "Prices": []}
    assert warnings(parse_columns([known, unsold])) == []


def test_flights_of_a_city_are_those_of_its_airports() -> None:
    data = response(segment("EWR", "AUS"), segment("LGA", "AUS", FlightNumber="9"))
    data["Trips"][0]["Origin"] = "NYC"
    searched = make_search(SearchKind.ITINERARY, origin="EWR")
    items = parse_flights(data, searched)
    assert [offer.flights for offer in offers(items)] == ["UA1625"]
    data["Trips"][0]["Flights"] = []
    data["Warnings"] = [EMPTY_WARNING]
    with pytest.raises(UnexpectedResponse, match="NYC-AUS"):
        parse_flights(data, searched)


def test_fare_name_is_that_of_the_first_segment_in_its_cabin() -> None:
    offered = [product(105), product(105, CabinType="Business", Description="United Business")]
    assert single_offer(itinerary("LAX", "SFO", "AUS", products=offered)).fare_name == "United Business"
    assert (
        single_offer(segment("LAX", "AUS", product(105, CabinType="", Description="Business"))).fare_name == "Business"
    )


def test_list_of_columns_has_priority_over_the_product_type() -> None:
    offered = product(103, ProductType="MIN-BUSINESS-SURP-OR-DISP", CabinType="PREMIUMPLUS")
    assert single_offer(segment("LAX", "AUS", offered)).cabin is Cabin.PREMIUM_ECONOMY


@pytest.mark.parametrize("columns", [(105, 106), (106, 105)])
def test_two_prices_of_the_same_cabin_are_one_offer_at_the_lower_price(columns: tuple[int, int]) -> None:
    miles = {105: 80000.0, 106: 100000.0}
    offered = [product(column, CabinType="First", Prices=prices(miles[column])) for column in columns]
    assert single_offer(segment("LAX", "AUS", *offered)).miles == 80000


def test_different_booking_codes_are_joined() -> None:
    codes = [product(BookingCode=code) for code in ("XN", "XN", "YN")]
    assert single_offer(itinerary("LAX", "SFO", "DEN", "AUS", products=codes)).booking_code == "XN/XN/YN"
    assert single_offer(itinerary("LAX", "SFO", "DEN", "AUS", products=codes[:1] * 3)).booking_code == "XN"


def test_nested_and_flat_connections_are_equal() -> None:
    flat = itinerary("LAX", "SFO", "DEN", "AUS", products=[product()] * 3)
    nested = copy.deepcopy(flat)
    second, third = nested["Connections"]
    nested["Connections"] = [second | {"Connections": [third]}]
    assert [segment.origin for segment in single_offer(nested).segments] == ["LAX", "SFO", "DEN"]
    assert single_offer(nested).segments == single_offer(flat).segments


def test_stops_are_connections_and_landings() -> None:
    flights = itinerary("LAX", "SFO", "AUS", products=[product()] * 2)
    flights["Connections"][0]["StopInfos"] = [{"Origin": "ELP"}, {"Origin": "SAT"}]
    offer = single_offer(flights)
    assert offer.stops == 3
    assert [segment.stops for segment in offer.segments] == [0, 2]


# ---- times ---------------------------------------------------------------------------------------------------------


def test_times_have_the_zone_of_the_airport() -> None:
    [leg] = single_offer(segment(OriginTimezoneOffset=-7, DestinationTimezoneOffset=-5)).segments
    assert leg.departs_at.tzinfo == ZoneInfo("America/Los_Angeles")
    assert leg.arrives_at.tzinfo == ZoneInfo("America/Chicago")


def test_ambiguous_hour_is_resolved_by_the_offset() -> None:
    """01:30 occurs twice in the night when clocks are set back."""
    search = make_search(SearchKind.ITINERARY, date(2027, 11, 6), date(2027, 11, 6))
    for offset, utc in ((-5, 6), (-6, 7)):
        times = {"DepartDateTime": "2027-11-06 22:00", "DestinationDateTime": "2027-11-07 01:30"}
        flight = segment(OriginTimezoneOffset=-7, DestinationTimezoneOffset=offset, **times)
        items = parse_flights(response() | trips(flight, "2027-11-06"), search)
        assert warnings(items) == []
        [offer] = offers(items)
        assert offer.segments[0].arrives_at.astimezone(UTC) == datetime(2027, 11, 7, utc, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "offsets", [{"OriginTimezoneOffset": 5.5}, {"OriginTimezoneOffset": 5, "OrgTimezoneOffset": 5.5}]
)
def test_truncated_half_hours_cause_no_warning(offsets: dict[str, float]) -> None:
    """Recorded responses contain each offset twice, as an integer and as a fraction."""
    flight = segment("DEL", "AUS", **offsets)
    items = parse_flights(
        response() | trips(flight, "2027-10-06", "DEL"), make_search(SearchKind.ITINERARY, origin="DEL")
    )
    assert warnings(items) == []
    assert offers(items)[0].segments[0].departs_at.utcoffset() == timedelta(hours=5, minutes=30)


def test_unknown_airport_drops_only_its_itinerary() -> None:
    """Railway stations are sold as flights: QKL is the one in Cologne."""
    flights = itinerary("LAX", "QKL", "AUS", products=[product()] * 2)
    flights |= {"DestinationTimezoneOffset": 2}
    flights["Connections"][0] |= {"OriginTimezoneOffset": 2}
    items = parse_flights(response(flights, segment()))
    assert [offer.flights for offer in offers(items)] == ["UA1625"]
    assert {warning.path for warning in warnings(items)} == {"airport", "segments"}


def test_time_without_a_zone_drops_only_its_itinerary() -> None:
    flights = itinerary("LAX", "QKL", "AUS", products=[product()] * 2)
    items = parse_flights(response(flights, segment()))
    assert [offer.flights for offer in offers(items)] == ["UA1625"]
    assert warnings(items)


# ---- empty, and without evidence -----------------------------------------------------------------------------------


def _without_evidence() -> Iterator[Any]:
    yield pytest.param(response(), id="no flights and no warning")
    yield pytest.param(response(Warnings=[{"MajorCode": "1", "MinorCode": "2"}]), id="another warning")
    trip = {"Origin": "LAX", "Destination": "AUS", "DepartDate": "2027-10-06"}
    yield pytest.param(response(Trips=[trip], Warnings=[EMPTY_WARNING]), id="no list of flights")
    yield pytest.param(response(Trips=[], Warnings=[EMPTY_WARNING]), id="no trip")
    yield pytest.param(response(Status=0, Warnings=[EMPTY_WARNING]), id="another status")
    yield pytest.param(response(segment(), Errors=[{"MinorCode": "10038"}]), id="an error with flights")
    yield pytest.param(response(segment("LAX", "AUS", product(199))), id="only an unknown column")
    yield pytest.param(response(segment("LAX", "AUS", product(Prices=prices("unknown")))), id="no readable price")
    yield pytest.param(response(segment("LAX", "AUS", product(Prices=[]))), id="a product without a price")
    yield pytest.param(response(segment(DepartDateTime="soon")), id="no readable time")
    yield pytest.param(response(segment(DepartDateTime="2027-10-06")), id="a day without a time")
    yield pytest.param(response(segment(Products=None)), id="no products")
    yield pytest.param(response(segment("SNA"), segment("LAX", "SAT")), id="only flights of other airports")
    yield pytest.param(response() | trips(segment(), "2027-10-07"), id="another day")
    yield pytest.param(response() | trips(segment(), "2027-10-06", destination="SAT"), id="another destination")
    yield pytest.param(response() | trips(segment(), "2027-10-06", origin="SNA"), id="another origin")
    yield pytest.param(calendar(calendar_day(DAY, solution())), id="a calendar")


@pytest.mark.parametrize("data", list(_without_evidence()))
def test_flights_without_evidence_are_unexpected(data: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedResponse):
        parse_flights(data)


def test_flights_are_not_a_calendar() -> None:
    with pytest.raises(UnexpectedResponse):
        parse_month(response(segment()))


def test_flights_with_only_placeholders_are_empty() -> None:
    empty = product(BookingCode="", ProductSubtype="NonExistingProductPlaceHolder", Prices=[])
    assert parse_flights(response(segment("LAX", "AUS", empty))) == []


@pytest.mark.parametrize(
    "message",
    [
        "You must be signed-in to see flight results with miles.",
        "Please sign in to continue.",
        "AuthenticationSkipped",
    ],
)
def test_error_that_requires_sign_in(message: str) -> None:
    with pytest.raises(SearchFailed) as raised:
        parse_flights({"Status": 0, "Errors": [{"MajorCode": "1", "MinorCode": "2", "Message": message}]})
    assert raised.value.reason is Reason.SIGN_IN_NEEDED


def test_product_type_is_used_without_a_list_of_columns() -> None:
    data = response(segment("LAX", "AUS", product(ProductType="ECO-PREMIUM-DISP", CabinType="PREMIUMPLUS")))
    del data["Trips"][0]["ColumnInformation"]
    [offer] = offers(parse_flights(data))
    assert offer.cabin is Cabin.PREMIUM_ECONOMY


@pytest.mark.parametrize("rows", ["Flights", "Products", "Columns"])
def test_duplicate_rows_have_no_effect(rows: str) -> None:
    data = response(segment(), itinerary("LAX", "SFO", "AUS", products=[product(), product()]))
    assert identities(parse_flights(with_duplicates(data, rows))) == identities(parse_flights(data))


def test_detect_returns_the_time_of_the_response() -> None:
    """The server's clock is UTC: see docs/sources/united.md."""
    detected = detect(json.dumps({"data": response(segment(), LastCallDateTime="2026-11-20 03:05 PM")}).encode())
    assert detected is not None
    assert detected.responded_at == datetime(2026, 11, 20, 15, 5, tzinfo=UTC)


def test_examples_in_the_documentation() -> None:
    page = (ROOT / "docs" / "sources" / "united.md").read_text("utf-8")
    _, month, day = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    search = make_search(SearchKind.CALENDAR, date(2027, 3, 1), date(2027, 3, 31), "SFO", "LGA")
    [offer] = offers(list(PARSERS[SearchKind.CALENDAR](json.dumps(month).encode(), search, SEEN_AT)))
    assert (offer.departure_date, offer.cabin, offer.miles) == (date(2027, 3, 1), Cabin.ECONOMY, 15000)
    [offer] = offers(parse_flights(day["data"]))
    assert (offer.flights, offer.cabin, offer.mixed_cabin) == ("UA1416 UA2483", Cabin.BUSINESS, True)
    assert (offer.miles, offer.booking_code, offer.on_sale) == (30000, "XN/IN", False)
