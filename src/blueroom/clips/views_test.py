from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from blueroom.clips import actions
from blueroom.clips.models import Captions, Clip, Render
from blueroom.clips.rules import Line
from blueroom.desk.actions import sort_posts
from blueroom.posts.models import Post, Sorting
from blueroom.room.models import Role, Room

CONTENT = bytes(range(256)) * 40
HOSTILE = '</script><script>alert(1)</script>"&<b>'


@pytest.fixture(autouse=True)
def built(monkeypatch):
    """Pages are tested without building the screens."""
    names = [f"src/blueroom/{room}/web/main.ts" for room in ("clips", "design")]
    monkeypatch.setattr(
        "blueroom.design.templatetags.assets.manifest",
        lambda: {name: {"file": "assets/x.js"} for name in names},
    )


@pytest.fixture
def crew(make_member):
    """The browser of a moderator of the room."""
    client = Client()
    person = make_member(Role.MODERATOR, "Max").person
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def public_clip(make_clip, moment):
    return make_clip(is_public=True, published_at=moment)


def body_of(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


ADDRESSES = [
    ("clip", []),
    ("clip_embed", []),
    ("clip_oembed", []),
    ("clip_file", ["clip.mp4"]),
    ("clip_file", ["poster.jpg"]),
    ("clip_file", ["wide.mp4"]),
    ("clip_captions", ["fr"]),
]


@pytest.fixture
def everything(make_clip, moment, moderator):
    """A clip with captions and a file for sharing, not public."""
    clip = make_clip()
    actions.save_captions(
        clip=clip,
        language="fr",
        lines=[Line(0, 1.5, "Le soir.")],
        is_checked=True,
        now=moment,
        by=moderator,
    )
    Render.objects.create(
        clip=clip,
        shape="16x9",
        language="fr",
        state="ready",
        file="clip-1.mp4",
        size_bytes=10_240,
        compared_at=moment,
        due_at=moment,
    )
    return clip


@pytest.mark.parametrize(("name", "more"), ADDRESSES)
def test_clip_is_there_for_the_crew_before_it_is_for_the_public(
    client, crew, everything, make_member, name, more, moment
):
    path = reverse(name, args=["soir", *more])
    stranger = client.get(path)
    coach = Client()
    coach.force_login(
        make_member(Role.COACH, "Zoé").person,
        backend="django.contrib.auth.backends.ModelBackend",
    )
    other = make_member(Role.OWNER, "Ivo")
    other.room = Room.objects.create(slug="ailleurs", name="Ailleurs", created_at=moment)
    other.save()
    elsewhere = Client()
    elsewhere.force_login(other.person, backend="django.contrib.auth.backends.ModelBackend")

    private = crew.get(path)
    statuses = [coach.get(path).status_code, elsewhere.get(path).status_code]
    everything.is_public = True
    everything.save()
    public = client.get(path)

    assert (stranger.status_code, statuses, private.status_code, public.status_code) == (
        404,
        [404, 404],
        200,
        200,
    )
    assert private.headers["Cache-Control"] == "private, no-cache"
    assert public.headers["Cache-Control"].startswith("public, max-age=")
    assert "Cookie" not in public.headers.get("Vary", "")
    for answer in (private, public):
        answer.close()


def test_page_says_to_the_crew_that_it_is_not_public(crew, client, everything):
    page = crew.get(reverse("clip", args=["soir"]) + "?lang=en")

    text = page.content.decode()
    assert "Not public" in text
    assert '<meta name="robots" content="noindex">' in text
    assert "og:video" not in text
    assert "/sessions/askines/clips/#soir" in text


def test_page_tells_other_sites_what_it_shows(client, public_clip):
    text = client.get(reverse("clip", args=["soir"]) + "?lang=en").content.decode()

    told = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', text))
    title = "Inès Carat answers: “Vous écrivez le matin ?”"
    assert told["og:title"] == told["twitter:title"] == title
    assert told["og:video"] == "http://testserver/a/soir/clip.mp4"
    assert told["og:image"] == "http://testserver/a/soir/poster.jpg"
    assert told["og:url"] == "http://testserver/a/soir/"
    assert told["twitter:card"] == "player"
    assert told["twitter:player"] == "http://testserver/a/soir/embed"
    assert (told["twitter:player:width"], told["twitter:player:height"]) == ("640", "360")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text)
    assert json.loads(found[1]) == {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": title,
        "description": "An answer by Inès Carat in La chambre bleue.",
        "uploadDate": "2026-11-23T20:00:00+00:00",
        "duration": "PT2S",
        "contentUrl": "http://testserver/a/soir/clip.mp4",
        "embedUrl": "http://testserver/a/soir/embed",
        "url": "http://testserver/a/soir/",
        "thumbnailUrl": "http://testserver/a/soir/poster.jpg",
    }


