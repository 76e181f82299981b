"""An ordinary gspread client whose requests go to the sandbox instead of Google."""

from __future__ import annotations

import functools
from http import HTTPStatus
from typing import Any

import gspread
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials
from gspread.exceptions import APIError
from gspread.http_client import HTTPClient

from tests.support.sandbox_server import Sandbox

ACCOUNT = "deals@award-team.iam.gserviceaccount.com"
SCOPES = ["https://www.googleapis.com/auth/spreadsheets"]


@functools.cache
def private_key() -> str:
    """Return an RSA key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()


def service_account(server: Sandbox, account: str = ACCOUNT) -> dict[str, str]:
    """Return the content of a service account's key file."""
    return {
        "type": "service_account",
        "client_email": account,
        "private_key": private_key(),
        "token_uri": f"{server.url}/oauth2.googleapis.com/token",
    }


def sheets_client(server: Sandbox, account: str = ACCOUNT, scopes: list[str] = SCOPES) -> gspread.Client:
    credentials = Credentials.from_service_account_info(service_account(server, account), scopes=scopes)

    class SandboxClient(HTTPClient):
        def request(self, method: Any, endpoint: str, *args: Any, **options: Any) -> requests.Response:
            for host in ("sheets.googleapis.com", "www.googleapis.com"):
                endpoint = endpoint.replace(f"https://{host}/", f"{server.url}/{host}/")
            if not credentials.valid:
                self.refresh()
            try:
                return super().request(method, endpoint, *args, **options)
            except APIError as error:
                if error.code != HTTPStatus.UNAUTHORIZED:
                    raise
            self.refresh()  # the token was revoked
            return super().request(method, endpoint, *args, **options)

        def refresh(self) -> None:
            credentials.refresh(Request(self.session))
            self.session.headers["Authorization"] = f"Bearer {credentials.token}"

    # A session without google-auth, which would request the regions of the account from Google.
    client = gspread.Client(auth=credentials, session=requests.Session(), http_client=SandboxClient)
    client.set_timeout((5, 60))
    return client
