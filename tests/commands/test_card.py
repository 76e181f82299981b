"""`scrapy card`: the file, the sizes, and what is wrong with an argument."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from awardspider.commands import card
from awardspider.storage.batches import Batch, write_batch
from awardspider.storage.promotions import PromotionOrder, find_promotions
from awardspider.storage.store import open_store
from tests.support.commands import CommandRunner
from tests.support.promotion_crawl import make_bonus
from tests.support.storage_examples import NOW, make_batch, make_itinerary, make_offer
from tests.support.stored_promotions import store_announcements

OFFER, DAY_PRICE = make_itinerary(), make_offer()
ID = OFFER.offer_id


@pytest.fixture
def promotion_id(tmp_path: Path) -> str:
    with closing(open_store("", tmp_path)) as store:
        store_announcements(store, make_bonus(source="a.example", title="🔥 A 25% bonus"))
        return find_promotions(store, PromotionOrder.LAST_SEEN)[0].id


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandRunner:
    monkeypatch.setattr(card.Command, "now", staticmethod(lambda: NOW + timedelta(hours=1)))
    monkeypatch.chdir(tmp_path)
    with closing(open_store("", tmp_path)) as store:
        write_batch(store, make_batch(OFFER, DAY_PRICE))
    return CommandRunner(card.Command, {"AWARD_DATABASE_URL": "", "AWARD_DATA_DIR": str(tmp_path)}, capsys)


def test_the_file_has_the_size_and_a_prefix_of_the_id_is_enough(run: CommandRunner, tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    out = run.succeed(ID[:10], "--size", "story", "--palette", "dark", "--locale", "pt_BR", "--out", str(file))
    assert out == f"{file}: 1080 x 1920 pixels, the offer {ID[:8]}.\n"
    with Image.open(file) as image:
        assert (image.format, image.size) == ("PNG", (1080, 1920))


def test_without_a_name_the_file_is_named_for_the_id_and_the_size(run: CommandRunner, tmp_path: Path) -> None:
    assert run.succeed(ID) == f"{ID[:8]}-feed.png: 1080 x 1080 pixels, the offer {ID[:8]}.\n"
    assert (tmp_path / f"{ID[:8]}-feed.png").is_file()


def test_a_promotion_has_a_card(run: CommandRunner, tmp_path: Path, promotion_id: str) -> None:
    out = run.succeed("--promotion", promotion_id[:10], "--size", "LINK", "--out", "bonus.png")
    assert out == f"bonus.png: 1200 x 630 pixels, the promotion {promotion_id[:8]}.\n"


def test_an_offer_that_is_gone_has_a_card_that_says_so(run: CommandRunner, tmp_path: Path) -> None:
    run.succeed(ID, "--out", "before.png")
    with closing(open_store("", tmp_path)) as store:
        write_batch(store, Batch(gone={NOW: [ID]}))
    run.succeed(ID, "--out", "after.png")
    assert (tmp_path / "before.png").read_bytes() != (tmp_path / "after.png").read_bytes()


def test_palettes_and_links_change_the_card(run: CommandRunner, tmp_path: Path) -> None:
    run.succeed(ID, "--out", "one.png")
    run.succeed(ID, "--out", "two.png", "--palette", "blue")
    run.succeed(ID, "--out", "three.png", "--link", "https://awards.example.com/s/Xk29")
    assert len({(tmp_path / f"{name}.png").read_bytes() for name in ("one", "two", "three")}) == 3


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], "expected one offer id, as scrapy offers shows it, or --promotion ID"),
        (["a", "b"], "expected one offer id"),
        ([ID, "--promotion", "a"], "expected one offer id"),
        (["zzz"], '"zzz" is not an offer id; scrapy offers shows ids'),
        (["0123456789abcdef"], "no stored offer has an id that begins with 0123456789abcdef"),
        (["--promotion", "zzz"], '"zzz" is not a promotion id; scrapy promotions --format json shows ids'),
        (["--promotion", "0123456789abcdef"], "no stored promotion has an id that begins with 0123456789abcdef"),
        ([ID, "--size", "storry"], "--size: unknown value 'storry' (did you mean story?)"),
        ([ID, "--palette", "red"], "--palette: unknown value 'red' (choose from light, dark, blue)"),
        ([ID, "--locale", "tlh"], "unknown locale 'tlh' (choose from en, pt_BR, es)"),
        ([ID, "--link", "javascript:alert(1)"], "--link: expected an address that begins with https:// or http://"),
        ([ID, "--out", "x.jpg"], "--out: x.jpg is not a name of a PNG file; write x.png"),
        ([ID, "--out", "missing/x.png"], "--out: the folder missing does not exist"),
        ([ID, "--out", ""], "--out: expected the name of a file, such as card.png"),
    ],
)
def test_an_invalid_argument_is_one_sentence(run: CommandRunner, tmp_path: Path, words: list[str], error: str) -> None:
    assert error in run.fail(*words)
    assert list(tmp_path.glob("*.png")) == []
