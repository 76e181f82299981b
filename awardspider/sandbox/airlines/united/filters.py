"""`SearchFiltersOut` in FetchFlights: the choices for the page's filters, collected from the flights."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines.united.envelope import CARRIER_KINDS, DURATIONS, INDICATORS
from awardspider.sandbox.airlines.united.segments import walk
from awardspider.sandbox.places import all_places
from awardspider.sandbox.schedule import aircraft_name, carrier_names

WARNING_KEYS = [
    "NON_PREFERRED_CABIN",
    "CHANGE_OF_TERMINAL",
    "RISKY_CONNECTION",
    "ARRIVAL",
    "LONG_LAYOVER",
    "STOP",
    "CHANGE_OF_AIRPORT_SLICE",
]


def filters_out(origin: str, destination: str, flights: list[Json]) -> Json:
    """Build the filter choices for a response's flights. Without flights, the choices are empty."""
    legs = [leg for flight in flights for leg in walk(flight)]
    prices = _lowest_by_family(flights)
    all_prices = [price for family in prices.values() for price in family]
    equipment = sorted({leg["EquipmentDisclosures"]["EquipmentType"] for leg in legs})
    stops = sorted({leg["Origin"] for leg in legs if leg.get("IsConnection")})
    carriers = sorted({leg["MarketingCarrier"] for leg in legs})
    operators = sorted({leg["OperatingCarrier"] for leg in legs})
    counts = [sum(1 for _ in walk(flight)) - 1 for flight in flights]
    return {
        "AirportsOrigin": origin,
        "AirportsDestination": destination,
        "AirportsStop": ",".join(stops),
        "CabinCountMin": min((leg["CabinCount"] for leg in legs), default=-1),
        "CabinCountMax": 3,
        **CARRIER_KINDS,
        "CarriersMarketing": ",".join(carriers),
        "CarriersOperating": ",".join(operators),
        **DURATIONS,
        "DurationMin": min((flight["TravelMinutesTotal"] for flight in flights), default=-1),
        "DurationMax": max((flight["TravelMinutesTotal"] for flight in flights), default=-1),
        "EquipmentCodes": ",".join(equipment),
        "EquipmentTypes": ",".join(equipment),
        **_times(flights),
        "PriceMin": float(min(all_prices, default=-1)),
        "PriceMinCurrency": "MILES",
        "PriceMax": float(max(all_prices, default=-1)),
        "PriceMaxCurrency": "MILES",
        "StopCountExcl": -1,
        "StopCountMin": min(counts, default=-1),
        "StopCountMax": max(counts, default=-1),
        "AirportsDestinationList": _priced_places(destination, prices),
        "AirportsOriginList": _priced_places(origin, prices),
        "AirportsStopList": [{"Code": code, "Description": all_places()[code].place} for code in stops],
        "AirportsStopToAvoidList": [],
        "CarriersMarketingList": [{"Code": code, "Description": carrier_names()[code]} for code in carriers],
        "CarriersOperatingList": [{"Code": code} for code in operators],
        "EquipmentList": [{"Code": code, "Description": aircraft_name(code)} for code in equipment],
        "FareFamilyFilters": [
            {
                "FareFamily": family,
                "FareFamilyInfo": _family(family, miles),
                "SliceDestinations": [_slice(family, miles, "destination", destination)],
                "SliceOrigins": [_slice(family, miles, "origin", origin)],
                "SliceStops": [_slice(family, miles, "stopCount", str(min(counts, default=0)))],
            }
            for family, miles in prices.items()
        ],
        "FareFamilies": {"fareFamily": [_family(family, miles) for family, miles in prices.items()]},
        "StopPrices": [{}],
        "Warnings": WARNING_KEYS,
        "MaxConnectTimeMinutes": max((leg.get("ConnectTimeMinutes", 0) for leg in legs), default=0),
        "MinConnectTimeMinutes": 40,
        "ShopIndicators": INDICATORS,
    }


def _lowest_by_family(flights: Iterable[Json]) -> dict[str, list[int]]:
    miles: dict[str, list[int]] = {}
    for flight in flights:
        for product in flight["Products"]:
            if product["Prices"]:
                miles.setdefault(product["FareFamily"], []).append(int(product["Prices"][0]["Amount"]))
    return dict(sorted(miles.items()))


def _times(flights: list[Json]) -> dict[str, str]:
    departures = sorted(datetime.fromisoformat(flight["DepartDateTime"]) for flight in flights)
    arrivals = sorted(datetime.fromisoformat([*walk(flight)][-1]["DestinationDateTime"]) for flight in flights)
    departure_days, arrival_days = ([f"{moment:%m/%d/%Y %H:%M:%S}" for moment in end] for end in (departures, arrivals))
    departure_times, arrival_times = ([f"{moment:%H:%M}" for moment in end] for end in (departures, arrivals))
    return {
        "MinDepDate": departure_days[0] if flights else "",
        "MaxDepDate": departure_days[-1] if flights else "",
        "MinArrivalDate": arrival_days[0] if flights else "",
        "MaxArrivalDate": arrival_days[-1] if flights else "",
        "TimeDepartMin": min(departure_times, default=""),
        "TimeDepartMax": max(departure_times, default=""),
        "TimeArrivalMin": min(arrival_times, default=""),
        "TimeArrivalMax": max(arrival_times, default=""),
    }


def _priced_places(code: str, prices: dict[str, list[int]]) -> list[Json]:
    return [
        {
            "Code": code,
            "Description": all_places()[code].place,
            "Currency": "MILES",
            "Amount": str(min(miles)),
            "FareFamily": family,
        }
        for family, miles in prices.items()
    ]


def _family(family: str, miles: list[int]) -> Json:
    return {
        "fareFamily": family,
        "currencyCode": "MILES",
        "maxMileage": max(miles),
        "maxPriceValue": 0.0,
        "minMileage": min(miles),
        "minPriceValue": 0.0,
        "minPriceInSummary": True,
        "ColumnId": 0,
    }


def _slice(family: str, miles: list[int], key: str, value: str) -> Json:
    lowest = min(miles)
    part = {
        "currency": "MILES",
        key: value,
        "fareFamily": family,
        "minMileage": str(lowest),
        "minPriceValue": float(lowest) if key == "stopCount" else 0.0,
        "minPriceInSummary": True,
    }
    return part if key == "stopCount" else part | {"minMileageInSummary": False}
