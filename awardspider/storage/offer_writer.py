"""Writing offers and price points, which is most of the storage work during a crawl."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import is_not
from typing import Any

import msgspec
import orjson
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Update,
    and_,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from awardspider.items import AwardOfferItem, FieldRole
from awardspider.search.deal_ranks import UNJUDGED_BITS, deal_rank, judged_bits
from awardspider.search.freshness import departs_by
from awardspider.search.judgments import Judgment
from awardspider.storage import schema
from awardspider.storage.column_types import Text, UtcDateTime, column_converter
from awardspider.storage.engines import dialect_insert
from awardspider.storage.schema import HISTORY_COLUMNS, STORED_COLUMNS

_offers = schema.offers.c
_points = schema.price_points.c

# Updates never change these columns.
_FIXED = {"number", "id", "first_seen_at"} | {
    column.name for column in STORED_COLUMNS if column.role in (FieldRole.IDENTITY, FieldRole.PARTY)
}

# The columns that a judgment decides; `deal_rank` contains a part of it.
_JUDGED = ("deal_class", "cents_per_point", "discount_percent", "judgment")

_is_set = partial(is_not, None)


class OfferWriter:
    """A writer of offers for one engine, with statements and conversions prepared once.

    Older data never overwrites newer data: an archived response may be parsed again long after later responses. A
    change from before `last_seen_at` adds a price point but does not change the offer.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._postgresql = dialect.name == "postgresql"
        self._insert: Callable[..., Any] = partial(dialect_insert, dialect)
        self._convert = {column.name: column_converter(column, dialect) for column in _offers}
        self._upsert_offers = _Upsert(dialect, self._offer_upsert)
        self._upsert_points = _Upsert(dialect, self._point_upsert)
        self._update_seen = self._seen_update()
        self._update_gone = self._gone_update()
        self._insert_gone_points = self._gone_points_insert()
        self._update_restored = self._restored_update()
        self._update_unconfirmed = self._unconfirmed_update()
        self._update_confirmed = self._confirmed_update()
        self._update_judgments = (
            update(schema.offers)
            .where(_offers.id == bindparam("judged_id"), _offers.miles == bindparam("judged_miles"))
            .values({name: bindparam(name) for name in _JUDGED})
            .values(deal_rank=_offers.deal_rank.bitwise_and(UNJUDGED_BITS).bitwise_or(bindparam("judged_bits")))
        )

    def write(
        self, connection: Connection, offers: dict[str, AwardOfferItem], responded_at: dict[str, datetime]
    ) -> None:
        """Write new and changed offers, keyed by id, and their price points.

        `responded_at` has the response time of each offer that the source may have seen earlier. Values are converted
        one column at a time, because binding values is most of the cost of a row.
        """
        ids = sorted(offers)
        items = [offers[offer_id] for offer_id in ids]
        restored = self._restore(connection, offers, responded_at)
        changed_at = self._convert["changed_at"](
            responded_at[item_id] if item_id in restored else item.seen_at
            for item_id, item in zip(ids, items, strict=True)
        )
        rows = {"id": ids, **self.columns(items), "changed_at": changed_at}
        in_order = {column.name: rows[column.name] for column in _offers if column.name in rows}
        self._upsert_offers.write(connection, in_order)
        history = {column.name: rows[column.name] for column in HISTORY_COLUMNS}
        self._upsert_points.write(connection, {"id": ids, "seen_at": changed_at} | history)

    def columns(self, items: Sequence[AwardOfferItem]) -> dict[str, list[Any]]:
        """Return the values that follow from new offers, as the driver expects them, keyed by column."""
        convert = self._convert
        seen_at = convert["last_seen_at"](item.seen_at for item in items)
        return {
            **{column.name: convert[column.name](map(column.value, items)) for column in STORED_COLUMNS},
            "segments": [orjson.dumps(item.segments).decode() if item.segments else None for item in items],
            "state": [item.state for item in items],
            "first_seen_at": seen_at,
            "last_seen_at": seen_at,
            "departs_by": convert["departs_by"](map(departs_by, items)),
            "flight_key": [item.flight_key for item in items],
            "deal_rank": list(map(deal_rank, items)),
        }

    def write_judgments(self, connection: Connection, judgments: Mapping[str, Judgment]) -> None:
        """Write the judgments of stored offers, keyed by offer id, unless the stored price is another one."""
        rows = [
            {
                "judged_id": offer_id,
                "judged_miles": judgment.miles,
                "deal_class": judgment.deal_class.value,
                "cents_per_point": judgment.cents_per_point,
                "discount_percent": judgment.discount_percent,
                "judgment": msgspec.to_builtins(judgment),
                "judged_bits": judged_bits(judgment),
            }
            for offer_id, judgment in sorted(judgments.items())
        ]
        connection.execute(self._update_judgments, rows)

    def mark_seen(self, connection: Connection, ids: Sequence[str], at: datetime) -> None:
        """Move `last_seen_at` of unchanged offers forward."""
        connection.execute(self._update_seen, {"ids": sorted(ids), "at": at})

    def mark_gone(self, connection: Connection, ids: Sequence[str], at: datetime) -> list[str]:
        """Mark offers as gone unless they were seen later or their flight has departed; return the ids of those marked.

        A departed flight can no longer be booked; nobody needs to be notified of that.
        """
        marked = sorted(connection.scalars(self._update_gone, {"ids": sorted(ids), "at": at}))
        if marked:
            connection.execute(self._insert_gone_points, {"ids": marked, "at": at})
        return marked

    def mark_unconfirmed(self, connection: Connection, ids: Sequence[str], at: datetime) -> list[str]:
        """Mark offers as unconfirmed unless they were seen later, are gone or are marked already; return those ids."""
        return sorted(connection.scalars(self._update_unconfirmed, {"ids": sorted(ids), "at": at}))

    def mark_confirmed(self, connection: Connection, ids: Sequence[str], at: datetime) -> list[str]:
        """Remove the mark of offers that were marked as unconfirmed before `at`; return their ids."""
        return sorted(connection.scalars(self._update_confirmed, {"ids": sorted(ids), "at": at}))

    def _restore(
        self, connection: Connection, offers: dict[str, AwardOfferItem], responded_at: dict[str, datetime]
    ) -> set[str]:
        """Restore gone offers that a later response contains though its source saw them earlier; return their ids."""
        found: dict[datetime, list[str]] = {}
        for offer_id, at in responded_at.items():
            if at > offers[offer_id].seen_at:
                found.setdefault(at, []).append(offer_id)
        restored: set[str] = set()
        for at, ids in sorted(found.items()):
            restored.update(connection.scalars(self._update_restored, {"ids": sorted(ids), "at": at}))
        return restored

    # ---- statements ----

    def _offer_upsert(self, values: dict[str, Any]) -> Any:
        """Insert an offer, or update it unless the stored row is newer."""
        statement = self._insert(schema.offers).values(values)
        new = statement.excluded
        return statement.on_conflict_do_update(
            index_elements=[_offers.id],
            set_={column.name: new[column.name] for column in _offers if column.name not in _FIXED}
            | {"unconfirmed_since": _later_mark(new.last_seen_at)},
            where=and_(
                new.last_seen_at >= _offers.last_seen_at,
                or_(_offers.gone_at.is_(None), new.last_seen_at >= _offers.gone_at),
            ),
        )

    def _point_upsert(self, values: dict[str, Any]) -> Any:
        """Insert a price point, or overwrite it if the same response is parsed again."""
        number = select(_offers.number).where(_offers.id == values.pop("id")).scalar_subquery()
        statement = self._insert(schema.price_points).values({"offer_number": number} | values).inline()
        return statement.on_conflict_do_update(
            index_elements=[_points.offer_number, _points.seen_at],
            set_={column.name: statement.excluded[column.name] for column in _points if not column.primary_key},
        )

    def _selected(self) -> ColumnElement[bool]:
        """Return the condition that an id is in `ids`, as a single parameter to avoid the engines' limits."""
        if self._postgresql:
            return _offers.id == any_(bindparam("ids", type_=postgresql.ARRAY(Text)))
        return _offers.id.in_(select(func.json_each(bindparam("ids", type_=JSON)).table_valued("value").c.value))

    def _seen_update(self) -> Update:
        """Move `last_seen_at` forward, and clear an earlier `gone_at`."""
        at = bindparam("at", type_=UtcDateTime)
        not_gone_later = or_(_offers.gone_at.is_(None), _offers.gone_at < at)
        statement = update(schema.offers).where(self._selected(), _offers.last_seen_at < at, not_gone_later)
        return statement.values(last_seen_at=at, gone_at=None, unconfirmed_since=_later_mark(at))

    def _gone_update(self) -> Update:
        at = bindparam("at", type_=UtcDateTime)
        live = and_(_offers.gone_at.is_(None), _offers.last_seen_at <= at, _offers.departs_by > at)
        return update(schema.offers).where(self._selected(), live).values(gone_at=at).returning(_offers.id)

    def _gone_points_insert(self) -> Any:
        at = bindparam("at", type_=UtcDateTime)
        points = select(_offers.number, at, true()).where(self._selected(), _offers.gone_at == at)
        statement = self._insert(schema.price_points).from_select(["offer_number", "seen_at", "gone"], points)
        return statement.on_conflict_do_nothing()

    def _unconfirmed_update(self) -> Any:
        at = bindparam("at", type_=UtcDateTime)
        live = and_(_offers.gone_at.is_(None), _offers.unconfirmed_since.is_(None), _offers.last_seen_at <= at)
        statement = update(schema.offers).where(self._selected(), live)
        return statement.values(unconfirmed_since=at).returning(_offers.id)

    def _confirmed_update(self) -> Any:
        at = bindparam("at", type_=UtcDateTime)
        statement = update(schema.offers).where(self._selected(), _offers.unconfirmed_since <= at)
        return statement.values(unconfirmed_since=None).returning(_offers.id)

    def _restored_update(self) -> Any:
        """Clear any `gone_at` not later than the response, and return the ids of the restored offers."""
        at = bindparam("at", type_=UtcDateTime)
        statement = update(schema.offers).where(self._selected(), _offers.gone_at <= at)
        return statement.values(gone_at=None).returning(_offers.id)


def _later_mark(seen_at: ColumnElement[Any]) -> Any:
    """Return `unconfirmed_since` if it is later than a time at which the offer was seen, otherwise null."""
    return case((_offers.unconfirmed_since > seen_at, _offers.unconfirmed_since))


class _Upsert:
    """An upsert that passes rows to the driver as tuples; the statement omits columns without any value."""

    def __init__(self, dialect: Dialect, statement: Callable[[dict[str, Any]], Any]) -> None:
        self._dialect = dialect
        self._statement = statement
        self._texts: dict[tuple[str, ...], str] = {}

    def write(self, connection: Connection, columns: dict[str, list[Any]]) -> None:
        """Write rows given as columns of values."""
        used = tuple(name for name, values in columns.items() if any(map(_is_set, values)))
        rows = list(zip(*(columns[name] for name in used), strict=True))
        connection.exec_driver_sql(self._text(used), rows)

    def _text(self, used: tuple[str, ...]) -> str:
        if used not in self._texts:
            compiled = self._statement({name: bindparam(name) for name in used}).compile(dialect=self._dialect)
            assert tuple(compiled.positiontup) == used
            self._texts[used] = compiled.string
        return self._texts[used]
