"""What a file without a server has of its own: the style sheets and the scripts of a replay, in one element each.

A browser loads no module from a file, so the modules are put one after the other, each after those that it imports.
Their names must differ; a test checks it.
"""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.contrib.staticfiles import finders
from django.utils.safestring import SafeString, mark_safe

PICTURE = ("lanes", "heads", "cells", "arrows", "words", "idle", "money", "ghosts", "details", "narrow")
STYLES = (
    "tokens",
    "frame",
    "controls",
    "states",
    *(f"picture/{part}" for part in PICTURE),
    "run/head",
    "player",
    "legend",
    "imports",
    "run/print",
)
SCRIPTS = ("theme", "imports/replay")
_IMPORT = re.compile(r'^import\s(?:[^;"]*\sfrom\s)?"(?P<path>[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const |let |class |function |async )", re.MULTILINE)


@cache
def styles() -> str:
    return "\n".join(_static(f"css/{name}.css").read_text() for name in STYLES)


@cache
def script() -> str:
    done: set[Path] = set()
    return "\n".join(_with_imports(_static(f"js/{name}.js"), done) for name in SCRIPTS)


def elements() -> dict[str, SafeString]:
    """Both elements, and how a content security policy knows them. Not one space may be added to what is hashed."""
    return {
        "style": mark_safe(f"<style>{styles()}</style>"),
        "script": mark_safe(f'<script type="module">{script()}</script>'),
        "style_hash": _hash(styles()),
        "script_hash": _hash(script()),
    }


def _with_imports(file: Path, done: set[Path]) -> str:
    if file in done:
        return ""
    done.add(file)
    text = file.read_text()
    before = [_with_imports((file.parent / path["path"]).resolve(), done) for path in _IMPORT.finditer(text)]
    return "".join([*before, _EXPORT.sub("", _IMPORT.sub("", text))])


def _static(name: str) -> Path:
    return Path(str(finders.find(name))).resolve()


def _hash(text: str) -> SafeString:
    return mark_safe("sha256-" + b64encode(sha256(text.encode()).digest()).decode())
