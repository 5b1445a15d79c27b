"""What pages, screens, workers and the room that publishes read of clips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import F, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from blueroom.clips import rules
from blueroom.clips.files import path_of
from blueroom.clips.leases import due_at
from blueroom.clips.models import Captions, Clip, Hearing, Render, Shape, Work, WorkState
from blueroom.clips.wire import AnswerLine, CaptionsLine, ClipLine, RenderLine
from blueroom.desk.models import Question
from blueroom.desk.rules import APPROVED
from blueroom.media.captions import Cue, write_vtt
from blueroom.media.cut import Piece
from blueroom.room.access import NotFound
from blueroom.room.cards import absolute
from blueroom.room.models import Session
from blueroom.studio.models import Answer, AnswerKind
from blueroom.studio.queries import answers_with_video, pieces_of

MEDIA_TYPE = "video/mp4"
FILE_OF_SHAPE = {Shape.WIDE: "wide.mp4", Shape.TALL: "tall.mp4", Shape.SQUARE: "square.mp4"}


@dataclass(frozen=True, kw_only=True)
class ReplyFile:
    """A clip as it goes under a post. `captions`: pairs of a language and WebVTT text."""

    path: Path
    media_type: str
    width_px: int
    height_px: int
    duration_s: float
    size_bytes: int
    alt: str
    captions: list[tuple[str, str]]
    poster: Path | None


# One clip


def _clips() -> QuerySet[Clip]:
    return Clip.objects.select_related(
        "answer__feed",
        "answer__question__post__author",
        "answer__question__session__guest",
        "answer__question__session__room",
    )


def clip_at(slug: str) -> Clip:
    """The clip with everything its page shows; a tombstone too. Raises NotFound."""
    found = _clips().filter(slug=slug).first()
    if found is None:
        raise NotFound
    return found


def clip_by_id(clip_id: int) -> Clip:
    """The same by its number. Raises Clip.DoesNotExist."""
    return _clips().get(pk=clip_id)


def answer_of(clip: Clip) -> Answer:
    """The clip's answer. Raises NotFound for a tombstone."""
    if clip.answer is None or clip.removed_at is not None:
        raise NotFound
    return clip.answer


def question_of(clip: Clip) -> Question:
    """The clip's question. Raises NotFound for a tombstone."""
    return answer_of(clip).question


def session_of(clip: Clip) -> Session:
    """The clip's session. Raises NotFound for a tombstone."""
    return question_of(clip).session


def is_gone(clip: Clip) -> bool:
    """Whether its answer or its question was taken away: nobody sees it any more."""
    return (
        clip.answer is None
        or clip.removed_at is not None
        or clip.answer.question.withdrawn_at is not None
    )


def is_open_to_all(clip: Clip) -> bool:
    """Whether strangers may see it: let out, there, and its question not sent back since."""
    return (
        clip.is_public
        and bool(clip.file)
        and not is_gone(clip)
        and question_of(clip).state in APPROVED
    )


def clip_of_question(question: Question) -> Clip | None:
    """The newest clip that answers this question and has a file."""
    found = _clips().filter(answer__question=question, removed_at=None)
    return found.exclude(file="").order_by("-answer_id").first()


def page_path(clip: Clip) -> str:
    """The path of the clip's page."""
    return reverse("clip", args=[clip.slug])


def page_url(clip: Clip) -> str:
    """The full address of the clip's page, where the house knows its own."""
    return absolute(page_path(clip))


def title_of(clip: Clip) -> str:
    """What the clip is called: its title, else what was asked, in the language of the moment."""
    question = question_of(clip)
    values = {"guest": question.session.guest.name, "question": question.shown_text}
    return clip.title or gettext("%(guest)s answers: “%(question)s”") % values


# Captions


def lines_of(captions: Captions, *, in_at: datetime) -> list[rules.Line]:
    """All lines in seconds of a clip that begins then; some may lie outside of it."""
    return rules.moved(captions.cues, rules.offset_s(captions.begins_at, in_at))


def cues_of(clip: Clip, captions: Captions) -> list[Cue]:
    """What the clip shows of these captions."""
    if clip.in_at is None:
        return []
    lines = rules.within(lines_of(captions, in_at=clip.in_at), clip.duration_s)
    return [Cue(start_s=line.start_s, end_s=line.end_s, text=line.text) for line in lines]


