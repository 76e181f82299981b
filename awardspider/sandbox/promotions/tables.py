"""The page with the table of transfer bonuses, and the pages with which it can be cross-checked.

The table's page follows a recorded one of 2026-06: two tables of TablePress with the same header row, the current
bonuses and the archive back to 2017; dates after an invisible serial number of Excel, in three styles. Rows stay in the
first table for some hours after their end. The archive has every regular bonus since 2025, a selection of earlier ones,
and the daily ones of the last two months. Assumed: everything around the tables, and the structure of the cross-check
pages, of which only the links (`transfer-bonus` in their addresses) are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import escape

from awardspider.items import PromotionKind
from awardspider.sandbox.places import draw
from awardspider.sandbox.promotions.blogs import TABLE_BLOG, announcements, slug
from awardspider.sandbox.promotions.caching import conditional
from awardspider.sandbox.promotions.calendar import LONGEST_DAYS, Promotion, starting, terms
from awardspider.sandbox.promotions.wording import write_date
from awardspider.sandbox.sites import SandboxRequest, SandboxResponse, page

TABLE_PATH = "/current-point-transfer-bonuses/"
HEADER = ("Transfer From", "Transfer Bonus Details", "Start Date", "End Date")
HTML_TYPE = "text/html; charset=UTF-8"
SERIAL_EPOCH = date(1899, 12, 30)
#: The archive has one row for each quarter before the first full year.
FIRST_YEAR, FIRST_FULL_YEAR = 2017, 2025
DAILY_KEPT = timedelta(days=60)
#: The cross-check pages, with the share of current bonuses that each lists.
CROSS_CHECKS = {
    "awardwallet.com": ("/news/credit-card-transfer-bonuses/", 85),
    "upgradedpoints.com": ("/news/current-credit-card-transfer-bonuses/", 70),
}


def is_in_table(promotion: Promotion) -> bool:
    """Return whether the table has rows for such a promotion: transfer bonuses outside Brazil."""
    return promotion.kind is PromotionKind.TRANSFER_BONUS and not promotion.region


def listed_at(seed: int, promotion: Promotion) -> datetime:
    """Return when a row is added: with the post of the table's blog, or with the first announcement."""
    own = (post.published for post in announcements(seed, promotion) if post.blog.host == TABLE_BLOG)
    return next(own, promotion.announced_at)


def removed_at(promotion: Promotion) -> datetime:
    """Return when a row moves from the current table to the archive: hours after its end, or at once if it is early."""
    assert promotion.ended_at is not None
    if promotion.ended_early:
        return promotion.ended_at
    return promotion.ended_at + timedelta(hours=2 + draw(promotion.key, "linger") % 34)


def current(seed: int, now: datetime) -> list[Promotion]:
    """Return the promotions in the current table, by end date."""
    today = now.date()
    found = [
        promotion
        for promotion in starting(seed, today - timedelta(days=LONGEST_DAYS), today + timedelta(days=3))
        if is_in_table(promotion) and listed_at(seed, promotion) <= now < removed_at(promotion)
    ]
    return sorted(found, key=lambda promotion: (promotion.last_day or today, promotion.key))


def archive(seed: int, now: datetime) -> list[Promotion]:
    """Return the promotions in the archive, latest end first."""
    first_full = date(FIRST_FULL_YEAR, 1, 1)
    found = [
        promotion
        for promotion in starting(seed, first_full, now.date())
        if is_in_table(promotion)
        and removed_at(promotion) <= now
        and (not promotion.is_daily or now - removed_at(promotion) < DAILY_KEPT)
    ]
    for year in range(FIRST_YEAR, FIRST_FULL_YEAR):
        for month in (1, 4, 7, 10):
            first = date(year, month, 1)
            quarter = starting(seed, first, first + timedelta(days=60))
            found += [promotion for promotion in quarter if is_in_table(promotion) and not promotion.is_daily][:1]
    found = [promotion for promotion in found if removed_at(promotion) <= now]
    return sorted(found, key=lambda promotion: (promotion.last_day or now.date(), promotion.key), reverse=True)


def table_page(seed: int, request: SandboxRequest) -> SandboxResponse:
    """Return the page as of the request's time. With the fault `empty`, its tables have no rows."""
    rows, old = current(seed, request.now), archive(seed, request.now)
    body = table_body(seed, [] if request.empty else rows, [] if request.empty else old)
    return conditional(request, body, _changed(seed, request.now), HTML_TYPE)


def table_body(seed: int, rows: Sequence[Promotion], old: Sequence[Promotion], *, with_tables: bool = True) -> bytes:
    """Write the page with the rows of both tables, or without its tables."""
    return page(
        "promotions",
        "transfer-bonuses.html",
        current=_table(seed, "tablepress-33-no-5", rows) if with_tables else "",
        archive=_table(seed, "tablepress-33-no-6", old) if with_tables else "",
    ).encode()


def _changed(seed: int, now: datetime) -> datetime:
    """Return when the pages last changed: a row was added, ended, moved to the archive or left it."""
    first = now.date() - timedelta(days=LONGEST_DAYS) - 2 * DAILY_KEPT
    moments = []
    for promotion in starting(seed, first, now.date() + timedelta(days=3)):
        if is_in_table(promotion) and promotion.ended_at:
            moved_at = removed_at(promotion)
            moments += [listed_at(seed, promotion), promotion.ended_at, moved_at, moved_at + DAILY_KEPT]
    return max(moment for moment in moments if moment <= now)


