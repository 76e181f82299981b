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
    BROWSER = "browser"  # Chromium opens the booking page; the response is the page, or the data that it fetches


class SpiderDeclaration(Spider):
    """Attributes and methods that describe a program; spiders override them in this order."""

    # ---- read by AwardSpider and by the commands ----

    #: Default transport of the program; the argument `transport` overrides it.
    transport: Transport = Transport.HTTP

    # ---- read by search.planner, through AwardSpider.capabilities ----

    #: Kinds of search that the program supports.
    search_kinds: ClassVar[tuple[SearchKind, ...]] = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    #: Days that one calendar request covers. 0 means a calendar month; a number at or above the booking window means
    #: the entire window.
    days_per_request: int = 0
    #: Groups of cabins that need separate requests, keyed by kind. For a kind not listed, one response has all cabins.
    cabins_per_request: ClassVar[dict[SearchKind, tuple[tuple[Cabin, ...], ...]]] = {}

    # ---- read by `scrapy login` ----

    #: Page on which the operator signs in; empty if the program needs no sign-in.
    sign_in_page: str = ""

    # ---- read by AwardSpider and by the browser transport ----

    #: Ending of the URL path from which the booking page fetches its data, keyed by kind. Text after a space must also
    #: occur in that request.
    xhr_paths: ClassVar[dict[SearchKind, str]] = {}
    #: Text that marks an HTML page as the response itself, keyed by kind; used with both transports. A kind in neither
    #: `page_markers` nor `xhr_paths` is requested over HTTP even with the browser transport.
    page_markers: ClassVar[dict[SearchKind, bytes]] = {}

    # ---- read by crawling.auth ----

    #: Kinds whose requests need the token or key from `auth_request`.
    needs_auth: ClassVar[tuple[SearchKind, ...]] = ()
    #: Statuses after which `auth_request` is sent again, at most once per search.
    refresh_on: ClassVar[tuple[int, ...]] = (401,)

    # ---- read by crawling.responses and by the browser transport ----

    #: Reasons for HTTP statuses to which this program gives an unusual meaning.
    status_reasons: ClassVar[dict[int, Reason]] = {}
    #: HTTP statuses other than 200 whose body is parsed.
    readable_statuses: ClassVar[tuple[int, ...]] = ()
    #: Patterns that indicate a failure in a page, body or redirect target; checked before the common patterns.
    block_patterns: ClassVar[Sequence[BlockPattern]] = ()

    # ---- read by AwardSpider ----

    #: Arguments that only this spider accepts: each name, with a function that parses its value, given all arguments.
    extra_arguments: ClassVar[Mapping[str, Callable[[str, Mapping[str, str]], object]]] = {}

    def plan(self, searches: list[Search]) -> list[Search]:
        """Return the searches of a run; `searches` are those that the planner derived from the watches."""
        return searches

    def booking_url(self, search: Search) -> str:
        """Return the URL of the page where a person would run this search; the browser transport opens it."""
        raise NotImplementedError

    def auth_request(self) -> Request:
        """Build the request for a token or key. For a page, set `page_marker` in `meta` to text on that page."""
        raise NotImplementedError

    def parse_auth(self, response: Response) -> None:
        """Store the token or key in a response. Raise UnexpectedResponse if it is missing."""

    def build_request(self, search: Search) -> Request:
        """Build the first HTTP request of a search, which may be an `intermediate_request`.

        Raise SearchFailed if it is already known that the response would prove nothing.
        """
        raise NotImplementedError

    def next_request(self, search: Search, response: Response) -> Request | None:
        """Build the request for the next step or page after a response; return None after the last one."""
        return None

    def parse_quota(self, response: Response) -> tuple[int, float] | None:
        """Return the calls that the program still allows and the seconds until that quota resets; None if unknown."""
        return None


def intermediate_request(request: Request, accepted_statuses: Collection[int] = (), keep_body: bool = False) -> Request:
    """Mark a request as a step: its response is not parsed, and `next_request` builds the next request from it.

    With `keep_body`, its body is parsed together with that of the next response.
    """
    request.meta.update(intermediate=True, accepted_statuses=tuple(accepted_statuses), keep_body=keep_body)
    return request
