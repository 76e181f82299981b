"""The base class of spiders that request one document of a site, which belongs to no program and no search."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response

from awardspider.crawling import responses
from awardspider.crawling.sandbox_check import live_notice
from awardspider.crawling.spider_without_arguments import SpiderWithoutArguments
from awardspider.items import ParseWarning
from awardspider.outcomes import SearchFailed
from awardspider.parsers import DocumentItem, get_document_parser

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure


class DocumentSpider(SpiderWithoutArguments):
    """A crawl of one document. It ends with the document's items, or fails with a reason, as a search does.

    A failed crawl is logged, has the reason as its finish reason, and changes nothing that is stored. Subclasses
    declare the attributes below; `parsers/NAME.py` parses the document.
    """

    #: Name of the document in log messages.
    document: ClassVar[str]
    #: URL of the document.
    url: ClassVar[str]

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Leave out the delay before the second request, to the document, in the sandbox."""
        super().update_settings(settings)
        if settings["AWARD_SANDBOX_URL"]:
            settings.set("AUTOTHROTTLE_ENABLED", False, priority="spider")

    def __init__(self, name: str | None = None, **given: str) -> None:
        """Raise InvalidArgument for any argument except those that Scrapyd adds."""
        super().__init__(name, **given)
        self.failure: SearchFailed | None = None

    @property
    def sites(self) -> tuple[str, ...]:
        """Return the URL of the document."""
        return (self.url,)

    async def start(self) -> AsyncIterator[Any]:
        """Yield the request for the document."""
        if self.live:
            self.logger.info(live_notice(self.sites))
        meta = {"handle_httpstatus_all": True, "dont_redirect": True}
        yield Request(self.url, callback=self.on_response, errback=self.on_error, meta=meta, dont_filter=True)

    def on_response(self, response: Response) -> Iterator[DocumentItem]:
        """Yield the items of the document."""
        try:
            responses.check(response, ())
            for item in get_document_parser(self.name).parse(response.body, self.now()):
                if isinstance(item, ParseWarning):
                    self.logger.warning(
                        "Unexpected value at %s in a response of %s: %s", item.path, self.name, item.value
                    )
                else:
                    yield item
        except SearchFailed as error:
            self.fail(error)

    def on_error(self, failure: Failure) -> None:
        """Fail because there is no usable response."""
        self.fail(responses.failed_request_error(failure))

    def fail(self, error: SearchFailed) -> None:
        """Log the reason of a failure; the crawl then ends with it."""
        self.failure = error
        self.crawler.stats.set_value("award/failed_run", error.reason.value)
        self.logger.error("%s: failed (%s): %s", self.document, error.reason.value, error.note or error.reason.value)

    def on_idle(self) -> None:
        """Raise CloseSpider with the reason of a failure."""
        if self.failure:
            raise CloseSpider(self.failure.reason.value)
