"""Write the descriptions of settings from docs/settings.md: `python -m scripts.setting_descriptions`.

The panel shows the settings with their descriptions, and the manual is not part of the package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.support.paths import ROOT

FILE = ROOT / "awardspider" / "operations" / "setting_descriptions.toml"
PAGE = ROOT / "docs" / "settings.md"

_HEADER = (
    "# The default and the first sentence of each setting in docs/settings.md; python -m scripts.setting_descriptions\n"
)
_SHORTEST = 24  # characters; a shorter sentence, such as "Seconds.", is followed by the next one
_NO_TEXT = ("Default:", "Example:", "Invalid value:", "|", "```", "-")


def text() -> str:
    """Return the content of the file."""
    entries = (
        f"\n[{json.dumps(name)}]\ndefault = {json.dumps(default)}\ntext = {json.dumps(sentence, ensure_ascii=False)}\n"
        for name, default, sentence in _settings(PAGE.read_text(encoding="utf-8"))
    )
    return _HEADER + "".join(entries)


def _settings(page: str) -> Iterator[tuple[str, str, str]]:
    for found in re.finditer(r"^## `(AWARD_.+?)`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL):
        name, body = found.groups()
        paragraphs = [part.strip() for part in re.split(r"\n\s*\n", body) if part.strip()]
        default = next((match[1] for part in paragraphs if (match := re.match(r"Default: `(.*)`", part))), "")
        yield name, default, _first_sentence(next(part for part in paragraphs if not part.startswith(_NO_TEXT)))


def _first_sentence(paragraph: str) -> str:
    plain = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", re.sub(r"\s+", " ", paragraph)).replace("`", "")
    sentence = ""
    for part in re.split(r"(?<=[.:])(?= )", plain):
        sentence += part
        if len(sentence) >= _SHORTEST and not sentence.endswith(":"):
            break
    return re.sub(r":$", ".", sentence)


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
