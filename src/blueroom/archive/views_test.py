from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from blueroom.archive import actions, queries
from blueroom.archive.models import Export
from blueroom.posts.models import Author, Post
from blueroom.room.actions import make_token
from blueroom.room.actor import house
from blueroom.room.models import Role
from blueroom.studio.models import Recording


@pytest.fixture
def crew(client, make_member):
    """Logs a producer in."""
    person = make_member(Role.PRODUCER, "Jo").person
    person.language = "en"
    person.save()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def ready(past, producer, moment):
    export = actions.ask_for_export(session=past.session, now=moment, by=producer)
    actions.make_export(export_id=export.pk, now=moment + timedelta(minutes=1))
    return Export.objects.get()


@pytest.fixture
def call(client, past, moment):
    """Calls the API as a producer's token."""
    room = past.session.room
    _, secret = make_token(room=room, role="producer", label="tool", now=moment, by=house(room.pk))

    def call(method, path, **named):
        headers = {"Authorization": f"Bearer {secret}"}
        if method != "get":
            named["content_type"] = "application/json"
        return getattr(client, method)(f"/api/v1{path}", headers=headers, **named)

    return call


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_page_shows_what_there_is(crew, past):
    page = crew.get(f"/sessions/{past.session.slug}/archive/")
    html = page.content.decode()
    assert page.status_code == 200
    for words in ("3 posts, 2 questions", "2 recordings", "kept until somebody erases them"):
        assert words in html
    assert "http-equiv" not in html


def test_session_page_leads_to_the_archive(crew, past):
    html = crew.get(f"/sessions/{past.session.slug}/").content.decode()
    assert reverse("archive", args=[past.session.slug]) in html


def test_page_looks_again_while_an_archive_is_made(crew, past):
    crew.post(f"/sessions/{past.session.slug}/archive/exports/")
    html = crew.get(f"/sessions/{past.session.slug}/archive/").content.decode()
    assert '<meta http-equiv="refresh" content="3">' in html
    assert '<progress max="100" value="0"' in html


def test_ready_archive_is_downloaded_in_stretches(crew, ready):
    path = reverse("download_export", args=[ready.session.slug, ready.pk])
    page = crew.get(f"/sessions/{ready.session.slug}/archive/").content.decode()
    assert path in page
    assert str(queries.folder_of(ready)) in page
    whole = crew.get(path)
    assert whole["Content-Type"] == "application/zip"
    assert whole["Content-Disposition"] == f'attachment; filename="{ready.name}.zip"'
    assert "no-store" in whole["Cache-Control"]
    content = b"".join(whole.streaming_content)
    assert content == queries.zip_of(ready).read_bytes()
    part = crew.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, content[10:20])


def test_archive_that_is_not_ready_or_not_there_cannot_be_downloaded(crew, ready):
    path = reverse("download_export", args=[ready.session.slug, ready.pk])
    queries.zip_of(ready).unlink()
    assert crew.get(path).status_code == 404
    Export.objects.update(state="working")
    assert crew.get(path).status_code == 404


def test_archive_of_another_session_is_not_reached_by_this_one(crew, ready, past):
    other = past.session
    other.pk, other.slug = None, "autre"
    other.save()
    for name in ("download_export", "remove_export"):
        path = reverse(name, args=["autre", ready.pk])
        method = crew.get if name == "download_export" else crew.post
        assert method(path).status_code == 404
    assert Export.objects.exists()


