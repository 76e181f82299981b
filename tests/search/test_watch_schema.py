"""The published JSON Schema of watch files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from awardspider.search.amounts import currency_names
from awardspider.search.notify_table import NOTIFY_FIELDS
from awardspider.search.promotion_watches import build_promotion_watch
from awardspider.search.watch_fields import program_names
from awardspider.search.watch_file import dump_watches
from awardspider.search.watch_schema import promotion_watch_schema, watch_file_schema, watch_schema
from awardspider.search.watch_table import WATCH_FIELDS
from awardspider.search.watches import build
from scripts.watch_pages import PAGE, SCHEMA, page_text, schema_text
from tests.support.paths import ROOT
from tests.support.watch_values import PLAIN_VALUES, field_values, promotion_values

EXAMPLE = ROOT / "deploy" / "watches.example.yaml"
FILE_VALIDATOR = Draft202012Validator(watch_file_schema())
VALIDATOR = Draft202012Validator(watch_schema())
PROMOTION_VALIDATOR = Draft202012Validator(promotion_watch_schema())


class EditorLoader(yaml.SafeLoader):
    """A loader of YAML 1.2, which editors use: no days, no numbers such as 22:00, and only true and false are flags."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


for tag, pattern, starts in (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"), list(starts))


def errors(text: str) -> list[str]:
    return [error.message for error in FILE_VALIDATOR.iter_errors(yaml.load(text, EditorLoader))]


def is_valid(**values: object) -> bool:
    return VALIDATOR.is_valid(PLAIN_VALUES | values)


def test_the_published_schema_and_the_tables_of_the_manual_are_up_to_date() -> None:
    Draft202012Validator.check_schema(watch_file_schema())
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "run: python -m scripts.watch_pages"
    assert PAGE.read_text(encoding="utf-8") == page_text(), "run: python -m scripts.watch_pages"


def test_the_first_line_of_the_example_leads_editors_from_its_folder_to_the_schema() -> None:
    first = EXAMPLE.read_text(encoding="utf-8").splitlines()[0]
    assert (EXAMPLE.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve() == SCHEMA.resolve()


@pytest.mark.parametrize("page", [EXAMPLE, *sorted((ROOT / "docs").glob("*.md"))])
def test_the_watches_of_the_example_and_of_the_manual_are_valid(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    in_page = re.compile(r"^```yaml\n((?:watches|promotions):\n.*?)^```", re.MULTILINE | re.DOTALL)
    files = in_page.findall(text) if page.suffix == ".md" else [text]
    for file in files:
        assert errors(file) == []


def test_every_example_of_a_field_is_valid_and_described() -> None:
    for name, schema in watch_schema()["properties"].items():
        assert schema["description"].endswith(".")
        assert "](" not in schema["description"]
        for example in schema.get("examples", ()):
            needed = {"nights": 7} if "trip" in name else {"cabins": "first"} if name == "min_cabin_share" else {}
            assert is_valid(**needed | {name: example}), name
    for field in NOTIFY_FIELDS.values():
        assert is_valid(notify={field.name: field.example}), field.name


@settings(deadline=None)
@given(field_values())
def test_whatever_can_be_loaded_is_valid_and_so_is_what_is_written(values: dict[str, object]) -> None:
    watch = build(values)
    assert list(VALIDATOR.iter_errors(values)) == []
    assert list(VALIDATOR.iter_errors(watch.to_definition())) == []
    assert errors(dump_watches([watch])) == []


def test_every_example_of_a_field_of_promotions_is_valid_and_described() -> None:
    for name, schema in promotion_watch_schema()["properties"].items():
        assert schema["description"].endswith(".")
        assert "](" not in schema["description"]
        for example in schema.get("examples", ()):
            assert PROMOTION_VALIDATOR.is_valid({"name": "one", name: example}), name


@settings(deadline=None)
@given(promotion_values())
def test_whatever_can_be_loaded_of_promotions_is_valid_and_so_is_what_is_written(values: dict[str, object]) -> None:
    watch = build_promotion_watch(values)
    assert list(PROMOTION_VALIDATOR.iter_errors(values)) == []
    assert list(PROMOTION_VALIDATOR.iter_errors(watch.to_definition())) == []
    assert errors(dump_watches([], [watch])) == []


@pytest.mark.parametrize(
    "values",
    [
        {"name": None},
        {"cabins": "business"},
        {"kinds": "lottery"},
        {"kinds": ["transfer bonus", "round_up"]},
        {"min_percent": 0},
        {"min_percent": 301},
        {"min_percent": "much"},
        {"max_cents": 0},
        {"targeted": "perhaps"},
        {"notify": {"min_drop": 5}},
        {"id": "one"},
    ],
)
def test_invalid_watches_for_promotions_are_refused(values: dict[str, object]) -> None:
    assert not PROMOTION_VALIDATOR.is_valid({"name": "one"} | values)


@pytest.mark.parametrize("kinds", ["transfer bonus", "Transfer Bonuses, buy-miles", "award_sale or fare deals"])
def test_kinds_as_people_write_them_are_valid_and_can_be_loaded(kinds: str) -> None:
    assert PROMOTION_VALIDATOR.is_valid({"name": "one", "kinds": kinds})
    build_promotion_watch({"name": "one", "kinds": kinds})


@pytest.mark.parametrize("name", [name for name, field in WATCH_FIELDS.items() if not field.is_required])
def test_any_field_that_is_not_required_may_be_left_blank(name: str) -> None:
    assert is_valid(**{name: None})


@pytest.mark.parametrize(
    "values",
    [
        {"colour": "red"},
        {"name": None},
        {"origin": None},
        {"dates": ""},
        {"name": "x" * 101},
        {"note": "x" * 501},
        {"active": "perhaps"},
        {"cabins": "busines"},
        {"cabins": ["economy", "busines"]},
        {"cabins": "economy, busines"},
        {"alliances": "star trek"},
        {"max_miles": 0},
        {"max_miles": "lots"},
        {"max_miles": 25.5},
        {"travelers": 10},
        {"travelers": [2]},
        {"max_stops": "few"},
        {"programs": "untied"},
        {"programs": ["united", "seatsaero/foo"]},
        {"programs": "ecb"},
        {"carriers": "United"},
        {"carriers": ["UA", "99"]},
        {"operated_by": "SkyWest, UA"},
        {"aircraft": "Concorde"},
        {"aircraft": "jet"},
        {"flights": 7},
        {"flights": "837"},
        {"flights": ["UA837", "UA"]},
        {"not_via": "no"},
        {"max_taxes": "-5 USD"},
        {"max_taxes": "100 UDS"},
        {"max_taxes": "100"},
        {"max_taxes": "1 USD 2 USD"},
        {"max_miles": "1.55k"},
        {"max_miles": "80000 dollars"},
        {"max_duration": "14h90"},
        {"max_duration": "8 days"},
        {"max_duration": "170h"},
        {"departure_hours": "8-22"},
        {"departure_hours": "after 25:00"},
        {"arrival_hours": "before 13pm"},
        {"dates": "March"},
        {"dates": "2027-13"},
        {"dates": "2027-3-1"},
        {"dates": ["2027-03", "soon"]},
        {"dates": "2027-03-32"},
        {"notify": {"digest_at": "9"}},
        {"notify": {"quiet_hours": "22-7"}},
        {"notify": {"timezone": "Foo/Bar"}},
        {"max_stops": -1},
        {"nights": "a week"},
        {"nights": 181},
        {"max_duration": 14},
        {"max_duration": "14"},
        {"departure_hours": "morning"},
        {"max_taxes": "free"},
        {"max_taxes": 100},
        {"min_cabin_share": "80%"},
        {"max_trip_miles": 150_000},
        {"unknown_seats": "maybe"},
        {"expires": "soon"},
        {"programs": {"united": True}},
        {"programs": [["united"]]},
        {"carriers": {"UA": True}},
        {"notify": "phone"},
        {"notify": {"channel": "phone"}},
        {"notify": {"channels": {"phone": "loud"}}},
        {"notify": {"max_per_day": 0}},
        {"deal": "usual"},
        {"min_cpp": 0},
        {"min_cpp": "lots"},
        {"id": "one"},
    ],
)
def test_invalid_watches_are_refused(values: dict[str, object]) -> None:
    assert not is_valid(**values)


@pytest.mark.parametrize(
    "text",
    [
        "watches: []",
        "watches: soon",
        "watch: []",
        "[]",
        "{}",
        "watches:\n  - name: Austin\n    origin: LAX",
        "promotions: []",
        "watches: []\npromotions:",
        "promotions:\n  - kinds: transfer bonus",
        "promotions:\n  - name: Bonuses\nwatches: soon",
    ],
)
def test_other_files_are_refused(text: str) -> None:
    assert errors(text)


@pytest.mark.parametrize(
    "values",
    [
        {"programs": "AAdvantage; seatsaero/united, FLYING BLUE"},
        {"programs": ["delta/delta", "Miles & More"]},
        {"carriers": "ua nh; Star Alliance"},
        {"flights": "UA837 nh7, B6-0023"},
        {"aircraft": ["crj", "Boeing 777", 789]},
        {"max_taxes": "MXN $5,999"},
        {"max_taxes": "1.000,50 reais"},
        {"max_taxes": "C$ 80"},
        {"max_miles": "80 mil"},
        {"max_miles": "12,5k pts"},
        {"max_stops": "1 stop"},
        {"max_duration": "1 day 2 h"},
        {"max_duration": "14:30"},
        {"max_duration": "10080 min"},
        {"departure_hours": "From 6:30 a.m. to 10 PM"},
        {"arrival_hours": "not before Noon"},
        {"arrival_hours": "18h-24:00"},
        {"dates": 2027},
        {"dates": ["2027-03 Sáb-Dom", "+30..+120, not weekends"]},
        {"dates": "2027-04-03 ± 3 days; any time not Fri/Sat or fins de semana"},
        {"notify": {"timezone": "america/new york", "digest_at": "9am", "quiet_hours": "22h to 7:00"}},
        {"deal": None, "min_cpp": ""},
        {"deal": "Record low", "min_cpp": "1.8 cpp"},
        {"deal": "good", "min_cpp": 2},
    ],
)
def test_values_as_people_write_them_are_valid_and_can_be_loaded(values: dict[str, object]) -> None:
    assert is_valid(**values)
    as_text = {name: str(value) if isinstance(value, int) else value for name, value in values.items()}
    as_text = {name: [*map(str, value)] if isinstance(value, list) else value for name, value in as_text.items()}
    build(PLAIN_VALUES | as_text)


def test_every_name_of_a_program_a_currency_and_a_time_zone_is_valid() -> None:
    assert [name for name in program_names() if not is_valid(programs=f"{name.upper()}, united")] == []
    currencies = [text for name in currency_names() for text in (f"{name.upper()} 10", f"10 {name}")]
    assert [text for text in currencies if not is_valid(max_taxes=text)] == []
    assert [name for name in available_timezones() if not is_valid(notify={"timezone": name})] == []
