"""Virgin Atlantic's parser on a recorded response: a month trimmed to one day.

The recordings are in ../shared/recorded and not part of the repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Detail, Search, SearchKind
from awardspider.parsers import Detected
from awardspider.parsers.virginatlantic import PARSERS, detect
from tests.support.paths import RECORDED

RESPONSES = RECORDED / "virginatlantic"
MONTH = RESPONSES / "reward-seat-checker-JFK-LHR-2026-10.trimmed.json"
SEEN_AT = datetime(2026, 9, 5, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
CABINS = {
    "awardEconomy": Cabin.ECONOMY,
    "awardComfortPlusPremiumEconomy": Cabin.PREMIUM_ECONOMY,
    "awardBusiness": Cabin.BUSINESS,
}

pytestmark = pytest.mark.skipif(
    not RESPONSES.is_dir(), reason="no recorded responses; AWARD_RECORDED_DIR can name their folder"
)


def test_every_price_of_the_month() -> None:
    search = Search(
        program="virginatlantic", kind=SearchKind.CALENDAR, origin="JFK", destination="LHR", first=FIRST, last=LAST
    )
    items = list(PARSERS[SearchKind.CALENDAR](MONTH.read_bytes(), search, SEEN_AT))
    [month] = json.loads(MONTH.read_bytes())
    expected = [
        AwardOfferItem(
            program="virginatlantic",
            source="virginatlantic",
            detail=Detail.DAY,
            origin="JFK",
            destination="LHR",
            departure_date=date.fromisoformat(day["date"]),
            cabin=CABINS[code],
            miles=seats["cabinPointsValue"],
            seats=int(seats["cabinClassSeatCountString"].rstrip("+")),
            saver=seats["isSaverAward"],
            seen_at=SEEN_AT,
        )
        for day in month["pointsDays"]
        for code, seats in day["seats"].items()
    ]
    assert expected
    days = [offer.departure_date for offer in expected]
    assert items == [CoveredDates(min(days), max(days)), *expected]


def test_detect() -> None:
    day = date(2026, 10, 5)
    assert detect(MONTH.read_bytes()) == Detected(kind=SearchKind.CALENDAR, first=day, last=day)
