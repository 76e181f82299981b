"""The pages about exchange rates, points and alliances name the days and keys of the data."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from awardspider.deals import valuations
from awardspider.parsers.ecb import FEWEST_RATES
from awardspider.search import alliances, transfer_partners
from awardspider.search.exchange_rates import shipped_rates
from awardspider.search.points_cost import Holdings, miles_for, points_costs, points_for
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


def test_the_day_and_the_ranges_of_valuations() -> None:
    section = page_sections("docs/points.md")["Valuations"]
    shipped = valuations.shipped_valuations()
    assert f"(edition of {shipped.edition}, of {shipped.as_of})" in section
    assert f"{shipped.assumed[0]} to {shipped.assumed[1]}, and are marked as" in section
    assert f"older than {valuations.MAX_AGE_DAYS} days" in section


def test_the_file_of_valuations_on_the_page_is_valid(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.+?)```", page_sections("docs/points.md")["Valuations"], re.DOTALL)
    assert example
    (tmp_path / "own.toml").write_text(example[1], encoding="utf-8")
    own = valuations.load_valuations({"AWARD_VALUATIONS": str(tmp_path / "own.toml")})
    assert own.by_key["chase"].high == 2


def test_the_examples_of_costs_in_points() -> None:
    section = page_sections("docs/points.md")["Costs in points"]
    rows = [tuple(re.findall(r"[\d,]+", row)) for row in re.findall(r"^\| (\d.+) \|$", section, re.MULTILINE)]
    holdings = Holdings(points={"chase": 60_000, "united": 12_300, "bilt": 30_000})
    values = valuations.shipped_valuations().middles
    expected = []
    for cost in points_costs("united", 70_000, holdings, (), date(2026, 11, 29), values=values):
        own = [cost.own_miles] if cost.own_miles else []
        missing = [] if cost.enough else [cost.points - cost.held]
        amounts = (cost.points, *own, int(cost.ratio), cost.miles, cost.leftover, cost.held, *missing)
        expected.append(tuple(f"{amount:,}" for amount in amounts))
    assert rows == expected
    assert (points_for(42_500, Decimal("0.8")), miles_for(54_000, Decimal("0.8"))) == (54_000, 43_200)
    assert (points_for(47_500, Decimal(1), 30), miles_for(37_000, Decimal(1), 30)) == (37_000, 48_100)


def test_the_alliances_and_their_day() -> None:
    section = page_sections("docs/points.md")["Alliances"]
    assert [name for name in alliances.Alliance if f"`{name}`" not in section] == []
    assert f"dated {alliances.as_of()}" in section.replace("\n", " ")
