"""Error messages for unknown names, with a suggestion for the name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MAX_SHOWN = 40


def unknown_name(kind: str, name: str, known: Iterable[str], *, none: str | None = None, hint: str = "") -> str:
    """Return a message such as `unknown cabin "busines" (did you mean business?)`.

    If no known name is similar, the message has `hint`, by default the list of all known names. `none` is for names
    that the operator chose: the message then lists them even if one is similar, and has `none` if there are no names.
    """
    names = list(known)
    similar = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    hint = f"did you mean {similar[0]}?" if similar else hint or f"known: {', '.join(names)}"
    if none is not None:
        hint = f"{hint} known: {', '.join(names)}" if similar else hint if names else none
    return f'unknown {kind} "{name[:_MAX_SHOWN]}" ({hint})'
