"""The response archive: raw responses, kept for a limited time so that a corrected parser can process them again.

A response is a zstd-compressed file under `PROGRAM/DAY/`. The first line is JSON metadata, and the rest is the body.
`zstdcat FILE | tail -n +2` prints the body without this code.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
import zstandard

from awardspider.items import Cabin, Search, SearchKind
from awardspider.outcomes import InvalidSetting, StorageError
from awardspider.search.watch_fields import PartySize
from awardspider.storage.engines import is_disk_full

_SUFFIX = ".zst"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

# The default level of zstd: JSON shrinks to about a tenth, at some 200 MB a second.
_LEVEL = 3

# More than the largest response that a spider accepts, which is 21 MB. A damaged or foreign file can have any size, and
# unpack to any size.
_MAX_BYTES = 50_000_000
_MAX_WINDOW = 2**27
_CHUNK_BYTES = 512  # unpacks to at most 16 MB

# An unfinished file this old belongs to a process that died.
_STALE = timedelta(hours=1)

_HOURS = {"hour": 1, "day": 24, "week": 24 * 7}
_LONGEST_HOURS = 24 * 36_500
_MOST_BYTES = 10**18
_BYTES = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")

_SECRET = re.compile(r"token|key|secret|sign|sid|session|auth|pass|code|jwt|cookie", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Retention:
    """The maximum age and total size of archived responses; None means no limit."""

    max_age: timedelta | None
    max_bytes: int | None


def parse_retention(setting: str) -> Retention | None:
    """Parse AWARD_RESPONSE_RETENTION, such as `14 days, 1 GB`; None for `off`. Raises InvalidSetting."""
    text = setting.strip().lower()
    if text in {"off", "no", "0"}:
        return None
    hours: float | None = None
    size: float | None = None
    for part in text.split(","):
        match = _AMOUNT.fullmatch(part.strip())
        number, unit = (float(match[1]), match[2]) if match else (0.0, "")
        if number and unit.removesuffix("s") in _HOURS and hours is None:
            hours = number * _HOURS[unit.removesuffix("s")]
        elif number and unit in _BYTES and size is None:
            size = number * _BYTES[unit]
        else:
            raise InvalidSetting(
                f'AWARD_RESPONSE_RETENTION is "{setting}"; write an age, a size or both, such as "14 days, 1 GB", '
                'or "off"'
            )
    return Retention(
        None if hours is None else timedelta(hours=min(hours, _LONGEST_HOURS)),
        None if size is None else int(min(size, _MOST_BYTES)),
    )


def without_secrets(url: str) -> str:
    """Return a URL without its user name and fragment, and without parameter values that may be keys or tokens."""
    parts = urlsplit(url)
    query = [(name, "***" if _SECRET.search(name) else value) for name, value in parse_qsl(parts.query, True)]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, urlencode(query, safe="*"), ""))


_ID = Annotated[str, msgspec.Meta(max_length=200)]


class ResponseMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The metadata of an archived response: its search, time, HTTP status, URL and page number.

    Page 0 is an intermediate response, such as a lookup before the search.
    """

    search_id: _ID
    program: str
    kind: SearchKind
    origin: str
    destination: str
    first: date
    last: date
    cabins: tuple[Cabin, ...]
    travelers: PartySize
    target_program: str
    source_id: _ID
    page: Annotated[int, msgspec.Meta(ge=0)]
    seen_at: Annotated[datetime, msgspec.Meta(tz=True)]
    http_status: Annotated[int, msgspec.Meta(ge=100, le=599)] | None
    url: str


_METADATA = msgspec.json.Decoder(ResponseMetadata)


def response_metadata(
    search: Search, *, seen_at: datetime, status: int | None, url: str, page: int = 1
) -> ResponseMetadata:
    """Return a response's metadata; `seen_at` is aware."""
    return ResponseMetadata(
        search_id=search.id,
        program=search.program,
        kind=search.kind,
        origin=search.origin,
        destination=search.destination,
        first=search.first,
        last=search.last,
        cabins=search.cabins,
        travelers=search.travelers,
        target_program=search.target_program,
        source_id=search.source_id,
        page=page,
        seen_at=seen_at,
        http_status=status,
        url=without_secrets(url),
    )


