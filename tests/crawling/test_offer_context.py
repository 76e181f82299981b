"""Pipeline state beside the offers."""

from __future__ import annotations

import pytest

from awardspider.crawling.offer_context import OfferContext, OfferContexts
from tests.support.storage_examples import NOW, make_offer, make_search


def test_a_context_is_found_by_the_item_and_ends_with_it() -> None:
    contexts = OfferContexts()
    offers = [make_offer(), make_offer()]  # equal, but two items
    for offer, search_id in zip(offers, ("1", "2"), strict=True):
        contexts.add(offer, OfferContext(search=make_search(id=search_id), responded_at=NOW))
    assert [contexts[offer].search.id for offer in offers] == ["1", "2"]
    del offer, offers[0]
    assert len(contexts) == 1
    assert contexts[offers[0]].search.id == "2"
    with pytest.raises(KeyError):
        contexts[make_offer()]
