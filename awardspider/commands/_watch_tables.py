"""Records and tables of watches, of the requests that they cause, and of the offers that match them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from babel.numbers import format_currency
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from awardspider.commands._listing import LISTED_OFFER_FIELDS, age, offer_record, offers_table
from awardspider.commands._table import Column, FittedTable
from awardspider.items import AwardOfferItem, Detail, Money
from awardspider.search.matching import MatchResult
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.round_trips import RoundTrip
from awardspider.search.watch_fields import Duration, Hours, Nights
from awardspider.search.watch_table import NOTIFY_FIELDS, WATCH_FIELDS
from awardspider.search.watch_text import Line, notify_text
from awardspider.search.watches import Watch
from awardspider.storage.offers import OfferRow
from awardspider.storage.watch_check import CheckedOffer
from awardspider.storage.watches import StoredWatch, WatchEntry

_NOT_LISTED = ("name", "active", "notify")
#: Fields of a listed watch: those of a watch file in its order, with those of its `notify` block.
FIELDS = ("id", "name", "state", *(name for name in WATCH_FIELDS if name not in _NOT_LISTED), *NOTIFY_FIELDS)

INVALID = "invalid"  # the state of a watch whose stored definition is unreadable

#: Fields of a checked offer, and of a round trip, for which miles and taxes are those of both directions together.
CHECK_FIELDS = ("result", "reasons", "direction", *LISTED_OFFER_FIELDS)
TRIP_FIELDS = (
    "miles", "taxes", "currency", "nights", "origin", "destination", "departure_date", "return_date",
    "outbound_program", "return_program", "outbound_miles", "return_miles", "outbound_cabin", "return_cabin",
    "outbound_flights", "return_flights", "outbound_id", "return_id",
)  # fmt: skip


class Requests(NamedTuple):
    """The requests of one crawl of all days that a watch or several cause, keyed by program."""

    name: str
    by_program: dict[str, int]


# ---- watches ---------------------------------------------------------------------------------------------------------


def watch_record(stored: StoredWatch, today: date) -> dict[str, Any]:
    """Return a watch as flat values keyed by FIELDS, with lists joined by commas."""
    watch = stored.watch
    prefs = watch.notify or NotifyPrefs()
    return {
        "id": watch.id,
        "name": watch.name,
        "state": watch_state(stored, today),
        **{name: _flat(getattr(watch, name)) for name in WATCH_FIELDS if name not in _NOT_LISTED},
        "channels": ", ".join(f"{name}: {priority}" for name, priority in prefs.channels),
        "quiet_hours": "-".join(f"{time:%H:%M}" for time in prefs.quiet_hours or ()),
        "timezone": prefs.timezone or watch.owner_timezone,
        "max_per_day": prefs.max_per_day,
        "digest_at": f"{prefs.digest_at:%H:%M}",
        "digest_size": prefs.digest_size,
    }


def watch_state(stored: StoredWatch, today: date) -> str:
    """Return `active`, `paused` or `expired`."""
    expired = stored.is_expired or stored.watch.dates.is_over(today)
    return "paused" if not stored.watch.active else "expired" if expired else "active"


def unreadable_record(entry: WatchEntry) -> dict[str, Any]:
    """Return the record of a watch whose stored definition is unreadable."""
    return dict.fromkeys(FIELDS) | {"id": entry.id, "name": entry.name, "state": INVALID}


def _flat(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, tuple) and not isinstance(value, Nights | Hours | Duration | Money):
        return ", ".join(str(each) for each in value)
    return str(value)


def watches_table(
    readable: Iterable[StoredWatch], unreadable: Iterable[WatchEntry], today: date
) -> FittedTable[StoredWatch | WatchEntry]:
    """Return a table of watches."""
    rows: list[StoredWatch | WatchEntry] = [*readable, *unreadable]
    columns = [
        _column("from", 1, lambda watch: str(watch.origin), min_width=7),
        _column("to", 1, lambda watch: str(watch.destination), min_width=7),
        _column("dates", 3, lambda watch: str(watch.dates), min_width=11),
        _column("nights", 4, lambda watch: str(watch.nights or ""), optional=True),
        _column("notifies", 2, _notifies, min_width=24),
        _column("cabins", 6, lambda watch: ", ".join(watch.cabins) or "any", min_width=10),
        _column("miles", 5, _miles, right=True),
        _column("party", 7, lambda watch: str(watch.travelers), right=True),
        _column("stops", 8, _stops, right=True, optional=True),
        _column("programs", 9, lambda watch: ", ".join(watch.programs), optional=True),
    ]
    name = Column[StoredWatch | WatchEntry](title="name", rank=0, text=_name, min_width=20)
    state = Column[StoredWatch | WatchEntry](title="state", rank=4, text=lambda row: _state(row, today))
    notes = [
        f"'{row.name}' is invalid and not searched: {row.error}" for row in rows if isinstance(row, WatchEntry)
    ] or ([] if rows else ["no watches; try scrapy watches import deploy/watches.example.yaml"])
    return FittedTable(rows, [name, state, *columns], notes)


def _column(title: str, rank: int, text: Any, **settings: Any) -> Column[StoredWatch | WatchEntry]:
    """Return a column with the text of a watch, which is blank if its definition is unreadable."""
    return Column(
        title=title,
        rank=rank,
        text=lambda row: text(row.watch) if isinstance(row, StoredWatch) else "",
        **settings,
    )


def _name(row: StoredWatch | WatchEntry) -> str:
    return row.watch.name if isinstance(row, StoredWatch) else row.name


def _state(row: StoredWatch | WatchEntry, today: date) -> str:
    return watch_state(row, today) if isinstance(row, StoredWatch) else INVALID


def _notifies(watch: Watch) -> str:
    return notify_text(watch.notify or NotifyPrefs(), watch.owner_timezone)


def _miles(watch: Watch) -> str:
    if watch.max_miles:
        return f"≤ {watch.max_miles:,}"
    return f"≤ {watch.max_trip_miles:,} trip" if watch.max_trip_miles else "any"


def _stops(watch: Watch) -> str:
    return "" if watch.max_stops is None else f"≤ {watch.max_stops}"


def description(stored: StoredWatch, lines: Iterable[Line], today: date) -> RenderableType:
    """Return a watch in words: its name, state and id, and a line for each label."""
    state = watch_state(stored, today)
    style = {"active": "green", "paused": "yellow", "expired": "yellow"}[state]
    title = Text.assemble((stored.watch.name, "bold"), "  ", (state, style), "  ", (f"id {stored.watch.id}", "dim"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row(line.label, Text(line.text))
    return Group(title, Text(), table)


# ---- requests --------------------------------------------------------------------------------------------------------


def requests_table(rows: Iterable[Requests], notes: Sequence[str]) -> FittedTable[Requests]:
    """Return a table of watches with the requests that they cause."""
    columns = [
        Column[Requests](title="watch", rank=0, text=lambda row: row.name, min_width=20),
        Column[Requests](title="requests", rank=1, text=lambda row: f"{sum(row.by_program.values()):,}", right=True),
        Column[Requests](title="programs", rank=2, text=lambda row: by_program(row.by_program), min_width=20),
    ]
    return FittedTable(rows, columns, notes)


def by_program(counts: dict[str, int]) -> str:
    """Return numbers of requests, the largest first, such as `american 16, united 8`."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{key} {count:,}" for key, count in ordered)


