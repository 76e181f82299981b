"""Output of stored rows: as a table that fits the terminal, as JSON or as CSV."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import orjson
from babel.numbers import format_currency
from rich.console import Group, RenderableType
from rich.text import Text

from awardspider.commands._console import print_fitted
from awardspider.commands._options import choice, integer
from awardspider.commands._table import Column, FittedTable
from awardspider.items import Detail, Money
from awardspider.outcomes import InvalidArgument, Outcome
from awardspider.search.judgments import DealClass
from awardspider.storage.export.formats import without_formula
from awardspider.storage.offer_status import OfferStatus
from awardspider.storage.offers import OfferRow, PricePoint
from awardspider.storage.searches import SearchRow

FORMATS = ("table", "json", "csv")
#: CSV that begins with a byte order mark, which Excel needs to read UTF-8; chosen with --excel.
EXCEL = "excel"

#: Table width if stdout is not a terminal: wide enough for every column.
_UNLIMITED_WIDTH = 10_000


#: Default number of rows in a table. JSON and CSV, which other programs read, contain all rows by default.
TABLE_ROWS = 50
LIMIT_HELP = f"number of rows, 0 for all (default: {TABLE_ROWS} in a table, all in JSON and CSV)"

T = TypeVar("T")


def add_format_options(add: Callable[..., object], *, json: bool = False) -> None:
    """Add --format and --excel with a parser's `add_argument`; with `json`, also --json."""
    add("--format", metavar="NAME", default="table", help=", ".join(FORMATS[:-1]) + f" or {FORMATS[-1]}")
    add("--excel", action="store_true", help="CSV that Excel reads correctly: with a byte order mark")
    if json:
        add("--json", action="store_const", const="json", dest="format", help="the same as --format json")


def chosen_format(opts: argparse.Namespace) -> str:
    """Return one of FORMATS, or EXCEL. Raise InvalidArgument for another name, or for --excel with JSON."""
    output_format = choice("--format", opts.format, FORMATS)
    if opts.excel and output_format == "json":
        raise InvalidArgument("--excel: JSON has no byte order mark; leave out --format")
    return EXCEL if opts.excel else output_format


def row_limit(text: str | None, output_format: str) -> int | None:
    """Return the maximum number of rows for --limit, or its default if omitted; None means all rows."""
    limit = integer("--limit", text)
    return (TABLE_ROWS if output_format == "table" else None) if limit is None else limit or None


def print_rows(
    rows: Iterator[T],
    table: Callable[[list[T], list[str]], RenderableType],
    record: Callable[[T], dict[str, Any]],
    fields: Sequence[str],
    output_format: str,
    limit: int | None,
) -> None:
    """Print rows in one of FORMATS; add a note to a table that has no rows or was cut at the limit."""
    if output_format != "table":
        print_records(map(record, islice(rows, limit)), fields, output_format)
        return
    shown = list(islice(rows, limit))
    notes = [] if shown else ["no matching rows"]
    if next(rows, None) is not None:
        notes.append("more rows exist; --limit 0 shows all")
    print_table(table(shown, notes))


def print_table(table: RenderableType) -> None:
    """Print a table to stdout, fitted to the terminal; print all columns if stdout is not a terminal."""
    print_fitted(table, width=_UNLIMITED_WIDTH)


def print_records(records: Iterable[dict[str, Any]], fields: Sequence[str], output_format: str) -> None:
    """Print flat records to stdout as a JSON list or as CSV with a header, without loading all of them first."""
    if output_format in ("csv", EXCEL):
        if output_format == EXCEL:
            if isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(encoding="utf-8")
            sys.stdout.write("\ufeff")
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(fields)
        writer.writerows([_csv_value(values[name]) for name in fields] for values in records)
        return
    separator = "["
    for values in records:
        sys.stdout.write(f"{separator}\n{orjson.dumps(values, default=str).decode()}")
        separator = ","
    sys.stdout.write("[]\n" if separator == "[" else "\n]\n")


