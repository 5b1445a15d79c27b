"""The page of an archive, as a browser shows it from a disk."""

from __future__ import annotations

import json
import re
import shutil
import typing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from PIL import Image

from blueroom.archive import lines
from blueroom.archive.contents import Asker, Contents
from blueroom.archive.player import HERE, page_of

MOMENT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
MADE_AT = MOMENT + timedelta(days=2)
KINDS = ("guest", "camera", "fan")  # of feeds, said by their value
VTT = """WEBVTT

00:00.000 --> 00:01.500
Le matin, toujours.

00:01.500 --> 00:02.000
Sauf &lt;b&gt;hier&lt;/b&gt;.
"""


def after(seconds):
    return MOMENT + timedelta(seconds=seconds)


def row(kind, /, **values):
    """A line; what is not said of it is empty."""
    empty = {str: "", int: 0, float: 0.0, bool: False, list: []}
    hints = typing.get_type_hints(kind)
    told = {name: empty.get(typing.get_origin(hint) or hint) for name, hint in hints.items()}
    return kind(**(told | values))


@pytest.fixture
def contents():
    """A question answered on video and by a photo, and one by a fan that waits."""
    asked = {"published_at": MOMENT, "askers": 1, "language": "fr"}
    answer = {"feed_id": 1, "in_at": after(1), "out_at": after(3), "kind": "video"}
    clip = row(
        lines.Clip,
        slug="soir",
        answer_id=1,
        file="clips/soir/clip.mp4",
        duration_s=6.0,
        width_px=320,
        height_px=240,
    )
    captions = row(lines.Captions, language="fr", file="captions/soir-fr.vtt", is_checked=True)
    unread = row(lines.Captions, language="en")
    filmed = {"duration_s": 6.0, "width_px": 320, "height_px": 240}
    return Contents(
        session=row(
            lines.Session,
            guest="Inès Carat",
            title="Un soir",
            time_zone="Europe/Paris",
            hashtags=["AskInes"],
            languages=["fr", "en"],
            starts_at=MOMENT,
            on_air_at=MOMENT,
            closed_at=after(3600),
            planned_minutes=60,
            shows_counts=True,
        ),
        askers={
            1: Asker(name="Ana Sousa", place="Lyon", network="rehearsal", url=""),
            2: Asker(name="Zoé Petit", place="", network="page", url="https://a.example/1"),
        },
        questions=[
            row(
                lines.Question,
                id=1,
                post_id=1,
                state="answered",
                answer_text="Le matin.",
                text="Vous écrivez le matin ?",
                **asked,
            ),
            row(lines.Question, id=2, post_id=2, state="waiting", text="Et le soir ?", **asked),
            row(lines.Question, id=3, post_id=3, state="rejected", withdrawn_at=MOMENT, **asked),
        ],
        feeds=[
            row(lines.Feed, id=1, kind="guest", name="Inès"),
            row(lines.Feed, id=2, kind="fan", name="Zoé"),
        ],
        recordings=[
            row(
                lines.Recording,
                id=1,
                feed_id=1,
                file="recordings/ines#1.mp4",
                began_at=MOMENT,
                **filmed,
            ),
            row(
                lines.Recording,
                id=2,
                feed_id=2,
                file="recordings/zoe.mp4",
                began_at=after(60),
                **filmed,
            ),
            row(lines.Recording, id=3, feed_id=2, began_at=after(90), erased_at=MADE_AT),
        ],
        answers=[
            row(lines.Answer, id=1, question_id=1, **answer),
            row(
                lines.Answer,
                id=2,
                question_id=1,
                kind="photo",
                photo="pictures/photo.jpg",
                alt="Une photo signée",
                in_at=after(300),
                out_at=after(301),
            ),
        ],
        clips=[msgspec.structs.replace(clip, captions=[captions, unread])],
        vtt={"captions/soir-fr.vtt": VTT},
        metrics=row(
            lines.Metrics,
            posts=3,
            questions=2,
            askers=2,
            answered=1,
            clips=1,
            recorded_s=12.0,
            posts_by_network={"rehearsal": 2, "page": 1},
            posts_per_minute=[
                lines.MinuteCount(minute=MOMENT, network="rehearsal", posts=2),
                lines.MinuteCount(minute=after(300), network="page", posts=1),
            ],
        ),
    )


