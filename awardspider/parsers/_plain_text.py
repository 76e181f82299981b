"""Plain text and clean links from the HTML in feeds and pages."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from awardspider.values import storable

#: A longer HTML text is cut off before it is read.
MOST_CHARACTERS = 50_000

_BLOCK_NAMES = (
    "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main nav "
    "ol p pre section table tbody td tfoot th thead tr ul"
)
#: Elements whose text is on lines of its own, and those whose text is not shown.
BLOCKS = frozenset(_BLOCK_NAMES.split())
INVISIBLE = frozenset({"script", "style", "template", "noscript"})
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")

#: Parameters of links that say where a visitor came from.
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|_hs\w+|igshid|cmpid", re.IGNORECASE)
#: The mark of a title for a promotion that only invited members can use.
TARGETED_MARK = re.compile(r"\s*[\[(]\s*targeted\s*[\])]", re.IGNORECASE)


class _TextParser(HTMLParser):
    """A parser that collects the visible text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._invisible = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Separate the text of blocks, and leave out invisible elements."""
        if tag in INVISIBLE:
            self._invisible += 1
        elif tag in BLOCKS:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Separate the text of blocks."""
        if tag in INVISIBLE:
            self._invisible = max(0, self._invisible - 1)
        elif tag in BLOCKS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        """Collect text."""
        if not self._invisible:
            self.parts.append(data)


def plain_text(markup: str) -> str:
    """Return the text of HTML on one line, without tags and entities, also if the HTML was escaped twice."""
    text = markup[:MOST_CHARACTERS]
    for _ in range(3):
        if not _TAG.search(text) and not _ENTITY.search(text):
            break
        if _TAG.search(text):
            parser = _TextParser()
            parser.feed(text)
            parser.close()
            text = "".join(parser.parts)
        else:
            text = html.unescape(text)
    return one_line(text)


def one_line(text: str) -> str:
    """Return a text without line breaks, repeated spaces and characters that cannot be stored."""
    visible = "".join(character if character.isprintable() else " " for character in storable(text))
    return " ".join(visible.split())


def shortened(text: str, most: int) -> str:
    """Return the first words of a text, with an ellipsis if there are more."""
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rsplit(' ', 1)[0].rstrip(' ,;:–-')}…"


def clean_link(link: str, base: str = "") -> str:
    """Return a link as an absolute URL without tracking parameters; empty if it is not an HTTP URL.

    A link to a path, such as `/news/`, is relative to `base`.
    """
    link = link.strip()
    try:
        parts = urlsplit(urljoin(base, link) if link.startswith("/") else link)
        if parts.scheme not in ("http", "https") or not parts.hostname or len(link) > 2_000:
            return ""
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:  # an invalid IPv6 address or port
        return ""
    kept = [(name, value) for name, value in query if not _TRACKING.fullmatch(name)]
    text = parts.query if len(kept) == len(query) else urlencode(kept)
    fragment = "" if _TRACKING.match(parts.fragment) else parts.fragment
    return one_line(urlunsplit((parts.scheme, parts.netloc, parts.path, text, fragment))).replace(" ", "%20")


def without_targeted_mark(title: str) -> str:
    """Return a title without a mark such as `[Targeted]`, which is a field of an announcement."""
    return TARGETED_MARK.sub("", title).strip() or title
