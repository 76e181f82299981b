"""docs/offer-fields.md is what scripts/offer_fields_page.py generates."""

from scripts.offer_fields_page import PAGE, text


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "run: python -m scripts.offer_fields_page"
