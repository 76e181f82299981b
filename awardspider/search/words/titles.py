"""Removal of people's titles and names, which could be taken for codes and places: `Mrs. Jones`, `Sra. Santiago`."""

from __future__ import annotations

import re

from awardspider.search.place_names import is_place_code
from awardspider.search.words.text import WishText
from awardspider.search.words.vocabulary import Vocabulary, known_words

_TITLES = r"(?:mrs|ms|mr|mx|miss|messrs|dr|dra|drs|sr|sra|srs|sras|srta|srtas|dona|prof|profa)"
_TITLE = re.compile(rf"(?<![a-z'])(?P<title>{_TITLES})(?P<dot>\.?)\s(?P<name>[a-z][a-z'-]*)(?![a-z])")
# Two people, who are two travelers unless the text is addressed to them.
_COUPLE = re.compile(
    r"(?<![a-z'])(?<!dear )(?<!hi )(?<!hello )(?<!estimad[oa] )(?<!estimados )(?<!prezad[oa] )(?<!prezados )(?<!caros )"
    rf"{_TITLES}(?:\.? [a-z'-]+|\.)? (?:and|&|y|e) (?:la |el |a |o )?{_TITLES}\.? [a-z][a-z'-]*"
)
# Words before a code: a title hardly follows them.
_BEFORE_CODE = re.compile(r"(?:(?<![a-z])(?:[a-z]{3} to|from|desde|de|via|in|em|en|no|at)\s|[-/>]\s?)$")


def drop_titles(text: WishText, words: Vocabulary) -> None:
    """Remove the titles of people, and the name after each; a code such as `MRS` in a route stays."""
    text.drop(_COUPLE, words.phrases["couple"][0])
    for match in reversed(list(_TITLE.finditer(text.plain))):
        title, name = match["title"], match["name"]
        is_code = is_place_code(title) or len(title) == 2
        is_known = name in words.fillers or (not match["dot"] and name in known_words(words.language))
        is_known = is_known or any(name in words.phrases[each] for each in ("from", "to", "and", "or"))
        has_name = not is_known and name not in text.capitals
        if not match["dot"] and (title in text.capitals or not has_name):
            continue
        if not match["dot"] and is_code and _BEFORE_CODE.search(text.plain[: match.start()]):
            continue
        text.cut(match.start(), match.end() if has_name else match.start("name"))
