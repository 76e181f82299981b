"""Watches: routes, days and programs, conversion to and from storage, and spider arguments."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.items import Cabin
from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.programs import programs as catalog
from awardspider.search.watch_fields import parse_cabins
from awardspider.search.watches import FIELD_NAMES, Watch, ad_hoc_watch
from tests.support.watch_examples import make_watch

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def watch(**fields: Any) -> Watch:
    plain: dict[str, Any] = {
        "name": "Tokyo",
        "origin": "SFO,LAX",
        "destination": "NRT,HND",
        "dates": "2027-03",
    }
    return make_watch(**plain | fields)


# ---- routes, days and programs -----------------------------------------------------------------------------------


def test_a_watch_covers_its_routes_on_its_days() -> None:
    today = NOW.date()
    assert watch().covers("LAX", "HND", date(2027, 3, 31), today)
    assert not watch().covers("LAX", "HND", date(2027, 4, 1), today)
    assert not watch().covers("HND", "LAX", date(2027, 3, 31), today)
    assert not watch().covers("LAX", "ICN", date(2027, 3, 31), today)


def test_days_from_today_move_with_today() -> None:
    moving = watch(dates="+30..+40")
    assert moving.covers("LAX", "HND", date(2026, 12, 22), date(2026, 11, 22))
    assert not moving.covers("LAX", "HND", date(2026, 12, 22), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("programs", "found_by"),
    [
        (("united",), {"united": True, "seatsaero": False}),
        (("seatsaero",), {"united": False, "seatsaero": True}),
        (("seatsaero/united",), {"united": False, "seatsaero": True}),
        (("seatsaero/delta",), {"united": False, "seatsaero": False}),
        (("united", "seatsaero/united"), {"united": True, "seatsaero": True}),
        ((), {"united": True, "seatsaero": True}),
    ],
)
def test_a_program_is_only_what_its_own_site_returns(programs: tuple[str, ...], found_by: dict[str, bool]) -> None:
    chosen = watch(programs=programs)
    matching = {source: chosen.includes("united", source) for source in found_by}
    assert matching == found_by


def test_offers_of_a_program_without_a_spider_come_from_any_source() -> None:
    assert watch(programs=("qatar",)).includes("qatar", "seatsaero")
    assert not watch(programs=("qatar",)).includes("united", "seatsaero")


@pytest.mark.parametrize(
    ("programs", "needed"),
    [
        (("united",), {"united"}),
        (("qatar",), {"seatsaero"}),
        (("seatsaero/united", "delta"), {"seatsaero", "delta"}),
        ((), set(catalog())),
    ],
)
def test_a_watch_needs_only_the_sources_that_can_find_its_offers(programs: tuple[str, ...], needed: set[str]) -> None:
    assert {key for key, program in catalog().items() if watch(programs=programs).needs(program)} == needed


def test_a_watch_names_its_sources() -> None:
    named = watch(programs=("seatsaero/united", "delta"))
    assert {key for key in catalog() if named.names_source(key)} == {"seatsaero", "delta"}


def test_alliances_include_the_programs_whose_airline_is_a_member() -> None:
    chosen = watch(alliances=("star_alliance", "skyteam"))
    included = {
        key: chosen.includes(key, "seatsaero") for key in ("united", "aeroplan", "delta", "american", "jetblue")
    }
    assert included == {"united": True, "aeroplan": True, "delta": True, "american": False, "jetblue": False}
    assert not watch(alliances=("oneworld",)).needs(catalog()["united"])


def test_reachable_only_includes_the_programs_that_the_points_reach() -> None:
    chosen = watch(reachable_only=True, reachable=frozenset({"united"}))
    assert [chosen.includes(key, key) for key in ("united", "delta")] == [True, False]
    assert watch(reachable_only=True, reachable=frozenset()).includes("united", "united") is False
    assert watch(reachable_only=True).includes("delta", "delta")  # nobody knows the points
    assert watch(reachable=frozenset({"united"})).includes("delta", "delta")


def test_min_seats_defaults_to_the_number_of_travelers() -> None:
    assert watch(travelers=3).min_seats == 3
    assert watch(travelers=1, min_seats=2).min_seats == 2


def test_routes_leave_out_pairs_of_the_same_airport() -> None:
    assert watch(origin="LAX,SFO", destination="SFO,JFK").routes == (
        ("LAX", "SFO"),
        ("LAX", "JFK"),
        ("SFO", "JFK"),
    )


# ---- storage -----------------------------------------------------------------------------------------------------


def test_a_definition_has_plain_values_without_defaults() -> None:
    assert watch(active=False).to_definition() == {
        "name": "Tokyo",
        "origin": "SFO,LAX",
        "destination": "NRT,HND",
        "dates": "2027-03",
    }
    assert watch(travelers=2, min_seats=3, cabins=(Cabin.FIRST,), max_stops=0).to_definition() == {
        "name": "Tokyo",
        "origin": "SFO,LAX",
        "destination": "NRT,HND",
        "dates": "2027-03",
        "cabins": ["first"],
        "travelers": 2,
        "min_seats": 3,
        "max_stops": 0,
    }


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["LAX", "anywhere", "2027-03", "7-10", "100 USD", "08:00-10:00", "within 150 km of BOS", "not"])
)  # fmt: skip
KEYS = st.text(max_size=5) | st.sampled_from(["channels", "quiet_hours", "timezone"])
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELD_NAMES), ANY_JSON, max_size=4))
def test_any_stored_values_are_a_watch_or_an_invalid_watch(values: dict[str, object]) -> None:
    definition: dict[str, object] = {"name": "any", "origin": "LAX", "destination": "AUS", "dates": "2027-03"}
    with suppress(InvalidWatch):
        assert Watch.from_definition(definition | values).routes


@settings(deadline=None)
@given(
    st.builds(
        watch,
        name=st.sampled_from(["Tokyo", "für zwei", "a: b"]),
        active=st.booleans(),
        programs=st.sampled_from([(), ("united",)]),
        dates=st.sampled_from(["2027-03", "+30..+200", "2027-03-10..2027-04-20, +5"]),
        cabins=st.sets(st.sampled_from(list(Cabin))).map(
            lambda cabins: tuple(sorted(cabins, key=lambda cabin: cabin.rank))
        ),
        max_miles=st.none() | st.integers(1, 2_000_000),
        travelers=st.integers(1, 9),
        min_seats=st.integers(0, 9),
        max_stops=st.none() | st.integers(0, 9),
        allow_mixed_cabin=st.booleans(),
    )
)
def test_a_definition_survives_json(original: Watch) -> None:
    definition = json.loads(json.dumps(original.to_definition()))
    assert Watch.from_definition(definition, active=original.active) == original


def test_an_invalid_definition_names_watch_and_field() -> None:
    definition = watch().to_definition() | {"origin": ["XQX"]}
    with pytest.raises(InvalidWatch, match=r'^watch "Tokyo": origin: unknown place "XQX"'):
        Watch.from_definition(definition)


# ---- a spider's arguments ----------------------------------------------------------------------------------------


def ad_hoc(**arguments: str) -> Watch:
    plain: dict[str, Any] = {"program": "united", "origin": "LAX", "destination": "AUS", "dates": "2027-03"}
    return ad_hoc_watch(**plain | arguments, now=NOW, window_days=337)


def test_arguments_become_a_watch() -> None:
    assert ad_hoc(origin="LAX,SFO", cabins="business,economy", travelers="2", max_miles="50000") == make_watch(
        name="ad hoc",
        programs=("united",),
        origin="LAX,SFO",
        destination="AUS",
        dates="2027-03",
        cabins=(Cabin.ECONOMY, Cabin.BUSINESS),
        travelers=2,
        max_miles=50_000,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"origin": ""}, "origin is missing (for example LAX)"),
        ({"destination": " "}, "destination is missing (for example TYO)"),
        ({"dates": ""}, "dates is missing (for example 2027-03)"),
        ({"origin": "LAXX"}, 'origin: unknown place "LAXX" (did you mean LAX?)'),
        ({"origin": "AUS"}, "destination: AUS is also the origin"),
        ({"dates": "2026-10"}, "dates: 2026-10 is in the past (bookable dates: 2026-11-22 to 2027-10-25)"),
        ({"dates": "2028-03"}, "dates: 2028-03 is beyond the booking window, which ends on 2027-10-25"),
        ({"dates": "2027-02-29"}, 'dates: "2027-02-29" is not a date: that month has 28 days'),
        ({"cabins": "sofa"}, 'unknown cabin "sofa" (known: economy, premium_economy, business, first)'),
        ({"travelers": "0"}, 'travelers: must be an integer from 1 to 9, not "0"'),
        ({"travelers": "two"}, 'travelers: must be an integer from 1 to 9, not "two"'),
        ({"max_miles": "free"}, 'max_miles: must be an integer from 1 to 2,000,000, not "free"'),
    ],
)
def test_an_invalid_argument_is_explained(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        ad_hoc(**arguments)
    assert str(raised.value) == message


def test_dates_are_checked_against_the_local_date_at_the_origins() -> None:
    now = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # the 21st in Los Angeles, the 22nd in Tokyo
    arguments: dict[str, Any] = {"program": "united", "destination": "JFK", "dates": "2026-11-21"}
    assert ad_hoc_watch(**arguments, origin="NRT,LAX", now=now, window_days=337).dates.text == "2026-11-21"
    with pytest.raises(InvalidArgument, match="2026-11-21 is in the past"):
        ad_hoc_watch(**arguments, origin="NRT", now=now, window_days=337)


@pytest.mark.parametrize(
    ("text", "cabins"),
    [
        ("economy", [Cabin.ECONOMY]),
        ("First, ECONOMY,first", [Cabin.ECONOMY, Cabin.FIRST]),
        ("premium", [Cabin.PREMIUM_ECONOMY]),
        ("premium economy", [Cabin.PREMIUM_ECONOMY]),
        ("Premium-Economy", [Cabin.PREMIUM_ECONOMY]),
        ("business class,coach", [Cabin.ECONOMY, Cabin.BUSINESS]),
        ("", []),
    ],
)
def test_cabins_are_parsed_as_people_write_them(text: str, cabins: list[Cabin]) -> None:
    assert parse_cabins(text) == tuple(cabins)
