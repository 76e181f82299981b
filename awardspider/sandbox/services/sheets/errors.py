"""Errors of the Sheets API, with the structure and wording of real errors."""

from __future__ import annotations

from typing import Any

import orjson

from awardspider.sandbox.sites import Headers, SandboxRequest, SandboxResponse

JSON_TYPE = "application/json; charset=UTF-8"
SERVICE = "sheets.googleapis.com"
# The prefix of message and enum names in the API's errors.
TYPES = "type.googleapis.com/google.apps.sheets.v4."
# The project of the simulated accounts.
CONSUMER = "projects/481223344556"
QUOTA_METRICS = {"read": ("Read", "read_requests"), "write": ("Write", "write_requests")}

Json = dict[str, Any]


class ApiError(Exception):
    """An API error: HTTP status, Google's name for the status, message and details."""

    def __init__(self, code: int, status: str, message: str, details: list[Json] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details = details

    def response(self, headers: Headers = ()) -> SandboxResponse:
        """Return the error as a response."""
        error: Json = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return api_response({"error": error}, self.code, headers)


def api_response(value: object, status: int = 200, headers: Headers = ()) -> SandboxResponse:
    """Return JSON as Google sends it, indented by two spaces."""
    body = orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"
    return SandboxResponse(body=body, status=status, content_type=JSON_TYPE, headers=headers)


def invalid(message: str) -> ApiError:
    """Return the error for an invalid argument."""
    return ApiError(400, "INVALID_ARGUMENT", message)


def bad_request(message: str, violations: list[Json]) -> ApiError:
    """Return the error that names each invalid field."""
    details = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}
    return ApiError(400, "INVALID_ARGUMENT", message, [details])


def not_simulated(request: SandboxRequest) -> ApiError:
    """Return the error for a call of Google's API that the sandbox does not simulate."""
    message = f"The sandbox does not simulate {request.method} {request.path}; docs/sandbox.md lists what it does."
    return ApiError(501, "UNIMPLEMENTED", message)


def not_shared() -> ApiError:
    """Return the error for a spreadsheet that is not shared with the account."""
    return ApiError(403, "PERMISSION_DENIED", "The caller does not have permission")


def unauthenticated(has_token: bool) -> ApiError:
    """Return the error for a missing token, or for one that is invalid or expired."""
    problem = (
        "Request had invalid authentication credentials."
        if has_token
        else "Request is missing required authentication credential."
    )
    message = (
        f"{problem} Expected OAuth 2 access token, login cookie or other valid authentication credential. "
        "See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    reason = "ACCESS_TOKEN_EXPIRED" if has_token else "CREDENTIALS_MISSING"
    return ApiError(401, "UNAUTHENTICATED", message, [_info(reason, {"service": SERVICE})])


def scope_missing() -> ApiError:
    """Return the error for a token without a scope for spreadsheets."""
    info = _info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", {"service": SERVICE})
    return ApiError(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", [info])


def service_disabled() -> ApiError:
    """Return the error for a project that has not enabled the Sheets API."""
    project = CONSUMER.partition("/")[2]
    link = f"https://console.developers.google.com/apis/api/{SERVICE}/overview?project={project}"
    message = (
        f"Google Sheets API has not been used in project {project} before or it is disabled. Enable it by visiting "
        f"{link} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our "
        "systems and retry."
    )
    metadata = {
        "activationUrl": link,
        "consumer": CONSUMER,
        "containerInfo": project,
        "service": SERVICE,
        "serviceTitle": "Google Sheets API",
    }
    details = [
        _info("SERVICE_DISABLED", metadata),
        {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": message},
        _help("Google developers console API activation", link),
    ]
    return ApiError(403, "PERMISSION_DENIED", message, details)


def quota_exceeded(kind: str, scope: str = "user", limit: int = 60) -> ApiError:
    """Return the error for an exceeded quota.

    `kind` is `read` or `write`, `scope` is `user` or `project`; `limit` is in requests per minute.
    """
    title, metric = QUOTA_METRICS[kind]
    per_user = " per user" if scope == "user" else ""
    message = (
        f"Quota exceeded for quota metric '{title} requests' and limit '{title} requests per minute{per_user}' of "
        f"service '{SERVICE}' for consumer 'project_number:{CONSUMER.partition('/')[2]}'."
    )
    metadata = {
        "consumer": CONSUMER,
        "quota_limit": f"{title}RequestsPerMinutePer{'User' if scope == 'user' else 'Project'}",
        "quota_limit_value": str(limit),
        "quota_location": "global",
        "quota_metric": f"{SERVICE}/{metric}",
        "quota_unit": "1/min/{project}/{user}" if scope == "user" else "1/min/{project}",
        "service": SERVICE,
    }
    link = _help("Request a higher quota limit.", "https://cloud.google.com/docs/quotas/help/request_increase")
    return ApiError(429, "RESOURCE_EXHAUSTED", message, [_info("RATE_LIMIT_EXCEEDED", metadata), link])


def error_response(status: int, headers: Headers = ()) -> SandboxResponse:
    """Return the API's error for a fault with status 401, 429, 500 or 503."""
    match status:
        case 401:
            error = unauthenticated(has_token=True)
        case 429:
            error = quota_exceeded("write")
        case 503:
            error = ApiError(503, "UNAVAILABLE", "The service is currently unavailable.")
        case _:
            error = ApiError(500, "INTERNAL", "Internal error encountered.")
    return error.response(headers)


def storage_full() -> SandboxResponse:
    """Return Drive's error for creating a file: a service account has no storage."""
    return drive_error(403, "The user's Drive storage quota has been exceeded.", "usageLimits", "storageQuotaExceeded")


def drive_error(status: int, message: str, domain: str, reason: str) -> SandboxResponse:
    """Return an error of Drive, which has an older structure."""
    errors = [{"message": message, "domain": domain, "reason": reason}]
    return api_response({"error": {"code": status, "message": message, "errors": errors}}, status)


def _info(reason: str, metadata: Json) -> Json:
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return {"@type": kind, "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def _help(description: str, url: str) -> Json:
    kind = "type.googleapis.com/google.rpc.Help"
    return {"@type": kind, "links": [{"description": description, "url": url}]}
