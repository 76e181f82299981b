"""Planning of a crawl: the searches that all watches need, without duplicates, least recently searched first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from awardspider.items import AwardOfferItem, Cabin, Detail, Search, SearchKind
from awardspider.outcomes import InvalidArgument
from awardspider.programs import Program
from awardspider.search.dates import DateRange, booking_window, clip, month_range, today_at
from awardspider.search.watches import Watch

# Key of a search: kind, origin, destination, first day, travelers and cabins (separated by spaces).
SearchKey = tuple[SearchKind, str, str, date, int, str]

CONTROL_DAYS = 35  # from today to the day of a control search
_KIND_BY_DETAIL = {Detail.DAY: SearchKind.CALENDAR, Detail.ITINERARY: SearchKind.ITINERARY}
_NEVER = datetime.min.replace(tzinfo=UTC)
_ALL_DAYS = date.max.toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCapabilities:
    """The searches that a program offers, as declared in its `crawling.declaration.SpiderDeclaration`.

    `days_per_request` is the length of a calendar search in days: 0 means a calendar month, and a value as long as the
    booking window or longer means the entire window. `cabins_per_request` lists, by search kind, the groups of cabins
    that each need a separate request. For a kind that is not listed, one response has all cabins.
    """

    kinds: tuple[SearchKind, ...]
    days_per_request: int = 0
    cabins_per_request: Mapping[SearchKind, tuple[tuple[Cabin, ...], ...]] = field(default_factory=dict)

    def cabin_groups(self, kind: SearchKind, cabins: tuple[Cabin, ...]) -> list[tuple[Cabin, ...]]:
        """Return the cabin groups to search for `cabins` (empty: all cabins). The group () also means all cabins."""
        if kind not in self.cabins_per_request:
            return [()]
        return [group for group in self.cabins_per_request[kind] if not cabins or set(group) & set(cabins)]

    def cabins_outside_calendar(self, cabins: tuple[Cabin, ...]) -> tuple[Cabin, ...]:
        """Return the cabins that the calendar lacks; for these, each day needs an itinerary search."""
        if SearchKind.ITINERARY not in self.kinds or SearchKind.CALENDAR not in self.cabins_per_request:
            return ()
        in_calendar = {cabin for group in self.cabins_per_request[SearchKind.CALENDAR] for cabin in group}
        return tuple(cabin for cabin in cabins if cabin not in in_calendar)


def plan(
    watches: Iterable[Watch],
    *,
    program: Program,
    capabilities: SearchCapabilities,
    now: datetime,
    last_searches: Mapping[SearchKey, datetime],
    detail: Detail | None = None,
) -> list[Search]:
    """Return the searches that cover each watched, bookable day, without duplicates.

    A program with a calendar gets calendar searches; `days_to_confirm` plans itinerary searches from their responses.
    Each day's flights are searched directly if the program has no calendar, if `detail` is itinerary, or for cabins
    that the calendar lacks. Days are local to the origin; `now` is aware. Searches that were never sent come first,
    then the least recent ones, so that each run continues where the last run stopped; among equals, calendars and
    earlier dates come first. Raises InvalidArgument for a detail that the program does not offer.
    """
    main_kind = kind_for_detail(program.key, capabilities.kinds, detail)
    searches: dict[Search, None] = {}
    for watch in watches:
        if not watch.active or not watch.needs(program):
            continue
        kinds = [(main_kind, watch.cabins)]
        missing = capabilities.cabins_outside_calendar(watch.cabins)
        if main_kind == SearchKind.CALENDAR and detail is None and missing:
            kinds.append((SearchKind.ITINERARY, missing))
        for kind, cabins in kinds:
            for origin, destination in watch.routes:
                today = today_at(origin, now)
                for days in _search_ranges(watch, kind, capabilities, today, program.booking_window_days):
                    for group in capabilities.cabin_groups(kind, cabins):
                        search = Search(
                            program=program.key,
                            kind=kind,
                            origin=origin,
                            destination=destination,
                            first=days.first,
                            last=days.last,
                            cabins=group,
                            travelers=watch.travelers,
                        )
                        searches[search] = None
    block = _block_days(capabilities, program.booking_window_days)
    last_times: dict[SearchKey, datetime] = {}
    for key, at in last_searches.items():
        block_key = _block_key(*key, block)
        last_times[block_key] = max(at, last_times.get(block_key, _NEVER))

    def sort_key(search: Search) -> tuple[datetime, str, date, str, str, int]:
        cabins = " ".join(search.cabins)
        key = _block_key(search.kind, search.origin, search.destination, search.first, search.travelers, cabins, block)
        last_time = last_times.get(key, _NEVER)
        return last_time, search.kind, search.first, search.origin, search.destination, search.travelers

    return sorted(searches, key=sort_key)


def days_to_confirm(
    offers: Iterable[AwardOfferItem], watches: Iterable[Watch], *, search: Search, capabilities: SearchCapabilities
) -> list[Search]:
    """Return the itinerary searches for the days on which an offer of a calendar or bulk search could match a watch.

    Days outside `search` are skipped, because a calendar response also contains days of adjacent months. The cheapest
    day comes first, relative to the `max_miles` of the watch that it matches best. Watches for another number of
    travelers are skipped, because they have a separate calendar search. For a source that covers several programs, each
    program's offer for a day gets a separate search with that offer's `source_id`.
    """
    candidates = list(watches)
    by_route: dict[tuple[str, str], list[Watch]] = {}
    ranks: dict[Search, tuple[float, float]] = {}
    for offer in offers:
        if offer.detail is Detail.ITINERARY or not search.first <= offer.departure_date <= search.last:
            continue
        route = offer.origin, offer.destination
        if route not in by_route:
            by_route[route] = [watch for watch in candidates if watch.active and route in watch.routes]
        for watch in by_route[route]:
            too_few_seats = offer.seats is not None and offer.seats < watch.min_seats
            if watch.travelers != offer.travelers or too_few_seats or not watch.could_satisfy(offer):
                continue
            for group in capabilities.cabin_groups(SearchKind.ITINERARY, watch.cabins):
                day_search = Search(
                    program=search.program,
                    kind=SearchKind.ITINERARY,
                    origin=offer.origin,
                    destination=offer.destination,
                    first=offer.departure_date,
                    last=offer.departure_date,
                    cabins=group,
                    travelers=offer.travelers,
                    target_program=offer.program if offer.program != search.program else "",
                    source_id=offer.source_id or "",
                )
                rank = _price_rank(offer, watch)
                ranks[day_search] = min(ranks.get(day_search, rank), rank)
    return sorted(ranks, key=lambda each: (*ranks[each], each.first, each.origin, each.destination))


def control_search(
    program: Program, capabilities: SearchCapabilities, kind: SearchKind, now: datetime
) -> Search | None:
    """Return a search of the control route about a month from now, or None for a program without a control route.

    The search finds offers unless the site blocks us.
    """
    if program.control_route is None:
        return None
    origin, destination = program.control_route
    today = today_at(origin, now)
    day = today + timedelta(days=min(CONTROL_DAYS, program.booking_window_days))
    days = DateRange(day, day)
    if kind == SearchKind.CALENDAR:
        block = _block_range(day, _block_days(capabilities, program.booking_window_days))
        days = clip(block, booking_window(today, program.booking_window_days)) or days
    group = capabilities.cabin_groups(kind, ())[0]
    return Search(
        program=program.key,
        kind=kind,
        origin=origin,
        destination=destination,
        first=days.first,
        last=days.last,
        cabins=group,
    )


def kind_for_detail(program: str, kinds: tuple[SearchKind, ...], detail: Detail | None) -> SearchKind:
    """Return the kind of search that provides a detail, by default the widest. Raise InvalidArgument if none does."""
    if detail is None:
        return SearchKind.CALENDAR if SearchKind.CALENDAR in kinds else SearchKind.ITINERARY
    if _KIND_BY_DETAIL.get(detail) not in kinds:
        offered = " or ".join(name for name, kind in _KIND_BY_DETAIL.items() if kind in kinds)
        raise InvalidArgument(f'detail: {program} has no search with detail "{detail}" (write {offered})')
    return _KIND_BY_DETAIL[detail]


def _search_ranges(
    watch: Watch, kind: SearchKind, capabilities: SearchCapabilities, today: date, window_days: int
) -> Iterator[DateRange]:
    """Yield the watched days one by one or, for a calendar, as blocks cut to the booking window."""
    window = booking_window(today, window_days)
    block = _block_days(capabilities, window_days)
    for first, last in watch.dates.ranges(today, window_days):
        day = first
        while day <= last:
            days = clip(_block_range(day, block), window) if kind == SearchKind.CALENDAR else DateRange(day, day)
            if days is not None:
                yield days
                day = days.last
            day += timedelta(days=1)


def _block_days(capabilities: SearchCapabilities, window_days: int) -> int:
    """Return the length of a calendar block in days: 0 for a calendar month, _ALL_DAYS for the entire window."""
    return _ALL_DAYS if capabilities.days_per_request >= window_days else capabilities.days_per_request


def _block_range(day: date, block: int) -> DateRange:
    """Return the block that contains a day. Blocks are counted from year 1, so their dates do not depend on today."""
    if not block:
        return month_range(day)
    first = (day.toordinal() - 1) // block * block + 1
    return DateRange(date.fromordinal(first), date.fromordinal(min(first + block, _ALL_DAYS) - 1))


def _block_key(
    kind: SearchKind, origin: str, destination: str, first: date, travelers: int, cabins: str, block: int
) -> SearchKey:
    """Return a search's key with the start of its calendar block in place of its first day.

    The first day of a block that is cut to the booking window changes every day; the start of the block does not.
    """
    start = _block_range(first, block).first if kind == SearchKind.CALENDAR else first
    return kind, origin, destination, start, travelers, cabins


def _price_rank(offer: AwardOfferItem, watch: Watch) -> tuple[float, float]:
    """Return an offer's rank, lowest first: miles as a share of the watch's limit (1.0 if no limit), then miles.

    If the price is missing, the chart price is used, for ranking only; without either, the rank is 1.0 and infinity.
    """
    miles = offer.miles or offer.chart_miles
    if miles is None:
        return 1.0, float("inf")
    return (miles / watch.max_miles if watch.max_miles else 1.0), miles
