"""Programs and spiders as choices of a form."""

from __future__ import annotations

from awardspider.programs import programs
from awardspider.promotion_sources import source_spiders

#: The spider of exchange rates.
RATES_SPIDER = "ecb"


def program_choices() -> list[tuple[str, str]]:
    """Return the key and the name of each program that is searched, sorted by name."""
    return sorted(((key, program.name) for key, program in programs().items()), key=lambda choice: choice[1].casefold())


def spider_choices() -> list[tuple[str, str]]:
    """Return the programs, and then the spiders that read promotions and exchange rates, by their own names."""
    return [*program_choices(), *((name, name) for name in (*source_spiders(), RATES_SPIDER))]


def spider_names() -> list[str]:
    """Return the names of all spiders."""
    return [key for key, _ in spider_choices()]
