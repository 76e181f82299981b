"""Settings: the project's, which start with AWARD_, and Scrapy's that differ from Scrapy's defaults.

The project's settings come from the environment or from a `.env` file in the working directory; the environment takes
precedence. docs/settings.md describes each setting. `-s NAME=VALUE` overrides any setting.
"""

import io
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from dotenv import load_dotenv
from dotenv.parser import parse_stream

from awardspider import __version__


def _load_env_file(file: Path) -> str:
    """Load a `.env` file, if there is one. Return an error message without its contents, or an empty string."""
    if not file.exists():
        return ""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return f"{file} is not a text file in UTF-8"
    except OSError as error:
        return f"{file} is unreadable: {error.strerror}"
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key and binding.value is None) or "\0" in binding.original.string:
            return f"{file}:{binding.original.line}: not a setting; write NAME=VALUE, or # before a comment"
    load_dotenv(stream=io.StringIO(text))
    return ""


ENV_FILE_ERROR = _load_env_file(Path.cwd() / ".env")  # commands and crawls end with this error


def _env(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def _commands_module(argv: Sequence[str]) -> str:
    """Return the module of the command that the arguments name, or the package of all commands.

    Scrapy imports each module of the package before any command, which takes a second.
    """
    package = "awardspider.commands"
    name = next((arg for arg in argv[1:] if not arg.startswith("-")), "")
    is_command = name.isidentifier() and not name.startswith("_") and find_spec(f"{package}.{name}")
    return f"{package}.{name}" if is_command else package


# ---- ours --------------------------------------------------------------------------------------------------------

AWARD_DATA_DIR = _env("AWARD_DATA_DIR", "data")
AWARD_DATABASE_URL = _env("AWARD_DATABASE_URL")
AWARD_SANDBOX_URL = _env("AWARD_SANDBOX_URL")
AWARD_SIMULATED_TIME = _env("AWARD_SIMULATED_TIME")
AWARD_CONTACT = _env("AWARD_CONTACT")
AWARD_ACCEPT_TERMS = _env("AWARD_ACCEPT_TERMS")
AWARD_BUDGET = _env("AWARD_BUDGET")
AWARD_KEYS = {  # the operator's access keys by program: AWARD_SEATSAERO_KEY is the key for seatsaero
    name.removeprefix("AWARD_").removesuffix("_KEY").lower(): _env(name)
    for name in os.environ
    if name.startswith("AWARD_") and name.endswith("_KEY") and name != "AWARD_SECRET_KEY"
}
AWARD_RETRY_AFTER_MAX = _env("AWARD_RETRY_AFTER_MAX", "60")
AWARD_RESPONSE_RETENTION = _env("AWARD_RESPONSE_RETENTION", "14 days, 1 GB")
AWARD_RETENTION_OFFER_DAYS = _env("AWARD_RETENTION_OFFER_DAYS", "90")
AWARD_RETENTION_SEARCH_DAYS = _env("AWARD_RETENTION_SEARCH_DAYS", "180")
AWARD_RETENTION_MESSAGE_DAYS = _env("AWARD_RETENTION_MESSAGE_DAYS", "90")
AWARD_RETENTION_RUN_DAYS = _env("AWARD_RETENTION_RUN_DAYS", "365")
AWARD_RETENTION_LOG_DAYS = _env("AWARD_RETENTION_LOG_DAYS", "30")
AWARD_BACKUPS = _env("AWARD_BACKUPS", "7")
AWARD_MAX_AGE_HOURS = _env("AWARD_MAX_AGE_HOURS", "48")
AWARD_CASH_FARE_HOURS = _env("AWARD_CASH_FARE_HOURS", "48")
AWARD_VALUATIONS = _env("AWARD_VALUATIONS")
AWARD_ALERT_WAIT_MINUTES = _env("AWARD_ALERT_WAIT_MINUTES", "30")
AWARD_MIN_SEARCH_AGE_MINUTES = _env("AWARD_MIN_SEARCH_AGE_MINUTES", "30")
AWARD_PRICE_HISTORY_DAYS = _env("AWARD_PRICE_HISTORY_DAYS", "400")
AWARD_BASELINE_DAYS = _env("AWARD_BASELINE_DAYS", "5")
AWARD_BASELINE_PRICES = _env("AWARD_BASELINE_PRICES", "30")
AWARD_GOOD_PERCENT = _env("AWARD_GOOD_PERCENT", "15")
AWARD_EXCEPTIONAL_PERCENT = _env("AWARD_EXCEPTIONAL_PERCENT", "30")
AWARD_RARE_PERCENT = _env("AWARD_RARE_PERCENT", "10")
AWARD_RECORD_LOW_DAYS = _env("AWARD_RECORD_LOW_DAYS", "30")
AWARD_PROGRESS = _env("AWARD_PROGRESS", "auto")
AWARD_LOG_FORMAT = _env("AWARD_LOG_FORMAT", "text")
AWARD_CHROMIUM = _env("AWARD_CHROMIUM")
AWARD_BROWSER_PAGES = _env("AWARD_BROWSER_PAGES", "2")
AWARD_GOOGLE_SHEET = _env("AWARD_GOOGLE_SHEET")
AWARD_GOOGLE_CREDENTIALS = _env("AWARD_GOOGLE_CREDENTIALS")
AWARD_SHEET_OFFERS = _env("AWARD_SHEET_OFFERS", "deals")
AWARD_SHEET_BEST_ROWS = _env("AWARD_SHEET_BEST_ROWS", "30")
AWARD_SHEET_BEST_PER_WATCH = _env("AWARD_SHEET_BEST_PER_WATCH", "10")
AWARD_SHEET_DEALS_PER_ROUTE = _env("AWARD_SHEET_DEALS_PER_ROUTE", "10")
AWARD_WEBHOOKS = _env("AWARD_WEBHOOKS")
AWARD_WEBHOOK_SECRET = _env("AWARD_WEBHOOK_SECRET")
AWARD_SECRET_KEY = _env("AWARD_SECRET_KEY")
AWARD_ALLOW_PRIVATE_HOSTS = _env("AWARD_ALLOW_PRIVATE_HOSTS")
AWARD_ALLOW_COMMANDS = _env("AWARD_ALLOW_COMMANDS", "no")
AWARD_LOCALE = _env("AWARD_LOCALE", "en")
AWARD_PUBLIC_URL = _env("AWARD_PUBLIC_URL")
AWARD_DELIVERY_SECONDS = _env("AWARD_DELIVERY_SECONDS", "60")
AWARD_EXCEL = _env("AWARD_EXCEL", "no")
AWARD_MONITOR_FAILED_PERCENT = _env("AWARD_MONITOR_FAILED_PERCENT", "50")
AWARD_MONITOR_OFFERS_PERCENT = _env("AWARD_MONITOR_OFFERS_PERCENT", "20")
AWARD_MONITOR_INVALID_PERCENT = _env("AWARD_MONITOR_INVALID_PERCENT", "10")
AWARD_MONITOR_RUN_HOURS = _env("AWARD_MONITOR_RUN_HOURS", "6")
AWARD_MONITOR_MEMORY_MB = _env("AWARD_MONITOR_MEMORY_MB", "1500")
AWARD_MONITOR_NO_SUCCESS_HOURS = _env("AWARD_MONITOR_NO_SUCCESS_HOURS", "48")
AWARD_MONITOR_OUTBOX_MINUTES = _env("AWARD_MONITOR_OUTBOX_MINUTES", "60")
AWARD_MONITOR_FREE_MB = _env("AWARD_MONITOR_FREE_MB", "1000")
AWARD_HEALTH_URL = _env("AWARD_HEALTH_URL")
AWARD_STRICT_EXIT = _env("AWARD_STRICT_EXIT", "no")
AWARD_PANEL_HOST = _env("AWARD_PANEL_HOST", "127.0.0.1")
AWARD_PANEL_PORT = _env("AWARD_PANEL_PORT", "8787")
AWARD_PANEL_TRUSTED_PROXIES = _env("AWARD_PANEL_TRUSTED_PROXIES")
AWARD_SCRAPYD_URL = _env("AWARD_SCRAPYD_URL", "http://127.0.0.1:6800")
AWARD_SCRAPYD_HOSTS = _env("AWARD_SCRAPYD_HOSTS")
SCRAPYD_USERNAME = _env("SCRAPYD_USERNAME")  # the names that Scrapyd reads
SCRAPYD_PASSWORD = _env("SCRAPYD_PASSWORD")

# ---- Scrapy's ----------------------------------------------------------------------------------------------------

BOT_NAME = "awardspider"
SPIDER_MODULES = ["awardspider.spiders"]
COMMANDS_MODULE = _commands_module(sys.argv)
USER_AGENT = f"awardspider/{__version__}" + (f" (+{AWARD_CONTACT})" if AWARD_CONTACT else "")

# Politeness. StrictRobotsMiddleware replaces Scrapy's: it treats an unreadable robots.txt as disallowing everything.
ROBOTSTXT_OBEY = True
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
DOWNLOADER_MIDDLEWARES = {
    "awardspider.middlewares.request_check.RequestCheckMiddleware": 50,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "awardspider.middlewares.robots.StrictRobotsMiddleware": 100,
    "awardspider.middlewares.proxies.ProxyMiddleware": 740,  # before Scrapy's HttpProxyMiddleware
}
DOWNLOAD_HANDLERS = dict.fromkeys(("http", "https"), "awardspider.middlewares.transport.HttpTransport")

# 429 is excluded: the transport already honors Retry-After, and retrying a 429 without it would worsen the limit.
RETRY_HTTP_CODES = [500, 502, 503, 504, 522, 524, 408]
RETRY_TIMES = 1
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # the search's report contains the failure
DOWNLOAD_TIMEOUT = 60  # Scrapy's default is 180 seconds; a site that responds at all does so within 60
DOWNLOAD_MAXSIZE = 20 * 1024 * 1024  # the largest known response is 2.4 MB
DOWNLOAD_WARNSIZE = 0

# Offers must be stored before their search's report, so items go through the pipelines one at a time.
CONCURRENT_ITEMS = 1
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 100_000  # bytes of responses that wait, which a killed crawl loses; Scrapy: 5 MB
ITEM_PIPELINES = {
    "awardspider.pipelines.validate.ValidatePipeline": 100,
    "awardspider.pipelines.promotions.ValidatePromotions": 110,
    "awardspider.pipelines.dedupe.DedupePipeline": 200,
    "awardspider.pipelines.promotions.DedupePromotions": 210,
    "awardspider.pipelines.criteria.CriteriaPipeline": 300,
    "awardspider.pipelines.promotions.MatchPromotions": 310,
    "awardspider.pipelines.sheets.SheetsPipeline": 400,
    "awardspider.pipelines.promotions.SheetPromotions": 410,
    "awardspider.pipelines.webhooks.WebhooksPipeline": 500,
    "awardspider.pipelines.promotions.NotifyPromotions": 510,
    "awardspider.pipelines.exchange_rates.ExchangeRatesPipeline": 600,
}

EXTENSIONS = {
    "awardspider.extensions.scrapyd_job.ScrapydJob": 5,
    "awardspider.extensions.run_record.RunRecord": 10,
    "awardspider.extensions.promotion_run.PromotionRun": 10,
    "awardspider.extensions.progress.Progress": 20,
    "awardspider.extensions.delivery.DeliverAtEnd": 30,
    "awardspider.extensions.feed_summary.FeedSummary": 40,
    "scrapy.extensions.logstats.LogStats": None,  # replaced by Progress
}
LOG_LEVEL = "INFO"
LOG_FORMATTER = "awardspider.extensions.log_formatter.StorageLogFormatter"
DEFAULT_DROPITEM_LOG_LEVEL = "DEBUG"  # a crawl can drop thousands of unchanged offers

FEED_EXPORTERS = {
    "jsonlines": "awardspider.extensions.feed_exporters.RecordJsonLines",
    "jsonl": "awardspider.extensions.feed_exporters.RecordJsonLines",
    "jl": "awardspider.extensions.feed_exporters.RecordJsonLines",
    "json": "awardspider.extensions.feed_exporters.RecordJson",
    "csv": "awardspider.extensions.feed_exporters.RecordCsv",
    "xml": None,  # records with segments are not flat
}
FEED_EXPORT_ENCODING = "utf-8"
FEED_STORAGES = dict.fromkeys(("", "file"), "awardspider.extensions.feed_storage.FileStorage")

# The cookies middleware uses tldextract, which would download the Public Suffix List at the first cookie: a request to
# another site, outside of proxies and politeness, and a traceback without the Internet. Its copy of the list is enough.
os.environ.setdefault("TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS", "")

# A running crawl accepts no remote connections.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
