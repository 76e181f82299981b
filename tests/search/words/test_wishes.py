"""Wishes as a whole: intent, language, rows, watches, replies, and properties of any text."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.programs import all_programs
from awardspider.search.watches import Watch
from awardspider.search.words.parsing import parse_wish
from awardspider.search.words.replies import describe_wish, question_back
from awardspider.search.words.vocabulary import Language, vocabulary
from awardspider.search.words.wishes import Intent, Topic, Wish, WishCommand, wish_to_definition

TODAY = date(2026, 11, 28)
EMPTY: dict[str, object] = {
    "origins": [], "destinations": [], "dates": [], "cabins": [], "travelers": None, "max_miles": None,
    "max_stops": None, "nights": None, "programs": [], "exclude": [], "ask_about": None,
}  # fmt: skip
EXAMPLES = [
    ("business to Tokyo in March under 80k from LAX or SFO, 2 seats, no United, not via Seoul", "en"),
    ("executiva pra Lisboa em julho até 90 mil, 2 pessoas, saindo de GRU, 10 noites", "pt"),
    ("ejecutiva a Madrid en mayo hasta 70 mil, 2 personas, saliendo de MEX, sin escalas", "es"),
    ("Europe but not London from JFK in May, weekends, with Aeroplan", "en"),
]


def test_the_example_of_the_documentation() -> None:
    text = "business to tokyo in march under 80k from lax or sfo, 2 seats"
    assert parse_wish(text, "en", today=TODAY).to_row() == EMPTY | {
        "intent": "watch", "origins": ["LAX", "SFO"], "destinations": ["HND", "NRT"],
        "dates": [["2027-03-01", "2027-03-31"]], "cabins": ["business"], "travelers": 2, "max_miles": 80_000,
    }  # fmt: skip


# ---- commands and small talk -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("STOP", "stop"), ("unsubscribe please", "stop"), ("help", "help"), ("?", "help"), ("my watches", "my_watches"),
        ("show me the deals", "deals"), ("pause alerts", "pause"), ("resume", "resume"), ("delete watch 3", "delete"),
        ("why did I get this?", "why"), ("forget me", "forget_me"), ("parar", "stop"), ("ajuda", "help"),
        ("me mostra meus alertas", "my_watches"), ("apaga tudo sobre mim", "forget_me"),
        ("por que recebi isso?", "why"),
        ("deja de enviarme mensajes", "stop"), ("¿qué puedes hacer?", "help"), ("mis alertas", "my_watches"),
        ("borra mis datos", "forget_me"), ("cancel my LAX to NRT watch", "delete"),
        ("pause the Paris alert", "pause"), ("why did I get this Tokyo alert?", "why"), ("unsubscirbe", "stop"),
        ("apaga meu alerta de Tóquio", "delete"), ("muestra mis alertas de Tokio", "my_watches"),
        ("can you watch SFO-FRA", None), ("para Madrid desde JFK, alerta", None), ("alert me about LAX-NRT", None),
        ("stop by Paris on the way to Rome", None),
    ],
)  # fmt: skip
def test_commands(text: str, command: str | None) -> None:
    wish = parse_wish(text, today=TODAY)
    if command is None:
        assert wish.intent is not Intent.COMMAND
    else:
        assert wish.to_row() == EMPTY | {"intent": "command", "command": command}


def test_every_command_has_words_in_every_language() -> None:
    for language in Language:
        assert set(vocabulary(language).commands.values()) == {str(command) for command in WishCommand}


@pytest.mark.parametrize(
    "text", ["hi", "Thanks a lot!", "oi, tudo bem?", "obrigado!", "hola, ¿cómo estás?", "jajaja", "👍", "", "  ", "..."]
)
def test_small_talk(text: str) -> None:
    assert parse_wish(text, today=TODAY).to_row() == EMPTY | {"intent": "chitchat"}


@pytest.mark.parametrize("text", ["I want to fly", "quero viajar", "quiero viajar barato", "business"])
def test_a_wish_without_places_needs_a_destination(text: str) -> None:
    assert parse_wish(text, today=TODAY).ask_about is Topic.DESTINATION


# ---- language ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "lang"), EXAMPLES)
@pytest.mark.parametrize("given_lang", [None, "", "fr", "xx-YY"])
def test_a_missing_or_unknown_language_is_detected(text: str, lang: str, given_lang: str | None) -> None:
    assert parse_wish(text, given_lang, today=TODAY).language == lang


@pytest.mark.parametrize("lang", ["pt", "pt-BR", "PT_br", " pt "])
def test_a_language_can_have_a_region(lang: str) -> None:
    assert list(map(str, parse_wish("GRU-LIS 4/12", lang, today=TODAY).dates)) == ["2026-12-04"]


# ---- watches and replies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "lang"), EXAMPLES)
def test_a_wish_becomes_a_watch(text: str, lang: str) -> None:
    wish = parse_wish(text, lang, today=TODAY)
    watch = Watch.from_definition(wish_to_definition(wish))
    row = wish.to_row()
    assert [str(cabin) for cabin in watch.cabins] == row["cabins"]
    assert (watch.travelers, watch.max_miles, watch.max_stops) == (wish.travelers, wish.max_miles, wish.max_stops)
    assert all(place.airports & watch.origin.airports for place in wish.origins)
    assert all(place.airports & watch.destination.airports for place in wish.destinations)
    assert not any(place.airports & watch.destination.airports for place in wish.excluded)


def test_a_wish_without_dates_becomes_a_watch_of_a_year() -> None:
    assert wish_to_definition(parse_wish("LAX-NRT", today=TODAY))["dates"] == "+0..+365"


def test_what_was_understood_is_stated_in_the_language_of_the_wish() -> None:
    assert describe_wish(parse_wish(*EXAMPLES[0], today=TODAY)) == (
        "from LAX or SFO, to Tokyo (HND, NRT), departing Mar 1, 2027 to Mar 31, 2027, business, 2 travelers, "
        "up to 80,000 miles per traveler, one way, without UA, not via Seoul (GMP, ICN)"
    )
    assert "até 90.000 milhas por passageiro, só ida" in describe_wish(parse_wish(*EXAMPLES[1], today=TODAY))
    assert "sin escalas" in describe_wish(parse_wish(*EXAMPLES[2], today=TODAY))


@pytest.mark.parametrize(
    ("text", "lang", "words"),
    [
        ("from LAX to Portland", "en", "Which Portland do you mean: Portland (PDX, Oregon) or Portland (PWM, Maine)?"),
        ("de GRU pra Santiago", "pt", "Qual Santiago você quer dizer: Santiago (SCL, Chile)"),
        ("from Zzyzxburg to Tokyo", "en", "I do not know the place “Zzyzxburg”"),
        ("a Tokio en marzo", "es", "¿De qué aeropuerto sales?"),
        ("LAX-NRT last March", "en", "Those days are in the past"),
        ("GRU-LIS ida e volta até 120 mil", "pt", "Quantas milhas no máximo, por passageiro e só ida?"),
        ("LAX-NRT with LifeMiles", "en", "I cannot search Lifemiles"),
        ("LAX-NRT", "en", ""),
    ],
)
def test_the_question_back_is_about_the_first_problem(text: str, lang: str, words: str) -> None:
    question = question_back(parse_wish(text, lang, today=TODAY))
    assert question.startswith(words)
    assert bool(question) == bool(words)


def test_several_problems_have_a_fixed_order() -> None:
    wish = parse_wish("with LifeMiles, 120k round trip, 10 people, last March", "en", today=TODAY)
    assert wish.problems == (
        Topic.DESTINATION, Topic.ORIGIN, Topic.DATES, Topic.MAX_MILES, Topic.TRAVELERS, Topic.PROGRAMS,
    )  # fmt: skip
    assert wish.ask_about is Topic.DESTINATION


# ---- any text ----------------------------------------------------------------------------------------------------


def vocabulary_texts() -> st.SearchStrategy[str]:
    """Return texts of the grammar's own words in any order, which reach more code than letters."""
    pieces = {
        "LAX",
        "nrt",
        "Tokyo",
        "Portland",
        "29",
        "31",
        "2027",
        "80k",
        "12/31",
        "3",
        ",",
        "-",
        "(",
        "±3",
        "J",
        "united",
    }
    for language in Language:
        words = vocabulary(language)
        pieces |= {*words.months, *words.weekdays, *words.numbers, *words.holidays, *words.seasons}
        pieces |= {phrase for phrases in words.phrases.values() for phrase in phrases}
    return st.lists(st.sampled_from(sorted(pieces)), max_size=12).map(" ".join)


