"""The filter of the list of deals, from the query parameters of a page, a CSV file or the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Protocol, TypeVar

from msgspec import Meta

from awardspider.items import MAX_PARTY, Cabin, Money
from awardspider.outcomes import InvalidArgument
from awardspider.programs import all_programs
from awardspider.search.amounts import parse_cents, parse_miles, parse_money
from awardspider.search.dates import parse_date_spans
from awardspider.search.field_values import joined_text, parse_value, quoted
from awardspider.search.judgments import DEAL_CLASSES, DealClass
from awardspider.search.places import Places, parse_places
from awardspider.storage.offer_queries import OfferQuery
from awardspider.storage.offer_sorts import OfferSort
from awardspider.storage.watch_check import airport_codes

DEFAULT_CURRENCY = "USD"
_MAX_STOPS = 9
#: The fields whose parameter has another name.
_FIELDS = {"from": "origin", "to": "destination", "class": "worst_class"}

T = TypeVar("T")


class View(StrEnum):
    """Lists of offers, from the shortest to the longest."""

    BEST = "best"  # the best deals, only a few of each route and cabin
    DEALS = "deals"  # all deals
    FARES = "fares"  # all offers, whatever their class


class Parameters(Protocol):
    """Query parameters, each with one or several values, such as those of Starlette."""

    def getlist(self, key: Any, /) -> list[str]:
        """Return the values of a parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DealFilters:
    """The filter of a list of deals; empty and None fields match everything.

    `origin` and `destination` are places as written. `worst_class` leaves out offers of a worse class. `errors` has a
    sentence for each parameter that is invalid and therefore not part of the filter, and `written` its text.
    """

    view: View = View.BEST
    sort: OfferSort = OfferSort.DEAL
    origin: Places | None = None
    destination: Places | None = None
    first: date | None = None
    last: date | None = None
    cabins: tuple[Cabin, ...] = ()
    programs: tuple[str, ...] = ()
    max_miles: int | None = None
    max_taxes: Money | None = None
    max_stops: int | None = None
    min_seats: int | None = None
    worst_class: DealClass | None = None
    confirmed: bool = False
    min_cpp: Decimal | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[DealClass, ...]:
        """Return the classes of the offers in the list; empty for all classes."""
        worst = self.worst_class
        if worst is None:
            return () if self.view is View.FARES else DEAL_CLASSES
        return tuple(each for each in DealClass if each.rank <= worst.rank)

    def query(self, now: datetime, max_age: timedelta | None) -> OfferQuery:
        """Return the query for the offers that are available at the aware time `now`."""
        return OfferQuery(
            programs=self.programs,
            origins=airport_codes(self.origin) if self.origin else (),
            destinations=airport_codes(self.destination) if self.destination else (),
            first=self.first,
            last=self.last,
            cabins=self.cabins,
            max_miles=self.max_miles,
            max_taxes=self.max_taxes,
            max_stops=self.max_stops,
            min_seats=self.min_seats,
            classes=self.classes,
            confirmed=self.confirmed,
            min_cpp=self.min_cpp,
            current_at=now,
            max_age=max_age,
        )

    def parameters(self) -> dict[str, str | list[str]]:
        """Return the query parameters of this filter, without those that have their default."""
        values: dict[str, Any] = {
            "view": None if self.view is View.BEST else self.view.value,
            "from": self.origin and self.origin.text,
            "to": self.destination and self.destination.text,
            "first": self.first,
            "last": self.last,
            "cabin": [cabin.value for cabin in self.cabins],
            "program": list(self.programs),
            "max_miles": self.max_miles,
            "max_taxes": self.max_taxes and f"{self.max_taxes.amount:f}",
            "currency": self.max_taxes and self.max_taxes.currency,
            "max_stops": self.max_stops,
            "min_seats": self.min_seats,
            "class": self.worst_class and self.worst_class.value,
            "confirmed": "1" if self.confirmed else None,
            "min_cpp": self.min_cpp,
            "sort": None if self.sort is OfferSort.DEAL else self.sort.value,
        }
        kept = {key: value for key, value in values.items() if value not in (None, [], "")}
        return {key: value if isinstance(value, list) else str(value) for key, value in kept.items()}

    def active(self) -> list[str]:
        """Return the parameters that narrow the list."""
        return [key for key in self.parameters() if key not in ("view", "sort", "currency")]

    def without(self, key: str, value: str = "") -> DealFilters:
        """Return the filter without a parameter, or without one of the values of a parameter with several."""
        if key == "cabin":
            return replace(self, cabins=tuple(each for each in self.cabins if value and each != value))
        if key == "program":
            return replace(self, programs=tuple(each for each in self.programs if value and each != value))
        cleared: dict[str, Any] = {_FIELDS.get(key, key): False if key == "confirmed" else None}
        return replace(self, **cleared)

    def require_valid(self) -> None:
        """Raise InvalidArgument if a parameter is invalid."""
        for key, error in self.errors.items():
            raise InvalidArgument(f"{key}: {error}")


