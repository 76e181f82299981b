"""The words of each language, loaded from its TOML file, and the patterns built from them."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Any


class Language(StrEnum):
    """Languages of wishes."""

    ENGLISH = "en"
    PORTUGUESE = "pt"
    SPANISH = "es"


#: Phrases in which words of another language are understood too, if they have at least five letters.
_SHARED_PHRASES = ("miles", "seats", "nonstop", "stops", "night", "round_trip", "anywhere", "week")
_SHARED_LENGTH = 5
# Words between `anywhere` and the name of a country or region.
_JOINTS = {
    Language.ENGLISH: "in of within across on",
    Language.PORTUGUESE: "em de da do das dos na no nas nos",
    Language.SPANISH: "en de del",
}
_MACRO = re.compile(r"\{([a-z]\w*)\}")


@dataclass(frozen=True)
class Vocabulary:
    """The words of a language; months, cabins and a few others also include the other languages' words."""

    language: Language
    phrases: dict[str, tuple[str, ...]]
    numbers: dict[str, int]
    months: dict[str, int]
    weekdays: dict[str, int]
    weekdays_plural: dict[str, int]
    ordinals: dict[str, int]
    seasons: dict[str, tuple[int, int]]
    holidays: dict[str, str]
    commands: dict[str, str]
    command_forms: dict[str, str]
    chitchat: tuple[str, ...]
    fillers: frozenset[str]
    abbreviations: dict[str, str]
    _patterns: dict[str, re.Pattern[str]] = field(default_factory=dict, compare=False, repr=False)

    @functools.cached_property
    def macros(self) -> dict[str, str]:
        """Return alternations keyed by name, for use in patterns."""
        macros = {name: alternation(words) for name, words in self.phrases.items()}
        somewhere = (
            f"{place} {joint}" for place in self.phrases["anywhere"] for joint in _JOINTS[self.language].split()
        )
        macros["anywhere_in"] = alternation([*self.phrases["anywhere_in"], *somewhere])
        macros |= {
            "month_name": alternation(self.months),
            "weekday": alternation(self.weekdays),
            "weekday_plural": alternation(self.weekdays_plural),
            "season": alternation(self.seasons),
            "holiday": alternation(self.holidays),
            "ordinal": alternation(self.ordinals),
            "number_word": alternation(self.numbers),
            "abbreviation": alternation(self.abbreviations),
        }
        tens = alternation(word for word, value in self.numbers.items() if 20 <= value < 100 and value % 10 == 0)
        units = alternation(word for word, value in self.numbers.items() if value < 10 and len(word) > 1)
        in_words = rf"(?:{tens}(?:-|\s(?:e\s|y\s)?){units}|{macros['number_word']})"
        return macros | {"n": rf"(?:(?<![\d.,/])\d{{1,3}}(?![\d]|[.,/]\d|(?:st|nd|rd|th)(?![a-z]))|{in_words})"}

    def pattern(self, source: str) -> re.Pattern[str]:
        """Compile a pattern in which `{name}` matches any phrase of that name."""
        if source not in self._patterns:
            expanded = _MACRO.sub(lambda match: self.macros[match[1]], source)
            self._patterns[source] = re.compile(expanded)
        return self._patterns[source]

    def number(self, text: str) -> int:
        """Return the value of digits or of a number in words, such as `cento e vinte`; the last of several numbers."""
        digits = re.fullmatch(r"\s*(\d+)\s*", text)
        if digits:
            return int(digits[1])
        words = [word for word in re.split(r"[\s-]+", text.strip()) if word in self.numbers]
        total, previous = 0, 0
        for word in words:
            value = self.numbers[word]
            if value == 100 and 0 < total < 10:
                total *= value
            else:  # a number has its larger parts first: "forty and fifty" are two
                total = total + value if value < previous else value
            previous = value
        return total


