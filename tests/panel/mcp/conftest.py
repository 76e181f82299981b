"""The panel on a server with stored offers and searches, and assistants of several accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from awardspider.outcomes import Outcome, Reason
from awardspider.storage.accounts import Role, Scope
from awardspider.storage.api_tokens import add_token
from awardspider.storage.batches import write_batch
from tests.support.assistants import Assistant, served
from tests.support.panel import Panel
from tests.support.storage_examples import DAY, NOW, make_batch, make_itinerary, make_report, make_search

NewAssistant = Callable[..., Assistant]


@pytest.fixture
def assistants(panel: Panel) -> Iterator[NewAssistant]:
    """Yield the function that returns an assistant: `assistants("ana", Role.MEMBER, Scope.WRITE)`.

    LAX to AUS has a price on DAY, an empty day after it, and a failed one after that.
    """
    panel.now = NOW
    seen_at = NOW - timedelta(hours=2)
    days = [DAY + timedelta(number) for number in range(3)]
    searches = [make_search(first=day, last=day) for day in days]
    reports = [
        make_report("found", search=searches[0], requested_at=seen_at),
        make_report("empty", search=searches[1], requested_at=seen_at, outcome=Outcome.EMPTY, offers=0),
        make_report(
            "failed", search=searches[2], requested_at=seen_at, outcome=Outcome.FAILED, reason=Reason.BLOCKED, offers=0
        ),
    ]
    write_batch(panel.store, make_batch(make_itinerary(miles=43_000, seen_at=seen_at), reports=reports))
    with served(panel.app) as address:

        def new(name: str = "vera", role: Role = Role.VIEWER, *scopes: Scope) -> Assistant:
            owner = panel.owner(name.title())
            account = panel.account(name, role, owner_id=owner.id)
            expires_at = panel.now + timedelta(days=30)
            _, token = add_token(
                panel.store,
                account.id,
                name="test",
                scopes=scopes or [Scope.READ],
                expires_at=expires_at,
                now=panel.now,
            )
            return Assistant(address, token)

        yield new
