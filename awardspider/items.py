"""What the spiders yield, and the small value types inside.

Miles are whole and per traveler, one way. Money carries its ISO currency. Datetimes are aware; those of a
flight are local to its airport.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import airportsdata
import orjson

from awardspider.outcomes import Outcome, Reason


class Detail(StrEnum):
    """How much one offer says. One level is never passed off as another."""

    SEATS = "seats"  # seat counts or yes/no for a day, no price
    DAY = "day"  # the day's lowest price for a cabin
    ITINERARY = "itinerary"  # flights


class Cabin(StrEnum):
    """Cabins from the lowest to the highest; `rank` compares them."""

    ECONOMY = "economy"
    PREMIUM_ECONOMY = "premium_economy"
    BUSINESS = "business"
    FIRST = "first"

    @property
    def rank(self) -> int:
        return _CABIN_RANKS[self]


_CABIN_RANKS = {cabin: rank for rank, cabin in enumerate(Cabin)}


class SearchKind(StrEnum):
    """Kinds of searches."""

    CALENDAR = "calendar"  # many days of a route: their lowest prices or seats
    ITINERARY = "itinerary"  # the flights of one day
    BULK = "bulk"  # days of many routes; origin and destination are regions
    ROUTES = "routes"  # the routes that a source monitors


class Money(NamedTuple):
    """An amount in an ISO 4217 currency."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One flight number from where it is boarded to where it is left; `stops` counts landings between."""

    marketing_carrier: str
    operating_carrier: str | None
    flight_number: str
    origin: str
    destination: str
    departs_at: datetime
    arrives_at: datetime
    aircraft: str | None = None
    cabin: Cabin | None = None
    booking_code: str | None = None
    stops: int = 0

    @property
    def flight(self) -> str:
        """Carrier and number as a traveler writes it: `UA1625`."""
        return f"{self.marketing_carrier}{self.flight_number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One question to one program: the scope that its answer can speak for.

    `kind` is "calendar" (many days, their lowest prices or seats) or "itinerary" (one day's flights). `first` and
    `last` are local departure dates, both included. No cabins means all of them. `id` names one asking of it.
    Of a source that tells of several programs, `subject` is the one program this is about (empty: all of them), and
    `reference` the source's own handle of what is asked, where it needs one. Such a source may know two kinds more:
    "bulk" (days of many routes, `origin` and `destination` being regions) and "routes" (which routes it scans).
    """

    program: str
    kind: SearchKind
    origin: str
    destination: str
    first: date
    last: date
    cabins: tuple[Cabin, ...] = ()
    travelers: int = 1
    target_program: str = ""
    source_id: str = ""
    id: str = field(default="", compare=False)

    def __str__(self) -> str:
        days = f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"
        about = f" {self.target_program}" if self.kind in (SearchKind.BULK, SearchKind.ROUTES) else ""
        return f"{self.program} {self.kind}{about} {self.origin}-{self.destination} {days}"

    @property
    def is_of_one_route(self) -> bool:
        """Whether an answer speaks for a route and its days, so that what it does not hold is not there."""
        return self.kind in (SearchKind.CALENDAR, SearchKind.ITINERARY)


class Priority(StrEnum):
    """How urgently a channel is told: at once, outside of quiet hours, or once a day with the rest."""

    URGENT = "urgent"
    NORMAL = "normal"
    DIGEST = "digest"


class AlertEvent(NamedTuple):
    """Why an offer is told for a watch: the type of event, and the miles at which it was last told, if it was."""

    event: str
    watch: str
    previous_miles: int | None = None
    min_seats: int = 1


class Change(StrEnum):
    """How an offer compares with what was stored of it."""

    NEW = "new"  # it was not there at the last look
    CHANGED = "changed"
    SAME = "same"


@dataclass(slots=True, kw_only=True)
class AwardOfferItem:
    """One price for one traveler, one way.

    None always means "the program did not say". `seats` of 9 means 9 or more where the program caps its count.
    `chart_miles` is what the program's published chart asks for the route, never a price that was seen: it comes with
    detail `seats`, whose `miles` are None. `reference` is the source's own handle of the offer and is not kept.
    `watches` names the watches that want it, `change` says how it compares with what was stored, `news` what is to be
    told of it; `search` is the question that was answered, and `answered_at` when: `seen_at` is earlier where the
    source says that it saw the offer itself before. None of the last four is exported.
    """

    program: str
    source: str
    detail: Detail
    origin: str
    destination: str
    departure_date: date
    cabin: Cabin
    miles: int | None
    taxes: Money | None = None
    seats: int | None = None
    stops: int | None = None
    duration_minutes: int | None = None
    segments: tuple[Segment, ...] = ()
    fare_name: str | None = None
    booking_code: str | None = None
    mixed_cabin: bool | None = None
    saver: bool | None = None
    on_sale: bool | None = None
    regular_miles: int | None = None
    chart_miles: int | None = None
    cash_price: Money | None = None
    booking_link: str | None = None
    travelers: int = 1
    seen_at: datetime
    watches: tuple[str, ...] = ()
    change: Change = field(default=Change.NEW, repr=False, compare=False)
    news: tuple[AlertEvent, ...] = field(default=(), repr=False, compare=False)
    source_id: str | None = field(default=None, repr=False, compare=False)
    search: Search | None = field(default=None, repr=False, compare=False)
    answered_at: datetime | None = field(default=None, repr=False, compare=False)

    @property
    def shown_at(self) -> datetime:
        """When the answer came that held it."""
        return self.answered_at or self.seen_at

    @property
    def flights(self) -> str:
        """The flight numbers in order: `UA1297 UA374`; empty where the offer has none."""
        return " ".join(segment.flight for segment in self.segments)

    @property
    def offer_id(self) -> str:
        """Twenty hex digits that stay the same while a traveler would call it the same offer.

        Price, taxes, seats and saver space are its state and do not count. The party counts where it is more than one:
        two seats together can cost more apiece than one, and asking for both must not look like a price that moves.
        """
        mixed = "" if self.mixed_cabin is None else "01"[self.mixed_cabin]
        party = f"|{self.travelers}" if self.travelers > 1 else ""
        key = (
            f"{self.program}|{self.source}|{self.detail}|{self.origin}|{self.destination}|{self.departure_date}|"
            f"{self.cabin}|{mixed}|{self.flights}|{self.fare_name or ''}{party}"
        )
        return blake2b(key.encode(), digest_size=10).hexdigest()

    @property
    def state(self) -> str:
        """Sixteen hex digits that change when anything a traveler would pay attention to does."""
        key = (
            f"{self.miles}|{_alike(self.taxes)}|{self.seats}|{self.stops}|{self.saver}|{self.on_sale}|{self.regular_miles}|"
            f"{_alike(self.cash_price)}|{self.booking_code}|{self.duration_minutes}"
        )
        if self.chart_miles is not None:
            key += f"|{self.chart_miles}"
        return blake2b(key.encode() + orjson.dumps(self.segments), digest_size=8).hexdigest()


@dataclass(slots=True, kw_only=True)
class PromotionItem:
    """A promotion with miles, as its announcement tells it."""

    kind: str
    title: str
    source: str
    link: str
    seen_at: datetime
    programs: tuple[str, ...] = ()
    banks: tuple[str, ...] = ()
    percent: int | None = None
    up_to: bool | None = None
    cents_per_mile: Decimal | None = None
    routes: tuple[str, ...] = ()
    book_by: date | None = None
    travel_from: date | None = None
    travel_until: date | None = None
    targeted: bool | None = None
    published: datetime | None = None


class MonitoredRoute(NamedTuple):
    """A route that is scanned, so many days ahead; None: as far as the program sells, for all we know."""

    origin: str
    destination: str
    days_ahead: int | None = None


@dataclass(slots=True, kw_only=True)
class MonitoredRoutes:
    """All routes that a source scans for one program: where none is, it says nothing of the program's seats."""

    program: str
    source: str
    routes: tuple[MonitoredRoute, ...]
    seen_at: datetime
    search: Search | None = field(default=None, repr=False, compare=False)


@dataclass(slots=True, kw_only=True)
class SearchReportItem:
    """What became of one search. Every search that was planned ends in exactly one of these.

    `search` is narrowed to the days that the answer really covered. `offers` counts what was read, `invalid` what
    could not be read or cannot be true. `answer` names the raw answer that was kept.
    """

    search_id: str
    search: Search
    outcome: Outcome
    reason: Reason | None = None
    note: str = ""
    http_status: int | None = None
    offers: int = 0
    invalid: int = 0
    seconds: float | None = None
    requested_at: datetime
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class CoveredDates:
    """From a reader: the days that the answer speaks for, where those are not simply the days asked."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class ParseWarning:
    """From a reader: something that cost a field or an offer, for the stats: `field` is where, `value` what.

    `lost` says that an offer may be missing for it: such an answer is no evidence that others are gone.
    """

    path: str
    value: str
    drops_offer: bool = field(default=False, compare=False)


# The columns of a record, in their order: what feeds, rereading and messages show of an offer.
RECORD_FIELDS = (
    "offer_id", "program", "source", "detail", "origin", "destination", "departure_date", "cabin", "miles", "taxes",
    "taxes_currency", "seats", "stops", "flights", "departs_at", "arrives_at", "duration_minutes", "fare_name",
    "booking_code", "mixed_cabin", "saver", "on_sale", "regular_miles", "cash_price", "cash_currency", "booking_link",
    "travelers", "seen_at", "watches", "segments", "chart_miles",
)  # fmt: skip


def record(offer: AwardOfferItem) -> dict[str, Any]:
    """The offer as plain values under RECORD_FIELDS: dates and times in ISO 8601, money as text beside its currency.

    All but `segments` (a list of objects) are flat; `watches` is text, the names joined by "; ".
    """
    segments = offer.segments
    taxes, cash = offer.taxes or (None, None), offer.cash_price or (None, None)
    values = (
        offer.offer_id, offer.program, offer.source, offer.detail.value, offer.origin, offer.destination,
        offer.departure_date.isoformat(), offer.cabin.value, offer.miles, _as_text(taxes[0]), taxes[1], offer.seats,
        offer.stops, offer.flights or None, segments[0].departs_at.isoformat() if segments else None,
        segments[-1].arrives_at.isoformat() if segments else None, offer.duration_minutes, offer.fare_name,
        offer.booking_code, offer.mixed_cabin, offer.saver, offer.on_sale, offer.regular_miles, _as_text(cash[0]),
        cash[1], offer.booking_link, offer.travelers, offer.seen_at.isoformat(), "; ".join(offer.watches),
        [segment_record(segment) for segment in segments], offer.chart_miles,
    )  # fmt: skip
    return dict(zip(RECORD_FIELDS, values, strict=True))


def segment_record(segment: Segment) -> dict[str, Any]:
    """The segment as plain values, times local with their offset."""
    return {
        "marketing_carrier": segment.marketing_carrier,
        "operating_carrier": segment.operating_carrier,
        "flight_number": segment.flight_number,
        "origin": segment.origin,
        "destination": segment.destination,
        "departs_at": segment.departs_at.isoformat(),
        "arrives_at": segment.arrives_at.isoformat(),
        "aircraft": segment.aircraft,
        "cabin": segment.cabin.value if segment.cabin else None,
        "booking_code": segment.booking_code,
        "stops": segment.stops,
    }


@functools.lru_cache(4096)
def _alike(money: Money | None) -> str:
    """Money as text that is the same for 5.6 and 5.60."""
    return f"{money.amount.normalize():f} {money.currency}" if money else ""


def _as_text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


@functools.cache
def airports() -> dict[str, airportsdata.Airport]:
    """Every airport we know, by IATA code."""
    return airportsdata.load("IATA")


@functools.cache
def airport_zone(iata: str) -> ZoneInfo | None:
    """The time zone of an airport, or None where we do not know the airport."""
    airport = airports().get(iata)
    return ZoneInfo(airport["tz"]) if airport else None