# ---- offers ----------------------------------------------------------------------------------------------------------


def checked_record(checked: CheckedOffer, now: datetime, max_age: timedelta | None) -> dict[str, Any]:
    """Return an offer and its result keyed by CHECK_FIELDS."""
    return {
        "result": checked.found.result.value,
        "reasons": reasons_text(checked),
        "direction": "return" if checked.found.is_return else "outbound",
    } | offer_record(checked.offer, now, max_age)


def reasons_text(checked: CheckedOffer) -> str:
    """Return why an offer does not match, or may not match."""
    return ", ".join(miss.text for miss in checked.found.reasons)


def matches_table(
    rows: Sequence[CheckedOffer], now: datetime, notes: Sequence[str], max_age: timedelta | None
) -> FittedTable[OfferRow]:
    """Return a table of matches; possible ones have the reasons for which they may not match."""
    possible = {each.offer.id: reasons_text(each) for each in rows if each.found.result is MatchResult.POSSIBLE}
    column = Column[OfferRow](
        title="but", rank=3, text=lambda row: possible.get(row.id, ""), min_width=20, optional=True
    )
    return offers_table((each.offer for each in rows), now, notes, max_age=max_age, first=[column])


def misses_table(
    rows: Sequence[CheckedOffer], now: datetime, notes: Sequence[str], max_age: timedelta | None
) -> FittedTable[OfferRow]:
    """Return a table of offers that do not match, with the reasons."""
    reasons = {each.offer.id: reasons_text(each) for each in rows}
    column = Column[OfferRow](title="why not", rank=0, text=lambda row: reasons[row.id], min_width=24)
    return offers_table((each.offer for each in rows), now, notes, max_age=max_age, first=[column])


