"""What is done to clips: cut, made into files for sharing, captioned, let out to the public.

A verb that a person calls checks their right itself and raises NotAllowed. What machines do is
found by its state: a process that dies leaves it, and whoever comes next goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.transaction import on_commit

from blueroom.base.errors import BlueRoomError, NeedsPerson, NotAcceptable, TryLater
from blueroom.base.ids import new_tid
from blueroom.clips import files, making, rules
from blueroom.clips.errors import (
    CaptionsChanged,
    CaptionsKept,
    CaptionsUnchecked,
    ClipNotReady,
    DiskFull,
    NoSpeechModel,
    NothingToCut,
)
from blueroom.clips.leases import Lease, due_again, leased
from blueroom.clips.models import (
    Captions,
    CaptionSource,
    Clip,
    Hearing,
    Render,
    Shape,
    Work,
    WorkState,
)
from blueroom.clips.queries import (
    answers_to_open,
    clip_by_id,
    clips_gone,
    clips_to_let_out,
    clips_told_wrong,
    is_gone,
    is_open_to_all,
    main_language,
    page_path,
    question_of,
    renders_to_compare,
    session_of,
)
from blueroom.desk.errors import NotApproved
from blueroom.desk.rules import APPROVED
from blueroom.media.captions import read_captions
from blueroom.media.cut import CutFile
from blueroom.media.jobs import JobDiskFull, JobFailed
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import Actor
from blueroom.room.rules import clean_languages, clean_line, may
from blueroom.room.writing import one_transaction
from blueroom.studio.actions import note_clip
from blueroom.studio.models import Answer
from blueroom.studio.queries import is_answer_public, is_released, pieces_of
from blueroom.updates.tell import changed

if TYPE_CHECKING:
    from blueroom.media.speech import Heard

log = logging.getLogger(__name__)
TITLE_LENGTH_MAX = 160
# The studio hears a moment late what the public saw; a clip is looked at again for so long.
SHOWN_WITHIN = timedelta(minutes=1)
DISK_FULL_WAIT_S = 30.0
SHORT_AFTER_TRIES = 2


def _check(by: Actor, verb: str, clip: Clip) -> None:
    if by.room_id != session_of(clip).room_id or not may(by.role, verb):
        raise NotAllowed(verb=verb)


def _tell(clip: Clip) -> None:
    """Tell the studio where the clip stands, and every screen that shows it."""
    if clip.answer_id is None:
        return
    note_clip(
        answer_id=clip.answer_id,
        state=clip.state,
        path=page_path(clip),
        is_public=is_open_to_all(clip),
    )


def _tell_work(clip: Clip) -> None:
    """Tell the screens of the crew that something about the clip went on."""
    changed(session_of(clip).pk, studio=True, when=on_commit)


def _set(clip: Clip, **values: object) -> None:
    """Write these fields and no others: a person may be writing others right now."""
    Clip.objects.filter(pk=clip.pk).update(**values)
    for name, value in values.items():
        setattr(clip, name, value)


# Opening and cutting


def open_clips(*, now: datetime) -> int:
    """Make every answer that is released a clip that is due, and every adjusted one again.

    How many became due. May be repeated.
    """
    waiting = [answer for answer in answers_to_open() if is_released(answer, now=now)]
    for answer in waiting:
        with one_transaction():
            _open(answer, now)
    return len(waiting)


def _open(answer: Answer, now: datetime) -> None:
    clip, is_new = Clip.objects.get_or_create(
        answer=answer,
        defaults={
            "slug": new_tid(now),
            "revision": answer.revision,
            "created_at": now,
            "changed_at": now,
            "due_at": now,
        },
    )
    if not is_new:
        clip.answer = answer
        _make_due(clip, now, revision=answer.revision)
    _tell(clip)


def _make_due(clip: Clip, now: datetime, **values: object) -> None:
    """Have it cut; whoever cuts it right now finds the work taken from them and leaves it."""
    _set(clip, **due_again(now), changed_at=now, **values)


def cut_again(*, clip: Clip, now: datetime, by: Actor) -> Clip:
    """Try once more to cut a clip, one that failed say."""
    _check(by, "edit_clip", clip)
    with one_transaction():
        _make_due(clip, now)
        _tell(clip)
    return clip


def cut_clip(*, clip_id: int, now: datetime) -> Clip:
    """Cut a clip that is due, from its recording, and keep what came of it. Takes its time.

    Of several processes one does it. The clip is ready as soon as its picture is cut; a still of
    it follows.
    """
    clip = clip_by_id(clip_id)
    if is_gone(clip):
        return clip
    assert clip.answer is not None
    length_s = _length_s(clip.answer)
    lease = leased(clip, now=now, limit_s=making.cut_limit_s(length_s))
    if lease is None:
        return clip
    _tell_work(clip)
    try:
        made = _cut(clip, lease, length_s, now)
    except BlueRoomError as error:
        _give_back(clip, lease, error, now)
    except Exception as error:  # the outer edge of this work: told, and tried again
        log.exception("clip %s could not be cut", clip.slug)
        _give_back(clip, lease, TryLater(type(error).__name__), now)
    else:
        if made and clip.width_px:
            make_poster(clip=clip)
    return clip


def _length_s(answer: Answer) -> float:
    assert answer.out_at is not None
    return (answer.out_at - answer.in_at).total_seconds()


def _cut(clip: Clip, lease: Lease, length_s: float, now: datetime) -> bool:
    assert clip.answer is not None
    pieces = pieces_of(clip.answer)
    if not pieces:
        raise NothingToCut
    files.check_room()
    with files.new_file(clip.slug, "clip", ".mp4") as path:
        # A recording that ended without a word is as long as it will be.
        may_be_short = clip.tries >= SHORT_AFTER_TRIES
        made = making.cut(pieces, path, length_s=length_s, may_be_short=may_be_short)
        file = files.keep(path)
    if not _finish_cut(clip, lease, file, made, now):
        files.remove(clip.slug, file)
        return False
    return True


def _finish_cut(clip: Clip, lease: Lease, file: str, made: CutFile, now: datetime) -> bool:
    """Let the row point to the new file; False where the work was taken from us meanwhile."""
    answer = clip.answer
    assert answer is not None
    with one_transaction():
        before = Clip.objects.select_for_update().get(pk=clip.pk)
        is_public = rules.is_public_once_cut(
            was_public=before.is_public,
            decided_by=before.decided_by,
            was_shown=is_answer_public(answer),
        )
        done = lease.finish(
            clip,
            file=file,
            poster="",
            in_at=answer.in_at,
            out_at=answer.out_at,
            cut_at=now,
            changed_at=now,
            duration_s=made.duration_s,
            size_bytes=made.size_bytes,
            width_px=made.width_px,
            height_px=made.height_px,
            is_public=is_public,
            published_at=(before.published_at or now) if is_public else None,
            revision=answer.revision,
        )
        if not done:
            return False
        # What these show may be what was just cut out.
        outdated = [before.file, before.poster, *clip.renders.values_list("file", flat=True)]
        clip.renders.update(file="", size_bytes=0)
        if made.width_px:  # sound alone makes no picture to share
            _want_renders(clip, rules.AUTOMATIC_SHAPES, main_language(clip), now)
        _compare_renders(clip, now)
        _tell(clip)
        on_commit(lambda: files.remove(clip.slug, *outdated))
    return True


def make_poster(*, clip: Clip) -> None:
    """Take a still of the clip; the page does without where there is none to be had."""
    cut_file = clip.file
    try:
        with files.new_file(clip.slug, "poster", ".jpg") as path:
            path.write_bytes(making.poster(files.path_of(clip.slug, cut_file)))
            poster = files.keep(path)
    except BlueRoomError as error:
        log.warning("clip %s has no still: %s", clip.slug, error.code)
        return
    with one_transaction():
        # Not where it was cut again meanwhile: the still would be of another stretch.
        if not Clip.objects.filter(pk=clip.pk, file=cut_file).update(poster=poster):
            files.remove(clip.slug, poster)
            return
        clip.poster = poster
        _tell_work(clip)


def _give_back(work: Work, lease: Lease, error: BlueRoomError, now: datetime) -> None:
    """Leave the work for later, or for a person where trying again is no use."""
    clip = work if isinstance(work, Clip) else clip_by_id(work.clip_id)  # type: ignore[attr-defined]
    is_final = work.tries + 1 >= rules.TRIES_MAX or (
        # A job that broke off may go through the next time.
        isinstance(error, NotAcceptable | NeedsPerson) and not isinstance(error, JobFailed)
    )
    if isinstance(error, DiskFull | JobDiskFull):  # it ends some time
        state, tries, wait_s = WorkState.DUE, work.tries, DISK_FULL_WAIT_S
    else:
        state = WorkState.FAILED if is_final else WorkState.DUE
        tries = work.tries + 1
        asked_s = error.retry_after_s if isinstance(error, TryLater) else None
        wait_s = asked_s or rules.wait_s(tries)
    log.info("%s of clip %s: %s", type(work).__name__, clip.slug, error.code)
    with one_transaction():
        lease.give_back(
            work,
            state=state,
            tries=tries,
            due_at=now + timedelta(seconds=wait_s),
            code=error.code,
            message=str(error.message)[:400],
        )
        if work is clip:
            _tell(clip)
        else:
            _tell_work(clip)


# Files for sharing


def ask_for_renders(
    *,
    clip: Clip,
    shapes: Iterable[str],
    now: datetime,
    by: Actor,
    language: str | None = None,
) -> list[Render]:
    """Have these shapes made, with captions in that language in the picture.

    None is the language spoken, once there are captions in it that were checked; "" is none. May be
    repeated: what is made of the same is left, what failed is tried again.

    Raises:
        ClipNotReady: it was not cut yet.
        FieldRefused: no such shape, or no such captions.
    """
    _check(by, "edit_clip", clip)
    if not clip.file:
        raise ClipNotReady
    wanted = [Shape(shape) for shape in shapes]
    spoken = main_language(clip) if language is None else language
    if spoken and not clip.captions.filter(language=spoken, is_checked=True).exists():
        raise CaptionsUnchecked(field="language")
    with one_transaction():
        made = _want_renders(clip, wanted, spoken, now)
        failed = clip.renders.filter(pk__in=[one.pk for one in made], state=WorkState.FAILED)
        failed.update(state=WorkState.DUE, due_at=now, tries=0, code="", message="")
        _compare_renders(clip, now)
        _tell_work(clip)
    return list(clip.renders.filter(pk__in=[one.pk for one in made]).order_by("id"))


def _want_renders(clip: Clip, shapes: Iterable[str], language: str, now: datetime) -> list[Render]:
    return [
        Render.objects.get_or_create(
            clip=clip,
            shape=shape,
            language=language,
            defaults={"due_at": now, "compared_at": now},
        )[0]
        for shape in shapes
    ]


def _compare_renders(clip: Clip, now: datetime) -> int:
    """Have those made again that are not of what the clip is now; how many."""
    due = 0
    for render in clip.renders.all():
        made_of = making.made_of(clip, render)
        if made_of == render.made_of:
            Render.objects.filter(pk=render.pk).update(compared_at=now)
            continue
        due += 1
        Render.objects.filter(pk=render.pk).update(
            made_of=made_of, compared_at=now, progress=0.0, **due_again(now)
        )
    return due


def compare_renders(*, now: datetime) -> int:
    """Have files made again whose question's words or asker's name changed; how many.

    May be repeated. For a worker's round.
    """
    due = 0
    found = set(renders_to_compare().values_list("clip_id", flat=True)[:20])
    for clip_id in found:
        with one_transaction():
            clip = clip_by_id(clip_id)
            if remade := _compare_renders(clip, now):
                _tell_work(clip)
            due += remade
    return due


def render_clip(*, render_id: int, now: datetime) -> Render:
    """Make a file that is due, and keep what came of it. Takes its time.

    Of several processes one does it.
    """
    render = Render.objects.get(pk=render_id)
    clip = clip_by_id(render.clip_id)
    lease = leased(render, now=now, limit_s=making.STEP_LIMIT_S)
    if lease is None or is_gone(clip):
        return render
    _tell_work(clip)
    try:
        if not clip.poster:  # a process that ended left it without
            make_poster(clip=clip)
        _render(clip, render, lease)
    except BlueRoomError as error:
        _give_back(render, lease, error, now)
    except Exception as error:  # the outer edge of this work: told, and tried again
        log.exception("clip %s could not be rendered", clip.slug)
        _give_back(render, lease, TryLater(type(error).__name__), now)
    return render


def _render(clip: Clip, render: Render, lease: Lease) -> None:
    files.check_room()
    before = render.file
    with files.new_file(clip.slug, f"share-{render.shape}", ".mp4") as path:
        plan = making.plan_of(clip, render)
        made = making.render(
            files.path_of(clip.slug, clip.file),
            path,
            plan,
            length_s=clip.duration_s,
            on_progress=lease.teller(render, lambda: _tell_work(clip)),
        )
        file = files.keep(path)
    with one_transaction():
        done = lease.finish(
            render,
            file=file,
            size_bytes=made.size_bytes,
            width_px=made.width_px,
            height_px=made.height_px,
            progress=1.0,
        )
        _tell_work(clip)
        on_commit(lambda: files.remove(clip.slug, before if done else file))


# What a person changes


def change_clip(
    *,
    clip: Clip,
    now: datetime,
    by: Actor,
    title: str | None = None,
    crop_x: float | None = None,
    crop_y: float | None = None,
) -> Clip:
    """Another title, or another middle of narrower pictures; None leaves as it is.

    An empty title is the question's words again.

    Raises:
        FieldRefused: the title is too long.
    """
    _check(by, "edit_clip", clip)
    values: dict[str, object] = {"changed_at": now}
    if title is not None:
        values["title"] = title.strip() and clean_line(
            title, field="title", length_max=TITLE_LENGTH_MAX
        )
    if crop_x is not None:
        values["crop_x"] = min(1.0, max(0.0, crop_x))
    if crop_y is not None:
        values["crop_y"] = min(1.0, max(0.0, crop_y))
    with one_transaction():
        _set(clip, **values)
        _compare_renders(clip, now)
        _tell_work(clip)
    return clip


def set_crop(*, clip: Clip, crop_x: float, crop_y: float, now: datetime, by: Actor) -> Clip:
    """Where the middle of a narrower picture lies, 0 to 1; brought to the nearer end."""
    return change_clip(clip=clip, now=now, by=by, crop_x=crop_x, crop_y=crop_y)


def publish_clip(*, clip: Clip, now: datetime, by: Actor) -> Clip:
    """Let everybody see the clip. May be repeated.

    Raises:
        ClipNotReady: there is nothing to see yet.
        NotApproved: its question may not be shown.
    """
    _check(by, "publish_clip", clip)
    if not clip.file:
        raise ClipNotReady
    if question_of(clip).state not in APPROVED:
        raise NotApproved
    with one_transaction():
        published_at = clip.published_at or now
        _set(clip, is_public=True, published_at=published_at, decided_by=by.name, changed_at=now)
        _tell(clip)
    return clip


def unpublish_clip(*, clip: Clip, now: datetime, by: Actor) -> Clip:
    """Take the clip back from the public, at once. May be repeated."""
    _check(by, "publish_clip", clip)
    with one_transaction():
        _set(clip, is_public=False, published_at=None, decided_by=by.name, changed_at=now)
        _tell(clip)
    return clip


def let_out_shown(*, now: datetime) -> int:
    """Make clips public that the public saw live, where that became known after the cut."""
    due = [
        clip.pk
        for clip in clips_to_let_out(now - SHOWN_WITHIN)
        if clip.answer is not None and is_answer_public(clip.answer)
    ]
    for clip_id in due:
        with one_transaction():
            clip = clip_by_id(clip_id)
            if not clip.decided_by:
                _set(clip, is_public=True, published_at=now, changed_at=now)
                _tell(clip)
    return len(due)


def follow_questions(*, now: datetime) -> int:
    """Tell the studio of clips that went out of sight with their question, or came back; how many.

    Their pages follow by themselves.
    """
    found = list(clips_told_wrong()[:50])
    for clip in found:
        with one_transaction():
            _tell(clip)
    return len(found)


# Captions


def save_captions(
    *,
    clip: Clip,
    language: str,
    lines: Iterable[rules.Line],
    now: datetime,
    by: Actor,
    begins_at: datetime | None = None,
    is_checked: bool = False,
    is_translation: bool = False,
    source: CaptionSource = CaptionSource.TYPED,
    revision: int | None = None,
) -> Captions:
    """Keep the captions of one language, whole.

    Seconds count from `begins_at`, else from the clip's beginning. `revision` is the one that was
    changed, 0 where there were none; None takes whatever is there. `is_checked`: a person read
    them, the public may.

    Raises:
        CaptionsChanged: somebody saved them in the meantime.
        CuesWrong: a line cannot be taken.
        ClipNotReady: it was not cut yet.
        FieldRefused: the language.
    """
    _check(by, "edit_clip", clip)
    (language,) = clean_languages([language])
    cues = rules.clean_cues(lines)
    begins_at = begins_at or clip.in_at
    if begins_at is None:
        raise ClipNotReady
    with one_transaction():
        captions = clip.captions.select_for_update().filter(language=language).first()
        stands_at = captions.revision if captions else 0
        if revision is not None and revision != stands_at:
            by_whom = captions.changed_by if captions else ""
            raise CaptionsChanged(revision=stands_at, by=by_whom)
        captions = captions or Captions(clip=clip, language=language)
        captions.cues = [list(cue) for cue in cues]
        captions.begins_at, captions.source = begins_at, source
        captions.is_checked, captions.is_translation = is_checked, is_translation
        captions.revision = stands_at + 1
        captions.changed_at, captions.changed_by = now, by.name
        captions.save()
        _follow_captions(clip, now)
    return captions


def import_captions(
    *, clip: Clip, language: str, text: str, name: str, now: datetime, by: Actor, **more: object
) -> Captions:
    """Keep captions of a SubRip or WebVTT file; `name` helps to tell which. They count as unread.

    `more` as in `save_captions`.

    Raises: as `save_captions`, and
        NotAcceptable: no captions can be read in it.
    """
    cues = read_captions(text, name)
    lines = [rules.Line(cue.start_s, cue.end_s, cue.text) for cue in cues]
    return save_captions(
        clip=clip,
        language=language,
        lines=lines,
        now=now,
        by=by,
        source=CaptionSource.IMPORTED,
        **more,  # type: ignore[arg-type]
    )


def remove_captions(*, clip: Clip, language: str, now: datetime, by: Actor) -> None:
    """Forget the captions of a language, and files that have them in the picture."""
    _check(by, "edit_clip", clip)
    with one_transaction():
        clip.captions.filter(language=language).delete()
        burnt = clip.renders.filter(language=language)
        names = list(burnt.exclude(file="").values_list("file", flat=True))
        burnt.delete()
        if clip.width_px:
            _want_renders(clip, rules.AUTOMATIC_SHAPES, main_language(clip), now)
        _follow_captions(clip, now)
        on_commit(lambda: files.remove(clip.slug, *names))


def _follow_captions(clip: Clip, now: datetime) -> None:
    """Files without captions get them, once there are some that were checked."""
    language = main_language(clip)
    if language:
        has = set(clip.renders.filter(language=language).values_list("shape", flat=True))
        clip.renders.filter(language="").exclude(shape__in=has).update(language=language)
    _set(clip, changed_at=now)
    if clip.file:
        _compare_renders(clip, now)
    _tell_work(clip)


def ask_hearing(*, clip: Clip, language: str, now: datetime, by: Actor) -> Hearing:
    """Have the words recognised by machine; they count as unread until a person saves them.

    `language` is "" where it is to be found out. May be repeated: one that is under way goes on.

    Raises:
        NoSpeechModel: it is not set up.
        ClipNotReady: it was not cut yet.
        CaptionsKept: there are captions that a person wrote or read.
        FieldRefused: the language.
    """
    _check(by, "edit_clip", clip)
    if language:
        (language,) = clean_languages([language])
    if not making.can_hear():
        raise NoSpeechModel
    if not clip.file:
        raise ClipNotReady
    if _are_kept(clip, language):
        raise CaptionsKept
    with one_transaction():
        hearing, is_new = Hearing.objects.get_or_create(
            clip=clip, defaults={"language": language, "due_at": now}
        )
        if not is_new and hearing.state not in (WorkState.DUE, WorkState.WORKING):
            values = {"language": language, "progress": 0.0, **due_again(now)}
            Hearing.objects.filter(pk=hearing.pk).update(**values)
            hearing.refresh_from_db()
        _tell_work(clip)
    return hearing


def _are_kept(clip: Clip, language: str) -> bool:
    found = clip.captions.filter(language=language)
    return found.exclude(source=CaptionSource.HEARD, is_checked=False).exists()


def hear_clip(*, hearing_id: int, now: datetime) -> Hearing:
    """Recognise a clip's words where that is due, and keep them. Takes its time."""
    hearing = Hearing.objects.get(pk=hearing_id)
    clip = clip_by_id(hearing.clip_id)
    lease = leased(hearing, now=now, limit_s=making.STEP_LIMIT_S)
    if lease is None or is_gone(clip):
        return hearing
    _tell_work(clip)
    try:
        heard = making.hear(
            files.path_of(clip.slug, clip.file),
            hearing.language,
            length_s=clip.duration_s,
            on_progress=lease.teller(hearing, lambda: _tell_work(clip)),
        )
        _keep_heard(clip, hearing, lease, heard, now)
    except BlueRoomError as error:
        _give_back(hearing, lease, error, now)
    except Exception as error:  # the outer edge of this work: told, and tried again
        log.exception("clip %s could not be heard", clip.slug)
        _give_back(hearing, lease, TryLater(type(error).__name__), now)
    return hearing


