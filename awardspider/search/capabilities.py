"""The searches that a program offers: their kinds, the days and cabins that one request covers, and their cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from awardspider.items import Cabin, Detail, SearchKind
from awardspider.outcomes import InvalidArgument
from awardspider.search.blocks import ALL_DAYS

#: The cost of a request that opens a page in a browser, in plain requests. Our choice: such a page loads for about four
#: times as long, and fetches its own scripts and data.
BROWSER_COST = 4.0

_KIND_BY_DETAIL = {Detail.DAY: SearchKind.CALENDAR, Detail.ITINERARY: SearchKind.ITINERARY}


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
    uses_browser: bool = False

    @property
    def cost(self) -> float:
        """Return the cost of a search, in plain requests."""
        return BROWSER_COST if self.uses_browser else 1.0

    @property
    def searches_per_block(self) -> int:
        """Return the number of searches that cover all cabins on the same days."""
        return len(self.cabin_groups(kind_for_detail("", self.kinds, None), ()))

    def cabin_groups(self, kind: SearchKind, cabins: tuple[Cabin, ...]) -> list[tuple[Cabin, ...]]:
        """Return the cabin groups to search for `cabins` (empty: all cabins). The group () also means all cabins."""
        if kind not in self.cabins_per_request:
            return [()]
        return [group for group in self.cabins_per_request[kind] if not cabins or set(group) & set(cabins)]

    def cabins_of(self, kind: SearchKind) -> tuple[Cabin, ...]:
        """Return the cabins that searches of a kind find."""
        found = {cabin for group in self.cabins_per_request.get(kind, ((),)) for cabin in group or Cabin}
        return tuple(cabin for cabin in Cabin if cabin in found)

    def cabins_outside_calendar(self, cabins: tuple[Cabin, ...]) -> tuple[Cabin, ...]:
        """Return the cabins among these (empty: all) that the calendar lacks; each of their days needs a search."""
        if not {SearchKind.CALENDAR, SearchKind.ITINERARY} <= set(self.kinds):
            return ()
        in_calendar = self.cabins_of(SearchKind.CALENDAR)
        with_flights = self.cabins_of(SearchKind.ITINERARY)
        return tuple(cabin for cabin in with_flights if cabin in (cabins or Cabin) and cabin not in in_calendar)

    def widest_groups(self, cabins: tuple[Cabin, ...]) -> list[tuple[SearchKind, tuple[Cabin, ...]]]:
        """Return the kinds and cabin groups of the widest searches that together find `cabins` (empty: all cabins).

        Cabins that the calendar lacks are searched day by day. A calendar whose cabins these searches find too is left
        out.
        """
        main = kind_for_detail("", self.kinds, None)
        outside = self.cabins_outside_calendar(cabins)
        by_day = self.cabin_groups(SearchKind.ITINERARY, outside) if outside else []
        found = {cabin for group in by_day for cabin in group or Cabin}
        needed = set(cabins or Cabin)
        groups = [group for group in self.cabin_groups(main, cabins) if not needed & set(group or Cabin) <= found]
        return [*((main, group) for group in groups), *((SearchKind.ITINERARY, group) for group in by_day)]

    def block_days(self, kind: SearchKind, window_days: int) -> int:
        """Return the days of one search: 0 for a calendar month, ALL_DAYS for the entire booking window."""
        if kind is not SearchKind.CALENDAR:
            return 1
        return ALL_DAYS if self.days_per_request >= window_days else self.days_per_request


def kind_for_detail(program: str, kinds: tuple[SearchKind, ...], detail: Detail | None) -> SearchKind:
    """Return the kind of search that provides a detail, by default the widest. Raise InvalidArgument if none does."""
    if detail is None:
        return SearchKind.CALENDAR if SearchKind.CALENDAR in kinds else SearchKind.ITINERARY
    if _KIND_BY_DETAIL.get(detail) not in kinds:
        offered = " or ".join(name for name, kind in _KIND_BY_DETAIL.items() if kind in kinds)
        raise InvalidArgument(f'detail: {program} has no search with detail "{detail}" (write {offered})')
    return _KIND_BY_DETAIL[detail]
