import io

import pytest
import segno
from PIL import Image

from awardspider.delivery.messages.cards.card import render_card
from awardspider.delivery.messages.cards.palettes import Palette
from awardspider.delivery.messages.cards.qr_code import qr_code
from awardspider.delivery.messages.cards.sizes import CardSize, frame_of
from tests.support.card_examples import CARD_EVENTS, CARD_TIME, SHORT_LINK


@pytest.mark.parametrize("palette", Palette)
@pytest.mark.parametrize("size", CardSize)
def test_the_code_on_the_card_has_the_modules_of_the_link(size, palette):
    data = render_card(CARD_EVENTS["record-low"], size=size, palette=palette, link=SHORT_LINK, now=CARD_TIME)
    image, frame = Image.open(io.BytesIO(data)).convert("L"), frame_of(size)
    code = qr_code(SHORT_LINK, max(round(240 * frame.scale), 192))
    left, top = frame.width - frame.margin - code.side, frame.height - frame.bottom - code.side
    middle = code.module // 2
    drawn = [
        [image.getpixel((left + (column + 4) * code.module + middle, top + (row + 4) * code.module + middle)) < 128
         for column in range(len(code.modules))]
        for row in range(len(code.modules))
    ]  # fmt: skip
    assert drawn == [[bool(module) for module in row] for row in segno.make_qr(SHORT_LINK, error="l").matrix]


def test_a_code_has_its_quiet_zone():
    code = qr_code(SHORT_LINK, 240)
    assert code.side == (len(code.modules) + 8) * code.module


@pytest.mark.parametrize("link", [None, "", "https://example.com/" + "a" * 300, "https://example.com/" + "a" * 5000])
def test_there_is_no_code_without_a_link_that_can_be_read(link):
    assert qr_code(link, 240) is None
