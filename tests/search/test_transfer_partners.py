"""Points, transfer partners and the programs that they reach."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.outcomes import InvalidArgument
from awardspider.programs import all_programs
from awardspider.search.transfer_partners import (
    MOST_POINTS,
    as_of,
    banks,
    holding_name,
    parse_holding,
    parse_points,
    partners,
    point_programs,
    reachable_programs,
    sources_for,
)
from tests.support.recorded import load_recorded

HOLDINGS = sorted([*banks(), *point_programs()])


# ---- the data ------------------------------------------------------------------------------------------------------


def test_the_data_is_dated_and_complete() -> None:
    assert as_of() == date(2026, 4, 6)
    assert list(banks()) == ["amex", "bilt", "chase", "capital_one", "citi", "wells_fargo"]
    for bank in banks().values():
        assert bank.as_of == as_of()
        assert bank.confidence in ("high", "medium")
        assert all(Decimal("0.5") <= ratio <= 2 for ratio in bank.ratios.values())
        assert bank.ratios.keys() <= point_programs().keys()


@pytest.mark.parametrize(
    ("bank", "ratios"),
    [
        ("amex", {"aeromexico": "1.6", "cathay": "0.8", "emirates": "0.8", "jetblue": "0.8"}),
        ("bilt", {}),
        ("chase", {}),
        ("capital_one", {"emirates": "0.75", "eva": "0.75", "jal": "0.75", "jetblue": "0.6"}),
        ("citi", {"emirates": "0.8", "jal": "0.75"}),
        ("wells_fargo", {}),
    ],
)
def test_ratios_other_than_one(bank: str, ratios: dict[str, str]) -> None:
    assert {key: str(ratio) for key, ratio in partners(bank).items() if ratio != 1} == ratios


def test_a_program_that_the_catalog_lists_has_its_name() -> None:
    for key in point_programs().keys() & all_programs().keys():
        assert point_programs()[key] == all_programs()[key].name
    assert "seatsaero" not in point_programs()


def test_a_key_is_a_bank_or_a_program() -> None:
    assert banks().keys() & point_programs().keys() == set()


#: Keys of the recorded list that have another name in the catalog, or none of their own.
OTHER_NAMES = {
    "aer_lingus": "aerlingus",
    "alaska_hawaiian": "alaska",
    "avianca": "lifemiles",
    "british_airways": "britishairways",
    "eva_air": "eva",
    "flying_blue": "flyingblue",
    "virgin_atlantic": "virginatlantic",
    "virgin_red": "virginatlantic",
}


def test_the_data_agrees_with_the_recorded_list() -> None:
    [recorded] = load_recorded("valuations/borski-transfer-partners.json")
    of_banks = {"amex_mr": "amex", "chase_ur": "chase", "citi_ty": "citi"}
    found = {
        of_banks.get(key, key): {
            OTHER_NAMES.get(name, name): Decimal(str(program["ratio"])) for name, program in bank["airlines"].items()
        }
        for key, bank in recorded.items()
        if key != "_meta"
    }
    assert {key: dict(bank.ratios) for key, bank in banks().items()} == found


# ---- reach ---------------------------------------------------------------------------------------------------------


def test_points_reach_partners_and_their_own_program() -> None:
    assert reachable_programs({}) == frozenset()
    assert reachable_programs({"united": 45_000}) == {"united"}
    assert reachable_programs({"wells_fargo": 1}) == partners("wells_fargo").keys()
    both = reachable_programs({"chase": 10, "smiles": 500})
    assert both == partners("chase").keys() | {"smiles"}
    assert {"united", "flyingblue", "virginatlantic"} <= both
    assert "american" not in both


def test_no_points_reach_nothing() -> None:
    assert reachable_programs({"amex": 0, "united": 0}) == frozenset()
    assert sources_for("united", {"united": 0, "chase": 0}) == ()


def test_sources_of_a_program() -> None:
    points = {"amex": 120_001, "chase": 50_000, "jetblue": 3, "capital_one": 10_000, "united": 9}
    assert [(found.key, found.ratio, found.miles) for found in sources_for("jetblue", points)] == [
        ("jetblue", Decimal(1), 3),  # its own first
        ("amex", Decimal("0.8"), 96_000),  # rounded down
        ("chase", Decimal(1), 50_000),
        ("capital_one", Decimal("0.6"), 6_000),
    ]
    assert sources_for("jetblue", points)[1].name == "Amex Membership Rewards"
    assert sources_for("delta", {"chase": 1}) == ()
    assert sources_for("unknown", points) == ()


@given(st.dictionaries(st.sampled_from(HOLDINGS), st.integers(0, MOST_POINTS), max_size=6), st.sampled_from(HOLDINGS))
def test_a_program_is_reachable_if_it_has_a_source(points: dict[str, int], program: str) -> None:
    sources = sources_for(program, points)
    assert (program in reachable_programs(points)) == bool(sources)
    for source in sources:
        assert source.points == points[source.key]
        assert 0 <= source.points * source.ratio - source.miles < 1


# ---- parsing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, {}),
        ("", {}),
        ({"amex": 120_000, "united": 45_000}, {"amex": 120_000, "united": 45_000}),
        ({"united": 0}, {"united": 0}),
        ("amex=120000", {"amex": 120_000}),
        ("amex=120,000, united=45,000", {"amex": 120_000, "united": 45_000}),
        ("Membership Rewards: 120k; MileagePlus: 1.5k", {"amex": 120_000, "united": 1_500}),
        ({"Smiles": "1,25M"}, {"smiles": 1_250_000}),
        ({"Chase UR": "80,000", "AAdvantage": "12.000", "Flying Blue": "5 000"},
         {"chase": 80_000, "american": 12_000, "flyingblue": 5_000}),
        ({"ThankYou": 1, "Venture": 2, "Wells Fargo": 3, "Bilt": 4, "LifeMiles": "1M"},
         {"citi": 1, "capital_one": 2, "wells_fargo": 3, "bilt": 4, "lifemiles": 1_000_000}),
    ],
)  # fmt: skip
def test_points_are_parsed(value: object, expected: dict[str, int]) -> None:
    assert parse_points(value) == expected
    assert list(parse_points(value)) == list(expected)


@pytest.mark.parametrize("key", HOLDINGS)
def test_keys_and_names_are_parsed(key: str) -> None:
    assert parse_holding(key) == key
    assert parse_holding(holding_name(key)) == key
    assert parse_holding(key.upper()) == key
    for alias in banks()[key].aliases if key in banks() else ():
        assert parse_holding(f" {alias.lower()} ") == key


@given(st.dictionaries(st.sampled_from(HOLDINGS), st.integers(0, MOST_POINTS)))
def test_parsed_points_are_parsed_again(points: dict[str, int]) -> None:
    assert parse_points(points) == points
    assert parse_points(", ".join(f"{key}={number}" for key, number in points.items())) == points
    assert parse_points("; ".join(f"{holding_name(key)}: {number:,}" for key, number in points.items())) == points


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"amx": 1}, 'unknown bank or program "amx" (did you mean amex?)'),
        ("untied=1", 'unknown bank or program "untied" (did you mean united?)'),
        ({"zzzz": 1}, r'unknown bank or program "zzzz" \(known: amex, bilt, .*thai\)'),
        ({"seatsaero": 1}, r'unknown bank or program "seatsaero" \(.*\)'),
        ({"amex": 1, "MR": 2}, '"MR" repeats the points of Amex Membership Rewards'),
        ({"amex": -1}, 'the points of amex must be an integer from 0 to 1,000,000,000, not "-1"'),
        ({"amex": True}, 'the points of amex must be an integer from 0 to 1,000,000,000, not "True"'),
        ({"amex": 1.5}, 'the points of amex must be an integer from 0 to 1,000,000,000, not "1.5"'),
        ("amex=1.5", 'the points of amex must be an integer from 0 to 1,000,000,000, not "1.5"'),
        ("amex=12,34", 'the points of amex must be an integer from 0 to 1,000,000,000, not "12,34"'),
        ("amex=many", 'the points of amex must be an integer from 0 to 1,000,000,000, not "many"'),
        ("amex=", 'the points of amex must be an integer from 0 to 1,000,000,000, not ""'),
        ({"amex": MOST_POINTS + 1}, r"the points of amex must be .*"),
        ({"amex": "1,2345"}, r"the points of amex must be .*"),
        ({"amex": "²"}, r"the points of amex must be .*"),
        ({"amex": "9" * 5000}, r"the points of amex must be .*"),
        ("amex", 'expected points by bank or program, as in amex=120000, not "amex"'),
        ("=5", 'expected points by bank or program, as in amex=120000, not "=5"'),
        ([1], r'expected points by bank or program, as in amex=120000, not "\[1\]"'),
        ({1: 2}, r'expected points by bank or program, as in amex=120000, not "\{1: 2\}"'),
        (None, 'expected points by bank or program, as in amex=120000, not "None"'),
    ],
)
def test_invalid_points_are_refused(value: object, message: str) -> None:
    with pytest.raises(InvalidArgument) as error:
        parse_points(value)
    pattern = message if "\\" in message or ".*" in message else re.escape(message)
    assert re.fullmatch(pattern, str(error.value))
    assert "\n" not in str(error.value)


@settings(max_examples=50)
@given(st.one_of(st.text(), st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.none(), st.floats()))))
def test_any_value_is_parsed_or_refused(value: object) -> None:
    try:
        points: Mapping[str, int] = parse_points(value)
    except InvalidArgument:
        return
    assert all(key in HOLDINGS and 0 <= number <= MOST_POINTS for key, number in points.items())
