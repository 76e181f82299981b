"""The bodies of requests and responses, for the description of the API (OpenAPI)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, create_model

from awardspider.delivery.messages.judgment_fields import JUDGMENT_FIELDS
from awardspider.delivery.messages.offer_records import DESCRIBED_FIELDS
from awardspider.delivery.messages.schemas import DESCRIPTIONS
from awardspider.offer_fields import OFFER_COLUMNS, ColumnType, OfferColumn

_JSON_TYPES: dict[ColumnType, Any] = {
    ColumnType.TEXT: str,
    ColumnType.INTEGER: int,
    ColumnType.AMOUNT: str,
    ColumnType.FLAG: bool,
    ColumnType.DATE: date,
    ColumnType.TIME: datetime,
    ColumnType.LOCAL_TIME: datetime,
}

#: Fields of an offer that are neither columns nor part of a judgment: type and description.
_OTHER_FIELDS: dict[str, tuple[Any, str]] = {
    "offer_id": (str, "Identifies the offer; does not change with its price or seats."),
    "is_confirmed": (bool, "False if the flights are unknown, or if a calendar contradicts the offer."),
    "evidence": (str, "Why the price is a deal, or how it compares; empty without a judgment."),
    "price": (str, "The price in words; empty if it is unknown."),
    "origin_city": (str, "City of the origin."),
    "destination_city": (str, "City of the destination."),
    "program_name": (str, "Name of the program."),
    "seen_at": (datetime, "When it was last seen."),
    "first_seen_at": (datetime, "When it was first seen."),
    "changed_at": (datetime, "When its price, taxes or seats changed last."),
    "status": (str, "available, unconfirmed, outdated, departed or gone."),
    "gone_at": (datetime | None, "When a search no longer found it."),
    "unconfirmed_since": (datetime | None, "Since when a calendar contradicts it."),
}


class Reply(BaseModel):
    """The base of all responses."""

    model_config = ConfigDict(extra="allow")


class Error(BaseModel):
    """A request that failed."""

    error: str = Field(description="What happened and what to do, in one sentence.")


class Page(Reply):
    """A page of a list."""

    items: list[dict[str, Any]]
    next: str | None = Field(description="`after` of the next page; null on the last page.")
    count: int | None = Field(None, description="Number of entries of all pages; missing if it is not counted.")
    count_is_capped: bool | None = Field(None, description="True if there are more entries than `count`.")


def _column_field(column: OfferColumn) -> tuple[Any, Any]:
    python_type = _JSON_TYPES[column.type]
    return (python_type if column.required else python_type | None), Field(description=column.description)


def _judgment_field(name: str) -> tuple[Any, Any]:
    parts = [str if part is Decimal else part for part in get_args(JUDGMENT_FIELDS[name]) if part is not NoneType]
    return parts[0] | None, Field(description=DESCRIPTIONS.get(name, name))


def _offer_fields() -> dict[str, Any]:
    columns = {column.name: column for column in OFFER_COLUMNS}
    fields: dict[str, Any] = {}
    for name in DESCRIBED_FIELDS:
        if name in _OTHER_FIELDS:
            python_type, description = _OTHER_FIELDS[name]
            fields[name] = (python_type, Field(description=description))
        elif name in columns:
            fields[name] = _column_field(columns[name])
        else:
            fields[name] = _judgment_field(name)
    return fields


OfferRecord: type[BaseModel] = create_model("OfferRecord", __doc__="An offer.", **_offer_fields())


class OfferPage(Page):
    """A page of offers."""

    items: list[OfferRecord]  # type: ignore[valid-type]  # built from the table of fields


#: Responses to requests that are not valid, for the description of each route.
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Error, "description": "A parameter or the body is not valid"},
    401: {"model": Error, "description": "There is no token, or it has expired"},
    403: {"model": Error, "description": "The role or the scope of the token does not suffice"},
    422: {"model": Error, "description": "A parameter or the body is not valid"},
    503: {"model": Error, "description": "The database cannot be used, or too many files are downloaded"},
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Error, "description": "There is no such object"}}
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": Error, "description": "The state of the object excludes it"}
}
