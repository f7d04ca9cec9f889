"""Loaded before Django's settings are (`-p tests.plugin`): tests never touch the instance of this checkout."""

import os
import shutil
import tempfile

import pytest
from hypothesis import settings

from tests.support import prepared

os.environ["DISTVIZ_HOME"] = tempfile.mkdtemp(prefix="dvt-")
os.environ.pop("DISTVIZ_ROLE", None)
IS_MINE = prepared.FOLDER not in os.environ  # xdist's processes inherit it, and tests that run tests: one for all
if IS_MINE:
    os.environ[prepared.FOLDER] = tempfile.mkdtemp(prefix="dvh-")

# The same examples each time, on a machine that is busy with others; HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("distviz", max_examples=60, derandomize=True, deadline=None, database=None)
settings.register_profile("search", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "distviz"))


def pytest_unconfigure(config: pytest.Config) -> None:
    if IS_MINE and not hasattr(config, "workerinput"):  # its processes have ended before it does
        shutil.rmtree(os.environ[prepared.FOLDER], ignore_errors=True)
