"""`SearchFiltersOut` of FetchFlights: what the page needs to offer filters, gathered from the flights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from awardspider.sandbox.airlines.united.frame import CARRIER_KINDS, DURATIONS, INDICATORS
from awardspider.sandbox.airlines.united.products import Json
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
    """The filters for the flights of one answer; without flights there is nothing to choose from."""
    legs = [leg for flight in flights for leg in walk(flight)]
    prices = _lowest_by_family(flights)
    sold = [price for family in prices.values() for price in family]
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
        "PriceMin": float(min(sold, default=-1)),
        "PriceMinCurrency": "MILES",
        "PriceMax": float(max(sold, default=-1)),
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
                "FareFamilyInfo": _family(family, found),
                "SliceDestinations": [_slice(family, found, "destination", destination)],
                "SliceOrigins": [_slice(family, found, "origin", origin)],
                "SliceStops": [_slice(family, found, "stopCount", str(min(counts, default=0)))],
            }
            for family, found in prices.items()
        ],
        "FareFamilies": {"fareFamily": [_family(family, found) for family, found in prices.items()]},
        "StopPrices": [{}],
        "Warnings": WARNING_KEYS,
        "MaxConnectTimeMinutes": max((leg.get("ConnectTimeMinutes", 0) for leg in legs), default=0),
        "MinConnectTimeMinutes": 40,
        "ShopIndicators": INDICATORS,
    }


def _lowest_by_family(flights: Iterable[Json]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for flight in flights:
        for product in flight["Products"]:
            if product["Prices"]:
                found.setdefault(product["FareFamily"], []).append(int(product["Prices"][0]["Amount"]))
    return dict(sorted(found.items()))


def _times(flights: list[Json]) -> dict[str, str]:
    leaves = sorted(datetime.fromisoformat(flight["DepartDateTime"]) for flight in flights)
    lands = sorted(datetime.fromisoformat([*walk(flight)][-1]["DestinationDateTime"]) for flight in flights)

    def text(moments: list[datetime], choose: Callable[[list[datetime]], datetime], form: str) -> str:
        return f"{choose(moments):{form}}" if moments else ""

    day, hour = "%m/%d/%Y %H:%M:%S", "%H:%M"
    return {
        "MinDepDate": text(leaves, min, day),
        "MaxDepDate": text(leaves, max, day),
        "MinArrivalDate": text(lands, min, day),
        "MaxArrivalDate": text(lands, max, day),
        "TimeDepartMin": min((f"{moment:{hour}}" for moment in leaves), default=""),
        "TimeDepartMax": max((f"{moment:{hour}}" for moment in leaves), default=""),
        "TimeArrivalMin": min((f"{moment:{hour}}" for moment in lands), default=""),
        "TimeArrivalMax": max((f"{moment:{hour}}" for moment in lands), default=""),
    }


def _priced_places(code: str, prices: dict[str, list[int]]) -> list[Json]:
    return [
        {
            "Code": code,
            "Description": all_places()[code].place,
            "Currency": "MILES",
            "Amount": str(min(found)),
            "FareFamily": family,
        }
        for family, found in prices.items()
    ]


def _family(family: str, found: list[int]) -> Json:
    return {
        "fareFamily": family,
        "currencyCode": "MILES",
        "maxMileage": max(found),
        "maxPriceValue": 0.0,
        "minMileage": min(found),
        "minPriceValue": 0.0,
        "minPriceInSummary": True,
        "ColumnId": 0,
    }


def _slice(family: str, found: list[int], key: str, value: str) -> Json:
    lowest = min(found)
    part = {
        "currency": "MILES",
        key: value,
        "fareFamily": family,
        "minMileage": str(lowest),
        "minPriceValue": float(lowest) if key == "stopCount" else 0.0,
        "minPriceInSummary": True,
    }
    return part if key == "stopCount" else part | {"minMileageInSummary": False}
