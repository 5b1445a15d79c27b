from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from blueroom.clips import actions, making
from blueroom.clips.models import Captions, Clip, Render
from blueroom.clips.queries import answer_lines
from blueroom.room.models import Role
from blueroom.studio.models import Answer


@pytest.fixture
def call(make_member):
    """Calls the API as a moderator; the answer's status and JSON."""
    client = Client()
    person = make_member(Role.MODERATOR, "Max").person
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

    def call(method, path, body=None, **headers):
        named = {"data": {} if body is None else body, "content_type": "application/json"}
        if method == "get":
            named = {}
        answer = getattr(client, method)(f"/api/v1{path}", headers=headers, **named)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.status_code, answer.json() if is_json and answer.content else answer

    return call


def test_clips_are_listed_with_answers_that_have_none_yet(
    call, make_clip, make_answer, question, moment
):
    make_answer(4.0, None)
    make_clip(answer=make_answer(1.0, 3.0, question=question))

    status, told = call("get", "/sessions/askines/clips")

    assert status == 200
    assert [
        (item["out_at"] is None, item["clip"] and item["clip"]["slug"]) for item in told["items"]
    ] == [(True, None), (False, "soir")]
    assert told["items"][1]["question"] == "Vous écrivez le matin ?"
    assert told["items"][1]["asker"] == "Ana Sousa"


def test_clip_tells_where_everything_is(call, make_clip, moment):
    clip = make_clip()
    Render.objects.create(
        clip=clip,
        shape="9x16",
        language="fr",
        state="ready",
        file="share-1.mp4",
        size_bytes=7,
        compared_at=moment,
        due_at=moment,
    )

    status, told = call("get", "/clips/soir")

    assert status == 200
    (render,) = told.pop("renders")
    assert (render["path"], render["size_bytes"]) == ("/a/soir/tall.mp4?language=fr", 7)
    assert told == {
        "slug": "soir",
        "title": "",
        "state": "ready",
        "revision": 1,
        "is_public": False,
        "page_url": "http://testserver/a/soir/",
        "video": "/a/soir/clip.mp4",
        "poster": "/a/soir/poster.jpg",
        "version": "clip-1",
        "in_at": "2026-11-23T20:00:01Z",
        "out_at": "2026-11-23T20:00:03Z",
        "duration_s": 2.0,
        "width_px": 1280,
        "height_px": 720,
        "crop_x": 0.5,
        "crop_y": 0.5,
        "code": "",
        "message": "",
        "captions": [],
        "hearing": "",
        "hearing_progress": 0.0,
        "hearing_message": "",
    }


def test_clip_changes_as_told(call, make_clip):
    make_clip()

    changed = call("patch", "/clips/soir", {"title": " Le  soir ", "crop_x": 0.25})[1]
    kept = call("patch", "/clips/soir", {"crop_y": 1})[1]
    cleared = call("patch", "/clips/soir", {"title": ""})[1]

    assert (changed["title"], changed["crop_x"]) == ("Le soir", 0.25)
    assert (kept["title"], kept["crop_x"], kept["crop_y"]) == ("Le soir", 0.25, 1.0)
    assert cleared["title"] == ""


@pytest.mark.parametrize("plan", [{"crop_x": 1.1}, {"crop_y": -0.1}, {"title": "a" * 161}])
def test_clip_refuses_what_it_cannot_be(call, make_clip, plan):
    make_clip()

    assert call("patch", "/clips/soir", plan)[0] == 422
    assert Clip.objects.get().crop_x == 0.5


def test_clip_is_published_and_taken_back(call, make_clip):
    make_clip()

    public = call("post", "/clips/soir/publish")[1]["is_public"]
    private = call("post", "/clips/soir/unpublish")[1]["is_public"]

    assert (public, private) == (True, False)


def test_clip_that_is_not_cut_says_so(call, make_clip):
    make_clip(state="failed", file="", code="cut_empty", message="Nothing was recorded.")

    assert call("post", "/clips/soir/publish")[1]["code"] == "clip_not_ready"
    status, refused = call("post", "/clips/soir/renders", {"shape": "1x1"})
    assert (status, refused["code"]) == (409, "clip_not_ready")
    assert call("post", "/clips/soir/cut")[1]["state"] == "due"


def test_render_is_asked_for_by_its_shape(call, make_clip):
    make_clip()

    told = call("post", "/clips/soir/renders", {"shape": "1x1"})[1]

    assert [(one["shape"], one["state"]) for one in told["renders"]] == [("1x1", "due")]
    assert call("post", "/clips/soir/renders", {"shape": "4x3"})[0] == 422
    refused = call("post", "/clips/soir/renders", {"shape": "1x1", "language": "fr"})
    assert (refused[0], refused[1]["code"]) == (422, "captions_unchecked")


def test_captions_are_kept_read_and_forgotten(call, make_clip):
    make_clip()
    cues = [{"start_s": 0.0, "end_s": 1.5, "text": "Le soir."}]
    path = "/clips/soir/captions/fr"

    kept = call("put", path, {"cues": cues, "is_checked": True}, if_match="0")
    read = call("get", path)
    srt = call("get", f"{path}/srt")[1]
    changed = call("put", path, {"cues": []}, if_match="0")
    gone = call("delete", path)

    assert (kept[0], kept[1]["revision"], kept[1]["cues"]) == (200, 1, cues)
    assert read == (200, kept[1])
    assert srt.content.decode() == "1\n00:00:00,000 --> 00:00:01,500\nLe soir.\n"
    assert srt.headers["Content-Disposition"] == 'attachment; filename="soir-fr.srt"'
    assert (changed[0], changed[1]["code"], changed[1]["revision"]) == (409, "captions_changed", 1)
    assert (gone[0], call("get", path)[0]) == (204, 404)


