"""From an offer that was seen to outbox rows: the pipelines on a real store, and what delivery.outbox decides."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.exceptions import DropItem
from sqlalchemy import select

from awardspider.delivery.channels.configuration import DEFAULT_EVENTS
from awardspider.delivery.outbox.enqueue import Outbox
from awardspider.items import AwardOfferItem, Priority, PromotionItem
from awardspider.pipelines.criteria import CriteriaPipeline
from awardspider.pipelines.dedupe import DedupePipeline
from awardspider.pipelines.sheets import SheetsPipeline
from awardspider.pipelines.webhooks import WebhooksPipeline
from awardspider.search.notify_prefs import Tell, read_tell
from awardspider.search.watches import Watch
from awardspider.storage.channels import ChannelRow, save_channel
from awardspider.storage.recording import Recorder, begin
from awardspider.storage.store import Store
from awardspider.storage.tables import alerts, outbox
from tests.support.delivery import SETTINGS
from tests.support.storage_examples import NOW, a_report, a_search, an_itinerary, an_offer

HOUR = timedelta(hours=1)
SHEET = SETTINGS | {"AWARD_GOOGLE_SHEET": "1AbC"}


def a_watch(name: str = "Austin", tell: Tell | None = None, **known: Any) -> Watch:
    return Watch(
        **{"name": name, "origins": ("LAX",), "destinations": ("AUS",), "dates": "2027-03", "tell": tell} | known
    )


class Stats:
    """As much of Scrapy's as the pipelines use."""

    def inc_value(self, name: str, count: int = 1) -> None:
        """Counts nothing."""


