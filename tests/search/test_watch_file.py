"""Watches from a file, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from awardspider.items import Cabin
from awardspider.outcomes import InvalidWatch
from awardspider.search.watches import Watch, load_watches
from tests.support.paths import ROOT

EXAMPLE = ROOT / "deploy" / "watches.example.yaml"
MANUAL = ROOT / "docs" / "watches.md"
FIELDS = (
    "name, active, programs, origin, destination, dates, cabins, max_miles, travelers, min_seats, max_stops, "
    "allow_mixed_cabin, tell"
)


def load(tmp_path: Path, text: str | bytes) -> list[Watch]:
    path = tmp_path / "watches.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_watches(path)


FULL = """\
# ours
watches:
  - name: Tokyo in spring
    active: no
    programs: [united]
    origin: [SFO, LAX]
    destination: TYO
    dates: 2027-03..2027-05, +30
    cabins: business, first
    max_miles: 80,000
    travelers: 2
    min_seats: 4
    max_stops: 1
    allow_mixed_cabin: false
  - name: 1984
    origin: lax
    destination: AUS
    dates: +30
    max_miles:
"""


def test_every_field_of_a_file_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, FULL) == [
        Watch(
            name="Tokyo in spring",
            active=False,
            programs=("united",),
            origins=("SFO", "LAX"),
            destinations=("HND", "NRT"),
            dates="2027-03..2027-05, +30",
            cabins=(Cabin.BUSINESS, Cabin.FIRST),
            max_miles=80_000,
            travelers=2,
            min_seats=4,
            max_stops=1,
            allow_mixed_cabin=False,
        ),
        # YAML itself would make numbers of this name and this date.
        Watch(name="1984", origins=("LAX",), destinations=("AUS",), dates="+30"),
    ]


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert len(load(tmp_path, b"\xef\xbb\xbf" + FULL.encode())) == 2


PLAIN = """\
watches:
  - name: Austin
    origin: LAX
    destination: AUS
    dates: 2027-03
