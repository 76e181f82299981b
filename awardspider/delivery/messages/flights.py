"""The flights of an offer, in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.text_limits import MAX_NAME_LENGTH, plain_text
from awardspider.items import AwardOfferItem, Segment
from awardspider.values import elapsed


def stops_text(offer: AwardOfferItem, language: Language) -> str:
    """Return the number of stops and the duration, as far as they are known."""
    stops = ""
    if offer.stops is not None:
        stops = language.count("stops", offer.stops) if offer.stops else language.phrase("offer.nonstop")
    duration = "" if offer.duration_minutes is None else language.duration(offer.duration_minutes)
    return ", ".join(filter(None, (stops, duration)))


def times_text(offer: AwardOfferItem, language: Language) -> str:
    """Return text such as `LAX 11:35 → HND 15:10 (+1 day)`."""
    segments = offer.segments
    if not segments:
        return ""
    return _departure_and_arrival(segments[0], segments[-1], segments[0].departs_at.date(), language)


def short_times_text(offer: AwardOfferItem) -> str:
    """Return text such as `LAX 11:35-HND 16:05 +1`."""
    if not offer.segments:
        return ""
    first, last = offer.segments[0], offer.segments[-1]
    later = (last.arrives_at.date() - first.departs_at.date()).days
    days = f" {later:+d}" if later else ""
    return f"{first.origin} {first.departs_at:%H:%M}-{last.destination} {last.arrives_at:%H:%M}{days}"


def segment_lines(offer: AwardOfferItem, language: Language) -> list[str]:
    """Return a line for each flight and each connection."""
    lines: list[str] = []
    previous: Segment | None = None
    for segment in offer.segments:
        if previous:
            lines.append(_connection(previous, segment, language))
        lines.append(_segment(offer, segment, language))
        previous = segment
    return lines


def _segment(offer: AwardOfferItem, segment: Segment, language: Language) -> str:
    carrier, first_day = segment.operating_carrier, offer.segments[0].departs_at.date()
    is_codeshare = carrier and carrier != segment.marketing_carrier
    words = (
        segment.flight,
        _departure_and_arrival(segment, segment, first_day, language),
        language.count("stops", segment.stops) if segment.stops else "",
        plain_text(segment.aircraft or "", MAX_NAME_LENGTH),
        language.phrase(f"cabin.{segment.cabin}") if segment.cabin and offer.mixed_cabin is not False else "",
        language.phrase("offer.operated_by", carrier=carrier) if carrier and is_codeshare else "",
    )
    return " · ".join(filter(None, words))


def _connection(previous: Segment, segment: Segment, language: Language) -> str:
    duration = language.duration(elapsed(previous.arrives_at, segment.departs_at) // timedelta(minutes=1))
    if previous.destination == segment.origin:
        return language.phrase("offer.connection", duration=duration, airport=segment.origin)
    airports = {"arrival": previous.destination, "departure": segment.origin}
    return language.phrase("offer.airport_change", duration=duration, **airports)


def _departure_and_arrival(first: Segment, last: Segment, first_day: date, language: Language) -> str:
    """Return the departure and arrival of one or more flights; days are counted from `first_day`."""
    departure = _time_at(first.origin, first.departs_at, first_day, language)
    return f"{departure} → {_time_at(last.destination, last.arrives_at, first_day, language)}"


def _time_at(airport: str, local: datetime, first_day: date, language: Language) -> str:
    """Return airport and local time, with the number of days since `first_day` unless it is the same day."""
    days = (local.date() - first_day).days
    later = language.count("days_later" if days > 0 else "days_earlier", abs(days)) if days else ""
    return f"{airport} {local:%H:%M}" + (f" ({later})" if later else "")
