"""What feeds tell of what is stored, and that readers can read it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import struct_time

import feedparser
import pytest

from awardspider.delivery.feeds import deals_feed, json_feed, promotions_feed, rss, write_feeds
from awardspider.items import AwardOfferItem, Cabin, PromotionItem
from awardspider.outcomes import InvalidArgument
from awardspider.storage.store import Alert, Batch, Store, WatchRow
from awardspider.storage.telling import known_promotions, wanted_offers
from tests.support.storage_examples import DAY, NOW, an_itinerary, an_offer, batch_of

HOUR = timedelta(hours=1)
SITE = "https://deals.example.org/feeds/"


def watch(store: Store, *names: str, active: bool = True, **definition: object) -> None:
    store.save_watches([WatchRow(name=name, active=active, definition=dict(definition)) for name in names])


def see(store: Store, offer: AwardOfferItem, *watches: str | None) -> None:
    """Store an offer, with an alert for each watch that wants it as it is."""
    alerts = [
        Alert(watch=name, offer_id=offer.offer_id, miles=offer.miles, created_at=offer.seen_at) for name in watches
    ]
    store.write(batch_of(offer, alerts=alerts), None)


def a_promotion(title: str, **known: object) -> PromotionItem:
    values: dict[str, object] = {
        "kind": "transfer_bonus",
        "source": "Flying Blue",
        "link": f"https://example.com/{len(title)}",
        "seen_at": NOW,
        "programs": ("flyingblue",),
        "cents_per_mile": Decimal("1.25"),
    }
    return PromotionItem(title=title, **values | known)  # type: ignore[arg-type]


def utc(parsed: struct_time) -> datetime:
    return datetime(*parsed[:6], tzinfo=UTC)


# ---- what is told ------------------------------------------------------------------------------------------------


def test_only_what_an_active_watch_wants_now_is_told_and_the_newest_first(store: Store) -> None:
    watch(store, "Austin", "Anything")
    watch(store, "Sleeping", active=False)
    old, new = an_itinerary(), an_offer(cabin=Cabin.BUSINESS, seen_at=NOW + HOUR)
    see(store, old, "Austin", "Anything")
    see(store, new, "Anything")
    see(store, an_offer(cabin=Cabin.FIRST), None)
    see(store, an_offer(destination="DFW"), "Sleeping")
    see(store, an_offer(destination="IAH"), "Removed")
    see(store, an_offer(departure_date=NOW.date() - timedelta(days=1)), "Austin")
    see(store, an_offer(destination="SAT"))
    told = wanted_offers(store, today=NOW.date())
    assert [(each.offer.id, each.watches, each.since) for each in told] == [
        (new.offer_id, ("Anything",), NOW + HOUR),
        (old.offer_id, ("Anything", "Austin"), NOW),
    ]
    assert [each.offer.id for each in wanted_offers(store, today=NOW.date(), limit=1)] == [new.offer_id]


def test_an_offer_that_became_too_dear_is_not_told_until_it_is_cheap_again(store: Store) -> None:
    watch(store, "Austin", max_miles=20_000)
    see(store, an_offer(miles=10_000), "Austin")
    see(store, an_offer(miles=30_000, seen_at=NOW + HOUR))
    assert wanted_offers(store, today=NOW.date()) == []
    see(store, an_offer(miles=9_000, seen_at=NOW + 2 * HOUR), "Austin")
    [told] = wanted_offers(store, today=NOW.date())
    assert (told.offer.miles, told.since) == (9_000, NOW + 2 * HOUR)


def test_an_offer_that_costs_more_than_was_told_is_still_told_where_its_watch_wants_it(store: Store) -> None:
    watch(store, "Austin", max_miles=20_000)
    watch(store, "Cheap to Austin", max_miles=12_000)
    see(store, an_offer(miles=10_000), "Austin", "Cheap to Austin")
    see(store, an_offer(miles=15_000, seen_at=NOW + HOUR))  # no news, so no alert
    [told] = wanted_offers(store, today=NOW.date())
    assert (told.offer.miles, told.watches, told.since) == (15_000, ("Austin",), NOW + HOUR)


def test_an_offer_that_lost_its_seats_is_not_told_though_its_price_stayed(store: Store) -> None:
    watch(store, "Two to Austin", travelers=2)
    see(store, an_itinerary(seats=2), "Two to Austin")
    see(store, an_itinerary(seats=1, seen_at=NOW + HOUR))
    assert wanted_offers(store, today=NOW.date()) == []


def test_an_offer_is_news_since_it_has_its_price(store: Store) -> None:
    watch(store, "Austin")
    see(store, an_itinerary(seats=2), "Austin")
    see(store, an_itinerary(seats=3, seen_at=NOW + HOUR), "Austin")
    [told] = wanted_offers(store, today=NOW.date())
    assert (told.since, told.offer.last_seen_at) == (NOW, NOW + HOUR)


def test_an_offer_that_is_gone_is_not_told(store: Store) -> None:
    watch(store, "Austin")
    offer = an_itinerary()
    see(store, offer, "Austin")
    store.write(Batch(gone={NOW + HOUR: [offer.offer_id]}), None)
    assert wanted_offers(store, today=NOW.date()) == []


def test_more_offers_than_one_list_holds_keep_their_watches(store: Store) -> None:
    watch(store, "Austin")
    many = [an_offer(departure_date=DAY + timedelta(days=day % 30), fare_name=str(day)) for day in range(501)]
    alerts = [Alert(watch="Austin", offer_id=each.offer_id, miles=each.miles, created_at=NOW) for each in many]
    store.write(batch_of(*many, alerts=alerts), None)
    told = wanted_offers(store, today=NOW.date())
    assert len(told) == 501
    assert {each.watches for each in told} == {("Austin",)}


def test_promotions_that_are_over_are_not_told_and_the_newest_come_first(store: Store) -> None:
    published = NOW - 5 * HOUR
    promotions = [
        a_promotion("over", book_by=date(2026, 11, 21)),
        a_promotion("last day", book_by=date(2026, 11, 22), published=published),
        a_promotion("open end"),
    ]
    store.write(Batch(promotions=promotions), None)
    told = known_promotions(store, today=NOW.date())
    assert [each.item for each in told] == [promotions[2], promotions[1]]
    assert [each.first_seen_at for each in told] == [NOW, NOW]
    assert len(known_promotions(store, today=NOW.date(), limit=1)) == 1


# ---- the files ---------------------------------------------------------------------------------------------------


def filled(store: Store) -> None:
    watch(store, "Austin & <b>beyond</b>")
    see(store, an_itinerary(), "Austin & <b>beyond</b>")
    see(store, an_offer(cabin=Cabin.BUSINESS, seen_at=NOW + HOUR), "Austin & <b>beyond</b>")
    store.write(Batch(promotions=[a_promotion("50% <more> & more", published=NOW - HOUR)]), None)


def test_a_reader_reads_the_rss(store: Store) -> None:
    filled(store)
    parsed = feedparser.parse(rss(deals_feed(store, now=NOW, locale="en"), SITE, NOW))
    assert not parsed.bozo
    assert parsed.version == "rss20"
    assert (parsed.feed.title, parsed.feed.language, parsed.feed.link) == ("Award deals", "en", SITE)
    assert [link.href for link in parsed.feed.links if link.rel == "self"] == [f"{SITE}deals.rss"]
    assert utc(parsed.feed.updated_parsed) == NOW + HOUR
    newest, oldest = parsed.entries
    assert oldest.title == "LAX → AUS, Wed, Mar 10: economy, 12,500 miles + $5.60"
    assert oldest.id == f"awardspider:offer:{an_itinerary().offer_id}:12500"
    assert not oldest.guidislink
    assert oldest.link == "https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=AUS"
    assert (utc(newest.published_parsed), utc(oldest.published_parsed)) == (NOW + HOUR, NOW)
    assert "<li>Watch: Austin &amp; &lt;b&gt;beyond&lt;/b&gt;</li>" in oldest.summary
    assert "Seen on Sun, Nov 22, 2026 at 10:00 UTC" in oldest.summary
    assert "ago" not in oldest.summary
    assert "link" not in newest


def test_a_reader_reads_the_rss_of_promotions(store: Store) -> None:
    filled(store)
    parsed = feedparser.parse(rss(promotions_feed(store, now=NOW, locale="pt_BR"), None, NOW))
    assert not parsed.bozo
    assert parsed.feed.language == "pt-BR"
    [entry] = parsed.entries
    assert entry.title_detail.value == "Bônus de transferência: 50% <more> & more"
    assert entry.link.startswith("https://example.com/")
    assert utc(entry.published_parsed) == NOW - HOUR


def test_the_json_feed(store: Store) -> None:
    filled(store)
    document = json.loads(json_feed(deals_feed(store, now=NOW, locale="es"), SITE))
    items = document.pop("items")
    assert document == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Vuelos con millas",
        "description": "Vuelos con millas que las alertas encontraron y que seguían disponibles cuando se vieron.",
        "language": "es",
        "home_page_url": SITE,
        "feed_url": f"{SITE}deals.json",
    }
    newest, oldest = items
    content = oldest.pop("content_html")
    assert oldest == {
        "id": f"awardspider:offer:{an_itinerary().offer_id}:12500",
        "title": "LAX → AUS, mié, 10 mar: económica, 12.500 millas + 5,60 US$",
        "url": "https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=AUS",
        "date_published": "2026-11-22T10:00:00Z",
        "date_modified": "2026-11-22T10:00:00Z",
    }
    assert "Alerta: Austin &amp; &lt;b&gt;beyond&lt;/b&gt;" in content
    assert "url" not in newest


def test_a_feed_of_nothing_is_a_feed(store: Store) -> None:
    feed = deals_feed(store, now=NOW, locale="en")
    parsed = feedparser.parse(rss(feed, None, NOW))
    assert not parsed.bozo
    assert parsed.entries == []
    assert utc(parsed.feed.updated_parsed) == NOW
    assert json.loads(json_feed(feed, None))["items"] == []
    assert "feed_url" not in json.loads(json_feed(feed, None))


def test_a_feed_of_the_same_has_the_same_bytes_later(store: Store) -> None:
    filled(store)
    written = []
    for now in (NOW, NOW + HOUR):
        feed = deals_feed(store, now=now, locale="en")
        written.append((rss(feed, SITE, now), json_feed(feed, SITE)))
    assert written[0] == written[1]


def test_an_offer_at_another_price_is_another_entry(store: Store) -> None:
    watch(store, "Austin")
    see(store, an_offer(), "Austin")
    [first] = deals_feed(store, now=NOW, locale="en").entries
    see(store, an_offer(seen_at=NOW + HOUR, seats=3), "Austin")
    [second] = deals_feed(store, now=NOW, locale="en").entries
    see(store, an_offer(seen_at=NOW + 2 * HOUR, miles=9_000), "Austin")
    [third] = deals_feed(store, now=NOW, locale="en").entries
    assert first.id == second.id != third.id
    assert (first.published, second.published, third.published) == (NOW, NOW, NOW + 2 * HOUR)


def test_files_are_replaced_whole_and_nothing_else_is_left(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "public" / "feeds"
    feeds = [deals_feed(store, now=NOW, locale="en"), promotions_feed(store, now=NOW, locale="en")]
    for _ in range(2):
        written = write_feeds(folder, feeds, SITE, NOW)
        names = ["deals.json", "deals.rss", "promotions.json", "promotions.rss"]
        assert sorted(path.name for path in folder.iterdir()) == names == sorted(path.name for path in written)


def test_a_folder_that_cannot_be_is_said_in_a_sentence_and_loses_nothing(store: Store, tmp_path: Path) -> None:
    feed = deals_feed(store, now=NOW, locale="en")
    in_the_way = tmp_path / "file"
    in_the_way.write_text("mine")
    with pytest.raises(InvalidArgument, match="cannot be written"):
        write_feeds(in_the_way, [feed], None, NOW)
    assert in_the_way.read_text() == "mine"
    folder = tmp_path / "feeds"
    (folder / "deals.json").mkdir(parents=True)
    with pytest.raises(InvalidArgument, match="cannot be written"):
        write_feeds(folder, [feed], None, NOW)
    assert [path.name for path in folder.glob(".*")] == []
