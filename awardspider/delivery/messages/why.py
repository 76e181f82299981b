"""The evidence for an offer's class and its program's own sale, in one sentence."""

from __future__ import annotations

from awardspider.delivery.messages.evidence import evidence_text
from awardspider.delivery.messages.language import Language
from awardspider.items import AwardOfferItem
from awardspider.programs import program_currency
from awardspider.search.judgments import DealClass, Judgment


def why_text(offer: AwardOfferItem, judgment: Judgment | None, language: Language) -> str:
    """Return the evidence for the class and, if the program calls the offer a sale, the regular price.

    The text is empty without either. A sale needs no evidence from the history, so a lack of it is not mentioned.
    """
    is_unknown = judgment is None or judgment.baseline is None or judgment.deal_class is DealClass.UNKNOWN
    parts = [] if is_unknown and offer.on_sale else [evidence_text(offer, judgment, language)]
    if offer.on_sale:
        sale = language.phrase("offer.on_sale")
        if offer.regular_miles is not None:
            regular = language.amount(offer.regular_miles, program_currency(offer.program))
            sale = f"{sale}, {language.phrase('offer.regular_price', miles=regular)}"
        parts.append(sale)
    return "; ".join(filter(None, parts))
