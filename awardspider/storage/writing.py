"""Writing what a crawl gathered: one `Batch`, one transaction.

Older knowledge never overwrites newer: an answer that is read again may come long after later ones. A change seen
before the last time we knew better gets its price point in the history, and leaves the offer as it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    Text,
    Update,
    and_,
    any_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from awardspider.items import AwardOfferItem, MonitoredRoutes, PromotionItem, SearchReportItem
from awardspider.storage.following import Followed, follow
from awardspider.storage.tables import (
    UtcDateTime,
    alerts,
    monitored_routes,
    offers,
    outbox,
    price_points,
    promotions,
    searches,
)

_WRITE_LOCK = 4_157_002  # any number, the same in every process


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An offer that met a watch, at that price; `event` is what was decided to tell of it."""

    watch: str | None
    offer_id: str
    miles: int | None
    created_at: datetime
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """Something to tell: `key` is unique for ever, a second row with it is ignored; `subject` is an offer's id.

    `kind` is the type of an event, and `body` the event as plain values; empty where what is stored is told as it is
    when the row is delivered. Without `due_at` it is due at once. `terms` are those of `watch`.
    """

    key: str
    channel: str
    kind: str
    subject: str
    body: dict[str, Any]
    created_at: datetime
    due_at: datetime | None = None
    level: str = "normal"
    watch: str | None = None
    terms: dict[str, Any] | None = None


@dataclass(slots=True)
class Batch:
    """What the pipelines gather until it is written.

    `offers` are new or changed ones by id; `seen` are ids of unchanged ones, `gone` of those that a search no longer
    found, each by the time that it was so.
    """

    offers: dict[str, AwardOfferItem] = field(default_factory=dict)
    seen: dict[datetime, list[str]] = field(default_factory=dict)
    gone: dict[datetime, list[str]] = field(default_factory=dict)
    reports: list[SearchReportItem] = field(default_factory=list)
    promotions: list[PromotionItem] = field(default_factory=list)
    routes: list[MonitoredRoutes] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
    followed: tuple[Followed, ...] = ()

    def __len__(self) -> int:
        """How many things wait to be written."""
        ids = sum(map(len, self.seen.values())) + sum(map(len, self.gone.values()))
        rest = (self.offers, self.reports, self.promotions, self.routes, self.alerts, self.outbox)
        return ids + sum(map(len, rest))

    def empty(self) -> bool:
        """Whether nothing waits to be written."""
        return not len(self)

    def clear(self) -> None:
        """Forget everything: it was written."""
        for part in (self.offers, self.seen, self.gone):
            part.clear()
        for rows in (self.reports, self.promotions, self.routes, self.alerts, self.outbox):
            rows.clear()


