from __future__ import annotations

from django.test import Client

from blueroom.desk import themes
from blueroom.desk.actions import decide
from blueroom.desk.calm import CALM
from blueroom.desk.criteria import Criteria, questions_sought

ALBUM = (
    "Quand sort votre album ?",
    "Cet album, vous l’avez écrit où ?",
    "Quelle chanson de l'album pleure le plus ?",
)


def about(session, moment):
    return {
        id_: theme for id_, theme in themes.sessions.of(session, moment).key_of().items() if theme
    }


def test_lines_are_about_themes_and_found_by_them(
    session, make_question, moderator, moment, django_assert_num_queries
):
    album = [make_question(text, number=at) for at, text in enumerate(ALBUM)]
    make_question("Aimez-vous les épinards ?", number=8)
    ids = sorted(one.pk for one in album)

    with django_assert_num_queries(1):
        (theme,) = themes.sessions.of(session, moment).themes
    with django_assert_num_queries(0):
        assert sorted(about(session, moment)) == ids
    sought = questions_sought(session, Criteria(theme=theme.key), now=moment)
    assert (theme.words, sorted(one.pk for one in sought)) == (["album"], ids)
    assert not questions_sought(session, Criteria(theme="other"), now=moment).exists()

    decide(question_id=ids[0], verb="reject", now=moment, by=moderator, revision=None)
    assert about(session, moment + CALM) == {}


def test_themes_are_told_whole_and_not_again_while_they_stand(make_member, session, make_question):
    client = Client()
    backend = "django.contrib.auth.backends.ModelBackend"
    client.force_login(make_member().person, backend=backend)
    ids = [make_question(text, number=at).pk for at, text in enumerate(ALBUM)]
    path = f"/api/v1/sessions/{session.slug}/themes"

    told = client.get(path).json()
    again = client.get(path, {"since": told["version"]})

    (theme,) = told["themes"]
    assert (theme["words"], theme["questions"]) == (["album"], 3)
    assert (told["ids"], told["of"], len(told["version"])) == (ids, [0, 0, 0], 16)
    assert (again.status_code, again.content) == (204, b"")
