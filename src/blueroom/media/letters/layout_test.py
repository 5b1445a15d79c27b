from __future__ import annotations

import pytest

from blueroom.media.letters.layout import Block, Style, fit, line_length, one_line, wrap
from blueroom.media.letters.runs import Paragraph, read

STYLE = Style(30, 500, 1.2)


def texts(block: Block) -> list[str]:
    return ["".join(cluster.text for cluster in line) for line in block.lines]


def fitted(text: str, *, width_px: float, height_px: float, language: str = "") -> Block:
    return fit(
        read(text, "voice", language),
        width_px=width_px,
        height_px=height_px,
        sizes_px=(16, 60),
        style=STYLE,
    )


def lengths(block: Block) -> list[float]:
    return [line_length(line, block.style, block.language) for line in block.lines]


def test_lines_are_even() -> None:
    block = wrap(read("noon noon noon noon", "text"), STYLE, 260)
    assert block is not None
    assert texts(block) == ["noon noon", "noon noon"]
    assert block.width_px == max(lengths(block))


def test_no_line_ends_before_a_french_mark() -> None:
    french = read("Est-ce que « Ça va ? » : oui ; non ! Et toi ?", "voice", "fr")
    for width_px in range(120, 420, 4):
        block = wrap(french, STYLE, width_px)
        assert block is not None
        assert not [text for text in texts(block) if text.lstrip()[:1] in "?!:;»"]
        assert not [text for text in texts(block) if text.endswith("«")]


def test_a_line_may_end_after_a_hyphen_and_between_ideographs() -> None:
    block = wrap(read("peut-être", "text"), STYLE, 90)
    assert block is not None
    assert texts(block) == ["peut-", "être"]
    ideographs = wrap(read("日本語日本語", "text"), STYLE, 75)
    assert ideographs is not None
    assert len(ideographs.lines) > 1


def test_a_text_is_as_large_as_its_place_allows() -> None:
    block = fitted("Do you hear the words or the tune?", width_px=400, height_px=200)
    larger = wrap(
        read("Do you hear the words or the tune?", "voice"),
        block.style._replace(size_px=block.style.size_px + 1),
        400,
        may_break_words=False,
    )
    assert block.height_px <= 200
    assert block.width_px <= 400
    assert larger is None or larger.height_px > 200
    assert not block.is_cut


def test_a_short_text_has_the_largest_size() -> None:
    assert fitted("?", width_px=400, height_px=200).style.size_px == 60


def test_258_letters_fit() -> None:
    text = ("Do you hear the words or the tune when you first wake up with an idea? " * 4)[:258]
    block = fitted(text, width_px=700, height_px=200)
    assert block.height_px <= 200
    assert " ".join(map(str.strip, texts(block))) == text.strip()


def test_a_word_is_broken_only_where_no_size_holds_it() -> None:
    whole = fitted("Anticonstitutionnellement vrai", width_px=400, height_px=200)
    broken = fitted("x" * 60, width_px=300, height_px=200)
    assert texts(whole) == ["Anticonstitutionnellement ".strip(), "vrai"]
    assert "".join(texts(broken)) == "x" * 60
    assert len(broken.lines) > 1
    assert max(lengths(broken)) <= 300
    assert not broken.is_cut


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    block = fitted("so many words " * 60, width_px=300, height_px=60)
    assert block.is_cut
    assert block.style.size_px == 16
    assert len(block.lines) == 3
    assert texts(block)[-1].endswith("…")
    assert max(lengths(block)) <= 300


def test_an_ellipsis_is_at_the_end_for_a_reader_from_the_right() -> None:
    block = fitted("كلمات كثيرة جدا " * 40, width_px=200, height_px=50)
    assert block.is_rtl
    assert block.lines[-1][-1].text == "…"
    assert block.lines[-1][-1].level == 1


def test_an_empty_text_has_no_lines() -> None:
    block = fitted("", width_px=300, height_px=60)
    assert (block.lines, block.height_px) == ((), 0)


def test_arabic_lines_stand_further_apart() -> None:
    latin, arabic = (wrap(read(text, "text"), STYLE, 900) for text in ("abc", "عربي"))
    assert latin is not None
    assert arabic is not None
    assert arabic.line_px > latin.line_px


@pytest.mark.parametrize("width_px", [20, 60, 140, 1000])
def test_one_line_is_never_longer_than_its_place(width_px: int) -> None:
    name: Paragraph = read("Christiane de Saint-Aubin 👨‍👩‍👧‍👦", "text")
    block = one_line(name, STYLE, width_px)
    assert block.width_px <= max(width_px, line_length(block.lines[0][-1:], STYLE, ""))
    assert block.is_cut is (width_px < 1000)
