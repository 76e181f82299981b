"""Air Canada Aeroplan: the redeem page, the token that the page fetches, and the air-bounds search.

A search without the token is refused. Assumed, because no capture shows it: the request body; the token response; the
HTTP status of errors, and everything in the error "NO FLIGHTS FOUND" except its title; the second fare in first class;
the sign-in page; robots.txt; that a flight with an intermediate stop is shown as a nonstop flight.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import orjson

from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import Airline, Json, SearchRequest, opaque_id, styled_page
from awardspider.sandbox.airlines.aeroplan.bounds import Bounds
from awardspider.sandbox.fares import Level
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
    redirect,
)
from awardspider.sandbox.world import World

GATEWAY = "/loyalty/dapidynamic/1ASIUDALAC/v2"
SEARCH, TOKEN = f"{GATEWAY}/search/air-bounds", f"{GATEWAY}/reward/market-token"
REDEEM_PAGE, SIGN_IN = "/aeroplan/redeem/availability/outbound", "/clogin/pages/login"
TOKEN_SECONDS = 30 * 60
FORBIDDEN = json_response({"message": "Forbidden"}, 403)
# In 2022-06, SFO-YYZ in economy cost 32,800 and up; saver seats cost half of that.
LEVELS = (
    Level(500, 6000, 10000, 15000, 30000),
    Level(1000, 10000, 17500, 20000, 40000),
    Level(1500, 12500, 20000, 25000, 50000),
    Level(2750, 17500, 30000, 35000, 60000),
    Level(4000, 35000, 50000, 60000, 90000),
    Level(6000, 40000, 55000, 70000, 100000),
    Level(99999, 55000, 75000, 87500, 130000),
)


def _error(code: str, title: str, status: int) -> SandboxResponse:
    error: Json = {"code": code, "title": title, "status": status}
    return json_response({"errors": [error]}, status)


INTERNAL_ERROR = _error("38189", "INTERNAL ERROR", 200)


def site(world: World) -> Site:
    """Build the simulated site."""
    aeroplan = Aeroplan(
        world,
        "aeroplan",
        LEVELS,
        partners=("UA", "LH", "NH"),
        partner_percent=105,
        close_in_fee=0,
        currency="CAD",
        per_dollar=1.36,
    )
    link = (
        "org0={0}&dest0={1}&departureDate0={{day}}&lang=en-CA&tripType=O&ADT=1&YTH=0&CHD=0&INF=0&INS=0&marketCode={2}"
    )
    return aeroplan.site(
        hosts=("www.aircanada.com", "aircanada.com", "akamai-gw.dbaas.aircanada.com"),
        routes=(
            Route("POST", SEARCH, Kind.DATA, aeroplan.search),
            Route("POST", TOKEN, Kind.OTHER, aeroplan.token),
            Route("GET", TOKEN, Kind.OTHER, aeroplan.token),
            Route("GET", REDEEM_PAGE, Kind.PAGE, aeroplan.redeem_page),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(REDEEM_PAGE)),
        ),
        sign_in=SIGN_IN,
        robots="User-agent: *\nDisallow: /*.txt$\nDisallow: /*?goto=\nDisallow: /undermaintenance.html\n",
        search_paths=("/loyalty/", "/aeroplan/redeem/"),
        renamed_keys=("airBoundGroups", "airBounds", "convertedMiles", "flight"),
        # The page is still served; only its search is refused.
        refusals=(
            Refusal(name="forbidden", reason=Reason.BLOCKED, handler=partial(aeroplan.refused, FORBIDDEN)),
            Refusal(
                name="internal_error",
                reason=Reason.UNEXPECTED_RESPONSE,
                handler=partial(aeroplan.refused, INTERNAL_ERROR),
            ),
        ),
        examples=(
            ("YYZ to YVR, one day", f"{REDEEM_PAGE}?{link.format('YYZ', 'YVR', 'DOM')}"),
            ("SFO to FRA, one day", f"{REDEEM_PAGE}?{link.format('SFO', 'FRA', 'INT')}"),
        ),
        days=None,
        itineraries=ShownItineraries(
            landings=False,
            without=frozenset({"saver", "on_sale", "regular_miles", "cash_price", "segments.stops"}),
        ),
    )


class Aeroplan(Airline):
    """Aeroplan's page, token and search."""

    def token(self, request: SandboxRequest) -> SandboxResponse:
        """Return a token for the search; it stays valid for at least half an hour."""
        token = self._token(int(request.now.timestamp()) // TOKEN_SECONDS)
        return json_response({"accessToken": token, "tokenType": "Bearer", "expiresIn": TOKEN_SECONDS})

    def _token(self, period: int) -> str:
        return opaque_id(24, self.world.seed, "aeroplan", period)

    def search(self, request: SandboxRequest) -> SandboxResponse:
        """Return one day's flights with all their fares."""
        if request.members_only:
            return _error("2113", "UNAUTHORIZED", 401)
        period = int(request.now.timestamp()) // TOKEN_SECONDS
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (self._token(period), self._token(period - 1)):
            return FORBIDDEN
        search = _parse_search(request.body)
        if search is None or search.day < self.world.today(search.origin):
            return _error("477", "INVALID FORMAT", 400)
        offers = self.offers(search, request)
        if not offers:
            return _error("7001", "NO FLIGHTS FOUND", 200)
        return json_response(Bounds(self.inventory, search.travelers, request.step).json(offers))

    def refused(self, refusal: SandboxResponse, request: SandboxRequest) -> SandboxResponse:
        """Return the refusal for a search, and the page for any other request."""
        return refusal if request.path == SEARCH else self.redeem_page(request)

    def redeem_page(self, request: SandboxRequest) -> SandboxResponse:
        """Return the redeem page, or redirect a visitor who must sign in."""
        return redirect(SIGN_IN) if request.members_only else html_response(styled_page("aeroplan", "outbound.html"))


def _parse_search(body: bytes) -> SearchRequest | None:
    """Parse the search from a request body; return None if it is invalid."""
    try:
        payload = orjson.loads(body)
        bound = payload["itineraries"][0]
        search = SearchRequest(
            origin=str(bound["originLocationCode"]),
            destination=str(bound["destinationLocationCode"]),
            day=date.fromisoformat(str(bound["departureDateTime"])[:10]),
            travelers=len(payload["travelers"]),
        )
    except (ValueError, LookupError, TypeError):
        return None
    return search if search.is_possible() else None