any_text = st.one_of(st.text(max_size=80), vocabulary_texts())
any_day = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def check(wish: Wish, today: date) -> None:
    """Assert that a wish is consistent and can be shown, stored or asked about."""
    row = wish.to_row()
    assert json.loads(json.dumps(row)) == row
    assert (wish.intent is Intent.ASK_BACK) == (wish.ask_about is not None) == bool(question_back(wish))
    assert (wish.travelers is None) == (wish.intent in (Intent.COMMAND, Intent.CHITCHAT)) == (not describe_wish(wish))
    assert set(wish.programs) <= all_programs().keys()
    assert all(today <= days.first <= days.last for days in wish.dates)
    assert all(
        earlier.last + timedelta(1) < later.first for earlier, later in zip(wish.dates, wish.dates[1:], strict=False)
    )
    for name in ("origins", "destinations", "programs", "exclude"):
        values = row[name]
        assert isinstance(values, list)
        assert values == sorted(set(values))
    if wish.intent is Intent.WATCH:
        Watch.from_definition(wish_to_definition(wish))


@pytest.mark.parametrize(
    ("text", "lang", "excluded"),
    [
        ("LAX to US except Houston in May", "en", "US, not IAH, not HOU"),
        ("de GRU pros EUA menos Dallas em maio", "pt", "US, not DFW, not DAL"),
    ],
)
def test_a_city_of_several_airports_that_is_left_out_makes_a_valid_watch(text: str, lang: str, excluded: str) -> None:
    definition = wish_to_definition(parse_wish(text, lang, today=TODAY))
    assert definition["destination"] == excluded
    assert not Watch.from_definition(definition).destination.airports & {"IAH", "DFW"} & set(excluded.split(", not "))


