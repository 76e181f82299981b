"""Deals in messages: class, evidence, costs in points, cash fares, unconfirmed offers and what is over."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from msgspec import structs

from awardspider.delivery.messages.digests import digest_content
from awardspider.delivery.messages.events import Digest, DigestKind, OfferEvent
from awardspider.delivery.messages.evidence import evidence_text, short_evidence_text
from awardspider.delivery.messages.language import get_language
from awardspider.delivery.messages.payloads import event_payload
from awardspider.delivery.messages.points import best_points_text, points_summary, points_text
from awardspider.delivery.messages.render import Form, message_content, render
from awardspider.delivery.messages.text_limits import sms_capacity, sms_length
from awardspider.items import Cabin, Detail, EventType, Money
from awardspider.search.judgments import BaselineScope, CashFare, DealClass, Judgment
from awardspider.search.points_cost import PointsCost
from tests.support.render_examples import (
    AMEX,
    CAPITAL_ONE,
    CHASE,
    DAY_PRICE,
    EVENTS,
    NOW,
    ON_SALE,
    SEATS,
    SEEN,
    TOKYO,
    TOKYO_FOR_TWO,
    make_judgment,
    make_offer_event,
)

EN, PT, ES = LANGUAGES = tuple(get_language(name) for name in ("en", "pt_BR", "es"))
LOCALES = ("en", "pt_BR", "es")


def judge(deal_class: DealClass, median: int = 125_000, **fields: Any) -> Judgment:
    return make_judgment(deal_class, TOKYO.miles, median, **fields)


def make_event(offer: Any = TOKYO, event_type: EventType = EventType.OFFER_MATCHED, **values: Any) -> OfferEvent:
    return make_offer_event(event_type, offer, **values)


def long(event: Any, locale: str = "en", limit: int | None = None) -> str:
    return render(event, form=Form.LONG, locale=locale, now=NOW, limit=limit).body


def short(event: Any, locale: str = "en") -> str:
    return render(event, form=Form.SHORT, locale=locale, now=NOW).body


# ---- evidence ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("judgment", "text"),
    [
        (
            judge(DealClass.RECORD_LOW, lowest=80_000),
            (
                "Record low since Sep 1, 2026 (previous low: 80,000 miles); "
                "40% below the 90-day median of 125,000 miles (61 searches)"
            ),
        ),
        (
            judge(DealClass.EXCEPTIONAL, lowest_since=date(2026, 9, 14)),
            "Exceptional price: 40% below the 90-day median of 125,000 miles (61 searches); lowest since Sep 14, 2026",
        ),
        (
            judge(DealClass.EXCEPTIONAL, lowest=76_000),
            "Exceptional price: 40% below the 90-day median of 125,000 miles (61 searches); lowest since Sep 1, 2026",
        ),
        (
            judge(DealClass.EXCEPTIONAL, lowest=76_000, scope=BaselineScope.REVERSE_ROUTE),
            (  # the first search of the opposite direction says nothing about this one
                "Exceptional price: 40% below the 90-day median of 125,000 miles (61 searches), "
                "compared with the opposite direction"
            ),
        ),
        (
            judge(DealClass.GOOD, lowest=70_000, searches=1),
            "Good price: 40% below the 90-day median of 125,000 miles (1 search)",
        ),
        (
            judge(DealClass.GOOD, lowest_since=SEEN.date() - timedelta(days=6)),
            "Good price: 40% below the 90-day median of 125,000 miles (61 searches)",
        ),
        (judge(DealClass.USUAL, 60_000), "Usual price: 25% above the 90-day median of 60,000 miles (61 searches)"),
        (judge(DealClass.USUAL, 75_000), "Usual price: same as the 90-day median of 75,000 miles (61 searches)"),
        (judge(DealClass.UNKNOWN, 0), "Too little price history to compare."),
        (None, ""),
    ],
)
def test_evidence_is_one_sentence(judgment: Judgment | None, text: str) -> None:
    assert evidence_text(TOKYO, judgment, EN) == text


@pytest.mark.parametrize(
    ("route", "scope", "text"),
    [
        ("LAX-HND", BaselineScope.ROUTE, ""),
        ("LAX-HND", BaselineScope.REVERSE_ROUTE, ", compared with the opposite direction"),
        (
            "LAX-HND",
            BaselineScope.REGION_PAIR,
            ", compared with similar routes between North America and East Asia",
        ),
        ("LAX-JFK", BaselineScope.REGION_PAIR, ", compared with similar routes in the same region"),
        (
            "LAX-SJU",
            BaselineScope.REGION_PAIR,
            ", compared with similar routes between North America and the Caribbean",
        ),
        ("LAX-XXX", BaselineScope.REGION_PAIR, ", compared with similar routes in the same region"),
        ("LAX-HND", BaselineScope.DISTANCE_BAND, ", compared with routes of similar length"),
    ],
)
def test_evidence_names_a_wider_scope(route: str, scope: BaselineScope, text: str) -> None:
    origin, destination = route.split("-")
    offer = replace(TOKYO, origin=origin, destination=destination)
    judgment = judge(DealClass.GOOD, lowest=70_000, scope=scope)
    expected = f"Good price: 40% below the 90-day median of 125,000 miles (61 searches){text}"
    assert evidence_text(offer, judgment, EN) == expected


@pytest.mark.parametrize(
    ("deal_class", "portuguese", "spanish"),
    [
        (
            DealClass.RECORD_LOW,
            "Menor preço histórico (dados desde 1 de set. de 2026; mínima anterior: 87.500 milhas)",
            "Mínimo histórico (datos desde el 1 sept 2026; mínimo anterior: 87.500 millas)",
        ),
        (
            DealClass.EXCEPTIONAL,
            "Preço excepcional: 40% abaixo da mediana de 125.000 milhas",
            "Precio excepcional: 40 % por debajo de la mediana de 125.000 millas",
        ),
        (
            DealClass.GOOD,
            "Bom preço: 40% abaixo da mediana de 125.000 milhas",
            "Buen precio: 40 % por debajo de la mediana de 125.000 millas",
        ),
        (DealClass.USUAL, "", ""),
        (DealClass.UNKNOWN, "", ""),
    ],
)
def test_lists_have_a_short_evidence_of_deals_only(deal_class: DealClass, portuguese: str, spanish: str) -> None:
    judgment = judge(deal_class)
    assert short_evidence_text(TOKYO, judgment, PT) == portuguese
    assert short_evidence_text(TOKYO, judgment, ES) == spanish


def test_prices_are_in_the_currency_of_the_program() -> None:
    offer = replace(TOKYO, program="aeroplan", source="aeroplan")
    assert "125,000 points" in evidence_text(offer, judge(DealClass.GOOD), EN)
    avios = replace(TOKYO, program="qatar", source="qatar")
    assert "125.000 Avios" in evidence_text(avios, judge(DealClass.GOOD), PT)


COMBINATIONS = list(product(DealClass, BaselineScope, LOCALES))


@pytest.mark.parametrize(("deal_class", "scope", "locale"), COMBINATIONS)
def test_every_class_and_scope_renders_in_every_form(deal_class: DealClass, scope: BaselineScope, locale: str) -> None:
    event = make_event(TOKYO_FOR_TWO, judgment=judge(deal_class, scope=scope), in_points=[AMEX, CHASE])
    digest = Digest(id="d", created_at=NOW, kind=DigestKind.CRAWL, watches=["W"], watch_ids=[], offers=[event], more=2)  # type: ignore[list-item]
    for example, form in product((event, digest), Form):
        rendered = render(example, form=form, locale=locale, now=NOW)
        for text in (rendered.title, rendered.body):
            assert "{" not in text.replace("@media", "") or form is Form.HTML
            assert not re.search(r"\bNone\b|[a-z]+_[a-z]+=None|%%|  ·|: ;|; ;", text)
    body = short(event, locale)
    assert sms_length(body) <= sms_capacity(body, 160)
    label = evidence_text(event.offer, event.judgment, get_language(locale))
    assert label.partition(";")[0] in long(event, locale)


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("locale", LOCALES)
def test_no_message_contains_the_text_none(name: str, locale: str) -> None:
    for form in Form:
        rendered = render(EVENTS[name], form=form, locale=locale, now=NOW)
        assert "None" not in rendered.title + rendered.body
    payload = event_payload(EVENTS[name], locale=locale)
    assert "None" not in payload["title"] + payload["short"] + payload["long"]


# ---- labels ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "title", "kicker"),
    [
        (make_event(judgment=judge(DealClass.RECORD_LOW)), "Record low: LAX → HND", "Record low"),
        (make_event(judgment=judge(DealClass.USUAL)), "LAX → HND", "Award found"),
        (
            make_event(event_type=EventType.OFFER_DROPPED, previous_miles=90_000, judgment=judge(DealClass.GOOD)),
            "Price drop, good price: LAX → HND",
            "Price drop · Good price",
        ),
        (
            make_event(is_confirmed=False, judgment=judge(DealClass.EXCEPTIONAL)),
            "Not confirmed, exceptional price: LAX → HND",
            "Not confirmed · Exceptional price",
        ),
        (
            make_event(event_type=EventType.OFFER_GONE, judgment=judge(DealClass.RECORD_LOW)),
            "Gone: LAX → HND",
            "No longer available",
        ),
    ],
)
def test_titles_begin_with_the_class_of_a_deal(event: OfferEvent, title: str, kicker: str) -> None:
    assert render(event, form=Form.LONG, locale="en", now=NOW).title.startswith(title)
    assert long(event).splitlines()[0] == kicker
    assert short(event).startswith(title.replace(" → ", "-"))


def test_sms_keep_the_class_and_the_price() -> None:
    for locale in LOCALES:
        body = short(EVENTS["record-low"], locale)
        assert sms_length(body) <= sms_capacity(body, 160)
        assert "75,000" in body or "75.000" in body
        assert body.startswith(("Record low: ", "Menor preco historico: ", "Minimo historico: "))


def test_ready_short_texts_say_why_an_offer_is_a_deal() -> None:
    payload = event_payload(EVENTS["record-low"])
    assert "40% below the median of 125,000 miles" in payload["short"]
    assert len(payload["short"]) <= 280


def test_the_program_flags_stay_beside_the_class() -> None:
    event = make_event(ON_SALE, judgment=make_judgment(DealClass.EXCEPTIONAL, 1, 5_000))
    assert "Sale: regular price 7,500 miles" in long(event)
    assert "saver" in long(make_event(judgment=judge(DealClass.GOOD)))


# ---- unconfirmed offers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offer", "caution"),
    [
        (DAY_PRICE, "Not confirmed: lowest price of the day, flights not seen."),
        (SEATS, "Not confirmed: seats only, price and flights not seen."),
        (TOKYO, "Not confirmed: check price and flights before you transfer points."),
        (
            replace(DAY_PRICE, mixed_cabin=True),
            (
                "Not confirmed: lowest price of the day, flights not seen. "
                "Mixed cabin: part of the trip is in a lower cabin."
            ),
        ),
    ],
)
def test_unconfirmed_offers_are_labeled_first(offer: Any, caution: str) -> None:
    event = make_event(offer, is_confirmed=False)
    lines = long(event).splitlines()
    assert lines[0] == "Not confirmed"
    assert caution in lines
    assert render(event, form=Form.SHORT, locale="en", now=NOW).title.startswith("Not confirmed: ")


def test_a_day_price_of_a_source_without_flights_is_confirmed() -> None:
    assert "Not confirmed" not in long(make_event(DAY_PRICE))
    assert "Lowest price of the day in this cabin; flights unknown." in long(make_event(DAY_PRICE))


# ---- points and cash ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "english", "portuguese"),
    [
        (
            AMEX,
            "116,000 Membership Rewards points (30% bonus until Dec 31)",
            "116.000 pontos Membership Rewards (bônus de 30% até 31 de dez.)",
        ),
        (
            CAPITAL_ONE,
            "50,000 Capital One miles + 100,000 MileagePlus miles",
            "50.000 milhas Capital One + 100.000 milhas MileagePlus",
        ),
        (
            CHASE,
            "150,000 Ultimate Rewards points (a bonus of up to 40% until Dec 5 is not included)",
            "150.000 pontos Ultimate Rewards (sem contar um bônus de até 40%, válido até 5 de dez.)",
        ),
        (structs.replace(AMEX, bonus_until=None, points=1), "1 Membership Rewards point (30% bonus)", None),
        (
            structs.replace(AMEX, key="former", name="Former Bank", bonus_percent=None),
            "116,000 Former Bank points",
            None,
        ),
        (structs.replace(CHASE, key="united", name="United", up_to_percent=None), "150,000 MileagePlus miles", None),
    ],
)
def test_costs_in_points(cost: PointsCost, english: str, portuguese: str | None) -> None:
    assert points_text(cost, "united", EN) == english
    assert portuguese is None or points_text(cost, "united", PT) == portuguese


def test_only_points_that_suffice_are_shown_if_there_are_any() -> None:
    assert points_summary([AMEX, CAPITAL_ONE, CHASE], "united", EN).endswith(
        "or " + points_text(CAPITAL_ONE, "united", EN)
    )
    assert "Ultimate" not in points_summary([CHASE, AMEX], "united", EN)
    assert best_points_text([AMEX, CAPITAL_ONE], "united", EN) == points_text(AMEX, "united", EN)
    four = points_summary([AMEX] * 4, "united", EN)
    assert four.count("Membership") == 3


def test_a_note_says_if_no_points_suffice() -> None:
    assert (
        points_summary([CHASE], "united", EN) == f"you have 20,000 points, but need {points_text(CHASE, 'united', EN)}"
    )
    assert best_points_text([CHASE], "united", ES) == "saldo insuficiente"
    assert points_summary([], "united", EN) == best_points_text([], "united", EN) == ""


def test_webhooks_get_costs_in_points_as_texts() -> None:
    payload = event_payload(EVENTS["record-low"], locale="pt_BR")
    assert payload["in_points"][0] == "116.000 pontos Membership Rewards (bônus de 30% até 31 de dez.)"
    digest = event_payload(EVENTS["digest-first"])
    assert digest["offers"][0]["in_points"] == ["116,000 Membership Rewards points (30% bonus until Dec 31)"]


def cash_line(**values: Any) -> str:
    lines = long(make_event(**values)).splitlines()
    return next(line for line in lines if line.startswith("Cash price"))


def test_a_cash_fare_has_its_source_and_age() -> None:
    fare = CashFare(amount=Decimal("1890"), currency="BRL", source="smiles", seen_at=NOW - timedelta(hours=5))
    judgment = judge(DealClass.GOOD, cash_fare=fare, cents_per_point=Decimal("1"))
    line = cash_line(judgment=judgment)
    assert line == "Cash price: R$1,890.00 for the same flights (GOL Smiles, 5 hours ago); 1 cent (USD) per mile"
    same_search = structs.replace(fare, source="united", seen_at=TOKYO.seen_at)
    judgment = structs.replace(judgment, cash_fare=same_search, cents_per_point=None)
    assert cash_line(judgment=judgment) == "Cash price: R$1,890.00 for the same flights, from the same search"
    payload = event_payload(make_event(judgment=structs.replace(judgment, cash_fare=fare)))
    assert "(GOL Smiles, Sun, Nov 22, 2026, 09:17 UTC)" in payload["long"]


def test_without_a_judgment_the_cash_price_of_the_offer_is_shown() -> None:
    assert "3.87 cents (USD) per mile" in cash_line()
    assert "3.87 cents (USD) per mile" in cash_line(judgment=judge(DealClass.UNKNOWN, 0))


# ---- gone --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "title"),
    [
        (timedelta(hours=3, minutes=5), "Gone after 3 hours: "),
        (timedelta(seconds=20), "Gone after 1 minute: "),
        (timedelta(days=1), "Gone after 1 day: "),
        (None, "Gone: "),
        (timedelta(minutes=-1), "Gone: "),
    ],
)
def test_what_is_over_says_how_long_it_lasted(age: timedelta | None, title: str) -> None:
    event = make_event(event_type=EventType.OFFER_GONE, created_at=NOW, previous_at=None if age is None else NOW - age)
    assert render(event, form=Form.LONG, locale="en", now=NOW).title.startswith(f"{title}LAX → HND")
    assert short(event).startswith(f"{title}LAX-HND")


# ---- digests -----------------------------------------------------------------------------------------------------


def first_digest(**values: Any) -> Digest:
    digest = EVENTS["digest-first"]
    assert isinstance(digest, Digest)
    return structs.replace(digest, **values)


@pytest.mark.parametrize(
    ("kind", "english", "spanish"),
    [
        (DigestKind.CRAWL, "New awards", "Nuevos vuelos con millas"),
        (DigestKind.FIRST, "First results for this watch", "Primeros resultados de esta alerta"),
        (DigestKind.DAILY, "Daily digest", "Resumen del día"),
    ],
)
def test_the_first_line_of_a_digest_is_its_kind(kind: DigestKind, english: str, spanish: str) -> None:
    digest = first_digest(kind=kind)
    assert long(digest).splitlines()[0] == english
    assert long(digest, "es").splitlines()[0] == spanish
    assert long(digest).splitlines()[1:] == long(EVENTS["digest-first"]).splitlines()[1:]


def test_the_title_of_a_digest_has_the_watch_and_the_best_offer() -> None:
    title = render(first_digest(), form=Form.LONG, locale="en", now=NOW).title
    assert title == (
        "Business to Tokyo for two: 47 awards, best deal 75,000 MileagePlus miles + $5.60 (record low), "
        "lowest 42,500 miles"
    )
    portuguese = render(first_digest(), form=Form.LONG, locale="pt_BR", now=NOW).title
    assert portuguese.endswith("melhor oferta: 75.000 milhas MileagePlus, menor preço: 42.500 milhas"), (
        "without the label and the taxes, which do not fit"
    )
    unpriced = first_digest(offers=[make_event(SEATS)], more=1)
    assert render(unpriced, form=Form.LONG, locale="en", now=NOW).title == "Business to Tokyo for two: 2 awards"
    daily = render(first_digest(kind=DigestKind.DAILY), form=Form.LONG, locale="en", now=NOW).title
    assert daily.endswith("best deal 75,000 MileagePlus miles + $5.60 (record low)"), (
        "its lowest price may not be shown"
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_no_line_of_a_digest_repeats_its_title(locale: str) -> None:
    rendered = render(first_digest(), form=Form.LONG, locale=locale, now=NOW)
    found = rendered.title.split(": ", 1)[1]
    assert found not in rendered.body
    assert not any(line and line in found for line in rendered.body.splitlines()[:3])


def test_a_digest_with_one_entry_has_the_title_of_its_offer() -> None:
    entry = next(offer for offer in first_digest().offers if offer.dates)
    alone = first_digest(offers=[entry], more=0)
    single = render(entry, form=Form.LONG, locale="en", now=NOW)
    assert render(alone, form=Form.LONG, locale="en", now=NOW).title == single.title
    assert "Mar 13, 14, and 16" in single.title


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "16% below your limit of 90,000 miles"),
        ("pt_BR", "16% abaixo do seu limite de 90.000 milhas"),
        ("es", "16 % por debajo de tu límite de 90.000 millas"),
    ],
)
def test_an_offer_of_unknown_class_is_compared_with_the_limit_of_the_watch(locale: str, text: str) -> None:
    event = structs.replace(make_event(TOKYO), watch_max_miles=90_000)
    body = render(event, form=Form.LONG, locale=locale, now=NOW).body.replace("\u00a0", " ")
    assert text in body
    assert text in render(first_digest(offers=[event, event]), form=Form.LONG, locale=locale, now=NOW).body.replace(
        "\u00a0", " "
    )
    for limit in (None, 75_000, 70_000):
        other = render(structs.replace(event, watch_max_miles=limit), form=Form.LONG, locale="en", now=NOW).body
        assert "your limit" not in other
    judged = structs.replace(EVENTS["record-low"], watch_max_miles=900_000)
    assert "your limit" not in render(judged, form=Form.LONG, locale="en", now=NOW).body
    assert "your limit" not in event_payload(event)["long"], "a post is for others"


def test_offers_of_grouped_days_are_counted() -> None:
    digest = first_digest()
    assert len(digest.offers) == 10
    assert "The best of 47 awards" in long(first_digest()), "ten entries, two of them with three days, and 33 others"
    shorter = long(first_digest(), limit=2_000)
    shown = re.findall(r"^(\d+)\. ", shorter, re.MULTILINE)
    hidden = sum(len(offer.dates) or 1 for offer in digest.offers[len(shown) :])
    assert 0 < len(shown) < 9
    assert f"and {33 + hidden} more" in shorter


def test_grouped_days_are_shown_together() -> None:
    lines = long(first_digest()).splitlines()
    assert "   Mar 13, 14, and 16, 2027 · Business · 3 seats" in lines
    assert "   13, 14 e 16 de mar. de 2027 · Executiva · 3 assentos" in long(first_digest(), "pt_BR").splitlines()


@pytest.mark.parametrize("form", [Form.LONG, Form.MARKDOWN, Form.HTML, Form.HTML_FRAGMENT])
def test_every_form_of_a_digest_has_the_evidence_of_each_entry(form: Form) -> None:
    body = render(first_digest(), form=form, locale="en", now=NOW).body
    assert body.count("Good price: ") == 4
    assert body.count("Exceptional price: ") == 2
    for text in (
        "Record low since Sep 1, 2026",
        "In your points: 50,000 Capital One miles",
        "Not confirmed: lowest price of the day",
        "and 33 more",
    ):
        assert text in body


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("limit", [4_000, 2_000, 1_000, 300, 100])
def test_a_digest_of_ten_keeps_the_limit(locale: str, limit: int) -> None:
    body = long(first_digest(), locale, limit)
    assert len(body) <= limit
    assert body.startswith(("First", "Primeiros", "Primeros"))


def test_an_entry_of_a_digest_has_at_most_nine_lines() -> None:
    for entry in digest_content(first_digest(), EN, NOW, None).entries:
        assert 3 <= 2 + len(entry.details) + bool(entry.link) <= 9


def test_names_of_watches_are_escaped() -> None:
    digest = first_digest(watches=["<b>Tokyo</b> & *more*"])
    for form in (Form.HTML, Form.HTML_FRAGMENT):
        body = render(digest, form=form, locale="en", now=NOW).body
        assert "<b>" not in body
        assert "&lt;b&gt;Tokyo&lt;/b&gt; &amp; *more*" in body or form is Form.HTML_FRAGMENT
    markdown = render(digest, form=Form.MARKDOWN, locale="en", now=NOW).body
    assert "\\<b\\>Tokyo" in markdown
    assert "\\*more\\*" in markdown


def test_the_content_has_the_class() -> None:
    language = get_language("en")
    content = message_content(EVENTS["record-low"], language, NOW, None)
    assert content.label == content.kicker == "Record low"
    assert content.short_evidence == "Record low since Sep 1, 2026 (previous low: 80,000 miles)"
    assert content.best_in_points.startswith("In your points: 116,000 Membership")
    digest = message_content(first_digest(), language, NOW, None)
    assert (digest.entries[0].price, digest.entries[0].label) == ("75,000 MileagePlus miles + $5.60", "Record low")
    assert digest.lead == "The best of 47 awards"


def test_an_offer_without_a_price_has_no_evidence() -> None:
    event = make_event(
        replace(
            TOKYO, miles=None, taxes=None, detail=Detail.SEATS, cabin=Cabin.FIRST, cash_price=Money(Decimal(1), "USD")
        ),
        judgment=make_judgment(DealClass.UNKNOWN, None),
    )
    assert event.judgment is not None
    assert "price history" not in long(event)


def test_texts_for_publication_have_no_costs_in_the_points_of_the_owner() -> None:
    for name in ("record-low", "exceptional-drop", "digest-first"):
        payload = event_payload(EVENTS[name])
        texts = [payload[field] for field in ("title", "short", "long")]
        texts += [offer[field] for offer in payload.get("offers", []) for field in ("title", "short")]
        assert not any("points" in text or "Business to Tokyo" in text or "this watch" in text for text in texts)
    assert event_payload(EVENTS["exceptional-drop"])["in_points"] == [], "only points that suffice"


def test_short_pieces_of_a_line_are_not_wrapped_in_a_mail() -> None:
    body = render(first_digest(), form=Form.HTML, locale="en", now=NOW).body
    assert "Wed,\u00a0Mar\u00a010,\u00a02027 · Business · 2\u00a0seats" in body
    assert "UA39 · LAX 11:35 → HND 16:05 (+1 day) · nonstop, 11 h 30 min" in body.replace("\u00a0", " ")


def test_entries_name_their_watches_if_a_digest_has_several() -> None:
    lines = long(EVENTS["digest"]).splitlines()
    assert "   Watch: Business to Tokyo for two" in lines
    assert "   Watch: Tokyo, first class; Anything to New York" in lines
    assert "Watch: " not in long(first_digest())
    assert "Watch: " not in event_payload(EVENTS["digest"])["long"]
