"""`scrapy searches`: list searches with their outcomes."""

from __future__ import annotations

import argparse

from awardspider import clock
from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import (
    LIMIT_HELP,
    add_format_options,
    chosen_format,
    print_rows,
    row_limit,
    searches_table,
)
from awardspider.commands._options import choices, no_arguments, program_keys
from awardspider.outcomes import Outcome, Reason
from awardspider.search.past_times import past_time
from awardspider.storage.records import SEARCH_FIELDS, search_record
from awardspider.storage.searches import SearchFilter, find_searches


class Command(AwardCommand):
    """List searches with their outcomes, latest first."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--program", metavar="NAME", help="one or several, separated by commas")
        add("--outcome", metavar="NAME", help=f"{', '.join(Outcome)}; several separated by commas")
        add("--reason", metavar="NAME", help=f"{', '.join(Reason)}; several separated by commas")
        add("--since", metavar="TIME", help="24h, 7d, 2026-11-22 or 2026-11-22T10:00Z")
        add("--limit", metavar="N", help=LIMIT_HELP)
        add_format_options(add)

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        now = clock.now()
        output_format = chosen_format(opts)
        limit = row_limit(opts.limit, output_format)
        query = SearchFilter(
            programs=program_keys(opts.program),
            outcomes=[Outcome(name) for name in choices("--outcome", opts.outcome, Outcome)],
            reasons=[Reason(name) for name in choices("--reason", opts.reason, Reason)],
            since=past_time("--since", opts.since, now),
        )
        rows = find_searches(self.store(), query, limit=limit and limit + 1)
        print_rows(
            rows,
            lambda shown, notes: searches_table(shown, now, notes),
            search_record,
            SEARCH_FIELDS,
            output_format,
            limit,
        )
