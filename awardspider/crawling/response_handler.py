"""Parsing of responses into items, or into the report of a search whose response cannot be parsed."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import TextResponse

from awardspider.crawling import responses
from awardspider.crawling.field_coverage import missing_paths
from awardspider.crawling.offer_context import OfferContext
from awardspider.crawling.search_state import SearchState, SpiderOutput
from awardspider.items import AwardOfferItem, CoveredDates, Detail, MonitoredRoutes, ParseWarning, Search, SearchKind
from awardspider.outcomes import AmbiguousResponse, Reason, SearchFailed, UnexpectedResponse

if TYPE_CHECKING:
    from awardspider.crawling.spider import AwardSpider


MOST_PATHS = 8  # missing paths that a note names


class ResponseHandler:
    """A wrapper that runs the program's parser on the responses of one run."""

    def __init__(self, spider: AwardSpider) -> None:
        self._spider = spider
        self._logged_paths: set[str] = set()
        self._logged_notes: set[str] = set()

    def parse(
        self, state: SearchState, body: bytes, seen_at: datetime, status: int | None
    ) -> Generator[SpiderOutput, None, bool]:
        """Yield the items of a response, and return whether the response was parsed.

        Otherwise, yield the search's report, or hold an ambiguous response until a control search ends.
        """
        spider, search = self._spider, state.search
        sample: list[AwardOfferItem] | None = [] if spider.field_coverage.should_sample(search.kind) else None
        state.pages += 1
        try:
            for item in spider.parser.PARSERS[search.kind](body, search, seen_at):
                if isinstance(item, CoveredDates):
                    state.covered = replace(state.covered, first=item.first, last=item.last)
                elif isinstance(item, ParseWarning):
                    spider.record_warning(item)
                    state.dropped_offers += item.drops_offer
                elif isinstance(item, MonitoredRoutes):
                    state.routes += len(item.routes)
                    spider.context.route_lists.add(item)
                    yield item
                else:
                    state.offers += 1
                    spider.offer_contexts.add(item, OfferContext(search=search, responded_at=seen_at))
                    if item.detail is not Detail.ITINERARY:
                        state.day_offers.append(item)
                        state.shown.add(item)
                    item.booking_link = item.booking_link or self._booking_url(item, search)
                    if sample is not None:
                        sample.append(item)
                    yield item
            if sample or (sample is not None and state.routes):
                spider.field_coverage.add(spider.parser, search.kind, body, sample)
            return True
        except AmbiguousResponse as error:
            yield from spider.control_search.hold(state, error, status)
        except UnexpectedResponse as error:
            yield from spider.fail(state, self._with_missing_paths(error, search, body), status)
        except SearchFailed as error:
            yield from spider.fail(state, error, status)
        except Exception as error:
            spider.logger.exception("The parser of %s failed on %s", spider.program.key, search)
            failed = SearchFailed(Reason.INTERNAL_ERROR, f"{type(error).__name__}: {error}")
            yield from spider.fail(state, failed, status)
        return False

    def _with_missing_paths(self, error: UnexpectedResponse, search: Search, body: bytes) -> UnexpectedResponse:
        """Return the error with the required paths that the body lacks, unless its note names them already."""
        paths = [path for path in missing_paths(self._spider.parser, search.kind, body) if path not in error.note]
        if not paths:
            return error
        more = f" and {len(paths) - MOST_PATHS} more" if len(paths) > MOST_PATHS else ""
        return UnexpectedResponse(f"{error.note}; missing: {', '.join(paths[:MOST_PATHS])}{more}")

    def reparse(self, state: SearchState, body: bytes, seen_at: datetime, status: int | None) -> Iterator[SpiderOutput]:
        """Check and parse a body from the response archive or from a file, without requests."""
        spider, search = self._spider, state.search
        state.requested_at = seen_at
        site = spider.program.site
        response = TextResponse(site, status=status or 200, body=body, request=Request(site))
        try:
            responses.check(
                response,
                spider.block_patterns,
                page_marker=spider.page_markers.get(search.kind),
                readable_statuses=spider.readable_statuses,
                status_reasons=spider.status_reasons,
            )
        except SearchFailed as error:
            yield from spider.fail(state, error, status)
            return
        is_parsed = yield from self.parse(state, body, seen_at, status)
        if is_parsed:
            state.dropped_offers += self._is_partial(search, response)
            yield from spider.complete(state, status)

    def _is_partial(self, search: Search, response: TextResponse) -> bool:
        """Return whether more pages follow a response, according to the response itself; True if that is unclear."""
        try:
            return self._spider.next_request(search, response) is not None
        except Exception:
            return True

    def log_warning_once(self, warning: ParseWarning) -> None:
        """Log a parser warning, once per path in each run."""
        if warning.path not in self._logged_paths:
            self._logged_paths.add(warning.path)
            level = logging.WARNING if warning.drops_offer else logging.INFO
            spider = self._spider
            spider.logger.log(
                level, "Unexpected value at %s in a response of %s: %s", warning.path, spider.program.key, warning.value
            )

    def log_unexpected_once(self, error: SearchFailed) -> None:
        """Log an unexpected response, once per note in each run."""
        if error.reason is Reason.UNEXPECTED_RESPONSE and error.note not in self._logged_notes:
            self._logged_notes.add(error.note)
            spider = self._spider
            spider.logger.warning("A search of %s failed with %s: %s", spider.program.key, error.reason, error.note)

    def _booking_url(self, offer: AwardOfferItem, search: Search) -> str:
        """Return the URL of the booking page for the flights on an offer's day."""
        day = offer.departure_date
        return self._spider.booking_url(
            Search(
                program=search.program,
                kind=SearchKind.ITINERARY,
                origin=offer.origin,
                destination=offer.destination,
                first=day,
                last=day,
                travelers=offer.travelers,
                target_program=offer.program if offer.program != search.program else "",
                source_id=offer.source_id or "",
            )
        )
