"""The shared checks of parsed offers: duplicates, other routes and days, covered days, dropped offers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Detail, ParseWarning, Search, SearchKind, Segment
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers._collector import Collector, Itinerary

DAY = date(2027, 3, 5)
LAST = DAY + timedelta(days=2)
DENVER = ZoneInfo("America/Denver")
SEEN_AT = datetime(2026, 11, 20, 15, 6, tzinfo=UTC)


def make_collector() -> Collector:
    search = Search(program="united", kind=SearchKind.CALENDAR, origin="DEN", destination="LAS", first=DAY, last=LAST)
    return Collector("united", search, SEEN_AT)


def make_segment(origin: str = "DEN", destination: str = "LAS", day: date = DAY, zone: tzinfo = DENVER) -> Segment:
    departs_at = datetime(day.year, day.month, day.day, 8, tzinfo=zone)
    return Segment(
        marketing_carrier="UA",
        operating_carrier=None,
        flight_number="1",
        origin=origin,
        destination=destination,
        departs_at=departs_at,
        arrives_at=departs_at + timedelta(hours=2),
        stops=1,
    )


def add_itinerary(offers: Collector, segment: Segment) -> Itinerary:
    itinerary = offers.itinerary([segment])
    assert itinerary is not None
    return itinerary


def test_cheapest_of_duplicate_days_is_kept() -> None:
    offers = make_collector()
    for miles in (15000, 12500, 20000):
        offers.add_day(DAY, Cabin.ECONOMY, miles)
    offers.add_day(DAY, Cabin.ECONOMY, 30000, mixed_cabin=True)
    items = list(offers.finish())
    assert [item.miles for item in items if isinstance(item, AwardOfferItem)] == [12500, 30000]


def test_cheapest_of_duplicate_flights_is_kept() -> None:
    offers = make_collector()
    for miles in (15000, 12500):
        itinerary = add_itinerary(offers, make_segment())
        itinerary.add(Cabin.ECONOMY, miles, fare_name="Saver")
    assert itinerary.is_duplicate
    [offer] = [item for item in offers.finish() if isinstance(item, AwardOfferItem)]
    assert (offer.miles, offer.detail, offer.departure_date) == (12500, Detail.ITINERARY, DAY)


def test_itinerary_offer_has_the_cabins_codes_and_stops_of_its_segments() -> None:
    offers = make_collector()
    itinerary = offers.itinerary([make_segment("DEN", "PHX"), make_segment("PHX", "LAS")])
    assert itinerary is not None
    itinerary.add(Cabin.BUSINESS, 30000, cabins=[Cabin.BUSINESS, None], booking_codes=["J", "X"])
    [offer] = [item for item in offers.finish() if isinstance(item, AwardOfferItem)]
    assert [(segment.cabin, segment.booking_code) for segment in offer.segments] == [(Cabin.BUSINESS, "J"), (None, "X")]
    assert (offer.booking_code, offer.stops, offer.mixed_cabin) == ("J/X", 3, None)


@pytest.mark.parametrize(
    "segment",
    [
        make_segment(origin="COS"),
        make_segment(destination="LAX"),
        make_segment(day=LAST + timedelta(days=1)),
    ],
    ids=["origin", "destination", "day"],
)
def test_flights_of_another_search_are_nearby(segment: Segment) -> None:
    offers = make_collector()
    assert offers.itinerary([segment]) is None
    with pytest.raises(UnexpectedResponse, match="the response is for"):
        list(offers.finish())
    [warning] = offers.finish(allow_only_nearby=True)
    assert isinstance(warning, ParseWarning)
    assert (warning.path, warning.drops_offer) == ("nearby", False)


def test_nearby_flights_are_a_warning_if_others_match() -> None:
    offers = make_collector()
    offers.itinerary([make_segment(origin="COS")])
    add_itinerary(offers, make_segment()).add(Cabin.ECONOMY, 12500)
    assert [type(item) for item in offers.finish()] == [AwardOfferItem, ParseWarning]


def test_fixed_offset_is_a_warning_for_each_time() -> None:
    offers = make_collector()
    add_itinerary(offers, make_segment("DEN", "LAS", zone=timezone(timedelta(hours=-5))))
    assert [item.path for item in offers.finish() if isinstance(item, ParseWarning)] == ["zone", "zone"]


def test_missing_days_drop_offers() -> None:
    offers = make_collector()
    offers.add_day(DAY, Cabin.ECONOMY, 12500)
    offers.cover("days", [DAY, LAST])
    covered, _, warning = offers.finish()
    assert covered == CoveredDates(DAY, LAST)
    assert isinstance(warning, ParseWarning)
    assert (warning.path, warning.drops_offer) == ("days", True)


def test_covered_days_are_within_the_search() -> None:
    offers = make_collector()
    offers.cover("days", [DAY - timedelta(days=1), DAY])
    assert list(offers.finish()) == [CoveredDates(DAY, DAY)]


@pytest.mark.parametrize("days", [[], [LAST + timedelta(days=1)]], ids=["no days", "other days"])
def test_response_without_searched_days_is_unexpected(days: list[date]) -> None:
    with pytest.raises(UnexpectedResponse):
        make_collector().cover("days", days)


def test_response_is_unexpected_if_all_offers_are_dropped() -> None:
    offers = make_collector()
    assert list(offers.each("rows", ["1", "x", "y"], int)) == [1]
    assert list(offers.each_value("fares", {"MAIN": "2", "FIRST": "x"}, int)) == [("MAIN", 2)]
    assert offers.dropped == 3
    with pytest.raises(UnexpectedResponse, match="no offer could be parsed; warnings: 3, the first: rows: "):
        list(offers.finish())
    offers.add_day(DAY, Cabin.ECONOMY, 12500)
    assert len(list(offers.finish())) == 4


def test_row_without_flights_drops_an_offer() -> None:
    offers = make_collector()
    rows = [("a", []), ("b", [make_segment()])]
    assert [name for name, _ in offers.itineraries("rows", rows, lambda row: row)] == ["b"]
    assert offers.dropped == 1


def test_a_response_with_too_many_warnings_is_unexpected() -> None:
    offers = make_collector()
    rows = iter(range(10**9))  # never read to its end

    def parse(row: int) -> None:
        raise ValueError(f"row {row}")

    with pytest.raises(UnexpectedResponse, match="more than 10,000 warnings; the last: rows: row 10000"):
        list(offers.each("rows", rows, parse))
