"""The prices that a crawl finds, collected in memory, and the price history as it was before the crawl."""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import date, datetime, timedelta

from awardspider.items import AwardOfferItem, SearchReportItem
from awardspider.outcomes import Outcome
from awardspider.search.price_history import (
    WINDOW_DAYS,
    DaySample,
    KeyHistory,
    PriceKey,
    PriceRecord,
    StoredDay,
    day_price,
)
from awardspider.storage.price_history import days_of_place, last_day_as_low, records_of_place
from awardspider.storage.price_samples import PriceHistoryWriter
from awardspider.storage.store import Store

#: Collected prices are stored at the end of a crawl, or earlier if there are this many, or after this time.
MAX_PRICES = 200_000
MAX_SECONDS = 600.0

_CACHED_PLACES = 8

_Place = tuple[dict[PriceKey, list[StoredDay]], dict[PriceKey, PriceRecord]]


class PriceCollector:
    """The lowest prices of a crawl by key and search day. A search adds its prices when its report shows no failure."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writer = PriceHistoryWriter(store)
        self._of_searches: dict[str, dict[tuple[PriceKey, date], DaySample]] = {}
        self._samples: dict[PriceKey, dict[date, DaySample]] = {}
        self._prices = 0  # in `_samples`; a price that is found again counts again
        self._written_at = time.monotonic()
        self._places: OrderedDict[tuple[object, ...], _Place] = OrderedDict()

    def add_offer(self, search_id: str, key: PriceKey, offer: AwardOfferItem, found_on: date) -> None:
        """Add an offer of a search that is not reported yet, found on a day (UTC); one without miles is ignored."""
        price = day_price(offer)
        if price is None:
            return
        samples = self._of_searches.get(search_id)
        if samples is None:
            samples = self._of_searches[search_id] = {}
        sample = samples.get((key, found_on))
        if sample is None:
            sample = samples[key, found_on] = DaySample(searches=1)
        sample.add(offer.departure_date, price)

    def add_report(self, report: SearchReportItem) -> None:
        """Count the prices of a search, unless it failed."""
        samples = self._of_searches.pop(report.search_id, None)
        if samples is None or report.outcome is Outcome.FAILED:
            return
        for (key, day), sample in samples.items():
            self._samples.setdefault(key, {}).setdefault(day, DaySample()).update(sample)
            self._prices += len(sample.prices)

    def flush_if_due(self, now: datetime) -> None:
        """Store the collected prices if there are many, or if the last ones were stored long ago."""
        if self._prices >= MAX_PRICES or time.monotonic() - self._written_at >= MAX_SECONDS:
            self.flush(now)

    def flush(self, now: datetime) -> None:
        """Store the collected prices; if that fails, keep them."""
        if self._samples:
            self._writer.write(self._samples, now)
            self._samples = {}
            self._prices = 0
        self._written_at = time.monotonic()

    # ---- the history before the crawl ----

    def history(self, key: PriceKey, today: date) -> KeyHistory:
        """Return the history of a key without the prices of this crawl. Those of earlier crawls of today count.

        The lowest price ever is that of the days before today.
        """
        days, records = self._place(key, today)
        by_day = {row.search_day: row for row in days.get(key, ())}
        for day, before in self._writer.days_before.get(key, {}).items():
            by_day.pop(day, None)
            if before is not None:
                by_day[day] = before
        record = self._record(key, records)
        return KeyHistory(tuple(by_day[day] for day in sorted(by_day)), record and record.before(today))

    def lowest_of_today(self, key: PriceKey, today: date) -> int | None:
        """Return the lowest price that earlier crawls of today found, if no earlier day had one as low."""
        record = self._record(key, self._place(key, today)[1])
        return record.lowest if record is not None and record.lowest_day == today else None

    def _record(self, key: PriceKey, records: dict[PriceKey, PriceRecord]) -> PriceRecord | None:
        """Return the record of a key as it was before this crawl."""
        return self._writer.records_before.get(key, records.get(key))

    def last_day_as_low(self, key: PriceKey, miles: int, before: date) -> date | None:
        """Return the last search day before `before` with a price of a key as low as `miles`, or None."""
        with self._store.reading() as connection:
            return last_day_as_low(connection, key, miles, before)

    def _place(self, key: PriceKey, today: date) -> _Place:
        """Return the days and records of all cabins of a key's place, read once."""
        place = (key.program, key.scope, key.origin, key.destination, today)
        if place not in self._places:
            with self._store.reading() as connection:
                days = days_of_place(connection, key, today - timedelta(days=WINDOW_DAYS), today)
                self._places[place] = days, records_of_place(connection, key)
            if len(self._places) > _CACHED_PLACES:
                self._places.popitem(last=False)
        return self._places[place]
