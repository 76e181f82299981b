"""Parts of a table that an index finds, for lists that must not depend on the statistics of the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexScan:
    """The rows of a table with a condition. `index` has them; without one, the rows are read in the order of the key.

    On SQLite, which has no statistics, a query names the index; PostgreSQL finds it.
    """

    table: Table
    index: str | None
    condition: ColumnElement[bool]

    def apply(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """Return a query for the rows of this scan that also match `query`."""
        hint = f"INDEXED BY {self.index}" if self.index else "NOT INDEXED"
        return query.where(self.condition).with_hint(self.table, hint, "sqlite")
