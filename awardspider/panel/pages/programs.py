"""The pages of programs: their health, and a probe that searches the control route of one."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from awardspider.operations.background_commands import CommandRun
from awardspider.operations.program_overview import HealthStatus, coverage_shares, program_overviews
from awardspider.outcomes import InvalidArgument, Outcome
from awardspider.panel.access import Operator, Viewer
from awardspider.panel.configuration import config_of
from awardspider.panel.htmx import is_htmx_request
from awardspider.panel.operations import base_settings, commands_of
from awardspider.panel.rendering import render
from awardspider.programs import program_name, programs
from awardspider.storage.run_pages import RunQuery, run_page
from awardspider.storage.search_pages import search_page
from awardspider.storage.search_queries import SearchQuery

router = APIRouter()

#: Group of background commands; one probe runs at a time.
PROBE = "probe"

_RUNS, _FAILURES = 8, 10
_NEEDS_ATTENTION = (HealthStatus.PAUSED, HealthStatus.FAILING)


class ProbeSearch(msgspec.Struct):
    """The result of one search of a probe, as `scrapy probe --json` prints it."""

    kind: str
    origin: str
    destination: str
    outcome: str
    reason: str | None
    note: str
    offers: int
    missing_paths: list[str]
    is_expected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The probe of a program that runs or ran last. `error` is a sentence if it made no search."""

    run: CommandRun | None
    searches: tuple[ProbeSearch, ...] = ()
    error: str = ""
    other: str = ""  # the name of the program whose probe runs

    @property
    def is_running(self) -> bool:
        """Return whether it has not ended."""
        return self.run is not None and self.run.is_running


@router.get("/programs")
def programs_page(request: Request, visitor: Viewer) -> Response:
    """Show all programs, those that need attention first."""
    config = config_of(request)
    overviews = program_overviews(config.store, base_settings(config), config.now())
    attention = [each for each in overviews if each.status in _NEEDS_ATTENTION]
    return render(request, visitor, "programs.html", overviews=overviews, attention=attention)


@router.get("/programs/{program}")
def program_page(request: Request, visitor: Viewer, program: str) -> Response:
    """Show one program."""
    _require_program(program)
    config = config_of(request)
    (overview,) = program_overviews(config.store, base_settings(config), config.now(), (program,))
    runs = run_page(config.store, RunQuery(programs=(program,)), config.now(), size=_RUNS).runs
    covered = next((run for run in runs if run.field_coverage), None)
    failed = SearchQuery(programs=(program,), outcomes=(Outcome.FAILED,))
    return render(
        request,
        visitor,
        "program.html",
        overview=overview,
        program=overview.program,
        runs=runs,
        covered=covered,
        shares=coverage_shares(config.store, covered) if covered else [],
        failures=search_page(config.store, failed, size=_FAILURES).searches,
        probe=_probe(request, program),
    )


@router.get("/programs/{program}/probe")
def probe_result(request: Request, visitor: Operator, program: str) -> Response:
    """Show the probe of a program, for a page that waits for its end."""
    _require_program(program)
    context: dict[str, Any] = {"program": programs()[program], "probe": _probe(request, program)}
    return render(request, visitor, "_probe.html", **context)


@router.post("/programs/{program}/probe")
def start_probe(request: Request, visitor: Operator, program: str) -> Response:
    """Start a probe in the background, unless one runs."""
    _require_program(program)
    if not commands_of(request).start(PROBE, program, ["probe", program, "--json"]):
        raise InvalidArgument("another probe runs; wait for its end")
    if is_htmx_request(request):
        return probe_result(request, visitor, program)
    return RedirectResponse(f"/programs/{program}#probe", HTTPStatus.SEE_OTHER)


def _probe(request: Request, program: str) -> Probe:
    commands = commands_of(request)
    run, running = commands.latest(PROBE, program), commands.running(PROBE)
    other = program_name(running.subject) if running and running.subject != program else ""
    if run is None or run.is_running or run.error:
        return Probe(run=run, error=run.error if run else "", other=other)
    try:
        searches = msgspec.json.decode(run.output, type=list[ProbeSearch])
    except msgspec.MsgspecError:
        return Probe(run=run, error="the result of the probe cannot be read", other=other)
    return Probe(run=run, searches=tuple(searches), error="" if searches else "no search was made", other=other)


def _require_program(program: str) -> None:
    if program not in programs():
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no program {program!r}")