class Writer:
    """Writes batches to one engine, with its statements and conversions prepared once."""

    def __init__(self, engine: Engine) -> None:
        self._postgresql = engine.dialect.name == "postgresql"
        self._insert: Any = postgresql.insert if self._postgresql else sqlite.insert
        self._offers = _Upsert(engine.dialect, self._upsert_offers)
        self._points = _Upsert(engine.dialect, self._upsert_points)
        self._seen = self._move_last_seen()
        self._gone = self._mark_gone()
        self._gone_points = self._add_gone_points()
        self._back = self._mark_back()

    def write(self, connection: Connection, batch: Batch, run_id: str | None) -> None:
        """Write everything in a batch, in the transaction of `connection`."""
        if self._postgresql:
            # One writer at a time, as on SQLite: batches that touch the same rows in any order cannot deadlock.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITE_LOCK})
        if batch.offers:
            self._write_offers(connection, batch.offers)
        for at, ids in sorted(batch.seen.items()):
            connection.execute(self._seen, {"ids": sorted(ids), "at": at})
        for at, ids in sorted(batch.gone.items()):
            connection.execute(self._gone, {"ids": sorted(ids), "at": at})
            connection.execute(self._gone_points, {"ids": sorted(ids), "at": at})
        if batch.reports:
            self._replace(
                connection,
                searches,
                [_search_row(report, run_id) for report in batch.reports],
                {"run_id", "requested_at"},
            )
        if batch.promotions:
            self._replace(
                connection, promotions, [_promotion_row(item) for item in batch.promotions], {"first_seen_at"}
            )
        if batch.routes:
            self._write_routes(connection, batch.routes)
        if batch.alerts:
            connection.execute(insert(alerts), [asdict(alert) | {"run_id": run_id} for alert in batch.alerts])
        if batch.outbox:
            waiting = self._insert(outbox).on_conflict_do_nothing(index_elements=[outbox.c.key])
            connection.execute(waiting, [_outbox_row(row) for row in batch.outbox])
        for followed in batch.followed:
            self._follow(connection, followed, batch)

    def _follow(self, connection: Connection, followed: Followed, batch: Batch) -> None:
        """Tell a channel what became of the offers that it was told of."""
        for at, ids in sorted(batch.gone.items()):
            follow(connection, self._insert, followed, "offer.gone", ids, at)
        if followed.keeps_rows and batch.offers:
            told = {row.subject for row in batch.outbox if row.channel == followed.channel}
            by_time: dict[datetime, list[str]] = {}
            for offer_id in batch.offers.keys() - told:
                by_time.setdefault(batch.offers[offer_id].shown_at, []).append(offer_id)
            for at, ids in sorted(by_time.items()):
                follow(connection, self._insert, followed, "offer.changed", ids, at)

    def _write_offers(self, connection: Connection, items: dict[str, AwardOfferItem]) -> None:
        moment, day, amount = self._offers.moment, self._offers.day, self._offers.amount
        back = self._bring_back(connection, items)
        rows = []
        points = []
        for offer_id in sorted(items):
            item = items[offer_id]
            seen_at = moment(item.seen_at)
            changed_at = moment(item.shown_at) if offer_id in back else seen_at
            taxes, currency = (amount(item.taxes[0]), item.taxes[1]) if item.taxes else (None, None)
            cash, cash_currency = (amount(item.cash_price[0]), item.cash_price[1]) if item.cash_price else (None, None)
            segments = item.segments
            rows.append(
                (
                    offer_id, item.program, item.source, item.detail.value, item.origin, item.destination,
                    day(item.departure_date), item.cabin.value, item.miles, taxes, currency, item.seats, item.stops,
                    item.duration_minutes, item.flights if segments else "",
                    orjson.dumps(segments).decode() if segments else None, _clean(item.fare_name),
                    _clean(item.booking_code), item.mixed_cabin, item.saver, item.on_sale, item.regular_miles,
                    item.chart_miles, cash, cash_currency, item.booking_link, item.travelers, item.state,
                    seen_at, seen_at, changed_at,
                )
            )  # fmt: skip
            points.append((offer_id, changed_at, item.miles, taxes, currency, item.seats, item.saver, item.on_sale))
        self._offers.write(connection, _OFFER_COLUMNS, rows)
        self._points.write(connection, _POINT_COLUMNS, points)

    def _bring_back(self, connection: Connection, items: dict[str, AwardOfferItem]) -> set[str]:
        """Offers that a look has found again since they were marked gone, though their source saw them before that."""
        found: dict[datetime, list[str]] = {}
        for offer_id, item in items.items():
            if item.shown_at > item.seen_at:
                found.setdefault(item.shown_at, []).append(offer_id)
        back: set[str] = set()
        for at, ids in sorted(found.items()):
            back.update(connection.scalars(self._back, {"ids": sorted(ids), "at": at}))
        return back

    def _upsert_offers(self, values: dict[str, Any]) -> Any:
        """A new offer, or the new state of one that we have, unless we know something newer."""
        statement = self._insert(offers).values(values)
        new = statement.excluded
        return statement.on_conflict_do_update(
            index_elements=[offers.c.id],
            set_={column.name: new[column.name] for column in offers.c if column.name not in _OFFER_IDENTITY},
            where=and_(
                new.last_seen_at >= offers.c.last_seen_at,
                or_(offers.c.gone_at.is_(None), new.last_seen_at >= offers.c.gone_at),
            ),
        )

    def _upsert_points(self, values: dict[str, Any]) -> Any:
        """A price point; the same look read again by a mended reader corrects it."""
        number = select(offers.c.number).where(offers.c.id == values.pop("offer")).scalar_subquery()
        statement = self._insert(price_points).values({"offer": number} | values).inline()
        return statement.on_conflict_do_update(
            index_elements=[price_points.c.offer, price_points.c.seen_at],
            set_={column.name: statement.excluded[column.name] for column in price_points.c if not column.primary_key},
        )

    def _write_routes(self, connection: Connection, lists: list[MonitoredRoutes]) -> None:
        """Each list takes the place of the one before, unless that is newer."""
        statement = self._insert(monitored_routes)
        new = statement.excluded
        newer = statement.on_conflict_do_update(
            index_elements=[monitored_routes.c.source, monitored_routes.c.program],
            set_={"seen_at": new.seen_at, "routes": new.routes},
            where=new.seen_at >= monitored_routes.c.seen_at,
        )
        for listed in lists:
            row = {"source": listed.source, "program": listed.program, "seen_at": listed.seen_at}
            connection.execute(newer, row | {"routes": [list(route) for route in listed.routes]})

    def _among_ids(self) -> ColumnElement[bool]:
        """Whether an offer is one of `ids`: one parameter, whatever their number, so that no engine's limit counts."""
        if self._postgresql:
            return offers.c.id == any_(bindparam("ids", type_=postgresql.ARRAY(Text)))
        return offers.c.id.in_(select(func.json_each(bindparam("ids", type_=JSON)).table_valued("value").c.value))

    def _move_last_seen(self) -> Update:
        """Move `last_seen_at`, never backwards; an offer that was marked gone before is back."""
        at = bindparam("at", type_=UtcDateTime)
        known = or_(offers.c.gone_at.is_(None), offers.c.gone_at < at)
        moved = update(offers).where(self._among_ids(), offers.c.last_seen_at < at, known)
        return moved.values(last_seen_at=at, gone_at=None)

    def _mark_gone(self) -> Update:
        """Mark offers gone that were not seen later."""
        at = bindparam("at", type_=UtcDateTime)
        there = and_(offers.c.gone_at.is_(None), offers.c.last_seen_at <= at)
        return update(offers).where(self._among_ids(), there).values(gone_at=at)

    def _mark_back(self) -> Any:
        """Undo marks that are older than the look; gives the offers' ids."""
        at = bindparam("at", type_=UtcDateTime)
        gone = update(offers).where(self._among_ids(), offers.c.gone_at <= at)
        return gone.values(gone_at=None).returning(offers.c.id)

    def _add_gone_points(self) -> Any:
        """The price points that say so."""
        at = bindparam("at", type_=UtcDateTime)
        which = select(offers.c.number, at, true()).where(self._among_ids(), offers.c.gone_at == at)
        return self._insert(price_points).from_select(["offer", "seen_at", "gone"], which).on_conflict_do_nothing()

    def _replace(self, connection: Connection, table: Table, rows: list[dict[str, Any]], kept: set[str]) -> None:
        """Insert rows by `id`, the last of each; one that is there is overwritten but for the columns `kept`."""
        statement = self._insert(table)
        changed = {name: statement.excluded[name] for name in rows[0] if name not in kept | {"id"}}
        for name in _ONLY_AT_THE_WIRE & changed.keys():
            changed[name] = func.coalesce(statement.excluded[name], table.c[name])
        last = {row["id"]: row for row in rows}
        connection.execute(
            statement.on_conflict_do_update(index_elements=[table.c.id], set_=changed), list(last.values())
        )


