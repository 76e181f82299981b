"""Delta's pages of award deals. The pages and their sources: docs/sources/airline-pages.md."""

from __future__ import annotations

from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.items import SourceKind


class DeltaDealsSpider(PromotionSpider):
    """Pages of Delta, in which each sale is an announcement."""

    name = "deltadeals"
    source_kinds = (SourceKind.PAGE,)
