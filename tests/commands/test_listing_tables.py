"""The tables of the listing commands, as a terminal shows them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from rich.console import Console, RenderableType

from awardspider.commands._listing import age, history_table, offers_table, searches_table
from awardspider.items import AwardOfferItem
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.offers import OfferFilter, OfferRow, find_offers, offer_history
from awardspider.storage.searches import SearchFilter, find_searches
from awardspider.storage.store import Store
from tests.support.listing_examples import OFFERS, REPORTS
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_report, make_search

HOUR = timedelta(hours=1)

# Tables do not depend on the database; test_listings runs on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def render_lines(table: RenderableType, width: int) -> list[str]:
    """Return the lines of a table on a terminal of that width, none of which is wider."""
    console = Console(width=width, file=io.StringIO(), highlight=False)
    with console.capture() as captured:
        console.print(table)
    lines = captured.get().splitlines()
    assert all(len(line) <= width for line in lines)
    return [line.rstrip() for line in lines if set(line) != {"─"}]


def listed(store: Store, *offers: AwardOfferItem) -> list[OfferRow]:
    write_batch(store, make_batch(*offers))
    return list(find_offers(store, OfferFilter(gone=True)))


def test_offers_at_140_columns(store: Store) -> None:
    listed(store, *OFFERS.values())
    write_batch(store, Batch(gone={NOW + HOUR: [OFFERS["gone"].offer_id]}))
    ids = [offer.offer_id[:8] for offer in OFFERS.values()]
    assert render_lines(offers_table(listed(store), NOW + 2 * HOUR), 140) == [
        "program  route    date            cabin        miles  regular   taxes  seats  party    stops  flights         seen ago  id",
        f"united   LAX-AUS  Wed 2027-03-10  premium*     9,300   15,000   $5.60     9+      2        1  UA2212 UA374         5 h  {ids[0]}",
        f"united   LAX-AUS  Wed 2027-03-10  economy     12,500            $5.60      4         nonstop  UA1297               2 h  {ids[1]}",
        f"united   LAX-AUS  Sun 2027-03-14  business   30,000+            $5.60      -               -  any of the day       2 h  {ids[2]}",
        f"united   LAX-AUS  Sat 2027-03-20  first      60,000+            $5.60      -               -  any of the day  gone 1 h  {ids[3]}",
        f"united   SFO-HND  Thu 2027-03-11  first     110,000+           ¥5,610      2               -  any of the day       1 h  {ids[4]}",
        "* part of the itinerary is in a lower cabin",
        "+ lowest price of the day; the flights are unknown",
        "not shown (too narrow): fare",
    ]


def test_offers_at_80_columns(store: Store) -> None:
    lines = render_lines(offers_table(listed(store, *OFFERS.values()), NOW + 2 * HOUR), 80)
    assert lines[:3] == [
        "program  route    date            cabin        miles   taxes  seats  seen ago",
        "united   LAX-AUS  Wed 2027-03-10  premium*     9,300   $5.60     9+       5 h",
        "united   LAX-AUS  Wed 2027-03-10  economy     12,500   $5.60      4       2 h",
    ]
    assert lines[-1] == "not shown (too narrow): regular, party, stops, flights, fare, id"


def test_the_source_is_shown_if_it_is_another_program(store: Store) -> None:
    rows = listed(store, OFFERS["nonstop"], replace(OFFERS["lowest"], source="seatsaero"))
    lines = render_lines(offers_table(rows, NOW + 2 * HOUR), 140)
    assert [line[:27] for line in lines[:3]] == [
        "program  via        route  ",
        "united              LAX-AUS",
        "united   seatsaero  LAX-AUS",
    ]


def test_searches_show_the_program_they_cover(store: Store) -> None:
    about = make_search(
        program="seatsaero", kind="bulk", origin="North America", destination="Europe", target_program="delta"
    )
    write_batch(store, Batch(reports=[make_report("1", search=about), make_report("2", requested_at=NOW - HOUR)]))
    lines = render_lines(searches_table(find_searches(store, SearchFilter()), NOW), 120)
    assert lines[1].split()[2:7] == ["seatsaero", "delta", "North", "America-Europe", "2027-03"]
    assert lines[2].split()[2:5] == ["united", "LAX-AUS", "2027-03"]


def test_no_width_breaks_a_row(store: Store) -> None:
    table = offers_table(listed(store, *OFFERS.values()), NOW)
    for width in range(7, 160):
        rows = [line for line in render_lines(table, width) if line.startswith(("united", "LAX-AUS", "SFO-HND"))]
        assert len(rows) == len(OFFERS), width


def test_control_characters_do_not_break_the_table(store: Store) -> None:
    rows = listed(store, make_itinerary(fare_name="[red]a\n\x1b[2Jb"))
    assert "[red]a  [2Jb" in render_lines(offers_table(rows, NOW), 160)[1]


def test_searches_at_120_columns(store: Store) -> None:
    write_batch(store, Batch(reports=REPORTS))
    table = searches_table(find_searches(store, SearchFilter()), NOW)
    assert render_lines(table, 120) == [
        "when (UTC)   program  route    dates       kind       outcome  reason          HTTP  offers   took  note",
        "11-22 10:00  united   LAX-AUS  2027-03     calendar   found                     200   1,234  0.8 s",
        "11-22 09:00  united   LAX-AUS  2027-03-10  itinerary  failed   sign_in_needed   302       0  1.2 s  sent to https://www…",
        "11-22 08:00  united   LAX-AUS  2027-03     calendar   empty                       -       0      -",
    ]


def test_searches_at_80_columns(store: Store) -> None:
    old = [replace(REPORTS[0], search_id="4", requested_at=NOW - 400 * 24 * HOUR)]
    write_batch(store, Batch(reports=REPORTS + old))
    table = searches_table(find_searches(store, SearchFilter()), NOW)
    assert render_lines(table, 80) == [
        "when (UTC)        program  route    dates       outcome  reason          offers",
        "11-22 10:00       united   LAX-AUS  2027-03     found                     1,234",
        "11-22 09:00       united   LAX-AUS  2027-03-10  failed   sign_in_needed       0",
        "11-22 08:00       united   LAX-AUS  2027-03     empty                         0",
        "2025-10-18 10:00  united   LAX-AUS  2027-03     found                     1,234",
        "not shown (too narrow): kind, HTTP, took, note",
    ]


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2027-03-10", "2027-03-10", "2027-03-10"),
        ("2027-02-01", "2027-02-28", "2027-02"),
        ("2027-03-02", "2027-03-31", "2027-03-02..31"),
        ("2027-03-01", "2027-04-30", "2027-03-01..2027-04-30"),
    ],
)
def test_dates_are_shortened(store: Store, first: str, last: str, text: str) -> None:
    search = make_search(first=date.fromisoformat(first), last=date.fromisoformat(last))
    write_batch(store, Batch(reports=[make_report("1", search=search)]))
    table = searches_table(find_searches(store, SearchFilter()), NOW)
    assert f"LAX-AUS  {text}  calendar" in render_lines(table, 140)[1]


def test_a_history(store: Store) -> None:
    offer = OFFERS["nonstop"]
    for hours, miles in enumerate((12_500, 15_000, 10_000)):
        listed(store, replace(offer, miles=miles, seen_at=NOW + hours * HOUR))
    write_batch(store, Batch(gone={NOW + 3 * HOUR: [offer.offer_id]}))
    assert render_lines(history_table(*offer_history(store, offer.offer_id), NOW + 27 * HOUR), 80) == [
        "LAX-AUS Wed 2027-03-10  united, economy, Economy Saver Award, UA1297",
        f"id {offer.offer_id}",
        "first seen 2026-11-22 10:00, last seen 2026-11-22 12:00, gone 2026-11-22 13:00",
        "(UTC)",
        "",
        "when (UTC)         miles  change  taxes  seats  flags   ago",
        "2026-11-22 10:00  12,500          $5.60      4  saver  27 h",
        "2026-11-22 11:00  15,000  +2,500  $5.60      4  saver  26 h",
        "2026-11-22 12:00  10,000  -5,000  $5.60      4  saver  25 h",
        "2026-11-22 13:00    gone              -      -         24 h",
    ]


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (-timedelta(hours=1), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=1500), "1,500 days"),
    ],
)
def test_age(database_url: str, passed: timedelta, text: str) -> None:
    assert age(NOW - passed, NOW) == text
