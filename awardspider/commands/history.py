"""`scrapy history OFFER_ID`: what an offer cost, and when."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import (
    FORMATS,
    HISTORY_FIELDS,
    history_table,
    point_record,
    print_records,
    print_table,
)
from awardspider.commands._options import one_of
from awardspider.outcomes import InvalidArgument
from awardspider.storage import queries


class Command(AwardCommand):
    """Lists the price points of one offer, the oldest first."""

    def syntax(self) -> str:
        return "[options] <offer id>"

    def short_desc(self) -> str:
        return "Show what an offer cost, and when"

    def long_desc(self) -> str:
        return "Show each price at which an offer was seen. The beginning of its id is enough."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--format", metavar="NAME", default="table", help="table, json or csv")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise InvalidArgument("name one offer by its id, which scrapy offers shows")
        form = one_of("--format", opts.format, FORMATS)
        offer, points = queries.history(self.store(), args[0])
        if form == "table":
            print_table(history_table(offer, points, datetime.now(UTC)))
        else:
            print_records((point_record(offer, point) for point in points), HISTORY_FIELDS, form)
