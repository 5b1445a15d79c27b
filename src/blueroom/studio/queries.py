"""What the studio, the public's player and the room that cuts read."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from blueroom.desk.models import Question, QuestionState
from blueroom.desk.queries import card_on_air, cards_next
from blueroom.media.parts import Piece
from blueroom.media.webrtc.line import is_available
from blueroom.room.access import NotFound
from blueroom.room.cards import card_of_session
from blueroom.room.models import Session
from blueroom.studio import rules
from blueroom.studio.control import control
from blueroom.studio.models import (
    Answer,
    AnswerKind,
    CrewMessage,
    Feed,
    FeedKind,
    FeedState,
    Programme,
    ProgrammeState,
    Recording,
    Shown,
)
from blueroom.studio.wire import (
    AnswerLine,
    FeedLine,
    LiveCard,
    MessageCard,
    MessageLine,
    PhotoCard,
    ProgrammeCard,
    Room,
    StudioState,
)

DISK_FULL_BYTES = 5_000_000_000  # below it no new feed is let in
DISK_LOW_BYTES = 20_000_000_000  # below it the studio says so: some hours of two feeds
SEAM = timedelta(seconds=0.5)  # between two stretches of one showing: a switch waits for a picture
ENDLESS_S = float("inf")
MESSAGES_TOLD = 30  # to the crew
MESSAGES_SEEN = 3  # of those that were seen, how many stay in sight of whom they were for
MESSAGES_OPEN = 20


def recordings_folder() -> Path:
    """Where recordings lie, a folder for each session."""
    return Path(settings.DATA) / "recordings"


def pictures_folder() -> Path:
    """Where photos given as answers lie."""
    return Path(settings.DATA) / "pictures"


def photo_path(file: str) -> Path:
    """Where a photo lies; nothing outside the pictures folder can be named."""
    return pictures_folder() / Path(file).name


def programme_hls(programme: Programme) -> str:
    """The path of the public's playlist."""
    return f"/hls/{programme.key}/live.m3u8"


def monitor_hls(feed: Feed) -> str:
    """The path of a feed's own playlist, for the crew."""
    return f"/hls/{feed.monitor_key}/live.m3u8"


def has_webrtc() -> bool:
    """Whether WebRTC viewers and senders can be served here: the extra is installed."""
    return is_available()


def rtmp_address() -> str:
    """Where encoders send to, "" where RTMP is switched off; the stream key is entered apart."""
    receiver = control()
    port = receiver.rtmp_port() if receiver is not None else None
    host = urlsplit(settings.PUBLIC_URL).hostname or "127.0.0.1"
    return f"rtmp://{host}:{port}/live" if port else ""


def room_of_question(question_id: int) -> int | None:
    """The room of a question, None where there is no such question."""
    if abs(question_id) >= 2**63:
        return None
    found = Question.objects.filter(pk=question_id)
    return found.values_list("session__room_id", flat=True).first()


def live_card(session: Session) -> LiveCard | None:
    """What the public's player shows; None where the programme is off."""
    programme = Programme.objects.filter(session=session).first()
    if programme is None or programme.state == ProgrammeState.OFF:
        return None
    return LiveCard(state=programme.state, hls=programme_hls(programme))


def public_clips(question_ids: Sequence[int]) -> dict[int, str]:
    """The pages of the questions' newest clips, as far as the public may see them."""
    found = Answer.objects.filter(question__in=question_ids, is_clip_public=True)
    return dict(found.order_by("id").values_list("question_id", "clip_path"))


def _photos() -> QuerySet[Answer]:
    """Photos of questions whose askers have not taken them away, oldest first."""
    found = Answer.objects.filter(kind=AnswerKind.PHOTO, question__withdrawn_at=None)
    return found.exclude(photo="").select_related("question__session").order_by("id")


def photo_at(name: str) -> Answer:
    """The answer with the photo of that name, without its ending. Raises NotFound."""
    found = _photos().filter(photo=f"{name}.jpg").first()
    if found is None:
        raise NotFound
    return found


def photo_of_question(question: Question) -> Answer | None:
    """The newest photo that answers this question."""
    return _photos().filter(question=question).last()


def is_photo_public(answer: Answer) -> bool:
    """Whether strangers may see the photo: its question was marked as answered, and still is."""
    question = answer.question
    return question.withdrawn_at is None and question.state == QuestionState.ANSWERED


def public_photos(question_ids: Sequence[int]) -> dict[int, PhotoCard]:
    """The questions' newest photos, as far as the public may see them."""
    found = _photos().filter(question__in=question_ids, question__state=QuestionState.ANSWERED)
    return {answer.question_id: photo_card(answer) for answer in found}


