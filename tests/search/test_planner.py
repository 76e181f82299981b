"""The plan: what to ask next for all watches, and which days to go on with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.items import AwardOfferItem, Cabin, Detail, Search
from awardspider.outcomes import InvalidArgument
from awardspider.programs import programs
from awardspider.search.dates import today_at
from awardspider.search.planner import Asks, SearchKey, days_worth_asking, plan
from awardspider.search.watches import Watch, load_watches
from tests.support.paths import ROOT

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WINDOW = 337
BOTH = Asks(kinds=("calendar", "itinerary"))


def watch(name: str = "one", route: str = "LAX-AUS", dates: str = "2027-03", **fields: Any) -> Watch:
    origins, destinations = (tuple(codes.split("+")) for codes in route.split("-"))
    return Watch(name=name, origins=origins, destinations=destinations, dates=dates, **fields)


def planned(
    *watches: Watch,
    program: str = "united",
    asks: Asks = BOTH,
    now: datetime = NOW,
    last_searches: Mapping[SearchKey, datetime] | None = None,
    detail: str | None = None,
) -> list[Search]:
    return plan(
        watches,
        program=replace(programs()["united"], key=program, booking_window_days=WINDOW),
        asks=asks,
        now=now,
        last_searches=last_searches or {},
        detail=detail,
    )


def shown(searches: list[Search]) -> list[str]:
    return [str(search).removeprefix("united ") for search in searches]


# ---- what is asked -----------------------------------------------------------------------------------------------


def test_overlapping_watches_share_one_calendar_of_the_whole_month() -> None:
    searches = planned(
        watch("one", dates="2027-03-10..2027-03-12", cabins=(Cabin.ECONOMY,)),
        watch("two", dates="2027-03-25", cabins=(Cabin.FIRST,), max_miles=5),
    )
    assert searches == [
        Search(
            program="united",
            kind="calendar",
            origin="LAX",
            destination="AUS",
            first=date(2027, 3, 1),
            last=date(2027, 3, 31),
        )
    ]


def test_every_route_of_a_watch_is_asked_for_each_of_its_months() -> None:
    assert shown(planned(watch(route="LAX+SFO-NRT+SFO", dates="2027-03-31..2027-04-01"))) == [
        "calendar LAX-NRT 2027-03-01..2027-03-31",
        "calendar LAX-SFO 2027-03-01..2027-03-31",
        "calendar SFO-NRT 2027-03-01..2027-03-31",
        "calendar LAX-NRT 2027-04-01..2027-04-30",
        "calendar LAX-SFO 2027-04-01..2027-04-30",
        "calendar SFO-NRT 2027-04-01..2027-04-30",
    ]


def test_parties_of_different_size_are_asked_separately() -> None:
    searches = planned(watch("one"), watch("two", travelers=4), watch("three", travelers=4))
    assert sorted(search.travelers for search in searches) == [1, 4]


def test_months_are_cut_to_the_booking_window() -> None:
    assert shown(planned(watch(dates="2020-01-01..2030-01-01")))[::11] == [
        "calendar LAX-AUS 2026-11-22..2026-11-30",
        "calendar LAX-AUS 2027-10-01..2027-10-25",
    ]


def test_a_watch_that_is_over_or_too_early_asks_nothing() -> None:
    assert planned(watch(dates="2026-01"), watch(dates="2028-01")) == []


def test_today_is_that_of_the_origin() -> None:
    late = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)  # still November in Los Angeles
    assert shown(planned(watch(route="LAX-AUS", dates="+0"), now=late)) == ["calendar LAX-AUS 2026-11-30"]
    assert shown(planned(watch(route="NRT-LAX", dates="+0"), now=late)) == ["calendar NRT-LAX 2026-12-01..2026-12-31"]


def test_only_active_watches_for_the_program_are_asked() -> None:
    assert planned(watch(active=False), watch(programs=("delta",))) == []
    assert len(planned(watch(programs=("delta", "united")), watch(programs=()))) == 1


def test_a_program_without_a_calendar_is_asked_for_days() -> None:
    assert {search.kind for search in planned(watch(), asks=Asks(kinds=("itinerary",)))} == {"itinerary"}


@pytest.mark.parametrize(
    ("detail", "asks", "sentence"),
    [
        ("day", Asks(kinds=("itinerary",)), "detail: united cannot be asked for 'day'; write itinerary"),
        ("itinerary", Asks(kinds=("calendar",)), "detail: united cannot be asked for 'itinerary'; write day"),
        ("week", BOTH, "detail: united cannot be asked for 'week'; write day or itinerary"),
    ],
)
def test_a_detail_that_the_program_cannot_give_is_refused(detail: str, asks: Asks, sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        planned(watch(), asks=asks, detail=detail)
    assert str(refused.value) == sentence


# ---- in which order ----------------------------------------------------------------------------------------------


def test_never_asked_comes_first_then_the_oldest_look_then_the_earliest_date() -> None:
    looks = {
        ("calendar", "LAX", "AUS", date(2027, 1, 1), 1, ""): NOW - timedelta(hours=1),
        ("calendar", "LAX", "AUS", date(2027, 2, 1), 1, ""): NOW - timedelta(hours=3),
        ("calendar", "LAX", "AUS", date(2027, 3, 1), 1, ""): NOW - timedelta(hours=3),
        ("itinerary", "LAX", "AUS", date(2027, 4, 1), 1, ""): NOW - timedelta(days=3),  # another kind of look
        ("calendar", "AUS", "LAX", date(2027, 5, 1), 1, ""): NOW - timedelta(days=3),  # another route
    }
    order = [search.first.month for search in planned(watch(dates="2027-01..2027-05"), last_searches=looks)]
    assert order == [4, 5, 2, 3, 1]


def test_the_look_at_the_current_month_counts_though_its_first_day_has_moved() -> None:
    looks = {
        ("calendar", "LAX", "AUS", date(2026, 11, 21), 1, ""): NOW - timedelta(days=1),
        ("calendar", "LAX", "AUS", date(2026, 11, 20), 1, ""): NOW - timedelta(days=2),
        ("calendar", "LAX", "AUS", date(2026, 12, 1), 1, ""): NOW - timedelta(days=1, hours=1),
    }
    order = [search.first.month for search in planned(watch(dates="2026-11..2027-01"), last_searches=looks)]
    assert order == [1, 12, 11]


def test_a_new_run_goes_on_where_the_last_one_stopped() -> None:
    watches = watch(route="LAX+SFO+SEA-AUS+ORD", dates="2027-01..2027-06"), watch(route="SEA-HNL")
    looks: dict[SearchKey, datetime] = {}
    asked: Counter[Search] = Counter()
    whole = len(planned(*watches))
    for run in range(40):
        now = NOW + timedelta(minutes=run)
        for search in planned(*watches, now=now, last_searches=looks)[:5]:
            asked[search] += 1
            looks[search.kind, search.origin, search.destination, search.first, search.travelers, ""] = now
    assert len(asked) == whole
    assert max(asked.values()) - min(asked.values()) <= 1


def test_no_party_waits_for_ever_behind_another_of_the_same_route() -> None:
    watches = watch("one", "LAX-AUS"), watch("two", "LAX-AUS", travelers=2)
    (first, *_) = planned(*watches)
    looked = {(first.kind, first.origin, first.destination, first.first, first.travelers, ""): NOW}
    assert planned(*watches, last_searches=looked)[0].travelers != first.travelers


def test_the_order_of_the_watches_does_not_change_the_plan() -> None:
    watches = [
        watch("one", "LAX+SFO-AUS", "2027-01..2027-03"),
        watch("two", "LAX-AUS", "2027-03", travelers=2, cabins=(Cabin.FIRST,)),
        watch("three", "LAX-AUS", "2027-03-10", travelers=2, cabins=(Cabin.ECONOMY,)),
        watch("four", "LAX-AUS", "2027-03-11", travelers=2),
    ]
    for detail in ("day", "itinerary"):
        assert planned(*watches, detail=detail) == planned(*reversed(watches), detail=detail)


# ---- properties --------------------------------------------------------------------------------------------------

dates = st.sampled_from(
    ["2026-11", "2027-02-27..2027-03-02", "2027-10", "+0", "+5..+40", "+330..+400", "2027-01,2027-01-20..2027-02-03"]
)
airports_some = st.lists(st.sampled_from(["LAX", "NRT", "AKL", "AUS"]), min_size=1, max_size=3, unique=True).map(tuple)
some_watches = st.lists(
    st.builds(
        Watch,
        name=st.just("any"),
        origins=airports_some,
        destinations=airports_some,
        dates=dates,
        travelers=st.integers(1, 2),
        cabins=st.sampled_from([(), (Cabin.BUSINESS,)]),
    ),
    max_size=4,
)
moments = st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(deadline=None, max_examples=60)
@given(some_watches, moments, st.sampled_from(["day", "itinerary"]))
def test_every_wanted_day_is_asked_exactly_once_and_none_outside_the_window(
    watches: list[Watch], now: datetime, detail: str
) -> None:
    asked: Counter[tuple[str, str, int, date]] = Counter()
    for search in planned(*watches, now=now, detail=detail):
        today = today_at(search.origin, now)
        assert today <= search.first <= search.last <= today + timedelta(days=WINDOW)
        day = search.first
        while day <= search.last:
            asked[search.origin, search.destination, search.travelers, day] += 1
            day += timedelta(days=1)
    assert set(asked.values()) <= {1}
    wanted = {
        (origin, destination, each.travelers, day)
        for each in watches
        for origin, destination in each.routes
        for today in [today_at(origin, now)]
        for day in (today + timedelta(days=number) for number in range(WINDOW + 1))
        if each.covers(origin, destination, day, today)
    }
    assert wanted <= asked.keys()
    if detail == "itinerary":
        assert wanted == asked.keys()


# ---- the days after a calendar's answer --------------------------------------------------------------------------


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


def worth(offers: list[AwardOfferItem], *watches: Watch) -> list[int]:
    return [search.first.day for search in days_worth_asking(offers, watches, program="united", asks=BOTH)]


def test_a_day_is_worth_asking_once_if_some_price_could_satisfy_someone() -> None:
    limited = watch(max_miles=20_000)
    offers = [offer(1, 20_001), offer(2, 20_000), offer(2, 18_000, cabin=Cabin.BUSINESS), offer(3, 15_000)]
    assert worth(offers, limited, limited) == [3, 2]
    assert days_worth_asking(offers, [limited], program="united", asks=BOTH)[0] == Search(
        program="united",
        kind="itinerary",
        origin="LAX",
        destination="AUS",
        first=date(2027, 3, 3),
        last=date(2027, 3, 3),
    )


def test_the_cheapest_against_its_watchs_limit_comes_first() -> None:
    watches = (
        watch("one", max_miles=20_000, cabins=(Cabin.ECONOMY,)),
        watch("two", max_miles=100_000, cabins=(Cabin.BUSINESS,)),
    )
    offers = [offer(1, 19_000), offer(2, 60_000, cabin=Cabin.BUSINESS), offer(3, 10_000), offer(4, None)]
    assert worth(offers, *watches) == [3, 2, 1, 4]


def test_without_a_limit_every_day_is_worth_asking_the_cheapest_first() -> None:
    assert worth([offer(1, 30_000), offer(2, None), offer(3, 5_000), offer(4, 5_000)], watch()) == [3, 4, 1, 2]


def test_a_source_of_many_programs_is_asked_for_each_by_its_own_handle() -> None:
    offers = [offer(1, 10_000), offer(1, 50_000, cabin=Cabin.FIRST), offer(1, 9_000)]
    for one, program, handle in zip(offers, ("united", "united", "delta"), ("a", "a", "b"), strict=True):
        one.program, one.source, one.reference = program, "seatsaero", handle
    searches = days_worth_asking(offers, [watch(programs=("seatsaero",))], program="seatsaero", asks=BOTH)
    assert [(search.program, search.target_program, search.source_id) for search in searches] == [
        ("seatsaero", "delta", "b"),
        ("seatsaero", "united", "a"),
    ]
    assert days_worth_asking(offers, [watch(programs=("alaska",))], program="seatsaero", asks=BOTH) == []


def test_where_no_price_was_seen_the_chart_orders_the_days() -> None:
    offers = [offer(day, None, detail=Detail.SEATS, chart_miles=chart) for day, chart in ((1, 60_000), (2, 30_000))]
    assert worth(offers, watch(max_miles=20_000)) == [2, 1]


def test_a_partys_days_follow_from_its_own_calendar() -> None:
    four = watch(travelers=4)
    assert worth([offer(1, 10_000)], four) == []
    (search,) = days_worth_asking([offer(1, 10_000, travelers=4)], [four], program="united", asks=BOTH)
    assert search.travelers == 4


def test_a_day_known_to_have_too_few_seats_is_not_worth_asking() -> None:
    pair = watch(travelers=2)
    offers = [offer(day, None, seats=seats, travelers=2, detail=Detail.SEATS) for day, seats in ((1, 1), (2, 2))]
    assert worth(offers, pair) == [2]


def test_days_outside_what_was_asked_are_left_alone() -> None:
    april = Search(
        program="united",
        kind="calendar",
        origin="LAX",
        destination="AUS",
        first=date(2027, 4, 1),
        last=date(2027, 4, 30),
    )
    assert worth([offer(31, 10_000, search=april)], watch()) == []


def test_flights_are_not_asked_for_again() -> None:
    assert worth([offer(1, 10_000, detail=Detail.ITINERARY)], watch()) == []


def test_a_paused_watch_asks_for_no_days() -> None:
    assert worth([offer(1, 10_000)], watch(active=False)) == []


# ---- the example -------------------------------------------------------------------------------------------------


def test_the_example_watches_stay_small_enough_for_the_demo_on_any_day() -> None:
    watches = load_watches(ROOT / "deploy" / "watches.example.yaml")
    sizes = [len(planned(*watches, now=NOW + timedelta(days=day))) for day in range(0, 365, 3)]
    assert 20 <= min(sizes) <= max(sizes) <= 40
