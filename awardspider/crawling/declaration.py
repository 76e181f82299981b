"""What the spider of a program declares: the attributes and builders that tell one program from another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from scrapy import Request, Spider
from scrapy.http import Response

from awardspider.crawling.responses import BlockPattern
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import Reason


class SpiderDeclaration(Spider):
    """What a program's spider declares, in this order: attributes, then builders.

    `transport` is the way used by default. `days_at_once` and `cabins_asked` say what one request is for, as
    `search.planner.Asks` has it. For the browser way, by kind of search: `answer_paths` is how the path of the page's
    own request ends, with a word after a blank that stands in that request; `answer_marks` is the text by which a
    page itself is known to be the answer (in the plain way too). Kinds in neither are asked plainly in both.
    `prepares` are the kinds that need `preparation` first, which is done again once after a status in `renewed_on`.
    `statuses` is what a status means at this program, where that is not what it means elsewhere; with one in
    `answers_with` it answers too, and its reader sees the body.
    `own_arguments` are arguments that only this program knows: each with what reads its text, given all the arguments.
    """

    transport: str = "http"
    search_kinds: ClassVar[tuple[SearchKind, ...]] = (SearchKind.CALENDAR, SearchKind.ITINERARY)
    days_per_request: int = 0
    cabins_per_request: ClassVar[dict[SearchKind, tuple[tuple[Cabin, ...], ...]]] = {}
    sign_in_page: str = ""
    xhr_paths: ClassVar[dict[SearchKind, str]] = {}
    page_markers: ClassVar[dict[SearchKind, bytes]] = {}
    needs_auth: ClassVar[tuple[SearchKind, ...]] = ()
    refresh_on: ClassVar[tuple[int, ...]] = (401,)
    status_reasons: ClassVar[dict[int, Reason]] = {}
    readable_statuses: ClassVar[tuple[int, ...]] = ()
    block_patterns: ClassVar[Sequence[BlockPattern]] = ()
    extra_arguments: ClassVar[Mapping[str, Callable[[str, Mapping[str, str]], object]]] = {}

    def plan(self, searches: list[Search]) -> list[Search]:
        """The searches of a run, from those that the watches want: with those that only this program knows."""
        return searches

    def booking_url(self, search: Search) -> str:
        """The page where a person would look for this search; the browser way opens it."""
        raise NotImplementedError

    def auth_request(self) -> Request:
        """The request that must come first (a token, a key); a text in its meta as `mark` lets a page pass."""
        raise NotImplementedError

    def parse_auth(self, response: Response) -> None:
        """Take what the preparation brought; raises CouldNotLook where it brought nothing."""

    def build_request(self, search: Search) -> Request:
        """The plain request for this search; a `lookup` where more than one is needed.

        Raises CouldNotLook where it is known ahead that the answer would tell nothing.
        """
        raise NotImplementedError

    def next_request(self, search: Search, response: Response) -> Request | None:
        """The request that comes after this answer: the next step or page, or None where the look is complete."""
        return None

    def parse_quota(self, response: Response) -> tuple[int, float] | None:
        """How many requests the program itself still allows, and the seconds until it counts anew; None: not said."""
        return None
