"""Requests and reports of sources of announcements, for responses that these tests build."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest
from scrapy import Request
from scrapy.exceptions import CloseSpider, DownloadTimeoutError
from scrapy.http import Response, TextResponse
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler
from twisted.python.failure import Failure

from awardspider.crawling.promotion_context import PromotionContext, PromotionSource
from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.crawling.responses import RefusedByRobots
from awardspider.crawling.validation import check_settings
from awardspider.items import Confidence, PromotionItem, PromotionKind, SourceKind, SourceReportItem
from awardspider.outcomes import InvalidArgument, InvalidSetting, Outcome, Reason
from awardspider.promotion_sources import sources_of
from awardspider.spiders.americandeals import AmericanDealsSpider
from awardspider.spiders.dealfeeds import DealFeedsSpider
from awardspider.spiders.deltadeals import DeltaDealsSpider
from awardspider.spiders.flyingbluepromos import FlyingBluePromosSpider
from awardspider.spiders.pagewatch import PageWatchSpider
from awardspider.spiders.southwestdeals import SouthwestDealsSpider
from awardspider.spiders.transferbonuses import TransferBonusesSpider
from awardspider.spiders.uniteddeals import UnitedDealsSpider

NOW = datetime(2026, 6, 11, 12, tzinfo=UTC)
FEED = "https://blog.example/feed/"
OTHER = "https://other.example/feed/"
ITEM = "<item><title>Buy Alaska miles with a 100% bonus</title><guid>1</guid></item>"
BODY = f'<rss version="2.0"><channel><title>A</title>{ITEM}</channel></rss>'

Result: TypeAlias = Response | Exception
Server: TypeAlias = Callable[[Request], Result]


def source(url: str = FEED, **fields: Any) -> PromotionSource:
    return PromotionSource(**{"url": url, "kind": SourceKind.FEED, "name": url, "is_first": False} | fields)


def respond(body: str | bytes = BODY, status: int = 200, **headers: str) -> Server:
    """Return a server that sends one response to every request."""
    content = body if isinstance(body, bytes) else body.encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: TextResponse(request.url, status, named, content, request=request)


def fail(error: Exception) -> Server:
    return lambda _: error


class Crawl:
    """A crawl whose requests go to functions, one for each URL."""

    def __init__(
        self,
        sources: Iterable[PromotionSource],
        servers: dict[str, Server],
        *,
        spider: type[PromotionSpider] = DealFeedsSpider,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.spider: Any = spider()
        self.spider._set_crawler(
            get_crawler(spider, {"AWARD_SANDBOX_URL": "", "AWARD_ACCEPT_TERMS": ""} | (settings or {}))
        )
        self.spider.now = lambda: NOW
        self.spider.context = PromotionContext(sources=tuple(sources))
        self.requests: list[Request] = []
        self.items: list[Any] = []
        self._servers = servers
        asyncio.run(self._run())

    async def _run(self) -> None:
        queue: deque[Request] = deque()
        self._take([output async for output in self.spider.start()], queue)
        while queue:
            request = queue.popleft()
            self.requests.append(request)
            self.spider.before_send(request.cb_kwargs["state"])
            result = self._servers[request.url](request)
            if isinstance(result, Exception):
                failure: Any = Failure(result)  # type: ignore[no-untyped-call]
                failure.request = request
                assert request.errback
                self._take(request.errback(failure), queue)
            else:
                assert request.callback
                self._take(request.callback(result, **request.cb_kwargs), queue)

    def _take(self, outputs: Iterable[Any], queue: deque[Request]) -> None:
        for output in outputs:
            if isinstance(output, Request):
                queue.append(output)
            else:
                self.items.append(output)

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.requests]

    @property
    def reports(self) -> list[SourceReportItem]:
        return [item for item in self.items if isinstance(item, SourceReportItem)]

    @property
    def promotions(self) -> list[PromotionItem]:
        return [item for item in self.items if isinstance(item, PromotionItem)]

    @property
    def results(self) -> dict[str, tuple[str | None, str]]:
        """Return reason and note of each source."""
        return {report.url: (report.reason, report.note) for report in self.reports}


def only_report(server: Server, **fields: Any) -> SourceReportItem:
    crawl = Crawl([source(**fields)], {FEED: server})
    [report] = crawl.reports
    assert crawl.items[-1] is report
    if report.outcome is Outcome.FAILED:
        assert crawl.promotions == []
    return report


# ---- one report for each source ------------------------------------------------------------------------------------


def test_the_announcements_of_a_source_come_before_its_report() -> None:
    crawl = Crawl([source()], {FEED: respond(ETag='"1"', Last_Modified="Thu, 11 Jun 2026 10:00:00 GMT")})
    promotion, report = crawl.items
    assert (promotion.source_url, promotion.seen_at) == (FEED, NOW)
    assert report == SourceReportItem(
        url=FEED,
        outcome=Outcome.FOUND,
        http_status=200,
        entries=1,
        etag='"1"',
        last_modified="Thu, 11 Jun 2026 10:00:00 GMT",
        requested_at=NOW,
    )


def test_an_unchanged_feed_is_found_without_entries() -> None:
    report = only_report(respond("", 304), etag='"1"')
    assert (report.outcome, report.entries, report.http_status) == (Outcome.FOUND, 0, 304)
    assert (report.etag, report.last_modified, report.text) == (None, None, None)


def test_conditional_headers_are_those_of_the_last_response() -> None:
    known = {"etag": 'W/"a"', "last_modified": "Thu, 11 Jun 2026 10:00:00 GMT"}
    [request] = Crawl([source(**known)], {FEED: respond("", 304)}).requests
    assert request.headers["If-None-Match"] == b'W/"a"'
    assert request.headers["If-Modified-Since"] == b"Thu, 11 Jun 2026 10:00:00 GMT"
    [request] = Crawl([source(**known, is_first=True)], {FEED: respond()}).requests
    assert b"If-None-Match" not in request.headers


def test_unchanged_without_a_condition_is_a_failure() -> None:
    report = only_report(respond("", 304))
    assert (report.reason, report.note) == (Reason.UNEXPECTED_RESPONSE, "HTTP 304 to an unconditional request")


@pytest.mark.parametrize("etag", ["a\nb", "a" * 600, "", "caf\u00e9"])
def test_unusable_headers_are_not_kept(etag: str) -> None:
    assert only_report(respond(ETag=etag)).etag is None


CHALLENGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
SIGN_IN = "<!DOCTYPE html><html><head><title>Log in</title></head></html>"


@pytest.mark.parametrize(
    ("server", "reason", "note"),
    [
        (respond(CHALLENGE), Reason.BLOCKED, "HTTP 200: Just a moment..."),
        (respond(CHALLENGE, 403), Reason.BLOCKED, "HTTP 403: Just a moment..."),
        (respond("denied", 403), Reason.BLOCKED, "HTTP 403"),
        (respond(SIGN_IN), Reason.SIGN_IN_NEEDED, "HTTP 200"),
        (respond("<html><body>Hello</body></html>"), Reason.UNEXPECTED_RESPONSE, "an HTML page instead of a feed"),
        (
            respond("<html>" + "a" * 30_000 + "captcha</html>"),
            Reason.UNEXPECTED_RESPONSE,
            "an HTML page instead of a feed",
        ),
        (respond(BODY.replace(ITEM, "")), Reason.UNEXPECTED_RESPONSE, "the feed has no entries"),
        (respond(BODY[:80]), Reason.UNEXPECTED_RESPONSE, "the feed is cut off"),
        (respond(""), Reason.UNEXPECTED_RESPONSE, "empty response"),
        (respond(BODY, 404), Reason.UNEXPECTED_RESPONSE, "HTTP 404"),
        (respond(BODY, 500), Reason.UNREACHABLE, "HTTP 500"),
        (respond("", 429), Reason.RATE_LIMITED, "HTTP 429"),
        (fail(DownloadTimeoutError("slow")), Reason.UNREACHABLE, "timed out"),
        (fail(RefusedByRobots("robots.txt disallows it")), Reason.REFUSED_BY_ROBOTS, "robots.txt disallows it"),
    ],
)
def test_failures_have_a_reason_and_no_announcements(server: Server, reason: Reason, note: str) -> None:
    report = only_report(server)
    assert (report.outcome, report.reason, report.entries) == (Outcome.FAILED, reason, 0)
    assert report.note.startswith(note)


def test_a_feed_that_is_sent_as_html_is_read() -> None:
    assert only_report(respond(Content_Type="text/html; charset=UTF-8")).outcome is Outcome.FOUND


def test_a_bug_of_a_parser_is_one_failed_source(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def parse(body: bytes, context: object) -> Iterable[object]:
        raise KeyError("title")

    monkeypatch.setattr("awardspider.parsers.dealfeeds.parse", parse)
    report = only_report(respond())
    assert (report.reason, report.note) == (Reason.INTERNAL_ERROR, "KeyError: 'title'")
    assert "Could not parse https://blog.example/feed/" in caplog.text


def test_one_failed_source_does_not_affect_the_others() -> None:
    crawl = Crawl([source(), source(OTHER)], {FEED: respond("denied", 403), OTHER: respond()})
    assert crawl.results == {FEED: (Reason.BLOCKED, "HTTP 403"), OTHER: (None, "")}
    crawl.spider.on_idle()


def test_a_crawl_in_which_every_source_failed_has_failed() -> None:
    crawl = Crawl([source(), source(OTHER)], {FEED: respond("", 500), OTHER: respond("", 500)})
    with pytest.raises(CloseSpider) as closed:
        crawl.spider.on_idle()
    assert closed.value.reason == "unreachable"
    assert crawl.spider.crawler.stats.get_value("award/failed_run") == "unreachable"


def test_sources_without_a_result_are_reported_when_the_crawl_is_closed() -> None:
    spider: Any = DealFeedsSpider()
    spider._set_crawler(get_crawler(DealFeedsSpider, {"AWARD_SANDBOX_URL": ""}))
    spider.context = PromotionContext(sources=(source(), source(OTHER)))

    async def first() -> Any:
        return await anext(spider.start())

    asyncio.run(first())
    assert [(report.url, report.reason) for report in spider.unfinished()] == [
        (FEED, Reason.INTERRUPTED),
        (OTHER, Reason.INTERRUPTED),
    ]
    assert list(spider.unfinished()) == []


# ---- when sources are requested ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "is_due"),
    [
        ({}, True),
        ({"requested_at": NOW - timedelta(minutes=30)}, True),
        ({"requested_at": NOW - timedelta(minutes=29)}, False),
        ({"requested_at": NOW}, False),
        ({"requested_at": NOW + timedelta(days=1)}, True),  # the clock went back
        ({"paused_until": NOW + timedelta(seconds=1)}, False),
        ({"paused_until": NOW}, True),
        ({"paused_until": NOW + timedelta(hours=1), "requested_at": NOW - timedelta(days=1)}, False),
    ],
)
def test_a_source_is_requested_every_30_minutes_at_most(fields: dict[str, Any], is_due: bool) -> None:
    crawl = Crawl([source(**fields)], {FEED: respond()})
    assert crawl.urls == [FEED] * is_due
    assert crawl.spider.skipped == 1 - is_due
    assert len(crawl.reports) == is_due


def test_sources_of_one_site_are_requested_one_after_another() -> None:
    urls = [f"https://blog.example/{number}/feed/" for number in range(3)]
    open_requests: list[str] = []

    def server(request: Request) -> Response:
        open_requests.append(request.url)
        return respond()(request)

    spider: Any = DealFeedsSpider()
    spider._set_crawler(get_crawler(DealFeedsSpider, {"AWARD_SANDBOX_URL": "http://127.0.0.1:1"}))
    spider.context = PromotionContext(sources=(*map(source, urls), source(OTHER)))

    async def first_requests() -> list[str]:
        return [output.url async for output in spider.start()]

    assert asyncio.run(first_requests()) == [urls[0], OTHER]
    crawl = Crawl([*map(source, urls), source(OTHER)], dict.fromkeys([*urls, OTHER], server))
    assert sorted(open_requests) == sorted([*urls, OTHER])
    assert len(crawl.reports) == 4


@pytest.mark.parametrize(
    ("server", "reason", "note"),
    [
        (respond("", 429, Retry_After="3600"), Reason.RATE_LIMITED, "not requested after: HTTP 429"),
        (respond("denied", 403), Reason.BLOCKED, "not requested after: HTTP 403"),
    ],
)
def test_a_site_that_refuses_gets_no_more_requests(server: Server, reason: Reason, note: str) -> None:
    second = "https://www.blog.example/category/feed/"
    crawl = Crawl([source(), source(second), source(OTHER)], {FEED: server, OTHER: respond()})
    assert crawl.urls == [FEED, OTHER]
    assert crawl.results[second] == (reason, note)
    assert {report.paused_until for report in crawl.reports if report.reason} == {crawl.reports[0].paused_until}


@pytest.mark.parametrize(
    ("server", "pause"),
    [
        (respond("", 429, Retry_After="3600"), timedelta(hours=1)),
        (respond("", 503, Retry_After="7200"), timedelta(hours=2)),
        (respond("", 429), timedelta(hours=6)),
        (respond("denied", 403), timedelta(hours=6)),
        (respond("", 503), None),
        (respond("", 500), None),
        (respond(), None),
    ],
)
def test_a_source_is_paused_as_long_as_the_site_says(server: Server, pause: timedelta | None) -> None:
    assert only_report(server).paused_until == (NOW + pause if pause else None)


# ---- rules of the site ---------------------------------------------------------------------------------------------

REDDIT = "https://www.reddit.com/r/churning/.rss"


@pytest.mark.parametrize(
    ("settings", "is_requested"),
    [
        ({}, False),
        ({"AWARD_ACCEPT_TERMS": "reddit.com"}, True),
        ({"AWARD_ACCEPT_TERMS": "united, dealfeeds"}, True),
        ({"AWARD_ACCEPT_TERMS": "united"}, False),
        ({"AWARD_SANDBOX_URL": "http://127.0.0.1:1"}, True),
    ],
)
def test_terms_that_forbid_automated_access(settings: dict[str, str], is_requested: bool) -> None:
    crawl = Crawl(
        [source(REDDIT, terms_forbid=True), source()], {REDDIT: respond(), FEED: respond()}, settings=settings
    )
    assert (REDDIT in crawl.urls) == is_requested
    assert FEED in crawl.urls
    if not is_requested:
        note = "the terms of reddit.com forbid automated access: add reddit.com to AWARD_ACCEPT_TERMS"
        assert crawl.results[REDDIT] == (Reason.TERMS_NOT_ACCEPTED, f"{note} if you have permission")


def redirect(location: str, status: int = 302) -> Server:
    return respond("", status, Location=location)


@pytest.mark.parametrize(
    ("hops", "note"),
    [
        ([(301, "https://blog.example/feed")], "moved to https://blog.example/feed"),
        ([(308, "/new/"), (301, "https://feeds.example/a")], "moved to https://feeds.example/a"),
        ([(302, "https://feeds.example/a")], ""),
        ([(302, "/new/"), (301, "https://feeds.example/a")], ""),
        ([(301, "/new/"), (302, "https://feeds.example/a")], "moved to https://blog.example/new/"),
        ([(307, "/a"), (303, "/b"), (302, "/c")], ""),
    ],
)
def test_redirects_are_followed(hops: list[tuple[int, str]], note: str) -> None:
    servers: dict[str, Server] = {}
    url = FEED
    for status, location in hops:
        servers[url] = redirect(location, status)
        url = location if location.startswith("http") else f"https://blog.example{location}"
    crawl = Crawl([source()], servers | {url: respond()})
    assert crawl.urls[-1] == url
    [report] = crawl.reports
    assert (report.url, report.outcome, report.note) == (FEED, Outcome.FOUND, note)
    assert crawl.promotions[0].source_url == FEED
    # robots.txt of each site is checked, because the requests are ordinary ones.
    assert not any(request.meta.get("dont_obey_robotstxt") for request in crawl.requests)


@pytest.mark.parametrize(
    ("location", "reason", "note"),
    [
        (FEED, Reason.UNEXPECTED_RESPONSE, "too many redirects"),
        ("http://blog.example/feed/", Reason.UNEXPECTED_RESPONSE, "redirected from https to http://blog.example/feed/"),
        ("https://127.0.0.1/feed/", Reason.UNEXPECTED_RESPONSE, "redirected: 127.0.0.1 is not a public host"),
        ("https://router.lan/", Reason.UNEXPECTED_RESPONSE, "redirected: router.lan is not a public host"),
        ("file:///etc/hostname", Reason.UNEXPECTED_RESPONSE, "redirected: 'file:///etc/hostname' is not a URL"),
        (
            "https://a:b@c.example/",
            Reason.UNEXPECTED_RESPONSE,
            "redirected: the URL at c.example must not contain a user",
        ),
        ("https://[broken/", Reason.UNEXPECTED_RESPONSE, "redirected to an invalid URL"),
        (
            "https://blog.example/wp-login.php?x=1",
            Reason.SIGN_IN_NEEDED,
            "redirected to https://blog.example/wp-login.php",
        ),
    ],
)
def test_redirects_that_are_not_followed(location: str, reason: Reason, note: str) -> None:
    crawl = Crawl([source()], {FEED: redirect(location)})
    assert set(crawl.urls) == {FEED}
    [(found, shown)] = crawl.results.values()
    assert found == reason
    assert shown.startswith(note)


def test_a_redirect_without_an_address_is_a_failure() -> None:
    assert only_report(respond("", 302)).reason is Reason.UNEXPECTED_RESPONSE


def test_http_may_redirect_to_https() -> None:
    crawl = Crawl(
        [source("http://blog.example/feed/")], {"http://blog.example/feed/": redirect(FEED, 301), FEED: respond()}
    )
    assert crawl.results == {"http://blog.example/feed/": (None, f"moved to {FEED}")}


# ---- sources that are compared with each other ---------------------------------------------------------------------

TABLE = "https://frequentmiler.com/current-point-transfer-bonuses/"
FIRST_PAGE, SECOND_PAGE = "https://a.example/bonuses/", "https://b.example/bonuses/"
ROW = (
    "<tr><td>Chase</td><td>30% transfer bonus from Chase to Virgin Atlantic</td><td>06/09/26</td><td>07/14/26</td></tr>"
)
TABLE_BODY = (
    "<table><tr><th>Transfer From</th><th>Transfer Bonus Details</th><th>Start Date</th><th>End Date</th></tr>"
    f"{ROW}</table>"
)
PAGE_BODY = '<p><a href="/x-transfer-bonus/">Chase to Virgin Atlantic: 30% bonus</a></p>'
PAGE_TEXT = "chase virginatlantic 30"


def compare(servers: dict[str, Server], **first_page: Any) -> Crawl:
    sources = [
        source(TABLE, kind=SourceKind.TABLE, etag='"t"'),
        source(FIRST_PAGE, **{"kind": SourceKind.PAGE} | first_page),
        source(SECOND_PAGE, kind=SourceKind.PAGE),
    ]
    defaults = {TABLE: respond(TABLE_BODY), FIRST_PAGE: respond(PAGE_BODY), SECOND_PAGE: respond("", 500)}
    return Crawl(sources, defaults | servers, spider=TransferBonusesSpider)


def test_the_table_is_requested_after_the_pages() -> None:
    crawl = compare({})
    assert crawl.urls == [FIRST_PAGE, SECOND_PAGE, TABLE]
    assert [promotion.confidence for promotion in crawl.promotions] == [Confidence.VERIFIED]
    assert crawl.results == {FIRST_PAGE: (None, ""), SECOND_PAGE: (Reason.UNREACHABLE, "HTTP 500"), TABLE: (None, "")}
    assert {report.url: report.text for report in crawl.reports}[FIRST_PAGE] == PAGE_TEXT


def test_without_the_pages_the_rows_are_likely() -> None:
    crawl = compare({FIRST_PAGE: respond("denied", 403)}, previous_text=PAGE_TEXT)
    assert [promotion.confidence for promotion in crawl.promotions] == [Confidence.LIKELY]
    assert crawl.results[FIRST_PAGE] == (Reason.BLOCKED, "HTTP 403")
    assert crawl.results[TABLE] == (None, "")


@pytest.mark.parametrize("fields", [{"etag": '"p"'}, {"requested_at": NOW - timedelta(minutes=5)}])
def test_an_unchanged_or_recent_page_counts_with_its_stored_text(fields: dict[str, Any]) -> None:
    crawl = compare({FIRST_PAGE: respond("", 304)}, previous_text=PAGE_TEXT, **fields)
    assert [promotion.confidence for promotion in crawl.promotions] == [Confidence.VERIFIED]


def test_the_table_is_requested_conditionally_only_if_the_pages_are_unchanged() -> None:
    unchanged = compare({FIRST_PAGE: respond("", 304)}, previous_text=PAGE_TEXT, etag='"p"')
    assert unchanged.requests[-1].headers["If-None-Match"] == b'"t"'
    changed = compare({}, previous_text="amex flyingblue 25")
    assert b"If-None-Match" not in changed.requests[-1].headers


def test_a_failed_table_does_not_affect_the_pages() -> None:
    crawl = compare({TABLE: respond("<html><body>New design</body></html>")})
    assert crawl.results[TABLE] == (Reason.UNEXPECTED_RESPONSE, "the page has no table of transfer bonuses")
    assert crawl.results[FIRST_PAGE] == (None, "")
    assert crawl.promotions == []


def test_the_table_is_requested_if_no_page_is_due() -> None:
    table = source(TABLE, kind=SourceKind.TABLE)
    crawl = Crawl([table], {TABLE: respond(TABLE_BODY)}, spider=TransferBonusesSpider)
    assert len(crawl.promotions) == 1


# ---- added pages ---------------------------------------------------------------------------------------------------

OFFERS = "https://airline.example/offers"


def watch_page(content: str | Server, **fields: Any) -> Crawl:
    """Crawl a page with this content, of which an earlier text is known unless `fields` have another one."""
    page = source(
        OFFERS, **{"kind": SourceKind.PAGE, "name": "Offers", "selector": "body", "previous_text": "Old"} | fields
    )
    server = content if callable(content) else respond(f"<html><body>{content}</body></html>", Content_Type="text/html")
    return Crawl([page], {OFFERS: server}, spider=PageWatchSpider)


def test_a_change_of_a_page() -> None:
    crawl = watch_page("<p>New</p>")
    [item] = crawl.promotions
    assert (item.kind, item.title, item.excerpt) == (PromotionKind.PAGE_CHANGE, "Offers changed: New", "- Old\n+ New")
    [report] = crawl.reports
    assert (report.outcome, report.entries, report.text) == (Outcome.FOUND, 1, "New")


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ("<p>Old</p>", {}),
        ("<p>First</p>", {"previous_text": None, "is_first": True}),
        (respond("", 304), {"etag": '"1"'}),
    ],
)
def test_no_change_of_a_page(content: str | Server, fields: dict[str, Any]) -> None:
    crawl = watch_page(content, **fields)
    [report] = crawl.reports
    assert (crawl.promotions, report.outcome, report.entries) == ([], Outcome.FOUND, 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<h1>Just a moment...</h1>", Reason.BLOCKED),
        ("<p>Verify you are a human</p>", Reason.BLOCKED),
        ("<form><input type=password></form><p>Welcome back</p>", Reason.SIGN_IN_NEEDED),
        (respond("<html><body>Access</body></html>", 403), Reason.BLOCKED),
        (respond("<html><body>Error</body></html>", 500), Reason.UNREACHABLE),
        (respond("<html><body>Gone</body></html>", 404), Reason.UNEXPECTED_RESPONSE),
        (respond("", 200), Reason.UNEXPECTED_RESPONSE),
        (respond(b"%PDF-1.7", Content_Type="application/pdf"), Reason.UNEXPECTED_RESPONSE),
    ],
)
@pytest.mark.parametrize("previous_text", ["Old", None])
def test_a_page_in_the_place_of_the_page_is_no_change(
    content: str | Server, reason: Reason, previous_text: str | None
) -> None:
    crawl = watch_page(content, previous_text=previous_text)
    assert crawl.promotions == []
    [report] = crawl.reports
    assert (report.outcome, report.reason, report.text) == (Outcome.FAILED, reason, None)


def test_a_page_with_the_words_of_a_block_is_read_while_it_is_unchanged_or_large() -> None:
    assert watch_page("<p>Solve the captcha</p>", previous_text="Solve the captcha").results[OFFERS] == (None, "")
    filler = f"<script>{'x' * 30_000}</script>"
    assert len(watch_page(f"<p>Solve the captcha</p>{filler}").promotions) == 1


def test_a_selector_that_finds_nothing_is_a_failure() -> None:
    crawl = watch_page("<p>New</p>", selector="#offers")
    assert crawl.results[OFFERS] == (Reason.UNEXPECTED_RESPONSE, "the selector #offers finds nothing")


def test_the_header_has_the_encoding() -> None:
    body = "<html><body>Promoção</body></html>".encode("latin-1")
    crawl = watch_page(respond(body, Content_Type="text/html; charset=iso-8859-1"))
    assert crawl.promotions[0].excerpt.splitlines()[-1] == "+ Promoção"


@pytest.mark.parametrize(
    ("accepted", "is_read"), [("", False), ("united", True), ("uniteddeals", True), ("delta", False)]
)
def test_the_terms_of_a_program_apply_to_its_pages(accepted: str, is_read: bool) -> None:
    url = "https://www.united.com/en/us/deals"
    page = source(url, kind=SourceKind.PAGE, terms_forbid=True)
    server = {url: respond("<html><body><h2>Save 20% on award flights</h2></body></html>")}
    crawl = Crawl([page], server, spider=UnitedDealsSpider, settings={"AWARD_ACCEPT_TERMS": accepted})
    assert bool(crawl.promotions) == is_read
    if not is_read:
        note = (
            "the terms of united.com forbid automated access: add united to AWARD_ACCEPT_TERMS if you have permission"
        )
        assert crawl.results[url] == (Reason.TERMS_NOT_ACCEPTED, note)
        assert crawl.urls == []


# ---- arguments and settings ----------------------------------------------------------------------------------------


SPIDERS = (
    DealFeedsSpider,
    TransferBonusesSpider,
    DeltaDealsSpider,
    AmericanDealsSpider,
    UnitedDealsSpider,
    SouthwestDealsSpider,
    FlyingBluePromosSpider,
)


@pytest.mark.parametrize("spider", [*SPIDERS, PageWatchSpider])
def test_arguments_are_refused(spider: type[PromotionSpider]) -> None:
    with pytest.raises(InvalidArgument, match=rf"^{spider.name} takes no arguments, but got feed, only$"):
        spider(only="x", feed="y")
    assert spider(_job="1", _version="2").job == "1"


@pytest.mark.parametrize(
    ("accepted", "problem"),
    [("united, reddit.com,dealfeeds", ""), ("redit.com", "'redit.com'"), ("www.reddit.com", "'www.reddit.com'")],
)
def test_an_unknown_name_in_the_accepted_terms_ends_the_crawl_before_the_first_request(
    accepted: str, problem: str
) -> None:
    settings = Settings()
    settings.setmodule("awardspider.settings")
    settings.set("AWARD_ACCEPT_TERMS", accepted)
    if not problem:
        check_settings(settings)
        return
    with pytest.raises(
        InvalidSetting, match=rf"AWARD_ACCEPT_TERMS: unknown program or site {problem} \(known: .*reddit"
    ):
        check_settings(settings)


def test_live_crawls_are_slow_and_name_the_sites(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    crawl = Crawl([source(), source(OTHER)], {FEED: respond(), OTHER: respond()})
    settings = crawl.spider.crawler.settings
    assert settings.getfloat("DOWNLOAD_DELAY") == 5
    assert settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") == 1
    assert "Searching 2 live sites, as far as robots.txt allows." in caplog.text


def test_the_built_in_sources_of_each_spider_have_kinds_that_it_requests() -> None:
    for spider in SPIDERS:
        sources = sources_of(spider.name)
        assert sources
        assert {each.kind for each in sources} == set(spider.source_kinds)
        planned = [replace(source(each.url), kind=each.kind) for each in sources]
        crawl = Crawl(planned, {each.url: respond("", 500) for each in sources}, spider=spider)
        assert len(crawl.reports) == len(sources)
