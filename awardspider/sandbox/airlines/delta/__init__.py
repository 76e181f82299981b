"""Delta SkyMiles: the search page and the one address that answers for the flights of a day and for a grid of days.

What no source shows and we made up: the codes and texts in `errors` (those of the search that ended in 2023), that a
page holds eight itineraries however many are asked for (so that there are several pages), that the grid prices the
cabin that `sortByBrandId` belongs to, how a day of the grid without an award looks, its number of stops, what is said
of dates that cannot be, what a visitor gets where signing in were needed, robots.txt of today, and the address of the
page that says sorry.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import Any

import orjson

from awardspider.items import Cabin
from awardspider.programs import programs
from awardspider.sandbox.airlines.delta.graphql import BadDocument, only, selected
from awardspider.sandbox.airlines.delta.offers import (
    CLASSIC,
    COMFORT,
    DELTA_ONE,
    FIRST,
    OWN,
    PARTNERS,
    PREMIUM,
    Brand,
    Json,
    offer_set,
    price_of,
    priced,
    sells_delta_one,
)
from awardspider.sandbox.edge import access_denied
from awardspider.sandbox.fares import NO_PRICE, Level, Tariff, unpack
from awardspider.sandbox.market import Market, Offer
from awardspider.sandbox.places import all_places, draw
from awardspider.sandbox.quotes import BUSINESS, BUSINESS_MIXED, ECONOMY
from awardspider.sandbox.quotes import PREMIUM as PREMIUM_COLUMN
from awardspider.sandbox.sites import (
    Answer,
    Handler,
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
from awardspider.sandbox.space import is_sold_out
from awardspider.sandbox.world import World

ENDPOINT = "/prd/rm-offer-gql"
SEARCH, RESULTS, SIGN_IN = "/flight-search/search", "/flightsearch/search-results", "/login/loginPage"
SESSIONS_KEPT = 500
PAGE_SIZE = 8
GRID_REACH = 3  # days before and after, the only number that was seen
# Near to what answers of 2026 show: 33,700 to 40,200 for LAX-JFK, with no chart behind it.
LEVELS = (
    Level(500, 7000, 11000, 16000, 0),
    Level(1300, 12000, 18000, 28000, 0),
    Level(2000, 18000, 27000, 42000, 0),
    Level(2700, 26000, 45000, 75000, 0),
    Level(3800, 32000, 60000, 120000, 0),
    Level(6000, 40000, 80000, 175000, 0),
    Level(99999, 55000, 100000, 240000, 0),
)
# The brand that results are sorted by, by its names of today, of yesterday and of its family.
SORTED_BY: dict[str, Brand] = {brand.id: brand for brand in OWN} | {
    "MAIN": OWN[0],
    "BE": OWN[0],
    "DCP": COMFORT,
    "FIRST": FIRST,
    "DPPS": PREMIUM,
    "D1": DELTA_ONE,
}
NO_FLIGHTS = ("ITA404Error3Award", "There are no scheduled Delta/Partner flights for your search.")
BAD_DATES = ("invalidFlightDates", "The dates of your flights are not valid.")
BAD_INPUT = ("inputErrorsWarningITA10", "Please check what you have entered.")
FAILED = ("ita210Error4", "Exception while fetching data (/gqlSearchOffers)")
ROBOTS = "User-agent: *\nAllow: /skymiles/\nAllow: /marketing/\nDisallow: /profile/\nDisallow: /edoc/\n"


def site(world: World) -> Site:
    program = programs()["delta"]
    tariff = Tariff(
        program=program.key,
        own=program.carriers,
        partners=tuple(PARTNERS),
        levels=LEVELS,
        window_days=program.booking_window_days,
        close_in_fee=0,
    )
    delta = Delta(world, world.market(tariff))
    query = (
        "action=findFlights&tripType=ONE_WAY&priceSchedule=price&originCity={0}&destinationCity={1}&departureDate={{day}}"
        "&paxCount=1&searchByCabin=true&cabinFareClass=BE&awardTravel=true&shopWithMiles=on"
    )
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.delta.com", "delta.com", "offer-api-prd.delta.com"),
        routes=(
            Route("POST", ENDPOINT, Kind.DATA, delta.search),
            Route("GET", SEARCH, Kind.PAGE, delta.search_page),
            Route("GET", RESULTS, Kind.PAGE, delta.results_page),
            Route("GET", f"{RESULTS}.js", Kind.OTHER, _script),
            Route("GET", "/flightsearch/book-a-flight", Kind.PAGE, lambda _: html_answer(page("delta", "book.html"))),
            Route("GET", SIGN_IN, Kind.SIGN_IN, lambda _: html_answer(page("delta", "sign-in.html"))),
        ),
        sign_in=SIGN_IN,
        robots=ROBOTS,
        searched=("/flight-search/", "/flightsearch/", "/prd/"),
        renamed=("gqlOffersSets", "offers", "trips", "flightSegment", "offerPricing", "farePrice"),
        refusals=tuple(Refusal(name=name, reason=REFUSALS[name][0], handler=REFUSALS[name][1]) for name in REFUSALS),
        examples=(
            ("LAX to JFK", f"{SEARCH}?{query.format('LAX', 'JFK')}"),
            ("JFK to CDG", f"{SEARCH}?{query.format('JFK', 'CDG')}"),
            ("BOS to HNL", f"{SEARCH}?{query.format('BOS', 'HNL')}"),
        ),
        market=delta.market,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search. `reach` are the days before and after, where a grid of days is asked for."""

    origin: str
    destination: str
    day: date
    travelers: int
    page: int
    page_size: int
    brand: Brand
    in_miles: bool
    reach: tuple[int, int] | None


