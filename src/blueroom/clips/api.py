"""The API's clips."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Header, Router, Schema, Status
from pydantic import AwareDatetime, Field

from blueroom.base.clock import now
from blueroom.clips import actions, footage, queries, rules
from blueroom.clips.models import Captions, Clip, Shape
from blueroom.clips.serving import file_answer
from blueroom.media.captions import write_srt
from blueroom.room.access import NotFound, session_of
from blueroom.room.actor import Actor

router = Router(tags=["clips"])
PRIVATE_FOR = "private, max-age=86400, immutable"  # footage's address names its content
STATES = Literal["due", "working", "ready", "failed"]


class RenderOut(Schema):
    """A file for sharing; `language` is that of the captions in the picture, "" none."""

    id: int
    shape: str
    language: str
    state: STATES
    progress: float
    size_bytes: int
    width_px: int
    height_px: int
    path: str
    code: str
    message: str


class CaptionsLineOut(Schema):
    """Captions without their words. Those that are not checked are for the crew alone."""

    language: str
    is_translation: bool
    source: str
    is_checked: bool
    revision: int
    lines: int
    changed_by: str


class ClipOut(Schema):
    """An answer cut out of its recording. `revision` is the answer's that it is cut at."""

    slug: str
    title: str
    state: STATES
    revision: int
    is_public: bool
    page_url: str
    video: str
    poster: str
    version: str
    in_at: datetime | None
    out_at: datetime | None
    duration_s: float
    width_px: int
    height_px: int
    crop_x: float
    crop_y: float
    code: str
    message: str
    renders: list[RenderOut]
    captions: list[CaptionsLineOut]
    hearing: str
    hearing_progress: float
    hearing_message: str


class AnswerOut(Schema):
    """An answer on video; `clip` is null until the public may have seen all of it."""

    id: int
    question_id: int
    question: str
    language: str
    asker: str
    in_at: datetime
    out_at: datetime | None
    revision: int
    clip: ClipOut | None


class ClipPage(Schema):
    items: list[AnswerOut]


class ClipPlan(Schema):
    """What is not given stays. `crop_x`, `crop_y`: the middle of narrower pictures, 0 to 1."""

    title: str | None = Field(None, max_length=2_000)
    crop_x: float | None = Field(None, ge=0, le=1)
    crop_y: float | None = Field(None, ge=0, le=1)


class Cue(Schema):
    """One line; seconds from where the captions begin."""

    start_s: float = Field(allow_inf_nan=False)
    end_s: float = Field(allow_inf_nan=False)
    text: str = Field(max_length=10_000)


class CaptionsPlan(Schema):
    """The captions of a language, whole. Seconds count from `begins_at`, else from the clip's
    beginning. The public reads them once `is_checked`."""

    cues: list[Cue] = Field(max_length=10_000)
    begins_at: AwareDatetime | None = None
    is_checked: bool = False
    is_translation: bool = False


class CaptionsFile(Schema):
    """A SubRip or WebVTT file as text; its name helps to tell which."""

    text: str = Field(max_length=2_000_000)
    name: str = Field("", max_length=255)
    is_translation: bool = False


class CaptionsOut(Schema):
    """The captions of a language; seconds from the clip's beginning. Lines outside of the clip, of
    an answer that was longer once, are there too."""

    language: str
    is_translation: bool
    is_checked: bool
    source: str
    revision: int
    begins_at: datetime
    cues: list[Cue]
    changed_by: str
    changed_at: datetime


class HearingPlan(Schema):
    """The language that is spoken; left out: to be found out."""

    language: str = Field("", max_length=12)


class RenderPlan(Schema):
    """A shape, and the language of the captions in its picture: "" none; null the one spoken."""

    shape: Shape
    language: str | None = Field(None, max_length=12)


IF_MATCH = Header("", alias="If-Match", description="The revision that was changed; 0: none yet.")


def _clip(request: HttpRequest, slug: str, verb: str = "edit_clip") -> tuple[Clip, Actor]:
    """The clip and who asks. Raises NotFound also for clips of rooms that are none of theirs."""
    clip = queries.clip_at(slug)
    by = request.auth.actor_in(queries.session_of(clip).room_id, verb)
    if queries.is_gone(clip):
        raise NotFound
    return clip, by


