"""The fields of a watch from a wish in plain words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from awardspider.commands._watch_fields import option
from awardspider.outcomes import InvalidArgument
from awardspider.search.words.parsing import parse_wish
from awardspider.search.words.wishes import DatesProblem, Intent, Topic, Wish, wish_to_definition

_EXAMPLE = "business to Tokyo in March under 80k from LAX"
_PLACES = (Topic.DESTINATION, Topic.ORIGIN)


def fields_from_words(text: str, *, today: date, home_airport: str | None, given: Collection[str]) -> dict[str, object]:
    """Return the fields of a watch for a wish, keyed by name. `given` are fields that options give.

    Raise InvalidArgument for a text that is not a wish, and for one that lacks a field that no option gives.
    """
    wish = parse_wish(text, today=today, home_airport=home_airport)
    if wish.intent in (Intent.COMMAND, Intent.CHITCHAT):
        raise InvalidArgument(f'--words: this does not say which awards to search for, such as "{_EXAMPLE}"')
    if wish.promotion:
        raise InvalidArgument(
            f"--words: this is about promotions, not awards: write --promotions --kinds {wish.promotion} instead, with "
            "--programs, --banks or --min-percent"
        )
    if topics := [topic for topic in Topic if topic in wish.problems and topic not in given]:
        raise InvalidArgument(f"--words: {_problem(wish, topics[0])}")
    return wish_to_definition(wish)


def _problem(wish: Wish, topic: Topic) -> str:
    """Return what is missing or unclear, and the option that gives it."""
    if topic in _PLACES and wish.ambiguous:
        return f"{wish.ambiguous.message()}, or add {option(topic)}"
    if topic in _PLACES and wish.unknown_place:
        return f'unknown place "{wish.unknown_place}"; write another name, or add {option(topic)}'
    if topic is Topic.PROGRAMS and wish.unknown_programs:
        return f'unknown program "{wish.unknown_programs[0]}"; add {option(topic)} (scrapy programs lists all)'
    if topic is Topic.DATES and wish.dates_problem is DatesProblem.PAST:
        return f"the dates are in the past; add {option(topic)}"
    state = "missing" if topic in _PLACES else "not clear"
    return f"{topic.replace('_', ' ')} is {state}; add {option(topic)}"
