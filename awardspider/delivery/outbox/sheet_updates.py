"""Outbox rows that fill spreadsheets, or update them because time has passed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from awardspider.delivery.channels.sheet_options import selected_offers, sheet_options
from awardspider.delivery.outbox.enqueue import Enqueuer, sheet_row
from awardspider.items import EventType
from awardspider.outcomes import InvalidArgument
from awardspider.search.freshness import max_age
from awardspider.search.promotion_states import promotion_day
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.expired_offers import find_expired_subject
from awardspider.storage.offers import OfferFilter, find_offers
from awardspider.storage.outbox import has_row
from awardspider.storage.promotions import PromotionOrder, find_promotions
from awardspider.storage.store import Store

# The state of a promotion is compared with that of this time ago, so that a day without a crawl misses no change.
_RECENT = timedelta(days=7)


def fill_sheets(store: Store, settings: Mapping[str, Any], now: datetime) -> int:
    """Queue a row for every offer and promotion that belongs on each spreadsheet; return the number of rows.

    Raise InvalidArgument if no spreadsheet is configured.
    """
    sheets = Enqueuer(store, settings).sheets()
    if not sheets:
        raise InvalidArgument(
            "no spreadsheet is configured; set AWARD_GOOGLE_SHEET, or run: scrapy channels add NAME sheets ID"
        )
    oldest = max_age(settings)
    selected: Iterable[str] | None = selected_offers(store, sheet_options(settings), now=now, max_age=oldest)
    if selected is None:
        selected = [offer.id for offer in find_offers(store, OfferFilter(current_at=now, max_age=oldest))]
    subjects = dict.fromkeys(selected, EventType.OFFER_CHANGED)
    subjects |= {
        promotion.id: EventType.PROMOTION
        for promotion in find_promotions(store, PromotionOrder.PUBLISHED, bookable_on=promotion_day(now))
    }
    rows = [
        sheet_row(sheet.channel, f"{subject}:fill:{now:%Y%m%dT%H%M%S}", event_type, subject, now)
        for sheet in sheets
        for subject, event_type in subjects.items()
    ]
    write_batch(store, Batch(outbox=rows))
    return len(rows)


def refresh_sheets(store: Store, settings: Mapping[str, Any], now: datetime) -> None:
    """Queue an update of each spreadsheet, at most once a day, in which an offer or promotion has changed with time.

    An offer departs or becomes outdated; a promotion begins, ends soon or has ended. The update of one row marks all
    rows whose status has changed with time.
    """
    rows = []
    for sheet in Enqueuer(store, settings).sheets():
        key = f"expired:{now:%Y%m%d}"
        is_done = has_row(store, f"{sheet.channel}:{key}")
        if not is_done and (expired := find_expired_subject(store, sheet.channel, now, max_age(settings))):
            rows.append(sheet_row(sheet.channel, key, EventType.OFFER_CHANGED, expired, now))
        key = f"promotions:{promotion_day(now):%Y%m%d}"
        is_done = has_row(store, f"{sheet.channel}:{key}")
        if not is_done and (changed := _find_changed_promotion(store, now)):
            rows.append(sheet_row(sheet.channel, key, EventType.PROMOTION, changed, now))
    write_batch(store, Batch(outbox=rows))


def _find_changed_promotion(store: Store, now: datetime) -> str | None:
    """Return the id of a promotion whose state has changed with time since a few days ago, if any."""
    before = now - _RECENT
    found = find_promotions(store, PromotionOrder.LAST_SEEN, bookable_on=promotion_day(before))
    return next((promotion.id for promotion in found if promotion.state(now) is not promotion.state(before)), None)
