"""Decode JSON responses into structs, and derive from the structs the paths that every response with offers has.

The structs of a parser name only the keys that it reads; msgspec ignores all others. A value that may have more than
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

T = TypeVar("T")

# The errors of a value that cannot be decoded or converted. The errors of msgspec and Unicode are ValueErrors.
UNREADABLE = (ValueError, RecursionError, OverflowError)

# Any JSON value except an object or a list. In a union with a struct or a list, a wrong value costs only itself.
NotObject = str | int | float | bool | list[Any] | None
NotList = str | int | float | bool | dict[str, Any] | None


class Wire(msgspec.Struct, rename="camel", gc=False):
    """The base class of the structs: `flight_number` reads the key `flightNumber`."""


@dataclass(frozen=True)
class _Marker:
    kinds: tuple[SearchKind, ...]


@dataclass(frozen=True)
class Contains:
    """An annotation of an untyped value: `Annotated[msgspec.Raw, Contains(_Flight)]`."""

    annotation: Any


# Fields that every response with offers has although they have a default. A field without a default is always one.
Required = Annotated[T, _Marker(tuple(SearchKind))]
CalendarRequired = Annotated[T, _Marker((SearchKind.CALENDAR,))]
ItineraryRequired = Annotated[T, _Marker((SearchKind.ITINERARY,))]
BulkRequired = Annotated[T, _Marker((SearchKind.BULK,))]


def required_paths(response: Any, kind: SearchKind) -> tuple[str, ...]:
    """Return the paths of the required fields of a response type, as `data.trips[].fares{}.miles`.

    Keys are separated by dots; `[]` is any item of a list, `{}` any value of an object.
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
    """Return a JSON body as plain lists, objects and values. Raise UnexpectedResponse if it is not JSON."""
    try:
        return msgspec.json.decode(body)
    except UNREADABLE as error:
        raise UnexpectedResponse(f"not JSON: {error}") from error


def decode_as(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Return a JSON body as the type of the decoder. Raise UnexpectedResponse if it has another structure."""
    try:
        return decoder.decode(body)
    except UNREADABLE as error:
        raise UnexpectedResponse(str(error)) from error
