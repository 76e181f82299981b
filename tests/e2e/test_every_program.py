"""Every program against its own site in the sandbox: it finds offers, and what it could not see changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from awardspider.programs import programs
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.sites import Site
from awardspider.sandbox.world import World
from tests.e2e.many_crawls import Case, Result, crawl_all
from tests.sandbox_server import Sandbox

# A fault lets a crawl wait; a page of a browser needs longer than an answer of the sandbox beside us.
HASTY = {
    "http": {"DOWNLOAD_TIMEOUT": 1, "RETRY_ENABLED": False},
    "browser": {"DOWNLOAD_TIMEOUT": 4, "RETRY_ENABLED": False},
}
SPIDERS = SpiderLoader(Settings({"SPIDER_MODULES": ["awardspider.spiders"]}))
FIRST = (datetime.now(UTC) + timedelta(days=40)).date()
STOP_AT_ONCE = ("blocked", "rate_limited", "sign_in_needed")

# Fault -> reason; None: the program's own way of saying none.
FAULTS: list[tuple[dict[str, Any], str | None]] = [
    ({"fault": "blocked", "variant": "akamai_403"}, "blocked"),
    ({"fault": "blocked", "variant": "akamai_428"}, "blocked"),
    ({"fault": "blocked", "variant": "cloudflare_403"}, "blocked"),
    ({"fault": "blocked", "variant": "challenge_200"}, "blocked"),
    ({"fault": "rate_limited", "retry_after": 3600}, "rate_limited"),
    ({"fault": "expired"}, "sign_in_needed"),
    ({"fault": "html"}, "changed"),
    ({"fault": "changed_shape"}, "changed"),
    ({"fault": "bad_json"}, "changed"),
    ({"fault": "deep"}, "changed"),
    ({"fault": "wrong_encoding"}, "changed"),
    ({"fault": "reset"}, "unreachable"),
    ({"fault": "500"}, "unreachable"),
    ({"fault": "slow", "seconds": 20, "for": 3}, "unreachable"),
    ({"fault": "robots"}, "refused_by_robots"),
    ({"fault": "robots_html"}, "refused_by_robots"),
    ({"fault": "robots_500"}, "refused_by_robots"),
    ({"fault": "robots_blocked"}, "refused_by_robots"),
]
# The program's own way of saying none comes last: it is the one after which offers are gone.
EMPTY: tuple[dict[str, Any], str | None] = ({"fault": "empty"}, None)


@cache
def sites() -> dict[str, Site]:
    return {site.key: site for site in airline_sites(World(7, Clock(datetime.now(UTC)))) if site.key in programs()}


@cache
def site_of(program: str) -> Site:
    return sites()[program]


def faults_of(program: str) -> list[tuple[dict[str, Any], str | None]]:
    """The common faults and the site's own, with what each means."""
    site = site_of(program)
    own: list[tuple[dict[str, Any], str | None]] = [
        ({"fault": "refused", "variant": refusal.name}, refusal.reason) for refusal in site.refusals
    ]
    signed: list[tuple[dict[str, Any], str | None]] = [({"fault": "sign_in"}, "sign_in_needed")] if site.sign_in else []
    return [({"host": site.hosts[0]} | fault, reason) for fault, reason in [*FAULTS, *signed, *own, EMPTY]]


def looks_of(program: str) -> dict[str, str]:
    """The arguments of a crawl over some days of the control route."""
    route = programs()[program].control_route
    assert route
    return {"origin": route[0], "destination": route[1], "dates": f"{FIRST}..{FIRST + timedelta(days=2)}"}


@cache
def crawled(server: str, folder: Path, program: str) -> list[Result]:
    arguments = looks_of(program)
    cases = [Case(arguments=arguments)]
    hasty = HASTY[SPIDERS.load(program).transport]
    cases += [Case(faults=(fault,), arguments=arguments, settings=hasty) for fault, _ in faults_of(program)]
    return crawl_all(server, folder, program, cases)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("every")


EVERY = pytest.mark.parametrize("program", sorted(sites()))


@EVERY
def test_it_finds_offers(server: Sandbox, folder: Path, program: str) -> None:
    found = crawled(server.url, folder / program, program)[0]
    assert found.error is None
    assert found.finish_reason == "finished"
    assert found.looks
    assert {outcome for _, outcome, *_ in found.looks} <= {"found", "none"}
    assert found.offers


CASES = [
    pytest.param(program, number, id=f"{program}-{fault['fault']}-{fault.get('variant', '')}".rstrip("-"))
    for program in sorted(sites())
    for number, (fault, _) in enumerate(faults_of(program))
]


@pytest.mark.parametrize(("program", "number"), CASES)
def test_what_it_cannot_see_changes_nothing(server: Sandbox, folder: Path, program: str, number: int) -> None:
    results = crawled(server.url, folder / program, program)
    before, after = results[number], results[number + 1]
    reason = faults_of(program)[number][1]
    assert after.error is None
    assert after.looks
    if reason is None:
        assert {look[1] for look in after.looks} == {"none"}, after.looks
        return
    assert {look[2] for look in after.looks} == {reason}, after.looks
    assert after.offers == before.offers
    if reason in STOP_AT_ONCE:
        assert 1 <= after.struck <= 2, "at most one more request follows"
