"""Owners built from written values."""

from __future__ import annotations

from typing import Any

import pytest

from awardspider.delivery.messages.language import LANGUAGES
from awardspider.outcomes import InvalidArgument
from awardspider.search.owners import Locale, build_owner


def test_an_owner_needs_only_a_name() -> None:
    owner = build_owner(name=" Ana ")
    assert (owner.name, owner.locale, owner.timezone, owner.home_airport) == ("Ana", Locale.EN, "UTC", None)
    assert (owner.id, dict(owner.points), owner.created_at) == ("", {}, None)


def test_written_values_are_normalized() -> None:
    owner = build_owner(name="Ana", locale="pt-br", home_airport=" gru ", points={"MileagePlus": "45k"})
    assert (owner.locale, owner.home_airport, owner.points) == (Locale.PT_BR, "GRU", {"united": 45_000})
    assert build_owner(name="Ana", locale="pt").locale is Locale.PT_BR


@pytest.mark.parametrize(
    "value", ["amex,Ultimate Rewards", "amex; chase; ", ["amex", "Chase UR"], frozenset({"amex", "chase"})]
)
def test_targeted_banks_are_named_as_their_points(value: object) -> None:
    assert build_owner(name="Ana", targeted=value).targeted == {"amex", "chase"}


def test_locales_are_those_of_messages() -> None:
    assert list(Locale) == list(LANGUAGES.values())


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "name: "),
        ("name", "x" * 101, "name: must be one line of at most 100 characters"),
        ("name", "two\nlines", "name: must be one line without control characters"),
        ("locale", "pt_PT", 'unknown locale "pt_PT" \\(did you mean pt_BR\\?\\)'),
        ("timezone", "Mars/Olympus", 'timezone: unknown time zone "Mars/Olympus"'),
        ("home_airport", "NYC", 'home_airport: "NYC" is not the IATA code of an airport, such as LAX'),
        ("home_airport", ["LAX"], "home_airport: "),
        ("locale", 7, "locale: "),
        ("points", "amexx=5", "points: unknown bank or program"),
        ("points", {"amex": -1}, "points: "),
        ("targeted", "amexx", 'targeted: unknown bank "amexx" \\(did you mean amex\\?\\)'),
        ("targeted", "amex, united", 'targeted: unknown bank "united"'),
        ("targeted", 7, 'targeted: expected banks, as in amex, chase, not "7"'),
        ("targeted", [7], "targeted: expected banks"),
    ],
)
def test_an_invalid_value_names_its_field(field: str, value: object, error: str) -> None:
    values: dict[str, Any] = {"name": "Ana"} | {field: value}
    with pytest.raises(InvalidArgument, match=f"^{error}"):
        build_owner(**values)
