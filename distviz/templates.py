"""Templates are indented to be read; browsers get them without indentation.

A page of a thousand rows would otherwise be a third larger. Line breaks stay, so nothing that stands apart in a
template is joined, and no value that is put into a template is touched.
"""

import re
from pathlib import Path

from django.conf import settings
from django.template import Origin
from django.template.loaders import app_directories, filesystem

_INDENTATION = re.compile(r"\n\s+")


def unindented(text: str) -> str:
    return _INDENTATION.sub("\n", text)


class Project(filesystem.Loader):
    """What lies in templates/."""

    def get_contents(self, origin: Origin) -> str:
        return unindented(super().get_contents(origin))


class Apps(app_directories.Loader):
    """What the apps bring along: ours without indentation, others' as they are."""

    def get_contents(self, origin: Origin) -> str:
        text = super().get_contents(origin)
        ours = [Path(settings.BASE_DIR) / name for name in ("distviz", "protocols")]
        ours += [one.folder for one in settings.OUTSIDE.loaded]
        return unindented(text) if any(Path(str(origin.name)).is_relative_to(folder) for folder in ours) else text
