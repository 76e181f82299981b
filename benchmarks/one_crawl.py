"""One crawl of the sandbox's calendars in this process: `one_crawl CITIES OFFERS [bare]`; prints JSON figures."""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings


class Nothing:
    """A pipeline that does nothing."""

    def process_item(self, item: Any) -> Any:
        return item


class Nothing2(Nothing): ...


class Nothing3(Nothing): ...


class Nothing4(Nothing): ...


class Nothing5(Nothing): ...


def main() -> None:
    """Crawl until about that many offers were seen, and print the figures."""
    cities, offers = sys.argv[1], int(sys.argv[2])
    settings = get_project_settings()
    settings["LOG_LEVEL"] = "WARNING"
    if "bare" in sys.argv[3:]:
        nothing = (Nothing, Nothing2, Nothing3, Nothing4, Nothing5)
        settings["ITEM_PIPELINES"] = {pipeline: place for place, pipeline in enumerate(nothing)}
        settings["EXTENSIONS"] = dict.fromkeys(settings["EXTENSIONS"])
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler("united")
    times: list[float] = []
    crawler.signals.connect(lambda: times.append(time.perf_counter()), signals.spider_opened, weak=False)
    crawler.signals.connect(lambda: times.append(time.perf_counter()), signals.spider_closed, weak=False)
    process.crawl(crawler, origin=cities, destination=cities, dates=f"+15..+{span(offers, cities)}", detail="day")
    process.start()
    stats = crawler.stats.get_stats()
    items = stats.get("item_scraped_count", 0) + stats.get("item_dropped_count", 0)
    seconds = times[-1] - times[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"items": items, "seconds": seconds, "items_per_second": items / seconds, "peak_mb": peak}))


def span(offers: int, cities: str) -> int:
    """The last day ahead to ask for, so that the route-months together hold about that many offers."""
    routes = len(cities.split(",")) ** 2 // 2
    return min(330, 15 + max(1, offers // (routes * 4)))


main()
