"""`scrapy offers`: list stored offers."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import timedelta

from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import (
    LIMIT_HELP,
    add_format_options,
    chosen_format,
    offers_table,
    print_rows,
    row_limit,
)
from awardspider.commands._offer_filter import add_filter_options, chosen_filter
from awardspider.commands._options import choice, choices, classes_from, integer, no_arguments
from awardspider.items import Detail
from awardspider.search.freshness import max_age
from awardspider.storage.offers import OFFER_ORDERS, count_outdated, find_offers
from awardspider.storage.records import LISTED_OFFER_FIELDS, offer_record


class Command(AwardCommand):
    """List stored offers, cheapest first by default."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add_filter_options(add)
        add(
            "--class",
            dest="deal_class",
            metavar="NAME",
            help="only this deal class or a better one: usual, good, exceptional or record_low",
        )
        add("--detail", metavar="NAME", help=f"{', '.join(Detail)}; several separated by commas")
        add("--best", action="store_true", help="only the cheapest of each route and cabin")
        add("--gone", action="store_true", help="also offers that are gone")
        add("--all", action="store_true", help="also offers that are gone, have departed or are outdated")
        add("--max-age", metavar="HOURS", help="leave out offers last seen longer ago (default: AWARD_MAX_AGE_HOURS)")
        add("--sort", metavar="NAME", default="miles", help=f"{', '.join(OFFER_ORDERS)} (default: miles)")
        add("--limit", metavar="N", help=LIMIT_HELP)
        add_format_options(add)

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        now = self.now()
        output_format = chosen_format(opts)
        limit = row_limit(opts.limit, output_format)
        sort = choice("--sort", opts.sort, OFFER_ORDERS)
        hours = integer("--max-age", opts.max_age)
        oldest = max_age(self.settings) if hours is None else timedelta(hours=hours) or None
        query = replace(
            chosen_filter(opts, now.date()),
            details=[Detail(name) for name in choices("--detail", opts.detail, Detail)],
            classes=classes_from("--class", opts.deal_class),
            current_at=None if opts.all else now,
            max_age=oldest,
            gone=opts.gone or opts.all,
            best=opts.best,
        )
        rows = find_offers(self.store(), query, sort=sort, limit=limit and limit + 1)
        notes = _notes(count_outdated(self.store(), query), oldest)
        print_rows(
            rows,
            lambda shown, more: offers_table(shown, now, [*more, *notes], max_age=oldest),
            lambda row: offer_record(row, now, oldest),
            LISTED_OFFER_FIELDS,
            output_format,
            limit,
        )
        if output_format != "table":
            print(*notes, sep="\n", end="\n" if notes else "", file=sys.stderr)


def _notes(outdated: int, oldest: timedelta | None) -> list[str]:
    if not outdated or oldest is None:
        return []
    offers = "1 offer" if outdated == 1 else f"{outdated:,} offers"
    return [f"{offers} last seen more than {oldest // timedelta(hours=1)} hours ago left out; --all shows them"]
