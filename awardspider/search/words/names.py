"""Recognition of cabins, programs and airlines by their names."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from awardspider.items import Cabin
from awardspider.programs import all_programs
from awardspider.search.words.text import WishText
from awardspider.search.words.vocabulary import Language, Vocabulary, alternation

# Booking codes that stand for a cabin, at least two of them (`J/F`) or with `class`.
_LETTERS = (
    r"(?<![a-z\d'-])[jfcyw](?:\s?(?:/|or|ou|o)\s?[jfcyw])+(?![a-z\d'-])"
    r"|(?<![a-z\d'-])[jfcyw]\s(?:class|cabin|classe|clase)(?![a-z])|(?<![a-z])(?:classe|clase)\s[jfcyw](?![a-z\d'-])"
)
# Names of airlines that are also common words: they count unless a word for a direction is before them.
_COMMON_WORDS = frozenset(
    {
        *("alaska", "american", "condor", "delta", "frontier", "lan", "lot", "pal", "qatar", "ram", "singapore"),
        *("spirit", "united", "virgin", "viva"),
    }
)
# Of these, the names that mean the place if nothing beside them shows an airline.
_PLACES_FIRST = frozenset({"alaska", "qatar", "singapore"})
# Words before a name that do not show that it is a program's.
_WEAK_WORDS = frozenset("de do da del en na no em a o por from".split())  # noqa: SIM905
# Words before or after an airline that mean its flights, not its miles.
_FLIGHTS = (
    r"(?<![a-z])(?:on|fly|flying|operated|by|via|through|pela|pelo|por|voando|voar|voo|voos|volando|volar|vuelo|vuelos|"
    r"only|so|en|na)(?![a-z])"
)
_FLIGHTS_BEFORE = re.compile(
    r"(?<![a-z])(?:flights?|voos?|vuelos?)\s(?:by|with|on|from|da|do|de|com|con|na|en|pela)\s(?:the\s|a\s|la\s)?$"
)
_FLIGHTS_AFTER = re.compile(r"\s(?:operated\s)?(?:flights?|voos?|vuelos?|metal|only)(?![a-z])")
# Words before an airline that mean its miles, whether or not its program is known.
_PAYING = (
    r"(?<![a-z])(?:use|using|usando|usar|utilizando|redeem\w*|pay\w*|spend\w*|burn\w*|booked|book|have|tenho|tengo|my|"
    r"mis|meus|minhas|resgat\w*|canj\w*|emit\w*|gastando|pagando|reserv\w*)(?![a-z])"
)
_BEFORE_REFUSED = (
    r"(?:(?:{the}|a|flights (?:with|on|by)|vuelos (?:de|con)|voos (?:da|de|com)|voar|volar|fly|flying|flights|voos|"
    r"vuelos|any|con|com|on|with|by|de|da|do|pela|pelo|na|nada|en|cia|aerea|companhia|aerolinea|operados por|"
    r"operated by|airlines like|quero|quiero|want|ir|viajar)\s)*"
)


# Words after an airline or a connection that refuse it: "con Iberia no", "United - no thanks".
_REFUSED_AFTER = (
    r"[\s,-]+(?:(?:no|nao|not|nope|never|nunca|jamais|jamas|nem pensar|ni hablar|de jeito nenhum)"
    r"(?=\s?(?:$|[,.)])|\s(?:thanks|thank you|thx|ty|way|please|gracias|obrigad[oa]|valeu|por favor|pls|but|mas|pero)"
    r"(?![a-z]))|(?:nao|no) (?:me |nos )?(?:serve|sirve|quero|quiero|vale|rola)(?=\s?(?:$|[,.)]))"
    r"|(?:is|are) (?:out|a no|a no-go|excluded|off the table)(?![a-z]))"
    r"(?:\s(?:thanks|thank you|thx|way|gracias|obrigad[oa])(?![a-z]))?"
)


def refused_after(language: Language) -> str:
    """Return a pattern for the words that refuse what is before them; the Portuguese `no` is `in the`."""
    return _REFUSED_AFTER.replace("(?:no|nao", "(?:nao") if language is Language.PORTUGUESE else _REFUSED_AFTER


@functools.cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(files("awardspider.search.words").joinpath("names.toml").read_text(encoding="utf-8"))


@functools.cache
def name_words() -> frozenset[str]:
    """Return the single words of all names, which the correction of misspelled words knows."""
    tables = _tables()
    groups = (tables["cabins"], tables["carriers"], tables["programs"], tables["alliances"], tables["unknown_programs"])
    texts = [text for table in groups for text in table.values() if isinstance(text, str)]
    return frozenset(re.findall(r"[a-z]{3,}", " ".join(texts)))


@functools.cache
def _keys(table: str) -> dict[str, str]:
    """Return the key of each name in a table."""
    return {name: key for key, text in _tables()[table].items() if isinstance(text, str) for name in text.split("|")}


@functools.cache
def _any_of(table: str) -> str:
    """Return a pattern that matches any name in a table."""
    return alternation(_keys(table))


# ---- cabins ------------------------------------------------------------------------------------------------------


def cabins(text: WishText, words: Vocabulary) -> tuple[Cabin, ...]:
    """Claim the cabins; `business or better` includes the higher ones, `not economy` the others."""
    list(text.take_all(words.pattern(r"{not_cabin}(?!\s(?:class|clase|classe|seat|seats))")))
    if text.take(words.pattern(r"{any_cabin}")):
        return ()
    names = _keys("cabins")
    name = _any_of("cabins")
    letters = _tables()["cabins"]["letters"]
    found: set[Cabin] = set()
    refused: set[Cabin] = set()
    for match in text.take_all(re.compile(_LETTERS)):
        found |= {Cabin(letters[each]) for each in re.findall(r"(?<![a-z])[jfcyw](?![a-z])", match[0])}
    pattern = words.pattern(
        r"(?P<lead>(?:{no}\s(?:{using}\s|in\s)?(?:{the}\s|una?\s)?)?)(?P<atleast>{at_least}\s)?"
        rf"(?:(?:{{in}}|(?<![a-z])(?:de|la|an?))\s)?(?P<name>{name})(?:\s{{class}})?(?P<better>\s{{or_better}})?"
    )
    for match in text.take_all(pattern):
        cabin = Cabin(names[match["name"]])
        if match["lead"] and match["name"].startswith("basic"):
            continue  # a fare without extras is no cabin
        is_refused = bool(match["lead"]) and not re.match(r"(?:menos|minimum)", match["lead"])
        if match["atleast"] or match["better"]:
            found |= {each for each in Cabin if each.rank >= cabin.rank}
        else:
            (refused if is_refused else found).add(cabin)
    for match in text.take_all(re.compile(r"(?<![a-z'&])(?:in\s|en\s|em\s)?(?P<letter>[jf])(?![a-z\d'&])")):
        found.add(Cabin(letters[match["letter"]]))
    if words.language is not Language.SPANISH and text.take(re.compile(r"(?<![a-z\d'&/-])y(?![a-z\d'&/-])")):
        found.add(Cabin.ECONOMY)
    chosen = found - refused or (set(Cabin) - refused if refused else set())
    return tuple(sorted(chosen, key=lambda cabin: cabin.rank))


def cabin_names() -> str:
    """Return a pattern that matches the name of any cabin."""
    return _any_of("cabins")


# ---- programs and airlines ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Companies:
    """Programs to search by key, carriers to fly with or to avoid, and names of programs that the catalog lacks."""

    programs: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def companies(text: WishText, words: Vocabulary) -> Companies:
    """Claim programs and airlines."""
    excluded = _excluded(text, words)
    programs: set[str] = set()
    flown: dict[str, None] = {}
    unknown: list[str] = []
    for match in text.take_all(
        words.pattern(rf"(?:(?:{{using}}|{{the}}|a)\s)*(?P<name>{_any_of('alliances')})(?!\s{{miles}})")
    ):
        flown[_keys("alliances")[match["name"]]] = None
    lead = r"(?:(?:{using}|{the}|{my})\s)*"
    tail = r"(?:\s(?:{miles}|{program}))*"
    known = _keys("programs")
    pattern = words.pattern(
        rf"{lead}(?:(?P<known>{_any_of('programs')})|(?P<unknown>{_any_of('unknown_programs')})){tail}"
    )
    for match in text.take_all(pattern):
        if match["known"]:
            programs.add(known[match["known"]])
        else:
            unknown.append(match["unknown"])
    carriers = _keys("carriers")
    by_carrier = _programs_by_carrier()
    name = rf"(?!delta one(?![a-z])){_any_of('carriers')}"
    beside = words.pattern(
        rf"(?P<lead>{lead})(?P<name>{name})(?P<tail>{tail})"
        rf"(?P<more>(?:\s?(?:,|{{or}}|{{and}}|/)\s?(?:{{the}}\s)?{name})*){tail}"
    )
    has_program = bool(programs)
    for match in list(beside.finditer(text.free)):
        has_lead = match["lead"].strip() not in {"", *_WEAK_WORDS}
        is_common = match["name"] in _COMMON_WORDS and not (has_lead or match["tail"].strip() or match["more"])
        is_product = match["name"] == "qatar" and re.match(rf"\s{cabin_names()}", text.free[match.end() :])
        if (
            is_common
            and not is_product
            and (match["name"] in _PLACES_FIRST or not _is_airline_alone(text, match, words))
        ):
            continue
        has_miles = (
            bool(match["tail"].strip()) or words.pattern(r"{miles}|" + _PAYING).search(match["lead"]) is not None
        )
        is_flown = not has_miles and bool(
            re.search(_FLIGHTS, match["lead"])
            or _FLIGHTS_BEFORE.search(text.free[: match.start("name")])
            or _FLIGHTS_AFTER.match(text.free, match.end())
        )
        text.claim(match)
        for each in re.finditer(name, match["name"] + match["more"]):
            code = carriers[each[0]]
            is_beside_miles = has_program and not (match["lead"] + match["tail"]).strip()  # "Turkish, Aeroplan miles"
            if is_flown or is_beside_miles or (code not in by_carrier and not has_miles):
                flown[code] = None
            elif code in by_carrier:
                programs.add(by_carrier[code])
            else:
                unknown.append(each[0])
    other = words.pattern(r"(?:{using}|{my})\s(?P<name>(?!{miles}|{my}|{using}|{the})[a-z][a-z&']+)\s{miles}")
    names = (match["name"] for match in text.take_all(other))
    unknown += [name for name in names if name not in words.fillers]
    for match in words.pattern(r"(?<![a-z])(?P<code>[a-z]{2}|b6|f9)\s{miles}").finditer(text.free):  # "AS miles"
        code = match["code"]
        if code.upper() in by_carrier and (code in text.capitals or code not in words.fillers):
            text.claim(match)
            programs.add(by_carrier[code.upper()])
    for is_flown, code in _listed_codes(text, words):
        if is_flown or code not in by_carrier:
            flown[code] = None
        else:
            programs.add(by_carrier[code])
    return Companies(tuple(sorted(programs)), tuple(sorted(flown)), tuple(sorted(excluded)), tuple(unknown))


def _not_codes(words: Vocabulary) -> frozenset[str]:
    """Return words that are no codes of airlines in lower case: `gf` is a girlfriend rather than Gulf Air."""
    return words.fillers | set(words.phrases["relatives"])


def _listed_codes(text: WishText, words: Vocabulary) -> Iterator[tuple[bool, str]]:
    """Claim and yield the codes of airlines after words such as `on` or `with`, and whether flights are meant."""
    code = r"(?:[a-z]{2}|[a-z]\d|\d[a-z])"
    pattern = words.pattern(
        rf"(?!{{via}})(?P<lead>{{using}})\s(?P<codes>{code}(?:\s?(?:{{or}}|{{and}}|,|/)\s?{code})*)(?=[\s,.¦]|$)"
    )
    for match in list(pattern.finditer(text.free)):
        codes = re.findall(rf"(?<![a-z\d]){code}(?![a-z\d])", re.sub(words.pattern(r"{or}|{and}"), ",", match["codes"]))
        is_list = re.match(rf"\s(?:{words.macros['or']}|{words.macros['and']})\s(?:¦|[a-z])", text.free[match.end() :])
        if all(
            each.upper() in _tables()["carriers"]
            and each not in _CITY_CODES
            and (each in text.capitals or ((len(codes) > 1 or is_list) and each not in _not_codes(words)))
            for each in codes
        ):
            text.claim(match)
            for each in codes:
                yield re.search(_FLIGHTS, match["lead"]) is not None, each.upper()


# Codes of airlines that mean cities to most people.
_CITY_CODES = frozenset({"la", "hk", "sf", "ny"})


def _is_airline_alone(text: WishText, match: re.Match[str], words: Vocabulary) -> bool:
    """Return whether a name that is also a common word is used as an airline: not after words for a direction."""
    return not words.pattern(r"(?:{to}|{from})\s$").search(text.free[: match.start("name")])


@functools.cache
def _programs_by_carrier() -> Mapping[str, str]:
    """Return the program of each airline in the catalog."""
    return {carrier: key for key, program in all_programs().items() for carrier in program.carriers}


#: Codes of airlines that are known better as short names of places: "Europe, not UK".
_SHORT_NAMES_OF_PLACES = frozenset({"eu", "uk", "us"})


def _excluded(text: WishText, words: Vocabulary) -> set[str]:
    """Claim the carriers after words such as `no` and `except`."""
    carriers = _keys("carriers")
    name = _any_of("carriers")
    suffix = r"(?:\s(?:airlines|air|airways|flights|voos|vuelos|cia|linhas|lineas))?"
    joined = r"\s?(?:,|/|{or}|{and}|{no}|nor|nem|ni)\s?(?:(?:{or}|{and}|{no})\s)?(?:{the}\s|{using}\s|con\s|com\s)?"
    listed = rf"{name}{suffix}(?:{joined}{name}{suffix})*"
    excluded: set[str] = set()
    for match in text.take_all(words.pattern(rf"{{no}}\s{_BEFORE_REFUSED}(?P<names>{listed})")):
        excluded |= {carriers[each[0]] for each in re.finditer(name, match["names"])}
    pair = rf"{name}{suffix}(?:\s?(?:/|{{and}}|{{or}})\s?{name}{suffix})*"
    lead = r"(?:(?:{using}|{the}|con|com)\s)*"
    for match in text.take_all(words.pattern(rf"{lead}(?P<names>{pair}){refused_after(words.language)}")):
        excluded |= {carriers[each[0]] for each in re.finditer(name, match["names"])}
    code = r"(?:[a-z]\d|\d[a-z]|[a-z]{2})"
    for match in list(words.pattern(rf"{{no}}\s(?P<code>{code})(?![a-z\d])").finditer(text.free)):
        is_place = match["code"] in _SHORT_NAMES_OF_PLACES
        if match["code"].upper() in _tables()["carriers"] and match["code"] not in words.fillers and not is_place:
            text.claim(match)
            excluded.add(match["code"].upper())
    return excluded
