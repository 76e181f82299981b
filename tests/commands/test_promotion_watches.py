"""`scrapy watches` for promotions, next to watches for awards."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from sqlalchemy import update

from awardspider.commands._watch_fields import PROMOTIONS, build_either, changed_definition
from awardspider.commands._watch_tables import FIELDS
from awardspider.items import PromotionKind
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.promotion_watch_table import PROMOTION_NOTIFY_FIELDS, PROMOTION_WATCH_FIELDS
from awardspider.search.promotion_watches import build_promotion_watch
from awardspider.search.watch_table import plain_description
from awardspider.storage import schema
from awardspider.storage.owners import default_owner, save_owner
from awardspider.storage.store import open_store
from tests.support.storage_examples import NOW
from tests.support.watch_values import promotion_values
from tests.support.watches_command import TOKYO, TWO, Watches

BONUSES = ("--promotions", "--kinds", "transfer bonus", "--banks", "amex", "--min-percent", "25")
BOTH = f"""\
{TWO}
promotions:
  - {{name: Amex bonuses, kinds: transfer bonus, banks: amex, min_percent: 25%}}
  - {{name: Cheap miles, kinds: buy miles, max_cents: 1.9, active: no}}
"""
TODAY = NOW.date()


@pytest.fixture
def watches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Watches:
    return Watches(tmp_path, capsys)


# ---- add and edit ----------------------------------------------------------------------------------------------------


def test_a_watch_is_added_from_options_and_described(watches: Watches) -> None:
    out = watches.succeed(
        "add", "Amex", "bonuses", *BONUSES, "--programs", "Flying Blue", "--programs", "avios",
        "--channels", "phone: urgent", "--max-per-day", "2", "--expires", "2026-12-01", "--targeted",
        "--note", "for Lisbon",
    )  # fmt: skip
    (watch,) = watches.stored_promotions()
    lines = out.splitlines()
    assert lines[:3] == ["Added 'Amex bonuses'.", "", "Amex bonuses  active"]
    assert {line[:10].strip(): line[10:] for line in lines[4:]} == {
        "kinds": "transfer bonus",
        "programs": "Flying Blue, Avios",
        "banks": "Amex Membership Rewards",
        "limits": "at least 25%",
        "targeted": "also promotions only for invited members",
        "notifies": "phone: urgent; ≤ 2 a day",
        "expires": "on 2026-12-01, in 9 days",
        "note": "for Lisbon",
        "id": watch.id,
    }
    assert (watch.name, watch.kinds, watch.programs, watch.banks, watch.min_percent, watch.targeted) == (
        "Amex bonuses", (PromotionKind.TRANSFER_BONUS,), ("flyingblue", "avios"), ("amex",), 25, True,
    )  # fmt: skip
    assert watches.stored() == []


def test_a_watch_needs_only_a_name(watches: Watches) -> None:
    out = watches.succeed("add", "All", "--promotions")
    assert re.findall(r"^(kinds|programs|notifies|expires) +(.*)$", out, re.MULTILINE) == [
        ("kinds", "every kind"),
        ("programs", "all"),
        ("notifies", "all channels; ≤ 5 a day"),
        ("expires", "never"),
    ]


def test_the_profile_says_from_which_banks_targeted_promotions_match(watches: Watches) -> None:
    store = open_store("", watches.folder)
    save_owner(store, replace(default_owner(store), targeted=frozenset({"chase", "amex"})), now=NOW)
    store.close()
    out = watches.succeed("add", "All", "--promotions")
    assert "only from Amex Membership Rewards, Chase Ultimate Rewards, as in your profile" in out


@pytest.mark.parametrize("name", [name for name in PROMOTION_WATCH_FIELDS if name not in ("name", "notify")])
def test_the_example_of_every_field_can_be_given_as_its_option(watches: Watches, name: str) -> None:
    example = PROMOTION_WATCH_FIELDS[name].example
    watches.succeed("add", "One", "--promotions", f"--{name.replace('_', '-')}", str(example))
    (watch,) = watches.stored_promotions()
    assert watch == build_promotion_watch({"name": "One", name: example})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--promotions",), "name is missing (for example Amex to Flying Blue)"),
        (
            ("A", "--promotions", "--cabins", "business"),
            "--cabins: only watches for awards have this field: remove it",
        ),
        (
            ("A", "--promotions", "--min-drop", "10"),
            "--min-drop: only watches for awards have this field: remove it",
        ),
        (
            ("A", *TOKYO, "--banks", "amex"),
            "--banks: only watches for promotions have this field: add --promotions",
        ),
        (("A", "--kinds", "buy miles"), "--kinds: only watches for promotions have this field: add --promotions"),
        (("A", "--promotions", "--kinds", "lotery"), 'unknown kind "lotery" ('),
        (("A", "--promotions", "--banks", "amx"), 'unknown bank "amx" (did you mean amex?)'),
        (("A", "--promotions", "--banks", "Aeroplan"), '--banks: "Aeroplan" is not a bank: write it in programs'),
        (("A", "--promotions", "--min-percent", "0"), '--min-percent: must be an integer from 1 to 300, not "0"'),
        (("A", *BONUSES, "--max-cents", "2"), "--max-cents: transfer_bonus has no price of a mile: remove one of"),
        (("A", "--promotions", "--timezone", "Mars"), '--timezone: unknown time zone "Mars"'),
        (("A", "--promotions", "--channels", "fone"), '--channels: unknown channel "fone" (did you mean phone?'),
        (
            ("A", "--promotions", "--expires", "2026-11-21"),
            "--expires: 2026-11-21 is in the past (today is",
        ),
        (
            ("A", "--promotions", "--words", "Amex bonuses"),
            "--words describes a watch for awards: with --promotions, give options instead",
        ),
        (("weekend in austin", "--promotions"), "there is a watch 'Weekend in Austin' already; scrapy watches edit"),
    ],
)
def test_what_is_not_understood_adds_nothing(watches: Watches, words: tuple[str, ...], message: str) -> None:
    watches.import_text(TWO)
    assert watches.fail("add", *words).startswith(message)
    assert watches.stored_promotions() == []
    assert len(watches.stored()) == 2


def test_a_watch_for_awards_cannot_have_the_name_of_one_for_promotions(watches: Watches) -> None:
    watches.succeed("add", "Bonuses", "--promotions")
    expected = "there is a watch 'Bonuses' already; scrapy watches edit changes it"
    assert watches.fail("add", "bonuses", *TOKYO) == expected


def test_an_edit_names_each_change(watches: Watches) -> None:
    watches.succeed("add", "Bonuses", *BONUSES)
    out = watches.succeed(
        "edit", "bonuses", "--min-percent", "30", "--clear", "banks", "--programs", "SkyMiles", "--quiet-hours",
        "22:00-07:00", "--targeted", "--name", "Delta",
    )  # fmt: skip
    assert out.splitlines()[2:] == [
        "  name: Bonuses → Delta",
        "  banks: amex → every bank",
        "  min_percent: 25 → 30",
        "  programs: every program → delta",
        "  targeted: no → yes",
        "  quiet_hours: none → 22:00-07:00",
    ]
    assert watches.succeed("edit", "delta", "--min-percent", "30%") == "'Delta' has these values already.\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--cabins", "first"), "--cabins: only watches for awards have this field: 'Bonuses' is for promotions"),
        (("--gone-note", "yes"), "--gone-note: only watches for awards have this field: 'Bonuses' is for promotions"),
        (("--clear", "cabins"), '--clear: unknown field "cabins" ('),
        (("--max-cents", "2"), "--max-cents: transfer_bonus has no price of a mile: remove one of these fields"),
    ],
)
def test_an_invalid_edit_changes_nothing(watches: Watches, words: tuple[str, ...], message: str) -> None:
    watches.succeed("add", "Bonuses", *BONUSES)
    before = watches.stored_promotions()
    assert watches.fail("edit", "bonuses", *words).startswith(message)
    assert watches.stored_promotions() == before


def test_a_watch_for_awards_is_not_edited_into_one_for_promotions(watches: Watches) -> None:
    watches.import_text(TWO)
    message = watches.fail("edit", "weekend in austin", "--banks", "amex")
    assert message == "--banks: only watches for promotions have this field: 'Weekend in Austin' is for awards"


@settings(deadline=None)
@given(promotion_values(), promotion_values())
def test_any_watch_can_be_edited_into_any_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    cleared = old.keys() - new.keys() - {"name", "active"} | {"notify"}
    values = {"active": True} | new
    edited = build_either(PROMOTIONS, changed_definition(build_promotion_watch(old), values, cleared))
    expected, default = build_promotion_watch(new), NotifyPrefs()  # the same as no preferences
    assert replace(edited, notify=edited.notify or default) == replace(expected, notify=expected.notify or default)


# ---- show, list, import and export -----------------------------------------------------------------------------------


def test_the_list_has_a_table_for_each_kind(watches: Watches) -> None:
    watches.import_text(BOTH)
    awards, _, promotions = watches.succeed("list").partition("\nPromotions:\n")
    assert "Weekend in Austin" in awards
    assert "Amex" not in awards
    lines = {line[:12].strip(): line[12:].split() for line in promotions.splitlines()}
    assert lines["Amex bonuses"] == ["active", "transfer", "bonus", "any", "amex", "≥", "25%"]
    assert lines["Cheap miles"] == ["paused", "buy", "miles", "any", "≤", "1.9"]


def test_a_list_of_promotions_only_has_no_empty_table(watches: Watches) -> None:
    watches.succeed("add", "Bonuses", *BONUSES)
    assert watches.succeed("list").startswith("name ")


@pytest.mark.parametrize("width", [80, 120])
def test_the_list_fits_the_terminal(watches: Watches, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    kinds = "transfer bonus, award sale, promo rewards, buy miles"
    fields = ("--kinds", kinds, "--programs", "Flying Blue, avios")
    watches.succeed("add", "Everything about Flying Blue and Avios", "--promotions", *fields)
    watches.succeed("add", "Amex", *BONUSES, "--max-per-day", "2")
    out = watches.succeed("list")
    assert max(map(len, out.splitlines())) <= width
    assert "transfer" in out


def test_json_and_csv_have_the_fields_of_both_kinds(watches: Watches) -> None:
    watches.import_text(BOTH)
    records = json.loads(watches.succeed("list", "--format", "json"))
    assert {tuple(record) for record in records} == {FIELDS}
    assert [(record["kind"], record["name"]) for record in records] == [
        ("award", "Last spring"),
        ("award", "Weekend in Austin"),
        ("promotion", "Amex bonuses"),
        ("promotion", "Cheap miles"),
    ]
    assert [record["max_cents"] for record in records] == [None, None, None, "1.9"]
    bonuses = records[2]
    assert (bonuses["kinds"], bonuses["banks"], bonuses["min_percent"]) == ("transfer_bonus", "amex", 25)
    assert (bonuses["max_per_day"], bonuses["min_drop"], bonuses["dates"]) == (5, None, None)
    rows = list(csv.DictReader(io.StringIO(watches.succeed("list", "--format", "csv"))))
    assert [row["min_percent"] for row in rows] == ["", "", "25", ""]
    (record,) = json.loads(watches.succeed("show", "amex bonuses", "--format", "json"))
    assert record == bonuses


def test_what_is_exported_is_unchanged_when_it_is_imported_again(watches: Watches) -> None:
    assert watches.import_text(BOTH) == "4 added, 0 changed, 0 unchanged."
    text = watches.succeed("export")
    assert watches.import_text(text) == "0 added, 0 changed, 4 unchanged."
    assert watches.succeed("export") == text
    renamed = text.replace("name: Cheap miles", "name: Miles")
    assert watches.import_text(renamed) == "0 added, 1 changed, 3 unchanged."
    assert [watch.name for watch in watches.stored_promotions()] == ["Amex bonuses", "Miles"]
    file = watches.folder / "export.yaml"
    assert watches.succeed("export", str(file)) == f"{file}: 4 watches.\n"


def test_an_import_of_promotions_counts_no_requests(watches: Watches) -> None:
    report = watches.import_report(BOTH.partition("\n\n")[2])
    assert report == f"{watches.folder / 'watches.yaml'}: 2 added, 0 changed, 0 unchanged.\n"
    (watches.folder / "watches.yaml").write_text(BOTH)
    report = watches("import", str(watches.folder / "watches.yaml")).out
    assert "all active watches" in report
    assert "Amex bonuses" not in report


def test_an_import_into_the_other_kind_is_refused(watches: Watches) -> None:
    watches.succeed("add", "Weekend in Austin", "--promotions")
    (watches.folder / "watches.yaml").write_text(TWO)
    message = watches.fail("import", str(watches.folder / "watches.yaml"))
    assert message == 'watches.yaml:2: watch "Weekend in Austin": a stored watch for promotions has this name'
    (stored,) = watches.stored_promotions()
    (watches.folder / "watches.yaml").write_text(TWO.replace("{name: Last", f"{{id: {stored.id}, name: Last"))
    message = watches.fail("import", str(watches.folder / "watches.yaml"))
    assert message.startswith('watches.yaml:2: watch "Weekend')
    text = TWO.replace("Weekend in Austin", "Austin").replace("{name: Last", f"{{id: {stored.id}, name: Last")
    (watches.folder / "watches.yaml").write_text(text)
    message = watches.fail("import", str(watches.folder / "watches.yaml"))
    assert message == 'watches.yaml:3: watch "Last spring": a stored watch for promotions has this id'
    assert watches.stored() == []


def test_an_unknown_channel_of_a_watch_for_promotions_has_its_line(watches: Watches) -> None:
    text = BOTH.replace("buy miles,", "buy miles, notify: {channels: [fone]},")
    (watches.folder / "watches.yaml").write_text(text)
    message = watches.fail("import", str(watches.folder / "watches.yaml"))
    assert message.startswith('watches.yaml:7: watch "Cheap miles": unknown channel "fone" (did you mean phone?')


def test_an_unreadable_watch_is_listed_as_invalid_and_not_exported(watches: Watches) -> None:
    watches.import_text(BOTH)
    store = open_store("", watches.folder)
    with store.writing() as connection:
        broken = update(schema.watches).where(schema.watches.c.name == "Cheap miles")
        connection.execute(broken.values(definition={"kinds": ["lottery"]}))
    store.close()
    out = watches.succeed("list")
    assert "'Cheap miles' is invalid and matches nothing: unknown kind \"lottery\"" in out
    records = {each["name"]: each for each in json.loads(watches.succeed("list", "--format", "json"))}
    assert (records["Cheap miles"]["state"], records["Cheap miles"]["kind"]) == ("invalid", "promotion")
    result = watches("export")
    assert result.err.startswith("left out: 'Cheap miles' is invalid: unknown kind \"lottery\"")
    assert "Cheap miles" not in result.out


def test_a_watch_is_paused_resumed_and_removed(watches: Watches) -> None:
    watches.import_text(BOTH)
    assert watches.succeed("pause", "amex bonuses") == "'Amex bonuses' is paused.\n"
    assert watches.succeed("resume", "amex bonuses") == "'Amex bonuses' is active.\n"
    assert watches.succeed("remove", "amex bonuses") == "Removed 'Amex bonuses'. The promotions are kept.\n"
    assert watches.succeed("remove", "cheap miles") == (
        "Removed 'Cheap miles'. The promotions are kept. Without a watch for promotions, the built-in one applies "
        "(docs/watches.md).\n"
    )
    assert len(watches.stored()) == 2


def test_the_help_describes_the_fields_of_promotions(watches: Watches) -> None:
    help_text = " ".join(watches("add", "--help").out.split())
    for name in ("kinds", "banks", "min_percent", "max_cents", "targeted"):
        words = plain_description(PROMOTION_WATCH_FIELDS[name].description).split()[:4]
        assert " ".join(words) in help_text, name
    for name in PROMOTION_NOTIFY_FIELDS:
        assert f"--{name.replace('_', '-')}" in help_text
