"""What must hold between the lines of an archive, whoever wrote them."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterator
from typing import NamedTuple, Protocol, TypeVar

from django.utils.translation import gettext_lazy as _

from blueroom.archive import lines
from blueroom.archive.errors import FileChanged, LineRefused, line_refused
from blueroom.clips.errors import CuesWrong
from blueroom.clips.rules import Line, clean_cues
from blueroom.desk.models import QuestionState
from blueroom.studio.models import AnswerKind

R = TypeVar("R", bound=lines.Row)
TABLES: dict[str, type[lines.Row]] = {
    "posts.jsonl": lines.Post,
    "questions.jsonl": lines.Question,
    "decisions.jsonl": lines.Decision,
    "feeds.jsonl": lines.Feed,
    "recordings.jsonl": lines.Recording,
    "shown.jsonl": lines.Shown,
    "answers.jsonl": lines.Answer,
    "clips.jsonl": lines.Clip,
    "replies.jsonl": lines.Reply,
}
_MEDIA = re.compile(r"(?:recordings/[^/]+\.mp4|clips/[^/]+/[^/]+\.(?:mp4|jpg)|pictures/[^/]+\.jpg)")


class Lines(Protocol):
    """Where lines are read from."""

    def one(self, path: str, kind: type[R]) -> R: ...

    def has(self, path: str) -> bool: ...

    def read(self, path: str, most_bytes: int) -> bytes: ...

    def lines(self, path: str, kind: type[R]) -> Iterator[tuple[int, R]]: ...


def is_media(path: str) -> bool:
    """Whether a file is one that the house keeps: a film or a picture in its place."""
    return _MEDIA.fullmatch(path) is not None


def check_lines(archive: Lines, files: Collection[str]) -> None:
    """Read every line. Raises LineRefused for the first that cannot be taken."""
    for path in ("session.json", "metrics.json", *TABLES):
        if path not in files:
            raise FileChanged(_("%(file)s is missing.") % {"file": path}, file=path)
    _check_session(archive.one("session.json", lines.Session))
    archive.one("metrics.json", lines.Metrics)
    if archive.has(lines.LOOK):
        for logo in archive.one(lines.LOOK, lines.Look).logos.values():
            if logo.file not in files:
                raise line_refused(lines.LOOK, 1, _("It names a file that is not there."))
    _Checks(archive, files).check()


def _check_session(session: lines.Session) -> None:
    if session.closed_at is not None and session.closed_at < session.created_at:
        raise line_refused("session.json", 1, _("It ended before it was planned."))


class _At(NamedTuple):
    """A line, to say what is wrong with it."""

    path: str
    number: int

    def refused(self, reason: object) -> LineRefused:
        return line_refused(self.path, self.number, reason)


class _Checks:
    """Goes through the tables in the order in which they refer to one another."""

    def __init__(self, archive: Lines, files: Collection[str]) -> None:
        self._archive = archive
        self._files = files
        self._met: dict[str, set[Hashable]] = {}

    def check(self) -> None:
        for path, kind in TABLES.items():
            check = getattr(self, f"_check_{path.removesuffix('.jsonl')}")
            for number, row in self._archive.lines(path, kind):
                check(row, _At(path, number))

    # What no two lines may share, and what others may refer to

    def _once(self, what: str, key: Hashable, line: _At) -> None:
        met = self._met.setdefault(what, set())
        if key in met:
            raise line.refused(_("It repeats what another line holds."))
        met.add(key)

    def _known(self, what: str, key: Hashable, line: _At) -> None:
        if key not in self._met.get(what, ()):
            raise line.refused(_("It refers to a line that is not there."))

    def _file(self, path: str, line: _At) -> None:
        if not path:
            return
        if path not in self._files or not is_media(path):
            raise line.refused(_("It names a file that is not there."))
        self._once("file", path, line)

    # One of each table

    def _check_posts(self, post: lines.Post, line: _At) -> None:
        self._once("post", post.id, line)
        if post.deleted_at is None:
            if not (post.remote_id and post.author_id):
                raise line.refused(_("A post has an id and an author."))
            self._once("post there", (post.network, post.remote_id), line)

    def _check_questions(self, question: lines.Question, line: _At) -> None:
        self._once("question", question.id, line)
        self._known("post", question.post_id, line)
        self._once("question of a post", question.post_id, line)
        is_lined_up = question.state == QuestionState.LINED_UP
        if is_lined_up != (question.position is not None):
            raise line.refused(_("Only what is in the running order has a place there."))
        if question.head_id is not None and question.state != QuestionState.MERGED:
            raise line.refused(_("Only a question in a group belongs to another one."))
        if question.state == QuestionState.ON_AIR:
            self._once("question on air", True, line)

    def _check_decisions(self, decision: lines.Decision, line: _At) -> None:
        self._known("question", decision.question_id, line)
        self._once("decision", (decision.question_id, decision.revision), line)

    def _check_feeds(self, feed: lines.Feed, line: _At) -> None:
        self._once("feed", feed.id, line)
        if feed.question_id is not None:
            self._known("question", feed.question_id, line)

    def _check_recordings(self, recording: lines.Recording, line: _At) -> None:
        self._once("recording", recording.id, line)
        self._known("feed", recording.feed_id, line)
        self._once("epoch", (recording.feed_id, recording.epoch), line)
        self._file(recording.file, line)

    def _check_shown(self, shown: lines.Shown, line: _At) -> None:
        self._known("feed", shown.feed_id, line)

    def _check_answers(self, answer: lines.Answer, line: _At) -> None:
        self._once("answer", answer.id, line)
        self._known("question", answer.question_id, line)
        if answer.feed_id is not None:
            self._known("feed", answer.feed_id, line)
        if answer.out_at is not None and answer.out_at <= answer.in_at:
            raise line.refused(_("It ends before it begins."))
        if answer.kind == AnswerKind.VIDEO and answer.out_at is None:
            self._once("answer open", answer.question_id, line)
        self._file(answer.photo, line)

    def _check_clips(self, clip: lines.Clip, line: _At) -> None:
        self._once("clip", clip.slug, line)
        self._known("answer", clip.answer_id, line)
        self._once("clip of an answer", clip.answer_id, line)
        if not clip.file:
            raise line.refused(_("A clip has a file."))
        for file in (clip.file, clip.poster, *(render.file for render in clip.renders)):
            self._file(file, line)
        for render in clip.renders:
            self._once("render", (clip.slug, render.shape, render.language), line)
        for captions in clip.captions:
            self._once("captions", (clip.slug, captions.language), line)
            try:
                clean_cues(Line(*cue) for cue in captions.cues)
            except CuesWrong as error:
                raise line.refused(error.message) from error

    def _check_replies(self, reply: lines.Reply, line: _At) -> None:
        self._known("question", reply.question_id, line)
        self._once("reply", reply.question_id, line)
        if reply.clip:
            self._known("clip", reply.clip, line)
