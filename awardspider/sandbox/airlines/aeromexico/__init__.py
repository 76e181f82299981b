"""Aeromexico Rewards: two lookups, and a search for one day's flights in points whose parameters are in the headers.

Assumed, because no capture shows it: the response without flights (`outbound` is empty, and `conversionInfo` still has
the leg); the responses to invalid input, to a market other than Mexico's, to a client without the public client marker
and to a visitor who must sign in; most regions and zones; the family MAIN_REWARDS for saver seats in economy; the leg
type `CONNECTION`; which segment has the layover; robots.txt.
"""

from __future__ import annotations

import re
from datetime import date

import orjson

from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import Airline, Json, SearchRequest
from awardspider.sandbox.airlines.aeromexico.flights import search_json
from awardspider.sandbox.fares import Level
from awardspider.sandbox.places import all_places
from awardspider.sandbox.quotes import BUSINESS, ECONOMY
from awardspider.sandbox.sites import (
    Kind,
    Refusal,
    Route,
    SandboxRequest,
    SandboxResponse,
    ShownItineraries,
    Site,
    html_response,
    json_response,
)
from awardspider.sandbox.world import World

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
# Region and loyalty zone of each country outside Mexico; any other country counts as Europe.
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
    """Build the simulated site."""
    aeromexico = Aeromexico(
        world, "aeromexico", LEVELS, columns=(ECONOMY, BUSINESS), currency="MXN", per_dollar=18.5, rounded_to=100
    )
    return aeromexico.site(
        hosts=("www.aeromexico.com", "amx-c-mtpsbk-pd.aeromexico.com", "amx-c-bkngbk-pd.aeromexico.com"),
        routes=(
            Route("GET", PCC, Kind.OTHER, _office),
            Route("GET", REGION, Kind.OTHER, _region),
            Route("POST", SEARCH, Kind.DATA, aeromexico.search),
        ),
        sign_in=SIGN_IN,
        search_paths=("/tc/", "/bc/"),
        renamed_keys=("outbound", "fares"),
        refusals=(Refusal(name="denied", reason=Reason.BLOCKED, handler=_denied),),
        days=None,
        itineraries=ShownItineraries(without=frozenset({"mixed_cabin", "segments.cabin"})),
    )


class Aeromexico(Airline):
    """Aeromexico's endpoints."""

    def search(self, request: SandboxRequest) -> SandboxResponse:
        """Return every itinerary on one day, each with the fares in all cabins."""
        if error := _client_error(request):
            return error
        if request.members_only:
            return _error("Please log in to your account", 401)
        search = _parse_search(request)
        if search is None or search.day < self.world.today(search.origin) or not _repeats_lookups(request, search):
            return _error("Invalid request")
        leg = f"{search.origin}_{search.destination}_{search.day}"
        return json_response(search_json(self.offers(search, request), leg, search.travelers, self.tariff))


def _client_error(request: SandboxRequest) -> SandboxResponse | None:
    """Return the response to a client without a User-Agent or the public client marker; None for any other client."""
    if not request.headers.get("User-Agent"):
        return _denied(request)
    if not request.headers.get("Authorization", "").startswith("Atmosphere "):
        return _error("Missing signature method", 401)
    return None


def _office(request: SandboxRequest) -> SandboxResponse:
    """Return the Mexican store's identifiers, which a search must repeat."""
    if error := _client_error(request):
        return error
    if (request.headers.get("project"), request.headers.get("storeFront")) != ("BOOKING", OFFICE["isoCountry"]):
        return _error("Unknown store front")
    return json_response(OFFICE)


def _region(request: SandboxRequest) -> SandboxResponse:
    """Return the regions and loyalty zones of a route, which a search must repeat."""
    if error := _client_error(request):
        return error
    origin, destination = (request.headers.get(name, "").upper() for name in ("departure", "arrival"))
    if origin not in all_places() or destination not in all_places():
        return _error("Unknown airport", 404)
    return json_response(_regions(origin, destination))


def _regions(origin: str, destination: str) -> Json:
    start, end = all_places()[origin], all_places()[destination]
    (origin_region, origin_zone), (destination_region, destination_zone) = _zone(origin), _zone(destination)
    domestic = start.country == end.country == "MX"
    return {
        "airportOriginDestination": origin + destination,
        "regionDescription": "Domestic" if domestic else "International",
        "regionShortDescription": "DOM" if domestic else "INT",
        "subRegionDestination": destination_region,
        "subRegionFinal": destination_region,
        "subRegionOrigin": origin_region,
        "departureAirportLoyaltyZone": origin_zone,
        "arrivalAirportLoyaltyZone": destination_zone,
        "departureAirportCountry": start.country,
        "arrivalAirportCountry": end.country,
        "departureAirportTimeZoneId": start.zone.key,
        "arrivalAirportTimeZoneId": end.zone.key,
    }


def _zone(code: str) -> tuple[str, str]:
    """Return the region and loyalty zone of an airport."""
    if code in BEACHES:
        return "PLA", "Z02"
    place = all_places()[code]
    return ("LOC", "Z01") if place.country == "MX" else COUNTRIES.get(place.country, ("EUR", "Z08"))


def _parse_search(request: SandboxRequest) -> SearchRequest | None:
    """Parse the search from the headers; return None if it is invalid."""
    itinerary = ITINERARY.fullmatch(request.headers.get("itinerary", ""))
    party = TRAVELERS.fullmatch(request.headers.get("travelers", ""))
    if itinerary is None or party is None:
        return None
    origin, destination, day = itinerary.groups()
    travelers = sum(map(int, party.groups())) - int(party[3])
    try:
        search = SearchRequest(origin=origin, destination=destination, day=date.fromisoformat(day), travelers=travelers)
    except ValueError:
        return None
    return search if search.is_possible() else None


def _repeats_lookups(request: SandboxRequest, search: SearchRequest) -> bool:
    """Return whether the headers and body repeat the values that both lookups returned."""
    regions = _regions(*search.route)
    try:
        body = orjson.loads(request.body)
        zones = (body["departureAirportLoyaltyZone"], body["arrivalAirportLoyaltyZone"], body["departureAirportRegion"])
    except (ValueError, LookupError, TypeError):
        return False
    expected = ("departureAirportLoyaltyZone", "arrivalAirportLoyaltyZone", "subRegionOrigin")
    market = {name: request.headers.get(name) for name in MARKET}
    same_zones = zones == tuple(regions[name] for name in expected)
    return same_zones and market == MARKET and request.headers.get("legRegion") == regions["subRegionFinal"]


def _denied(_: SandboxRequest) -> SandboxResponse:
    return html_response("<html><head><title>Denied</title></head><body>Denied</body></html>", 403)


def _error(message: str, status: int = 400) -> SandboxResponse:
    return json_response({"code": str(status), "message": message}, status)
