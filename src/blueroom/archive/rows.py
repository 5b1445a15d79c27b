"""The rows of a session as lines of its archive, read a slice at a time, so that nobody waits.

What refers to something that came after the export began is left out with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec
from django.db.models import Max, QuerySet
from msgspec.structs import replace

from blueroom.archive import lines
from blueroom.clips.models import Captions, Clip, Render
from blueroom.desk.models import Decision, Question
from blueroom.posts.models import Post
from blueroom.publish.models import Reply
from blueroom.room.models import Room, Session
from blueroom.room.themes import theme_of
from blueroom.studio.models import Answer, Feed, Recording, Shown

SLICE = 2000


def _sliced(found: QuerySet[Any], *names: str) -> Iterator[tuple[Any, ...]]:
    """The rows' values in the order of their ids, which come first; each slice is one query."""
    after = 0
    while True:
        rows = found.filter(pk__gt=after).order_by("pk").values_list("pk", *names)[:SLICE]
        kept = list(rows)
        yield from kept
        if len(kept) < SLICE:
            return
        after = kept[-1][0]


def session_line(session: Session) -> lines.Session:
    """The session itself."""
    return lines.Session(
        slug=session.slug,
        title=session.title,
        guest=session.guest.name,
        room=session.room.name,
        time_zone=session.room.time_zone,
        hashtags=session.hashtags,
        languages=session.languages,
        format=session.format,  # type: ignore[arg-type]  # one of SessionFormat's values
        state=session.state,
        starts_at=session.starts_at,
        planned_minutes=session.planned_minutes,
        is_rehearsal=session.is_rehearsal,
        created_at=session.created_at,
        opened_at=session.opened_at,
        on_air_at=session.on_air_at,
        closed_at=session.closed_at,
        shows_counts=session.shows_counts,
    )


def look_line(room: Room, logos: Collection[str]) -> lines.Look:
    """The room's look; of its logos those whose files lie in the archive."""
    theme = theme_of(room)
    texts = {one: msgspec.to_builtins(said) for one, said in theme.texts.items()}
    return lines.Look(
        colours=theme.colours,
        faces=theme.faces,  # type: ignore[arg-type]  # "voice" and "text" are all there is
        texts={one: lines.LookTexts(**said) for one, said in texts.items()},  # type: ignore[misc]
        logos={
            light: lines.LookLogo(logo_path(light), kept.width_px, kept.height_px)
            for light, kept in theme.logos.items()
            if light in logos
        },
    )


def logo_path(light: str) -> str:
    """Where that logo lies in an archive."""
    return f"look/{light}.png"


def posts_of(session: Session) -> Iterator[lines.Post]:
    """Every post that is there now; of deleted ones only that there was one."""
    found = Post.objects.filter(session=session)
    last = found.aggregate(last=Max("pk"))["last"] or 0
    rows = _sliced(
        found.filter(pk__lte=last),
        "network", "remote_id", "version", "author__remote_id", "author__name", "author__handle",
        "author__followers", "author__place", "text", "language", "url", "in_reply_to",
        "thread_root", "published_at", "received_at", "edited_at", "deleted_at", "lat", "lon",
        "is_asked", "question__id", "author__erased_at", "alts",
    )  # fmt: skip
    for row in rows:
        yield _post_line(row)


def _post_line(row: tuple[Any, ...]) -> lines.Post:
    (
        id_, network, remote_id, version, author_id, name, handle, followers, place, text, language,
        url, in_reply_to, thread_root, published_at, received_at, edited_at, deleted_at, lat, lon,
        is_asked, question_id, erased_at, alts,
    ) = row  # fmt: skip
    is_gone = bool(deleted_at or erased_at)
    return lines.Post(
        id=id_,
        network=network,
        # A network's id may name its author: did:plc:… in those of Bluesky.
        remote_id="" if is_gone else remote_id,
        version="" if is_gone else version,
        author_id="" if is_gone else author_id,
        author_name="" if is_gone else name,
        author_handle="" if is_gone else handle,
        author_followers=None if is_gone else followers,
        author_place="" if is_gone else place,
        text="" if is_gone else text,
        language="" if is_gone else language,
        url="" if is_gone else url,
        in_reply_to="" if is_gone else in_reply_to,
        thread_root="" if is_gone else thread_root,
        published_at=published_at,
        received_at=received_at,
        edited_at=edited_at,
        deleted_at=deleted_at or erased_at,
        lat=None if is_gone else lat,
        lon=None if is_gone else lon,
        is_asked=is_asked,
        is_question=question_id is not None,
        alts="" if is_gone else alts,
    )


_QUESTION = (
    "post_id", "state", "revision", "text", "language", "askers", "votes", "position",
    "published_at", "on_air_at", "answered_at", "answer_text", "withdrawn_at", "last_verb",
    "last_by", "changed_at", "reply_state", "reply_url", "air_text", "head_id",
    "translation", "translation_language",
)  # fmt: skip


def questions_of(session: Session, posts: Collection[int]) -> Iterator[lines.Question]:
    """The questions that these posts ask."""
    found = Question.objects.filter(session=session)
    for *row, wording in _sliced(found, *_QUESTION, "wording__text"):
        if row[1] in posts:
            line = lines.Question(**dict(zip(("id", *_QUESTION), row, strict=True)))
            yield line if line.air_text or not wording else replace(line, air_text=wording)


