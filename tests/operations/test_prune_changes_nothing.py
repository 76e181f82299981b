"""Months of crawls with and without pruning: the same messages are sent, and the same decisions are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, insert, select

from awardspider.items import AwardOfferItem, Cabin, EventType, PromotionItem
from awardspider.operations.incidents import report_failed_run, update_incidents
from awardspider.operations.prune.report import prune
from awardspider.outcomes import Outcome, Reason
from awardspider.search.judgments import BaselineScope
from awardspider.search.notify_prefs import parse_notify_prefs
from awardspider.search.price_history import PriceKey
from awardspider.search.watches import Watch
from awardspider.storage import schema
from awardspider.storage.alert_times import last_alert_times
from awardspider.storage.alerts import recent_alerts
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.claims import CLAIMED_COLUMNS, claimed_row
from awardspider.storage.compositions import count_messages, notified_watch_keys
from awardspider.storage.day_prices import searched_days
from awardspider.storage.digests import find_stale
from awardspider.storage.incidents import IncidentKind, Problem
from awardspider.storage.matching_offers import matching_offers
from awardspider.storage.notified import find_messages
from awardspider.storage.offers import OfferFilter, OfferRow, find_offers, watched_offers
from awardspider.storage.planning import (
    confirmed_days,
    days_without_flights,
    lowest_prices,
    planning_knowledge,
    route_histories,
)
from awardspider.storage.price_history import days_of_place, last_day_as_low
from awardspider.storage.program_sales import find_program_sales
from awardspider.storage.programs import program_health
from awardspider.storage.promotions import find_transfer_bonuses
from awardspider.storage.route_history import read_route_history
from awardspider.storage.route_queries import RouteQuery
from awardspider.storage.runs import end_run, normal_coverages, start_run
from awardspider.storage.searches import last_successes
from awardspider.storage.store import Store, open_store
from tests.support.delivery import SETTINGS, DeliveryHarness, KeyedChannel
from tests.support.pipeline_crawl import Crawl
from tests.support.promotion_crawl import PromotionCrawl, make_bonus, make_feed
from tests.support.storage_examples import NOW, make_itinerary, make_offer, make_report, make_search, make_segment
from tests.support.watch_examples import make_watch

#: The shortest periods that the settings allow.
PERIODS = {
    "AWARD_RESPONSE_RETENTION": "off",
    "AWARD_RETENTION_OFFER_DAYS": "30",
    "AWARD_RETENTION_SEARCH_DAYS": "120",
    "AWARD_RETENTION_MESSAGE_DAYS": "60",
    "AWARD_RETENTION_RUN_DAYS": "30",
    "AWARD_PRICE_HISTORY_DAYS": "90",
}
STEP_DAYS = 10
STEPS = 28
PRUNES = 3  # steps from one prune to the next
MONTHS = 8

OUT = {"origin": "LAX", "destination": "AUS"}
BACK = {"origin": "AUS", "destination": "LAX"}
ZONES = {"LAX": "America/Los_Angeles", "AUS": "America/Chicago"}
FAILED = Problem(key="run:united", kind=IncidentKind.RUN_FAILED, subject="United", sentence="blocked")
KEY = PriceKey("united", BaselineScope.ROUTE, "LAX", "AUS", Cabin.ECONOMY, False)


def watches() -> tuple[Watch, ...]:
    def build(name: str, **fields: Any) -> Watch:
        notify = parse_notify_prefs(fields.pop("notify", {}))
        return make_watch(**{"name": name, "dates": "+0..+330", "notify": notify} | OUT | fields)

    return (
        build("Cheap", max_miles=30_000, notify={"gone_note": "yes"}),
        build("Any", max_miles=60_000, notify={"max_per_day": 2}),
        build("Trip", max_trip_miles=70_000, nights=(3, 9)),
    )


def flight(number: int, day: date, route: dict[str, str], **fields: Any) -> AwardOfferItem:
    """Return an offer of a flight of three hours in the morning."""
    departs_at = datetime(day.year, day.month, day.day, 8, 5, tzinfo=ZoneInfo(ZONES[route["origin"]]))
    arrives_at = (departs_at.astimezone(UTC) + timedelta(hours=3)).astimezone(ZoneInfo(ZONES[route["destination"]]))
    segment = make_segment(str(number), departs_at=departs_at, arrives_at=arrives_at, **route)
    return make_itinerary(**{"departure_date": day, "segments": (segment,)} | route | fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The offers that one search finds, and its scope."""

    route: dict[str, str]
    first: date
    last: date
    offers: tuple[AwardOfferItem, ...]


