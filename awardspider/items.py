"""Items that spiders yield, and their value types.

Miles are integers, for one traveler, one way. Money has an ISO currency. Datetimes are aware; departure and arrival
times are local to their airports.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from operator import attrgetter
from typing import Annotated, Any, NamedTuple, get_origin, get_type_hints

import orjson

from awardspider.outcomes import Outcome, Reason
from awardspider.values import minor_unit

MAX_PARTY = 9  # no program sells or reports more seats
#: A bonus or discount of more percent is an error. The highest bonus that a bank is known to have given is 200 percent.
MAX_PROMOTION_PERCENT = 300


class Detail(StrEnum):
    """Levels of detail of an offer. An offer with one level is never presented as having another."""

    SEATS = "seats"  # seat counts or availability for a day, no price
    DAY = "day"  # lowest price for a day in a cabin
    ITINERARY = "itinerary"  # price of specific flights


class Cabin(StrEnum):
    """Cabins from lowest to highest."""

    ECONOMY = "economy"
    PREMIUM_ECONOMY = "premium_economy"
    BUSINESS = "business"
    FIRST = "first"

    @property
    def rank(self) -> int:
        """Return the cabin's rank; the lowest cabin has rank 0."""
        return _CABIN_RANKS[self]


_CABIN_RANKS = {cabin: rank for rank, cabin in enumerate(Cabin)}


class SearchKind(StrEnum):
    """Kinds of searches."""

    CALENDAR = "calendar"  # lowest prices or seats for several days on one route
    ITINERARY = "itinerary"  # flights on one day
    BULK = "bulk"  # lowest prices or seats on many routes; origin and destination are regions
    ROUTES = "routes"  # the routes that a source monitors


#: Origin and destination of a search for all routes, or for all regions.
ANY_PLACE = "any"


class Priority(StrEnum):
    """Priorities of messages to a channel."""

    URGENT = "urgent"  # sent immediately, even in quiet hours
    NORMAL = "normal"  # sent outside quiet hours
    DIGEST = "digest"  # combined into one message a day


class Change(StrEnum):
    """Results of comparing an offer with its stored state."""

    NEW = "new"  # not stored yet, or stored as gone
    CHANGED = "changed"
    SAME = "same"


class EventType(StrEnum):
    """Types of events that are sent to channels."""

    OFFER_MATCHED = "offer.matched"  # new to a watch, or available again
    OFFER_DROPPED = "offer.dropped"  # fewer miles than in the last notification
    OFFER_GONE = "offer.gone"
    OFFER_CHANGED = "offer.changed"  # sent only to channels that keep a row for each offer
    PROMOTION = "promotion"
    RUN_FAILED = "run.failed"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_RESOLVED = "incident.resolved"
    CHANNEL_PAUSED = "channel.paused"
    DIGEST = "digest"
    TEST = "test"


class PromotionKind(StrEnum):
    """Kinds of announcements. All except the last two are about one promotion or one change of a page."""

    AWARD_SALE = "award_sale"  # fewer miles for awards
    TRANSFER_BONUS = "transfer_bonus"  # more miles for points that are transferred
    BUY_MILES = "buy_miles"  # miles sold with a bonus or discount
    PROMO_AWARD_LIST = "promo_award_list"  # a program's regular list of reduced awards
    CASH_FARE_DEAL = "cash_fare_deal"  # a flight sold for money
    EARN_BONUS = "earn_bonus"  # more miles for flights, stays or purchases
    DEVALUATION_NEWS = "devaluation_news"  # awards that need more miles
    PAGE_CHANGE = "page_change"  # a change of an added page in which no other kind is recognized
    ROUND_UP = "round_up"  # a list of several promotions
    OTHER = "other"

    @property
    def is_promotion(self) -> bool:
        """Return True unless an announcement of this kind is about several promotions or none."""
        return self not in (PromotionKind.ROUND_UP, PromotionKind.OTHER)


