"""The pages of the schedule: entries with their next times and last results, and changes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from awardspider.operations.default_schedule import default_schedule
from awardspider.operations.manual_starts import start_entry
from awardspider.operations.run_conditions import RunConditions
from awardspider.operations.schedule_listing import list_schedule, next_starts, schedule_notes
from awardspider.outcomes import AwardError, InvalidArgument
from awardspider.panel.access import Operator
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.panel.field_errors import FieldLabels
from awardspider.panel.operations import base_settings, scheduler_context
from awardspider.panel.program_choices import spider_choices, spider_names
from awardspider.panel.rendering import formats_and_texts, render
from awardspider.panel.schedule_form import (
    EntryForm,
    entry_of,
    form_of,
    task_names,
    with_error,
    written_form,
)
from awardspider.search.budgets import parse_budget
from awardspider.storage.schedule import (
    ScheduleEntry,
    add_schedule_entry,
    find_schedule_entry,
    remove_schedule_entry,
    save_schedule_entries,
    schedule_entries,
    set_entry_active,
)

router = APIRouter()


@router.get("/schedule")
def schedule_page(request: Request, visitor: Operator) -> Response:
    """Show the schedule."""
    return _list(request, visitor)


@router.post("/schedule/import")
def store_default_schedule(request: Request, visitor: Operator) -> Response:
    """Store the entries of the default schedule that are missing."""
    config = config_of(request)
    settings, now = base_settings(config), config.now()
    known = {entry.name for entry in schedule_entries(config.store)}
    entries = default_schedule(RunConditions(config.store, settings, now), parse_budget(settings["AWARD_BUDGET"]))
    save_schedule_entries(config.store, [entry for entry in entries if entry.name not in known], now=now)
    return _back("schedule_stored")


@router.get("/schedule/preview")
def preview(request: Request, visitor: Operator) -> Response:
    """Show the next starts of the entry that a form describes, or what is wrong with it."""
    form = written_form(request.query_params)
    name = request.query_params.get("of", "")
    return render(request, visitor, "_schedule_preview.html", **_preview(request, form, name))


@router.get("/schedule/add")
def add_form(request: Request, visitor: Operator) -> Response:
    """Show the form of a new entry."""
    return _form(request, visitor, EntryForm(), entry=None)


@router.post("/schedule/add")
async def add_entry(request: Request, visitor: Operator) -> Response:
    """Add an entry, or show its form again with what is wrong or with its next starts."""
    return await run_in_threadpool(_save, request, visitor, await request.form(), name="")


@router.get("/schedule/{name}/edit")
def edit_form(request: Request, visitor: Operator, name: str) -> Response:
    """Show the form of an entry."""
    entry = _entry(config_of(request), name)
    return _form(request, visitor, form_of(entry), entry=entry)


@router.post("/schedule/{name}/edit")
async def edit_entry(request: Request, visitor: Operator, name: str) -> Response:
    """Change an entry, or show its form again with what is wrong or with its next starts."""
    return await run_in_threadpool(_save, request, visitor, await request.form(), name=name)


@router.post("/schedule/{name}/pause")
def pause_entry(request: Request, visitor: Operator, name: str) -> Response:
    """Pause an entry."""
    return _set_active(request, name, active=False)


@router.post("/schedule/{name}/resume")
def resume_entry(request: Request, visitor: Operator, name: str) -> Response:
    """Resume an entry."""
    return _set_active(request, name, active=True)


@router.post("/schedule/{name}/remove")
def remove_entry(request: Request, visitor: Operator, name: str) -> Response:
    """Remove an entry."""
    config = config_of(request)
    remove_schedule_entry(config.store, _entry(config, name).name)
    return _back("entry_removed")


@router.post("/schedule/{name}/run")
def run_entry(request: Request, visitor: Operator, name: str) -> Response:
    """Start an entry now, or say why it was not started."""
    config = config_of(request)
    entry = _entry(config, name)
    try:
        start_entry(scheduler_context(config), entry)
    except AwardError as error:
        return _list(request, visitor, error=str(error), status=HTTPStatus.CONFLICT)
    return _back("entry_started")


def _list(request: Request, visitor: Operator, *, error: str = "", status: int = 200) -> Response:
    config = config_of(request)
    settings, now = base_settings(config), config.now()
    rows = list_schedule(config.store, settings, now)
    notes = schedule_notes(config.store, settings, [row.entry for row in rows], spider_names(), now)
    context = {"rows": rows, "notes": [*notes] if rows else [], "now": now, "error": error}
    return render(request, visitor, "schedule.html", status=status, **context)


def _save(request: Request, visitor: Operator, data: FormData, *, name: str) -> Response:
    """Save the entry with a name, or a new one."""
    config, form = config_of(request), written_form(data)
    entry = _entry(config, name) if name else None
    try:
        changed = entry_of(form, name=entry.name if entry else "", active=entry.active if entry else True)
        if entry is None and find_schedule_entry(config.store, changed.name):
            raise InvalidArgument(f"there is an entry {changed.name!r} already: change it, or give this one a name")
    except InvalidArgument as error:
        return _form(request, visitor, with_error(form, error), entry=entry, status=422)
    if data.get("preview"):
        return _form(request, visitor, form, entry=entry)
    if entry:
        save_schedule_entries(config.store, [changed], now=config.now())
        return _back("entry_saved")
    try:
        add_schedule_entry(config.store, changed, now=config.now())
    except InvalidArgument as error:  # somebody has added one with this name since
        return _form(request, visitor, with_error(form, error), entry=None, status=422)
    return _back("entry_added")


def _form(
    request: Request, visitor: Operator, form: EntryForm, *, entry: ScheduleEntry | None, status: int = 200
) -> Response:
    return render(
        request,
        visitor,
        "schedule_form.html",
        status=status,
        form=form,
        entry=entry,
        spiders=spider_choices(),
        tasks=task_names(),
        **_preview(request, form, entry.name if entry else ""),
    )


def _preview(request: Request, form: EntryForm, name: str) -> dict[str, Any]:
    """Return the next starts of the entry of a form, as if it were saved now, and the problem if it is invalid."""
    config = config_of(request)
    is_blank = not any(form.values[key] for key in ("every", "cron"))
    times: list[datetime] = []
    problem = ""
    zone = "UTC"
    if not is_blank:
        try:
            stored = find_schedule_entry(config.store, name) if name else None
            entry = entry_of(form, name=name or "new")
            zone = entry.timezone
            handled = stored.handled_until if stored else None
            created = stored.created_at if stored else None
            times = next_starts(replace(entry, handled_until=handled, created_at=created), config.now())
        except InvalidArgument as error:
            problem = str(error)
    labels = FieldLabels(formats_and_texts(request)[1], "schedule.field_", {"cron": "cron_alone"})
    return {"times": times, "problem": problem, "entry_zone": zone, "is_blank": is_blank, "labels": labels}


def _set_active(request: Request, name: str, *, active: bool) -> Response:
    config = config_of(request)
    set_entry_active(config.store, _entry(config, name).name, active, now=config.now())
    return _back("entry_resumed" if active else "entry_paused")


def _entry(config: PanelConfig, name: str) -> ScheduleEntry:
    entry = find_schedule_entry(config.store, name)
    if entry is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no entry {name!r} in the schedule")
    return entry


def _back(notice: str) -> Response:
    return RedirectResponse(f"/schedule?notice={notice}", HTTPStatus.SEE_OTHER)
