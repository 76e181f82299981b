"""Every program against its site in the sandbox: it finds offers, and failed searches change nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from awardspider.items import SearchKind
from tests.support.many_crawls import Case, Result, crawl_all
from tests.support.program_crawls import FAST, PROGRAMS, SOLD_OUT, SPIDERS, crawl_arguments, sites, transport
from tests.support.sandbox_server import sandbox

Fault: TypeAlias = tuple[dict[str, Any], str]

STOP_REASONS = ("blocked", "rate_limited", "sign_in_needed")
# Programs that are crawled in parallel, each with its own sandbox; workers of pytest-xdist run in parallel already.
PARALLEL = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2

SLOW = {"DOWNLOAD_TIMEOUT": 1, "RETRY_ENABLED": False}

# Fault -> reason.
FAULTS: list[Fault] = [
    ({"fault": "blocked", "variant": "akamai_403"}, "blocked"),
    ({"fault": "blocked", "variant": "challenge_200"}, "blocked"),
    ({"fault": "rate_limited", "retry_after": 3600}, "rate_limited"),
    ({"fault": "html"}, "unexpected_response"),
    ({"fault": "renamed_keys"}, "unexpected_response"),
    ({"fault": "bad_json"}, "unexpected_response"),
    ({"fault": "500"}, "unreachable"),
    ({"fault": "robots"}, "refused_by_robots"),
    ({"fault": "robots_html"}, "refused_by_robots"),
    ({"fault": "robots_blocked"}, "refused_by_robots"),
]
# Faults that test the transport. In a browser they are the same for all programs: see test_outcomes.py.
HTTP_FAULTS: list[Fault] = [
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
EMPTY = {"fault": "empty"}
DETAILS = {SearchKind.CALENDAR: "day", SearchKind.ITINERARY: "itinerary"}


@cache
def program_faults(program: str) -> tuple[Fault, ...]:
    """Return the common faults and those of the site itself, each with its reason."""
    site = sites()[program]
    own: list[Fault] = [({"fault": "refused", "variant": refusal.name}, refusal.reason) for refusal in site.refusals]
    http = HTTP_FAULTS if transport(program) == "http" else []
    faults = [*FAULTS, *http, *([SIGN_IN] if site.sign_in else []), *own]
    return tuple(({"host": site.hosts[0]} | fault, reason) for fault, reason in faults)


def empty_cases(program: str) -> list[Case]:
    """Return crawls without offers: sold-out days and flights, and a route without flights."""
    host, settings = sites()[program].hosts[0], FAST[transport(program)]
    given, kinds = crawl_arguments(program), SPIDERS.load(program).search_kinds
    faults = [(SOLD_OUT, given | {"detail": DETAILS[kind]}) for kind in kinds] + [(EMPTY, given)]
    return [
        Case(faults=({"host": host} | fault,), arguments=arguments, settings=settings) for fault, arguments in faults
    ]


def crawl(folder: Path, program: str) -> list[Result]:
    """Crawl without a fault, then under each fault, then without offers; all with one database."""
    arguments, fast = crawl_arguments(program), FAST[transport(program)]
    cases = [Case(arguments=arguments)]
    for fault, _ in program_faults(program):
        settings = SLOW if fault["fault"] == "slow" else fast
        cases.append(Case(faults=(fault,), arguments=arguments, settings=settings))
    cases += empty_cases(program)
    with sandbox(clock=f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}") as server:
        return crawl_all(server.url, folder, program, cases)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Return the results of each program that a selected test needs, as a future."""
    folder = tmp_path_factory.mktemp("every")
    chosen = {item.callspec.params["program"] for item in request.session.items if _is_parametrized(item)}
    with ThreadPoolExecutor(PARALLEL) as pool:
        yield {program: pool.submit(crawl, folder / program, program) for program in sorted(chosen)}


def _is_parametrized(item: Any) -> bool:
    return item.path == Path(__file__) and "program" in getattr(getattr(item, "callspec", None), "params", {})


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_crawl_finds_offers(results: dict[str, Future[list[Result]]], program: str) -> None:
    result = results[program].result()[0]
    assert result.error is None
    assert result.finish_reason == "finished"
    assert result.searches
    assert {outcome for _, outcome, *_ in result.searches} <= {"found", "empty"}
    assert result.offers


CASES = [
    pytest.param(program, number, id=f"{program}-{fault['fault']}-{fault.get('variant', '')}".rstrip("-"))
    for program in PROGRAMS
    for number, (fault, _) in enumerate(program_faults(program))
]


@pytest.mark.parametrize(("program", "number"), CASES)
def test_failed_searches_change_nothing(results: dict[str, Future[list[Result]]], program: str, number: int) -> None:
    before, after = results[program].result()[number : number + 2]
    reason = program_faults(program)[number][1]
    assert after.error is None
    assert after.searches
    assert {search[2] for search in after.searches} == {reason}, after.searches
    assert after.offers == before.offers
    if reason in STOP_REASONS:
        # A page in a browser sends more than one request itself.
        most = 2 if transport(program) == "http" else 4
        assert 1 <= after.fault_hits <= most, "at most one more request follows"


@pytest.mark.parametrize("program", PROGRAMS)
def test_searches_without_offers_are_empty_and_mark_offers_as_gone(
    results: dict[str, Future[list[Result]]], program: str
) -> None:
    faults = len(program_faults(program))
    before, *empty = results[program].result()[faults:]
    assert len(empty) == len(empty_cases(program))
    for after in empty:
        assert after.error is None
        assert after.finish_reason == "finished"
        assert {search[1] for search in after.searches} == {"empty"}, after.searches
        assert after.fault_hits, "requests were sent"
        assert after.offers.items() <= before.offers.items()
        before = after
    *_, sold_out, _ = empty
    assert sold_out.offers == {}