@settings(max_examples=60, deadline=None)
@given(any_text, st.sampled_from(["en", "pt", "es", None]), any_day, st.sampled_from([None, "GRU", "xx"]))
def test_any_text_gives_a_consistent_wish(text: str, lang: str | None, today: date, home: str | None) -> None:
    check(parse_wish(text, lang, today=today, home_airport=home), today)


@given(st.sampled_from(EXAMPLES), st.integers(1, 4), st.sampled_from([str.lower, str.upper, str.title, str]))
def test_case_and_spaces_do_not_matter(example: tuple[str, str], spaces: int, change: type[str]) -> None:
    text, lang = example
    written = f"  {change(text).replace(' ', ' ' * spaces)}\n"
    assert parse_wish(written, lang, today=TODAY).to_row() == parse_wish(text, lang, today=TODAY).to_row()


@given(any_day, st.integers(1, 12))
def test_a_month_is_its_next_occurrence(today: date, month: int) -> None:
    name = next(word for word, number in vocabulary(Language.ENGLISH).months.items() if number == month)
    (days,) = parse_wish(f"LAX-NRT in {name}", "en", today=today).dates
    assert today <= days.first <= days.last <= today + timedelta(366 + 31)
    assert days.first.month == days.last.month == month
    assert (days.last + timedelta(1)).month != month
    assert days.first in (today, days.first.replace(day=1))


def test_a_very_long_text_is_cut() -> None:
    assert parse_wish("LAX-NRT " + "business " * 100_000, "en", today=TODAY).intent is Intent.WATCH
