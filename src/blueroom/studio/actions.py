"""What is done in the studio: feeds let in, the programme, the marks of answers.

Every verb checks the right of `by` itself and raises NotAllowed. What shall be is written down;
whoever receives the feeds (studio.control) is told once that is committed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.db.models import F, Max
from django.db.transaction import on_commit

from blueroom.base.ids import new_secret
from blueroom.desk.models import Question
from blueroom.desk.rules import APPROVED
from blueroom.media.parts import Epoch
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor
from blueroom.room.links import new_nonce
from blueroom.room.models import Session, SessionState
from blueroom.room.rules import clean_line, may
from blueroom.room.writing import one_transaction
from blueroom.studio import rules
from blueroom.studio.control import control
from blueroom.studio.errors import (
    AlreadyAskedByVideo,
    AnswerChanged,
    ConsentMissing,
    DelayTooShort,
    FeedElsewhere,
    FeedRefused,
    MarksWrong,
    NoAnswerOpen,
    NoFeed,
    NotApprovedForAir,
    NothingHeld,
    NothingRecorded,
    QuestionElsewhere,
    SessionNotOpen,
    TooManyFeeds,
)
from blueroom.studio.models import (
    DELAY_S_MAX,
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
from blueroom.studio.photos import forget_photo, keep_photo
from blueroom.studio.queries import feeds_reading, photos_withdrawn
from blueroom.updates.tell import changed

NAME_LENGTH_MAX = 80
ALT_LENGTH_MAX = 1000


def _check(by: Actor, verb: str) -> None:
    if not may(by.role, verb):
        raise NotAllowed(verb=verb)


def _tell(session_id: int, *, questions: tuple[int, ...] = ()) -> None:
    changed(session_id, studio=True, questions=questions, at_once=True, when=on_commit)


# Feeds


def make_feed(*, session: Session, kind: str, name: str, now: datetime, by: Actor) -> Feed:
    """A new way in for a camera: its page and its stream key work from now on.

    Raises:
        TooManyFeeds: the session has as many as it may.
        FieldRefused: the name.
    """
    _check(by, "make_feed")
    name = clean_line(name, field="name", length_max=NAME_LENGTH_MAX)
    with one_transaction():
        return _new_feed(session, FeedKind(kind), name, now, by.name)


def ask_by_video(
    *,
    session: Session,
    name: str,
    asker: str,
    agrees: bool,
    now: datetime,
    question: Question | None = None,
) -> Feed:
    """A fan's place in the queue; nothing of theirs is received before a person tests it.

    `question` is what they want to ask, a question of their own.

    Raises:
        SessionNotOpen, ConsentMissing, AlreadyAskedByVideo, TooManyFeeds, FieldRefused.
    """
    if session.state not in (SessionState.OPEN, SessionState.ON_AIR):
        raise SessionNotOpen
    if not agrees:
        raise ConsentMissing
    name = clean_line(name, field="name", length_max=NAME_LENGTH_MAX)
    with one_transaction():
        mine = Feed.objects.filter(session=session, asker=asker, kind=FeedKind.FAN)
        if mine.exclude(state__in=(FeedState.ENDED, FeedState.REFUSED)).exists():
            raise AlreadyAskedByVideo
        feed = _new_feed(session, FeedKind.FAN, name, now, "")
        feed.asker, feed.consent_at, feed.question = asker, now, question
        feed.save(update_fields=["asker", "consent_at", "question"])
    return feed


def _new_feed(session: Session, kind: FeedKind, name: str, now: datetime, by: str) -> Feed:
    others = Feed.objects.filter(session=session).exclude(state=FeedState.ENDED)
    if others.count() >= rules.FEEDS_MAX:
        raise TooManyFeeds
    feed = Feed.objects.create(
        session=session,
        kind=kind,
        name=name,
        state=rules.first_state(kind),
        nonce=new_nonce(),
        monitor_key=new_secret(18),
        created_at=now,
        created_by=by,
    )
    _tell(session.pk)
    return feed


def rename_feed(*, feed: Feed, name: str, now: datetime, by: Actor) -> Feed:
    """Another name, as the crew and the public's lower third see it. Raises FieldRefused."""
    _check(by, "admit_feed")
    feed.name = clean_line(name, field="name", length_max=NAME_LENGTH_MAX)
    with one_transaction():
        feed.save(update_fields=["name"])
        _tell(feed.session_id)
    return feed


