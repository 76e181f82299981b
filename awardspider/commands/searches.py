"""`scrapy searches`: every look, and what became of it."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import (
    FORMATS,
    LIMIT_HELP,
    SEARCH_FIELDS,
    limit_of,
    search_record,
    searches_table,
    show,
)
from awardspider.commands._options import moment, no_arguments, one_of, programs_of, some_of
from awardspider.outcomes import Outcome, Reason
from awardspider.storage import queries


class Command(AwardCommand):
    """Lists looks, the latest first."""

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "List every look, with its outcome"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--program", metavar="NAME", help="one or several, with commas")
        add("--outcome", metavar="NAME", help=f"{', '.join(Outcome)}; several with commas")
        add("--reason", metavar="NAME", help=f"{', '.join(Reason)}; several with commas")
        add("--since", metavar="TIME", help="24h, 7d, 2026-11-22 or 2026-11-22T10:00Z")
        add("--limit", metavar="N", help=LIMIT_HELP)
        add("--format", metavar="NAME", default="table", help="table, json or csv")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        no_arguments(args)
        now = datetime.now(UTC)
        form = one_of("--format", opts.format, FORMATS)
        limit = limit_of(opts.limit, form)
        wanted = queries.SearchFilter(
            programs=programs_of(opts.program),
            outcomes=[Outcome(name) for name in some_of("--outcome", opts.outcome, Outcome)],
            reasons=[Reason(name) for name in some_of("--reason", opts.reason, Reason)],
            since=moment("--since", opts.since, now),
        )
        rows = queries.searches(self.store(), wanted, limit=limit and limit + 1)
        show(rows, lambda some, notes: searches_table(some, now, notes), search_record, SEARCH_FIELDS, form, limit)
