"""Loads some of the protocols from outside, as a web server and a worker would, and says what came of it: one line of
JSON.

Nothing is asked of a server. A process of its own, because what was half loaded cannot be taken back.

    DISTVIZ_TRIED=mine,yours python -m distviz.stack.trial
"""

import json
import os
import sys
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from distviz.stack.outside import Outside, Refused
from distviz.stack.trying import ANSWER

LONGEST = 300  # characters of what is said


def attempt() -> Refused | None:
    """What is wrong with those that are tried; None if nothing is."""
    from django.conf import settings

    tried: tuple[Outside, ...] = settings.OUTSIDE.loaded
    try:
        import django

        django.setup()
        _as_a_worker()
        return _checked(tried) or _migrations(tried)
    except BaseException as error:  # a module may end the process, too
        return explained(error, tried)


def _as_a_worker() -> None:
    """What it does besides: whoever listens to its start is called, and every task that was declared is made."""
    from celery import current_app as app

    app.loader.import_default_modules()
    app.finalize(auto=True)


def explained(error: BaseException, tried: tuple[Outside, ...]) -> Refused:
    """Whose it is: the innermost place of the traceback that lies in one of their folders."""
    text = f"{type(error).__name__}: {' '.join(str(error).split())}"
    for file, line in _places(error):
        for one in tried:
            if Path(file).is_relative_to(one.folder):
                return Refused(one.key, _short(text), one.at(file, line))
    return _named_in(text, tried)


def _places(error: BaseException | None) -> Iterator[tuple[str, int]]:
    while error is not None:
        if isinstance(error, SyntaxError) and error.filename:
            yield error.filename, error.lineno or 0
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            yield frame.filename, frame.lineno or 0
        error = error.__cause__ or error.__context__


def _named_in(text: str, tried: tuple[Outside, ...]) -> Refused:
    """An error of the lab's own or of Django's names the module that it is about."""
    for one in tried:
        if f"{one.app}." in text or f"'{one.key}'" in text:
            named = text.partition(f"{one.app}.")[2].split(":")[0].split(" ")[0].strip("'\".,")
            file = one.folder / f"{named.replace('.', '/')}.py"
            return Refused(one.key, _short(text), one.at(file) if named and file.is_file() else "")
    return Refused("", _short(text))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _checked(tried: tuple[Outside, ...]) -> Refused | None:
    """Django's own checks and the lab's (protocols/checks.py): addresses, models, templates, the shape of PROTOCOL."""
    from django.core import checks

    for found in checks.run_checks():
        if found.level < checks.ERROR or found.is_silenced():
            continue
        about = getattr(found.obj, "__module__", "") or getattr(found.obj, "__name__", "")
        whose = next((one for one in tried if f"{about}.".startswith(f"{one.app}.")), None)
        said = _named_in(f"{found.msg} ({found.id})" if found.id else found.msg, tried)
        if not whose:
            return said
        file = whose.folder / f"{about.removeprefix(whose.app).lstrip('.').replace('.', '/')}.py"
        return Refused(whose.key, said.error, whose.at(file, _line(found.obj)) if file.is_file() else said.at)
    return None


def _line(of: Any) -> int:
    import inspect

    try:
        return inspect.getsourcelines(of)[1]
    except (OSError, TypeError):
        return 0


def _migrations(tried: tuple[Outside, ...]) -> Refused | None:
    """They can be read, follow from each other, and make what the models say."""
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.questioner import MigrationQuestioner
    from django.db.migrations.state import ProjectState

    loader = MigrationLoader(None)
    conflicts = loader.detect_conflicts()
    detector = MigrationAutodetector(
        loader.project_state(), ProjectState.from_apps(apps), MigrationQuestioner({"ask_initial": True})
    )
    missing = detector.changes(graph=loader.graph)
    for one in tried:
        if one.key in conflicts:
            return Refused(one.key, f"two migrations are its last: {', '.join(sorted(conflicts[one.key]))}")
        if one.key in missing or (one.key in loader.unmigrated_apps and apps.get_app_config(one.key).models):
            text = f"its models have no migration: run `manage.py makemigrations {one.key}`"
            return Refused(one.key, text, one.at(one.folder / "models.py"), "migrations")
    return None


def main() -> None:
    said = os.dup(1)  # what a module prints goes elsewhere
    os.dup2(2, 1)
    found = attempt()
    os.write(said, f"\n{ANSWER}{json.dumps(asdict(found) if found else None)}\n".encode())
    sys.stderr.flush()
    os._exit(0)  # whatever threads it has begun


if __name__ == "__main__":
    main()
