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
    bookable_ranges,
    booking_window,
    month_range,
    parse_bookable_dates,
    parse_date_spans,
    today_at,
)

TODAY = date(2026, 11, 22)
WINDOW = 337
LAST = date(2027, 10, 25)


def ranges(text: str) -> str:
    return " ".join(str(days) for days in parse_bookable_dates(text, TODAY, WINDOW).ranges)


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
def test_dates_are_sorted_and_merged(text: str, expected: str) -> None:
    parsed = parse_bookable_dates(text, TODAY, WINDOW)
    assert ranges(text) == expected
    assert parsed.note == ""


def test_a_leap_day_is_a_day_in_a_leap_year() -> None:
    parsed = parse_bookable_dates("2028-02-29", date(2027, 12, 1), WINDOW)
    assert parsed.ranges == (DateRange(date(2028, 2, 29), date(2028, 2, 29)),)
    assert parse_bookable_dates("2028-02", date(2027, 12, 1), WINDOW).ranges[0].last == date(2028, 2, 29)


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
def test_dates_partly_outside_the_window_are_cut_with_a_note(text: str, expected: str, note: str) -> None:
    assert ranges(text) == expected
    assert note in parse_bookable_dates(text, TODAY, WINDOW).note


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-11-21", r"2026-11-21 is in the past \(bookable dates: 2026-11-22 to 2027-10-25\)"),
        ("2026-10", "2026-10 is in the past"),
        ("2027-03,2025-01", "2025-01 is in the past"),
        ("2027-10-26", "2027-10-26 is beyond the booking window, which ends on 2027-10-25"),
        ("2027-03,2028-01", "2028-01 is beyond the booking window, which ends on 2027-10-25"),
        ("+338", r"\+338 is beyond the booking window, which ends on 2027-10-25"),
        ("9999-12", "9999-12 is beyond the booking window"),
        ("2027-02-29", '"2027-02-29" is not a date: that month has 28 days'),
        ("2027-04-31", '"2027-04-31" is not a date: that month has 30 days'),
        ("2027-03-00", '"2027-03-00" is not a date: that month has 31 days'),
        ("2027-13", '"2027-13" is not a date: there is no such month'),
        ("2027-00-10", '"2027-00-10" is not a date: there is no such month'),
        ("0000-01", '"0000-01" is not a date: there is no such month'),
        ("2027-04-20..2027-03-10", r"ends before it starts: write 2027-03-10\.\.2027-04-20"),
        ("2027-05..2027-03", r"ends before it starts: write 2027-03\.\.2027-05"),
        ("+120..+30", r"ends before it starts: write \+30\.\.\+120"),
        ("2027-03..+200", "mixes a date with days from today"),
        ("", "dates are missing: write a day"),
        (" , ", "dates are missing: write a day"),
        ("spring", '"spring" is not a date: write a day'),
        ("03/10/2027", '"03/10/2027" is not a date'),
        ("2027-3-1", '"2027-3-1" is not a date'),
        ("2027", '"2027" is not a date'),
        ("-5", '"-5" is not a date'),
        ("+1000", r'"\+1000" is not a date'),
        ("2027-03..", r'"2027-03\.\." is not a date'),
        ("2027-03...2027-04", "is not a date"),
        ("2027-03..2027-04..2027-05", "is not a date"),
        ("２０２７-03", "is not a date"),  # full-width digits, which `\d` would match
    ],
)
def test_invalid_dates_are_explained(text: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        parse_bookable_dates(text, TODAY, WINDOW)


def test_past_and_distant_dates_are_not_bookable() -> None:
    assert bookable_ranges(parse_date_spans("2025-01,2029-01"), TODAY, WINDOW) == ()


def test_today_is_the_local_date_at_the_airport() -> None:
    now = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    assert today_at("LAX", now) == date(2026, 11, 21)
    assert today_at("NRT", now) == date(2026, 11, 22)
    assert today_at("AKL", datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) == date(2026, 11, 23)


def test_today_at_needs_an_aware_datetime() -> None:
    with pytest.raises(ValueError, match="aware"):
        today_at("LAX", datetime(2026, 11, 22))  # noqa: DTZ001  must be rejected


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


def expected_days(text: str) -> set[date]:
    """Return the days of a text, counted one by one without the code under test."""
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("..")
        for number in range(-31, WINDOW + 32):
            day = TODAY + timedelta(days=number)
            if part.startswith("+"):
                included = int(first) <= number <= int(last or first)
            else:  # ISO dates compare as text, and a month compares as its days
                included = first <= str(day)[: len(first)] and str(day)[: len(last or first)] <= (last or first)
            if included and TODAY <= day <= LAST:
                found.add(day)
    return found


@settings(deadline=None)
@given(st.lists(written_ranges(), min_size=1, max_size=4).map(",".join))
def test_every_written_day_is_in_exactly_one_range(text: str) -> None:
    days = [
        each.first + timedelta(days=number)
        for each in parse_bookable_dates(text, TODAY, WINDOW).ranges
        for number in range((each.last - each.first).days + 1)
    ]
    assert days == sorted(expected_days(text))


@settings(deadline=None)
@given(st.lists(written_ranges(), min_size=1, max_size=4).map(",".join))
def test_parsing_the_written_ranges_again_gives_the_same_ranges(text: str) -> None:
    once = parse_bookable_dates(text, TODAY, WINDOW).ranges
    assert parse_bookable_dates(",".join(map(str, once)), TODAY, WINDOW).ranges == once


@settings(deadline=None)
@given(st.text("0123456789-+., \nx２", max_size=25))
def test_other_text_raises_invalid_argument_only(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        assert parse_bookable_dates(text, TODAY, WINDOW).ranges


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)), written_ranges())
def test_a_span_covers_the_days_that_it_resolves_to(day: date, today: date, text: str) -> None:
    (span,) = parse_date_spans(text)
    first, last = span.resolve(today)
    assert span.covers(day, today) == (first <= day <= last)
    assert span.covers(first, today)
    assert span.covers(last, today)
    assert not span.covers(last + timedelta(days=1), today)


def test_window_and_month_include_both_ends() -> None:
    assert booking_window(TODAY, WINDOW) == (TODAY, LAST)
    assert month_range(date(2028, 2, 10)) == (date(2028, 2, 1), date(2028, 2, 29))
