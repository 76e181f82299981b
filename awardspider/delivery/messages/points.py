"""The cost of an offer in the owner's points and the promotion that lowered it, in words."""

from __future__ import annotations

from collections.abc import Sequence

from awardspider.delivery.messages.language import Language
from awardspider.delivery.messages.text_limits import MAX_NAME_LENGTH, plain_text
from awardspider.items import PromotionKind
from awardspider.programs import ProgramCurrency, Unit, points_programs, program_currency
from awardspider.search.offer_promotions import OfferPromotion
from awardspider.search.points_cost import MAX_WAYS, PointsCost
from awardspider.search.transfer_partners import holding_currency


def points_summary(costs: Sequence[PointsCost], program: str, language: Language) -> str:
    """Return the best ways to pay an offer of a program, or the best one that is not enough if none is.

    `costs` are in order, the best first. Return an empty string if there are none.
    """
    enough = [points_text(cost, program, language) for cost in costs if cost.enough]
    if enough:
        return language.join_or(enough[:MAX_WAYS])
    if not costs:
        return ""
    best = costs[0]
    held = language.amount(best.held, _currency(best))
    return language.phrase("points.not_enough", points=points_text(best, program, language), held=held)


def best_points_text(costs: Sequence[PointsCost], program: str, language: Language) -> str:
    """Return only the best way to pay, for a list of offers; empty without costs."""
    best = next((cost for cost in costs if cost.enough), None)
    if best:
        return points_text(best, program, language)
    return language.phrase("points.too_few") if costs else ""


def points_text(cost: PointsCost, program: str, language: Language) -> str:
    """Return text such as `54,000 Membership Rewards points (30% bonus until Dec 31)`."""
    points = language.price(cost.points, _currency(cost))
    if cost.own_miles:
        points = f"{points} + {language.price(cost.own_miles, program_currency(program))}"
    notes = []
    if cost.bonus_percent is not None:
        percent = language.percent(cost.bonus_percent)
        if cost.bonus_until is None:
            notes.append(language.phrase("points.bonus", percent=percent))
        else:
            until = language.month_day(cost.bonus_until)
            notes.append(language.phrase("points.bonus_until", percent=percent, date=until))
    if cost.up_to_percent is not None and cost.up_to_until is not None:
        percent, until = language.percent(cost.up_to_percent), language.month_day(cost.up_to_until)
        notes.append(language.phrase("points.up_to", percent=percent, date=until))
    return f"{points} ({'; '.join(notes)})" if notes else points


def promotion_text(promotion: OfferPromotion, language: Language) -> str:
    """Return the terms of a promotion that a message about an offer names: a transfer bonus, or a sale."""
    if promotion.kind is not PromotionKind.TRANSFER_BONUS:
        title = plain_text(promotion.title, MAX_NAME_LENGTH)
        if promotion.until is None:
            return title
        return language.phrase("points.until", title=title, date=language.month_day(promotion.until))
    text = language.phrase(
        "points.transfer_bonus",
        percent=language.percent(promotion.percent or 0),
        bank=_holding_name(promotion.bank),
        program=_holding_name(promotion.program),
        date=language.month_day(promotion.until) if promotion.until else "",
    )
    if promotion.points is None or promotion.previous_points is None:
        return text
    currency = _bank_currency(promotion)
    points = language.phrase(
        "points.instead",
        points=language.amount(promotion.points, currency),
        previous=language.price(promotion.previous_points, currency),
    )
    return f"{text}: {points}"


def promotion_line(promotion: OfferPromotion, language: Language) -> str:
    """Return the terms of a promotion with a label."""
    return f"{language.phrase(f'label.{promotion_label(promotion)}')}: {promotion_text(promotion, language)}"


def promotion_label(promotion: OfferPromotion) -> str:
    """Return the name of the phrase that labels a promotion."""
    return "new_bonus" if promotion.kind is PromotionKind.TRANSFER_BONUS else "during_sale"


def short_promotion_text(promotion: OfferPromotion, language: Language) -> str:
    """Return the promotion for a short text."""
    if promotion.kind is not PromotionKind.TRANSFER_BONUS:
        return language.phrase("short.in_sale", text=promotion_text(promotion, language))
    percent = language.percent(promotion.percent or 0)
    if promotion.points is not None:
        points = language.price(promotion.points, _bank_currency(promotion))
        return language.phrase("short.with_bonus", points=points, percent=percent)
    date = language.month_day(promotion.until) if promotion.until else ""
    return language.phrase("short.bonus", percent=percent, date=date)


def _holding_name(key: str | None) -> str:
    program = points_programs().get(key or "")
    return plain_text(program.short_name if program else key or "", MAX_NAME_LENGTH)


def _bank_currency(promotion: OfferPromotion) -> ProgramCurrency:
    return _holding_currency(promotion.bank or "", _holding_name(promotion.bank))


def _currency(cost: PointsCost) -> ProgramCurrency:
    """Return the currency of a balance; one that is no longer known has the name of the balance."""
    return _holding_currency(cost.key, cost.name)


def _holding_currency(key: str, name: str) -> ProgramCurrency:
    try:
        return holding_currency(key)
    except KeyError:
        return ProgramCurrency(unit=Unit.POINTS, brand=plain_text(name, MAX_NAME_LENGTH))
