"""The days whose flights are searched after a calendar search."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from awardspider.items import AwardOfferItem, Cabin, Detail, Search, SearchKind
from awardspider.search.day_confirmation import DayKey, days_to_confirm, rank_days, sort_days
from awardspider.search.judgments import Baseline, BaselineScope, DealClass, Judgment
from awardspider.search.watch_fields import Nights
from awardspider.search.watches import Watch
from tests.support.plans import (
    BOTH,
    NOW,
)
from tests.support.plans import make_route_watch as watch


def offer(day: int, miles: int | None, **fields: Any) -> AwardOfferItem:
    plain: dict[str, Any] = {
        "program": "united",
        "source": "united.com",
        "detail": Detail.DAY,
        "origin": "LAX",
        "destination": "AUS",
        "departure_date": date(2027, 3, day),
        "cabin": Cabin.ECONOMY,
        "miles": miles,
        "seen_at": NOW,
    }
    return AwardOfferItem(**plain | fields)


CALENDAR = Search(
    program="united",
    kind=SearchKind.CALENDAR,
    origin="LAX",
    destination="AUS",
    first=date(2027, 3, 1),
    last=date(2027, 3, 31),
)


def confirmed_days(offers: list[AwardOfferItem], *watches: Watch) -> list[int]:
    return [search.first.day for search in days_to_confirm(offers, watches, search=CALENDAR, capabilities=BOTH)]


def test_a_day_is_confirmed_once_if_a_price_could_satisfy_a_watch() -> None:
    limited = watch(max_miles=20_000)
    offers = [offer(1, 20_001), offer(2, 20_000), offer(2, 18_000, cabin=Cabin.BUSINESS), offer(3, 15_000)]
    assert confirmed_days(offers, limited, limited) == [3, 2]
    assert days_to_confirm(offers, [limited], search=CALENDAR, capabilities=BOTH)[0] == Search(
        program="united",
        kind=SearchKind.ITINERARY,
        origin="LAX",
        destination="AUS",
        first=date(2027, 3, 3),
        last=date(2027, 3, 3),
    )


def test_the_cheapest_day_relative_to_the_limit_comes_first() -> None:
    watches = (
        watch("one", max_miles=20_000, cabins=(Cabin.ECONOMY,)),
        watch("two", max_miles=100_000, cabins=(Cabin.BUSINESS,)),
    )
    offers = [offer(1, 19_000), offer(2, 60_000, cabin=Cabin.BUSINESS), offer(3, 10_000), offer(4, None)]
    assert confirmed_days(offers, *watches) == [3, 2, 1, 4]


def test_without_a_limit_every_day_is_confirmed_the_cheapest_first() -> None:
    assert confirmed_days([offer(1, 30_000), offer(2, None), offer(3, 5_000), offer(4, 5_000)], watch()) == [3, 4, 1, 2]


def test_a_source_of_many_programs_is_searched_by_its_own_ids() -> None:
    offers = [offer(1, 10_000), offer(1, 50_000, cabin=Cabin.FIRST), offer(1, 9_000)]
    for each, program, source_id in zip(offers, ("united", "united", "delta"), ("a", "a", "b"), strict=True):
        each.program, each.source, each.source_id = program, "seatsaero", source_id
    calendar, others = replace(CALENDAR, program="seatsaero"), watch(programs=("alaska", "united"))
    searches = days_to_confirm(offers, [watch(programs=("seatsaero",))], search=calendar, capabilities=BOTH)
    assert [(search.program, search.target_program, search.source_id) for search in searches] == [
        ("seatsaero", "delta", "b"),
        ("seatsaero", "united", "a"),
    ]
    assert days_to_confirm(offers, [others], search=calendar, capabilities=BOTH) == []


def test_chart_prices_order_days_without_a_price() -> None:
    offers = [offer(day, None, detail=Detail.SEATS, chart_miles=chart) for day, chart in ((1, 60_000), (2, 30_000))]
    assert confirmed_days(offers, watch(max_miles=20_000)) == [2, 1]


def test_days_of_a_party_follow_from_its_own_calendar() -> None:
    four = watch(travelers=4)
    assert confirmed_days([offer(1, 10_000)], four) == []
    (search,) = days_to_confirm([offer(1, 10_000, travelers=4)], [four], search=CALENDAR, capabilities=BOTH)
    assert search.travelers == 4


def test_a_day_with_too_few_seats_is_not_confirmed() -> None:
    pair = watch(travelers=2)
    offers = [offer(day, None, seats=seats, travelers=2, detail=Detail.SEATS) for day, seats in ((1, 1), (2, 2))]
    assert confirmed_days(offers, pair) == [2]


def test_days_outside_the_calendar_search_are_not_confirmed() -> None:
    april = replace(CALENDAR, first=date(2027, 4, 1), last=date(2027, 4, 30))
    assert days_to_confirm([offer(31, 10_000)], [watch()], search=april, capabilities=BOTH) == []


def test_itinerary_offers_are_not_confirmed_again() -> None:
    assert confirmed_days([offer(1, 10_000, detail=Detail.ITINERARY)], watch()) == []


def test_a_paused_watch_confirms_no_days() -> None:
    assert confirmed_days([offer(1, 10_000)], watch(active=False)) == []


def test_days_that_are_confirmed_at_their_price_come_last() -> None:
    offers = [offer(1, 9_000), offer(2, 12_000), offer(3, 10_000)]
    key = partial(DayKey, "united", "LAX", "AUS", travelers=1, cabin=Cabin.ECONOMY)
    confirmed = {key(departure_date=date(2027, 3, 1)): 9_000, key(departure_date=date(2027, 3, 3)): 10_500}
    ranks = rank_days(offers, [watch()], search=CALENDAR, capabilities=BOTH, confirmed=confirmed)
    assert [search.first.day for search in sort_days(ranks)] == [3, 2, 1], "the price of the 3rd has changed"


def test_a_confirmed_group_of_cabins_confirms_no_other() -> None:
    groups = ((Cabin.ECONOMY,), (Cabin.FIRST,))
    capabilities = replace(BOTH, cabins_per_request={SearchKind.ITINERARY: groups})
    day = DayKey("united", "LAX", "AUS", date(2027, 3, 1), 1, Cabin.ECONOMY)
    confirmed = {day._replace(group=groups[0]): 9_000}
    ranks = rank_days([offer(1, 9_000)], [watch()], search=CALENDAR, capabilities=capabilities, confirmed=confirmed)
    assert {search.cabins: rank.is_confirmed for search, rank in ranks.items()} == {groups[0]: True, groups[1]: False}


def test_days_of_the_return_of_a_round_trip_are_confirmed() -> None:
    back = watch(route="AUS-LAX", dates="2027-02-25", nights=Nights(4, 6))
    assert confirmed_days([offer(1, 10_000), offer(2, 10_000), offer(4, 10_000)], back) == [1, 2]


BASELINE = Baseline(
    scope=BaselineScope.ROUTE,
    window_days=90,
    median=20_000,
    quarter=18_000,
    tenth=15_000,
    days=30,
    searches=30,
    lowest=9_000,
    lowest_day=date(2026, 10, 1),
    first_day=date(2026, 8, 1),
)


def judgment(offer: AwardOfferItem) -> Judgment | None:
    """Judge by simple limits; the class of the last day of March is unknown."""
    if not offer.miles:
        return None
    if offer.departure_date.day == 31:
        return Judgment(deal_class=DealClass.UNKNOWN, miles=offer.miles, judged_at=NOW)
    found = DealClass.EXCEPTIONAL if offer.miles < 10_000 else DealClass.GOOD
    found = found if offer.miles < 15_000 else DealClass.USUAL
    return Judgment(deal_class=found, miles=offer.miles, judged_at=NOW, baseline=BASELINE)


def judged_days(offers: list[AwardOfferItem], *watches: Watch) -> list[int]:
    ranks = rank_days(offers, watches, search=CALENDAR, capabilities=BOTH, judgment_of=judgment)
    return [search.first.day for search in sort_days(ranks)]


def test_days_that_are_no_deal_are_not_searched_for_a_watch_for_deals() -> None:
    offers = [offer(1, 20_000), offer(2, 12_000), offer(3, 9_000), offer(31, 5_000), offer(4, None)]
    assert judged_days(offers, watch(deal=DealClass.GOOD)) == [3, 2, 31, 4], "days of an unknown class come last"
    assert judged_days(offers, watch(deal=DealClass.EXCEPTIONAL)) == [3, 31, 4]
    assert judged_days(offers, watch(deal=DealClass.GOOD, max_miles=10_000)) == [3, 31, 4]
    assert confirmed_days(offers, watch(deal=DealClass.GOOD)) == [31, 3, 2, 1, 4], "without judgments, each could match"


def test_days_that_are_no_deal_are_searched_for_another_watch() -> None:
    offers = [offer(1, 20_000), offer(2, 12_000), offer(31, 5_000)]
    assert judged_days(offers, watch("one", deal=DealClass.GOOD), watch("two", max_miles=20_000)) == [31, 2, 1]


def test_a_day_without_a_price_in_money_is_searched_for_the_value_of_its_miles() -> None:
    assert judged_days([offer(1, 20_000), offer(31, 5_000)], watch(min_cpp=Decimal(2))) == [31, 1]
