"""Virgin Atlantic: the reward seat checker, which redirects each search to a result that requires a cookie.

`Location` is an absolute path for half of the searches and a relative path for the others. Assumed, because no capture
shows it: empty days for dates in the past or not yet on sale, and for unserved routes; a month's seats below the caps
(100 in economy, 50 in other cabins), and the cap in first class; the responses to invalid input, to carriers other than
VS (empty days) and to a visitor who must sign in; the name of the cookie; robots.txt.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import orjson

from awardspider.items import Cabin
from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import (
    Airline,
    Json,
    decode_base64,
    encode_base64,
    is_served,
    styled_page,
)
from awardspider.sandbox.fares import NO_PRICE, Level, Tariff, unpack
from awardspider.sandbox.quotes import BUSINESS, ECONOMY, FIRST, PREMIUM
from awardspider.sandbox.seats import seat_counts
from awardspider.sandbox.sites import (
    Kind,
    Refusal,
    Route,
    SandboxRequest,
    SandboxResponse,
    ShownDays,
    Site,
    html_response,
    json_response,
    redirect,
)
from awardspider.sandbox.world import World

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
MAX_SEATS_SHOWN = 9
MAX_MONTH_SEATS = {ECONOMY: 100, PREMIUM: 50, BUSINESS: 50, FIRST: 50}
# The lowest price in 2026 was 6,000 one way in economy; usual prices are far higher.
LEVELS = (
    Level(3800, 6000, 10500, 29000, 60000),
    Level(5000, 9000, 17500, 47500, 90000),
    Level(99999, 12500, 22500, 57500, 110000),
)


def site(world: World) -> Site:
    """Build the simulated site."""
    virgin = VirginAtlantic(
        world,
        "virginatlantic",
        LEVELS,
        columns=(ECONOMY, PREMIUM, BUSINESS, FIRST),
        nonstop=True,
        currency="GBP",
        per_dollar=0.78,
    )
    return virgin.site(
        hosts=("www.virginatlantic.com",),
        routes=(
            # The redirect has no body for a data fault to damage, so data faults apply to the result instead.
            Route("POST", CHECKER, Kind.PAGE, virgin.submit),
            Route("GET", f"{CHECKER}*", Kind.DATA, virgin.result),
            Route("GET", MONTH_PAGE, Kind.PAGE, _month_page),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(MONTH_PAGE)),
        ),
        sign_in=SIGN_IN,
        search_paths=("/travelplus/", "/reward-flight-finder/"),
        renamed_keys=("pointsDays", "seats", "cabinPointsValue"),
        refusals=(
            Refusal(
                name="no_content", reason=Reason.UNEXPECTED_RESPONSE, handler=lambda _: SandboxResponse(status=204)
            ),
            Refusal(
                name="444",
                reason=Reason.BLOCKED,
                handler=lambda _: SandboxResponse(status=444, content_type="text/html"),
            ),
        ),
        examples=(("LHR to JFK, a month", f"{MONTH_PAGE}?origin=LHR&destination=JFK&day={{day}}"),),
        days=ShownDays(mixed=False, without=frozenset({"taxes"})),
        itineraries=None,
        seats=virgin.seats,
    )


@dataclass(frozen=True, slots=True)
class MonthSearch:
    """A search in the checker; each month in `months` is given by its first day."""

    origin: str
    destination: str
    travelers: int
    carriers: tuple[str, ...]
    months: tuple[date, ...]


class CabinPrice(NamedTuple):
    """A cabin on one day: the cabin's column in the quotes, its packed price and its seats."""

    column: int
    packed: int
    seats: int


