"""Virgin Atlantic's reader on a real answer, read in place (see test_recorded.py): a month cut to one day."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Detail, Search
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
    not RESPONSES.is_dir(), reason="no recorded answers beside this clone (../shared/recorded)"
)


def test_every_price_of_the_month() -> None:
    search = Search(program="virginatlantic", kind="calendar", origin="JFK", destination="LHR", first=FIRST, last=LAST)
    items = list(PARSERS["calendar"](MONTH.read_bytes(), search, SEEN_AT))
    [month] = json.loads(MONTH.read_bytes())
    walked = [
        AwardOfferItem(
            program="virginatlantic",
            source="virginatlantic",
            detail=Detail.DAY,
            origin="JFK",
            destination="LHR",
            departure_date=date.fromisoformat(day["date"]),
            cabin=CABINS[code],
            miles=told["cabinPointsValue"],
            seats=int(told["cabinClassSeatCountString"].rstrip("+")),
            saver=told["isSaverAward"],
            seen_at=SEEN_AT,
        )
        for day in month["pointsDays"]
        for code, told in day["seats"].items()
    ]
    assert walked
    days = [offer.departure_date for offer in walked]
    assert items == [CoveredDates(min(days), max(days)), *walked]


def test_the_answer_says_what_it_is() -> None:
    said = detect(MONTH.read_bytes())
    assert said is not None
    assert (said.kind, said.origin, said.destination, said.first) == ("calendar", None, None, date(2026, 10, 5))
