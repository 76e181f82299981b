"""Requests to JetBlue: the key that its booking page gives to every visitor."""

from __future__ import annotations

from datetime import date

import pytest
from scrapy.http import HtmlResponse

from awardspider.items import Search, SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.spiders.jetblue import JetblueSpider

DAY = date(2027, 3, 5)
ITINERARY = Search(
    program="jetblue", kind=SearchKind.ITINERARY, origin="JFK", destination="LAX", first=DAY, last=DAY, travelers=2
)


def page(body: str) -> HtmlResponse:
    return HtmlResponse("https://www.jetblue.com/booking/", body=body.encode())


@pytest.mark.parametrize(
    "script",
    [
        '{"env":"prod","crystalBlueSubscriptionKey":"k3y-of-today"}',
        '{"api": {"crystalBlueSubscriptionKey" : "k3y-of-today", "other": "x"}}',
        "{&quot;crystalBlueSubscriptionKey&quot;:&quot;k3y-of-today&quot;}",
        "window.config = {crystalBlueSubscriptionKey: 'k3y-of-today'}",
        'window.__ENV_CONFIG_RWB={env:"prod",production:!0,crystalBlueSubscriptionKey:"k3y-of-today",other:"x"}',
        r'"{\"crystalBlueSubscriptionKey\":\"k3y-of-today\"}"',
    ],
)
def test_the_key_of_the_page_is_sent_as_a_header(script: str) -> None:
    spider = JetblueSpider()
    spider.parse_auth(
        page(f'<html><script id="rwb-config" type="application/json">{script}</script><p>"x": "y"</p></html>')
    )
    request = spider.build_request(ITINERARY)
    assert request.headers["Ocp-Apim-Subscription-Key"] == b"k3y-of-today"
    assert "k3y-of-today" not in request.url


@pytest.mark.parametrize(
    "body",
    [
        '<script id="rwb-config">{"crystalBlueSubscriptionKey":""}</script>',
        '<script id="rwb-config">{"other":"x"}</script><script>{"crystalBlueSubscriptionKey":"elsewhere"}</script>',
        "<html></html>",
    ],
)
def test_a_page_without_the_key_is_unexpected(body: str) -> None:
    with pytest.raises(UnexpectedResponse, match="rwb-config"):
        JetblueSpider().parse_auth(page(body))
