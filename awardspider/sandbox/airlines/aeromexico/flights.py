"""The JSON for one day's flights: itineraries with their fares, including fares that are not for sale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines._flights import group_by_itinerary, layovers, local_time
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.fares import Tariff
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import distance, draw


class Family(NamedTuple):
    """A fare family; `percent` is its price as a percentage of the lowest fare."""

    name: str
    brand: str
    letter: str
    cabin_class: str
    percent: int


FAMILIES = {
    Cabin.ECONOMY: (
        Family("MAIN_LIGHT", "LD", "V", "MAIN", 100),
        Family("MAIN_BASIC", "ED", "V", "MAIN", 110),
        Family("MAIN_CLASSIC", "CD", "Q", "MAIN", 119),
        Family("MAIN_FLEX", "FD", "Q", "MAIN", 132),
        Family("AMPLUS_BASIC", "WD", "W", "AM_PLUS", 115),
        Family("AMPLUS_CLASSIC", "ZD", "W", "AM_PLUS", 125),
        Family("AMPLUS_FLEX", "YD", "W", "AM_PLUS", 136),
    ),
    Cabin.BUSINESS: (
        Family("PREMIER_BASIC", "ID", "D", "BUSINESS", 100),
        Family("PREMIER_CLASSIC", "OD", "D", "BUSINESS", 108),
        Family("PREMIER_FLEX", "PD", "D", "BUSINESS", 115),
    ),
}
REWARDS = {
    Cabin.ECONOMY: Family("MAIN_REWARDS", "XZ", "X", "MAIN", 100),
    Cabin.BUSINESS: Family("PREMIER_REWARDS", "RZ", "Z", "BUSINESS", 100),
}
ABOVE_SAVER = 130  # the lowest dynamic fare on the same flights, in percent of the saver price
TUA_PERCENT, TAX_PERCENT = 64, 66


def search_json(offers: Sequence[Offer], leg: str, travelers: int, tariff: Tariff) -> Json:
    """Build the response for a leg such as MEX_CUN_2026-10-05."""
    return {
        "currencyCode": tariff.currency,
        "outbound": [
            {
                "legCollection": [_leg(group[0].itinerary, group[0].ordinal)],
                "fares": [fare for offer in group for fare in _fares(offer, travelers, tariff)],
            }
            for group in group_by_itinerary(offers)
        ],
        "warnings": [],
        "conversionInfo": [{"legCode": leg}],
    }


def _leg(itinerary: Itinerary, ordinal: int) -> Json:
    times = itinerary.times(ordinal)
    segments = []
    for flight, (departs, arrives), layover in zip(itinerary.flights, times, layovers(times), strict=True):
        code = f"{flight.origin}_{flight.destination}_{flight.carrier}_{flight.number:04}_{departs:%Y-%m-%d_%H%M}"
        segments.append(
            {
                "duration": flight.block,
                "aircraftType": flight.aircraft,
                "marketingFlightCode": flight.number,
                "operatingFlightCode": flight.number,
                "marketingCarrier": flight.carrier,
                "operatingCarrier": flight.operator_code,
                "departureTerminal": str(1 + draw("terminal", flight.origin) % 4),
                "arrivalTerminal": str(1 + draw("terminal", flight.destination) % 4),
                "stopAirports": [flight.via] if flight.via else [],
                "changeOfGauge": False,
                "departureAirport": flight.origin,
                "arrivalAirport": flight.destination,
                "bookingClass": "L",
                "departureDateTime": local_time(departs),
                "arrivalDateTime": local_time(arrives),
                "layoverDuration": layover,
                "flightsMiles": distance(flight.origin, flight.destination),
                "subjectToGovernmentApproval": False,
                "segmentCode": code,
            }
        )
    first = itinerary.flights[0]
    identifier = ".".join(str(segment["segmentCode"]) for segment in segments)
    return {
        "segments": segments,
        "stops": itinerary.stop_count,
        "totalFlightDuration": itinerary.minutes,
        "connectionInformations": [
            {"duration": layover, "changeOfAirport": flight.destination != following.origin}
            for (flight, following), layover in zip(pairwise(itinerary.flights), layovers(times), strict=False)
        ],
        "programIDs": ["187969"],
        "programCodes": ["T3"],
        "legCode": f"{first.origin}_{first.carrier}_{first.number:04}_{times[0][0]:%Y-%m-%d}",
        "flightIdentifier": identifier,
        "flightIdentifierMetas": identifier,
        "legType": "CONNECTING" if itinerary.stop_count else "NONSTOP",
    }


def _fares(offer: Offer, travelers: int, tariff: Tariff) -> Iterator[Json]:
    """Yield the offer's fare, the more expensive fares, and sometimes a cheaper fare that cannot be booked."""
    families = FAMILIES[offer.cabin]
    names = " ".join(flight.name for flight in offer.itinerary.flights)
    chance = draw("fares", names, offer.ordinal, offer.cabin)
    if offer.saver:
        yield _fare(REWARDS[offer.cabin], offer, 100, offer.seats, tariff)
    for index, family in enumerate(families):
        percent = family.percent * ABOVE_SAVER // 100 if offer.saver else family.percent
        seats: int | None = offer.seats
        if index and (chance >> index) % 5 == 0:
            seats = None
        yield _fare(family, offer, percent, seats, tariff)
    decoy = _fare(families[-1], offer, 60, 9, tariff)
    match chance % 12:
        case 0:
            yield decoy | {"unavailable": True}
        case 1:
            yield decoy | {"isCabinHidden": True}
        case 2:
            yield decoy | {"currency": decoy["currency"] | {"points": 0, "pointsBeforePromo": 0, "pointsDiscount": 0}}
        case 3 if travelers > 1:
            yield decoy | {"seatsRemaining": travelers - 1}


