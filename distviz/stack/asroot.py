"""PostgreSQL refuses to run as root. This finds a way to start it all the same, without a user being created.

First choice: a user namespace in which root is called nobody. The files stay root's, so it works in any folder.
Where namespaces are refused (some containers), the user nobody owns the data and runs the servers.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NOBODY = 65534


class CannotStart(Exception):
    """One line that says what is in the way and what to do about it."""


@dataclass(frozen=True)
class OtherUser:
    """The words in front of the command, and whose the data must be."""

    words: tuple[str, ...]
    owner: int


@cache
def other_user() -> OtherUser:
    if os.getuid() != 0:
        return OtherUser((), os.getuid())
    namespace = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
    if _works([*namespace, "true"]):
        return OtherUser(namespace, 0)
    other = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")
    if _works([*other, "true"]):
        return OtherUser(other, NOBODY)
    raise CannotStart(
        "PostgreSQL does not run as root, and neither unshare nor setpriv (util-linux) works here: "
        "run distviz as a normal user, or set DATABASE_URL, MONOLITH_URL, EVENTS_URL, ACCOUNT_URL and PAYMENT_URL"
    )


def runs_as_nobody() -> bool:
    try:
        return other_user().owner == NOBODY
    except CannotStart:  # said when a server is to be started; perhaps none is
        return False


def _works(command: list[str]) -> bool:
    if not shutil.which(command[0]):
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def hand_over(folder: Path) -> None:
    """Give a folder and all in it to the user that will run PostgreSQL there."""
    owner = other_user().owner
    if os.getuid() != 0 or folder.stat().st_uid == owner:
        return
    for at, folders, files in os.walk(folder):
        for name in (".", *folders, *files):
            os.chown(Path(at) / name, owner, owner, follow_symlinks=False)


def must_reach(program: Path, folder: Path) -> None:
    """Only for the second choice: the user nobody must be able to enter the folders of the programs and the data."""
    words = other_user().words
    if other_user().owner != NOBODY:
        return
    for test, path in (("-x", program), ("-w", folder)):
        if not _works([*words, "test", test, str(path)]):
            raise CannotStart(
                f"PostgreSQL runs as the user nobody here (user namespaces are refused) and cannot reach {path}: "
                "put the checkout and DISTVIZ_HOME in folders that all users may enter, or run distviz as a normal user"
            )
