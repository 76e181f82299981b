"""Air Canada Aeroplan: the redeem page, the token that it fetches, and the air-bounds search behind it.

A search without the token is refused. What no capture shows and we made up: the request's body, the token's answer, the
status beside the errors and all but the title of "NO FLIGHTS FOUND", further fares in first class, the sign-in page and
robots.txt. A flight that lands on the way looks like one that does not, for no capture has one.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from hashlib import blake2b

import orjson

from awardspider.programs import programs
from awardspider.sandbox.airlines.aeroplan.bounds import Bounds, Json
from awardspider.sandbox.fares import Level, Tariff
from awardspider.sandbox.market import Market
from awardspider.sandbox.places import all_places
from awardspider.sandbox.sites import (
    Answer,
    Kind,
    Question,
    Refusal,
    Route,
    Site,
    html_answer,
    json_answer,
    page,
    redirect,
)
from awardspider.sandbox.world import World

GATEWAY = "/loyalty/dapidynamic/1ASIUDALAC/v2"
SEARCH, TOKEN = f"{GATEWAY}/search/air-bounds", f"{GATEWAY}/reward/market-token"
REDEEM_PAGE, SIGN_IN = "/aeroplan/redeem/availability/outbound", "/clogin/pages/login"
TOKEN_MINUTES = 30
FORBIDDEN = json_answer({"message": "Forbidden"}, 403)
# SFO-YYZ began at 32,800 in economy in 2022-06, with saver seats at half of it.
LEVELS = (
    Level(500, 6000, 10000, 15000, 30000),
    Level(1000, 10000, 17500, 20000, 40000),
    Level(1500, 12500, 20000, 25000, 50000),
    Level(2750, 17500, 30000, 35000, 60000),
    Level(4000, 35000, 50000, 60000, 90000),
    Level(6000, 40000, 55000, 70000, 100000),
    Level(99999, 55000, 75000, 87500, 130000),
)


def _error(code: str, title: str, status: int) -> Answer:
    error: Json = {"code": code, "title": title, "status": status}
    return json_answer({"errors": [error]}, status)


INTERNAL_ERROR = _error("38189", "INTERNAL ERROR", 200)


def site(world: World) -> Site:
    program = programs()["aeroplan"]
    tariff = Tariff(
        program=program.key,
        own=program.carriers,
        partners=("UA", "LH", "NH"),
        levels=LEVELS,
        window_days=program.booking_window_days,
        partner_percent=105,
        close_in_fee=0,
        currency="CAD",
        per_dollar=1.36,
    )
    aeroplan = Aeroplan(world, world.market(tariff))
    link = (
        "org0={0}&dest0={1}&departureDate0={{day}}&lang=en-CA&tripType=O&ADT=1&YTH=0&CHD=0&INF=0&INS=0&marketCode={2}"
    )
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.aircanada.com", "aircanada.com", "akamai-gw.dbaas.aircanada.com"),
        routes=(
            Route("POST", SEARCH, Kind.DATA, aeroplan.search),
            Route("POST", TOKEN, Kind.OTHER, aeroplan.token),
            Route("GET", TOKEN, Kind.OTHER, aeroplan.token),
            Route("GET", REDEEM_PAGE, Kind.PAGE, aeroplan.redeem_page),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(REDEEM_PAGE)),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in_page),
        ),
        sign_in=SIGN_IN,
        robots="User-agent: *\nDisallow: /*.txt$\nDisallow: /*?goto=\nDisallow: /undermaintenance.html\n",
        searched=("/loyalty/", "/aeroplan/redeem/"),
        renamed=("airBoundGroups", "airBounds", "convertedMiles", "flight"),
        # The page itself still comes: it is its search that is refused.
        refusals=(
            Refusal(name="forbidden", reason="blocked", handler=partial(aeroplan.refused, FORBIDDEN)),
            Refusal(
                name="internal_error", reason="unexpected_response", handler=partial(aeroplan.refused, INTERNAL_ERROR)
            ),
        ),
        examples=(
            ("YYZ to YVR, one day", f"{REDEEM_PAGE}?{link.format('YYZ', 'YVR', 'DOM')}"),
            ("SFO to FRA, one day", f"{REDEEM_PAGE}?{link.format('SFO', 'FRA', 'INT')}"),
        ),
        market=aeroplan.market,
    )


class Aeroplan:
    """Answers Aeroplan's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market

    def token(self, question: Question) -> Answer:
        """A token for the search, good for half an hour."""
        token = self._token(int(question.now.timestamp()) // (TOKEN_MINUTES * 60))
        return json_answer({"accessToken": token, "tokenType": "Bearer", "expiresIn": TOKEN_MINUTES * 60})

    def _token(self, period: int) -> str:
        return blake2b(f"{self._world.seed}|aeroplan|{period}".encode(), digest_size=24).hexdigest()

    def search(self, question: Question) -> Answer:
        """The flights of one day with all their fares."""
        if question.members_only:
            return _error("2113", "UNAUTHORIZED", 401)
        period = int(question.now.timestamp()) // (TOKEN_MINUTES * 60)
        given = question.headers.get("Authorization", "").removeprefix("Bearer ")
        if given not in (self._token(period), self._token(period - 1)):
            return FORBIDDEN
        asked = _asked(question.body)
        if asked is None or asked[2] < self._world.today(asked[0]):
            return _error("477", "INVALID FORMAT", 400)
        origin, destination, day, travelers = asked
        last = self._world.today(origin) + timedelta(days=self.market.tariff.window_days)
        offers = []
        if day <= last and not question.empty:
            offers = self.market.offers(origin, destination, day.toordinal(), travelers, question.step)
        if not offers:
            return _error("7001", "NO FLIGHTS FOUND", 200)
        return json_answer(Bounds(self.market, travelers, question.step).json(offers))

    def refused(self, refusal: Answer, question: Question) -> Answer:
        return refusal if question.path == SEARCH else self.redeem_page(question)

    def redeem_page(self, question: Question) -> Answer:
        """The page for people; where the rule is on, only members see it."""
        if question.members_only:
            return redirect(SIGN_IN)
        return html_answer(page("aeroplan", "outbound.html").replace("{style}", page("airline.css")))


def _asked(body: bytes) -> tuple[str, str, date, int] | None:
    """Origin, destination, day and travelers of a request, or None where it cannot be searched for."""
    try:
        request = orjson.loads(body)
        bound = request["itineraries"][0]
        origin, destination = str(bound["originLocationCode"]), str(bound["destinationLocationCode"])
        day = date.fromisoformat(str(bound["departureDateTime"])[:10])
        travelers = len(request["travelers"])
    except (ValueError, LookupError, TypeError):
        return None
    known = origin in all_places() and destination in all_places() and origin != destination
    return (origin, destination, day, travelers) if known and 1 <= travelers <= 9 else None


def _sign_in_page(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "Aeroplan"))
