"""The service account that writes to a spreadsheet, and the spreadsheet's id."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.auth.exceptions import GoogleAuthError
from google.oauth2 import service_account

from awardspider.environment import expand_path
from awardspider.logs.masking import add_secret
from awardspider.outcomes import InvalidArgument, InvalidSetting

# Enough to open a spreadsheet by its id; the account needs no access to Drive (sinks.md, 4.2).
_SCOPE = "https://www.googleapis.com/auth/spreadsheets"
_GUIDE = "see docs/google-sheets.md"
_ACCOUNTS_PAGE = "https://console.cloud.google.com/iam-admin/serviceaccounts"


def spreadsheet_id(text: str) -> str:
    """Return a spreadsheet's id, given its id or its URL. Raise InvalidArgument for any other text."""
    text = text.strip()
    if not text:
        raise InvalidArgument("no spreadsheet given; pass its address or id, or set AWARD_GOOGLE_SHEET")
    in_address = re.search(r"/spreadsheets/(?:u/\d+/)?d/([\w-]+)", text, re.ASCII)
    found = in_address[1] if in_address else text
    if found == "e" or not re.fullmatch(r"[\w-]{10,200}", found, re.ASCII):
        raise InvalidArgument(
            f"{text!r} is not a spreadsheet; write its address in the browser, or its id, "
            "the long part between /d/ and the next slash"
        )
    return found


def credentials(settings: Mapping[str, Any], sandbox_url: str) -> service_account.Credentials:
    """Return the service account in AWARD_GOOGLE_CREDENTIALS; if it is not set, the sandbox uses a generated one.

    Raise InvalidSetting if the key file is not set, missing, unreadable or invalid; the message says what to do.
    """
    name = str(settings.get("AWARD_GOOGLE_CREDENTIALS") or "").strip()
    if name:
        key = _read_key_file(expand_path(name))
    elif sandbox_url:
        key = _sandbox_key()
    else:
        raise InvalidSetting(
            f"AWARD_GOOGLE_CREDENTIALS is not set; set it to the JSON key file of a Google service account ({_GUIDE})"
        )
    add_secret(str(key.get("private_key", "")))
    if sandbox_url:
        key = key | {"token_uri": f"{sandbox_url.rstrip('/')}/oauth2.googleapis.com/token"}
    try:
        account: service_account.Credentials = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            key, scopes=[_SCOPE]
        )
    except (ValueError, GoogleAuthError):  # the error's text may contain part of the key
        raise InvalidSetting(
            f"AWARD_GOOGLE_CREDENTIALS: the private key in {name} is damaged; create a new key for "
            f"{key['client_email']} at {_ACCOUNTS_PAGE}"
        ) from None
    return account


def _read_key_file(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidSetting(f"AWARD_GOOGLE_CREDENTIALS: file {file} does not exist ({_GUIDE})") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InvalidSetting(f"AWARD_GOOGLE_CREDENTIALS: {file} is unreadable: {reason}") from None
    try:
        key = json.loads(text)
    except ValueError:
        key = None
    if not isinstance(key, dict):
        raise InvalidSetting(
            f"AWARD_GOOGLE_CREDENTIALS: {file} is not a JSON key file; download it again ({_ACCOUNTS_PAGE})"
        )
    if "installed" in key or "web" in key:
        raise InvalidSetting(
            f"AWARD_GOOGLE_CREDENTIALS: {file} is an OAuth client, not a service account; create a service account "
            f"with a JSON key at {_ACCOUNTS_PAGE}"
        )
    missing = [name for name in ("client_email", "private_key", "token_uri") if not isinstance(key.get(name), str)]
    if key.get("type") != "service_account" or missing:
        problem = f"it has no {' and no '.join(missing)}" if missing else f"its type is {key.get('type')!r}"
        raise InvalidSetting(
            f"AWARD_GOOGLE_CREDENTIALS: {file} is not the key file of a service account ({problem}); "
            f"create one at {_ACCOUNTS_PAGE}"
        )
    return key


def _sandbox_key() -> dict[str, str]:
    # Imported here, because only the sandbox generates a key.
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "type": "service_account",
        "project_id": "awardspider-sandbox",
        "private_key_id": "sandbox",
        "private_key": pem.decode(),
        "client_email": "awardspider@awardspider-sandbox.iam.gserviceaccount.com",
    }
