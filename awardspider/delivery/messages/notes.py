"""Translation of reasons and notes, which are stored in English, when a message is rendered."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
#: The texts that placeholders match. Others match any text that is not several notes.
_PATTERNS = {"path": r"(\S+)", "status": r"(\S+)", "digits": r"(\d[\d.,]*)", "text": "(.+)", "command": "(.+)"}
_ONE_NOTE = r"((?:(?!; ).)+)"
_FILES = ("notes.toml", "page_notes.toml")
_SEPARATOR = "; "  # between two notes, such as those of a search and of its control search
# Notes within notes that are translated: text of a site can repeat the pattern of a note any number of times.
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class NoteTemplate:
    """An English note with placeholders, and its translations keyed by language.

    The placeholders `path` and `status` stand for text without spaces, so that a template for `data.Trips is missing`
    does not match a sentence, `digits` for a number, and `text` for text that may be notes itself. Placeholders of one
    name are filled in order.
    """

    pattern: re.Pattern[str]
    ends: tuple[str, str]  # the text before the first placeholder, and that after the last one
    names: tuple[str, ...]
    translations: dict[str, str]

    def translate(self, note: str, language: str, depth: int = 0) -> str | None:
        """Return the note in a language, or None if it does not match or has no translation.

        `depth` is the number of notes that contain this one.
        """
        if language not in self.translations or not note.startswith(self.ends[0]) or not note.endswith(self.ends[1]):
            return None  # much faster than the pattern
        match = self.pattern.fullmatch(note)
        if match is None:
            return None
        values: dict[str, list[str]] = {}
        for name, value in zip(self.names, match.groups(), strict=True):
            values.setdefault(name, []).append(translate_note(value, language, depth + 1) if name == "text" else value)
        return _PLACEHOLDER.sub(lambda found: values[found[1]].pop(0), self.translations[language])


@functools.lru_cache(maxsize=4096)
def translate_note(note: str, language: str, depth: int = 0) -> str:
    """Return a note in a language such as `pt`; parts without a translation or with too many levels stay in English."""
    return next(_translations(note, language, depth), note)


def _translations(note: str, language: str, depth: int) -> Iterator[str]:
    if language == "en" or depth > _MAX_DEPTH:
        yield note
    for template in note_templates():
        if (translation := template.translate(note, language, depth)) is not None:
            yield translation
    first, separator, rest = note.partition(_SEPARATOR)
    if separator:
        yield _SEPARATOR.join((translate_note(first, language, depth + 1), translate_note(rest, language, depth + 1)))


@functools.cache
def note_templates() -> tuple[NoteTemplate, ...]:
    """Return the templates of notes.toml and page_notes.toml, those with the most words of their own first."""
    folder = files("awardspider.delivery.messages")
    tables: dict[str, dict[str, str]] = {}
    for name in _FILES:
        tables |= tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))
    ordered = sorted(tables, key=lambda english: -len(_PLACEHOLDER.sub("", english)))
    return tuple(_template(english, tables[english]) for english in ordered)


def _template(english: str, translations: dict[str, str]) -> NoteTemplate:
    names = tuple(_PLACEHOLDER.findall(english))
    literals = re.split(r"\{\w+\}", english)
    groups = [_PATTERNS.get(name, _ONE_NOTE) for name in names]
    pattern = "".join(re.escape(literal) + group for literal, group in zip(literals, [*groups, ""], strict=True))
    return NoteTemplate(re.compile(pattern, re.DOTALL), (literals[0], literals[-1]), names, translations)
