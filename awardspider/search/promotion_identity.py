"""Identity of promotions: which announcements are of the same promotion, and what they add to it.

docs/promotions.md explains the rules.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import blake2b

from awardspider.airports import metro_area
from awardspider.items import PromotionItem, PromotionKind, PromotionTerms
from awardspider.search.promotion_states import max_age_without_end

#: Announcements with the same terms, one of them without an end, are of one promotion within this time.
MAX_GAP = timedelta(days=45)

#: The same for the lists of promo awards of a program, which has a new one each month.
MAX_GAP_OF_LISTS = timedelta(days=20)

# Details that an announcement can add to a promotion.
_DETAILS = (
    "banks",
    "percent",
    "up_to",
    "bonus_or_discount",
    "cents_per_mile",
    "miles_price",
    "routes",
    "book_from",
    "book_by",
    "travel_from",
    "travel_until",
    "targeted",
    "published",
    "excerpt",
)
_DATES = ("book_from", "book_by")
_EXPIRED = re.compile(
    r"[(\[]?\b(?:expired|expirad[oa]|encerrad[oa]|caducad[oa]|finalizad[oa])\b[)\]]?\s*:?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPromotion:
    """A stored promotion, as far as its identity needs it. `has_table` is True if a table has a row of it."""

    id: str
    item: PromotionItem
    announced_at: datetime
    ended_at: datetime | None = None
    has_table: bool = False


def normalized_title(title: str) -> str:
    """Return the words of a title in lower case, without a mark that the promotion has expired."""
    text = _EXPIRED.sub(" ", unicodedata.normalize("NFKC", title))
    return " ".join(re.findall(r"[\w%]+", text.casefold()))


def promotion_id(item: PromotionItem, *, salt: str = "") -> str:
    """Return twenty hex digits for the kind, programs, banks, percent and end, or the title without the last two.

    Those for a fare contain its routes instead of the title.
    `salt` distinguishes a promotion from an earlier one with the same terms.
    """
    key = [item.kind, *sorted(item.programs), "|", *sorted(item.banks), str(item.percent), str(item.book_by), salt]
    if needs_title(item):
        key.append(normalized_title(item.title))
    elif item.kind is PromotionKind.CASH_FARE_DEAL:
        key += sorted(_city_pairs(item))
    return blake2b("|".join(key).encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def entry_key(item: PromotionItem) -> str:
    """Return the publisher's id of an announcement or, without one, its link, or else digits for its title."""
    return item.entry_id or item.link or title_digits(item.title)


def title_digits(title: str) -> str:
    """Return sixteen hex digits for a title."""
    return blake2b(normalized_title(title).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def announced_at(item: PromotionItem) -> datetime:
    """Return when an announcement was published or, if unknown, seen."""
    return item.seen_at if item.published is None else min(item.published, item.seen_at)


def needs_title(terms: PromotionTerms) -> bool:
    """Return whether the terms alone do not identify a promotion, so that its title must agree, too."""
    if terms.kind is PromotionKind.CASH_FARE_DEAL and terms.routes:
        return False
    if terms.kind is PromotionKind.PROMO_AWARD_LIST and terms.programs:
        return False
    return not (terms.programs or terms.banks) or (terms.percent is None and terms.book_by is None)


def has_same_terms(one: PromotionTerms, other: PromotionTerms) -> bool:
    """Return whether kind, percent, programs and banks agree.

    A transfer bonus to the same program until the same day agrees with one whose bank is unknown. Fares agree if one
    has all routes of the other, whatever their price and airline; the airports of a city count as one. Lists of promo
    awards agree whatever percentage is named.
    """
    if one.kind is other.kind is PromotionKind.CASH_FARE_DEAL and one.routes and other.routes:
        pairs, others = _city_pairs(one), _city_pairs(other)
        return pairs <= others or others <= pairs
    has_same_percent = one.percent == other.percent or one.kind is PromotionKind.PROMO_AWARD_LIST
    if one.kind is not other.kind or not has_same_percent or set(one.programs) != set(other.programs):
        return False
    if set(one.banks) == set(other.banks):
        return True
    has_unknown_bank = one.kind is PromotionKind.TRANSFER_BONUS and not (one.banks and other.banks)
    return has_unknown_bank and bool(one.programs) and one.book_by is not None and one.book_by == other.book_by


def is_same_promotion(known: KnownPromotion, item: PromotionItem, *, is_table: bool) -> bool:
    """Return whether an announcement is of a known promotion. `is_table` is True if it is a row of a table."""
    stored = known.item
    if item.kind is PromotionKind.PAGE_CHANGE or not has_same_terms(stored, item):
        return False  # a page can change in the same way again
    if (needs_title(stored) or needs_title(item)) and normalized_title(stored.title) != normalized_title(item.title):
        return False
    at = announced_at(item)
    if stored.book_by and item.book_by:
        if stored.book_by == item.book_by:
            return True
        # A bank has one bonus to a program at a time, and a table shows when it ends.
        is_authoritative = (is_table or known.has_table) and item.kind is PromotionKind.TRANSFER_BONUS
        days = _first_day(stored, known.announced_at), stored.book_by
        return is_authoritative and known.ended_at is None and _overlap(days, (_first_day(item, at), item.book_by))
    if known.ended_at is not None and at > known.ended_at and not item.expired:
        return False
    end = stored.book_by
    if end is not None and at.date() > end and not item.expired:
        return False
    if item.book_by is not None and item.book_by < known.announced_at.date():
        return False
    return abs(at - known.announced_at) <= _max_gap(item.kind)


def added_details(stored: PromotionItem, item: PromotionItem, *, is_authoritative: bool) -> PromotionItem:
    """Return a stored promotion with the details that an announcement adds; an authority also changes its dates."""
    changes = {}
    for name in _DETAILS:
        value = getattr(item, name)
        is_unknown = getattr(stored, name) in (None, (), "")
        if value not in (None, (), "") and (is_unknown or (is_authoritative and name in _DATES)):
            changes[name] = value
    return replace(stored, **changes)


def _max_gap(kind: PromotionKind) -> timedelta:
    if kind is PromotionKind.PROMO_AWARD_LIST:
        return MAX_GAP_OF_LISTS
    return min(MAX_GAP, max_age_without_end(kind))


def _city_pairs(terms: PromotionTerms) -> set[str]:
    """Return the routes of a fare with the codes of cities: NYC-PAR for JFK-CDG."""
    return {"-".join(map(metro_area, route.split("-"))) for route in terms.routes}


def _overlap(days: tuple[date, date], others: tuple[date, date]) -> bool:
    """Return whether the days of a known promotion and those of an announcement, each from first to last, overlap."""
    return days[0] <= others[1] and min(others) <= days[1]


def _first_day(item: PromotionItem, at: datetime) -> date:
    return item.book_from or at.date()
