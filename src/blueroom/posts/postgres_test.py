"""The tests of this room once more, on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SERVER = os.environ.get("BLUEROOM_TEST_POSTGRES", "")


@pytest.mark.skipif(not SERVER, reason="BLUEROOM_TEST_POSTGRES names no PostgreSQL server")
def test_posts_pass_their_tests_on_postgresql() -> None:
    """The variable is postgresql://user:password@host:port/name of one who may add databases."""
    room = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(room), "--ignore", __file__, "-p", "no:cacheprovider"],
        env=os.environ | {"BLUEROOM_DATABASE": SERVER},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
