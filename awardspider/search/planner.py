"""What to ask next: the wants of all watches, merged into the fewest searches, those that waited longest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from awardspider.items import AwardOfferItem, Cabin, Detail, Search, SearchKind
from awardspider.outcomes import InvalidArgument
from awardspider.programs import Program
from awardspider.search.dates import DateRange, bookable, booking_window, clipped, month_of, today_at
from awardspider.search.watches import Watch

# Kind, origin, destination, first day, party and cabins (with blanks between) of a search, as storage remembers it.
SearchKey = tuple[SearchKind, str, str, date, int, str]

_KIND_OF_DETAIL = {"day": SearchKind.CALENDAR, "itinerary": SearchKind.ITINERARY}
CONTROL_DAYS = 35
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """What a program can be asked.

    A calendar is for `days_at_once` days (0: a calendar month; the booking window or more: all of it). `cabins` are,
    by kind, the groups that one request is for; of a kind that is not there every answer holds all cabins.
    """

    kinds: tuple[SearchKind, ...]
    days_per_request: int = 0
    cabins: Mapping[SearchKind, tuple[tuple[Cabin, ...], ...]] = field(default_factory=dict)

    def groups(self, kind: SearchKind, wanted: tuple[Cabin, ...]) -> list[tuple[Cabin, ...]]:
        """The groups of cabins to ask for; an empty group is a request for all cabins."""
        if kind not in self.cabins:
            return [()]
        return [group for group in self.cabins[kind] if not wanted or set(group) & set(wanted)]

    def beyond_the_calendar(self, wanted: tuple[Cabin, ...]) -> tuple[Cabin, ...]:
        """The wanted cabins of which the calendar says nothing, so that days must be asked one by one."""
        if SearchKind.ITINERARY not in self.kinds or SearchKind.CALENDAR not in self.cabins:
            return ()
        told = {cabin for group in self.cabins[SearchKind.CALENDAR] for cabin in group}
        return tuple(cabin for cabin in wanted if cabin not in told)


def plan(
    watches: Iterable[Watch],
    *,
    program: Program,
    asks: Asks,
    now: datetime,
    last_searches: Mapping[SearchKey, datetime],
    detail: str | None = None,
) -> list[Search]:
    """The searches that cover every wanted, bookable day of `program` once for each route and size of party.

    Where the program has a calendar this asks as much of it at once as it gives, and `days_worth_asking` goes on from
    the answers; otherwise, with `detail` "itinerary", and for cabins that its calendar does not know, each day's
    flights. `now` is aware: a day is wanted and bookable by the local date at the origin. Never looked at comes first,
    then what was looked at longest ago, then calendars, then the earliest date: so a new run goes on where the last one
    stopped. Raises BadArgument for a detail that the program cannot give.
    """
    kind = _kind(program.key, asks.kinds, detail)
    wanted: dict[Search, None] = {}
    for watch in watches:
        if not watch.active or not watch.wants_any_of(program.key, *program.programs):
            continue
        questions = [(kind, watch.cabins)]
        if kind == SearchKind.CALENDAR and detail is None and (rest := asks.beyond_the_calendar(watch.cabins)):
            questions.append((SearchKind.ITINERARY, rest))
        for asked_kind, cabins in questions:
            for origin, destination in watch.routes:
                for days in _asked_at_once(watch, asked_kind, asks, today_at(origin, now), program.booking_window_days):
                    for group in asks.groups(asked_kind, cabins):
                        search = Search(
                            program=program.key,
                            kind=asked_kind,
                            origin=origin,
                            destination=destination,
                            first=days.first,
                            last=days.last,
                            cabins=group,
                            travelers=watch.travelers,
                        )
                        wanted[search] = None
    block = _block(asks, program.booking_window_days)
    last_times = _by_scope(last_searches, block)

    def waits(search: Search) -> tuple[datetime, str, date, str, str, int]:
        cabins = " ".join(search.cabins)
        key = _scope(search.kind, search.origin, search.destination, search.first, search.travelers, cabins, block)
        looked = last_times.get(key, _LONG_AGO)
        return looked, search.kind, search.first, search.origin, search.destination, search.travelers

    return sorted(wanted, key=waits)


def days_worth_asking(
    offers: Iterable[AwardOfferItem], watches: Iterable[Watch], *, program: str, asks: Asks
) -> list[Search]:
    """The flights to ask for after a calendar's answer: each day on which an offer could satisfy a watch, once.

    The cheapest day comes first, measured against the `max_miles` of the watch that it suits best. Only watches for
    the party that the calendar was asked for count: another party has its own calendar search. A source that tells of
    several programs is asked for each of them, by its own handle of the day.
    """
    candidates = list(watches)
    by_route: dict[tuple[str, str], list[Watch]] = {}
    price: dict[Search, tuple[float, float]] = {}
    for offer in offers:
        if offer.detail is Detail.ITINERARY or not _in_scope(offer):
            continue
        route = offer.origin, offer.destination
        if route not in by_route:
            by_route[route] = [watch for watch in candidates if watch.active and route in watch.routes]
        for watch in by_route[route]:
            if watch.travelers != offer.travelers or _too_few_seats(offer, watch) or not watch.could_satisfy(offer):
                continue
            for group in asks.groups(SearchKind.ITINERARY, watch.cabins):
                search = Search(
                    program=program,
                    kind=SearchKind.ITINERARY,
                    origin=offer.origin,
                    destination=offer.destination,
                    first=offer.departure_date,
                    last=offer.departure_date,
                    cabins=group,
                    travelers=offer.travelers,
                    target_program=offer.program if offer.program != program else "",
                    source_id=offer.source_id or "",
                )
                price[search] = min(price.get(search, (float("inf"), float("inf"))), _price(offer, watch))
    return sorted(price, key=lambda search: (*price[search], search.first, search.origin, search.destination))


def control(program: Program, asks: Asks, kind: SearchKind, now: datetime) -> Search | None:
    """A search that has offers unless the site does not serve us: the dense route, a month ahead."""
    if program.control_route is None:
        return None
    origin, destination = program.control_route
    today = today_at(origin, now)
    day = today + timedelta(days=min(CONTROL_DAYS, program.booking_window_days))
    days = DateRange(day, day)
    if kind == SearchKind.CALENDAR:
        block = _block_of(day, _block(asks, program.booking_window_days))
        days = clipped(block, booking_window(today, program.booking_window_days)) or days
    group = asks.groups(kind, ())[0]
    return Search(
        program=program.key,
        kind=kind,
        origin=origin,
        destination=destination,
        first=days.first,
        last=days.last,
        cabins=group,
    )


def _kind(program: str, kinds: tuple[SearchKind, ...], detail: str | None) -> SearchKind:
    if detail is None:
        return SearchKind.CALENDAR if SearchKind.CALENDAR in kinds else SearchKind.ITINERARY
    if _KIND_OF_DETAIL.get(detail) not in kinds:
        possible = " or ".join(name for name, kind in _KIND_OF_DETAIL.items() if kind in kinds)
        raise InvalidArgument(f"detail: {program} cannot be asked for '{detail}'; write {possible}")
    return _KIND_OF_DETAIL[detail]


def _asked_at_once(watch: Watch, kind: SearchKind, asks: Asks, today: date, window_days: int) -> Iterator[DateRange]:
    """The wanted days as the program is asked for them: blocks cut to the booking window, or single days."""
    window = booking_window(today, window_days)
    block = _block(asks, window_days)
    for first, last in bookable(watch.spans, today, window_days):
        day = first
        while day <= last:
            asked = clipped(_block_of(day, block), window) if kind == SearchKind.CALENDAR else DateRange(day, day)
            if asked is not None:
                yield asked
                day = asked.last
            day += timedelta(days=1)


def _block(asks: Asks, window_days: int) -> int:
    """How many days a calendar holds: 0 for a calendar month, and for whole windows so many that there is one block."""
    return date.max.toordinal() if asks.days_per_request >= window_days else asks.days_per_request


def _block_of(day: date, block: int) -> DateRange:
    """The block that a day falls into; blocks are counted from the year 1, so that they stay as days go by."""
    if not block:
        return month_of(day)
    first = (day.toordinal() - 1) // block * block + 1
    return DateRange(date.fromordinal(first), date.fromordinal(min(first + block, date.max.toordinal()) - 1))


def _scope(
    kind: SearchKind, origin: str, destination: str, first: date, travelers: int, cabins: str, block: int
) -> SearchKey:
    """What makes two looks the same: a calendar's first day moves with today, its block does not."""
    start = _block_of(first, block).first if kind == SearchKind.CALENDAR else first
    return kind, origin, destination, start, travelers, cabins


def _by_scope(last_searches: Mapping[SearchKey, datetime], block: int) -> dict[SearchKey, datetime]:
    times: dict[SearchKey, datetime] = {}
    for key, looked in last_searches.items():
        scope = _scope(*key, block)
        times[scope] = max(looked, times.get(scope, _LONG_AGO))
    return times


def _in_scope(offer: AwardOfferItem) -> bool:
    """Whether the day was asked for: calendars bring days of the months around it, or that are past."""
    return offer.search is None or offer.search.first <= offer.departure_date <= offer.search.last


def _too_few_seats(offer: AwardOfferItem, watch: Watch) -> bool:
    return offer.seats is not None and offer.seats < watch.min_seats


def _price(offer: AwardOfferItem, watch: Watch) -> tuple[float, float]:
    """Miles against the watch's limit, then miles; without a limit as if just within it, without miles last.

    Where no price was seen the chart's stands in, for the order only.
    """
    miles = offer.miles or offer.chart_miles
    if miles is None:
        return 1.0, float("inf")
    return (miles / watch.max_miles if watch.max_miles else 1.0), miles
