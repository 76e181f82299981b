"""Departure dates as people write them."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.outcomes import InvalidArgument
from awardspider.search.dates import (
    DateRange,
    bookable,
    booking_window,
    month_of,
    parse_dates,
    read_dates,
    today_at,
)

TODAY = date(2026, 11, 22)
WINDOW = 337
LAST = date(2027, 10, 25)


def ranges(text: str) -> str:
    return " ".join(str(days) for days in parse_dates(text, TODAY, WINDOW).ranges)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-03-10", "2027-03-10"),
        ("2027-03", "2027-03-01..2027-03-31"),
        ("2027-02", "2027-02-01..2027-02-28"),
        ("2027-03-10..2027-04-20", "2027-03-10..2027-04-20"),
        (" 2027-03-10 .. 2027-04-20 ", "2027-03-10..2027-04-20"),
        ("2027-03..2027-05", "2027-03-01..2027-05-31"),
        ("2027-03-10..2027-05", "2027-03-10..2027-05-31"),
        ("2027-03-10..2027-03-10", "2027-03-10"),
        ("+0", "2026-11-22"),
        ("+30", "2026-12-22"),
        ("+30..+120", "2026-12-22..2027-03-22"),
        ("+337", "2027-10-25"),
        ("2027-06,2027-03-10", "2027-03-10 2027-06-01..2027-06-30"),
        ("2027-03,2027-04", "2027-03-01..2027-04-30"),
        ("2027-03-01..2027-03-20,2027-03-10..2027-03-15", "2027-03-01..2027-03-20"),
        ("2027-03-10,", "2027-03-10"),
    ],
)
def test_dates_are_read_put_in_order_and_joined(text: str, expected: str) -> None:
    parsed = parse_dates(text, TODAY, WINDOW)
    assert ranges(text) == expected
    assert parsed.note == ""


def test_a_leap_day_is_a_day_in_a_leap_year() -> None:
    parsed = parse_dates("2028-02-29", date(2027, 12, 1), WINDOW)
    assert parsed.ranges == (DateRange(date(2028, 2, 29), date(2028, 2, 29)),)
    assert parse_dates("2028-02", date(2027, 12, 1), WINDOW).ranges[0].last == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("text", "expected", "note"),
    [
        ("2026-11", "2026-11-22..2026-11-30", "2026-11 is cut to 2026-11-22..2026-11-30"),
        ("2027-10", "2027-10-01..2027-10-25", "2027-10 is cut to 2027-10-01..2027-10-25"),
        ("2020-01-01..2030-01-01", "2026-11-22..2027-10-25", "is cut to 2026-11-22..2027-10-25"),
        ("+300..+400", "2027-09-18..2027-10-25", "+300..+400 is cut to 2027-09-18..2027-10-25"),
        ("2027-10-25..2027-11", "2027-10-25", "2027-10-25..2027-11 is cut to 2027-10-25"),
    ],
)
def test_what_is_partly_outside_the_window_is_cut_and_said(text: str, expected: str, note: str) -> None:
    assert ranges(text) == expected
    assert note in parse_dates(text, TODAY, WINDOW).note


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-11-21", "2026-11-21 is in the past: bookable are 2026-11-22 to 2027-10-25"),
        ("2026-10", "2026-10 is in the past"),
        ("2027-03,2025-01", "2025-01 is in the past"),
        ("2027-10-26", "2027-10-26 is beyond the booking window, whose last day is 2027-10-25"),
        ("2027-03,2028-01", "2028-01 is beyond the booking window, whose last day is 2027-10-25"),
        ("+338", r"\+338 is beyond the booking window, whose last day is 2027-10-25"),
        ("9999-12", "9999-12 is beyond the booking window"),
        ("2027-02-29", "'2027-02-29' is not a date: that month has 28 days"),
        ("2027-04-31", "'2027-04-31' is not a date: that month has 30 days"),
        ("2027-03-00", "'2027-03-00' is not a date: that month has 31 days"),
        ("2027-13", "'2027-13' is not a date: there is no such month"),
        ("2027-00-10", "'2027-00-10' is not a date: there is no such month"),
        ("0000-01", "'0000-01' is not a date: there is no such month"),
        ("2027-04-20..2027-03-10", r"runs backwards: write 2027-03-10\.\.2027-04-20"),
        ("2027-05..2027-03", r"runs backwards: write 2027-03\.\.2027-05"),
        ("+120..+30", r"runs backwards: write \+30\.\.\+120"),
        ("2027-03..+200", "mixes a date with days from today"),
        ("", "dates are missing: write a day"),
        (" , ", "dates are missing: write a day"),
        ("spring", "'spring' is not a date: write a day"),
        ("03/10/2027", "'03/10/2027' is not a date"),
        ("2027-3-1", "'2027-3-1' is not a date"),
        ("2027", "'2027' is not a date"),
        ("-5", "'-5' is not a date"),
        ("+1000", r"'\+1000' is not a date"),
        ("2027-03..", r"'2027-03\.\.' is not a date"),
        ("2027-03...2027-04", "is not a date"),
        ("2027-03..2027-04..2027-05", "is not a date"),
        ("２０２７-03", "is not a date"),  # full-width digits, which a careless pattern takes
    ],
)
def test_what_cannot_be_asked_gets_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidArgument, match=sentence):
        parse_dates(text, TODAY, WINDOW)


def test_dates_of_a_kept_watch_that_are_over_or_too_early_are_simply_not_bookable() -> None:
    assert bookable(read_dates("2025-01,2029-01"), TODAY, WINDOW) == ()


def test_today_is_the_local_date_at_the_airport() -> None:
    now = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    assert today_at("LAX", now) == date(2026, 11, 21)
    assert today_at("NRT", now) == date(2026, 11, 22)
    assert today_at("AKL", datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) == date(2026, 11, 23)


def test_today_needs_an_aware_moment() -> None:
    with pytest.raises(ValueError, match="aware"):
        today_at("LAX", datetime(2026, 11, 22))  # noqa: DTZ001  the very thing that must be refused


# ---- properties --------------------------------------------------------------------------------------------------

inside = st.dates(TODAY, LAST)
months = inside.map(lambda day: day.strftime("%Y-%m"))
offsets = st.integers(0, WINDOW)


@st.composite
def written_ranges(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["day", "month", "range", "offsets"]))
    if kind == "day":
        return str(draw(inside))
    if kind == "month":
        return draw(months)
    if kind == "range":
        return "..".join(sorted([str(draw(inside)), str(draw(inside))]))
    return "..".join(f"+{offset}" for offset in sorted([draw(offsets), draw(offsets)]))


def days_of(text: str) -> set[date]:
    """The days that a text means, counted one by one and without the code under test."""
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("..")
        for number in range(-31, WINDOW + 32):
            day = TODAY + timedelta(days=number)
            if part.startswith("+"):
                wanted = int(first) <= number <= int(last or first)
            else:  # text in this form compares as dates do, and a month as its days
                wanted = first <= str(day)[: len(first)] and str(day)[: len(last or first)] <= (last or first)
            if wanted and TODAY <= day <= LAST:
                found.add(day)
    return found


@settings(deadline=None)
@given(st.lists(written_ranges(), min_size=1, max_size=4).map(",".join))
def test_exactly_the_days_written_are_asked_each_once(text: str) -> None:
    asked = [
        days.first + timedelta(days=number)
        for days in parse_dates(text, TODAY, WINDOW).ranges
        for number in range((days.last - days.first).days + 1)
    ]
    assert asked == sorted(days_of(text))


@settings(deadline=None)
@given(st.lists(written_ranges(), min_size=1, max_size=4).map(",".join))
def test_ranges_written_out_again_mean_the_same(text: str) -> None:
    once = parse_dates(text, TODAY, WINDOW).ranges
    assert parse_dates(",".join(map(str, once)), TODAY, WINDOW).ranges == once


@settings(deadline=None)
@given(st.text("0123456789-+., \nx２", max_size=25))
def test_any_other_text_is_refused_with_a_sentence_and_nothing_else(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        assert parse_dates(text, TODAY, WINDOW).ranges


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)), written_ranges())
def test_a_span_covers_just_the_days_it_resolves_to(day: date, today: date, text: str) -> None:
    (span,) = read_dates(text)
    first, last = span.on(today)
    assert span.covers(day, today) == (first <= day <= last)
    assert span.covers(first, today)
    assert span.covers(last, today)
    assert not span.covers(last + timedelta(days=1), today)


def test_the_window_and_the_month_include_both_their_ends() -> None:
    assert booking_window(TODAY, WINDOW) == (TODAY, LAST)
    assert month_of(date(2028, 2, 10)) == (date(2028, 2, 1), date(2028, 2, 29))
