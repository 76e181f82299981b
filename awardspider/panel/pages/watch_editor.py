"""The editor of watches, new and stored ones: words, form and YAML, trying and saving."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from awardspider.delivery.channels.configuration import channel_names
from awardspider.outcomes import InvalidArgument, WatchConflict
from awardspider.panel.access import Member, Visitor
from awardspider.panel.configuration import config_of
from awardspider.panel.field_errors import FieldLabels
from awardspider.panel.htmx import is_htmx_request
from awardspider.panel.pages.watches import entry_or_404, page_words, preview_context
from awardspider.panel.rendering import formats_and_texts, render
from awardspider.panel.watches.draft import Draft, draft_of, form_values
from awardspider.panel.watches.editor import (
    Difference,
    Editor,
    Tab,
    checked_editor,
    chosen_owner,
    edit_editor,
    new_editor,
    shown_at,
    submitted_editor,
    with_applied_words,
)
from awardspider.panel.watches.fields import AnyWatch
from awardspider.panel.watches.preview import preview_watch
from awardspider.panel.watches.saving import StoredEither, read_either, readable_or_error, save_watch
from awardspider.panel.watches.searching import crawl_settings
from awardspider.panel.watches.summary import WatchWords
from awardspider.search.watch_building import FieldError
from awardspider.storage.owners import find_owners
from awardspider.storage.watch_check import TooManyOffers

router = APIRouter()


async def form_data(request: Request) -> FormData:
    """Return the submitted form."""
    return await request.form()


Form = Annotated[FormData, Depends(form_data)]


@router.get("/watches/new")
def new_watch_page(request: Request, visitor: Member, copy: str = "") -> Response:
    """Show the editor of a new watch; the address can contain values of its fields, or a watch to copy."""
    config, now = config_of(request), config_of(request).now()
    owner = chosen_owner(config, request.query_params, adds_for=visitor.adds_for, may_choose=visitor.is_operator)
    copied = None
    if copy:
        stored = _stored_or_404(request, visitor, copy)
        owner, copied = stored.owner, _copy(stored)
    editor = new_editor(request.query_params, owner, copied)
    return _render(request, visitor, with_applied_words(editor, now))


def _copy(stored: StoredEither) -> Draft:
    draft = draft_of(stored.watch)
    return replace(draft, written={**draft.written, "name": f"{draft.name} (2)"[:100]})


@router.post("/watches/new")
def change_new_watch(request: Request, visitor: Member, form: Form) -> Response:
    """Show another view of a new watch, try it, or save it."""
    config = config_of(request)
    owner = chosen_owner(config, form, adds_for=visitor.adds_for, may_choose=visitor.is_operator)
    return _act(request, visitor, submitted_editor(form, owner, None, config.now()), form)


@router.get("/watches/{watch_id}/edit")
def edit_watch_page(request: Request, visitor: Member, watch_id: str, tab: str = "") -> Response:
    """Show the editor of a stored watch."""
    return _render(request, visitor, edit_editor(_stored_or_404(request, visitor, watch_id), tab))


@router.post("/watches/{watch_id}/edit")
def change_watch(request: Request, visitor: Member, watch_id: str, form: Form) -> Response:
    """Show another view of a stored watch with its changes, try it, or save it."""
    stored = _stored_or_404(request, visitor, watch_id)
    editor = submitted_editor(form, stored.owner, stored, config_of(request).now())
    return _act(request, visitor, editor, form)


def _stored_or_404(request: Request, visitor: Visitor, watch_id: str) -> StoredEither:
    config = config_of(request)
    entry = entry_or_404(request, visitor, watch_id)
    stored = readable_or_error(config.store, entry, config.now())
    if isinstance(stored, str):
        raise InvalidArgument(f"The stored definition cannot be edited: {stored}")
    return stored


def _act(request: Request, visitor: Visitor, editor: Editor, form: FormData) -> Response:
    action = str(form.get("action") or "try")
    if action.startswith("tab:") and action.removeprefix("tab:") in tuple(Tab):
        return _render(request, visitor, shown_at(editor, Tab(action.removeprefix("tab:"))))
    if action == "understand":
        return _render(request, visitor, editor)
    config, now = config_of(request), config_of(request).now()
    if action == "try" and not editor.draft.name:
        editor = replace(editor, draft=replace(editor.draft, written={**editor.draft.written, "name": "new"}))
        tried, checked = checked_editor(config, editor, now)
        nameless = {name: value for name, value in editor.draft.written.items() if name != "name"}
        editor = replace(tried, draft=replace(editor.draft, written=nameless))
    else:
        editor, checked = checked_editor(config, editor, now)
    if checked.watch is None:
        return _render(request, visitor, editor, status=422)
    if action == "save":
        return _save(request, visitor, editor, checked.watch, now)
    try:
        return _render(request, visitor, replace(editor, preview=preview_watch(config, checked.watch, now)))
    except TooManyOffers as error:
        return _render(request, visitor, replace(editor, errors={"origin": str(error)}), status=422)


def _save(request: Request, visitor: Visitor, editor: Editor, watch: AnyWatch, now: datetime) -> Response:
    store = config_of(request).store
    try:
        watch_id = save_watch(store, watch, editor.owner, now, stored=editor.stored, read_at=editor.changed_at)
    except WatchConflict:
        return _render(request, visitor, _with_conflict(request, visitor, editor, watch, now), status=409)
    except InvalidArgument as error:
        return _render(request, visitor, replace(editor, errors={"name": str(error)}), status=422)
    notice = "watch_saved" if editor.stored else "watch_added"
    return RedirectResponse(f"/watches/{watch_id}?notice={notice}", status_code=303)


def _with_conflict(request: Request, visitor: Visitor, editor: Editor, watch: AnyWatch, now: datetime) -> Editor:
    """Return the editor with what differs from the newer stored version; the next save replaces that one."""
    assert editor.stored
    stored = read_either(config_of(request).store, entry_or_404(request, visitor, editor.stored.watch.id), now)
    differences = _differences(page_words(request), watch, stored.watch)
    return replace(editor, stored=stored, changed_at=stored.changed_at.isoformat(), differences=tuple(differences))


def _differences(words: WatchWords, own: AnyWatch, stored: AnyWatch) -> list[Difference]:
    own_values = {line.label: line.value for line in words.lines(own)}
    stored_values = {line.label: line.value for line in words.lines(stored)}
    labels = dict.fromkeys((*own_values, *stored_values))
    found = [Difference(label, own_values.get(label, "–"), stored_values.get(label, "–")) for label in labels]
    differences = [each for each in found if each.own != each.stored]
    return [Difference("", own.name, stored.name), *differences] if own.name != stored.name else differences


def _render(request: Request, visitor: Visitor, editor: Editor, *, status: int = 200) -> Response:
    config = config_of(request)
    is_fragment = is_htmx_request(request)
    words = page_words(request)
    return render(
        request,
        visitor,
        "watch_try.html" if is_fragment else "watch_edit.html",
        # The fragment replaces the preview of a page, also if it has only errors.
        status=200 if is_fragment else status,
        editor=editor,
        form=editor.draft.form,
        values=form_values(editor.draft, channel_names(config.store, crawl_settings(config)).messages),
        lines=_lines(words, editor),
        owners=find_owners(config.store) if visitor.is_operator and editor.stored is None else [],
        words=words,
        labels=FieldLabels(formats_and_texts(request)[1], "watches.field_"),
        **preview_context(request, editor.preview),
    )


def _lines(words: WatchWords, editor: Editor) -> list[object]:
    """Return the lines about the draft of the view of words; none if it is not complete yet."""
    if editor.tab is not Tab.WORDS or not editor.draft.written:
        return []
    written = {"name": "new", **editor.draft.written}
    try:
        return [*words.lines(editor.draft.form.build(written))]
    except FieldError:
        return []
