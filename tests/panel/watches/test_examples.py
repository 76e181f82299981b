"""The examples of the form of a watch are valid in every language."""

from __future__ import annotations

import re

import pytest

from awardspider.panel.texts import load_texts
from awardspider.panel.watches.fields import FORMS
from awardspider.search.field_kinds import DATES, HOURS, PLACES

_KINDS = {"origin": PLACES, "destination": PLACES, "dates": DATES, "departure_hours": HOURS, "arrival_hours": HOURS}
# What explains an example, and is no part of it.
_EXPLANATIONS = re.compile(r"^[^:]*[a-zçõíó]: | (from today|a partir de hoje|desde hoy)$")


def examples(language: str, name: str) -> list[str]:
    """Return the examples in the help of a field."""
    text = str(load_texts()[language][f"watches.help_{name}"])
    if name == "destination":
        return [next(filter(None, found)) for found in re.findall(r"“(.+)”|«(.+)»|or (.+)\.$", text)]
    separator = ", " if _KINDS[name] is HOURS else " · "
    return [_EXPLANATIONS.sub("", each) for each in _EXPLANATIONS.sub("", text).split(separator)]


@pytest.mark.parametrize("language", ["en", "pt", "es"])
@pytest.mark.parametrize("name", _KINDS)
def test_the_examples_in_the_help_of_a_field_are_valid(language: str, name: str) -> None:
    found = examples(language, name)
    assert found
    for example in found:
        _KINDS[name].parse(example)


@pytest.mark.parametrize("language", ["en", "pt", "es"])
def test_placeholders_are_valid(language: str) -> None:
    texts = load_texts()[language]
    for form in FORMS.values():
        for field in form.fields.values():
            text = texts.get(f"watches.placeholder_{form.kind}_{field.text_key}")
            if text and field.parse:
                field.parse(text)
