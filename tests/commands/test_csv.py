"""CSV of every command: a header even without rows, no formulas, and a byte order mark with --excel."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest

from awardspider.commands._listing import print_records
from tests.support.crawls import Workspace
from tests.support.paths import ROOT

#: The commands that print CSV, with the arguments that they need.
COMMANDS = {
    "offers": (),
    "searches": (),
    "watches": ("list",),
    "channels": ("list",),
    "outbox": ("list",),
    "export": ("--out", "-", "--table", "offers"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_without_rows_prints_a_mark_and_a_header(tmp_path: Path, name: str) -> None:
    workspace = Workspace(tmp_path)
    environment = workspace.environment | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "scrapy", name, *COMMANDS[name], "--format", "csv", "--excel"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=True)
    assert result.stdout.startswith(b"\xef\xbb\xbf")
    (header,) = csv.reader(io.StringIO(result.stdout.decode("utf-8-sig")))
    assert len(header) > 3


@pytest.mark.parametrize("output_format", ["csv", "excel"])
def test_text_cannot_become_a_formula(capsys: pytest.CaptureFixture[str], output_format: str) -> None:
    record = {"formula": "=cmd|' /C calc'!A0", "negative": -5, "text": "-5.60", "flag": True, "nothing": None}
    print_records([record, record], list(record), output_format)
    text = capsys.readouterr().out
    assert text.startswith("\ufeff") == (output_format == "excel")
    header, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert header == list(record)
    assert rows == [["'=cmd|' /C calc'!A0", "-5", "-5.60", "true", ""]] * 2


def test_every_csv_writer_defuses_formulas() -> None:
    """A new writer must use `without_formula`, and be added here and to the tests above."""
    writers = {
        str(path.relative_to(ROOT / "awardspider"))
        for path in (ROOT / "awardspider").rglob("*.py")
        if "csv.writer(" in path.read_text() or "CsvItemExporter" in path.read_text()
    }
    assert writers == {"commands/_listing.py", "storage/export/formats.py", "extensions/feed_exporters.py"}
    assert all("without_formula(" in (ROOT / "awardspider" / writer).read_text() for writer in writers)
