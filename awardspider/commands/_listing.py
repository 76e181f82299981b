"""How commands show what is stored: as a table that fits the terminal, as JSON or as CSV."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

import orjson
from babel.numbers import format_currency, get_currency_precision
from rich.console import Console, Group, RenderableType
from rich.text import Text

from awardspider.commands._options import whole
from awardspider.commands._table import Column, FittedTable
from awardspider.items import RECORD_FIELDS, Detail, Money
from awardspider.outcomes import Outcome
from awardspider.storage.queries import OfferRow, PricePoint, SearchRow

FORMATS = ("table", "json", "csv")

# The fields of a feed's records, without those that cannot be told from the database alone, and what it knows besides.
OFFER_FIELDS = (
    *(name for name in RECORD_FIELDS if name not in {"watches", "segments"}),
    "first_seen_at",
    "changed_at",
    "gone_at",
)
SEARCH_FIELDS = (
    "search_id", "requested_at", "program", "kind", "origin", "destination", "first", "last", "cabins", "travelers",
    "outcome", "reason", "note", "http_status", "offers", "invalid", "seconds", "answer", "run_id",
    "target_program",
)  # fmt: skip
HISTORY_FIELDS = (
    "offer_id", "seen_at", "miles", "miles_change", "taxes", "taxes_currency", "seats", "saver", "on_sale", "gone",
)  # fmt: skip

# Without a terminal there is no width to fit: whatever reads the table gets every column.
_NO_LIMIT = 10_000


# A table is for reading; who wants more says so. JSON and CSV are for programs, and hold everything.
ROWS_OF_A_TABLE = 50
LIMIT_HELP = f"rows at most, 0 for all; without it {ROWS_OF_A_TABLE} in a table, all in JSON and CSV"

T = TypeVar("T")


def limit_of(text: str | None, form: str) -> int | None:
    """How many rows --limit allows; None for all."""
    given = whole("--limit", text)
    return (ROWS_OF_A_TABLE if form == "table" else None) if given is None else given or None


def show(
    rows: Iterator[T],
    table: Callable[[list[T], list[str]], RenderableType],
    record: Callable[[T], dict[str, Any]],
    fields: Sequence[str],
    form: str,
    limit: int | None,
) -> None:
    """Print rows in one of FORMATS; a table says where there is nothing, or more than the limit."""
    if form != "table":
        print_records(map(record, islice(rows, limit)), fields, form)
        return
    some = list(islice(rows, limit))
    notes = [] if some else ["nothing is stored that fits"]
    if next(rows, None) is not None:
        notes.append("there are more; --limit 0 shows all")
    print_table(table(some, notes))


def print_table(table: RenderableType) -> None:
    """Print to stdout, as wide as the terminal, or with nothing left out where there is none."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _NO_LIMIT
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")


def print_records(records: Iterable[dict[str, Any]], fields: Sequence[str], form: str) -> None:
    """Print flat records to stdout, one at a time, as a JSON list or as CSV with a header."""
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(fields)
        writer.writerows([_csv_value(record[name]) for name in fields] for record in records)
        return
    separator = "["
    for record in records:
        sys.stdout.write(f"{separator}\n{orjson.dumps(record, default=str).decode()}")
        separator = ","
    sys.stdout.write("[]\n" if separator == "[" else "\n]\n")


# ---- records ---------------------------------------------------------------------------------------------------------


def offer_record(row: OfferRow) -> dict[str, Any]:
    """An offer under OFFER_FIELDS: times in ISO 8601, money as text beside its currency."""
    return {
        "offer_id": row.id,
        "program": row.program,
        "source": row.source,
        "detail": row.detail.value,
        "origin": row.origin,
        "destination": row.destination,
        "departure_date": row.departure_date.isoformat(),
        "cabin": row.cabin.value,
        "miles": row.miles,
        "taxes": _amount(row.taxes),
        "taxes_currency": row.taxes.currency if row.taxes else None,
        "seats": row.seats,
        "stops": row.stops,
        "flights": row.flights or None,
        "departs_at": row.segments[0]["departs_at"] if row.segments else None,
        "arrives_at": row.segments[-1]["arrives_at"] if row.segments else None,
        "duration_minutes": row.duration_minutes,
        "fare_name": row.fare_name,
        "booking_code": row.booking_code,
        "mixed_cabin": row.mixed_cabin,
        "saver": row.saver,
        "on_sale": row.on_sale,
        "regular_miles": row.regular_miles,
        "cash_price": _amount(row.cash_price),
        "cash_currency": row.cash_price.currency if row.cash_price else None,
        "booking_link": row.booking_link,
        "travelers": row.travelers,
        "seen_at": row.last_seen_at.isoformat(),
        "chart_miles": row.chart_miles,
        "first_seen_at": row.first_seen_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
        "gone_at": row.gone_at.isoformat() if row.gone_at else None,
    }


