"""Collect the offers and warnings of one response, with the checks that all parsers share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, TypeVar

from awardspider.airports import airport_zone
from awardspider.items import AwardOfferItem, Cabin, CoveredDates, Detail, Money, ParseWarning, Search, Segment
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import ParsedItem
from awardspider.parsers._flights import booked, joined_codes
from awardspider.parsers._times import in_order, minutes_between, with_offset_of
from awardspider.parsers._values import money_or_none, positive_int, share
from awardspider.parsers._wire import UNREADABLE

#: A response with more of them is of another structure, and they would fill the memory.
MOST_WARNINGS = 10_000

Row = TypeVar("Row")
Parsed = TypeVar("Parsed")


class Collector:
    """The offers and warnings of the response to one search.

    A parser adds offers and warnings, then returns `finish()`. Of offers with the same key, the cheapest is kept.
    """

    def __init__(self, program: str, search: Search, seen_at: datetime) -> None:
        self.program = program
        self.search = search
        self.seen_at = seen_at
        self.offers: dict[Hashable, AwardOfferItem] = {}
        self.matches = 0  # matching itineraries; for a calendar, the matching days, counted by the parser
        self._warnings: list[ParseWarning] = []
        self._dropping: list[ParseWarning] = []
        self._nearby: list[str] = []
        self._itineraries: set[Hashable] = set()
        self._covered: list[CoveredDates] = []

    @property
    def dropped(self) -> int:
        """Return the number of warnings that drop an offer, except those about other routes and days."""
        return len(self._dropping)

    def warn(self, path: str, value: object, *, drops_offer: bool = False) -> None:
        """Record a value that could not be used, so that an offer lacks a field or, with `drops_offer`, is dropped."""
        warning = ParseWarning(path, str(value)[:200], drops_offer)
        self._record(warning)
        if drops_offer:
            self._dropping.append(warning)

    def warn_nearby(self, text: str, *, drops_offer: bool = False) -> None:
        """Record a part of the response that is for a different route or day than the search."""
        self._nearby.append(text)
        self._record(ParseWarning("nearby", text, drops_offer))

    def _record(self, warning: ParseWarning) -> None:
        self._warnings.append(warning)
        if len(self._warnings) > MOST_WARNINGS:
            raise UnexpectedResponse(f"more than {MOST_WARNINGS:,} warnings; the last: {warning.path}: {warning.value}")

    def share_of_miles(self, path: str, total: object, travelers: int) -> int | None:
        """Return one traveler's share of the miles for all; None if they are not a positive integer.

        Some totals do not divide evenly, such as 116,000 miles for three. The share is then rounded up, with a warning.
        """
        miles = positive_int(total)
        if miles is None:
            return None
        if miles % travelers:
            self.warn(path, f"{miles} miles for {travelers} travelers, rounded up for each")
        return int(share(Decimal(miles), travelers))

    def share_of_money(self, path: str, total: object, unit: object, travelers: int) -> Money | None:
        """Return one traveler's share of the money for all, rounded as in `share_of_miles`; None if it is unknown."""
        money, everyone = money_or_none(total, unit, travelers), money_or_none(total, unit)
        if money and everyone and money.amount * travelers != everyone.amount:
            self.warn(path, f"{everyone} for {travelers} travelers, rounded up for each")
        return money

    def each(self, path: str, rows: Iterable[Row], parse: Callable[[Row], Parsed]) -> Iterator[Parsed]:
        """Yield the parsed rows. A row that cannot be parsed causes a warning that drops an offer."""
        for row in rows:
            try:
                parsed = parse(row)
            except UNREADABLE as error:
                self.warn(path, error, drops_offer=True)
            else:
                yield parsed

    def each_value(
        self, path: str, values: Mapping[str, Row], parse: Callable[[Row], Parsed]
    ) -> Iterator[tuple[str, Parsed]]:
        """Yield the keys and parsed values of an object, handling errors as in `each`."""
        for key, value in values.items():
            try:
                parsed = parse(value)
            except UNREADABLE as error:
                self.warn(path, f"{key}: {error}", drops_offer=True)
            else:
                yield key, parsed

    def itineraries(
        self, path: str, rows: Iterable[Row], parse: Callable[[Row], tuple[Parsed, Sequence[Segment]]]
    ) -> Iterator[tuple[Parsed, Itinerary]]:
        """Yield the parsed rows with their itineraries, except those for other routes and days."""
        for parsed, segments in self.each(path, rows, parse):
            if not segments:
                self.warn(path, "no flights", drops_offer=True)
            elif (itinerary := self.itinerary(segments)) is not None:
                yield parsed, itinerary

    def itinerary(self, segments: Sequence[Segment], *, incomplete: bool = False) -> Itinerary | None:
        """Return the itinerary of these flights; if its route or day was not searched, warn ("nearby") and return None.

        Flights are `incomplete` if connecting flights are missing: the warning then drops an offer.
        """
        segments = in_order(segments)
        search, first, last = self.search, segments[0], segments[-1]
        day = first.departs_at.date()
        if first.origin != search.origin or last.destination != search.destination or not self.is_searched(day):
            self.warn_nearby(f"{first.origin}-{last.destination} {day}", drops_offer=incomplete)
            return None
        self.matches += 1
        key = tuple([(segment.flight, segment.departs_at) for segment in segments])
        itinerary = Itinerary(self, segments, day, key, is_duplicate=key in self._itineraries)
        if not itinerary.is_duplicate:
            self._itineraries.add(key)
            self._check_zones(segments)
        return itinerary

    def is_searched(self, day: date) -> bool:
        """Return True if a day is one of the searched days."""
        return self.search.first <= day <= self.search.last

    def cover(self, path: str, days: Collection[date]) -> None:
        """Record the days that the response covers. Gaps between them cause a warning that drops offers.

        Raise UnexpectedResponse if `days` is empty or contains no searched day.
        """
        if not days:
            raise UnexpectedResponse(f"{path}: none of the days could be parsed")
        first, last = min(days), max(days)
        if missing := (last - first).days + 1 - len(set(days)):
            self.warn(path, f"missing days between {first} and {last}: {missing}", drops_offer=True)
        covered = CoveredDates(max(first, self.search.first), min(last, self.search.last))
        if covered.first > covered.last:
            raise UnexpectedResponse(f"searched {self.search}, but the response is for {first}..{last}")
        self._covered = [covered]

    def add(self, key: Hashable, offer: AwardOfferItem) -> None:
        """Add an offer unless an offer with the same key costs the same or less."""
        other = self.offers.setdefault(key, offer)
        if other is not offer and (offer.miles or 0) < (other.miles or 0):
            self.offers[key] = offer

    def add_day(self, day: date, cabin: Cabin, miles: int | None, detail: Detail = Detail.DAY, **fields: Any) -> None:
        """Add an offer for a day, without flights; `fields` are additional fields of AwardOfferItem."""
        search = self.search
        offer = AwardOfferItem(
            program=self.program,
            source=self.program,
            detail=detail,
            origin=search.origin,
            destination=search.destination,
            departure_date=day,
            cabin=cabin,
            miles=miles,
            travelers=search.travelers,
            seen_at=self.seen_at,
            **fields,
        )
        key = (day, cabin, offer.mixed_cabin, offer.fare_name)
        if self.offers.setdefault(key, offer) is not offer:
            self.add(key, offer)

    def finish(self, *, allow_only_nearby: bool = False) -> Iterator[ParsedItem]:
        """Yield the covered days, the offers and the warnings.

        Raise UnexpectedResponse if all offers were dropped, or if the response has only other routes and days. With
        `allow_only_nearby`, a response with only other routes and days counts as empty.
        """
        if self._dropping and not self.offers:
            first = self._dropping[0]
            raise UnexpectedResponse(
                f"no offer could be parsed; warnings: {len(self._dropping)}, the first: {first.path}: {first.value}"
            )
        if self._nearby and not self.matches and not allow_only_nearby:
            raise UnexpectedResponse(
                f"searched {self.search}, but the response is for {', '.join(sorted(set(self._nearby)))}"[:300]
            )
        yield from self._covered
        yield from self.offers.values()
        yield from self._warnings

    def _check_zones(self, segments: Sequence[Segment]) -> None:
        """Warn about times with the response's offset: the airport is unknown, or its zone has a different offset."""
        for segment in segments:
            for time, airport in ((segment.departs_at, segment.origin), (segment.arrives_at, segment.destination)):
                if type(time.tzinfo) is timezone:
                    if airport_zone(airport) is None:
                        self.warn("airport", airport)
                    else:
                        self.warn("zone", f"{airport} {time.isoformat()}")


