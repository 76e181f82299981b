"""Virgin Atlantic: the reward seat checker, which answers with a redirect that only the visitor's cookie opens.

What no capture shows and we made up: that days which are past or not yet on sale are empty days, that a route that is
not flown has a month of them, how many seats the months' "50+" and "100+" begin with, the answers to bad input, to a
carrier that is not VS (empty days) and to a visitor who must sign in, the name of the cookie and robots.txt.
`Location` is a path or, for every other question, relative to where it was asked.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson

from awardspider.items import Cabin
from awardspider.programs import programs
from awardspider.sandbox.fares import NO_PRICE, Level, Tariff, unpack
from awardspider.sandbox.market import Market
from awardspider.sandbox.places import all_places
from awardspider.sandbox.quotes import BUSINESS, ECONOMY, FIRST, PREMIUM
from awardspider.sandbox.seats import seat_counts
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

Json = dict[str, Any]
CHECKER = "/travelplus/reward-seat-checker-api/"
MONTH_PAGE, SIGN_IN = "/reward-flight-finder/results/month", "/login"
COOKIE = "vs-seat-check"
MONTHS = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE",
    "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER",
)  # fmt: skip
SEATS = {
    ECONOMY: "awardEconomy",
    PREMIUM: "awardComfortPlusPremiumEconomy",
    BUSINESS: "awardBusiness",
    FIRST: "awardFirst",
}
CABINS = {ECONOMY: Cabin.ECONOMY, PREMIUM: Cabin.PREMIUM_ECONOMY, BUSINESS: Cabin.BUSINESS, FIRST: Cabin.FIRST}
MOST_TOLD = 9
# The lowest prices of 2026 were 6,000 one way in economy; the usual ones lie far above.
LEVELS = (
    Level(3800, 6000, 10500, 29000, 60000),
    Level(5000, 9000, 17500, 47500, 90000),
    Level(99999, 12500, 22500, 57500, 110000),
)


def site(world: World) -> Site:
    program = programs()["virginatlantic"]
    tariff = Tariff(
        program=program.key,
        own=("VS",),
        partners=(),
        levels=LEVELS,
        window_days=program.booking_window_days,
        columns=(ECONOMY, PREMIUM, BUSINESS, FIRST),
        nonstop=True,
        currency="GBP",
        per_dollar=0.78,
    )
    virgin = VirginAtlantic(world, world.market(tariff))
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.virginatlantic.com",),
        routes=(
            # A page to the faults, for its answer has no body that could be spoiled: those of data strike the second.
            Route("POST", CHECKER, Kind.PAGE, virgin.question),
            Route("GET", f"{CHECKER}*", Kind.DATA, virgin.answer),
            Route("GET", MONTH_PAGE, Kind.PAGE, _month_page),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(MONTH_PAGE)),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in_page),
        ),
        sign_in=SIGN_IN,
        robots=f"User-agent: *\nDisallow: {SIGN_IN}\n",
        searched=("/travelplus/", "/reward-flight-finder/"),
        renamed=("pointsDays", "seats", "cabinPointsValue"),
        refusals=(
            Refusal(name="no_content", reason="unexpected_response", handler=lambda _: Answer(status=204)),
            Refusal(name="444", reason="blocked", handler=lambda _: Answer(status=444, content_type="text/html")),
        ),
        examples=(("LHR to JFK, a month", f"{MONTH_PAGE}?origin=LHR&destination=JFK&day={{day}}"),),
        market=virgin.market,
        seats=virgin.seats,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the checker takes it; `months` are their first days."""

    origin: str
    destination: str
    travelers: int
    carriers: tuple[str, ...]
    months: tuple[date, ...]


