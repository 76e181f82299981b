"""American's itinerary answer: one slice for each itinerary, its segments and legs, and its prices.

Keys and types are those of answers captured in July 2022 and September 2026. Made up: seats are stated from four
downwards, a sale is a web special beside the regular price, partners' fare codes, the meals and the amenities.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from awardspider.items import Cabin
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.market import Offer
from awardspider.sandbox.places import all_places, block_minutes, country, distance, draw, network
from awardspider.sandbox.schedule import GROUND_MINUTES, Flight, aircraft_name, carrier_names

Json = dict[str, Any]
PRODUCTS = ("COACH", "PREMIUM_ECONOMY", "BUSINESS", "FIRST")
# The letters of a fare: what moves with revenue, and the old low prices, which are all that partners sell.
LETTERS = {Cabin.ECONOMY: "YT", Cabin.PREMIUM_ECONOMY: "WX", Cabin.BUSINESS: "JU", Cabin.FIRST: "FZ"}
BENEFITS = {"COACH": "COACH", "PREMIUM_ECONOMY": "PREMIUM-COACH", "BUSINESS": "BUSINESS", "FIRST": "FIRST"}
LONGEST_OVER_LAND = 3000
SEATS_STATED_FROM = 4
RISKY_MINUTES = 50


def sells_first_over_land(route: tuple[str, str]) -> bool:
    """Whether the front cabin of a route is called FIRST, not BUSINESS."""
    return distance(*route) <= LONGEST_OVER_LAND


def itinerary_json(
    route: tuple[str, str],
    day: date,
    offers: Sequence[Offer],
    travelers: int,
    key: tuple[int, int],
    sold_out: Sequence[Itinerary] = (),
) -> Json:
    """The whole answer for `offers`, which stand itinerary by itinerary; `sold_out` are those without any."""
    groups = [list(group) for _, group in groupby(offers, key=lambda offer: id(offer.itinerary))]
    slices = [_slice(group[0].itinerary, day.toordinal(), group, travelers) for group in groups]
    slices += [_slice(itinerary, day.toordinal(), [], travelers) for itinerary in sold_out]
    lowest = min((offer.miles for offer in offers), default=0)
    return {
        "error": "",
        "responseMetadata": {
            "departureDate": day.isoformat(),
            "destination": _place(route[1]),
            "direction": "DEPART",
            "international": country(route[0]) != country(route[1]),
            "origin": _place(route[0]),
            "roundTrip": False,
            "multiCity": False,
            "searchType": "Award",
            "tripType": "ONE_WAY",
            "sessionId": f"{draw('session', route, day, *key):x}",
            "solutionSet": f"{draw('set', route, day, *key):x}",
            "notifications": [],
            "sliceCount": 1,
            "pricedSliceIndex": 0,
            "pricedSlice": 1,
            "cached": False,
        },
        "products": list(PRODUCTS),
        "slices": slices,
        "utag": {"channel": "Booking", "lowest_award_selling_miles": str(lowest), "search_cabin_type": "Show All"},
    }


@functools.cache
def _place(code: str) -> Json:
    place = all_places()[code]
    return {
        "city": place.city,
        "cityName": f"{place.city}, {place.state}" if place.state else place.city,
        "code": code,
        "countryCode": place.country,
        "name": f"{place.city} {code}",
        "stateCode": place.state,
        "domestic": country(code) == "US",
    }


def _slice(itinerary: Itinerary, ordinal: int, offers: list[Offer], travelers: int) -> Json:
    """One itinerary: of a cabin that is offered whole and mixed, only the cheaper one is shown."""
    shown: dict[str, Offer] = {}
    for offer in sorted(offers, key=lambda offer: offer.miles):
        shown.setdefault(_product(offer), offer)
    segments = list(_segments(itinerary, ordinal, shown))
    pricing = [row for product in PRODUCTS for row in _prices(product, shown.get(product), travelers)]
    grouped = [_of_product(product, pricing) for product in PRODUCTS]
    sold = [row for row in pricing if row["productAvailable"]]
    cheapest = min(sold or pricing, key=lambda row: row["perPassengerAwardPoints"])
    times = itinerary.times(ordinal)
    alerts = [alert for segment in segments for leg in segment["legs"] for alert in _alerts_of(leg)]
    alerts += [alert for segment in segments for alert in segment["alerts"]]
    specials = [row["productType"] for row in pricing if row["webSpecial"]]
    return {
        "durationInMinutes": itinerary.minutes,
        "segments": segments,
        "alerts": list(dict.fromkeys(alerts)),
        "cheapestPrice": cheapest,
        "pricingDetail": pricing,
        "productPricing": grouped,
        "webSpecialIncluded": bool(specials),
        "economyWebSpecialIncluded": "COACH" in specials,
        "departureDateTime": _moment(times[0][0]),
        "arrivalDateTime": _moment(times[-1][1]),
        "origin": _place(itinerary.stops[0]),
        "allSegmentsOperatedByAA": all(_is_own(flight) for flight in itinerary.flights),
        "destination": _place(itinerary.stops[-1]),
        "stops": itinerary.landings,
        "connectingCities": [[_place(code)] for code in itinerary.stops[1:-1]],
        "allSegmentsOA": all(flight.carrier != "AA" for flight in itinerary.flights),
        "carrierNames": list(dict.fromkeys(carrier_names()[flight.carrier] for flight in itinerary.flights)),
    }


def _product(offer: Offer) -> str:
    """The product that an offer is sold as."""
    route = (offer.itinerary.stops[0], offer.itinerary.stops[-1])
    if offer.cabin is Cabin.BUSINESS:
        return "FIRST" if sells_first_over_land(route) else "BUSINESS"
    return {Cabin.ECONOMY: "COACH", Cabin.PREMIUM_ECONOMY: "PREMIUM_ECONOMY", Cabin.FIRST: "FIRST"}[offer.cabin]


def _seat(flight: Flight, cabin: Cabin, route: tuple[str, str]) -> str:
    """What a seat on one flight is called. On a feeder of a long route the front cabin is FIRST too."""
    if cabin is Cabin.BUSINESS:
        wide = flight.aircraft in network()["carriers"][flight.carrier]["wide"].split()
        return "BUSINESS" if wide and not sells_first_over_land(route) else "FIRST"
    return {Cabin.ECONOMY: "COACH", Cabin.PREMIUM_ECONOMY: "PREMIUM_ECONOMY", Cabin.FIRST: "FIRST"}[cabin]


# ---- flights -----------------------------------------------------------------------------------------------------


def _segments(itinerary: Itinerary, ordinal: int, shown: dict[str, Offer]) -> Iterator[Json]:
    times = itinerary.times(ordinal)
    for position, (flight, (leaves, arrives)) in enumerate(zip(itinerary.flights, times, strict=True)):
        following = times[position + 1][0] if position + 1 < len(times) else None
        waits = round((following - arrives).total_seconds() / 60) if following else 0
        products = [row for product, offer in shown.items() for row in _details(product, offer, position)]
        products.sort(key=lambda row: (PRODUCTS.index(row["productType"]), not row["webSpecial"]))
        alerts = ["ALERTS.RISKY-CONNECTION"] if 0 < waits <= RISKY_MINUTES else []
        if following and following.date() > arrives.date():
            alerts.append("ALERTS.OVERNIGHT")
        yield {
            "alerts": alerts,
            "fares": [],
            "flight": {
                "carrierCode": flight.carrier,
                "carrierName": carrier_names()[flight.carrier],
                "flightNumber": str(flight.number),
            },
            "legs": list(_legs(flight, leaves, arrives, waits, products)),
            "marriedSegmentIndex": None,
            "departureDateTime": _moment(leaves),
            "arrivalDateTime": _moment(arrives),
            "origin": _place(flight.origin),
            "destination": _place(flight.destination),
            "changeOfGauge": False,
            "throughFlight": flight.via is not None,
        }


def _legs(flight: Flight, leaves: datetime, arrives: datetime, waits: int, products: list[Json]) -> Iterator[Json]:
    """One leg, or two where the flight lands on the way."""
    landing = flight.landing(leaves.date())
    if landing is None:
        yield _leg(flight, (flight.origin, leaves), (flight.destination, arrives), flight.block, waits, products)
        return
    via, down, up = landing
    first = block_minutes(flight.origin, via)
    yield _leg(flight, (flight.origin, leaves), (via, down), first, GROUND_MINUTES, products)
    second = flight.block - first - GROUND_MINUTES
    yield _leg(flight, (via, up), (flight.destination, arrives), second, waits, products)


def _leg(
    flight: Flight,
    start: tuple[str, datetime],
    end: tuple[str, datetime],
    minutes: int,
    waits: int,
    products: list[Json],
) -> Json:
    name = aircraft_name(flight.aircraft)
    return {
        "aircraft": {"code": flight.aircraft, "name": name, "shortName": name.partition("-")[0]},
        "aircraftCode": flight.aircraft,
        "arrivalDateTime": _moment(end[1]),
        "brazilOnTimePerformance": None,
        "connectionTimeInMinutes": waits,
        "departureDateTime": _moment(start[1]),
        "destination": _place(end[0]),
        "durationInMinutes": minutes,
        "flight": None,
        "onTimePerformance": {
            "performanceData": {"cancelRate": "0", "failureRate": "", "month": "2026-09", "rate": ""},
            "warningRequired": False,
        },
        "operationalDisclosure": _operator(flight),
        "origin": _place(start[0]),
        "productDetails": products,
        "alerts": [],
        "amenities": ["wifi", "power"],
        "domestic": country(start[0]) == country(end[0]) == "US",
        "brazilian": False,
    }


def _operator(flight: Flight) -> str:
    if flight.operator_name is None:
        return ""
    known_as = "American Eagle" if flight.carrier == "AA" else carrier_names()[flight.carrier]
    return f"{flight.operator_name} as {known_as}"


def _is_own(flight: Flight) -> bool:
    return flight.carrier == "AA" and flight.operator_name is None


def _details(product: str, offer: Offer, position: int) -> Iterator[Json]:
    """What a product books on one flight: once for each of its prices."""
    route = (offer.itinerary.stops[0], offer.itinerary.stops[-1])
    cabin = offer.cabins[position]
    seat = _seat(offer.itinerary.flights[position], cabin, route)
    lower = PRODUCTS.index(seat) < PRODUCTS.index(product)
    for special in (True, False) if offer.percent else (False,):
        yield {
            "bookingCode": LETTERS[cabin][offer.saver],
            "cabinType": seat,
            "meals": ["R"] if cabin is Cabin.ECONOMY else ["M"],
            "productType": product,
            "webSpecial": special,
            "flagship": False,
            "businessPlus": False,
            "alerts": ["ALERTS.CLASS-OF-SERVICE-NOT-AVAILABLE"] if lower else [],
        }


def _alerts_of(leg: Json) -> Iterator[str]:
    for row in leg["productDetails"]:
        yield from row["alerts"]


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


# ---- prices ------------------------------------------------------------------------------------------------------


def _prices(product: str, offer: Offer | None, travelers: int) -> Iterator[Json]:
    """The rows of a product: the web special with the regular price beside it, or the only price, or "not offered"."""
    if offer is None:
        yield _row(product, None, 0, False, travelers)
        return
    if offer.percent:
        yield _row(product, offer, offer.miles, True, travelers)
    yield _row(product, offer, offer.before, False, travelers)


def _row(product: str, offer: Offer | None, points: int, special: bool, travelers: int) -> Json:
    cents = offer.taxes + offer.fee if offer else 0
    each = {"amount": cents / 100, "currency": "USD"}
    everyone = {"amount": cents * travelers / 100, "currency": "USD"} if offer else None
    benefits = f"PRODUCT-BENEFITS.{BENEFITS[product]}"
    if product == "COACH":
        benefits += "-WEB-SPECIAL" if special else "-NON-WEB-SPECIAL"
    stated = offer is not None and offer.seats <= SEATS_STATED_FROM
    return {
        "perPassengerDisplayTotal": each,
        "perPassengerAwardPoints": points,
        "tripType": "ONE_WAY",
        "allPassengerTaxesAndFees": everyone,
        "extendedFareCode": f"{LETTERS[offer.cabin][offer.saver]}{points // 100:04}XNA" if offer else "",
        "perPassengerTaxesAndFees": each,
        "productBenefits": benefits,
        "productType": product,
        "productTypeExt": None,
        "seatsRemaining": offer.seats if offer and stated else 0,
        "solutionID": f"{draw('solution', offer.ordinal, product, special):x}" if offer else None,
        "allPassengerDisplayTotal": everyone,
        "productAvailable": offer is not None,
        "basicEconomyPlus": False,
        "flagship": False,
        "businessPlus": False,
        "webSpecial": special,
        "lowestPriceForProductGroup": offer is not None,
        "mustBookAtAirport": False,
        "lieFlat": False,
        "flexible": False,
        "refundable": offer is not None,
        "refundableProducts": [],
    }


def _of_product(product: str, pricing: list[Json]) -> Json:
    """A product's prices side by side, as the page shows them."""
    rows = [row for row in pricing if row["productType"] == product]
    special = next((row for row in rows if row["webSpecial"]), None)
    regular = next(row for row in rows if not row["webSpecial"])
    return {"regularPrice": regular, "webSpecialPrice": special, "cheapestPrice": special or regular}
