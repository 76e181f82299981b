"""What is particular about the answers of some programs outside the United States: statuses, and parts of a request."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from scrapy.http import TextResponse

from awardspider.crawling.responses import check
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Cabin, Search
from awardspider.outcomes import Reason, SearchFailed
from awardspider.spiders.aeroplan import AeroplanSpider
from awardspider.spiders.cathay import CathaySpider
from awardspider.spiders.flyingblue import FlyingblueSpider
from awardspider.spiders.seatsaero import SeatsaeroSpider
from awardspider.spiders.smiles import SmilesSpider

ITINERARY = Search(
    program="flyingblue",
    kind="itinerary",
    origin="CDG",
    destination="JNB",
    first=date(2027, 4, 14),
    last=date(2027, 4, 14),
    cabins=(Cabin.ECONOMY,),
)


def checked(spider: type[AwardSpider], status: int, body: str) -> Reason | None:
    """Why an answer is not read; None where its reader sees it."""
    response = TextResponse("https://example.com/", status=status, body=body.encode())
    try:
        check(
            response,
            spider.block_patterns,
            readable_statuses=spider.readable_statuses,
            status_reasons=spider.status_reasons,
        )
    except SearchFailed as cause:
        return cause.reason
    return None


@pytest.mark.parametrize(
    ("spider", "status", "body", "reason"),
    [
        (CathaySpider, 400, "", Reason.UNREACHABLE),
        (CathaySpider, 403, "", Reason.BLOCKED),
        (SmilesSpider, 400, '{"message": "No flights"}', None),
        (SmilesSpider, 404, '{"error": "not found"}', None),
        (SmilesSpider, 400, '{"message": "Something went wrong"}', Reason.BLOCKED),
        (SmilesSpider, 406, '{"message": "no key"}', Reason.BLOCKED),
        (AeroplanSpider, 404, '{"errors": [{"title": "NO FLIGHTS FOUND"}]}', None),
        (SeatsaeroSpider, 404, "", Reason.BAD_REQUEST),
        (SeatsaeroSpider, 403, "", Reason.BLOCKED),
        (SeatsaeroSpider, 401, "bad_partner_key", Reason.SIGN_IN_NEEDED),
    ],
)
def test_what_a_status_means(spider: type[AwardSpider], status: int, body: str, reason: Reason | None) -> None:
    assert checked(spider, status, body) is reason


@pytest.mark.parametrize("status", [400, 404, 408, 500, 502, 503, 504])
def test_cathays_seats_are_asked_for_without_the_miles(status: int) -> None:
    calendar = replace(ITINERARY, program="cathay", kind="calendar", cabins=(Cabin.BUSINESS,))
    spider = CathaySpider()
    miles = spider.build_request(calendar)
    failed = TextResponse(miles.url, status=status, request=miles, body=b"<html></html>")
    check(failed, spider.block_patterns, accepts=miles.meta["accepts"], status_reasons=spider.status_reasons)
    seats = spider.next_request(calendar, failed)
    assert seats is not None
    assert ".CDG.JNB.bus.CX.1.20270414.20270414." in seats.url


def test_flying_blue_is_told_of_cabins_above_in_the_calendar_only() -> None:
    spider = FlyingblueSpider()
    spider.context = "a context"

    def asked(search: Search) -> dict[str, Any]:
        variables = json.loads(spider.build_request(search).body)["variables"]
        found: dict[str, Any] = variables.get("lowestFareOffersRequest") or variables["availableOfferRequestBody"]
        return found

    assert asked(replace(ITINERARY, kind="calendar"))["withUpsellCabins"] is True
    assert "withUpsellCabins" not in asked(ITINERARY)
