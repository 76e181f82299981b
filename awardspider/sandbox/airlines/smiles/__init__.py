"""GOL Smiles: the search for one day's flights and the tax quote for a fare, both with the API key in the page.

Keys and types are those of a response of 2026-09 and of the field lists in other public parsers. Taxes are in reais. As
the fact sheet describes, the results may include a flight from a nearby airport. Assumed, because no capture shows it:
the error objects; `offer` as a sale's discount in percent; `airlineTax` on partner flights as the total tax; the fares
on partner flights; that `forceCongener` has no effect; an empty `flightList` for a day without seats, but 404 for a
route without flights on that day; `uid` and `fareuid`; the page's parameters; the sign-in; robots.txt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import Airline, Json, SearchRequest, is_served, styled_page
from awardspider.sandbox.airlines.smiles.flights import (
    CABINS,
    decode_uid,
    flight_json,
    offer_key,
    quote_json,
    segment_json,
    shown_offers,
)
from awardspider.sandbox.block_pages import access_denied
from awardspider.sandbox.fares import Level
from awardspider.sandbox.places import nearby
from awardspider.sandbox.quotes import BUSINESS, BUSINESS_MIXED, ECONOMY, PREMIUM
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

SEARCH, TAX = "/v1/airlines/search", "/v1/airlines/flight/boardingtax"
BOOKING_PAGE, SIGN_IN = "/mfe/emissao-passagem/", "/login"
API_KEY = "sandbox-page-key"
SEATS_UNAVAILABLE = {"code": "113", "message": "Os assentos deste voo não estão mais disponíveis."}
REFUSED = {"message": "Something went wrong"}
# GRU-GIG cost 20,700 miles in 2026-09. Partner flights cost three to five times what the partners' programs charge.
LEVELS = (
    Level(350, 8000, 12000, 20000, 0),
    Level(700, 12000, 18000, 32000, 0),
    Level(1650, 19000, 29000, 55000, 0),
    Level(2700, 26000, 45000, 90000, 0),
    Level(4500, 48000, 80000, 160000, 0),
    Level(99999, 75000, 120000, 230000, 0),
)


def site(world: World) -> Site:
    """Build the simulated site."""
    smiles = Smiles(
        world,
        "smiles",
        LEVELS,
        partners=("AA", "AF", "KL", "EK"),
        close_in_fee=0,
        columns=(ECONOMY, PREMIUM, BUSINESS, BUSINESS_MIXED),
        currency="BRL",
        per_dollar=5.4,
    )
    link = "originAirport={0}&destinationAirport={1}&departureDate={{day}}&adults=1&children=0&infants=0&tripType=2"
    api_hosts = [
        f"api-{part}.smiles.com.{country}"
        for country in ("br", "ar")
        for part in (
            *(f"air-flightsearch-{color}" for color in ("prd", "blue", "green")),
            *(f"airlines-boarding-tax-{color}" for color in ("prd", "green")),
        )
    ]
    return smiles.site(
        hosts=("www.smiles.com.br", "smiles.com.br", "www.smiles.com.ar", *api_hosts),
        routes=(
            Route("GET", SEARCH, Kind.DATA, smiles.search),
            Route("GET", TAX, Kind.DATA, smiles.boarding_tax),
            Route("GET", BOOKING_PAGE, Kind.PAGE, _booking_page),
            Route("GET", BOOKING_PAGE.rstrip("/"), Kind.PAGE, _booking_page),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(BOOKING_PAGE)),
        ),
        sign_in=SIGN_IN,
        search_paths=("/v1/", BOOKING_PAGE.rstrip("/")),
        renamed_keys=("requestedFlightSegmentList", "flightList", "fareList", "miles"),
        refusals=(
            Refusal(name="406_json", reason=Reason.BLOCKED, handler=lambda _: json_response(REFUSED, 406)),
            Refusal(name="406_html", reason=Reason.BLOCKED, handler=lambda q: access_denied(q.path, q.now, 406)),
            Refusal(name="403_json", reason=Reason.BLOCKED, handler=lambda _: json_response(REFUSED, 403)),
        ),
        examples=(
            ("GRU to GIG, one day", f"{BOOKING_PAGE}?{link.format('GRU', 'GIG')}"),
            ("GRU to CDG, one day", f"{BOOKING_PAGE}?{link.format('GRU', 'CDG')}"),
        ),
        days=None,
        itineraries=ShownItineraries(pick=partial(shown_offers, smiles.tariff.own), without=frozenset({"saver"})),
    )


class SearchError(Exception):
    """An invalid search; the exception's text is the message in the response."""


