"""Parser of the table of transfer bonuses, and of the pages that it is compared with.

Structure and sources: docs/sources/transferbonuses.md.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from itertools import product

from awardspider.items import (
    MAX_PROMOTION_PERCENT,
    BonusOrDiscount,
    Confidence,
    ParseWarning,
    PromotionItem,
    PromotionKind,
    PromotionTerms,
    SourceKind,
)
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import AnnouncementItem, SourceContext, SourceText
from awardspider.parsers._html_page import Element, element_text, parse_page
from awardspider.parsers._plain_text import TARGETED_MARK, one_line, shortened, without_targeted_mark
from awardspider.parsers._points_names import key_of_name, keys_in_text
from awardspider.parsers._transfer_table import TransferRow, TransferTables, read_tables
from awardspider.programs import PointsKind, points_programs
from awardspider.values import publisher

#: If fewer of the rows that have not ended are left, the table is cut off, or its structure has changed.
LEAST_SHARE_LEFT = 0.3
#: So many rows must be known, because a few bonuses can end early at once.
FEWEST_ROWS_COMPARED = 4

#: A longer row or item of a list is about more than one bonus. One percentage can be that of a few programs.
MOST_MENTION = 400
MOST_PROGRAMS = 3

_BONUS = re.compile(
    r"(?P<up_to>up to )?(?:an? )?(?P<percent>\d{1,3}) ?% transfer bonus from (?P<bank>.+?) to (?P<program>.+)",
    re.IGNORECASE,
)
_OTHER_BONUS = re.compile(r".*\btransfer bonus from (?P<bank>.+?) to (?P<program>.+)", re.IGNORECASE)
_PERCENT = re.compile(r"(?<![\d.,])(\d{1,3})\s?%")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_EXPIRED = re.compile(r"\bexpired\b|\bended\b", re.IGNORECASE)


def parse(body: bytes, context: SourceContext) -> Iterator[AnnouncementItem]:
    """Yield the bonuses of the table, or the text of a page that the table is compared with."""
    if context.kind is SourceKind.TABLE:
        yield from _parse_table(body, context)
    else:
        yield from _parse_comparison(body)


# ---- the table -----------------------------------------------------------------------------------------------------


def _parse_table(body: bytes, context: SourceContext) -> Iterator[AnnouncementItem]:
    """Yield the bonuses of the table that have not ended, those that ended early as expired, and the table's text.

    A bonus that another page mentions is verified, the others are likely. Raise UnexpectedResponse if the page has no
    such table or row, or if most rows that have not ended are missing.
    """
    tables = read_tables(body, context.url)
    today = context.today
    _check_rows_left(tables, context.previous_text, today)
    confirmed = {line for text in context.other_texts for line in text.splitlines()}
    yield from tables.warnings
    ids: dict[str, date | None] = {}
    for row, is_past in [*((row, False) for row in tables.current), *((row, True) for row in tables.archive)]:
        if (row.last and row.last < today) or (is_past and row.last is None) or (row_id := _row_id(row)) in ids:
            continue
        if not is_past:
            ids[row_id] = row.last
        yield _announcement(row, context, confirmed, is_past=is_past)
    text = "\n".join(f"{last or '-'} {row_id}" for row_id, last in ids.items())
    yield SourceText(text, len(tables.current))


def _check_rows_left(tables: TransferTables, previous_text: str | None, today: date) -> None:
    """Raise UnexpectedResponse if most of the rows that were current, and have not ended, are in neither table."""
    previous = dict(line.split(" ", 1)[::-1] for line in (previous_text or "").splitlines() if " " in line)
    due = {row_id for row_id, last in previous.items() if last == "-" or last >= today.isoformat()}
    left = due & {_row_id(row) for row in (*tables.current, *tables.archive)}
    if len(due) >= FEWEST_ROWS_COMPARED and len(left) < LEAST_SHARE_LEFT * len(due):
        raise UnexpectedResponse(f"only {len(left)} of {len(due)} bonuses that have not ended are left in the table")


def _row_id(row: TransferRow) -> str:
    """Return the id of a row, which a later end or another style of the page does not change."""
    text = f"{row.bank}|{TARGETED_MARK.sub('', row.details)}|{row.first or '-'}".casefold()
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _announcement(
    row: TransferRow, context: SourceContext, confirmed: Collection[str], *, is_past: bool
) -> PromotionItem | ParseWarning:
    """Return the announcement of a row, or a warning if a name is unknown or a value is impossible."""
    terms = _terms(row)
    if isinstance(terms, ParseWarning):
        return terms
    return PromotionItem(
        **replace(terms, expired=is_past).to_fields(),
        title=shortened(without_targeted_mark(row.details), 300),
        source=publisher(context.url),
        source_url=context.url,
        entry_id=f"row:{_row_id(row)}",
        link=row.link or context.url,
        confidence=_confidence(terms, confirmed),
        seen_at=context.seen_at,
    )


def _terms(row: TransferRow) -> PromotionTerms | ParseWarning:
    """Return the terms of a row's bonus; their kind is `other` if the row does not have the usual form."""
    if row.first and row.last and row.last < row.first:
        return ParseWarning("row.end", f"{row.last} is before {row.first}: {row.details[:80]}", drops_offer=True)
    details = TARGETED_MARK.sub("", row.details).strip().rstrip(".")
    targeted = bool(TARGETED_MARK.search(row.details))
    terms = PromotionTerms(kind=PromotionKind.OTHER, book_from=row.first, book_by=row.last, targeted=targeted)
    found = _BONUS.fullmatch(details)
    if found is None or not 1 <= int(found["percent"]) <= MAX_PROMOTION_PERCENT:
        if other := _OTHER_BONUS.fullmatch(details):
            terms.banks = _known_keys(other["bank"])
            terms.programs = _known_keys(other["program"])
        return terms
    named = key_of_name(row.bank)
    bank, program = key_of_name(found["bank"]) or named, key_of_name(found["program"])
    if bank is None or program is None:
        unknown = [name for name, key in ((found["bank"], bank), (found["program"], program)) if key is None]
        return ParseWarning("row.name", f"{' and '.join(unknown)}: {row.details[:80]}", drops_offer=True)
    if named and named != bank:
        return ParseWarning("row.bank", f"{row.bank[:40]}: {row.details[:80]}", drops_offer=True)
    return replace(
        terms,
        kind=PromotionKind.TRANSFER_BONUS,
        programs=(program,),
        banks=(bank,),
        percent=int(found["percent"]),
        up_to=bool(found["up_to"]),
        bonus_or_discount=BonusOrDiscount.BONUS,
    )


