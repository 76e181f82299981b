"""Texts that a person posts."""

from __future__ import annotations

import pytest

from awardspider.delivery.channels.handoff.captions import caption
from awardspider.delivery.channels.handoff.outlets import Outlet
from tests.support.render_examples import EVENTS

LINK = "https://deals.example.com/s/abc"


@pytest.mark.parametrize("outlet", list(Outlet))
@pytest.mark.parametrize("name", ["record-low", "digest-first", "transfer-bonus"])
def test_a_post_fits_and_ends_with_the_link(outlet: Outlet, name: str) -> None:
    text = caption(EVENTS[name], outlet, locale="es", share_link=LINK)
    assert text.endswith(LINK)
    assert len(text) <= outlet.max_length
    assert not any(watch in text for watch in getattr(EVENTS[name], "watches", ()))


def test_a_post_of_several_lines_has_the_offers_of_a_digest() -> None:
    lines = caption(EVENTS["digest"], Outlet.FACEBOOK_GROUP, locale="es", share_link=LINK).splitlines()
    offers = [line for line in lines if line.startswith("• ")]
    assert len(offers) == 5
    assert offers[1] == "• HND → JFK · jue, 1 abr 2027 · Primera clase · 110.000 millas MileagePlus + 5.610 JPY"
    assert lines[lines.index(offers[-1]) + 1] == "y 37 más"


LONG_LINK = "https://www.example.com/book?" + "x" * 114


@pytest.mark.parametrize("outlet", list(Outlet))
@pytest.mark.parametrize("locale", ["en", "pt_BR", "es"])
@pytest.mark.parametrize("name", list(EVENTS))
def test_a_post_leaves_out_parts_instead_of_cutting_one(name: str, locale: str, outlet: Outlet) -> None:
    text = caption(EVENTS[name], outlet, locale=locale, share_link=LONG_LINK)
    assert len(text) <= outlet.max_length
    assert not text.removesuffix(LONG_LINK).rstrip().endswith("…")


def test_a_link_that_leaves_no_space_for_the_price_is_left_out() -> None:
    link = f"{LONG_LINK}{'x' * 60}"
    text = caption(EVENTS["exceptional-drop"], Outlet.SNAPCHAT, locale="en", share_link=link)
    assert text.startswith("Price drop, exceptional price: HND-JFK Thu, Apr 1, first class, 110,000 MileagePlus miles")
    assert link not in text
