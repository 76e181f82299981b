"""What the events of offers say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from awardspider.delivery.messages.content import Fact, Link, Part, Told, Tone
from awardspider.delivery.messages.events import Digest, OfferDropped, OfferEvent
from awardspider.delivery.messages.language import Language, clock
from awardspider.delivery.messages.text_limits import plain, web_link
from awardspider.items import Detail, Segment
from awardspider.programs import all_programs

# Some programs count seats up to nine and say nine for all that is above.
_SEATS_OR_MORE = 9

_NAME = 60  # the most characters of a name: of a fare, an aircraft, a watch

_KINDS = {"offer.matched": "matched", "offer.dropped": "dropped", "offer.gone": "gone"}
_TONES = {"matched": Tone.FOUND, "dropped": Tone.CHEAPER, "gone": Tone.GONE}


def offer_told(offer: OfferEvent, language: Language, now: datetime | None, zone: tzinfo | None) -> Told:
    """An offer that was found, became cheaper or is gone."""
    return _Telling(offer, language, now, zone).told()


def digest_told(digest: Digest, language: Language, now: datetime | None, zone: tzinfo | None, most: int) -> Told:
    """The first `most` offers of a digest, and how many others there are."""
    entries = tuple(offer_told(offer, language, now, zone) for offer in digest.offers[:most])
    total, rest = len(digest.offers) + digest.more, len(digest.offers) + digest.more - len(entries)
    watches = _watches(digest.watches)
    key = "awards_found_for" if watches else "awards_found"
    more = language.count("more", rest) if rest else ""
    best = [
        Part(text=", ".join(part.text for part in entry.parts if not part.rank), rank=place + 1, joint="; ")
        for place, entry in enumerate(entries)
    ]
    return Told(
        tone=Tone.FOUND,
        title=language.count(key, total, watches=watches),
        kicker=language.count("awards_found", total),
        headline=watches,
        parts=(Part(text=language.count("awards_found", total)), *best),
        remark=language.say("offer.prices_each"),
        entries=entries,
        more=more,
    )


@dataclass(frozen=True, slots=True)
class _Telling:
    """One offer being told."""

    offer: OfferEvent
    language: Language
    now: datetime | None
    zone: tzinfo | None

    def told(self) -> Told:
        offer, say = self.offer, self.language.say
        kind = _KINDS[str(offer.__struct_config__.tag)]
        route, date_of_year = f"{offer.origin} → {offer.destination}", self.language.day_of_year(offer.departure_date)
        cabin = say(f"cabin.{offer.cabin}")
        price = self._price()
        title_price = ", ".join(filter(None, ("" if offer.miles else self._seats(), price, self._short_caution())))
        link = web_link(offer.booking_link)
        label = say("link.look_again" if kind == "gone" else "link.book")
        return Told(
            tone=_TONES[kind],
            title=say(f"title.{kind}", route=route, date=date_of_year, cabin=cabin, price=title_price),
            kicker=say(f"event.{kind}"),
            headline=f"{_place(offer.origin, offer.origin_city)} → {_place(offer.destination, offer.destination_city)}",
            route=route,
            date=self.language.day(offer.departure_date),
            cabin=_capital(cabin),
            price=_capital(price),
            price_note=say("offer.each") if offer.miles is not None else "",
            before=self._before(),
            caution=self._caution(),
            seats=self._seats() if kind != "gone" else "",
            way=" · ".join(filter(None, (self._flights(), self._times(), self._stops()))),
            legs_title=" · ".join(filter(None, (say("label.flights"), self._stops()))),
            legs=tuple(self._legs()),
            facts=tuple(self._facts(kind)),
            remark=say("offer.local_times") if offer.segments else "",
            program=self._program(),
            seen=self._seen(kind),
            link=Link(url=link, label=label) if link else None,
            parts=tuple(self._parts(kind, link)),
        )

    # ---- price and seats -----------------------------------------------------------------------------------------

    def _price(self) -> str:
        offer = self.offer
        if offer.miles is None:
            return self.language.say("offer.price_unknown")
        taxes = self._money(offer.taxes, offer.taxes_currency)
        return self.language.miles(offer.miles) + (f" + {taxes}" if taxes else "")

    def _before(self) -> str:
        """What it cost when it was last told, where it became cheaper."""
        offer = self.offer
        if not isinstance(offer, OfferDropped) or offer.previous_miles is None:
            return ""
        told = self.language.miles(offer.previous_miles)
        if offer.miles is None or not 0 < offer.miles < offer.previous_miles:
            return self.language.say("offer.told_before", miles=told)
        share = self.language.percent((offer.previous_miles - offer.miles) * 100 // offer.previous_miles)
        return self.language.say("offer.told_before_share", miles=told, percent=share)

    def _seats(self) -> str:
        seats = self.offer.seats
        if seats is None:
            return self.language.say("short.seats_unknown")
        if seats >= _SEATS_OR_MORE:
            return self.language.say("seats_or_more", n=str(seats))
        return self.language.count("seats", seats)

    def _caution(self) -> str:
        """What it must not be taken for: flights where it is a day's lowest price, all of it in the cabin where not."""
        offer, say = self.offer, self.language.say
        if offer.detail is Detail.SEATS or offer.miles is None:
            caution = say("offer.seats_only")
        else:
            caution = say("offer.day") if offer.detail is Detail.DAY else ""
        return " ".join(filter(None, (caution, say("offer.mixed") if offer.mixed_cabin else "")))

    def _money(self, amount: Decimal | None, currency: str | None) -> str:
        return "" if amount is None or currency is None else self.language.money(amount, currency)

    def _cash(self) -> str:
        """The cash price of the same flights, and what a mile is worth against it where the currency is the same."""
        offer = self.offer
        money = self._money(offer.cash_price, offer.cash_currency)
        if not money or offer.cash_price is None or offer.cash_currency is None:
            return ""
        saved = offer.cash_price - offer.taxes if offer.taxes is not None else None
        if not offer.miles or saved is None or saved <= 0 or offer.taxes_currency != offer.cash_currency:
            return self.language.say("offer.cash", money=money)
        worth = self.language.worth(saved, offer.cash_currency, offer.miles)
        return self.language.say("offer.cash_worth", money=money, worth=worth)

    # ---- flights -------------------------------------------------------------------------------------------------

    def _flights(self) -> str:
        return plain(self.offer.flights or "", _NAME)

    def _stops(self) -> str:
        offer = self.offer
        stops = ""
        if offer.stops is not None:
            stops = self.language.count("stops", offer.stops) if offer.stops else self.language.say("offer.nonstop")
        lasts = "" if offer.duration_minutes is None else self.language.duration(offer.duration_minutes)
        return ", ".join(filter(None, (stops, lasts)))

    def _times(self) -> str:
        """`LAX 11:35 → HND 15:10 (+1 day)`."""
        offer = self.offer
        if offer.departs_at is None or offer.arrives_at is None:
            return ""
        left = self._at(offer.origin, offer.departs_at, offer.departs_at.date())
        return f"{left} → {self._at(offer.destination, offer.arrives_at, offer.departs_at.date())}"

    def _legs(self) -> list[str]:
        legs: list[str] = []
        before: Segment | None = None
        for segment in self.offer.segments:
            if before:
                legs.append(self._connection(before, segment))
            legs.append(self._leg(segment, self.offer.segments[0].departs_at.date()))
            before = segment
        return legs

    def _leg(self, segment: Segment, first: date) -> str:
        """One flight; days are counted from the first departure."""
        offer, say = self.offer, self.language.say
        carrier = segment.operating_carrier
        stops = self.language.count("stops", segment.stops) if segment.stops else ""
        operated = say("offer.operated_by", carrier=carrier) if carrier and carrier != segment.marketing_carrier else ""
        left = self._at(segment.origin, segment.departs_at, first)
        told = (
            segment.flight,
            f"{left} → {self._at(segment.destination, segment.arrives_at, first)}",
            stops,
            plain(segment.aircraft or "", _NAME),
            say(f"cabin.{segment.cabin}") if segment.cabin and offer.mixed_cabin is not False else "",
            operated,
        )
        return " · ".join(filter(None, told))

    def _connection(self, before: Segment, after: Segment) -> str:
        lasts = self.language.duration(int((after.departs_at - before.arrives_at).total_seconds()) // 60)
        if before.destination == after.origin:
            return self.language.say("offer.connection", duration=lasts, airport=after.origin)
        airports = {"arrival": before.destination, "departure": after.origin}
        return self.language.say("offer.other_airport", duration=lasts, **airports)

    def _at(self, airport: str, local: datetime, first: date) -> str:
        """Airport and local time, with the midnights since the first departure."""
        days = (local.date() - first).days
        later = self.language.count("days_later" if days > 0 else "days_earlier", abs(days)) if days else ""
        return f"{airport} {local:%H:%M}" + (f" ({later})" if later else "")

    # ---- the rest ------------------------------------------------------------------------------------------------

    def _facts(self, kind: str) -> list[Fact]:
        offer, say = self.offer, self.language.say
        found = kind != "gone"
        chart = offer.chart_miles
        party = self.language.count("travelers", offer.travelers)
        facts = (
            ("was", self._before(), 1),
            ("sale", self._sale() if found else "", 3),
            ("seats", (say("offer.unknown") if offer.seats is None else self._seats()) if found else "", 1),
            ("chart", say("offer.in_chart", miles=self.language.miles(chart)) if chart is not None else "", 2),
            ("taxes", say("offer.unknown") if found and offer.miles is not None and offer.taxes is None else "", 4),
            ("fare", self._fare() if found else "", 6),
            ("cash", self._cash() if found else "", 4),
            ("party", party if offer.travelers > 1 else "", 5),
            ("program", self._program(), 2),
            ("watch", _watches(offer.watches), 5),
        )
        return [Fact(label=say(f"label.{name}"), text=text, rank=rank) for name, text, rank in facts if text]

    def _sale(self) -> str:
        offer = self.offer
        if offer.regular_miles is not None:
            return self.language.say("offer.struck_through", miles=self.language.miles(offer.regular_miles))
        return self.language.say("offer.on_sale") if offer.on_sale else ""

    def _fare(self) -> str:
        offer, say = self.offer, self.language.say
        code = plain(offer.booking_code or "", _NAME)
        told = (
            plain(offer.fare_name or "", _NAME),
            say("offer.booking_code", code=code) if code else "",
            say("offer.saver") if offer.saver else "",
        )
        return ", ".join(filter(None, told))

    def _program(self) -> str:
        offer = self.offer
        if offer.source == offer.program:
            return plain(offer.program_name)
        source = all_programs().get(offer.source)
        through = plain(source.name if source else offer.source)
        return self.language.say("offer.through", program=plain(offer.program_name), source=through)

    def _seen(self, kind: str) -> str:
        return self.language.seen("seen_last" if kind == "gone" else "seen", self.offer.seen_at, self.now, self.zone)

    def _parts(self, kind: str, link: str | None) -> list[Part]:
        """The short text: what it is about stays, what a traveler asks first goes last; the link is the first to go."""
        offer, say = self.offer, self.language.say
        route = f"{offer.origin}-{offer.destination}"
        date_of_year, cabin = self.language.day_of_year(offer.departure_date), say(f"cabin.{offer.cabin}")
        found = kind != "gone"
        chart = say("short.chart", miles=self.language.miles(offer.chart_miles)) if offer.chart_miles else ""
        was = ""
        if isinstance(offer, OfferDropped) and offer.previous_miles is not None:
            was = say("short.was", miles=self.language.miles(offer.previous_miles))
        parts = (
            (say(f"short.{kind}", route=route, date=date_of_year, cabin=cabin), 0),
            (self._price(), 0),
            (say("short.each") if offer.miles is not None else "", 1),
            (was, 2),
            (self._short_caution(), 0),
            (chart, 2),
            (self._seats() if found else "", 1),
            (say("short.sale") if found and self._sale() else "", 4),
            (say("short.mixed") if offer.mixed_cabin and found else "", 2),
            (self._short_times(), 4),
            (self._flights(), 5),
            (self._stops(), 6),
            (plain(offer.program_name), 3),
            (say("short.seen" if found else "short.seen_last", when=self._short_seen()), 3),
            (link or "", 9),
        )
        return [Part(text=text, rank=rank, joint=" " if text == link else ", ") for text, rank in parts if text]

    def _short_times(self) -> str:
        """`LAX 11:35-HND 16:05 +1`."""
        offer = self.offer
        if offer.departs_at is None or offer.arrives_at is None:
            return ""
        days = f" {offer.arrives_days_later:+d}" if offer.arrives_days_later else ""
        return f"{offer.origin} {offer.departs_at:%H:%M}-{offer.destination} {offer.arrives_at:%H:%M}{days}"

    def _short_caution(self) -> str:
        offer = self.offer
        return self.language.say("short.day") if offer.detail is Detail.DAY and offer.miles is not None else ""

    def _short_seen(self) -> str:
        """The time, and the day where it is not today."""
        local = self.offer.seen_at.astimezone(self.zone or UTC)
        if self.now and local.date() == self.now.astimezone(local.tzinfo).date():
            return clock(local)
        return f"{self.language.day_of_year(local.date())}, {clock(local)}"


def _place(airport: str, city: str | None) -> str:
    return f"{plain(city, _NAME)} ({airport})" if city else airport


def _watches(watches: str) -> str:
    return "; ".join(plain(name, _NAME) for name in watches.split("; ") if name.strip())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
