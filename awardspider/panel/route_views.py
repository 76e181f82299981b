"""The price history of a route as its page shows it: charts, baselines and records, and the last searches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from awardspider.deals.classes import Thresholds
from awardspider.deals.usual_prices import UsualPrices, may_have_record, usual_prices
from awardspider.items import PromotionKind
from awardspider.outcomes import Outcome
from awardspider.panel.charts import Band, Chart, ChartKind, Mark, Period, Point, ReferenceLine, Series
from awardspider.panel.texts import Texts
from awardspider.programs import program_currency, short_name
from awardspider.search.offer_promotions import SALE_KINDS
from awardspider.search.promotion_states import promotion_day
from awardspider.storage.promotion_pages import promotions_between
from awardspider.storage.promotions import PromotionRow
from awardspider.storage.route_history import MonthPrice, RouteHistory
from awardspider.storage.search_days import SearchDay
from awardspider.storage.store import Store

#: Days in the strip of the last searches.
STRIP_DAYS = 30
#: Kinds of promotions that are marked in a chart or listed below it.
MARKED_KINDS = (*SALE_KINDS, PromotionKind.TRANSFER_BONUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramHistory:
    """The history of one program in the chosen cabin, with what is usual there.

    `now` is the lowest price that is available now. `has_record` is False if the history is too short for a record low.
    """

    program: str
    history: RouteHistory
    usual: UsualPrices | None
    has_record: bool
    now: MonthPrice | None

    @property
    def searches(self) -> int:
        """Return the number of searches."""
        return sum(day.searches for day in self.history.days)

    @property
    def strip(self) -> dict[date, SearchDay]:
        """Return the search days by day."""
        return {day.day: day for day in self.history.days}


def program_histories(histories: Sequence[RouteHistory], thresholds: Thresholds) -> list[ProgramHistory]:
    """Return the histories of programs with what is usual there."""
    return [_program_history(history, thresholds) for history in histories]


def _program_history(history: RouteHistory, thresholds: Thresholds) -> ProgramHistory:
    sample = history.sample
    available = [month for month in history.months if month.is_available]
    return ProgramHistory(
        program=history.query.program,
        history=history,
        usual=usual_prices(sample.counts, sample.days, thresholds) if sample else None,
        has_record=_has_record(history, thresholds),
        now=min(available, key=lambda month: month.miles, default=None),
    )


def _has_record(history: RouteHistory, thresholds: Thresholds) -> bool:
    if history.lowest is None or not history.days:
        return False
    return may_have_record(history.lowest.first_day, history.days[-1].day, thresholds)


def unit_of(programs: Sequence[str], texts: Texts) -> str:
    """Return the name of the values of charts, such as `miles per traveler, one way`."""
    units = list(dict.fromkeys(texts(f"route.unit_{program_currency(each).unit}") for each in programs))
    return texts("route.per_traveler", unit=" / ".join(units))


# ---- charts ----------------------------------------------------------------------------------------------------------


def search_chart(
    found: Sequence[ProgramHistory], promotions: Sequence[PromotionRow], texts: Texts, now: datetime
) -> Chart:
    """Return the chart of the lowest prices by search date, with baselines, records and sales."""
    single = found[0] if len(found) == 1 else None
    days = [day.day for each in found for day in each.history.days]
    first, last = min(days), max(days)
    return Chart(
        kind=ChartKind.STEPS,
        series=[Series(name=short_name(each.program), points=list(_points(each.history.days))) for each in found],
        x_name=texts("route.search_date"),
        y_name=unit_of([each.program for each in found], texts),
        lines=[
            ReferenceLine(value=each.usual.median, name=_median_name(each, single is not None, texts))
            for each in found
            if each.usual
        ],
        bands=[Band(low=single.usual.quarter, high=single.usual.median, name=texts("route.band"))]
        if single and single.usual
        else [],
        periods=list(_periods(found, promotions, first, last, texts, now)),
        # Marks of short histories, which often have one day, would cover each other.
        marks=[
            mark for each in found if (single or each.has_record) and (mark := _record_mark(each, first, last, texts))
        ],
    )


def _points(days: Sequence[SearchDay]) -> Iterator[Point]:
    """Yield the lowest prices. An empty day ends a line; failed searches say nothing, so their days are left out."""
    for each in days:
        if each.outcome is not Outcome.FAILED:
            yield Point(each.day, each.lowest)
    if days and days[-1].lowest is not None:
        yield Point(days[-1].day + timedelta(days=1), days[-1].lowest)


def _median_name(each: ProgramHistory, is_single: bool, texts: Texts) -> str:
    return texts("route.median") if is_single else texts("route.median_of", program=short_name(each.program))


def _record_mark(each: ProgramHistory, first: date, last: date, texts: Texts) -> Mark | None:
    lowest = each.history.lowest
    if lowest is None or not first <= lowest.day <= last:
        return None
    if each.strip.get(lowest.day) is None or each.strip[lowest.day].lowest != lowest.miles:
        return None
    return Mark(
        at=lowest.day, value=lowest.miles, name=texts("route.record_low" if each.has_record else "route.lowest")
    )


def _periods(
    found: Sequence[ProgramHistory],
    promotions: Sequence[PromotionRow],
    first: date,
    last: date,
    texts: Texts,
    now: datetime,
) -> Iterator[Period]:
    """Yield the sales of the programs, and the days on which an offer was marked as on sale."""
    for row in promotions:
        if row.item.kind in SALE_KINDS:
            begin, end = active_days(row, now)
            if begin <= last and end >= first:
                yield Period(first=max(begin, first), last=min(end, last), name=row.item.title)
    on_sale = sorted({day.day for each in found for day in each.history.days if day.is_on_sale})
    for _, run in groupby(enumerate(on_sale), lambda item: item[1].toordinal() - item[0]):
        days = [day for _, day in run]
        yield Period(first=days[0], last=days[-1], name=texts("route.on_sale"))


def month_chart(found: Sequence[ProgramHistory], texts: Texts) -> Chart:
    """Return the chart of the lowest prices by departure month."""
    months = sorted({price.month for each in found for price in each.history.months})
    every = list(_months_between(months[0], months[-1])) if months else []
    series = []
    for each in found:
        prices = {price.month: price for price in each.history.months}
        series.append(
            Series(
                name=short_name(each.program),
                points=[
                    Point(f"{month:%Y-%m}", price.miles if price else None, bool(price and not price.is_available))
                    for month in every
                    for price in [prices.get(month)]
                ],
            )
        )
    return Chart(
        kind=ChartKind.BARS,
        series=series,
        x_name=texts("route.departure_month"),
        y_name=unit_of([each.program for each in found], texts),
        soft_name=texts("route.not_available"),
    )


def _months_between(first: date, last: date) -> Iterator[date]:
    month = first
    while month <= last:
        yield month
        month = (month + timedelta(days=31)).replace(day=1)


# ---- promotions and searches -----------------------------------------------------------------------------------------


def marked_promotions(store: Store, programs: Sequence[str], first: date, now: datetime) -> list[PromotionRow]:
    """Return the sales of awards and transfer bonuses of programs since a day, the last ones first."""
    found = promotions_between(store, MARKED_KINDS, programs, first, promotion_day(now))
    return sorted(found, key=lambda row: active_days(row, now), reverse=True)


def active_days(row: PromotionRow, now: datetime) -> tuple[date, date]:
    """Return the first and last day of a promotion; without a known end, it lasts until it was last announced."""
    item = row.item
    first = item.book_from or promotion_day(item.published or row.first_seen_at)
    ends = [day for day in (item.book_by, row.ended_at and promotion_day(row.ended_at)) if day]
    last = min(ends) if ends else promotion_day(row.announced_at or row.last_seen_at)
    return first, max(first, last)


def strip_days(now: datetime) -> list[date]:
    """Return the days (UTC) of the strip of searches, oldest first."""
    today = now.astimezone(UTC).date()
    return [today - timedelta(days=number) for number in range(STRIP_DAYS - 1, -1, -1)]
