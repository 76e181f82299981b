"""The figures of the deals benchmark, from the outbox and the truth."""

from __future__ import annotations

import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from awardspider.items import EventType
from awardspider.search.judgments import DealClass
from awardspider.search.watches import Watch
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.schema import outbox
from awardspider.storage.store import Store
from benchmarks.deals.true_days import Expected, TrueDays, watched_routes

BEST = frozenset({DealClass.RECORD_LOW.value, DealClass.EXCEPTIONAL.value})
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Delivered:
    """An alert that a person got, alone or in a digest: a watch's flight at a price."""

    watch: str
    flight: str
    miles: int
    at: datetime
    deal_class: str
    program: str
    message: int


def delivered_alerts(store: Store, names: Mapping[str, str]) -> list[Delivered]:
    """Return the delivered alerts in order; `names` are the watches' names by key."""
    with store.reading() as connection:
        rows = {row["id"]: row for row in connection.execute(select(outbox).order_by(outbox.c.id)).mappings()}
    found = []
    for row in rows.values():
        if row["event_type"] not in (EventType.OFFER_MATCHED, EventType.OFFER_DROPPED):
            continue
        message = row
        while message["status"] == DeliveryStatus.IN_DIGEST and message["digest_id"] in rows:
            message = rows[message["digest_id"]]
        if message["status"] == DeliveryStatus.SENT:
            body = row["body"]
            found.append(
                Delivered(
                    watch=names[row["watch_key"]],
                    flight=row["flight_key"] or body["flight_key"],
                    miles=row["miles"],
                    at=row["created_at"],
                    deal_class=body.get("deal_class") or DealClass.UNKNOWN.value,
                    program=body["program"],
                    message=message["id"],
                )
            )
    return found


class Figures:
    """The figures of a finished run."""

    def __init__(self, truth: TrueDays, watches: Sequence[Watch], alerts: Sequence[Delivered]) -> None:
        self._truth = truth
        self._watches = {watch.name: watch for watch in watches}
        self._alerts = alerts
        self._by_flight: dict[tuple[str, str], list[Delivered]] = defaultdict(list)
        for alert in alerts:
            self._by_flight[alert.watch, alert.flight].append(alert)
        self.missed: list[Expected] = []
        self.repeats: list[tuple[Delivered, Delivered]] = []
        self.wrong: list[Delivered] = []

    def recall(self) -> dict[str, Any]:
        """Return the share of sales and drops that were alerted, and the counts behind it."""
        groups: dict[tuple[str, Any], list[Expected]] = defaultdict(list)
        for expected in self._truth.expected:
            groups[expected.watch, expected.event].append(expected)
        counts: Counter[str] = Counter()
        for (_, event), each in groups.items():
            due = [expected for expected in each if self._is_due(expected)]
            if not any(expected.flights for expected in each):
                continue
            if any(map(self._is_alerted, each)):
                counts[f"{event.kind}s_alerted"] += 1
            elif due:
                counts[f"{event.kind}s_missed"] += 1
                self.missed.append(due[0])
            else:
                counts["already_known"] += 1
        alerted = counts["sales_alerted"] + counts["drops_alerted"]
        expected_count = alerted + len(self.missed)
        return {"recall": alerted / expected_count if expected_count else None, **counts}

    def _is_alerted(self, expected: Expected) -> bool:
        """Return whether an alert with one of the flights at its price followed the crawl within a day."""
        return any(
            alert.miles == miles and expected.at <= alert.at < expected.at + DAY
            for flight, miles in expected.reduced.items()
            for alert in self._by_flight[expected.watch, flight]
        )

    def _is_due(self, expected: Expected) -> bool:
        """Return whether any of the flights is news: never alerted in this match, or at a price at least 5 % higher."""
        watch = self._watches[expected.watch]
        for flight, miles in expected.flights.items():
            earlier = [alert for alert in self._by_flight[expected.watch, flight] if alert.at < expected.at]
            if not earlier or miles <= 0.95 * earlier[-1].miles:
                return True
            last = earlier[-1]
            if self._truth.is_interrupted(watch, flight, last.miles, last.at, expected.at):
                return True
        return False

    def repeated(self) -> int:
        """Return the number of alerts for which there was no new reason."""
        for (name, flight), alerts in self._by_flight.items():
            for first, second in itertools.pairwise(alerts):
                is_lower = second.miles <= 0.95 * first.miles
                is_lowest = second.miles < first.miles and second.deal_class == DealClass.RECORD_LOW
                watch = self._watches[name]
                if not (is_lower or is_lowest) and not self._truth.is_interrupted(
                    watch, flight, first.miles, first.at, second.at
                ):
                    self.repeats.append((first, second))
        return len(self.repeats)

    def precision(self) -> dict[str, Any]:
        """Return the shares of exceptional and record-low alerts that truly are deals, and the counts behind them."""
        judged = [alert for alert in self._alerts if alert.deal_class in BEST]
        strict = right = 0
        for alert in judged:
            watch = self._watches[alert.watch]
            route = next(route for route in watched_routes(watch) if route.program == alert.program)
            is_reduced, is_deal = self._truth.is_deal(watch, route, alert.flight, alert.miles, alert.at)
            strict += is_reduced
            right += is_deal
            if not is_deal:
                self.wrong.append(alert)
        count = len(judged)
        return {
            "precision": right / count if count else None,
            "precision_strict": strict / count if count else None,
            "judged_exceptional": sum(alert.deal_class == DealClass.EXCEPTIONAL for alert in judged),
            "judged_record_low": sum(alert.deal_class == DealClass.RECORD_LOW for alert in judged),
        }

    def alerts_per_watch_day(self, days: int) -> dict[str, Any]:
        """Return the messages of a watch on a day: median, 90th percentile and highest number."""
        messages: dict[tuple[str, int], set[int]] = defaultdict(set)
        start = self._truth.crawled_at[0]
        for alert in self._alerts:
            messages[alert.watch, (alert.at - start) // DAY].add(alert.message)
        counts = sorted(len(messages[name, day]) for name in self._watches for day in range(days))
        active = sorted(filter(None, counts))
        return {
            "alerts_per_watch_day": statistics.median(counts),
            "alerts_per_watch_day_90th": counts[min(len(counts) - 1, len(counts) * 9 // 10)],
            "alerts_per_watch_day_highest": counts[-1],
            "alerts_per_active_watch_day": statistics.median(active) if active else None,
            "messages": len({alert.message for alert in self._alerts}),
            "alerts": len(self._alerts),
        }