def decisions_of(session: Session, questions: Collection[int]) -> Iterator[lines.Decision]:
    """Every decision about these questions, oldest first."""
    names = (
        "question_id", "revision", "verb", "from_state", "to_state", "position", "by_name", "at",
    )  # fmt: skip
    kept = ("question_id", "revision", "verb", "from_state", "to_state", "position", "by", "at")
    for _pk, *row in _sliced(Decision.objects.filter(question__session=session), *names):
        if row[0] in questions:
            yield lines.Decision(**dict(zip(kept, row, strict=True)))


def feeds_of(session: Session, questions: Collection[int]) -> Iterator[lines.Feed]:
    """The session's feeds, without anything that one could send or look by."""
    for feed in Feed.objects.filter(session=session):
        yield lines.Feed(
            id=feed.pk,
            kind=feed.kind,  # type: ignore[arg-type]  # one of FeedKind's values
            name=feed.name,
            asker=feed.asker,
            question_id=feed.question_id if feed.question_id in questions else None,
            consent_at=feed.consent_at,
            created_at=feed.created_at,
            created_by=feed.created_by,
        )


def recording_line(recording: Recording, *, file: str) -> lines.Recording:
    """A recording whose file lies there in the archive; "" where it has none."""
    return lines.Recording(
        id=recording.pk,
        feed_id=recording.feed_id,
        epoch=recording.epoch,
        file=file,
        began_at=recording.began_at,
        ended_at=recording.ended_at,
        duration_s=recording.duration_s,
        size_bytes=recording.size_bytes,
        width_px=recording.width_px,
        height_px=recording.height_px,
        has_audio=recording.has_audio,
        erased_at=recording.erased_at,
    )


def shown_of(session: Session, feeds: Collection[int]) -> Iterator[lines.Shown]:
    """When the public saw these feeds."""
    for shown in Shown.objects.filter(feed__session=session):
        if shown.feed_id in feeds:
            yield lines.Shown(feed_id=shown.feed_id, from_at=shown.from_at, until_at=shown.until_at)


def answer_line(answer: Answer, *, photo: str) -> lines.Answer:
    """An answer whose photo lies there in the archive; "" where it has none."""
    return lines.Answer(
        id=answer.pk,
        question_id=answer.question_id,
        kind=answer.kind,  # type: ignore[arg-type]  # one of AnswerKind's values
        feed_id=answer.feed_id,
        in_at=answer.in_at,
        out_at=answer.out_at,
        photo=photo,
        photo_width_px=answer.photo_width_px,
        photo_height_px=answer.photo_height_px,
        alt=answer.alt,
        revision=answer.revision,
        made_at=answer.made_at,
        made_by=answer.made_by_name,
    )


def clip_line(
    clip: Clip,
    *,
    file: str,
    poster: str,
    renders: list[lines.Render],
    captions: list[lines.Captions],
) -> lines.Clip:
    """A clip whose files lie there in the archive."""
    assert clip.answer_id
    assert clip.in_at
    assert clip.out_at
    assert clip.cut_at
    return lines.Clip(
        slug=clip.slug,
        answer_id=clip.answer_id,
        title=clip.title,
        revision=clip.revision,
        is_public=clip.is_public,
        published_at=clip.published_at,
        decided_by=clip.decided_by,
        file=file,
        poster=poster,
        in_at=clip.in_at,
        out_at=clip.out_at,
        cut_at=clip.cut_at,
        duration_s=clip.duration_s,
        size_bytes=clip.size_bytes,
        width_px=clip.width_px,
        height_px=clip.height_px,
        crop_x=clip.crop_x,
        crop_y=clip.crop_y,
        created_at=clip.created_at,
        changed_at=clip.changed_at,
        renders=renders,
        captions=captions,
    )


def render_line(render: Render, *, file: str) -> lines.Render:
    """A file for sharing that lies there in the archive."""
    return lines.Render(
        shape=render.shape,  # type: ignore[arg-type]  # one of Shape's values
        language=render.language,
        file=file,
        size_bytes=render.size_bytes,
        width_px=render.width_px,
        height_px=render.height_px,
    )


def captions_line(captions: Captions, *, file: str) -> lines.Captions:
    """Captions whose WebVTT lies there in the archive; "" before somebody checked them."""
    return lines.Captions(
        language=captions.language,
        is_translation=captions.is_translation,
        source=captions.source,  # type: ignore[arg-type]  # one of CaptionSource's values
        begins_at=captions.begins_at,
        cues=[tuple(cue) for cue in captions.cues],
        is_checked=captions.is_checked,
        revision=captions.revision,
        changed_at=captions.changed_at,
        changed_by=captions.changed_by,
        file=file,
    )


def replies_of(session: Session, questions: Collection[int]) -> Iterator[lines.Reply]:
    """What went out, or was to. The words of one to an asker who withdrew are left out."""
    found = Reply.objects.filter(question__session=session).select_related("question__post", "clip")
    for reply in found.order_by("pk").iterator(chunk_size=SLICE):
        if reply.question_id not in questions:
            continue
        is_withdrawn = reply.question.withdrawn_at is not None
        yield lines.Reply(
            question_id=reply.question_id,
            network=reply.question.post.network,
            state=reply.state,  # type: ignore[arg-type]  # one of SendState's values
            key=reply.key,
            text="" if is_withdrawn else reply.text,
            clip=reply.clip.slug if reply.clip and not is_withdrawn else "",
            media=reply.media,  # type: ignore[arg-type]  # one of Media's values
            alt="" if is_withdrawn else reply.alt,
            created_at=reply.created_at,
            asked_at=reply.asked_at,
            by=reply.by_name,
            sent_at=reply.sent_at,
            remote_id=reply.remote_id,
            remote_version=reply.remote_version,
            url=reply.url,
        )
