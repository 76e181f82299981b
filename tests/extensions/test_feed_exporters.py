"""CSV files of crawls: header, formulas and byte order mark."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scrapy.utils.test import get_crawler

from awardspider.extensions.feed_exporters import RecordCsv
from awardspider.items import AwardOfferItem
from awardspider.offer_fields import RECORD_FIELDS
from awardspider.storage.export.formats import without_formula
from tests.support.storage_examples import make_itinerary

COLUMNS = [name for name in RECORD_FIELDS if name != "segments"]


class Contexts:
    """Contexts without watches."""

    def __getitem__(self, offer: AwardOfferItem) -> Any:
        class Context:
            watches = ()

        return Context()


def export(file: Any, *offers: AwardOfferItem, excel: str = "no") -> None:
    crawler = get_crawler(settings_dict={"AWARD_EXCEL": excel})
    exporter = RecordCsv.from_crawler(crawler, file)
    exporter._contexts = Contexts()  # type: ignore[assignment]
    exporter.start_exporting()
    for offer in offers:
        exporter.export_item(offer)
    exporter.finish_exporting()


@pytest.mark.parametrize("excel", ["no", "yes", "1"])
def test_a_file_without_offers_has_a_header(excel: str) -> None:
    file = io.BytesIO()
    export(file, excel=excel)
    mark = b"" if excel == "no" else b"\xef\xbb\xbf"
    assert file.getvalue() == mark + ",".join(COLUMNS).encode() + b"\r\n"


@pytest.mark.parametrize("excel", ["no", "yes"])
def test_a_file_that_is_appended_to_has_one_header(tmp_path: Path, excel: str) -> None:
    path = tmp_path / "offers.csv"
    for _ in range(2):
        with path.open("ab") as file:
            export(file, make_itinerary(), excel=excel)
    data = path.read_bytes()
    assert data.count(b"offer_id") == 1
    assert data.count(b"\xef\xbb\xbf") == (excel == "yes")
    assert len(list(csv.reader(io.StringIO(data.decode())))) == 3


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-cmd|' /C calc'!A0", "+1+cmd", "\tx", "\rx", "\n=x", "＝1"])
def test_formulas_are_defused(text: str) -> None:
    file = io.BytesIO()
    export(file, replace(make_itinerary(), fare_name=text))
    (row,) = csv.DictReader(io.StringIO(file.getvalue().decode(), newline=""))
    assert row["fare_name"] == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "-5.60", "+1,250", "2027-03-10T08:00:00-06:00", "A-B", "", "São Paulo"])
def test_numbers_times_and_ordinary_text_are_unchanged(text: str) -> None:
    assert without_formula(text) == text
