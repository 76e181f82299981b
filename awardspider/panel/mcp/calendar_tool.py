"""The tool that returns a calendar: a result of limited size, however many days and routes there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from awardspider.delivery.messages.language import get_language
from awardspider.items import Cabin
from awardspider.panel.calendar_queries import calendar_query, pairs
from awardspider.panel.filters import parse_day
from awardspider.panel.mcp.arguments import Day, Places, Programs
from awardspider.panel.mcp.results import tool_result, with_age
from awardspider.panel.mcp.session import current_session
from awardspider.storage.calendar_days import MAX_DAYS, CalendarCell, DayStatus, calendar_days

#: The most days with a price of their own. Each has about 300 characters.
MAX_PRICES = 90


def get_calendar(
    origin: Places,
    destination: Places,
    first_date: Day = None,
    days: Annotated[int, Field(ge=1, le=MAX_DAYS, description="Number of days from first_date")] = 60,
    cabin: Annotated[Cabin, Field(description="Cabin")] = Cabin.BUSINESS,
    programs: Programs = None,
) -> dict[str, Any]:
    """Return the lowest award price of each day, in miles for one traveler, one way.

    Days without a price are in one of three lists: `empty` (searched, and the programs have no seats), `failed` (the
    search did not work, with the reason) or `not_searched`. Only `empty` says that there is nothing. For the flights of
    a day, call search_offers with that day as first_date and last_date.
    """
    config, now = current_session().config, current_session().config.now()
    query = calendar_query(
        config.store,
        origin,
        destination,
        first=parse_day(first_date, now.date()) if first_date else now.date(),
        days=days,
        programs=programs or (),
        cabins=(cabin,),
    )
    found = calendar_days(config.store, query, now=now, max_age=config.max_age)
    cells = {day: by_cabin[cabin] for day, by_cabin in found.items()}
    priced = {day: cell for day, cell in cells.items() if cell.price or cell.stale}
    shown = dict(sorted(sorted(priced.items(), key=_rank)[:MAX_PRICES]))
    result: dict[str, Any] = {
        "cabin": cabin,
        "first_date": query.first,
        "last_date": query.last,
        "routes": pairs(query.origins, query.destinations),
        "prices": [{"day": day} | _price(cell, now) for day, cell in shown.items()],
        "empty": _grouped(cells, DayStatus.EMPTY, now),
        "failed": _grouped(cells, DayStatus.FAILED, now),
        "not_searched": day_ranges([day for day in cells if day not in priced and _is(cells[day], "not_searched")]),
    }
    if left_out := [day for day in priced if day not in shown]:
        result["higher_prices_left_out"] = day_ranges(left_out)
    return tool_result(now, **result, next_step=_next_step(result))


def _rank(entry: tuple[date, CalendarCell]) -> tuple[bool, int, date]:
    """Return the order of days with a price: available ones first, then the lowest."""
    day, cell = entry
    price = cell.price or cell.stale
    assert price
    return cell.price is None, price.miles, day


def _price(cell: CalendarCell, now: datetime) -> dict[str, Any]:
    price = cell.price or cell.stale
    assert price
    values: dict[str, Any] = {
        "miles": price.miles,
        "program": price.program,
        "source": price.source,
        "origin": price.origin,
        "destination": price.destination,
        "offer_id": price.offer_id,
        "seen_at": price.seen_at,
    }
    if cell.price is None:
        values["status"] = price.status
    if not price.is_confirmed:
        values["flights_known"] = False
    if cell.failure:
        values["newer_search_failed"] = cell.failure.reason or "unknown"
    return with_age(values, now)


def _grouped(cells: dict[date, CalendarCell], status: DayStatus, now: datetime) -> list[dict[str, Any]]:
    """Return the days of a status without a price, together with those of the same age, program and reason."""
    groups: dict[tuple[tuple[str, str], ...], list[date]] = {}
    for day, cell in cells.items():
        if cell.status is status and cell.stale is None:
            groups.setdefault(tuple(_about(cell, now)), []).append(day)
    return [{"days": day_ranges(days)} | dict(about) for about, days in groups.items()]


def _about(cell: CalendarCell, now: datetime) -> Iterator[tuple[str, str]]:
    ago = get_language("en").ago
    if cell.failure and cell.status is DayStatus.FAILED:
        yield "program", cell.failure.program
        yield "reason", str(cell.failure.reason or "unknown")
        yield "requested_age", ago(cell.failure.requested_at, now)
    elif cell.searched_at:
        yield "searched_age", ago(cell.searched_at, now)


def _is(cell: CalendarCell, status: str) -> bool:
    return cell.status.value == status


def day_ranges(days: Sequence[date]) -> list[str]:
    """Return consecutive days as ranges: `2027-03-01..2027-03-09`."""
    ranges: list[list[date]] = []
    for day in days:
        if ranges and day - ranges[-1][-1] == timedelta(days=1):
            ranges[-1].append(day)
        else:
            ranges.append([day])
    return [f"{each[0]}" if len(each) == 1 else f"{each[0]}..{each[-1]}" for each in ranges]


def _next_step(result: dict[str, Any]) -> str:
    if "higher_prices_left_out" in result:
        return "For the days with higher prices, call get_calendar for fewer days."
    if result["prices"]:
        return "For the flights of a day, call search_offers with it as first_date and last_date."
    if result["not_searched"] or result["failed"]:
        return "Days that were not searched, or whose searches failed, are unknown; create_watch has them searched."
    return "The programs that were searched have no seats on these days; create_watch notifies of new ones."
