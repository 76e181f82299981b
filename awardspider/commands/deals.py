"""`scrapy deals`: list the best deals that are available now."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from operator import attrgetter

from awardspider.commands._command import AwardCommand
from awardspider.commands._deal_listing import (
    DEAL_FIELDS,
    deal_records,
    deals_table,
    reason_text,
)
from awardspider.commands._listing import add_format_options, chosen_format, print_records, print_table
from awardspider.commands._offer_filter import add_filter_options, chosen_filter
from awardspider.commands._options import classes_from, decimal, integer, no_arguments
from awardspider.deals.classes import parse_thresholds
from awardspider.deals.deal_list import ranked_deals
from awardspider.deals.ranking import PER_ROUTE
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.freshness import max_age
from awardspider.search.judgments import DealClass
from awardspider.search.matching import MatchResult, match
from awardspider.search.watches import Watch
from awardspider.storage.current_deals import current_deals
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.missing_deals import explain_no_deals
from awardspider.storage.offers import OfferFilter, OfferRow
from awardspider.storage.owner_points import find_owner_points
from awardspider.storage.store import Store
from awardspider.storage.watch_check import airport_codes
from awardspider.storage.watches import find_entry, get_watch

#: Default number of deals.
DEALS = 10

#: The number of flights that are read, so that the best can be sorted and consecutive dates grouped.
MAX_READ = 2_000
_FLIGHTS_PER_DEAL = 10


class Command(AwardCommand):
    """List the best deals that are available now, with the evidence.

    A deal is an offer that is cheaper than usual on its route; docs/deals.md explains the classes.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add(
            "--class",
            dest="deal_class",
            metavar="NAME",
            default="good",
            help="this class or a better one: good (default), exceptional or record_low",
        )
        add_filter_options(add)
        add("--min-cpp", metavar="N", help="US cents per mile or point, such as 1.5; unknown does not count")
        add("--watch", metavar="NAME", help="only deals that match this watch")
        add("--links", action="store_true", help="show the booking links in the table")
        add("--limit", metavar="N", help=f"number of deals, 0 for all (default: {DEALS})")
        add("--per-route", metavar="N", help=f"deals of one route and cabin, 0 for all (default: {PER_ROUTE})")
        add_format_options(add)

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        now, oldest, thresholds = self.now(), max_age(self.settings), parse_thresholds(self.settings)
        output_format = chosen_format(opts)
        number = integer("--limit", opts.limit)
        limit = DEALS if number is None else number or None
        number = integer("--per-route", opts.per_route)
        per_route = PER_ROUTE if number is None else number
        query = replace(
            chosen_filter(opts, now.date()),
            classes=classes_from("--class", opts.deal_class, worst=DealClass.GOOD),
            min_cpp=decimal("--min-cpp", opts.min_cpp),
            current_at=now,
            max_age=oldest,
        )
        store = self.store()
        rates = current_rates(store, self.settings)
        watch = None if opts.watch is None else get_watch(store, find_entry(store, opts.watch).id, now=now).watch
        if watch is None:
            most = limit and max(MAX_READ, limit * _FLIGHTS_PER_DEAL)
            offers = current_deals(store, query, limit=most)
        else:
            offers = current_deals(store, _on_routes(query, watch), accepts=self._accepts(store, watch, rates))
        deals, left_out = ranked_deals(offers, attrgetter("judgment"), rates, per_route=per_route)
        notes = []
        if not deals:
            no_deals = explain_no_deals(store, query, watch=watch.name if watch else None)
            notes = [reason_text(no_deals, thresholds, oldest)]
        elif limit is not None and len(deals) > limit:
            notes = ["more exist; --limit 0 shows all"]
        if left_out:
            notes.append(f"at most {per_route} of each route and cabin are shown; --per-route 0 shows all")
        if output_format == "table":
            print_table(deals_table(deals[:limit], now, notes, links=opts.links))
            return
        print_records(deal_records(deals[:limit], now, oldest), DEAL_FIELDS, output_format)
        print(*notes, sep="\n", end="\n" if notes else "", file=sys.stderr)

    def _accepts(self, store: Store, watch: Watch, rates: ExchangeRates) -> Callable[[OfferRow], bool]:
        now = self.now()
        points = find_owner_points(store, now)
        return lambda offer: match(watch, offer, now=now, rates=rates, points=points).result is MatchResult.MATCH


def _on_routes(query: OfferFilter, watch: Watch) -> OfferFilter:
    """Return the filter with the airports of a watch, unless it has its own."""
    ends: dict[str, list[str]] = {}
    for end in ("origin", "destination"):
        codes = [airport_codes(getattr(leg, end)) for leg in watch.legs]
        ends[end] = [*chain.from_iterable(codes)] if all(codes) else []
    return replace(
        query,
        origins=query.origins or ends["origin"],
        destinations=query.destinations or ends["destination"],
    )
