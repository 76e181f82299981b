"""Raw responses from the sandbox, fetched by crawling each program's control route."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from awardspider.items import Cabin, Search, SearchKind
from awardspider.programs import programs
from awardspider.storage.responses import load_response
from tests.support.many_crawls import Case, crawl_all

DAYS_AHEAD = 75


def fetch_responses(program: str, sandbox_url: str) -> dict[SearchKind, tuple[bytes, Search]]:
    """Return the longest raw response for each kind of search, with the search that produced it."""
    route = programs()[program].control_route
    assert route
    day = (datetime.now(UTC) + timedelta(days=DAYS_AHEAD)).date()
    arguments = {"origin": route[0], "destination": route[1], "dates": f"{day}..{day + timedelta(days=2)}"}
    with tempfile.TemporaryDirectory() as folder:
        crawl_all(sandbox_url, Path(folder), program, [Case(arguments=arguments)])
        archived = [load_response(path) for path in Path(folder).glob("*/*/*/*.zst")]
    longest: dict[SearchKind, tuple[bytes, Search]] = {}
    for body, metadata in sorted(archived, key=lambda pair: len(pair[0])):
        if metadata["page"] > 0 and metadata["http_status"] == 200:
            search = _search(metadata)
            longest[search.kind] = (body, search)
    return longest


def _search(metadata: dict[str, Any]) -> Search:
    return Search(
        program=metadata["program"],
        kind=SearchKind(metadata["kind"]),
        origin=metadata["origin"],
        destination=metadata["destination"],
        first=date.fromisoformat(metadata["first"]),
        last=date.fromisoformat(metadata["last"]),
        cabins=tuple(map(Cabin, metadata["cabins"])),
        travelers=int(metadata["travelers"]),
        target_program=metadata["target_program"],
        source_id=metadata["source_id"],
    )
