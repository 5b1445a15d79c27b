from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from blueroom.grouping import semantic


def library(monkeypatch: pytest.MonkeyPatch, names: list[str]) -> None:
    """A tokenizer that makes one token a word, and a model whose states are its numbers."""

    class Tokenizer:
        @staticmethod
        def from_file(path: str) -> Any:
            if Path(path).read_text() == "broken":
                raise RuntimeError("expected value at line 1")
            return Tokenizer()

        def enable_truncation(self, most: int) -> None:
            self.most = most

        def enable_padding(self) -> None:
            pass

        def encode_batch(self, texts: list[str]) -> list[Any]:
            words = [text.split()[: self.most] for text in texts]
            size = max(map(len, words))
            return [
                SimpleNamespace(
                    ids=[len(word) for word in each] + [0] * (size - len(each)),
                    attention_mask=[1] * len(each) + [0] * (size - len(each)),
                )
                for each in words
            ]

    class Session:
        def __init__(self, path: str, options: Any, providers: list[str]) -> None:
            assert options.intra_op_num_threads == 1

        def get_inputs(self) -> list[Any]:
            return [SimpleNamespace(name=name) for name in names]

        def get_outputs(self) -> list[Any]:
            return [SimpleNamespace(name="pooler"), SimpleNamespace(name="last_hidden_state")]

        def run(self, outputs: list[str], inputs: dict[str, Any]) -> list[Any]:
            assert (outputs, sorted(inputs)) == (["last_hidden_state"], sorted(names))
            ids = inputs["input_ids"].astype(np.float32)
            # what stands behind the mask must not count
            return [np.stack([ids + 100 * (ids == 0), np.ones_like(ids)], axis=2)]

    runtime = SimpleNamespace(SessionOptions=SimpleNamespace, InferenceSession=Session)
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    monkeypatch.setitem(sys.modules, "tokenizers", SimpleNamespace(Tokenizer=Tokenizer))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "model.onnx").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("inputs", [["input_ids", "attention_mask"], ["input_ids"]])
def test_a_text_is_the_mean_of_its_tokens(
    folder: Path, monkeypatch: pytest.MonkeyPatch, inputs: list[str]
) -> None:
    library(monkeypatch, inputs)
    model = semantic.SentenceModel(folder)

    vectors = model.vectors_of(["aaa", "a aaaaa", *["bb"] * 40])

    assert (model.dimensions, vectors.shape) == (2, (42, 2))
    expected = np.array([3, 1]) / np.sqrt(10)
    assert np.allclose(vectors[:2], expected)  # 3 alone, and the mean of 1 and 5
    assert model.vectors_of([]).shape == (0, 2)


def test_an_operator_is_told_what_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    library(monkeypatch, ["input_ids"])
    (folder / "tokenizer.json").write_text("broken")
    with pytest.raises(semantic.ModelBroken) as broken:
        semantic.SentenceModel(folder)
    with pytest.raises(semantic.ModelMissing):
        semantic.SentenceModel(tmp_path / "nowhere")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(semantic.NotInstalled, match=r"blueroom\[semantic\]"):
        semantic.SentenceModel(folder)

    assert broken.value.details["reason"] == "expected value at line 1"
