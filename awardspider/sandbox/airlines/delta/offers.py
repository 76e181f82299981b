"""One itinerary as Delta writes it: its trip with segments and legs, and an offer for each brand.

Types are those of an answer of September 2026. Made up: the names of partners' premium brands, the class codes beyond
the letter, that Main Classic and Comfort are dearer by a fixed share, that a leg in a lower cabin is booked in Main
Classic, and where a layover stands. Delta One is sold on routes beyond 3,000 miles, First on the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.market import Offer
from awardspider.sandbox.places import block_minutes, distance, draw
from awardspider.sandbox.schedule import GROUND_MINUTES, Flight, carrier_names

Json = dict[str, Any]
LONGEST_OVER_LAND = 3000


class Brand(NamedTuple):
    """A brand: its cabin, its class code, what it costs more than the cabin's lowest fare, and its place in the row."""

    id: str
    cabin: Cabin
    code: str
    percent_more: int
    priority: int
    refundable: bool = True


BASIC = Brand("BMAIN", Cabin.ECONOMY, "NE", 0, 1, False)
CLASSIC = Brand("CMAIN", Cabin.ECONOMY, "NL", 13, 2)
COMFORT = Brand("CDCP", Cabin.ECONOMY, "SW", 40, 5)
FIRST = Brand("CFIRST", Cabin.BUSINESS, "OF", 0, 8)
PREMIUM = Brand("CDPS", Cabin.PREMIUM_ECONOMY, "RP", 0, 11)
DELTA_ONE = Brand("CD1", Cabin.BUSINESS, "OC", 0, 14)
OWN = (BASIC, CLASSIC, COMFORT, FIRST, PREMIUM, DELTA_ONE)
# Economy, premium and business brands on partners; the first partner on the way names them.
PARTNER_IDS = {
    "AF": ("AFST", "AFPE", "CBU"),
    "KL": ("CKLEC", "CKLPE", "CBU"),
    "VS": ("CEC", "CVSPE", "CVSUP"),
    "AM": ("CEC", "CPE", "CBU"),
    "SK": ("CEC", "CPE", "CBU"),
}
PARTNERS = {
    carrier: tuple(
        Brand(name, cabin, code, 0, 20 + index)
        for index, (name, cabin, code) in enumerate(
            zip(ids, (Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS), ("NX", "PA", "OX"), strict=True)
        )
    )
    for carrier, ids in PARTNER_IDS.items()
}
LETTERS = {Cabin.ECONOMY: "E", Cabin.PREMIUM_ECONOMY: "P", Cabin.BUSINESS: "B", Cabin.FIRST: "F"}


def sells_delta_one(route: tuple[str, str]) -> bool:
    """Whether the front cabin of a route is Delta One, not First."""
    return distance(*route) > LONGEST_OVER_LAND


