"""The editor of a watch: words, form and YAML are three views of one draft, and each request converts between them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from awardspider.delivery.channels.configuration import ChannelNames, channel_names
from awardspider.outcomes import InvalidArgument, InvalidWatch
from awardspider.panel.configuration import PanelConfig
from awardspider.panel.watches.draft import (
    YAML_NAME,
    CheckedDraft,
    Draft,
    FormItems,
    check_draft,
    draft_from_form,
    draft_from_json,
    draft_from_yaml,
    draft_of,
    yaml_of,
)
from awardspider.panel.watches.fields import Control
from awardspider.panel.watches.preview import Preview
from awardspider.panel.watches.saving import StoredEither
from awardspider.panel.watches.searching import crawl_settings
from awardspider.panel.watches.summary import Line
from awardspider.panel.watches.words import Understood, understand, with_words
from awardspider.search.owners import Owner
from awardspider.search.watch_file import parse_entries
from awardspider.storage.owners import find_owner
from awardspider.storage.watches import WatchKind

#: Short names of fields in addresses, which other pages use: /watches/new?from=SFO&to=NRT
_SHORT_NAMES = {"from": "origin", "to": "destination", "date": "dates", "cabin": "cabins", "program": "programs"}
_LINE = re.compile(rf"{YAML_NAME.name}:([0-9]+): (?:watch \"[^\n]*?\": )?(.*)", re.DOTALL)


class Tab(StrEnum):
    """Views of a draft."""

    WORDS = "words"
    FORM = "form"
    YAML = "yaml"


class YamlError(NamedTuple):
    """An error in the YAML text, with the number of its line, or 0 if it belongs to no line."""

    line: int
    message: str


class Difference(NamedTuple):
    """A field that differs between the draft and the watch as somebody else saved it in the meantime."""

    label: str
    own: str
    stored: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """The state of the editor: the draft, the view, and what the last request found.

    `applied_words` are the words that the draft contains. `changed_at` is the time of the last change of the stored
    watch that the person has seen; it is empty for a new watch. `differences` are those to a newer stored version.
    """

    tab: Tab
    draft: Draft
    owner: Owner
    stored: StoredEither | None = None
    words: str = ""
    applied_words: str = ""
    yaml: str = ""
    yaml_error: YamlError | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    understood: Understood | None = None
    changed_at: str = ""
    differences: tuple[Difference, ...] | None = None
    preview: Preview | None = None
    lines: tuple[Line, ...] = ()

    @property
    def address(self) -> str:
        """Return the address that the form is sent to."""
        return f"/watches/{self.stored.watch.id}/edit" if self.stored else "/watches/new"

    @property
    def tabs(self) -> tuple[Tab, ...]:
        """Return the views that there are: words describe only watches for awards."""
        return tuple(Tab) if self.draft.kind is WatchKind.AWARD else (Tab.FORM, Tab.YAML)


def new_editor(query: FormItems, owner: Owner, copied: Draft | None = None) -> Editor:
    """Return the editor of a new watch, prefilled from an address such as `/watches/new?from=SFO&to=NRT`."""
    kind = copied.kind if copied else WatchKind.AWARD
    if WatchKind.PROMOTION in (*query.getlist("kind"), *query.getlist("type")):
        kind = WatchKind.PROMOTION
    draft = Draft(kind=kind, written=copied.written if copied else _prefilled(query, kind))
    words = next(iter(query.getlist("words")), "")
    is_form = draft.written or kind is WatchKind.PROMOTION or "form" in query.getlist("tab")
    return Editor(tab=Tab.FORM if is_form else Tab.WORDS, draft=draft, owner=owner, words=str(words))


def _prefilled(query: FormItems, kind: WatchKind) -> dict[str, object]:
    draft = Draft(kind=kind, written={})
    written: dict[str, object] = {}
    for key in query:
        name = _SHORT_NAMES.get(str(key), str(key))
        values = [str(value) for value in query.getlist(key) if str(value).strip()]
        if name in draft.form.fields and "." not in name and values:
            written[name] = ", ".join(values)
    if kind is WatchKind.AWARD and "name" not in written and {"origin", "destination"} <= written.keys():
        written["name"] = f"{written['origin']} → {written['destination']}"[:100]
    return written


def edit_editor(stored: StoredEither, tab: str = "") -> Editor:
    """Return the editor of a stored watch."""
    draft = draft_of(stored.watch)
    editor = Editor(
        tab=Tab.FORM,
        draft=draft,
        owner=stored.owner,
        stored=stored,
        changed_at=stored.changed_at.isoformat(),
    )
    return shown_at(editor, Tab(tab)) if tab in editor.tabs else editor


def submitted_editor(items: FormItems, owner: Owner, stored: StoredEither | None, now: datetime) -> Editor:
    """Return the editor as a form was sent: the draft contains what its current view says."""
    tab = Tab(_one(items, "tab")) if _one(items, "tab") in tuple(Tab) else Tab.FORM
    before = draft_from_json(_one(items, "definition"))
    kind = WatchKind(_one(items, "kind")) if _one(items, "kind") in tuple(WatchKind) else WatchKind.AWARD
    if stored:
        kind = draft_of(stored.watch).kind
    editor = Editor(
        tab=tab,
        draft=Draft(kind=kind, written=before.written if before.kind is kind else {}),
        owner=owner,
        stored=stored,
        words=_one(items, "words").strip(),
        applied_words=_one(items, "applied_words").strip(),
        changed_at=_one(items, "changed_at"),
    )
    match tab:
        case Tab.FORM:
            return replace(editor, draft=draft_from_form(kind, items))
        case Tab.YAML:
            return _from_yaml(replace(editor, yaml=_one(items, "yaml").replace("\r\n", "\n")))
    return with_applied_words(editor, now)


def _one(items: FormItems, name: str) -> str:
    return str(next(iter(items.getlist(name)), ""))


def _from_yaml(editor: Editor) -> Editor:
    kind = editor.draft.kind if editor.stored else None
    try:
        return replace(editor, draft=draft_from_yaml(editor.yaml, kind))
    except InvalidWatch as error:
        return replace(editor, yaml_error=yaml_error(error))


def with_applied_words(editor: Editor, now: datetime) -> Editor:
    """Return the editor with what its words mean, and with a draft that contains them."""
    if not editor.words:
        return editor
    wish, understood = understand(editor.words, editor.owner, now)
    if editor.words != editor.applied_words and understood.is_wish and not understood.promotion:
        editor = replace(editor, draft=with_words(editor.draft, wish), applied_words=editor.words)
    return replace(editor, understood=understood)


def shown_at(editor: Editor, tab: Tab) -> Editor:
    """Return the editor at another view of the same draft; it stays at YAML that the form could not show."""
    if editor.tab is Tab.YAML and tab is not Tab.YAML:
        if editor.yaml_error:
            return editor
        if not _fits_form(editor.draft):
            return replace(editor, yaml_error=_first_yaml_error(editor.yaml))
    if tab is Tab.YAML and editor.tab is not Tab.YAML:
        editor = replace(editor, yaml=yaml_of(editor.draft))
    return replace(editor, tab=tab if tab in editor.tabs else Tab.FORM, errors={})


def _fits_form(draft: Draft) -> bool:
    """Return whether a form shows everything that is written: it has no control for an unknown field."""
    form = draft.form
    block = draft.written.get("notify")
    if block is not None and not isinstance(block, Mapping):
        return False
    errors = form.find_errors(draft.written)
    unknown = [name for name in draft.written if name not in form.fields and name != "notify"]
    unknown += [name for name in draft.notify if f"notify.{name}" not in form.fields]
    checkboxes = [name for name in errors if name in form.fields and form.fields[name].control is Control.CHECKBOX]
    return not unknown and not checkboxes


def _first_yaml_error(text: str, channels: ChannelNames | None = None) -> YamlError | None:
    try:
        parse_entries(text, YAML_NAME, *(channels or ()))
    except InvalidWatch as error:
        return yaml_error(error)
    return None


def yaml_error(error: Exception) -> YamlError:
    """Return the line and the message of an error of the parser."""
    if found := _LINE.fullmatch(str(error)):
        return YamlError(int(found[1]), found[2])
    return YamlError(0, str(error).removeprefix(f"{YAML_NAME.name}: "))


def checked_editor(config: PanelConfig, editor: Editor, now: datetime) -> tuple[Editor, CheckedDraft]:
    """Return the editor with the errors of its draft, and the watch if there are none."""
    channels = channel_names(config.store, crawl_settings(config))
    if editor.yaml_error is None and editor.tab is Tab.YAML:
        editor = replace(editor, yaml_error=_first_yaml_error(editor.yaml, channels))
    if editor.yaml_error:
        return editor, CheckedDraft(watch=None, errors={})
    before = draft_of(editor.stored.watch) if editor.stored else Draft(written={})
    checked = check_draft(editor.draft, owner=editor.owner, channels=channels, now=now, before=before)
    return replace(editor, errors=checked.errors), checked


def chosen_owner(config: PanelConfig, items: FormItems, *, adds_for: str, may_choose: bool) -> Owner:
    """Return the owner of a new watch: the visitor's own, or for an operator the chosen one. Raise InvalidArgument."""
    chosen = _one(items, "owner") if may_choose else ""
    if not (owner_id := chosen or adds_for):
        raise InvalidArgument("this account has no owner; an operator can set one")
    return find_owner(config.store, owner_id)
