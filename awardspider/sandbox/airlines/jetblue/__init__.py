"""JetBlue TrueBlue: a month of best fares, one day's flights, and the pages that fetch them.

Keys and types are those of responses of 2026-05 and 2026-09: integer points and flight numbers, local times without an
offset, and the flight search's API key in the JavaScript object of the page's script `rwb-config`. The month leaves out
days without a fare, so it is empty if all flights are sold out; an unserved route or an invalid month returns 400. The
month's fares include those of partner flights. Assumed, because no capture shows it: everything in an error except its
status and code (the codes are known, but not when each is used); an empty `productOffers` for a day without flights; a
sold-out brand without a price or segments; `layoverDuration` as the wait after a segment; `segmentType` PARTNER; no
mixed fare in a cabin with seats on all flights; status 400 for a body without `awardBooking`, because the sandbox has
no cash fares; the API hosts' robots.txt.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import orjson

from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import (
    Airline,
    Json,
    SearchRequest,
    client_challenge,
    is_served,
    opaque_id,
    script,
    styled_page,
)
from awardspider.sandbox.airlines._flights import group_by_itinerary, not_mixed_if_possible
from awardspider.sandbox.airlines.jetblue.flights import product_offer
from awardspider.sandbox.fares import NO_PRICE, Level, unpack
from awardspider.sandbox.quotes import ECONOMY
from awardspider.sandbox.sites import (
    Kind,
    Refusal,
    Route,
    SandboxRequest,
    SandboxResponse,
    ShownDays,
    ShownItineraries,
    Site,
    html_response,
    json_response,
    redirect,
)
from awardspider.sandbox.world import World

BEST_FARES = "/bff/bff-service/bestFares/"
SEARCH = "/cb-flight-search/v1/search/NGB"
SEARCH_AT_WWW = f"/api/ecom{SEARCH}"
RESULTS_PAGE = "/booking/flights"
CALENDAR_PAGE = "/best-fare-finder"
SIGN_IN = "/signin"
KEY_HEADER = "ocp-apim-subscription-key"
MAX_TRAVELERS = 7
# In 2026-09, JFK-LAX cost 13,100 to 27,900 in economy and 192,600 in Mint (business).
LEVELS = (
    Level(350, 4000, 8000, 12000, 24000),
    Level(700, 5500, 11000, 16500, 33000),
    Level(1150, 7500, 15000, 24000, 45000),
    Level(1700, 9000, 18000, 35000, 60000),
    Level(3000, 11000, 22000, 60000, 90000),
    Level(99999, 22000, 40000, 80000, 130000),
)


def site(world: World) -> Site:
    """Build the simulated site."""
    jetblue = JetBlue(world)
    query = "from={}&to={}&depart={{day}}&isMultiCity=false&noOfRoute=1&lang=en&adults=1&usePoints=true"
    return jetblue.site(
        hosts=("www.jetblue.com", "jetblue.com", "jbrest.jetblue.com", "cb-api.jetblue.com"),
        routes=(
            Route("POST", BEST_FARES, Kind.DATA, jetblue.month),
            Route("POST", BEST_FARES.rstrip("/"), Kind.DATA, jetblue.month),
            Route("POST", SEARCH, Kind.DATA, jetblue.flights),
            Route("POST", SEARCH_AT_WWW, Kind.DATA, jetblue.flights),
            Route("GET", "/booking/", Kind.PAGE, partial(jetblue.page, "booking.html")),
            Route("GET", RESULTS_PAGE, Kind.PAGE, partial(jetblue.page, "flights.html")),
            Route("GET", CALENDAR_PAGE, Kind.PAGE, partial(jetblue.page, "best-fares.html")),
            Route("GET", "/booking/jetblue.js", Kind.OTHER, script("jetblue", "jetblue.js")),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(CALENDAR_PAGE)),
        ),
        sign_in=SIGN_IN,
        robots="User-Agent: *\nDisallow: /manageflights/flightnotification/\nDisallow: /boardingpass/\nAllow: /\n",
        search_paths=("/bff/", "/cb-flight-search/", "/api/ecom/", "/booking/", CALENDAR_PAGE),
        renamed_keys=("outboundFares", "searchResults", "productOffers", "originAndDestination", "flightSegments"),
        refusals=(
            Refusal(name="invalid_request", reason=Reason.BLOCKED, handler=_invalid_request),
            Refusal(name="client_challenge", reason=Reason.BLOCKED, handler=client_challenge),
        ),
        examples=(
            ("JFK to LAX, one day", f"{RESULTS_PAGE}?{query.format('JFK', 'LAX')}"),
            ("BOS to SFO, one day", f"{RESULTS_PAGE}?{query.format('BOS', 'SFO')}"),
            ("JFK to LAX, the month", f"{CALENDAR_PAGE}?{query.format('JFK', 'LAX')}"),
        ),
        days=ShownDays(columns=(ECONOMY,), without=frozenset({"saver"})),
        itineraries=ShownItineraries(
            pick=not_mixed_if_possible, without=frozenset({"saver", "on_sale", "regular_miles", "cash_price"})
        ),
    )


class SearchError(Exception):
    """A search that fails with status 400, an error code and, if known, the page's message."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code)
        self.code, self.text = code, text


