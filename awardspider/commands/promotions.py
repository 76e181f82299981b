"""`scrapy promotions`: list promotions with their states and sources."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.style import Style
from rich.text import Text

from awardspider.commands._command import AwardCommand
from awardspider.commands._listing import (
    add_format_options,
    age,
    chosen_format,
    print_rows,
)
from awardspider.commands._options import choices, integer, no_arguments
from awardspider.commands._table import Column, FittedTable
from awardspider.items import MAX_PROMOTION_PERCENT, PromotionItem
from awardspider.outcomes import InvalidArgument
from awardspider.programs import points_programs
from awardspider.search.promotion_fields import (
    kind_text,
    parse_promotion_banks,
    parse_promotion_kinds,
    parse_promotion_programs,
)
from awardspider.search.promotion_states import PromotionState, promotion_day
from awardspider.search.promotion_watches import PromotionWatch, match_promotion
from awardspider.storage.promotion_pages import listing_rank
from awardspider.storage.promotions import PromotionOrder, PromotionRow, find_promotions
from awardspider.storage.records import PROMOTION_FIELDS, promotion_record

ALL = "all"

#: Default number of rows in a table, each with two lines below it. JSON and CSV contain all rows by default.
TABLE_ROWS = 20
_MOST_SOURCES = 2  # names in a table

_STYLES = {
    PromotionState.ACTIVE: "green",
    PromotionState.ENDING_SOON: "yellow",
    PromotionState.ANNOUNCED: "cyan",
    PromotionState.ENDED: "dim",
}


class Command(AwardCommand):
    """List promotions with their states and sources, the most useful first.

    These are transfer bonuses, award sales and sales of miles that are new or end soon. Ended promotions are left out
    unless you ask for them with --state. docs/promotions.md explains the states.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--kind", metavar="NAME", help="transfer bonus, award sale, ...; several separated by commas")
        add("--program", metavar="NAME", help="program that gets the miles or points; several separated by commas")
        add("--bank", metavar="NAME", help="bank or hotel program of a transfer; several separated by commas")
        add("--state", metavar="NAME", help=f"{', '.join(PromotionState)}, or all; several separated by commas")
        add("--min-percent", metavar="N", help="minimum bonus or discount; the maximum of an 'up to' counts")
        add("--limit", metavar="N", help=f"number of rows, 0 for all (default: {TABLE_ROWS}, all in JSON and CSV)")
        add("--json", action="store_true", help="the same as --format json")
        add_format_options(add)

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        if opts.json:
            opts.format = "json"
        output_format, now = chosen_format(opts), self.now()
        limit = integer("--limit", opts.limit)
        if limit is None and output_format == "table":
            limit = TABLE_ROWS
        states = _states(opts.state)
        watch = _watch(opts)
        found = find_promotions(self.store(), PromotionOrder.PUBLISHED)
        matching = [row for row in found if not match_promotion(watch, row.item)]
        listed = sorted((row for row in matching if row.state(now) in states), key=lambda row: listing_rank(row, now))
        shown = listed[: limit or None]
        ended = sum(row.state(now) is PromotionState.ENDED for row in matching)
        further = [
            _more(listed[len(shown) :]),
            f"{ended:,} ended; --state ended lists them" if ended and PromotionState.ENDED not in states else "",
        ]

        def table(rows: list[PromotionRow], notes: list[str]) -> FittedTable[PromotionRow]:
            return promotions_table(rows, now, [*notes, *further])

        print_rows(
            iter(shown), table, lambda row: promotion_record(row, now), PROMOTION_FIELDS, output_format, limit=None
        )


def _states(text: str | None) -> set[PromotionState]:
    names = choices("--state", text, [*PromotionState, ALL])
    if ALL in names:
        return set(PromotionState)
    return {PromotionState(name) for name in names} or set(PromotionState) - {PromotionState.ENDED}


def _watch(opts: argparse.Namespace) -> PromotionWatch:
    """Return a watch that matches the promotions to list. Raise InvalidArgument."""
    percent = integer("--min-percent", opts.min_percent, minimum=1)
    if percent is not None and percent > MAX_PROMOTION_PERCENT:
        raise InvalidArgument(f"--min-percent: expected at most {MAX_PROMOTION_PERCENT}, got {percent}")
    parsed: dict[str, Any] = {}
    for option, name, parse in (
        ("kind", "kinds", parse_promotion_kinds),
        ("program", "programs", parse_promotion_programs),
        ("bank", "banks", parse_promotion_banks),
    ):
        try:
            parsed[name] = parse(text) if (text := getattr(opts, option)) is not None else ()
        except InvalidArgument as error:
            raise InvalidArgument(f"--{option}: {error}") from error
    return PromotionWatch(name="listed", min_percent=percent, targeted=True, **parsed)


