"""Message content for promotions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import product

from awardspider.delivery.messages.content import LINK_RANK, Fact, Link, MessageContent, Part, Tone
from awardspider.delivery.messages.events import Promotion
from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.offers import watch_names
from awardspider.delivery.messages.text_limits import MAX_NAME_LENGTH, plain_text, safe_link
from awardspider.items import BonusOrDiscount, Confidence, PromotionKind
from awardspider.programs import DEFAULT_CURRENCY, ProgramCurrency, points_programs
from awardspider.search.city_names import city_name
from awardspider.search.promotion_states import promotion_day
from awardspider.search.transfer_partners import banks
from awardspider.values import capitalized

_POINTS = 1_000  # transferred, in the example of a transfer bonus
_MAX_EXAMPLES = 2
_MAX_SHORT_TITLE = 100  # leaves room for the terms in one SMS
_MAX_NAMES = 4
_MAX_COUNTED_DAYS = 7  # until the end

_MAX_EXCERPT_LINES = 12
_CHANGED = ("+", "-")


def promotion_content(
    event: Promotion, language: Language, now: datetime | None, zone: tzinfo | None
) -> MessageContent:
    """Return the content for a promotion."""
    return _PromotionMessage(event, language, now, zone).content()


def excerpt_lines(excerpt: str) -> tuple[str, ...]:
    """Return the lines of an excerpt that shows how a page has changed, or none for an excerpt of another kind."""
    lines = [line for line in excerpt.splitlines() if line.strip()]
    if not lines or not all(line.startswith((*_CHANGED, " ", "@", "…")) for line in lines):
        return ()
    if not any(line.startswith(_CHANGED) for line in lines):
        return ()
    shown = [plain_text(line) for line in lines[:_MAX_EXCERPT_LINES]]
    return (*shown, "…") if len(lines) > _MAX_EXCERPT_LINES else tuple(shown)


@dataclass(frozen=True, slots=True)
class _PromotionMessage:
    """The wording for one promotion."""

    event: Promotion
    language: Language
    now: datetime | None
    zone: tzinfo | None

    def content(self) -> MessageContent:
        event, phrase = self.event, self.language.phrase
        kind = phrase(f"promotion.{event.kind}")
        title = plain_text(event.headline)
        days_left = self._days_left()
        link = safe_link(event.link)
        meaning = capitalized(self._meaning())
        return MessageContent(
            tone=Tone.PROMOTION,
            title=phrase("title.promotion", kind=kind, title=title),
            kicker=kind,
            headline=title,
            date=capitalized(" · ".join(filter(None, (self._period(), days_left)))),
            price=capitalized(" · ".join(self._terms())),
            evidence=meaning,
            short_evidence=meaning,
            caution=capitalized(phrase("promotion.targeted")) if event.targeted else "",
            excerpt=excerpt_lines(event.excerpt),
            facts=tuple(self._facts()),
            program_and_age=" · ".join(filter(None, (capitalized(self._sources()), self._age()))),
            watch=self._watch(),
            seen=self.language.seen(event.seen_at, self.now, self.zone),
            link=Link(url=link, label=phrase("link.read_more")) if link else None,
            parts=tuple(self._parts(kind, days_left, link)),
        )

    def _terms(self) -> list[str]:
        """Return the percentage, the price of a bought mile and the price of the cheapest award, as far as known."""
        event, language = self.event, self.language
        currency = self._currency()
        cents, miles = event.cents_per_mile, event.miles_price
        return [
            *([self._percent(event.percent)] if event.percent is not None else []),
            *([language.cents_each(cents, "USD", currency)] if cents is not None else []),
            *([language.phrase("promotion.from_miles", miles=language.amount(miles, currency))] if miles else []),
        ]

    def _percent(self, percent: int) -> str:
        """Return text such as `up to 100% bonus`."""
        text = self._up_to(self.language.percent(percent))
        meaning = self._bonus_or_discount()
        return self.language.phrase(f"promotion.{meaning}", percent=text) if meaning else text

    def _bonus_or_discount(self) -> BonusOrDiscount | None:
        if self.event.kind is PromotionKind.TRANSFER_BONUS:
            return BonusOrDiscount.BONUS
        return self.event.bonus_or_discount

    def _up_to(self, text: str) -> str:
        return self.language.phrase("promotion.up_to", percent=text) if self.event.up_to else text

    def _meaning(self) -> str:
        """Return what the percentage means: the miles for transferred points, or the discount that a bonus is worth."""
        event, percent = self.event, self.event.percent
        if not percent:
            return ""
        if event.kind is PromotionKind.TRANSFER_BONUS:
            return "; ".join(self._examples(percent)[:_MAX_EXAMPLES])
        if event.kind is PromotionKind.BUY_MILES and event.bonus_or_discount is BonusOrDiscount.BONUS:
            discount = 100 * percent // (100 + percent)
            texts = [self._up_to(self.language.percent(each)) for each in (percent, discount)]
            return self.language.phrase("promotion.worth", bonus=texts[0], discount=texts[1])
        return ""

    def _examples(self, percent: int) -> list[str]:
        """Return an example for each bank and program with a known ratio, such as `1,000 points become 1,250 miles`."""
        found = []
        for bank, program in product(self.event.banks, self.event.programs):
            ratio = banks()[bank].ratios.get(program) if bank in banks() else None
            currency = _currency_or_none(program)
            if ratio is None or currency is None:
                continue
            miles = int(_POINTS * ratio * (100 + percent) / 100)
            values = {
                "points": self.language.price(_POINTS, banks()[bank].currency),
                "miles": self.language.price(miles, currency),
            }
            found.append(
                self.language.phrase(f"promotion.{'become_up_to' if self.event.up_to else 'become'}", **values)
            )
        return found

    def _currency(self) -> ProgramCurrency:
        """Return the currency of the program, or miles if there are several with different units."""
        found = {currency for key in self.event.programs if (currency := _currency_or_none(key))}
        units = {currency.unit for currency in found}
        return found.pop() if len(units) == 1 else DEFAULT_CURRENCY

    # ---- days ----------------------------------------------------------------------------------------------------

    def _period(self) -> str:
        """Return the last day, and the first day if it is not known that it is over."""
        event, phrase = self.event, self.language.phrase
        first, last = event.book_from, event.book_by
        if first and self.now and first <= promotion_day(self.now):
            first = None
        if first and last:
            return f"{self.language.day(first)} – {self.language.day(last)}"
        if first:
            return phrase("promotion.first_day", first=self.language.day(first))
        return phrase("promotion.last_day", last=self.language.day(last)) if last else phrase("promotion.no_end")

    def _days_left(self) -> str:
        """Return text such as `ends in 2 days`, or an empty string if the end is far away or not known."""
        if self.now is None or self.event.book_by is None:
            return ""
        today = promotion_day(self.now)
        if self.event.book_from and self.event.book_from > today:
            return ""
        days = (self.event.book_by - today).days
        if days < 0:
            return self.language.phrase("promotion.ended")
        if days < 2:
            return self.language.phrase("promotion.ends_tomorrow" if days else "promotion.ends_today")
        return self.language.count("promotion.ends_in", days) if days <= _MAX_COUNTED_DAYS else ""

    def _travel_days(self) -> str:
        first, last = self.event.travel_from, self.event.travel_until
        if first and last:
            return self.language.days(first, last)
        if first:
            return self.language.phrase("promotion.first_day", first=self.language.day(first))
        return self.language.phrase("promotion.last_day", last=self.language.day(last)) if last else ""

    def _published(self) -> str:
        published = self.event.published
        return self.language.day(published.astimezone(self.zone or UTC).date()) if published else ""

    # ---- names ---------------------------------------------------------------------------------------------------

    def _names(self, names: Sequence[str]) -> str:
        """Return the first names, and the number of the others."""
        shown = [plain_text(name, MAX_NAME_LENGTH) for name in names[:_MAX_NAMES]]
        if others := len(names) - len(shown):
            return f"{', '.join(shown)} {self.language.count('more', others)}"
        return self.language.join(shown)

    def _routes(self) -> str:
        return self._names([" → ".join(map(self._city, route.split("-", 1))) for route in self.event.routes])

    def _city(self, airport: str) -> str:
        name = city_name(airport)
        return f"{self.language.city(airport, name)} ({airport})" if name else airport

    def _sources(self) -> str:
        """Return the sources, and whether they confirm each other."""
        names, confidence = self.event.source_names, self.event.confidence
        text = self._names(names)
        if confidence is Confidence.VERIFIED:
            return self.language.count("promotion.verified", len(names), names=text)
        return self.language.phrase("promotion.likely", names=text) if confidence is Confidence.LIKELY else text

    def _age(self) -> str:
        """Return text such as `seen 2 hours ago`; empty in a text that is read much later."""
        if self.now is None:
            return ""
        return self.language.phrase("promotion.seen", when=self.language.ago(self.event.seen_at, self.now))

    def _watch(self) -> str:
        """Return the names of the watches with a label, for a list of promotions."""
        names = watch_names(self.event.watches)
        return f"{self.language.phrase('label.watch')}: {names}" if names else ""

    # ---- lists ---------------------------------------------------------------------------------------------------

    def _facts(self) -> list[Fact]:
        event = self.event
        facts = (
            ("banks", self._names(event.bank_names), 1),
            ("programs", self._names(event.program_names), 1),
            ("routes", self._routes(), 4),
            ("travel", self._travel_days(), 3),
            ("confidence", capitalized(self._sources()), 2),
            ("published", self._published(), 5),
            ("watch", watch_names(event.watches), 5),
        )
        label = self.language.phrase
        return [Fact(label=label(f"label.{name}"), text=text, rank=rank) for name, text, rank in facts if text]

    def _parts(self, kind: str, days_left: str, link: str | None) -> list[Part]:
        """Return the parts of a short text, without a percentage that the title contains."""
        event, phrase = self.event, self.language.phrase
        title, terms = plain_text(event.headline, _MAX_SHORT_TITLE), self._terms()
        if event.percent is not None and re.search(rf"(?<!\d){event.percent}\s?%", title):
            del terms[0]
        last = phrase("promotion.last_day", last=self.language.day_of_year(event.book_by)) if event.book_by else ""
        texts = (
            (f"{kind}: {title}", 0),
            (", ".join(terms), 1),
            (last, 2),
            (days_left, 4),
            (phrase("promotion.targeted") if event.targeted else "", 3),
            (self._meaning(), 5),
        )
        parts = [Part(text=text, rank=rank) for text, rank in texts if text]
        return [*parts, Part(text=link, rank=LINK_RANK, separator=" ")] if link else parts


def _currency_or_none(key: str) -> ProgramCurrency | None:
    program = points_programs().get(key)
    return program.currency if program else None
