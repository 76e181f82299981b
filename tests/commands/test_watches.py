"""`scrapy watches`: import, export, list, pause, resume and remove."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from awardspider.commands._watch_tables import FIELDS
from awardspider.search.notify_table import NOTIFY_FIELDS
from awardspider.search.owners import Owner
from awardspider.search.watch_file import load_watches
from awardspider.storage.owners import save_owner
from awardspider.storage.store import open_store
from awardspider.storage.watches import save_watches
from tests.support.paths import ROOT
from tests.support.storage_examples import NOW
from tests.support.watch_examples import make_watch
from tests.support.watches_command import AUSTIN, TWO, Watches, requests_of

EXAMPLE = ROOT / "deploy" / "watches.example.yaml"


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


def test_add_and_import_say_how_the_first_searches_start(watches: Watches) -> None:
    sentence = "No scheduler is running: start it with scrapy up, or search for {} once with scrapy crawlall."
    assert watches.import_report(TWO).splitlines()[-1] == sentence.format("it")  # one of them is paused
    assert "scheduler" not in watches.import_report(TWO)
    added = watches.succeed("add", "Sun", "--origin", "LAX", "--destination", "AUS", "--dates", "+30..+60")
    assert added.splitlines()[-1] == sentence.format("it")


def test_an_invalid_file_changes_nothing_and_is_one_sentence(watches: Watches) -> None:
    watches.import_text(TWO)
    (watches.folder / "wrong.yaml").write_text(TWO.replace("12500", "10000").replace("TYO", "Portland"))
    message = watches.fail("import", str(watches.folder / "wrong.yaml"))
    assert message.startswith('wrong.yaml:3: watch "Last spring": ')
    assert "PDX" in message
    assert [watch.max_miles for watch in watches.stored()] == [None, 12_500]


def test_the_example_can_be_imported_and_listed(watches: Watches) -> None:
    result = watches("import", str(EXAMPLE))
    assert result.code == 0
    stored = watches.stored()
    # The profile has no points, so each watch with a limit in points has a note, and no other.
    in_points = [watch.name for watch in stored if watch.max_points is not None]
    notes = result.err.splitlines()
    assert in_points
    assert all(any(name in note for note in notes) for name in in_points)
    assert all(any(name in note for name in in_points) for note in notes)
    out = watches.succeed("list")
    for watch in stored:
        assert watch.name in out


def test_the_table_shows_the_state(watches: Watches) -> None:
    watches.import_text(TWO)
    table = watches.succeed("list")
    lines = {line[:17].strip(): line[17:].split() for line in table.splitlines()}
    assert lines["Weekend in Austin"] == ["active", "LAX", "AUS", "+14..+60", "≤", "12,500", "economy", "1"]
    assert lines["Last spring"][0] == "paused"


def test_the_state_is_shown_in_80_columns_and_preferences_only_if_a_watch_has_any(
    watches: Watches, monkeypatch: pytest.MonkeyPatch
) -> None:
    watches.import_text(TWO)
    assert "notifies" not in watches.succeed("list")
    watches.succeed("edit", "Last spring", "--max-per-day", "3")
    monkeypatch.setenv("COLUMNS", "80")
    lines = watches.succeed("list").splitlines()
    assert "paused" in next(line for line in lines if "Last spring" in line)
    monkeypatch.delenv("COLUMNS")
    assert "≤ 3 a day" in next(line for line in watches.succeed("list").splitlines() if "Last spring" in line)


def test_a_watch_with_past_dates_is_expired_and_its_import_says_so(watches: Watches) -> None:
    file = watches.folder / "watches.yaml"
    file.write_text(TWO.replace(", active: no", ""))
    result = watches("import", str(file))
    assert result.code == 0
    assert result.err == (
        'watches.yaml:3: watch "Last spring" is not searched, because its dates have passed (today is 2026-11-22)\n'
    )
    states = {watch["name"]: watch["state"] for watch in json.loads(watches.succeed("list", "--format", "json"))}
    assert states == {"Last spring": "expired", "Weekend in Austin": "active"}


def test_an_empty_list_says_how_to_import(watches: Watches) -> None:
    assert "scrapy watches import" in watches.succeed("list")
    assert json.loads(watches.succeed("list", "--format", "json")) == []


def test_json_and_csv_have_every_field(watches: Watches) -> None:
    watches.import_text(TWO)
    records = json.loads(watches.succeed("list", "--format", "json"))
    assert [tuple(record) for record in records] == [FIELDS, FIELDS]
    assert records[0]["origin"] == "NYC"
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


# ---- channels ----------------------------------------------------------------------------------------------------

NOTIFY = """\
watches:
  - name: Tokyo
    programs: united
    origin: LAX
    destination: HND
    dates: 2027-03
    notify:
      channels:
        phone: urgent
        {name}
