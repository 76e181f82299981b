"""Watch files: every field, and the messages for invalid files."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awardspider.items import Cabin
from awardspider.outcomes import InvalidWatch
from awardspider.search.promotion_watches import PromotionWatch, build_promotion_watch
from awardspider.search.watch_file import dump_watches, load_entries, load_watches
from awardspider.search.watches import Watch, build
from tests.support.paths import ROOT
from tests.support.watch_examples import make_watch
from tests.support.watch_values import field_values, promotion_values

EXAMPLE = ROOT / "deploy" / "watches.example.yaml"
MANUAL = ROOT / "docs" / "watches.md"


WRITTEN = """\
watches:
  - name: Tokyo in spring
    id: 8c1f0d6a2b
    active: false
    origin: SFO; LAX
    destination: TYO
    dates: 2027-03..2027-05, +30
    travelers: 2
    min_seats: 4
    cabins: [business, first]
    allow_mixed_cabin: false
    max_miles: 80000
    max_stops: 1
    programs: [united]

  - name: '1984'
    origin: lax
    destination: AUS
    dates: '+30'
"""


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
        make_watch(
            name="Tokyo in spring",
            active=False,
            programs=("united",),
            origin="SFO; LAX",
            destination="TYO",
            dates="2027-03..2027-05, +30",
            cabins=(Cabin.BUSINESS, Cabin.FIRST),
            max_miles=80_000,
            travelers=2,
            min_seats=4,
            max_stops=1,
            allow_mixed_cabin=False,
        ),
        # YAML itself would make numbers of this name and this date.
        make_watch(name="1984", origin="lax", destination="AUS", dates="+30"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("destination: [Tokyo, Japan]", {"destination": "Tokyo; Japan"}),
        ("destination: [Japan, '', not HND]", {"destination": "Japan; not HND"}),
        ("destination: [ORD, 'Portland, OR']", {"destination": "ORD; Portland, OR"}),
        ("dates: [2027-03, 2027-05, not Sat-Sun]", {"dates": "2027-03, 2027-05 not Sat-Sun"}),
        ("alliances: [oneworld, skyteam]", {"alliances": "oneworld; skyteam"}),
        ("programs: ['united; delta', american]", {"programs": "united, delta, american"}),
    ],
)
def test_the_items_of_a_list_are_separate_values(tmp_path: Path, line: str, expected: dict[str, str]) -> None:
    field = line.partition(":")[0]
    plain = "".join(each for each in PLAIN.splitlines(keepends=True) if f" {field}:" not in each)
    (found,) = load(tmp_path, f"{plain}    {line}\n")
    reference = build({"name": "Austin", "origin": "LAX", "destination": "AUS", "dates": "2027-03"} | expected)
    assert found.destination.airports == reference.destination.airports
    assert found.dates.spans == reference.dates.spans
    assert found.dates.excluded == reference.dates.excluded
    assert (found.alliances, found.programs) == (reference.alliances, reference.programs)


def test_a_list_with_a_city_and_its_country_has_both(tmp_path: Path) -> None:
    (found,) = load(tmp_path, PLAIN.replace("destination: AUS", "destination: [Tokyo, Japan]"))
    assert {"NRT", "KIX"} <= found.destination.airports


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
    ("line", "message"),
    [
        (
            "cabins: [economy, busines]",
            'unknown cabin "busines" (did you mean business?)',
        ),
        ("cabin: economy", 'unknown field "cabin" (did you mean cabins?)'),
        (
            "colour: red",
            'unknown field "colour" (docs/watches.md lists all fields)',
        ),
        ("programs: untied", 'unknown program "untied" (did you mean united?)'),
        ("programs: seatsaer/united", 'programs: unknown source "seatsaer" (did you mean seatsaero?)'),
        ("programs: qatar/united", 'programs: unknown source "qatar" (did you mean qantas?)'),
        ("programs: seatsaero/untied", 'unknown program of seatsaero "untied" (did you mean united?)'),
        ("programs: united/delta", 'unknown program of united "delta" (known: united)'),
        ("max_miles: lots", 'max_miles: must be an integer from 1 to 2,000,000, not "lots"'),
        ("max_miles: 0", 'max_miles: must be an integer from 1 to 2,000,000, not "0"'),
        ("max_miles: 25.5", 'max_miles: must be an integer from 1 to 2,000,000, not "25.5"'),
        ("max_miles: 8,00", 'max_miles: must be an integer from 1 to 2,000,000, not "8,00"'),
        ("travelers: 10", 'travelers: must be an integer from 1 to 9, not "10"'),
        ("travelers: -1", 'travelers: must be an integer from 1 to 9, not "-1"'),
        ("travelers: [2]", "travelers: expected a single value, got a list"),
        ("min_seats: 0", 'min_seats: must be an integer from 1 to 9, not "0"'),
        ("max_stops: few", 'max_stops: must be an integer from 0 to 9, not "few"'),
        ("active: perhaps", 'active: must be yes or no, not "perhaps"'),
        ("programs: {united: yes}", "programs: expected a single value, got a group"),
        ("programs: [[united]]", "programs: expected a single value, got a list"),
    ],
)
def test_an_invalid_field_is_reported_with_file_line_and_watch(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(InvalidWatch) as raised:
        load(tmp_path, f"{PLAIN}    {line}\n")
    assert str(raised.value) == f'watches.yaml:6: watch "Austin": {message}'


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (["cabins:", "  - economy", "  - busines"], 8, 'unknown cabin "busines" (did you mean business?)'),
        (["cabins: [economy,", "  busines]"], 7, 'unknown cabin "busines" (did you mean business?)'),
        (["notify:", "  timezone: UTC", "  max_per_day: 0"], 8, "notify: max_per_day: must be an integer from 1 to"),
        (["notify:", "  timezone: UTC", "  channel: phone"], 8, 'notify: unknown field "channel" (did you mean channe'),
        (
            ["notify:", "  channels:", "    phone: urgent", "    team: loud"],
            9,
            'notify: channels: team: unknown priority "loud" (known: urgent, normal, digest)',
        ),
        (["max_trip_miles: 90k", "max_stops: 1"], 6, "max_trip_miles: is for round trips: add nights (such as 7-10)"),
        (["via: LHR", "not_via:", "  - LHR"], 8, "not_via: excludes every place in via (LHR)"),
        (["deal: goof"], 6, 'unknown deal class "goof" (did you mean good?)'),
    ],
)
def test_an_error_has_the_line_of_the_smallest_part(tmp_path: Path, lines: list[str], line: int, message: str) -> None:
    with pytest.raises(InvalidWatch) as raised:
        load(tmp_path, PLAIN + "".join(f"    {each}\n" for each in lines))
    assert str(raised.value).startswith(f'watches.yaml:{line}: watch "Austin": {message}')


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "origin: LAX",
            "origin: LAXX",
            'watches.yaml:3: watch "Austin": origin: unknown place "LAXX" (did you mean LAX?)',
        ),
        (
            "origin: LAX",
            "origin: AUS",
            'watches.yaml:4: watch "Austin": destination: AUS is also the origin',
        ),
        ("dates: 2027-03", "dates: spring", 'watches.yaml:5: watch "Austin": dates: "spring" is not a date'),
        ("dates: 2027-03", "dates:", 'watches.yaml:2: watch "Austin": dates is missing (for example 2027-03)'),
        ("    origin: LAX\n", "", 'watches.yaml:2: watch "Austin": origin is missing (for example LAX)'),
        ("name: Austin", "name: ''", "watches.yaml:2: name is missing"),
        ("name: Austin", "active: yes", "watches.yaml:2: name is missing (for example Tokyo in spring)"),
        ("name: Austin", "name: [a, b]", "watches.yaml:2: name: expected a single value, got a list"),
        ("name: Austin", "name: " + "x" * 101, "name: must be one line of at most 100 characters"),
        ("name: Austin", 'name: "a\\nb"', "name: must be one line without control characters"),
        ("dates: 2027-03", "dates: +3\n    dates: +4", 'watches.yaml:6: field "dates" is given twice'),
        ("dates: 2027-03", "? [dates]\n    : +3", "watches.yaml:5: the name of a field must be a single value"),
        ("dates: 2027-03", "\tdates: 2027-03", "watches.yaml:5: a tab is not allowed here (use spaces)"),
        ("dates: 2027-03", "dates: [2027-03", "watches.yaml:6: invalid YAML: "),
        ("dates: 2027-03", "dates: *march", "watches.yaml:5: invalid YAML: found undefined alias"),
        ("dates: 2027-03", "dates: !!python/name:os.system x", 'watches.yaml:5: watch "Austin": dates: '),
        ("watches:", "watch:", 'watches.yaml:2: expected "watches" or "promotions", got "watch"'),
        ("watches:\n", "", 'watches.yaml:1: expected "watches:" with a list below it'),
        ("  - name: Austin", "  name: Austin", "watches.yaml:"),
        ("  - name: Austin", "  - Austin\n  - name: Austin", "watches.yaml:2: a watch must be a group of fields"),
    ],
)
def test_an_invalid_file_is_reported_with_its_line(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in PLAIN
    with pytest.raises(InvalidWatch) as raised:
        load(tmp_path, PLAIN.replace(before, after, 1))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "watches.yaml: the file is empty"),
        (b"# nothing yet\n", "watches.yaml: the file is empty"),
        (b"watches:\n", 'watches.yaml:1: expected "watches:" with a list below it'),
        (b"watches: []\n", 'watches.yaml:1: expected "watches:" with a list below it'),
        (b"watches: soon\n", 'watches.yaml:1: expected "watches:" with a list below it'),
        (b"hello", 'watches.yaml:1: expected "watches:" with a list below it'),
        (b"watches:\n  - name: Caf\xe9\n", "watches.yaml:2: the file is not UTF-8 text"),
        (PLAIN.encode("utf-16"), "watches.yaml:1: the file is not UTF-8 text"),
        (b"watches: \x00\n", "watches.yaml: invalid YAML: "),
        (b"---\nwatches: a\n---\nwatches: b\n", "watches.yaml:3: the file has a second document: put all watches"),
        (b"watches: " + b"[" * 3_000, "watches.yaml: the file is nested too deeply"),
        (b"watches:\n  - &a [*a]\n", "watches.yaml:2: "),
        (b"watches:\n  - &a {name: Austin, notify: *a}\n", "watches.yaml:2: an alias in this watch contains itself"),
    ],
)
def test_other_files_are_rejected(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InvalidWatch) as raised:
        load(tmp_path, content)
    assert str(raised.value).startswith(message)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidWatch, match=r"none\.yaml: No such file"):
        load_watches(tmp_path / "none.yaml")
    with pytest.raises(InvalidWatch, match=": Is a directory"):
        load_watches(tmp_path)


def test_duplicate_names_are_reported_with_both_lines(tmp_path: Path) -> None:
    again = PLAIN.removeprefix("watches:\n").replace("Austin", "AUSTIN")
    with pytest.raises(InvalidWatch) as raised:
        load(tmp_path, PLAIN + again)
    assert str(raised.value) == 'watches.yaml:6: watch "AUSTIN": line 2 has a watch of this name'


def test_duplicate_ids_are_reported_with_both_lines(tmp_path: Path) -> None:
    first = PLAIN + "    id: 8c1f0d6a2b\n"
    again = first.removeprefix("watches:\n").replace("Austin", "Dallas")
    with pytest.raises(InvalidWatch) as raised:
        load(tmp_path, first + again)
    assert str(raised.value) == 'watches.yaml:7: watch "Dallas": line 2 has a watch of this id'


def test_what_is_written_has_fields_in_order_without_defaults(tmp_path: Path) -> None:
    first, second = load(tmp_path, FULL)
    assert dump_watches([replace(first, id="8c1f0d6a2b"), second]) == WRITTEN
    assert [watch.id for watch in load(tmp_path, WRITTEN)] == ["8c1f0d6a2b", ""]
    assert load(tmp_path, WRITTEN) == [first, second]


def test_no_watches_are_written_as_an_empty_list() -> None:
    assert dump_watches([]) == "watches: []\n"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(field_values(), min_size=1, max_size=3, unique_by=lambda values: values["name"].strip().casefold()))
def test_what_is_written_is_loaded_as_the_same_watches(tmp_path: Path, values: list[dict[str, object]]) -> None:
    watches = [build(each) for each in values]
    assert load(tmp_path, dump_watches(watches)) == watches


# ---- watches for promotions ------------------------------------------------------------------------------------------

BONUSES = """\
promotions:
  - name: Amex bonuses
    kinds: transfer bonus
    banks: amex
    min_percent: 25
