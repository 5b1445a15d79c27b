from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from blueroom.media import speech
from blueroom.media.captions import Cue
from blueroom.media.opening import FileUnreadable


@pytest.fixture
def without_whisper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)


def segment(*words: tuple[float, float, str], text: str = "") -> Any:  # as faster-whisper's
    said = [SimpleNamespace(start=start, end=end, word=word) for start, end, word in words]
    return SimpleNamespace(
        start=said[0].start if said else 0.0,
        end=said[-1].end if said else 2.0,
        text=text or "".join(word for *_, word in words),
        words=said or None,
    )


def tone(path: Path, *, sound: bool = True, seconds: float = 1.0) -> Path:
    with av.open(str(path), "w", format="mp4") as out:
        if sound:
            stream = out.add_stream("aac", rate=44_100)
            stream.layout = "stereo"
            wave = np.sin(np.arange(round(44_100 * seconds)) * 0.05).astype(np.float32) / 2
            frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]), "fltp", "stereo")
            frame.sample_rate = 44_100
            out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        else:
            picture = out.add_stream("libx264", rate=10)
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
            out.mux(picture.encode(av.VideoFrame(64, 64, "yuv420p")))
            out.mux(picture.encode(None))
    return path


@pytest.mark.usefixtures("without_whisper")
def test_an_operator_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(speech.NotInstalled, match=r"blueroom\[captions\]") as caught:
        speech.hear(tmp_path / "a.mp4", tmp_path)
    assert caught.value.code == "speech_not_installed"


def test_an_operator_is_told_that_the_model_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", SimpleNamespace())
    (tmp_path / "model.bin").write_bytes(b"")
    with pytest.raises(speech.ModelMissing, match="BLUEROOM_SPEECH_MODEL") as caught:
        speech.hear(tmp_path / "a.mp4", tmp_path)
    assert caught.value.details == {"folder": str(tmp_path)}


def test_an_operator_is_told_that_the_model_cannot_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(path: str, **options: object) -> None:
        raise RuntimeError("Unsupported model binary version")

    monkeypatch.setitem(sys.modules, "faster_whisper", SimpleNamespace(WhisperModel=load))
    for name in speech.MODEL_FILES:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(speech.ModelBroken) as caught:
        speech.hear(tmp_path / "a.mp4", tmp_path)
    assert caught.value.details["reason"] == "Unsupported model binary version"


def test_it_is_available_with_the_extra_and_a_whole_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "find_spec", lambda _: object())
    assert not speech.is_available(None)
    assert not speech.is_available(tmp_path)
    for name in speech.MODEL_FILES:
        (tmp_path / name).write_bytes(b"")
    assert speech.is_available(tmp_path)
    monkeypatch.setattr(speech, "find_spec", lambda _: None)
    assert not speech.is_available(tmp_path)


def test_sound_is_read_as_the_model_wants_it(tmp_path: Path) -> None:
    sound = speech.read_sound(tone(tmp_path / "a.mp4", seconds=2.0))
    assert sound.dtype == np.float32
    assert sound.size == pytest.approx(2.0 * 16_000, abs=1600)
    assert 0.4 < np.abs(sound).max() < 0.8


def test_a_clip_without_sound_and_a_file_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(speech.NothingToHear):
        speech.read_sound(tone(tmp_path / "a.mp4", sound=False))
    (tmp_path / "b.mp4").write_text("#EXTM3U")
    with pytest.raises(FileUnreadable):
        speech.read_sound(tmp_path / "b.mp4")


class Model:
    """Says what a model says, of one second of sound."""

    def __init__(self, path: str, **options: object) -> None:
        self.options = options

    def transcribe(self, sound: Any, **options: object) -> tuple[list[Any], Any]:
        assert self.options["local_files_only"]
        assert options["language"] == "fr"
        said = [segment((0.0, 0.5, " Oui,"), (0.5, 1.0, " bonjour."))]
        return said, SimpleNamespace(language="fr", language_probability=0.97)


def test_what_is_heard_becomes_captions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", SimpleNamespace(WhisperModel=Model))
    for name in speech.MODEL_FILES:
        (tmp_path / name).write_bytes(b"")
    arguments = speech.HearArguments(tone(tmp_path / "a.mp4"), tmp_path, "fr-CA")
    shares: list[float] = []
    heard = speech.hear_job(arguments, shares.append)
    assert heard == speech.Heard([Cue(0.0, 1.0, "Oui, bonjour.")], "fr", 0.97)
    assert shares == [pytest.approx(1.0, abs=0.1)]


def test_captions_end_at_a_pause_and_after_a_sentence() -> None:
    said = [
        segment(
            (0.0, 0.4, " Oui,"),
            (0.4, 0.8, " je"),
            (0.8, 1.2, " commence"),
            (1.2, 2.0, " toujours."),
            (2.1, 2.4, " Et"),
            (2.4, 3.0, " toi ?"),
        ),
        segment((5.0, 5.4, " Bon.")),
    ]
    assert speech.cues_of(said) == [
        Cue(0.0, 2.0, "Oui, je commence toujours."),
        Cue(2.1, 3.1, "Et toi ?"),
        Cue(5.0, 6.0, "Bon."),
    ]


def test_a_segment_without_words_is_one_caption() -> None:
    assert speech.cues_of([segment(text=" Bonjour. "), segment(text="  ")]) == [
        Cue(0.0, 2.0, "Bonjour.")
    ]


def test_captions_of_endless_speech_are_short() -> None:
    words = [(at * 0.3, at * 0.3 + 0.3, " mot") for at in range(200)]
    cues = speech.cues_of([segment(*words)])
    assert max(cue.end_s - cue.start_s for cue in cues) <= speech.MOST_S
    assert " ".join(cue.text for cue in cues).split() == ["mot"] * 200