class VirginAtlantic(Airline):
    """The checker's endpoints."""

    def submit(self, request: SandboxRequest) -> SandboxResponse:
        """Store a search in the visitor's cookie and redirect to the result."""
        if request.members_only:
            return _error("Please log in", 401)
        if _parse_search(request.body) is None:
            return _error("Invalid request", 400)
        result_id = _result_id(request.body)
        location = f"{CHECKER}{result_id}" if result_id.int % 2 else str(result_id)
        cookie = f"{COOKIE}={encode_base64(request.body)}; Path=/; HttpOnly; SameSite=Lax"
        return redirect(location, 303, (("Set-Cookie", cookie),))

    def result(self, request: SandboxRequest) -> SandboxResponse:
        """Return the months for the search in the cookie, or an empty response if the path is for another search."""
        if request.members_only:
            return _error("Please log in", 401)
        try:
            body = decode_base64(request.cookies.get(COOKIE, ""))
        except ValueError:
            body = b""
        search = _parse_search(body)
        if search is None or request.path.rpartition("/")[2].lower() != str(_result_id(body)):
            return SandboxResponse(status=204)
        return json_response([self._month(search, first, request) for first in search.months])

    def _month(self, search: MonthSearch, first: date, request: SandboxRequest) -> Json:
        days = [first + timedelta(days=index) for index in range(monthrange(first.year, first.month)[1])]
        prices: dict[date, list[CabinPrice]] = {}
        if "VS" in search.carriers and not request.empty:
            prices = self._prices(search, first, days[-1], request.step)
        points_days = [_day(day, prices.get(day, []), self.tariff) for day in days]
        open_days = [day for day in points_days if day["seats"]]
        seats: Json = {}
        for column, name in SEATS.items():
            if count := sum(day["seats"][name]["cabinClassSeatCount"] for day in open_days if name in day["seats"]):
                seats[name] = _capped_seats(0, False, count, MAX_MONTH_SEATS[column])
        return {
            "date": first.isoformat(),
            "minPrice": min((day["minPrice"] for day in open_days), default=0),
            "currency": self.tariff.currency,
            "minAwardPointsTotal": min((day["minAwardPointsTotal"] for day in open_days), default=0),
            "seats": seats,
            "pointsDays": points_days,
            "month": MONTHS[first.month - 1],
            "year": str(first.year),
            "totalAwardsSeatsForMonth": sum(cabin["cabinClassSeatCount"] for cabin in seats.values()),
            "originPrettyName": None,
            "destinationPrettyName": None,
        }

    def _prices(self, search: MonthSearch, first: date, last: date, step: int) -> dict[date, list[CabinPrice]]:
        """Return the cabins with a price on each day on sale."""
        first, last = self.limit_to_sale(search.origin, first, last)
        if first > last:
            return {}
        route = (search.origin, search.destination)
        columns = self.lowest_prices(route, first, last, search.travelers, step)
        counts = seat_counts(self.inventory, route, first.toordinal(), (last - first).days + 1, step, saver=False)
        prices: dict[date, list[CabinPrice]] = {}
        for column, cabin in CABINS.items():
            for index, packed in enumerate(columns[column]):
                if packed != NO_PRICE:
                    # A stale price may have no seats left, but the checker shows seats with every price.
                    seats = max(counts[cabin][index], search.travelers)
                    day = first + timedelta(days=index)
                    prices.setdefault(day, []).append(CabinPrice(column, packed, seats))
        return prices

    def seats(self, route: tuple[str, str], first: int, days: int, travelers: int, step: int) -> dict[Cabin, list[int]]:
        """Return the seats that the checker shows by cabin and day: at most nine, and 0 if the day has no price."""
        columns = self.inventory.calendar(*route, first, days, travelers, step).columns
        counts = seat_counts(self.inventory, route, first, days, step, saver=False)
        return {
            cabin: [
                min(max(count, travelers), MAX_SEATS_SHOWN) if packed != NO_PRICE else 0
                for count, packed in zip(counts.get(cabin, [0] * days), columns[column], strict=True)
            ]
            for column, cabin in CABINS.items()
        }


def _day(day: date, cabins: list[CabinPrice], tariff: Tariff) -> Json:
    """Build one day. `minPrice` is the lowest tax in any cabin."""
    prices = [unpack(cabin.packed) for cabin in cabins]
    return {
        "date": day.isoformat(),
        "minPrice": min((tariff.charge(price.taxes) / 100 for price in prices), default=0),
        "currency": tariff.currency,
        "minAwardPointsTotal": min((price.miles for price in prices), default=0),
        "seats": {
            SEATS[cabin.column]: _capped_seats(price.miles, price.saver, cabin.seats, MAX_SEATS_SHOWN)
            for cabin, price in zip(cabins, prices, strict=True)
        },
    }


def _capped_seats(points: int, saver: bool, count: int, cap: int) -> Json:
    """Build a cabin's seats: from `cap` on, the number is the cap, and the text is the cap with a plus sign."""
    return {
        "cabinPointsValue": points,
        "isSaverAward": saver,
        "cabinClassSeatCount": min(count, cap),
        "cabinClassSeatCountString": f"{cap}+" if count >= cap else str(count),
    }


def _result_id(body: bytes) -> UUID:
    return UUID(bytes=blake2b(body, digest_size=16).digest())


def _parse_search(body: bytes) -> MonthSearch | None:
    """Parse the search from a request body; return None if it is invalid."""
    try:
        payload = orjson.loads(body)
        part = payload["slice"]
        origin, destination = str(part["origin"]).upper(), str(part["destination"]).upper()
        date.fromisoformat(part["departure"])
        months = tuple(
            date(int(year), MONTHS.index(name) + 1, 1) for year in payload["years"] for name in payload["months"]
        )
        travelers = payload["passengers"].count("ADULT")
        carriers = tuple(map(str, payload["permittedCarriers"]))
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    if not is_served(origin, destination) or not 1 <= travelers <= 9 or not 1 <= len(months) <= 12:
        return None
    return MonthSearch(origin, destination, travelers, carriers, months)


def _error(message: str, status: int) -> SandboxResponse:
    return json_response({"errors": [{"message": message}]}, status)


def _month_page(_: SandboxRequest) -> SandboxResponse:
    return html_response(styled_page("virginatlantic", "month.html"))
