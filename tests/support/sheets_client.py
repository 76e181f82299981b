"""gspread as it is, but for the address: Google's hosts are swapped for the sandbox's."""

from __future__ import annotations

import functools
from typing import Any

import gspread
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.oauth2.service_account import Credentials
from gspread.http_client import HTTPClient

from tests.support.sandbox_server import Sandbox

ACCOUNT = "deals@award-team.iam.gserviceaccount.com"
SCOPES = ["https://www.googleapis.com/auth/spreadsheets"]


@functools.cache
def private_key() -> str:
    """A throw-away RSA key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()


def service_account(server: Sandbox, account: str = ACCOUNT) -> dict[str, str]:
    """The content of a service account's key file."""
    return {
        "type": "service_account",
        "client_email": account,
        "private_key": private_key(),
        "token_uri": f"{server.url}/oauth2.googleapis.com/token",
    }


class Local(Credentials):
    """A service account that asks nobody but its token endpoint: google-auth would look up the account's regions."""

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


def sheets_client(server: Sandbox, account: str = ACCOUNT, scopes: list[str] = SCOPES) -> gspread.Client:
    class Redirected(HTTPClient):
        def request(self, method: Any, endpoint: str, *args: Any, **options: Any) -> requests.Response:
            for host in ("sheets.googleapis.com", "www.googleapis.com"):
                endpoint = endpoint.replace(f"https://{host}/", f"{server.url}/{host}/")
            return super().request(method, endpoint, *args, **options)

    credentials = Local.from_service_account_info(service_account(server, account), scopes=scopes)
    client = gspread.Client(auth=credentials, http_client=Redirected)
    client.set_timeout((5, 60))
    return client
