"""The table of the ways to pay an award with points."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from awardspider.commands._table import Column, FittedTable
from awardspider.search.currency_texts import price_text, unit_text
from awardspider.search.points_cost import BLOCK, PointsCost
from awardspider.search.transfer_partners import holding_currency, holding_name


def points_costs_table(
    program: str, miles: int, costs: Sequence[PointsCost], *, has_points: bool = True
) -> RenderableType:
    """Return a table of the ways to pay an award of a program, best first, with the price in its note."""
    currency = holding_currency(program)
    unit = unit_text(currency)
    notes = [f"price: {price_text(miles, currency)}"]
    if any(cost.is_transfer for cost in costs):
        notes.append(f"banks transfer blocks of {BLOCK:,} points; check the bonus and the award before you transfer")
    if not has_points:
        notes.append("the profile has no points; scrapy profile set --points adds them")
    elif not costs:
        notes.append(f"no points of the profile reach {holding_name(program)}")
    columns = [
        Column[PointsCost](title="pay with", rank=0, text=_price),
        Column[PointsCost](title=f"and {unit} that you have", rank=2, text=_own, right=True, optional=True),
        Column[PointsCost](title="ratio", rank=5, text=lambda cost: f"{cost.ratio:f}", right=True),
        Column[PointsCost](title="bonus", rank=3, text=_bonus, optional=True),
        Column[PointsCost](title=f"become {unit}", rank=4, text=lambda cost: f"{cost.miles:,}", right=True),
        Column[PointsCost](title="left over", rank=6, text=lambda cost: f"{cost.leftover:,}", right=True),
        Column[PointsCost](title="you have", rank=1, text=_held, right=True),
    ]
    return FittedTable(costs, columns, notes)


def _price(cost: PointsCost) -> Text:
    return Text(price_text(cost.points, holding_currency(cost.key)), style="bold" if cost.enough else "dim")


def _own(cost: PointsCost) -> str:
    return f"{cost.own_miles:,}" if cost.own_miles else ""


def _held(cost: PointsCost) -> Text:
    missing = "" if cost.enough else f" ({cost.points - cost.held:,} missing)"
    return Text(f"{cost.held:,}{missing}", style="" if cost.enough else "yellow")


def _bonus(cost: PointsCost) -> str:
    parts = []
    if cost.bonus_percent is not None:
        parts.append(f"{cost.bonus_percent}% until {cost.bonus_until}")
    if cost.up_to_percent is not None:
        parts.append(f"up to {cost.up_to_percent}% until {cost.up_to_until}, not included")
    return "; ".join(parts)
