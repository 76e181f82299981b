"""Pipeline 5: write messages for channels in the transaction that stores the offer."""

from __future__ import annotations

import logging
from typing import Any

from awardspider.delivery.outbox.enqueue import create_enqueuer
from awardspider.items import AwardOfferItem
from awardspider.pipelines import AwardPipeline, notifies

logger = logging.getLogger(__name__)


class WebhooksPipeline(AwardPipeline):
    """Pipeline that writes an outbox row for each channel to notify of an offer."""

    def open_spider(self) -> None:
        """Read the configured channels."""
        self._enqueuer = create_enqueuer(self._recorder.store, self._crawler.settings, self._spider.context.watches)
        for watch, channel in self._enqueuer.unknown_channels():
            logger.warning('Watch "%s": unknown channel "%s"', watch, channel)

    def process_item(self, item: Any) -> Any:
        """Write the messages for an offer."""
        if isinstance(item, AwardOfferItem) and notifies(self._spider):
            context = self._contexts[item]
            rows = self._enqueuer.offer_rows(
                item, context.alerts, context.responded_at, context.trips, context.judgment, context.promotions
            )
            for row in rows:
                self._recorder.enqueue(row)
        return item