class Itinerary:
    """One itinerary on the searched route and days, to which a parser adds offers."""

    __slots__ = ("_collector", "_day", "_key", "_minutes", "is_duplicate", "segments", "stops")

    def __init__(
        self, collector: Collector, segments: Sequence[Segment], day: date, key: Hashable, *, is_duplicate: bool
    ) -> None:
        self.segments = segments
        self.stops = len(segments) - 1 + sum([segment.stops for segment in segments])
        self.is_duplicate = is_duplicate  # the same flights occurred earlier in the response
        self._collector = collector
        self._day = day
        self._key = key
        self._minutes: int | None = None  # the duration that was checked last

    def check_duration(self, minutes: int | None) -> None:
        """Warn if the response's duration contradicts the local times; correct `segments` if they are impossible."""
        if minutes is None or minutes == self._minutes:
            return
        self._minutes = minutes
        if minutes_between(self.segments) == minutes:
            return
        self.segments = in_order(self.segments, minutes)
        found = minutes_between(self.segments)
        if found != minutes:
            self.segments = with_offset_of(minutes, self.segments)
            flights = " ".join(segment.flight for segment in self.segments)
            self._collector.warn("duration", f"{flights}: {minutes} minutes, but {found} by its local times")

    def add(
        self,
        cabin: Cabin,
        miles: int,
        *,
        key: Hashable = None,
        cabins: Sequence[Cabin | None] = (),
        booking_codes: Sequence[str | None] = (),
        seen_at: datetime | None = None,
        landings_known: bool = True,
        **fields: Any,
    ) -> None:
        """Add an offer; `fields` are other AwardOfferItem fields. Of offers with the same key, the cheapest is kept.

        By default, cabin, mixed cabin and fare name form the key, to distinguish offers on the same flights. `cabins`
        and `booking_codes` have one value for each segment in this fare. Defaults: `booking_code` joins the segments'
        codes, `stops` counts connections and landings unless the landings are unknown, and `seen_at` is the time of the
        response.
        """
        collector = self._collector
        self.check_duration(fields.get("duration_minutes"))
        segments = tuple(self.segments)
        if cabins or booking_codes:
            unknown = (None,) * len(segments)
            segments = tuple(map(booked, segments, cabins or unknown, booking_codes or unknown))
        if not fields.get("booking_code"):
            fields["booking_code"] = joined_codes([segment.booking_code for segment in segments])
        if fields.get("stops") is None and landings_known:
            fields["stops"] = self.stops
        if key is None:
            key = (cabin, fields.get("mixed_cabin"), fields.get("fare_name"))
        collector.add(
            (self._key, key),
            AwardOfferItem(
                program=collector.program,
                source=collector.program,
                detail=Detail.ITINERARY,
                origin=collector.search.origin,
                destination=collector.search.destination,
                departure_date=self._day,
                cabin=cabin,
                miles=miles,
                segments=segments,
                travelers=collector.search.travelers,
                seen_at=seen_at or collector.seen_at,
                **fields,
            ),
        )
