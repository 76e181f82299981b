"""Who writes to the sheet: a service account of the operator's, and which spreadsheet is meant."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.auth.exceptions import GoogleAuthError
from google.oauth2 import service_account

from awardspider.outcomes import InvalidArgument, InvalidSetting

# Enough to open a spreadsheet by its id; the account needs nothing of Drive (sinks.md, 4.2).
SCOPE = "https://www.googleapis.com/auth/spreadsheets"
HOW_TO_GET_ONE = "docs/google-sheets.md tells how to get one"

_SHARED_BY = "https://console.cloud.google.com/iam-admin/serviceaccounts"


def spreadsheet_id(text: str) -> str:
    """The id of a spreadsheet, given itself or inside its address. Raises BadArgument for anything else."""
    text = text.strip()
    if not text:
        raise InvalidArgument("name a spreadsheet: its address or its id, here or in AWARD_GOOGLE_SHEET")
    inside = re.search(r"/spreadsheets/(?:u/\d+/)?d/([\w-]+)", text, re.ASCII)
    found = inside[1] if inside else text
    if found == "e" or not re.fullmatch(r"[\w-]{10,200}", found, re.ASCII):
        raise InvalidArgument(
            f"{text!r} is not a spreadsheet; write its address as the browser shows it, or its id, "
            "the long part between /d/ and the next slash"
        )
    return found


def credentials(settings: Mapping[str, Any], sandbox_url: str) -> service_account.Credentials:
    """The service account of AWARD_GOOGLE_CREDENTIALS; in the sandbox one that is made up where none is named.

    Raises BadSetting with what to do where the file is missing, unreadable or something else.
    """
    name = str(settings.get("AWARD_GOOGLE_CREDENTIALS") or "").strip()
    if name:
        info = _info(Path(name).expanduser())
    elif sandbox_url:
        info = _made_up()
    else:
        raise InvalidSetting(
            "AWARD_GOOGLE_CREDENTIALS is not set; it names the JSON key file of a Google service account "
            f"({HOW_TO_GET_ONE})"
        )
    if sandbox_url:
        info = info | {"token_uri": f"{sandbox_url.rstrip('/')}/oauth2.googleapis.com/token"}
    try:
        made: service_account.Credentials = service_account.Credentials.from_service_account_info(info, scopes=[SCOPE])  # type: ignore[no-untyped-call]
    except (ValueError, GoogleAuthError):  # its text may hold a piece of the key
        raise InvalidSetting(
            f"AWARD_GOOGLE_CREDENTIALS: the private key in {name} is damaged; download a new key for "
            f"{info['client_email']} at {_SHARED_BY}"
        ) from None
    return made


def _info(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidSetting(f"AWARD_GOOGLE_CREDENTIALS: there is no file {file} ({HOW_TO_GET_ONE})") from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InvalidSetting(f"AWARD_GOOGLE_CREDENTIALS: {file} cannot be read: {why}") from None
    try:
        info = json.loads(text)
    except ValueError:
        info = None
    if not isinstance(info, dict):
        raise InvalidSetting(
            f"AWARD_GOOGLE_CREDENTIALS: {file} is not a key file in JSON; download it again ({_SHARED_BY})"
        )
    if "installed" in info or "web" in info:
        raise InvalidSetting(
            f"AWARD_GOOGLE_CREDENTIALS: {file} is an OAuth client, not a service account; make a service account and a "
            f"JSON key for it at {_SHARED_BY}"
        )
    missing = [key for key in ("client_email", "private_key", "token_uri") if not isinstance(info.get(key), str)]
    if info.get("type") != "service_account" or missing:
        what = f"it has no {' and no '.join(missing)}" if missing else f"its type is {info.get('type')!r}"
        raise InvalidSetting(
            f"AWARD_GOOGLE_CREDENTIALS: {file} is not the key file of a service account, {what}; "
            f"make one at {_SHARED_BY}"
        )
    return info


def _made_up() -> dict[str, str]:
    # Here, because making a key takes a tenth of a second and only the sandbox needs one.
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "type": "service_account",
        "project_id": "awardspider-sandbox",
        "private_key_id": "made-up",
        "private_key": pem.decode(),
        "client_email": "awardspider@awardspider-sandbox.iam.gserviceaccount.com",
    }
