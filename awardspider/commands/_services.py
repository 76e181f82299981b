"""The table of services, and the options that `scrapy up`, `down` and `status` share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text
from scrapy.settings import SETTINGS_PRIORITIES, Settings

from awardspider.commands._listing import age
from awardspider.commands._table import Column, FittedTable
from awardspider.environment import data_dir
from awardspider.operations.service_status import ServicesStatus, ServiceStatus
from awardspider.operations.supervisor_state import ServiceState

#: Folder in the data folder, so that the sandbox's offers are not stored with real ones.
SANDBOX_FOLDER = "sandbox"

_STYLES = {
    ServiceState.RUNNING: "green",
    ServiceState.STARTING: "yellow",
    ServiceState.RESTARTING: "yellow",
    ServiceState.STOPPING: "yellow",
    ServiceState.FAILING: "red",
    ServiceState.UNRESPONSIVE: "red",
    ServiceState.DIED: "red",
}


def add_sandbox_option(add: Callable[..., object], help: str) -> None:
    """Add --sandbox with a parser's `add_argument`."""
    add("--sandbox", action="store_true", help=help)


def choose_data_folder(settings: Settings, opts: argparse.Namespace) -> Path:
    """Make AWARD_DATA_DIR an absolute path and return it; with --sandbox, it is a folder in the data folder.

    The database of the sandbox is in that folder, too. With AWARD_SANDBOX_URL, the data folder is that of a sandbox
    already.
    """
    folder = data_dir(settings)
    if opts.sandbox and not settings["AWARD_SANDBOX_URL"]:
        folder /= SANDBOX_FOLDER
        settings.set("AWARD_DATABASE_URL", "", SETTINGS_PRIORITIES["cmdline"])
    folder = folder.absolute()
    settings.set("AWARD_DATA_DIR", str(folder), SETTINGS_PRIORITIES["cmdline"])
    return folder


def services_table(status: ServicesStatus, now: datetime) -> RenderableType:
    """Return the table of `scrapy status`."""
    hosts = {service.host for service in status.services}
    columns: list[Column[ServiceStatus]] = [
        Column(title="service", text=lambda row: row.name.value, rank=0),
        Column(title="host", text=lambda row: row.host if len(hosts) > 1 else "", rank=4, optional=True),
        Column(title="state", text=lambda row: Text(row.state.value, style=_STYLES.get(row.state, "")), rank=1),
        Column(title="pid", text=lambda row: str(row.pid or ""), rank=2, right=True),
        Column(title="since", text=lambda row: age(row.started_at, now) if row.started_at else "", rank=3),
        Column(
            title="restarts", text=lambda row: "" if row.restarts is None else str(row.restarts), rank=5, right=True
        ),
        Column(title="memory", text=lambda row: _megabytes(row.memory), rank=6, right=True),
        Column(title="address", text=lambda row: row.address, rank=7, optional=True),
        Column(title="jobs", text=_jobs, rank=8, optional=True),
    ]
    return FittedTable(status.services, columns)


def status_notes(status: ServicesStatus, folder: Path) -> list[str]:
    """Return lines below the table: the deployed version, and why services ended or the code was not deployed."""
    lines = []
    supervisor = status.supervisor
    if supervisor and supervisor.deployment_error:
        lines.append(f"The code was not deployed: {supervisor.deployment_error}")
    elif supervisor and supervisor.version:
        lines.append(f"Deployed: {supervisor.version}")
    lines += [
        f"{each.name.value} is stopped or hangs: after kill -9 {each.pid}, the supervisor starts it again"
        for each in status.services
        if each.state is ServiceState.UNRESPONSIVE
    ]
    lines += [f"{each.name.value} ended last with {each.note}" for each in status.services if each.note]
    return [*lines, f"Logs: {folder / 'logs'}"]


def status_record(status: ServicesStatus, folder: Path) -> dict[str, Any]:
    """Return the status for --json; times are in UTC, memory is in bytes."""
    supervisor = status.supervisor
    return {
        "running": supervisor is not None,
        "healthy": status.is_healthy,
        "data_dir": str(folder),
        "ready_at": supervisor.ready_at if supervisor else None,
        "deployed_version": (supervisor.version if supervisor else "") or None,
        "deployment_error": (supervisor.deployment_error if supervisor else "") or None,
        "services": [
            {
                "name": each.name.value,
                "host": each.host,
                "state": each.state.value,
                "pid": each.pid,
                "started_at": each.started_at,
                "restarts": each.restarts,
                "memory": each.memory,
                "jobs": each.children,
                "jobs_memory": each.children_memory,
                "address": each.address or None,
                "last_exit": each.note or None,
            }
            for each in status.services
        ],
    }


def _jobs(row: ServiceStatus) -> str:
    return f"{row.children} ({_megabytes(row.children_memory)})" if row.children else ""


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1_000_000:,.0f} MB"