def photo_card(answer: Answer) -> PhotoCard:
    """The photo of an answer that is one."""
    return PhotoCard(
        path=reverse("answer_photo", args=[Path(answer.photo).stem]),
        alt=answer.alt,
        width_px=answer.photo_width_px,
        height_px=answer.photo_height_px,
    )


def disk() -> Room:
    """How much is left where recordings lie."""
    folder = recordings_folder()
    free = shutil.disk_usage(folder if folder.is_dir() else settings.DATA).free
    return Room(free_bytes=free, is_low=free < DISK_LOW_BYTES, is_full=free < DISK_FULL_BYTES)


def programme_card(session: Session) -> ProgrammeCard:
    """The programme as the crew sees it; one that never was is off."""
    programme = Programme.objects.filter(session=session).first()
    if programme is None:
        return ProgrammeCard(
            state=ProgrammeState.OFF,
            feed_id=None,
            delay_s=0,
            least_delay_s=0,
            is_muted=False,
            started_at=None,
            hls="",
            changed_by="",
        )
    return ProgrammeCard(
        state=programme.state,
        feed_id=programme.feed_id,
        delay_s=programme.delay_s,
        least_delay_s=programme.least_delay_s,
        is_muted=programme.is_muted,
        started_at=programme.started_at,
        hls=programme_hls(programme),
        changed_by=programme.changed_by,
    )


def feed_lines(session: Session) -> list[FeedLine]:
    """The session's feeds, those that ended left out, in the order they were made."""
    programme = Programme.objects.filter(session=session).first()
    on_air = programme.feed_id if programme and programme.state == ProgrammeState.LIVE else None
    found = Feed.objects.filter(session=session).exclude(state="ended").select_related("question")
    return [_feed_line(feed, on_air) for feed in found]


def feed_line(feed: Feed) -> FeedLine:
    """One feed as the crew sees it."""
    programme = Programme.objects.filter(session_id=feed.session_id).first()
    on_air = programme.feed_id if programme and programme.state == ProgrammeState.LIVE else None
    return _feed_line(feed, on_air)


def _feed_line(feed: Feed, on_air: int | None) -> FeedLine:
    return FeedLine(
        id=feed.pk,
        kind=feed.kind,
        name=feed.name,
        state=feed.state,
        way=feed.way,
        connected_at=feed.connected_at,
        width_px=feed.width_px,
        height_px=feed.height_px,
        is_on_air=feed.pk == on_air,
        is_on_wall=feed.is_on_wall,
        monitor=monitor_hls(feed),
        whep=f"/monitor/{feed.monitor_key}/whep" if has_webrtc() else "",
        question_id=feed.question_id,
        question=feed.question.shown_text if feed.question else "",
        code=feed.code,
        message=gettext(feed.message) if feed.message else "",
    )


def answer_lines(session: Session) -> list[AnswerLine]:
    """The session's answers, newest first."""
    found = Answer.objects.filter(question__session=session, question__withdrawn_at=None)
    return [answer_line(answer) for answer in found.select_related("question").order_by("-id")]


def answer_line(answer: Answer) -> AnswerLine:
    """One answer as the crew sees it."""
    return AnswerLine(
        id=answer.pk,
        question_id=answer.question_id,
        question=answer.question.shown_text,
        kind=answer.kind,
        feed_id=answer.feed_id,
        in_at=answer.in_at,
        out_at=answer.out_at,
        revision=answer.revision,
        clip_state=answer.clip_state,
        clip_path=answer.clip_path,
        is_clip_public=answer.is_clip_public,
        photo=photo_card(answer) if answer.photo else None,
    )


def message_lines(session: Session) -> list[MessageLine]:
    """What the crew wrote with its receipts, newest first."""
    found = CrewMessage.objects.filter(session=session).select_related("feed").order_by("-id")
    guest = session.guest.name
    return [message_line(message, guest=guest) for message in found[:MESSAGES_TOLD]]


def message_line(message: CrewMessage, *, guest: str) -> MessageLine:
    """One message as the crew sees it."""
    return MessageLine(
        id=message.pk,
        feed_id=message.feed_id,
        to=message.feed.name if message.feed else guest,
        text=message.text,
        sent_by=message.sent_by,
        sent_at=message.sent_at,
        delivered_at=message.delivered_at,
        seen_at=message.seen_at,
    )


def messages_for_guest(session: Session) -> QuerySet[CrewMessage]:
    """What the prompter shows."""
    found = CrewMessage.objects.filter(session=session)
    return found.filter(Q(feed=None) | Q(feed__kind=FeedKind.GUEST))


