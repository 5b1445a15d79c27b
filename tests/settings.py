"""The house's settings, with a folder of its own for a run of the tests."""

import os
import tempfile

os.environ["BLUEROOM_DATA"] = os.environ.get("BLUEROOM_TEST_DATA") or tempfile.mkdtemp(
    prefix="blueroom-test-"
)
os.environ["BLUEROOM_DATABASE"] = os.environ.get("BLUEROOM_TEST_POSTGRES", "")
os.environ.setdefault("BLUEROOM_URL", "http://testserver")

from blueroom.config.settings import *  # noqa: F403  # after the folder is chosen

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, and kept nowhere
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
