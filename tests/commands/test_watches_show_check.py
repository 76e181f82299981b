"""`scrapy watches show` and `check`."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands._watch_check import CHECK_FIELDS, TRIP_FIELDS
from awardspider.commands._watch_tables import FIELDS
from awardspider.items import Detail
from awardspider.storage.owners import default_owner, save_owner
from awardspider.storage.store import open_store
from tests.support.storage_examples import NOW
from tests.support.watches_command import AUSTIN, TOKYO, Watches, offer, requests_of, store_offers


@pytest.fixture
def watches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Watches:
    return Watches(tmp_path, capsys)


def test_show_describes_a_watch_in_words(watches: Watches) -> None:
    watches.succeed("add", "Tokyo", *TOKYO, "--programs", "united", "--expires", "2026-12-01")
    lines = watches.succeed("show", "tokyo").splitlines()
    (watch,) = watches.stored()
    assert lines[0] == "Tokyo  active"
    shown = {line[:11].strip(): line[11:] for line in lines[2:]}
    assert shown["id"] == watch.id
    assert shown["to"] == "TYO (2 airports: HND, NRT)"
    assert shown["dates"] == "2027-03..2027-05 (92 days: Mon 2027-03-01 to Mon 2027-05-31)"
    assert shown["expires"] == "on 2026-12-01, in 9 days"
    assert shown["searches"] == "12 requests for all days once: united 12"
    (record,) = json.loads(watches.succeed("show", "tokyo", "--format", "json"))
    assert tuple(record) == FIELDS
    assert (record["id"], record["programs"], record["expires"]) == (watch.id, "united", "2026-12-01")


def test_show_says_how_long_a_crawl_takes_by_the_budget(watches: Watches) -> None:
    watches.settings["AWARD_BUDGET"] = "united=5/day"
    out = watches.succeed("add", "Tokyo", *TOKYO, "--programs", "united")
    assert "within the budgets, all days of all active watches take: united 3 days" in out


def test_show_says_that_not_all_routes_of_a_broad_watch_are_searched(watches: Watches) -> None:
    watches.succeed(
        "add", "Far", "--origin", "Europe", "--destination", "Asia", "--dates", "2027-03", "--programs", "united"
    )
    shown = " ".join(watches.succeed("show", "far").split())
    assert re.search(
        r"searches [\d,]+ requests for all days once: united [\d,]+ \d+ of its [\d,]+ routes are searched", shown
    )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            ("--dates", "2029-05"),
            "its dates cannot be booked yet: the first one, 2029-05-01, can be booked from 2028-05",
        ),
        (("--programs", "southwest"), "its routes are outside the network of Southwest Rapid Rewards"),
        (("--reachable-only",), "your profile has no points; scrapy profile set --points adds them"),
        (("--max-points", "60k"), "your profile has no points; scrapy profile set --points adds them"),
        (("--active", "no"), "it is paused; scrapy watches resume continues it"),
    ],
)
def test_show_and_check_say_why_nothing_is_searched(watches: Watches, words: tuple[str, ...], reason: str) -> None:
    given = TOKYO if "--dates" not in words else TOKYO[:4]
    out = watches.succeed("add", "Tokyo", *given, *words)
    assert f"searches   nothing, because {reason}" in out
    assert watches.succeed("check", "tokyo").startswith(f"Nothing is searched for it, because {reason}")


def test_import_counts_only_programs_that_the_points_reach(watches: Watches) -> None:
    lines = ("name: Points", "origin: GRU", "destination: LIS", "dates: 2027-05", "reachable_only: yes")
    text = "watches:\n  - " + "\n    ".join(lines) + "\n"
    (watches.folder / "watches.yaml").write_text(text)
    result = watches("import", str(watches.folder / "watches.yaml"))
    assert result.err.startswith('watches.yaml:6: watch "Points" is not searched, because your profile has no points')
    assert requests_of(result.out)["Points"] == ["0"]
    store = open_store("", watches.folder)
    save_owner(store, replace(default_owner(store), points={"united": 1}), now=NOW)
    store.close()
    found = requests_of(watches.import_report(text))
    assert found["Points"] == found["all active watches"] == ["1", "united", "1"]
    assert "1 request for all days once: united 1" in watches.succeed("show", "points")


def test_check_lists_matches_best_first_and_near_misses_in_words(watches: Watches) -> None:
    watches.succeed("add", "Austin", *AUSTIN, "--max-miles", "12,500", "--min-seats", "2", "--max-taxes", "$20")
    store_offers(
        watches,
        offer(date(2027, 3, 10), 12_000),
        offer(date(2027, 3, 11), 10_000),
        offer(date(2027, 3, 12), 11_000, taxes=None),
        offer(date(2027, 3, 13), 16_500),
        offer(date(2027, 3, 14), 12_000, seats=1),
        offer(date(2027, 3, 22), 12_000),
        offer(date(2027, 6, 1), 12_000),
        offer(date(2027, 3, 15), 12_000, origin="SFO"),
    )
    out = watches.succeed("check", "austin")
    matches, _, misses = out.partition("Nearest misses:")
    days = [line.partition("2027-")[2][:5] for line in matches.splitlines() if "LAX-AUS" in line]
    assert days == ["03-11", "03-10", "03-12"]
    assert "does not say its taxes" in next(line for line in matches.splitlines() if "03-12" in line)
    for reason in ("4,000 miles over", "one seat short", "2 days outside the dates"):
        assert reason in misses
    assert "03-06-01" not in misses
    assert "SFO" not in out
    assert "Taxes in other currencies are converted with rates of the European Central Bank" in misses

    records = json.loads(watches.succeed("check", "austin", "--format", "json", "--misses", "1"))
    assert {tuple(record) for record in records} == {CHECK_FIELDS}
    assert [record["result"] for record in records] == ["match", "match", "possible", "no_match"]
    rows = list(csv.DictReader(io.StringIO(watches.succeed("check", "austin", "--format", "csv", "--limit", "1"))))
    assert [row["miles"] for row in rows if row["result"] == "match"] == ["10000"]


def test_check_names_the_points_of_what_it_misses(watches: Watches) -> None:
    store = open_store("", watches.folder)
    save_owner(store, replace(default_owner(store), points={"chase": 30_000}), now=NOW)
    store.close()
    watches.succeed("add", "Austin", *AUSTIN, "--max-points", "12k")
    assert "for one traveler at most 12,000 of your points" in watches.succeed("show", "austin")
    store_offers(watches, *(offer(date(2027, 3, 10 + n), miles) for n, miles in enumerate((11_500, 12_500, 31_000))))
    out = " ".join(watches.succeed("check", "austin").split())
    matches, _, misses = out.partition("Nearest misses:")
    assert "11,500" in matches
    assert "costs 13,000 Ultimate Rewards points, 1,000 above max_points" in misses
    assert "costs 31,000 Ultimate Rewards points, 19,000 above max_points, but you have 30,000" in misses


def test_check_of_a_round_trip_lists_pairs(watches: Watches) -> None:
    watches.succeed("add", "Austin", *AUSTIN, "--nights", "2-3", "--max-trip-miles", "25k")
    store_offers(
        watches,
        offer(date(2027, 3, 10), 12_000),
        offer(date(2027, 3, 12), 11_000, back=True),
        offer(date(2027, 3, 13), 12_500, back=True),
        offer(date(2027, 3, 13), 13_500, back=True, program="delta", source="delta"),
        offer(date(2027, 3, 15), 5_000, back=True),
    )
    trips = json.loads(watches.succeed("check", "austin", "--format", "json"))
    assert {tuple(trip) for trip in trips} == {TRIP_FIELDS}
    assert [(trip["result"], trip["return_date"], trip["nights"], trip["miles"]) for trip in trips] == [
        ("match", "2027-03-12", 2, 23_000),
        ("match", "2027-03-13", 3, 24_500),
        ("no_match", "2027-03-13", 3, 25_500),
        ("no_match", "2027-03-15", 5, 17_000),
    ]
    assert [trip["reasons"] for trip in trips] == ["", "", "500 miles over for both directions", "two nights too many"]
    assert {(trip["outbound_detail"], trip["return_detail"]) for trip in trips} == {("itinerary", "itinerary")}
    out = watches.succeed("check", "austin")
    pairs, _, rest = out.partition("Nearest round trips that do not match:")
    near, _, directions = rest.partition("offers for one of the two directions")
    assert [line.split()[0] for line in pairs.splitlines() if "2027-" in line] == ["23,000", "24,500"]
    assert [line.split("  ")[0] for line in near.splitlines() if "2027-" in line] == [
        "500 miles over for both directions",
        "two nights too many",
    ]
    assert "AUS-LAX" in directions
    fewer = json.loads(watches.succeed("check", "austin", "--format", "json", "--limit", "1", "--misses", "0"))
    assert [trip["miles"] for trip in fewer] == [23_000]


def test_check_of_unknown_flights_leaves_the_field_out(watches: Watches) -> None:
    watches.succeed("add", "Austin", *AUSTIN, "--nights", "2-3")
    lowest: dict[str, Any] = {"detail": Detail.DAY, "segments": (), "seats": None}
    store_offers(
        watches, offer(date(2027, 3, 10), 12_000, **lowest), offer(date(2027, 3, 12), 11_000, back=True, **lowest)
    )
    (trip,) = json.loads(watches.succeed("check", "austin", "--format", "json"))
    assert (trip["outbound_detail"], trip["return_detail"]) == ("day", "day")
    assert (trip["outbound_flights"], trip["return_flights"]) == (None, None)


@pytest.mark.parametrize("width", [70, 80, 100, 150])
def test_check_fits_the_terminal_with_all_words_of_a_reason(
    watches: Watches, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    watches.succeed("add", "Austin", *AUSTIN, "--max-miles", "10k", "--min-seats", "2", "--max-taxes", "$5")
    store_offers(watches, offer(date(2027, 3, 22), 12_000, seats=1))
    out = watches.succeed("check", "austin")
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out
    for word in ("days", "dates", "2,000", "seat", "0.60", "united", "LAX-AUS", "12,000"):
        assert word in out.split() or f"{word}," in out.split()


def test_check_without_offers_says_so(watches: Watches) -> None:
    watches.succeed("add", "Austin", *AUSTIN)
    nothing = "No current offer is stored for its routes and dates.\n"
    assert watches.succeed("check", "austin") == nothing
    watches.succeed("edit", "austin", "--nights", "3")
    assert watches.succeed("check", "austin") == nothing
    assert json.loads(watches.succeed("check", "austin", "--format", "json")) == []


def test_check_without_matches_says_so_instead_of_an_empty_table(watches: Watches) -> None:
    watches.succeed("add", "Austin", *AUSTIN, "--max-miles", "10k")
    store_offers(watches, offer(date(2027, 3, 12), 12_000))
    assert watches.succeed("check", "austin").startswith(
        "no stored offer matches now; the next crawl may find some\n\nNearest misses:\n"
    )
    watches.succeed("edit", "austin", "--nights", "3")
    assert watches.succeed("check", "austin").startswith(
        "no round trip matches now; the next crawl may find some\n\nNearest misses of one direction:"
    )
