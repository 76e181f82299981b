"""Recognition of places by name or code in the text of a wish."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from awardspider.search.city_names import fold
from awardspider.search.place_names import AmbiguousPlace, PlacePart, find_place, is_place_code, place_names
from awardspider.search.words.qualified_names import qualified_names
from awardspider.search.words.text import CLAIMED, WishText
from awardspider.search.words.vocabulary import Language, Vocabulary, known_words

_MOST_WORDS = 5
_MIN_JOINED = 7
_WORD = re.compile(r"[a-z][a-z']*\.?|\d+")
_GAP = re.compile(r"\s|-|\s?-\s?|\.\s?")
_QUALIFIER_GAP = re.compile(r"\s?,\s?|\s|\s?\(\s?")

# Names and codes that are also everyday words. They count only in capitals or directly after words for a direction.
_EVERYDAY = frozenset(
    """
    nice mobile reading bath split male como van ica of may sal para bari nos la us me in or hi oh ok pa md al de id
    natal sea was man per bom del for ord sin the and any one two out can car com dar dos due est fly fun get god got
    had has her him his how its jan jet led let lie log lot low mad mar max mid min mix mom new nil non not now off old
    our own pay pit put ran red run sat sax say see set sex she sit six sky son sub sum sun tap tax tea ten tip top try
    via vip war way web win yes you all are but day did end far few fit got him hot ice job key kid law lay mas mes mis
    mil por que seu sus tan tem ter tua uma una uno vez voo voy dia dos ele ela ese eso eu fin ida isso lei luz mal mao
    meu nem paz pie pra pro qual rio rua ser sim sol sou sua tal tio tom tres ano ate bem boa cor ceu dez era foi ir
    las los les mia ni nao os ou pai pau pelo pie qui real sao sem sob tia usa van ver vos ya yo ano ame ahi asi aun
    cae con cual dan das doy ella ley les loc mar paz pie rey san sid tren tu un vaya via york ann art bag bay bed big
    bus buy cab cam cap cat cup cut dog don doc eat egg fan fat fix flu fog gas gym hat hit hub ink kit lab leg lip map
    mat mix mud net nut oil owl pan pet pic pin pop pub rat ray rib row sad sew shy sip soy spa tag tar tie toe ton toy
    tub wed wet who why wig wow yet zip eve eur usd brl gbp mxn pax pts apr aug dec feb jul jun nov oct sep mon tue thu
    fri dom seg ter qua qui sab lun mie jue vie ene abr ago dic fev mai out page home fort hope orange marathon
    lead deer best bay much opal central general union liberal enterprise independence progress salvador victoria santos
    lance salt grant norman lawrence rock hot springs holy cross marco vitoria page wales barbuda cana mayo abril grande
    costa coast flores santa cruz angel sun city north south east west casa familia santa rosa esperanza bonito data
    total points rapid city long beach palm springs midway international regional field municipal executive
    hobby love metro downtown island islands center airport domestic
    """.split()  # noqa: SIM905 -- one word per line would be hundreds of lines
)
#: Codes that are words only in English.
_ENGLISH_CODES = frozenset({"mad", "man", "sea", "ord"})
#: Everyday words that mean the place if nothing beside them shows another meaning.
_USUALLY_PLACES = frozenset({"victoria", "salvador", "vitoria", "santos", "rio", "usa", "paz", "grande"})


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place in the text."""

    start: int
    end: int
    place: PlacePart | AmbiguousPlace


# Natal is a city after a direction without an article; otherwise it is Christmas.
_NATAL = re.compile(
    r"(?<![a-z])(?:(?:para|pra|p/|saindo de|partindo de|desde|de [a-z]{3,} a|"
    r"(?:sou|moro|vivo|estou|to|resido) (?:de|em)) "
    r"(?P<name>natal)"
    r"|de (?=natal (?:para|pra|a|pro) )(?P<origin>natal)"
    r"|(?P<first>natal)(?= (?:para|pra|pro|p/) [a-z]|\s?(?:>|-)\s?[a-z])(?!.{1,3}(?:ano|ano-novo|reveillon)(?![a-z]))"
    r"|[a-z]{3}\s?(?:>|-|x)\s?(?P<last>natal))(?![a-z])"
)


