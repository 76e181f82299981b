"""Programs and the health of their searches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from awardspider.operations.program_overview import ProgramOverview, program_overviews
from awardspider.panel.access import Viewer
from awardspider.panel.api.v1.replies import json_reply, page_reply
from awardspider.panel.api.v1.schemas import ERRORS, NOT_FOUND, Page, Reply
from awardspider.panel.configuration import config_of
from awardspider.panel.operations import base_settings
from awardspider.programs import programs

router = APIRouter(prefix="/api/v1", tags=["programs"], responses=ERRORS)


@router.get("/programs", response_model=Page)
def list_programs(request: Request, visitor: Viewer) -> Response:
    """List all programs with their health; those that need attention first."""
    found = _overviews(request)
    return page_reply(request, [_record(each) for each in found], count=len(found))


@router.get("/programs/{program}", response_model=Reply, responses=NOT_FOUND)
def get_program(request: Request, visitor: Viewer, program: str) -> Response:
    """Return a program with its health."""
    if program not in programs():
        raise HTTPException(404, f"there is no program {program}")
    return json_reply(request, _record(_overviews(request, [program])[0]))


def _overviews(request: Request, keys: Iterable[str] = ()) -> list[ProgramOverview]:
    config = config_of(request)
    return program_overviews(config.store, base_settings(config), config.now(), tuple(keys))


def _record(overview: ProgramOverview) -> dict[str, Any]:
    program, state, budget = overview.program, overview.state, overview.budget
    return {
        "program": program.key,
        "name": program.name,
        "status": overview.status,
        "obstacle": overview.obstacle,
        "is_running": overview.is_running,
        "last_success_at": state.last_success_at,
        "blocked_until": overview.blocked_until,
        "quota_remaining": overview.quota_remaining,
        "requests_last_day": budget.last_day if budget else None,
        "budget_left": budget.left if budget else None,
        "days": [
            {"day": each.day, "found": each.found, "empty": each.empty, "failed": each.failed, "blocked": each.blocked}
            for each in overview.days
        ],
    }
