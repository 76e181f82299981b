"""Items that spiders yield, and their value types.

Miles are integers, for one traveler, one way. Money has an ISO currency. Datetimes are aware; those of a flight are
local to its airport.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from operator import attrgetter
from typing import Annotated, NamedTuple, get_origin, get_type_hints

import orjson

from awardspider.outcomes import Outcome, Reason


class Detail(StrEnum):
    """Levels of detail of an offer. One level is never presented as another."""

    SEATS = "seats"  # seat counts or availability of a day, no price
    DAY = "day"  # lowest price of a day in a cabin
    ITINERARY = "itinerary"  # flights


class Cabin(StrEnum):
    """Cabins from lowest to highest."""

    ECONOMY = "economy"
    PREMIUM_ECONOMY = "premium_economy"
    BUSINESS = "business"
    FIRST = "first"

    @property
    def rank(self) -> int:
        """Return the position from the lowest cabin, 0."""
        return _CABIN_RANKS[self]


_CABIN_RANKS = {cabin: rank for rank, cabin in enumerate(Cabin)}


class SearchKind(StrEnum):
    """Kinds of searches."""

    CALENDAR = "calendar"  # lowest prices or seats of several days of a route
    ITINERARY = "itinerary"  # flights of one day
    BULK = "bulk"  # days of many routes; origin and destination are regions
    ROUTES = "routes"  # the routes that a source monitors


class Priority(StrEnum):
    """Priorities of messages to a channel."""

    URGENT = "urgent"  # at once, also in quiet hours
    NORMAL = "normal"  # outside quiet hours
    DIGEST = "digest"  # once a day, together


class Change(StrEnum):
    """Results of comparing an offer with its stored state."""

    NEW = "new"  # not stored, or marked as gone
    CHANGED = "changed"
    SAME = "same"


class EventType(StrEnum):
    """Types of events that are sent to channels."""

    OFFER_MATCHED = "offer.matched"  # new to a watch, or available again
    OFFER_DROPPED = "offer.dropped"  # fewer miles than in the last notification
    OFFER_GONE = "offer.gone"
    OFFER_CHANGED = "offer.changed"  # for channels that keep rows of offers up to date
    PROMOTION = "promotion"
    RUN_FAILED = "run.failed"
    CHANNEL_PAUSED = "channel.paused"
    DIGEST = "digest"
    TEST = "test"


class PromotionKind(StrEnum):
    """Kinds of promotions."""

    AWARD_SALE = "award_sale"
    TRANSFER_BONUS = "transfer_bonus"
    BUY_MILES = "buy_miles"
    PROMO_AWARD_LIST = "promo_award_list"
    CASH_FARE_DEAL = "cash_fare_deal"
    EARN_BONUS = "earn_bonus"
    DEVALUATION_NEWS = "devaluation_news"
    OTHER = "other"


class Money(NamedTuple):
    """An amount in an ISO 4217 currency."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One flight number from boarding to deplaning; `stops` counts the landings in between."""

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
        """Return carrier and number as travelers write them: `UA1625`."""
        return f"{self.marketing_carrier}{self.flight_number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A planned search of one program: the scope for which its response is evidence.

    `first` and `last` are local departure dates, both included; no `cabins` means all. For a source that covers
    several programs, `target_program` is the program to search for (empty: all), and `source_id` is the source's key
    of the offer whose flights are requested. `id` identifies one run of the search.
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
        """Return True if stored offers of the route and dates are gone once a response does not contain them."""
        return self.kind in (SearchKind.CALENDAR, SearchKind.ITINERARY)


class AlertEvent(NamedTuple):
    """An event of an offer for one watch; `previous_miles` is the price in the last notification, if any."""

    event_type: EventType
    watch: str
    previous_miles: int | None = None
    min_seats: int = 1


