"""The `notify` block of a watch."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from awardspider.items import Priority
from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.search.notify_prefs import NotifyPrefs, Unconfirmed, parse_notify_prefs
from awardspider.search.watch_fields import Duration
from awardspider.search.watch_file import load_watches
from awardspider.search.watches import Watch

FULL = NotifyPrefs(
    channels=(("phone", Priority.URGENT), ("team", Priority.DIGEST)),
    quiet_hours=(time(22), time(7, 30)),
    timezone="America/Sao_Paulo",
    max_per_day=3,
    digest_at=time(9, 5),
    digest_size=4,
    min_drop=10,
    unconfirmed=Unconfirmed.LABEL,
    max_age=Duration(390),
    gone_note=True,
)
WRITTEN = {
    "channels": {"phone": "urgent", "team": "digest"},
    "quiet_hours": "22:00-07:30",
    "timezone": "America/Sao_Paulo",
    "max_per_day": 3,
    "digest_at": "09:05",
    "digest_size": 4,
    "min_drop": 10,
    "unconfirmed": "label",
    "max_age": "6h30",
    "gone_note": True,
}
FILE = """\
watches:
  - name: Austin
    origin: LAX
    destination: AUS
    dates: +30
    notify:
      channels: {phone: urgent, team: digest}
      quiet_hours: 22:00 - 07:30
      timezone: America/Sao_Paulo
      max_per_day: 3
      digest_at: 9:05
      digest_size: 4
      min_drop: 10 %
      unconfirmed: Label
      max_age: 6.5 hours
      gone_note: yes
"""


def test_a_full_block_is_parsed_and_written() -> None:
    assert parse_notify_prefs(WRITTEN) == FULL
    assert FULL.to_definition() == WRITTEN


def test_an_empty_block_has_the_defaults() -> None:
    assert (
        parse_notify_prefs({})
        == NotifyPrefs()
        == parse_notify_prefs({"timezone": None, "channels": None} | dict.fromkeys(WRITTEN))
    )
    assert NotifyPrefs().to_definition() == {}


def test_a_record_has_plain_values() -> None:
    assert FULL.to_record() == {
        "channels": {"phone": "urgent", "team": "digest"},
        "quiet_hours": ["22:00", "07:30"],
        "timezone": "America/Sao_Paulo",
        "max_per_day": 3,
        "digest_at": "09:05",
        "digest_size": 4,
        "min_drop": 10,
        "unconfirmed": "label",
        "max_age": 23_400,
        "gone_note": True,
    }


def test_a_block_in_a_watch_file_survives_storage(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(FILE)
    (watch,) = load_watches(file)
    assert watch.notify == FULL
    assert Watch.from_definition(watch.to_definition()) == watch


@pytest.mark.parametrize("channels", ["phone, team", "phone team", ["phone", "team"]])
def test_channel_names_without_priority_are_normal(channels: object) -> None:
    assert parse_notify_prefs({"channels": channels}).channels == (
        ("phone", Priority.NORMAL),
        ("team", Priority.NORMAL),
    )


@pytest.mark.parametrize("channels", ["phone: urgent, team: digest", "phone=Urgent,team=digest"])
def test_a_text_may_give_priorities(channels: str) -> None:
    assert parse_notify_prefs({"channels": channels}).channels == FULL.channels


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "america/sao paulo", "America/São_Paulo"])
def test_notations_of_time_zones(zone: str) -> None:
    assert parse_notify_prefs({"timezone": zone}).timezone == "America/Sao_Paulo"


@pytest.mark.parametrize("hours", ["10pm-7:30am", "22:00-07:30", "22:00 – 7:30", " 22:00 to 07:30 "])
def test_notations_of_quiet_hours(hours: str) -> None:
    assert parse_notify_prefs({"quiet_hours": hours}).quiet_hours == (time(22), time(7, 30))


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("phone", "expected a group of fields, such as {channels: {phone: urgent}}"),
        ({"channel": "phone"}, 'unknown field "channel" (did you mean channels?)'),
        ({"channels": 5}, "channels: expected names and priorities"),
        ({"channels": {"my phone": "urgent"}}, 'channels: "my phone" is not a channel name'),
        ({"channels": {"phone": "loud"}}, 'channels: phone: unknown priority "loud" (known: urgent, normal, digest)'),
        ({"channels": {"phone": None}}, 'channels: phone: unknown priority "None"'),
        ({"channels": [["phone"]]}, "channels: expected names and priorities"),
        ({"quiet_hours": "22-7"}, 'quiet_hours: must be two times such as 22:00-07:00, not "22-7"'),
        ({"quiet_hours": "22:00-24:00"}, 'quiet_hours: must be a time such as 08:00, not "24:00"'),
        ({"quiet_hours": "08:00-8:00"}, "quiet_hours: start and end are the same"),
        ({"quiet_hours": 1320}, 'quiet_hours: must be two times such as 22:00-07:00, not "1320"'),  # 22:00 in YAML 1.1
        ({"digest_at": "8"}, 'digest_at: must be a time such as 08:00, not "8"'),
        ({"digest_at": "08:60"}, 'digest_at: must be a time such as 08:00, not "08:60"'),
        (
            {"timezone": "Mars/Olympus"},
            'timezone: unknown time zone "Mars/Olympus" (write one such as America/Sao_Paulo)',
        ),
        ({"timezone": "New York"}, 'timezone: unknown time zone "New York" (did you mean America/New_York?)'),
        ({"timezone": "Asia/Tokio"}, 'timezone: unknown time zone "Asia/Tokio" (did you mean Asia/Tokyo?)'),
        ({"timezone": "../etc/passwd"}, 'timezone: unknown time zone "../etc/passwd"'),
        ({"timezone": ""}, 'timezone: unknown time zone ""'),
        ({"timezone": 3}, 'timezone: unknown time zone "3"'),
        ({"max_per_day": 0}, 'max_per_day: must be an integer from 1 to 1,000, not "0"'),
        ({"max_per_day": "many"}, 'max_per_day: must be an integer from 1 to 1,000, not "many"'),
        ({"digest_size": 11}, 'digest_size: must be an integer from 1 to 10, not "11"'),
        ({"min_drop": "91"}, 'min_drop: must be an integer from 0 to 90, not "91"'),
        ({"min_drop": "-5%"}, 'min_drop: must be an integer from 0 to 90, not "-5"'),
        ({"max_per_day": "5%"}, 'max_per_day: must be an integer from 1 to 1,000, not "5%"'),
        ({"digest_size": "5%"}, 'digest_size: must be an integer from 1 to 10, not "5%"'),
        ({"unconfirmed": "send"}, 'unconfirmed: must be hold or label, not "send"'),
        ({"max_age": "soon"}, 'max_age: must be a time such as 6h, at most 7 days, not "soon"'),
        ({"max_age": 6}, 'max_age: must be a time such as 6h, at most 7 days, not "6"'),
        ({"gone_note": "maybe"}, 'gone_note: must be yes or no, not "maybe"'),
        ({"digest_size": True}, 'digest_size: must be an integer from 1 to 10, not "True"'),
    ],
)
def test_invalid_blocks_are_explained(block: object, message: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        parse_notify_prefs(block)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_an_invalid_block_in_a_file_names_watch_and_field(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(FILE.replace("Sao_Paulo", "Sampa"))
    with pytest.raises(InvalidWatch) as raised:
        load_watches(file)
    assert 'watch "Austin": notify: timezone: unknown time zone "America/Sampa"' in str(raised.value)