class Crawl:
    """What a crawl is to its pipelines; each `look` is one search with its report, written at its end."""

    def __init__(self, store: Store, *watches: Watch, settings: dict[str, Any] = SETTINGS) -> None:
        program = SimpleNamespace(covers=(), key="united")
        briefing = SimpleNamespace(watches=watches)
        self.spider = SimpleNamespace(
            program=program, context=briefing, watches=watches, kinds=("itinerary",), detail="auto"
        )
        self.settings = settings
        self.stats = Stats()
        self.store = store
        self.recorder = Recorder(store, "run", None)
        begin(self, self.recorder)
        crawler: Any = self
        self._steps: list[Any] = [
            step(crawler) for step in (DedupePipeline, CriteriaPipeline, SheetsPipeline, WebhooksPipeline)
        ]
        for step in self._steps[1:]:
            step.open_spider()

    def give(self, item: Any) -> None:
        try:
            for step in self._steps:
                item = step.process_item(item)
        except DropItem:
            pass

    def look(self, *offers: AwardOfferItem, hours: int = 0) -> None:
        at = NOW + hours * HOUR
        search = a_search(kind="itinerary")
        for offer in offers:
            offer.search, offer.seen_at = search, at
            self.give(offer)
        self.give(a_report(search.id, search=search, offers=len(offers), requested_at=at))
        self.recorder.flush()

    def told(self, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of the outbox, in order."""
        query = select(*(outbox.c[name] for name in columns)).order_by(outbox.c.id)
        with self.store.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]


def add(store: Store, name: str = "phone", **known: Any) -> None:
    row = {"kind": "webhook", "address": "https://hooks.example.com", "events": DEFAULT_EVENTS, "created_at": NOW}
    save_channel(store, ChannelRow(name=name, **row | known))


def test_an_offer_is_told_when_it_is_new_and_when_it_is_cheaper_than_last_told(store: Store) -> None:
    add(store)
    crawl = Crawl(store, a_watch())
    for hours, miles in enumerate((12_500, 12_500, 15_000, 13_000, 12_000, 12_000)):
        crawl.look(an_itinerary(miles=miles), hours=hours)
    assert crawl.told("kind", "created_at") == [
        ("offer.matched", NOW),
        ("offer.dropped", NOW + 4 * HOUR),
    ]
    (_, (dropped,)) = crawl.told("body")
    assert (dropped["miles"], dropped["previous_miles"], dropped["watches"]) == (12_000, 12_500, "Austin")


def test_what_is_told_is_remembered_from_crawl_to_crawl(store: Store) -> None:
    add(store)
    for hours in range(3):
        Crawl(store, a_watch()).look(an_itinerary(), hours=hours)
    assert len(Crawl(store, a_watch()).told("id")) == 1
    with store.reading() as connection:
        rows = connection.execute(select(alerts.c.watch, alerts.c.event, alerts.c.miles)).all()
    assert rows == [("Austin", "offer.matched", 12_500)]


def test_a_new_watch_hears_of_what_has_been_there_before(store: Store) -> None:
    add(store)
    Crawl(store, a_watch()).look(an_itinerary())
    crawl = Crawl(store, a_watch(), a_watch("Spring"))
    crawl.look(an_itinerary(), hours=1)
    assert [body["watches"] for (body,) in crawl.told("body")] == ["Austin", "Spring"]


def test_gone_and_back_is_told_again_and_gone_only_to_who_wants_it(store: Store) -> None:
    add(store)
    add(store, "team", events=("offer.matched", "offer.gone"))
    crawl = Crawl(store, a_watch())
    crawl.look(an_itinerary())
    with store.writing() as connection:
        connection.execute(outbox.update().values(status="sent"))
    crawl.look(hours=1)
    crawl.look(an_itinerary(), hours=2)
    assert sorted(crawl.told("created_at", "channel", "kind")) == [
        (NOW, "phone", "offer.matched"),
        (NOW, "team", "offer.matched"),
        (NOW + HOUR, "team", "offer.gone"),
        (NOW + 2 * HOUR, "phone", "offer.matched"),
        (NOW + 2 * HOUR, "team", "offer.matched"),
    ]


@pytest.mark.parametrize(("detail", "told"), [(None, []), ("itinerary", []), ("day", [("offer.matched",)])])
def test_a_day_price_is_told_only_where_flights_are_not_asked_for(
    store: Store, detail: str | None, told: list[tuple[str]]
) -> None:
    add(store)
    crawl = Crawl(store, a_watch())
    crawl.spider.detail = detail
    crawl.look(an_offer())
    assert crawl.told("kind") == told


def test_nothing_is_written_of_what_nobody_wants(store: Store) -> None:
    add(store)
    crawl = Crawl(store, a_watch(max_miles=10_000))
    crawl.look(an_itinerary())
    assert crawl.told("kind") == []


def test_offer_alert_and_messages_are_written_together_or_not_at_all(store: Store) -> None:
    add(store)
    crawl = Crawl(store, a_watch())
    offer = an_itinerary()
    offer.search, offer.seen_at = a_search(kind="itinerary"), NOW
    crawl.give(offer)
    batch = crawl.recorder._batch
    assert (len(batch.offers), len(batch.alerts), len(batch.outbox)) == (1, 1, 1)
    assert crawl.told("kind") == []
    crawl.recorder.flush()
    assert crawl.told("kind") == [("offer.matched",)]


# ---- to whom, and how urgently -----------------------------------------------------------------------------------


def test_a_watch_chooses_its_channels_and_levels(store: Store) -> None:
    for name in ("phone", "team", "log"):
        add(store, name)
    tell = read_tell({"channels": {"phone": "urgent", "team": "digest"}, "zone": "America/Sao_Paulo", "best": 3})
    crawl = Crawl(store, a_watch(tell=tell))
    crawl.look(an_itinerary())
    assert crawl.told("channel", "level", "due_at") == [
        ("phone", "urgent", NOW),
        ("team", "digest", NOW.replace(hour=11)),
    ]
    (terms, _) = (each for (each,) in crawl.told("terms"))
    assert terms == {
        "quiet": None, "zone": "America/Sao_Paulo", "at_most": None, "digest_at": "08:00", "best": 3, "min_seats": 1,
    }  # fmt: skip


def test_a_channels_own_level_holds_for_watches_that_do_not_say(store: Store) -> None:
    add(store, level=Priority.DIGEST.value)
    crawl = Crawl(store, a_watch())
    crawl.look(an_itinerary())
    assert crawl.told("level", "due_at") == [("digest", NOW.replace(day=23, hour=8))]


def test_of_several_watches_there_is_one_message_as_urgent_as_the_most_urgent(store: Store) -> None:
    add(store)
    calm = a_watch("Calm", read_tell({"channels": {"phone": "digest"}}))
    hasty = a_watch("Hasty", read_tell({"channels": {"phone": "urgent"}}))
    crawl = Crawl(store, calm, hasty)
    crawl.look(an_itinerary())
    ((level, watch, body),) = crawl.told("level", "watch", "body")
    assert (level, watch, body["watches"]) == ("urgent", "Hasty", "Calm; Hasty")


def test_a_channel_that_is_not_there_is_named_and_the_others_are_told(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    add(store)
    crawl = Crawl(store, a_watch(tell=read_tell({"channels": "phone, fone"})))
    assert caplog.messages == ["The watch 'Austin' tells a channel that is not there: fone"]
    crawl.look(an_itinerary())
    assert crawl.told("channel") == [("phone",)]


def test_a_channel_gets_only_the_events_it_wants(store: Store) -> None:
    add(store, events=("promotion",))
    add(store, "drops", events=("offer.dropped",))
    crawl = Crawl(store, a_watch())
    crawl.look(an_itinerary())
    crawl.look(an_itinerary(miles=9_000), hours=1)
    crawl.give(a_promotion())
    crawl.give(a_promotion())
    crawl.recorder.flush()
    assert crawl.told("channel", "kind") == [("drops", "offer.dropped"), ("phone", "promotion")]


def a_promotion() -> PromotionItem:
    return PromotionItem(
        kind="transfer_bonus", title="30 % more", source="blog", link="https://example.com/30", seen_at=NOW
    )


# ---- sheets ------------------------------------------------------------------------------------------------------


def test_a_sheet_gets_a_row_for_each_change_and_for_what_is_gone(store: Store) -> None:
    crawl = Crawl(store, a_watch(max_miles=13_000), settings=SHEET)
    crawl.look(an_itinerary())
    crawl.look(an_itinerary(), hours=1)
    crawl.look(an_itinerary(miles=20_000), hours=2)  # nobody wants it any more, and the sheet shows what is true
    crawl.look(hours=3)
    assert crawl.told("channel", "kind", "created_at") == [
        ("sheets", "offer.changed", NOW),
        ("sheets", "offer.changed", NOW + 2 * HOUR),
        ("sheets", "offer.gone", NOW + 3 * HOUR),
    ]


# ---- the operator ------------------------------------------------------------------------------------------------


def test_a_failed_run_is_told_once_until_it_goes_well_again(store: Store) -> None:
    add(store, events=("run.failed",))
    add(store, "team")
    made = Outbox(store, SETTINGS)
    failed: dict[str, Any] = {
        "run_id": "1", "program": "united", "program_name": "United", "reason": "blocked", "note": "403",
        "started_at": NOW, "ended_at": NOW, "found": 0, "empty": 0, "failed": 3,
    }  # fmt: skip
    crawl = Crawl(store, a_watch())
    for reason, since in (
        ("blocked", "a"),
        ("blocked", "a"),
        ("unexpected_response", "a"),
        ("blocked", "a"),
        ("blocked", "b"),
    ):
        for row in made.run_failed_rows(failed | {"reason": reason}, since=since, now=NOW):
            crawl.recorder.outbox(row)
        crawl.recorder.flush()
    assert [(channel, body["reason"]) for channel, body in crawl.told("channel", "body")] == [
        ("phone", "blocked"),
        ("phone", "unexpected_response"),
        ("phone", "blocked"),
    ]
