"""Airlines' own pages about promotions: deals with prices in miles, and sales in sentences.

The structure of these pages is not known, so only their visible text counts: a price in miles near a route is a deal,
and a headline that announces a promotion is one. docs/sources/airline-pages.md says what is known of each page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

from awardspider.airports import airports
from awardspider.items import PromotionItem, PromotionKind, PromotionTerms
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import SourceContext
from awardspider.parsers._html_page import Element, parse_page
from awardspider.parsers._page_text import element_lines, outermost
from awardspider.parsers._plain_text import shortened
from awardspider.parsers._promotion_numbers import find_miles
from awardspider.parsers._promotion_text import fold_text
from awardspider.parsers._promotions import read_announcement
from awardspider.programs import points_programs
from awardspider.values import publisher

NOTHING_FOUND = "no promotions recognized on the page; its structure may have changed"

MOST_EXCERPT = 300
MOST_TITLE = 300
#: A longer text near a price is about more than one deal, and a longer headline is a paragraph.
MOST_DEAL = 600
MOST_HEADLINE = 200
#: Prices and headlines that are read of one page.
MOST_PRICES = 300
MOST_HEADLINES = 300
#: Lines after a headline that can explain it.
LINES_AFTER = 6

_KINDS = frozenset(
    {
        PromotionKind.AWARD_SALE,
        PromotionKind.PROMO_AWARD_LIST,
        PromotionKind.TRANSFER_BONUS,
        PromotionKind.BUY_MILES,
        PromotionKind.EARN_BONUS,
    }
)
_HEADINGS = ("h1", "h2", "h3", "h4")
_OUTSIDE = frozenset({"nav", "header", "footer", "form"})
_CODE = re.compile(r"\(([A-Z]{3})\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """An advertised award: its text, and the terms with one route or several and the price."""

    text: str
    terms: PromotionTerms


def parse_sales(
    body: bytes, context: SourceContext, *, program: str, kind: PromotionKind = PromotionKind.AWARD_SALE
) -> Iterator[PromotionItem]:
    """Yield the promotions of a program's page: one of `kind` for all deals with one last day, and one for each sale.

    Raise UnexpectedResponse if there is none.
    """
    root = parse_page(body, context.content_type)
    content = next(iter(outermost(root.iter("main"))), root.find("body"))
    if content is None:
        raise UnexpectedResponse(NOTHING_FOUND)
    reading = _Reading(context, program, kind)
    prices = list(_priced_elements(content))
    deals = list(reading.deals(prices))
    found = {item.entry_id: item for item in reading.deal_items(deals, _heading(content))}
    for item in reading.sale_items(content, prices if deals else ()):
        found.setdefault(item.entry_id, item)
    if not found:
        raise UnexpectedResponse(NOTHING_FOUND)
    yield from found.values()


@dataclass(frozen=True, slots=True)
class _Reading:
    """The reading of one page."""

    context: SourceContext
    program: str
    kind: PromotionKind

    @property
    def name(self) -> str:
        """Return the program's name, such as Delta SkyMiles."""
        return points_programs()[self.program].name

    # ---- deals: prices in miles near routes ----

    def deals(self, prices: Sequence[Element]) -> Iterator[Deal]:
        """Yield the deals that are not over; a price without a route, or of miles to earn, is none."""
        for element in prices:
            text = " ".join(_sentence(line) for line in element_lines(element))
            if self._read(text, "").kind is PromotionKind.EARN_BONUS:
                continue
            terms = self._read(f"{self.name} award sale", text)
            terms.kind = self.kind
            terms.routes = _routes_by_codes(text) or terms.routes
            if terms.routes and terms.miles_price is not None and not self._is_over(terms):
                yield Deal(text=text, terms=terms)

    def deal_items(self, deals: Sequence[Deal], heading: str) -> Iterator[PromotionItem]:
        """Yield an announcement for all deals with the same last day; its price is the lowest."""
        for last in dict.fromkeys(deal.terms.book_by for deal in deals):
            group = [deal for deal in deals if deal.terms.book_by == last]
            terms = [deal.terms for deal in group]
            lowest = min(each.miles_price or 0 for each in terms)
            # Without a last day, the deals of a page are announced once a week, because prices change every day.
            week = f"{self.context.seen_at:%G-W%V}"
            about = f"{self.name}: {heading}" if heading else self.name
            merged = PromotionTerms(
                kind=self.kind,
                programs=(self.program,),
                miles_price=lowest,
                routes=tuple(dict.fromkeys(route for each in terms for route in each.routes)),
                book_from=_same([each.book_from for each in terms]),
                book_by=last,
                travel_from=_extreme([each.travel_from for each in terms], min),
                travel_until=_extreme([each.travel_until for each in terms], max),
                targeted=False,
            )
            title = shortened(f"{about}, from {lowest:,} {points_programs()[self.program].currency.unit}", MOST_TITLE)
            yield self._item(merged, title, f"deals {last or week}", " ".join(deal.text for deal in group))

    # ---- sales: headlines and the text after them ----

    def sale_items(self, content: Element, prices: Sequence[Element]) -> Iterator[PromotionItem]:
        """Yield an announcement for each headline that announces a promotion with terms.

        Any line can be a headline if no element of that kind is one. The text of deals is left out.
        """
        blocks = list(_blocks(content, frozenset(prices)))
        items = list(self._sales([block for block in blocks if block.is_heading], blocks))
        yield from items or self._sales(blocks, blocks)

    def _sales(self, headlines: Sequence[_Block], blocks: Sequence[_Block]) -> Iterator[PromotionItem]:
        for headline in headlines[:MOST_HEADLINES]:
            if len(headline.text) > MOST_HEADLINE:
                continue
            summary = " ".join(_sentence(block.text) for block in _after(headline, blocks))
            named = f"{self.name}: {headline.text}"
            terms = self._read(headline.text, summary)
            if terms.kind not in _KINDS:
                terms = self._read(named, summary)
            price = terms.miles_price if terms.routes else None  # without a route, it can be that of anything
            has_terms = any((terms.percent, price, terms.cents_per_mile, terms.book_by))
            if terms.kind not in _KINDS or not has_terms or terms.expired or self._is_over(terms):
                continue
            title = headline.text if terms.programs else named
            terms.programs = terms.programs or (self.program,)
            digits = blake2b(fold_text(headline.text).encode(), digest_size=8).hexdigest()
            yield self._item(terms, shortened(title, MOST_TITLE), f"sale {digits}", summary)

    # ---- both ----

    def _read(self, title: str, summary: str) -> PromotionTerms:
        context = self.context
        return read_announcement(
            title, summary, context.seen_at.date(), language=context.language, find_place=context.find_place
        )

    def _is_over(self, terms: PromotionTerms) -> bool:
        return terms.book_by is not None and terms.book_by < self.context.today

    def _item(self, terms: PromotionTerms, title: str, entry_id: str, text: str) -> PromotionItem:
        return PromotionItem(
            **terms.to_fields(),
            title=title,
            source=publisher(self.context.url),
            source_url=self.context.url,
            entry_id=f"{self.context.url} {entry_id}",
            link=self.context.url,
            excerpt=shortened(text, MOST_EXCERPT),
            seen_at=self.context.seen_at,
        )


