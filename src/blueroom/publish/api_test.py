from __future__ import annotations

import json

import pytest
from django.utils.translation import override

from blueroom.clips.models import Render
from blueroom.clips.queries import title_of
from blueroom.networks.interface import Limits
from blueroom.publish.worker import send_due_replies
from blueroom.room.actions import make_token
from blueroom.room.actor import house


@pytest.fixture
def ask(client, room, moment, answered):
    """Calls the reply of the answered question as a moderator's program."""
    _, token = make_token(room=room, role="moderator", label="tool", now=moment, by=house(room.pk))
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "fr"}

    def call(method, body=None, **query):
        path = f"/api/v1/questions/{answered.pk}/reply"
        if method == "get":
            answer = client.get(path, query, headers=headers)
        else:
            answer = getattr(client, method)(
                path, json.dumps(body or {}), content_type="application/json", headers=headers
            )
        return answer.status_code, answer.json()

    return call


def test_preview_shows_the_clip_and_how_it_may_come_along(board, answered, ask, make_clip):
    clip = make_clip(answered, render="working")

    status, shown = ask("get")

    with override("fr"):
        alt = title_of(clip)
    assert status == 200
    assert (shown["text"], shown["words"], shown["media"]) == (
        "Le soir.\nhttp://testserver/a/soir/",
        "Le soir.",
        "video",
    )
    assert shown["clip"] == {
        "state": "making",
        "progress": 0.4,
        "url": "http://testserver/a/soir/",
        "kind": "video",
        "poster": "/a/soir/poster.jpg",
        "duration_s": 42.5,
        "alt": alt,
    }
    assert (shown["choices"], shown["obstacles"], shown["photo"]) == (
        ["video", "link", "none"],
        [],
        None,
    )


def test_preview_has_no_clip_where_there_is_none(board, ask):
    _, shown = ask("get")

    assert (shown["clip"], shown["media"], shown["problems"]) == (None, "none", [])


def test_preview_follows_what_is_wanted_and_keeps_nothing(board, answered, ask, make_clip):
    make_clip(answered)

    _, other = ask("get", text="La nuit.", media="video", alt="Inès au piano")
    _, again = ask("get")

    assert (other["words"], other["clip"]["alt"]) == ("La nuit.", "Inès au piano")
    assert (again["words"], again["media"]) == ("Le soir.", "video")


def test_a_video_is_not_waited_for_in_the_request(board, answered, ask, make_clip):
    make_clip(answered, render="working")

    status, told = ask("post", {"media": "video", "alt": "Inès au piano", "or_link": True})
    assert (status, told["state"], told["media"], board.calls) == (202, "due", "video", 0)
    send_due_replies()
    _, waiting = ask("get")
    assert (waiting["state"], waiting["code"]) == ("due", "clip_being_made")
    assert (waiting["media"], waiting["or_link"], waiting["clip"]["alt"]) == (
        "video",
        True,
        "Inès au piano",
    )
    Render.objects.update(state="ready", file="wide.mp4")
    _, told = ask("post", {"media": "link"})

    assert told["state"] == "sent"
    assert [arrived.media for arrived in board.replies.values()] == [[]]


def test_words_and_links_go_out_in_the_request(board, answered, ask, make_clip):
    make_clip(answered)

    assert ask("post", {"media": "link"})[0] == 200
    assert board.texts() == ["Le soir.\nhttp://testserver/a/soir/"]


def test_a_way_that_there_is_not_is_refused(board, answered, ask, make_clip):
    make_clip(answered, is_public=False)

    assert ask("post", {"media": "clip"})[0] == 422
    status, said = ask("post", {"media": "video"})
    assert (status, said["code"], said["problems"]) == (422, "reply_refused", ["no_clip"])


def test_a_reply_is_taken_back_with_its_video(board, answered, ask, make_clip):
    clip = make_clip(answered)
    ask("post")
    send_due_replies()
    assert len(board.replies) == 1
    clip.delete()
    assert ask("get")[1]["problems"] == []  # it is out, whatever became of the clip

    status, told = ask("delete")

    assert (status, told["state"], board.replies) == (200, "taken_back", {})


def test_preview_shows_the_photo_and_what_it_shows(board, answered, ask, make_photo):
    make_photo(answered)
    board.limits = Limits(text_limit=60, images=1)

    _, shown = ask("get")
    _, other = ask("get", alt="La mer, au fusain", media="photo")
    _, words = ask("get", alt="La mer, au fusain", media="none")

    photo = {
        "path": "/a/photo/croquis.jpg",
        "width_px": 1200,
        "height_px": 900,
        "url": "http://testserver/s/askines/",
        "alt": "Un croquis de la mer",
    }
    assert (shown["media"], shown["clip"], shown["photo"]) == ("photo", None, photo)
    assert shown["choices"] == ["photo", "link", "none"]
    assert other["photo"] == photo | {"alt": "La mer, au fusain"}
    assert words["photo"] == photo
    assert ask("post", {"media": "photo"})[0] == 202
