"""Aeromexico Rewards: two look-ups and a search for one day's flights with points; the question is in the headers.

What no capture shows and we made up: an answer without flights (`outbound` is empty and the leg is repeated), the
answers to bad input, to a market that is not Mexico's, to a client without the public client marker and to a visitor
who must sign in; most regions and zones; the family MAIN_REWARDS for economy's saver seats; `CONNECTION` as a type of
leg; on which flight the wait between two is written; robots.txt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from awardspider.programs import programs
from awardspider.sandbox.airlines.aeromexico.flights import search_json
from awardspider.sandbox.fares import Level, Tariff
from awardspider.sandbox.market import Market
from awardspider.sandbox.places import all_places
from awardspider.sandbox.quotes import BUSINESS, ECONOMY
from awardspider.sandbox.sites import Answer, Kind, Question, Refusal, Route, Site, html_answer, json_answer, page
from awardspider.sandbox.world import World

Json = dict[str, Any]
PCC, REGION = "/tc/pcc/getPccInfo", "/tc/region/regionByRoute"
SEARCH, SIGN_IN = "/bc/ow/search/flight/points", "/en-us/login"
OFFICE: Json = {
    "isoCountry": "MX_PP",
    "mappedTo": "MZ",
    "pseudoCityCode": "WVW",
    "cityCode": "WVW",
    "currency": "MXN",
    "stationNumber": "86951815",
    "project": "BOOKING",
    "accountCode": "CP",
    "channelPcc": "web",
    "jipcc": "D5GE",
}
MARKET = {"cityCode": OFFICE["jipcc"], "currency": OFFICE["currency"], "locale": OFFICE["mappedTo"], "store": "MX"}
ITINERARY = re.compile(r"([A-Z]{3})_([A-Z]{3})_(\d{4}-\d\d-\d\d)")
TRAVELERS = re.compile(r"A(\d)_C(\d)_I(\d)_PH(\d)_PC(\d)")
BEACHES = ("CUN", "PVR", "SJD")
# Region and loyalty zone of a country outside Mexico; the rest is Europe.
COUNTRIES = {
    "US": ("USA", "Z04"), "CA": ("CAN", "Z05"), "BR": ("SAM", "Z07"), "AR": ("SAM", "Z07"), "PE": ("SAM", "Z06"),
    "CO": ("SAM", "Z06"), "CL": ("SAM", "Z07"), "CR": ("CAM", "Z06"), "JP": ("ASI", "Z09"), "KR": ("ASI", "Z09"),
}  # fmt: skip
LEVELS = (
    Level(1300, 9000, 14000, 23000, 23000),
    Level(2600, 14000, 22000, 34000, 34000),
    Level(5000, 29000, 40000, 66000, 66000),
    Level(99999, 48000, 70000, 120000, 120000),
)


def site(world: World) -> Site:
    program = programs()["aeromexico"]
    tariff = Tariff(
        program=program.key,
        own=("AM",),
        partners=(),
        levels=LEVELS,
        window_days=program.booking_window_days,
        columns=(ECONOMY, BUSINESS),
        currency="MXN",
        per_dollar=18.5,
        rounded_to=100,
    )
    aeromexico = Aeromexico(world, world.market(tariff))
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.aeromexico.com", "amx-c-mtpsbk-pd.aeromexico.com", "amx-c-bkngbk-pd.aeromexico.com"),
        routes=(
            Route("GET", PCC, Kind.OTHER, _office),
            Route("GET", REGION, Kind.OTHER, _region),
            Route("POST", SEARCH, Kind.DATA, aeromexico.search),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in_page),
        ),
        sign_in=SIGN_IN,
        robots=f"User-agent: *\nDisallow: {SIGN_IN}\n",
        searched=("/tc/", "/bc/"),
        renamed=("outbound", "fares"),
        refusals=(Refusal(name="denied", reason="blocked", handler=_denied),),
        market=aeromexico.market,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as its headers say it."""

    origin: str
    destination: str
    day: date
    travelers: int


