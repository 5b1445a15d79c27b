from __future__ import annotations

from collections.abc import Sequence

from blueroom.grouping.themes import LEAST, Theme, Themes

PARIS = (
    ("La tournée passe par Paris quand ?", "fr"),
    ("Une date de tournée à Paris ?", "fr"),
    ("Will the tour come to Paris?", "en"),
)
ALBUM = (
    ("Quand sort votre album ?", "fr"),
    ("Cet album, vous l’avez écrit où ?", "fr"),
    ("Which song of the album is the saddest?", "en"),
    ("L'ALBUM est-il fini ?", "fr"),
)
ALONE = ("Aimez-vous les épinards ?", "fr")


def themes_of(*texts: tuple[str, str], ignored: Sequence[str] = ()) -> Themes:
    found = Themes(ignored=ignored)
    for key, (text, language) in enumerate(texts):
        found.add(key, text, language)
    return found


def test_questions_are_about_what_many_of_them_say_in_either_language() -> None:
    made = themes_of(*ALBUM, *PARIS, ALONE, ("#AskNour c'est quoi ton rêve Nour ?", "fr")).made()

    album, paris = made.themes
    assert (album.words, album.questions) == (("album",), 4)
    assert (paris.words, paris.questions) == (("tournée", "Paris"), 3)
    assert made.of == dict.fromkeys(range(4), album.key) | dict.fromkeys(range(4, 7), paris.key)


def test_what_names_the_session_is_no_theme() -> None:
    texts = [(f"Nour, {text}", language) for text, language in (*ALBUM, *PARIS)]

    made = themes_of(*texts, ignored=["Nour", "#AskNour"]).made()

    assert [theme.words[0] for theme in made.themes] == ["album", "tournée"]


def test_what_only_greets_or_signs_is_no_theme() -> None:
    signed = [
        (f"Bisous de la famille ! {text} Signé : un fan de Lille.", "fr") for text, _ in PARIS
    ]

    assert [theme.words for theme in themes_of(*signed).made().themes] == [("tournée", "Paris")]


def test_a_theme_goes_with_its_questions_and_comes_with_others() -> None:
    found = themes_of(*PARIS)
    assert [theme.questions for theme in found.made().themes] == [LEAST]

    found.forget(0)
    assert (found.made().themes, found.made().of) == ((), {})
    found.add(1, *ALONE)
    found.add(5, "Les épinards, crus ?", "fr")
    found.add(6, "Pourquoi tant d'épinards ?", "fr")
    assert found.made().themes == (Theme("epinard", ("épinards",), 3),)
