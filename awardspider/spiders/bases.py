"""The base of every spider: it owns the way from the plan to the request, the answer and the report.

A spider declares, in this order: name, transport, kinds, asks_by_cabin, sign_in_page, answer_paths, signs; then
its builders `booking_link` and `ask`, and `preparation` with `prepared` where a site wants a token first.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider
from scrapy.http import Response

from awardspider.items import AwardOfferItem, Covered, Detail, Odd, Search, SearchReportItem
from awardspider.outcomes import STOPS_THE_PROGRAM, BadArgument, CouldNotLook, Outcome, Reason
from awardspider.programs import Program, programs
from awardspider.readers import reader
from awardspider.search import planner
from awardspider.search.briefing import Briefing
from awardspider.search.dates import what_is_cut
from awardspider.search.watches import Watch, ad_hoc
from awardspider.spiders import answers, sessions
from awardspider.spiders.checks import check_settings, one_of
from awardspider.spiders.politeness import refusal, set_pauses

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

Yielded: TypeAlias = AwardOfferItem | SearchReportItem | Request

TRANSPORTS = ("http", "browser")
DETAILS = ("day", "itinerary")
WANTED = ("origin", "destination", "dates", "cabins", "travelers", "max_miles")
ARGUMENTS = (*WANTED, "detail", "transport")

# A token runs out in a long run and is renewed; one that is refused so often in a row is not the reason.
TOKENS_REFUSED_AT_MOST = 2


@dataclass(slots=True)
class Look:
    """One search of this run, and when its request left."""

    search: Search
    asked_at: datetime | None = None
    started: float = 0.0
    prepared_again: bool = False


class AwardSpider(Spider):
    """Asks one program. Every planned search ends in exactly one SearchReportItem."""

    transport: str = "http"
    kinds: ClassVar[tuple[str, ...]] = ("calendar", "itinerary")
    asks_by_cabin: bool = False  # whether a request names its cabins; without, every answer holds all of them
    sign_in_page: str = ""
    answer_paths: ClassVar[dict[str, str]] = {}
    signs: ClassVar[Sequence[answers.Sign]] = ()

    # What a subclass builds -------------------------------------------------------------------------------------

    def booking_link(self, search: Search) -> str:
        """The page where a person would look for this search; the browser way opens it."""
        raise NotImplementedError

    def ask(self, search: Search) -> Request:
        """The plain request for this search."""
        raise NotImplementedError

    def preparation(self) -> Request | None:
        """The request that must come first (a token), or None."""
        return None

    def prepared(self, response: Response) -> None:
        """Take what the preparation brought; raises CouldNotLook where it brought nothing."""

    # Arguments --------------------------------------------------------------------------------------------------

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        set_pauses(settings, programs()[cls.name])

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> AwardSpider:
        check_settings(crawler.settings)
        spider: AwardSpider = super().from_crawler(crawler, *args, **kwargs)
        if spider.transport == "browser":
            sessions.use_browser(crawler.settings, spider.session_file)
        crawler.signals.connect(spider._idle, signals.spider_idle)
        return spider

    def __init__(self, name: str | None = None, **given: str) -> None:
        """Arguments as text, as `scrapy crawl -a` gives them; raises BadArgument with a sentence."""
        super().__init__(name)
        self.job = given.pop("_job", None)  # Scrapyd's own arguments: the job's id, and the egg's version
        given.pop("_version", None)
        if unknown := [argument for argument in given if argument not in ARGUMENTS]:
            raise BadArgument(f"{', '.join(unknown)}: no such argument; there are {', '.join(ARGUMENTS)}")
        self.arguments = {argument: value for argument, value in given.items() if value}
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
        self.briefing = Briefing()
        self.looks: dict[str, Look] = {}
        self.planned = 0
        self.outcomes: Counter[str] = Counter()
        self.asked = self._left = self._tokens_refused = 0
        self.stopped: CouldNotLook | None = None
        self._days_asked: set[Search] = set()
        self._fields_warned: set[str] = set()

    @staticmethod
    def now() -> datetime:
        """The time; a test may replace it."""
        return datetime.now(UTC)

    @property
    def asked_any(self) -> bool:
        """Whether a request for a look has really left."""
        return self._left > 0

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
        return (self.wanted,) if self.wanted else self.briefing.watches

    # Plan and request -------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        searches = planner.plan(
            self.watches,
            program=self.program.key,
            kinds=self.kinds,
            now=self.now(),
            window_days=self.program.booking_window_days,
            last_looks=self.briefing.last_looks,
            detail=self.detail,
        )
        looks = [self._look(search) for search in searches]
        if self.wanted:
            note = what_is_cut(self.wanted.dates, self.wanted.origins, self.now(), self.program.booking_window_days)
            if note:
                self.logger.warning("Dates of this run: %s", note)
        if not looks:
            self.logger.warning("Nothing to look for: no active watch wants a route of %s", self.program.name)
            return
        refused = self.live and refusal(
            self.program,
            self.settings.getlist("AWARD_ACCEPT_TERMS"),
            self.session_file,
            self.briefing.paused_until,
            self.now(),
        )
        if refused:
            self._stop(refused)
        may_ask = not self.stopped and self.briefing.allowance != 0
        if may_ask and (preparation := self._preparation(looks)):
            yield preparation
            return
        for look in looks:
            yield self._request(look)

    def _look(self, search: Search) -> Look:
        cabins = search.cabins if self.asks_by_cabin else ()
        look = Look(replace(search, cabins=cabins, id=search.id or uuid.uuid4().hex[:16]))
        self.looks[look.search.id] = look
        self.planned += 1
        return look

    def _request(self, look: Look) -> Request | SearchReportItem:
        """The request of a look, or its report at once where it may not be asked."""
        if self.stopped:
            return self._could_not_look(look, self.stopped)
        if self.briefing.allowance is not None and self.asked >= self.briefing.allowance:
            note = f"the budget of {self.program.name} is used up (AWARD_BUDGET, programs.toml)"
            return self._could_not_look(look, CouldNotLook(Reason.OUT_OF_BUDGET, note))
        self.asked += 1
        if self.transport == "browser":
            request = Request(self.booking_link(look.search), meta={"answer_path": self.answer_paths[look.search.kind]})
        else:
            request = self.ask(look.search)
        request.meta.update(handle_httpstatus_all=True, dont_redirect=True)
        return request.replace(
            callback=self._answered, errback=self._failed, cb_kwargs={"look": look}, dont_filter=True
        )

    def _preparation(self, looks: Sequence[Look]) -> Request | None:
        request = self.preparation() if self.transport == "http" else None
        if request is None:
            return None
        request.meta.update(handle_httpstatus_all=False, handle_httpstatus_list=range(400, 600))
        return request.replace(
            callback=self._prepared,
            errback=self._unprepared,
            cb_kwargs={"looks": looks},
            cookies=sessions.cookies(self.session_file, None if not self.live else self.program.site),
            dont_filter=True,
        )

    def _prepared(self, response: Response, looks: Sequence[Look]) -> Iterator[Yielded]:
        self._left += 1
        try:
            answers.check(response, self.signs)
            self.prepared(response)
        except CouldNotLook as cause:
            self._stop(cause)
        for look in looks:
            yield self._request(look)

    def _unprepared(self, failure: Failure) -> Iterator[Yielded]:
        self._stop(answers.cause_of(failure))
        for look in failure.request.cb_kwargs["looks"]:  # type: ignore[attr-defined]
            yield self._request(look)

    # Called by the transports, at the wire -----------------------------------------------------------------------

    def leaving(self, look: Look) -> None:
        """A look's request is about to leave: raises Stopped where the program is not asked any more."""
        if self.stopped:
            raise answers.Stopped(self.stopped)
        self._left += 1
        if look.asked_at is None:
            look.asked_at, look.started = self.now(), time.monotonic()

    def heed(self, response: Response) -> None:
        """An answer has just arrived: stop at once where it says so, ahead of what is being read at the moment."""
        try:
            answers.check(response, self.signs)
        except CouldNotLook as cause:
            self._tokens_refused += response.status == 401
            renewable = response.status == 401 and self._tokens_refused <= TOKENS_REFUSED_AT_MOST
            if cause.reason in STOPS_THE_PROGRAM and not self.stopped and not renewable:
                self._stop(cause)
        else:
            self._tokens_refused = 0

    # Answer and report ------------------------------------------------------------------------------------------

    def _answered(self, response: Response, look: Look) -> Iterator[Yielded]:
        try:
            answers.check(response, self.signs)
        except CouldNotLook as cause:
            if response.status == 401 and not look.prepared_again and self.preparation():
                look.prepared_again = True  # a token may run out in a long run: it is renewed once for a look
                yield self._preparation([look]) or self._request(look)
            else:
                yield self._could_not_look(look, cause, response.status)
            return
        offers: list[AwardOfferItem] = []
        for item in self._read(look, response.body, self.now(), response.status):
            if isinstance(item, AwardOfferItem) and item.detail is not Detail.ITINERARY:
                offers.append(item)
            yield item
        yield from self._days(offers)

    def _read(
        self, look: Look, body: bytes, seen_at: datetime, status: int | None
    ) -> Iterator[AwardOfferItem | SearchReportItem]:
        """What the program's reader makes of an answer, and the report."""
        search, count, lost = look.search, 0, 0
        try:
            for item in reader(self.program.key).READS[search.kind](body, search, seen_at):
                if isinstance(item, Covered):
                    search = replace(search, first=item.first, last=item.last)
                elif isinstance(item, Odd):
                    self.note_odd(item)
                    lost += item.lost
                else:
                    count += 1
                    item.booking_link = item.booking_link or self._day_link(item)
                    yield item
        except CouldNotLook as cause:
            yield self._could_not_look(look, cause, status, count)
        except Exception as error:
            self.logger.exception("The reader of %s failed on %s", self.program.key, search)
            crash = CouldNotLook(Reason.CRASHED, f"{type(error).__name__}: {error}")
            yield self._could_not_look(look, crash, status, count)
        else:
            outcome = Outcome.FOUND if count else Outcome.NONE
            yield self._report(look, search=search, outcome=outcome, http_status=status, offers=count, invalid=lost)

    def read_again(
        self, search: Search, body: bytes, seen_at: datetime, status: int | None
    ) -> Iterator[AwardOfferItem | SearchReportItem]:
        """Read an answer that was kept or supplied (`status` where it is known): its offers and the report."""
        look = self._look(search)
        look.asked_at = seen_at
        try:
            answers.check(Response(self.program.site, status=status or 200, body=body), self.signs)
        except CouldNotLook as cause:
            yield self._could_not_look(look, cause, status)
        else:
            yield from self._read(look, body, seen_at, status)

    def _failed(self, failure: Failure) -> Iterator[Yielded]:
        yield self._could_not_look(failure.request.cb_kwargs["look"], answers.cause_of(failure))  # type: ignore[attr-defined]

    def _days(self, offers: list[AwardOfferItem]) -> Iterator[Yielded]:
        """The flights of each day whose price could satisfy someone: this also confirms the offer."""
        if self.detail == "day" or "itinerary" not in self.kinds or not offers:
            return
        for search in planner.days_worth_asking(offers, self.watches, program=self.program.key):
            scope = replace(search, cabins=())
            if scope not in self._days_asked:
                self._days_asked.add(scope)
                yield self._request(self._look(search))

    def _day_link(self, offer: AwardOfferItem) -> str:
        day = offer.departure_date
        return self.booking_link(
            Search(
                program=offer.program,
                kind="itinerary",
                origin=offer.origin,
                destination=offer.destination,
                first=day,
                last=day,
                travelers=offer.travelers,
            )
        )

    def note_odd(self, odd: Odd) -> None:
        """Count what cost a field or an offer, and say it once a run for each field."""
        self.crawler.stats.inc_value(f"award/odd/{odd.field}")
        if odd.field not in self._fields_warned:
            self._fields_warned.add(odd.field)
            level = logging.WARNING if odd.lost else logging.INFO
            self.logger.log(level, "Odd value in %s of %s: %s", odd.field, self.program.key, odd.value)

    def _could_not_look(
        self, look: Look, cause: CouldNotLook, status: int | None = None, offers: int = 0
    ) -> SearchReportItem:
        if cause.reason in STOPS_THE_PROGRAM and not self.stopped:
            self._stop(cause)
        return self._report(
            look,
            search=look.search,
            outcome=Outcome.COULD_NOT_LOOK,
            reason=cause.reason,
            note=cause.note,
            http_status=status,
            offers=offers,
        )

    def _report(self, look: Look, **fields: Any) -> SearchReportItem:
        del self.looks[look.search.id]
        report = SearchReportItem(
            search_id=look.search.id,
            asked_at=look.asked_at or self.now(),
            seconds=round(time.monotonic() - look.started, 3) if look.started else None,
            **fields,
        )
        self.outcomes[report.reason or report.outcome] += 1
        return report

    def _stop(self, cause: CouldNotLook) -> None:
        """Ask this program nothing more in this run; requests that wait are answered with the cause."""
        self.stopped = cause
        self.logger.warning("Not asking %s any more: %s (%s)", self.program.name, cause.reason, cause.note)

    def unfinished(self) -> Iterator[SearchReportItem]:
        """Reports for the searches that never ended, when the run was closed early."""
        cause = self.stopped or CouldNotLook(Reason.CRASHED, "the run was closed before this search ended")
        for look in list(self.looks.values()):
            yield self._could_not_look(look, cause)

    def _idle(self) -> None:
        if self.stopped:
            raise CloseSpider(self.stopped.reason.value)