def load_response(path: Path) -> tuple[bytes, ResponseMetadata | None]:
    """Return the body and metadata of an archived response; for any other file, its bytes and None.

    Raises OSError if the file cannot be read, StorageError if it is damaged.
    """
    if not S_ISREG(path.stat().st_mode):  # a device or a pipe may never end
        raise StorageError(f"{path} is not a file")
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise StorageError(f"{path} is larger than {_MAX_BYTES:,} bytes")
    if not content.startswith(_ZSTD_MAGIC):
        if path.suffix == _SUFFIX:
            raise StorageError(f"{path} is not an archived response: it is not compressed with zstd")
        return content, None
    try:
        line, _, body = _unpack(content).partition(b"\n")
        metadata = _METADATA.decode(line)
    except (ValueError, zstandard.ZstdError, RecursionError) as error:
        raise StorageError(f"the archived response {path} is damaged: {error}") from error
    return body, metadata


def _unpack(content: bytes) -> bytes:
    """Decompress a file. Raise ValueError or ZstdError if it is truncated, damaged or too large."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()
    unpacked: list[bytes] = []
    size = 0
    for start in range(0, len(content), _CHUNK_BYTES):
        unpacked.append(unpacker.decompress(content[start : start + _CHUNK_BYTES]))
        size += len(unpacked[-1])
        if size > _MAX_BYTES:
            raise ValueError(f"it unpacks to more than {_MAX_BYTES:,} bytes")
        if unpacker.eof:
            return b"".join(unpacked)
    raise ValueError("it is truncated")


class ResponseArchive:
    """A folder of archived responses. Several processes may use it at once."""

    def __init__(self, folder: Path, max_age: timedelta | None, max_bytes: int | None) -> None:
        self.folder = folder
        self._max_age = max_age
        self._max_bytes = max_bytes

    @classmethod
    def from_setting(cls, folder: Path, setting: str) -> ResponseArchive | None:
        """Return an archive configured by AWARD_RESPONSE_RETENTION; None for `off`. Raises InvalidSetting."""
        retention = parse_retention(setting)
        return cls(folder, retention.max_age, retention.max_bytes) if retention else None

    def save(self, search_id: str, body: bytes, metadata: ResponseMetadata) -> str:
        """Archive a response and return its id: its path relative to the folder.

        Raises StorageError if the disk is full or the folder is not writable.
        """
        seen_at = metadata.seen_at
        page = "" if metadata.page == 1 else f"-{metadata.page}"
        name = f"{_file_name(metadata.program)}/{seen_at:%Y-%m-%d}/{_file_name(search_id)}{page}{_SUFFIX}"
        content = msgspec.json.encode(metadata) + b"\n" + body
        packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(content)
        with _file_errors("archived"):
            _write_atomically(self.folder / name, packed, seen_at.timestamp())
        return name

    def paths(self, program: str) -> list[Path]:
        """Return the files of a program's responses, oldest first."""
        with _file_errors("read"):
            return [path for _, _, path in sorted(self._files(_file_name(program)))]

    def expired(self, now: datetime) -> list[tuple[int, Path]]:
        """Return the size and path of the responses over the age limit, and of the oldest until the rest fits."""
        with _file_errors("read"):
            responses = sorted(self._files())
        oldest = (now - self._max_age).timestamp() if self._max_age else 0.0
        limit = self._max_bytes if self._max_bytes is not None else float("inf")
        total = sum(size for _, size, _ in responses)
        found = []
        for seen_at, size, path in responses:
            if seen_at >= oldest and total <= limit:
                break
            found.append((size, path))
            total -= size
        return found

    def prune(self, now: datetime) -> int:
        """Remove the expired responses; return the number removed."""
        found = self.expired(now)
        with _file_errors("removed"):
            for _, path in found:
                path.unlink(missing_ok=True)
            self._remove_leftovers(now)
        return len(found)

    def _files(self, program: str = "*") -> Iterator[tuple[float, int, Path]]:
        """Yield the time, size and path of each response; links and folders are none."""
        for path in self.folder.glob(f"{program}/*/*{_SUFFIX}"):
            try:
                status = path.lstat()
            except FileNotFoundError:  # another process prunes too
                continue
            if S_ISREG(status.st_mode):
                yield status.st_mtime, status.st_size, path

    def _remove_leftovers(self, now: datetime) -> None:
        """Remove stale unfinished files and empty day folders."""
        for path in self.folder.glob("*/*/.*"):
            status = path.lstat()
            if S_ISREG(status.st_mode) and status.st_mtime < (now - _STALE).timestamp():
                path.unlink(missing_ok=True)
        for folder in self.folder.glob("*/*/"):
            if not folder.is_symlink() and not any(folder.iterdir()):
                folder.rmdir()


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip(".") or "_"


def _write_atomically(path: Path, content: bytes, modified_at: float) -> None:
    """Write the file completely or not at all, with the response's time as the modification time."""
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
def _file_errors(action: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise StorageError(f"the disk is full: a response cannot be {action}") from error
        raise StorageError(f"a response cannot be {action}: {error.strerror} ({error.filename})") from error
