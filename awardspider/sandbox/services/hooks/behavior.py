"""How a receiver behaves: as it should, or wrongly in a share of its answers, drawn by a seeded generator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

# Ways to go wrong. Those of STORING have taken the message when they do.
WAYS = (
    "400",
    "410",
    "429",
    "429_retry_after",
    "500",
    "500_after",
    "502",
    "503",
    "timeout_before",
    "timeout_after",
    "reset_before",
    "reset_after",
    "slow_bytes",
)
STORING = frozenset({"500_after", "timeout_after", "reset_after", "slow_bytes"})
OPTIONS = frozenset({"path", "rates", "seed", "seconds", "retry_after", "api_key", "api_key_status", "keeps_keys"})


class InvalidBehavior(ValueError):
    """An order that cannot be; its text says why."""


@dataclass(slots=True, kw_only=True)
class Behavior:
    """The behavior of all addresses (`host/path`) with `path` in them.

    `rates` are the shares of answers that go wrong, each in its way; `seconds` is how long a time-out hangs and slow
    bytes take. With `api_key` the header `x-make-apikey` must have it, else `api_key_status`. `keeps_keys` says
    whether a repeated `webhook-id` is known again; None leaves it to the host.
    """

    path: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)
    seed: int = 7
    seconds: float = 1.0
    retry_after: float = 1.0
    api_key: str | None = None
    api_key_status: int = 401
    keeps_keys: bool | None = None
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def drawn(self) -> str:
        """The way in which the next answer goes wrong, empty for a good one."""
        chance = self._random.random()
        for way, rate in self.rates.items():
            chance -= rate
            if chance < 0:
                return way
        return ""

    def shown(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in sorted(OPTIONS - {"api_key"})} | {
            "api_key": self.api_key is not None
        }


def parse_behavior(order: Mapping[str, Any]) -> Behavior:
    """An order of `POST /_hooks`. Raises BadConduct."""
    unknown = sorted(set(order) - OPTIONS)
    if unknown:
        raise InvalidBehavior(f"{', '.join(unknown)}: no such option.")
    rates = order.get("rates", {})
    if not isinstance(rates, dict) or any(way not in WAYS for way in rates):
        raise InvalidBehavior(f"rates must be an object with names of {', '.join(WAYS)}.")
    try:
        behavior = Behavior(
            path=str(order.get("path", "")),
            rates={way: float(rate) for way, rate in rates.items()},
            seed=int(order.get("seed", 7)),
            seconds=float(order.get("seconds", 1.0)),
            retry_after=float(order.get("retry_after", 1.0)),
            api_key=None if order.get("api_key") is None else str(order["api_key"]),
            api_key_status=int(order.get("api_key_status", 401)),
            keeps_keys=None if order.get("keeps_keys") is None else bool(order["keeps_keys"]),
        )
    except (TypeError, ValueError):
        raise InvalidBehavior(
            "rates, seconds and retry_after must be numbers, seed and api_key_status whole ones."
        ) from None
    if any(rate < 0 for rate in behavior.rates.values()) or sum(behavior.rates.values()) > 1.000001:
        raise InvalidBehavior("rates must be from 0 to 1, and 1 together at most.")
    return behavior
