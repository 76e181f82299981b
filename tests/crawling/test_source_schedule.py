"""The order in which sources are requested."""

from __future__ import annotations

from collections.abc import Iterable

from awardspider.crawling.promotion_context import PromotionSource
from awardspider.crawling.source_schedule import NextSource, SourceSchedule
from awardspider.items import SourceKind
from awardspider.outcomes import Reason, SearchFailed

PAGE, TABLE = "https://a.example/page/", "https://b.example/table/"
FEEDS = [f"https://www.c.example/{number}/" for number in range(3)]


def source(url: str, kind: SourceKind) -> PromotionSource:
    return PromotionSource(url=url, kind=kind, name=url)


def schedule(*sources: PromotionSource, refused: frozenset[str] = frozenset()) -> SourceSchedule:
    def refusal(each: PromotionSource) -> SearchFailed | None:
        return SearchFailed(Reason.TERMS_NOT_ACCEPTED) if each.url in refused else None

    built = SourceSchedule((SourceKind.PAGE, SourceKind.TABLE, SourceKind.FEED), refusal)
    built.add(sources)
    return built


def take(found: Iterable[NextSource]) -> list[tuple[str, Reason | None]]:
    """Take sources as a spider does: those with an error end at once."""
    taken = []
    for state, error in found:
        state.ended = error is not None
        taken.append((state.source.url, error.reason if error else None))
    return taken


def end(built: SourceSchedule, url: str) -> list[tuple[str, Reason | None]]:
    """End a source, and take the next ones."""
    state = built.states[url]
    state.ended = True
    return take(built.after(state))


def test_a_kind_begins_after_the_end_of_the_one_before() -> None:
    built = schedule(source(TABLE, SourceKind.TABLE), source(PAGE, SourceKind.PAGE))
    assert take(built.first()) == [(PAGE, None)]
    assert end(built, PAGE) == [(TABLE, None)]
    assert end(built, TABLE) == []
    assert built.unfinished() == []


def test_a_site_has_one_request_at_a_time_and_no_more_after_a_stop() -> None:
    built = schedule(*(source(url, SourceKind.FEED) for url in FEEDS))
    assert take(built.first()) == [(FEEDS[0], None)]
    assert end(built, FEEDS[0]) == [(FEEDS[1], None)]
    built.stop_site(built.states[FEEDS[1]], SearchFailed(Reason.BLOCKED))
    assert end(built, FEEDS[1]) == [(FEEDS[2], Reason.BLOCKED)]


def test_a_refused_source_does_not_keep_the_next_kind_waiting() -> None:
    built = schedule(source(PAGE, SourceKind.PAGE), source(TABLE, SourceKind.TABLE), refused=frozenset({PAGE}))
    assert take(built.first()) == [(PAGE, Reason.TERMS_NOT_ACCEPTED), (TABLE, None)]
