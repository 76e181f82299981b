"""A run's memory of matches and messages: stored ones, read once for the days of a search, and unwritten ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from awardspider.items import AwardOfferItem, Search
from awardspider.search.match_states import Message
from awardspider.storage.matches import MatchKey, StoredMatch, find_matches
from awardspider.storage.notified import MessagesByWatch, find_messages, message_of
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.store import Store

_Route = tuple[str, str]

#: Days in memory; those of the routes that a bulk search has shown stay until there are this many.
_MAX_WINDOWS = 256


@dataclass(slots=True, eq=False)
class _Window:
    """Days of a route, with their matches and messages if these were read, and the new ones since then.

    `is_of_search` is False for days that no running search covers.
    """

    route: _Route
    first: date
    last: date
    is_of_search: bool
    matches: dict[MatchKey, StoredMatch] | None = None
    by_flight: dict[str, dict[str, StoredMatch]] = field(default_factory=dict)  # by watch
    by_day: dict[str, dict[MatchKey, StoredMatch]] = field(default_factory=dict)
    messages: dict[str, MessagesByWatch] | None = None

    def covers(self, first: date, last: date) -> bool:
        """Return whether all of these days are in the window."""
        return self.first <= first and last <= self.last

    def add_match(self, match: StoredMatch) -> None:
        """Add or replace a match."""
        assert self.matches is not None
        self.matches[match.key] = match
        self.by_flight.setdefault(match.flight_key, {})[match.watch_key] = match
        if match.day_key is not None:
            self.by_day.setdefault(match.day_key, {})[match.key] = match

    def forget(self) -> None:
        """Forget what was read."""
        self.matches = self.messages = None
        self.by_flight.clear()
        self.by_day.clear()


class MatchMemory:
    """Matches and messages by flights. Its queries cover all days of a search, because each search needs many."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._windows: dict[_Route, list[_Window]] = {}
        self._count = 0  # of windows
        self._new_matches: dict[_Route, dict[MatchKey, StoredMatch]] = {}
        self._new_messages: dict[str, MessagesByWatch] = {}
        self._flight_days: dict[str, tuple[_Route, date]] = {}  # of the flights that new messages can be about

    # ---- matches ----

    def matches_of(self, offer: AwardOfferItem) -> dict[str, StoredMatch]:
        """Return the matches of an offer's flights, also those that have ended, keyed by watch."""
        window = self._with_matches(offer)
        return window.by_flight.get(offer.flight_key, {}) if window.by_flight else {}

    def matches_of_day(self, offer: AwardOfferItem) -> Iterable[StoredMatch]:
        """Return the matches of all flights with an offer's program, route, day and cabin, also those that ended."""
        window = self._with_matches(offer)
        return window.by_day.get(offer.day_key, {}).values() if window.by_day else ()

    def matches_in(self, search: Search) -> list[StoredMatch]:
        """Return the matches in the days of a search, also those that have ended."""
        window = self._window((search.origin, search.destination), search.first, search.last)
        found = self._read_matches(window).values()
        return [match for match in found if search.first <= match.departure_date <= search.last]

    def add_match(self, match: StoredMatch) -> None:
        """Add a match that is not written yet."""
        route = match.origin, match.destination
        self._new_matches.setdefault(route, {})[match.key] = match
        for window in self._windows_of_day(route, match.departure_date):
            if window.matches is not None:
                window.add_match(match)

    def _with_matches(self, offer: AwardOfferItem) -> _Window:
        window = self._window((offer.origin, offer.destination), offer.departure_date, offer.departure_date)
        if window.matches is None:
            self._read_matches(window)
        return window

    def _read_matches(self, window: _Window) -> dict[MatchKey, StoredMatch]:
        """Return the matches of a window, which are read if necessary; new ones replace those in the database."""
        if window.matches is None:
            window.matches = {}
            for match in find_matches(self._store, *window.route, window.first, window.last):
                window.add_match(match)
            for match in self._new_matches.get(window.route, {}).values():
                if window.covers(match.departure_date, match.departure_date):
                    window.add_match(match)
        return window.matches

    # ---- messages ----

    def messages_of(self, offer: AwardOfferItem, flight_key: str | None = None) -> MessagesByWatch:
        """Return the messages about an offer's flights, or about other flights of its route and day."""
        route = offer.origin, offer.destination
        return self._messages(route, offer.departure_date, flight_key or offer.flight_key)

    def messages_about(self, match: StoredMatch) -> MessagesByWatch:
        """Return the messages about the flights of a match."""
        return self._messages((match.origin, match.destination), match.departure_date, match.flight_key)

    def _messages(self, route: _Route, day: date, flight_key: str) -> MessagesByWatch:
        window = self._window(route, day, day)
        if window.messages is None:
            window.messages = find_messages(self._store, *route, window.first, window.last)
        self._flight_days[flight_key] = route, day
        stored, new = window.messages.get(flight_key, {}), self._new_messages.get(flight_key)
        return _merged(stored, new) if new else stored

    def add_message(self, row: OutboxRow) -> None:
        """Add a message that is not written yet."""
        if row.watch_key is None or row.flight_key is None or not row.body:
            return
        message: Message = message_of(row)
        new = self._new_messages.setdefault(row.flight_key, {})
        new.setdefault((row.watch_key, row.channel), []).append(message)

    # ---- days ----

    def start_search(self, search: Search) -> None:
        """Add the days of a search; what was read of them before may have been changed by other processes since.

        The days of other running searches stay in memory.
        """
        for window in [window for window in self._all_windows() if not window.is_of_search]:
            self._remove(window)
        route = search.origin, search.destination
        windows = self._windows.get(route, [])
        for window in windows:
            if window.first <= search.last and search.first <= window.last:
                window.forget()
        if not any(window.covers(search.first, search.last) for window in windows):
            self._add(_Window(route, search.first, search.last, is_of_search=True))

    def end_search(self, search: Search) -> None:
        """Forget the days of a search, except the matches and messages that are not written yet."""
        for window in list(self._windows.get((search.origin, search.destination), ())):
            if (window.first, window.last) == (search.first, search.last):
                self._remove(window)

    def set_written(self) -> None:
        """Note that the new matches and messages are stored now."""
        self._new_matches.clear()
        for flight_key, new in self._new_messages.items():
            route, day = self._flight_days.get(flight_key, (None, None))
            windows = self._all_windows() if route is None or day is None else self._windows_of_day(route, day)
            for window in windows:
                if route is None:  # read them all again
                    window.messages = None
                elif window.messages is not None:
                    window.messages[flight_key] = _merged(window.messages.get(flight_key, {}), new)
        self._new_messages.clear()
        self._flight_days.clear()

    def _window(self, route: _Route, first: date, last: date) -> _Window:
        """Return the days in memory that include these days, or new ones."""
        for window in self._windows.get(route, ()):
            if window.first <= first and last <= window.last:
                return window
        window = _Window(route, first, last, is_of_search=False)
        self._add(window)
        return window

    def _windows_of_day(self, route: _Route, day: date) -> Iterator[_Window]:
        return (window for window in self._windows.get(route, ()) if window.covers(day, day))

    def _all_windows(self) -> Iterator[_Window]:
        return (window for windows in self._windows.values() for window in windows)

    def _add(self, window: _Window) -> None:
        if self._count >= _MAX_WINDOWS:
            self._remove(next(self._all_windows()))
        self._windows.setdefault(window.route, []).append(window)
        self._count += 1

    def _remove(self, window: _Window) -> None:
        windows = self._windows[window.route]
        windows.remove(window)
        self._count -= 1
        if not windows:
            del self._windows[window.route]


def _merged(stored: MessagesByWatch, new: MessagesByWatch) -> MessagesByWatch:
    return stored | {key: [*stored.get(key, ()), *messages] for key, messages in new.items()}
