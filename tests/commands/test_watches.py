"""`scrapy watches`."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from awardspider.commands._watch_check import CHECK_FIELDS, TRIP_FIELDS
from awardspider.commands._watch_fields import build_watch, changed_definition
from awardspider.commands._watch_tables import FIELDS
from awardspider.commands.watches import Command
from awardspider.items import AwardOfferItem, Detail, Priority
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.owners import Owner
from awardspider.search.watch_file import load_watches
from awardspider.search.watch_table import NOTIFY_FIELDS, WATCH_FIELDS
from awardspider.search.watches import Watch, build
from awardspider.storage.batches import write_batch
from awardspider.storage.owners import default_owner, save_owner
from awardspider.storage.store import open_store
from awardspider.storage.watches import find_watches, save_watches
from tests.support.commands import CommandRunner
from tests.support.paths import ROOT
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_segment
from tests.support.watch_examples import make_watch
from tests.support.watch_values import field_values

EXAMPLE = ROOT / "deploy" / "watches.example.yaml"

SETTINGS = {
    "SPIDER_MODULES": ["awardspider.spiders"],
    "AWARD_DATABASE_URL": "",
    "AWARD_GOOGLE_SHEET": "",
    "AWARD_WEBHOOKS": "phone=https://example.com/phone team=https://example.com/team",
    "AWARD_WEBHOOK_SECRET": "",
    "AWARD_BUDGET": "",
    "AWARD_KEYS": {},
    "AWARD_MAX_AGE_HOURS": "48",
    "AWARD_SANDBOX_URL": "",
}

TWO = """\
watches:
  - {name: Weekend in Austin, origin: LAX, destination: AUS, dates: +14..+60, cabins: economy, max_miles: 12500}
  - {name: Last spring, origin: NYC, destination: TYO, dates: 2020-03, active: no}
"""


class AtFixedTime(Command):
    """The command at the time of the stored offers."""

    @staticmethod
    def now() -> datetime:
        return NOW


class Watches(CommandRunner):
    """The command with a database of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(AtFixedTime, SETTINGS | {"AWARD_DATA_DIR": str(folder)}, capsys)
        self.folder = folder

    def import_text(self, text: str) -> str:
        """Import a file with this text and return the summary."""
        return self.import_report(text).splitlines()[0].removeprefix(f"{self.folder / 'watches.yaml'}: ")

    def import_report(self, text: str) -> str:
        """Import a file with this text and return everything that is printed."""
        file = self.folder / "watches.yaml"
        file.write_text(text)
        return self.succeed("import", str(file))

    def stored(self) -> list[Watch]:
        store = open_store("", self.folder)
        try:
            return [stored.watch for stored in find_watches(store, now=NOW, active_only=False)]
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
    (watches.folder / "wrong.yaml").write_text(TWO.replace("12500", "10000").replace("TYO", "Portland"))
    message = watches.fail("import", str(watches.folder / "wrong.yaml"))
    assert message.startswith('wrong.yaml:3: watch "Last spring": ')
    assert "PDX" in message
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


def requests_of(report: str) -> dict[str, list[str]]:
    """Return the columns after the name of each watch in the report of an import."""
    lines = report.partition("───\n")[2].splitlines()
    return {line[:18].strip(): line[18:].split() for line in lines if line[:1].strip()}


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


# ---- add and edit ------------------------------------------------------------------------------------------------

TOKYO = ("--origin", "LAX,SFO", "--destination", "TYO", "--dates", "2027-03..2027-05")


def test_a_watch_is_added_from_options_and_described(watches: Watches) -> None:
    out = watches.succeed(
        "add", "Tokyo", "in", "spring", *TOKYO, "--cabins", "business", "--cabins", "first", "--max-miles", "80k",
        "--max-taxes", "R$ 500", "--nights", "7-10", "--sale-only", "--channels", "phone: urgent, team",
        "--quiet-hours", "10pm-7am", "--deal", "exceptional", "--min-cpp", "1.8",
    )  # fmt: skip
    assert out.startswith("Added 'Tokyo in spring'.\n")
    for text in (
        "LAX Los Angeles, SFO San Francisco",
        "after 7-10 nights",
        "80,000 miles each way",
        "500 BRL",
        "quiet",
        "only exceptional prices and record lows; at least 1.8 cents per point",
    ):
        assert text in out
    (watch,) = watches.stored()
    assert watch.to_definition() == {
        "name": "Tokyo in spring",
        "origin": "LAX,SFO",
        "destination": "TYO",
        "dates": "2027-03..2027-05",
        "nights": "7-10",
        "cabins": ["business", "first"],
        "max_miles": 80_000,
        "max_taxes": "500 BRL",
        "sale_only": True,
        "deal": "exceptional",
        "min_cpp": "1.8",
        "notify": {"channels": {"phone": "urgent", "team": "normal"}, "quiet_hours": "22:00-07:00"},
    }


