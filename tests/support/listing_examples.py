"""Offers and search reports for the tests of the listing commands."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from awardspider.items import Cabin, Money
from awardspider.outcomes import Outcome, Reason
from tests.support.storage_examples import DAY, NOW, make_itinerary, make_offer, make_report, make_search, make_segment

HOUR = timedelta(hours=1)

NONSTOP = make_itinerary(on_sale=None, regular_miles=None)

# By name, the cheapest first, which is the default order.
OFFERS = {
    "connecting": make_itinerary(
        segments=(make_segment("2212"), make_segment("374")),
        stops=1,
        seats=9,
        miles=9_300,
        cabin=Cabin.PREMIUM_ECONOMY,
        mixed_cabin=True,
        travelers=2,
        seen_at=NOW - 3 * HOUR,
    ),
    "nonstop": NONSTOP,
    "lowest": make_offer(cabin=Cabin.BUSINESS, miles=30_000, departure_date=date(2027, 3, 14), seen_at=NOW - HOUR / 5),
    "gone": make_offer(cabin=Cabin.FIRST, miles=60_000, departure_date=date(2027, 3, 20)),
    "tokyo": make_offer(
        origin="SFO",
        destination="HND",
        departure_date=date(2027, 3, 11),
        miles=110_000,
        taxes=Money(Decimal(5610), "JPY"),
        seats=2,
        cabin=Cabin.FIRST,
        seen_at=NOW + HOUR / 2,
    ),
}

# The newest first.
REPORTS = [
    make_report("1", requested_at=NOW, offers=1_234, seconds=0.84),
    make_report(
        "2",
        requested_at=NOW - HOUR,
        outcome=Outcome.FAILED,
        reason=Reason.SIGN_IN_NEEDED,
        note="sent to https://www.united.com/en/us/signin",
        http_status=302,
        offers=0,
        search=make_search(kind="itinerary", first=DAY, last=DAY),
    ),
    make_report("3", requested_at=NOW - 2 * HOUR, outcome=Outcome.EMPTY, offers=0, http_status=None, seconds=None),
]
