"""Alliances and their members."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest

from awardspider.outcomes import InvalidArgument
from awardspider.programs import Program, all_programs
from awardspider.search.alliances import Alliance, as_of, carriers_on, members, parse_alliances

BY_LABEL = {alliance.label: alliance for alliance in Alliance}
DAYS = (date(2024, 1, 1), as_of(), date(2026, 12, 15), date(2026, 12, 16), date(2027, 6, 1))


def alliance_of(carrier: str, day: date | None = None) -> Alliance | None:
    return next((alliance for alliance in Alliance if carrier in members(alliance, day)), None)


def test_names() -> None:
    assert list(BY_LABEL) == ["Star Alliance", "oneworld", "SkyTeam"]


@pytest.mark.parametrize("day", DAYS)
def test_a_carrier_is_in_one_alliance_at_most(day: date) -> None:
    for one, other in combinations(Alliance, 2):
        assert members(one, day) & members(other, day) == frozenset()


def test_carrier_codes_are_valid() -> None:
    for alliance in Alliance:
        assert len(members(alliance)) > 10
        assert all(len(code) == 2 and code.isalnum() and code.isupper() for code in members(alliance))


@pytest.mark.parametrize("program", all_programs().values(), ids=lambda program: program.key)
def test_the_catalog_agrees_with_the_members(program: Program) -> None:
    assert program.alliance is None or program.alliance in BY_LABEL
    for carrier in program.carriers:
        found = alliance_of(carrier)
        assert (found.label if found else None) == program.alliance, carrier


@pytest.mark.parametrize(
    ("carrier", "alliance"),
    [
        ("AS", "oneworld"),
        ("HA", "oneworld"),
        ("WY", "oneworld"),
        ("SK", "skyteam"),
        ("VS", "skyteam"),
        ("AZ", "star_alliance"),
        ("TP", "star_alliance"),
        ("B6", None),
        ("EK", None),
        ("SU", None),  # suspended
    ],
)
def test_alliance_of_a_carrier(carrier: str, alliance: str | None) -> None:
    assert alliance_of(carrier) == alliance


@pytest.mark.parametrize(
    ("carrier", "day", "alliance"),
    [
        ("OZ", date(2026, 12, 15), "star_alliance"),
        ("OZ", date(2026, 12, 16), None),
        ("SK", date(2024, 8, 31), None),
        ("SK", date(2024, 9, 1), "skyteam"),
        ("HA", date(2026, 4, 21), None),
        ("HA", date(2026, 4, 22), "oneworld"),
    ],
)
def test_memberships_have_dates(carrier: str, day: date, alliance: str | None) -> None:
    assert alliance_of(carrier, day) == alliance


def test_carriers_of_an_alliance_are_those_of_the_day() -> None:
    listed = ("UA", "star_alliance", "OO")
    before, after = (carriers_on(listed, date(2026, 12, day)) for day in (15, 16))
    assert before == {"UA", "OO"} | members("star_alliance", date(2026, 12, 15))
    assert before - after == {"OZ"}
    assert carriers_on(("UA", "OO"), as_of()) == {"UA", "OO"}


def test_unknown_keys() -> None:
    with pytest.raises(KeyError):
        members("vanilla")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Star Alliance", ["star_alliance"]),
        ("star", ["star_alliance"]),
        ("staralliance", ["star_alliance"]),
        ("STAR_ALLIANCE", ["star_alliance"]),
        ("one world", ["oneworld"]),
        ("Oneworld Alliance", ["oneworld"]),
        ("SkyTeam, star, sky-team", ["star_alliance", "skyteam"]),
        (["oneworld", "star alliance"], ["star_alliance", "oneworld"]),
    ],
)
def test_names_are_parsed(text: object, expected: list[str]) -> None:
    assert list(parse_alliances(text)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("skytem", 'unknown alliance "skytem" (did you mean skyteam?)'),
        ("star, vanilla", 'unknown alliance "vanilla" (known: star_alliance, oneworld, skyteam)'),
        ("alliance", 'unknown alliance "alliance" (did you mean star_alliance?)'),
        ("", "expected an alliance: Star Alliance, oneworld, SkyTeam"),
        (" , ", "expected an alliance: Star Alliance, oneworld, SkyTeam"),
        (7, 'must be text, not "7"'),
    ],
)
def test_unknown_names_are_refused(text: object, message: str) -> None:
    with pytest.raises(InvalidArgument) as error:
        parse_alliances(text)
    assert str(error.value) == message
