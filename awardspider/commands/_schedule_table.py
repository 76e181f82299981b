"""The table and the records of `scrapy schedule list`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.text import Text

from awardspider.commands._table import Column, FittedTable
from awardspider.operations.schedule_fields import describe_times, entry_fields
from awardspider.operations.schedule_listing import ScheduleRow
from awardspider.storage.scheduled_jobs import OPEN, UNSUCCESSFUL, JobStatus

FIELDS = (
    "name", "spider", "task", "every", "cron", "timezone", "jitter", "max_run_time", "arguments", "active", "next_at",
    "last_status", "last_note", "last_due_at", "last_ended_at", "last_job", "last_run_id",
)  # fmt: skip

_STYLES = {JobStatus.SUCCEEDED: "green", JobStatus.SKIPPED: "dim"}


def schedule_record(row: ScheduleRow) -> dict[str, Any]:
    """Return a row as a flat record, keyed by FIELDS; times are in ISO 8601."""
    job = row.job
    values = dict.fromkeys(FIELDS) | entry_fields(row.entry)
    values |= {
        "active": row.entry.active,
        "timezone": row.entry.timezone,
        "arguments": dict(row.entry.arguments),
        "next_at": _iso(row.next_at),
    }
    if job:
        values |= {
            "last_status": job.status.value,
            "last_note": job.note,
            "last_due_at": _iso(job.due_at),
            "last_ended_at": _iso(job.ended_at),
            "last_job": job.job,
            "last_run_id": job.run_id,
        }
    return values


def schedule_table(rows: Iterable[ScheduleRow], now: datetime, notes: Sequence[str]) -> FittedTable[ScheduleRow]:
    """Return the table of a schedule."""
    columns: list[Column[ScheduleRow]] = [
        Column(title="name", rank=0, text=lambda row: row.entry.name),
        Column(title="runs", rank=5, text=_subject, optional=True),
        Column(title="when", rank=3, text=lambda row: describe_times(row.entry), min_width=10),
        Column(title="next (UTC)", rank=1, text=lambda row: _next(row, now)),
        Column(title="last (UTC)", rank=4, text=lambda row: _last(row, now)),
        Column(title="result", rank=2, text=_result),
        Column(title="note", rank=3, text=_note, min_width=24, optional=True, wraps=True),
    ]
    return FittedTable(rows, columns, notes)


def _subject(row: ScheduleRow) -> str:
    entry = row.entry
    arguments = " ".join(f"{name}={value}" for name, value in entry.arguments.items())
    return " ".join(filter(None, ["" if entry.subject == entry.name else entry.subject, arguments]))


def _next(row: ScheduleRow, now: datetime) -> str:
    if row.next_at is None:
        return "paused" if not row.entry.active else "never"
    is_open = row.job is not None and row.job.status in OPEN
    if row.next_at <= now:
        return "now" if not is_open else "after this run"
    return f"{_time(row.next_at, now)}, in {_span(row.next_at - now)}"


def _last(row: ScheduleRow, now: datetime) -> str:
    job = row.job
    if job is None:
        return ""
    return _time(job.ended_at or job.submitted_at or job.due_at, now)


def _result(row: ScheduleRow) -> Text:
    if row.job is None:
        return Text("not run yet", style="dim")
    status = row.job.status
    style = "red" if status in UNSUCCESSFUL else _STYLES.get(status, "yellow")
    return Text(status.label, style=style)


def _note(row: ScheduleRow) -> str:
    return (row.job.note if row.job else None) or ""


def _time(moment: datetime, now: datetime) -> str:
    return f"{moment:%H:%M}" if moment.date() == now.date() else f"{moment:%m-%d %H:%M}"


def _span(span: timedelta) -> str:
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 24 * 60 else f"{round(minutes / 1440)} d"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
