"""Announcements of promotions in prose: what a headline and its summary say, in English, Portuguese or Spanish.

The kind comes from rules on the words (`promotion_words/*.toml`), the terms from numbers, dates, names and places in
the text. What the text does not say clearly stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from awardspider.items import PromotionKind, PromotionTerms
from awardspider.parsers import _promotion_numbers as numbers
from awardspider.parsers._promotion_names import NamedProgram, find_programs, programs_and_banks, resolve_family
from awardspider.parsers._promotion_periods import Periods, find_periods
from awardspider.parsers._promotion_routes import PlaceFinder, find_routes
from awardspider.parsers._promotion_text import MAX_SUMMARY, MAX_TITLE, fold_text, plain_text
from awardspider.parsers._promotion_words import KindRule, Words, words_of
from awardspider.programs import PointsKind

__all__ = ["PlaceFinder", "read_announcement"]

_AWARDS = frozenset({PromotionKind.AWARD_SALE, PromotionKind.PROMO_AWARD_LIST})

#: The rule whose exceptions apply also to a route with a price that no rule knows.
_FARE_RULE = "fare for a route"
#: Sentences of a summary in which an announcement says what it is.
_FIRST_SENTENCES = 2
_SENTENCE = re.compile(r"(?:[^.!?]|\.(?=\w))+[.!?]?")


@dataclass(frozen=True)
class _Part:
    """The title or the summary of an announcement."""

    text: str
    words: Words

    @cached_property
    def folded(self) -> str:
        return fold_text(self.text)

    @cached_property
    def programs(self) -> tuple[NamedProgram, ...]:
        return find_programs(self.text, self.folded, self.words)

    @cached_property
    def percentages(self) -> tuple[numbers.Percentage, ...]:
        return numbers.find_percentages(self.folded, self.words)

    @cached_property
    def cents(self) -> tuple[numbers.Amount, ...]:
        return numbers.find_cents(self.folded, self.words)

    @cached_property
    def miles(self) -> tuple[numbers.Amount, ...]:
        return numbers.find_miles(self.folded)

    @cached_property
    def marked(self) -> str:
        """The folded text with marks for what was found in it."""
        marks = [
            *((name.start, name.end, name.mark(self.folded)) for name in self.programs),
            *((percent.start, percent.end, "PERCENT") for percent in self.percentages),
            *((amount.start, amount.end, "CENTS") for amount in self.cents),
            *((start, end, "CENTS") for start, end in numbers.find_pence(self.folded, self.words)),
            *((amount.start, amount.end, "MILES") for amount in self.miles or numbers.find_short_miles(self.folded)),
            *((start, end, "MONEY") for start, end in numbers.find_money(self.folded)),
        ]
        pieces, position = [], 0
        for start, end, mark in sorted(marks):
            if start >= position:
                pieces += [self.folded[position:start], mark]
                position = end
        return "".join(pieces) + self.folded[position:]


def read_announcement(
    title: str, summary: str, published: date, *, language: str = "en", find_place: PlaceFinder | None = None
) -> PromotionTerms:
    """Return the terms of an announcement; those of a list of promotions, and of what is no promotion, are unknown.

    Texts may contain HTML. Dates without a year are the nearest ones after `published`. `language` is that of the
    source; another one is recognized by its words. Without `find_place`, only routes in IATA codes are read.
    """
    plain_title, plain_summary = plain_text(title, MAX_TITLE), plain_text(summary, MAX_SUMMARY)
    words = words_of(fold_text(f"{plain_title} {plain_summary}"), language)
    head, body = _Part(plain_title, words), _Part(plain_summary, words)
    kind = _kind(head, body)
    if kind is None:
        kind = _kind_without_rule(head, find_place)
    terms = PromotionTerms(
        kind=kind,
        targeted=_has(head, body, "targeted") and not _has(head, body, "not_targeted"),
        expired=_is_expired(head),
    )
    if kind.is_promotion:
        _set_terms(terms, head, body, published, find_place)
    return terms


def _set_terms(
    terms: PromotionTerms, head: _Part, body: _Part, published: date, find_place: PlaceFinder | None
) -> None:
    """Set the terms of a promotion; those of the title count before those of the summary."""
    kind = terms.kind
    terms.programs, terms.banks = programs_and_banks(head.programs, kind)
    programs, banks = programs_and_banks(body.programs, kind)
    if kind is PromotionKind.TRANSFER_BONUS:
        terms.programs, terms.banks = terms.programs or programs, terms.banks or banks
    elif not terms.programs and not terms.banks:
        terms.programs, terms.banks = programs, banks
    terms.programs = resolve_family(terms.programs, body.programs)
    if percent := _percent(head, body, kind):
        terms.percent, terms.up_to, terms.bonus_or_discount = percent.value, percent.up_to, percent.meaning
    if kind is PromotionKind.BUY_MILES:
        terms.cents_per_mile = _lowest(head.cents) or _lowest(body.cents)
    if kind in _AWARDS:
        terms.miles_price = _miles_price(head) or _miles_price(body)
    terms.routes = find_routes(head.text, head.words, find_place) or find_routes(body.text, body.words, find_place)
    periods = _periods(head, body, terms, published)
    terms.book_from, terms.book_by = periods.book_from, periods.book_by
    terms.travel_from, terms.travel_until = periods.travel_from, periods.travel_until


def _kind(head: _Part, body: _Part) -> PromotionKind | None:
    """Return the kind by the title, or with the summary if no rule applies to the title alone; None if none does."""
    rules, patterns = head.words.rules, head.words.patterns
    kind = _first_kind(rules, head.marked)
    if not body.text:
        return kind
    beginning = " ".join(_SENTENCE.findall(body.marked)[:_FIRST_SENTENCES])
    if kind is None and _can_promote(head):
        single = (rule for rule in rules if rule.kind is not PromotionKind.ROUND_UP)
        kind = _first_kind(single, f"{head.marked} . {body.marked}")
    if kind is None and (head.programs or patterns["flags.miles"].search(head.folded)):
        kind = _first_kind((rule for rule in rules if rule.in_summary), beginning)
    if kind is PromotionKind.CASH_FARE_DEAL and "MONEY" not in head.marked:  # a sale, whose summary can say: of miles
        kind = _first_kind((rule for rule in rules if rule.in_summary), beginning) or kind
    if kind in (None, PromotionKind.OTHER) and patterns["flags.digest"].search(beginning):
        return PromotionKind.ROUND_UP
    if kind is PromotionKind.EARN_BONUS and patterns["flags.card_offer"].search(beginning):
        return PromotionKind.OTHER
    return kind


def _kind_without_rule(head: _Part, find_place: PlaceFinder | None) -> PromotionKind:
    """Return the kind of an announcement by the route and the price, or the program and the bonus, in its title."""
    is_no_fare = any(
        rule.unless and rule.unless.search(head.marked) for rule in head.words.rules if rule.name == _FARE_RULE
    )
    if "MONEY" in head.marked and not is_no_fare and find_routes(head.text, head.words, find_place):
        return PromotionKind.CASH_FARE_DEAL
    bare_bonus = head.words.patterns.get("flags.bare_bonus")
    return PromotionKind.BUY_MILES if bare_bonus and bare_bonus.search(head.marked) else PromotionKind.OTHER


def _first_kind(rules: Iterable[KindRule], text: str) -> PromotionKind | None:
    return next((rule.kind for rule in rules if rule.matches(text)), None)


def _can_promote(head: _Part) -> bool:
    """Return whether a title that no rule knows can still be that of a promotion, explained in the summary.

    A bank and a program can be enough: `Citi and Turkish: a first`.
    """
    kinds = {name.kind is PointsKind.BANK for name in head.programs}
    return len(kinds) > 1 or bool(kinds and head.words.patterns["flags.offer"].search(head.marked))


def _percent(head: _Part, body: _Part, kind: PromotionKind) -> numbers.Percentage | None:
    found = numbers.promotion_percent(head.percentages, kind)
    if found or kind is PromotionKind.CASH_FARE_DEAL:
        return found
    # Later sentences of a summary compare the promotion with others.
    for sentence in _SENTENCE.finditer(body.folded):
        inside = tuple(percent for percent in body.percentages if sentence.start() <= percent.start < sentence.end())
        if inside:
            return numbers.promotion_percent(inside, kind)
    return None


def _periods(head: _Part, body: _Part, terms: PromotionTerms, published: date) -> Periods:
    is_news = terms.kind is PromotionKind.DEVALUATION_NEWS
    earns = terms.kind is PromotionKind.EARN_BONUS
    in_title, in_summary = (
        find_periods(part.folded, part.words, published, is_promotion=not is_news, earns=earns, is_over=terms.expired)
        for part in (head, body)
    )
    return in_title if is_news else in_title.filled_from(in_summary)


def _has(head: _Part, body: _Part, flag: str) -> bool:
    pattern = head.words.patterns[f"flags.{flag}"]
    return bool(pattern.search(head.folded) or pattern.search(body.folded))


def _is_expired(head: _Part) -> bool:
    patterns = head.words.patterns
    return bool(patterns["flags.expired"].search(head.folded)) and not patterns["flags.not_expired"].search(head.folded)


def _lowest(amounts: tuple[numbers.Amount, ...]) -> Decimal | None:
    return min((amount.value for amount in amounts), default=None)


def _miles_price(part: _Part) -> int | None:
    found = part.miles or numbers.find_short_miles(part.folded)
    lowest = _lowest(found)
    return int(lowest) if lowest is not None else None
