"""Requests to Cathay: seats are requested even without the miles, and only for days on sale."""

from __future__ import annotations

from datetime import date

import pytest
from scrapy.http import TextResponse

from awardspider.crawling.responses import check
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import Reason, SearchFailed
from awardspider.spiders.cathay import CathaySpider

CALENDAR = Search(
    program="cathay",
    kind=SearchKind.CALENDAR,
    origin="CDG",
    destination="JNB",
    first=date(2027, 4, 14),
    last=date(2027, 4, 14),
    cabins=(Cabin.BUSINESS,),
)


@pytest.mark.parametrize("status", [400, 404, 408, 500, 502, 503, 504])
def test_seats_are_requested_without_the_miles(status: int) -> None:
    spider = CathaySpider()
    options = spider.build_request(CALENDAR)
    failed = TextResponse(options.url, status=status, request=options, body=b"<html></html>")
    check(
        failed,
        spider.block_patterns,
        accepted_statuses=options.meta["accepted_statuses"],
        status_reasons=spider.status_reasons,
    )
    seats = spider.next_request(CALENDAR, failed)
    assert seats is not None
    assert ".CDG.JNB.bus.CX.1.20270414.20270414." in seats.url


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2027-01-01", "2027-12-31", "20270414.20270414"),
        ("yesterday", "2027-12-31", "20270414.20270414"),
    ],
)
def test_the_days_on_sale_limit_the_request(start: str, end: str, days: str) -> None:
    spider = CathaySpider()
    body = f'{{"searchStartDate": "{start}", "searchEndDate": "{end}"}}'.encode()
    options = TextResponse(spider.build_request(CALENDAR).url, body=body)
    seats = spider.next_request(CALENDAR, options)
    assert seats is not None
    assert f".{days}." in seats.url


def test_days_that_are_not_on_sale_are_not_requested() -> None:
    spider = CathaySpider()
    body = b'{"searchStartDate": "2026-11-22", "searchEndDate": "2027-04-13"}'
    with pytest.raises(SearchFailed, match="is not on sale") as raised:
        spider.next_request(CALENDAR, TextResponse(spider.build_request(CALENDAR).url, body=body))
    assert raised.value.reason is Reason.BAD_REQUEST
