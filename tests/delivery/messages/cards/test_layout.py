from dataclasses import dataclass

from awardspider.delivery.messages.cards.layout import Section, arrange, ranked


@dataclass(frozen=True)
class Bar:
    tall: int

    def height(self, width):
        return self.tall

    def draw(self, canvas, x, y, width):
        raise AssertionError("not drawn here")


def sections(*heights_and_ranks):
    return lambda scale: [Section(Bar(round(tall * scale)), rank) for tall, rank in heights_and_ranks]


def arranged(build, height):
    found = arrange(ranked(build), 10, 100, height)
    return [section.rank for section in found.sections], [section.block.tall for section in found.sections]


def test_everything_gets_larger_if_there_is_space():
    ranks, heights = arranged(sections((100, 0), (50, 2), (100, 0)), 1000)
    assert ranks == [0, 2, 0]
    assert heights == [124, 62, 124]


def test_everything_gets_smaller_before_a_section_is_dropped():
    ranks, heights = arranged(sections((100, 0), (50, 2), (100, 0)), 250)
    assert ranks == [0, 2, 0]
    assert heights == [90, 45, 90]


def test_the_least_important_section_is_dropped_first():
    build = sections((100, 0), (100, 1), (100, 3), (100, 2))
    assert arranged(build, 350)[0] == [0, 1, 2]
    assert arranged(build, 200)[0] == [0, 1]
    assert arranged(build, 100)[0] == [0]


def test_what_always_stays_gets_as_small_as_necessary():
    assert arranged(sections((100, 0), (100, 0)), 130) == ([0, 0], [62, 62])


def test_a_section_with_a_shorter_block_is_replaced_by_it():
    build = lambda scale: [Section(Bar(100)), Section(Bar(200), 2, Bar(40)), Section(Bar(50), 3)]  # noqa: E731
    assert arranged(build, 400)[1] == [100, 200, 50]
    assert arranged(build, 320)[1] == [100, 200]
    assert arranged(build, 200)[1] == [100, 40]
