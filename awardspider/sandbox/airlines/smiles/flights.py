"""Smiles' flights with their fares, the segments around them, and the quote of a fare's taxes.

Miles and money are those of one traveler. `baseMiles` is the price before a sale.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from awardspider.items import Cabin
from awardspider.sandbox.fares import Tariff
from awardspider.sandbox.market import Offer
from awardspider.sandbox.places import all_places
from awardspider.sandbox.schedule import carrier_names

Json = dict[str, Any]

CABINS = {Cabin.ECONOMY: "ECONOMIC", Cabin.PREMIUM_ECONOMY: "PREMIUM_ECONOMIC", Cabin.BUSINESS: "BUSINESS"}
CLASSES = {Cabin.ECONOMY: "XVBQ", Cabin.PREMIUM_ECONOMY: "A", Cabin.BUSINESS: "I"}
CLUB_PERCENT, MONEY_MILES_PERCENT, REAIS_PER_MILE = 94, 20, 0.019


@dataclass(frozen=True, slots=True)
class Way:
    """One way of a search."""

    origin: str
    destination: str
    day: date


def flight_json(offer: Offer, way: Way, tariff: Tariff) -> Json:
    """An itinerary in one cabin with all its fares."""
    itinerary = offer.itinerary
    times = itinerary.times(offer.ordinal)
    own = all(flight.carrier in tariff.own for flight in itinerary.flights)
    legs = [
        {
            "cabin": CABINS[cabin],
            "flightNumber": str(flight.number),
            "departure": {"date": _local(leaves), "airport": {"code": flight.origin}},
            "arrival": {"date": _local(arrives), "airport": {"code": flight.destination}},
            "marketingAirline": _airline(flight.carrier),
            "operationAirline": {
                "code": flight.operator_code,
                "name": flight.operator_name or carrier_names()[flight.carrier],
            },
            "equipment": flight.aircraft,
            "stops": int(flight.via is not None),
            "classOfService": CLASSES[cabin][flight.number % len(CLASSES[cabin])],
        }
        for flight, (leaves, arrives), cabin in zip(itinerary.flights, times, offer.cabins, strict=True)
    ]
    uid = _sealed(way, *key_of(offer))
    return {
        "uid": uid,
        "cabin": CABINS[offer.cabin],
        "sourceGDS": "G3" if own else "AMADEUS",
        "stops": itinerary.landings,
        "availableSeats": offer.seats,
        "departure": {"date": _local(times[0][0]), "airport": _airport(way.origin)},
        "arrival": {"date": _local(times[-1][1]), "airport": _airport(way.destination)},
        "airline": _airline(itinerary.flights[0].carrier),
        "duration": _hours(itinerary.minutes),
        "durationNumber": itinerary.minutes,
        "timeStop": _hours(itinerary.minutes - sum(flight.block for flight in itinerary.flights)),
        "baggage": {"free": "none" if own else "included", "quantity": 0 if own else 1},
        "legList": legs,
        "fareList": [{"uid": f"{uid}-{number}", **fare} for number, fare in enumerate(_fares(offer, tariff, own), 1)],
    }


def _fares(offer: Offer, tariff: Tariff, own: bool) -> list[Json]:
    """The prices of one flight in one cabin: for everybody, for the club, with money, and in money alone."""
    taxes = tariff.charge(offer.taxes) / 100
    cost: Json = {"g3": {"costTax": taxes, "productClass": "LI" if offer.saver else "PA"}}
    if not own:
        amount = round(taxes * 1.5, 2)  # comes as a number or as text
        written = f"{amount:.2f}" if offer.itinerary.minutes % 2 else amount
        cost = {"airlineTax": taxes, "airlineFareAmount": written, "legListCost": "0", "legListCurrency": "BRL"}
    sale = {"offer": offer.percent} if offer.percent else {}
    fares = []
    for suffix, percent in (("", 100), ("_CLUB", CLUB_PERCENT)):
        miles, before = (_hundreds(price * percent / 100) for price in (offer.miles, offer.before))
        fares.append({"type": f"SMILES{suffix}", "miles": miles, "baseMiles": before, "money": 0} | sale | cost)
        if own:
            part = _hundreds(miles * MONEY_MILES_PERCENT / 100)
            money = round((miles - part) * REAIS_PER_MILE)
            fares.append({"type": f"SMILES_MONEY{suffix}", "miles": part, "money": money} | cost)
    if own and offer.cash is not None:
        cash = tariff.charge(offer.cash * 100) / 100
        product = {"costTax": taxes, "productClass": "SL"}
        fares.append({"type": "MONEY", "miles": 0, "money": cash, "g3": product})
    return fares


def segment_json(name: str, flights: list[Json]) -> Json:
    """One way of the answer: its flights, and what the page's filters offer."""
    return {
        "type": name,
        "flightList": flights,
        "airports": {
            f"{side}AirportList": [
                {"code": code} for code in _all(flight[side]["airport"]["code"] for flight in flights)
            ]
            for side in ("departure", "arrival")
        },
        "cabinList": _all(flight["cabin"] for flight in flights),
        "companyList": [
            _airline(code) for code in _all(leg["marketingAirline"]["code"] for f in flights for leg in f["legList"])
        ],
        "bestPricing": _best(flights),
    }


def _all(values: Iterable[str]) -> list[str]:
    return sorted(set(values))


def _best(flights: list[Json]) -> Json | None:
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
    """The exact price of a party; the flight in it has the one fare that was asked, and no uid."""
    fare_total = {"miles": fare["miles"] * travelers, "money": fare["money"] * travelers}
    tax_total = round(taxes * travelers, 2)
    kept = {key: fare[key] for key in ("type", "miles", "money")} | {"g3": {"costTax": taxes}}
    shown = {key: value for key, value in flight.items() if key != "uid"} | {
        "fareList": [kept],
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
        "flightList": [shown],
    }


def key_of(offer: Offer) -> tuple[str, str]:
    """What tells the offers of one day apart: their flights, and the cabin with whether it is mixed."""
    return ".".join(flight.name for flight in offer.itinerary.flights), f"{CABINS[offer.cabin]}{int(offer.mixed)}"


def _sealed(way: Way, flights: str, cabin: str) -> str:
    text = f"{way.origin}|{way.destination}|{way.day}|{flights}|{cabin}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def opened(uid: str) -> tuple[Way, tuple[str, str]]:
    """The way and the offer's key in a flight's uid. Raises ValueError."""
    text = urlsafe_b64decode(uid + "=" * (-len(uid) % 4)).decode()
    origin, destination, day, flights, cabin = text.split("|")
    if origin not in all_places() or destination not in all_places():
        raise ValueError(text)
    return Way(origin, destination, date.fromisoformat(day)), (flights, cabin)


def _hundreds(miles: float) -> int:
    return int(miles / 100 + 0.5) * 100


def _local(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _hours(minutes: int) -> Json:
    return {"hours": minutes // 60, "minutes": minutes % 60}


def _airline(code: str) -> Json:
    return {"code": code, "name": carrier_names()[code]}


def _airport(code: str) -> Json:
    place = all_places()[code]
    return {"code": code, "name": place.city, "city": place.city, "country": place.country, "timezone": place.zone.key}