def _table(seed: int, table_id: str, rows: Sequence[Promotion]) -> str:
    header = "".join(f'<th class="column-{number}">{name}</th>' for number, name in enumerate(HEADER, 1))
    return (
        f'<table id="{table_id}" class="tablepress tablepress-id-33">\n'
        f'<thead>\n<tr class="row-1">{header}</tr>\n</thead>\n'
        '<tbody class="row-striping row-hover">\n'
        + "".join(_row(seed, promotion, number) for number, promotion in enumerate(rows, 2))
        + "</tbody>\n</table>"
    )


def _row(seed: int, promotion: Promotion, number: int) -> str:
    details = escape(bonus_text(promotion))
    own = (post for post in announcements(seed, promotion) if post.blog.host == TABLE_BLOG)
    if post := next(own, None):
        details = f'<a href="{escape(post.link)}" rel="noopener">{details}</a>'
    if promotion.targeted:
        details += " [Targeted]"
    assert promotion.last_day is not None
    cells = (
        escape(terms()["banks"][promotion.banks[0]]["long"]),
        details,
        date_cell(promotion.first_day, draw(promotion.key, "first cell") % 3),
        date_cell(promotion.last_day, draw(promotion.key, "last cell") % 3),
    )
    columns = "".join(f'<td class="column-{column}">{cell}</td>' for column, cell in enumerate(cells, 1))
    return f'<tr class="row-{number}">{columns}</tr>\n'


def bonus_text(promotion: Promotion) -> str:
    """Return the text of a row's second cell."""
    names = terms()
    bank, program = names["banks"][promotion.banks[0]]["long"], names["programs"][promotion.programs[0]]["long"]
    if promotion.percent is None:
        return f"{promotion.details['points']} bonus point transfer bonus from {bank} to {program}"
    up_to = "Up to " if promotion.up_to else ""
    return f"{up_to}{promotion.percent}% transfer bonus from {bank} to {program}"


def date_cell(day: date, style: int) -> str:
    """Return a date after its invisible serial number, in one of the three styles of the recorded page."""
    serial = (day - SERIAL_EPOCH).days
    hidden = (f"<p style='display: none;'>{serial}</p>", f"<span>{serial}</span>", str(serial))[style]
    return f"{hidden}{day:%m/%d/%y}"


# ---- the cross-check pages -------------------------------------------------------------------------------------------


def cross_checked(seed: int, host: str, now: datetime) -> list[Promotion]:
    """Return the promotions on a cross-check page: most of those in the table, without bonuses in points."""
    share = CROSS_CHECKS[host][1]
    return [
        promotion
        for promotion in current(seed, now)
        if promotion.percent is not None
        and promotion.is_active(now)
        and (promotion.is_daily or draw(promotion.key, host) % 100 < share)
    ]


def cross_check_page(seed: int, host: str, request: SandboxRequest) -> SandboxResponse:
    """Return a cross-check page as of the request's time."""
    found = cross_checked(seed, host, request.now)
    shown = [] if request.empty else found
    body = _post_list(shown) if host == "awardwallet.com" else _bonus_table(shown)
    return conditional(request, body, _changed(seed, request.now), HTML_TYPE)


def _post_list(shown: Sequence[Promotion]) -> bytes:
    """Write a list by bank, in which each bonus links to a post."""
    names, sections = terms(), []
    for bank in sorted({promotion.banks[0] for promotion in shown}):
        of_bank = [promotion for promotion in shown if promotion.banks[0] == bank]
        items = "".join(f"<li>{_linked(promotion)}, {_expiry(promotion)}</li>\n" for promotion in of_bank)
        sections.append(f"<h3>{escape(names['banks'][bank]['long'])}</h3>\n<ul>\n{items}</ul>\n")
    return page("promotions", "post-list.html", bonuses="".join(sections)).encode()


def _linked(promotion: Promotion) -> str:
    program = escape(terms()["programs"][promotion.programs[0]]["name"])
    up_to, targeted = "up to " if promotion.up_to else "", " (targeted)" if promotion.targeted else ""
    return f'<a href="{_post_link(promotion)}">{program}</a>: {up_to}{promotion.percent}% bonus{targeted}'


def _bonus_table(shown: Sequence[Promotion]) -> bytes:
    """Write a table with a row for each bonus."""
    names = terms()
    rows = "".join(
        f"<tr><td>{escape(names['banks'][promotion.banks[0]]['long'])}</td>"
        f"<td>{escape(names['programs'][promotion.programs[0]]['long'])}</td>"
        f"<td>{'Up to ' if promotion.up_to else ''}{promotion.percent}%</td><td>{_expiry(promotion)}</td></tr>\n"
        for promotion in shown
    )
    return page("promotions", "bonus-table.html", rows=rows).encode()


def _post_link(promotion: Promotion) -> str:
    names = terms()
    bank, program = names["banks"][promotion.banks[0]]["name"], names["programs"][promotion.programs[0]]["name"]
    return f"https://awardwallet.com/news/{slug(bank)}/{slug(program)}-transfer-bonus/"


def _expiry(promotion: Promotion) -> str:
    assert promotion.last_day is not None
    return f"expires {write_date(promotion.last_day, 'en', 'long')}"
