"""Suggestions for unknown names: error messages with the name that was probably meant, and the count of typos."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from awardspider.search.field_values import quoted


def unknown_name(kind: str, name: str, known: Iterable[str], *, none: str | None = None, hint: str = "") -> str:
    """Return a message such as `unknown cabin "busines" (did you mean business?)`.

    If no known name is similar, the message has `hint`, by default the list of all known names. `none` is for names
    that the operator chose: the message then lists them even if one is similar, and has `none` if there are no names.
    """
    names = list(known)
    by_folded = {each.casefold(): each for each in names}
    similar = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    hint = f"did you mean {by_folded[similar[0]]}?" if similar else hint or f"known: {', '.join(names)}"
    if none is not None:
        hint = f"{hint} known: {', '.join(names)}" if similar else hint if names else none
    return f'unknown {kind} "{quoted(name)}" ({hint})'


def typos(first: str, second: str, most: int) -> int:
    """Return how many typos turn one name into the other, or `most` + 1 if there are more.

    A typo is a missing, additional or wrong letter, or two swapped neighbors (optimal string alignment distance).
    """
    two_before: list[int] = []
    before = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        row = [i]
        for j, other in enumerate(second, 1):
            fewest = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                fewest = min(fewest, two_before[j - 2] + 1)
            row.append(fewest)
        if min(row) > most:
            return most + 1
        two_before, before = before, row
    return min(before[-1], most + 1)
