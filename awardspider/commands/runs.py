"""`scrapy runs`: list crawls that ran or run, and show one of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import orjson
from rich.text import Text

from awardspider import clock
from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import (
    LIMIT_HELP,
    add_format_options,
    chosen_format,
    print_rows,
    print_table,
    row_limit,
)
from awardspider.commands._options import choices
from awardspider.commands._table import Column, FittedTable, label_table
from awardspider.operations.scrapyd import job_log_path, scrapyd_client
from awardspider.outcomes import InvalidArgument
from awardspider.programs import programs
from awardspider.promotion_sources import source_spiders
from awardspider.search.past_times import past_time
from awardspider.storage.finish_reasons import FINISHED
from awardspider.storage.records import RUN_FIELDS, run_record
from awardspider.storage.run_listing import RunFilter, RunRow, failure_reasons, find_run, find_runs


class Command(AwardCommand):
    """List crawls that ran or run, latest first, or show one of them."""

    usage = "[show RUN] [options]"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--program", metavar="NAME", help="program or spider; several separated by commas")
        add("--failed", action="store_true", help="only runs that failed or were killed")
        add("--since", metavar="TIME", help="24h, 7d, 2026-11-22 or 2026-11-22T10:00Z")
        add("--limit", metavar="N", help=LIMIT_HELP)
        add_format_options(add, json=True)

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        now = clock.now()
        output_format = chosen_format(opts)
        if args:
            if args[0] != "show" or len(args) != 2:
                raise InvalidArgument("expected nothing, or: scrapy runs show RUN")
            self._show(args[1], now, as_json=output_format == "json")
            return
        limit = row_limit(opts.limit, output_format)
        spiders = [*programs(), *source_spiders(), "ecb"]
        query = RunFilter(
            programs=choices("--program", opts.program, spiders), since=past_time("--since", opts.since, now)
        )
        rows: Iterable[RunRow] = find_runs(self.store(), query, now)
        if opts.failed:
            rows = (row for row in rows if row.has_failed)
        print_rows(
            islice(rows, limit and limit + 1),
            lambda shown, notes: _table(shown, now, notes),
            lambda row: run_record(row, now),
            RUN_FIELDS,
            output_format,
            limit,
        )

    def _show(self, text: str, now: datetime, *, as_json: bool) -> None:
        store = self.store()
        row = find_run(store, text, now)
        if row is None:
            raise InvalidArgument(f"there is not exactly one run {text!r}; scrapy runs lists them")
        reasons = failure_reasons(store, row.run_id)
        log = scrapyd_client(self.settings).url + job_log_path(row.spider, row.job) if row.job else None
        if as_json:
            more = {"failure_reasons": reasons, "monitors": row.monitors, "log": log, "stats": row.stats}
            print(orjson.dumps(run_record(row, now) | more, default=str).decode())
        else:
            print_table(label_table((label, value) for label, value in _details(row, reasons, log, now) if value))


def _table(rows: Iterable[RunRow], now: datetime, notes: Sequence[str]) -> FittedTable[RunRow]:
    columns: list[Column[RunRow]] = [
        Column(title="started (UTC)", rank=0, text=lambda row: _time(row.started_at, now)),
        Column(title="program", rank=1, text=lambda row: row.program),
        Column(title="result", rank=2, text=_result),
        Column(title="took", rank=5, text=lambda row: _took(row.duration(now)), right=True),
        Column(title="found", rank=4, text=lambda row: f"{row.found:,}", right=True),
        Column(title="empty", rank=7, text=lambda row: f"{row.empty:,}", right=True),
        Column(title="failed", rank=6, text=_failed_searches, right=True),
        Column(title="offers", rank=8, text=lambda row: f"{row.offers:,}", right=True),
        Column(title="monitors", rank=9, text=_monitors, optional=True),
        Column(title="run", rank=3, text=lambda row: Text(row.run_id, style="dim")),
        Column(title="job", rank=10, text=lambda row: row.job or "", optional=True),
        Column(title="code", rank=11, text=lambda row: row.code_version or "", optional=True),
    ]
    return FittedTable(rows, columns, notes)


def _details(row: RunRow, reasons: dict[str, int], log: str | None, now: datetime) -> list[tuple[str, str]]:
    searches = f"{row.found:,} found, {row.empty:,} empty, {row.failed:,} failed"
    if reasons:
        searches += f" ({', '.join(f'{reason} {count:,}' for reason, count in reasons.items())})"
    ended = f"{row.ended_at:%Y-%m-%d %H:%M:%S} UTC" if row.ended_at else ""
    monitors = [("monitor", f"{_mark(monitor)} {monitor['sentence']}") for monitor in row.monitors]
    return [
        ("run", row.run_id),
        ("program", row.program if row.program == row.spider else f"{row.program}, spider {row.spider}"),
        ("arguments", " ".join(f"{name}={value}" for name, value in row.arguments.items())),
        ("result", _result(row).plain),
        ("started", f"{row.started_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("ended", ended),
        ("took", _took(row.duration(now))),
        ("searches", searches),
        ("offers", f"{row.offers:,}"),
        ("coverage drop", row.coverage_drop or ""),
        *monitors,
        ("code", row.code_version or ""),
        ("process", f"{row.pid} on {row.host}"),
        ("Scrapyd job", row.job or ""),
        ("log", log or ""),
    ]


def _mark(monitor: Any) -> str:
    return "passed:" if monitor["passed"] else "failed:"


def _time(then: datetime, now: datetime) -> str:
    return f"{then:%m-%d %H:%M:%S}" if then.year == now.year else f"{then:%Y-%m-%d %H:%M:%S}"


def _result(row: RunRow) -> Text:
    if row.finish_reason is None:
        return Text("running", style="cyan")
    style = "red" if row.has_failed else "green" if row.finish_reason == FINISHED else "yellow"
    return Text(row.finish_reason, style=style)


def _failed_searches(row: RunRow) -> Text:
    return Text(f"{row.failed:,}", style="yellow" if row.failed else "")


def _monitors(row: RunRow) -> Text:
    failed = len(row.failed_monitors)
    return Text(f"{failed} failed", style="yellow") if failed else Text()


def _took(passed: timedelta) -> str:
    seconds = int(passed.total_seconds())
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 6000:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"
