"""Files that a crawl writes (`-O`): a crawl that failed leaves the file of an earlier crawl as it was."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.support.crawls import Workspace
from tests.support.sandbox_server import Sandbox

SEARCH = {"origin": "LAX", "destination": "AUS", "dates": "+60", "detail": "itinerary"}


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_failed_crawl_leaves_the_file(workspace: Workspace, server: Sandbox, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"offers.{suffix}"
    workspace.crawl("-O", str(file), **SEARCH)
    first = file.read_bytes()
    assert first.count(b"\n") > 3
    for fault in ("html", "blocked"):
        server.fault("www.united.com", fault)
        failed = workspace.crawl("-O", str(file), **SEARCH)
        assert f"{file} is unchanged, because the crawl failed" in failed.stderr
        assert file.read_bytes() == first
    assert workspace.scrapy("crawl", "united", "-a", "origin=LAX", "-O", str(file)).returncode == 2
    assert file.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [file.name]


def test_a_crawl_without_new_offers_writes_a_header(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "new" / "offers.csv"
    workspace.crawl("--excel", "-O", str(file), **SEARCH)
    with file.open(encoding="utf-8-sig", newline="") as rows:
        offers = list(csv.DictReader(rows))
    assert offers
    file.chmod(0o640)
    workspace.crawl("-O", str(file), **SEARCH)  # nothing is new
    assert file.read_bytes().decode() == ",".join(offers[0]) + "\r\n"
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_file_that_cannot_be_written_ends_the_crawl_before_the_first_request(
    workspace: Workspace, server: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").touch()
    for file, reason in (("folder.csv", "Is a directory"), ("file/offers.csv", "File exists")):
        arguments = [text for name, value in SEARCH.items() for text in ("-a", f"{name}={value}")]
        crawl = workspace.scrapy("crawl", "united", *arguments, "-O", str(tmp_path / file))
        assert crawl.returncode == 2
        assert f"error: {tmp_path / file} cannot be written: {reason}" in crawl.stderr
        assert "Traceback" not in crawl.stderr
    assert server.requests("/") == []


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_a_full_disk_is_one_error_line(workspace: Workspace, form: str) -> None:
    crawl = workspace.crawl("-O", f"/dev/full:{form}", **SEARCH)
    assert crawl.stderr.count("ERROR") == 1
    assert "/dev/full is incomplete: No space left on device" in crawl.stderr
    assert "Traceback" not in crawl.stderr
