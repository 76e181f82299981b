"""The JSON for American's itinerary search: a slice for each itinerary, with its segments, legs and prices.

Keys and types are those of responses of July 2022 and September 2026. Assumed: that seats are shown only if four or
fewer are left; that a sale price is a web special, shown next to the regular price; the fare codes of partners; the
meals and the amenities.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines._flights import (
    Leg,
    group_by_itinerary,
    iso_milliseconds,
    layovers,
    legs_of_flight,
)
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import all_places, country, distance, draw, network
from awardspider.sandbox.schedule import GROUND_MINUTES, Flight, aircraft_name, carrier_names

PRODUCTS = ("COACH", "PREMIUM_ECONOMY", "BUSINESS", "FIRST")
# Booking classes for dynamic prices and for saver prices; partners sell only saver prices.
LETTERS = {Cabin.ECONOMY: "YT", Cabin.PREMIUM_ECONOMY: "WX", Cabin.BUSINESS: "JU", Cabin.FIRST: "FZ"}
NAMES = {Cabin.ECONOMY: "COACH", Cabin.PREMIUM_ECONOMY: "PREMIUM_ECONOMY", Cabin.FIRST: "FIRST"}
BENEFITS = {"COACH": "COACH", "PREMIUM_ECONOMY": "PREMIUM-COACH", "BUSINESS": "BUSINESS", "FIRST": "FIRST"}
MAX_FIRST_MILES = 3000
MAX_SEATS_SHOWN = 4
RISKY_MINUTES = 50


def front_cabin_is_first(route: tuple[str, str]) -> bool:
    """Return whether the front cabin on a route is called FIRST instead of BUSINESS."""
    return distance(*route) <= MAX_FIRST_MILES


def itinerary_json(
    route: tuple[str, str],
    day: date,
    offers: Sequence[Offer],
    travelers: int,
    key: tuple[int, int],
    sold_out: Sequence[Itinerary] = (),
) -> Json:
    """Build the response from offers sorted by itinerary and from sold-out itineraries."""
    slices = [_slice(group[0].itinerary, day.toordinal(), group, travelers) for group in group_by_itinerary(offers)]
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
    """Build one itinerary with the prices of each product."""
    shown = {_product(offer): offer for offer in shown_offers(offers)}
    segments = list(_segments(itinerary, ordinal, shown))
    pricing = [row for product in PRODUCTS for row in _prices(product, shown.get(product), travelers)]
    grouped = [_product_pricing(product, pricing) for product in PRODUCTS]
    sold = [row for row in pricing if row["productAvailable"]]
    cheapest = min(sold or pricing, key=lambda row: row["perPassengerAwardPoints"])
    times = itinerary.times(ordinal)
    details = [row for segment in segments for leg in segment["legs"] for row in leg["productDetails"]]
    alerts = [alert for row in details for alert in row["alerts"]]
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
        "departureDateTime": iso_milliseconds(times[0][0]),
        "arrivalDateTime": iso_milliseconds(times[-1][1]),
        "origin": _place(itinerary.airports[0]),
        "allSegmentsOperatedByAA": all(_is_own(flight) for flight in itinerary.flights),
        "destination": _place(itinerary.airports[-1]),
        "stops": itinerary.stop_count,
        "connectingCities": [[_place(code)] for code in itinerary.airports[1:-1]],
        "allSegmentsOA": all(flight.carrier != "AA" for flight in itinerary.flights),
        "carrierNames": list(dict.fromkeys(carrier_names()[flight.carrier] for flight in itinerary.flights)),
    }


def shown_offers(offers: list[Offer]) -> list[Offer]:
    """Return an itinerary's cheapest offer of each product, whether its cabins are mixed or not."""
    shown: dict[str, Offer] = {}
    for offer in sorted(offers, key=lambda offer: offer.miles):
        shown.setdefault(_product(offer), offer)
    return list(shown.values())


def _product(offer: Offer) -> str:
    """Return the product type of an offer."""
    if offer.cabin is Cabin.BUSINESS:
        return "FIRST" if front_cabin_is_first(_route(offer.itinerary)) else "BUSINESS"
    return NAMES[offer.cabin]


def _cabin_type(flight: Flight, cabin: Cabin, route: tuple[str, str]) -> str:
    """Return a seat's cabin type. The front cabin is BUSINESS on wide-body aircraft on long routes, otherwise FIRST."""
    if cabin is Cabin.BUSINESS:
        wide = flight.aircraft in network()["carriers"][flight.carrier]["wide"].split()
        return "BUSINESS" if wide and not front_cabin_is_first(route) else "FIRST"
    return NAMES[cabin]


def _route(itinerary: Itinerary) -> tuple[str, str]:
    return itinerary.airports[0], itinerary.airports[-1]


# ---- flights -----------------------------------------------------------------------------------------------------


