"""Simulated sites: hosts, routes, requests and responses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib.resources import files

import orjson

from awardspider.items import Cabin
from awardspider.sandbox.inventory import Inventory, Offer

Headers = tuple[tuple[str, str], ...]


class Kind(StrEnum):
    """The kind of content at a route; each fault affects only certain kinds."""

    DATA = "data"
    PAGE = "page"
    SIGN_IN = "sign_in"
    ROBOTS = "robots"
    SERVICE = "service"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRequest:
    """A request to a simulated site. `now` is the world's time, `step` the current step, `host` the requested host.

    `query` has one value for each name; `query_string` is the query as sent. Faults set the last fields: `empty`
    requests the site's "nothing available" response, `members_only` requires sign-in, and `variant` is the fault's
    variant.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes
    now: datetime
    step: int
    query_string: str = ""
    host: str = ""
    empty: bool = False
    members_only: bool = False
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxResponse:
    """A response, sent after `delay` seconds over `transfer` seconds; `reset` resets the connection instead."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: Headers = ()
    delay: float = 0.0
    transfer: float = 0.0
    reset: bool = False


Handler = Callable[[SandboxRequest], SandboxResponse]
# From a route, first ordinal, number of days, travelers and step, returns the seats by cabin and day as a site shows
# them. None means that seats are available but the site does not show the number.
SeatsByDay = Callable[[tuple[str, str], int, int, int, int], Mapping[Cabin, Sequence[int | None]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDays:
    """The part of a day's lowest prices that a site's calendar can show; `/_truth` returns only this part.

    `columns` are the indexes in quotes.COLUMNS that the calendar shows (None: all that the program sells). A calendar
    with `mixed` has a second price with mixed cabins; one without has only the lower of the two. `without` are the
    fields of the truth that the calendar lacks.
    """

    columns: tuple[int, ...] | None = None
    mixed: bool = True
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItineraries:
    """The part of a day's offers that a site's flights can show; `/_truth` returns only this part.

    `pick` returns the offers that the site shows, given all offers of one itinerary. If `landings` is False, stops are
    only connections, because the site does not show landings under one flight number. `without` are the fields of the
    truth that the flights lack; `segments.aircraft` is a field of the segments.
    """

    pick: Callable[[list[Offer]], list[Offer]] = list
    landings: bool = True
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """A path and its handler. A final `/*` matches one segment, a final `/**` any number of segments."""

    method: str
    path: str
    kind: Kind
    handler: Handler


class Routes:
    """Routes by method and path, ignoring case in paths. HEAD is handled like GET; the most specific match wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_path = {(route.method, route.path.lower()): route for route in routes}

    def find(self, method: str, path: str) -> Route | None:
        """Return the route for a request."""
        method, path = "GET" if method == "HEAD" else method, path.lower()
        if found := self._by_path.get((method, path)):
            return found
        parent = path.rpartition("/")[0]
        if found := self._by_path.get((method, f"{parent}/*")):
            return found
        while True:
            if found := self._by_path.get((method, f"{parent}/**")):
                return found
            if not parent:
                return None
            parent = parent.rpartition("/")[0]

    def has_path(self, path: str) -> bool:
        """Return whether the path exists for any method."""
        return any(self.find(method, path) is not None for method in ("GET", "POST"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refusal specific to a site, which the fault `refused` sends if the fault's variant is `name`.

    `reason` is the value of `outcomes.Reason` that a search must report.
    """

    name: str
    reason: str
    handler: Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A simulated site. Its links use the first host.

    `robots` are the default rules of robots.txt. `search_paths` are the path prefixes that the fault `robots`
    disallows, and `renamed_keys` the JSON keys that the fault `renamed_keys` renames. `examples` are labels and paths
    for the start page. `inventory` has the true offers of an airline's site. `days` and `itineraries` describe what its
    calendar and its flights show (None: the site has none), and `seats` computes the true seats of a site that shows
    seats without prices. `error_response` builds the site's error for a status; without it, the sandbox sends generic
    errors. A site with `by_host_only` is never found by path alone. `fallback` responds to requests without a route;
    without it, they get a plain 404 or 405.
    """

    key: str
    name: str
    hosts: tuple[str, ...]
    routes: tuple[Route, ...]
    sign_in: str = ""
    robots: str = ""
    search_paths: tuple[str, ...] = ()
    renamed_keys: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    inventory: Inventory | None = None
    days: ShownDays | None = ShownDays()
    itineraries: ShownItineraries | None = ShownItineraries()
    seats: SeatsByDay | None = None
    error_response: Callable[[int, Headers], SandboxResponse] | None = None
    by_host_only: bool = False
    fallback: Handler | None = None
    _by_path: Routes = field(init=False)

    def __post_init__(self) -> None:
        rules = SandboxResponse(body=self.robots.encode(), content_type="text/plain; charset=utf-8")
        robots = Route("GET", "/robots.txt", Kind.ROBOTS, lambda _: rules)
        object.__setattr__(self, "_by_path", Routes((*self.routes, robots)))

    def route(self, method: str, path: str) -> Route | None:
        """Return the route for a request; without one, a route to the fallback, if there is one."""
        fallback = Route(method, path, Kind.SERVICE, self.fallback) if self.fallback else None
        return self._by_path.find(method, path) or fallback

    def has_path(self, path: str) -> bool:
        """Return whether the path exists for any method."""
        return self._by_path.has_path(path)


def json_response(value: object, status: int = 200) -> SandboxResponse:
    """Return a JSON response."""
    return SandboxResponse(body=orjson.dumps(value), status=status)


def html_response(text: str, status: int = 200, headers: Headers = ()) -> SandboxResponse:
    """Return an HTML page."""
    return SandboxResponse(body=text.encode(), status=status, content_type="text/html; charset=utf-8", headers=headers)


def redirect(location: str, status: int = 302, headers: Headers = ()) -> SandboxResponse:
    """Return a redirect."""
    return SandboxResponse(status=status, content_type="text/html", headers=(("Location", location), *headers))


def page(*path: str, **values: str) -> str:
    """Return the text of a file under `pages/`, with each `{name}` replaced by its value."""
    text = files("awardspider.sandbox").joinpath("pages", *path).read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