def renew_feed(*, feed: Feed, now: datetime, by: Actor) -> Feed:
    """New secrets; whoever sends by the old ones is cut off at once."""
    _check(by, "make_feed")
    with one_transaction():
        Feed.objects.filter(pk=feed.pk).update(nonce=new_nonce(), monitor_key=new_secret(18))
        _tell(feed.session_id)
        _tell_feed(feed.pk)
    feed.refresh_from_db()
    return feed


def step_feed(*, feed: Feed, verb: str, now: datetime, by: Actor) -> Feed:
    """Test, admit, refuse or end a feed. What may not send any more is off the programme too.

    Raises:
        FeedRefused: not from its present state.
    """
    _check(by, "admit_feed")
    starts, leads = rules.STEPS[verb]
    with one_transaction():
        feed = Feed.objects.select_for_update().get(pk=feed.pk)
        if feed.state == leads:
            return feed
        if feed.state not in starts:
            raise FeedRefused(state=feed.state)
        feed.state = leads
        feed.code = feed.message = ""
        if not rules.may_send(leads):
            feed.is_on_wall = False
        feed.save(update_fields=["state", "is_on_wall", "code", "message"])
        if leads != FeedState.READY:
            _take_off(feed, now, by)
        _tell(feed.session_id)
        _tell_feed(feed.pk)
    return feed


def show_on_wall(*, feed: Feed, is_on: bool, now: datetime, by: Actor) -> Feed:
    """Put an admitted feed on the videos wall, or take it down. Raises FeedRefused."""
    _check(by, "admit_feed")
    with one_transaction():
        feed = Feed.objects.select_for_update().get(pk=feed.pk)
        if is_on and feed.state != FeedState.READY:
            raise FeedRefused(state=feed.state)
        feed.is_on_wall = is_on
        feed.save(update_fields=["is_on_wall"])
        _tell(feed.session_id)
    return feed


def _take_off(feed: Feed, now: datetime, by: Actor) -> None:
    """A feed that is on air and may not be any more leaves the slate behind."""
    on_air = Programme.objects.filter(session_id=feed.session_id, feed=feed)
    values = {"feed": None, "changed_at": now, "changed_by": by.name}
    if on_air.filter(state=ProgrammeState.LIVE).update(state=ProgrammeState.SLATE, **values):
        _tell_programme(feed.session_id)
    on_air.update(**values)


def _tell_feed(feed_id: int) -> None:
    receiver = control()
    if receiver is not None:
        on_commit(lambda: receiver.feed_changed(feed_id))


def _tell_programme(session_id: int) -> None:
    receiver = control()
    if receiver is not None:
        on_commit(lambda: receiver.programme_changed(session_id))


def tie_question(*, feed: Feed, question: Question | None, now: datetime, by: Actor) -> Feed:
    """Say what whoever sends by this feed wants to ask; None: nothing that is known.

    Raises:
        QuestionElsewhere: the question is another session's, or was taken away.
    """
    _check(by, "admit_feed")
    if question is not None and (
        question.session_id != feed.session_id or question.withdrawn_at is not None
    ):
        raise QuestionElsewhere
    with one_transaction():
        feed.question = question
        feed.save(update_fields=["question"])
        _tell(feed.session_id)
    return feed


# What the crew writes to the guest and to fans


def say_to_feed(*, feed: Feed, text: str, now: datetime, by: Actor) -> CrewMessage:
    """A message to whoever sends by this feed; it waits where their page is not open.

    Raises:
        FieldRefused: the text.
    """
    return _say(feed.session, feed, text, now, by)


def say_to_guest(*, session: Session, text: str, now: datetime, by: Actor) -> CrewMessage:
    """A message to the guest, on all their screens. Raises FieldRefused."""
    return _say(session, None, text, now, by)


