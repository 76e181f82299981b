"""Every outcome and reason of a page about promotions: an airline's own one, and one that somebody added."""

from __future__ import annotations

import pytest

from tests.support.source_crawls import SourceCrawl
from tests.support.source_faults import FAULTS, OTHER_FAULTS, UNCHANGED, crawl, for_each

DEALS = "https://www.delta.com/us/en/flight-deals/all-flight-deals"
PAGE = "https://www.jetblue.com/trueblue/promotions"
OTHER_PAGE = "https://www.alaskaair.com/deals"
AMERICAN = "https://www.aa.com/booking/flights/deals"

#: Faults that do not change what a person sees, or leave a page with other text.
HARMLESS = ("ok", UNCHANGED, "renamed_keys")


@pytest.fixture(scope="module")
def deals(tmp_path_factory: pytest.TempPathFactory) -> list[SourceCrawl]:
    return crawl(tmp_path_factory.mktemp("deals"), "deltadeals", [DEALS], ["www.delta.com"], FAULTS[:-2])


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[SourceCrawl]:
    folder = tmp_path_factory.mktemp("pages")
    return crawl(folder, "pagewatch", [PAGE, OTHER_PAGE], ["www.jetblue.com"], FAULTS[:-2])


@for_each(FAULTS[:-2])
def test_deals_under_each_fault(deals: list[SourceCrawl], number: int) -> None:
    fault, _, reason = FAULTS[number]
    found = deals[number]
    assert found.error is None
    outcome, given, note, entries = found.reports[DEALS]
    expected = None if fault in HARMLESS else reason
    assert (outcome, given) == (("failed", expected) if expected else ("found", None)), note
    assert bool(note) == bool(expected)
    assert (entries > 0) == (fault in HARMLESS and fault != UNCHANGED)
    assert found.stored == deals[0].stored
    assert min(found.stored) > 0


@for_each(FAULTS[:-2])
def test_an_added_page_under_each_fault(pages: list[SourceCrawl], number: int) -> None:
    fault, _, reason = FAULTS[number]
    found = pages[number]
    assert found.error is None
    assert set(found.reports) == {PAGE, OTHER_PAGE}
    outcome, given, note, entries = found.reports[PAGE]
    expected = None if fault in (*HARMLESS, "empty") else reason
    assert (outcome, given) == (("failed", expected) if expected else ("found", None)), note
    assert bool(note) == bool(expected)
    assert entries == 0
    # The other page is read, and no failure is taken for a change.
    assert found.reports[OTHER_PAGE][0] == "found"
    assert found.stored == (0, 0)


@pytest.fixture(scope="module")
def american(tmp_path_factory: pytest.TempPathFactory) -> list[SourceCrawl]:
    return crawl(tmp_path_factory.mktemp("american"), "americandeals", [AMERICAN], ["www.aa.com"], OTHER_FAULTS)


@for_each(OTHER_FAULTS)
def test_deals_of_another_airline_under_a_fault(american: list[SourceCrawl], number: int) -> None:
    fault, _, reason = OTHER_FAULTS[number]
    outcome, given, note, _ = american[number].reports[AMERICAN]
    expected = None if fault in HARMLESS else reason
    assert (outcome, given) == (("failed", expected) if expected else ("found", None)), note
    assert american[number].finish_reason == (expected or "finished")
