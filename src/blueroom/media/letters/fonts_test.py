from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blueroom.media.letters import fonts


def test_each_font_of_the_chains_opens_and_holds_its_script() -> None:
    letters = {
        "fraunces-latin": "aé«œ…",
        "fraunces-latin-ext": "őž",
        "figtree-latin": "aé«œ…",
        "figtree-latin-ext": "őž",
        "noto-cyrillic": "Жя",
        "noto-greek": "Ωά",
        "noto-arabic": "عپؤ",
        "noto-hebrew": "אש",
        "noto-devanagari": "कह",
    }
    assert {
        name: text
        for name, text in letters.items()
        if all(map(fonts.has, [name] * len(text), text))
    } == letters
    assert not fonts.has("fraunces-latin", "Ж")
    assert not fonts.has("noto-arabic", "\u0324")


def test_a_font_is_as_heavy_as_asked() -> None:
    thin, thick = (fonts.open_font("figtree-latin", 40, weight) for weight in (300, 900))
    assert thin is not None
    assert thick is not None
    assert thin.getlength("Weight") < thick.getlength("Weight")


@pytest.mark.parametrize("emoji", ["😀", "👨‍👩‍👧‍👦", "👍🏽", "🇫🇷", "1️⃣", "❤️", "🏳️‍🌈", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_an_emoji_of_many_letters_is_one_picture_in_colour(emoji: str) -> None:
    picture = fonts.emoji_picture(emoji)
    pixels = np.asarray(picture).astype(int)
    opaque = pixels[pixels[..., 3] == 255][:, :3]
    assert picture.width == fonts.EMOJI_PX
    assert len(opaque) > picture.width * picture.height / 4
    assert (opaque.max(axis=1) - opaque.min(axis=1)).max() > 60


def test_emoji_stand_on_one_line() -> None:
    face, flag = (fonts.emoji_picture(text).getbbox() for text in ("😀", "🇫🇷"))
    assert face is not None
    assert flag is not None
    assert face[1] < flag[1]
    assert (face[1] + face[3]) / 2 == pytest.approx((flag[1] + flag[3]) / 2, abs=4)


def test_an_error_says_what_to_do_where_the_screens_were_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "FOLDER", tmp_path)
    fonts.open_font.cache_clear()
    with pytest.raises(fonts.FontsMissing, match=r"Run \./room") as caught:
        fonts.open_font("fraunces-latin", 31, 500)
    assert caught.value.code == "fonts_missing"
    assert caught.value.details == {"file": str(tmp_path / "fraunces-latin.woff2")}


def test_a_font_that_the_machine_lacks_is_none() -> None:
    assert fonts.open_font("no-such-font.ttf", 20, 400) is None
    assert not fonts.has("no-such-font.ttf", "a")
