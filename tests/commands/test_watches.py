"""`scrapy watches`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from awardspider.commands.watches import FIELDS, Command
from awardspider.search.watches import Watch
from awardspider.storage.store import open_store
from awardspider.storage.watches import find_watches
from tests.support.commands import CommandRunner
from tests.support.paths import ROOT

EXAMPLE = ROOT / "deploy" / "watches.example.yaml"

TWO = """\
watches:
  - {name: Weekend in Austin, origin: LAX, destination: AUS, dates: +14..+60, cabins: economy, max_miles: 12500}
  - {name: Last spring, origin: NYC, destination: TYO, dates: 2020-03, active: no}
"""


class Watches(CommandRunner):
    """The command with a database of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(Command, {"AWARD_DATABASE_URL": "", "AWARD_DATA_DIR": str(folder)}, capsys)
        self.folder = folder

    def import_text(self, text: str) -> str:
        file = self.folder / "watches.yaml"
        file.write_text(text)
        return self.succeed("import", str(file)).removeprefix(f"{file}: ").strip()

    def stored(self) -> list[Watch]:
        store = open_store("", self.folder)
        try:
            return [Watch.from_definition(row.definition, row.active) for row in find_watches(store, active_only=False)]
        finally:
            store.close()


@pytest.fixture
def watches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Watches:
    return Watches(tmp_path, capsys)


def test_import_reports_added_and_changed_watches(watches: Watches) -> None:
    assert watches.import_text(TWO) == "2 added, 0 changed, 0 unchanged."
    assert watches.import_text(TWO.replace("12500", "10000")) == "0 added, 1 changed, 1 unchanged."
    assert [(watch.name, watch.active, watch.max_miles) for watch in watches.stored()] == [
        ("Last spring", False, None),
        ("Weekend in Austin", True, 10_000),
    ]


def test_an_invalid_file_changes_nothing_and_is_one_sentence(watches: Watches) -> None:
    watches.import_text(TWO)
    (watches.folder / "wrong.yaml").write_text(TWO.replace("12500", "10000").replace("TYO", "Tokyo"))
    message = watches.fail("import", str(watches.folder / "wrong.yaml"))
    assert message.startswith('wrong.yaml:3: watch "Last spring": ')
    assert "HND, NRT or TYO" in message
    assert [watch.max_miles for watch in watches.stored()] == [None, 12_500]


def test_the_example_can_be_imported_and_listed(watches: Watches) -> None:
    watches.import_text(EXAMPLE.read_text(encoding="utf-8"))
    out = watches.succeed("list")
    for watch in watches.stored():
        assert watch.name in out


def test_the_table_shows_the_state(watches: Watches) -> None:
    watches.import_text(TWO)
    table = watches.succeed("list")
    lines = {line[:17].strip(): line[17:].split() for line in table.splitlines()}
    assert lines["Weekend in Austin"] == ["active", "LAX", "AUS", "+14..+60", "economy", "≤", "12,500", "1"]
    assert lines["Last spring"][0] == "paused"


def test_a_watch_with_past_dates_is_expired(watches: Watches) -> None:
    watches.import_text(TWO.replace(", active: no", ""))
    states = {watch["name"]: watch["state"] for watch in json.loads(watches.succeed("list", "--format", "json"))}
    assert states == {"Last spring": "expired", "Weekend in Austin": "active"}


def test_an_empty_list_says_how_to_import(watches: Watches) -> None:
    assert "scrapy watches import" in watches.succeed("list")
    assert json.loads(watches.succeed("list", "--format", "json")) == []


def test_json_and_csv_have_every_field(watches: Watches) -> None:
    watches.import_text(TWO)
    records = json.loads(watches.succeed("list", "--format", "json"))
    assert [tuple(record) for record in records] == [FIELDS, FIELDS]
    assert records[0]["origin"] == "EWR, JFK, LGA"
    rows = list(csv.DictReader(io.StringIO(watches.succeed("list", "--format", "csv"))))
    assert [row["max_miles"] for row in rows] == ["", "12500"]


def test_a_watch_is_paused_resumed_and_removed_by_its_name(watches: Watches) -> None:
    watches.import_text(TWO)
    assert watches.succeed("pause", "weekend", "in", "austin") == "'Weekend in Austin' is paused.\n"
    assert [watch.active for watch in watches.stored()] == [False, False]
    assert watches.succeed("pause", "Weekend in Austin") == "'Weekend in Austin' is already paused.\n"
    assert watches.succeed("resume", "Weekend in Austin") == "'Weekend in Austin' is active.\n"
    assert [watch.active for watch in watches.stored()] == [False, True]
    assert watches.succeed("remove", "Last spring") == "Removed 'Last spring'. Its offers and their history are kept.\n"
    assert [watch.name for watch in watches.stored()] == ["Weekend in Austin"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Austn weekend", "did you mean 'Weekend in Austin'?"),
        ("austin", "did you mean 'Weekend in Austin'?"),
        ("xyz", "scrapy watches list shows all"),
    ],
)
@pytest.mark.parametrize("action", ["pause", "resume", "remove"])
def test_an_unknown_name_is_refused_with_a_hint(watches: Watches, action: str, name: str, hint: str) -> None:
    watches.import_text(TWO)
    assert watches.fail(action, name) == f"unknown watch '{name}' ({hint})"
    assert len(watches.stored()) == 2


@pytest.mark.parametrize("args", [[], ["import"], ["pause"], ["forget", "it"]])
def test_missing_arguments_show_the_usage(watches: Watches, args: list[str]) -> None:
    assert watches.usage_error(*args).startswith("scrapy")