class FieldRole(StrEnum):
    """Roles of a field in the two keys of an offer."""

    IDENTITY = "identity"  # part of `offer_id`: a different value means a different offer
    STATE = "state"  # part of `state`: a different value means that the offer changed
    NONE = "none"


@dataclass(frozen=True, slots=True)
class OfferField:
    """Description of a field of AwardOfferItem, from which `offer_fields` derives records, tables and columns.

    `in_history` also stores the field with each price point. `label` is the header of its column in a spreadsheet (by
    default the name with spaces), `width` the column's width in pixels. `currency` is the name of the currency
    column of a Money, by default NAME_currency.
    """

    description: str
    role: FieldRole = FieldRole.STATE
    in_history: bool = False
    label: str = ""
    width: int = 80
    currency: str = ""


_IDENTITY, _NONE = FieldRole.IDENTITY, FieldRole.NONE


@dataclass(slots=True, kw_only=True, weakref_slot=True)
class AwardOfferItem:
    """One price for one traveler, one way. None always means that the program did not say.

    Every field with an OfferField is stored, exported and sent. To add one, add a line here, a migration and a
    parser that sets it; `make docs` updates the manual. `source_id` is the source's key of the offer, needed to
    request its flights; it is not stored.
    """

    program: Annotated[str, OfferField("Key of the loyalty program whose miles pay.", _IDENTITY, width=150)]
    source: Annotated[str, OfferField("Key of the program or site that was searched.", _IDENTITY, width=100)]
    detail: Annotated[
        Detail,
        OfferField(
            "Level of detail: seats (seats of a day, no price), day (lowest price of a day), itinerary (flights).",
            _IDENTITY,
        ),
    ]
    origin: Annotated[
        str, OfferField("IATA code of the airport where the trip begins.", _IDENTITY, label="from", width=55)
    ]
    destination: Annotated[
        str, OfferField("IATA code of the airport where the trip ends.", _IDENTITY, label="to", width=55)
    ]
    departure_date: Annotated[
        date, OfferField("Day of departure, local to the origin.", _IDENTITY, label="date", width=95)
    ]
    cabin: Annotated[Cabin, OfferField("Cabin of the award.", _IDENTITY, width=120)]
    miles: Annotated[
        int | None, OfferField("Miles for one traveler, one way; null if no price is known.", in_history=True)
    ]
    taxes: Annotated[Money | None, OfferField("Taxes and fees for one traveler.", in_history=True)] = None
    seats: Annotated[
        int | None,
        OfferField("Seats left; 9 means 9 or more if the program counts no further.", in_history=True, width=55),
    ] = None
    stops: Annotated[int | None, OfferField("Connections and technical stops.", width=55)] = None
    segments: Annotated[tuple[Segment, ...], OfferField("Flights in order.", _IDENTITY)] = ()
    duration_minutes: Annotated[
        int | None, OfferField("Minutes from departure to arrival, connections included.", label="minutes", width=70)
    ] = None
    fare_name: Annotated[
        str | None, OfferField("Fare as the program writes it.", _IDENTITY, label="fare", width=150)
    ] = None
    booking_code: Annotated[str | None, OfferField("Booking code as the program writes it.", width=100)] = None
    mixed_cabin: Annotated[bool | None, OfferField("True if a flight is in another cabin.", _IDENTITY, width=95)] = None
    saver: Annotated[
        bool | None, OfferField("The program's own mark of its cheapest awards.", in_history=True, width=65)
    ] = None
    on_sale: Annotated[bool | None, OfferField("The program's own mark of a sale.", in_history=True, width=65)] = None
    regular_miles: Annotated[
        int | None, OfferField("Higher price in miles that the program strikes through.", width=95)
    ] = None
    chart_miles: Annotated[
        int | None, OfferField("Price of the route in the program's published chart; never a price that was seen.")
    ] = None
    cash_price: Annotated[
        Money | None,
        OfferField("Price of the same flights in money.", currency="cash_currency"),
    ] = None
    booking_link: Annotated[
        str | None, OfferField("The program's page for this search.", _NONE, label="link", width=200)
    ] = None
    travelers: Annotated[
        int, OfferField("Number of travelers that was searched for.", _IDENTITY, label="party", width=55)
    ] = 1
    seen_at: datetime
    source_id: str | None = field(default=None, repr=False, compare=False)

    @property
    def flights(self) -> str:
        """Return the flight numbers in order, `UA1297 UA374`; empty without segments."""
        return " ".join(segment.flight for segment in self.segments)

    @property
    def offer_id(self) -> str:
        """Return twenty hex digits that identify the offer; they do not change with its price or seats.

        The price for two or more travelers can be higher per traveler, so these are separate offers.
        """
        return blake2b(_key(self, FieldRole.IDENTITY).encode(), digest_size=10).hexdigest()

    @property
    def state(self) -> str:
        """Return sixteen hex digits that change with price, seats, flights or any other field of the state."""
        key = _key(self, FieldRole.STATE).encode()
        return blake2b(key + orjson.dumps(self.segments), digest_size=8).hexdigest()


