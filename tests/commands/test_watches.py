"""`scrapy watches`, run as a person types it but in this process."""

from __future__ import annotations

import argparse
import csv
import io
import json
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from awardspider.commands.watches import FIELDS, Command
from awardspider.search.watches import Watch
from awardspider.storage.store import open_store
from tests.support.paths import ROOT

EXAMPLE = ROOT / "deploy" / "watches.example.yaml"

TWO = """\
watches:
  - {name: Weekend in Austin, origin: LAX, destination: AUS, dates: +14..+60, cabins: economy, max_miles: 12500}
  - {name: Last spring, origin: NYC, destination: TYO, dates: 2020-03, active: no}
"""


class Watches:
    """The command on a database of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys

    def __call__(self, *args: str, form: str = "table") -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        command = Command()
        command.settings = Settings({"AWARD_DATABASE_URL": "", "AWARD_DATA_DIR": str(self.folder)})
        command.run(list(args), argparse.Namespace(format=form))
        said = self.capsys.readouterr()
        return command.exitcode, said.out, said.err

    def imported(self, text: str) -> str:
        file = self.folder / "watches.yaml"
        file.write_text(text)
        code, out, err = self("import", str(file))
        assert (code, err) == (0, "")
        return out.removeprefix(f"{file}: ").strip()

    def stored(self) -> list[Watch]:
        store = open_store("", self.folder)
        try:
            return [Watch.from_definition(row.definition, row.active) for row in store.watches(active_only=False)]
        finally:
            store.close()


@pytest.fixture
def watches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Watches:
    return Watches(tmp_path, capsys)


def test_a_file_is_taken_over_and_says_what_was_new(watches: Watches) -> None:
    assert watches.imported(TWO) == "2 new, 0 changed, 0 as they were."
    assert watches.imported(TWO.replace("12500", "10000")) == "0 new, 1 changed, 1 as they were."
    assert [(each.name, each.active, each.max_miles) for each in watches.stored()] == [
        ("Last spring", False, None),
        ("Weekend in Austin", True, 10_000),
    ]


def test_a_wrong_file_changes_nothing_and_gets_one_sentence(watches: Watches) -> None:
    watches.imported(TWO)
    (watches.folder / "wrong.yaml").write_text(TWO.replace("12500", "10000").replace("TYO", "Tokyo"))
    code, out, err = watches("import", str(watches.folder / "wrong.yaml"))
    assert (code, out) == (2, "")
    assert err == (
        "error: wrong.yaml line 3, watch 'Last spring', field destination: Tokyo is a city: write HND, NRT or TYO\n"
    )
    assert [each.max_miles for each in watches.stored()] == [None, 12_500]


def test_the_example_can_be_imported_and_listed(watches: Watches) -> None:
    watches.imported(EXAMPLE.read_text(encoding="utf-8"))
    code, out, err = watches("list")
    assert (code, err) == (0, "")
    for each in watches.stored():
        assert each.name in out


def test_the_table_says_what_is_paused(watches: Watches) -> None:
    watches.imported(TWO)
    _, table, _ = watches("list")
    lines = {line[:17].strip(): line[17:].split() for line in table.splitlines()}
    assert lines["Weekend in Austin"] == ["active", "LAX", "AUS", "+14..+60", "economy", "≤", "12,500", "1"]
    assert lines["Last spring"][0] == "paused"


def test_a_watch_whose_dates_are_past_is_shown_as_over(watches: Watches) -> None:
    watches.imported(TWO.replace(", active: no", ""))
    states = {each["name"]: each["state"] for each in json.loads(watches("list", form="json")[1])}
    assert states == {"Last spring": "over", "Weekend in Austin": "active"}


def test_an_empty_list_says_what_to_do(watches: Watches) -> None:
    assert "scrapy watches import" in watches("list")[1]
    assert json.loads(watches("list", form="json")[1]) == []


def test_json_and_csv_hold_every_field(watches: Watches) -> None:
    watches.imported(TWO)
    records = json.loads(watches("list", form="json")[1])
    assert [tuple(record) for record in records] == [FIELDS, FIELDS]
    assert records[0]["origin"] == "EWR, JFK, LGA"
    rows = list(csv.DictReader(io.StringIO(watches("list", form="csv")[1])))
    assert [row["max_miles"] for row in rows] == ["", "12500"]


def test_a_watch_is_paused_resumed_and_removed_by_its_name(watches: Watches) -> None:
    watches.imported(TWO)
    assert watches("pause", "weekend", "in", "austin")[1] == "'Weekend in Austin' is paused.\n"
    assert [each.active for each in watches.stored()] == [False, False]
    assert watches("pause", "Weekend in Austin")[1] == "'Weekend in Austin' is already paused.\n"
    assert watches("resume", "Weekend in Austin")[1] == "'Weekend in Austin' is active.\n"
    assert [each.active for each in watches.stored()] == [False, True]
    assert watches("remove", "Last spring")[0] == 0
    assert [each.name for each in watches.stored()] == ["Weekend in Austin"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Austn weekend", "did you mean 'Weekend in Austin'?"),
        ("austin", "did you mean 'Weekend in Austin'?"),
        ("xyz", "scrapy watches list shows all"),
    ],
)
@pytest.mark.parametrize("action", ["pause", "resume", "remove"])
def test_a_name_that_is_not_there_gets_a_sentence(watches: Watches, action: str, name: str, sentence: str) -> None:
    watches.imported(TWO)
    assert watches(action, name) == (2, "", f"error: there is no watch '{name}'; {sentence}\n")
    assert len(watches.stored()) == 2


@pytest.mark.parametrize("args", [[], ["import"], ["pause"], ["list", "all"], ["forget", "it"]])
def test_other_words_get_the_usage(watches: Watches, args: list[str]) -> None:
    with pytest.raises(UsageError, match=r"scrapy watches import FILE \| list \| pause NAME"):
        watches(*args)