# What an answer that is read again no longer brings: it stays as it was.
_ONLY_AT_THE_WIRE = frozenset({"http_status", "seconds", "answer"})

_OFFER_COLUMNS = tuple(column.name for column in offers.c if column.name not in {"number", "gone_at"})
_POINT_COLUMNS = tuple(column.name for column in price_points.c if column.name != "gone")

# What its id tells of an offer already, and what an update must leave alone.
_OFFER_IDENTITY = frozenset(
    {
        "number", "id", "program", "source", "detail", "origin", "destination", "departure_date", "cabin", "flights",
        "fare_name", "mixed_cabin", "travelers", "first_seen_at",
    }
)  # fmt: skip


class _Upsert:
    """An upsert of many rows as tuples, handed to the driver as they are.

    Binding is most of what a row costs, so SQLAlchemy's own conversions are called only for what needs them, and a
    column that no row of a batch has is left out of the statement.
    """

    def __init__(self, dialect: Dialect, statement: Callable[[dict[str, Any]], Any]) -> None:
        self._dialect = dialect
        self._statement = statement
        self._texts: dict[tuple[str, ...], str] = {}
        self.moment = _conversion(offers.c.last_seen_at, dialect)
        self.amount = _conversion(offers.c.taxes_amount, dialect)
        self.day = _conversion(offers.c.departure_date, dialect)

    def write(self, connection: Connection, names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        used = [place for place in range(len(names)) if any(row[place] is not None for row in rows)]
        text = self._text(tuple(names[place] for place in used))
        connection.exec_driver_sql(text, list(map(itemgetter(*used), rows)))

    def _text(self, used: tuple[str, ...]) -> str:
        """The statement for these columns, whose markers stand in the order of `used`."""
        if used not in self._texts:
            compiled = self._statement({name: bindparam(name) for name in used}).compile(dialect=self._dialect)
            assert tuple(compiled.positiontup) == used
            self._texts[used] = compiled.string
        return self._texts[used]


def _conversion(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any]:
    """What turns a value into what the driver takes, as SQLAlchemy would, remembering the last ones."""
    convert = column.type.dialect_impl(dialect).bind_processor(dialect)
    return functools.lru_cache(4096)(convert) if convert else lambda value: value


def _search_row(report: SearchReportItem, run_id: str | None) -> dict[str, object]:
    search = report.search
    return {
        "id": report.search_id,
        "run_id": run_id,
        "program": search.program,
        "kind": search.kind,
        "origin": search.origin,
        "destination": search.destination,
        "first_day": search.first,
        "last_day": search.last,
        "cabins": ",".join(search.cabins),
        "travelers": search.travelers,
        "target_program": search.target_program or None,
        "outcome": report.outcome.value,
        "reason": report.reason.value if report.reason else None,
        "note": _clean(report.note),
        "http_status": report.http_status,
        "offers": report.offers,
        "invalid": report.invalid,
        "seconds": report.seconds,
        "requested_at": report.requested_at,
        "answer": report.answer,
    }


def promotion_id(item: PromotionItem) -> str:
    """Twenty hex digits that stay the same while it is the same announcement."""
    key = f"{item.source}|{item.kind}|{item.link}|{item.title}"
    return blake2b(key.encode(), digest_size=10).hexdigest()


def _promotion_row(item: PromotionItem) -> dict[str, object]:
    row = asdict(item)
    seen_at = row.pop("seen_at")
    return row | {
        "id": promotion_id(item),
        "title": _clean(item.title),
        "first_seen_at": seen_at,
        "last_seen_at": seen_at,
    }


def _outbox_row(row: OutboxRow) -> dict[str, object]:
    return asdict(row) | {"status": "waiting", "due_at": row.due_at or row.created_at}


def _clean(value: str | None) -> str | None:
    """Text without the character that PostgreSQL refuses, and would refuse the whole batch for."""
    return value.replace("\0", "") if value and "\0" in value else value