def _say(session: Session, feed: Feed | None, text: str, now: datetime, by: Actor) -> CrewMessage:
    _check(by, "say")
    said = clean_line(text, field="text", length_max=rules.MESSAGE_LENGTH_MAX)
    with one_transaction():
        message = CrewMessage.objects.create(
            session=session, feed=feed, text=said, sent_at=now, sent_by=by.name
        )
        _tell_messages(message)
    return message


def note_receipt(*, message_id: int, is_seen: bool, now: datetime) -> None:
    """A message stands on a screen of whom it is for, or they said that they have seen it.

    The first time of each counts; may be repeated, in any order.
    """
    with one_transaction():
        message = CrewMessage.objects.select_for_update().get(pk=message_id)
        before = (message.delivered_at, message.seen_at)
        message.delivered_at = message.delivered_at or now
        if is_seen:
            message.seen_at = message.seen_at or now
        if (message.delivered_at, message.seen_at) != before:
            message.save(update_fields=["delivered_at", "seen_at"])
            _tell_messages(message)


def _tell_messages(message: CrewMessage) -> None:
    """To the crew's screens and the prompter, and to the pages of feeds where it shows."""
    _tell(message.session_id)
    receiver = control()
    if receiver is not None:
        feed_ids = list(feeds_reading(message).values_list("pk", flat=True))
        on_commit(lambda: [receiver.messages_changed(feed_id) for feed_id in feed_ids])


# What the process that receives feeds reports


def note_connected(*, feed_id: int, way: str, now: datetime) -> None:
    """Somebody sends by this feed."""
    _note(feed_id, way=way, connected_at=now, code="", message="")


def note_lost(*, feed_id: int, code: str = "", message: str = "") -> None:
    """Nobody sends any more; `code` and `message` say why, where it was no orderly end."""
    _note(feed_id, way="", connected_at=None, code=code, message=message[:400])


def note_problem(*, feed_id: int, code: str, message: str) -> None:
    """Somebody was refused, or what they send has a fault."""
    _note(feed_id, code=code, message=message[:400])


def note_size(*, feed_id: int, width_px: int, height_px: int) -> None:
    """The picture's size, as it is now."""
    _note(feed_id, width_px=width_px, height_px=height_px)


def _note(feed_id: int, **values: object) -> None:
    with one_transaction():
        Feed.objects.filter(pk=feed_id).update(**values)
        session_id = Feed.objects.values_list("session_id", flat=True).filter(pk=feed_id).first()
        if session_id is not None:
            _tell(session_id)


def begin_recording(*, feed_id: int, epoch: Epoch, file: str) -> None:
    """An epoch began: its recording grows from now on. May be repeated."""
    with one_transaction():
        Recording.objects.get_or_create(
            feed_id=feed_id,
            epoch=epoch.number,
            defaults={
                "file": file,
                "began_at": epoch.began_at,
                "width_px": epoch.width_px,
                "height_px": epoch.height_px,
                "has_audio": epoch.has_audio,
            },
        )


def end_recording(
    *, feed_id: int, epoch: int, duration_s: float, size_bytes: int, now: datetime
) -> None:
    """An epoch ended: so long its recording is."""
    with one_transaction():
        Recording.objects.filter(feed_id=feed_id, epoch=epoch).update(
            duration_s=duration_s, size_bytes=size_bytes, ended_at=now
        )


def note_shown(*, feed_id: int, from_at: datetime, until_at: datetime) -> None:
    """The public saw the feed between these two; a stretch that goes on is made longer."""
    with one_transaction():
        last = Shown.objects.filter(feed_id=feed_id).order_by("-until_at").first()
        if last is not None and last.from_at <= from_at <= last.until_at + timedelta(seconds=0.1):
            Shown.objects.filter(pk=last.pk).update(until_at=max(until_at, last.until_at))
        else:
            Shown.objects.create(feed_id=feed_id, from_at=from_at, until_at=until_at)


# The programme


def programme_of(session: Session, *, now: datetime) -> Programme:
    """The session's programme, made where there is none yet."""
    made, _ = Programme.objects.get_or_create(
        session=session, defaults={"key": new_secret(18), "changed_at": now}
    )
    return made


