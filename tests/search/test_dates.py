"""Departure dates as people write them."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.airports import airport_zone
from awardspider.outcomes import InvalidArgument
from awardspider.search.dates import (
    DateRange,
    booking_window,
    month_range,
    parse_bookable_dates,
    parse_date_spans,
    parse_dates,
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
        ("2026-12-30..2027-01-02", "2026-12-30..2027-01-02"),
        ("2027-03-10 to 2027-04-20", "2027-03-10..2027-04-20"),
        ("2027-03-10–2027-04-20", "2027-03-10..2027-04-20"),
        ("2027-03-10-2027-04-20", "2027-03-10..2027-04-20"),
        ("2027-03-2027-04-20", "2027-03-01..2027-04-20"),
        ("+3–+9", "2026-11-25..2026-12-01"),
        ("2027-03-10 – 2027-04-20", "2027-03-10..2027-04-20"),
        ("2027-04-03 ±3", "2027-03-31..2027-04-06"),
        ("2027-04-03±3", "2027-03-31..2027-04-06"),
        ("2027-04-03 +-3", "2027-03-31..2027-04-06"),
        ("2027-04-03 +/-3 days", "2027-03-31..2027-04-06"),
        ("2027-04-03 ± 3 dias", "2027-03-31..2027-04-06"),
        ("2027-04 ±1", "2027-03-31..2027-05-01"),
        ("+30 ±2", "2026-12-20..2026-12-24"),
        ("+1 ±5", "2026-11-22..2026-11-28"),  # no day before today
        ("2027-04-03..2027-04-04 Sat", "2027-04-03"),
        ("2027-04-01..2027-04-12 Fri-Mon", "2027-04-02..2027-04-05 2027-04-09..2027-04-12"),
        ("2027-04-01..2027-04-11 Tue-Thu", "2027-04-01 2027-04-06..2027-04-08"),
        ("2027-04-01..2027-04-11 Tue to Thu", "2027-04-01 2027-04-06..2027-04-08"),
        ("2027-04-01..2027-04-11 terça-feira a quinta-feira", "2027-04-01 2027-04-06..2027-04-08"),
        ("2027-04-01..2027-04-11 martes-jueves", "2027-04-01 2027-04-06..2027-04-08"),
        ("2027-04-01..2027-04-11 Fri/Sat", "2027-04-02..2027-04-03 2027-04-09..2027-04-10"),
        ("2027-04-01..2027-04-11 Mon,Wed", "2027-04-05 2027-04-07"),
        ("2027-04-01..2027-04-11, Mon, Wed", "2027-04-05 2027-04-07"),
        ("2027-04-01..2027-04-11 Mondays and Wednesdays", "2027-04-05 2027-04-07"),
        ("2027-04-01..2027-04-11 weekends", "2027-04-03..2027-04-04 2027-04-10..2027-04-11"),
        ("2027-04-03 ±3 Fri-Sun", "2027-04-02..2027-04-04"),
        ("2027-04-01..2027-04-11 Mon, 2027-05-01", "2027-04-05 2027-05-01"),
        ("+0..+9 Sun", "2026-11-22 2026-11-29"),
        ("2027-04-01..2027-04-11 not 2027-04-03..2027-04-09", "2027-04-01..2027-04-02 2027-04-10..2027-04-11"),
        ("2027-04-01..2027-04-11, not 2027-04-03..2027-04-09", "2027-04-01..2027-04-02 2027-04-10..2027-04-11"),
        ("2027-04-01..2027-04-11 not Mon-Fri", "2027-04-03..2027-04-04 2027-04-10..2027-04-11"),
        ("2027-04-01..2027-04-11 not Mon-Thu, Fri", "2027-04-03..2027-04-04 2027-04-10..2027-04-11"),
        ("2027-04-01..2027-04-11 not Mon-Fri not 2027-04-03", "2027-04-04 2027-04-10..2027-04-11"),
        ("2027-04-01..2027-04-11 Fri-Sun, not 2027-04-03 ±1", "2027-04-09..2027-04-11"),
        ("2027-04-01..2027-04-11 exceto sábado e domingo", "2027-04-01..2027-04-02 2027-04-05..2027-04-09"),
        ("any", "2026-11-22..2027-10-25"),
        ("anytime", "2026-11-22..2027-10-25"),
        ("any not 2026-11-23..2027-10-24", "2026-11-22 2027-10-25"),
        ("not 2026-11-23..2027-10-24", "2026-11-22 2027-10-25"),
        ("any Sun not 2026-11-23..2027-10-20", "2026-11-22 2027-10-24"),
        ("Sun not 2026-11-23..2027-10-20", "2026-11-22 2027-10-24"),
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
        ("2027", "2027-01-01..2027-10-25", "2027 is cut to 2027-01-01..2027-10-25"),
        ("2026..2027", "2026-11-22..2027-10-25", "2026..2027 is cut to 2026-11-22..2027-10-25"),
        ("2026-11-20..2026-11-30 Mon", "2026-11-23 2026-11-30", "2026-11-20..2026-11-30 Mon is cut to 2026-11-22.."),
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
        ("0000-01", '"0000-01" is not a date: there is no such year'),
        ("2027-04-20..2027-03-10", r"ends before it starts: write 2027-03-10\.\.2027-04-20"),
        ("2027-05..2027-03", r"ends before it starts: write 2027-03\.\.2027-05"),
        ("+120..+30", r"ends before it starts: write \+30\.\.\+120"),
        ("2027-03..+200", "mixes a date with days from today"),
        ("", "dates are missing: write a day"),
        (" , ", "dates are missing: write a day"),
        ("spring", '"spring" is not a date: write a day'),
        ("03/10/2027", '"03/10/2027" is not a date'),
        ("2027-3-1", '"2027-3-1" is not a date'),
        ("0000", '"0000" is not a date: there is no such year'),
        ("20270", '"20270" is not a date'),
        ("-5", '"-5" is not a date'),
        ("+1000", r'"\+1000" is not a date'),
        ("2027-03..", r'"2027-03\.\." is not a date'),
        ("2027-03...2027-04", "is not a date"),
        ("2027-03..2027-04..2027-05", "is not a date"),
        ("２０２７-03", "is not a date"),  # full-width digits, which `\d` would match
        ("2027-Q1", '"2027-Q1" is not a date: write 2027-01\\.\\.2027-03'),
        ("q4 2027", "write 2027-10\\.\\.2027-12"),
        ("mar 2027", '"mar 2027" is not a date: write 2027-03'),
        ("julho de 2027", "write 2027-07"),
        ("10 dic 2027", "write 2027-12-10"),
        ("31 abr 2027", "unknown weekday"),
        ("2027/3/5", "write 2027-03-05"),
        ("1 Feb 2027 to 3 Feb 2027", "write 2027-02-01\\.\\.2027-02-03"),
        ("March", '"March" is not a date: write its number after the year, such as 2027-03'),
        ("2027-03 Tusday", 'unknown weekday "Tusday" \\(did you mean Tuesday\\?\\)'),
        ("2027-03 Tue-Thu-Sat", '"Tue-Thu-Sat" is not a range of weekdays: write for example Tue-Thu'),
        ("2027-03 foo", 'unknown weekday "foo" \\(write for example Tue-Thu or Fri/Sat\\)'),
        ("2027-04-03 Sun", '"2027-04-03 Sun" has no such weekday: 2027-04-03 is a Saturday'),
        ("2027-03 not", "does not say what to exclude: write for example not Sat-Sun"),
        ("2027-03 not 2027", '"2027-03 not 2027" excludes every day'),
        ("not Mon-Sun", '"not Mon-Sun" excludes every day'),
        ("2027-03 Mon not weekdays", "excludes every day"),
        ("2027-03 not 2027-03-05, 2027-03-07", '2027-03-07 comes after an exclusion: write "not 2027-03-07"'),
        ("+5..+9 not +0..+20", "has no day that can be booked from 2026-11-22 to 2027-10-25"),
        ("2027-10-20..2027-10-31 Thu, not 2027-10-21", "has no day that can be booked"),
        ("±3", '"±3" is not a date'),
        ("2027-01-01," * 200, "the dates are longer than 1,000 characters"),
    ],
)
def test_invalid_dates_are_explained(text: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        parse_bookable_dates(text, TODAY, WINDOW)


def test_past_and_distant_dates_are_not_bookable() -> None:
    assert parse_dates("2025-01,2029-01").ranges(TODAY, WINDOW) == ()
    assert parse_dates("2025 Mon,2029 Tue").ranges(TODAY, WINDOW) == ()


@pytest.mark.parametrize(
    ("text", "over_on"),
    [
        ("2027-03-10", date(2027, 3, 11)),
        ("2027-03, 2027-01", date(2027, 4, 1)),
        ("2027-03 Mon", date(2027, 3, 30)),  # the last Monday is the 29th
        ("2027-03 not 2027-03-20..2027-03-31", date(2027, 3, 20)),
        ("2027-03 not weekends", date(2027, 4, 1)),
    ],
)
def test_dates_are_over_after_their_last_day(text: str, over_on: date) -> None:
    dates = parse_dates(text)
    assert not dates.is_over(over_on - timedelta(days=1))
    assert dates.is_over(over_on)
    assert dates.is_over(over_on + timedelta(days=400))


@pytest.mark.parametrize("text", ["+30", "2020-01-01,+5", "any", "Sat", "not 2027", "+1 not Sun", "9999 Mon"])
def test_relative_and_unlimited_dates_are_never_over(text: str) -> None:
    assert not parse_dates(text).is_over(date(2100, 1, 1))


def test_dates_are_kept_as_written() -> None:
    assert str(parse_dates("  2027-03..2027-05   Tue-Thu ")) == "2027-03..2027-05 Tue-Thu"


def test_the_dates_of_a_return_are_later() -> None:
    back = parse_dates("2027-04-01..2027-04-19 Mon not 2027-04-19").later(2, 3)
    assert " ".join(map(str, back.ranges(TODAY, WINDOW))) == "2027-04-07..2027-04-08 2027-04-14..2027-04-15"
    assert back.covers(date(2027, 4, 7), TODAY)
    assert not back.covers(date(2027, 4, 6), TODAY)
    assert not back.is_over(date(2027, 4, 15))
    assert back.is_over(date(2027, 4, 16))


def test_the_last_date_of_the_calendar_is_accepted() -> None:
    dates = parse_dates("9999-12-31 ±5")
    assert dates.covers(date.max, TODAY)
    assert dates.later(1, 9).ranges(TODAY, WINDOW) == ()
    assert parse_dates("any").later(3, 7).ranges(TODAY, 2) == (DateRange(TODAY, TODAY + timedelta(days=2)),)


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("2027-03; Sat", '"2027-03, Sat" or "any Sat"'),
        ("2027-03 Fri; Sat-Sun", '"2027-03 Fri, Sat-Sun" or "any Sat-Sun"'),
        ("2027-03 not Fri; weekends", '"not Fri, weekends" or "not weekends"'),
    ],
)
def test_weekdays_of_their_own_in_a_list_are_refused(text: str, forms: str) -> None:
    with pytest.raises(InvalidArgument, match=f" or of any dates: write {forms}$"):
        parse_dates(text)
    assert parse_dates("Sat; 2027-03").covers(date(2027, 4, 3), TODAY)
    assert parse_dates("2027-03; not Sat").spans == parse_dates("2027-03").spans


def test_spans_are_dates_without_weekdays_and_exclusions() -> None:
    (span,) = parse_date_spans("2027-03")
    assert span.resolve(TODAY) == (date(2027, 3, 1), date(2027, 3, 31))
    for text in ("2027-03 Mon", "2027-03 not 2027-03-05"):
        with pytest.raises(InvalidArgument, match="weekdays or exclusions"):
            parse_date_spans(text)


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


NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


@st.composite
def written_spans(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["day", "month", "range", "offsets", "year"]))
    if kind == "day":
        return str(draw(inside))
    if kind == "month":
        return draw(months)
    if kind == "range":
        return "..".join(sorted([str(draw(inside)), str(draw(inside))]))
    if kind == "year":
        return draw(st.sampled_from(["2026", "2027"]))
    return "..".join(f"+{offset}" for offset in sorted([draw(offsets), draw(offsets)]))


@st.composite
def written_parts(draw: st.DrawFn) -> str:
    """Write a span, in half of the cases with a tolerance or weekdays."""
    text = draw(written_spans())
    if draw(st.booleans()):
        return text
    tolerance = draw(st.sampled_from(["", " ±2", " +-10", "±1"]))
    weekdays = draw(st.sampled_from(["", " Tue-Thu", " Fri-Mon", " Sat/Sun", " Mon,Wed", " weekends"]))
    return text + tolerance + weekdays


@st.composite
def written_dates(draw: st.DrawFn) -> str:
    included = ", ".join(draw(st.lists(written_parts(), min_size=1, max_size=3)))
    excluded = draw(st.lists(st.one_of(written_parts(), st.sampled_from(["Sat-Sun", "Fri"])), max_size=2))
    return ", ".join([included, *(f"not {part}" for part in excluded)])


def expected_days(text: str) -> set[date]:
    """Return the days of a text that can be booked, counted one by one without the code under test."""
    included, *excluded = text.split(", not ")
    found = set().union(*(days_of(part) for part in included.split(", ")))
    return found.difference(*(days_of(part) for part in excluded))


def days_of(part: str) -> set[date]:
    span, _, weekdays = part.partition(" ") if not part[0].isalpha() else ("", "", part)
    words = f"{span} {weekdays}".replace("±", " ±").split()
    tolerance = next((int(word.lstrip("±+-")) for word in words[1:] if word[0] in "±+"), 0)
    named = next((word for word in words if word[0].isalpha()), "")
    span = words[0] if span else ""
    first, _, last = span.partition("..")
    found = set()
    for number in range(-400, 800):
        day = TODAY + timedelta(days=number)
        if span.startswith("+"):
            included = int(first) <= number <= int(last or first)
        else:  # ISO dates compare as text, and a month or year compares as its days
            included = first <= str(day)[: len(first)] and str(day)[: len(last or first)] <= (last or first)
        if included:
            found |= {day + timedelta(days=shift) for shift in range(-tolerance, tolerance + 1)}
    chosen = {NAMES.index(name) for name in re.findall("[A-Z][a-z]{2}", named)}
    if "-" in named:
        low, high = (NAMES.index(name) for name in named.split("-"))
        chosen = set(range(low, high + 1)) if low <= high else {*range(low, 7), *range(high + 1)}
    if named == "weekends":
        chosen = {5, 6}
    return {day for day in found if TODAY <= day <= LAST and (not named or day.weekday() in chosen)}


@settings(deadline=None)
@given(written_dates())
def test_every_written_day_is_in_exactly_one_range(text: str) -> None:
    expected = expected_days(text)
    try:
        dates = parse_dates(text)
    except InvalidArgument:  # a weekday that is not in the range, or nothing left
        assert not expected or "has no such weekday" in str(error_of(text))
        return
    days = [
        each.first + timedelta(days=number)
        for each in dates.ranges(TODAY, WINDOW)
        for number in range((each.last - each.first).days + 1)
    ]
    assert days == sorted(expected)


def error_of(text: str) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as raised:
        parse_dates(text)
    return raised.value


@settings(deadline=None)
@given(written_dates(), st.integers(0, 6), st.integers(0, 6))
def test_dates_cover_the_days_of_their_ranges(text: str, least: int, more: int) -> None:
    with contextlib.suppress(InvalidArgument):
        dates = parse_dates(text).later(least, least + more)
        covered = {day for day in all_days(TODAY, LAST) if dates.covers(day, TODAY)}
        in_ranges = {day for each in dates.ranges(TODAY, WINDOW) for day in all_days(each.first, each.last)}
        assert covered == in_ranges
        assert dates.is_over(TODAY) <= (not covered)


def all_days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@settings(deadline=None)
@given(st.dates(date(2023, 1, 1), date(2033, 12, 31)), st.integers(0, 400))
def test_relative_dates_count_calendar_days_across_leap_days_and_new_year(today: date, offset: int) -> None:
    dates = parse_dates(f"+{offset}")
    expected = today + timedelta(days=offset)
    assert dates.ranges(today, 400) == (DateRange(expected, expected),)
    assert dates.covers(expected, today)
    assert not dates.covers(expected + timedelta(days=1), today)


@pytest.mark.parametrize("changes", [("LAX", "2027-03-14"), ("LAX", "2026-11-01"), ("SYD", "2027-04-04")])
def test_a_day_with_a_clock_change_is_one_day(changes: tuple[str, str]) -> None:
    """From noon to noon, 23 to 25 hours pass, and the local date advances by one."""
    airport, text = changes
    day = date.fromisoformat(text)
    zone = airport_zone(airport)
    dates = parse_dates("+0")
    for number in (-1, 0, 1):
        local = day + timedelta(days=number)
        for hour in (0, 12, 23):
            now = datetime(local.year, local.month, local.day, hour, 30, tzinfo=zone).astimezone(UTC)
            assert today_at(airport, now) == local
            assert dates.ranges(today_at(airport, now), 10) == (DateRange(local, local),)


@settings(deadline=None)
@given(st.lists(written_spans(), min_size=1, max_size=4).map(",".join))
def test_parsing_the_written_ranges_again_gives_the_same_ranges(text: str) -> None:
    once = parse_bookable_dates(text, TODAY, WINDOW).ranges
    assert parse_bookable_dates(",".join(map(str, once)), TODAY, WINDOW).ranges == once


@settings(deadline=None)
@given(st.text("0123456789-+., \nx２±/notMSuea", max_size=25))
def test_other_text_raises_invalid_argument_only(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        assert parse_bookable_dates(text, TODAY, WINDOW).ranges


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)), written_spans())
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