class Smiles(Airline):
    """Smiles' search and tax quote."""

    def search(self, request: SandboxRequest) -> SandboxResponse:
        """Return one day's flights and, for a round trip, those on the return day."""
        if denied := _access_error(request):
            return denied
        try:
            bounds = self._parse_bounds(request.query)
            cabins = _parse_cabins(request.query)
        except SearchError as error:
            return json_response({"message": str(error)}, 400)
        if not any(map(self.itineraries, bounds)):
            return json_response({"message": "Nenhum voo encontrado."}, 404)
        lists = [list(self._flights(bound, cabins, request)) for bound in bounds]
        sources = {flight["sourceGDS"] for flights in lists for flight in flights}
        return json_response(
            {
                "tripTypeRequest": "ONE_WAY" if len(bounds) == 1 else "RETURN",
                "tripType": "2" if len(bounds) == 1 else "1",
                "passenger": {"adults": str(bounds[0].travelers), "children": "0", "infants": "0"},
                "hasG3": "G3" in sources,
                "hasCongener": "AMADEUS" in sources,
                "resultType": "G3" if "G3" in sources else "CONGENER",
                "requestedFlightSegmentList": [
                    segment_json(f"SEGMENT_{number}", flights) for number, flights in enumerate(lists, 1)
                ],
            }
        )

    def boarding_tax(self, request: SandboxRequest) -> SandboxResponse:
        """Return the total price for one fare, or status 452 if the flight is no longer available."""
        if denied := _access_error(request):
            return denied
        try:
            bound, key = decode_uid(request.query.get("uid", ""), _parse_travelers(request.query))
        except (SearchError, ValueError):
            return json_response({"message": "uid ou adults inválido."}, 400)
        offer = next((offer for offer in self.offers(bound, request) if offer_key(offer) == key), None)
        if offer is None:
            return json_response(SEATS_UNAVAILABLE, 452)
        flight = flight_json(offer, bound, self.tariff)
        fare = next((fare for fare in flight["fareList"] if fare["uid"] == request.query.get("fareuid")), None)
        if fare is None:
            return json_response({"message": "fareuid inválido."}, 400)
        return json_response(quote_json(flight, fare, bound.travelers, self.tariff.charge(offer.taxes) / 100))

    def _parse_bounds(self, query: Mapping[str, str]) -> list[SearchRequest]:
        """Parse the outbound search and, for a round trip, the return search. Raise SearchError if one is invalid."""
        origin = query.get("originAirportCode", "").upper()
        destination = query.get("destinationAirportCode", "").upper()
        if not is_served(origin, destination):
            raise SearchError("Aeroporto inválido.")
        kind = query.get("tripType", "2")
        if kind not in ("1", "2"):
            raise SearchError("tripType inválido.")
        days = [_parse_day(query.get("departureDate", ""))]
        if kind == "1":
            days.append(_parse_day(query.get("returnDate", "")))
        if days[0] < self.world.today(origin) or days != sorted(days):
            raise SearchError("Data inválida.")
        travelers = _parse_travelers(query)
        outbound = SearchRequest(origin=origin, destination=destination, day=days[0], travelers=travelers)
        if kind == "2":
            return [outbound]
        return [outbound, replace(outbound, origin=destination, destination=origin, day=days[1])]

    def _flights(self, bound: SearchRequest, cabins: set[str], request: SandboxRequest) -> Iterator[Json]:
        offers = [offer for offer in self.offers(bound, request) if CABINS[offer.cabin] in cabins]
        yield from (flight_json(offer, bound, self.tariff) for offer in offers)
        # If there are flights, add one flight from a nearby airport that was not requested.
        for other in nearby(bound.origin)[: 1 if offers else 0]:
            if other != bound.destination:
                unrequested = replace(bound, origin=other)
                yield from (
                    flight_json(offer, unrequested, self.tariff) for offer in self.offers(unrequested, request)[:1]
                )


def _access_error(request: SandboxRequest) -> SandboxResponse | None:
    """Return the response to a client without an API key or a visitor who must sign in; None for any other client."""
    if not request.headers.get("x-api-key", "").strip():
        return json_response(REFUSED, 406)
    return json_response({"message": "Unauthorized"}, 401) if request.members_only else None


def _parse_travelers(query: Mapping[str, str]) -> int:
    adults = query.get("adults", "1")
    if adults not in tuple("123456789"):
        raise SearchError("adults inválido.")
    return int(adults)


def _parse_cabins(query: Mapping[str, str]) -> set[str]:
    cabin = (query.get("cabinType") or query.get("cabin") or "all").upper()
    if cabin in CABINS.values():
        return {cabin}
    if cabin != "ALL":
        raise SearchError("cabinType inválido.")
    return set(CABINS.values())


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SearchError("Data inválida.") from None


def _booking_page(_: SandboxRequest) -> SandboxResponse:
    return html_response(styled_page("smiles", "flights.html").replace("{key}", API_KEY))
