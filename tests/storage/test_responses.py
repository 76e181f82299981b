"""The response archive: saving, loading, pruning and its setting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
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
from tests.support.archived_responses import BODY, URL, save
from tests.support.paths import ROOT
from tests.support.storage_examples import NOW, make_search

DAY = timedelta(days=1)


@pytest.fixture
def archive(tmp_path: Path) -> ResponseArchive:
    return ResponseArchive(tmp_path / "responses", None, None)


def file_names(archive: ResponseArchive) -> list[str]:
    return sorted(path.name.removesuffix(".zst") for path in archive.folder.rglob("*.zst"))


# ---- saving and loading ----------------------------------------------------------------------------------------------


def test_a_response_is_loaded_with_its_metadata(archive: ResponseArchive) -> None:
    search = make_search(id="s1", cabins=(Cabin.BUSINESS,), travelers=2)
    metadata = response_metadata(search, seen_at=NOW, status=200, url=f"{URL}?token=abc")
    response_id = archive.save("s1", BODY, metadata)
    assert response_id == "united/2026-11-22/s1.zst"
    body, loaded = load_response(archive.folder / response_id)
    assert (body, loaded) == (BODY, metadata)
    assert loaded is not None
    assert msgspec.to_builtins(loaded) == {
        "search_id": "s1",
        "program": "united",
        "kind": "calendar",
        "origin": "LAX",
        "destination": "AUS",
        "first": "2027-03-01",
        "last": "2027-03-31",
        "cabins": ("business",),
        "travelers": 2,
        "target_program": "",
        "source_id": "",
        "page": 1,
        "seen_at": "2026-11-22T10:00:00Z",
        "http_status": 200,
        "url": f"{URL}?token=***",
    }


def test_pages_of_a_response_have_numbered_files(archive: ResponseArchive) -> None:
    search = make_search(id="s1")
    pages = [response_metadata(search, seen_at=NOW, status=200, url=URL, page=page) for page in (0, 1, 2)]
    names = [archive.save("s1", BODY, metadata) for metadata in pages]
    assert names == [f"united/2026-11-22/s1{page}.zst" for page in ("-0", "", "-2")]


def test_an_archived_file_is_a_line_of_json_and_the_body(archive: ResponseArchive) -> None:
    packed = save(archive, "s1").read_bytes()
    line, body = zstandard.ZstdDecompressor().decompress(packed).split(b"\n", 1)
    assert json.loads(line)["origin"] == "LAX"
    assert body == BODY


@given(body=st.binary(max_size=2000))
def test_any_bytes_can_be_archived(body: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    archive = ResponseArchive(tmp_path_factory.mktemp("responses"), None, None)
    assert load_response(save(archive, "s1", body=body))[0] == body


def test_responses_are_compressed(archive: ResponseArchive) -> None:
    body = json.dumps([{"DateValue": f"2027-03-{day:02}", "Cost": 12500} for day in range(31)] * 100).encode()
    assert save(archive, "s1", body=body).stat().st_size < len(body) / 10


def test_no_name_leaves_the_folder(archive: ResponseArchive) -> None:
    metadata = response_metadata(make_search(program="../../united"), seen_at=NOW, status=None, url=URL)
    response_id = archive.save("../../../etc/passwd", BODY, metadata)
    assert (archive.folder / response_id).resolve().is_relative_to(archive.folder)
    assert load_response(archive.folder / response_id)[0] == BODY


def test_any_other_file_is_a_body_without_metadata(tmp_path: Path) -> None:
    (tmp_path / "saved.json").write_bytes(BODY)
    assert load_response(tmp_path / "saved.json") == (BODY, None)


def packed(content: bytes, **options: Any) -> bytes:
    return zstandard.ZstdCompressor(**options).compress(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not compressed with zstd"),
        (b'{"data": []}', "not compressed with zstd"),
        (packed(b""), "is damaged"),
        (packed(BODY), "is damaged"),  # without a header
        (packed(b'"text"\n{}'), "Expected `object`"),
        (packed(b"{}\n{}"), "missing required field"),
        (packed('{"kind": "calendar"}\n{}'.encode("utf-16")), "is damaged"),
        (packed(b"[" * 100_000), "is damaged"),
        (zstandard.FRAME_HEADER + b"garbage" * 9, "is damaged"),
        # A frame that claims to need more memory than there is.
        (bytes.fromhex("28b52ffd c0 40 ffffffffffffff7f") + b"\x01" * 9, "is damaged"),
    ],
)
def test_a_damaged_or_foreign_file_is_a_storage_error(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "s1.zst"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=message) as raised:
        load_response(path)
    assert str(path) in str(raised.value)


def test_a_file_that_unpacks_to_too_many_bytes_is_a_storage_error(
    archive: ResponseArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awardspider.storage.responses._MAX_BYTES", 20_000)
    assert len(load_response(save(archive, "small", body=bytes(19_000)))[0]) == 19_000
    with pytest.raises(StorageError, match="more than 20,000 bytes"):
        load_response(save(archive, "large", body=bytes(21_000)))


def test_a_supplied_file_that_is_too_large_is_a_storage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awardspider.storage.responses._MAX_BYTES", 20_000)
    file = tmp_path / "response.json"
    file.write_bytes(bytes(20_000))
    assert len(load_response(file)[0]) == 20_000
    file.write_bytes(bytes(20_001))
    with pytest.raises(StorageError, match="larger than 20,000 bytes"):
        load_response(file)


def test_a_device_or_pipe_is_a_storage_error(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.zst"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(StorageError, match=f"{path} is not a file"):
            load_response(path)


def test_a_truncated_file_is_a_storage_error_wherever_it_ends(archive: ResponseArchive) -> None:
    path = save(archive, "s1")
    content = path.read_bytes()
    for size in range(len(content)):
        path.write_bytes(content[:size])
        with pytest.raises(StorageError, match=str(path)):
            load_response(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "calender"),
        ("kind", None),
        ("cabins", ["busines"]),
        ("cabins", "business"),
        ("cabins", None),
        ("first", "2027-13-45"),
        ("last", "yesterday"),
        ("last", 20270301),
        ("origin", 5),
        ("destination", None),
        ("travelers", "two"),
        ("travelers", 0),
        ("travelers", 10**30),
        ("http_status", "200 OK"),
        ("http_status", 99999),
        ("page", -1),
        ("page", 1.5),
        ("seen_at", "2026-11-22T10:00:00"),
        ("seen_at", "now"),
        ("seen_at", 1764000000),
        ("search_id", ["s1"]),
        ("program", {}),
        ("source_id", 7),
        ("source_id", "x" * 100_000),
        ("search_id", "x" * 100_000),
    ],
)
def test_metadata_with_an_invalid_value_is_a_storage_error(archive: ResponseArchive, field: str, value: object) -> None:
    path = save(archive, "s1")
    header, body = zstandard.ZstdDecompressor().decompress(path.read_bytes()).split(b"\n", 1)
    path.write_bytes(packed(json.dumps(json.loads(header) | {field: value}).encode() + b"\n" + body))
    with pytest.raises(StorageError, match=rf"{path} is damaged: .*\$\.{field}"):
        load_response(path)


def test_a_full_disk_is_a_storage_error_and_leaves_no_partial_file(archive: ResponseArchive) -> None:
    # A limit on the size of files has the effect of a full disk.
    code = (
        "import os, resource, signal, sys; from pathlib import Path; "
        "from awardspider.storage.responses import ResponseArchive; "
        "from tests.support.archived_responses import save; "
        "archive = ResponseArchive(Path(sys.argv[1]), None, None); "
        "save(archive, 'before'); "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
        "save(archive, 'after', body=os.urandom(100_000))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, archive.folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.stderr.splitlines()[-1] == (
        "awardspider.outcomes.StorageError: the disk is full: a response cannot be archived"
    )
    assert [path.name for path in archive.folder.rglob("*") if path.is_file()] == ["before.zst"]


def test_an_unwritable_folder_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "responses").write_text("a file with the name of the folder")
    with pytest.raises(StorageError, match="a response cannot be archived: Not a directory"):
        save(ResponseArchive(tmp_path / "responses", None, None), "s1")


def test_the_files_of_a_program_are_listed_by_time(archive: ResponseArchive) -> None:
    later, earlier = save(archive, "s1", NOW), save(archive, "s2", NOW - DAY)
    assert archive.paths("united") == [earlier, later]
    assert archive.paths("delta") == []


# ---- pruning ---------------------------------------------------------------------------------------------------------


def test_old_responses_are_removed(tmp_path: Path) -> None:
    archive = ResponseArchive(tmp_path, 14 * DAY, None)
    for age in (0, 13, 14, 15, 400):
        save(archive, f"{age} days", NOW - age * DAY)
    assert archive.prune(NOW) == 2
    assert file_names(archive) == ["0_days", "13_days", "14_days"]
    assert not (tmp_path / "united/2026-11-07").exists()


def test_the_oldest_responses_are_removed_until_the_rest_fits(tmp_path: Path) -> None:
    size = save(ResponseArchive(tmp_path, None, None), "5").stat().st_size
    archive = ResponseArchive(tmp_path, None, 3 * size + size // 2)
    for age in (4, 1, 3, 2):
        save(archive, f"{age}", NOW - age * DAY)
    save(archive, "5", NOW - 5 * DAY)
    assert archive.prune(NOW) == 3
    assert file_names(archive) == ["1", "2", "5"]  # the first "5" is from today


def test_without_limits_nothing_is_removed(archive: ResponseArchive) -> None:
    save(archive, "s1", NOW - 4000 * DAY)
    assert archive.prune(NOW) == 0
    assert file_names(archive) == ["s1"]


def test_a_missing_folder_has_nothing_to_prune(tmp_path: Path) -> None:
    assert ResponseArchive(tmp_path / "nowhere", DAY, 1).prune(NOW) == 0


def test_stale_unfinished_files_are_removed(archive: ResponseArchive) -> None:
    unfinished = save(archive, "s1").parent / ".unfinished"
    unfinished.touch()
    changed_at = datetime.fromtimestamp(unfinished.stat().st_mtime, UTC)
    archive.prune(changed_at + timedelta(minutes=59))
    assert unfinished.exists()
    archive.prune(changed_at + timedelta(minutes=61))
    assert not unfinished.exists()
    assert file_names(archive) == ["s1"]


def test_foreign_files_folders_and_links_do_not_stop_pruning(archive: ResponseArchive, tmp_path: Path) -> None:
    folder = save(archive, "s1", NOW - 4000 * DAY).parent
    (folder / "notes.txt").write_text("a file of someone else")
    (folder / "folder.zst").mkdir()
    (folder / ".folder").mkdir()
    (folder / "loop.zst").symlink_to(folder / "loop.zst")
    (archive.folder / "README").write_text("")
    (archive.folder / "united" / "file").write_text("")
    (archive.folder / "united" / "link").symlink_to(tmp_path)
    assert archive.paths("united") == [folder / "s1.zst"]
    assert ResponseArchive(archive.folder, DAY, 1).prune(NOW) == 1
    assert not (folder / "s1.zst").exists()
    assert (folder / "notes.txt").exists()
    assert tmp_path.is_dir()


# ---- the setting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "retention"),
    [
        ("14 days, 1 GB", Retention(14 * DAY, 10**9)),
        ("500MB", Retention(None, 500_000_000)),
        ("1 day", Retention(DAY, None)),
        ("2 Weeks", Retention(14 * DAY, None)),
        ("1.5 gb, 36 hours", Retention(1.5 * DAY, 1_500_000_000)),
        ("999999999999 days, 9999999999999999999 TB", Retention(timedelta(days=36_500), 10**18)),
        ("off", None),
        (" OFF ", None),
    ],
)
def test_the_setting_is_an_age_a_size_or_both(setting: str, retention: Retention | None, tmp_path: Path) -> None:
    assert parse_retention(setting) == retention
    assert (ResponseArchive.from_setting(tmp_path, setting) is None) == (retention is None)


@pytest.mark.parametrize(
    "setting",
    ["", "14", "14 dayz", "forever", "1 day, 2 days", "1 GB, 1 MB", "-1 day", "0 days", "1 day 1 GB", "1,5 GB"],
)
def test_any_other_setting_is_invalid(setting: str) -> None:
    with pytest.raises(InvalidSetting, match=r'AWARD_RESPONSE_RETENTION is ".*"; write an age, a size or both'):
        parse_retention(setting)


@pytest.mark.parametrize(
    ("url", "archived"),
    [
        ("https://a.example/x?f=LAX&t=AUS", "https://a.example/x?f=LAX&t=AUS"),
        ("https://me:pw@a.example:8/x#token=1", "https://a.example:8/x"),
        (
            "https://a.example/x?X-Api-Key=1&sessionId=2&d=3&access_token=",
            "https://a.example/x?X-Api-Key=***&sessionId=***&d=3&access_token=***",
        ),
        ("", ""),
    ],
)
def test_secrets_in_a_url_are_not_archived(url: str, archived: str) -> None:
    assert without_secrets(url) == archived