@pytest.mark.parametrize("page", ["clip", "clip_embed"])
def test_page_keeps_what_people_wrote_out_of_the_markup(client, public_clip, question, page):
    question.text = HOSTILE
    question.save()

    text = client.get(reverse(page, args=["soir"])).content.decode()

    assert "<script>alert" not in text
    assert "<b>" not in text.replace("<b><bdi>", "")


def test_page_speaks_as_asked(client, public_clip):
    pages = {
        language: client.get(reverse("clip", args=["soir"]) + f"?lang={language}")
        for language in ("fr", "en")
    }

    assert pages["fr"].headers["Content-Language"] == "fr"
    assert '<html lang="fr"' in pages["fr"].content.decode()
    assert "Inès Carat répond" in pages["fr"].content.decode()
    assert "Inès Carat answers" in pages["en"].content.decode()


def test_page_offers_captions_that_were_read_and_files_that_are_made(client, everything, moment):
    everything.is_public = True
    everything.save()
    Captions.objects.create(
        clip=everything,
        language="en",
        begins_at=moment,
        cues=[[0, 1, "At night."]],
        changed_at=moment,
    )

    text = client.get(reverse("clip", args=["soir"])).content.decode()

    assert re.findall(
        r'<track kind="(\w+)" src="([^"]+)" srclang="(\w+)" label="([^"]+)"', text
    ) == [("captions", "/a/soir/captions-fr.vtt", "fr", "Français")]
    assert re.findall(r'href="([^"]+)\?download"', text) == ["/a/soir/wide.mp4", "/a/soir/clip.mp4"]
    assert client.get("/a/soir/captions-en.vtt").status_code == 404


def test_captions_are_webvtt_for_browsers(client, everything):
    everything.is_public = True
    everything.save()

    answer = client.get("/a/soir/captions-fr.vtt")

    assert answer.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert answer.content.decode().startswith("WEBVTT")
    assert "00:00:00.000 --> 00:00:01.500\nLe soir." in answer.content.decode()


def test_page_with_an_unfinished_clip_says_so(crew, make_clip):
    make_clip(state="working", file="", poster="", duration_s=0.0, width_px=0, height_px=0)

    page = crew.get(reverse("clip", args=["soir"]) + "?lang=en")

    assert page.status_code == 200
    assert "The clip is being cut." in page.content.decode()
    assert "<video" not in page.content.decode()


# Gone


@pytest.mark.parametrize(("name", "more"), ADDRESSES)
def test_clip_of_a_withdrawn_question_is_gone_at_once(
    client, crew, everything, question, session, moment, name, more
):
    everything.is_public = True
    everything.save()
    Post.objects.filter(pk=question.post_id).update(deleted_at=moment, sorting=Sorting.NEW)
    sort_posts(session_id=session.pk, now=moment + timedelta(seconds=1))
    path = reverse(name, args=["soir", *more])

    before = [client.get(path).status_code, crew.get(path).status_code]
    actions.remove_gone(now=moment + timedelta(seconds=2))
    after = client.get(path + "?lang=en")

    assert (before, after.status_code) == ([410, 410], 410)
    assert "This clip is gone" in after.content.decode()
    assert question.text not in after.content.decode()


def test_clip_that_never_was_is_not_found(client, db):
    assert client.get(reverse("clip", args=["nobody"])).status_code == 404


# Other sites


def test_embedded_page_is_the_only_one_that_may_be_framed(client, public_clip):
    embedded = client.get(reverse("clip_embed", args=["soir"]))
    page = client.get(reverse("clip", args=["soir"]))

    assert "frame-ancestors *" in embedded.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in embedded.headers
    assert "csrf" not in (embedded.content + page.content).decode()
    assert (dict(embedded.cookies), dict(page.cookies)) == ({}, {})


@pytest.mark.parametrize("asked", ["Vous écrivez le matin ?", HOSTILE])
def test_page_gives_the_code_to_embed_it_as_text(client, public_clip, question, asked):
    question.text = asked
    question.save()

    text = client.get("/a/soir/?lang=en").content.decode()

    code = html.unescape(re.search(r'id="code" value="([^"]*)"', text)[1])
    src, title = re.fullmatch(
        r'<iframe src="(.*?)" .* title="(.*?)" style.*</iframe>', code
    ).groups()
    assert src == "http://testserver/a/soir/embed"
    assert html.unescape(title) == f"Inès Carat answers: “{asked}”"