def alternation(words: Iterable[str]) -> str:
    """Return a pattern that matches any of the words as a complete word, the longest first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for word in sorted(set(words), key=lambda word: (-len(word), word)):
        groups.setdefault((_BOUNDARIES[_kind(word[0])][0], _BOUNDARIES[_kind(word[-1])][1]), []).append(word)
    # One boundary for many words is several times as fast as one for each.
    forms = [f"{before}(?:{'|'.join(map(re.escape, each))}){after}" for (before, after), each in groups.items()]
    return f"(?:{'|'.join(forms)})" if forms else r"(?!)"


_BOUNDARIES = {"letter": ("(?<![a-z])", "(?![a-z])"), "digit": (r"(?<!\d)", r"(?!\d)"), "sign": ("", "")}


def _kind(character: str) -> str:
    return "letter" if character.isalpha() else "digit" if character.isdigit() else "sign"


@functools.cache
def vocabulary(language: Language) -> Vocabulary:
    """Return the vocabulary of a language."""
    entry = _entries(language)
    phrases = {name: tuple(text.split("|")) for name, text in entry["phrases"].items()}
    own = {word for words in phrases.values() for phrase in words for word in phrase.split()} | set(entry["numbers"])
    own |= set(entry["fillers"]["words"].split("|"))
    months = _by_position(entry["months"], 1)
    for other in Language:
        if other is language:
            continue
        for name in _SHARED_PHRASES:
            known = _entries(other)["phrases"][name].split("|")
            phrases[name] += tuple(word for word in known if len(word) >= _SHARED_LENGTH and word not in own)
        months |= {
            word: month
            for word, month in _by_position(_entries(other)["months"], 1).items()
            if len(word) > 3 and word not in months and word not in own
        }
    return Vocabulary(
        language=language,
        phrases=phrases,
        numbers=entry["numbers"],
        months=months,
        weekdays=_by_position(entry["weekdays"], 0),
        weekdays_plural=_by_position(entry["weekdays_plural"], 0),
        ordinals=_by_position(entry["ordinals"], 1),
        seasons={word: (first, last) for word, (first, last) in entry["seasons"].items()},
        holidays={word: name for name, text in entry["holidays"].items() for word in text.split("|")},
        commands={phrase: name for name, text in entry["commands"].items() for phrase in text.split("|")},
        command_forms=entry["command_forms"],
        chitchat=tuple(entry["chitchat"]["words"].split("|")),
        fillers=frozenset(entry["fillers"]["words"].split("|")),
        abbreviations=entry["abbreviations"],
    )


def _entries(language: Language) -> dict[str, Any]:
    return _load(str(language))


@functools.cache
def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(files("awardspider.search.words").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _by_position(forms: list[str], first: int) -> dict[str, int]:
    """Return the position of each word, for forms such as `["january|jan", "february|feb"]`."""
    return {word: position for position, text in enumerate(forms, first) for word in text.split("|")}


@functools.cache
def known_words(language: Language) -> frozenset[str]:
    """Return the single words that have a meaning in a language, and common words similar to them."""
    entry = _entries(language)
    others = [*entry["commands"].values(), entry["chitchat"]["words"], *entry["fillers"].values()]
    return meaningful_words(language) | _single_words(others) | frozenset(_load("similar_words")[language].split())


@functools.cache
def meaningful_words(language: Language) -> frozenset[str]:
    """Return the single words of phrases, dates and numbers, which a misspelled word can stand for."""
    entry = _entries(language)
    lists = ("phrases", "months", "weekdays", "weekdays_plural", "numbers", "seasons", "holidays")
    texts = [text for name in lists for text in _texts(entry[name])]
    return _single_words(texts)


def command_words(language: Language) -> frozenset[str]:
    """Return the single words of commands."""
    return _single_words(_entries(language)["commands"].values())


def _texts(table: dict[str, Any] | list[str]) -> Iterable[str]:
    """Return the words in a table: its texts, or its keys if the values are numbers."""
    if isinstance(table, list):
        return table
    return [value if isinstance(value, str) else key for key, value in table.items()]


def _single_words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+(?:'[a-z]+)?", " ".join(texts)))


# Words that occur in the wishes of one language and hardly in those of another.
_MARKERS = {
    Language.ENGLISH: (
        "the and with for to from in two people seats business under miles march april may june july or nonstop week "
        "weeks nights next first class any anywhere points economy economy watches help thanks hello hi stop what how "
        "is are my of on at me us i you want need between after before delete show pause resume why forget hey flights "
        "flight trip direct christmas no not max premium without united spring summer fall winter"
    ),
    Language.PORTUGUESE: (
        "para pra pro em no na ate saindo executiva pessoas milhas de do da dos das e com sem ou julho maio junho "
        "janeiro fevereiro marco setembro outubro novembro dezembro voo voos primeira economica quero lugares noites "
        "semanas proximo proximo mes meus minhas oi ola obrigado obrigada ajuda parar apagar nao duas dois ida volta "
        "uma um ferias qualquer lugar depois antes entre partindo por trecho mais menos inicio fim natal verao inverno "
        "alertas escalas escala tudo bem sim bom boa dia tarde noite"
    ),
    Language.SPANISH: (
        "para en el la los las hasta saliendo desde ejecutiva personas millas de del y con sin o julio mayo "
        "junio enero febrero marzo septiembre octubre noviembre diciembre vuelo vuelos primera economica quiero "
        "asientos noches semanas proximo mes mis hola gracias ayuda parar borrar dos ida vuelta una un vacaciones "
        "cualquier lugar despues antes entre partiendo por tramo mas menos principios fines navidad verano invierno "
        "alertas escalas escala bien buenos buenas dias tardes noches turista directo plazas boletos busco a hacia"
    ),
}
_DISTINCT = {
    language: {
        word: 1 / sum(word in other.split() for other in _MARKERS.values()) ** 2 for word in set(markers.split())
    }
    for language, markers in _MARKERS.items()
}


def detect_language(text: str) -> Language:
    """Return the language of a normalized text, English if nothing in it shows another."""
    words = re.findall(r"[a-z]+", text)
    scores = {
        language: sum(weights.get(word, 0) for word in words)
        + 0.3 * sum(word in known_words(language) for word in words)
        for language, weights in _DISTINCT.items()
    }
    return max(scores, key=lambda language: (scores[language], language is Language.ENGLISH))
