"""Requests to Flying Blue: higher cabins and the search context."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from scrapy.http import TextResponse

from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.spiders.flyingblue import FlyingblueSpider

ITINERARY = Search(
    program="flyingblue",
    kind=SearchKind.ITINERARY,
    origin="CDG",
    destination="JNB",
    first=date(2027, 4, 14),
    last=date(2027, 4, 14),
    cabins=(Cabin.ECONOMY,),
)


def variables(spider: FlyingblueSpider, search: Search) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(spider.build_request(search).body)["variables"]
    return found


def spider_with_context() -> FlyingblueSpider:
    spider = FlyingblueSpider()
    request = spider.auth_request()
    spider.parse_auth(TextResponse(request.url, body=b'{"data": {}}', request=request))
    return spider


def test_only_calendars_request_the_cabins_above() -> None:
    spider = spider_with_context()
    calendar = replace(ITINERARY, kind=SearchKind.CALENDAR)
    assert variables(spider, calendar)["lowestFareOffersRequest"]["withUpsellCabins"] is True
    assert "withUpsellCabins" not in variables(spider, ITINERARY)["availableOfferRequestBody"]


def test_searches_have_the_id_of_the_search_context() -> None:
    spider = spider_with_context()
    assert variables(spider, ITINERARY)["searchStateUuid"] == spider.state_uuid
    assert spider.context.watches == (), "the id does not replace the context of the crawl"


def test_a_rejected_search_context_is_unexpected() -> None:
    request = FlyingblueSpider().auth_request()
    response = TextResponse(request.url, body=b'{"errors": [{"message": "no"}]}', request=request)
    with pytest.raises(UnexpectedResponse, match="search context"):
        FlyingblueSpider().parse_auth(response)
