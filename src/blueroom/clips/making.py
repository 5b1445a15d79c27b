"""What clips ask of media: each is a job in a child process, with limits on its time and memory.

The modules that decode pictures are heavy: they are imported when the first job wants their words.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from blueroom.clips import rules
from blueroom.clips.errors import NoSpeechModel
from blueroom.clips.models import Clip, Render
from blueroom.clips.queries import cues_of, question_of
from blueroom.design.theme import Light, tokens
from blueroom.media.captions import Cue
from blueroom.media.cut import CutArguments, CutFile, Piece
from blueroom.media.jobs import run_job
from blueroom.room.models import Look, Room
from blueroom.room.themes import theme_of

if TYPE_CHECKING:
    from blueroom.media.pictures import Strip
    from blueroom.media.render import RenderedFile, RenderPlan
    from blueroom.media.speech import Heard

CUT_AT_LEAST_S = 30.0
PICTURE_LIMIT_S = 60.0
# Between two words of progress of a long job, a model that is loaded included.
STEP_LIMIT_S = 120.0
# A minute is rendered in fifteen seconds on two cores; machines may be slow, and busy.
RENDER_S_A_SECOND = 15.0
HEAR_S_A_SECOND = 10.0
AT_LEAST_S = 300.0
OFF_THE_AIR_NICE = 10  # whoever is on air comes first
ON_THE_DOT_NICE = 0  # a clip is wanted at once
# The part that holds the out point is written a third of a second after it, at most. The process
# that cuts begins meanwhile.
WRITTEN_WITHIN_S = 1.0
NO_CAPTIONS: list[Cue] = []


def cut_limit_s(length_s: float) -> float:
    """How long cutting may take: pieces that do not go together are encoded anew as a whole."""
    return CUT_AT_LEAST_S + 3 * length_s


def cut(pieces: list[Piece], out: Path, *, length_s: float, may_be_short: bool = False) -> CutFile:
    """Cut these stretches, exact to the picture. Raises as `media.cut.cut_exact`, and JobFailed."""
    arguments = CutArguments(
        pieces=pieces,
        out=out,
        may_be_short=may_be_short,
        waits_s=0 if may_be_short else WRITTEN_WITHIN_S,
    )
    limit_s = cut_limit_s(length_s)
    return run_job("cut", arguments, CutFile, time_limit_s=limit_s, nice=ON_THE_DOT_NICE)


def poster(source: Path) -> bytes:
    """A still of the clip, as JPEG. Raises JobFailed, and NotAcceptable where it has no picture."""
    from blueroom.media.pictures import Poster, StretchArguments

    arguments = StretchArguments(path=source)
    limit_s = PICTURE_LIMIT_S
    return run_job("poster", arguments, Poster, time_limit_s=limit_s, nice=ON_THE_DOT_NICE).jpeg


def peaks(source: Path, *, per_s: int) -> list[int]:
    """How loud it is, 0 to 255, so many times a second. Raises JobFailed."""
    from blueroom.media.pictures import Peaks, PeaksArguments

    arguments = PeaksArguments(path=source, per_s=per_s)
    return run_job("peaks", arguments, Peaks, time_limit_s=PICTURE_LIMIT_S).values


def strip(source: Path, *, every_s: float, height_px: int) -> Strip:
    """Small pictures in one, as JPEG. Raises JobFailed, and NotAcceptable where it has none."""
    from blueroom.media.pictures import Strip, StripArguments

    arguments = StripArguments(path=source, every_s=every_s, height_px=height_px)
    return run_job("strip", arguments, Strip, time_limit_s=PICTURE_LIMIT_S)


# Files for sharing


def made_of(clip: Clip, render: Render) -> str:
    """A name for all that the file depends on: where it is another, the file is out of date."""
    question = question_of(clip)
    author, session = question.worded_by.post.author, question.session
    crop = rules.needs_crop(render.shape, *_size(clip))
    own = _card_colours(session.room)
    return rules.fingerprint(
        file=clip.file,
        shape=render.shape,
        language=render.language,
        crop=[clip.crop_x, clip.crop_y] if crop else [],
        cues=[list(cue) for cue in _lines(clip, render)],
        card=[
            question.shown_text,
            question.language,
            author.name,
            author.handle,
            question.post.network,
        ],
        guest=[session.guest.name, session.hashtags[:1], session.room.look],
        # A room in the house's look keeps the names that its files have.
        **({"colours": own} if own else {}),
    )


def _card_colours(room: Room) -> dict[str, str]:
    """The colours of a card in the room's own look; nothing for the house's."""
    light: Light = "air" if room.look == Look.NIGHT else "day"
    chosen = theme_of(room).colours.get(light, {})
    if not chosen:
        return {}
    made = tokens(light, chosen)
    names = {"card": "card", "ink": "ink", "ink_2": "ink-2", "pill": "card-4", "on_pill": "ink"}
    return {name: made[token] for name, token in names.items()}


def _size(clip: Clip) -> tuple[int, int]:
    return clip.width_px, clip.height_px


def _lines(clip: Clip, render: Render) -> list[rules.Line]:
    return [rules.Line(cue.start_s, cue.end_s, cue.text) for cue in _cues(clip, render)]


def _cues(clip: Clip, render: Render) -> list[Cue]:
    """What is written into the picture: captions that a person read, and no others."""
    found = clip.captions.filter(language=render.language, is_checked=True).first()
    return cues_of(clip, found) if found else NO_CAPTIONS


def plan_of(clip: Clip, render: Render) -> RenderPlan:
    """What is made of the clip for this file."""
    from blueroom.media.cards import Card, CardColours
    from blueroom.media.render import RenderPlan

    question = question_of(clip)
    author, session = question.worded_by.post.author, question.session
    own = _card_colours(session.room)
    return RenderPlan(
        shape=render.shape,  # type: ignore[arg-type]  # one of Shape's
        crop_x=clip.crop_x,
        crop_y=clip.crop_y,
        fit="crop" if rules.may_crop(render.shape, *_size(clip)) else "blur",
        card=Card(
            question=question.shown_text,
            asker=author.name,
            guest=session.guest.name,
            hashtag=next(iter(session.hashtags), ""),
            handle=author.handle,
            network=question.post.network,
            language=question.language,
        ),
        cues=_cues(clip, render),
        language=render.language,
        look="night" if session.room.look == Look.NIGHT else "day",
        colours=CardColours(**own) if own else None,
    )


def render(
    source: Path,
    out: Path,
    plan: RenderPlan,
    *,
    length_s: float,
    on_progress: Callable[[float], None],
) -> RenderedFile:
    """Make a file for sharing. Raises as `media.render.render`, and JobFailed."""
    from blueroom.media.render import RenderArguments, RenderedFile

    return run_job(
        "render",
        RenderArguments(source=source, out=out, plan=plan),
        RenderedFile,
        time_limit_s=AT_LEAST_S + RENDER_S_A_SECOND * length_s,
        nice=OFF_THE_AIR_NICE,
        on_progress=on_progress,
    )


# Words


def can_hear() -> bool:
    """Whether speech can be recognised here: the extra is installed, and its model is there."""
    if not settings.SPEECH_MODEL:
        return False
    from blueroom.media.speech import is_available

    return is_available(Path(settings.SPEECH_MODEL))


def hear(
    source: Path, language: str, *, length_s: float, on_progress: Callable[[float], None]
) -> Heard:
    """The words of a clip; "" has its language found out. Raises as `media.speech.hear`, and
    JobFailed."""
    if not settings.SPEECH_MODEL:
        raise NoSpeechModel
    from blueroom.media.speech import HearArguments, Heard

    return run_job(
        "hear",
        HearArguments(path=source, model_path=Path(settings.SPEECH_MODEL), language=language),
        Heard,
        time_limit_s=AT_LEAST_S + HEAR_S_A_SECOND * length_s,
        memory_limit_bytes=8 << 30,  # the large model
        nice=OFF_THE_AIR_NICE,
        on_progress=on_progress,
    )