@pytest.mark.parametrize("action", ["add", "edit"])
def test_every_field_has_an_option(watches: Watches, action: str) -> None:
    text = watches(action, "--help").out
    for name in (*WATCH_FIELDS, *NOTIFY_FIELDS):
        if name not in ("name", "notify"):
            assert f"--{name.replace('_', '-')}" in text


@pytest.mark.parametrize("name", [name for name in WATCH_FIELDS if name not in ("name", "notify")])
def test_the_example_of_every_field_can_be_given_as_its_option(watches: Watches, name: str) -> None:
    needed = {"nights": "7"} if "trip" in name else {"cabins": "first"} if name == "min_cabin_share" else {}
    plain = {"origin": "GRU", "destination": "LIS", "dates": "2027-03"}
    given = plain | needed | {name: str(WATCH_FIELDS[name].example)}
    watches.succeed("add", "One", *(word for field, value in given.items() for word in (_option(field), value)))
    (watch,) = watches.stored()
    assert watch == build({"name": "One"} | given)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--origin is missing (for example LAX)"),
        (("--origin", "LAX", "--dates", "2027-03"), "--destination is missing (for example TYO)"),
        ((*TOKYO, "--cabins", "busines"), 'unknown cabin "busines" (did you mean business?)'),
        ((*TOKYO, "--max-miles", "lots"), '--max-miles: must be an integer from 1 to 2,000,000, not "lots"'),
        ((*TOKYO, "--max-trip-miles", "9k"), "--max-trip-miles: is for round trips: add nights (such as 7-10), or use"),
        ((*TOKYO, "--sale-only", "maybe"), '--sale-only: must be yes or no, not "maybe"'),
        ((*TOKYO, "--channels", "fone"), '--channels: unknown channel "fone" (did you mean phone? known: phone, team)'),
        ((*TOKYO, "--timezone", "Mars"), '--timezone: unknown time zone "Mars"'),
        ((*TOKYO, "--expires", "2020-01-01"), "--expires: 2020-01-01 is in the past (today is 2026-11-22)"),
        ((*TOKYO[:4], "--dates", "2020-03"), "--dates: 2020-03 is in the past (today is 2026-11-22)"),
        ((*TOKYO[2:], "--origin", "San Jose"), "--origin: San Jose is ambiguous: write SJC (San Jose, California) or"),
        ((*TOKYO, "Francisco"), "unexpected argument 'Francisco'; put values with spaces in quotes"),
        ((*TOKYO, "--min-cpp", "x"), '--min-cpp: must be a number of cents per point such as 1.8, not "x"'),
        ((*TOKYO, "--deal", "goof"), 'unknown deal class "goof" (did you mean good?)'),
    ],
)
def test_an_invalid_option_adds_nothing_and_is_one_sentence(
    watches: Watches, words: tuple[str, ...], message: str
) -> None:
    assert watches.fail("add", "Tokyo", *words).startswith(message)
    assert watches.stored() == []


def test_a_name_is_added_once(watches: Watches) -> None:
    watches.succeed("add", "Tokyo", *TOKYO)
    message = "there is a watch 'Tokyo' already; scrapy watches edit changes it"
    assert watches.fail("add", "TOKYO", *TOKYO) == message


