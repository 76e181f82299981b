"""`scrapy history OFFER_ID`: show the price history of an offer."""

from __future__ import annotations

import argparse

from awardspider import clock
from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import (
    HISTORY_FIELDS,
    add_format_options,
    chosen_format,
    history_table,
    point_record,
    print_records,
    print_table,
)
from awardspider.outcomes import InvalidArgument
from awardspider.storage.offers import offer_history


class Command(AwardCommand):
    """Show the price history of an offer, oldest first.

    The first few characters of the offer's id are enough.
    """

    usage = "[options] <offer id>"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add_format_options(parser.add_argument)

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        if len(args) != 1:
            raise InvalidArgument("expected one offer id, as scrapy offers shows it")
        output_format = chosen_format(opts)
        offer, points = offer_history(self.store(), args[0])
        if output_format == "table":
            print_table(history_table(offer, points, clock.now()))
        else:
            print_records((point_record(offer, point) for point in points), HISTORY_FIELDS, output_format)