def _told(slug: str) -> Any:
    line = queries.clip_line(queries.clip_at(slug))
    return msgspec.to_builtins(line, builtin_types=(datetime,))


@router.get("/sessions/{slug}/clips", response=ClipPage, summary="Answers on video and their clips")
def clips(request: HttpRequest, slug: str) -> dict[str, Any]:
    """The newest answer first."""
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "edit_clip")
    lines = queries.answer_lines(session)
    return {"items": msgspec.to_builtins(lines, builtin_types=(datetime,))}


@router.get("/clips/{clip}", response=ClipOut, summary="One clip")
def clip(request: HttpRequest, clip: str) -> Any:
    found, _by = _clip(request, clip)
    return _told(found.slug)


@router.patch("/clips/{clip}", response=ClipOut, summary="Change a clip's title or crop")
def change(request: HttpRequest, clip: str, plan: ClipPlan) -> Any:
    found, by = _clip(request, clip)
    actions.change_clip(
        clip=found, now=now(), by=by, title=plan.title, crop_x=plan.crop_x, crop_y=plan.crop_y
    )
    return _told(found.slug)


@router.post("/clips/{clip}/cut", response=ClipOut, summary="Cut a clip again, one that failed say")
def cut(request: HttpRequest, clip: str) -> Any:
    found, by = _clip(request, clip)
    actions.cut_again(clip=found, now=now(), by=by)
    return _told(found.slug)


@router.post("/clips/{clip}/publish", response=ClipOut, summary="Let everybody see a clip")
def publish(request: HttpRequest, clip: str) -> Any:
    found, by = _clip(request, clip, "publish_clip")
    actions.publish_clip(clip=found, now=now(), by=by)
    return _told(found.slug)


@router.post("/clips/{clip}/unpublish", response=ClipOut, summary="Take a clip from the public")
def unpublish(request: HttpRequest, clip: str) -> Any:
    found, by = _clip(request, clip, "publish_clip")
    actions.unpublish_clip(clip=found, now=now(), by=by)
    return _told(found.slug)


@router.post("/clips/{clip}/renders", response=ClipOut, summary="Have a file for sharing made")
def ask_for_render(request: HttpRequest, clip: str, plan: RenderPlan) -> Any:
    found, by = _clip(request, clip)
    actions.ask_for_renders(
        clip=found, shapes=[plan.shape], language=plan.language, now=now(), by=by
    )
    return _told(found.slug)


# Captions


def _captions_told(clip: Clip, captions: Captions) -> dict[str, Any]:
    in_at = clip.in_at or captions.begins_at
    return {
        "language": captions.language,
        "is_translation": captions.is_translation,
        "is_checked": captions.is_checked,
        "source": captions.source,
        "revision": captions.revision,
        "begins_at": in_at,
        "cues": [line._asdict() for line in queries.lines_of(captions, in_at=in_at)],
        "changed_by": captions.changed_by,
        "changed_at": captions.changed_at,
    }


def _revision(if_match: str) -> int | None:
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _captions(clip: Clip, language: str) -> Captions:
    found = clip.captions.filter(language=language).first()
    if found is None:
        raise NotFound
    return found


@router.get("/clips/{clip}/captions/{language}", response=CaptionsOut, summary="Captions")
def captions(request: HttpRequest, clip: str, language: str) -> Any:
    found, _by = _clip(request, clip)
    return _captions_told(found, _captions(found, language))


