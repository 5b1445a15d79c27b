import unicodedata
from collections import Counter
from random import Random

from blueroom.networks.rehearsal.audience import Line
from blueroom.networks.rehearsal.options import Options
from blueroom.networks.rehearsal.wording import Wording, with_numbers

LINE = Line(kind="question", theme="daily", text="Café ou thé ?")
WHOLE = Line(kind="question", theme="daily", text="Bonjour, café ou thé ?", whole=True)


def dressed(line: Line, number: int, turns: int, town: str = "Agadir") -> list[str]:
    wording = Wording(Options(), "fr")
    return [
        wording.dress(line.text, line=line, number=number, turn=turn, town=town)
        for turn in range(turns)
    ]


def typed(language: str, text: str, tags: tuple[str, ...] = ()) -> Counter[str]:
    wording = Wording(Options(tags=tags), "fr" if language == "fr" else "en")
    rng = Random(5)
    return Counter(wording.type(text, rng) for _ in range(4000))


def test_dress_leaves_three_texts_of_five_bare_the_first_time() -> None:
    first = [dressed(LINE, number, 1)[0] for number in range(5)]

    assert [text == LINE.text for text in first] == [True, True, True, False, False]


def test_dress_does_not_repeat_itself_for_sixty_turns() -> None:
    assert len(set(dressed(LINE, 0, 61))) == 61
    assert "Bonjour depuis Agadir ! Café ou thé ?" in dressed(LINE, 0, 61)


def test_dress_names_the_town_only_when_it_is_known() -> None:
    with_town = [text for text in dressed(LINE, 0, 61) if "Agadir" in text]
    without = [text for text in dressed(LINE, 0, 61, town="") if "{" in text or "depuis  " in text]

    assert sorted(with_town) == [
        "Bonjour depuis Agadir ! Café ou thé ?",
        "Bonsoir depuis Agadir. Café ou thé ?",
    ]
    assert without == []


def test_dress_adds_only_a_light_ending_to_a_whole_text() -> None:
    assert max(len(text) for text in dressed(WHOLE, 3, 40)) <= len(WHOLE.text) + 3


def test_type_varies_the_space_before_a_french_question_mark() -> None:
    found = typed("fr", "Qui ?")

    shares = {
        text: round(found[text] / 4000, 1) for text in ("Qui\u202f?", "Qui\u00a0?", "Qui ?", "Qui?")
    }
    assert shares == dict.fromkeys(shares, 0.2)
    assert set(typed("en", "Who?")) == {"Who?", "who?", "Who", "Who??", "WHO?"}


def test_type_forgets_accents_capitals_and_marks_at_times() -> None:
    found = typed("fr", "Où déjà?")

    assert {
        "Où déjà?", "où déjà?", "ou deja?", "Où déjà", "Où déjà??", "OÙ DÉJÀ?",
        unicodedata.normalize("NFD", "Où déjà?"),
    } == set(found)  # fmt: skip
    assert found["Où déjà?"] > 2800


def test_type_puts_the_tag_on_less_than_half() -> None:
    found = typed("en", "Hm", tags=("AskNour",))

    tagged = sum(count for text, count in found.items() if "#AskNour" in text)
    assert 1700 < tagged < 1900
    assert "#AskNour Hm" in found
    assert "Hm #AskNour" in found


def test_with_numbers_gives_fresh_digits_each_time() -> None:
    text = with_numbers("01 99 00 {n2} {n2} {n3} {number}", Random(1))

    assert len(text) == len("01 99 00 22 22 333 4444")
    assert text.replace(" ", "").isdigit()
    assert text != with_numbers("01 99 00 {n2} {n2} {n3} {number}", Random(2))
