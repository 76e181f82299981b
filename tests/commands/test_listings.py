"""`scrapy offers`, `searches` and `history`."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from scrapy.settings import Settings

from awardspider.commands import history, offers, searches
from awardspider.commands._command import AwardCommand
from awardspider.offer_fields import RECORD_FIELDS, record
from awardspider.search.judgments import DealClass
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.records import HISTORY_FIELDS, LISTED_OFFER_FIELDS, SEARCH_FIELDS
from awardspider.storage.store import Store, open_store
from tests.support.deal_examples import store_judged
from tests.support.listing_examples import NONSTOP, OFFERS, REPORTS
from tests.support.paths import ROOT
from tests.support.storage_examples import (
    DAY,
    NOW,
    make_batch,
    make_itinerary,
    make_offer,
    make_report,
    make_segment,
)

HOUR = timedelta(hours=1)

Run = Callable[..., int]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    """Return a function that runs a command and returns its exit code."""

    def run_command(module: ModuleType, *words: str) -> int:
        command: AwardCommand = module.Command()
        command.now = lambda: NOW + HOUR  # type: ignore[method-assign]
        command.settings = Settings({"AWARD_DATABASE_URL": database_url, "AWARD_DATA_DIR": str(tmp_path)})
        parser = argparse.ArgumentParser()
        command.add_options(parser)
        opts, args = parser.parse_known_args(words)
        command.run(args, opts)
        return command.exitcode

    return run_command


@pytest.fixture
def filled(store: Store) -> Store:
    write_batch(store, make_batch(*OFFERS.values()))
    write_batch(store, Batch(gone={NOW + HOUR: [OFFERS["gone"].offer_id]}))
    return store


def found(run: Run, capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    assert run(offers, *words, "--format", "json") == 0
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


# ---- which offers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "connecting nonstop lowest tokyo"),
        ("--gone", "connecting nonstop lowest gone tokyo"),
        ("--program united", "connecting nonstop lowest tokyo"),
        ("--origin sfo", "tokyo"),
        ("--origin SFO,LAX --destination TYO", "tokyo"),
        ("--from 2027-03-11", "lowest tokyo"),
        ("--until 2027-03-11", "connecting nonstop tokyo"),
        ("--from 2027-03 --until 2027-03", "connecting nonstop lowest tokyo"),
        ("--until 2027-02", ""),
        ("--cabin business,premium-economy", "connecting lowest"),
        ("--max-miles 12,500", "connecting nonstop"),
        ("--min-seats 2", "connecting nonstop tokyo"),
        ("--min-seats 1", "connecting nonstop lowest tokyo"),
        ("--max-stops 0", "nonstop"),
        ("--detail day", "lowest tokyo"),
        ("--limit 2", "connecting nonstop"),
        ("--sort seats --limit 0", "connecting nonstop tokyo lowest"),
        ("--sort seen --limit 3", "tokyo nonstop lowest"),
        ("--sort changed", "tokyo nonstop lowest connecting"),
        ("--sort date --gone --from 2027-03-11", "tokyo lowest gone"),
        ("--sort stops --detail itinerary", "nonstop connecting"),
    ],
)
def test_filters_and_orders(
    words: str, expected: str, run: Run, filled: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {offer.offer_id: name for name, offer in OFFERS.items()}
    assert [names[str(row["offer_id"])] for row in found(run, capsys, *words.split())] == expected.split()


@pytest.mark.parametrize(
    ("command", "args", "message"),
    [
        (offers, "--program untied", "--program: unknown value 'untied' (did you mean united?)"),
        (offers, "--origin XQZ", 'unknown place "XQZ"'),
        (offers, "--from 2027-13", '--from: "2027-13" is not a date: there is no such month'),
        (offers, "--until soon", '--until: "soon" is not a date'),
        (offers, "--from 2027-04 --until 2027-03", "--until 2027-03-31 is before --from 2027-04-01"),
        (offers, "--cabin bussiness", "--cabin: unknown value 'bussiness' (did you mean business?)"),
        (offers, "--max-miles 12k", "--max-miles: expected an integer of 0 or more, got '12k'"),
        (offers, "--min-seats -1", "--min-seats: expected an integer of 0 or more, got '-1'"),
        (offers, "--max-stops 1.5", "--max-stops: expected an integer"),
        (offers, "--detail flights", "--detail: unknown value 'flights' (choose from seats, day, itinerary)"),
        (offers, "--class great", "--class: unknown value 'great' (choose from record_low, exceptional, good, usual)"),
        (offers, "--sort price", "--sort: unknown value 'price' (choose from miles, deal, date,"),
        (offers, "--limit ten", "--limit: expected an integer"),
        (offers, "--format xml", "--format: unknown value 'xml' (choose from table, json, csv)"),
        (offers, "--orign LAX", "unknown option --orign; --help lists all options"),
        (offers, "LAX", "unexpected argument 'LAX'"),
        (searches, "--outcome none", "--outcome: unknown value 'none' (choose from found, empty, failed)"),
        (searches, "--reason block", "--reason: unknown value 'block' (did you mean blocked?)"),
        (searches, "--since yesterday", "--since: expected 24h, 7d, 2026-11-22 or 2026-11-22T10:00Z, got 'yesterday'"),
        (history, "", "expected one offer id, as scrapy offers shows it"),
        (history, "12 34", "expected one offer id"),
        (history, "xyz", '"xyz" is not an offer id; scrapy offers shows ids'),
        (history, "0123456789", "no stored offer has an id that begins with 0123456789"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_invalid_arguments_are_one_sentence(
    command: ModuleType, args: str, message: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command, *args.split()) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"error: {message}")
    assert output.err.count("\n") == 1


# ---- JSON and CSV ----------------------------------------------------------------------------------------------------


def test_a_listed_offer_has_the_fields_of_a_feed_record(
    run: Run, filled: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    row = found(run, capsys, "--max-stops", "0")[0]
    assert tuple(row) == LISTED_OFFER_FIELDS
    in_both = [name for name in RECORD_FIELDS if name in row]
    assert len(in_both) == len(RECORD_FIELDS) - 2
    assert {name: row[name] for name in in_both} == {name: record(NONSTOP)[name] for name in in_both}
    assert (row["gone_at"], row["first_seen_at"]) == (None, NOW.isoformat())


def test_deal_classes_are_listed_filtered_and_sorted(
    run: Run, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    usual, good, record = (
        make_itinerary(origin=code, miles=miles) for code, miles in (("SFO", 1), ("LAX", 2), ("JFK", 3))
    )
    write_batch(store, make_batch(make_itinerary(origin="BOS", miles=4)))
    store_judged(store, DealClass.USUAL, usual, cents_per_point=None)
    store_judged(store, DealClass.GOOD, good)
    store_judged(store, DealClass.RECORD_LOW, record)
    rows = found(run, capsys, "--sort", "deal")
    assert [(row["origin"], row["deal_class"], row["cents_per_point"]) for row in rows] == [
        ("JFK", "record_low", "1.47"),
        ("LAX", "good", "1.47"),
        ("SFO", "usual", None),
        ("BOS", "unknown", None),
    ]
    for name, origins in (("usual", "SFO LAX JFK"), ("Good", "LAX JFK"), ("exceptional", "JFK")):
        assert [row["origin"] for row in found(run, capsys, "--class", name)] == origins.split()
    assert run(offers) == 0
    header, _, *lines = capsys.readouterr().out.splitlines()
    assert [line[: header.index("program")].strip() for line in lines[:4]] == ["usual", "good", "record low", ""]


def test_csv_has_a_header_and_the_same_columns(run: Run, filled: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(offers, "--format", "csv") == 0
    header, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert tuple(header) == LISTED_OFFER_FIELDS
    first = dict(zip(header, rows[0], strict=True))
    assert (first["miles"], first["taxes"], first["mixed_cabin"], first["gone_at"]) == ("9300", "5.60", "true", "")
    assert [row[header.index("taxes")] for row in rows] == ["5.60", "5.60", "5.60", "5610"]


def test_no_rows_are_an_empty_list_a_header_or_a_note(
    run: Run, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert found(run, capsys) == []
    assert run(offers, "--format", "csv") == 0
    assert capsys.readouterr().out == ",".join(LISTED_OFFER_FIELDS) + "\n"
    assert run(offers) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "no matching rows"


# ---- statuses --------------------------------------------------------------------------------------------------------


@pytest.fixture
def of_each_status(store: Store) -> Store:
    """Store an offer of each status, with the status as its fare name."""
    offers = {
        "available": make_itinerary(fare_name="available"),
        "unconfirmed": make_itinerary(fare_name="unconfirmed"),
        "outdated": make_itinerary(fare_name="outdated", seen_at=NOW - 48 * HOUR),
        "departed": make_itinerary(fare_name="departed", segments=(replace(make_segment(), departs_at=NOW + HOUR),)),
        "gone": make_itinerary(fare_name="gone"),
    }
    write_batch(store, make_batch(*offers.values()))
    marks = {name: {NOW + HOUR / 2: [offers[name].offer_id]} for name in ("unconfirmed", "gone")}
    write_batch(store, Batch(**marks))
    return store


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "available unconfirmed"),
        ("--best", "available unconfirmed"),
        ("--gone", "available gone unconfirmed"),
        ("--max-age 0", "available outdated unconfirmed"),
        ("--max-age 72", "available outdated unconfirmed"),
        ("--all", "available departed gone outdated unconfirmed"),
    ],
)
def test_only_current_offers_are_listed(
    words: str, expected: str, run: Run, of_each_status: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = found(run, capsys, *words.split())
    if words == "--best":
        assert len(rows) == 1
        assert rows[0]["fare_name"] in expected.split()
        return
    assert sorted(str(row["fare_name"]) for row in rows) == expected.split()
    if "--max-age" not in words:
        assert all(row["status"] == row["fare_name"] for row in rows)


def test_a_listing_says_how_many_offers_it_leaves_out_for_their_age(
    run: Run, of_each_status: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    note = "1 offer last seen more than 48 hours ago left out; --all shows them"
    assert run(offers) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == note
    assert any(" unconfirmed " in line for line in lines)
    assert run(offers, "--format", "csv") == 0
    assert capsys.readouterr().err == note + "\n"
    for words in (["--all"], ["--max-age", "0"], ["--origin", "SFO"]):
        assert run(offers, *words) == 0
        assert "left out" not in capsys.readouterr().out


# ---- searches --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", ["1", "2", "3"]),
        ("--limit 1", ["1"]),
        ("--outcome found,empty", ["1", "3"]),
        ("--outcome failed", ["2"]),
        ("--reason sign_in_needed,blocked", ["2"]),
        ("--reason blocked", []),
        ("--program united --since 2026-11-22T09:00Z", ["1", "2"]),
        ("--since 2026-11-22T11:00+01:00", ["1"]),
        ("--since 2026-11-23", []),
    ],
)
def test_searches_can_be_filtered(
    words: str, expected: list[str], run: Run, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    write_batch(store, Batch(reports=REPORTS))
    assert run(searches, *words.split(), "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["search_id"] for row in rows] == expected
    assert all(tuple(row) == SEARCH_FIELDS for row in rows)


@pytest.mark.parametrize(("words", "expected"), [("--since 90m", ["new"]), ("--since 1d", ["new", "old"])])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_searches_since_an_age(
    words: str, expected: list[str], run: Run, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    write_batch(
        store,
        Batch(reports=[make_report("new", requested_at=now - HOUR), make_report("old", requested_at=now - 5 * HOUR)]),
        None,
    )
    assert run(searches, *words.split(), "--format", "json") == 0
    assert [row["search_id"] for row in json.loads(capsys.readouterr().out)] == expected


# ---- history ---------------------------------------------------------------------------------------------------------


def test_the_history_of_an_offer(run: Run, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    for hours, miles in enumerate((12_500, 15_000, 10_000)):
        write_batch(store, make_batch(replace(NONSTOP, miles=miles, seen_at=NOW + hours * HOUR)))
    write_batch(store, Batch(gone={NOW + 3 * HOUR: [NONSTOP.offer_id]}))
    assert run(history, NONSTOP.offer_id[:6].upper()) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "LAX-AUS Wed 2027-03-10  united, economy, Economy Saver Award, UA1297",
        f"id {NONSTOP.offer_id}",
        "first seen 2026-11-22 10:00, last seen 2026-11-22 12:00, gone 2026-11-22 13:00 (UTC)",
        "",
        lines[4],
    ]
    assert [line.split()[:5] for line in lines[6:]] == [
        ["2026-11-22", "10:00", "12,500", "$5.60", "4"],
        ["2026-11-22", "11:00", "15,000", "+2,500", "$5.60"],
        ["2026-11-22", "12:00", "10,000", "-5,000", "$5.60"],
        ["2026-11-22", "13:00", "gone", "-", "-"],
    ]
    assert run(history, NONSTOP.offer_id, "--format", "json") == 0
    points = json.loads(capsys.readouterr().out)
    assert tuple(points[0]) == HISTORY_FIELDS
    assert [(point["miles"], point["miles_change"], point["gone"]) for point in points] == [
        (12_500, None, False),
        (15_000, 2_500, False),
        (10_000, -5_000, False),
        (None, None, True),
    ]


def test_an_ambiguous_id_lists_its_matches(run: Run, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    many = [make_offer(departure_date=DAY + timedelta(days=n)) for n in range(120)]
    write_batch(store, make_batch(*many))
    ids = sorted(offer.offer_id for offer in many)
    ambiguous = next(before[0] for before, after in zip(ids, ids[6:], strict=False) if before[0] == after[0])
    first = [i for i in ids if i[0] == ambiguous][:5]
    assert run(history, ambiguous) == 2
    assert capsys.readouterr().err == (
        f"error: {ambiguous} matches several offers: {', '.join(first)} and more; write more of the id\n"
    )


# ---- as a command of Scrapy ------------------------------------------------------------------------------------------


def scrapy(folder: Path, *words: str, **known: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWARD_") and name != "COLUMNS"}
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *words],
        cwd=ROOT,
        env=clean | {"AWARD_DATA_DIR": str(folder)} | known,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder_with_offers(tmp_path: Path) -> Path:
    with closing(open_store("", tmp_path)) as store:
        now = datetime.now(UTC)
        flights = (replace(make_segment(), departs_at=now + timedelta(days=n), arrives_at=now) for n in range(1, 700))
        days = {each.departs_at.date(): each for each in flights}
        items = (make_itinerary(segments=(each,), departure_date=day, seen_at=now) for day, each in days.items())
        write_batch(store, make_batch(*items))
    return tmp_path


@pytest.mark.slow
def test_without_a_terminal_all_columns_are_printed(folder_with_offers: Path) -> None:
    done = scrapy(folder_with_offers, "offers")
    assert (done.returncode, done.stderr) == (0, "")
    header, _, *rows, last = done.stdout.splitlines()
    assert header.split() == [
        "program", "route", "date", "cabin", "miles", "regular", "taxes", "seats", "stops", "flights", "fare", "seen",
        "ago", "id",
    ]  # fmt: skip
    assert len(rows) == 50
    assert last == "more rows exist; --limit 0 shows all"
    assert "\x1b" not in done.stdout


@pytest.mark.slow
def test_an_ascii_terminal_works(folder_with_offers: Path) -> None:
    done = scrapy(folder_with_offers, "offers", "--limit", "1", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_closed_pipe_is_not_an_error(folder_with_offers: Path) -> None:
    for words in ("offers --format csv", "offers --limit 0"):
        done = subprocess.run(
            f"{sys.executable} -m scrapy {words} | head -n 1; exit ${{PIPESTATUS[0]}}",
            shell=True,
            executable="/bin/bash",
            cwd=ROOT,
            env=os.environ | {"AWARD_DATA_DIR": str(folder_with_offers)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count("\n") == 1


@pytest.mark.slow
def test_a_storage_that_cannot_be_used_is_exit_code_1(tmp_path: Path) -> None:
    done = scrapy(tmp_path, "offers", AWARD_DATABASE_URL="postgresql://me:s3same@127.0.0.1:1/x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the database postgresql://me:***@127.0.0.1:1/x cannot be reached: ")
    assert "s3same" not in done.stderr


@pytest.mark.slow
def test_the_base_class_is_not_a_command(tmp_path: Path) -> None:
    listed = {line.split()[0] for line in scrapy(tmp_path).stdout.splitlines() if line.startswith("  ")}
    assert {"offers", "searches", "history"} <= listed
    assert not {"commands", "_command"} & listed
