"""The JSON for one Delta itinerary: its trip with segments and legs, and an offer for each brand.

Types are those of responses of September 2026. Assumed: the ids of partners' premium brands, except those of Air France
and KLM; the classes of other partners than these two; all but the first letter of Delta's own class codes; the
percentages by which Main Classic and Comfort cost more; that a leg in a lower cabin is booked in Main Classic; which
segment has the layover. Delta One is sold on routes over 3,000 miles, and First on all others.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines._flights import Times, layovers, legs_of_flight, operator_name
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import distance, draw
from awardspider.sandbox.schedule import Flight, carrier_names

MAX_FIRST_MILES = 3000
MAX_EUROPE_MILES = 1500


class Brand(NamedTuple):
    """A fare brand; `percent_more` is the percentage above the cabin's lowest fare, `priority` the sort order."""

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
# An itinerary's economy, premium and business brands, keyed by its first partner carrier.
PARTNER_IDS = {
    "AF": ("AFST", "AFPE", "CBU"),
    "KL": ("CKLEC", "KLPC", "CBU"),
    "VS": ("CEC", "CVSPE", "CVSUP"),
    "AM": ("CEC", "CPE", "CBU"),
    "SK": ("CEC", "CPE", "CBU"),
}
PARTNERS = {
    carrier: tuple(
        Brand(name, cabin, code, 0, 20 + index)
        for index, (name, cabin, code) in enumerate(
            zip(ids, (Cabin.ECONOMY, Cabin.PREMIUM_ECONOMY, Cabin.BUSINESS), ("X", "A", "O"), strict=True)
        )
    )
    for carrier, ids in PARTNER_IDS.items()
}
EUROPE_ECONOMY = Brand("CKLEE", Cabin.ECONOMY, "X", 0, 20)  # KLM's economy on flights within Europe
LETTERS = {Cabin.ECONOMY: "E", Cabin.PREMIUM_ECONOMY: "P", Cabin.BUSINESS: "B", Cabin.FIRST: "F"}


def sells_delta_one(route: tuple[str, str]) -> bool:
    """Return whether the front cabin on a route is Delta One instead of First."""
    return distance(*route) > MAX_FIRST_MILES


