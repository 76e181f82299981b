"""The table of transfer bonuses and the pages that it is compared with. The rows are those of the fact sheet."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random

import pytest

from awardspider.items import BonusOrDiscount, Confidence, ParseWarning, PromotionItem, PromotionKind, SourceKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import SourceContext, SourceText, get_announcement_parser
from awardspider.parsers._points_names import key_of_name
from awardspider.parsers.transferbonuses import parse
from tests.support.recorded import load_recorded, recorded_bodies

URL = "https://frequentmiler.com/current-point-transfer-bonuses/"
NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
HEAD = "<tr><th>Transfer From</th><th>Transfer Bonus Details</th><th>Start Date</th><th>End Date</th></tr>"
CHASE = (
    "<tr><td>Chase Ultimate Rewards</td>"
    '<td><a href="/chase-to-virgin/?utm_source=table">30% transfer bonus from Chase Ultimate Rewards to '
    "Virgin Atlantic Flying Club</a></td><td><span>46182</span>06/09/26</td><td><span>46217</span>07/14/26</td></tr>"
)


def row(bank: str, details: str, first: str = "06/01/26", last: str = "06/30/26") -> str:
    return f"<tr><td>{bank}</td><td>{details}</td><td>{first}</td><td>{last}</td></tr>"


def amex(program: str, percent: int = 25, **days: str) -> str:
    bank = "Amex Membership Rewards"
    return row(bank, f"{percent}% transfer bonus from {bank} to {program}", **days)


def table(*rows: str) -> str:
    return f'<table class="tablepress"><thead>{HEAD}</thead><tbody>{"".join(rows)}</tbody></table>'


def page(*tables: str) -> bytes:
    return f"<!DOCTYPE html><html><body><h1>Bonuses</h1>{''.join(tables)}</body></html>".encode()


def context(
    kind: SourceKind = SourceKind.TABLE, *, seen_at: datetime = NOON, previous: str | None = None, other: str = ""
) -> SourceContext:
    return SourceContext(url=URL, kind=kind, seen_at=seen_at, previous_text=previous, other_texts=(other,))


def read(
    body: bytes, *, seen_at: datetime = NOON, previous: str | None = None, other: str = ""
) -> tuple[list[PromotionItem], list[ParseWarning], SourceText]:
    found = list(parse(body, context(seen_at=seen_at, previous=previous, other=other)))
    [text] = [item for item in found if isinstance(item, SourceText)]
    return (
        [item for item in found if isinstance(item, PromotionItem)],
        [item for item in found if isinstance(item, ParseWarning)],
        text,
    )


def test_every_field_of_a_row() -> None:
    [item], warnings, text = read(page(table(CHASE)))
    assert item == PromotionItem(
        kind=PromotionKind.TRANSFER_BONUS,
        programs=("virginatlantic",),
        banks=("chase",),
        percent=30,
        up_to=False,
        bonus_or_discount=BonusOrDiscount.BONUS,
        book_from=date(2026, 6, 9),
        book_by=date(2026, 7, 14),
        targeted=False,
        title="30% transfer bonus from Chase Ultimate Rewards to Virgin Atlantic Flying Club",
        source="frequentmiler.com",
        source_url=URL,
        entry_id=item.entry_id,
        link="https://frequentmiler.com/chase-to-virgin/",
        confidence=Confidence.LIKELY,
        seen_at=NOON,
    )
    assert item.entry_id
    assert warnings == []
    assert text.entries == 1


def test_the_recorded_rows() -> None:
    [body] = recorded_bodies("promotions/frequentmiler-transfer-bonus-table-2026-06-11.rows.html")
    items, warnings, text = read(body)
    assert [(item.banks, item.programs, item.percent, item.book_from, item.book_by) for item in items] == [
        (("chase",), ("virginatlantic",), 30, date(2026, 6, 9), date(2026, 7, 14)),
        (("amex",), ("flyingblue",), 25, date(2026, 6, 2), date(2026, 6, 30)),
        (("citi",), ("qatar",), 30, date(2026, 6, 1), date(2026, 6, 30)),
        (("rove",), ("turkish",), 50, date(2026, 6, 1), date(2026, 6, 30)),
        (("amex",), ("marriott",), 20, date(2026, 6, 1), date(2026, 6, 30)),
    ]
    assert warnings == []
    assert text.entries == 5


def test_the_recorded_bonuses_of_another_day() -> None:
    [recorded] = load_recorded("promotions/borski-transfer-bonuses-2026-04-29.json")
    rows = [
        row(
            each["from_display"],
            f"{each['bonus_pct']}% transfer bonus from {each['from_display']} to {each['to_display']}",
            date.fromisoformat(each["start_date"]).strftime("%m/%d/%y"),
            date.fromisoformat(each["end_date_inclusive"]).strftime("%m/%d/%y"),
        )
        for each in recorded["active_bonuses"]
    ]
    items, warnings, _ = read(page(table(*rows)), seen_at=datetime(2026, 4, 29, 12, tzinfo=UTC))
    assert [(item.banks, item.programs, item.percent, item.book_by) for item in items] == [
        (("chase",), ("aeroplan",), 20, date(2026, 4, 30)),
        (("chase",), ("ihg",), 70, date(2026, 4, 30)),
        (("capital_one",), ("jal",), 30, date(2026, 4, 30)),
        (("citi",), ("leadersclub",), 25, date(2026, 5, 16)),
        (("amex",), ("hilton",), 20, date(2026, 5, 30)),
    ]
    assert warnings == []


@pytest.mark.parametrize(
    "cell",
    [
        "<p style='display: none;'>46203</p>06/30/26",
        "<span>46203</span>06/30/26",
        "4620306/30/26",
        " 46203 06/30/26 ",
        "06/30/26",
        "6/30/26",
        "06/30/2026",
    ],
)
def test_hidden_serial_numbers_of_days(cell: str) -> None:
    [item], warnings, _ = read(page(table(amex("Flying Blue", last=cell))))
    assert (item.book_by, warnings) == (date(2026, 6, 30), [])


@pytest.mark.parametrize(
    ("cell", "day", "problem"),
    [
        ("4620206/30/26", date(2026, 6, 30), "the hidden date is 2026-06-29, the visible one 2026-06-30"),
        ("Ends 06/30/26", date(2026, 6, 30), "'Ends' is before the date 2026-06-30"),
        ("4620313/30/26", None, "'4620313/30/26' is not a date"),
        ("soon", None, "'soon' is not a date"),
        ("", None, ""),
        ("TBD", None, ""),
    ],
)
def test_dates_that_disagree_or_are_missing(cell: str, day: date | None, problem: str) -> None:
    [item], warnings, _ = read(page(table(amex("Flying Blue", last=cell))))
    assert item.book_by == day
    assert [warning.value.partition(" in the row ")[0] for warning in warnings] == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ("25% transfer bonus from Amex Membership Rewards to Flying Blue [Targeted]", (25, False, True)),
        ("Up to 40% transfer bonus from Amex Membership Rewards to Flying Blue", (40, True, False)),
        ("UP TO 40 % TRANSFER BONUS FROM AMEX TO FLYING BLUE (targeted).", (40, True, True)),
    ],
)
def test_targeted_rows_and_maximums(details: str, expected: tuple[int, bool, bool]) -> None:
    [item], warnings, _ = read(page(table(row("Amex Membership Rewards", details))))
    assert (item.percent, item.up_to, item.targeted) == expected
    assert (item.programs, item.banks, warnings) == (("flyingblue",), ("amex",), [])
    assert "targeted" not in item.title.casefold()


@pytest.mark.parametrize(
    ("details", "programs"),
    [
        ("5,000 bonus point transfer bonus from Capital One Miles to JetBlue TrueBlue", ("jetblue",)),
        ("Transfer bonus from Capital One Miles to Nowhere Air Club", ()),
        ("Win miles when you transfer", ()),
        ("900% transfer bonus from Capital One Miles to JetBlue TrueBlue", ("jetblue",)),
    ],
)
def test_rows_without_a_usable_percentage_are_of_another_kind(details: str, programs: tuple[str, ...]) -> None:
    [item], warnings, _ = read(page(table(row("Capital One Miles", details))))
    assert (item.kind, item.programs, item.percent, item.title) == (PromotionKind.OTHER, programs, None, details)
    assert warnings == []


@pytest.mark.parametrize(
    "unknown",
    [
        row("Amex Membership Rewards", "25% transfer bonus from Amex Membership Rewards to Nowhere Air Club"),
        row("First Bank of Nowhere", "25% transfer bonus from First Bank of Nowhere to Flying Blue"),
        row("Citi ThankYou Rewards", "25% transfer bonus from Amex Membership Rewards to Flying Blue"),
        amex("Flying Blue", first="07/01/26", last="06/30/26"),
    ],
)
def test_unknown_names_and_contradictions_are_logged_and_never_guessed(unknown: str) -> None:
    items, warnings, text = read(page(table(CHASE, unknown)))
    assert [item.programs for item in items] == [("virginatlantic",)]
    assert len(warnings) == 1
    assert text.entries == 2


def test_entities_in_names() -> None:
    details = "50% transfer bonus from Rove Miles to Turkish Airlines Miles &amp; Smiles"
    [item], _, _ = read(page(table(row("Rove Miles", details))))
    assert (item.programs, item.title) == (("turkish",), details.replace("&amp;", "&"))


@pytest.mark.parametrize(
    ("hour", "expected"), [(datetime(2026, 7, 1, 7, 59, tzinfo=UTC), 1), (datetime(2026, 7, 1, 8, tzinfo=UTC), 0)]
)
def test_rows_past_their_end_are_left_out(hour: datetime, expected: int) -> None:
    items, _, text = read(page(table(amex("Flying Blue"))), seen_at=hour)
    assert (len(items), text.entries) == (expected, 1)


def test_the_largest_of_several_tables_is_the_archive() -> None:
    old = [amex("Flying Blue", percent, first="01/01/17", last="01/31/17") for percent in range(10, 40)]
    early = amex("Emirates Skywards", 15)
    items, warnings, text = read(page(table(*old, early), "<table><tr><td>other</td></tr></table>", table(CHASE)))
    assert [(item.programs, item.expired) for item in items] == [(("virginatlantic",), False), (("emirates",), True)]
    assert (text.entries, warnings) == (1, [])


def test_a_row_that_moves_to_the_archive_keeps_its_id() -> None:
    old = [amex("Flying Blue", percent, first="01/01/17", last="01/31/17") for percent in range(10, 40)]
    [before], _, _ = read(page(table(CHASE)))
    _, after = read(page(table(*old, CHASE), table(amex("Flying Blue"))))[0]
    assert (before.entry_id, before.expired) == (after.entry_id, False)
    assert after.expired


def test_a_later_end_and_another_style_keep_the_id() -> None:
    ids = [
        read(page(table(amex("Flying Blue", first=first, last=last))))[0][0].entry_id
        for first, last in (("06/01/26", "06/30/26"), ("<span>46174</span>06/01/26", "07/31/26"))
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (page(), "the page has no table of transfer bonuses"),
        (page(table(CHASE).replace("Start Date", "From")), "the page has no table of transfer bonuses"),
        (page(table()), "the table of transfer bonuses has no rows"),
        (page(table(*[amex("Flying Blue")] * 3), table()), "the table of transfer bonuses has no rows"),
        (b'{"error": "not a page"}', "the page has no table of transfer bonuses"),
        (b"", "not HTML"),
        (page(table(CHASE)).decode().encode("utf-16"), "not HTML: it contains a NUL"),
        (page(table(CHASE, CHASE))[:-200], "the page is cut off"),
        (b" " * (6 * 1024 * 1024), "the response is too large"),
    ],
)
def test_a_page_without_rows_is_a_failure(body: bytes, note: str) -> None:
    with pytest.raises(UnexpectedResponse, match=f"^{note}"):
        list(parse(body, context()))


def test_incomplete_rows_cost_only_themselves() -> None:
    items, warnings, _ = read(page(table("<tr><td>Amex</td></tr>", row("Amex Membership Rewards", ""), CHASE)))
    assert (len(items), len(warnings)) == (1, 2)


PROGRAMS = ("Flying Blue", "Emirates Skywards", "Qatar Avios", "Air Canada Aeroplan", "Hilton Honors")


def test_most_rows_missing_before_their_end_is_a_failure() -> None:
    _, _, text = read(page(table(*map(amex, PROGRAMS))))
    with pytest.raises(UnexpectedResponse, match="only 1 of 5 bonuses that have not ended are left in the table"):
        read(page(table(amex("Flying Blue"))), previous=text.text)
    with pytest.raises(UnexpectedResponse, match="only 0 of 5"):
        read(page(table(CHASE)), previous=text.text)


def test_rows_may_end_or_move_to_the_archive() -> None:
    _, _, text = read(page(table(*map(amex, PROGRAMS))))
    old = [amex("Flying Blue", percent, first="01/01/17", last="01/31/17") for percent in range(10, 40)]
    assert len(read(page(table(*old, *map(amex, PROGRAMS)), table(CHASE)), previous=text.text)[0]) == 6
    july = datetime(2026, 7, 2, tzinfo=UTC)
    assert len(read(page(table(CHASE)), previous=text.text, seen_at=july)[0]) == 1
    assert len(read(page(table(*map(amex, PROGRAMS[:2]))), previous=text.text)[0]) == 2


# ---- pages to compare with -----------------------------------------------------------------------------------------


def mentions(html: str) -> set[str]:
    [text] = parse(f"<html><body>{html}</body></html>".encode(), context(SourceKind.PAGE))
    assert isinstance(text, SourceText)
    assert text.entries == len(text.text.splitlines())
    return set(text.text.splitlines())


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="/news/chase-virgin-transfer-bonus/">Chase to Virgin Atlantic: 30% bonus</a>', "virginatlantic 30"),
        ('<p>30% bonus: <a href="/chase-virgin-atlantic-transfer-bonus/">details</a></p>', "virginatlantic 30"),
        (
            '<li><a href="/a-transfer-bonus/">Virgin Atlantic</a>: 30% more from Chase until July 14</li>',
            "virginatlantic 30",
        ),
        (
            '<table><tr><td>Chase</td><td><a href="/x-transfer-bonus">Virgin</a></td><td>30%</td></tr></table>',
            "virginatlantic 30",
        ),
        ("<table><tr><td>Chase</td><td>Virgin Atlantic</td><td>30% bonus</td></tr></table>", "virginatlantic 30"),
        (
            "<table><tr><th>Bank</th><th>Bonus</th></tr><tr><td>Chase</td><td>Virgin Atlantic: 30%</td></tr></table>",
            "virginatlantic 30",
        ),
        (
            '<h3>Chase</h3><ul><li><a href="/virgin-transfer-bonus/">Virgin Atlantic</a>: 30% bonus</li></ul>',
            "virginatlantic 30",
        ),
        ('<li><a href="/chase/virgin-atlantic-transfer-bonus/">Details</a>: up to 30%</li>', "virginatlantic 30"),
    ],
)
def test_bonuses_that_a_page_mentions(html: str, expected: str) -> None:
    assert mentions(html) == {f"chase {expected}"}


def test_a_heading_counts_until_the_next_one() -> None:
    html = (
        '<h3>Chase</h3><p><a href="/a-transfer-bonus">Virgin Atlantic</a> 30%</p>'
        '<h3>Amex</h3><p><a href="/b-transfer-bonus">Flying Blue</a> 25%</p>'
    )
    assert mentions(html) == {"chase virginatlantic 30", "amex flyingblue 25"}


def test_each_link_has_its_own_percentage() -> None:
    html = (
        '<ul><li><a href="/a-transfer-bonus">Chase to Virgin Atlantic</a> 30%</li>'
        '<li><a href="/b-transfer-bonus">Amex to Flying Blue</a> 25%</li></ul>'
    )
    assert mentions(html) == {"chase virginatlantic 30", "amex flyingblue 25"}


@pytest.mark.parametrize(
    "html",
    [
        "<p>No bonus today.</p>",
        '<p><a href="/best-cards">Chase to Virgin Atlantic: 30% bonus</a></p>',
        '<p><a href="/x-transfer-bonus">Chase to Virgin Atlantic</a>, 30% or 40%</p>',
        '<p><a href="/x-transfer-bonus">Amex or Chase to Virgin Atlantic: 30%</a></p>',
        '<p><a href="/x-transfer-bonus">Expired: Chase to Virgin Atlantic, 30%</a></p>',
        '<p><a href="/x-transfer-bonus">Virgin Atlantic 30%</a></p>',
        '<h3>Amex and Chase</h3><p><a href="/x-transfer-bonus">Virgin Atlantic 30%</a></p>',
        "<table><tr><th>Bank</th><th>Fee</th></tr><tr><td>Chase</td><td>Virgin Atlantic: 30%</td></tr></table>",
        "<li>Chase to Virgin Atlantic: 30%</li>",
    ],
)
def test_a_page_without_a_clear_mention_is_a_failure(html: str) -> None:
    with pytest.raises(UnexpectedResponse, match=r"^the page mentions no transfer bonus$"):
        mentions(html)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("chase virginatlantic 30", Confidence.VERIFIED),
        ("amex flyingblue 25\nchase virginatlantic 30", Confidence.VERIFIED),
        ("chase virginatlantic 40", Confidence.LIKELY),
        ("amex virginatlantic 30", Confidence.LIKELY),
        ("", Confidence.LIKELY),
    ],
)
def test_a_bonus_that_another_page_mentions_is_verified(other: str, expected: Confidence) -> None:
    [item], _, _ = read(page(table(CHASE)), other=other)
    assert item.confidence is expected


# ---- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Qatar Privilege Club Avios", "qatar"),
        ("JAL (Japan Airlines) Mileage Bank", "jal"),
        ("Turkish Airlines Miles & Smiles", "turkish"),
        ("Air France KLM Flying Blue", "flyingblue"),
        ("Avios", "avios"),
        ("Virgin Australia Velocity", "velocity"),
        ("American Express Membership Rewards", "amex"),
        ("British Airways / Iberia / Aer Lingus Avios", None),
        ("Virgin Galactic Rewards", None),
        ("Unknown Air Miles", None),
        ("", None),
    ],
)
def test_names_of_tables(name: str, key: str | None) -> None:
    assert key_of_name(name) == key


def test_the_registered_parser() -> None:
    assert get_announcement_parser("transferbonuses").parse is parse


def test_damaged_pages_are_read_or_refused() -> None:
    random = Random(7)
    complete_page = page(table(*map(amex, PROGRAMS)), table(CHASE))
    outcomes = set()
    for _ in range(300):
        body = bytearray(complete_page)
        for _ in range(random.randint(1, 8)):
            start = random.randrange(len(body))
            body[start : start + random.randint(0, 30)] = random.choice(
                [b"<", b">", b"&", b"\0", b"</td>", b"\xff", b"<table>", b'"', b"", b"<!--", b"9", b"-"]
            )
        for kind in (SourceKind.TABLE, SourceKind.PAGE):
            try:
                outcomes.add(len(list(parse(bytes(body), context(kind)))))
            except UnexpectedResponse:
                outcomes.add(0)
    assert len(outcomes) > 3
