"""A panel with a small database that has an example of everything that the API returns."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from cryptography.fernet import Fernet

from awardspider.items import AwardOfferItem, Cabin, PromotionItem
from awardspider.outcomes import Outcome, Reason
from awardspider.panel.application import create_app
from awardspider.search.judgments import DealClass
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.watches import save_watches
from tests.support.deal_examples import store_judged, store_matches
from tests.support.panel import Panel
from tests.support.panel_messages import add_channel_row, add_message
from tests.support.panel_operations import store_reports, store_run
from tests.support.promotion_crawl import make_bonus
from tests.support.storage_examples import DAY, NOW, make_itinerary, make_offer, make_report
from tests.support.stored_promotions import store_announcements
from tests.support.watch_examples import make_watch

#: The time at which the examples are current.
SEEN_AT = NOW + timedelta(hours=1)
OFFERS = 7
SEARCHES = 7
PROMOTIONS = 3


def make_offers() -> list[AwardOfferItem]:
    """Return offers of several days, the cheapest first."""
    flight = make_itinerary(on_sale=None, regular_miles=None)
    days = [make_offer(departure_date=DAY + timedelta(days=day), miles=20_000 + day) for day in range(1, OFFERS - 1)]
    return [flight, *days, make_offer(cabin=Cabin.BUSINESS, miles=60_000)]


def make_promotions() -> list[PromotionItem]:
    """Return promotions that are open at SEEN_AT."""
    return [
        make_bonus(
            entry_id=f"{number}",
            programs=(program,),
            source="a.example",
            link=f"https://a.example/{number}",
            published=NOW,
            book_by=date(2026, 12, 1),
        )
        for number, program in enumerate(("flyingblue", "united", "delta"))
    ]


def fill(panel: Panel) -> str:
    """Store the examples and set the time of a panel to SEEN_AT. Return the id of the watch."""
    panel.now = SEEN_AT
    store, offers = panel.store, make_offers()
    store_judged(store, DealClass.GOOD, *offers)
    (saved,) = save_watches(store, [make_watch(name="Austin")], now=NOW, owner_id="default")
    store_matches(store, saved.watch.id, offers[0])
    store_announcements(store, *make_promotions())
    run = store_run(store, "united", NOW, found=OFFERS - 1, failed=1)
    reports = [make_report(f"{number}", requested_at=NOW - timedelta(hours=number)) for number in range(SEARCHES - 1)]
    failed = make_report("failed", outcome=Outcome.FAILED, reason=Reason.BLOCKED, http_status=403, offers=0)
    store_reports(store, [*reports, failed], run)
    add_channel_row(store, "phone", "webhook", "https://hooks.example/secret-address", NOW)
    add_message(store, NOW, offer=offers[0], key="phone:1", watch_key=saved.watch.id)
    add_message(store, NOW, key="phone:2", status=DeliveryStatus.REJECTED, result="rejected", ended_at=NOW)
    return saved.watch.id


def with_secret_key(panel: Panel) -> Panel:
    """Let a panel encrypt the secrets of channels; clients must be made afterward."""
    settings = {**panel.config.settings, "AWARD_SECRET_KEY": Fernet.generate_key().decode()}
    panel.config = replace(panel.config, settings=settings)
    panel.app = create_app(panel.config)
    return panel
