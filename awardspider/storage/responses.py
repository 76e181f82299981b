"""Raw answers, kept for a while, so that a mended reader can be run again on them.

A kept answer is one zstd-compressed file under `PROGRAM/DAY/`: its first line is JSON about the answer, the rest the
answer's own bytes. `zstdcat FILE | tail -n +2` shows it without any of this code.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson
import zstandard

from awardspider.items import Search
from awardspider.outcomes import InvalidSetting, StorageError
from awardspider.storage.engines import disk_full, to_json

_SUFFIX = ".zst"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

# Level 3 is zstd's own default: JSON shrinks to about a tenth, at some 200 MB a second.
_LEVEL = 3

# A hundred times what a spider accepts as an answer: larger ones were not kept by us.
_LARGEST = 2_000_000_000

# A file half written by a process that died; none takes an hour.
_STALE = timedelta(hours=1)

_HOURS = {"hour": 1, "day": 24, "week": 24 * 7}
_BYTES = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")

_SECRET = re.compile(r"token|key|secret|sign|sid|session|auth|pass|code|jwt|cookie", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long raw answers are kept, and how much room they may take; None for no limit."""

    max_age: timedelta | None
    max_bytes: int | None


def parse_keep(setting: str) -> Keep | None:
    """What AWARD_RESPONSE_RETENTION says, such as `14 days, 1 GB`; None for `off`. Raises BadSetting for anything else."""
    text = setting.strip().lower()
    if text in {"off", "no", "0"}:
        return None
    hours: float | None = None
    size: float | None = None
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        number, unit = (float(match[1]), match[2]) if match else (0.0, "")
        if number and unit.removesuffix("s") in _HOURS and hours is None:
            hours = number * _HOURS[unit.removesuffix("s")]
        elif number and unit in _BYTES and size is None:
            size = number * _BYTES[unit]
        else:
            raise InvalidSetting(
                f'AWARD_RESPONSE_RETENTION is "{setting}"; write an age, a size or both, such as "14 days, 1 GB", or "off"'
            )
    return Keep(None if hours is None else timedelta(hours=hours), None if size is None else int(size))


def without_secrets(url: str) -> str:
    """A URL without the user's name, and without the values of parameters that look like keys or tokens."""
    parts = urlsplit(url)
    query = [(name, "***" if _SECRET.search(name) else value) for name, value in parse_qsl(parts.query, True)]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, urlencode(query, safe="*"), ""))


def about(search: Search, *, seen_at: datetime, status: int | None, url: str, page: int = 1) -> dict[str, Any]:
    """What is kept with an answer: the question, when it was answered (aware), from where, and the number of its page.

    Page 0 is a step on the way to the answer.
    """
    return {
        "search_id": search.id,
        "program": search.program,
        "kind": search.kind,
        "origin": search.origin,
        "destination": search.destination,
        "first": search.first,
        "last": search.last,
        "cabins": search.cabins,
        "travelers": search.travelers,
        "target_program": search.target_program,
        "source_id": search.source_id,
        "page": page,
        "seen_at": seen_at,
        "status": status,
        "url": without_secrets(url),
    }


def load_answer(path: Path) -> tuple[bytes, dict[str, Any]]:
    """The body of a kept answer and what was kept with it, as JSON gives it back.

    Of any other file, an answer saved by hand for example, its bytes and nothing. Raises OSError where the file cannot
    be read, StorageError where it is damaged.
    """
    content = path.read_bytes()
    if not content.startswith(_ZSTD_MAGIC):
        return content, {}
    try:
        unpacked = zstandard.ZstdDecompressor().decompress(content, max_output_size=_LARGEST)
        line, _, body = unpacked.partition(b"\n")
        meta: dict[str, Any] = orjson.loads(line)
    except (zstandard.ZstdError, orjson.JSONDecodeError) as error:
        raise StorageError(f"the kept answer {path} is damaged: {error}") from error
    return body, meta


class AnswerStore:
    """The folder of kept answers. Several processes may use it at once."""

    def __init__(self, folder: Path, max_age: timedelta | None, max_bytes: int | None) -> None:
        self.folder = folder
        self._max_age = max_age
        self._max_bytes = max_bytes

    @classmethod
    def from_setting(cls, folder: Path, setting: str) -> AnswerStore | None:
        """The folder as AWARD_RESPONSE_RETENTION wants it; None for `off`. Raises BadSetting."""
        keep = parse_keep(setting)
        return cls(folder, keep.max_age, keep.max_bytes) if keep else None

    def keep(self, search_id: str, body: bytes, meta: dict[str, Any]) -> str:
        """Keep an answer; returns its name, for `load`.

        `meta` comes from `about`. Raises StorageError where the disk is full or the folder cannot be written.
        """
        seen_at: datetime = meta["seen_at"]
        page = "" if meta.get("page", 1) == 1 else f"-{meta['page']}"
        name = f"{_file_name(meta['program'])}/{seen_at:%Y-%m-%d}/{_file_name(search_id)}{page}{_SUFFIX}"
        content = to_json(meta).encode() + b"\n" + body
        packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(content)
        with _file_errors("kept"):
            _write_at_once(self.folder / name, packed, seen_at.timestamp())
        return name

    def load(self, path_or_name: str | Path) -> tuple[bytes, dict[str, Any]]:
        """As `load_answer`, by path or by name; raises StorageError where there is no such file too."""
        path = Path(path_or_name)
        with _file_errors("read"):
            return load_answer(path if path.exists() else self.folder / path)

    def prune(self, now: datetime) -> int:
        """Remove answers that are too old, then the oldest until the rest fits; returns how many."""
        with _file_errors("removed"):
            kept = sorted(self._files())
            oldest = (now - self._max_age).timestamp() if self._max_age else 0.0
            room = self._max_bytes if self._max_bytes is not None else float("inf")
            total = sum(size for _, size, _ in kept)
            removed = 0
            for written_at, size, path in kept:
                if written_at >= oldest and total <= room:
                    break
                path.unlink(missing_ok=True)
                total -= size
                removed += 1
            self._remove_leftovers(now)
        return removed

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Time seen, size and path of each kept answer."""
        for path in self.folder.glob(f"*/*/*{_SUFFIX}"):
            try:
                status = path.stat()
            except FileNotFoundError:  # another process prunes too
                continue
            yield status.st_mtime, status.st_size, path

    def _remove_leftovers(self, now: datetime) -> None:
        """Remove files that were never finished, and folders of days of which nothing is left."""
        for path in self.folder.glob("*/*/.*"):
            if path.stat().st_mtime < (now - _STALE).timestamp():
                path.unlink(missing_ok=True)
        for folder in self.folder.glob("*/*"):
            if not any(folder.iterdir()):
                folder.rmdir()


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip(".") or "_"


def _write_at_once(path: Path, content: bytes, modified_at: float) -> None:
    """Write a file that is there whole or not at all, with the time of the answer as its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.utime(unfinished, (modified_at, modified_at))
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


@contextmanager
def _file_errors(done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if disk_full(error):
            raise StorageError(f"the disk is full: an answer cannot be {done}") from error
        raise StorageError(f"an answer cannot be {done}: {error.strerror} ({error.filename})") from error