def random_searches(random: Random, today: date) -> Iterator[Found]:
    for route in (OUT, BACK):
        for number in random.sample(range(MONTHS), 2):
            first = (today.replace(day=1) + timedelta(days=31 * number)).replace(day=1)
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            days = [first + timedelta(days=each) for each in (2, 6, 7, 20)]
            offers = tuple(
                flight(
                    100 + random.randrange(2),
                    day,
                    route,
                    miles=random.choice((24_000, 28_000, 33_000, 45_000)),
                    seats=random.choice((1, 4)),
                    on_sale=random.random() < 0.3,
                )
                for day in days
                if day > today and random.random() < 0.6
            )
            yield Found(route=route, first=max(first, today), last=last, offers=offers)


def random_announcements(random: Random, number: int) -> list[PromotionItem]:
    """Return announcements of a feed: some are repeated for months, with or without an end."""
    today = (NOW + timedelta(days=number * STEP_DAYS)).date()
    return [
        make_bonus(
            entry_id=str(entry),
            link=f"https://a.example/{entry}",
            percent=10 + 5 * (entry % 4),
            book_by=None if entry % 3 else today.replace(day=1) + timedelta(days=60),
        )
        for entry in random.sample(range(6), 2)
    ]


class Sheet(KeyedChannel):
    """A spreadsheet whose rows are synced."""

    syncs_rows = True


class World:
    """One database that crawls fill and dispatchers empty."""

    def __init__(self, store: Store, folder: Path, *, prunes: bool) -> None:
        self.store = store
        self.folder = folder
        self.prunes = prunes
        self.harness = DeliveryHarness(store, folder)
        self.harness.add("phone", events=tuple(EventType))
        self.harness.add("sheet", Sheet, kind="sheets")
        self.watches = watches()
        self.feed = make_feed("a")
        PromotionCrawl(store, self.feed).read(self.feed, days=-30)

    def step(self, number: int, random: Random) -> None:
        """Crawl and deliver, then perhaps prune."""
        now = NOW + timedelta(days=number * STEP_DAYS)
        self._run(random, now)
        crawl = Crawl(self.store, *self.watches)
        for count, found in enumerate(random_searches(random, now.date())):
            hours = number * STEP_DAYS * 24 + count
            crawl.search(
                *(replace(offer) for offer in found.offers), hours=hours, first=found.first, last=found.last,
                **found.route,
            )  # fmt: skip
            self._calendar(random, now + timedelta(hours=count), found)
        if number % 2:
            promotions = PromotionCrawl(self.store, self.feed)
            promotions.read(self.feed, *random_announcements(random, number), days=number * STEP_DAYS)
        self._add_prices(random, now.date())
        self.harness.clock.advance_to(now + timedelta(hours=6))
        if random.random() < 0.8:
            self.harness.run()
        if self.prunes and number % PRUNES == PRUNES - 1:
            prune(self.store, self.folder, PERIODS, now + timedelta(hours=7), sleep=lambda seconds: None)

    def _run(self, random: Random, now: datetime) -> None:
        """Record a run that succeeds or fails; only the first failure after a success is reported."""
        failed = random.random() < 0.7
        run_id = start_run(self.store, program="united", spider="united", job=None, arguments={}, now=now)
        reason = "blocked" if failed else "finished"
        end_run(self.store, run_id, finish_reason=reason, stats={}, now=now, outcomes={Outcome.FOUND: int(not failed)})
        if failed:
            body = {"run_id": run_id, "program": "united", "program_name": "United", "reason": reason, "note": "",
                    "started_at": now, "ended_at": now, "found": 0, "empty": 0, "failed": 1}  # fmt: skip
            report_failed_run(self.store, SETTINGS, FAILED, body, now=now)
        else:
            update_incidents(self.store, SETTINGS, [], scope=FAILED.key, now=now)

    def _calendar(self, random: Random, at: datetime, found: Found) -> None:
        """Store a search of the calendar: found, empty or failed."""
        search = make_search(first=found.first, last=found.last, **found.route)
        outcome = random.choice((Outcome.FOUND, Outcome.EMPTY, Outcome.FAILED))
        reason = Reason.BAD_REQUEST if outcome is Outcome.FAILED else None
        day = make_offer(departure_date=found.last, miles=random.choice((20_000, 50_000)), seen_at=at, **found.route)
        report = make_report(
            f"{at:%Y%m%d%H}{found.route['origin']}{found.first}",
            search=search, outcome=outcome, reason=reason, requested_at=at,
        )  # fmt: skip
        offers = {day.offer_id: day} if outcome is Outcome.FOUND else {}
        write_batch(self.store, Batch(offers=offers, reports=[report]), f"run{at:%Y%m%d}")

    def _add_prices(self, random: Random, day: date) -> None:
        prices = {"2": {str(random.randrange(20, 40) * 1_000): 3}}
        key = {name: getattr(KEY, name) for name in ("program", "origin", "destination", "mixed_cabin")}
        key |= {"cabin": "economy", "search_day": day}
        lowest = random.randrange(20, 40) * 1_000
        sample = key | {"scope": "route", "prices": prices, "searches": 1, "lowest": lowest}
        month = key | {"departure_month": day.replace(day=1), "departure_date": day, "days": 1, "lowest": lowest}
        with self.store.writing() as connection:
            connection.execute(insert(schema.price_samples), [sample])
            connection.execute(insert(schema.month_prices), [month])

    def sent(self) -> dict[str, list[Any]]:
        """Return what the recipients have received."""
        return {
            name: [(message.key, message.type, message.body) for message in recipient.received]
            for name, recipient in self.harness.recipients.items()
        }


