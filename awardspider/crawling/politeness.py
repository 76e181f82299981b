"""Request rates for a site, and reasons not to send it any request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awardspider.crawling.browser import session_error
from awardspider.crawling.sandbox_check import find_sandbox_problem
from awardspider.outcomes import Reason, SearchFailed
from awardspider.programs import Access, Program

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from awardspider.crawling.spider import AwardSpider

SANDBOX_CONCURRENCY = 2  # limits the requests still sent after a block to one


def set_request_rate(settings: BaseSettings, program: Program) -> None:
    """Limit the live site to one request at a time, with the program's delay; the sandbox needs no delay."""
    if settings["AWARD_SANDBOX_URL"]:
        settings.set("AUTOTHROTTLE_ENABLED", False, priority="spider")
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", SANDBOX_CONCURRENCY, priority="spider")
        # Scrapy would send 16 requests while earlier responses wait, and a killed crawl would lose all of them.
        settings.set("CONCURRENT_REQUESTS", SANDBOX_CONCURRENCY, priority="spider")
    else:
        values = {
            "DOWNLOAD_DELAY": program.pause_seconds,
            "AUTOTHROTTLE_START_DELAY": program.pause_seconds,
            "AUTOTHROTTLE_MAX_DELAY": max(60.0, program.pause_seconds),
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            "CONCURRENT_REQUESTS": 2,  # requests in the transport's queue cannot be canceled quickly
        }
        for name, value in values.items():
            settings.set(name, value, priority="spider")


def find_refusal(spider: AwardSpider) -> SearchFailed | None:
    """Return an error if it is already known that the program must not be requested now; otherwise None."""
    program = spider.program
    if program.access is Access.KEY and not spider.access_key:
        note = f"{program.name} needs your own key: set AWARD_{program.key.upper()}_KEY"
        return SearchFailed(Reason.SIGN_IN_NEEDED, note)
    if error := session_error(spider.session_file):
        return SearchFailed(Reason.SIGN_IN_NEEDED, f"{error}: run `scrapy login {program.key}` again")
    if not spider.live:
        problem = find_sandbox_problem(spider.settings["AWARD_SANDBOX_URL"])
        return SearchFailed(Reason.UNREACHABLE, problem) if problem else None
    if program.access is Access.SIGN_IN and not spider.session_file.exists():
        return SearchFailed(
            Reason.SIGN_IN_NEEDED,
            f"{program.name} shows award prices to signed-in members only: run `scrapy login {program.key}`",
        )
    if program.terms_forbid and program.key not in spider.settings.getlist("AWARD_ACCEPT_TERMS"):
        return SearchFailed(
            Reason.TERMS_NOT_ACCEPTED,
            f"the terms of {program.site} forbid automated access: "
            f"add {program.key} to AWARD_ACCEPT_TERMS if you have permission",
        )
    paused_until = spider.context.paused_until
    if paused_until and paused_until > spider.now():
        return SearchFailed(Reason.BLOCKED, f"paused until {paused_until:%Y-%m-%d %H:%MZ} after a block")
    return None
