"""Every sentence about a problem is translated, and is a title and text that fit into a message."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from awardspider.delivery.messages.events import IncidentOpened, IncidentResolved
from awardspider.delivery.messages.language import LANGUAGES, get_language
from awardspider.delivery.messages.notices import incident_content
from awardspider.delivery.messages.render import Form, render
from awardspider.storage.incidents import IncidentKind
from tests.support.storage_examples import NOW

# A sentence of each form, as the tests of the checks and monitors expect it.
SENTENCES = [
    "none of 40 planned searches was made",
    "21 of 40 searches failed",
    "found 43 offers, usually about 220",
    "0% of calendar offers with seats, 95% in the last good runs",
    "27 of 267 offers were invalid",
    "it took 361 minutes, more than 6 hours",
    "it used 1,501 MB of memory, more than 1,500 MB",
    "the monitor offers crashed",
    "found 3 offers, usually about 90; 2 of 3 searches failed; scrapy runs show 20261122-1 shows more",
    "no heartbeat since 2026-11-22 10:02 UTC; run scrapy status, then restart it",
    "no jobs can be started: Scrapyd at http://127.0.0.1:6800 is not reachable (refused): start it with `scrapy up`",
    "no jobs can be started: Scrapyd at http://127.0.0.1:6800 did not respond within 5 seconds: check its log",
    "only 412 MB are free in /srv/data; run scrapy prune, or delete files",
    "messages that wait for more than 60 minutes: 1,200; run scrapy outbox list --channel phone",
    "it shows 2026-11-22 10:02 UTC, but a service wrote at 2026-11-22 10:09 UTC",
    "run timedatectl, and correct the clock",
    "the job ended before its crawl began: ended without an error in its log; scrapy schedule list shows the jobs",
    "the crawl did not record its end; scrapy schedule list shows the jobs",
    "the crawl did not record its end: killed together with Scrapyd; scrapy schedule list shows the jobs",
    "the job was canceled: ran for more than 2 h; scrapy schedule list shows the jobs",
    "the crawl failed: unreachable; scrapy schedule list shows the jobs",
    "ended with exit code 1; scrapy schedule list shows the jobs",
    "no successful crawl for 49 hours; scrapy runs --program united shows more",
    "not read since 2026-11-14: HTTP 403",
    "no new entry since 2026-11-14, although the feed can be read",
    "the run did not record its end: it was killed, ran out of memory, or could not use the database",
]
# English words that no command, name or value in these sentences contains.
ENGLISH = re.compile(r"\b(the|was|were|its|since|than|shows|run|usually|of|are|is|more|failed|after)\b")


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_every_sentence_is_translated(sentence: str, language: str) -> None:
    opened = IncidentOpened(
        id="1", created_at=NOW, incident="x", kind=IncidentKind.DISK_FULL, subject="x", sentence=sentence, opened_at=NOW
    )
    content = incident_content(opened, get_language(language), None)
    [translated] = [fact.text for fact in content.facts if fact.rank == 2]
    text = re.sub(r"scrapy [a-z]+( show| list)?", "", translated)
    assert not ENGLISH.findall(text), translated
    assert sorted(re.findall(r"\d[\d,]*", translated)) == sorted(re.findall(r"\d[\d,]*", sentence))


@pytest.mark.parametrize("locale", ["en", "pt_BR", "es"])
@pytest.mark.parametrize("kind", IncidentKind)
def test_every_kind_has_a_title_in_every_language(kind: IncidentKind, locale: str) -> None:
    fields = {"incident": "x", "kind": kind, "subject": "United", "sentence": SENTENCES[0], "opened_at": NOW}
    opened = IncidentOpened(id="1", created_at=NOW, **fields)
    resolved = IncidentResolved(id="2", created_at=NOW, resolved_at=NOW + timedelta(hours=30), **fields)
    for event in (opened, resolved):
        for form in Form:
            rendered = render(event, form=form, locale=locale, now=NOW)
            assert rendered.title.startswith(("United: ", "Resolved: U", "Resolvido: U", "Resuelto: U"))
            assert rendered.body
