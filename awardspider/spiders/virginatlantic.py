"""How to ask Virgin Atlantic. Endpoints, fields and their sources: docs/sources/virginatlantic.md."""

from __future__ import annotations

from scrapy import Request
from scrapy.http import JsonRequest, Response

from awardspider.crawling.spider import AwardSpider, lookup
from awardspider.items import Search, SearchKind
from awardspider.outcomes import UnexpectedResponse

SITE = "https://www.virginatlantic.com"
CHECKER = "/travelplus/reward-seat-checker-api/"

# In English whatever the operator's language is.
MONTHS = (
    *("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE"),
    *("JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"),
)


class VirginatlanticSpider(AwardSpider):
    """Virgin Atlantic Flying Club: a month of day prices. The question is sent, then its answer is fetched."""

    name = "virginatlantic"
    search_kinds = (SearchKind.CALENDAR,)

    def booking_url(self, search: Search) -> str:
        return (
            f"{SITE}/reward-flight-finder/results/month?origin={search.origin}&destination={search.destination}"
            f"&month={search.first:%m}&year={search.first:%Y}"
        )

    def build_request(self, search: Search) -> Request:
        question = {
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
        request = JsonRequest(f"{SITE}{CHECKER}", data=question, headers=headers, meta={"cookiejar": search.id})
        return lookup(request, accepts=(303,))

    def next_request(self, search: Search, response: Response) -> Request | None:
        """The answer lies where the first one points to, for whoever brings the cookies that came with it."""
        if response.url != f"{SITE}{CHECKER}":
            return None
        place = (response.headers.get("Location") or b"").decode("latin-1")
        address = response.urljoin(place)
        if response.status != 303 or not place or not address.startswith(f"{SITE}{CHECKER}"):
            raise UnexpectedResponse(
                f"HTTP {response.status} to the question, pointing to {place.partition('?')[0][:80]!r}"
            )
        return Request(address, headers=_headers(self.booking_url(search)), meta={"cookiejar": search.id})


def _headers(page: str) -> dict[str, str]:
    return {"Accept": "application/json", "Origin": SITE, "Referer": page}
