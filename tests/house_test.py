"""The rules of the house that no linter knows."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from blueroom.config.options import OPTIONS
from blueroom.config.wire import SCREENS, typescript

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src/blueroom"
NETWORKS = sorted(path.parent for path in PACKAGE.glob("networks/*/__init__.py"))
TEXT = {".py", ".ts", ".svelte", ".css", ".html", ".md", ".json", ".toml", ".lock", ".mjs", ".po"}
# Assembled, so that this file does not name what it looks for.
REGISTRIES = ["pypi" + ".org", "files.python" + "hosted", "registry.npm" + "js", "deb." + "debian"]


def tracked() -> list[Path]:
    """The files of the project; those not yet added too."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def texts() -> list[tuple[Path, str]]:
    files = [path for path in tracked() if path.suffix in TEXT or path.name == "room"]
    return [(path, path.read_text()) for path in files]


def test_settings_are_in_the_manual():
    manual = (ROOT / "docs/settings.md").read_text()
    named = set(re.findall(r"`(BLUEROOM_[A-Z_]+)`", manual))
    assert named == {option.name for option in OPTIONS}


def test_settings_are_read_by_their_options_only():
    known = {option.name for option in OPTIONS}
    # For developers: which browser and Node to use, where caches lie, which server to test with.
    tests_own = {
        "BLUEROOM_CACHE",
        "BLUEROOM_CHROMIUM",
        "BLUEROOM_NODE",
        "BLUEROOM_TEST_DATA",
        "BLUEROOM_TEST_POSTGRES",
        "BLUEROOM_TEST_REDIS",
    }
    found = {
        name
        for path, text in texts()
        if path.suffix in {".py", ""}
        for name in re.findall(r"\"(BLUEROOM_[A-Z_]+)\"", text)
    }
    assert found - known - tests_own == set()


@pytest.mark.parametrize("folder", NETWORKS, ids=lambda folder: folder.name)
def test_network_folder_is_complete(folder):
    names = {path.name for path in folder.iterdir()}
    assert "README.md" in names
    assert any(name.endswith("_test.py") for name in names)
    assert f"blueroom.networks.{folder.name}:NETWORK" in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("room", SCREENS)
def test_messages_are_the_same_on_both_sides(room):
    assert (PACKAGE / room / "web/wire.ts").read_text() == typescript(room)


def test_no_file_names_a_package_registry():
    found = [path for path, text in texts() for name in REGISTRIES if name in text]
    assert found == []


def test_nothing_is_left_to_be_done_later():
    mark = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
    found = [path for path, text in texts() if path != Path(__file__) and mark.search(text)]
    assert found == []


def test_rooms_have_names_that_say_something():
    banned = {"utils", "helpers", "common", "manager", "managers", "data", "info", "process"}
    found = [path for path in PACKAGE.rglob("*.py") if path.stem in banned]
    assert found == []


def test_pages_hold_no_script_and_no_style():
    # A strict content policy would stop them, and nobody would see why.
    inline = re.compile(
        r"<style|<script(?![^>]*(?:\bsrc=|application/json))|\son\w+=|\sstyle=", re.IGNORECASE
    )
    found = [path for path in PACKAGE.rglob("*.html") if inline.search(path.read_text())]
    assert found == []


def test_packages_are_locked_with_their_hashes():
    for name in ("requirements.lock", "requirements-dev.lock"):
        lock = (ROOT / name).read_text()
        pinned = re.findall(r"^[a-z0-9._-]+(?:\[.*?\])?==", lock, re.MULTILINE)
        assert len(re.findall(r"(?:^|\n)[a-z0-9].*?--hash", lock, re.DOTALL)) == len(pinned) > 20
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    loose = [name for name, one in packages.items() if name and "integrity" not in one]
    assert loose == []


def test_adr_for_every_dependency():
    said = (ROOT / "docs/adr/0005-dependencies.md").read_text().lower()
    project = (ROOT / "pyproject.toml").read_text()
    wanted = project[project.index("dependencies = [") : project.index("[project.scripts]")]
    names = re.findall(r'"([a-z0-9-]+)(?:\[.*?\])?[>=<]', wanted)
    packages = json.loads((ROOT / "package.json").read_text())
    names += [*packages["dependencies"], *packages["devDependencies"]]
    assert [name for name in names if name not in said] == []
