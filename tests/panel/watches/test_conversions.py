"""A watch survives every change of view: YAML to form and back loses nothing, whatever its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awardspider.panel.watches.draft import YAML_NAME
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.promotion_watches import PromotionWatch, build_promotion_watch
from awardspider.search.watch_building import FieldError
from awardspider.search.watch_file import AnyWatch, dump_watches, parse_entries
from awardspider.search.watch_table import WATCH_FIELDS
from awardspider.search.watches import Watch, build
from tests.support.html_forms import form_values, page_form, send_form
from tests.support.panel import Panel
from tests.support.random_matching import random_watch
from tests.support.watch_values import field_values, promotion_values

_PAGES = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

#: A watch with every field of the table.
EVERYTHING: dict[str, object] = {
    "name": "Every field", "active": "no", "origin": "LAX, SFO", "destination": "Japan, not KIX",
    "dates": "2031-03..2031-05 Tue-Thu", "nights": "7-10", "travelers": 2, "min_seats": 3, "unknown_seats": "reject",
    "cabins": "business, first", "min_cabin_share": "80%", "max_miles": "80k", "max_trip_miles": "150,000",
    "max_points": "60k", "max_taxes": "100 USD", "max_trip_taxes": "R$ 900", "sale_only": "yes", "saver_only": "yes",
    "deal": "exceptional", "min_cpp": "1.8", "max_stops": 1, "max_duration": "14h30",
    "departure_hours": "08:00-22:00", "arrival_hours": "before 6pm", "via": "Europe", "not_via": "LHR, CDG",
    "carriers": "UA, NH", "not_carriers": "BA", "operated_by": "Star Alliance", "not_operated_by": "OO, YX",
    "aircraft": "77W, A359", "flights": "NH7, UA837", "programs": "united, seatsaero/aeroplan",
    "alliances": "star_alliance", "reachable_only": "yes", "expires": "2031-06-30", "note": "for two\nor three",
    "notify": {
        "channels": {"team": "digest", "phone": "urgent"}, "quiet_hours": "22:00-07:00",
        "timezone": "America/Sao_Paulo", "max_per_day": 10, "digest_at": "09:30", "digest_size": 8, "min_drop": "10%",
        "unconfirmed": "label", "max_age": "6h", "gone_note": "yes",
    },
}  # fmt: skip


def converted(panel: Panel, watch: AnyWatch) -> AnyWatch:
    """Return a watch after it was shown as YAML, as a form, and as YAML again."""
    text = dump_watches([watch]) if isinstance(watch, Watch) else dump_watches([], [watch])
    client = panel.anonymous()
    page = client.get("/watches/new?tab=form").text
    at_yaml = send_form(client, page, has="tab", action="tab:yaml").text
    at_form = send_form(client, at_yaml, has="yaml", yaml=text, action="tab:form").text
    back = send_form(client, at_form, has="notify.max_per_day", action="tab:yaml").text
    (entry,) = parse_entries(form_values(page_form(back, has="yaml"))["yaml"][0], YAML_NAME)
    return entry.watch


def meaning(watch: AnyWatch) -> AnyWatch:
    """Return a watch without what means nothing: the order of programs and kinds, and an empty `notify` block."""
    changes: dict[str, Any] = {"programs": tuple(sorted(watch.programs)), "notify": watch.notify or NotifyPrefs()}
    if isinstance(watch, PromotionWatch):
        changes["kinds"] = tuple(sorted(watch.kinds))
    return replace(watch, **changes)


def without_control_characters(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a watch with texts that HTML can contain."""
    note = "".join(letter for letter in str(values.get("note", "")) if letter.isprintable())
    return {**values, "note": note}


def test_a_watch_with_every_field_is_the_same_after_it_was_a_form(panel: Panel) -> None:
    assert EVERYTHING.keys() >= WATCH_FIELDS.keys() - {"allow_mixed_cabin"}
    watch = build(EVERYTHING)
    assert meaning(converted(panel, watch)) == meaning(watch)


@_PAGES
@given(field_values())
def test_any_watch_for_awards_is_the_same_after_it_was_a_form(panel: Panel, values: dict[str, Any]) -> None:
    try:
        watch = build(without_control_characters(values))
    except FieldError:
        return
    assert meaning(converted(panel, watch)) == meaning(watch)


@_PAGES
@given(promotion_values())
def test_any_watch_for_promotions_is_the_same_after_it_was_a_form(panel: Panel, values: dict[str, Any]) -> None:
    watch = build_promotion_watch(without_control_characters(values))
    assert meaning(converted(panel, watch)) == meaning(watch)


@_PAGES
@given(st.integers(0, 10_000))
def test_a_random_watch_is_the_same_after_it_was_a_form(panel: Panel, seed: int) -> None:
    watch = random_watch(Random(seed).choice, "random")
    try:
        build(watch.to_definition())
    except FieldError:  # the random watches of matching may contradict themselves
        return
    assert meaning(converted(panel, watch)) == meaning(watch)


@pytest.mark.parametrize("kind", ["award", "promotion"])
def test_an_incomplete_form_becomes_yaml_and_a_form_again(panel: Panel, kind: str) -> None:
    client = panel.anonymous()
    page = client.get(f"/watches/new?tab=form&kind={kind}").text
    yaml = send_form(client, page, has="origin", origin="LAX", note="half", action="tab:yaml").text
    assert "origin: LAX" in form_values(page_form(yaml, has="yaml"))["yaml"][0]
    form = send_form(client, yaml, has="yaml", action="tab:form").text
    values = form_values(page_form(form, has="origin"))
    assert (values["origin"], values["note"]) == (["LAX"], ["half"])
