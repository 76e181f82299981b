"""`scrapy watches add` and `edit`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from awardspider.commands._watch_fields import build_watch, changed_definition
from awardspider.items import Priority
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.notify_table import NOTIFY_FIELDS
from awardspider.search.watch_table import WATCH_FIELDS
from awardspider.search.watches import build
from tests.support.watch_values import field_values
from tests.support.watches_command import TOKYO, TWO, Watches


@pytest.fixture
def watches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Watches:
    return Watches(tmp_path, capsys)


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
            "alert me about Amex transfer bonuses",
            "--words: this is about promotions, not awards: write --promotions --kinds transfer_bonus instead, with ",
        ),
        (
            "to Portland in June from LAX",
            "--words: Portland is ambiguous: write PDX (Portland, Oregon) or PWM (Portland",
        ),
    ],
)
def test_words_that_are_not_clear_add_nothing(watches: Watches, words: str, message: str) -> None:
    assert watches.fail("add", "--words", words).lower().startswith(message.lower())
    assert watches.stored() == []