class JetBlue(Airline):
    """JetBlue's endpoints and pages."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "jetblue", LEVELS, partners=("UA",), close_in_fee=0)
        self._key = opaque_id(16, world.seed, "jetblue")

    def page(self, name: str, request: SandboxRequest) -> SandboxResponse:
        """Return a page that contains the API key; every visitor gets the same key."""
        if request.members_only:
            return redirect(SIGN_IN)
        return html_response(styled_page("jetblue", name).replace("{key}", self._key))

    def month(self, request: SandboxRequest) -> SandboxResponse:
        """Return the lowest economy fare for each day in a month, with the seats at that price."""
        if request.members_only:
            return redirect(SIGN_IN)
        try:
            search = self._parse_month_search(request.body)
            month_end = search.day + timedelta(days=monthrange(search.day.year, search.day.month)[1] - 1)
            first, last = self.limit_to_sale(search.origin, search.day, month_end)
            if first > last:
                raise SearchError("MSCOM13")
        except SearchError as error:
            return _error(error)
        fares = [] if request.empty else self._fares(search, first, last, request.step)
        return json_response({"currencyCode": "USD", "outboundFares": fares, "inboundFares": []})

    def _fares(self, search: SearchRequest, first: date, last: date, step: int) -> list[Json]:
        prices = self.lowest_prices(search.route, first, last, search.travelers, step)[ECONOMY]
        seats = self.inventory.seats_at_lowest(search.route, first.toordinal(), prices, search.travelers, step)
        fares = []
        for index, packed in enumerate(prices):
            if packed != NO_PRICE:
                price, day = unpack(packed), str(first + timedelta(days=index))
                fares.append({"date": day, "amount": price.miles, "tax": price.taxes / 100, "seats": seats[index]})
        return fares

    def _parse_month_search(self, body: bytes) -> SearchRequest:
        """Parse a search for a month; its day is the first of the month. Raise SearchError if the search is invalid."""
        try:
            payload: Mapping[str, Any] = orjson.loads(body)
            month = str(payload["month"])
            search = SearchRequest(
                origin=str(payload["origin"]).upper(),
                destination=str(payload["destination"]).upper(),
                day=datetime.strptime(month, "%B %Y").date(),  # noqa: DTZ007 - a month
                travelers=int(payload["adult"]),
            )
            points, one_way = payload["fareType"] == "POINTS", payload["tripType"] == "ONE_WAY"
        except (ValueError, LookupError, TypeError, AttributeError):
            raise SearchError("JB_UPSTREAM_ERROR") from None
        if not (month.isupper() and points and one_way and 1 <= search.travelers <= MAX_TRAVELERS):
            raise SearchError("JB_UPSTREAM_ERROR")
        first = search.day.toordinal()
        if not is_served(*search.route) or not any(
            self.inventory.itineraries(*search.route, day) for day in range(first, first + 7)
        ):
            raise SearchError("MSCOM13")
        return search

    def flights(self, request: SandboxRequest) -> SandboxResponse:
        """Return one day's flights, or 401 if the API key is missing or invalid."""
        if request.members_only:
            return redirect(SIGN_IN)
        key = request.headers.get(KEY_HEADER)
        if key != self._key:
            text = f"Access denied due to {'invalid' if key else 'missing'} subscription key."
            return json_response({"statusCode": 401, "message": text}, 401)
        try:
            search = self._parse_flight_search(request.body)
        except SearchError as error:
            return _error(error)
        component = {"from": search.origin, "to": search.destination, "date": str(search.day)}
        results = [{"searchComponent": component, "productOffers": self._product_offers(search, request)}]
        return json_response({"status": {"transactionStatus": "success"}, "data": {"searchResults": results}})

    def _product_offers(self, search: SearchRequest, request: SandboxRequest) -> list[Json]:
        if request.empty or not self.is_on_sale(search.origin, search.day):
            return []
        groups = group_by_itinerary(self.offers(search, request))
        offers = {group[0].itinerary: not_mixed_if_possible(group) for group in groups}
        # A partner's flight without award seats is not shown at all.
        shown = [
            itinerary
            for itinerary in self.itineraries(search)
            if itinerary in offers or all(flight.carrier in self.tariff.own for flight in itinerary.flights)
        ]
        return [
            product_offer(itinerary, offers.get(itinerary, []), search.day.toordinal(), index)
            for index, itinerary in enumerate(shown)
        ]

    def _parse_flight_search(self, body: bytes) -> SearchRequest:
        """Parse a search for one day. Raise SearchError if it is invalid."""
        try:
            payload: Mapping[str, Any] = orjson.loads(body)
            (part,) = payload["searchComponents"]
            search = SearchRequest(
                origin=str(part["from"]).upper(),
                destination=str(part["to"]).upper(),
                day=date.fromisoformat(part["date"]),
                travelers=sum(int(kind["quantity"]) for kind in payload["travelerTypes"] if kind["type"] == "ADULT"),
            )
            award = payload["awardBooking"] is True
        except (ValueError, LookupError, TypeError, AttributeError):
            raise SearchError("JB_UPSTREAM_ERROR") from None
        if not award or search.origin == search.destination or not 1 <= search.travelers <= MAX_TRAVELERS:
            raise SearchError("JB_UPSTREAM_ERROR")
        if not is_served(*search.route):
            raise SearchError("MSCOM13")
        if search.day < self.world.today(search.origin):
            raise SearchError("MSINFDAO00008", "The dates for your search cannot be in the past.")
        return search


def _error(error: SearchError) -> SandboxResponse:
    return json_response({"error": {"code": error.code, "message": error.text}}, 400)


def _invalid_request(_: SandboxRequest) -> SandboxResponse:
    return SandboxResponse(body=b"Invalid Request", status=400, content_type="text/plain")