def vtt_of(clip: Clip, captions: Captions) -> str:
    """The captions as a browser takes them."""
    return write_vtt(cues_of(clip, captions))


def captions_shown(clip: Clip) -> list[Captions]:
    """What the public may read: checked, those in the language spoken first."""
    found = clip.captions.filter(is_checked=True)
    return list(found.order_by("is_translation", "id"))


def main_language(clip: Clip) -> str:
    """The language of the captions that files are made with; "" where none are checked."""
    shown = captions_shown(clip)
    return shown[0].language if shown else ""


# Files that go out


def best_render(clip: Clip, shape: str, *, languages: Sequence[str] = ()) -> Render | None:
    """The finished file of that shape: with captions in the first of these languages, else in the
    language spoken, else with none."""
    found = clip.renders.filter(shape=shape).exclude(file="")
    by_language = {render.language: render for render in found}
    wanted = (*languages, main_language(clip), "", *by_language)
    return next((by_language[one] for one in wanted if one in by_language), None)


def reply_file(clip: Clip, languages: Sequence[str] = ()) -> ReplyFile | None:
    """The file that goes under the asker's post, with what goes with it; None before there is one.

    The wide render with card and loudness where it is there, else the clip as it was cut.
    `languages` are wanted ones, the dearest first.
    """
    if is_gone(clip) or not clip.file:
        return None
    wide = best_render(clip, Shape.WIDE, languages=languages)
    if wide is not None and wide.state != WorkState.READY:
        wide = None  # what it shows is out of date
    best: Clip | Render = wide or clip
    spoken = next((one for one in languages if one in dict(settings.LANGUAGES)), None)
    with translation.override(spoken or translation.get_language()):
        alt = title_of(clip)
    shown = sorted(
        captions_shown(clip),
        key=lambda one: languages.index(one.language) if one.language in languages else 99,
    )
    return ReplyFile(
        path=path_of(clip.slug, best.file),
        media_type=MEDIA_TYPE,
        width_px=best.width_px,
        height_px=best.height_px,
        duration_s=clip.duration_s,
        size_bytes=best.size_bytes,
        alt=alt,
        captions=[(one.language, vtt_of(clip, one)) for one in shown],
        poster=path_of(clip.slug, clip.poster) if clip.poster else None,
    )


# What is to be done


def answers_to_open() -> QuerySet[Answer]:
    """Answers that have no clip, or one of an earlier revision."""
    older = Q(clip__revision__lt=F("revision"))
    return answers_with_video().filter(Q(clip=None) | older)


def due_clips(now: datetime) -> QuerySet[Clip]:
    """Clips that somebody should cut, those that have waited longest first."""
    found = Clip.objects.filter(due_at(now), answer__question__withdrawn_at=None, removed_at=None)
    return found.filter(answer__isnull=False).order_by("due_at", "id")


def due_renders(now: datetime) -> QuerySet[Render]:
    """Files that somebody should make: of clips that are cut and still there."""
    found = Render.objects.filter(
        due_at(now), clip__state=WorkState.READY, clip__answer__question__withdrawn_at=None
    )
    return found.filter(clip__answer__isnull=False).order_by("due_at", "id")


def due_hearings(now: datetime) -> QuerySet[Hearing]:
    """Clips whose words somebody should have recognised."""
    found = Hearing.objects.filter(
        due_at(now), clip__state=WorkState.READY, clip__answer__question__withdrawn_at=None
    )
    return found.filter(clip__answer__isnull=False).order_by("due_at", "id")


def clips_gone() -> QuerySet[Clip]:
    """Clips that still have files, though their answer or question was taken away."""
    gone = Q(answer=None) | Q(answer__question__withdrawn_at__isnull=False)
    return Clip.objects.filter(gone, removed_at=None)


def clips_to_let_out(cut_after: datetime) -> QuerySet[Clip]:
    """Clips cut since then that nobody decided on and that are not public."""
    found = Clip.objects.filter(state=WorkState.READY, is_public=False, decided_by="")
    return found.filter(cut_at__gte=cut_after, answer__isnull=False).select_related("answer")


def clips_told_wrong() -> QuerySet[Clip]:
    """Clips of which the studio believes that they are public and they are not, or not and they
    are: their question was sent back, or approved again."""
    shown = Q(is_public=True, answer__question__state__in=APPROVED) & ~Q(file="")
    wrong = (shown & Q(answer__is_clip_public=False)) | (~shown & Q(answer__is_clip_public=True))
    return _clips().filter(wrong, answer__isnull=False, removed_at=None)


