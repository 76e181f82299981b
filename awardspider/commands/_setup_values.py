"""Values of `scrapy setup`: checked before they are written."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from awardspider.delivery.channels import channel_class
from awardspider.delivery.channels.configuration import OPERATOR_EVENTS, resolve_config
from awardspider.delivery.channels.secrets import encrypt, is_reference, resolve
from awardspider.delivery.outbox.dispatcher import build_channel_context
from awardspider.environment import expand_path
from awardspider.outcomes import InvalidArgument
from awardspider.storage.channels import ChannelRow
from awardspider.storage.store import Store

#: The name of the channel that is notified of failures.
OPERATOR_CHANNEL = "operator"

_MAIL = re.compile(r"(?:mailto:)?[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")


def parse_data_folder(text: str) -> str:
    """Create the data folder if needed and return its path as given. Raise InvalidArgument if it cannot be written."""
    if not text:
        raise InvalidArgument("a data folder is needed; the default is data")
    folder = expand_path(text)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InvalidArgument(f"{folder} cannot be written: {error.strerror}; choose another folder") from None
    return text


def parse_contact(text: str) -> str:
    """Return a contact: a web address, or a mail address with `mailto:`; empty for none. Raise InvalidArgument."""
    if not text or re.match(r"https?://[^\s/]+\.", text):
        return text
    if _MAIL.fullmatch(text):
        return text if text.startswith("mailto:") else f"mailto:{text}"
    raise InvalidArgument(f"{text!r} is neither a web address (https://…) nor a mail address (me@example.org)")


def parse_spreadsheet(text: str) -> str:
    """Return a spreadsheet's id or address as given; empty for none. Raise InvalidArgument."""
    if text:
        # Imported here because the import takes a third of a second.
        from awardspider.delivery.channels.sheets.account import spreadsheet_id

        spreadsheet_id(text)
    return text


def parse_key_file(text: str) -> str:
    """Return the path of a Google key file as given; empty for none. Raise InvalidSetting for an invalid file."""
    if text:
        account_address(text)
    return text


def account_address(key_file: str) -> str:
    """Return the mail address of the service account in a Google key file. Raise InvalidSetting."""
    from awardspider.delivery.channels.sheets.account import credentials

    return str(credentials({"AWARD_GOOGLE_CREDENTIALS": key_file}, "").service_account_email)


def operator_channel(text: str, store: Store, settings: Mapping[str, Any], now: datetime) -> ChannelRow:
    """Return the operator's channel for an address: a webhook for a web address, otherwise a service of Apprise.

    The address is stored encrypted with AWARD_SECRET_KEY, unless it is a reference (env:NAME or file:PATH). Raise
    InvalidArgument or InvalidSetting if the address is invalid.
    """
    key = str(settings["AWARD_SECRET_KEY"])
    address = resolve(text, key)
    if "://" not in address:
        raise InvalidArgument(
            "an address has a scheme, such as https://… for a webhook, tgram://TOKEN/CHAT for Telegram or "
            "mailtos://USER:PASSWORD@HOST for mail: docs/channels.md"
        )
    row = ChannelRow(
        name=OPERATOR_CHANNEL,
        kind="webhook" if address.startswith(("http://", "https://")) else "apprise",
        address=text if is_reference(text) else encrypt(text, key),
        events=OPERATOR_EVENTS,
        created_at=now,
    )
    channel_class(row.kind).check(resolve_config(row, settings), build_channel_context(store, settings))
    return row


def overridden_names(values: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    """Return the settings whose variable in the environment takes precedence over the new value in `.env`.

    `before` are the values of `.env` when this process loaded it.
    """
    return [
        name
        for name, value in values.items()
        if (given := os.environ.get(name)) is not None and given not in (value, before.get(name))
    ]


def shown_path(file: Path) -> str:
    """Return a path for messages: relative to the working directory if it is in it."""
    folder = Path.cwd()
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)
