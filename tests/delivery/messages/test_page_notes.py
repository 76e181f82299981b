"""Every English sentence that comes from below the panel to one of its pages is translated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from awardspider.delivery.messages.notes import translate_note
from awardspider.operations.setting_values import setting_values
from awardspider.programs import all_programs
from tests.support.note_texts import OTHERS, filled, is_translated
from tests.support.page_sentences import page_sentences, unknown_kinds

SENTENCES = sorted(page_sentences())
HINTS = (
    "docs/watches.md lists all",
    "none in [sources]",
    "did you mean Value2?",
    "known: Value2",
    "did you mean Value2? known: Value3",
)


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_that_a_page_can_show_is_translated(language: str) -> None:
    assert len(SENTENCES) > 500
    missing = [text for text in SENTENCES if not is_translated(filled(text), language)]
    assert missing == [], "add these texts to awardspider/delivery/messages/page_notes.toml"


@pytest.mark.parametrize("language", OTHERS)
def test_every_unknown_name_is_translated_with_its_hint(language: str) -> None:
    names = [f'unknown {kind.format("Value4")} "Value1" ({hint})' for kind in unknown_kinds() for hint in HINTS]
    assert len(names) > 30
    assert [name for name in names if not is_translated(name, language)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_of_sentences_keep_every_value(language: str) -> None:
    for text in SENTENCES:
        note = filled(text)
        translated = translate_note(note, language)
        assert sorted(re.findall(r"Value\d+", translated)) == sorted(re.findall(r"Value\d+", note)), note


@pytest.mark.parametrize("language", OTHERS)
def test_what_every_setting_is_for_is_translated(language: str, tmp_path: Path) -> None:
    texts = [each.text for each in setting_values({}, tmp_path)]
    assert len(texts) > 60
    assert [text for text in texts if translate_note(text, language) == text] == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_facts_of_every_program_are_translated(language: str) -> None:
    every = all_programs().values()
    levels = {part for program in every for part in program.confidence.split("; ") if part}
    rules = {text for program in every for text in (program.terms, program.robots) if text}
    assert levels
    assert rules
    assert [text for text in levels | rules if translate_note(text, language) == text] == []


@pytest.mark.parametrize(
    ("note", "es"),
    [
        ("its dates have passed (today is 2027-01-02)", "sus fechas ya pasaron (hoy es 2027-01-02)"),
        (
            "its programs are found only through seats.aero, which needs a key (AWARD_KEYS)",
            "sus programas solo se encuentran a través de seats.aero, que necesita una clave (AWARD_KEYS)",
        ),
        ("its routes are outside the network of A, B and 3 more", "sus rutas están fuera de la red de A, B y 3 más"),
        ('unknown alliance "star" (did you mean skyteam?)', 'alianza desconocida "star" (¿quisiste decir skyteam?)'),
        (
            "found 2 offers, usually about 40; scrapy runs show u-1 shows more",
            "2 ofertas encontradas; lo habitual son unas 40; scrapy runs show u-1 muestra más",
        ),
        ("The newest backup is 3 days old", "La copia de seguridad más reciente tiene 3 días"),
        ("12 found, 1 failed; 30 offers", "con ofertas: 12, fallidas: 1; ofertas: 30"),
    ],
)
def test_sentences_are_translated_with_what_they_contain(note: str, es: str) -> None:
    assert translate_note(note, "es") == es