#: The fields that are stored and exported, in their order.
OFFER_FIELDS: dict[str, OfferField] = {
    name: hint.__metadata__[0]
    for name, hint in get_type_hints(AwardOfferItem, include_extras=True).items()
    if get_origin(hint) is Annotated
}

_KEY_FIELDS = {
    role: tuple("flights" if name == "segments" else name for name, field in OFFER_FIELDS.items() if field.role is role)
    for role in FieldRole
}
_KEY_LABELS = {role: tuple(f"{name}=" for name in names) for role, names in _KEY_FIELDS.items()}
_KEY_VALUES = {role: attrgetter(*names) for role, names in _KEY_FIELDS.items()}


def _key(offer: AwardOfferItem, role: FieldRole) -> str:
    """Return the known fields of a role as `name=value|name=value`, so that a new field changes no stored key."""
    pairs = zip(_KEY_LABELS[role], _KEY_VALUES[role](offer), strict=True)
    return "|".join(
        [
            f"{label}{_normalized(value) if type(value) is Money else value}"
            for label, value in pairs
            if value is not None
        ]
    )


@dataclass(slots=True, kw_only=True)
class PromotionItem:
    """A promotion with miles. None means that the announcement does not say.

    `percent` is the bonus or discount, `up_to` whether it is a maximum. `programs` are keys, `banks` and `routes` are
    as announced, `link` is the announcement.
    """

    kind: PromotionKind
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
    """A route that a source monitors for `days_ahead` days; None if the source does not say for how many."""

    origin: str
    destination: str
    days_ahead: int | None = None


@dataclass(slots=True, kw_only=True)
class MonitoredRoutes:
    """All routes that a source monitors for one program; its responses say nothing about other routes."""

    program: str
    source: str
    routes: tuple[MonitoredRoute, ...]
    seen_at: datetime


@dataclass(slots=True, kw_only=True)
class SearchReportItem:
    """The result of one search; every planned search ends in exactly one report.

    `search` is narrowed to the dates that the response covered. `offers` counts the parsed offers, `invalid` those
    that could not be parsed or were dropped as invalid. `response_id` names the archived response.
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
    response_id: str | None = None


@dataclass(frozen=True, slots=True)
class CoveredDates:
    """Dates that a response covers, yielded by a parser if they are not the dates of the search."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class ParseWarning:
    """A value that a parser could not use, at a path of the response; it cost a field or an offer.

    If `drops_offer`, an offer may be missing, and the response does not show that other offers are gone.
    """

    path: str
    value: str
    drops_offer: bool = field(default=False, compare=False)


@functools.lru_cache(4096)
def _normalized(money: Money) -> str:
    """Return money as text that is the same for 5.6 and 5.60."""
    return f"{money.amount.normalize():f} {money.currency}"
