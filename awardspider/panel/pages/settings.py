"""The page of settings: what is in force, access to programs, values and rates, services, findings and incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from awardspider.deals.valuations import Valuations, load_valuations, valuation_findings
from awardspider.operations.background_commands import CommandRun
from awardspider.operations.doctor.findings import Level
from awardspider.operations.run_conditions import RunConditions
from awardspider.operations.setting_values import setting_values
from awardspider.outcomes import AwardError, InvalidArgument
from awardspider.panel.access import Operator
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.panel.htmx import is_htmx_request
from awardspider.panel.operations import base_settings, commands_of
from awardspider.panel.rendering import render
from awardspider.programs import Program, programs
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.incidents import resolved_incidents, unresolved_incidents
from awardspider.storage.services import ServiceRow, has_died, service_rows

router = APIRouter()

#: Group and subject of the background command.
DOCTOR = "doctor"

_RESOLVED_AGE, _MAX_RESOLVED = timedelta(days=30), 20
_OLD_RATES = timedelta(days=7)
_LEVELS = (Level.ERROR, Level.WARNING, Level.OK)


class DoctorFinding(msgspec.Struct):
    """A finding, as `scrapy doctor --json` prints it."""

    group: str
    check: str
    level: str
    sentence: str
    advice: str = ""


class _DoctorOutput(msgspec.Struct):
    findings: list[DoctorFinding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The findings of the doctor's last run, the most serious first. `error` is a sentence if it gave none."""

    run: CommandRun | None = None
    findings: tuple[DoctorFinding, ...] = ()
    error: str = ""

    @property
    def is_running(self) -> bool:
        """Return whether the doctor runs now."""
        return self.run is not None and self.run.is_running

    def count(self, level: str) -> int:
        """Return the number of findings of a level."""
        return sum(1 for finding in self.findings if finding.level == level)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """A service with `state`: running, stopped or died."""

    row: ServiceRow
    state: str


@router.get("/settings")
def settings_page(request: Request, visitor: Operator) -> Response:
    """Show what is in force."""
    config = config_of(request)
    now = config.now()
    valuations, findings = _valuations(config, now)
    rates = current_rates(config.store, config.settings)
    conditions = RunConditions(config.store, base_settings(config), now)
    access: list[tuple[Program, str | None]] = []
    for program in programs().values():
        obstacle = conditions.access_obstacle(program)
        access.append((program, obstacle.note if obstacle else None))
    context: dict[str, Any] = {
        "settings": setting_values(config.settings, Path.cwd()),
        "valuations": valuations,
        "valuation_findings": findings,
        "today": now.astimezone(UTC).date(),
        "rates": rates,
        "rates_are_old": timedelta(days=rates.age_days(now.astimezone(UTC).date())) > _OLD_RATES,
        "access": sorted(access, key=lambda each: (each[1] is None, each[0].name.casefold())),
        "accepted": {name.strip() for name in str(config.settings.get("AWARD_ACCEPT_TERMS") or "").split(",")},
        "services": _services(config, now),
        "incidents": unresolved_incidents(config.store)[::-1],
        "resolved": resolved_incidents(config.store, since=now - _RESOLVED_AGE, limit=_MAX_RESOLVED),
    }
    return render(request, visitor, "settings.html", diagnosis=_diagnosis(request), **context)


@router.get("/settings/doctor")
def doctor_findings(request: Request, visitor: Operator) -> Response:
    """Show the findings, for a page that waits for them."""
    return render(request, visitor, "_doctor.html", diagnosis=_diagnosis(request))


@router.post("/settings/doctor")
def start_doctor(request: Request, visitor: Operator) -> Response:
    """Start the doctor in the background, unless it runs."""
    if not commands_of(request).start(DOCTOR, DOCTOR, ["doctor", "--json"]):
        raise InvalidArgument("the doctor runs already; wait for its end")
    if is_htmx_request(request):
        return doctor_findings(request, visitor)
    return RedirectResponse("/settings#doctor", HTTPStatus.SEE_OTHER)


def _diagnosis(request: Request) -> Diagnosis:
    run = commands_of(request).latest(DOCTOR, DOCTOR)
    if run is None or run.is_running or run.error:
        return Diagnosis(run=run, error=run.error if run else "")
    try:
        found = msgspec.json.decode(run.output, type=_DoctorOutput).findings
    except msgspec.MsgspecError:
        return Diagnosis(run=run, error="its findings cannot be read")
    order: Sequence[str] = [level.value for level in _LEVELS]
    return Diagnosis(run=run, findings=tuple(sorted(found, key=lambda each: order.index(each.level))))


def _valuations(config: PanelConfig, now: datetime) -> tuple[Valuations | None, list[str]]:
    try:
        return load_valuations(config.settings), valuation_findings(now, config.settings)
    except AwardError as error:
        return None, [str(error)]


def _services(config: PanelConfig, now: datetime) -> list[ServiceState]:
    states = [
        ServiceState(row=row, state="stopped" if row.stopped_at else "died" if has_died(row, now) else "running")
        for row in service_rows(config.store)
    ]
    return sorted(states, key=lambda each: (each.state != "died", each.row.host, each.row.name.value))
