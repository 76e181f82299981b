"""The options that `scrapy offers` and `scrapy deals` share to filter offers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date

from awardspider.commands._options import airports, choices, day, integer, program_keys
from awardspider.items import Cabin
from awardspider.outcomes import InvalidArgument
from awardspider.storage.offers import OfferFilter


def add_filter_options(add: Callable[..., object]) -> None:
    """Add the options of a filter with a parser's `add_argument`."""
    add("--program", metavar="NAME", help="one or several, separated by commas")
    add("--origin", metavar="CODE", help="airports or cities, separated by commas")
    add("--destination", metavar="CODE", help="airports or cities, separated by commas")
    add("--from", dest="first", metavar="DATE", help="first departure date: 2027-03-10, 2027-03 or +30")
    add("--until", dest="last", metavar="DATE", help="last departure date")
    add("--cabin", metavar="NAME", help=f"{', '.join(Cabin)}; several separated by commas")
    add("--max-miles", metavar="N", help="miles per traveler, one way")
    add("--min-seats", metavar="N", help="seats left; unknown counts as the number of travelers searched for")
    add("--max-stops", metavar="N", help="0 is nonstop")


def chosen_filter(opts: argparse.Namespace, today: date) -> OfferFilter:
    """Return the filter of the options. Raise InvalidArgument if one is invalid, or --until is before --from."""
    chosen = OfferFilter(
        programs=program_keys(opts.program),
        origins=airports(opts.origin),
        destinations=airports(opts.destination),
        first=day("--from", opts.first, today),
        last=day("--until", opts.last, today, end=True),
        cabins=[Cabin(name) for name in choices("--cabin", opts.cabin, Cabin)],
        max_miles=integer("--max-miles", opts.max_miles),
        min_seats=integer("--min-seats", opts.min_seats),
        max_stops=integer("--max-stops", opts.max_stops),
    )
    if chosen.first and chosen.last and chosen.last < chosen.first:
        raise InvalidArgument(f"--until {chosen.last} is before --from {chosen.first}")
    return chosen
