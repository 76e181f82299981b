"""Sets of headlines with the truth, for the benchmark of reading promotions.

`before` was written before the first reading rule, `after` when the rules existed, by a writer who had not read them;
both were then used to correct the rules. `unseen` was written last, and nothing was corrected after it was measured.
`recorded` are real headlines, which are not part of a plain clone: only their truth is here, by their line numbers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.paths import RECORDED

SETS = ("before", "after", "unseen", "recorded")
_DATA = Path(__file__).parent
_RECORDED_HEADLINES = "promotions/real-headlines-2025-2026.txt"


def load(name: str, recorded: Path = RECORDED) -> list[dict[str, Any]] | None:
    """Return the headlines of a set, or None for recorded headlines without their folder."""
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in (_DATA / f"{name}.jsonl").read_text("utf-8").splitlines() if line.strip()
    ]
    if name != "recorded":
        return rows
    if not recorded.is_dir():
        return None
    titles = (recorded / _RECORDED_HEADLINES).read_text("utf-8").splitlines()
    return [row | {"title": titles[row["line"] - 1], "summary": ""} for row in rows]