def _keep_heard(clip: Clip, hearing: Hearing, lease: Lease, heard: Heard, now: datetime) -> None:
    """Keep machine's words, unless a person's came in the meantime."""
    lines = rules.clean_cues(rules.Line(cue.start_s, cue.end_s, cue.text) for cue in heard.cues)
    (language,) = clean_languages([hearing.language or heard.language])
    assert clip.in_at is not None
    with one_transaction():
        if _are_kept(clip, language):
            raise CaptionsKept
        if not lease.finish(hearing, progress=1.0):
            return
        captions = clip.captions.filter(language=language).first()
        captions = captions or Captions(clip=clip, language=language, revision=0)
        captions.cues, captions.begins_at = [list(line) for line in lines], clip.in_at
        captions.source, captions.is_checked = CaptionSource.HEARD, False
        captions.revision += 1
        captions.changed_at, captions.changed_by = now, ""
        captions.save()
        _tell_work(clip)


# What is left behind


def remove_gone(*, now: datetime) -> int:
    """Empty the clips whose answer was removed or whose asker took the question away; how many.

    Their addresses stay and say so. May be repeated.
    """
    gone = list(clips_gone()[:50])
    for clip in gone:
        with one_transaction():
            clip.renders.all().delete()
            clip.captions.all().delete()
            Hearing.objects.filter(clip=clip).delete()
            _set(
                clip,
                file="",
                poster="",
                title="",
                is_public=False,
                published_at=None,
                decided_by="",
                leased_until=None,
                changed_at=now,
                removed_at=now,
            )
            _tell(clip)
        files.remove_folder(clip.slug)
    return len(gone)


def sweep_files(*, now: datetime) -> int:
    """Delete files that no clip points to, an hour after they were written; how many.

    What is made for looking at an answer while it is adjusted goes after a day. May be repeated.
    """
    removed = 0
    for slug in files.slugs_on_disk():
        clip = Clip.objects.filter(slug=slug, removed_at=None).first()
        kept = (
            {clip.file, clip.poster, *clip.renders.values_list("file", flat=True)}
            if clip
            else set()
        )
        removed += files.sweep(slug, kept=kept, now=now)
    return removed
