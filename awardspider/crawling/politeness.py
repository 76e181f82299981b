"""How gently a site is asked, and when it is not asked at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awardspider.outcomes import Reason, SearchFailed
from awardspider.programs import Program

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from awardspider.crawling.spider import AwardSpider

SANDBOX_CONCURRENCY = 2  # one more request after a block, at most


def set_pauses(settings: BaseSettings, program: Program) -> None:
    """The program's pause and one request at a time for the live site; the sandbox needs neither."""
    if settings["AWARD_SANDBOX_URL"]:
        settings.set("AUTOTHROTTLE_ENABLED", False, priority="spider")
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", SANDBOX_CONCURRENCY, priority="spider")
    else:
        chosen = {
            "DOWNLOAD_DELAY": program.pause_seconds,
            "AUTOTHROTTLE_START_DELAY": program.pause_seconds,
            "AUTOTHROTTLE_MAX_DELAY": max(60.0, program.pause_seconds),
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            "CONCURRENT_REQUESTS": 2,  # what waits its turn at the wire cannot be called back quickly
        }
        for name, value in chosen.items():
            settings.set(name, value, priority="spider")


def refusal(spider: AwardSpider) -> SearchFailed | None:
    """Why the program must not be asked now, as far as that is known without asking it."""
    program = spider.program
    if program.access == "key" and not spider.access_key:
        note = f"{program.name} wants a key of your own: put it in AWARD_{program.key.upper()}_KEY"
        return SearchFailed(Reason.SIGN_IN_NEEDED, note)
    if not spider.live:
        return None
    if program.access == "sign_in" and not spider.session_file.exists():
        return SearchFailed(
            Reason.SIGN_IN_NEEDED,
            f"{program.name} shows award prices to signed-in members only: run `scrapy login {program.key}`",
        )
    if program.terms_forbid and program.key not in spider.settings.getlist("AWARD_ACCEPT_TERMS"):
        return SearchFailed(
            Reason.TERMS_NOT_ACCEPTED,
            f"the terms of {program.site} forbid automated reading: "
            f"add {program.key} to AWARD_ACCEPT_TERMS if you have the right to",
        )
    paused_until = spider.context.paused_until
    if paused_until and paused_until > spider.now():
        return SearchFailed(Reason.BLOCKED, f"not to be asked before {paused_until:%Y-%m-%d %H:%MZ}")
    return None
