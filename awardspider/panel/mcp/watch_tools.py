"""Tools about watches: list, try, create, pause and remove."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from awardspider.delivery.messages.language import get_language
from awardspider.outcomes import InvalidArgument
from awardspider.panel.mcp.offer_values import short_record
from awardspider.panel.mcp.results import tool_result, with_age
from awardspider.panel.mcp.session import ToolSession, current_session
from awardspider.panel.own_messages import own_watches
from awardspider.panel.records import preview_record, watch_records
from awardspider.panel.watches.described import Described, Description, described_watch
from awardspider.panel.watches.saving import save_watch, visible_entry
from awardspider.storage.owners import find_owner
from awardspider.storage.watches import WatchEntry, remove_watch, set_active

_MOST_SHOWN = 10
_MOST_WATCHES = 50

Wish = Annotated[str, Field(description="What to watch for, in words: `two business seats to Tokyo in May under 90k`")]
Fields = Annotated[
    dict[str, Any] | None,
    Field(description="Fields of a watch instead of words, as in a watch file: origin, destination, dates, cabins, …"),
]
WatchId = Annotated[str, Field(description="Id of a watch, as in list_watches")]


def _short(record: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return a match or a near miss without what an assistant does not need; promotions stay as they are."""
    if "offer_id" not in record:
        return with_age(record, now)
    reasons = {"reasons": record["reasons"]} if "reasons" in record else {}
    return short_record(record, now) | reasons


def list_watches() -> dict[str, Any]:
    """List the watches: what they search for, and whether they are active."""
    session = current_session()
    now, store = session.config.now(), session.config.store
    watches = watch_records(store, own_watches(store, session.visitor), now)
    return tool_result(now, watches=watches[:_MOST_WATCHES], total=len(watches))


def preview_watch(wish: Wish = "", fields: Fields = None) -> dict[str, Any]:
    """Return what a watch would find now, without saving it: matches, and near misses with the reasons.

    Show the person what was understood before you call create_watch.
    """
    session = current_session()
    now = session.config.now()
    described = _described(session, wish, fields, now)
    watch = described.watch
    if watch is None:
        return tool_result(now, **_question_back(described))
    found = preview_record(session.config, watch, now, get_language("en"))
    shown = {name: [_short(each, now) for each in found[name][:_MOST_SHOWN]] for name in ("matches", "misses")}
    step = "Show the person what was understood, and what it finds now; if that is right, call create_watch."
    definition = watch.to_definition()
    return tool_result(now, understood=described.sentence, definition=definition, **(found | shown), next_step=step)


def create_watch(
    name: Annotated[str, Field(min_length=1, max_length=100, description="Name of the watch, unique")],
    wish: Wish = "",
    fields: Fields = None,
) -> dict[str, Any]:
    """Save a watch: it is searched for from then on, and the person is notified of matches.

    If the wish is unclear, nothing is saved (`saved` is false), and `question` is what to ask the person.
    """
    session = current_session()
    session.require_write()
    config, now = session.config, session.config.now()
    described = _described(session, wish, fields, now, name=name)
    watch = described.watch
    if watch is None:
        return tool_result(now, saved=False, **_question_back(described))
    owner = find_owner(config.store, session.visitor.adds_for)
    watch_id = save_watch(config.store, watch, owner, now, stored=None)
    values = {"id": watch_id, "understood": described.sentence, "definition": watch.to_definition()}
    return tool_result(now, saved=True, **values)


def set_watch_active(
    watch_id: WatchId, active: Annotated[bool, Field(description="False pauses the watch, true resumes it")]
) -> dict[str, Any]:
    """Pause a watch, or resume it."""
    session, entry = _changeable(watch_id)
    now = session.config.now()
    set_active(session.config.store, entry.id, active, now=now)
    return tool_result(now, id=entry.id, name=entry.name, active=active)


def delete_watch(watch_id: WatchId) -> dict[str, Any]:
    """Remove a watch, and cancel its messages that were not sent. Ask the person first."""
    session, entry = _changeable(watch_id)
    now = session.config.now()
    remove_watch(session.config.store, entry.id, now)
    return tool_result(now, id=entry.id, name=entry.name, removed=True)


def _changeable(watch_id: str) -> tuple[ToolSession, WatchEntry]:
    session = current_session()
    session.require_write()
    entry = visible_entry(session.config.store, watch_id, session.visitor)
    if entry is None:
        raise InvalidArgument(f"there is no watch {watch_id}; list_watches shows all")
    return session, entry


def _described(
    session: ToolSession, wish: str, fields: dict[str, Any] | None, now: datetime, *, name: str = ""
) -> Described:
    """Return the watch of a wish or of fields. Raise InvalidArgument for neither or both, and if it is invalid."""
    if bool(wish.strip()) == bool(fields):
        raise InvalidArgument("give either wish or fields")
    given = (fields or {}) | ({"name": name} if name else {})
    owner = find_owner(session.config.store, session.visitor.adds_for)
    return described_watch(session.config, Description(words=wish, fields=given, argument="wish"), owner, now)


def _question_back(described: Described) -> dict[str, str]:
    """Return the values of a result that says what is unclear."""
    step = "Ask the person, then call the tool again with the complete wish."
    return {"understood": described.sentence, "question": described.question, "next_step": step}