def decisions(store: Store, now: datetime) -> dict[str, Any]:
    """Return what later decisions depend on, as they read it."""
    today, age = now.date(), timedelta(hours=48)
    ahead = (today - timedelta(days=1), today + timedelta(days=400))
    groups = ((Cabin.ECONOMY,), (Cabin.BUSINESS,))
    knowledge = planning_knowledge(store, "united", now)
    left = days_without_flights(store, "united", groups, now)
    of_sheet = select(schema.outbox.c.subject).where(schema.outbox.c.channel == "sheet").distinct()
    histories = route_histories(store, "united", now=now, cabin_groups=1)
    with store.reading() as connection:
        waiting = [
            claimed_row(row)
            for row in connection.execute(
                select(*CLAIMED_COLUMNS).where(schema.outbox.c.status == "pending").order_by(schema.outbox.c.id)
            ).mappings()
        ]
        keys = {row.id: row.key for row in waiting}
        in_sheet = set(connection.scalars(of_sheet))
        names = ("Cheap", "Any", "Trip")
        found: dict[str, Any] = {
            "stale": {keys[row_id]: note for row_id, note in find_stale(connection, waiting, now, max_age=age).items()},
            "notified": notified_watch_keys(connection, "phone", names, now),
            "counts": count_messages(connection, "phone", names, now - timedelta(days=1)),
            "days": days_of_place(connection, KEY, today - timedelta(days=90), today),
            "as low": last_day_as_low(connection, KEY, 30_000, today),
        }
    current = find_offers(store, OfferFilter(current_at=now))
    fares = sorted({offer.fare_id for offer in current if offer.id in in_sheet})
    ids = [offer.id for offer in find_offers(store, OfferFilter(first=today))]
    return found | {
        "messages": {route["origin"]: find_messages(store, *route.values(), *ahead) for route in (OUT, BACK)},
        "current": shown(find_offers(store, OfferFilter(current_at=now, max_age=age))),
        "gone": shown(
            offer
            for offer in find_offers(store, OfferFilter(first=today, gone=True))
            if offer.gone_at is None or offer.gone_at > now - timedelta(days=30)
        ),
        "sheet": shown(watched_offers(store, fares, now=now, max_age=age)),
        "times": last_alert_times(store, "phone", ids),
        "matching": [repr(each) for each in matching_offers(store, now=now, max_age=age)],
        "recent": [
            repr(each) for each in recent_alerts(store, EventType.OFFER_MATCHED, now=now, max_age=age, limit=50)
        ],
        "last searches": dict(knowledge.last_searches),
        "prices": lowest_prices(store, "united", now),
        "left": ([offer.offer_id for offer in left.offers], left.searched),
        "confirmed": confirmed_days(store, "united", groups, now),
        "histories": {route: repr(history) for route, history in histories.items()},
        "searched": {key: sorted(days) for key, days in searched_days(store, "united", now).items()},
        "successes": last_successes(store, "united", since=now - timedelta(days=20), now=now),
        "health": program_health(store, now=now, max_age=age),
        "runs": normal_coverages(store, "united", "united", limit=5),
        "bonuses": find_transfer_bonuses(store, today),
        "sales": find_program_sales(store, ["flyingblue"], now),
    }