class BonusOrDiscount(StrEnum):
    """The meanings of a promotion's percentage: a bonus of 100% is worth a discount of 50%."""

    BONUS = "bonus"
    DISCOUNT = "discount"


class Confidence(StrEnum):
    """Confidence in a promotion."""

    VERIFIED = "verified"  # two independent sources agree
    LIKELY = "likely"  # one source


class SourceKind(StrEnum):
    """Kinds of sources of announcements."""

    FEED = "feed"  # RSS, Atom, or the posts of a WordPress site as JSON
    TABLE = "table"  # a page with a table of promotions
    PAGE = "page"  # a page whose text is compared with its earlier text, or with other sources


class Money(NamedTuple):
    """An amount in an ISO 4217 currency."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A flight with one flight number, from boarding to deplaning; `stops` counts the landings in between."""

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
        """Return the marketing carrier and flight number, such as `UA1625`."""
        return f"{self.marketing_carrier}{self.flight_number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A planned search of one program; its fields define the scope for which its response is evidence.

    `first` and `last` are local departure dates, both included; empty `cabins` means all cabins. For a source that
    covers several programs, `target_program` is the program to search for (empty: all), and `source_id` is the source's
    ID of the offer whose flights are requested. `id` identifies one run of the search.
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
        """Return True if the search has one route; stored offers missing from its response then count as gone."""
        return self.kind in (SearchKind.CALENDAR, SearchKind.ITINERARY)


class AlertEvent(NamedTuple):
    """An event about an offer for one watch; `previous_miles` is the price in the last notification, if any.

    `watch` is the name; `watch_id` is empty for a watch that is not stored. `channel` is the channel to notify; it is
    empty for an event that is only recorded. `since` is when the match began: its messages are not older, also if the
    clock went back.
    """

    event_type: EventType
    watch: str
    previous_miles: int | None = None
    min_seats: int = 1
    channel: str = ""
    watch_id: str = ""
    since: datetime | None = None

    @property
    def watch_key(self) -> str:
        """Return the key of the watch, as `Watch.key` does."""
        return self.watch_id or self.watch


class FieldRole(StrEnum):
    """Roles of a field in an offer's two keys, `offer_id` and `state`."""

    IDENTITY = "identity"  # part of `offer_id`: a different value means a different offer
    PARTY = "party"  # the first digit of `offer_id`; the rest of the id is the same for every party
    STATE = "state"  # part of `state`: a different value means that the offer changed
    NONE = "none"


