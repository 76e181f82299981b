"""`scrapy offers`: the offers that are stored."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import (
    FORMATS,
    LIMIT_HELP,
    OFFER_FIELDS,
    limit_of,
    offer_record,
    offers_table,
    show,
)
from awardspider.commands._options import airports_of, day, no_arguments, one_of, programs_of, some_of, whole
from awardspider.items import Cabin, Detail
from awardspider.outcomes import InvalidArgument
from awardspider.storage import queries


class Command(AwardCommand):
    """Lists offers by their price, those that are gone only with --gone."""

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "List the offers that are stored"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--program", metavar="NAME", help="one or several, with commas")
        add("--origin", metavar="CODE", help="airports or cities, with commas")
        add("--destination", metavar="CODE", help="airports or cities, with commas")
        add("--from", dest="first", metavar="DATE", help="first departure date: 2027-03-10, 2027-03 or +30")
        add("--until", dest="last", metavar="DATE", help="last departure date")
        add("--cabin", metavar="NAME", help=f"{', '.join(Cabin)}; several with commas")
        add("--max-miles", metavar="N", help="miles per traveler, one way")
        add("--min-seats", metavar="N", help="seats left; unknown counts as the party that was asked for")
        add("--max-stops", metavar="N", help="0 is nonstop")
        add("--detail", metavar="NAME", help=f"{', '.join(Detail)}; several with commas")
        add("--best", action="store_true", help="only the cheapest of each route and cabin")
        add("--gone", action="store_true", help="also those that are no longer there")
        add("--sort", metavar="NAME", default="miles", help=f"{', '.join(queries.OFFER_ORDERS)}; default miles")
        add("--limit", metavar="N", help=LIMIT_HELP)
        add("--format", metavar="NAME", default="table", help="table, json or csv")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        no_arguments(args)
        now = datetime.now(UTC)
        form = one_of("--format", opts.format, FORMATS)
        limit = limit_of(opts.limit, form)
        sort = one_of("--sort", opts.sort, queries.OFFER_ORDERS)
        wanted = queries.OfferFilter(
            programs=programs_of(opts.program),
            origins=airports_of(opts.origin),
            destinations=airports_of(opts.destination),
            first=day("--from", opts.first, now.date()),
            last=day("--until", opts.last, now.date(), end=True),
            cabins=[Cabin(name) for name in some_of("--cabin", opts.cabin, Cabin)],
            details=[Detail(name) for name in some_of("--detail", opts.detail, Detail)],
            max_miles=whole("--max-miles", opts.max_miles),
            min_seats=whole("--min-seats", opts.min_seats),
            max_stops=whole("--max-stops", opts.max_stops),
            gone=opts.gone,
            best=opts.best,
        )
        if wanted.first and wanted.last and wanted.last < wanted.first:
            raise InvalidArgument(f"--until {wanted.last} lies before --from {wanted.first}")
        rows = queries.offers(self.store(), wanted, sort=sort, limit=limit and limit + 1)
        show(rows, lambda some, notes: offers_table(some, now, notes), offer_record, OFFER_FIELDS, form, limit)