def _take(session: Session, now: datetime) -> Programme:
    programme_of(session, now=now)
    return Programme.objects.select_for_update().get(session=session)


def _keep(programme: Programme, now: datetime, by: Actor) -> Programme:
    programme.changed_at, programme.changed_by = now, by.name
    programme.save()
    _tell(programme.session_id)
    _tell_programme(programme.session_id)
    return programme


def go_live(*, session: Session, now: datetime, by: Actor, feed: Feed | None = None) -> Programme:
    """Show a feed to the public: this one, else the one chosen before, else the guest's.

    Raises:
        SessionNotOpen: the session is planned or closed.
        NoFeed: nobody sends.
        FeedRefused, FeedElsewhere: that feed may not be shown.
    """
    _check(by, "run_programme")
    with one_transaction():
        if session.state not in (SessionState.OPEN, SessionState.ON_AIR):
            raise SessionNotOpen
        programme = _take(session, now)
        programme.feed = _chosen(session, programme, feed)
        if programme.state == ProgrammeState.OFF:
            programme.started_at, programme.stopped_at = now, None
        programme.state = ProgrammeState.LIVE
        return _keep(programme, now, by)


def _chosen(session: Session, programme: Programme, feed: Feed | None) -> Feed:
    if feed is not None:
        if feed.session_id != session.pk:
            raise FeedElsewhere
        if feed.state != FeedState.READY:
            raise FeedRefused(state=feed.state)
        return feed
    if programme.feed is not None and programme.feed.state == FeedState.READY:
        return programme.feed
    connected = Feed.objects.filter(session=session, state=FeedState.READY).exclude(way="")
    first = (
        connected.filter(kind=FeedKind.GUEST).first()
        or connected.exclude(kind=FeedKind.FAN).first()
    )
    if first is None:
        raise NoFeed
    return first


def put_on_slate(*, session: Session, now: datetime, by: Actor) -> Programme:
    """Cover the programme at once; the feed stays chosen. Opens the programme where it is off."""
    _check(by, "cover_programme")
    with one_transaction():
        programme = _take(session, now)
        if programme.state == ProgrammeState.OFF:
            _check(by, "run_programme")
            programme.started_at, programme.stopped_at = now, None
        programme.state = ProgrammeState.SLATE
        return _keep(programme, now, by)


def stop_programme(*, session: Session, now: datetime, by: Actor) -> Programme:
    """End the programme; the public's players end with it. Feeds and recordings go on."""
    _check(by, "run_programme")
    with one_transaction():
        programme = _take(session, now)
        if programme.state != ProgrammeState.OFF:
            programme.state, programme.stopped_at = ProgrammeState.OFF, now
        return _keep(programme, now, by)


def set_delay(
    *,
    session: Session,
    now: datetime,
    by: Actor,
    delay_s: int | None = None,
    least_delay_s: int | None = None,
) -> Programme:
    """How long the programme is held back before the public sees it; None leaves as it is.

    A number out of 0 to 30 is brought to the nearer end.

    Raises:
        DelayTooShort: below the least that the session asks for.
    """
    _check(by, "run_programme")
    with one_transaction():
        programme = _take(session, now)
        if least_delay_s is not None:
            programme.least_delay_s = max(0, min(DELAY_S_MAX, least_delay_s))
            programme.delay_s = max(programme.delay_s, programme.least_delay_s)
        if delay_s is not None:
            wanted = max(0, min(DELAY_S_MAX, delay_s))
            if wanted < programme.least_delay_s:
                raise DelayTooShort(least_delay_s=programme.least_delay_s)
            programme.delay_s = wanted
        return _keep(programme, now, by)


def mute_programme(*, session: Session, is_muted: bool, now: datetime, by: Actor) -> Programme:
    """Silence what is sent from now on, in recordings too, or let it be heard again."""
    _check(by, "cover_programme")
    with one_transaction():
        programme = _take(session, now)
        programme.is_muted = is_muted
        return _keep(programme, now, by)


