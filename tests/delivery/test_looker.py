"""Links that open a Looker Studio report on a spreadsheet."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from awardspider.delivery.looker import looker_link
from awardspider.outcomes import InvalidArgument

SHEET = "1AbC-dEf_GhIjKlMnOpQrStUvWxYz0123456789abcde"


def test_the_link_has_the_spreadsheet_and_the_options() -> None:
    address = urlsplit(looker_link(SHEET, 1_234_567))
    assert (address.scheme, address.netloc, address.path) == ("https", "lookerstudio.google.com", "/reporting/create")
    assert parse_qs(address.query, strict_parsing=True) == {
        "r.reportName": ["Award offers"],
        "ds.connector": ["googleSheets"],
        "ds.datasourceName": ["Award offers"],
        "ds.spreadsheetId": [SHEET],
        "ds.worksheetId": ["1234567"],
        "ds.hasHeader": ["true"],
        "ds.includeHiddenCells": ["true"],
        "ds.includeFilteredCells": ["true"],
    }


def test_the_link_is_url_encoded_ascii() -> None:
    link = looker_link(SHEET, 0, name="Promoções & milhas #1")
    assert link.isascii()
    assert not set(link) & set(" \"'<>#")
    assert parse_qs(urlsplit(link).query)["r.reportName"] == ["Promoções & milhas #1"]
    assert "ds.worksheetId=0&" in link


@pytest.mark.parametrize(
    "sheet",
    [
        "",
        "short",
        f"https://docs.google.com/spreadsheets/d/{SHEET}/edit",
        f"{SHEET}&ds.connector=bigQuery",
        f"{SHEET}\n",
    ],
)
def test_invalid_spreadsheet_ids_are_rejected(sheet: str) -> None:
    with pytest.raises(InvalidArgument, match="is not a spreadsheet id"):
        looker_link(sheet, 0)


def test_negative_gids_are_rejected() -> None:
    with pytest.raises(InvalidArgument, match="is not the gid of a tab"):
        looker_link(SHEET, -1)
