"""`manage.py startprotocol NAME`: a protocol of one's own, outside of this tree, that runs at once."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from distviz.stack import layout, outside, trying
from distviz.stack.copying import folder as copying

USUAL = layout.CHECKOUT.parent / "my_protocols"
_NEXT = """{made} is written, from {origin}.

  start the lab with it:   DISTVIZ_PROTOCOLS={paths} make up
  make it your own:        change its files; the lab takes each change over within seconds
  look for its mistakes:   manage.py explore --protocol {key}
  run its tests:           DISTVIZ_PROTOCOLS={paths} \\
                           .venv/bin/python -m pytest -c pyproject.toml --rootdir . {made}

docs/your-protocol.md says what is where."""


class Command(BaseCommand):
    help = "Writes a protocol of one's own into a folder outside of this tree: a copy of an installed one that runs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="its key: small letters, digits and _, at most 20 characters")
        parser.add_argument("--from", dest="origin", default="saga", metavar="PROTOCOL", help="which one it begins as")
        parser.add_argument("--to", default=str(USUAL), metavar="FOLDER", help=f"where its folder is made ({USUAL})")

    def handle(self, *args: Any, name: str, origin: str, to: str, **options: Any) -> None:
        inside = layout.CHECKOUT / "protocols"
        known = sorted(path.parent.name for path in inside.glob("*/protocol.py"))
        target = Path(os.path.abspath(Path(to).expanduser())) / name
        if why := outside.no_key(name) or self._taken(name, target):
            raise CommandError(f"{name!a:.60} cannot be the name of a protocol: {why}", returncode=2)
        if origin not in known:
            raise CommandError(f"--from {origin!a:.60}: there are {', '.join(known)}", returncode=2)
        if target.parent.is_relative_to(layout.CHECKOUT):
            raise CommandError(f"--to {to}: it has to be outside of {layout.CHECKOUT}", returncode=2)
        with tempfile.TemporaryDirectory(prefix="dvp-") as beside:
            made = Path(beside) / name
            if copying.write(inside / origin, made):
                _make_migration(made)
            _must_load(made)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copytree(made, target, ignore=shutil.ignore_patterns("__pycache__"))
            except OSError as error:
                raise CommandError(f"{target} cannot be written: {error.strerror}") from error
        paths = os.pathsep.join(map(str, dict.fromkeys([*outside.folders(), target])))
        self.stdout.write(_NEXT.format(made=target, origin=origin, key=name, paths=paths))

    def _taken(self, name: str, target: Path) -> str:
        if target.exists():
            return f"{target} exists already"
        return "a protocol of that name is loaded" if any(one.key == name for one in outside.find()[0]) else ""


def _make_migration(made: Path) -> None:
    """In a process that knows nothing but the installed protocols and this one. No server is needed."""
    env = {**os.environ, outside.VARIABLE: str(made), trying.ONLY: made.name, "PYTHONWARNINGS": "ignore"}
    words = [sys.executable, str(layout.CHECKOUT / "manage.py"), "makemigrations", made.name, "-v", "0"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"its migration could not be made: {done.stderr.strip()[-1000:]}")


def _must_load(made: Path) -> None:
    if why := trying.try_folder(made):
        raise CommandError(str(why))
