"""Scrapy settings: each departure from Scrapy's default with its reason, then our own, which start with AWARD_.

Our own come from the environment or from a file `.env` in the working directory (the environment wins), and each
stands in docs/settings.md. Scrapy settings are changed as ever, with `-s NAME=VALUE`.
"""

import os
from pathlib import Path

from dotenv import load_dotenv

from awardspider import __version__

load_dotenv(Path.cwd() / ".env")


def _env(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


# ---- ours --------------------------------------------------------------------------------------------------------

AWARD_DATA_DIR = _env("AWARD_DATA_DIR", "data")
AWARD_DATABASE_URL = _env("AWARD_DATABASE_URL")
AWARD_SANDBOX_URL = _env("AWARD_SANDBOX_URL")
AWARD_CONTACT = _env("AWARD_CONTACT")
AWARD_ACCEPT_TERMS = _env("AWARD_ACCEPT_TERMS")
AWARD_BUDGET = _env("AWARD_BUDGET")
AWARD_KEYS = {  # the operator's keys, from AWARD_SEATSAERO_KEY and the like, by program
    name.removeprefix("AWARD_").removesuffix("_KEY").lower(): _env(name)
    for name in os.environ
    if name.startswith("AWARD_") and name.endswith("_KEY") and name != "AWARD_SECRET_KEY"
}
AWARD_RETRY_AFTER_MAX = _env("AWARD_RETRY_AFTER_MAX", "60")
AWARD_RESPONSE_RETENTION = _env("AWARD_RESPONSE_RETENTION", "14 days, 1 GB")
AWARD_PROGRESS = _env("AWARD_PROGRESS", "auto")
AWARD_CHROMIUM = _env("AWARD_CHROMIUM")
AWARD_BROWSER_PAGES = _env("AWARD_BROWSER_PAGES", "2")
AWARD_GOOGLE_SHEET = _env("AWARD_GOOGLE_SHEET")
AWARD_GOOGLE_CREDENTIALS = _env("AWARD_GOOGLE_CREDENTIALS")
AWARD_WEBHOOKS = _env("AWARD_WEBHOOKS")
AWARD_WEBHOOK_SECRET = _env("AWARD_WEBHOOK_SECRET")
AWARD_SECRET_KEY = _env("AWARD_SECRET_KEY")
AWARD_ALLOW_PRIVATE_HOSTS = _env("AWARD_ALLOW_PRIVATE_HOSTS")
AWARD_ALLOW_COMMANDS = _env("AWARD_ALLOW_COMMANDS", "no")
AWARD_LOCALE = _env("AWARD_LOCALE", "en")
AWARD_DELIVERY_SECONDS = _env("AWARD_DELIVERY_SECONDS", "60")

# ---- Scrapy's ----------------------------------------------------------------------------------------------------

BOT_NAME = "awardspider"
SPIDER_MODULES = ["awardspider.spiders"]
COMMANDS_MODULE = "awardspider.commands"
USER_AGENT = f"awardspider/{__version__}" + (f" (+{AWARD_CONTACT})" if AWARD_CONTACT else "")

# Politeness. robots.txt is read by our own middleware, for which one that cannot be read means no.
ROBOTSTXT_OBEY = True
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
DOWNLOADER_MIDDLEWARES = {
    "awardspider.middlewares.gate.GateMiddleware": 50,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "awardspider.middlewares.robots.CarefulRobotsMiddleware": 100,
}
DOWNLOAD_HANDLERS = dict.fromkeys(("http", "https"), "awardspider.middlewares.transport.HttpTransport")

# 429 is not among these: the transport honors Retry-After, and without one a second request would only harm.
RETRY_HTTP_CODES = [500, 502, 503, 504, 522, 524, 408]
RETRY_TIMES = 1
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # the search's report says it
DOWNLOAD_TIMEOUT = 60  # Scrapy waits 180 seconds; a site that answers at all does so in 60
DOWNLOAD_MAXSIZE = 20 * 1024 * 1024  # the largest answer known is 2.4 MB
DOWNLOAD_WARNSIZE = 0

# Offers must be recorded ahead of the report of their search, so items go through the pipelines one after another.
CONCURRENT_ITEMS = 1
ITEM_PIPELINES = {
    "awardspider.pipelines.validate.ValidatePipeline": 100,
    "awardspider.pipelines.dedupe.DedupePipeline": 200,
    "awardspider.pipelines.criteria.CriteriaPipeline": 300,
    "awardspider.pipelines.sheets.SheetsPipeline": 400,
    "awardspider.pipelines.webhooks.WebhooksPipeline": 500,
}

EXTENSIONS = {
    "awardspider.extensions.run_record.RunRecord": 10,
    "awardspider.extensions.progress.Progress": 20,
    "awardspider.extensions.deliver.Deliver": 30,
    "scrapy.extensions.logstats.LogStats": None,  # the progress line says it
}
LOG_LEVEL = "INFO"
DEFAULT_DROPITEM_LOG_LEVEL = "DEBUG"  # offers that are as they were are dropped on purpose, by the thousand

FEED_EXPORTERS = {
    "jsonlines": "awardspider.extensions.feeds.RecordJsonLines",
    "jsonl": "awardspider.extensions.feeds.RecordJsonLines",
    "jl": "awardspider.extensions.feeds.RecordJsonLines",
    "json": "awardspider.extensions.feeds.RecordJson",
    "csv": "awardspider.extensions.feeds.RecordCsv",
    "xml": None,  # an offer with its flights has no flat form there
}
FEED_EXPORT_ENCODING = "utf-8"

# Nobody outside gets a way into a running crawl.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
