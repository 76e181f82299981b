"""What to ask next: the wants of all watches, merged into the fewest searches, those that waited longest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from awardspider.items import AwardOfferItem, Cabin, Detail, Search
from awardspider.outcomes import BadArgument
from awardspider.search.dates import DateRange, bookable, booking_window, clipped, month_of, today_at
from awardspider.search.watches import Watch

# Kind, origin, destination, first day and party of a search, as storage remembers it.
LookKey = tuple[str, str, str, date, int]

_KIND_OF_DETAIL = {"day": "calendar", "itinerary": "itinerary"}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def plan(
    watches: Iterable[Watch],
    *,
    program: str,
    kinds: Collection[str],
    now: datetime,
    window_days: int,
    last_looks: Mapping[LookKey, datetime],
    detail: str | None = None,
) -> list[Search]:
    """The searches that cover every wanted, bookable day of `program` once for each route and size of party.

    Where the program has a calendar this asks whole months of it (all cabins), and `days_worth_asking` goes on from
    the answers; otherwise, and with `detail` "itinerary", each day's flights. `now` is aware: a day is wanted and
    bookable by the local date at the origin. Never looked at comes first, then what was looked at longest ago, then
    the earliest date: so a new run goes on where the last one stopped. Raises BadArgument for a detail that the
    program cannot give.
    """
    kind = _kind(program, kinds, detail)
    wanted: dict[Search, set[Cabin] | None] = {}
    for watch in watches:
        if not watch.active or (watch.programs and program not in watch.programs):
            continue
        for origin, destination in watch.routes:
            for days in _asked_at_once(watch, kind, today_at(origin, now), window_days):
                search = Search(
                    program=program,
                    kind=kind,
                    origin=origin,
                    destination=destination,
                    first=days.first,
                    last=days.last,
                    travelers=watch.travelers,
                )
                _add_cabins(wanted, search, watch.cabins if kind == "itinerary" else ())
    last_times = _by_scope(last_looks)

    def waits(search: Search) -> tuple[datetime, date, str, str, int]:
        key = _scope(search.kind, search.origin, search.destination, search.first, search.travelers)
        looked = last_times.get(key, _LONG_AGO)
        return looked, search.first, search.origin, search.destination, search.travelers

    return sorted((_with_cabins(search, cabins) for search, cabins in wanted.items()), key=waits)


def days_worth_asking(offers: Iterable[AwardOfferItem], watches: Iterable[Watch], *, program: str) -> list[Search]:
    """The flights to ask for after a calendar's answer: each day on which an offer could satisfy a watch, once.

    The cheapest day comes first, measured against the `max_miles` of the watch that it suits best. Only watches for
    the party that the calendar was asked for count: another party has its own calendar search.
    """
    candidates = list(watches)
    by_route: dict[tuple[str, str], list[Watch]] = {}
    cabins: dict[Search, set[Cabin] | None] = {}
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
            search = Search(
                program=program,
                kind="itinerary",
                origin=offer.origin,
                destination=offer.destination,
                first=offer.departure_date,
                last=offer.departure_date,
                travelers=offer.travelers,
            )
            _add_cabins(cabins, search, watch.cabins)
            price[search] = min(price.get(search, (float("inf"), float("inf"))), _price(offer, watch))
    cheapest_first = sorted(
        cabins, key=lambda search: (*price[search], search.first, search.origin, search.destination)
    )
    return [_with_cabins(search, cabins[search]) for search in cheapest_first]


def _kind(program: str, kinds: Collection[str], detail: str | None) -> str:
    if detail is None:
        return "calendar" if "calendar" in kinds else "itinerary"
    if _KIND_OF_DETAIL.get(detail) not in kinds:
        possible = " or ".join(name for name, kind in _KIND_OF_DETAIL.items() if kind in kinds)
        raise BadArgument(f"detail: {program} cannot be asked for '{detail}'; write {possible}")
    return _KIND_OF_DETAIL[detail]


def _asked_at_once(watch: Watch, kind: str, today: date, window_days: int) -> Iterator[DateRange]:
    """The wanted days as the program is asked for them: months cut to the booking window, or single days."""
    window = booking_window(today, window_days)
    for first, last in bookable(watch.spans, today, window_days):
        day = first
        while day <= last:
            asked = clipped(month_of(day), window) if kind == "calendar" else DateRange(day, day)
            if asked is not None:
                yield asked
                day = asked.last
            day += timedelta(days=1)


def _scope(kind: str, origin: str, destination: str, first: date, travelers: int) -> LookKey:
    """What makes two looks the same: a calendar's first day moves with today, its month does not."""
    return kind, origin, destination, first.replace(day=1) if kind == "calendar" else first, travelers


def _by_scope(last_looks: Mapping[LookKey, datetime]) -> dict[LookKey, datetime]:
    times: dict[LookKey, datetime] = {}
    for key, looked in last_looks.items():
        scope = _scope(*key)
        times[scope] = max(looked, times.get(scope, _LONG_AGO))
    return times


def _add_cabins(wanted: dict[Search, set[Cabin] | None], search: Search, cabins: tuple[Cabin, ...]) -> None:
    """Note that a search must answer for these cabins too; no cabins means all of them, which is None here."""
    known = wanted.get(search, set())
    wanted[search] = known | set(cabins) if cabins and known is not None else None


def _with_cabins(search: Search, cabins: set[Cabin] | None) -> Search:
    return replace(search, cabins=tuple(sorted(cabins or (), key=lambda cabin: cabin.rank)))


def _in_scope(offer: AwardOfferItem) -> bool:
    """Whether the day was asked for: calendars bring days of the months around it, or that are past."""
    return offer.search is None or offer.search.first <= offer.departure_date <= offer.search.last


def _too_few_seats(offer: AwardOfferItem, watch: Watch) -> bool:
    return offer.seats is not None and offer.seats < watch.min_seats


def _price(offer: AwardOfferItem, watch: Watch) -> tuple[float, float]:
    """Miles against the watch's limit, then miles; without a limit as if just within it, without miles last."""
    if offer.miles is None:
        return 1.0, float("inf")
    return (offer.miles / watch.max_miles if watch.max_miles else 1.0), offer.miles
