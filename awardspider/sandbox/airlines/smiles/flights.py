"""The JSON for Smiles' flights with their fares, for the segments that contain them, and for a fare's tax quote.

Miles and money are per traveler, except for the totals in the quote. `baseMiles` is the price before a sale.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json, SearchRequest, decode_base64, encode_base64
from awardspider.sandbox.airlines._flights import local_time, operator_name
from awardspider.sandbox.fares import Tariff
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import all_places
from awardspider.sandbox.schedule import carrier_names

CABINS = {Cabin.ECONOMY: "ECONOMIC", Cabin.PREMIUM_ECONOMY: "PREMIUM_ECONOMIC", Cabin.BUSINESS: "BUSINESS"}
CLASSES = {Cabin.ECONOMY: "XVBQ", Cabin.PREMIUM_ECONOMY: "A", Cabin.BUSINESS: "I"}
CLUB_PERCENT, MONEY_MILES_PERCENT, REAIS_PER_MILE = 94, 20, 0.019


def shown_offers(own: tuple[str, ...], offers: list[Offer]) -> list[Offer]:
    """Return the offers as Smiles shows them: only flights of its own carriers have a price in money."""
    return [offer if is_own(offer, own) else replace(offer, cash=None) for offer in offers]


def is_own(offer: Offer, own: tuple[str, ...]) -> bool:
    """Return whether all flights are of the program's own carriers."""
    return all(flight.carrier in own for flight in offer.itinerary.flights)


def flight_json(offer: Offer, search: SearchRequest, tariff: Tariff) -> Json:
    """Build an itinerary in one cabin with all the fares in that cabin."""
    itinerary = offer.itinerary
    times = itinerary.times(offer.ordinal)
    own = is_own(offer, tariff.own)
    legs = [
        {
            "cabin": CABINS[cabin],
            "flightNumber": str(flight.number),
            "departure": {"date": local_time(departs), "airport": {"code": flight.origin}},
            "arrival": {"date": local_time(arrives), "airport": {"code": flight.destination}},
            "marketingAirline": _airline(flight.carrier),
            "operationAirline": {"code": flight.operator_code, "name": operator_name(flight)},
            "equipment": flight.aircraft,
            "stops": int(flight.via is not None),
            **_booking_class(CLASSES[cabin][flight.number % len(CLASSES[cabin])], own),
        }
        for flight, (departs, arrives), cabin in zip(itinerary.flights, times, offer.cabins, strict=True)
    ]
    uid = _encode_uid(search, *offer_key(offer))
    return {
        "uid": uid,
        "cabin": CABINS[offer.cabin],
        "sourceGDS": "G3" if own else "AMADEUS",
        "stops": itinerary.stop_count,
        "availableSeats": offer.seats,
        "departure": {"date": local_time(times[0][0]), "airport": _airport(search.origin)},
        "arrival": {"date": local_time(times[-1][1]), "airport": _airport(search.destination)},
        "airline": _airline(itinerary.flights[0].carrier),
        "duration": _hours(itinerary.minutes),
        "durationNumber": itinerary.minutes,
        "timeStop": _hours(itinerary.minutes - sum(flight.block for flight in itinerary.flights)),
        "baggage": {"free": "none" if own else "included", "quantity": 0 if own else 1},
        "legList": legs,
        "fareList": [{"uid": f"{uid}-{number}", **fare} for number, fare in enumerate(_fares(offer, tariff, own), 1)],
    }


def _booking_class(code: str, own: bool) -> Json:
    """Build a flight's booking class: flights of itineraries with partners have a different key."""
    return {"classOfService": code} if own else {"congener": {"resBookDesigCode": code}}


def _fares(offer: Offer, tariff: Tariff, own: bool) -> list[Json]:
    """Build a cabin's fares: in miles or in miles and money, both for all members and for the club; in money only."""
    taxes = tariff.charge(offer.taxes) / 100
    cost: Json = {"g3": {"costTax": taxes, "productClass": "LI" if offer.saver else "PA"}}
    if not own:
        number = round(taxes * 1.5, 2)
        amount = f"{number:.2f}" if offer.itinerary.minutes % 2 else number  # both types occur
        cost = {
            "g3": {},
            "airlineTax": taxes,
            "airlineFareAmount": amount,
            "legListCost": "0",
            "legListCurrency": "BRL",
        }
    sale = {"offer": offer.discount_percent} if offer.discount_percent else {}
    fares = []
    for suffix, percent in (("", 100), ("_CLUB", CLUB_PERCENT)):
        miles, before = (_hundreds(price * percent / 100) for price in (offer.miles, offer.regular_miles))
        fares.append({"type": f"SMILES{suffix}", "miles": miles, "baseMiles": before, "money": 0} | sale | cost)
        part = _hundreds(miles * MONEY_MILES_PERCENT / 100)
        money = round((miles - part) * REAIS_PER_MILE)
        fares.append({"type": f"SMILES_MONEY{suffix}", "miles": part, "money": money} | cost)
    if own and offer.cash is not None:
        cash = tariff.charge(offer.cash * 100) / 100
        product = {"costTax": taxes, "productClass": "SL"}
        fares.append({"type": "MONEY", "miles": 0, "money": cash, "g3": product})
    return fares


