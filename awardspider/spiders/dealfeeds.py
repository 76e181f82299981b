"""Feeds of blogs and forums about miles. The feeds and their sources: docs/sources/dealfeeds.md."""

from __future__ import annotations

from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.items import SourceKind


class DealFeedsSpider(PromotionSpider):
    """Feeds, in which each entry is an announcement."""

    name = "dealfeeds"
    source_kinds = (SourceKind.FEED,)
