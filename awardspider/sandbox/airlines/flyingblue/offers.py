"""The JSON for Flying Blue's two searches: one day's flights, and the lowest price for each day or month.

The flights have the keys, in the order, of a response of 2026-02. Prices and taxes are for all travelers, except for
`displayPrice` in the calendar's rows, which is per passenger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json, opaque_id
from awardspider.sandbox.airlines._flights import (
    Times,
    group_by_itinerary,
    layovers,
    local_time,
    operator_name,
)
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.fares import NO_PRICE, Tariff, unpack
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import all_places
from awardspider.sandbox.schedule import Flight, aircraft_name

CABINS = {
    "ECONOMY": Cabin.ECONOMY,
    "PREMIUM": Cabin.PREMIUM_ECONOMY,
    "BUSINESS": Cabin.BUSINESS,
    "FIRST": Cabin.FIRST,
}
TITLES = {"ECONOMY": "Economy", "PREMIUM": "Premium", "BUSINESS": "Business", "FIRST": "La Première"}
FAMILIES = {"ECONOMY": "FFYCLASSIC", "PREMIUM": "FFWCLASSIC", "BUSINESS": "FFJCLASSIC", "FIRST": "FFPCLASSIC"}
EUROS_PER_MILE = 0.012  # for the calendar; cash prices of flights come from the inventory
NO_FARE = {
    "__typename": "OfferWarning",
    "code": "NO_FARE_FOUND",
    "description": "Sorry, there is no fare found for your search.",
}
DISCLAIMER = (
    "* Please note: airport taxes and security charges are not covered by your Miles and must be paid separately."
)


def available_offers(offers: Sequence[Offer], tariff: Tariff, travelers: int, *, reward: bool) -> Json:
    """Build one day's flights with each cabin's lowest price, in miles if `reward` is true, otherwise in cash."""
    priced = [offer for offer in offers if reward or offer.cash is not None]
    lowest = {name: _lowest(priced, cabin) for name, cabin in CABINS.items()}
    itinerary_json = partial(_itinerary, tariff=tariff, travelers=travelers, reward=reward, lowest=lowest)
    return {
        "availableOffers": {
            "__typename": "AvailableOfferResponse",
            "offerItineraries": [itinerary_json(group) for group in group_by_itinerary(priced)],
            "resourceLinks": None,
            "warnings": None if priced else [NO_FARE],
            "disclaimers": [
                {
                    "code": "FARE_MILES",
                    "textRJF": [{"type": "paragraph", "depth": 1, "text": DISCLAIMER}],
                    "type": "GENERAL",
                    "__typename": "OfferGroupedDisclaimer",
                }
            ],
            "searchMetadata": {
                "negotiatedFareAvailable": None,
                "environmentalInformation": None,
                "__typename": "OfferSearchMetaData",
            },
        }
    }


def _lowest(offers: Iterable[Offer], cabin: Cabin) -> int:
    return min((offer.miles for offer in offers if offer.cabin is cabin), default=0)


def _itinerary(offers: list[Offer], *, tariff: Tariff, travelers: int, reward: bool, lowest: dict[str, int]) -> Json:
    itinerary, ordinal = offers[0].itinerary, offers[0].ordinal
    names = [name for name, cabin in CABINS.items() if cabin is not Cabin.FIRST or lowest[name]]
    by_name = {name: next((offer for offer in offers if offer.cabin is CABINS[name]), None) for name in names}
    products = []
    for name, offer in by_name.items():
        price, tax = _price(offer, tariff, travelers, reward)
        products.append(_product(name, offer, price, tax, travelers, lowest[name]))
    connection = _connection(itinerary, ordinal)
    flight, day = itinerary.flights[0], connection["segments"][0]["departureDateTime"][:10]
    sold = [product for product in products if product["connections"][0]["price"]["amount"] is not None]
    return {
        "_id": _id("OfferItinerary", itinerary, ordinal),
        "activeConnection": {
            "flightAmenityNumber": f"{flight.carrier}_{flight.number:04}_{day}",
            **connection,
            "warnings": [],
            "flightHighlight": None,
        },
        "flightProducts": [_flight_product(product) for product in sold],
        "upsellCabinProducts": products,
        "connections": [connection],
        "__typename": "OfferItinerary",
    }


def _connection(itinerary: Itinerary, ordinal: int) -> Json:
    times = itinerary.times(ordinal)
    operators = {flight.operator_code: operator_name(flight) for flight in itinerary.flights}
    return {
        "segments": list(_segments(itinerary, times)),
        "__typename": "OfferConnection",
        "dateVariation": _days(times[0][0], times[-1][1]),
        "duration": itinerary.minutes,
        "isDirect": len(itinerary.flights) == 1,
        "operatingCarriers": [
            {"code": code, "name": name, "__typename": "Carrier"} for code, name in operators.items()
        ],
        "_id": _id("OfferConnection", itinerary, ordinal),
    }


def _segments(itinerary: Itinerary, times: Times) -> Iterator[Json]:
    longest = max(flight.block for flight in itinerary.flights)
    for flight, (departs, arrives), layover in zip(itinerary.flights, times, layovers(times), strict=True):
        yield {
            "_id": _id("OfferSegment", flight, departs),
            "commercialCabinLabel": None,
            "equipmentInformation": None,
            "equipmentName": aircraft_name(flight.aircraft),
            "highestPriority": flight.block == longest,
            "marketingFlight": {
                "flightOnTime": None,
                "operatingFlight": {
                    "carrier": {
                        "code": flight.operator_code,
                        "name": operator_name(flight),
                        "__typename": "CodeName",
                        "carrierOwnerCode": flight.operator_code,
                    },
                    "number": f"{flight.number:04}",
                    "__typename": "OfferSegmentOperatingFlight",
                },
                "__typename": "OfferSegmentMarketingFlight",
                "carrier": {"code": flight.carrier, "__typename": "CodeName"},
                "number": f"{flight.number:04}",
                "suffix": None,
            },
            "seatMapEligible": False,
            "stopsAt": [{"code": flight.via, "name": all_places()[flight.via].city}] if flight.via else None,
            "__typename": "OfferSegment",
            "arrivalDateTime": local_time(arrives),
            "dateVariation": _days(departs, arrives),
            "departureDateTime": local_time(departs),
            "destination": _station(flight.destination),
            "duration": flight.block,
            "equipmentType": "AIRCRAFT",
            "origin": _station(flight.origin),
            "transferDuration": layover or None,
        }


def _price(offer: Offer | None, tariff: Tariff, travelers: int, reward: bool) -> tuple[Json, Json | None]:
    """Return the price and tax for all travelers; if the cabin is not sold, an empty price and None."""
    if offer is None:
        return {"amount": None, "currencyCode": None, "__typename": "Money"}, None
    tax = _money(tariff.charge(offer.taxes + offer.fee) * travelers / 100, tariff.currency)
    if reward:
        return _money(offer.miles * travelers, "MILES"), tax
    return _money(tariff.charge((offer.cash or 0) * 100) * travelers / 100, tariff.currency), tax


def _product(name: str, offer: Offer | None, price: Json, tax: Json | None, travelers: int, lowest: int) -> Json:
    key = _hash(name, offer.itinerary.key if offer else "")
    return {
        "_id": f"OfferFlightProduct:{key}",
        "connections": [
            {
                "_id": f"OfferFlightProductConnection:{key[::-1]}",
                "cabinClass": name,
                "cabinClassTitle": TITLES[name],
                "hasSpecialFare": bool(offer and offer.saver),
                "isLowest": bool(offer and offer.miles == lowest),
                "isNegotiated": None,
                "isPromo": bool(offer and offer.discount_percent),
                "numberOfSeatsAvailable": offer.seats if offer else None,
                "passengerCount": travelers,
                "price": price,
                "promoTitle": "Promo Rewards" if offer and offer.discount_percent else None,
                "tax": tax,
                "__typename": "OfferFlightProductConnection",
                "fareFamily": {"code": FAMILIES[name], "__typename": "OfferFlightProductConnectionFareFamily"}
                if offer
                else None,
                "resourceIds": {
                    "flightDetails": f"/b/v3/flight-details/{key[:32]}/0" if offer else None,
                    "__typename": "OfferFlightProductConnectionLinks",
                },
            }
        ],
        "resourceIds": {
            "availableOffers": None,
            "upsellOffers": f"/b/v3/flight-products/{key}" if offer else None,
            "__typename": "OfferFlightProductLinks",
            "externalBooking": None,
        },
        "__typename": "OfferFlightProduct",
    }


def _flight_product(product: Json) -> Json:
    """Build the short form of a product, which has its price but not its cabin."""
    connection = product["connections"][0]
    part = {key: connection[key] for key in ("price", "tax", "__typename", "_id")}
    return {"connections": [part], "__typename": "OfferFlightProduct"}


def lowest_offers(days: Sequence[date], prices: Sequence[int], tariff: Tariff, travelers: int, *, reward: bool) -> Json:
    """Build a row for each day from the day's packed price. A day without a price is marked `noFlight`."""
    return {
        "lowestFareOffers": {
            "__typename": "LowestFareOffersResponse",
            "lowestOffers": [
                _row(day, packed, tariff, travelers, reward) for day, packed in zip(days, prices, strict=True)
            ],
            "warning": None,
        }
    }


