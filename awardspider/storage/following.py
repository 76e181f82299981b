"""What becomes of an offer after it was told: a sheet is kept true, and a channel may want to hear that it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from awardspider.storage.tables import outbox

_IDS_AT_ONCE = 500
_THERE = ("sent", "sending", "unknown")  # or on its way, or perhaps there


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A channel that is told what becomes of the offers it has; one that `keeps_rows` also of each change."""

    channel: str
    keeps_rows: bool = False


def follow(
    connection: Connection, insert: Any, followed: Followed, kind: str, ids: Sequence[str], at: datetime
) -> None:
    """Write an outbox row of `kind` for each of the offers that the channel has been told of.

    The bodies are empty: they are filled with what is stored when they are delivered.
    """
    known, digest = outbox.alias("known"), outbox.alias("digest")
    had: ColumnElement[bool] = known.c.status.in_(_THERE)
    in_digest = exists().where(digest.c.id == known.c.part_of, digest.c.status.in_(_THERE))
    had = or_(had, and_(known.c.status == "digested", in_digest))
    if followed.keeps_rows:  # one that waits is written as it is by then
        had = or_(had, known.c.status == "waiting")
    for first in range(0, len(ids), _IDS_AT_ONCE):
        subjects = (
            select(known.c.subject)
            .distinct()
            .where(known.c.channel == followed.channel, known.c.subject.in_(ids[first : first + _IDS_AT_ONCE]), had)
        )
        told = connection.scalars(subjects).all()
        if not told:
            continue
        stamp = f"{at:%Y%m%dT%H%M%S}"
        rows = [
            {
                "key": f"{followed.channel}:{subject}:{kind}:{stamp}",
                "channel": followed.channel,
                "kind": kind,
                "subject": subject,
                "body": {},
                "created_at": at,
                "status": "waiting",
                "due_at": at,
                "level": "normal",
            }
            for subject in told
        ]
        connection.execute(insert(outbox).on_conflict_do_nothing(index_elements=[outbox.c.key]), rows)
