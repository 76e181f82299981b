"""`scrapy plan`."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awardspider.commands.plan import EXPLAIN_FIELDS, FIELDS, Command
from awardspider.items import AwardOfferItem, Cabin, Priority
from awardspider.outcomes import Outcome
from awardspider.search.dates import DateRange
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.promotion_watches import build_promotion_watch
from awardspider.storage.batches import Batch, BatchWriter
from awardspider.storage.store import open_store
from awardspider.storage.watches import save_watches
from tests.support.commands import CommandRunner
from tests.support.storage_examples import make_batch, make_offer, make_report, make_search
from tests.support.stored_watches import store_watches

SETTINGS = {
    "SPIDER_MODULES": ["awardspider.spiders"],
    "AWARD_DATABASE_URL": "",
    "AWARD_SANDBOX_URL": "",
    "AWARD_BUDGET": "",
    "AWARD_KEYS": {},
}


class Plan(CommandRunner):
    """The command with a database of its own and two watches."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(Command, SETTINGS | {"AWARD_DATA_DIR": str(folder)}, capsys)
        self.folder = folder

    def add(self, *names: str, **fields: Any) -> None:
        store = open_store("", self.folder)
        store_watches(store, *names, **fields)
        store.close()


@pytest.fixture
def plan(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setattr(Command, "now", staticmethod(lambda: datetime(2026, 11, 29, 12, tzinfo=UTC)))
    found = Plan(tmp_path, capsys)
    found.add(
        "Austin",
        origin="LAX",
        destination="AUS",
        dates="2027-03..2027-04",
        programs=("united", "delta"),
        cabins=(Cabin.ECONOMY,),
    )
    found.add("Tokyo", origin="LAX", destination="NRT", dates="2027-03", programs=("united",))
    return found


def test_the_table_compares_needs_with_budgets(plan: Plan) -> None:
    lines = plan.succeed().splitlines()
    (united,) = [line.split() for line in lines if line.startswith("united")]
    assert united == ["united", "3", "3", "?", "400", "suffices"]
    assert "The budgets satisfy all watches." in lines
    assert not any(line.startswith("alaska") for line in lines)


def test_a_watch_for_promotions_is_not_planned(plan: Plan) -> None:
    before = plan.succeed("--format", "json"), plan.succeed()
    store = open_store("", plan.folder)
    bonuses = build_promotion_watch({"name": "Bonuses", "kinds": "award sale", "programs": "delta", "origin": "LAX"})
    save_watches(store, [bonuses], now=datetime(2026, 11, 29, tzinfo=UTC))
    store.close()
    assert (plan.succeed("--format", "json"), plan.succeed()) == before


MARCH = DateRange(date(2027, 3, 1), date(2027, 3, 31))


def store_calendar(
    plan: Plan, *offers: AwardOfferItem, days: DateRange = MARCH, outcome: Outcome = Outcome.FOUND
) -> None:
    """Store a search of a calendar with its offers."""
    store = open_store("", plan.folder)
    search = make_search(first=days.first, last=days.last)
    report = make_report(f"{days.first}", search=search, outcome=outcome, offers=len(offers))
    BatchWriter(store).write(Batch(reports=[report]), "run")
    BatchWriter(store).write(make_batch(*offers), "run")
    store.close()


def march_offers(count: int, **fields: Any) -> list[AwardOfferItem]:
    return [make_offer(departure_date=MARCH.first + timedelta(days=day), **fields) for day in range(count)]


def row_of_united(plan: Plan, **settings: str) -> dict[str, Any]:
    (row,) = json.loads(plan.succeed("--program", "united", "--format", "json", **settings))
    return dict(row)


def test_before_a_crawl_the_budgets_suffice_for_wide_searches_only(plan: Plan) -> None:
    text = plan.succeed(AWARD_BUDGET="united=50/day; delta=1000/day")
    assert "suffices for wide searches" in text
    assert "The budgets suffice for the wide searches of all watches." in text
    assert "The budgets satisfy" not in text
    assert "united 92" in text  # 61 days to Austin and 31 to Tokyo
    row = row_of_united(plan, AWARD_BUDGET="united=50/day")
    assert (row["flights_per_day"], row["unknown_days"], row["is_satisfied"], row["is_certain"]) == (0, 92, True, False)
    assert row_of_united(plan, AWARD_BUDGET="united=95/day")["is_certain"]
    assert not row_of_united(plan, AWARD_BUDGET="united=94/day")["is_certain"]


def test_the_flights_of_days_at_stored_prices_are_counted(plan: Plan) -> None:
    plan.add("Austin", origin="LAX", destination="AUS", dates="2027-03", programs=("united",), max_miles=10_000)
    plan.add("Tokyo", origin="LAX", destination="AUS", dates="2027-04-01..2027-04-10", programs=("united",))
    store_calendar(plan, *march_offers(20, miles=9_000), *march_offers(31, cabin=Cabin.BUSINESS, miles=40_000))
    row = row_of_united(plan)
    assert (row["per_day"], row["flights_per_day"], row["unknown_days"]) == (2, 20, 10)
    store_calendar(plan, days=DateRange(date(2027, 4, 1), date(2027, 4, 30)), outcome=Outcome.EMPTY)
    row = row_of_united(plan, AWARD_BUDGET="united=21/day")
    assert (row["unknown_days"], row["is_satisfied"], row["unsatisfied_watches"]) == (0, False, "Austin; Tokyo")
    text = plan.succeed("--program", "united", AWARD_BUDGET="united=22/day")
    assert "The budgets satisfy all watches at the prices known now." in text


def test_a_failed_calendar_shows_nothing_about_its_days(plan: Plan) -> None:
    store_calendar(plan, outcome=Outcome.FAILED)
    assert row_of_united(plan)["unknown_days"] == 92


def test_flights_are_searched_as_frequently_as_the_most_urgent_watch_needs(plan: Plan) -> None:
    plan.add("Austin", origin="LAX", destination="AUS", dates="2027-03", programs=("united",))
    plan.add(
        "Tokyo", origin="LAX", destination="AUS", dates="2027-03-01..2027-03-05", programs=("united",),
        notify=NotifyPrefs(channels=(("phone", Priority.URGENT),)),
    )  # fmt: skip
    store_calendar(plan, *march_offers(10, miles=9_000))
    assert row_of_united(plan)["flights_per_day"] == 5 * 4 + 5


def test_watches_that_the_budgets_cannot_satisfy_are_listed(plan: Plan) -> None:
    text = plan.succeed(AWARD_BUDGET="united=1/day; delta=0/day")
    rows = [line.split() for line in text.splitlines()]
    assert ["Tokyo", "united", "3", "days", "24", "h"] in rows
    assert ["Austin", "united", "3", "days", "24", "h"] in rows
    assert ["Austin", "delta", "never", "24", "h"] in rows
    assert "3.0 times too small" in text


def test_the_hourly_budget_counts_too(plan: Plan) -> None:
    (row,) = json.loads(plan.succeed("--program", "united", "--format", "json", AWARD_BUDGET="united=2/hour"))
    assert row["budget"] == 48


def test_json_and_csv_have_the_same_fields(plan: Plan) -> None:
    rows = json.loads(plan.succeed("--format", "json", AWARD_BUDGET="united=1/day"))
    assert [tuple(row) for row in rows] == [FIELDS] * 2
    united = rows[1]
    assert (united["program"], united["searches"], united["per_day"], united["budget"]) == ("united", 3, 3.0, 1)
    assert (united["is_satisfied"], united["unsatisfied_watches"]) == (False, "Austin; Tokyo")
    (header, *_) = csv.reader(io.StringIO(plan.succeed("--format", "csv")))
    assert tuple(header) == FIELDS


@pytest.mark.parametrize(
    ("dates", "program", "shown"),
    [
        ("2027-03", "united", "2027-03"),  # a month
        ("2027-03-10", "delta", "2027-03-08..14"),  # a week
        ("2027-03-30", "delta", "2027-03-29..04-04"),
        ("2026-12-30", "delta", "2026-12-28 to 2027-01-03"),
        ("2027-03-10", "aeroplan", "2027-03-10"),
    ],
)
def test_the_days_of_a_search_are_shown_briefly(plan: Plan, dates: str, program: str, shown: str) -> None:
    plan.add("Austin", origin="LAX", destination="AUS", dates=dates, programs=(program,), cabins=(Cabin.ECONOMY,))
    plan.add("Tokyo", origin="SFO", destination="NRT", dates="2027-06", programs=("qantas",))
    assert f" {shown} " in plan.succeed("--explain", "--program", program)


def test_explain_lists_the_next_searches_with_value_cost_and_reason(plan: Plan) -> None:
    rows = json.loads(plan.succeed("--explain", "--format", "json"))
    assert [tuple(row) for row in rows] == [EXPLAIN_FIELDS] * len(rows)
    united = [row for row in rows if row["program"] == "united"]
    assert [row["position"] for row in united] == [1, 2, 3]
    assert {(row["kind"], row["destination"], row["first"]) for row in united} == {
        ("calendar", "AUS", "2027-03-01"), ("calendar", "AUS", "2027-04-01"), ("calendar", "NRT", "2027-03-01"),
    }  # fmt: skip
    assert all(row["value"] > 0 and row["cost"] == 1 for row in united)
    assert {row["reason"].rpartition("; ")[2] for row in rows} == {"never searched"}
    assert [row["value"] for row in united] == sorted((row["value"] for row in united), reverse=True)


def test_a_limit_shows_the_first_searches_of_each_program(plan: Plan) -> None:
    text = plan.succeed("--explain", "--limit", "2")
    assert [line.split()[0] for line in text.splitlines()[2:4]] == ["delta", "united"]
    assert "more rows exist; --limit 0 shows all" in text


def test_a_large_place_is_limited_and_the_table_says_so(plan: Plan) -> None:
    plan.add("Far away", origin="BOS", destination="anywhere", dates="2027-03", programs=("united",))
    text = plan.succeed("--program", "united")
    assert 'watch "Far away": 40 of its ' in text


@pytest.mark.parametrize("width", [80, 100, 150])
def test_the_tables_fit_the_terminal_with_value_cost_and_every_word(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    plan.add("Far away", origin="BOS", destination="Europe", dates="2027-03", programs=("united", "virginatlantic"))
    monkeypatch.setenv("COLUMNS", str(width))
    explained, summary = plan.succeed("--explain"), plan.succeed()
    for text in (explained, summary):
        assert max(map(len, text.splitlines())) <= width
        assert "…" not in text
    header = explained.splitlines()[0].split()
    assert {"program", "route", "days", "value", "cost", "reason"} <= set(header)
    assert explained.count("never searched") + explained.count("searched\n") >= 1
    assert "search is 100" in " ".join(explained.split())
    assert "routes of watches with large places are left out" in " ".join(summary.split())


def test_the_value_is_relative_to_the_most_valuable_search(plan: Plan) -> None:
    lines = plan.succeed("--explain", "--limit", "0").splitlines()
    column = lines[0].index("value") + len("value")
    shown = [line[:column].split()[-1] for line in lines[2:] if "never searched" in line]
    records = json.loads(plan.succeed("--explain", "--format", "json"))
    best = max(record["value"] for record in records)
    assert "100" in shown
    assert [float(text) for text in shown] == pytest.approx([100 * row["value"] / best for row in records], abs=0.5)


def test_programs_with_the_same_note_share_a_line(plan: Plan) -> None:
    plan.add("Far away", origin="BOS", destination="anywhere", dates="2027-03", programs=("united", "delta"))
    lines = [line for line in plan.succeed().splitlines() if "large places" in line]
    assert [line.partition(":")[0] for line in lines] == ["delta, united"]


def test_watches_that_are_not_searched_are_listed_with_the_reason(plan: Plan) -> None:
    plan.add("Too early", origin="LAX", destination="AUS", dates="2029-03", programs=("united",))
    lines = plan.succeed().splitlines()
    assert "The budgets satisfy all other watches." in lines
    assert lines[-1].startswith('watch "Too early" is not searched, because its dates cannot be booked yet')


def test_a_plan_without_searches_does_not_say_that_budgets_suffice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Plan(tmp_path, capsys)
    found.add("Too early", origin="LAX", destination="AUS", dates="2099-03", programs=("united",))
    text = found.succeed()
    assert text.startswith("Nothing is searched.\n")
    assert "satisfy" not in text


def test_paused_watches_are_counted_if_none_is_active(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = Plan(tmp_path, capsys)
    found.add("One", origin="LAX", destination="AUS", dates="2099-03", active=False)
    found.add("Two", origin="LAX", destination="AUS", dates="2099-03", expires=date(2020, 1, 1))
    assert found.fail() == "no active watch (1 paused, 1 expired); scrapy watches list shows all"


def test_a_program_without_its_key_is_left_out_unless_a_watch_names_it(plan: Plan) -> None:
    plan.add("Any", origin="LAX", destination="AUS", dates="2027-03")
    assert "seatsaero" not in plan.succeed()
    assert "seatsaero" in plan.succeed(AWARD_KEYS={"seatsaero": "pro_key"})
    plan.add("Named", origin="LAX", destination="AUS", dates="2027-03", programs=("seatsaero",))
    assert "seatsaero" in plan.succeed()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--program", "untied"), "--program: unknown value 'untied' (did you mean united?)"),
        (("--limit", "few"), "--limit: expected an integer of 0 or more, got 'few'"),
        (("--format", "xml"), "--format: unknown value 'xml' (choose from table, json, csv)"),
        (("now",), "unexpected argument 'now'; this command has only options, see --help"),
    ],
)
def test_invalid_options_are_one_sentence(plan: Plan, arguments: tuple[str, ...], message: str) -> None:
    assert plan.fail(*arguments) == message


def test_without_a_watch_there_is_no_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Plan(tmp_path, capsys).fail() == "no active watch; scrapy watches add or import adds one"
