"""The note of an unexpected response names the required paths that the response lacks, for every program."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from awardspider.crawling.field_coverage import missing_paths
from awardspider.items import ParseWarning, SearchKind, SearchReportItem
from awardspider.outcomes import Reason
from awardspider.parsers import get_parser
from awardspider.programs import programs
from tests.support.parser_cases import CASES_WITH_OFFERS, SEEN_AT, Case
from tests.support.response_formats import path_keys, unpack

SPIDERS = SpiderLoader(Settings({"SPIDER_MODULES": ["awardspider.spiders"]}))


def report(case: Case, body: bytes) -> SearchReportItem:
    class Reparse(SPIDERS.load(case.program)):  # type: ignore[misc]
        def record_warning(self, warning: ParseWarning) -> None:
            pass

    items = list(Reparse().reparse(case.search, body, SEEN_AT, 200))
    return next(item for item in items if isinstance(item, SearchReportItem))


def renamed(value: Any, key: str) -> Any:
    """Return the value with a key renamed wherever it occurs."""
    if isinstance(value, list):
        return [renamed(item, key) for item in value]
    if isinstance(value, dict):
        return {f"new_{name}" if name == key else name: renamed(item, key) for name, item in value.items()}
    return value


@pytest.mark.parametrize("program", sorted(programs()))
def test_an_unexpected_response_names_the_renamed_key(program: str) -> None:
    notes = []
    cases = [case for case in CASES_WITH_OFFERS if case.program == program and not case.expected.get("lacks")]
    for kind, case in {case.search.kind: case for case in cases}.items():
        for key in path_keys(get_parser(program).REQUIRED_PATHS[kind]):
            for tree, pack in unpack(case.body):
                result = report(case, pack(renamed(tree, key)))
                if result.reason is Reason.UNEXPECTED_RESPONSE:
                    assert key in result.note, (kind, key, result.note)
                    notes.append(result.note)
    assert notes


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (b"{}", ["data"]),
        (b'{"data": {"Calendar": {"Months": []}}}', ["data.Calendar.Months[]"]),
        (b"<html>", []),
    ],
)
def test_missing_paths_end_at_the_first_missing_key(body: bytes, paths: list[str]) -> None:
    found = missing_paths(get_parser("united"), SearchKind.CALENDAR, body)
    assert found == paths
