"""The JSON for one flight in FetchFlights (a first flight or a connection), with its warnings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines._flights import layovers
from awardspider.sandbox.airlines.united.envelope import opaque
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.places import all_places, country, distance, draw
from awardspider.sandbox.schedule import GROUND_MINUTES, Flight, aircraft_name, carrier_names

RISKY_MINUTES, LONG_MINUTES = 45, 180


def walk(flight: Json) -> Iterator[Json]:
    """Yield a flight and its connections, including nested ones, in travel order."""
    yield flight
    for connection in flight["Connections"]:
        yield from walk(connection)


def segment(
    itinerary: Itinerary,
    ordinal: int,
    position: int,
    available: str,
    products: list[Json],
    warnings: list[Json],
    index: int,
) -> Json:
    """Build the flight at a position. Only the first flight has the fields that describe the itinerary."""
    flight = itinerary.flights[position]
    times = itinerary.times(ordinal)
    departs, arrives = times[position]
    head = itinerary.flights[0]
    day_number = date.fromordinal(ordinal).timetuple().tm_yday
    numbers = "|".join(str(leg.number) for leg in (flight,) + (() if position else itinerary.flights[1:]))
    part: Json = {
        "DepartDateTime": _minute(departs),
        "BBXHash": opaque(16, flight.name, ordinal, index),
        "BookingClassAvailability": available,
        "CabinCount": len(flight.cabins),
        **_place("Destination", flight.destination),
        "DestinationDateTime": _minute(arrives),
        **({"OriginTerminal": _terminal(flight.carrier, flight.origin)} if position or index % 4 else {}),
        **({"DestinationTerminal": _terminal(flight.carrier, flight.destination)} if position or index % 3 else {}),
        **_offset(arrives, "DestinationTimezoneOffset", "DestTimezoneOffset"),
        "FlightNumber": str(flight.number),
        "MarketingCarrier": flight.carrier,
        "MarketingCarrierDescription": carrier_names()[flight.carrier],
        "MileageActual": distance(flight.origin, flight.destination),
        **_operator(flight),
        **_place("Origin", flight.origin),
        **_offset(departs, "OriginTimezoneOffset", "OrgTimezoneOffset"),
        "OriginalFlightNumber": str(flight.number),
        "ParentFlightNumber": str(head.number) if position else "",
        "ServiceClassCountLowest": -1,
        "TravelMinutes": flight.block,
        "TripIndex": 1,
        "Connections": [],
        "Messages": [],
        "Products": products,
        "StopInfos": _stop_infos(flight, departs),
        "Warnings": warnings,
        "EquipmentDisclosures": _equipment(flight),
        "FlightInfo": {
            "EstimatedArrivalDateTime": _minute(arrives),
            "EstimatedDepartureDateTime": _minute(departs),
            "ScheduledArrivalDateTime": _minute(arrives),
            "ScheduledDepartureDateTime": _minute(departs),
        },
        "Aircraft": {},
        "Amenities": [],
        "Hash": f"{day_number}-{numbers}-{flight.carrier}",
        "MerchIndex": f"F{index + 1}{position + 1}",
    }
    if position:
        return part | {"ConnectTimeMinutes": layovers(times)[position - 1], "IsConnection": True}
    return part | {
        "BBXSolutionSetId": opaque(23, head.origin, ordinal),
        "International": any(country(stop) != country(head.origin) for stop in itinerary.airports),
        "PageIndex": 1,
        "TravelMinutesTotal": itinerary.minutes,
        **({"OrderIndex": index, "PreSortIndex": index} if index else {}),
    }


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _place(end: str, code: str) -> Json:
    place = all_places()[code]
    return {
        end: code,
        f"{end}CountryCode": place.country,
        f"{end}Description": f"{place.place} ({code})",
        f"{end}StateCode": place.state,
    }


def _terminal(carrier: str, code: str) -> str:
    return str(1 + draw("terminal", carrier, code) % 7)


def _offset(moment: datetime, truncated: str, exact: str) -> Json:
    offset = moment.utcoffset()
    assert offset is not None
    hours = offset.total_seconds() / 3600
    return {truncated: int(hours), exact: hours}


def _operator(flight: Flight) -> Json:
    """Build the operator. Regional airlines have code UA on United's flights and their own on partners' flights."""
    if flight.operator_name is None:
        name = carrier_names()[flight.carrier]
        return {
            "OperatingCarrier": flight.operator_code,
            "OperatingCarrierDescription": name,
            "OperatingCarrierDescSource": "Domain-GetCarrierInfo",
        }
    name = f"{flight.operator_name} dba United Express" if flight.carrier == "UA" else flight.operator_name
    return {
        "OperatingCarrier": flight.operator_code,
        "OperatingCarrierDescription": name.upper(),
        "OperatingCarrierMessage": f"Operated by {name}",
        "OperatingCarrierShort": name,
        "OperatingCarrierDescSource": "ITA",
        **({"IsUnitedExpress": True} if flight.carrier == "UA" else {}),
    }


def _stop_infos(flight: Flight, departs: datetime) -> list[Json]:
    landing = flight.intermediate_stop(departs.date())
    if landing is None:
        return []
    place, down, up = landing
    return [
        {
            **_place("Origin", flight.origin),
            **_place("Destination", place),
            "DepartDateTime": _minute(departs),
            "DestinationDateTime": _minute(down),
            "NextDepartDateTime": _minute(up),
            "GroundTime": GROUND_MINUTES,
            "FlightNumber": str(flight.number),
        }
    ]


def _equipment(flight: Flight) -> Json:
    return {
        "EquipmentType": flight.aircraft,
        "EquipmentDescription": aircraft_name(flight.aircraft),
        "IsSingleCabin": flight.cabins == "E",
        "NoBoardingAssistance": False,
        "NonJetEquipment": flight.aircraft.startswith("DH"),
        "WheelchairsNotAllowed": False,
        "AircraftDoorHeight": "32",
        "AircraftDoorWidth": "45",
        "AircraftDoorHeightInCm": "81.28",
        "AircraftDoorWidthInCm": "114.3",
    }


def itinerary_warnings(itinerary: Itinerary, ordinal: int, mixed: bool) -> list[list[Json]]:
    """Return the warnings for each flight in an itinerary."""
    times = itinerary.times(ordinal)
    waits = [0, *layovers(times)]
    by_flight = []
    for flight, (departs, arrives), wait in zip(itinerary.flights, times, waits, strict=False):
        warnings = []
        if mixed:
            warnings.append(_warning("Non Preferred Cabin", "NON_PREFERRED_CABIN", ["NON_PREFERRED_CABIN"], True))
        if flight.via:
            warnings.append(_warning("Stop", "STOP", [f"Stop in {flight.via}"]))
        if 0 < wait <= RISKY_MINUTES:
            warnings.append(_warning("Risky Connection", "RISKY_CONNECTION", ["Risky connection"]))
        if wait >= LONG_MINUTES:
            warnings.append(_warning("Long Layover", "LONG_LAYOVER", ["Long layover"]))
        if days := arrives.toordinal() - departs.toordinal():
            warnings.append(_next_day(flight, departs, arrives, days))
        by_flight.append(warnings)
    return by_flight


def _warning(title: str, key: str, messages: list[str], hidden: bool = False) -> Json:
    return {
        "Title": title,
        "Key": key,
        "Hidden": hidden,
        "Messages": messages,
        "SDLContent": {"Key": f"WARNING_{key}"},
        "SDLMessages": [{"Key": f"WARNING_{key}_DESCRIPTION"}],
        "IsFlightBlockLevel": False,
    }


def _next_day(flight: Flight, departs: datetime, arrives: datetime, days: int) -> Json:
    messages = [
        f"Depart {flight.origin}: {departs:%a, %b} {departs.day} ",
        f"Arrive {flight.destination}: {arrives:%a, %b} {arrives.day}",
    ]
    departure = {"DepartAirportCode": flight.origin, "DepartDate": _minute(departs)}
    arrival = {"ArriveAirportCode": flight.destination, "ArriveDate": _minute(arrives)}
    return _warning(f"{days:+} day arrival", "ARRIVAL", messages) | {
        "SDLContent": {"Key": "WARNING_ARRIVAL_NEXTDAY", "Params": {"FlightDurationDays": str(days)}},
        "SDLMessages": [
            {"Key": "WARNING_ARRIVAL_DEPART_DESCRIPTION", "Params": departure},
            {"Key": "WARNING_ARRIVAL_ARRIVE_DESCRIPTION", "Params": arrival},
        ],
    }