def dump_held(*, session: Session, now: datetime, by: Actor) -> float:
    """Throw away what the delay holds back: no one will see it, no recording has it.

    How many seconds that were. The slate covers until the delay is built up again.

    Raises:
        NothingHeld: there is no delay, or nothing is on air.
    """
    _check(by, "cover_programme")
    receiver = control()
    dumped_s = receiver.dump(session.pk) if receiver is not None else None
    if dumped_s is None:
        raise NothingHeld
    with one_transaction():
        from_at = now - timedelta(seconds=dumped_s)
        _shorten_answers(session, from_at, now)
        _tell(session.pk)
    return dumped_s


def _shorten_answers(session: Session, from_at: datetime, now: datetime) -> None:
    """Marks may not reach into what was dumped: an answer that began in it is gone."""
    touched = Answer.objects.filter(question__session=session, kind=AnswerKind.VIDEO)
    touched.filter(in_at__gte=from_at, in_at__lte=now).delete()
    touched.filter(in_at__lt=from_at, out_at__gt=from_at).update(
        out_at=from_at, revision=F("revision") + 1
    )


# Answers


def mark_in(
    *,
    question_id: int,
    now: datetime,
    by: Actor,
    at: datetime | None = None,
    feed: Feed | None = None,
) -> Answer:
    """The answer begins: at `at`, the moment whoever marks saw, else now.

    Marking again moves the beginning of an answer that is still open. The feed is the one on air,
    else the guest's.

    Raises:
        NotApprovedForAir: the question was not approved.
        NoFeed: nobody sends.
    """
    _check(by, "mark_answer")
    with one_transaction():
        question = _question(question_id)
        feed = feed or _feed_answering(question.session)
        answer = Answer.objects.filter(question=question, out_at=None, kind="video").first()
        if answer is None:
            answer = Answer(question=question, made_at=now, made_by_id=by.person_id)
        answer.feed, answer.in_at, answer.made_by_name = feed, at or now, by.name
        answer.save()
        _tell(question.session_id, questions=(question.pk,))
        receiver = control()
        if receiver is not None:
            on_commit(lambda: receiver.want_key_frame(feed.pk))
    return answer


def mark_out(*, question_id: int, now: datetime, by: Actor, at: datetime | None = None) -> Answer:
    """The answer ends: at `at`, else now. Its clip is cut as soon as the delay has let it out.

    Raises:
        NoAnswerOpen: no beginning is marked.
        MarksWrong: it would end before it begins, or last more than an hour.
    """
    _check(by, "mark_answer")
    with one_transaction():
        question = _question(question_id)
        answer = (
            Answer.objects.select_for_update()
            .filter(question=question, out_at=None, kind=AnswerKind.VIDEO)
            .first()
        )
        if answer is None:
            raise NoAnswerOpen
        answer.out_at = at or now
        _check_marks(answer.in_at, answer.out_at)
        answer.save()
        _tell(question.session_id, questions=(question.pk,))
    return answer


def adjust_answer(
    *,
    answer: Answer,
    in_at: datetime,
    out_at: datetime,
    now: datetime,
    by: Actor,
    revision: int | None = None,
) -> Answer:
    """Move the marks of an answer; it is cut again.

    Raises:
        AnswerChanged: they were moved since that revision.
        MarksWrong: as in `mark_out`.
        NothingRecorded: no recording has that stretch.
    """
    _check(by, "mark_answer")
    _check_marks(in_at, out_at)
    with one_transaction():
        answer = Answer.objects.select_for_update().get(pk=answer.pk)
        if revision is not None and revision != answer.revision:
            raise AnswerChanged(revision=answer.revision)
        if (answer.in_at, answer.out_at) == (in_at, out_at):
            return answer
        answer.in_at, answer.out_at = in_at, out_at
        if not _is_recorded(answer):
            raise NothingRecorded
        answer.revision += 1
        answer.save()
        _tell_answer(answer)
    return answer


