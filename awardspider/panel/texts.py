"""The texts of the panel in each language, from one TOML file for each page."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files

from markupsafe import Markup, escape

from awardspider.delivery.messages.language import LANGUAGES, Language

Forms = str | Mapping[str, str]


@functools.cache
def load_texts() -> Mapping[str, Mapping[str, Forms]]:
    """Return the texts by language, keyed by file and name such as `deals.title`; counted texts have plural forms."""
    texts: dict[str, dict[str, Forms]] = {language: {} for language in LANGUAGES}
    for file in files("awardspider.panel").joinpath("texts").iterdir():
        page = file.name.removesuffix(".toml")
        for key, translations in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for language, text in translations.items():
                texts[language][f"{page}.{key}"] = text
    return texts


class Texts:
    """The texts of the panel in one language; call it with a key to get a text."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._texts = load_texts()[language.locale.language]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key such as `deals.title`, with its placeholders filled in.

        Counted texts need the number `n`. The text is HTML if a value is. Raise KeyError for an unknown key.
        """
        text = self._texts[key]
        if "n" in values and isinstance(values["n"], int):
            number = values["n"]
            if not isinstance(text, str):
                text = self._language.plural(text, number)
            values = values | {"n": self._language.number(number)}
        assert isinstance(text, str), f"{key} is counted"
        if any(isinstance(value, Markup) for value in values.values()):
            return escape(text).format(**values)
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Return whether there is a text with a key, for keys that contain a value such as a status."""
        return key in self._texts
