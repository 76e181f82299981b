"""Answers of the sandbox as each spider really asks for them: a crawl of its control route, and the answers it kept."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from awardspider.items import Cabin, Search
from awardspider.programs import programs
from awardspider.storage.responses import load_answer
from tests.support.many_crawls import Case, crawl_all

DAYS_AHEAD = 75


def answers_of(program: str, sandbox_url: str) -> dict[str, tuple[bytes, Search]]:
    """For each kind of search that the program answered: the longest of its raw answers, and the search it answers."""
    route = programs()[program].control_route
    assert route
    day = (datetime.now(UTC) + timedelta(days=DAYS_AHEAD)).date()
    arguments = {"origin": route[0], "destination": route[1], "dates": f"{day}..{day + timedelta(days=2)}"}
    with tempfile.TemporaryDirectory() as name:
        crawl_all(sandbox_url, Path(name), program, [Case(arguments=arguments)])
        kept = [load_answer(path) for path in Path(name).glob("answers/*/*/*.zst")]
    found: dict[str, tuple[bytes, Search]] = {}
    for body, about in sorted(kept, key=lambda answer: len(answer[0])):
        if about["page"] > 0 and about["status"] == 200:
            found[about["kind"]] = (body, _search(about))
    return found


def _search(about: dict[str, str]) -> Search:
    return Search(
        program=about["program"],
        kind=about["kind"],
        origin=about["origin"],
        destination=about["destination"],
        first=date.fromisoformat(about["first"]),
        last=date.fromisoformat(about["last"]),
        cabins=tuple(map(Cabin, about["cabins"])),
        travelers=int(about["travelers"]),
        subject=about["target_program"],
        reference=about["reference"],
    )