@dataclass(frozen=True, slots=True)
class OfferField:
    """Description of an AwardOfferItem field, from which `offer_fields` derives records, tables and columns.

    If `in_history` is True, each price point also stores the field. `label` is the header of the field's spreadsheet
    column (default: the field's name with spaces), and `width` is the column's width in pixels. For a Money field,
    `currency` is the name of its currency column (default: NAME_currency).
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
    """One price for one traveler, one way. None always means that the program did not provide the value.

    Every field with an OfferField is stored, exported and sent. To add a field, declare it here, add a migration and
    set it in a parser; `make docs` updates the manual. `source_id` is the source's ID of the offer, needed to request
    the offer's flights; it is not stored.
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
    mixed_cabin: Annotated[bool | None, OfferField("True if a flight is in a lower cabin.", _IDENTITY, width=95)] = None
    saver: Annotated[
        bool | None, OfferField("The program's own mark of its cheapest awards.", in_history=True, width=65)
    ] = None
    on_sale: Annotated[bool | None, OfferField("The program's own mark of a sale.", in_history=True, width=65)] = None
    regular_miles: Annotated[
        int | None, OfferField("Higher price in miles that the program strikes through.", width=95)
    ] = None
    chart_miles: Annotated[
        int | None, OfferField("Price of the route in the program's published chart, not one that was quoted.")
    ] = None
    cash_price: Annotated[
        Money | None,
        OfferField("Price of the same flights in money.", currency="cash_currency"),
    ] = None
    booking_link: Annotated[
        str | None, OfferField("The program's page for this search.", _NONE, label="booking link", width=200)
    ] = None
    travelers: Annotated[
        int, OfferField("Number of travelers that was searched for.", FieldRole.PARTY, label="party", width=55)
    ] = 1
    seen_at: datetime
    source_id: str | None = field(default=None, repr=False, compare=False)

    @property
    def flights(self) -> str:
        """Return the flight numbers in order, such as `UA1297 UA374`; empty if there are no segments."""
        return " ".join(segment.flight for segment in self.segments)

    @property
    def offer_id(self) -> str:
        """Return the offer's ID: 20 hex digits that do not depend on price or seats.

        The price per traveler can depend on the number of travelers, so each party size has a separate ID. The first
        digit is the party, and the other digits are the `fare_id`.
        """
        digits = blake2b(_key(self, FieldRole.IDENTITY).encode(), digest_size=10).hexdigest()
        return f"{self.travelers:x}{digits[1:]}"

    @property
    def fare_id(self) -> str:
        """Return the part of the ID that is the same for every party: one flight found for two parties is one fare."""
        return fare_id(self.offer_id)

    @property
    def flight_key(self) -> str:
        """Return 20 hex digits that are the same for every fare, source and party of the same flights in one cabin.

        Without flights, they stand for the day.
        """
        return flight_key(self.program, self.origin, self.destination, self.departure_date, self.cabin, self.flights)

    @property
    def day_key(self) -> str:
        """Return the `flight_key` of an offer without flights for the same program, route, day and cabin."""
        return flight_key(self.program, self.origin, self.destination, self.departure_date, self.cabin)

    @property
    def state(self) -> str:
        """Return 16 hex digits that change if a state field (such as price or seats) or a segment changes."""
        key = _key(self, FieldRole.STATE).encode()
        return blake2b(key + orjson.dumps(self.segments), digest_size=8).hexdigest()


#: The stored and exported fields, in declaration order.
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
    """Return a role's fields as `name=value|name=value`, without those that are None.

    Because None is omitted, a newly added field does not change the keys of stored offers.
    """
    pairs = zip(_KEY_LABELS[role], _KEY_VALUES[role](offer), strict=True)
    return "|".join(
        [
            f"{label}{_normalized(value) if type(value) is Money else value}"
            for label, value in pairs
            if value is not None
        ]
    )


def flight_key(program: str, origin: str, destination: str, departure_date: date, cabin: str, flights: str = "") -> str:
    """Return the key of flights; see `AwardOfferItem.flight_key`."""
    parts = (program, origin, destination, str(departure_date), str(cabin), flights)
    return blake2b("|".join(parts).encode(), digest_size=10).hexdigest()


def fare_id(offer_id: str) -> str:
    """Return the part of an offer's ID that is the same for every party."""
    return offer_id[1:]


def offer_ids_of_fare(fare: str) -> list[str]:
    """Return the IDs that offers of a fare can have, one for each number of travelers."""
    return [f"{party:x}{fare}" for party in range(1, MAX_PARTY + 1)]


@dataclass(slots=True, kw_only=True)
class PromotionTerms:
    """The terms of a promotion. None means that the announcement does not contain the value, or is ambiguous.

    `programs` and `banks` contain keys of the catalog; `banks` are those whose points are transferred. `percent` is the
    bonus or discount; `up_to` is True if it is a maximum. `cents_per_mile` is the price of a bought mile in US cents,
    `miles_price` that of the cheapest award, one way or as announced. `routes` are pairs of IATA codes such as FRA-CUN.
    `book_from` and `book_by` are the first and the last day of the promotion, `travel_from` and `travel_until` those of
    the flights. A targeted promotion is only for invited members. `expired` is True if the announcement says that the
    promotion has ended.
    """

    kind: PromotionKind
    programs: tuple[str, ...] = ()
    banks: tuple[str, ...] = ()
    percent: int | None = None
    up_to: bool | None = None
    bonus_or_discount: BonusOrDiscount | None = None
    cents_per_mile: Decimal | None = None
    miles_price: int | None = None
    routes: tuple[str, ...] = ()
    book_from: date | None = None
    book_by: date | None = None
    travel_from: date | None = None
    travel_until: date | None = None
    targeted: bool | None = None
    expired: bool = False

    def to_fields(self) -> dict[str, Any]:
        """Return the terms keyed by field name, without the further fields of a PromotionItem."""
        return {each.name: getattr(self, each.name) for each in fields(PromotionTerms)}


