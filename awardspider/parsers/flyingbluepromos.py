"""Parser of Flying Blue's page of Promo Rewards. What is known of it: docs/sources/airline-pages.md."""

from __future__ import annotations

from collections.abc import Iterator

from awardspider.items import PromotionKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import AnnouncementItem, SourceContext
from awardspider.parsers._html_page import parse_page
from awardspider.parsers._page_text import element_lines
from awardspider.parsers._sale_page import parse_sales

#: A page with less text has only its frame; the list has at least ten cities.
FEWEST_CHARACTERS = 500


def parse(body: bytes, context: SourceContext) -> Iterator[AnnouncementItem]:
    """Yield the promo awards of the page. Raise UnexpectedResponse if there is none, as without its scripts."""
    try:
        yield from parse_sales(body, context, program="flyingblue", kind=PromotionKind.PROMO_AWARD_LIST)
    except UnexpectedResponse as error:
        if sum(map(len, element_lines(parse_page(body, context.content_type)))) < FEWEST_CHARACTERS:
            note = "the page is empty without its scripts; the feeds of blogs have the list of Promo Rewards"
            raise UnexpectedResponse(note) from error
        raise