def names_of_several_words(text: WishText) -> list[PlaceMention]:
    """Claim the places whose names other recognizers could take for dates: Rio de Janeiro, and Natal as a city."""
    qualified = [PlaceMention(start, end, place) for start, end, place in qualified_names(text.free)]
    for city in qualified:
        text.claim_span(city.start, city.end)
    cities = [
        PlaceMention(*match.span(match.lastgroup or 0), place)
        for match in _NATAL.finditer(text.free)
        if (place := find_place("natal"))
    ]
    for city in cities:
        text.claim_span(city.start, city.end)
    cities += qualified
    return cities + list(_claimed(text, _scan(text, least_words=2, accepts=lambda *_: True, short={})))


def single_names(text: WishText, words: Vocabulary) -> list[PlaceMention]:
    """Claim the other places: names of one word, and codes."""
    direction = words.pattern(r"(?:{from}|{to}|{via}|{range}|-|>|/)\s?(?:{the}\s)?$")
    joined = words.pattern(r"(?:¦|[a-z]{3}(?![a-z]))\s?(?:{or}|{and}|,|/|>|-)\s?$")

    def follows_code(word: str, free: str, start: int) -> bool:
        before = re.search(r"(?<![a-z])([a-z]{3})\s$", free[:start])
        return bool(
            len(word) == 3
            and word not in words.fillers
            and before
            and is_place_code(before[1])
            and before[1] not in _EVERYDAY
            and before[1] not in words.fillers
        )

    def begins_route(word: str, free: str, start: int, end: int) -> bool:
        following = re.match(r"\s([a-z]{3})(?![a-z])", free[end:])
        return bool(
            len(word) == 3
            and not free[:start].strip()
            and following
            and is_place_code(following[1])
            and following[1] not in _EVERYDAY
        )

    def is_airport(word: str) -> bool:
        return is_place_code(word) and word not in _EVERYDAY

    def accepts(free: str, start: int, end: int, word: str) -> bool:
        before = free[:start]
        after = re.match(r"\s?(?:-|>|/)\s?[a-z]{3}(?![a-z])", free[end:])
        if word in _USUALLY_PLACES:
            return True
        if len(word) == 2:
            return word in _TWO_LETTERS[words.language] and _is_short_name(word, free, start, end)
        if word == "nice" and re.match(r"\s(?:to|-|>)\s?", free[end:]) and re.fullmatch(r"(?:.*[,.¦])?\s?", before):
            return bool(_starts_with_place(free[end:]))
        qualifier = re.match(r"\s?,\s?([a-z]{3,})", free[end:])
        if word in _EVERYDAY and qualifier and isinstance(find_place(f"{word}, {qualifier[1]}"), PlacePart):
            return True  # "Nice, France"
        if word in _EVERYDAY and not (word in _ENGLISH_CODES and words.language is not Language.ENGLISH):
            if word in text.capitals and is_place_code(word):
                return not re.search(r"(?<![a-z])\d+\s$", before)
            is_beside = direction.search(before) or (after and is_place_code(word))
            code_after = re.match(r"\sto\s([a-z]{3})(?![a-z])", free[end:])  # "seats del to yyz"
            is_beside = is_beside or bool(
                code_after and is_place_code(word) and is_place_code(code_after[1]) and code_after[1] not in _EVERYDAY
            )
            is_beside = is_beside or begins_route(word, free, start, end) or follows_code(word, free, start)
            is_route = re.search(r"(?<![a-z])[a-z]{3}-$", before) is not None  # lax-sin
            return len(word) >= 3 and bool(is_beside) and (is_route or not _is_phrase(word, words))
        if len(word) == 3 and fold(word) not in place_names():
            if word in text.capitals or direction.search(before) or joined.search(before) or after:
                return word not in words.fillers or word in text.capitals
            return word not in words.fillers and word not in known_words(words.language)
        return word not in words.fillers or bool(direction.search(before))

    def _is_short_name(word: str, free: str, start: int, end: int) -> bool:
        if word not in _EVERYDAY:
            return not re.search(r"\d\s?$", free[:start])
        followed = words.pattern(r"^\s?(?:{to}|{range}|{from}|>|-|/)(?![a-z])").search(free[end:])
        if word == "us" and word not in text.capitals:
            country = _US.search(free[:start])
            is_country = country and (not country["code"] or is_airport(country["code"]))
            return bool(is_country or (followed and _BEFORE_US.search(free[:start])))
        return word in text.capitals or bool(direction.search(free[:start]) or (followed and not free[:start].strip()))

    return list(_claimed(text, _scan(text, least_words=1, accepts=accepts, short=_TWO_LETTERS[words.language])))


