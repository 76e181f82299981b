"""The words of announcements in each language, loaded from promotion_words/*.toml, and the patterns built from them.

The comment in en.toml describes the notation of phrases.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from awardspider.items import PromotionKind

_NAME = re.compile(r"\{([a-z][a-z_]*)\}")
_GAP = r"(?![A-Za-z0-9])(?:[^.?\n]|\.(?=\d)){0,60}?(?<![A-Za-z0-9])(?=\S)"
_SEPARATOR = r"[\s,&'\"/:;|()\[\]-]{1,4}"


@dataclass(frozen=True, slots=True)
class KindRule:
    """A rule of the grammar: a text with one of `phrases`, and none of `unless`, is an announcement of this kind.

    `in_summary` is True if the phrases are so clear that a summary alone is enough.
    """

    name: str
    kind: PromotionKind
    phrases: re.Pattern[str]
    unless: re.Pattern[str] | None
    in_summary: bool = False

    def matches(self, text: str) -> bool:
        """Return whether the rule applies to a text with marks."""
        return bool(self.phrases.search(text)) and not (self.unless and self.unless.search(text))


@dataclass(frozen=True)
class Words:
    """The words of one language; `patterns` are keyed by section and name, such as `dates.until`."""

    language: str
    rules: tuple[KindRule, ...]
    patterns: dict[str, re.Pattern[str]]
    sources: dict[str, str]
    months: tuple[tuple[str, ...], ...]
    weekdays: tuple[tuple[str, ...], ...]
    day_first: bool

    @functools.cached_property
    def month_numbers(self) -> dict[str, int]:
        """Return the numbers of the months, keyed by every name."""
        return {name: number for number, names in enumerate(self.months, 1) for name in names}

    @functools.cached_property
    def weekday_numbers(self) -> dict[str, int]:
        """Return the numbers of the weekdays, Monday is 0, keyed by every name."""
        return {name: number for number, names in enumerate(self.weekdays) for name in names}


@functools.cache
def languages() -> dict[str, Words]:
    """Return the words of all languages, keyed by language."""
    folder = files("awardspider.parsers").joinpath("promotion_words")
    found = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    return {language: _words(language, found[language]) for language in sorted(found)}


def words_of(text: str, declared: str) -> Words:
    """Return the words of a text's language: the declared one, unless another has clearly more of its words in it."""
    known = languages()
    scores = {key: len(set(words.patterns["language.words"].findall(text))) for key, words in known.items()}
    best = max(scores, key=lambda key: scores[key])
    own = declared.lower().replace("_", "-").partition("-")[0]
    if own in known and scores[best] < scores[own] + 2:
        return known[own]
    return known[best] if scores[best] else known.get(own, known["en"])


def phrase_pattern(phrases: Iterable[str], words: dict[str, str] | None = None) -> str:
    """Return the regular expression of phrases; see the comment in en.toml."""
    return "(?:" + "|".join(_expanded(phrase, words or {}) for phrase in phrases) + ")"


def _expanded(phrase: str, words: dict[str, str]) -> str:
    while found := _NAME.search(phrase):
        phrase = phrase[: found.start()] + words[found[1]] + phrase[found.end() :]
    phrase = re.sub(r"\((?!\?)", "(?:", phrase).replace(" ?", f"(?:{_SEPARATOR})?")
    before = r"(?<![A-Za-z0-9])" if phrase[:1].isalnum() or phrase.startswith("(?:") else ""
    after = r"(?![A-Za-z0-9])" if phrase[-1:].isalnum() or phrase[-1:] in ")?" else ""
    parts = [_SEPARATOR.join(part.split(" ")) for part in phrase.split(" .. ")]
    return before + f"(?:{_GAP})".join(parts) + after


def _alternatives(value: str | list[str]) -> str:
    return value if isinstance(value, str) else f"({'|'.join(value)})"


def _words(language: str, data: dict[str, Any]) -> Words:
    macros = {name: _alternatives(value) for name, value in data.get("words", {}).items()}
    sources = {
        f"{section}.{name}": phrase_pattern(phrases, macros)
        for section in ("language", "percent", "flags", "dates", "routes")
        for name, phrases in data.get(section, {}).items()
        if isinstance(phrases, list) and phrases and isinstance(phrases[0], str)
    }
    rules = tuple(
        KindRule(
            rule["name"],
            PromotionKind(rule["kind"]),
            re.compile(phrase_pattern(rule["phrases"], macros)),
            re.compile(phrase_pattern(rule["unless"], macros)) if rule.get("unless") else None,
            rule.get("in_summary", False),
        )
        for rule in data["rules"]
    )
    return Words(
        language=language,
        rules=rules,
        patterns={name: re.compile(source) for name, source in sources.items()},
        sources=sources,
        months=tuple(map(tuple, data["dates"]["months"])),
        weekdays=tuple(map(tuple, data["dates"]["weekdays"])),
        day_first=data["dates"]["order"] == "DMY",
    )
