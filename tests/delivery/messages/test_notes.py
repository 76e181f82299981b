"""Every reason and note that a message can contain is translated."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from msgspec import structs

from awardspider.delivery.channels.webhook.channel import _HINTS
from awardspider.delivery.messages.notes import note_templates, translate_note
from awardspider.delivery.messages.render import Form, render
from tests.support.note_texts import OTHERS, filled, is_translated, pause_reasons, search_notes, start_errors
from tests.support.render_examples import FAILED, PAUSED

HINTS = {f"{hint}: {{}}" for hint in _HINTS.values()}
TEXTS = sorted(search_notes() | pause_reasons() | start_errors() | HINTS)


@pytest.mark.parametrize("language", OTHERS)
def test_every_note_in_the_source_code_is_translated(language: str) -> None:
    assert len(TEXTS) > 150
    missing = [text for text in TEXTS if not is_translated(filled(text), language)]
    assert missing == [], "add these texts to awardspider/delivery/messages/notes.toml"


@pytest.mark.parametrize("text", TEXTS)
def test_translations_keep_every_value(text: str) -> None:
    note = filled(text)
    for language in OTHERS:
        translated = translate_note(note, language)
        assert sorted(re.findall(r"Value\d+", translated)) == sorted(re.findall(r"Value\d+", note))
    assert translate_note(note, "en") == note


def test_every_template_has_every_language_and_the_same_placeholders() -> None:
    for template in note_templates():
        assert set(template.translations) == set(OTHERS)
        for translation in template.translations.values():
            assert sorted(re.findall(r"\{(\w+)\}", translation)) == sorted(template.names)


@pytest.mark.parametrize(
    ("note", "pt", "es"),
    [
        ("timed out", "tempo de espera esgotado", "se agotó el tiempo de espera"),
        ("data.Trips[0].Flights is missing", "data.Trips[0].Flights não existe", "falta data.Trips[0].Flights"),
        (
            "HTTP 403 from the edge (cf-ray); timed out",
            "HTTP 403 da rede de borda (cf-ray); tempo de espera esgotado",
            "HTTP 403 de la red perimetral (cf-ray); se agotó el tiempo de espera",
        ),
        (
            "channel family: environment variable FAMILY is not set; it must contain a secret",
            "canal family: a variável de ambiente FAMILY não está definida; ela precisa conter um segredo",
            "canal family: la variable de entorno FAMILY no está definida; debe contener un secreto",
        ),
        (
            'travelers: must be an integer from 1 to 9, not "12"',
            'travelers: precisa ser um número inteiro de 1 a 9, não "12"',
            'travelers: debe ser un número entero de 1 a 9, no "12"',
        ),
        (
            'unknown cabin "busines" (did you mean business?)',
            'cabine desconhecida "busines" (você quis dizer business?)',
            'cabina desconocida "busines" (¿quisiste decir business?)',
        ),
        (
            "transport is 'ftp', but must be http or browser",
            "transport é 'ftp', mas precisa ser http ou browser",
            "transport es 'ftp', pero debe ser http o browser",
        ),
        (
            "destination is missing (for example TYO)",
            "falta destination (por exemplo TYO)",
            "falta destination (por ejemplo TYO)",
        ),
        (
            "Input data was truncated",
            "a resposta em JSON está incompleta",
            "la respuesta en JSON está incompleta",
        ),
        ("something that an airline wrote", "something that an airline wrote", "something that an airline wrote"),
    ],
)
def test_notes_are_translated(note: str, pt: str, es: str) -> None:
    assert (translate_note(note, "pt"), translate_note(note, "es"), translate_note(note, "en")) == (pt, es, note)


def test_messages_contain_the_translation() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    failed = structs.replace(FAILED, note="an HTML page instead of data")
    assert "uma página HTML em vez de dados" in render(failed, form=Form.LONG, locale="pt_BR", now=now).body
    paused = structs.replace(PAUSED, reason="Google has no spreadsheet with this id; copy its address again")
    assert "copia la dirección de nuevo" in render(paused, form=Form.HTML, locale="es_MX", now=now).body
    assert "copy its address again" in render(paused, form=Form.LONG, locale="en", now=now).body


@pytest.mark.parametrize("part", ["a: ", "a; ", "a: b; "])
def test_a_site_that_repeats_the_pattern_of_a_note_causes_no_error(part: str) -> None:
    note = part * (2000 // len(part)) + "end"
    failed = structs.replace(FAILED, note=note)
    for language in OTHERS:
        assert translate_note(note, language).endswith("end")
        assert render(failed, form=Form.LONG, locale=language, now=datetime(2026, 11, 22, tzinfo=UTC)).body
