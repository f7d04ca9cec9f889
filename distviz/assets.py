"""Style sheets, scripts and pictures: under names that tell their content, compressed once, kept by browsers for ever.

The web server collects those of the pages at its start, and only when one of them has changed. What was not collected
(the admin's and the API pages' own, everything in unit tests and in a terminal) keeps its plain name.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

LEFT_OUT = ["admin", "ninja", "htmax*", "*-4.*"]  # many or large, and requested by no page of ours


class Storage(CompressedManifestStaticFilesStorage):
    """Hashed names for what was collected; a file that is not there keeps its name instead of failing the page."""

    manifest_strict = False
    support_js_module_import_aggregation = True  # a module's imports get the new names too
    max_post_process_passes = 12  # a name depends on the names of what is imported, and those on others

    def hashed_name(self, name: str, content: object = None, filename: str | None = None) -> str:
        with contextlib.suppress(ValueError):
            return str(super().hashed_name(name, content, filename))
        return name


def collect() -> None:
    """Into STATIC_ROOT, unless it is all there already."""
    root = Path(settings.STATIC_ROOT)
    stamp, found = root / ".collected", _fingerprint()
    if stamp.is_file() and stamp.read_text() == found:
        return
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=LEFT_OUT)
    stamp.write_text(found)


def _fingerprint() -> str:
    return hashlib.sha256("\n".join(sorted(_files())).encode()).hexdigest()


def _files() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list(LEFT_OUT):
            facts = Path(storage.path(name)).stat()
            yield f"{name} {facts.st_size} {facts.st_mtime_ns}"