def trip_record(trip: RoundTrip) -> dict[str, Any]:
    """Return a round trip keyed by TRIP_FIELDS."""
    out, back = trip.outbound, trip.inbound
    return {
        "miles": trip.miles,
        "taxes": f"{trip.taxes.amount:.2f}" if trip.taxes else None,
        "currency": trip.taxes.currency if trip.taxes else None,
        "nights": trip.nights,
        "origin": out.origin,
        "destination": out.destination,
        "departure_date": out.departure_date.isoformat(),
        "return_date": back.departure_date.isoformat(),
        "outbound_program": out.program,
        "return_program": back.program,
        "outbound_miles": out.miles,
        "return_miles": back.miles,
        "outbound_cabin": out.cabin.value,
        "return_cabin": back.cabin.value,
        "outbound_flights": out.flights,
        "return_flights": back.flights,
        "outbound_id": out.offer_id,
        "return_id": back.offer_id,
    }


def trips_table(trips: Sequence[RoundTrip], now: datetime, notes: Sequence[str]) -> FittedTable[RoundTrip]:
    """Return a table of round trips; miles and taxes are for one traveler and both directions."""
    if any(Detail.DAY in (trip.outbound.detail, trip.inbound.detail) for trip in trips):
        notes = ["+ lowest price of a day; the flights are unknown", *notes]
    columns: list[Column[RoundTrip]] = [
        Column(title="miles", rank=0, text=_trip_miles, right=True),
        Column(title="taxes", rank=4, text=lambda trip: _trip_taxes(trip.taxes), right=True),
        Column(title="nights", rank=3, text=lambda trip: str(trip.nights), right=True),
        Column(title="outbound", rank=1, text=lambda trip: _direction(trip.outbound)),
        Column(title="program", rank=5, text=lambda trip: trip.outbound.program),
        Column(title="flights", rank=7, text=lambda trip: trip.outbound.flights or "", optional=True),
        Column(title="return", rank=2, text=lambda trip: _direction(trip.inbound)),
        Column(title="program", rank=6, text=lambda trip: trip.inbound.program),
        Column(title="flights", rank=8, text=lambda trip: trip.inbound.flights or "", optional=True),
        Column(title="seen ago", rank=9, text=lambda trip: _oldest(trip, now), right=True),
    ]
    return FittedTable(trips, columns, notes)


def _trip_miles(trip: RoundTrip) -> Text:
    is_least = Detail.DAY in (trip.outbound.detail, trip.inbound.detail)
    return Text.assemble((f"{trip.miles:,}", "bold"), ("+" if is_least else "", "dim"))


def _trip_taxes(taxes: Money | None) -> str | Text:
    return format_currency(taxes.amount, taxes.currency, locale="en_US") if taxes else Text("-", style="dim")


def _direction(offer: AwardOfferItem) -> str:
    cabin = offer.cabin.removesuffix("_economy")
    return f"{offer.departure_date:%a %Y-%m-%d} {offer.origin}-{offer.destination} {cabin} {offer.miles or 0:,}"


def _oldest(trip: RoundTrip, now: datetime) -> str:
    return age(min(trip.outbound.seen_at, trip.inbound.seen_at), now)
