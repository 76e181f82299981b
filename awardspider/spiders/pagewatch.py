"""Pages that were added with `scrapy pages add`. See docs/promotions.md, "Add a page"."""

from __future__ import annotations

from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.items import SourceKind


class PageWatchSpider(PromotionSpider):
    """Pages of which each change is an announcement."""

    name = "pagewatch"
    source_kinds = (SourceKind.PAGE,)
    checks_blocks_first = True