def _csv_value(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    return without_formula(value) if isinstance(value, str) else value


# ---- tables ----------------------------------------------------------------------------------------------------------


def offers_table(
    rows: Iterable[OfferRow],
    now: datetime,
    notes: Sequence[str] = (),
    *,
    max_age: timedelta | None = None,
    first: Sequence[Column[OfferRow]] = (),
) -> FittedTable[OfferRow]:
    """Return a table of offers; ages are relative to `now`. Without `max_age`, no offer is shown as outdated.

    `first` are further columns, to the left of the others.
    """
    shown = list(rows)
    if any(row.mixed_cabin for row in shown):
        notes = [*notes, "* part of the itinerary is in a lower cabin"]
    if any(row.detail is Detail.DAY for row in shown):
        notes = [*notes, "+ lowest price of the day; the flights are unknown"]
    columns: list[Column[OfferRow]] = [
        *first,
        Column(title="deal", rank=4, text=deal_text, optional=True),
        Column(title="program", rank=4, text=lambda row: row.program),
        Column(title="via", rank=12, text=lambda row: row.source if row.source != row.program else "", optional=True),
        Column(title="route", rank=0, text=lambda row: _bold(f"{row.origin}-{row.destination}")),
        Column(title="date", rank=1, text=lambda row: f"{row.departure_date:%a %Y-%m-%d}"),
        Column(title="cabin", rank=3, text=_cabin),
        Column(title="miles", rank=2, text=_miles, right=True),
        Column(title="regular", rank=12, text=_regular_miles, right=True, optional=True),
        Column(title="taxes", rank=5, text=lambda row: _money(row.taxes), right=True),
        Column(title="seats", rank=6, text=lambda row: _seats(row.seats), right=True),
        Column(title="party", rank=8, text=_party, right=True, optional=True),
        Column(title="stops", rank=9, text=_stops, right=True),
        Column(title="flights", rank=10, text=_flights, min_width=13),
        Column(title="fare", rank=13, text=lambda row: row.fare_name or "", optional=True),
        Column(title="status", rank=4, text=lambda row: _status(row, now, max_age), optional=True),
        Column(title="seen ago", rank=7, text=lambda row: _age_seen(row, now), right=True),
        Column(title="id", rank=11, text=lambda row: Text(row.id[:8], style="dim")),
    ]
    return FittedTable(shown, columns, notes)


def searches_table(rows: Iterable[SearchRow], now: datetime, notes: Sequence[str] = ()) -> FittedTable[SearchRow]:
    """Return a table of searches; times in the current year omit the year."""
    columns: list[Column[SearchRow]] = [
        Column(title="when (UTC)", rank=0, text=lambda row: _when(row.requested_at, now)),
        Column(title="program", rank=5, text=lambda row: row.program),
        Column(title="covers", rank=11, text=lambda row: row.target_program or "", optional=True),
        Column(title="route", rank=2, text=lambda row: _bold(f"{row.origin}-{row.destination}")),
        Column(title="dates", rank=4, text=lambda row: _days(row.first_day, row.last_day)),
        Column(title="kind", rank=9, text=lambda row: row.kind),
        Column(title="outcome", rank=1, text=_outcome),
        Column(title="reason", rank=3, text=lambda row: row.reason or "", optional=True),
        Column(title="HTTP", rank=10, text=lambda row: _number(row.http_status), right=True),
        Column(title="offers", rank=6, text=lambda row: _number(row.offers), right=True),
        Column(title="took", rank=7, text=lambda row: _took(row.seconds), right=True),
        Column(title="note", rank=8, text=lambda row: row.note, min_width=16, optional=True),
    ]
    return FittedTable(rows, columns, notes)


def history_table(offer: OfferRow, points: Iterable[PricePoint], now: datetime) -> RenderableType:
    """Return a description of an offer and a table of its price points."""
    columns: list[Column[PricePoint]] = [
        Column(title="when (UTC)", rank=0, text=lambda point: f"{point.seen_at:%Y-%m-%d %H:%M}"),
        Column(title="miles", rank=1, text=_point_miles, right=True),
        Column(title="change", rank=2, text=_change, right=True),
        Column(title="taxes", rank=4, text=lambda point: _money(point.taxes), right=True),
        Column(title="seats", rank=3, text=lambda point: _seats(point.values["seats"]), right=True),
        Column(title="flags", rank=5, text=_flags, optional=True),
        Column(title="ago", rank=6, text=lambda point: age(point.seen_at, now), right=True),
    ]
    route = _bold(f"{offer.origin}-{offer.destination} {offer.departure_date:%a %Y-%m-%d}")
    party = f"for {offer.travelers} travelers" if offer.travelers > 1 else None
    description = [
        offer.program,
        offer.cabin.replace("_", " "),
        offer.fare_name,
        party,
        offer.flights or _flights(offer).plain,
    ]
    times = (
        ("first seen", offer.first_seen_at),
        ("last seen", offer.last_seen_at),
        ("unconfirmed", offer.unconfirmed_since),
        ("gone", offer.gone_at),
    )
    seen = ", ".join(f"{name} {time:%Y-%m-%d %H:%M}" for name, time in times if time)
    return Group(
        Text.assemble(route, "  ", ", ".join(filter(None, description))),
        Text(f"id {offer.id}", style="dim"),
        Text(f"{seen} (UTC)", style="dim"),
        Text(),
        FittedTable(points, columns),
    )


def age(then: datetime, now: datetime) -> str:
    """Return an age as text, such as `now`, `12 min`, `3 h` or `5 days`."""
    passed = now - then
    if passed < timedelta(minutes=1):
        return "now"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min"
    if passed < timedelta(days=2):
        return f"{passed // timedelta(hours=1)} h"
    return f"{passed.days:,} days"


def deal_text(row: OfferRow) -> Text:
    """Return the offer's deal class; empty if it is unknown."""
    deal_class = row.judgment.deal_class if row.judgment else DealClass.UNKNOWN
    return Text(
        "" if deal_class is DealClass.UNKNOWN else deal_class.replace("_", " "), style=_CLASS_STYLES[deal_class]
    )


_CLASS_STYLES = {
    DealClass.RECORD_LOW: "bold green",
    DealClass.EXCEPTIONAL: "green",
    DealClass.GOOD: "cyan",
    DealClass.USUAL: "dim",
    DealClass.UNKNOWN: "",
}
_UNKNOWN = Text("-", style="dim")


def _bold(text: str) -> Text:
    return Text(text, style="bold")


def _number(number: int | None) -> str | Text:
    return _UNKNOWN if number is None else f"{number:,}"


def _money(money: Money | None) -> str | Text:
    return _UNKNOWN if money is None else format_currency(money.amount, money.currency, locale="en_US")


def _cabin(row: OfferRow) -> str:
    return row.cabin.removesuffix("_economy") + ("*" if row.mixed_cabin else "")


def _miles(row: OfferRow) -> Text:
    if row.miles is None:
        return _UNKNOWN
    number = Text(f"{row.miles:,}", style="bold green" if row.on_sale else "bold")
    return Text.assemble(number, ("+", "dim")) if row.detail is Detail.DAY else number


def _regular_miles(row: OfferRow) -> str:
    return "" if row.regular_miles is None else f"{row.regular_miles:,}"


def _seats(seats: int | None) -> str | Text:
    # Programs report at most nine seats, so 9 means nine or more.
    return "9+" if seats == 9 else _number(seats)


def _party(row: OfferRow) -> str:
    return str(row.travelers) if row.travelers > 1 else ""


def _stops(row: OfferRow) -> str | Text:
    return "nonstop" if row.stops == 0 else _number(row.stops)


def _flights(row: OfferRow) -> Text:
    if row.flights:
        return Text(row.flights)
    return Text({Detail.DAY: "any of the day", Detail.SEATS: "seats only"}.get(row.detail, "-"), style="dim")


def _status(row: OfferRow, now: datetime, max_age: timedelta | None) -> Text:
    """Return an offer's status; an empty text if it is available or gone (the age shows gone)."""
    status = row.status(now, max_age)
    return Text() if status in (OfferStatus.AVAILABLE, OfferStatus.GONE) else Text(status, style="yellow")


def _age_seen(row: OfferRow, now: datetime) -> str | Text:
    return Text(f"gone {age(row.gone_at, now)}", style="red") if row.gone_at else age(row.last_seen_at, now)


def _when(then: datetime, now: datetime) -> str:
    return f"{then.astimezone(UTC):{'%m-%d' if then.year == now.year else '%Y-%m-%d'} %H:%M}"


def _days(first: date, last: date) -> str:
    """Format dates as a day, as a month (`2027-03`) if the range is exactly that month, or as a shortened range."""
    if first == last:
        return f"{first}"
    if first.day == 1 and (last + timedelta(days=1)).day == 1 and (first.year, first.month) == (last.year, last.month):
        return f"{first:%Y-%m}"
    return f"{first}..{last:%d}" if (first.year, first.month) == (last.year, last.month) else f"{first}..{last}"


def _outcome(row: SearchRow) -> Text:
    styles = {Outcome.FOUND: "green", Outcome.EMPTY: "default", Outcome.FAILED: "yellow"}
    return Text(row.outcome.replace("_", " "), style=styles[row.outcome])


def _took(seconds: float | None) -> str | Text:
    return _UNKNOWN if seconds is None else f"{seconds:.1f} s"


def _point_miles(point: PricePoint) -> str | Text:
    return Text("gone", style="red") if point.gone else _number(point.values["miles"])


def _change(point: PricePoint) -> Text:
    if not point.miles_change:
        return Text()
    return Text(f"{point.miles_change:+,}", style="green" if point.miles_change < 0 else "yellow")


def _flags(point: PricePoint) -> str:
    return ", ".join(
        name for name, marked in (("saver", point.values["saver"]), ("sale", point.values["on_sale"])) if marked
    )
