"""The simulated feeds: valid for two parsers, the same for the same seed and time, and equal to the ground truth."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import feedparser
import pytest

from awardspider.programs import points_programs
from awardspider.promotion_sources import BuiltInSource, sources_of
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.promotions import promotion_service
from awardspider.sandbox.promotions.blogs import Blog, blogs, posts
from awardspider.sandbox.promotions.calendar import terms
from awardspider.sandbox.promotions.truth import promotions_truth
from awardspider.sandbox.sites import SandboxResponse
from awardspider.sandbox.world import World
from tests.support.promotion_world import NOW, SITES, get, request, with_fault

BLOGS = list(blogs().values())
HOSTS = [blog.host for blog in BLOGS]


def read(blog: Blog, now: datetime = NOW, **headers: str) -> SandboxResponse:
    return get(SITES[blog.host], blog.feed, now, **headers)


@pytest.mark.parametrize("blog", BLOGS, ids=HOSTS)
def test_each_feed_has_ten_entries_for_both_parsers(blog: Blog) -> None:
    response = read(blog)
    found = feedparser.parse(response.body, response_headers={"content-type": response.content_type})
    assert not found.bozo
    root = ElementTree.fromstring(response.body)
    elements = root.findall(".//item") or root.findall("{http://www.w3.org/2005/Atom}entry")
    repeats = sum(post.blog.repeats and post.is_expired for post in posts(7, blog, NOW))
    assert len(found.entries) == len(elements) == 10 + repeats
    for entry in found.entries:
        assert entry.id
        assert entry.link.startswith(f"https://{blog.host}/")
        assert entry.published_parsed is not None
        assert not re.search(r"[{}]", entry.title + entry.summary)


@pytest.mark.parametrize("blog", BLOGS, ids=HOSTS)
def test_each_feed_contains_the_true_announcements(blog: Blog) -> None:
    entries = {entry.id: entry for entry in reversed(feedparser.parse(read(blog).body).entries)}
    truth = promotions_truth(7, NOW, {"host": blog.host})["announcements"]
    assert entries.keys() == {found["guid"] for found in truth}
    for found in truth:
        entry = entries[found["guid"]]
        title = unescape(unescape(entry.title))
        assert (title.rpartition(" - ")[0] if blog.software == "google_news" else title) == found["title"]
        assert entry.link.partition("?utm_")[0] == found["link"]
        assert datetime(*entry.published_parsed[:6], tzinfo=UTC).isoformat() == found["published"]
        if blog.software != "google_news":
            assert found["summary"] in unescape(entry.summary)


def written(name: str, value: Any) -> list[str]:
    """Return texts of which an announcement contains one if it says a value."""
    match name:
        case "percent":
            return [f"{value}%"]
        case "cents_per_mile":
            return [value, value.rstrip("0").rstrip(".")]
        case "miles_price":
            return [f"{value:,}", f"{value:,}".replace(",", ".")]
        case "book_by" | "book_from" | "travel_from" | "travel_until":
            year, month, day = value.split("-")
            return [f"{month}/{day}/{year[2:]}", f"{day}/{month}/{year}", *dates(int(day))]
    return [""]


def dates(day: int) -> list[str]:
    return [f" {day},", f"{day} ", f" {day}"]


def test_announcements_contain_what_the_truth_says_and_no_unknown_percentage(full: bool) -> None:
    shown = 0
    for days in range(0, 400, 10 if full else 40):
        for found in promotions_truth(7, NOW + timedelta(days=days), {})["announcements"]:
            text = f"{found['title']} {found['summary']}"
            for name, value in found["says"].items():
                if value is not None:
                    assert any(form in text for form in written(name, value)), (name, value, text)
            if found["promotion"] and "percent" not in found["says"]:
                assert "%" not in text
            shown += bool(found["promotion"])
    assert shown > (700 if full else 175)


def test_more_than_half_of_the_posts_are_no_promotions() -> None:
    truth = promotions_truth(7, NOW, {})["announcements"]
    promotions = [found for found in truth if found["promotion"]]
    assert 0.15 < len(promotions) / len(truth) < 0.5
    assert {found["kind"] for found in truth if not found["promotion"]} == {"other", "round_up"}


@pytest.mark.parametrize("days", [-400, 0, 31, 700])
def test_every_kind_is_announced_within_a_month(days: int) -> None:
    kinds: set[str] = set()
    for day in range(0, 30, 2):
        now = NOW + timedelta(days=days + day)
        kinds |= {post.kind.value for blog in BLOGS for post in posts(7, blog, now)}
    assert len(kinds) == 9


def test_posts_have_numbers_of_their_own() -> None:
    for blog in BLOGS:
        guids = [post.guid for post in posts(7, blog, NOW, 200)]
        assert len(guids) == len(set(guids)) > 100


def test_feeds_depend_on_the_seed_and_the_time_only() -> None:
    blog = blogs()["loyaltylobby.com"]
    other = {site.hosts[0]: site for site in promotion_service(World(8, Clock(NOW, 0))).sites}
    assert read(blog).body == read(blog).body
    assert get(other[blog.host], blog.feed).body != read(blog).body
    assert read(blog, NOW + timedelta(days=3)).body != read(blog).body


@pytest.mark.parametrize("host", ["frequentmiler.com", "www.reddit.com", "passageirodeprimeira.com"])
def test_etag_and_last_modified_change_only_with_the_content(host: str) -> None:
    blog = blogs()[host]
    known, changes = read(blog), 0
    for hours in range(1, 72):
        now = NOW + timedelta(hours=hours)
        headers = dict(known.headers)
        by_tag = read(blog, now, **{"If-None-Match": headers["ETag"]})
        by_date = read(blog, now, **{"If-Modified-Since": headers["Last-Modified"]})
        newest = read(blog, now)
        assert {by_tag.status, by_date.status} == ({304} if newest.body == known.body else {200})
        assert by_tag.body in (b"", newest.body)
        changes += newest.body != known.body
        known = newest
    assert 3 < changes < 70


def test_if_none_match_counts_before_if_modified_since() -> None:
    blog = blogs()["frequentmiler.com"]
    modified = dict(read(blog).headers)["Last-Modified"]
    assert read(blog, **{"If-None-Match": '"other"', "If-Modified-Since": modified}).status == 200
    assert read(blog, **{"If-None-Match": "*"}).status == 304
    assert read(blog, **{"If-Modified-Since": "yesterday"}).status == 200


def test_promotions_that_are_over_are_retitled_on_some_blogs() -> None:
    titles: dict[str, set[str]] = {}
    for hours in range(0, 24 * 20, 12):
        for blog in BLOGS:
            for post in posts(7, blog, NOW + timedelta(hours=hours)):
                titles.setdefault(post.guid, set()).add(post.title)
    retitled = [names for names in titles.values() if len(names) == 2]
    assert len(retitled) > 5
    for names in retitled:
        after, before = sorted(names)
        assert after in (f"(EXPIRED) {before}", f"(ENCERRADA) {before}")


def test_one_promotion_is_announced_by_up_to_five_blogs_on_different_days() -> None:
    sources: dict[str, dict[str, date]] = {}
    for blog in BLOGS:
        for post in posts(7, blog, NOW + timedelta(days=30), 100):
            if post.promotion:
                sources.setdefault(post.promotion.key, {})[blog.host] = post.published.date()
    assert {1, 2, 3, 4, 5} == {len(hosts) for hosts in sources.values()}
    assert any(len(set(hosts.values())) > 2 for hosts in sources.values())


def test_some_announcements_do_not_contain_the_end_date() -> None:
    truth = promotions_truth(7, NOW, {"kind": "transfer_bonus"})["announcements"]
    assert {"book_by" in found["says"] for found in truth} == {True, False}


def test_a_library_gets_a_challenge_and_a_named_client_the_feed() -> None:
    blog = blogs()["milestomemories.com"]
    assert read(blog).status == 200
    for agent in ("python-requests/2.32.0", "Scrapy/2.13 (+https://scrapy.org)"):
        assert read(blog, **{"User-Agent": agent}).status == 403
        assert read(blogs()["frequentmiler.com"], **{"User-Agent": agent}).status == 200


def test_robots_allow_feeds_and_disallow_a_path() -> None:
    for site in SITES.values():
        assert "Disallow: /wp-admin/\n" in site.robots
        assert "feed" not in site.robots


def test_the_points_guy_responds_with_a_page() -> None:
    response = get(SITES["thepointsguy.com"], "/feed/")
    assert (response.status, response.content_type[:9]) == (200, "text/html")


def test_wordpress_has_the_same_posts_as_json() -> None:
    site = SITES["www.doctorofcredit.com"]
    posts_found = json.loads(get(site, "/wp-json/wp/v2/posts").body)
    entries = feedparser.parse(get(site, "/feed/").body).entries
    assert [unescape(post["title"]["rendered"]) for post in posts_found] == [unescape(entry.title) for entry in entries]
    assert [post["guid"]["rendered"] for post in posts_found] == [entry.id for entry in entries]
    assert json.loads(with_fault("www.doctorofcredit.com", "/wp-json/wp/v2/posts", "empty").body) == []


@pytest.mark.parametrize(
    "source", [*sources_of("dealfeeds"), *sources_of("transferbonuses")], ids=lambda source: source.url
)
def test_every_built_in_source_of_a_blog_exists(source: BuiltInSource) -> None:
    parts = urlsplit(source.url)
    site = next(site for site in SITES.values() if parts.hostname in site.hosts)
    assert get(site, parts.path).status == 200


def test_programs_and_banks_are_keys_of_the_catalog() -> None:
    assert {*terms()["programs"], *terms()["banks"]} <= points_programs().keys()


def test_a_second_page_has_the_next_entries() -> None:
    site, path = SITES["frequentmiler.com"], "/feed/"
    route = site.route("GET", path)
    assert route is not None
    second = feedparser.parse(route.handler(request(path, paged="2")).body)
    first = feedparser.parse(get(site, path).body)
    assert len(second.entries) == 10
    assert not {entry.id for entry in first.entries} & {entry.id for entry in second.entries}


# ---- faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blog", BLOGS, ids=HOSTS)
@pytest.mark.parametrize("name", ["empty", "renamed_keys"])
def test_faults_leave_no_entries(blog: Blog, name: str) -> None:
    response = with_fault(blog.host, blog.feed, name)
    assert response.status == 200
    assert not feedparser.parse(response.body).entries


@pytest.mark.parametrize("name", ["bad_json", "wrong_encoding"])
@pytest.mark.parametrize("blog", BLOGS, ids=HOSTS)
def test_damaged_feeds_are_no_valid_xml(blog: Blog, name: str) -> None:
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(with_fault(blog.host, blog.feed, name).body)


def test_a_deep_feed_has_no_entries() -> None:
    body = with_fault("frequentmiler.com", "/feed/", "deep").body
    assert body.startswith(b"<div><div>")
    assert b"<item>" not in body


def test_a_huge_feed_is_valid_and_exceeds_every_limit() -> None:
    body = with_fault("frequentmiler.com", "/feed/", "huge").body
    assert len(body) > 20 * 1024 * 1024
    assert len(ElementTree.fromstring(body).findall(".//item")) == 10


@pytest.mark.parametrize("host", HOSTS)
def test_refusals_of_feeds(host: str) -> None:
    path = blogs()[host].feed
    assert not feedparser.parse(with_fault(host, path, "refused", "empty_channel").body).entries
    assert with_fault(host, path, "refused", "challenge_403").status == 403
    assert "Challenge" in with_fault(host, path, "refused", "challenge_200").body.decode()
    assert with_fault(host, path, "refused", "html_for_xml").content_type.startswith("text/html")
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(with_fault(host, path, "refused", "malformed_entity").body)
    assert with_fault(host, path, "sign_in").status == 403
