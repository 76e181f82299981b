"""Searches that a crawl does not repeat yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from awardspider.items import Cabin
from awardspider.outcomes import InvalidSetting
from awardspider.search.planner import plan
from awardspider.search.recent_searches import RecentSearches, min_age, scope_key
from awardspider.search.search_needs import Knowledge
from tests.support.program_requests import spider
from tests.support.storage_examples import make_search
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEARCH = make_search()


def recent(hours_ago: float, **fields: object) -> RecentSearches:
    known = {scope_key(SEARCH): NOW - hours_ago * HOUR}
    return RecentSearches(**{"now": NOW, "least": HOUR / 2, "known_at": known} | fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("max_hours", "least", "interval"),
    [(6, 0.5, 0.5), (24, 0.5, 0.5), (48, 0.5, 1), (24, 5, 5)],
)
def test_a_search_is_repeated_after_a_share_of_its_maximum_age(max_hours: float, least: float, interval: float) -> None:
    max_age = max_hours * HOUR
    assert recent(interval - 0.1, least=least * HOUR).due_at(SEARCH, max_age) == NOW + 0.1 * HOUR
    assert recent(interval, least=least * HOUR).due_at(SEARCH, max_age) is None
    assert recent(0, least=timedelta(0)).due_at(SEARCH, max_age) is None, "0 means no limit"


def test_flights_at_the_same_price_have_a_minimum_age_of_their_own() -> None:
    known = recent(2, flights_age=3 * HOUR)
    assert known.flights_due_at(SEARCH) == NOW + HOUR
    assert known.due_at(SEARCH, 24 * HOUR) is None
    assert recent(3, flights_age=3 * HOUR).flights_due_at(SEARCH) is None
    assert recent(0.4, flights_age=HOUR / 4).flights_due_at(SEARCH) == NOW + 0.1 * HOUR


def test_another_scope_is_not_recent() -> None:
    known = recent(0.1)
    for other in ({"cabins": (Cabin.FIRST,)}, {"travelers": 9}, {"target_program": "delta"}, {"destination": "SEA"}):
        assert known.due_at(replace(SEARCH, **other), 24 * HOUR) is None
    assert known.due_at(replace(SEARCH, id="other", source_id="other"), 24 * HOUR)


@pytest.mark.parametrize(("changed_hours_ago", "is_recent"), [(0.5, False), (1, False), (1.5, True)])
def test_a_search_before_a_change_of_the_watch_is_repeated(changed_hours_ago: float, is_recent: bool) -> None:
    known = recent(1, changed_at=lambda _: NOW - changed_hours_ago * HOUR)
    assert (known.due_at(SEARCH, 144 * HOUR) is not None) is is_recent


@pytest.mark.parametrize(("sale_hours_ago", "is_recent"), [(0.5, False), (1, False), (1.5, True), (None, True)])
def test_a_search_before_a_sale_is_repeated_once(sale_hours_ago: float | None, is_recent: bool) -> None:
    known = recent(1, sale_since=None if sale_hours_ago is None else NOW - sale_hours_ago * HOUR)
    assert (known.due_at(SEARCH, 144 * HOUR) is not None) is is_recent


def test_searches_before_a_sale_are_due_in_a_plan_after_those_past_their_age() -> None:
    united = spider("united")
    watch = make_watch(origin="LAX", destination="AUS", dates="2027-03..2027-05")
    planned = partial(plan, [watch], program=united.program, capabilities=united.capabilities, now=NOW)
    march, april, may = sorted(planned().searches(), key=lambda each: each.first)
    times = {march: NOW - HOUR, april: NOW - 6 * HOUR, may: NOW - 50 * HOUR}
    knowledge = Knowledge(last_searches={scope_key(each)[:6]: at for each, at in times.items()})
    known_at = {scope_key(each): at for each, at in times.items()}
    sale = RecentSearches(now=NOW, least=3 * HOUR, known_at=known_at, sale_since=NOW - 5 * HOUR)
    found = list(planned(knowledge=knowledge, recent=sale).entries())
    assert [(search, rank.is_due, rank.precedes_sale) for search, rank in found] == [
        (may, True, False),  # past its maximum age
        (april, True, True),
    ]
    assert "a sale began since then" in found[1][1].reason
    before = RecentSearches(now=NOW, least=3 * HOUR, known_at=known_at)
    found = list(planned(knowledge=knowledge, recent=before).entries())
    assert [(search, rank.is_due) for search, rank in found] == [(may, True), (april, False)]


def test_a_plan_leaves_out_what_is_recent_and_says_when_it_is_due() -> None:
    united = spider("united")
    watch = make_watch(origin="LAX", destination="AUS", dates="2027-03..2027-04")
    planned = partial(plan, [watch], program=united.program, capabilities=united.capabilities, now=NOW)
    march, april = sorted(planned().searches(), key=lambda each: each.first)
    times = {march: NOW - HOUR, april: NOW - 2 * HOUR}
    knowledge = Knowledge(last_searches={scope_key(each)[:6]: at for each, at in times.items()})
    known_at = {scope_key(each): at for each, at in times.items()}
    only_march = RecentSearches(now=NOW, least=3 * HOUR, known_at={scope_key(march): NOW - HOUR})
    found = planned(knowledge=knowledge, recent=only_march)
    assert (found.searches(), found.recent, found.next_at) == ([april], 1, NOW + 2 * HOUR)
    both = RecentSearches(now=NOW, least=3 * HOUR, known_at=known_at)
    found = planned(knowledge=knowledge, recent=both)
    assert (found.searches(), found.recent, found.next_at) == ([], 2, NOW + HOUR)
    assert found.notes() == ["2 recent searches are not repeated yet, the first of them at 2026-11-29 13:00 UTC"]
    assert planned(knowledge=knowledge).next_at is None


@pytest.mark.parametrize("text", ["-1", "soon", "1.5"])
def test_an_invalid_setting_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="must be a number of minutes"):
        min_age({"AWARD_MIN_SEARCH_AGE_MINUTES": text})
