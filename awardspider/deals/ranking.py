"""The order and the choice of offers: the best first, by deal class and Pareto front, and few of one route and cabin.

docs/delivery.md describes both. They are the only ones: summaries, digests, daily caps, listings and spreadsheets use
them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from math import inf
from typing import Any, Generic, TypeVar

from awardspider.items import AwardOfferItem, Money
from awardspider.search.city_names import city_name
from awardspider.search.exchange_rates import BASE, ExchangeRates
from awardspider.search.judgments import DealClass, Judgment

T = TypeVar("T")

#: The number of entries of one route and cabin in a list of the best offers of several routes.
PER_ROUTE = 2

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFacts:
    """The facts of an offer that decide about its place; None means unknown.

    `route` is a pair of cities, `day` the local day of departure. Offers with the same `neighbors` differ in nothing
    but their dates; None means that the offer is never combined with other dates.
    """

    route: tuple[str, str]
    cabin: str
    day: date
    miles: int | None
    taxes: Money | None = None
    duration_minutes: int | None = None
    stops: int | None = None
    mixed_cabin: bool = False
    deal_class: DealClass = DealClass.UNKNOWN
    discount_percent: int | None = None
    neighbors: Hashable | None = None


def body_facts(body: Mapping[str, Any]) -> OfferFacts:
    """Return the facts in the body of an event about an offer."""
    amount, currency = body.get("taxes"), body.get("taxes_currency")
    is_one_way = not body.get("trip_other_offer_id")  # the other direction of a round trip belongs to one date
    return OfferFacts(
        route=(_city(body, "origin"), _city(body, "destination")),
        cabin=body.get("cabin") or "",
        day=date.fromisoformat(body["departure_date"]) if body.get("departure_date") else date.max,
        miles=body.get("miles"),
        taxes=Money(Decimal(amount), currency) if amount is not None and currency else None,
        duration_minutes=body.get("duration_minutes"),
        stops=body.get("stops"),
        mixed_cabin=bool(body.get("mixed_cabin")),
        deal_class=DealClass(body.get("deal_class") or DealClass.UNKNOWN),
        discount_percent=body.get("deal_discount_percent"),
        neighbors=tuple(map(body.get, _SAME_FLIGHTS)) if is_one_way and body.get("departure_date") else None,
    )


def offer_facts(offer: AwardOfferItem, judgment: Judgment | None) -> OfferFacts:
    """Return the facts of an offer."""
    neighbors = (
        offer.program, offer.source, offer.origin, offer.destination, offer.cabin, offer.flights, offer.miles,
        offer.taxes, offer.travelers, offer.mixed_cabin, offer.detail, judgment and judgment.deal_class,
    )  # fmt: skip
    return OfferFacts(
        route=(city_name(offer.origin) or offer.origin, city_name(offer.destination) or offer.destination),
        cabin=offer.cabin,
        day=offer.departure_date,
        miles=offer.miles,
        taxes=offer.taxes,
        duration_minutes=offer.duration_minutes,
        stops=offer.stops,
        mixed_cabin=bool(offer.mixed_cabin),
        deal_class=judgment.deal_class if judgment else DealClass.UNKNOWN,
        discount_percent=judgment.discount_percent if judgment else None,
        neighbors=neighbors,
    )


def _city(body: Mapping[str, Any], end: str) -> str:
    return str(body.get(f"{end}_city") or body.get(end) or "")


# Offers with these in common differ only in their dates. Numbers of flights contain the carrier.
_SAME_FLIGHTS = (
    "type", "program", "origin", "destination", "cabin", "flights", "miles", "taxes", "taxes_currency", "travelers",
    "mixed_cabin", "detail", "deal_class", "previous_miles",
)  # fmt: skip


def best_first(items: Iterable[T], facts: Callable[[T], OfferFacts], rates: ExchangeRates | None = None) -> list[T]:
    """Sort offers, the best first: by deal class, front, discount, miles, taxes, stops, duration and day.

    The first front of a class, route and cabin contains the offers of which no other is at least as good in miles,
    taxes and duration; the second front is the first one of the remaining offers, and so on. Of offers that are equal
    in these, the one with the fewest stops, then the one that departs soonest, is in the earlier front. Taxes are
    compared in one currency, at `rates` if they are in several. Unknown values come last.
    """
    entries = [_Entry(item, facts(item)) for item in items]
    taxes = _comparable_taxes([entry.facts for entry in entries], rates)
    for entry, amount in zip(entries, taxes, strict=True):
        entry.taxes = amount
    groups: dict[Hashable, list[_Entry[T]]] = {}
    for entry in entries:
        groups.setdefault(entry.group, []).append(entry)
    for group in groups.values():
        _set_fronts(group)
    return [entry.item for entry in sorted(entries, key=lambda entry: entry.rank)]


def group_neighbors(items: Iterable[T], facts: Callable[[T], OfferFacts]) -> list[list[T]]:
    """Group the offers of the same flights at the same price on consecutive days, each group in the order of days."""
    groups: dict[Hashable, dict[date, list[T]]] = {}
    single = count()
    for item in items:
        found = facts(item)
        key = ("single", next(single)) if found.neighbors is None else found.neighbors
        groups.setdefault(key, {}).setdefault(found.day, []).append(item)
    neighbors: list[list[T]] = []
    for by_day in groups.values():
        last = None
        for day in sorted(by_day):
            first, *others = by_day[day]
            if last is not None and day - last == _DAY:
                neighbors[-1].append(first)
            else:
                neighbors.append([first])
            neighbors[-1:-1] = [[other] for other in others]  # other offers of one day stay apart
            last = day
    return neighbors


def best_entries(
    items: Iterable[T], facts: Callable[[T], OfferFacts], rates: ExchangeRates | None = None
) -> list[list[T]]:
    """Return the entries of a list of offers, the best first. Neighboring dates of the same flights are one entry."""
    return best_first(group_neighbors(items, facts), lambda entry: facts(entry[0]), rates)


def vary(
    items: Sequence[T], facts: Callable[[T], OfferFacts], per_route: int = PER_ROUTE, size: int | None = None
) -> list[T]:
    """Return the items of a list without those beyond the first `per_route` of a route and cabin, in the same order.

    Nothing is left out if `per_route` is 0, or if all are of one route and cabin. With a `size`, the result has at most
    that many items, and those beyond the first of a route fill it if there are too few others.
    """
    groups = [(found.route, found.cabin) for found in map(facts, items)]
    if not per_route or len(set(groups)) < 2:
        return [*items[:size]]
    seen: Counter[Hashable] = Counter()
    first: list[int] = []
    others: list[int] = []
    for number, group in enumerate(groups):
        seen[group] += 1
        (first if seen[group] <= per_route else others).append(number)
    chosen = first if size is None else sorted([*first, *others][:size])
    return [items[number] for number in chosen]


@dataclass(slots=True)
class _Entry(Generic[T]):
    """An offer to sort. `taxes` are in the common currency; `front` is the number of its front."""

    item: T
    facts: OfferFacts
    taxes: float = inf
    front: int = 0

    @property
    def group(self) -> Hashable:
        """The offers that it is compared with. An offer in a mixed cabin never replaces one that is not."""
        facts = self.facts
        return facts.deal_class, facts.route, facts.cabin, facts.mixed_cabin

    @property
    def objectives(self) -> tuple[float, float, float]:
        """The values that decide about the front: the lowest are the best."""
        return _known(self.facts.miles), self.taxes, _known(self.facts.duration_minutes)

    @property
    def order(self) -> tuple[Any, ...]:
        """The order in which fronts are filled: of equal offers, the first is in the earlier front."""
        return *self.objectives, _known(self.facts.stops), self.facts.day

    @property
    def rank(self) -> tuple[Any, ...]:
        """The place in the order."""
        facts = self.facts
        discount = inf if facts.discount_percent is None else -facts.discount_percent
        miles, taxes, duration = self.objectives
        stops = _known(facts.stops)
        return facts.deal_class.rank, self.front, discount, miles, taxes, stops, facts.mixed_cabin, duration, facts.day


@dataclass(slots=True)
class _Front:
    """The taxes and durations of a front, as steps: the higher the taxes, the shorter the duration."""

    taxes: list[float] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)

    def covers(self, taxes: float, duration: float) -> bool:
        """Return True if an offer in this front is at least as good."""
        place = bisect_right(self.taxes, taxes)
        return place > 0 and self.durations[place - 1] <= duration

    def add(self, taxes: float, duration: float) -> None:
        """Add an offer that this front does not cover."""
        first = last = bisect_left(self.taxes, taxes)
        while last < len(self.taxes) and self.durations[last] >= duration:
            last += 1
        self.taxes[first:last] = [taxes]
        self.durations[first:last] = [duration]


def _set_fronts(entries: Sequence[_Entry[Any]]) -> None:
    """Set the front of each offer of a group.

    The offers are added in the order of miles, so that only taxes and durations need to be compared. If a front covers
    an offer, all earlier fronts do, so the first one that does not is found by bisection.
    """
    fronts: list[_Front] = []
    for entry in sorted(entries, key=lambda entry: entry.order):
        _, taxes, duration = entry.objectives
        number = bisect_left(fronts, True, key=lambda front: not front.covers(taxes, duration))
        if number == len(fronts):
            fronts.append(_Front())
        fronts[number].add(taxes, duration)
        entry.front = number


def _comparable_taxes(facts: Sequence[OfferFacts], rates: ExchangeRates | None) -> list[float]:
    """Return each offer's taxes in one currency; unknown taxes, and those without an exchange rate, are infinite."""
    currencies = {offer.taxes.currency for offer in facts if offer.taxes}
    if len(currencies) > 1 and rates is None:
        return [inf] * len(facts)
    currency = BASE if len(currencies) > 1 else next(iter(currencies), BASE)
    found = [offer.taxes and (rates.convert(offer.taxes, currency) if rates else offer.taxes) for offer in facts]
    return [float(money.amount) if money else inf for money in found]


def _known(value: int | None) -> float:
    return inf if value is None else value
