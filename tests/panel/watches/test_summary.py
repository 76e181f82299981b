"""Descriptions of watches in the language of a page."""

from __future__ import annotations

from awardspider.delivery.messages.language import get_language
from awardspider.panel.formats import Formats
from awardspider.panel.texts import Texts
from awardspider.panel.watches.summary import WatchWords
from awardspider.search.watches import build
from tests.support.panel import NOW


def test_programs_and_sources_have_names() -> None:
    programs = "united, seatsaero, seatsaero/delta"
    watch = build({"name": "Tokyo", "origin": "LAX", "destination": "HND", "dates": "2031-03", "programs": programs})
    words = WatchWords(Texts(get_language("en")), Formats(get_language("en"), NOW))
    assert words.summary(watch).endswith("MileagePlus, seats.aero Partner API, Delta SkyMiles (seats.aero Partner API)")
