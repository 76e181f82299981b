"""Kept answers: written whole or not at all, found again, and removed in time."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from awardspider.items import Cabin
from awardspider.outcomes import InvalidSetting, StorageError
from awardspider.storage.responses import (
    ResponseArchive,
    Retention,
    load_response,
    parse_retention,
    response_metadata,
    without_secrets,
)
from tests.support.paths import ROOT
from tests.support.storage_examples import NOW, a_search

DAY = timedelta(days=1)
BODY = b'{"data": {"Calendar": null}}\nand a second line'
URL = "https://www.united.com/api/flight/FetchAwardCalendar"


@pytest.fixture
def answers(tmp_path: Path) -> ResponseArchive:
    return ResponseArchive(tmp_path / "answers", None, None)


def keep(store: ResponseArchive, search_id: str, seen_at: datetime = NOW, body: bytes = BODY) -> Path:
    name = store.keep(search_id, body, response_metadata(a_search(id=search_id), seen_at=seen_at, status=200, url=URL))
    return store.folder / name


def names(store: ResponseArchive) -> list[str]:
    return sorted(path.name.removesuffix(".zst") for path in store.folder.rglob("*.zst"))


# ---- keeping and loading ---------------------------------------------------------------------------------------------


def test_a_kept_answer_comes_back_with_what_it_answered(answers: ResponseArchive) -> None:
    search = a_search(id="s1", cabins=(Cabin.BUSINESS,), travelers=2)
    name = answers.keep("s1", BODY, response_metadata(search, seen_at=NOW, status=200, url=f"{URL}?token=abc"))
    assert name == "united/2026-11-22/s1.zst"
    expected = {
        "search_id": "s1",
        "program": "united",
        "kind": "calendar",
        "origin": "LAX",
        "destination": "AUS",
        "first": "2027-03-01",
        "last": "2027-03-31",
        "cabins": ["business"],
        "travelers": 2,
        "target_program": "",
        "source_id": "",
        "page": 1,
        "seen_at": "2026-11-22T10:00:00+00:00",
        "status": 200,
        "url": f"{URL}?token=***",
    }
    assert answers.load(name) == (BODY, expected)
    assert answers.load(answers.folder / name) == (BODY, expected)


def test_the_pages_of_an_answer_stand_beside_each_other(answers: ResponseArchive) -> None:
    names = [
        answers.keep("s1", BODY, response_metadata(a_search(id="s1"), seen_at=NOW, status=200, url=URL, page=n))
        for n in (0, 1, 2)
    ]
    assert names == [f"united/2026-11-22/s1{page}.zst" for page in ("-0", "", "-2")]


def test_a_kept_answer_can_be_read_without_this_code(answers: ResponseArchive) -> None:
    packed = keep(answers, "s1").read_bytes()
    line, body = zstandard.ZstdDecompressor().decompress(packed).split(b"\n", 1)
    assert json.loads(line)["origin"] == "LAX"
    assert body == BODY


@given(body=st.binary(max_size=2000))
def test_any_bytes_come_back(body: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = ResponseArchive(tmp_path_factory.mktemp("answers"), None, None)
    assert load_response(keep(store, "s1", body=body))[0] == body


def test_an_answer_shrinks(answers: ResponseArchive) -> None:
    body = json.dumps([{"DateValue": f"2027-03-{day:02}", "Cost": 12500} for day in range(31)] * 100).encode()
    assert keep(answers, "s1", body=body).stat().st_size < len(body) / 10


def test_no_name_leads_out_of_the_folder(answers: ResponseArchive) -> None:
    meta = response_metadata(a_search(program="../../united"), seen_at=NOW, status=None, url=URL)
    name = answers.keep("../../../etc/passwd", BODY, meta)
    assert (answers.folder / name).resolve().is_relative_to(answers.folder)
    assert answers.load(name)[0] == BODY


def test_a_file_from_elsewhere_is_its_bytes(answers: ResponseArchive, tmp_path: Path) -> None:
    (tmp_path / "saved.json").write_bytes(BODY)
    assert answers.load(tmp_path / "saved.json") == (BODY, {})


def test_a_missing_or_damaged_answer_is_a_sentence(answers: ResponseArchive) -> None:
    with pytest.raises(StorageError, match=r"an answer cannot be read: No such file or directory \(.*nowhere.zst\)"):
        answers.load("united/nowhere.zst")
    path = keep(answers, "s1")
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(StorageError, match=rf"the kept answer {path} is damaged"):
        answers.load(path)


def test_a_disk_without_room_is_a_sentence_and_leaves_nothing_half_written(answers: ResponseArchive) -> None:
    # A limit on the size of files is what a full disk looks like without filling one.
    code = (
        "import os, resource, signal, sys; from pathlib import Path; "
        "from tests.storage.test_responses import ResponseArchive, keep; store = ResponseArchive(Path(sys.argv[1]), None, None); "
        "keep(store, 'before'); "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
        "keep(store, 'after', body=os.urandom(100_000))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, answers.folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == (
        "awardspider.outcomes.StorageError: the disk is full: an answer cannot be kept"
    )
    assert [path.name for path in answers.folder.rglob("*") if path.is_file()] == ["before.zst"]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("in the way")
    with pytest.raises(StorageError, match="an answer cannot be kept: Not a directory"):
        keep(ResponseArchive(tmp_path / "answers", None, None), "s1")


# ---- pruning ---------------------------------------------------------------------------------------------------------


def test_old_answers_go(tmp_path: Path) -> None:
    answers = ResponseArchive(tmp_path, 14 * DAY, None)
    for age in (0, 13, 14, 15, 400):
        keep(answers, f"{age} days", NOW - age * DAY)
    assert answers.prune(NOW) == 2
    assert names(answers) == ["0_days", "13_days", "14_days"]
    assert not (tmp_path / "united/2026-11-07").exists()


def test_the_oldest_go_until_the_rest_fits(tmp_path: Path) -> None:
    size = keep(ResponseArchive(tmp_path, None, None), "5").stat().st_size
    answers = ResponseArchive(tmp_path, None, 3 * size + size // 2)
    for age in (4, 1, 3, 2):
        keep(answers, f"{age}", NOW - age * DAY)
    keep(answers, "5", NOW - 5 * DAY)
    assert answers.prune(NOW) == 3
    assert names(answers) == ["1", "2", "5"]  # the first "5" was seen today


def test_nothing_goes_where_nothing_is_limited(answers: ResponseArchive) -> None:
    keep(answers, "s1", NOW - 4000 * DAY)
    assert answers.prune(NOW) == 0
    assert names(answers) == ["s1"]


def test_an_empty_or_missing_folder_is_nothing_to_prune(tmp_path: Path) -> None:
    assert ResponseArchive(tmp_path / "nowhere", DAY, 1).prune(NOW) == 0


def test_what_a_killed_process_left_half_written_goes_once_it_is_stale(answers: ResponseArchive) -> None:
    left = keep(answers, "s1").parent / ".half"
    left.touch()
    changed_at = datetime.fromtimestamp(left.stat().st_mtime, UTC)
    answers.prune(changed_at + timedelta(minutes=59))
    assert left.exists()
    answers.prune(changed_at + timedelta(minutes=61))
    assert not left.exists()
    assert names(answers) == ["s1"]


# ---- the setting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "keep"),
    [
        ("14 days, 1 GB", Retention(14 * DAY, 10**9)),
        ("500MB", Retention(None, 500_000_000)),
        ("1 day", Retention(DAY, None)),
        ("2 Weeks", Retention(14 * DAY, None)),
        ("1.5 gb, 36 hours", Retention(1.5 * DAY, 1_500_000_000)),
        ("off", None),
        (" OFF ", None),
    ],
)
def test_the_setting(setting: str, keep: Retention | None, tmp_path: Path) -> None:
    assert parse_retention(setting) == keep
    assert (ResponseArchive.from_setting(tmp_path, setting) is None) == (keep is None)


@pytest.mark.parametrize(
    "setting",
    ["", "14", "14 dayz", "forever", "1 day, 2 days", "1 GB, 1 MB", "-1 day", "0 days", "1 day 1 GB", "1,5 GB"],
)
def test_a_setting_that_cannot_be(setting: str) -> None:
    with pytest.raises(InvalidSetting, match=r'AWARD_RESPONSE_RETENTION is ".*"; write an age, a size or both'):
        parse_retention(setting)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/x?f=LAX&t=AUS", "https://a.example/x?f=LAX&t=AUS"),
        ("https://me:pw@a.example:8/x#token=1", "https://a.example:8/x"),
        ("https://a.example/x?X-Api-Key=1&sessionId=2&d=3&access_token=", "https://a.example/x?X-Api-Key=***&sessionId=***&d=3&access_token=***"),
        ("", ""),
    ],
)  # fmt: skip
def test_secrets_in_a_url_are_not_kept(url: str, kept: str) -> None:
    assert without_secrets(url) == kept