def test_page_deletes_an_archive(crew, ready, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        crew.post(reverse("remove_export", args=[ready.session.slug, ready.pk]))
    assert not Export.objects.exists()
    assert not queries.zip_of(ready).exists()


def test_page_erases_recordings_and_says_what(crew, past):
    answer = crew.post(reverse("erase_recordings", args=[past.session.slug]))
    assert said(answer) == ["Erased: 2 recordings."]
    assert not Recording.objects.filter(erased_at=None).exists()
    again = crew.post(reverse("erase_recordings", args=[past.session.slug]))
    assert said(again)[-1] == "Nothing was left."


def test_page_finds_and_erases_an_asker_and_links_what_is_left(crew, past):
    html = crew.get(f"/sessions/{past.session.slug}/archive/?asker=ana").content.decode()
    ana = Author.objects.get(remote_id="ana")
    path = reverse("erase_asker", args=[past.session.slug, ana.pk])
    assert path in html
    answer = crew.post(path)
    success, warning = said(answer)
    assert success == "Erased: 2 posts, 1 clip."
    assert '<a href="https://bsky.app/profile/room/post/1"' in warning
    assert not Post.objects.filter(author=ana).exclude(text="").exists()


def test_asker_of_another_session_is_not_erased_by_this_one(crew, past, moment):
    stranger = Author.objects.create(network="page", remote_id="other", name="Lou")
    path = reverse("erase_asker", args=[past.session.slug, stranger.pk])
    assert crew.post(path).status_code == 404
    stranger.refresh_from_db()
    assert stranger.name == "Lou"


def test_page_costs_the_same_with_one_archive_and_with_three(
    crew, past, moment, django_assert_num_queries, producer
):
    def add(number):
        Export.objects.create(
            session=past.session, name=f"a-{number}", due_at=moment, asked_at=moment, asked_by="Jo"
        )

    add(1)
    with CaptureQueriesContext(connection) as one:
        crew.get(f"/sessions/{past.session.slug}/archive/")
    add(2)
    add(3)
    with django_assert_num_queries(len(one)):
        crew.get(f"/sessions/{past.session.slug}/archive/")


def test_looking_for_somebody_costs_the_same_for_one_and_for_three(crew, past, make_post):
    path = f"/sessions/{past.session.slug}/archive/?asker=max"
    counts = []
    for number in (20, 21, 22):
        author = Author.objects.create(network="rehearsal", remote_id=f"m{number}", name="Max")
        make_post("Bravo !", number=number, author=author, sorting=1)
        with CaptureQueriesContext(connection) as queries_made:
            html = crew.get(path).content.decode()
        counts.append((html.count("1 post here"), len(queries_made)))
    assert counts == [(1, counts[0][1]), (2, counts[0][1]), (3, counts[0][1])]


def test_moderator_sees_no_archive(client, past, make_member):
    person = make_member(Role.MODERATOR, "Max").person
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/sessions/{past.session.slug}/archive/").status_code == 403
    page = client.get(f"/sessions/{past.session.slug}/").content.decode()
    assert reverse("archive", args=[past.session.slug]) not in page


# The API


def test_api_makes_tells_hands_out_and_deletes(
    call, past, moment, django_capture_on_commit_callbacks
):
    made = call("post", f"/sessions/{past.session.slug}/exports")
    assert made.status_code == 201
    export = made.json()
    assert (export["state"], export["progress"], export["folder"]) == ("due", 0.0, "")
    assert call("get", f"/sessions/{past.session.slug}/exports").json() == [export]
    early = call("get", f"/exports/{export['id']}/zip")
    assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")

    actions.make_export(export_id=export["id"], now=moment + timedelta(days=999))
    told = call("get", f"/exports/{export['id']}").json()
    assert (told["state"], told["progress"]) == ("ready", 1.0)
    zipped = call("get", f"/exports/{export['id']}/zip")
    assert len(b"".join(zipped.streaming_content)) == told["size_bytes"]

    with django_capture_on_commit_callbacks(execute=True):
        assert call("delete", f"/exports/{export['id']}").status_code == 204
    gone = call("get", f"/exports/{export['id']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert call("get", f"/exports/{2**70}").status_code == 404


def test_api_erases_recordings_and_askers(call, past):
    erased = call("delete", f"/sessions/{past.session.slug}/recordings?with_clips=true").json()
    assert (erased["recordings"], erased["clips"], erased["replies"]) == (2, 1, [])
    found = call("get", f"/sessions/{past.session.slug}/askers?words=zo").json()
    assert [(one["name"], one["posts_here"]) for one in found] == [("Zoé Petit", 1)]
    path = f"/sessions/{past.session.slug}/askers/{found[0]['id']}"
    assert call("delete", path).json()["posts"] == 1
    assert call("get", f"/sessions/{past.session.slug}/askers?words=zo").json() == []


def test_api_keeps_days_of_recordings(call, past):
    path = f"/sessions/{past.session.slug}"
    changed = call("patch", path, data={"keep_recordings_days": 14})
    assert changed.json()["keep_recordings_days"] == 14
    refused = call("patch", path, data={"keep_recordings_days": -1})
    assert (refused.status_code, refused.json()["field"]) == (422, "keep_recordings_days")
    room = call("patch", "/room", data={"keep_recordings_days": 30})
    assert room.json()["keep_recordings_days"] == 30
