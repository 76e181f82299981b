"""The products in FetchFlights: a flight's cabin, booking class and price in each column.

Keys and types are those of responses captured in 2022 and on 2026-04-01 (docs/sources/united.md). Assumed, because no
capture shows it: the columns for first class; the cabin codes for partners and for United's business class; an amount
above 0 in `CloseInFee`.
"""

from __future__ import annotations

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.airlines.united.envelope import (
    BUSINESS_CODE,
    ECONOMY_CODE,
    FIRST_CODE,
    NOT_MIXED,
    PREMIUM_CODE,
    opaque,
)
from awardspider.sandbox.availability import Seats
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import distance, draw
from awardspider.sandbox.schedule import Flight

# The cabin in each column, in order.
COLUMN_CABINS = {
    ECONOMY_CODE: Cabin.ECONOMY,
    PREMIUM_CODE: Cabin.PREMIUM_ECONOMY,
    PREMIUM_CODE + NOT_MIXED: Cabin.PREMIUM_ECONOMY,
    BUSINESS_CODE: Cabin.BUSINESS,
    BUSINESS_CODE + NOT_MIXED: Cabin.BUSINESS,
    FIRST_CODE: Cabin.FIRST,
    FIRST_CODE + NOT_MIXED: Cabin.FIRST,
}
# Column ids differ between responses: the first set is from 2026-04, when one column was not known, the second from
# 2026-09.
COLUMN_IDS = tuple(
    {code: number for code, number in zip(COLUMN_CABINS, ids, strict=True) if number}
    for ids in ((3, 103, 0, 105, 106, 121, 122), (3, 103, 104, 109, 111, 121, 122))
)
SORT_INDEXES = tuple(
    dict(zip(COLUMN_CABINS, order, strict=True))
    for order in ((10, 66, 67, 97, 98, 120, 121), (10, 66, 67, 100, 110, 120, 121))
)
OWN_CODES = {
    (Cabin.ECONOMY, True): "XN",
    (Cabin.ECONOMY, False): "YN",
    (Cabin.PREMIUM_ECONOMY, True): "ON",
    (Cabin.PREMIUM_ECONOMY, False): "ON",
    (Cabin.BUSINESS, True): "IN",
    (Cabin.BUSINESS, False): "JN",
}
PARTNER_CODES = {Cabin.ECONOMY: "X", Cabin.PREMIUM_ECONOMY: "ON", Cabin.BUSINESS: "I", Cabin.FIRST: "O"}
# `CabinType`, `CabinTypeCode` and `Description`; they differ for United's three kinds of front cabin.
OWN_CABINS = {
    Cabin.ECONOMY: ("Coach", "UE", "United Economy"),
    Cabin.PREMIUM_ECONOMY: ("PREMIUMPLUS", "UPP2", "United Premium Plus"),
}
OWN_FRONT = ("First", "UF", "United First")
OWN_FRONT_WIDE = ("Business", "UF2", "United Business")
OWN_FRONT_LONG = ("Business", "UF2", "United Polaris business")
PARTNER_CABINS = {
    Cabin.ECONOMY: ("Coach", "E", "Economy"),
    Cabin.PREMIUM_ECONOMY: ("PREMIUMPLUS", "PE", "Premium Economy"),
    Cabin.BUSINESS: ("Business", "B", "Business"),
    Cabin.FIRST: ("First", "F", "First"),
}
WIDE = ("763", "777", "781", "789")


def edition(origin: str, destination: str) -> int:
    """Return which edition's column ids and date format a route uses: 0 for 2026-04, 1 for 2026-09."""
    return draw("edition", origin, destination) % 2


def _is_own(flight: Flight) -> bool:
    return flight.carrier == "UA"


def _booking_code(flight: Flight, cabin: Cabin, saver: bool) -> str:
    return OWN_CODES[cabin, saver] if _is_own(flight) else PARTNER_CODES[cabin]


