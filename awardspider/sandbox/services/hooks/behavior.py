"""The behavior of a webhook receiver: the share of messages that fail, chosen by a seeded random generator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from awardspider.sandbox.controls import ControlError

FAILURES_AFTER_STORING = ("500_after", "timeout_after", "reset_after", "slow_bytes")  # the message is kept
FAILURES = (
    *("400", "410", "429", "429_retry_after", "500", "502", "503", "timeout_before", "reset_before"),
    *FAILURES_AFTER_STORING,
)
OPTIONS = frozenset({"path", "rates", "seed", "seconds", "retry_after", "api_key", "api_key_status", "idempotent"})


@dataclass(slots=True, kw_only=True)
class Behavior:
    """The behavior of all addresses (`host/path`) that contain `path`.

    `rates` maps each failure to its share of messages. `seconds` is the duration of a timeout or a slow response.
    If `api_key` is set, messages with any other `x-make-apikey` header, or none, get the status `api_key_status`. If
    `idempotent`, a message with a repeated `webhook-id` is accepted but not kept; None means the host's default.
    """

    path: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)
    seed: int = 7
    seconds: float = 1.0
    retry_after: float = 1.0
    api_key: str | None = None
    api_key_status: int = 401
    idempotent: bool | None = None
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def draw_failure(self) -> str:
        """Choose the failure of the next message; an empty string means success."""
        random = self._random.random()
        for failure, rate in self.rates.items():
            random -= rate
            if random < 0:
                return failure
        return ""

    def to_json(self) -> dict[str, Any]:
        """Return the behavior as `POST /_hooks` shows it, without the key."""
        options = {name: getattr(self, name) for name in sorted(OPTIONS)}
        return options | {"api_key": self.api_key is not None}


def parse_behavior(options: Mapping[str, Any]) -> Behavior:
    """Build a behavior from the options of `POST /_hooks`. Raise ControlError if they are invalid."""
    rates = options.get("rates", {})
    if not isinstance(rates, dict) or any(failure not in FAILURES for failure in rates):
        raise ControlError(f"rates: expected an object; allowed keys: {', '.join(FAILURES)}")
    try:
        behavior = Behavior(
            path=str(options.get("path", "")),
            rates={failure: float(rate) for failure, rate in rates.items()},
            seed=int(options.get("seed", 7)),
            seconds=float(options.get("seconds", 1.0)),
            retry_after=float(options.get("retry_after", 1.0)),
            api_key=None if options.get("api_key") is None else str(options["api_key"]),
            api_key_status=int(options.get("api_key_status", 401)),
            idempotent=None if options.get("idempotent") is None else bool(options["idempotent"]),
        )
    except (TypeError, ValueError):
        raise ControlError("rates, seconds and retry_after must be numbers, seed and api_key_status integers") from None
    if any(rate < 0 for rate in behavior.rates.values()) or sum(behavior.rates.values()) > 1.000001:
        raise ControlError("rates: expected numbers from 0 to 1 with a sum of at most 1")
    return behavior