def _more(rows: Sequence[PromotionRow]) -> str:
    """Return text such as `and 12 more (cash fare deal 8, earn bonus 4); --limit 0 shows all`, or ""."""
    if not rows:
        return ""
    counts = ", ".join(f"{kind} {count:,}" for kind, count in Counter(map(_kind, rows)).most_common())
    return f"and {len(rows):,} more ({counts}); --limit 0 shows all"


# ---- records -------------------------------------------------------------------------------------------------------


# ---- table ---------------------------------------------------------------------------------------------------------


def promotions_table(
    rows: Sequence[PromotionRow], now: datetime, notes: Sequence[str] = ()
) -> FittedTable[PromotionRow]:
    """Return a table of promotions, each with its title and sources on the lines below it."""
    columns = (
        Column[PromotionRow](title="state", text=lambda row: _state(row, now), rank=0),
        Column[PromotionRow](title="kind", text=_kind, rank=3, below=_kind_if_not_in_title),
        Column[PromotionRow](title="program", text=lambda row: _names(row.item.programs), rank=1, min_width=18),
        Column[PromotionRow](title="bank", text=lambda row: _names(row.item.banks), rank=2, min_width=8, optional=True),
        Column[PromotionRow](title="percent", text=lambda row: _percent(row.item), rank=0, right=True),
        Column[PromotionRow](title="cents", text=lambda row: _cents(row.item), rank=5, right=True, optional=True),
        Column[PromotionRow](title="ends", text=lambda row: _end(row, now), rank=0),
        Column[PromotionRow](title="left", text=lambda row: _days_left(row, now), rank=1, right=True, optional=True),
        Column[PromotionRow](title="age", text=lambda row: _age(row, now), rank=1, right=True),
        Column[PromotionRow](title="sources", text=lambda row: str(len(row.sources)), rank=4, right=True),
    )
    return FittedTable(rows, columns, notes, below=_lines)


def _lines(row: PromotionRow, hidden: Sequence[str]) -> list[Text]:
    title = "".join(letter if letter.isprintable() else " " for letter in row.item.title)
    confidence = f" ({row.item.confidence})" if row.item.confidence else ""
    # A terminal opens the complete address, also if there is no room for all of it.
    style = Style(dim=True, link=row.item.link or None)
    return [
        Text(": ".join([*hidden, title])),
        Text(f"{_sources(row)}{confidence}: {row.item.link}", style=style, overflow="ellipsis", no_wrap=True),
    ]


def _sources(row: PromotionRow) -> str:
    """Return the names of the first sources and the number of the others."""
    names, more = row.sources[:_MOST_SOURCES], len(row.sources) - _MOST_SOURCES
    return (", ".join(names) or row.item.source) + (f" and {more} more" if more > 0 else "")


def _kind(row: PromotionRow) -> str:
    return kind_text(row.item.kind)


def _kind_if_not_in_title(row: PromotionRow) -> str:
    kind = _kind(row)
    return "" if kind in row.item.title.lower() else kind


def _state(row: PromotionRow, now: datetime) -> Text:
    state = row.state(now)
    return Text(state.replace("_", " "), style=_STYLES[state])


def _names(keys: Sequence[str]) -> str:
    catalog = points_programs()
    return ", ".join(catalog[key].name if key in catalog else key for key in keys)


def _percent(item: PromotionItem) -> str:
    if item.percent is None:
        return ""
    return f"up to {item.percent}%" if item.up_to else f"{item.percent}%"


def _cents(item: PromotionItem) -> str:
    return "" if item.cents_per_mile is None else f"{item.cents_per_mile:f}"


def _end(row: PromotionRow, now: datetime) -> str:
    """Return the last day, or the first day of one that has not begun."""
    if row.state(now) is PromotionState.ANNOUNCED:
        return f"from {row.item.book_from}"
    return "unknown" if row.item.book_by is None else f"{row.item.book_by}"


def _days_left(row: PromotionRow, now: datetime) -> str:
    """Return the time until the last day, such as `today` or `7 days`; nothing for one that has not begun."""
    state, last = row.state(now), row.item.book_by
    if last is None or state in (PromotionState.ANNOUNCED, PromotionState.ENDED):
        return ""
    days = (last - promotion_day(now)).days
    return {0: "today", 1: "1 day"}.get(days, f"{days} days")


def _age(row: PromotionRow, now: datetime) -> str:
    return age(row.announced_at or row.first_seen_at, now)
