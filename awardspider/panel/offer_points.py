"""The cost of an offer in the points of the visitor's owner, and the promotions that make it cheaper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from awardspider.deals.valuations import ValueComparison, load_valuations
from awardspider.panel.configuration import PanelConfig
from awardspider.search.offer_promotions import OfferPromotion
from awardspider.search.owners import Owner
from awardspider.search.points_cost import PointsCost, TransferBonus, points_costs, points_for
from awardspider.search.promotion_states import promotion_day
from awardspider.search.transfer_partners import banks
from awardspider.storage.offers import OfferRow
from awardspider.storage.owners import find_owner
from awardspider.storage.program_sales import find_program_sales
from awardspider.storage.promotions import find_transfer_bonuses


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedBonus:
    """A transfer bonus to the offer's program: the points with it and without it, for the party."""

    bonus: TransferBonus
    points: int
    regular_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPoints:
    """The ways to pay an offer, and what makes it cheaper now. `miles` are those of the party."""

    owner: Owner
    miles: int
    costs: Sequence[PointsCost]
    bonuses: Sequence[PricedBonus]
    sales: Sequence[OfferPromotion]
    comparison: ValueComparison | None = None


def find_offer_points(config: PanelConfig, offer: OfferRow, owner_id: str) -> OfferPoints | None:
    """Return the ways to pay an offer with the points of an owner; None without a price."""
    if offer.miles is None:
        return None
    now = config.now()
    day = promotion_day(now)
    miles = offer.miles * offer.travelers
    owner = find_owner(config.store, owner_id)
    bonuses = find_transfer_bonuses(config.store, day)
    valuations = load_valuations(config.settings)
    cents = offer.judgment.cents_per_point if offer.judgment else None
    valuation = valuations.value_of(offer.program)
    return OfferPoints(
        owner=owner,
        miles=miles,
        costs=points_costs(offer.program, miles, owner.holdings, bonuses, day, values=valuations.middles),
        bonuses=list(_priced(bonuses, offer.program, miles, day)),
        sales=[sale.promotion for sale in find_program_sales(config.store, [offer.program], now)],
        comparison=valuation.compare(cents) if valuation and cents is not None else None,
    )


def _priced(bonuses: Sequence[TransferBonus], program: str, miles: int, day: date) -> Iterator[PricedBonus]:
    for bonus in bonuses:
        bank = banks().get(bonus.bank)
        ratio = bank.ratios.get(program) if bank else None
        if bonus.program != program or ratio is None or not bonus.is_active(day):
            continue
        yield PricedBonus(
            bonus=bonus,
            points=points_for(miles, ratio, bonus.percent),
            regular_points=points_for(miles, ratio),
        )
