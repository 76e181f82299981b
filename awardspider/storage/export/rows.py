"""An export's rows, one table at a time, as tuples in the layout's column order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

import orjson
from babel.dates import get_day_names, get_month_names
from sqlalchemy import Connection, Select, func, or_, select, union

from awardspider.airports import airports
from awardspider.items import SearchKind
from awardspider.offer_fields import OFFER_COLUMNS
from awardspider.search.promotion_states import promotion_state
from awardspider.storage import schema
from awardspider.storage.offer_status import OfferStatus, offer_status
from awardspider.storage.promotions import source_names, stored_item
from awardspider.storage.store import ROWS_PER_FETCH, Store

Row = tuple[Any, ...]

# English in every locale, so that exports do not depend on it. Babel counts weekdays from Monday = 0.
_MONTHS = get_month_names("wide", locale="en")
_WEEKDAYS = get_day_names("wide", locale="en")
_SATURDAY = 6

_offers = schema.offers.c
_points = schema.price_points.c
_searches = schema.searches.c
_promotions = schema.promotions.c

# The columns of offers, with `segments` in place of the two local times, which are computed from it.
_LOCAL_TIMES = 1 + next(place for place, column in enumerate(OFFER_COLUMNS) if not column.stored)
_OFFER_COLUMNS = [_offers.id, *(_offers[column.name] for column in OFFER_COLUMNS if column.stored)]
_OFFER_COLUMNS.insert(_LOCAL_TIMES, _offers.segments)
_OFFER_COLUMNS += [_offers.first_seen_at, _offers.last_seen_at, _offers.changed_at, _offers.gone_at]
_STATUS_COLUMNS = [_offers.last_seen_at, _offers.gone_at, _offers.unconfirmed_since, _offers.departs_by]


class _State(NamedTuple):
    """The columns of _STATUS_COLUMNS."""

    last_seen_at: datetime
    gone_at: datetime | None
    unconfirmed_since: datetime | None
    departs_by: datetime


class _Program(Protocol):
    """The attributes of a program that the table `programs` contains."""

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
def open_export(
    store: Store,
    catalog: Mapping[str, _Program],
    since: datetime | None = None,
    *,
    now: datetime,
    max_age: timedelta | None = None,
) -> Iterator[Export]:
    """Open an export whose tables come from one snapshot, even if crawls write meanwhile.

    `catalog` has the programs, keyed by program key. `since` (aware) leaves out facts last seen, changed or requested
    before then. The status of an offer is that at `now` (aware); one last seen more than `max_age` ago is outdated.
    Raises StorageError if the database cannot be read.
    """
    with store.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            connection.exec_driver_sql("BEGIN")
        yield Export(connection, catalog, since, now, max_age)


class Export:
    """The tables of an export, read one at a time in a stable order."""

    def __init__(
        self,
        connection: Connection,
        catalog: Mapping[str, _Program],
        since: datetime | None,
        now: datetime,
        max_age: timedelta | None,
    ) -> None:
        self._connection = connection
        self._catalog = catalog
        self._since = since
        self._now = now
        self._max_age = max_age
        self._tables: dict[str, Callable[[], Generator[Row]]] = {
            "offers": self._offers,
            "price_points": self._price_points,
            "promotions": self._promotions,
            "searches": self._searches,
            "dates": self._dates,
            "airports": self._airports,
            "programs": self._programs,
        }

    def rows(self, table: str) -> Generator[Row]:
        """Yield a table's rows, with a value for every column in its layout. Raises KeyError for other names."""
        return self._tables[table]()

    # ---- facts -------------------------------------------------------------------------------------------------------

    def _offers(self) -> Generator[Row]:
        width = len(_OFFER_COLUMNS)
        query = self._since_offers(select(*_OFFER_COLUMNS, *_STATUS_COLUMNS))
        for row in self._stream(query.order_by(_offers.number)):
            state = _State(*row[width:])
            status = offer_status(state, self._now, self._max_age)
            # A departed flight counts as gone since its departure, although no search found that.
            gone_at = state.departs_by if status is OfferStatus.DEPARTED else state.gone_at
            yield (
                *row[:_LOCAL_TIMES], *_local_times(row[_LOCAL_TIMES]), *row[_LOCAL_TIMES + 1 : width - 1], gone_at,
                status.value,
            )  # fmt: skip

    def _price_points(self) -> Generator[Row]:
        history = (_points[column.name] for column in schema.HISTORY_COLUMNS)
        query = select(_offers.id, _points.seen_at, *history, _points.gone).join_from(
            schema.price_points, schema.offers, _offers.number == _points.offer_number
        )
        for row in self._stream(self._since_points(query).order_by(_points.offer_number, _points.seen_at)):
            yield (row[0], row[1], row[1].date(), *row[2:])

    def _promotions(self) -> Generator[Row]:
        ids = self._connection.scalars(self._since_promotions(select(_promotions.id))).all()
        names = source_names(self._connection, ids)
        query = self._since_promotions(select(schema.promotions))
        for row in self._stream(query.order_by(_promotions.first_seen_at, _promotions.id)):
            state = promotion_state(
                stored_item(row._mapping), announced_at=row.announced_at, ended_at=row.ended_at, now=self._now
            )
            yield (
                row.id, row.first_seen_at.date(), row.kind, row.title,
                row.programs[0] if len(row.programs) == 1 else None, _joined(row.programs), _joined(row.banks),
                row.percent, row.up_to, row.bonus_or_discount, row.cents_per_mile, row.miles_price,
                _joined(row.routes), row.book_from, row.book_by, row.travel_from, row.travel_until, row.targeted,
                state.value, row.confidence, row.source, _joined(names.get(row.id, [row.source])), row.link,
                row.published, row.first_seen_at, row.last_seen_at, row.ended_at,
            )  # fmt: skip

    def _searches(self) -> Generator[Row]:
        query = select(
            _searches.id, _searches.requested_at, _searches.program, _searches.kind, _searches.origin,
            _searches.destination, _searches.first_day, _searches.last_day, _searches.cabins, _searches.travelers,
            _searches.target_program, _searches.outcome, _searches.reason, _searches.note, _searches.http_status,
            _searches.offers, _searches.invalid, _searches.seconds, _searches.run_id,
        )  # fmt: skip
        order = (_searches.program, _searches.requested_at, _searches.id)
        for row in self._stream(self._since_searches(query).order_by(*order)):
            values = [None if value == "" else value for value in row]
            yield (*values[:2], row[1].date(), *values[2:])

    # ---- dimensions --------------------------------------------------------------------------------------------------

    def _dates(self) -> Generator[Row]:
        days = list(self._first_and_last_days())
        if not days:
            return
        # Complete years, because year-to-date sums and comparisons with the previous year need every day.
        day, last = date(min(days).year, 1, 1), date(max(days).year, 12, 31)
        while day <= last:
            year, week, weekday = day.isocalendar()
            yield (
                day, day.year, (day.month + 2) // 3, day.month, _MONTHS[day.month], year, week, weekday,
                _WEEKDAYS[weekday - 1], weekday >= _SATURDAY,
            )  # fmt: skip
            day += timedelta(days=1)

    def _first_and_last_days(self) -> Iterator[date]:
        """Yield the first and last day in each column that joins the table `dates`."""
        for since, column in (
            (self._since_offers, _offers.departure_date),
            (self._since_points, _points.seen_at),
            (self._since_searches, _searches.requested_at),
            (self._since_promotions, _promotions.first_seen_at),
        ):
            for value in self._connection.execute(since(select(func.min(column), func.max(column)))).one():
                if value is not None:
                    yield value.date() if isinstance(value, datetime) else value

    def _airports(self) -> Generator[Row]:
        # The origins and destinations of bulk searches are regions.
        of_route = _searches.kind.in_((SearchKind.CALENDAR, SearchKind.ITINERARY))
        codes = union(
            self._since_offers(select(_offers.origin)),
            self._since_offers(select(_offers.destination)),
            self._since_searches(select(_searches.origin)).where(of_route),
            self._since_searches(select(_searches.destination)).where(of_route),
        )
        for code in sorted(self._connection.scalars(codes)):
            airport = airports().get(code)
            if airport:
                place = (airport["country"], airport["tz"], airport["lat"], airport["lon"])
                yield (code, airport["name"], airport["city"] or None, *place)
            else:
                yield (code, *[None] * 6)

    def _programs(self) -> Generator[Row]:
        keys = union(self._since_offers(select(_offers.program)), self._since_searches(select(_searches.program)))
        of_promotions = self._connection.scalars(self._since_promotions(select(_promotions.programs)))
        single = {programs[0] for programs in of_promotions if len(programs) == 1}
        for key in sorted({*self._catalog, *self._connection.scalars(keys), *single}):
            program = self._catalog.get(key)
            if program:
                carriers = _joined(program.carriers)
                yield (key, program.name, program.alliance, carriers, program.site or None, program.access)
            else:
                yield (key, *[None] * 5)

    # ---- since -------------------------------------------------------------------------------------------------------

    def _since_offers(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """Keep offers that were seen or gone since `since`, so that every exported price point has its offer."""
        since = self._since
        return query.where(or_(_offers.last_seen_at >= since, _offers.gone_at >= since)) if since else query

    def _since_points(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        return query.where(_points.seen_at >= self._since) if self._since else query

    def _since_searches(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        return query.where(_searches.requested_at >= self._since) if self._since else query

    def _since_promotions(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        return query.where(_promotions.last_seen_at >= self._since) if self._since else query

    def _stream(self, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
        with self._connection.execution_options(yield_per=ROWS_PER_FETCH).execute(query) as rows:
            yield from rows


def _local_times(segments: str | None) -> tuple[datetime | None, datetime | None]:
    """Return the local departure of the first flight and the local arrival of the last one."""
    if not segments:
        return None, None
    flights = orjson.loads(segments)
    departs, arrives = flights[0]["departs_at"], flights[-1]["arrives_at"]
    return datetime.fromisoformat(departs).replace(tzinfo=None), datetime.fromisoformat(arrives).replace(tzinfo=None)


def _joined(values: Sequence[str]) -> str | None:
    return "; ".join(values) or None
