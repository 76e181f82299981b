"""docs/programs.md and its generator."""

from __future__ import annotations

import re

import pytest

from awardspider.programs import all_programs, programs
from scripts import programs_page
from tests.support.manual import page_anchors
from tests.support.parser_cases import CASES, expected_offer

REGENERATE = "run `python -m scripts.programs_page` and commit the result"


def test_page_is_up_to_date() -> None:
    assert programs_page.PAGE.read_text(encoding="utf-8") == programs_page.page(), REGENERATE


def test_menu_is_up_to_date() -> None:
    text = programs_page.MENU.read_text(encoding="utf-8")
    assert text == programs_page.menu(text), REGENERATE


def test_every_program_is_on_the_page() -> None:
    page = programs_page.page()
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert [name for name in headings if name in {program.name for program in programs().values()}] == sorted(
        (program.name for program in programs().values()), key=str.lower
    )
    assert [key for key in all_programs() if f"`{key}`" not in page] == []


def test_names_in_the_tables_link_to_their_sections() -> None:
    page = programs_page.page()
    anchors = dict(re.findall(r"^\[(.+)\]: #(.+)$", page, re.MULTILINE))
    assert set(re.findall(r"^\| \[(.+?)\]", page, re.MULTILINE)) == set(anchors)
    assert set(anchors.values()) <= page_anchors(programs_page.PAGE)


@pytest.mark.parametrize(
    ("program", "requests"),
    [
        ("united", "12"),  # calendar months
        ("american", "48"),  # the same for each of four cabins
        ("virginatlantic", "24"),  # two requests a month
        ("cathay", "8"),  # two requests for each of four cabins
        ("sas", "1"),
        ("qantas", "354"),  # today and 353 days more
        ("delta", "48 for economy, 332 for other cabins"),
    ],
)
def test_requests_for_a_route_year(program: str, requests: str) -> None:
    assert programs_page.route_year(program) == requests


def test_coverage_of_a_program() -> None:
    assert programs_page.quality(programs()["united"]) | {"fixture": ""} == {
        "fixture": "",
        "recorded response": "yes",
        "block patterns": "yes",
        "on sale": "yes",
        "seats": "yes",
        "mixed cabin": "yes",
        "cash price": "yes",
    }
    cathay = programs_page.quality(programs()["cathay"])
    assert (cathay["recorded response"], cathay["seats"]) == ("no", "not offered")


@pytest.mark.parametrize("program", sorted(programs()))
def test_fields_not_offered_are_in_no_tested_response(program: str) -> None:
    offers = [
        expected_offer(case, expected)
        for case in CASES
        if case.program == program
        for expected in case.expected.get("offers", ())
    ]
    filled = {name for offer in offers for name in programs()[program].fields_not_offered if getattr(offer, name)}
    assert filled == set()
