"""Words recognised in a clip's sound, as captions that a person then checks.

By faster-whisper (https://github.com/SYSTRAN/faster-whisper), of the extra `captions`, with a model
that the operator laid on this machine: nothing is ever downloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import av
import msgspec
import numpy as np
import numpy.typing as npt

from blueroom.base.errors import NeedsPerson, NotAcceptable
from blueroom.media.captions import LINE_LETTERS, LINES, Cue, letters, split_for_reading
from blueroom.media.frames import frames_in
from blueroom.media.opening import open_file

RATE = 16_000  # what Whisper hears
PAUSE_S = 0.8  # of silence between two words ends a caption
MOST_S = 6.0
MODEL_FILES = ("model.bin", "config.json", "tokenizer.json")


class NotInstalled(NeedsPerson):
    code = "speech_not_installed"
    sentence = (
        "Speech recognition is not installed. Install the package with its extra: "
        "pip install 'blueroom[captions]'."
    )


class ModelMissing(NeedsPerson):
    code = "speech_model_missing"
    sentence = (
        "There is no model for speech recognition in the folder that BLUEROOM_SPEECH_MODEL names. "
        "It must hold a faster-whisper model: model.bin, config.json and tokenizer.json."
    )


class ModelBroken(NeedsPerson):
    code = "speech_model_broken"
    sentence = "The model for speech recognition cannot be loaded: download it again."


class NothingToHear(NotAcceptable):
    code = "speech_no_sound"
    sentence = "This clip has no sound in which words could be recognised."


class Word(Protocol):
    """As faster-whisper gives it: `word` begins with a space where one precedes it."""

    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def word(self) -> str: ...


class Segment(Protocol):
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def text(self) -> str: ...
    @property
    def words(self) -> Iterable[Word] | None: ...


class Heard(msgspec.Struct, frozen=True):
    """Captions, the language they are in (a code such as "fr"), and how sure that is, 0 to 1."""

    cues: list[Cue]
    language: str
    certainty: float


class HearArguments(msgspec.Struct, frozen=True):
    """`language` is empty where it is to be found out."""

    path: Path
    model_path: Path
    language: str = ""


def is_available(model_path: Path | None) -> bool:
    """Whether speech can be recognised here: the extra is installed and the model is complete."""
    return find_spec("faster_whisper") is not None and _is_model(model_path)


def _is_model(folder: Path | None) -> bool:
    return folder is not None and all((folder / name).is_file() for name in MODEL_FILES)


def hear(
    path: Path,
    model_path: Path,
    language: str = "",
    on_progress: Callable[[float], None] = lambda _: None,
) -> Heard:
    """The words of a clip. Takes about a third of its length with the `small` model on two cores.

    Raises:
        NotInstalled, ModelMissing, ModelBroken: an operator must act; see their sentences.
        NothingToHear: the file has no sound.
    """
    model = _load(model_path)
    sound = read_sound(path)
    duration_s = sound.size / RATE
    segments, about = model.transcribe(
        sound,
        language=language.split("-")[0] or None,
        word_timestamps=True,
        vad_filter=True,
        condition_on_previous_text=False,  # else one mistake is repeated to the end
    )
    said: list[Segment] = []
    for segment in segments:
        said.append(segment)
        on_progress(min(1.0, segment.end / duration_s))
    return Heard(cues_of(said), about.language, about.language_probability)


def hear_job(arguments: HearArguments, on_progress: Callable[[float], None]) -> Heard:
    """`hear`, as the jobs' registry calls it."""
    return hear(arguments.path, arguments.model_path, arguments.language, on_progress)


def _load(model_path: Path) -> Any:
    try:
        whisper = import_module("faster_whisper")  # optional, and slow to import
    except ImportError as error:
        raise NotInstalled from error
    if not _is_model(model_path):
        raise ModelMissing(folder=str(model_path))
    try:
        return whisper.WhisperModel(
            str(model_path), device="cpu", compute_type="int8", local_files_only=True
        )
    except (RuntimeError, ValueError, OSError, KeyError) as error:
        raise ModelBroken(folder=str(model_path), reason=str(error)) from error


def read_sound(path: Path) -> npt.NDArray[np.float32]:
    """A file's sound as Whisper wants it: one channel, 16 kHz, -1 to 1.

    Raises:
        NothingToHear: it has none.
    """
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    pieces: list[npt.NDArray[np.float32]] = []
    with open_file(path) as file:
        for frame in frames_in(file.container, file.container.streams.audio[:1]):
            assert isinstance(frame, av.AudioFrame)
            pieces.extend(piece.to_ndarray()[0] for piece in resampler.resample(frame))
    pieces.extend(piece.to_ndarray()[0] for piece in resampler.resample(None))
    if not sum(piece.size for piece in pieces):
        raise NothingToHear
    return np.concatenate(pieces).astype(np.float32)


def cues_of(segments: Iterable[Segment]) -> list[Cue]:
    """Captions of what was recognised: a new one at a pause, after a sentence, when it is full."""
    cues: list[Cue] = []
    for segment in segments:
        if segment.words:
            cues.extend(_cues_of_words(list(segment.words)))
        elif segment.text.strip():
            cues.append(Cue(segment.start, segment.end, segment.text.strip()))
    return split_for_reading(cues)


def _cues_of_words(words: list[Word]) -> Iterable[Cue]:
    held: list[Word] = []
    for word in words:
        if held and _ends_before(held, word):
            yield _cue(held)
            held = []
        held.append(word)
    if held:
        yield _cue(held)


def _ends_before(held: list[Word], word: Word) -> bool:
    text = "".join(one.word for one in held).strip()
    is_full = letters(text + word.word) > LINE_LETTERS * LINES
    is_sentence = (
        text.endswith((".", "!", "?", "…", "؟", "。")) and letters(text) > LINE_LETTERS // 2
    )
    return (
        is_full
        or is_sentence
        or word.start - held[-1].end > PAUSE_S
        or word.end - held[0].start > MOST_S
    )


def _cue(words: list[Word]) -> Cue:
    return Cue(words[0].start, words[-1].end, "".join(word.word for word in words).strip())
