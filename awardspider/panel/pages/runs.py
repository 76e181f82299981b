"""The pages of runs: jobs of every Scrapyd beside our own records, one run with its log, start and cancel."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from awardspider.logs.masking import mask
from awardspider.operations.job_canceling import cancel_job
from awardspider.operations.manual_starts import (
    ROUTE_ARGUMENTS,
    StartedPrograms,
    check_arguments,
    start_needed,
    start_spider,
)
from awardspider.operations.program_overview import coverage_shares
from awardspider.operations.run_overview import RunEntry, find_entry, run_overview
from awardspider.operations.scrapyd import TIMEOUT_SECONDS, JobState
from awardspider.operations.scrapyd_hosts import HostState, find_log, host_states, server_of
from awardspider.outcomes import AwardError, InvalidArgument, InvalidSetting
from awardspider.panel.access import Operator
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.panel.field_errors import FieldLabels
from awardspider.panel.operations import scheduler_context, scrapyds
from awardspider.panel.program_choices import program_choices, spider_choices
from awardspider.panel.rendering import formats_and_texts, render
from awardspider.programs import programs
from awardspider.storage.run_listing import failure_reasons, routes_of_run
from awardspider.storage.run_pages import RunQuery, RunResult, recent_hosts

router = APIRouter()

_LOG_BYTES = 24_000
_DOWNLOAD_BYTES = 5_000_000
_ROUTES = 20
_ARGUMENTS = (*ROUTE_ARGUMENTS, "detail", "notify")


# ---- the list --------------------------------------------------------------------------------------------------------


@router.get("/runs")
def runs_page(request: Request, visitor: Operator) -> Response:
    """Show what runs, what ended without a record, and a page of the runs."""
    config, parameters = config_of(request), request.query_params
    written = {name: value for name in ("program", "result", "host") if (value := parameters.get(name, "").strip())}
    result = written.get("result", "")
    query = RunQuery(
        programs=(written["program"],) if "program" in written else (),
        result=RunResult(result) if result in list(RunResult) else None,
        host=written.get("host", ""),
    )
    hosts, problem = _hosts(config)
    cursor = parameters.get("after") or None
    overview = run_overview(config.store, hosts, query, config.now(), cursor=cursor)
    return render(
        request,
        visitor,
        "runs.html",
        overview=overview,
        hosts=hosts,
        problem=problem,
        written=written,
        is_first=cursor is None,
        programs=spider_choices(),
        results=list(RunResult),
        machines=recent_hosts(config.store),
        now=config.now(),
    )


# ---- start -----------------------------------------------------------------------------------------------------------


@router.get("/runs/start")
def start_form(request: Request, visitor: Operator) -> Response:
    """Show the form that starts a run."""
    spider = request.query_params.get("spider", "")
    return _start_form(request, visitor, {"spider": spider})


@router.post("/runs/start")
def start_run(
    request: Request,
    visitor: Operator,
    spider: Annotated[str, Form()] = "",
    origin: Annotated[str, Form()] = "",
    destination: Annotated[str, Form()] = "",
    dates: Annotated[str, Form()] = "",
    cabins: Annotated[str, Form()] = "",
    travelers: Annotated[str, Form()] = "",
    max_miles: Annotated[str, Form()] = "",
    detail: Annotated[str, Form()] = "",
    notify: Annotated[str, Form()] = "",
) -> Response:
    """Start a spider with arguments; an invalid form is shown again with what is wrong."""
    config = config_of(request)
    values = (origin, destination, dates, cabins, travelers, max_miles, detail, notify)
    arguments = dict(zip(_ARGUMENTS, values, strict=True))
    try:
        if spider not in {key for key, _ in spider_choices()}:
            raise InvalidArgument("choose a program")
        context = scheduler_context(config)
        check_arguments(context, spider, arguments)
        job = start_spider(context, spider, arguments)
    except AwardError as error:
        return _start_form(request, visitor, arguments | {"spider": spider}, error=str(error), status=422)
    return RedirectResponse(f"/runs/{job.job}?notice=run_started", HTTPStatus.SEE_OTHER)


@router.post("/runs/start-needed")
def start_all(request: Request, visitor: Operator) -> Response:
    """Start every program that an active watch needs, and show which were not started and why."""
    try:
        started = start_needed(scheduler_context(config_of(request)))
    except AwardError as error:
        return _start_form(request, visitor, {}, error=str(error), status=422)
    return _start_form(request, visitor, {}, started=started)


def _start_form(
    request: Request,
    visitor: Operator,
    values: dict[str, str],
    *,
    error: str = "",
    started: StartedPrograms | None = None,
    status: int = 200,
) -> Response:
    config = config_of(request)
    hosts, problem = _hosts(config)
    labels = FieldLabels(formats_and_texts(request)[1], "runs.start_")
    return render(
        request,
        visitor,
        "run_start.html",
        status=status,
        values={name: values.get(name, "") for name in ("spider", *_ARGUMENTS)},
        error=labels.split(error) if error else None,
        started=started,
        server_problem=problem or hosts[0].error,
        programs=program_choices(),
        others=[choice for choice in spider_choices() if choice[0] not in programs()],
    )


# ---- one run ---------------------------------------------------------------------------------------------------------


@router.get("/runs/{run_id}")
def run_details(request: Request, visitor: Operator, run_id: str) -> Response:
    """Show one run, or a job that has recorded none."""
    config = config_of(request)
    hosts, _ = _hosts(config)
    entry = _entry(config, hosts, run_id)
    run = entry.run
    context: dict[str, Any] = {
        "entry": entry,
        "run": run,
        "now": config.now(),
        "reasons": failure_reasons(config.store, run.run_id) if run else {},
        "routes": routes_of_run(config.store, run.run_id, limit=_ROUTES) if run else [],
        "shares": coverage_shares(config.store, run) if run else [],
    }
    return render(request, visitor, "run.html", **context, **_log(config, entry))


@router.get("/runs/{run_id}/log")
def run_log(request: Request, visitor: Operator, run_id: str, shown: str = "") -> Response:
    """Show the end of a run's log, for a page that follows it; load that page again if its run is at another stage."""
    config = config_of(request)
    entry = _entry(config, _hosts(config)[0], run_id)
    response = render(request, visitor, "_run_log.html", entry=entry, **_log(config, entry))
    if shown and shown != entry.stage:
        response.headers["HX-Redirect"] = f"/runs/{entry.id}"
    return response


