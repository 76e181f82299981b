"""Errors of the Sheets API, in the words and shapes of the real one."""

from __future__ import annotations

from typing import Any

import orjson

from awardspider.sandbox.sites import SandboxResponse

JSON_TYPE = "application/json; charset=UTF-8"
SERVICE = "sheets.googleapis.com"
# What the API's messages and enums are called in errors.
TYPES = "type.googleapis.com/google.apps.sheets.v4."
# The project that the pretended accounts belong to.
CONSUMER = "projects/481223344556"
UNITS = {"read": ("Read", "read_requests"), "write": ("Write", "write_requests")}

Json = dict[str, Any]


class ApiError(Exception):
    """What the API refuses: an HTTP status, Google's name of it, a sentence, and details of the real one."""

    def __init__(self, code: int, status: str, message: str, details: list[Json] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details = details

    def answer(self, headers: tuple[tuple[str, str], ...] = ()) -> SandboxResponse:
        error: Json = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return api_response({"error": error}, self.code, headers)


def api_response(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> SandboxResponse:
    """JSON as Google's front end sends it: indented by two."""
    body = orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"
    return SandboxResponse(body=body, status=status, content_type=JSON_TYPE, headers=headers)


def invalid(message: str) -> ApiError:
    return ApiError(400, "INVALID_ARGUMENT", message)


def bad_request(message: str, violations: list[Json]) -> ApiError:
    """One that names each field at fault."""
    details = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}
    return ApiError(400, "INVALID_ARGUMENT", message, [details])


def not_found() -> ApiError:
    return ApiError(404, "NOT_FOUND", "Requested entity was not found.")


def not_shared() -> ApiError:
    return ApiError(403, "PERMISSION_DENIED", "The caller does not have permission")


def unauthenticated(given: bool) -> ApiError:
    """No token at all, or one that is not good (any more)."""
    start = "Request had invalid authentication credentials. " if given else ""
    start = start or "Request is missing required authentication credential. "
    message = (
        f"{start}Expected OAuth 2 access token, login cookie or other valid authentication credential. "
        "See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    reason = "ACCESS_TOKEN_EXPIRED" if given else "CREDENTIALS_MISSING"
    return ApiError(401, "UNAUTHENTICATED", message, [_info(reason, "googleapis.com", {"service": SERVICE})])


def scope_missing() -> ApiError:
    info = _info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "googleapis.com", {"service": SERVICE})
    return ApiError(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", [info])


def service_disabled() -> ApiError:
    project = CONSUMER.partition("/")[2]
    link = f"https://console.developers.google.com/apis/api/{SERVICE}/overview?project={project}"
    message = (
        f"Google Sheets API has not been used in project {project} before or it is disabled. Enable it by visiting "
        f"{link} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our "
        "systems and retry."
    )
    about = {
        "activationUrl": link,
        "consumer": CONSUMER,
        "containerInfo": project,
        "service": SERVICE,
        "serviceTitle": "Google Sheets API",
    }
    details = [
        _info("SERVICE_DISABLED", "googleapis.com", about),
        {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US", "message": message},
        _help("Google developers console API activation", link),
    ]
    return ApiError(403, "PERMISSION_DENIED", message, details)


def quota_exceeded(kind: str, whose: str = "user", limit: int = 60) -> ApiError:
    """`kind` is read or write, `whose` user or project; requests a minute."""
    title, metric = UNITS[kind]
    per_user = " per user" if whose == "user" else ""
    message = (
        f"Quota exceeded for quota metric '{title} requests' and limit '{title} requests per minute{per_user}' of "
        f"service '{SERVICE}' for consumer 'project_number:{CONSUMER.partition('/')[2]}'."
    )
    about = {
        "consumer": CONSUMER,
        "quota_limit": f"{title}RequestsPerMinutePer{'User' if whose == 'user' else 'Project'}",
        "quota_limit_value": str(limit),
        "quota_location": "global",
        "quota_metric": f"{SERVICE}/{metric}",
        "quota_unit": "1/min/{project}/{user}" if whose == "user" else "1/min/{project}",
        "service": SERVICE,
    }
    more = _help("Request a higher quota limit.", "https://cloud.google.com/docs/quotas/help/request_increase")
    return ApiError(429, "RESOURCE_EXHAUSTED", message, [_info("RATE_LIMIT_EXCEEDED", "googleapis.com", about), more])


def error_response(status: int, headers: tuple[tuple[str, str], ...] = ()) -> SandboxResponse:
    """The API's answers for 401, 429, 500 and 503 when a fault asks for them."""
    match status:
        case 401:
            return unauthenticated(given=True).answer(headers)
        case 429:
            return quota_exceeded("write").answer(headers)
        case 503:
            return ApiError(503, "UNAVAILABLE", "The service is currently unavailable.").answer(headers)
    return ApiError(500, "INTERNAL", "Internal error encountered.").answer(headers)


def storage_full() -> SandboxResponse:
    """A service account has no Drive storage, so it cannot make a file. The older form of error, as Drive has it."""
    message = "The user's Drive storage quota has been exceeded."
    inner = {"message": message, "domain": "usageLimits", "reason": "storageQuotaExceeded"}
    return api_response({"error": {"code": 403, "message": message, "errors": [inner]}}, 403)


def _info(reason: str, domain: str, metadata: Json) -> Json:
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return {"@type": kind, "reason": reason, "domain": domain, "metadata": metadata}


def _help(description: str, url: str) -> Json:
    kind = "type.googleapis.com/google.rpc.Help"
    return {"@type": kind, "links": [{"description": description, "url": url}]}
