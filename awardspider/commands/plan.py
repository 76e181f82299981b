"""`scrapy plan`: show what the next crawls search, and how many requests a day the watches need."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import (
    LIMIT_HELP,
    add_format_options,
    chosen_format,
    print_records,
    print_rows,
    print_table,
    row_limit,
)
from awardspider.commands._options import choices, no_arguments
from awardspider.commands._spiders import search_capabilities
from awardspider.commands._table import Column, FittedTable
from awardspider.extensions.crawl_context import route_lists, served_routes
from awardspider.operations.watch_searches import without_key
from awardspider.outcomes import InvalidArgument
from awardspider.programs import Program, programs
from awardspider.search.budgets import effective_budget, parse_budget
from awardspider.search.day_estimates import NO_DAYS, DayEstimate, confirms_days, estimate_days
from awardspider.search.expansion import Expansion, describe_cuts
from awardspider.search.obstacles import find_obstacle
from awardspider.search.planner import Plan, plan
from awardspider.search.request_estimates import RequestEstimate, Shortfall, estimate, shortfalls
from awardspider.search.served_routes import ServedRoutes
from awardspider.storage.day_prices import searched_days, stored_days
from awardspider.storage.planning import planning_knowledge
from awardspider.storage.sandbox_states import state_suffix
from awardspider.storage.watches import find_watches

FIELDS = (
    "program", "searches", "per_day", "flights_per_day", "unknown_days", "budget", "is_satisfied", "is_certain",
    "unsatisfied_watches", "notes",
)  # fmt: skip
EXPLAIN_FIELDS = (
    "program", "position", "kind", "origin", "destination", "first", "last", "cabins", "travelers", "watches", "value",
    "cost", "reason",
)  # fmt: skip


class Command(AwardCommand):
    """Show how many requests a day the watches need and which of them the budgets cannot satisfy; sends nothing.

    With --explain, show the next searches of each program with their value, cost and reason.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--explain", action="store_true", help="show the next searches, best first")
        add("--program", metavar="NAME", help="one or several, separated by commas; all if omitted")
        add("--limit", metavar="N", help=LIMIT_HELP)
        add_format_options(add)

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        output_format = chosen_format(opts)
        chosen = choices("--program", opts.program, programs())
        limit = row_limit(opts.limit, output_format)
        now = self.now()
        self._store = self.store()
        expansion = Expansion((stored.watch for stored in find_watches(self._store, now=now)), now)
        if not expansion.watches:
            raise InvalidArgument(self._no_watch(now))
        programs_to_plan = [programs()[key] for key in chosen or sorted(programs())]
        plans = self._plans(expansion, programs_to_plan, limit if opts.explain else 0, now)
        if opts.explain:
            listed = [each for each, _ in plans]
            best = max((ranked.value for each in listed for ranked in each.ranked), default=0.0)
            table = partial(_search_table, best)
            print_rows(_next_searches(listed), table, asdict, EXPLAIN_FIELDS, output_format, limit)
            return
        budgets = parse_budget(self.settings["AWARD_BUDGET"])
        estimates = [
            estimate(each, effective_budget(each.program, budgets), self._flights(each, expansion, served))
            for each, served in plans
        ]
        estimates = [each for each in estimates if each.searches or each.notes]
        delayed = list(shortfalls(estimates, expansion, now))
        if output_format == "table":
            cuts = [note for watch in expansion.watches for note in describe_cuts(watch)]
            print_table(_summary(estimates, delayed, cuts, list(self._unsearched(expansion, now)), limit))
        else:
            print_records((_record(each, delayed) for each in islice(estimates, limit)), FIELDS, output_format)

    def _plans(
        self, expansion: Expansion, chosen: Sequence[Program], limit: int | None, now: datetime
    ) -> Iterator[tuple[Plan, ServedRoutes]]:
        """Yield the plan of each chosen program that a watch includes and that can be crawled, and its routes."""
        capabilities = search_capabilities(self.settings)
        lacking = without_key(self.settings)
        for program in chosen:
            lacks_key = program.key in lacking
            including = (watch for watch in expansion.watches if watch.needs(program))
            if not any(not lacks_key or watch.names_source(program.key) for watch in including):
                continue
            state_key = program.key + state_suffix(self.settings["AWARD_SANDBOX_URL"])
            own = capabilities[program.key]
            lists = route_lists(self._store, program, state_key, expansion.watches)
            served = served_routes(self._store, program, own, expansion.watches, lists, now)
            planned = plan(
                expansion,
                program=program,
                capabilities=own,
                now=now,
                knowledge=planning_knowledge(self._store, program.key, now),
                served=served,
                limit=limit,
            )
            yield planned, served

    def _flights(self, planned: Plan, expansion: Expansion, served: ServedRoutes) -> DayEstimate:
        """Return the searches of flights on days that could match, at the stored prices."""
        key, now = planned.program.key, planned.now
        if not confirms_days(planned.capabilities):
            return NO_DAYS
        routes = expansion.for_program(planned.program, served).groups_of
        return estimate_days(
            expansion,
            program=planned.program,
            capabilities=planned.capabilities,
            served=served,
            offers=stored_days(self._store, key, routes.__contains__, now),
            searched=searched_days(self._store, key, now),
            now=now,
        )

    def _unsearched(self, expansion: Expansion, now: datetime) -> Iterator[str]:
        """Yield a sentence for each active watch for which nothing is searched."""
        lacking = without_key(self.settings)
        for watch in expansion.watches:
            if obstacle := find_obstacle(watch, now, without_key=lacking):
                yield f'watch "{watch.name}" is not searched, because {obstacle.text}'

    def _no_watch(self, now: datetime) -> str:
        """Return the message without an active watch."""
        watches = [stored.watch for stored in find_watches(self._store, now=now, active_only=False)]
        if not watches:
            return "no active watch; scrapy watches add or import adds one"
        paused = sum(not watch.active for watch in watches)
        states = [f"{paused:,} paused"] * bool(paused)
        states += [f"{len(watches) - paused:,} expired"] * (len(watches) > paused)
        return f"no active watch ({', '.join(states)}); scrapy watches list shows all"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSearch:
    """A search of a plan.

    `position` counts from 1 within its program, `value` is the waiting of watches that it ends per request, in days
    weighted by the probability of a match, and `cost` is in requests.
    """

    program: str
    position: int
    kind: str
    origin: str
    destination: str
    first: str
    last: str
    cabins: str
    travelers: int
    watches: int
    value: float
    cost: float
    reason: str


