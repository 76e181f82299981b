"""The rows of an export, table by table, as tuples in the order of the layout: streamed, whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import orjson
from babel.dates import get_day_names, get_month_names
from sqlalchemy import Connection, Select, func, or_, select, union

from awardspider.items import airports
from awardspider.storage import tables
from awardspider.storage.store import Store

Row = tuple[Any, ...]

# Rows fetched at a time, so that a million of them hold their memory.
ROWS_AT_ONCE = 1000

# English whatever the machine speaks, so that two exports never differ in it; Babel counts from Monday, 0.
_MONTHS = get_month_names("wide", locale="en")
_WEEKDAYS = get_day_names("wide", locale="en")
_SATURDAY = 6

_offers = tables.offers.c
_points = tables.price_points.c
_searches = tables.searches.c
_promotions = tables.promotions.c


class CatalogEntry(Protocol):
    """What the dimension `programs` takes of a program."""

    @property
    def name(self) -> str: ...
    @property
    def alliance(self) -> str | None: ...
    @property
    def carriers(self) -> Sequence[str]: ...
    @property
    def site(self) -> str: ...
    @property
    def access(self) -> str: ...


@contextmanager
def export_of(store: Store, catalog: Mapping[str, CatalogEntry], since: datetime | None = None) -> Iterator[Export]:
    """An export whose tables all show the same moment, though crawls write meanwhile.

    `catalog` has the programs by key; `since` (aware) leaves out of the facts what was not seen, changed or asked from
    then on. Raises StorageError where the database cannot be read.
    """
    with store.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            connection.exec_driver_sql("BEGIN")
        yield Export(connection, catalog, since)


class Export:
    """The rows of each table of the layout, in an order that stays the same. One table is read at a time."""

    def __init__(self, connection: Connection, catalog: Mapping[str, CatalogEntry], since: datetime | None) -> None:
        self._connection = connection
        self._catalog = catalog
        self._since = since

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table, each a value for every column of the layout; KeyError for a name that is no table."""
        tell: dict[str, Callable[[], Iterator[Row]]] = {
            "offers": self._offers,
            "price_points": self._price_points,
            "promotions": self._promotions,
            "searches": self._searches,
            "dates": self._dates,
            "airports": self._airports,
            "programs": self._programs,
        }
        return tell[table]()

    # ---- facts ---------------------------------------------------------------------------------------------------

    def _offers(self) -> Iterator[Row]:
        columns = (
            _offers.id, _offers.program, _offers.source, _offers.detail, _offers.origin, _offers.destination,
            _offers.departure_date, _offers.cabin, _offers.miles, _offers.taxes_amount, _offers.taxes_currency,
            _offers.seats, _offers.stops, _offers.flights, _offers.segments, _offers.duration_minutes,
            _offers.fare_name, _offers.booking_code, _offers.mixed_cabin, _offers.saver, _offers.on_sale,
            _offers.regular_miles, _offers.chart_miles, _offers.cash_amount, _offers.cash_currency,
            _offers.booking_link, _offers.travelers, _offers.first_seen_at, _offers.last_seen_at, _offers.changed_at,
            _offers.gone_at,
        )  # fmt: skip
        flights = columns.index(_offers.flights)
        for row in self._stream(self._of_offers(select(*columns)).order_by(_offers.number)):
            head, (numbers, segments), tail = row[:flights], row[flights : flights + 2], row[flights + 2 :]
            yield (*head, numbers or None, *_local_times(segments), *tail)

    def _price_points(self) -> Iterator[Row]:
        rest = (
            _points.miles, _points.taxes_amount, _points.taxes_currency, _points.seats, _points.saver,
            _points.on_sale, _points.gone,
        )  # fmt: skip
        query = select(_offers.id, _points.seen_at, *rest).join_from(
            tables.price_points, tables.offers, _offers.number == _points.offer
        )
        for row in self._stream(self._of_points(query).order_by(_points.offer, _points.seen_at)):
            yield (row[0], row[1], row[1].date(), *row[2:])

    def _promotions(self) -> Iterator[Row]:
        query = self._of_promotions(select(tables.promotions)).order_by(_promotions.first_seen_at, _promotions.id)
        for row in self._stream(query):
            known = row._mapping
            programs = known["programs"]
            yield (
                known["id"], known["first_seen_at"].date(), known["kind"], known["title"],
                programs[0] if len(programs) == 1 else None, _joined(programs), _joined(known["banks"]),
                known["percent"], known["up_to"], known["cents_per_mile"], _joined(known["routes"]),
                known["book_by"], known["travel_from"], known["travel_until"], known["targeted"], known["source"],
                known["link"], known["published"], known["first_seen_at"], known["last_seen_at"],
            )  # fmt: skip

    def _searches(self) -> Iterator[Row]:
        query = select(
            _searches.id, _searches.requested_at, _searches.program, _searches.kind, _searches.origin,
            _searches.destination, _searches.first_day, _searches.last_day, _searches.cabins, _searches.travelers,
            _searches.target_program, _searches.outcome, _searches.reason, _searches.note, _searches.http_status,
            _searches.offers, _searches.invalid, _searches.seconds, _searches.run_id,
        )  # fmt: skip
        order = (_searches.program, _searches.requested_at, _searches.id)
        for row in self._stream(self._of_searches(query).order_by(*order)):
            values = [None if value == "" else value for value in row]
            yield (*values[:2], row[1].date(), *values[2:])

    # ---- dimensions ----------------------------------------------------------------------------------------------

    def _dates(self) -> Iterator[Row]:
        days = list(self._days())
        if not days:
            return
        # Whole years without a gap: sums to date and comparisons with last year count on it.
        day, last = date(min(days).year, 1, 1), date(max(days).year, 12, 31)
        while day <= last:
            year, week, weekday = day.isocalendar()
            yield (
                day, day.year, (day.month + 2) // 3, day.month, _MONTHS[day.month], year, week, weekday,
                _WEEKDAYS[weekday - 1], weekday >= _SATURDAY,
            )  # fmt: skip
            day += timedelta(days=1)

    def _days(self) -> Iterator[date]:
        """The first and the last day of everything that is joined by a day."""
        for narrow, column in (
            (self._of_offers, _offers.departure_date),
            (self._of_points, _points.seen_at),
            (self._of_searches, _searches.requested_at),
            (self._of_promotions, _promotions.first_seen_at),
        ):
            for found in self._connection.execute(narrow(select(func.min(column), func.max(column)))).one():
                if found is not None:
                    yield found.date() if isinstance(found, datetime) else found

    def _airports(self) -> Iterator[Row]:
        # Bulk looks ask for regions, which are no airports.
        of_routes = _searches.kind.in_(("calendar", "itinerary"))
        codes = union(
            self._of_offers(select(_offers.origin)),
            self._of_offers(select(_offers.destination)),
            self._of_searches(select(_searches.origin)).where(of_routes),
            self._of_searches(select(_searches.destination)).where(of_routes),
        )
        for code in sorted(self._connection.scalars(codes)):
            known = airports().get(code)
            if known:
                where = (known["country"], known["tz"], known["lat"], known["lon"])
                yield (code, known["name"], known["city"] or None, *where)
            else:
                yield (code, *[None] * 6)

    def _programs(self) -> Iterator[Row]:
        keys = union(self._of_offers(select(_offers.program)), self._of_searches(select(_searches.program)))
        for key in sorted({*self._catalog, *self._connection.scalars(keys)}):
            known = self._catalog.get(key)
            if known:
                yield (key, known.name, known.alliance, _joined(known.carriers), known.site or None, known.access)
            else:
                yield (key, *[None] * 5)

    # ---- which rows ----------------------------------------------------------------------------------------------

    def _of_offers(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """Those seen or found gone since then: each price point of that time finds its offer among them."""
        since = self._since
        return query.where(or_(_offers.last_seen_at >= since, _offers.gone_at >= since)) if since else query

    def _of_points(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        return query.where(_points.seen_at >= self._since) if self._since else query

    def _of_searches(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        return query.where(_searches.requested_at >= self._since) if self._since else query

    def _of_promotions(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        return query.where(_promotions.last_seen_at >= self._since) if self._since else query

    def _stream(self, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
        with self._connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query) as rows:
            yield from rows


def _local_times(segments: str | None) -> tuple[datetime | None, datetime | None]:
    """When the first flight leaves and the last arrives, as the clocks of their airports show it."""
    if not segments:
        return None, None
    flown = orjson.loads(segments)
    leaves, arrives = flown[0]["departs_at"], flown[-1]["arrives_at"]
    return datetime.fromisoformat(leaves).replace(tzinfo=None), datetime.fromisoformat(arrives).replace(tzinfo=None)


def _joined(values: Sequence[str]) -> str | None:
    return "; ".join(values) or None