"""


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "cabins: [economy, busines]",
            "field cabins: 'busines' is not a cabin; write economy, premium_economy, business or first",
        ),
        ("cabin: economy", "field cabin: a watch has no such field; did you mean cabins?"),
        (
            "colour: red",
            f"field colour: a watch has no such field; write {FIELDS}",
        ),
        ("programs: untied", "field programs: 'untied' is not a program; did you mean united?"),
        ("max_miles: lots", "field max_miles: 'lots' is not a whole number from 1 to 2,000,000"),
        ("max_miles: 0", "field max_miles: '0' is not a whole number from 1 to 2,000,000"),
        ("max_miles: 25.5", "field max_miles: '25.5' is not a whole number from 1 to 2,000,000"),
        ("max_miles: 8,00", "field max_miles: '8,00' is not a whole number from 1 to 2,000,000"),
        ("travelers: 10", "field travelers: '10' is not a whole number from 1 to 9"),
        ("travelers: -1", "field travelers: '-1' is not a whole number from 1 to 9"),
        ("travelers: [2]", "field travelers: a list stands where one value is due"),
        ("min_seats: 0", "field min_seats: '0' is not a whole number from 1 to 9"),
        ("max_stops: direct", "field max_stops: 'direct' is not a whole number from 0 to 9"),
        ("active: perhaps", "field active: 'perhaps' is neither yes nor no"),
        ("programs: {united: yes}", "field programs: a group of fields stands where one value is due"),
        ("programs: [[united]]", "field programs: a list stands where one value is due"),
    ],
)
def test_a_wrong_field_is_named_with_file_line_and_watch(tmp_path: Path, line: str, sentence: str) -> None:
    with pytest.raises(InvalidWatch) as refused:
        load(tmp_path, f"{PLAIN}    {line}\n")
    assert str(refused.value) == f"watches.yaml line 6, watch 'Austin', {sentence}"


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "origin: LAX",
            "origin: LAXX",
            "watches.yaml line 3, watch 'Austin', field origin: LAXX is not an airport code; did you mean LAX?",
        ),
        (
            "origin: LAX",
            "origin: AUS",
            "watches.yaml line 4, watch 'Austin', field destination: AUS is the origin too: from and to must differ",
        ),
        ("dates: 2027-03", "dates: spring", "watches.yaml line 5, watch 'Austin', field dates: 'spring' is not a date"),
        ("dates: 2027-03", "dates:", "watches.yaml line 2, watch 'Austin': dates is missing, for example 2027-03"),
        ("    origin: LAX\n", "", "watches.yaml line 2, watch 'Austin': origin is missing, for example LAX"),
        ("name: Austin", "name: ''", "watches.yaml line 2: name is missing"),
        ("name: Austin", "active: yes", "watches.yaml line 2: name is missing, for example Tokyo in spring"),
        ("name: Austin", "name: [a, b]", "watches.yaml line 2, field name: a list stands where one value is due"),
        ("name: Austin", "name: " + "x" * 101, "field name: a name is one line of at most 100 characters"),
        ("name: Austin", 'name: "a\\nb"', "field name: a name is one line of at most 100 characters"),
        ("dates: 2027-03", "dates: +3\n    dates: +4", "watches.yaml line 6: 'dates' stands here twice"),
        ("dates: 2027-03", "? [dates]\n    : +3", "watches.yaml line 5: a field needs a name"),
        ("dates: 2027-03", "\tdates: 2027-03", "watches.yaml line 5: a tab stands where only spaces can"),
        ("dates: 2027-03", "dates: [2027-03", "watches.yaml line 6: not YAML: "),
        ("dates: 2027-03", "dates: *march", "watches.yaml line 5: not YAML: found undefined alias"),
        ("dates: 2027-03", "dates: !!python/name:os.system x", "watches.yaml line 5, watch 'Austin', field dates: "),
        ("watches:", "watch:", "watches.yaml line 2: only 'watches' can stand here, not 'watch'"),
        ("watches:\n", "", "watches.yaml line 1: the file must be 'watches:' with a list below it"),
        ("  - name: Austin", "  name: Austin", "watches.yaml line "),
        ("  - name: Austin", "  - Austin\n  - name: Austin", "watches.yaml line 2: a watch is a group of fields"),
    ],
)
def test_a_wrong_file_is_refused_at_its_line(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    assert before in PLAIN
    with pytest.raises(InvalidWatch) as refused:
        load(tmp_path, PLAIN.replace(before, after, 1))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "watches.yaml is empty"),
        (b"# nothing yet\n", "watches.yaml is empty"),
        (b"watches:\n", "watches.yaml line 1: the file must be 'watches:' with a list below it"),
        (b"watches: []\n", "watches.yaml line 1: the file must be 'watches:' with a list below it"),
        (b"watches: soon\n", "watches.yaml line 1: the file must be 'watches:' with a list below it"),
        (b"hello", "watches.yaml line 1: the file must be 'watches:' with a list below it"),
        (b"watches:\n  - name: Caf\xe9\n", "watches.yaml line 2: this is not UTF-8 text"),
        (PLAIN.encode("utf-16"), "watches.yaml line 1: this is not UTF-8 text"),
        (b"watches: \x00\n", "watches.yaml is not YAML: "),
        (b"---\nwatches: a\n---\nwatches: b\n", "watches.yaml line 3: not YAML: "),
        (b"watches: " + b"[" * 3_000, "watches.yaml is not a watch file: it is nested too deep"),
        (b"watches:\n  - &a [*a]\n", "watches.yaml line 2: "),
    ],
)
def test_what_is_no_watch_file_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidWatch) as refused:
        load(tmp_path, content)
    assert str(refused.value).startswith(sentence)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidWatch, match=r"none\.yaml cannot be read: No such file"):
        load_watches(tmp_path / "none.yaml")
    with pytest.raises(InvalidWatch, match="cannot be read: Is a directory"):
        load_watches(tmp_path)


def test_two_watches_of_one_name_are_refused_with_both_lines(tmp_path: Path) -> None:
    again = PLAIN.removeprefix("watches:\n").replace("Austin", "AUSTIN")
    with pytest.raises(InvalidWatch) as refused:
        load(tmp_path, PLAIN + again)
    assert str(refused.value) == ("watches.yaml line 6, watch 'AUSTIN', field name: line 2 has a watch of this name")


def test_the_example_file_loads_and_never_goes_stale() -> None:
    watches = load_watches(EXAMPLE)
    assert len(watches) >= 8
    assert all(span.counted for each in watches for span in each.spans)
    assert all(each.active for each in watches)


def test_the_manual_explains_every_field() -> None:
    rows = [line.split("|")[1] for line in MANUAL.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    explained = [name.strip(" `") for row in rows for name in row.split(",")]
    assert set(FIELDS.split(", ")) <= set(explained)


def test_the_manuals_file_is_one_that_loads(tmp_path: Path) -> None:
    _, example, *_ = MANUAL.read_text(encoding="utf-8").split("```yaml\n")
    assert [each.name for each in load(tmp_path, example.partition("```")[0])] == [
        "Business to Tokyo for two",
        "Weekend in Austin",
    ]
