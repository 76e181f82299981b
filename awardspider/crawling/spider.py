"""The base of every spider: it owns the way from the plan to the requests, the answers and the report.

What tells one program from another is declared: see declaration.py.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider
from scrapy.http import Response

from awardspider.crawling import browser, responses
from awardspider.crawling.arguments import check_settings, known_only, one_of
from awardspider.crawling.auth import AuthToken
from awardspider.crawling.context import CrawlContext
from awardspider.crawling.control_search import ControlSearch
from awardspider.crawling.declaration import SpiderDeclaration
from awardspider.crawling.field_coverage import FieldCoverage
from awardspider.crawling.politeness import refusal, set_pauses
from awardspider.crawling.quota import Quota
from awardspider.crawling.response_handler import ResponseHandler
from awardspider.crawling.search_state import REQUESTS_AT_MOST, SearchState, Yielded, lookup
from awardspider.items import AwardOfferItem, MonitoredRoutes, ParseWarning, Search, SearchKind, SearchReportItem
from awardspider.outcomes import STOP_REASONS, Outcome, Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import Parser, get_parser
from awardspider.programs import Program, programs
from awardspider.search import planner
from awardspider.search.dates import what_is_cut
from awardspider.search.watches import Watch, ad_hoc

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

__all__ = ["AwardSpider", "lookup"]

TRANSPORTS = ("http", "browser")
DETAILS = ("day", "itinerary")
WANTED = ("origin", "destination", "dates", "cabins", "travelers", "max_miles")
ARGUMENTS = (*WANTED, "detail", "transport")


class AwardSpider(SpiderDeclaration):
    """Asks one program. Every planned search ends in exactly one SearchReportItem.

    A run that is not `is_regular` (a probe, a rereading) says nothing of how the program's answers usually look.
    """

    is_regular: bool = True

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        set_pauses(settings, programs()[cls.name])

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> AwardSpider:
        check_settings(crawler.settings)
        spider: AwardSpider = super().from_crawler(crawler, *args, **kwargs)
        if spider.transport == "browser":
            browser.use_browser(crawler.settings, spider.session_file)
        crawler.signals.connect(spider._idle, signals.spider_idle)
        return spider

    def __init__(self, name: str | None = None, **given: str) -> None:
        """Arguments as text, as `scrapy crawl -a` gives them; raises BadArgument with a sentence."""
        super().__init__(name)
        self.job = given.pop("_job", None)  # Scrapyd's own arguments: the job's id, and the egg's version
        given.pop("_version", None)
        self.arguments = known_only(given, (*ARGUMENTS, *self.extra_arguments))
        self.own: dict[str, Any] = {
            name: read(given[name], given) for name, read in self.extra_arguments.items() if given.get(name)
        }
        self.program: Program = programs()[self.name]
        self.transport = one_of("transport", given.get("transport") or self.transport, TRANSPORTS)
        self.detail = one_of("detail", given["detail"], DETAILS) if given.get("detail") else None
        self.wanted: Watch | None = None
        if any(argument in self.arguments for argument in WANTED):
            self.wanted = ad_hoc(
                program=self.program.key,
                now=self.now(),
                window_days=self.program.booking_window_days,
                **{argument: given.get(argument, "") for argument in WANTED},
            )
        self.context = CrawlContext()
        self.looks: dict[str, SearchState] = {}
        self.planned = 0
        self.outcomes: Counter[str] = Counter()
        self.offers_seen = 0
        self._left = 0
        self.stopped: SearchFailed | None = None
        self.shape = FieldCoverage()
        self._reading = ResponseHandler(self)
        self.allowance = Quota(self)
        self._preparing = AuthToken(self)
        self.doubts = ControlSearch(self)
        self._days_asked: set[Search] = set()

    @staticmethod
    def now() -> datetime:
        """The time; a test may replace it."""
        return datetime.now(UTC)

    @property
    def asked_any(self) -> bool:
        """Whether a request for a look has really left."""
        return self._left > 0

    @property
    def asks(self) -> planner.Asks:
        """What the program can be asked."""
        return planner.Asks(
            kinds=self.search_kinds, days_per_request=self.days_per_request, cabins=self.cabins_per_request
        )

    @property
    def parser(self) -> Parser:
        """How this program's answers are read."""
        return get_parser(self.program.key)

    @property
    def access_key(self) -> str:
        """The key that the operator was given for this program; empty where there is none."""
        return str(self.settings.getdict("AWARD_KEYS").get(self.program.key, ""))

    @property
    def live(self) -> bool:
        """Whether the real site is asked."""
        return not self.settings["AWARD_SANDBOX_URL"]

    @property
    def session_file(self) -> Path:
        """Where `scrapy login` keeps the operator's session for this program; the sandbox never gets the live one."""
        name = f"{self.program.key}.json" if self.live else f"{self.program.key}.sandbox.json"
        return Path(self.settings["AWARD_DATA_DIR"]) / "sessions" / name

    @property
    def watches(self) -> tuple[Watch, ...]:
        """What is asked for in this run: the arguments, or else every active watch."""
        return (self.wanted,) if self.wanted else self.context.watches

    async def start(self) -> AsyncIterator[Any]:
        last_searches, detail, now = self.context.last_searches, self.detail, self.now()
        searches = planner.plan(
            self.watches, program=self.program, asks=self.asks, now=now, last_searches=last_searches, detail=detail
        )
        searches = self.plan(searches)
        if self.wanted:
            note = what_is_cut(self.wanted.dates, self.wanted.origins, self.now(), self.program.booking_window_days)
            if note:
                self.logger.warning("Dates of this run: %s", note)
        if not searches:
            self.logger.warning("Nothing to look for: no active watch wants a route of %s", self.program.name)
        for request in self.begin(searches):
            yield request

    def begin(self, searches: Iterable[Search]) -> Iterator[Yielded]:
        """The requests for these searches, and the reports of those that may not be asked."""
        looks = [self.look_for(search) for search in searches]
        self._days_asked.update(replace(look.search, id="") for look in looks)
        self.allowance.calls_left = self.context.calls_left
        if refused := refusal(self):
            self.stop(refused)
        for look in looks:
            yield from self.request(look)

    def look_for(self, search: Search) -> SearchState:
        search = replace(search, id=search.id or uuid.uuid4().hex[:16])
        look = SearchState(search, search)
        self.looks[search.id] = look
        self.planned += 1
        return look

    def request(self, look: SearchState) -> Iterator[Yielded]:
        """The first request of a look, or its report at once where it may not be asked; nothing while it must wait."""
        kind = look.search.kind
        if cause := self.stopped or self.allowance.spent():
            yield from self.failed(look, cause)
        elif self._by_browser(kind):
            meta = {"browser": True, "xhr_path": self.xhr_paths.get(kind)}
            yield self._built(look, Request(self.booking_url(look.search), meta=meta))
        elif kind in self.needs_auth and not self._preparing.is_done:
            yield from self._preparing.wait(look)
        else:
            try:
                yield self._built(look, self.build_request(look.search))
            except SearchFailed as known:
                yield from self.failed(look, known)

    def _by_browser(self, kind: SearchKind) -> bool:
        return self.transport == "browser" and (kind in self.xhr_paths or kind in self.page_markers)

    def _built(self, look: SearchState, request: Request) -> Request:
        """A request of a look as it goes out."""
        if not look.requests:
            self.allowance.looks += 1
        look.requests += 1
        if not request.meta.get("lookup"):
            request.meta["mark"] = self.page_markers.get(look.search.kind)
        request.meta.update(handle_httpstatus_all=True, dont_redirect=True)
        return request.replace(
            callback=self._answered, errback=self._failed, cb_kwargs={"look": look}, dont_filter=True
        )

    def count_sent(self) -> None:
        """A request has really left."""
        self._left += 1

    def check_can_send(self, look: SearchState) -> None:
        """Raises Stopped where the program is not asked any more, Postponed while it is not clear if it serves us."""
        if self.stopped:
            raise responses.Stopped(self.stopped)
        if self.doubts.holds_back(look) or (
            self._preparing.holds_back(look) and not self._by_browser(look.search.kind)
        ):
            raise responses.Postponed

    def before_send(self, look: SearchState) -> None:
        """A look's request is about to leave: raises where it may not."""
        self.check_can_send(look)
        if spent := self.allowance.before_send():
            raise responses.Stopped(spent)
        self.count_sent()
        if look.requested_at is None:
            look.requested_at, look.started = self.now(), time.monotonic()

    def on_response(self, request: Request, response: Response) -> None:
        """An answer has just arrived: stop at once where it says so, ahead of what is being read at the moment."""
        self.allowance.told(self.parse_quota(response))
        try:
            self._check(request, response)
        except SearchFailed as cause:
            if cause.reason in STOP_REASONS and not self.stopped and not self._preparing.may_mend(response):
                self.stop(cause)
        else:
            if not request.meta.get("lookup"):
                self._preparing.works()
                self.doubts.suspect(request.cb_kwargs["look"], response.body)

    def _check(self, request: Request, response: Response) -> None:
        responses.check(
            response,
            self.block_patterns,
            mark=request.meta.get("mark"),
            accepts=request.meta.get("accepts", ()),
            readable_statuses=() if request.meta.get("lookup") else self.readable_statuses,
            status_reasons=self.status_reasons,
        )

    def _answered(self, response: Response, look: SearchState) -> Iterator[Yielded]:
        assert response.request is not None
        meta = response.request.meta
        try:
            self._check(response.request, response)
        except SearchFailed as cause:
            if not self._by_browser(look.search.kind) and self._preparing.may_help(look, response):
                yield from self._preparing.again(look)
            else:
                yield from self.failed(look, cause, response.status)
            return
        if meta.get("keep"):
            look.parts.append(response.body)
        if not meta.get("lookup"):
            is_read = yield from self._reading.read(look, look.joined(response.body), self.now(), response.status)
            yield from self._days(look)
            if not is_read:
                return
        yield from self._go_on(look, response, meta)

    def _go_on(self, look: SearchState, response: Response, meta: dict[str, Any]) -> Iterator[Yielded]:
        """Ask what follows an answer, or end the look."""
        try:
            following = self._following(look, response, meta)
        except SearchFailed as cause:
            yield from self.failed(look, cause, response.status)
            return
        if following is None:
            yield from self.complete(look, response.status)
        elif refused := self.stopped or self.allowance.no_calls_left():
            yield from self.failed(look, refused, response.status)
        else:
            yield self._built(look, following)

    def _following(self, look: SearchState, response: Response, meta: dict[str, Any]) -> Request | None:
        """The request after this answer. Raises CouldNotLook where a step leads nowhere or the steps do not end."""
        try:
            following = self.next_request(look.search, response)
        except SearchFailed:
            raise
        except Exception as error:
            self.logger.exception("What follows an answer of %s is not clear: %s", self.program.key, look.search)
            raise SearchFailed(Reason.INTERNAL_ERROR, f"{type(error).__name__}: {error}") from error
        if following is None and meta.get("lookup"):
            raise UnexpectedResponse("a step on the way led nowhere")
        if following is not None and look.requests >= REQUESTS_AT_MOST:
            raise UnexpectedResponse(f"after {look.requests} requests there was still a next one")
        if following is not None and meta.get("browser"):
            self.note_odd(ParseWarning("pages", "the page shows the first part of its answer only", drops_offer=True))
            look.lost += 1
            return None
        return following

    def read_again(
        self, search: Search, body: bytes, seen_at: datetime, status: int | None, is_part: bool = False
    ) -> Iterator[AwardOfferItem | MonitoredRoutes | SearchReportItem]:
        """Read an answer that was kept or supplied (`status` where it is known): its offers and the report.

        `is_part` says that it is one page of several, which is no evidence that others are gone.
        """
        look = self.look_for(search)
        look.lost += is_part
        yielded = self._reading.again(look, body, seen_at, status)
        return (item for item in yielded if not isinstance(item, Request))  # nothing is asked

    def _failed(self, failure: Failure) -> Iterator[Yielded]:
        look: SearchState = failure.request.cb_kwargs["look"]  # type: ignore[attr-defined]
        if not isinstance(failure.value, responses.Postponed):
            yield from self.failed(look, responses.cause_of(failure))
        elif self.doubts.holds_back(look):
            self.doubts.postpone(look)
        else:
            yield from self.request(look)

    def _days(self, look: SearchState) -> Iterator[Yielded]:
        """The flights of each day whose price could satisfy someone: this also confirms the offer."""
        offers, look.days = look.days, []
        if self.detail == "day" or SearchKind.ITINERARY not in self.search_kinds or not offers:
            return
        searches = planner.days_worth_asking(offers, self.watches, program=self.program.key, asks=self.asks)
        for search in searches:
            if search not in self._days_asked:
                self._days_asked.add(search)
                yield from self.request(self.look_for(search))

    def note_odd(self, odd: ParseWarning) -> None:
        """Count what cost a field or an offer, and say it once a run for each field."""
        self.crawler.stats.inc_value(f"award/odd/{odd.path}")
        self._reading.say_once(odd)

    def complete(self, look: SearchState, status: int | None) -> Iterator[Yielded]:
        """The report of a look that was answered in full."""
        outcome = Outcome.FOUND if look.offers or look.routes else Outcome.EMPTY
        yield from self._end(look, search=look.covered, outcome=outcome, http_status=status, invalid=look.lost)

    def failed(self, look: SearchState, cause: SearchFailed, status: int | None = None) -> Iterator[Yielded]:
        if cause.reason in STOP_REASONS and not self.stopped:
            self.stop(cause)
        yield from self._end(
            look,
            search=look.search,
            outcome=Outcome.FAILED,
            reason=cause.reason,
            note=cause.note,
            http_status=status,
        )

    def _end(self, look: SearchState, **fields: Any) -> Iterator[Yielded]:
        """The report of a look, and what becomes clear with it."""
        del self.looks[look.search.id]
        report = SearchReportItem(
            search_id=look.search.id,
            requested_at=look.requested_at or self.now(),
            seconds=round(time.monotonic() - look.started, 3) if look.started else None,
            offers=look.offers,
            **fields,
        )
        self.outcomes[report.reason or report.outcome] += 1
        self.offers_seen += look.offers
        self.reported(report)
        yield report
        yield from self.doubts.settle(report)

    def reported(self, report: SearchReportItem) -> None:
        """Called with every report; for commands that want to tell of them."""

    def stop(self, cause: SearchFailed) -> None:
        """Ask this program nothing more in this run; requests that wait are answered with the cause."""
        self.stopped = cause
        self.logger.warning("Not asking %s any more: %s (%s)", self.program.name, cause.reason, cause.note)

    def unfinished(self) -> Iterator[SearchReportItem]:
        """Reports for the searches that never ended, when the run was closed early."""
        cause = self.stopped or SearchFailed(Reason.INTERNAL_ERROR, "the run was closed before this search ended")
        self.doubts.forget()
        for look in list(self.looks.values()):
            yield from (item for item in self.failed(look, cause) if isinstance(item, SearchReportItem))

    def _idle(self) -> None:
        if self.stopped:
            raise CloseSpider(self.stopped.reason.value)
