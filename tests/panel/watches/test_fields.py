"""The form of a watch has each field of the tables once, with a control and texts."""

from __future__ import annotations

import pytest

from awardspider.delivery.messages.language import LANGUAGES, get_language
from awardspider.panel.texts import Texts
from awardspider.panel.watches.fields import FORMS, Control, FormField, WatchForm
from awardspider.search.notify_table import NOTIFY_FIELDS
from awardspider.search.promotion_watch_table import PROMOTION_NOTIFY_FIELDS, PROMOTION_WATCH_FIELDS
from awardspider.search.watch_table import WATCH_FIELDS
from awardspider.storage.watches import WatchKind

TABLES = {
    WatchKind.AWARD: (WATCH_FIELDS, NOTIFY_FIELDS),
    WatchKind.PROMOTION: (PROMOTION_WATCH_FIELDS, PROMOTION_NOTIFY_FIELDS),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.kind.value)
def test_the_form_has_every_field_of_the_tables_in_one_group(form: WatchForm) -> None:
    fields, notify = TABLES[form.kind]
    expected = [name for name in fields if name != "notify"] + [f"notify.{name}" for name in notify]
    grouped = [name for group in form.groups for name in (*group.fields, *group.more)]
    assert sorted(grouped) == sorted(expected) == sorted(form.fields)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_has_a_label_in_every_language(language: str) -> None:
    texts = Texts(get_language(language))
    for form in FORMS.values():
        assert [key for field in form.fields.values() if not texts.has(key := f"watches.field_{field.text_key}")] == []


def field(name: str) -> FormField:
    return FORMS[WatchKind.AWARD].fields[name]


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("origin", Control.TEXT),
        ("max_miles", Control.TEXT),
        ("cabins", Control.CHOICES),
        ("programs", Control.CHOICES),
        ("deal", Control.SELECT),
        ("travelers", Control.SELECT),
        ("sale_only", Control.CHECKBOX),
        ("note", Control.AREA),
        ("notify.channels", Control.CHANNELS),
        ("notify.gone_note", Control.CHECKBOX),
        ("notify.unconfirmed", Control.SELECT),
        ("notify.max_per_day", Control.TEXT),
    ],
)
def test_the_control_follows_from_the_schema(name: str, control: Control) -> None:
    assert field(name).control is control


def test_defaults_are_chosen_at_first() -> None:
    assert field("active").is_checked
    assert not field("sale_only").is_checked
    assert field("travelers").default == "1"
    assert field("notify.max_per_day").placeholder == "5"
    assert field("max_miles").placeholder == "80k"
