"""Correction of misspelled words of the vocabulary, such as `buisness` or `febuary`."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import combinations

from awardspider.search.cities import airports_by_name, other_cities_by_name
from awardspider.search.place_names import is_place_code, place_names
from awardspider.search.words.vocabulary import Language, Vocabulary, command_words, known_words, meaningful_words

_MIN_LENGTH = 5
#: Longer words are not corrected: the time grows with the cube of the length. The longest names have 20 letters.
_MAX_LENGTH = 24
_TWO_ERRORS_LENGTH = 7
_LONG_NAME = 7


def corrections(text: str, words: Vocabulary, names: Collection[str]) -> dict[str, str]:
    """Return the misspelled words of a normalized text with the words that were meant.

    `names` are further known words, such as cabins and airlines. A word that is part of a place's name stays. A word
    becomes part of a place's name only beside words for a direction, because it could be any word of the language.
    """
    known = known_words(words.language)
    targets = _targets(words.language, frozenset(names))
    places = _place_words()
    beside = words.pattern(r"(?:{from}|{to}|{range}|{or}|{and}|{via}|{no}|,|-|>|/)\s?(?:{the}\s)?$")
    before_direction = words.pattern(r"^\s?(?:{from}|{to}|{range}|-|>|/|,|$)")
    found: dict[str, str] = {}
    for match in re.finditer(r"(?<![a-z'])[a-z]{4,}(?![a-z'])", text):
        word = match[0]
        if word in known or word in targets or word in places:
            continue
        meant = _nearest(word, targets)
        name = _nearest(word, _place_targets()) if len(word) >= _MIN_LENGTH else None
        previous = re.search(r"([a-z]+)\s$", text[: match.start()])
        follows_place = previous is not None and (previous[1] in places or is_place_code(previous[1]))
        is_beside = beside.search(text[: match.start()]) or before_direction.search(text[match.end() :])
        if word in _town_words() or not (follows_place or is_beside):
            name = None
        if name and (not meant or distance(word, name) <= distance(word, meant)):
            found[word] = name
        elif meant:
            found[word] = meant
    return found


def command_corrections(text: str, language: Language) -> dict[str, str]:
    """Return the misspelled words of a text that can be a command (`unsubscirbe`), with the words that were meant."""
    targets = command_words(language)
    found = {word: _nearest(word, targets) for word in re.findall(r"[a-z]{4,}", text) if word not in targets}
    return {word: meant for word, meant in found.items() if meant}


@functools.cache
def _targets(language: Language, names: frozenset[str]) -> frozenset[str]:
    return meaningful_words(language) | names


@functools.cache
def _place_words() -> frozenset[str]:
    """Return the words of all names of places."""
    words = frozenset(word for name in place_names() for word in re.split(r"[\s'-]+", name) if len(word) >= 4)
    return words | {name.replace(" ", "") for name in place_names() if " " in name}


@functools.cache
def _town_words() -> frozenset[str]:
    """Return the words of names of towns without a main airport, which are no misspelled names of others."""
    return frozenset(word for name in other_cities_by_name() for word in name.split())


@functools.cache
def _place_targets() -> frozenset[str]:
    """Return the words that a misspelled word can stand for: of airports, only names of one long word."""
    of_airports = {word for name in airports_by_name() for word in name.split()}
    of_others = {word for name in place_names() - airports_by_name().keys() for word in name.split()}
    long_names = {name for name in airports_by_name() if len(name) >= _LONG_NAME}
    return _place_words() - (of_airports - of_others - long_names)


@functools.lru_cache(maxsize=4096)
def _nearest(word: str, known: frozenset[str]) -> str | None:
    """Return the only known word at the smallest distance, if that is small enough for the word's length."""
    errors = 2 if len(word) >= _TWO_ERRORS_LENGTH else 1
    if len(word) > _MAX_LENGTH:
        return None
    index = _index(known)
    candidates = {target for part in _deletions(word, errors) for target in index.get(part, ())}
    ranked = sorted((distance(word, each), each[0] != word[0], abs(len(each) - len(word)), each) for each in candidates)
    near = [entry for entry in ranked if entry[0] <= errors and (entry[0] == 1 or not entry[1])]
    if len(word) < _MIN_LENGTH:  # a short word must have the same letters, or one letter twice or missing
        near = [entry for entry in near if _is_small_slip(word, entry[3])]
    if not near or (len(near) > 1 and near[0][:3] == near[1][:3]):
        return None
    return near[0][3]


def _is_small_slip(word: str, target: str) -> bool:
    return word[0] == target[0] and len(target) >= 4 and sorted(set(word)) == sorted(set(target))


@functools.cache
def _index(known: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Return words keyed by what is left of them without one or two of their letters."""
    index: dict[str, set[str]] = defaultdict(set)
    for target in known:
        if len(target) >= 4:
            for part in _deletions(target, 2 if len(target) >= _TWO_ERRORS_LENGTH - 1 else 1):
                index[part].add(target)
    return {part: tuple(sorted(targets)) for part, targets in index.items()}


def _deletions(word: str, errors: int) -> Iterator[str]:
    for count in range(errors + 1):
        for dropped in combinations(range(len(word)), count):
            yield "".join(letter for position, letter in enumerate(word) if position not in dropped)


def distance(first: str, second: str) -> int:
    """Return the number of letters to insert, delete, replace or swap with a neighbor (Damerau and Levenshtein)."""
    rows = [list(range(len(second) + 1))]
    for i, left in enumerate(first, 1):
        row = [i]
        for j, right in enumerate(second, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (left != right))
            if i > 1 and j > 1 and left == second[j - 2] and first[i - 2] == right:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
