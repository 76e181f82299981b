"""The faults that sources of promotions are crawled under, and the reason of each failure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.support.sandbox_server import sandbox
from tests.support.source_crawls import SourceCrawl, crawl_under_faults

Row: TypeAlias = tuple[str, dict[str, Any], str | None]

#: A crawl with conditional requests, to which the sites respond that nothing has changed.
UNCHANGED = "unchanged"

FAULTS: list[Row] = [
    ("ok", {}, None),
    (UNCHANGED, {}, None),
    ("blocked", {"variant": "akamai_403"}, "blocked"),
    ("blocked", {"variant": "akamai_428"}, "blocked"),
    ("blocked", {"variant": "cloudflare_403"}, "blocked"),
    ("blocked", {"variant": "challenge_200"}, "blocked"),
    ("rate_limited", {"retry_after": 3600}, "rate_limited"),
    ("rate_limited", {"retry_after": 1}, "rate_limited"),
    ("sign_in", {}, "sign_in_needed"),
    ("expired", {}, "sign_in_needed"),
    ("redirect_sign_in", {}, "sign_in_needed"),
    ("redirect_sign_in", {"variant": "absolute"}, "sign_in_needed"),
    ("html", {}, "unexpected_response"),
    ("html", {"variant": "sign_in"}, "sign_in_needed"),
    ("empty", {}, "unexpected_response"),
    ("renamed_keys", {}, "unexpected_response"),
    ("bad_json", {}, "unexpected_response"),
    ("huge", {}, "unexpected_response"),
    ("deep", {}, "unexpected_response"),
    ("endless_headers", {}, "unexpected_response"),
    ("wrong_encoding", {}, "unexpected_response"),
    ("slow", {"seconds": 30}, "unreachable"),
    ("reset", {}, "unreachable"),
    ("500", {}, "unreachable"),
    ("robots", {}, "refused_by_robots"),
    ("robots_html", {}, "refused_by_robots"),
    ("robots_500", {}, "refused_by_robots"),
    ("robots_blocked", {}, "refused_by_robots"),
    ("robots_huge", {}, "refused_by_robots"),
    ("robots_endless_headers", {}, "refused_by_robots"),
    ("refused", {"variant": "challenge_403"}, "blocked"),
    ("refused", {"variant": "challenge_200"}, "blocked"),
]

#: Faults that damage a response, and a few others.
OTHER_FAULTS = [
    row
    for row in FAULTS
    if row[0]
    in ("ok", UNCHANGED, "empty", "renamed_keys", "bad_json", "deep", "wrong_encoding", "html", "expired", "robots")
    or row[1] in ({"variant": "cloudflare_403"}, {"variant": "absolute"}, {"retry_after": 3600})
]


def crawl(folder: Path, spider: str, urls: list[str], hosts: list[str], faults: list[Row]) -> list[SourceCrawl]:
    """Crawl once under each fault of these hosts."""
    controls = [
        None if fault == UNCHANGED else [{"host": host, "fault": fault, **options} for host in hosts]
        for fault, options, _ in faults
    ]
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as server:
        return crawl_under_faults(server.url, folder, spider, urls, controls)


def for_each(rows: list[Row]) -> pytest.MarkDecorator:
    """Parametrize a test with the indexes of rows."""
    ids = [" ".join(map(str, (fault, *options.values()))) for fault, options, _ in rows]
    return pytest.mark.parametrize("number", range(len(rows)), ids=ids)
