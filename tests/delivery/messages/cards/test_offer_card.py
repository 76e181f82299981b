import pytest

from awardspider.delivery.messages.cards.offer_card import split_evidence
from awardspider.delivery.messages.evidence import deal_label, evidence_text
from awardspider.delivery.messages.language import get_language
from awardspider.search.judgments import DealClass
from tests.support.render_examples import RECORD_LOW, TOKYO, make_judgment


def split(locale, judgment):
    language = get_language(locale)
    return split_evidence(evidence_text(TOKYO, judgment, language), deal_label(judgment, language))


@pytest.mark.parametrize(
    ("locale", "heading", "text"),
    [
        ("en", "Record low since Sep 1, 2026 (previous low: 80,000 miles)", "40% below the 90-day median"),
        (
            "pt",
            "Menor preço histórico (dados desde 1 de set. de 2026; mínima anterior: 80.000 milhas)",
            "40% abaixo da",
        ),
    ],
)
def test_a_record_low_has_its_first_clause_as_heading(locale, heading, text):
    found = split(locale, RECORD_LOW)
    assert found[0] == heading
    assert found[1].startswith(text)


@pytest.mark.parametrize("locale", ["en", "pt", "es"])
@pytest.mark.parametrize("deal_class", DealClass)
def test_parentheses_are_not_divided(locale, deal_class):
    for part in split(locale, make_judgment(deal_class, 75_000, 125_000, lowest=80_000)):
        assert part.count("(") == part.count(")")


def test_a_class_is_the_heading_of_its_evidence():
    heading, text = split("en", make_judgment(DealClass.GOOD, 75_000, 90_000))
    assert (heading, "below the 90-day median of 90,000 miles" in text) == ("Good price", True)


def test_a_price_without_a_class_has_no_heading():
    assert split("en", make_judgment(DealClass.UNKNOWN, 75_000))[0] == ""