@pytest.fixture
def write(tmp_path, film):
    """Writes the page, and beside it the films that it names."""

    def write(contents):
        for path in ("recordings/ines#1.mp4", "recordings/zoe.mp4", "clips/soir/clip.mp4"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(film, tmp_path / path)
        (tmp_path / "pictures").mkdir()
        (tmp_path / "pictures/photo.jpg").write_bytes(b"")
        (tmp_path / "index.html").write_bytes(page_of(contents, made_at=MADE_AT))
        return tmp_path / "index.html"

    return write


PLAYS = "const video = document.querySelector('%s'); video.muted = true; video.play()"
PLAYED = "document.querySelector('%s').currentTime > %s"


def wait_for(page, expression):
    """Until it is true in the page. (The page's policy forbids what Playwright's own does.)"""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)


@pytest.fixture
def opened(page, write, contents):
    """The page, opened from the disk; what a browser complains of fails the test."""
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text))
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(write(contents).as_uri())
    yield page
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_recording_plays_from_the_question_that_was_chosen(opened):
    chapter = opened.locator(".chapter")
    assert chapter.count() == 1
    assert "Vous écrivez le matin ?" in chapter.inner_text()
    opened.evaluate("document.querySelector('.watch video').muted = true")
    chapter.click()
    wait_for(opened, PLAYED % (".watch video", 1.3))
    assert chapter.get_attribute("aria-current") == "true"
    assert opened.evaluate("document.querySelector('.watch video').duration") == pytest.approx(
        6.0, abs=0.1
    )
    opened.locator(".pill", has_text="Zoé").click()
    wait_for(opened, "document.querySelector('.watch video').src.includes('zoe')")
    assert opened.locator(".chapter").count() == 0


def test_clip_plays_with_its_captions(opened):
    opened.evaluate(PLAYS % ".answer video")
    wait_for(opened, PLAYED % (".answer video", 0.2))
    track = "document.querySelector('.answer video').textTracks[0]"
    opened.evaluate(f"{track}.mode = 'showing'")
    wait_for(opened, f"{track}.cues?.length === 2")
    assert opened.evaluate(f"[...{track}.cues].map((cue) => cue.getCueAsHTML().textContent)") == [
        "Le matin, toujours.",
        "Sauf <b>hier</b>.",
    ]
    assert opened.evaluate(f"[{track}.kind, {track}.language, {track}.label]") == [
        "captions",
        "fr",
        "Français",
    ]
    # The English ones were not checked by anybody.
    assert opened.locator(".answer track").count() == 1


def test_page_speaks_the_session_s_language_and_the_other(opened):
    assert opened.locator("html").get_attribute("lang") == "fr"
    assert opened.locator("h2").all_inner_texts() == [
        "Regarder",
        "Quand on a écrit",
        "Réponses",
        "Toutes les questions",
        "Ce que contient ce dossier",
    ]
    opened.locator("[data-language=en]").click()
    assert opened.locator("html").get_attribute("lang") == "en"
    assert opened.locator("h2").all_inner_texts()[0] == "Watch"
    assert opened.locator(".answer .words").all_inner_texts() == ["Le matin."]


def test_questions_are_found_by_state_and_words(opened):
    rows = opened.locator(".list > li")
    assert rows.count() == 2
    opened.locator(".pill[data-state=waiting]").click()
    assert rows.first.inner_text().split("\n\n") == [
        "Z",
        "Et le soir ?",
        "Zoé Petit · la page de la chambre · 23 nov., 21:00 · Le post",
        "À trier",
    ]
    opened.locator(".pill[data-state=all]").click()
    opened.locator("input[type=search]").fill("ecrivez MATIN")
    assert rows.count() == 1
    assert opened.locator("[role=status]").inner_text() == "1 question"


def test_page_shows_numbers_and_links_every_answer_of_the_curve(opened):
    assert opened.locator(".numbers li").all_inner_texts() == [
        "3\nposts reçus",
        "2\nquestions",
        "2\npersonnes ont demandé",
        "1\navec réponse",
        "1\nréponses en vidéo",
        "0:12\nenregistrés",
    ]
    moments = opened.locator(".curve a")
    assert moments.count() == 2
    assert moments.first.get_attribute("href") == "#answer-0"
    assert opened.locator(".curve svg").get_attribute("aria-label") == (
        "Posts par minute\u00a0: 2 au plus, à 21:00. 3 en tout."
    )


