"""Check settings and spider arguments before the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awardspider.clock import simulate_time
from awardspider.crawling.sandbox_check import check_sandbox_url
from awardspider.environment import check_proxies
from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.programs import programs
from awardspider.promotion_sources import forbidding_hosts, source_spiders
from awardspider.search.alert_wait import alert_wait
from awardspider.search.freshness import max_age
from awardspider.search.recent_searches import min_age

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scrapy.settings import BaseSettings


def check_settings(settings: BaseSettings) -> None:
    """Raise InvalidSetting for the first invalid setting that a crawl depends on."""
    if error := settings["ENV_FILE_ERROR"]:
        raise InvalidSetting(error)
    wait = settings["AWARD_RETRY_AFTER_MAX"]
    if not str(wait).replace(".", "", 1).isdecimal():
        raise InvalidSetting(f"AWARD_RETRY_AFTER_MAX is {wait!r}, but must be a number of seconds")
    max_age(settings)
    alert_wait(settings)
    min_age(settings)
    pages = settings["AWARD_BROWSER_PAGES"]
    if not str(pages).isdecimal() or int(pages) < 1:
        raise InvalidSetting(f"AWARD_BROWSER_PAGES is {pages!r}, but must be 1 or more")
    if settings["AWARD_PROGRESS"] not in ("auto", "off"):
        raise InvalidSetting(f"AWARD_PROGRESS is {settings['AWARD_PROGRESS']!r}, but must be auto or off")
    sandbox = settings["AWARD_SANDBOX_URL"]
    check_sandbox_url(sandbox)
    simulate_time(settings)
    check_proxies(sandbox)
    known = (*programs(), *source_spiders(), *forbidding_hosts())
    for name in settings.getlist("AWARD_ACCEPT_TERMS"):
        if name.strip() not in known:
            raise InvalidSetting(f"AWARD_ACCEPT_TERMS: unknown program or site {name!r} (known: {', '.join(known)})")


def check_arguments(given: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    """Return the nonempty arguments. Raise InvalidArgument for any that the spider does not accept."""
    if unknown := [argument for argument in given if argument not in known]:
        raise InvalidArgument(f"unknown argument {', '.join(unknown)} (known: {', '.join(known)})")
    return {argument: value for argument, value in given.items() if value}


def check_choice(argument: str, value: str, choices: Sequence[str]) -> str:
    """Return the value of an argument. Raise InvalidArgument if it is not one of the choices."""
    if value not in choices:
        raise InvalidArgument(f"{argument} is {value!r}, but must be {' or '.join(choices)}")
    return value
