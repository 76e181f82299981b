"""Message content for offers and digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from awardspider.delivery.messages.content import LINK_RANK, Fact, Link, MessageContent, Part, Tone
from awardspider.delivery.messages.events import Digest, OfferDropped, OfferEvent
from awardspider.delivery.messages.language import Language, time_of_day
from awardspider.delivery.messages.text_limits import MAX_TITLE_LENGTH, plain_text, safe_link
from awardspider.delivery.messages.trips import trip_text, trip_total
from awardspider.items import AwardOfferItem, Detail, EventType, Money, Segment
from awardspider.programs import ProgramCurrency, all_programs, program_currency
from awardspider.storage.offers import OfferRow
from awardspider.values import elapsed

# Several programs report at most nine seats, so nine means nine or more.
_MAX_COUNTED_SEATS = 9

_MAX_NAME_LENGTH = 60  # for the name of a fare, an aircraft or a watch

_PHRASE_NAMES = {
    EventType.OFFER_MATCHED: "matched",
    EventType.OFFER_DROPPED: "dropped",
    EventType.OFFER_GONE: "gone",
}
_TONES = {
    EventType.OFFER_MATCHED: Tone.FOUND,
    EventType.OFFER_DROPPED: Tone.CHEAPER,
    EventType.OFFER_GONE: Tone.GONE,
}


def offer_content(event: OfferEvent, language: Language, now: datetime | None, zone: tzinfo | None) -> MessageContent:
    """Return the content for an offer that was found, became cheaper or is gone."""
    return _OfferMessage(event, event.offer, language, now, zone).content()


def digest_content(digest: Digest, language: Language, now: datetime | None, zone: tzinfo | None) -> MessageContent:
    """Return the content for a digest: its offers and the number of further offers."""
    messages = [_OfferMessage(offer, offer.offer, language, now, zone) for offer in digest.offers]
    entries = tuple(message.content() for message in messages)
    total = len(digest.offers) + digest.more
    watches = _watches(digest.watches)
    found = language.count("awards_found", total)
    priced = [(message.offer.miles, message) for message in messages if message.offer.miles is not None]
    lowest = min(priced, key=lambda entry: entry[0])[1].price() if priced else ""
    subject = language.phrase("digest.lowest_price", found=found, price=lowest) if lowest else found
    best = [
        Part(text=", ".join(part.text for part in entry.parts if not part.rank), rank=rank, separator="; ")
        for rank, entry in enumerate(entries, 1)
    ]
    return MessageContent(
        tone=Tone.FOUND,
        title=language.phrase("digest.title", found=subject, watches=watches) if watches else subject,
        kicker=subject,
        headline=watches,
        parts=(Part(text=found), *best),
        remark=language.phrase("offer.prices_per_traveler"),
        entries=entries,
        more=language.count("more", digest.more) if digest.more else "",
    )


def with_fewer_entries(content: MessageContent, digest: Digest, language: Language, count: int) -> MessageContent:
    """Return the content of a digest with its first `count` offers, and the number of the others."""
    others = len(digest.offers) + digest.more - count
    more = language.count("more", others) if others else ""
    return replace(content, entries=content.entries[:count], more=more)


@dataclass(frozen=True, slots=True)
class _OfferMessage:
    """The wording for one offer event."""

    event: OfferEvent
    offer: AwardOfferItem
    language: Language
    now: datetime | None
    zone: tzinfo | None

    def content(self) -> MessageContent:
        event, offer, phrase = self.event, self.offer, self.language.phrase
        name = _PHRASE_NAMES[event.event_type]
        route, day = f"{offer.origin} → {offer.destination}", self.language.day_of_year(offer.departure_date)
        cabin = phrase(f"cabin.{offer.cabin}")
        link = safe_link(offer.booking_link)
        label = phrase("link.check_again" if self._is_gone else "link.book")
        return MessageContent(
            tone=_TONES[event.event_type],
            title=self._title(name, route=route, date=day, cabin=cabin),
            kicker=phrase(f"event.{name}"),
            headline=" → ".join(
                (self._place(offer.origin, event.origin_city), self._place(offer.destination, event.destination_city))
            ),
            route=route,
            date=self.language.day(offer.departure_date),
            cabin=_capitalize(cabin),
            price=_capitalize(self.price()),
            price_note=phrase("offer.per_traveler") if offer.miles is not None else "",
            party_total=_capitalize(self._party_total()),
            previous_price=_capitalize(self._previous_price()),
            trip=_capitalize(self._trip()),
            caution=self._caution(),
            seats="" if self._is_gone else self._seats(),
            flights=" · ".join(filter(None, (self._flights(), self._times(), self._stops()))),
            segments_title=" · ".join(filter(None, (phrase("label.flights"), self._stops()))),
            segments=tuple(self._segments()),
            facts=tuple(self._facts()),
            remark=phrase("offer.local_times") if offer.segments else "",
            program=self._program(),
            seen=self._seen(),
            link=Link(url=link, label=label) if link else None,
            parts=tuple(self._parts(link)),
        )

    @property
    def _is_gone(self) -> bool:
        return self.event.event_type is EventType.OFFER_GONE

    @property
    def _is_unconfirmed(self) -> bool:
        """Return True for a stored offer that a calendar contradicts; only feeds contain such offers."""
        return isinstance(self.offer, OfferRow) and self.offer.unconfirmed_since is not None and not self._is_gone

    @property
    def _currency(self) -> ProgramCurrency:
        return program_currency(self.offer.program)

    def _title(self, name: str, **values: str) -> str:
        """Return the title with the price and, as far as they fit, a caveat and the seats."""
        details = [text for text in (self._short_caution(), "" if self._is_gone else self._seats()) if text]
        while True:
            price = ", ".join((self.price(), *details))
            title = self.language.phrase(f"title.{name}", price=price, **values)
            if len(title) <= MAX_TITLE_LENGTH or not details:
                return title
            details.pop()

    def _place(self, airport: str, city: str | None) -> str:
        return f"{plain_text(self.language.city(airport, city), _MAX_NAME_LENGTH)} ({airport})" if city else airport

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
            caution = phrase("offer.seats_only")
        else:
            caution = phrase("offer.day") if offer.detail is Detail.DAY else ""
        unconfirmed = phrase("offer.unconfirmed") if self._is_unconfirmed else ""
        return " ".join(filter(None, (unconfirmed, caution, phrase("offer.mixed") if offer.mixed_cabin else "")))

    def _cash(self) -> str:
        """Return the cash price of the same flights, and the value of a mile if the taxes are in the same currency."""
        offer = self.offer
        if not offer.cash_price:
            return ""
        cash, currency = offer.cash_price
        money = self.language.money(cash, currency)
        if not offer.miles or not offer.taxes or offer.taxes.currency != currency or cash <= offer.taxes.amount:
            return self.language.phrase("offer.cash", money=money)
        value = self.language.value(Money(cash - offer.taxes.amount, currency), offer.miles, self._currency)
        return self.language.phrase("offer.cash_with_value", money=money, value=value)

    # ---- flights -------------------------------------------------------------------------------------------------

    def _flights(self) -> str:
        return plain_text(self.offer.flights, _MAX_NAME_LENGTH)

    def _stops(self) -> str:
        offer = self.offer
        stops = ""
        if offer.stops is not None:
            stops = self.language.count("stops", offer.stops) if offer.stops else self.language.phrase("offer.nonstop")
        duration = "" if offer.duration_minutes is None else self.language.duration(offer.duration_minutes)
        return ", ".join(filter(None, (stops, duration)))

    def _times(self) -> str:
        """Return text such as `LAX 11:35 → HND 15:10 (+1 day)`."""
        segments = self.offer.segments
        return self._departure_and_arrival(segments[0], segments[-1], segments[0].departs_at.date()) if segments else ""

    def _departure_and_arrival(self, first: Segment, last: Segment, first_day: date) -> str:
        """Return the departure and arrival of one or more flights; days are counted from `first_day`."""
        departure = self._time_at(first.origin, first.departs_at, first_day)
        return f"{departure} → {self._time_at(last.destination, last.arrives_at, first_day)}"

    def _segments(self) -> list[str]:
        lines: list[str] = []
        previous: Segment | None = None
        for segment in self.offer.segments:
            if previous:
                lines.append(self._connection(previous, segment))
            lines.append(self._segment(segment, self.offer.segments[0].departs_at.date()))
            previous = segment
        return lines

    def _segment(self, segment: Segment, first_day: date) -> str:
        """Return the line for one flight; days are counted from `first_day`."""
        offer, phrase = self.offer, self.language.phrase
        carrier = segment.operating_carrier
        is_codeshare = carrier and carrier != segment.marketing_carrier
        words = (
            segment.flight,
            self._departure_and_arrival(segment, segment, first_day),
            self.language.count("stops", segment.stops) if segment.stops else "",
            plain_text(segment.aircraft or "", _MAX_NAME_LENGTH),
            phrase(f"cabin.{segment.cabin}") if segment.cabin and offer.mixed_cabin is not False else "",
            phrase("offer.operated_by", carrier=carrier) if carrier and is_codeshare else "",
        )
        return " · ".join(filter(None, words))

    def _connection(self, previous: Segment, segment: Segment) -> str:
        minutes = elapsed(previous.arrives_at, segment.departs_at) // timedelta(minutes=1)
        duration = self.language.duration(minutes)
        if previous.destination == segment.origin:
            return self.language.phrase("offer.connection", duration=duration, airport=segment.origin)
        airports = {"arrival": previous.destination, "departure": segment.origin}
        return self.language.phrase("offer.airport_change", duration=duration, **airports)

    def _time_at(self, airport: str, local: datetime, first_day: date) -> str:
        """Return airport and local time, with the number of days since `first_day` unless it is the same day."""
        days = (local.date() - first_day).days
        later = self.language.count("days_later" if days > 0 else "days_earlier", abs(days)) if days else ""
        return f"{airport} {local:%H:%M}" + (f" ({later})" if later else "")

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
            ("chart", phrase("offer.chart_price", miles=self._amount(chart)) if chart is not None else "", 2),
            ("taxes", unknown if found and offer.miles is not None and offer.taxes is None else "", 4),
            ("fare", self._fare() if found else "", 6),
            ("cash", self._cash() if found else "", 4),
            ("party", self.language.count("travelers", offer.travelers) if is_unpriced_party else "", 5),
            ("program", self._program(), 2),
            ("watch", _watches(self.event.watches), 5),
        )
        return [Fact(label=phrase(f"label.{name}"), text=text, rank=rank) for name, text, rank in facts if text]

    def _sale(self) -> str:
        offer = self.offer
        if offer.regular_miles is not None:
            return self.language.phrase("offer.regular_price", miles=self._amount(offer.regular_miles))
        return self.language.phrase("offer.on_sale") if offer.on_sale else ""

    def _fare(self) -> str:
        offer, phrase = self.offer, self.language.phrase
        code = plain_text(offer.booking_code or "", _MAX_NAME_LENGTH)
        words = (
            plain_text(offer.fare_name or "", _MAX_NAME_LENGTH),
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

    def _seen(self) -> str:
        return self.language.seen(self.offer.seen_at, self.now, self.zone, last=self._is_gone)

    def _parts(self, link: str | None) -> list[Part]:
        """Return the parts of the short text. Route, date, cabin and price always stay; the link is dropped first."""
        offer, phrase = self.offer, self.language.phrase
        day, cabin = self.language.day_of_year(offer.departure_date), phrase(f"cabin.{offer.cabin}")
        name, found = _PHRASE_NAMES[self.event.event_type], not self._is_gone
        chart = phrase("short.chart", miles=self._amount(offer.chart_miles)) if offer.chart_miles else ""
        previous = self._previous_miles
        per_traveler = phrase("short.per_traveler") if offer.miles is not None else ""
        parts = (
            (phrase(f"short.{name}", route=f"{offer.origin}-{offer.destination}", date=day, cabin=cabin), 0),
            (self.price(), 0),
            (per_traveler, 1),
            *self._short_trip(),
            (self._party_total(), 3),
            ("" if previous is None else phrase("short.previously", miles=self._amount(previous)), 2),
            (self._short_caution(), 0),
            (chart, 2),
            (self._seats() if found else "", 1),
            (phrase("short.sale") if found and self._sale() else "", 4),
            (phrase("short.mixed") if offer.mixed_cabin and found else "", 2),
            (self._short_times(), 4),
            (self._flights(), 5),
            (self._stops(), 6),
            (plain_text(self.event.program_name), 3),
            (phrase("short.seen" if found else "short.seen_last", when=self._short_seen()), 3),
            (link or "", LINK_RANK),
        )
        unseparated = (per_traveler, link)
        return [
            Part(text=text, rank=rank, separator=" " if text in unseparated else ", ") for text, rank in parts if text
        ]

    def _short_times(self) -> str:
        """Return text such as `LAX 11:35-HND 16:05 +1`."""
        segments = self.offer.segments
        if not segments:
            return ""
        first, last = segments[0], segments[-1]
        days = f" {self.event.arrives_days_later:+d}" if self.event.arrives_days_later else ""
        return f"{first.origin} {first.departs_at:%H:%M}-{last.destination} {last.arrives_at:%H:%M}{days}"

    def _short_caution(self) -> str:
        offer = self.offer
        if self._is_unconfirmed:
            return self.language.phrase("short.unconfirmed")
        return self.language.phrase("short.day") if offer.detail is Detail.DAY and offer.miles is not None else ""

    def _short_seen(self) -> str:
        """Return the time when the offer was seen, preceded by the date unless it is today."""
        local = self.offer.seen_at.astimezone(self.zone or UTC)
        if self.now and local.date() == self.now.astimezone(local.tzinfo).date():
            return time_of_day(local)
        return f"{self.language.day_of_year(local.date())}, {time_of_day(local)}"


def _watches(watches: Sequence[str]) -> str:
    return "; ".join(plain_text(name, _MAX_NAME_LENGTH) for name in watches)


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]
