"""The page by which an archive plays without us: one file, opened from a disk, offline.

A browser lets a page from a disk fetch nothing beside it, captions neither: all the page says is
in it, and only pictures and films lie beside it. Its own policy lets it load from nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from blueroom import __version__
from blueroom.archive import lines
from blueroom.archive.contents import Contents
from blueroom.archive.player.look import is_wordmark, logo_html, look_css
from blueroom.design.templatetags.assets import BUILT

HERE = Path(__file__).parent
SPOKEN = ("fr", "en")
FONTS = (
    ("Figtree", "figtree-latin", "U+0000-00FF, U+2000-206F, U+20AC"),
    ("Figtree", "figtree-latin-ext", "U+0100-02BA, U+1E00-1EFF"),
    ("Fraunces", "fraunces-latin", "U+0000-00FF, U+2000-206F, U+20AC"),
)


def readme() -> bytes:
    """What is where in the folder, in English and in French."""
    return (HERE / "folder.md").read_bytes()


def page_of(contents: Contents, *, made_at: datetime) -> bytes:
    """The page, whole."""
    style = _fonts() + _part("page.css") + look_css(contents.look, _part("page.css"))
    script = _part("page.js")
    told = _inert(msgspec.json.encode(_told(contents, made_at)))
    language = first_language(contents.session.languages)
    parts = {
        "language": language,
        "policy": _policy(script),
        "mark": logo_html(contents.look) or _part("mark.svg"),
        "title": _escaped(f"{contents.session.guest} – {contents.session.title}"),
        "style": f"<style>{style}</style>",
        "script": f"<script>{script}</script>",
        "told": f'<script type="application/json" id="told">{told}</script>',
        "without": _without_script(contents, language),
    }
    page = _part("page.html")
    for name, part in parts.items():
        page = page.replace(f"<!--{name}-->", part, 1)
    return page.encode()


def first_language(languages: list[str]) -> str:
    """The language that the page begins in."""
    return next((one for one in languages if one in SPOKEN), "en")


def _part(name: str) -> str:
    return (HERE / name).read_text()


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "font-src data:; img-src 'self' file: data:; media-src 'self' file: data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _fonts() -> str:
    """The house's letters; without built screens the reader's own are used."""
    faces = []
    for family, name, signs in FONTS:
        path = BUILT / "fonts" / f"{name}.woff2"
        if path.is_file():
            content = base64.b64encode(path.read_bytes()).decode()
            faces.append(
                f"@font-face{{font-family:{family};font-weight:300 900;unicode-range:{signs};"
                f"src:url(data:font/woff2;base64,{content}) format('woff2')}}"
            )
    return "\n".join(faces)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _inert(told: bytes) -> str:
    """JSON in which nothing can end the element that it stands in."""
    return told.decode().replace("<", "\\u003c").replace("\u2028", "\\u2028")


def _without_script(contents: Contents, language: str) -> str:
    """Films to open, for browsers that run no script."""
    files = [one.file for one in (*contents.recordings, *contents.clips) if one.file]
    links = "".join(f'<li><a href="{quote(file)}">{_escaped(file)}</a></li>' for file in files)
    return f"<h1>{_escaped(contents.session.guest)}</h1><ul>{links}</ul>"


# What the page is told


def _told(contents: Contents, made_at: datetime) -> dict[str, Any]:
    asked = [question for question in contents.questions if question.withdrawn_at is None]
    asked.sort(key=lambda question: question.published_at)
    places = {question.id: place for place, question in enumerate(asked)}
    return {
        "made_at": made_at,
        "version": __version__,
        "language": first_language(contents.session.languages),
        "words": {one: msgspec.json.decode(_part(f"words/{one}.json")) for one in SPOKEN},
        "session": contents.session,
        "names": {one: said.name for one, said in contents.look.texts.items()},
        "is_wordmark": is_wordmark(contents.look),
        "metrics": contents.metrics,
        "recordings": _recordings(contents),
        "questions": [_question(contents, question) for question in asked],
        "answers": [
            _answer(contents, answer, places[answer.question_id])
            for answer in sorted(contents.answers, key=lambda answer: answer.in_at)
            if answer.question_id in places
        ],
    }


def _recordings(contents: Contents) -> list[dict[str, Any]]:
    feeds = {feed.id: feed for feed in contents.feeds}
    return [
        {
            "feed_id": one.feed_id,
            "name": feeds[one.feed_id].name,
            "kind": feeds[one.feed_id].kind,
            "file": one.file,
            "began_at": one.began_at,
            "duration_s": round(one.duration_s, 3),
            "width_px": one.width_px,
            "height_px": one.height_px,
        }
        for one in contents.recordings
        if one.file
    ]


def _question(contents: Contents, question: lines.Question) -> list[Any]:
    """A question as a row without names: there may be a hundred thousand."""
    asker = contents.askers[question.post_id]
    return [
        question.state,
        question.air_text or question.text,
        question.language,
        question.published_at,
        asker.name,
        asker.place,
        asker.network,
        asker.url,
        question.answer_text,
        question.reply_url,
    ]


def _answer(contents: Contents, answer: lines.Answer, place: int) -> dict[str, Any]:
    clip = next((one for one in contents.clips if one.answer_id == answer.id), None)
    return {
        "question": place,
        "kind": answer.kind,
        "feed_id": answer.feed_id,
        "in_at": answer.in_at,
        "out_at": answer.out_at,
        "photo": answer.photo,
        "alt": answer.alt,
        "clip": _clip(contents, clip) if clip else None,
    }


def _clip(contents: Contents, clip: lines.Clip) -> dict[str, Any]:
    return {
        "slug": clip.slug,
        "title": clip.title,
        "file": clip.file,
        "poster": clip.poster,
        "duration_s": round(clip.duration_s, 3),
        "width_px": clip.width_px,
        "height_px": clip.height_px,
        "is_public": clip.is_public,
        "renders": [
            {"shape": one.shape, "language": one.language, "file": one.file} for one in clip.renders
        ],
        "captions": [
            {
                "language": one.language,
                "is_translation": one.is_translation,
                "vtt": contents.vtt[one.file],
            }
            for one in clip.captions
            if one.file
        ],
    }