def _next_searches(plans: Sequence[Plan]) -> Iterator[PlannedSearch]:
    """Yield the searches of all programs: first the first one of each, then the second one of each, and so on."""
    remaining = [(each, enumerate(each.entries(), 1)) for each in plans]
    while remaining:
        left = []
        for of_plan, entries in remaining:
            if entry := next(entries, None):
                position, (search, ranked) = entry
                yield PlannedSearch(
                    program=search.program,
                    position=position,
                    kind=search.kind.value,
                    origin=search.origin,
                    destination=search.destination,
                    first=str(search.first),
                    last=str(search.last),
                    cabins=", ".join(search.cabins),
                    travelers=search.travelers,
                    watches=ranked.need.watches,
                    value=ranked.value,
                    cost=of_plan.capabilities.cost,
                    reason=ranked.reason,
                )
                left.append((of_plan, entries))
        remaining = left


def _search_table(best: float, rows: list[PlannedSearch], notes: list[str]) -> RenderableType:
    """Return a table of searches; `best` is the highest value of all."""
    columns = [
        Column[PlannedSearch](title="program", rank=0, text=lambda row: row.program),
        Column[PlannedSearch](title="no.", rank=6, text=lambda row: str(row.position), right=True),
        Column[PlannedSearch](title="search", rank=5, text=lambda row: row.kind),
        Column[PlannedSearch](title="route", rank=0, text=lambda row: f"{row.origin}-{row.destination}"),
        Column[PlannedSearch](title="days", rank=1, text=_days, min_width=len("2027-03-01 to"), wraps=True),
        Column[PlannedSearch](title="cabins", rank=7, text=lambda row: row.cabins or "all", optional=True),
        Column[PlannedSearch](title="party", rank=8, text=lambda row: str(row.travelers), right=True, optional=True),
        Column[PlannedSearch](title="value", rank=3, text=lambda row: _relative(row.value, best), right=True),
        Column[PlannedSearch](title="cost", rank=4, text=lambda row: f"{row.cost:g}", right=True),
        Column[PlannedSearch](title="reason", rank=2, text=lambda row: row.reason, min_width=24, wraps=True),
    ]
    if rows:
        notes = [
            *notes,
            "value: the waiting for an offer that the search ends, per request; the most valuable search is 100",
            "cost: in requests; one with a browser counts as several",
        ]
    return FittedTable(rows, columns, notes)


def _relative(value: float, best: float) -> str:
    """Return a value as a percentage of the best one."""
    percent = 100 * value / best if best else 0.0
    if percent >= 10 or not percent:
        return f"{percent:.0f}"
    return f"{percent:.1f}" if percent >= 0.05 else "< 0.1"


def _days(row: PlannedSearch) -> str:
    """Return the departure days without what the last one repeats, such as `2027-03` or `2027-03-05..31`.

    Two dates in full are separated by spaces, at which they wrap.
    """
    if row.first == row.last:
        return row.first
    day = date.fromisoformat(row.last)
    if row.first == f"{row.last[:7]}-01" and (day + timedelta(days=1)).day == 1:
        return row.last[:7]
    same = next((length for length in (8, 5) if row.first[:length] == row.last[:length]), 0)
    return f"{row.first}..{row.last[same:]}" if same else f"{row.first} to {row.last}"


