"""United's pages about promotions. The pages and their sources: docs/sources/airline-pages.md."""

from __future__ import annotations

from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.items import SourceKind


class UnitedDealsSpider(PromotionSpider):
    """Pages of United, in which each sale is an announcement."""

    name = "uniteddeals"
    source_kinds = (SourceKind.PAGE,)
