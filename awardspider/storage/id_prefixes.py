"""Rows by the first characters of their id, which is hexadecimal."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, RowMapping, Table, select

from awardspider.outcomes import InvalidArgument

_MAX_SUGGESTIONS = 5  # ids in the message about an ambiguous prefix


def row_by_id_prefix(connection: Connection, table: Table, text: str, *, name: str, command: str) -> RowMapping:
    """Return the only row whose id begins with a text.

    `name` is what a row is called, such as `an offer`, and `command` lists the ids. Raise InvalidArgument if no id, or
    more than one, begins with the text.
    """
    noun = name.partition(" ")[2]
    prefix = text.strip().lower()
    if not prefix or prefix.strip("0123456789abcdef"):
        raise InvalidArgument(f'"{text}" is not {name} id; {command} shows ids')
    ids: Column[Any] = table.c.id
    # A range, because neither engine uses the index for LIKE. Every hex digit sorts before "g".
    query = select(table).where(ids.between(prefix, prefix + "g")).order_by(ids)
    found = connection.execute(query.limit(_MAX_SUGGESTIONS + 1)).mappings().all()
    if not found:
        raise InvalidArgument(f"no stored {noun} has an id that begins with {prefix}")
    if len(found) > 1:
        shown = ", ".join(row["id"] for row in found[:_MAX_SUGGESTIONS])
        more = " and more" if len(found) > _MAX_SUGGESTIONS else ""
        raise InvalidArgument(f"{prefix} matches several {noun}s: {shown}{more}; write more of the id")
    return found[0]
