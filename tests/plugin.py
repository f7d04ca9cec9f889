"""Loaded before Django's settings are (`-p tests.plugin`): tests never touch the instance of this checkout."""

import os
import tempfile

os.environ["DISTVIZ_HOME"] = tempfile.mkdtemp(prefix="dvt-")
os.environ.pop("DISTVIZ_ROLE", None)
