"""What is read of questions: those answered, and those that were not though many asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from django.db.models import Q, QuerySet
from django.urls import reverse

from blueroom.clips.models import Clip
from blueroom.clips.queries import is_open_to_all, page_path
from blueroom.desk.models import Decision, Question, QuestionState, SendState
from blueroom.desk.queries import questions_of
from blueroom.publish.models import Reply
from blueroom.report.contents import (
    ClipLine,
    NetworkReplies,
    OpenQuestions,
    QuestionLine,
    Reader,
    ReplyLine,
    Stretch,
    Way,
)
from blueroom.report.names import network_name
from blueroom.report.rules import median_of, seconds_on_air, stretches_of
from blueroom.room.models import Session
from blueroom.studio.models import Answer, AnswerKind

State = QuestionState
OPEN_SHOWN = 20
# Of a group one counts, of what was rejected or held none: somebody, or the house, thought not.
UNANSWERED = (State.WAITING, State.LATER, State.APPROVED, State.LINED_UP)
UNANSWERED_PUBLIC = (State.APPROVED, State.LINED_UP)


class Answers:
    """What belongs to the answered questions, read in one query of each kind."""

    def __init__(self, session: Session, reader: Reader) -> None:
        self._reader = reader
        self.on_air = _stretches(session)
        self.videos: dict[int, list[Answer]] = defaultdict(list)
        self.photos: dict[int, Answer] = {}
        self.clips: dict[int, list[Clip]] = defaultdict(list)
        self.replies: dict[int, list[Reply]] = defaultdict(list)
        own = Answer.objects.filter(question__session=session, question__withdrawn_at=None)
        for answer in own.order_by("in_at", "id"):
            if answer.kind == AnswerKind.VIDEO:
                self.videos[answer.question_id].append(answer)
            elif answer.photo:
                self.photos[answer.question_id] = answer
        clips = Clip.objects.filter(
            answer__question__session=session,
            answer__question__withdrawn_at=None,
            removed_at=None,
        )
        for clip in clips.select_related("answer__question__session__guest").order_by("id"):
            if clip.answer is not None:
                self.clips[clip.answer.question_id].append(clip)
        for reply in _replies(session):
            self.replies[reply.question.head_id or reply.question_id].append(reply)

    def line(self, question: Question, *, number: int, now: datetime) -> QuestionLine:
        """The question with all that became of it."""
        worded = question.worded_by.post
        author = worded.author
        on_air = self.on_air.get(question.pk, [])
        photo = self.photos.get(question.pk)
        replies = self.replies.get(question.pk, [])
        return QuestionLine(
            id=question.pk,
            number=number,
            state=question.state,
            text=question.shown_text,
            language=question.worded_by.language,
            asker=author.name or author.handle,
            handle=author.handle,
            place=author.place,
            network=worded.network,
            network_name=network_name(worded.network),
            url=worded.url,
            askers=question.askers,
            votes=question.votes,
            asked_at=question.published_at,
            on_air=on_air,
            on_air_s=seconds_on_air(on_air, now=now),
            answered_at=question.answered_at,
            answer=question.answer_text,
            answer_s=self._answer_s(question.pk),
            clip=self._clip(question.pk),
            photo=reverse("answer_photo", args=[Path(photo.photo).stem]) if photo else "",
            photo_alt=photo.alt if photo else "",
            reply=self._reply(question.pk, replies),
            replies_sent=sum(reply.state == SendState.SENT for reply in replies),
        )

    def _answer_s(self, question_id: int) -> float | None:
        lengths = [
            (answer.out_at - answer.in_at).total_seconds()
            for answer in self.videos.get(question_id, [])
            if answer.out_at is not None
        ]
        return round(sum(lengths), 1) if lengths else None

    def _clip(self, question_id: int) -> ClipLine | None:
        """The newest one that this reader may see."""
        for clip in reversed(self.clips.get(question_id, [])):
            is_public = is_open_to_all(clip)
            if clip.file and (is_public or self._reader != "public"):
                path = reverse("clip_file", args=[clip.slug, "poster.jpg"]) if clip.poster else ""
                return ClipLine(
                    path=page_path(clip),
                    poster=path,
                    title=clip.title,
                    duration_s=round(clip.duration_s, 1),
                    is_public=is_public,
                )
        return None

    def _reply(self, question_id: int, replies: Sequence[Reply]) -> ReplyLine | None:
        """That to the head of the group; the others follow it."""
        own = next((one for one in replies if one.question_id == question_id), None)
        if own is None:
            return None
        is_inside = self._reader != "public"
        return ReplyLine(
            state=own.state,
            url=own.url if own.state == SendState.SENT else "",
            sent_at=own.sent_at,
            code=own.error_code if is_inside else "",
            message=own.error_message if is_inside else "",
        )


def _stretches(session: Session) -> dict[int, list[Stretch]]:
    """When each question was on air."""
    moves = Decision.objects.filter(
        Q(from_state=State.ON_AIR) | Q(to_state=State.ON_AIR),
        question__session=session,
        question__withdrawn_at=None,
    )
    steps: dict[int, list[tuple[datetime, str, str]]] = defaultdict(list)
    columns = ("question_id", "at", "from_state", "to_state")
    for question_id, *step in moves.order_by("question_id", "id").values_list(*columns):
        steps[question_id].append(tuple(step))
    return {question_id: stretches_of(some) for question_id, some in steps.items()}


def _replies(session: Session) -> QuerySet[Reply]:
    found = Reply.objects.filter(question__session=session, question__withdrawn_at=None)
    return found.select_related("question__post").order_by("id")


def _whole(found: QuerySet[Question]) -> QuerySet[Question]:
    return found.select_related("post__author", "wording__post__author")


def _answered(session: Session, answers: Answers) -> list[Question]:
    """The answered questions in the order in which they came on air, or were answered."""

    def came_at(question: Question) -> tuple[datetime, int]:
        stretches = answers.on_air.get(question.pk)
        first_at = stretches[0].from_at if stretches else None
        return first_at or question.answered_at or question.published_at, question.pk

    return sorted(_whole(questions_of(session).filter(state=State.ANSWERED)), key=came_at)


def answered_lines(session: Session, answers: Answers, *, now: datetime) -> list[QuestionLine]:
    """The answered questions with all that became of them, numbered in the order of the show."""
    return [
        answers.line(question, number=number, now=now)
        for number, question in enumerate(_answered(session, answers), 1)
    ]


def open_questions(
    session: Session, answers: Answers, reader: Reader, *, now: datetime
) -> OpenQuestions:
    """What several asked or somebody voted for, and nobody answered. The public sees of it what was
    approved."""
    states = UNANSWERED_PUBLIC if reader == "public" else UNANSWERED
    found = questions_of(session).filter(Q(askers__gt=1) | Q(votes__gt=0), state__in=states)
    first = _whole(found.order_by("-askers", "-votes", "id"))[:OPEN_SHOWN]
    lines = [answers.line(question, number=0, now=now) for question in first]
    more = found.count() - OPEN_SHOWN if len(lines) == OPEN_SHOWN else 0
    return OpenQuestions(questions=lines, more=more)


def replies_by_network(answers: Answers) -> list[NetworkReplies]:
    """What became of the replies, by the network of whom they are for, the busiest first."""
    states: dict[str, list[str]] = defaultdict(list)
    for reply in _flat(answers.replies.values()):
        states[reply.question.post.network].append(reply.state)
    lines = [
        NetworkReplies(
            code=network,
            name=network_name(network),
            sent=some.count(SendState.SENT),
            failed=some.count(SendState.FAILED),
            taken_back=some.count(SendState.TAKEN_BACK),
            waiting=some.count(SendState.DUE) + some.count(SendState.SENDING),
        )
        for network, some in states.items()
    ]
    return sorted(lines, key=lambda line: (-len(states[line.code]), line.code))


def failed_replies(answers: Answers) -> list[Reply]:
    """Replies that need somebody."""
    return [one for one in _flat(answers.replies.values()) if one.state == SendState.FAILED]


def way_of(lines: Sequence[QuestionLine], answers: Answers) -> Way:
    """How long the steps took for the answered questions."""
    first_air = [(line, line.on_air[0].from_at) for line in lines if line.on_air]
    stays = [
        stretch.until_at - stretch.from_at
        for line in lines
        for stretch in line.on_air
        if stretch.until_at is not None
    ]
    to_clip, to_reply = [], []
    for line in lines:
        videos = answers.videos.get(line.id, [])
        ended = [answer.out_at for answer in videos if answer.out_at is not None]
        ended_at = max(ended, default=line.answered_at)
        cuts = {clip.answer_id: clip for clip in answers.clips.get(line.id, [])}
        to_clip += [
            (cuts[one.pk].published_at or cuts[one.pk].cut_at) - one.out_at
            for one in videos
            if one.out_at and one.pk in cuts and (cuts[one.pk].published_at or cuts[one.pk].cut_at)
        ]
        if line.reply and line.reply.sent_at and ended_at:
            to_reply.append(line.reply.sent_at - ended_at)
    return Way(
        to_air=median_of(at - line.asked_at for line, at in first_air),
        on_air=median_of(stays),
        to_clip=median_of(to_clip),
        to_reply=median_of(to_reply),
    )


def _flat(groups: Iterable[list[Reply]]) -> list[Reply]:
    return [reply for some in groups for reply in some]


def every_line(session: Session, answers: Answers, *, now: datetime) -> Iterable[QuestionLine]:
    """Every question that heads a line, whatever became of it, oldest first: for spreadsheets."""
    found = _whole(questions_of(session).exclude(state=State.MERGED)).order_by("id")
    numbers = {one.pk: number for number, one in enumerate(_answered(session, answers), 1)}
    for question in found.iterator(chunk_size=2000):
        yield answers.line(question, number=numbers.get(question.pk, 0), now=now)