@router.get("/clips/{clip}/captions/{language}/srt", summary="Captions as a SubRip file")
def captions_srt(request: HttpRequest, clip: str, language: str) -> HttpResponse:
    found, _by = _clip(request, clip)
    text = write_srt(queries.cues_of(found, _captions(found, language)))
    answer = HttpResponse(text, content_type="application/x-subrip; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.slug}-{language}.srt"'
    return answer


@router.put("/clips/{clip}/captions/{language}", response=CaptionsOut, summary="Keep captions")
def save_captions(
    request: HttpRequest,
    clip: str,
    language: str,
    plan: CaptionsPlan,
    if_match: str = IF_MATCH,
) -> Any:
    """Refused with `captions_changed` where somebody saved others since that revision."""
    found, by = _clip(request, clip)
    kept = actions.save_captions(
        clip=found,
        language=language,
        lines=[rules.Line(cue.start_s, cue.end_s, cue.text.replace("\0", "")) for cue in plan.cues],
        begins_at=plan.begins_at,
        is_checked=plan.is_checked,
        is_translation=plan.is_translation,
        revision=_revision(if_match),
        now=now(),
        by=by,
    )
    return _captions_told(found, kept)


@router.post(
    "/clips/{clip}/captions/{language}/import",
    response=CaptionsOut,
    summary="Keep captions of a SubRip or WebVTT file",
)
def import_captions(
    request: HttpRequest,
    clip: str,
    language: str,
    plan: CaptionsFile,
    if_match: str = IF_MATCH,
) -> Any:
    found, by = _clip(request, clip)
    kept = actions.import_captions(
        clip=found,
        language=language,
        text=plan.text.replace("\0", ""),
        name=plan.name,
        is_translation=plan.is_translation,
        revision=_revision(if_match),
        now=now(),
        by=by,
    )
    return _captions_told(found, kept)


@router.delete("/clips/{clip}/captions/{language}", response={204: None}, summary="Forget captions")
def remove_captions(request: HttpRequest, clip: str, language: str) -> Status[None]:
    found, by = _clip(request, clip)
    actions.remove_captions(clip=found, language=language, now=now(), by=by)
    return Status(204, None)


@router.post(
    "/clips/{clip}/hearing", response={202: ClipOut}, summary="Have the words recognised by machine"
)
def ask_hearing(request: HttpRequest, clip: str, plan: HearingPlan) -> Status[Any]:
    found, by = _clip(request, clip)
    actions.ask_hearing(clip=found, language=plan.language, now=now(), by=by)
    return Status(202, _told(found.slug))


# What is around an answer, to adjust it by


class FootagePieceOut(Schema):
    """Where a stretch of a recording lies in the film: its second there, and when it was taken."""

    start_s: float
    at: datetime


class FootageOut(Schema):
    """An answer with what came before and after it, as a film to look at while it is adjusted.

    `frames_s`: where each picture begins. `peaks`: how loud it is, 0 to 255, `peaks_per_s` times a
    second. `strip`: a picture of small ones in rows, `strip_times_s` says when each was taken.
    """

    video: str
    duration_s: float
    width_px: int
    height_px: int
    pieces: list[FootagePieceOut]
    frames_s: list[float]
    peaks_per_s: int
    peaks: list[int]
    strip: str
    strip_times_s: list[float]
    strip_columns: int
    strip_width_px: int
    strip_height_px: int


@router.get("/clips/{clip}/footage", response=FootageOut, summary="An answer with its surroundings")
def footage_around(request: HttpRequest, clip: str) -> dict[str, Any]:
    """Made where nobody asked for it before, which takes a moment."""
    found, _by = _clip(request, clip)
    made = footage.footage_of(found, now=now())
    base = f"{request.path}/{made.key}"
    told = msgspec.to_builtins(made, builtin_types=(datetime,))
    return {**told, "video": f"{base}.mp4", "strip": f"{base}.jpg"}


@router.get("/clips/{clip}/footage/{key}.mp4", summary="Its film")
def footage_film(request: HttpRequest, clip: str, key: str) -> HttpResponse:
    return _footage_file(request, clip, key, ".mp4", queries.MEDIA_TYPE)


@router.get("/clips/{clip}/footage/{key}.jpg", summary="Its strip of small pictures")
def footage_strip(request: HttpRequest, clip: str, key: str) -> HttpResponse:
    return _footage_file(request, clip, key, ".jpg", "image/jpeg")


def _footage_file(
    request: HttpRequest, slug: str, key: str, suffix: str, media_type: str
) -> HttpResponse:
    found, _by = _clip(request, slug)
    path = footage.path_of(found, key, suffix)
    try:
        return file_answer(request, path, media_type=media_type, cache=PRIVATE_FOR)
    except FileNotFoundError as error:
        raise NotFound from error