@router.get("/runs/{run_id}/log.txt")
def run_log_file(request: Request, visitor: Operator, run_id: str) -> Response:
    """Return a run's log as a file, without secrets."""
    config = config_of(request)
    entry = _entry(config, _hosts(config)[0], run_id)
    log = _log(config, entry, _DOWNLOAD_BYTES)
    if log["log"] is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, log["log_problem"] or "there is no log of this run")
    headers = {"Content-Disposition": f'attachment; filename="{entry.id}.log"', "X-Content-Type-Options": "nosniff"}
    return PlainTextResponse(log["log"], headers=headers)


@router.get("/runs/{run_id}/cancel")
def cancel_form(request: Request, visitor: Operator, run_id: str) -> Response:
    """Ask whether to cancel a job."""
    config = config_of(request)
    return render(request, visitor, "run_cancel.html", entry=_entry(config, _hosts(config)[0], run_id))


@router.post("/runs/{run_id}/cancel")
def cancel_run(request: Request, visitor: Operator, run_id: str) -> Response:
    """Cancel a job at its Scrapyd."""
    config = config_of(request)
    servers = scrapyds(config, timeout=TIMEOUT_SECONDS)
    entry = _entry(config, host_states(servers), run_id)
    server = server_of(servers, entry.url)
    if server is None or entry.job_id is None or not entry.can_cancel:
        raise InvalidArgument("this run cannot be canceled: no configured Scrapyd lists it as pending or running")
    state = cancel_job(config.store, server, entry.job_id, config.now())
    notices = {JobState.PENDING: "job_removed", JobState.RUNNING: "run_canceled"}
    notice = notices.get(state, "run_ended_already") if state else "run_ended_already"
    target = "/runs" if state is JobState.PENDING else f"/runs/{run_id}"
    return RedirectResponse(f"{target}?notice={notice}", HTTPStatus.SEE_OTHER)


def _entry(config: PanelConfig, hosts: list[HostState], run_id: str) -> RunEntry:
    entry = find_entry(config.store, hosts, run_id, config.now())
    if entry is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no run or job {run_id!r}; it may have expired")
    return entry


def _hosts(config: PanelConfig) -> tuple[list[HostState], str]:
    """Return the state of each Scrapyd; without a valid setting, none and the problem."""
    try:
        return host_states(scrapyds(config)), ""
    except InvalidSetting as error:
        return [], str(error)


def _log(config: PanelConfig, entry: RunEntry, size: int = _LOG_BYTES) -> dict[str, Any]:
    """Return the end of a log without secrets, and the problem if it cannot be read."""
    if not entry.job_id or (entry.job and entry.job.task):
        return {"log": None, "log_problem": ""}
    try:
        servers = scrapyds(config)
        own = server_of(servers, entry.url) if entry.url else None
        text = find_log([own] if own else servers, entry.subject, entry.job_id, size)
    except AwardError as error:
        return {"log": None, "log_problem": str(error)}
    return {"log": "\n".join(_masked(text)) if text is not None else None, "log_problem": ""}


def _masked(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield mask(line)
