"""Crawl the sandbox's calendars in this process and print figures as JSON: `one_crawl CITIES OFFERS [bare]`."""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings


class NullPipeline:
    """A pipeline that does nothing."""

    def process_item(self, item: Any) -> Any:
        """Return the item unchanged."""
        return item


#: A separate class to replace each of our pipelines, because ITEM_PIPELINES can list a class only once.
NULL_PIPELINES = tuple(type(f"NullPipeline{number}", (NullPipeline,), {}) for number in range(5))


def main() -> None:
    """Crawl until about OFFERS offers have been seen, and print the figures."""
    cities, offers = sys.argv[1], int(sys.argv[2])
    settings = get_project_settings()
    settings["LOG_LEVEL"] = "WARNING"
    if "bare" in sys.argv[3:]:
        settings["ITEM_PIPELINES"] = {pipeline: order for order, pipeline in enumerate(NULL_PIPELINES)}
        settings["EXTENSIONS"] = dict.fromkeys(settings["EXTENSIONS"])
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler("united")
    times: list[float] = []
    crawler.signals.connect(lambda: times.append(time.perf_counter()), signals.spider_opened, weak=False)
    crawler.signals.connect(lambda: times.append(time.perf_counter()), signals.spider_closed, weak=False)
    dates = f"+15..+{last_day(offers, cities)}"
    process.crawl(crawler, origin=cities, destination=cities, dates=dates, detail="day")
    process.start()
    stats = crawler.stats.get_stats()
    items = stats.get("item_scraped_count", 0) + stats.get("item_dropped_count", 0)
    seconds = times[-1] - times[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"items": items, "seconds": seconds, "items_per_second": items / seconds, "peak_mb": peak}))


def last_day(offers: int, cities: str) -> int:
    """Return the number of days ahead to search so that all routes together have about `offers` offers."""
    routes = len(cities.split(",")) ** 2 // 2
    return min(330, 15 + max(1, offers // (routes * 4)))


main()
