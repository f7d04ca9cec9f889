"""Loaded before Django's settings are (`-p tests.plugin`): tests never touch the instance of this checkout."""

import os
import tempfile

from hypothesis import settings

os.environ["DISTVIZ_HOME"] = tempfile.mkdtemp(prefix="dvt-")
os.environ.pop("DISTVIZ_ROLE", None)

# The same examples each time, on a machine that is busy with others; HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("distviz", max_examples=60, derandomize=True, deadline=None, database=None)
settings.register_profile("search", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "distviz"))
