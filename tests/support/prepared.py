"""What a first start makes (clusters, databases, tables, accounts, the admin) is made once for all stacks of a session:
a home that has been started, seeded and stopped is copied for each of them."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from distviz.stack import fingerprint

FOLDER = "TESTS_PREPARED"  # the variable that names the session's folder; without it every stack begins with nothing
# The addresses of the home that was copied, and what its processes told each other.
_NOT_COPIED = ("stack.json", "valkey")


def copy(home: Path, env: dict[str, str], make: Callable[[Path], None]) -> bool:
    """`home` is as if it had been made there; False if nothing is prepared. `make` is given an empty folder, once in a
    session: several processes of tests ask at the same time."""
    if not (folder := os.environ.get(FOLDER)):
        return False
    made = Path(folder, "home")
    with Path(folder, "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            fresh = Path(folder, "new")
            shutil.rmtree(fresh, ignore_errors=True)
            make(fresh)
            for name in _NOT_COPIED:
                _remove(fresh / name)
            fresh.rename(made)
    subprocess.run(["cp", "-a", f"{made}/.", str(home)], check=True)  # keeps owners: clusters may be another user's
    _move(home, env)
    return True


def _move(home: Path, env: dict[str, str]) -> None:
    """Its databases are the same under other addresses, so the next start need not prepare them. If it has to take
    other ports than its first choice, it does."""
    with patch.dict(os.environ, {**env, "DISTVIZ_HOME": str(home)}):
        places = fingerprint.places()
    at = home / "prepared.json"
    at.write_text(json.dumps({**json.loads(at.read_text()), "places": places}))


def _remove(at: Path) -> None:
    if at.is_dir():
        shutil.rmtree(at)
    else:
        at.unlink()