"""
BOTH = f"{BONUSES}\n{PLAIN}"


def load_all(tmp_path: Path, text: str) -> list[Watch | PromotionWatch]:
    path = tmp_path / "watches.yaml"
    path.write_text(text, encoding="utf-8")
    return [entry.watch for entry in load_entries(path)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (BONUSES, ["Amex bonuses"]),
        (BOTH, ["Austin", "Amex bonuses"]),
        (f"watches: []\n{BONUSES}", ["Amex bonuses"]),
        (f"watches:\n{BONUSES}", ["Amex bonuses"]),
        (f"{PLAIN}promotions: []\n", ["Austin"]),
        (f"{PLAIN}promotions: ~\n", ["Austin"]),
    ],
)
def test_a_file_has_one_list_or_both(tmp_path: Path, text: str, names: list[str]) -> None:
    assert [watch.name for watch in load_all(tmp_path, text)] == names
    assert [watch.name for watch in load(tmp_path, text)] == [name for name in names if name == "Austin"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("promotions: []\n", 'watches.yaml:1: expected "promotions:" with a list below it'),
        ("watches: []\npromotions: []\n", 'watches.yaml:1: expected "watches:" with a list below it'),
        (f"{PLAIN}promotions: soon\n", 'watches.yaml:6: expected "promotions:" with a list below it'),
        (f"{PLAIN}promotion: []\n", 'watches.yaml:6: expected "watches" or "promotions", got "promotion"'),
        (
            "promotions:\n  - transfer bonus\n",
            "watches.yaml:2: a watch must be a group of fields, such as kinds: transfer bonus",
        ),
        (
            BONUSES.replace("banks: amex", "bank: amex"),
            'watches.yaml:4: watch "Amex bonuses": unknown field "bank" (did you mean banks?)',
        ),
        (
            BONUSES.replace("banks: amex", "banks:\n      - chase\n      - amx"),
            'watches.yaml:6: watch "Amex bonuses": unknown bank "amx" (did you mean amex?)',
        ),
        (
            BONUSES.replace("banks: amex", "cabins: business"),
            'watches.yaml:4: watch "Amex bonuses": cabins: only watches for awards have this field: remove it',
        ),
        (
            f"{PLAIN}    banks: amex\n",
            'watches.yaml:6: watch "Austin": banks: only watches for promotions have this field: remove it',
        ),
        (
            f"{BONUSES}    max_cents: 1.9\n",
            'watches.yaml:6: watch "Amex bonuses": max_cents: transfer_bonus has no price of a mile: ',
        ),
        (
            f"{BONUSES}    notify: {{max_per_day: 3,\n      gone_note: yes}}\n",
            'watches.yaml:7: watch "Amex bonuses": notify: gone_note: only watches for awards have this field: ',
        ),
        (
            BOTH.replace("name: Austin", "name: AMEX bonuses"),
            'watches.yaml:2: watch "Amex bonuses": line 8 has a watch of this name',
        ),
        (
            BOTH.replace("    kinds", "    id: 8c1f0d6a2b\n    kinds").replace(
                "    origin", "    id: 8c1f0d6a2b\n    origin"
            ),
            'watches.yaml:2: watch "Amex bonuses": line 9 has a watch of this id',
        ),
    ],
)
def test_an_error_in_a_list_of_promotions_has_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidWatch) as raised:
        load_all(tmp_path, text)
    assert str(raised.value).startswith(message)


def test_watches_of_both_kinds_are_written_as_two_lists(tmp_path: Path) -> None:
    austin, bonuses = load_all(tmp_path, BOTH)
    assert isinstance(austin, Watch)
    assert isinstance(bonuses, PromotionWatch)
    written = dump_watches([austin], [replace(bonuses, id="8c1f0d6a2b", active=False)])
    assert written == (
        "watches:\n  - name: Austin\n    origin: LAX\n    destination: AUS\n    dates: 2027-03\n\n"
        "promotions:\n  - name: Amex bonuses\n    id: 8c1f0d6a2b\n    active: false\n    kinds: [transfer_bonus]\n"
        "    banks: [amex]\n    min_percent: 25\n"
    )
    assert load_all(tmp_path, written) == [austin, replace(bonuses, active=False)]
    assert dump_watches([], [bonuses]).startswith("promotions:\n  - name: Amex bonuses\n")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(promotion_values(), min_size=1, max_size=3, unique_by=lambda values: values["name"].strip().casefold()))
def test_what_is_written_of_promotions_is_loaded_as_the_same_watches(
    tmp_path: Path, values: list[dict[str, object]]
) -> None:
    watches = [build_promotion_watch(each) for each in values]
    assert load_all(tmp_path, dump_watches([], watches)) == watches


def test_the_promotions_of_the_example_load() -> None:
    watches = [entry.watch for entry in load_entries(EXAMPLE) if isinstance(entry.watch, PromotionWatch)]
    assert [watch.name for watch in watches] == ["Amex and Chase transfer bonuses", "Miles below 1.9 cents"]
    assert all(watch.active for watch in watches)


def test_the_example_file_loads_and_has_relative_dates_only() -> None:
    watches = load_watches(EXAMPLE)
    assert len(watches) >= 8
    assert all(span.is_relative for each in watches for span in each.dates.spans)
    assert all(each.active for each in watches)


def test_the_watch_in_the_comments_of_the_example_loads(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    block = re.findall(r"^  # ((?:- |  )\w+: .*)$", text, re.MULTILINE)
    (watch,) = load(tmp_path, "watches:\n" + "\n".join(f"  {line}" for line in block))
    assert (watch.name, len(watch.legs)) == ("A week or more in Japan", 2)
    assert len(block) > 10


def test_the_file_in_the_manual_loads(tmp_path: Path) -> None:
    _, example, *_ = MANUAL.read_text(encoding="utf-8").split("```yaml\n")
    assert [each.name for each in load(tmp_path, example.partition("```")[0])] == [
        "Business to Tokyo for two",
        "Weekend in Austin",
    ]