def _row(day: date, packed: int, tariff: Tariff, travelers: int, reward: bool) -> Json:
    if packed == NO_PRICE:
        return {
            "__typename": "LowestFareOffer",
            "flightDate": str(day),
            "noFlight": True,
            "currency": None,
            "displayPrice": None,
            "totalPrice": None,
            "totalTaxDetails": None,
            "connections": [],
        }
    miles, _, cents = unpack(packed)
    price = miles if reward else round(miles * EUROS_PER_MILE)
    currency = "MILES" if reward else tariff.currency
    tax = tariff.charge(cents) * travelers / 100
    return {
        "__typename": "LowestFareOffer",
        "flightDate": str(day),
        "noFlight": False,
        "currency": currency,
        "displayPrice": price,
        "totalPrice": price * travelers,
        "totalTaxDetails": {"currency": tariff.currency, "totalPrice": tax},
        "connections": [{"price": _money(price * travelers, currency), "tax": _money(tax, tariff.currency)}],
    }


def _money(amount: float, currency: str) -> Json:
    # An amount without cents is written as an integer, as in the capture.
    return {"amount": int(amount) if amount == int(amount) else amount, "currencyCode": currency, "__typename": "Money"}


def _station(code: str) -> Json:
    place = all_places()[code]
    return {
        "city": {"name": place.city, "__typename": "CodeName"},
        "code": code,
        "name": f"{place.city} Airport",
        "__typename": "OfferSegmentStation",
    }


def _days(departs: datetime, arrives: datetime) -> int:
    return (arrives.date() - departs.date()).days


def _hash(*key: object) -> str:
    return opaque_id(32, *key)


def _id(kind: str, *key: object) -> str:
    parts = [
        part.airports if isinstance(part, Itinerary) else part.name if isinstance(part, Flight) else part
        for part in key
    ]
    return f"{kind}:{_hash(kind, *parts)}"