class Refused(Exception):
    """A search that ends in `errors`: its code and its text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Delta:
    """Answers Delta's requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market
        self._sessions: OrderedDict[str, Mapping[str, str]] = OrderedDict()

    def search(self, question: Question) -> Answer:
        """The flights of a day or a grid of days, of it the fields that the document selects."""
        if question.members_only:
            return json_answer({"message": "Unauthorized"}, 401)
        try:
            request = orjson.loads(question.body)
            selection = selected(request["query"])
            asked = _read(request["variables"])
            found = self._grid(asked, question) if asked.reach else self._flights(asked, question)
        except BadDocument as error:
            return _errors("ValidationError", str(error))
        except Refused as refusal:
            return _errors(refusal.code, str(refusal))
        except (ValueError, LookupError, TypeError, AttributeError):
            return _bad_request(question)
        return json_answer({"data": only({"gqlSearchOffers": found}, selection)})

    def _flights(self, asked: Asked, question: Question) -> Json:
        today = self._world.today(asked.origin)
        if not today <= asked.day <= today + timedelta(days=self.market.tariff.window_days):
            raise Refused(*BAD_DATES)
        offers = [] if question.empty else self._offers(asked, question)
        groups = [(group[0].itinerary, group) for group in _by_itinerary(offers)]
        if is_sold_out():
            groups = [(way, []) for way in self.market.flown(asked.origin, asked.destination, asked.day.toordinal())]
        if not groups:
            raise Refused(*NO_FLIGHTS)
        start = (asked.page - 1) * asked.page_size
        shown = groups[start : start + asked.page_size]
        day = asked.day.toordinal()
        sets = [offer_set(start + index + 1, *group, day, asked.in_miles) for index, group in enumerate(shown)]
        return _around(sets, asked, total=len(groups), pages=-(-len(groups) // asked.page_size))

    def _offers(self, asked: Asked, question: Question) -> list[Offer]:
        """All but a partner's first class, which Delta does not sell."""
        day = asked.day.toordinal()
        found = self.market.offers(asked.origin, asked.destination, day, asked.travelers, question.step)
        return [offer for offer in found if offer.cabin is not Cabin.FIRST]

    def _grid(self, asked: Asked, question: Question) -> Json:
        assert asked.reach is not None
        today = self._world.today(asked.origin)
        end = today + timedelta(days=self.market.tariff.window_days)
        if not today <= asked.day <= end:
            raise Refused(*BAD_DATES)
        first = max(asked.day - timedelta(days=asked.reach[0]), today)
        last = min(asked.day + timedelta(days=asked.reach[1]), end)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        route = (asked.origin, asked.destination)
        month = self.market.month(*route, first.toordinal(), len(days), asked.travelers, question.step)
        nothing = all(price == NO_PRICE for column in month.columns for price in column)
        if question.empty or (nothing and not is_sold_out()):
            raise Refused(*NO_FLIGHTS)
        shown = zip(*(month.columns[column] for column in _columns(asked.brand, route)), strict=True)
        lowest = list(map(min, shown)) or [NO_PRICE] * len(days)
        stops = 0 if any(self._world.schedule.between(code, *route) for code in self.market.tariff.own) else 1
        sets = [_day(day, packed, asked.brand, stops) for day, packed in zip(days, lowest, strict=True)]
        return _around(sets, asked, total=len(sets), pages=1)

    # ---- pages ----

    def search_page(self, question: Question) -> Answer:
        """The link for people: it keeps the search under a key and leads to its results."""
        if question.members_only:
            return redirect(SIGN_IN)
        search = dict(question.query)
        key = str(uuid.UUID(int=draw("key", *search.items()) << 64 | draw("more", *search.items())))
        self._sessions[key] = search
        while len(self._sessions) > SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        return redirect(f"../flightsearch/search-results?cacheKeySuffix={key}")

    def results_page(self, question: Question) -> Answer:
        """The page that fetches the flights, and then the days around them."""
        if question.members_only:
            return redirect(SIGN_IN)
        search = self._sessions.get(question.query.get("cacheKeySuffix", ""))
        state = orjson.dumps(search).decode().replace("<", "\\u003C")
        return html_answer(page("delta", "search-results.html").replace("{search}", state))


def _by_itinerary(offers: list[Offer]) -> list[list[Offer]]:
    return [list(group) for _, group in groupby(offers, key=lambda offer: id(offer.itinerary))]


def _columns(brand: Brand, route: tuple[str, str]) -> tuple[int, ...]:
    """The columns of the market with the cabin of a brand; none where the route does not sell it."""
    if brand.cabin is Cabin.BUSINESS:
        return (BUSINESS, BUSINESS_MIXED) if (brand is DELTA_ONE) == sells_delta_one(route) else ()
    return (PREMIUM_COLUMN,) if brand is PREMIUM else (ECONOMY,)


def _day(day: date, packed: int, brand: Brand, stops: int) -> Json:
    """A day of the grid; one without an award is sold out and has no price."""
    gone = packed == NO_PRICE
    price = None if gone else unpack(packed)
    pricing = (
        [{"totalAmt": priced(price_of(brand, price.miles), price.taxes), "promotionalPrices": []}] if price else None
    )
    return {
        "itineraryDepartureDate": day.isoformat(),
        "offers": [
            {
                "offerId": f"{draw('day', day, packed):x}",
                "soldOut": gone,
                "additionalOfferProperties": {
                    "offered": True,
                    "soldOut": gone,
                    "lowestFare": not gone,
                    "totalTripStopCnt": stops,
                    "discountAvailable": False,
                },
                "offerPricing": pricing,
            }
        ],
    }


def _around(sets: list[Json], asked: Asked, total: int, pages: int) -> Json:
    """What stands around the sets. The names mislead: the "results per request" are all there are."""
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
        "offerResponseId": str(uuid.UUID(int=draw("answer", asked) << 64 | draw("response", asked))),
        "gqlOffersSets": sets,
        "offerDataList": {
            "responseProperties": {
                "resultsPageNum": asked.page,
                "resultsPerRequestNum": total,
                "pageResultCnt": pages,
                "tripTypeText": "ONE_WAY",
            },
            "retailItemDefinitionList": definitions,
            "pricingOptions": [{"pricingOptionDetail": {"currencyCode": "USD"}}],
        },
    }


def _read(variables: Mapping[str, Any]) -> Asked:
    """The search in the variables. Raises Refused where Delta would not search, or errors of a missing field."""
    search = variables["offerSearchCriteria"]
    criteria = search["offersCriteria"]
    flights = criteria["flightRequestCriteria"]
    (trip,) = flights["searchOriginDestination"]
    around = trip.get("calenderDateRequest")
    asked = Asked(
        origin=str(trip["origins"][0]["airportCode"]).upper(),
        destination=str(trip["destinations"][0]["airportCode"]).upper(),
        day=date.fromisoformat(trip["departureLocalTs"][:10]),
        travelers=len(search["customers"]),
        page=int(criteria.get("resultsPageNum") or 1),
        page_size=min(int(criteria.get("resultsPerRequestNum") or PAGE_SIZE), PAGE_SIZE),
        brand=SORTED_BY.get(flights.get("sortByBrandId") or "MAIN", CLASSIC),
        in_miles="MILES" in criteria["pricingCriteria"]["priceableIn"],
        reach=(int(around["daysBeforeCnt"]), int(around["daysAfterCnt"])) if around else None,
    )
    known = all_places()
    served = asked.origin in known and asked.destination in known and asked.origin != asked.destination
    sensible = 1 <= asked.travelers <= 9 and asked.page >= 1 and asked.page_size >= 1
    if not served or not sensible or (asked.reach and not all(0 <= days <= GRID_REACH for days in asked.reach)):
        raise Refused(*BAD_INPUT)
    return asked


def _script(_: Question) -> Answer:
    return Answer(body=page("delta", "search-results.js").encode(), content_type="text/javascript; charset=utf-8")


def _errors(code: str, message: str) -> Answer:
    """How a search fails, also one that finds nothing: status 200, `errors`, and no data."""
    error = {"message": message, "path": ["gqlSearchOffers"], "extensions": {"errorCode": code}}
    return json_answer({"errors": [error], "data": {"gqlSearchOffers": None}})


def _bad_request(question: Question) -> Answer:
    return json_answer({"status": 400, "error": "Bad Request", "path": question.path}, 400)


def _page(name: str, _: Question) -> Answer:
    return html_answer(page("delta", name))


# Its own ways not to serve: what each means, and the answer.
REFUSALS: dict[str, tuple[str, Handler]] = {
    "edge_444": ("blocked", lambda asked: access_denied(asked.path, asked.now, 444)),
    "denied_403": ("blocked", lambda asked: access_denied(asked.path, asked.now)),
    "challenge_429": ("rate_limited", lambda _: json_answer({"cpr_chlge": "true"}, 429)),
    "sorry_302": ("blocked", lambda _: redirect("/content/www/en_US/sorry.html")),
    "unavailable_302": ("unreachable", lambda _: redirect("/content/www/en_US/system-unavailable1.html")),
    "try_again": ("blocked", partial(_page, "try-again.html")),
    "failed_200": ("unreachable", lambda _: _errors(*FAILED)),
    "bad_dates_200": ("bad_request", lambda _: _errors(*BAD_DATES)),
    "bad_400": ("bad_request", _bad_request),
}
