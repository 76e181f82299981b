"""Requests to Frontier: a search that redirects to its results."""

from __future__ import annotations

from datetime import date

import pytest
from scrapy.http import HtmlResponse, Response

from awardspider.items import Search, SearchKind
from awardspider.outcomes import Reason, SearchFailed
from awardspider.spiders.frontier import FrontierSpider

DAY = date(2027, 3, 5)
ITINERARY = Search(
    program="frontier",
    kind=SearchKind.ITINERARY,
    origin="DEN",
    destination="LAS",
    first=DAY,
    last=DAY,
    travelers=2,
    id="this search",
)


def redirect(location: str) -> Response:
    url = FrontierSpider().build_request(ITINERARY).url
    return Response(url, status=302, headers={"Location": location})


def test_all_requests_of_a_search_share_its_own_cookies() -> None:
    spider = FrontierSpider()
    first = spider.build_request(ITINERARY)
    assert first.meta["intermediate"]
    second = spider.next_request(ITINERARY, redirect("/Flight/Select"))
    assert second is not None
    assert second.url == "https://booking.flyfrontier.com/Flight/Select"
    assert first.meta["cookiejar"] == second.meta["cookiejar"] == "this search"
    assert "intermediate" not in second.meta


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/Member/Login?returnUrl=x", Reason.SIGN_IN_NEEDED),
        ("https://www.flyfrontier.com/", Reason.UNEXPECTED_RESPONSE),
        ("https://elsewhere.example/Flight/Select", Reason.UNEXPECTED_RESPONSE),
        ("", Reason.UNEXPECTED_RESPONSE),
        ("http://[::bad/", Reason.UNEXPECTED_RESPONSE),
    ],
)
def test_a_redirect_elsewhere_proves_nothing(location: str, reason: Reason) -> None:
    with pytest.raises(SearchFailed) as raised:
        FrontierSpider().next_request(ITINERARY, redirect(location))
    assert raised.value.reason is reason


def test_no_request_follows_the_page_of_results() -> None:
    page = HtmlResponse("https://booking.flyfrontier.com/Flight/Select", body=b"<script>FlightData = '{}';</script>")
    assert FrontierSpider().next_request(ITINERARY, page) is None
