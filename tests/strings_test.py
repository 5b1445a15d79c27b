"""Every string exists in French and English, and nothing is kept that nobody says any more."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from django.utils.translation import template as django_template

import blueroom
from blueroom.base.errors import BlueRoomError
from blueroom.networks.registry import networks

PACKAGE = Path(__file__).resolve().parents[1] / "src/blueroom"
CATALOG = PACKAGE / "locale/fr/LC_MESSAGES/django.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
Message = tuple[str, str | tuple[str, ...]]  # context, and the text or its singular and plural


def _of_python() -> Iterator[Message]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name.endswith("_test.py") or "migrations" in path.parts:
            continue
        for _line, text, _comments, context in extract_from_file("python", path, KEYWORDS):
            yield context or "", text


def _of_templates(tmp_path: Path) -> Iterator[Message]:
    for number, path in enumerate(sorted(PACKAGE.glob("*/templates/**/*.*"))):
        if path.is_file():
            as_python = tmp_path / f"{number}.py"
            as_python.write_text(django_template.templatize(path.read_text()))
            for _line, text, _comments, context in extract_from_file("python", as_python, KEYWORDS):
                yield context or "", text


def _load_every_module() -> None:
    """So that every error is known, whichever tests run."""
    for module in walk_packages(blueroom.__path__, "blueroom."):
        if not module.name.endswith(("_test", "__main__")) and ".migrations" not in module.name:
            with contextlib.suppress(ModuleNotFoundError):  # an extra that is not installed
                import_module(module.name)


def _of_plain_rooms() -> Iterator[Message]:
    """Sentences and labels of the rooms without Django, which are translated where they show."""
    _load_every_module()
    waiting = [BlueRoomError]
    while waiting:
        error = waiting.pop()
        waiting.extend(error.__subclasses__())
        is_ours = error.__module__.startswith("blueroom.")
        if is_ours and not error.__module__.endswith("_test") and isinstance(error.sentence, str):
            yield "", error.sentence
    for network in networks().values():
        yield "", network.name
        for field in network.account_fields:
            yield from (("", text) for text in (field.label, field.hint) if text)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> set[Message]:
    """Every message of pages and errors."""
    templates = _of_templates(tmp_path_factory.mktemp("templates"))
    return {*_of_python(), *templates, *_of_plain_rooms()}


@pytest.fixture(scope="module")
def french() -> Catalog:
    """The French catalog."""
    with CATALOG.open("rb") as file:
        return read_po(file, locale="fr")


def test_every_message_of_pages_is_in_french(said: set[Message], french: Catalog) -> None:
    missing = []
    for context, text in said:
        message = french.get(text[0] if isinstance(text, tuple) else text, context or None)
        strings = message.string if message else ""
        parts = strings if isinstance(strings, tuple) else (strings,)
        if (
            not message
            or message.fuzzy
            or not all(parts)
            or message.pluralizable != isinstance(text, tuple)
        ):
            missing.append((context, text))

    assert sorted(map(str, missing)) == []


def test_nothing_is_translated_that_nobody_says(said: set[Message], french: Catalog) -> None:
    known = {(context, text) for context, text in said}

    assert [m.id for m in french if m.id and (m.context or "", m.id) not in known] == []
    assert list(french.obsolete) == []


def test_french_keeps_every_placeholder(french: Catalog) -> None:
    broken = []
    for message in french:
        wanted = set(PLACEHOLDER.findall(str(message.id)))
        *ones, last = message.string if message.pluralizable else (message.string,)
        # "One thing" needs no number.
        if message.id and set(PLACEHOLDER.findall(last)) != wanted:
            broken.append(last)
        broken += [part for part in ones if set(PLACEHOLDER.findall(part)) - wanted]

    assert broken == []


@pytest.mark.parametrize(
    "folder", sorted(PACKAGE.glob("*/web/words")), ids=lambda folder: folder.parts[-3]
)
def test_screens_have_the_same_words_in_both_languages(folder: Path) -> None:
    spoken = {
        language: json.loads((folder / f"{language}.json").read_text()) for language in ("fr", "en")
    }

    assert list(spoken["fr"]) == list(spoken["en"])
    for key, text in spoken["en"].items():
        assert text, key
        assert spoken["fr"][key], key
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", spoken["fr"][key]))


def test_french_is_set_as_french_is() -> None:
    """No-break spaces before ? ! : ; and inside « », curled apostrophes, as printed French has."""
    texts = [
        text
        for folder in PACKAGE.glob("*/web/words")
        for text in json.loads((folder / "fr.json").read_text()).values()
    ]
    with CATALOG.open("rb") as file:
        for message in read_po(file, locale="fr"):
            if message.id:
                parts = message.string if isinstance(message.string, tuple) else (message.string,)
                texts += [re.sub(r"<[^>]*>|https?:\S*|/\S*", "", part) for part in parts]

    assert [text for text in texts if re.search(r" [?!:;»]|« |\w'\w|\w[?!;»]", text)] == []
