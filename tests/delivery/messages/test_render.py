"""Messages in three languages: each snapshot was read word by word before it was kept, and none is made by a test.

A snapshot has the title, the short text and the long text of one event of tests/render_examples.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import orjson
import pytest
from msgspec import structs

from awardspider.delivery.messages.events import EVENTS as TYPES
from awardspider.delivery.messages.events import AnyEvent, Digest, OfferEvent, OfferMatched, body_of, read_event
from awardspider.delivery.messages.render import Form, render
from awardspider.delivery.messages.text_limits import sms_length, sms_room
from awardspider.items import Money
from tests.support.paths import ROOT, SNAPSHOTS
from tests.support.render_examples import (
    A_BONUS,
    EVENTS,
    FAILED,
    LOWEST,
    NEW_YORK,
    NOW,
    PAUSED,
    SEATS,
    SEEN,
    TOKYO,
    told,
)

RENDERED = SNAPSHOTS / "render"
LOCALES = ("en", "pt_BR", "es")


def snapshot(name: str, locale: str) -> list[str]:
    """Title, short and long text."""
    return (RENDERED / locale / f"{name}.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n-----\n")


def long(
    event: AnyEvent | OfferEvent, now: datetime | None = NOW, zone: ZoneInfo | None = None, limit: int | None = None
) -> str:
    return render(event, form="long", locale="en", now=now, zone=zone, limit=limit).body


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", EVENTS)
def test_a_message_is_worded_as_it_was_read(name: str, locale: str) -> None:
    short = render(EVENTS[name], form="short", locale=locale, now=NOW)
    whole = render(EVENTS[name], form="long", locale=locale, now=NOW)
    assert [short.title, short.body, whole.body] == snapshot(name, locale)
    assert short.title == whole.title


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_says_the_same_after_its_way_through_the_outbox(name: str) -> None:
    stored = read_event(orjson.loads(orjson.dumps(body_of(EVENTS[name]))))
    for form in Form:
        assert render(stored, form=form, locale="es", now=NOW) == render(EVENTS[name], form=form, locale="es", now=NOW)


def test_every_snapshot_is_of_an_example_and_every_type_has_one() -> None:
    for locale in LOCALES:
        assert {path.stem for path in (RENDERED / locale).iterdir()} == set(EVENTS)
    assert {type(event) for event in EVENTS.values()} == set(TYPES.values())


def test_the_manual_shows_messages_as_they_are() -> None:
    page = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")
    shown = {line for block in page.split("```text\n")[1:] for line in block.split("```")[0].splitlines()}
    real = {line for path in RENDERED.rglob("*.txt") for line in path.read_text(encoding="utf-8").splitlines()}
    assert len(shown) > 30
    assert shown - real <= {"", "…"}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", EVENTS)
def test_a_short_text_fits_one_sms(name: str, locale: str) -> None:
    body = render(EVENTS[name], form="short", locale=locale, now=NOW).body
    assert 0 < sms_length(body) <= sms_room(body, 160) == 160


# ---- age ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "words"),
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
def test_an_offer_says_how_old_it_is(age: timedelta, words: str) -> None:
    assert words in long(EVENTS["day"], now=SEEN + age).splitlines()


def test_without_a_clock_no_age_is_told() -> None:
    assert "Seen on Sun, Nov 22, 2026 at 14:05 UTC" in long(EVENTS["day"], now=None).splitlines()
    short = render(EVENTS["day"], form="short", locale="en").body
    assert short.endswith("seen Sun, Nov 22, 14:05 UTC")


@pytest.mark.parametrize(
    ("zone", "clock"),
    [
        ("America/Sao_Paulo", "11:05 UTC-3"),
        ("Asia/Kolkata", "19:35 UTC+5:30"),
        ("UTC", "14:05 UTC"),
    ],
)
def test_our_own_times_are_in_the_zone_of_the_reader(zone: str, clock: str) -> None:
    assert f"Seen 12 minutes ago at {clock}" in long(EVENTS["day"], zone=ZoneInfo(zone)).splitlines()


def test_times_of_flights_stay_local_whatever_the_zone_of_the_reader() -> None:
    there = long(EVENTS["matched"], zone=ZoneInfo("Asia/Tokyo"))
    assert "LAX 11:35 → HND 16:05 (+1 day)" in there
    assert "at 23:05 UTC+9" in there


# ---- what must not be said ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["short", "long", "markdown", "html", "page_part"])
def test_unknown_seats_are_no_number(form: str) -> None:
    body = render(told("offer.matched", NEW_YORK), form=form, locale="en", now=NOW).body
    assert "seats unknown" in body or "not told" in body
    assert "0 seats" not in body


@pytest.mark.parametrize("form", [form for form in Form if form is not Form.CARD])
def test_a_day_and_seats_are_never_passed_off_as_flights(form: Form) -> None:
    day = render(told("offer.matched", LOWEST), form=form, locale="en", now=NOW).body
    assert "lowest" in day
    seats = render(told("offer.matched", SEATS), form=form, locale="en", now=NOW).body
    assert "price not told" in seats.lower()
    assert "67,500 miles" in seats
    assert "chart" in seats


@pytest.mark.parametrize(
    ("cash", "taxes", "worth"),
    [
        (Money(Decimal("2905.60"), "USD"), Money(Decimal("5.60"), "USD"), "3.87 cents (USD) per mile"),
        (Money(Decimal("2905.60"), "USD"), Money(Decimal("30"), "BRL"), None),
        (Money(Decimal("2905.60"), "USD"), None, None),
        (Money(Decimal("5.60"), "USD"), Money(Decimal("5.60"), "USD"), None),
        (Money(Decimal("905610"), "JPY"), Money(Decimal("5610"), "JPY"), "¥12,000 per 1,000 miles"),
    ],
)
def test_a_mile_is_valued_only_in_one_currency_and_after_taxes(
    cash: Money, taxes: Money | None, worth: str | None
) -> None:
    offer = replace(TOKYO, cash_price=cash, taxes=taxes)
    line = next(line for line in long(told("offer.matched", offer)).splitlines() if line.startswith("Cash price"))
    assert line.endswith(f"seen at the same time; {worth}" if worth else "seen at the same time")


def test_a_price_that_did_not_fall_has_no_share() -> None:
    assert "Was: 60,000 miles when last told\n" in long(told("offer.dropped", TOKYO, 60_000))


# ---- less room ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["long", "markdown"])
@pytest.mark.parametrize("limit", [2000, 400, 250, 120, 60, 20, 1, 0])
@pytest.mark.parametrize("name", ["four-segments", "digest", "promotion", "run-failed", "long-cities"])
def test_a_limit_is_kept(name: str, limit: int, form: str) -> None:
    body = render(EVENTS[name], form=form, locale="pt_BR", now=NOW, limit=limit).body
    assert len(body) <= limit
    assert body or not limit


def test_what_matters_least_goes_first() -> None:
    whole = long(EVENTS["matched"])
    lean = long(EVENTS["matched"], limit=len(whole) - 1)
    assert "Boeing" not in lean
    assert "UA39 · LAX 11:35 → HND 16:05 (+1 day) · nonstop, 11 h 30 min" in lean
    leaner = long(EVENTS["matched"], limit=330)
    assert "Fare" not in leaner
    assert "Seats left: 2 seats" in leaner
    assert "https://www.united.com/" in leaner


def test_a_digest_with_less_room_counts_what_it_leaves_out() -> None:
    body = long(EVENTS["digest"], limit=700)
    assert "and 40 more" in body
    assert "1. Los Angeles" in body
    assert "3. " not in body


def test_a_digest_of_all_says_no_more() -> None:
    digest = EVENTS["digest"]
    assert isinstance(digest, Digest)
    only = long(Digest(id="d", created_at=NOW, watches="", offers=digest.offers[:1], more=0))
    assert only.startswith("1 award found\n")
    assert "more" not in only


def test_a_short_text_has_the_link_whole_or_not_at_all() -> None:
    event = told("offer.matched", TOKYO)
    assert "http" not in render(event, form="short", locale="en", now=NOW).body
    longer = render(event, form="short", locale="en", now=NOW, limit=400).body
    assert longer.endswith(" https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=HND&d=2027-03-10&px=1")


def test_a_short_text_of_other_letters_counts_them_as_an_sms_does() -> None:
    body = render(structs.replace(A_BONUS, title="マイル増量" * 40), form="short", locale="en", now=NOW).body
    assert "マイル" in body
    assert len(body) <= 70
    assert body.endswith("マ...")


def test_a_title_is_no_novel() -> None:
    title = render(structs.replace(PAUSED, reason="very " * 300), form="long", locale="en", now=NOW).title
    assert len(title) <= 120
    assert title.endswith("…")


# ---- other forms -------------------------------------------------------------------------------------------------


def test_markdown() -> None:
    assert render(EVENTS["matched"], form="markdown", locale="en", now=NOW).body == (
        "**Award found: Los Angeles (LAX) → Tokyo (HND)**\n\n"
        "Wed, Mar 10, 2027 · Business\n\n"
        "**75,000 miles + $5.60**, per traveler, one way\n\n"
        "Flights · nonstop, 11 h 30 min\n\n"
        "- UA39 · LAX 11:35 → HND 16:05 (+1 day) · Boeing 787-9\n\n"
        "* **Seats left:** 2 seats\n"
        "* **Fare:** Business Saver Award, booking code I, saver\n"
        "* **Cash price:** $2,905.60 for the same flights, seen at the same time; 3.87 cents (USD) per mile\n"
        "* **Program:** United MileagePlus\n"
        "* **Watch:** Business to Tokyo for two\n\n"
        "Seen 12 minutes ago at 14:05 UTC\n\n"
        "Times are local to each airport.\n\n"
        "[Book](https://www.united.com/en/us/fsr/choose-flights?f=LAX&t=HND&d=2027-03-10&px=1)"
    )


def test_the_data_of_a_card() -> None:
    rendered = render(EVENTS["four-segments"], form="card", locale="en", now=NOW)
    card = rendered.card
    assert card
    assert (card.tone, card.kicker, card.route) == ("cheaper", "Cheaper than before", "GRU → SYD")
    assert (card.date, card.cabin) == ("Sun, May 2, 2027", "Business")
    assert (card.price, card.price_note) == ("1,120,000 miles + R$412.30", "per traveler, one way")
    assert card.before == "1,300,000 miles when last told (13% less now)"
    assert card.caution == "Mixed cabin: part of the way is in another cabin."
    assert card.seats == "9 or more seats"
    assert card.flights == "AD4050 AC810 AC1041 QF8 · GRU 22:10 → SYD 09:10 (+3 days) · 3 stops, 46 h"
    assert card.program == "Air Canada Aeroplan, seen through seats.aero Partner API"
    assert card.seen == "Seen 12 minutes ago at 14:05 UTC"
    assert rendered.body == render(EVENTS["four-segments"], form="short", locale="en", now=NOW).body


def test_the_card_of_a_digest_has_a_line_for_each_offer() -> None:
    card = render(EVENTS["digest"], form="card", locale="es", now=NOW).card
    assert card
    assert len(card.entries) == 5
    assert card.entries[1] == "HND → JFK · jue, 1 abr 2027 · Primera clase · 110.000 millas + 5.610 JPY"
    assert card.more == "y 37 más"


def test_only_a_card_brings_a_card() -> None:
    assert render(EVENTS["matched"], form="html", locale="en").card is None


def test_a_day_across_the_date_line_can_arrive_before_it_left() -> None:
    event = told("offer.matched", TOKYO)
    assert isinstance(event, OfferMatched)
    event.segments = []
    event.arrives_at = datetime(2027, 3, 9, 23, 0, tzinfo=UTC)
    event.arrives_days_later = -1
    assert "HND 23:00 (−1 day)" in long(event)
    assert "HND 23:00 -1" in render(event, form="short", locale="en", now=NOW).body


def test_a_reason_that_has_no_phrase_is_told_as_it_is() -> None:
    assert "Reason: memusage_exceeded" in long(structs.replace(FAILED, reason="memusage_exceeded"))
