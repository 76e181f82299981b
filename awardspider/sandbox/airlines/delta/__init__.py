"""Delta SkyMiles: the search page, and a GraphQL endpoint that returns one day's flights or a grid of days.

Assumed, because no source shows it: the codes and texts in `errors` (taken from the search that ended in 2023); that a
page has at most 50 itineraries (the most that is known to be accepted) even if more are requested; that the grid shows
the cabin of the brand in `sortByBrandId`; how a day without an award appears in the grid, and its number of stops; the
errors for invalid dates; the responses to a visitor who must sign in; today's robots.txt; the address of the "sorry"
page.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson

from awardspider.items import Cabin
from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import Airline, Json, SearchRequest, Sessions, script
from awardspider.sandbox.airlines._flights import group_by_itinerary, lowest_by_cabin
from awardspider.sandbox.airlines.delta.graphql import InvalidDocument, parse_selection, select
from awardspider.sandbox.airlines.delta.offers import (
    CLASSIC,
    COMFORT,
    DELTA_ONE,
    FIRST,
    OWN,
    PARTNERS,
    PREMIUM,
    Brand,
    brand_price,
    offer_set,
    price_json,
    sells_delta_one,
)
from awardspider.sandbox.availability import is_sold_out
from awardspider.sandbox.block_pages import access_denied
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.fares import NO_PRICE, Level, unpack
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import draw
from awardspider.sandbox.quotes import BUSINESS, BUSINESS_MIXED, ECONOMY
from awardspider.sandbox.quotes import PREMIUM as PREMIUM_COLUMN
from awardspider.sandbox.sites import (
    Handler,
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
    page,
    redirect,
)
from awardspider.sandbox.world import World

ENDPOINT = "/prd/rm-offer-gql"
SEARCH, RESULTS, SIGN_IN = "/flight-search/search", "/flightsearch/search-results", "/login/loginPage"
PAGE_SIZE, MAX_PAGE_SIZE = 20, 50  # what the real page requests, and the most that is known to be accepted
MAX_GRID_DAYS = 3  # before and after the requested day; no other number appears in captures
# Close to prices in responses of 2026, which follow no chart: 33,700 to 40,200 for LAX-JFK.
LEVELS = (
    Level(500, 7000, 11000, 16000, 0),
    Level(1300, 12000, 18000, 28000, 0),
    Level(2000, 18000, 27000, 42000, 0),
    Level(2700, 26000, 45000, 75000, 0),
    Level(3800, 32000, 60000, 120000, 0),
    Level(6000, 40000, 80000, 175000, 0),
    Level(99999, 55000, 100000, 240000, 0),
)
GRID_COLUMNS = (ECONOMY, PREMIUM_COLUMN, BUSINESS, BUSINESS_MIXED)
# Brands keyed by the value of `sortByBrandId`: a current id, an earlier id or the id of the brand's family.
SORTED_BY: dict[str, Brand] = {brand.id: brand for brand in OWN} | {
    "MAIN": OWN[0],
    "BE": OWN[0],
    "DCP": COMFORT,
    "FIRST": FIRST,
    "DPPS": PREMIUM,
    "D1": DELTA_ONE,
}
NO_FLIGHTS = ("ITA404Error3Award", "There are no scheduled Delta/Partner flights for your search.")
INVALID_DATES = ("invalidFlightDates", "The dates of your flights are not valid.")
INVALID_INPUT = ("inputErrorsWarningITA10", "Please check what you have entered.")
FAILED = ("ita210Error4", "Exception while fetching data (/gqlSearchOffers)")
ROBOTS = "User-agent: *\nAllow: /skymiles/\nAllow: /marketing/\nDisallow: /profile/\nDisallow: /edoc/\n"


def site(world: World) -> Site:
    """Build the simulated site."""
    delta = Delta(world)
    query = (
        "action=findFlights&tripType=ONE_WAY&priceSchedule=price&originCity={0}&destinationCity={1}&departureDate={{day}}"
        "&paxCount=1&searchByCabin=true&cabinFareClass=BE&awardTravel=true&shopWithMiles=on"
    )
    return delta.site(
        hosts=("www.delta.com", "delta.com", "offer-api-prd.delta.com"),
        routes=(
            Route("POST", ENDPOINT, Kind.DATA, delta.search),
            Route("GET", SEARCH, Kind.PAGE, delta.search_page),
            Route("GET", RESULTS, Kind.PAGE, delta.results_page),
            Route("GET", f"{RESULTS}.js", Kind.OTHER, script("delta", "search-results.js")),
            Route("GET", "/flightsearch/book-a-flight", Kind.PAGE, lambda _: html_response(page("delta", "book.html"))),
            Route("GET", SIGN_IN, Kind.SIGN_IN, lambda _: html_response(page("delta", "sign-in.html"))),
        ),
        sign_in=SIGN_IN,
        robots=ROBOTS,
        search_paths=("/flight-search/", "/flightsearch/", "/prd/"),
        renamed_keys=("gqlOffersSets", "offers", "trips", "flightSegment", "offerPricing", "farePrice"),
        refusals=tuple(Refusal(name=name, reason=reason, handler=handler) for name, reason, handler in REFUSALS),
        examples=(
            ("LAX to JFK", f"{SEARCH}?{query.format('LAX', 'JFK')}"),
            ("JFK to CDG", f"{SEARCH}?{query.format('JFK', 'CDG')}"),
            ("BOS to HNL", f"{SEARCH}?{query.format('BOS', 'HNL')}"),
        ),
        days=ShownDays(columns=GRID_COLUMNS, mixed=False, without=frozenset({"saver"})),
        itineraries=ShownItineraries(pick=_shown_offers, without=frozenset({"saver", "cash_price"})),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaSearch(SearchRequest):
    """A search; `grid` has the numbers of days before and after the requested day, or is None for one day's flights."""

    page: int
    page_size: int
    brand: Brand
    in_miles: bool
    grid: tuple[int, int] | None


