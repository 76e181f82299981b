"""URLs of sources: which ones can be requested."""

from __future__ import annotations

import pytest

from awardspider.outcomes import InvalidArgument
from awardspider.search.source_urls import check_source_url


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://blog.example/feed/", "https://blog.example/feed/"),
        (" http://blog.example:8080/feed?x=1#top ", "http://blog.example:8080/feed?x=1"),
        ("https://8.8.8.8/feed", "https://8.8.8.8/feed"),
        ("https://m\u00fcnchen.example/feed", "https://m\u00fcnchen.example/feed"),
        ("https://lan.example/feed", "https://lan.example/feed"),
    ],
)
def test_public_urls(url: str, checked: str) -> None:
    assert check_source_url(url) == checked


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "feeds.localhost",
        "intranet",
        "router.lan",
        "nas.local",
        "db.internal",
        "db.internal.",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_private_hosts_are_refused_unless_requests_go_to_the_sandbox(host: str) -> None:
    with pytest.raises(InvalidArgument, match=r"is not a public host$"):
        check_source_url(f"https://{host}/feed/")
    assert check_source_url(f"https://{host}/feed/", allows_private=True)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "'' is not a URL such as https://blog.example/feed/"),
        ("blog.example/feed/", "'blog.example/feed/' is not a URL such as https://blog.example/feed/"),
        ("https://", "'https://' is not a URL such as https://blog.example/feed/"),
        (
            "https://blog.example:99999/",
            "'https://blog.example:99999/' is not a URL such as https://blog.example/feed/",
        ),
        ("https://[broken/", "'https://[broken/' is not a URL such as https://blog.example/feed/"),
        ("https://blog.example/a b", "'https://blog.example/a b' is not a URL such as https://blog.example/feed/"),
        ("ftp://blog.example/feed", "'ftp://blog.example/feed' must start with https:// or http://"),
        ("https://me:secret@blog.example/", "the URL at blog.example must not contain a user name or password"),
        (f"https://blog.example/{'a' * 2_000}", "the URL at blog.example is longer than 2,000 characters"),
    ],
)
def test_other_urls_are_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_source_url(url)
    assert str(refused.value) == sentence
    assert "secret" not in str(refused.value)
