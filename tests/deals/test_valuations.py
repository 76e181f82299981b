"""Valuations: those that ship, those of the operator's file, and their age."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from awardspider.deals.valuations import (
    MAX_AGE_DAYS,
    Valuations,
    ValueComparison,
    load_valuations,
    shipped_valuations,
    valuation_findings,
    value_text,
)
from awardspider.outcomes import InvalidSetting
from awardspider.search.transfer_partners import banks, point_programs
from tests.support.recorded import load_recorded

OWN = """
as_of = 2026-11-20
[values]
united = { low = 1, high = 1.25 }
chase = { low = 1.5, high = 1.5, sources = { blog = 1.5 } }
[sources]
blog = "A blog"
"""


def load(tmp_path: Path, text: str) -> Valuations:
    file = tmp_path / "valuations.toml"
    file.write_text(text, encoding="utf-8")
    return load_valuations({"AWARD_VALUATIONS": str(file)})


# ---- the values that ship ------------------------------------------------------------------------------------------


def test_every_bank_and_program_has_a_value() -> None:
    shipped = shipped_valuations()
    assert list(shipped.by_key) == [*banks(), *point_programs()]
    assert (shipped.edition, shipped.as_of, shipped.file) == ("March 2026", date(2026, 3, 21), None)
    for valuation in shipped.by_key.values():
        assert Decimal("0.4") <= valuation.low <= valuation.high <= Decimal("2.5")
        assert bool(valuation.sources) is not valuation.is_assumed
        if not valuation.is_assumed:
            assert (valuation.low, valuation.high) == (min(valuation.sources.values()), max(valuation.sources.values()))
            assert valuation.sources.keys() <= shipped.source_names.keys()


def test_programs_without_a_value_have_the_assumed_range() -> None:
    assumed = {key: valuation for key, valuation in shipped_valuations().by_key.items() if valuation.is_assumed}
    assert sorted(assumed) == [
        "azul", "connectmiles", "ethiopian", "eva", "sas", "saudia", "smiles", "tap", "thai", "velocity",
    ]  # fmt: skip
    assert {(valuation.low, valuation.high) for valuation in assumed.values()} == {(Decimal("1.2"), Decimal("1.3"))}


def test_the_values_are_those_of_the_recorded_file() -> None:
    (recorded,) = load_recorded("valuations/borski-points-valuations.json")
    others = {
        "aer_lingus": "aerlingus",
        "avianca": "lifemiles",
        "flying_blue": "flyingblue",
        "virgin_atlantic": "virginatlantic",
        "amex_membership_rewards": "amex",
        "bilt_rewards": "bilt",
        "chase_ultimate_rewards": "chase",
        "citi_thankyou": "citi",
    }
    shipped = shipped_valuations()
    compared = set()
    for key, entry in (recorded["credit_card_points"] | recorded["airline_miles"]).items():
        if valuation := shipped.value_of(others.get(key, key)):
            bounds = Decimal(str(entry["floor"])), Decimal(str(entry["ceiling"]))
            assert (valuation.low, valuation.high) == bounds, key
            compared.add(valuation.key)
    valued = {key for key, valuation in shipped.by_key.items() if not valuation.is_assumed}
    assert valued - compared == {"britishairways", "qatar"}  # the source values their Avios together
    avios = recorded["airline_miles"]["avios"]
    for key in ("britishairways", "qatar"):
        valuation = shipped.by_key[key]
        assert [float(valuation.low), float(valuation.high)] == [avios["floor"], avios["ceiling"]]


def test_an_unknown_key_has_no_value() -> None:
    assert shipped_valuations().value_of("pigeon") is None


# ---- the operator's file -------------------------------------------------------------------------------------------


def test_a_file_replaces_the_values_that_ship(tmp_path: Path) -> None:
    own = load(tmp_path, OWN)
    assert (own.as_of, own.edition, own.file) == (date(2026, 11, 20), "", tmp_path / "valuations.toml")
    assert (own.by_key["united"].low, own.by_key["united"].high) == (1, Decimal("1.25"))
    assert own.by_key["chase"].sources == {"blog": Decimal("1.5")}
    delta = own.by_key["delta"]
    assert (delta.is_assumed, delta.low, delta.high) == (True, Decimal("1.2"), Decimal("1.3"))
    assert own.value_of("amex") is None
    assert "amex" not in own.middles


def test_a_file_has_its_own_assumed_range(tmp_path: Path) -> None:
    own = load(tmp_path, OWN + "[assumed]\nlow = 0.9\nhigh = 1.1\n")
    assert own.by_key["delta"].middle == 1


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + OWN).as_of == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("as_of = 2026-11-20", ""), "as_of is missing"),
        (("2026-11-20", '"soon"'), "as_of: must be a date such as 2026-11-01"),
        (("2026-11-20", "2026-11-20T10:00:00"), "as_of: must be a date such as 2026-11-01"),
        (("[values]", "[values"), r"invalid TOML: .* \(at line 3, column 8\)"),
        (("united", "unitd"), r'values: unknown bank or program "unitd" \(did you mean united\?\)'),
        (("low = 1,", ""), "values.united: low is missing"),
        (("low = 1,", "lo = 1, low = 1,"), "values.united: unknown key lo"),
        (("low = 1,", "low = true,"), "values.united.low: must be a number"),
        (("low = 1,", "low = 0,"), "values.united.low: must be US cents above 0, at most 20, not 0"),
        (("low = 1,", "low = nan,"), "values.united.low: must be US cents above 0, at most 20, not NaN"),
        (("high = 1.25", "high = 125"), "values.united.high: must be US cents above 0, at most 20, not 125"),
        (("low = 1,", "low = 1.3,"), "values.united: low is 1.3, which is above high, 1.25"),
        (("{ low = 1, high = 1.25 }", "1.2"), "values.united: must be a table with low and high"),
        (("blog = 1.5", "blg = 1.5"), r'values.chase.sources: unknown source "blg" \(did you mean blog\?'),
        (("blog = 1.5", "blog = -1"), "values.chase.sources.blog: must be US cents above 0, at most 20, not -1"),
        (("[sources]", "[assumed]\nlow = 1\n[sources]"), "assumed: high is missing"),
        (("[sources]", "[programs]\n[sources]"), "unknown key programs"),
    ],
)
def test_an_error_names_the_file_and_its_line_or_key(tmp_path: Path, change: tuple[str, str], error: str) -> None:
    assert change[0] in OWN
    prefix = re.escape(f"AWARD_VALUATIONS: {tmp_path / 'valuations.toml'}: ")
    with pytest.raises(InvalidSetting, match=f"^{prefix}{error}"):
        load(tmp_path, OWN.replace(*change, 1))


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"^AWARD_VALUATIONS: .*none\.toml is unreadable: No such file"):
        load_valuations({"AWARD_VALUATIONS": str(tmp_path / "none.toml")})
    (tmp_path / "latin1.toml").write_bytes(b'edition = "M\xe4rz"')
    with pytest.raises(InvalidSetting, match=r"latin1\.toml is not text in UTF-8$"):
        load_valuations({"AWARD_VALUATIONS": str(tmp_path / "latin1.toml")})


@pytest.mark.parametrize("setting", [None, "", "  "])
def test_without_the_setting_the_values_that_ship_count(setting: str | None) -> None:
    assert load_valuations({"AWARD_VALUATIONS": setting}) is shipped_valuations()


# ---- comparisons and age -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cents", "comparison"),
    [
        ("1.09", ValueComparison.BELOW),
        ("1.1", ValueComparison.WITHIN),
        ("1.5", ValueComparison.WITHIN),
        ("1.51", ValueComparison.ABOVE),
    ],
)
def test_cents_are_compared_with_the_range(cents: str, comparison: ValueComparison) -> None:
    assert shipped_valuations().by_key["united"].compare(Decimal(cents)) is comparison


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("united", "1.90 cents per mile (United MileagePlus is valued at 1.1 to 1.5)"),
        ("aeromexico", "1.90 cents per point (Aeromexico Rewards is valued at 0.8)"),
        ("qatar", "1.90 cents per Avios (Qatar Airways Privilege Club is valued at 1.1 to 1.4)"),
        ("sas", "1.90 cents per point (1.2 to 1.3 is assumed for SAS EuroBonus)"),
    ],
)
def test_a_value_is_shown_with_that_of_the_program(key: str, text: str) -> None:
    assert value_text(Decimal("1.9"), shipped_valuations().by_key[key]) == text


def test_old_values_are_a_finding(tmp_path: Path) -> None:
    own = load(tmp_path, OWN)
    settings = {"AWARD_VALUATIONS": str(own.file)}
    assert valuation_findings(datetime(2027, 1, 4, 23, 59, tzinfo=UTC), settings) == []
    assert valuation_findings(datetime(2026, 1, 1, tzinfo=UTC), settings) == []
    (finding,) = valuation_findings(datetime(2027, 1, 5, tzinfo=UTC), settings)
    age = f"46 days old (more than {MAX_AGE_DAYS})"
    assert finding == f"{own.file}: values of 2026-11-20 are {age}; set AWARD_VALUATIONS to a newer file"
    assert own.age_days(date(2027, 1, 5)) == 46


def test_the_values_that_ship_become_old_too() -> None:
    (finding,) = valuation_findings(datetime(2026, 11, 29, tzinfo=UTC))
    assert finding.startswith("valuations that ship with awardspider: values of 2026-03-21 are 253 days old")
