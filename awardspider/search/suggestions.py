"""Error messages for unknown names, with a suggestion for the name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MAX_SHOWN = 40


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """Return a message such as `unknown cabin "busines" (did you mean business?)`.

    If no known name is similar, the message lists all known names.
    """
    names = list(known)
    similar = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    hint = f"did you mean {similar[0]}?" if similar else f"known: {', '.join(names)}"
    return f'unknown {kind} "{name[:_MAX_SHOWN]}" ({hint})'
