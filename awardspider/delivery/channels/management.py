"""Adding, changing and removing channels, with every check that must pass before they are stored."""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from awardspider.delivery.channels import channel_class
from awardspider.delivery.channels.base import ChannelContext
from awardspider.delivery.channels.configuration import (
    HANDOFF_KIND,
    OPERATOR_EVENTS,
    ConfiguredChannel,
    Origin,
    configured_channels,
    resolve_config,
)
from awardspider.delivery.channels.secrets import NEW_KEY, encrypt, is_encrypted, is_reference, resolve
from awardspider.delivery.messages.events import EVENTS
from awardspider.items import EventType, Priority
from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.search.watches import Watch
from awardspider.storage.channels import (
    ChannelRow,
    ChannelState,
    PausedBy,
    channel_states,
    insert_channel,
    pause_channel,
    remove_channel,
    save_channel,
)
from awardspider.storage.promotion_watches import read_promotion_watches
from awardspider.storage.watches import find_watches

#: The events that a channel can list. Digests follow from matches and drops, and a test message is sent by request.
EVENT_CHOICES = tuple(name for name in EVENTS if name not in (EventType.DIGEST, EventType.TEST))

#: Names of options whose values may be secrets; these values are stored as secrets.
SECRET_OPTIONS = re.compile(r"^header\.|key|token|secret|password|auth", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChannel:
    """A channel as a person describes it: its values are references, or plain text that is encrypted if it is secret.

    With `encrypted`, references are resolved first, and their current values are stored encrypted. `priority` is None
    for the default.
    """

    name: str
    kind: str
    address: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    events: tuple[EventType, ...] = ()
    priority: Priority | None = None
    encrypted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """The result of removing a channel: the number of canceled messages, and the watches that still name it."""

    canceled: int
    watches: tuple[str, ...]


def find_channel(context: ChannelContext, name: str) -> ConfiguredChannel:
    """Return the channel with a name. Raise InvalidArgument if there is none."""
    known = configured_channels(context.store, context.settings)
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]}?" if close else "scrapy channels list shows all"
        raise InvalidArgument(f"unknown channel {name} ({hint})")
    return known[name]


def channel_state(context: ChannelContext, name: str) -> ChannelState:
    """Return the state of a channel."""
    return channel_states(context.store).get(name, ChannelState(name=name))


def add_channel(context: ChannelContext, new: NewChannel, *, replaces: bool = False) -> bool:
    """Check a channel and store it; return True if it replaced another one.

    Raise InvalidArgument or InvalidSetting, with a message that contains no secrets, if it is invalid, if there is one
    with its name and `replaces` is False, or if its address is private or syncs the spreadsheet of another channel.
    """
    if not new.name.isidentifier():
        raise InvalidArgument("a channel's name is one word of letters, digits and _, such as family_telegram")
    if "://" in new.kind:  # may be the address, which is secret, so it is not printed
        raise InvalidArgument("expected name, kind and address: scrapy channels add NAME KIND ADDRESS")
    kind = channel_class(new.kind)
    known = configured_channels(context.store, context.settings).get(new.name)
    if known and known.origin is Origin.ENVIRONMENT:
        raise InvalidArgument(f"the settings already define a channel {new.name}; choose another name")
    if known and not replaces:
        raise InvalidArgument(f"a channel {new.name} exists; --replace replaces it")
    if kind.syncs_rows and (new.events or new.priority):
        raise InvalidArgument(f"a {new.kind} channel syncs rows; --events and --priority are for messages")
    if new.secrets and new.kind != "webhook":
        raise InvalidArgument(f"--secret signs webhooks; a {new.kind} channel has no secret")
    if new.kind == HANDOFF_KIND and (notices := [event for event in new.events if event in OPERATOR_EVENTS]):
        raise InvalidArgument(f"a {new.kind} channel has posts for others; leave out the event {notices[0]}")
    row = _row(context, new, address_is_secret=kind.address_is_secret)
    kind.check(resolve_config(row, context.settings), context)
    if kind.syncs_rows:
        _refuse_shared_spreadsheet(context, row)
    if known:
        save_channel(context.store, row)
    else:
        insert_channel(context.store, row)
    return known is not None


