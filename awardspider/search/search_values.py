"""Values of searches: the order in which the planner spends a budget, so that new offers are noticed soon.

docs/planner.md derives the formulas. In short: offers that match a watch appear in the scope of a search as a Poisson
process, and each waits until the next search or until it disappears. The value of searching now is the Whittle index of
this process: the waiting that a search at this age ends, in excess of what later searches would end at the same cost.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, groupby, zip_longest
from typing import NamedTuple

from awardspider.items import Search
from awardspider.search.change_rates import ChangeRates, RouteKey, days_by_lead
from awardspider.search.main_airports import route_size

#: The share of its maximum age from which a need is due. The rest is time to work off needs that become due together.
DUE_SHARE = 0.9

#: The relative distance of a price above a limit at which a match is 1/e as likely as at the limit. Our choice, from
#: the simulation in docs/planner.md.
PRICE_SCALE = 0.05

# The number of departure days that the prior share of matching days counts as.
_PRIOR_DAYS = 1.0
_PRIOR_SHARE = 0.05

#: The age in days that a search without a last time counts as, whatever its maximum age: otherwise, an urgent search,
#: with its low maximum age, would be worth less than another.
NEW_AGE = 1.0

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchNeed:
    """A search, and what its watches gain from it.

    `watches` is the number of watches that need it, and `priority` a factor for their priority. `closeness` is the
    probability that a change of one departure day creates a match (see `closeness`), as a mean over the watches.
    `price_ratio` is the lowest known price divided by the limit, if both are known. `last_at` is the time of the last
    search of the same scope (None: never); failed searches count, otherwise one that always fails would stay first.
    `cost` is in requests. `max_age` is the age at which the search precedes all others.
    """

    search: Search
    watches: int
    closeness: float
    last_at: datetime | None
    cost: float
    max_age: timedelta
    priority: float = 1.0
    price_ratio: float | None = None


class RankedSearch(NamedTuple):
    """A search with its value per cost; `changes_per_day` are those of all departure days in its scope.

    `age_days` is None if the search was never sent. `is_due` is True for a search near or past its maximum age, and for
    one that `precedes_sale`: it was last sent before a sale of the program began.
    """

    need: SearchNeed
    value: float
    changes_per_day: float
    age_days: float | None
    is_due: bool
    precedes_sale: bool = False

    @property
    def reason(self) -> str:
        """Return the reason for the value, such as `12 watches, 4% under the limit; changes every 6 h; ...`."""
        count = self.need.watches
        parts = [f"{count} watch{'es' if count != 1 else ''}"]
        if self.need.price_ratio is not None:
            parts[0] += f", {_distance(self.need.price_ratio)}"
        if self.changes_per_day > 0:
            parts.append(f"changes every {_duration(1 / self.changes_per_day)}")
        if self.age_days is None:
            parts.append("never searched")
        else:
            parts.append(f"last search {_duration(self.age_days)} ago")
            if self.precedes_sale:
                parts.append("a sale began since then")
            elif self.is_due:
                parts.append(f"at most {_duration(self.need.max_age / _DAY)} allowed")
        return "; ".join(parts)


def rank(
    needs: Iterable[SearchNeed], *, rates: ChangeRates, now: datetime, sale_since: datetime | None = None
) -> list[RankedSearch]:
    """Return the searches in the order in which to send them, highest value per cost first.

    Searches that were never sent and searches that are due precede the others, alternately, so that neither delays the
    other for long. The former are sorted by value, and the latter by their age relative to the maximum age. Those that
    were last sent before a sale (`sale_since`) are due, sorted by value after those past their age. Among
    equals, the routes between the largest airports come first. Equal inputs give equal results, regardless of their
    order.
    """
    new: list[RankedSearch] = []
    due: list[tuple[float, RankedSearch]] = []
    rest: list[RankedSearch] = []
    in_sale: list[RankedSearch] = []
    today = now.date()
    scopes: dict[tuple[date, date], list[tuple[int, int]]] = {}
    for need in needs:
        search, max_age = need.search, need.max_age / _DAY
        days = scopes.get((search.first, search.last))
        if days is None:
            by_lead = days_by_lead(search.first, search.last, today)
            days = scopes[search.first, search.last] = [(lead, count) for lead, count in enumerate(by_lead) if count]
        route_rates = rates.route_rates(RouteKey(search.program, search.kind, search.origin, search.destination))
        age = None if need.last_at is None else max(0.0, (now - need.last_at) / _DAY)
        since = NEW_AGE if age is None else age
        changes = waiting = 0.0
        for lead, count in days:
            rate = route_rates[lead]
            changes += count * rate
            waiting += count * saved_waiting(rate, since)
        value = need.watches * need.priority * need.closeness * waiting / need.cost
        if age is None:
            new.append(RankedSearch(need, value, changes, age, False))
        elif age < DUE_SHARE * max_age and sale_since and need.last_at and need.last_at <= sale_since:
            in_sale.append(RankedSearch(need, value, changes, age, True, True))
        elif age < DUE_SHARE * max_age:
            rest.append(RankedSearch(need, value, changes, age, False))
        else:
            share = age / max_age if max_age else math.inf
            due.append((share, RankedSearch(need, value, changes, age, True)))
    by_age = [ranked for _, ranked in _sorted((-share, ranked) for share, ranked in due)]
    by_value, others, after_sale = (
        [each for _, each in _sorted((-each.value, each) for each in some)] for some in (new, rest, in_sale)
    )
    first = chain.from_iterable(zip_longest([*by_age, *after_sale], by_value))
    return [each for each in first if each is not None] + others


def saved_waiting(rate: float, age: float) -> float:
    """Return the value of searching one departure day, `age` days after the last search, per watch and closeness.

    This is (1 - e^(-λτ) (1 + λτ)) / λ: λτ²/2 while few of the changes since the last search have been replaced by later
    ones, and at most 1/λ, because an offer that has disappeared again no longer waits.
    """
    x = rate * age
    if x < 1e-4:
        return x * age / 2
    return (1 - math.exp(-x) * (1 + x)) / rate


def closeness(prices: Sequence[int | None], limit: int | None) -> float:
    """Return the probability that a change of one departure day creates a match, given the last known prices.

    `prices` are the lowest miles of each departure day, None if the day has no offer; `limit` is the maximum, None if
    any offer matches. The probability is the share of days without a match now, multiplied by the share of prices that
    match after a change. The second is estimated from all days: a day counts fully if it matches, and less the further
    its price is above the limit.
    """
    matching = near = 0.0
    for price in prices:
        if price is None:
            continue
        over = 0.0 if limit is None else max(0.0, math.log(price / limit)) if limit > 0 and price > 0 else price
        matching += over == 0
        near += math.exp(-over / PRICE_SCALE)
    days = len(prices) + _PRIOR_DAYS
    return (1 - matching / days) * (near + _PRIOR_DAYS * _PRIOR_SHARE) / days


def _sorted(keyed: Iterable[tuple[float, RankedSearch]]) -> list[tuple[float, RankedSearch]]:
    """Sort by the number, and by the search among equals. Few are equal, so their keys are built only then."""
    by_number = sorted(keyed, key=lambda pair: pair[0])
    ordered: list[tuple[float, RankedSearch]] = []
    for _, group in groupby(by_number, key=lambda pair: pair[0]):
        equal = list(group)
        ordered += sorted(equal, key=_search_key) if len(equal) > 1 else equal
    return ordered


def _search_key(pair: tuple[float, RankedSearch]) -> tuple[object, ...]:
    search = pair[1].need.search
    return (
        search.kind,
        search.first,
        search.last,
        search.program,
        route_size(search.origin, search.destination),
        search.origin,
        search.destination,
        search.travelers,
        search.cabins,
        search.target_program,
        search.source_id,
    )


def _distance(ratio: float) -> str:
    percent = round(abs(ratio - 1) * 100)
    if not percent:
        return "at the limit"
    return f"{percent}% {'under' if ratio < 1 else 'over'} the limit"


def _duration(days: float) -> str:
    """Return a duration as a rounded number of minutes, hours or days."""
    minutes = days * 1440
    if minutes < 59.5:
        return f"{max(1, round(minutes))} min"
    if minutes < 47.5 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(days):,} days"
