"""Base class of the simulated airline sites: tariff, inventory, days on sale, common pages and helpers."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from awardspider.programs import programs
from awardspider.sandbox.connections import Itinerary
from awardspider.sandbox.fares import Level, Tariff
from awardspider.sandbox.inventory import Offer
from awardspider.sandbox.places import all_places
from awardspider.sandbox.promotions.airline_pages import RENAMED, promotion_paths, promotion_routes
from awardspider.sandbox.sites import (
    Handler,
    Kind,
    Refusal,
    Route,
    SandboxRequest,
    SandboxResponse,
    SeatsByDay,
    ShownDays,
    ShownItineraries,
    Site,
    html_response,
    page,
)
from awardspider.sandbox.world import World

Json = dict[str, Any]
T = TypeVar("T")
MAX_SESSIONS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A search for one route and local departure date, parsed from a request."""

    origin: str
    destination: str
    day: date
    travelers: int

    @property
    def route(self) -> tuple[str, str]:
        """Origin and destination."""
        return self.origin, self.destination

    def is_possible(self, max_travelers: int = 9) -> bool:
        """Return whether both airports exist and differ, and the number of travelers is allowed."""
        return is_served(*self.route) and 1 <= self.travelers <= max_travelers


class Airline:
    """The simulated site of one program. Subclasses define the endpoint handlers.

    `pricing` sets fields of the tariff; by default a program sells only flights of its own carriers, not of partners.
    """

    def __init__(self, world: World, program: str, levels: tuple[Level, ...], **pricing: Any) -> None:
        self.world = world
        self.program = programs()[program]
        options = {"own": self.program.carriers, "partners": ()} | pricing
        self.tariff = Tariff(program=program, levels=levels, window_days=self.program.booking_window_days, **options)
        self.inventory = world.inventory(self.tariff)

    def site(
        self,
        *,
        hosts: tuple[str, ...],
        routes: tuple[Route, ...],
        sign_in: str,
        search_paths: tuple[str, ...],
        renamed_keys: tuple[str, ...],
        robots: str = "",
        refusals: tuple[Refusal, ...] = (),
        examples: tuple[tuple[str, str], ...] = (),
        days: ShownDays | None = ShownDays(),  # noqa: B008 - immutable
        itineraries: ShownItineraries | None = ShownItineraries(),  # noqa: B008 - immutable
        seats: SeatsByDay | None = None,
    ) -> Site:
        """Build the site.

        The path `sign_in` serves the common sign-in page unless `routes` has its own route for that path. The default
        robots.txt disallows only that path. The program's pages about promotions are added.
        """
        paths = promotion_paths(self.program.key)
        default = Route("GET", sign_in, Kind.SIGN_IN, partial(sign_in_page, self.program.name))
        return Site(
            key=self.program.key,
            name=self.program.name,
            hosts=hosts,
            routes=(default, *routes, *promotion_routes(self.world.seed, self.program.key)),
            sign_in=sign_in,
            robots=robots or f"User-agent: *\nDisallow: {sign_in}\n",
            search_paths=(*search_paths, *paths),
            renamed_keys=(*renamed_keys, *(RENAMED if paths else ())),
            refusals=refusals,
            examples=examples,
            inventory=self.inventory,
            days=days,
            itineraries=itineraries,
            seats=seats,
        )

    def days_on_sale(self, origin: str) -> tuple[date, date]:
        """Return the first and last day that can be booked, as local dates at the origin."""
        today = self.world.today(origin)
        return today, today + timedelta(days=self.tariff.window_days)

    def limit_to_sale(self, origin: str, first: date, last: date) -> tuple[date, date]:
        """Clip a range of days to the days on sale. If none is on sale, the first day returned is after the last."""
        begin, end = self.days_on_sale(origin)
        return max(first, begin), min(last, end)

    def is_on_sale(self, origin: str, day: date) -> bool:
        """Return whether a day can be booked."""
        begin, end = self.days_on_sale(origin)
        return begin <= day <= end

    def offers(self, search: SearchRequest, request: SandboxRequest) -> list[Offer]:
        """Return the offers for a search; none if the day is not on sale or the fault `empty` is active."""
        if request.empty or not self.is_on_sale(search.origin, search.day):
            return []
        return self.inventory.offers(*search.route, search.day.toordinal(), search.travelers, request.step)

    def itineraries(self, search: SearchRequest) -> list[Itinerary]:
        """Return the itineraries for a search, including those without seats."""
        return self.inventory.itineraries(*search.route, search.day.toordinal())

    def lowest_prices(
        self, route: tuple[str, str], first: date, last: date, travelers: int, step: int
    ) -> list[list[int]]:
        """Return the lowest packed price for each day from `first` to `last`, as one list per column of quotes."""
        days = (last - first).days + 1
        return self.inventory.calendar(*route, first.toordinal(), days, travelers, step).columns


class Sessions(OrderedDict[str, T], Generic[T]):
    """The latest searches, keyed by session id."""

    def keep(self, key: str, search: T) -> None:
        """Store a search and drop the oldest ones over the limit."""
        self[key] = search
        while len(self) > MAX_SESSIONS:
            self.popitem(last=False)


def is_served(origin: str, destination: str) -> bool:
    """Return whether both airports exist in the world and differ."""
    return origin != destination and {origin, destination} <= all_places().keys()


def styled_page(*path: str) -> str:
    """Return a page with the common style sheet and script inserted."""
    return page(*path).replace("{style}", page("airline.css")).replace("{helpers}", page("airline.js"))


def script(*path: str) -> Handler:
    """Return a handler that serves the common script followed by a script from `pages/`."""
    return partial(_script, path)


def _script(path: tuple[str, ...], _: SandboxRequest) -> SandboxResponse:
    text = page("airline.js") + page(*path)
    return SandboxResponse(body=text.encode(), content_type="text/javascript; charset=utf-8")


def sign_in_page(name: str, _: SandboxRequest, headers: tuple[tuple[str, str], ...] = ()) -> SandboxResponse:
    """Return the common sign-in page with a program's name."""
    return html_response(page("sign-in.html").replace("{airline}", name), headers=headers)


def client_challenge(_: SandboxRequest) -> SandboxResponse:
    """Return the challenge page of the bot manager that Alaska and JetBlue use."""
    path = "/_fs-ch-1T1wmsGaOgGaSxcX/script.js"
    return html_response(
        f'<!DOCTYPE html><html><head><title>Client Challenge</title><script src="{path}"></script></head>'
        "<body><p>A required part of this site could not be loaded.</p></body></html>"
    )


def opaque_id(size: int, *key: object) -> str:
    """Return a hexadecimal identifier of `size` bytes that depends only on the key."""
    return blake2b("|".join(map(str, key)).encode(), digest_size=size).hexdigest()


def encode_base64(data: bytes) -> str:
    """Encode bytes as URL-safe Base64 without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def decode_base64(text: str) -> bytes:
    """Decode URL-safe Base64 without padding. Raise ValueError if it is invalid."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
