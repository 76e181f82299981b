"""The flights of a day as Southwest tells them, and the lowest fares of a day as we guess that its calendar does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.fares import NO_PRICE, unpack
from awardspider.sandbox.market import Offer
from awardspider.sandbox.places import draw
from awardspider.sandbox.schedule import Flight

Json = dict[str, Any]

# Points family, money family, how much dearer than the lowest in percent, fare basis of the points, booking class.
FAMILIES = (
    ("WGARED", "WGA", 100, "YAFF2H", "O"),
    ("PLURED", "PLU", 131, "YAFF4H", "O"),
    ("ANYRED", "ANY", 184, "YAFF6B", "M"),
    ("BUSRED", "BUS", 221, "YAFF8M", "B"),
)
FEW_SEATS = 4  # only so few are told


def detail(itinerary: Itinerary, offer: Offer | None, ordinal: int, now: datetime, points: bool) -> Json:
    times = itinerary.times(ordinal)
    leaves, arrives = times[0][0], times[-1][1]
    part = "BEFORE_NOON" if leaves.hour < 12 else "NOON_TO_SIX" if leaves.hour < 18 else "AFTER_SIX"
    kind = "NONSTOP" if not itinerary.landings else "STOPS" if len(times) > 1 else "DIRECT"
    told = {
        "originationAirportCode": itinerary.stops[0],
        "destinationAirportCode": itinerary.stops[-1],
        "departureTime": f"{leaves:%H:%M}",
        "arrivalTime": f"{arrives:%H:%M}",
        "departureDateTime": _moment(leaves),
        "arrivalDateTime": _moment(arrives),
        "nextDay": arrives.date() > leaves.date(),
        "totalDuration": itinerary.minutes,
        "flightNumbers": [str(flight.number) for flight in itinerary.flights],
        "filterTags": [part, "AVAILABLE", kind] if offer else [part, kind],
        "segments": [_segment(itinerary, times, index) for index in range(len(times))],
    }
    if offer is None and leaves <= now:
        return told
    return told | {"fareProducts": {"ADULT": _fares(itinerary, offer, times, points)}}


def _segment(itinerary: Itinerary, times: list[tuple[datetime, datetime]], index: int) -> Json:
    flight, (leaves, arrives) = itinerary.flights[index], times[index]
    wait = int((times[index + 1][0] - arrives).total_seconds()) // 60 if index + 1 < len(times) else 0
    hours, minutes = divmod(flight.block, 60)
    return {
        "originationAirportCode": flight.origin,
        "destinationAirportCode": flight.destination,
        "flightNumber": str(flight.number),
        "duration": f"{hours:02}:{minutes:02}",
        "numberOfStops": int(flight.via is not None),
        "departureTime": f"{leaves:%H:%M}",
        "arrivalTime": f"{arrives:%H:%M}",
        "departureDateTime": _moment(leaves),
        "arrivalDateTime": _moment(arrives),
        "operatingCarrierCode": flight.operator_code,
        "marketingCarrierCode": flight.carrier,
        "aircraftEquipmentType": flight.aircraft,
        "wifiOnBoard": True,
        "stopsDetails": _legs(flight, leaves, arrives, wait),
    }


def _legs(flight: Flight, leaves: datetime, arrives: datetime, wait: int) -> list[Json]:
    """The legs of a segment: two where the plane lands on the way. `stopDuration` is the wait after a leg."""
    landing = flight.landing(leaves.date())
    if landing is None:
        return [_leg(flight, (flight.origin, leaves), (flight.destination, arrives), wait, wait > 0)]
    via, down, up = landing
    ground = int((up - down).total_seconds()) // 60
    return [
        _leg(flight, (flight.origin, leaves), (via, down), ground, False),
        _leg(flight, (via, up), (flight.destination, arrives), wait, wait > 0),
    ]


def _leg(flight: Flight, start: tuple[str, datetime], end: tuple[str, datetime], wait: int, change: bool) -> Json:
    return {
        "originationAirportCode": start[0],
        "destinationAirportCode": end[0],
        "flightNumber": str(flight.number),
        "legDuration": int((end[1] - start[1]).total_seconds()) // 60,
        "stopDuration": wait,
        "changePlanes": change,
        "departureTime": f"{start[1]:%H:%M}",
        "arrivalTime": f"{end[1]:%H:%M}",
        "departureDateTime": _moment(start[1]),
        "arrivalDateTime": _moment(end[1]),
    }


def _fares(itinerary: Itinerary, offer: Offer | None, times: list[tuple[datetime, datetime]], points: bool) -> Json:
    """The four families. What the world offers is the lowest one; of the two dearest, one can be sold out."""
    chance = draw("fares", itinerary.flights[0].name, times[0][0].date())
    gone = {0: "ANYRED", 1: "BUSRED"}.get(chance % 8)
    fares: Json = {}
    for family in FAMILIES:
        name = family[0] if points else family[1]
        if offer is None or family[0] == gone:
            fares[name] = {"availabilityStatus": "SOLD_OUT" if chance // 8 % 4 == 0 else "UNAVAILABLE", "fare": None}
        else:
            fares[name] = _fare(name, family, offer, times, points)
    return fares


def _fare(
    name: str,
    family: tuple[str, str, int, str, str],
    offer: Offer,
    times: list[tuple[datetime, datetime]],
    points: bool,
) -> Json:
    _, _, percent, basis, code = family
    on_sale = points and offer.percent > 0
    price = _amounts(_points(offer.miles, percent), offer.taxes) if points else _dollars(offer, percent)
    before = _amounts(_points(offer.before, percent), offer.taxes) if on_sale else None
    legs = [
        f"{code}{basis},{code},{flight.origin},{flight.destination},{_short(leaves)},{_short(arrives)},"
        f"{flight.carrier},{flight.operator_code},{flight.number},{flight.aircraft}"
        for flight, (leaves, arrives) in zip(offer.itinerary.flights, times, strict=True)
    ]
    left = {"seatsLeft": offer.seats} if offer.seats <= FEW_SEATS else {}
    return {
        "productId": "|".join([name, *legs]),
        "passengerType": "ADULT",
        "availabilityStatus": "AVAILABLE",
        "cabinInfo": [{"cabin": "ECO"}],
        "originalFare": before,
        "fare": price | {"fareType": "DISCOUNT" if on_sale else "NONDISCOUNT"} | left,
        "waivedFare": None,
    }


def _points(miles: int, percent: int) -> int:
    """A dearer family, to the next hundred points."""
    return miles if percent == 100 else (miles * percent // 100 + 50) // 100 * 100


def _amounts(points: int, cents: int) -> Json:
    whole = {"value": str(points), "currencyCode": "POINTS"}
    taxes = {"value": f"{cents // 100}.{cents % 100:02}", "currencyCode": "USD"}
    return {"baseFare": whole, "totalFare": whole, "totalTaxesAndFees": taxes}


def _dollars(offer: Offer, percent: int) -> Json:
    """The same flight for money: the fare with its taxes."""
    whole = {"value": f"{(offer.cash or 0) * percent // 100}.98", "currencyCode": "USD"}
    taxes = {"value": f"{offer.taxes / 100:.2f}", "currencyCode": "USD"}
    return {"baseFare": whole, "totalFare": whole, "totalTaxesAndFees": taxes}


def lowest_fares(packed: int) -> Json:
    """The two lowest families of a day; they are for sale whenever there is a seat."""
    if packed == NO_PRICE:
        return {}
    price = unpack(packed)
    amounts = {family[0]: _amounts(_points(price.miles, family[2]), price.taxes) for family in FAMILIES[:2]}
    return {name: {key: one[key] for key in ("totalFare", "totalTaxesAndFees")} for name, one in amounts.items()}


def around(origin: str, destination: str, points: bool, details: list[Json]) -> Json:
    """The answer around its flights."""
    sold = [fares for detail in details if (fares := detail.get("fareProducts", {}).get("ADULT"))]
    lowest: dict[str, Json] = {}
    for family in FAMILIES:
        name = family[0] if points else family[1]
        totals = [fares[name]["fare"]["totalFare"] for fares in sold if fares[name]["fare"]]
        if totals:
            lowest[name] = min(totals, key=lambda total: float(total["value"]))
    fastest = min(detail["totalDuration"] for detail in details)
    tags = [detail["filterTags"] for detail in details]
    cheapest = next(({"fareFamily": name} | total for name, total in lowest.items()), None)
    sale = any(fare.get("originalFare") for fares in sold for fare in fares.values())
    product = {
        "originationAirportCode": origin,
        "destinationAirportCode": destination,
        "fastestDuration": str(fastest),
        "containsAvailability": bool(lowest),
        "containsNonstop": any("NONSTOP" in tag for tag in tags),
        "containsStops": any("STOPS" in tag for tag in tags),
        "currencyCode": None,
        "lowestFare": cheapest,
        "promoToken": "SALE" if sale else None,
        "details": details,
    }
    summary = [{"fareFamily": name, "minimumFare": total} for name, total in lowest.items()]
    results = {"fareSummary": summary, "airProducts": [product], "promoToken": None}
    return {"success": True, "notifications": None, "data": {"searchResults": results}, "uiMetadata": {}}


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _short(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
