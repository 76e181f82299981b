"""How to ask the seats.aero Partner API. Endpoints, fields and their sources: docs/sources/seatsaero.md."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from awardspider.items import Search
from awardspider.outcomes import Changed, Reason
from awardspider.readers.values import number
from awardspider.spiders.answers import sign
from awardspider.spiders.bases import AwardSpider

SITE = "https://seats.aero"

ROWS_A_PAGE = 1000  # the most; a page costs one call however long it is
CALLS_LEFT_ALONE = 50  # of the 1,000 a day: for whoever else uses the key


class SeatsaeroSpider(AwardSpider):
    """Many programs at once: a route's whole window in pages of rows, then the flights behind one row."""

    name = "seatsaero"
    kinds = ("calendar", "itinerary")
    days_at_once = 366
    signs = (
        sign(r"pro_key_required|missing_partner_key|bad_partner_key", Reason.SIGN_IN_NEEDED),
        sign(r"\A\s*\Z", Reason.BAD_REQUEST),  # a handle that they do not know any more: 404 without a word
    )

    def booking_link(self, search: Search) -> str:
        """Their own search page; the flights bring links into the programs themselves."""
        query = {
            "min_seats": search.travelers,
            "applicable_cabin": "any",
            "date": search.first.isoformat(),
            "origins": search.origin,
            "destinations": search.destination,
        }
        return f"{SITE}/search?{urlencode(query)}"

    def ask(self, search: Search) -> Request:
        if search.reference:
            return _call(self.access_key, f"trips/{search.reference}")
        return _call(self.access_key, "search", _query(search))

    def follow(self, search: Search, response: Response) -> Request | None:
        """The next page: the first page's cursor again, and how many rows have come so far."""
        page = _opened(response.body)
        if page.get("hasMore") is not True or not isinstance(rows := page.get("data"), list) or not rows:
            return None
        received = response.meta.get("received", 0) + len(rows)
        cursor = response.meta.get("cursor", page.get("cursor"))
        if cursor is None:
            raise Changed("hasMore is true, and there is no cursor")
        paging = {"cursor": cursor, "skip": received}
        return _call(self.access_key, "search", _query(search) | paging, {"received": received, "cursor": cursor})

    def remaining(self, response: Response) -> tuple[int, float] | None:
        left = number((response.headers.get("x-ratelimit-remaining") or b"").decode("latin-1"))
        seconds = number((response.headers.get("x-ratelimit-reset") or b"").decode("latin-1"))
        return None if left is None or seconds is None else (max(0, int(left) - CALLS_LEFT_ALONE), seconds)


def _call(key: str, path: str, query: dict[str, object] | None = None, meta: dict[str, Any] | None = None) -> Request:
    bearer = "Bearer " if key.startswith("seats:ota:") else ""  # an application's; a person's key stands alone
    headers = {"Accept": "application/json", "Partner-Authorization": f"{bearer}{key}"}
    address = f"{SITE}/partnerapi/{path}"
    return Request(f"{address}?{urlencode(query)}" if query else address, headers=headers, meta=meta)


def _query(search: Search) -> dict[str, object]:
    flights = {"include_trips": "true"} if search.kind == "itinerary" else {}
    return {
        "origin_airport": search.origin,
        "destination_airport": search.destination,
        "start_date": search.first.isoformat(),
        "end_date": search.last.isoformat(),
        "take": ROWS_A_PAGE,
        **flights,
    }


def _opened(body: bytes) -> dict[str, Any]:
    try:
        page = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return page if isinstance(page, dict) else {}
