"""The simulated table of transfer bonuses and its cross-check pages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from parsel import Selector

from awardspider.sandbox.promotions.tables import CROSS_CHECKS, TABLE_PATH, current, date_cell
from awardspider.sandbox.promotions.truth import promotions_truth
from tests.support.promotion_world import NOW, SITES, get, with_fault

HOST = "frequentmiler.com"
RECORDED_HEADER = ["Transfer From", "Transfer Bonus Details", "Start Date", "End Date"]


def tables(body: bytes) -> list[Selector]:
    return [
        table
        for table in Selector(body.decode()).css("table")
        if table.css("thead th::text").getall() == RECORDED_HEADER
    ]


def rows(table: Selector) -> list[list[str]]:
    return [["".join(cell.css("::text").getall()) for cell in row.css("td")] for row in table.css("tbody tr")]


def day_of(cell: str) -> date:
    """Return the date in a cell, which is its last eight characters."""
    month, day, year = (int(part) for part in cell[-8:].split("/"))
    return date(2000 + year, month, day)


def table_of(now: datetime = NOW) -> list[Selector]:
    return tables(get(SITES[HOST], TABLE_PATH, now).body)


def test_the_page_has_two_tables_with_the_recorded_ids_under_their_headings() -> None:
    page = Selector(get(SITES[HOST], TABLE_PATH).body.decode())
    assert page.css("h2::text").getall() == ["Current and Upcoming Transfer Bonuses", "Expired Transfer Bonuses"]
    current, archive = table_of()
    assert [table.attrib["id"] for table in (current, archive)] == ["tablepress-33-no-5", "tablepress-33-no-6"]
    assert current.attrib["class"] == "tablepress tablepress-id-33"
    assert len(page.css("table")) == 3  # one that is not about bonuses


@pytest.mark.parametrize("days", [0, 1, 2, 3, 45, 400])
def test_the_current_table_has_the_true_bonuses(days: int) -> None:
    now = NOW + timedelta(days=days)
    truth = [found for found in promotions_truth(7, now, {})["promotions"] if found["in_table"]]
    found = rows(table_of(now)[0])
    assert len(found) == len(truth) > 5
    days_shown = {(row[2][-8:], row[3][-8:]) for row in found}
    for promotion in truth:
        first, last = (date.fromisoformat(promotion[name]) for name in ("book_from", "book_by"))
        assert (f"{first:%m/%d/%y}", f"{last:%m/%d/%y}") in days_shown
    percents = sorted(int(row[1].partition("%")[0].removeprefix("Up to ")) for row in found if "%" in row[1])
    assert percents == sorted(promotion["percent"] for promotion in truth if promotion["percent"])


def test_the_table_always_has_a_targeted_row_and_one_in_points() -> None:
    for days in range(0, 65, 8):
        details = [row[1] for row in rows(table_of(NOW + timedelta(days=days))[0])]
        assert any(text.endswith(" [Targeted]") for text in details)
        assert "5,000 bonus point transfer bonus from Capital One Miles to JetBlue TrueBlue" in details


def test_rows_stay_for_some_hours_after_their_end() -> None:
    lingering = 0
    for hours in range(0, 24 * 20, 3):
        now = NOW + timedelta(hours=hours)
        lingering += any(not promotion.is_active(now) for promotion in current(7, now))
    assert lingering > 20


@pytest.mark.parametrize(
    ("style", "cell"),
    [(0, "<p style='display: none;'>46174</p>06/01/26"), (1, "<span>46174</span>06/01/26"), (2, "4617406/01/26")],
)
def test_serial_days_are_those_of_the_recorded_page(style: int, cell: str) -> None:
    assert date_cell(date(2026, 6, 1), style) == cell


def test_all_three_styles_and_an_entity_are_on_the_page() -> None:
    body = get(SITES[HOST], TABLE_PATH).body.decode()
    for pattern in (r"<p style='display: none;'>\d{5}</p>\d\d/", r"<span>\d{5}</span>\d\d/", r">\d{7}/\d\d/\d\d<"):
        assert re.search(pattern, body)
    assert "Miles &amp; Smiles" in body
    assert 'href="https://frequentmiler.com/' in body


def test_the_archive_goes_back_to_2017_and_every_row_is_over() -> None:
    archive = rows(table_of()[1])
    starts, ends = ([day_of(row[column]) for row in archive] for column in (2, 3))
    assert len(archive) >= 40
    assert min(ends).year == 2017
    assert max(starts) < NOW.date()


def test_the_page_changes_only_with_its_content() -> None:
    site = SITES[HOST]
    known = get(site, TABLE_PATH)
    for hours in range(1, 100, 14):
        now = NOW + timedelta(hours=hours)
        headers = dict(known.headers)
        statuses = {
            get(site, TABLE_PATH, now, **{"If-None-Match": headers["ETag"]}).status,
            get(site, TABLE_PATH, now, **{"If-Modified-Since": headers["Last-Modified"]}).status,
        }
        newest = get(site, TABLE_PATH, now)
        if newest.body == known.body:
            assert 304 in statuses
        else:
            assert statuses == {200}
        known = newest


@pytest.mark.parametrize("days", [0, 1, 2, 17, 45])
def test_a_bonus_of_a_watched_program_begins_on_every_day(days: int) -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC) + timedelta(days=days)
    truth = promotions_truth(7, now, {})
    (found,) = [row for row in truth["promotions"] if row["book_from"] == str(now.date()) and row["key"][:5] == "daily"]
    pairs = {("amex", "flyingblue"), ("chase", "virginatlantic"), ("chase", "united")}
    assert (found["banks"][0], found["programs"][0]) in pairs
    # No other bonus of these banks makes the program's awards cheaper before.
    active = [row for row in truth["promotions"] if row["is_active"] and row["programs"] == found["programs"]]
    assert [row["banks"] for row in active if row["banks"] and row["banks"][0] in ("amex", "chase")] == [found["banks"]]
    assert found["announced_at"] < now.isoformat()
    # The other two pages have it as soon as the table.
    later = promotions_truth(7, now + timedelta(hours=12), {})["promotions"]
    (row,) = [row for row in later if row["key"] == found["key"]]
    assert (row["in_table"], row["cross_checked"]) == (True, list(CROSS_CHECKS))


def test_cross_check_pages_confirm_most_bonuses() -> None:
    truth = promotions_truth(7, NOW, {})["promotions"]
    listed = [found for found in truth if found["in_table"] and found["percent"] and not found["is_over"]]
    for host, (path, _) in CROSS_CHECKS.items():
        body = get(SITES[host], path).body.decode()
        confirmed = [found for found in listed if host in found["cross_checked"]]
        assert len(listed) / 2 < len(confirmed) <= len(listed)
        if host == "awardwallet.com":
            assert len(re.findall(r'href="[^"]*transfer-bonus/">', body)) == len(confirmed)
        for found in confirmed:
            assert f"{found['percent']}%" in body


def test_faults_of_the_table() -> None:
    intact = [len(rows(table)) for table in table_of()]
    assert [rows(table) for table in tables(with_fault(HOST, TABLE_PATH, "empty").body)] == [[], []]
    assert not tables(with_fault(HOST, TABLE_PATH, "renamed_keys").body)
    assert not tables(with_fault(HOST, TABLE_PATH, "deep").body)
    assert not tables(with_fault(HOST, TABLE_PATH, "refused", "table_missing").body)
    assert [rows(table) for table in tables(with_fault(HOST, TABLE_PATH, "refused", "zero_rows").body)] == [[], []]
    few = [len(rows(table)) for table in tables(with_fault(HOST, TABLE_PATH, "refused", "few_rows").body)]
    assert all(0 < count < 0.3 * before for count, before in zip(few, intact, strict=True))
    assert with_fault(HOST, "/feed/", "refused", "table_missing").body == get(SITES[HOST], "/feed/").body


@pytest.mark.parametrize("host", CROSS_CHECKS)
def test_faults_of_the_cross_check_pages(host: str) -> None:
    path = CROSS_CHECKS[host][0]
    intact = get(SITES[host], path).body
    for name in ("empty", "renamed_keys"):
        assert with_fault(host, path, name).body != intact
    assert "transfer-bonus/" not in with_fault(host, path, "empty").body.decode()
    assert not Selector(with_fault(host, path, "renamed_keys").body.decode()).css("a")
