"""Southwest's pages about promotions. The pages and their sources: docs/sources/airline-pages.md."""

from __future__ import annotations

from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.items import SourceKind


class SouthwestDealsSpider(PromotionSpider):
    """Pages of Southwest, in which each sale is an announcement."""

    name = "southwestdeals"
    source_kinds = (SourceKind.PAGE,)
