"""The lines of an archive as rows, in the transaction that is open. They were checked before.

It writes the tables of every room itself: what happened is stored as it was, with nobody told and
nothing begun by it, which no room's own verbs would do.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

from blueroom.archive import lines
from blueroom.archive.checks import Lines
from blueroom.archive.inserting import Row, insert, insert_of_session
from blueroom.base.ids import new_secret, new_tid
from blueroom.clips import making
from blueroom.clips.files import folder_of
from blueroom.clips.models import Captions, Clip, Render, WorkState
from blueroom.clips.queries import clip_by_id, is_open_to_all, page_path
from blueroom.clips.rules import Line, clean_cues
from blueroom.desk.models import Decision, Question, QuestionState, SendState
from blueroom.posts.actions import locate_posts
from blueroom.posts.models import Author, Post, PostCount, Sorting
from blueroom.posts.rules import clean_alts, clean_language, clean_line, clean_text, clean_url
from blueroom.publish.models import Reply
from blueroom.room.actions import keep_past_session
from blueroom.room.actor import Actor
from blueroom.room.links import new_nonce
from blueroom.room.models import Room, Session
from blueroom.studio.models import Answer, Feed, FeedState, Recording, Shown
from blueroom.studio.queries import pictures_folder, recordings_folder

SLICE = 2000
KEYS_A_QUERY = 900  # SQLite before 3.32 takes 999 parameters
IMPORTED = "imported"  # why a reply that was still to go out will not
UNSENT = (SendState.DUE, SendState.SENDING)
T = TypeVar("T")


def _slices(found: Iterable[tuple[int, T]]) -> Iterator[list[T]]:
    numbered = iter(found)
    while some := [row for _number, row in islice(numbered, SLICE)]:
        yield some


class Store:
    """Stores an archive; `places` is where each of its files goes then."""

    session: Session

    def __init__(self, archive: Lines, *, room: Room, now: datetime, by: Actor) -> None:
        self._archive = archive
        self._room = room
        self._now = now
        self._by = by
        self.places: list[tuple[str, Path]] = []
        self._authors: dict[tuple[str, str], tuple[int, bool]] = {}
        self._posts: dict[int, int] = {}
        self._erased: set[int] = set()  # posts here whose author asked this house to be erased
        self._questions: dict[int, int] = {}
        self._feeds: dict[int, int] = {}
        self._answers: dict[int, int] = {}
        self._clips: dict[str, int] = {}

    def store(self) -> None:
        """All of it."""
        self._store_session()
        for posts in _slices(self._archive.lines("posts.jsonl", lines.Post)):
            self._store_posts(posts)
        locate_posts(session=self.session)
        for questions in _slices(self._archive.lines("questions.jsonl", lines.Question)):
            self._store_questions(questions)
        for questions in _slices(self._archive.lines("questions.jsonl", lines.Question)):
            self._store_groups(questions)
        for decisions in _slices(self._archive.lines("decisions.jsonl", lines.Decision)):
            self._store_decisions(decisions)
        self._store_counts()
        self._store_feeds()
        self._store_recordings()
        self._store_shown()
        self._store_answers()
        for number, (_line, clip) in enumerate(self._archive.lines("clips.jsonl", lines.Clip)):
            self._store_clip(clip, number)
        self._store_replies()

    def _store_session(self) -> None:
        told = self._archive.one("session.json", lines.Session)
        self.session = keep_past_session(
            room=self._room,
            slug=told.slug,
            guest=told.guest,
            title=told.title,
            hashtags=told.hashtags,
            languages=told.languages,
            format=told.format,
            starts_at=told.starts_at,
            minutes=told.planned_minutes,
            is_rehearsal=told.is_rehearsal,
            shows_counts=told.shows_counts,
            created_at=told.created_at,
            opened_at=told.opened_at,
            on_air_at=told.on_air_at,
            closed_at=told.closed_at or max(self._now, told.created_at),
            by=self._by,
        )

    # Posts and questions

    def _store_posts(self, posts: list[lines.Post]) -> None:
        self._find_authors(posts)
        rows = [self._post(post, *self._authors[_author_of(post)]) for post in posts]
        ids = insert_of_session(Post, rows, self.session.pk)
        for post, row, pk in zip(posts, rows, ids, strict=True):
            self._posts[post.id] = pk
            if row["deleted_at"] and not post.deleted_at:
                self._erased.add(post.id)

    def _find_authors(self, posts: list[lines.Post]) -> None:
        """Know the posts' authors, and whether they asked to be erased here. Those that the house
        knows already stay as it knows them."""
        wanted = {_author_of(post): post for post in posts}
        missing = {key: post for key, post in wanted.items() if key not in self._authors}
        Author.objects.bulk_create(
            (_author(key, post) for key, post in sorted(missing.items(), key=lambda one: one[0])),
            ignore_conflicts=True,
        )
        remote_ids = sorted({remote_id for _network, remote_id in missing})
        for start in range(0, len(remote_ids), KEYS_A_QUERY):
            some = Author.objects.filter(remote_id__in=remote_ids[start : start + KEYS_A_QUERY])
            for network, remote_id, pk, erased_at in some.values_list(
                "network", "remote_id", "pk", "erased_at"
            ):
                self._authors[network, remote_id] = pk, bool(remote_id and erased_at)

    def _post(self, post: lines.Post, author_id: int, is_erased: bool) -> Row:
        is_gone = is_erased or post.deleted_at is not None
        return {
            "session_id": self.session.pk,
            "network": post.network,
            "remote_id": post.remote_id if post.deleted_at is None else f"gone-{post.id}",
            "version": post.version,
            "author_id": author_id,
            "text": "" if is_gone else clean_text(post.text),
            "published_at": post.published_at,
            "received_at": post.received_at,
            "url": "" if is_gone else clean_url(post.url),
            "in_reply_to": post.in_reply_to,
            "thread_root": post.thread_root,
            "language": "" if is_gone else clean_language(post.language),
            "lat": None if is_gone else post.lat,
            "lon": None if is_gone else post.lon,
            "is_asked": post.is_asked,
            "sorting": (Sorting.QUESTION if post.is_question else Sorting.MESSAGE).value,
            "edited_at": post.edited_at,
            "deleted_at": self._now if is_erased else post.deleted_at,
            "alts": "" if is_gone else "\n".join(clean_alts(post.alts.splitlines())),
        }

    def _store_questions(self, questions: list[lines.Question]) -> None:
        rows = [self._question(question) for question in questions]
        ids = insert_of_session(Question, rows, self.session.pk)
        for question, pk in zip(questions, ids, strict=True):
            self._questions[question.id] = pk

    def _store_groups(self, questions: list[lines.Question]) -> None:
        """A head may come after its members: all of them are there now."""
        for question in questions:
            if question.head_id is None or question.post_id in self._erased:
                continue
            row = Question.objects.filter(pk=self._questions[question.id])
            head_id = self._questions.get(question.head_id)
            row.update(head_id=head_id) if head_id else row.update(state=QuestionState.WAITING)

    def _question(self, question: lines.Question) -> Row:
        is_erased = question.post_id in self._erased
        is_gone = is_erased or question.withdrawn_at is not None
        state = QuestionState.REJECTED if is_erased else question.state
        is_unsent = question.reply_state in UNSENT
        return {
            "session_id": self.session.pk,
            "post_id": self._posts[question.post_id],
            "state": state.value,
            "revision": question.revision,
            "text": "" if is_gone else clean_text(question.text),
            "air_text": "" if is_gone else clean_text(question.air_text),
            "translation": "" if is_gone else clean_text(question.translation),
            "translation_language": clean_language(question.translation_language),
            "language": clean_language(question.language),
            "askers": question.askers,
            "votes": question.votes,
            "position": None if is_erased else question.position,
            "published_at": question.published_at,
            "on_air_at": question.on_air_at,
            "answered_at": question.answered_at,
            "answer_text": "" if is_gone else question.answer_text,
            "withdrawn_at": self._now if is_erased else question.withdrawn_at,
            "last_verb": question.last_verb,
            "last_by": question.last_by,
            "changed_at": question.changed_at,
            "reply_state": SendState.FAILED.value if is_unsent else question.reply_state,
            "reply_url": clean_url(question.reply_url),
            "reply_code": IMPORTED if is_unsent else "",
            "reply_message": "",
        }

    def _store_decisions(self, decisions: list[lines.Decision]) -> None:
        rows = [
            {
                "question_id": self._questions[decision.question_id],
                "revision": decision.revision,
                "verb": decision.verb,
                "from_state": decision.from_state.value,
                "to_state": decision.to_state.value,
                "position": decision.position,
                "by_person_id": None,
                "by_name": decision.by,
                "at": decision.at,
            }
            for decision in decisions
        ]
        insert(Decision, rows)

    def _store_counts(self) -> None:
        metrics = self._archive.one("metrics.json", lines.Metrics)
        rows = [
            {
                "session_id": self.session.pk,
                "network": count.network,
                "minute": count.minute,
                "posts": count.posts,
            }
            for count in metrics.posts_per_minute
        ]
        insert(PostCount, rows)

    # Feeds and answers

    def _store_feeds(self) -> None:
        for _line, feed in self._archive.lines("feeds.jsonl", lines.Feed):
            row = Feed.objects.create(
                session=self.session,
                kind=feed.kind,
                name=clean_line(feed.name, 80),
                state=FeedState.ENDED,
                nonce=new_nonce(),
                monitor_key=new_secret(18),
                asker=feed.asker,
                question_id=self._questions[feed.question_id] if feed.question_id else None,
                consent_at=feed.consent_at,
                created_at=feed.created_at,
                created_by=feed.created_by,
            )
            self._feeds[feed.id] = row.pk

    def _store_recordings(self) -> None:
        for _line, recording in self._archive.lines("recordings.jsonl", lines.Recording):
            feed_id = self._feeds[recording.feed_id]
            file = f"{self.session.pk}/import-{feed_id}-{recording.epoch}.mp4"
            if recording.file:
                self.places.append((recording.file, recordings_folder() / file))
            length = timedelta(seconds=recording.duration_s)
            Recording.objects.create(
                feed_id=feed_id,
                epoch=recording.epoch,
                file=file,
                began_at=recording.began_at,
                ended_at=recording.ended_at or recording.began_at + length,
                duration_s=recording.duration_s,
                size_bytes=recording.size_bytes,
                width_px=recording.width_px,
                height_px=recording.height_px,
                has_audio=recording.has_audio,
                erased_at=recording.erased_at or (None if recording.file else self._now),
            )

    def _store_shown(self) -> None:
        Shown.objects.bulk_create(
            Shown(
                feed_id=self._feeds[shown.feed_id], from_at=shown.from_at, until_at=shown.until_at
            )
            for _line, shown in self._archive.lines("shown.jsonl", lines.Shown)
        )

    def _store_answers(self) -> None:
        for _line, answer in self._archive.lines("answers.jsonl", lines.Answer):
            photo = f"{new_secret(12)}.jpg" if answer.photo else ""
            if photo:
                self.places.append((answer.photo, pictures_folder() / photo))
            row = Answer.objects.create(
                question_id=self._questions[answer.question_id],
                kind=answer.kind,
                feed_id=self._feeds[answer.feed_id] if answer.feed_id else None,
                in_at=answer.in_at,
                out_at=answer.out_at,
                photo=photo,
                photo_width_px=answer.photo_width_px,
                photo_height_px=answer.photo_height_px,
                alt=answer.alt,
                revision=answer.revision,
                made_at=answer.made_at,
                made_by_name=answer.made_by,
            )
            self._answers[answer.id] = row.pk

    # Clips and replies

    def _store_clip(self, clip: lines.Clip, number: int) -> None:
        row = Clip.objects.create(
            answer_id=self._answers[clip.answer_id],
            slug=self._free_slug(clip.slug, number),
            title=clip.title,
            state=WorkState.READY,
            due_at=self._now,
            revision=clip.revision,
            is_public=clip.is_public,
            published_at=clip.published_at,
            decided_by=clip.decided_by,
            file=_new_name("clip", ".mp4"),
            poster=_new_name("poster", ".jpg") if clip.poster else "",
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
        )
        self._clips[clip.slug] = row.pk
        self.places.append((clip.file, folder_of(row.slug) / row.file))
        if clip.poster:
            self.places.append((clip.poster, folder_of(row.slug) / row.poster))
        self._store_captions(row, clip.captions)
        self._store_renders(row, clip.renders)
        self._note(row)

    def _free_slug(self, slug: str, number: int) -> str:
        if not Clip.objects.filter(slug=slug).exists() and not folder_of(slug).exists():
            return slug
        # Each microsecond has one: two clips of one archive never get the same.
        return new_tid(self._now + timedelta(microseconds=number))

    def _store_captions(self, row: Clip, found: list[lines.Captions]) -> None:
        Captions.objects.bulk_create(
            Captions(
                clip=row,
                language=captions.language,
                is_translation=captions.is_translation,
                source=captions.source,
                begins_at=captions.begins_at,
                cues=[list(cue) for cue in clean_cues(Line(*cue) for cue in captions.cues)],
                is_checked=captions.is_checked,
                revision=captions.revision,
                changed_at=captions.changed_at,
                changed_by=captions.changed_by,
            )
            for captions in found
        )

    def _store_renders(self, row: Clip, found: list[lines.Render]) -> None:
        clip = clip_by_id(row.pk)
        for render in found:
            file = _new_name(f"share-{render.shape.value}", ".mp4")
            kept = Render(
                clip=clip,
                shape=render.shape,
                language=render.language,
                state=WorkState.READY,
                progress=1.0,
                due_at=self._now,
                compared_at=self._now,
                file=file,
                size_bytes=render.size_bytes,
                width_px=render.width_px,
                height_px=render.height_px,
            )
            kept.made_of = making.made_of(clip, kept)  # as it is now: nothing need be made anew
            kept.save()
            self.places.append((render.file, folder_of(row.slug) / file))

    def _note(self, row: Clip) -> None:
        """Let the answer know its clip, as `studio.actions.note_clip` does for one just cut."""
        clip = clip_by_id(row.pk)
        Answer.objects.filter(pk=clip.answer_id).update(
            clip_state=clip.state, clip_path=page_path(clip), is_clip_public=is_open_to_all(clip)
        )

    def _store_replies(self) -> None:
        for number, (_line, reply) in enumerate(self._archive.lines("replies.jsonl", lines.Reply)):
            is_unsent = reply.state in UNSENT
            is_taken = Reply.objects.filter(key=reply.key).exists()
            at = self._now + timedelta(microseconds=number)
            Reply.objects.create(
                question_id=self._questions[reply.question_id],
                account=None,
                state=SendState.FAILED if is_unsent else reply.state,
                key=new_tid(at) if is_taken or not reply.key else reply.key,
                text=reply.text,
                clip_id=self._clips[reply.clip] if reply.clip else None,
                media=reply.media,
                alt=reply.alt,
                created_at=reply.created_at,
                asked_at=reply.asked_at,
                by_name=reply.by,
                due_at=self._now,
                sent_at=reply.sent_at,
                remote_id=reply.remote_id,
                remote_version=reply.remote_version,
                url=clean_url(reply.url),
                error_code=IMPORTED if is_unsent else "",
            )


def _author_of(post: lines.Post) -> tuple[str, str]:
    # As in posts.store: nobody in particular stands for the author of what is gone.
    return post.network, "" if post.deleted_at else post.author_id


def _author(key: tuple[str, str], post: lines.Post) -> Author:
    return Author(
        network=key[0],
        remote_id=key[1],
        name=clean_line(post.author_name),
        handle=clean_line(post.author_handle),
        followers=post.author_followers,
        place=clean_line(post.author_place),
    )


def _new_name(kind: str, suffix: str) -> str:
    return f"{kind}-{secrets.token_hex(4)}{suffix}"
