"""Statuses that have another meaning than usual at a program."""

from __future__ import annotations

import pytest
from scrapy.http import TextResponse

from awardspider.crawling.responses import check
from awardspider.crawling.spider import AwardSpider
from awardspider.outcomes import Reason, SearchFailed
from awardspider.spiders.aeroplan import AeroplanSpider
from awardspider.spiders.cathay import CathaySpider
from awardspider.spiders.seatsaero import SeatsaeroSpider
from awardspider.spiders.smiles import SmilesSpider


def failure_reason(spider: type[AwardSpider], status: int, body: str) -> Reason | None:
    """Return the reason for which a response is not parsed, or None if it is."""
    response = TextResponse("https://example.com/", status=status, body=body.encode())
    try:
        check(
            response,
            spider.block_patterns,
            readable_statuses=spider.readable_statuses,
            status_reasons=spider.status_reasons,
        )
    except SearchFailed as error:
        return error.reason
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
def test_reason_of_a_status(spider: type[AwardSpider], status: int, body: str, reason: Reason | None) -> None:
    assert failure_reason(spider, status, body) is reason
