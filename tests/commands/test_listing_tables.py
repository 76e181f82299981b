"""The tables of the listing commands, as they stand in a terminal."""

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
from tests.commands.test_listings import LOOKS, OFFERS
from tests.support.storage_examples import NOW, a_report, a_search, an_itinerary, batch_of

HOUR = timedelta(hours=1)

# What stands in a table is the same whatever the engine; that the engines agree is test_listing_commands' part.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def drawn(table: RenderableType, width: int) -> list[str]:
    """The lines of a table on a terminal of that width, none of which is wider."""
    console = Console(width=width, file=io.StringIO(), highlight=False)
    with console.capture() as captured:
        console.print(table)
    lines = captured.get().splitlines()
    assert all(len(line) <= width for line in lines)
    return [line.rstrip() for line in lines if set(line) != {"─"}]


def listed(store: Store, *offers: AwardOfferItem) -> list[OfferRow]:
    write_batch(store, batch_of(*offers))
    return list(find_offers(store, OfferFilter(gone=True)))


def test_offers_at_140_columns(store: Store) -> None:
    listed(store, *OFFERS.values())
    write_batch(store, Batch(gone={NOW + HOUR: [OFFERS["gone"].offer_id]}))
    ids = [offer.offer_id[:8] for offer in OFFERS.values()]
    assert drawn(offers_table(listed(store), NOW + 2 * HOUR), 140) == [
        "program  route    date            cabin        miles     was   taxes  seats  party    stops  flights         seen ago  id",
        f"united   LAX-AUS  Wed 2027-03-10  premium*     9,300  15,000   $5.60     9+      2        1  UA2212 UA374         5 h  {ids[0]}",
        f"united   LAX-AUS  Wed 2027-03-10  economy     12,500           $5.60      4         nonstop  UA1297               2 h  {ids[1]}",
        f"united   LAX-AUS  Sun 2027-03-14  business   30,000+           $5.60      -               -  any of the day       2 h  {ids[2]}",
        f"united   LAX-AUS  Sat 2027-03-20  first      60,000+           $5.60      -               -  any of the day  gone 1 h  {ids[3]}",
        f"united   SFO-HND  Thu 2027-03-11  first     110,000+          ¥5,610      2               -  any of the day       1 h  {ids[4]}",
        "* part of the way is in another cabin",
        "+ the lowest price of that day, whatever the flights",
        "no room for fare",
    ]


def test_offers_at_80_columns(store: Store) -> None:
    lines = drawn(offers_table(listed(store, *OFFERS.values()), NOW + 2 * HOUR), 80)
    assert lines[:3] == [
        "program  route    date            cabin        miles   taxes  seats  seen ago",
        "united   LAX-AUS  Wed 2027-03-10  premium*     9,300   $5.60     9+       5 h",
        "united   LAX-AUS  Wed 2027-03-10  economy     12,500   $5.60      4       2 h",
    ]
    assert lines[-1] == "no room for was, party, stops, flights, fare, id"


def test_whose_answer_it_was_where_that_is_not_the_programs_own(store: Store) -> None:
    rows = listed(store, OFFERS["nonstop"], replace(OFFERS["lowest"], source="seatsaero"))
    lines = drawn(offers_table(rows, NOW + 2 * HOUR), 140)
    assert [line[:27] for line in lines[:3]] == [
        "program  via        route  ",
        "united              LAX-AUS",
        "united   seatsaero  LAX-AUS",
    ]


def test_which_program_a_look_was_about(store: Store) -> None:
    about = a_search(
        program="seatsaero", kind="bulk", origin="North America", destination="Europe", target_program="delta"
    )
    write_batch(store, Batch(reports=[a_report("1", search=about), a_report("2", requested_at=NOW - HOUR)]))
    lines = drawn(searches_table(find_searches(store, SearchFilter()), NOW), 120)
    assert lines[1].split()[2:7] == ["seatsaero", "delta", "North", "America-Europe", "2027-03"]
    assert lines[2].split()[2:5] == ["united", "LAX-AUS", "2027-03"]


def test_no_width_breaks_a_row(store: Store) -> None:
    table = offers_table(listed(store, *OFFERS.values()), NOW)
    for width in range(7, 160):
        rows = [line for line in drawn(table, width) if line.startswith(("united", "LAX-AUS", "SFO-HND"))]
        assert len(rows) == len(OFFERS), width


def test_a_name_from_outside_cannot_break_the_table(store: Store) -> None:
    rows = listed(store, an_itinerary(fare_name="[red]a\n\x1b[2Jb"))
    assert "[red]a  [2Jb" in drawn(offers_table(rows, NOW), 160)[1]


def test_searches_at_120_columns(store: Store) -> None:
    write_batch(store, Batch(reports=LOOKS))
    table = searches_table(find_searches(store, SearchFilter()), NOW)
    assert drawn(table, 120) == [
        "when (UTC)   program  route    dates       kind       outcome         reason          offers   took  note",
        "11-22 10:00  united   LAX-AUS  2027-03     calendar   found                            1,234  0.8 s",
        "11-22 09:00  united   LAX-AUS  2027-03-10  itinerary  could not look  sign_in_needed       0  1.2 s  sent to https://ww…",
        "11-22 08:00  united   LAX-AUS  2027-03     calendar   none                                 0      -",
        "no room for HTTP",
    ]


def test_searches_at_80_columns(store: Store) -> None:
    old = [replace(LOOKS[0], search_id="4", requested_at=NOW - 400 * 24 * HOUR)]
    write_batch(store, Batch(reports=LOOKS + old))
    table = searches_table(find_searches(store, SearchFilter()), NOW)
    assert drawn(table, 80) == [
        "when (UTC)        program  route    dates       outcome         reason",
        "11-22 10:00       united   LAX-AUS  2027-03     found",
        "11-22 09:00       united   LAX-AUS  2027-03-10  could not look  sign_in_needed",
        "11-22 08:00       united   LAX-AUS  2027-03     none",
        "2025-10-18 10:00  united   LAX-AUS  2027-03     found",
        "no room for kind, HTTP, offers, took, note",
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
def test_dates_are_as_short_as_can_be(store: Store, first: str, last: str, text: str) -> None:
    search = a_search(first=date.fromisoformat(first), last=date.fromisoformat(last))
    write_batch(store, Batch(reports=[a_report("1", search=search)]))
    table = searches_table(find_searches(store, SearchFilter()), NOW)
    assert f"LAX-AUS  {text}  calendar" in drawn(table, 140)[1]


def test_a_history(store: Store) -> None:
    offer = OFFERS["nonstop"]
    for hours, miles in enumerate((12_500, 15_000, 10_000)):
        listed(store, replace(offer, miles=miles, seen_at=NOW + hours * HOUR))
    write_batch(store, Batch(gone={NOW + 3 * HOUR: [offer.offer_id]}))
    assert drawn(history_table(*offer_history(store, offer.offer_id), NOW + 27 * HOUR), 80) == [
        "LAX-AUS Wed 2027-03-10  united, economy, Economy Saver Award, UA1297",
        f"id {offer.offer_id}",
        "first seen 2026-11-22 10:00, last seen 2026-11-22 12:00, gone 2026-11-22 13:00",
        "(UTC)",
        "",
        "when (UTC)         miles  change  taxes  seats  marks   ago",
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
