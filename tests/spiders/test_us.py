"""What is particular about asking Alaska, JetBlue and Frontier: the rest is the same for every program."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from scrapy.http import HtmlResponse, Response

from awardspider.items import Search
from awardspider.outcomes import Reason, SearchFailed, UnexpectedResponse
from awardspider.spiders.alaska import AlaskaSpider
from awardspider.spiders.frontier import FrontierSpider
from awardspider.spiders.jetblue import JetblueSpider

FIRST = date(2027, 3, 5)


def search(program: str, kind: str = "itinerary", last: date = FIRST) -> Search:
    return Search(
        program=program, kind=kind, origin="DEN", destination="LAS", first=FIRST, last=last, travelers=2, id="this look"
    )


# ---- Alaska --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, 5, 16, 31])
def test_the_calendar_is_asked_round_a_day_that_covers_the_search(days: int) -> None:
    wanted = search("alaska", "calendar", FIRST + timedelta(days - 1))
    [written] = json.loads(AlaskaSpider().build_request(wanted).body)["dates"]
    anchor = date.fromisoformat(written)
    assert anchor <= wanted.last
    assert anchor - timedelta(15) <= wanted.first
    assert anchor + timedelta(15) >= wanted.last


@pytest.mark.parametrize("kind", ["calendar", "itinerary"])
def test_no_referrer_is_sent(kind: str) -> None:
    assert AlaskaSpider().build_request(search("alaska", kind)).meta["referrer_policy"] == "no-referrer"


# ---- JetBlue: the key that the page gives every visitor ------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        '{"env":"prod","crystalBlueSubscriptionKey":"k3y-of-today"}',
        '{"api": {"crystalBlueSubscriptionKey" : "k3y-of-today", "other": "x"}}',
        "{&quot;crystalBlueSubscriptionKey&quot;:&quot;k3y-of-today&quot;}",
        "window.config = {crystalBlueSubscriptionKey: 'k3y-of-today'}",
        r'"{\"crystalBlueSubscriptionKey\":\"k3y-of-today\"}"',
    ],
)
def test_the_key_is_read_from_the_page(script: str) -> None:
    spider = JetblueSpider()
    page = f'<html><script id="rwb-config" type="application/json">{script}</script><p>"x": "y"</p></html>'
    spider.parse_auth(HtmlResponse("https://www.jetblue.com/booking/", body=page.encode()))
    request = spider.build_request(search("jetblue"))
    assert request.headers["Ocp-Apim-Subscription-Key"] == b"k3y-of-today"
    assert "k3y-of-today" not in request.url


@pytest.mark.parametrize(
    "page",
    [
        '<script id="rwb-config">{"crystalBlueSubscriptionKey":""}</script>',
        '<script id="rwb-config">{"other":"x"}</script><script>{"crystalBlueSubscriptionKey":"elsewhere"}</script>',
        "<html></html>",
    ],
)
def test_a_page_without_the_key_is_changed(page: str) -> None:
    with pytest.raises(UnexpectedResponse, match="rwb-config"):
        JetblueSpider().parse_auth(HtmlResponse("https://www.jetblue.com/booking/", body=page.encode()))


# ---- Frontier: a search that sends on to its results ---------------------------------------------------------------


def sent_to(location: str) -> Response:
    address = FrontierSpider().build_request(search("frontier")).url
    return Response(address, status=302, headers={"Location": location})


def test_each_look_keeps_its_own_cookies_from_step_to_step() -> None:
    spider, wanted = FrontierSpider(), search("frontier")
    first = spider.build_request(wanted)
    assert first.meta["lookup"]
    following = spider.next_request(wanted, sent_to("/Flight/Select"))
    assert following is not None
    assert following.url == "https://booking.flyfrontier.com/Flight/Select"
    assert first.meta["cookiejar"] == following.meta["cookiejar"] == "this look"
    assert "lookup" not in following.meta


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/Member/Login?returnUrl=x", Reason.SIGN_IN_NEEDED),
        ("https://www.flyfrontier.com/", Reason.UNEXPECTED_RESPONSE),
        ("https://elsewhere.example/Flight/Select", Reason.UNEXPECTED_RESPONSE),
        ("", Reason.UNEXPECTED_RESPONSE),
    ],
)
def test_being_sent_elsewhere_is_no_evidence(location: str, reason: Reason) -> None:
    with pytest.raises(SearchFailed) as raised:
        FrontierSpider().next_request(search("frontier"), sent_to(location))
    assert raised.value.reason is reason


def test_the_page_of_results_is_the_last_step() -> None:
    page = HtmlResponse("https://booking.flyfrontier.com/Flight/Select", body=b"<script>FlightData = '{}';</script>")
    assert FrontierSpider().next_request(search("frontier"), page) is None
