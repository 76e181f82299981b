"""What is particular about asking American: premium economy under its other name."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import TextResponse

from awardspider.items import Cabin, Search
from awardspider.spiders.american import AmericanSpider

PRICE = {"perPassengerAwardPoints": 11000, "perPassengerSaleTotal": {"amount": 5.6, "currency": "USD"}}


def search(cabin: Cabin, kind: str = "calendar") -> Search:
    first, last = date(2027, 3, 1), date(2027, 3, 31)
    return Search(
        program="american", kind=kind, origin="LAX", destination="AUS", first=first, last=last, cabins=(cabin,)
    )


def answer(request: Request, solutions: list[Any]) -> TextResponse:
    days = [{"date": f"2027-03-{day:02}", "validDay": True, "solution": one} for day, one in enumerate(solutions, 1)]
    months = [{"month": 3, "year": 2027, "weeks": [{"days": days}]}, {"month": 4, "year": 2027, "weeks": None}]
    return TextResponse(request.url, body=json.dumps({"calendarMonths": months}).encode(), request=request)


def filter_of(request: Request) -> str:
    cabin: str = json.loads(request.body)["slices"][0]["cabin"]
    return cabin


def test_a_month_without_premium_economy_is_asked_once_more_under_the_other_name() -> None:
    spider, wanted = AmericanSpider(), search(Cabin.PREMIUM_ECONOMY)
    first = spider.build_request(wanted)
    second = spider.next_request(wanted, answer(first, [None, None]))
    assert second is not None
    assert [filter_of(first), filter_of(second)] == ["PREMIUM_ECONOMY", "PREMIUM_COACH"]
    assert second.url == first.url
    assert spider.next_request(wanted, answer(second, [None, None])) is None


def test_a_month_with_premium_economy_is_asked_once() -> None:
    spider, wanted = AmericanSpider(), search(Cabin.PREMIUM_ECONOMY)
    assert spider.next_request(wanted, answer(spider.build_request(wanted), [None, PRICE])) is None


@pytest.mark.parametrize("cabin", [Cabin.ECONOMY, Cabin.BUSINESS, Cabin.FIRST])
def test_the_names_of_other_cabins_are_in_no_doubt(cabin: Cabin) -> None:
    spider, wanted = AmericanSpider(), search(cabin)
    assert spider.next_request(wanted, answer(spider.build_request(wanted), [None, None])) is None