def segment_json(name: str, flights: list[Json]) -> Json:
    """Build one direction of the response: the flights, and the choices for the page's filters."""
    return {
        "type": name,
        "flightList": flights,
        "airports": {
            f"{side}AirportList": [
                {"code": code} for code in _distinct(flight[side]["airport"]["code"] for flight in flights)
            ]
            for side in ("departure", "arrival")
        },
        "cabinList": _distinct(flight["cabin"] for flight in flights),
        "companyList": [
            _airline(code)
            for code in _distinct(leg["marketingAirline"]["code"] for flight in flights for leg in flight["legList"])
        ],
        "bestPricing": _best_pricing(flights),
    }


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted(set(values))


def _best_pricing(flights: list[Json]) -> Json | None:
    fares = [fare for flight in flights for fare in flight["fareList"]]
    club = [fare["miles"] for fare in fares if fare["type"] == "SMILES_CLUB"]
    if not club:
        return None
    mixed = [fare for fare in fares if fare["type"] == "SMILES_MONEY_CLUB"]
    with_money = min(mixed, key=lambda fare: fare["miles"], default={"miles": 0, "money": 0})
    return {
        "miles": min(club),
        "sourceFare": "AWARD",
        "fare": {"type": "SMILES_CLUB"},
        "smilesMoney": {"miles": with_money["miles"], "money": with_money["money"]},
    }


def quote_json(flight: Json, fare: Json, travelers: int, taxes: float) -> Json:
    """Build the exact price for all travelers. The quoted flight has only the requested fare, and no uid."""
    fare_total = {"miles": fare["miles"] * travelers, "money": fare["money"] * travelers}
    tax_total = round(taxes * travelers, 2)
    quoted_fare = {key: fare[key] for key in ("type", "miles", "money")} | {"g3": {"costTax": taxes}}
    quoted_flight = {key: value for key, value in flight.items() if key != "uid"} | {
        "fareList": [quoted_fare],
        "refundable": True,
        "cancellationTax": 450,
        "cancellationCurrency": "BRL",
    }
    return {
        "region": "BRASIL",
        "language": "pt-BR",
        "totals": {
            "passenger": travelers,
            "totalFare": fare_total,
            "totalBoardingTax": {"money": tax_total, "airlineTax": 0, "boardingTaxMoney": tax_total},
            "totalPassengerTypeList": [{"type": "ADT", "passenger": travelers, "totalFare": fare_total}],
            "total": {"miles": fare_total["miles"], "money": round(fare_total["money"] + tax_total, 2)},
        },
        "flightList": [quoted_flight],
    }


def offer_key(offer: Offer) -> tuple[str, str]:
    """Return a key that is unique among one day's offers: the flights, and the cabin with a flag for mixed cabins."""
    return ".".join(flight.name for flight in offer.itinerary.flights), f"{CABINS[offer.cabin]}{int(offer.mixed)}"


def _encode_uid(search: SearchRequest, flights: str, cabin: str) -> str:
    return encode_base64(f"{search.origin}|{search.destination}|{search.day}|{flights}|{cabin}".encode())


def decode_uid(uid: str, travelers: int) -> tuple[SearchRequest, tuple[str, str]]:
    """Parse a flight's uid into a search and the offer's key. Raise ValueError if the uid is invalid."""
    text = decode_base64(uid).decode()
    origin, destination, day, flights, cabin = text.split("|")
    if origin not in all_places() or destination not in all_places():
        raise ValueError(text)
    search = SearchRequest(origin=origin, destination=destination, day=date.fromisoformat(day), travelers=travelers)
    return search, (flights, cabin)


def _hundreds(miles: float) -> int:
    return int(miles / 100 + 0.5) * 100


def _hours(minutes: int) -> Json:
    return {"hours": minutes // 60, "minutes": minutes % 60}


def _airline(code: str) -> Json:
    return {"code": code, "name": carrier_names()[code]}


def _airport(code: str) -> Json:
    place = all_places()[code]
    return {"code": code, "name": place.city, "city": place.city, "country": place.country, "timezone": place.zone.key}
