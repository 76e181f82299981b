"""Requests to American: the second name of the premium economy filter."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import TextResponse

from awardspider.items import Cabin, Search, SearchKind
from awardspider.spiders.american import AmericanSpider

PRICE = {"perPassengerAwardPoints": 11000, "perPassengerSaleTotal": {"amount": 5.6, "currency": "USD"}}


def calendar(cabin: Cabin) -> Search:
    return Search(
        program="american",
        kind=SearchKind.CALENDAR,
        origin="LAX",
        destination="AUS",
        first=date(2027, 3, 1),
        last=date(2027, 3, 31),
        cabins=(cabin,),
    )


def month(request: Request, solutions: list[Any]) -> TextResponse:
    days = [
        {"date": f"2027-03-{day:02}", "validDay": True, "solution": solution}
        for day, solution in enumerate(solutions, 1)
    ]
    months = [{"month": 3, "year": 2027, "weeks": [{"days": days}]}, {"month": 4, "year": 2027, "weeks": None}]
    return TextResponse(request.url, body=json.dumps({"calendarMonths": months}).encode(), request=request)


def cabin_filter(request: Request) -> str:
    cabin: str = json.loads(request.body)["slices"][0]["cabin"]
    return cabin


def test_a_month_without_premium_economy_is_requested_again_under_the_other_name() -> None:
    spider, search = AmericanSpider(), calendar(Cabin.PREMIUM_ECONOMY)
    first = spider.build_request(search)
    second = spider.next_request(search, month(first, [None, None]))
    assert second is not None
    assert [cabin_filter(first), cabin_filter(second)] == ["PREMIUM_ECONOMY", "PREMIUM_COACH"]
    assert second.url == first.url
    assert spider.next_request(search, month(second, [None, None])) is None


def test_a_month_with_premium_economy_is_requested_once() -> None:
    spider, search = AmericanSpider(), calendar(Cabin.PREMIUM_ECONOMY)
    assert spider.next_request(search, month(spider.build_request(search), [None, PRICE])) is None


@pytest.mark.parametrize("cabin", [Cabin.ECONOMY, Cabin.BUSINESS, Cabin.FIRST])
def test_other_cabins_have_one_name(cabin: Cabin) -> None:
    spider, search = AmericanSpider(), calendar(cabin)
    assert spider.next_request(search, month(spider.build_request(search), [None, None])) is None
