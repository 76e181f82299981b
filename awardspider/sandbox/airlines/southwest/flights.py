"""The JSON for one day's flights at Southwest, and for a day in the calendar, whose format is assumed."""

from __future__ import annotations

from datetime import datetime

from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines._flights import Leg, Times, iso_milliseconds, layovers, legs_of_flight
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.fares import NO_PRICE, unpack
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import draw
from awardspider.sandbox.schedule import GROUND_MINUTES, Flight

# Each family's names in points and in dollars, price in percent of the lowest, end of the fare basis, booking class.
FAMILIES = (
    ("WGARED", "WGA", 100, "YAFF2H", "O"),
    ("PLURED", "PLU", 131, "YAFF4H", "O"),
    ("ANYRED", "ANY", 184, "YAFF6B", "M"),
    ("BUSRED", "BUS", 221, "YAFF8M", "B"),
)
MAX_SEATS_SHOWN = 4


def detail_json(itinerary: Itinerary, offer: Offer | None, ordinal: int, now: datetime, points: bool) -> Json:
    """Build an itinerary. Without an offer, it is sold out, or has departed if it leaves by `now`."""
    times = itinerary.times(ordinal)
    departs, arrives = times[0][0], times[-1][1]
    time_of_day = "BEFORE_NOON" if departs.hour < 12 else "NOON_TO_SIX" if departs.hour < 18 else "AFTER_SIX"
    kind = "NONSTOP" if not itinerary.stop_count else "STOPS" if len(times) > 1 else "DIRECT"
    detail = {
        "originationAirportCode": itinerary.airports[0],
        "destinationAirportCode": itinerary.airports[-1],
        **_times(departs, arrives),
        "nextDay": arrives.date() > departs.date(),
        "totalDuration": itinerary.minutes,
        "flightNumbers": [str(flight.number) for flight in itinerary.flights],
        "filterTags": [time_of_day, "AVAILABLE", kind] if offer else [time_of_day, kind],
        "segments": [
            _segment(flight, *ends, layover)
            for flight, ends, layover in zip(itinerary.flights, times, layovers(times), strict=True)
        ],
    }
    if offer is None and departs <= now:
        return detail
    return detail | {"fareProducts": {"ADULT": _fares(itinerary, offer, times, points)}}


def _times(departs: datetime, arrives: datetime) -> Json:
    return {
        "departureTime": f"{departs:%H:%M}",
        "arrivalTime": f"{arrives:%H:%M}",
        "departureDateTime": iso_milliseconds(departs),
        "arrivalDateTime": iso_milliseconds(arrives),
    }


def _segment(flight: Flight, departs: datetime, arrives: datetime, layover: int) -> Json:
    hours, minutes = divmod(flight.block, 60)
    return {
        "originationAirportCode": flight.origin,
        "destinationAirportCode": flight.destination,
        "flightNumber": str(flight.number),
        "duration": f"{hours:02}:{minutes:02}",
        "numberOfStops": int(flight.via is not None),
        **_times(departs, arrives),
        "operatingCarrierCode": flight.operator_code,
        "marketingCarrierCode": flight.carrier,
        "aircraftEquipmentType": flight.aircraft,
        "wifiOnBoard": True,
        "stopsDetails": _legs(flight, departs, arrives, layover),
    }


def _legs(flight: Flight, departs: datetime, arrives: datetime, layover: int) -> list[Json]:
    """Build a segment's legs. `stopDuration` is the wait after a leg."""
    *landed, last = legs_of_flight(flight, departs, arrives)
    legs = [_leg(flight, leg, GROUND_MINUTES, change=False) for leg in landed]
    return [*legs, _leg(flight, last, layover, change=layover > 0)]


def _leg(flight: Flight, leg: Leg, wait: int, *, change: bool) -> Json:
    return {
        "originationAirportCode": leg.origin,
        "destinationAirportCode": leg.destination,
        "flightNumber": str(flight.number),
        "legDuration": leg.minutes,
        "stopDuration": wait,
        "changePlanes": change,
        **_times(leg.departs, leg.arrives),
    }


def _fares(itinerary: Itinerary, offer: Offer | None, times: Times, points: bool) -> Json:
    """Build the four families. The offer is the lowest family; one of the two most expensive ones can be sold out."""
    chance = draw("fares", itinerary.flights[0].name, times[0][0].date())
    sold_out = {0: "ANYRED", 1: "BUSRED"}.get(chance % 8)
    fares: Json = {}
    for family in FAMILIES:
        name = family[0] if points else family[1]
        if offer is None or family[0] == sold_out:
            fares[name] = {"availabilityStatus": "SOLD_OUT" if chance // 8 % 4 == 0 else "UNAVAILABLE", "fare": None}
        else:
            fares[name] = _fare(name, family, offer, times, points)
    return fares


def _fare(
    name: str,
    family: tuple[str, str, int, str, str],
    offer: Offer,
    times: Times,
    points: bool,
) -> Json:
    _, _, percent, basis, code = family
    on_sale = points and offer.discount_percent > 0
    price = _amounts(_points(offer.miles, percent), offer.taxes) if points else _dollars(offer, percent)
    before = _amounts(_points(offer.regular_miles, percent), offer.taxes) if on_sale else None
    legs = [
        f"{code}{basis},{code},{flight.origin},{flight.destination},{_short(departs)},{_short(arrives)},"
        f"{flight.carrier},{flight.operator_code},{flight.number},{flight.aircraft}"
        for flight, (departs, arrives) in zip(offer.itinerary.flights, times, strict=True)
    ]
    seats = {"seatsLeft": offer.seats} if offer.seats <= MAX_SEATS_SHOWN else {}
    return {
        "productId": "|".join([name, *legs]),
        "passengerType": "ADULT",
        "availabilityStatus": "AVAILABLE",
        "cabinInfo": [{"cabin": "ECO"}],
        "originalFare": before,
        "fare": price | {"fareType": "DISCOUNT" if on_sale else "NONDISCOUNT"} | seats,
        "waivedFare": None,
    }


def _points(miles: int, percent: int) -> int:
    """Return a family's price: `miles` for the lowest, else `percent` of `miles`, rounded to 100 points."""
    return miles if percent == 100 else (miles * percent // 100 + 50) // 100 * 100


def _amounts(points: int, cents: int) -> Json:
    total = {"value": str(points), "currencyCode": "POINTS"}
    taxes = {"value": f"{cents // 100}.{cents % 100:02}", "currencyCode": "USD"}
    return {"baseFare": total, "totalFare": total, "totalTaxesAndFees": taxes}


def _dollars(offer: Offer, percent: int) -> Json:
    """Build the cash price for the same flights, and the taxes included in it."""
    total = {"value": f"{(offer.cash or 0) * percent // 100}.98", "currencyCode": "USD"}
    taxes = {"value": f"{offer.taxes / 100:.2f}", "currencyCode": "USD"}
    return {"baseFare": total, "totalFare": total, "totalTaxesAndFees": taxes}


def lowest_fares(packed: int) -> Json:
    """Build a day's two lowest families from the day's packed price. Both are available on a day with a price."""
    if packed == NO_PRICE:
        return {}
    price = unpack(packed)
    amounts = {family[0]: _amounts(_points(price.miles, family[2]), price.taxes) for family in FAMILIES[:2]}
    return {name: {key: fare[key] for key in ("totalFare", "totalTaxesAndFees")} for name, fare in amounts.items()}


def flights_json(origin: str, destination: str, points: bool, details: list[Json]) -> Json:
    """Build the response from the JSON for each itinerary."""
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


def _short(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
