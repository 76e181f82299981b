"""Aeroplan's response: a group of fares for each itinerary, and dictionaries of flights and codes.

Keys and types are those of a response of 2022-06. Total miles and taxes are for all travelers; taxes are in
hundredths. As in that response, `total` in `convertedMiles` is the sum of miles and taxes, and intermediate stops are
not shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines._flights import Times, group_by_itinerary, iso_milliseconds, layovers
from awardspider.sandbox.inventory import Inventory, Offer
from awardspider.sandbox.places import all_places, distance
from awardspider.sandbox.quotes import booked
from awardspider.sandbox.schedule import Flight, aircraft_name, carrier_names

CABINS = {
    Cabin.ECONOMY: "eco",
    Cabin.PREMIUM_ECONOMY: "ecoPremium",
    Cabin.BUSINESS: "business",
    Cabin.FIRST: "first",
}
# The fares in each cabin: family, sort order, and miles above the lowest fare.
FARES = {
    Cabin.ECONOMY: (("STANDARD", 9000, 0), ("FLEX", 8000, 6500), ("LATITUDE", 7000, 11500)),
    Cabin.PREMIUM_ECONOMY: (("PYLOW", 6000, 0), ("PYFLEX", 5000, 7500)),
    Cabin.BUSINESS: (("EXECLOW", 4000, 0), ("EXECFLEX", 3000, 9000)),
    Cabin.FIRST: (("FIRSTLOW", 2000, 0), ("FIRSTFLEX", 1000, 12000)),
}
FAMILY_CABINS = {name: (cabin, order) for cabin, fares in FARES.items() for name, order, _ in fares}
SAVER_CLASSES = {Cabin.ECONOMY: "X", Cabin.PREMIUM_ECONOMY: "N", Cabin.BUSINESS: "I", Cabin.FIRST: "O"}
CLASSES = {Cabin.ECONOMY: "H", Cabin.PREMIUM_ECONOMY: "E", Cabin.BUSINESS: "D", Cabin.FIRST: "A"}
COUNTRIES = {"CA": "CANADA", "US": "UNITED STATES OF AMERICA"}
CITY_CODES = {"YYZ": "YTO", "YUL": "YMQ", "YEG": "YEA", "JFK": "NYC", "EWR": "NYC", "LGA": "NYC", "LHR": "LON"}
DECIMALS = 2


class Bounds:
    """A builder for the response to one search at a step of the world."""

    def __init__(self, inventory: Inventory, travelers: int, step: int) -> None:
        self._inventory, self._travelers, self._step = inventory, travelers, step
        self._numbers = count(1)
        self._flights: dict[str, Json] = {}
        self._families: set[str] = set()

    def json(self, offers: Sequence[Offer]) -> Json:
        """Build the response from one day's offers."""
        groups = [self._group(group, ranking) for ranking, group in enumerate(group_by_itinerary(offers), 1)]
        return {"data": {"airBoundGroups": groups}, "dictionaries": self._dictionaries(offers)}

    def _group(self, offers: list[Offer], ranking: int) -> Json:
        itinerary, times = offers[0].itinerary, offers[0].itinerary.times(offers[0].ordinal)
        ids = [_flight_id(flight, departs) for flight, (departs, _) in zip(itinerary.flights, times, strict=True)]
        for name, flight, (departs, arrives) in zip(ids, itinerary.flights, times, strict=True):
            self._flights.setdefault(name, _flight(flight, departs, arrives))
        return {
            "boundDetails": {
                "originLocationCode": itinerary.airports[0],
                "destinationLocationCode": itinerary.airports[-1],
                "duration": itinerary.minutes * 60,
                "ranking": ranking,
                "segments": list(_segments(ids, times)),
            },
            "airBounds": [bound for offer in offers for bound in self._bounds(offer, ids)],
        }

    def _bounds(self, offer: Offer, ids: list[str]) -> Iterator[Json]:
        """Yield the fares in one cabin. If any flight is a partner's, only the lowest fare is sold."""
        own = all(flight.carrier in self._inventory.tariff.own for flight in offer.itinerary.flights)
        details = list(self._details(offer, ids))
        for family, _, more in FARES[offer.cabin][: None if own else 1]:
            self._families.add(family)
            taxes = self._inventory.tariff.charge(offer.taxes + offer.fee)
            bound: Json = {
                "airBoundId": f"BC1-1-SLCB-{offer.ordinal}-{next(self._numbers)}",
                "fareFamilyCode": family,
                "availabilityDetails": details,
                "fareInfos": [self._fare_info(details, family, ids)],
                "prices": self._prices(offer.miles + more, taxes),
                "airOffer": self._air_offer(offer.miles + more, taxes),
            }
            yield bound | ({"isMixedCabin": True} if offer.mixed else {})

    def _details(self, offer: Offer, ids: list[str]) -> Iterator[Json]:
        itinerary = offer.itinerary
        lengths = [distance(flight.origin, flight.destination) for flight in itinerary.flights]
        for name, flight, offset, length in zip(ids, itinerary.flights, itinerary.offsets, lengths, strict=True):
            seats = self._inventory.seats(flight, offer.ordinal + offset, self._step)
            cabin, left = booked(seats, offer.cabin, offer.saver, self._travelers)
            share = {} if len(ids) == 1 else {"mileagePercentage": round(100 * length / sum(lengths), 2)}
            yield {
                "flightId": name,
                "cabin": CABINS[cabin],
                "bookingClass": (SAVER_CLASSES if offer.saver else CLASSES)[cabin],
                "statusCode": "HK",
                "quota": left,
                **share,
            }

    @property
    def _ids(self) -> list[str]:
        return [f"ADT-{number}" for number in range(1, self._travelers + 1)]

    def _fare_info(self, details: list[Json], family: str, ids: list[str]) -> Json:
        return {
            "fareType": "unifares",
            "fareClass": f"{details[0]['bookingClass']}AERO{family[:2]}",
            "pricedPassengerTypeCodes": ["ADT"],
            "travelerIds": self._ids,
            "ticketDesignator": "AE1",
            "corporateCode": "169147",
            "flightIds": ids,
        }

    def _prices(self, miles: int, taxes: int) -> Json:
        currency, party = self._inventory.tariff.currency, self._travelers
        unit = {
            "travelerIds": self._ids,
            "prices": [_cash(taxes, currency)],
            "milesConversion": _conversion(miles, taxes, currency),
        }
        return {
            "unitPrices": [unit],
            "totalPrices": [_cash(taxes * party, currency)],
            "isRedemption": False,
            "milesConversion": _conversion(miles * party, taxes * party, currency),
        }

    def _air_offer(self, miles: int, taxes: int) -> Json:
        party = self._travelers
        converted = _conversion(miles * party, taxes * party, self._inventory.tariff.currency)["convertedMiles"]
        return {
            "totalPrice": {"value": taxes * party},
            "prices": self._prices(miles, taxes),
            "milesConversion": {"convertedMiles": converted, "remainingNonConverted": {"total": 0}},
        }

    def _dictionaries(self, offers: Sequence[Offer]) -> Json:
        flights = {flight.name: flight for offer in offers for flight in offer.itinerary.flights}
        airports = sorted({stop for offer in offers for stop in offer.itinerary.airports})
        countries = sorted({all_places()[code].country for code in airports})
        return {
            "location": {code: _location(code) for code in airports},
            "country": {code: COUNTRIES.get(code, code) for code in countries},
            "airline": {f.carrier: carrier_names()[f.carrier].upper() for f in flights.values()},
            "aircraft": {f.aircraft: aircraft_name(f.aircraft).upper() for f in flights.values()},
            "flight": self._flights,
            "currency": {self._inventory.tariff.currency: {"name": "CANADIAN DOLLAR", "decimalPlaces": DECIMALS}},
            "anonymousTraveler": {name: {"passengerTypeCode": "ADT"} for name in self._ids},
            "fareFamilyWithServices": {name: _family(name) for name in sorted(self._families)},
            "bookingStatus": {"HK": {"name": "Holding confirmed"}},
        }


