"""What is worth telling of an offer that a watch wants: that it is new to the watch, or cheaper than last told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from awardspider.deals.matching import Wanted
from awardspider.items import AlertEvent, AwardOfferItem


def news_of(
    offer: AwardOfferItem, wanted: Iterable[Wanted], told: Mapping[str, int | None], *, is_new: bool
) -> tuple[AlertEvent, ...]:
    """The news of an offer for those of its watches that have any.

    `told` are the miles at which each watch was last told of it, by the watch's name. An offer that `is_new` was not
    there at the last look: it is told even where it was before, because it is back.
    """
    found = []
    for watch in wanted:
        if is_new or watch.name not in told:
            found.append(AlertEvent("offer.matched", watch.name, None, watch.min_seats))
            continue
        before = told[watch.name]
        if offer.miles is not None and before is not None and offer.miles < before:
            found.append(AlertEvent("offer.dropped", watch.name, before, watch.min_seats))
    return tuple(found)
