"""Flying Blue's page of Promo Rewards. The pages and their sources: docs/sources/airline-pages.md."""

from __future__ import annotations

from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.items import SourceKind


class FlyingBluePromosSpider(PromotionSpider):
    """Pages of Flying Blue, in which each sale is an announcement."""

    name = "flyingbluepromos"
    source_kinds = (SourceKind.PAGE,)
