"""The pages about exchange rates, points and alliances name the days and keys of the data."""

from __future__ import annotations

import re

from awardspider.parsers.ecb import FEWEST_RATES
from awardspider.search import alliances, transfer_partners
from awardspider.search.exchange_rates import shipped_rates
from awardspider.storage.exchange_rates import RETENTION
from tests.support.manual import page_sections, page_text


def test_the_day_and_the_limits_of_exchange_rates() -> None:
    page = page_text("docs/exchange-rates.md")
    assert f"the rates of one day, {shipped_rates().day}," in page
    assert f"fewer than {FEWEST_RATES}" in page
    assert f"kept for {RETENTION.days} days" in page


def test_the_banks_and_the_day_of_their_partners() -> None:
    section = page_sections("docs/points.md")["Points"]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE))
    assert rows == {key: bank.name for key, bank in transfer_partners.banks().items()}
    assert f"({transfer_partners.as_of()})" in section


def test_the_alliances_and_their_day() -> None:
    section = page_sections("docs/points.md")["Alliances"]
    assert [name for name in alliances.Alliance if f"`{name}`" not in section] == []
    assert f"dated {alliances.as_of()}" in section.replace("\n", " ")
