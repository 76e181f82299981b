"""The attributes and methods that describe a program to the crawler."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import ClassVar

from scrapy import Request, Spider
from scrapy.http import Response

from awardspider.crawling.responses import BlockPattern
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import Reason


class Transport(StrEnum):
    """Ways to send a request."""

    HTTP = "http"  # Scrapy's own client
    BROWSER = "browser"  # Chromium opens the booking page and takes the response that the page fetches


class SpiderDeclaration(Spider):
    """The declaration of a program: attributes and methods, which spiders override in this order."""

    # ---- read by AwardSpider and by the commands ----

    #: Default transport of the program; the argument `transport` overrides it.
    transport: Transport = Transport.HTTP

    # ---- read by search.planner, through AwardSpider.capabilities ----

    #: Kinds of searches that the program offers.
    search_kinds: ClassVar[tuple[SearchKind, ...]] = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    #: Days of one calendar request. 0: a calendar month; the booking window or more: all of it.
    days_per_request: int = 0
    #: Groups of cabins, one request for each, by kind. A response of a kind that is not listed has all cabins.
    cabins_per_request: ClassVar[dict[SearchKind, tuple[tuple[Cabin, ...], ...]]] = {}

    # ---- read by `scrapy login` ----

    #: Page on which the operator signs in; empty if the program needs no sign-in.
    sign_in_page: str = ""

    # ---- read by AwardSpider and by the browser transport ----

    #: End of the path of the request with which the booking page fetches the response, by kind. A word after a space
    #: must occur in that request.
    xhr_paths: ClassVar[dict[SearchKind, str]] = {}
    #: Text that identifies a page as the response itself, by kind; for both transports. Kinds that are neither here nor
    #: in `xhr_paths` are requested over HTTP with both transports.
    page_markers: ClassVar[dict[SearchKind, bytes]] = {}

    # ---- read by crawling.auth ----

    #: Kinds that need the response of `auth_request` first.
    needs_auth: ClassVar[tuple[SearchKind, ...]] = ()
    #: Statuses after which `auth_request` is sent again, once for each search.
    refresh_on: ClassVar[tuple[int, ...]] = (401,)

    # ---- read by crawling.responses and by the browser transport ----

    #: Reasons of statuses that have another meaning than usual at this program.
    status_reasons: ClassVar[dict[int, Reason]] = {}
    #: Statuses besides 200 whose body is parsed.
    readable_statuses: ClassVar[tuple[int, ...]] = ()
    #: Text in pages and bodies that means a failure; checked before the common patterns.
    block_patterns: ClassVar[Sequence[BlockPattern]] = ()

    # ---- read by AwardSpider ----

    #: Arguments that only this spider has: name and function that parses its text, given all arguments.
    extra_arguments: ClassVar[Mapping[str, Callable[[str, Mapping[str, str]], object]]] = {}

    def plan(self, searches: list[Search]) -> list[Search]:
        """Return the searches of a run, given those that the planner derived from the watches."""
        return searches

    def booking_url(self, search: Search) -> str:
        """Return the URL of the page where a person would run this search; the browser transport opens it."""
        raise NotImplementedError

    def auth_request(self) -> Request:
        """Build the request for a token or key. For a page, set `page_marker` in the meta to a text on the page."""
        raise NotImplementedError

    def parse_auth(self, response: Response) -> None:
        """Store the token or key of a response. Raise UnexpectedResponse if there is none."""

    def build_request(self, search: Search) -> Request:
        """Build the first HTTP request of a search, which may be an `intermediate_request`.

        Raise SearchFailed if the response is known to prove nothing.
        """
        raise NotImplementedError

    def next_request(self, search: Search, response: Response) -> Request | None:
        """Build the request that follows a response (a step or a page); None after the last one."""
        return None

    def parse_quota(self, response: Response) -> tuple[int, float] | None:
        """Return the calls that the program still allows, and the seconds until its count starts again, or None."""
        return None


def intermediate_request(request: Request, accepted_statuses: Collection[int] = (), keep_body: bool = False) -> Request:
    """Mark a request as a step: its response is not parsed, and `next_request` builds the next request from it.

    With `keep_body` the body is parsed together with that of the next response.
    """
    request.meta.update(intermediate=True, accepted_statuses=tuple(accepted_statuses), keep_body=keep_body)
    return request
