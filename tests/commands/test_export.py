"""`scrapy export`: files, errors, and that a failure keeps the previous files."""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyarrow import parquet
from scrapy.settings import Settings

from awardspider.commands import export
from awardspider.outcomes import StorageError
from awardspider.storage.export.files import write_files
from awardspider.storage.export.layout import FACTS, TABLES
from awardspider.storage.export.rows import open_export
from awardspider.storage.store import open_store
from tests.support.export_examples import FORMULA, create_full_database
from tests.support.paths import ROOT

COUNTS = {"offers": 4, "price_points": 7, "promotions": 2, "searches": 4}

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs the command and returns its exit code."""
    create_full_database(tmp_path)

    def run_command(*words: str) -> int:
        command = export.Command()
        command.settings = Settings({"AWARD_DATABASE_URL": "", "AWARD_DATA_DIR": str(tmp_path)})
        parser = argparse.ArgumentParser()
        command.add_options(parser)
        opts, args = parser.parse_known_args(words)
        command.run(args, opts)
        return command.exitcode

    return run_command


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# ---- what it writes ----------------------------------------------------------------------------------------------


def test_a_file_a_table_beside_the_database(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    folder = tmp_path / "export"
    assert names(folder) == sorted(f"{table}.csv" for table in TABLES)
    for table, layout in TABLES.items():
        with (folder / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        assert header == list(layout)
        assert all(len(row) == len(header) for row in rows)
        assert len(rows) == COUNTS.get(table, len(rows)) > 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "offers                  4 rows"
    assert lines[-1] == f"7 files in {folder}"
    assert [line.split()[0] for line in lines[:-1]] == list(TABLES)
    assert next(line.split()[1] for line in lines if line.startswith("dates")) == "1,096"


def test_a_formula_from_outside_is_inert_in_csv_and_raw_elsewhere(run: Run, tmp_path: Path) -> None:
    for form in ("csv", "jsonl", "parquet"):
        assert run("--format", form, "--table", "offers") == 0
    with (tmp_path / "export/offers.csv").open(encoding="utf-8-sig", newline="") as file:
        assert f"'{FORMULA}" in [row["fare_name"] for row in csv.DictReader(file)]
    lines = (tmp_path / "export/offers.jsonl").read_text(encoding="utf-8").splitlines()
    assert FORMULA in [json.loads(line)["fare_name"] for line in lines]
    assert FORMULA in parquet.read_table(tmp_path / "export/offers.parquet").column("fare_name").to_pylist()


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_the_other_forms_have_the_same_columns(run: Run, tmp_path: Path, form: str) -> None:
    assert run("--format", form, "--out", str(tmp_path / "a" / "b")) == 0
    for table, count in COUNTS.items():
        file = tmp_path / "a" / "b" / f"{table}.{form}"
        if form == "parquet":
            rows = parquet.read_table(file).to_pylist()
        else:
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        assert [list(row) for row in rows] == [list(TABLES[table])] * count


def test_only_the_given_tables_are_exported(run: Run, tmp_path: Path) -> None:
    assert run("--table", "price-points, dates,dates") == 0
    assert names(tmp_path / "export") == ["dates.csv", "price_points.csv"]


def test_since_narrows_the_facts(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--since", "2026-11-22T11:00Z", "--table", ",".join(FACTS)) == 0
    assert [line.split()[1:] for line in capsys.readouterr().out.splitlines()[:-1]] == [
        ["1", "row"],
        ["2", "rows"],
        ["0", "rows"],
        ["1", "row"],
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_one_table_on_standard_output_is_that_table_and_nothing_else(
    run: Run, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], form: str
) -> None:
    assert run("--format", form, "--table", "promotions", "--out", "-") == 0
    printed = capsysbinary.readouterr()
    assert printed.err == b""
    assert not (tmp_path / "export").exists()
    assert run("--format", form, "--table", "promotions") == 0
    assert printed.out.decode() == (tmp_path / f"export/promotions.{form}").read_text(encoding="utf-8-sig")


@pytest.mark.slow
def test_a_closed_pipe_is_not_an_error(run: Run, tmp_path: Path) -> None:
    done = subprocess.run(
        f'"{sys.executable}" -m scrapy export --table dates --out - | head -n 2',
        shell=True,
        cwd=ROOT,
        env={"AWARD_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "AWARD_DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout.splitlines()[1][:10], done.stderr) == ("2026-01-01", "")


# ---- invalid arguments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("--format xlsx", "--format: unknown value 'xlsx' (choose from csv, jsonl, parquet)"),
        ("--table offer", "--table: unknown value 'offer' (did you mean offers?)"),
        ("--since yesterday", "--since: expected 24h"),
        ("--out -", "--out -: needs exactly one table"),
        ("--out - --table offers,dates", "--out -: needs exactly one table"),
        ("--out - --table offers --format parquet", "--out -: writes csv or jsonl only"),
        ("--out FILE", "is not a folder"),
        ("--out FILE/below", "cannot be written"),
        ("offers", "unexpected argument 'offers'"),
        ("--tables offers", "unknown option --tables"),
    ],
)
def test_invalid_arguments_are_one_sentence_and_write_nothing(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], args: str, message: str
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    before = names(tmp_path)
    assert run(*args.replace("FILE", str(file)).split()) != 0
    output = capsys.readouterr()
    assert output.err.startswith("error: ")
    assert output.err.count("\n") == 1
    assert message in output.err
    assert output.out == ""
    assert names(tmp_path) == before
    assert file.read_text() == "mine"


def test_an_empty_folder_name_is_refused(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--out", "") == 2
    assert "--out: expected a folder" in capsys.readouterr().err


# ---- all or nothing ----------------------------------------------------------------------------------------------


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Limit the size of files in this process, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_keeps_the_previous_files(tmp_path: Path) -> None:
    create_full_database(tmp_path)
    folder = tmp_path / "export"
    folder.mkdir()
    for table in ("promotions", "dates"):
        (folder / f"{table}.csv").write_text("previous")
    with closing(open_store("", tmp_path)) as store, open_export(store, {}, now=datetime.now(UTC)) as export:
        written = write_files(export, "csv", ["promotions", "dates"], folder)
        with no_file_above(10_000):
            assert next(written) == ("promotions", 2)
            with pytest.raises(StorageError, match=r"File too large; files of an earlier export are unchanged$"):
                next(written)
    assert {file.name: file.read_text() for file in folder.iterdir()} == {
        "promotions.csv": "previous",
        "dates.csv": "previous",
    }


def test_an_open_previous_file_can_be_read_to_its_end(run: Run, tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    file = tmp_path / "export/dates.csv"
    file.write_text("previous")
    with file.open() as stream:
        assert run("--table", "dates") == 0
        assert stream.read() == "previous"
    assert file.read_text(encoding="utf-8-sig").startswith("date,")


def test_an_interrupted_export_leaves_no_files(tmp_path: Path) -> None:
    create_full_database(tmp_path)
    folder = tmp_path / "export"
    with closing(open_store("", tmp_path)) as store, open_export(store, {}, now=datetime.now(UTC)) as export:
        written = write_files(export, "jsonl", list(TABLES), folder)
        next(written)
        assert [name.startswith(".offers.jsonl.") for name in names(folder)] == [True]
        written.close()
    assert names(folder) == []


def test_files_have_the_permissions_of_the_umask(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    assert run("--table", "dates") == 0
    assert (tmp_path / "export/dates.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode
