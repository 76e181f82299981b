"""Parsing of a wish in words: each recognizer claims the part of the text that it understands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from awardspider.items import Cabin
from awardspider.search.place_names import PlaceKind, PlacePart, find_place
from awardspider.search.words.amounts import MilesLimit, miles_limit
from awardspider.search.words.counts import Party, max_stops, nights, party
from awardspider.search.words.departures import Departures, date_tolerance, departures
from awardspider.search.words.intents import find_command, is_chitchat, leading_command
from awardspider.search.words.names import Companies, cabins, companies, name_words
from awardspider.search.words.periods import PastDates, UnclearDates
from awardspider.search.words.place_words import names_of_several_words, single_names
from awardspider.search.words.promotion_wishes import find_promotion_kind
from awardspider.search.words.routes import Role, Routes, routes
from awardspider.search.words.spelling import command_corrections, corrections
from awardspider.search.words.text import WishText, normalized
from awardspider.search.words.titles import drop_titles
from awardspider.search.words.vocabulary import Language, Vocabulary, detect_language, vocabulary
from awardspider.search.words.wishes import DatesProblem, Intent, Topic, Wish, WishCommand

#: Longer texts are cut: a wish has a few dozen words.
MAX_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class _Parts:
    """Results of the recognizers."""

    routes: Routes
    departures: Departures
    dates_problem: DatesProblem | None
    cabins: tuple[Cabin, ...]
    party: Party
    limit: MilesLimit
    max_stops: int | None
    nights: tuple[int, int] | None
    companies: Companies

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was found that belongs to a wish."""
        return self.has_only_dates and not (self.departures.ranges or self.dates_problem or self.nights)

    @property
    def has_only_dates(self) -> bool:
        """Return whether nothing but dates was found that belongs to a wish: `have a nice weekend` has them too."""
        found = self.routes
        places = (found.origins, found.destinations, found.ambiguous, found.not_via, found.excluded, found.via)
        return not (
            any(places)
            or self.cabins
            or self.limit.miles
            or self.limit.is_unclear
            or self.max_stops is not None
            or self.companies.programs
            or self.companies.carriers
            or self.companies.excluded
        )


def parse_wish(text: str, lang: str | None = None, *, today: date, home_airport: str | None = None) -> Wish:
    """Parse a wish; any text gives a result, and what is missing or unclear becomes a clarifying question.

    `lang` is `en`, `pt` or `es`, also with a region (`pt-BR`); otherwise the language is detected. `home_airport` is
    the origin of a wish that names none; an unknown code counts as none.
    """
    text = text[:MAX_LENGTH]
    wish_text = WishText(text)
    language = _language(lang) or detect_language(wish_text.plain)
    words = vocabulary(language)
    wish_text.expand(words.abbreviations, words.pattern("{abbreviation}"))
    command = WishCommand.HELP if set(text.strip()) == {"?"} else find_command(wish_text.plain, words)
    if command:
        return Wish(text=text, language=language, intent=Intent.COMMAND, command=command)
    if is_chitchat(wish_text.plain, words):
        return Wish(text=text, language=language, intent=Intent.CHITCHAT)
    command_text = WishText(text)
    command_text.correct(command_corrections(command_text.plain, language))
    if command := find_command(command_text.plain, words):
        return Wish(text=text, language=language, intent=Intent.COMMAND, command=command)
    written = wish_text.plain
    drop_titles(wish_text, words)
    wish_text.correct(corrections(wish_text.plain, words, name_words()))
    wish_text.drop(words.pattern(_MONTH_OF))
    wish_text.drop(_SIGNATURE)
    parts = _recognize(wish_text, words, today)
    has_places = any((parts.routes.origins, parts.routes.destinations, parts.routes.ambiguous, parts.routes.unknown))
    command = None if has_places else leading_command(wish_text.plain, words)
    if command and (parts.is_empty or command not in (WishCommand.HELP, WishCommand.WHY)):
        return Wish(text=text, language=language, intent=Intent.COMMAND, command=command)
    if promotion := find_promotion_kind(written, _places(parts.routes)):
        problems = (Topic.DESTINATION, Topic.ORIGIN)
        return Wish(
            text=text, language=language, intent=Intent.ASK_BACK, travelers=1, problems=problems, promotion=promotion
        )
    if _is_small_talk(parts, wish_text.plain):
        return Wish(text=text, language=language, intent=Intent.CHITCHAT)
    return _wish(text, language, parts, home_airport)


# The end of a letter, whose name could be a place: `Kind regards, Paris Jones`.
_SIGNATURE = re.compile(
    r"(?<=[a-z\d\s.,]{20})(?<![a-z])(?:(?:kind|best|warm)\s(?:regards|wishes)|regards|sincerely|"
    r"yours(?: truly| faithfully| sincerely)?|atenciosamente|cordialmente|att|(?:com os )?(?:melhores )?cumprimentos|"
    r"(?:um )?abracos?|saludos(?: cordiales)?|un (?:saludo|abrazo)|atentamente|"
    r"(?:quedo|fico|quedamos) (?:muy )?atent[oa]s?)"
    r"\s?[,.]?(?:\s[a-z.,']+){0,6}\s?$"
)
# Words that only announce the name of a month: `during the month of June`, `Travel month: June`.
_MONTH_OF = (
    r"(?<!\d\s)(?<!\d)(?:{the}\s)?(?:travel\s)?{month}(?:\s(?:of travel|de viagem|da viagem|de viaje|del viaje))?"
    r"(?:\s(?:of|de|do|del)\s|\s?[=-]\s?|\s)(?=(?:(?:{early}|{middle}|{late})[\s-])?{month_name})"
)
# Units of numbers that are no limits in miles.
_NOT_MILES = r"(?!\s?(?:h|hs|hrs?|hours?|horas?|min|minutes?|minutos?|kg|kilos?|%|years?|anos?|yo|inch|cm)(?![a-z]))"
# A number that no recognizer claimed can be thousands of miles: "to Tokyo, 80, business".
_DOUBTFUL_NUMBER = re.compile(
    r"(?<![\w.,/:-])(?<!flight )(?<!voo )(?<!vuelo )[1-9]?[1-9][05](?![\w/:-]|[.,]\d)" + _NOT_MILES
)


def _recognize(text: WishText, words: Vocabulary, today: date) -> _Parts:
    """Run the recognizers. Their order matters: numbers with a unit come before dates, and dates before names."""
    mentions = names_of_several_words(text)
    excluded_first = companies(text, words)
    limit = miles_limit(text, words)
    stops = max_stops(text, words)
    tolerance = date_tolerance(text, words)
    stay = nights(text, words)
    travelers = party(text, words)
    found_dates, problem = Departures(), None
    try:
        found_dates = departures(text, words, today, tolerance, has_stay=stay is not None)
    except PastDates:
        problem = DatesProblem.PAST
    except UnclearDates:
        problem = DatesProblem.UNCLEAR
    chosen = cabins(text, words)
    mentions += single_names(text, words)
    found_routes = routes(text, words, mentions)
    if limit.miles is None and _DOUBTFUL_NUMBER.search(text.free):
        limit = replace(limit, is_unclear=True)
    return _Parts(
        found_routes, found_dates, problem, chosen, travelers, limit, stops, stay or found_dates.nights, excluded_first
    )


def _wish(text: str, language: Language, parts: _Parts, home_airport: str | None) -> Wish:
    found, limit, travelers = parts.routes, parts.limit, parts.party.travelers or parts.limit.total_of or 1
    origins = found.origins
    unclear_roles = {role for role, _ in (*found.ambiguous, *found.unknown)}
    if not origins and Role.ORIGIN not in unclear_roles and (home := _home(home_airport)):
        origins = (home,)
    problems: list[Topic] = []
    if not origins and _SOMEWHERE.search(normalized(text)):
        anywhere = (each for each in found.destinations if each.kind is PlaceKind.ANYWHERE)
        found = replace(found, destinations=tuple(set(found.destinations) - set(anywhere)))
    if not _left(found.destinations, found.excluded) or unclear_roles - {Role.ORIGIN} or _is_no_route(origins, found):
        problems.append(Topic.DESTINATION)
    if not _left(origins, found.excluded) or Role.ORIGIN in unclear_roles:
        problems.append(Topic.ORIGIN)
    if parts.dates_problem:
        problems.append(Topic.DATES)
    if limit.is_unclear:
        problems.append(Topic.MAX_MILES)
    is_party_unknown = limit.is_shared and not (limit.total_of or parts.party.travelers)
    if parts.party.is_unclear or is_party_unknown or (limit.total_of and limit.total_of != travelers):
        problems.append(Topic.TRAVELERS)
    if parts.companies.unknown:
        problems.append(Topic.PROGRAMS)
    miles = limit.miles
    return Wish(
        text=text,
        language=language,
        intent=Intent.ASK_BACK if problems else Intent.WATCH,
        origins=origins,
        destinations=found.destinations,
        excluded=found.excluded,
        via=() if parts.max_stops == 0 else found.via,
        not_via=found.not_via,
        dates=parts.departures.ranges,
        cabins=parts.cabins,
        travelers=travelers,
        max_miles=miles // travelers if miles and limit.is_total else miles,
        max_stops=parts.max_stops,
        nights=parts.nights,
        programs=parts.companies.programs,
        carriers=parts.companies.carriers,
        not_carriers=parts.companies.excluded,
        max_taxes=limit.taxes,
        problems=tuple(problems),
        ambiguous=found.ambiguous[0][1] if found.ambiguous else None,
        ambiguous_role=_topic(found.ambiguous[0][0]) if found.ambiguous else None,
        unknown_place=found.unknown[0][1] if found.unknown else "",
        unknown_role=_topic(found.unknown[0][0]) if found.unknown else None,
        unknown_programs=parts.companies.unknown,
        dates_problem=parts.dates_problem,
    )


def _places(found: Routes) -> list[PlacePart]:
    """Return all places in a text, ambiguous ones with each of their choices."""
    ambiguous = (choice for _, name in found.ambiguous for choice in name.choices)
    return [*found.origins, *found.destinations, *found.via, *ambiguous]


def _left(places: Sequence[PlacePart], excluded: Sequence[PlacePart]) -> bool:
    """Return whether any airport of the places is not excluded."""
    left_out = frozenset[str]().union(*(each.airports for each in excluded))
    return any(place.airports - left_out for place in places)


def _is_no_route(origins: Sequence[PlacePart], found: Routes) -> bool:
    """Return whether a wish goes from a place to itself, or from anywhere to anywhere."""
    starts, ends = {each.label for each in origins}, {each.label for each in found.destinations}
    return bool(starts) and (starts == ends or "anywhere" in starts & ends)


def _topic(role: Role) -> Topic:
    return Topic.ORIGIN if role is Role.ORIGIN else Topic.DESTINATION


def _language(lang: str | None) -> Language | None:
    code = re.split(r"[-_]", lang.strip().lower())[0] if lang else ""
    return Language(code) if code in set(Language) else None


def _home(code: str | None) -> PlacePart | None:
    place = find_place(code.strip().upper()) if code and len(code.strip()) == 3 else None
    return place if isinstance(place, PlacePart) else None


# Words that do not say that the place does not matter.
_SOMEWHERE = re.compile(r"(?<![a-z])(?:some(?:where|place)|algum lugar|algun (?:lugar|lado|sitio))(?![a-z])")
_TRAVEL = re.compile(
    r"(?<![a-z])(?:fly|flying|flights?|trips?|travel|traveling|travelling|tickets?|seats?|awards?|vacations?|holiday|"
    r"getaway|"
    r"voos?|viagem|viagens|viajar|viajo|viajando|voar|passage(?:m|ns)|vuelos?|viajes?|volar|pasajes?|boletos?|billetes?|"
    r"ferias|vacaciones|escapada|watch|alert|alertas?|miles|milhas|millas|points|pontos|puntos|asientos?|assentos?|"
    r"nonstop|round ?trip|one[- ]way|ida|volta|vuelta)(?![a-z])"
)
# Words for a trip or a wish that are also part of small talk: "I have to go, see you tomorrow".
_TRAVELING = re.compile(
    r"(?<![a-z])(?:go|going|leave|leaving|depart(?:ing)?|return(?:ing)?|visit(?:ing)?|ir|vou|vamos|sair|saindo|partir|"
    r"partindo|voltar|voltando|visitar|conhecer|voy|salir|saliendo|partiendo|volver|volviendo|conocer)(?![a-z])"
)
_WANTING = re.compile(
    r"(?<![a-z])(?:anything|something|available|availability|book|find|want|need|looking|algo|alguma coisa|disponivel|"
    r"disponibilidade|quero|queremos|queria|preciso|busco|procuro|disponible|disponibilidad|quiero|queremos|quisiera|"
    r"necesito)(?![a-z])(?! (?:to |te |lhe |les |le |a todos )?(?:wish|thank|say|desejar|agradecer|desear|dar|decir))"
)
# Greetings, thanks and good wishes; also those for a trip.
_GREETING = re.compile(
    r"(?<![a-z])(?:(?:have|had) an?(?: [a-z]+){0,2}|enjoy(?: your| the| a)?|happy|merry|good (?:luck|night|morning)|"
    r"(?:see|catch|talk to|speak to|hear from) (?:you|u|ya)|wish(?:ing)? you|hope you|thanks|thank you|thx|cheers|"
    r"congrat\w*|safe|bon|bye|take care|until then|"
    r"feliz|felizes|felices|boas?|bom|bons|otim[oa]s?|prosper[oa]|tenha|te vejo|nos vemos|nos falamos|ate|tchau|"
    r"obrigad[oa]|valeu|parabens|abracos?|"
    r"buen|buen[oa]s?|lind[oa]s?|que (?:tengas?|tengan|pases?|pasen|disfrutes?|descanses?)|hasta|gracias|saludos|adios|"
    r"disfruta\w*|felicidades)"
    r"(?: (?:nice|good|great|safe|pleasant|lovely|un|una|uma|um|muy|muito))*"
    r"(?: (?:flights?|trips?|travels?|vacations?|holidays?|voyage|viagem|voos?|ferias|viajes?|vuelos?|vacaciones)"
    r"(?![a-z]))?"
)


def _is_small_talk(parts: _Parts, text: str) -> bool:
    """Return whether a wish has no place, cabin, limit or word for a trip, at most dates: `have a nice weekend!`."""
    if not parts.has_only_dates or (parts.party.travelers and not parts.is_empty):
        return False
    rest, greetings = _GREETING.subn(" ", text)
    if _TRAVEL.search(rest) or (parts.nights and not greetings):
        return False
    return parts.is_empty or not (_WANTING.search(rest) or (not greetings and _TRAVELING.search(rest)))
