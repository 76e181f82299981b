"""Text, sections and anchors of the manual's pages."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT


@cache
def page_text(page: str) -> str:
    """Return the text of a page, which is named by its path below the project."""
    return (ROOT / page).read_text(encoding="utf-8")


def page_sections(page: str, level: str = "##") -> dict[str, str]:
    """Return the text below each heading of a level; headings are without backticks."""
    parts = re.split(rf"^{level} (.+)$", page_text(page), flags=re.MULTILINE)
    return dict(zip((heading.replace("`", "") for heading in parts[1::2]), parts[2::2], strict=True))


def page_anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