class VirginAtlantic:
    """Answers Virgin Atlantic's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market

    def question(self, question: Question) -> Answer:
        """Takes a question, and tells where its answer is; what was asked stays in the visitor's cookie."""
        if question.members_only:
            return json_answer({"errors": [{"message": "Please log in"}]}, 401)
        if _asked(question.body) is None:
            return json_answer({"errors": [{"message": "Invalid request"}]}, 400)
        place = _place(question.body)
        location = f"{CHECKER}{place}" if place.int % 2 else str(place)
        kept = urlsafe_b64encode(question.body).decode().rstrip("=")
        return redirect(location, 303, (("Set-Cookie", f"{COOKIE}={kept}; Path=/; HttpOnly; SameSite=Lax"),))

    def answer(self, question: Question) -> Answer:
        """The months of the question in the cookie, if they are those that the path stands for; else nothing."""
        if question.members_only:
            return json_answer({"errors": [{"message": "Please log in"}]}, 401)
        try:
            kept = question.cookies.get(COOKIE, "")
            body = urlsafe_b64decode(kept + "=" * (-len(kept) % 4))
        except ValueError:
            body = b""
        asked = _asked(body)
        if asked is None or question.path.rpartition("/")[2].lower() != str(_place(body)):
            return Answer(status=204)
        return json_answer([self._month(asked, first, question) for first in asked.months])

    def _month(self, asked: Asked, first: date, question: Question) -> Json:
        days = monthrange(first.year, first.month)[1]
        told = {} if question.empty or "VS" not in asked.carriers else self._told(asked, first, days, question.step)
        points_days = [_day(first + timedelta(days=index), told.get(index, []), self.market) for index in range(days)]
        open_days = [day for day in points_days if day["seats"]]
        seats: Json = {}
        for name in SEATS.values():
            if count := sum(day["seats"][name]["cabinClassSeatCount"] for day in open_days if name in day["seats"]):
                seats[name] = _seats(0, False, *_rounded(count))
        return {
            "date": first.isoformat(),
            "minPrice": min((day["minPrice"] for day in open_days), default=0),
            "currency": self.market.tariff.currency,
            "minAwardPointsTotal": min((day["minAwardPointsTotal"] for day in open_days), default=0),
            "seats": seats,
            "pointsDays": points_days,
            "month": MONTHS[first.month - 1],
            "year": str(first.year),
            "totalAwardsSeatsForMonth": sum(one["cabinClassSeatCount"] for one in seats.values()),
            "originPrettyName": None,
            "destinationPrettyName": None,
        }

    def _told(self, asked: Asked, first: date, days: int, step: int) -> dict[int, list[tuple[int, int, int]]]:
        """For the days on sale, counted from the first of the month: column, packed price and seats of each cabin."""
        today = self._world.today(asked.origin)
        begin = max(first, today)
        end = min(first + timedelta(days=days - 1), today + timedelta(days=self.market.tariff.window_days))
        if begin > end:
            return {}
        span = (begin.toordinal(), (end - begin).days + 1)
        route = (asked.origin, asked.destination)
        columns = self.market.month(*route, *span, asked.travelers, step).columns
        counts = seat_counts(self.market, route, *span, step, saver=False)
        told: dict[int, list[tuple[int, int, int]]] = {}
        for column, cabin in CABINS.items():
            for index, packed in enumerate(columns[column]):
                if packed != NO_PRICE:
                    # A day's price can be stale, and then there is no seat left; the checker shows both or none.
                    seats = max(counts[cabin][index], asked.travelers)
                    told.setdefault((begin - first).days + index, []).append((column, packed, seats))
        return told

    def seats(self, route: tuple[str, str], first: int, days: int, travelers: int, step: int) -> dict[Cabin, list[int]]:
        """The truth of the seats beside the prices: never more than nine are told."""
        columns = self.market.month(*route, first, days, travelers, step).columns
        counts = seat_counts(self.market, route, first, days, step, saver=False)
        return {
            cabin: [
                min(max(count, travelers), MOST_TOLD) if packed != NO_PRICE else 0
                for count, packed in zip(counts.get(cabin, [0] * days), columns[column], strict=True)
            ]
            for column, cabin in CABINS.items()
        }


def _day(day: date, told: list[tuple[int, int, int]], market: Market) -> Json:
    """One day. Its lowest price in money belongs to no cabin in particular."""
    prices = [unpack(packed) for _, packed, _ in told]
    return {
        "date": day.isoformat(),
        "minPrice": min((market.tariff.charge(price.taxes) / 100 for price in prices), default=0),
        "currency": market.tariff.currency,
        "minAwardPointsTotal": min((price.miles for price in prices), default=0),
        "seats": {
            SEATS[column]: _seats(
                price.miles,
                price.saver,
                min(seats, MOST_TOLD),
                f"{MOST_TOLD}+" if seats >= MOST_TOLD else str(seats),
            )
            for (column, _, seats), price in zip(told, prices, strict=True)
        },
    }


def _seats(points: int, saver: bool, count: int, text: str) -> Json:
    return {
        "cabinPointsValue": points,
        "isSaverAward": saver,
        "cabinClassSeatCount": count,
        "cabinClassSeatCountString": text,
    }


def _rounded(count: int) -> tuple[int, str]:
    """The seats of a month, which are told only roughly where they are many."""
    rough = 100 if count >= 100 else 50 if count >= 50 else 0
    return (rough, f"{rough}+") if rough else (count, str(count))


def _place(body: bytes) -> UUID:
    return UUID(bytes=blake2b(body, digest_size=16).digest())


def _asked(body: bytes) -> Asked | None:
    """The question in a request body, or None where the checker would not take it."""
    try:
        request = orjson.loads(body)
        part = request["slice"]
        origin, destination = str(part["origin"]).upper(), str(part["destination"]).upper()
        date.fromisoformat(part["departure"])
        months = tuple(
            date(int(year), MONTHS.index(name) + 1, 1) for year in request["years"] for name in request["months"]
        )
        travelers = request["passengers"].count("ADULT")
        carriers = tuple(map(str, request["permittedCarriers"]))
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    known = origin in all_places() and destination in all_places() and origin != destination
    if not known or not 1 <= travelers <= 9 or not 1 <= len(months) <= 12:
        return None
    return Asked(origin, destination, travelers, carriers, months)


def _month_page(_: Question) -> Answer:
    return html_answer(page("virginatlantic", "month.html").replace("{style}", page("airline.css")))


def _sign_in_page(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "Virgin Atlantic Flying Club"))
