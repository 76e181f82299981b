"""United's two responses from the sandbox, without a network, and their decoding without our parser."""

from __future__ import annotations

import json
import re
from typing import Any

from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock, parse_time
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse
from awardspider.sandbox.truth import truth
from awardspider.sandbox.world import World

CLOCK = "2026-11-22T12:00Z"
CALENDAR, FLIGHTS = "/api/flight/FetchAwardCalendar", "/api/flight/FetchFlights"
# Cabins by a part of the code.
CABINS = {"ECONOMY": "economy", "ECO-PREMIUM": "premium_economy", "BUSINESS": "business", "FIRST": "first"}
RANK_OF_CABIN = {"economy": 0, "premium_economy": 1, "business": 2, "first": 3}
# United's front cabin on domestic flights is called First and sold as business.
RANKS = {"Coach": 0, "PREMIUMPLUS": 1, "Business": 2, "First": 3}


class Site:
    """united.com of one simulated world."""

    def __init__(self) -> None:
        self.world = World(7, Clock(parse_time(CLOCK), speed=0))
        self.sites = airline_sites(self.world)
        (self.site,) = (site for site in self.sites if site.key == "united")

    def request(self, path: str, **options: Any) -> SandboxResponse:
        request = {"method": "GET", "query": {}, "headers": {}, "cookies": {}, "body": b""} | options
        route = self.site.route(request["method"], path)
        assert route is not None
        clock = self.world.clock
        return route.handler(SandboxRequest(path=path, now=clock.now(), step=clock.step, **request))

    def search(self, path: str, route: str, day: str, travelers: int = 1, **trip: Any) -> dict[str, Any]:
        response = self.request(path, method="POST", body=body(route, day, travelers, **trip))
        data: dict[str, Any] = json.loads(response.body)["data"]
        return data

    def truth(self, route: str, **query: Any) -> list[dict[str, Any]]:
        origin, destination = route.split("-")
        query |= {"program": "united", "origin": origin, "destination": destination}
        result = truth(self.world, self.sites, {name: str(value) for name, value in query.items()})
        offers: list[dict[str, Any]] = result["offers"]
        return offers


def body(route: str, day: str, travelers: int = 1, **trip: Any) -> bytes:
    origin, destination = route.split("-")
    return json.dumps(
        {
            "Trips": [{"Origin": origin, "Destination": destination, "DepartDate": day, **trip}],
            "PaxInfoList": [{"PaxType": 1}] * travelers,
            "AwardTravel": True,
        }
    ).encode()


def priced(prices: list[dict[str, Any]]) -> tuple[int, str]:
    """Return the miles, and the taxes with fees."""
    miles = [price["Amount"] for price in prices if price["Currency"] == "MILES"]
    charges = sum(price["Amount"] for price in prices if price["PricingType"] in ("Tax", "CloseInFee"))
    assert len(miles) == 1
    return int(miles[0]), f"{charges:.2f}"


def decoded_month(data: dict[str, Any]) -> set[tuple[Any, ...]]:
    """Return day, cabin, mixed, miles, taxes and saver of each offer; a mixed price only if it is lower."""
    found = set()
    for week in data["Calendar"]["Months"][0]["Weeks"]:
        for day in week["Days"]:
            month, number, year = day["DateValue"].split("/")
            by_code = {solution["CabinType"]: solution for solution in day["Solutions"]}
            for code, solution in by_code.items():
                not_mixed = by_code.get(f"{code}-NOT-MIXED")
                miles, taxes = priced(solution["Prices"])
                if not_mixed and priced(not_mixed["Prices"])[0] <= miles:
                    continue
                cabin = next(cabin for part, cabin in CABINS.items() if part in code)
                mixed = not code.endswith("NOT-MIXED") and cabin in ("business", "first")
                saver = solution["AwardType"] == "Saver"
                found.add((f"{year}-{month}-{number}", cabin, mixed, miles, taxes, saver))
    return found


def all_segments(flight: dict[str, Any]) -> list[dict[str, Any]]:
    return [flight, *(inner for connection in flight["Connections"] for inner in all_segments(connection))]


def decoded_flights(data: dict[str, Any], route: str) -> set[tuple[Any, ...]]:
    """Return flights, times, cabin, mixed, miles, taxes, seats, stops, saver, regular miles and cash of each offer."""
    (trip,) = data["Trips"]
    columns = {column["Value"]: column["Type"] for column in trip["ColumnInformation"]["Columns"]}
    found = set()
    for flight in trip["Flights"]:
        segments = all_segments(flight)
        if f"{segments[0]['Origin']}-{segments[-1]['Destination']}" != route:
            continue
        for index, product in enumerate(flight["Products"]):
            code = columns[f"0-{product['ColumnId']}"]
            parts = [segment["Products"][index] for segment in segments]
            assert {part["ColumnId"] for part in parts} == {product["ColumnId"]}
            if product["ProductSubtype"] == "NonExistingProductPlaceHolder":
                assert not product["BookingCode"]
                continue
            counts = [
                dict(re.findall(r"([A-Z]+)(\d)", part["BookingClassAvailability"]))[part["BookingCode"]]
                for part in parts
            ]
            ranks = [RANKS[part["CabinType"]] for part in parts]
            cabin = next(cabin for part, cabin in CABINS.items() if part in code)
            mixed = min(ranks) < RANK_OF_CABIN[cabin]
            miles, taxes = priced(product["Prices"])
            context = product["Context"]
            assert context["NgrpMiles"] == str(miles)
            struck = context.get("StrikeThroughPricing")
            found.add(
                (
                    " ".join(segment["MarketingCarrier"] + segment["FlightNumber"] for segment in segments),
                    flight["DepartDateTime"],
                    segments[-1]["DestinationDateTime"],
                    flight["TravelMinutesTotal"],
                    cabin,
                    mixed,
                    miles,
                    taxes,
                    min(map(int, counts)),
                    len(segments) - 1 + sum(len(segment["StopInfos"]) for segment in segments),
                    product["AwardType"] == "Saver",
                    int(struck["ItaMiles"]) if struck else None,
                    context.get("ReferenceFare", {}).get("Amount"),
                )
            )
    return found


def expected_flights(offers: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    return {
        (
            offer["flights"],
            offer["departs_at"][:16].replace("T", " "),
            offer["arrives_at"][:16].replace("T", " "),
            offer["duration_minutes"],
            offer["cabin"],
            offer["mixed_cabin"],
            offer["miles"],
            offer["taxes"],
            offer["seats"],
            offer["stops"],
            offer["saver"],
            offer["regular_miles"],
            None if offer["cash_price"] is None else float(offer["cash_price"]),
        )
        for offer in offers
    }