def _known_keys(name: str) -> tuple[str, ...]:
    key = key_of_name(name)
    return (key,) if key else ()


def _confidence(terms: PromotionTerms, confirmed: Collection[str]) -> Confidence | None:
    """Return the confidence in a transfer bonus; it is verified if another page mentions it."""
    if terms.kind is not PromotionKind.TRANSFER_BONUS or terms.percent is None:
        return None
    line = _line(terms.banks[0], terms.programs[0], terms.percent)
    return Confidence.VERIFIED if line in confirmed else Confidence.LIKELY


# ---- pages to compare with -----------------------------------------------------------------------------------------


def _parse_comparison(body: bytes) -> Iterator[AnnouncementItem]:
    """Yield the bonuses that a page mentions as a text: a line for each bank, program and percentage.

    A bonus is mentioned by a link whose URL contains `transfer-bonus`, with one percentage in its text or near it, or
    by a row or an item of a list about a bonus. The bank may be in the heading. Raise UnexpectedResponse if there is
    none.
    """
    lines: dict[str, None] = {}
    heading = ""
    for element in parse_page(body).iter(*_HEADINGS, "a", "tr", "li"):
        if element.tag in _HEADINGS:
            heading = element_text(element)
        lines |= dict.fromkeys(_mentions(element, heading))
    if not lines:
        raise UnexpectedResponse("the page mentions no transfer bonus")
    yield SourceText("\n".join(sorted(lines)), len(lines))


def _mentions(element: Element, heading: str) -> Iterator[str]:
    address = ""
    texts = [element_text(element)]
    if element.tag == "a":
        href = str(element.get("href") or "")
        if "transfer-bonus" not in href.casefold():
            return
        address = one_line(re.sub(r"\W+", " ", href.partition("://")[2].partition("/")[2] or href))
        # Some links have only the name as text, and the percentage is in the same row, item or paragraph.
        texts += [element_text(block) for block in element.iterancestors(*_HEADINGS, "tr", "li", "p")][:1]
    elif len(texts[0]) > MOST_MENTION or not _is_about_bonus(element, texts[0]):
        return
    for text in texts:
        percents = set(map(int, _PERCENT.findall(text)))
        banks = _first_named((text, address, heading), is_bank=True)
        programs = _first_named((text, address), is_bank=False)
        if len(banks) == len(percents) == 1 and 1 <= len(programs) <= MOST_PROGRAMS and not _EXPIRED.search(text):
            for program, percent in product(programs, percents):
                yield _line(banks[0], program, percent)
            return


def _is_about_bonus(element: Element, text: str) -> bool:
    """Return whether a row or an item, or the header of the row's table, contains the word bonus."""
    if "bonus" in text.casefold():
        return True
    header = next(element.iterancestors("table"), element).xpath("(.//tr)[1]") if element.tag == "tr" else ()
    return any("bonus" in element_text(row).casefold() for row in header)


def _first_named(texts: Sequence[str], *, is_bank: bool) -> list[str]:
    """Return the banks, or the other programs, that the first of several texts with any of them names."""
    for text in texts:
        found = [key for key in keys_in_text(text) if (points_programs()[key].kind is PointsKind.BANK) == is_bank]
        if found:
            return found
    return []


def _line(bank: str, program: str, percent: int) -> str:
    return f"{bank} {program} {percent}"
