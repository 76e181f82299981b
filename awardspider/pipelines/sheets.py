"""Pipeline 4: write outbox rows for spreadsheets in the transaction that stores the offer."""

from __future__ import annotations

from typing import Any

from awardspider.delivery.outbox.enqueue import create_enqueuer
from awardspider.items import AwardOfferItem
from awardspider.pipelines import AwardPipeline, is_confirmed, notifies


class SheetsPipeline(AwardPipeline):
    """Pipeline that writes an outbox row for each confirmed offer and each spreadsheet."""

    def open_spider(self) -> None:
        """Read the configured spreadsheets."""
        self._enqueuer = create_enqueuer(self._recorder.store, self._crawler.settings, self._spider.context.watches)
        for followed in self._enqueuer.sheets():
            self._recorder.add_follow_up(followed)

    def process_item(self, item: Any) -> Any:
        """Write the outbox rows for an offer."""
        if isinstance(item, AwardOfferItem) and notifies(self._spider) and is_confirmed(item, self._spider):
            rows = self._enqueuer.sheet_rows(item, self._contexts[item].responded_at)
            for row in rows:
                self._recorder.enqueue(row)
        return item