"""


@pytest.mark.parametrize(
    ("name", "line", "hint"),
    [
        ("taem: digest", 10, "did you mean team? known: phone, team"),
        ("family: normal", 10, "known: phone, team"),
    ],
)
def test_a_watch_may_notify_only_existing_channels(watches: Watches, name: str, line: int, hint: str) -> None:
    watches.settings["AWARD_GOOGLE_SHEET"] = "1dEm0AwArdDeaLsXq7Zk2vTn9RbYc4UhJw8LsPf3GxQM"
    file = watches.folder / "watches.yaml"
    file.write_text(NOTIFY.format(name=name))
    written = name.partition(":")[0]
    expected = f'watches.yaml:{line}: watch "Tokyo": unknown channel "{written}" ({hint})'
    assert watches.fail("import", str(file)) == expected
    assert watches.stored() == []


@pytest.mark.parametrize("channels", ["[phone, taem]", "phone taem", "{phone: urgent, taem: digest}"])
def test_the_line_of_an_unknown_channel_is_named_in_every_notation(watches: Watches, channels: str) -> None:
    third = f"{{name: Third, origin: LAX, destination: AUS, dates: +14,\n    notify: {{channels: {channels}}}}}"
    text = f"{TWO}  - {third}\n"
    (watches.folder / "watches.yaml").write_text(text)
    message = watches.fail("import", str(watches.folder / "watches.yaml"))
    assert message.startswith('watches.yaml:5: watch "Third": unknown channel "taem" (did you mean team?')


def test_a_spreadsheet_is_not_a_channel_for_messages(watches: Watches) -> None:
    watches.settings["AWARD_GOOGLE_SHEET"] = "1dEm0AwArdDeaLsXq7Zk2vTn9RbYc4UhJw8LsPf3GxQM"
    (watches.folder / "watches.yaml").write_text(NOTIFY.format(name="sheets: normal"))
    assert watches.fail("import", str(watches.folder / "watches.yaml")) == (
        'watches.yaml:10: watch "Tokyo": channel "sheets" is a spreadsheet, which has the offers of every watch; '
        "name other channels"
    )


def test_without_channels_the_message_says_how_to_add_one(watches: Watches) -> None:
    watches.settings["AWARD_WEBHOOKS"] = ""
    (watches.folder / "watches.yaml").write_text(NOTIFY.format(name="team: digest"))
    message = watches.fail("import", str(watches.folder / "watches.yaml"))
    assert message.endswith('unknown channel "phone" (none exists; scrapy channels add adds one)')


def test_the_list_shows_who_is_notified_and_when(watches: Watches) -> None:
    times = {"quiet_hours": "22:00-07:00", "timezone": "America/Sao_Paulo", "max_per_day": "3", "digest_at": "09:30"}
    written = "".join(f"      {name}: {value}\n" for name, value in times.items())
    watches.import_text(NOTIFY.format(name="team: digest") + written)
    assert (
        "phone: urgent, team: digest; quiet 22:00-07:00; ≤ 3 a day; digest 09:30 (America/Sao_Paulo)"
        in watches.succeed("list")
    )
    (record,) = json.loads(watches.succeed("list", "--format", "json"))
    assert {name: record[name] for name in FIELDS[-len(NOTIFY_FIELDS) :]} == {
        "channels": "phone: urgent, team: digest",
        "quiet_hours": "22:00-07:00",
        "timezone": "America/Sao_Paulo",
        "max_per_day": 3,
        "digest_at": "09:30",
        "digest_size": 5,
        "min_drop": 5,
        "unconfirmed": "hold",
        "max_age": None,
        "gone_note": False,
    }
    (row,) = csv.DictReader(io.StringIO(watches.succeed("list", "--format", "csv")))
    assert (row["channels"], row["quiet_hours"]) == ("phone: urgent, team: digest", "22:00-07:00")


# ---- requests ----------------------------------------------------------------------------------------------------


def test_import_prints_the_requests_of_each_watch_and_of_all(watches: Watches) -> None:
    month = "{{name: {}, programs: {}, origin: LAX, destination: {}, dates: 2027-03..2027-04}}"
    entries = [month.format(*values) for values in (("One", "united", "HND"), ("Two", "[united, qantas]", "HND"))]
    found = requests_of(watches.import_report("watches:\n" + "".join(f"  - {entry}\n" for entry in entries)))
    assert found["One"] == ["2", "united", "2"]
    assert found["Two"] == ["63", "qantas", "61,", "united", "2"]
    assert found["all active watches"] == ["63", "qantas", "61,", "united", "2"], "searches are shared"


def test_import_warns_of_more_requests_than_the_budget_allows(watches: Watches) -> None:
    watches.settings["AWARD_BUDGET"] = "united=1/day"
    year = "watches:\n  - {name: Year, programs: united, origin: LAX, destination: HND, dates: 2027-03..2027-05}\n"
    report = watches.import_report(year)
    assert "united: 3 requests, but its budget is 1 a day, so a crawl of all days takes 3 days" in report


@pytest.mark.parametrize(("programs", "sources"), [("", False), ("programs: seatsaero, ", True)])
def test_a_program_without_its_key_counts_only_if_a_watch_names_it(
    watches: Watches, programs: str, sources: bool
) -> None:
    report = watches.import_report(
        f"watches:\n  - {{name: Any, {programs}origin: LAX, destination: HND, dates: 2027-03}}\n"
    )
    assert ("seatsaero" in report) is sources


# ---- export ------------------------------------------------------------------------------------------------------


def test_what_is_exported_can_be_imported_again_even_after_a_rename(watches: Watches) -> None:
    watches.import_text(TWO)
    text = watches.succeed("export")
    assert watches.import_text(text) == "0 added, 0 changed, 2 unchanged."
    renamed = text.replace("name: Weekend in Austin", "name: Austin")
    assert watches.import_text(renamed) == "0 added, 1 changed, 1 unchanged."
    assert [watch.name for watch in watches.stored()] == ["Austin", "Last spring"]


def test_ids_of_another_installation_are_replaced(watches: Watches) -> None:
    watches.import_text(TWO)
    text = watches.succeed("export")
    watches.succeed("remove", "Last spring")
    assert watches.import_text(text) == "1 added, 0 changed, 1 unchanged."
    assert {watch.id for watch in watches.stored()} != set(re.findall("id: '?([0-9a-f]+)", text))


def test_watches_of_another_owner_are_neither_exported_nor_changed(watches: Watches) -> None:
    store = open_store("", watches.folder)
    try:
        other = save_owner(store, Owner(name="Ann"), now=NOW).id
        (theirs,) = save_watches(store, [make_watch(name="Last spring")], now=NOW, owner_id=other)
    finally:
        store.close()
    text = TWO.replace("{name: Last", f"{{id: {theirs.watch.id}, name: Last")
    assert watches.import_text(text) == "2 added, 0 changed, 0 unchanged."
    (own,) = (each.id for each in watches.stored() if each.name == "Last spring" and each.id != theirs.watch.id)
    watches.succeed("remove", own)
    watches.succeed("add", "Last spring", *AUSTIN)
    assert theirs.watch.id not in watches.succeed("export")
    assert theirs.watch in watches.stored()


def test_an_export_replaces_no_file(watches: Watches) -> None:
    watches.import_text(TWO)
    file = watches.folder / "export.yaml"
    assert watches.succeed("export", str(file)) == f"{file}: 2 watches.\n"
    assert watches.fail("export", str(file)) == f"{file} exists; remove it, or choose another name"
    assert watches.fail("export", str(watches.folder / "no" / "file")).endswith(": No such file or directory")
    assert len(load_watches(file)) == 2