def rotate_secret(
    context: ChannelContext, name: str, new_secret: str | None, *, encrypted: bool = False, revokes_old: bool = False
) -> int:
    """Put a new signing secret before the old one, or keep only the newest; return the number of secrets.

    Raise InvalidArgument or InvalidSetting if the channel has no secrets of its own, or the secret is invalid.
    """
    found = find_channel(context, name)
    if found.origin is Origin.ENVIRONMENT:
        raise InvalidArgument(
            f"{name} comes from the settings; put the new secret before the old one in AWARD_WEBHOOK_SECRET, "
            "separated by a space"
        )
    if found.row.kind != "webhook":
        raise InvalidArgument(f"{name} is of kind {found.row.kind}; only webhooks have a signing secret")
    if not (new_secret or revokes_old):
        raise InvalidArgument("rotate needs --secret, --revoke-old or both")
    new = [_stored(context, new_secret, "--secret", secret=True, encrypted=encrypted)] if new_secret else []
    secrets = (*new, *found.row.secrets)[: 1 if revokes_old else 2]
    row = replace(found.row, secrets=secrets)
    channel_class(row.kind).check(resolve_config(row, context.settings), context)
    state = channel_state(context, name)
    save_channel(context.store, row)
    if state.paused_at:  # saving a channel resumes it
        reason, by = state.paused_reason or "", state.paused_by or PausedBy.OPERATOR
        pause_channel(context.store, name, reason=reason, by=by, now=state.paused_at)
    return len(secrets)


def delete_channel(context: ChannelContext, name: str) -> Removal:
    """Remove a channel and cancel its messages. Raise InvalidArgument if it is unknown or comes from the settings."""
    if find_channel(context, name).origin is Origin.ENVIRONMENT:
        raise InvalidArgument(
            f"{name} comes from the settings; remove it from AWARD_GOOGLE_SHEET or AWARD_WEBHOOKS, or "
            f"scrapy channels pause {name}"
        )
    now = context.now()
    canceled = remove_channel(context.store, name, now)
    stored: list[Watch | PromotionWatch] = [
        *(each.watch for each in find_watches(context.store, now=now, active_only=False)),
        *(each.watch for each in read_promotion_watches(context.store, now=now).readable),
    ]
    named = [watch.name for watch in stored if watch.notify and name in dict(watch.notify.channels)]
    return Removal(canceled=canceled, watches=tuple(named))


def shown_address(row: ChannelRow, secret_key: str) -> str:
    """Return an address without secrets: only the host of a secret URL, only the service of an Apprise URL."""
    try:
        address = resolve(row.address, secret_key) if is_encrypted(row.address) else row.address
    except InvalidSetting:
        return "encrypted"
    if is_reference(address):
        return address
    scheme, slashes, _ = address.partition("://")
    if row.kind == "apprise":
        return f"{scheme}://…" if slashes else "…"
    if slashes and channel_class(row.kind).address_is_secret:
        return f"{scheme}://{urlsplit(address).hostname}/…"
    return "…" if channel_class(row.kind).address_is_secret else address


# ---- checks ----------------------------------------------------------------------------------------------------------


def _row(context: ChannelContext, new: NewChannel, *, address_is_secret: bool) -> ChannelRow:
    def stored(text: str, subject: str, *, secret: bool) -> str:
        return _stored(context, text, subject, secret=secret, encrypted=new.encrypted)

    return ChannelRow(
        name=new.name,
        kind=new.kind,
        address=stored(new.address, "the address", secret=address_is_secret),
        options={
            option: stored(value, option, secret=bool(SECRET_OPTIONS.search(option)))
            for option, value in new.options.items()
        },
        secrets=tuple(stored(secret, "--secret", secret=True) for secret in new.secrets),
        events=new.events,
        priority=new.priority or Priority.NORMAL,
        created_at=context.now(),
    )


def _stored(context: ChannelContext, text: str, subject: str, *, secret: bool, encrypted: bool) -> str:
    """Return a value in its stored form: references and public values unchanged, plain secrets encrypted.

    If `encrypted` is True, a reference is resolved first, and the value is always encrypted.
    """
    text = text.strip()
    if not text:
        raise InvalidArgument(f"{subject} is empty")
    if is_encrypted(text):
        raise InvalidArgument(f"{subject} is already encrypted; give the plain value, env:NAME or file:PATH")
    if not (encrypted or (secret and not is_reference(text))):
        return text
    key = str(context.settings.get("AWARD_SECRET_KEY") or "")
    if not key:
        raise InvalidArgument(
            f"{subject} is a secret and would be stored in plain text. Give env:NAME or file:PATH, or set "
            f"AWARD_SECRET_KEY to encrypt it; create a key with {NEW_KEY}"
        )
    return encrypt(resolve(text, key), key)


def _refuse_shared_spreadsheet(context: ChannelContext, row: ChannelRow) -> None:
    """Raise InvalidArgument if another channel syncs this spreadsheet: both would add every row."""
    # Imported here because the import takes a third of a second.
    from awardspider.delivery.channels.sheets.account import spreadsheet_id

    def spreadsheet(channel: ChannelRow) -> str:
        return spreadsheet_id(resolve_config(channel, context.settings).address)

    for name, other in configured_channels(context.store, context.settings).items():
        if name == row.name or other.row.kind != row.kind:
            continue
        with contextlib.suppress(InvalidSetting):  # an unusable channel cannot conflict
            if spreadsheet(other.row) == spreadsheet(row):
                raise InvalidArgument(f"the channel {name} already syncs that spreadsheet")
