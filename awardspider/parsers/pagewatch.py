"""Parser of added pages: the changes in the selected part. See docs/promotions.md, "Add a page"."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from awardspider.items import PromotionItem, PromotionKind, PromotionTerms
from awardspider.parsers import AnnouncementItem, SourceContext, SourceText
from awardspider.parsers._page_text import page_lines
from awardspider.parsers._plain_text import shortened
from awardspider.parsers._promotions import read_announcement
from awardspider.programs import program_of_site
from awardspider.values import publisher

#: The part of a page that is read if nobody selected another one.
DEFAULT_SELECTOR = "body"

MOST_TITLE = 200
MOST_LINE = 300
MOST_EXCERPT = 1_500
#: Added lines that are read as headlines, each with the lines after it.
MOST_HEADLINES = 20


def parse(body: bytes, context: SourceContext) -> Iterator[AnnouncementItem]:
    """Yield an announcement of what has changed in the selected part of a page, if anything, and the part's text.

    Without a previous text there is no announcement, and neither if lines have only moved. Raise UnexpectedResponse if
    the response is not an HTML page, or if the selector finds no text.
    """
    lines = page_lines(body, context.content_type, context.selector or DEFAULT_SELECTOR)
    text = "\n".join(lines)
    previous = context.previous_text
    if previous is None or sorted(lines) == sorted(previous.split("\n")):
        yield SourceText(text, 0)
        return
    changes = changed_lines(previous.split("\n"), lines)
    added = [line[2:] for line in changes if line.startswith("+")]
    terms, headline = _read(added, context)
    digits = blake2b(f"{previous}\0{text}".encode(), digest_size=8).hexdigest()
    yield PromotionItem(
        **terms.to_fields(),
        title=_title(context.name or publisher(context.url), headline, changes),
        source=publisher(context.url),
        source_url=context.url,
        # A page can change back, so the time is part of the id.
        entry_id=f"change:{digits}:{context.seen_at:%Y%m%dT%H%M%S}",
        link=context.url,
        excerpt=excerpt(changes),
        seen_at=context.seen_at,
    )
    yield SourceText(text, 1)


def changed_lines(previous: Sequence[str], lines: Sequence[str]) -> list[str]:
    """Return the lines that a unified diff shows as added (`+ `) or removed (`- `), without those that have moved."""
    left = {"+": Counter(lines) - Counter(previous), "-": Counter(previous) - Counter(lines)}
    found = []
    for line in list(difflib.unified_diff(previous, lines, n=0, lineterm=""))[2:]:
        sign, text = line[:1], line[1:]
        if sign in left and left[sign][text] > 0:
            left[sign][text] -= 1
            found.append(f"{sign} {text}")
    return found


def excerpt(changes: Sequence[str]) -> str:
    """Return the first changed lines, complete unless one of them is very long, and the number of the others."""
    shown: list[str] = []
    length = 0
    for line in changes:
        line = shortened(line, MOST_LINE)
        length += len(line) + 1
        if shown and length > MOST_EXCERPT:
            break
        shown.append(line)
    left = len(changes) - len(shown)
    return "\n".join([*shown, f"… {left:,} more"] if left else shown)


def _read(added: Sequence[str], context: SourceContext) -> tuple[PromotionTerms, str]:
    """Return the terms of the first added line that announces a current promotion, and the line.

    Without any, return a page change and the first added line; the line is empty if lines were only removed.
    """
    today = context.today
    for number, line in enumerate(added[:MOST_HEADLINES]):
        terms = read_announcement(
            line,
            " ".join(each if each.endswith((".", "!", "?")) else f"{each}." for each in added[number + 1 :]),
            context.seen_at.date(),
            language=context.language,
            find_place=context.find_place,
        )
        is_over = terms.expired or (terms.book_by is not None and terms.book_by < today)
        if terms.kind.is_promotion and not is_over:
            if not terms.programs and (program := program_of_site(context.url)):
                terms.programs = (program,)
            return terms, line
    return PromotionTerms(kind=PromotionKind.PAGE_CHANGE), added[0] if added else ""


def _title(name: str, headline: str, changes: Sequence[str]) -> str:
    if headline:
        return shortened(f"{name} changed: {headline}", MOST_TITLE)
    return shortened(f"{name} changed, removed: {changes[0][2:]}", MOST_TITLE)