class SearchError(Exception):
    """A search that fails with a code and a message in `errors`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Delta(Airline):
    """Delta's endpoint and pages."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "delta", LEVELS, partners=tuple(PARTNERS), close_in_fee=0)
        self._sessions: Sessions[Mapping[str, str]] = Sessions()

    def search(self, request: SandboxRequest) -> SandboxResponse:
        """Return one day's flights or a grid of days, with the fields that the GraphQL document selects."""
        if request.members_only:
            return json_response({"message": "Unauthorized"}, 401)
        try:
            payload = orjson.loads(request.body)
            selection = parse_selection(payload["query"])
            search = _parse_search(payload["variables"])
            if not self.is_on_sale(search.origin, search.day):
                return _errors(*INVALID_DATES)
            data = self._grid(search, search.grid, request) if search.grid else self._flights(search, request)
        except InvalidDocument as error:
            return _errors("ValidationError", str(error))
        except SearchError as error:
            return _errors(error.code, str(error))
        except (ValueError, LookupError, TypeError, AttributeError):
            return _bad_request(request)
        return json_response({"data": select({"gqlSearchOffers": data}, selection)})

    def _flights(self, search: DeltaSearch, request: SandboxRequest) -> Json:
        if is_sold_out():
            groups: list[tuple[Itinerary, list[Offer]]] = [(itinerary, []) for itinerary in self.itineraries(search)]
        else:
            found = [_shown_offers(group) for group in group_by_itinerary(self.offers(search, request))]
            groups = [(offers[0].itinerary, offers) for offers in found if offers]
        if not groups:
            raise SearchError(*NO_FLIGHTS)
        start = (search.page - 1) * search.page_size
        shown = groups[start : start + search.page_size]
        day = search.day.toordinal()
        sets = [offer_set(start + index + 1, *group, day, search.in_miles) for index, group in enumerate(shown)]
        return _response_json(sets, search, total=len(groups), pages=-(-len(groups) // search.page_size))

    def _grid(self, search: DeltaSearch, grid: tuple[int, int], request: SandboxRequest) -> Json:
        before, after = (timedelta(days=days) for days in grid)
        first, last = self.limit_to_sale(search.origin, search.day - before, search.day + after)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        columns = self.lowest_prices(search.route, first, last, search.travelers, request.step)
        no_awards = all(price == NO_PRICE for column in columns for price in column)
        if request.empty or (no_awards and not is_sold_out()):
            raise SearchError(*NO_FLIGHTS)
        shown = zip(*(columns[column] for column in _brand_columns(search.brand, search.route)), strict=True)
        lowest = list(map(min, shown)) or [NO_PRICE] * len(days)
        nonstop = any(self.world.schedule.between(code, *search.route) for code in self.tariff.own)
        sets = [_day(day, packed, search.brand, int(not nonstop)) for day, packed in zip(days, lowest, strict=True)]
        return _response_json(sets, search, total=len(sets), pages=1)

    # ---- pages ----

    def search_page(self, request: SandboxRequest) -> SandboxResponse:
        """Store a booking link's search, keyed by a cache key, and redirect to its results."""
        if request.members_only:
            return redirect(SIGN_IN)
        search = dict(request.query)
        key = str(uuid.UUID(int=draw("key", *search.items()) << 64 | draw("more", *search.items())))
        self._sessions.keep(key, search)
        return redirect(f"../flightsearch/search-results?cacheKeySuffix={key}")

    def results_page(self, request: SandboxRequest) -> SandboxResponse:
        """Return the results page, which fetches the flights and then the grid of days."""
        if request.members_only:
            return redirect(SIGN_IN)
        search = self._sessions.get(request.query.get("cacheKeySuffix", ""))
        state = orjson.dumps(search).decode().replace("<", "\\u003C")
        return html_response(page("delta", "search-results.html").replace("{search}", state))


def _shown_offers(offers: list[Offer]) -> list[Offer]:
    """Return an itinerary's lowest offer in each cabin. Delta does not sell its partners' first class."""
    return [offer for offer in lowest_by_cabin(offers) if offer.cabin is not Cabin.FIRST]


def _brand_columns(brand: Brand, route: tuple[str, str]) -> tuple[int, ...]:
    """Return the inventory columns for a brand's cabin; an empty tuple if the brand is not sold on the route."""
    if brand.cabin is Cabin.BUSINESS:
        return (BUSINESS, BUSINESS_MIXED) if (brand is DELTA_ONE) == sells_delta_one(route) else ()
    return (PREMIUM_COLUMN,) if brand is PREMIUM else (ECONOMY,)


def _day(day: date, packed: int, brand: Brand, stops: int) -> Json:
    """Build one day in the grid. A day without an award is sold out and has no price."""
    sold_out = packed == NO_PRICE
    pricing = None
    if not sold_out:
        price = unpack(packed)
        amount = price_json(brand_price(brand, price.miles), price.taxes)
        pricing = [{"totalAmt": amount, "promotionalPrices": []}]
    return {
        "itineraryDepartureDate": day.isoformat(),
        "offers": [
            {
                "offerId": f"{draw('day', day, packed):x}",
                "soldOut": sold_out,
                "additionalOfferProperties": {
                    "offered": True,
                    "soldOut": sold_out,
                    "lowestFare": not sold_out,
                    "totalTripStopCnt": stops,
                    "discountAvailable": False,
                },
                "offerPricing": pricing,
            }
        ],
    }


def _response_json(sets: list[Json], search: DeltaSearch, total: int, pages: int) -> Json:
    """Build the response around the sets. Despite its name, `resultsPerRequestNum` counts the results on all pages."""
    definitions = [
        {
            "brandType": "FARE",
            "retailItemBrandId": brand.id,
            "refundable": brand.refundable,
            "retailItemPriorityText": str(brand.priority),
        }
        for brand in OWN
    ]
    return {
        "offerResponseId": str(uuid.UUID(int=draw("answer", search) << 64 | draw("response", search))),
        "gqlOffersSets": sets,
        "offerDataList": {
            "responseProperties": {
                "resultsPageNum": search.page,
                "resultsPerRequestNum": total,
                "pageResultCnt": pages,
                "tripTypeText": "ONE_WAY",
            },
            "retailItemDefinitionList": definitions,
            "pricingOptions": [{"pricingOptionDetail": {"currencyCode": "USD"}}],
        },
    }


def _parse_search(variables: Mapping[str, Any]) -> DeltaSearch:
    """Parse the search from the variables. Raise SearchError if it is invalid, or LookupError if a field is missing."""
    offer_search = variables["offerSearchCriteria"]
    criteria = offer_search["offersCriteria"]
    flights = criteria["flightRequestCriteria"]
    (trip,) = flights["searchOriginDestination"]
    grid = trip.get("calenderDateRequest")
    search = DeltaSearch(
        origin=str(trip["origins"][0]["airportCode"]).upper(),
        destination=str(trip["destinations"][0]["airportCode"]).upper(),
        day=date.fromisoformat(trip["departureLocalTs"][:10]),
        travelers=len(offer_search["customers"]),
        page=int(criteria.get("resultsPageNum") or 1),
        page_size=min(int(criteria.get("resultsPerRequestNum") or PAGE_SIZE), MAX_PAGE_SIZE),
        brand=SORTED_BY.get(flights.get("sortByBrandId") or "MAIN", CLASSIC),
        in_miles="MILES" in criteria["pricingCriteria"]["priceableIn"],
        grid=(int(grid["daysBeforeCnt"]), int(grid["daysAfterCnt"])) if grid else None,
    )
    valid_pages = search.page >= 1 and search.page_size >= 1
    valid_grid = all(0 <= days <= MAX_GRID_DAYS for days in search.grid or ())
    if not search.is_possible() or not valid_pages or not valid_grid:
        raise SearchError(*INVALID_INPUT)
    return search


def _errors(code: str, message: str) -> SandboxResponse:
    """Return the response to a search that failed or found no flights: status 200, `errors` and no data."""
    error = {"message": message, "path": ["gqlSearchOffers"], "extensions": {"errorCode": code}}
    return json_response({"errors": [error], "data": {"gqlSearchOffers": None}})


def _bad_request(request: SandboxRequest) -> SandboxResponse:
    return json_response({"status": 400, "error": "Bad Request", "path": request.path}, 400)


# Name, reason and response of each refusal.
REFUSALS: tuple[tuple[str, Reason, Handler], ...] = (
    ("edge_444", Reason.BLOCKED, lambda request: access_denied(request.path, request.now, 444)),
    ("denied_403", Reason.BLOCKED, lambda request: access_denied(request.path, request.now)),
    ("challenge_429", Reason.RATE_LIMITED, lambda _: json_response({"cpr_chlge": "true"}, 429)),
    ("sorry_302", Reason.BLOCKED, lambda _: redirect("/content/www/en_US/sorry.html")),
    ("unavailable_302", Reason.UNREACHABLE, lambda _: redirect("/content/www/en_US/system-unavailable1.html")),
    ("try_again", Reason.BLOCKED, lambda _: html_response(page("delta", "try-again.html"))),
    ("failed_200", Reason.UNREACHABLE, lambda _: _errors(*FAILED)),
    ("bad_dates_200", Reason.BAD_REQUEST, lambda _: _errors(*INVALID_DATES)),
    ("bad_400", Reason.BAD_REQUEST, _bad_request),
)
