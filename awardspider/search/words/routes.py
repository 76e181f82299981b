"""Roles of the places in a wish: origin, destination, connection, or to be avoided."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from awardspider.search.place_names import AmbiguousPlace, PlaceKind, PlacePart, find_place
from awardspider.search.words.names import refused_after
from awardspider.search.words.place_words import PlaceMention
from awardspider.search.words.text import CLAIMED, WishText
from awardspider.search.words.vocabulary import Vocabulary, known_words


class Role(StrEnum):
    """Roles of a place."""

    ORIGIN = "origin"
    DESTINATION = "destination"
    VIA = "via"
    NOT_VIA = "not_via"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Routes:
    """Places by role. `unclear` are the roles with an ambiguous or unknown place, with the place."""

    origins: tuple[PlacePart, ...] = ()
    destinations: tuple[PlacePart, ...] = ()
    via: tuple[PlacePart, ...] = ()
    not_via: tuple[PlacePart, ...] = ()
    excluded: tuple[PlacePart, ...] = ()
    uses_home: bool = False
    ambiguous: tuple[tuple[Role, AmbiguousPlace], ...] = ()
    unknown: tuple[tuple[Role, str], ...] = ()


#: Characters before a place that can contain the words for its role.
_NEAR = 120


@dataclass(frozen=True, slots=True)
class _Placed:
    mention: PlaceMention
    role: Role | None
    #: True if the mention directly follows the previous one, without a word for a direction.
    is_adjacent: bool = False
    #: True if the role is that of the previous mention, in a list.
    is_inherited: bool = False
    #: True if only a word such as `in` gave it its role.
    is_weak: bool = False


def routes(text: WishText, words: Vocabulary, mentions: Sequence[PlaceMention]) -> Routes:
    """Find the role of each place."""
    uses_home = bool(text.take(words.pattern(r"{from}\s(?:{the}\s|{my}\s)?{home}(?![a-z])")))
    similar, unknown = _unknown(text, words)
    ordered = sorted(
        [*mentions, *similar, *_anywhere(text, words, {mention.start for mention in mentions})],
        key=lambda mention: mention.start,
    )
    placed = _assign(_with_roles(text, words, ordered), {role for role, _ in unknown})
    by_role: dict[Role, dict[str, PlacePart]] = {role: {} for role in Role}
    ambiguous: list[tuple[Role, AmbiguousPlace]] = []
    unplaced: list[str] = []
    for each in placed:
        if each.role is None:
            unplaced.append(text.plain[each.mention.start : each.mention.end])
        elif isinstance(each.mention.place, AmbiguousPlace):
            ambiguous.append((each.role, each.mention.place))
        else:
            by_role[each.role][each.mention.place.label] = each.mention.place
    if len(by_role[Role.DESTINATION]) > 1:  # "anywhere, maybe Italy"
        by_role[Role.DESTINATION].pop("anywhere", None)
    unknown = [(role, name) for role, name in unknown if not by_role[role]]
    unknown += [(Role.DESTINATION, name) for name in unplaced]
    unknown += _towns(text, words, mentions)
    excluded, not_via = _exclusions(by_role)
    return Routes(
        tuple(by_role[Role.ORIGIN].values()),
        tuple(by_role[Role.DESTINATION].values()),
        tuple(by_role[Role.VIA].values()),
        not_via,
        excluded,
        uses_home,
        tuple(ambiguous),
        tuple(unknown),
    )


def _with_roles(text: WishText, words: Vocabulary, mentions: Sequence[PlaceMention]) -> list[_Placed]:
    filler = r"(?:\s?(?:{the}|{either}|{anywhere_in}|{my}|{place_words}|{of}|{around}))*\s?$"
    between = (
        "a any have do tener hacer fazer ter quero quiero flights voos vuelos want que se connect route send take go "
        "fly stop me us make passe pase pasen faca haga"
    )
    no = rf"{{no}}\s(?:(?:{{the}}|{{using}}|{{to}}|{'|'.join(between.split())})\s)*"
    patterns = (
        (Role.NOT_VIA, words.pattern(rf"(?P<lead>{no}(?:{{n}}\s)?{{via}}){filler}")),
        (Role.NOT_VIA, words.pattern(rf"(?P<lead>{{nonstop}}\s(?:in|at|en|em|no|na|nos|nas)){filler}")),
        (Role.EXCLUDED, words.pattern(rf"(?P<lead>{no}){filler}")),
        (Role.ORIGIN, words.pattern(rf"(?P<lead>{{from}}){filler}")),
        (Role.DESTINATION, words.pattern(rf"(?P<lead>{{to}}){filler}")),
        (Role.VIA, words.pattern(rf"(?P<lead>{{via}}){filler}")),
    )
    refined = re.compile(r"\s?(?:\(\s|,\s|[-/]\s?|\s)?")
    refused = words.pattern(refused_after(words.language))
    also_refused = words.pattern(
        r"{no}\s[^.,]{1,40}\s(?:{or}|{and})\s(?:an?\s|una?\s|uma\s|any\s)?"
        rf"(?=conn?e|escal|conex|layover|stop|transit|parad)(?:{{via}}){filler}"
    )
    narrowed = words.pattern(
        r"(?<![a-z])(?:only|just|strictly|exclusively|has to be|must be|needs to be|so|somente|apenas|unicamente|"
        r"exclusivamente|solo|solamente|nomas|tiene que ser|tem que ser|tem de ser|precisa ser|debe ser|deve ser|"
        r"que sea|que seja|so se for|solo si es|only if it's|only if)"
        r"(?:\s(?:serve|sirve|vale|me|nos|funciona|works?|aceito|acepto|quero|quiero|pode ser|puede ser|interested|"
        r"flights?|voos?|vuelos?|{to}|{place_words}|{the}|{in}|en|em|por|pelo|pela|o|a))*\s?$"
    )
    route = words.pattern(
        r"\s?(?:\)\s?)?(?:{place_words}\s?)*(?:{range}|{to}|>|-|x|2)\s?(?:{the}\s|{either}\s|{anywhere_in}\s)*"
    )
    listed = words.pattern(
        r"\s?(?:\)\s?)?(?:{place_words}\s?)*(?:,|/|{or}|{and}|nor|nem|ni)"
        r"(?:\s?(?:{or}|{and}|{no}|also|tambem|tambien|maybe|even|{place_words}))*\s?(?:{the}\s)?"
    )
    route_after = words.pattern(rf"\s?(?:-|>|(?:{{range}}|{{to}})\s)\s?{CLAIMED}")
    pair = words.pattern(r"{between}\s?(?:{the}\s)?$"), words.pattern(r"\s?{and}\s(?:{the}\s)?")
    tight = words.pattern(r"\s?(?:{place_words}\s?)*")
    placed: list[_Placed] = []
    for position, mention in enumerate(mentions):
        previous = mentions[position - 1] if placed else None
        gap = text.free[previous.end : mention.start] if previous else None
        if gap is not None and narrowed.search(gap):
            within = [i for i, each in enumerate(placed) if _is_within(mention, each.mention)]
            if within:
                placed[within[-1]] = replace(placed[within[-1]], mention=mention)  # Buenos Aires, only Ezeiza
                continue
        role, adjacent, inherited = None, False, False
        is_anywhere = _is_anywhere(mention)
        if refused.match(text.free, mention.end):  # "via LHR no thanks"
            is_via = _own_role(patterns, _before(text.free, mention.start)) is Role.VIA
            placed.append(_Placed(mention, Role.NOT_VIA if is_via else Role.EXCLUDED))
            continue
        if previous and gap is not None and refined.fullmatch(gap) and not (is_anywhere or _is_anywhere(previous)):
            if _is_within(mention, previous):
                placed[-1] = replace(placed[-1], mention=mention)  # Tokyo Narita, New York (JFK or EWR)
                continue
            if _is_within(previous, mention):  # LHR London
                continue
        if gap is not None and (route.fullmatch(gap) and not re.fullmatch(r"\s?", gap)):
            before = placed[-1].role
            if before is Role.DESTINATION and placed[-1].is_inherited:  # SFO-FRA and SFO-MUC
                placed[-1] = replace(placed[-1], role=Role.ORIGIN)
                role = Role.DESTINATION
            elif before is Role.DESTINATION and Role.ORIGIN not in {each.role for each in placed}:  # miles for CLT-LHR
                placed = [replace(each, role=Role.ORIGIN if each.role is before else each.role) for each in placed]
                role = Role.DESTINATION
            elif before is None:
                placed = _set_trailing(placed, Role.ORIGIN)
                role = Role.DESTINATION
            elif before is Role.ORIGIN:
                role = Role.DESTINATION
            elif before is Role.DESTINATION and gap.strip() in ("-", ">"):
                if mention.place in {each.mention.place for each in placed if each.role is Role.ORIGIN}:
                    continue  # LAX-NRT-LAX
                placed[-1] = replace(placed[-1], role=Role.VIA)  # SYD-SIN-LHR
                role = Role.DESTINATION
        if previous and gap and pair[1].fullmatch(gap) and pair[0].search(_before(text.free, previous.start)):
            placed = _set_trailing([*placed[:-1], replace(placed[-1], role=None)], Role.ORIGIN)
            role = Role.DESTINATION
        is_avoided = bool(placed) and placed[-1].role in (Role.NOT_VIA, Role.EXCLUDED, Role.VIA)
        begins_route = is_avoided and route_after.match(text.free, mention.end)
        if role is None and gap is not None and listed.fullmatch(gap) and not begins_route:
            own = _own_role(patterns, text.free[previous.end if previous else 0 : mention.start], allowed=_CLEAR)
            role = own or (Role.DESTINATION if is_anywhere else placed[-1].role)  # "from LAX, surprise me"
            inherited = own is None
            adjacent = role is None
        is_weak = bool(role is None and re.search(_IN, _before(text.free, mention.start)))
        some = words.pattern(rf"{{anywhere_in}}{filler}").search(_before(text.free, mention.start))
        if role is None and some:  # "from anywhere in Brazil", "anywhere in Europe"
            role = _own_role(patterns, _before(text.free, mention.start)[: some.start()]) or Role.DESTINATION
        if role is None:
            role = _own_role(patterns, _before(text.free, mention.start))
        # "no Delta or connections in FRA"
        if role is Role.VIA and also_refused.search(_before(text.plain, mention.start)):
            role = Role.NOT_VIA
        if role is None and gap is not None and tight.fullmatch(gap):
            adjacent = True
        if role is None and _after(words, text.free[mention.end :]) is not None:
            role = _after(words, text.free[mention.end :])
        is_slash = bool(gap and gap.strip() == "/")
        is_listed = bool(gap and listed.fullmatch(gap))
        placed.append(_Placed(mention, role, adjacent and (is_slash or not is_listed), inherited, is_weak))
    return _with_base(placed)


def _before(text: str, end: int) -> str:
    """Return the text directly before a place. Patterns take too long on all of it for each of a hundred places."""
    return text[max(0, end - _NEAR) : end]


_IN = r"(?<![a-z])(?:in|at|em|en|no|na)\s$"


def _with_base(placed: list[_Placed]) -> list[_Placed]:
    """Give the role of the origin to a place after `in` if another is the destination: `students in Rome, to Oslo`."""
    strong = [each for each in placed if each.role is Role.DESTINATION and not each.is_weak]
    weak = [each for each in placed if each.role is Role.DESTINATION and each.is_weak]
    if len(weak) != 1 or not strong or any(each.role in (Role.ORIGIN, None) for each in placed):
        return placed
    base, ends = weak[0].mention.place, [each.mention.place for each in strong]
    if not isinstance(base, PlacePart) or not _is_apart(base, ends) or placed.index(weak[0]) > placed.index(strong[0]):
        return placed
    return [replace(each, role=Role.ORIGIN) if each is weak[0] else each for each in placed]


def _is_apart(base: PlacePart, ends: Sequence[PlacePart | AmbiguousPlace]) -> bool:
    return all(isinstance(each, PlacePart) and not each.airports & base.airports for each in ends)


def _anywhere(text: WishText, words: Vocabulary, starts: set[int]) -> list[PlaceMention]:
    """Claim `anywhere`, but not if it is only part of `anywhere in Italy`: a place starts after it."""
    place = find_place("anywhere")
    if place is None:
        return []
    before_place = words.pattern(rf"{{anywhere_in}}\s?(?:{{the}}\s?)?(?={CLAIMED})")
    matches = [
        match
        for match in words.pattern(r"{anywhere}").finditer(text.free)
        if not ((found := before_place.match(text.free, match.start())) and found.end() in starts)
    ]
    for match in matches:
        text.claim(match)
    return [PlaceMention(match.start(), match.end(), place) for match in matches]


def _is_within(mention: PlaceMention, other: PlaceMention) -> bool:
    """Return whether a mention narrows another: an airport of the city, or of one of the cities of this name."""
    place, larger = mention.place, other.place
    if isinstance(place, AmbiguousPlace):
        return False
    if isinstance(larger, AmbiguousPlace):
        return any(place.airports <= choice.airports for choice in larger.choices)
    return place.airports < larger.airports or (
        place.airports == larger.airports and (place.kind, larger.kind) == (PlaceKind.AIRPORT, PlaceKind.CITY)
    )


def _is_anywhere(mention: PlaceMention) -> bool:
    return isinstance(mention.place, PlacePart) and mention.place.kind is PlaceKind.ANYWHERE


_CLEAR = frozenset({Role.ORIGIN, Role.NOT_VIA, Role.VIA, Role.EXCLUDED})


def _own_role(
    patterns: Sequence[tuple[Role, re.Pattern[str]]], before: str, allowed: frozenset[Role] = frozenset(Role)
) -> Role | None:
    """Return the role by the words directly before a place; the longest ones decide."""
    found = [
        (len(match["lead"]), -position, role)
        for position, (role, pattern) in enumerate(patterns)
        if role in allowed and (match := pattern.search(before))
    ]
    return max(found)[2] if found else None


def _after(words: Vocabulary, after: str) -> Role | None:
    if words.pattern(r"^\s(?:departure|departures|origin|based|as origin|de origem|de origen)(?![a-z])").search(after):
        return Role.ORIGIN
    if words.pattern(r"^\s(?:arrival|destination|bound|as destination|de destino|como destino)(?![a-z])").search(after):
        return Role.DESTINATION
    return None


def _set_trailing(placed: list[_Placed], role: Role) -> list[_Placed]:
    """Give a role to the last places, as far back as they have none."""
    count = next((i for i, each in enumerate(reversed(placed)) if each.role is not None), len(placed))
    first = len(placed) - count
    return [*placed[:first], *(replace(each, role=role) for each in placed[first:])]


def _assign(placed: list[_Placed], unknown: set[Role]) -> list[_Placed]:
    """Give roles to the places without one, by what is missing."""
    roles = {each.role for each in placed} | unknown
    free = [position for position, each in enumerate(placed) if each.role is None]
    if not free:
        return placed
    result = list(placed)
    if Role.DESTINATION in roles and Role.ORIGIN in roles:
        return [each for each in placed if each.role is not None or not _contains_another(each, placed)]
    if Role.DESTINATION in roles or Role.ORIGIN in roles:
        role = Role.ORIGIN if Role.DESTINATION in roles else Role.DESTINATION
        for position in free:
            result[position] = replace(result[position], role=role)
        return result
    split = next((position for position in free[1:] if placed[position].is_adjacent), None)
    first = {placed[position].mention.place for position in free if split is not None and position < split}
    for position in free:
        is_origin = split is not None and (position < split or placed[position].mention.place in first)
        result[position] = replace(result[position], role=Role.ORIGIN if is_origin else Role.DESTINATION)
    return result


def _contains_another(place: _Placed, placed: list[_Placed]) -> bool:
    """Return whether a place without a role only repeats another or names its country."""
    larger = place.mention.place
    others = [each.mention.place for each in placed if each.role is not None]
    return any(
        other == larger
        or (isinstance(larger, PlacePart) and isinstance(other, PlacePart) and other.airports <= larger.airports)
        for other in others
    )


def _exclusions(by_role: dict[Role, dict[str, PlacePart]]) -> tuple[tuple[PlacePart, ...], tuple[PlacePart, ...]]:
    """Return excluded places and connections to avoid: a place outside the origins and destinations is the latter."""
    ends = [*by_role[Role.ORIGIN].values(), *by_role[Role.DESTINATION].values()]
    airports = frozenset().union(*(end.airports for end in ends))
    by_role[Role.EXCLUDED].pop("anywhere", None)
    by_role[Role.NOT_VIA].pop("anywhere", None)
    excluded = [each for each in by_role[Role.EXCLUDED].values() if set(each.main) & airports]
    others = [each for each in by_role[Role.EXCLUDED].values() if not set(each.main) & airports]
    return tuple(excluded), tuple({**by_role[Role.NOT_VIA], **{each.label: each for each in others}}.values())


def _unknown(text: WishText, words: Vocabulary) -> tuple[list[PlaceMention], list[tuple[Role, str]]]:
    """Return places with a name similar to unknown words after a direction, and the words without one (`from Xyz`)."""
    similar: list[PlaceMention] = []
    unknown: list[tuple[Role, str]] = []
    for role, lead in ((Role.ORIGIN, "{from}"), (Role.DESTINATION, "{to}")):
        for match in words.pattern(lead + r"\s(?P<name>[a-z][a-z']{2,})(?P<more>\s[a-z]{3,})?").finditer(text.free):
            name, more = match["name"], (match["more"] or "").strip()
            if (
                name in words.fillers
                or name in _word_set(words)
                or (match[0].split()[0] in _WEAK_LEADS and name in known_words(words.language))
                or any(each.start == match.start("name") for each in similar)
            ):
                continue
            more = "" if more in words.fillers or more in _word_set(words) else more
            place = (find_place(f"{name} {more}", fuzzy=True) if more else None) or find_place(name, fuzzy=True)
            end = match.start("name") + len(name)
            if place is None:
                if not _is_weak(match, text, words):
                    unknown.append((role, name))
            else:
                similar.append(PlaceMention(match.start("name"), end, place))
    return similar, unknown


def _towns(text: WishText, words: Vocabulary, mentions: Sequence[PlaceMention]) -> list[tuple[Role, str]]:
    """Return unknown towns before their state or country, which is not what was meant: `from Ann Arbor, Michigan`."""
    found: list[tuple[Role, str]] = []
    starts = {mention.start for mention in mentions}
    pattern = rf"(?:(?P<from>{{from}}\s)|{{to}}\s|^)(?P<name>[a-z][a-z']{{2,}}(?:\s[a-z']{{3,}})?)\s?,\s?{CLAIMED}"
    for match in words.pattern(pattern).finditer(text.free):
        is_known = any(word in words.fillers or word in known_words(words.language) for word in match["name"].split())
        if match.end() - 1 in starts and not is_known:
            after = text.free[match.end() :].lstrip(CLAIMED)
            is_origin = match["from"] or words.pattern(r"^\s?(?:{range}|{to}|>|-)\s?").search(after)
            found.append((Role.ORIGIN if is_origin else Role.DESTINATION, match["name"]))
    return found


def _is_weak(match: re.Match[str], text: WishText, words: Vocabulary) -> bool:
    """Return whether an unknown word after `de`, `in` and similar is hardly a place: no direction follows it."""
    lead = match[0].split()[0]
    following = text.free[match.start("name") + len(match["name"]) :]
    return lead in _WEAK_LEADS and not words.pattern(r"^\s(?:{to}|{range})\s").search(following)


_WEAK_LEADS = frozenset(
    {"de", "do", "da", "dos", "das", "del", "in", "em", "en", "at", "no", "na", "for", "see", "a", "as"}
)


def _word_set(words: Vocabulary) -> frozenset[str]:
    return frozenset(word for phrases in words.phrases.values() for phrase in phrases for word in phrase.split())
