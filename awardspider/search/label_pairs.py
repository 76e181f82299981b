"""Pairs of place labels, under which an index finds the routes of watches."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from awardspider.airports import airports
from awardspider.search.places import Places, labels_of
from awardspider.search.watches import Leg

#: A pair of labels is one number with this many free bits at its end.
FREE_BITS = 3

_LABEL_BITS = 24
_ANYWHERE = "anywhere"
#: A leg with more pairs of labels is found by one end of its route only.
_MOST_PAIRS = 256


class LabelPairs:
    """The pairs of labels that legs have, and those of them that contain a route."""

    def __init__(self) -> None:
        self._labels: dict[str, int] = {}
        self._pairs: set[int] = set()
        self._by_places: dict[tuple[str, frozenset[str]], tuple[str, ...]] = {}

    def add(self, leg: Leg) -> tuple[list[int], bool]:
        """Return the pairs under which a leg is found, and whether they contain no other route."""
        origins, destinations = self._labels_for(leg.origin), self._labels_for(leg.destination)
        if len(origins) * len(destinations) > _MOST_PAIRS:
            if len(origins) > len(destinations):
                origins = (_ANYWHERE,)
            else:
                destinations = (_ANYWHERE,)
        if len(origins) * len(destinations) > _MOST_PAIRS:
            origins = (_ANYWHERE,)
        pairs = [self._pair(origin, destination) for origin in origins for destination in destinations]
        self._pairs.update(pairs)
        return pairs, _contain(origins, leg.origin) and _contain(destinations, leg.destination)

    def find(self, origin: str, destination: str) -> list[int]:
        """Return the pairs that contain a route and that a leg has; no place contains an unknown airport."""
        if origin not in airports() or destination not in airports():
            return []
        pairs = [self._pair(one, other) for one in _all_labels(origin) for other in _all_labels(destination)]
        return [pair for pair in pairs if pair in self._pairs]

    def _pair(self, origin: str, destination: str) -> int:
        first = self._labels.setdefault(origin, len(self._labels))
        second = self._labels.setdefault(destination, len(self._labels))
        return (first << _LABEL_BITS | second) << FREE_BITS

    def _labels_for(self, places: Places) -> tuple[str, ...]:
        """Return labels that each of the airports has; airports without such a label have their own."""
        key = places.text, places.airports
        if key not in self._by_places:
            labels = set(places.labels)
            own = (f"airport:{code}" for code in places.airports if labels.isdisjoint(_all_labels(code)))
            used = labels.intersection(label for code in places.airports for label in _all_labels(code))
            self._by_places[key] = tuple(sorted(used.union(own)))
        return self._by_places[key]


def _contain(labels: tuple[str, ...], places: Places) -> bool:
    """Return whether labels contain no airport besides those of the places."""
    return all(_airports_by_label().get(label, frozenset()) <= places.airports for label in labels)


def _all_labels(iata: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*labels_of(iata), f"airport:{iata}", _ANYWHERE)))


@functools.cache
def _airports_by_label() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for code in airports():
        for label in _all_labels(code):
            found.setdefault(label, set()).add(code)
    return {label: frozenset(codes) for label, codes in found.items()}
