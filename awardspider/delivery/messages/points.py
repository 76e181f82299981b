"""The cost of an offer in the owner's points, in words."""

from __future__ import annotations

from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.text_limits import plain_text
from awardspider.programs import ProgramCurrency, Unit, all_programs, program_currency
from awardspider.search.points_cost import PointsCost

_MAX_NAME_LENGTH = 60


def points_text(cost: PointsCost, language: Language) -> str:
    """Return text such as `54,000 Amex Membership Rewards points (30% bonus until Dec 31)`."""
    points = language.price(cost.points, _currency(cost))
    if cost.bonus_percent is None:
        return points
    percent = language.percent(cost.bonus_percent)
    if cost.bonus_until is None:
        bonus = language.phrase("points.bonus", percent=percent)
    else:
        bonus = language.phrase("points.bonus_until", percent=percent, date=language.month_day(cost.bonus_until))
    return f"{points} ({bonus})"


def _currency(cost: PointsCost) -> ProgramCurrency:
    """Return the currency of a balance; a unit at the end of the name, as in `Capital One Miles`, is translated."""
    if cost.key in all_programs():
        return program_currency(cost.key)
    name = plain_text(cost.name, _MAX_NAME_LENGTH)
    brand, _, unit = name.rpartition(" ")
    if brand and unit.lower() in set(Unit):
        return ProgramCurrency(unit=Unit(unit.lower()), brand=brand)
    return ProgramCurrency(unit=Unit.POINTS, brand=name)
