"""An offer's fields as flat columns, from which records, database rows, events, exports and sheets are derived.

`items.AwardOfferItem` declares the fields, each with an `OfferField`. Most fields map to one column. A Money field has
two columns (amount and currency), and `segments` has three (flight numbers, departure and arrival).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec
import orjson

from awardspider.items import OFFER_FIELDS, AwardOfferItem, FieldRole, Money, OfferField, Segment

_Offer = TypeVar("_Offer", bound=AwardOfferItem)


class ColumnType(StrEnum):
    """Types of columns."""

    TEXT = "text"
    INTEGER = "integer"
    AMOUNT = "amount"  # an exact decimal
    NUMBER = "number"  # a float, in exports only
    FLAG = "flag"
    DATE = "date"
    TIME = "time"  # aware, in any zone
    LOCAL_TIME = "local_time"  # aware, in the zone of its airport


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferColumn(OfferField):
    """A flat column of an offer, with its field's description.

    `name` is the column's key in records, events and exports and its name in the database. `annotation` is its Python
    type. `value` gets the column's value from an offer, with enums as plain text. A column that is not `stored` is
    computed from the segments.
    """

    name: str
    type: ColumnType
    annotation: Any
    value: Callable[[AwardOfferItem], Any]
    stored: bool = True

    @property
    def required(self) -> bool:
        """Return True if the column is never None."""
        return NoneType not in get_args(self.annotation)


_TYPES = {
    str: ColumnType.TEXT,
    int: ColumnType.INTEGER,
    bool: ColumnType.FLAG,
    date: ColumnType.DATE,
    datetime: ColumnType.TIME,
}
_TO_JSON: dict[ColumnType, Callable[[Any], str]] = {
    ColumnType.AMOUNT: str,
    ColumnType.DATE: date.isoformat,
    ColumnType.TIME: datetime.isoformat,
    ColumnType.LOCAL_TIME: datetime.isoformat,
}


def _columns() -> Iterator[OfferColumn]:
    annotations = get_type_hints(AwardOfferItem)
    for name, field in OFFER_FIELDS.items():
        annotation = annotations[name]
        python_type = next((part for part in get_args(annotation) if part is not NoneType), annotation)
        if name == "segments":
            yield from _segment_columns()
        elif python_type is Money:
            amount = replace(field, description=f"{field.description[:-1]}; decimal text in JSON.")
            currency = replace(field, description=f"ISO 4217 currency of {name}.")
            yield _column(amount, name, ColumnType.AMOUNT, Decimal | None, _part(name, "amount"))
            yield _column(currency, _currency(name), ColumnType.TEXT, str | None, _part(name, "currency"))
        elif issubclass(python_type, StrEnum):
            yield _column(field, name, ColumnType.TEXT, annotation, _part(name, "value"))
        else:
            yield _column(field, name, _TYPES[python_type], annotation, attrgetter(name))


def _segment_columns() -> Iterator[OfferColumn]:
    flights = OfferField("Flight numbers in order, separated by spaces.", FieldRole.IDENTITY, width=140)
    departure = OfferField(
        "Departure of the first flight, local to the origin, with its UTC offset.", label="departs (local)", width=130
    )
    arrival = OfferField(
        "Arrival of the last flight, local to the destination, with its UTC offset.", label="arrives (local)", width=130
    )
    kind, annotation = ColumnType.LOCAL_TIME, datetime | None
    yield _column(
        flights, "flights", ColumnType.TEXT, str | None, lambda offer: offer.flights if offer.segments else None
    )
    yield _column(departure, "departs_at", kind, annotation, _segment_time(0, "departs_at"), stored=False)
    yield _column(arrival, "arrives_at", kind, annotation, _segment_time(-1, "arrives_at"), stored=False)


def _segment_time(index: int, name: str) -> Callable[[AwardOfferItem], Any]:
    return lambda offer: getattr(offer.segments[index], name) if offer.segments else None


def _column(
    field: OfferField, name: str, kind: ColumnType, annotation: Any, value: Callable[..., Any], *, stored: bool = True
) -> OfferColumn:
    described = asdict(field) | {"label": field.label or name.replace("_", " ")}
    return OfferColumn(name=name, type=kind, annotation=annotation, value=value, stored=stored, **described)


def _part(name: str, part: str) -> Callable[[AwardOfferItem], Any]:
    """Return a function that gets an attribute of an offer's field, or None if the field is None."""
    return lambda offer: None if (value := getattr(offer, name)) is None else getattr(value, part)


def _currency(name: str) -> str:
    """Return the name of a Money field's currency column."""
    return OFFER_FIELDS[name].currency or f"{name}_currency"


#: Every column, in the order of records and tables.
OFFER_COLUMNS = tuple(_columns())
_MONEY = tuple(column.name for column in OFFER_COLUMNS if column.type is ColumnType.AMOUNT)
#: Keys of a record, in order.
RECORD_FIELDS = ("offer_id", *(column.name for column in OFFER_COLUMNS), "seen_at", "watches", "segments")


def record(offer: AwardOfferItem, watches: Sequence[str] = ()) -> dict[str, Any]:
    """Return the offer as JSON values keyed by RECORD_FIELDS: dates and times in ISO 8601, amounts as decimal text.

    All values are flat, except `watches` (a list of names) and `segments` (a list of objects).
    """
    values: dict[str, Any] = {"offer_id": offer.offer_id}
    for column in OFFER_COLUMNS:
        values[column.name] = json_value(column, column.value(offer))
    values["seen_at"] = offer.seen_at.isoformat()
    values["watches"] = list(watches)
    values["segments"] = [segment_record(segment) for segment in offer.segments]
    return values


def json_value(column: OfferColumn, value: Any) -> Any:
    """Return a column's value as a JSON value."""
    convert = _TO_JSON.get(column.type)
    return value if value is None or convert is None else convert(value)


def segment_record(segment: Segment) -> dict[str, Any]:
    """Return the segment as JSON values; times are local and include the UTC offset."""
    values: dict[str, Any] = msgspec.to_builtins(segment)
    return values


def build_offer(kind: type[_Offer], values: Mapping[str, Any]) -> _Offer:
    """Build an offer of class `kind` from a database row or a record.

    `values` has all columns, `seen_at` and any fields that `kind` adds; other keys are ignored. `segments` is JSON text
    or a list of objects. Raises msgspec.ValidationError for values of the wrong type.
    """
    nested = dict(values)
    for name in _MONEY:
        amount, currency = nested[name], nested[_currency(name)]
        nested[name] = None if amount is None or currency is None else (amount, currency)
    segments = nested["segments"]
    nested["segments"] = orjson.loads(segments) if isinstance(segments, str) else segments or ()
    return msgspec.convert(nested, kind)
