"""SAS EuroBonus: the award finder's seat counts, one day's points offers, and the pages that fetch them.

Assumed, because no capture shows it: the responses for an unserved origin or destination (`[]`) and for a day without
offers (no flights in `outboundFlights`); the responses to invalid input and to a visitor who must sign in; the response
in cash; the names and codes of saver products; that a discounted offer has the regular price in `points` and the
reduced price in `pointsAfterDiscount`; robots.txt; the addresses of both pages; the cookie that proves to the points
search that the visitor has opened a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial

from awardspider.items import Cabin
from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import Airline, Json, SearchRequest, styled_page
from awardspider.sandbox.airlines.sas.finder import CLASSES, destination_json, seats_by_day
from awardspider.sandbox.airlines.sas.offers import offers_json, shown_offers
from awardspider.sandbox.fares import Level
from awardspider.sandbox.places import all_places
from awardspider.sandbox.quotes import BUSINESS, ECONOMY, PREMIUM
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

FINDER, OFFERS = "/bff/award-finder/destinations/v1", "/api/offers/flights"
FINDER_PAGE, OFFERS_PAGE, SIGN_IN = "/en/award-finder", "/en/book/flights", "/en/log-in"
COOKIE = "sas-visit"
CACHED = (("Cache-Control", "public, max-age=600"),)
# Close to the chart: 10,000 within Scandinavia, 16,000 within Europe, 45,000 across the Atlantic, 50,000 to Asia.
LEVELS = (
    Level(450, 10000, 15000, 20000, 20000),
    Level(2400, 16000, 24000, 32000, 32000),
    Level(4700, 45000, 60000, 80000, 80000),
    Level(99999, 50000, 70000, 95000, 95000),
)
PASSENGER_TYPES = {"adt": "ADT", "chd": "CHD", "yth": "YTH"}


def site(world: World) -> Site:
    """Build the simulated site."""
    sas = Sas(world, "sas", LEVELS, columns=(ECONOMY, PREMIUM, BUSINESS), currency="EUR", per_dollar=0.9)
    finder = "market=en&origin=CPH&destinations=BOS&selectedMonth=&passengers=1&direct=false&availability=true"
    offers = "origin=CPH&destination=JFK&outDate={day}&adt=1&bookingFlow=points"
    return sas.site(
        hosts=("www.flysas.com", "www.sas.se", "www.sas.no", "www.sas.dk"),
        routes=(
            Route("GET", FINDER, Kind.DATA, sas.destinations),
            Route("GET", OFFERS, Kind.DATA, sas.points_offers),
            Route("GET", FINDER_PAGE, Kind.PAGE, partial(sas.page, "award-finder")),
            Route("GET", OFFERS_PAGE, Kind.PAGE, partial(sas.page, "flights")),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(FINDER_PAGE)),
        ),
        sign_in=SIGN_IN,
        search_paths=("/bff/award-finder/", "/api/offers/", OFFERS_PAGE, FINDER_PAGE),
        renamed_keys=("outbound", "outboundFlights"),
        refusals=(Refusal(name="denied_boarding", reason=Reason.BLOCKED, handler=_denied_boarding),),
        examples=(
            ("CPH to BOS, a year of seats", f"{FINDER_PAGE}?origin=CPH&destination=BOS"),
            ("CPH to JFK, one day", f"{OFFERS_PAGE}?{offers}"),
            ("CPH to BOS, as data", f"{FINDER}?{finder}&selectedFlightClass="),
        ),
        days=None,
        itineraries=ShownItineraries(pick=shown_offers),
        seats=sas.seats,
    )


class Sas(Airline):
    """SAS's endpoints and pages."""

    def destinations(self, request: SandboxRequest) -> SandboxResponse:
        """Return the days with enough seats to each destination, over a year or in one month."""
        if request.members_only:
            return _error(401, "Log in to continue")
        query = request.query
        origin, travelers = query.get("origin", "").upper(), query.get("passengers") or "1"
        destinations = [code for code in query.get("destinations", "").upper().split(",") if code]
        if origin not in all_places() or travelers not in tuple("123456789"):
            return json_response([])
        entries = []
        for code in destinations or sorted(all_places()):
            if code == origin or code not in all_places():
                continue
            if entry := destination_json(self.inventory, origin, code, request.step):
                availability: Json = {"outbound": [], "inbound": []}
                entry["availability"] = availability
                if query.get("availability", "true") == "true" and not request.empty:
                    availability["outbound"] = self._days(request, (origin, code), int(travelers))
                    if len(destinations) == 1:
                        availability["inbound"] = self._days(request, (code, origin), int(travelers))
                entries.append(entry)
        return SandboxResponse(body=json_response(entries).body, headers=CACHED)

    def _days(self, request: SandboxRequest, route: tuple[str, str], travelers: int) -> list[Json]:
        """Return the days on sale with enough seats, only in the requested month if one is given."""
        query = request.query
        first, last = self.days_on_sale(route[0])
        if month := query.get("selectedMonth"):
            start = _parse_day(f"{month}01")
            if start is None:
                return []
            end = (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            first, last = self.limit_to_sale(route[0], start, end)
        if first > last:
            return []
        classes = [query["selectedFlightClass"]] if query.get("selectedFlightClass") else list(CLASSES)
        counts = seats_by_day(
            self.inventory, route, (first, last), request.step, direct=query.get("direct", "false") == "true"
        )
        return [
            {"key": int(f"{day:%y%m%d}"), "date": day.isoformat(), "availableSeatsTotal": sum(shown.values()), **shown}
            for day, seats in counts
            if (shown := {name: count for name, count in seats.items() if name in classes})
            and max(shown.values()) >= travelers
        ]

    def seats(
        self, route: tuple[str, str], first: int, days: int, travelers: int, step: int
    ) -> Mapping[Cabin, list[int | None]]:
        """Return the finder's true seats by cabin and day, 0 on days when no cabin has enough for the travelers."""
        span = (date.fromordinal(first), date.fromordinal(first + days - 1))
        counts: dict[Cabin, list[int | None]] = {cabin: [0] * days for cabin in CLASSES.values()}
        for day, seats in seats_by_day(self.inventory, route, span, step, direct=False):
            for name, count in seats.items() if max(seats.values()) >= travelers else ():
                counts[CLASSES[name]][day.toordinal() - first] = count
        return counts

    def points_offers(self, request: SandboxRequest) -> SandboxResponse:
        """Return one day's flights, priced in points or cash. Deny clients without the cookie that a page sets."""
        if request.members_only:
            return _error(401, "Log in to continue")
        if request.cookies.get(COOKIE) != _visit(request.now):
            return _denied_boarding(request)
        query = request.query
        day, party = _parse_day(query.get("outDate", "")), dict(_parse_party(query))
        if day is None:
            return _error(400, "Invalid request")
        search = SearchRequest(
            origin=query.get("from", "").upper(),
            destination=query.get("to", "").upper(),
            day=day,
            travelers=sum(party.values()),
        )
        if not search.is_possible() or day < self.world.today(search.origin):
            return _error(400, "Invalid request")
        points = query.get("bookingFlow", "").lower() == "points"
        return json_response(offers_json(self.offers(search, request), party, self.tariff, points=points))

    def page(self, name: str, request: SandboxRequest) -> SandboxResponse:
        """Return a page and set the cookie that the points search requires."""
        cookie = f"{COOKIE}={_visit(request.now)}; Path=/; HttpOnly; SameSite=Lax"
        return html_response(styled_page("sas", f"{name}.html"), headers=(("Set-Cookie", cookie),))


def _visit(now: datetime) -> str:
    return f"{now:%Y%m}"


def _parse_party(query: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield each passenger type and its count. An invalid count becomes negative, which every search rejects."""
    for name, kind in PASSENGER_TYPES.items():
        text = query.get(name) or "0"
        count = int(text) if text.isdecimal() else -99
        if count:
            yield kind, count


def _parse_day(text: str) -> date | None:
    """Parse a day such as 20261005; return None if it is invalid."""
    try:
        return date.fromisoformat(text) if len(text) == 8 and text.isdecimal() else None
    except ValueError:
        return None


def _denied_boarding(_: SandboxRequest) -> SandboxResponse:
    """Return the page that SAS shows to clients that it classifies as bots."""
    return html_response(
        "<!DOCTYPE html><html><head><title>Denied boarding</title></head>"
        "<body><h1>Denied boarding</h1><p>Sorry, you cannot come on board right now.</p></body></html>",
        403,
    )


def _error(status: int, message: str) -> SandboxResponse:
    return json_response({"errors": [{"errorCode": str(status), "errorMessage": message}]}, status)
