"""Message content for offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from awardspider.delivery.messages.content import LINK_RANK, Fact, Link, MessageContent, Part, Tone
from awardspider.delivery.messages.events import OfferDropped, OfferEvent
from awardspider.delivery.messages.evidence import (
    deal_label,
    evidence_text,
    limit_text,
    short_comparison_text,
    short_evidence_text,
)
from awardspider.delivery.messages.flights import segment_lines, short_times_text, stops_text, times_text
from awardspider.delivery.messages.language import Language, time_of_day
from awardspider.delivery.messages.points import (
    best_points_text,
    points_summary,
    promotion_label,
    promotion_line,
    promotion_text,
    short_promotion_text,
)
from awardspider.delivery.messages.text_limits import MAX_NAME_LENGTH, MAX_TITLE_LENGTH, plain_text, safe_link
from awardspider.delivery.messages.trips import trip_text, trip_total
from awardspider.items import AwardOfferItem, Detail, EventType, Money, PromotionKind
from awardspider.programs import ProgramCurrency, all_programs, program_currency
from awardspider.search.judgments import CashFare, DealClass, Judgment
from awardspider.search.offer_promotions import OfferPromotion
from awardspider.storage.offers import OfferRow
from awardspider.values import capitalized

# Several programs report at most nine seats, so nine means nine or more.
_MAX_COUNTED_SEATS = 9


_TONES = {
    EventType.OFFER_MATCHED: Tone.FOUND,
    EventType.OFFER_DROPPED: Tone.CHEAPER,
    EventType.OFFER_GONE: Tone.GONE,
}


def offer_content(event: OfferEvent, language: Language, now: datetime | None, zone: tzinfo | None) -> MessageContent:
    """Return the content for an offer that was found, became cheaper or is gone."""
    judgment = None if event.event_type is EventType.OFFER_GONE else event.judgment
    return _OfferMessage(event, event.offer, judgment, language, now, zone).content()


@dataclass(frozen=True, slots=True)
class _OfferMessage:
    """The wording for one offer event."""

    event: OfferEvent
    offer: AwardOfferItem
    judgment: Judgment | None
    language: Language
    now: datetime | None
    zone: tzinfo | None

    def content(self) -> MessageContent:
        event, offer, phrase = self.event, self.offer, self.language.phrase
        route = f"{offer.origin} → {offer.destination}"
        cabin = phrase(f"cabin.{offer.cabin}")
        stops = stops_text(offer, self.language)
        link = safe_link(offer.booking_link)
        label = phrase("link.check_again" if self._is_gone else "link.book")
        return MessageContent(
            tone=_TONES[event.event_type],
            title=self._title(route=route, date=self._days(year=False), cabin=cabin),
            kicker=self._kicker(),
            headline=" → ".join(
                (self._place(offer.origin, event.origin_city), self._place(offer.destination, event.destination_city))
            ),
            route=route,
            date=self._days(year=True),
            cabin=capitalized(cabin),
            price=capitalized(self.price()),
            price_note=phrase("offer.per_traveler") if offer.miles is not None else "",
            party_total=capitalized(self._party_total()),
            previous_price=capitalized(self._previous_price()),
            trip=capitalized(self._trip()),
            label=deal_label(self.judgment, self.language),
            evidence=". ".join(filter(None, (self._limit(), evidence_text(offer, self.judgment, self.language)))),
            short_evidence=self._limit() or short_evidence_text(offer, self.judgment, self.language),
            value=self._value(),
            promotion=promotion_line(self._promotion, self.language) if self._promotion else "",
            best_in_points=self._best_in_points(),
            caution=self._caution(),
            seats="" if self._is_gone else self._seats(),
            flights=" · ".join(filter(None, (self._flights(), times_text(offer, self.language), stops))),
            segments_title=" · ".join(filter(None, (phrase("label.flights"), stops))),
            segments=tuple(segment_lines(offer, self.language)),
            facts=tuple(self._facts()),
            remark=phrase("offer.local_times") if offer.segments else "",
            program=self._program(),
            program_and_age=self._program_and_age(),
            watch=self._watch(),
            seen=self._seen(),
            link=Link(url=link, label=label) if link else None,
            parts=tuple(self._parts(link)),
        )

    @property
    def _is_gone(self) -> bool:
        return self.event.event_type is EventType.OFFER_GONE

    @property
    def _is_contradicted(self) -> bool:
        """Return True for a stored offer that a calendar contradicts; only feeds contain such offers."""
        return isinstance(self.offer, OfferRow) and self.offer.unconfirmed_since is not None and not self._is_gone

    @property
    def _is_unconfirmed(self) -> bool:
        return not self._is_gone and (self._is_contradicted or not self.event.is_confirmed)

    @property
    def _currency(self) -> ProgramCurrency:
        return program_currency(self.offer.program)

    def _limit(self) -> str:
        """Return how far the price is below the limit of the watch, if its class is not known."""
        if self._is_gone or (self.judgment and self.judgment.deal_class is not DealClass.UNKNOWN):
            return ""
        return limit_text(self.offer, self.event.watch_max_miles, self.language)

    def _kicker(self) -> str:
        """Return the kind of message: unconfirmed, the class of a deal, a price drop, or else what happened."""
        phrase, event = self.language.phrase, self.event
        if self._is_gone:
            return phrase("event.gone_after", time=self._alert_age) if self._alert_age else phrase("event.gone")
        label = deal_label(self.judgment, self.language)
        drop = phrase("event.dropped") if isinstance(event, OfferDropped) else ""
        unconfirmed = phrase("event.unconfirmed") if self._is_unconfirmed else ""
        return " · ".join(filter(None, (unconfirmed, self._new_bonus(), drop, label))) or phrase("event.matched")

    def _prefix(self) -> str:
        """Return the beginning of titles and short texts, such as `Price drop, record low: `."""
        phrase = self.language.phrase
        if self._is_gone:
            age = self._alert_age
            return (phrase("prefix.gone_after", time=age) if age else phrase("prefix.gone")) + ": "
        words = [
            phrase("event.unconfirmed") if self._is_unconfirmed else "",
            self._new_bonus(),
            phrase("event.dropped") if isinstance(self.event, OfferDropped) else "",
            deal_label(self.judgment, self.language),
        ]
        first, *rest = [*filter(None, words), ""]
        text = ", ".join(filter(None, (first, *(word.lower() for word in rest))))
        return f"{text}: " if text else ""

    @property
    def _alert_age(self) -> str:
        """The time from the alert to the event, such as `3 hours`, or an empty string if it is not known."""
        alerted_at, ended_at = self.event.previous_at, self.event.created_at
        return self.language.age(ended_at - alerted_at) if alerted_at and alerted_at <= ended_at else ""

    def _title(self, **values: str) -> str:
        """Return the title with the price and, as far as they fit, a caveat and the seats."""
        details = [text for text in (self._short_caution(), "" if self._is_gone else self._seats()) if text]
        while True:
            price = ", ".join((self.price(), *details))
            title = self._prefix() + self.language.phrase("title.offer", price=price, **values)
            if len(title) <= MAX_TITLE_LENGTH or not details:
                return title
            details.pop()

    def _days(self, *, year: bool) -> str:
        """Return the day of departure, or the days with the same flights and price."""
        return self.language.day_list(self.event.dates or [self.offer.departure_date], year=year)

    def _place(self, airport: str, city: str | None) -> str:
        return f"{plain_text(self.language.city(airport, city), MAX_NAME_LENGTH)} ({airport})" if city else airport

    # ---- price and seats -----------------------------------------------------------------------------------------

    def price(self) -> str:
        """Return the price for one traveler, with the name of the program's currency."""
        offer = self.offer
        if offer.miles is None:
            return self.language.phrase("offer.price_unknown")
        return self._with_taxes(self.language.price(offer.miles, self._currency), 1)

    def _party_total(self) -> str:
        """Return the most that all travelers of the search pay, or an empty string for one traveler.

        It can be a few miles or cents too high, because a share of a total that does not divide evenly is rounded up.
        """
        miles, travelers = self.offer.miles, self.offer.travelers
        if miles is None or travelers == 1:
            return ""
        total = self._with_taxes(self._amount(miles * travelers), travelers)
        return self.language.phrase(
            "offer.party_total", price=total, travelers=self.language.count("travelers", travelers)
        )

    def _with_taxes(self, price: str, travelers: int) -> str:
        taxes = self.offer.taxes
        return f"{price} + {self.language.money(taxes.amount * travelers, taxes.currency)}" if taxes else price

    def _amount(self, miles: int) -> str:
        """Return an amount without the name of the program."""
        return self.language.amount(miles, self._currency)

    @property
    def _previous_miles(self) -> int | None:
        return self.event.previous_miles if isinstance(self.event, OfferDropped) else None

    def _previous_price(self) -> str:
        """Return the price in the message before a price drop, with the percentage of the drop, or an empty string."""
        miles, previous = self.offer.miles, self._previous_miles
        if previous is None:
            return ""
        text = self._amount(previous)
        if miles is None or not 0 < miles < previous:
            return self.language.phrase("offer.previously", miles=text)
        percent = self.language.percent((previous - miles) * 100 // previous)
        return self.language.phrase("offer.previously_with_drop", miles=text, percent=percent)

    def _trip(self) -> str:
        """Return the other direction of a round trip, with the price of both, or an empty string."""
        trip = self.event.trip
        return trip_text(self.offer, trip, self.language) if trip else ""

    def _short_trip(self) -> list[tuple[str, int]]:
        """Return the parts of the short text about the other direction and the price of both, with their ranks."""
        trip, phrase = self.event.trip, self.language.phrase
        if trip is None:
            return []
        total = trip_total(self.offer, trip, self.language)
        day = self.language.day_of_year(trip.other_date)
        name = "short.trip_outbound" if trip.is_return else "short.trip_return"
        return [(phrase(name, date=day), 1), (phrase("short.trip_both", price=total) if total else "", 2)]

    def _seats(self) -> str:
        seats = self.offer.seats
        if seats is None:
            return ""
        if seats >= _MAX_COUNTED_SEATS:
            return self.language.phrase("seats_or_more", n=str(seats))
        return self.language.count("seats", seats)

    def _caution(self) -> str:
        """Return the caveats about the offer: unconfirmed, unknown flights, an unknown price, a mixed cabin."""
        offer, phrase = self.offer, self.language.phrase
        if offer.detail is Detail.SEATS or offer.miles is None:
            name = "seats_only"
        else:
            name = "day" if offer.detail is Detail.DAY else ""
        if self._is_unconfirmed and not self._is_contradicted:
            caution = phrase(f"unconfirmed.{name or 'flights'}")
        else:
            caution = phrase(f"offer.{name}") if name else ""
        contradicted = phrase("offer.unconfirmed") if self._is_contradicted else ""
        return " ".join(filter(None, (contradicted, caution, phrase("offer.mixed") if offer.mixed_cabin else "")))

    @property
    def _promotion(self) -> OfferPromotion | None:
        """The promotion that made the offer cheaper, if any."""
        return None if self._is_gone else self.event.promotion

    def _promotion_fact(self) -> list[tuple[str, str, int]]:
        promotion = self._promotion
        return [(promotion_label(promotion), promotion_text(promotion, self.language), 1)] if promotion else []

    def _new_bonus(self) -> str:
        """Return that a new transfer bonus made the match true, or an empty string."""
        is_bonus = self._promotion is not None and self._promotion.kind is PromotionKind.TRANSFER_BONUS
        return self.language.phrase("event.new_bonus") if is_bonus else ""

    def _best_in_points(self) -> str:
        """Return the best way to pay with the owner's points, with a label, or an empty string."""
        text = best_points_text(self.event.in_points, self.offer.program, self.language)
        return f"{self.language.phrase('label.in_points')}: {text}" if text else ""

    def _cash(self) -> str:
        """Return the cash price of the same flights, and the value of a mile if it is known.

        The judgment has the value in US cents; without it, the taxes must be in the currency of the cash price.
        """
        offer, language = self.offer, self.language
        if self.judgment and self.judgment.cash_fare and offer.miles:
            return self._judged_cash(self.judgment.cash_fare)
        if not offer.cash_price:
            return ""
        cash, currency = offer.cash_price
        money = language.phrase("offer.cash", money=language.money(cash, currency))
        if not offer.miles or not offer.taxes or offer.taxes.currency != currency or cash <= offer.taxes.amount:
            return money
        value = language.value(Money(cash - offer.taxes.amount, currency), offer.miles, self._currency)
        return f"{money}; {value}"

    def _judged_cash(self, fare: CashFare) -> str:
        """Return a cash fare with its source and age, and the value of a mile."""
        language, money = self.language, self.language.money(fare.amount, fare.currency)
        if (fare.source, fare.seen_at) == (self.offer.source, self.offer.seen_at):
            text = language.phrase("offer.cash", money=money)
        else:
            source = all_programs().get(fare.source)
            name = plain_text(source.name if source else fare.source, MAX_NAME_LENGTH)
            when = language.ago(fare.seen_at, self.now) if self.now else language.moment(fare.seen_at, self.zone)
            text = language.phrase("offer.cash_from", money=money, source=name, when=when)
        return "; ".join(filter(None, (text, self._value())))

    def _value(self) -> str:
        """Return the value of a mile in US cents, such as `1.51 cents (USD) per mile`, or an empty string."""
        cents = self.judgment.cents_per_point if self.judgment else None
        return "" if cents is None else self.language.cents_each(cents, "USD", self._currency)

    # ---- flights -------------------------------------------------------------------------------------------------

    def _flights(self) -> str:
        return plain_text(self.offer.flights, MAX_NAME_LENGTH)

    # ---- facts and the short text --------------------------------------------------------------------------------

    def _facts(self) -> list[Fact]:
        offer, phrase = self.offer, self.language.phrase
        found = not self._is_gone
        chart = offer.chart_miles
        unknown = phrase("offer.unknown")
        is_unpriced_party = offer.travelers > 1 and offer.miles is None
        facts = (
            ("trip", self._trip(), 1),
            ("price_change", self._previous_price(), 1),
            ("sale", self._sale() if found else "", 3),
            ("seats", (self._seats() or unknown) if found else "", 1),
            *self._promotion_fact(),
            ("in_points", points_summary(self.event.in_points, offer.program, self.language) if found else "", 1),
            ("chart", phrase("offer.chart_price", miles=self._amount(chart)) if chart is not None else "", 2),
            ("taxes", unknown if found and offer.miles is not None and offer.taxes is None else "", 4),
            ("fare", self._fare() if found else "", 6),
            ("cash", self._cash() if found else "", 4),
            ("party", self.language.count("travelers", offer.travelers) if is_unpriced_party else "", 5),
            ("program", self._program(), 2),
            ("watch", watch_names(self.event.watches), 5),
        )
        return [Fact(label=phrase(f"label.{name}"), text=text, rank=rank) for name, text, rank in facts if text]

    def _sale(self) -> str:
        offer = self.offer
        if offer.regular_miles is not None:
            return self.language.phrase("offer.regular_price", miles=self._amount(offer.regular_miles))
        return self.language.phrase("offer.on_sale") if offer.on_sale else ""

    def _fare(self) -> str:
        offer, phrase = self.offer, self.language.phrase
        code = plain_text(offer.booking_code or "", MAX_NAME_LENGTH)
        words = (
            plain_text(offer.fare_name or "", MAX_NAME_LENGTH),
            phrase("offer.booking_code", code=code) if code else "",
            phrase("offer.saver") if offer.saver else "",
        )
        return ", ".join(filter(None, words))

    def _program(self) -> str:
        offer = self.offer
        if offer.source == offer.program:
            return plain_text(self.event.program_name)
        source = all_programs().get(offer.source)
        source_name = plain_text(source.name if source else offer.source)
        return self.language.phrase("offer.through", program=plain_text(self.event.program_name), source=source_name)

    def _program_and_age(self) -> str:
        """Return text such as `United MileagePlus · seen 12 minutes ago`, for a list of offers."""
        age = self.language.ago(self.offer.seen_at, self.now) if self.now else self._short_seen()
        return " · ".join((self._program(), self.language.phrase("short.seen", when=age)))

    def _watch(self) -> str:
        """Return the names of the watches with a label, for a list of offers."""
        names = watch_names(self.event.watches)
        return f"{self.language.phrase('label.watch')}: {names}" if names else ""

    def _seen(self) -> str:
        return self.language.seen(self.offer.seen_at, self.now, self.zone, last=self._is_gone)

    def _parts(self, link: str | None) -> list[Part]:
        """Return the parts of the short text. Route, date, cabin and price always stay; the link is dropped first."""
        offer, phrase = self.offer, self.language.phrase
        day, cabin = self._days(year=False), phrase(f"cabin.{offer.cabin}")
        found = not self._is_gone
        chart = phrase("short.chart", miles=self._amount(offer.chart_miles)) if offer.chart_miles else ""
        previous = self._previous_miles
        per_traveler = phrase("short.per_traveler") if offer.miles is not None else ""
        parts = (
            (f"{self._prefix()}{offer.origin}-{offer.destination} {day}, {cabin}", 0),
            (self.price(), 0),
            (per_traveler, 1),
            *self._short_trip(),
            (self._party_total(), 3),
            (short_comparison_text(offer, self.judgment, self.language), 3),
            (short_promotion_text(self._promotion, self.language) if self._promotion else "", 1),
            ("" if previous is None else phrase("short.previously", miles=self._amount(previous)), 2),
            (self._short_caution(), 0),
            (chart, 2),
            (self._seats() if found else "", 1),
            (phrase("short.sale") if found and self._sale() else "", 4),
            (phrase("short.mixed") if offer.mixed_cabin and found else "", 2),
            (short_times_text(offer), 4),
            (self._flights(), 5),
            (stops_text(offer, self.language), 6),
            (plain_text(self.event.program_name), 3),
            (phrase("short.seen" if found else "short.seen_last", when=self._short_seen()), 3),
            (link or "", LINK_RANK),
        )
        unseparated = (per_traveler, link)
        return [
            Part(text=text, rank=rank, separator=" " if text in unseparated else ", ") for text, rank in parts if text
        ]

    def _short_caution(self) -> str:
        offer = self.offer
        return self.language.phrase("short.day") if offer.detail is Detail.DAY and offer.miles is not None else ""

    def _short_seen(self) -> str:
        """Return the time when the offer was seen, preceded by the date unless it is today."""
        local = self.offer.seen_at.astimezone(self.zone or UTC)
        if self.now and local.date() == self.now.astimezone(local.tzinfo).date():
            return time_of_day(local)
        return f"{self.language.day_of_year(local.date())}, {time_of_day(local)}"


def watch_names(watches: Sequence[str]) -> str:
    """Return the names of watches, safe to show."""
    return "; ".join(plain_text(name, MAX_NAME_LENGTH) for name in watches)
