"""Errors of forms and filters with the labels that a page shows, in place of the names of fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from awardspider.panel.texts import Texts

_BEGINNING = re.compile(r"([a-z_]+)(?:: | is (?=missing\b))(.*)", re.DOTALL)
# The names of fields are also ordinary words, unless they have an underscore or are in such a place.
_NAMES = re.compile(
    r"\b[a-z]+(?:_[a-z]+)+\b"
    r"|(?<=is also in )[a-z_]+(?=:)|(?<=airline in )[a-z_]+(?=:)|(?<=place in )[a-z_]+(?= \()"
    r"|(?<=: remove )[a-z_]+$|(?<=remove it, or )[a-z_]+(?=:)|(?<=longer than )[a-z_]+$"
    r"|^every(?= or cron)|(?<=^every or )cron(?= is missing)|(?<=for example )every(?=: )"
)


class FieldError(NamedTuple):
    """An error in English, and the label of the field that has it, which is empty if it is of no field."""

    label: str
    message: str


class FieldLabels:
    """The labels of the fields of a form, whose names errors contain."""

    def __init__(self, texts: Texts, prefix: str, keys: Mapping[str, str] | None = None) -> None:
        """Take the labels from texts with a prefix such as `watches.field_`; `keys` are those with another name."""
        self._texts = texts
        self._prefix = prefix
        self._keys = keys or {}

    def label(self, name: str) -> str:
        """Return the label of a field, or the name of a field that has none."""
        key = self._prefix + self._keys.get(name, name).replace(".", "_")
        return self._texts(key) if self._texts.has(key) else name

    def message(self, error: str) -> str:
        """Return an error with labels in place of names of other fields."""
        return _NAMES.sub(lambda name: self._quoted(name[0]), error)

    def split(self, error: str) -> FieldError:
        """Return an error that begins with the name of a field as its label and its message."""
        found = _BEGINNING.fullmatch(error)
        if found is None or (label := self.label(found[1])) == found[1]:
            return FieldError("", self.message(error))
        return FieldError(label, self.message(found[2]))

    def _quoted(self, name: str) -> str:
        label = self.label(name)
        return name if label == name else f"“{label}”"
