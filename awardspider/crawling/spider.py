"""The base class of all spiders: it turns planned searches into requests, and ends each search with one report.

Spiders override the attributes and methods of `declaration.SpiderDeclaration`.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider
from scrapy.http import Response

from awardspider import clock
from awardspider.crawling import browser, failed_run, responses
from awardspider.crawling.auth import AuthToken
from awardspider.crawling.context import CrawlContext
from awardspider.crawling.control_search import ControlSearch
from awardspider.crawling.day_searches import DaySearches
from awardspider.crawling.declaration import SpiderDeclaration, Transport
from awardspider.crawling.field_coverage import FieldCoverage
from awardspider.crawling.offer_context import OfferContexts
from awardspider.crawling.politeness import set_request_rate
from awardspider.crawling.quota import Quota
from awardspider.crawling.response_handler import ResponseHandler
from awardspider.crawling.search_phases import SearchPhases
from awardspider.crawling.search_state import MAX_REQUESTS_PER_SEARCH, SearchState, SpiderItem, SpiderOutput
from awardspider.crawling.validation import check_arguments, check_choice, check_settings
from awardspider.environment import data_dir
from awardspider.items import Detail, ParseWarning, Search, SearchKind, SearchReportItem
from awardspider.outcomes import STOP_REASONS, NotServed, Outcome, Reason, SearchFailed, UnexpectedResponse
from awardspider.parsers import Parser, get_parser
from awardspider.programs import Program, programs
from awardspider.search.capabilities import SearchCapabilities, kind_for_detail
from awardspider.search.dates import describe_cut_dates
from awardspider.search.watches import Watch, ad_hoc_watch

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

DETAILS = (Detail.DAY, Detail.ITINERARY)
RECHECK_PRIORITY = 1  # other requests have 0
WATCH_ARGUMENTS = ("origin", "destination", "dates", "cabins", "travelers", "max_miles")
ARGUMENTS = (*WATCH_ARGUMENTS, "detail", "notify", "transport")


class AwardSpider(SpiderDeclaration):
    """A crawl of one program. Every planned search ends with exactly one SearchReportItem."""

    #: False for a probe and for `reparse`: their field coverage is not compared with that of regular runs, and no
    #: searches of flights follow their calendars.
    is_regular: bool = True

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Set the program's request rate."""
        super().update_settings(settings)
        set_request_rate(settings, programs()[cls.name])

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> AwardSpider:
        """Create the spider of a crawl. Raise InvalidSetting or InvalidArgument."""
        check_settings(crawler.settings)
        spider: AwardSpider = super().from_crawler(crawler, *args, **kwargs)
        if spider.transport is Transport.BROWSER:
            browser.use_browser(crawler.settings, spider.session_file)
        crawler.signals.connect(spider._on_idle, signals.spider_idle)
        return spider

    def __init__(self, name: str | None = None, **given: str) -> None:
        """Parse the arguments of `scrapy crawl -a`. Raise InvalidArgument."""
        super().__init__(name)
        self.job = given.pop("_job", None)  # Scrapyd adds the job id and the egg version
        given.pop("_version", None)
        self.arguments = check_arguments(given, (*ARGUMENTS, *self.extra_arguments))
        self.extra: dict[str, Any] = {
            name: parse(given[name], given) for name, parse in self.extra_arguments.items() if given.get(name)
        }
        self.program: Program = programs()[self.name]
        transport = check_choice("transport", given.get("transport") or self.transport, tuple(Transport))
        self.transport = Transport(transport)
        self.detail = Detail(check_choice("detail", given["detail"], DETAILS)) if given.get("detail") else None
        kind_for_detail(self.program.key, self.search_kinds, self.detail)
        self.ad_hoc_watch: Watch | None = None
        if any(argument in self.arguments for argument in WATCH_ARGUMENTS):
            self.ad_hoc_watch = ad_hoc_watch(
                program=self.program.key,
                now=self.now(),
                window_days=self.program.booking_window_days,
                **{argument: given.get(argument, "") for argument in WATCH_ARGUMENTS},
            )
        notify = check_choice("notify", given.get("notify") or ("no" if self.ad_hoc_watch else "yes"), ("yes", "no"))
        #: True if the matches of this run are sent. By default, those of a route in the arguments are not.
        self.notifies = notify == "yes"
        self.context = CrawlContext()
        self.open_searches: dict[str, SearchState] = {}
        self.planned = 0
        self.outcomes: Counter[str] = Counter()
        self.offer_contexts = OfferContexts()
        self.offers_seen = 0
        self.stopped: SearchFailed | None = None
        self.field_coverage = FieldCoverage()
        self.quota = Quota(self)
        self.control_search = ControlSearch(self)
        self._auth = AuthToken(self)
        self._responses = ResponseHandler(self)
        self._requests_sent = 0
        self.day_searches = DaySearches(self)
        self.phases = SearchPhases(self)
        self._first_notes: dict[str, str] = {}  # by reason

    @staticmethod
    def now() -> datetime:
        """Return the current time; tests replace it."""
        return clock.now()

    @property
    def sent_any(self) -> bool:
        """Return whether any request was sent."""
        return self._requests_sent > 0

    @property
    def capabilities(self) -> SearchCapabilities:
        """Return the searches that the program supports."""
        return SearchCapabilities(
            kinds=self.search_kinds,
            days_per_request=self.days_per_request,
            cabins_per_request=self.cabins_per_request,
            uses_browser=self.transport is Transport.BROWSER,
        )

    @property
    def parser(self) -> Parser:
        """Return the parser of the program."""
        return get_parser(self.program.key)

    @property
    def skips_recent(self) -> bool:
        """Return whether recent searches are not repeated: they are if the arguments say what to search."""
        return self.is_regular and self.ad_hoc_watch is None and self.detail is None and not self.extra

    @property
    def access_key(self) -> str:
        """Return the operator's key for this program, or an empty string if there is none."""
        return str(self.settings.getdict("AWARD_KEYS").get(self.program.key, ""))

    @property
    def live(self) -> bool:
        """Return whether requests go to the real site rather than to the sandbox."""
        return not self.settings["AWARD_SANDBOX_URL"]

    @property
    def sites(self) -> tuple[str, ...]:
        """Return the URL of the site that is searched."""
        return (self.program.site,)

    @property
    def session_file(self) -> Path:
        """Return the path at which `scrapy login` saves the session; the sandbox uses a separate file."""
        name = f"{self.program.key}.json" if self.live else f"{self.program.key}.sandbox.json"
        return data_dir(self.settings) / "sessions" / name

    @property
    def watches(self) -> tuple[Watch, ...]:
        """Return the watches of this run: the one built from the arguments, or else all stored watches."""
        return (self.ad_hoc_watch,) if self.ad_hoc_watch else self.context.watches

    async def start(self) -> AsyncIterator[Any]:
        """Plan the searches, then yield their first requests and the reports of those that must not be sent."""
        searches = self.phases.plan()
        if watch := self.ad_hoc_watch:
            note = describe_cut_dates(watch.dates.text, watch.origins, self.now(), self.program.booking_window_days)
            if note:
                self.logger.warning("Dates of this run: %s", note)
        if not searches and self.phases.next_at is None:
            self.logger.warning("No searches: no active watch includes a route of %s", self.program.name)
        async for output in self.phases.run(searches, self.day_searches.left_by_earlier_runs()):
            yield output

    def add_search(self, search: Search, *, is_recheck: bool = False) -> SearchState:
        """Add a search to this run, with a new id unless it already has one."""
        search = replace(search, id=search.id or uuid.uuid4().hex[:16])
        state = SearchState(search, search, is_recheck=is_recheck)
        self.open_searches[search.id] = state
        self.planned += 1
        return state

    def start_search(self, state: SearchState) -> Iterator[SpiderOutput]:
        """Yield the first request of a search, its report if it must not be sent, or nothing while it has to wait."""
        kind = state.search.kind
        if error := self.stopped or self.quota.check_search():
            yield from self.fail(state, error)
        elif self._uses_browser(kind):
            meta = {"browser": True, "xhr_path": self.xhr_paths.get(kind)}
            yield self._prepare(state, Request(self.booking_url(state.search), meta=meta))
        elif kind in self.needs_auth and not self._auth.is_ready:
            yield from self._auth.wait(state)
        else:
            try:
                yield self._prepare(state, self.build_request(state.search))
            except SearchFailed as error:
                yield from self.fail(state, error)

    def _uses_browser(self, kind: SearchKind) -> bool:
        return self.transport is Transport.BROWSER and (kind in self.xhr_paths or kind in self.page_markers)

    def _prepare(self, state: SearchState, request: Request) -> Request:
        """Count a request for a search, and attach the callbacks and the search's state."""
        if not state.requests:
            self.quota.searches_started += 1
        state.requests += 1
        if not request.meta.get("intermediate"):
            request.meta["page_marker"] = self.page_markers.get(state.search.kind)
        request.meta.update(handle_httpstatus_all=True, dont_redirect=True)
        if state.is_recheck:
            request.priority = RECHECK_PRIORITY
        return request.replace(
            callback=self._on_success, errback=self._on_error, cb_kwargs={"state": state}, dont_filter=True
        )

    # ---- called by middlewares and transports ----

    def count_sent(self) -> None:
        """Count a request that is being sent."""
        self._requests_sent += 1

    def check_can_send(self, state: SearchState) -> None:
        """Raise ProgramStopped if the run sends no more requests, RequestPostponed while the search has to wait."""
        if self.stopped:
            raise responses.ProgramStopped(self.stopped)
        needs_token = self._auth.must_wait(state) and not self._uses_browser(state.search.kind)
        if self.control_search.must_wait(state) or needs_token:
            raise responses.RequestPostponed

    def before_send(self, state: SearchState) -> None:
        """Count a request immediately before it is sent; raise if it must not be sent."""
        self.check_can_send(state)
        if error := self.quota.use_call():
            raise responses.ProgramStopped(error)
        self.count_sent()
        if state.requested_at is None:
            state.requested_at, state.started = self.now(), time.monotonic()

    def on_response(self, request: Request, response: Response) -> None:
        """Check a response as soon as it arrives, so that a block stops the run before the response is parsed."""
        self.quota.update(self.parse_quota(response))
        try:
            self._check(request, response)
        except SearchFailed as error:
            if error.reason in STOP_REASONS and not self.stopped and not self._auth.expire(response):
                self.stop(error)
        else:
            if not request.meta.get("intermediate"):
                self._auth.confirm()
                self.control_search.check_short_response(request.cb_kwargs["state"], response.body)

    # ---- responses ----

    def _check(self, request: Request, response: Response) -> None:
        responses.check(
            response,
            self.block_patterns,
            page_marker=request.meta.get("page_marker"),
            accepted_statuses=request.meta.get("accepted_statuses", ()),
            readable_statuses=() if request.meta.get("intermediate") else self.readable_statuses,
            status_reasons=self.status_reasons,
        )

    def _on_success(self, response: Response, state: SearchState) -> Iterator[SpiderOutput]:
        assert response.request is not None
        meta = response.request.meta
        try:
            self._check(response.request, response)
        except SearchFailed as error:
            if not self._uses_browser(state.search.kind) and self._auth.can_retry(state, response):
                yield from self._auth.retry(state)
            else:
                yield from self._fail_early(state, error, response.status)
            return
        if meta.get("keep_body"):
            state.kept_bodies.append(response.body)
        if not meta.get("intermediate"):
            body = state.join_bodies(response.body)
            is_parsed = yield from self._responses.parse(state, body, self.now(), response.status)
            self.day_searches.add_response(state)
            if not is_parsed or not state.search.is_of_one_route:  # a bulk search has too many pages to wait for
                yield from self.day_searches.start(state)
            if not is_parsed:
                return
        yield from self._continue(state, response, meta)

    def _on_error(self, failure: Failure) -> Iterator[SpiderOutput]:
        state: SearchState = failure.request.cb_kwargs["state"]  # type: ignore[attr-defined]
        if not isinstance(failure.value, responses.RequestPostponed):
            yield from self._fail_early(state, responses.failed_request_error(failure))
        elif self.control_search.must_wait(state):
            self.control_search.postpone(state)
        else:
            yield from self.start_search(state)

    def _continue(self, state: SearchState, response: Response, meta: dict[str, Any]) -> Iterator[SpiderOutput]:
        """Send the request that follows a response, or end the search."""
        try:
            request = self._next_request(state, response, meta)
        except SearchFailed as error:
            yield from self._fail_early(state, error, response.status)
            return
        if request is None:
            yield from self.complete(state, response.status)
            yield from self.day_searches.start(state)
        elif refusal := self.stopped or self.quota.check_request():
            yield from self._fail_early(state, refusal, response.status)
        else:
            yield self._prepare(state, request)

    def _next_request(self, state: SearchState, response: Response, meta: dict[str, Any]) -> Request | None:
        """Return the next request, if any. Raise SearchFailed if a step has none, or after too many requests."""
        try:
            request = self.next_request(state.search, response)
        except SearchFailed:
            raise
        except Exception as error:
            self.logger.exception("Could not build the next request for %s", state.search)
            raise SearchFailed(Reason.INTERNAL_ERROR, f"{type(error).__name__}: {error}") from error
        if request is None and meta.get("intermediate"):
            raise UnexpectedResponse("no request follows an intermediate response")
        if request is not None and state.requests >= MAX_REQUESTS_PER_SEARCH:
            raise UnexpectedResponse(f"more requests would follow after {state.requests}")
        if request is not None and meta.get("browser"):
            self.record_warning(ParseWarning("pages", "the page shows only the first part", drops_offer=True))
            state.dropped_offers += 1
            return None
        return request

    def _fail_early(self, state: SearchState, error: SearchFailed, status: int | None = None) -> Iterator[SpiderOutput]:
        """End a search with an error, then search the days that its earlier responses showed."""
        yield from self.fail(state, error, status)
        yield from self.day_searches.start(state)

    def reparse(
        self, search: Search, body: bytes, seen_at: datetime, status: int | None, is_part: bool = False
    ) -> Iterator[SpiderItem]:
        """Yield the offers and the report of an archived or supplied response; `status` is None if unknown.

        `is_part` marks one page of several: an offer missing from that page may still exist.
        """
        state = self.add_search(search)
        state.dropped_offers += is_part
        output = self._responses.reparse(state, body, seen_at, status)
        return (item for item in output if not isinstance(item, Request))

    def record_warning(self, warning: ParseWarning) -> None:
        """Count a parser warning, and log it once per path in each run."""
        self.crawler.stats.inc_value(f"award/parse_warnings/{warning.path}")
        self._responses.log_warning_once(warning)

    # ---- reports ----

    def complete(self, state: SearchState, status: int | None, note: str = "") -> Iterator[SpiderOutput]:
        """End a search whose responses were all parsed."""
        outcome = Outcome.FOUND if state.offers or state.routes else Outcome.EMPTY
        self.day_searches.complete(state)
        yield from self._report(
            state,
            search=state.covered,
            outcome=outcome,
            note=note,
            http_status=status,
            invalid=state.dropped_offers,
            contradicted=tuple(state.contradicted),
            ended=tuple(state.ended),
        )

    def fail(self, state: SearchState, error: SearchFailed, status: int | None = None) -> Iterator[SpiderOutput]:
        """End a search with an error, and stop the run if the error affects all requests to the program.

        A search for a route that the program does not serve ends as empty.
        """
        if isinstance(error, NotServed):
            state.dropped_offers += not error.conclusive  # incomplete, so stored offers keep their state
            yield from self.complete(state, status, error.note)
            return
        self._responses.log_unexpected_once(error)
        if error.reason in STOP_REASONS and not self.stopped:
            self.stop(error)
        yield from self._report(
            state, search=state.search, outcome=Outcome.FAILED, reason=error.reason, note=error.note, http_status=status
        )

    def _report(self, state: SearchState, **fields: Any) -> Iterator[SpiderOutput]:
        """Yield the report of a search, then the output of any held or postponed searches that can now proceed."""
        del self.open_searches[state.search.id]
        report = SearchReportItem(
            search_id=state.search.id,
            requested_at=state.requested_at or self.now(),
            seconds=round(time.monotonic() - state.started, 3) if state.started else None,
            offers=state.offers,
            **fields,
        )
        self.outcomes[report.reason or report.outcome] += 1
        if report.reason:
            self._first_notes.setdefault(report.reason, report.note)
        self.offers_seen += state.offers
        self.on_report(report)
        yield report
        yield from self.control_search.resolve(report)

    def on_report(self, report: SearchReportItem) -> None:
        """Handle a report. Does nothing here; commands override it."""

    def stop(self, error: SearchFailed) -> None:
        """Send no more requests in this run. Searches that are still open fail with this error."""
        self.stopped = error
        self.logger.warning("Stopped searching %s: %s (%s)", self.program.name, error.reason, error.note)

    def unfinished(self) -> Iterator[SearchReportItem]:
        """End the searches that were still open when the run closed, and yield their reports."""
        error = self.stopped or SearchFailed(Reason.INTERRUPTED, "the run was closed before this search ended")
        self.control_search.clear()
        for state in list(self.open_searches.values()):
            yield from (item for item in self.fail(state, error) if isinstance(item, SearchReportItem))

    def failure_note(self, reason: str) -> str:
        """Return the note of the error that stopped the run, or of the first search that failed with this reason."""
        return self.stopped.note if self.stopped else self._first_notes.get(reason, "")

    def _on_idle(self) -> None:
        if self.stopped:
            raise CloseSpider(self.stopped.reason.value)
        if reason := failed_run.common_failure(self.outcomes):
            self.logger.warning("All searches of %s failed: %s", self.program.name, failed_run.describe(self.outcomes))
            raise CloseSpider(str(reason))
