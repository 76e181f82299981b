"""An export as files in a folder: all of it, or what was there before."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from awardspider.outcomes import StorageError
from awardspider.storage.export.formats import write_form
from awardspider.storage.export.layout import TABLES
from awardspider.storage.export.rows import Export


def write_files(export: Export, form: str, tables: Sequence[str], folder: Path) -> Iterator[tuple[str, int]]:
    """Write `TABLE.FORM` for each table; yields table and number of rows, each once it is written.

    The files are written beside those of last time and take their places when the last is complete, just before this
    ends. Until then, or where it fails, the old ones stay. Raises StorageError where the folder cannot be written.
    """
    parts: dict[Path, Path] = {}
    mark = f"{secrets.token_hex(4)}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in tables:
            file, part = folder / f"{table}.{form}", folder / f".{table}.{form}.{mark}"
            with part.open("wb") as opened:
                parts[part] = file
                count = write_form(form, TABLES[table], export.rows(table), opened)
                opened.flush()
                os.fsync(opened.fileno())
            yield table, count
        for part, file in parts.items():
            part.replace(file)
    except OSError as error:
        raise StorageError(
            f"the export cannot be written to {folder}: {error.strerror}; files of an earlier one are as they were"
        ) from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