#: Two-letter names of places in each language and the names that they stand for; hardly anyone writes other countries'
#: codes in a wish.
_TWO_LETTERS: dict[Language, dict[str, str]] = {
    Language.ENGLISH: {
        "la": "los angeles", "sf": "san francisco", "dc": "washington", "uk": "uk", "nz": "nz", "hk": "hk", "us": "us",
        "eu": "europe", "ny": "new york", "sd": "san diego", "vn": "vietnam", "jp": "jp", "kl": "kuala lumpur",
    },
    Language.PORTUGUESE: {
        "sp": "sao paulo", "rj": "rio de janeiro", "bh": "belo horizonte", "ny": "new york", "hk": "hk", "uk": "uk",
        "df": "brasilia", "ba": "buenos aires",
    },
    Language.SPANISH: {"ny": "new york", "hk": "hk", "uk": "uk", "df": "mexico city", "ba": "buenos aires"},
}  # fmt: skip


# Words before `us` that show the country rather than the travelers: `the us`, `lhr to us`, but not `for us`.
_US = re.compile(
    r"(?:(?<![a-z])the"
    rf"|(?:{CLAIMED}|(?<![a-z])(?:(?P<code>[a-z]{{3}})|flights?|fly|flying|trips?|travel))\s?(?:to|>|-|/))\s?$"
)
_BEFORE_US = re.compile(r"(?:^|(?<![a-z])from\s)$")


def _starts_with_place(after: str) -> bool:
    """Return whether a direction and a place follow: ` to new york in march`."""
    following = _WORD.findall(after)[1:4]
    names = (" ".join(following[:count]) for count in range(1, len(following) + 1))
    has_claimed = re.match(rf"\s(?:to|-|>)\s?{CLAIMED}", after) is not None
    return has_claimed or any(_place(name, name.count(" ") + 1) for name in names)


def _is_phrase(word: str, words: Vocabulary) -> bool:
    """Return whether an everyday word is one of the small words that may follow a direction: `from the`, `to see`."""
    return word in _FUNCTION_WORDS and word in known_words(words.language)


_FUNCTION_WORDS = frozenset(
    """
    the any one two our all see get new six ten dos tres uma una uno mas mis mes las los que por para del sin con com
    ida sem seu sua her his its you try fly say way home casa max min top us me my de la el le os as no na nos em en ver
    ser ir voos voo sat sun mon tue wed thu fri jan feb mar apr may jun jul aug sep oct nov dec lei dez set out car
    cada pra pro and or for via not per get fly see one how can did has was are its it's new old
    """.split()  # noqa: SIM905
)


def _claimed(text: WishText, mentions: Iterator[PlaceMention]) -> Iterator[PlaceMention]:
    for mention in list(mentions):
        text.claim_span(mention.start, mention.end)
        yield mention


