"""Price history of a route for `scrapy history --route`: options, records, tables and the texts of the chart."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from awardspider.airports import is_city_code, metropolitan_areas
from awardspider.commands._listing import age
from awardspider.commands._options import airports, choices, day, program_keys
from awardspider.commands._price_chart import MAX_LINES, ChartLine, ChartTexts
from awardspider.commands._table import Column, FittedTable
from awardspider.deals.classes import Thresholds
from awardspider.deals.usual_prices import UsualPrices, may_have_record, usual_prices
from awardspider.items import Cabin
from awardspider.outcomes import InvalidArgument, Outcome
from awardspider.programs import all_programs, program_currency, sources_of
from awardspider.search.city_names import city_name
from awardspider.search.past_times import past_time
from awardspider.search.price_history import WINDOW_DAYS
from awardspider.storage.route_history import MonthPrice, RouteHistory
from awardspider.storage.route_queries import RouteQuery
from awardspider.storage.search_days import SearchDay

#: Fields of a search day: one row for each day, program and cabin.
ROUTE_FIELDS = (
    "search_day", "program", "origin", "destination", "cabin", "outcome", "lowest_miles", "departure_date", "on_sale",
    "searches", "failed_searches",
)  # fmt: skip

_SOURCE_WIDTH = 165  # characters of a line of the chart


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRequest:
    """The route of --route, and one query for each program and cabin."""

    origin: str
    destination: str
    queries: tuple[RouteQuery, ...]

    @property
    def name(self) -> str:
        """Return the route as `Los Angeles (LAX) to Tokyo (NRT)`."""
        return f"{_place(self.origin)} to {_place(self.destination)}"


def route_request(opts: argparse.Namespace, now: datetime) -> RouteRequest:
    """Return the request of the options; raise InvalidArgument if one is missing or invalid."""
    origin, separator, destination = (part.strip().upper() for part in opts.route.partition("-"))
    if not (origin and separator and destination):
        raise InvalidArgument(f"--route: expected two airports or cities, such as LAX-NRT, got {opts.route!r}")
    origins, destinations = airports(origin), airports(destination)
    if set(origins) & set(destinations):
        raise InvalidArgument(f"--route: {origin} and {destination} are the same place")
    keys = program_keys(opts.program)
    cabins = [Cabin(name) for name in choices("--cabin", opts.cabin, Cabin)]
    if not keys or not cabins:
        missing = "--cabin" if keys else "--program"
        example = "business" if keys else "united"
        raise InvalidArgument(
            f"{missing} is missing: the history of a route is about a program and a cabin ({example})"
        )
    keys, cabins = list(dict.fromkeys(keys)), list(dict.fromkeys(cabins))
    if len(keys) * len(cabins) > MAX_LINES:
        raise InvalidArgument(
            f"{len(keys)} programs and {len(cabins)} cabins make {len(keys) * len(cabins)} lines, but a history has at "
            f"most {MAX_LINES}: name fewer"
        )
    first, last = day("--from", opts.first, now.date()), day("--until", opts.last, now.date(), end=True)
    if first and last and last < first:
        raise InvalidArgument(f"--until {last} is before --from {first}")
    since = past_time("--since", opts.since, now)
    queries = [
        RouteQuery(
            program=program,
            cabin=cabin,
            origins=origins,
            destinations=destinations,
            sources=sources_of(program),
            first_month=first and first.replace(day=1),
            last_month=last and last.replace(day=1),
            since=since,
        )
        for program in keys
        for cabin in cabins
    ]
    return RouteRequest(origin=origin, destination=destination, queries=tuple(queries))


def _place(code: str) -> str:
    """Return a place as `Tokyo (NRT)`; for a city's code, the name is the city's."""
    name = metropolitan_areas()[code].name if is_city_code(code) else city_name(code)
    return f"{name} ({code})" if name and name.upper() != code else code


def _label(query: RouteQuery, *, with_program: bool, with_cabin: bool) -> str:
    cabin = query.cabin.replace("_", " ")
    parts = [all_programs()[query.program].name if with_program else "", cabin if with_cabin else ""]
    return ", ".join(filter(None, parts))


# ---- records and tables ----------------------------------------------------------------------------------------------


def route_records(request: RouteRequest, histories: Sequence[RouteHistory]) -> list[dict[str, Any]]:
    """Return the search days as values keyed by ROUTE_FIELDS, by day."""
    rows = [(day, history.query) for history in histories for day in history.days]
    return [
        {
            "search_day": day.day.isoformat(),
            "program": query.program,
            "origin": request.origin,
            "destination": request.destination,
            "cabin": query.cabin.value,
            "outcome": day.outcome.value,
            "lowest_miles": day.lowest,
            "departure_date": day.departure_date.isoformat() if day.departure_date else None,
            "on_sale": day.is_on_sale,
            "searches": day.searches,
            "failed_searches": day.failed,
        }
        for day, query in sorted(rows, key=lambda row: row[0].day)
    ]


def route_tables(
    request: RouteRequest, histories: Sequence[RouteHistory], now: datetime, thresholds: Thresholds
) -> RenderableType:
    """Return the tables of each program and cabin: prices by search date, and by departure month."""
    parts: list[RenderableType] = [Text(request.name, style="bold")]
    for history in histories:
        label = _label(history.query, with_program=True, with_cabin=True)
        parts += [Text(), Text.assemble((label, "bold"), f"  {_unit([history])} per traveler, one way")]
        parts += [Text(line, style="dim") for line in _facts(history, now, thresholds)]
        if history.days:
            parts += [Text(), FittedTable(list(_with_changes(history.days)), _day_columns())]
        if history.months:
            parts += [Text(), FittedTable(history.months, _month_columns())]
    return Group(*parts)


@dataclass(frozen=True, slots=True)
class _DayRow:
    """A search day, and the difference from the last price before it."""

    day: SearchDay
    change: int | None


def _with_changes(days: Sequence[SearchDay]) -> list[_DayRow]:
    rows, previous = [], None
    for each in days:
        rows.append(_DayRow(each, None if each.lowest is None or previous is None else each.lowest - previous))
        previous = each.lowest or previous
    return rows


def _day_columns() -> list[Column[_DayRow]]:
    return [
        Column(title="search date", rank=0, text=lambda row: f"{row.day.day:%a %Y-%m-%d}"),
        Column(title="lowest", rank=1, text=_lowest, right=True),
        Column(title="change", rank=3, text=_change, right=True),
        Column(title="departure", rank=4, text=lambda row: _optional_date(row.day.departure_date)),
        Column(title="on sale", rank=6, text=lambda row: "sale" if row.day.is_on_sale else "", optional=True),
        Column(title="searches", rank=5, text=lambda row: _optional_number(row.day.searches), right=True),
        Column(title="failed", rank=2, text=lambda row: _optional_number(row.day.failed), right=True, optional=True),
    ]


def _optional_number(number: int) -> str:
    return f"{number:,}" if number else ""


def _lowest(row: _DayRow) -> Text:
    if row.day.lowest is not None:
        return Text(f"{row.day.lowest:,}", style="bold")
    return Text("failed", style="yellow") if row.day.outcome is Outcome.FAILED else Text("none found", style="dim")


def _change(row: _DayRow) -> Text:
    if not row.change:
        return Text()
    return Text(f"{row.change:+,}", style="green" if row.change < 0 else "yellow")


def _optional_date(day: date | None) -> str:
    return f"{day}" if day else ""


def _month_columns() -> list[Column[MonthPrice]]:
    return [
        Column(title="departure month", rank=0, text=lambda row: f"{row.month:%B %Y}"),
        Column(title="lowest", rank=1, text=lambda row: Text(f"{row.miles:,}", style="bold"), right=True),
        Column(title="departure", rank=2, text=lambda row: f"{row.departure_date}"),
        Column(title="available", rank=3, text=_availability),
    ]


def _availability(row: MonthPrice) -> Text:
    return Text("now") if row.is_available else Text(f"last found on {row.seen_on}", style="dim")


def _facts(history: RouteHistory, now: datetime, thresholds: Thresholds) -> list[str]:
    facts = [_search_text([history], now)]
    if usual := _usual_prices(history, thresholds):
        facts.append(
            f"Usual prices of a departure day in the last {WINDOW_DAYS} days: median {usual.median:,}, "
            f"25th percentile {usual.quarter:,} ({_sample_text(history)})."
        )
    elif history.sample:
        facts.append(
            f"Usual prices: unknown, because {_sample_text(history)} in the last {WINDOW_DAYS} days are too few "
            f"({thresholds.min_days} days with {thresholds.min_prices} prices are needed)."
        )
    if lowest := history.lowest:
        name = "Record low" if _is_long(history, thresholds) else "Lowest price"
        facts.append(f"{name} {lowest.miles:,}, last found on {lowest.day}; history since {lowest.first_day}.")
    return facts


def _sample_text(history: RouteHistory) -> str:
    assert history.sample
    prices, days = history.sample.counts.values(), history.sample.days
    return f"{_counted(sum(prices), 'price', 'prices')} found on {_counted(days, 'day', 'days')}"


def _usual_prices(history: RouteHistory, thresholds: Thresholds) -> UsualPrices | None:
    sample = history.sample
    return usual_prices(sample.counts, sample.days, thresholds) if sample else None


# ---- texts of the chart ----------------------------------------------------------------------------------------------


def chart_lines(histories: Sequence[RouteHistory], thresholds: Thresholds) -> list[ChartLine]:
    """Return the lines of a chart; the legend names only what differs between them."""
    with_program = len({history.query.program for history in histories}) > 1
    with_cabin = len({history.query.cabin for history in histories}) > 1
    with_unit = len({_unit([history]) for history in histories}) > 1
    lines = []
    for history in histories:
        label = _label(history.query, with_program=with_program, with_cabin=with_cabin) or "lowest price"
        details = [_unit([history])] * with_unit + ["none found"] * (not history.has_prices)
        lines.append(
            ChartLine(
                label=f"{label} ({', '.join(details)})" if details else label,
                history=history,
                usual=_usual_prices(history, thresholds),
                may_have_record=_is_long(history, thresholds),
            )
        )
    return lines


def _is_long(history: RouteHistory, thresholds: Thresholds) -> bool:
    if history.lowest is None or not history.days:
        return False
    return may_have_record(history.lowest.first_day, history.days[-1].day, thresholds)


def chart_texts(request: RouteRequest, histories: Sequence[RouteHistory], now: datetime) -> ChartTexts:
    """Return the title of a chart, and its source with the number of searches and their age."""
    names = dict.fromkeys(all_programs()[history.query.program].name for history in histories)
    cabins = dict.fromkeys(history.query.cabin.replace("_", " ") for history in histories)
    first = histories[0].query
    months = [f"{month:%B %Y}" for month in (first.first_month, first.last_month) if month]
    departures = f"departures {' to '.join(dict.fromkeys(months))}" if len(months) == 2 else ""
    if len(months) == 1:
        departures = f"departures {'from' if first.first_month else 'until'} {months[0]}"
    source = [_search_text(histories, now), "Offers with part of the flights in a lower cabin do not count."]
    if len(histories) == 1 and histories[0].sample:
        source.append(
            f"Median and 25th percentile: all departure days in the last {WINDOW_DAYS} days "
            f"({_sample_text(histories[0])})."
        )
    return ChartTexts(
        title=request.name,
        subtitle=", ".join(filter(None, [_listed(names), _listed(cabins), departures])),
        unit=_unit(histories),
        source="\n".join(textwrap.wrap(f"Source: awardspider. {' '.join(source)}", _SOURCE_WIDTH)),
    )


def _listed(names: Iterable[str]) -> str:
    """Return `economy, business and first`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _search_text(histories: Sequence[RouteHistory], now: datetime) -> str:
    """Return the number of searches and days, and the age of the last search."""
    days = {day.day for history in histories for day in history.days}
    # A search of all cabins is part of the history of each cabin.
    by_program: dict[str, int] = {}
    for history in histories:
        number = sum(day.searches for day in history.days)
        by_program[history.query.program] = max(number, by_program.get(history.query.program, 0))
    text = f"{_counted(sum(by_program.values()), 'search', 'searches')} on {_counted(len(days), 'day', 'days')}"
    times = [history.last_search_at for history in histories if history.last_search_at]
    if days:
        text += f", {min(days)} to {max(days)}"
    if times:
        passed = age(max(times), now)
        text += f"; the last one {'just now' if passed == 'now' else f'{passed} ago'}"
    return f"{text}."


def _unit(histories: Sequence[RouteHistory]) -> str:
    units = {program_currency(history.query.program).unit: None for history in histories}
    names = ["Avios" if unit == "avios" else str(unit) for unit in units]
    return " or ".join(names)


def _counted(number: int, singular: str, plural: str) -> str:
    return f"{number:,} {singular if number == 1 else plural}"