def brand_price(brand: Brand, miles: int) -> int:
    """Return a brand's price, rounded to 100 miles; `miles` is the cabin's lowest fare."""
    return (miles * (100 + brand.percent_more) // 100 + 50) // 100 * 100


def offer_set(number: int, itinerary: Itinerary, offers: list[Offer], ordinal: int, in_miles: bool) -> Json:
    """Build the itinerary at position `number` with one offer for each cabin; brands of other cabins are sold out."""
    percent = min((offer.discount_percent for offer in offers), default=0)  # shown here only if all offers are on sale
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
    yield DELTA_ONE if sells_delta_one((itinerary.airports[0], itinerary.airports[-1])) else FIRST


# ---- the flights -------------------------------------------------------------------------------------------------


def _trip(number: int, itinerary: Itinerary, ordinal: int) -> Json:
    times = itinerary.times(ordinal)
    return {
        "tripId": str(number),
        **_endpoints(itinerary.airports[0], times[0][0], itinerary.airports[-1], times[-1][1]),
        "stopCnt": itinerary.stop_count,
        "totalTripTime": _duration(itinerary.minutes, times[0][0], times[-1][1]),
        "flightSegment": list(_segments(itinerary, times)),
        "summarizedProductId": None,
    }


def _endpoints(origin: str, departs: datetime, destination: str, arrives: datetime) -> Json:
    return {
        "scheduledDepartureLocalTs": f"{departs:%Y-%m-%dT%H:%M}",
        "scheduledArrivalLocalTs": f"{arrives:%Y-%m-%dT%H:%M}",
        "originAirportCode": origin,
        "destinationAirportCode": destination,
    }


def _duration(minutes: int, departs: datetime, arrives: datetime) -> Json:
    """Build a duration in hours and minutes. `dayCnt` instead counts the local dates from departure to arrival."""
    days = arrives.toordinal() - departs.toordinal()
    return {"dayCnt": days, "hourCnt": minutes // 60, "minuteCnt": minutes % 60}


def _segments(itinerary: Itinerary, times: Times) -> Iterator[Json]:
    waits = layovers(times)
    for position, (flight, (departs, arrives)) in enumerate(zip(itinerary.flights, times, strict=True)):
        aircraft = {"fleetTypeCode": flight.aircraft, "subFleetTypeCode": flight.aircraft, "newSubFleetType": False}
        number = str(flight.number)
        operator = {"carrierCode": flight.operator_code, "carrierNum": number, "carrierName": operator_name(flight)}
        layover = None
        if wait := waits[position]:
            layover = {
                "layoverAirportCode": flight.destination,
                "layoverDuration": {"hourCnt": wait // 60, "minuteCnt": wait % 60},
                "departureFlightNum": str(itinerary.flights[position + 1].number),
                "equipmentChange": True,
            }
        yield {
            "flightSegmentNum": str(position + 1),
            **_endpoints(flight.origin, departs, flight.destination, arrives),
            "originCityCode": flight.origin,
            "destinationCityCode": flight.destination,
            "marketingCarrier": {"carrierCode": flight.carrier, "carrierNum": number},
            "operatingCarrier": operator,
            "aircraft": aircraft,
            "aircraftTypeCode": flight.aircraft,
            "pendingGovtApproval": False,
            "layover": layover,
            "flightLeg": list(_legs(flight, departs, arrives, aircraft)),
        }


def _legs(flight: Flight, departs: datetime, arrives: datetime, aircraft: Json) -> Iterator[Json]:
    for number, leg in enumerate(legs_of_flight(flight, departs, arrives), 1):
        yield {
            "legId": str(number),
            **_endpoints(leg.origin, leg.departs, leg.destination, leg.arrives),
            "redEye": leg.departs.hour >= 21 and leg.arrives.date() > leg.departs.date(),
            "operatedByOwnerCarrier": flight.operator_name is None,
            "operatingCarrier": {"carrierCode": flight.operator_code, "carrierName": flight.operator_name},
            "marketingCarrier": {"carrierCode": flight.carrier, "carrierName": carrier_names()[flight.carrier]},
            "duration": _duration(leg.minutes, leg.departs, leg.arrives),
            "aircraft": aircraft,
            "carrierCode": flight.carrier,
            "distance": {"unitOfMeasure": "mi", "unitOfMeasureCnt": distance(leg.origin, leg.destination)},
        }


# ---- the offers --------------------------------------------------------------------------------------------------


def _offer(number: int, brand: Brand, itinerary: Itinerary, offers: list[Offer], in_miles: bool) -> Json:
    """Build a brand's offer on an itinerary: priced, sold out, or not offered because no flight has the cabin."""
    offer = next((offer for offer in offers if offer.cabin is brand.cabin), None)
    seats = 0 if offer is None else max(1, offer.seats // 2) if brand is COMFORT and offer.seats > 1 else offer.seats
    if brand is COMFORT and seats == 1:
        offer = None  # the cabin's last seats are not Comfort seats
    offered = any(LETTERS[brand.cabin] in flight.cabins for flight in itinerary.flights)
    sold_out = offer is None and offered
    fare: Json = {"brandByFlightLegs": _empty_legs(number), "availableSeatCnt": None, "farePrice": None}
    if offer:
        fare = {
            "brandByFlightLegs": list(_brands_by_leg(number, brand, offer)),
            "availableSeatCnt": seats,
            "farePrice": [_fare_price(brand, offer, in_miles)],
            "discountInEligibilityList": [],
        }
    return {
        "offerId": f"{draw('offer', number, brand.id, *(flight.name for flight in itinerary.flights)):x}",
        "soldOut": sold_out,
        "additionalOfferProperties": {
            "offered": offered,
            "fareType": "primary" if brand.priority == 1 else "secondary",
            "dominantSegmentBrandId": brand.id,
            "priorityNum": brand.priority,
            "soldOut": sold_out,
            "unavailableForSale": False if offer else None,
            "refundable": brand.refundable if offer else None,
            "offerBadges": [],
            "payWithMilesEligible": False,
            "discountAvailable": bool(offer and offer.discount_percent),
            "travelPolicyStatus": None,
        },
        "offerItems": [{"retailItems": [{"retailItemMetaData": {"fareInformation": [fare]}}]}],
    }


def _empty_legs(number: int) -> list[Json]:
    return [{"tripId": str(number), "brandId": None, "cosCode": None, "flightSegmentNum": None, "flightLegNum": None}]


def _brands_by_leg(number: int, brand: Brand, offer: Offer) -> Iterator[Json]:
    for position, (flight, cabin) in enumerate(zip(offer.itinerary.flights, offer.cabins, strict=True)):
        lower = CLASSIC if flight.carrier == "DL" else PARTNERS[flight.carrier][0]
        booked = brand if cabin is brand.cabin else lower
        if booked.id == "CKLEC" and distance(flight.origin, flight.destination) < MAX_EUROPE_MILES:
            booked = EUROPE_ECONOMY
        for leg in range(1 if flight.via is None else 2):
            yield {
                "tripId": str(number),
                "flightSegmentNum": str(position + 1),
                "flightLegNum": str(leg + 1),
                "brandId": booked.id,
                "cosCode": booked.code,
                "product": [],
            }


def _fare_price(brand: Brand, offer: Offer, in_miles: bool) -> Json:
    now, before = brand_price(brand, offer.miles), brand_price(brand, offer.regular_miles)
    if not in_miles:
        return {"totalFarePrice": price_json(None, 100 * (offer.cash or 0) + offer.taxes), "promotionalPrices": []}
    cents = offer.taxes + offer.fee
    discount = {
        "pct": offer.discount_percent,
        "code": "SALE",
        "description": "Award sale",
        "reason": None,
        "amount": {
            "currencyEquivalentPrice": {"currencyAmt": 0.0},
            "milesEquivalentPrice": {"mileCnt": now, "discountMileCnt": before - now},
        },
    }
    return {
        "totalFarePrice": price_json(now, cents),
        "originalTotalPrice": price_json(before, cents) if offer.discount_percent else None,
        "promotionalPrices": [],
        "discountsApplied": [discount] if offer.discount_percent else None,
    }


def price_json(miles: int | None, cents: int) -> Json:
    """Build a price from `miles` (None for a cash price) and US cents."""
    in_miles = {"mileCnt": miles, "cashPlusMilesCnt": None, "cashPlusMiles": None}
    return {
        "currencyEquivalentPrice": {
            "currencyAmt": cents / 100,
            "roundedCurrencyAmt": round(cents / 100),
            "formattedCurrencyAmt": f"{cents / 100:,.2f}",
        },
        "milesEquivalentPrice": in_miles if miles is not None else None,
    }
