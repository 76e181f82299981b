"""A run's memory of matches and messages: stored ones, read once for the days of a search, and unwritten ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from awardspider.items import AwardOfferItem, Search
from awardspider.search.match_states import Message
from awardspider.storage.matches import MatchKey, StoredMatch, find_matches
from awardspider.storage.notified import MessagesByWatch, find_messages, message_of
from awardspider.storage.outbox import OutboxRow
from awardspider.storage.store import Store

_Route = tuple[str, str]


class MatchMemory:
    """Matches and messages by flights. Its queries cover all days of a search, because each search needs many."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._scopes: dict[_Route, tuple[date, date]] = {}  # the days of a route's latest search
        self._match_days: dict[_Route, list[tuple[date, date]]] = {}  # that were read
        self._message_days: dict[_Route, list[tuple[date, date]]] = {}
        self._stored_matches: dict[_Route, dict[MatchKey, StoredMatch]] = {}
        self._new_matches: dict[_Route, dict[MatchKey, StoredMatch]] = {}
        self._by_flight: dict[str, dict[str, StoredMatch]] = {}  # of all matches, by watch
        self._by_day: dict[str, dict[MatchKey, StoredMatch]] = {}
        self._stored_messages: dict[str, MessagesByWatch] = {}
        self._new_messages: dict[str, MessagesByWatch] = {}

    # ---- matches ----

    def matches_of(self, offer: AwardOfferItem) -> dict[str, StoredMatch]:
        """Return the matches of an offer's flights, also those that have ended, keyed by watch."""
        route = offer.origin, offer.destination
        self._read_matches(route, offer.departure_date)
        if not (self._stored_matches.get(route) or self._new_matches.get(route)):
            return {}
        return self._by_flight.get(offer.flight_key, {})

    def matches_of_day(self, offer: AwardOfferItem) -> Iterable[StoredMatch]:
        """Return the matches of all flights with an offer's program, route, day and cabin, also those that ended."""
        self._read_matches((offer.origin, offer.destination), offer.departure_date)
        return self._by_day.get(offer.day_key, {}).values()

    def matches_in(self, search: Search) -> list[StoredMatch]:
        """Return the matches in the days of a search, also those that have ended."""
        route = search.origin, search.destination
        loaded = self._match_days.setdefault(route, [])
        if not any(first <= search.first and search.last <= last for first, last in loaded):
            loaded.append((search.first, search.last))
            self._store_matches(route, search.first, search.last)
        found = self._stored_matches.get(route, {}) | self._new_matches.get(route, {})
        return [match for match in found.values() if search.first <= match.departure_date <= search.last]

    def add_match(self, match: StoredMatch) -> None:
        """Add a match that is not written yet."""
        self._new_matches.setdefault((match.origin, match.destination), {})[match.key] = match
        self._index(match)

    def _read_matches(self, route: _Route, day: date) -> None:
        if (days := self._days_to_read(self._match_days, route, day)) is None:
            return
        self._store_matches(route, *days)

    def _store_matches(self, route: _Route, first: date, last: date) -> None:
        stored = self._stored_matches.setdefault(route, {})
        for match in find_matches(self._store, *route, first, last):
            stored[match.key] = match
            self._index(self._new_matches.get(route, {}).get(match.key, match))

    def _index(self, match: StoredMatch) -> None:
        self._by_flight.setdefault(match.flight_key, {})[match.watch_key] = match
        if match.day_key is not None:
            self._by_day.setdefault(match.day_key, {})[match.key] = match

    # ---- messages ----

    def messages_of(self, offer: AwardOfferItem, flight_key: str | None = None) -> MessagesByWatch:
        """Return the messages about an offer's flights, or about other flights of its route and day."""
        route, day = (offer.origin, offer.destination), offer.departure_date
        if (days := self._days_to_read(self._message_days, route, day)) is not None:
            self._stored_messages |= find_messages(self._store, *route, *days)
        return self._merged(flight_key or offer.flight_key)

    def messages_about(self, match: StoredMatch) -> MessagesByWatch:
        """Return the messages about the flights of a match."""
        route, day = (match.origin, match.destination), match.departure_date
        if (days := self._days_to_read(self._message_days, route, day)) is not None:
            self._stored_messages |= find_messages(self._store, *route, *days)
        return self._merged(match.flight_key)

    def _merged(self, flight_key: str) -> MessagesByWatch:
        stored, new = self._stored_messages.get(flight_key, {}), self._new_messages.get(flight_key)
        if not new:
            return stored
        return stored | {key: [*stored.get(key, ()), *messages] for key, messages in new.items()}

    def add_message(self, row: OutboxRow) -> None:
        """Add a message that is not written yet."""
        if row.watch_key is None or row.flight_key is None or not row.body:
            return
        message: Message = message_of(row)
        new = self._new_messages.setdefault(row.flight_key, {})
        new.setdefault((row.watch_key, row.channel), []).append(message)

    # ---- reading ----

    def start_search(self, search: Search) -> None:
        """Set the days of a search; what was read before may have been changed by other processes since."""
        self._scopes[search.origin, search.destination] = search.first, search.last
        self._forget_stored()

    def set_written(self) -> None:
        """Forget the new matches and messages, which are stored now."""
        self._new_matches.clear()
        self._new_messages.clear()
        self._forget_stored()

    def _forget_stored(self) -> None:
        for entries in (self._match_days, self._message_days, self._stored_matches, self._stored_messages):
            entries.clear()
        self._by_flight.clear()
        self._by_day.clear()
        for matches in self._new_matches.values():
            for match in matches.values():
                self._index(match)

    def _days_to_read(
        self, read: dict[_Route, list[tuple[date, date]]], route: _Route, day: date
    ) -> tuple[date, date] | None:
        """Return the days to read with one query, and remember them; None if they were read."""
        loaded = read.setdefault(route, [])
        if any(first <= day <= last for first, last in loaded):
            return None
        first, last = self._scopes.get(route, (day, day))
        days = (first, last) if first <= day <= last else (day, day)
        loaded.append(days)
        return days