def shown(offers: Iterable[OfferRow]) -> list[str]:
    """Return what is shown of offers, apart from the first time: one that is back after long is a new one."""
    return [repr(replace(offer, first_seen_at=NOW)) for offer in offers]


def charts(store: Store, now: datetime) -> tuple[list[Any], list[Any]]:
    """Return the days of a route's chart within the retention of offers, and within that of prices."""
    query = RouteQuery(program="united", cabin=Cabin.ECONOMY, origins=["LAX"], destinations=["AUS"])
    history = read_route_history(store, query, now=now, max_age=timedelta(hours=48), window_days=90)
    days = [day for day in history.days if day.day > (now - timedelta(days=30)).date()]
    older = [replace(day, is_on_sale=False) for day in history.days if day.day > (now - timedelta(days=90)).date()]
    return [*days, history.months, history.sample, history.lowest], older


@pytest.fixture(params=["sqlite", "postgresql"])
def worlds(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Yield a world that is pruned and one that is not."""
    urls = ["", ""]
    if request.param == "postgresql":
        server, template = request.getfixturevalue("postgresql_server"), request.getfixturevalue("migrated_postgresql")
        for number in range(2):
            server.execute(f"CREATE DATABASE pruned_{number} TEMPLATE {template}")
            urls[number] = server.url(f"pruned_{number}")
    stores = []
    for number, url in enumerate(urls):
        folder = tmp_path / str(number)
        folder.mkdir()
        stores.append(open_store(url, folder))
    yield (
        World(stores[0], tmp_path / "0", prunes=True),
        World(stores[1], tmp_path / "1", prunes=False),
    )
    for store in stores:
        store.close()
    if request.param == "postgresql":
        for number in range(2):
            server.execute(f"DROP DATABASE pruned_{number} WITH (FORCE)")


@pytest.mark.parametrize("seed", [7])
def test_a_pruned_database_makes_the_same_decisions(
    worlds: tuple[World, World], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "0" * 2 * size)  # the ids of runs
    randoms = Random(seed), Random(seed)
    for number in range(STEPS):
        for world, random in zip(worlds, randoms, strict=True):
            world.step(number, random)
        if number % PRUNES == PRUNES - 1:
            now = NOW + timedelta(days=number * STEP_DAYS, hours=8)
            pruned, other = (decisions(world.store, now) for world in worlds)
            for name, value in other.items():
                assert pruned[name] == value, f"{name} after step {number}"
            assert charts(worlds[0].store, now) == charts(worlds[1].store, now)
        assert worlds[0].sent() == worlds[1].sent(), f"step {number}"
    types = {message[1] for message in worlds[0].sent()["phone"]}
    assert types >= {
        EventType.OFFER_MATCHED,
        EventType.DIGEST,
        EventType.PROMOTION,
        EventType.RUN_FAILED,
    }
    for table in ("offers", "price_points", "searches", "outbox", "attempts", "alerts", "runs", "price_samples"):
        sizes = [rows(world.store, table) for world in worlds]
        assert sizes[0] < sizes[1], f"nothing was removed from {table}"


def rows(store: Store, table: str) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(schema.metadata.tables[table])) or 0