def _record(row: RequestEstimate, delayed: Sequence[Shortfall]) -> dict[str, Any]:
    """Return an estimate as flat values keyed by FIELDS, with lists joined by semicolons."""
    return {
        "program": row.program,
        "searches": row.searches,
        "per_day": round(row.per_day, 1),
        "flights_per_day": round(row.days.per_day, 1),
        "unknown_days": row.days.unknown_days,
        "budget": row.budget,
        "is_satisfied": row.is_satisfied,
        "is_certain": row.is_certain,
        "unsatisfied_watches": "; ".join(each.watch for each in delayed if each.program == row.program),
        "notes": "; ".join(row.notes),
    }


def _summary(
    estimates: list[RequestEstimate],
    delayed: list[Shortfall],
    cuts: list[str],
    unsearched: list[str],
    limit: int | None,
) -> RenderableType:
    """Return the needs of each program, the watches that its budget cannot satisfy, and what is not searched."""
    columns = [
        Column[RequestEstimate](title="program", rank=0, text=lambda row: row.program),
        Column[RequestEstimate](title="searches", rank=3, text=lambda row: f"{row.searches:,}", right=True),
        Column[RequestEstimate](title="a day", rank=1, text=lambda row: f"{row.per_day:,.0f}", right=True),
        Column[RequestEstimate](title="flights a day", rank=1, text=_flights_text, right=True),
        Column[RequestEstimate](
            title="budget a day",
            rank=1,
            text=lambda row: "any" if row.budget is None else f"{row.budget:,}",
            right=True,
        ),
        Column[RequestEstimate](title="", rank=0, text=_verdict),
    ]
    notes = [
        "a day: searches, so that nothing is older than its priority allows",
        "flights a day: added searches of the flights of days that could match a watch, at the prices known now",
    ]
    unknown = [row for row in estimates if row.days.unknown_days]
    if unknown:
        most = ", ".join(f"{row.program} {row.days.unknown_days:,}" for row in unknown)
        notes.append(f"the flights of matching days are added where no price is known yet; days at most: {most}")
    programs_of: dict[str, list[str]] = {}
    for row in estimates:
        for note in row.notes:
            programs_of.setdefault(note, []).append(row.program)
    notes += [f"{', '.join(keys)}: {note}" for note, keys in programs_of.items()]
    table = FittedTable(estimates, columns, notes)
    parts: list[RenderableType] = [table] if estimates else [Text("Nothing is searched.")]
    if delayed:
        parts += [Text(), Text("The budgets cannot satisfy these watches:", style="bold"), Text()]
        parts.append(_delayed_table(delayed[:limit], len(delayed) - len(delayed[:limit])))
    elif any(row.searches for row in estimates):
        parts += [Text(), Text(_conclusion(estimates, "other watches" if unsearched else "watches"))]
    notes = unsearched[:limit] + cuts
    if len(unsearched) > len(unsearched[:limit]):
        notes.append(f"{len(unsearched) - len(unsearched[:limit]):,} more are not searched; --limit 0 shows all")
    parts += [Text(), *map(Text, notes)] if notes else []
    return Group(*parts)


def _conclusion(estimates: Sequence[RequestEstimate], watches: str) -> str:
    """Return what the budgets suffice for, if they are not too small at the prices known now."""
    if not all(row.is_certain for row in estimates):
        searches = "the wide searches and the flights of the days known so far"
        if not any(row.days.per_day for row in estimates):
            searches = "the wide searches"
        return (
            f"The budgets suffice for {searches} of all {watches}. Whether they suffice for the flights of the other"
            " days that could match is known after a crawl."
        )
    if any(row.days.per_day for row in estimates):
        return f"The budgets satisfy all {watches} at the prices known now."
    return f"The budgets satisfy all {watches}."


def _flights_text(row: RequestEstimate) -> str:
    """Return the searches of flights a day, with a plus sign if not all prices are known."""
    known = f"{row.days.per_day:,.0f}"
    if not row.days.unknown_days:
        return known
    return f"{known}+" if row.days.per_day else "?"


def _verdict(row: RequestEstimate) -> Text:
    if row.is_certain:
        return Text("suffices", style="green")
    if row.is_satisfied:
        return Text("suffices so far" if row.days.per_day else "suffices for wide searches")
    return Text(f"{row.load:.1f} times too small" if row.budget else "allows nothing", style="yellow")


def _delayed_table(rows: list[Shortfall], more: int) -> RenderableType:
    columns = [
        Column[Shortfall](title="watch", rank=0, text=lambda row: row.watch, min_width=16, wraps=True),
        Column[Shortfall](title="program", rank=0, text=lambda row: row.program),
        Column[Shortfall](title="searched every", rank=1, text=lambda row: _interval(row.expected), right=True),
        Column[Shortfall](title="instead of", rank=2, text=lambda row: _interval(row.max_age), right=True),
    ]
    return FittedTable(rows, columns, [f"{more:,} more; --limit 0 shows all"] if more else [])


def _interval(interval: timedelta | None) -> str:
    """Format an interval as hours, or from two days on as days."""
    if interval is None:
        return "never"
    hours = interval / timedelta(hours=1)
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:,.0f} days"