def _segments(ids: list[str], times: Times) -> Iterator[Json]:
    for name, (departs, arrives), layover in zip(ids, times, layovers(times), strict=True):
        segment: Json = {"flightId": name}
        if layover:
            segment["connectionTime"] = layover * 60
        if days := (arrives.date() - departs.date()).days:
            segment["arrivalDaysDifference"] = days
        yield segment


def _cash(taxes: int, currency: str) -> Json:
    return {"base": 0, "total": taxes, "currencyCode": currency, "totalTaxes": taxes}


def _conversion(miles: int, taxes: int, currency: str) -> Json:
    return {
        "convertedMiles": {"base": miles, "total": miles + taxes, "totalTaxes": taxes},
        "remainingNonConverted": {"total": 0, "currencyCode": currency, "totalTaxes": 0},
    }


def _flight_id(flight: Flight, departs: datetime) -> str:
    return f"SEG-{flight.name}-{flight.origin}{flight.destination}-{departs:%Y-%m-%d-%H%M}"


def _flight(flight: Flight, departs: datetime, arrives: datetime) -> Json:
    """Build a flight. A regional operator is given by name only, without a code."""
    same_carrier = flight.operator_code == flight.carrier
    name = f"{carrier_names()[flight.carrier]} Express - {flight.operator_name}".upper()
    return {
        "marketingAirlineCode": flight.carrier,
        **({"operatingAirlineCode": flight.operator_code} if same_carrier else {"operatingAirlineName": name}),
        "marketingFlightNumber": str(flight.number),
        "departure": {"locationCode": flight.origin, "dateTime": iso_milliseconds(departs), "terminal": "1"},
        "arrival": {"locationCode": flight.destination, "dateTime": iso_milliseconds(arrives)},
        "aircraftCode": flight.aircraft,
        "duration": flight.block * 60,
        "isOpenSegment": False,
        "secureFlightIndicator": False,
    }


def _location(code: str) -> Json:
    place = all_places()[code]
    return {
        "type": "airport",
        "airportName": f"{place.city} INTL".upper(),
        "cityCode": CITY_CODES.get(code, code),
        "cityName": place.city.upper(),
        **({"stateCode": place.state} if place.state else {}),
        "countryCode": place.country,
    }


def _family(name: str) -> Json:
    cabin, order = FAMILY_CABINS[name]
    return {"hierarchy": order, "commercialFareFamily": "REWARD", "cabin": CABINS[cabin]}
