"""A watch for promotions in words: each of its fields as a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.promotion_fields import kind_text, program_text
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.search.watch_text import Line, last_day_text, notify_text, places_text


def describe_promotion_watch(watch: PromotionWatch, today: date) -> list[Line]:
    """Return lines about every field that restricts a watch or its messages; `today` is the owner's date."""
    lines = [
        Line("kinds", ", ".join(map(kind_text, watch.kinds)) or "every kind"),
        Line("programs", ", ".join(map(program_text, watch.programs)) or "all"),
        Line("banks", ", ".join(map(program_text, watch.banks))),
        Line("limits", "; ".join(_limits(watch))),
        Line("targeted", _targeted_text(watch)),
        Line("from", places_text(watch.origin) if watch.origin else ""),
        Line("to", places_text(watch.destination) if watch.destination else ""),
        Line("notifies", notify_text(watch.notify or NotifyPrefs(), watch.owner_timezone)),
        Line("expires", last_day_text(watch.expires, today) if watch.expires else "never"),
        Line("note", watch.note),
    ]
    return [line for line in lines if line.text]


def _limits(watch: PromotionWatch) -> Iterator[str]:
    if watch.min_percent is not None:
        yield f"at least {watch.min_percent}%"
    if watch.max_cents is not None:
        yield f"at most {watch.max_cents:f} cents per mile"


def _targeted_text(watch: PromotionWatch) -> str:
    if watch.targeted:
        return "also promotions only for invited members"
    names = ", ".join(sorted(map(program_text, watch.targeted_banks)))
    return f"only from {names}, as in your profile" if names else ""
