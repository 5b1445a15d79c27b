"""Everything that touches the database, once more on a real PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import running_postgres

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["room", "posts", "desk", "walls", "audience", "publish"]


@pytest.mark.journey
@pytest.mark.timeout(1500)  # it is many tests
def test_the_rooms_pass_their_tests_on_postgresql():
    with running_postgres() as address:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "not journey", "-p", "no:cacheprovider"]
            + [f"src/blueroom/{room}" for room in ROOMS]
            + ["tests/api_test.py"],
            cwd=ROOT,
            env={**os.environ, "BLUEROOM_TEST_POSTGRES": address},
            capture_output=True,
            text=True,
        )

    assert done.returncode == 0, done.stdout[-6000:]
