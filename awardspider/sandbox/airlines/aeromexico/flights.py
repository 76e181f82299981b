"""The flights of one day: itineraries with their fares, those that are not for sale among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.fares import Tariff
from awardspider.sandbox.market import Offer
from awardspider.sandbox.places import distance, draw

Json = dict[str, Any]


class Family(NamedTuple):
    """A fare family: percent of the lowest fare, and what else tells it apart."""

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
# The dynamic fares beside saver seats start at so many percent of their price.
ABOVE_SAVER = 130
TUA_PERCENT, TAX_PERCENT = 64, 66


def search_json(offers: Sequence[Offer], leg: str, travelers: int, tariff: Tariff) -> Json:
    """The whole answer for a leg like MEX_CUN_2026-10-05."""
    return {
        "currencyCode": tariff.currency,
        "outbound": [
            {
                "legCollection": [_leg(itinerary, found[0])],
                "fares": [fare for offer in found for fare in _fares(offer, travelers, tariff)],
            }
            for itinerary, found in (
                (one, list(group)) for one, group in groupby(offers, key=lambda offer: offer.itinerary)
            )
        ],
        "warnings": [],
        "conversionInfo": [{"legCode": leg}],
    }


def _leg(itinerary: Itinerary, offer: Offer) -> Json:
    times = itinerary.times(offer.ordinal)
    segments = []
    for position, (flight, (leaves, arrives)) in enumerate(zip(itinerary.flights, times, strict=True)):
        waits = times[position + 1][0] - arrives if position + 1 < len(times) else None
        code = f"{flight.origin}_{flight.destination}_{flight.carrier}_{flight.number:04}_{leaves:%Y-%m-%d_%H%M}"
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
                "departureDateTime": f"{leaves:%Y-%m-%dT%H:%M:%S}",
                "arrivalDateTime": f"{arrives:%Y-%m-%dT%H:%M:%S}",
                "layoverDuration": round(waits.total_seconds() / 60) if waits else 0,
                "flightsMiles": distance(flight.origin, flight.destination),
                "subjectToGovernmentApproval": False,
                "segmentCode": code,
            }
        )
    first = itinerary.flights[0]
    identifier = "-".join(str(segment["segmentCode"]) for segment in segments)
    return {
        "segments": segments,
        "stops": itinerary.landings,
        "totalFlightDuration": sum(flight.block for flight in itinerary.flights),
        "connectionInformations": [],
        "programIDs": ["187969"],
        "programCodes": ["T3"],
        "legCode": f"{first.origin}_{first.carrier}_{first.number:04}_{times[0][0]:%Y-%m-%d}",
        "flightIdentifier": identifier,
        "flightIdentifierMetas": identifier,
        "legType": "CONNECTION" if itinerary.landings else "NONSTOP",
    }


def _fares(offer: Offer, travelers: int, tariff: Tariff) -> Iterator[Json]:
    """The offer itself, the dearer fares beside it, and at times one that looks cheaper and cannot be had."""
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
    """One fare, for one person. Only the lowest costs exactly what the offer does."""
    points, before = (round(miles * percent / 10_000) * 100 for miles in (offer.miles, offer.before))
    if percent == 100:
        points, before = offer.miles, offer.before
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
    """Points, the money that goes with them (taxes, airport charge and booking fee), and the fare in money."""
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
