"""What a pretended site is made of: its hosts, its routes, and what it is asked and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib.resources import files

import orjson

from awardspider.items import Cabin
from awardspider.sandbox.inventory import Inventory


class Kind(StrEnum):
    """What a route serves; the faults of a host touch some kinds and leave others alone."""

    DATA = "data"
    PAGE = "page"
    SIGN_IN = "sign_in"
    ROBOTS = "robots"
    SERVICE = "service"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRequest:
    """One request, as far as a site looks at it. `now` is the world's time, `step` its step.

    `query` has one value a name; `query_string` has all of them, as they came. `host` is the one that was meant.

    `empty` asks for the site's own way of having nothing. `members_only` says that the sign-in rule is on.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes
    now: datetime
    step: int
    empty: bool = False
    members_only: bool = False
    variant: str = ""
    query_string: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxResponse:
    """One response. It leaves after `seconds`, bit by bit over `drip` seconds; `broken` is a reset in its place."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    drip: float = 0.0
    broken: bool = False


Handler = Callable[[SandboxRequest], SandboxResponse]
# Seats by cabin and day, as a site tells them: origin and destination, first ordinal, days, travelers, step. 0 is none,
# None some, without a count.
SeatsOfDays = Callable[[tuple[str, str], int, int, int, int], Mapping[Cabin, Sequence[int | None]]]


@dataclass(frozen=True, slots=True)
class Route:
    """What is served at a path: for every name below it where it ends with `/*`, at any depth with `/**`."""

    method: str
    path: str
    kind: Kind
    handler: Handler


class Routes:
    """Routes by method and path, without regard to case. HEAD counts as GET; the nearest of several wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_path = {(route.method, route.path.lower()): route for route in routes}

    def find(self, method: str, path: str) -> Route | None:
        method, path = "GET" if method == "HEAD" else method, path.lower()
        if found := self._by_path.get((method, path)):
            return found
        above = path.rpartition("/")[0]
        if found := self._by_path.get((method, f"{above}/*")):
            return found
        while True:
            if found := self._by_path.get((method, f"{above}/**")):
                return found
            if not above:
                return None
            above = above.rpartition("/")[0]

    def knows(self, path: str) -> bool:
        """Whether any method is served at the path."""
        return any(self.find(method, path) is not None for method in ("GET", "POST"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One of a site's own ways not to serve: the fault `refused` with its name as the variant brings it.

    `reason` is what it means, in the words of our closed list.
    """

    name: str
    reason: str
    handler: Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A pretended site. The first host is the one its links name.

    `robots` are the rules served by default, and `searched` the path prefixes that the fault `robots` forbids.
    `renamed` are the keys that the fault `changed_shape` renames. `refusals` are its own ways not to serve.
    `examples` are links for a person to try.
    `market` holds the truth of an airline's site; other sites have none. `seats` is the truth of one that tells seats
    without a price.
    `unwell` writes a failure (a status, headers) as the site does; without it the sandbox's own words serve.
    `by_host_only` keeps a site out of the search for whoever has a path.
    """

    key: str
    name: str
    hosts: tuple[str, ...]
    routes: tuple[Route, ...]
    sign_in: str = ""
    robots: str = ""
    searched: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    inventory: Inventory | None = None
    seats: SeatsOfDays | None = None
    error_response: Callable[[int, tuple[tuple[str, str], ...]], SandboxResponse] | None = None
    by_host_only: bool = False
    by_path: Routes = field(init=False)

    def __post_init__(self) -> None:
        rules = SandboxResponse(body=self.robots.encode(), content_type="text/plain; charset=utf-8")
        robots = Route("GET", "/robots.txt", Kind.ROBOTS, lambda _: rules)
        object.__setattr__(self, "by_path", Routes((*self.routes, robots)))

    def route(self, method: str, path: str) -> Route | None:
        """The route for a request."""
        return self.by_path.find(method, path)

    def knows(self, path: str) -> bool:
        """Whether any method is served at the path."""
        return self.by_path.knows(path)


def json_response(value: object, status: int = 200) -> SandboxResponse:
    return SandboxResponse(body=orjson.dumps(value), status=status)


def html_response(text: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> SandboxResponse:
    return SandboxResponse(body=text.encode(), status=status, content_type="text/html; charset=utf-8", headers=headers)


def redirect(location: str, status: int = 302, headers: tuple[tuple[str, str], ...] = ()) -> SandboxResponse:
    return SandboxResponse(status=status, content_type="text/html", headers=(("Location", location), *headers))


def page(*path: str) -> str:
    """The text of a file under `pages/`."""
    return files("awardspider.sandbox").joinpath("pages", *path).read_text(encoding="utf-8")
