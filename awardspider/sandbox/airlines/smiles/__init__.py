"""GOL Smiles: the search of a day's flights and the quote of its taxes, both behind the key of the site's own page.

Keys and types are those of an answer of 2026-09 and of the field lists of other public parsers. Taxes are in reais.
What no capture shows and we made up: the objects of errors, `offer` as the percent of a sale, `airlineTax` of partners'
flights as their whole tax, which fares partners have, that `forceCongener` changes nothing, that a day without seats
is an empty `flightList` while a pair that nobody flies that day is 404, `uid` and `fareuid`, the parameters of the
page, the sign-in and robots.txt. As in the sheet, the flight of a neighbor airport leaks in where the world has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from awardspider.programs import programs
from awardspider.sandbox.airlines.smiles.flights import (
    CABINS,
    Way,
    flight_json,
    key_of,
    opened,
    quote_json,
    segment_json,
)
from awardspider.sandbox.edge import access_denied
from awardspider.sandbox.fares import Level, Tariff
from awardspider.sandbox.market import Market, Offer
from awardspider.sandbox.places import all_places, nearby
from awardspider.sandbox.quotes import BUSINESS, BUSINESS_MIXED, ECONOMY, PREMIUM
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

SEARCH, TAX = "/v1/airlines/search", "/v1/airlines/flight/boardingtax"
BOOKING_PAGE, SIGN_IN = "/mfe/emissao-passagem/", "/login"
PAGE_KEY = "sandbox-page-key"
SEATS_GONE = {"code": "113", "message": "Os assentos deste voo não estão mais disponíveis."}
REFUSED = {"message": "Something went wrong"}
# GRU-GIG was 20,700 miles in 2026-09; partners ask three to five times as much as their own programs.
LEVELS = (
    Level(350, 8000, 12000, 20000, 0),
    Level(700, 12000, 18000, 32000, 0),
    Level(1650, 19000, 29000, 55000, 0),
    Level(2700, 26000, 45000, 90000, 0),
    Level(4500, 48000, 80000, 160000, 0),
    Level(99999, 75000, 120000, 230000, 0),
)


def site(world: World) -> Site:
    program = programs()["smiles"]
    tariff = Tariff(
        program=program.key,
        own=program.carriers,
        partners=("AA", "AF", "KL", "EK"),
        levels=LEVELS,
        window_days=program.booking_window_days,
        close_in_fee=0,
        columns=(ECONOMY, PREMIUM, BUSINESS, BUSINESS_MIXED),
        currency="BRL",
        per_dollar=5.4,
    )
    smiles = Smiles(world, world.market(tariff))
    link = "originAirport={0}&destinationAirport={1}&departureDate={{day}}&adults=1&children=0&infants=0&tripType=2"
    searches = [
        f"api-{part}.smiles.com.{country}"
        for country in ("br", "ar")
        for part in (
            *(f"air-flightsearch-{color}" for color in ("prd", "blue", "green")),
            *(f"airlines-boarding-tax-{color}" for color in ("prd", "green")),
        )
    ]
    return Site(
        key=program.key,
        name=program.name,
        hosts=("www.smiles.com.br", "smiles.com.br", "www.smiles.com.ar", *searches),
        routes=(
            Route("GET", SEARCH, Kind.DATA, smiles.search),
            Route("GET", TAX, Kind.DATA, smiles.boarding_tax),
            Route("GET", BOOKING_PAGE, Kind.PAGE, _booking_page),
            Route("GET", BOOKING_PAGE.rstrip("/"), Kind.PAGE, _booking_page),
            Route("GET", "/", Kind.OTHER, lambda _: redirect(BOOKING_PAGE)),
            Route("GET", SIGN_IN, Kind.SIGN_IN, _sign_in_page),
        ),
        sign_in=SIGN_IN,
        robots=f"User-agent: *\nDisallow: {SIGN_IN}\n",
        searched=("/v1/", BOOKING_PAGE.rstrip("/")),
        renamed=("requestedFlightSegmentList", "flightList", "fareList", "miles"),
        refusals=(
            Refusal(name="406_json", reason="blocked", handler=lambda _: json_answer(REFUSED, 406)),
            Refusal(name="406_html", reason="blocked", handler=lambda q: access_denied(q.path, q.now, 406)),
            Refusal(name="403_json", reason="blocked", handler=lambda _: json_answer(REFUSED, 403)),
        ),
        examples=(
            ("GRU to GIG, one day", f"{BOOKING_PAGE}?{link.format('GRU', 'GIG')}"),
            ("GRU to CDG, one day", f"{BOOKING_PAGE}?{link.format('GRU', 'CDG')}"),
        ),
        market=smiles.market,
    )


class Refused(Exception):
    """A request that is not searched for; the text says why."""


class Smiles:
    """Answers Smiles' requests out of one world."""

    def __init__(self, world: World, market: Market) -> None:
        self._world = world
        self.market = market

    def search(self, question: Question) -> Answer:
        """The flights of one day, and of the way back where the search has one."""
        if barred := _barred(question):
            return barred
        try:
            ways, travelers = self._ways(question.query), _travelers(question.query)
            wanted = _cabins(question.query)
        except Refused as refusal:
            return json_answer({"message": str(refusal)}, 400)
        if not any(self.market.flown(way.origin, way.destination, way.day.toordinal()) for way in ways):
            return json_answer({"message": "Nenhum voo encontrado."}, 404)
        lists = [[] if question.empty else list(self._flights(way, travelers, wanted, question.step)) for way in ways]
        sources = {flight["sourceGDS"] for flights in lists for flight in flights}
        answer: Json = {
            "tripTypeRequest": "ONE_WAY" if len(ways) == 1 else "RETURN",
            "tripType": "2" if len(ways) == 1 else "1",
            "passenger": {"adults": str(travelers), "children": "0", "infants": "0"},
            "hasG3": "G3" in sources,
            "hasCongener": "AMADEUS" in sources,
            "resultType": "G3" if "G3" in sources else "CONGENER",
            "requestedFlightSegmentList": [
                segment_json(f"SEGMENT_{number}", flights) for number, flights in enumerate(lists, 1)
            ],
        }
        return json_answer(answer)

    def boarding_tax(self, question: Question) -> Answer:
        """What one fare of one flight costs in all. A flight that is gone is told with a status of Smiles' own."""
        if barred := _barred(question):
            return barred
        try:
            travelers = _travelers(question.query)
            way, key = opened(question.query.get("uid", ""))
        except (Refused, ValueError):
            return json_answer({"message": "uid ou adults inválido."}, 400)
        offers = [] if question.empty else self._offers(way, travelers, question.step)
        offer = next((offer for offer in offers if key_of(offer) == key), None)
        if offer is None:
            return json_answer(SEATS_GONE, 452)
        flight = flight_json(offer, way, self.market.tariff)
        fare = next((fare for fare in flight["fareList"] if fare["uid"] == question.query.get("fareuid")), None)
        if fare is None:
            return json_answer({"message": "fareuid inválido."}, 400)
        return json_answer(quote_json(flight, fare, travelers, self.market.tariff.charge(offer.taxes) / 100))

    def _ways(self, query: Mapping[str, str]) -> list[Way]:
        origin = query.get("originAirportCode", "").upper()
        destination = query.get("destinationAirportCode", "").upper()
        if origin not in all_places() or destination not in all_places() or origin == destination:
            raise Refused("Aeroporto inválido.")
        kind = query.get("tripType", "2")
        if kind not in ("1", "2"):
            raise Refused("tripType inválido.")
        days = [_day(query.get("departureDate", ""))]
        if kind == "1":
            days.append(_day(query.get("returnDate", "")))
        if days[0] < self._world.today(origin) or days != sorted(days):
            raise Refused("Data inválida.")
        ends = [(origin, destination), (destination, origin)]
        return [Way(*pair, day) for pair, day in zip(ends, days, strict=False)]

    def _offers(self, way: Way, travelers: int, step: int) -> list[Offer]:
        ahead = (way.day - self._world.today(way.origin)).days
        if ahead > self.market.tariff.window_days:
            return []
        return self.market.offers(way.origin, way.destination, way.day.toordinal(), travelers, step)

    def _flights(self, way: Way, travelers: int, wanted: set[str], step: int) -> Iterator[Json]:
        tariff = self.market.tariff
        offers = [offer for offer in self._offers(way, travelers, step) if CABINS[offer.cabin] in wanted]
        yield from (flight_json(offer, way, tariff) for offer in offers)
        # One flight of a neighbor airport slips in, and only among flights of the airport that was asked.
        for other in nearby(way.origin)[: 1 if offers else 0]:
            if other != way.destination:
                leaked = Way(other, way.destination, way.day)
                yield from (flight_json(offer, leaked, tariff) for offer in self._offers(leaked, travelers, step)[:1])


def _barred(question: Question) -> Answer | None:
    """What a visitor without the page's key gets, and one who must sign in."""
    if not question.headers.get("x-api-key", "").strip():
        return json_answer(REFUSED, 406)
    return json_answer({"message": "Unauthorized"}, 401) if question.members_only else None


def _travelers(query: Mapping[str, str]) -> int:
    adults = query.get("adults", "1")
    if adults not in tuple("123456789"):
        raise Refused("adults inválido.")
    return int(adults)


def _cabins(query: Mapping[str, str]) -> set[str]:
    asked = (query.get("cabinType") or query.get("cabin") or "all").upper()
    if asked in CABINS.values():
        return {asked}
    if asked != "ALL":
        raise Refused("cabinType inválido.")
    return set(CABINS.values())


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("Data inválida.") from None


def _booking_page(_: Question) -> Answer:
    text = page("smiles", "flights.html").replace("{style}", page("airline.css"))
    return html_answer(text.replace("{key}", PAGE_KEY))


def _sign_in_page(_: Question) -> Answer:
    return html_answer(page("sign-in.html").replace("{airline}", "Smiles"))
