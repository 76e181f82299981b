"""Requests to Virgin Atlantic. Endpoints, fields and their sources: docs/sources/virginatlantic.md."""

from __future__ import annotations

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.declaration import intermediate_request
from awardspider.crawling.responses import redirect_target
from awardspider.crawling.spider import AwardSpider
from awardspider.items import Search, SearchKind
from awardspider.outcomes import UnexpectedResponse

SITE = "https://www.virginatlantic.com"
CHECKER = "/travelplus/reward-seat-checker-api/"

# English names, independent of the operator's locale.
MONTHS = (
    *("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE"),
    *("JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"),
)


class VirginatlanticSpider(AwardSpider):
    """Virgin Atlantic Flying Club: a month of daily prices, from the URL to which the request redirects."""

    name = "virginatlantic"
    search_kinds = (SearchKind.CALENDAR,)

    def booking_url(self, search: Search) -> str:
        return (
            f"{SITE}/reward-flight-finder/results/month?origin={search.origin}&destination={search.destination}"
            f"&month={search.first:%m}&year={search.first:%Y}"
        )

    def build_request(self, search: Search) -> Request:
        body = {
            "slice": {
                "origin": search.origin,
                "destination": search.destination,
                "departure": search.first.replace(day=1).isoformat(),
            },
            "passengers": ["ADULT"] * search.travelers,
            "permittedCarriers": ["VS"],
            "years": [search.first.year],
            "months": [MONTHS[search.first.month - 1]],
        }
        headers = _headers(self.booking_url(search))
        request = JsonRequest(f"{SITE}{CHECKER}", data=body, headers=headers, meta={"cookiejar": search.id})
        return intermediate_request(request, accepted_statuses=(303,))

    def next_request(self, search: Search, response: Response) -> Request | None:
        """Build the request for the redirect target, with the cookies set by the redirect."""
        if response.url != f"{SITE}{CHECKER}":
            return None
        location = (response.headers.get("Location") or b"").decode("latin-1")
        url = redirect_target(response)
        if response.status != 303 or not location or not url.startswith(f"{SITE}{CHECKER}"):
            target = location.partition("?")[0][:80]
            raise UnexpectedResponse(f"expected a redirect to the results, got HTTP {response.status} to {target!r}")
        return Request(url, headers=_headers(self.booking_url(search)), meta={"cookiejar": search.id})


def _headers(page: str) -> dict[str, str]:
    return {"Accept": "application/json", "Origin": SITE, "Referer": page}