def _cabin_names(flight: Flight, cabin: Cabin) -> tuple[str, str, str]:
    if not _is_own(flight):
        return PARTNER_CABINS[cabin]
    front = OWN_FRONT_LONG if "P" in flight.cabins else OWN_FRONT_WIDE if flight.aircraft in WIDE else OWN_FRONT
    return OWN_CABINS.get(cabin, front)


def class_availability(flight: Flight, seats: Seats) -> str:
    """Format `BookingClassAvailability`: cash and award booking classes with their seats."""
    own = _is_own(flight)
    economy, saver, premium = seats.economy[0], seats.saver[0], seats.premium[0]
    business, business_saver, first = seats.business[0], seats.business_saver[0], seats.first[0]
    parts = [f"F{first}", f"O{first}"] if "F" in flight.cabins else []
    if "B" in flight.cabins:
        parts += [f"{letters}{business}" for letters in ("J", "JN", "C", "D", "Z", "ZN")]
        parts += ["P0", "PN0", "PZ0", f"IN{business_saver if own else 0}", f"I{business_saver}"]
    if "P" in flight.cabins:
        parts += [f"{'O' if own else 'W'}{premium}", f"ON{premium}"]
    parts += [f"{letters}{economy}" for letters in ("Y", "YN", "B", "M", "E", "U", "H", "HN")]
    parts += [f"{letter}{economy // 2}" for letter in "QVWSTLKG"]
    return "|".join([*parts, f"N{economy}", f"XN{saver if own else 0}", f"X{saver}"])


def column_offer(code: str, offers: list[Offer]) -> Offer | None:
    """Return the lowest offer in a column's cabin, leaving out mixed offers if the column is "not mixed"."""
    in_cabin = [offer for offer in offers if offer.cabin is COLUMN_CABINS[code]]
    if code.endswith(NOT_MIXED):
        in_cabin = [offer for offer in in_cabin if not offer.mixed]
    return min(in_cabin, key=lambda offer: offer.miles, default=None)


def placeholder(code: str, number: int, order: int, position: int) -> Json:
    """Build the product for a column that has no offer on the itinerary."""
    product: Json = {
        "BookingCode": "",
        "CabinTypeText": "",
        "ProductPath": "Reward",
        "ProductSubtype": "NonExistingProductPlaceHolder",
        "ProductType": code,
        "Prices": [],
        **_common(code, number, order),
    }
    if not position:
        product["BestMatchSortOrder"] = 5
    return product


def product(
    code: str, number: int, order: int, offer: Offer, position: int, available: str, travelers: int, close_in: bool
) -> Json:
    """Build an offer's product on one of its flights. Only the first flight's product has fares, context and prices."""
    itinerary = offer.itinerary
    flight, cabin = itinerary.flights[position], offer.cabins[position]
    cabin_type, cabin_code, description = _cabin_names(flight, cabin)
    identity = opaque(24, offer.ordinal, code, *(leg.name for leg in itinerary.flights))
    head: Json = {
        "BookingCode": _booking_code(flight, cabin, offer.saver),
        "BookingClassAvailability": available,
        "CabinTypeText": "(lowest)" if code in (BUSINESS_CODE, FIRST_CODE) else "",
        "CabinType": cabin_type,
        "Description": description,
        "Mileage": distance(flight.origin, flight.destination),
        "ProductId": identity,
        "ProductPath": "Award",
        "ProductSubtype": "SURPLUS" if offer.saver else "DISPLACEMENT",
        "ProductType": code,
        "SolutionId": identity,
        "Prices": [],
        "MealDescription": "Snacks for Purchase" if cabin is Cabin.ECONOMY else "Meal",
        "CabinTypeCode": cabin_code,
        **_common(code, number, order),
    }
    if offer.mixed and offer.cabin is not Cabin.PREMIUM_ECONOMY:
        head["CrossCabinMessaging"] = "COACH" if Cabin.ECONOMY in offer.cabins else "BUSINESS"
    if position:
        return head
    flavor = "surplus" if offer.saver else "displacement"
    letter = {Cabin.ECONOMY: "C", Cabin.PREMIUM_ECONOMY: "P", Cabin.BUSINESS: "B", Cabin.FIRST: "F"}[offer.cabin]
    fares = [{"FareBasisCode": f"X{letter}0{'1' if offer.saver else '3'}VO"} for _ in itinerary.flights]
    return head | {
        "Fares": fares,
        "Context": _context(offer, flavor, identity, travelers),
        "Prices": _prices(offer, close_in),
        "AwardType": "Saver" if offer.saver else "Standard",
        "FareFlavour": flavor,
        "IsFareInBudget": True,
        "IsCabinInPolicy": True,
        "BestMatchSortOrder": position + 1,
    }


