"""Decode JSON responses into structs; derive the paths required in every response with offers from those structs.

A parser's structs name only the keys that the parser reads; msgspec ignores others. A value that may have more than
one type is `Any` and goes through a function of `_values`.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

from awardspider.items import SearchKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers._texts import replace_lone_surrogates

T = TypeVar("T")

# Errors for values that cannot be decoded or converted. Errors from msgspec and Unicode decoding are ValueErrors.
UNREADABLE = (ValueError, RecursionError, OverflowError)

# Any JSON value except an object (NotObject) or a list (NotList). In a union with a struct or list type, they keep one
# wrong value from failing the entire response.
NotObject = str | int | float | bool | list[Any] | None
NotList = str | int | float | bool | dict[str, Any] | None


class Wire(msgspec.Struct, rename="camel", gc=False):
    """The base class of the structs: `flight_number` reads the key `flightNumber`."""


@dataclass(frozen=True)
class _Marker:
    kinds: tuple[SearchKind, ...]


@dataclass(frozen=True)
class Contains:
    """An annotation with the type inside an untyped value: `Annotated[msgspec.Raw, Contains(_Flight)]`."""

    annotation: Any


# Markers for fields that every response with offers contains. A field without a default counts as required anyway.
Required = Annotated[T, _Marker(tuple(SearchKind))]
CalendarRequired = Annotated[T, _Marker((SearchKind.CALENDAR,))]
ItineraryRequired = Annotated[T, _Marker((SearchKind.ITINERARY,))]
BulkRequired = Annotated[T, _Marker((SearchKind.BULK,))]


def required_paths(response: Any, kind: SearchKind) -> tuple[str, ...]:
    """Return the paths to a response type's required fields, such as `data.trips[].fares{}.miles`.

    Dots separate keys; `[]` means any item of a list, and `{}` means any value of an object.
    """
    return tuple(dict.fromkeys(path.removeprefix(".") for path in _paths(response, kind)))


def _paths(annotation: Any, kind: SearchKind) -> Iterator[str]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        for field in msgspec.structs.fields(annotation):
            if field.required or kind in _kinds(field.type):
                yield from (f".{field.encode_name}{path}" for path in list(_paths(field.type, kind)) or [""])
    elif origin is Annotated:
        inside = [marker.annotation for marker in arguments[1:] if isinstance(marker, Contains)]
        yield from _paths(inside[0] if inside else arguments[0], kind)
    elif origin in (Union, types.UnionType):
        for argument in arguments:
            yield from _paths(argument, kind)
    elif origin is list:
        yield from (f"[]{path}" for path in _paths(arguments[0], kind))
    elif origin is dict:
        yield from (f"{{}}{path}" for path in _paths(arguments[1], kind))


def _kinds(annotation: Any) -> tuple[SearchKind, ...]:
    markers = getattr(annotation, "__metadata__", ())
    return next((marker.kinds for marker in markers if isinstance(marker, _Marker)), ())


def decode(body: bytes) -> Any:
    """Decode a JSON body into plain lists, objects and values. Raise UnexpectedResponse if the body is not JSON."""
    try:
        return msgspec.json.decode(replace_lone_surrogates(body))
    except UNREADABLE as error:
        raise UnexpectedResponse(f"not JSON: {error}") from error


def decode_as(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Decode a JSON body into the decoder's type. Raise UnexpectedResponse if the body has a different structure."""
    try:
        return decoder.decode(body if type(body) is msgspec.Raw else replace_lone_surrogates(body))
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error