def parse_filters(parameters: Parameters, today: date) -> DealFilters:
    """Return the filter of query parameters; those that are invalid are in its `errors`."""
    reading = _Reading(parameters)
    first = reading.value("first", lambda text: parse_day(text, today))
    last = reading.value("last", lambda text: parse_day(text, today, end=True))
    if first and last and last < first:
        reading.reject("last", str(last), "the last date is before the first one")
        last = None
    currency = (reading.text("currency") or DEFAULT_CURRENCY).upper()
    return DealFilters(
        view=reading.value("view", View) or View.BEST,
        sort=reading.value("sort", OfferSort) or OfferSort.DEAL,
        origin=reading.value("from", parse_places),
        destination=reading.value("to", parse_places),
        first=first,
        last=last,
        cabins=reading.values("cabin", Cabin),
        programs=reading.values("program", parse_program),
        max_miles=reading.value("max_miles", parse_miles),
        max_taxes=reading.value("max_taxes", lambda text: _money(text, currency)),
        max_stops=reading.value("max_stops", lambda text: _integer(text, 0, _MAX_STOPS)),
        min_seats=reading.value("min_seats", lambda text: _integer(text, 1, MAX_PARTY)),
        worst_class=reading.value("class", DealClass),
        confirmed=reading.text("confirmed").lower() in ("1", "true", "on", "yes"),
        min_cpp=reading.value("min_cpp", parse_cents),
        errors=reading.errors,
        written=reading.written,
    )


class _Reading:
    """The parameters of one request while they are parsed, and the errors in them."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self.errors: dict[str, str] = {}
        self.written: dict[str, str] = {}

    def text(self, key: str) -> str:
        """Return the text of a parameter; several values are joined by semicolons."""
        return joined_text(self._parameters.getlist(key))

    def value(self, key: str, parse: Callable[[str], T]) -> T | None:
        """Return the value of a parameter; None if it is missing or invalid."""
        text = self.text(key)
        return next(self._parsed(key, [text], parse), None) if text else None

    def values(self, key: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """Return the values of a parameter that can be repeated, or have several values separated by commas."""
        texts = [part.strip() for value in self._parameters.getlist(key) for part in value.split(",")]
        return tuple(dict.fromkeys(self._parsed(key, [text for text in texts if text], parse)))

    def reject(self, key: str, text: str, error: str) -> None:
        """Record that a parameter is invalid."""
        self.errors.setdefault(key, error)
        self.written[key] = text

    def _parsed(self, key: str, texts: list[str], parse: Callable[[str], T]) -> Iterator[T]:
        for text in texts:
            try:
                yield parse(text)
            except InvalidArgument as error:
                self.reject(key, text, str(error))
            except ValueError:
                self.reject(key, text, f'unknown value "{quoted(text)}"')


def parse_day(text: str, today: date, *, end: bool = False) -> date:
    """Return a day such as `2027-03-10` or `+30`; of a month, its first day or with `end` its last one."""
    spans = [span.resolve(today) for span in parse_date_spans(text)]
    return max(span.last for span in spans) if end else min(span.first for span in spans)


def parse_program(text: str) -> str:
    """Return the key of a program. Raise InvalidArgument for an unknown one."""
    if text not in all_programs():
        raise InvalidArgument(f'unknown program "{quoted(text)}"')
    return text


def _money(text: str, currency: str) -> Money:
    is_number = text.replace(",", "").replace(".", "").isdecimal()
    return parse_money(f"{text} {currency}" if is_number else text)


def _integer(text: str, least: int, most: int) -> int:
    value: int = parse_value(text, Annotated[int, Meta(ge=least, le=most)])
    return value
