"""What may go with a reply: the clip of the answer, its photo, and the page that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from django.urls import reverse

from blueroom.clips.models import Clip, Render, Shape, WorkState
from blueroom.clips.queries import (
    ReplyFile,
    best_render,
    clip_of_question,
    is_open_to_all,
    page_url,
    reply_file,
)
from blueroom.desk.models import Question
from blueroom.networks.interface import Attachment, Captions, Card
from blueroom.publish.errors import ClipBeingMade, ClipFailed, ClipNotPublic
from blueroom.room.cards import absolute
from blueroom.studio.models import Answer
from blueroom.studio.queries import photo_card, photo_of_question, photo_path
from blueroom.studio.wire import PhotoCard

Stage = Literal["private", "making", "failed", "ready"]


@dataclass(frozen=True, kw_only=True)
class ClipOffer:
    """A clip that may go with a reply. `file` is what is sent, or would be as things stand."""

    clip: Clip
    url: str
    file: ReplyFile
    state: Stage
    progress: float = 1.0

    @property
    def poster_url(self) -> str:
        """Where the desk finds a picture of it."""
        if not self.clip.poster:
            return ""
        return reverse("clip_file", args=[self.clip.slug, "poster.jpg"])

    def check(self) -> None:
        """Raises ClipNotPublic, ClipFailed or ClipBeingMade where its video cannot go out now."""
        if self.state == "private":
            raise ClipNotPublic
        if self.state == "failed":
            raise ClipFailed
        if self.state == "making":
            raise ClipBeingMade(retry_after_s=2, progress=self.progress)

    def attachment(self) -> Attachment:
        """Its video with its captions, described by what it is called."""
        file = self.file
        return Attachment(
            path=file.path,
            media_type=file.media_type,
            size_bytes=file.size_bytes,
            width_px=file.width_px,
            height_px=file.height_px,
            alt=file.alt,
            duration_s=file.duration_s,
            captions=[Captions(language=language, vtt=vtt) for language, vtt in file.captions],
        )

    def card(self) -> Card:
        """Its page."""
        session = self.clip.answer.question.session if self.clip.answer else None
        poster = self.file.poster
        return Card(
            url=self.url,
            title=self.file.alt,
            description=session.title if session else "",
            picture=_picture(poster, self.file) if poster else None,
        )


@dataclass(frozen=True, kw_only=True)
class PhotoOffer:
    """A photo that may go with a reply; `url` is the page that shows it beside its question."""

    answer: Answer
    photo: PhotoCard
    url: str
    path: Path

    def attachment(self) -> Attachment:
        """The picture, described by what somebody wrote when it was added."""
        return Attachment(
            path=self.path,
            media_type="image/jpeg",
            size_bytes=self.path.stat().st_size,
            width_px=self.photo.width_px,
            height_px=self.photo.height_px,
            alt=self.photo.alt,
        )

    def card(self) -> Card:
        """The page that shows it."""
        return Card(
            url=self.url,
            title=self.answer.question.session.title,
            description=self.photo.alt,
            picture=replace(self.attachment(), alt=""),
        )


@dataclass(frozen=True, kw_only=True)
class Offers:
    """All that may go with a reply."""

    clip: ClipOffer | None = None
    photo: PhotoOffer | None = None

    @property
    def open_clip(self) -> ClipOffer | None:
        """The clip where the public may see it."""
        return self.clip if self.clip and self.clip.state != "private" else None

    @property
    def shown(self) -> ClipOffer | PhotoOffer | None:
        """What a link leads to; None where there is nothing to link to."""
        return self.open_clip or self.photo


def offers_for(question: Question) -> Offers:
    """What there is to go with a reply to this question."""
    return offers_of(question, clip=clip_of_question(question), photo=photo_of_question(question))


def offers_of(question: Question, *, clip: Clip | None, photo: Answer | None) -> Offers:
    """What these add to a reply to the question; what is gone is left out."""
    return Offers(
        clip=_of_clip(clip, question) if clip else None,
        photo=_of_photo(photo, question) if photo else None,
    )


def _of_clip(clip: Clip, question: Question) -> ClipOffer | None:
    languages = languages_for(question)
    file = reply_file(clip, languages)
    if file is None:
        return None
    state, progress = _stage(clip, languages)
    return ClipOffer(clip=clip, url=page_url(clip), file=file, state=state, progress=progress)


def _of_photo(answer: Answer, question: Question) -> PhotoOffer | None:
    path = photo_path(answer.photo)
    if not path.is_file():
        return None
    url = absolute(reverse("phone", args=[question.session.slug]))
    return PhotoOffer(answer=answer, photo=photo_card(answer), url=url, path=path)


def languages_for(question: Question) -> list[str]:
    """The languages to answer in, the asker's first."""
    return list(dict.fromkeys(filter(None, [question.language, *question.session.languages])))


def _stage(clip: Clip, languages: Sequence[str]) -> tuple[Stage, float]:
    """How far the wide file is. Where none was ever asked for, the clip goes out as it was cut."""
    if not is_open_to_all(clip):
        return "private", 0.0
    best = best_render(clip, Shape.WIDE, languages=languages)
    if best is not None and best.state == WorkState.READY:
        return "ready", 1.0
    wide = list(Render.objects.filter(clip=clip, shape=Shape.WIDE))
    under_way = [one for one in wide if one.state in (WorkState.DUE, WorkState.WORKING)]
    if under_way:
        return "making", max(one.progress for one in under_way)
    if wide and not any(one.state == WorkState.READY for one in wide):
        return "failed", 0.0
    return "ready", 1.0


def _picture(path: Path, file: ReplyFile) -> Attachment | None:
    if not path.is_file():
        return None
    return Attachment(
        path=path,
        media_type="image/jpeg",
        size_bytes=path.stat().st_size,
        width_px=file.width_px,
        height_px=file.height_px,
    )
