"""The attributes of watches that outbox rows are built from."""

from __future__ import annotations

from typing import Any, Protocol


class _AnyWatch(Protocol):
    @property
    def key(self) -> str:
        """Return the identity of the watch: its id, or its name without one."""

    @property
    def id(self) -> str:
        """Return the id of a stored watch; empty for others."""

    @property
    def name(self) -> str:
        """Return the name of the watch."""


class AlertedWatch(_AnyWatch, Protocol):
    """The properties of `search.watches.Watch` that alert events need."""

    @property
    def min_seats(self) -> int:
        """Return the required number of seats."""


class NotifiedWatch(_AnyWatch, Protocol):
    """The properties of a watch for promotions, such as `search.promotion_watches.PromotionWatch`."""

    def notify_record(self) -> dict[str, Any]:
        """Return the notification preferences as the plain values that outbox rows store."""


class AwardWatch(NotifiedWatch, Protocol):
    """The properties of `search.watches.Watch` that an enqueuer is created from."""

    @property
    def max_miles(self) -> int | None:
        """Return the limit of the price in miles."""
