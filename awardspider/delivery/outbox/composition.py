"""The composition of messages: which due rows of a channel become messages of their own, and which form a summary.

The functions are pure. docs/delivery.md describes the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from awardspider.deals.ranking import best_entries
from awardspider.delivery.messages.events import DigestKind
from awardspider.delivery.outbox.findings import Finding, FindingKey, findings_of_watch, merge_findings
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.judgments import TOP_CLASSES
from awardspider.storage.claims import ClaimedRow

#: The largest number of top deals of a watch that have a message of their own at one time.
MAX_OWN_MESSAGES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchQuota:
    """The number of messages (1 or more) that a watch may still have today.

    `is_first` is True if the channel has had no message about it.
    """

    left: int
    is_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedMessage:
    """The rows of a message about a watch. `kind` is that of a summary, or None for a message about one finding."""

    watch_key: str
    rows: tuple[ClaimedRow, ...]
    kind: DigestKind | None = None


def compose_messages(
    rows: Iterable[ClaimedRow], quotas: Mapping[str, WatchQuota], rates: ExchangeRates
) -> list[ComposedMessage]:
    """Put each row into one message. `quotas` are keyed by watch; messages are in the order of the watches.

    A finding of several watches is shown once, in the message of the first one, which names the others. It counts as a
    message of each of them. A watch that would then have no message left for its other findings is not named, and its
    own message shows the finding too.
    """
    plan = _Plan(rows, quotas)
    messages = []
    for watch_key, quota in quotas.items():
        if own := [*plan.remaining[watch_key].values()]:
            is_first = quota.is_first and not plan.used[watch_key]
            for findings in _split(own, quota.left - plan.used[watch_key], rates, is_first=is_first):
                shown = plan.take(watch_key, findings)
                summary = DigestKind.FIRST if is_first else DigestKind.CRAWL
                messages.append(
                    ComposedMessage(
                        watch_key=watch_key,
                        rows=tuple(row for finding in shown for row in finding.rows),
                        kind=summary if len(shown) > 1 else None,
                    )
                )
    return messages


class _Plan:
    """The findings of each watch that are in no message yet, and the number of messages that name the watch."""

    def __init__(self, rows: Iterable[ClaimedRow], quotas: Mapping[str, WatchQuota]) -> None:
        self._quotas = quotas
        by_watch: dict[str, list[ClaimedRow]] = {watch_key: [] for watch_key in quotas}
        for row in rows:
            by_watch[row.watch_key or ""].append(row)
        self.remaining = {
            watch_key: {finding.key: finding for finding in findings_of_watch(own)}
            for watch_key, own in by_watch.items()
        }
        self.used: Counter[str] = Counter()
        self._holders: dict[FindingKey, list[str]] = {}
        for watch_key, findings in self.remaining.items():
            for key in findings:
                self._holders.setdefault(key, []).append(watch_key)

    def take(self, watch_key: str, findings: Sequence[Finding]) -> list[Finding]:
        """Return these findings of a watch, with the rows of other watches that are named in the same message."""
        parts = {finding.key: [self.remaining[watch_key].pop(finding.key)] for finding in findings}
        self.used[watch_key] += 1
        shared: dict[str, list[FindingKey]] = {}
        for key in parts:
            for other in self._holders[key]:
                if key in self.remaining[other]:
                    shared.setdefault(other, []).append(key)
        for other, keys in shared.items():
            needs_another = len(self.remaining[other]) > len(keys)
            if self.used[other] + 1 + needs_another <= self._quotas[other].left:
                self.used[other] += 1
                for key in keys:
                    parts[key].append(self.remaining[other].pop(key))
        return [merge_findings(found) for found in parts.values()]


def _split(findings: Sequence[Finding], left: int, rates: ExchangeRates, *, is_first: bool) -> list[Sequence[Finding]]:
    """Return the findings of each message of a watch that may have `left` messages.

    Up to MAX_OWN_MESSAGES top deals have messages of their own; if there are more, all findings are in one summary. The
    first message about a watch, and the last one of a day, contain all findings.
    """
    if len(findings) == 1 or left <= 1 or is_first:
        return [findings]
    entries = best_entries(findings, lambda finding: finding.facts, rates)
    top = [entry for entry in entries if entry[0].facts.deal_class in TOP_CLASSES]
    if not top or len(top) > MAX_OWN_MESSAGES:
        return [findings]
    alone = top if len(top) + (len(top) < len(entries)) <= left else top[: left - 1]
    others = [finding for entry in entries[len(alone) :] for finding in entry]
    return [*alone, others] if others else [*alone]
