"""The table of transfer bonuses. The page and its sources: docs/sources/transferbonuses.md."""

from __future__ import annotations

from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.items import SourceKind


class TransferBonusesSpider(PromotionSpider):
    """A table in which each row is an announcement, after the pages that it is compared with."""

    name = "transferbonuses"
    source_kinds = (SourceKind.PAGE, SourceKind.TABLE)
