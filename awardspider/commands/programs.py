"""`scrapy programs`: list all programs that have a spider, with their state."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

from rich.text import Text

from awardspider import clock
from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import print_table
from awardspider.commands._options import choice, no_arguments
from awardspider.commands._spiders import spider_class
from awardspider.commands._table import Column, FittedTable
from awardspider.programs import Program, programs
from awardspider.search import budgets
from awardspider.storage.programs import program_state
from awardspider.storage.sandbox_states import SANDBOX
from awardspider.storage.searches import count_sent_searches
from awardspider.storage.store import Store

FORMATS = ("table", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A program and its state. Times are ISO 8601 in UTC; `budget_left` is the number of searches allowed now."""

    program: str
    name: str
    access: str
    kinds: tuple[str, ...]
    transport: str
    covers: tuple[str, ...]
    last_success: str | None
    blocked_until: str | None
    blocked_for: str | None
    budget_left: int | None
    quota_remaining: int | None


class Command(AwardCommand):
    """List all programs with access, last success, blocks and remaining budget."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--format", metavar="NAME", default="table", help="table or json")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        output_format = choice("--format", opts.format, FORMATS)
        store, now = self.store(), clock.now()
        chosen = budgets.parse_budget(self.settings["AWARD_BUDGET"])
        rows = [self._row(program, store, chosen, now) for _, program in sorted(programs().items())]
        if output_format == "json":
            json.dump([asdict(row) for row in rows], sys.stdout, indent=1)
            print()
            return
        notes = ["sandbox: separate state, and no budget unless AWARD_BUDGET sets one"] if self._suffix else []
        print_table(FittedTable(rows, COLUMNS, notes))

    @property
    def _suffix(self) -> str:
        return SANDBOX if self.settings["AWARD_SANDBOX_URL"] else ""

    def _row(self, program: Program, store: Store, chosen: dict[str, budgets.Budget], now: datetime) -> Row:
        state = program_state(store, program.key + self._suffix)
        spider = spider_class(self.settings, program.key)
        budget = chosen.get(program.key) if self._suffix else budgets.effective_budget(program, chosen)
        blocked = _if_future(state.blocked_until, now)
        return Row(
            program=program.key,
            name=program.name,
            access="terms" if program.terms_forbid else program.access,
            kinds=spider.search_kinds,
            transport=spider.transport,
            covers=program.covers,
            last_success=state.last_success_at.isoformat() if state.last_success_at else None,
            blocked_until=blocked.isoformat() if blocked else None,
            blocked_for=state.last_block_reason if blocked else None,
            budget_left=budgets.remaining_budget(program.key, budget, partial(count_sent_searches, store, now=now), now)
            if budget
            else None,
            quota_remaining=state.quota_remaining if _if_future(state.quota_resets_at, now) else None,
        )


def _if_future(time: datetime | None, now: datetime) -> datetime | None:
    return time if time is not None and time > now else None


def _minutes(time: str | None) -> str:
    return f"{datetime.fromisoformat(time):%Y-%m-%d %H:%M}" if time else ""


def _blocked(row: Row) -> Text:
    return Text(f"{_minutes(row.blocked_until)} {row.blocked_for or ''}".strip(), style="red")


def _left(row: Row) -> str:
    left = min((number for number in (row.budget_left, row.quota_remaining) if number is not None), default=None)
    return "no limit" if left is None else str(left)


COLUMNS = (
    Column[Row](title="program", text=lambda row: row.program, rank=0),
    Column[Row](title="name", text=lambda row: row.name, rank=6, min_width=12),
    Column[Row](title="access", text=lambda row: row.access, rank=2),
    Column[Row](title="searches", text=lambda row: ", ".join(row.kinds), rank=5),
    Column[Row](title="transport", text=lambda row: row.transport, rank=7),
    Column[Row](title="last success (UTC)", text=lambda row: _minutes(row.last_success) or "never", rank=1),
    Column[Row](title="blocked until (UTC)", text=_blocked, rank=1, optional=True),
    Column[Row](title="budget left", text=_left, rank=3, right=True),
)
