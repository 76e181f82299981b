"""Rendering in three languages, compared with snapshots that were written by hand and reviewed word by word.

A snapshot has the title, the short text and the long text of one event of tests/support/render_examples.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import orjson
import pytest
from msgspec import structs

from awardspider.delivery.messages.events import EVENTS as EVENT_CLASSES
from awardspider.delivery.messages.events import AnyEvent, Digest, OfferEvent, event_body, parse_event
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.render import Form, message_content, render
from awardspider.delivery.messages.text_limits import sms_capacity, sms_length
from awardspider.items import EventType, Money
from tests.support.paths import ROOT, SNAPSHOTS
from tests.support.promotion_events import BONUS
from tests.support.render_examples import (
    DAY_PRICE,
    EVENTS,
    FAILED,
    NEW_YORK,
    NOW,
    PAUSED,
    SEATS,
    SEEN,
    TOKYO,
    make_offer,
    make_offer_event,
    make_segment,
)

RENDERED = SNAPSHOTS / "render"
LOCALES = ("en", "pt_BR", "es")


def snapshot(name: str, locale: str) -> list[str]:
    """Return title, short and long text."""
    return (RENDERED / locale / f"{name}.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n-----\n")


def long(
    event: AnyEvent | OfferEvent, now: datetime | None = NOW, zone: ZoneInfo | None = None, limit: int | None = None
) -> str:
    return render(event, form=Form.LONG, locale="en", now=now, zone=zone, limit=limit).body


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", EVENTS)
def test_messages_match_the_snapshots(name: str, locale: str) -> None:
    short = render(EVENTS[name], form=Form.SHORT, locale=locale, now=NOW)
    long_form = render(EVENTS[name], form=Form.LONG, locale=locale, now=NOW)
    assert [short.title, short.body, long_form.body] == snapshot(name, locale)
    assert short.title == long_form.title


@pytest.mark.parametrize("name", EVENTS)
def test_stored_events_render_like_new_events(name: str) -> None:
    stored = parse_event(orjson.loads(orjson.dumps(event_body(EVENTS[name]))))
    for form in Form:
        assert render(stored, form=form, locale="es", now=NOW) == render(EVENTS[name], form=form, locale="es", now=NOW)


def test_every_snapshot_has_an_example_and_every_event_type_has_one() -> None:
    for locale in LOCALES:
        assert {path.stem for path in (RENDERED / locale).iterdir()} == set(EVENTS)
    assert {type(event) for event in EVENTS.values()} == set(EVENT_CLASSES.values())


def test_messages_in_the_manual_are_in_the_snapshots() -> None:
    page = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")
    documented = {line for block in page.split("```text\n")[1:] for line in block.split("```")[0].splitlines()}
    snapshots = {line for path in RENDERED.rglob("*.txt") for line in path.read_text(encoding="utf-8").splitlines()}
    assert len(documented) > 30
    assert documented - snapshots <= {"", "…"}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", EVENTS)
def test_short_texts_fit_one_sms(name: str, locale: str) -> None:
    body = render(EVENTS[name], form=Form.SHORT, locale=locale, now=NOW).body
    assert 0 < sms_length(body) <= sms_capacity(body, 160) == 160


# ---- age ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=-5), "Seen just now, at 14:05 UTC"),
        (timedelta(seconds=59), "Seen just now, at 14:05 UTC"),
        (timedelta(minutes=1), "Seen 1 minute ago at 14:05 UTC"),
        (timedelta(minutes=59), "Seen 59 minutes ago at 14:05 UTC"),
        (timedelta(hours=9), "Seen 9 hours ago at 14:05 UTC"),
        (timedelta(hours=23), "Seen 23 hours ago, on Sun, Nov 22, 2026 at 14:05 UTC"),
        (timedelta(days=3), "Seen 3 days ago, on Sun, Nov 22, 2026 at 14:05 UTC"),
    ],
)
def test_offers_show_their_age(age: timedelta, text: str) -> None:
    assert text in long(EVENTS["day"], now=SEEN + age).splitlines()


def test_no_age_without_the_current_time() -> None:
    assert "Seen on Sun, Nov 22, 2026 at 14:05 UTC" in long(EVENTS["day"], now=None).splitlines()
    short = render(EVENTS["day"], form=Form.SHORT, locale="en").body
    assert short.endswith("seen Sun, Nov 22, 14:05 UTC")


@pytest.mark.parametrize(
    ("zone", "clock"),
    [
        ("America/Sao_Paulo", "11:05 UTC-3"),
        ("Asia/Kolkata", "19:35 UTC+5:30"),
        ("UTC", "14:05 UTC"),
    ],
)
def test_times_are_in_the_zone_of_the_channel(zone: str, clock: str) -> None:
    assert f"Seen 12 minutes ago at {clock}" in long(EVENTS["day"], zone=ZoneInfo(zone)).splitlines()


def test_flight_times_stay_local_in_any_zone() -> None:
    text = long(EVENTS["matched"], zone=ZoneInfo("Asia/Tokyo"))
    assert "LAX 11:35 → HND 16:05 (+1 day)" in text
    assert "at 23:05 UTC+9" in text


# ---- unknown values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [Form.SHORT, Form.LONG, Form.MARKDOWN, Form.HTML, Form.HTML_FRAGMENT])
def test_unknown_seats_are_not_a_number(form: Form) -> None:
    body = render(make_offer_event(EventType.OFFER_MATCHED, NEW_YORK), form=form, locale="en", now=NOW).body
    assert "0 seats" not in body
    assert form is Form.SHORT or ("Seats left" in body and "unknown" in body)


def test_unknown_seats_are_left_out_of_titles_and_short_texts() -> None:
    event = make_offer_event(EventType.OFFER_MATCHED, NEW_YORK)
    for locale, word in (("en", "seat"), ("pt_BR", "assento"), ("es", "asiento")):
        rendered = render(event, form=Form.SHORT, locale=locale, now=NOW)
        assert word not in rendered.title + rendered.body


@pytest.mark.parametrize("form", Form)
def test_day_prices_and_seats_are_not_presented_as_flights(form: Form) -> None:
    day = render(make_offer_event(EventType.OFFER_MATCHED, DAY_PRICE), form=form, locale="en", now=NOW).body
    assert "lowest" in day.lower()
    seats = render(make_offer_event(EventType.OFFER_MATCHED, SEATS), form=form, locale="en", now=NOW).body
    assert "price unknown" in seats.lower()
    assert "67,500 points" in seats
    assert "award chart" in seats.lower()


@pytest.mark.parametrize(
    ("cash", "taxes", "value"),
    [
        (Money(Decimal("2905.60"), "USD"), Money(Decimal("5.60"), "USD"), "3.87 cents (USD) per mile"),
        (Money(Decimal("2905.60"), "USD"), Money(Decimal("30"), "BRL"), None),
        (Money(Decimal("2905.60"), "USD"), None, None),
        (Money(Decimal("5.60"), "USD"), Money(Decimal("5.60"), "USD"), None),
        (Money(Decimal("905610"), "JPY"), Money(Decimal("5610"), "JPY"), "¥12,000 per 1,000 miles"),
    ],
)
def test_the_value_of_a_mile_needs_one_currency_and_taxes(cash: Money, taxes: Money | None, value: str | None) -> None:
    offer = replace(TOKYO, cash_price=cash, taxes=taxes)
    line = next(
        line
        for line in long(make_offer_event(EventType.OFFER_MATCHED, offer)).splitlines()
        if line.startswith("Cash price")
    )
    assert line.endswith(f"from the same search; {value}" if value else "from the same search")


def test_a_price_that_did_not_drop_has_no_percentage() -> None:
    assert "Price change: previously 60,000 miles\n" in long(make_offer_event(EventType.OFFER_DROPPED, TOKYO, 60_000))


# ---- length limits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [Form.LONG, Form.MARKDOWN])
@pytest.mark.parametrize("limit", [2000, 400, 250, 120, 60, 20, 1, 0])
@pytest.mark.parametrize("name", ["four-segments", "digest", "promotion", "run-failed", "long-cities"])
def test_long_texts_keep_the_limit(name: str, limit: int, form: Form) -> None:
    body = render(EVENTS[name], form=form, locale="pt_BR", now=NOW, limit=limit).body
    assert len(body) <= limit
    assert body or not limit


def test_the_least_important_content_is_dropped_first() -> None:
    complete = long(EVENTS["matched"])
    shorter = long(EVENTS["matched"], limit=len(complete) - 1)
    assert "Boeing" not in shorter
    assert "UA39 · LAX 11:35 → HND 16:05 (+1 day) · nonstop, 11 h 30 min" in shorter
    shortest = long(EVENTS["matched"], limit=330)
    assert "Fare" not in shortest
    assert "Seats left: 2 seats" in shortest
    assert "https://www.united.com/" in shortest


def test_a_shortened_digest_counts_the_dropped_offers() -> None:
    body = long(EVENTS["digest"], limit=700)
    assert "and 41 more" in body
    assert "1. Los Angeles" in body
    assert "2. " not in body


def test_a_complete_digest_has_no_count_of_more_offers() -> None:
    digest = EVENTS["digest"]
    assert isinstance(digest, Digest)
    body = long(Digest(id="d", created_at=NOW, watches=[], watch_ids=[], offers=digest.offers[:1], more=0))
    assert body.startswith("Daily digest\n1 award, best 75,000 MileagePlus miles + $5.60\n")
    assert "more" not in body


def test_short_texts_never_truncate_a_link() -> None:
    event = make_offer_event(EventType.OFFER_MATCHED, TOKYO)
    assert "http" not in render(event, form=Form.SHORT, locale="en", now=NOW).body
    longer = render(event, form=Form.SHORT, locale="en", now=NOW, limit=400).body
    assert longer.endswith(" https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=HND&d=2027-03-10&px=1")


def test_short_texts_outside_the_sms_alphabet_are_shorter() -> None:
    body = render(structs.replace(BONUS, headline="マイル増量" * 40), form=Form.SHORT, locale="en", now=NOW).body
    assert "マイル" in body
    assert len(body) <= 70
    assert body.endswith("マ...")


def test_long_titles_are_truncated() -> None:
    title = render(structs.replace(PAUSED, reason="very " * 300), form=Form.LONG, locale="en", now=NOW).title
    assert len(title) <= 120
    assert title.endswith("…")


# ---- other forms -------------------------------------------------------------------------------------------------


def test_markdown() -> None:
    assert render(EVENTS["matched"], form=Form.MARKDOWN, locale="en", now=NOW).body == (
        "**Award found: Los Angeles (LAX) → Tokyo (HND)**\n\n"
        "Wed, Mar 10, 2027 · Business\n\n"
        "**75,000 MileagePlus miles + $5.60**, per traveler, one way\n\n"
        "Flights · nonstop, 11 h 30 min\n\n"
        "- UA39 · LAX 11:35 → HND 16:05 (+1 day) · Boeing 787-9\n\n"
        "* **Seats left:** 2 seats\n"
        "* **Fare:** Business Saver Award, booking code I, saver\n"
        "* **Cash price:** $2,905.60 for the same flights, from the same search; 3.87 cents (USD) per mile\n"
        "* **Program:** United MileagePlus\n"
        "* **Watch:** Business to Tokyo for two\n\n"
        "Seen 12 minutes ago at 14:05 UTC\n\n"
        "Times are local to each airport.\n\n"
        "[Book](https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=HND&d=2027-03-10&px=1)"
    )


def test_the_content_of_an_offer() -> None:
    content = message_content(EVENTS["four-segments"], get_language("en"), NOW, None)
    assert (content.tone, content.kicker, content.route) == ("cheaper", "Price drop", "GRU → SYD")
    assert (content.date, content.cabin) == ("Sun, May 2, 2027", "Business")
    assert (content.price, content.price_note) == ("1,120,000 Aeroplan points + R$412.30", "per traveler, one way")
    assert content.party_total == "At most 2,240,000 points + R$824.60 for 2 travelers"
    assert content.previous_price == "Previously 1,300,000 points (13% less now)"
    assert content.caution == "Mixed cabin: part of the trip is in a lower cabin."
    assert content.seats == "9 or more seats"
    assert content.flights == "AD4050 AC810 AC1041 QF8 · GRU 22:10 → SYD 09:10 (+3 days) · 3 stops, 46 h"
    assert content.program == "Air Canada Aeroplan via seats.aero Partner API"
    assert content.seen == "Seen 12 minutes ago at 14:05 UTC"


def test_a_flight_across_the_date_line_can_arrive_the_day_before() -> None:
    flight = make_segment("UA39", "HND-LAX", "2027-03-10 00:30", "2027-03-09 17:30")
    event = make_offer_event(EventType.OFFER_MATCHED, make_offer(flight))
    assert "LAX 17:30 (−1 day)" in long(event)
    assert "LAX 17:30 -1" in render(event, form=Form.SHORT, locale="en", now=NOW).body


def test_reasons_without_a_phrase_are_shown_unchanged() -> None:
    assert "Reason: closespider_timeout" in long(structs.replace(FAILED, reason="closespider_timeout"))
