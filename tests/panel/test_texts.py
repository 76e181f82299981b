"""Tests of the panel's texts and templates, read as files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from jinja2 import nodes

from awardspider.delivery.messages.language import LANGUAGES, get_language
from awardspider.panel.program_choices import RATES_SPIDER
from awardspider.panel.rendering import template_environment
from awardspider.panel.texts import Forms, Texts, load_texts
from awardspider.promotion_sources import source_spiders
from tests.support.paths import ROOT

PANEL = ROOT / "awardspider" / "panel"
TEMPLATES = sorted((PANEL / "templates").rglob("*.html"))
SOURCES = sorted(PANEL.rglob("*.py"))

# Attributes that a strict Content-Security-Policy forbids.
INLINE = re.compile(
    r"""\sstyle\s*=|\son[a-z]+\s*=|<style|<script(?![^>]*\ssrc=)(?![^>]*application/json)|javascript:"""
)


def constant_keys(template: Path) -> Iterator[str]:
    """Yield the keys of the texts that a template names: t("deals.title")."""
    environment = template_environment()
    tree = environment.parse(template.read_text(encoding="utf-8"))
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t" and isinstance(call.args[0], nodes.Const):
            yield str(call.args[0].value)


def named_keys() -> tuple[set[str], set[str]]:
    """Return the keys that templates and modules name, and the beginnings to which they add a value."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in [*TEMPLATES, *SOURCES])
    keys = set(re.findall(r"""["']([a-z_]+\.[\w-]+)["']""", code))
    beginnings = re.findall(r"""["']([a-z_]+\.[\w-]*)["'] *[~+]|f["']([a-z_]+\.[\w-]*)\{""", code)
    return keys, {joined or formatted for joined, formatted in beginnings}


def placeholders(text: Forms) -> set[str]:
    forms = [text] if isinstance(text, str) else list(text.values())
    return {name for form in forms for name in re.findall(r"\{(\w+)\}", form)}


def test_every_text_is_in_every_language() -> None:
    texts = load_texts()
    english = texts["en"].keys()
    for language in LANGUAGES:
        assert texts[language].keys() == english, language


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_translations_have_the_placeholders_of_the_english_text(language: str) -> None:
    texts: Mapping[str, Mapping[str, Forms]] = load_texts()
    different = [
        key
        for key, text in texts["en"].items()
        if placeholders(text) - {"n"} != placeholders(texts[language][key]) - {"n"}
    ]
    assert different == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_name_texts_that_exist(template: Path) -> None:
    missing = sorted({key for key in constant_keys(template) if key not in load_texts()["en"]})
    assert missing == []


def test_every_text_is_used() -> None:
    keys, beginnings = named_keys()
    unused = [key for key in load_texts()["en"] if key not in keys and not key.startswith(tuple(beginnings))]
    assert unused == []


def test_every_notice_is_used() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    notices = [key.removeprefix("notices.") for key in load_texts()["en"] if key.startswith("notices.")]
    assert notices
    assert [notice for notice in notices if not re.search(rf"""["'=]{notice}\b""", code)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_no_inline_scripts_or_styles(template: Path) -> None:
    assert INLINE.findall(template.read_text(encoding="utf-8")) == []


def test_a_counted_text_has_the_form_of_its_number() -> None:
    assert Texts(get_language("pt"))("base.more_than", n=1000) == "mais de 1.000"


def test_spiders_of_promotions_and_rates_have_a_name() -> None:
    assert [name for name in (*source_spiders(), RATES_SPIDER) if f"runs.spider_{name}" not in load_texts()["en"]] == []