def test_photo_is_shown_with_what_it_shows(opened):
    photo = opened.locator("img.photo")
    assert (photo.get_attribute("alt"), photo.get_attribute("src")) == (
        "Une photo signée",
        "pictures/photo.jpg",
    )


def test_page_fits_a_phone(opened):
    opened.set_viewport_size({"width": 320, "height": 640})
    opened.reload()
    assert opened.evaluate("document.documentElement.scrollWidth") == 320


def test_words_of_strangers_stay_words(page, write, contents):
    hostile = "</script><img src=x onerror=\"document.title='bad'\"> <!--style--> ?"
    changed = {"text": hostile, "reply_url": "javascript:alert(1)"}
    contents.questions[0] = msgspec.structs.replace(contents.questions[0], **changed)
    contents.askers[1] = Asker(name="<b>", place="", network="page", url="javascript:alert(1)")
    page.goto(write(contents).as_uri())
    assert page.locator(".answer h3").first.inner_text() == hostile
    assert page.locator("a[href^=javascript]").count() == 0
    assert page.title() == "Inès Carat – Un soir"


def test_page_runs_no_script_but_its_own(page, write, contents):
    page.goto(write(contents).as_uri())
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.bad = 1\">')"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.bad") is None


def test_page_without_script_links_the_films(write, contents):
    html = write(contents).read_text()
    links = re.search(r"<noscript>(.*?)</noscript>", html, re.DOTALL)[1]
    assert re.findall(r'href="([^"]+)"', links) == [
        "recordings/ines%231.mp4",
        "recordings/zoe.mp4",
        "clips/soir/clip.mp4",
    ]


def test_words_of_the_page_are_in_both_languages():
    spoken = {one: json.loads((HERE / f"words/{one}.json").read_text()) for one in ("fr", "en")}
    script = (HERE / "page.js").read_text() + (HERE / "page.html").read_text()
    assert list(spoken["fr"]) == list(spoken["en"])
    for key, text in spoken["en"].items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", spoken["fr"][key]))
        is_said = re.search(rf"['\"`=]{key}['\"`\]>]", script)
        assert is_said or key.startswith(("state_", "is_")) or key in KINDS, key
    unset = [t for t in spoken["fr"].values() if re.search(r" [?!:;»]|« |\w'\w|\w[?!;»]", t)]
    assert unset == []


def test_page_wears_the_room_s_look(page, write, contents, tmp_path):
    look = lines.Look(
        colours={"day": {"ground": "#fff1dc"}, "air": {"ground": "#1f0508"}},
        faces={"voice": "figtree"},
        texts={"fr": lines.LookTexts(name="Radio 8")},
        logos={"day": lines.LookLogo("look/day.png", 300, 100)},
    )
    file = write(replace(contents, look=look))
    (tmp_path / "look").mkdir()
    Image.new("RGB", (300, 100), "#c1121f").save(tmp_path / "look/day.png")

    page.goto(file.as_uri())

    ground = "getComputedStyle(document.documentElement).getPropertyValue('--wall')"
    assert page.evaluate(ground) == "#fff1dc"
    assert page.evaluate("document.querySelector('img.logo').naturalWidth") == 300
    assert page.evaluate("document.getElementById('room').outerHTML") == (
        '<span id="room" class="sr">Radio 8</span>'
    )
    assert "Figtree" in page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == "#1f0508"


def test_colours_are_the_room_s():
    tokens = HERE.parents[1] / "design/web/tokens.css"
    if not tokens.is_file():
        pytest.skip("the sources of the screens are not here")
    ours = (HERE / "page.css").read_text()
    for name in ("fur", "wall", "sky", "ink", "ink-2", "blue", "live", "green", "amber", "edge"):
        named = re.findall(rf"--{name}: (#[0-9a-f]+);", tokens.read_text())
        assert re.findall(rf"--{name}: (#[0-9a-f]+);", ours) == named, name
