"""Sentences as vectors of their meaning, by a model that the operator provides.

Reads models in the form of sentence-transformers exported to ONNX: a folder with `tokenizer.json`
and `model.onnx` (https://sbert.net/docs/sentence_transformer/usage/efficiency.html, read November
2026). Nothing is ever downloaded. Needs the extra `semantic`.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from blueroom.base.errors import NeedsPerson
from blueroom.grouping.vectors import Vectors

MODEL_FILES = ("tokenizer.json", "model.onnx")
MOST_TOKENS = 128
PROPOSED_FROM = 0.75
BATCH = 32


class NotInstalled(NeedsPerson):
    """The libraries of the extra are missing."""

    code = "meaning_not_installed"
    sentence = (
        "BLUEROOM_SEMANTIC_MODEL is set but its libraries are missing: install blueroom[semantic]."
    )


class ModelMissing(NeedsPerson):
    """The folder does not hold a model."""

    code = "meaning_model_missing"
    sentence = (
        "The folder that BLUEROOM_SEMANTIC_MODEL names does not hold tokenizer.json and model.onnx."
    )


class ModelBroken(NeedsPerson):
    """The model's files cannot be read, or it is of another kind."""

    code = "meaning_model_broken"
    sentence = (
        "The sentence model of BLUEROOM_SEMANTIC_MODEL cannot be loaded. Export it to ONNX again."
    )


def _is_model(folder: Path) -> bool:
    return all((folder / name).is_file() for name in MODEL_FILES)


class SentenceModel:
    """A model in memory; for `meanings.Meanings`. One thread, so that the desk keeps the others.

    Raises:
        NotInstalled, ModelMissing, ModelBroken: an operator must act; see their sentences.
    """

    MEAN_OF: ClassVar[tuple[str, ...]] = ("last_hidden_state", "token_embeddings")

    def __init__(self, folder: Path, *, proposed_from: float = PROPOSED_FROM) -> None:
        self.proposed_from = proposed_from
        try:
            onnxruntime = import_module("onnxruntime")  # optional, and slow to import
            tokenizers = import_module("tokenizers")
        except ImportError as error:
            raise NotInstalled from error
        if not _is_model(folder):
            raise ModelMissing(folder=str(folder))
        try:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer.enable_truncation(MOST_TOKENS)
            self._tokenizer.enable_padding()
            self.dimensions = int(self.vectors_of(["?"]).shape[1])
        # both libraries raise errors of their own that inherit from Exception alone
        except Exception as error:
            raise ModelBroken(folder=str(folder), reason=str(error)) from error

    def vectors_of(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text: the mean of its tokens."""
        parts = [self._batch(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self.dimensions), np.float32)

    def _batch(self, texts: Sequence[str]) -> Vectors:
        tokens = self._tokenizer.encode_batch(list(texts))
        mask = np.array([each.attention_mask for each in tokens], np.int64)
        ids = np.array([each.ids for each in tokens], np.int64)
        known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        wanted = {each.name: known[each.name] for each in self._session.get_inputs()}
        names = [each.name for each in self._session.get_outputs()]
        output = next(name for name in (*self.MEAN_OF, names[0]) if name in names)
        states: Any = self._session.run([output], wanted)[0]
        weights = mask[:, :, None].astype(np.float32)
        means = (states * weights).sum(axis=1) / weights.sum(axis=1)
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        unit: Vectors = (means / np.maximum(lengths, 1e-9)).astype(np.float32)
        return unit