def _segments(itinerary: Itinerary, ordinal: int, shown: dict[str, Offer]) -> Iterator[Json]:
    times = itinerary.times(ordinal)
    waits = layovers(times)
    for position, (flight, (departs, arrives)) in enumerate(zip(itinerary.flights, times, strict=True)):
        following = times[position + 1][0] if position + 1 < len(times) else None
        products = [row for product, offer in shown.items() for row in _details(product, offer, position)]
        products.sort(key=lambda row: (PRODUCTS.index(row["productType"]), not row["webSpecial"]))
        alerts = ["ALERTS.RISKY-CONNECTION"] if 0 < waits[position] <= RISKY_MINUTES else []
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
            "legs": _legs(flight, departs, arrives, waits[position], products),
            "marriedSegmentIndex": None,
            "departureDateTime": iso_milliseconds(departs),
            "arrivalDateTime": iso_milliseconds(arrives),
            "origin": _place(flight.origin),
            "destination": _place(flight.destination),
            "changeOfGauge": False,
            "throughFlight": flight.via is not None,
        }


def _legs(flight: Flight, departs: datetime, arrives: datetime, wait: int, products: list[Json]) -> list[Json]:
    *landed, last = legs_of_flight(flight, departs, arrives)
    legs = [_leg(flight, leg, GROUND_MINUTES, products) for leg in landed]
    return [*legs, _leg(flight, last, wait, products)]


def _leg(flight: Flight, leg: Leg, wait: int, products: list[Json]) -> Json:
    name = aircraft_name(flight.aircraft)
    return {
        "aircraft": {"code": flight.aircraft, "name": name, "shortName": name.partition("-")[0]},
        "aircraftCode": flight.aircraft,
        "arrivalDateTime": iso_milliseconds(leg.arrives),
        "brazilOnTimePerformance": None,
        "connectionTimeInMinutes": wait,
        "departureDateTime": iso_milliseconds(leg.departs),
        "destination": _place(leg.destination),
        "durationInMinutes": leg.minutes,
        "flight": None,
        "onTimePerformance": {
            "performanceData": {"cancelRate": "0", "failureRate": "", "month": "2026-09", "rate": ""},
            "warningRequired": False,
        },
        "operationalDisclosure": _operator(flight),
        "origin": _place(leg.origin),
        "productDetails": products,
        "alerts": [],
        "amenities": ["wifi", "power"],
        "domestic": country(leg.origin) == country(leg.destination) == "US",
        "brazilian": False,
    }


def _operator(flight: Flight) -> str:
    if flight.operator_name is None:
        return ""
    brand = "American Eagle" if flight.carrier == "AA" else carrier_names()[flight.carrier]
    return f"{flight.operator_name} as {brand}"


def _is_own(flight: Flight) -> bool:
    return flight.carrier == "AA" and flight.operator_name is None


def _details(product: str, offer: Offer, position: int) -> Iterator[Json]:
    """Yield the booking details of a product on one flight, once for each price of the product."""
    cabin = offer.cabins[position]
    cabin_type = _cabin_type(offer.itinerary.flights[position], cabin, _route(offer.itinerary))
    lower = PRODUCTS.index(cabin_type) < PRODUCTS.index(product)
    for special in (True, False) if offer.discount_percent else (False,):
        yield {
            "bookingCode": LETTERS[cabin][offer.saver],
            "cabinType": cabin_type,
            "meals": ["R"] if cabin is Cabin.ECONOMY else ["M"],
            "productType": product,
            "webSpecial": special,
            "flagship": False,
            "businessPlus": False,
            "alerts": ["ALERTS.CLASS-OF-SERVICE-NOT-AVAILABLE"] if lower else [],
        }


# ---- prices ------------------------------------------------------------------------------------------------------


def _prices(product: str, offer: Offer | None, travelers: int) -> Iterator[Json]:
    """Yield a product's rows: a web special and the regular price, only the regular price, or "not available"."""
    if offer is None:
        yield _row(product, None, 0, False, travelers)
        return
    if offer.discount_percent:
        yield _row(product, offer, offer.miles, True, travelers)
    yield _row(product, offer, offer.regular_miles, False, travelers)


def _row(product: str, offer: Offer | None, points: int, special: bool, travelers: int) -> Json:
    cents = offer.taxes + offer.fee if offer else 0
    per_traveler = {"amount": cents / 100, "currency": "USD"}
    total = {"amount": cents * travelers / 100, "currency": "USD"} if offer else None
    benefits = f"PRODUCT-BENEFITS.{BENEFITS[product]}"
    if product == "COACH":
        benefits += "-WEB-SPECIAL" if special else "-NON-WEB-SPECIAL"
    return {
        "perPassengerDisplayTotal": per_traveler,
        "perPassengerAwardPoints": points,
        "tripType": "ONE_WAY",
        "allPassengerTaxesAndFees": total,
        "extendedFareCode": f"{LETTERS[offer.cabin][offer.saver]}{points // 100:04}XNA" if offer else "",
        "perPassengerTaxesAndFees": per_traveler,
        "productBenefits": benefits,
        "productType": product,
        "productTypeExt": None,
        "seatsRemaining": offer.seats if offer and offer.seats <= MAX_SEATS_SHOWN else 0,
        "solutionID": f"{draw('solution', offer.ordinal, product, special):x}" if offer else None,
        "allPassengerDisplayTotal": total,
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


def _product_pricing(product: str, pricing: list[Json]) -> Json:
    """Build one product's prices in the form that the page shows."""
    rows = [row for row in pricing if row["productType"] == product]
    special = next((row for row in rows if row["webSpecial"]), None)
    regular = next(row for row in rows if not row["webSpecial"])
    return {"regularPrice": regular, "webSpecialPrice": special, "cheapestPrice": special or regular}
