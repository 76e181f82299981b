"""The words that exclude what follows them, in places and dates: `Europe, not UK`, `2027-03 not Sat-Sun`."""

from __future__ import annotations

import re

from awardspider.outcomes import InvalidArgument

_WORDS = r"but not|not|except for|except|excluding|without|exceto|excepto|salvo|excluindo|excluyendo|(?<!\ba )menos|não"
_WORDS += "|mas não|mas nao|pero no|pero sin|mas sem"
# Words that are codes if they stand alone or are in capitals: Norway, Singapore, Selma and Nanchong.
_LIKE_CODES = "[Nn]o|[Ss]in|[Ss]em|[Nn]ao"
_NOT = re.compile(rf"(?:^|(?<=\s))(?:(?:{_WORDS})(?:\s+|$)|(?-i:{_LIKE_CODES})\s+(?=\S))", re.IGNORECASE)


def split_exclusions(text: str) -> tuple[str, list[str]]:
    """Split `2027-03 not 2027-03-28 not Sat` into `2027-03` and what each `not` excludes, which can be empty."""
    included, *excluded = (part.strip() for part in _NOT.split(text))
    return included, excluded


def included_after_exclusion(part: str) -> InvalidArgument:
    """Return the error for a part that follows an exclusion without a `not` of its own."""
    return InvalidArgument(f'{part} comes after an exclusion: write "not {part}" to exclude it too, or put it first')
