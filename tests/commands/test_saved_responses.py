"""The searches of archived and supplied responses: options, metadata and detected values."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from awardspider.commands._saved_responses import (
    SavedResponse,
    add_search_options,
    parse_search_options,
    read_response,
)
from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import InvalidArgument
from awardspider.parsers import get_parser
from awardspider.programs import programs
from awardspider.storage.responses import ResponseArchive, response_metadata
from tests.support.paths import ROOT

TODAY = date(2026, 11, 22)
SEEN_AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
FIXTURES = ROOT / "tests" / "fixtures"
ARCHIVED = Search(
    program="united",
    kind=SearchKind.CALENDAR,
    origin="LAX",
    destination="AUS",
    first=date(2027, 3, 1),
    last=date(2027, 3, 31),
    cabins=(Cabin.ECONOMY,),
    travelers=2,
    id="s1",
)


def options(*arguments: str) -> Any:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_search_options(parser)
    return parse_search_options(parser.parse_args(arguments), TODAY)


def read(program: str, file: Path, *arguments: str) -> SavedResponse:
    return read_response(program, file, options(*arguments))


def archive(tmp_path: Path, search: Search = ARCHIVED, **changes: Any) -> Path:
    """Archive a response with changed metadata."""
    metadata = response_metadata(search, seen_at=SEEN_AT, status=200, url="https://www.united.com/")
    changed = msgspec.structs.replace(metadata, **changes)
    store = ResponseArchive(tmp_path, None, None)
    return store.folder / store.save("s1", b"{}", changed)


def test_an_archived_response_needs_no_options(tmp_path: Path) -> None:
    response = read("united", archive(tmp_path))
    assert response.search == ARCHIVED
    assert (response.search.id, response.seen_at, response.status, response.page) == ("s1", SEEN_AT, 200, 1)
    assert response.body() == b"{}"


def test_options_override_every_archived_part(tmp_path: Path) -> None:
    response = read(
        "united",
        archive(tmp_path),
        *("--kind", "itinerary", "--origin", "SFO", "--destination", "nrt", "--dates", "2027-05"),
        *("--cabin", "business,first", "--travelers", "3", "--target-program", "united", "--source-id", "x1"),
        *("--page", "2", "--status", "404", "--seen-at", "2026-04-01T12:00Z"),
    )
    assert response.search == Search(
        program="united",
        kind=SearchKind.ITINERARY,
        origin="SFO",
        destination="NRT",
        first=date(2027, 5, 1),
        last=date(2027, 5, 31),
        cabins=(Cabin.BUSINESS, Cabin.FIRST),
        travelers=3,
        target_program="united",
        source_id="x1",
    )
    assert (response.page, response.status, response.seen_at.isoformat()) == (2, 404, "2026-04-01T12:00:00+00:00")


@pytest.mark.parametrize(
    ("dates", "first", "last"),
    [
        ("2027-03-02", date(2027, 3, 2), date(2027, 3, 2)),
        ("2027-03", date(2027, 3, 1), date(2027, 3, 31)),
        ("2025-03-02..2025-04-05", date(2025, 3, 2), date(2025, 4, 5)),
    ],
)
def test_dates_are_a_day_a_month_or_a_range(tmp_path: Path, dates: str, first: date, last: date) -> None:
    search = read("united", archive(tmp_path), "--dates", dates).search
    assert (search.first, search.last) == (first, last)


def test_options_supply_what_a_response_does_not_say(tmp_path: Path) -> None:
    file = tmp_path / "response.json"
    file.write_bytes((FIXTURES / "flyingblue" / "calendar-month" / "response.json").read_bytes())
    os.utime(file, (SEEN_AT.timestamp(), SEEN_AT.timestamp()))
    response = read("flyingblue", file, "--origin", "CDG", "--destination", "JFK", "--cabin", "business")
    assert response.search.kind is SearchKind.CALENDAR
    assert (response.search.origin, response.search.destination) == ("CDG", "JFK")
    assert response.search.cabins == (Cabin.BUSINESS,)
    assert response.seen_at == SEEN_AT


@pytest.mark.parametrize("program", sorted(programs()))
def test_every_fixture_can_be_parsed_with_the_options_of_its_search(program: str) -> None:
    """Together, response and options give the search of each fixture, whatever the response leaves out."""
    kinds = get_parser(program).PARSERS
    tried = 0
    for expected_file in sorted((FIXTURES / program).glob("*/expected.json")):
        case = msgspec.json.decode(expected_file.read_bytes())
        (file,) = [path for path in expected_file.parent.iterdir() if path.stem == "response"]
        search = dict(case["search"])
        arguments = {
            "--kind": search["kind"],
            "--origin": search["origin"],
            "--destination": search["destination"],
            "--dates": f"{search['first']}..{search['last']}",
            "--cabin": ",".join(search.get("cabins", [])),
            "--travelers": str(search.get("travelers", 1)),
            "--target-program": search.get("target_program", ""),
            "--source-id": search.get("source_id", ""),
        }
        if not file.read_bytes().strip() or "QQQ" in (search["origin"], search["destination"]):  # an unknown airport
            continue
        given = [part for pair in arguments.items() if pair[1] for part in pair]
        found = read(program, file, *given).search
        expected = {
            "program": program,
            "travelers": 1,
            "cabins": [],
            "target_program": found.target_program,
            "source_id": "",
            "id": "",
        }
        assert msgspec.json.decode(msgspec.json.encode(found)) == expected | search
        assert found.kind in kinds
        tried += 1
    assert tried


def test_a_page_of_several_regions_is_of_any_region(tmp_path: Path) -> None:
    file = FIXTURES / "seatsaero" / "bulk-unknown-values" / "response.json"
    assert read("seatsaero", file).search.destination == "any"
    response = read("seatsaero", file, "--destination", "south america", "--origin", "any", "--target-program", "sas")
    assert (response.search.origin, response.search.destination) == ("any", "South America")
    assert response.search.target_program == "sas"


def test_a_list_of_routes_is_of_its_day() -> None:
    file = FIXTURES / "seatsaero" / "routes-list" / "response.json"
    search = read("seatsaero", file, "--target-program", "flyingblue", "--seen-at", "2026-04-01T12:00Z").search
    assert (search.kind, search.first, search.last) == (SearchKind.ROUTES, date(2026, 4, 1), date(2026, 4, 1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"program": "delta"}, "is a response of 'delta', not of united"),
        ({"program": "\x1b[2J"}, r"is a response of '\\x1b\[2J'"),
        ({"program": "x" * 200}, "is a response of 'xxx"),
        ({"kind": SearchKind.BULK}, "united has no bulk responses, only calendar, itinerary"),
        ({"origin": "Los Angeles"}, "'Los Angeles' is not a known airport"),
        ({"destination": ""}, "'' is not a known airport"),
        ({"destination": "\x00" * 9000}, "is not a known airport"),
        ({"first": date(2027, 4, 1)}, "in the wrong order"),
        ({"first": date(1, 1, 1)}, "0001-01-01 is not a date of a response"),
        ({"last": date(9999, 12, 31)}, "9999-12-31 is not a date of a response"),
        ({"seen_at": datetime(9999, 12, 31, 23, tzinfo=UTC)}, "is not a date of a response"),
        ({"seen_at": datetime(2090, 1, 1, tzinfo=UTC)}, "2090-01-01 00:00:00.00:00 is in the future"),
        ({"target_program": "mileageplus"}, "unknown program 'mileageplus'"),
        ({"target_program": "\x00" * 9000}, "unknown program"),
    ],
)
def test_an_archived_search_that_cannot_exist_is_an_error(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = archive(tmp_path)
    content = archive(tmp_path, **changes)
    content.replace(path)
    with pytest.raises(InvalidArgument, match=message) as raised:
        read("united", path)
    assert str(path) in str(raised.value)
    assert len(str(raised.value)) < len(str(path)) + 200


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (b" \n", (), "is empty"),
        (b"text", (), "is not recognized as a response of united"),
        ("{}".encode("utf-16"), (), "is not recognized"),
        (b"{}", ("--kind", "calendar"), "add --origin and --destination"),
        (b"{}", ("--kind", "calendar", "--origin", "LAX", "--destination", "AUS"), "add --dates"),
        (b"{}", ("--kind", "routes", "--dates", "2027-03"), "united has no routes responses"),
    ],
)
def test_a_supplied_file_without_a_search_is_an_error(
    tmp_path: Path, content: bytes, arguments: tuple[str, ...], message: str
) -> None:
    file = tmp_path / "response.json"
    file.write_bytes(content)
    with pytest.raises(InvalidArgument, match=message):
        read("united", file, *arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--origin", "NYC"), "--origin: NYC means 3 airports"),
        (("--kind", "bulk", "--origin", "LAX"), "--origin: 'LAX' is not any or a region"),
        (("--cabin", "busines"), "--cabin: unknown value 'busines'"),
        (("--dates", "someday"), "--dates"),
        (("--travelers", "10"), "--travelers: expected 1 to 9"),
        (("--target-program", "nothing"), "--target-program: unknown program 'nothing'"),
        (("--page", "0"), "--page"),
        (("--status", "999"), "--status: expected 100 to 599"),
        (("--seen-at", "yesterday"), "--seen-at: expected a time"),
    ],
)
def test_an_invalid_option_is_an_error(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        options(*arguments)


def test_a_file_that_disappears_is_an_error(tmp_path: Path) -> None:
    response = read("united", archive(tmp_path))
    response.file.unlink()
    with pytest.raises(InvalidArgument, match="cannot be read: No such file"):
        response.body()
    assert replace(response, page=2).page == 2