# ---- the parts of a page -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """A line of a page; `is_heading` is True for the text of a heading."""

    text: str
    is_heading: bool


def _priced_elements(content: Element) -> Iterator[Element]:
    """Yield the largest element around each price in miles that contains no other one, and not much text."""
    known: dict[Element, bool] = {}

    def is_deal(element: Element) -> bool:
        if element not in known:
            text = " ".join(element_lines(element))
            known[element] = len(text) <= MOST_DEAL and len(find_miles(fold_text(text))) == 1
        return known[element]

    number = 0
    for element in content.iter():
        if not isinstance(element.tag, str) or _is_outside(element) or not is_deal(element):
            continue
        if element is content or not is_deal(element.getparent()):
            number += 1
            if number > MOST_PRICES:
                return
            yield element


def _blocks(content: Element, without: frozenset[Element]) -> Iterator[_Block]:
    """Yield the lines of a page in their order, except those of navigation and of some elements."""
    pending: list[Element] = [content]
    while pending:
        element = pending.pop()
        if not isinstance(element.tag, str) or _is_outside(element) or element in without:
            continue
        is_heading = element.tag in _HEADINGS
        inner = [child for child in element if isinstance(child.tag, str)]
        if is_heading or not inner or not any(len(child) or child.tag in ("p", "li", *_HEADINGS) for child in inner):
            text = " ".join(element_lines(element)) if is_heading else ""
            lines = [text] if is_heading else element_lines(element)
            yield from (_Block(line, is_heading) for line in lines if line)
        else:
            pending += reversed(inner)


def _is_outside(element: Element) -> bool:
    """Return whether an element is navigation or the like, and not the content of a page."""
    return element.tag in _OUTSIDE


def _after(headline: _Block, blocks: Sequence[_Block]) -> Iterator[_Block]:
    """Yield the lines between a headline and the next heading."""
    position = next(number for number, block in enumerate(blocks) if block is headline)
    for block in blocks[position + 1 : position + 1 + LINES_AFTER]:
        if block.is_heading:
            return
        yield block


def _heading(content: Element) -> str:
    heading = content.find(".//h1")
    return " ".join(element_lines(heading)) if heading is not None else ""


def _routes_by_codes(text: str) -> tuple[str, ...]:
    """Return the route of a text with two airports in parentheses: `Atlanta (ATL) to Miami (MIA)`."""
    codes = [code for code in dict.fromkeys(_CODE.findall(text)) if code in airports()]
    return (f"{codes[0]}-{codes[1]}",) if len(codes) == 2 else ()


def _sentence(line: str) -> str:
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _same(days: Sequence[date | None]) -> date | None:
    return days[0] if len(set(days)) == 1 else None


def _extreme(days: Sequence[date | None], choose: Callable[[list[date]], date]) -> date | None:
    """Return the first or last of some days, or None if one of them is unknown."""
    known = [day for day in days if day is not None]
    return choose(known) if len(known) == len(days) else None