def search_record(row: SearchRow) -> dict[str, Any]:
    """A look under SEARCH_FIELDS."""
    values = asdict(row)
    named = {"search_id": row.id, "first": row.first_day.isoformat(), "last": row.last_day.isoformat()}
    named["requested_at"] = row.requested_at.isoformat()
    return {name: named.get(name, values.get(name)) for name in SEARCH_FIELDS}


def point_record(offer: OfferRow, point: PricePoint) -> dict[str, Any]:
    """A price point under HISTORY_FIELDS."""
    values = asdict(point) | {
        "offer_id": offer.id,
        "seen_at": point.seen_at.isoformat(),
        "taxes": _amount(point.taxes),
        "taxes_currency": point.taxes.currency if point.taxes else None,
    }
    return {name: values[name] for name in HISTORY_FIELDS}


def _amount(money: Money | None) -> str | None:
    """The amount with the decimals that its currency has, or more where it has more: `5.60`, `560`."""
    if money is None:
        return None
    digits = get_currency_precision(money.currency)
    rounded = money.amount.quantize(Decimal(1).scaleb(-digits))
    return str(rounded if rounded == money.amount else money.amount)


def _csv_value(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


# ---- tables ----------------------------------------------------------------------------------------------------------


def offers_table(rows: Iterable[OfferRow], now: datetime, notes: Sequence[str] = ()) -> FittedTable[OfferRow]:
    """Offers as a table; `now` is what their age is told from."""
    shown = list(rows)
    if any(row.mixed_cabin for row in shown):
        notes = [*notes, "* part of the way is in another cabin"]
    if any(row.detail is Detail.DAY for row in shown):
        notes = [*notes, "+ the lowest price of that day, whatever the flights"]
    columns: list[Column[OfferRow]] = [
        Column(title="program", rank=5, text=lambda row: row.program),
        Column(title="via", rank=12, text=lambda row: row.source if row.source != row.program else "", optional=True),
        Column(title="route", rank=0, text=lambda row: _bold(f"{row.origin}-{row.destination}")),
        Column(title="date", rank=1, text=lambda row: f"{row.departure_date:%a %Y-%m-%d}"),
        Column(title="cabin", rank=3, text=_cabin),
        Column(title="miles", rank=2, text=_miles, right=True),
        Column(title="was", rank=12, text=_before, right=True, optional=True),
        Column(title="taxes", rank=4, text=lambda row: _money(row.taxes), right=True),
        Column(title="seats", rank=6, text=lambda row: _seats(row.seats), right=True),
        Column(title="party", rank=8, text=_party, right=True, optional=True),
        Column(title="stops", rank=9, text=_stops, right=True),
        Column(title="flights", rank=10, text=_flights, least=13),
        Column(title="fare", rank=13, text=lambda row: row.fare_name or "", optional=True),
        Column(title="seen ago", rank=7, text=lambda row: _seen(row, now), right=True),
        Column(title="id", rank=11, text=lambda row: Text(row.id[:8], style="dim")),
    ]
    return FittedTable(shown, columns, notes)


def searches_table(rows: Iterable[SearchRow], now: datetime, notes: Sequence[str] = ()) -> FittedTable[SearchRow]:
    """Looks as a table; those of this year come without the year."""
    columns: list[Column[SearchRow]] = [
        Column(title="when (UTC)", rank=0, text=lambda row: _when(row.requested_at, now)),
        Column(title="program", rank=5, text=lambda row: row.program),
        Column(title="about", rank=11, text=lambda row: row.target_program or "", optional=True),
        Column(title="route", rank=2, text=lambda row: _bold(f"{row.origin}-{row.destination}")),
        Column(title="dates", rank=4, text=lambda row: _days(row.first_day, row.last_day)),
        Column(title="kind", rank=9, text=lambda row: row.kind),
        Column(title="outcome", rank=1, text=_outcome),
        Column(title="reason", rank=3, text=lambda row: row.reason or "", optional=True),
        Column(title="HTTP", rank=10, text=lambda row: _number(row.http_status), right=True),
        Column(title="offers", rank=6, text=lambda row: _number(row.offers), right=True),
        Column(title="took", rank=7, text=lambda row: _took(row.seconds), right=True),
        Column(title="note", rank=8, text=lambda row: row.note, least=16, optional=True),
    ]
    return FittedTable(rows, columns, notes)


def history_table(offer: OfferRow, points: Iterable[PricePoint], now: datetime) -> RenderableType:
    """What an offer is, and its price points as a table."""
    columns: list[Column[PricePoint]] = [
        Column(title="when (UTC)", rank=0, text=lambda point: f"{point.seen_at:%Y-%m-%d %H:%M}"),
        Column(title="miles", rank=1, text=_point_miles, right=True),
        Column(title="change", rank=2, text=_change, right=True),
        Column(title="taxes", rank=4, text=lambda point: _money(point.taxes), right=True),
        Column(title="seats", rank=3, text=lambda point: _seats(point.seats), right=True),
        Column(title="marks", rank=5, text=_marks, optional=True),
        Column(title="ago", rank=6, text=lambda point: age(point.seen_at, now), right=True),
    ]
    route = _bold(f"{offer.origin}-{offer.destination} {offer.departure_date:%a %Y-%m-%d}")
    party = f"for {offer.travelers} travelers" if offer.travelers > 1 else None
    what = [
        offer.program,
        offer.cabin.replace("_", " "),
        offer.fare_name,
        party,
        offer.flights or _flights(offer).plain,
    ]
    times = (("first seen", offer.first_seen_at), ("last seen", offer.last_seen_at), ("gone", offer.gone_at))
    known = ", ".join(f"{name} {time:%Y-%m-%d %H:%M}" for name, time in times if time)
    return Group(
        Text.assemble(route, "  ", ", ".join(filter(None, what))),
        Text(f"id {offer.id}", style="dim"),
        Text(f"{known} (UTC)", style="dim"),
        Text(),
        FittedTable(points, columns),
    )


def age(then: datetime, now: datetime) -> str:
    """How long ago: `now`, `12 min`, `3 h`, `5 days`."""
    passed = now - then
    if passed < timedelta(minutes=1):
        return "now"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min"
    if passed < timedelta(days=2):
        return f"{passed // timedelta(hours=1)} h"
    return f"{passed.days:,} days"


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


def _before(row: OfferRow) -> str:
    return "" if row.regular_miles is None else f"{row.regular_miles:,}"


def _seats(seats: int | None) -> str | Text:
    # Programs count no further than nine.
    return "9+" if seats == 9 else _number(seats)


def _party(row: OfferRow) -> str:
    return str(row.travelers) if row.travelers > 1 else ""


def _stops(row: OfferRow) -> str | Text:
    return "nonstop" if row.stops == 0 else _number(row.stops)


def _flights(row: OfferRow) -> Text:
    if row.flights:
        return Text(row.flights)
    return Text({Detail.DAY: "any of the day", Detail.SEATS: "seats only"}.get(row.detail, "-"), style="dim")


def _seen(row: OfferRow, now: datetime) -> str | Text:
    return Text(f"gone {age(row.gone_at, now)}", style="red") if row.gone_at else age(row.last_seen_at, now)


def _when(then: datetime, now: datetime) -> str:
    return f"{then.astimezone(UTC):{'%m-%d' if then.year == now.year else '%Y-%m-%d'} %H:%M}"


def _days(first: date, last: date) -> str:
    """A day, a whole month as `2027-03`, or a range as short as it can be said."""
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
    return Text("gone", style="red") if point.gone else _number(point.miles)


def _change(point: PricePoint) -> Text:
    if not point.miles_change:
        return Text()
    return Text(f"{point.miles_change:+,}", style="green" if point.miles_change < 0 else "yellow")


def _marks(point: PricePoint) -> str:
    return ", ".join(name for name, marked in (("saver", point.saver), ("sale", point.on_sale)) if marked)