def test_oembed_says_how_to_show_it(client, public_clip):
    answer = client.get("/a/soir/oembed.json?maxwidth=320&maxheight=9000&lang=en")

    told = answer.json()
    code = told.pop("html")
    assert told == {
        "version": "1.0",
        "type": "video",
        "title": "Inès Carat answers: “Vous écrivez le matin ?”",
        "author_name": "Inès Carat",
        "provider_name": "La chambre bleue",
        "provider_url": "http://testserver/",
        "cache_age": 60,
        "width": 320,
        "height": 180,
        "thumbnail_url": "http://testserver/a/soir/poster.jpg",
        "thumbnail_width": 1280,
        "thumbnail_height": 720,
    }
    assert code.startswith(
        '<iframe src="http://testserver/a/soir/embed" width="320" height="180" title="Inès Carat'
    )
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get("/a/soir/oembed.json?format=xml").status_code == 501


@pytest.mark.parametrize("asked", ["maxwidth=0", "maxwidth=-3", "maxwidth=big", "maxwidth=²"])
def test_oembed_takes_no_size_that_is_none(client, public_clip, asked):
    assert client.get(f"/a/soir/oembed.json?{asked}").json()["width"] == 1280


# Files


def test_file_comes_in_stretches_for_strangers(client, public_clip):
    answer = client.get("/a/soir/clip.mp4", headers={"range": "bytes=100-199"})

    assert (answer.status_code, body_of(answer)) == (206, CONTENT[100:200])
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["ETag"] == '"clip-1.mp4"'
    assert client.head("/a/soir/clip.mp4").headers["Content-Length"] == str(len(CONTENT))


def test_file_is_saved_with_the_guests_name(client, public_clip):
    answer = client.get("/a/soir/clip.mp4?download")
    answer.close()

    wanted = "attachment; filename*=utf-8''In%C3%A8s%20Carat%20soir%20clip.mp4"
    assert answer.headers["Content-Disposition"] == wanted


def test_file_of_a_shape_comes_in_the_language_asked_for(client, public_clip, moment):
    for number, language in enumerate(("", "fr", "en")):
        (Path(folder()) / f"share-{number}.mp4").write_bytes(language.encode() or b"none")
        Render.objects.create(
            clip=public_clip,
            shape="9x16",
            language=language,
            state="ready",
            file=f"share-{number}.mp4",
            compared_at=moment,
            due_at=moment,
        )

    def got(query):
        return body_of(client.get(f"/a/soir/tall.mp4{query}"))

    assert [got(q) for q in ("", "?language=en", "?language=none", "?language=de")] == [
        b"none",  # no captions were read: none is the language spoken
        b"en",
        b"none",
        b"none",
    ]


def folder():
    from blueroom.clips.files import folder_of

    return folder_of("soir")


@pytest.mark.parametrize("file", ["square.mp4", "other.mp4", "clip-1.mp4", "..%2Froom.sqlite3"])
def test_only_files_of_the_clip_are_given(client, public_clip, file):
    assert client.get(f"/a/soir/{file}").status_code == 404


def test_file_that_is_lost_is_not_found(client, public_clip):
    (folder() / "clip-1.mp4").unlink()

    assert client.get("/a/soir/clip.mp4").status_code == 404


# The crew's page


def test_crews_page_boots_its_screen(crew, session, make_clip):
    page = crew.get(reverse("clips", args=["askines"]))

    boot = json.loads(html.unescape(re.search(r'data-boot="([^"]*)"', page.content.decode())[1]))
    boot.pop("csrf")
    spoken = boot.pop("spoken")
    assert spoken["fr"] == "Français"
    assert boot == {
        "slug": "askines",
        "language": "fr",
        "topic": "askines/clips",
        "stream": None,
        "ticket_url": "/sessions/askines/clips/ticket",
        "api": "/api/v1",
        "desk_url": "/desk/askines/",
        "login_url": "/accounts/login/?next=/sessions/askines/clips/",
        "may_publish": True,
        "may_mark": True,
        "can_hear": False,
        "zone": "Europe/Paris",
    }


def test_ticket_is_for_the_crew(crew, client, session):
    answer = crew.get(reverse("clips_ticket", args=["askines"]))

    assert answer.json()["url"].startswith("/live/askines/clips?ticket=")
    assert client.get(reverse("clips_ticket", args=["askines"])).status_code == 401


def test_page_of_one_clip_asks_the_same_with_one_file_and_with_three(
    client, public_clip, moment, django_assert_num_queries
):
    def ask():
        with django_assert_num_queries(9):
            assert client.get("/a/soir/").status_code == 200

    ask()
    for shape in ("16x9", "9x16", "1x1"):
        Render.objects.create(
            clip=public_clip, shape=shape, file="clip-1.mp4", compared_at=moment, due_at=moment
        )
    ask()
    assert Clip.objects.count() == 1
