"""Feeds: the selection of entries, and RSS and JSON files that feed readers accept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import struct_time

import feedparser
import pytest
from sqlalchemy import update

from awardspider.delivery.feeds import deals_feed, json_feed, promotions_feed, rss, write_feeds
from awardspider.items import AwardOfferItem, Cabin, PromotionItem, PromotionKind
from awardspider.outcomes import InvalidArgument
from awardspider.search.watches import build
from awardspider.storage import schema
from awardspider.storage.alerts import Alert
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.matching_offers import matching_offers
from awardspider.storage.promotions import PromotionOrder, find_promotions
from awardspider.storage.store import Store
from awardspider.storage.watches import save_watches
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_offer
from tests.support.stored_promotions import store_announcements
from tests.support.stored_watches import rename_watch, store_watches

HOUR = timedelta(hours=1)
SITE = "https://deals.example.org/feeds/"


def add_watches(store: Store, *names: str, **fields: object) -> None:
    anything: dict[str, object] = {"origin": "LAX", "destination": "AUS,DFW,IAH,SAT", "dates": "2026-01..2029-12"}
    store_watches(store, *names, **anything | fields)


def store_offer(store: Store, offer: AwardOfferItem, *watches: str | None) -> None:
    """Store an offer, with an alert for each watch that it matches."""
    alerts = [
        Alert(watch_id=name, offer_id=offer.offer_id, miles=offer.miles, created_at=offer.seen_at) for name in watches
    ]
    write_batch(store, make_batch(offer, alerts=alerts))


def make_promotion(title: str, **fields: object) -> PromotionItem:
    values: dict[str, object] = {
        "kind": PromotionKind.TRANSFER_BONUS,
        "source": "Flying Blue",
        "link": f"https://example.com/{title}",
        "seen_at": NOW,
        "programs": ("flyingblue",),
        "cents_per_mile": Decimal("1.25"),
    }
    return PromotionItem(title=title, **values | fields)  # type: ignore[arg-type]


def utc(parsed: struct_time) -> datetime:
    return datetime(*parsed[:6], tzinfo=UTC)


# ---- selection ---------------------------------------------------------------------------------------------------


def test_offers_that_match_an_active_watch_are_listed_newest_first(store: Store) -> None:
    add_watches(store, "Austin", "Anything")
    add_watches(store, "Sleeping", active=False)
    old, new = make_itinerary(), make_offer(cabin=Cabin.BUSINESS, seen_at=NOW + HOUR)
    store_offer(store, old, "Austin", "Anything")
    store_offer(store, new, "Anything")
    store_offer(store, make_offer(cabin=Cabin.FIRST), None)
    store_offer(store, make_offer(destination="DFW"), "Sleeping")
    store_offer(store, make_offer(destination="IAH"), "Removed")
    store_offer(store, make_offer(departure_date=NOW.date() - timedelta(days=1)), "Austin")
    store_offer(store, make_offer(destination="SAT"))
    matches = matching_offers(store, now=NOW, max_age=None)
    assert [(match.offer.id, match.watches, match.matched_at) for match in matches] == [
        (new.offer_id, ("Anything",), NOW + HOUR),
        (old.offer_id, ("Anything", "Austin"), NOW),
    ]
    assert [match.offer.id for match in matching_offers(store, now=NOW, max_age=None, limit=1)] == [new.offer_id]


def test_an_offer_of_a_round_trip_is_listed_with_its_partner_while_it_has_one(store: Store) -> None:
    route = {"origin": "LAX", "destination": "AUS", "dates": "2027-03", "nights": "5"}
    (saved,) = save_watches(store, [build({"name": "Austin", **route})], now=NOW)
    offer = make_itinerary()
    partner = make_itinerary(origin="AUS", destination="LAX", departure_date=DAY + timedelta(days=5), segments=())
    store_offer(store, offer, saved.watch.id)
    store_offer(store, partner)
    (match,) = matching_offers(store, now=NOW, max_age=None)
    assert match.partner
    assert (match.offer.id, match.partner.offer.offer_id) == (offer.offer_id, partner.offer_id)
    assert "Round trip: 5 nights" in deals_feed(store, now=NOW, locale="en").entries[0].html
    write_batch(store, make_batch(gone={NOW: [partner.offer_id]}))
    assert matching_offers(store, now=NOW, max_age=None) == []


def test_an_expired_watch_and_an_unreadable_one_have_no_offers(store: Store) -> None:
    add_watches(store, "Austin", expires=NOW.date())
    add_watches(store, "Newer")
    with store.writing() as connection:
        newer = schema.watches.c.id == "Newer"
        connection.execute(update(schema.watches).where(newer).values(definition={"mood": "sunny"}))
    store_offer(store, make_itinerary(), "Austin", "Newer")
    midnight = NOW.replace(hour=0) + timedelta(days=1)
    listed = [matching_offers(store, now=now, max_age=None) for now in (midnight - timedelta(seconds=1), midnight)]
    assert [[match.watches for match in matches] for matches in listed] == [[("Austin",)], []]


def test_a_match_has_the_current_name_of_its_watch(store: Store) -> None:
    add_watches(store, "Austin", "Anything")
    store_offer(store, make_itinerary(), "Austin", "Anything")
    (before,) = deals_feed(store, now=NOW, locale="en").entries
    rename_watch(store, "Anything", "Zebra", now=NOW)
    (match,) = matching_offers(store, now=NOW, max_age=None)
    assert (match.watches, match.watch_ids) == (("Austin", "Zebra"), ("Austin", "Anything"))
    (after,) = deals_feed(store, now=NOW, locale="en").entries
    assert after.id == before.id
    assert "Zebra" in after.html


def test_an_offer_above_the_limit_is_left_out_until_it_is_cheaper(store: Store) -> None:
    add_watches(store, "Austin", max_miles=20_000)
    store_offer(store, make_offer(miles=10_000), "Austin")
    store_offer(store, make_offer(miles=30_000, seen_at=NOW + HOUR))
    assert matching_offers(store, now=NOW, max_age=None) == []
    store_offer(store, make_offer(miles=9_000, seen_at=NOW + 2 * HOUR), "Austin")
    [match] = matching_offers(store, now=NOW, max_age=None)
    assert (match.offer.miles, match.matched_at) == (9_000, NOW + 2 * HOUR)


def test_an_offer_that_became_dearer_stays_within_the_limit_of_its_watch(store: Store) -> None:
    add_watches(store, "Austin", max_miles=20_000)
    add_watches(store, "Cheap to Austin", max_miles=12_000)
    store_offer(store, make_offer(miles=10_000), "Austin", "Cheap to Austin")
    store_offer(store, make_offer(miles=15_000, seen_at=NOW + HOUR))  # more expensive, so no alert
    [match] = matching_offers(store, now=NOW, max_age=None)
    assert (match.offer.miles, match.watches, match.matched_at) == (15_000, ("Austin",), NOW + HOUR)


def test_a_fare_of_several_parties_is_one_entry_at_one_price(store: Store) -> None:
    add_watches(store, "Couple", travelers=2)
    add_watches(store, "Solo")
    add_watches(store, "Family", travelers=4)
    store_offer(store, make_itinerary(travelers=2, seats=4), "Couple")
    (before,) = deals_feed(store, now=NOW, locale="en").entries
    store_offer(store, make_itinerary(seats=4), "Solo")
    store_offer(store, make_itinerary(travelers=4, seats=4, miles=30_000), "Family")
    dear, after = sorted(deals_feed(store, now=NOW, locale="en").entries, key=lambda entry: "30,000" not in entry.title)
    assert after.id == before.id != dear.id
    assert "Couple; Solo" in after.html
    assert "Family" in dear.html


def test_an_offer_with_too_few_seats_is_left_out(store: Store) -> None:
    add_watches(store, "Two to Austin", travelers=2)
    store_offer(store, make_itinerary(seats=2), "Two to Austin")
    store_offer(store, make_itinerary(seats=1, seen_at=NOW + HOUR))
    assert matching_offers(store, now=NOW, max_age=None) == []


def test_an_offer_matches_since_its_last_price_change(store: Store) -> None:
    add_watches(store, "Austin")
    store_offer(store, make_itinerary(seats=2), "Austin")
    store_offer(store, make_itinerary(seats=3, seen_at=NOW + HOUR), "Austin")
    [match] = matching_offers(store, now=NOW, max_age=None)
    assert (match.matched_at, match.offer.last_seen_at) == (NOW, NOW + HOUR)


@pytest.mark.parametrize(
    "narrowed",
    [
        {"dates": "2027-04"}, {"cabins": ["first"]}, {"origin": ["SFO"]}, {"programs": ["delta"]}, {"max_stops": 0},
        {"allow_mixed_cabin": False},
    ],
)  # fmt: skip
def test_an_offer_outside_a_narrowed_watch_is_left_out(store: Store, narrowed: dict[str, object]) -> None:
    add_watches(store, "Austin")
    store_offer(store, make_itinerary(stops=1, mixed_cabin=True), "Austin")
    assert len(matching_offers(store, now=NOW, max_age=None)) == 1
    add_watches(store, "Austin", **narrowed)
    assert matching_offers(store, now=NOW, max_age=None) == []


def test_offers_that_departed_or_were_not_seen_lately_are_left_out(store: Store) -> None:
    add_watches(store, "Austin")
    store_offer(store, make_itinerary(), "Austin")
    departure = make_itinerary().segments[0].departs_at
    assert matching_offers(store, now=departure - HOUR, max_age=None)
    assert matching_offers(store, now=departure, max_age=None) == []
    assert matching_offers(store, now=NOW + 2 * HOUR, max_age=2 * HOUR)
    assert matching_offers(store, now=NOW + 3 * HOUR, max_age=2 * HOUR) == []
    assert deals_feed(store, now=NOW + 3 * HOUR, max_age=2 * HOUR, locale="en").entries == ()


@pytest.mark.parametrize(
    ("locale", "label"), [("en", "Not confirmed: "), ("pt_BR", "Não confirmado: "), ("es", "Sin confirmar: ")]
)
def test_an_unconfirmed_offer_is_labeled(store: Store, locale: str, label: str) -> None:
    add_watches(store, "Austin")
    store_offer(store, make_itinerary(), "Austin")
    [before] = deals_feed(store, now=NOW, locale=locale).entries
    write_batch(store, Batch(unconfirmed={NOW + HOUR: [make_itinerary().offer_id]}))
    [after] = deals_feed(store, now=NOW + HOUR, locale=locale).entries
    assert label not in before.title + before.html
    assert label in after.title
    assert label in after.html
    assert after.id == before.id, "a label is not a new entry"


def test_a_gone_offer_is_left_out(store: Store) -> None:
    add_watches(store, "Austin")
    offer = make_itinerary()
    store_offer(store, offer, "Austin")
    write_batch(store, Batch(gone={NOW + HOUR: [offer.offer_id]}))
    assert matching_offers(store, now=NOW, max_age=None) == []


def test_more_offers_than_one_query_fetches_keep_their_watches(store: Store) -> None:
    add_watches(store, "Austin")
    many = [make_offer(departure_date=DAY + timedelta(days=day % 30), fare_name=str(day)) for day in range(501)]
    alerts = [Alert(watch_id="Austin", offer_id=offer.offer_id, miles=offer.miles, created_at=NOW) for offer in many]
    write_batch(store, make_batch(*many, alerts=alerts))
    matches = matching_offers(store, now=NOW, max_age=None)
    assert len(matches) == 501
    assert {match.watches for match in matches} == {("Austin",)}


def test_open_promotions_are_listed_newest_first(store: Store) -> None:
    published = NOW - 5 * HOUR
    promotions = [
        make_promotion("over", book_by=date(2026, 11, 21)),
        make_promotion("last day", book_by=date(2026, 11, 22), published=published),
        make_promotion("open end"),
    ]
    store_announcements(store, *promotions)
    found = find_promotions(store, PromotionOrder.PUBLISHED, bookable_on=NOW.date())
    assert [promotion.item.title for promotion in found] == ["open end", "last day"]
    assert [promotion.first_seen_at for promotion in found] == [NOW, NOW]
    assert len(find_promotions(store, PromotionOrder.PUBLISHED, bookable_on=NOW.date(), limit=1)) == 1


def test_a_promotion_is_in_the_feed_until_it_has_ended_with_all_its_sources(store: Store) -> None:
    last = make_promotion("last day", book_by=NOW.date(), link="https://a.example/1")
    again = replace(last, source="Another blog", link="https://b.example/1")
    open_end = make_promotion("open end", percent=50, link="https://a.example/2")
    store_announcements(store, last, again, open_end)
    late = NOW.replace(hour=7) + timedelta(days=1)  # the last day is not over in Los Angeles
    titles = [entry.title for entry in promotions_feed(store, now=late, locale="en").entries]
    assert sorted(titles) == ["Transfer bonus: last day", "Transfer bonus: open end"]
    assert len(promotions_feed(store, now=late, locale="en", limit=1).entries) == 1
    html = "".join(entry.html for entry in promotions_feed(store, now=late, locale="en").entries)
    assert "Confirmed by 2 sources: Another blog and Flying Blue" in html
    assert [entry.title for entry in promotions_feed(store, now=late + HOUR, locale="en").entries] == [
        "Transfer bonus: open end"
    ]
    assert promotions_feed(store, now=NOW + timedelta(days=46), locale="en").entries == ()


# ---- files -------------------------------------------------------------------------------------------------------


def fill(store: Store) -> None:
    add_watches(store, "Austin & <b>beyond</b>")
    store_offer(store, make_itinerary(), "Austin & <b>beyond</b>")
    store_offer(store, make_offer(cabin=Cabin.BUSINESS, seen_at=NOW + HOUR), "Austin & <b>beyond</b>")
    store_announcements(store, make_promotion("50% <more> & more", published=NOW - HOUR))


def test_rss(store: Store) -> None:
    fill(store)
    parsed = feedparser.parse(rss(deals_feed(store, now=NOW, locale="en"), SITE, NOW))
    assert not parsed.bozo
    assert parsed.version == "rss20"
    assert (parsed.feed.title, parsed.feed.language, parsed.feed.link) == ("Award deals", "en", SITE)
    assert [link.href for link in parsed.feed.links if link.rel == "self"] == [f"{SITE}deals.rss"]
    assert utc(parsed.feed.updated_parsed) == NOW + HOUR
    newest, oldest = parsed.entries
    assert oldest.title == "LAX → AUS, Wed, Mar 10: economy, 12,500 MileagePlus miles + $5.60, 4 seats"
    assert oldest.id == f"awardspider:offer:{make_itinerary().fare_id}:12500"
    assert not oldest.guidislink
    assert oldest.link == "https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=AUS"
    assert (utc(newest.published_parsed), utc(oldest.published_parsed)) == (NOW + HOUR, NOW)
    assert "<li>Watch: Austin &amp; &lt;b&gt;beyond&lt;/b&gt;</li>" in oldest.summary
    assert "Seen on Sun, Nov 22, 2026 at 10:00 UTC" in oldest.summary
    assert "ago" not in oldest.summary
    assert "link" not in newest


def test_rss_of_promotions(store: Store) -> None:
    fill(store)
    parsed = feedparser.parse(rss(promotions_feed(store, now=NOW, locale="pt_BR"), None, NOW))
    assert not parsed.bozo
    assert parsed.feed.language == "pt-BR"
    [entry] = parsed.entries
    assert entry.title_detail.value == "Bônus de transferência: 50% <more> & more"
    assert entry.link.startswith("https://example.com/")
    assert utc(entry.published_parsed) == NOW - HOUR


def test_json_feed(store: Store) -> None:
    fill(store)
    document = json.loads(json_feed(deals_feed(store, now=NOW, locale="es"), SITE))
    items = document.pop("items")
    assert document == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Vuelos con millas",
        "description": "Vuelos con millas que coinciden con las alertas y estaban disponibles cuando se vieron.",
        "language": "es",
        "home_page_url": SITE,
        "feed_url": f"{SITE}deals.json",
    }
    newest, oldest = items
    content = oldest.pop("content_html")
    assert oldest == {
        "id": f"awardspider:offer:{make_itinerary().fare_id}:12500",
        "title": "LAX → AUS, mié, 10 mar: económica, 12.500 millas MileagePlus + 5,60 US$, 4 asientos",
        "url": "https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=AUS",
        "date_published": "2026-11-22T10:00:00Z",
        "date_modified": "2026-11-22T10:00:00Z",
    }
    assert "Alerta: Austin &amp; &lt;b&gt;beyond&lt;/b&gt;" in content
    assert "url" not in newest


def test_empty_feeds_are_valid(store: Store) -> None:
    feed = deals_feed(store, now=NOW, locale="en")
    parsed = feedparser.parse(rss(feed, None, NOW))
    assert not parsed.bozo
    assert parsed.entries == []
    assert utc(parsed.feed.updated_parsed) == NOW
    assert json.loads(json_feed(feed, None))["items"] == []
    assert "feed_url" not in json.loads(json_feed(feed, None))


def test_unchanged_feeds_keep_their_bytes(store: Store) -> None:
    fill(store)
    files = []
    for now in (NOW, NOW + HOUR):
        feed = deals_feed(store, now=now, locale="en")
        files.append((rss(feed, SITE, now), json_feed(feed, SITE)))
    assert files[0] == files[1]


def test_an_offer_at_another_price_is_a_new_entry(store: Store) -> None:
    add_watches(store, "Austin")
    store_offer(store, make_offer(), "Austin")
    [first] = deals_feed(store, now=NOW, locale="en").entries
    store_offer(store, make_offer(seen_at=NOW + HOUR, seats=3), "Austin")
    [second] = deals_feed(store, now=NOW, locale="en").entries
    store_offer(store, make_offer(seen_at=NOW + 2 * HOUR, miles=9_000), "Austin")
    [third] = deals_feed(store, now=NOW, locale="en").entries
    assert first.id == second.id != third.id
    assert (first.published, second.published, third.published) == (NOW, NOW, NOW + 2 * HOUR)


def test_files_are_replaced_without_leftovers(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "public" / "feeds"
    feeds = [deals_feed(store, now=NOW, locale="en"), promotions_feed(store, now=NOW, locale="en")]
    for _ in range(2):
        written = write_feeds(folder, feeds, SITE, NOW)
        names = ["deals.json", "deals.rss", "promotions.json", "promotions.rss"]
        assert sorted(path.name for path in folder.iterdir()) == names == sorted(path.name for path in written)


def test_an_unusable_folder_is_an_error_and_keeps_its_files(store: Store, tmp_path: Path) -> None:
    feed = deals_feed(store, now=NOW, locale="en")
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(InvalidArgument, match="cannot write feeds"):
        write_feeds(file, [feed], None, NOW)
    assert file.read_text() == "mine"
    folder = tmp_path / "feeds"
    (folder / "deals.json").mkdir(parents=True)
    with pytest.raises(InvalidArgument, match="cannot write feeds"):
        write_feeds(folder, [feed], None, NOW)
    assert [path.name for path in folder.glob(".*")] == []