def price_of(brand: Brand, miles: int) -> int:
    """What a brand costs where the cabin's lowest fare is `miles`."""
    return (miles * (100 + brand.percent_more) // 100 + 50) // 100 * 100


def offer_set(number: int, itinerary: Itinerary, offers: list[Offer], ordinal: int, in_miles: bool) -> Json:
    """An itinerary of a day, the `number`th of the answer, with all its offers; without any, each brand is sold out."""
    percent = min((offer.percent for offer in offers), default=0)  # told here only where every cabin has it
    discount = {"discountPct": percent, "discountTypeCode": "SALE", "nonDiscountedOffersAvailable": True}
    return {
        "trips": [_trip(number, itinerary, ordinal)],
        "additionalOfferSetProperties": {
            "offerSetId": f"{draw('set', *(flight.name for flight in itinerary.flights)):x}",
            "seatReferenceId": str(number),
            "discountInfo": discount if percent else None,
            "promotionsInfo": None,
            "discountInEligibilityList": [],
        },
        "offerSetBadges": [],
        "offers": [_offer(number, brand, itinerary, offers, in_miles) for brand in _brands(itinerary)],
    }


def _brands(itinerary: Itinerary) -> Iterator[Brand]:
    partner = next((flight.carrier for flight in itinerary.flights if flight.carrier != "DL"), None)
    aboard = "".join(flight.cabins for flight in itinerary.flights)
    if partner:
        yield from (brand for brand in PARTNERS[partner] if LETTERS[brand.cabin] in aboard)
        return
    yield from (BASIC, CLASSIC, COMFORT)
    if "P" in aboard:
        yield PREMIUM
    yield DELTA_ONE if sells_delta_one((itinerary.stops[0], itinerary.stops[-1])) else FIRST


# ---- the flights -------------------------------------------------------------------------------------------------


def _trip(number: int, itinerary: Itinerary, ordinal: int) -> Json:
    times = itinerary.times(ordinal)
    return {
        "tripId": str(number),
        **_way(itinerary.stops[0], times[0][0], itinerary.stops[-1], times[-1][1]),
        "stopCnt": itinerary.landings,
        "totalTripTime": _duration(itinerary.minutes, times[0][0], times[-1][1]),
        "flightSegment": list(_segments(itinerary, times)),
        "summarizedProductId": None,
    }


def _way(origin: str, leaves: datetime, destination: str, arrives: datetime) -> Json:
    return {
        "scheduledDepartureLocalTs": f"{leaves:%Y-%m-%dT%H:%M}",
        "scheduledArrivalLocalTs": f"{arrives:%Y-%m-%dT%H:%M}",
        "originAirportCode": origin,
        "destinationAirportCode": destination,
    }


def _duration(minutes: int, leaves: datetime, arrives: datetime) -> Json:
    """`dayCnt` is how many days later the clock at the end shows, not a part of the duration."""
    days = arrives.toordinal() - leaves.toordinal()
    return {"dayCnt": days, "hourCnt": minutes // 60, "minuteCnt": minutes % 60}


def _segments(itinerary: Itinerary, times: list[tuple[datetime, datetime]]) -> Iterator[Json]:
    for position, (flight, (leaves, arrives)) in enumerate(zip(itinerary.flights, times, strict=True)):
        aircraft = {"fleetTypeCode": flight.aircraft, "subFleetTypeCode": flight.aircraft, "newSubFleetType": False}
        number = str(flight.number)
        operator = flight.operator_name or carrier_names()[flight.carrier]
        layover = None
        if position + 1 < len(times):
            waits = round((times[position + 1][0] - arrives).total_seconds() / 60)
            layover = {
                "layoverAirportCode": flight.destination,
                "layoverDuration": {"hourCnt": waits // 60, "minuteCnt": waits % 60},
                "departureFlightNum": str(itinerary.flights[position + 1].number),
                "equipmentChange": True,
            }
        yield {
            "flightSegmentNum": str(position + 1),
            **_way(flight.origin, leaves, flight.destination, arrives),
            "originCityCode": flight.origin,
            "destinationCityCode": flight.destination,
            "marketingCarrier": {"carrierCode": flight.carrier, "carrierNum": number},
            "operatingCarrier": {"carrierCode": flight.operator_code, "carrierNum": number, "carrierName": operator},
            "aircraft": aircraft,
            "aircraftTypeCode": flight.aircraft,
            "pendingGovtApproval": False,
            "layover": layover,
            "flightLeg": list(_legs(flight, leaves, arrives, aircraft)),
        }


def _legs(flight: Flight, leaves: datetime, arrives: datetime, aircraft: Json) -> Iterator[Json]:
    """One leg, or two where the flight lands on the way."""
    landing = flight.landing(leaves.date())
    ways = [((flight.origin, leaves), (flight.destination, arrives), flight.block)]
    if landing:
        via, down, up = landing
        first = block_minutes(flight.origin, via)
        ways = [
            ((flight.origin, leaves), (via, down), first),
            ((via, up), (flight.destination, arrives), flight.block - first - GROUND_MINUTES),
        ]
    for index, (start, end, minutes) in enumerate(ways):
        yield {
            "legId": str(index + 1),
            **_way(*start, *end),
            "redEye": start[1].hour >= 21 and end[1].date() > start[1].date(),
            "operatedByOwnerCarrier": flight.operator_name is None,
            "operatingCarrier": {"carrierCode": flight.operator_code, "carrierName": flight.operator_name},
            "marketingCarrier": {"carrierCode": flight.carrier, "carrierName": carrier_names()[flight.carrier]},
            "duration": _duration(minutes, start[1], end[1]),
            "aircraft": aircraft,
            "carrierCode": flight.carrier,
            "distance": {"unitOfMeasure": "mi", "unitOfMeasureCnt": distance(start[0], end[0])},
        }


# ---- the offers --------------------------------------------------------------------------------------------------


def _offer(number: int, brand: Brand, itinerary: Itinerary, offers: list[Offer], in_miles: bool) -> Json:
    """A brand on an itinerary: what it costs, or that it is sold out, or that the cabin is not aboard."""
    found = [offer for offer in offers if offer.cabin is brand.cabin]
    offer = min(found, key=lambda offer: offer.miles, default=None)
    seats = 0 if offer is None else max(1, offer.seats // 2) if brand is COMFORT and offer.seats > 1 else offer.seats
    if brand is COMFORT and seats == 1:
        offer = None  # the last seats in the cabin are not its better ones
    aboard = any(LETTERS[brand.cabin] in flight.cabins for flight in itinerary.flights)
    gone = offer is None and aboard
    fare: Json = {"brandByFlightLegs": _legs_of_nothing(number), "availableSeatCnt": None, "farePrice": None}
    if offer:
        fare = {
            "brandByFlightLegs": list(_brands_by_leg(number, brand, offer)),
            "availableSeatCnt": seats,
            "farePrice": [_fare_price(brand, offer, in_miles)],
            "discountInEligibilityList": [],
        }
    return {
        "offerId": f"{draw('offer', number, brand.id, *(flight.name for flight in itinerary.flights)):x}",
        "soldOut": gone,
        "additionalOfferProperties": {
            "offered": aboard,
            "fareType": "primary" if brand.priority == 1 else "secondary",
            "dominantSegmentBrandId": brand.id,
            "priorityNum": brand.priority,
            "soldOut": gone,
            "unavailableForSale": False if offer else None,
            "refundable": brand.refundable if offer else None,
            "offerBadges": [],
            "payWithMilesEligible": False,
            "discountAvailable": bool(offer and offer.percent),
            "travelPolicyStatus": None,
        },
        "offerItems": [{"retailItems": [{"retailItemMetaData": {"fareInformation": [fare]}}]}],
    }


def _legs_of_nothing(number: int) -> list[Json]:
    return [{"tripId": str(number), "brandId": None, "cosCode": None, "flightSegmentNum": None, "flightLegNum": None}]


def _brands_by_leg(number: int, brand: Brand, offer: Offer) -> Iterator[Json]:
    lower = CLASSIC
    if offer.itinerary.flights[0].carrier != "DL":
        lower = PARTNERS[offer.itinerary.flights[0].carrier][0]
    for position, (flight, cabin) in enumerate(zip(offer.itinerary.flights, offer.cabins, strict=True)):
        there = brand if cabin is brand.cabin else lower
        for leg in range(1 if flight.via is None else 2):
            yield {
                "tripId": str(number),
                "flightSegmentNum": str(position + 1),
                "flightLegNum": str(leg + 1),
                "brandId": there.id,
                "cosCode": there.code,
                "product": [],
            }


def _fare_price(brand: Brand, offer: Offer, in_miles: bool) -> Json:
    now, before = price_of(brand, offer.miles), price_of(brand, offer.before)
    if not in_miles:
        return {"totalFarePrice": _price(None, 100 * (offer.cash or 0) + offer.taxes), "promotionalPrices": []}
    cents = offer.taxes + offer.fee
    discount = {
        "pct": offer.percent,
        "code": "SALE",
        "description": "Award sale",
        "reason": None,
        "amount": {
            "currencyEquivalentPrice": {"currencyAmt": 0.0},
            "milesEquivalentPrice": {"mileCnt": now, "discountMileCnt": before - now},
        },
    }
    return {
        "totalFarePrice": _price(now, cents),
        "originalTotalPrice": _price(before, cents) if offer.percent else None,
        "promotionalPrices": [],
        "discountsApplied": [discount] if offer.percent else None,
    }


def _price(miles: int | None, cents: int) -> Json:
    in_miles = {"mileCnt": miles, "cashPlusMilesCnt": None, "cashPlusMiles": None}
    return {
        "currencyEquivalentPrice": {
            "currencyAmt": cents / 100,
            "roundedCurrencyAmt": round(cents / 100),
            "formattedCurrencyAmt": f"{cents / 100:,.2f}",
        },
        "milesEquivalentPrice": in_miles if miles is not None else None,
    }


def priced(miles: int, cents: int) -> Json:
    """A price as the grid of days writes it: the same shape."""
    return _price(miles, cents)
