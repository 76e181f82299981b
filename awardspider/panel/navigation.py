"""The entries of the navigation, for the role of the visitor."""

from __future__ import annotations

from dataclasses import dataclass

from awardspider.panel.access import Visitor
from awardspider.storage.accounts import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the navigation: its address, its text in `texts/base.toml`, and the role that it needs."""

    address: str
    text: str
    role: Role = Role.VIEWER
    is_current: bool = False


_ENTRIES = (
    Entry("/", "base.nav_deals"),
    Entry("/calendar", "base.nav_calendar"),
    Entry("/promotions", "base.nav_promotions"),
    Entry("/watches", "base.nav_watches"),
    Entry("/deliveries", "base.nav_deliveries"),
    Entry("/programs", "base.nav_programs"),
    Entry("/runs", "base.nav_runs", Role.OPERATOR),
    Entry("/searches", "base.nav_searches"),
    Entry("/settings", "base.nav_settings", Role.OPERATOR),
)
#: Pages that belong to an entry with another address.
_BELONGS_TO = {
    "/offers": "/",
    "/routes": "/calendar",
    "/channels": "/deliveries",
    "/posts": "/deliveries",
    "/schedule": "/runs",
}


def navigation(path: str, visitor: Visitor) -> list[Entry]:
    """Return the entries that a visitor may open; the one of the current page is marked."""
    section = "/" + path.lstrip("/").partition("/")[0]
    current = _BELONGS_TO.get(section, section)
    return [
        Entry(entry.address, entry.text, entry.role, is_current=entry.address == current)
        for entry in _ENTRIES
        if visitor.may(entry.role)
    ]
