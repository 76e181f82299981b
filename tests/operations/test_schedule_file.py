"""The YAML file of the schedule: fields, errors with their line, and writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from awardspider.operations.schedule_fields import build_entry, format_span, parse_span
from awardspider.operations.schedule_file import dump_schedule, load_schedule
from awardspider.outcomes import InvalidArgument
from awardspider.storage.schedule import ScheduledTask, ScheduleEntry

SPIDERS = ("united", "delta", "ecb")
FILE = """
schedule:
  - spider: united
    every: 6 h
    jitter: 20 min
    max_run_time: 90 min
    arguments:
      detail: day
      cabins: business, first
  - name: rates
    spider: ecb
    cron: "30 17 * * 1-5"
    timezone: europe/berlin
    active: no
  - task: prune
    cron: 15 3 * * *
"""
ENTRIES = [
    ScheduleEntry(
        name="united",
        spider="united",
        every_seconds=21600,
        jitter_seconds=1200,
        max_seconds=5400,
        arguments={"detail": "day", "cabins": "business, first"},
    ),
    ScheduleEntry(
        name="rates", spider="ecb", cron="30 17 * * 1-5", timezone="Europe/Berlin", max_seconds=7200, active=False
    ),
    ScheduleEntry(name="prune", task=ScheduledTask.PRUNE, cron="15 3 * * *", max_seconds=7200),
]


def load(tmp_path: Path, text: str | bytes) -> list[ScheduleEntry]:
    file = tmp_path / "schedule.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_schedule(file, SPIDERS)


def test_a_file_is_loaded(tmp_path: Path) -> None:
    assert load(tmp_path, FILE) == ENTRIES


def test_a_written_file_has_the_same_entries(tmp_path: Path) -> None:
    assert load(tmp_path, dump_schedule(ENTRIES)) == ENTRIES
    assert load(tmp_path, dump_schedule([])) == []


ENTRY = "schedule:\n  - spider: united\n    every: 6 h\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'schedule.yaml: the file is empty (start with "schedule:" and a list below it)'),
        ("schedule:\n  united: 6 h\n", 'schedule.yaml:2: expected "schedule:" with a list below it'),
        ("schedules:\n  - a\n", 'schedule.yaml:2: unknown key "schedules" (did you mean schedule?)'),
        ("schedule:\n  - united\n", "schedule.yaml:2: an entry must be a group of fields, such as spider: united"),
        ("schedule:\n\t- a\n", "schedule.yaml:2: a tab is not allowed here (use spaces)"),
        ("schedule: [\n", "schedule.yaml:2: invalid YAML: "),
        (b"schedule:\n  - spider: \xff\n", "schedule.yaml:2: the file is not UTF-8 text"),
        (ENTRY + "    evry: 6 h\n", 'schedule.yaml:4: entry "united": unknown field "evry" (did you mean every?)'),
        (ENTRY + "    every: 7 h\n", 'schedule.yaml:4: field "every" is given twice'),
        (
            ENTRY + "    cron: 0 3 * * *\n",
            'schedule.yaml:4: entry "united": cron: remove it, or every: an entry has one',
        ),
        (ENTRY + "    task: prune\n", 'schedule.yaml:4: entry "united": task: remove it, or spider: an entry has'),
        (
            ENTRY + "    timezone: UTC\n",
            'schedule.yaml:4: entry "united": timezone: remove it: only an entry with cron',
        ),
        (ENTRY + "    jitter: 7 h\n", 'schedule.yaml:4: entry "united": jitter: must not be longer than every'),
        (ENTRY + "    active: maybe\n", 'schedule.yaml:4: entry "united": active: must be yes or no, not "maybe"'),
        (ENTRY + "    name: a b\n", 'schedule.yaml:4: entry "a b": name: use up to 64 letters, digits'),
        (ENTRY + "    arguments: all\n", 'schedule.yaml:4: entry "united": arguments: must be a group of names'),
        (ENTRY + "  - spider: united\n    every: 1 h\n", 'schedule.yaml:4: line 2 has an entry "united" already'),
        ("schedule:\n  - every: 6 h\n", "schedule.yaml:2: spider or task is missing (for example spider: united)"),
        ("schedule:\n  - spider: delta\n", 'schedule.yaml:2: entry "delta": every or cron is missing'),
        (
            "schedule:\n  - spider: untied\n    every: 6 h\n",
            'schedule.yaml:2: entry "untied": unknown spider "untied" (did you mean united?)',
        ),
        (
            "schedule:\n  - task: purge\n    every: 1 d\n",
            'schedule.yaml:2: entry "purge": unknown task "purge" (did you mean prune?)',
        ),
        (
            "schedule:\n  - spider: united\n    every: six hours\n",
            'schedule.yaml:3: entry "united": every: must be a duration such as 6 h or 90 min, not "six hours"',
        ),
        (
            "schedule:\n  - spider: united\n    every: 20 s\n",
            'schedule.yaml:3: entry "united": every: must be from 1 min to 366 d, not 20 s',
        ),
        (
            "schedule:\n  - spider: united\n    cron: 0 25 * * *\n",
            'schedule.yaml:3: entry "united": cron: invalid hour "25": ',
        ),
        (
            "schedule:\n  - spider: united\n    cron: 0 5 * * *\n    timezone: Berlin\n",
            'schedule.yaml:4: entry "united": timezone: unknown time zone "Berlin" (did you mean Europe/Berlin?)',
        ),
    ],
)
def test_an_error_names_the_line_and_the_fix(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(InvalidArgument) as error:
        load(tmp_path, text)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="No such file or directory"):
        load_schedule(tmp_path / "none.yaml", SPIDERS)


def test_durations() -> None:
    spans = {"6 h": 21600, "90min": 5400, "1 day": 86400, "45 s": 45, "2 Hours": 7200}
    assert {text: parse_span(text, least=1) for text in spans} == spans
    assert [format_span(seconds) for seconds in (21600, 5400, 86400, 45, 0)] == ["6 h", "90 min", "1 d", "45 s", "0 s"]


def test_an_entry_without_a_name_has_that_of_its_spider() -> None:
    assert build_entry({"spider": "united", "every": "1 h", "cron": ""}, SPIDERS).name == "united"
