"""Commands whose output goes to a program that ends early (`| head -1`): they end quietly."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from awardspider.storage.batches import write_batch
from awardspider.storage.store import open_store
from tests.support.paths import ROOT
from tests.support.storage_examples import make_batch, make_offer, make_report

OFFERS = 3000  # more than a pipe's buffer can take

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with many offers and searches."""
    folder = tmp_path_factory.mktemp("many")
    offers = [make_offer(departure_date=date(2027, 1, 1) + timedelta(days=day)) for day in range(OFFERS)]
    with closing(open_store("", folder)) as store:
        write_batch(store, make_batch(*offers, reports=[make_report(f"s{number}") for number in range(OFFERS)]))
    return folder


@pytest.mark.parametrize("lines", [0, 1])
@pytest.mark.parametrize(
    "command",
    [
        "export --table offers --out -",
        "export --table price_points --format jsonl --out -",
        "offers --limit 1000",
        "offers --format csv",
        "searches --format json",
        "programs",
    ],
)
def test_a_command_ends_quietly_if_its_output_is_closed(folder: Path, command: str, lines: int) -> None:
    outer = {name: value for name, value in os.environ.items() if not name.startswith("AWARD_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", *command.split()],
        cwd=ROOT,
        env=outer | {"AWARD_DATA_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    for _ in range(lines):
        assert process.stdout.readline()
    process.stdout.close()
    with process.stderr as stream:
        errors = stream.read().decode()
    assert process.wait(120) == 0
    assert "Traceback" not in errors
    assert "rror" not in errors
    assert "Broken" not in errors
