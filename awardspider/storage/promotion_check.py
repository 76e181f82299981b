"""The stored promotions that match a watch, and those that miss it by least."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from awardspider.search.promotion_fields import PROMOTION_KINDS
from awardspider.search.promotion_states import PromotionState
from awardspider.search.promotion_watches import PromotionWatch, match_promotion
from awardspider.storage.promotions import PromotionOrder, PromotionRow, find_promotions
from awardspider.storage.store import Store

#: A promotion with more reasons is no near miss.
_MOST_REASONS = 2
_STATES = tuple(PromotionState)


class CheckedPromotion(NamedTuple):
    """A promotion that has not ended, with its state, and the reasons why it does not match; empty if it matches."""

    row: PromotionRow
    state: PromotionState
    reasons: tuple[str, ...]


def current_promotions(store: Store, now: datetime) -> list[tuple[PromotionRow, PromotionState]]:
    """Return the promotions that have not ended, each with its state."""
    rows = find_promotions(store, PromotionOrder.PUBLISHED)
    return [(row, state) for row in rows if (state := row.state(now)) is not PromotionState.ENDED]


def check_promotions(
    store: Store, watch: PromotionWatch, now: datetime, misses: int
) -> tuple[list[CheckedPromotion], list[CheckedPromotion]]:
    """Return the matches, active ones first, and at most `misses` near misses, those with the fewest reasons first."""
    checked = [
        CheckedPromotion(row, state, match_promotion(watch, row.item)) for row, state in current_promotions(store, now)
    ]
    matches = [each for each in checked if not each.reasons]
    near = [each for each in checked if each.reasons and _is_near(each, watch)]
    without_limits = replace(watch, min_percent=None, max_cents=None, targeted=True)

    def distance(each: CheckedPromotion) -> tuple[int, bool]:
        # Those of other programs and banks come last: people rather change a limit.
        return len(each.reasons), bool(match_promotion(without_limits, each.row.item))

    return sorted(matches, key=lambda each: _STATES.index(each.state)), sorted(near, key=distance)[:misses]


def _is_near(checked: CheckedPromotion, watch: PromotionWatch) -> bool:
    """Return whether a promotion of a kind of the watch misses it for few reasons."""
    return len(checked.reasons) <= _MOST_REASONS and checked.row.item.kind in (watch.kinds or PROMOTION_KINDS)