def _common(code: str, number: int, order: int) -> Json:
    return {
        "DisplayOrder": 0,
        "ColumnId": number,
        "NumberOfPassengers": 0,
        "TripIndex": 0,
        "SegmentNumber": 0,
        "IsOverBooked": 0,
        "Selected": False,
        "MarriedSegmentIndex": 0,
        "IsProductUpdatedForOverBooking": False,
        "FareFamily": code,
        "IsDynamicallyPriced": 0,
        "SortIndex": order,
        "MerchPriceTotal": 0.0,
    }


def _price(currency: str, amount: float, kind: str) -> Json:
    return {
        "Currency": currency,
        "Amount": amount,
        "AmountAllPax": 0.0,
        "AmountBase": 0.0,
        "AmountDiffPerPax": 0.0,
        "PricingType": kind,
    }


def _prices(offer: Offer, close_in: bool) -> list[Json]:
    """Build the miles and tax per traveler and, if `close_in` is true, the fee, whose currency United leaves empty."""
    prices = [_price("MILES", float(offer.miles), "Award"), _price("USD", offer.taxes / 100, "Tax")]
    if close_in:
        prices.append(_price("", offer.fee / 100, "CloseInFee"))
    return prices


def _context(offer: Offer, flavor: str, identity: str, travelers: int) -> Json:
    """Build a fare's context.

    During a sale, `ItaMiles` is the price before the sale. At other times it is the price of a saver award, but a
    higher list price for a standard award, as in the capture of 2022. Only `StrikeThroughPricing` marks a sale.
    """
    thousands, hundreds = divmod(offer.miles, 1000)
    code = f"E{thousands}K-Y-Y" if not hundreds else f"E{offer.miles // 100}H-Y-Y"
    listed = offer.regular_miles if offer.discount_percent or offer.saver else -(-offer.miles * 3 // 2 // 2500) * 2500
    per_traveler: Json = {"PaxType": "ADT", "Miles": float(offer.miles), "Amount": 0.0}
    context: Json = {"RefFareBookingCode": "Y"}
    if offer.cash is not None:
        context["ReferenceFare"] = {
            "Amount": float(offer.cash),
            "AmountAllPax": 0.0,
            "AmountBase": 0.0,
            "AmountDiffPerPax": 0.0,
            "ID": identity[::-1],
        }
    context |= {
        "ItaMiles": str(listed),
        "NgrpMiles": str(offer.miles),
        "NGRP": True,
        "DynamicCode": code,
        "FareFlavour": flavor,
        "PriceDesignator": "$REFFARE",
        "DiagnosticId": "sandbox",
        "Rank": float(offer.miles),
        "PaxPrices": [{**per_traveler, "DynamicCode": code} for _ in range(travelers)],
        "PercentageSavings": str(offer.discount_percent),
    }
    if offer.discount_percent:
        context["StrikeThroughPricing"] = {
            "PaxPrice": per_traveler,
            "Type": "NCH",
            "AwardType": "Saver" if offer.saver else "Standard",
            "ItaMiles": str(listed),
            "MemberPricing": float(offer.miles),
        }
    return context
