"""Required paths of structs, and decoding."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest

from awardspider.items import SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers._wire import (
    CalendarRequired,
    Contains,
    ItineraryRequired,
    NotObject,
    Required,
    Wire,
    decode,
    decode_as,
    required_paths,
)


class Price(Wire):
    total_miles: int
    tax: Required[Any] = None
    currency: Any = None


class Flight(Wire):
    flight_number: str
    fares: Required[dict[str, Annotated[msgspec.Raw, Contains(Price)]] | None] = None
    stops: list[Any] | None = None


class Day(Wire):
    date: Required[Any] = None
    price: Required[Price | NotObject] = None


class Response(Wire):
    flights: ItineraryRequired[list[Flight | NotObject] | None] = None
    days: CalendarRequired[list[Day] | None] = None
    success: Required[Any] = msgspec.field(name="ok", default=None)
    error: Any = None


class Optional(Wire):
    value: Any = None


class Parent(Wire):
    child: Required[Optional | None] = None


def test_required_paths_of_each_kind() -> None:
    assert required_paths(Response, SearchKind.ITINERARY) == (
        "flights[].flightNumber",
        "flights[].fares{}.totalMiles",
        "flights[].fares{}.tax",
        "ok",
    )
    assert required_paths(Response, SearchKind.CALENDAR) == (
        "days[].date",
        "days[].price.totalMiles",
        "days[].price.tax",
        "ok",
    )


def test_root_may_be_a_list() -> None:
    assert required_paths(list[Day], SearchKind.CALENDAR) == ("[].date", "[].price.totalMiles", "[].price.tax")


def test_field_without_required_fields_is_a_path_itself() -> None:
    assert required_paths(Parent, SearchKind.CALENDAR) == ("child",)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000], ids=["empty", "cut", "binary", "deep"])
def test_unreadable_body_is_unexpected(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse):
        decode(body)
    with pytest.raises(UnexpectedResponse):
        decode_as(msgspec.json.Decoder(Response), body)


def test_other_structure_is_unexpected() -> None:
    with pytest.raises(UnexpectedResponse, match="flightNumber"):
        decode_as(msgspec.json.Decoder(Flight), b'{"flightNumber": 1}')