def _scan(
    text: WishText, least_words: int, accepts: Callable[[str, int, int, str], bool], short: Mapping[str, str]
) -> Iterator[PlaceMention]:
    """Yield the longest names of places from left to right."""
    free = text.free
    tokens = list(_WORD.finditer(free))
    position = 0
    while position < len(tokens):
        found = None
        run = _run(free, tokens, position)
        for count in range(run, least_words - 1, -1):
            start, end = tokens[position].start(), tokens[position + count - 1].end()
            name = free[start:end]
            if count == 1 and not accepts(free, start, end, name.rstrip(".")):
                continue
            place = _place(short.get(name, name.rstrip(".")), count)
            if place:
                found = _qualified(text, tokens, position + count, name, PlaceMention(start, end, place))
                break
        if found:
            yield found
            position = next((i for i in range(position, len(tokens)) if tokens[i].start() >= found.end), len(tokens))
        else:
            position += 1


def _run(free: str, tokens: list[re.Match[str]], position: int) -> int:
    """Return how many tokens from a position on can be one name: separated by a space, hyphen or dot only."""
    count = 1
    while (
        count < _MOST_WORDS
        and position + count < len(tokens)
        and _GAP.fullmatch(free[tokens[position + count - 1].end() : tokens[position + count].start()])
    ):
        count += 1
    return count


def _qualified(
    text: WishText, tokens: list[re.Match[str]], following: int, name: str, mention: PlaceMention
) -> PlaceMention:
    """Extend a mention by the state or country after it: `Portland, Maine`, `San Jose Costa Rica`."""
    free = text.free
    for count in (3, 2, 1):
        if following + count > len(tokens):
            continue
        gap = free[mention.end : tokens[following].start()]
        end = tokens[following + count - 1].end()
        qualifier = free[tokens[following].start() : end]
        if not _QUALIFIER_GAP.fullmatch(gap) or (len(qualifier) < 3 and not _is_state(qualifier, gap, text, end)):
            continue
        if not _QUALIFIER.fullmatch(qualifier):
            continue
        place = find_place(f"{name}, {qualifier}")
        if isinstance(place, PlacePart):
            return PlaceMention(mention.start, end, place)
    return mention


_QUALIFIER = re.compile(r"[a-z]+(?:\s[a-z]+)*")


def _is_state(word: str, gap: str, text: WishText, end: int) -> bool:
    """Return whether a word of two letters after a city is a state: `Portland ME to`, but not `Portland or Seattle`."""
    if len(word) != 2 or word in _NEVER_STATES:
        return False
    ends_place = re.match(r"\s?(?:,|-|>|/|$|to(?![a-z]))", text.free[end:]) is not None
    is_word = word in ("or", "in", "me", "ok", "hi", "de", "la", "pa", "al", "id", "ma", "mi", "co")
    return not is_word or "," in gap or ends_place or (word in text.capitals and word != "or")


# Words of two letters after a place that are no states.
_NEVER_STATES = frozenset(
    {"to", "no", "na", "em", "do", "da", "se", "as", "ao", "el", "en", "ya", "es", "si", "mi", "tu"}
)


@functools.cache
def _joined_names() -> dict[str, str]:
    """Return the names of several words without their spaces: `capetown`."""
    return {name.replace(" ", ""): name for name in place_names() if " " in name and len(name) >= _MIN_JOINED}


@functools.lru_cache(maxsize=4096)
def _place(name: str, count: int) -> PlacePart | AmbiguousPlace | None:
    folded = fold(name)
    if folded in place_names() or fold(name.replace("-", " ")) in place_names():
        return find_place(name) or find_place(name.replace("-", " "))
    if count == 1 and folded in _joined_names():
        return find_place(_joined_names()[folded])
    if count == 1 and (len(name) == 3 and is_place_code(name)):
        return find_place(name.upper())
    return find_place(name) if count == 1 and len(name) == 2 else None
