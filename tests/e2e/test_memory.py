"""The memory that a crawl needs if a site sends far more than it should."""

from __future__ import annotations

import pytest

from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox

MAX_MEGABYTES = 250


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("endless_headers", "unexpected_response"),
        ("huge", "unexpected_response"),
        ("robots_huge", "refused_by_robots"),
        ("robots_endless_headers", "refused_by_robots"),
    ],
)
def test_a_site_cannot_fill_the_memory(workspace: Workspace, server: Sandbox, fault: str, reason: str) -> None:
    server.fault("www.united.com", fault)
    arguments = ("-a", "origin=LAX", "-a", "destination=AUS", "-a", "dates=+60", "-a", "detail=itinerary")
    assert workspace.peak_megabytes("crawl", "united", *arguments) < MAX_MEGABYTES
    assert [search["reason"] for search in workspace.searches] == [reason]
