"""`scrapy history`: show the price history of an offer or of a route, as a table or as a chart."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from awardspider.commands._command import AwardCommand
from awardspider.commands._image_file import check_image_file
from awardspider.commands._listing import add_format_options, chosen_format, history_table, print_records, print_table
from awardspider.commands._price_chart import ChartTexts, offer_chart, route_chart, write_chart
from awardspider.commands._route_history import (
    ROUTE_FIELDS,
    RouteRequest,
    chart_lines,
    chart_texts,
    route_records,
    route_request,
    route_tables,
)
from awardspider.deals.classes import parse_thresholds
from awardspider.environment import expand_path
from awardspider.items import Cabin
from awardspider.outcomes import InvalidArgument
from awardspider.programs import program_currency, program_name
from awardspider.search.city_names import city_name
from awardspider.search.freshness import max_age
from awardspider.search.price_history import WINDOW_DAYS
from awardspider.storage.offers import OfferRow, PricePoint, offer_history
from awardspider.storage.records import HISTORY_FIELDS, point_record
from awardspider.storage.route_history import RouteHistory, read_route_history, routes_with_prices
from awardspider.storage.store import Store

_ROUTE_OPTIONS = ("program", "cabin", "first", "last", "since")


class Command(AwardCommand):
    """Show the price history of an offer or of a route, oldest first.

    The first few characters of the offer's id are enough.
    """

    usage = "<offer id> | --route LAX-NRT --program NAME --cabin NAME [options]"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--route", metavar="FROM-TO", help="two airports or cities, such as LAX-NRT")
        add("--program", metavar="NAME", help="for a route: one or several, separated by commas")
        add("--cabin", metavar="NAME", help=f"for a route: {', '.join(Cabin)}; several separated by commas")
        add("--from", dest="first", metavar="MONTH", help="first departure month, such as 2027-03")
        add("--until", dest="last", metavar="MONTH", help="last departure month")
        add("--since", metavar="TIME", help="only searches since then: 30d or 2026-11-22")
        add("--png", metavar="FILE", help="write a chart to this file")
        add_format_options(add)

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        output_format = chosen_format(opts)
        file = _chart_file(opts)
        if opts.route is None:
            if len(args) != 1:
                raise InvalidArgument("expected one offer id, as scrapy offers shows it, or --route LAX-NRT")
            if any(getattr(opts, name) is not None for name in _ROUTE_OPTIONS):
                raise InvalidArgument("an offer id needs no other options than --png and --format")
            self._offer(args[0], output_format, file)
            return
        if args:
            raise InvalidArgument(f"unexpected argument {args[0]!r}: give an offer id or --route, not both")
        self._route(route_request(opts, self.now()), output_format, file)

    def _offer(self, offer_id: str, output_format: str, file: Path | None) -> None:
        now = self.now()
        offer, points = offer_history(self.store(), offer_id)
        if file:
            prices = [(point.seen_at, None if point.gone else point.values["miles"]) for point in points]
            if all(miles is None for _, miles in prices):
                raise InvalidArgument(f"no price of the offer {offer.id} is stored")
            write_chart(offer_chart(prices, offer.gone_at or offer.last_seen_at, _offer_texts(offer, points)), file)
            print(f"{file}: {len(points):,} price{'' if len(points) == 1 else 's'} of the offer {offer.id[:8]}.")
        elif output_format == "table":
            print_table(history_table(offer, points, now))
        else:
            print_records((point_record(offer, point) for point in points), HISTORY_FIELDS, output_format)

    def _route(self, request: RouteRequest, output_format: str, file: Path | None) -> None:
        now, oldest, thresholds = self.now(), max_age(self.settings), parse_thresholds(self.settings)
        store = self.store()
        histories = [
            read_route_history(store, query, now=now, max_age=oldest, window_days=WINDOW_DAYS)
            for query in request.queries
        ]
        if not any(history.has_prices for history in histories):
            raise InvalidArgument(_without_prices(store, request, histories))
        if file:
            shown = [history for history in histories if history.days]
            write_chart(route_chart(chart_lines(shown, thresholds), chart_texts(request, shown, now)), file)
            print(f"{file}: {_chart_summary(shown)}.")
            for history in histories:
                if not history.days:
                    print(f"Not in the chart: {history.query.program} {history.query.cabin}, which has no history.")
        elif output_format == "table":
            print_table(route_tables(request, histories, now, thresholds))
        else:
            print_records(route_records(request, histories), ROUTE_FIELDS, output_format)


def _chart_file(opts: argparse.Namespace) -> Path | None:
    if opts.png is None:
        return None
    if opts.format != "table" or opts.excel:
        raise InvalidArgument("--png writes a chart; leave out --format and --excel")
    if not opts.png.strip():
        raise InvalidArgument("--png: expected the name of a file, such as chart.png")
    file = Path(expand_path(opts.png))
    check_image_file(file, "--png")
    return file


def _without_prices(store: Store, request: RouteRequest, histories: list[RouteHistory]) -> str:
    """Return a sentence that says why there is no history, and what there is instead."""
    route = f"{request.origin}-{request.destination}"
    searches = sum(day.searches for history in histories for day in history.days)
    if known := routes_with_prices(store, request.queries[0]):
        names = ", ".join(f"{program} {cabin}" for program, cabin in known[:8])
        return f"no prices of {route} are stored for these options; there are prices of {names}"
    if searches:
        return f"no prices of {route} are stored: no search has found any ({searches:,} searches)"
    return f"no prices of {route} are stored: it was not searched yet; scrapy crawl PROGRAM searches a route"


def _chart_summary(histories: list[RouteHistory]) -> str:
    days = len({day.day for history in histories for day in history.days})
    lines = "1 line" if len(histories) == 1 else f"{len(histories)} lines"
    return f"{lines}, prices of {days:,} search {'day' if days == 1 else 'days'}"


def _offer_texts(offer: OfferRow, points: list[PricePoint]) -> ChartTexts:
    unit = program_currency(offer.program).unit
    places = [f"{city_name(code)} ({code})" for code in (offer.origin, offer.destination)]
    details = [program_name(offer.program), offer.cabin.replace("_", " "), offer.flights]
    last: datetime = offer.last_seen_at
    return ChartTexts(
        title=f"{' to '.join(places)}, {offer.departure_date:%A} {offer.departure_date}",
        subtitle=", ".join(filter(None, details)),
        unit="Avios" if unit == "avios" else str(unit),
        source=f"Source: awardspider. {len(points):,} prices; last seen on {last:%Y-%m-%d %H:%M} UTC.",
    )