class Aeromexico:
    """Answers the search out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market

    def search(self, question: Question) -> Answer:
        """Every itinerary of one day at once, each with the fares of all cabins."""
        if refused := _refused(question):
            return refused
        if question.members_only:
            return _wrong("Please log in to your account", 401)
        asked = _asked(question)
        today = self._world.today(asked.origin) if asked else None
        if asked is None or today is None or asked.day < today or not _says_where(question, asked):
            return _wrong("Invalid request")
        found = []
        if not question.empty and (asked.day - today).days <= self.market.tariff.window_days:
            found = self.market.offers(
                asked.origin, asked.destination, asked.day.toordinal(), asked.travelers, question.step
            )
        leg = f"{asked.origin}_{asked.destination}_{asked.day}"
        return json_answer(search_json(found, leg, asked.travelers, self.market.tariff))


def _refused(question: Question) -> Answer | None:
    """The answer to clients that do not say what they are."""
    if not question.headers.get("User-Agent"):
        return _denied(question)
    if not question.headers.get("Authorization", "").startswith("Atmosphere "):
        return _wrong("Missing signature method", 401)
    return None


def _office(question: Question) -> Answer:
    """What Mexico's shop calls itself in the search."""
    if refused := _refused(question):
        return refused
    if (question.headers.get("project"), question.headers.get("storeFront")) != ("BOOKING", OFFICE["isoCountry"]):
        return _wrong("Unknown store front")
    return json_answer(OFFICE)


def _region(question: Question) -> Answer:
    """The regions and loyalty zones of a route, which the search wants to hear again."""
    if refused := _refused(question):
        return refused
    origin, destination = (question.headers.get(name, "").upper() for name in ("departure", "arrival"))
    if origin not in all_places() or destination not in all_places():
        return _wrong("Unknown airport", 404)
    return json_answer(_regions(origin, destination))


def _regions(origin: str, destination: str) -> Json:
    ends = [(code, all_places()[code]) for code in (origin, destination)]
    (leaves, departure_zone), (lands, arrival_zone) = (_zone(code) for code, _ in ends)
    domestic = all(place.country == "MX" for _, place in ends)
    return {
        "airportOriginDestination": origin + destination,
        "regionDescription": "Domestic" if domestic else "International",
        "regionShortDescription": "DOM" if domestic else "INT",
        "subRegionDestination": lands,
        "subRegionFinal": lands,
        "subRegionOrigin": leaves,
        "departureAirportLoyaltyZone": departure_zone,
        "arrivalAirportLoyaltyZone": arrival_zone,
        "departureAirportCountry": ends[0][1].country,
        "arrivalAirportCountry": ends[1][1].country,
        "departureAirportTimeZoneId": ends[0][1].zone.key,
        "arrivalAirportTimeZoneId": ends[1][1].zone.key,
    }


def _zone(code: str) -> tuple[str, str]:
    """Region and loyalty zone of an airport."""
    if code in BEACHES:
        return "PLA", "Z02"
    place = all_places()[code]
    return ("LOC", "Z01") if place.country == "MX" else COUNTRIES.get(place.country, ("EUR", "Z08"))


def _asked(question: Question) -> Asked | None:
    """The search of the headers, or None where they cannot be."""
    itinerary = ITINERARY.fullmatch(question.headers.get("itinerary", ""))
    party = TRAVELERS.fullmatch(question.headers.get("travelers", ""))
    if itinerary is None or party is None:
        return None
    origin, destination, written = itinerary.groups()
    travelers = sum(map(int, party.groups())) - int(party[3])
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    known = origin in all_places() and destination in all_places() and origin != destination
    return Asked(origin, destination, day, travelers) if known and 1 <= travelers <= 9 else None


def _says_where(question: Question, asked: Asked) -> bool:
    """Whether the headers and the body say what both look-ups told."""
    regions = _regions(asked.origin, asked.destination)
    try:
        body = orjson.loads(question.body)
        told = (body["departureAirportLoyaltyZone"], body["arrivalAirportLoyaltyZone"], body["departureAirportRegion"])
    except (ValueError, LookupError, TypeError):
        return False
    zones = (regions["departureAirportLoyaltyZone"], regions["arrivalAirportLoyaltyZone"], regions["subRegionOrigin"])
    market = {name: question.headers.get(name) for name in MARKET}
    return told == zones and market == MARKET and question.headers.get("legRegion") == regions["subRegionFinal"]


def _denied(_: Question) -> Answer:
    return html_answer("<html><head><title>Denied</title></head><body>Denied</body></html>", 403)


def _wrong(message: str, status: int = 400) -> Answer:
    return json_answer({"code": str(status), "message": message}, status)


def _sign_in_page(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "Aeromexico Rewards"))
