"""Pipeline state of offers, stored separately from the items while a crawl processes them."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from awardspider.items import AlertEvent, AwardOfferItem, Change, Search
from awardspider.search.judgments import Judgment
from awardspider.search.offer_promotions import OfferPromotion
from awardspider.search.trip_partners import TripPartner


@dataclass(slots=True, kw_only=True)
class OfferContext:
    """State of one offer: the engine sets the first two fields, and the pipelines set the rest.

    `responded_at` is the time of the response; the offer's `seen_at` is earlier if the source last saw it earlier.
    `trips` has the best partner for each round-trip watch that the offer matches, keyed by the watch's key.
    `promotions` has the promotion that made the offer cheaper for a watch, in the same way.
    """

    search: Search
    responded_at: datetime
    change: Change = Change.NEW
    watches: tuple[str, ...] = ()
    alerts: tuple[AlertEvent, ...] = ()
    trips: Mapping[str, TripPartner] = field(default_factory=dict)
    judgment: Judgment | None = None
    promotions: Mapping[str, OfferPromotion] = field(default_factory=dict)


class OfferContexts:
    """The contexts of a crawl's offers, keyed by item identity. Deleting an item removes its entry."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[weakref.ref[AwardOfferItem], OfferContext]] = {}

    def add(self, offer: AwardOfferItem, context: OfferContext) -> None:
        """Set the context of an offer."""
        key = id(offer)
        self._entries[key] = weakref.ref(offer, partial(self._entries.pop, key)), context

    def __getitem__(self, offer: AwardOfferItem) -> OfferContext:
        """Return the context of an offer. Raise KeyError if it has none."""
        return self._entries[id(offer)][1]

    def __len__(self) -> int:
        """Return the number of offers that are being processed."""
        return len(self._entries)