@dataclass(slots=True, kw_only=True)
class PromotionItem(PromotionTerms):
    """An announcement of a promotion: an entry of a feed, a row of a table, or a change of a page.

    `source` is the key or host of the publisher, and `entry_id` its id of the announcement. `source_url` is the URL of
    the feed or page, as in the SourceReportItem that follows all announcements of it. `link` is the
    announcement's URL, without tracking parameters. `excerpt` is a short text from it, or the changed lines of a page.
    `confidence` is None until the announcement was compared with others.
    """

    title: str
    source: str
    source_url: str = ""
    entry_id: str = ""
    link: str
    published: datetime | None = None
    excerpt: str = ""
    confidence: Confidence | None = None
    seen_at: datetime


@dataclass(slots=True, kw_only=True)
class SourceReportItem:
    """The result of one request for a feed, table or page of announcements; every planned request has one report.

    `entries` counts the announcements in the response, known or new; it is 0 for a response that is unchanged (HTTP
    304). `etag` and `last_modified` are the headers for the next conditional request, and `text` is what is compared
    with the next response: the text of a page, or the rows of a table. Each of the three is None if there is nothing
    new to store; the earlier value is then kept. No request is sent until `paused_until`, which a site can demand.
    """

    url: str
    outcome: Outcome
    reason: Reason | None = None
    note: str = ""
    http_status: int | None = None
    entries: int = 0
    etag: str | None = None
    last_modified: str | None = None
    text: str | None = None
    paused_until: datetime | None = None
    requested_at: datetime


class MonitoredRoute(NamedTuple):
    """A route that a source monitors; `days_ahead` is how many days ahead, or None if the source does not say."""

    origin: str
    destination: str
    days_ahead: int | None = None


@dataclass(slots=True, kw_only=True)
class MonitoredRoutes:
    """All routes that a source monitors for one program; for other routes, an empty response proves nothing."""

    program: str
    source: str
    routes: tuple[MonitoredRoute, ...]
    seen_at: datetime


@dataclass(slots=True, kw_only=True)
class ExchangeRatesItem:
    """The reference rates of one day: units of each currency for one euro. `source` is the key of the publisher."""

    source: str
    day: date
    rates: dict[str, Decimal]
    seen_at: datetime


@dataclass(slots=True, kw_only=True)
class SearchReportItem:
    """The result of one search; every planned search has exactly one report.

    `search` is narrowed to the dates that the response covered. `offers` counts the parsed offers; `invalid` counts
    offers that could not be parsed or were dropped as invalid. `response_id` identifies the archived response.
    `contradicted` and `ended` are the ids of stored itineraries that the calendar makes unconfirmed or gone.
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
    contradicted: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CoveredDates:
    """Dates that a response covers; a parser yields them if they differ from the dates of the search."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class ParseWarning:
    """A value that a parser could not use and its path in the response; the field or the offer was dropped.

    If `drops_offer` is True, an offer may be missing, so the response does not prove that any stored offer is gone.
    """

    path: str
    value: str
    drops_offer: bool = field(default=False, compare=False)


@functools.lru_cache(4096)
def _normalized(money: Money) -> str:
    """Return money as normalized text: 5.6, 5.60 and 5.601 USD have the same text."""
    unit = minor_unit(money.currency)
    amount = money.amount.quantize(unit) if money.amount.is_finite() and abs(money.amount) < 10**15 else money.amount
    return f"{amount.normalize():f} {money.currency}"
