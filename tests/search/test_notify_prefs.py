"""The `tell` block of a watch."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from awardspider.items import Priority
from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.search.notify_prefs import Tell, read_tell
from awardspider.search.watches import Watch, load_watches

FULL = Tell(
    channels=(("phone", Priority.URGENT), ("team", Priority.DIGEST)),
    quiet=(time(22), time(7, 30)),
    zone="America/Sao_Paulo",
    at_most=3,
    digest_at=time(9, 5),
    best=4,
)
WRITTEN = {
    "channels": {"phone": "urgent", "team": "digest"},
    "quiet_hours": "22:00-07:30",
    "zone": "America/Sao_Paulo",
    "at_most_a_day": 3,
    "digest_at": "09:05",
    "best": 4,
}
FILE = """\
watches:
  - name: Austin
    origin: LAX
    destination: AUS
    dates: +30
    tell:
      channels: {phone: urgent, team: digest}
      quiet_hours: 22:00 - 07:30
      zone: America/Sao_Paulo
      at_most_a_day: 3
      digest_at: 9:05
      best: 4
"""


def test_a_whole_block_is_read_and_written_again() -> None:
    assert read_tell(WRITTEN) == FULL
    assert FULL.to_definition() == WRITTEN


def test_an_empty_block_means_the_usual() -> None:
    assert read_tell({}) == Tell() == read_tell({"zone": None, "channels": None} | dict.fromkeys(WRITTEN))
    assert Tell().to_definition() == {}


def test_the_terms_are_plain_values() -> None:
    assert FULL.terms() == {
        "channels": {"phone": "urgent", "team": "digest"},
        "quiet": ["22:00", "07:30"],
        "zone": "America/Sao_Paulo",
        "at_most": 3,
        "digest_at": "09:05",
        "best": 4,
    }


def test_it_stands_in_a_watch_file_and_survives_the_database(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(FILE)
    (watch,) = load_watches(file)
    assert watch.tell == FULL
    assert Watch.from_definition(watch.to_definition()) == watch


@pytest.mark.parametrize("channels", ["phone, team", "phone team", ["phone", "team"]])
def test_names_alone_are_of_the_level_normal(channels: object) -> None:
    assert read_tell({"channels": channels}).channels == (("phone", Priority.NORMAL), ("team", Priority.NORMAL))


@pytest.mark.parametrize("hours", ["22:00-07:30", "22:00 – 7:30", " 22:00 to 07:30 "])
def test_spellings_of_hours(hours: str) -> None:
    assert read_tell({"quiet_hours": hours}).quiet == (time(22), time(7, 30))


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("phone", "it is a group of fields, such as channels: {phone: urgent}"),
        ({"channel": "phone"}, "it has no field 'channel'; write channels, quiet_hours, zone"),
        ({"channels": 5}, "channels are names with a level each"),
        ({"channels": {"my phone": "urgent"}}, "channels: 'my phone' is not the name of a channel"),
        ({"channels": {"phone": "loud"}}, "channels: phone has the level 'loud'; write urgent, normal, digest"),
        ({"channels": {"phone": None}}, "channels: phone has the level 'None'"),
        ({"channels": [["phone"]]}, "channels are names with a level each"),
        ({"quiet_hours": "22-7"}, "quiet_hours is '22-7'; write two times such as 22:00-07:00"),
        ({"quiet_hours": "22:00-24:00"}, "quiet_hours is '24:00'; write a time such as 08:00"),
        ({"quiet_hours": "08:00-8:00"}, "quiet_hours begin when they end"),
        ({"quiet_hours": 1320}, "quiet_hours is '1320'"),  # what YAML makes of 22:00
        ({"digest_at": "8"}, "digest_at is '8'; write a time such as 08:00"),
        ({"digest_at": "08:60"}, "digest_at is '08:60'"),
        ({"zone": "Mars/Olympus"}, "zone is 'Mars/Olympus'; write one such as America/Sao_Paulo"),
        ({"zone": "../etc/passwd"}, "zone is '../etc/passwd'"),
        ({"zone": ""}, "zone is ''"),
        ({"zone": 3}, "zone is '3'"),
        ({"at_most_a_day": 0}, "at_most_a_day is '0'; write a whole number from 1 to 1000"),
        ({"at_most_a_day": "many"}, "at_most_a_day is 'many'"),
        ({"best": 11}, "best is '11'; write a whole number from 1 to 10"),
        ({"best": True}, "best is 'True'"),
    ],
)
def test_what_cannot_be_gets_a_sentence(block: object, sentence: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        read_tell(block)
    assert str(raised.value).startswith(sentence)
    assert "\n" not in str(raised.value)


def test_a_wrong_block_in_a_file_names_watch_and_field(tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(FILE.replace("Sao_Paulo", "Sampa"))
    with pytest.raises(InvalidWatch) as raised:
        load_watches(file)
    assert "watch 'Austin', field tell: zone is 'America/Sampa'" in str(raised.value)
