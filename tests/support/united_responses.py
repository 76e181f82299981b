"""Builders of small United responses for tests with many variants, and their parsing."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from awardspider.items import AwardOfferItem, CoveredDates, ParseWarning, Search, SearchKind
from awardspider.parsers import ParsedItem as Item
from awardspider.parsers.united import parse_calendar, parse_itinerary

SEEN_AT = datetime(2026, 11, 20, 15, 6, tzinfo=UTC)
DAY = date(2027, 10, 6)
FIRST, LAST = date(2027, 10, 1), date(2027, 10, 31)
EMPTY_WARNING = {"MajorCode": "20003.26", "MinorCode": "10051", "Message": "I'm sorry, we could not find answers. "}


def make_search(
    kind: SearchKind, first: date = DAY, last: date = DAY, origin: str = "LAX", destination: str = "AUS"
) -> Search:
    return Search(program="united", kind=kind, origin=origin, destination=destination, first=first, last=last)


def prices(miles: Any = 15000.0, tax: Any = 5.6) -> list[dict[str, Any]]:
    return [
        {"Currency": "MILES", "Amount": miles, "PricingType": "Award"},
        {"Currency": "USD", "Amount": tax, "PricingType": "Tax"},
    ]


# ---- calendars ------------------------------------------------------------------------------------------------------


def solution(cabin: str = "MIN-ECONOMY-SURP-OR-DISP", **changes: Any) -> dict[str, Any]:
    return {"CabinType": cabin, "AwardType": "Saver", "Prices": prices()} | changes


def calendar_day(day: date, *solutions: dict[str, Any], padding: bool = False) -> dict[str, Any]:
    return {"DateValue": f"{day:%m/%d/%Y}", "DayNotInThisMonth": padding, "Solutions": list(solutions)}


def calendar(*days: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "Status": 1,
        "Errors": [],
        "Trips": [{"Origin": "LAX", "Destination": "AUS", "Flights": []}],
        "Calendar": {"Months": [{"Year": DAY.year, "Month": DAY.month, "Weeks": [{"Days": list(days)}]}]},
    } | changes


def parse_month(data: dict[str, Any], first: date = FIRST, last: date = LAST) -> list[Item]:
    return list(
        parse_calendar(json.dumps({"data": data}).encode(), make_search(SearchKind.CALENDAR, first, last), SEEN_AT)
    )


# ---- flights --------------------------------------------------------------------------------------------------------

COLUMNS = {
    3: "MIN-ECONOMY-SURP-OR-DISP",
    103: "ECO-PREMIUM-DISP",
    105: "MIN-BUSINESS-SURP-OR-DISP",
    106: "MIN-BUSINESS-SURP-OR-DISP-NOT-MIXED",
    107: "MIN-FIRST-SURP-OR-DISP",
    108: "MIN-FIRST-SURP-OR-DISP-NOT-MIXED",
}


def product(column: int = 3, **changes: Any) -> dict[str, Any]:
    values = {"ColumnId": column, "CabinType": "Coach", "BookingCode": "XN", "AwardType": "Saver", "Prices": prices()}
    return values | {"Description": "United Economy"} | changes


def segment(origin: str = "LAX", destination: str = "AUS", *products: dict[str, Any], **changes: Any) -> dict[str, Any]:
    times = {"DepartDateTime": "2027-10-06 08:15", "DestinationDateTime": "2027-10-06 13:19"}
    values = {"FlightNumber": "1625", "MarketingCarrier": "UA", "Origin": origin, "Destination": destination} | times
    return values | {"Products": list(products or [product()]), "Connections": [], "StopInfos": []} | changes


def response(*flights: dict[str, Any], **changes: Any) -> dict[str, Any]:
    columns = [{"Value": f"0-{column}", "Type": kind} for column, kind in COLUMNS.items()]
    trip = {
        "Origin": "LAX",
        "Destination": "AUS",
        "DepartDate": "2027-10-06",
        "ColumnInformation": {"Columns": columns},
    }
    return {"Status": 1, "Errors": [], "Warnings": [], "Trips": [trip | {"Flights": list(flights)}]} | changes


def parse_flights(data: dict[str, Any], search: Search | None = None) -> list[Item]:
    return list(
        parse_itinerary(json.dumps({"data": data}).encode(), search or make_search(SearchKind.ITINERARY), SEEN_AT)
    )


def single_offer(*flights: dict[str, Any], search: Search | None = None) -> AwardOfferItem:
    """Return the only offer of a response that has no warnings."""
    items = parse_flights(response(*flights), search)
    assert warnings(items) == []
    [offer] = offers(items)
    return offer


def itinerary(*airports: str, products: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an itinerary with one product for each flight; only the first flight has prices."""
    legs, pairs = [], list(itertools.pairwise(airports))
    for number, ((origin, destination), offered) in enumerate(zip(pairs, products, strict=True)):
        times = {
            "DepartDateTime": f"2027-10-06 {5 + 5 * number:02}:00",
            "DestinationDateTime": f"2027-10-06 {9 + 5 * number:02}:00",
        }
        offered = offered if number == 0 else offered | {"Prices": []}
        legs.append(segment(origin, destination, offered, FlightNumber=str(100 + number), **times))
    return legs[0] | {"Connections": legs[1:]}


def trips(flight: dict[str, Any], day: str, origin: str = "LAX", destination: str = "AUS") -> dict[str, Any]:
    columns = {"Columns": [{"Value": "0-3", "Type": COLUMNS[3]}]}
    trip = {"Origin": origin, "Destination": destination, "DepartDate": day, "ColumnInformation": columns}
    return {"Trips": [trip | {"Flights": [flight]}]}


# ---- parsed items --------------------------------------------------------------------------------------------------


def offers(items: list[Item]) -> list[AwardOfferItem]:
    return [item for item in items if isinstance(item, AwardOfferItem)]


def warnings(items: list[Item]) -> list[ParseWarning]:
    return [item for item in items if isinstance(item, ParseWarning)]


def covered_days(items: list[Item]) -> set[date]:
    spans = [item for item in items if isinstance(item, CoveredDates)]
    return {span.first + timedelta(n) for span in spans for n in range((span.last - span.first).days + 1)}


def identities(items: list[Item]) -> list[tuple[str, str]]:
    return sorted((offer.offer_id, offer.state) for offer in offers(items))


def with_duplicates(data: Any, rows: str) -> Any:
    """Return a copy in which each list under the key `rows` contains every item twice."""
    if isinstance(data, dict):
        return {
            key: with_duplicates(value, rows) * (1 + (key == rows)) if key == rows else with_duplicates(value, rows)
            for key, value in data.items()
        }
    return [with_duplicates(value, rows) for value in data] if isinstance(data, list) else data
