"""Settings that a crawl depends on, read once ahead of everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.programs import programs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scrapy.settings import BaseSettings


def check_settings(settings: BaseSettings) -> None:
    """Raise BadSetting, with what to write instead, for the first value that cannot be."""
    wait = settings["AWARD_RETRY_AFTER_MAX"]
    if not str(wait).replace(".", "", 1).isdecimal():
        raise InvalidSetting(f"AWARD_RETRY_AFTER_MAX is {wait!r}: write a number of seconds")
    pages = settings["AWARD_BROWSER_PAGES"]
    if not str(pages).isdecimal() or int(pages) < 1:
        raise InvalidSetting(f"AWARD_BROWSER_PAGES is {pages!r}: write a whole number from 1")
    if settings["AWARD_PROGRESS"] not in ("auto", "off"):
        raise InvalidSetting(f"AWARD_PROGRESS is {settings['AWARD_PROGRESS']!r}: write auto or off")
    sandbox = settings["AWARD_SANDBOX_URL"]
    if sandbox and (urlsplit(sandbox).scheme not in ("http", "https") or not urlsplit(sandbox).netloc):
        raise InvalidSetting(f"AWARD_SANDBOX_URL is {sandbox!r}: write an address such as http://127.0.0.1:8800")
    for program in settings.getlist("AWARD_ACCEPT_TERMS"):
        if program.strip() not in programs():
            raise InvalidSetting(f"AWARD_ACCEPT_TERMS names {program!r}; there are {', '.join(programs())}")


def known_only(given: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    """The arguments that say something; raises BadArgument for one that is not known."""
    if unknown := [argument for argument in given if argument not in known]:
        raise InvalidArgument(f"{', '.join(unknown)}: no such argument; there are {', '.join(known)}")
    return {argument: value for argument, value in given.items() if value}


def one_of(argument: str, value: str, allowed: Sequence[str]) -> str:
    """The value, where it is one of those allowed; raises BadArgument."""
    if value not in allowed:
        raise InvalidArgument(f"{argument} is {value!r}: write {' or '.join(allowed)}")
    return value