def _fare(family: Family, offer: Offer, percent: int, seats: int | None, tariff: Tariff) -> Json:
    """Build a fare for one person. Only the lowest fare costs exactly as many points as the offer."""
    points, before = (round(miles * percent / 10_000) * 100 for miles in (offer.miles, offer.regular_miles))
    if percent == 100:
        points, before = offer.miles, offer.regular_miles
    names = " ".join(flight.name for flight in offer.itinerary.flights)
    identity = draw("fare", names, offer.ordinal, family.name, percent) % (1 << 32) - (1 << 31)
    return {
        "fareId": identity,
        "brandId": family.brand,
        "fareFamily": family.name,
        "fareType": family.name.partition("_")[2],
        "ticketType": "CLASSIC" if family in REWARDS.values() else "DYNAMIC",
        "bookingClass": family.letter,
        "farebasis": f"{family.letter}LNG0{family.brand}/CPO",
        "cabinClass": family.cabin_class,
        "seatsRemaining": seats,
        "currency": _currency(offer, points, before, percent, tariff),
        "isPromoActive": before > points,
        "isAirPromotionsActive": False,
        "isVoucherActive": False,
        "isPartnerPromotionActive": False,
    }


def _currency(offer: Offer, points: int, before: int, percent: int, tariff: Tariff) -> Json:
    """Build the price: the points, the cash part (taxes, airport charge and booking fee), and the cash fare."""
    cash = tariff.charge(offer.taxes + offer.fee) // 100
    airport_charge = cash * TUA_PERCENT // 100
    taxes = cash * TAX_PERCENT // 100
    total = tariff.charge((offer.cash or 0) * percent) // 100
    return {
        "base": total - taxes,
        "totalTaxes": taxes,
        "total": total,
        "points": points,
        "pointsBeforePromo": before,
        "pointsDiscount": before - points,
        "totalCash": cash,
        "totalCashWithoutTUA": cash - airport_charge,
        "taxes": {"YRI": 15, "XV": taxes - 15},
        "totalWithoutTUA": total - airport_charge,
    }
