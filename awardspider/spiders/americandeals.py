"""American's page of award deals. The pages and their sources: docs/sources/airline-pages.md."""

from __future__ import annotations

from awardspider.crawling.promotion_spider import PromotionSpider
from awardspider.items import SourceKind


class AmericanDealsSpider(PromotionSpider):
    """Pages of American, in which each sale is an announcement."""

    name = "americandeals"
    source_kinds = (SourceKind.PAGE,)
