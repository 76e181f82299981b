"""Exports as files in a folder, replaced together."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from awardspider.outcomes import StorageError
from awardspider.storage.export.formats import write_table
from awardspider.storage.export.layout import TABLES
from awardspider.storage.export.rows import Export


def write_files(export: Export, table_format: str, tables: Sequence[str], folder: Path) -> Iterator[tuple[str, int]]:
    """Write `TABLE.FORMAT` for each table and yield its name and number of rows.

    The new files replace those of an earlier export once all are complete. If the export fails, the old files stay.
    Raises StorageError if the folder is not writable.
    """
    unfinished: dict[Path, Path] = {}
    suffix = f"{secrets.token_hex(4)}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in tables:
            path, part = folder / f"{table}.{table_format}", folder / f".{table}.{table_format}.{suffix}"
            with part.open("wb") as file:
                unfinished[part] = path
                count = write_table(table_format, TABLES[table], export.rows(table), file)
                file.flush()
                os.fsync(file.fileno())
            yield table, count
        for part, path in unfinished.items():
            part.replace(path)
    except OSError as error:
        raise StorageError(
            f"the export cannot be written to {folder}: {error.strerror}; files of an earlier export are unchanged"
        ) from error
    finally:
        for part in unfinished:
            part.unlink(missing_ok=True)