def messages_for_feed(feed: Feed) -> QuerySet[CrewMessage]:
    """What the page of a feed shows: a guest's also what is for the guest wherever they look."""
    wanted = Q(feed=feed)
    if feed.kind == FeedKind.GUEST:
        wanted |= Q(feed=None)
    return CrewMessage.objects.filter(wanted, session=feed.session_id)


def feeds_reading(message: CrewMessage) -> QuerySet[Feed]:
    """The feeds whose pages show this message."""
    if message.feed_id is not None:
        return Feed.objects.filter(pk=message.feed_id)
    found = Feed.objects.filter(session=message.session_id, kind=FeedKind.GUEST)
    return found.exclude(state=FeedState.ENDED)


def message_cards(found: QuerySet[CrewMessage]) -> list[MessageCard]:
    """Those not seen yet and the last that were, oldest first."""
    unseen = found.filter(seen_at=None).order_by("-id")[:MESSAGES_OPEN]
    seen = found.exclude(seen_at=None).order_by("-id")[:MESSAGES_SEEN]
    return [
        MessageCard(
            id=message.pk,
            text=message.text,
            sent_at=message.sent_at,
            is_seen=message.seen_at is not None,
        )
        for message in sorted([*unseen, *seen], key=lambda message: message.pk)
    ]


def questions_to_tie(feed: Feed) -> QuerySet[Question]:
    """What a feed's question is chosen from: what its fan asked, and what is lined up or on air."""
    found = Question.objects.filter(session=feed.session_id, withdrawn_at=None)
    wanted = Q(state__in=(QuestionState.LINED_UP, QuestionState.ON_AIR))
    if feed.asker:
        wanted |= Q(post__network="page", post__author__remote_id=feed.asker)
    return found.filter(wanted).select_related("post__author").order_by("-id")


def studio_state(session: Session) -> StudioState:
    """The studio's snapshot."""
    return StudioState(
        session=card_of_session(session),
        programme=programme_card(session),
        feeds=feed_lines(session),
        answers=answer_lines(session),
        messages=message_lines(session),
        on_air=card_on_air(session),
        next=cards_next(session),
        disk=disk(),
    )


def photos_withdrawn() -> QuerySet[Answer]:
    """Photos that are still there though their askers took the questions away."""
    return Answer.objects.filter(kind=AnswerKind.PHOTO, question__withdrawn_at__isnull=False)


# For the room that cuts


def pieces_of(answer: Answer) -> list[Piece]:
    """The stretches of recordings that an answer lies in, oldest first.

    A recording that still grows is taken to have no end: whoever cuts finds out how far it goes.
    """
    if answer.feed_id is None or answer.out_at is None:
        return []
    found = Recording.objects.filter(feed_id=answer.feed_id, erased_at=None)
    pieces = []
    for recording in found.filter(began_at__lt=answer.out_at):
        if recording.ended_at is None:
            recording.duration_s = ENDLESS_S
        stretch = rules.overlap_s(recording, in_at=answer.in_at, out_at=answer.out_at)
        if stretch:
            path = recordings_folder() / recording.file
            pieces.append(Piece(path=path, in_s=stretch[0], out_s=stretch[1]))
    return pieces


def is_released(answer: Answer, *, now: datetime) -> bool:
    """Whether nobody can dump any of the answer any more. The last part of it may not be written
    yet: it is within a second."""
    if answer.out_at is None:
        return False
    programme = Programme.objects.filter(session_id=answer.question.session_id).first()
    held_s = programme.delay_s if programme and programme.state != ProgrammeState.OFF else 0
    return now >= answer.out_at + timedelta(seconds=held_s)


def is_answer_public(answer: Answer) -> bool:
    """Whether the public saw all of the answer live."""
    if answer.feed_id is None or answer.out_at is None:
        return False
    shown = Shown.objects.filter(feed_id=answer.feed_id, until_at__gt=answer.in_at)
    return _covers(shown.filter(from_at__lt=answer.out_at), answer.in_at, answer.out_at)


def _covers(shown: Iterable[Shown], in_at: datetime, out_at: datetime) -> bool:
    seen_until = in_at
    for stretch in shown:
        if stretch.from_at > seen_until + SEAM:
            return False
        seen_until = max(seen_until, stretch.until_at)
    return seen_until + SEAM >= out_at


def answers_with_video() -> QuerySet[Answer]:
    """Answers with both marks, of questions whose askers have not taken them away."""
    found = Answer.objects.filter(kind=AnswerKind.VIDEO, out_at__isnull=False)
    return found.filter(question__withdrawn_at=None).select_related("question__session")