def renders_to_compare() -> QuerySet[Render]:
    """Files whose question changed since they were last compared with it."""
    return Render.objects.filter(
        clip__answer__question__changed_at__gt=F("compared_at"),
        clip__answer__question__withdrawn_at=None,
    )


def pieces_around(answer: Answer, *, in_at: datetime, out_at: datetime) -> list[Piece]:
    """The stretches of the answer's feed between two other moments, oldest first."""
    around = Answer(
        feed_id=answer.feed_id, question_id=answer.question_id, in_at=in_at, out_at=out_at
    )
    return pieces_of(around)


# Screens


def answer_lines(session: Session) -> list[AnswerLine]:
    """The session's video answers with their clips, newest first."""
    found = (
        Answer.objects.filter(
            kind=AnswerKind.VIDEO, question__session=session, question__withdrawn_at=None
        )
        .select_related("question__post__author", "clip__hearing")
        .prefetch_related(
            Prefetch("clip__renders", Render.objects.order_by("id")),
            Prefetch("clip__captions", Captions.objects.order_by("is_translation", "id")),
        )
    )
    return [_answer_line(answer) for answer in found.order_by("-in_at", "-id")]


def _answer_line(answer: Answer) -> AnswerLine:
    question = answer.question
    clip = getattr(answer, "clip", None)
    return AnswerLine(
        id=answer.pk,
        question_id=question.pk,
        question=question.shown_text,
        language=question.language,
        asker=question.post.author.name or question.post.author.handle,
        in_at=answer.in_at,
        out_at=answer.out_at,
        revision=answer.revision,
        clip=clip_line(clip) if clip is not None else None,
    )


def clip_line(clip: Clip) -> ClipLine:
    """A clip as screens and the API tell of it; reads its renders, captions and hearing."""
    hearing = getattr(clip, "hearing", None)
    return ClipLine(
        slug=clip.slug,
        title=clip.title,
        state=clip.state,
        revision=clip.revision,
        is_public=clip.is_public,
        page_url=page_url(clip),
        video=reverse("clip_file", args=[clip.slug, "clip.mp4"]) if clip.file else "",
        poster=reverse("clip_file", args=[clip.slug, "poster.jpg"]) if clip.poster else "",
        version=clip.file.removesuffix(".mp4"),
        in_at=clip.in_at,
        out_at=clip.out_at,
        duration_s=round(clip.duration_s, 3),
        width_px=clip.width_px,
        height_px=clip.height_px,
        crop_x=clip.crop_x,
        crop_y=clip.crop_y,
        code=clip.code,
        message=_said(clip),
        renders=[render_line(clip, render) for render in clip.renders.all()],
        captions=[_captions_line(captions) for captions in clip.captions.all()],
        hearing=hearing.state if hearing else "",
        hearing_progress=round(hearing.progress, 2) if hearing else 0.0,
        hearing_message=_said(hearing) if hearing else "",
    )


def _said(work: Work) -> str:
    return gettext(work.message) if work.message else ""


def render_line(clip: Clip, render: Render) -> RenderLine:
    """A file for sharing as screens and the API tell of it."""
    path = reverse("clip_file", args=[clip.slug, FILE_OF_SHAPE[Shape(render.shape)]])
    return RenderLine(
        id=render.pk,
        shape=render.shape,
        language=render.language,
        state=render.state,
        progress=round(render.progress, 2),
        size_bytes=render.size_bytes,
        width_px=render.width_px,
        height_px=render.height_px,
        path=f"{path}?language={render.language or 'none'}" if render.file else "",
        code=render.code,
        message=_said(render),
    )


def _captions_line(captions: Captions) -> CaptionsLine:
    return CaptionsLine(
        language=captions.language,
        is_translation=captions.is_translation,
        source=captions.source,
        is_checked=captions.is_checked,
        revision=captions.revision,
        lines=len(captions.cues),
        changed_by=captions.changed_by,
    )


def clips_of(session: Session) -> Iterable[Clip]:
    """The session's clips, newest answers first."""
    found = _clips().filter(answer__question__session=session, removed_at=None)
    found = found.filter(answer__question__withdrawn_at=None)
    return found.prefetch_related("renders", "captions").order_by("-answer__in_at", "-id")
