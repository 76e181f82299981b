"""A database for the panel's benchmark, filled with a world's offers, prices, searches, runs and messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice
from random import Random
from typing import Any

import msgspec
from sqlalchemy import insert, select

from awardspider.delivery.messages.events import event_body, offer_event
from awardspider.items import AwardOfferItem, Cabin, EventType, SearchKind
from awardspider.outcomes import Outcome, Reason
from awardspider.search.deal_ranks import UNJUDGED_BITS, judged_bits
from awardspider.search.judgments import DealClass, Judgment
from awardspider.storage import schema
from awardspider.storage.column_types import column_converter
from awardspider.storage.offer_writer import OfferWriter
from awardspider.storage.outbox import DeliveryResult, DeliveryStatus
from awardspider.storage.store import Store
from benchmarks.panel import world
from benchmarks.panel.bulk import BulkLoader, analyze, without_indexes
from benchmarks.panel.world import Route, judge, make_offers, make_routes, shares
from tests.support.stored_watches import store_watches

#: The watches of the default owner, to which messages refer.
WATCHES = tuple(f"watch {number}" for number in range(40))
_CHUNK = 5_000
_TABLES = (schema.offers, schema.searches, schema.outbox, schema.attempts, schema.month_prices, schema.price_samples,
           schema.runs, schema.alerts, schema.matches)  # fmt: skip
_PROGRAM_KINDS = (SearchKind.CALENDAR, SearchKind.ITINERARY)
_OUTCOMES = ((Outcome.FOUND, None, 70), (Outcome.EMPTY, None, 20), (Outcome.FAILED, Reason.BLOCKED, 4),
             (Outcome.FAILED, Reason.RATE_LIMITED, 3), (Outcome.FAILED, Reason.UNREACHABLE, 2),
             (Outcome.FAILED, Reason.UNEXPECTED_RESPONSE, 1))  # fmt: skip
_STATUSES = {
    DeliveryStatus.SENT: 900,
    DeliveryStatus.CANCELED: 80,
    DeliveryStatus.REJECTED: 19,
    DeliveryStatus.UNKNOWN: 1,
}


def fill(store: Store, scale: float, now: datetime) -> None:
    """Fill an empty, migrated database; all times are before `now`."""
    filling = _Filling(store, scale, now)
    with without_indexes(store, _TABLES):
        filling.offers()
        filling.searches()
        filling.prices()
        filling.messages()
        filling.runs()
    filling.promotions()
    analyze(store)


class _Filling:
    """One filling of a database."""

    def __init__(self, store: Store, scale: float, now: datetime) -> None:
        self._store = store
        self._scale = scale
        self._now = now
        self._loader = BulkLoader(store)
        self._routes = make_routes(scale)
        self._examples: list[AwardOfferItem] = []

    def _size(self, rows: int) -> int:
        return max(int(rows * self._scale), 20)

    # ---- offers ----

    def offers(self) -> None:
        """Store the offers of now and of the last months, with their price points."""
        current = make_offers(self._routes, self._size(world.CURRENT_OFFERS), self._now, is_past=False)
        past = make_offers(self._routes, self._size(world.PAST_OFFERS), self._now, is_past=True)
        random = Random(4)
        routes = {(route.origin, route.destination): route for route in self._routes}
        writer = OfferWriter(self._store.engine.dialect)
        number, seen = 1, set[str]()
        items = chain(((offer, False) for offer in current), ((offer, True) for offer in past))
        while some := list(islice(items, _CHUNK)):
            new = [(offer, is_past) for offer, is_past in some if not _is_known(seen, offer.offer_id)]
            judgments = [judge(random, routes[offer.origin, offer.destination], offer, self._now) for offer, _ in new]
            columns = self._offer_columns(writer, [offer for offer, _ in new], judgments)
            gone = [self._now - timedelta(hours=random.randrange(1, 90 * 24)) if is_past and offer.departure_date
                    > self._now.date() - timedelta(days=30) else None for offer, is_past in new]  # fmt: skip
            unconfirmed = [self._now if random.random() < 0.01 else None for _ in new]
            columns |= {
                "number": list(range(number, number + len(new))),
                "gone_at": self._converted(schema.offers.c.gone_at, gone),
                "unconfirmed_since": self._converted(schema.offers.c.unconfirmed_since, unconfirmed),
            }
            self._loader.load_converted(schema.offers, list(columns), list(zip(*columns.values(), strict=True)))
            self._points(random, [offer for offer, _ in new], number)
            self._examples += [offer for offer, is_past in new[::100] if not is_past]
            number += len(new)

    def _offer_columns(
        self, writer: OfferWriter, offers: list[AwardOfferItem], judgments: list[Judgment | None]
    ) -> dict[str, list[Any]]:
        columns = writer.columns(offers)
        ranks = [
            rank & UNJUDGED_BITS | judged_bits(each) for rank, each in zip(columns["deal_rank"], judgments, strict=True)
        ]
        cents = [each and each.cents_per_point for each in judgments]
        return columns | {
            "id": [offer.offer_id for offer in offers],
            "changed_at": columns["last_seen_at"],
            "deal_rank": ranks,
            "deal_class": [each.deal_class.value if each else DealClass.UNKNOWN.value for each in judgments],
            "cents_per_point": self._converted(schema.offers.c.cents_per_point, cents),
            "discount_percent": [each and each.discount_percent for each in judgments],
            "judgment": [each and msgspec.json.encode(each).decode() for each in judgments],
        }

    def _converted(self, column: Any, values: list[Any]) -> list[Any]:
        return column_converter(column, self._store.engine.dialect)(values)

    def _points(self, random: Random, offers: list[AwardOfferItem], first: int) -> None:
        per_offer = world.PRICE_POINTS / (world.CURRENT_OFFERS + world.PAST_OFFERS)
        columns = ("offer_number", "seen_at", "miles", "taxes", "taxes_currency", "seats", "saver", "on_sale", "gone")
        start = self._now.replace(minute=0, second=0, microsecond=0)
        rows = []
        for number, offer in enumerate(offers, start=first):
            count = max(int(random.expovariate(1 / (per_offer - 1))), 0) + 1
            step = max(world.HISTORY_DAYS * 8 // count, 1)
            amount = offer.taxes and offer.taxes.amount
            currency = offer.taxes and offer.taxes.currency
            miles = offer.miles
            for position in range(count):
                at = start - timedelta(hours=3 * min(position * step + 1, world.HISTORY_DAYS * 8 + position))
                rows.append((number, at, miles, amount, currency, offer.seats, offer.saver, False, False))
                miles = miles and max(miles + random.choice((-2_000, -500, 500, 3_000)), 500)
        self._loader.load(schema.price_points, columns, rows)

    # ---- searches ----

    def searches(self) -> None:
        """Store the searches of half a year, their totals, and the last search of each scope."""
        table = schema.searches
        columns = [column.name for column in table.c if column.name not in {"target_program", "response_id"}]
        totals: dict[tuple[Any, ...], list[Any]] = {}
        last: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self._loader.load(table, columns, self._search_rows(totals, last))
        names = ("program", "day", "outcome", "reason", "searches", "first_at", "last_at")
        self._loader.load(schema.search_totals, names, ((*key, *values) for key, values in sorted(totals.items())))
        columns = [column.name for column in schema.last_searches.c]
        self._loader.load(schema.last_searches, columns, ((*key, *last[key]) for key in sorted(last)))

    def _search_rows(self, totals: dict[Any, list[Any]], last: dict[Any, Any]) -> Iterator[tuple[Any, ...]]:
        random = Random(5)
        total = self._size(world.SEARCHES)
        weights = [route.weight for route in self._routes]
        chosen: Iterator[Route] = iter(())
        weighted = [weight for *_, weight in _OUTCOMES]
        outcomes: Iterator[tuple[Outcome, Reason | None, int]] = iter(())
        for number in range(total):
            if number % _CHUNK == 0:
                chosen = iter(random.choices(self._routes, weights, k=_CHUNK))
                outcomes = iter(random.choices(_OUTCOMES, weighted, k=_CHUNK))
            route, (outcome, reason, _) = next(chosen), next(outcomes)
            at = self._now - timedelta(minutes=1 + (total - number) * world.HISTORY_DAYS * 24 * 60 // total)
            program = random.choice(route.programs)
            kind = _PROGRAM_KINDS[random.random() < 0.4]
            first, days = _days_of(random, kind, at.date())
            search_id, run = f"{number:020x}", f"run{number * self._size(world.RUNS) // total:08}"
            offers = 31 if outcome is Outcome.FOUND else 0
            yield (
                search_id, run, program, kind, route.origin, route.destination, first, days, "", 1, outcome.value,
                reason and reason.value, "blocked by the site" if reason else "", 403 if reason else 200, offers, 0,
                1.5, at,
            )  # fmt: skip
            key = (program, at.date(), outcome.value, reason.value if reason else "")
            known = totals.setdefault(key, [0, at, at])
            known[0], known[2] = known[0] + 1, at
            if days >= self._now.date():
                scope = (route.origin, route.destination, program, "", kind.value, 1, "", first, days)
                last[scope] = (search_id, outcome.value, reason and reason.value, 0, at)

    # ---- prices of routes ----

    def prices(self) -> None:
        """Store the lowest prices of departure months, and the distributions and records of routes."""
        self._loader.load(schema.month_prices, [column.name for column in schema.month_prices.c], self._month_rows())
        samples, records = [], []
        for route in self._routes:
            for program in route.programs[:2]:
                for cabin in (Cabin.ECONOMY, Cabin.BUSINESS):
                    base = route.miles * (1 if cabin is Cabin.ECONOMY else 3)
                    key = (program, "route", route.origin, route.destination, cabin.value, False)
                    for day in range(30):
                        prices = json.dumps({"0": {str(base): 5, str(base + 2_000): 9}})
                        samples.append((*key, self._day(-day), prices, 4, base))
                    records.append((*key, base - 3_000, self._day(-20), self._day(-170), self._day(0), 150, 400))
        self._loader.load(schema.price_samples, [column.name for column in schema.price_samples.c], samples)
        names = [column.name for column in schema.price_records.c if not column.name.startswith("earlier")]
        self._loader.load(schema.price_records, names, records)

    def _month_rows(self) -> Iterator[tuple[Any, ...]]:
        random = Random(6)
        months = sorted({self._day(number).replace(day=1) for number in range(0, world.LEAD_DAYS, 10)})
        for route, number in zip(self._routes, shares(self._routes, self._size(world.MONTH_PRICES)), strict=True):
            keys = [(program, cabin) for program in route.programs for cabin in (Cabin.ECONOMY, Cabin.BUSINESS)]
            days = max(1, min(number // (len(keys) * len(months)), 400))
            for program, cabin in keys:
                for month in months:
                    for day in range(days):
                        lowest = route.miles * (1 if cabin is Cabin.ECONOMY else 3) + 500 * random.randrange(-8, 20)
                        yield (program, route.origin, route.destination, cabin.value, False, month, self._day(-day),
                               max(lowest, 500), month + timedelta(days=random.randrange(28)), 28)  # fmt: skip

    def _day(self, days: int) -> date:
        return self._now.date() + timedelta(days=days)

    # ---- messages ----

    def messages(self) -> None:
        """Store watches, messages about their matches, and attempts to deliver them."""
        store_watches(self._store, *WATCHES)
        random = Random(7)
        examples = self._examples[:2_000]
        bodies = [
            json.dumps(event_body(offer_event(EventType.OFFER_MATCHED, f"key {number}", offer, self._now, watches=[
                WATCHES[number % len(WATCHES)]])), default=str)
            for number, offer in enumerate(examples)
        ]  # fmt: skip
        total = self._size(world.MESSAGES)
        names = ("id", "key", "channel", "event_type", "subject", "body", "created_at", "status", "next_attempt_at",
                 "watch_key", "flight_key", "miles", "attempt_count", "ended_at", "note")  # fmt: skip
        self._loader.load(schema.outbox, names, (
            (number, f"key {number}", random.choice(("phone", "mail", "sheet")), EventType.OFFER_MATCHED.value,
             offer.offer_id, bodies[number % len(examples)], at, _status(random, number, total).value, at,
             WATCHES[number % len(WATCHES)], offer.flight_key, offer.miles, 1, at, None)
            for number in range(1, total + 1)
            for offer in [examples[number % len(examples)]]
            for at in [self._now - timedelta(minutes=(total - number) * 90 * 24 * 60 // total)]
        ))  # fmt: skip
        self._loader.load(schema.attempts, ("outbox_id", "attempted_at", "result", "note", "seconds"), (
            (number, self._now - timedelta(minutes=(total - number) * 90 * 24 * 60 // total),
             DeliveryResult.SENT.value, "", 0.4) for number in range(1, total + 1)
        ))  # fmt: skip
        self._loader.load(
            schema.matches,
            ("watch_key", "flight_key", "origin", "destination", "departure_date", "offer_id", "miles", "since"),
            (
                (WATCHES[number % len(WATCHES)], offer.flight_key, offer.origin, offer.destination,
                 offer.departure_date, offer.offer_id, offer.miles, self._now)
                for number, offer in enumerate({offer.flight_key: offer for offer in self._examples}.values())
            ),
        )  # fmt: skip

    # ---- the others ----

    def runs(self) -> None:
        """Store runs of the programs."""
        total = self._size(world.RUNS)
        programs = sorted({program for route in self._routes for program in route.programs})
        names = ("id", "program", "spider", "job", "arguments", "host", "pid", "started_at", "heartbeat_at", "ended_at",
                 "finish_reason", "found", "empty", "failed", "offers", "stats", "field_coverage",
                 "monitors")  # fmt: skip
        rows = []
        for number in range(total):
            at = self._now - timedelta(minutes=30 + (total - number) * world.HISTORY_DAYS * 24 * 60 // total)
            program = programs[number % len(programs)]
            rows.append((f"run{number:08}", program, program, f"job{number}", "{}", "host", 4711, at, at,
                         at + timedelta(minutes=20), "finished", 700, 200, 100, 20_000, '{"award/code_version": "1"}',
                         '{"calendar/paths": 1.0}', "[]"))  # fmt: skip
        self._loader.load(schema.runs, names, rows)
        with self._store.writing() as connection:
            connection.execute(insert(schema.programs), [
                {"program": program, "last_success_at": self._now, "consecutive_blocks": 0} for program in programs
            ])  # fmt: skip

    def promotions(self) -> None:
        """Store promotions of two years with their announcements."""
        random = Random(8)
        programs = sorted({program for route in self._routes for program in route.programs})
        rows, announcements = [], []
        for number in range(self._size(400)):
            at = self._now - timedelta(days=number)
            program = random.choice(programs)
            rows.append({
                "id": f"{number:020x}", "kind": random.choice(("transfer_bonus", "award_sale", "buy_miles")),
                "title": f"{program} {random.randrange(10, 60)} % off", "source": "loyaltylobby",
                "entry_id": f"entry {number}", "link": f"https://www.example.com/{number}", "programs": [program],
                "banks": [], "percent": random.randrange(10, 60), "routes": [], "book_from": at.date(),
                "book_by": at.date() + timedelta(days=30), "excerpt": "Book until the end of the month.",
                "announced_at": at, "first_seen_at": at, "last_seen_at": at,
            })  # fmt: skip
            announcements += [
                {"source": f"source {copy}", "entry_id": f"entry {number}", "promotion_id": f"{number:020x}",
                 "source_url": "https://www.example.com/feed", "kind": "transfer_bonus", "title": "A bonus",
                 "link": f"https://www.example.com/{number}", "expired": False, "first_seen_at": at,
                 "last_seen_at": at}
                for copy in range(5)
            ]  # fmt: skip
        with self._store.writing() as connection:
            connection.execute(insert(schema.promotions), rows)
            connection.execute(insert(schema.announcements), announcements)


def generated_at(store: Store) -> datetime:
    """Return the time at which a database was filled: that of its newest offers."""
    query = select(schema.matches.c.since).limit(1)
    with store.reading() as connection:
        found: datetime | None = connection.scalar(query)
    return found or datetime.now(UTC)


def _days_of(random: Random, kind: SearchKind, day: date) -> tuple[date, date]:
    first = day + timedelta(days=random.randrange(1, world.LEAD_DAYS))
    if kind is SearchKind.ITINERARY:
        return first, first
    first = date.fromordinal(first.toordinal() // 28 * 28)
    return first, first + timedelta(days=27)


def _status(random: Random, number: int, total: int) -> DeliveryStatus:
    if number > total - total // 1000:
        return DeliveryStatus.PENDING
    return random.choices(list(_STATUSES), list(_STATUSES.values()))[0]


def _is_known(seen: set[str], offer_id: str) -> bool:
    if offer_id in seen:
        return True
    seen.add(offer_id)
    return False
