"""Every program against its own site in the sandbox: it finds offers, and what it could not see changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from awardspider.programs import programs
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.sites import Site
from awardspider.sandbox.world import World
from tests.support.many_crawls import Case, Result, crawl_all
from tests.support.sandbox_server import sandbox

Fault: TypeAlias = tuple[dict[str, Any], str]

SPIDERS = SpiderLoader(Settings({"SPIDER_MODULES": ["awardspider.spiders"]}))
PROGRAMS = sorted(programs())
FIRST = (datetime.now(UTC) + timedelta(days=40)).date()
STOP_AT_ONCE = ("blocked", "rate_limited", "sign_in_needed")
# Programs that are crawled side by side, each with a sandbox of its own; workers of pytest-xdist are so already.
AT_ONCE = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2

# A fault lets a crawl wait, in a browser for what never comes too; a busy machine may take seconds for an answer.
HASTY = {"http": {"DOWNLOAD_TIMEOUT": 10, "RETRY_ENABLED": False}, "browser": {"DOWNLOAD_TIMEOUT": 4}}
SLOW = {"DOWNLOAD_TIMEOUT": 1, "RETRY_ENABLED": False}

# Fault -> reason.
FAULTS: list[Fault] = [
    ({"fault": "blocked", "variant": "akamai_403"}, "blocked"),
    ({"fault": "blocked", "variant": "challenge_200"}, "blocked"),
    ({"fault": "rate_limited", "retry_after": 3600}, "rate_limited"),
    ({"fault": "html"}, "unexpected_response"),
    ({"fault": "changed_shape"}, "unexpected_response"),
    ({"fault": "bad_json"}, "unexpected_response"),
    ({"fault": "500"}, "unreachable"),
    ({"fault": "robots"}, "refused_by_robots"),
    ({"fault": "robots_html"}, "refused_by_robots"),
    ({"fault": "robots_blocked"}, "refused_by_robots"),
]
# These show how a transport deals with it, which is the same in a browser for all: test_outcomes.py looks there.
PLAIN_FAULTS: list[Fault] = [
    ({"fault": "blocked", "variant": "akamai_428"}, "blocked"),
    ({"fault": "blocked", "variant": "cloudflare_403"}, "blocked"),
    ({"fault": "expired"}, "sign_in_needed"),
    ({"fault": "deep"}, "unexpected_response"),
    ({"fault": "wrong_encoding"}, "unexpected_response"),
    ({"fault": "reset"}, "unreachable"),
    ({"fault": "slow", "seconds": 20, "for": 12}, "unreachable"),
    ({"fault": "robots_500"}, "refused_by_robots"),
]
SIGN_IN: Fault = ({"fault": "sign_in"}, "sign_in_needed")
EMPTY, SOLD_OUT = {"fault": "empty"}, {"fault": "sold_out"}
DETAILS = {"calendar": "day", "itinerary": "itinerary"}


@cache
def sites() -> dict[str, Site]:
    return {site.key: site for site in airline_sites(World(7, Clock(datetime.now(UTC))))}


def transport_of(program: str) -> str:
    return str(SPIDERS.load(program).transport)


@cache
def faults_of(program: str) -> tuple[Fault, ...]:
    """The faults that are common, and the site's own, after which nobody could look; with what each means."""
    site = sites()[program]
    own: list[Fault] = [({"fault": "refused", "variant": each.name}, each.reason) for each in site.refusals]
    plain = PLAIN_FAULTS if transport_of(program) == "http" else []
    faults = [*FAULTS, *plain, *([SIGN_IN] if site.sign_in else []), *own]
    return tuple(({"host": site.hosts[0]} | fault, reason) for fault, reason in faults)


def looks_of(program: str) -> dict[str, str]:
    """The arguments of a crawl over some days of the control route."""
    route = programs()[program].control_route
    assert route
    looks = {"origin": route[0], "destination": route[1], "dates": f"{FIRST}..{FIRST + timedelta(days=2)}"}
    # Each look in a browser takes its time: one day, and no more cabins than it takes for a second look.
    few = {"dates": str(FIRST), "cabins": "economy,business"}
    return looks | few if transport_of(program) == "browser" else looks


def nothing_left(program: str) -> list[Case]:
    """Crawls of what has nothing to sell: of days and of flights that are sold out, and of a route without any."""
    host, settings = sites()[program].hosts[0], HASTY[transport_of(program)]
    looks, kinds = looks_of(program), SPIDERS.load(program).search_kinds
    faults = [(SOLD_OUT, looks | {"detail": DETAILS[kind]}) for kind in kinds] + [(EMPTY, looks)]
    return [Case(faults=({"host": host} | fault,), arguments=looks, settings=settings) for fault, looks in faults]


def crawled(folder: Path, program: str) -> list[Result]:
    """A crawl without a fault, then one under each, then those that find nothing; all on one database."""
    arguments, hasty = looks_of(program), HASTY[transport_of(program)]
    cases = [Case(arguments=arguments)]
    for fault, _ in faults_of(program):
        settings = SLOW if fault["fault"] == "slow" else hasty
        cases.append(Case(faults=(fault,), arguments=arguments, settings=settings))
    cases += nothing_left(program)
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as server:
        return crawl_all(server.url, folder, program, cases)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """For each program that a chosen test asks for, its results, as a future."""
    folder = tmp_path_factory.mktemp("every")
    chosen = {item.callspec.params["program"] for item in request.session.items if _is_ours(item)}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {program: pool.submit(crawled, folder / program, program) for program in sorted(chosen)}


def _is_ours(item: Any) -> bool:
    return item.path == Path(__file__) and "program" in getattr(getattr(item, "callspec", None), "params", {})


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_finds_offers(results: dict[str, Future[list[Result]]], program: str) -> None:
    found = results[program].result()[0]
    assert found.error is None
    assert found.finish_reason == "finished"
    assert found.searches
    assert {outcome for _, outcome, *_ in found.searches} <= {"found", "empty"}
    assert found.offers


CASES = [
    pytest.param(program, number, id=f"{program}-{fault['fault']}-{fault.get('variant', '')}".rstrip("-"))
    for program in PROGRAMS
    for number, (fault, _) in enumerate(faults_of(program))
]


@pytest.mark.parametrize(("program", "number"), CASES)
def test_what_it_cannot_see_changes_nothing(
    results: dict[str, Future[list[Result]]], program: str, number: int
) -> None:
    before, after = results[program].result()[number : number + 2]
    reason = faults_of(program)[number][1]
    assert after.error is None
    assert after.searches
    assert {look[2] for look in after.searches} == {reason}, after.searches
    assert after.offers == before.offers
    if reason in STOP_AT_ONCE:
        # A page in a browser asks more than once itself.
        most = 2 if transport_of(program) == "http" else 4
        assert 1 <= after.fault_hits <= most, "at most one more request follows"


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_has_nothing_left_says_none_and_its_offers_are_gone(
    results: dict[str, Future[list[Result]]], program: str
) -> None:
    faults = len(faults_of(program))
    before, *nothing = results[program].result()[faults:]
    assert len(nothing) == len(nothing_left(program))
    for after in nothing:
        assert after.error is None
        assert after.finish_reason == "finished"
        assert {look[1] for look in after.searches} == {"empty"}, after.searches
        assert after.fault_hits, "the site was asked"
        assert after.offers.items() <= before.offers.items()
        before = after
    *_, sold_out, _ = nothing
    assert sold_out.offers == {}