def add_photo(*, question_id: int, picture: bytes, alt: str, now: datetime, by: Actor) -> Answer:
    """A picture as the answer; the public sees it once the question is marked as answered.

    A question has one photo: another takes its place. `alt` says what it shows. Reading the picture
    takes a second or two, in a process of its own.

    Raises:
        NotApprovedForAir: the question was not approved.
        FieldRefused: the alt.
        NotAcceptable, JobFailed: the picture, as `keep_photo`.
    """
    _check(by, "mark_answer")
    alt = clean_line(alt, field="alt", length_max=ALT_LENGTH_MAX)
    _question(question_id)
    photo = keep_photo(picture)
    try:
        with one_transaction():
            question = _question(question_id)
            _remove_photos(question.answers.filter(kind=AnswerKind.PHOTO))
            answer = Answer.objects.create(
                question=question,
                kind=AnswerKind.PHOTO,
                in_at=now,
                out_at=now + timedelta(microseconds=1),
                photo=photo.file,
                photo_width_px=photo.width_px,
                photo_height_px=photo.height_px,
                alt=alt,
                made_at=now,
                made_by_id=by.person_id,
                made_by_name=by.name,
            )
            _tell_answer(answer)
    except BaseException:
        forget_photo(photo.file)
        raise
    return answer


def describe_photo(*, answer: Answer, alt: str, now: datetime, by: Actor) -> Answer:
    """Say anew what a photo shows. Raises FieldRefused."""
    _check(by, "mark_answer")
    answer.alt = clean_line(alt, field="alt", length_max=ALT_LENGTH_MAX)
    with one_transaction():
        answer.save(update_fields=["alt"])
        _tell_answer(answer)
    return answer


def remove_answer(*, answer: Answer, now: datetime, by: Actor) -> None:
    """Forget the marks; the clip goes with them, the recording stays. A photo is deleted."""
    _check(by, "mark_answer")
    with one_transaction():
        question, photo = answer.question, answer.photo
        answer.delete()
        if photo:
            on_commit(partial(forget_photo, photo))
        _tell(question.session_id, questions=(question.pk,))


def remove_withdrawn_photos() -> int:
    """Delete the photos of questions that their askers took away; how many. For a worker."""
    found = list(photos_withdrawn().select_related("question"))
    if not found:
        return 0  # nobody waits for the database's one writer
    with one_transaction():
        _remove_photos(found)
        for answer in found:
            _tell_answer(answer)
    return len(found)


def _remove_photos(answers: Iterable[Answer]) -> None:
    for answer in answers:
        answer.delete()
        if answer.photo:
            on_commit(partial(forget_photo, answer.photo))


def note_clip(*, answer_id: int, state: str, path: str, is_public: bool) -> None:
    """Remember where the clip stands; the room that cuts calls this."""
    with one_transaction():
        found = Answer.objects.filter(pk=answer_id).select_related("question")
        found.update(clip_state=state, clip_path=path, is_clip_public=is_public)
        for answer in found:
            _tell_answer(answer)


def _tell_answer(answer: Answer) -> None:
    _tell(answer.question.session_id, questions=(answer.question_id,))


def _question(question_id: int) -> Question:
    question = Question.objects.select_related("session").get(pk=question_id)
    if question.withdrawn_at or question.state not in APPROVED:
        raise NotApprovedForAir(state=question.state)
    return question


def _feed_answering(session: Session) -> Feed:
    """The feed in whose recording the answer lies: the one on air, else the guest's newest."""
    programme = Programme.objects.select_related("feed").filter(session=session).first()
    if programme is not None and programme.feed is not None and programme.feed.way:
        return programme.feed
    sending = Feed.objects.filter(session=session).exclude(way="").order_by("-connected_at")
    feed = sending.filter(kind=FeedKind.GUEST).first() or sending.exclude(kind=FeedKind.FAN).first()
    if feed is None:
        raise NoFeed
    return feed


def _check_marks(in_at: datetime, out_at: datetime) -> None:
    if not in_at < out_at <= in_at + rules.ANSWER_MAX:
        raise MarksWrong


def _is_recorded(answer: Answer) -> bool:
    assert answer.out_at
    latest = Recording.objects.filter(feed=answer.feed_id, erased_at=None)
    reach = latest.filter(began_at__lt=answer.out_at).aggregate(last=Max("began_at"))["last"]
    return reach is not None