def test_an_edit_changes_the_given_fields_and_keeps_the_id(watches: Watches) -> None:
    watches.succeed("add", "Tokyo", *TOKYO, "--max-miles", "80k", "--max-stops", "1", "--channels", "phone")
    (before,) = watches.stored()
    out = watches.succeed(
        "edit", "tokyo", "--name", "Japan", "--max-miles", "90,000", "--clear", "max-stops", "--digest-at", "9:30",
        "--active", "no",
    )  # fmt: skip
    assert sorted(out.splitlines()) == [
        "",
        "  active: yes → no",
        "  digest_at: 08:00 → 09:30",
        "  max_miles: 80,000 → 90,000",
        "  max_stops: 1 → any number",
        "  name: Tokyo → Japan",
        "Changed 'Tokyo':",
    ]
    (after,) = watches.stored()
    assert (after.id, after.name, after.active, after.max_miles, after.max_stops) == (
        before.id,
        "Japan",
        False,
        90_000,
        None,
    )
    assert after.notify is not None
    assert after.notify.channels == (("phone", Priority.NORMAL),)
    assert watches.succeed("edit", "Japan", "--max-miles", "90k") == "'Japan' has these values already.\n"
    watches.succeed("edit", "Japan", "--clear", "notify")
    assert watches.stored()[0].notify is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "nothing to change: give an option such as --max-miles 80k, or --clear max_miles"),
        (("--clear", "origin"), "--clear: every watch needs origin; give another one with --origin"),
        (("--clear", "max_mile"), '--clear: unknown field "max_mile" (did you mean max_miles?)'),
        (("--clear", "nights"), "--clear nights: max_trip_miles needs it: write --clear max_trip_miles too"),
        (
            ("--travelers", "2", "--clear", "travelers"),
            "--clear travelers: --travelers gives it a value: remove one of them",
        ),
        (
            ("--digest-size", "2", "--clear", "digest-size"),
            "--clear digest_size: --digest-size gives it a value: remove one of them",
        ),
        (("--deal", "usual"), 'unknown deal class "usual" (known: record_low, exceptional, good)'),
        (("--name", "Weekend in Austin"), 'another watch has the name "Weekend in Austin"; choose another name'),
        (("--destination", "LAX,SFO", "--origin", "LAX"), None),
        (("--destination", "LAX", "--origin", "LAX"), "--destination: LAX is also the origin"),
    ],
)
def test_an_invalid_edit_changes_nothing(watches: Watches, words: tuple[str, ...], message: str | None) -> None:
    watches.import_text(TWO)
    watches.succeed("add", "Tokyo", *TOKYO, "--nights", "7", "--max-trip-miles", "150k")
    before = watches.stored()
    if message is None:
        watches.succeed("edit", "tokyo", *words)
        assert watches.stored() != before
    else:
        assert watches.fail("edit", "tokyo", *words).startswith(message)
        assert watches.stored() == before


@settings(deadline=None)
@given(field_values(), field_values())
def test_any_watch_can_be_edited_into_any_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    required = {"name", "origin", "destination", "dates"}
    cleared = old.keys() - new.keys() - required - {"active"} | {"notify"}
    values = {"active": True} | new
    edited = build_watch(changed_definition(build(old), values, cleared))
    default = NotifyPrefs()  # the same as no preferences
    assert replace(edited, notify=edited.notify or default) == replace(build(new), notify=build(new).notify or default)


def test_a_watch_is_added_from_words(watches: Watches) -> None:
    words = "business to Tokyo in March under 80k from LAX or SFO, 2 people"
    out = watches.succeed("add", "Tokyo", "--words", words, "--max-stops", "1")
    assert "LAX Los Angeles, SFO San Francisco" in out
    (watch,) = watches.stored()
    assert (watch.name, watch.travelers, watch.max_miles, watch.max_stops) == ("Tokyo", 2, 80_000, 1)
    assert watch.destinations == ("HND", "NRT")
    assert watch.dates.text == "2027-03-01..2027-03-31"


def test_an_option_gives_what_the_words_lack(watches: Watches) -> None:
    words = "business to Lisbon in June under 90k"
    assert watches.fail("add", "--words", words) == "--words: origin is missing; add --origin"
    watches.succeed("add", "--words", words, "--origin", "GRU")
    assert [watch.name for watch in watches.stored()] == [words]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("hello", "--words: this does not say which awards to search for, such as "),
        (
            "to Portland in June from LAX",
            "--words: Portland is ambiguous: write PDX (Portland, Oregon) or PWM (Portland",
        ),
    ],
)
def test_words_that_are_not_clear_add_nothing(watches: Watches, words: str, message: str) -> None:
    assert watches.fail("add", "--words", words).lower().startswith(message.lower())
    assert watches.stored() == []


# ---- show and check ----------------------------------------------------------------------------------------------


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


def store_offers(watches: Watches, *offers: AwardOfferItem) -> None:
    store = open_store("", watches.folder)
    try:
        write_batch(store, make_batch(*offers))
    finally:
        store.close()


def offer(day: date, miles: int, *, back: bool = False, **values: Any) -> AwardOfferItem:
    """Return the flights of a day between Los Angeles and Austin, with two seats."""
    places = {"origin": "AUS", "destination": "LAX"} if back else {"origin": "LAX", "destination": "AUS"}
    start = datetime.combine(day, time(9), UTC)
    segment = make_segment(departs_at=start, arrives_at=start + timedelta(hours=3), **places)
    fields: dict[str, Any] = {"departure_date": day, "miles": miles, "segments": (segment,), "seats": 2, **places}
    return make_itinerary(**fields | values)


AUSTIN = ("--origin", "LAX", "--destination", "AUS", "--dates", "2027-03-10..2027-03-20")


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