def test_captions_are_told_from_the_beginning_of_the_clip_as_it_is(
    call, make_clip, moderator, moment
):
    clip = make_clip()
    cues = [{"start_s": 0.0, "end_s": 1.5, "text": "Le soir."}]
    call("put", "/clips/soir/captions/fr", {"cues": cues})
    Clip.objects.filter(pk=clip.pk).update(in_at=clip.in_at + timedelta(seconds=1))

    told = call("get", "/clips/soir/captions/fr")[1]
    again = call("put", "/clips/soir/captions/fr", told, if_match="1")[1]

    assert told["cues"] == [{"start_s": -1.0, "end_s": 0.5, "text": "Le soir."}]
    assert again["cues"] == told["cues"]


@pytest.mark.parametrize(
    ("cues", "code"),
    [
        ([{"start_s": 2, "end_s": 1, "text": "Ah"}], "cues_wrong"),
        ([{"start_s": "x", "end_s": 1, "text": "Ah"}], "invalid"),
        ([{"start_s": 0, "end_s": 1}], "invalid"),
    ],
)
def test_captions_refuse_lines_that_are_none(call, make_clip, cues, code):
    make_clip()

    status, refused = call("put", "/clips/soir/captions/fr", {"cues": cues})

    assert (status, refused["code"]) == (422, code)
    assert not Captions.objects.exists()


def test_captions_are_imported_from_a_file(call, make_clip):
    make_clip()
    text = "WEBVTT\n\n00:00.000 --> 00:01.500\nLe soir.\n"

    status, told = call("post", "/clips/soir/captions/fr/import", {"text": text, "name": "a.vtt"})
    refused = call("post", "/clips/soir/captions/en/import", {"text": "nothing", "name": "a.vtt"})

    assert (status, told["source"], told["is_checked"]) == (200, "imported", False)
    assert told["cues"] == [{"start_s": 0.0, "end_s": 1.5, "text": "Le soir."}]
    assert refused[0] == 422


def test_hearing_is_asked_for_where_it_can_be(call, make_clip, monkeypatch):
    make_clip()
    refused = call("post", "/clips/soir/hearing", {"language": "fr"})
    monkeypatch.setattr(making, "can_hear", lambda: True)
    asked = call("post", "/clips/soir/hearing", {"language": "fr"})

    assert (refused[0], refused[1]["code"]) == (409, "no_speech_model")
    assert (asked[0], asked[1]["hearing"]) == (202, "due")


def test_footage_comes_with_its_film_and_strip(call, make_clip):
    make_clip()

    status, told = call("get", "/clips/soir/footage")
    film = call("get", told["video"].removeprefix("/api/v1"), range="bytes=0-99")[1]
    strip = call("get", told["strip"].removeprefix("/api/v1"))[1]

    assert status == 200
    assert (film.status_code, film.headers["Content-Type"]) == (206, "video/mp4")
    assert strip.headers["Content-Type"] == "image/jpeg"
    assert len(told["frames_s"]) == 180
    for answer in (film, strip):
        answer.close()
    assert call("get", "/clips/soir/footage/0123456789abcdef.mp4")[0] == 404
    assert call("get", "/clips/soir/footage/..%2f..%2froom.mp4")[0] == 404


def test_clip_of_a_withdrawn_question_is_not_found(call, make_clip, question, moment):
    make_clip()
    question.withdrawn_at = moment
    question.save()

    assert call("get", "/clips/soir")[0] == 404
    assert call("get", "/clips/nobody")[0] == 404


def test_answer_lines_ask_the_same_for_one_answer_and_for_three(
    make_clip, make_answer, session, moment, django_assert_num_queries
):
    def add(number):
        clip = make_clip(f"clip-{number}", answer=make_answer(number, number + 1))
        for shape in ("16x9", "9x16"):
            Render.objects.create(clip=clip, shape=shape, compared_at=moment, due_at=moment)
        Captions.objects.create(
            clip=clip, language="fr", begins_at=moment, changed_at=moment, cues=[]
        )

    add(1)
    with django_assert_num_queries(3):
        answer_lines(session)
    add(2)
    add(3)
    with django_assert_num_queries(3):
        lines = answer_lines(session)
    assert [len(line.clip.renders) for line in lines] == [2, 2, 2]
    assert Answer.objects.count() == 3


def test_stream_tells_of_clips_when_something_went_on(make_clip, session, moderator, moment):
    from blueroom.clips import stream
    from blueroom.clips.wire import AnswersChanged
    from blueroom.updates.tell import Notice

    clip = make_clip()
    actions.publish_clip(clip=clip, now=moment, by=moderator)

    assert stream.snapshot(session).answers == answer_lines(session)
    assert list(stream.changes(session, Notice(counts=True))) == []
    (change,) = stream.changes(session, Notice(studio=True))
    assert change == AnswersChanged(answer_lines(session))
    assert change.answers[0].clip.is_public
