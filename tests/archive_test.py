"""A session goes out, comes back and is erased by words typed at a terminal."""

from __future__ import annotations

import pytest

from blueroom.config.command import main
from blueroom.posts.models import Author, Post
from blueroom.room.models import Room, Session


@pytest.fixture
def folder(session, make_question, settings, tmp_path):
    """Where a session with a question goes to."""
    settings.DATA = tmp_path / "house"
    settings.DATA.mkdir()
    make_question()
    return tmp_path / "archive"


def test_session_goes_out_and_comes_back(folder, room, capsys):
    assert main(["export", "askines", str(folder)]) == 0
    assert f"{folder} (17 files, " in capsys.readouterr().out
    assert (folder / "index.html").is_file()

    assert main(["import", str(folder), "--room", room.slug]) == 0
    assert capsys.readouterr().out.strip().endswith("/sessions/askines-2/")
    assert Session.objects.get(slug="askines-2").questions.get().text == "Vous écrivez le matin ?"


def test_words_that_mean_nothing_end_with_a_sentence(folder, capsys):
    for words, sentence in (
        (["export", "nobody", str(folder)], "There is nothing here."),
        (["import", str(folder)], "This is no archive of a session"),
        (["import", str(folder), "--room", "nowhere"], "There is no room 'nowhere'."),
        (["erase", "asker", "askines", "nobody", "--yes"], "These words mean 0 people."),
    ):
        assert main(words) == 1
        assert sentence in capsys.readouterr().err
    assert not folder.exists()


def test_export_does_not_write_over_a_folder(folder, capsys):
    folder.mkdir()
    assert main(["export", "askines", str(folder)]) == 1
    assert "There is something in this folder already." in capsys.readouterr().err


def test_asker_is_erased_once_somebody_is_sure(folder, capsys, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    assert main(["erase", "asker", "askines", "ana"]) == 1
    assert Author.objects.get().name == "Ana Sousa"
    monkeypatch.setattr("builtins.input", lambda _question: "yes")
    assert main(["erase", "asker", "askines", "ana"]) == 0
    assert "1 posts" in capsys.readouterr().out
    assert (Author.objects.get().name, Post.objects.get().text) == ("", "")


def test_recordings_are_erased_without_a_question_where_it_is_said(folder, capsys):
    assert main(["erase", "recordings", "askines", "--yes"]) == 0
    assert "Erased: 0 recordings" in capsys.readouterr().out


def test_import_goes_to_the_first_room_where_none_is_named(folder, room, moment, capsys):
    Room.objects.create(slug="ailleurs", name="Ailleurs", created_at=moment)
    main(["export", "askines", str(folder)])
    assert main(["import", str(folder)]) == 0
    assert set(Session.objects.values_list("room", flat=True)) == {room.pk}
